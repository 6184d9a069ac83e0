"""Try hostile cases, and print what they came to."""

from __future__ import annotations

import os

os.environ.update(OMP_NUM_THREADS="1", CUDA_VISIBLE_DEVICES="", HF_HUB_OFFLINE="1", COLUMNS="200")

import argparse
import gc
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import torch

from ebgan_kit.terminal.progress import bar
from ebgan_kit.testing.hostile.case import KINDS, Case
from ebgan_kit.testing.hostile.report import Report
from ebgan_kit.testing.hostile.sandbox import BATCH, tried
from ebgan_kit.testing.hostile.sound import make_sound
from ebgan_kit.testing.hostile.studio import Studio
from ebgan_kit.testing.hostile.verdict import Outcome


def main() -> None:
    """Try the cases that the command line asks for; status 1 where one is a defect."""
    given = _arguments()
    torch.set_num_threads(1)
    sys.dont_write_bytecode = True
    numbers = range(given.cases) if given.only is None else [given.only]
    cases = [Case(given.seed, number) for number in numbers]
    cases = [case for case in cases if given.kind in (None, case.kind)]
    report = Report()
    place = Path(tempfile.mkdtemp(prefix="hostile-"))
    with bar("trying", "cases") as tell:
        for done, (case, outcome) in enumerate(_outcomes(cases, place), start=1):
            report.add(case, outcome)
            tell(done, len(cases))
    report.show()
    if given.only is None:
        shutil.rmtree(place)
    else:
        report.show_last(place)
    sys.exit(bool(report.defects))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ebgan_kit.testing.hostile")
    parser.add_argument("--cases", type=int, default=200, help="how many")
    parser.add_argument("--seed", type=int, default=0, help="other cases")
    parser.add_argument("--only", type=int, metavar="CASE", help="one, whose folder is kept")
    parser.add_argument("--kind", choices=KINDS, help="only cases of one kind")
    return parser.parse_args()


def _outcomes(cases: Sequence[Case], place: Path) -> Iterator[tuple[Case, Outcome]]:
    """Try cases, those of the studio last, while it starts."""
    sound = place / "sound"
    sound.mkdir()
    make_sound(sound)
    gc.freeze()  # what is there now is never looked at again: children share it
    visits = [case for case in cases if case.kind == "uploads"]
    studio = Studio(place / "studio", sound) if visits and find_spec("gradio") else None
    if studio:
        studio.start()
    yield from tried([case for case in cases if case not in visits], place)
    if studio is None:
        if visits:
            print(f"{len(visits)} visits to the studio are left out: Gradio is not installed")
        return
    try:
        yield from _visits(visits, studio, place)
    finally:
        studio.stop()


def _visits(visits: Sequence[Case], studio: Studio, place: Path) -> Iterator[tuple[Case, Outcome]]:
    """Try visits to a studio, which is started again where one has ended it."""
    for start in range(0, len(visits), BATCH):
        if not studio.is_alive():
            studio.start()
        studio.wait()
        yield from tried(visits[start : start + BATCH], place)


if __name__ == "__main__":
    main()
