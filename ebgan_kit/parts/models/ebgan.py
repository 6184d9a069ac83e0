"""EBGAN, the paper's first model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, Literal

import torch
from annotated_types import Ge, Le
from torch import Tensor, nn

from ebgan_kit.parts.nn.upright import laid, laid_shape, level_square
from ebgan_kit.parts.nn.vector_to_map import VectorToMap
from ebgan_kit.rng import of_pairs
from ebgan_kit.types import Edit, Faces, Task, region_of


class Ebgan(nn.Module):
    """EBGAN: the source's region is emptied and completed from the code of the exemplar's region.

        Z_B = E(B, M)                  A_b = G_dec(G_enc(A·(1-M)) ⊕ Z_B)

    `code`: channels of the code. `exemplar_region`: the M that E is given with the exemplar, its
    `own` (regions move with the face) or the `source`'s (the paper has one M for both).
    `way_back`: in this share of the faces, the source is rebuilt from the code of an edit in which
    it was the exemplar, in place of its own. The edit y has the source's mouth in another's skin:

        A' = G_dec(G_enc(A·(1-M)) ⊕ E(y, M_y))        with y the edit whose exemplar is A

    So a code that carries skin or pose along costs, and the truth is a picture. The paper has 0.

    `upright`: E sees the square about a face's region with level eyes, and its map is turned into
    the source's frame before it is decoded. Faces of data that is aligned by the eyes are upright
    already.
    `map_channels`: the code, a vector, becomes a map of so many channels of the region's square, a
    quarter of the image's size, before the decoder meets it; `generator.use = "guided"` meets it at
    each scale. With 0 the decoder meets the code as it is.

    Needs the tables [encoder] and [generator].
    """

    def __init__(
        self,
        task: Task,
        build: Callable[..., Any],
        *,
        code: Annotated[int, Ge(1)] = 64,
        exemplar_region: Literal["own", "source"] = "own",
        way_back: Annotated[float, Ge(0), Le(1)] = 0.0,
        upright: bool = False,
        map_channels: Annotated[int, Ge(0)] = 0,
    ) -> None:
        super().__init__()
        self.exemplar_region, self.way_back, self.upright = exemplar_region, way_back, upright
        self.encoder = build("encoder", code)
        shape = _code_shape(self.encoder, task.size)
        self.drawn_map: nn.Module = nn.Identity()
        if map_channels:
            if shape[1:] != (1, 1):
                raise ValueError(
                    "model.map_channels draws a map from a vector, and this encoder's code is a map"
                    ' already: set encoder.shape = "vector", or model.map_channels = 0'
                )
            side = task.size // 4
            self.drawn_map = VectorToMap(code, map_channels, side)
            shape = map_channels, side, side
        self.generator = build("generator", laid_shape(shape) if upright else shape)

    def encode(self, faces: Faces) -> Tensor:
        """The code [B, C, h, w] of each face's region: E(B, M)."""
        return self._code(faces)

    def forward(self, source: Faces, exemplar: Faces, wanted: Tensor | None = None) -> Edit:
        """The edit, and the reconstruction of the source."""
        return self._drawn(source, exemplar, wanted, *self._codes(source, exemplar))

    def _drawn(
        self, source: Faces, exemplar: Faces, wanted: Tensor | None, code: Tensor, own: Tensor
    ) -> Edit:
        """The edit by a code, and the source by its own, or on the way back by an edit's."""
        context = self._context(source)
        if self.training and self.way_back and exemplar.order is not None:
            completed = self._decode(context, code, source)
            own = self._returned(Edit(source, exemplar, wanted, completed), own)
            rebuilt = self._decode(context, self._own(own, source), source)
        else:  # in one batch of 2B, which takes less time
            twice = tuple(torch.cat([features, features]) for features in context)
            codes = (code, self._own(own, source))
            both = torch.cat([self._laid(one, source) for one in codes])
            completed, rebuilt = self.generator.decode(twice, both).chunk(2)
        return Edit(source, exemplar, wanted, completed, rebuilt, code)

    def _own(self, code: Tensor, source: Faces) -> Tensor:
        """The code by which a source is rebuilt."""
        return code

    def _returned(self, edit: Edit, own: Tensor) -> Tensor:
        """The sources' own codes, a share of them taken from edits in which they were the exemplar.

        No gradient passes through such an edit: the encoder learns from what it finds in it.
        """
        order = edit.exemplar.order
        assert order is not None
        found = self._code(replace(edit.source, image=edit.image.detach().clamp(-1, 1)))
        pair = of_pairs(edit.source.index, edit.exemplar.index)
        returns = pair.uniform("way back", 1)[:, 0] < self.way_back
        back = order.argsort()
        returns = (returns & self._shows_exemplar(edit))[back]
        return torch.where(returns[:, None, None, None], found[back], own)

    def _shows_exemplar(self, edit: Edit) -> Tensor:
        """[B], bool: whether an edit has all that its exemplar has there."""
        return torch.ones(len(edit.source), dtype=torch.bool, device=edit.region.device)

    def edit(self, source: Faces, exemplar: Faces, wanted: Tensor | None = None) -> Edit:
        """The edit alone, as it is used after training."""
        return self._completed(source, exemplar, wanted, self._code(self._seen(source, exemplar)))

    def _completed(
        self, source: Faces, exemplar: Faces, wanted: Tensor | None, code: Tensor
    ) -> Edit:
        completed = self._decode(self._context(source), code, source)
        return Edit(source, exemplar, wanted, completed, None, code)

    def _code(self, faces: Faces) -> Tensor:
        seen = level_square(faces) if self.upright else faces
        return self.encoder(seen.image, seen.region)

    def _decode(self, context: tuple[Tensor, ...], code: Tensor, source: Faces) -> Tensor:
        return self.generator.decode(context, self._laid(code, source))

    def _laid(self, code: Tensor, source: Faces) -> Tensor:
        """The code as a map, where it is to be one, and as the source's frame has it."""
        code = self.drawn_map(code)
        return laid(code, source) if self.upright else code

    def _codes(self, source: Faces, exemplar: Faces) -> tuple[Tensor, Tensor]:
        """The exemplars' codes and the sources' own.

        Every source is some exemplar too where the exemplars are the source batch in another
        order: then its code is among theirs already.
        """
        exemplar = self._seen(source, exemplar)
        code = self._code(exemplar)
        own = self._code(source) if exemplar.order is None else code[exemplar.order.argsort()]
        return code, own

    def _seen(self, source: Faces, exemplar: Faces) -> Faces:
        if self.exemplar_region == "own":
            return exemplar
        return replace(exemplar, region=source.region, order=None)

    def _context(self, source: Faces) -> tuple[Tensor, ...]:
        """G_enc(A·(1-M))."""
        region = region_of(source)
        return self.generator.encode(source.image * (1 - region), region)


def _code_shape(encoder: nn.Module, size: int) -> tuple[int, int, int]:
    """The shape of the encoder's code, tried out on one empty image."""
    parameter = next(encoder.parameters())
    image = torch.zeros(1, 3, size, size, device=parameter.device)
    was_training = encoder.training
    with torch.no_grad():
        shape = encoder.eval()(image, image[:, :1]).shape[1:]
    encoder.train(was_training)
    return tuple(shape)
