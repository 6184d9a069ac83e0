"""The checks for authors of plugins: what is built in passes, and broken parts do not."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import pytest
import torch
from annotated_types import Ge, MinLen
from fixtures.networks import SMALL
from fixtures.recipes import ATT, JUDGE, TINY
from PIL import Image
from torch import Tensor, nn

from ebgan_kit import testing
from ebgan_kit.errors import UsageError
from ebgan_kit.modelfile.file import ModelFile
from ebgan_kit.parts.data.cache.pack import pack
from ebgan_kit.parts.nn.layers import in_range
from ebgan_kit.registry.part import KINDS, KIT, Part, PartError
from ebgan_kit.registry.plugins import registry
from ebgan_kit.testing import (
    check_adversarial,
    check_augment,
    check_classifier,
    check_data,
    check_discriminator,
    check_encoder,
    check_generator,
    check_loss,
    check_mask,
    check_model,
    check_optimizer,
    check_pairing,
    check_schedule,
    check_watch,
    drawn_edit,
    drawn_networks,
)
from ebgan_kit.types import Edit, Faces, Networks, Verdict

# What is built in

KEYS: dict[tuple[str, str], dict[str, Any]] = {
    ("data", "synthetic"): {"count": 8},
    ("data", "dataset"): {
        "attributes": "marks",
        "names": ["Odd", "All"],
        "landmarks": "points",
        "identity": "who",
    },
    ("mask", "any-of"): {"of": [{"use": "region", "weight": 3}, {"use": "freeform"}]},
    ("augment", "kornia"): {
        "ops": [
            {"use": "ColorJiggle", "brightness": 0.2, "hue": [-0.1, 0.1]},
            {
                "use": "RandomAffine",
                "degrees": 20,
                "translate": [0.1, 0.1],
                "padding_mode": "border",
            },
            {"use": "RandomGaussianNoise", "std": 0.02},
        ]
    },
    ("augment", "jitter"): {"flip": 0.5, "rotate": 20, "scale": 0.1, "shift": 0.1, "gamma": 0.5},
}
"""Keys of parts beside networks that are not tested as they come."""

PARTS = [
    pytest.param(kind, part, id=f"{kind}-{name}")
    for kind, offers in registry().parts.items()
    for name, parts in offers.items()
    for part in parts
    if kind != "model" and part.owner == KIT
]


@pytest.mark.parametrize(("kind", "part"), PARTS)
def test_every_part_that_is_built_in_passes(
    kind: str, part: Part, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    keys = SMALL.get((kind, part.name)) or KEYS.get((kind, part.name), {})
    if kind == "data" and "root" in part.keys.model_fields:
        fixture = {"celebamask-hq": "masked"}.get(part.name, part.name)
        keys = keys | {"root": request.getfixturevalue(fixture)}
    if kind == "data" and "file" in part.keys.model_fields:
        keys = keys | {"file": request.getfixturevalue("packed")}
    if kind == "data" and "dataset" in part.keys.model_fields:
        keys = keys | {"dataset": request.getfixturevalue("own")()}
    if kind == "mask" and "path" in part.keys.model_fields:
        picture = tmp_path / "mask.png"
        Image.linear_gradient("L").save(picture)
        keys = keys | {"path": picture}
    getattr(testing, f"check_{kind}")(part.make, **keys)


@pytest.fixture
def packed(tmp_path: Path, tiny_file: Path) -> Path:
    """The faces of the tiny recipe in one file, of the size that data has where nothing is said."""
    return pack(tiny_file, tmp_path / "faces.safetensors", ["data.size=128", "data.count=4"])


@pytest.fixture
def masked(masked: Path) -> Path:
    """Faces with part labels, one of which is dark."""
    Image.new("RGB", (200, 200)).save(masked / "CelebA-HQ-img" / "0.jpg")
    return masked


MODELS = {"ebgan": (), "att-ebgan": ATT}
"""Each model that is built in, by what the tiny recipe needs to have it."""


BUILT_IN = [
    name
    for name, parts in registry().parts["model"].items()
    if name != "judge" and any(part.owner == KIT for part in parts)
]


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_model_that_is_built_in_passes(name: str, tmp_path: Path) -> None:
    path = check_model(tomllib.loads(TINY), tmp_path, MODELS[name])
    assert ModelFile.open(path).header.recipe["model"]["use"] == name


def test_a_judge_is_no_model_that_edits(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="the model 'judge' edits nothing"):
        check_model(tomllib.loads(JUDGE), tmp_path)


def test_there_is_a_check_for_every_kind() -> None:
    assert {f"check_{kind}" for kind in KINDS} <= {*testing.__all__}


# What is broken


def broken(make: Any) -> Any:
    """A part with a docstring, so that a check goes on to what is wrong with it."""
    make.__doc__ = "Broken on purpose."
    return make


def untyped(edit, networks, *, power=2):
    """Broken on purpose."""
    return edit.completed.mean() ** power


def weighted(edit: Edit, networks: Networks, *, weight: float = 1.0) -> Tensor:
    """Broken on purpose."""
    return edit.completed.mean() * weight


def unbounded(edit: Edit, networks: Networks, *, power: Annotated[int, Ge(1)] = 0) -> Tensor:
    """Broken on purpose."""
    return edit.completed.mean()


@broken
class ReachesModel:
    def __call__(self, edit: Edit, networks: Networks) -> Tensor:
        return edit.completed.mean()

    def critic(self, edit: Edit, networks: Networks) -> Tensor:
        real = networks.discriminator(edit.source.image, None).scores[0].mean()
        return real + networks.model.encode(edit.source).mean()


@broken
class IdleCritic(ReachesModel):
    def critic(self, edit: Edit, networks: Networks) -> Tensor:
        return edit.completed.mean()


LOSSES = [
    (lambda edit, networks: edit.completed.detach().mean(), "reaches nothing that the network"),
    (lambda edit, networks: (edit.completed > 0).float().mean(), "reaches nothing that the netw"),
    (
        lambda edit, networks: edit.completed.mean((1, 2, 3)),
        "a tensor [4] of float32: a term is one number",
    ),
    (lambda edit, networks: 3.0, "gives 3.0: a term is one number"),
    (lambda edit, networks: edit.completed.mean() * float("nan"), "gives nan"),
    (lambda edit, networks: (edit.completed * torch.rand(1)).mean(), "draws random numbers of its"),
    (lambda edit, networks: (edit.completed + 3000 - 3000).abs().mean(), "under bf16, and"),
    (ReachesModel, "a critic's side that reaches the model's weights"),
    (IdleCritic, "a critic's side that trains neither discriminator nor classifier"),
    (untyped, "a key 'power' without a type"),
    (weighted, "a key 'weight', which is the kit's own word"),
    (unbounded, "a default must keep to the key's own type and bounds"),
]


@pytest.mark.parametrize(("loss", "words"), LOSSES)
def test_a_broken_loss(loss: Any, words: str) -> None:
    with pytest.raises(AssertionError) as caught:
        check_loss(broken(loss))
    assert words in str(caught.value)
    assert str(caught.value).startswith("the loss '")


def test_a_part_that_the_kit_cannot_offer() -> None:
    with pytest.raises(PartError, match=r"takes \(edit\), but the kit calls a loss with"):
        check_loss(lambda edit: edit.completed.mean())
    with pytest.raises(AssertionError, match="has no docstring"):
        check_loss(lambda edit, networks: edit.completed.mean())


def test_keys_are_those_that_a_recipe_may_give() -> None:
    with pytest.raises(AssertionError, match=r"\[loss\] has no key 'powr'; did you mean 'power'"):
        check_loss(unbounded, powr=1)
    with pytest.raises(AssertionError, match="greater than or equal to 1"):
        check_loss(unbounded, power=0)
    check_loss(unbounded, power=1)


def test_a_loss_on_what_its_own_model_gives() -> None:
    @broken
    def nulled(edit: Edit, networks: Networks) -> Tensor:
        return edit.extra["nulled"].square().mean()

    with pytest.raises(KeyError):
        check_loss(nulled)
    networks = drawn_networks()
    edit = drawn_edit(networks)
    check_loss(nulled, replace(edit, extra={"nulled": edit.completed + 0}), networks)


@broken
class Adversarial:
    """The Wasserstein loss, whose signs can be turned."""

    def __init__(self, *, model: float = 1.0, critic: float = 1.0) -> None:
        self.signs = model, critic

    def __call__(self, edit: Edit, networks: Networks) -> Tensor:
        return -self.signs[0] * networks.discriminator(edit.image, None).scores[0].mean()

    def critic(self, edit: Edit, networks: Networks) -> Tensor:
        real = networks.discriminator(edit.source.image, None).scores[0].mean()
        return self.signs[1] * (networks.discriminator(edit.image, None).scores[0].mean() - real)


def test_a_broken_adversarial_term() -> None:
    check_adversarial(Adversarial)
    with pytest.raises(AssertionError, match="wants the discriminator to find the edit out"):
        check_adversarial(Adversarial, model=-1.0)
    with pytest.raises(AssertionError, match="rewards a discriminator that is fooled"):
        check_adversarial(Adversarial, critic=-1.0)
    with pytest.raises(AssertionError, match="has no critic's side"):
        check_adversarial(broken(lambda edit, networks: edit.completed.mean()))


class Encoder(nn.Module):
    """A whole encoder of one convolution, for others to break."""

    def __init__(self, task: Any, channels: int) -> None:
        super().__init__()
        self.body = nn.Conv2d(4, channels, 4, 4)

    def forward(self, image: Tensor, region: Tensor) -> Tensor:
        return self.body(torch.cat([image, region], 1))


@broken
class FixedChannels(Encoder):
    def __init__(self, task: Any, channels: int) -> None:
        super().__init__(task, 3)


@broken
class IdleWeights(Encoder):
    def __init__(self, task: Any, channels: int) -> None:
        super().__init__(task, channels)
        self.forgotten = nn.Linear(2, 2)


@broken
class Cut(Encoder):
    def forward(self, image: Tensor, region: Tensor) -> Tensor:
        return super().forward(image, region).detach()


@broken
class Blind(Encoder):
    def forward(self, image: Tensor, region: Tensor) -> Tensor:
        return super().forward(torch.zeros_like(image), region)


@broken
class Centred(Encoder):
    def forward(self, image: Tensor, region: Tensor) -> Tensor:
        code = super().forward(image, region)
        return code - code.mean(0)


@broken
class Noisy(Encoder):
    def forward(self, image: Tensor, region: Tensor) -> Tensor:
        return super().forward(image + 0.1 * torch.randn_like(image), region)


@broken
class Overflowing(Encoder):
    def forward(self, image: Tensor, region: Tensor) -> Tensor:
        return (super().forward(image, region) * 1e3).exp()


@pytest.mark.parametrize(
    ("encoder", "words"),
    [
        (
            FixedChannels,
            "gives a tensor [4, 3, 16, 16] of float32 for 4 faces: a code is [B, chan",
        ),
        (IdleWeights, "weights that no gradient of its output reaches: forgotten.weight"),
        (Cut, "weights that no gradient of its output reaches: body.weight, body.bias"),
        (Blind, "does not look at the image"),
        (Centred, "in company than alone"),
        (Noisy, "draws random numbers of its own"),
        (Overflowing, "not finite"),
        (broken(lambda task, channels: lambda image, region: image), "is not a torch.nn.Module"),
    ],
)
def test_a_broken_encoder(encoder: Any, words: str) -> None:
    check_encoder(Encoder)
    with pytest.raises(AssertionError) as caught:
        check_encoder(encoder)
    assert words in str(caught.value)


class Generator(nn.Module):
    """A whole generator of two layers, for others to break."""

    def __init__(self, task: Any, code_shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.body = nn.Conv2d(4, 3, 3, 1, 1)
        self.mix = nn.Linear(code_shape[0], 3)

    def encode(self, source: Tensor, region: Tensor) -> Any:
        return (self.body(torch.cat([source, region], 1)),)

    def decode(self, context: Any, code: Tensor) -> Tensor:
        return in_range(context[0] + self.mix(code.mean((2, 3)))[:, :, None, None], self.training)


@broken
class WrongSize(Generator):
    def decode(self, context: Any, code: Tensor) -> Tensor:
        return super().decode(context, code)[..., ::2, ::2]


@broken
class OutOfRange(Generator):
    def decode(self, context: Any, code: Tensor) -> Tensor:
        return super().decode(context, code) * 2


@broken
class NoTuple(Generator):
    def encode(self, source: Tensor, region: Tensor) -> Any:
        return super().encode(source, region)[0]


@broken
class DeafToCode(Generator):
    def decode(self, context: Any, code: Tensor) -> Tensor:
        return super().decode(context, torch.ones_like(code))


@pytest.mark.parametrize(
    ("generator", "words"),
    [
        (
            WrongSize,
            "decodes to a tensor [8, 3, 32, 32] of float32 where the source is a tensor [4, 3, 64",
        ),
        (OutOfRange, "draws beyond [-1, 1] in use"),
        (NoTuple, "encode gives a tuple of tensors"),
        (DeafToCode, "does not look at the code"),
    ],
)
def test_a_broken_generator(generator: Any, words: str) -> None:
    check_generator(Generator)
    with pytest.raises(AssertionError) as caught:
        check_generator(generator)
    assert words in str(caught.value)


class Discriminator(nn.Module):
    """A whole discriminator that is told the attributes, for others to break."""

    def __init__(self, task: Any) -> None:
        super().__init__()
        self.body = nn.Conv2d(3 + len(task.attributes), 1, 4, 4)

    def forward(self, image: Tensor, attributes: Tensor | None) -> Any:
        if attributes is None:
            raise ValueError("this discriminator needs attributes")
        planes = attributes[:, :, None, None].expand(-1, -1, *image.shape[-2:])
        return Verdict((self.body(torch.cat([image, planes], 1)),))


@broken
class BareScores(Discriminator):
    def forward(self, image: Tensor, attributes: Tensor | None) -> Any:
        return super().forward(image, attributes).scores[0]


@broken
class FlatScores(Discriminator):
    def forward(self, image: Tensor, attributes: Tensor | None) -> Any:
        return Verdict((super().forward(image, attributes).scores[0].mean((1, 2, 3)),))


@broken
class OneAttribute(Discriminator):
    def forward(self, image: Tensor, attributes: Tensor | None) -> Any:
        scores = super().forward(image, attributes).scores
        return Verdict(scores, scores[0].mean((2, 3)))


@broken
class NeedsAttributes(Discriminator):
    def forward(self, image: Tensor, attributes: Any) -> Any:
        return super().forward(image, attributes * 2)


@pytest.mark.parametrize(
    ("discriminator", "words"),
    [
        (
            BareScores,
            "gives a tensor [4, 1, 16, 16] of float32: a discriminator gives ebgan_kit.Verd",
        ),
        (
            FlatScores,
            "gives a tensor [4] of float32 as scores of 4 images: each scale is [B, 1] or",
        ),
        (
            OneAttribute,
            "gives a tensor [4, 1] of float32 as attributes: they are logits [B, n], here n is 3",
        ),
        (NeedsAttributes, "fails where nobody knows the attributes"),
    ],
)
def test_a_broken_discriminator(discriminator: Any, words: str) -> None:
    check_discriminator(Discriminator)
    with pytest.raises(AssertionError) as caught:
        check_discriminator(discriminator)
    assert words in str(caught.value)


class Classifier(nn.Module):
    """A whole classifier of one layer, for others to break."""

    def __init__(self, task: Any, *, classes: int = 3) -> None:
        super().__init__()
        self.head = nn.Linear(3, classes)

    def features(self, image: Tensor) -> Tensor:
        return image.mean((2, 3))

    def forward(self, image: Tensor) -> Tensor:
        return self.head(self.features(image))


@broken
class Maps(Classifier):
    def features(self, image: Tensor) -> Tensor:
        return image

    def forward(self, image: Tensor) -> Tensor:
        return self.head(image.mean((2, 3)))


def test_a_broken_classifier() -> None:
    check_classifier(Classifier)
    with pytest.raises(
        AssertionError, match=r"gives a tensor \[4, 2\] of .* logits \[B, n\], here \[4, 3\]"
    ):
        check_classifier(Classifier, classes=2)
    with pytest.raises(
        AssertionError, match=r"\[4, 3, 64, 64\] of float32 as features: they are \[B, F\]"
    ):
        check_classifier(Maps)


MASKS = [
    (lambda faces, chance: torch.rand_like(faces.image[:, :1]).round(), "draws random numbers"),
    (lambda faces, chance: faces.image[:, :1] / 2 + 0.5, "a soft region"),
    (
        lambda faces, chance: (faces.image[:, 0] > 0).float(),
        "a tensor [8, 64, 64] of float32: a reg",
    ),
    (lambda faces, chance: faces.image[:, :1] > 0, "torch.bool: a region is a float like"),
    (lambda faces, chance: torch.zeros_like(faces.image[:, :1]), "fills nothing"),
    (
        lambda faces, chance: (faces.image[:, :1] > faces.image.mean()).float(),
        "another region in company than alone",
    ),
]


@pytest.mark.parametrize(("mask", "words"), MASKS)
def test_a_broken_mask(mask: Any, words: str) -> None:
    check_mask(broken(lambda faces, chance: (faces.image[:, :1] > 0).float()))
    with pytest.raises(AssertionError) as caught:
        check_mask(broken(mask))
    assert words in str(caught.value)


class Neighbours:
    """Who stands side by side; a whole pairing, for others to break."""

    def __init__(self, *, group: int = 2) -> None:
        self.group = group

    def __call__(self, faces: Faces, chance: Any) -> Tensor:
        return torch.arange(len(faces)).view(-1, self.group).flip(1).flatten()

    def wanted(self, source: Faces, exemplar: Faces, chance: Any) -> Tensor:
        assert exemplar.attributes is not None
        return exemplar.attributes


@broken
class Halves(Neighbours):
    def wanted(self, source: Faces, exemplar: Faces, chance: Any) -> Tensor:
        return (super().wanted(source, exemplar, chance) + 1) / 3


@broken
class Majority(Neighbours):
    def wanted(self, source: Faces, exemplar: Faces, chance: Any) -> Tensor:
        wanted = super().wanted(source, exemplar, chance)
        return (wanted.mean(0) > 0.5).float().expand_as(wanted)


PAIRINGS = [
    (lambda faces, chance: torch.zeros(len(faces), dtype=torch.int64), "no permutation"),
    (lambda faces, chance: torch.arange(len(faces)).int(), "a pairing gives [B], int64"),
    (lambda faces, chance: torch.randperm(len(faces)), "draws random numbers of its own"),
    (lambda faces, chance: torch.arange(len(faces)).roll(1), "when the batch is cut into groups"),
    (Halves, "`wanted` gives attributes [B, n] in {0, 1}"),
    (Majority, "wants something else of a pair when a batch is cut"),
]


@pytest.mark.parametrize(("pairing", "words"), PAIRINGS)
def test_a_broken_pairing(pairing: Any, words: str) -> None:
    check_pairing(Neighbours)
    check_pairing(Neighbours, group=4)
    with pytest.raises(AssertionError) as caught:
        check_pairing(broken(pairing))
    assert words in str(caught.value)


def dim(faces: Faces, chance: Any) -> Faces:
    """Half as bright; a whole augmentation."""
    return replace(faces, image=faces.image / 2)


def brighter_by_chance(faces: Faces, chance: Any) -> Faces:
    light = torch.rand(len(faces), 1, 1, 1) / 2
    return replace(faces, image=(faces.image + light).clamp(-1, 1))


def brighter_by_pythons_chance(faces: Faces, chance: Any) -> Faces:
    return replace(faces, image=(faces.image + random.random() / 2).clamp(-1, 1))


def needs_parts(faces: Faces, chance: Any) -> Faces:
    seen = 1.0 if faces.parts is None else 0.5
    return replace(faces, image=faces.image * seen)


AUGMENTS = [
    (lambda faces, chance: replace(faces, image=faces.image.flip(-1)), "leaves region behind"),
    (
        lambda faces, chance: replace(
            faces, image=faces.image.flip(-1), region=faces.region.flip(-1)
        ),
        "leaves parts behind",
    ),
    (lambda faces, chance: replace(faces, image=faces.image * 2), "beyond [-1, 1]"),
    (lambda faces, chance: replace(faces, image=faces.image[..., ::2]), "shape and type stay"),
    (
        lambda faces, chance: replace(faces, landmarks=None),
        "turns landmarks from a tensor [8, 5, 2] of float32 into None",
    ),
    (lambda faces, chance: replace(faces, region=faces.region * 0.5), "a soft region"),
    (lambda faces, chance: replace(faces, attributes=1 - faces.attributes), "changes attributes"),
    (
        lambda faces, chance: replace(faces, image=(faces.image - faces.image.mean()) / 2),
        "in company than alone",
    ),
    (lambda faces, chance: faces.image, "gives a tensor [8, 3, 64, 64] of float32: it gives Faces"),
    (brighter_by_pythons_chance, "draws random numbers of its own"),
    (needs_parts, "where nobody knows their landmarks, parts or attributes"),
]


@pytest.mark.parametrize(("augment", "words"), AUGMENTS)
def test_a_broken_augmentation(augment: Any, words: str) -> None:
    check_augment(dim)
    with pytest.raises(AssertionError) as caught:
        check_augment(broken(augment))
    assert words in str(caught.value)


def test_an_augmentation_may_draw_from_torch() -> None:
    check_augment(broken(brighter_by_chance))


class Few:
    """Faces in a tensor; whole data, for others to break."""

    attributes: tuple[str, ...] = ("Smiling", "Male")
    template = torch.full((5, 2), 0.5)

    def __init__(self, *, size: int = 32) -> None:
        images = torch.linspace(-1, 1, 6 * 3 * size * size).view(6, 3, size, size)
        labels = torch.tensor([[0, 1], [1, 0]] * 3).float()
        self.faces = Faces(images, attributes=labels, index=torch.arange(6))

    def __len__(self) -> int:
        return len(self.faces)

    def __getitems__(self, indices: Any) -> Any:
        return self.faces[torch.as_tensor(indices)]


def altered(change: Callable[[Faces], Any]) -> Any:
    """The data, its batches changed."""

    @broken
    class Altered(Few):
        def __getitems__(self, indices: Any) -> Any:
            return change(super().__getitems__(indices))

    return Altered


@broken
class Nobody(Few):
    def __len__(self) -> int:
        return 0


@broken
class InPixels(Few):
    template = torch.full((5, 2), 16.0)


@broken
class Anonymous(Few):
    attributes = ()


@broken
class Sizeless(Few):
    def __init__(self) -> None:
        super().__init__()


@broken
class Elsewhere(Few):
    partition = torch.arange(6)


@broken
class Repainted(Few):
    def prepare(self, tell: Callable[[int, int], None]) -> None:
        self.faces = replace(self.faces, image=-self.faces.image)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (Nobody, "has no faces"),
        (InPixels, "it is a tensor [5, 2], the mean landmarks in units of the image"),
        (Anonymous, "names no attributes"),
        (Sizeless, "they are [4, 3, 128, 128] of float32, by the key `size` (128 without one)"),
        (altered(lambda f: f.image), "gives a tensor [4, 3, 32, 32] of float32, and not Faces"),
        (altered(lambda f: replace(f, image=f.image / 2 + 0.5)), "images in [0, 1]"),
        (altered(lambda f: replace(f, image=f.image * 2)), "images beyond [-1, 1]"),
        (altered(lambda f: replace(f, attributes=f.attributes * 2 - 1)), "other than 0 and 1"),
        (altered(lambda f: replace(f, attributes=f.attributes[:, :1])), "labels [4, 2], floats"),
        (altered(lambda f: replace(f, index=None)), "which rows its faces are"),
        (
            altered(lambda f: replace(f, landmarks=torch.ones(5, 2))),
            "gives a tensor [5, 2] of float32 as landmarks: they are",
        ),
        (altered(lambda f: replace(f, region=f.image[:, :1])), "brings regions"),
        (Elsewhere, "has a tensor [6] of int64 as its partition: it is [6], a place in (train, va"),
        (Repainted, "gives other image for a row in other company"),
        (altered(lambda f: replace(f, image=f.image.roll(1, 0))), "in other company"),
        (altered(lambda f: replace(f, image=f.image * torch.rand(1))), "draws random numbers"),
    ],
)
def test_broken_data(data: Any, words: str) -> None:
    check_data(Few, size=16)
    with pytest.raises(AssertionError) as caught:
        check_data(data)
    assert words in str(caught.value)


class Forgetful(torch.optim.SGD):
    """Faster and faster, and it remembers how fast beside its state."""

    speed = 1.0

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        self.param_groups[0]["lr"] = 0.1 * self.speed
        self.speed *= 2
        super().step()


OPTIMIZERS = [
    (lambda parameters: torch.optim.SGD(parameters, 0.1, maximize=True), "against its gradient"),
    (lambda parameters: torch.optim.SGD(parameters, 0.0), "no rate `lr`"),
    (lambda parameters: torch.optim.SGD(parameters[:1], 0.1), "against its gradient"),
    (lambda parameters: parameters, "no torch.optim.Optimizer"),
    (lambda parameters: Forgetful(parameters, 0.1), "goes on otherwise when it is saved and load"),
]


@pytest.mark.parametrize(("optimizer", "words"), OPTIMIZERS)
def test_a_broken_optimiser(optimizer: Any, words: str) -> None:
    check_optimizer(broken(lambda parameters: torch.optim.SGD(parameters, 0.1, momentum=0.9)))
    with pytest.raises(AssertionError) as caught:
        check_optimizer(broken(optimizer))
    assert words in str(caught.value)


SCHEDULES = [
    (lambda progress: 2.0 * progress, "gives 1.01 at progress 0.505: a factor is a number in"),
    (lambda progress: None, "gives None at progress 0.0"),
    (lambda progress: -progress, "a factor is a number in [0, 1]"),
    (lambda progress: 0.0, "gives 0 all along"),
    (lambda progress: float(torch.rand(1)), "draws random numbers"),
]


@pytest.mark.parametrize(("schedule", "words"), SCHEDULES)
def test_a_broken_schedule(schedule: Any, words: str) -> None:
    check_schedule(broken(lambda progress: 1 - progress))
    with pytest.raises(AssertionError) as caught:
        check_schedule(broken(schedule))
    assert words in str(caught.value)


class Diary:
    """One line per report; a whole watcher, for others to break."""

    def __init__(self, run: Any) -> None:
        self.run = run

    def report(self, clock: int, values: Any) -> None:
        with (self.run.folder / "diary.txt").open("a") as file:
            file.write(f"{clock} {values}\n")


@broken
class Mute:
    def __init__(self, run: Any) -> None:
        pass

    def reports(self, clock: int, values: Any) -> None:
        raise RuntimeError("nobody calls this")


@broken
class Painter(Diary):
    def sample(self, clock: int) -> None:
        edit = self.run.preview()
        edit.completed.zero_()
        edit.source.image.zero_()


@broken
class OnlyOnce(Diary):
    def __init__(self, run: Any) -> None:
        super().__init__(run)
        (run.folder / "diary").mkdir()


def test_a_broken_watcher() -> None:
    check_watch(Diary)
    with pytest.raises(AssertionError, match="sees nothing: it has no method step, report, sample"):
        check_watch(Mute)
    with pytest.raises(AssertionError, match="changes the images that it is shown"):
        check_watch(Painter)
    with pytest.raises(FileExistsError):
        check_watch(OnlyOnce)


# Models


class Painted(nn.Module):
    """Draws from source, exemplar and what is wanted; a whole model, for others to break."""

    def __init__(
        self, task: Any, build: Any, *, attributes: Annotated[tuple[str, ...], MinLen(1)]
    ) -> None:
        super().__init__()
        self.body = nn.Conv2d(7 + len(attributes), 3, 3, 1, 1)

    def forward(self, source: Faces, exemplar: Faces, wanted: Tensor | None = None) -> Any:
        return Edit(source, exemplar, wanted, self.draw(source, exemplar, wanted))

    def edit(self, source: Faces, exemplar: Faces, wanted: Tensor | None = None) -> Any:
        return self.forward(source, exemplar, wanted)

    def draw(self, source: Faces, exemplar: Faces, wanted: Tensor | None) -> Tensor:
        wanted = exemplar.attributes if wanted is None else wanted
        if wanted is None or source.region is None:
            raise ValueError("this model must know what is wanted")
        planes = wanted[:, :, None, None].expand(-1, -1, *source.image.shape[-2:])
        seen = (source.image * (1 - source.region), source.region, exemplar.image, planes)
        return in_range(self.body(torch.cat(seen, 1)), self.training)


@broken
class GivesImage(Painted):
    def forward(self, source: Faces, exemplar: Faces, wanted: Tensor | None = None) -> Any:
        return self.draw(source, exemplar, wanted)


@broken
class DrawsSmall(Painted):
    def draw(self, *given: Any) -> Tensor:
        return super().draw(*given)[..., ::2, ::2]


@broken
class Detached(Painted):
    def draw(self, *given: Any) -> Tensor:
        return super().draw(*given).detach()


@broken
class Forgotten(Painted):
    def __init__(self, task: Any, build: Any, *, attributes: tuple[str, ...]) -> None:
        super().__init__(task, build, attributes=attributes)
        self.forgotten = nn.Linear(2, 2)


@broken
class InTraining(Encoder):
    def forward(self, image: Tensor, region: Tensor) -> Tensor:
        return nn.functional.dropout(super().forward(image, region), training=self.training)


@broken
class Dropping(Painted):
    def draw(self, *given: Any) -> Tensor:
        return nn.functional.dropout(super().draw(*given), training=self.training)


@broken
class RandomInUse(Painted):
    def draw(self, *given: Any) -> Tensor:
        drawn = super().draw(*given)
        return drawn if self.training else drawn * torch.rand(())


@broken
class Unclipped(Painted):
    def draw(self, *given: Any) -> Tensor:
        return super().draw(*given) * 3


@broken
class PaintsOver(Painted):
    def draw(self, source: Faces, *given: Any) -> Tensor:
        drawn = super().draw(source, *given)
        if not self.training:
            source.image.mul_(0.5)
        return drawn


@broken
class Averaged(Painted):
    def draw(self, *given: Any) -> Tensor:
        drawn = super().draw(*given)
        return drawn if self.training else (drawn - drawn.mean(0)) / 2


@broken
class DeafToWishes(Painted):
    def draw(self, source: Faces, exemplar: Faces, wanted: Any) -> Tensor:
        assert exemplar.attributes is not None
        return super().draw(source, exemplar, exemplar.attributes)


@broken
class NeedsLabels(Painted):
    def draw(self, source: Faces, exemplar: Faces, wanted: Any) -> Tensor:
        return super().draw(source, exemplar, wanted - source.attributes / 2)


@broken
class TrustsOrder(Painted):
    def draw(self, source: Faces, exemplar: Faces, wanted: Any) -> Tensor:
        drawn = super().draw(source, exemplar, wanted)
        return drawn if exemplar.order is None else drawn / 2


@broken
class Aging(Painted):
    age = 0

    def draw(self, *given: Any) -> Tensor:
        Aging.age += self.training
        return super().draw(*given) * (1 + Aging.age * 1e-4)


@broken
class NeedsIndex(Painted):
    def draw(self, source: Faces, *given: Any) -> Tensor:
        if source.index is None:
            raise ValueError("these faces have no index")
        return super().draw(source, *given)


PAINTED = {
    "name": "painted",
    "model": {"use": "painted", "attributes": ["Smiling", "Mustache"]},
    "data": {"use": "synthetic", "size": 32, "count": 64},
    "mask": {"use": "region", "regions": ["mouth"]},
    "discriminator": {"use": "patch", "width": 4, "max_channels": 4},
    "adversarial": {"use": "hinge"},
    "train": {"images": 1000, "batch": 16, "critic_steps": 2, "precision": "bf16"},
}


@pytest.fixture
def offer() -> Iterator[Callable[[Any], None]]:
    """`offer(Painted)` makes a model what recipes call `painted`, for this test."""
    models = registry().parts["model"]

    def add(make: Any) -> None:
        models["painted"] = [Part(KINDS["model"], "painted", make, KIT)]

    yield add
    del models["painted"]


MODELS_BROKEN = [
    (
        GivesImage,
        "gives a tensor [16, 3, 32, 32] of float32: model(source, exemplar, wanted) gi",
    ),
    (
        DrawsSmall,
        "gives a tensor [16, 3, 16, 16] of float32 as completed: it is [16, 3, 32, 32]",
    ),
    (Detached, "weights that no gradient of `completed` and `reconstruction` reaches: body.weight"),
    (Forgotten, "weights that no gradient of `completed` and `reconstruction` reaches: forgotten"),
    (RandomInUse, "draws random numbers of its own"),
    (Unclipped, "draws beyond [-1, 1] in use"),
    (PaintsOver, "changes pixels outside the region"),
    (Averaged, "edits a face otherwise in company than alone"),
    (DeafToWishes, "does the same with Smiling on and off"),
    (NeedsLabels, "fails in use where nobody knows the faces' attributes"),
    (TrustsOrder, "where the exemplars' `order` is None"),
    (Aging, "is trained to other weights by the same recipe"),
]


@pytest.mark.parametrize(("model", "words"), MODELS_BROKEN)
def test_a_broken_model(
    model: Any, words: str, offer: Callable[[Any], None], tmp_path: Path
) -> None:
    offer(model)
    with pytest.raises(AssertionError) as caught:
        check_model(PAINTED, tmp_path)
    assert words in str(caught.value)
    assert str(caught.value).startswith("the model 'painted' ")


def test_networks_may_drop_out_in_training(offer: Callable[[Any], None], tmp_path: Path) -> None:
    check_encoder(InTraining)
    offer(Dropping)
    check_model(PAINTED, tmp_path)


def test_a_whole_model_is_trained_for_two_steps(
    offer: Callable[[Any], None], tmp_path: Path
) -> None:
    offer(Painted)
    path = check_model(PAINTED, tmp_path, ["data.size=16", "mask.use=whole"])
    header = ModelFile.open(path).header
    assert (header.images, header.size) == (2 * 4 * 2, 16)  # two turns of two critic steps each
    assert header.recipe["train"]["batch"] == 4
    assert path == tmp_path / "painted" / "model.safetensors"


def test_a_batch_is_a_multiple_of_the_pairings_group(
    offer: Callable[[Any], None], tmp_path: Path
) -> None:
    offer(Painted)
    path = check_model(PAINTED, tmp_path, ["pairing.use=opposite", "pairing.group=6"])
    assert ModelFile.open(path).header.recipe["train"]["batch"] == 6


def test_a_photograph_that_cannot_be_edited(offer: Callable[[Any], None], tmp_path: Path) -> None:
    offer(NeedsIndex)
    with pytest.raises(AssertionError, match="a photograph cannot be edited: these faces have no"):
        check_model(PAINTED, tmp_path)


def test_a_model_with_a_reader_edits_photographs_by_its_labels(
    offer: Callable[[Any], None], tmp_path: Path
) -> None:
    """It needs labels, says so, and C finds them."""

    @broken
    class Reads(Painted):
        def draw(self, source: Faces, exemplar: Faces, wanted: Any) -> Tensor:
            if source.attributes is None:
                raise ValueError("this model must know what the source shows")
            return super().draw(source, exemplar, wanted - source.attributes / 2)

    offer(Reads)
    check_model(PAINTED, tmp_path / "unread")
    reader = ["classifier.use=conv", "classifier.width=4", "loss.reader.use=attribute"]
    check_model(PAINTED, tmp_path / "read", [*reader, "loss.reader.weight=0"])


def test_a_recipe_that_is_no_recipe(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        check_model(tmp_path / "missing.toml", tmp_path)
    with pytest.raises(UsageError, match=r"table \[mask\] is missing"):
        check_model({k: v for k, v in PAINTED.items() if k not in ("mask", "model")}, tmp_path)
