"""A part under test, with its keys."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pydantic
import torch
from torch import Tensor

from ebgan_kit.recipe.grammar import words_of
from ebgan_kit.recipe.tables import dump, validated
from ebgan_kit.registry.part import KINDS, Part


@dataclass(frozen=True)
class Subject:
    """A part and its keys, which its signature allows."""

    part: Part
    keys: pydantic.BaseModel

    def require(self, condition: object, sentence: str) -> None:
        """AssertionError with the part's name and the sentence, unless the condition holds."""
        if not condition:
            raise AssertionError(f"the {self.part.kind.name} '{self.part.name}' {sentence}")

    def build(self, *given: Any) -> Any:
        """The part as a run has it, seeded."""
        values = {name: getattr(self.keys, name) for name in type(self.keys).model_fields}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return self.part.build(*given, **values)

    @contextmanager
    def still(self, steps: bool = False) -> Iterator[None]:
        """Nothing in here may move the random numbers of torch or Python.

        `steps`: it is a part of a step of training, which seeds torch's. Those may move, then.
        """
        before, state = torch.get_rng_state(), random.getstate()
        yield
        moved = not (steps or torch.equal(before, torch.get_rng_state()))
        moved = moved or state != random.getstate()
        self.require(
            not moved,
            "draws random numbers of its own, which are others each time: draw them from the "
            "Chance that is given, or from ebgan_kit.rng.of_pairs; networks in training and "
            "augmentations may use torch's",
        )


def subject_of(kind: str, make: Callable[..., Any], keys: Mapping[str, Any]) -> Subject:
    """The part, if the kit can offer it and a recipe can give it these keys."""
    part = Part(KINDS[kind], getattr(make, "__name__", "part"), make, "a test")
    mistakes: list[str] = []
    checked = validated(part.keys, keys, kind, mistakes)
    if mistakes:
        raise AssertionError("; ".join(mistakes))
    subject = Subject(part, checked)
    check_signature(subject)
    return subject


def check_signature(subject: Subject) -> None:
    """AssertionError where the help, the docs or a model file could not be written from it."""
    part = subject.part
    subject.require(
        (part.make.__doc__ or "").strip(),
        "has no docstring: its first sentence is what `ebgan-kit parts` and the docs say of it",
    )
    for name, field in part.keys.model_fields.items():
        subject.require(
            field.annotation is not Any,
            f"has a key '{name}' without a type: a recipe could not be checked",
        )
    taken = sorted({*part.keys.model_fields} & {*words_of(part.kind.name).model_fields})
    subject.require(
        not taken, f"has a key '{', '.join(taken)}', which is the kit's own word: call it otherwise"
    )
    _check_round_trip(subject)


def _check_round_trip(subject: Subject) -> None:
    """A model file holds its recipe as text: what is read back must be the same."""
    mistakes: list[str] = []
    again = validated(subject.part.keys, dump(subject.keys), subject.part.name, mistakes)
    subject.require(
        again == subject.keys,
        f"has keys that a model file cannot give back ({'; '.join(mistakes) or again}): a default "
        "must keep to the key's own type and bounds",
    )


def what(value: Any) -> str:
    """A value in a few words, such as "a tensor [4, 3] of float32"."""
    if isinstance(value, Tensor):
        return f"a tensor {list(value.shape)} of {str(value.dtype).removeprefix('torch.')}"
    return (
        repr(value)
        if value is None or isinstance(value, int | float)
        else f"a {type(value).__name__}"
    )
