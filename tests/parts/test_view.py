"""What networks are shown: close by, standardised, through a window."""

import pytest
import torch

from ebgan_kit.parts.adversarial.scores import shown
from ebgan_kit.parts.encoders.conv import Conv
from ebgan_kit.parts.generators.window import Window
from ebgan_kit.parts.nn.view import close_up, sample, standardised
from ebgan_kit.types import Edit, Faces, Task

SIZE = 64


def region_at(top: int, left: int, height: int, width: int) -> torch.Tensor:
    region = torch.zeros(1, 1, SIZE, SIZE)
    region[..., top : top + height, left : left + width] = 1
    return region


@pytest.fixture
def image() -> torch.Tensor:
    return torch.rand(1, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(1)) * 2 - 1


def test_close_up_of_a_square_region_is_its_pixels(image):
    seen = close_up(image, region_at(20, 10, 16, 16), 16)
    assert torch.allclose(seen, image[..., 20:36, 10:26], atol=1e-5)


def test_close_up_has_its_margin_around_it(image):
    seen = close_up(image, region_at(20, 20, 16, 16), 24, margin=0.5)
    assert torch.allclose(seen, image[..., 16:40, 16:40], atol=1e-5)


def test_close_up_of_nothing_is_the_middle(image):
    seen = close_up(image, torch.zeros(1, 1, SIZE, SIZE), 32)
    assert torch.allclose(seen, image[..., 16:48, 16:48], atol=1e-5)


def test_mixed_precision_looks_at_the_same_place(image):
    region = region_at(20, 43, 17, 15)
    with torch.autocast("cpu", torch.bfloat16):
        seen = close_up(image, region, 32)
    assert torch.equal(seen, close_up(image, region, 32))


def test_standardised_colours_have_mean_0_and_deviation_1_inside(image):
    region = region_at(8, 8, 40, 30)
    inside = standardised(image * 0.3 + 0.2, region)[..., 8:48, 8:38]
    assert torch.allclose(inside.mean((2, 3)), torch.zeros(1, 3), atol=1e-4)
    assert torch.allclose(inside.std((2, 3)), torch.ones(1, 3), atol=0.03)


def test_code_knows_neither_place_nor_tone(image):
    torch.manual_seed(0)
    encoder = Conv(Task(SIZE), 8, width=4, depth=3, shape="vector", sees="close", standardise=True)
    here = encoder(image, region_at(20, 10, 16, 16))
    moved = encoder(image.roll((7, 21), (2, 3)), region_at(27, 31, 16, 16))
    tinted = encoder(image * 0.7 - 0.1, region_at(20, 10, 16, 16))
    other = encoder(image.flip(3), region_at(20, 10, 16, 16))
    assert torch.allclose(here, moved, atol=1e-4)
    assert torch.allclose(here, tinted, atol=0.02)
    assert not torch.allclose(here, other, atol=0.1)


def test_window_draws_about_the_region_and_nowhere_else(image):
    generator = Window(Task(SIZE), (4, 1, 1), window=32, width=4).eval()
    region = region_at(40, 2, 20, 24)
    masked = image * (1 - region)
    drawn = generator.decode(generator.encode(masked, region), torch.randn(1, 4, 1, 1))
    differs = (drawn != masked).any(1)[0].nonzero()
    assert differs.amin(0).tolist() == [32, 0]  # at the image's border the window stays inside
    assert differs.amax(0).tolist() == [63, 31]


def test_window_is_laid_on_whole_pixels(image):
    generator = Window(Task(SIZE), (4, 1, 1), window=32, width=4).eval()
    region = region_at(21, 17, 13, 17)
    _, centre, half, *_ = generator.encode(image, region)
    there_and_back = sample(sample(image, centre, half, 32), -centre / half, 1 / half, SIZE)
    window = slice(12, 44), slice(10, 42)
    assert torch.allclose(there_and_back[0, :, *window], image[0, :, *window], atol=1e-4)


def test_window_draws_all_of_a_larger_region(image):
    generator = Window(Task(SIZE), (4, 1, 1), window=32, width=4).eval()
    region = region_at(0, 0, 50, 60)
    masked = image * (1 - region)
    drawn = generator.decode(generator.encode(masked, region), torch.randn(1, 4, 1, 1))
    assert (drawn != masked).any(1)[region[:, 0] > 0].all()


def test_a_close_judge_does_not_see_what_is_far_from_the_region(image):
    region = region_at(20, 20, 16, 16)
    elsewhere = image.clone()
    elsewhere[..., 44:, :] = 1
    edits = [
        Edit(Faces(i, region), Faces(i, region), None, torch.zeros_like(i))
        for i in (image, elsewhere)
    ]
    close, far = (
        [shown(edit.image, edit, judges) for edit in edits] for judges in ("close", "face")
    )
    assert close[0].equal(close[1])
    assert not far[0].equal(far[1])
