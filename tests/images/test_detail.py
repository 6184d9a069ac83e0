"""Fine detail: the source's and the exemplar's, where what is drawn has their lines."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ebgan_kit.images.detail import detailed

ALL, NOTHING = torch.ones(1, 1, 1, 1), torch.zeros(1, 1, 1, 1)


def pattern(seed: int, size: int = 128, fine: float = 0.2) -> Tensor:
    """[1, 1, size, size]: broad strokes, and noise of each pixel upon them."""
    random = torch.Generator().manual_seed(seed)
    strokes = torch.randn(1, 1, size // 16, size // 16, generator=random) * 0.4
    noise = torch.randn(1, 1, size, size, generator=random) * fine
    return (_sized(strokes, size) + noise).clamp(-1, 1)


def _sized(image: Tensor, size: int) -> Tensor:
    return interpolate(image, (size, size), mode="bicubic", antialias=True, align_corners=False)


def drawn_of(photograph: Tensor, contrast: float = 1.0) -> Tensor:
    """As a network of 32 pixels would draw it, [1, 3, 32, 32]."""
    return contrast * _sized(photograph, 32).expand(-1, 3, -1, -1)


def apart(one: Tensor, other: Tensor) -> float:
    return (one - other).square().mean().sqrt().item()


def test_where_the_source_is_drawn_again_its_pores_come_back() -> None:
    source, drawn = pattern(1), drawn_of(pattern(1))
    found = detailed(drawn, source, pattern(2), ALL)
    assert apart(found, source) < 0.2 * apart(_sized(drawn, 128), source)


def test_where_the_exemplar_is_drawn_its_edges_come_along_as_strong_as_it_is_drawn() -> None:
    exemplar = pattern(2)
    for contrast in (1.0, 0.5):
        drawn = drawn_of(exemplar, contrast)
        found = detailed(drawn, pattern(1), exemplar, ALL)
        wanted = contrast * exemplar
        assert apart(found, wanted) < 0.6 * apart(_sized(drawn, 128), wanted)


def test_where_neither_is_drawn_little_is_added() -> None:
    drawn = drawn_of(pattern(3))
    plain = _sized(drawn, 128)
    found = detailed(drawn, pattern(1), pattern(2), ALL)
    assert apart(found, plain) < 0.5 * apart(plain, pattern(3))


def test_nothing_of_an_exemplar_that_is_left_out() -> None:
    drawn, source = drawn_of(pattern(2)), pattern(1)
    one, other = (detailed(drawn, source, pattern(seed), NOTHING) for seed in (2, 4))
    assert torch.equal(one, other)


def test_colours_stay() -> None:
    drawn = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 0.2
    found = detailed(drawn, pattern(1, fine=0.02), pattern(2, fine=0.02), ALL)
    added = found - _sized(drawn, 128)
    assert added.abs().max() > 0.001
    assert torch.allclose(added, added.mean(1, keepdim=True).expand_as(added), atol=1e-6)
