"""Checks of terms: losses and adversarial terms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from ebgan_kit.testing.drawn import drawn_edit, drawn_networks
from ebgan_kit.testing.subject import Subject, subject_of, what
from ebgan_kit.types import Edit, Networks, Verdict, frozen


def check_loss(
    part: Callable[..., Any],
    /,
    edit: Edit | None = None,
    networks: Networks | None = None,
    **keys: Any,
) -> None:
    """A loss: (edit, networks) to a number, for the model's side and perhaps the critic's.

    One finite number, the same each time, near enough in bf16. The model's side reaches what the
    network drew; `critic`, where there is one, reaches the discriminator or the classifier, and not
    the model.

    `edit`, `networks`: of your own model, where the loss needs what only that gives.
    """
    _check_term(subject_of("loss", part, keys), edit, networks)


def check_adversarial(
    part: Callable[..., Any],
    /,
    edit: Edit | None = None,
    networks: Networks | None = None,
    **keys: Any,
) -> None:
    """An adversarial term: as a loss, with both sides.

    The model's side is smaller where the discriminator takes the edit for real, and the critic's is
    larger there.
    """
    subject = subject_of("adversarial", part, keys)
    subject.require(
        hasattr(subject.build(), "critic"),
        "has no critic's side: write a class with __call__ and critic(edit, networks)",
    )
    _check_term(subject, edit, networks)
    _check_sides(subject)


def _check_term(subject: Subject, edit: Edit | None, networks: Networks | None) -> None:
    networks = drawn_networks() if networks is None else networks
    edit = drawn_edit(networks) if edit is None else edit
    term = subject.build()
    with frozen(networks.critic):
        _check_values(subject, term, edit, networks)
        _check_model_side(subject, term, edit, networks)
    critic = getattr(term, "critic", None)
    if critic is not None:
        _check_values(subject, critic, edit.detach(), networks)
        _check_critic_side(subject, critic, edit.detach(), networks)


Term = Callable[[Edit, Networks], Tensor]


def _check_values(subject: Subject, term: Term, edit: Edit, networks: Networks) -> None:
    with subject.still():
        value = term(_leaves(edit), networks)
    subject.require(
        isinstance(value, Tensor) and value.shape == (),
        f"gives {what(value)}: a term is one number, such as a mean",
    )
    subject.require(value.isfinite(), f"gives {value.item()}")
    subject.require(
        torch.equal(value, term(_leaves(edit), networks)), "gives another value the second time"
    )
    with torch.autocast("cpu", torch.bfloat16):
        rounded = term(_leaves(edit, torch.bfloat16), networks)
    subject.require(
        (value - rounded.float()).abs() <= 0.1 * value.abs() + 0.1,  # false for what is not finite
        f"gives {rounded.item():.4g} under bf16, and {value.item():.4g} in float32: take "
        "differences and sums of .float()",
    )


def _check_model_side(subject: Subject, term: Term, edit: Edit, networks: Networks) -> None:
    leaves = _leaves(edit)
    drawn = [leaves.completed, leaves.reconstruction, leaves.code, *leaves.extra.values()]
    targets = [t for t in drawn if t is not None and t.requires_grad]
    subject.require(
        _reached(term(leaves, networks), [*targets, *networks.model.parameters()]),
        "reaches nothing that the network drew: no gradient comes back from it; detach nothing of "
        "the edit, and take no step that has no slope",
    )


def _check_critic_side(subject: Subject, critic: Term, edit: Edit, networks: Networks) -> None:
    value = critic(edit, networks)
    subject.require(
        _reached(value, networks.critic.parameters()),
        "has a critic's side that trains neither discriminator nor classifier: no gradient comes "
        "back to either",
    )
    subject.require(
        not _reached(critic(edit, networks), networks.model.parameters()),
        "has a critic's side that reaches the model's weights: use the edit that is given, and "
        "freeze what else it asks the model (ebgan_kit.types.frozen)",
    )


def _reached(value: Tensor, targets: Any) -> bool:
    """Whether a gradient other than 0 comes back to any of the targets."""
    targets = list(targets)
    if not value.requires_grad or not targets:
        return False
    gradients = torch.autograd.grad(value, targets, allow_unused=True)
    return any(g is not None and g.any() for g in gradients)


def _leaves(edit: Edit, dtype: torch.dtype = torch.float32) -> Edit:
    """The edit, its tensors as if a network had just drawn them."""

    def leaf(tensor: Tensor) -> Tensor:
        if not tensor.is_floating_point():
            return tensor
        return tensor.detach().to(dtype, copy=True).requires_grad_(True)

    return replace(
        edit,
        completed=leaf(edit.completed),
        reconstruction=None if edit.reconstruction is None else leaf(edit.reconstruction),
        code=None if edit.code is None else leaf(edit.code),
        extra={name: leaf(tensor) for name, tensor in edit.extra.items()},
    )


def _check_sides(subject: Subject) -> None:
    """Two discriminators look at edits that are brighter than their sources: the one that takes
    brightness for real is fooled, the one that takes darkness for real is not."""
    term = subject.build()
    plain = drawn_edit(drawn_networks())
    edit = replace(plain, completed=torch.full_like(plain.completed, 0.9)).detach()
    fooled, right = (Networks(None, _Brightness(sign)) for sign in (1.0, -1.0))
    subject.require(
        term(edit, fooled) < term(edit, right),
        "wants the discriminator to find the edit out: the model's side must fall as the edit's "
        "scores rise",
    )
    subject.require(
        term.critic(edit, fooled) > term.critic(edit, right),
        "rewards a discriminator that is fooled: the critic's side must fall as the sources' "
        "scores rise above the edits'",
    )


class _Brightness(nn.Module):
    """Scores an image by its mean, or by the mean's negative."""

    def __init__(self, sign: float) -> None:
        super().__init__()
        self.sign = nn.Parameter(torch.tensor(sign))

    def forward(self, image: Tensor, attributes: Tensor | None = None) -> Verdict:
        return Verdict((self.sign * image.mean((1, 2, 3))[:, None],))
