"""The tables that a recipe may have, and the kit's own keys in them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic
from annotated_types import Ge, Gt, Le, Lt

from ebgan_kit.recipe.ramp import Weight
from ebgan_kit.registry.was import Was

SINGLE = (
    "model", "data", "mask", "pairing", "encoder", "generator", "discriminator", "classifier",
    "adversarial",
)  # fmt: skip
"""Kinds of which a recipe has one: their table is `[kind]`."""

SIDES = {
    "augment": ("faces", "exemplar", "discriminator", "classifier"),
    "optimizer": ("model", "critic"),
    "schedule": ("model", "critic"),
}
"""Kinds of which a recipe has one for each of these: `[kind.side]`."""

MANY = ("loss", "watch")
"""Kinds of which a recipe has any number: `[kind.name]`, the part's name unless `use` says else."""

TABLES = (*SINGLE, *SIDES, *MANY, "train")

REQUIRED = ("model", "data", "mask")

DEFAULTS: dict[str, dict[str, Any]] = {
    "pairing": {"use": "shuffle"},
    "optimizer": {"model": {"use": "adam"}, "critic": {"use": "adam"}},
    "schedule": {"model": {"use": "constant"}, "critic": {"use": "constant"}},
    "watch": {"progress": {}, "jsonl": {}, "samples": {}, "tracker": {}},
}
"""Tables that a recipe has if it does not name them."""

_STRICT = pydantic.ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Train(pydantic.BaseModel):
    """The table `[train]`: how long, how much at once, and what is kept."""

    model_config = _STRICT

    images: Annotated[int, Gt(0), pydantic.Field(description="source images to train on in all")]
    batch: Annotated[
        int, Gt(0), pydantic.Field(description="images per step, over all devices")
    ] = 32
    accumulate: Annotated[
        int, Gt(0), pydantic.Field(description="pieces that a batch is cut into to save memory")
    ] = 1
    precision: Annotated[
        Literal["auto", "float32", "bf16", "fp16"],
        pydantic.Field(
            description="of the networks' arithmetic; weights stay float32. auto: bf16 where the "
            "device is made for it, float32 elsewhere"
        ),
    ] = "auto"
    compile: Annotated[
        bool,
        pydantic.Field(description="compile the model by torch.compile, which takes a minute"),
    ] = False
    critic_steps: Annotated[
        int, Gt(0), pydantic.Field(description="critic steps, each on a fresh batch, a model step")
    ] = 1
    ema_halflife: Annotated[
        float,
        Ge(0),
        Was("ema"),
        pydantic.Field(
            description="images after which half of the averaged weights is new; 0: off"
        ),
    ] = 10_000
    ema_rampup: Annotated[
        float,
        Gt(0),
        Lt(1),
        Was("ema_warmup"),
        pydantic.Field(description="ema_halflife is at most this share of the run so far"),
    ] = 0.05
    switch_off: Annotated[
        float,
        Ge(0),
        Le(1),
        pydantic.Field(description="how often an attribute of an exemplar is not asked for"),
    ] = 0.0
    switch_on: Annotated[
        float,
        Ge(0),
        Le(1),
        pydantic.Field(description="how often an attribute that an exemplar lacks is asked for"),
    ] = 0.0
    max_grad_norm: Annotated[
        float,
        Ge(0),
        Was("clip"),
        pydantic.Field(description="largest norm of a side's gradient; 0: any"),
    ] = 0.0
    log_every: Annotated[
        int, Gt(0), Was("report"), pydantic.Field(description="images between two rows of metrics")
    ] = 1_000
    sample_every: Annotated[
        int, Gt(0), Was("samples"), pydantic.Field(description="images between two grids")
    ] = 20_000
    checkpoint_every: Annotated[
        int, Gt(0), Was("checkpoint"), pydantic.Field(description="images between two checkpoints")
    ] = 50_000
    keep: Annotated[int, Gt(0), pydantic.Field(description="checkpoints that are kept")] = 2
    workers: Annotated[
        int, Ge(0), pydantic.Field(description="processes that read faces; 0: none apart")
    ] = 0
    start: Annotated[
        Path | None, pydantic.Field(description="a model file to start from, to fine-tune it")
    ] = None
    device: Annotated[
        Literal["auto", "cpu"],
        pydantic.Field(description="auto: an accelerator where there is one"),
    ] = "auto"

    @pydantic.model_validator(mode="after")
    def _pieces(self) -> Train:
        if self.batch % self.accumulate:
            raise ValueError(
                f"batch {self.batch} cannot be cut into {self.accumulate} equal pieces"
            )
        return self


class Head(pydantic.BaseModel):
    """The keys above the tables."""

    model_config = _STRICT

    name: Annotated[str, pydantic.Field(pattern=r"^\w[\w.-]*$", description="the run's folder")]
    seed: Annotated[int, Ge(0), Lt(2**63)] = 0


class Plain(pydantic.BaseModel):
    """The kit's own words in a part's table."""

    model_config = _STRICT

    use: str


class Term(Plain):
    """The kit's own words in a term's table."""

    weight: Weight = 1.0
    critic_weight: Weight = 1.0


def words_of(kind: str) -> type[Plain]:
    return Term if kind in ("loss", "adversarial") else Plain
