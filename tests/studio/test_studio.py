"""The editor in the browser, driven by a real one."""

from __future__ import annotations

import base64
import io
import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fixtures.command import Answer
from fixtures.crowds import crowd
from fixtures.photographs import photograph
from PIL import Image

from ebgan_kit.editing.editor import load
from ebgan_kit.editing.mark import Mark
from ebgan_kit.editing.request import Change
from ebgan_kit.images import yunet
from ebgan_kit.images.face_finder import choose_face

pytest.importorskip("gradio", reason="the extra studio is not installed")
browsers = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

from ebgan_kit.studio import uploads  # noqa: E402
from ebgan_kit.studio.serve import serving  # noqa: E402

CHROMIUM = shutil.which("chromium")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here"),
]

Command = Callable[..., Answer]


@pytest.fixture(scope="module")
def served(
    att_file: Path, model_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """The page, its address, and the folder that it was started in, which holds the models: one
    with switches, and a plain one."""
    folder = tmp_path_factory.mktemp("studio")
    shutil.copy(att_file, folder / "model.safetensors")
    shutil.copy(model_file, folder / "plain.safetensors")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        with serving([Path("model.safetensors"), Path("plain.safetensors")]) as (page, address):
            yield page, address, folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with browsers.sync_playwright() as playwright:
        quiet = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
        one = playwright.chromium.launch(executable_path=CHROMIUM, args=quiet)
        yield one
        one.close()


class Visitor:
    """Somebody with the page open."""

    def __init__(self, browser: Any, address: str, width: int = 1280) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 900})
        self.page = self.context.new_page()
        self.requests: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(address)
        self.page.wait_for_function(EDITS + " > 0")

    def __call__(self, act: Callable[[], Any]) -> None:
        """Do something, and wait for the edit to appear."""
        before = self.page.evaluate(EDITS)
        act()
        self.page.wait_for_function(f"{EDITS} > {before}")
        self.page.wait_for_timeout(150)  # until the mask is drawn on the stage

    def click(self, place: str) -> None:
        self(self.page.locator(place).click)

    def click_at(self, stage: str, x: float, y: float) -> None:
        """A point of the picture on a stage, in units of it."""
        canvas = self.page.locator(f"{stage} canvas[data-layer='mask']")
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        canvas.click(position={"x": x * box["width"], "y": y * box["height"]})

    def upload(self, place: str, *files: Any) -> None:
        def choose() -> None:
            with self.page.expect_file_chooser() as chooser:
                self.page.locator(place).click()
            chooser.value.set_files(*files)

        self(choose)

    def paint(self, *points: tuple[float, float]) -> None:
        """A stroke over points of the picture, in units of it."""
        box = self.page.locator("#stage canvas[data-layer='mask']").bounding_box()
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]

        def draw() -> None:
            self.page.mouse.move(*places[0])
            self.page.mouse.down()
            for place in places[1:]:
                self.page.mouse.move(*place, steps=5)
            self.page.mouse.up()

        self(draw)

    def save(self, place: str, path: Path) -> Path:
        with self.page.expect_download() as download:
            self.page.locator(place).click()
        download.value.save_as(path)
        return path

    @property
    def status(self) -> str:
        """What is said, beside what caused it."""
        return "".join(self.page.locator(".status p").all_inner_texts()).strip()


EDITS = "Number(document.querySelector('[data-edits]')?.dataset.edits || 0)"


@pytest.fixture
def visit(browser: Any, served: Any) -> Iterator[Callable[..., Visitor]]:
    visitors: list[Visitor] = []

    def come(**given: Any) -> Visitor:
        visitors.append(Visitor(browser, served[1], **given))
        return visitors[-1]

    yield come
    for visitor in visitors:
        visitor.context.close()


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A folder with two photographs."""
    photograph(70, 90).resize((700, 900)).save(tmp_path / "me.jpg", quality=95)
    photograph(60, 60, seed=1).save(tmp_path / "friend.png")
    return tmp_path


def test_an_edit_made_on_the_page_is_replayed_to_the_same_bytes(
    visit: Callable[..., Visitor], served: Any, mine: Path, command: Command
) -> None:
    visitor = visit()
    visitor.upload("#own-source", mine / "me.jpg")
    visitor.upload("#own-exemplar", mine / "friend.png")
    visitor(visitor.page.locator("#switches").get_by_label("Mustache").click)
    visitor.click("#add")
    visitor.paint((0.3, 0.3), (0.6, 0.35))
    visitor(visitor.page.locator("#match").get_by_role("checkbox").check)
    assert visitor.status == ""
    saved = visitor.save("#png", mine / "saved.png")
    document = visitor.save("#json", mine / "edit.json")
    assert visitor.save("#json", mine / "once more.json").read_text() == document.read_text()
    told = json.loads(document.read_text())["edit"]
    assert told["source"]["name"] == "me.jpg"
    assert "content" not in told["source"]
    assert [bool(change["attributes"]) for change in told["changes"]] == [True, False]
    model = served[2] / "model.safetensors"
    answer = command("edit", model, "--replay", "edit.json", "-o", "again.png")
    assert answer.err == ""
    assert Path("again.png").read_bytes() == saved.read_bytes()
    address = visitor.page.locator("#compare .after").get_attribute("src")
    looked_at = io.BytesIO(base64.b64decode(address.partition(",")[2]))
    for picture in (Image.open(saved), Image.open(looked_at)):
        assert picture.size == (700, 900)
        assert picture.info["xmp"] == Mark.of(model).xmp()
    assert all(url.startswith((served[1], "data:", "blob:")) for url in visitor.requests)


def test_the_edit_appears_as_one_works(visit: Callable[..., Visitor], tmp_path: Path) -> None:
    visitor = visit()
    pictures = [visitor.save("#png", tmp_path / "0.png").read_bytes()]
    steps: list[Callable[[], float]] = [
        lambda: visitor.click("#exemplars button >> nth=4"),
        lambda: visitor.click("#sources button >> nth=3"),
        lambda: visitor(visitor.page.locator("#regions").get_by_label("nose").check),
        lambda: visitor.click("#add"),
        lambda: visitor.paint((0.2, 0.2), (0.8, 0.2)),
    ]
    for number, step in enumerate(steps):
        step()
        pictures.append(visitor.save("#png", tmp_path / f"{number}.png").read_bytes())
    assert len(set(pictures)) == len(pictures)
    for number in range(len(steps) - 1, -1, -1):
        visitor.click("#undo")
        assert visitor.save("#png", tmp_path / "undone.png").read_bytes() == pictures[number]
    assert visitor.page.locator("#undo").is_disabled()
    visitor.click("#redo")
    assert visitor.save("#png", tmp_path / "redone.png").read_bytes() == pictures[1]


def test_a_brush_and_a_file_are_the_same_mask(
    visit: Callable[..., Visitor], tmp_path: Path
) -> None:
    painter = visit()
    painter(painter.page.locator("#regions").get_by_label("nose").check)
    painter.paint((0.2, 0.3), (0.5, 0.8), (0.8, 0.3))
    painted = painter.save("#png", tmp_path / "painted.png")
    mask_in(painter.save("#json", tmp_path / "edit.json")).save(tmp_path / "mask.png")
    other = visit()
    other.upload("#own-mask", tmp_path / "mask.png")
    assert other.status == ""
    assert other.save("#png", tmp_path / "file.png").read_bytes() == painted.read_bytes()


def test_another_model_fewer_changes_and_a_soft_edge(
    visit: Callable[..., Visitor], served: Any, tmp_path: Path
) -> None:
    visitor = visit()
    visitor.click("#add")
    visitor.click("#remove")
    assert visitor.page.locator("#choices input").count() == 1
    visitor.page.locator("#model input").click()
    visitor(visitor.page.get_by_role("option", name="plain.safetensors").click)
    assert not visitor.page.locator("#switches").is_visible()
    visitor.page.locator("#feather input[type=number]").fill("5")
    visitor(lambda: visitor.page.keyboard.press("Tab"))
    editor, faces = load(served[2] / "plain.safetensors"), served[0].studio.examples
    expected = editor.edit(faces[0].image, faces[1].image, "mouth", feather=5, find_faces=False)
    assert Image.open(visitor.save("#png", tmp_path / "1.png")).tobytes() == expected.tobytes()
    visitor.click("#remove")
    assert visitor.status == "an edit needs one change at least"


def test_the_exemplars_eyes(visit: Callable[..., Visitor], mine: Path, tmp_path: Path) -> None:
    visitor = visit()
    visitor.upload("#own-exemplar", mine / "me.jpg")
    visitor.page.get_by_text("Where the exemplar's face is").click()
    visitor.page.locator("#example").get_by_text("Click both eyes").click()
    visitor.click_at("#example", 0.4, 0.5)
    visitor(lambda: visitor.click_at("#example", 0.6, 0.5))
    document = json.loads(visitor.save("#json", tmp_path / "edit.json").read_text())
    (change,) = document["edit"]["changes"]
    assert change["eyes"] == pytest.approx([280, 450, 420, 450], abs=3)
    assert "eyes" not in document["edit"]


def mask_in(document: Path) -> Image.Image:
    """The mask that was painted, as the saved edit has it."""
    change = json.loads(document.read_text())["edit"]["changes"][0]
    return Image.open(io.BytesIO(base64.b64decode(change["mask"]["content"])))


def test_the_switches_stand_as_the_classifier_finds_them(
    visit: Callable[..., Visitor], served: Any
) -> None:
    visitor, editor = visit(), load(served[2] / "model.safetensors", "cpu")
    faces = served[0].studio.examples
    for index in (2, 5, 7):
        visitor.click(f"#exemplars button >> nth={index}")
        found = editor.found(*request_of(faces[0].image, faces[index].image))
        for name, value in found.items():
            box = visitor.page.locator("#switches").get_by_label(name)
            assert box.is_checked() == value


def request_of(source: Image.Image, exemplar: Image.Image) -> Any:
    from ebgan_kit.editing.request import Request

    change = Change(exemplar, "mouth")
    return Request(source, [change]), change


def test_two_people_at_once(
    visit: Callable[..., Visitor], served: Any, mine: Path, tmp_path: Path
) -> None:
    one, other = visit(), visit()
    one.click("#exemplars button >> nth=6")
    other.upload("#own-source", mine / "me.jpg")
    other.click("#exemplars button >> nth=2")
    one(one.page.locator("#regions").get_by_label("eyes").check)
    other.click("#undo")
    one.click("#sources button >> nth=5")
    editor, faces = load(served[2] / "model.safetensors"), served[0].studio.examples
    expected = editor.edit(faces[5].image, faces[6].image, ["mouth", "eyes"])
    assert Image.open(one.save("#png", tmp_path / "1.png")).tobytes() == expected.tobytes()
    expected = editor.edit(Image.open(mine / "me.jpg"), faces[1].image, "mouth")
    assert Image.open(other.save("#png", tmp_path / "2.png")).tobytes() == expected.tobytes()
    assert one.page.locator("#sources button").count() == len(faces)
    assert other.page.locator("#sources button").count() == len(faces) + 1


def test_eyes_by_two_clicks(visit: Callable[..., Visitor], mine: Path, tmp_path: Path) -> None:
    visitor = visit()
    visitor.upload("#own-source", mine / "me.jpg")
    visitor.page.locator("#stage").get_by_text("Click both eyes").click()
    visitor.click_at("#stage", 0.4, 0.5)
    visitor(lambda: visitor.click_at("#stage", 0.6, 0.5))
    document = json.loads(visitor.save("#json", tmp_path / "edit.json").read_text())
    assert document["edit"]["eyes"] == pytest.approx([280, 450, 420, 450], abs=3)
    visitor.page.locator("#stage").get_by_text("Brush").click()
    visitor.paint((0.01, 0.7), (0.99, 0.7))
    painted = np.asarray(mask_in(visitor.save("#json", tmp_path / "painted.json"))) > 0
    assert not painted[450].any()  # the marks of the eyes are no paint
    assert painted[630, 350]
    assert not painted[630, 20]  # nor is what goes beyond that at which the model looks
    visitor(visitor.page.get_by_text("Face in the middle").first.click)
    document = json.loads(visitor.save("#json", tmp_path / "edit.json").read_text())
    assert "eyes" not in document["edit"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("text.png", b"this is text", "text.png is not an image that can be read here"),
        ("empty.png", b"", "empty.png is not an image that can be read here"),
    ],
)
def test_a_file_that_is_none(
    visit: Callable[..., Visitor], served: Any, name: str, content: bytes, words: str
) -> None:
    visitor = visit()
    visitor.upload("#own-source", [{"name": name, "mimeType": "image/png", "buffer": content}])
    assert words in visitor.status
    visitor.click("#exemplars button >> nth=3")
    assert visitor.status == ""


def test_a_file_that_is_too_large(visit: Callable[..., Visitor]) -> None:
    visitor, large = visit(), bytes(uploads.LARGEST_FILE + 1)
    with visitor.page.expect_file_chooser() as chooser:
        visitor.page.locator("#own-source").click()
    chooser.value.set_files([{"name": "large.png", "mimeType": "image/png", "buffer": large}])
    visitor.page.get_by_text("maximum allowed size").wait_for()
    visitor.click("#exemplars button >> nth=3")


needs_a_finder = pytest.mark.skipif(yunet.weights() is None, reason="no face finder is installed")


@needs_a_finder
def test_a_photograph_is_framed_as_it_comes_and_another_face_is_a_click_away(
    visit: Callable[..., Visitor], tmp_path: Path
) -> None:
    photograph = crowd((900, 500), (40, 60, 200), (400, 60, 300))
    photograph.save(tmp_path / "both.png")
    visitor = visit()
    visitor.upload("#own-source", tmp_path / "both.png")
    assert visitor.status == ""
    for act, number in ((None, 1), ("#stage [data-face='2']", 2)):
        if act:
            visitor.click(act)
        document = json.loads(visitor.save("#json", tmp_path / f"{number}.json").read_text())
        assert document["edit"]["eyes"] == list(choose_face(photograph, number).eyes)


@needs_a_finder
def test_a_photograph_without_a_face_says_so_beside_it(
    visit: Callable[..., Visitor], mine: Path
) -> None:
    visitor = visit()
    visitor.upload("#own-source", mine / "me.jpg")
    said = visitor.page.locator("#source-status p").inner_text()
    assert said.startswith("The square in the middle is taken: no face was found")
    visitor.upload("#own-mask", mine / "friend.png")
    assert "make them equal" in visitor.page.locator("#choice-status p").inner_text()
    assert visitor.page.locator("#source-status p").count() == 0


def test_work_goes_on_after_a_reload(visit: Callable[..., Visitor], tmp_path: Path) -> None:
    visitor = visit()
    visitor.click("#sources button >> nth=3")
    visitor.paint((0.4, 0.6), (0.6, 0.7))
    before = visitor.save("#png", tmp_path / "before.png").read_bytes()
    visitor.page.reload()
    visitor.page.wait_for_function(EDITS + " > 0")
    assert visitor.save("#png", tmp_path / "after.png").read_bytes() == before
    visitor.click("#undo")
    assert visitor.save("#png", tmp_path / "undone.png").read_bytes() != before


def test_what_is_before_the_face_is_kept(visit: Callable[..., Visitor], tmp_path: Path) -> None:
    visitor = visit()
    whole = Image.open(visitor.save("#png", tmp_path / "whole.png"))
    visitor.page.locator("[data-tool='keep']").click()
    visitor.paint((0.45, 0.6), (0.45, 0.9))
    kept = Image.open(visitor.save("#png", tmp_path / "kept.png"))
    source = visitor.page.evaluate("document.querySelector('#stage img').src")
    assert source
    assert (np.array(whole) != np.array(kept)).any()
    saved = json.loads(visitor.save("#json", tmp_path / "edit.json").read_text())["edit"]
    keep = Image.open(io.BytesIO(base64.b64decode(saved["keep"]["content"]))).convert("L")
    size = kept.size
    middle = (round(0.45 * size[0]), round(0.7 * size[1]))
    assert keep.getpixel(middle) == 255
    assert saved["changes"][0]["mask"] == ["mouth"], "the region stays as it was"


def test_a_mask_is_downloaded_and_taken_up_again(
    visit: Callable[..., Visitor], tmp_path: Path
) -> None:
    visitor = visit()
    visitor.paint((0.4, 0.6), (0.6, 0.7))
    mask = visitor.save("#mask", tmp_path / "mask.png")
    edit = visitor.save("#png", tmp_path / "painted.png").read_bytes()
    again = visit()
    again.upload("#own-mask", mask)
    assert again.status == ""
    assert again.save("#png", tmp_path / "again.png").read_bytes() == edit


def test_the_strength_of_a_change(visit: Callable[..., Visitor], tmp_path: Path) -> None:
    visitor = visit()
    visitor.page.locator("#strength input[type=number]").fill("0.5")
    visitor(lambda: visitor.page.keyboard.press("Tab"))
    saved = json.loads(visitor.save("#json", tmp_path / "edit.json").read_text())["edit"]
    assert saved["changes"][0]["strength"] == 0.5
    visitor.page.locator("#model input").click()
    visitor(visitor.page.get_by_role("option", name="plain.safetensors").click)
    assert not visitor.page.locator("#strength").is_visible()


def test_nothing_broken_is_shown_while_the_page_loads(browser: Any, served: Any) -> None:
    """Looked at in every frame: how long it loads differs."""
    context = browser.new_context()
    context.add_init_script(
        """
        window.waited = false, window.broken = 0
        const broken = image => image.getAttribute('src') === '' && image.offsetParent
        const look = () => {
            window.waited ||= document.querySelector('.waits') !== null
            window.broken += [...document.images].filter(broken).length
            requestAnimationFrame(look)
        }
        requestAnimationFrame(look)
        """
    )
    page = context.new_page()
    page.goto(served[1])
    waiting = "document.querySelector('#stage .waits, #compare .waits')"
    page.wait_for_function(f"window.waited && {waiting} === null")
    assert page.evaluate("window.broken") == 0
    context.close()


def test_uploads_are_gone_with_the_page(
    visit: Callable[..., Visitor], served: Any, mine: Path
) -> None:
    """And while it is open they are in memory alone."""
    import os

    visitor = visit()
    visitor.upload("#own-source", mine / "me.jpg")
    visitor.upload("#own-exemplar", mine / "friend.png")
    folder = Path(os.environ["GRADIO_TEMP_DIR"])
    assert [path for path in folder.rglob("*") if path.suffix in (".jpg", ".png")] == []
    people = served[0].people
    before = len(people)
    visitor.page.goto("about:blank")
    deadline = time.monotonic() + 60
    while len(people) == before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(people) == before - 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["gone.safetensors"], "gone.safetensors: no such file"),
        (["."], "model.safetensors: no such file"),
    ],
)
def test_a_studio_without_a_model(command: Command, words: list[str], sentence: str) -> None:
    answer = command("studio", *words)
    assert answer.status == 2
    assert answer.err.startswith(f"ebgan-kit: {sentence}")
    assert answer.err.count("\n") == 1


def test_a_place_where_nobody_can_listen(command: Command, model_file: Path, served: Any) -> None:
    port = served[1].rstrip("/").rpartition(":")[2]
    for words in (["--port", port], ["--host", "nowhere.invalid"]):
        answer = command("studio", model_file, *words)
        assert answer.status == 2
        assert answer.err.startswith("ebgan-kit: the studio cannot listen on ")
        assert answer.err.count("\n") == 1


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(visit: Callable[..., Visitor], width: int) -> None:
    visitor = visit(width=width)
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width
