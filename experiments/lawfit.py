"""The law of Chinchilla, fitted again to its own runs: what it says, and how much of it hangs on five of them.

| letter  | meaning                                                       | unit              |
|---------|---------------------------------------------------------------|-------------------|
| N, D, C | parameters, training tokens, FLOP of a run, C = 6 N D         | –, tokens, FLOP   |
| E, A, α, B, β | constants of L = E + A N^-α + B D^-β                    | nats per token, 1 |
| a       | exponent of the best size, N ~ C^a, a = β/(α + β)             | 1                 |
| M       | tokens per parameter at the best size                         | tokens            |
| γ       | exponent of distinct sequences, U ~ D^γ, between 1 - 2β and 1 - β | 1             |

Hoffmann et al. 2022 (arXiv:2203.15556) fitted the law to more than 400 runs; Besiroglu et al. 2024 (arXiv:2404.10102)
read 245 of them off a figure, left five out and fitted again. Their numbers stand below as printed; "notebook" is
``data_analysis.ipynb`` of their repository at the commit of the data, whose outputs have more digits than the paper.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import ndtr, ndtri
from scipy.stats import chi2

from bounds.base.intervals import Interval
from bounds.base.notes import FITTED, Note
from bounds.cli.printing import estimated, fixed, number, signed, written
from bounds.cli.report import Table
from bounds.fitting.runs.loss_law import CONSTANTS, DELTA, LossLawFit, fit_loss_law
from bounds.fitting.runs.loss_regression import Runs, refitted
from bounds.laws.loss_law import LossLaw
from bounds.laws.published import LAWS
from experiments.claims import AT_LEAST, AT_MOST, Claim, Outcome, Result, judge
from experiments.data import located
from experiments.readers.chinchilla import read_points

Floats = NDArray[np.float64]

LEFT_OUT = 5
"""Runs that Besiroglu et al. leave out: those whose loss is not strictly below the fifth largest."""
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

_H, _B = "Hoffmann 2022", "Besiroglu 2024"
_TWO_SE = "twice the standard error that Besiroglu et al. print for it"
_UNIT = "a unit of its last digit"
_MC = "half a unit of its last digit, and twice the Monte Carlo error of two bootstraps of 4,000 resamples"

CLAIMS = (
    Claim("lawfit.equal-scaling", _H, "abstract", "size and tokens should be scaled equally: N ~ C^a with a = 0.5",
          0.5, 0.04, "twice the standard error of a, 0.020, in the notebook of Besiroglu et al., cell 59"),
    Claim("lawfit.a", _H, "table 2, approach 3", "a is 0.46", 0.46, 0.04,
          "twice the standard error of a, 0.020, in the notebook of Besiroglu et al., cell 59", should_hold=False),
    Claim("lawfit.a-interval", _H, "table 2, approach 3", "a lies between 0.454 and 0.455 (10th and 90th percentile)",
          (0.454, 0.455), 5e-4, "half a unit of its last digit", should_hold=False),
    Claim("lawfit.a-own", _H, "table 2 and equation 4", "the interval of a holds the a of the paper's own α and β",
          (0.454, 0.455), 5e-4, "half a unit of its last digit", should_hold=False),
    Claim("lawfit.E", _H, "equation 10", "irreducible loss of the law", 1.69, 0.06, _TWO_SE, should_hold=False,
          unit="nats per token"),
    Claim("lawfit.A", _H, "equation 10", "coefficient of the model term", 406.4, 249.16, _TWO_SE),
    Claim("lawfit.alpha", _H, "equation 10", "exponent of the model term", 0.34, 0.04, _TWO_SE),
    Claim("lawfit.B", _H, "equation 10", "coefficient of the data term", 410.7, 2586.46, _TWO_SE),
    Claim("lawfit.beta", _H, "equation 10", "exponent of the data term", 0.28, 0.04, _TWO_SE, should_hold=False),
    Claim("lawfit.gopher-figure", _H, "figure 4", "the best model for the FLOP of Gopher has 40B parameters",
          40e9, 0.5e9, "half a unit of its last digit", unit="parameters"),
    Claim("lawfit.gopher-rounded", _H, "figure 4 and equation 10", "so do the constants that the paper prints",
          40e9, 0.5e9, "half a unit of its last digit", should_hold=False, unit="parameters"),
    Claim("lawfit.gopher-range", _H, "section 4", "for the FLOP of Gopher the best model has 40 to 70B parameters",
          (40e9, 70e9), 5e9, "ends are given in tens of billions", unit="parameters"),
    Claim("lawfit.residuals", _H, "section 3.4", "runs up to 1e21 FLOP have larger squared residuals than those beyond",
          1.0, None, "larger is a ratio above 1", reading=AT_LEAST),
    Claim("lawfit.small-delta", _H, "appendix D.2", "δ below 1e-3 does not change what the law predicts", 0.0, 1e-3,
          "losses read off colours are good to 0.001 of themselves", reading=AT_MOST),
    Claim("lawfit.large-delta", _H, "appendix D.2", "δ above 1e-3 predicts larger runs worse", 1.0, None,
          "worse is a ratio of errors above 1", reading=AT_LEAST),
    Claim("lawfit.runs", _H, "abstract", "over 400 models were trained", 400.0, None, "a count", reading=AT_LEAST),
    Claim("lawfit.sizes", _H, "abstract", "the smallest model has 70 million parameters", 70e6, 5e6,
          "half a unit of its last digit", should_hold=False, reading=AT_LEAST, unit="parameters"),
    Claim("lawfit.tokens", _H, "abstract", "the fewest tokens are 5 billion", 5e9, 0.5e9,
          "half a unit of its last digit", should_hold=False, reading=AT_LEAST, unit="tokens"),
    Claim("lawfit.outliers", _B, "section 3 and notebook, cell 15", "the rule leaves 240 runs", 240.0, 0.0, "a count"),
    Claim("lawfit.refit-E", _B, "table 1", "E of the refit, by Huber's objective with δ = 1e-3", 1.8172, 1e-4, _UNIT,
          unit="nats per token"),
    Claim("lawfit.refit-A", _B, "table 1", "A of the refit, by the same", 482.01, 0.01, _UNIT, should_hold=False),
    Claim("lawfit.refit-alpha", _B, "table 1", "α of the refit, by the same", 0.3478, 1e-4, _UNIT, should_hold=False),
    Claim("lawfit.refit-B", _B, "table 1", "B of the refit, by the same", 2085.43, 0.01, _UNIT, should_hold=False),
    Claim("lawfit.refit-beta", _B, "table 1", "β of the refit, by the same", 0.3658, 1e-4, _UNIT, should_hold=False),
    Claim("lawfit.lad-E", _B, "table 1", "E of the refit, by least absolute deviations", 1.8172, 1e-4, _UNIT,
          should_hold=False, unit="nats per token"),
    Claim("lawfit.lad-A", _B, "table 1", "A of the refit, by the same", 482.01, 0.01, _UNIT, should_hold=False),
    Claim("lawfit.lad-alpha", _B, "table 1", "α of the refit, by the same", 0.3478, 1e-4, _UNIT),
    Claim("lawfit.lad-B", _B, "table 1", "B of the refit, by the same", 2085.43, 0.01, _UNIT, should_hold=False),
    Claim("lawfit.lad-beta", _B, "table 1", "β of the refit, by the same", 0.3658, 1e-4, _UNIT),
    Claim("lawfit.se-E", _B, "table 1", "standard error of E", 0.03, 0.0059, _MC),
    Claim("lawfit.se-A", _B, "table 1", "standard error of A", 124.58, 3.9, _MC, should_hold=False),
    Claim("lawfit.se-alpha", _B, "table 1", "standard error of α", 0.02, 0.0055, _MC),
    Claim("lawfit.se-B", _B, "table 1", "standard error of B", 1293.23, 300.0, _MC),
    Claim("lawfit.se-beta", _B, "table 1", "standard error of β", 0.02, 0.0059, _MC),
    Claim("lawfit.refit-a", _B, "notebook, cell 59", "a of the refit", 0.513, 5e-4, "half a unit of its last digit"),
    Claim("lawfit.compatible", _B, "abstract", "the refit agrees with a = 0.50 and 0.49 of approaches 1 and 2",
          "holds both", None, "our 95 % interval of a holds both"),
    Claim("lawfit.likelihood", _B, "notebook, cell 48", "log-likelihood of the refit on its 240 runs", 879.77, 0.005,
          "half a unit of its last digit"),
    Claim("lawfit.likelihood-own", _B, "notebook, cell 48", "log-likelihood of Hoffmann's constants, unrounded",
          837.78, 0.005, "half a unit of its last digit"),
    Claim("lawfit.likelihood-ratio", _B, "notebook, cell 49", "twice their difference, against Hoffmann's constants",
          84.00, 0.01, "a unit of its last digit"),
    Claim("lawfit.rejected", _B, "abstract; notebook, cell 34", "Hoffmann's constants fail to fit the runs: χ² with 5 "
          "degrees of freedom", 238.40, 15.0, "twice the Monte Carlo error of two covariances of 4,000 resamples"),
    Claim("lawfit.runs-needed", _B, "abstract", "an interval of a as narrow as Hoffmann's takes over 600,000 runs",
          600e3, 50e3, "half a unit of its first digit", reading=AT_LEAST, unit="runs"),
    Claim("lawfit.ratio-20", _B, "section 4", "about 20 tokens per parameter are best for the FLOP of Chinchilla",
          20.0, 5.0, "half of ten, about", unit="tokens per parameter"),
    Claim("lawfit.ratio-70", _B, "section 4", "by Hoffmann's constants about 70 of them are", 70.0, 5.0,
          "half of ten, about", should_hold=False, unit="tokens per parameter"),
    Claim("lawfit.stopped-early", _B, "version 2", "Hoffmann's search averaged the objective, and so stopped early",
          "stops early", None, "from their constants the search moves β by less than a tenth of the way to the least"),
    Claim("lawfit.fewer-runs", _B, "abstract", "Hoffmann et al. likely ran fewer than 500 experiments", 500.0, None,
          "a count", reading=AT_MOST),
)  # fmt: skip
_CLAIM = {claim.name: claim for claim in CLAIMS}
_LETTERS = {
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
    return _table(law(points, bootstrap=bootstrap, **options), confidence)


def _table(found: LossLawFit, confidence: float = 0.95) -> pd.DataFrame:
    table = pd.DataFrame({"estimate": {letter: getattr(found.law, name) for letter, name in _LETTERS.items()}})
    if found.samples is not None:
        table["standard_error"] = {letter: found.standard_errors[name] for letter, name in _LETTERS.items()}
        pairs = {letter: _ends(found.interval(name, confidence)) for letter, name in _LETTERS.items()}
        table["lower"] = {letter: pair[0] for letter, pair in pairs.items()}
        table["upper"] = {letter: pair[1] for letter, pair in pairs.items()}
    return table


def leverage(points: pd.DataFrame, drops: Sequence[int] = DROPS, *, bootstrap: int = BOOTSTRAP) -> pd.DataFrame:
    """What is fitted when the runs with the `drops` highest losses are left out, one row a number of them.

    Constants with the ends of 95 % intervals of β and of the middle exponent γ (of sampling alone), a, and the best
    size and tokens per parameter for the FLOP of Gopher.
    """
    return pd.DataFrame([_leverage_row(law(points, drop_highest=drop, bootstrap=bootstrap), drop) for drop in drops])


def _leverage_row(found: LossLawFit, drop: int) -> dict[str, Any]:
    row: dict[str, Any] = {"left_out": drop, "runs": found.n_runs} | _row_of(found.law)
    if found.samples is not None:
        row["beta_lower"], row["beta_upper"] = _ends(found.interval("data_exponent"))
        middle = None if found.no_band else found.band()["exponent", "middle"]
        row["gamma"] = np.nan if middle is None else middle.value
        row["gamma_lower"], row["gamma_upper"] = _ends(None if middle is None else middle.interval)
    return row


def _ends(interval: Interval | None) -> tuple[Any, Any]:
    """The ends of an interval; NaN where there is none."""
    return (np.nan, np.nan) if interval is None else (interval.lower, interval.upper)


def _row_of(one: LossLaw) -> dict[str, float]:
    return dict(zip(_LETTERS, _values(one), strict=True)) | {
        "a": _size_exponent(one.param_exponent, one.data_exponent),
        "gopher_params": float(one.optimal(GOPHER).n_params),
        "gopher_tokens_per_param": float(one.optimal_tokens_per_param(GOPHER)),
    }


def _size_exponent(alpha: Any, beta: Any) -> Any:
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
        "a": _size_exponent(table.param_exponent, table.data_exponent),
    })  # fmt: skip


def _runs(points: pd.DataFrame) -> Runs:
    return Runs.of(*(points[name].to_numpy(float) for name in ("n_params", "n_tokens", "loss")))


def _start(points: pd.DataFrame, one: LossLaw) -> Floats:
    """The coordinates of a law in a descent through `points`: logarithms of its terms at the middle of the runs."""
    runs, (e, a, alpha, b, beta) = _runs(points), _constants(one)
    logs = np.array([e, a - alpha * runs.mean_x, b - beta * runs.mean_y]) - runs.mean_log_loss
    return np.array([[*logs, alpha, beta]])


def _values(one: LossLaw) -> list[float]:
    """E, A, α, B, β."""
    return [float(getattr(one, name)) for name in _LETTERS.values()]


def _constants(one: LossLaw) -> Floats:
    """ln E, ln A, α, ln B, β."""
    E, A, alpha, B, beta = _values(one)
    return np.array([np.log(max(E, 1e-30)), np.log(A), alpha, np.log(B), beta])


def without_highest(points: pd.DataFrame, drop: int = LEFT_OUT) -> pd.DataFrame:
    """The runs whose loss is strictly below the `drop`-th largest: the rule of Besiroglu et al."""
    if not drop:
        return points
    return points[points.loss < np.sort(points.loss)[-drop]]


def residuals(one: LossLaw, points: pd.DataFrame) -> Floats:
    """ln of the law's loss less ln of the observed one, for each run."""
    return np.asarray(np.log(one.loss(points.n_params.to_numpy(), points.n_tokens.to_numpy())) - np.log(points.loss))


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


def run(folder: Path) -> Result:
    """What the runs in `folder` say of the claims of both papers."""
    points = load(folder)
    kept = without_highest(points)
    by_drop = leverage(points)
    huber, lad = law(points, drop_highest=LEFT_OUT, bootstrap=BOOTSTRAP), law(kept, objective="lad")
    drawn, moved = redrawn(kept), influence(points)
    by_objective = objectives(points)
    outcomes = [
        *_of_hoffmann(points, kept, huber, drawn),
        *_of_besiroglu(points, kept, huber.law, lad.law, drawn),
    ]
    beta = by_drop.set_index("left_out").beta
    order = {claim.name: place for place, claim in enumerate(CLAIMS)}
    return Result(
        sorted(outcomes, key=lambda one: order[one.claim.name]),
        answer=(
            f"Five of {len(points)} runs move β from {beta[LEFT_OUT]:.3f} to {beta[0]:.3f}, and the efficient size "
            f"from D^{_middle(beta[LEFT_OUT]):.2f} to D^{_middle(beta[0]):.2f}."
        ),
        tables=[_leverage_table(by_drop), _objective_table(by_objective)],
        details=[_constants_table(huber, drawn), _influence_table(moved)],
        notes=[Note(FITTED, "the law does not fit these runs: their residuals bend with N, D or D/N, so that intervals "
                            "hold for sampling alone.")] if huber.sampling_only else [],
        method=_method(),
        figures=_figures(points, by_drop, by_objective, huber.law),
        data={"leverage": by_drop.to_dict("records"), "objectives": by_objective.to_dict("records"),
              "influence": _strongest(moved).to_dict("records")},
    )  # fmt: skip


def _figures(
    points: pd.DataFrame, by_drop: pd.DataFrame, by_objective: pd.DataFrame, refit: LossLaw
) -> dict[str, Callable[[], Any]]:
    shown = points.assign(residual=residuals(refit, points), left_out=~points.index.isin(without_highest(points).index))
    fits = by_drop.set_index("left_out")
    laws = {
        "Hoffmann 2022, as published": THEIRS,
        f"refit without {LEFT_OUT} runs": _law_of(fits.loc[LEFT_OUT]),
        "refit of all runs": _law_of(fits.loc[0]),
    }
    published = {"Besiroglu 2024": LAWS["epoch2024"].data_exponent, "Hoffmann 2022": THEIRS.data_exponent}
    models = {"Chinchilla, 70B on 1.4T tokens": (CHINCHILLA, 70e9), "Gopher, 280B on 300B tokens": (GOPHER, 280e9)}

    def draw_leverage() -> Any:
        from experiments.figures import lawfit

        return lawfit.draw_leverage(shown, by_drop, by_objective, published)

    def draw_frontier() -> Any:
        from experiments.figures import lawfit

        return lawfit.draw_frontier(shown, laws, models)

    return {"leverage": draw_leverage, "frontier": draw_frontier}


def _law_of(row: pd.Series) -> LossLaw:
    return LossLaw("fitted", "", row.alpha, row.beta, row.E, row.A, row.B)


def _middle(beta: float) -> float:
    """Middle of the band of exponents that a loss falling as D^-β leaves."""
    from bounds.efficiency.band import exponent_band

    return float(exponent_band(beta).midpoint)


def _of_hoffmann(points: pd.DataFrame, kept: pd.DataFrame, found: LossLawFit, drawn: pd.DataFrame) -> list[Outcome]:
    ours = found.law
    size = _size_exponent(ours.param_exponent, ours.data_exponent)
    own = _size_exponent(THEIRS.param_exponent, THEIRS.data_exponent)
    gopher = float(ours.optimal(GOPHER).n_params)
    few = points[points.n_tokens < 5e9]
    return [
        judge(_CLAIM["equal-scaling"], size),
        judge(_CLAIM["a"], size, f"The paper's own constants give {own:.4f}, those of the refit {size:.3f}"),
        judge(_CLAIM["a-interval"], _percentiles(drawn.a, 10, 90), _resampled(kept, drawn)),
        judge(_CLAIM["a-own"], own, "From α = 0.33917 and β = 0.28491, of the source of the paper; 0.28 and 0.34 as "
              f"printed give {_size_exponent(0.34, 0.28):.4f}"),
        *(
            judge(_CLAIM[letter], float(getattr(ours, name)), f"Refit of {found.n_runs} runs; the paper had more")
            for letter, name in _LETTERS.items()
        ),
        judge(_CLAIM["gopher-figure"], float(THEIRS.optimal(GOPHER).n_params), "By the constants with eight digits"),
        judge(_CLAIM["gopher-rounded"], float(LAWS["hoffmann2022"].optimal(GOPHER).n_params),
              "Two digits of β are too few: 0.28 for 0.28491"),
        judge(_CLAIM["gopher-range"], gopher, "By the refit; the range holds what approaches 1 and 2 say as well"),
        *_of_residuals(points, kept, ours),
        judge(_CLAIM["runs"], None, f"The figure shows {len(points)} of them, and no more were published"),
        judge(_CLAIM["sizes"], float(points.n_params.min()),
              f"{(points.n_params < 69e6).sum()} run of {len(points)} is smaller; the largest has "
              f"{written(float(points.n_params.max()))}. Section 3 says under 70M"),
        judge(_CLAIM["tokens"], float(points.n_tokens.min()),
              f"{len(few)} of {len(points)} runs have fewer, the five left out among them; the most are "
              f"{written(float(points.n_tokens.max()))}. Tokens are FLOP over 6N, both read off the figure"),
    ]  # fmt: skip


def _of_residuals(points: pd.DataFrame, kept: pd.DataFrame, ours: LossLaw) -> list[Outcome]:
    """Claims of section 3.4 and appendix D.2 on residuals and δ."""
    ratios = [_squares(one, kept, low=True) / _squares(one, kept, low=False) for one in (THEIRS, ours)]
    small = law(kept, delta=1e-4).law
    shift = float(np.abs(residuals(small, kept) - residuals(ours, kept)).max())
    errors = {delta: _held_out(kept, delta) for delta in (DELTA, 1e-2, 1e-1)}
    return [
        judge(_CLAIM["residuals"], ratios[0], f"Mean squares, by the constants of the paper; by the refit "
              f"{ratios[1]:.2f}, so that it is the fit and not the runs that is worse at low FLOP"),
        judge(_CLAIM["small-delta"], shift, "Largest relative change of a predicted loss over the 240 runs at "
              f"δ = 1e-4; β moves from {ours.data_exponent:.4f} to {small.data_exponent:.4f}"),
        judge(_CLAIM["large-delta"], errors[1e-1] / errors[DELTA], "Mean error of ln loss beyond 1e21 FLOP when fitted "
              f"up to there: {errors[DELTA]:.4f} at δ = 1e-3, {errors[1e-2]:.4f} at 1e-2, {errors[1e-1]:.4f} at 1e-1"),
    ]  # fmt: skip


def _squares(one: LossLaw, points: pd.DataFrame, *, low: bool) -> float:
    """Mean squared residual, in nats, of the runs up to `LOW_FLOP`, or of those beyond."""
    part = points[(points.compute_flops <= LOW_FLOP) == low]
    loss = part.loss.to_numpy()
    return float(np.mean((np.exp(residuals(one, part)) * loss - loss) ** 2))


def _held_out(points: pd.DataFrame, delta: float) -> float:
    """Mean error of ln loss for the runs beyond `LOW_FLOP`, of the law through the others."""
    low = points.compute_flops <= LOW_FLOP
    return float(np.abs(residuals(law(points[low], delta=delta).law, points[~low])).mean())


def _percentiles(values: Any, *levels: float) -> tuple[float, ...]:
    return tuple(float(one) for one in np.percentile(values, levels))


def _resampled(kept: pd.DataFrame, drawn: pd.DataFrame) -> str:
    """What ways of resampling say of the interval of a."""
    others = [redrawn(kept, 1000, share=0.8, replace=replace).a for replace in (False, True)]
    shown = ["[{:.3f}, {:.3f}]".format(*_percentiles(values, 10, 90)) for values in others]
    return (
        f"10th and 90th percentile of a refit of {len(kept)} runs, all of them drawn with replacement; 80 % of them, "
        f"as the paper has it, give {shown[0]} without replacement and {shown[1]} with it"
    )


def _of_besiroglu(
    points: pd.DataFrame, kept: pd.DataFrame, huber: LossLaw, lad: LossLaw, drawn: pd.DataFrame
) -> list[Outcome]:
    size = _size_exponent(lad.param_exponent, lad.data_exponent)
    inside = _percentiles(drawn.a, 2.5, 97.5)
    greatest, own = (log_likelihood(one, kept) for one in (lad, THEIRS))
    ratio = float(THEIRS.optimal_tokens_per_param(CHINCHILLA))
    return [
        judge(_CLAIM["outliers"], float(len(kept)), _of_outliers(points)),
        *(judge(_CLAIM[f"refit-{letter}"], float(getattr(huber, name)), _of_objective(letter))
          for letter, name in _LETTERS.items()),
        *(judge(_CLAIM[f"lad-{letter}"], float(getattr(lad, name)), _of_lad(letter))
          for letter, name in _LETTERS.items()),
        *(judge(_CLAIM[f"se-{letter}"], float(drawn[letter].std(ddof=1)), _of_error(letter)) for letter in _LETTERS),
        judge(_CLAIM["refit-a"], size, "By least absolute deviations; Huber's objective gives "
              f"{_size_exponent(huber.param_exponent, huber.data_exponent):.4f}"),
        judge(_CLAIM["compatible"], inside, holds=inside[0] <= 0.49 and inside[1] >= 0.50),
        judge(_CLAIM["likelihood"], greatest),
        judge(_CLAIM["likelihood-own"], own, "As printed, with two digits, they have "
              f"{log_likelihood(LAWS['hoffmann2022'], kept):.2f}"),
        judge(_CLAIM["likelihood-ratio"], 2 * (greatest - own)),
        _of_chi_squared(lad, drawn),
        _of_runs_needed(kept, drawn),
        judge(_CLAIM["ratio-20"], float(huber.optimal_tokens_per_param(CHINCHILLA)), "With all 245 runs "
              f"{float(law(points).law.optimal_tokens_per_param(CHINCHILLA)):.1f}. The 25.66 that cell 69 prints looks "
              "for FLOP in a list of ratios"),
        judge(_CLAIM["ratio-70"], ratio, "72.87 in the notebook, cell 68, comes of a = 0.4545, the middle of the "
              "interval of table 2; the a of the constants is 0.4565, and the ratio goes as C^(1 - 2a)"),
        _of_search(kept, huber),
        judge(_CLAIM["fewer-runs"], None, "How many were run is not in the data"),
    ]  # fmt: skip


def _of_outliers(points: pd.DataFrame) -> str:
    out = points.drop(without_highest(points).index)
    ratio = out.n_tokens / out.n_params
    others = without_highest(points)
    left = others.n_tokens / others.n_params
    beta = law(points[points.n_tokens >= points.n_params]).law.data_exponent
    return (
        f"The {len(out)} left out have the fewest tokens per parameter as well, {ratio.min():.3f} to "
        f"{ratio.max():.3f}; the next has {left.min():.3f}. They are the end of a bend: {(left < 1).sum()} of the runs "
        f"kept have less than one as well, and without any such run β is {beta:.3f}"
    )


def _of_objective(letter: str) -> str:
    theirs = {"E": 1.817235504, "A": 477.84171, "alpha": 0.34731266, "B": 2143.86379, "beta": 0.36718262}
    return f"Their own search by this objective, notebook, cell 18, ends at {number(theirs[letter], 6)}"


def _of_lad(letter: str) -> str:
    if letter == "E":
        return "Their notebook, cell 25, has 1.81686; 1.8172 is the E of Huber's objective"
    return "They left the scale of the residuals free, and it shrank until δ was nothing (notebook, cell 24)"


def _of_error(letter: str) -> str:
    more = {"E": "0.02566", "A": "124.52", "alpha": "0.01540", "B": "1293.28", "beta": "0.02060"}
    return f"{REDRAWN:,} resamples, each followed to its bottom; their notebook has {more[letter]}, from one start each"


def _of_chi_squared(lad: LossLaw, drawn: pd.DataFrame) -> Outcome:
    logs = np.column_stack([np.log(drawn.E), np.log(drawn.A), drawn.alpha, np.log(drawn.B), drawn.beta])
    gap = _constants(THEIRS) - _constants(lad)
    value = float(gap @ np.linalg.solve(np.cov(logs.T), gap))
    return judge(
        _CLAIM["rejected"], value, f"p = {chi2.sf(value, 5):.0e}, of sampling alone: the residuals of any such law "
        "have a pattern here, and the p-value does not know of it",
    )  # fmt: skip


def _of_runs_needed(kept: pd.DataFrame, drawn: pd.DataFrame) -> Outcome:
    """The width of an interval goes as one over the root of the number of runs."""
    width, claimed = 2 * float(ndtri(0.9)) * float(drawn.a.std(ddof=1)), 0.001
    held = redrawn(kept, 1000, share=0.8, replace=False).a
    low, high = _percentiles(held, 10, 90)
    return judge(
        _CLAIM["runs-needed"], len(kept) * (width / claimed) ** 2, f"An 80 % interval of a is {width:.4f} wide here. "
        f"If Hoffmann et al. drew their 80 % without replacement, {written(len(kept) * ((high - low) / claimed) ** 2)} "
        "would do",
    )  # fmt: skip


def _of_search(kept: pd.DataFrame, huber: LossLaw) -> Outcome:
    mean, total = stopped(kept, np.mean), stopped(kept, np.sum)
    start, way = THEIRS.data_exponent, huber.data_exponent - THEIRS.data_exponent
    return judge(
        _CLAIM["stopped-early"], f"β {mean:.3f}", "From their constants L-BFGS-B of SciPy stops almost at once on the "
        f"mean. But on the sum it stops as well, at {total:.3f}, where the least is at {huber.data_exponent:.3f}: its "
        "numerical derivatives are to blame as much as the average",
        holds=abs(mean - start) < 0.1 * way,
    )  # fmt: skip


def _method() -> list[str]:
    return [
        "A refit minimises the sum over runs of Huber's function of ln fitted loss - ln loss with δ = 1e-3, unless "
        f"another objective is named, over all five constants. Intervals of tables are of {BOOTSTRAP:,} sets of "
        f"weights (bounds.fit_loss_law); standard errors and intervals of a are of {REDRAWN:,} resamples with "
        "replacement, as Besiroglu et al. have them.",
        "Hoffmann's constants with eight digits are those in the source of the paper, as the notebook of Besiroglu et "
        "al. quotes them. What is said of section numbers of Besiroglu et al. was read in summaries of the paper, "
        "and their table and notebook themselves.",
    ]


def _leverage_table(table: pd.DataFrame) -> Table:
    rows = [
        (f"{row.left_out:.0f}", f"{row.runs:.0f}", fixed(row.E),
         estimated(row.beta, row.beta_lower, row.beta_upper), estimated(row.gamma, row.gamma_lower, row.gamma_upper, 2),
         written(row.gopher_params))
        for row in table.itertuples()
    ]  # fmt: skip
    return Table(
        ("left out", "runs", "E", "β [95 %]", "middle γ [95 %]", "best N"), rows,
        title="The highest losses left out",
        below="Intervals are of sampling alone. Best N: parameters for the FLOP of Gopher, 5.76e23.",
    )  # fmt: skip


def _objective_table(table: pd.DataFrame) -> Table:
    rows = []
    for (objective, delta), part in table.groupby(["objective", "delta"], sort=False, dropna=False):
        by = part.set_index("left_out")
        name = f"Huber, δ = {delta:g}" if objective == "huber" else {"lad": "least absolute deviations"}.get(
            objective, "least squares")  # fmt: skip
        five = by.loc[LEFT_OUT]
        rows.append((name, fixed(five.E, 4), fixed(five.alpha, 4), fixed(five.beta, 4), written(five.gopher_params),
                     fixed(by.loc[0].beta, 4)))  # fmt: skip
    return Table(
        ("objective", "E", "α", "β", "best N", "β of all"), rows,
        title="Objectives: the refit without five runs, and β of all",
    )  # fmt: skip


def _constants_table(found: LossLawFit, drawn: pd.DataFrame) -> Table:
    table = _table(found)
    rows = [
        (letter, number(row.estimate, 5), number(row.standard_error), number(float(drawn[letter].std(ddof=1))),
         f"{number(row.lower)} – {number(row.upper)}")
        for letter, row in table.iterrows()
    ]  # fmt: skip
    return Table(
        ("constant", "estimate", "s.e., weights", "s.e., drawn", "95 %, sampling only"), rows,
        title=f"The refit of {found.n_runs} runs: Huber, δ = 1e-3",
    )  # fmt: skip


def _strongest(moved: pd.DataFrame, n: int = 12) -> pd.DataFrame:
    """The runs that move β most when one alone is left out."""
    order = moved.beta_moves.abs().sort_values(ascending=False).index[:n]
    ranks = moved.loss.rank(ascending=False).astype(int)
    return moved.loc[order].assign(loss_rank=ranks[order])


def _influence_table(moved: pd.DataFrame) -> Table:
    rows = [
        (f"{row.loss_rank}", written(row.n_params), written(row.n_tokens), number(row.tokens_per_param),
         fixed(row.loss), signed(row.residual, 3), signed(row.beta_moves, 4))
        for row in _strongest(moved).itertuples()
    ]  # fmt: skip
    return Table(
        ("loss rank", "N", "D", "D/N", "loss", "residual", "β moves by"), rows,
        title="The runs that move β most, one left out at a time",
        below="Rank 1 has the highest loss. Residual: ln fitted - ln observed loss, of the fit to all runs.",
    )  # fmt: skip
