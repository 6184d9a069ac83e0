"""Errors that a person can mend, and the words in which they are said."""

from __future__ import annotations

from collections.abc import Iterable


class UsageError(Exception):
    """One clear sentence that names the culprit and the way out.

    The command line prints it and exits with status 2, without a traceback; from Python it is
    raised as it is.
    """


class Stopped(Exception):
    """An interrupt, after which what was done is kept.

    A run goes on with `resume`, and packing by the same call.
    """


class Lost(Exception):
    """Another process of the run has ended, so that this one cannot go on."""


def nearest(word: str, known: Iterable[str]) -> str:
    """'; did you mean …?', or the whole list where nothing is near."""
    import difflib

    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; there is {', '.join(names)}" if names else ""
