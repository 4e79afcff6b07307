"""Arabic letter folding: one small table, exactly what camel-tools' normalisation does.

camel-tools (Obeid et al. 2020, https://aclanthology.org/2020.lrec-1.868) is the field's reference for Arabic
pre-processing. ``FOLD`` is the composition of four of its functions, applied in this order::

    normalize_alef_maksura_ar   ى -> ي
    normalize_alef_ar           أ إ آ ٱ -> ا
    normalize_teh_marbuta_ar    ة -> ه
    dediac_ar                   tashkeel and dagger alef are dropped

Each of them maps single code points, so their composition is a table, and the table is all that classifying and
training need at run time. ``python -m evolunteer_nlp.text.letters`` composes it again from an installed camel-tools
and says whether it is still equal; a test does the same on every code point and on real words.
"""

from collections.abc import Mapping
from types import MappingProxyType

FOLD: Mapping[str, str] = MappingProxyType(
    {
        "\N{ARABIC LETTER ALEF WITH MADDA ABOVE}": "\N{ARABIC LETTER ALEF}",
        "\N{ARABIC LETTER ALEF WITH HAMZA ABOVE}": "\N{ARABIC LETTER ALEF}",
        "\N{ARABIC LETTER ALEF WITH HAMZA BELOW}": "\N{ARABIC LETTER ALEF}",
        "\N{ARABIC LETTER ALEF WASLA}": "\N{ARABIC LETTER ALEF}",
        "\N{ARABIC LETTER TEH MARBUTA}": "\N{ARABIC LETTER HEH}",
        "\N{ARABIC LETTER ALEF MAKSURA}": "\N{ARABIC LETTER YEH}",
        "\N{ARABIC FATHATAN}": "",
        "\N{ARABIC DAMMATAN}": "",
        "\N{ARABIC KASRATAN}": "",
        "\N{ARABIC FATHA}": "",
        "\N{ARABIC DAMMA}": "",
        "\N{ARABIC KASRA}": "",
        "\N{ARABIC SHADDA}": "",
        "\N{ARABIC SUKUN}": "",
        "\N{ARABIC LETTER SUPERSCRIPT ALEF}": "",
    }
)
"""Code point -> its folded form (empty: dropped). Code points that are not here stay as they are."""

LOOKALIKES: Mapping[str, str] = MappingProxyType(
    {
        "\N{ARABIC LETTER FARSI YEH}": "\N{ARABIC LETTER YEH}",
        "\N{ARABIC LETTER YEH BARREE}": "\N{ARABIC LETTER YEH}",
        "\N{ARABIC LETTER E}": "\N{ARABIC LETTER YEH}",
        "\N{ARABIC LETTER KEHEH}": "\N{ARABIC LETTER KAF}",
        "\N{ARABIC LETTER SWASH KAF}": "\N{ARABIC LETTER KAF}",
        "\N{ARABIC LETTER KAF WITH RING}": "\N{ARABIC LETTER KAF}",
        "\N{ARABIC LETTER HEH GOAL}": "\N{ARABIC LETTER HEH}",
        "\N{ARABIC LETTER HEH DOACHASHMEE}": "\N{ARABIC LETTER HEH}",
        "\N{ARABIC LETTER HEH WITH YEH ABOVE}": "\N{ARABIC LETTER HEH}",
        "\N{ARABIC LETTER AE}": "\N{ARABIC LETTER HEH}",
        "\N{ARABIC LETTER TEH MARBUTA GOAL}": "\N{ARABIC LETTER HEH}",
        "\N{ARABIC LETTER TTEHEH}": "\N{ARABIC LETTER TEH}",
        "\N{ARABIC LETTER TEH WITH RING}": "\N{ARABIC LETTER TEH}",
        "\N{ARABIC LETTER NOON GHUNNA}": "\N{ARABIC LETTER NOON}",
        "\N{ARABIC LETTER OE}": "\N{ARABIC LETTER WAW}",
        "\N{ARABIC LETTER WAW WITH RING}": "\N{ARABIC LETTER WAW}",
        "\N{ARABIC LETTER HIGH HAMZA ALEF}": "\N{ARABIC LETTER ALEF}",
        "\N{ARABIC LETTER ALEF WITH WAVY HAMZA ABOVE}": "\N{ARABIC LETTER ALEF}",
        "\N{ARABIC LETTER ALEF WITH WAVY HAMZA BELOW}": "\N{ARABIC LETTER ALEF}",
    }
)
"""Letters of other languages' keyboards, and of decorated nicknames, that stand for an Arabic one («یوم», «آللہ»).

Not part of camel-tools' normalisation. Letters that write sounds of the dialects (گ, چ, پ, ڤ, ڨ, ژ) are left alone.
"""


def compose_from_camel_tools() -> dict[str, str]:
    """Compose ``FOLD`` anew from the installed camel-tools, over every code point.

    Raises
    ------
    ImportError
        If camel-tools is not installed; it is a development dependency.
    """
    from camel_tools.utils.dediac import dediac_ar
    from camel_tools.utils.normalize import normalize_alef_ar, normalize_alef_maksura_ar, normalize_teh_marbuta_ar

    def fold(text: str) -> str:
        return str(dediac_ar(normalize_teh_marbuta_ar(normalize_alef_ar(normalize_alef_maksura_ar(text)))))

    return {char: fold(char) for char in map(chr, range(0x110000)) if fold(char) != char}


if __name__ == "__main__":
    composed = compose_from_camel_tools()
    differences = dict(composed.items() ^ FOLD.items())
    print(f"{len(composed)} code points; " + (f"different: {differences}" if differences else "equal to FOLD"))
    raise SystemExit(bool(differences))
