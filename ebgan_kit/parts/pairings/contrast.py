"""A pairing in which a face is also rebuilt from a picture of its person that is otherwise."""

from __future__ import annotations

from ebgan_kit.parts.pairings.person import Person


class Contrast(Person):
    """`person`, but a mate differs from its face in one of the model's attributes.

    Att-EBGAN rebuilds the face from the mate's code, filtered by the face's own attributes. A mate
    that smiles rebuilds a face that does not: so no block but the smile's can carry the smile. A
    mate without one rebuilds a face that smiles: so a block opens on faces that lack its attribute.
    Attributes of both come back as they are. `model.borrow` asks for the same from strangers, whose
    lipsticks are of another hue; with mates it may be small.

    A photograph's mate is the person's other one that differs in the fewest of the attributes, but
    in one at least, and is nearest otherwise; without one a face is its own mate.

    `share`: how many of the faces give way to their mates. `group`: as for `shuffle`.
    """

    differ = True
