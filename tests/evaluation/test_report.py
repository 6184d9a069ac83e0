"""What a report says must be true: figures by hand, baselines by analysis, intervals by chance."""

import io
import json
import math
import re
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from PIL import Image
from rich.console import Console
from safetensors.torch import load_file

from ebgan_kit.errors import UsageError
from ebgan_kit.evaluation.evaluate import evaluate
from ebgan_kit.evaluation.metrics.baselines import paste, poisson
from ebgan_kit.evaluation.metrics.interval import bootstrap
from ebgan_kit.evaluation.metrics.quality import HIGHEST_PSNR, psnr, ssim
from ebgan_kit.evaluation.metrics.report import drawn_outside, report
from ebgan_kit.evaluation.metrics.seam import seam
from ebgan_kit.evaluation.store import rows
from ebgan_kit.evaluation.tables.report import table
from ebgan_kit.images.contact_sheet import sheet
from ebgan_kit.images.levels import from_bytes, to_bytes
from ebgan_kit.modelfile.file import ModelFile, write_model
from ebgan_kit.types import Edit, Faces


def noise(count=2, size=16, seed=0):
    """Images whose values are levels of 8 bits, so that nothing is lost in rounding."""
    generator = torch.Generator().manual_seed(seed)
    levels = torch.randint(0, 256, (count, 3, size, size), generator=generator)
    return from_bytes(levels.to(torch.uint8))


def box(top, bottom, left, right, count=2, size=16):
    region = torch.zeros(count, 1, size, size)
    region[:, :, top:bottom, left:right] = 1
    return region


MIDDLE = box(4, 12, 5, 11)
WHOLE = torch.ones(2, 1, 16, 16)


# Pixels


def test_all_levels_come_back():
    levels = torch.arange(256, dtype=torch.uint8)
    image = from_bytes(levels)
    assert image.min() == -1
    assert image.max() == 1
    assert image.dtype == torch.float32
    assert torch.equal(to_bytes(image), levels)


def test_pixels_are_rounded_to_the_nearest_level_and_cut():
    image = torch.tensor([-9.0, -1 + 0.4 / 127.5, -1 + 0.6 / 127.5, 9.0, math.nan])
    assert to_bytes(image).tolist() == [0, 0, 1, 255, 0]


# Quality


def test_psnr_by_hand_and_only_inside():
    target = torch.zeros_like(WHOLE).expand(-1, 3, -1, -1)
    image = torch.where(MIDDLE > 0, target + 10 / 127.5, torch.ones(()))
    expected = 20 * math.log10(255 / 10)
    assert psnr(image, target, MIDDLE).tolist() == pytest.approx([expected] * 2)
    assert (psnr(image, target, WHOLE) < expected - 5).all()


def test_psnr_is_of_eight_bit_images():
    image = noise()
    assert psnr(image + 0.4 / 127.5, image, WHOLE).tolist() == [HIGHEST_PSNR] * 2
    assert psnr(image[:, :, :, :8], -image[:, :, :, :8], WHOLE[..., :8]).isfinite().all()


def test_ssim_of_the_same_is_one_and_falls_with_noise_inside():
    image = noise()
    worse = torch.where(box(0, 4, 0, 16) > 0, noise(seed=1), image)
    assert ssim(image, image, MIDDLE).tolist() == [1, 1]
    assert (ssim(worse, image, box(0, 4, 0, 16)) < 0.5).all()
    assert ssim(worse, image, box(10, 16, 0, 16)).tolist() == [1, 1]  # no window reaches the noise


def test_an_empty_region_is_not_measurable():
    empty = torch.zeros_like(WHOLE)
    for measured in (psnr(noise(), noise(), empty), ssim(noise(), noise(), empty)):
        assert measured.isnan().all()
    assert seam(noise(), empty).isnan().all()


# Baselines


def test_paste_moves_the_exemplars_region_onto_the_sources():
    source = Faces(noise(), region=box(4, 8, 5, 9))
    exemplar = Faces(noise(seed=1), region=box(6, 10, 4, 8))
    pasted = paste(source, exemplar)
    assert torch.equal(pasted[:, :, 4:8, 5:9], exemplar.image[:, :, 6:10, 4:8])
    outside = (source.region == 0).expand_as(pasted)
    assert torch.equal(pasted[outside], source.image[outside])


def test_paste_moves_each_face_on_its_own_and_repeats_the_border():
    region = torch.cat([box(0, 4, 0, 4, count=1), box(8, 12, 8, 12, count=1)])
    source = Faces(noise(), region=region)
    exemplar = Faces(noise(seed=1), region=box(8, 12, 8, 12))
    pasted = paste(source, exemplar)
    assert torch.equal(pasted[0, :, :4, :4], exemplar.image[0, :, 8:12, 8:12])
    assert torch.equal(pasted[1, :, 8:12, 8:12], exemplar.image[1, :, 8:12, 8:12])
    wide = Faces(source.image, region=box(4, 16, 4, 16))
    corner = Faces(exemplar.image, region=box(0, 4, 0, 4))  # its centre moves by 8
    assert torch.equal(
        paste(wide, corner)[..., 4:8, 12], exemplar.image[..., :1, 4].expand(-1, -1, 4)
    )


@pytest.mark.parametrize("region", [MIDDLE, box(0, 9, 3, 16), box(0, 16, 0, 15)])
def test_poisson_takes_the_sources_level(region):
    image = noise() * 0.5
    source, brighter = Faces(image, region=region), Faces(image + 0.3, region=region)
    assert torch.allclose(poisson(source, brighter), image, atol=1e-5)
    assert torch.equal(poisson(source, source), image)


def test_poisson_continues_a_slope_across_the_region():
    slope = torch.linspace(-0.9, 0.9, 16).expand(2, 3, 16, 16)
    source = Faces(slope, region=MIDDLE)
    flat = Faces(torch.zeros_like(slope), region=MIDDLE)
    assert torch.allclose(poisson(source, flat), slope, atol=1e-5)


def test_poisson_solves_the_equation_of_each_face():
    region = torch.cat([box(0, 5, 2, 9, count=1), box(7, 15, 3, 14, count=1)])
    source = Faces(noise() * 0.3, region=region)
    exemplar = Faces(noise(seed=1) * 0.3, region=region)
    blended = poisson(source, exemplar)
    for face, row, column in ((0, 2, 4), (1, 7, 3), (1, 10, 8)):
        here = (face, slice(None), row, column)
        near = [(row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)]
        wanted = sum(exemplar.image[here] - exemplar.image[face, :, r, c] for r, c in near)
        got = sum(blended[here] - blended[face, :, r, c] for r, c in near)
        assert torch.allclose(got, wanted, atol=1e-5)
    outside = (region == 0).expand_as(blended)
    assert torch.equal(blended[outside], source.image[outside])


def test_poisson_without_a_boundary_keeps_the_sources_mean():
    source, exemplar = Faces(noise() * 0.4, region=WHOLE), Faces(noise(seed=1) * 0.4, region=WHOLE)
    blended = poisson(source, exemplar)
    assert torch.allclose(blended.mean((2, 3)), source.image.mean((2, 3)), atol=1e-6)
    assert torch.allclose(blended.diff(dim=2), exemplar.image.diff(dim=2), atol=1e-6)


@pytest.mark.parametrize("baseline", [paste, poisson])
def test_an_empty_region_is_left_alone(baseline):
    empty = torch.zeros_like(WHOLE)
    source, exemplar = Faces(noise(), region=empty), Faces(noise(seed=1), region=empty)
    assert torch.equal(baseline(source, exemplar), source.image)


# Intervals


def test_bootstrap_of_rows_agrees_with_theory():
    values = torch.randn(400, generator=torch.Generator().manual_seed(0))
    figure = bootstrap(values)
    error = values.std().item() / 20
    assert figure.value == pytest.approx(values.mean().item())
    assert figure.high - figure.low == pytest.approx(2 * 1.96 * error, rel=0.1)
    assert figure == bootstrap(values) != bootstrap(values, seed=1)


def test_interval_covers_the_mean_when_people_repeat():
    """40 people, 5 rows each, who differ: of rows alone the interval is far too narrow."""
    generator = torch.Generator().manual_seed(0)
    people = torch.arange(40).repeat_interleave(5)
    covered = {"people": 0, "rows": 0}
    for _ in range(60):
        values = torch.randn(40, generator=generator)[people]
        values = values + 0.3 * torch.randn(200, generator=generator)
        for name, known in (("people", people), ("rows", None)):
            figure = bootstrap(values, known, rounds=200)
            covered[name] += figure.low <= 0 <= figure.high
    assert covered["people"] >= 52
    assert covered["rows"] <= 45


def test_interval_covers_the_mean_when_people_repeat_on_both_sides():
    generator = torch.Generator().manual_seed(0)
    covered = 0
    for _ in range(60):
        sources, exemplars = torch.randint(0, 40, (2, 200), generator=generator)
        quality = torch.randn(40, generator=generator)
        values = quality[sources] + quality[exemplars]
        figure = bootstrap(values, sources, exemplars, rounds=200)
        covered += figure.low <= 0 <= figure.high
    assert covered >= 52


def test_a_person_paired_with_himself_counts_once():
    values, people = torch.randn(30, generator=torch.Generator().manual_seed(0)), torch.arange(30)
    assert bootstrap(values, people, people) == bootstrap(values, people) == bootstrap(values)


def test_what_could_not_be_measured_is_left_out():
    values, people = torch.tensor([1.0, math.nan, 3.0]), torch.tensor([7, 8, 9])
    figure = bootstrap(values, people, people)
    assert figure == bootstrap(values[[0, 2]])
    assert figure.value == 2
    nothing = bootstrap(torch.full((3,), math.nan), people).as_dict()
    assert nothing == {"value": None, "low": None, "high": None}


# Seam


def test_seam_is_the_step_across_the_edge():
    flat = torch.zeros(2, 3, 16, 16)
    assert seam(flat, MIDDLE).tolist() == [0, 0]
    visible = torch.where(MIDDLE > 0, flat + 20 / 127.5, flat)
    assert seam(visible, MIDDLE).tolist() == [20, 20]
    assert (seam(visible, box(2, 14, 2, 14)) == 0).all()


# Contact sheet


def test_sheet_is_scaled_by_a_whole_factor(tmp_path):
    path = tmp_path / "sheet.png"
    images = noise(count=3, size=50)
    sheet([("source", images), ("exemplar", images), ("edit", images)], path, rows=2)
    page = Image.open(path)
    assert page.format == "PNG"
    assert page.width == 3 * 150 + 4 * 4  # 50 pixels grow to 150, gaps of 4
    assert page.height > 2 * (150 + 4)
    assert page.getpixel((0, 0)) == (255, 255, 255)
    first = page.crop((4, page.height - 2 * 154, 154, page.height - 154 - 4))
    small = to_bytes(images[0]).permute(1, 2, 0).numpy()
    assert first.resize((50, 50), Image.Resampling.NEAREST).tobytes() == small.tobytes()
    assert [file.name for file in tmp_path.iterdir()] == ["sheet.png"]


def test_sheet_leaves_nothing_half_written(tmp_path, monkeypatch):
    def fail(self, file, format):
        file.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(OSError, match="disk full"):
        sheet([("source", noise())], tmp_path / "sheet.png")
    assert not list(tmp_path.iterdir())


def test_sheet_wants_columns_of_one_shape(tmp_path):
    with pytest.raises(ValueError, match="one shape"):
        sheet([("source", noise()), ("edit", noise(size=32))], tmp_path / "sheet.png")


# Report


def smooth(seed):
    small = noise(count=4, size=4, seed=seed) * 0.6
    return torch.nn.functional.interpolate(small, size=(16, 16), mode="bicubic").clamp(-1, 1)


def faces(seed):
    return Faces(smooth(seed), region=box(4, 12, 5, 11, count=4), identity=torch.arange(4) + seed)


def draw_truth(source, exemplar, regions, without=()):
    return torch.where(source.region > 0, (source.image + exemplar.image) / 2, source.image)


DATA = SimpleNamespace(truth=draw_truth)
PAIRS = [(faces(0), faces(1), faces(2)), (faces(3), faces(4), faces(5))]


def perfect(source, exemplar, wanted):
    return Edit(source, exemplar, None, draw_truth(source, exemplar, ["mouth"]))


def idle(source, exemplar, wanted):
    return Edit(source, exemplar, None, source.image)


def pasting(source, exemplar, wanted):
    return Edit(source, exemplar, None, exemplar.image)


@pytest.fixture(scope="module")
def results():
    return [report(editor, PAIRS, DATA, ["mouth"]) for editor in (perfect, idle, pasting)]


def keys(tree):
    """The tree without its figures."""
    if not isinstance(tree, dict) or set(tree) == {"value", "low", "high"}:
        return None
    return {name: keys(inner) for name, inner in tree.items()}


LIKENESS = dict.fromkeys(
    ("features", "exemplar", "source", "stranger", "nearer_than_source", "nearer_than_stranger")
)


def test_report_has_exactly_its_keys(results):
    result = results[0]
    five = dict.fromkeys(("edit", "stranger", "unchanged", "paste", "poisson"))
    two = dict.fromkeys(("own", "stranger"))
    assert keys(result) == {
        "count": None,
        "truth": {"psnr": five, "ssim": five},
        "reconstruction": {"psnr": two, "ssim": two},
        "outside": {"changed_pixels": None, "drawn": None},
        "seam": {"edit": None, "real": None},
        "sharpness": {"edit": None, "real": None, "truth": None},
        "skin": {"edit": None, "real": None},
        "likeness": LIKENESS,
    }
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert result["count"] == 8
    assert result["outside"]["changed_pixels"] == 0


@pytest.mark.parametrize(("data", "regions"), [(object(), ["mouth"]), (DATA, [])])
def test_report_without_a_truth(data, regions):
    result = report(perfect, PAIRS, data, regions)
    assert "truth" not in result
    assert result["sharpness"].keys() == {"edit", "real"}
    assert "unchanged" not in printed(result)


@pytest.mark.parametrize(("quality", "best"), [("psnr", HIGHEST_PSNR), ("ssim", 1)])
def test_report_tells_editors_apart(results, quality, best):
    def values(result, part):
        return {name: figure["value"] for name, figure in result[part][quality].items()}

    good, lazy, crude = (values(result, "truth") for result in results)
    own = values(results[0], "reconstruction")
    assert good["edit"] == own["own"] == best
    assert good["stranger"] < best > own["stranger"]
    # An editor that does nothing is as good as doing nothing, whoever the exemplar is.
    assert lazy["edit"] == lazy["unchanged"] == lazy["stranger"]
    assert crude["edit"] == crude["paste"]
    assert crude["poisson"] == good["poisson"]


def test_report_sees_the_seam_of_pasted_pixels(results):
    _, lazy, crude = (result["seam"] for result in results)
    assert crude["edit"]["low"] > crude["real"]["high"]
    assert lazy["edit"]["value"] == lazy["real"]["value"]


def test_report_sees_how_sharp_edits_are_and_in_whose_skin(results):
    good, lazy, crude = results
    for result in results:
        for name in ("sharpness", "skin"):
            assert result[name]["real"]["value"] == lazy[name]["edit"]["value"]
    assert good["sharpness"]["edit"]["value"] == good["sharpness"]["truth"]["value"]
    assert good["sharpness"]["edit"]["value"] < lazy["sharpness"]["edit"]["value"]  # a mean of two
    assert crude["skin"]["edit"]["low"] > lazy["skin"]["edit"]["high"]


def test_what_is_of_sources_alone_has_their_interval():
    """Whoever the exemplars are: one person stands opposite all of these."""
    one = [(s, replace(e, identity=e.identity * 0), t) for s, e, t in PAIRS]
    result = report(perfect, one, DATA, ["mouth"])
    for name in ("seam", "sharpness", "skin"):
        assert result[name]["real"]["low"] is not None
        assert result[name]["edit"]["low"] is None


def test_report_sees_whom_edits_are_like(results):
    _, lazy, crude = results
    assert lazy["likeness"]["features"] == "histograms of oriented gradients"
    assert lazy["likeness"]["source"]["value"] == pytest.approx(1)
    assert lazy["likeness"]["nearer_than_source"]["value"] == 0
    assert crude["likeness"]["exemplar"]["value"] > lazy["likeness"]["exemplar"]["value"]
    assert crude["likeness"]["nearer_than_source"]["value"] > 0.5
    text = " ".join(re.sub(r"\x1b\[[0-9;]*m", "", printed(lazy)).split())
    assert "Sharpness and skin inside the region" in text
    for line in lazy["likeness"]:
        assert line == "features" or f"{lazy['likeness'][line]['value']:.2f}" in text
    assert all(len(line) <= 80 for line in printed(lazy, styles=False).splitlines())


class Uncut(Edit):
    """An edit that shows what was drawn outside the region, too."""

    @property
    def image(self):
        return self.completed


def test_report_counts_pixels_changed_outside():
    def leaky(source, exemplar, wanted):
        image = source.image.clone()
        image[:, 0, 0, :3] += 0.1
        return Uncut(replace(source, image=image), exemplar, None, image)  # and says it was so

    assert report(leaky, PAIRS, DATA, [])["outside"]["changed_pixels"] == 8 * 3


def overdrawn(by):
    """An editor that draws all of the face brighter by so many levels, and the region by 90; in
    what is there for comparison (a stranger's code, one's own) all of it is."""

    def edit(source, exemplar, wanted):
        is_meant = any(exemplar is pair[1] for pair in PAIRS)
        levels = torch.where((source.region > 0) | torch.tensor(not is_meant), 90.0, by)
        return Edit(source, exemplar, None, source.image + levels / 127.5)

    return edit


@pytest.mark.parametrize("by", [-20.0, 0.0, 5.0])
def test_what_is_drawn_outside_and_not_shown(by):
    outside = report(overdrawn(by), PAIRS, DATA, [])["outside"]
    assert outside["changed_pixels"] == 0
    assert list(outside["drawn"].values()) == pytest.approx([abs(by)] * 3, abs=1e-4)


def test_what_is_drawn_outside_by_hand():
    """One face whose region is half of it, one whose region is a corner: each counts alike."""
    region = torch.cat([box(0, 8, 0, 16, count=1), box(0, 4, 0, 4, count=1)])
    source = Faces(torch.zeros(2, 3, 16, 16), region=region)
    completed = torch.ones(2, 3, 16, 16)
    completed[:, 1:] = 0  # of three channels one is wrong, by 127.5 levels
    completed[0, :, 12:] = 0  # and of the first face's outside the upper half
    drawn = drawn_outside(Edit(source, source, None, completed))
    assert drawn.tolist() == pytest.approx([127.5 / 3 / 2, 127.5 / 3])


def test_of_a_whole_face_nothing_is_outside():
    whole = [tuple(replace(f, region=torch.ones_like(f.region)) for f in pair) for pair in PAIRS]
    result = report(overdrawn(5.0), whole, DATA, [])
    assert result["outside"] == {
        "changed_pixels": 0,
        "drawn": {"value": None, "low": None, "high": None},
    }
    assert "not measured" in printed(result)


def test_report_without_identities_and_with_something_to_show():
    pairs = [tuple(Faces(f.image, region=f.region) for f in pair) for pair in PAIRS]
    shown = []
    result = report(perfect, pairs, DATA, ["mouth"], show=lambda *batch: shown.append(batch))
    ((source, exemplar, edit, truth),) = shown
    assert source is pairs[0][0]
    assert exemplar is pairs[0][1]
    assert torch.equal(edit.image, truth)
    figure = result["truth"]["psnr"]["unchanged"]
    assert figure["low"] < figure["value"] < figure["high"]


def test_report_of_nothing_is_an_error():
    with pytest.raises(UsageError, match="no pairs"):
        report(perfect, [], DATA, ["mouth"])


def printed(result, styles=True):
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(table(result))
    return console.export_text(styles=styles)


def test_table_marks_the_best_and_the_control(results):
    text = printed(results[0])
    assert "\x1b[1m100.00 (100.00, 100.00)\x1b[0m" in text
    assert "stranger (control)" in text
    assert "8 pairs" in text
    assert "pixels changed outside" in text
    assert "drawn outside, not shown (of 255)" in text
    assert "whole image" not in text
    empty = [tuple(Faces(f.image, region=f.region * 0) for f in pair) for pair in PAIRS]
    assert "not measured" in printed(report(perfect, empty, DATA, ["mouth"]))


def test_table_says_that_a_model_edits_more_than_it_shows(results):
    (line,) = [
        line
        for line in printed(results[1] | {"whole_image": True}).splitlines()
        if "whole image" in line
    ]
    assert "the model edits the whole image" in line
    assert "shown inside the region" in line
    assert "whole image" not in printed(results[1] | {"whole_image": False})


@pytest.mark.parametrize(("use", "expected"), [("region", False), ("whole", True)])
def test_an_evaluation_says_whether_the_whole_image_is_edited(
    quick, model_file, tmp_path, use, expected
):
    """Whatever region is looked at."""
    header = ModelFile.open(model_file).header
    recipe = {**header.recipe, "mask": {"use": use}}
    model = tmp_path / "model.safetensors"
    write_model(model, load_file(model_file), replace(header, recipe=recipe))
    words = ["data.count=4", "mask.use=region", "mask.regions=mouth"]
    assert evaluate(model, words)["whole_image"] is expected


F = {"value": 0.5, "low": 0.25, "high": 0.75}
THREE = {"edit": F, "exemplar": F, "pair": F}


def test_table_of_a_report_from_before_there_were_thresholds(results):
    """Cosines, and FID over Inception-v3."""
    distances = {"fid": 12.345, "kid": F}
    realism = {"features": "Inception-v3", "count": 4, "edit": distances, "untouched": distances}
    identity = {"recogniser": "hf_hub:anna/arcface"} | THREE
    text = printed(results[0] | {"realism": realism, "identity": identity})
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "Is it a face? By Inception-v3, 4 a side" in text
    assert "fid 12.3 12.3" in lines
    assert "Is it one person? By hf_hub:anna/arcface" in text
    for pair in ("edit and source", "edit and exemplar", "source and exemplar (control)"):
        assert f"{pair} 0.50 (0.25, 0.75)" in lines


def test_looks_in_a_table_by_hand(results):
    energy, skin = (
        {"value": 412.3, "low": 400, "high": 450.4},
        {"value": 12.34, "low": 11, "high": 14},
    )
    looks = {
        "sharpness": {"edit": energy, "real": F, "truth": energy},
        "skin": {"edit": skin, "real": skin},
        "likeness": {"features": "EfficientNet-Lite0"}
        | dict.fromkeys(("exemplar", "source", "stranger", "nearer_than_source"), F)
        | {"nearer_than_stranger": {"value": 0.75, "low": 0.5, "high": 1}},
    }
    text = printed(results[0] | looks, styles=False)
    said = " ".join(text.split())
    assert text.count("412 (400, 450)") == 2
    assert text.count("12.3 (11.0, 14.0)") == 2
    assert "Is it the exemplar's? By EfficientNet-Lite0" in said
    assert "0.75 (0.50, 1.00)" in said
    assert "…" not in text
    looks["sharpness"].pop("truth")
    assert printed(results[0] | looks, styles=False).count("412 (400, 450)") == 1


def test_a_report_from_before_there_were_looks_is_printed_and_read(results):
    looks = ("sharpness", "skin", "likeness")
    older = {name: part for name, part in results[0].items() if name not in looks}
    assert "At the region's edge" in printed(older)
    assert "Sharpness and skin inside the region" not in printed(older)
    assert "Sharpness and skin inside the region" in printed(results[0])
    labels = [label for label, _ in rows(older)]
    assert "gradient energy inside the region" not in labels


def test_rows_of_a_card_have_what_was_measured(results):
    likeness = {"nearer_than_source": F, "nearer_than_stranger": F | {"value": 0.625}}
    identity = {"distance": THREE, "below": THREE | {"edit": F | {"value": 0.7}}}
    found = dict(rows(results[0] | {"likeness": likeness, "identity": identity}))
    assert found["share nearer to the exemplar than to the source"] == "0.50 (0.25, 0.75)"
    assert found["share nearer to it than to a stranger"] == "0.62 (0.25, 0.75)"
    assert found["distance of edit and source to a recogniser"] == "0.50 (0.25, 0.75)"
    assert found["share of edits that it takes for the source's person"] == "0.70 (0.25, 0.75)"
    value = results[0]["sharpness"]["edit"]["value"]
    assert found["gradient energy inside the region"].startswith(f"{value:.0f} (")
    plain = dict(rows(results[0]))
    assert plain.keys() < found.keys()
    assert [*found][-7:-5] == ["gradient energy inside the region", "the same of untouched faces"]


def test_table_of_distances_says_how_often_the_threshold_is_wrong(results):
    identity = {"recogniser": "dlib", "threshold": 0.6, "distance": THREE, "below": THREE}
    assert "untouched photographs" not in printed(results[0] | {"identity": identity})
    wrong = {"same_above": {"value": 0.0125, "low": 0.01, "high": 0.02}, "different_below": F}
    text = printed(results[0] | {"identity": identity | {"errors": wrong}})
    said = " ".join(re.sub(r"\x1b\[[0-9;]*m", "", text).split())
    assert "source and exemplar (control) 0.50 (0.25, 0.75) 0.50 (0.25, 0.75)" in said
    assert (
        "Of two untouched photographs of one person 0.013 (0.010, 0.020) are not below 0.6, of two "
        "people 0.500 (0.250, 0.750) are."
    ) in said


def test_table_says_why_a_figure_is_missing(results):
    sentence = "Whether it is one person was not measured: install [that]."
    assert sentence in printed(results[0] | {"not_measured": {"identity": sentence}})
