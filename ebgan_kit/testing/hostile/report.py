"""What cases came to, counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

from rich.console import Console

from ebgan_kit.terminal.tables import listing
from ebgan_kit.testing.hostile.case import Case
from ebgan_kit.testing.hostile.verdict import SENTENCE, SUCCESS, UNMADE, Outcome

SHOWN = 3
"""Cases that are named of each defect."""


class Report:
    """The outcomes of all cases, by kind; defects by what they are and where they lie."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)
        self.slowest: dict[str, float] = defaultdict(float)
        self.largest: dict[str, float] = defaultdict(float)
        self.defects: dict[tuple[str, str, str], list[tuple[Case, Outcome]]] = defaultdict(list)
        self.last: Outcome | None = None

    def add(self, case: Case, outcome: Outcome) -> None:
        """Count a case's outcome."""
        kind = case.kind
        self.counts[kind][outcome.word] += 1
        self.slowest[kind] = max(self.slowest[kind], outcome.seconds)
        self.largest[kind] = max(self.largest[kind], outcome.megabytes)
        self.last = outcome
        if outcome.is_defect:
            self.defects[kind, outcome.word, outcome.detail].append((case, outcome))

    def show(self) -> None:
        """Print a table of all outcomes, then each defect with what shows it again."""
        console = Console()
        table = listing("kind", "cases", SUCCESS, SENTENCE, "defects", "slowest, s", "most, MB")
        for kind, counts in self.counts.items():
            right = counts[SUCCESS], counts[SENTENCE]
            cells = (counts.total(), *right, counts.total() - sum(right))
            most = f"{self.slowest[kind]:.1f}", f"{self.largest[kind]:,.0f}"
            table.add_row(kind, *(f"{number:,}" for number in cells), *most)
        console.print(table)
        for about, found in sorted(self.defects.items(), key=lambda one: -len(one[1])):
            lines = [f"\n{len(found)} × {': '.join(about)}"]
            for case, outcome in found[:SHOWN]:
                again = f"--seed {case.seed} --only {case.number}"
                lines.append(f"  {again}: {outcome.command:.150}")
            if UNMADE in about:
                lines.append(found[0][1].said)
            console.print("\n".join(lines), markup=False, soft_wrap=True, highlight=False)

    def show_last(self, place: Path) -> None:
        """Print all of one case, and where its inputs are."""
        assert self.last is not None
        print(f"\n{self.last}\n\nin {place}/case/work:\n{self.last.command}\n\n{self.last.said}")
