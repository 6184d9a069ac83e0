"""The view that a model has of a photograph: a square of it, as the model's faces lie there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from math import copysign

import torch
from PIL import Image
from torch import Tensor

from ebgan_kit.editing.regions import Mask, area, kept, names_in
from ebgan_kit.editing.request import WIDEST_FEATHER, Change, Request
from ebgan_kit.errors import UsageError
from ebgan_kit.images.crop import Eyes, Frame, down, laid, mouth_depth
from ebgan_kit.images.pictures import Picture, count_of, crop, size_of
from ebgan_kit.modelfile.header import Header
from ebgan_kit.regions import WHOLE
from ebgan_kit.types import Faces

SOFT = 0.2
"""How wide an edge is that nobody gave a width, in distances of the eyes."""

SOFT_LARGE_MOUTH = 0.4
"""That of a mouth whose region is larger than plain: it holds a wide smile, and at its corners the
jaw and the hair behind, which a wide edge fades."""

LIFT = 0.05
"""How far a smile lifts a mouth, in distances of the eyes: the mean of 51 people of the London set.

How far a mouth lies below the eyes differs by more between two people, and by more still between a
portrait and a selfie, whose camera is near and held high."""

MOUTH = ("mouth",)


def soft_edge(header: Header, names: tuple[str, ...]) -> float:
    """Return how wide the edge of named regions is by itself, in distances of the eyes."""
    large = header.grow.get("mouth", 0.0) > 0
    return SOFT_LARGE_MOUTH if names == MOUTH and large else SOFT


@dataclass(frozen=True)
class Placement:
    """The place of a change; its photographs need not be decoded for it."""

    here: Frame
    """In the source."""
    there: Frame
    """In the exemplar."""
    filled: Tensor
    """[1 or B, 1, h, w], bool: the pixels to be filled, in the box of `here`."""
    region: Tensor
    """[1 or B, 1, size, size] in {0, 1}: the same in the model's view."""
    where: Tensor
    """[1 or B, 1, size, size] in {0, 1}: the exemplar's region in the model's view."""


@dataclass(frozen=True)
class ModelView:
    """The view of a model of that header."""

    header: Header

    @property
    def template(self) -> Tensor:
        """[5, 2]: the landmarks in the model's frame, in units of it."""
        return torch.tensor(self.header.template)

    def frame(self, eyes: Eyes | None, size: tuple[int, int]) -> Frame:
        """Return the square of a photograph of this width and height that the model sees."""
        return Frame.about(eyes, self.template, *size) if eyes is not None else Frame.middle(*size)

    def filled(self, size: tuple[int, int], eyes: Eyes | None, change: Change) -> Tensor:
        """Return the pixels that a change fills, [1 or B, 1, H, W], bool."""
        frame = self.frame(eyes, size)
        return laid(self._area(self._mask(change), frame), frame.box, (0, 0, *size))

    def placed(self, request: Request, change: Change) -> Placement:
        """Place a change in its request's source, which is not decoded for it.

        UsageError for a mask that is empty or kept as it is, and for a batch of another length
        than the source's.
        """
        source, mask = request.source, self._mask(change)
        here = self.frame(request.eyes, size_of(source))
        there = self._there(change, request.eyes)
        asked = self._area(mask, here)
        filled = asked if request.keep is None else asked & ~kept(request.keep, here)
        if not _each_is_filled(filled):
            raise _nothing_to_fill(asked)
        theirs = mask if change.exemplar_mask is None else change.exemplar_mask
        same = theirs is mask and (there == here or isinstance(mask, Image.Image | Tensor))
        where = self._seen(asked if same else self._area(theirs, there), there)
        for called, found in (
            ("the exemplar", count_of(change.exemplar)),
            ("the mask", len(filled)),
            ("the exemplar's mask", len(where)),
        ):
            _check_count(called, found, count_of(source))
        if not _each_is_filled(where):
            raise UsageError("the exemplar's mask is empty: make white what is to be taken")
        region = where if same and filled is asked else self._seen(filled, here)
        return Placement(here, there, filled, region, where)

    def feather(self, request: Request, change: Change) -> int:
        """Return in how many pixels, from its edge inwards, a change fades into the source."""
        if request.feather is not None:
            return request.feather
        if request.eyes is None or change.is_drawn:
            return 0
        soft = soft_edge(self.header, names_in(self._mask(change)))
        return min(round(soft * abs(down(request.eyes))), WIDEST_FEATHER)

    def face(self, picture: Picture, frame: Frame, region: Tensor) -> Faces:
        """Return the faces in a frame of an upright picture as the model sees them."""
        size, channels = self.header.size, [slice(n, n + 1) for n in range(3)]
        image = torch.cat([frame.seen(crop(picture, frame.box, c), size) for c in channels], 1)
        count = max(len(image), len(region))  # one exemplar may have a mask per source
        image, region = (each.expand(count, -1, -1, -1) for each in (image, region))
        return Faces(image, region, None, self._landmarks(image))

    def brightness(self, picture: Picture, frame: Frame, size: int) -> Tensor:
        """Return the mean of the three colours in a frame of an upright picture, in [-1, 1].

        It is [1 or B, 1, size, size].
        """
        colours = (crop(picture, frame.box, slice(n, n + 1)) for n in range(3))
        return frame.seen(reduce(torch.add, colours) / 3, size)

    def outline(self, region: Tensor) -> Faces:
        """Return faces of which the region alone is known."""
        return Faces(region.expand(-1, 3, -1, -1), region, None, self._landmarks(region))

    def _there(self, change: Change, eyes: Eyes | None) -> Frame:
        """Return the exemplar's square; a mouth then lies as far below the eyes as the source's.

        What a smile may have lifted it by stays.
        """
        frame = self.frame(change.eyes, size_of(change.exemplar))
        mouth_alone = names_in(self._mask(change)) == MOUTH and not change.is_drawn
        if not mouth_alone or change.eyes is None or eyes is None:
            return frame
        own, theirs = mouth_depth(eyes), mouth_depth(change.eyes)
        if own is None or theirs is None:
            return frame
        apart = theirs - own
        beyond = copysign(max(0.0, abs(apart) - LIFT), apart)
        return replace(frame, corner=frame.corner + beyond * down(change.eyes))

    def _seen(self, filled: Tensor, frame: Frame) -> Tensor:
        """[1 or B, 1, size, size] in {0, 1}: an area in the model's view; a thin one stays."""
        seen = frame.seen(filled.float(), self.header.size)
        return (seen > seen.amax((1, 2, 3), keepdim=True) / 2).float()

    def _landmarks(self, image: Tensor) -> Tensor:
        """[B, 5, 2]: the landmarks in the model's frame, in pixels."""
        return (self.template * self.header.size).expand(len(image), 5, 2)

    def _area(self, mask: Mask, frame: Frame) -> Tensor:
        """[1 or B, 1, h, w], bool: a mask in the pixels of the frame's box, regions as learned."""
        return area(mask, frame, self.template, self.header.grow)

    def _mask(self, change: Change) -> Mask:
        return self._own_mask() if change.mask is None else change.mask

    def _own_mask(self) -> Mask:
        if self.header.whole_image:
            return WHOLE
        if not self.header.regions:
            use = self.header.recipe["mask"]["use"]
            raise UsageError(
                f"this model was trained with the mask '{use}', which photographs do not bring "
                "along: give a mask, or a region such as mouth"
            )
        return self.header.regions


def _check_count(called: str, found: int, sources: int) -> None:
    """UsageError where a batch is neither one for all sources nor one for each."""
    if found not in (1, sources):
        raise UsageError(
            f"{called} is a batch of {found}, and the source of {sources}: give one for all, or "
            "as many"
        )


def _nothing_to_fill(asked: Tensor) -> UsageError:
    if _each_is_filled(asked):
        return UsageError("what is kept covers all that is to be filled: keep less")
    return UsageError("the mask is empty: make what is to be filled white")


def _each_is_filled(area: Tensor) -> bool:
    """Whether each area of a batch, [B, 1, h, w], has a pixel."""
    return bool(area.flatten(1).any(1).all())
