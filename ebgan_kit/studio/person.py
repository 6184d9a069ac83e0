"""Those who have the page open, each with work of their own."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock, RLock

from ebgan_kit.errors import UsageError
from ebgan_kit.studio.photo import Photo
from ebgan_kit.studio.work import Work

MOST_PEOPLE = 16
"""Who was away for longest is forgotten first."""

MOST_STEPS = 100
"""That can be undone."""

MOST_UPLOADS, MOST_PIXELS = 40, 150_000_000
"""Of one person, as long as the page is open."""


@dataclass
class Person:
    """One open page. What happens on it happens in turn, under its lock."""

    work: Work
    past: list[Work] = field(default_factory=list)
    future: list[Work] = field(default_factory=list)
    photos: list[Photo] = field(default_factory=list)
    """What was uploaded."""
    lock: RLock = field(default_factory=RLock)

    def do(self, work: Work) -> None:
        self.past = [*self.past, self.work][-MOST_STEPS:]
        self.work, self.future = work, []

    def undo(self) -> None:
        if self.past:
            self.future = [*self.future, self.work]
            *self.past, self.work = self.past

    def redo(self) -> None:
        if self.future:
            self.past = [*self.past, self.work]
            *self.future, self.work = self.future

    def take(self, photo: Photo) -> Photo:
        """UsageError where it is one too many."""
        held = [*self.photos, photo]
        pixels = sum(one.image.width * one.image.height for one in held)
        if len(held) > MOST_UPLOADS or pixels > MOST_PIXELS:
            raise UsageError("no more uploads fit here: reload the page, which forgets them all")
        self.photos = held
        return photo


class People:
    """By the name that the server gives to each page."""

    def __init__(self, begin: Callable[[], Person]) -> None:
        self.begin = begin
        self._here: OrderedDict[str, Person] = OrderedDict()
        self._lock = Lock()

    def __getitem__(self, session: str) -> Person:
        with self._lock:
            person = self._here.pop(session, None) or self.begin()
            self._here[session] = person
            while len(self._here) > MOST_PEOPLE:
                self._here.popitem(last=False)
            return person

    def __len__(self) -> int:
        return len(self._here)

    def leave(self, session: str) -> None:
        """Forget all that a page brought."""
        with self._lock:
            self._here.pop(session, None)
