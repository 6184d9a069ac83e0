"""A visitor to a studio, who sends it over HTTP what they like."""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit


class Refused(Exception):
    """The studio said no, and why."""


class Broken(Exception):
    """The studio did what it must not."""


class Visitor:
    """Somebody with the page of a studio open, under a name that the server knows them by."""

    def __init__(self, home: Path, session: str) -> None:
        self.session = session
        address = urlsplit((home / "address").read_text())
        self.place = address.hostname or "", address.port or 0
        config = json.loads(self.sent("GET", "config"))
        names = {one["id"]: one["props"].get("elem_id") for one in config["components"]}
        self.events = {
            f"{names.get(target)}.{event}": one["id"]
            for one in config["dependencies"]
            for target, event in one["targets"]
        }

    def take(self, step: dict[str, Any]) -> None:
        """Do one thing; Refused where the studio says no."""
        if "get" in step:
            content = self.sent("GET", step["get"])
            if b"root:" in content:
                raise Broken(f"{step['get']} gives a file of the machine")
        elif "post" in step:
            body = step["body"].encode("utf-8", "surrogatepass")
            self.sent("POST", step["post"], body, "application/json")
        elif "upload" in step:
            self.call(step["event"], [self.upload(step)])
        else:
            self.call(step["event"], step["data"], step["told"])

    def call(self, event: str, data: Any, told: Any = None) -> None:
        """Let an event happen on the page, and wait for what comes of it."""
        number = self.events[event]
        body = {"data": data, "event_data": told, "fn_index": number, "session_hash": self.session}
        self.sent("POST", "gradio_api/queue/join", json.dumps(body).encode(), "application/json")
        place = f"gradio_api/queue/data?session_hash={self.session}"
        answer = json.loads(self.sent("GET", place))
        if not answer.get("success"):
            raise Refused(str(answer.get("output") or answer)[:500])
        alerts = [one for one in answer["output"]["data"] if 'role="alert"' in str(one)[:50]]
        if alerts:
            raise Refused(alerts[0])

    def upload(self, step: dict[str, Any]) -> dict[str, Any]:
        """Upload a file, and return what the page tells of it."""
        name = step["name"].encode("utf-8", "surrogateescape").replace(b'"', b"%22")
        head = b'--edge\r\nContent-Disposition: form-data; name="files"; filename="' + name
        body = head + b'"\r\nContent-Type: image/png\r\n\r\n' + Path(step["upload"]).read_bytes()
        body += b"\r\n--edge" if step["damage"] else b"\r\n--edge--\r\n"
        answer = self.sent("POST", "gradio_api/upload", body, "multipart/form-data; boundary=edge")
        paths = json.loads(answer)
        if not paths:
            raise Refused("no file came of the upload")
        return {"path": paths[0], "orig_name": step["name"], "meta": {"_type": "gradio.FileData"}}

    def sent(self, method: str, place: str, body: bytes | None = None, kind: str = "") -> bytes:
        """Send a request, and return the answer's content; Refused where that is no."""
        connection = http.client.HTTPConnection(*self.place, timeout=60)
        try:
            told = {"Content-Type": kind} if kind else {}
            connection.request(method, f"/{quote(place, safe='/=?&:.')}", body, told)
            answer = connection.getresponse()
            is_stream = "event-stream" in (answer.headers["content-type"] or "")
            content = _completed(answer) if is_stream else answer.read(2**24)
        finally:
            connection.close()
        if b"Traceback" in content:
            raise Broken(f"{place} shows a traceback: {content[:500]!r}")
        if answer.status >= 400:
            raise Refused(f"{answer.status} {content[:200]!r}")
        return content


def _completed(answer: http.client.HTTPResponse) -> bytes:
    """Read a stream of messages to the one that says what an event came to."""
    for line in answer:
        told = json.loads(line[6:]) if line.startswith(b"data: ") else {}
        if told.get("msg") in ("process_completed", "unexpected_error"):
            return line[6:]
    return b"{}"
