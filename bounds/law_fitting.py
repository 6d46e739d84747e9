"""The constants of L(N, D) = E + A N^-α + B D^-β from the runs of a ladder of models, and how sure they are.

| letter  | meaning                                    | unit              | argument, field       |
|---------|--------------------------------------------|-------------------|-----------------------|
| N       | parameters of each run                     | parameters        | `n_params`            |
| D       | training tokens of each run                | tokens            | `n_tokens`            |
| L       | final loss of each run                     | nats per token    | `loss`                |
| E       | irreducible loss                           | nats per token    | `irreducible`         |
| A, α    | coefficient and exponent of the model term | nats per token, 1 | `param_coefficient`, `param_exponent` |
| B, β    | coefficient and exponent of the data term  | nats per token, 1 | `data_coefficient`, `data_exponent`   |
| r       | ln L(N, D) - ln L, residual of a run       | 1                 |                       |

Objectives, all of r: ``huber`` (r² up to `delta`, linear beyond; Hoffmann et al. 2022 take δ = 1e-3), ``lad`` (least
absolute deviations, its limit at δ → 0) and ``least-squares`` (its limit at δ → ∞). E, β and B lean on each other:
an error in E goes straight into β, and ln B and β are correlated almost perfectly. So all five constants are
refitted to every resampled set of runs, and whatever is derived from them is derived from each set in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, stdtrit

from bounds.arguments import Choice, unknown
from bounds.estimation.loss_regression import Runs, basins, best_of, residuals
from bounds.intervals import EMPIRICAL, Interval
from bounds.laws import FLOP_PER_PARAM_TOKEN, LossLaw
from bounds.notation import Formula, Letter
from bounds.numerics.one_number import whole_number_from
from bounds.numerics.pointwise import real_array, shown

if TYPE_CHECKING:
    from bounds.uncertainty import FittedBand

Floats = NDArray[np.float64]

CONSTANTS = ("irreducible", "log_param_coefficient", "param_exponent", "log_data_coefficient", "data_exponent")
"""Order of the rows of a covariance and of the columns of the samples: E, ln A, α, ln B, β."""
OBJECTIVES = ("huber", "lad", "least-squares")
DELTA = 1e-3
"""Huber's δ of Hoffmann et al. 2022, section 3.3."""

_LAD_DELTAS = (1e-3, 1e-5, 1e-7)
_SQUARES_DELTA = 1e6
_FINE, _COARSE = 1e-15, 1e-9
"""Relative gain at which the descent of the fit and of a resample stops."""
_FAINT = 1e-6
"""A term below this share of every fitted loss has vanished: its constants are not identified."""
_FEWEST = 50
"""Fewest resamples from which an interval is read."""
_MOST = 10**6
"""Most resamples, which take gigabytes."""
_FEWEST_RUNS = 8
"""Fewest runs that are resampled: six or seven for five constants say too little of their own error."""

FORMULAS = (
    Formula(
        "huber_objective", r"\rho", "Min(r**2/2, Abs(delta*r) - delta**2/2 + Max(0, delta - Abs(r))**2/2)",
        ("r", "delta"), EMPIRICAL, "its sum over runs is least at the fitted constants",
        "Huber 1964; Hoffmann et al. 2022, arXiv:2203.15556, section 3.3", "B9", example=(0.01, 1e-3),
        of="fit_loss_law",
        own=(
            Letter("r", "residual of one run, ln fitted loss - ln loss", "1", "r", ("real",)),
            Letter("delta", "residual beyond which the objective grows linearly", "1", r"\delta"),
        ),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class LossLawFit:
    """A fitted law with what is needed to say how sure it is.

    `covariance` (5, 5) and `samples` (bootstrap, 5) are of E, ln A, α, ln B, β (`CONSTANTS`), None without a
    bootstrap. `residuals` (n_runs,) are ln fitted - ln observed. `notes` says what the runs could not decide.
    """

    law: LossLaw
    objective: str
    delta: float
    value: float
    n_runs: int
    n_dropped: int
    residuals: Floats = field(repr=False)
    covariance: Floats | None = field(default=None, repr=False)
    samples: Floats | None = field(default=None, repr=False)
    seed: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def sampled_law(self) -> LossLaw:
        """The law with an array for each constant, one entry a resample: whatever takes a law takes this one too."""
        return _law(self._samples.T, self.law)

    @property
    def standard_errors(self) -> dict[str, float]:
        """Standard deviation over the resamples of each constant, by the names of `LossLaw`."""
        law = self.sampled_law
        return {name: float(np.std(getattr(law, name), ddof=1)) for name in _FIELDS}

    @property
    def no_band(self) -> str:
        """Why the fit implies no band, in a sentence; empty where it does."""
        beta = self.law.data_exponent
        if not 0 < beta < 1:
            return (
                f"these runs give no band: the data exponent fits to {beta:.3g}, outside (0, 1), so their loss "
                "does not fall with data as the bounds assume"
            )
        if any(note.startswith("data_coefficient") for note in self.notes):
            return "these runs give no band: the data term fits to 0, so they do not say how the loss falls with data"
        return ""

    @property
    def _samples(self) -> Floats:
        if self.samples is None:
            raise ValueError("this fit was made without a bootstrap; pass bootstrap=1000 to fit_loss_law for intervals")
        return self.samples

    def interval_of(self, quantity: Callable[[LossLaw], Any], confidence: float = 0.95) -> Interval:
        """Interval of whatever `quantity` computes from a law: percentiles of its values over the resamples.

        `quantity` must broadcast over laws whose constants are arrays (`sampled_law`), as the functions of `bounds`
        do. The percentiles are moved outward for the constants that were fitted, to the normal levels of
        -√(n/(n-5)) t with n - 5 degrees of freedom (Hesterberg 2015, section 5). Coverage: docs/coverage.md.
        """
        checked_confidence(confidence)
        values = np.asarray(quantity(self.sampled_law), float)
        if values.shape[-1:] != (len(self._samples),):
            raise ValueError(f"quantity must give one value a resample, got shape {values.shape}")
        free = self.n_runs - len(CONSTANTS)
        level = float(ndtr(np.sqrt(self.n_runs / free) * stdtrit(free, (1 - confidence) / 2)))
        # Order statistics, rounded outward: values may be infinite, between which nothing can be interpolated.
        ordered, last = np.sort(values, axis=-1), values.shape[-1] - 1
        lower, upper = ordered[..., int(level * last)], ordered[..., -1 - int(level * last)]
        return Interval(lower, upper) if np.ndim(lower) else Interval(float(lower), float(upper))

    def interval(self, constant: str, confidence: float = 0.95) -> Interval:
        """Interval of one constant by its name in `LossLaw`, such as ``data_exponent``."""
        if constant not in _FIELDS:
            raise unknown("constant", constant, _FIELDS)
        return self.interval_of(lambda law: getattr(law, constant), confidence)

    def to_json(self, confidence: float = 0.95) -> dict[str, Any]:
        """A flat object for JSON: each constant with its interval, and how it was fitted."""
        row: dict[str, Any] = {
            "law": self.law.key, "objective": self.objective, "delta": self.delta, "n_runs": self.n_runs,
            "n_dropped": self.n_dropped, "value": self.value, "notes": list(self.notes),
        }  # fmt: skip
        for name in _FIELDS:
            lower, upper = self.interval(name, confidence)
            row |= {name: getattr(self.law, name), f"{name}_lower": lower, f"{name}_upper": upper}
        return row

    def band(self, n_tokens: float | None = None, *, confidence: float = 0.95, **options: Any) -> FittedBand:
        """What the fitted law implies, each end with its own interval: an interval of intervals.

        Exponents and corpus factor; with `n_tokens`, the bounds on U and N as well. `options` are those of
        `bounds.bands`. Raises ValueError where the fitted loss does not fall with data, so that there is no band.
        """
        from bounds.uncertainty import fitted_band

        return fitted_band(self, n_tokens, confidence=confidence, **options)


_FIELDS = ("irreducible", "param_coefficient", "param_exponent", "data_coefficient", "data_exponent")


def fit_loss_law(
    n_params: ArrayLike,
    n_tokens: ArrayLike | None = None,
    loss: ArrayLike | None = None,
    *,
    compute_flops: ArrayLike | None = None,
    objective: str = "huber",
    delta: float = DELTA,
    bootstrap: int = 1000,
    seed: int = 0,
    drop_highest: int = 0,
    params_counted: str = "total",
    key: str = "fitted",
) -> LossLawFit:
    """L(N, D) = E + A N^-α + B D^-β through the final losses of runs, in nats per token.

    `n_params`, `n_tokens` and `loss` have one entry a run; `compute_flops` may take the place of `n_tokens`, as
    D = C/(6N). `bootstrap` sets of runs are drawn with replacement from `seed` and all five constants refitted to
    each. `drop_highest=k` leaves out the runs whose loss is not strictly below the k-th largest.

    Raises ValueError for fewer than six runs, for runs that cannot tell the constants apart (which is said), and
    for numbers that are not positive.
    """
    N, D, L = _checked_runs(n_params, n_tokens, loss, compute_flops)
    deltas = _deltas(objective, delta)
    bootstrap, seed, drop = (
        whole_number_from(0, name, value)
        for name, value in (("bootstrap", bootstrap), ("seed", seed), ("drop_highest", drop_highest))
    )
    keep = np.sort(L)[-drop] > L if 0 < drop <= len(L) else np.full(len(L), drop == 0)
    N, D, L = N[keep], D[keep], L[keep]
    _must_identify(N, D, L)
    if bootstrap:
        _must_resample(bootstrap, len(L))

    runs = Runs.of(N, D, L)
    best, value = best_of(runs, basins(runs), np.ones((1, len(L))), deltas, _FINE)
    template = LossLaw(
        key, f"fitted to {len(L)} runs ({objective})", 0.0, 0.0, params_counted=params_counted,
        fitted_tokens=(float(D.min()), float(D.max())), note=_recipe(objective, delta, drop),
    )  # fmt: skip
    samples = _resampled(runs, best, deltas, bootstrap, seed) if bootstrap else None
    r, shares = residuals(runs, best)
    return LossLawFit(
        law=_law(runs.constants(best)[0], template), objective=objective, delta=deltas[-1], value=float(value[0]),
        n_runs=len(L), n_dropped=int(np.sum(~keep)), residuals=r[0], samples=samples,
        covariance=None if samples is None else np.cov(samples.T), seed=seed if bootstrap else None,
        notes=tuple(_notes(shares[:, 0], samples)),
    )  # fmt: skip


def _must_resample(bootstrap: int, n_runs: int) -> None:
    """One sentence where no interval can be read from so few resamples, or of so few runs."""
    if bootstrap < _FEWEST:
        raise ValueError(f"bootstrap must be 0 or at least {_FEWEST} to give an interval, got {bootstrap}")
    if bootstrap > _MOST:
        raise ValueError(f"bootstrap must be at most {_MOST:g}, got {shown(bootstrap)}; 1000 are plenty")
    if n_runs < _FEWEST_RUNS:
        raise ValueError(f"intervals need at least {_FEWEST_RUNS} runs, got {n_runs}; pass bootstrap=0 for none")


def _resampled(runs: Runs, best: Floats, deltas: tuple[float, ...], bootstrap: int, seed: int) -> Floats:
    """The constants fitted to each of `bootstrap` sets of runs drawn with replacement."""
    n = len(runs.log_loss)
    weights = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=bootstrap)
    return runs.constants(best_of(runs, best, weights.astype(float), deltas, _COARSE)[0])


def checked_confidence(confidence: float) -> float:
    """`confidence`, or one sentence where it is not a probability."""
    if not (isinstance(confidence, int | float) and 0 < confidence < 1):
        raise ValueError(f"confidence must lie strictly between 0 and 1, got {shown(confidence)}; write 0.95 for 95 %")
    return float(confidence)


def _law(constants: Any, template: LossLaw) -> LossLaw:
    E, log_a, alpha, log_b, beta = (value if np.ndim(value) else float(value) for value in constants)
    with np.errstate(over="ignore"):
        A, B = np.exp(log_a)[()], np.exp(log_b)[()]
    return LossLaw(
        template.key, template.citation, alpha, beta, E, A, B, params_counted=template.params_counted,
        note=template.note, fitted_tokens=template.fitted_tokens,
    )  # fmt: skip


def _recipe(objective: str, delta: float, drop: int) -> str:
    what = f"Huber δ = {delta:g}" if objective == "huber" else objective
    rule = f", without the runs of the {drop} largest losses" if drop else ""
    return f"{what} on ln loss{rule}"


def _deltas(objective: str, delta: float) -> tuple[float, ...]:
    Choice("objective", tuple(OBJECTIVES))(objective)
    if isinstance(delta, bool) or not (isinstance(delta, int | float) and 0 < delta <= 1e300):
        raise ValueError(f"delta must be a positive number, a residual of ln loss such as 1e-3, got {shown(delta)}")
    return {"huber": (float(delta),), "lad": _LAD_DELTAS, "least-squares": (_SQUARES_DELTA,)}[objective]


def _checked_runs(n_params: Any, n_tokens: Any, loss: Any, compute_flops: Any) -> tuple[Floats, Floats, Floats]:
    if loss is None:
        raise ValueError("loss is missing: pass the final loss of each run in nats per token")
    if (n_tokens is None) == (compute_flops is None):
        raise ValueError("pass one of n_tokens and compute_flops for the size of each run's data")
    N, L = _column("n_params", n_params), _column("loss", loss)
    if n_tokens is not None:
        D = _column("n_tokens", n_tokens)
    else:
        C = _column("compute_flops", compute_flops)
        if len(C) != len(N):
            raise ValueError(f"every run needs n_params and compute_flops, got {len(N)} and {len(C)}")
        D = C / (FLOP_PER_PARAM_TOKEN * N)
    if not len(N) == len(D) == len(L):
        raise ValueError(f"every run needs n_params, n_tokens and loss, got {len(N)}, {len(D)} and {len(L)}")
    return N, D, L


def _column(name: str, values: Any) -> Floats:
    try:
        column = real_array(values)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} must be an array of numbers, one a run, got {shown(values)}") from None
    if column.ndim != 1:
        raise ValueError(f"{name} must be one number a run, got an array of shape {column.shape}")
    bad = ~(np.isfinite(column) & (column > 0))
    if bad.any():
        place = int(np.flatnonzero(bad)[0])
        raise ValueError(
            f"{name} must be positive and finite, got {column[place]:g} in run {place}; leave that run out"
        )
    return column


def _must_identify(N: Floats, D: Floats, L: Floats) -> None:
    """One sentence where these runs leave some of the five constants free, whatever their losses."""
    if len(L) <= len(CONSTANTS):
        runs = "1 run" if len(L) == 1 else f"{len(L)} runs"
        raise ValueError(f"{runs} cannot fix five constants and their error; pass at least 6, better 50")
    for name, values, letters in (
        ("n_params", N, "param_coefficient and param_exponent"), ("n_tokens", D, "data_coefficient and data_exponent"),
    ):  # fmt: skip
        different = _different(values)
        if different < 3:
            sizes = "one value" if different == 1 else "two values only"
            raise ValueError(
                f"{name} takes {sizes} in these runs, so {letters} cannot be told from irreducible; "
                f"pass runs with at least three different {name}"
            )
    spread = np.stack([np.log(N), np.log(D)])
    if np.linalg.matrix_rank(spread - spread.mean(1, keepdims=True), tol=1e-6 * np.sqrt(len(L))) < 2:
        raise ValueError(
            "n_tokens is the same power of n_params in all runs, so param_exponent and data_exponent cannot be told "
            "apart; pass runs with different tokens at equal size"
        )


def _different(values: Floats) -> int:
    """How many values differ by more than rounding."""
    return 1 + int(np.sum(np.diff(np.sort(np.log(values))) > 1e-9))


def _notes(shares: Floats, samples: Floats | None) -> Iterable[str]:
    """What the runs did not decide, a sentence each."""
    terms = ("irreducible", "param_coefficient and param_exponent", "data_coefficient and data_exponent")
    for name, share in zip(terms, shares, strict=True):
        if share.max() < _FAINT:
            yield f"{name}: this term fits to 0, so these runs do not identify it"
    if samples is not None:
        outside = float(np.mean((samples[:, 4] <= 0) | (samples[:, 4] >= 1)))
        if outside > 0.01:
            yield f"data_exponent lies outside (0, 1) in {outside:.0%} of the resamples, which say nothing of the band"
        gone = float(np.mean(samples[:, 0] < _FAINT * np.median(samples[:, 0])))
        if gone > 0.01:
            yield f"irreducible fits to 0 in {gone:.0%} of the resamples, so it is hardly identified"
