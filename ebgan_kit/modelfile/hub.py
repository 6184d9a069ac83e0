"""Models of the Hugging Face Hub, under the names that they have there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from ebgan_kit.errors import UsageError

MODEL = "model.safetensors"
"""What a model file is called on the Hub."""

_NAME = re.compile(r"([\w.-]+/[\w.-]+)(?:@([\w./-]+))?")


def local(model: Path | str) -> Path:
    """A model's file: the one of this path, or one fetched from the Hub by its name there.

    `model`: a path, or a name as `names_the_hub` tells it. The Hub's own cache keeps the file.
    UsageError if the Hub does not give the model.
    """
    return _fetched(str(model)) if names_the_hub(model) else Path(model)


def names_the_hub(model: Path | str) -> bool:
    """Tell a model's name on the Hub, OWNER/NAME or OWNER/NAME@REVISION, from a path.

    A path begins with a folder that is here, or with `runs`: a slip in it never asks the Hub.
    """
    folder = str(model).partition("/")[0]
    return is_name(model) and folder != "runs" and not Path(folder).is_dir()


def is_name(model: Path | str) -> bool:
    """Tell a text in the form of a name on the Hub, whatever folders are here."""
    return bool(_NAME.fullmatch(str(model))) and Path(model).suffix != Path(MODEL).suffix


@cache
def _fetched(model: str) -> Path:
    from huggingface_hub import hf_hub_download

    found = _NAME.fullmatch(model)
    assert found is not None
    with one_sentence(f"{model}: is no file here, and"):
        return Path(hf_hub_download(found[1], MODEL, revision=found[2], library_name="ebgan-kit"))


@contextmanager
def one_sentence(begin: str) -> Iterator[None]:
    """What the Hub answers, as a UsageError that says what to do."""
    from huggingface_hub import errors

    try:
        yield
    except (
        errors.HTTPError, errors.EntryNotFoundError, OSError, ValueError,
        ImportError,  # a proxy of a kind that takes one more package
        RuntimeError,  # no home, so no place for the Hub's cache
    ) as problem:  # fmt: skip
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
    status = getattr(getattr(problem, "response", None), "status_code", None)
    if status in (401, 403):
        return "does not let you: hf auth login, with a token that may write"
    return f"cannot be used: {str(problem).strip().splitlines()[0]}"
