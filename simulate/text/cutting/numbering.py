"""The numbers of words: of a small text without the loop of `tokenizing`.

They are in the order of first appearance, but where they go to a shelf (`simulate.text.spilling.words.vocabulary`).
"""

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
        found: np.ndarray = self._whole().ids(block, character_classes(self._unit))
        return found

    def _whole(self) -> Any:
        """The table, with the words met so far in it."""
        if self._table is None:
            self._table = self._make()
            known = self._few.texts()
            self._table.admit(" ".join(known).encode(), character_classes(self._unit))
            assert self._table.count == len(known)
        return self._table

    def packed(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The words by id: their bytes one after the other, where each ends (int64), and their hashes (uint64)."""
        found: tuple[np.ndarray, np.ndarray, np.ndarray] = self._whole().packed()
        return found

    def some(self, ids: np.ndarray) -> list[str]:
        """The words that have these `ids`."""
        if self._table is None:
            known = self._few.texts()
            return [known[one] for one in ids.tolist()]
        pool, ends, _ = self._table.packed()
        begins = np.concatenate([np.zeros(1, np.int64), ends])
        places = zip(begins[ids].tolist(), ends[ids].tolist(), strict=True)
        return [pool[first:end].tobytes().decode("utf-8") for first, end in places]

    def texts(self) -> tuple[str, ...]:
        """The words, by id."""
        found: tuple[str, ...] = self._few.texts() if self._table is None else self._table.texts()
        return found

    def later(self, ids: Any, shelf: Any) -> Any:
        """`ids` of words, where the table gave other numbers before all was read: made of these when asked for."""
        return ids if self._table is None else self._table.later(ids, shelf)
