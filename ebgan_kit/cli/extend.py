"""Commands for authors of recipes and plugins."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from ebgan_kit.cli.console import out, tell


def parts(
    kind: Annotated[str | None, typer.Argument(help="A kind, such as loss.")] = None,
    name: Annotated[str | None, typer.Argument(help="A part, such as cycle.")] = None,
) -> None:
    """List the parts on offer, or the keys of one."""
    from ebgan_kit.cli import listings

    out.print(listings.parts(kind, name))


def plugins(context: typer.Context) -> None:
    """List the plugins that are installed, and their commands."""
    from ebgan_kit.cli import listings

    own = context.find_root().command.commands  # type: ignore[attr-defined]
    out.print(listings.plugins(own))


def new_plugin(
    name: Annotated[str, typer.Argument(help="Such as sharpness: the loss that it begins with.")],
) -> None:
    """Write ./ebgan-kit-NAME: a plugin with a working loss, its recipe and its tests."""
    from ebgan_kit.registry.new_plugin import new_plugin as write

    folder = write(name)
    tell(f"wrote {folder}; next:")
    for line in (f'pip install -e "./{folder}[test]"', f"pytest {folder}"):
        tell(f"  {line}")


def schema() -> None:
    """Print a JSON Schema of recipes, for editors that complete and check TOML."""
    from ebgan_kit.recipe.json_schema import schema as recipe_schema

    print(json.dumps(recipe_schema(), indent=2))
