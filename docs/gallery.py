"""The pictures of the page `gallery`: the page's own Python draws them while the docs are built.

So what a reader reads beside a picture is what drew it. MkDocs calls `on_files`.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
from pathlib import Path
from typing import Any

PAGE = Path(__file__).with_name("gallery.md")
SHOWN = re.compile(r"\]\(gallery/([\w-]+\.png)\)")


def on_files(files: Any, config: Any) -> Any:
    """Add the pictures that the page shows."""
    from mkdocs.structure.files import File

    for name, picture in pictures().items():
        files.append(File.generated(config, f"gallery/{name}", content=picture))
    return files


def pictures() -> dict[str, bytes]:
    """Name → PNG of every picture that the page shows; FileNotFoundError where it draws none."""
    text = PAGE.read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"(?ms)^```python\n(.*?)^```", text))
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        exec(compile(code, str(PAGE), "exec"), {"__name__": "gallery"})
        return {name: Path(name).read_bytes() for name in SHOWN.findall(text)}
