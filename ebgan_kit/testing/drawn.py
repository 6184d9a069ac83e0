"""What the kit would give to a part, drawn: faces, tiny networks, an edit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from ebgan_kit.parts.classifiers.conv import Conv as Classifier
from ebgan_kit.parts.data.loading import only
from ebgan_kit.parts.data.synthetic import Synthetic
from ebgan_kit.parts.encoders.conv import Conv as Encoder
from ebgan_kit.parts.generators.encoder_decoder import EncoderDecoder
from ebgan_kit.parts.masks.region import region
from ebgan_kit.parts.models.att_ebgan import AttEbgan
from ebgan_kit.parts.nn.layers import halvings
from ebgan_kit.rng import Chance
from ebgan_kit.types import Edit, Faces, Networks, Task, Verdict

SIZE = 64

ATTRIBUTES = ("Smiling", "Mustache", "Wearing_Lipstick")

TASK = Task(SIZE, ATTRIBUTES, pretrained=False)
"""What a network is built for, unless a test gives another task; nothing is downloaded."""


def drawn_faces(count: int = 4, size: int = SIZE, attributes: Sequence[str] = ATTRIBUTES) -> Faces:
    """Drawn faces [count, 3, size, size], to be filled at the mouth; all is known of them."""
    data = Synthetic(size=size, count=count)
    faces = only(data.__getitems__(range(count)), data.attributes, attributes)
    return replace(faces, region=region(faces, chance_of(count), regions=("mouth",)))


def chance_of(count: int) -> Chance:
    """The chance of the first faces of a run."""
    return Chance(0, torch.arange(count))


def drawn_networks(task: Task = TASK) -> Networks:
    """A tiny Att-EBGAN, a discriminator with a head of attributes, and a classifier."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = AttEbgan(task, _builder(task), attributes=task.attributes, block=2)
        return Networks(model, _Discriminator(task), Classifier(task, width=4, max_channels=8))


def drawn_edit(networks: Networks, faces: Faces | None = None) -> Edit:
    """What the model of `drawn_networks` makes of faces, each with the one before as exemplar.

    `extra` has `reach`, `whole_code` and `verdict`.
    """
    faces = drawn_faces() if faces is None else faces
    order = torch.arange(len(faces)).roll(1)
    exemplar = replace(faces[order], order=order)
    edit = networks.model(faces, exemplar, exemplar.attributes)
    return replace(edit, extra={**edit.extra, "verdict": networks.classifier(faces.image)})


def _builder(task: Task) -> Any:
    def build(kind: str, *given: Any) -> nn.Module:
        if kind == "encoder":
            return Encoder(task, *given, width=4, max_channels=8)
        return EncoderDecoder(task, *given, width=4, max_channels=8, blocks=1)

    return build


class _Discriminator(nn.Module):
    """A map of scores, and a head of attributes on the same trunk."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.body = halvings(3, (4, 8, 8))
        self.scores = nn.Conv2d(8, 1, 3, padding=1)
        self.attributes = nn.Conv2d(8, len(task.attributes), task.size // 8)

    def forward(self, image: Tensor, attributes: Tensor | None = None) -> Verdict:
        features = self.body(image)
        return Verdict((self.scores(features),), self.attributes(features).flatten(1))
