"""A number that may change over a run: a pure function of the clock, so resuming cannot lose it."""

from __future__ import annotations

from typing import Annotated

import pydantic
from annotated_types import Ge, Gt


class Ramp(pydantic.BaseModel):
    """`{from = 0, to = 1, by = 10_000}`: a straight line, level once `by` images were seen."""

    model_config = pydantic.ConfigDict(
        extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False
    )

    start: Annotated[float, pydantic.Field(alias="from"), Ge(0)]
    to: Annotated[float, Ge(0)]
    by: Annotated[int, Gt(0)]


Weight = Annotated[float, Ge(0)] | Ramp


def at(weight: float | Ramp, clock: int) -> float:
    """The weight's value after `clock` images."""
    if not isinstance(weight, Ramp):
        return weight
    share = min(clock / weight.by, 1.0)
    return weight.start + (weight.to - weight.start) * share
