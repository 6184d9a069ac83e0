"""Terms: their values by hand, and whom their gradients reach."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from ebgan_kit.faces import Edit, Faces, Verdict
from ebgan_kit.losses.cycle import cycle
from ebgan_kit.losses.reconstruction import reconstruction
from ebgan_kit.networks import Networks, build_networks
from ebgan_kit.pairs import Batch, pairs_of
from ebgan_kit.ramp import Ramp
from ebgan_kit.recipe import Recipe
from ebgan_kit.terms import Term, objective, terms_of
from ebgan_kit.train import first_batch, open_data

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
    face = replace(quarter(), image=torch.rand(2, 3, 4, 4, generator=generator))
    completed = torch.rand(2, 3, 4, 4, generator=generator).requires_grad_(True)
    edit, judge = Edit(face, face, None, completed), Linear(scales)
    real, false = (torch.stack(judge(image).scores).detach() for image in (face.image, edit.image))
    return edit, Networks(nn.Identity(), judge), real, false


def mean(values: Tensor) -> float:
    return values.mean().item()


def part(tiny: Callable[..., Recipe], use: str, **keys: Any) -> Any:
    overrides = [f"adversarial.{name}={value}" for name, value in keys.items()]
    return tiny(f"adversarial.use={use}", *overrides).tables["adversarial"].build()


def cross_entropy(score: Tensor, label: float) -> Tensor:
    chance = torch.sigmoid(score)
    return -(label * torch.log(chance) + (1 - label) * torch.log(1 - chance))


@pytest.mark.parametrize("scales", [1, 2])
def test_values_of_the_model_side(tiny: Callable[..., Recipe], scales: int) -> None:
    edit, networks, _, false = pair_of_images(scales)
    logistic = mean(-torch.log(torch.sigmoid(false)))
    assert part(tiny, "bce")(edit, networks).item() == pytest.approx(logistic, rel=1e-5)
    assert part(tiny, "softplus")(edit, networks).item() == pytest.approx(logistic, rel=1e-5)
    assert part(tiny, "hinge")(edit, networks).item() == pytest.approx(-mean(false), rel=1e-5)


@pytest.mark.parametrize("scales", [1, 2])
def test_values_of_the_critic_side(tiny: Callable[..., Recipe], scales: int) -> None:
    edit, networks, real, false = pair_of_images(scales)
    expected = {
        ("bce", ""): mean(cross_entropy(real, 1.0)) + mean(cross_entropy(false, 0.0)),
        ("bce", "smoothing"): mean(cross_entropy(real, 0.9)) + mean(cross_entropy(false, 0.0)),
        ("softplus", "r1"): mean(softplus(-real)) + mean(softplus(false)),
        ("hinge", ""): mean((1 - real).clamp(min=0)) + mean((1 + false).clamp(min=0)),
    }
    for (use, key), value in expected.items():
        keys = {"smoothing": {"smoothing": 0.1}, "r1": {"r1": 0.0}}.get(key, {})
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


@pytest.mark.parametrize("use", ["bce", "hinge", "softplus"])
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


@pytest.mark.parametrize("use", ["bce", "hinge", "softplus"])
def test_the_critic_side_leaves_the_model_alone(tiny: Callable[..., Recipe], use: str) -> None:
    recipe = tiny(f"adversarial.use={use}")
    networks, edit = first_edit(recipe)
    total, values = objective(terms_of(recipe), "critic", edit.detach(), networks, 0)
    total.backward()
    assert list(values) == ["adversarial.critic"]
    assert all(p.grad is None for p in networks.model.parameters())
    assert all(p.grad is not None for p in networks.discriminator.parameters())


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
