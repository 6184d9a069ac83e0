"""Commands that show a model file and hand it on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ebgan_kit.cli.arguments import ModelName, opened
from ebgan_kit.cli.console import out, tell


def inspect(
    model: ModelName,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Print what a model file says of itself, and what was measured of it."""
    from ebgan_kit.cli import listings

    file = opened(model)
    if as_json:
        print(json.dumps(listings.facts(file), indent=2))
    else:
        out.print(listings.header(file))


def card(
    model: ModelName,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="README.md beside the model if not given.")
    ] = None,
) -> None:
    """Write a model's card: what it does, its figures, what it may be used for and what not."""
    from ebgan_kit.sharing.card import write_card

    tell(f"wrote {write_card(model, output)}")


def push(
    model: ModelName,
    name: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="Its name on the Hub.")],
    private: Annotated[
        bool, typer.Option("--private", help="If it is new, nobody sees it.")
    ] = False,
) -> None:
    """Put a model with its card and its figures on the Hugging Face Hub."""
    from ebgan_kit.sharing.push import push as share

    tell(f"wrote {share(model, name, private)}")
