r"""The words of a small text by Python's `re` and a dictionary, as `simulate.text.cutting.units` has their patterns."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from simulate.text.cutting.characters import is_mark


class Vocabulary:
    """Words met so far, each with an id in the order of first appearance."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._ids: defaultdict[str, int] = defaultdict()
        self._ids.default_factory = self._ids.__len__

    def ids(self, block: bytes | bytearray) -> np.ndarray:
        """Ids (int32) of the words in `block`, which is valid UTF-8 and starts and ends between words."""
        text = str(block, "utf-8")
        words = re.findall(pattern(self._unit, text), text)
        return np.fromiter(map(self._ids.__getitem__, words), np.int32, len(words))

    def texts(self) -> tuple[str, ...]:
        """The words, by id."""
        return tuple(self._ids)


def pattern(unit: str, text: str) -> str:
    r"""The pattern of one of `WORDS` in this `text`: M of the table are the marks that it holds."""
    if unit == "space":
        return r"\S+"
    marks = "" if unit == "word" or text.isascii() else "".join(map(re.escape, _marks(set(text))))
    return rf"\w[\w{marks}]*|[^\w\s][{marks}]*" if marks else r"\w+|[^\w\s]"


def _marks(points: Iterable[str]) -> list[str]:
    return [point for point in points if not re.match(r"\w", point) and is_mark(point)]
