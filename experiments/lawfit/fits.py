"""Fits of the law of Chinchilla to any of its runs: which are left out, which objective, which resamples.

Letters are those of `experiments.lawfit`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import ndtr

from bounds.base.intervals import Interval
from bounds.base.telling.steps import stepped
from bounds.fitting.loss_laws.loss_law import CONSTANTS, DELTA, LossLawFit, fit_loss_law
from bounds.fitting.loss_laws.regression import Runs, refitted
from bounds.fitting.runs.run_columns import N_CONSTANTS
from bounds.laws.loss_law import LossLaw
from bounds.laws.published import LAWS
from experiments.data import located
from experiments.readers.chinchilla import LEFT_OUT, read_points

Floats = NDArray[np.float64]

DROPS = (0, 1, 2, 5, 10)
OBJECTIVES = (
    ("huber", 1e-2), ("huber", DELTA), ("huber", 1e-4), ("lad", DELTA), ("least-squares", DELTA),
)  # fmt: skip
GOPHER, CHINCHILLA = 5.76e23, 6 * 70e9 * 1.4e12
"""FLOP of Gopher (Hoffmann et al., figure 4) and of Chinchilla, 70B parameters on 1.4T tokens (section 4)."""
BOOTSTRAP, REDRAWN = 1000, 4000
LOW_FLOP = 1e21
"""Hoffmann et al., section 3.4: runs up to here are those with the larger residuals."""

THEIRS = LossLaw(
    "hoffmann2022-exact", LAWS["hoffmann2022"].citation, 0.33917084, 0.2849083,
    float(np.exp(0.5267228)), float(np.exp(6.0073404)), float(np.exp(6.0179186)),
    note="eight digits, from the source of the paper, as the notebook quotes them",
)  # fmt: skip

LETTERS = {
    "E": "irreducible", "A": "param_coefficient", "alpha": "param_exponent", "B": "data_coefficient",
    "beta": "data_exponent",
}  # fmt: skip
"""The constants as papers write them, and their names in `LossLaw`."""


def load(folder: str | Path | None = None) -> pd.DataFrame:
    """The 245 runs, one a row (`experiments.readers.chinchilla.read_points`), from the `folder` of the data sets."""
    return read_points(located("chinchilla", folder))


def law(points: pd.DataFrame, *, bootstrap: int = 0, **options: Any) -> LossLawFit:
    """The law through `points`, any subset of the runs; `options` are those of `bounds.fit_loss_law`.

    `points` has the columns `n_params`, `n_tokens` and `loss`; ValueError where one is missing.
    """
    missing = [name for name in ("n_params", "n_tokens", "loss") if name not in points]
    if missing:
        raise ValueError(f"points must have the columns n_params, n_tokens and loss; {', '.join(missing)} is missing")
    columns = (points[name].to_numpy(float) for name in ("n_params", "n_tokens", "loss"))
    return fit_loss_law(*columns, bootstrap=bootstrap, **options)


def fit(points: pd.DataFrame, *, bootstrap: int = 0, confidence: float = 0.95, **options: Any) -> pd.DataFrame:
    """The constants of the law through `points` as a table: E, A, alpha, B and beta with `estimate`.

    With a `bootstrap` also `standard_error`, `lower` and `upper`, of sampling alone; NaN where the runs do not
    identify a constant. `options` are those of `bounds.fit_loss_law`: `objective`, `delta`, `drop_highest`, `seed`.
    """
    return constants_table(law(points, bootstrap=bootstrap, **options), confidence)


def constants_table(found: LossLawFit, confidence: float = 0.95) -> pd.DataFrame:
    """The table of `fit` of a fit that there is."""
    table = pd.DataFrame({"estimate": {letter: getattr(found.law, name) for letter, name in LETTERS.items()}})
    if found.samples is not None:
        table["standard_error"] = {letter: found.standard_errors[name] for letter, name in LETTERS.items()}
        pairs = {letter: _ends(found.interval(name, confidence)) for letter, name in LETTERS.items()}
        table["lower"] = {letter: pair[0] for letter, pair in pairs.items()}
        table["upper"] = {letter: pair[1] for letter, pair in pairs.items()}
    return table


def leverage(points: pd.DataFrame, drops: Sequence[int] = DROPS, *, bootstrap: int = BOOTSTRAP) -> pd.DataFrame:
    """What is fitted when the runs with the `drops` highest losses are left out, one row a number of them.

    Constants with the ends of 95 % intervals of β and of the middle exponent γ (of sampling alone), a, and the best
    size and tokens per parameter for the FLOP of Gopher.
    """
    return pd.DataFrame(
        [
            _leverage_row(law(points, drop_highest=drop, bootstrap=bootstrap), drop)
            for drop in stepped(drops, "laws", "fits")
        ]
    )


def _leverage_row(found: LossLawFit, drop: int) -> dict[str, Any]:
    row: dict[str, Any] = {"left_out": drop, "runs": found.n_runs} | _row_of(found.law)
    if found.samples is not None:
        row["beta_lower"], row["beta_upper"] = _ends(found.interval("data_exponent"))
        middle = None if found.no_band else found.band()["exponent", "middle"]
        row["gamma"] = np.nan if middle is None else middle.value
        row["gamma_lower"], row["gamma_upper"] = _ends(None if middle is None else middle.sampling)
    return row


def _ends(interval: Interval | None) -> tuple[Any, Any]:
    """The ends of an interval; NaN where there is none."""
    return (np.nan, np.nan) if interval is None else (interval.lower, interval.upper)


def _row_of(one: LossLaw) -> dict[str, float]:
    return dict(zip(LETTERS, values_of(one), strict=True)) | {
        "a": size_exponent(one.param_exponent, one.data_exponent),
        "gopher_params": float(one.optimal(GOPHER).n_params),
        "gopher_tokens_per_param": float(one.optimal_tokens_per_param(GOPHER)),
    }


def size_exponent(alpha: Any, beta: Any) -> Any:
    """a = β/(α + β), of equation 4 of Hoffmann et al."""
    return beta / (alpha + beta)


def objectives(points: pd.DataFrame, drops: Sequence[int] = (0, LEFT_OUT)) -> pd.DataFrame:
    """The constants by each objective in `OBJECTIVES`, with the runs of the highest losses left out."""
    return pd.DataFrame(
        {"objective": objective, "delta": delta if objective == "huber" else np.nan, "left_out": drop}
        | _row_of(law(points, objective=objective, delta=delta, drop_highest=drop).law)
        for drop in drops
        for objective, delta in OBJECTIVES
    )


def influence(points: pd.DataFrame, *, delta: float = DELTA) -> pd.DataFrame:
    """By how much β moves when one run alone is left out, in the order of `points`, with the residuals of the fit.

    Columns of `points`, `tokens_per_param`, `residual` (ln fitted - ln observed) and `beta_moves`, the β without the
    run less that with all of them.
    """
    found = law(points, delta=delta)
    runs, start = _runs(points), _start(points, found.law)
    without = runs.constants(refitted(runs, [start], 1 - np.eye(len(points)), (delta,), 1e-12))
    return points.assign(
        tokens_per_param=points.n_tokens / points.n_params,
        residual=found.residuals,
        beta_moves=without[:, 4] - found.law.data_exponent,
    )


def redrawn(
    points: pd.DataFrame, n: int = REDRAWN, *, share: float = 1.0, replace: bool = True, seed: int = 0,
    delta: float = DELTA,
) -> pd.DataFrame:  # fmt: skip
    """The constants fitted to `n` resamples of the runs, `share` of their number, drawn with replacement or without.

    The bootstrap of Besiroglu et al. (share 1, with replacement); Hoffmann et al. draw 80 % of the runs, and do not
    say how. `bounds.fit_loss_law` weighs the runs instead, which is first-order equal to drawing all with replacement.
    """
    rng, size = np.random.default_rng(seed), round(share * len(points))
    if replace:
        weights = rng.multinomial(size, np.full(len(points), 1 / len(points)), size=n).astype(float)
    else:
        weights = np.zeros((n, len(points)))
        for row in weights:
            row[rng.choice(len(points), size, replace=False)] = 1
    runs, start = _runs(points), _start(points, law(points, delta=delta).law)
    found = runs.constants(refitted(runs, [start], weights, (delta,), 1e-9))
    table = pd.DataFrame(found, columns=list(CONSTANTS))
    return pd.DataFrame({
        "E": table.irreducible, "A": np.exp(table.log_param_coefficient), "alpha": table.param_exponent,
        "B": np.exp(table.log_data_coefficient), "beta": table.data_exponent,
        "a": size_exponent(table.param_exponent, table.data_exponent),
    })  # fmt: skip


def _runs(points: pd.DataFrame) -> Runs:
    return Runs.of(*(points[name].to_numpy(float) for name in ("n_params", "n_tokens", "loss")))


def _start(points: pd.DataFrame, one: LossLaw) -> Floats:
    """The coordinates of a law in a descent through `points`: logarithms of its terms at the middle of the runs."""
    runs, (e, a, alpha, b, beta) = _runs(points), log_constants(one)
    logs = np.array([e, a - alpha * runs.mean_x, b - beta * runs.mean_y]) - runs.mean_log_loss
    return np.array([[*logs, alpha, beta]])


def values_of(one: LossLaw) -> list[float]:
    """E, A, α, B, β."""
    return [float(getattr(one, name)) for name in LETTERS.values()]


def log_constants(one: LossLaw) -> Floats:
    """ln E, ln A, α, ln B, β."""
    E, A, alpha, B, beta = values_of(one)
    return np.array([np.log(max(E, 1e-30)), np.log(A), alpha, np.log(B), beta])


def without_highest(points: pd.DataFrame, drop: int = LEFT_OUT) -> pd.DataFrame:
    """The runs whose loss is strictly below the `drop`-th largest: the rule of Besiroglu et al."""
    if not drop:
        return points
    return points[points.loss < np.sort(points.loss)[-drop]]


def residuals(one: LossLaw, points: pd.DataFrame) -> Floats:
    """ln of the law's loss less ln of the observed one, for each run."""
    return np.asarray(np.log(one.loss(points.n_params.to_numpy(), points.n_tokens.to_numpy())) - np.log(points.loss))


def scatter(points: pd.DataFrame) -> pd.DataFrame:
    """Each published law about the runs of `points`: √(Σr²/(n - 5)), and the FLOP of the dearest run.

    These are the `residual_deviation` and the `largest_compute` that `bounds.LAWS` carries of the laws of these runs.
    """
    free, dearest = len(points) - N_CONSTANTS, float(points.compute_flops.max())
    rows = [
        {"law": one.key, "residual_deviation": float(np.sqrt(np.sum(residuals(one, points) ** 2) / free)),
         "largest_compute": dearest}
        for one in LAWS.values() if one.residual_deviation is not None
    ]  # fmt: skip
    return pd.DataFrame(rows)


def log_likelihood(one: LossLaw, points: pd.DataFrame, *, delta: float = DELTA) -> float:
    """Greatest log-likelihood of the residuals of a law under the density of Huber's objective with a free scale.

    The density of the notebook of Besiroglu et al., exp(-ρ(r/σ))/σ over its integral, greatest over σ.
    """
    r = np.abs(residuals(one, points))
    area = np.sqrt(2 * np.pi) * (1 - 2 * ndtr(-delta)) + 2 * np.exp(-(delta**2) / 2) / delta

    def against(log_scale: float) -> float:
        z = r / np.exp(log_scale)
        rho = np.where(z <= delta, z * z / 2, delta * (z - delta / 2))
        return float(np.sum(rho) + len(r) * (np.log(area) + log_scale))

    return -float(minimize_scalar(against, bounds=(-25, 0), method="bounded", options={"xatol": 1e-9}).fun)


def stopped(points: pd.DataFrame, reduce: Callable[[Floats], Any], *, delta: float = DELTA) -> float:
    """The β where L-BFGS-B as SciPy has it stops when it starts from Hoffmann's constants.

    `reduce` makes one number of the objectives of the runs: their sum, or their mean.
    """
    x, y, target = (np.log(points[name].to_numpy(float)) for name in ("n_params", "n_tokens", "loss"))

    def value(v: Floats) -> float:
        a, b, e, alpha, beta = v
        r = np.abs(np.log(np.exp(a - alpha * x) + np.exp(b - beta * y) + np.exp(e)) - target)
        return float(reduce(np.where(r <= delta, r * r / 2, delta * (r - delta / 2))))

    start = [6.0073404, 6.0179186, 0.5267228, 0.33917084, 0.2849083]
    return float(minimize(value, start, method="L-BFGS-B").x[4])
