"""The numbers of words, in the order of first appearance: of a small text without the loop of `tokenizing`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from simulate.text.cutting.characters import character_classes
from simulate.text.small import size
from simulate.text.small.words import Vocabulary

_BYTES = 128
"""Bytes that a byte of text makes a `WordTable` take at most, while it grows."""


class Words:
    """Words of one `unit`, each with an id, as the text comes.

    A text is small until it has more bytes than that, or was told to be `large`; its words are in the table that `make`
    makes from then on, under the same ids. `room` is what that table may take, in bytes.
    """

    def __init__(self, unit: str, make: Callable[[], Any], room: float = float("inf")) -> None:
        self._unit, self._make = unit, make
        self._left: float = min(size.MOST_BYTES, room / _BYTES)
        self._few = Vocabulary(unit)
        self._table: Any = None

    def large(self) -> None:
        """What comes is no small text."""
        self._left = 0

    def ids(self, block: bytes | bytearray) -> np.ndarray:
        """Ids (int32) of the words in `block`, which is valid UTF-8 and starts and ends between words."""
        self._left -= len(block)
        if self._table is None and self._left >= 0:
            return self._few.ids(block)
        if self._table is None:
            self._table = self._make()
            known = self._few.texts()
            self._table.ids(" ".join(known).encode(), character_classes(self._unit))
            assert self._table.count == len(known)
        found: np.ndarray = self._table.ids(block, character_classes(self._unit))
        return found

    def texts(self) -> tuple[str, ...]:
        """The words, by id."""
        found: tuple[str, ...] = self._few.texts() if self._table is None else self._table.texts()
        return found

    def resolved(self, ids: Any, shelf: Any) -> Any:
        """`ids` of words, where the table gave other numbers for want of room."""
        return ids if self._table is None else self._table.resolved(ids, shelf)
