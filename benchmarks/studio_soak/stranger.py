"""Somebody who sends to the server what no browser would, beside those who use the page."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Any

import httpx

from benchmarks.studio_soak.hostile import FILES
from benchmarks.studio_soak.tally import Tally

API = "gradio_api"
PLACES = ("own-source", "own-exemplar", "own-mask")
PAUSE = 0.5
TOO_LARGE = 26 * 2**20
"""Bytes: more than the studio takes."""


class Stranger:
    """A client over HTTP, without a page."""

    def __init__(self, address: str, tally: Tally, chance: Random) -> None:
        self.tally, self.chance = tally, chance
        self.files = {name: content() for name, content in FILES.items()}
        self.client = httpx.Client(base_url=address, timeout=120)
        self.events = _events(self.client.get("config").json())
        self._number = 0

    def annoy(self, over: Callable[[], bool]) -> None:
        """One thing after the other, until it is time to go."""
        ways = (
            self._choose, self._choose, self._choose, self._upload_and_forget, self._cut_off,
            self._cut_off, self._send_too_much, self._send_many, self._name_a_file,
            self._leave_unanswered, self._paint, self._break_the_form, self._leave_a_form_open,
        )  # fmt: skip
        while not over():
            way = self.chance.choice(ways)
            try:
                way()
            except Exception as problem:  # whatever it is, the next thing is sent
                self.tally.trouble(f"stranger: {way.__name__}: {type(problem).__name__}")
            self.tally.count("hostile")
            time.sleep(PAUSE)
        self.client.close()

    # What is sent

    def _choose(self) -> None:
        """A file that is none, and its choice as a face: that gives a sentence."""
        name, content = self._file()
        path = self._upload(content)
        place = self.chance.choice(PLACES)
        self._expect_a_sentence(name, self._ask(place, [_told(path)]))

    def _upload_and_forget(self) -> None:
        self._upload(self._file()[1])

    def _send_many(self) -> None:
        self._post(*(self._file()[1] for _ in range(20)))

    def _send_too_much(self) -> None:
        answer = self._post(bytes(TOO_LARGE))
        if answer.status_code != 413:
            self.tally.trouble(f"stranger: too much was answered by {answer.status_code}")

    def _name_a_file(self) -> None:
        """A file that was never uploaded."""
        path = self.chance.choice(("/etc/passwd", "../../etc/passwd", "model.safetensors", "\0"))
        self._ask(self.chance.choice(PLACES), [_told(path)])

    def _paint(self) -> None:
        """A mask that is none."""
        mask = "data:image/png;base64," + "A" * self.chance.choice((3, 4, 10**6))
        self._expect_a_sentence("mask", self._ask("stage", [], {"mask": mask}))

    def _leave_unanswered(self) -> None:
        """A file is chosen, and what comes of it never asked for."""
        path = self._upload(self._file()[1])
        self._join(self._session(), self.chance.choice(PLACES), [_told(path)], None)

    def _break_the_form(self) -> None:
        form = "multipart/form-data; boundary=b"
        for kind, content in (
            (form, b"--b\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\nhalf"),
            (form, b"--b\r\nContent-Disposition: form-data\r\n\r\nnameless\r\n--b--\r\n"),
            ("multipart/form-data", b"no boundary"),
            ("text/plain", b"no form"),
        ):
            self.client.post(f"{API}/upload", content=content, headers={"Content-Type": kind})
        self.client.post(f"{API}/queue/join", content=b"{")

    def _cut_off(self) -> None:
        """The line breaks in the middle of a photograph."""
        with self._half_sent() as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _leave_a_form_open(self) -> None:
        """As before, closed in good order."""
        with self._half_sent() as line:
            time.sleep(self.chance.random())
            line.shutdown(socket.SHUT_WR)
            line.settimeout(5)
            with suppress(OSError):
                line.recv(4096)

    def _half_sent(self) -> socket.socket:
        url, half = self.client.base_url, self.chance.randbytes(self.chance.randint(1, 3 * 10**6))
        line = socket.create_connection((url.host, url.port or 80), timeout=120)
        line.sendall(
            f"POST /{API}/upload HTTP/1.1\r\nHost: {url.host}\r\nContent-Length: {5 * 10**6}\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
            'Content-Disposition: form-data; name="files"; filename="face.png"\r\n'
            "Content-Type: image/png\r\n\r\n".encode()
            + half
        )
        return line

    # How it is sent

    def _file(self) -> tuple[str, bytes]:
        return self.chance.choice(list(self.files.items()))

    def _post(self, *contents: bytes) -> httpx.Response:
        return self.client.post(
            f"{API}/upload",
            files=[("files", ("face.png", content, "image/png")) for content in contents],
        )

    def _upload(self, content: bytes) -> str:
        (path,) = self._post(content).raise_for_status().json()
        return path

    def _session(self) -> str:
        self._number += 1
        return f"stranger{self._number}"

    def _ask(self, place: str, data: list[Any], told: Any = None) -> dict[str, Any]:
        """What the page's event comes to, as a message of the queue."""
        session = self._session()
        self._join(session, place, data, told).raise_for_status()
        address = f"{API}/queue/data?session_hash={session}"
        with self.client.stream("GET", address) as lines:
            for line in lines.iter_lines():
                message = json.loads(line[len("data:") :]) if line else {}
                if message.get("msg") in ("process_completed", "unexpected_error"):
                    return message
        return {}

    def _join(self, session: str, place: str, data: list[Any], told: Any) -> httpx.Response:
        event = {
            "data": data, "event_data": told, "session_hash": session, "trigger_id": 1,
            "fn_index": self.events[place],
        }  # fmt: skip
        return self.client.post(f"{API}/queue/join", json=event)

    def _expect_a_sentence(self, name: str, message: dict[str, Any]) -> None:
        if 'role=\\"alert\\"' not in json.dumps(message):
            self.tally.trouble(f"stranger: {name}: {json.dumps(message)[:200]}")


def _told(path: str) -> dict[str, Any]:
    return {"path": path, "meta": {"_type": "gradio.FileData"}, "orig_name": "face.png"}


def _events(config: dict[str, Any]) -> dict[str, int]:
    """The number of each place's first event, by the place's name on the page."""
    names = {one["id"]: one["props"].get("elem_id") for one in config["components"]}
    found: dict[str, int] = {}
    for event in config["dependencies"]:
        for target, _ in event["targets"]:
            found.setdefault(names.get(target), event["id"])
    return found
