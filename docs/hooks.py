"""What the docs generate while they are built: nothing about a part, key or command is typed twice.

A page says `<!-- generated: NAME -->` where a text of `GENERATED` goes, and every kind of part gets
a page of its own. MkDocs calls `on_config`, `on_files` and `on_page_markdown`.
"""

from __future__ import annotations

import inspect
import re
import textwrap
import tomllib
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import rooms

from ebgan_kit.cli.listings import type_of
from ebgan_kit.recipe.grammar import DEFAULTS, MANY, REQUIRED, SIDES, Train
from ebgan_kit.recipe.recipe import read
from ebgan_kit.registry.part import KINDS, Kind, Part
from ebgan_kit.registry.plugins import registry

ROOT = Path(__file__).parents[1]
OWNER = "ebgan-kit"
"""The plugin whose parts are listed: the docs do not depend on what else is installed."""


def on_config(config: Any) -> Any:
    """Put the generated pages into the navigation, in the place of the entry `Parts`."""
    pages = ["parts/index.md", *(f"parts/{kind}.md" for kind in KINDS)]
    config.nav = [{"Parts": pages} if "Parts" in entry else entry for entry in config.nav]
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add the generated pages."""
    from mkdocs.structure.files import File

    for path, text in pages().items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, **given: Any) -> str:
    return fill(markdown)


def fill(markdown: str) -> str:
    """The page with its generated texts; KeyError for a name that there is not."""
    return re.sub(r"<!-- generated: (\S+) -->", lambda found: GENERATED[found[1]](), markdown)


def pages() -> dict[str, str]:
    """Path → text of every generated page."""
    return {"parts/index.md": index_page()} | {
        f"parts/{name}.md": kind_page(kind) for name, kind in KINDS.items()
    }


def parts_of(kind: str) -> list[Part]:
    offers = registry().parts[kind].values()
    return [part for parts in offers for part in parts if part.owner == OWNER]


def index_page() -> str:
    text = "# Parts\n\nEvery part that comes with the kit; `ebgan-kit parts` prints the same.\n"
    for name, kind in KINDS.items():
        rows = [(f"[`{p.name}`]({name}.md#{p.name})", p.sentence) for p in parts_of(name)]
        text += f"\n## {name}\n\n{kind.sentence} {tables_of(name)}\n\n"
        text += table(("part", "is"), rows)
    return text


def kind_page(kind: Kind) -> str:
    text = f"# {kind.name}\n\n{kind.sentence} {tables_of(kind.name)} {call_of(kind)}\n"
    if kind.name in ("loss", "adversarial"):
        text += "\nBeside its own keys a table has `weight` and, for a part with a critic's side, "
        text += "`critic_weight`; see [weights](../recipes.md#weights-that-ramp).\n"
    return text + "".join(part_section(part) for part in parts_of(kind.name))


def part_section(part: Part) -> str:
    fields = part.keys.model_fields
    rows = [(f"`{key}`", type_of(part, key), default(field)) for key, field in fields.items()]
    keys = table(("key", "type", "default"), rows) if rows else "It has no keys.\n"
    return f"\n## {part.name}\n\n{prose(part)}\n\n{keys}"


def prose(part: Part) -> str:
    """The docstring as Markdown: lines that explain keys become a list, indented ones a block."""
    text, keys = inspect.getdoc(part.make) or "", part.keys.model_fields
    blocks = re.split(r"\n\n+(?=\S)", text)
    return "\n\n".join(part_of_prose for block in blocks for part_of_prose in _block(block, keys))


def _block(block: str, keys: Iterable[str]) -> Iterable[str]:
    """A paragraph with a list where lines begin with a key, then what is indented after it."""
    words, _, indented = block.partition("\n\n")
    name = rf"`?({'|'.join(keys) or '(?!)'})\b`?[^:.;]*: "
    words = re.sub(rf"(?m)^(?={name})", "- ", words)
    yield words if words.startswith("- ") else words.replace("\n- ", "\n\n- ", 1)
    if indented:
        yield f"```text\n{textwrap.dedent(indented).rstrip()}\n```"


def default(field: Any) -> str:
    return "required" if field.is_required() else f"`{plain(field.default)}`"


def plain(value: Any) -> str:
    """A value as TOML writes it, or nearly."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(plain, value))}]"
    return "none" if value is None else str(value)


def tables_of(kind: str) -> str:
    """Which tables of a recipe name a part of the kind."""
    if kind in MANY:
        return f"A recipe has any number of tables `[{kind}.NAME]`."
    if kind in SIDES:
        names = " and ".join(f"`[{kind}.{side}]`" for side in SIDES[kind])
        return f"A recipe has {names}, {silent(kind)}."
    need = "must have" if kind in REQUIRED else "may have"
    return f"A recipe {need} one table `[{kind}]`."


def silent(kind: str) -> str:
    uses = {side["use"] for side in DEFAULTS.get(kind, {}).values()}
    return f"each `{uses.pop()}` where it is left out" if uses else "each of which may be left out"


def call_of(kind: Kind) -> str:
    given = f"`({', '.join(kind.takes)})`" if kind.takes else "no positional argument"
    if kind.made:
        return f"The kit calls the part once, with {given}, and uses what it returns."
    return f"The kit binds the part's keys and calls it with {given} again and again."


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    cells = ([str(cell).replace("|", "\\|") for cell in line] for line in lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


def train_keys() -> str:
    holder: Any = SimpleNamespace(keys=Train)
    rows = [
        (f"`{key}`", type_of(holder, key), default(field), field.description)
        for key, field in Train.model_fields.items()
    ]
    return table(("key", "type", "default", "is"), rows)


def kinds() -> str:
    rows = [
        (f"[`{kind.name}`](parts/{kind.name}.md)", kind.sentence, call_of(kind))
        for kind in KINDS.values()
    ]
    return table(("kind", "is", "called"), rows)


def commands() -> str:
    """The help of every command, by typer."""
    import typer
    from typer.cli import get_docs_for_click

    from ebgan_kit.cli.app import app

    command: Any = typer.main.get_command(app)
    command.offers = {}  # the docs do not depend on what else is installed
    context: Any = typer.Context(command, info_name=OWNER)
    text = get_docs_for_click(obj=command, ctx=context, name=OWNER)
    return text.partition("\n")[2].replace(".*", ".\\*")


def choices() -> str:
    return choices_of("ebgan-paper", ["ebgan-celeba-128", "quickstart"])


def att_choices() -> str:
    """Of Att-EBGAN, what EBGAN does not have."""
    return choices_of(
        "att-ebgan-paper",
        ["att-ebgan-celeba-128", "att-ebgan-quickstart"],
        known=remarks(ROOT / "recipes" / "ebgan-paper.toml"),
    )


def choices_of(paper: str, others: list[str], known: Iterable[Any] = ()) -> str:
    """What the paper's recipe remarks beside its keys, and what the other recipes have there."""
    recipes = ROOT / "recipes"
    dumps = [read(recipes / f"{name}.toml").dump() for name in others]
    rows = []
    for found in remarks(recipes / f"{paper}.toml"):
        if found in known:
            continue
        place, key, value, remark = found
        theirs = [plain(look_up(dump, place, key)) for dump in dumps]
        rows.append((f"`{place}.{key}`", f"`{plain(value)}`", remark, *(f"`{t}`" for t in theirs)))
    return table(("key", f"`{paper}`", "why there", *(f"`{name}`" for name in others)), rows)


def remarks(path: Path) -> list[tuple[str, str, Any, str]]:
    """Table, key, value and remark of every key of a recipe that has a remark beside it."""
    place, found = "", []
    for line in path.read_text(encoding="utf-8").splitlines():
        statement, _, remark = line.partition("#")
        if statement.startswith("["):
            place = statement.strip(" []")
        elif statement.strip() and remark and place:
            ((key, value),) = tomllib.loads(statement).items()
            found.append((place, key, value, remark.strip()))
    return found


def look_up(document: Any, place: str, key: str) -> Any:
    for step in place.split("."):
        document = document.get(step, {})
    return document.get(key)


GENERATED = {
    "train-keys": train_keys,
    "kinds": kinds,
    "commands": commands,
    "choices": choices,
    "att-choices": att_choices,
    "rooms": rooms.picture,
    "rooms-order": rooms.order,
}
