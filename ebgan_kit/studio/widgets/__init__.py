"""What Gradio does not have: faces to choose from, a stage to paint on, before and after."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import gradio as gr


def widget(name: str, value: Any, **given: Any) -> gr.HTML:
    """A part of the page out of NAME.html, NAME.css and NAME.js beside this file."""
    html, css, js = (
        files(__package__).joinpath(f"{name}.{ending}").read_text(encoding="utf-8")
        for ending in ("html", "css", "js")
    )
    return gr.HTML(value, html_template=html, css_template=css, js_on_load=js, **given)
