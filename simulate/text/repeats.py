"""Whether a text holds much of itself more than once, as where it was joined with a copy: `repeated_part`.

Stretches of text at even distances are looked for in all the rest. A copy brings no new window, so that growth seems
to end, and blocks that are copies of each other say nothing of how texts vary.
"""

from __future__ import annotations

import numpy as np

PROBES = 16
"""Stretches that are looked for."""

SIZEABLE = 0.5
"""Part of them that is worth a sentence when it is found again."""

_LENGTH = {"byte": 200, "char": 200}
_WORDS = 32
_SLAB, _FIRST = 1 << 22, 4

_LARGE = 1 << 21
"""Units from which on a loop that has to be loaded is worth it."""


def stretch_length(unit: str) -> int:
    """Units of a stretch that neither chance nor a set phrase repeats: 32 words, or 200 bytes or characters."""
    return _LENGTH.get(unit, _WORDS)


def probed(n_units: int, unit: str) -> list[int]:
    """Where the stretches begin that are looked for in a text of `n_units`; none where it is too short to say."""
    length = stretch_length(unit)
    if n_units < 2 * PROBES * length:
        return []
    places: list[int] = np.linspace(0, n_units - length, PROBES).astype(np.int64).tolist()
    return places


def sample_step(n_units: int) -> int:
    """Every how many units one is taken to know which are rare."""
    return max(1, n_units >> 16)


def repeated_part(ids: np.ndarray, unit: str) -> float:
    """Part of `PROBES` stretches of `ids` that stands in them once more; nan where the text is too short to say.

    A stretch is 32 words, or 200 bytes or characters, long enough for chance and set phrases to repeat none.
    """
    length, places = stretch_length(unit), probed(len(ids), unit)
    if not places:
        return float("nan")
    if len(ids) >= _LARGE:
        from simulate.text.comparison.again import stand_again  # numba, which a short text does without

        return float(np.mean(stand_again(ids, places, length)))
    sample = np.sort(ids[:: sample_step(len(ids))])
    return sum(stands_in(ids, place, ids[place : place + length], sample) for place in places) / PROBES


def note_of_repeats(ids: np.ndarray, unit: str) -> list[str]:
    """A sentence where `SIZEABLE` or more of the stretches stand again."""
    return note_of_part(repeated_part(ids, unit))


def note_of_part(part: float) -> list[str]:
    """A sentence where this `part` of the stretches is `SIZEABLE`."""
    if not part >= SIZEABLE:
        return []
    return [
        f"much of this text stands in it more than once, word for word ({round(part * PROBES)} of {PROBES} stretches "
        "that were looked for): a copy brings nothing new, so that growth and its exponent are those of a text with "
        "copies; give each text once"
    ]


def stands_in(ids: np.ndarray, place: int, wanted: np.ndarray, sample: np.ndarray) -> bool:
    """Whether `wanted` stands anywhere in `ids` but at `place`; its rarest unit in `sample` is looked for.

    `ids` may be a part of a text, and `place` beyond it.
    """
    length = len(wanted)
    often = np.searchsorted(sample, wanted, side="right") - np.searchsorted(sample, wanted, side="left")
    rarest = int(np.argmin(often))
    last = len(ids) - length + 1
    for start in range(0, last, _SLAB):  # what is compared at a time stays small
        slab = ids[start : min(start + _SLAB, last) + length - 1]
        found = np.flatnonzero(slab[rarest : len(slab) - length + 1 + rarest] == wanted[rarest])
        here = place - start
        if _any_equal(slab, found[:_FIRST], here, wanted):  # at once where a text repeats a line over and over
            return True
        for step in range(length):
            if len(found) <= _FIRST:
                break
            found = found[slab[found + step] == wanted[step]]
        if _any_equal(slab, found[:_FIRST], here, wanted):
            return True
    return False


def _any_equal(slab: np.ndarray, found: np.ndarray, place: int, wanted: np.ndarray) -> bool:
    return any(at != place and np.array_equal(slab[at : at + len(wanted)], wanted) for at in found.tolist())
