"""What a browser sends to the studio over HTTP: nothing of it is left with the server."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import MagicMock

import pytest
from fixtures.photographs import photograph

pytest.importorskip("gradio", reason="the extra studio is not installed")

import httpx

from ebgan_kit.studio import reception, serve, steps, uploads

FEW = 3
"""Pages that Gradio remembers here."""


META = {"meta": {"_type": "gradio.FileData"}}


class Client:
    """Somebody who talks to the server without a browser."""

    def __init__(self, page: Any, address: str) -> None:
        self.page, self.session = page, os.urandom(5).hex()
        self.http = httpx.Client(base_url=address, timeout=30)
        self.events = {fn.targets[0][1]: number for number, fn in page.blocks.fns.items()}

    def upload(self, content: Any, name: str = "me.png") -> httpx.Response:
        return self.http.post("gradio_api/upload", files=[("files", (name, content, "image/png"))])

    def event(self, button: Any) -> int:
        """The number of what happens at an upload button, or at a click."""
        (number,) = (n for n, fn in self.page.blocks.fns.items() if fn.targets[0][0] == button._id)
        return int(number)

    def ask(self, event: int, *data: Any) -> str:
        """What is shown after an event, as the server tells it."""
        body = {"data": data, "fn_index": event, "session_hash": self.session, "trigger_id": 1}
        self.http.post("gradio_api/queue/join", json=body).raise_for_status()
        address = f"gradio_api/queue/data?session_hash={self.session}"
        return self.http.get(address).text

    def bring(self, path: str) -> str:
        return self.choose({"path": path, **META})

    def choose(self, told: Any) -> str:
        return self.ask(self.event(self.page.own_source), told)

    def leave(self) -> None:
        """As a browser does when its page is closed."""
        with self.http.stream("GET", f"gradio_api/heartbeat/{self.session}") as beat:
            next(beat.iter_lines())


@pytest.fixture(scope="module")
def served(model_file: Path) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reception, "SWEEPS", 0.1)
        patch.setattr(serve, "MOST_PEOPLE", FEW)
        with serve.serving([model_file]) as (page, address):
            yield page, address


@pytest.fixture
def client(served: Any) -> Client:
    return Client(*served)


def files() -> list[Path]:
    """All that lies in the server's folder for uploads."""
    return [path for path in Path(os.environ["GRADIO_TEMP_DIR"]).rglob("*") if path.is_file()]


def becomes(true: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.05)
    return true()


def face(seed: int = 0) -> bytes:
    buffer = io.BytesIO()
    photograph(70, 90, seed=seed).save(buffer, "PNG")
    return buffer.getvalue()


def test_one_photograph_of_two_people(served: Any) -> None:
    """Both sent it before either chose it."""
    one, other = Client(*served), Client(*served)
    mine, theirs = (somebody.upload(face()).json()[0] for somebody in (one, other))
    for somebody, path in ((one, mine), (other, theirs)):
        answer = somebody.bring(path)
        assert '"success":true' in answer
        assert "alert" not in answer
        assert somebody.page.people[somebody.session].work.source.name == "me.png"


@pytest.mark.parametrize("reset", [True, False], ids=["reset", "closed"])
def test_an_upload_that_is_cut_off(client: Client, reset: bool, capfd: Any) -> None:
    line = socket.create_connection((client.http.base_url.host, client.http.base_url.port))
    line.sendall(
        b"POST /gradio_api/upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n"
        b"Content-Type: multipart/form-data; boundary=b\r\n\r\n"
        b'--b\r\nContent-Disposition: form-data; name="files"; filename="me.png"\r\n\r\n'
        + bytes(3_000_000)
    )
    time.sleep(0.3)
    assert files() == []  # nor is there anything while it is on its way
    if reset:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    line.close()
    time.sleep(0.3)
    assert files() == []
    assert "Traceback" not in capfd.readouterr().err


def test_what_nobody_chose(client: Client) -> None:
    (path,) = client.upload(face()).json()
    assert Path(path).read_bytes() == face()
    os.utime(path, (0, time.time() - reception.WAITS - 1))
    assert becomes(lambda: not Path(path).parent.exists())


def test_a_folder_that_is_gone_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its page chose it while the server looked for what nobody chose."""
    left, gone = (tmp_path / name / "me.png" for name in ("left", "gone"))
    for path in (left, gone):
        path.parent.mkdir()
        path.touch()
        os.utime(path, (0, 0))
    scan = os.scandir

    def scandir(folder: Any = ".") -> Any:
        if os.fspath(folder) == str(gone.parent):
            raise FileNotFoundError(folder)
        return scan(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    reception.Reception(tmp_path)._sweep()
    assert not left.exists()


def test_what_was_chosen(client: Client) -> None:
    (path,) = client.upload(face()).json()
    client.bring(path)
    assert files() == []
    assert not Path(path).parent.exists()


def test_it_came_too_late(client: Client) -> None:
    (path,) = client.upload(face()).json()
    Path(path).unlink()
    assert "me.png is not here any more: choose it again" in client.bring(path)


@pytest.mark.parametrize("told", [True, False], ids=["length told", "in chunks"])
def test_more_than_fits(client: Client, told: bool) -> None:
    large = bytes(uploads.LARGEST_FILE + 2**17)
    form = b'--b\r\nContent-Disposition: form-data; name="files"; filename="me.png"\r\n\r\n'
    body = form + large + b"\r\n--b--\r\n"
    answer = client.http.post(
        "gradio_api/upload",
        content=body if told else iter([body]),
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )
    assert answer.status_code == 413
    assert answer.text == "a file has a maximum allowed size of 25 MiB: make it smaller"
    assert files() == []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data\r\n\r\n"),
        ("multipart/form-data; boundary=b", b"no form"),
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data", b"--b--"),
        ("text/plain", b"text"),
        ("", b""),
    ],
)
def test_a_form_that_is_none(client: Client, kind: str, body: bytes) -> None:
    headers = {"Content-Type": kind} if kind else {}
    answer = client.http.post("gradio_api/upload", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.text.count("\n") == 0
    assert files() == []


@pytest.mark.parametrize(
    "name", ["../../me.png", "/etc/me.png", "..", ".png", ".me.png", "a" * 300 + ".png", "\0"]
)
def test_names_lead_nowhere(client: Client, name: str) -> None:
    answer = client.upload(face(), name)
    assert answer.status_code in (200, 400)
    folder = Path(os.environ["GRADIO_TEMP_DIR"]).resolve()
    for path in answer.json() if answer.status_code == 200 else []:
        assert Path(path).resolve().parents[1] == folder
        client.bring(path)
    assert files() == []


@pytest.mark.parametrize(
    "told",
    [
        lambda path: {"path": path, **META},
        lambda path: {"path": path},
        lambda path: {"path": None, "url": path, **META},
        lambda path: [{"path": path, **META}],
        lambda path: path,
        lambda path: None,
        lambda path: {"path": os.environ["GRADIO_TEMP_DIR"], **META},
    ],
)
def test_a_file_that_was_not_uploaded(
    told: Callable[[str], Any], client: Client, tmp_path: Path
) -> None:
    theirs = tmp_path / "theirs.png"
    theirs.write_bytes(face())
    answer = client.choose(told(str(theirs)))
    assert '"success":false' in answer or "alert" in answer
    assert client.page.people[client.session].photos == []
    assert theirs.read_bytes() == face()


def test_a_page_that_is_closed_is_forgotten(client: Client) -> None:
    """Gradio keeps what each page shows, and what it has not fetched yet."""
    (path,) = client.upload(face()).json()
    client.bring(path)
    client.ask(client.event(client.page.save_picture))
    held = client.page.blocks.state_holder
    assert client.session in held
    client.leave()
    assert becomes(lambda: client.session not in held)
    assert client.session not in json.dumps(list(client.page.people._here))


def test_pages_that_never_say_good_bye(served: Any) -> None:
    for _ in range(FEW + 2):
        guest = Client(*served)
        guest.ask(guest.event(guest.page.undo))
    assert len(guest.page.blocks.state_holder.session_data) <= FEW


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_the_end_by_a_signal(number: signal.Signals, monkeypatch: pytest.MonkeyPatch) -> None:
    """The terminal is closed, or a service is stopped: the folder of uploads is gone."""
    whole = signal.signal(number, signal.default_int_handler)  # a test run may ignore it, by nohup
    page, folders, before = MagicMock(), [], signal.getsignal(number)

    @contextmanager
    def serving(*given: Any) -> Iterator[Any]:
        with TemporaryDirectory() as folder:
            folders.append(Path(folder))
            yield page, "address"

    monkeypatch.setattr(serve, "serving", serving)
    page.blocks.block_thread = lambda: (signal.raise_signal(number), time.sleep(5))
    with pytest.raises(KeyboardInterrupt):
        serve.serve([Path("model")])
    assert [folder.exists() for folder in folders] == [False]
    assert signal.signal(number, whole) == before


# What no browser sends


def told(client: Client, step: Callable[..., None], event_data: Any) -> str:
    """What is shown after an event that tells more than that it happened."""
    (number,) = (n for n, fn in client.page.blocks.fns.items() if step in _steps(fn.fn))
    body = {
        "data": [], "fn_index": number, "session_hash": client.session, "event_data": event_data,
    }  # fmt: skip
    client.http.post("gradio_api/queue/join", json=body).raise_for_status()
    return client.http.get(f"gradio_api/queue/data?session_hash={client.session}").text


def _steps(happens: Any) -> list[Any]:
    """The steps that an event of the page takes: what its function closes over."""
    return [cell.cell_contents for cell in happens.__closure__ or ()]


@pytest.mark.parametrize(
    "event_data",
    [[], "x", 3, {"index": []}, {"index": {}}, {"index": "0"}, {"index": 10**30}, {"index": None}],
)
def test_a_face_that_is_not_there(client: Client, event_data: Any) -> None:
    assert "this face is not here any more" in told(client, steps.choose_source, event_data)


@pytest.mark.parametrize(
    "eyes", [None, 3, "ab", [[]], [[0, 0]], [[0, {}], [0, 0]], [[0, 0], [0, 10**400]]]
)
def test_eyes_that_are_none(client: Client, eyes: Any) -> None:
    assert "click one eye, then the other" in told(client, steps.click_source, {"eyes": eyes})


def test_no_host_is_asked_for_a_file(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a browser says that it has one."""
    asked = []
    find = socket.getaddrinfo

    def note(host: Any, *given: Any, **how: Any) -> Any:
        asked.append(str(host))
        return find("127.0.0.1", *given, **how)

    client.bring("nowhere.png")  # the server has made its own connections by now
    monkeypatch.setattr(socket, "getaddrinfo", note)
    file = {"path": "http://photographs.example/me.png", **META}
    for number, fn in client.page.blocks.fns.items():
        if fn.inputs:
            client.ask(number, file)
            client.ask(number, [file])
    assert {*asked} <= {"127.0.0.1"}
    assert "none is fetched from an address" in client.choose(file)
