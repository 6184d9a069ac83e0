"""The paper's algorithm as anyone would type it: what `ebgan-kit bench --against plain` measures.

The same networks, losses, masks and pairs as the recipe's, and none of what makes the kit fast:
float32 throughout, the memory layout that tensors come in, photographs decoded from JPEG each time
they are seen, the generator run once for the discriminator and again for itself, and exemplar and
source encoded anew each time they are needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms.functional import pil_to_tensor

from ebgan_kit.modelfile.build import build_networks
from ebgan_kit.recipe.recipe import Recipe
from ebgan_kit.training.objective import objective, terms_of
from ebgan_kit.training.pairs import pairs_of
from ebgan_kit.types import Faces


class Photographs(Dataset):
    """JPEG files and what is known of each, one at a time."""

    def __init__(self, files: list[Path], labels: Faces) -> None:
        self.files, self.labels = files, labels

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, row: int) -> dict[str, Any]:
        image = Image.open(self.files[row]).convert("RGB")
        known = {"image": pil_to_tensor(image).float() / 127.5 - 1, "index": torch.tensor(row)}
        for name in ("attributes", "landmarks", "parts"):
            if getattr(self.labels, name) is not None:
                known[name] = getattr(self.labels, name)[row]
        return known


def plain(recipe: Recipe, files: list[Path], labels: Faces, device: torch.device) -> Iterator[None]:
    """Train without end, a step each time the next is asked for."""
    networks = build_networks(recipe)
    model, critic = networks.model.to(device), networks.critic.to(device)
    pairs, terms = pairs_of(recipe), terms_of(recipe)
    model_optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, betas=(0.5, 0.999))
    critic_optimizer = torch.optim.Adam(critic.parameters(), lr=1e-4, betas=(0.5, 0.999))
    loader = DataLoader(
        Photographs(files, labels), recipe.train.batch, shuffle=True, drop_last=True,
        num_workers=recipe.train.workers,
    )  # fmt: skip
    while True:
        for known in loader:
            faces = Faces(**known).to(device)
            batch: Any = pairs(faces, known["index"].to(device))
            source, exemplar = batch.source, replace(batch.exemplar, order=None)

            with torch.no_grad():
                edit = model.edit(source, exemplar, batch.wanted)
            loss, _ = objective(terms, "critic", edit, networks, 0)
            critic_optimizer.zero_grad()
            loss.backward()
            critic_optimizer.step()

            edit = model.edit(source, exemplar, batch.wanted)
            itself = exemplar[batch.exemplar.order.argsort()]
            rebuilt = model.edit(source, itself, source.attributes).completed
            edit = replace(edit, reconstruction=rebuilt)
            loss, _ = objective(terms, "model", edit, networks, 0)
            model_optimizer.zero_grad()
            loss.backward()
            model_optimizer.step()
            yield
