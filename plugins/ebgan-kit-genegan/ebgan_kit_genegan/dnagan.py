"""DNA-GAN."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import torch
from annotated_types import Ge, MinLen
from torch import Tensor, nn

from ebgan_kit import Edit, Faces, Task, wanted_attributes
from ebgan_kit_genegan.labels import known
from ebgan_kit_genegan.networks import HALVINGS, decoder, encoder, require_halvings


class DnaGan(nn.Module):
    """DNA-GAN (Xiao et al. 2018): a code of a block an attribute and a rest, exchanged by blocks.

        Enc(A) = [a_1 … a_n, z]      a_i ← y_i·a_i      reconstruction = Dec(a_1 … a_n, z)
        completed: a_i ← wanted_i·b_i, the exemplar's, where wanted_i is not y_i

    A block of an attribute that a face lacks is recessive, and annihilated: 0. The paper does so
    with the one attribute that a step exchanges, and leaves the other blocks as they are.

    `attributes`: by the data's names, in this order. `width`: channels of the first level, doubled
    twice. `block`: channels of each attribute's block; blocks come first, what is left is z.

    What the sources show must be known, in use too. Raises ValueError where nobody knows it, for a
    size that is no multiple of 8, and where the blocks leave no rest.
    """

    def __init__(
        self,
        task: Task,
        build: Callable[..., Any],
        *,
        attributes: Annotated[tuple[str, ...], MinLen(1)],
        width: Annotated[int, Ge(1)] = 128,
        block: Annotated[int, Ge(1)] = 128,
    ) -> None:
        super().__init__()
        require_halvings(task.size, HALVINGS)
        blocks = len(attributes) * block
        if blocks >= 4 * width:
            raise ValueError(
                f"{len(attributes)} blocks of {block} channels leave no rest of the code's "
                f"{4 * width}: take fewer attributes, a smaller block or a larger width"
            )
        self.block, self.sizes = block, [blocks, 4 * width - blocks]
        self.encoder, self.decoder = encoder(width), decoder(width)

    def forward(self, source: Faces, exemplar: Faces, wanted: Tensor | None = None) -> Edit:
        """The edit, and the reconstruction of the source; both are decoded in one batch of 2B."""
        wanted = wanted_attributes(exemplar, wanted)
        mixed, kept, rest = self._blocks(source, exemplar, wanted)
        codes = [torch.cat([blocks, rest], dim=1) for blocks in (mixed, kept)]
        completed, rebuilt = self.decoder(torch.cat(codes)).chunk(2)
        return Edit(source, exemplar, wanted, completed, rebuilt)

    def edit(self, source: Faces, exemplar: Faces, wanted: Tensor | None = None) -> Edit:
        """The edit alone, with the attributes `wanted`, or with those that the exemplar has."""
        wanted = wanted_attributes(exemplar, wanted)
        mixed, _, rest = self._blocks(source, exemplar, wanted)
        return Edit(source, exemplar, wanted, self.decoder(torch.cat([mixed, rest], dim=1)))

    def _blocks(
        self, source: Faces, exemplar: Faces, wanted: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The edit's blocks, the source's own, and the source's rest."""
        labels = known(source)
        own, rest = self._code(source)
        theirs = self._code(exemplar)[0] if exemplar.order is None else own[exemplar.order]
        kept = own * self._spread(labels).to(own.dtype)
        taken = theirs * self._spread(wanted).to(own.dtype)
        mixed = torch.where(self._spread(wanted != labels), taken, kept)
        return mixed, kept, rest

    def _code(self, faces: Faces) -> list[Tensor]:
        return list(self.encoder(faces.image).split(self.sizes, dim=1))

    def _spread(self, values: Tensor) -> Tensor:
        """[B, n·block, 1, 1]: an attribute's value for every channel of its block."""
        return values.repeat_interleave(self.block, dim=1)[:, :, None, None]
