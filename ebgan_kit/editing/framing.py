"""Where the faces of a request lie, found where nobody says it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from PIL import Image

from ebgan_kit.editing.model_view import ModelView
from ebgan_kit.editing.request import Change, Request
from ebgan_kit.images.crop import Eyes, Frame
from ebgan_kit.images.face import Face
from ebgan_kit.images.face_finder import NoFace, choose_face
from ebgan_kit.images.orientation import upright_size
from ebgan_kit.images.yunet import NotInstalled

NEAR = 0.25
"""How far an eye may be from its place in the model's frame, in distances of the eyes.

Of CelebA's aligned photographs 99 in 100 lie nearer, and models learn from those as they are."""

ON_THE_SPOT = 0.03
"""The same for models whose faces were aligned by their eyes, and that know no others."""

P = TypeVar("P")

Look = Callable[[P, int | None], Eyes | None]
"""What opens a picture and returns the eyes of its face of that number, see `Framing.eyes_in`."""


@dataclass(frozen=True)
class Framing:
    """A model's view, and a finder of the faces that it is to see.

    `demanded`: faces are looked for in all pictures whose eyes are not given, and one without a
    face is a UsageError. Else a picture is taken as it lies if its mask is given, if it has the
    model's size, if it is framed as the model's faces are, and with a warning if it shows no face.
    """

    view: ModelView
    demanded: bool = False

    def framed(self, request: Request[P], look: Look[P]) -> Request[P]:
        """Return the request with the eyes that nobody gave.

        UsageError for a picture without the face that is asked for, or with one from the side.
        """
        drawn = any(change.is_drawn for change in request.changes)
        eyes = request.eyes
        if eyes is None and (self._asked(request.face) or not drawn):
            eyes = look(request.source, request.face)
        changes = [self._change(change, look) for change in request.changes]
        return replace(request, eyes=eyes, changes=changes)

    def _change(self, change: Change[P], look: Look[P]) -> Change[P]:
        if change.eyes is not None or (change.is_drawn and not self._asked(change.face)):
            return change
        return replace(change, eyes=look(change.exemplar, change.face))

    def eyes_in(self, picture: Any, number: int | None = None) -> Eyes | None:
        """Return what `sought` does; one that shows no face is taken as it lies, with a warning."""
        try:
            return self.sought(picture, number)
        except (NoFace, NotInstalled) as problem:
            if self._asked(number):
                raise
            warnings.warn(f"the square in a photograph's middle is taken: {problem}", stacklevel=2)
            return None

    def sought(self, picture: Any, number: int | None = None) -> Eyes | None:
        """Return the eyes of the face of that number; None where the picture is taken as it lies.

        A tensor is taken as it lies, too: it comes of data that is framed already. UsageError where
        there is no such face, or no finder.
        """
        if not isinstance(picture, Image.Image):
            return None
        asked = self._asked(number)
        if not asked and upright_size(picture) == (self.view.header.size,) * 2:
            return None
        face = choose_face(picture, number or 1)
        return face.eyes if asked or not self._lies_there(face, picture) else None

    def _asked(self, number: int | None) -> bool:
        return self.demanded or number is not None

    def _lies_there(self, face: Face, picture: Image.Image) -> bool:
        """True if the face lies in the picture's middle square as the model's faces do."""
        frame = Frame.middle(*upright_size(picture))
        wanted = [complex(*p) * frame.edge + frame.corner for p in self.view.template[:2].tolist()]
        aligned = "eyes" in self.view.header.recipe["data"]
        far = (ON_THE_SPOT if aligned else NEAR) * abs(wanted[1] - wanted[0])
        return all(
            abs(found - there) < far
            for found, there in zip(face.landmarks[:2], wanted, strict=True)
        )
