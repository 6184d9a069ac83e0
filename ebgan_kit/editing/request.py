"""What an edit is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Generic, TypeVar

from annotated_types import Ge, Le, MaxLen, MinLen

from ebgan_kit.editing.switches import Switches
from ebgan_kit.images.crop import Eyes

P = TypeVar("P")
"""What stands for a picture: itself in Python, its path on the command line, its name and its
fingerprint in a document."""


@dataclass(frozen=True)
class Change(Generic[P]):
    """A region that is to be as an exemplar has it; see `Editor.edit`."""

    exemplar: P
    mask: str | Sequence[str] | P | None = None
    """Names of regions, or a picture whose lighter half is to be filled."""
    exemplar_mask: str | Sequence[str] | P | None = None
    attributes: Switches | None = None
    eyes: Eyes | None = None
    """The exemplar's."""

    def mapped(
        self, use: Callable[[P], Any], use_mask: Callable[[P], Any] | None = None
    ) -> Change[Any]:
        """The same change with something else in the place of each picture.

        `use_mask`: what makes it of a mask; `use` if not given.
        """

        def mapped(mask: Any) -> Any:
            named = mask is None or isinstance(mask, str | list | tuple)
            return mask if named else (use_mask or use)(mask)

        masks = mapped(self.mask), mapped(self.exemplar_mask)
        return Change(use(self.exemplar), *masks, self.attributes, self.eyes)


@dataclass(frozen=True)
class Request(Generic[P]):
    """A source and the changes to it, which are made one after the other; see `Editor.edit`."""

    source: P
    changes: Annotated[Sequence[Change[P]], MinLen(1), MaxLen(64)]
    eyes: Eyes | None = None
    """The source's."""
    feather: Annotated[int, Ge(0), Le(1000)] = 0
    """In pixels."""
    match_colours: bool = False

    def mapped(
        self, use: Callable[[P], Any], use_mask: Callable[[P], Any] | None = None
    ) -> Request[Any]:
        """The same request with something else in the place of each picture; see `Change`."""
        source: Any = use(self.source)
        changes = [change.mapped(use, use_mask) for change in self.changes]
        return replace(self, source=source, changes=changes)

    def pictures(self) -> list[P]:
        """Each that it names, the source first."""
        found: list[P] = []
        self.mapped(found.append)
        return found
