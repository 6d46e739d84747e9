"""Whether the residuals of a fitted loss law are noise: two tests of fit that need no law for the noise.

| letter | meaning                                                                     | unit |
|--------|-----------------------------------------------------------------------------|------|
| r      | ln fitted loss - ln loss of each row                                        | 1    |
| ψ      | r over its robust scale, cut at ±2, less what the five constants can take up | 1    |
| x, y   | ln N and ln D, centred                                                      | 1    |

*Curvature*: does ψ go with x², xy or y², the part of them that the constants of the law cannot follow? *Neighbours*:
do rows that lie next to each other in (x, y), equal ones included, err to the same side? Both are compared with what
they would be with the signs of the residuals flipped at random (the sign-flip score test of Hemerik, Goeman & Finos
2020, doi:10.1111/rssb.12369): right for errors of any size that are as often above as below, heavy tails, outliers and
noise that changes with size among them. Where rows belong to runs, whole runs flip, and only rows of different runs
are neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from bounds.base.brief import brief_fields
from bounds.base.notes import FITTED, Note
from bounds.base.one_number import number
from bounds.base.telling.html import html_fields
from bounds.fitting.loss_laws.regression import Runs, residuals

Floats = NDArray[np.float64]

LEVEL = 0.01
"""A law is said to misfit where the smaller of the two p-values, doubled, is below this."""

_FLIPS = 1999
_CUT = 2.0
_FEWEST = 12
"""Fewest independent rows or runs of which a pattern is told from noise beside five constants."""
_NEAREST = 2
"""Neighbours of each row that are compared with it."""
_EXACT = 1e-9
"""Residuals below this are rounding: there is nothing to test."""


@dataclass(frozen=True, repr=False)
class Misfit:
    """p-values of the two tests of fit, and of both together (the smaller one doubled, Bonferroni)."""

    curvature: float
    neighbours: float

    __repr__ = brief_fields
    _repr_html_ = html_fields

    @property
    def p_value(self) -> float:
        """Of both tests together."""
        return min(1.0, 2 * min(self.curvature, self.neighbours))

    @property
    def rejected(self) -> bool:
        """Whether the law does not fit the rows, at `LEVEL`."""
        return self.p_value < LEVEL

    @property
    def p_text(self) -> str:
        """Such as "p = 0.004"; a bound where no flip of signs came near."""
        least = 2 / (1 + _FLIPS)
        return f"p at most {number(least, 2)}" if self.p_value <= least else f"p = {number(self.p_value, 2)}"

    @property
    def text(self) -> str:
        """What of the residuals is not noise, in a few words."""
        if self.curvature <= self.neighbours:
            return "the residuals bend with N, D or D/N"
        return "residuals of neighbouring rows go together"


def misfit(runs: Runs, theta: Floats, labels: NDArray[np.int64], seed: int = 0) -> Misfit | None:
    """Tests of fit of the curve with the coordinates `theta` (5,) to `runs`, whose rows belong to runs by `labels`.

    None where there are fewer than a dozen independent rows or runs, or no residuals to speak of. Rows that repeat
    another one count once. Random flips come from `seed`.
    """
    rows = np.unique(np.stack([runs.x, runs.y, runs.log_loss]), axis=1, return_index=True)[1]
    r, shares = residuals(runs, theta[None])
    r, (of_e, of_a, of_b), x, y = r[0][rows], shares[:, 0][:, rows], runs.x[rows], runs.y[rows]
    groups = np.unique(labels[rows], return_inverse=True)[1]
    scale = 1.4826 * float(np.median(np.abs(r - np.median(r))))
    if groups.max() + 1 < _FEWEST or scale < _EXACT:
        return None
    jacobian = _basis(np.stack([of_e, of_a, of_b, x * of_a, y * of_b], 1))
    psi = np.clip((r - np.median(r)) / scale, -_CUT, _CUT)
    psi = psi - jacobian @ (jacobian.T @ psi)
    flips = np.random.default_rng([seed, 7]).choice([-1.0, 1.0], (_FLIPS, groups.max() + 1))
    return Misfit(
        curvature=_curvature(x, y, jacobian, psi, groups, flips),
        neighbours=_neighbours(x, y, jacobian, psi, groups, flips),
    )


def misfit_notes(found: Misfit | None, independent: bool) -> Iterable[Note]:
    """The note of a law that does not fit; `independent` says that no rows were said to belong to one run."""
    if found is None or not found.rejected:
        return
    cause = ", or rows belong to runs that nobody named (--run-column, runs=)" if independent else ""
    yield Note(
        FITTED,
        f"the law does not fit these rows ({found.p_text}): {found.text}; its form is wrong "
        f"somewhere{cause}; intervals hold for sampling only",
    )


def _curvature(x: Floats, y: Floats, jacobian: Floats, psi: Floats, groups: NDArray[np.int64], flips: Floats) -> float:
    """p-value of the score of x², xy and y² beside the constants of the law."""
    bends = np.stack([x * x, x * y, y * y], 1)
    bends = bends / np.linalg.norm(bends, axis=0)
    left = _basis(bends - jacobian @ (jacobian.T @ bends), 1e-4)
    if not left.shape[1]:
        return 1.0
    # A residual is smaller than its error where it pulls the fit: each is scaled back (HC2; MacKinnon & White 1985).
    taken = np.sum(jacobian**2, 1) + np.sum(left**2, 1)
    errors = psi / np.sqrt(np.maximum(1 - taken, 0.05))
    scores = np.zeros((groups.max() + 1, left.shape[1]))
    np.add.at(scores, groups, left * psi[:, None])
    widths = np.zeros_like(scores)
    np.add.at(widths, groups, left * errors[:, None])
    inverse = np.linalg.pinv(widths.T @ widths, rcond=1e-10)
    flipped = flips @ widths
    observed = scores.sum(0)
    return _share(np.einsum("bi,ij,bj->b", flipped, inverse, flipped), float(observed @ inverse @ observed))


def _neighbours(x: Floats, y: Floats, jacobian: Floats, psi: Floats, groups: NDArray[np.int64], flips: Floats) -> float:
    """p-value of Σ ψ_i ψ_j over pairs of rows that are neighbours, against pairs that err independently."""
    first, second = _pairs(x, y, groups)
    if not len(first):
        return 1.0
    taken = np.sum(jacobian**2, 1)
    # Fitting five constants pulls neighbours apart by what the hat matrix says.
    pulled = -np.sum(jacobian[first] * jacobian[second]) * float(np.sum(psi**2) / max(len(psi) - taken.sum(), 1))
    products = psi[first] * psi[second]
    signs = flips[:, groups[first]] * flips[:, groups[second]]
    return _share(signs @ products, float(products.sum() - pulled))


def _pairs(x: Floats, y: Floats, groups: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each row with its nearest two of other runs, each pair once."""
    places = np.stack([x / max(float(x.std()), 1e-300), y / max(float(y.std()), 1e-300)], 1)
    most = int(np.bincount(groups).max())
    _, near = cKDTree(places).query(places, k=min(len(x), most + _NEAREST + 1))
    pairs: set[tuple[int, int]] = set()
    for i, row in enumerate(near):
        others = [int(j) for j in row if groups[j] != groups[i]][:_NEAREST]
        pairs.update((min(i, j), max(i, j)) for j in others)
    chosen = np.array(sorted(pairs), np.int64).reshape(-1, 2)
    return chosen[:, 0], chosen[:, 1]


def _basis(columns: Floats, tolerance: float = 1e-10) -> Floats:
    """An orthonormal basis of the columns' span, shape (rows, rank); directions below `tolerance` are none."""
    left, sizes, _ = np.linalg.svd(columns, full_matrices=False)
    largest = max(1.0, float(sizes[0])) if tolerance > 1e-9 else float(sizes[0])
    return left[:, sizes > tolerance * largest]


def _share(flipped: Floats, observed: float) -> float:
    """p-value of `observed` among the flipped ones, itself counted."""
    return float((1 + np.sum(flipped >= observed * (1 - 1e-12))) / (1 + len(flipped)))
