"""StarGAN: an image and labels in, an image that shows them out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from annotated_types import Ge, MinLen
from torch import Tensor, nn

from ebgan_kit import Edit, Faces, Task, wanted_attributes
from ebgan_kit_stargan.generator import Generator


class StarGan(nn.Module):
    """StarGAN (Choi et al. 2018): one generator draws a face anew as labels want it.

        A_b = G(A, y)          reconstruction = G(A_b, y^A)

    y is what is wanted: the exemplar's labels, all or some of them. Of the exemplar nothing but its
    labels is seen. The reconstruction goes through the edit and back by the source's own labels, so
    that the edit must keep what the labels do not say; [loss.reconstruction] asks for it.

    `attributes`: the labels, by the data's names, in this order.
    `width`: channels of the generator's first level. `blocks`: its residual blocks.

    Train it with [mask] use = "whole", [discriminator] use = "stargan" and [loss.attribute]
    by = "discriminator". The size of the images is a multiple of 4.
    """

    graded = True
    """Labels may lie between: the generator takes any number."""

    def __init__(
        self,
        task: Task,
        build: Callable[..., Any],
        *,
        attributes: Annotated[tuple[str, ...], MinLen(1)],
        width: Annotated[int, Ge(1)] = 64,
        blocks: Annotated[int, Ge(0)] = 6,
    ) -> None:
        super().__init__()
        if task.size % 4:
            raise ValueError(
                f"{task.size} pixels cannot be halved twice: take a size that is a multiple of 4"
            )
        self.generator = Generator(len(attributes), width, blocks)

    def forward(self, source: Faces, exemplar: Faces, wanted: Tensor | None = None) -> Edit:
        """The edit, and the way back from it to the source."""
        if source.attributes is None:
            raise ValueError("nobody says what the sources show: the way back to them needs labels")
        wanted = wanted_attributes(exemplar, wanted)
        completed = self.generator(source.image, wanted)
        rebuilt = self.generator(completed, source.attributes)
        return Edit(source, exemplar, wanted, completed, rebuilt)

    def edit(self, source: Faces, exemplar: Faces, wanted: Tensor | None = None) -> Edit:
        """The edit alone; the source's own labels are not needed for it."""
        wanted = wanted_attributes(exemplar, wanted)
        return Edit(source, exemplar, wanted, self.generator(source.image, wanted))
