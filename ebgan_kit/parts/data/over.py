"""Data that stands over other data, and has all that it has."""

from __future__ import annotations

from typing import Any


class Over:
    """Data that reads its faces from other data, and otherwise answers as that does."""

    def __init__(self, data: Any) -> None:
        self._data = data

    def __getattr__(self, name: str) -> Any:
        if name == "_data":  # while it is unpickled by a reader
            raise AttributeError(name)
        return getattr(self._data, name)

    def __len__(self) -> int:
        return len(self._data)
