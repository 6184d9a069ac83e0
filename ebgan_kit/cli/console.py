"""The terminal: what commands print, and where warnings go."""

from __future__ import annotations

import os
from typing import Any

from ebgan_kit.terminal.printable import PrintableConsole, shortened
from ebgan_kit.training.launch import first_here

if not os.environ.get("COLUMNS", "1").strip("0"):
    del os.environ["COLUMNS"]  # a shell without a terminal sets 0, in which nothing is shown

out = PrintableConsole()
err = PrintableConsole(stderr=True)


def warn(message: Warning | str, category: type[Warning], *place: Any) -> None:
    """Print a warning as one line, by the first process of each host."""
    if not first_here():
        return
    text = shortened(f"warning: {message}")
    err.print(text, style="yellow", soft_wrap=True, highlight=False, markup=False)
