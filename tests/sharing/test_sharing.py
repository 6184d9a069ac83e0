"""What goes with a model when it is handed on: its figures, its card, its place on the Hub."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import torch
import yaml
from fixtures.command import Answer
from fixtures.photographs import photograph
from fixtures.plugins import a_file_of, a_model_of_glow
from safetensors.torch import load_file

import ebgan_kit
from ebgan_kit.errors import UsageError
from ebgan_kit.evaluation import evaluate as measuring
from ebgan_kit.evaluation import store as evaluation
from ebgan_kit.files.writing import fingerprint, write_json
from ebgan_kit.modelfile import hub
from ebgan_kit.modelfile.file import ModelFile
from ebgan_kit.modelfile.folders import NOT_SHARED, path_keys, without_folders
from ebgan_kit.recipe.recipe import Recipe
from ebgan_kit.sharing.card import MARK, card
from ebgan_kit.sharing.push import push
from ebgan_kit.studio.studio import Studio

ROOT = Path(__file__).parents[2]

Command = Callable[..., Answer]


@pytest.fixture(scope="module")
def measured(att_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with its figures beside it, as `evaluate` leaves them; tests only read them."""
    model = tmp_path_factory.mktemp("measured") / "model.safetensors"
    shutil.copy(att_file, model)
    sheet = model.with_name(evaluation.SHEET)
    report = measuring.evaluate(model, ["data.seed=987"], count=8, sheet_path=sheet, rows=2)
    write_json(model.with_name(evaluation.NAME), report)
    return model


# Figures beside a model


def test_evaluate_leaves_its_figures_beside_the_model(
    model_file: Path, tmp_path: Path, command: Command, quick: None
) -> None:
    shutil.copy(model_file, tmp_path / "model.safetensors")
    answer = command("evaluate", "model.safetensors", "data.seed=987", "--count", 8, "--rows", 2)
    assert answer.status == 0
    report = json.loads(Path("evaluation.json").read_text())
    assert report["model"] == fingerprint("model.safetensors")
    assert evaluation.read(Path("model.safetensors")) == report
    inspected = command("inspect", "model.safetensors").out
    figure = report["truth"]["psnr"]["edit"]
    text = f"{figure['value']:.2f} ({figure['low']:.2f}, {figure['high']:.2f})"
    assert text in inspected
    facts = json.loads(command("inspect", "model.safetensors", "--json").out)
    assert facts["figures"] == report
    assert facts["sha256"] == report["model"]


def test_figures_of_another_model_are_none_of_its(
    measured: Path, model_file: Path, tmp_path: Path, command: Command
) -> None:
    shutil.copy(measured.with_name("evaluation.json"), tmp_path)
    shutil.copy(model_file, tmp_path / "model.safetensors")
    assert "not measured yet" in command("inspect", "model.safetensors").out
    assert "Nothing yet" in card(tmp_path / "model.safetensors")


def test_figures_are_of_the_file_that_was_measured(
    att_file: Path, model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick: None
) -> None:
    """A run may save another one while it is measured."""
    path = shutil.copy(model_file, tmp_path / "model.safetensors")
    read_faces = measuring.open_data

    def late(recipe: Any) -> Any:
        os.replace(shutil.copy(att_file, tmp_path / "other"), path)
        return read_faces(recipe)

    monkeypatch.setattr(measuring, "open_data", late)
    report = measuring.evaluate(path, ["data.seed=987"], count=8)
    assert report["model"] == fingerprint(model_file)
    write_json(path.with_name(evaluation.NAME), report)
    assert evaluation.read(path) is None


@pytest.mark.filterwarnings("ignore")  # which the next test asks for
@pytest.mark.parametrize("text", ["", "[]", "{", '{"model": 3}', "[" * 100_000])
def test_damaged_figures_are_none(model_file: Path, tmp_path: Path, text: str) -> None:
    shutil.copy(model_file, tmp_path / "model.safetensors")
    (tmp_path / "evaluation.json").write_text(text)
    assert evaluation.read(tmp_path / "model.safetensors") is None


OTHER_FIGURES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another program's": lambda report: {"accuracy": 0.9},
    "a list": lambda report: [report],
    "a number": lambda report: 7,
    "nothing but the model": lambda report: {"model": report["model"]},
    "no seam": lambda report: {k: v for k, v in report.items() if k != "seam"},
    "a seam of another form": lambda report: report | {"seam": 3},
    "a figure in words": lambda report: report | {"truth": {"psnr": {"edit": "good"}}},
    "a figure beyond all": lambda report: report | {
        "seam": {"edit": {"value": 10**400, "low": 0, "high": 0}, "real": None}
    },
    "a count in words": lambda report: report | {"count": "many"},
}  # fmt: skip


@pytest.mark.parametrize("case", OTHER_FIGURES)
def test_figures_of_other_fields_count_as_none(
    measured: Path, stand_in: StandIn, tmp_path: Path, command: Command, case: str
) -> None:
    shutil.copy(measured, tmp_path / "model.safetensors")
    report = json.loads(measured.with_name("evaluation.json").read_text())
    write_json(tmp_path / "evaluation.json", OTHER_FIGURES[case](report))
    inspected = command("inspect", "model.safetensors")
    assert inspected.status == 0
    assert "not measured yet" in inspected.out
    assert "evaluation.json: is no report that this version of the kit reads" in inspected.err
    assert command("card", "model.safetensors").status == 0
    assert "Nothing yet" in Path("README.md").read_text()
    assert command("push", "model.safetensors", "somebody/smiles").status == 0
    assert sorted(stand_in.repositories["somebody/smiles"]) == ["README.md", "model.safetensors"]


# The card


def test_a_card_says_what_one_must_know(measured: Path) -> None:
    text = card(measured)
    metadata, body = text.removeprefix("---\n").split("\n---\n", 1)
    told = yaml.safe_load(metadata)
    assert told["license"] == "apache-2.0"
    assert told["library_name"] == "ebgan-kit"
    report = evaluation.read(measured)
    (index,) = told["model-index"]  # from which the Hub shows figures
    (results,) = index["results"]
    shown = {metric["name"]: metric["value"] for metric in results["metrics"]}
    assert shown == dict(evaluation.rows(report))
    for words in (
        "Smiling", "Mustache", "agreed", "What it must not be used for", "@misc{",
        fingerprint(measured), "(evaluation.png)", "On 8 pairs",
        f"{report['truth']['psnr']['edit']['value']:.2f} (", "bit for bit",
    ):  # fmt: skip
        assert words in body, words


def test_a_card_names_no_place_of_its_makers(model_file: Path, tmp_path: Path) -> None:
    data = {"use": "celeba", "root": "/home/somebody/faces", "size": 64}
    text = card(a_file_of(model_file, tmp_path / "model", {"data": data}, {"ebgan-kit": "0.4.0"}))
    assert "/home/somebody" not in text
    assert "license: other" in text
    assert "CelebA, for non-commercial research only" in text


FOLDERS = {
    "data": {"use": "folder", "root": "annas/faces", "table": "annas/list.csv", "size": 64},
    "mask": {"use": "any-of", "of": [{"use": "whole"}, {"use": "file", "path": "annas.png"}]},
    "train": {"images": 16, "start": "annas/model.safetensors"},
    "watch": {"tracker": {"to": "/home/annas/logs"}},
}
"""Tables of a recipe that name a place of its maker's, somewhere."""


@pytest.mark.parametrize("table", FOLDERS)
def test_a_card_names_no_place_in_any_table(model_file: Path, tmp_path: Path, table: str) -> None:
    model = a_file_of(model_file, tmp_path / "model", {table: FOLDERS[table]})
    assert "annas" in str(ModelFile.open(model).header.recipe)
    assert "annas" not in card(model)


def test_a_model_file_lists_its_paths(tiny: Callable[..., Recipe]) -> None:
    """By the types of the keys, whatever they are called."""
    of = '[{use="whole", weight=2}, {use="file", path="mask.png"}]'
    keys = ("data.use=folder", "data.root=faces", "data.table=list.csv", "mask.use=any-of")
    recipe = tiny(*keys, f"mask.of={of}", "train.start=model.safetensors")
    found = path_keys(recipe)
    assert sorted(found) == ["data.root", "data.table", "mask.of.1.path", "train.start"]


def test_a_shared_header_is_one_to_edit_with(att_file: Path, tmp_path: Path) -> None:
    model = a_file_of(att_file, tmp_path / "model", FOLDERS)
    header = without_folders(ModelFile.open(model).header)
    assert header.recipe["data"] == {
        "use": "folder", "root": NOT_SHARED, "table": NOT_SHARED, "size": 64
    }  # fmt: skip
    assert header.recipe["mask"]["of"] == [{"use": "whole"}, {"use": "file", "path": NOT_SHARED}]
    networks = ("model", "encoder", "generator", "classifier", "name", "seed")
    assert all(header.recipe[n] == ModelFile.open(att_file).header.recipe[n] for n in networks)


def test_a_card_names_the_plugins_that_it_takes(model_file: Path, tmp_path: Path) -> None:
    assert "It takes the plugins `its-glow` 2.1." in card(
        a_model_of_glow(model_file, tmp_path / "model")
    )


def test_a_card_is_written_over_a_card_and_over_nothing_else(
    measured: Path, tmp_path: Path, command: Command
) -> None:
    shutil.copy(measured, tmp_path / "model.safetensors")
    assert command("card", "model.safetensors").out == "wrote README.md\n"
    assert command("card", "model.safetensors").status == 0
    assert MARK in Path("README.md").read_text()
    Path("README.md").write_text("my own words")
    answer = command("card", "model.safetensors")
    assert "README.md: was not written by ebgan-kit card: say by -o where it goes" in answer.err
    assert Path("README.md").read_text() == "my own words"


def test_a_judge_has_no_card(judge_file: Path, command: Command) -> None:
    assert "is a judge" in command("card", judge_file).err


def test_how_the_kit_is_cited() -> None:
    told = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors", "version", "license"} <= told.keys()
    assert f'version = "{told["version"]}"' in (ROOT / "pyproject.toml").read_text()


# The Hub


class StandIn(ThreadingHTTPServer):
    """Answers what the Hub answers to the few calls that are used, on this machine alone."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Calls)
        self.repositories: dict[str, dict[str, bytes]] = {}
        self.private: set[str] = set()
        self.titles: list[str] = []
        self.commits = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Calls(BaseHTTPRequestHandler):
    server: Any

    def log_message(self, *words: object) -> None:
        """Say nothing."""

    def reply(self, content: Any, status: int = 200, **headers: str) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def missing(self, code: str, status: int = 404) -> None:
        self.reply({"error": code}, status, X_Error_Code=code)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Authorization") != "Bearer hf_right":
            self.reply({"error": "who are you?"}, 401)
        elif self.path == "/api/repos/create":
            told = json.loads(body)
            name = f"{told['organization']}/{told['name']}"
            known = name in self.server.repositories
            self.server.repositories.setdefault(name, {})
            address = f"{self.server.address}/{name}"
            self.reply({"url": address, "id": name}, 409 if known else 200)
        elif self.path == "/api/validate-yaml":
            self.reply({"errors": [], "warnings": []})
        elif "/preupload/" in self.path:
            files = json.loads(body)["files"]
            kept = [
                {"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in files
            ]
            self.reply({"files": kept})
        else:
            self.commit(body)

    def commit(self, body: bytes) -> None:
        _, _, _, owner, name, *_ = self.path.split("/")
        files = self.server.repositories[f"{owner}/{name}"]
        for line in body.splitlines():
            told = json.loads(line)
            if told["key"] == "file":
                files[told["value"]["path"]] = base64.b64decode(told["value"]["content"])
            else:
                self.server.titles.append(told["value"]["summary"])
        self.server.commits += 1
        page = f"{self.server.address}/{owner}/{name}/commit/{'0' * 40}"
        self.reply({"commitUrl": page, "commitOid": "0" * 40})

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        _, owner, name, *rest = self.path.split("/")
        repository = f"{owner}/{name}"
        if repository in self.server.private:
            self.missing("GatedRepo", 403)
        elif repository not in self.server.repositories:
            self.missing("RepoNotFound", 401)
        elif rest[1] != "main":
            self.missing("RevisionNotFound")
        elif rest[2] not in self.server.repositories[repository]:
            self.missing("EntryNotFound")
        else:
            content = self.server.repositories[repository][rest[2]]
            etag = f'"{hashlib.sha256(content).hexdigest()}"'
            self.reply(content, ETag=etag, X_Repo_Commit="0" * 40)


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[StandIn]:
    from huggingface_hub import constants

    server = StandIn()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name, value in {
        "ENDPOINT": server.address,
        "HUGGINGFACE_CO_URL_TEMPLATE": server.address + "/{repo_id}/resolve/{revision}/{filename}",
        "HF_HUB_CACHE": str(tmp_path / "cache"),
        "HF_TOKEN_PATH": str(tmp_path / "token"),
        "HF_HUB_DISABLE_PROGRESS_BARS": True,
        "HF_HUB_DISABLE_XET": True,
    }.items():
        monkeypatch.setattr(constants, name, value)
    monkeypatch.setenv("HF_TOKEN", "hf_right")
    hub._fetched.cache_clear()
    yield server
    server.shutdown()
    server.server_close()
    hub._fetched.cache_clear()


def test_what_is_pushed_is_loaded_by_its_name(
    measured: Path, stand_in: StandIn, command: Command
) -> None:
    answer = command("push", measured, "somebody/smiles")
    assert answer.err == ""
    assert answer.out == f"wrote {stand_in.address}/somebody/smiles\n"
    files = stand_in.repositories["somebody/smiles"]
    assert sorted(files) == ["README.md", "evaluation.json", "evaluation.png", "model.safetensors"]
    assert stand_in.commits == 1
    assert files["model.safetensors"] == measured.read_bytes()
    assert 'ebgan_kit.load("somebody/smiles")' in files["README.md"].decode()
    source, exemplar = photograph(64, 64), photograph(64, 64, seed=1)
    expected = ebgan_kit.load(measured, "cpu").edit(source, exemplar).tobytes()
    assert ebgan_kit.load("somebody/smiles", "cpu").edit(source, exemplar).tobytes() == expected
    assert command("inspect", "somebody/smiles@main").status == 0
    assert command("push", measured, "somebody/smiles").status == 0  # again, over itself


def test_what_is_pushed_names_no_place_of_its_makers(
    measured: Path, stand_in: StandIn, tmp_path: Path, command: Command
) -> None:
    """A copy without them is put there, with its own fingerprint and the same figures."""
    (tmp_path / "annas").mkdir()
    model = a_file_of(measured, tmp_path / "annas" / "model.safetensors", FOLDERS)
    report = {**evaluation.read(measured), "model": fingerprint(model)}
    report["identity"] = {"recogniser": "local-dir:annas"}
    write_json(model.with_name("evaluation.json"), report)
    shutil.copy(measured.with_name("evaluation.png"), model.parent)
    before = model.read_bytes()
    assert command("push", model, "else/smiles").err == ""
    files = stand_in.repositories["else/smiles"]
    assert sorted(files) == ["README.md", "evaluation.json", "evaluation.png", "model.safetensors"]
    assert not [name for name, content in files.items() if b"annas" in content]
    assert stand_in.titles == ["att, by ebgan-kit"]
    digest = hashlib.sha256(files["model.safetensors"]).hexdigest()
    assert digest in files["README.md"].decode()
    told = json.loads(files["evaluation.json"])
    assert told["model"] == digest
    assert told["truth"] == report["truth"]
    one, two = load_file(hub.local("else/smiles")), load_file(model)
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert model.read_bytes() == before
    answer = command("evaluate", "else/smiles", "--count", 8)
    assert "data.root: there is no folder not-shared; give the data set's own" in answer.err


def test_the_file_that_is_pushed_is_the_one_of_the_card(
    measured: Path, model_file: Path, tmp_path: Path, stand_in: StandIn
) -> None:
    path = shutil.copy(measured, tmp_path / "model.safetensors")
    file = ModelFile.open(path)
    os.replace(shutil.copy(model_file, tmp_path / "other"), path)
    push(file, "somebody/smiles")
    files = stand_in.repositories["somebody/smiles"]
    assert files["model.safetensors"] == measured.read_bytes()
    assert fingerprint(measured) in files["README.md"].decode()


def test_what_was_fetched_is_kept(
    measured: Path, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(measured, "somebody/smiles")
    first = hub.local("somebody/smiles")
    stand_in.repositories.clear()
    stand_in.shutdown()
    stand_in.server_close()
    hub._fetched.cache_clear()
    assert hub.local("somebody/smiles") == first
    with pytest.raises(UsageError, match="somebody/other: is no file here, and the Hub cannot be"):
        hub.local("somebody/other")


def test_every_command_takes_a_name(
    measured: Path, stand_in: StandIn, tmp_path: Path, command: Command, quick: None
) -> None:
    push(measured, "somebody/smiles")
    photograph(64, 64).save(tmp_path / "a.png")
    words = ["--source", "a.png", "--exemplar", "a.png", "-o", "b.png", "--save", "c.json"]
    assert command("edit", "somebody/smiles", *words).status == 0
    assert json.loads(Path("c.json").read_text())["model"]["name"] == "somebody/smiles"
    assert command("edit", "--replay", "c.json").status == 0
    assert Path("c.png").read_bytes() == Path("b.png").read_bytes()
    assert command("describe", "somebody/smiles", "a.png").status == 0
    assert command("evaluate", "somebody/smiles", "data.seed=9", "--count", 8).status == 0
    assert Path("evaluation.json").exists()
    assert list(Studio([Path("somebody/smiles")]).models) == ["somebody/smiles"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("somebody/nothing", "the Hub has no such model, or hides it: hf auth login"),
        ("somebody/hidden", "the Hub wants to know who asks: hf auth login"),
        ("somebody/empty", "the Hub holds no model.safetensors of it"),
        ("somebody/empty@elsewhere", "the Hub has no such revision of it"),
        ("runs/quickstart/model.safetensors", "no such file; a run writes its model"),
        ("runs/model.safetensors", "no such file; a run writes its model"),
    ],
)
def test_what_cannot_be_had(stand_in: StandIn, command: Command, name: str, words: str) -> None:
    stand_in.repositories |= {"somebody/empty": {}, "somebody/hidden": {}}
    stand_in.private.add("somebody/hidden")
    answer = command("inspect", name)
    assert answer.status == 2
    assert answer.err.startswith(f"ebgan-kit: {name}: ")
    assert words in answer.err
    assert answer.err.count("\n") == 1


def test_what_cannot_be_pushed(
    measured: Path, stand_in: StandIn, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "write OWNER/NAME" in command("push", measured, "smiles").err
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    answer = command("push", measured, "somebody/smiles")
    assert "the Hub does not let you: hf auth login, with a token that may write" in answer.err
    assert "hf_wrong" not in answer.err
    assert stand_in.repositories == {}


def test_a_file_here_comes_first(
    measured: Path, stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "somebody").mkdir()
    shutil.copy(measured, tmp_path / "somebody" / "smiles")
    assert hub.local("somebody/smiles") == Path("somebody/smiles")


@pytest.mark.parametrize(
    "problem",
    [
        ImportError("Using SOCKS proxy, but the 'socksio' package is not installed."),
        ValueError("Unknown scheme for proxy URL URL('socks://127.0.0.1:9')"),
        RuntimeError("Could not determine home directory."),
    ],
    ids=["a proxy that takes one more package", "a proxy of no known kind", "no home"],
)
def test_a_machine_on_which_nobody_can_ask(
    stand_in: StandIn, command: Command, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    for name in ("get_hf_file_metadata", "hf_hub_download"):
        monkeypatch.setattr(f"huggingface_hub.{name}", Mock(side_effect=problem))
    answer = command("inspect", "somebody/smiles")
    assert answer.status == 2
    assert answer.err == (
        f"ebgan-kit: somebody/smiles: is no file here, and the Hub cannot be used: {problem}\n"
    )


@pytest.mark.parametrize("name", ["runs/typo", "somebody/typo", "./typo"])
def test_a_slip_in_a_path_never_asks_the_hub(
    stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "somebody").mkdir()
    assert "no such file; a run writes its model" in command("inspect", name).err


def test_a_folder_here_keeps_nobody_from_pushing(
    measured: Path, stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "somebody").mkdir()
    push(measured, "somebody/smiles")
    assert stand_in.commits == 1


@pytest.mark.parametrize("name", ["owner/model.onnx", "owner/a.PNG", "owner/recipe.toml"])
def test_a_files_ending_is_no_name_on_the_hub(
    command: Command, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(hub, "_answers", pytest.fail)
    assert "no such file" in command("inspect", name).err


def test_a_hub_that_is_silent_is_not_waited_for(
    stand_in: StandIn, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is tried again, and the look-up of a name ends with the patience, too."""
    monkeypatch.setattr(hub, "PATIENCE", 0.2)
    over = threading.Event()

    def silent(*given: Any, **how: Any) -> Any:
        over.wait(30)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    start = time.monotonic()
    answer = command("inspect", "somebody/smiles")
    over.set()
    assert time.monotonic() - start < 5
    assert answer.err == (
        "ebgan-kit: somebody/smiles: is no file here, and the Hub cannot be reached, and it was "
        "not fetched before\n"
    )


@pytest.mark.parametrize("status", [429, 503])
def test_a_hub_that_is_busy_is_asked_once(
    stand_in: StandIn, command: Command, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    asked = []

    def busy(calls: Calls) -> None:
        asked.append(calls.path)
        calls.reply({}, status)

    monkeypatch.setattr(Calls, "do_GET", busy)
    assert "cannot be reached" in command("inspect", "somebody/smiles").err
    assert len(asked) == 1
