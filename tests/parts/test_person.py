"""Two pictures of one person: whose mate is whose, and who is shown to the encoder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from fixtures.recipes import ATT
from torch import Tensor

from ebgan_kit.errors import UsageError
from ebgan_kit.parts.data.cache.pack import pack
from ebgan_kit.parts.data.celeba import Celeba
from ebgan_kit.parts.data.folder import Folder
from ebgan_kit.parts.data.loading import Order, batches, open_data
from ebgan_kit.parts.data.mates import MOUTHS_ALIKE, Mated, mates, mouth_shape
from ebgan_kit.parts.data.portraits.portraits import Portraits
from ebgan_kit.parts.data.synthetic import Synthetic
from ebgan_kit.parts.data.synthetic.record import TRAITS
from ebgan_kit.parts.pairings.person import Person
from ebgan_kit.recipe.recipe import Recipe
from ebgan_kit.rng import Chance
from ebgan_kit.training.pairs import Batch, pairs_of
from ebgan_kit.training.trainer import train
from ebgan_kit.types import Faces

Tiny = Callable[..., Recipe]

MOVED = {name for group in ("place", "scene") for name in TRAITS[group]}
"""Traits of a picture, not of its person."""


def same(one: Faces, other: Faces) -> bool:
    """Whether two batches know the same, bit for bit."""
    for field in fields(Faces):
        mine, theirs = (getattr(faces, field.name) for faces in (one, other))
        if isinstance(mine, Faces) and isinstance(theirs, Faces):
            if not same(mine, theirs):
                return False
        elif (mine is None) != (theirs is None) or (mine is not None and not mine.equal(theirs)):
            return False
    return True


# Drawn people


def test_a_drawn_person_is_drawn_again_elsewhere() -> None:
    data = Synthetic(size=32, count=60)
    again, rows = data.again(), torch.arange(60)
    first, second = data.record(rows), again.record(rows)
    assert first.keys() == second.keys()
    for name, value in first.items():
        alike = (value == second[name]).float().mean()
        assert alike == 1 if name not in MOVED else alike < 0.5, name
    assert first.keys() >= MOVED
    faces, mate = data.__getitems__(range(60)), again.__getitems__(range(60))
    assert torch.equal(faces.attributes, mate.attributes)
    assert ((faces.image - mate.image).abs().mean((1, 2, 3)) > 0.02).all()
    assert not torch.isclose(faces.landmarks, mate.landmarks).all((1, 2)).any()


def test_a_drawn_person_differs_in_one_attribute_of_those_named() -> None:
    """Whichever it is, its traits stay: the lips' colours, a moustache's width."""
    data, names = Synthetic(size=32, count=60), ("Smiling", "Mustache")
    again, rows = data.again(names), torch.arange(60)
    first, second = data.record(rows), again.record(rows)
    differs = torch.stack([first[name] != second[name] for name in names])
    assert (differs.sum(0) == 1).all()
    assert 15 < differs[0].sum() < 45
    for name in first.keys() - MOVED - set(names):
        assert first[name].equal(second[name]), name
    found = again.__getitems__(range(60)).attributes
    assert found[:, data.attributes.index("Mustache")].equal(second["Mustache"])


def test_hair_that_becomes_black_is_blond_no_more() -> None:
    data, names = Synthetic(size=16, count=300), ("Black_Hair", "Blond_Hair")
    first, second = (one.record(torch.arange(300)) for one in (data, data.again(names)))
    for name, other in (names, reversed(names)):
        became = (second[name] > first[name]) & (first[other] > 0.5)
        assert became.any()
        assert (second[other][became] == 0).all()


def test_drawn_people_keep_to_their_partition() -> None:
    every = Synthetic(size=16, count=5, partitions=("train", "valid"))
    valid = Synthetic(size=16, count=5, partitions=("valid",))
    assert every.again().__getitems__([7]).image.equal(valid.again().__getitems__([2]).image)


def test_both_drawings_are_kept_and_then_only_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    keys: dict[str, Any] = {"size": 16, "count": 8}
    data, anew = Mated(Synthetic(**keys)), Mated(Synthetic(**keys, drawn="anew"))
    told: list[tuple[int, int]] = []
    data.prepare(lambda done, total: told.append((done, total)))
    assert told == [(8, 16), (16, 16)]
    expected = anew.__getitems__([5, 2])
    monkeypatch.setattr("ebgan_kit.parts.data.synthetic.synthetic.draw", None)
    assert same(data.__getitems__([5, 2]), expected)
    assert expected.mate is not None
    assert not expected.mate.image.equal(expected.image)


# People in photographs


def labelled(
    people: list[int],
    mouths: list[float] | None = None,
    attributes: list[int] | list[list[int]] | None = None,
) -> Any:
    """Data of people whose mouths are so wide, in distances of the eyes, on faces of any size."""
    count = len(people)
    landmarks = None
    if mouths is not None:
        wide = torch.tensor(mouths)
        points = torch.tensor([[0.0, 0], [1, 0], [0.5, 0.5], [0, 1], [0, 1]]).repeat(count, 1, 1)
        points[:, 3, 0], points[:, 4, 0] = 0.5 - wide / 2, 0.5 + wide / 2
        landmarks = points * torch.arange(20, 20 + count)[:, None, None]
    labels = None if attributes is None else torch.tensor(attributes).view(count, -1).float()
    known = Faces(
        torch.empty(count, 0),
        landmarks=landmarks,
        attributes=labels,
        identity=torch.tensor(people),
    )
    return SimpleNamespace(labels=known, attributes=("Smiling", "Mustache", "Young"))


def test_both_drawings_must_fit_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the first is drawn, and in `check`."""
    monkeypatch.setattr("ebgan_kit.parts.data.cache.memory.free_memory", lambda: 1_500_000)
    once = Synthetic(size=64, count=64)
    once.require_memory()
    with pytest.raises(UsageError, match="128 faces of 64 pixels, drawn once and kept, take"):
        Mated(once).require_memory()
    with pytest.raises(UsageError, match="128 faces"):
        Mated(once).prepare(lambda done, total: pytest.fail("the first is drawn already"))


def test_the_shape_of_a_mouth_by_hand() -> None:
    """Four wide and three deep where the eyes are two apart, turned by a right angle."""
    points = torch.tensor([[10.0, 10], [10, 12], [5, 11], [2, 9], [2, 13]])
    assert mouth_shape(points[None]).tolist() == [[2.0, 1.5]]


def test_a_mate_is_the_same_persons_other_photograph_with_the_nearest_mouth() -> None:
    """Mouths of others are nearer; one whose like is not there, or who is alone, stays alone."""
    people = [7, 3, 7, 3, 7, 9, 3]
    wide = [0.80, 0.81, 0.90, 0.70, 0.86, 0.80, 1.20]
    assert mates(labelled(people, wide)).tolist() == [4, 3, 4, 1, 2, 5, 6]


def test_mouths_are_alike_up_to_a_limit() -> None:
    near, far = MOUTHS_ALIKE - 0.01, MOUTHS_ALIKE + 0.01
    assert mates(labelled([1, 1, 2, 2], [0.8, 0.8 + near, 0.8, 0.8 + far])).tolist() == [1, 0, 2, 3]


def test_attributes_count_before_the_shape_and_the_limit_before_them() -> None:
    wide, smiles = [0.80, 0.82, 0.90, 1.20], [1, 0, 1, 1]
    assert mates(labelled([1] * 4, wide, smiles)).tolist() == [2, 0, 0, 3]


def test_without_landmarks_attributes_decide() -> None:
    assert mates(labelled([1] * 4, None, [1, 0, 0, 1])).tolist() == [3, 2, 1, 0]
    assert mates(labelled([4, 5, 4])).tolist() == [2, 1, 0]


def test_photographs_come_with_another_of_their_person(portraits: Path) -> None:
    data = Portraits(root=portraits, size=64, partitions=("train", "valid", "test"))
    plain = data.__getitems__(range(12))
    faces = Mated(data).__getitems__(range(12))
    assert same(replace(faces, mate=None), plain)
    assert faces.mate is not None
    assert faces.mate.identity.equal(faces.identity)
    rows = faces.mate.index
    assert faces.mate.image.equal(plain.image[rows])
    apart = (mouth_shape(faces.mate.landmarks) - mouth_shape(faces.landmarks)).norm(dim=1)
    assert (apart <= MOUTHS_ALIKE).all()
    shapes, pair = mouth_shape(plain.landmarks), torch.arange(12) ^ 1
    alike = (shapes - shapes[pair]).norm(dim=1) <= MOUTHS_ALIKE
    assert alike.any()
    assert not alike.all()
    assert rows.tolist() == torch.where(alike, pair, torch.arange(12)).tolist()


def on_portraits(tiny: Tiny, root: Path, *words: str) -> Recipe:
    every = "data.partitions=train,valid,test"
    return tiny("data.use=portraits", f"data.root={root}", every, "pairing.use=person", *words)


@pytest.mark.filterwarnings("ignore:.*stands in for it")
def test_who_stands_in_for_a_broken_face_has_a_mate_of_its_own(tiny: Tiny, portraits: Path) -> None:
    """Nobody is rebuilt from another person, whichever of two photographs is broken."""
    whole = open_data(on_portraits(tiny, portraits)).__getitems__(range(12))
    # its mate is the row before it, so the next row, which stands in for it, is someone else
    broken = next(row for row, mate in enumerate(whole.mate.index.tolist()) if mate == row - 1)
    path = portraits / "images" / f"{broken:02d}.png"
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(content[:middle] + bytes(200) + content[middle + 200 :])
    data = open_data(on_portraits(tiny, portraits, "data.skip_broken=true"))
    faces = data.__getitems__(range(12))
    assert (faces.index == broken).sum() == (faces.mate.index == broken).sum() == 0
    assert faces.mate.identity.equal(faces.identity)
    with pytest.raises(UsageError, match="does not decode"):
        open_data(on_portraits(tiny, portraits)).__getitems__([broken])


def test_packed_faces_have_the_same_mates(tiny: Tiny, portraits: Path, tmp_path: Path) -> None:
    words = ("data.use=portraits", f"data.root={portraits}", "data.partitions=train,valid,test")
    file = pack(tmp_path / "tiny.toml", tmp_path / "faces.safetensors", words)
    packed = ("data.use=packed", f"data.file={file}", "pairing.use=person")
    for partitions in ("train", "train,valid,test"):
        one, other = (
            open_data(recipe)
            for recipe in (
                on_portraits(tiny, portraits, f"data.partitions={partitions}"),
                tiny(*packed, f"data.partitions={partitions}"),
            )
        )
        rows = range(len(one))
        assert one.__getitems__(rows).mate.index.equal(other.__getitems__(rows).mate.index)


def test_a_mate_differs_in_the_fewest_of_the_named_attributes_but_in_one() -> None:
    """Then the nearest of these; one whose like is not there, or who is alone, stays alone."""
    names = ("Smiling", "Mustache")
    smiles = [[0, 0, 0], [1, 1, 0], [1, 0, 1], [1, 0, 0], [0, 0, 1]]
    assert mates(labelled([1] * 5, None, smiles), names).tolist() == [3, 3, 4, 0, 2]
    assert mates(labelled([1, 2, 3, 4, 1], None, smiles), names).tolist() == [0, 1, 2, 3, 4]
    wide, one_smiles_not = [0.8, 1.4, 1.2, 1.1], [[0, 0, 0]] + 3 * [[1, 0, 0]]
    assert mates(labelled([1] * 4, wide, one_smiles_not), names).tolist() == [3, 0, 0, 0]


def test_celebrities_come_with_another_of_their_person(celeba: Path) -> None:
    names = [f"{number:06d}.jpg" for number in range(1, 7)]
    people = [f"{name} {who}" for name, who in zip(names, (5, 6, 5, 7, 6, 5), strict=True)]
    (celeba / "identity_CelebA.txt").write_text("\n".join([*people, ""]))
    assert mates(Celeba(root=celeba)).tolist() == [2, 4, 0, 3, 1]
    assert mates(Celeba(root=celeba, partitions=("train",))).tolist() == [2, 1, 0, 3]


WHO = r'\[pairing\] use = "person" needs faces whose people are known'


@pytest.mark.filterwarnings("ignore:.*files passed over")
def test_people_must_be_known(
    celeba: Path, folder: Path, portraits: Path, tiny: Tiny, tmp_path: Path
) -> None:
    (celeba / "identity_CelebA.txt").unlink()
    for data in (Celeba(root=celeba), Folder(root=folder, size=16)):
        with pytest.raises(UsageError, match=WHO):
            Mated(data)
    table = portraits / "portraits.csv"
    table.write_text(table.read_text().replace("person,", "face,", 1))
    with pytest.raises(UsageError, match=WHO):
        train(on_portraits(tiny, portraits), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_contrast_needs_attributes_and_people(celeba: Path, tiny: Tiny, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r'\[pairing\] use = "contrast": this model has no attr'):
        train(tiny("pairing.use=contrast"), tmp_path / "run")
    (celeba / "identity_CelebA.txt").unlink()
    with pytest.raises(UsageError, match=r'"contrast" needs faces whose people are known'):
        Mated(Celeba(root=celeba), ("Smiling",))
    assert not (tmp_path / "run").exists()


# Who is shown


def first_batch(recipe: Recipe, count: int = 16) -> tuple[Faces, Batch]:
    """The faces as they come, with or without mates, and their pairs."""
    data = open_data(recipe)
    order = Order(len(data), count, recipe.seed)
    _, faces, places = next(batches(data, order, 0, torch.device("cpu"), recipe.attributes))
    return faces, pairs_of(recipe)(faces, places)


JITTER = ("augment.faces.use=jitter", "augment.faces.flip=0.5", "augment.faces.shift=0.1")

EXEMPLAR = ("augment.exemplar.use=jitter", "augment.exemplar.rotate=15", "mask.use=freeform")


@pytest.mark.parametrize("words", [(), JITTER, (*JITTER, *EXEMPLAR)])
def test_without_a_share_the_pairs_are_those_of_shuffle(tiny: Tiny, words: tuple[str, ...]) -> None:
    _, plain = first_batch(tiny("seed=3", *words))
    faces, person = first_batch(tiny("seed=3", *words, "pairing.use=person", "pairing.share=0"))
    assert faces.mate is not None
    assert same(plain.source, person.source)
    assert same(plain.exemplar, person.exemplar)


def shown(tiny: Tiny, share: float, count: int = 16) -> tuple[Faces, Batch, Tensor]:
    """The faces, their pairs, and which exemplars are pictured by their mates, [B] bool."""
    words = ("pairing.use=person", f"pairing.share={share}", f"data.count={count}")
    faces, batch = first_batch(tiny(*words), count)
    assert faces.mate is not None
    order = batch.exemplar.order
    own, mate = (
        (batch.exemplar.image == known.image[order]).flatten(1).all(1)
        for known in (faces, faces.mate)
    )
    assert torch.equal(own, ~mate)
    return faces, batch, mate


def test_with_all_the_share_every_exemplar_is_a_mate(tiny: Tiny) -> None:
    """Its picture, and where its region lies there; source and truth are the face itself."""
    faces, batch, mate = shown(tiny, 1)
    assert mate.all()
    assert faces.mate is not None
    order, by = batch.exemplar.order, tiny().tables["mask"].build()
    regions = by(faces.mate, None)
    assert batch.exemplar.region.equal(regions[order])
    assert not regions.equal(by(faces, None))
    assert batch.exemplar.landmarks.equal(faces.mate.landmarks[order])
    assert batch.exemplar.parts.equal(faces.mate.parts[order])
    assert batch.source.image.equal(faces.image)
    assert batch.source.region.equal(by(faces, None))
    assert batch.source.mate is None
    assert batch.exemplar.mate is None
    for name in ("attributes", "index"):
        assert getattr(batch.exemplar, name).equal(getattr(faces, name)[order])


def test_a_share_of_the_exemplars_are_mates(tiny: Tiny) -> None:
    faces, batch, mate = shown(tiny, 0.25, 240)
    assert batch.source.image.equal(faces.image)
    assert mate.sum().item() == pytest.approx(60, abs=20)
    more = shown(tiny, 0.6, 240)[2]
    assert (more >= mate).all()


def test_a_mate_that_is_an_exemplar_is_jittered_as_exemplars_are(tiny: Tiny) -> None:
    plain = first_batch(tiny("pairing.use=person", "pairing.share=1"))[1]
    words = ("augment.exemplar.use=jitter", "augment.exemplar.shift=0.2")
    other = first_batch(tiny("pairing.use=person", "pairing.share=1", *words))[1]
    assert same(plain.source, other.source)
    assert not plain.exemplar.image.equal(other.exemplar.image)


def test_a_group_is_paired_by_itself(tiny: Tiny) -> None:
    recipe = tiny("pairing.use=person", *JITTER, *EXEMPLAR)
    data, pairs = open_data(recipe), pairs_of(recipe)
    faces, numbers = data.__getitems__(range(16)), torch.arange(16)
    whole = pairs(faces, numbers)
    for part in (slice(0, 4), slice(8, 16)):
        batch = pairs(faces[part], numbers[part])
        assert same(batch.source, whole.source[part])
        expected = whole.exemplar[part]
        assert expected.order is not None
        assert same(batch.exemplar, replace(expected, order=expected.order - part.start))


def test_readers_apart_hand_over_the_same_mates(tiny: Tiny) -> None:
    recipe = tiny("pairing.use=person", "data.drawn=anew")

    def stream(workers: int) -> list[Faces]:
        data = open_data(recipe)
        order = Order(len(data), 4, recipe.seed)
        found = batches(data, order, workers, torch.device("cpu"), recipe.attributes)
        return [next(found)[1] for _ in range(5)]

    for here, there in zip(stream(0), stream(2), strict=True):
        assert here.mate is not None
        assert same(here, there)


def test_a_mate_brings_its_own_labels() -> None:
    """A switch is said of the picture that the encoder sees."""
    count = 8
    faces, mates = (
        Faces(torch.full((count, 3, 4, 4), value), attributes=torch.full((count, 2), value))
        for value in (0.0, 1.0)
    )
    seen = Person(share=0.5).view(faces, mates, Chance(0, torch.arange(count)))
    assert torch.equal(seen.attributes[:, 0], seen.image[:, 0, 0, 0])
    assert 0 < seen.attributes.mean() < 1


def test_faces_are_packed_whoever_their_mates_are(tiny_file: Path, tmp_path: Path) -> None:
    words = ["pairing.use=person", "pairing.group=2"]
    one, other = (
        pack(tiny_file, tmp_path / f"{len(given)}.safetensors", given) for given in ([], words)
    )
    assert one.read_bytes() == other.read_bytes()


def test_in_contrast_a_mate_brings_the_attribute_that_it_has_otherwise(tiny: Tiny) -> None:
    recipe = tiny(*ATT, "pairing.use=contrast", "pairing.share=1", "data.count=64")
    faces, batch = first_batch(recipe, 64)
    assert faces.mate is not None
    order = batch.exemplar.order
    assert batch.exemplar.image.equal(faces.mate.image[order])
    assert ((batch.exemplar.attributes != faces.attributes[order]).sum(1) == 1).all()
    assert batch.wanted is not None
    assert batch.wanted.equal(batch.exemplar.attributes)
    assert batch.source.attributes.equal(faces.attributes)
