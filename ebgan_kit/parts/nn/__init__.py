"""What networks are made of."""

from ebgan_kit.parts.nn.layers import (
    Norm,
    Residual,
    convolution,
    doubling,
    halvings,
    in_range,
    require_depth,
    spread,
    unit,
    widths,
)
from ebgan_kit.parts.nn.view import (
    Sees,
    close_up,
    sample,
    square_about,
    standardised,
    view_of,
    view_size,
)

__all__ = [
    "Norm",
    "Residual",
    "Sees",
    "close_up",
    "convolution",
    "doubling",
    "halvings",
    "in_range",
    "require_depth",
    "sample",
    "spread",
    "square_about",
    "standardised",
    "unit",
    "view_of",
    "view_size",
    "widths",
]
