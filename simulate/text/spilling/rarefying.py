"""Rarefaction: the mean of distinct counts over all orders in which draws could have come.

In the first D of N draws, a type that occurs m times among all of them occurs i times with the hypergeometric
probability C(m, i) C(N - m, D - i) / C(N, D), if every order is as likely (Hurlbert 1971, equation 5). So

    E U(D) = Σ_m f_m (1 - C(N - m, D) / C(N, D)),   E f_i(D) = Σ_m f_m C(m, i) C(N - m, D - i) / C(N, D).

Each distribution is taken from its mode outwards by the ratio of neighbours, and divided by its sum: no factorial is
ever made, and nothing is lost where numbers are large.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simulate.drawing.compiled import bare

_NEGLIGIBLE = 1e-25
"""Terms that are left out, beside the largest one."""


def rarefied(
    multiplicities: np.ndarray, n_types: np.ndarray, at: np.ndarray, edges: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """E U, float of shape (prefix,), and the mean number of types in each bin of `edges`, (prefix, bin).

    `n_types` types occur each of the `multiplicities` times in all; `at` are the draws of each prefix, int64, at most
    as many as there are.
    """
    unique, spectrum = np.zeros(len(at)), np.zeros((len(at), len(edges)))
    total = int(multiplicities @ n_types)
    _rarefy(multiplicities.astype(np.int64), n_types.astype(float), np.int64(total), at, edges, unique, spectrum)
    return unique, spectrum


@bare
def _rarefy(multiplicities: Any, n_types: Any, total: Any, at: Any, edges: Any, unique: Any, spectrum: Any) -> None:
    for point in range(len(at)):
        draws = at[point]
        for j in range(len(multiplicities)):
            m = multiplicities[j]
            low, high = max(np.int64(0), m + draws - total), min(m, draws)
            mode = np.int64((float(m) + 1) * (float(draws) + 1) / (float(total) + 2))
            mode = min(max(mode, low), high)
            weight = 1.0
            whole, i = 0.0, mode
            last = i
            while i <= high:
                whole += weight
                last = i
                if weight < _NEGLIGIBLE:
                    break
                weight *= float(m - i) / float(i + 1) * (float(draws - i) / float(total - m - draws + i + 1))
                i += 1
            weight, first, i = 1.0, mode, mode
            while i > low:
                weight *= float(i) / float(m - i + 1) * (float(total - m - draws + i) / float(draws - i + 1))
                i -= 1
                whole += weight
                first = i
                if weight < _NEGLIGIBLE:
                    break
            _put(m, draws, total, first, last, mode, n_types[j] / whole, edges, spectrum[point])
        unique[point] = spectrum[point].sum()


@bare
def _put(m: Any, draws: Any, total: Any, first: Any, last: Any, mode: Any, scale: float, edges: Any, into: Any) -> None:
    """Add each probability, from 1 occurrence on, to its bin."""
    weight, place = scale, np.searchsorted(edges, mode, side="right") - 1
    for i in range(mode, last + 1):
        while place + 1 < len(edges) and edges[place + 1] <= i:
            place += 1
        if i > 0:
            into[place] += weight
        weight *= float(m - i) / float(i + 1) * (float(draws - i) / float(total - m - draws + i + 1))
    weight = scale
    place = np.searchsorted(edges, mode, side="right") - 1
    for i in range(mode, first, -1):
        weight *= float(i) / float(m - i + 1) * (float(total - m - draws + i) / float(draws - i + 1))
        while place > 0 and edges[place] > i - 1:
            place -= 1
        if i - 1 > 0:
            into[place] += weight
