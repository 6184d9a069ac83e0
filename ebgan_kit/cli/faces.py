"""Commands that find faces in photographs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ebgan_kit.cli.console import complain, out, tell


def faces(
    photograph: Annotated[Path, typer.Argument(help="A photograph of any size.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="A picture with the faces framed and numbered."),
    ] = None,
) -> None:
    """List the faces in a photograph, by the numbers that edit --face takes."""
    from ebgan_kit.cli.listings import faces as listed
    from ebgan_kit.files.outputs import require_writable
    from ebgan_kit.images.face_finder import NoFace, find_faces
    from ebgan_kit.images.given import read_image
    from ebgan_kit.images.numbered import write_numbered

    require_writable([output], [photograph], work="picture")
    image = read_image(photograph)
    found = find_faces(image)
    if not found:
        raise NoFace(f"{photograph}: no face was found")
    out.print(listed(found))
    if output is not None:
        write_numbered(image, found, output)
        tell(f"wrote {output}")


def landmarks(
    folder: Annotated[Path, typer.Argument(help="Photographs, one face each.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="The table; FOLDER's own, or FOLDER/portraits.csv, if not given."
        ),
    ] = None,
) -> None:
    """Find the landmarks of a folder's photographs, and write them into its table.

    What the table says already stays; photographs that have landmarks there are passed over.
    """
    from ebgan_kit.parts.data.faults import in_one_message
    from ebgan_kit.parts.data.portraits.landmarks import find_landmarks
    from ebgan_kit.terminal.progress import bar

    with bar("looking", "photographs") as move:
        found = find_landmarks(folder, output, move)
    if found.new:
        known = f" beside {found.known} that were there" if found.known else ""
        tell(f"wrote {found.table}: landmarks of {found.new} photographs{known}")
    else:
        tell(f"{found.table}: has landmarks of {found.known} photographs, and none is new")
    if found.left_out:
        head = f"left out: {len(found.left_out)} of {found.photographs} photographs"
        way_out = "give each a row by hand, or go on without them"
        complain(in_one_message(head, found.left_out, way_out))
