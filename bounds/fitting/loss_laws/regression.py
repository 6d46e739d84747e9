"""The curve E + A N^-α + B D^-β through the losses of many runs: search by variable projection, then descent.

| letter  | meaning                                                     | unit            |
|---------|-------------------------------------------------------------|-----------------|
| N, D, L | parameters, tokens and loss of each run                     | –, –, nats per token |
| E, A, B | irreducible loss and coefficients                           | nats per token  |
| α, β    | exponents                                                   | 1               |
| r       | ln(E + A N^-α + B D^-β) - ln L, the residual of a run       | 1               |
| δ       | the size of a residual from which it counts linearly        | 1               |

At fixed exponents the curve is linear in E, A and B, which must not be negative: a grid of exponents with
non-negative least squares inside (Golub & Pereyra 1973; Lawson & Hanson 1974) finds every basin. From there all five
constants descend together, by iteratively reweighted least squares with Levenberg's damping: each step lowers the
objective, for a thousand resampled sets of runs at once. Least absolute deviations are the limit δ → 0.

Coefficients are kept as logarithms of the terms at the geometric mean of N and D, where they are least correlated
with the exponents. Everything here takes checked arrays; `bounds.fitting.loss_laws.loss_law` is the public face.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bounds.base.telling.html import html_fields
from bounds.base.telling.steps import step

Floats = NDArray[np.float64]

LOWEST, HIGHEST = np.array([-60.0, -60.0, -60.0, -2.0, -2.0]), np.array([60.0, 60.0, 60.0, 4.0, 4.0])
"""Where coordinates are sought: a logarithm of -60 is a term that is absent; published exponents lie in (0, 1)."""
_ABSENT = -20.0
"""Logarithm of the share of the loss, two in a billion, below which there is no irreducible loss."""
_BLOCK = 30_000
"""Residuals that descend together: their arrays stay in the cache."""
_LONGEST_DESCENT = 400
_FOLLOWED = 8
"""Starts that are followed to their bottom."""
_QUIET = 3
"""Steps without progress after which a descent has arrived."""
_ROUNDING = 32 * np.finfo(float).eps
"""The share of an objective by which it is another one for the order of its sum alone: up or down, that is nothing."""


@dataclass(frozen=True)
class Runs:
    """ln N, ln D and ln L of each run, all centred, and their means."""

    x: Floats
    y: Floats
    log_loss: Floats
    mean_x: float
    mean_y: float
    mean_log_loss: float

    _repr_html_ = html_fields

    @classmethod
    def of(cls, n_params: Floats, n_tokens: Floats, loss: Floats) -> Runs:
        """The runs of given parameters, tokens and loss."""
        columns = [np.log(column) for column in (n_params, n_tokens, loss)]
        means = [float(column.mean()) for column in columns]
        x, y, log_loss = (column - mean for column, mean in zip(columns, means, strict=True))
        return cls(x, y, log_loss, *means)

    def part(self, size: int) -> Runs:
        """About `size` of the runs, evenly over their losses; all of them where they are no more."""
        if len(self.x) <= size:
            return self
        keep = np.argsort(self.log_loss)[np.linspace(0, len(self.x) - 1, size).astype(int)]
        return replace(self, x=self.x[keep], y=self.y[keep], log_loss=self.log_loss[keep])

    def constants(self, theta: Floats) -> Floats:
        """E, ln A, α, ln B, β from the coordinates of the descent; the last axis is theirs. An absent E is 0."""
        e, a, b, alpha, beta = np.moveaxis(theta, -1, 0)
        e, a, b = (one + self.mean_log_loss for one in (e, a, b))
        return np.stack(
            [
                np.where(e > _ABSENT + self.mean_log_loss, np.exp(e), 0.0),
                a + alpha * self.mean_x,
                alpha,
                b + beta * self.mean_y,
                beta,
            ],
            -1,
        )


class _Room:
    """Arrays of a descent that are written again, not made again: it comes there tens of thousands of times."""

    def __init__(self, sets: int, runs: int) -> None:
        self._arrays = np.empty((13, sets, runs))

    def shares(self, sets: int) -> Floats:
        """For those of `residuals`, (3, sets, runs)."""
        return self._arrays[:3, :sets]

    def jacobians(self, sets: int) -> tuple[Floats, Floats]:
        """For that of `normal_equations`, plain and weighted, (5, sets, runs) each."""
        return self._arrays[3:8, :sets], self._arrays[8:, :sets]


def residuals(runs: Runs, theta: Floats, room: _Room | None = None) -> tuple[Floats, Floats]:
    """r of each run, and the share of each term in its fitted loss, for rows of coordinates.

    Shapes (sets, runs) and (3, sets, runs); the shares stand in `room` where there is one.
    """
    e, a, b, alpha, beta = theta.T[:, :, None]
    shares = (room or _Room(len(theta), len(runs.x))).shares(len(theta))
    of_e, of_a, of_b = shares
    of_e[:] = e
    np.subtract(a, np.multiply(alpha, runs.x, out=of_a), out=of_a)
    np.subtract(b, np.multiply(beta, runs.y, out=of_b), out=of_b)
    top = np.maximum(np.maximum(of_e, of_a), of_b)
    shares -= top
    np.exp(shares, out=shares)
    total = of_e + of_a
    total += of_b
    shares /= total
    top += np.log(total, out=total)
    top -= runs.log_loss
    return top, shares


def objective(r: Floats, weights: Floats, delta: float) -> Floats:
    """Σ w ρ(r)/δ with Huber's ρ (Huber 1964): r²/2 up to δ, δ(|r| - δ/2) beyond; its limit at δ → 0 is Σ w |r|."""
    return np.add.reduce(weights * objective_of_each(r, delta), axis=-1)


def objective_of_each(r: Floats, delta: float) -> Floats:
    """ρ(r)/δ of each residual."""
    size = np.abs(r)
    within = size * size
    within /= 2 * delta
    return np.where(size <= delta, within, size - delta / 2)


def descend(
    runs: Runs,
    starts: Floats,
    weights: Floats,
    delta: float,
    tolerance: float = 1e-12,
    *,
    held: NDArray[np.bool_] | None = None,
    most_steps: int = _LONGEST_DESCENT,
) -> tuple[Floats, Floats]:
    """The bottoms of the basins of `starts`, one row a start, and the objective there.

    `weights`, one row a start or one for all, say how often each run counts. Coordinates stay where `held`, of the
    shape of `starts`, says so.
    """
    theta, value = np.clip(np.array(starts, float), LOWEST, HIGHEST), np.empty(len(starts))
    held = np.zeros(theta.shape, bool) if held is None else held
    block = max(_BLOCK // len(runs.x), 1)
    for first in range(0, len(theta), block):
        part = slice(first, first + block)
        own = np.broadcast_to(weights, (len(theta), len(runs.x)))[part]
        theta[part], value[part] = _descend_block(runs, theta[part], own, delta, tolerance, held[part], most_steps)
    return theta, value


def _descend_block(
    runs: Runs,
    theta: Floats,
    weights: Floats,
    delta: float,
    tolerance: float,
    held: NDArray[np.bool_],
    most_steps: int,
) -> tuple[Floats, Floats]:
    bottom, lowest = theta.copy(), np.empty(len(theta))
    room = _Room(len(theta), len(runs.x))
    r, shares = residuals(runs, theta, room)
    value = objective(r, weights, delta)
    slope, matrix = normal_equations(runs, r, shares, weights, delta, room)
    damping, quiet, moving = np.full(len(theta), 1e-3), np.zeros(len(theta), int), np.arange(len(theta))
    for _ in range(most_steps):
        # What is held, and what stands at an end of its range and would leave it.
        kept = held | ((theta <= LOWEST) & (slope > 0)) | ((theta >= HIGHEST) & (slope < 0))
        there = _within(theta + _step(slope, matrix, kept, damping), LOWEST, HIGHEST)
        r, shares = residuals(runs, there, room)
        value_there = objective(r, weights, delta)
        lower = value_there <= value
        gain = (value - value_there) / np.maximum(value, 1e-300)
        damping = _within(damping * np.where(lower, 1 / 5, 6.0), 1e-12, 1e9)
        quiet = np.where(np.where(lower, gain < tolerance, damping > 1e6) | (abs(gain) < _ROUNDING), quiet + 1, 0)
        theta, value = np.where(lower[:, None], there, theta), np.where(lower, value_there, value)
        bottom[moving], lowest[moving] = theta, value
        on = quiet < _QUIET
        n_on = np.count_nonzero(on)
        if n_on == 0:
            break
        if n_on < len(on):
            moving, theta, value, slope, matrix = moving[on], theta[on], value[on], slope[on], matrix[on]
            damping, quiet, held, weights = damping[on], quiet[on], held[on], weights[on]
            r, shares, lower = r[on], shares[:, on], lower[on]
        # Where no step was taken, slope and curvature are what they were.
        n_lower = np.count_nonzero(lower)
        if n_lower == len(lower):
            slope, matrix = normal_equations(runs, r, shares, weights, delta, room)
        elif n_lower > 0:
            slope[lower], matrix[lower] = normal_equations(
                runs, r[lower], shares[:, lower], weights[lower], delta, room
            )
    return bottom, lowest


def normal_equations(
    runs: Runs, r: Floats, shares: Floats, weights: Floats, delta: float, room: _Room | None = None
) -> tuple[Floats, Floats]:
    """Slope and curvature of reweighted least squares: a run beyond δ weighs δ/|r| of one within."""
    jacobian, weighted = (room or _Room(*r.shape)).jacobians(len(r))
    jacobian[:3] = shares
    np.multiply(-runs.x, shares[1], out=jacobian[3])
    np.multiply(-runs.y, shares[2], out=jacobian[4])
    size = np.abs(r)
    np.multiply(jacobian, np.divide(weights, np.maximum(size, delta, out=size), out=size), out=weighted)
    columns = weighted.transpose(1, 0, 2)
    return (columns @ r[..., None])[..., 0], columns @ jacobian.transpose(1, 2, 0)


def _step(slope: Floats, matrix: Floats, kept: NDArray[np.bool_], damping: Floats) -> Floats:
    """One damped step of the coordinates that are not `kept`."""
    matrix = np.where(kept[:, :, None] | kept[:, None, :], 0.0, matrix)
    diagonal = np.einsum("bii->bi", matrix)  # of the same memory
    diagonal *= 1 + damping[:, None]
    diagonal += np.where(kept, 1.0, 1e-300)
    step = -np.linalg.solve(matrix, np.where(kept, 0.0, slope)[..., None])[..., 0]
    # A term that is nearly absent must not jump by more than a factor e² at once.
    return _within(step, -2.0, 2.0)


def _within(values: NDArray[Any], low: Floats | float, high: Floats | float) -> Floats:
    """`np.clip`, which takes as long as the few numbers of a step."""
    return np.minimum(np.maximum(values, low), high)


def lowest(
    runs: Runs, starts: Floats, deltas: tuple[float, ...], coarse: float = 1e-7, fine: float = 1e-15
) -> tuple[Floats, float]:
    """The lowest bottom over all `starts`, coordinates (1, 5), and the objective there.

    δ takes the values of `deltas` in turn. The two best are followed to the last digit.
    """
    one = np.ones((1, len(runs.x)))
    at = objective(residuals(runs, starts)[0], one, deltas[0])
    theta, value = starts[np.argsort(at)[:_FOLLOWED]], at
    for delta in deltas:
        theta, value = descend(runs, theta, one, delta, coarse)
    theta, value = descend(runs, theta[np.argsort(value)[:2]], one, deltas[-1], fine)
    best = int(np.argmin(value))
    return theta[[best]], float(value[best])


def refitted(runs: Runs, groups: list[Floats], weights: Floats, deltas: tuple[float, ...], tolerance: float) -> Floats:
    """Coordinates (sets, 5) fitted to each row of `weights`, from the candidate of each group that suits it best.

    Where the objective is flat the best of a resample can lie far from that of the runs themselves: candidates
    (n, 5) along the valley let it go there, at the price of one product of matrices, and several groups of them let
    it be looked for in several places.
    """
    best, least = np.empty((len(weights), 5)), np.full(len(weights), np.inf)
    all_fits, fits = len(groups) * len(deltas) * len(weights), 0
    for candidates in groups:
        at = weights @ objective_of_each(residuals(runs, candidates)[0], deltas[0]).T
        theta, value = candidates[np.argmin(at, axis=1)], least
        for delta in deltas:
            step("fitting resamples", fits, all_fits, "fits")
            theta, value = descend(runs, theta, weights, delta, tolerance)
            fits += len(weights)
        better = value < least
        best[better], least[better] = theta[better], value[better]
    step("fitting resamples", fits, all_fits, "fits")
    return best
