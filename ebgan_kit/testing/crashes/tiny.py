"""The recipe whose runs are killed: tiny, and with all that a checkpoint holds."""

RECIPE = """\
name = "tiny"
seed = 0

[model]
use = "ebgan"
code = 2

[data]
use = "synthetic"
size = 32
count = 16

[mask]
use = "region"
regions = ["mouth"]

[pairing]
use = "shuffle"
group = 2

[augment.faces]
use = "noise"

[encoder]
use = "conv"
width = 2
depth = 2

[generator]
use = "encoder-decoder"
width = 2
depth = 2
blocks = 0

[discriminator]
use = "patch"
width = 2
depth = 2

[adversarial]
use = "bce"

[loss.reconstruction]
weight = 100

[watch.jsonl]

[train]
images = 32
batch = 4
log_every = 12
checkpoint_every = 8
device = "cpu"
precision = "float32"
"""
"""Eight steps and four checkpoints, of which two are kept; a report lies between two of them."""
