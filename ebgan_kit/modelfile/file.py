"""A model file, opened once: all who read, measure or share it take the bytes that were opened.

Opening one takes no torch; weights and networks import it.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError, safe_open

from ebgan_kit.errors import UsageError
from ebgan_kit.files.pointers import placeholder
from ebgan_kit.files.writing import FACES_KEY, MODEL_KEY, draft
from ebgan_kit.modelfile.finite import first_not_finite
from ebgan_kit.modelfile.header import Header, as_text, header_in, recipe_in
from ebgan_kit.modelfile.here import MODEL, RUNS, near, with_the_kit
from ebgan_kit.modelfile.hub import local, names_the_hub

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ebgan_kit.recipe.recipe import Recipe

_CLASSIFIER = "classifier."
"""Where C's weights stand in a model file, whether C is a judge's own or beside a model."""


@dataclass(frozen=True, eq=False)
class ModelFile:
    """A model file that is open: a run may put another one in its place meanwhile."""

    name: Path | str
    """Its path, or its name with the kit or on the Hub, as the user typed it."""
    path: Path
    header: Header
    shapes: Mapping[str, tuple[int, ...]]
    """Of all tensors."""
    _map: mmap

    @classmethod
    def open(cls, name: ModelFile | Path | str) -> ModelFile:
        """Open the file of a path, of a run's folder or of a name on the Hub.

        One that is open is returned as it is.

        UsageError where it cannot be had, or is no whole model file.
        """
        if isinstance(name, ModelFile):
            return name
        path = local(name)
        name = name if names_the_hub(name) or path == with_the_kit(name) else path
        _require_file(path)
        try:
            told, shapes, content = _mapped(path)
        except (SafetensorError, OSError) as problem:
            reason = placeholder(path) or problem
            raise UsageError(f"{name}: is not a whole safetensors file ({reason})") from problem
        if FACES_KEY in told:
            raise UsageError(
                f"{name}: holds faces that ebgan-kit pack wrote, and no model: train on them with "
                f"data.use=packed data.file={name}"
            )
        if MODEL_KEY not in told:
            raise UsageError(f"{name}: is a safetensors file, but not one that ebgan-kit wrote")
        header = header_in(name, told[MODEL_KEY])
        if broken := first_not_finite(content):
            raise UsageError(
                f"{name}: its weights {broken} hold NaN or infinity, since its training ran away: "
                "take another model, or train it anew with a lower lr"
            )
        return cls(name, path, header, shapes, content)

    def __str__(self) -> str:
        """As sentences about it begin."""
        return str(self.name)

    @property
    def is_here(self) -> bool:
        """Whether its name is its path, and it came neither with the kit nor from the Hub."""
        return self.path == Path(self.name)

    @cached_property
    def sha256(self) -> str:
        """64 hexadecimal digits, as `sha256sum` and the Hugging Face Hub say it."""
        return hashlib.sha256(self._map).hexdigest()

    def recipe(self, *kinds: str) -> Recipe:
        """Parse what the file's recipe says of these kinds; UsageError as of `recipe_in`."""
        return recipe_in(self.name, self.header, kinds)

    def content(self) -> bytes:
        """Read all of the file."""
        return self._map[:]

    @cached_property
    def tensors(self) -> Mapping[str, Tensor]:
        """All weights by their names, on the CPU."""
        from safetensors.torch import load

        return load(self.content())

    def load_into(self, model: nn.Module | None, classifier: nn.Module | None = None) -> None:
        """Load the weights into the model, into C beside it, or into one of them alone.

        ValueError where they are of other networks.
        """
        own = {n: value for n, value in self.tensors.items() if not n.startswith(_CLASSIFIER)}
        theirs = {n: value for n, value in self.tensors.items() if n.startswith(_CLASSIFIER)}
        try:
            if classifier is not None:
                found = {n.removeprefix(_CLASSIFIER): value for n, value in theirs.items()}
                classifier.load_state_dict(found)
            if model is not None:
                owns = any(name.startswith(_CLASSIFIER) for name in model.state_dict())
                model.load_state_dict(own | theirs if owns else own)
        except RuntimeError as problem:
            raise ValueError(str(problem).splitlines()[-1].strip()) from problem

    @contextmanager
    def size_guard(self) -> Iterator[None]:
        """Stop networks that are built meanwhile at a size that the weights cannot have.

        A stranger's recipe then costs no more memory than its file is worth. timm builds more than
        it keeps of a backbone, hence the room. UsageError where they are larger.
        """
        from torch.nn.modules.module import register_module_parameter_registration_hook

        room = 4 * sum(map(math.prod, self.shapes.values())) + 250_000_000
        count = 4 * len(self.shapes) + 10_000

        def look(module: nn.Module, name: str, parameter: nn.Parameter | None) -> None:
            nonlocal room, count
            room -= 0 if parameter is None else parameter.numel()
            count -= 1
            if room < 0 or count < 0:
                raise UsageError(
                    f"{self}: its recipe asks for networks far larger than its weights"
                )

        handle = register_module_parameter_registration_hook(look)
        try:
            yield
        except (RuntimeError, MemoryError) as problem:  # torch's, for more than there is
            first = str(problem).partition("\n")[0] or "they take more memory than there is"
            raise UsageError(f"{self}: its recipe's networks cannot be built: {first}") from problem
        finally:
            handle.remove()


def _require_file(path: Path) -> None:
    """UsageError where a path leads to no file: with a near one, or the place of models."""
    if not os.path.isfile(path):
        missing = path / MODEL if os.path.isdir(path) else path
        way = near(path) or f"; a run writes its model to {RUNS / 'NAME' / MODEL}"
        raise UsageError(f"{missing}: no such file{way}")


def _mapped(path: Path) -> tuple[Mapping[str, str], Mapping[str, tuple[int, ...]], mmap]:
    """A file's metadata, its tensors' shapes and its bytes, checked by safetensors."""
    with path.open("rb") as file, safe_open(path, framework="numpy") as checked:
        if not os.path.samestat(os.fstat(file.fileno()), path.stat()):
            return _mapped(path)  # a run has just put another file there
        shapes = {
            name: tuple(checked.get_slice(name).get_shape())
            for name in checked.keys()  # noqa: SIM118
        }
        return checked.metadata() or {}, shapes, mmap(file.fileno(), 0, access=ACCESS_READ)


def shared_weights(model: nn.Module, classifier: nn.Module | None) -> dict[str, Tensor]:
    """What a model file holds: the model's weights, and C's where there is one beside it."""
    theirs = {} if classifier is None else classifier.state_dict()
    return model.state_dict() | {_CLASSIFIER + name: value for name, value in theirs.items()}


def write_model(path: Path, weights: Mapping[str, Any], header: Header) -> None:
    """Write weights and header, whole or not at all."""
    from safetensors.torch import save

    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
    with draft(path) as unfinished:
        unfinished.write_bytes(save(whole, metadata=as_text(header)))
