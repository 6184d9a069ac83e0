"""The mark of an edited picture: its metadata say that a model edited it, and which one."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ebgan_kit.errors import UsageError
from ebgan_kit.modelfile.file import ModelFile

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
"""IPTC's term for a picture of which a trained model made a part."""

LONGEST = 200
"""Characters of a model's name, at most: a JPEG has 64 KiB for all."""

_KINDS = ("PNG", "JPEG", "WEBP", "TIFF")
"""Pillow's names of the formats that hold a mark."""

_TIFF_XMP = 700
"""The tag of XMP in a TIFF."""

_NO_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# Nothing here is of the moment, so that the same edit gives the same bytes again. The two fields of
# the model are those of IPTC's standard 2025.1. The packet's id is the same in all XMP.
_XMP = """\
<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">
   <xmp:CreatorTool>ebgan-kit {kit}</xmp:CreatorTool>
   <Iptc4xmpExt:DigitalSourceType>{source_type}</Iptc4xmpExt:DigitalSourceType>
   <Iptc4xmpExt:AISystemUsed>{model}</Iptc4xmpExt:AISystemUsed>
   <Iptc4xmpExt:AISystemVersionUsed>sha256:{sha256}</Iptc4xmpExt:AISystemVersionUsed>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


@dataclass(frozen=True)
class Mark:
    """The words in a picture's metadata (XMP) that say which model edited it."""

    model: str
    """Its name, as its recipe says it."""
    sha256: str
    """Of the model file."""

    @classmethod
    def of(cls, model: ModelFile | Path | str) -> Mark:
        """Return the mark of a model file; UsageError where it cannot be opened."""
        file = ModelFile.open(model)
        return cls(str(file.header.recipe["name"]), file.sha256)

    def xmp(self) -> bytes:
        """Return the mark as an XMP packet, which is the same each time."""
        model = escape(_NO_XML.sub("\ufffd", self.model[:LONGEST]))
        kit = version("ebgan-kit")
        text = _XMP.format(kit=kit, source_type=SOURCE_TYPE, model=model, sha256=self.sha256)
        return text.encode()

    def options(self, kind: str) -> dict[str, Any]:
        """Return the options by which Pillow's `Image.save` writes the mark.

        `kind`: Pillow's name of the format, PNG, JPEG, WEBP or TIFF. UsageError for another one.
        """
        if not holds_mark(kind):
            raise UsageError(f"{kind}: holds no mark: write one of {', '.join(_KINDS)}")
        if kind == "TIFF":
            return {"tiffinfo": {_TIFF_XMP: self.xmp()}}
        if kind == "PNG":
            chunks = PngInfo()
            chunks.add_itxt("XML:com.adobe.xmp", self.xmp().decode())
            return {"pnginfo": chunks}
        return {"xmp": self.xmp()}


def holds_mark(kind: str) -> bool:
    """Tell whether files of a format, by Pillow's name of it, can hold a mark."""
    return kind in _KINDS


def warn_unmarked(written: Path) -> None:
    """Warn that a file which was to be marked could not be, where its format holds no mark."""
    if not holds_mark(Image.registered_extensions()[written.suffix.lower()]):
        warnings.warn(
            f"{written}: {written.suffix[1:].upper()} holds no metadata, so the picture does not "
            f"say that it is edited: write to {written.with_suffix('.png').name}",
            stacklevel=2,
        )
