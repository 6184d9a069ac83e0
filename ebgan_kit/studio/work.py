"""What one person has asked for, as it stands; each step makes another of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from PIL import Image

from ebgan_kit.editing.document import KnownPicture, embedded
from ebgan_kit.editing.request import Change, Request
from ebgan_kit.images.crop import Eyes
from ebgan_kit.studio.mask import Mask
from ebgan_kit.studio.photo import Photo, png


@dataclass(frozen=True)
class Choice:
    """One region, and whose it is to be."""

    exemplar: Photo
    regions: tuple[str, ...] = ("mouth",)
    painted: Mask | None = None
    """What is filled in their place, of the source's size."""
    attributes: Mapping[str, bool] = field(default_factory=dict)
    """What was switched; all else is as C finds it in the exemplar."""
    eyes: Eyes | None = None
    """The exemplar's."""
    strength: float = 1


@dataclass(frozen=True)
class Work:
    """A source and the choices made for it, one of which is being looked at."""

    model: str
    source: Photo
    choices: tuple[Choice, ...]
    current: int = 0
    eyes: Eyes | None = None
    feather: int | None = None
    match_colours: bool = False
    keep: Mask | None = None
    """What stays as it is, of the source's size."""

    @property
    def choice(self) -> Choice:
        return self.choices[self.current]

    def chosen(self, **changed: Any) -> Work:
        """With another current choice."""
        choices = list(self.choices)
        choices[self.current] = replace(self.choice, **changed)
        return replace(self, choices=tuple(choices))

    def with_source(self, source: Photo, eyes: Eyes | None) -> Work:
        """What was painted over one photograph means nothing on another."""
        choices = tuple(replace(choice, painted=None) for choice in self.choices)
        return replace(self, source=source, eyes=eyes, choices=choices, keep=None)

    def request(self) -> Request[Any]:
        """With photos and masks, as they are here, in the place of pictures."""
        return Request(
            self.source,
            [
                Change(
                    c.exemplar,
                    c.painted or c.regions,
                    attributes=c.attributes,
                    eyes=c.eyes,
                    strength=c.strength,
                )
                for c in self.choices
            ],
            self.eyes,
            self.feather,
            self.match_colours,
            keep=self.keep,
        )

    def pictures(self) -> Request[Image.Image]:
        return self.request().mapped(lambda one: one.image)

    def files(self) -> Request[KnownPicture]:
        """As a document names them; it brings masks along."""
        return self.request().mapped(
            lambda one: one.file if isinstance(one, Photo) else embedded("mask.png", png(one.image))
        )
