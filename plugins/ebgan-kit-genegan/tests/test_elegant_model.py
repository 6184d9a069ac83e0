"""ELEGANT: groups, the exchange, the residual, and the norm."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from ebgan_kit_genegan import Elegant
from ebgan_kit_genegan.elegant import groups
from ebgan_kit_genegan.elegant_networks import Decoder, Encoder
from ebgan_kit_genegan.normalization import Normalization
from torch import Tensor, nn

from ebgan_kit import Faces, Task

NAMES = ("Bangs", "Mustache")


def faces(count: int, seed: int, attributes: Tensor | None) -> Faces:
    image = torch.rand(count, 3, 16, 16, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    return Faces(image, attributes=attributes)


@pytest.fixture
def model() -> Elegant:
    torch.manual_seed(0)
    return Elegant(Task(16), None, attributes=NAMES, width=4, depth=3).eval()


# Groups


@pytest.mark.parametrize(
    ("channels", "count", "sizes"),
    [
        (8, 2, [4, 4]),
        (8, 3, [3, 2, 3]),  # at 2.67 and 5.33
        (5, 2, [2, 3]),  # at 2.5, a half to even
        (7, 2, [4, 3]),  # at 3.5
        (512, 5, [102, 103, 102, 103, 102]),  # at 102.4, 204.8, 307.2, 409.6
        (3, 3, [1, 1, 1]),
    ],
)
def test_the_edges_of_groups(channels: int, count: int, sizes: list[int]) -> None:
    whose = groups(channels, count)
    assert whose.bincount().tolist() == sizes
    assert torch.equal(whose, whose.sort().values)


def test_more_attributes_than_channels() -> None:
    with pytest.raises(ValueError, match="2 attributes cannot share a code of 1 channels"):
        Elegant(Task(16), None, attributes=NAMES, width=1, depth=1)


# The exchange


class Given(nn.Module):
    """An encoder that gives a face's first pixel as its code of four channels."""

    def forward(self, image: Tensor) -> tuple[Tensor, list[Tensor]]:
        return image[:, :1, :1, :1].expand(-1, 4, -1, -1), [image]


class Recorder(nn.Module):
    """A decoder that keeps what it was given, and gives one residual for all."""

    def forward(self, mixed: Tensor, own: Tensor, maps: list[Tensor]) -> Tensor:
        self.mixed, self.own, self.maps = mixed, own, maps
        return torch.full_like(maps[0], 1.5)


def test_groups_by_hand() -> None:
    model = Elegant(Task(16), None, attributes=NAMES, width=4, depth=1)
    model.encoder, model.decoder = Given(), Recorder()
    first, second = (torch.full((1, 3, 16, 16), value) for value in (0.25, 0.75))
    source = Faces(first, attributes=torch.tensor([[1.0, 0.0]]))
    exemplar = Faces(second, attributes=torch.tensor([[0.0, 1.0]]))
    expected = {  # a group of the exemplar's wherever the source is to change, on or off
        (1.0, 0.0): [0.25, 0.25, 0.25, 0.25],
        (0.0, 0.0): [0.75, 0.75, 0.25, 0.25],
        (1.0, 1.0): [0.25, 0.25, 0.75, 0.75],
        (0.0, 1.0): [0.75, 0.75, 0.75, 0.75],
    }
    for wanted, mixed in expected.items():
        model(source, exemplar, torch.tensor([wanted]))
        decoder = model.decoder
        assert decoder.mixed.flatten().tolist() == [
            *mixed,
            *[0.25] * 4,
        ]  # then the reconstruction's
        assert decoder.own.flatten().tolist() == [0.25] * 8
        assert torch.equal(decoder.maps[0], torch.cat([first, first]))
        model.edit(source, exemplar, torch.tensor([wanted]))
        assert decoder.mixed.flatten().tolist() == mixed


def test_the_residual_is_added_and_cut() -> None:
    model = Elegant(Task(16), None, attributes=NAMES, width=4, depth=1)
    model.encoder, model.decoder = Given(), Recorder()
    image = torch.full((1, 3, 16, 16), -0.75)
    image[..., 8:] = 0.5
    face = Faces(image, attributes=torch.zeros(1, 2))
    edit = model(face, face)
    for drawn in (edit.completed, edit.reconstruction):
        assert (drawn[..., :8] == 0.75).all()  # -0.75 + 1.5
        assert (drawn[..., 8:] == 1.0).all()  # 0.5 + 1.5, beyond white


def test_an_edit_in_use_is_the_edit_in_training(model: Elegant) -> None:
    labels = torch.tensor([[1.0, 0], [0, 0], [0, 1]])
    source, exemplar = faces(3, 1, labels), faces(3, 2, labels.roll(1, 0))
    for wanted in (None, torch.ones(3, 2)):
        trained, used = model(source, exemplar, wanted), model.edit(source, exemplar, wanted)
        assert torch.allclose(trained.completed, used.completed, atol=1e-6)
        assert torch.equal(trained.wanted, used.wanted)


def test_exemplars_out_of_the_batch_are_not_encoded_again(model: Elegant) -> None:
    source, order = faces(2, 1, torch.tensor([[1.0, 0], [0, 1]])), torch.tensor([1, 0])
    exemplar = replace(source[order], order=order)
    calls = []
    model.encoder.register_forward_hook(lambda *given: calls.append(1))
    told = model(source, exemplar)
    assert len(calls) == 1
    untold = model(source, replace(exemplar, order=None))
    assert torch.allclose(told.completed, untold.completed, atol=1e-6)


def test_the_exemplar_is_seen_only_where_it_gives_a_group(model: Elegant) -> None:
    """Unlike DNA-GAN's, an attribute is taken away by what the exemplar has in its place."""
    labels = torch.tensor([[1.0, 0], [1, 0], [1, 0]])
    exemplar = faces(3, 2, 1 - labels)
    exemplar = replace(exemplar, image=exemplar.image.requires_grad_(True))
    edit = model(faces(3, 1, labels), exemplar, torch.tensor([[1.0, 0], [0, 0], [1, 1]]))
    (gradient,) = torch.autograd.grad(edit.completed.sum(), exemplar.image)
    assert [bool(g.any()) for g in gradient] == [False, True, True]


def test_what_the_source_shows_must_be_known(model: Elegant) -> None:
    labels = torch.tensor([[1.0, 0]])
    for call in (model, model.edit):
        with pytest.raises(ValueError, match=r"train it with a table \[classifier\]"):
            call(faces(1, 1, None), faces(1, 2, labels), labels)


def test_a_size_that_cannot_be_halved() -> None:
    with pytest.raises(ValueError, match="16 pixels cannot be halved 5 times"):
        Elegant(Task(16), None, attributes=NAMES)


# The networks


def test_the_norm_by_hand() -> None:
    norm = Normalization()
    pixel = torch.tensor([3.0, 4.0]).view(1, 2, 1, 1)
    assert torch.allclose(norm(pixel).flatten(), torch.tensor([0.6, 0.8]))
    with torch.no_grad():
        norm.alpha.fill_(2)
        norm.beta.fill_(-1)
    assert torch.allclose(norm(pixel).flatten(), torch.tensor([0.2, 0.6]))
    assert torch.allclose(norm(100 * pixel), norm(pixel))
    assert torch.equal(norm(0 * pixel).flatten(), torch.tensor([-1.0, -1.0]))
    assert norm(pixel.bfloat16()).dtype == torch.bfloat16


def test_the_norm_is_of_each_pixel_alone() -> None:
    features = torch.randn(2, 5, 3, 3, generator=torch.Generator().manual_seed(0))
    changed = features.clone()
    changed[1, :, 2, 0] = 7
    same = (Normalization()(features) == Normalization()(changed)).all(1)
    assert same.sum() == 2 * 9 - 1
    assert not same[1, 2, 0]


def test_the_levels_of_the_encoder() -> None:
    code, maps = Encoder([2, 4, 8])(torch.zeros(1, 3, 16, 16))
    assert code.shape == (1, 8, 2, 2)
    assert [m.shape[1:] for m in maps] == [(2, 8, 8), (4, 4, 4)]


def test_the_decoder_adds_the_map_of_each_level() -> None:
    """With norms that give nothing, so do the levels: the largest map is all that is left."""
    decoder = Decoder([2, 4, 8])
    code, maps = torch.randn(1, 8, 2, 2), [torch.randn(1, 2, 8, 8), torch.randn(1, 4, 4, 4)]
    for level in decoder.levels:
        nn.init.zeros_(level[1].alpha)
    drawn = decoder(code, code, maps)
    assert drawn.shape == (1, 3, 16, 16)
    assert torch.allclose(drawn, 2 * decoder.last(maps[0]).tanh())
    with torch.no_grad():
        decoder.last.weight.mul_(1e4)
    assert decoder(code, code, maps).abs().max() == 2  # two tanh's ends


def test_the_decoder_looks_at_both_codes_and_all_maps() -> None:
    decoder = Decoder([2, 4, 8])
    inputs = [torch.randn(1, 8, 2, 2), torch.randn(1, 8, 2, 2)]
    maps = [torch.randn(1, 2, 8, 8), torch.randn(1, 4, 4, 4)]
    for tensor in (*inputs, *maps):
        tensor.requires_grad_(True)
    decoder(*inputs, maps).square().sum().backward()
    assert all(tensor.grad.any() for tensor in (*inputs, *maps))
