"""The kit's own parts, offered through the same hook as anyone's."""

from __future__ import annotations

from ebgan_kit.adversarial.hinge import Hinge
from ebgan_kit.adversarial.logistic import BCE, Softplus
from ebgan_kit.adversarial.wasserstein import WganGp
from ebgan_kit.augment.jitter import jitter
from ebgan_kit.augment.noise import noise
from ebgan_kit.classifiers.conv import Conv as ConvClassifier
from ebgan_kit.classifiers.timm import Timm as TimmClassifier
from ebgan_kit.data.celeba import Celeba
from ebgan_kit.data.celebamask_hq import CelebaMaskHq
from ebgan_kit.data.folder import Folder
from ebgan_kit.data.packed import Packed
from ebgan_kit.data.synthetic import Synthetic
from ebgan_kit.discriminators.conv6 import Conv6
from ebgan_kit.discriminators.patch import Patch
from ebgan_kit.encoders.conv import Conv
from ebgan_kit.encoders.timm import Timm
from ebgan_kit.generators.encoder_decoder import EncoderDecoder
from ebgan_kit.generators.unet import UNet
from ebgan_kit.generators.window import Window
from ebgan_kit.hookspecs import hookimpl
from ebgan_kit.losses.attribute import Attribute
from ebgan_kit.losses.classification import classification
from ebgan_kit.losses.cycle import cycle
from ebgan_kit.losses.reconstruction import reconstruction
from ebgan_kit.masks.any_of import AnyOf
from ebgan_kit.masks.file import File
from ebgan_kit.masks.region import region
from ebgan_kit.masks.shapes import box, freeform, whole
from ebgan_kit.models.att_ebgan import AttEbgan
from ebgan_kit.models.ebgan import Ebgan
from ebgan_kit.models.judge import Judge
from ebgan_kit.optimizers.adam import adam
from ebgan_kit.optimizers.rmsprop import rmsprop
from ebgan_kit.pairings.opposite import Opposite
from ebgan_kit.pairings.shuffle import shuffle
from ebgan_kit.schedules.factors import constant, cosine, linear, staircase
from ebgan_kit.watchers.jsonl import Jsonl
from ebgan_kit.watchers.progress import Progress
from ebgan_kit.watchers.samples import Samples
from ebgan_kit.watchers.tracker import Tracker


@hookimpl
def register(add):
    add.data(synthetic=Synthetic, celeba=Celeba, celebamask_hq=CelebaMaskHq)
    add.data(folder=Folder, packed=Packed)
    add.mask(region=region, box=box, freeform=freeform, file=File, whole=whole, any_of=AnyOf)
    add.augment(jitter=jitter, noise=noise)
    add.pairing(shuffle=shuffle, opposite=Opposite)
    add.model(ebgan=Ebgan, att_ebgan=AttEbgan, judge=Judge)
    add.encoder(conv=Conv, timm=Timm)
    add.generator(encoder_decoder=EncoderDecoder, unet=UNet, window=Window)
    add.discriminator(conv6=Conv6, patch=Patch)
    add.classifier(conv=ConvClassifier, timm=TimmClassifier)
    add.adversarial(bce=BCE, hinge=Hinge, softplus=Softplus, wgan_gp=WganGp)
    add.loss(reconstruction=reconstruction, cycle=cycle)
    add.loss(attribute=Attribute, classification=classification)
    add.optimizer(adam=adam, rmsprop=rmsprop)
    add.schedule(constant=constant, linear=linear, cosine=cosine, staircase=staircase)
    add.watch(progress=Progress, jsonl=Jsonl, samples=Samples, tracker=Tracker)
