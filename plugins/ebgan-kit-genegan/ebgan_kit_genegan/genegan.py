"""GeneGAN."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import torch
from annotated_types import Ge, Gt, Lt, MaxLen, MinLen
from torch import Tensor, nn

from ebgan_kit import Edit, Faces, Task, wanted_attributes
from ebgan_kit_genegan.labels import known
from ebgan_kit_genegan.networks import HALVINGS, decoder, encoder, require_halvings


class GeneGan(nn.Module):
    """GeneGAN (Zhou et al. 2017): a face is its identity and one attribute, which two exchange.

        Enc(A) = [A, x]    completed = Dec(A, x_exemplar·wanted)    reconstruction = Dec(A, x·y)

    The last channels of the code are the attribute's part x, 0 for a face without it. Of a face
    with the attribute (Ax) and one without (Be) the two edits are the paper's children Ae and Bx.

    `attributes`: the one that is edited, by the data's name. `width`: channels of the first level,
    doubled twice. `share`: the part of the code's channels that is x.

    The terms `nulling` and `parallelogram` are GeneGAN's; `extra["attribute_part"]` is the sources'
    own x, [B, C, H/8, W/8]. In use the sources' attributes need not be known.

    Raises ValueError for a size that is no multiple of 8 and for a share that leaves a part empty.
    """

    graded = True
    """The attribute's part may be scaled."""

    def __init__(
        self,
        task: Task,
        build: Callable[..., Any],
        *,
        attributes: Annotated[tuple[str, ...], MinLen(1), MaxLen(1)],
        width: Annotated[int, Ge(1)] = 128,
        share: Annotated[float, Gt(0), Lt(1)] = 0.25,
    ) -> None:
        super().__init__()
        require_halvings(task.size, HALVINGS)
        part = round(4 * width * share)
        if not 0 < part < 4 * width:
            raise ValueError(
                f"a share of {share} makes {part} of {4 * width} channels the attribute's: leave "
                "some for it and some for the rest"
            )
        self.sizes = [4 * width - part, part]
        self.encoder, self.decoder = encoder(width), decoder(width)

    def forward(self, source: Faces, exemplar: Faces, wanted: Tensor | None = None) -> Edit:
        """The edit, and the reconstruction of the source; both are decoded in one batch of 2B."""
        wanted, labels = wanted_attributes(exemplar, wanted), known(source)
        rest, own = self._parts(source)
        theirs = self._parts(exemplar)[1] if exemplar.order is None else own[exemplar.order]
        codes = [_code(rest, theirs, wanted), _code(rest, own, labels)]
        completed, rebuilt = self.decoder(torch.cat(codes)).chunk(2)
        return Edit(
            source, exemplar, wanted, completed, rebuilt, None, extra={"attribute_part": own}
        )

    def edit(self, source: Faces, exemplar: Faces, wanted: Tensor | None = None) -> Edit:
        """The edit alone, with the attribute `wanted`, or as the exemplar has it."""
        wanted = wanted_attributes(exemplar, wanted)
        rest, theirs = self._parts(source)[0], self._parts(exemplar)[1]
        return Edit(source, exemplar, wanted, self.decoder(_code(rest, theirs, wanted)))

    def _parts(self, faces: Faces) -> list[Tensor]:
        """A and x: what is left of a face, and its attribute; the encoder is given [0, 1]."""
        return list(self.encoder((faces.image + 1) / 2).split(self.sizes, dim=1))


def _code(rest: Tensor, part: Tensor, shown: Tensor) -> Tensor:
    """[A, x·y], for y [B, 1]: the part of a face that is to lack the attribute is 0."""
    return torch.cat([rest, part * shown.to(part.dtype)[:, :, None, None]], dim=1)
