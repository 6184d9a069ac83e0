"""Data sets from files: what is read, where it lands, and what is said of broken folders."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from fixtures.faces import cut_off, draw_photograph, write_lines
from PIL import Image

from ebgan_kit.errors import UsageError
from ebgan_kit.images.photographs import centre_square, find_breakage, read_photographs
from ebgan_kit.parts.data.celeba import Celeba
from ebgan_kit.parts.data.celebamask_hq import CelebaMaskHq, measure_landmarks
from ebgan_kit.parts.data.folder import Folder
from ebgan_kit.types import PARTS


def complaint(part, **keys) -> str:
    with pytest.raises(UsageError) as caught:
        part(**keys)
    return str(caught.value)


# CelebA


def test_celeba_gives_a_batch_with_all_that_is_known(celeba):
    data = Celeba(root=celeba, size=32)
    faces = data.__getitems__([4, 0])
    assert (len(data), data.skipped, data.attributes) == (5, 0, ("Smiling", "Male", "Young"))
    assert faces.image.shape == (2, 3, 32, 32)
    assert faces.image.dtype == torch.float32
    assert faces.image.min() >= -1
    assert faces.image.max() <= 1
    assert faces.attributes.tolist() == [[0, 1, 0], [0, 1, 0]]
    assert faces.identity.tolist() == [104, 100]
    assert faces.index.tolist() == [4, 0]


def test_a_face_is_the_same_in_any_batch(celeba):
    data = Celeba(root=celeba, size=64)
    assert data.__getitems__([3, 1, 2]).image[1].equal(data.__getitems__([1]).image[0])


@pytest.mark.parametrize(("partition", "identities"), [("valid", [104]), ("test", [105])])
def test_celeba_partitions(celeba, partition, identities):
    data = Celeba(root=celeba, partitions=(partition,))
    assert data.__getitems__(range(len(data))).identity.tolist() == identities


def test_another_partition_may_be_broken(celeba):
    cut_off(celeba / "img_align_celeba/000006.jpg")
    assert len(Celeba(root=celeba)) == 5
    assert "000006.jpg" in complaint(Celeba, root=celeba, partitions=("test",))


def test_no_face_in_the_partitions(celeba):
    write_lines(celeba / "list_eval_partition.txt", *(f"{n:06d}.jpg 0" for n in range(1, 7)))
    assert "data.partitions=valid" in complaint(Celeba, root=celeba, partitions=("valid",))


@pytest.mark.parametrize(("size", "crop"), [(89, 178), (128, 178), (64, 128), (40, 178)])
def test_landmarks_go_through_crop_and_resize_with_the_picture(celeba, size, crop):
    names = [f"{side}_{axis}" for side in ("lefteye", "righteye", "nose") for axis in "xy"]
    names += [f"{side}mouth_{axis}" for side in ("left", "right") for axis in "xy"]
    rows = [f"{n:06d}.jpg  60 110  107 110  90 134  72 153  104 153" for n in range(1, 7)]
    write_lines(celeba / "list_landmarks_align_celeba.txt", "6", " ".join(names), *rows)
    faces = Celeba(root=celeba, size=size, crop=crop).__getitems__([0])
    red = faces.image[0, 0] - faces.image[0, 1]
    y, x = (red > 1).nonzero().float().mean(0).tolist()
    assert faces.landmarks[0, 1].tolist() == pytest.approx([x + 0.5, y + 0.5], abs=0.6)


def test_without_a_landmark_file_the_template_serves(celeba):
    data = Celeba(root=celeba, size=64)
    faces = data.__getitems__([0, 1])
    assert faces.landmarks.shape == (2, 5, 2)
    assert faces.landmarks[1].tolist() == (data.template * 64).tolist()
    # left eye (70.5, 111.4) + 0.5, less the crop's corner (0, 20), over its side 178
    assert data.template[0].tolist() == pytest.approx([71 / 178, 91.9 / 178])


def test_all_that_is_broken_is_told_at_once(celeba):
    images = celeba / "img_align_celeba"
    (images / "000001.jpg").unlink()
    cut_off(images / "000002.jpg")
    (images / "000003.jpg").write_text("a text")
    draw_photograph(images / "000007.jpg")
    (images / "000004.jpg").write_bytes(b"")
    partition = celeba / "list_eval_partition.txt"
    partition.write_text(partition.read_text().replace("000005.jpg 1", "000005.jpg 7"))
    said = complaint(Celeba, root=celeba)
    assert "list_attr_celeba.txt:3: there is no image img_align_celeba/000001.jpg" in said
    assert said.count("000001.jpg") == 1
    assert "img_align_celeba/000002.jpg: does not decode" in said
    assert "img_align_celeba/000003.jpg: does not decode (it is not an image)" in said
    assert "img_align_celeba/000004.jpg: does not decode (it is empty)" in said
    assert "list_eval_partition.txt:5: a partition is 0 (train), 1 (valid) or 2 (test)" in said
    assert "img_align_celeba/000007.jpg: it has no row in list_attr_celeba.txt" in said
    assert said.endswith("mend them, or set data.skip_broken=true to go on without them")


def test_skip_broken_goes_on_and_counts(celeba):
    (celeba / "img_align_celeba/000001.jpg").unlink()
    cut_off(celeba / "img_align_celeba/000003.jpg")
    data = Celeba(root=celeba, skip_broken=True)
    faces = data.__getitems__(range(len(data)))
    assert (len(data), data.skipped) == (3, 2)
    assert faces.identity.tolist() == [101, 103, 104]
    assert faces.attributes[:, 0].tolist() == [1, 1, 0]


@pytest.mark.parametrize("skip_broken", [False, True])
def test_wrong_columns_and_missing_lists_cannot_be_skipped(celeba, skip_broken):
    attributes = celeba / "list_attr_celeba.txt"
    attributes.write_text(attributes.read_text().replace("Smiling", "Smilling"))
    (celeba / "list_eval_partition.txt").unlink()
    said = complaint(Celeba, root=celeba, skip_broken=skip_broken)
    assert "list_attr_celeba.txt:2: no column is called 'Smilling'; the nearest is 'Smil" in said
    assert "list_eval_partition.txt: there is no such file" in said


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("000002.jpg 1 1", "000002.jpg has 2 values for 3 columns"),
        ("000002.jpg 1 1 yes", "an attribute is 1, 0 or -1, not 'yes'"),
        ("000001.jpg 1 1 1", "000001.jpg has a row already, in line 3"),
    ],
)
def test_a_wrong_row_is_named_by_its_line(celeba, row, words):
    attributes = celeba / "list_attr_celeba.txt"
    lines = attributes.read_text().splitlines()
    write_lines(attributes, *lines[:3], row, *lines[4:])
    assert f"list_attr_celeba.txt:4: {words}" in complaint(Celeba, root=celeba)


def test_many_faults_are_counted(celeba):
    for number in range(10, 61):
        (celeba / f"img_align_celeba/{number:06d}.jpg").write_bytes(b"")
    said = complaint(Celeba, root=celeba)
    # each of the 51 lacks a row in three lists
    assert "and 133 more" in said
    assert len(said.splitlines()) < 25


def test_a_missing_root_is_named(tmp_path):
    assert "nowhere" in complaint(Celeba, root=tmp_path / "nowhere")


def test_an_image_that_breaks_later_is_named(celeba):
    data = Celeba(root=celeba)
    (celeba / "img_align_celeba/000002.jpg").write_text("a text")
    with pytest.raises(UsageError, match=r"000002\.jpg does not decode"):
        data.__getitems__([0, 1])


# CelebAMask-HQ


def test_part_labels_are_merged_in_the_order_of_what_is_in_front(masked):
    data = CelebaMaskHq(root=masked, size=100)
    parts = data.__getitems__([0]).parts[0]
    at = {(5, 50): "background", (15, 15): "hair", (50, 85): "skin", (35, 42): "r_eye"}
    at |= {(65, 42): "l_eye", (25, 42): "eye_g", (50, 72): "u_lip"}
    assert {place: PARTS[parts[place[1], place[0]]] for place in at} == at
    assert parts.dtype == torch.uint8
    assert data.attributes == ()


def test_landmarks_are_measured_from_parts_as_seen_in_the_picture(masked):
    # glasses cover the nose's upper part without moving its lower two fifths much
    faces = CelebaMaskHq(root=masked, size=50).__getitems__([0])
    left_eye, right_eye, nose, left_mouth, right_mouth = faces.landmarks[0].tolist()
    assert left_eye == pytest.approx([17.5, 21])
    assert right_eye == pytest.approx([32.5, 21])
    assert nose[0] == pytest.approx(25)
    assert 26 < nose[1] < 30
    assert left_mouth == pytest.approx([20.25, 36])
    assert right_mouth == pytest.approx([29.75, 36])


def test_a_hidden_eye_means_the_template(masked):
    (masked / "CelebAMask-HQ-mask-anno/0/00000_l_eye.png").unlink()
    data = CelebaMaskHq(root=masked, size=64)
    assert data.__getitems__([0]).landmarks[0].equal(data.template * 64)
    assert measure_landmarks(torch.zeros(8, 8, dtype=torch.uint8)) is None


def partition_sizes(root: Path) -> list[int]:
    return [len(CelebaMaskHq(root=root, partitions=(p,))) for p in ("train", "valid", "test")]


def test_masked_partitions_by_number_and_by_mapping(masked):
    assert partition_sizes(masked) == [8, 1, 1]
    originals = [1, 162770, 162771, 182637, 182638, 202599, 2, 3, 4, 5]
    rows = [f"{idx}\t{number - 1}\t{number:06d}.jpg" for idx, number in enumerate(originals)]
    write_lines(masked / "CelebA-HQ-to-CelebA-mapping.txt", "idx\torig_idx\torig_file", *rows)
    assert partition_sizes(masked) == [6, 2, 2]


def test_masked_attributes(masked):
    rows = [f"{n}.jpg  -1  1" for n in range(10)]
    write_lines(masked / "CelebAMask-HQ-attribute-anno.txt", "10", "Smiling Male", *rows)
    data = CelebaMaskHq(root=masked)
    assert data.attributes == ("Smiling", "Male")
    assert data.__getitems__([3]).attributes.tolist() == [[0, 1]]


def test_broken_masks_are_told_at_once_and_skipped(masked):
    folder = masked / "CelebAMask-HQ-mask-anno/0"
    (masked / "CelebA-HQ-img/0.jpg").unlink()
    Image.new("RGB", (9, 9)).save(masked / "CelebA-HQ-img/20.jpg")
    (folder / "00001_nose.png").rename(folder / "00001_noze.png")
    (folder / "00002_skin.png").write_bytes(b"")
    cut_off(folder / "00003_skin.png")
    said = complaint(CelebaMaskHq, root=masked)
    assert "0/00000_eye_g.png: there is no image CelebA-HQ-img/0.jpg" in said
    assert "CelebA-HQ-img/20.jpg: it has no mask" in said
    assert "00001_noze.png: no part is called 'noze'" in said
    assert "00002_skin.png: it is empty" in said
    assert "00003_skin.png: it is empty, cut off" in said
    data = CelebaMaskHq(root=masked, skip_broken=True)
    assert (len(data), data.skipped) == (5, 5)


# a folder of one's own


def test_folder_partitions_are_disjoint_and_do_not_move(folder):
    parts = {p: Folder(root=folder, partitions=(p,), size=16) for p in ("train", "valid", "test")}
    sizes = [len(part) for part in parts.values()]
    assert sum(sizes) == 40
    assert len(Folder(root=folder)) == sizes[0] + sizes[1]
    assert sizes[0] > 24
    assert min(sizes) > 0
    before = parts["valid"].__getitems__([0]).image
    (folder / "more/39.png").unlink()
    assert Folder(root=folder, partitions=("valid",), size=16).__getitems__([0]).image.equal(before)


def test_folder_table_of_attributes(folder):
    files = [f"{'more/' if n % 2 else ''}{n:02d}.png" for n in range(40)]
    rows = [f"{file}, {n % 2}, {1 if n >= 20 else -1}" for n, file in enumerate(files)]
    write_lines(folder / "labels.csv", "file,inside,late", *rows)
    data = Folder(root=folder, table=Path("labels.csv"), partitions=("train", "valid", "test"))
    faces = data.__getitems__([0, 19, 20, 39])
    assert data.attributes == ("inside", "late")
    assert faces.attributes.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert faces.landmarks[2].equal(data.template * 128)
    assert faces.identity is None

    write_lines(folder / "labels.csv", "file,inside,inside", "44.png,0,0", *rows[1:])
    said = complaint(Folder, root=folder, table=folder / "labels.csv")
    assert "labels.csv:1: the column 'inside' is there twice" in said
    assert "labels.csv:2: there is no image 44.png" in said
    assert "00.png: it has no row in labels.csv" in said


@pytest.mark.parametrize("lines", [["00.png,1,0"], ["file", "00.png"]])
def test_a_table_without_names_or_without_attributes(folder, lines):
    write_lines(folder / "labels.csv", *lines)
    assert "labels.csv:1: " in complaint(Folder, root=folder, table=Path("labels.csv"))


def test_a_table_that_is_not_there(folder):
    said = complaint(Folder, root=folder, table=Path("label.csv"), skip_broken=True)
    assert "label.csv: there is no such file" in said


def test_a_folder_without_images(tmp_path):
    assert "holds no face" in complaint(Folder, root=tmp_path)


# photographs


def colour(path: Path) -> list[int]:
    """The colour in the middle of what is read, 0 to 255."""
    image = read_photographs([path], 16)[0]
    return ((image[:, 8, 8] + 1) * 127.5).round().int().tolist()


@pytest.mark.parametrize(
    ("name", "image", "expected"),
    [
        ("grey.png", Image.new("L", (20, 20), 90), [90, 90, 90]),
        ("deep.png", Image.new("I;16", (20, 20), 257 * 90), [90, 90, 90]),
        ("bit.png", Image.new("1", (20, 20), 1), [255, 255, 255]),
        ("clear.png", Image.new("RGBA", (20, 20), (0, 0, 0, 0)), [255, 255, 255]),
        ("half.png", Image.new("RGBA", (20, 20), (255, 0, 0, 51)), [255, 204, 204]),
        ("print.tif", Image.new("CMYK", (20, 20), (0, 255, 255, 0)), [255, 0, 0]),
        ("few.gif", Image.new("RGB", (20, 20), (0, 0, 255)).quantize(), [0, 0, 255]),
        ("web.webp", Image.new("RGB", (20, 20), (255, 255, 255)), [255, 255, 255]),
        ("old.bmp", Image.new("RGB", (20, 20), (10, 20, 30)), [10, 20, 30]),
    ],
)  # fmt: skip
def test_every_kind_of_image_becomes_rgb(tmp_path, name, image, expected):
    image.save(tmp_path / name)
    assert find_breakage(tmp_path / name) is None
    assert colour(tmp_path / name) == expected


def test_the_cameras_orientation_is_followed(tmp_path):
    image = Image.new("RGB", (300, 200), "black")
    image.paste("white", (0, 0, 300, 100))  # its upper half
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera lay on its left side: to be turned clockwise
    image.save(tmp_path / "turned.jpg", exif=exif, quality=95)
    seen = read_photographs([tmp_path / "turned.jpg"], 16)[0, 0]
    assert seen[:, 12:].min() > 0.9
    assert seen[:, :4].max() < -0.9


def test_a_large_photograph_is_reduced_without_moving(tmp_path):
    image = Image.new("RGB", (1003, 701), "black")
    image.paste("white", (501, 0, 1003, 701))
    image.save(tmp_path / "large.jpg", quality=95)
    image.save(tmp_path / "large.png")
    jpeg, png = read_photographs([tmp_path / "large.jpg", tmp_path / "large.png"], 32)
    assert (jpeg - png).abs().max() < 0.1
    assert jpeg[0].mean() == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.bmp", "a.gif", "a.tif"])
def test_files_cut_off_are_found_and_whole_ones_are_not(tmp_path, name):
    noise = torch.randint(0, 256, (64 * 64 * 3,), dtype=torch.uint8).tolist()
    Image.frombytes("RGB", (64, 64), bytes(noise)).save(tmp_path / name)
    assert find_breakage(tmp_path / name) is None
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    assert "does not decode" in (find_breakage(tmp_path / name) or "")


def test_a_jpeg_with_something_after_its_end_is_whole(tmp_path):
    Image.new("RGB", (32, 32)).save(tmp_path / "phone.jpg")
    with open(tmp_path / "phone.jpg", "ab") as file:
        file.write(b"what some phones append")
    assert find_breakage(tmp_path / "phone.jpg") is None


def test_centre_square():
    assert centre_square(178, 218, 178) == (0, 20, 178, 198)
    assert centre_square(178, 218, 128) == (25, 45, 153, 173)
    assert centre_square(300, 101) == (99, 0, 200, 101)
    assert centre_square(50, 60, 178) == (0, 5, 50, 55)
