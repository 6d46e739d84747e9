"""Whether a text writes accents into its letters or behind them: Unicode forms NFC and NFD, whose windows differ.

é is one code point (U+00E9) in NFC and two in NFD, e and U+0301; a Korean syllable is one, or two or three. A text that
came by way of names of files of macOS, or of some extractors, is in NFD, and beside one in NFC everything with an
accent looks new. What NFC would join of a text, and what NFD would take apart, is counted in stretches of it at even
distances (Unicode Standard Annex 15).
"""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

import numpy as np

from simulate.text.cutting.numbering import Words
from simulate.text.cutting.units import WORDS

LEAST = 20
"""Accents that say how a text writes them."""

CLEAR = 0.1
"""Part of them that may be written in the other way."""

_STRETCHES = 16
_UNITS, _WORDS = 1 << 17, 1 << 12
"""Units of a stretch: bytes or characters, and words."""


class Accents(NamedTuple):
    """How many code points less NFC would have, and how many more NFD."""

    behind: int
    joined: int

    @property
    def form(self) -> str:
        """NFC or NFD, or nothing where too few say so or they do not agree."""
        if self.joined >= LEAST and self.behind <= CLEAR * self.joined:
            return "NFC"
        return "NFD" if self.behind >= LEAST and self.joined <= CLEAR * self.behind else ""


def accents_of(ids: np.ndarray, unit: str, table: Words | None) -> Accents:
    """The accents of a text by its units: bytes, characters, or words, whose text is in `table`."""
    size = _WORDS if unit in WORDS else _UNITS
    places = np.unique(np.linspace(0, max(len(ids) - size, 0), _STRETCHES).astype(np.int64))
    behind = joined = 0
    for place in places.tolist():
        text = _text_of(np.asarray(ids[place : place + size]), unit, table)
        if not text.isascii():
            behind += len(text) - len(unicodedata.normalize("NFC", text))
            joined += len(unicodedata.normalize("NFD", text)) - len(text)
    return Accents(behind, joined)


def _text_of(ids: np.ndarray, unit: str, table: Words | None) -> str:
    if unit == "byte":
        return ids.tobytes().decode("utf-8", errors="ignore")  # a stretch may begin and end within a letter
    if unit not in WORDS:
        return ids.astype("<u4").tobytes().decode("utf-32-le", errors="ignore")
    assert table is not None
    words = table.some(ids)
    # Some units cut a mark off the letter that it stands behind.
    return "".join(word if unicodedata.combining(word[0]) else f" {word}" for word in words)
