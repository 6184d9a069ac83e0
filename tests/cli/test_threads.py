"""How the threads of a command wait, which libgomp reads from the environment."""

from __future__ import annotations

import os

import pytest

from ebgan_kit.cli.threads import share_the_machine


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, {"GOMP_SPINCOUNT": "3000"}),
        ({"OMP_WAIT_POLICY": "active"}, {"OMP_WAIT_POLICY": "active"}),
        ({"GOMP_SPINCOUNT": "7"}, {"GOMP_SPINCOUNT": "7"}),
    ],
)
def test_threads_wait_as_the_user_says(
    monkeypatch: pytest.MonkeyPatch, said: dict[str, str], expected: dict[str, str]
) -> None:
    monkeypatch.setattr(os, "environ", dict(said))
    share_the_machine()
    assert os.environ == expected
