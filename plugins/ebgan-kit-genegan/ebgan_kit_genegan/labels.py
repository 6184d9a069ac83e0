"""What a face is said to show."""

from __future__ import annotations

import torch
from torch import Tensor

from ebgan_kit import Faces


def known(source: Faces) -> Tensor:
    """The sources' attributes [B, n] in {0, 1}; ValueError where nobody knows them."""
    if source.attributes is None:
        raise ValueError(
            "this model changes what the source shows otherwise than wanted, and nobody says what "
            "the source shows: train it with a table [classifier], which reads that from "
            'photographs, and a table [loss.reader] with use = "attribute" and weight = 0'
        )
    return source.attributes


def claimed(attributes: Tensor | None) -> Tensor:
    """What an image is said to show, [B, n] in {0, 1}; ValueError where nothing is said."""
    if attributes is None:
        raise ValueError(
            "this discriminator judges an image by the attributes that it is said to show: take "
            "it for a model that edits attributes, on data that has them"
        )
    return attributes


def with_maps(image: Tensor, labels: Tensor) -> Tensor:
    """[B, 3 + n, H, W]: the image [B, 3, H, W], and each label [B, n] as a map of one number."""
    maps = labels.to(image.dtype)[:, :, None, None].expand(-1, -1, *image.shape[-2:])
    return torch.cat([image, maps], dim=1)
