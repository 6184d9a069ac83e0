"""Networks: whatever is built in as one keeps what its kind promises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from fixtures.networks import SMALL
from torch import Tensor, nn

from ebgan_kit.modelfile.build import build_networks
from ebgan_kit.recipe.recipe import Recipe
from ebgan_kit.recipe.tables import table
from ebgan_kit.registry.part import KIT
from ebgan_kit.registry.plugins import registry
from ebgan_kit.types import Task, Verdict, frozen

SIZE, CODE = 64, 6

ATTRIBUTES = ("Smiling", "Mustache", "Male")


def names(kind: str) -> list[str]:
    """Those of a kind that are built in: a plugin that happens to be installed tests its own."""
    offers = registry().parts[kind].items()
    return [name for name, parts in offers if any(part.owner == KIT for part in parts)]


def build(kind: str, name: str, *given: Any, **keys: Any) -> nn.Module:
    values = {"use": f"{KIT}:{name}"} | SMALL.get((kind, name), {}) | keys
    torch.manual_seed(0)
    return table(kind, values, kind).build(Task(SIZE, ATTRIBUTES), *given)


def picture(count: int = 4) -> tuple[Tensor, Tensor]:
    """Images and regions."""
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(count, 3, SIZE, SIZE, generator=generator) * 2 - 1
    region = torch.zeros(count, 1, SIZE, SIZE)
    region[..., 24:48, 16:48] = 1
    return image, region


CODES = {"map": (CODE, 4, 4), "vector": (CODE, 1, 1)}


# Encoders


@pytest.mark.parametrize("name", names("encoder"))
@pytest.mark.parametrize("shape", ["map", "vector"])
def test_the_shape_of_a_code(name: str, shape: str) -> None:
    code = build("encoder", name, CODE, shape=shape)(*picture())
    assert code.shape[:2] == (4, CODE)
    assert (code.shape[2:] == (1, 1)) == (shape == "vector")


@pytest.mark.parametrize("name", names("encoder"))
def test_a_code_of_the_region_does_not_see_the_rest(name: str) -> None:
    image, region = picture()
    other = torch.where(region > 0, image, -image)
    blind = build("encoder", name, CODE, sees="region").eval()
    seeing = build("encoder", name, CODE, sees="face").eval()
    assert torch.equal(blind(image, region), blind(other, region))
    assert not torch.allclose(seeing(image, region), seeing(other, region), atol=1e-3)


@pytest.mark.parametrize("name", names("encoder"))
def test_a_code_depends_on_the_region(name: str) -> None:
    image, region = picture()
    encoder = build("encoder", name, CODE, sees="face").eval()
    assert not torch.allclose(encoder(image, region), encoder(image, region.roll(9, 3)), atol=1e-4)


@pytest.mark.parametrize("name", names("encoder"))
def test_a_normalised_code_has_a_fixed_scale(name: str) -> None:
    code = build("encoder", name, CODE, normalise=True)(*picture())
    assert torch.allclose(code.square().mean(1), torch.ones(1), atol=1e-2)
    free = build("encoder", name, CODE, normalise=False)(*picture())
    assert not torch.allclose(free.square().mean(1), torch.ones(1), atol=1e-2)


def test_a_convolutional_encoder_keeps_the_names_of_its_weights() -> None:
    """Model files of earlier versions are read by them."""
    names = [f"body.{level}.0.{kind}" for level in range(2) for kind in ("weight", "bias")]
    plain = build("encoder", "conv", CODE, depth=2)
    assert [*plain.state_dict()] == [*names, "head.weight", "head.bias"]


@pytest.mark.parametrize(("depth", "side"), [(1, 32), (3, 8)])
def test_a_stem_sees_the_image_at_full_size(depth: int, side: int) -> None:
    encoder = build("encoder", "conv", CODE, depth=depth, stem=True, width=6, max_channels=20)
    sizes = [(4, *picture()[0].shape[1:])]
    for layer in encoder.body:
        layer.register_forward_hook(lambda layer, given, out: sizes.append(tuple(out.shape)))
    assert encoder(*picture()).shape == (4, CODE, side, side)
    channels = [6, 12, 20, 20][: depth + 1]
    assert sizes[1:] == [(4, c, 64 // 2**n, 64 // 2**n) for n, c in enumerate(channels)]


@pytest.mark.parametrize("shape", ["map", "vector"])
@pytest.mark.parametrize("stem", [False, True])
def test_blocks_add_to_what_is_there(stem: bool, shape: str) -> None:
    keys = {"depth": 2, "stem": stem, "shape": shape}
    plain, deep = (build("encoder", "conv", CODE, blocks=n, **keys) for n in (0, 2))
    fresh = deep.load_state_dict(plain.state_dict(), strict=False)
    assert len(fresh.missing_keys) == 2 * 4
    assert not fresh.unexpected_keys
    for name in fresh.missing_keys:
        nn.init.zeros_(deep.state_dict()[name])
    assert torch.equal(deep(*picture()), plain(*picture()))
    for name in fresh.missing_keys:
        nn.init.normal_(deep.state_dict()[name], std=0.1)
    code = deep(*picture())
    assert code.shape == plain(*picture()).shape
    assert not torch.allclose(code, plain(*picture()), atol=1e-3)


# Generators


@pytest.mark.parametrize("name", names("generator"))
@pytest.mark.parametrize("shape", CODES)
def test_a_generator_heeds_its_code(name: str, shape: str) -> None:
    generator = build("generator", name, CODES[shape])
    image, region = picture(2)
    context = generator.encode(image[:1] * (1 - region[:1]), region[:1])
    one, other = (
        generator.decode(context, value * torch.ones(1, *CODES[shape])) for value in (1, -1)
    )
    assert not torch.allclose(one, other, atol=1e-5)


# Discriminators


@pytest.mark.parametrize("name", names("discriminator"))
def test_a_discriminator_scores_every_image(name: str) -> None:
    scores = build("discriminator", name)(picture()[0], None).scores
    assert scores
    for score in scores:
        assert score.shape[:2] == (4, 1)
        assert score.std() > 0


# Classifiers


@pytest.mark.parametrize("name", names("classifier"))
def test_a_classifier_gives_a_logit_an_attribute(name: str) -> None:
    logits = build("classifier", name)(picture()[0])
    assert logits.shape == (4, 3)
    assert logits.std(0).min() > 0


@pytest.mark.parametrize("name", names("classifier"))
def test_a_classifiers_features_are_what_its_last_layer_reads(name: str) -> None:
    network = build("classifier", name).eval()
    features = network.features(picture()[0])
    (head,) = [m for m in network.modules() if isinstance(m, nn.Linear)]
    assert features.dim() == 2
    assert torch.allclose(head(features), network(picture()[0]), atol=1e-5)


def test_a_classifier_may_see_the_image_larger() -> None:
    plain, large = (build("classifier", "timm", enlarge=by).eval() for by in (1, 2))
    large.load_state_dict(plain.state_dict())
    image = picture()[0]
    twice = nn.functional.interpolate(image, scale_factor=2.0, mode="bilinear")
    assert torch.equal(large(image), plain(twice))
    assert not torch.allclose(large(image), plain(image), atol=1e-4)


# Whole models


@pytest.mark.parametrize("encoder", names("encoder"))
@pytest.mark.parametrize("generator", names("generator"))
def test_all_encoders_and_generators_fit(
    tiny: Callable[..., Recipe], encoder: str, generator: str, faces: Any
) -> None:
    keys = SMALL[("encoder", encoder)]
    words = [f"encoder.{name}={value}" for name, value in keys.items()]
    recipe = tiny(f"encoder.use={encoder}", f"generator.use={generator}", *words)
    model = build_networks(recipe).model
    some = table("mask", {"use": "whole"}, "mask").build()
    region = some(faces, None)
    few = faces[:4]
    source = type(few)(few.image, region[:4])
    edit = model(source, source)
    assert edit.completed.shape == edit.reconstruction.shape == (4, 3, 64, 64)
    assert torch.allclose(edit.completed, edit.reconstruction, atol=1e-5)  # its own code


def test_an_edit_in_use_is_the_edit_in_training(tiny: Callable[..., Recipe], faces: Any) -> None:
    model = build_networks(tiny()).model.eval()
    region = table("mask", {"use": "region"}, "mask").build()(faces, None)
    whole = type(faces)(faces.image, region)
    source, exemplar = whole[:8], whole[8:]
    trained, used = model(source, exemplar), model.edit(source, exemplar)
    assert torch.allclose(trained.completed, used.completed, atol=1e-6)
    assert torch.allclose(trained.code, used.code, atol=1e-6)


@pytest.mark.parametrize("exemplar_region", ["own", "source"])
def test_codes_are_shared_within_a_batch(
    tiny: Callable[..., Recipe], faces: Any, exemplar_region: str
) -> None:
    """A source that is some exemplar too is encoded once; the result is the same as twice."""
    model = build_networks(tiny(f"model.exemplar_region={exemplar_region}")).model.eval()
    region = table("mask", {"use": "region"}, "mask").build()(faces, None)
    source = type(faces)(faces.image, region)
    order = torch.arange(16).roll(1)
    shared = model(source, replace(source[order], order=order))
    apart = model(source, source[order])
    assert torch.allclose(shared.reconstruction, apart.reconstruction, atol=1e-6)
    assert torch.allclose(shared.completed, apart.completed, atol=1e-6)


def test_the_model_and_the_critic_are_seeded_apart(tiny: Callable[..., Recipe]) -> None:
    first, again, other = (build_networks(tiny(f"seed={seed}")) for seed in (1, 1, 2))
    for name in ("model", "discriminator"):
        mine, same, different = (
            next(getattr(networks, name).parameters()) for networks in (first, again, other)
        )
        assert torch.equal(mine, same)
        assert not torch.equal(mine, different)


def test_building_a_model_leaves_the_callers_chance_alone(tiny: Callable[..., Recipe]) -> None:
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    build_networks(tiny())
    assert torch.equal(torch.rand(1), expected)


def test_frozen_lets_gradients_through_and_thaws() -> None:
    layer = nn.Linear(2, 2)
    layer.bias.requires_grad_(False)
    image = torch.ones(1, 2, requires_grad=True)
    with frozen(layer):
        layer(image).sum().backward()
    assert image.grad.abs().sum() > 0
    assert layer.weight.grad is None
    assert layer.weight.requires_grad
    assert not layer.bias.requires_grad


@pytest.mark.parametrize("scores", [torch.zeros(4, 1), [torch.zeros(4, 1)], ()])
def test_a_verdict_without_a_tuple_of_scores_is_refused(scores: Any) -> None:
    """A tensor could be iterated over, an image at a time, and would train in silence."""
    with pytest.raises(TypeError, match=r"write Verdict\(\(scores,\)\)"):
        Verdict(scores)
