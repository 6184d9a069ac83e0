"""The docs' picture of nine networks on people who do not exist.

`python docs/networks_figures.py runs/networks/networks.json networks-photographs.png`, after
`python -m benchmarks.networks data/celeba --table`, with `pip install openpeople` and the extra
`faces`. The columns are source, exemplar, and the edits of the mouth by the networks of the
comparison, in its order.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from portraits_figures import ROWS, laid_out, read, tile

import ebgan_kit

SIDE = 112


def main(comparison: Path, picture: Path) -> None:
    compared = json.loads(comparison.read_text())["rows"]
    editors = [ebgan_kit.load(row["models"][0]) for row in compared if row["models"]]
    rows = []
    for one, other in ROWS:
        source, exemplar = read(one, "studio_portrait"), read(other, "amateur_selfie")
        edits = [editor.edit(source, exemplar, "mouth", detail=False) for editor in editors]
        shown = [tile(source, source, SIDE), tile(exemplar, exemplar, SIDE)]
        rows.append([*shown, *(tile(edited, source, SIDE) for edited in edits)])
    laid_out(rows).save(picture)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
