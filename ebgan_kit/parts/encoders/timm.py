"""The encoder on any backbone of timm."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import torch
from annotated_types import Ge, Le
from torch import Tensor, nn

from ebgan_kit.parts.nn import backbones
from ebgan_kit.parts.nn.backbones import check_side, colours, licence
from ebgan_kit.parts.nn.layers import unit
from ebgan_kit.parts.nn.view import Sees, view_of, view_size
from ebgan_kit.types import Task


class Timm(nn.Module):
    """Any backbone of timm that gives feature maps: Z = E(image, region).

    `backbone`: a name of `timm.list_models()`, such as resnet18.
    `pretrained`: start from timm's weights, fetched on first use; their licence goes into the file.
    `level`: which of the backbone's feature maps is read; size / 2^(level + 1) for most.
    `shape`, `sees`, `normalise`: as for the encoder `conv`.

    The region meets the features at the level that is read, as one more channel.

    Takes image [B, 3, H, W] in [-1, 1] and region [B, 1, H, W]; gives [B, channels, h, w].
    """

    mean: Tensor
    deviation: Tensor

    def __init__(
        self,
        task: Task,
        channels: int,
        *,
        backbone: str = "resnet18",
        pretrained: bool = False,
        level: Annotated[int, Ge(0), Le(5)] = 3,
        shape: Literal["map", "vector"] = "map",
        sees: Sees = "region",
        normalise: bool = True,
    ) -> None:
        super().__init__()
        self.shape, self.sees, self.normalise = shape, sees, normalise
        self.body = _features(backbone, pretrained and task.pretrained, level)
        check_side(self.body, backbone, view_size(task.size, sees))
        self.licence = licence(self.body, pretrained)
        mean, deviation = colours(self.body, pretrained)
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation)
        features = self.body.feature_info.channels()[-1]
        self.head = nn.Conv2d(features + 1, channels, 3 if shape == "map" else 1, padding="same")

    def forward(self, image: Tensor, region: Tensor) -> Tensor:
        image = (image / 2 + 0.5 - self.mean) / self.deviation
        image, region = view_of(image, region, self.sees).split([3, 1], dim=1)
        features = self.body(image)[-1]
        seen = nn.functional.adaptive_avg_pool2d(region, features.shape[-2:])
        features = torch.cat([features, seen.to(features.dtype)], dim=1)
        if self.shape == "vector":
            features = features.mean((2, 3), keepdim=True)
        code = self.head(features)
        return unit(code) if self.normalise else code


def _features(name: str, pretrained: bool, level: int) -> Any:
    """The backbone's feature maps up to a level; ValueError says what is wrong with it."""
    try:
        return backbones.backbone(name, pretrained, features_only=True, out_indices=(level,))
    except (RuntimeError, IndexError, AssertionError) as problem:
        raise ValueError(f"backbone '{name}' has no feature map {level}: {problem}") from problem
