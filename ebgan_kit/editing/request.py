"""What an edit is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

from annotated_types import Ge, Le, MaxLen, MinLen

from ebgan_kit.editing.switches import Switches, check_strength, check_values, is_switch
from ebgan_kit.errors import UsageError, shown
from ebgan_kit.images.crop import Eyes
from ebgan_kit.images.given import read_mask, read_picture

P = TypeVar("P")
"""What stands for a picture: itself in Python, its path on the command line, its name and its
fingerprint in a document."""

MOST_CHANGES = 64
WIDEST_FEATHER = 1000
"""In pixels."""


@dataclass(frozen=True)
class Change(Generic[P]):
    """A region that is to be as an exemplar has it; see `Editor.edit`.

    UsageError for switches that are not true or false.
    """

    exemplar: P
    mask: str | Sequence[str] | P | None = None
    """Names of regions, or a picture whose lighter half is to be filled."""
    exemplar_mask: str | Sequence[str] | P | None = None
    attributes: Switches | None = None
    eyes: Eyes | None = None
    """The exemplar's."""
    face: int | None = None
    """Which of the exemplar's faces where its eyes are not given, counted from 1, the largest."""
    strength: float = 1
    """How far attributes go from the source's, 0, to what is wanted, 1, or beyond, up to 2."""

    def __post_init__(self) -> None:
        if self.attributes is not None:
            check_values(self.attributes)
        check_strength(self.strength)
        _check_face(self.face)

    @property
    def is_drawn(self) -> bool:
        """True if a mask is a picture, and not regions by their names."""
        return not (_is_named(self.mask) and _is_named(self.exemplar_mask))

    def mapped(
        self, use: Callable[[P], Any], use_mask: Callable[[P], Any] | None = None
    ) -> Change[Any]:
        """The same change with something else in the place of each picture.

        `use_mask`: what makes it of a mask; `use` if not given.
        """

        def mapped(mask: Any) -> Any:
            return mask if _is_named(mask) else (use_mask or use)(mask)

        masks: Any = dict(mask=mapped(self.mask), exemplar_mask=mapped(self.exemplar_mask))
        exemplar: Any = use(self.exemplar)
        return replace(self, exemplar=exemplar, **masks)

    def read(self) -> Change[Any]:
        """Read its pictures and masks, see `Request.read`."""
        exemplar: Any = read_picture(self.exemplar, "the exemplar")
        mask = read_mask(self.mask, "the mask")
        exemplar_mask = read_mask(self.exemplar_mask, "the exemplar's mask")
        return replace(self, exemplar=exemplar, mask=mask, exemplar_mask=exemplar_mask)


@dataclass(frozen=True)
class Request(Generic[P]):
    """A source and the changes to it, which are made one after the other; see `Editor.edit`.

    UsageError for other than 1 to 64 changes, and for a feather that is not from 0 to 1000.
    """

    source: P
    changes: Annotated[Sequence[Change[P]], MinLen(1), MaxLen(MOST_CHANGES)]
    eyes: Eyes | None = None
    """The source's."""
    feather: Annotated[int, Ge(0), Le(WIDEST_FEATHER)] | None = None
    """In pixels. If not given, named regions of a face whose eyes are known have a soft edge."""
    match_colours: bool = False
    face: int | None = None
    """Which of the source's faces where its eyes are not given, counted from 1, the largest."""
    keep: P | None = None
    """A picture whose lighter half stays as it is, whatever is to be filled."""
    detail: bool = True
    """Give photographs that are larger than the model's size their fine detail, see `detailed`."""

    def __post_init__(self) -> None:
        _check_face(self.face)
        _check_changes(self.changes)
        for name in ("match_colours", "detail"):
            if not is_switch(getattr(self, name)):
                raise UsageError(f"{name} is True or False, and not {shown(getattr(self, name))}")
        whole = isinstance(self.feather, Integral) and not isinstance(self.feather, bool)
        if self.feather is not None and not (whole and 0 <= self.feather <= WIDEST_FEATHER):
            raise UsageError(
                f"the feather is {shown(self.feather)}: expected is a whole number of pixels from "
                f"0 to {WIDEST_FEATHER}"
            )

    def mapped(
        self, use: Callable[[P], Any], use_mask: Callable[[P], Any] | None = None
    ) -> Request[Any]:
        """The same request with something else in the place of each picture, as of a change."""
        source: Any = use(self.source)
        changes = [change.mapped(use, use_mask) for change in self.changes]
        keep: Any = None if self.keep is None else (use_mask or use)(self.keep)
        return replace(self, source=source, changes=changes, keep=keep)

    def read(self) -> Request[Any]:
        """Read all that is given in Python; UsageError for what is no picture or no mask."""
        source: Any = read_picture(self.source, "the source")
        if self.keep is not None and _is_named(self.keep):
            raise UsageError(
                f"what is kept is a picture of the photograph's size, and not {shown(self.keep)}"
            )
        keep = read_mask(self.keep, "what is kept")
        return replace(self, source=source, changes=[c.read() for c in self.changes], keep=keep)

    def pictures(self) -> list[P]:
        """Each that it names, the source first."""
        found: list[P] = []
        self.mapped(found.append)
        return found


def _is_named(mask: Any) -> bool:
    """True for names of regions, and for the model's own."""
    if isinstance(mask, str):
        return not Path(mask).suffix
    return mask is None or isinstance(mask, list | tuple)


def _check_face(face: Any) -> None:
    if face is not None and (isinstance(face, bool) or not isinstance(face, Integral) or face < 1):
        raise UsageError(f"the face is {shown(face)}: expected is a number from 1, the largest")


def _check_changes(changes: Any) -> None:
    listed = changes if isinstance(changes, list | tuple) else [changes]
    others = [type(one).__name__ for one in listed if not isinstance(one, Change)]
    if others or listed is not changes:
        raise UsageError(
            f"the changes are {', '.join(others) or 'one alone'}: expected is a list of Change, "
            "such as [Change(exemplar, 'mouth')]; several exemplars are one batch"
        )
    if not 1 <= len(changes) <= MOST_CHANGES:
        raise UsageError(
            f"an edit makes 1 to {MOST_CHANGES} changes, and these are {len(changes)}: edit the "
            "result once more for the others"
        )
