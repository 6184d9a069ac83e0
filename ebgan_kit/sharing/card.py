"""A model's card: what one must know before one uses it, out of its file and its figures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w

from ebgan_kit.errors import UsageError
from ebgan_kit.evaluation import store as evaluation
from ebgan_kit.files.outputs import require_writable
from ebgan_kit.files.writing import write_text
from ebgan_kit.modelfile.file import ModelFile
from ebgan_kit.modelfile.folders import inputs_of, without_folders
from ebgan_kit.modelfile.header import Header
from ebgan_kit.registry.part import KIT

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

MARK = "<!-- written by ebgan-kit card -->"
"""Of a card that may be written anew."""

DATA = {
    "synthetic": ("apache-2.0", "drawn faces, Apache-2.0"),
    "celeba": ("other", "CelebA, for non-commercial research only"),
    "celebamask-hq": ("other", "CelebAMask-HQ, for non-commercial research and education only"),
}
"""Data → its licence in the Hub's words, and in a person's."""

UNKNOWN = ("other", "faces whose owner says what may be done with them")

TEMPLATE = Path(__file__).with_name("model_card.md")


def card(model: ModelFile | Path, name: str | None = None) -> str:
    """Markdown with the Hub's metadata at its top; see `TEMPLATE`.

    `name`: by which people will load it; the file's own name if not given.
    """
    file = ModelFile.open(model)
    header = file.header
    if not header.edits:
        raise UsageError(f"{file}: is a judge, which edits nothing; a card is of a model that does")
    from huggingface_hub import ModelCard, ModelCardData

    report = evaluation.read(file)
    title = name or header.recipe["name"]
    told = ModelCardData(
        license=_data(header)[0] if not header.licences else "other",
        library_name="ebgan-kit",
        pipeline_tag="image-to-image",
        tags=["ebgan-kit", "face-editing", "exemplar-based", "inpainting"],
        model_name=title if report else None,
        eval_results=_results(report) if report else None,
    )
    written = ModelCard.from_template(
        told,
        template_path=str(TEMPLATE),
        mark=MARK,
        name=title,
        place=name or (file.path.name if file.is_here else str(file)),
        sentence=header.sentence,
        sheet=_sheet(file, report),
        switches=_switches(header),
        plugins=_plugins(header),
        figures=_figures(file, report),
        data=_data(header)[1],
        images=f"{header.images:,}",
        licences=_licences(header),
        recipe=tomli_w.dumps(without_folders(header).recipe).rstrip(),
        kit=header.kit,
        fingerprint=file.sha256,
    )
    return f"{written}\n"


def write_card(model: ModelFile | Path, path: Path | None = None) -> Path:
    """Write a model's card, beside it if no path is given; returns where it is.

    UsageError where a file is there that somebody else wrote, and where none can be written.
    """
    file = ModelFile.open(model)
    path = path or evaluation.beside(file, "README.md")
    require_writable([path], inputs_of(file))
    if path.is_file() and MARK not in path.read_text(encoding="utf-8", errors="replace"):
        raise UsageError(f"{path}: was not written by ebgan-kit card: say by -o where it goes")
    write_text(path, card(file))
    return path


def _data(header: Header) -> tuple[str, str]:
    return DATA.get(header.data, UNKNOWN)


def _sheet(file: ModelFile, report: Mapping[str, Any] | None) -> str:
    if report is None or not file.path.with_name(evaluation.SHEET).exists():
        return ""
    return f"![Source, exemplar and edit, row by row]({evaluation.SHEET})"


def _switches(header: Header) -> str:
    if not header.attributes:
        return "It has no switches: the region comes as the exemplar has it."
    names = ", ".join(f"`{name}`" for name in header.attributes)
    return f"Switches, for `--with` and `--without` or `attributes={{…}}`: {names}."


def _plugins(header: Header) -> str:
    others = [
        f"`{header.packages.get(name, name)}` {version}"
        for name, version in header.plugins.items()
        if name != KIT
    ]
    return f"It takes the plugins {', '.join(others)}." if others else ""


def _figures(file: ModelFile, report: Mapping[str, Any] | None) -> str:
    if report is None:
        return f"Nothing yet; `ebgan-kit evaluate {Path(file.name).name}` measures it."
    head = f"On {report['count']:,} pairs of faces that it was not trained on, with 95% intervals:"
    lines = [f"| {what} | {figure} |" for what, figure in evaluation.rows(report)]
    return "\n".join([head, "", "| what | figure |", "| --- | --- |", *lines])


def _results(report: Mapping[str, Any]) -> list[EvalResult]:
    """The figures as the Hub shows them beside a model."""
    from huggingface_hub import EvalResult

    return [
        EvalResult(
            task_type="image-to-image",
            dataset_type="held-out-faces",
            dataset_name=f"{report['count']:,} pairs of faces that it was not trained on",
            metric_type=what.rpartition(": ")[2].partition(",")[0],  # PSNR, SSIM, transfer …
            metric_name=what,
            metric_value=figure,
        )
        for what, figure in evaluation.rows(report)
    ]


def _licences(header: Header) -> str:
    if not header.licences:
        return "No pretrained weights went into it."
    theirs = ", ".join(f"{part} ({licence})" for part, licence in header.licences.items())
    return f"Pretrained weights went into it, under licences of their own: {theirs}."
