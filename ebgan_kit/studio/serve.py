"""The server of the editor in the browser."""

from __future__ import annotations

import os
import signal
import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ebgan_kit.errors import UsageError
from ebgan_kit.interrupts import taken
from ebgan_kit.modelfile.file import ModelFile
from ebgan_kit.modelfile.here import PORTRAITS
from ebgan_kit.studio.person import MOST_PEOPLE
from ebgan_kit.studio.uploads import LARGEST_FILE
from ebgan_kit.training.run_folder import trained

if TYPE_CHECKING:
    from ebgan_kit.studio.page import Page
    from ebgan_kit.studio.reception import Reception

SYSTEM = ["system-ui", "sans-serif"]
"""Fonts that no other host has to send."""

MOST_WAIT = 64
"""Events that wait for their turn, and pages whose answers wait to be fetched."""

QUIET = {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_ANALYTICS_MAX_EVENTS": "100"}
"""Gradio tells nobody, and sums up no more than the last events after each one."""


def own_models() -> list[Path]:
    """The model that comes with the kit, and that of the newest run that the studio can show."""
    newest_first = reversed(trained())
    shown = (path for path in newest_first if ModelFile.open(path).header.edits_unasked)
    return [Path(PORTRAITS), *islice(shown, 1)]


def serve(
    models: Sequence[ModelFile | Path], host: str = "127.0.0.1", port: int | None = None
) -> None:
    """Serve the editor until it is interrupted."""
    with _ends_in_order(), serving(models or own_models(), host, port) as (page, address):
        print(f"{address} (Ctrl-C ends)", flush=True)
        page.blocks.block_thread()


@contextmanager
def _ends_in_order() -> Iterator[None]:
    """Who stops the service or closes the terminal ends it as Ctrl-C does, so nothing is left."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in taken()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def serving(
    models: Sequence[ModelFile | Path], host: str = "127.0.0.1", port: int | None = None
) -> Iterator[tuple[Page, str]]:
    """The page and its address, as long as it is served.

    Uploads pass through a folder of the server's own, which is gone at the end. UsageError where
    nobody can listen there.
    """
    _check_free(host, port)
    with tempfile.TemporaryDirectory(prefix="ebgan-kit-studio-") as folder:
        os.environ.update(GRADIO_TEMP_DIR=folder, **QUIET)
        gradio, page, reception = _page(models, Path(folder))
        blocks = page.blocks.queue(max_size=MOST_WAIT)
        blocks._queue.pending_messages_per_session.max_size = MOST_WAIT  # else it is 2,000
        with reception.swept():
            with _without_proxies():
                _, address, _ = blocks.launch(
                    server_name=f"[{host}]" if ":" in host else host,  # as an address has IPv6
                    server_port=port,
                    max_file_size=LARGEST_FILE,
                    state_session_capacity=MOST_PEOPLE,
                    app_kwargs={"routes": [reception.route]},
                    theme=gradio.themes.Default(font=SYSTEM, font_mono=["monospace"]),
                    css_paths=Path(__file__).with_name("page.css"),
                    footer_links=[],
                    share=False,
                    quiet=True,
                    prevent_thread_lock=True,
                )
            try:
                yield page, address
            finally:
                blocks.close(verbose=False)


def _check_free(host: str, port: int | None) -> None:
    try:
        (family, *_, address), *_ = socket.getaddrinfo(host, port or 0, type=socket.SOCK_STREAM)
        socket.create_server(address[:2], family=family).close()
    except OSError as problem:
        place = host if port is None else f"{host}:{port}"
        raise UsageError(
            f"the studio cannot listen on {place} ({problem.strerror}): choose another --host or "
            "--port"
        ) from problem


@contextmanager
def _without_proxies() -> Iterator[None]:
    """Let Gradio ask its own server directly whether it is up, whatever proxies are set.

    A proxy does not find this machine under its local name, and some kinds are none of Gradio's.
    """
    before = {name: os.environ.get(name) for name in ("no_proxy", "NO_PROXY")}
    os.environ.update(dict.fromkeys(before, "*"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _page(models: Sequence[ModelFile | Path], folder: Path) -> tuple[Any, Page, Reception]:
    """Gradio, the page, and the place where files arrive.

    All are imported here, since Gradio looks at the environment when it is. UsageError where Gradio
    is not installed, or does not go with what is installed beside it.
    """
    if find_spec("gradio") is None:
        raise UsageError("the studio needs Gradio: pip install 'ebgan-kit[studio]'")
    try:
        with _without_proxies():  # it makes clients of its own when it is imported
            import gradio
    except Exception as problem:  # of any of its dependencies, or of a variable that it reads
        raise UsageError(
            f"Gradio is installed, but cannot be imported ({type(problem).__name__}: {problem}): "
            "install it anew by pip install --upgrade 'ebgan-kit[studio]', or unset what is wrong "
            "of its variables GRADIO_*"
        ) from problem
    from ebgan_kit.studio.page import Page
    from ebgan_kit.studio.reception import Reception, fetch_nothing
    from ebgan_kit.studio.studio import Studio

    fetch_nothing()
    return gradio, Page(Studio(models)), Reception(folder)
