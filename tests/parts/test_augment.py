"""Augmentation: image, region, landmarks and part labels move together, each face by chance."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from fixtures.recipes import ATT
from safetensors.torch import load_file
from torch import Tensor

from ebgan_kit.errors import UsageError
from ebgan_kit.parts.adversarial.penalty import slope
from ebgan_kit.parts.augment.jitter import jitter
from ebgan_kit.parts.augment.kornia import Kornia
from ebgan_kit.parts.augment.noise import noise
from ebgan_kit.parts.data.synthetic import Synthetic
from ebgan_kit.parts.masks.region import region
from ebgan_kit.recipe.recipe import Recipe
from ebgan_kit.rng import Chance
from ebgan_kit.training.discriminator_input import augmented, judges_augments
from ebgan_kit.training.trainer import train
from ebgan_kit.types import PARTS, Edit, Faces, Networks, Verdict

ALL: dict[str, float] = {
    "flip": 0.5,
    "rotate": 25,
    "scale": 0.15,
    "shift": 0.08,
    "brightness": 0.2,
    "contrast": 0.2,
    "saturation": 0.2,
}
GEOMETRY = {name: ALL[name] for name in ("flip", "rotate", "scale", "shift")}
COLOURS = {name: ALL[name] for name in ("brightness", "contrast", "saturation")}
TENSORS = ("image", "region", "landmarks", "parts")


def chance(faces: Faces, seed: int = 0) -> Chance:
    return Chance(seed, faces.index)


@pytest.fixture(scope="module")
def faces() -> Faces:
    drawn = Synthetic(size=64, count=64).__getitems__(range(32))
    filled = region(drawn, Chance(0, drawn.index), regions=("mouth",))
    return replace(drawn, region=filled)


def same(one: Faces, other: Faces, names: tuple[str, ...] = TENSORS) -> bool:
    return all(torch.equal(getattr(one, name), getattr(other, name)) for name in names)


def test_nothing_changes_without_keys(faces: Faces) -> None:
    assert same(jitter(faces, chance(faces)), faces)


def test_a_mirror_twice_is_the_face_itself(faces: Faces) -> None:
    once = jitter(faces, chance(faces), flip=1.0)
    assert torch.equal(once.image, faces.image.flip(-1))
    assert torch.equal(once.region, faces.region.flip(-1))
    twice = jitter(once, chance(faces), flip=1.0)
    assert same(twice, faces, ("image", "region", "parts"))
    assert torch.allclose(twice.landmarks, faces.landmarks, atol=1e-4)


def test_a_mirror_swaps_left_and_right(faces: Faces) -> None:
    mirrored = jitter(faces, chance(faces), flip=1.0)
    assert (mirrored.landmarks[:, 0, 0] < mirrored.landmarks[:, 1, 0]).all()
    assert (mirrored.landmarks[:, 3, 0] < mirrored.landmarks[:, 4, 0]).all()
    left, right = PARTS.index("l_brow"), PARTS.index("r_brow")
    assert torch.equal(mirrored.parts == left, (faces.parts == right).flip(-1))
    assert torch.equal(
        mirrored.parts == PARTS.index("nose"), (faces.parts == PARTS.index("nose")).flip(-1)
    )


def test_as_many_are_mirrored_as_asked_for() -> None:
    image = torch.zeros(2000, 3, 1, 2)
    image[..., 1] = 1
    many = Faces(image, index=torch.arange(2000))
    share = jitter(many, chance(many), flip=0.3).image[:, 0, 0, 0].mean()
    assert share.item() == pytest.approx(0.3, abs=0.03)


def centres(faces: Faces, names: tuple[str, ...]) -> torch.Tensor:
    """[B, 2]: the middle of the pixels with any of the labels."""
    shown = torch.isin(faces.parts, torch.tensor([PARTS.index(name) for name in names])).float()
    line = torch.arange(64) + 0.5
    total = shown.sum((1, 2)).clamp(min=1)
    x = (shown.sum(1) * line).sum(1) / total
    y = (shown.sum(2) * line).sum(1) / total
    return torch.stack([x, y], dim=1)


def test_landmarks_parts_and_region_move_with_the_image(faces: Faces) -> None:
    """What lies between a landmark and its part before lies between them afterwards."""
    lips = ("mouth", "u_lip", "l_lip")
    moved = jitter(faces, chance(faces), **GEOMETRY)
    for each in (faces, moved):
        mouth = each.landmarks[:, 3:].mean(1)
        assert ((centres(each, lips) - mouth).norm(dim=1) < 4).all()
    assert ((moved.landmarks - faces.landmarks).norm(dim=2).amax(1) > 1).float().mean() > 0.9
    again = region(moved, chance(moved), regions=("mouth",))
    overlap = (moved.region * again).sum((1, 2, 3)) / torch.maximum(moved.region, again).sum(
        (1, 2, 3)
    )
    assert (overlap > 0.85).all()


def test_the_image_moves_as_the_labels_do(faces: Faces) -> None:
    """An image of the labels themselves must stay theirs, but for the blur at their edges."""
    painted = replace(faces, image=(faces.parts[:, None] == 1).float().expand(-1, 3, -1, -1))
    moved = jitter(painted, chance(faces), **GEOMETRY)
    agree = ((moved.image[:, 0] > 0.5) == (moved.parts == 1)).float().mean((1, 2))
    assert (agree > 0.98).all()


def test_a_region_stays_of_zeros_and_ones(faces: Faces) -> None:
    assert set(jitter(faces, chance(faces), **GEOMETRY).region.unique().tolist()) == {0.0, 1.0}


def test_colours_change_the_image_alone(faces: Faces) -> None:
    tinted = jitter(faces, chance(faces), **COLOURS)
    assert same(tinted, faces, ("region", "landmarks", "parts"))
    assert ((tinted.image - faces.image).abs().amax((1, 2, 3)) > 0.01).all()
    assert tinted.image.min() >= -1
    assert tinted.image.max() <= 1


def test_a_face_is_changed_alike_in_every_batch(faces: Faces) -> None:
    together = jitter(faces, chance(faces), **ALL)
    order = torch.tensor([9, 2, 4])
    apart = jitter(faces[order], chance(faces[order]), **ALL)
    for name in TENSORS:
        assert torch.allclose(getattr(apart, name), getattr(together[order], name), atol=1e-5)


def test_faces_are_changed_each_in_its_own_way(faces: Faces) -> None:
    one = jitter(faces, chance(faces), **ALL)
    other = jitter(faces, chance(faces, seed=1), **ALL)
    assert not torch.equal(one.landmarks, other.landmarks)
    shifts = jitter(faces, chance(faces), shift=0.1).landmarks - faces.landmarks
    assert len({tuple(shift.round().tolist()) for shift in shifts[:, 0]}) > 10


@pytest.mark.parametrize(
    ("keys", "most"), [({"shift": 0.1}, 6.4 * 2**0.5), ({"scale": 0.1}, 6.4 * 2**0.5)]
)
def test_no_face_moves_farther_than_asked_for(
    faces: Faces, keys: dict[str, Any], most: float
) -> None:
    moved = (jitter(faces, chance(faces), **keys).landmarks - faces.landmarks).norm(dim=2)
    assert 0 < moved.max() <= most + 1e-3


def test_what_is_not_known_is_not_needed() -> None:
    bare = Faces(torch.rand(4, 3, 16, 16) * 2 - 1, index=torch.arange(4))
    moved = jitter(bare, chance(bare), **ALL)
    assert moved.image.shape == bare.image.shape
    assert (moved.region, moved.landmarks, moved.parts) == (None, None, None)


# Noise


def test_noise_is_mixed_in_by_its_share(faces: Faces) -> None:
    noisy = noise(faces, chance(faces), share=0.4)
    added = noisy.image - 0.6 * faces.image
    assert added.abs().max() <= 0.4 + 1e-6
    assert added.mean().abs() < 0.01
    assert added.std().item() == pytest.approx(0.4 / 3**0.5, abs=0.005)
    assert same(noisy, faces, ("region", "landmarks", "parts"))


def test_noise_of_no_share_is_none(faces: Faces) -> None:
    assert torch.equal(noise(faces, chance(faces), share=0).image, faces.image)


# Kornia's


def by_kornia(faces: Faces, *ops: dict[str, Any]) -> Faces:
    torch.manual_seed(0)
    return Kornia(ops=list(ops))(faces, chance(faces))


def test_kornias_geometry_takes_along_what_lies_in_the_frame(faces: Faces) -> None:
    """A quarter turn of the plane, which no interpolation blurs: once around is the face itself."""
    quarter = {"use": "RandomRotation90", "times": [1, 1], "p": 1.0}
    turned = by_kornia(faces, quarter)
    assert torch.allclose(turned.image, faces.image.rot90(1, (-2, -1)), atol=1e-4)
    assert torch.equal(turned.region, faces.region.rot90(1, (-2, -1)))
    assert torch.equal(turned.parts, faces.parts.rot90(1, (-2, -1)))
    x, y = faces.landmarks.unbind(-1)
    assert torch.allclose(turned.landmarks, torch.stack([y, 64 - x], -1), atol=1e-3)
    around = by_kornia(faces, *[quarter] * 4)
    assert torch.allclose(around.landmarks, faces.landmarks, atol=1e-3)
    assert torch.equal(around.parts, faces.parts)


def test_kornias_colours_change_the_image_alone(faces: Faces) -> None:
    """Erasing, too, which Kornia itself would take out of the region."""
    for op in ({"use": "ColorJiggle", "brightness": 0.5}, {"use": "RandomErasing", "p": 1.0}):
        changed = by_kornia(faces, op)
        assert not torch.equal(changed.image, faces.image)
        assert torch.equal(changed.region, faces.region)
        assert torch.equal(changed.parts, faces.parts)


def test_kornias_mirror_is_for_images_alone(faces: Faces) -> None:
    flip = {"use": "RandomHorizontalFlip", "p": 1.0}
    bare = by_kornia(Faces(faces.image), flip)
    assert torch.allclose(bare.image, faces.image.flip(-1), atol=1e-6)
    with pytest.raises(ValueError, match="swaps no left and right: use the flip of jitter"):
        by_kornia(faces, flip)


@pytest.mark.parametrize(
    ("op", "words"),
    [
        ({"use": "ColorJigle"}, "no 'ColorJigle' for faces; did you mean 'ColorJiggle'?"),
        ({"use": "RandomMixUpV2"}, "no 'RandomMixUpV2' for faces"),
        ({"use": "RandomThinPlateSpline"}, "no 'RandomThinPlateSpline' for faces"),
        ({"use": "RandomDissolving"}, "no 'RandomDissolving' for faces"),
        ({"use": "AugmentationSequential"}, "no 'AugmentationSequential' for faces"),
        ({"use": "ColorJiggle", "brightnes": 1}, "ColorJiggle: .*brightnes"),
        ({"use": "CenterCrop", "size": 32}, "CenterCrop changes the size of images"),
    ],
)
def test_kornias_that_cannot_be_had(
    tiny: Callable[..., Recipe], faces: Faces, op: dict[str, Any], words: str
) -> None:
    table = tiny("augment.faces.use=kornia", f"augment.faces.ops=[{inline(op)}]")
    with pytest.raises(UsageError, match=rf"\[augment.faces\] kornia: .*{words}"):
        table.tables["augment.faces"].build()(faces, chance(faces))


def inline(table: dict[str, Any]) -> str:
    """The table as TOML in one line."""
    return "{" + ", ".join(f"{key} = {json.dumps(value)}" for key, value in table.items()) + "}"


# What D and C are shown


def test_terms_judge_what_is_augmented(tiny: Callable[..., Recipe], faces: Faces) -> None:
    """Real and drawn faces of a pair alike, anew at each place of the run; the edit stays."""
    seen: list[Tensor] = []
    networks = Networks(None, seen.append, None)
    known = replace(faces, index=torch.arange(len(faces)))
    edit = Edit(known, known, None, faces.image)
    augments = judges_augments(tiny("augment.discriminator.use=noise"))
    for clock in (0, 0, 64):
        augmented(networks, augments, edit, clock).discriminator(faces.image)
    first, again, later = seen
    assert not torch.equal(first, faces.image)
    assert torch.equal(first, again)
    assert not torch.equal(first, later)
    augmented(networks, augments, edit, 0, seed=1).discriminator(faces.image)
    assert not torch.equal(first, seen[-1])


def test_each_judge_has_its_own(tiny: Callable[..., Recipe], faces: Faces) -> None:
    """C sees faces as they are where the recipe has noise for D alone; no C needs none."""
    known = replace(faces, index=torch.arange(len(faces)))
    edit, image = Edit(known, known, None, faces.image), faces.image
    as_it_is = Networks(None, torch.clone, torch.clone)
    noisy = [f"augment.{name}.use=noise" for name in ("discriminator", "classifier")]
    one = augmented(as_it_is, judges_augments(tiny(noisy[0])), edit, 0)
    assert torch.equal(one.classifier(image), image)
    both = augmented(as_it_is, judges_augments(tiny(*ATT, *noisy)), edit, 0)
    assert not torch.equal(both.classifier(image), image)
    assert not torch.equal(both.classifier(image), both.discriminator(image))


def test_a_judge_that_is_not_there(tiny: Callable[..., Recipe]) -> None:
    with pytest.raises(UsageError) as caught:
        judges_augments(tiny("augment.classifier.use=noise"))
    assert (
        str(caught.value)
        == "[augment.classifier] needs a table [classifier]: add it, or take it out"
    )


@pytest.mark.parametrize(
    "adversarial",
    [
        "{use='relativistic', penalty_every=4}",
        "{use='softplus', r1_every=4}",
        "{use='wgan-gp'}",
    ],
)
@pytest.mark.parametrize("augment", ["{use='noise'}", "{use='jitter', shift=0.1, rotate=10}"])
def test_penalties_are_on_what_the_discriminator_is_shown(
    tiny: Callable[..., Recipe], tmp_path: Path, adversarial: str, augment: str
) -> None:
    """Also where few faces stand for all."""
    words = (f"adversarial={adversarial}", f"augment.discriminator={augment}", "train.images=8")
    weights = load_file(train(tiny(*words), tmp_path / "run"))
    assert all(tensor.isfinite().all() for tensor in weights.values())


def test_a_face_that_stands_for_others_is_changed_as_among_them(
    tiny: Callable[..., Recipe], faces: Faces
) -> None:
    known = replace(faces, index=torch.arange(len(faces)))
    edit = Edit(known, known, None, faces.image)
    seen: list[Tensor] = []

    def discriminator(image: Tensor, attributes: Tensor | None) -> Verdict:
        seen.append(image)
        return Verdict((image.square().sum((1, 2, 3))[:, None],), None)

    augments = judges_augments(tiny("augment.discriminator.use=noise"))
    networks = augmented(Networks(None, discriminator, None), augments, edit, 0)
    networks.discriminator(faces.image, None)
    slope(faces.image, None, networks, every=4)
    every, some = seen
    assert not torch.equal(every, faces.image)
    assert torch.equal(some, every[::4])


@pytest.mark.parametrize("adversarial", ["bce", "wgan-gp"])
def test_a_run_whose_judges_see_noise(
    tiny: Callable[..., Recipe], tmp_path: Path, adversarial: str
) -> None:
    """It learns otherwise than one without, and alike each time."""
    words = (*ATT, f"adversarial.use={adversarial}", "train.images=8")
    noisy = (*words, "augment.discriminator.use=noise", "augment.classifier.use=noise")
    runs = {"noisy": noisy, "again": noisy, "plain": words}
    files = {name: train(tiny(*said), tmp_path / name) for name, said in runs.items()}
    weights = {name: load_file(file)["classifier.head.weight"] for name, file in files.items()}
    assert torch.equal(weights["noisy"], weights["again"])
    assert not torch.equal(weights["noisy"], weights["plain"])
