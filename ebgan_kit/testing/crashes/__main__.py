"""Kill runs, and print what came of it."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from ebgan_kit.terminal.progress import bar
from ebgan_kit.testing.crashes.trial import Trial


def main() -> None:
    """Kill runs as often as the command line asks for; status 1 where one differs at its end.

    The folders of runs that differ stay.
    """
    parser = argparse.ArgumentParser(prog="python -m ebgan_kit.testing.crashes")
    parser.add_argument("--kills", type=int, default=20, help="how many")
    parser.add_argument("--seed", type=int, default=0, help="other moments")
    given = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # tiny networks are slower on more
    place = Path(tempfile.mkdtemp(prefix="crashes-"))
    with bar("killing", "kills") as tell:
        report = Trial(place, given.kills, given.seed).run(tell)
    report.show()
    if not report.differences:
        shutil.rmtree(place)
    sys.exit(bool(report.differences))


if __name__ == "__main__":
    main()
