"""Text of strangers as a terminal may have it: shown, and not obeyed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.segment import Segment

LONGEST = 500
"""Characters of a line of a sentence, at most."""

_OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Control characters but the tab and the end of a line: they move the cursor, set titles …"""


def printable(text: str) -> str:
    """Replace each character that a terminal obeys by `?`, as `ls` does."""
    return _OBEYED.sub("?", text)


def shortened(text: str) -> str:
    """Cut each line of a text where it goes on without end."""
    lines = text.split("\n")
    return "\n".join(line if len(line) <= LONGEST else f"{line[:LONGEST]} …" for line in lines)


class PrintableConsole(Console):
    """A console that prints no control characters but its own."""

    def render(self, *given: Any, **how: Any) -> Iterable[Segment]:
        """Render as rich does, with the texts made printable."""
        for text, style, control in super().render(*given, **how):
            yield Segment(text if control else printable(text), style, control)
