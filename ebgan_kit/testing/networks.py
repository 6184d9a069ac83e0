"""Checks of networks: encoder, generator, discriminator, classifier."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ebgan_kit.testing.drawn import TASK, drawn_faces
from ebgan_kit.testing.subject import Subject, subject_of, what
from ebgan_kit.types import Faces, Task, Verdict

Tensors = list[Tensor]

CODE = 6


def check_encoder(part: Callable[..., Any], /, task: Task = TASK, **keys: Any) -> None:
    """An encoder: (image, region) to a code [B, channels, h, w].

    Finite and near enough in bf16; the code depends on the image; a gradient for every weight; one
    seed, one network; a face has the code that it has alone; nothing random.
    """
    subject = subject_of("encoder", part, keys)
    faces = _faces(task)

    def call(network: Any, image: Tensor, region: Tensor) -> Tensors:
        code = network(image, region)
        subject.require(isinstance(code, Tensor), f"gives {what(code)}, and not a tensor")
        subject.require(
            code.dim() == 4 and code.shape[:2] == (len(image), CODE),
            f"gives {what(code)} for {len(image)} faces: a code is [B, channels, h, w], and here "
            f"it was built for {CODE} channels",
        )
        return [code]

    inputs = {"image": faces.image, "region": faces.region}
    _check(subject, (task, CODE), inputs, call, reaches=("image",))


def check_generator(part: Callable[..., Any], /, task: Task = TASK, **keys: Any) -> None:
    """A generator: `encode(masked, region)` to a tuple of feature maps, `decode(context, code)` to
    an image [B, 3, H, W], in use in [-1, 1].

    For a code that is a map and for one that is a vector: finite and near enough in bf16; the image
    depends on source and code; a gradient for every weight; one seed, one network; a face is drawn
    as it is alone; the context can be repeated, as models do that decode twice; nothing random.
    """
    subject = subject_of("generator", part, keys)
    for shape in ((CODE, 4, 4), (CODE, 1, 1)):
        _check_generator(subject, task, shape)


def _check_generator(subject: Subject, task: Task, shape: tuple[int, int, int]) -> None:
    faces = _faces(task)

    def call(network: Any, image: Tensor, region: Tensor, code: Tensor) -> Tensors:
        context = network.encode(image * (1 - region), region)
        subject.require(
            isinstance(context, tuple) and all(isinstance(c, Tensor) for c in context),
            f"encodes to {what(context)}: encode gives a tuple of tensors, [B, …] each",
        )
        twice = tuple(torch.cat([c, c]) for c in context)
        drawn = network.decode(twice, torch.cat([code, code]))
        expected = (2 * len(image), *image.shape[1:])
        subject.require(
            isinstance(drawn, Tensor) and drawn.shape == expected,
            f"decodes to {what(drawn)} where the source is {what(image)}, twice: decode gives "
            "an image of the source's size for each face of the context",
        )
        subject.require(
            network.training or drawn.abs().max() <= 1,
            "draws beyond [-1, 1] in use: cut the image there when it is not training "
            "(ebgan_kit.parts.nn.layers.in_range)",
        )
        return [drawn[: len(image)]]

    code = torch.randn(len(faces), *shape, generator=torch.Generator().manual_seed(1))
    inputs = {"image": faces.image, "region": faces.region, "code": code}
    _check(subject, (task, shape), inputs, call, reaches=("image", "code"))


def check_discriminator(part: Callable[..., Any], /, task: Task = TASK, **keys: Any) -> None:
    """A discriminator: (image, attributes) to a `Verdict`.

    Scores are a tuple of [B, 1] or [B, 1, h, w], attributes None or logits [B, n]; finite and near
    enough in bf16; scores depend on the image; a gradient for every weight; one seed, one network;
    an image is judged as it is alone; nothing random. Without attributes it answers, or raises
    ValueError.
    """
    subject = subject_of("discriminator", part, keys)
    faces = _faces(task)

    def call(network: Any, image: Tensor, attributes: Tensor | None) -> Tensors:
        return _verdict(subject, network(image, attributes), image, len(task.attributes))

    inputs = {"image": faces.image, "attributes": faces.attributes}
    _check(subject, (task,), inputs, call, reaches=("image",))
    try:
        call(subject.build(task), faces.image, None)
    except ValueError:
        pass  # it needs them, and says so
    except (TypeError, AttributeError, RuntimeError) as problem:
        subject.require(
            False,
            f"fails where nobody knows the attributes ({problem}): do without them where they are "
            "None, or raise ValueError with a sentence",
        )


def _verdict(subject: Subject, verdict: Any, image: Tensor, attributes: int) -> Tensors:
    subject.require(
        isinstance(verdict, Verdict),
        f"gives {what(verdict)}: a discriminator gives ebgan_kit.Verdict(scores=(…,))",
    )
    for scores in verdict.scores:
        subject.require(
            scores.dim() in (2, 4) and scores.shape[:2] == (len(image), 1),
            f"gives {what(scores)} as scores of {len(image)} images: each scale is [B, 1] or "
            "[B, 1, h, w]",
        )
    if verdict.attributes is None:
        return [*verdict.scores]
    subject.require(
        verdict.attributes.shape == (len(image), attributes),
        f"gives {what(verdict.attributes)} as attributes: they are logits [B, n], here n is "
        f"{attributes}",
    )
    return [*verdict.scores, verdict.attributes]


def check_classifier(part: Callable[..., Any], /, task: Task = TASK, **keys: Any) -> None:
    """A classifier: image to logits [B, n]; `features(image)`, [B, F], where it has one.

    Finite and near enough in bf16; logits depend on the image; a gradient for every weight; one
    seed, one network; an image is judged as it is alone; nothing random.
    """
    subject = subject_of("classifier", part, keys)
    image = _faces(task).image

    def call(network: Any, image: Tensor) -> Tensors:
        logits = network(image)
        expected = (len(image), len(task.attributes))
        subject.require(
            isinstance(logits, Tensor) and logits.shape == expected,
            f"gives {what(logits)}: a classifier gives logits [B, n], here {list(expected)}",
        )
        return [logits]

    _check(subject, (task,), {"image": image}, call, reaches=("image",))
    network = subject.build(task)
    features = network.features(image) if hasattr(network, "features") else image.flatten(1)
    subject.require(
        isinstance(features, Tensor) and features.dim() == 2 and len(features) == len(image),
        f"has {what(features)} as features: they are [B, F], what its last layer reads",
    )


Call = Callable[..., Tensors]


def _check(
    subject: Subject,
    given: tuple[Any, ...],
    inputs: Mapping[str, Any],
    call: Call,
    reaches: tuple[str, ...],
) -> None:
    """What every network promises; `call` gives its tensors for the inputs, by name."""
    network = subject.build(*given)
    subject.require(isinstance(network, nn.Module), "is not a torch.nn.Module")
    with subject.still(steps=True):
        outputs = call(network, **inputs)
    subject.require(all(o.isfinite().all() for o in outputs), "gives numbers that are not finite")
    _check_gradients(subject, network, inputs, call, reaches)
    _check_in_use(subject, given, inputs, call)


def _check_gradients(
    subject: Subject, network: Any, inputs: Mapping[str, Any], call: Call, reaches: tuple[str, ...]
) -> None:
    wake(network)
    inputs = dict(inputs) | {n: inputs[n].clone().requires_grad_(True) for n in reaches}
    pull(call(network, **inputs))
    missed = unreached(network)
    subject.require(
        not missed,
        f"has weights that no gradient of its output reaches: {', '.join(missed[:4])}; use them or "
        "take them out, and detach nothing",
    )
    for name in reaches:
        gradient = inputs[name].grad
        subject.require(
            gradient is not None and gradient.any(),
            f"does not look at the {name}: no gradient of its output reaches it",
        )


@torch.no_grad()
def _check_in_use(
    subject: Subject, given: tuple[Any, ...], inputs: Mapping[str, Any], call: Call
) -> None:
    network, twin = (subject.build(*given).eval() for _ in range(2))
    outputs = call(network, **inputs)
    with subject.still():
        again = call(twin, **inputs)
    subject.require(
        all(map(torch.equal, outputs, again)),
        "gives another result the second time: one seed must give one network, and one input one "
        "output",
    )
    alone = call(network, **{n: None if t is None else t[:1] for n, t in inputs.items()})
    subject.require(
        all(
            torch.allclose(o[:1], a, rtol=1e-3, atol=1e-4)
            for o, a in zip(outputs, alone, strict=True)
        ),
        "gives a face another result in company than alone: in use nothing may mix the faces of "
        "a batch",
    )
    with torch.autocast("cpu", torch.bfloat16):
        rounded = call(network, **inputs)
    subject.require(
        all(map(_near, outputs, rounded)),
        "gives something else under bf16: take what needs more than 8 bits in float32",
    )


def _near(exact: Tensor, rounded: Tensor) -> bool:
    distance = (exact - rounded.float()).abs().mean()
    return bool(distance <= 0.1 * exact.abs().mean() + 1e-2)  # false for what is not finite


def wake(network: nn.Module) -> None:
    """Noise for weights that begin at zero: such a branch hides what lies behind it."""
    noise = torch.Generator().manual_seed(0)
    for parameter in network.parameters():
        if not parameter.any():
            nn.init.normal_(parameter, std=0.1, generator=noise)


def pull(outputs: Tensors) -> None:
    """A gradient for every number of the outputs, another for each, so that no two cancel."""
    noise = torch.Generator().manual_seed(2)
    weights = [torch.randn(o.shape, generator=noise) for o in outputs]
    total = sum((o.float() * w).sum() for o, w in zip(outputs, weights, strict=True))
    if isinstance(total, Tensor) and total.requires_grad:
        total.backward()


def unreached(network: nn.Module) -> list[str]:
    """Names of the weights that a backward pass gave no gradient."""
    return [
        name
        for name, p in network.named_parameters()
        if p.requires_grad and (p.grad is None or not p.grad.any())
    ]


def _faces(task: Task) -> Faces:
    return drawn_faces(size=task.size, attributes=task.attributes)
