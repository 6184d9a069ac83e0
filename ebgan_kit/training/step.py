"""One step of training: first the critic, then the model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from ebgan_kit.training.discriminator_input import augmented
from ebgan_kit.training.distributed import mean
from ebgan_kit.training.objective import Side, Term, objective
from ebgan_kit.training.pairs import Batch, Change
from ebgan_kit.types import Edit, Networks, frozen


@dataclass
class Trained:
    """The weights of one side, and what changes them."""

    parameters: list[nn.Parameter]
    optimizer: torch.optim.Optimizer
    schedule: Callable[[float], float]
    """The rate's factor at a progress from 0 to 1."""
    clip: float
    """The largest norm of the side's gradient; 0 for any."""
    accelerator: Accelerator

    def __post_init__(self) -> None:
        self._rates = [group["lr"] for group in self.optimizer.param_groups]

    def set_rate(self, progress: float) -> None:
        """Set the learning rate of each group of weights for a progress from 0 to 1."""
        factor = self.schedule(progress)
        for group, rate in zip(self.optimizer.param_groups, self._rates, strict=True):
            group["lr"] = rate * factor

    def update(self, losses: Iterable[Tensor], count: int) -> None:
        """Change the weights by the mean of `count` losses, each computed when it is its turn, so
        that only one graph is held at a time."""
        self.optimizer.zero_grad(set_to_none=True)
        for loss in losses:
            if loss.requires_grad:  # every term of this side may have weight 0 just now
                self.accelerator.backward(loss / count)
        self._average()
        if self.clip:
            self.accelerator.clip_grad_norm_(self.parameters, self.clip)
        self.optimizer.step()

    def _average(self) -> None:
        """The mean gradient over all processes, in one exchange for the side.

        It stands in the place of torch's DDP, whose hooks would fire at every piece of a batch and
        for a critic that the model's half only looks through.
        """
        if self.accelerator.num_processes == 1:
            return
        gradients = [(p, p.grad) for p in self.parameters if p.grad is not None]
        if not gradients:
            return
        # as they lie in memory: shares of the mean then serve as gradients, and nothing is copied
        flat = mean(torch.cat([g.as_strided((g.numel(),), (1,)) for _, g in gradients]))
        shares = flat.split([g.numel() for _, g in gradients])
        for (parameter, gradient), share in zip(gradients, shares, strict=True):
            parameter.grad = share.as_strided(gradient.shape, gradient.stride())


@dataclass
class Step:
    """A step of training, without its data; `values` are the last step's terms, on the device."""

    networks: Networks
    terms: Sequence[Term]
    model: Trained
    critic: Trained | None
    accelerator: Accelerator
    augments: Mapping[str, Change] = field(default_factory=dict)
    """By "discriminator" or "classifier": the augmentation of the images that it is shown."""
    seed: int = 0
    """The recipe's seed."""
    values: dict[str, Tensor] = field(default_factory=dict)

    @property
    def sides(self) -> list[Trained]:
        """The model's side, and the critic's where there is one."""
        return [side for side in (self.model, self.critic) if side is not None]

    def __call__(self, pieces: Sequence[Batch], clock: int, model_turn: bool = True) -> None:
        """Train both sides on a batch, or the critic alone.

        A batch in one piece is edited once, for both sides. One cut into pieces is edited again for
        the model, which then sees the critic as it would have been without the cut.
        """
        self.values = {}
        count = len(pieces)
        shared = count == 1
        with torch.set_grad_enabled(model_turn and shared):
            edits: Iterable[Edit] = [self._edit(piece) for piece in pieces]
        if self.critic is not None:
            losses = (self._loss("critic", edit.detach(), clock, count) for edit in edits)
            self.critic.update(losses, count)
        if model_turn:
            if not shared:
                edits = (self._edit(piece) for piece in pieces)
            with frozen(self.networks.critic):
                self.model.update((self._loss("model", e, clock, count) for e in edits), count)

    def _edit(self, batch: Batch) -> Edit:
        with self.accelerator.autocast():
            return self.networks.model(batch.source, batch.exemplar, batch.wanted)

    def _loss(self, side: Side, edit: Edit, clock: int, count: int) -> Tensor:
        """The side's objective on one piece of `count`; its terms go into the batch's means."""
        with self.accelerator.autocast():
            networks = augmented(self.networks, self.augments, edit, clock, self.seed)
            total, values = objective(self.terms, side, edit, networks, clock)
        for name, value in values.items():
            self.values[name] = self.values.get(name, 0) + value / count
        return total
