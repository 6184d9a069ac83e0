"""A model handed on by the Hugging Face Hub."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from ebgan_kit.errors import UsageError
from ebgan_kit.evaluation import store as evaluation
from ebgan_kit.files.writing import write_json
from ebgan_kit.modelfile.file import ModelFile, write_model
from ebgan_kit.modelfile.folders import blanked, without_folders
from ebgan_kit.modelfile.here import MODEL
from ebgan_kit.modelfile.hub import is_name, one_sentence
from ebgan_kit.sharing.card import card


def push(model: ModelFile | Path, name: str, private: bool = False) -> str:
    """Put a model file with its card, and its figures where they are beside it, on the Hub as one
    commit; returns the address of the page.

    Where the file names folders of this machine, a copy without them is put there.

    `name`: OWNER/NAME, made if it is not there yet. UsageError where the Hub does not take it.
    """
    from huggingface_hub import CommitOperationAdd, HfApi

    if not is_name(name) or "@" in name:
        raise UsageError(f"{name}: is no name of a model on the Hub: write OWNER/NAME")
    file = ModelFile.open(model)
    with TemporaryDirectory() as folder:
        shared = _without_folders(file, Path(folder))
        files: dict[str, Path | bytes] = {
            MODEL: shared.content(),
            "README.md": card(shared, name).encode(),
        }
        if evaluation.read(shared) is not None:
            beside = (shared.path.with_name(n) for n in (evaluation.NAME, evaluation.SHEET))
            files |= {path.name: path for path in beside if path.exists()}
        hub = HfApi(library_name="ebgan-kit")
        with one_sentence(f"{name}:"):
            address = hub.create_repo(name, private=private, exist_ok=True)
            hub.create_commit(
                name,
                [CommitOperationAdd(path, content) for path, content in files.items()],
                commit_message=f"{file.header.recipe['name']}, by ebgan-kit",
            )
    return str(address)


def _without_folders(file: ModelFile, folder: Path) -> ModelFile:
    """Return the model file, or a copy in `folder` where it or its figures name folders.

    The copy has the same weights, so the figures are of it, too. They come along with its
    fingerprint.
    """
    report = evaluation.read(file)
    header, figures = without_folders(file.header), blanked(report)
    if header == file.header and figures == report:
        return file
    path = folder / MODEL
    write_model(path, file.tensors, header)
    copy = ModelFile.open(path)
    if report is not None:
        write_json(path.with_name(evaluation.NAME), figures | {"model": copy.sha256})
        sheet = file.path.with_name(evaluation.SHEET)
        if sheet.exists():
            shutil.copy(sheet, folder)
    return copy
