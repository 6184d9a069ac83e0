"""A picture or a mask as people give it: read into one form, and given back in kind."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ebgan_kit.errors import UsageError
from ebgan_kit.files.names import home
from ebgan_kit.images.levels import from_bytes, to_bytes
from ebgan_kit.images.opening import decode, opened
from ebgan_kit.images.pictures import Picture

Given = Picture | np.ndarray | str | os.PathLike[str]
"""An image of Pillow's, the path of one, a numpy array or a tensor.

An array holds uint8 levels: [H, W, 3] for RGB, [H, W] for grey, [H, W, 4] for RGBA, or a batch
[B, H, W, 3]. A tensor is [3, H, W] or [B, 3, H, W], of floats in [-1, 1] or of uint8 levels."""

EXPECTED = (
    "expected is an image of Pillow's, the path of one, a numpy array [H, W, 3] of uint8, or a "
    "tensor [3, H, W] or [B, 3, H, W] in [-1, 1]"
)

_ROUNDING = 1e-4
"""By which a float may be off where it was scaled to [-1, 1]."""


def read_picture(given: Any, called: str) -> Picture:
    """Read a picture: a tensor comes as a batch, [B, 3, H, W] float32; all else as an image.

    A batch of arrays comes as a tensor, too. `called`: its name in errors. UsageError for another
    type, shape or range, and for a file that does not decode.
    """
    if isinstance(given, str | os.PathLike):
        return read_image(home(given))
    if isinstance(given, np.ndarray):
        return _of_array(given, called)
    if isinstance(given, Tensor):
        return _of_tensor(given, called)
    if isinstance(given, Image.Image):
        return given
    several = "several of one size are one batch, and of any size a Request each for edit_all; "
    raise UsageError(
        f"{called} is of the type {type(given).__name__}; "
        f"{several if isinstance(given, list | tuple) else ''}{EXPECTED}"
    )


def as_given(edited: Picture, given: Given) -> Given:
    """Return an edited picture in the kind of the given one: type, shape, precision and device.

    A path is answered with an image, and a grey or RGBA array with an RGB one.
    """
    if isinstance(given, np.ndarray):
        return _array(edited)
    if isinstance(given, Tensor):
        return _tensor_like(torch.as_tensor(edited), given.detach())
    return edited


def read_mask(given: Any, called: str) -> Any:
    """Read a mask: names of regions stay as they are; the rest is an image or a tensor afterwards.

    The tensor is [B, 1, H, W] in {0, 1}. A text with an ending, such as `mask.png`, is a path. An
    array or a tensor is 1 where the region is filled, true, or lighter than half of 255. UsageError
    for another type, shape or range.
    """
    names = isinstance(given, str) and not Path(given).suffix
    if given is None or names or isinstance(given, list | tuple):
        return given
    if isinstance(given, np.ndarray):
        colours = given.ndim == 3 and given.shape[-1] in (2, 3, 4)
        return _of_array(given, called) if colours else _lit(_values(given, called), called)
    if isinstance(given, Tensor):
        return _lit(given.detach().cpu(), called)
    if isinstance(given, str | os.PathLike | Image.Image):
        return read_picture(given, called)
    raise UsageError(
        f"{called} is of the type {type(given).__name__}; expected are names of regions, an image "
        "of Pillow's, the path of one, or an array or a tensor [H, W]"
    )


def read_image(path: Path) -> Image.Image:
    """Read a file as an image, decoded; UsageError, which names it, where that cannot be."""
    try:
        image = opened(path, called="it")
    except Exception as wrong:  # Pillow's readers raise almost anything on a damaged file
        reason = getattr(wrong, "strerror", None) or str(wrong)
        raise UsageError(f"{path}: cannot be read as an image: {reason}") from wrong
    decode(image)
    return image


def _of_array(array: np.ndarray, called: str) -> Picture:
    shape = array.shape
    image = array.ndim == 2 or (array.ndim == 3 and shape[-1] in (1, 2, 3, 4))
    batch = array.ndim == 4 and shape[-1] == 3
    if not (image or batch) or 0 in shape or array.dtype != np.uint8:
        raise UsageError(
            f"{called} is an array {list(shape)} of {array.dtype}: expected is [H, W, 3], [H, W], "
            "[H, W, 4] or [B, H, W, 3] of uint8, levels from 0 to 255"
        )
    if batch:
        return from_bytes(torch.tensor(np.ascontiguousarray(array)).permute(0, 3, 1, 2))
    return Image.fromarray(array[..., 0] if shape[2:] == (1,) else array)


def _of_tensor(tensor: Tensor, called: str) -> Tensor:
    shape, dtype = list(tensor.shape), str(tensor.dtype).removeprefix("torch.")
    if tensor.dim() not in (3, 4) or shape[-3] != 3 or 0 in shape:
        raise UsageError(f"{called} is a tensor {shape}: expected is [3, H, W] or [B, 3, H, W]")
    if not (tensor.is_floating_point() or tensor.dtype == torch.uint8):
        raise UsageError(
            f"{called} is a tensor of {dtype}: expected are floats in [-1, 1], or uint8 levels "
            "from 0 to 255"
        )
    batch = tensor.detach().cpu().reshape(-1, *shape[-3:])
    if batch.dtype == torch.uint8:
        return from_bytes(batch)
    batch = batch.float()
    _check_range(batch, called)
    return batch


def _check_range(batch: Tensor, called: str) -> None:
    """UsageError beyond [-1, 1], a warning for a picture that 0 seems to be the black of."""
    low, high = (value.item() for value in batch.aminmax())
    if not (low >= -1 - _ROUNDING and high <= 1 + _ROUNDING):  # so that NaN is refused as well
        raise UsageError(
            f"{called} has values from {low:g} to {high:g}: expected are floats in [-1, 1], which "
            "levels from 0 to 255 are after x / 127.5 - 1"
        )
    if low >= 0 and high > 0:
        warnings.warn(
            f"{called} has values from {low:g} to {high:g}, and a tensor is taken to be in "
            "[-1, 1]: if 0 is its black, give x * 2 - 1",
            stacklevel=2,
        )


def _values(array: np.ndarray, called: str) -> Tensor:
    """A mask's array as a tensor; its last dimension goes where it is one channel."""
    if array.dtype.kind not in "buif":
        raise UsageError(f"{called} holds {array.dtype}: expected are bool, uint8 or float")
    values = array[..., 0] if array.ndim > 2 and array.shape[-1] == 1 else array
    return torch.tensor(values.astype(np.float32))


def _lit(values: Tensor, called: str) -> Tensor:
    """[B, 1, H, W] in {0, 1} of a mask's values; integers go to 1 or to 255, floats to 1."""
    shape = list(values.shape)
    if values.dim() not in (2, 3, 4) or (values.dim() == 4 and shape[1] != 1) or 0 in shape:
        raise UsageError(f"{called} has the shape {shape}: expected is [H, W] or [B, 1, H, W]")
    if values.is_complex():
        raise UsageError(f"{called} holds complex numbers: expected are bool, uint8 or float")
    values = values.float().reshape(-1, 1, *shape[-2:])
    low, high = (value.item() for value in values.aminmax())
    whole = 255 if high > 1 and torch.equal(values, values.round()) else 1
    if not (low >= 0 and high <= whole):
        raise UsageError(
            f"{called} has values from {low:g} to {high:g}: expected is 1 for what is filled and 0 "
            "elsewhere, or levels from 0 to 255"
        )
    return (values * 2 > whole).float()


def _array(edited: Picture) -> np.ndarray:
    if isinstance(edited, Image.Image):
        return np.array(edited)
    return to_bytes(edited).permute(0, 2, 3, 1).contiguous().numpy()


def _tensor_like(edited: Tensor, given: Tensor) -> Tensor:
    edited = edited.reshape(given.shape).to(given.device)
    if given.dtype == torch.uint8:
        return to_bytes(edited)
    # float64 is edited in float32: what is equal there keeps the bits that it was given with
    return torch.where(edited == given.float(), given, edited.to(given.dtype))
