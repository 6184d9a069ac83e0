"""Files that lie in the place of others: pointers, web pages, archives."""

from __future__ import annotations

from pathlib import Path

_STARTS = (
    (b"version https://git-lfs", "it is a pointer of Git LFS: fetch the file by git lfs pull"),
    (b"/annex/objects/", "it is a pointer of git-annex: fetch the file by git annex get"),
    (b"<!doctype html", "it is a web page: download the file that the page is about"),
    (b"<html", "it is a web page: download the file that the page is about"),
    (b"pk\x03\x04", "it is a zip archive, or a file that torch.save wrote"),
)
"""How they begin, in small letters, and what they are."""


def placeholder(path: Path) -> str:
    """Return what lies in a file's place and how to get the file; "" for any other content."""
    try:
        with open(path, "rb") as file:
            start = file.read(64).lstrip().lower()
    except OSError:
        return ""
    return next((what for first, what in _STARTS if start.startswith(first)), "")
