"""The docs' picture of nine networks on people who do not exist.

`python docs/networks_figures.py runs/networks docs/images/networks-photographs.png`, after
`python -m benchmarks.networks`, with `pip install openpeople` and the extra `faces`. The columns
are source, exemplar, and the edits of the mouth by the networks in the order of the table.
"""

from __future__ import annotations

import sys
from pathlib import Path

from portraits_figures import ROWS, laid_out, read, tile

import ebgan_kit

NETWORKS = (
    *("ebgan", "att-ebgan", "stargan", "attgan", "stgan"),
    *("genegan", "dnagan", "elegant", "mulgan"),
)

SIDE = 112


def main(runs: Path, picture: Path) -> None:
    editors = [ebgan_kit.load(runs / f"{name}-seed-0" / "model.safetensors") for name in NETWORKS]
    rows = []
    for one, other in ROWS:
        source, exemplar = read(one, "studio_portrait"), read(other, "amateur_selfie")
        edits = [editor.edit(source, exemplar, "mouth", detail=False) for editor in editors]
        shown = [tile(source, source, SIDE), tile(exemplar, exemplar, SIDE)]
        rows.append([*shown, *(tile(edited, source, SIDE) for edited in edits)])
    laid_out(rows).save(picture)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
