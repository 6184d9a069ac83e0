"""A loss on the tint of a region: a whole plugin of ebgan-kit."""

from ebgan_kit import hookimpl


def tint(image, region):
    """[B, 3]: the region's mean colour, without its brightness."""
    colour = image.float() - image.float().mean(1, keepdim=True)
    return (colour * region).sum((2, 3)) / region.sum((2, 3)).clamp(min=1)


def hue(edit, networks, *, squared: bool = False):
    """Distance between the tints of the completed region and of the exemplar's."""
    there = tint(edit.exemplar.image, edit.exemplar.region)
    distance = (tint(edit.completed, edit.source.region) - there).abs()
    return (distance**2 if squared else distance).mean()


@hookimpl
def register(add):
    add.loss(hue=hue)
