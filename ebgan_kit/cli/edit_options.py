"""The options of `ebgan-kit edit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Model = Annotated[
    Path | None,
    typer.Argument(help="A model file; portraits if not given, and a replay finds its own."),
]
Source = Annotated[Path | None, typer.Option(help="The photograph to edit, or a folder of them.")]
Exemplar = Annotated[
    Path | None, typer.Option(help="The example: a file, or a folder of equal names.")
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Where the edit goes (lossless).")
]
Regions = Annotated[
    list[str] | None, typer.Option(help="A named region, such as mouth; may be given again.")
]
MaskFile = Annotated[
    Path | None, typer.Option(help="A picture, or a folder of equal names: white is filled.")
]
ExemplarMask = Annotated[
    Path | None, typer.Option(help="The exemplar's mask, where it is another.")
]
SwitchedOn = Annotated[
    list[str] | None,
    typer.Option("--with", metavar="ATTRIBUTE", help="Switch on, whatever the exemplar has."),
]
SwitchedOff = Annotated[
    list[str] | None,
    typer.Option("--without", metavar="ATTRIBUTE", help="Switch off; may be given again."),
]
Changes = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TEXT",
        help="In place of all these, one change of several, such as "
        "'mouth from b.png without Mustache'.",
    ),
]
SourceEyes = Annotated[
    str | None, typer.Option(metavar="X,Y,X,Y", help="Where the source's eyes are, in pixels.")
]
ExemplarEyes = Annotated[
    str | None, typer.Option(metavar="X,Y,X,Y", help="Where the exemplar's are.")
]
Face = Annotated[
    int | None, typer.Option(min=1, help="Which of the source's faces; 1 is the largest.")
]
ExemplarFace = Annotated[int | None, typer.Option(min=1, help="Which of the exemplar's faces.")]
FindFaces = Annotated[
    bool | None,
    typer.Option(
        help="Demand a face of every picture, or look for none. Without either, faces are looked "
        "for, and a picture that shows none is taken as it lies.",
        show_default=False,
    ),
]
Strength = Annotated[
    float,
    typer.Option(min=0, max=2, help="How far attributes go: 0 the source's, 1 what is wanted."),
]
KeepFile = Annotated[
    Path | None,
    typer.Option(
        "--keep", metavar="MASK", help="A picture, or a folder of equal names: white stays."
    ),
]
Feather = Annotated[
    int | None,
    typer.Option(
        min=0,
        max=1000,
        help="Pixels in which the region's edge fades inwards; a fifth of the distance of the eyes "
        "if not given, two for a mouth learned larger than plain, and 0 for a mask or where no "
        "face is found.",
    ),
]
MatchColours = Annotated[
    bool, typer.Option("--match-colours", help="Shift the region's colours to its edge's.")
]
Detail = Annotated[
    bool | None,
    typer.Option(
        "--detail/--no-detail",
        help="Give a large photograph its fine detail back; so it is unless told not to.",
    ),
]
Marked = Annotated[
    bool | None,
    typer.Option(
        "--mark/--no-mark",
        help="Say in the picture's metadata that a model edited it; so it is unless told not to.",
    ),
]
SaveFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write the edit as a document (JSON).")
]
ReplayFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Make a saved edit again, and no other.")
]
