"""Checks for the tests of a plugin: does a part keep what its kind promises?

    from ebgan_kit.testing import check_loss

    def test_the_contract():
        check_loss(sharpness, radius=2)

Each check takes the part itself, a function or class, and its keys. It raises AssertionError with
one sentence that says what is wrong and what the contract asks. What the kit would give to the part
is drawn; where a part needs something of its own it can be given by the name that the kind's call
has for it: `task`, `faces`, `edit`, `networks`.
"""

from ebgan_kit.testing.batches import check_augment, check_mask, check_pairing
from ebgan_kit.testing.data import check_data
from ebgan_kit.testing.drawn import drawn_edit, drawn_faces, drawn_networks
from ebgan_kit.testing.model import check_model
from ebgan_kit.testing.networks import (
    check_classifier,
    check_discriminator,
    check_encoder,
    check_generator,
)
from ebgan_kit.testing.running import check_optimizer, check_schedule, check_watch
from ebgan_kit.testing.terms import check_adversarial, check_loss

__all__ = [
    "check_adversarial",
    "check_augment",
    "check_classifier",
    "check_data",
    "check_discriminator",
    "check_encoder",
    "check_generator",
    "check_loss",
    "check_mask",
    "check_model",
    "check_optimizer",
    "check_pairing",
    "check_schedule",
    "check_watch",
    "drawn_edit",
    "drawn_faces",
    "drawn_networks",
]
