"""Every basin of E + A N^-α + B D^-β: the best E, A and B at each pair of exponents of a grid.

| letter  | meaning                                       | unit                 |
|---------|-----------------------------------------------|----------------------|
| N, D, L | parameters, tokens and loss of each run       | –, –, nats per token |
| E, A, B | irreducible loss and coefficients, at least 0 | nats per token       |
| α, β    | exponents; of either sign, but not 0          | 1                    |

At fixed exponents the curve is linear in E, A and B, which must not be negative: non-negative least squares (Lawson
& Hanson 1974), inside a grid of exponents (variable projection, Golub & Pereyra 1973). Relative least squares: the
losses are divided into the terms, so that each run counts by its relative error. With three columns all seven sets of
them that may be present are solved, for the whole grid at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from bounds.fitting.loss_laws.regression import HIGHEST, LOWEST, Floats, Runs

EXPONENTS = np.concatenate([-np.geomspace(-LOWEST[3], 0.02, 12), np.geomspace(0.02, HIGHEST[3], 30)])
_FLOOR = 1e-9
"""The smallest share of the loss that a term found by the grid is given, so that it has a logarithm."""
_GRID_RUNS = 2000
"""Runs that the grid looks at: basins need no more."""
_RIDGE = 1e-13
_SUBSETS = [list(s) for size in (1, 2, 3) for s in combinations(range(3), size)]


@dataclass(frozen=True)
class Grid:
    """Inner products of the three columns 1/L, N^-α/L and D^-β/L, and of each with 1, at all pairs of exponents.

    `gram` (K, K, 3, 3) and `ones` (K, K, 3) are of columns of length 1; `lengths` (K, K, 3) are what they were.
    """

    gram: Floats
    ones: Floats
    lengths: Floats
    n_runs: int

    @classmethod
    def of(cls, runs: Runs) -> Grid:
        """The grid of `runs`, of about two thousand of them where they are more."""
        runs = runs.part(_GRID_RUNS)
        size, losses = len(EXPONENTS), np.exp(runs.log_loss)
        column = {
            0: 1 / losses[None], 1: np.exp(-EXPONENTS[:, None] * runs.x) / losses,
            2: np.exp(-EXPONENTS[:, None] * runs.y) / losses,
        }  # fmt: skip
        norms = {k: np.sqrt(np.sum(c * c, axis=1)) for k, c in column.items()}
        unit = {k: c / norms[k][:, None] for k, c in column.items()}
        shape = {0: (1, 1), 1: (size, 1), 2: (1, size)}

        def spread(k: int, values: Floats) -> Floats:
            return np.broadcast_to(values.reshape(shape[k]), (size, size))

        gram = np.empty((size, size, 3, 3))
        for k in range(3):
            gram[..., k, k] = 1 + _RIDGE
        for k in (1, 2):
            gram[..., 0, k] = gram[..., k, 0] = spread(k, unit[k] @ unit[0][0])
        gram[..., 1, 2] = gram[..., 2, 1] = unit[1] @ unit[2].T
        ones = np.stack([spread(k, unit[k].sum(1)) for k in range(3)], -1)
        return cls(gram, ones, np.stack([spread(k, norms[k]) for k in range(3)], -1), len(losses))

    def solve(self, irreducible: float | None = None) -> tuple[Floats, Floats]:
        """E, A, B of least relative squares (K, K, 3) and the sum of squares (K, K); E may be given."""
        ones, total = self.ones, float(self.n_runs)
        if irreducible is not None:
            first = irreducible * self.lengths[..., :1]
            total += (first * (first - 2 * ones[..., :1]))[0, 0, 0]
            ones = ones - first * self.gram[..., 0]
        best, found = np.full(ones.shape[:2], total), np.zeros(ones.shape)
        for kept in _SUBSETS:
            if irreducible is not None and 0 in kept:
                continue
            part = np.linalg.solve(self.gram[..., kept, :][..., kept], ones[..., kept, None])[..., 0]
            rest = np.maximum(total - np.sum(part * ones[..., kept], axis=-1), 0)
            better = (part >= 0).all(-1) & (rest < best)
            best[better] = rest[better]
            whole = np.zeros(ones.shape)
            whole[..., kept] = part
            found[better] = whole[better]
        found = found / self.lengths
        if irreducible is not None:
            found[..., 0] = irreducible
        return found, best


def minima(rest: Floats, most: int) -> NDArray[np.intp]:
    """Places of the best local minima of a table, best first, (n, 2)."""
    size, other = rest.shape
    padded = np.pad(rest, 1, constant_values=np.inf)
    around = [padded[1 + a : 1 + a + size, 1 + b : 1 + b + other] for a in (-1, 0, 1) for b in (-1, 0, 1)]
    places = np.argwhere(rest <= np.min(around, axis=0))
    return places[np.argsort(rest[tuple(places.T)], kind="stable")][:most]


def coordinates(found: Floats, places: NDArray[np.intp]) -> Floats:
    """Coordinates of the descent (n, 5) at `places` of the grid, whose E, A and B are `found`."""
    terms = np.log(np.maximum(found[tuple(places.T)], _FLOOR))
    return np.concatenate([terms, EXPONENTS[places]], axis=1)


def basins(runs: Runs, most: int = 6) -> Floats:
    """Coordinates of the best local minima over the grid of exponents, best first, at most `most`."""
    found, rest = Grid.of(runs).solve()
    places = minima(rest, 8 * most)
    # Where a term is absent its exponent says nothing: one such place stands for all.
    kinds = np.where(found[tuple(places.T)][:, 1:] > 0, places, -1)
    _, first = np.unique(kinds, axis=0, return_index=True)
    return coordinates(found, places[np.sort(first)[:most]])
