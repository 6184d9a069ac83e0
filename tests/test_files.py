"""Files: written whole or not at all."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from ebgan_kit.files import write_json


def test_who_reads_json_while_it_is_written_reads_all_of_the_old(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    write_json(path, {"value": 1})
    with open(path, encoding="utf-8") as reader:
        write_json(path, {"value": 2})
        assert reader.read() == '{\n  "value": 1\n}\n'
    assert path.read_text(encoding="utf-8") == '{\n  "value": 2\n}\n'
    assert os.listdir(tmp_path) == ["figures.json"]


def test_json_goes_through_a_pipe(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text(encoding="utf-8")))
    reader.start()
    write_json(pipe, [])
    reader.join(timeout=10)
    assert read == ["[]\n"]
