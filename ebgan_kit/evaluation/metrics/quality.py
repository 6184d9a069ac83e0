"""How near a picture comes to another one, inside a region."""

from __future__ import annotations

from kornia.metrics import ssim as similarity_map
from torch import Tensor

from ebgan_kit.evaluation.metrics.region import mean_inside
from ebgan_kit.images.levels import to_bytes

HIGHEST_PSNR = 100.0
"""In dB: what identical pictures get in place of infinity, so that means exist."""


def psnr(image: Tensor, target: Tensor, region: Tensor) -> Tensor:
    """Peak signal-to-noise ratio inside the region, [B] in dB, at most `HIGHEST_PSNR`.

    Images are [B, 3, H, W] in [-1, 1] and are compared as eight bits a channel, with a peak of 255;
    the region is [B, 1, H, W]. The error is averaged over the region's pixels and three channels.
    NaN where a region is empty.
    """
    error = to_bytes(image).double() - to_bytes(target).double()
    ratio = 255**2 / mean_inside(error**2, region)
    return (10 * ratio.log10()).clamp(max=HIGHEST_PSNR)


def ssim(image: Tensor, target: Tensor, region: Tensor) -> Tensor:
    """Structural similarity (Wang et al. 2004), [B] in [-1, 1]: its map averaged over the region.

    Images are [B, 3, H, W] in [-1, 1] and are compared as eight bits a channel; the region is
    [B, 1, H, W]. The map is Kornia's, with a Gaussian window of 11 pixels and sigma 1.5, channel by
    channel; windows at the region's edge see the pixels outside it too, so a seam counts.
    NaN where a region is empty. Height and width must be at least 6 pixels.
    """
    levels, target_levels = to_bytes(image).float(), to_bytes(target).float()
    similarity = similarity_map(levels, target_levels, window_size=11, max_val=255.0, eps=0.0)
    return mean_inside(similarity, region)
