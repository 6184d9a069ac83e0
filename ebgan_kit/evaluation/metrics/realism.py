"""How far a set of edits is from a set of untouched faces, to the eyes of some network."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ebgan_kit.evaluation.estimate import Estimate
from ebgan_kit.images.levels import from_bytes, to_bytes

INCEPTION = "Inception-v3"
"""The features that FID and KID are defined on; no others may bear this name."""

SUBSET = 100
"""How many images of either side a subset for the kernel distance has, at most."""


@dataclass(frozen=True)
class Features:
    """What a network sees in pictures."""

    name: str
    """As it stands in a report, such as "judge resnet18, 512 numbers"."""
    take: Callable[[Tensor], Tensor]
    """[B, 3, H, W] in [-1, 1] to [B, F]."""


class Realism:
    """The Fréchet and the kernel distance between untouched faces and edits.

    Over Inception-v3 these are FID (Heusel et al. 2017) and KID (Bińkowski et al. 2018). Over any
    other features they are other figures, on another scale, and bear other names.
    """

    def __init__(self, features: Features) -> None:
        self.features = features
        self._sources: list[Tensor] = []
        self._edits: list[Tensor] = []

    def add(self, sources: Tensor, edits: Tensor) -> None:
        """Take sources and their edits, both [B, 3, H, W] in [-1, 1], as eight bits a channel."""
        if sources.shape != edits.shape:
            shapes = f"{tuple(sources.shape)} and {tuple(edits.shape)}"
            raise ValueError(f"every source has one edit, not {shapes}")
        self._sources.append(self._taken(sources))
        self._edits.append(self._taken(edits))

    def figures(self) -> dict:
        """As they stand in a report: {"features": name, "count": n, "edit": D, "untouched": D}.

        The edits of one half of the sources are held against the other half, untouched: what an
        edit leaves alone must not stand on both sides. `untouched` is the distance between the two
        halves of the sources: the score of a perfect editor.

        D is {"fid": x, "kid": F}, of `count` images on either side, and F is {"value", "low",
        "high"}. For features other than Inception-v3 its keys are "frechet_distance" and
        "kernel_distance". The order of images on a side does not matter, and the same images give
        the same figures.

        The Fréchet distance is 0 for equal sets, and None for fewer than two a side. It is biased
        upwards, the more the fewer the images; with fewer images than features the covariances are
        singular, and it only compares with one from as many images.

        The kernel distance has no such bias, so it may be below 0. Its value is the mean over 100
        random subsets of either side, of half the images but 100 at most; low and high are 1.96
        standard deviations of single subsets of that size around it. The subsets overlap, so this
        is their spread and no interval of the mean. None for fewer than four images: a subset needs
        two.
        """
        sources, edits = (_joined(features) for features in (self._sources, self._edits))
        half = len(sources) // 2
        real = _in_order(sources[half : 2 * half])
        return {
            "features": self.features.name,
            "count": half,
            "edit": self._distances(real, _in_order(edits[:half])),
            "untouched": self._distances(real, _in_order(sources[:half])),
        }

    def _distances(self, real: Tensor, others: Tensor) -> dict:
        is_fid = self.features.name == INCEPTION
        first, second = ("fid", "kid") if is_fid else ("frechet_distance", "kernel_distance")
        return {
            first: frechet_distance(real, others),
            second: kernel_distance(real, others).as_dict(),
        }

    @torch.no_grad()
    def _taken(self, image: Tensor) -> Tensor:
        return self.features.take(from_bytes(to_bytes(image))).cpu().double()


def frechet_distance(real: Tensor, edits: Tensor) -> float | None:
    """Between Gaussians fitted to the features, [n, F] float64 each; None where n is below 2."""
    from torchmetrics.image.fid import FrechetInceptionDistance

    if len(edits) < 2:
        return None
    distance = FrechetInceptionDistance(_Taken(edits.shape[1]))
    distance.update(real, real=True)
    distance.update(edits, real=False)
    return max(0.0, distance.compute().item())  # rounding takes that of equal sets below 0


def kernel_distance(real: Tensor, edits: Tensor, seed: int = 0) -> Estimate:
    """The squared maximum mean discrepancy by a cubic kernel, of features [n, F] float64 each.

    The mean over subsets and their spread, as `Realism.figures` says; NaN where n is below 4.
    """
    from torchmetrics.image.kid import KernelInceptionDistance

    size = min(SUBSET, len(edits) // 2)
    if size < 2:
        return Estimate(math.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns that it keeps all features
        distance = KernelInceptionDistance(_Taken(edits.shape[1]), subset_size=size)
    distance.update(real, real=True)
    distance.update(edits, real=False)
    with torch.random.fork_rng(devices=[]):  # the subsets are drawn from the global generator
        torch.default_generator.manual_seed(seed)
        mean, deviation = (number.item() for number in distance.compute())
    return Estimate(mean, mean - 1.96 * deviation, mean + 1.96 * deviation)


class _Taken(nn.Module):
    """Stands in torchmetrics where a network would, since the features are already taken."""

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.num_features = num_features  # by this name torchmetrics asks for it

    def forward(self, features: Tensor) -> Tensor:
        return features


def _joined(batches: list[Tensor]) -> Tensor:
    return torch.cat(batches) if batches else torch.zeros(0, 1)


def _in_order(features: Tensor) -> Tensor:
    """[n, F], by size: so that the subsets do not depend on which image came first."""
    return features[features.sum(1).argsort()]
