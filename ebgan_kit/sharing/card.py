"""A model's card: what one must know before one uses it, out of its file and its figures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from ebgan_kit.errors import UsageError
from ebgan_kit.evaluation import store as evaluation
from ebgan_kit.files import draft
from ebgan_kit.modelfile.file import ModelFile
from ebgan_kit.modelfile.header import Header
from ebgan_kit.registry.part import KIT

MARK = "<!-- written by ebgan-kit card -->"
"""Of a card that may be written anew."""

DATA = {
    "synthetic": ("apache-2.0", "drawn faces, Apache-2.0"),
    "celeba": ("other", "CelebA, for non-commercial research only"),
    "celebamask-hq": ("other", "CelebAMask-HQ, for non-commercial research and education only"),
}
"""Data → its licence in the Hub's words, and in a person's."""

UNKNOWN = ("other", "faces whose owner says what may be done with them")

PLACES = ("root", "file", "path")
"""Keys of a recipe that name places on the machine where it was trained."""

PAPER = """\
@misc{exemplar_based_generative_facial_editing,
  title = {Exemplar-based generative facial editing},
  note = {The paper of EBGAN and Att-EBGAN}
}"""

TEMPLATE = """\
---
license: {licence}
library_name: ebgan-kit
pipeline_tag: image-to-image
tags:
- ebgan-kit
- face-editing
- exemplar-based
- inpainting
---
{mark}

# {name}

{sentence}

{sheet}

## Use it

With ebgan-kit {kit} or newer:

```bash
ebgan-kit edit {place} --source me.jpg --exemplar friend.jpg -o edited.png
```

```python
import ebgan_kit
from PIL import Image

editor = ebgan_kit.load("{place}")
edited = editor.edit(Image.open("me.jpg"), Image.open("friend.jpg"))
```

{switches} Outside the region every pixel stays the source's, bit for bit. {plugins}

## What was measured

{figures}

## What it is for

Research on editing faces by example, and edits that the people in both photographs agreed to. It
works on faces like those that it was trained on: {data}. Other poses, light and people than theirs
it has not seen, and edits them worse; measure it on the people that it is meant for.

## What it must not be used for

- Editing the face of somebody who did not agree to it, as source or as exemplar.
- Making anyone appear to do or say what they did not, or passing as somebody.
- Publishing an edit as a photograph: say that it is edited.
- Telling who somebody is, or what they are like: its attributes are what annotators saw.

## How it was made

Trained on {images:,} images of {data}. {licences}

```toml
{recipe}
```

Written by ebgan-kit {kit}. SHA-256 of the file: `{fingerprint}`.

## Cite

The method's paper:

```bibtex
{paper}
```
"""


def card(model: ModelFile | Path, name: str | None = None) -> str:
    """Markdown with the Hub's metadata at its top; see `TEMPLATE`.

    `name`: by which people will load it; the file's own path if not given.
    """
    file = ModelFile.open(model)
    header = file.header
    if not header.edits:
        raise UsageError(f"{file}: is a judge, which edits nothing; a card is of a model that does")
    report = evaluation.read(file)
    return TEMPLATE.format(
        mark=MARK,
        licence=_data(header)[0] if not header.licences else "other",
        name=name or header.recipe["name"],
        place=name or Path(file.name).as_posix(),
        sentence=header.sentence,
        sheet=_sheet(file, report),
        switches=_switches(header),
        plugins=_plugins(header),
        figures=_figures(file, report),
        data=_data(header)[1],
        images=header.images,
        licences=_licences(header),
        recipe=_recipe(header),
        kit=header.kit,
        fingerprint=file.sha256,
        paper=PAPER,
    )


def write_card(model: ModelFile | Path, path: Path | None = None) -> Path:
    """Write a model's card, beside it if no path is given; returns where it is.

    UsageError where a file is there that somebody else wrote.
    """
    file = ModelFile.open(model)
    path = path or evaluation.beside(file, "README.md")
    if path.exists() and MARK not in path.read_text(encoding="utf-8", errors="replace"):
        raise UsageError(f"{path}: was not written by ebgan-kit card: say by -o where it goes")
    text = card(file)
    with draft(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")
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


def _licences(header: Header) -> str:
    if not header.licences:
        return "No pretrained weights went into it."
    theirs = ", ".join(f"{part} ({licence})" for part, licence in header.licences.items())
    return f"Pretrained weights went into it, under licences of their own: {theirs}."


def _recipe(header: Header) -> str:
    """Without the places where its data lie, which are its maker's own."""
    tables = {
        name: {k: v for k, v in table.items() if k not in PLACES}
        if isinstance(table, dict)
        else table
        for name, table in header.recipe.items()
    }
    return tomli_w.dumps(tables).rstrip()
