"""What a case came to: a success, one sentence, or a defect."""

from __future__ import annotations

import hashlib
import os
import re
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ebgan_kit.testing.hostile.sandbox import Left

SUCCESS, SENTENCE = "success", "one sentence"

UNMADE = "the case could not be made"
"""A defect of this package, not of the kit."""

LONGEST = 5_000
"""Characters of what is said, at most."""

_UNFINISHED = re.compile(r"(^|/)\.[^/]*\.\d+$|\.part$|\.tmp$")
"""Names of files that are half written."""

OF_ONNXRUNTIME = {".ses"}
"""What ONNX Runtime leaves in the folder for temporary files wherever it is imported."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]")
"""What a terminal obeys rather than shows."""

_FRAME = re.compile(r'File "[^"]*/(ebgan_kit/(?!testing/hostile)[^"]+)", line (\d+)')


@dataclass(frozen=True)
class Outcome:
    """A word for it, and for a defect where it lies."""

    word: str
    detail: str = ""
    seconds: float = 0.0
    megabytes: float = 0.0
    command: str = ""
    said: str = ""
    """The end of what was printed."""

    @property
    def is_defect(self) -> bool:
        return self.word not in (SUCCESS, SENTENCE)


def folder_of(place: Path) -> dict[str, str]:
    """Each thing in a folder with its fingerprint; of what is no file, its kind."""
    found = {}
    for folder, folders, names in os.walk(place):
        for name in (*folders, *names):
            path = Path(folder, name)
            found[str(path.relative_to(place))] = _fingerprint(path)
    return found


def _fingerprint(path: Path) -> str:
    if path.is_symlink() or not path.is_file():
        return f"{path.lstat().st_mode:o}"
    return hashlib.sha256(path.read_bytes()).hexdigest()


def judge(folder: Path, left: Left, how: int | None = None) -> Outcome:
    """Say what a command came to; `how`: the status that its process ended with, if it did."""
    out, err = (_read(folder / name) for name in ("out", "err"))
    word, detail = _found(folder, left, out, err, how)
    return Outcome(word, detail, left.seconds, left.megabytes, left.command, (out + err)[-3_000:])


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace") if path.exists() else ""


def _found(folder: Path, left: Left, out: str, err: str, how: int | None) -> tuple[str, str]:
    strange = sorted(path.name for path in folder.iterdir() if path.name not in _OWN)
    if strange or left.seen:
        return "something was run or written elsewhere", "; ".join([*strange, *left.seen])[:300]
    if how is not None:
        return _death(how, err) if left.command else (UNMADE, str(how))
    if "Traceback (most recent call last)" in err:
        return _traceback(err)
    if left.status not in (0, 2):
        return "another exit status", str(left.status)
    for wrong in (_said_wrong(left, out, err), _left_behind(folder, left, out)):
        if wrong:
            return wrong
    return (SENTENCE if left.status else SUCCESS), ""


BROKEN = "ebgan_kit.testing.hostile.visitor.Broken: "

_OWN = ("work", "tmp", "out", "err", "left", "torch")


def _death(how: int, err: str) -> tuple[str, str]:
    if "Timeout (" in err:
        frames = _FRAME.findall(err)
        return "too slow", " line ".join(frames[0]) if frames else ""
    if how < 0:
        return "killed", signal.Signals(-how).name
    return "ended by itself", str(how)


def _traceback(err: str) -> tuple[str, str]:
    frames = _FRAME.findall(err)
    place = frames[-1][0] if frames else ""
    lines = err.rpartition("Traceback (most recent call last):\n")[2].splitlines()
    kind = next((line for line in lines if not line.startswith(" ")), "?")
    if kind.startswith(BROKEN):
        return "the studio broke down", f"{_nameless(kind[len(BROKEN) :])[:100]} {place}"
    lacks_memory = "MemoryError" in kind or "t allocate memory" in kind or "bad_alloc" in kind
    return ("too large" if lacks_memory else "traceback"), f"{_nameless(kind)[:100]} in {place}"


def _nameless(text: str) -> str:
    """The text without what differs from case to case."""
    return re.sub(r"/\S*/|\b[0-9a-f]{7,}\b|\d+|tmp\w{8}", "…", text)


def _said_wrong(left: Left, out: str, err: str) -> tuple[str, str] | None:
    if _CONTROL.search(out + err):
        return "control characters are printed", left.command.split()[3]
    if left.status and not re.search(r"^ ?(ebgan-kit|Usage): ", err, re.MULTILINE):
        return "nothing says why", left.command.split()[3]
    if left.status and len(err) > LONGEST:
        return "no sentence, but a flood", f"{left.command.split()[3]}: {err[:60]!r}"
    return None


def _left_behind(folder: Path, left: Left, out: str) -> tuple[str, str] | None:
    now = folder_of(folder / "work")
    inputs = {name for name in left.before if not name.startswith("runs")}
    changed = sorted(name for name in inputs if now.get(name) != left.before[name])
    if changed:
        return "an input was changed", changed[0]
    new = sorted(now.keys() - left.before.keys())
    unfinished = [name for name in new if _UNFINISHED.search(name)]
    temporary = {path.name for path in (folder / "tmp").iterdir()} - OF_ONNXRUNTIME
    unfinished += [f"tmp/{name}" for name in sorted(temporary)]
    if unfinished:
        return "half of a file is left", re.sub(r"\d+", "N", unfinished[0])
    unsaid = [name for name in new if f"wrote {name}" not in out]
    if left.status and unsaid and " run " not in left.command:
        return "a command that failed left something", unsaid[0]
    return None
