"""The perceptual term."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import torch
from annotated_types import Ge, Le
from torch import Tensor, nn

from ebgan_kit.errors import UsageError
from ebgan_kit.parts.nn.efficientnet_lite0 import classifier
from ebgan_kit.parts.nn.layers import unit
from ebgan_kit.parts.nn.view import close_up, view_size
from ebgan_kit.types import Edit, Networks

MARGIN = 0.25
"""How much wider than the region's square the view is, as a share of it."""


class Perceptual:
    """The distance of the reconstruction from the source in a trained network's features.

        1/S · Σ_s |φ_s(A) - φ_s(A')|²        φ_s of mean square 1 over its channels

    as LPIPS without its learned weights (Zhang et al. 2018). Both are seen from close by, the
    square about the region and a quarter as much around it: lines and textures count, and a blurred
    mean of several mouths costs as much as a wrong one. The network is EfficientNet-Lite0, whose
    weights the extra `features` brings; it is not trained, and is no part of a model.

    `stages`: S, the first stages that are looked at, each at half the size of the one before.

    UsageError where its weights are not installed.
    """

    def __init__(self, *, stages: Annotated[int, Ge(1), Le(4)] = 3) -> None:
        network = classifier()
        if network is None:
            raise UsageError(
                "[loss.perceptual] needs a trained network: pip install 'ebgan-kit[features]'"
            )
        self.stem = nn.Sequential(network.conv_stem, network.bn1).eval()
        self.stages = network.blocks[:stages].eval()

    def __call__(self, edit: Edit, networks: Networks) -> Tensor:
        if edit.reconstruction is None:
            raise ValueError("this model reconstructs nothing: leave out [loss.perceptual]")
        with torch.no_grad():
            real = list(self._features(edit.source.image, edit.region))
        drawn = self._features(edit.reconstruction.float(), edit.region)
        apart = [(one - other).square().mean() for one, other in zip(drawn, real, strict=True)]
        return torch.stack(apart).mean()

    def _features(self, image: Tensor, region: Tensor) -> Iterator[Tensor]:
        """What each stage sees of the region, [B, C, h, w]; the network takes images in [-1, 1]."""
        seen = close_up(image, region, view_size(image.shape[-1], "close"), MARGIN)
        seen = self.stem.to(image.device)(seen)
        for stage in self.stages.to(image.device):
            seen = stage(seen)
            yield unit(seen)
