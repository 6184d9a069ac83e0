"""Errors that a person can mend, and the words in which they are said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class UsageError(Exception):
    """One clear sentence that names the culprit and the way out.

    The command line prints it and exits with status 2, without a traceback; from Python it is
    raised as it is. An error of a recipe says in fields as well what its sentence is about; a field
    is "" where the sentence is not about such a thing.

    `place`: the recipe's table, such as `loss.cycle`. `key`: the key in that table, or above all
    tables. `hint`: the known word that comes nearest to an unknown one. `mistakes`: each mistake of
    a recipe by itself; the fields beside it are those of the first.
    """

    def __init__(
        self,
        message: str = "",
        *,
        place: str = "",
        key: str = "",
        hint: str = "",
        mistakes: Sequence[UsageError] = (),
    ) -> None:
        super().__init__(message)
        self.place, self.key, self.hint = place, key, hint
        self.mistakes = tuple(mistakes)


class Unwritable(UsageError, OSError):
    """A file that the disk does not take; for Python it is still the OSError that it was.

    `errno` is that of the system, None where it gave none.
    """

    def __init__(self, message: str, number: int | None = None) -> None:
        super().__init__(message)
        self.errno = number


class Stopped(Exception):
    """An interrupt, after which what was done is kept.

    A run goes on with `resume`, and packing by the same call.
    """


class Lost(Exception):
    """Another process of the run has ended, so that this one cannot go on."""


def unknown(
    sentence: str, word: str, known: Iterable[str], place: str = "", key: str = "", more: str = ""
) -> UsageError:
    """Return the error of a word that is not known: the sentence, the nearest word, and more."""
    known = list(known)
    message = sentence + nearest(word, known) + more
    return UsageError(message, place=place, key=key, hint=_close(word, known))


def nearest(word: str, known: Iterable[str]) -> str:
    """'; did you mean …?', or the whole list where nothing is near."""
    names = sorted(known)
    close = _close(word, names)
    if close:
        return f"; did you mean '{close}'?"
    return f"; there is {', '.join(names)}" if names else ""


def _close(word: str, known: Iterable[str]) -> str:
    """The known word that comes nearest; "" where none is near."""
    import difflib

    return next(iter(difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)), "")


def shown(value: object) -> str:
    """Return a value as a sentence may show it: in full where that is short, else by its type."""
    text = repr(value)
    return text if len(text) < 60 and "\n" not in text else f"a {type(value).__name__}"
