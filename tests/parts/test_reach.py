"""Reach: an attribute is asked for only where the region can show it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from fixtures.recipes import ATT

from ebgan_kit.errors import UsageError
from ebgan_kit.modelfile.build import build_networks
from ebgan_kit.parts.data.celeba import ATTRIBUTES as CELEBA
from ebgan_kit.parts.data.loading import only
from ebgan_kit.parts.data.synthetic import Synthetic
from ebgan_kit.parts.losses.attribute import Attribute
from ebgan_kit.parts.masks.reach import reach
from ebgan_kit.parts.masks.region import region
from ebgan_kit.recipe.recipe import Recipe
from ebgan_kit.regions import ATTRIBUTES, HOME, NAMES, hidden_attributes
from ebgan_kit.types import Faces

Tiny = Callable[..., Recipe]


def recipe_with(tiny: Tiny, attributes: str, *words: str) -> Recipe:
    return tiny(*ATT, f"model.attributes={attributes}", *words)


def test_every_attribute_of_celeba_has_one_region() -> None:
    assert set(HOME) == set(CELEBA)
    assert len(HOME) == sum(map(len, ATTRIBUTES.values())) == 40
    assert set(ATTRIBUTES) - {"whole"} <= set(NAMES)


# Recipes


@pytest.mark.parametrize(
    ("attributes", "regions", "sentences"),
    [
        ("Blond_Hair", "mouth", ["Blond_Hair does not show in the region mouth: it takes whole"]),
        ("Blond_Hair", "face", ["Blond_Hair does not show in the region face: it takes whole"]),
        ("Young", "components", ["Young does not show in the region components: it takes face"]),
        (
            "Smiling,Eyeglasses,Male",
            "mouth,nose",
            [
                "Eyeglasses does not show in the region mouth, nose: it takes eyes",
                "Male does not show in the region mouth, nose: it takes face",
            ],
        ),
    ],
)
def test_a_region_that_cannot_show_an_attribute_is_refused(
    tiny: Tiny, attributes: str, regions: str, sentences: list[str]
) -> None:
    with pytest.raises(UsageError) as caught:
        recipe_with(tiny, attributes, f"mask.regions={regions}")
    lines = str(caught.value).splitlines()
    assert [line.partition(": [model] attributes: ")[2] for line in lines] == sentences


@pytest.mark.parametrize(
    ("attributes", "regions"),
    [
        ("Smiling", "mouth"),
        ("Smiling,Eyeglasses,Big_Nose,Bushy_Eyebrows", "components"),
        ("Smiling,Eyeglasses,Big_Nose,Bushy_Eyebrows,Male", "face"),
        ("Smiling,Eyeglasses", "mouth,eyes"),
        ("Smiling,Male", "mouth,face"),
    ],
)
def test_larger_regions_cover_smaller_ones(tiny: Tiny, attributes: str, regions: str) -> None:
    recipe = recipe_with(tiny, attributes, f"mask.regions={regions}")
    assert recipe.attributes == tuple(attributes.split(","))


@pytest.mark.parametrize("use", ["whole", "freeform", "box"])
def test_a_mask_without_a_name_is_not_refused(tiny: Tiny, use: str) -> None:
    assert recipe_with(tiny, "Smiling,Blond_Hair", f"mask.use={use}").attributes


@pytest.mark.parametrize("name", NAMES)
def test_attributes_of_ones_own_show_where_their_owner_says(tiny: Tiny, name: str) -> None:
    assert hidden_attributes(["Tattoo"], [name]) == []
    assert recipe_with(tiny, "Tattoo", f"mask.regions={name}").attributes == ("Tattoo",)


def test_the_command_says_what_a_region_cannot_show(
    command: Callable[..., Any], tiny_file: Path
) -> None:
    answer = command("run", tiny_file, *ATT, "model.attributes=Blond_Hair")
    assert answer.status == 2
    assert answer.err == (
        f"ebgan-kit: {tiny_file}: [model] attributes: Blond_Hair does not show in the region "
        "mouth: it takes whole\n"
    )
    assert list(tiny_file.parent.iterdir()) == [tiny_file]


# Faces


def boxed(faces: Faces, left: int, top: int, right: int, bottom: int) -> Faces:
    area = torch.zeros(len(faces), 1, 64, 64)
    area[..., top:bottom, left:right] = 1
    return replace(faces, region=area)


SHOWN = [(name, names[0]) for name, names in ATTRIBUTES.items() if name != "whole"]


@pytest.mark.parametrize(("name", "attribute"), SHOWN)
def test_a_region_by_its_name_shows_what_is_at_home_in_it(
    faces: Faces, name: str, attribute: str
) -> None:
    larger = [r for r in ("components", "face") if not hidden_attributes([attribute], [r])]
    for regions in (name, *larger):
        face = replace(faces, region=region(faces, None, regions=(regions,)))
        assert reach(face, [attribute]).all()


def test_a_region_does_not_show_what_is_far_from_it(faces: Faces) -> None:
    names = ["Smiling", "Big_Nose", "Bushy_Eyebrows", "Young", "Blond_Hair"]
    for number, name in enumerate(("mouth", "nose", "brows")):
        found = reach(replace(faces, region=region(faces, None, regions=(name,))), names)
        assert torch.equal(found, torch.eye(5)[number].expand(16, -1))


@pytest.mark.parametrize(("name", "attribute"), SHOWN)
def test_outlines_of_parts_show_an_attribute_or_are_refused(
    tiny: Tiny, faces: Faces, name: str, attribute: str
) -> None:
    """What a recipe accepts, its model must not find closed on every face."""
    try:
        recipe = recipe_with(tiny, attribute, f"mask.regions={name}", "mask.by=parts")
    except UsageError:
        return
    mask = recipe.tables["mask"].build()
    assert reach(replace(faces, region=mask(faces, None)), [attribute]).all()


def test_half_of_a_mouth_is_the_limit(faces: Faces) -> None:
    mouth = region(faces, None, regions=("mouth",))
    columns = torch.arange(64)
    middle = (mouth * columns).sum((1, 2, 3)) / mouth.sum((1, 2, 3))
    for margin, expected in ((-4, 0.0), (4, 1.0)):
        left = (columns < middle[:, None] + margin)[:, None, None]
        found = reach(replace(faces, region=mouth * left), ["Smiling", "Eyeglasses"])
        assert torch.equal(found, torch.tensor([[expected, 0.0]]).expand(16, -1))


def test_the_whole_image_shows_all(faces: Faces) -> None:
    names = [*CELEBA, "Tattoo"]
    assert reach(boxed(faces, 0, 0, 64, 64), names).all()
    found = dict(zip(names, reach(boxed(faces, 0, 0, 1, 1), names)[0].tolist(), strict=True))
    assert {name for name, value in found.items() if value} == {"Tattoo"}


def test_each_face_by_its_own_region(faces: Faces) -> None:
    mouth = region(faces, None, regions=("mouth",))
    mouth[::2] = region(faces, None, regions=("eyes",))[::2]
    found = reach(replace(faces, region=mouth), ["Smiling", "Eyeglasses", "Tattoo"])
    assert found[::2].tolist() == [[0, 1, 1]] * 8
    assert found[1::2].tolist() == [[1, 0, 1]] * 8


# Models


@pytest.fixture(scope="module")
def pair(faces: Faces) -> tuple[Faces, Faces]:
    """Faces with both attributes, whose regions are the mouth."""
    known = only(faces, Synthetic.attributes, ("Smiling", "Mustache"))
    known = replace(known, attributes=torch.ones(16, 2))
    known = replace(known, region=region(known, None, regions=("mouth",)))
    return known[:4], known[4:8]


@pytest.mark.parametrize("closed", ["source", "exemplar"])
def test_a_face_without_its_mouth_carries_no_smile(
    tiny: Tiny, pair: tuple[Faces, Faces], closed: str
) -> None:
    source, exemplar = pair
    model = build_networks(tiny(*ATT, "mask.use=box")).model
    face = {"source": source, "exemplar": exemplar}[closed]
    area = face.region.clone()
    area[:2] = boxed(face[:2], 2, 2, 30, 20).region
    face = replace(face, region=area)
    pair = (face, exemplar) if closed == "source" else (source, face)
    for edit in (model(*pair), model.edit(*pair)):
        assert not edit.code[:2].any()
        assert edit.code[2:].any()
    edit = model(*pair)
    assert edit.extra["reach"].tolist() == [[0, 0]] * 2 + [[1, 1]] * 2
    others = replace(pair[1], image=pair[1].image.flip(0))
    changed = (model.edit(pair[0], others).completed != model.edit(*pair).completed).flatten(1)
    assert changed.any(1).tolist() == [False, False, True, True]


def test_no_gradient_asks_for_what_a_face_cannot_show(
    tiny: Tiny, pair: tuple[Faces, Faces]
) -> None:
    source, exemplar = pair
    networks = build_networks(tiny(*ATT, "mask.use=freeform"))
    area = source.region.clone()
    area[:2] = boxed(source[:2], 2, 2, 30, 20).region
    edit = networks.model(replace(source, region=area), exemplar)
    completed = edit.completed.detach().requires_grad_(True)
    Attribute()(replace(edit, completed=completed), networks).backward()
    assert completed.grad.flatten(1).any(1).tolist() == [False, False, True, True]
    Attribute().critic(edit.detach(), networks).backward()
    assert all(p.grad.any() for p in networks.classifier.parameters())


def test_where_both_share_the_sources_region_the_exemplars_own_does_not_count(
    tiny: Tiny, pair: tuple[Faces, Faces]
) -> None:
    model = build_networks(tiny(*ATT, "mask.use=freeform", "model.exemplar_region=source")).model
    source, exemplar = pair
    edit = model.edit(source, boxed(exemplar, 2, 2, 30, 20))
    assert torch.equal(edit.code, model.edit(source, exemplar).code)
    assert edit.code.flatten(1).any(1).all()
