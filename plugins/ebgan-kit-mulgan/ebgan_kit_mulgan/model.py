"""MulGAN: the exemplar's labelled blocks, on what the labels of the source do not say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import torch
from annotated_types import Ge, MinLen
from torch import Tensor, nn

from ebgan_kit import Edit, Faces, Task, wanted_attributes
from ebgan_kit.parts.nn import require_depth, widths
from ebgan_kit_mulgan.networks import decoder, encoder


class MulGan(nn.Module):
    """MulGAN (Guo et al. 2019): a code of a part that no label names, and a block for each label.

        Enc(A) = [h, b_1 … b_n]                   b_i ← y_i·b_i
        completed = Dec(h^A, filtered b^B)        reconstruction = Dec(h^A, b^A filtered by y^A)

    The blocks of the exemplar are filtered by what is wanted, those of the source by its labels: a
    block that is switched off is 0, and what it held cannot be seen. Source and exemplar are
    encoded in one batch of 2B, both images decoded in one, so that batch norm takes its means over
    the two together.

    `attributes`: by the data's names, in this order. `width`: channels of the first level, twice as
    many at each. `depth`: how often an image is halved. The code has the last level's channels:
    `rest` for the part that no label names (half of them if not given), and as many for each label
    as the others allow (by inference: the authors' model was never published).

    Train it with [mask] use = "whole", [discriminator] use = "attgan" and [loss.attribute]
    by = "discriminator". Raises ValueError where the blocks do not come out even.
    """

    graded = True
    """Blocks may be scaled: y_i between 0 and 1, or beyond."""

    def __init__(
        self,
        task: Task,
        build: Callable[..., Any],
        *,
        attributes: Annotated[tuple[str, ...], MinLen(1)],
        width: Annotated[int, Ge(1)] = 64,
        depth: Annotated[int, Ge(1)] = 4,
        rest: Annotated[int, Ge(1)] | None = None,
    ) -> None:
        super().__init__()
        levels = widths(width, depth)
        self.rest = levels[-1] // 2 if rest is None else rest
        self.block, left = divmod(levels[-1] - self.rest, len(attributes))
        if left or self.block < 1:
            raise ValueError(
                f"{levels[-1] - self.rest} channels cannot be shared by {len(attributes)} "
                "attributes: set model.rest so that the others are a multiple of them"
            )
        require_depth(task.size, depth)
        self.encoder, self.decoder = encoder(levels), decoder(levels)

    def forward(self, source: Faces, exemplar: Faces, wanted: Tensor | None = None) -> Edit:
        """The edit, and the reconstruction by the source's own blocks."""
        if source.attributes is None:
            raise ValueError("nobody says what the sources show: MulGAN learns from their labels")
        wanted = wanted_attributes(exemplar, wanted)
        rest, own, theirs = self._codes(source, exemplar)
        theirs = self._filtered(theirs, wanted)
        blocks = torch.cat([theirs, self._filtered(own, source.attributes)])
        code = torch.cat([torch.cat([rest, rest]), blocks], dim=1)
        completed, rebuilt = self.decoder(code).chunk(2)
        return Edit(source, exemplar, wanted, completed, rebuilt, theirs)

    def edit(self, source: Faces, exemplar: Faces, wanted: Tensor | None = None) -> Edit:
        """The edit alone; the source's own labels are not needed for it."""
        wanted = wanted_attributes(exemplar, wanted)
        rest, _, theirs = self._codes(source, exemplar)
        theirs = self._filtered(theirs, wanted)
        completed = self.decoder(torch.cat([rest, theirs], dim=1))
        return Edit(source, exemplar, wanted, completed, None, theirs)

    def _codes(self, source: Faces, exemplar: Faces) -> tuple[Tensor, Tensor, Tensor]:
        """The sources' rest [B, rest, h, w], their blocks and the exemplars' [B, n·block, h, w].

        [augment.exemplar] shows exemplars in another view than as sources, so both are encoded; in
        one batch, for the norm. In training every source is some exemplar too, and its blocks are
        taken from there: then they cannot say what that augmentation changes, and the rest must.
        """
        images = torch.cat([source.image, exemplar.image])
        code, other = self.encoder(images).tensor_split(2)
        own, theirs = code[:, self.rest :], other[:, self.rest :]
        if exemplar.order is not None:
            own = theirs[exemplar.order.argsort()]
        return code[:, : self.rest], own, theirs

    def _filtered(self, blocks: Tensor, labels: Tensor) -> Tensor:
        """b_i ← y_i·b_i."""
        shown = labels.to(blocks.dtype).repeat_interleave(self.block, dim=1)
        return blocks * shown[:, :, None, None]
