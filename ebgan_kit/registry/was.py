"""Keys of recipes that had another name before."""

from __future__ import annotations

from dataclasses import dataclass

import pydantic


@dataclass(frozen=True)
class Was:
    """An old name of a key, which recipes may still use: `lr: Annotated[float, Was("rate")]`."""

    name: str


def old_names(keys: type[pydantic.BaseModel]) -> dict[str, str]:
    """Return the present name of each key that had another one, by the old name."""
    return {
        mark.name: name
        for name, field in keys.model_fields.items()
        for mark in field.metadata
        if isinstance(mark, Was)
    }
