"""The kit's own step in thirty lines, without trackers and progress: what the rest costs."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import partial

import torch
from torch import nn

from ebgan_kit.modelfile.networks import build_networks
from ebgan_kit.recipe.device import autocast
from ebgan_kit.recipe.ramp import at
from ebgan_kit.recipe.recipe import Recipe
from ebgan_kit.training.objective import Side, terms_of
from ebgan_kit.training.pairs import pairs_of
from ebgan_kit.types import Edit, Faces, frozen


def bare(recipe: Recipe, faces: Faces, places: torch.Tensor) -> Iterator[None]:
    """Train on one batch without end, a step each time the next is asked for."""
    device, networks = faces.image.device, build_networks(recipe)
    model = networks.model.to(device).to(memory_format=torch.channels_last)
    critic = networks.critic.to(device).to(memory_format=torch.channels_last)
    average = copy.deepcopy(model).requires_grad_(False)
    pairs, terms = pairs_of(recipe), terms_of(recipe)
    adam = partial(torch.optim.AdamW, lr=1e-4, betas=(0.5, 0.999), fused=True)
    optimizers = {"critic": adam(critic.parameters()), "model": adam(model.parameters())}

    def update(side: Side, network: nn.Module, edit: Edit) -> None:
        loss = torch.zeros((), device=device)
        with autocast(device, recipe.train.precision):
            for part, weight in (term.on(side) for term in terms):
                if part:
                    loss = loss + at(weight, 0) * part(edit, networks)
        optimizers[side].zero_grad()
        loss.backward()
        if recipe.train.max_grad_norm:
            nn.utils.clip_grad_norm_(network.parameters(), recipe.train.max_grad_norm)
        optimizers[side].step()

    while True:
        batch = pairs(faces, places)
        with autocast(device, recipe.train.precision):
            edit = model(batch.source, batch.exemplar, batch.wanted)
        update("critic", critic, edit.detach())
        with frozen(critic):
            update("model", model, edit)
        torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 0.01)
        yield
