"""What people do on the page, in a browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from queue import Queue
from random import Random
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.studio_soak.album import Photograph
from benchmarks.studio_soak.replays import Saved
from benchmarks.studio_soak.tally import Tally

EDITS = "Number(document.querySelector('[data-edits]')?.dataset.edits || 0)"
QUIET = ("--no-sandbox", "--disable-background-networking", "--disable-component-update")
PATIENCE = 90_000
"""Milliseconds that an edit may take on a machine that is shared."""


class Visitor:
    """Somebody who comes, edits, goes and comes again."""

    def __init__(
        self,
        address: str,
        album: list[Photograph],
        folder: Path,
        saved: Queue[Saved | None],
        tally: Tally,
        chance: Random,
    ) -> None:
        self.address, self.album, self.folder = address, album, folder
        self.saved, self.tally, self.chance = saved, tally, chance
        self.photograph = album[0]
        self.page: Page
        self._number = 0

    def browse(self, over: Callable[[], bool]) -> None:
        """In a browser of one's own, until it is time to go."""
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=QUIET
            )
            while not over():
                context = browser.new_context()
                context.set_default_timeout(PATIENCE)
                try:
                    self._come_and_go(context, over)
                except Exception as problem:  # whatever it is, somebody else comes
                    self.tally.trouble(f"browser: {str(problem).splitlines()[0]}")
                context.close()
            browser.close()

    def _come_and_go(self, context: Any, over: Callable[[], bool]) -> None:
        self._open(context)
        steps, leave = self.chance.randint(5, 25), self.chance.choice(self._ways_to_leave())
        while steps and not over():
            self._take(self.chance.choice(self._steps()))
            if self.chance.random() < 0.3:
                self._save()
            steps -= 1
        self.tally.count("visits")
        leave()

    def _open(self, context: Any) -> None:
        self.page = context.new_page()
        self.page.on("pageerror", lambda error: self.tally.trouble(f"page: {error.message}"))
        self.page.goto(self.address)
        self._wait_for_edit(0)

    # One step

    def _take(self, step: Callable[[], bool]) -> None:
        """Take a step; where it asked for an edit, wait for that."""
        before = self.page.evaluate(EDITS)
        if step():
            self._wait_for_edit(before)
            self.tally.count("edits")
            if self.page.locator(".status p").count():
                self.tally.count("refused")
        self.page.wait_for_timeout(self.chance.randint(150, 900))

    def _wait_for_edit(self, before: int) -> None:
        self.page.wait_for_function(f"{EDITS} > {before}")

    def _steps(self) -> list[Callable[[], bool]]:
        """Each tells that an edit is to come of it."""
        return [
            self._bring_source, self._bring_exemplar, self._bring_mask, self._choose_source,
            self._choose_exemplar, self._choose_region, self._paint, self._paint, self._switch,
            self._add, self._remove, self._click_eyes, self._soften, self._match, self._undo,
            self._undo, self._redo, self._reload, self._change_models, self._in_a_hurry,
        ]  # fmt: skip

    def _bring_source(self) -> bool:
        self.photograph = self.chance.choice(self.album)
        return self._upload("#own-source", self.photograph.path)

    def _bring_exemplar(self) -> bool:
        return self._upload("#own-exemplar", self.chance.choice(self.album).path)

    def _bring_mask(self) -> bool:
        """It fits as long as no other source was chosen; else a sentence says so."""
        return self._upload("#own-mask", self.photograph.mask)

    def _upload(self, place: str, file: Path) -> bool:
        with self.page.expect_file_chooser() as chooser:
            self.page.locator(place).click()
        chooser.value.set_files(file)
        return True

    def _choose_source(self) -> bool:
        return self._click_one("#sources button")

    def _choose_exemplar(self) -> bool:
        return self._click_one("#exemplars button")

    def _choose_region(self) -> bool:
        return self._click_one("#regions input")

    def _switch(self) -> bool:
        return self._click_one("#switches input")

    def _add(self) -> bool:
        return self.page.locator("#choices input").count() < 4 and self._click_one("#add")

    def _remove(self) -> bool:
        return self._click_one("#remove")

    def _match(self) -> bool:
        return self._click_one("#match input")

    def _undo(self) -> bool:
        return self._click_one("#undo")

    def _redo(self) -> bool:
        return self._click_one("#redo")

    def _click_one(self, places: str) -> bool:
        """One of those that can be clicked; False where none can."""
        found = [one for one in self.page.locator(places).all() if one.is_visible()]
        chosen = self.chance.choice(found) if found else None
        if chosen is None or not chosen.is_enabled():
            return False
        chosen.click()
        return True

    def _paint(self) -> bool:
        tool = self.chance.choice(("Brush", "Brush", "Brush", "Eraser"))
        self.page.locator("#stage").get_by_text(tool).click()
        self._move_over_the_face(down=True)
        return True

    def _click_eyes(self) -> bool:
        self.page.locator("#stage").get_by_text("Click both eyes").click()
        canvas = self.page.locator("#stage canvas[data-layer='mask']")
        box = canvas.bounding_box()
        assert box is not None
        for x in (0.35, 0.65):
            canvas.click(position={"x": x * box["width"], "y": 0.45 * box["height"]})
        return True

    def _move_over_the_face(self, down: bool) -> None:
        canvas = self.page.locator("#stage canvas[data-layer='mask']")
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        assert box is not None
        for number in range(self.chance.randint(2, 5)):
            x, y = (0.2 + 0.6 * self.chance.random() for _ in range(2))
            self.page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)
            if down and number == 0:
                self.page.mouse.down()
        self.page.mouse.up()

    def _soften(self) -> bool:
        self.page.locator("#feather input[type=number]").fill(str(self.chance.randint(0, 12)))
        self.page.keyboard.press("Tab")
        return True

    def _reload(self) -> bool:
        """What was brought is forgotten, and the page begins anew."""
        self.page.reload()
        self._wait_for_edit(0)
        return False

    def _change_models(self) -> bool:
        self.page.locator("#model input").click()
        self.chance.choice(self.page.get_by_role("option").all()).click()
        return True

    def _in_a_hurry(self) -> bool:
        """Three clicks, and no look at what comes of them."""
        for _ in range(3):
            self._choose_exemplar()
        return True

    # The end

    def _save(self) -> None:
        picture, document = self._download("#png"), self._download("#json")
        self.saved.put(Saved(picture, document))

    def _download(self, place: str) -> Path:
        self._number += 1
        with self.page.expect_download() as download:
            self.page.locator(place).click()
        path = self.folder / f"{id(self)}-{self._number}{place.replace('#', '.')}"
        download.value.save_as(path)
        return path

    def _ways_to_leave(self) -> list[Callable[[], Any]]:
        return [
            self._close_the_tab, self._go_elsewhere, self._close_while_uploading,
            self._close_while_editing, self._close_and_come_again,
        ]  # fmt: skip

    def _close_the_tab(self) -> None:
        self.page.close()

    def _go_elsewhere(self) -> None:
        self.page.goto("about:blank")

    def _close_while_uploading(self) -> None:
        self._bring_source()
        self.page.wait_for_timeout(self.chance.randint(0, 100))
        self.page.close()

    def _close_while_editing(self) -> None:
        self._in_a_hurry()
        self.page.close()

    def _close_and_come_again(self) -> None:
        context = self.page.context
        self.page.close()
        self._open(context)
        self._take(self._choose_source)
