"""A model handed on by the Hugging Face Hub."""

from __future__ import annotations

from pathlib import Path

from ebgan_kit.errors import UsageError
from ebgan_kit.evaluation import store as evaluation
from ebgan_kit.modelfile.hub import MODEL, is_name, one_sentence
from ebgan_kit.sharing.card import card


def push(model: Path, name: str, private: bool = False) -> str:
    """Put a model file with its card, and its figures where they are beside it, on the Hub as one
    commit; returns the address of the page.

    `name`: OWNER/NAME, made if it is not there yet. UsageError where the Hub does not take it.
    """
    from huggingface_hub import CommitOperationAdd, HfApi

    if not is_name(name) or "@" in name:
        raise UsageError(f"{name}: is no name of a model on the Hub: write OWNER/NAME")
    files: dict[str, Path | bytes] = {MODEL: model, "README.md": card(model, name).encode()}
    if evaluation.read(model) is not None:
        beside = (model.with_name(n) for n in (evaluation.NAME, evaluation.SHEET))
        files |= {path.name: path for path in beside if path.exists()}
    hub = HfApi(library_name="ebgan-kit")
    with one_sentence(f"{name}:"):
        address = hub.create_repo(name, private=private, exist_ok=True)
        hub.create_commit(
            name,
            [CommitOperationAdd(path, content) for path, content in files.items()],
            commit_message=f"{model.parent.name or model.stem}, by ebgan-kit",
        )
    return str(address)
