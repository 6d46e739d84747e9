"""Growth curves as Gaussian paths: the exact mean and the exact covariance, at a cost that does not know D.

For independent draws U(D) is asymptotically normal wherever its variance grows without limit, with an error of
order 1/σ in its distribution (Hwang & Janson 2008, "Local limit theorems for finite and infinite urn models"), and σ
is of order √U. Curves here have the mean E U and the covariance of `counts.unique.covariance_unique`, that of a
fixed number of draws: without its second term, that of Poissonised draws makes the variance at s = 1.2 too large
by 1.6 times at D = 1e3 and by 1.13 times at 1e6.

Where σ² is below `LEAST_VARIANCE` at some sizes, the curve is drawn by first arrivals up to the last of them, and
the normal law of the rest is that given the drawn values, so that mean and covariance of the whole curve stay
exact. Values are rounded, then held monotone, below D and the number of types, and to steps of at most
the number of draws made: limits that bind only between sizes so close that hardly a new type lies between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bounds import GrowingUniform, PitmanYor, Source, Windows, expected_unique, variance_unique
from bounds.base.one_number import number, written
from bounds.counts import covariance_unique
from simulate.drawing.compiled import compiled
from simulate.drawing.stream import Stream
from simulate.engines.types import Arrivals, arrivals
from simulate.engines.variates import STATE_SIZE, normal_pair, start

LEAST_VARIANCE = 100.0
"""Variance of U from which on it is taken as normal: its distribution is then right to about 1 %."""

CERTAIN = 1e-6
"""Variance below which U does not vary."""

MAX_FIRST = 1e6
"""New types of the sizes that are drawn by first arrivals: a tenth of a second."""

MAX_SIZES = 2000
_SINGULAR = 1e-12
_TWO_63 = 2.0**63
_REPLICATE = np.uint64(1 << 8)
"""Step of a stream's packed number from one replicate to the next (`simulate.drawing.stream`)."""


@dataclass(frozen=True)
class GaussianPath:
    """What is set up once for a source and its sizes.

    `factor` is a lower triangular root of the covariance. The first `n_first` sizes are drawn by `first`.
    `most` is the number of types at each size; `nested` says whether corpora are prefixes of each other.
    """

    sizes: np.ndarray
    mean: np.ndarray
    factor: np.ndarray
    most: np.ndarray
    nested: bool
    first: Arrivals | None
    n_first: int

    def draw(self, stream: Stream, replicates: int) -> tuple[np.ndarray, np.ndarray]:
        """U of shape (replicate, size), and no spectra: an array of shape (replicate, 0).

        The first corpus is that of `stream`; the others those of the replicates after it.
        """
        n_unique = np.empty((replicates, len(self.sizes)), np.int64)
        if self.first is not None:
            n_unique[:, : self.n_first] = self.first.draw(stream, replicates)[0]
        # The first arrivals use attempts 0 and 1 of these streams.
        seed, high = np.uint64(stream.seed), np.uint64(stream.high + 2)
        _paths(self.sizes, self.mean, self.factor, self.most, self.nested, self.n_first, seed, high, n_unique)
        return n_unique, np.empty((replicates, 0), np.int64)


def gaussian_path(source: Source, n_draws: np.ndarray, *, least_variance: float = LEAST_VARIANCE) -> GaussianPath:
    """Set up Gaussian paths of `source` at the ascending sizes `n_draws`; growing sources have independent points.

    Raises ValueError with one sentence where U is not normal: its variance lies between `CERTAIN` and
    `least_variance` at the last size, or at one with more than `MAX_FIRST` new types.
    """
    sizes = np.ascontiguousarray(n_draws, np.int64)
    n_first = sizes_not_normal(source, sizes, least_variance)
    mean, variance = expected_unique(source, sizes), variance_unique(source, sizes)
    growing = isinstance(source, GrowingUniform)
    covariance = np.diag(variance) if growing else _covariances(source, sizes, variance)
    types = [source.at(int(n)).types if isinstance(source, GrowingUniform) else source.n_types for n in sizes]
    return GaussianPath(
        sizes=sizes,
        mean=mean,
        factor=_root(covariance),
        most=np.minimum(np.array(types), _TWO_63),
        nested=not growing,
        first=arrivals(source, sizes[:n_first]) if n_first else None,
        n_first=n_first,
    )


def sizes_not_normal(source: Source, sizes: Any, least_variance: float = LEAST_VARIANCE) -> int:
    """How many of the ascending `sizes`, from the first on, are to be drawn by first arrivals.

    Raises ValueError with one sentence where there is no Gaussian path; see `gaussian_path`.
    """
    if isinstance(source, PitmanYor | Windows):
        raise ValueError(
            f"a Gaussian path needs independent draws from fixed probabilities, got {source}; use the tokens engine"
        )
    if len(sizes) > MAX_SIZES:
        raise ValueError(f"the gauss engine takes at most {MAX_SIZES} sizes, got {len(sizes)}; pass a coarser n_draws")
    variance = variance_unique(source, sizes)
    (doubtful,) = np.nonzero((variance < least_variance) & (variance > CERTAIN))
    if len(doubtful) == 0:
        return 0
    last = int(doubtful[-1])
    if last == len(sizes) - 1 or np.max(expected_unique(source, sizes[: last + 1])) > MAX_FIRST:
        raise ValueError(
            f"the gauss engine needs a variance of U of at least {number(least_variance)}, got "
            f"{number(variance[last], 2)} at "
            f"{written(sizes[last], 3)} draws of {source}; use the types engine"
        )
    return last + 1


def _covariances(source: Source, sizes: Any, variance: Any) -> Any:
    """The matrix of covariances at all pairs of sizes, of one corpus."""
    row, column = np.tril_indices(len(sizes), -1)
    result = np.diag(variance)
    result[row, column] = covariance_unique(source, sizes[column], sizes[row])
    result[column, row] = result[row, column]
    return result


def _root(covariance: Any) -> Any:
    """Lower triangular root (Cholesky) of a matrix that may be singular: what does not vary by itself has no column."""
    deviation = np.sqrt(np.diag(covariance))
    scale = np.where(deviation > 0, deviation, 1.0)
    left = covariance / scale / scale[:, None]
    root = np.zeros_like(left)
    for j in range(len(left)):
        pivot = left[j, j]
        if pivot > _SINGULAR:
            root[j:, j] = left[j:, j] / np.sqrt(pivot)
            left[j:, j:] -= root[j:, j, None] * root[None, j:, j]
    return root * scale[:, None]


@compiled
def _paths(sizes, mean, factor, most, nested, n_first, seed, high, n_unique):
    """Fill the rows of `n_unique` from column `n_first` on."""
    state = np.empty(STATE_SIZE, np.uint64)
    z = np.empty(len(sizes) + 1)
    for row in n_unique:
        start(state, seed, high)
        high += _REPLICATE
        for j in range(n_first):
            z[j] = 0.0
            if factor[j, j] > 0.0:
                z[j] = (row[j] - mean[j] - np.dot(factor[j, :j], z[:j])) / factor[j, j]
        for j in range(n_first, len(sizes), 2):
            z[j], z[j + 1] = normal_pair(state)
        least, seen, drawn = np.int64(1), np.int64(0), np.int64(0)
        for j in range(len(sizes)):
            if j >= n_first:
                highest = seen + (sizes[j] - drawn)
                if most[j] < highest:
                    highest = np.int64(most[j])
                value = mean[j]
                for i in range(j + 1):
                    value += factor[j, i] * z[i]
                value = np.rint(value)
                row[j] = highest if value >= highest else max(np.int64(value), least)
            if nested:
                least, seen, drawn = row[j], row[j], sizes[j]
