"""Hostile inputs to the commands and the studio, and a fuzzer that sees what goes wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

CASES, SEED = 200, 0

PLANTED = """
import os, pathlib, pickle, resource, sys, time
import ebgan_kit.testing.hostile.sandbox as sandbox
from ebgan_kit.testing.hostile.command import Command
from ebgan_kit.testing.hostile.damage import Harm

sandbox.SECONDS, sandbox.ROOM = 3, 2**28
place = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(place))

class Case:
    def __init__(self, code):
        self.code = code

    def prepare(self, sound):
        pathlib.Path("input").write_text("sound")
        (place / "planted.py").write_text(self.code)
        return Command("planted", ("edit",))

cases = [Case(code) for code in sys.argv[2:]]
for _, outcome in sandbox.tried(cases, place):
    print(outcome.word, "|", outcome.detail.replace("\\n", " "))
"""
"""Tries commands that are given as code, in the order in which they are given."""

IMPORTS = "import os, pathlib, signal, sys, time, urllib.request\n"

NO = "print('ebgan-kit: no', file=sys.stderr); sys.exit(2)"

SEEN = {
    "pathlib.Path('edit.png').write_text('whole')": "success",
    NO: "one sentence",
    "1 / 0": "traceback | ZeroDivisionError",
    "sys.exit(3)": "another exit status | 3",
    "sys.exit(2)": "nothing says why",
    "os.system('true')": "something was run or written elsewhere | os.system",
    "open('../ran', 'w')": "something was run or written elsewhere | ran",
    "open('/var/tmp/elsewhere', 'r+')": "something was run or written elsewhere | open",
    "urllib.request.urlopen('http://127.0.0.2:9')": "something was run or written elsewhere",
    "time.sleep(60)": "too slow",
    "bytearray(2**30)": "too large",
    "os.kill(os.getpid(), signal.SIGSEGV)": "killed | SIGSEGV",
    "os._exit(0)": "ended by itself",
    "open('input', 'w')": "an input was changed | input",
    "open('.edit.png.123', 'w')": "half of a file is left",
    f"open('edit.png', 'w'); {NO}": "a command that failed left something | edit.png",
    "print('\\x1b[31m')": "control characters are printed",
}
"""What a command does, and how it is called."""


def _python(*words: str, **given: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"OMP_NUM_THREADS": "1"} | given
    return subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, env=environment, timeout=600
    )


def test_the_fuzzer_sees_what_goes_wrong(tmp_path: Path) -> None:
    (tmp_path / "sound").mkdir()
    child = _python("-c", PLANTED, str(tmp_path), *(IMPORTS + code for code in SEEN))
    lines = child.stdout.splitlines()
    assert len(lines) == len(SEEN), child.stderr
    for line, (code, word) in zip(lines, SEEN.items(), strict=True):
        assert line.startswith(word), code


def test_hostile_inputs_end_in_success_or_in_one_sentence() -> None:
    child = _python("-m", "ebgan_kit.testing.hostile", "--cases", str(CASES), "--seed", str(SEED))
    assert child.returncode == 0, child.stdout + child.stderr
