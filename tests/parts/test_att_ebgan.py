"""Att-EBGAN: what is switched off cannot be seen, in training or in use, and who trains C."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from fixtures.recipes import ATT
from torch import Tensor, nn

from ebgan_kit.errors import UsageError
from ebgan_kit.modelfile.build import build_networks
from ebgan_kit.parts.data.loading import only
from ebgan_kit.parts.data.synthetic import Synthetic
from ebgan_kit.parts.losses.attribute import Attribute
from ebgan_kit.parts.losses.classification import classification
from ebgan_kit.parts.losses.cycle import cycle
from ebgan_kit.parts.masks.region import region
from ebgan_kit.recipe.recipe import Recipe, read
from ebgan_kit.training.objective import objective, terms_of
from ebgan_kit.training.pairs import Pairs, pairs_of
from ebgan_kit.training.trainer import first_batch, open_data
from ebgan_kit.types import Edit, Faces, Networks, frozen

Tiny = Callable[..., Recipe]

NAMES, BLOCK = ("Smiling", "Mustache"), 2
RECIPES = Path(__file__).parents[2] / "recipes"


@pytest.fixture(scope="module")
def pair(faces: Faces) -> tuple[Faces, Faces]:
    """Six sources and six exemplars, with all four ways to have two attributes on both sides."""
    labels = torch.tensor([[1, 1], [1, 0], [0, 1], [0, 0], [1, 0], [0, 1]]).float()
    known = only(faces, Synthetic.attributes, NAMES)
    known = replace(known, region=region(known, None, regions=("mouth",)))
    source, exemplar = known[:6], known[6:12]
    return replace(source, attributes=labels), replace(exemplar, attributes=labels.roll(1, 0))


def model_of(recipe: Recipe) -> Any:
    """The recipe's model with chance weights; what begins at zero would hide what lies behind."""
    model = build_networks(recipe).model
    with torch.random.fork_rng():
        torch.manual_seed(3)
        for parameter in model.parameters():
            if not parameter.any():
                nn.init.normal_(parameter, std=0.1)
    return model


@contextmanager
def another_block(model: Any, number: int) -> Iterator[None]:
    """The encoder says something else in the block of one attribute."""

    def swap(encoder: nn.Module, given: Any, code: Tensor) -> Tensor:
        noise = 3 * torch.randn(code.shape, generator=torch.Generator().manual_seed(5))
        own = torch.arange(code.shape[1]) // BLOCK == number
        return torch.where(own[:, None, None], noise, code)

    handle = model.encoder.register_forward_hook(swap)
    try:
        yield
    finally:
        handle.remove()


# The filter

ENCODERS = {"conv": [], "timm": ["encoder.backbone=test_resnet", "encoder.level=2"]}

MAP = "encoder.shape=vector", "model.map_channels=3", "model.upright=true"

EVERY = pytest.mark.parametrize(
    "words",
    [
        pytest.param(
            (f"generator.use={g}", f"encoder.use={e}", f"encoder.shape={s}", *ENCODERS[e]),
            id=f"{g}-{e}-{s}",
        )
        for g in ("encoder-decoder", "unet", "window", "guided")
        for e in ENCODERS
        for s in ("map", "vector")
    ]
    + [pytest.param(("generator.use=guided", *MAP), id="map-from-vector")],
)


@EVERY
@pytest.mark.parametrize("training", [True, False], ids=["training", "use"])
def test_a_block_that_is_off_cannot_be_seen(
    tiny: Tiny, pair: tuple[Faces, Faces], words: tuple[str, ...], training: bool
) -> None:
    model = model_of(tiny(*ATT, *words)).train(training)
    for number in range(2):
        for on in (0.0, 1.0):
            wanted = torch.ones(6, 2)
            wanted[:, number] = on
            with torch.no_grad():
                plain = model.edit(*pair, wanted).completed
                with another_block(model, number):
                    other = model.edit(*pair, wanted).completed
            same = (plain == other).flatten(1).all(1)
            assert same.all() if on == 0 else not same.any()


@EVERY
def test_with_all_off_the_exemplar_is_not_seen(
    tiny: Tiny, pair: tuple[Faces, Faces], words: tuple[str, ...]
) -> None:
    model, (source, exemplar) = model_of(tiny(*ATT, *words)).eval(), pair
    others = replace(exemplar, image=exemplar.image.flip(0))
    for wanted in (torch.zeros(6, 2), torch.ones(6, 2)):
        with torch.no_grad():
            one, other = (model.edit(source, e, wanted).completed for e in (exemplar, others))
        assert torch.equal(one, other) == (not wanted.any())


def test_the_reconstruction_is_filtered_by_the_sources_attributes(
    tiny: Tiny, pair: tuple[Faces, Faces]
) -> None:
    model, (source, exemplar) = model_of(tiny(*ATT)), pair
    for number in range(2):
        with torch.no_grad():
            plain = model(source, exemplar).reconstruction
            with another_block(model, number):
                other = model(source, exemplar).reconstruction
        changes = (plain != other).flatten(1).any(1)
        assert torch.equal(changes, source.attributes[:, number] > 0.5)


def test_an_edit_in_training_is_the_edit_in_use(tiny: Tiny, pair: tuple[Faces, Faces]) -> None:
    model = model_of(tiny(*ATT)).eval()
    trained, used = model(*pair), model.edit(*pair)
    assert torch.allclose(trained.completed, used.completed, atol=1e-6)
    assert torch.equal(trained.wanted, pair[1].attributes)
    assert torch.equal(used.wanted, pair[1].attributes)


def test_without_the_filter_training_decodes_all_and_use_what_is_on(
    tiny: Tiny, pair: tuple[Faces, Faces]
) -> None:
    model = model_of(tiny(*ATT, "model.filtered=false"))
    twin = model_of(tiny(*ATT))
    off, on = torch.zeros(6, 2), torch.ones(6, 2)
    with torch.no_grad():
        assert torch.equal(model(*pair, off).completed, twin(*pair, on).completed)
        assert torch.equal(model(*pair, off).completed, model(*pair, on).completed)
        whole = replace(pair[0], attributes=on)
        reconstruction = twin(whole, pair[1], on).reconstruction
        assert torch.equal(model(*pair, off).reconstruction, reconstruction)
        model, twin = model.eval(), twin.eval()
        for wanted in (off, on, torch.tensor([[1.0, 0.0]]).expand(6, -1)):
            assert torch.equal(
                model.edit(*pair, wanted).completed, twin.edit(*pair, wanted).completed
            )


def test_the_twins_differ_in_the_filter_alone_and_a_third_in_what_it_borrows() -> None:
    names = "twin-filtered", "twin-unfiltered", "twin-borrowing"
    twins = [
        tomllib.loads((RECIPES / f"{name}.toml").read_text(encoding="utf-8")) for name in names
    ]
    assert tuple(twin.pop("name") for twin in twins) == names
    assert [twin["model"].pop("filtered") for twin in twins] == [True, False, True]
    assert twins[2]["model"].pop("borrow")
    assert twins[2]["train"].pop("switch_off")
    assert twins[0] == twins[1] == twins[2]
    assert read(RECIPES / "twin-filtered.toml").tables["model"].keys.filtered


def test_a_code_is_a_block_per_attribute(tiny: Tiny, pair: tuple[Faces, Faces]) -> None:
    model, (_, exemplar) = model_of(tiny(*ATT, "model.block=3")), pair
    whole = model.encode(replace(exemplar, attributes=None))
    assert whole.shape[:2] == (6, 6)
    filtered = model.encode(exemplar).unflatten(1, (2, 3))
    shown = exemplar.attributes.bool()
    assert torch.equal(filtered[shown], whole.unflatten(1, (2, 3))[shown])
    assert not filtered[~shown].any()


# Borrowed blocks


def reconstructions(tiny: Tiny, pair: tuple[Faces, Faces], borrow: float) -> tuple[Edit, Any]:
    model = model_of(tiny(*ATT, f"model.borrow={borrow}")).eval()
    with torch.no_grad():
        return model(*pair), model


def test_nothing_is_borrowed_unless_it_is_asked_for(tiny: Tiny, pair: tuple[Faces, Faces]) -> None:
    source, _ = pair
    edit, model = reconstructions(tiny, pair, 0)
    own = model.edit(source, source, source.attributes).completed
    assert torch.allclose(edit.reconstruction, own, atol=1e-5)


def test_borrowed_blocks_are_filtered_by_the_sources_attributes(
    tiny: Tiny, pair: tuple[Faces, Faces]
) -> None:
    source, exemplar = pair
    edit, model = reconstructions(tiny, pair, 1)
    borrowed = model.edit(source, exemplar, source.attributes).completed
    own = model.edit(source, source, source.attributes).completed
    assert torch.allclose(edit.reconstruction, borrowed, atol=1e-5)
    differs = (borrowed - own).abs().amax((1, 2, 3)) > 1e-4
    assert torch.equal(differs, source.attributes.any(1))


@pytest.mark.parametrize("borrow", [0.3, 1])
def test_borrowing_leaves_the_edit_alone(
    tiny: Tiny, pair: tuple[Faces, Faces], borrow: float
) -> None:
    (plain, _), (edit, _) = (reconstructions(tiny, pair, b) for b in (0, borrow))
    assert torch.equal(edit.completed, plain.completed)
    assert torch.equal(edit.code, plain.code)
    assert torch.equal(edit.wanted, plain.wanted)


def many(pair: tuple[Faces, Faces], count: int = 240) -> tuple[Faces, Faces]:
    """Pairs of as many faces, which look alike and have all attributes."""
    numbers = torch.arange(count)
    source, exemplar = (faces[numbers % 2] for faces in pair)
    on = torch.ones(count, 2)
    return (
        replace(source, attributes=on, index=numbers),
        replace(exemplar, attributes=on, index=numbers // 3 + 1000),
    )


def who_borrows(tiny: Tiny, pairs: tuple[Faces, Faces]) -> Tensor:
    """[B] bool, seen in the picture."""
    edit, model = reconstructions(tiny, pairs, 0.25)
    borrowed = model.edit(pairs[0], pairs[1], pairs[0].attributes).completed
    return (edit.reconstruction - borrowed).abs().amax((1, 2, 3)) < 1e-4


def test_a_pair_borrows_by_itself_as_often_as_is_asked_for(
    tiny: Tiny, pair: tuple[Faces, Faces]
) -> None:
    pairs = many(pair)
    borrows = who_borrows(tiny, pairs)
    assert borrows.sum().item() == pytest.approx(0.25 * 240, abs=20)
    order = torch.randperm(240, generator=torch.Generator().manual_seed(0))
    shuffled = tuple(faces[order] for faces in pairs)
    assert torch.equal(who_borrows(tiny, shuffled), borrows[order])
    few = tuple(faces[order[:7]] for faces in pairs)
    assert torch.equal(who_borrows(tiny, few), borrows[order[:7]])
    assert not torch.equal(borrows, who_borrows(tiny, (pairs[0], pairs[1][order])))


# The attribute term


def face(count: int = 2) -> Faces:
    """Faces of 4x4 pixels whose region is the upper left quarter."""
    area = torch.zeros(count, 1, 4, 4)
    area[..., :2, :2] = 1
    return Faces(torch.zeros(count, 3, 4, 4), area)


def classifying(logits: Tensor) -> Networks:
    return Networks(nn.Identity(), None, lambda image: logits)


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    chance = torch.sigmoid(logits)
    return -(labels * torch.log(chance) + (1 - labels) * torch.log(1 - chance))


LOGITS = torch.tensor([[2.0, -1.0, 0.5], [-3.0, 0.0, 1.0]])
WANTED = torch.tensor([[1.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
LABELS = torch.tensor([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])


@pytest.mark.parametrize("judges", ["completed", "edit"])
def test_both_sides_by_hand(judges: Any) -> None:
    source = replace(face(), attributes=LABELS)
    edit = Edit(source, face(), WANTED, torch.ones(2, 3, 4, 4))
    term, networks = Attribute(judges=judges), classifying(LOGITS)
    asked, found = (cross_entropy(LOGITS, labels).sum(1).mean() for labels in (WANTED, LABELS))
    assert term(edit, networks).item() == pytest.approx(asked.item(), rel=1e-5)
    assert term.critic(edit, networks).item() == pytest.approx(found.item(), rel=1e-5)


def test_a_judges_term_is_the_critics() -> None:
    source = replace(face(), attributes=LABELS)
    edit = Edit(source, face(), None, source.image, extra={"verdict": LOGITS})
    value = Attribute().critic(edit, classifying(LOGITS))
    assert classification(edit, Networks(None, None)).item() == pytest.approx(value.item())


def test_what_is_beyond_reach_does_not_count() -> None:
    reach = torch.tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
    logits = LOGITS.clone().requires_grad_(True)
    source = replace(face(), attributes=LABELS)
    edit = Edit(source, face(), WANTED, torch.zeros(2, 3, 4, 4), extra={"reach": reach})
    value = Attribute()(edit, classifying(logits))
    assert value.item() == pytest.approx(
        (cross_entropy(LOGITS, WANTED) * reach).sum().item() / 2, rel=1e-5
    )
    value.backward()
    expected = (torch.sigmoid(LOGITS) - WANTED) * reach / 2
    assert torch.allclose(logits.grad, expected, atol=1e-6)
    logits.grad = None
    Attribute().critic(edit, classifying(logits)).backward()
    assert logits.grad.all()


@pytest.mark.parametrize("judges", ["completed", "edit"])
def test_what_the_classifier_is_shown(judges: Any) -> None:
    completed = torch.zeros(2, 3, 4, 4, requires_grad=True)
    edit = Edit(face(), face(), WANTED[:, :1], completed)
    networks = Networks(None, None, lambda image: image.flatten(1).sum(1, keepdim=True))
    Attribute(judges=judges)(edit, networks).backward()
    outside = completed.grad[(face().region == 0).expand(-1, 3, -1, -1)]
    assert completed.grad[..., :2, :2].all()
    assert outside.all() if judges == "completed" else not outside.any()


def first_edit(recipe: Recipe) -> tuple[Networks, Edit]:
    networks = build_networks(recipe)
    batch = first_batch(recipe, open_data(recipe), pairs_of(recipe), 4)
    return networks, networks.model(batch.source, batch.exemplar, torch.ones(4, 2))


ALONE = (
    "loss.reconstruction.weight=0",
    "loss.cycle.weight=0",
    "adversarial.weight=0",
    "adversarial.critic_weight=0",
)


def test_the_critics_side_trains_the_classifier_alone(tiny: Tiny) -> None:
    recipe = tiny(*ATT, *ALONE)
    networks, edit = first_edit(recipe)
    total, values = objective(terms_of(recipe), "critic", edit.detach(), networks, 0)
    total.backward()
    assert list(values) == ["attribute.critic"]
    assert all(p.grad is not None and p.grad.any() for p in networks.classifier.parameters())
    assert all(p.grad is None for p in networks.model.parameters())
    assert len(list(networks.critic.parameters())) == sum(
        len(list(n.parameters())) for n in (networks.classifier, networks.discriminator)
    )


def test_the_models_side_trains_the_model_alone(tiny: Tiny) -> None:
    recipe = tiny(*ATT, *ALONE)
    networks, edit = first_edit(recipe)
    with frozen(networks.critic):
        total, values = objective(terms_of(recipe), "model", edit, networks, 0)
        total.backward()
    assert list(values) == ["attribute"]
    assert all(p.grad is None for p in networks.critic.parameters())
    for part in (networks.model.encoder, networks.model.generator):
        assert all(p.grad is not None for p in part.parameters())
        assert any(p.grad.any() for p in part.parameters())


@pytest.mark.parametrize(
    ("term", "words"),
    [
        ("attribute", "this model edits no attributes: leave out [loss.attribute]"),
        ("classification", "this model is no judge: leave out [loss.classification]"),
    ],
)
def test_a_term_of_another_model(
    command: Callable[..., Any], tiny_file: Path, term: str, words: str
) -> None:
    answer = command("check", tiny_file, "classifier.use=conv", f"loss.{term}.weight=1")
    assert answer.status == 2
    assert f"ebgan-kit: [loss.{term}] {term}: {words}\n" in answer.err


def test_the_attribute_term_without_a_classifier(tiny_file: Path) -> None:
    text = tiny_file.read_text()
    tiny_file.write_text(text + "\n[loss.attribute]\n")
    recipe = read(tiny_file, ATT[1:4])
    networks, edit = first_edit(recipe)
    with pytest.raises(UsageError, match=r"there is no C: add a table \[classifier\]"):
        objective(terms_of(recipe), "model", edit, networks, 0)


# Cycle


def perfect(model: Any, exemplar: Faces, wanted: Tensor) -> Edit:
    """The exemplars' own faces as the edits: their code is the exemplars' to the last bit."""
    edit = model(exemplar, exemplar, wanted)
    return replace(edit, completed=exemplar.image)


def test_the_cycle_of_what_was_decoded_or_of_all(tiny: Tiny, pair: tuple[Faces, Faces]) -> None:
    networks = build_networks(tiny(*ATT))
    wanted = torch.tensor([[1.0, 0.0]]).expand(6, -1)
    edit = perfect(networks.model, pair[1], wanted)
    assert cycle(edit, networks).item() == cycle(edit, networks, filtered=False).item() == 0
    for number, values in ((0, (1, 1)), (1, (0, 1))):
        with another_block(networks.model, number):
            seen = [cycle(edit, networks, filtered=filtered) > 0 for filtered in (True, False)]
        assert seen == [bool(value) for value in values]


def test_the_whole_cycle_of_a_model_without_a_filter(tiny: Tiny) -> None:
    networks, edit = first_edit(tiny())
    with pytest.raises(ValueError, match=r"leave out \[loss.cycle\], or its key 'filtered'"):
        cycle(edit, networks, filtered=False)


@pytest.mark.parametrize("closed", ["both", "source", "exemplar"])
def test_the_cycle_asks_for_nothing_beyond_reach(
    tiny: Tiny, pair: tuple[Faces, Faces], closed: str
) -> None:
    """A nose shows no smile: its block is zero, in the exemplar's code and in the edit's."""
    networks = build_networks(tiny(*ATT))
    source, exemplar = (
        replace(face, region=region(face, None, regions=("nose",)))
        if closed in ("both", name)
        else face
        for name, face in zip(("source", "exemplar"), pair, strict=True)
    )
    edit = networks.model(source, exemplar, torch.ones(6, 2))
    assert not edit.code.any()
    assert cycle(edit, networks).item() == 0


# Switches in training


def drawn_switches(off: float, on: float, numbers: Tensor, labels: Tensor) -> Tensor:
    pairs = Pairs(0, lambda f, c: f.image[:, :1], lambda f, c: torch.arange(len(f)), None, None,
                  off, on)  # fmt: skip
    faces = Faces(torch.zeros(len(numbers), 3, 1, 1), attributes=labels)
    wanted = pairs(faces, numbers).wanted
    assert wanted is not None
    return wanted


def test_switches_are_drawn_as_often_as_is_asked_for() -> None:
    numbers = torch.arange(4000)
    labels = (numbers[:, None] % torch.tensor([2, 3, 5]) == 0).float()
    assert torch.equal(drawn_switches(0, 0, numbers, labels), labels)
    assert torch.equal(drawn_switches(1, 0, numbers, labels), torch.zeros(4000, 3))
    assert torch.equal(drawn_switches(0, 1, numbers, labels), torch.ones(4000, 3))
    wanted = drawn_switches(0.2, 0.05, numbers, labels)
    assert set(wanted.unique().tolist()) == {0.0, 1.0}
    for column in range(3):
        has = labels[:, column] > 0.5
        assert 1 - wanted[has, column].mean().item() == pytest.approx(0.2, abs=0.05)
        assert wanted[~has, column].mean().item() == pytest.approx(0.05, abs=0.03)
    both = wanted[:, 0] * wanted[:, 1]
    is_both = (labels[:, 0] * labels[:, 1]) > 0
    assert both[is_both].mean().item() == pytest.approx(0.8**2, abs=0.07)


def test_switches_depend_on_the_place_in_the_run_alone() -> None:
    numbers, labels = torch.arange(64), torch.ones(64, 2)
    wanted = drawn_switches(0.5, 0.5, numbers, labels)
    order = torch.randperm(64, generator=torch.Generator().manual_seed(0))
    assert torch.equal(drawn_switches(0.5, 0.5, numbers[order], labels), wanted[order])
    assert torch.equal(drawn_switches(0.5, 0.5, numbers[10:20], labels[10:20]), wanted[10:20])
    assert not torch.equal(drawn_switches(0.5, 0.5, numbers + 64, labels), wanted)


def test_a_recipe_switches_in_training(tiny: Tiny) -> None:
    recipe = tiny(*ATT, "train.switch_off=1", "train.switch_on=0.5")
    pairs = pairs_of(recipe)
    assert (pairs.switch_off, pairs.switch_on) == (1, 0.5)
    batch = first_batch(recipe, open_data(recipe), pairs, 16)
    assert batch.exemplar.attributes.any()
    assert not (batch.wanted * batch.exemplar.attributes).any()
    assert batch.wanted.any()
