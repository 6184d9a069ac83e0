"""AttGAN: an encoder that knows no labels, and a decoder that draws what they say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import torch
from annotated_types import Ge, Gt, MinLen
from torch import Tensor, nn

from ebgan_kit import Edit, Faces, Task, wanted_attributes
from ebgan_kit_attgan.decoder import Decoder
from ebgan_kit_attgan.encoder import Encoder
from ebgan_kit_attgan.layers import require_depth


class AttGan(nn.Module):
    """AttGAN (He et al. 2019): a face is encoded, and decoded with the labels that it should show.

        z = G_enc(A)        A_b = G_dec(z, y)        reconstruction = G_dec(z, y^A)

    y is what is wanted: the exemplar's labels, all or some of them. Of the exemplar nothing but its
    labels is seen. A label is -`strength` or `strength` to the decoder. Both images are decoded in
    one batch of 2B, so that its batch norm takes its means over the two together, as the averages
    are that it uses after training; the authors' takes them over each.

    `attributes`: the labels, by the data's names, in this order.
    `width`: channels of the first level, twice as many at each level. `depth`: how often the image
    is halved; it must leave a map of 2x2 or more.
    `shortcuts`: how many of the encoder's maps below its last, the deepest first, go over to the
    decoder. `injections`: how many of the decoder's layers after its first take the labels again.
    `strength`: of the labels, in training and in use alike. The published accuracy is of labels
    that are twice as strong in use as they were in training.

    Train it with [mask] use = "whole", [discriminator] use = "attgan" and [loss.attribute]
    by = "discriminator".
    """

    graded = True
    """Labels may lie between: the decoder takes any number."""

    def __init__(
        self,
        task: Task,
        build: Callable[..., Any],
        *,
        attributes: Annotated[tuple[str, ...], MinLen(1)],
        width: Annotated[int, Ge(1)] = 64,
        depth: Annotated[int, Ge(1)] = 5,
        shortcuts: Annotated[int, Ge(0)] = 1,
        injections: Annotated[int, Ge(0)] = 1,
        strength: Annotated[float, Gt(0)] = 1.0,
    ) -> None:
        super().__init__()
        require_depth(task.size, depth)
        self.strength, self.maps = strength, 1 + shortcuts
        self.encoder = Encoder(width, depth)
        self.decoder = Decoder(len(attributes), width, depth, shortcuts, injections)

    def forward(self, source: Faces, exemplar: Faces, wanted: Tensor | None = None) -> Edit:
        """The edit, and the reconstruction by the source's own labels."""
        if source.attributes is None:
            raise ValueError("nobody says what the sources show: AttGAN learns from their labels")
        wanted = wanted_attributes(exemplar, wanted)
        twice = [torch.cat([features, features]) for features in self._encoded(source)]
        both = torch.cat([wanted, source.attributes])
        completed, rebuilt = self._decoded(twice, both).chunk(2)
        return Edit(source, exemplar, wanted, completed, rebuilt)

    def edit(self, source: Faces, exemplar: Faces, wanted: Tensor | None = None) -> Edit:
        """The edit alone; the source's own labels are not needed for it."""
        wanted = wanted_attributes(exemplar, wanted)
        return Edit(source, exemplar, wanted, self._decoded(self._encoded(source), wanted))

    def _encoded(self, source: Faces) -> Sequence[Tensor]:
        """The maps that the decoder takes, the deepest first."""
        return self.encoder(source.image)[: self.maps]

    def _decoded(self, features: Sequence[Tensor], labels: Tensor) -> Tensor:
        deepest, *skips = features
        return self.decoder(deepest, skips, (2 * labels - 1) * self.strength)
