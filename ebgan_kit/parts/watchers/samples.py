"""Sample grids."""

from __future__ import annotations

from typing import Annotated, Any

from annotated_types import Ge, Le

from ebgan_kit.images.contact_sheet import sheet


class Samples:
    """Draws `samples/IMAGES.png`: source, exemplar, edit and reconstruction of the same faces.

    `faces`: how many rows.
    """

    def __init__(self, run: Any, *, faces: Annotated[int, Ge(1), Le(64)] = 8) -> None:
        self.run, self.faces = run, faces
        (run.folder / "samples").mkdir(exist_ok=True)

    def sample(self, clock: int) -> None:
        edit = self.run.preview()
        columns = [
            ("source", edit.source.image),
            ("exemplar", edit.exemplar.image),
            ("edit", edit.image),
        ]
        if edit.reconstruction is not None:
            columns.append(("reconstruction", edit.reconstruction))
        rows = [(caption, images[: self.faces]) for caption, images in columns]
        sheet(rows, self.run.folder / "samples" / f"{clock:09d}.png")
