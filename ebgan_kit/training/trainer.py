"""The loop: a recipe in, a run's folder out."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tomli_w
import torch
from torch import Tensor, nn

from ebgan_kit.errors import Stopped, UsageError
from ebgan_kit.files.writing import draft, make_folder
from ebgan_kit.interrupts import interrupts
from ebgan_kit.modelfile.build import build_networks
from ebgan_kit.modelfile.file import shared_weights, write_model
from ebgan_kit.modelfile.here import MODEL, RUNS
from ebgan_kit.parts.data.loading import Order, batches, open_data
from ebgan_kit.recipe.device import require_compiler, settled
from ebgan_kit.recipe.recipe import Recipe, read
from ebgan_kit.rng import of_step
from ebgan_kit.terminal.progress import bar
from ebgan_kit.training import checkpoint
from ebgan_kit.training.discriminator_input import judges_augments
from ebgan_kit.training.distributed import Processes, accelerator_for, with_common_norms
from ebgan_kit.training.ema import Ema
from ebgan_kit.training.launch import check_launcher
from ebgan_kit.training.metrics import Means
from ebgan_kit.training.model_file import header_of, start_from
from ebgan_kit.training.objective import terms_of
from ebgan_kit.training.pairs import Batch, Pairs, group_size, pairs_of, piece_size
from ebgan_kit.training.run_folder import (
    CHECKPOINTS,
    RECIPE,
    claimed_folder,
    differences,
    in_its_precision,
)
from ebgan_kit.training.step import Step, Trained
from ebgan_kit.training.watching import Watching
from ebgan_kit.types import Edit, Faces


@dataclass(frozen=True)
class Run:
    """A run as a watcher sees it."""

    recipe: Recipe
    folder: Path
    clock: int
    """Images seen when the run began or went on."""
    preview: Callable[[], Edit]
    """Edits of the same few faces by the averaged weights as they are now."""


def train(
    recipe: Recipe | Path | str, folder: Path | str | None = None, resume: bool = False
) -> Path:
    """Train a recipe and return the path of its model file.

    `folder`: where the run goes, `runs/NAME` if not given. It must not exist yet, or with `resume`
    holds the run to go on with. Raises UsageError for what a user can mend, Stopped after an
    interrupt (Ctrl-C), when the run has been saved, and Lost where a launcher started several
    processes and another one has ended.
    """
    recipe = recipe if isinstance(recipe, Recipe) else read(recipe)
    folder = Path(folder) if folder is not None else RUNS / recipe.name
    check_launcher()
    with claimed_folder(folder, recipe, resume):
        if resume:
            recipe = in_its_precision(recipe, folder)
        with torch.random.fork_rng(devices=[]):  # a run seeds torch's generator, and gives it back
            return Training(recipe, folder).run()


class Training:
    """A run under way: its networks, its data and its clock."""

    def __init__(self, recipe: Recipe, folder: Path) -> None:
        recipe = replace(recipe, train=settled(recipe.train))
        self.recipe, self.folder, self.settings = recipe, folder, recipe.train
        self.accelerator = accelerator_for(self.settings)
        self.processes = Processes(self.accelerator)
        piece_size(recipe, self.processes.count)
        self.networks = build_networks(recipe)
        if self.processes.count > 1:
            self.networks = with_common_norms(self.networks, self.accelerator.device)
        if self.settings.start is not None and not checkpoint.saved(folder / CHECKPOINTS):
            start_from(self.settings.start, self.networks)
        self.pairs = pairs_of(recipe)
        self.data = open_data(recipe)
        self.ema = Ema(
            self._place(self.networks.model), self.settings.ema_halflife, self.settings.ema_rampup
        )
        self._place(self.networks.critic)
        if self.settings.compile:  # not the critic: no compiled network has a gradient penalty
            require_compiler(self.accelerator.device)
            self.networks.model.compile()
        self.step = self._step()
        self.means = Means(self.accelerator.device, self.processes.mean)
        self.clock = 0
        self.saved = 0
        """The clock of the newest checkpoint."""

    def run(self) -> Path:
        """Go on to the end; an interrupt saves first."""
        self._first_pairs()  # what cannot be paired is said before a folder is made
        self._check_alike()
        self.prepare()
        self._open_folder()
        self.clock = self.saved = self._restored()
        if self.clock > 0 and self.processes.first:  # a kill may have cut the last save short
            checkpoint.tidy(self.folder / CHECKPOINTS, self.settings.keep)
            self._write_model()
        with self.watchers() as tell, interrupts() as interrupted:
            for _ in self.steps(tell):
                if self.processes.any(interrupted() or tell.problem is not None):
                    break
            if self.clock > self.saved:
                self.save()
        if self.clock < self.settings.images:
            raise self._stopped(tell.problem)
        return self.folder / MODEL

    def _stopped(self, problem: Exception | None) -> Exception:
        """The error of a run that is saved before its end."""
        if problem is None:
            return Stopped(f"{self._saved_so_far} with")
        sentence = f"the run cannot say how it goes ({problem}): {self._saved_so_far} by --resume"
        return UsageError(sentence)

    @property
    def _saved_so_far(self) -> str:
        held = "all" if self.saved == self.clock else f"{self.saved} of them"
        return f"stopped after {self.clock} images, {held} saved; go on"

    def steps(self, tell: Callable[..., None]) -> Iterator[int]:
        """Train a step each time the next is asked for, until the end; gives the clock after it."""
        self.means.begin(self.clock)
        for clock, faces, places in self.batches():
            if clock >= self.settings.images:
                break
            self._train_on(faces, places)
            self.clock = clock + self.settings.batch
            tell("step", self.clock)
            self.means.add(self.step.values)
            if self._passed(self.settings.log_every):
                tell("report", self.clock, self._report())
            if self._passed(self.settings.sample_every):
                tell("sample", self.clock)
            if self._passed(self.settings.checkpoint_every):
                self.save()
            yield self.clock

    def _train_on(self, faces: Faces, places: Tensor) -> None:
        """One step at the present clock, and the average after it."""
        settings = self.settings
        # dropout and noise are then a function of these three, and a resumed run draws them again
        torch.manual_seed(of_step(self.recipe.seed, self.accelerator.process_index, self.clock))
        for side in self.step.sides:
            side.set_rate(self.clock / settings.images)
        size = len(faces) // settings.accumulate
        cuts = [slice(i, i + size) for i in range(0, len(faces), size)]
        pieces = [self.pairs(_in_channels_last(faces[cut]), places[cut]) for cut in cuts]
        turn = self.clock // settings.batch % settings.critic_steps == settings.critic_steps - 1
        self.step(pieces, self.clock, model_turn=turn)
        if turn:
            self.ema.update(self.clock, settings.batch * settings.critic_steps)

    def _passed(self, every: int) -> bool:
        """Return whether the last step passed a multiple of `every` images, or the end."""
        before = self.clock - self.settings.batch
        ended = self.clock >= self.settings.images
        return before >= 0 and (self.clock // every > before // every or ended)

    def batches(self) -> Iterator[tuple[int, Faces, Tensor]]:
        """The faces of the steps to come; a face that cannot be read ends the run, saved if this
        process is the one that saves."""
        accelerator, settings = self.accelerator, self.settings
        order = Order(
            len(self.data), settings.batch, self.recipe.seed, self.clock,
            accelerator.process_index, accelerator.num_processes,
        )  # fmt: skip
        attributes = self.recipe.attributes
        try:
            yield from batches(self.data, order, settings.workers, accelerator.device, attributes)
        except UsageError as problem:
            if self.clock > self.saved and self.processes.first:
                self._write()
            raise UsageError(f"{problem}\n{self._saved_so_far} by --resume") from problem

    def _step(self) -> Step:
        model = self._trained("model", self.networks.model)
        critic = self._trained("critic", self.networks.critic) if self.networks.critic else None
        terms, augments = terms_of(self.recipe), judges_augments(self.recipe)
        seed = self.recipe.seed
        return Step(self.networks, terms, model, critic, self.accelerator, augments, seed)

    def _trained(self, side: str, network: nn.Module) -> Trained:
        parameters = [p for p in network.parameters() if p.requires_grad]
        optimizer = self.recipe.tables[f"optimizer.{side}"].build(parameters)
        return Trained(
            parameters,
            self.accelerator.prepare(optimizer),
            self.recipe.tables[f"schedule.{side}"].build(),
            self.settings.max_grad_norm,
            self.accelerator,
        )

    def _parts(self) -> dict[str, Any]:
        """Everything with a state."""
        parts = {
            "model": self.networks.model,
            "ema": self.ema.model,
            "critic": self.networks.critic,
            "means": self.means,
        }
        optimizers = {f"optimizer.{i}": side.optimizer for i, side in enumerate(self.step.sides)}
        scaler = self.accelerator.scaler
        return parts | optimizers | ({"scaler": scaler} if scaler is not None else {})

    def save(self) -> None:
        """The checkpoint, and the model file as it is now; by one process."""
        self.means.share()
        self._write()
        self.processes.wait()

    def _write(self) -> None:
        """UsageError where a state is not finite: what stands is worth more, and stays."""
        if broken := checkpoint.not_finite(self._parts()):
            raise self._diverged(f"the state of {', '.join(broken)} holds NaN or infinity")
        if self.processes.first:
            folder, keep = self.folder / CHECKPOINTS, self.settings.keep
            checkpoint.save(folder, self.clock, self._parts(), keep)
            self._write_model()
        self.saved = self.clock

    def _write_model(self) -> None:
        weights = shared_weights(self.ema.model, self.networks.classifier)
        header = header_of(self.recipe, self.clock, self.data.template, self.networks)
        write_model(self.folder / MODEL, weights, header)

    def _report(self) -> dict[str, float]:
        """The means since the last report; UsageError where one is not finite."""
        values = self.means.close(self.clock)
        broken = [name for name, mean in values.items() if not math.isfinite(mean)]
        if broken:
            raise self._diverged(f"the term {', '.join(broken)} is no number any more")
        return values

    def _diverged(self, what: str) -> UsageError:
        """The error of a run whose numbers have run away, with what there is to go on from."""
        stands = checkpoint.stands(self.folder / CHECKPOINTS)
        start = f" train.start={self.folder / MODEL} and" if self.saved else ""
        return UsageError(
            f"after {self.clock} images {what}, and is not saved; {stands}: begin another run by "
            f"name=… with{start} a lower lr in [optimizer.*], train.max_grad_norm=1 or "
            "train.precision=float32"
        )

    def _first_pairs(self) -> None:
        """UsageError for what mask and pairing refuse of the run's first faces."""
        size = piece_size(self.recipe, self.processes.count)
        first_batch(self.recipe, self.data, self.pairs, size)

    def _check_alike(self) -> None:
        """UsageError where another host was given another recipe, or has other faces."""
        mine = self.recipe.dump() | {"data": len(self.data)}
        other = differences(self.processes.of_first(mine), mine)
        if other:
            raise UsageError(
                f"{', '.join(other)}: not as in the first process of this run; give every host the "
                "same recipe, overrides and faces, and hosts of several kinds a train.precision"
            )

    def prepare(self) -> None:
        """Let the data prepare itself before the first step, if faces will be seen again.

        The first process shows a bar.
        """
        prepare = getattr(self.data, "prepare", None)
        if prepare is None or self.settings.images <= len(self.data):
            return
        if self.processes.first and sys.stderr.isatty():
            with bar("preparing") as tell:
                prepare(tell)
        else:
            prepare(lambda done, total: None)

    def _open_folder(self) -> None:
        if self.processes.first:
            make_folder(self.folder)
            with draft(self.folder / RECIPE) as unfinished:
                unfinished.write_text(tomli_w.dumps(self.recipe.dump()), encoding="utf-8")

    def _restored(self) -> int:
        """The clock to go on from, and everything with a state as it was then.

        The other processes have it from the first, whose folder they need not see.
        """
        parts, clock = self._parts(), 0
        if self.processes.first:
            clock = checkpoint.restore(self.folder / CHECKPOINTS, parts)
        if self.processes.count == 1:
            return clock
        state = self.processes.of_first(
            checkpoint.packed(clock, parts) if self.processes.first else b""
        )
        return checkpoint.unpack(state, parts)

    @contextmanager
    def watchers(self) -> Iterator[Watching]:
        """The recipe's watchers; one process has them."""
        run = Run(self.recipe, self.folder, self.clock, self._preview)
        tables = self.recipe.of("watch").values() if self.processes.first else ()
        tell = Watching([table.build(run) for table in tables])
        try:
            yield tell
        finally:
            tell("stop")

    @torch.no_grad()
    def _preview(self) -> Edit:
        batch = first_batch(self.recipe, self.data, self.pairs, _few(self.recipe))
        device = self.accelerator.device
        source, exemplar = batch.source.to(device), batch.exemplar.to(device)
        with self.accelerator.autocast():
            return self.ema.model(source, exemplar, exemplar.attributes)

    def _place(self, network: nn.Module) -> nn.Module:
        return network.to(self.accelerator.device).to(memory_format=torch.channels_last)


def _few(recipe: Recipe) -> int:
    """Return the number of faces in a preview: as many as a sheet holds, in whole groups."""
    group = group_size(recipe)
    return min(piece_size(recipe), max(group, 64 - 64 % group))


def first_batch(recipe: Recipe, data: Any, pairs: Pairs, count: int) -> Batch:
    """The first pairs of a run's data, as they are: nothing is augmented."""
    plain = replace(pairs, augment=None, augment_exemplar=None)
    order = Order(len(data), count, recipe.seed)
    _, faces, places = next(batches(data, order, 0, torch.device("cpu"), recipe.attributes))
    return plain(faces, places)


def _in_channels_last(faces: Faces) -> Faces:
    mate = None if faces.mate is None else _in_channels_last(faces.mate)
    image = faces.image.contiguous(memory_format=torch.channels_last)
    return replace(faces, image=image, mate=mate)
