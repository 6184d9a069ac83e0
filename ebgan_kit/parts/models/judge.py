"""A judge: it edits nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from annotated_types import MinLen
from torch import Tensor, nn

from ebgan_kit.types import Edit, Faces, Task


class Judge(nn.Module):
    """A classifier by itself, to say of edits what they show: for `ebgan-kit evaluate --judge`.

    It is trained on untouched faces, apart from any model that edits, by [loss.classification].

    `attributes`: what it learns to see, by the data's names, in this order.

    Needs the table [classifier].
    """

    def __init__(
        self,
        task: Task,
        build: Callable[..., Any],
        *,
        attributes: Annotated[tuple[str, ...], MinLen(1)],
    ) -> None:
        super().__init__()
        self.classifier = build("classifier")

    def forward(self, source: Faces, exemplar: Faces, wanted: Tensor | None = None) -> Edit:
        """No edit: the source as it is, and `verdict` [B, n], the logits of what it shows."""
        verdict = self.classifier(source.image)
        return Edit(source, exemplar, None, source.image, extra={"verdict": verdict})
