"""The types that flow through the kit: faces in, an edit out, a verdict over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from typing import Any

import torch
from torch import Tensor, nn

PARTS = (
    "background", "skin", "l_brow", "r_brow", "l_eye", "r_eye", "eye_g", "l_ear", "r_ear", "ear_r",
    "nose", "mouth", "u_lip", "l_lip", "neck", "neck_l", "cloth", "hair", "hat",
)  # fmt: skip
"""Part labels in their order, by CelebAMask-HQ's names: `Faces.parts` holds indices into this."""

LANDMARKS = ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")
"""The five landmarks in CelebA's order; left and right as seen in the picture."""


@dataclass(frozen=True)
class Faces:
    """A batch of B faces with whatever is known of them.

    Indexing takes everything along: `faces[order]` reorders images, regions and labels together.
    """

    image: Tensor
    """[B, 3, H, W] in [-1, 1]."""
    region: Tensor | None = None
    """[B, 1, H, W] in {0, 1}, each face's own region; 1 is to be filled."""
    attributes: Tensor | None = None
    """[B, n] in {0, 1}, in the order of the data's (or the task's) attribute names."""
    landmarks: Tensor | None = None
    """[B, 5, 2], x and y in pixels; pixel i covers [i, i + 1). See `LANDMARKS`."""
    parts: Tensor | None = None
    """[B, H, W], uint8 indices into `PARTS`."""
    identity: Tensor | None = None
    """[B], int64: who it is."""
    index: Tensor | None = None
    """[B], int64: which row of the data it is."""
    order: Tensor | None = None
    """[B], int64: where each face stands in the source batch, for exemplars taken out of it.
    A model that has already encoded the source batch finds the exemplars' codes there."""
    mate: Faces | None = None
    """Another picture of each face's person, or the same where there is no other; B faces."""

    def __len__(self) -> int:
        return len(self.image)

    def __getitem__(self, order: Tensor | slice) -> Faces:
        return self._each(lambda tensor: tensor[order])

    def to(self, device: torch.device | str) -> Faces:
        return self._each(lambda tensor: tensor.to(device, non_blocking=True))

    def pin_memory(self) -> Faces:
        """Copy the faces to memory that a GPU reads by itself; torch's DataLoader calls this."""
        return self._each(lambda tensor: tensor.pin_memory())

    def share_memory(self) -> Faces:
        """Move the faces to memory that other processes read; RuntimeError without room for it."""
        return self._each(lambda tensor: tensor.share_memory_())

    def _each(self, change: Callable[[Tensor], Tensor]) -> Faces:
        known = {f.name: getattr(self, f.name) for f in fields(self)}
        changed: dict[str, Any] = {
            name: value._each(change) if isinstance(value, Faces) else change(value)
            for name, value in known.items()
            if value is not None
        }
        return replace(self, **changed)


def joined(batches: Sequence[Faces]) -> Faces:
    """Several batches of faces as one; all must know the same of theirs."""
    known = {f.name: [getattr(b, f.name) for b in batches] for f in fields(Faces)}
    each: dict[str, Any] = {
        name: joined(values) if isinstance(values[0], Faces) else torch.cat(values)
        for name, values in known.items()
        if values[0] is not None
    }
    return Faces(**each)


@dataclass(frozen=True)
class Edit:
    """What a model made of a batch of pairs."""

    source: Faces
    exemplar: Faces
    wanted: Tensor | None
    """[B, n] in {0, 1}: the attributes that the result should show."""
    completed: Tensor
    """[B, 3, H, W], the image as the network drew it (A_b in the paper)."""
    reconstruction: Tensor | None = None
    """[B, 3, H, W], the source completed from its own code."""
    code: Tensor | None = None
    """The exemplar's code (Z_B in the paper)."""
    extra: Mapping[str, Tensor] = field(default_factory=dict)
    """A model's own, for its own terms."""

    @property
    def region(self) -> Tensor:
        """[B, 1, H, W] in {0, 1}: the source's region, which was to be filled."""
        return region_of(self.source)

    @property
    def image(self) -> Tensor:
        """The edit y: completed inside the region, the source's very pixels outside it."""
        return composite(self.completed, self.source.image, self.region)

    def detach(self) -> Edit:
        """The same edit for the critic's half, through which no gradient reaches the model."""
        return replace(
            self,
            completed=self.completed.detach(),
            reconstruction=None if self.reconstruction is None else self.reconstruction.detach(),
            code=None if self.code is None else self.code.detach(),
            extra={name: tensor.detach() for name, tensor in self.extra.items()},
        )


def region_of(faces: Faces) -> Tensor:
    """The faces' own regions, [B, 1, H, W]; ValueError where they have none."""
    if faces.region is None:
        raise ValueError("a face without a region is neither edited nor measured: mask it first")
    return faces.region


def wanted_attributes(exemplar: Faces, wanted: Tensor | None) -> Tensor:
    """Return the attributes that an edit should show, [B, n] in {0, 1}.

    They are `wanted`, or the exemplars' own if nothing is wanted. ValueError where the exemplars'
    are not known either.
    """
    labels = exemplar.attributes if wanted is None else wanted
    if labels is None:
        raise ValueError("nobody says what the exemplars show: say what is wanted of the edits")
    return labels


def composite(completed: Tensor, source: Tensor, region: Tensor) -> Tensor:
    """y = A_b inside the region and A outside it, bit for bit; in float32.

    This is the one place where a network's output meets the source.
    """
    return torch.where(region > 0.5, completed.float(), source.float())


@dataclass(frozen=True)
class Verdict:
    """What a discriminator thinks of a batch of images."""

    scores: tuple[Tensor, ...]
    """Logits, larger is more real; a tensor a scale, each [B, 1] or a patch map [B, 1, h, w]."""
    attributes: Tensor | None = None
    """[B, n] logits, where a head shares the discriminator's trunk."""

    def __post_init__(self) -> None:
        if not (isinstance(self.scores, tuple) and self.scores):
            raise TypeError(
                "Verdict needs a tuple of scores: write Verdict((scores,)), one a scale"
            )


@dataclass(frozen=True)
class Task:
    """What every network of a run is built for."""

    size: int
    """Height and width of the images in pixels."""
    attributes: tuple[str, ...] = ()
    """Names of the attributes that the model edits, in their order."""
    pretrained: bool = True
    """False while a model file is loaded: its weights take the place of downloaded ones."""


@dataclass(frozen=True)
class Networks:
    """What a term may look at beside the edit."""

    model: Any
    """An `nn.Module`: (source, exemplar, wanted) -> Edit."""
    discriminator: Any
    """An `nn.Module`: (image, attributes) -> Verdict; None where none judges."""

    classifier: Any = None
    """An `nn.Module`: image -> [B, n] logits; None where a model has none beside it."""

    @property
    def critic(self) -> nn.ModuleList:
        """The networks that the critic's half of a step trains."""
        networks = (self.discriminator, self.classifier)
        return nn.ModuleList([n for n in networks if n is not None])


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """Gradients pass through the network and reach none of its weights."""
    trained = [p for p in network.parameters() if p.requires_grad]
    for parameter in trained:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in trained:
            parameter.requires_grad_(True)
