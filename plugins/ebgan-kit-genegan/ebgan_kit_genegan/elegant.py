"""ELEGANT."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import torch
from annotated_types import Ge, MinLen
from torch import Tensor, nn

from ebgan_kit import Edit, Faces, Task, wanted_attributes
from ebgan_kit.parts.nn import require_depth, widths
from ebgan_kit_genegan.elegant_networks import Decoder, Encoder
from ebgan_kit_genegan.labels import known


class Elegant(nn.Module):
    """ELEGANT (Xiao et al. 2018): all of a code is attributes, exchanged group by group.

        Enc(A) = [a_1 … a_n]       mixed: a_i ← b_i, the exemplar's, where wanted_i is not y_i
        completed = clamp(A + Dec(mixed, a), -1, 1)
        reconstruction = clamp(A + Dec(a, a), -1, 1)

    The decoder draws a residual from both codes and from all levels of the source's encoding. No
    group is ever 0: what a face without the attribute has there is what takes it away elsewhere.

    `attributes`: by the data's names, in this order; each has an equal group of channels, as near
    as whole channels allow. `width`: channels of the first level, doubled at each up to eight times
    as many. `depth`: how often an image is halved to its code.

    What the sources show must be known, in use too. Raises ValueError where nobody knows it, for a
    size that cannot be halved `depth` times, and where there are more attributes than channels.
    """

    groups: Tensor
    """[channels], int64: whose each channel of a code is."""

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
        levels = widths(width, depth, 8 * width)
        self.encoder, self.decoder = Encoder(levels), Decoder(levels)
        self.register_buffer("groups", groups(levels[-1], len(attributes)), persistent=False)

    def forward(self, source: Faces, exemplar: Faces, wanted: Tensor | None = None) -> Edit:
        """The edit, and the reconstruction of the source; both are decoded in one batch of 2B."""
        wanted = wanted_attributes(exemplar, wanted)
        mixed, own, maps = self._codes(source, exemplar, wanted)
        twice = [torch.cat([m, m]) for m in maps]
        both = self.decoder(torch.cat([mixed, own]), torch.cat([own, own]), twice).chunk(2)
        completed, rebuilt = (_added(source.image, residual) for residual in both)
        return Edit(source, exemplar, wanted, completed, rebuilt)

    def edit(self, source: Faces, exemplar: Faces, wanted: Tensor | None = None) -> Edit:
        """The edit alone, with the attributes `wanted`, or with those that the exemplar has."""
        wanted = wanted_attributes(exemplar, wanted)
        residual = self.decoder(*self._codes(source, exemplar, wanted))
        return Edit(source, exemplar, wanted, _added(source.image, residual))

    def _codes(
        self, source: Faces, exemplar: Faces, wanted: Tensor
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        """The edit's code, the source's own, and the source's maps."""
        own, maps = self.encoder(source.image)
        order = exemplar.order
        theirs = self.encoder(exemplar.image)[0] if order is None else own[order]
        differs = (wanted != known(source))[:, self.groups]
        return torch.where(differs[:, :, None, None], theirs, own), own, maps


def groups(channels: int, count: int) -> Tensor:
    """[channels], int64: whose each channel is, of so many equal groups.

    Group i reaches from channel i·channels/count to the next one's, both rounded, a half to even.
    ValueError where some group would be empty.
    """
    if count > channels:
        raise ValueError(
            f"{count} attributes cannot share a code of {channels} channels: take a larger width"
        )
    edges = [round(channels * place / count) for place in range(count + 1)]
    sizes = torch.tensor(edges).diff()
    return torch.repeat_interleave(torch.arange(count), sizes)


def _added(image: Tensor, residual: Tensor) -> Tensor:
    return (image + residual).clamp(-1, 1)
