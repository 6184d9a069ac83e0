"""The soft edge of an edit."""

from __future__ import annotations

import pytest
import torch

from ebgan_kit.images.blend import fading


@pytest.mark.parametrize("width", [1, 7, 200, 1000])
def test_a_soft_edge_is_the_share_of_a_square(width: int) -> None:
    area = torch.zeros(1, 1, 50, 70, dtype=torch.bool)
    area[..., 10:40, 20:60] = True
    found = fading(area, width)
    for y, x in ((0, 0), (10, 20), (25, 40), (39, 59)):
        part = area[..., max(0, y - width) : y + width + 1, max(0, x - width) : x + width + 1]
        expected = (2 * part.double().mean() - 1).clamp(0, 1).item()
        assert found[0, 0, y, x].item() == pytest.approx(expected, abs=1e-6)
