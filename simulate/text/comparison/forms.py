"""Whether a text writes accents into its letters or behind them: Unicode forms NFC and NFD, whose windows differ.

é is one code point (U+00E9) in NFC and two in NFD, e and U+0301; a Korean syllable is one, or two or three. A text that
came by way of names of files of macOS, or of some extractors, is in NFD, and beside one in NFC everything with an
accent looks new. What NFC would join of a text, and what NFD would take apart, is counted in stretches of it at even
distances (Unicode Standard Annex 15).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
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


def accents_of(texts: Iterable[str]) -> Accents:
    """The accents of stretches of text."""
    behind = joined = 0
    for text in texts:
        if not text.isascii():
            behind += len(text) - len(unicodedata.normalize("NFC", text))
            joined += len(unicodedata.normalize("NFD", text)) - len(text)
    return Accents(behind, joined)


def stretches(n_units: int, unit: str) -> list[tuple[int, int]]:
    """First unit and length of the stretches of a text of `n_units` that are looked at."""
    size = _WORDS if unit in WORDS else _UNITS
    places = np.unique(np.linspace(0, max(n_units - size, 0), _STRETCHES).astype(np.int64))
    return [(place, min(size, n_units - place)) for place in places.tolist()]


def texts_of(ids: np.ndarray, unit: str, table: Words | None) -> Iterator[str]:
    """Their text, by the units of a whole text: bytes, characters, or words, whose text is in `table`."""
    for place, size in stretches(len(ids), unit):
        some = np.asarray(ids[place : place + size])
        if table is None:
            yield text_of(some, unit)
        else:
            yield text_of_words(table.some(some))


def text_of(ids: np.ndarray, unit: str) -> str:
    """The text of bytes or characters."""
    if unit == "byte":
        return ids.tobytes().decode("utf-8", errors="ignore")  # a stretch may begin and end within a letter
    return ids.astype("<u4").tobytes().decode("utf-32-le", errors="ignore")


def text_of_words(words: Iterable[str]) -> str:
    """The text of words."""
    # Some units cut a mark off the letter that it stands behind.
    return "".join(word if unicodedata.combining(word[0]) else f" {word}" for word in words)
