"""Which texts are small: those that are counted before numba is loaded, and long before loops are compiled."""

from __future__ import annotations

import os
from collections.abc import Iterable

MOST_UNITS = 1 << 20
"""Units of a text that is small, those of each length of window anew: it takes as long as loading the loops."""

MOST_BYTES = 1 << 21
"""Bytes of words that are cut as a small text."""


def is_small(n_units: int, n_lengths: int) -> bool:
    """Whether windows of so many lengths of so many units are counted sooner without compiled loops."""
    return n_units * n_lengths <= MOST_UNITS


def may_be_small(paths: Iterable[str]) -> bool:
    """Whether files may hold a small text, all together: what they are read from says how large it is at least."""
    total = 0
    for path in paths:
        try:
            total += os.stat(path).st_size
        except OSError:  # an address, a pipe, or nothing: whoever reads it says so
            continue
        if total > MOST_BYTES:
            return False
    return True
