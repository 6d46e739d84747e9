"""Other forms of a loss law in the same protocol, each with the three-part interval of its own residuals and resamples.

| letter | meaning                                                     | unit           |
|--------|-------------------------------------------------------------|----------------|
| x, y   | ln N and ln D less their means over the fitted runs         | 1              |
| c      | ln C less its mean, C = 6 N D                               | 1              |
| z      | ln L less its mean                                          | 1              |
| θ      | constants of a form, a set a row                            | –              |

All are fitted to z by the objective of the law itself (Huber, δ = 0.001), from a few starts, by reweighted least
squares with Levenberg's damping; the resamples, which weigh runs exponentially, start at the best fit. What is fitted
along the *frontier*, the runs that no cheaper run beats, knows compute alone, and is held against runs on the frontier
of the whole series.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bounds.fitting.loss_laws.loss_law import DELTA
from bounds.fitting.loss_laws.regression import objective
from bounds.fitting.runs.resampling import run_weights
from bounds.laws.published import FLOP_PER_PARAM_TOKEN
from experiments.backtest.protocol import Fitted, bin_of, predictions
from experiments.backtest.recipes import Floats

RESAMPLES = 40
"""Resamples a fit: a standard deviation to a ninth of itself."""
TOP = 10.0
"""What is local is fitted to the runs of at least a tenth of the largest fitted compute."""
CHINCHILLA = "E + A N^-α + B D^-β"
_LONGEST, _STILL, _STUCK = 80, 1e-8, 1e6
_STEP = 1e-5


@dataclass(frozen=True)
class Form:
    """A form of the law: `log_loss(θ (sets, p), x, y)` gives z as (sets, runs), `starts` are (k, p).

    `frontier` forms are fitted along the frontier, `local` ones to the runs of `TOP`.
    """

    name: str
    log_loss: Callable[[Floats, Floats, Floats], Floats]
    starts: Floats
    frontier: bool = False
    local: bool = False

    @property
    def size(self) -> int:
        """How many constants it has."""
        return int(self.starts.shape[1])


def _columns(theta: Floats) -> tuple[Floats, ...]:
    return tuple(theta.T[:, :, None])


def _kaplan(theta: Floats, x: Floats, y: Floats) -> Floats:
    """((N_c/N)^(α_N/α_D) + D_c/D)^α_D, Kaplan et al. 2020, equation 1.5; θ has α_N/α_D and α_D last."""
    a, d, ratio, power = _columns(theta)
    return power * np.logaddexp(a - ratio * x, d - y)


def _without_irreducible(theta: Floats, x: Floats, y: Floats) -> Floats:
    a, b, alpha, beta = _columns(theta)
    return np.logaddexp(a - alpha * x, b - beta * y)


def _equal_exponents(theta: Floats, x: Floats, y: Floats) -> Floats:
    e, a, b, alpha = _columns(theta)
    return np.logaddexp(e, np.logaddexp(a - alpha * x, b - alpha * y))


def _compute_alone(theta: Floats, x: Floats, y: Floats) -> Floats:
    """E + K C^-γ."""
    e, k, gamma = _columns(theta)
    return np.logaddexp(e, k - gamma * (x + y))


def _local(theta: Floats, x: Floats, y: Floats) -> Floats:
    """A power law of C, times a parabola of ln(D/N) in ln L."""
    level, slope, tilt, curve = _columns(theta)
    ratio = y - x
    return level + slope * (x + y) + tilt * ratio + curve * ratio**2


def _local_compute(theta: Floats, x: Floats, y: Floats) -> Floats:
    level, slope = _columns(theta)
    return level + slope * (x + y)


def _starts(*choices: Iterable[float]) -> Floats:
    return np.stack([one.ravel() for one in np.meshgrid(*(np.array(list(c), float) for c in choices))], 1)


FORMS = (
    Form("Kaplan", _kaplan, _starts([-0.7], [-0.7], [0.7, 1.4], [0.05, 0.15])),
    Form("no irreducible loss", _without_irreducible, _starts([-0.7], [-0.7], [0.05, 0.15], [0.05, 0.15])),
    Form("α = β", _equal_exponents, _starts([-1.5, -0.5], [-1.1], [-1.1], [0.2, 0.5])),
    Form("local power law", _local, np.array([[0.0, -0.05, 0.0, 0.01]]), local=True),
    Form("compute alone", _compute_alone, _starts([-2.0, -0.7, -0.2], [-1.0], [0.05, 0.2, 0.5]), frontier=True),
    Form("compute alone, local", _local_compute, np.array([[0.0, -0.05]]), frontier=True, local=True),
)


@dataclass(frozen=True)
class FormFit:
    """Constants of the best fit and of the resamples (sets, p), `noise` of the residuals, and what was subtracted."""

    form: Form
    theta: Floats
    samples: Floats
    noise: float
    means: tuple[float, float, float]

    def log_losses(self, theta: Floats, n_params: Floats, n_tokens: Floats) -> Floats:
        """ln L by each row of `theta` at each point."""
        mean_x, mean_y, mean_z = self.means
        return self.form.log_loss(theta, np.log(n_params) - mean_x, np.log(n_tokens) - mean_y) + mean_z


def on_frontier(runs: pd.DataFrame) -> pd.Series:
    """Whether no run of at most the compute of each has a smaller loss."""
    least = runs.groupby("compute_flops").loss.min().sort_index().cummin()
    return runs.loss <= runs.compute_flops.map(least)


def fit_form(form: Form, runs: pd.DataFrame, resamples: int = RESAMPLES, seed: int = 0) -> FormFit:
    """`form` through some runs of a series; raises ValueError where these are no more than its constants."""
    runs = runs[on_frontier(runs)] if form.frontier else runs
    if form.local:
        top = runs[runs.compute_flops >= runs.compute_flops.max() / TOP]
        runs = top if len(top) > 2 * form.size else runs
    if len(runs) <= form.size:
        raise ValueError(f"{form.name} has {form.size} constants, and {len(runs)} runs to find them from")
    x, y, z = (np.log(runs[name].to_numpy(float)) for name in ("n_params", "n_tokens", "loss"))
    means = float(x.mean()), float(y.mean()), float(z.mean())
    x, y, z = x - means[0], y - means[1], z - means[2]
    theta, value = _descend(form, x, y, z, form.starts, np.ones((1, len(z))))
    best = theta[[int(np.argmin(value))]]
    samples, _ = _descend(form, x, y, z, np.repeat(best, resamples, 0), run_weights(len(z), resamples, seed))
    r = form.log_loss(best, x, y)[0] - z
    return FormFit(form, best, samples, float(np.sqrt(r @ r / (len(z) - form.size))), means)


def _descend(form: Form, x: Floats, y: Floats, z: Floats, starts: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """The bottoms of the basins of `starts`, one row a start, and the objective there."""
    theta, damping = np.array(starts, float), np.full(len(starts), 1e-3)
    weights = np.broadcast_to(weights, (len(theta), len(z)))
    r = form.log_loss(theta, x, y) - z
    value, still = objective(r, weights, DELTA), np.zeros(len(theta), bool)
    for _ in range(_LONGEST):
        jacobian = _jacobian(form, theta, x, y)
        weighted = jacobian * (weights / np.maximum(np.abs(r), DELTA))[:, None, :]
        matrix = weighted @ np.swapaxes(jacobian, 1, 2)
        diagonal = np.arange(form.size)
        matrix[:, diagonal, diagonal] *= 1 + damping[:, None]
        matrix[:, diagonal, diagonal] += 1e-12
        step = -np.linalg.solve(matrix, (weighted @ r[:, :, None]))[..., 0]
        there = theta + np.clip(step, -2, 2)
        r_there = form.log_loss(there, x, y) - z
        value_there = objective(r_there, weights, DELTA)
        lower = value_there < value
        still |= np.where(lower, value - value_there <= _STILL * value, damping > _STUCK)
        theta[lower], r[lower] = there[lower], r_there[lower]
        value = np.where(lower, value_there, value)
        damping = np.clip(np.where(lower, damping / 5, damping * 6), 1e-12, 1e9)
        if still.all():
            break
    return theta, value


def _jacobian(form: Form, theta: Floats, x: Floats, y: Floats) -> Floats:
    """(sets, p, runs), by central differences."""
    found = []
    for column in range(form.size):
        step = np.zeros(form.size)
        step[column] = _STEP
        found.append((form.log_loss(theta + step, x, y) - form.log_loss(theta - step, x, y)) / (2 * _STEP))
    return np.stack(found, 1)


def rival_predictions(
    laws: Iterable[Fitted], forms: Iterable[Form] = FORMS, resamples: int = RESAMPLES
) -> tuple[pd.DataFrame, dict[str, int]]:
    """What every form predicts where the protocol fitted the law, and how many fits of each form had too few runs.

    A predicted run and form a row, with the columns of `experiments.backtest.protocol.predictions`, ``form``, and
    ``frontier``: whether the run is on the frontier of its series. The law itself is among the forms.
    """
    laws, forms = list(laws), list(forms)
    parts = [predictions([one]).assign(form=CHINCHILLA, frontier=_frontier(one)) for one in laws]
    refused = dict.fromkeys((form.name for form in forms), 0)
    for one in laws:
        for form in forms:
            try:
                fit = fit_form(form, one.runs, resamples)
            except ValueError:
                refused[form.name] += 1
                continue
            part = _predictions(fit, one)
            parts.append(part[part.frontier] if form.frontier else part)
    return pd.concat(parts, ignore_index=True), refused


def _frontier(one: Fitted) -> Floats:
    whole = pd.concat([one.series, one.predicted])
    return on_frontier(whole[~whole.index.duplicated()])[one.predicted.index].to_numpy()


def _predictions(fit: FormFit, one: Fitted) -> pd.DataFrame:
    told, N, D = one.predicted, one.predicted.n_params.to_numpy(float), one.predicted.n_tokens.to_numpy(float)
    distance = told.compute_flops.to_numpy(float) / one.cutoff
    largest = FLOP_PER_PARAM_TOKEN * float((one.runs.n_params * one.runs.n_tokens).max())
    return told[["series", "family", "n_params", "n_tokens"]].assign(
        protocol=one.protocol, cutoff=one.cutoff, n_fitted=len(one.runs), distance=distance,
        bin=[bin_of(far) for far in distance],
        error=fit.log_losses(fit.theta, N, D)[0] - np.log(told.loss.to_numpy(float)),
        sampling=np.std(fit.log_losses(fit.samples, N, D), axis=0, ddof=1), noise=fit.noise,
        efolds=np.log(np.maximum(FLOP_PER_PARAM_TOKEN * N * D / largest, 1)), form=fit.form.name,
        frontier=_frontier(one),
    )  # fmt: skip
