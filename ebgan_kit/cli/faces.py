"""Commands that find faces in photographs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ebgan_kit.cli.console import out, tell


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
