"""The decoder of AttGAN and STGAN."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ebgan_kit.parts.nn import widths
from ebgan_kit_attgan.labels import with_labels
from ebgan_kit_attgan.layers import doubling


class Decoder(nn.Module):
    """The encoder's deepest map, its labels and skips to an image; here at a depth of 5.

        1     z ⊕ y       transposed 4, stride 2     16w → 16w
        2     ⊕ s ⊕ y     transposed 4, stride 2     16w + 8w → 8w
        3     ⊕ s ⊕ y     transposed 4, stride 2     8w + 4w → 4w
        4     ⊕ s ⊕ y     transposed 4, stride 2     4w + 2w → 2w
        5     ⊕ s ⊕ y     transposed 4, stride 2     2w + w → 3, tanh

    Batch norm and ReLU follow each but the last, which has a bias. w is `width`, y a map for each
    of the n `labels`, s a skip as wide as the encoder's level of that size.

    `shortcuts`: how many layers from the second on take a skip. `injections`: how many of them take
    the labels. ValueError where there are fewer layers than that.
    """

    def __init__(
        self, labels: int, width: int, depth: int, shortcuts: int, injections: int
    ) -> None:
        super().__init__()
        for name, count in (("shortcuts", shortcuts), ("injections", injections)):
            if count >= depth:
                raise ValueError(
                    f"a decoder of depth {depth} has {depth - 1} layers after its first, and so "
                    f"not {name} = {count}: take at most {depth - 1}"
                )
        self.shortcuts, self.injections = shortcuts, injections
        outputs = widths(width, depth)[::-1]
        inputs = [outputs[0] + labels]
        for layer in range(1, depth):
            skip = outputs[layer] * (layer <= shortcuts)
            inputs.append(outputs[layer - 1] + skip + labels * (layer <= injections))
        pairs = zip(inputs[:-1], outputs, strict=False)
        self.layers = nn.ModuleList(doubling(i, o) for i, o in pairs)
        self.last = nn.ConvTranspose2d(inputs[-1], 3, 4, 2, 1)

    def forward(self, deepest: Tensor, skips: Sequence[Tensor], labels: Tensor) -> Tensor:
        """[B, 16w, h, w] and labels [B, n] to an image [B, 3, 32h, 32w] in [-1, 1].

        `skips`: the maps for the second layer, the third, …; those that are too many are left.
        """
        features = with_labels(deepest, labels)
        for place, layer in enumerate(self.layers):
            features = layer(features)
            if place < self.shortcuts:
                features = torch.cat([features, skips[place]], dim=1)
            if place < self.injections:
                features = with_labels(features, labels)
        return self.last(features).tanh()
