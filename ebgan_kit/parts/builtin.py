"""The kit's own parts, offered through the same hook as anyone's.

Each is named by its place, so that a recipe loads its own parts alone: most of them import torch.
"""

from __future__ import annotations

from ebgan_kit.registry.hookspecs import hookimpl


@hookimpl
def register(add):
    add.data(
        synthetic="ebgan_kit.parts.data.synthetic.synthetic:Synthetic",
        celeba="ebgan_kit.parts.data.celeba:Celeba",
        celebamask_hq="ebgan_kit.parts.data.celebamask_hq:CelebaMaskHq",
        folder="ebgan_kit.parts.data.folder:Folder",
        portraits="ebgan_kit.parts.data.portraits.portraits:Portraits",
        packed="ebgan_kit.parts.data.cache.packed:Packed",
        dataset="ebgan_kit.parts.data.dataset:Dataset",
    )
    add.mask(
        region="ebgan_kit.parts.masks.region:region",
        box="ebgan_kit.parts.masks.shapes:box",
        freeform="ebgan_kit.parts.masks.shapes:freeform",
        file="ebgan_kit.parts.masks.file:File",
        whole="ebgan_kit.parts.masks.shapes:whole",
        any_of="ebgan_kit.parts.masks.any_of:AnyOf",
    )
    add.augment(
        jitter="ebgan_kit.parts.augment.jitter:jitter",
        kornia="ebgan_kit.parts.augment.kornia:Kornia",
        noise="ebgan_kit.parts.augment.noise:noise",
    )
    add.pairing(
        shuffle="ebgan_kit.parts.pairings.shuffle:shuffle",
        opposite="ebgan_kit.parts.pairings.opposite:Opposite",
        person="ebgan_kit.parts.pairings.person:Person",
        contrast="ebgan_kit.parts.pairings.contrast:Contrast",
    )
    add.model(
        ebgan="ebgan_kit.parts.models.ebgan:Ebgan",
        att_ebgan="ebgan_kit.parts.models.att_ebgan:AttEbgan",
        judge="ebgan_kit.parts.models.judge:Judge",
    )
    add.encoder(
        conv="ebgan_kit.parts.encoders.conv:Conv",
        timm="ebgan_kit.parts.encoders.timm:Timm",
    )
    add.generator(
        encoder_decoder="ebgan_kit.parts.generators.encoder_decoder:EncoderDecoder",
        unet="ebgan_kit.parts.generators.unet:UNet",
        window="ebgan_kit.parts.generators.window:Window",
        guided="ebgan_kit.parts.generators.guided:Guided",
    )
    add.discriminator(
        conv6="ebgan_kit.parts.discriminators.conv6:Conv6",
        patch="ebgan_kit.parts.discriminators.patch:Patch",
    )
    add.classifier(
        conv="ebgan_kit.parts.classifiers.conv:Conv",
        timm="ebgan_kit.parts.classifiers.timm:Timm",
    )
    add.adversarial(
        bce="ebgan_kit.parts.adversarial.logistic:BCE",
        hinge="ebgan_kit.parts.adversarial.hinge:Hinge",
        relativistic="ebgan_kit.parts.adversarial.relativistic:Relativistic",
        softplus="ebgan_kit.parts.adversarial.logistic:Softplus",
        wgan_gp="ebgan_kit.parts.adversarial.wasserstein:WganGp",
    )
    add.loss(
        reconstruction="ebgan_kit.parts.losses.reconstruction:reconstruction",
        cycle="ebgan_kit.parts.losses.cycle:cycle",
        attribute="ebgan_kit.parts.losses.attribute:Attribute",
        classification="ebgan_kit.parts.losses.classification:classification",
        perceptual="ebgan_kit.parts.losses.perceptual:Perceptual",
    )
    add.optimizer(
        adam="ebgan_kit.parts.optimizers.adam:adam",
        rmsprop="ebgan_kit.parts.optimizers.rmsprop:rmsprop",
    )
    add.schedule(
        constant="ebgan_kit.parts.schedules.factors:constant",
        linear="ebgan_kit.parts.schedules.factors:linear",
        cosine="ebgan_kit.parts.schedules.factors:cosine",
        staircase="ebgan_kit.parts.schedules.factors:staircase",
    )
    add.watch(
        progress="ebgan_kit.parts.watchers.progress:Progress",
        jsonl="ebgan_kit.parts.watchers.jsonl:Jsonl",
        samples="ebgan_kit.parts.watchers.samples:Samples",
        tracker="ebgan_kit.parts.watchers.tracker:Tracker",
    )
