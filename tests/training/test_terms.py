"""Terms: their values by hand, and whom their gradients reach."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
import torch
from fixtures.recipes import ATT
from torch import Tensor, nn
from torch.nn.functional import softplus

from ebgan_kit.errors import UsageError
from ebgan_kit.modelfile.build import build_networks
from ebgan_kit.parts.adversarial.wasserstein import WganGp
from ebgan_kit.parts.losses.attribute import Attribute
from ebgan_kit.parts.losses.cycle import cycle
from ebgan_kit.parts.losses.reconstruction import reconstruction
from ebgan_kit.recipe.ramp import Ramp
from ebgan_kit.recipe.recipe import Recipe
from ebgan_kit.registry.part import KIT, Part
from ebgan_kit.registry.plugins import registry
from ebgan_kit.testing.drawn import drawn_edit, drawn_faces, drawn_networks
from ebgan_kit.training.objective import Term, objective, terms_of
from ebgan_kit.training.pairs import Batch, pairs_of
from ebgan_kit.training.trainer import first_batch, open_data
from ebgan_kit.types import Edit, Faces, Networks, Verdict

NOTHING = Networks(nn.Identity(), None)


def quarter() -> Faces:
    """Two faces of 4x4 pixels, all 0, whose region is the upper left quarter."""
    region = torch.zeros(2, 1, 4, 4)
    region[..., :2, :2] = 1
    return Faces(torch.zeros(2, 3, 4, 4), region)


def drawn(inside: float, outside: float) -> Tensor:
    return torch.where(quarter().region > 0, inside, outside).expand(2, 3, 4, 4)


# Reconstruction


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        ({}, 0.25 * 0.8 + 0.75 * 0.4),
        ({"region_share": 1.0}, 0.8),
        ({"region_share": 0.5}, 0.5 * 0.8 + 0.5 * 0.5),
        ({"reduction": "sum"}, 12 * 0.8 + 36 * 0.4),
        ({"reduction": "sum", "region_share": 1.0}, 12 * 0.8),
        ({"reduction": "sum", "region_share": 0.5}, 12 * 0.8 + 18 * 0.4),
        ({"norm": "l2"}, 0.25 * 0.64 + 0.75 * 0.16),
        ({"norm": "l2", "region_share": 0.5}, 0.5 * 0.64 + 0.5 * 0.28),
        ({"norm": "l2", "reduction": "sum"}, 12 * 0.64 + 36 * 0.16),
    ],
)
def test_reconstruction_by_hand(keys: dict[str, Any], value: float) -> None:
    face = quarter()
    edit = Edit(face, face, None, torch.zeros(2, 3, 4, 4), drawn(0.8, -0.4))
    assert reconstruction(edit, NOTHING, **keys).item() == pytest.approx(value)


def test_reconstruction_of_a_model_that_has_none() -> None:
    edit = Edit(quarter(), quarter(), None, drawn(0, 0))
    with pytest.raises(ValueError, match=r"leave out \[loss.reconstruction\]"):
        reconstruction(edit, NOTHING)


# Cycle


class MeanCode(nn.Module):
    """A model whose code is a weighted mean of the region."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([1.0, 2.0]))

    def encode(self, faces: Faces) -> Tensor:
        mean = (faces.image * faces.region).sum((1, 2, 3)) / faces.region.sum((1, 2, 3))
        return (mean[:, None] * self.weight)[..., None, None]


def test_cycle_by_hand() -> None:
    face, networks = quarter(), Networks(MeanCode(), None)
    code = torch.tensor([[1.0, 1.0], [0.0, 0.0]])[..., None, None]
    edit = Edit(face, face, None, drawn(0.5, 9.0), code=code)  # its code is (1.5, 3) for both
    assert cycle(edit, networks).item() == pytest.approx((0.5 + 2 + 1.5 + 3) / 4)
    assert cycle(edit, networks, reduction="sum").item() == pytest.approx((2.5 + 4.5) / 2)


@pytest.mark.parametrize("trains_encoder", [False, True])
def test_whom_the_cycle_trains(trains_encoder: bool) -> None:
    face, model = quarter(), MeanCode()
    completed = drawn(0.5, 0.5).clone().requires_grad_(True)
    other = replace(face, image=drawn(0.2, 0.2))
    edit = Edit(face, other, None, completed, code=model.encode(other))
    cycle(edit, Networks(model, None), trains_encoder=trains_encoder).backward()
    assert completed.grad.abs().sum() > 0
    assert (model.weight.grad is not None) == trains_encoder
    assert model.weight.requires_grad


def test_the_cycle_reaches_the_generator_and_spares_the_encoder(
    tiny: Callable[..., Recipe],
) -> None:
    networks, edit = first_edit(tiny())
    networks.model.zero_grad()
    edit = replace(edit, code=edit.code.detach(), completed=edit.completed)
    before = [p.grad for p in networks.model.encoder.parameters()]
    image = torch.autograd.grad(cycle(edit, networks), edit.completed, retain_graph=True)[0]
    assert image.abs().sum() > 0
    assert before == [None] * len(before)
    cycle(edit, networks).backward()
    reached = [p.grad is not None for p in networks.model.generator.parameters()]
    assert all(reached)


def test_the_cycle_of_a_model_without_a_code() -> None:
    with pytest.raises(ValueError, match=r"leave out \[loss.cycle\]"):
        cycle(Edit(quarter(), quarter(), None, drawn(0, 0)), NOTHING)


# Adversarial


class Linear(nn.Module):
    """D(x) = w·x, at one or two scales."""

    def __init__(self, scales: int = 1) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.weight = nn.Parameter(torch.randn(scales, 48, generator=generator))

    def forward(self, image: Tensor, attributes: Tensor | None = None) -> Verdict:
        scores = image.flatten(1) @ self.weight.T
        return Verdict(tuple(scores[:, i : i + 1] for i in range(scores.shape[1])))


def pair_of_images(scales: int = 1) -> tuple[Edit, Networks, Tensor, Tensor]:
    """An edit, its networks, and D's scores of the sources and of the edits."""
    generator = torch.Generator().manual_seed(1)
    image = torch.rand(2, 3, 4, 4, generator=generator)
    face = replace(quarter(), image=image, index=torch.tensor([3, 8]))
    completed = torch.rand(2, 3, 4, 4, generator=generator).requires_grad_(True)
    edit, judge = Edit(face, face, None, completed), Linear(scales)
    real, false = (torch.stack(judge(image).scores).detach() for image in (face.image, edit.image))
    return edit, Networks(nn.Identity(), judge), real, false


def mean(values: Tensor) -> float:
    return values.mean().item()


def part(tiny: Callable[..., Recipe], use: str, **keys: Any) -> Any:
    overrides = [f"adversarial.{name}={value}" for name, value in keys.items()]
    return tiny(f"adversarial.use={use}", *overrides).tables["adversarial"].build()


def cross_entropy(score: Tensor, label: float | Tensor) -> Tensor:
    chance = torch.sigmoid(score)
    return -(label * torch.log(chance) + (1 - label) * torch.log(1 - chance))


@pytest.mark.parametrize("scales", [1, 2])
def test_values_of_the_model_side(tiny: Callable[..., Recipe], scales: int) -> None:
    edit, networks, real, false = pair_of_images(scales)
    logistic = mean(-torch.log(torch.sigmoid(false)))
    assert part(tiny, "bce")(edit, networks).item() == pytest.approx(logistic, rel=1e-5)
    assert part(tiny, "softplus")(edit, networks).item() == pytest.approx(logistic, rel=1e-5)
    for use in ("hinge", "wgan-gp"):
        assert part(tiny, use)(edit, networks).item() == pytest.approx(-mean(false), rel=1e-5)
    relative = mean(softplus(real - false))
    assert part(tiny, "relativistic")(edit, networks).item() == pytest.approx(relative, rel=1e-5)


@pytest.mark.parametrize("scales", [1, 2])
def test_values_of_the_critic_side(tiny: Callable[..., Recipe], scales: int) -> None:
    edit, networks, real, false = pair_of_images(scales)
    expected = {
        ("bce", ""): mean(cross_entropy(real, 1.0)) + mean(cross_entropy(false, 0.0)),
        ("bce", "smoothing"): mean(cross_entropy(real, 0.9)) + mean(cross_entropy(false, 0.0)),
        ("softplus", "r1"): mean(softplus(-real)) + mean(softplus(false)),
        ("hinge", ""): mean((1 - real).clamp(min=0)) + mean((1 + false).clamp(min=0)),
        ("wgan-gp", "penalty"): mean(false) - mean(real),
        ("relativistic", "gamma"): mean(softplus(false - real)),
    }
    for (use, key), value in expected.items():
        keys = {"smoothing": 0.1, "r1": 0.0, "penalty": 0.0, "gamma": 0.0}
        keys = {key: keys[key]} if key else {}
        critic = part(tiny, use, **keys).critic
        assert critic(edit, networks).item() == pytest.approx(value, rel=1e-4)


@pytest.mark.parametrize("scales", [1, 2])
def test_r1_is_the_squared_gradient(tiny: Callable[..., Recipe], scales: int) -> None:
    """For D(x) = w·x the gradient is w at every image; scales add up."""
    edit, networks, _, _ = pair_of_images(scales)
    without = part(tiny, "softplus", r1=0.0).critic(edit, networks)
    penalty = part(tiny, "softplus", r1=3.0).critic(edit, networks) - without
    weight = networks.discriminator.weight
    assert penalty.item() == pytest.approx(1.5 * weight.sum(0).square().sum().item(), rel=1e-4)
    penalty.backward()
    expected = 3.0 * weight.sum(0, keepdim=True).expand_as(weight)
    assert torch.allclose(weight.grad, expected.detach(), rtol=1e-3, atol=1e-4)


class Square(nn.Module):
    """D(x) = a·|x|²/2, whose gradient at x is a·x."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(0.5))
        self.told: list[Tensor | None] = []

    def forward(self, image: Tensor, attributes: Tensor | None = None) -> Verdict:
        self.told.append(attributes)
        return Verdict((self.weight * image.square().sum((1, 2, 3))[:, None] / 2,))


def energy(image: Tensor) -> Tensor:
    """[B]: what the penalty of a `Square` is at each image."""
    return 0.25 * image.detach().square().sum((1, 2, 3))


def penalty_of(tiny: Callable[..., Recipe], edit: Edit, use: str, **keys: float) -> Tensor:
    """What the penalty adds to the critic's side, before a `Square`."""
    networks, key = Networks(nn.Identity(), Square()), {"softplus": "r1"}.get(use, "gamma")
    without = part(tiny, use, **(keys | {key: 0.0})).critic(edit, networks)
    return part(tiny, use, **keys).critic(edit, networks) - without


@pytest.mark.parametrize(("every", "shown"), [(1, [0, 1]), (2, [0])])
def test_r1_is_taken_at_the_sources_and_r2_at_the_edits(
    tiny: Callable[..., Recipe], every: int, shown: list[int]
) -> None:
    """Of every two images the first stands for both."""
    edit, _, _, _ = pair_of_images()
    real, drawn = (mean(energy(image)[shown]) for image in (edit.source.image, edit.image))
    assert real != pytest.approx(drawn, rel=0.01)
    r1 = penalty_of(tiny, edit, "softplus", r1=3.0, r1_every=every)
    assert r1.item() == pytest.approx(1.5 * real, rel=1e-4)
    both = penalty_of(tiny, edit, "relativistic", gamma=3.0, penalty_every=every)
    assert both.item() == pytest.approx(1.5 * (real + drawn), rel=1e-4)
    both.backward()
    assert edit.completed.grad is None or not edit.completed.grad.any()


def test_each_side_of_the_penalty_is_told_its_own_labels(tiny: Callable[..., Recipe]) -> None:
    """The source's attributes, and what is wanted of the edit."""
    edit, _, _, _ = pair_of_images()
    own, wanted = torch.tensor([[1.0], [0.0]]), torch.tensor([[0.0], [1.0]])
    edit = replace(edit, source=replace(edit.source, attributes=own), wanted=wanted)
    judge = Square()
    critic = part(tiny, "relativistic", penalty_every=2).critic
    critic(edit, Networks(nn.Identity(), judge))
    expected = [own, wanted, own[:1], wanted[:1]]
    assert [t is not None and t.equal(e) for t, e in zip(judge.told, expected, strict=True)] == (
        [True] * 4
    )


def test_the_relativistic_penalty_is_taken_in_float32(tiny: Callable[..., Recipe]) -> None:
    edit, networks, _, _ = pair_of_images()
    term = part(tiny, "relativistic", gamma=1e4)
    exact = term.critic(edit, networks)
    with torch.autocast("cpu", torch.bfloat16):
        assert term.critic(edit, networks).item() == pytest.approx(exact.item(), rel=1e-4)


def test_r1_of_a_few_faces_is_the_same_mean(tiny: Callable[..., Recipe]) -> None:
    """Where the gradient is the same at every image, one of two stands for both."""
    edit, networks, _, _ = pair_of_images()
    every, some = (part(tiny, "softplus", r1=3.0, r1_every=n).critic for n in (1, 2))
    assert some(edit, networks).item() == pytest.approx(every(edit, networks).item(), rel=1e-5)


@pytest.mark.parametrize("use", ["bce", "hinge", "relativistic", "softplus", "wgan-gp"])
def test_the_discriminator_sees_the_edit_not_the_completed_image(
    tiny: Callable[..., Recipe], use: str
) -> None:
    edit, networks, _, _ = pair_of_images()
    part(tiny, use)(edit, networks).backward()
    gradient = edit.completed.grad
    assert gradient[..., :2, :2].abs().sum() > 0
    assert gradient[..., 2:, :].abs().sum() == 0
    assert gradient[..., :2, 2:].abs().sum() == 0


def first_edit(recipe: Recipe) -> tuple[Networks, Edit]:
    networks = build_networks(recipe)
    batch: Batch = first_batch(recipe, open_data(recipe), pairs_of(recipe), 4)
    return networks, networks.model(batch.source, batch.exemplar, batch.wanted)


@pytest.mark.parametrize("use", ["bce", "hinge", "relativistic", "softplus", "wgan-gp"])
def test_the_critic_side_leaves_the_model_alone(tiny: Callable[..., Recipe], use: str) -> None:
    recipe = tiny(f"adversarial.use={use}")
    networks, edit = first_edit(recipe)
    total, values = objective(terms_of(recipe), "critic", edit.detach(), networks, 0)
    total.backward()
    assert list(values) == ["adversarial.critic"]
    assert all(p.grad is None for p in networks.model.parameters())
    assert all(p.grad is not None for p in networks.discriminator.parameters())


# Wasserstein


class InPatches(Linear):
    """The same scores, of which a scale is a patch of one map."""

    def forward(self, image: Tensor, attributes: Tensor | None = None) -> Verdict:
        scores = torch.cat(super().forward(image).scores, dim=1)
        return Verdict((scores[:, None, None, :],))


def untouched(edit: Edit) -> Edit:
    """An edit that changes nothing: of the critic's side its penalty is left."""
    return replace(edit, completed=edit.source.image)


@pytest.mark.parametrize("judge", [Linear(1), Linear(2), InPatches(2)])
@pytest.mark.parametrize("keys", [{}, {"penalty": 3.0}])
def test_the_penalty_is_how_far_the_slope_is_from_one(
    tiny: Callable[..., Recipe], judge: Linear, keys: dict[str, float]
) -> None:
    """For D(x) = w·x the slope is |w| everywhere; scales and patches add up."""
    judge.zero_grad()
    edit = untouched(pair_of_images()[0])
    value = part(tiny, "wgan-gp", **keys).critic(edit, Networks(nn.Identity(), judge))
    much, weight = keys.get("penalty", 10.0), judge.weight.detach().sum(0)
    slope = weight.norm().item()
    assert slope > 1.5
    assert value.item() == pytest.approx(much * (slope - 1) ** 2, rel=1e-4)
    value.backward()
    expected = 2 * much * (slope - 1) * weight / slope
    assert torch.allclose(judge.weight.grad, expected.expand_as(judge.weight), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("slope", [0.0, 1.0])
def test_a_slope_of_one_is_free_and_a_slope_of_none_breaks_nothing(
    tiny: Callable[..., Recipe], slope: float
) -> None:
    edit, networks, _, _ = pair_of_images()
    weight = networks.discriminator.weight
    with torch.no_grad():
        weight.mul_(slope / weight.norm())
    value = part(tiny, "wgan-gp").critic(untouched(edit), networks)
    assert value.item() == pytest.approx(10 * (slope - 1) ** 2, abs=1e-8)
    value.backward()
    assert weight.grad.isfinite().all()


def test_the_penalty_is_taken_in_float32(tiny: Callable[..., Recipe]) -> None:
    edit, networks, _, _ = pair_of_images()
    term = part(tiny, "wgan-gp")
    exact = term.critic(untouched(edit), networks)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = networks.discriminator(edit.source.image).scores[0]
        value = term.critic(untouched(edit), networks)
    assert rounded.dtype == torch.bfloat16  # or this tests nothing
    assert value.dtype == torch.float32
    assert torch.equal(value, exact)


class Witness(nn.Module):
    """D that remembers what it was shown."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[Tensor] = []

    def forward(self, image: Tensor, attributes: Tensor | None = None) -> Verdict:
        self.shown.append(image.detach().clone())
        return Verdict((image.square().sum((1, 2, 3))[:, None],))


def places_on_the_line(term: Any, edit: Edit) -> Tensor:
    """[B]: how far from A to y the image of each pair lies that the penalty is taken at."""
    judge = Witness()
    term.critic(edit, Networks(nn.Identity(), judge))
    real, drawn, between = (image.flatten(1) for image in judge.shown)
    way = drawn - real
    share = ((between - real) * way).sum(1) / way.square().sum(1)
    assert torch.allclose(between, real + share[:, None] * way, atol=1e-5)
    return share


def many_pairs(count: int = 400) -> Edit:
    """Edits of so many pairs, no two of the same faces."""
    generator = torch.Generator().manual_seed(2)
    image, completed = torch.rand(2, count, 3, 4, 4, generator=generator)
    region = quarter().region[:1].expand(count, -1, -1, -1)
    index = torch.arange(count)
    source, exemplar = Faces(image, region, index=index), Faces(image, region, index=index + 7)
    return Edit(source, exemplar, None, completed)


@pytest.mark.parametrize("sees", ["face", "close"])
def test_the_penalty_is_taken_anywhere_between_source_and_edit(
    tiny: Callable[..., Recipe], sees: str
) -> None:
    share = places_on_the_line(part(tiny, "wgan-gp", sees=sees), many_pairs())
    assert share.min() > -1e-4
    assert share.max() < 1 + 1e-4
    assert (torch.histc(share, 4, 0, 1) / len(share) - 0.25).abs().max() < 0.08


def test_the_same_pair_is_always_looked_at_in_the_same_place(tiny: Callable[..., Recipe]) -> None:
    """In whatever company: so a step is the same on any number of processes."""
    edit, term = many_pairs(), part(tiny, "wgan-gp")
    share = places_on_the_line(term, edit)
    assert torch.equal(places_on_the_line(term, edit), share)
    some = torch.tensor([300, 5, 17])
    few = Edit(edit.source[some], edit.exemplar[some], None, edit.completed[some])
    assert torch.allclose(places_on_the_line(term, few), share[some], atol=1e-4)
    index = edit.source.index
    for mine, its in ((index, index + 8), (index + 1, index + 7), (index + 7, index)):
        source, exemplar = replace(edit.source, index=mine), replace(edit.exemplar, index=its)
        other = places_on_the_line(term, replace(edit, source=source, exemplar=exemplar))
        assert torch.corrcoef(torch.stack([other, share]))[0, 1].abs() < 0.15


class Curved(Linear):
    """D(x) = (w·x)²: its slope depends on the image."""

    def forward(self, image: Tensor, attributes: Tensor | None = None) -> Verdict:
        (score,) = super().forward(image).scores
        return Verdict((score.square(),))


def test_the_penalty_reaches_the_discriminator_alone(tiny: Callable[..., Recipe]) -> None:
    """An edit that is not detached gets from it what the scores give, and no more."""
    edit, networks = pair_of_images()[0], Networks(nn.Identity(), Curved())
    image = edit.source.image.requires_grad_(True)
    given = [networks.discriminator.weight, edit.completed, image]
    without, penalised = (
        torch.autograd.grad(part(tiny, "wgan-gp", penalty=much).critic(edit, networks), given)
        for much in (0.0, 10.0)
    )
    assert not torch.allclose(without[0], penalised[0])
    assert torch.equal(without[1], penalised[1])
    assert torch.equal(without[2], penalised[2])


def test_a_penalty_needs_to_know_which_faces_they_are() -> None:
    edit, networks, _, _ = pair_of_images()
    edit = replace(edit, exemplar=replace(edit.exemplar, index=None))
    with pytest.raises(ValueError, match="these faces have no index"):
        WganGp().critic(edit, networks)
    assert WganGp(penalty=0.0).critic(edit, networks).isfinite()


# Attributes, by a head of the discriminator's


class Headed(nn.Module):
    """D that says the same of every face, and remembers what it was asked."""

    def __init__(self, logits: Tensor | None) -> None:
        super().__init__()
        self.logits = None if logits is None else nn.Parameter(logits)
        self.asked: list[tuple[Tensor, Tensor | None]] = []

    def forward(self, image: Tensor, attributes: Tensor | None) -> Verdict:
        self.asked.append((image, attributes))
        logits = self.logits
        if logits is not None:
            logits = logits.expand(len(image), -1) + 0 * image.sum()
        return Verdict((image.mean((1, 2, 3))[:, None],), logits)


WANTED = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
LABELS = torch.tensor([[0.0, 0.0], [1.0, 0.0]])


def labelled_edit() -> Edit:
    source = replace(quarter(), attributes=LABELS)
    return Edit(source, quarter(), WANTED, drawn(0.5, -0.5).clone().requires_grad_(True))


@pytest.mark.parametrize("judges", ["completed", "edit"])
def test_what_the_discriminators_head_says_by_hand(judges: Any) -> None:
    edit, judge = labelled_edit(), Headed(torch.tensor([2.0, -1.0]))
    elsewhere = nn.Linear(1, 1)  # C is not asked: this one would fall over
    term, networks = (
        Attribute(by="discriminator", judges=judges),
        Networks(nn.Identity(), judge, elsewhere),
    )
    logits = judge.logits.detach().expand(2, 2)
    for side, labels in ((term, WANTED), (term.critic, LABELS)):
        expected = cross_entropy(logits, labels).sum(1).mean().item()
        assert side(edit, networks).item() == pytest.approx(expected, rel=1e-5)
    (shown, _), (real, _) = judge.asked
    assert torch.equal(shown, edit.completed if judges == "completed" else edit.image)
    assert torch.equal(real, edit.source.image)
    assert [labels for _, labels in judge.asked] == [None, None]  # or it would be told the answer


def test_who_learns_from_the_discriminators_head() -> None:
    edit, judge = labelled_edit(), Headed(torch.tensor([2.0, -1.0]))
    term, networks = Attribute(by="discriminator"), Networks(nn.Identity(), judge)
    term(edit, networks).backward()
    assert edit.completed.grad is not None
    judge.zero_grad()
    edit.completed.grad = None
    term.critic(edit, networks).backward()
    assert judge.logits.grad.abs().min() > 0
    assert edit.completed.grad is None


NO_HEAD = "no discriminator here has a head of attributes: take by = 'classifier'"


@pytest.mark.parametrize("judge", [None, Headed(None)])
def test_attributes_by_a_discriminator_without_a_head(judge: Headed | None) -> None:
    term = Attribute(by="discriminator")
    for side in (term, term.critic):
        with pytest.raises(ValueError, match=NO_HEAD):
            side(labelled_edit(), Networks(nn.Identity(), judge))


@pytest.mark.parametrize("side", ["model", "critic"])
@pytest.mark.parametrize(
    ("words", "place", "sentence"),
    [
        (("loss.attribute.by=discriminator",), "loss.attribute", NO_HEAD),
        (("loss.reader.use=attribute",), "loss.reader", "there is no C: add a table [classifier]"),
    ],
)
def test_what_a_term_refuses_is_said_of_its_table_on_either_side(
    tiny: Callable[..., Recipe], side: Any, words: tuple[str, ...], place: str, sentence: str
) -> None:
    recipe = tiny(*ATT[1:4], *words, "adversarial.weight=0", "adversarial.critic_weight=0")
    networks, edit = first_edit(recipe)
    with pytest.raises(UsageError) as caught:
        objective(terms_of(recipe), side, edit, networks, 0)
    assert str(caught.value) == f"[{place}] attribute: {sentence}"


# A batch and its shares


def shares(edit: Edit) -> list[Edit]:
    """The edit of each half of the batch, as two processes would hold them."""

    def of(half: slice, value: Any) -> Any:
        return value[half] if isinstance(value, Tensor | Faces) else value

    halves = (slice(0, len(edit.source) // 2), slice(len(edit.source) // 2, None))
    return [
        Edit(
            extra={name: value[half] for name, value in edit.extra.items()},
            **{f.name: of(half, getattr(edit, f.name)) for f in fields(Edit) if f.name != "extra"},
        )
        for half in halves
    ]


def uneven() -> Faces:
    """Drawn faces whose regions are very different in size, and one that has none."""
    faces = drawn_faces()
    region = torch.zeros_like(faces.region)
    for face, side in enumerate((4, 32, 0, 12)):
        region[face, :, 20 : 20 + side, 20 : 20 + side] = 1
    return replace(faces, region=region)


TERMS = [
    pytest.param(part, keys, id=f"{part.name}-{number}")
    for kind in ("loss", "adversarial")
    for parts in registry().parts[kind].values()
    for part in parts
    if part.owner == KIT
    for number, keys in enumerate(({}, {"region_share": 0.5}, {"reduction": "sum"}))
    if keys.keys() <= part.keys.model_fields.keys()
]
"""Every term of the kit, in its forms that look at a batch otherwise."""


@pytest.mark.parametrize(("part", "keys"), TERMS)
def test_a_term_is_the_mean_over_the_shares_of_a_batch(part: Part, keys: dict[str, Any]) -> None:
    """So the mean of the gradients of several processes is the gradient of the whole batch."""
    networks = drawn_networks()
    edit = drawn_edit(networks, uneven())
    term = part.build(**keys)
    for side in (term, getattr(term, "critic", None)):
        if side is not None:
            mean = sum(side(share, networks).item() for share in shares(edit)) / 2
            assert mean == pytest.approx(side(edit, networks).item(), rel=1e-5)


# The objective


def constant(value: float) -> Callable[..., Tensor]:
    return lambda edit, networks: torch.tensor(value)


def test_the_objective_is_a_weighted_sum() -> None:
    edit = Edit(quarter(), quarter(), None, drawn(0, 0))
    ramp = Ramp(**{"from": 0.0, "to": 4.0, "by": 100})
    terms = [Term("a", constant(3.0), 2.0, 1.0), Term("b", constant(5.0), ramp, 1.0)]
    for clock, expected in [(50, 6 + 10), (100, 6 + 20), (10_000, 6 + 20)]:
        total, values = objective(terms, "model", edit, NOTHING, clock)
        assert total.item() == expected
        assert values == {"a": torch.tensor(3.0), "b": torch.tensor(5.0)}


def test_a_term_without_weight_is_not_computed() -> None:
    def forbidden(edit: Edit, networks: Networks) -> Tensor:
        raise AssertionError("computed")

    edit = Edit(quarter(), quarter(), None, drawn(0, 0))
    ramp = Ramp(**{"from": 0.0, "to": 1.0, "by": 100})
    for weight in (0.0, ramp):
        total, values = objective([Term("x", forbidden, weight, 1.0)], "model", edit, NOTHING, 0)
        assert total.item() == 0
        assert values == {}
    total, values = objective([Term("x", forbidden, 1.0, 1.0)], "critic", edit, NOTHING, 0)
    assert math.isclose(total.item(), 0)


def test_the_terms_of_a_recipe(tiny: Callable[..., Recipe]) -> None:
    terms = terms_of(tiny("adversarial.critic_weight=3"))
    assert {term.name: (term.weight, term.critic_weight) for term in terms} == {
        "reconstruction": (100, 1),
        "cycle": (10, 1),
        "adversarial": (1, 3),
    }
