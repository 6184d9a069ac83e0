"""A trained model in use: photograph, exemplar and region in, photograph out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import ExifTags, Image
from torch import Tensor, nn

from ebgan_kit import switches
from ebgan_kit.chance import Chance
from ebgan_kit.data.photographs import centre_square, pixels, upright_rgb
from ebgan_kit.errors import UsageError
from ebgan_kit.faces import Edit, Faces, Task, composite, joined
from ebgan_kit.judge import Judge, judge_of
from ebgan_kit.masks.file import mask_of
from ebgan_kit.masks.region import NAMES, region
from ebgan_kit.modelfile import Header, read_header, recipe_in
from ebgan_kit.networks import MODEL, build_model, load_weights
from ebgan_kit.parts import nearest
from ebgan_kit.pixels import from_bytes, to_bytes
from ebgan_kit.switches import Switches

Picture = Image.Image | Tensor
Mask = str | Sequence[str] | Picture
"""One or several names of regions, or a picture whose lighter half is to be filled."""

WHOLE = "whole"
"""The region that is all of what the model sees."""


def load(path: Path | str, device: torch.device | str | None = None) -> Editor:
    """The editor of a model file; UsageError where the file cannot be used, with the reason."""
    header = read_header(path)
    recipe = recipe_in(path, header, only=(*MODEL, "classifier"))
    task = Task(header.size, tuple(header.attributes), pretrained=False)
    model = build_model(recipe, task)
    if not hasattr(model, "edit"):
        raise UsageError(f"{path}: is a {recipe.tables['model'].part.name}, and edits nothing")
    device = device or torch.accelerator.current_accelerator(check_available=True) or "cpu"
    judge = judge_of(path, recipe, task, device)
    try:
        load_weights(path, model)
    except ValueError as problem:
        raise UsageError(
            f"{path}: its weights are not those of its recipe's networks; it was written by "
            f"ebgan-kit {header.kit} with {_versions(header)}"
        ) from problem
    model = model.eval().requires_grad_(False).to(device).to(memory_format=torch.channels_last)
    return Editor(header, model, device, judge, _draws_in_half(header, torch.device(device)))


def _draws_in_half(header: Header, device: torch.device) -> bool:
    if header.recipe.get("train", {}).get("precision") != "bf16":
        return False
    if device.type == "cpu":
        known: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
        return bool(known.get("avx512_bf16") or known.get("amx_bf16"))
    return device.type != "cuda" or torch.cuda.is_bf16_supported(including_emulation=False)


def _versions(header: Header) -> str:
    return ", ".join(f"{name} {version}" for name, version in header.plugins.items())


@dataclass(frozen=True)
class Job:
    """An edit that is ready to be drawn."""

    source: Picture
    image: Tensor
    """[B, 3, H, W] in [-1, 1]: the source, of any height and width."""
    area: Tensor
    """[1 or B, 1, H, W] in {0, 1}: what is to be filled."""
    face: Faces
    """The source as the model sees it."""
    example: Faces
    wanted: Tensor | None


@dataclass(frozen=True)
class Editor:
    """A model with all that one must know to edit with it."""

    header: Header
    model: Any
    device: torch.device | str
    judge: Judge | None = None
    """C, of a model that was trained beside one."""
    half: bool = False
    """Whether the model draws in bf16, in which it was trained, where the device is made for it."""

    def edit(
        self,
        source: Picture,
        exemplar: Picture,
        mask: Mask | None = None,
        exemplar_mask: Mask | None = None,
        attributes: Switches | None = None,
    ) -> Picture:
        """The source with its region filled by what the exemplar has there.

        `source`: a picture of any size, or a tensor [B, 3, H, W] or [3, H, W] in [-1, 1]; what
        comes back is of the same kind and size. The model sees the square in its middle, at its
        own size. Outside the region every pixel is the source's, bit for bit.
        `exemplar`: likewise; one exemplar may serve a batch of sources.
        `mask`: see `Mask`; the model's own region if not given. `exemplar_mask`: where the exemplar
        has it; if not given the same region, or the same mask in the middle of the exemplar.
        `attributes`: switches, such as `{"Mustache": False}`; what is not named is as C finds it in
        the exemplar.

        Raises UsageError for a mask that is empty, of another size or beyond the model's square,
        and for a switch that the model does not have or the mask cannot show.
        """
        job = self.job(source, exemplar, mask, exemplar_mask, attributes)
        return self.edit_all([job])[0]

    def job(
        self,
        source: Picture,
        exemplar: Picture,
        mask: Mask | None = None,
        exemplar_mask: Mask | None = None,
        attributes: Switches | None = None,
    ) -> Job:
        """What `edit` would do, made ready for `edit_all`; takes and raises what `edit` does."""
        mask = self._own_mask() if mask is None else mask
        image, shown = _as_batch(source), _as_batch(exemplar)
        area, where = self._areas(image, shown, mask, exemplar_mask)
        self._check(attributes, area, where)
        example = self._labelled(self._frame(shown, where, len(image)))
        wanted = switches.wanted(attributes or {}, self.header.attributes, example)
        return Job(source, image, area, self._frame(image, area), example, wanted)

    def edit_all(self, jobs: Sequence[Job]) -> list[Picture]:
        """The edits of jobs, drawn as one batch: many at once take less time each."""
        face, example = (joined([getattr(j, n) for j in jobs]) for n in ("face", "example"))
        wanted = [job.wanted for job in jobs if job.wanted is not None]
        edit = self.complete(face, example, torch.cat(wanted) if wanted else None)
        drawn = edit.completed.float().split([len(job.face) for job in jobs])
        return [_put_back(job, its) for job, its in zip(jobs, drawn, strict=True)]

    def check(
        self,
        source: Image.Image,
        exemplar: Image.Image,
        mask: Mask | None = None,
        exemplar_mask: Mask | None = None,
        attributes: Switches | None = None,
    ) -> None:
        """Raise the UsageError that `edit` would; the photographs are not decoded for it."""
        mask = self._own_mask() if mask is None else mask
        areas = self._areas(_outline(source), _outline(exemplar), mask, exemplar_mask)
        self._check(attributes, *areas)

    @torch.no_grad()
    def complete(self, source: Faces, exemplar: Faces, wanted: Tensor | None = None) -> Edit:
        """The model's edit of faces in its own frame, on the device they are on.

        `wanted`: [B, n] in {0, 1}, in the order of the model's attributes; what C finds in the
        exemplar if not given. Of the attributes that the faces have, the first are the model's; of
        faces that have none, they are what C finds.
        """
        source, exemplar = self._labelled(source), self._labelled(exemplar)
        if wanted is None:
            wanted = switches.wanted({}, self.header.attributes, exemplar)
        there = None if wanted is None else wanted.to(self.device)
        half = torch.autocast(torch.device(self.device).type, torch.bfloat16, enabled=self.half)
        try:
            with half:
                edit = self.model.edit(source.to(self.device), exemplar.to(self.device), there)
        except ValueError as problem:  # a part that cannot fill such a region says why
            raise UsageError(str(problem)) from problem
        drawn = edit.completed.to(source.image.device)
        return Edit(source, exemplar, wanted, drawn, None, edit.code)

    def _labelled(self, faces: Faces) -> Faces:
        return switches.labelled(faces, self.header.attributes, self.judge)

    def _check(self, attributes: Switches | None, area: Tensor, where: Tensor) -> None:
        """The switches against what is filled and taken; of photographs the size is enough."""
        face, example = (self._frame(a.expand(-1, 3, -1, -1), a) for a in (area, where))
        names = self.header.attributes
        switches.check_switches(attributes or {}, names, face, example, self.judge)

    def _areas(
        self, source: Tensor, exemplar: Tensor, mask: Mask, exemplar_mask: Mask | None
    ) -> tuple[Tensor, Tensor]:
        """Where to fill the source and where the exemplar has it, each in its picture's pixels."""
        area = _area(mask, source, self.template)
        if exemplar_mask is not None:
            where = _area(exemplar_mask, exemplar, self.template)
        elif isinstance(mask, Image.Image | Tensor):
            where = _carried(area, exemplar)
        else:
            where = _area(mask, exemplar, self.template)
        if not area.any():
            raise UsageError("the mask is empty: make what is to be filled white")
        if not where.any():
            raise UsageError("the exemplar's mask is empty: make white what is to be taken")
        left, top, right, bottom = centre_square(source.shape[-1], source.shape[-2])
        if area.sum() > area[..., top:bottom, left:right].sum():
            raise UsageError(
                f"the mask reaches beyond the square of {right - left} pixels in the middle of the "
                "photograph, which is all that the model sees: crop the photograph about the face"
            )
        return area, where

    def _frame(self, image: Tensor, area: Tensor, count: int | None = None) -> Faces:
        """The faces as the model sees them: the square in the middle, at the model's size."""
        left, top, right, bottom = centre_square(image.shape[-1], image.shape[-2])
        size = self.header.size
        square = _resize(image[..., top:bottom, left:right], size)
        filled = (_resize(area[..., top:bottom, left:right], size) > 0.5).float()
        count = count or len(image)
        landmarks = (self.template * size).expand(count, 5, 2)
        return Faces(
            square.expand(count, -1, -1, -1), filled.expand(count, -1, -1, -1), None, landmarks
        )

    @property
    def template(self) -> Tensor:
        """[5, 2]: where landmarks lie in the model's frame, in units of it."""
        return torch.tensor(self.header.template)

    def _own_mask(self) -> Mask:
        regions = self.header.recipe["mask"].get("regions")
        if self.header.whole_image:
            return WHOLE
        if regions is None:
            use = self.header.recipe["mask"]["use"]
            raise UsageError(
                f"this model was trained with the mask '{use}', which photographs do not bring "
                "along: give a mask, or a region such as mouth"
            )
        return regions


def _area(mask: Mask, image: Tensor, template: Tensor) -> Tensor:
    """[1, 1, H, W] in {0, 1}: the mask in the photograph's own pixels."""
    if isinstance(mask, Image.Image):
        mask = mask_of(mask)
    if isinstance(mask, Tensor):
        area = (mask.reshape(-1, 1, *mask.shape[-2:]) > 0.5).float()
        if area.shape[-2:] != image.shape[-2:]:
            theirs, ours = (f"{t.shape[-1]}x{t.shape[-2]}" for t in (area, image))
            raise UsageError(
                f"the mask has {theirs} pixels and its photograph {ours}: make them equal"
            )
        return area
    names: tuple[Any, ...] = (mask,) if isinstance(mask, str) else tuple(mask)
    for name in names:
        if name not in (*NAMES, WHOLE):
            raise UsageError(f"no region is called '{name}'{nearest(name, (*NAMES, WHOLE))}")
    left, top, right, bottom = centre_square(image.shape[-1], image.shape[-2])
    side = right - left
    face = Faces(torch.zeros(1, 3, side, side), landmarks=(template * side)[None])
    area = torch.zeros(1, 1, *image.shape[-2:])
    area[..., top:bottom, left:right] = (
        1 if WHOLE in names else region(face, _NO_CHANCE, regions=names)
    )
    return area


def _carried(area: Tensor, image: Tensor) -> Tensor:
    """[1, 1, H, W]: a mask of another photograph, at the same place of this one's middle square."""
    if area.shape[-2:] == image.shape[-2:]:
        return area
    left, top, right, bottom = centre_square(area.shape[-1], area.shape[-2])
    square = area[..., top:bottom, left:right]
    left, top, right, bottom = centre_square(image.shape[-1], image.shape[-2])
    carried = torch.zeros(1, 1, *image.shape[-2:])
    carried[..., top:bottom, left:right] = (_resize(square, right - left) > 0.5).float()
    return carried


_NO_CHANCE = Chance(0, torch.zeros(1, dtype=torch.int64))  # a named region is not random


def _outline(picture: Image.Image) -> Tensor:
    """A tensor of the upright picture's size that holds nothing."""
    width, height = picture.size
    if picture.getexif().get(ExifTags.Base.Orientation, 1) >= 5:  # it lies on its side
        width, height = height, width
    return torch.empty(1, 3, height, width, device="meta")


def _put_back(job: Job, drawn: Tensor) -> Picture:
    """The source with what was drawn inside its area, as the kind of picture that it is."""
    image = job.image
    left, top, right, bottom = centre_square(image.shape[-1], image.shape[-2])
    square, inside = (t[..., top:bottom, left:right] for t in (image, job.area))
    result = image.clone()
    completed = _resize(drawn.to(image.device), right - left)
    result[..., top:bottom, left:right] = composite(completed, square, inside)
    if isinstance(job.source, Image.Image):
        return Image.fromarray(to_bytes(result)[0].permute(1, 2, 0).numpy())
    return result if job.source.dim() == 4 else result[0]


def _as_batch(picture: Picture) -> Tensor:
    if isinstance(picture, Image.Image):
        return from_bytes(pixels(upright_rgb(picture)).permute(2, 0, 1)[None])
    return picture if picture.dim() == 4 else picture[None]


def _resize(image: Tensor, side: int) -> Tensor:
    """A square batch at another size, smoothly; untouched where it has that size."""
    if image.shape[-1] == side:
        return image
    return nn.functional.interpolate(
        image, (side, side), mode="bicubic", antialias=True, align_corners=False
    ).clamp(-1, 1)
