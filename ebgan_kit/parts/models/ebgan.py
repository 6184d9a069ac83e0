"""EBGAN, the paper's first model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, Literal

import torch
from annotated_types import Ge
from torch import Tensor, nn

from ebgan_kit.types import Edit, Faces, Task, region_of


class Ebgan(nn.Module):
    """EBGAN: the source's region is emptied and completed from the code of the exemplar's region.

        Z_B = E(B, M)                  A_b = G_dec(G_enc(A·(1-M)) ⊕ Z_B)

    `code`: channels of the code. `exemplar_region`: the M that E is given with the exemplar, its
    `own` (regions move with the face) or the `source`'s (the paper has one M for both).

    Needs the tables [encoder] and [generator].
    """

    def __init__(
        self,
        task: Task,
        build: Callable[..., Any],
        *,
        code: Annotated[int, Ge(1)] = 64,
        exemplar_region: Literal["own", "source"] = "own",
    ) -> None:
        super().__init__()
        self.exemplar_region = exemplar_region
        self.encoder = build("encoder", code)
        self.generator = build("generator", _code_shape(self.encoder, task.size))

    def encode(self, faces: Faces) -> Tensor:
        """The code [B, C, h, w] of each face's region: E(B, M)."""
        return self._code(faces)

    def forward(self, source: Faces, exemplar: Faces, wanted: Tensor | None = None) -> Edit:
        """The edit, and the reconstruction of the source."""
        return self._drawn(source, exemplar, wanted, *self._codes(source, exemplar))

    def _drawn(
        self, source: Faces, exemplar: Faces, wanted: Tensor | None, code: Tensor, own: Tensor
    ) -> Edit:
        """Both are decoded in one batch of 2B."""
        twice = tuple(torch.cat([features, features]) for features in self._context(source))
        completed, rebuilt = self.generator.decode(twice, torch.cat([code, own])).chunk(2)
        return Edit(source, exemplar, wanted, completed, rebuilt, code)

    def edit(self, source: Faces, exemplar: Faces, wanted: Tensor | None = None) -> Edit:
        """The edit alone, as it is used after training."""
        return self._completed(source, exemplar, wanted, self._code(self._seen(source, exemplar)))

    def _completed(
        self, source: Faces, exemplar: Faces, wanted: Tensor | None, code: Tensor
    ) -> Edit:
        completed = self.generator.decode(self._context(source), code)
        return Edit(source, exemplar, wanted, completed, None, code)

    def _code(self, faces: Faces) -> Tensor:
        return self.encoder(faces.image, faces.region)

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
