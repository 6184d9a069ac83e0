"""What pytest reads first: one thread for tiny networks, and where fixtures stand."""

from __future__ import annotations

import functools
import importlib
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # tiny networks are slower on more

os.environ.pop("COLUMNS", None)  # xdist sets it, and a console made under it keeps that width

import pytest
import torch

from ebgan_kit.evaluation.metrics.interval import bootstrap

torch.set_num_threads(1)

pytest_plugins = [
    "fixtures.recipes",  # first, since others import it
    "fixtures.command",
    "fixtures.datasets",
    "fixtures.faces",
    "fixtures.models",
    "fixtures.plugins",
    "fixtures.portraits",
]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports have intervals of a few rounds: where nobody looks at them."""
    few = functools.partial(bootstrap, rounds=10)
    module = importlib.import_module("ebgan_kit.evaluation.metrics.report")
    monkeypatch.setattr(module, "bootstrap", few)
