"""What is on the page, and what happens when somebody does something on it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Any

import gradio as gr
from PIL import Image

from ebgan_kit.errors import UsageError
from ebgan_kit.regions import REGIONS
from ebgan_kit.studio import steps
from ebgan_kit.studio.handed import (
    NO_EDIT,
    NO_FACES,
    NO_PICTURE,
    compared,
    document_file,
    faces,
    mask_file,
    picture_file,
    stage,
)
from ebgan_kit.studio.person import People, Person
from ebgan_kit.studio.studio import Studio
from ebgan_kit.studio.widgets import widget
from ebgan_kit.training.memory import return_freed_memory

TAB = """() => {
  sessionStorage.tab ||= crypto.getRandomValues(new Uint32Array(4)).join("-");
  return sessionStorage.tab;
}"""
"""Of the browser, what it calls one of its tabs, and nobody else knows."""

SECRET = re.compile(r"[0-9]+(-[0-9]+){3}")
"""What such a name looks like: whoever sends no other is somebody new."""

COLUMNS = ("source", "choice", "edit")

TOLD = "told"
"""Of events that tell more than that they happened."""

CONSENT = (
    "Edit a face only if its owner agreed. What you bring stays in this server's memory while the "
    "page is open and twenty seconds more, in which it may be reloaded, and nowhere else."
)


@dataclass(frozen=True)
class Said:
    """What a step says: why it cannot be taken, an alert, or what came of it, a status."""

    text: str
    role: str

    def html(self) -> str:
        return f'<p role="{self.role}">{escape(self.text)}</p>' if self.text else ""


class Page:
    """The editor's page over a studio."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.people = People(studio.begin)
        with gr.Blocks(title="ebgan-kit studio", analytics_enabled=False) as self.blocks:
            self._lay_out()
            self._listen()

    # What is where

    def _lay_out(self) -> None:
        gr.HTML(f"<h1>ebgan-kit studio</h1><p>{CONSENT}</p>", elem_id="head")
        names = list(self.studio.models)
        self.model = gr.Dropdown(names, label="Model", visible=len(names) > 1, elem_id="model")
        with gr.Row():
            with gr.Column(min_width=300, elem_id="source"):
                self._lay_out_source()
            with gr.Column(min_width=300, elem_id="choice"):
                self._lay_out_choice()
            with gr.Column(min_width=300, elem_id="edit"):
                self._lay_out_edit()

    def _lay_out_source(self) -> None:
        gr.Markdown("## The face to edit")
        self.troubles = {"source": gr.HTML(elem_id="source-status", elem_classes="status")}
        self.sources = widget("faces", NO_FACES, label="Faces to edit", elem_id="sources")
        self.own_source = gr.UploadButton("Your photograph", size="sm", elem_id="own-source")
        self.stage = widget("stage", NO_PICTURE, label="The face", paint=True, elem_id="stage")
        with gr.Row():
            self.find_source = gr.Button("Find the face", size="sm")
            self.middle_source = gr.Button("Face in the middle", size="sm")

    def _lay_out_choice(self) -> None:
        gr.Markdown("## What it takes, from whom")
        self.troubles["choice"] = gr.HTML(elem_id="choice-status", elem_classes="status")
        self.choices = gr.Radio([], label="Changes", type="index", elem_id="choices")
        with gr.Row():
            self.add = gr.Button("Another change", size="sm", elem_id="add")
            self.remove = gr.Button("Remove", size="sm", elem_id="remove")
        self.regions = gr.CheckboxGroup(REGIONS, label="Region", elem_id="regions")
        with gr.Row():
            self.own_mask = gr.UploadButton("A mask from a file", size="sm", elem_id="own-mask")
            self.save_mask = gr.Button("Download mask", size="sm", elem_id="mask")
        self.exemplars = widget("faces", NO_FACES, label="Exemplars", elem_id="exemplars")
        self.own_exemplar = gr.UploadButton("Your exemplar", size="sm", elem_id="own-exemplar")
        self.switches = gr.CheckboxGroup([], label="The exemplar's attributes", elem_id="switches")
        self.strength = gr.Slider(0, 1, 1, step=0.05, label="Strength", elem_id="strength")
        with gr.Accordion("Where the exemplar's face is", open=False):
            self.example = widget(
                "stage", NO_PICTURE, label="The exemplar", paint=False, elem_id="example"
            )
            with gr.Row():
                self.find_exemplar = gr.Button("Find the face", size="sm")
                self.middle_exemplar = gr.Button("Face in the middle", size="sm")

    def _lay_out_edit(self) -> None:
        gr.Markdown("## The edit")
        self.compare = widget("compare", NO_EDIT, elem_id="compare")
        self.troubles["edit"] = gr.HTML(elem_id="status", elem_classes="status")
        with gr.Row():
            self.undo = gr.Button("Undo", size="sm", elem_id="undo")
            self.redo = gr.Button("Redo", size="sm", elem_id="redo")
        self.feather = gr.Slider(0, 200, step=1, label="Soft edge, pixels", elem_id="feather")
        self.match = gr.Checkbox(label="Match colours to the edge", elem_id="match")
        with gr.Row():
            self.save_picture = gr.Button(
                "Download picture", variant="primary", size="sm", elem_id="png"
            )
            self.save_edit = gr.Button("Download edit (JSON)", size="sm", elem_id="json")
        self.download = widget("download", {}, visible="hidden")
        self.tab = gr.Textbox(visible="hidden")

    # What happens

    def _listen(self) -> None:
        for event, step, given, column in (
            (self.model.input, steps.choose_model, self.model, "source"),
            (self.sources.select, steps.choose_source, TOLD, "source"),
            (self.own_source.upload, steps.bring_source, self.own_source, "source"),
            (self.stage.apply, steps.paint, TOLD, "source"),
            (self.stage.select, steps.click_source, TOLD, "source"),
            (self.find_source.click, steps.find_source, None, "source"),
            (self.middle_source.click, steps.middle_source, None, "source"),
            (self.choices.input, steps.look_at, self.choices, "choice"),
            (self.add.click, steps.add, None, "choice"),
            (self.remove.click, steps.remove, None, "choice"),
            (self.regions.input, steps.choose_regions, self.regions, "choice"),
            (self.own_mask.upload, steps.bring_mask, self.own_mask, "choice"),
            (self.exemplars.select, steps.choose_exemplar, TOLD, "choice"),
            (self.own_exemplar.upload, steps.bring_exemplar, self.own_exemplar, "choice"),
            (self.switches.input, steps.switch, self.switches, "choice"),
            (self.strength.release, steps.set_strength, self.strength, "choice"),
            (self.example.select, steps.click_exemplar, TOLD, "choice"),
            (self.find_exemplar.click, steps.find_exemplar, None, "choice"),
            (self.middle_exemplar.click, steps.middle_exemplar, None, "choice"),
            (self.feather.release, steps.set_feather, self.feather, "edit"),
            (self.match.input, steps.set_matching, self.match, "edit"),
            (self.undo.click, steps.undo, None, "edit"),
            (self.redo.click, steps.redo, None, "edit"),
        ):
            self._on(event, step, given, column)
        for button, deliver in (
            (self.save_picture, picture_file),
            (self.save_edit, document_file),
            (self.save_mask, mask_file),
        ):
            self._on(
                button.click,
                steps.nothing,
                None,
                "edit",
                partial(_handed, deliver),
                [self.download],
            )
        self.blocks.load(
            self._come, [self.tab], self._shown, js=TAB, show_progress="hidden",
            concurrency_id="edit", api_visibility="private",
        )  # fmt: skip
        self.blocks.unload(self._leave)

    def _on(
        self,
        event: Any,
        step: Callable[..., str | None],
        given: Any,
        column: str = "edit",
        answer: Callable[..., Any] | None = None,
        outputs: Sequence[Any] | None = None,
    ) -> None:
        """Take a step at an event, with what a component or the event tells; then show the work.

        `column`: where what is wrong is said, beside what caused it.
        """
        answer, outputs = answer or partial(self._view, column=column), outputs or self._shown

        def happen(request: gr.Request) -> Any:
            return self._take(step, None, request, answer)

        def happen_with(value: Any, request: gr.Request) -> Any:
            return self._take(step, value, request, answer)

        def happen_as_told(event: gr.EventData, request: gr.Request) -> Any:
            told = event._data if isinstance(event._data, dict) else {}
            return self._take(step, told, request, answer)

        component = isinstance(given, gr.components.Component)
        brought = isinstance(given, gr.UploadButton)
        event(
            happen_with if component else happen_as_told if given == TOLD else happen,
            inputs=[given] if component else None,
            outputs=outputs,
            preprocess=not brought,  # which would leave an empty file each time
            show_progress="minimal",
            show_progress_on=[self.compare],
            trigger_mode="multiple",
            concurrency_id="edit",
            api_visibility="private",
        )

    def _take(
        self,
        step: Callable[..., str | None],
        told: Any,
        request: gr.Request,
        answer: Callable[..., Any],
    ) -> Any:
        """A step that cannot be taken leaves the work as it was, and says why."""
        person = self.people[str(request.session_hash)]
        with person.lock:
            before = person.work, person.past, person.future
            try:
                said = Said(step(self.studio, person, told) or "", "status")
                edited = self.studio.edit(person)
            except UsageError as problem:
                person.work, person.past, person.future = before
                edited, said = self.studio.edit(person), Said(str(problem), "alert")
            return answer(self.studio, person, edited, said)

    def _come(self, tab: str, request: gr.Request) -> Any:
        """A tab was opened, or its page reloaded: then it goes on where it was."""
        if isinstance(tab, str) and SECRET.fullmatch(tab):
            self.people.come(str(request.session_hash), tab)
        return self._take(steps.nothing, None, request, self._view)

    def _leave(self, request: gr.Request) -> None:
        """Gradio would keep what the page showed last: a face, and its edit."""
        session = str(request.session_hash)
        self.people.leave(session)
        self.blocks.state_holder.session_data.pop(session, None)
        return_freed_memory()

    # What is shown

    @property
    def _shown(self) -> list[Any]:
        """What `_view` fills, in its order."""
        return [
            self.model, self.sources, self.stage, self.choices, self.regions, self.exemplars,
            self.switches, self.strength, self.example, self.compare, *self.troubles.values(),
            self.undo, self.redo, self.feather, self.match,
        ]  # fmt: skip

    @staticmethod
    def _view(
        studio: Studio, person: Person, edited: Image.Image, said: Said, column: str = "edit"
    ) -> list[Any]:
        work, choice = person.work, person.work.choice
        switches = studio.switches(person)
        on = [name for name, value in switches.items() if value]
        titles = [
            f"{number + 1} · {'painted' if c.painted else ', '.join(c.regions)}"
            for number, c in enumerate(work.choices)
        ]
        photos, editor = studio.photos(person), studio.editor(person)
        return [
            work.model,
            faces(photos, work.source),
            stage(work.source, work.eyes, editor, studio.mask(person), work.keep),
            gr.Radio(titles, value=titles[work.current]),
            gr.CheckboxGroup(
                value=[] if choice.painted else list(choice.regions),
                info=f"This model has learned to fill: {studio.trained_on(person)}. Elsewhere it "
                "blurs.",
            ),
            faces(photos, choice.exemplar),
            gr.CheckboxGroup(list(switches), value=on, visible=bool(switches)),
            gr.Slider(value=choice.strength, visible=studio.graded(person)),
            stage(choice.exemplar, choice.eyes, editor),
            compared(studio, person, edited),
            *(said.html() if column == one else "" for one in COLUMNS),
            gr.Button(interactive=bool(person.past)),
            gr.Button(interactive=bool(person.future)),
            studio.feather(person),
            work.match_colours,
        ]


def _handed(
    deliver: Callable[..., Any], studio: Studio, person: Person, edited: Image.Image, said: Said
) -> Any:
    """A file for the browser to save; a step that does nothing has nothing to say."""
    return deliver(studio, person, edited)
