"""A tiny recipe: two networks of a few hundred weights on sixteen drawn faces."""

DATA = """\
[data]
use = "synthetic"
size = 64
count = 16

[mask]
use = "region"
regions = ["mouth"]

[encoder]
use = "conv"
width = 4
max_channels = 8

[generator]
use = "encoder-decoder"
width = 4
max_channels = 8
blocks = 1

"""
"""Faces, their regions, and the halves of a model."""

TABLES = f"""\
name = "tiny"
seed = 0

[model]
use = "ebgan"
code = 4

{DATA}\
[discriminator]
use = "conv6"
width = 4
max_channels = 8

[adversarial]
use = "bce"

[loss.reconstruction]
weight = 100

[loss.cycle]
weight = 10

"""
"""All of the recipe but [watch] and [train]."""
