"""Networks that look at edits: is it one person, is it a face."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from ebgan_kit.editing.classifier import Judge
from ebgan_kit.errors import UsageError
from ebgan_kit.evaluation.metrics.dlib_recogniser import dlib_recogniser
from ebgan_kit.evaluation.metrics.efficientnet_lite0 import efficientnet_lite0
from ebgan_kit.evaluation.metrics.identity import Recogniser
from ebgan_kit.evaluation.metrics.inception import fetched_before, inception
from ebgan_kit.evaluation.metrics.realism import Features
from ebgan_kit.evaluation.metrics.timm_recogniser import recogniser

NO_RECOGNISER = (
    "Whether it is one person was not measured: pip install 'ebgan-kit[identity]' brings a "
    "network that tells people apart."
)
NO_LANDMARKS = (
    "Whether it is one person was not measured: the data has no landmarks, by which faces are "
    "aligned for that."
)
NO_FEATURES = (
    "How real edits look was not measured: pip install 'ebgan-kit[features]' brings a network "
    "whose features say so."
)


@dataclass(frozen=True)
class Eyes:
    """The networks that look at edits; each may be missing, and so are its figures then."""

    recogniser: Recogniser | None = None
    """It says if two faces are one person's."""
    features: Features | None = None
    """In them edits are held against untouched faces."""
    missing: Mapping[str, str] = field(default_factory=dict)
    """Figure → a sentence that says why it is missing, and the way to it."""

    @property
    def told(self) -> dict[str, Any]:
        """{"not_measured": {figure: sentence}} for a report; empty if nothing is missing."""
        return {"not_measured": dict(self.missing)} if self.missing else {}


@dataclass(frozen=True)
class Named:
    """Networks that a user names in place of the packages' own."""

    recogniser: str | None = None
    """A recogniser's name in timm; see `ebgan_kit.evaluation.metrics.timm_recogniser`."""
    inception: Path | None = None
    """The file of Inception-v3's weights."""


OWN = Named()
"""Nothing named: the packages' own."""


def eyes_for(data: Any, named: Named, judge: Judge | None, device: torch.device | str) -> Eyes:
    """Return the networks that look at edits of some data.

    Nothing is fetched but a recogniser that is named by its place on the Hub. `UsageError` if a
    network that is named cannot be had, or has nothing to align faces by.
    """
    missing: dict[str, str] = {}
    person = _recogniser(data, named, device, missing)
    features = None
    if named.inception is not None:
        features = inception(named.inception)
    elif not _is_drawn(data):
        features = _features(judge)
        if features is None:
            missing["realism"] = NO_FEATURES
    return Eyes(person, features, missing)


def _is_drawn(data: Any) -> bool:
    """Tell drawn faces from photographs, of which nobody knows the true edit.

    Drawn faces are looked at only by networks that are named: they are nobody's, all of them are
    far from any photograph that these networks learnt from, and the truth says more.
    """
    return hasattr(data, "truth")


def _recogniser(
    data: Any, named: Named, device: torch.device | str, missing: dict[str, str]
) -> Recogniser | None:
    """Return the recogniser that is named, else dlib's; `missing` takes the reason for none."""
    if named.recogniser is None and _is_drawn(data):
        return None
    if not _has_landmarks(data):
        if named.recogniser is not None:
            raise UsageError(
                f"the recogniser '{named.recogniser}' needs landmarks, by which faces are aligned, "
                "and the data has none: leave it out, or take other data"
            )
        missing["identity"] = NO_LANDMARKS
        return None
    found = recogniser(named.recogniser, device) if named.recogniser else dlib_recogniser()
    if found is None:
        missing["identity"] = NO_RECOGNISER
    return found


def _features(judge: Judge | None) -> Features | None:
    """Those of Inception if its weights are here, else the package's, else the judge's."""
    path = fetched_before()
    found = efficientnet_lite0() if path is None else inception(path)
    if found is None and judge is not None:
        return Features(f"the last layer of the judge {judge.name}", judge.features)
    return found


def _has_landmarks(data: Any) -> bool:
    return len(data) > 0 and data.__getitems__([0]).landmarks is not None
