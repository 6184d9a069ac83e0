"""Att-EBGAN, the paper's second model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, Literal

import torch
from annotated_types import Ge, Le, MinLen
from torch import Tensor

from ebgan_kit.parts.masks.reach import reach
from ebgan_kit.parts.models.ebgan import Ebgan
from ebgan_kit.parts.nn.layers import unit
from ebgan_kit.rng import of_pairs
from ebgan_kit.types import Edit, Faces, Task


class AttEbgan(Ebgan):
    """Att-EBGAN: EBGAN with a filter on the code, a block per attribute.

        Z_B = [b_1 … b_n],  b_i ← y_i·b_i                switched off = zeroed

    There is no other part of the code. A block is a map or a vector as the encoder's `shape` says.
    A region that does not show an attribute does not carry it: its block is zero there.

    `attributes`: by the data's names, in this order. `block`: channels of each attribute's block.
    `exemplar_region`, `way_back`, `upright`, `map_channels`: as for `ebgan`. Edits of which
    something is switched otherwise than their exemplar has it give no code back. A map is drawn
    from the filtered code: a closed block has no part in it.
    `filtered`: whether training filters, too. Without it blocks are zeroed in use alone, and
    nothing makes a block the home of its attribute: the control for what the filter is worth.
    `borrow`: how often the reconstruction is of the exemplar's blocks, filtered by the source's
    attributes. This teaches the decoder that an attribute appears if and only if its block is open.
    No other block can then carry it, and a block also works on faces without the attribute. The
    paper has 0.

    `unit_blocks`: each block by itself has a mean square of one over its channels. With E's own
    `normalise` alone, which scales all of them together, a closed block has a part in the scale of
    the others.

    Needs the tables [encoder] and [generator]; [classifier] and [loss.attribute] impose C.
    """

    graded = True
    """Blocks may be scaled: y_i between 0 and 1, or beyond."""

    def __init__(
        self,
        task: Task,
        build: Callable[..., Any],
        *,
        attributes: Annotated[tuple[str, ...], MinLen(1)],
        block: Annotated[int, Ge(1)] = 16,
        exemplar_region: Literal["own", "source"] = "own",
        filtered: bool = True,
        borrow: Annotated[float, Ge(0), Le(1)] = 0.0,
        way_back: Annotated[float, Ge(0), Le(1)] = 0.0,
        upright: bool = False,
        map_channels: Annotated[int, Ge(0)] = 0,
        unit_blocks: bool = False,
    ) -> None:
        super().__init__(
            task,
            build,
            code=block * len(attributes),
            exemplar_region=exemplar_region,
            way_back=way_back,
            upright=upright,
            map_channels=map_channels,
        )
        self.attributes, self.block = attributes, block
        self.filtered, self.borrow, self.unit_blocks = filtered, borrow, unit_blocks

    def encode(self, faces: Faces) -> Tensor:
        """The code, filtered by the faces' attributes where these are known."""
        code = self._code(faces)
        return code if faces.attributes is None else self._filtered(code, faces.attributes)

    def forward(self, source: Faces, exemplar: Faces, wanted: Tensor | None = None) -> Edit:
        """The edit, and the reconstruction of the source."""
        assert source.attributes is not None
        wanted, reached = self._asked(source, exemplar, wanted)
        theirs, own = self._codes(source, exemplar)
        own = torch.where(self._borrows(source, exemplar), theirs, own)
        code = self._filtered(theirs, wanted * reached)
        edit = self._drawn(source, exemplar, wanted, code, own)
        return replace(edit, extra={"reach": reached, "whole_code": theirs})

    def edit(self, source: Faces, exemplar: Faces, wanted: Tensor | None = None) -> Edit:
        """The edit alone, with the attributes `wanted`, or with those that the exemplar has."""
        wanted, reached = self._asked(source, exemplar, wanted)
        code = self._filtered(self._code(self._seen(source, exemplar)), wanted * reached)
        return self._completed(source, exemplar, wanted, code)

    def _code(self, faces: Faces) -> Tensor:
        code = super()._code(faces)
        if not self.unit_blocks:
            return code
        return torch.cat([unit(block) for block in code.split(self.block, dim=1)], dim=1)

    def _own(self, code: Tensor, source: Faces) -> Tensor:
        """The code, filtered by what the source has and its region can show."""
        assert source.attributes is not None
        return self._filtered(code, source.attributes * reach(source, self.attributes))

    def _shows_exemplar(self, edit: Edit) -> Tensor:
        """An edit does not where something was switched otherwise."""
        if edit.wanted is None or edit.exemplar.attributes is None:
            return super()._shows_exemplar(edit)
        return (edit.wanted == edit.exemplar.attributes).all(1)

    def _asked(
        self, source: Faces, exemplar: Faces, wanted: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """What is wanted, and what both regions can show; [B, n] each."""
        shown = reach(source, self.attributes)
        reached = shown * reach(self._seen(source, exemplar), self.attributes)
        wanted = exemplar.attributes if wanted is None else wanted
        return torch.ones_like(reached) if wanted is None else wanted, reached

    def _filtered(self, code: Tensor, wanted: Tensor) -> Tensor:
        """b_i ← y_i·b_i, for code [B, n·block, h, w] and wanted [B, n]."""
        if self.training and not self.filtered:
            return code
        switches = wanted.repeat_interleave(self.block, dim=1)
        return code * switches[:, :, None, None]

    def _borrows(self, source: Faces, exemplar: Faces) -> Tensor:
        """[B, 1, 1, 1] bool, by chance, and always the same for the same pair."""
        if not self.borrow:
            return torch.zeros(len(source), 1, 1, 1, dtype=torch.bool, device=source.image.device)
        pair = of_pairs(source.index, exemplar.index)
        return pair.uniform("borrow", 1)[:, :, None, None] < self.borrow
