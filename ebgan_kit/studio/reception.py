"""Where a browser's files arrive: whole, each in a folder of its own, and not for long."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from threading import Event, Thread
from typing import Any

import gradio
import gradio.processing_utils
import gradio.routes
from gradio_client.utils import strip_invalid_filename_characters
from python_multipart.exceptions import FormParserError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from ebgan_kit.errors import UsageError
from ebgan_kit.studio.uploads import LARGEST_FILE

WAITS = 60.0
"""Seconds that a file lies here until its page chooses it; then nobody will."""

SWEEPS = 5.0
"""Seconds from one look for such files to the next."""

AROUND = 2**16
"""Bytes of a form beside its file."""

TOO_LARGE = f"a file has a maximum allowed size of {LARGEST_FILE // 2**20} MiB: make it smaller"


@dataclass(frozen=True)
class Reception:
    """In the place of Gradio's own, which keeps what was cut off, and one file of two people."""

    folder: Path

    @property
    def route(self) -> Route:
        return Route("/gradio_api/upload", self.receive, methods=["POST"])

    async def receive(self, request: Request) -> Response:
        """Answer with the path of the file in a form.

        What is on its way lies in no file that has a name, and is gone if the line breaks.
        """
        try:
            path = await run_in_threadpool(self._keep, *await _file_of(request))
        except ClientDisconnect:
            return Response(status_code=400)  # which nobody hears
        except UsageError as problem:
            return PlainTextResponse(str(problem), 413 if str(problem) == TOO_LARGE else 400)
        return JSONResponse([str(path)])

    def _keep(self, name: str, content: bytes) -> Path:
        """Write a file where its name is no other's; UsageError where there is no room."""
        place = Path(mkdtemp(dir=self.folder))
        try:
            (place / name).write_bytes(content)
        except OSError as problem:
            shutil.rmtree(place)
            raise UsageError(f"{name} cannot be taken in: {problem.strerror}") from problem
        return place / name

    @contextmanager
    def swept(self) -> Iterator[None]:
        """Delete what nobody chose, for as long as this lasts."""
        over = Event()

        def sweep() -> None:
            while not over.wait(SWEEPS):
                self._sweep()

        sweeper = Thread(target=sweep, name="sweeper")
        sweeper.start()
        try:
            yield
        finally:
            over.set()
            sweeper.join()

    def _sweep(self) -> None:
        """Gradio leaves an empty file of each upload, too."""
        for folder, _, names in os.walk(self.folder):  # it passes over a folder that is gone
            for path in (Path(folder, name) for name in names):
                with suppress(OSError):  # it was chosen at this moment
                    if time.time() - path.stat().st_mtime > WAITS:
                        path.unlink()
                        if path.parent != self.folder:
                            path.parent.rmdir()


def fetch_nothing() -> None:
    """Keep Gradio from fetching files that are named by an address, by whoever sends it one.

    The studio would ask any host that a stranger chooses, and a name server first.
    """

    async def refuse(*given: Any, **how: Any) -> str:
        raise gradio.Error("choose a file: none is fetched from an address", print_exception=False)

    async def refuse_page(*given: Any, **how: Any) -> Response:
        return Response("none is fetched from an address", status_code=404)

    gradio.processing_utils.async_ssrf_protected_download = refuse
    gradio.routes.secure_url_stream_response = refuse_page  # of /file=http…, which is for anybody


async def _file_of(request: Request) -> tuple[str, bytes]:
    """The name and the bytes of the one file in a form; UsageError where it is another."""
    kind = request.headers.get("Content-Type", "")
    if not kind.startswith("multipart/form-data"):
        raise UsageError("a file comes in a form")
    try:
        form = await MultiPartParser(request.headers, _bounded(request), max_files=1).parse()
    except (MultiPartException, FormParserError) as problem:
        raise UsageError(f"this form cannot be read: {problem}") from problem
    files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
    if not files:
        raise UsageError("there is no file in this form")
    return _name(files[0]), await files[0].read()


async def _bounded(request: Request) -> AsyncGenerator[bytes, None]:
    """What is sent; UsageError as soon as it is too much."""
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > LARGEST_FILE + AROUND:
            raise UsageError(TOO_LARGE)
        yield chunk


def _name(file: UploadFile) -> str:
    """As its owner calls it, without what leads elsewhere, and not hidden: Gradio takes no such."""
    name = strip_invalid_filename_characters(Path(file.filename or "").name)
    return name.lstrip(".") or "unnamed"
