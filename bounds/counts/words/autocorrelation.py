"""Windows of a stream of equally likely letters: words sorted by how they overlap themselves.

How soon a word turns up in random text depends on the word only through its autocorrelation, the set of the
lengths at which its end is also its beginning. There are few such sets (4,399 for the 2^60 binary words of
length 60), so that sums over all A^l words are sums over classes.

| letter | meaning                                                                            | argument   |
|--------|------------------------------------------------------------------------------------|------------|
| A, l   | letters of the alphabet, letters in a window                                       | `alphabet`, `length` |
| D, T   | windows in the stream, T = D + l - 1 letters                                       | `n_windows` |
| π      | probability of one word, A^-l                                                      |            |
| ĉ(z)   | Σ (z/A)^j over the periods j < l of the word, 0 among them                         |            |
| g_t    | coefficients of 1/(π z^l + (1 - z) ĉ(z)); a word first ends at letter t with probability π g_{t-l} | |
| 1 + δ  | root of π z^l + (1 - z) ĉ(z) next to 1                                             |            |

The generating function is that of Guibas & Odlyzko 1981, "String overlaps, pattern matching, and nontransitive
games", in z/A. The number of distinct windows is Σ_w P(w occurs) = Σ_w π Σ_{t<D} g_t, and the next window is new
with probability Σ_w π g_D. All g_t are positive, so nothing cancels. The first g_t come from their recurrence; from
then on the root next to 1 gives them to rounding, as all other roots are at least 1.6 times as large.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

_STEPS = 96
"""g_t is computed by recurrence below this t. The other roots have left less than 1.6^-96 of it by then."""

_BITS = 60.0
"""From A^l = 2^60 on, overlaps change the sums over words by less than l A^-l, and all words count as one class."""

_BLOCK = 1 << 18
"""Numbers per temporary array."""


@functools.lru_cache(maxsize=32)
def classes(alphabet: int, length: int) -> dict[int, int]:
    """How many words of `length` letters have each set of borders; the set {b, …} is the integer Σ 2^b.

    A border of a word is a shorter beginning that is also its end. The words whose borders are b and those of a
    given border x of length b, and perhaps longer ones, number A^(l-2b) for each x where b ≤ l/2; where b > l/2 the
    two copies of x overlap, and there is one word for each x that fits, and none else. Taking away the words with a
    longer border leaves the class (after Guibas & Odlyzko 1981, "Periods in strings", whose recursion this is).
    """
    table: list[dict[int, int]] = [{}]
    with_border: list[dict[int, list[int]]] = [{}]
    for n in range(1, length + 1):
        table.append(_one_length(alphabet, n, table, with_border))
        index: dict[int, list[int]] = {}
        for borders in table[n]:
            for b, _ in _members(borders):
                index.setdefault(b, []).append(borders)
        with_border.append(index)
    return table[length]


def _one_length(
    alphabet: int, n: int, table: list[dict[int, int]], with_border: list[dict[int, list[int]]]
) -> dict[int, int]:
    """The classes of length `n` from those of shorter words, the longest border first."""
    found: dict[int, int] = {}
    longer: dict[tuple[int, int], int] = {}
    for b in range(n - 1, 0, -1):
        if 2 * b <= n:
            free = alphabet ** (n - 2 * b)
            candidates = [(inner, words * free) for inner, words in table[b].items()]
        else:
            candidates = [(inner, table[b][inner]) for inner in with_border[b].get(2 * b - n, ())]
        for inner, total in candidates:
            words = total - longer.get((b, inner), 0)
            if words == 0:
                continue
            found[inner | 1 << b] = words
            for member in (*_members(inner), (0, 0)):
                longer[member] = longer.get(member, 0) + words
    found[0] = alphabet**n - longer.get((0, 0), 0)
    return {borders: words for borders, words in found.items() if words}


def _members(borders: int) -> list[tuple[int, int]]:
    """Each border in the set, and the set of its own borders."""
    found = []
    while borders:
        b = borders.bit_length() - 1
        borders ^= 1 << b
        found.append((b, borders))
    return found


@dataclass(frozen=True)
class _Classes:
    """The first sums over words, and one row for each class of what the later ones need."""

    new: np.ndarray
    """Σ_w π g_t for t < _STEPS; `total` has their sums up to t, divided by π."""
    total: np.ndarray
    probability: float
    length: int
    share: np.ndarray
    """Words of the class, as a part of all."""
    delta: np.ndarray
    rate: np.ndarray
    """δ/π, which is finite where π underflows."""
    kappa: np.ndarray
    """ĉ'/ĉ - l/z at the root."""
    residue: np.ndarray
    """g_t is `residue` (1 + δ)^-(t+1)."""


def seen(alphabet: int, length: int, n_windows: Any) -> Any:
    """Expected number of distinct windows among `n_windows` ≥ 1 consecutive ones: a flat array like it."""
    if alphabet == 1:
        return np.ones(n_windows.shape)
    rows = _classes(alphabet, length)

    def later(t: Any) -> Any:
        # P(occurs) = 1 - e^-πy; y is finite where π underflows.
        grown = (t + 1 + length) * _log_ratio(rows.delta) + rows.kappa * _log_ratio(rows.delta * rows.kappa)
        y = rows.rate * grown
        return y * special.exprel(-rows.probability * y)

    return _over_words(rows, rows.total, later, n_windows - 1)


def unseen(alphabet: int, length: int, n_windows: Any) -> Any:
    """Probability that the window after `n_windows` ≥ 0 consecutive ones is new: a flat array like it."""
    if alphabet == 1:
        return np.where(n_windows == 0, 1.0, 0.0)
    rows = _classes(alphabet, length)

    def later(t: Any) -> Any:
        return rows.residue * np.exp(-(t + 1) * np.log1p(rows.delta))

    return _over_words(rows, rows.new, later, n_windows)


def _over_words(rows: _Classes, first: np.ndarray, later: Callable[[Any], Any], t: Any) -> Any:
    """`first` at small t; from then on the sum over classes of `later`, a few t at a time."""
    result = np.empty(t.shape)
    early = t < _STEPS
    result[early] = first[t[early].astype(int)]
    late, sums = t[~early], np.empty(t.size - np.count_nonzero(early))
    step = max(1, _BLOCK // len(rows.share))
    for start in range(0, len(late), step):
        part = slice(start, start + step)
        sums[part] = (rows.share * later(late[part, None])).sum(-1)
    result[~early] = sums
    return result


@functools.lru_cache(maxsize=16)
def _classes(alphabet: int, length: int) -> _Classes:
    probability = 0.0 if length * math.log2(alphabet) > 1100 else float(alphabet) ** -length
    share, c = _polynomials(alphabet, length)
    g = _first_coefficients(c, length, probability)
    new = (share[:, None] * g).sum(0)
    total = (share[:, None] * np.cumsum(g, axis=1)).sum(0)
    delta = _root(c, length, probability)
    value, slope = _evaluate(c, delta)
    rate = np.exp(length * np.log1p(delta)) / value
    kappa = slope / value - length / (1 + delta)
    lead = 1 + delta * kappa
    # Only 01 and 10 have a double root; by now they are 1e-18 of what is left to be seen.
    simple = lead > 1e-3
    residue = np.divide(1, value * lead, out=np.zeros_like(lead), where=simple)
    return _Classes(new, total, probability, length, share, delta, rate, np.where(simple, kappa, 0.0), residue)


def _polynomials(alphabet: int, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Shares of the classes, and the coefficients of their ĉ as rows."""
    if length * math.log2(alphabet) >= _BITS:
        return np.ones(1), np.ones((1, 1))
    table = classes(alphabet, length)
    c = np.zeros((len(table), length))
    c[:, 0] = 1
    for row, borders in enumerate(table):
        for b, _ in _members(borders):
            c[row, length - b] = float(alphabet) ** (b - length)
    return np.array([words / alphabet**length for words in table.values()]), c


def _first_coefficients(c: np.ndarray, length: int, probability: float) -> np.ndarray:
    """g_t for t < _STEPS, from the recurrence with the coefficients of π z^l + (1 - z) ĉ(z)."""
    denominator = np.zeros((len(c), max(c.shape[1], _STEPS) + 1))
    denominator[:, : c.shape[1]] = c
    denominator[:, 1 : c.shape[1] + 1] -= c
    if length <= _STEPS:
        denominator[:, length] += probability
    g = np.zeros((len(c), _STEPS))
    g[:, 0] = 1
    for t in range(1, _STEPS):
        g[:, t] = -(denominator[:, 1 : t + 1] * g[:, t - 1 :: -1]).sum(-1)
    return g


def _root(c: np.ndarray, length: int, probability: float) -> np.ndarray:
    """δ > 0 with δ ĉ(1 + δ) = π (1 + δ)^l, by Newton's method from below."""
    delta = probability / c.sum(-1)
    for _ in range(60):
        value, slope = _evaluate(c, delta)
        power = probability * np.exp(length * np.log1p(delta))
        step = (power - delta * value) / np.maximum(value + delta * slope - length * power / (1 + delta), 1e-9)
        delta = delta + step
        if np.all(np.abs(step) <= 1e-16 * delta):
            break
    return delta


def _evaluate(c: np.ndarray, delta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """ĉ and its derivative at 1 + δ."""
    j = np.arange(c.shape[1])
    terms = c * np.exp(j * np.log1p(delta)[:, None])
    return terms.sum(-1), (terms * j).sum(-1) / (1 + delta)


def _log_ratio(x: np.ndarray) -> np.ndarray:
    """ln(1 + x)/x, 1 at 0."""
    return np.divide(np.log1p(x), x, out=np.ones_like(x), where=x != 0)
