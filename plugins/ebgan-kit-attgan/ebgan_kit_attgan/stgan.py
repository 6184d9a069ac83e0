"""STGAN: what is to change about a face, and what may pass from its encoder to its decoder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import torch
from annotated_types import Ge, MinLen
from torch import Tensor, nn

from ebgan_kit import Edit, Faces, Task, wanted_attributes
from ebgan_kit_attgan.decoder import Decoder
from ebgan_kit_attgan.encoder import Encoder
from ebgan_kit_attgan.layers import require_depth
from ebgan_kit_attgan.transfer import Transfer


class StGan(nn.Module):
    """STGAN (Liu et al. 2019): AttGAN told the difference of labels, with gates on its skips.

        d = y - y^A      A_b = G_dec(G_st(G_enc(A), d), d)      reconstruction: so, with d = 0

    y is what is wanted: the exemplar's labels, all or some of them. Of the exemplar nothing but its
    labels is seen. d is -1, 0 or 1 for each label, in training and in use alike; the published
    accuracy is of differences that are twice as large in use. Each layer of the decoder takes d,
    and each but the first a skip through a selective transfer unit, which takes d, too.

    Both images are decoded in one batch of 2B, so that its batch norm takes its means over the two
    together, as the averages are that it uses after training; the authors' takes them over each.

    `attributes`: the labels, by the data's names, in this order.
    `width`: channels of the first level, twice as many at each level. `depth`: how often the image
    is halved; it must leave a map of 2x2 or more.

    Train it with [mask] use = "whole", [discriminator] use = "attgan" and [loss.attribute]
    by = "discriminator". In use it must know what the source shows: of photographs that is found by
    a [classifier], trained beside it.
    """

    graded = True
    """Differences may lie between: the decoder takes any number."""

    def __init__(
        self,
        task: Task,
        build: Callable[..., Any],
        *,
        attributes: Annotated[tuple[str, ...], MinLen(1)],
        width: Annotated[int, Ge(1)] = 64,
        depth: Annotated[int, Ge(1)] = 5,
    ) -> None:
        super().__init__()
        require_depth(task.size, depth)
        labels, above = len(attributes), depth - 1
        self.encoder = Encoder(width, depth)
        self.transfer = Transfer(labels, width, depth)
        self.decoder = Decoder(labels, width, depth, shortcuts=above, injections=above)

    def forward(self, source: Faces, exemplar: Faces, wanted: Tensor | None = None) -> Edit:
        """The edit, and the reconstruction: what comes of changing nothing."""
        wanted = wanted_attributes(exemplar, wanted)
        difference = _difference(source, wanted)
        twice = [torch.cat([features, features]) for features in self.encoder(source.image)]
        both = torch.cat([difference, torch.zeros_like(difference)])
        completed, rebuilt = self._decoded(twice, both).chunk(2)
        return Edit(source, exemplar, wanted, completed, rebuilt)

    def edit(self, source: Faces, exemplar: Faces, wanted: Tensor | None = None) -> Edit:
        """The edit alone; ValueError where nobody knows what the source shows."""
        wanted = wanted_attributes(exemplar, wanted)
        features = self.encoder(source.image)
        return Edit(source, exemplar, wanted, self._decoded(features, _difference(source, wanted)))

    def _decoded(self, features: Sequence[Tensor], difference: Tensor) -> Tensor:
        skips = self.transfer(features, difference)
        return self.decoder(features[0], skips, difference)


def _difference(source: Faces, wanted: Tensor) -> Tensor:
    """[B, n] in {-1, 0, 1}: what is to go, to stay, to come."""
    if source.attributes is None:
        raise ValueError(
            "STGAN edits by the difference between what is wanted and what the source shows, and "
            "nobody says what it shows: train with a table [classifier], and a table [loss.reader] "
            'with use = "attribute" and weight = 0, and it is found in each photograph'
        )
    return wanted - source.attributes
