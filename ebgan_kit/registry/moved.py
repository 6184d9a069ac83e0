"""Modules and names of 0.4 under their old names, for one version more.

`Finder` finds the likes of `ebgan_kit.layers`. A package with the name of an old module, such as
`ebgan_kit.recipe`, serves that module's names itself. Each use warns of the new name.
"""

from __future__ import annotations

import sys
import warnings
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # it is imported with `ebgan_kit`, which costs nothing
    from collections.abc import Callable, Mapping


def _table(rooms: Mapping[str, str]) -> dict[str, str]:
    """Return old place → new place, without `ebgan_kit.`; "a>b" has another name in its room."""
    found = {}
    for room, words in rooms.items():
        for word in words.split():
            old, _, new = word.partition(">")
            found[old] = f"{room}.{new or old.rpartition('.')[2]}".removeprefix(".")
    return found


MODULES = _table({
    "": "chance>rng faces>types",
    "cli": "edit_words listings",
    "editing": "areas>regions edit_document>document edit_files>batch editor export "
    "graph judge>classifier replay request switches",
    "evaluation": "benchmarks>speed compare evaluate figures>paper_figures report>metrics "
    "rows>grouping",
    "evaluation.metrics": "report.attributes report.baselines report.identity report.interval "
    "report.quality report.realism report.region report.report report.seam",
    "evaluation.speed": "bench benchmarks.bare benchmarks.contestant>worker "
    "benchmarks.floor>roofline benchmarks.machine benchmarks.plain",
    "evaluation.tables": "report.comparison report.speed report.table>report",
    "files": "drafts>writing fingerprint>writing",
    "images": "blend conjugate_gradient>poisson data.photographs face_finder frame>crop "
    "membrane>poisson pictures pixels>levels report.sheet>contact_sheet",
    "modelfile": "hub networks>build",
    "parts": "adversarial augment builtin classifiers data discriminators encoders generators "
    "losses masks models optimizers pairings schedules watchers",
    "parts.adversarial": "adversarial.hinge adversarial.logistic adversarial.scores "
    "adversarial.wasserstein",
    "parts.augment": "augment.jitter augment.noise",
    "parts.classifiers": "classifiers.conv classifiers.timm",
    "parts.data": "batches>loading data.celeba data.celebamask_hq data.drawing>synthetic "
    "data.folder data.listing>annotations data.partitions data.synthetic",
    "parts.data.cache": "data.kept>store data.packed data.packing>writer pack",
    "parts.discriminators": "discriminators.conv6 discriminators.patch",
    "parts.encoders": "encoders.conv encoders.timm",
    "parts.generators": "generators.encoder_decoder generators.unet generators.window",
    "parts.losses": "losses.attribute losses.classification losses.cross_entropy losses.cycle "
    "losses.reconstruction",
    "parts.masks": "masks.any_of masks.file masks.grid masks.region masks.shapes reach",
    "parts.models": "models.att_ebgan models.ebgan models.judge",
    "parts.nn": "backbones layers view",
    "parts.optimizers": "optimizers.adam optimizers.rmsprop",
    "parts.pairings": "pairings.opposite pairings.shuffle",
    "parts.schedules": "schedules.factors",
    "parts.watchers": "watchers.jsonl watchers.progress watchers.samples watchers.tracker",
    "recipe": "grammar overrides ramp schema>json_schema tables",
    "registry": "hookspecs new_plugin plugins",
    "sharing": "card push",
    "terminal": "bars>progress",
    "training": "allocator>memory check>dry_run checkpoint ema launch means>metrics pairs "
    "processes>distributed run_folder shown>discriminator_input step terms>objective",
})  # fmt: skip
"""Old module → where it is now."""

NAMES = _table({
    "errors": "pack.Stopped parts.nearest training.Stopped",
    "evaluation.metrics.attributes": "report.Attributes report.Truth",
    "evaluation.metrics.report": "report.report report.truth_of",
    "evaluation.store": "evaluation.NAME evaluation.SHEET evaluation.beside evaluation.read "
    "evaluation.rows evaluation.text_of",
    "evaluation.tables.report": "report.table",
    "files.writing": "modelfile.FACES>FACES_KEY modelfile.KEY>MODEL_KEY",
    "images.contact_sheet": "report.sheet",
    "images.pictures": "pictures.part>crop pictures.with_part>paste",
    "modelfile.file": "modelfile.write_model networks.shared_weights",
    "modelfile.header": "modelfile.FORMAT modelfile.Header modelfile.as_text modelfile.recipe_in",
    "recipe.recipe": "recipe.Recipe recipe.parse recipe.read",
    "regions": "areas.REGIONS areas.WHOLE masks.region.COMPONENTS masks.region.NAMES "
    "masks.region.Name reach.ATTRIBUTES reach.HOME reach.beyond>hidden_attributes",
    "registry.installed": "plugins.GROUP",
    "registry.part": "parts.KIT parts.KINDS parts.Kind parts.Part parts.PartError parts.Registry",
    "training.distributed": "networks.with_common_norms processes.part>shut_down",
    "training.trainer": "training.Run training.Training training.first_batch training.train",
    "types": "networks.Networks networks.frozen",
})  # fmt: skip
"""Old name → where it is now, if it is not where its old module is."""


def served(module: str) -> Callable[[str], Any]:
    """Return an old module's `__getattr__`, which takes names from their new places and warns."""

    def __getattr__(name: str) -> Any:
        old = f"{module}.{name}"
        place, new = NAMES.get(old, f"{MODULES.get(module, '')}.{name}").rsplit(".", 1)
        if not place or name.startswith("__"):
            raise AttributeError(f"module 'ebgan_kit.{module}' has no attribute '{name}'")
        value = getattr(import_module(f"ebgan_kit.{place}"), new)
        warnings.warn(
            f"ebgan_kit.{old} is {_public(place, new, value)} now: its old name works in this "
            "version, and not in the next",
            DeprecationWarning,
            stacklevel=2,
        )
        return value

    return __getattr__


def _public(place: str, name: str, value: Any) -> str:
    """Return the name by which authors import a value, or its place if it has no such name."""
    for module in ("ebgan_kit", "ebgan_kit.parts.nn"):
        public = sys.modules.get(module)
        if name in getattr(public, "__all__", ()) and getattr(public, name) is value:
            return f"{module}.{name}"
    return f"ebgan_kit.{place}.{name}"


class _Old(ModuleType):
    """An old module. Its old names come before its modules: `report.report` was a function, too."""

    def __setattr__(self, name: str, value: Any) -> None:
        if f"{self.__name__}.{name}".removeprefix("ebgan_kit.") not in NAMES:
            super().__setattr__(name, value)


class Finder:
    """Finder of the modules in `MODULES`: each is empty, and serves its old names."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        package, _, module = fullname.partition(".")
        if package != "ebgan_kit" or module not in MODULES:
            return None
        return ModuleSpec(fullname, self, is_package=True)  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Old(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["__getattr__"] = served(module.__name__.removeprefix("ebgan_kit."))


def install() -> None:
    """Find modules by their old names from now on, if nothing else of the name is there."""
    sys.meta_path.append(Finder())
