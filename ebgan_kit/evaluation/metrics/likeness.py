"""Does an edit look like its exemplar there?"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from ebgan_kit.evaluation.metrics.attributes import Rows
from ebgan_kit.evaluation.metrics.realism import Features
from ebgan_kit.images.levels import from_bytes, to_bytes
from ebgan_kit.parts.nn.upright import upright
from ebgan_kit.parts.nn.view import close_up
from ebgan_kit.types import Edit, Faces, region_of

MARGIN = 0.1
"""How much wider than the region's bounding square the view is, as a share of it."""


class Likeness:
    """How near an edit's region is to its exemplar's, batch by batch.

    Each region is described as it is seen upright and from close by. An edit should be nearer to
    its exemplar than to its source, and than to a stranger.
    """

    def __init__(self, features: Features) -> None:
        self.features = features

    def rows(self, source: Faces, exemplar: Faces, stranger: Faces, made: Edit) -> Rows:
        """The cosines of an edit's region with those of "exemplar", "source" and "stranger", and
        the shares of edits to which the exemplar is "nearer_than_source" and
        "nearer_than_stranger"; [B] each."""
        edit = self._seen(replace(source, image=made.image))
        near = {
            name: cosine_similarity(edit, self._seen(faces)).cpu()
            for name, faces in (("exemplar", exemplar), ("source", source), ("stranger", stranger))
        }
        rows: Rows = {("likeness", name): cosine for name, cosine in near.items()}
        for other in ("source", "stranger"):
            rows["likeness", f"nearer_than_{other}"] = (near["exemplar"] > near[other]).double()
        return rows

    def _seen(self, faces: Faces) -> Tensor:
        level = upright(replace(faces, image=from_bytes(to_bytes(faces.image))))
        view = close_up(level.image, region_of(level).float(), faces.image.shape[-1], MARGIN)
        return torch.flatten(self.features.take(view), 1)
