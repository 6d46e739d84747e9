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
refitted to every resampled set of runs, and whatever is derived from them is derived from each set in turn. Which of
them the runs decide at all is read from the profile of the residuals (`bounds.fitting.loss_laws.identification`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, stdtrit

from bounds.base.arguments import Choice, unknown
from bounds.base.brief import brief_fields
from bounds.base.formula import Formula, Letter
from bounds.base.intervals import EMPIRICAL, Interval
from bounds.base.notes import Note
from bounds.base.one_number import checked_confidence, shown, whole_number_from
from bounds.base.telling.html import html_fields
from bounds.efficiency.inversions import LOSS_RANGE, NOVELTY_COST
from bounds.fitting.loss_laws.grid import basins
from bounds.fitting.loss_laws.identification import ALPHA, BETA, E, Identification, identification_notes, identify
from bounds.fitting.loss_laws.prediction import Prediction, predicted
from bounds.fitting.loss_laws.regression import Runs, lowest, refitted, residuals
from bounds.fitting.loss_laws.uncertainty import FittedBand, fitted_band
from bounds.fitting.runs.law_inputs import impossible_ratio, input_notes
from bounds.fitting.runs.loss_units import nats_per_token, unit_text
from bounds.fitting.runs.misfit import Misfit, misfit, misfit_notes
from bounds.fitting.runs.resampling import run_weights
from bounds.fitting.runs.run_columns import N_CONSTANTS, below_highest, checked_runs, must_identify, must_resample
from bounds.fitting.runs.run_groups import row_notes, run_labels
from bounds.fitting.runs.unanswered import term_notes, vanished_terms, why_no_band
from bounds.laws.law_file import CONSTANTS, LawFile, write_law_file
from bounds.laws.published import FLOP_PER_PARAM_TOKEN, LossLaw

Floats = NDArray[np.float64]

OBJECTIVES = ("huber", "lad", "least-squares")
DELTA = 1e-3
"""Huber's δ of Hoffmann et al. 2022, section 3.3."""

_LAD_DELTAS = (1e-3, 1e-5, 1e-7)
_SQUARES_DELTA = 1e6
_COARSE = 1e-9
"""Relative gain at which the descent of a resample stops."""
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


@dataclass(frozen=True, repr=False)
class LossLawFit:
    """A fitted law with what is needed to say how sure it is.

    `covariance` (5, 5) and `samples` (bootstrap, 5) are of E, ln A, α, ln B, β (`CONSTANTS`), None without a
    bootstrap; where the runs do not identify a constant its rows and columns of the covariance are NaN, and it has no
    standard error (NaN) and no interval (None). `residuals` (n_runs,) are ln fitted - ln observed. `n_groups` counts
    the runs that were drawn, fewer than `n_runs` where several rows belong to one. `misfit` is the test of fit, None
    where there is too little to test; where it rejects, intervals are of sampling alone (`sampling_only`).
    `loss_unit` says how losses were read, `notes` what the runs could not decide and what is odd about them, `no_band`
    why the fit implies no band, None where it does, and `identification` holds the profiles that decide it.
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
    n_groups: int = 0
    misfit: Misfit | None = None
    loss_unit: str = "nats per token"
    notes: tuple[Note, ...] = ()
    no_band: Note | None = None
    identification: Identification | None = field(default=None, repr=False)

    __repr__ = brief_fields
    _repr_html_ = html_fields

    @property
    def sampled_law(self) -> LossLaw:
        """The law with an array for each constant, one entry a resample: whatever takes a law takes this one too."""
        return _law(self._samples.T, self.law)

    @property
    def standard_errors(self) -> dict[str, float]:
        """Standard deviation over the resamples of each constant, by the names of `LossLaw`.

        NaN where the runs do not identify it.
        """
        law = self.sampled_law
        free = self.unidentified
        return {n: float("nan") if n in free else float(np.std(getattr(law, n), ddof=1)) for n in _FIELDS}

    @property
    def unidentified(self) -> tuple[str, ...]:
        """The constants that these runs do not identify, by the names of `LossLaw`: they have no interval."""
        known = self.identification
        return () if known is None else tuple(n for n, place in _PLACES.items() if not known.identified(place))

    @property
    def sampling_only(self) -> bool:
        """Whether the data reject the law, so that intervals hold for the error of sampling alone."""
        return self.misfit is not None and self.misfit.rejected

    @property
    def _samples(self) -> Floats:
        if self.samples is None:
            raise ValueError("this fit was made without a bootstrap; pass bootstrap=1000 to fit_loss_law for intervals")
        return self.samples

    def interval_of(self, quantity: Callable[[LossLaw], Any], confidence: float = 0.95) -> Interval | None:
        """Interval of whatever `quantity` computes from a law; None where it depends on what the runs do not identify.

        `quantity` must broadcast over laws whose constants are arrays (`sampled_law`), as the functions of `bounds`
        do. Percentiles of its values over the resamples, moved outward for the constants that were fitted, to the
        normal levels of -√(n/(n-5)) t with n - 5 degrees of freedom (Hesterberg 2015, section 5), and what it is at
        the ends of the profile intervals of E, α and β, where these lie farther out. Where `quantity` gives several
        values a resample, those without an interval are NaN. Coverage: docs/coverage.md.
        """
        checked_confidence(confidence)
        table, drawn = self._laws_asked(confidence), len(self._samples)
        values = np.asarray(quantity(_law(table.T, self.law)), float)
        if values.shape[-1:] != (len(table),):
            raise ValueError(f"quantity must give one value a resample, got shape {values.shape}")
        free = self.n_groups - len(CONSTANTS)
        level = float(ndtr(np.sqrt(self.n_groups / free) * stdtrit(free, (1 - confidence) / 2)))
        # Order statistics, rounded outward: values may be infinite, between which nothing can be interpolated.
        ordered, last = np.sort(values[..., :drawn], axis=-1), drawn - 1
        lower, upper = ordered[..., int(level * last)], ordered[..., -1 - int(level * last)]
        if len(table) > drawn:
            lower = np.minimum(lower, values[..., drawn:].min(-1))
            upper = np.maximum(upper, values[..., drawn:].max(-1))
        unknown = self._depends_on_unknown(quantity, table, values, confidence)
        if np.all(unknown):
            return None
        lower, upper = np.where(unknown, np.nan, lower), np.where(unknown, np.nan, upper)
        return Interval(lower, upper) if np.ndim(lower) else Interval(float(lower), float(upper))

    def _laws_asked(self, confidence: float) -> Floats:
        """Constants (n, 5) of the resamples, and behind them those at the ends of the profile intervals."""
        known = self.identification
        return self._samples if known is None else np.concatenate([self._samples, known.ends(confidence)])

    def _depends_on_unknown(
        self, quantity: Callable[..., Any], table: Floats, values: Floats, confidence: float
    ) -> Any:
        """Whether each value of `quantity` moves with a constant that is not identified at this confidence."""
        known = self.identification
        unknown = np.zeros(values.shape[:-1], bool)
        for column, (place, shift) in _SHIFTS.items():
            if known is None or known.identified(place, 1 - confidence):
                continue
            moved = table.copy()
            moved[:, column] += shift * (np.median(table[:, 0]) + 1e-3 if column == 0 else 1)
            others = np.asarray(quantity(_law(moved.T, self.law)), float)
            unknown |= ~np.isclose(others, values, rtol=1e-9, atol=0, equal_nan=True).all(-1)
        return unknown

    def interval(self, constant: str, confidence: float = 0.95) -> Interval | None:
        """Interval of one constant by its name in `LossLaw`, such as ``data_exponent``; None if it is unidentified."""
        if constant not in _FIELDS:
            raise unknown("constant", constant, _FIELDS)
        return self.interval_of(lambda law: getattr(law, constant), confidence)

    def save(self, path: str, *, overwrite: bool = False) -> None:
        """Keep law, covariance and draws in a file that ends in .law.toml and that `bounds.get_law` reads."""
        kept = LawFile(self.law, self.covariance, self.samples, self.unidentified, self.sampling_only)
        write_law_file(path, kept, overwrite=overwrite)

    def to_json(self, confidence: float = 0.95) -> dict[str, Any]:
        """A flat object for JSON: each constant with its interval (null where there is none), and how it was fitted."""
        row: dict[str, Any] = {
            "law": self.law.key, "objective": self.objective, "delta": self.delta, "n_runs": self.n_runs,
            "n_dropped": self.n_dropped, "value": self.value,
            "notes": [note.text for note in self.notes], "n_groups": self.n_groups,
            "unidentified": list(self.unidentified), "sampling_only": self.sampling_only,
            "misfit_p": None if self.misfit is None else self.misfit.p_value, "loss_read_in": self.loss_unit,
        }  # fmt: skip
        for name in _FIELDS:
            lower, upper = (self.interval(name, confidence) if self.samples is not None else None) or (None, None)
            row |= {name: getattr(self.law, name), f"{name}_lower": lower, f"{name}_upper": upper}
        return row

    def predict(self, n_params: Any, n_tokens: Any, confidence: float = 0.95) -> Prediction:
        """The loss that runs of `n_params` parameters on `n_tokens` tokens would end at, with an interval.

        Its three parts can be seen apart: sampling (the bootstrap), noise between equal runs (the residuals), and lack
        of fit, which grows with the distance from the fitted runs and was learnt from other people's series; how often
        it held stands in docs/prediction.md. Raises ValueError for a fit without a bootstrap.
        """
        return predicted(self.law, self._samples, self.unidentified, n_params, n_tokens, confidence)

    def band(
        self,
        n_tokens: float | None = None,
        *,
        confidence: float = 0.95,
        skills: float = 2,
        params_per_sequence: float = 1.0,
        bits_per_sequence: float | None = None,
        bits_per_param: float = 2.0,
        inversion: str | Iterable[str] = (),
        source: str = "kausik2024v1",
        tokens_per_sequence: float = 1.0,
        loss_range: float = LOSS_RANGE,
        novelty_cost: float = NOVELTY_COST,
        max_novelty_cost: float | None = None,
        initial_excess: float | None = None,
    ) -> FittedBand:
        """What the fitted law implies, each end with its own interval: an interval of intervals.

        Exponents and corpus factor; with `n_tokens`, the bounds on U and N as well. The other arguments are those of
        `bounds.bands`. Raises ValueError where the fitted loss does not fall with data, so that there is no band.
        """
        return fitted_band(
            self, n_tokens, confidence=confidence, skills=skills, params_per_sequence=params_per_sequence,
            bits_per_sequence=bits_per_sequence, bits_per_param=bits_per_param, inversion=inversion, source=source,
            tokens_per_sequence=tokens_per_sequence, loss_range=loss_range, novelty_cost=novelty_cost,
            max_novelty_cost=max_novelty_cost, initial_excess=initial_excess,
        )  # fmt: skip


_PLACES = {
    "irreducible": E, "param_coefficient": ALPHA, "param_exponent": ALPHA,
    "data_coefficient": BETA, "data_exponent": BETA,
}  # fmt: skip
"""The profile that decides whether a constant is identified: a coefficient is where its exponent is."""
_FIELDS = tuple(_PLACES)
_SHIFTS = {0: (E, 0.5), 1: (ALPHA, 0.5), 2: (ALPHA, 0.05), 3: (BETA, 0.5), 4: (BETA, 0.05)}
"""For each column of the samples the profile it hangs on, and a step that shows whether a quantity depends on it."""


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
    runs: Any = None,
    loss_unit: str = "nats",
    bytes_per_token: float | None = None,
    params_counted: str = "total",
    key: str = "fitted",
) -> LossLawFit:
    """L(N, D) = E + A N^-α + B D^-β through the final losses of runs, in nats per token.

    `n_params`, `n_tokens` and `loss` have one entry a run; `compute_flops` may take the place of `n_tokens`, as
    D = C/(6N). All five constants are refitted under each of `bootstrap` sets of weights of the runs, exponential and
    drawn from `seed` (the Bayesian bootstrap, Rubin 1981). `drop_highest=k` leaves out the runs whose loss is not
    strictly below the k-th largest. A constant that the runs do not identify, by the profile of their residuals, has
    an estimate but no interval, and a note says so.

    `runs` is a label for each row where several rows, such as checkpoints, belong to one run: then whole runs are
    drawn. `loss_unit` is nats, bits (both per token) or bits-per-byte, which needs the average `bytes_per_token`; the
    constants are in nats per token in any case. `misfit` of the result says whether the residuals are noise.

    Raises ValueError for fewer than six runs, for runs that cannot tell the constants apart (which is said), and
    for numbers that are not positive.
    """
    N, D, L = checked_runs(n_params, n_tokens, loss, compute_flops)
    labels = run_labels(runs, len(L))
    L = L * nats_per_token(loss_unit, bytes_per_token)
    deltas = _deltas(objective, delta)
    bootstrap, seed, drop = (
        whole_number_from(0, name, value)
        for name, value in (("bootstrap", bootstrap), ("seed", seed), ("drop_highest", drop_highest))
    )
    keep = below_highest(L, drop)
    N, D, L = N[keep], D[keep], L[keep]
    labels = None if labels is None else run_labels(labels[keep], int(keep.sum()))
    drawn = np.arange(len(L)) if labels is None else labels
    must_identify(N, D, L)
    if bootstrap:
        must_resample(bootstrap, len(np.unique(drawn)), len(L))

    table, from_flops, n_groups = Runs.of(N, D, L), compute_flops is not None, len(np.unique(drawn))
    best, value, starts, known = _search(table, labels, deltas)
    samples = None
    if bootstrap:
        weights = run_weights(int(drawn.max()) + 1, bootstrap, seed)[:, drawn]
        first, *rest = known.candidates
        along = [np.concatenate([best, starts, first]), *rest]
        samples = table.constants(refitted(table, along, weights, deltas, _COARSE))
    r, shares = residuals(table, best)
    tested, vanished = misfit(table, best[0], drawn), vanished_terms(shares[:, 0])
    recipe = f"fitted to {len(L)} runs ({objective})", _recipe(objective, delta, drop)
    law = _law(table.constants(best)[0], _scattered(_template(key, recipe, N, D, params_counted), r[0], n_groups))
    wrong = impossible_ratio(N, D, from_flops=from_flops)
    return LossLawFit(
        law=law, objective=objective, delta=deltas[-1], value=value,
        n_runs=len(L), n_dropped=int(np.sum(~keep)), residuals=r[0], samples=samples,
        covariance=None if samples is None else _covariance(samples, known), seed=seed if bootstrap else None,
        n_groups=n_groups, misfit=tested, loss_unit=unit_text(loss_unit, bytes_per_token),
        notes=(
            *input_notes(N, D, L, from_flops=from_flops), *row_notes(N, D, L, labels),
            *term_notes(vanished, samples), *identification_notes(known), *misfit_notes(tested, labels is None),
        ),
        no_band=why_no_band(law, wrong, vanished, known), identification=known,
    )  # fmt: skip


def _search(
    table: Runs, labels: NDArray[Any] | None, deltas: tuple[float, ...]
) -> tuple[Floats, float, Floats, Identification]:
    """The constants of least objective and its value, the starts that led there, and what the runs decide."""
    starts = basins(table)
    best, value = lowest(table, starts, deltas)
    known = identify(table, np.concatenate([best, starts[:2]]), labels)
    better, other = lowest(table, np.concatenate([best, *known.candidates]), deltas)
    return (better, other, starts, known) if other < value else (best, value, starts, known)


def _template(key: str, recipe: tuple[str, str], N: Floats, D: Floats, params_counted: str) -> LossLaw:
    """A law with all but its constants: what it was fitted to, and how."""
    with np.errstate(over="ignore"):
        largest = FLOP_PER_PARAM_TOKEN * float(np.max(N * D))
    return LossLaw(
        key, recipe[0], 0.0, 0.0, params_counted=params_counted, note=recipe[1],
        fitted_tokens=(float(D.min()), float(D.max())), fitted_params=(float(N.min()), float(N.max())),
        largest_compute=largest if np.isfinite(largest) else None,
    )  # fmt: skip


def _scattered(law: LossLaw, residuals: Floats, n_groups: int) -> LossLaw:
    """`law` with √(Σr²/(n - 5)) of its runs, where there are more of them than constants.

    Rows of one run share its luck: what counts is how many runs there are.
    """
    if n_groups <= N_CONSTANTS:
        return law
    deviation = float(np.sqrt(np.mean(np.square(residuals)) * n_groups / (n_groups - N_CONSTANTS)))
    return replace(law, residual_deviation=deviation)


def _covariance(samples: Floats, known: Identification) -> Floats:
    """Covariance of the constants over the resamples; NaN for those that are not identified."""
    covariance = np.cov(samples.T)
    for column, (place, _) in _SHIFTS.items():
        if not known.identified(place):
            covariance[column] = covariance[:, column] = np.nan
    return covariance


def _law(constants: Any, template: LossLaw) -> LossLaw:
    E, log_a, alpha, log_b, beta = (value if np.ndim(value) else float(value) for value in constants)
    with np.errstate(over="ignore"):
        A, B = np.exp(log_a)[()], np.exp(log_b)[()]
    for name, coefficient, of in (("param", A, "n_params"), ("data", B, "n_tokens")):
        if np.ndim(coefficient) == 0 and np.isinf(coefficient):
            raise ValueError(
                f"{name}_coefficient of the fit lies beyond the largest float; give {of} in larger units, such as "
                "millions"
            )
    return LossLaw(
        template.key, template.citation, alpha, beta, E, A, B, params_counted=template.params_counted,
        note=template.note, fitted_tokens=template.fitted_tokens, fitted_params=template.fitted_params,
        largest_compute=template.largest_compute, residual_deviation=template.residual_deviation,
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
