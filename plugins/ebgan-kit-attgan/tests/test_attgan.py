"""What AttGAN does with labels, and which of its encoder's maps reach the image."""

import math
from dataclasses import replace

import pytest
import torch
from ebgan_kit_attgan import AttGan
from torch import nn

from ebgan_kit import Faces, Task

NAMES = ("Mustache", "Smiling")


def tiny(size=32, names=NAMES, **keys):
    torch.manual_seed(0)
    keys = {"width": 4, "depth": 3} | keys
    return AttGan(Task(size, names), None, attributes=names, **keys).eval()


def faces(count=2, size=32, seed=1):
    noise = torch.Generator().manual_seed(seed)
    image = torch.rand(count, 3, size, size, generator=noise) * 2 - 1
    labels = torch.tensor([[1.0, 0.0], [0.0, 0.0]]).repeat(count // 2, 1)
    return Faces(image, torch.ones(count, 1, size, size), labels)


def turned(faces):
    return faces[torch.arange(len(faces)).roll(1)]


@pytest.mark.parametrize("strength", [1.0, 0.5])
@pytest.mark.parametrize("label", [0.0, 1.0])
def test_a_label_comes_in_as_minus_or_plus_its_strength(label, strength):
    """A decoder of one layer, blind to the encoder: in the middle of the image 4 of the kernel's 16
    places meet in a pixel."""
    model = tiny(8, ("Mustache",), width=1, depth=1, shortcuts=0, injections=0, strength=strength)
    last = model.decoder.last
    nn.init.zeros_(last.weight)
    nn.init.constant_(last.weight[1], 0.1)  # channel 0 is the encoder's
    nn.init.constant_(last.bias, 0.2)
    source = Faces(torch.zeros(1, 3, 8, 8))
    edit = model.edit(source, source, torch.tensor([[label]]))
    signed = strength if label else -strength
    expected = torch.full((1, 3, 6, 6), math.tanh(4 * 0.1 * signed + 0.2))
    torch.testing.assert_close(edit.completed[..., 1:-1, 1:-1], expected)


def test_training_draws_the_edit_and_the_source_by_its_own_labels():
    model, source = tiny(), faces()
    exemplar = turned(source)
    edit = model(source, exemplar, exemplar.attributes)
    wanted = [model.edit(source, exemplar, y).completed for y in (edit.wanted, source.attributes)]
    torch.testing.assert_close(edit.completed, wanted[0])
    torch.testing.assert_close(edit.reconstruction, wanted[1])
    assert not torch.allclose(edit.completed[0], edit.reconstruction[0])  # their labels differ


def test_the_encoder_runs_once_and_knows_no_labels():
    model, source = tiny(), faces()
    runs = []
    model.encoder.register_forward_hook(lambda *call: runs.append(call[1]))
    model(source, turned(source), None)
    ((image,),) = runs
    assert image is source.image


def test_both_images_are_normed_together():
    """In training what is wanted of the edit moves the reconstruction, too; in use nothing does."""
    source = faces(4)
    asked = [torch.full((4, 2), label) for label in (0.0, 1.0)]
    trained, used = (
        [tiny().train(training)(source, source, wanted).reconstruction for wanted in asked]
        for training in (True, False)
    )
    assert not torch.allclose(*trained)
    torch.testing.assert_close(*used)


def test_of_the_exemplar_only_the_labels_are_seen():
    model, source = tiny(), replace(faces(), attributes=None)
    exemplar = turned(faces(seed=2))
    edit = model.edit(source, exemplar)
    assert torch.equal(edit.wanted, exemplar.attributes)
    bare = replace(exemplar, image=torch.zeros_like(exemplar.image), attributes=None)
    again = model.edit(source, bare, exemplar.attributes)
    assert torch.equal(again.completed, edit.completed)


@pytest.mark.parametrize("injections", [0, 1])
@pytest.mark.parametrize("shortcuts", [0, 1])
def test_what_comes_in_after_the_first_layer(shortcuts, injections):
    """The first layer is muted: what the image still depends on has come in behind it."""
    model, source = tiny(shortcuts=shortcuts, injections=injections), faces()
    norm = model.decoder.layers[0][1]
    nn.init.zeros_(norm.weight)
    image = source.image.clone().requires_grad_(True)
    labels = torch.rand(2, 2).requires_grad_(True)
    model.edit(replace(source, image=image), source, labels).completed.square().sum().backward()
    assert bool(image.grad.any()) == bool(shortcuts)
    assert bool(labels.grad.any()) == bool(injections)


@pytest.mark.parametrize("shortcuts", [0, 1, 2])
def test_which_of_the_encoders_maps_the_decoder_takes(shortcuts):
    """The deepest, and of the others so many as there are shortcuts, from below."""
    model = tiny(shortcuts=shortcuts)
    maps = [m.detach().requires_grad_(True) for m in model.encoder(faces().image)]
    assert [tuple(m.shape[1:]) for m in maps] == [(16, 4, 4), (8, 8, 8), (4, 16, 16)]
    model.decoder(maps[0], maps[1:], torch.ones(2, 2)).sum().backward()
    assert [m.grad is not None for m in maps] == [place <= shortcuts for place in range(3)]


def test_training_needs_the_sources_labels_and_use_needs_wanted_ones():
    model, unknown = tiny(), replace(faces(), attributes=None)
    with pytest.raises(ValueError, match="nobody says what the sources show"):
        model(unknown, faces(), None)
    with pytest.raises(ValueError, match="nobody says what the exemplars show"):
        model.edit(faces(), unknown)


@pytest.mark.parametrize("name", ["shortcuts", "injections"])
def test_more_shortcuts_or_injections_than_layers(name):
    with pytest.raises(ValueError, match=f"not {name} = 3: take at most 2"):
        tiny(**{name: 3})


def test_a_size_that_cannot_be_halved_so_often():
    with pytest.raises(ValueError, match="40 pixels cannot be halved 4 times"):
        tiny(40, depth=4)
