"""Writes a few drawn faces as CelebA and as portraits: recipes can run without photographs."""

import sys
from pathlib import Path

from PIL import Image

from ebgan_kit.images.levels import to_bytes
from ebgan_kit.parts.data.celeba import ATTRIBUTES
from ebgan_kit.parts.data.synthetic import Synthetic
from ebgan_kit.types import LANDMARKS, Faces

COUNT = 12


def main(folder: Path) -> None:
    data = Synthetic(size=178, count=COUNT)
    faces = data.__getitems__(range(COUNT))
    write_celeba(folder / "celeba", data, faces)
    write_portraits(folder / "portraits", faces)


def write_portraits(root: Path, faces: Faces) -> None:
    """Two photographs of each person, with a table of their landmarks."""
    root.mkdir(parents=True)
    columns = [f"{name}_{axis}" for name in LANDMARKS for axis in "xy"]
    lines = [",".join(["file", "person", *columns])]
    images = to_bytes(faces.image).permute(0, 2, 3, 1).numpy()
    for number, (image, points) in enumerate(zip(images, faces.landmarks, strict=True)):
        Image.fromarray(image).save(root / f"{number}.png")
        places = [f"{place:.1f}" for place in points.flatten().tolist()]
        lines.append(",".join([f"{number}.png", f"p{number // 2}", *places]))
    (root / "portraits.csv").write_text("\n".join(lines) + "\n")


def write_celeba(root: Path, data: Synthetic, faces: Faces) -> None:
    (root / "img_align_celeba").mkdir(parents=True)
    names = [f"{number:06d}.jpg" for number in range(1, COUNT + 1)]
    for name, image in zip(names, to_bytes(faces.image), strict=True):
        photograph = Image.new("RGB", (178, 218))
        photograph.paste(Image.fromarray(image.permute(1, 2, 0).numpy()), (0, 20))
        photograph.save(root / "img_align_celeba" / name)
    drawn = dict(zip(data.attributes, faces.attributes.T.tolist(), strict=True))
    none = [0.0] * COUNT
    rows = zip(*(drawn.get(attribute, none) for attribute in ATTRIBUTES), strict=True)
    lines = [
        f"{n} {' '.join('1' if v else '-1' for v in r)}" for n, r in zip(names, rows, strict=True)
    ]
    table = [str(COUNT), " ".join(ATTRIBUTES), *lines]
    (root / "list_attr_celeba.txt").write_text("\n".join(table) + "\n")
    split = [f"{name} {place % 3}" for place, name in enumerate(names)]
    (root / "list_eval_partition.txt").write_text("\n".join(split) + "\n")
    people = [f"{name} {place // 6}" for place, name in enumerate(names)]  # two in each partition
    (root / "identity_CelebA.txt").write_text("\n".join(people) + "\n")


main(Path(sys.argv[1]))
