"""A model handed on by the Hugging Face Hub."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from ebgan_kit.errors import UsageError
from ebgan_kit.evaluation import store as evaluation
from ebgan_kit.files import fingerprint
from ebgan_kit.modelfile.folders import blanked, without_folders
from ebgan_kit.modelfile.header import read_header, write_model
from ebgan_kit.modelfile.hub import MODEL, one_sentence, reads_as_name
from ebgan_kit.sharing.card import card


def push(model: Path, name: str, private: bool = False) -> str:
    """Put a model file with its card, and its figures where they are beside it, on the Hub as one
    commit; returns the address of the page.

    Where the file names folders of this machine, a copy without them is put there.

    `name`: OWNER/NAME, made if it is not there yet. UsageError where the Hub does not take it.
    """
    from huggingface_hub import CommitOperationAdd, HfApi

    if not reads_as_name(name) or "@" in name:
        raise UsageError(f"{name}: is no name of a model on the Hub: write OWNER/NAME")
    title = read_header(model).recipe["name"]
    with TemporaryDirectory() as folder:
        model = _without_folders(model, Path(folder))
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
                commit_message=f"{title}, by ebgan-kit",
            )
    return str(address)


def _without_folders(model: Path, folder: Path) -> Path:
    """Return the model file, or a copy in `folder` where it or its figures name folders.

    The copy has the same weights, so the figures are of it, too. They come along with its
    fingerprint.
    """
    header, report = read_header(model), evaluation.read(model)
    shared, figures = without_folders(header), blanked(report)
    if shared == header and figures == report:
        return model
    from safetensors.torch import load_file

    copy = folder / MODEL
    write_model(copy, load_file(model), shared)
    if report is not None:
        of_copy = json.dumps(figures | {"model": fingerprint(copy)}, indent=2)
        copy.with_name(evaluation.NAME).write_text(f"{of_copy}\n", encoding="utf-8")
        sheet = model.with_name(evaluation.SHEET)
        if sheet.exists():
            shutil.copy(sheet, folder)
    return copy
