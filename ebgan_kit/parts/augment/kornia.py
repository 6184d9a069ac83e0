"""Any of Kornia's augmentations."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from annotated_types import MinLen
from torch import Tensor

from ebgan_kit.errors import nearest
from ebgan_kit.rng import Chance
from ebgan_kit.types import Faces


class Kornia:
    """Kornia's augmentations, one after the other.

    Colours change the image alone. Geometry takes image, region, landmarks and part labels along.

    `ops`: tables that name classes of `kornia.augmentation` and give their arguments:

        ops = [
            {use = "ColorJiggle", brightness = 0.2, p = 0.5},
            {use = "RandomAffine", degrees = 10, padding_mode = "border"},
        ]

    Classes that mix faces, bend images or download a network are refused. No label of the left
    becomes one of the right: `RandomHorizontalFlip` is refused for faces with landmarks or part
    labels, and `jitter` has a `flip`. Numbers come from torch's own generator, which each step
    seeds: the same after a resume, others on another number of processes, and others for the real
    and the drawn faces that a discriminator is shown.
    """

    def __init__(self, *, ops: Annotated[list[dict[str, Any]], MinLen(1)]) -> None:
        self.ops = [_made(values) for values in ops]

    def __call__(self, faces: Faces, chance: Chance) -> Faces:
        from kornia.augmentation import GeometricAugmentationBase2D

        shape, dtype = faces.image.shape, faces.image.dtype
        faces = replace(faces, image=(faces.image.float() / 2 + 0.5).clamp(0, 1))
        for op in self.ops:
            geometric = isinstance(op, GeometricAugmentationBase2D)
            faces = _moved(faces, op) if geometric else replace(faces, image=op(faces.image))
            if faces.image.shape != shape:
                raise ValueError(f"{type(op).__name__} changes the size of images: they keep it")
        return replace(faces, image=(faces.image * 2 - 1).clamp(-1, 1).to(dtype))


def _made(values: dict[str, Any]) -> Any:
    """The augmentation that a table names; ValueError where Kornia has none for it."""
    from kornia import augmentation

    kinds = (augmentation.IntensityAugmentationBase2D, augmentation.GeometricAugmentationBase2D)
    offers = {
        name: offer
        for name, offer in vars(augmentation).items()
        if isinstance(offer, type) and issubclass(offer, kinds) and offer not in kinds
    }
    offers.pop("RandomDissolving", None)  # downloads a diffusion model
    name = str(values.get("use"))
    if name not in offers:
        raise ValueError(f"ops: Kornia has no '{name}' for faces{nearest(name, offers)}")
    keys = {key: _tuple(value) for key, value in values.items() if key != "use"}
    try:
        return offers[name](**keys)
    except Exception as problem:  # Kornia refuses arguments in several ways
        raise ValueError(f"ops: {name}: {problem}") from problem


def _tuple(value: Any) -> Any:
    return tuple(map(_tuple, value)) if isinstance(value, list) else value


def _moved(faces: Faces, op: Any) -> Faces:
    """The faces with all that lies in their frame moved by one augmentation."""
    from kornia.augmentation import AugmentationSequential, RandomHorizontalFlip

    parts, landmarks, region = faces.parts, faces.landmarks, faces.region
    if isinstance(op, RandomHorizontalFlip) and not (parts is None and landmarks is None):
        raise ValueError("RandomHorizontalFlip swaps no left and right: use the flip of jitter")
    moving: dict[str, Tensor] = {"input": faces.image}
    if region is not None:
        moving["mask_region"] = region
    if parts is not None:
        moving["mask_parts"] = parts[:, None].float()
    if landmarks is not None:
        moving["keypoints"] = landmarks - 0.5  # Kornia counts from the first pixel's centre
    moved = AugmentationSequential(op, data_keys=None)(moving)
    return replace(
        faces,
        image=moved["input"],
        region=None if region is None else moved["mask_region"],
        parts=None if parts is None else moved["mask_parts"][:, 0].to(parts.dtype),
        landmarks=None if landmarks is None else moved["keypoints"] + 0.5,
    )
