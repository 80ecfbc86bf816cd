"""Cuts the fonts of the pages out of the full variable fonts; see README.md."""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

OUT = Path(__file__).parents[2] / "public/fonts"
# ASCII, and the signs that the product's own texts use.
COMMON = set(range(0x20, 0x7F)) | set(map(ord, "\u00a0°±µ·×–—‘’“”•…′‹›€↑↓−"))


def cut(source: Path) -> None:
    weights = instancer.instantiateVariableFont(TTFont(source), {"wght": (400, 400, 600)})
    all_characters = set(weights.getBestCmap())
    limited = OUT / f"{source.stem}.tmp.ttf"
    weights.save(limited)
    for ending, characters in [("", COMMON & all_characters), ("-ext", all_characters - COMMON)]:
        options = subset.Options(flavor="woff2", hinting=False, notdef_outline=True)
        options.layout_features = ["kern", "mark", "mkmk", "ccmp", "liga", "locl", "tnum"]
        font = TTFont(limited)
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=characters)
        subsetter.subset(font)
        font.flavor = "woff2"
        font.save(OUT / f"{source.stem}{ending}.woff2")
    limited.unlink()


for name in sys.argv[1:]:
    cut(Path(name))
