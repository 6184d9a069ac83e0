"""What Gradio does not have: faces to choose from, a stage to paint on, before and after."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import gradio as gr


def widget(name: str, value: Any, **given: Any) -> gr.HTML:
    """A part of the page out of NAME.html and NAME.js beside this file, and NAME.css if need be."""
    html, js, css = (_text(f"{name}.{ending}") for ending in ("html", "js", "css"))
    return gr.HTML(value, html_template=html, css_template=css, js_on_load=js, **given)


def _text(name: str) -> str:
    file = files(__package__).joinpath(name)
    return file.read_text(encoding="utf-8") if file.is_file() else ""
