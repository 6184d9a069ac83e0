"""Noise on every pixel."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from annotated_types import Ge, Lt

from ebgan_kit.rng import Chance
from ebgan_kit.types import Faces


def noise(faces: Faces, chance: Chance, *, share: Annotated[float, Ge(0), Lt(1)] = 0.4) -> Faces:
    """Mixes each channel of each pixel with a number by chance, uniform between -1 and 1.

    Made for `[augment.discriminator]`: a judge that must see through noise is not pleased with
    patterns too fine to be seen.

    `share`: of the noise in what is shown; the image keeps the rest.
    """
    shape = faces.image.shape
    drawn = chance.uniform("noise", shape[1:].numel()).view(shape).to(faces.image.dtype)
    return replace(faces, image=faces.image.lerp(2 * drawn - 1, share))
