"""The whole contract between the kit and a plugin: one hook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from ebgan_kit.registry.plugins import Add

hookspec = pluggy.HookspecMarker("ebgan_kit")
hookimpl = pluggy.HookimplMarker("ebgan_kit")


@hookspec
def register(add: Add) -> None:
    """Offer parts to recipes.

    A part is a plain function or class: its positional arguments are the kit's (they depend on the
    kind, see `ebgan-kit parts KIND`), its keyword-only arguments are its keys in a recipe.

        from ebgan_kit import hookimpl

        def hue(edit, networks, *, sharpness: float = 1.0):
            \"\"\"Distance between the hues of the edit and of the exemplar.\"\"\"
            ...

        @hookimpl
        def register(add):
            add.loss(hue=hue)

    The module is named in the plugin's own pyproject.toml:

        [project.entry-points.ebgan_kit]
        hue = "my_package.hue"

    Offering a part runs nothing: a recipe that wants it says `[loss.hue]`. An underscore in the
    offered name is a hyphen in the recipe. A part that takes long to import may be offered by its
    place, `add.loss(hue="my_package.losses:hue")`; it is imported when a recipe names it.
    """
