"""The numbers of a safetensors file, looked at without torch."""

from __future__ import annotations

import json
from mmap import mmap

import numpy as np

_EXPONENTS = {
    "F64": ("<u8", 0x7FF0_0000_0000_0000),
    "F32": ("<u4", 0x7F80_0000),
    "F16": ("<u2", 0x7C00),
    "BF16": ("<u2", 0x7F80),
}
"""Of each type of floating point numbers: its bits as whole numbers, and those of the exponent.

All of them are set in NaN and infinity, and in no other number (IEEE 754).
"""


def first_not_finite(content: mmap) -> str | None:
    """Return the name of the first tensor that holds NaN or infinity.

    `content`: the bytes of a file that safetensors has checked.
    """
    length = int.from_bytes(content[:8], "little")
    tensors = json.loads(content[8 : 8 + length])
    tensors.pop("__metadata__", None)
    for name, tensor in tensors.items():
        kind, exponent = _EXPONENTS.get(tensor["dtype"], ("", 0))
        start, end = tensor["data_offsets"]
        if kind and start < end:
            bits = np.frombuffer(content, kind, (end - start) // int(kind[2]), 8 + length + start)
            if ((bits & exponent) == exponent).any():
                return name
    return None
