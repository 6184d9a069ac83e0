"""The docs' picture of the studio: `python docs/studio_picture.py MODEL docs/images/studio.png`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from ebgan_kit.studio.serve import serving

WIDTH, HEIGHT = 1280, 900


def main(model: Path, picture: Path) -> None:
    with serving([model]) as (_, address), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(address)
        page.locator("[data-edits]").wait_for()
        page.locator("#sources button").nth(4).click()
        page.locator("#exemplars button").nth(9).click()
        page.wait_for_timeout(2000)
        page.screenshot(path=picture, full_page=True)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
