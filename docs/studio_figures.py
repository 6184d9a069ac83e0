"""The docs' picture of the studio, and how long its steps take.

`python docs/studio_figures.py MODEL docs/images/studio.png`, with the extra `test` and Chromium.
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from ebgan_kit.evaluation.estimate import quartiles
from ebgan_kit.studio.serve import serving

WIDTH, HEIGHT = 1280, 900

PEOPLE = Path(__file__).parent / "images" / "people"

EDITS = "Number(document.querySelector('[data-edits]')?.dataset.edits || 0)"


def main(model: Path, picture: Path) -> None:
    with serving([model]) as (_, address), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(address)
        page.wait_for_function(f"{EDITS} > 0")
        took = [
            _click(page, f"#{faces} button >> nth={7 * turn % 12}")
            for turn in range(1, 16)
            for faces in ("sources", "exemplars")
        ]
        print(f"from a click to the edit: {quartiles(took).text('.2f')} seconds")
        for button, name in (("#own-source", "source"), ("#own-exemplar", "exemplar")):
            _bring(page, button, PEOPLE / f"{name}.jpg")
        page.mouse.move(0, 0)
        page.wait_for_timeout(500)
        page.screenshot(path=picture, full_page=True)
        browser.close()


def _click(page: Any, place: str) -> float:
    """In how many seconds the edit appears."""
    before, start = page.evaluate(EDITS), time.perf_counter()
    page.locator(place).click()
    page.wait_for_function(f"{EDITS} > {before}")
    return time.perf_counter() - start


def _bring(page: Any, button: str, file: Path) -> None:
    """A photograph of one's own."""
    before = page.evaluate(EDITS)
    with page.expect_file_chooser() as chosen:
        page.locator(button).click()
    chosen.value.set_files(str(file))
    page.wait_for_function(f"{EDITS} > {before}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
