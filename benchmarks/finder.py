"""How near the face finder comes to landmarks that are known, and how long it takes:

    python -m benchmarks.finder FOLDER...

A folder is one of `data.use = "portraits"`: photographs, and a table with their landmarks.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from ebgan_kit.evaluation.estimate import quartiles
from ebgan_kit.images.face_finder import largest_face
from ebgan_kit.images.listing import list_photographs
from ebgan_kit.images.opening import opened
from ebgan_kit.images.photographs import upright_rgb
from ebgan_kit.images.yunet import detector
from ebgan_kit.parts.data.faults import Faults
from ebgan_kit.parts.data.portraits.table import Landmarks, read_landmarks, read_table
from ebgan_kit.terminal.progress import bar


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.finder")
    parser.add_argument("folders", nargs="+", type=Path)
    detector()
    for folder in parser.parse_args().folders:
        measure(folder)


def measure(folder: Path) -> None:
    """Print what is found in a folder; times are of decoded photographs.

    The processor's time says more than the clock's where others are at work.
    """
    faults = Faults(folder)
    rows = read_table(faults, None, list_photographs(folder, inside=True).photographs)
    known = read_landmarks(rows, faults)
    faults.settle(skip_broken=False)
    errors, elapsed, busy = [], [], []
    with bar(str(folder), "photographs") as tell:
        for done, (name, landmarks) in enumerate(known.items(), start=1):
            with opened(folder / name) as image:
                upright = upright_rgb(image)
            start, work = time.perf_counter(), time.process_time()
            face = largest_face(upright)
            elapsed.append(1_000 * (time.perf_counter() - start))
            busy.append(1_000 * (time.process_time() - work))
            if face is not None:
                errors.append(_error(face.landmarks, landmarks))
            tell(done, len(known))
    errors.sort()
    mean, most = sum(errors) / len(errors), errors[-1]
    print(f"{folder}: {len(errors)} faces found in {len(known)} photographs")
    print(
        f"an eye is off by {mean:.3f} distances of the eyes in the mean, "
        f"{errors[int(0.95 * len(errors))]:.3f} in 95 of 100, {most:.3f} at most"
    )
    for what, taken in (("elapsed", elapsed), ("of a processor", busy)):
        print(f"{quartiles(taken).text('.0f')} milliseconds {what} a photograph")


def _error(found: Landmarks, known: Landmarks) -> float:
    """How far the eye that is further off is from its place, in distances of the eyes."""
    apart = abs(known[1] - known[0])
    return max(abs(f - k) for f, k in zip(found[:2], known[:2], strict=True)) / apart


if __name__ == "__main__":
    main()
