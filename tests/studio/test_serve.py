"""The studio's server: behind a proxy, on IPv6, and with a Gradio that is broken."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest
from fixtures.recipes import ATT

from ebgan_kit.errors import UsageError
from ebgan_kit.recipe.recipe import read
from ebgan_kit.studio.serve import own_models, serving
from ebgan_kit.studio.studio import Studio
from ebgan_kit.training.trainer import train

DIRECTLY = build_opener(ProxyHandler({}))


def answers(address: str) -> bool:
    with DIRECTLY.open(address, timeout=20) as answer:
        return answer.status == 200


def test_a_proxy_is_not_asked_for_this_machine(
    model_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None listens; the second kind takes a package more, and the third is of no known kind."""
    pytest.importorskip("gradio", reason="the extra studio is not installed")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:9")
    monkeypatch.setenv("all_proxy", "socks://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "example.org")
    monkeypatch.delenv("NO_PROXY", raising=False)
    with serving([model_file]) as (_, address):
        assert answers(address)
        assert os.environ["no_proxy"] == "example.org"
        assert "NO_PROXY" not in os.environ


def test_an_address_of_the_newer_kind(model_file: Path) -> None:
    pytest.importorskip("gradio", reason="the extra studio is not installed")
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with serving([model_file], "::1") as (_, address):
        assert address.startswith("http://[::1]:")
        assert answers(address)


def test_the_newest_run_that_can_be_shown(
    model_file: Path,
    judge_file: Path,
    tiny_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither a judge, nor a model whose switches nobody could set by a face."""
    monkeypatch.chdir(tmp_path)
    for age, (name, file) in enumerate({"mine": model_file, "judge": judge_file}.items()):
        folder = tmp_path / "runs" / name
        folder.mkdir(parents=True)
        shutil.copy(file, folder / "model.safetensors")
        os.utime(folder / "model.safetensors", (age, age))
    bare = train(read(tiny_file, ATT[1:4]), "runs/bare")
    assert own_models() == [Path("portraits"), Path("runs/mine/model.safetensors")]
    with pytest.raises(UsageError, match="this model has no classifier to find attributes in a fa"):
        Studio([bare])


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("from huggingface_hub import no_such_name", "ImportError: cannot import name"),
        ("int('tcp://10.0.0.1:80')", "ValueError: invalid literal"),
        ("import httpx; httpx.Client(); raise OSError('no proxy was in its way')", "no proxy was"),
    ],
    ids=[
        "beside a package of another version",
        "under a variable that it cannot read",
        "for no reason of proxies",
    ],
)
def test_a_gradio_that_is_broken_is_not_called_missing(
    model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, reason: str
) -> None:
    (tmp_path / "gradio").mkdir()
    (tmp_path / "gradio" / "__init__.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("all_proxy", "socks://127.0.0.1:9")
    monkeypatch.delitem(sys.modules, "gradio", raising=False)
    with pytest.raises(UsageError, match=reason) as told, serving([model_file]):
        pass
    assert "installed, but cannot be imported" in str(told.value)
    assert "--upgrade" in str(told.value)
