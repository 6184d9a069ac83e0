"""A model's edit as one function of tensors, to be written down as a graph."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ebgan_kit.editing import switches
from ebgan_kit.editing.editor import Editor
from ebgan_kit.types import Faces

Tensors = dict[str, Tensor]


class Graph(nn.Module):
    """What `Editor.complete` does, and the composite; named tensors in float32 go in and come out.

    In: `source` and `exemplar` [B, 3, size, size] in [-1, 1], `source_region` and
    `exemplar_region` [B, 1, size, size] in {0, 1}, and for a model with attributes `wanted` [B, n]:
    1 is on, 0 is off, and -1 is as C finds it in the exemplar.
    Out: `edit` [B, 3, size, size] in [-1, 1], outside the region the source's very pixels; and from
    a model with a classifier `found` [B, n] in {0, 1}, what C finds in the exemplar.
    """

    landmarks: Tensor

    def __init__(self, editor: Editor) -> None:
        super().__init__()
        self.editor, self.model = editor, editor.model
        self.classifier = None if editor.judge is None else editor.judge.network
        self.register_buffer("landmarks", editor.template[None] * editor.header.size)

    def forward(
        self,
        source: Tensor,
        exemplar: Tensor,
        source_region: Tensor,
        exemplar_region: Tensor,
        wanted: Tensor | None = None,
    ) -> Tensors:
        names = self.editor.header.attributes
        face, example = self._faces(source, source_region), self._faces(exemplar, exemplar_region)
        example = switches.labelled(example, names, self.editor.judge)
        found = switches.wanted({}, names, example)
        if wanted is not None and found is not None:
            wanted = torch.where(wanted < 0, found, wanted)
        edit = self.editor.complete(face, example, wanted)
        known = {} if example.attributes is None else {"found": example.attributes}
        return {"edit": edit.image, **known}

    def _faces(self, image: Tensor, region: Tensor) -> Faces:
        """Faces as the model's frame has them."""
        return Faces(image, region, None, self.landmarks.expand(image.shape[0], -1, -1))

    def example(self, count: int) -> Tensors:
        """What `forward` takes, for so many faces: noise, and a region of their own for each."""
        chance, size = torch.Generator().manual_seed(count), self.editor.header.size
        source, exemplar = torch.rand(2, count, 3, size, size, generator=chance) * 2 - 1
        quarter = size // 4
        region = torch.zeros(count, 1, size, size)
        for number in range(count):
            region[number, :, quarter + number : 3 * quarter, number : 3 * quarter] = 1
        given = {
            "source": source,
            "exemplar": exemplar,
            "source_region": region,
            "exemplar_region": region.flip(0),
        }
        names = self.editor.header.attributes
        wanted = torch.randint(0, 2, (count, len(names)), generator=chance).float()
        return given | ({"wanted": wanted} if names else {})
