"""The kit's own parts, offered through the same hook as anyone's.

Each is named by its place, so that a recipe loads its own parts alone: most of them import torch.
"""

from __future__ import annotations

from ebgan_kit.hookspecs import hookimpl


@hookimpl
def register(add):
    add.data(
        synthetic="ebgan_kit.data.synthetic:Synthetic",
        celeba="ebgan_kit.data.celeba:Celeba",
        celebamask_hq="ebgan_kit.data.celebamask_hq:CelebaMaskHq",
        folder="ebgan_kit.data.folder:Folder",
        packed="ebgan_kit.data.packed:Packed",
    )
    add.mask(
        region="ebgan_kit.masks.region:region",
        box="ebgan_kit.masks.shapes:box",
        freeform="ebgan_kit.masks.shapes:freeform",
        file="ebgan_kit.masks.file:File",
        whole="ebgan_kit.masks.shapes:whole",
        any_of="ebgan_kit.masks.any_of:AnyOf",
    )
    add.augment(
        jitter="ebgan_kit.augment.jitter:jitter",
        noise="ebgan_kit.augment.noise:noise",
    )
    add.pairing(
        shuffle="ebgan_kit.pairings.shuffle:shuffle",
        opposite="ebgan_kit.pairings.opposite:Opposite",
    )
    add.model(
        ebgan="ebgan_kit.models.ebgan:Ebgan",
        att_ebgan="ebgan_kit.models.att_ebgan:AttEbgan",
        judge="ebgan_kit.models.judge:Judge",
    )
    add.encoder(
        conv="ebgan_kit.encoders.conv:Conv",
        timm="ebgan_kit.encoders.timm:Timm",
    )
    add.generator(
        encoder_decoder="ebgan_kit.generators.encoder_decoder:EncoderDecoder",
        unet="ebgan_kit.generators.unet:UNet",
        window="ebgan_kit.generators.window:Window",
    )
    add.discriminator(
        conv6="ebgan_kit.discriminators.conv6:Conv6",
        patch="ebgan_kit.discriminators.patch:Patch",
    )
    add.classifier(
        conv="ebgan_kit.classifiers.conv:Conv",
        timm="ebgan_kit.classifiers.timm:Timm",
    )
    add.adversarial(
        bce="ebgan_kit.adversarial.logistic:BCE",
        hinge="ebgan_kit.adversarial.hinge:Hinge",
        softplus="ebgan_kit.adversarial.logistic:Softplus",
        wgan_gp="ebgan_kit.adversarial.wasserstein:WganGp",
    )
    add.loss(
        reconstruction="ebgan_kit.losses.reconstruction:reconstruction",
        cycle="ebgan_kit.losses.cycle:cycle",
        attribute="ebgan_kit.losses.attribute:Attribute",
        classification="ebgan_kit.losses.classification:classification",
    )
    add.optimizer(
        adam="ebgan_kit.optimizers.adam:adam",
        rmsprop="ebgan_kit.optimizers.rmsprop:rmsprop",
    )
    add.schedule(
        constant="ebgan_kit.schedules.factors:constant",
        linear="ebgan_kit.schedules.factors:linear",
        cosine="ebgan_kit.schedules.factors:cosine",
        staircase="ebgan_kit.schedules.factors:staircase",
    )
    add.watch(
        progress="ebgan_kit.watchers.progress:Progress",
        jsonl="ebgan_kit.watchers.jsonl:Jsonl",
        samples="ebgan_kit.watchers.samples:Samples",
        tracker="ebgan_kit.watchers.tracker:Tracker",
    )
