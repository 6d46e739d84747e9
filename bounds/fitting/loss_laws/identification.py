"""Which constants of E + A N^-α + B D^-β the runs decide: the profile of the objective against the noise.

| letter  | meaning                                                       | unit |
|---------|---------------------------------------------------------------|------|
| r       | residual of a run, ln fitted loss - ln loss                   | 1    |
| s       | scale of the residuals, robust                                | 1    |
| ρ, ψ    | Huber's function at δ = 1.345 s and its derivative            | 1    |
| τ       | 2 Δ Σρ(r) mean(ψ')/(Σψ²/(n - 5)), a likelihood ratio          | 1    |

A constant is held at each of a ladder of values, the other four constants fitted again, and the rise Δ of Σρ(r)
compared with the noise: τ is nearly F with 1 and n - 5 degrees of freedom where the value held is the truth (the
τ-test of Hampel, Ronchetti, Rousseeuw & Stahel 1986, chapter 7; profiles: Bates & Watts 1988, chapter 6). Whether a
design is degenerate is thus asked of its residuals, and not of its values: sizes one percent apart are enough for exact
losses, and two decades are too little where the losses scatter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc, fdtri, ndtr

from bounds.base.notes import FITTED, Note
from bounds.base.one_number import number
from bounds.base.telling.html import html_fields
from bounds.fitting.loss_laws.grid import EXPONENTS, Grid, coordinates, minima
from bounds.fitting.loss_laws.regression import HIGHEST, LOWEST, Floats, Runs, descend, normal_equations, residuals
from bounds.fitting.runs.run_groups import inflation

TUNING = 1.345
"""Huber's δ in scales of the residuals: 95 % of the efficiency of least squares under normal errors."""
CONSTANTS = 5
_DENSITY = float(np.exp(-(TUNING**2) / 2) / np.sqrt(2 * np.pi))
_MEAN_PSI = float(2 * (ndtr(TUNING) - 0.5 - TUNING * _DENSITY) + 2 * TUNING**2 * ndtr(-TUNING))
"""Mean of ψ² at scale 1 under the normal law."""
_SCALE_STEPS = 8
_LEAST_SCALE = 1e-10
"""Losses are not known to more digits."""
_TOLERANCE, _STEPS = 1e-7, 100
_STARTS = 2
_SURE = 1e-6
"""Edges rejected at this level leave no valley along which a resample could go astray."""
E, ALPHA, BETA = 0, 3, 4
"""Places of the constants that are profiled among the coordinates of a descent."""
_FAR = np.array([-2.0, -0.5, -0.1, -0.01, 0.01, 0.05, 0.12, 0.2, 0.35, 0.6, 1.0, 2.0, 4.0])
"""Exponents at which every profile is looked at. Not to reject those near 0, or the last, is to know nothing."""
_NONE, _LEAST, _MOST = 0.01, 2.0, 4.0
_NEAR = np.array([-5.0, -3.5, -2.5, -1.5, -0.7, 0.0, 0.7, 1.5, 2.5, 3.5, 5.0])
"""The same in standard errors about the best value."""
_SHARES = np.array([0.2, 0.5, 0.8, 1.0])
"""Irreducible losses in shares of the least loss."""
_ABSENT = -40.0
"""Logarithm of an irreducible loss that is none."""
_TOLD = 0.95
"""Confidence of the ranges in notes."""
LEVEL = 1e-3
"""An exponent is identified where the runs reject, at this level, that it is 0 and that it is beyond all bounds."""


@dataclass(frozen=True)
class Profile:
    """`theta` (values, 5): the best coordinates with one of them held at each of `values`; `tau` (values,)."""

    values: Floats
    theta: Floats
    tau: Floats

    _repr_html_ = html_fields

    def ends(self, limit: float) -> Floats:
        """Coordinates (2, 5) at the outermost places where τ is `limit`; the last of the path where it is less.

        Between two places √τ is nearly linear, and the path as good as straight.
        """
        inside = np.flatnonzero(self.tau <= limit)
        first, last = (inside[0], inside[-1]) if len(inside) else (int(np.argmin(self.tau)),) * 2
        return np.stack([self._end(int(first), -1, limit), self._end(int(last), 1, limit)])

    def _end(self, place: int, step: int, limit: float) -> Floats:
        beyond = place + step
        if not 0 <= beyond < len(self.tau) or self.tau[place] > limit:
            return self.theta[place]
        here, there = np.sqrt(self.tau[place]), np.sqrt(self.tau[beyond])
        share = (np.sqrt(limit) - here) / (there - here)
        return self.theta[place] + share * (self.theta[beyond] - self.theta[place])


@dataclass(frozen=True)
class Noise:
    """Huber's δ for the profiles, Σρ at the best fit under it, and what makes an F of twice a rise of Σρ."""

    theta: Floats
    delta: float
    lowest: float
    factor: float
    scale: float
    n_runs: int

    _repr_html_ = html_fields

    def tau(self, value: Floats) -> Floats:
        """τ of the objective `value`."""
        return np.maximum(2 * self.factor * (value - self.lowest), 0)


@dataclass(frozen=True)
class Identification:
    """What the runs decide: the profile of E, α and β by place, and for each exponent how well its edges are rejected.

    `p_values` are of the most plausible edge, by place: that the exponent is 0 (or of the other sign), or beyond all
    bounds. They are compared with `LEVEL`.
    """

    runs: Runs
    profiles: dict[int, Profile]
    p_values: dict[int, float]
    noise: Noise

    _repr_html_ = html_fields

    def identified(self, place: int, level: float = LEVEL) -> bool:
        """Whether the constant at `place` has an interval. E trades with both terms, and has one where they have."""
        asked = (ALPHA, BETA) if place == E else (place,)
        return all(self.p_values[k] <= min(level, LEVEL) for k in asked)

    def limit(self, confidence: float) -> float:
        """τ that the truth stays below with probability `confidence`."""
        return float(fdtri(1, max(self.noise.n_runs - CONSTANTS, 1), confidence))

    def ends(self, confidence: float) -> Floats:
        """E, ln A, α, ln B and β (6, 5) at both ends of the profile intervals of α, β and E."""
        limit = self.limit(confidence)
        return self.runs.constants(np.concatenate([profile.ends(limit) for profile in self.profiles.values()]))

    @property
    def candidates(self) -> list[Floats]:
        """Coordinates to start resamples at, all along the profiles.

        In one group where every exponent is sure; else in one for each end of each valley, and one for the rest.
        """
        own = self.noise.theta[None]
        if max(self.p_values.values()) < _SURE:
            return [np.concatenate([own, *(profile.theta for profile in self.profiles.values())])]
        groups = [np.concatenate([own, self.profiles[E].theta])]
        for place in (ALPHA, BETA):
            profile, best = self.profiles[place], own[0, place]
            if self.p_values[place] >= _SURE:
                groups += [profile.theta[profile.values > best + 0.05], profile.theta[profile.values < best - 0.05]]
            else:
                groups[0] = np.concatenate([groups[0], profile.theta])
        return [group for group in groups if len(group)]


def identify(runs: Runs, starts: Floats, labels: NDArray[np.int64] | None = None) -> Identification:
    """What `runs` decide about each constant; `starts` are coordinates to begin at, the best first.

    Where rows belong to runs by `labels`, τ of each constant is divided by its variance inflation, and the degrees of
    freedom are those of the runs.
    """
    base = noise(runs, starts)
    found = profiles(runs, base)
    if labels is not None:
        larger = inflation(runs, base.theta, base.delta, labels)
        found = {place: replace(profile, tau=profile.tau / larger[place]) for place, profile in found.items()}
        base = replace(base, n_runs=len(np.unique(labels)))
    free = max(base.n_runs - CONSTANTS, 1)
    p_values = {}
    for place in (ALPHA, BETA):
        values, tau = found[place].values, found[place].tau
        if base.theta[place] > 0:
            edge = (values <= _NONE) | (values >= _MOST)
        else:
            edge = (values >= -_NONE) | (values <= -_LEAST)
        p_values[place] = float(fdtrc(1, free, tau[edge].min()))
    return Identification(runs, found, p_values, base)


def identification_notes(known: Identification) -> Iterator[Note]:
    """A note for each constant that the runs do not decide, or decide on one side only."""
    limit = known.limit(_TOLD)
    for place, name in ((ALPHA, "param"), (BETA, "data")):
        if not known.identified(place):
            low, high = known.profiles[place].ends(limit)[:, place]
            allowed = f"from {_edge(low, LOWEST[place], 'below')} to {_edge(high, HIGHEST[place], 'above')}"
            yield Note(
                FITTED,
                f"{name}_coefficient and {name}_exponent are not identified, so they have no interval: within their "
                f"noise these runs allow exponents {allowed}",
            )
        elif known.noise.theta[place] < 0:
            what = "parameters" if place == ALPHA else "data"
            told = f"{name}_exponent is below 0: the loss of these runs rises with {what}, which the law does not mean"
            yield Note(FITTED, told)
    first = known.profiles[E]
    if not known.identified(E):
        low, high = known.runs.constants(first.ends(limit))[:, 0]
        yield Note(
            FITTED,
            "irreducible is not identified, so it has no interval: it trades with a term whose exponent is not, and "
            f"these runs allow {number(low)} to {number(high)}",
        )
    elif first.tau[0] <= limit:
        yield Note(FITTED, "irreducible is bounded from above alone: these runs allow that it is 0")


def _edge(value: float, end: float, beyond: str) -> str:
    return f"{beyond} {number(end)}" if abs(value - end) < 1e-9 else number(value, 2)


def noise(runs: Runs, starts: Floats) -> Noise:
    """Scale of the residuals by Huber's proposal 2, together with the fit at δ = 1.345 scales (Huber 1964)."""
    n, one = len(runs.x), np.ones((1, len(runs.x)))
    free = max(n - CONSTANTS, 1)
    r, _ = residuals(runs, starts[:1])
    scale = max(float(np.median(np.abs(r[0]))) * 1.4826 * np.sqrt(n / free), _LEAST_SCALE)
    theta = starts
    for _ in range(_SCALE_STEPS):
        theta, value = descend(runs, theta, one, TUNING * scale, _TOLERANCE, most_steps=_STEPS)
        theta = theta[[np.argmin(value)]]
        before, scale = scale, _rescaled(residuals(runs, theta)[0][0], scale, free)
        if abs(scale - before) <= 0.01 * before:
            break
    delta = TUNING * scale
    theta, value = descend(runs, theta, one, delta, _TOLERANCE, most_steps=_STEPS)
    best = int(np.argmin(value))
    r, _ = residuals(runs, theta[[best]])
    psi = np.clip(r[0], -delta, delta)
    # `objective` is Σρ/δ.
    factor = delta * float(np.mean(np.abs(r[0]) <= delta)) / max(float(psi @ psi) / free, _LEAST_SCALE**2)
    return Noise(theta[best], delta, float(value[best]), factor, scale, n)


def _rescaled(r: Floats, scale: float, free: int) -> float:
    """Huber's proposal 2: Σψ(r/s)² = (n - 5) times its mean under the normal law."""
    for _ in range(50):
        psi = np.clip(r / scale, -TUNING, TUNING)
        scale = max(scale * float(np.sqrt(psi @ psi / (free * _MEAN_PSI))), _LEAST_SCALE)
    return scale


def profiles(runs: Runs, base: Noise, asked: dict[int, Floats] | None = None) -> dict[int, Profile]:
    """For each place, the profile over the values asked: the coordinate held at each, the others at their best."""
    asked = _places(runs, base) if asked is None else asked
    grid, one = Grid.of(runs), np.ones((1, len(runs.x)))
    solved = grid.solve()
    place = np.repeat(list(asked), [len(values) for values in asked.values()])
    values = np.concatenate(list(asked.values()))
    starts = np.stack([_starts(grid, solved, base, int(each[0]), each[1]) for each in zip(place, values, strict=True)])
    held = np.zeros((len(values), CONSTANTS), bool)
    held[np.arange(len(values)), place] = True

    def lowest(starts: Floats) -> tuple[Floats, Floats]:
        tries = starts.shape[1]
        rows = starts.reshape(-1, CONSTANTS)
        fixed = np.repeat(held, tries, axis=0)
        rows[fixed] = np.repeat(values, tries)
        theta, value = descend(runs, rows, one, base.delta, _TOLERANCE, held=fixed, most_steps=_STEPS)
        theta, value = theta.reshape(starts.shape), value.reshape(starts.shape[:2])
        first = np.arange(len(values)), np.argmin(value, axis=1)
        return theta[first], value[first]

    best, value = lowest(starts)
    # Once more from the best of the neighbours: the profile is a path, and a start may have missed it.
    again, other = lowest(np.stack([np.roll(best, 1, axis=0), np.roll(best, -1, axis=0)], axis=1))
    best[other < value], value = again[other < value], np.minimum(value, other)
    base = replace(base, lowest=min(base.lowest, float(value.min())))
    return {k: Profile(values[place == k], best[place == k], base.tau(value[place == k])) for k in asked}


def _places(runs: Runs, base: Noise) -> dict[int, Floats]:
    """Where each constant is held: over its whole range, and in standard errors about the best fit."""
    r, shares = residuals(runs, base.theta[None])
    _, matrix = normal_equations(runs, r, shares, np.ones((1, len(runs.x))), base.delta)
    # `normal_equations` are of ρ/δ, whose curvature is 1/δ within δ.
    errors = np.sqrt(np.clip(np.diag(np.linalg.pinv(matrix[0] * base.delta, rcond=1e-14)), 0, None)) * base.scale
    asked = {}
    for place in (ALPHA, BETA):
        near = base.theta[place] + errors[place] * _NEAR
        asked[place] = np.unique(np.concatenate([_FAR, near[(near > _FAR[0]) & (near < _FAR[-1])]]))
    most = float(runs.log_loss.min())
    near = base.theta[E] + errors[E] * _NEAR
    asked[E] = np.unique(np.concatenate([[_ABSENT], np.log(_SHARES) + most, near[(near > most - 5) & (near < most)]]))
    return asked


def _starts(grid: Grid, solved: tuple[Floats, Floats], base: Noise, place: int, value: float) -> Floats:
    """The best fit and the best of the grid where the coordinate at `place` is near `value`, (1 + starts, 5)."""
    starts = np.repeat(base.theta[None], 1 + _STARTS, axis=0)
    if place == E:
        found, rest = grid.solve(float(np.exp(value)))
        best = coordinates(found, minima(rest, _STARTS))
    else:
        found, rest = solved
        axis = 0 if place == ALPHA else 1
        line = int(np.argmin(np.abs(EXPONENTS - value)))
        lows = minima(np.take(rest, [line], axis=axis).reshape(1, -1), _STARTS)[:, 1]
        best = coordinates(found, np.insert(lows[:, None], axis, line, axis=1))
    starts[1 : 1 + len(best)] = best
    return starts
