"""Any of Accelerate's trackers."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Any, Literal


class Tracker:
    """Sends every report to one of Accelerate's trackers, such as TensorBoard.

    `to`: the tracker; `auto` is TensorBoard where it is installed, and nothing elsewhere.
    """

    def __init__(
        self,
        run: Any,
        *,
        to: Literal[
            "auto", "tensorboard", "wandb", "mlflow", "comet_ml", "aim", "clearml", "dvclive",
            "swanlab", "trackio",
        ] = "auto",
    ) -> None:  # fmt: skip
        if to == "auto":
            to = "tensorboard" if importlib.util.find_spec("tensorboard") else to
        self.tracker = None if to == "auto" else _tracker(to, run)

    def report(self, clock: int, values: Mapping[str, float]) -> None:
        if self.tracker is not None:
            self.tracker.log(dict(values), step=clock)

    def stop(self) -> None:
        if self.tracker is not None:
            self.tracker.finish()


def _tracker(name: str, run: Any) -> Any:
    from accelerate.tracking import LOGGER_TYPE_TO_CLASS

    made = LOGGER_TYPE_TO_CLASS[name]
    if not importlib.util.find_spec(name):
        raise ValueError(
            f"{name} is not installed: pip install {name}, or watch with another tracker"
        )
    folder = {"logging_dir": str(run.folder)} if made.requires_logging_directory else {}
    tracker = made(run.recipe.name, **folder)
    # trackers of older releases of Accelerate start when they are made
    getattr(tracker, "start", lambda: None)()
    return tracker
