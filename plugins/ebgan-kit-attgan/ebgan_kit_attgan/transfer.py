"""STGAN's skips: what the encoder saw, as far as the difference of labels lets it pass."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ebgan_kit.parts.nn import widths
from ebgan_kit_attgan.labels import with_labels


class TransferUnit(nn.Module):
    """A selective transfer unit (Liu et al. 2019): gates on a skip, a state from level to level.

        s' = T(s ⊕ d)                        transposed 4, stride 2     2c + n → c
        r, u = σ(W(f ⊕ s'))                  convolution 3              2c → c each
        s  = r·s'                            the state for the next level
        h  = tanh(W(f ⊕ s))                  convolution 3              2c → c
        skip = (1 - u)·s' + u·h

    f are the encoder's features of `channels` channels, s the state from the level below, of twice
    as many; d is the difference of `labels` labels. There is no norm, and each layer has a bias.
    """

    def __init__(self, labels: int, channels: int) -> None:
        super().__init__()
        self.lift = nn.ConvTranspose2d(2 * channels + labels, channels, 4, 2, 1)
        self.gates = nn.Conv2d(2 * channels, 2 * channels, 3, 1, 1)  # reset, then update
        self.fresh = nn.Conv2d(2 * channels, channels, 3, 1, 1)

    def forward(self, features: Tensor, state: Tensor, difference: Tensor) -> tuple[Tensor, Tensor]:
        """Features [B, c, 2h, 2w], state [B, 2c, h, w], difference [B, n] to the skip and the state
        for the next level, [B, c, 2h, 2w] each."""
        lifted = self.lift(with_labels(state, difference))
        gates = self.gates(torch.cat([features, lifted], dim=1)).sigmoid()
        reset, update = gates.chunk(2, dim=1)
        kept = reset * lifted
        fresh = self.fresh(torch.cat([features, kept], dim=1)).tanh()
        return (1 - update) * lifted + update * fresh, kept


class Transfer(nn.Module):
    """A unit for each of the encoder's levels but the deepest, which is the first state."""

    def __init__(self, labels: int, width: int, depth: int) -> None:
        super().__init__()
        channels = widths(width, depth - 1)[::-1]
        self.units = nn.ModuleList(TransferUnit(labels, c) for c in channels)

    def forward(self, features: Sequence[Tensor], difference: Tensor) -> list[Tensor]:
        """The encoder's features, the deepest first, to a skip for each level above it."""
        state, skips = features[0], []
        for unit, level in zip(self.units, features[1:], strict=True):
            skip, state = unit(level, state, difference)
            skips.append(skip)
        return skips
