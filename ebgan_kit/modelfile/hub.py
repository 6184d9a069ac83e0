"""Models of the Hugging Face Hub, under the names that they have there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import Thread

from ebgan_kit.errors import UsageError
from ebgan_kit.files.names import home
from ebgan_kit.modelfile.here import MODEL, RUNS, here, near, with_the_kit

PATIENCE = 4.0
"""Seconds in which the Hub has to say that it is there, unless HF_HUB_ETAG_TIMEOUT is set."""

_ENDINGS = {
    ".safetensors", ".pt", ".pth", ".pt2", ".ckpt", ".bin", ".onnx", ".zip", ".toml", ".json",
    ".png", ".jpg", ".jpeg",
}  # fmt: skip
"""Of files: with one of these it is no name on the Hub, where names have dots, too."""

_BUSY = (429, 500, 502, 503, 504)
"""Answers of a server that says nothing of the model now."""

_NO_CLIENT = (ImportError, RuntimeError, ValueError)
"""Errors of a machine that cannot ask: a proxy of a kind that takes one more package or that nobody
knows, and a user without a home, and so without a place for the Hub's cache."""

_NAME = re.compile(r"([\w.-]+/[\w.-]+)(?:@([\w./-]+))?")


def local(model: Path | str) -> Path:
    """A model's file: of this path or folder, of the kit, or fetched from the Hub by its name.

    `model`: a path, the name of a model that comes with the kit, or a name as `names_the_hub` tells
    it. The Hub's own cache keeps the file.
    UsageError if the Hub does not give the model; a path may lead nowhere.
    """
    if not names_the_hub(model):
        return here(model) or with_the_kit(model) or home(model)
    try:
        return _fetched(str(model))
    except UsageError as problem:
        raise UsageError(f"{problem}{near(model)}") from problem


def names_the_hub(model: Path | str) -> bool:
    """Tell a model's name on the Hub, OWNER/NAME or OWNER/NAME@REVISION, from a path.

    A path begins with a folder that is here, or with `runs`: a slip in it never asks the Hub.
    """
    folder = Path(str(model).partition("/")[0])
    return is_name(model) and folder != RUNS and not folder.is_dir()


def is_name(model: Path | str) -> bool:
    """Tell a text in the form of a name on the Hub, whatever folders are here."""
    return bool(_NAME.fullmatch(str(model))) and Path(model).suffix.lower() not in _ENDINGS


@cache
def _fetched(model: str) -> Path:
    from huggingface_hub import hf_hub_download, hf_hub_url

    found = _NAME.fullmatch(model)
    assert found is not None
    with one_sentence(f"{model}: is no file here, and"):
        kept = not _answers(hf_hub_url(found[1], MODEL, revision=found[2]))
        return Path(
            hf_hub_download(
                found[1], MODEL, revision=found[2], library_name="ebgan-kit", local_files_only=kept
            )
        )


def _answers(address: str) -> bool:
    """Ask the Hub once whether it is there; its own client would try for half a minute.

    A thread asks, since no timeout ends the look-up of a name in a network that is silent.
    """
    from huggingface_hub import constants, errors, get_hf_file_metadata

    own = "HF_HUB_ETAG_TIMEOUT" in os.environ
    patience = constants.HF_HUB_ETAG_TIMEOUT if own else PATIENCE
    answers: list[bool] = []
    broken: list[Exception] = []

    def ask() -> None:
        with suppress(errors.HTTPError, OSError):
            try:
                get_hf_file_metadata(address, timeout=patience)
                answers.append(True)
            except errors.HfHubHTTPError as answer:
                answers.append(answer.response.status_code not in _BUSY)
            except _NO_CLIENT as problem:
                broken.append(problem)

    asking = Thread(target=ask, daemon=True)
    asking.start()
    asking.join(patience)
    if broken:
        raise broken[0]
    return any(answers)


@contextmanager
def one_sentence(begin: str) -> Iterator[None]:
    """What the Hub answers, as a UsageError that says what to do."""
    from huggingface_hub import errors

    try:
        yield
    except (errors.HTTPError, errors.EntryNotFoundError, OSError, *_NO_CLIENT) as problem:
        raise UsageError(f"{begin} the Hub {_answer(problem)}") from problem


def _answer(problem: Exception) -> str:
    from huggingface_hub import errors

    for kind, sentence in (
        (errors.GatedRepoError, "wants to know who asks: hf auth login, and ask for access there"),
        (errors.RepositoryNotFoundError, "has no such model, or hides it: hf auth login"),
        (errors.RevisionNotFoundError, "has no such revision of it"),
        (errors.LocalEntryNotFoundError, "cannot be reached, and it was not fetched before"),
        (errors.EntryNotFoundError, f"holds no {MODEL} of it: it is no model of ebgan-kit"),
        (errors.LocalTokenNotFoundError, "wants to know who asks: hf auth login"),
    ):
        if isinstance(problem, kind):
            return sentence
    if isinstance(problem, errors.HTTPError) and not isinstance(problem, errors.HfHubHTTPError):
        return "cannot be reached"
    status = getattr(getattr(problem, "response", None), "status_code", None)
    if status in (401, 403):
        return "does not let you: hf auth login, with a token that may write"
    return f"cannot be used: {str(problem).strip().splitlines()[0]}"
