"""Checks of what happens to a batch of faces: mask, pairing, augmentation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import torch
from torch import Tensor

from ebgan_kit.parts.masks.grid import centres
from ebgan_kit.rng import Chance
from ebgan_kit.testing.drawn import chance_of, drawn_faces
from ebgan_kit.testing.subject import Subject, subject_of, what
from ebgan_kit.types import LANDMARKS, PARTS, Faces, joined


def check_mask(part: Callable[..., Any], /, faces: Faces | None = None, **keys: Any) -> None:
    """A mask: (faces, chance) to a region [B, 1, H, W] in {0, 1}, float32.

    Some of it is to be filled; a face's region is the same each time, and alone as in a batch.
    """
    subject = subject_of("mask", part, keys)
    faces = drawn_faces(8) if faces is None else faces
    mask, chance = subject.build(), chance_of(len(faces))
    with subject.still():
        region = mask(faces, chance)
    expected = faces.image[:, :1].shape
    subject.require(
        isinstance(region, Tensor) and region.shape == expected,
        f"gives {what(region)}: a region is [B, 1, H, W], here {list(expected)}",
    )
    subject.require(
        region.dtype == faces.image.dtype,
        f"gives {region.dtype}: a region is a float like the image",
    )
    subject.require(_binary(region), "gives a soft region: each pixel is 0 or 1, 1 is to be filled")
    subject.require(region.any(), "fills nothing in any of the faces")
    _check_repeats(subject, mask, faces, region)
    subject.require(
        torch.equal(_pieces(mask, faces, 1), region),
        "gives a face another region in company than alone: it may depend on the face and its own "
        "numbers of Chance only",
    )


def check_pairing(part: Callable[..., Any], /, faces: Faces | None = None, **keys: Any) -> None:
    """A pairing: (faces, chance) to the place of each face's exemplar [B], int64, a permutation.

    The same each time, and the same when the batch is cut into its groups (the key `group`; pairs
    where there is none), so that any number of processes sees the same pairs. `wanted`, where there
    is one, gives attributes [B, n] in {0, 1}, by the same rule.
    """
    subject = subject_of("pairing", part, keys)
    group = getattr(subject.keys, "group", 2)
    faces = drawn_faces(4 * group) if faces is None else faces
    pairing, chance = subject.build(), chance_of(len(faces))
    with subject.still():
        order = pairing(faces, chance)
    places = torch.arange(len(faces))
    subject.require(
        isinstance(order, Tensor) and order.dtype == torch.int64 and order.shape == places.shape,
        f"gives {what(order)}: a pairing gives [B], int64",
    )
    subject.require(
        torch.equal(order.sort().values, places),
        f"gives {order.tolist()}, no permutation: each face of the batch is the exemplar of one",
    )
    _check_repeats(subject, pairing, faces, order)
    subject.require(
        torch.equal(_pieces(pairing, faces, group) + places - places % group, order),
        f"pairs otherwise when the batch is cut into groups of {group}: whom a face meets may "
        "depend on its group only (a key `group` says how large that is)",
    )
    if hasattr(pairing, "wanted"):
        _check_wanted(subject, pairing, faces, order, group)


def _check_wanted(subject: Subject, pairing: Any, faces: Faces, order: Tensor, group: int) -> None:
    assert faces.attributes is not None
    chance = chance_of(len(faces))
    exemplar = replace(faces[order], order=order)
    with subject.still():
        wanted = pairing.wanted(faces, exemplar, chance)
    subject.require(
        isinstance(wanted, Tensor) and wanted.shape == faces.attributes.shape and _binary(wanted),
        f"wants {what(wanted)}: `wanted` gives attributes [B, n] in {{0, 1}}",
    )
    alone = []
    for start in range(0, len(faces), group):
        part = slice(start, start + group)
        theirs = replace(exemplar[part], order=order[part] - start)
        alone.append(pairing.wanted(faces[part], theirs, Chance(0, chance.number[part])))
    subject.require(
        torch.equal(torch.cat(alone), wanted),
        f"wants something else of a pair when a batch is cut into groups of {group}: it may depend "
        "on the pair's group and its numbers of Chance only",
    )


def check_augment(part: Callable[..., Any], /, faces: Faces | None = None, **keys: Any) -> None:
    """An augmentation: (faces, chance) to faces of the same shapes and ranges.

    Image, region, landmarks and part labels move together; what else is known of a face stays; a
    face is changed the same way each time, and alone as in a batch; faces of which nothing but
    image and region is known are changed likewise. One that draws from torch's own generator, which
    every step seeds, is changed the same way from the same seed, and may depend on its company.
    """
    subject = subject_of("augment", part, keys)
    faces = drawn_faces(8) if faces is None else faces
    built = subject.build()

    def augment(faces: Faces, chance: Chance) -> Any:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return built(faces, chance)

    with subject.still(steps=True), torch.random.fork_rng(devices=[]):
        before = torch.get_rng_state()
        built(faces, chance_of(len(faces)))
        draws = not torch.equal(before, torch.get_rng_state())
    changed = augment(faces, chance_of(len(faces)))
    subject.require(isinstance(changed, Faces), f"gives {what(changed)}: it gives Faces")
    _check_shapes(subject, faces, changed)
    _check_repeats(subject, augment, faces, changed)
    subject.require(
        draws or _same(_pieces(augment, faces, 1), changed),
        "changes a face otherwise in company than alone: it may depend on the face and its own "
        "numbers of Chance only",
    )
    bare = augment(Faces(faces.image, faces.region), chance_of(len(faces)))
    subject.require(
        _close(bare.image, changed.image) and _close(bare.region, changed.region),
        "changes faces otherwise where nobody knows their landmarks, parts or attributes: those "
        "may be None",
    )
    _check_moves_together(subject, augment, faces)


def _check_shapes(subject: Subject, before: Faces, after: Faces) -> None:
    for field in fields(Faces):
        was, now = getattr(before, field.name), getattr(after, field.name)
        same = (now is None) == (was is None)
        if same and was is not None:
            same = was.shape == now.shape and was.dtype == now.dtype
        subject.require(
            same, f"turns {field.name} from {what(was)} into {what(now)}: shape and type stay"
        )
    image = after.image
    subject.require(image.isfinite().all(), "makes an image that is not finite")
    subject.require(image.abs().max() <= 1, "makes an image beyond [-1, 1]: cut it there")
    subject.require(
        after.region is None or _binary(after.region), "makes a soft region: each pixel is 0 or 1"
    )
    for name in ("attributes", "identity", "index", "order"):
        was, now = getattr(before, name), getattr(after, name)
        subject.require(was is None or torch.equal(was, now), f"changes {name}: these stay")


def _check_moves_together(subject: Subject, augment: Any, faces: Faces) -> None:
    """A disc about the nose, in image, region and part labels alike: where has each gone?"""
    assert faces.landmarks is not None
    nose = faces.landmarks[:, LANDMARKS.index("nose")]
    grid, size = centres(faces.image), faces.image.shape[-1]
    disc = ((grid - nose[:, None, None]).norm(dim=-1) < size / 8)[:, None]
    parts = torch.where(disc[:, 0], PARTS.index("nose"), 0).to(torch.uint8)
    image = (disc.float() - 0.5).expand(-1, 3, -1, -1)
    marked = replace(faces, image=image, region=disc.float(), parts=parts)
    changed = augment(marked, chance_of(len(faces)))
    shown = changed.image.mean(1)
    ground = shown.flatten(1).median(dim=1).values[:, None, None]
    far = (shown - ground).abs()
    found = {
        "image": far > far.amax((1, 2), keepdim=True) / 2,
        "region": changed.region[:, 0] > 0.5,
        "parts": changed.parts == PARTS.index("nose"),
    }
    landmark = changed.landmarks[:, LANDMARKS.index("nose")]
    places = {name: _middle(where, grid) for name, where in found.items()} | {"landmarks": landmark}
    inside = ((landmark > size / 6) & (landmark < size * 5 / 6)).all(1)
    for name, place in places.items():
        apart = (place - places["image"]).norm(dim=1)[inside]
        subject.require(
            (apart < size / 32).all(),
            f"moves the image and leaves {name} behind: region, landmarks and part labels go along",
        )


def _middle(where: Tensor, grid: Tensor) -> Tensor:
    """[B, 2]: the mean place of the pixels [B, H, W] that are true."""
    weights = where.float()[..., None]
    return (weights * grid).sum((1, 2)) / weights.sum((1, 2))


def _check_repeats(subject: Subject, part: Any, faces: Faces, result: Any) -> None:
    subject.require(
        _same(part(faces, chance_of(len(faces))), result),
        "gives something else the second time: the same faces and the same Chance, the same result",
    )


def _pieces(part: Any, faces: Faces, size: int) -> Any:
    """What the part gives for pieces of the batch, as one."""
    numbers = torch.arange(len(faces))
    cuts = [slice(i, i + size) for i in range(0, len(faces), size)]
    found = [part(faces[cut], Chance(0, numbers[cut])) for cut in cuts]
    return torch.cat(found) if isinstance(found[0], Tensor) else joined(found)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor):
        return torch.equal(one, other)
    pairs = ((getattr(one, f.name), getattr(other, f.name)) for f in fields(Faces))
    return all((a is None and b is None) or _close(a, b) for a, b in pairs)


def _close(one: Tensor | None, other: Tensor | None) -> bool:
    """Equal but for the last bits, which the size of a batch may move."""
    if one is None or other is None:
        return one is other
    return torch.allclose(one.float(), other.float(), rtol=0, atol=1e-4)


def _binary(tensor: Tensor) -> bool:
    return bool(((tensor == 0) | (tensor == 1)).all())
