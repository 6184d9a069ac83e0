"""The classifier on any network of timm."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Le
from torch import Tensor, nn
from torch.nn.functional import interpolate

from ebgan_kit.parts.nn import backbones
from ebgan_kit.parts.nn.backbones import check_side, colours, licence
from ebgan_kit.types import Task


class Timm(nn.Module):
    """Any network of timm, with a head of one logit an attribute.

    `backbone`: a name of `timm.list_models()`, such as resnet18.
    `pretrained`: start from timm's weights, fetched on first use; their licence goes into the file.
    `enlarge`: the image is shown so many times larger: most networks of timm halve it five times,
    and small faces have little left by then.

    Takes image [B, 3, H, W] in [-1, 1]; gives a logit an attribute [B, n].
    """

    mean: Tensor
    deviation: Tensor

    def __init__(
        self,
        task: Task,
        *,
        backbone: str = "resnet18",
        pretrained: bool = False,
        enlarge: Annotated[int, Ge(1), Le(16)] = 1,
    ) -> None:
        super().__init__()
        self.enlarge = enlarge
        self.body = backbones.backbone(
            backbone, pretrained and task.pretrained, num_classes=len(task.attributes)
        )
        check_side(self.body, backbone, enlarge * task.size)
        self.licence = licence(self.body, pretrained)
        mean, deviation = colours(self.body, pretrained)
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation)

    def features(self, image: Tensor) -> Tensor:
        """[B, F]: what the head reads."""
        return self.body.forward_head(self._maps(image), pre_logits=True)

    def forward(self, image: Tensor) -> Tensor:
        return self.body.forward_head(self._maps(image))

    def _maps(self, image: Tensor) -> Tensor:
        if self.enlarge > 1:
            image = interpolate(image, scale_factor=float(self.enlarge), mode="bilinear")
        return self.body.forward_features((image / 2 + 0.5 - self.mean) / self.deviation)
