"""Those who have the page open, each with work of their own."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock, RLock, Timer

from ebgan_kit.errors import UsageError
from ebgan_kit.studio.photo import Photo
from ebgan_kit.studio.work import Work
from ebgan_kit.training.memory import return_freed_memory

MOST_PEOPLE = 16
"""Who was away for longest is forgotten first."""

AWAY = 20.0
"""Seconds for which a tab may be without a page, while it is reloaded."""

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
            raise UsageError(
                "no more uploads fit here: go on in another tab, which begins anew, and close this "
                "one"
            )
        self.photos = held
        return photo


class People:
    """By the name that the server gives to each page, and the one that each tab keeps for itself.

    A page that is reloaded is another page in the same tab: it finds its person again.
    """

    def __init__(self, begin: Callable[[], Person], away: float = AWAY) -> None:
        self.begin, self.away = begin, away
        self._here: OrderedDict[str, Person] = OrderedDict()
        self._tabs: dict[str, Person] = {}
        self._lock = Lock()

    def __getitem__(self, page: str) -> Person:
        with self._lock:
            return self._find(page, None)

    def __len__(self) -> int:
        return len({id(person) for person in (*self._here.values(), *self._tabs.values())})

    def come(self, page: str, tab: str) -> Person:
        """Return the person of a tab on its page: the one who was there before it was reloaded."""
        with self._lock:
            self._tabs[tab] = person = self._find(page, self._tabs.get(tab))
            return person

    def leave(self, page: str) -> None:
        """Forget all that a page brought, unless its tab opens another page in good time."""
        with self._lock:
            person = self._here.pop(page, None)
        if person is not None:
            timer = Timer(self.away, self._forget, [person])
            timer.daemon = True
            timer.start()

    def _find(self, page: str, known: Person | None) -> Person:
        person = known or self._here.get(page) or self.begin()
        self._here[page] = person
        self._here.move_to_end(page)
        while len(self._here) > MOST_PEOPLE:
            _, gone = self._here.popitem(last=False)
            self._drop(gone)
        return person

    def _forget(self, person: Person) -> None:
        with self._lock:
            self._drop(person)
        return_freed_memory()

    def _drop(self, person: Person) -> None:
        if all(other is not person for other in self._here.values()):
            self._tabs = {tab: one for tab, one in self._tabs.items() if one is not person}
