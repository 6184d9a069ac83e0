"""The terminal: what commands print, and where warnings go."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from ebgan_kit.training.launch import first_here

out = Console()
err = Console(stderr=True)


def warn(message: Warning | str, category: type[Warning], *place: Any) -> None:
    """Print a warning as one line, by the first process of each host."""
    if not first_here():
        return
    err.print(f"warning: {message}", style="yellow", soft_wrap=True, highlight=False, markup=False)
