"""How sure a bound is, given how sure the loss law behind it is.

The band of a fitted law is an interval of intervals: each end is a number with an interval of its own. From a fit
with a bootstrap every end is computed for each resample (`fitted_band`), and what depends on β alone carries what is
not known of β beyond sampling as well: fitted to a ladder ten times longer it is another one, by a standard deviation
of `EXPONENT_LACK_OF_FIT` on other people's series. Of U and N at a corpus size that part is not known. Where only a
covariance of ln B and β is known, the delta method gives the same to first order, and for the corpus factor Fieller's
interval takes its place where the delta method fails.

| letter     | meaning                                             | unit | argument              |
|------------|-----------------------------------------------------|------|-----------------------|
| σ_B²       | variance of ln B                                    | 1    | `covariance[0][0]`    |
| σ_β²       | variance of β                                       | 1    | `covariance[1][1]`    |
| ρ          | covariance of ln B and β, close to +σ_B σ_β         | 1    | `covariance[0][1]`    |
| D          | corpus size                                         | tokens | `n_tokens`          |
| γ, σ_γ     | exponent of U ~ D^γ and its standard error          | 1    | `exponent`, `standard_error` |
| b          | Bernstein exponent of the learner                   | 1    | `bernstein`           |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from scipy.special import ndtri

from bounds.base.arguments import did_you_mean
from bounds.base.brief import brief, brief_fields
from bounds.base.formula import OWN, Formula, Letter
from bounds.base.intervals import ASYMPTOTIC, EMPIRICAL, HEURISTIC, Bound, Interval
from bounds.base.notes import FITTED, Note
from bounds.base.one_number import checked_confidence
from bounds.base.pointwise import broadcast, labelled, nonnegative, shown, single
from bounds.base.telling.html import html_fields, html_table
from bounds.efficiency.band import (
    at_least_as_many,
    band_exponents,
    bernstein_exponent,
    growth_factor,
    paper_version,
    params_of_a_sequence,
    stored,
    unique_bounds,
)
from bounds.efficiency.inversions import LOSS_RANGE, NOVELTY_COST
from bounds.fitting.loss_laws.prediction import EXPONENT_LACK_OF_FIT
from bounds.laws.checks import as_positive, checked_covariance
from bounds.laws.law_file import LawFile, law_called
from bounds.laws.published import LossLaw

_VAR_B = Letter("V_B", "variance of the estimate of ln B", "1", r"\sigma_B^2", ("nonnegative",))
_VAR_BETA = Letter("V_beta", "variance of the estimate of beta", "1", r"\sigma_\beta^2", ("nonnegative",))
_COV = Letter("V_Bbeta", "covariance of the estimates of ln B and beta", "1", r"\sigma_{B\beta}", ("real",))
_SD_BETA = Letter("sigma_beta", "standard error of beta", "1", r"\sigma_\beta", ("nonnegative",))
_SKILLS = Letter("k", "factor on the number of skills", "1")
_SD_GAMMA = Letter("sigma_gamma", "standard error of gamma", "1", r"\sigma_\gamma", ("nonnegative",))
_DELTA = "delta method: the error of the estimates is small and nearly normal"

_LOG_UNIQUE = "sqrt(V_B + V_beta*log(D)**2 - 2*V_Bbeta*log(D))"


def _log_unique(end: str, times: str, assumption: str) -> Formula:
    return Formula(
        name=f"log_unique_deviation.{end}", quantity=r"\operatorname{sd}(\ln U)", text=f"{times}{_LOG_UNIQUE}",
        arguments=("D", "V_B", "V_beta", "V_Bbeta"), label=ASYMPTOTIC, assumption=f"{_DELTA}; {assumption}",
        source=OWN, equation="B9", example=(1e12, 0.4, 0.00043, 0.0131), own=(_VAR_B, _VAR_BETA, _COV),
    )  # fmt: skip


FORMULAS = (
    _log_unique("upper", "", "the fast rate, U = 1 + 2*D*epsilon, with U far above 1"),
    _log_unique("lower", "2*", "the slow rate, U = 1 + D*(epsilon/M)^2, with U far above 1"),
    _log_unique("middle", "3/2*", "the geometric mean of the slow and the fast end"),
    Formula(
        "exponent_deviation", r"\sigma_\gamma", "(2 - b)*sigma_beta", ("sigma_beta", "b"), ASYMPTOTIC,
        "gamma = 1 - (2 - b)*beta is linear in beta", OWN, "B9", example=(0.0207, 0.5), own=(_SD_BETA,),
    ),
    Formula(
        "growth_factor_interval.delta", r"\operatorname{sd}(\ln k^{1/\gamma})", "log(k)/gamma**2*sigma_gamma",
        ("gamma", "sigma_gamma", "k"), ASYMPTOTIC,
        f"{_DELTA}, which fails where gamma is less than four standard errors above 0: Fieller's interval does not",
        f"{OWN}; Fieller 1954", "B9", example=(0.451, 0.031, 2.0), own=(_SD_GAMMA, _SKILLS),
    ),
    Formula(
        "growth_factor_interval.fieller", r"k^{1/\gamma}", "k**(1/(gamma - z*sigma_gamma))",
        ("gamma", "sigma_gamma", "z", "k"), ASYMPTOTIC,
        "the estimate of gamma is normal and gamma > z*sigma_gamma, else infinite; the lower end has + z",
        "Fieller 1954", "B9", example=(0.451, 0.031, 1.959964, 2.0), relation="<=",
        own=(_SD_GAMMA, _SKILLS, Letter("z", "quantile of the normal law at the confidence asked for", "1")),
    ),
)  # fmt: skip
_F = {formula.name: formula for formula in FORMULAS}


def log_unique_deviation(n_tokens: Any, covariance: Any, *, end: str = "upper") -> Any:
    """Standard deviation of ln U by the delta method, for the ``upper`` (fast), ``lower`` (slow) or ``middle`` end.

    `covariance` (2, 2) is that of (ln B, β). Never put the two standard errors alone in its place: they are
    correlated almost perfectly, and at D ≫ 1 nearly all of the variance cancels (B9).
    Raises ValueError for a matrix that is no covariance and for an unknown end.
    """
    if not isinstance(end, str) or f"log_unique_deviation.{end}" not in _F:
        hint = did_you_mean(end, ("lower", "middle", "upper"))
        raise ValueError(f"end must be lower, middle or upper, got {shown(end)}{hint}")
    D = as_positive("n_tokens", n_tokens)
    matrix = checked_covariance(covariance, "ln B and beta")
    deviation = _F[f"log_unique_deviation.{end}"].function
    return labelled(lambda D: deviation(D, matrix[0, 0], matrix[1, 1], matrix[0, 1]), D)


def exponent_deviation(standard_error: Any, *, bernstein: float = 1.0) -> Any:
    """(2 - b) σ_β: standard error of γ = 1 - (2 - b) β, with b = `bernstein` (1 fast, 0 slow rate; B9)."""

    def value(error: Any, b: Any) -> Any:
        error = np.asarray(nonnegative("standard_error", error), float)
        bernstein_exponent(0.5, b)  # refuses a bad b
        return _F["exponent_deviation"].function(*broadcast(error, np.asarray(b, float)))[()]

    return labelled(value, standard_error, bernstein)


def growth_factor_interval(
    exponent: float, standard_error: float, k: float = 2, *, confidence: float = 0.95, method: str = "fieller"
) -> Interval:
    """Interval of k^(1/γ), the corpus for k times the skills, from γ and its standard error (normal; B9).

    ``fieller``: all k^(1/γ) whose γ is not rejected, exact for a normal estimate (Fieller 1954); where γ = 0 is not
    rejected the upper end is infinite. ``delta``: exp(± z ln k σ_γ/γ²) about the estimate, which is close only
    where γ is at least four standard errors above 0. Raises ValueError for an exponent that is not positive.
    """
    gamma, k = (single(name, as_positive(name, value)) for name, value in (("exponent", exponent), ("k", k)))
    sigma = single("standard_error", exponent_deviation(standard_error))
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k:g}: fewer skills need no larger corpus")
    z = float(ndtri((1 + checked_confidence(confidence)) / 2))
    if isinstance(method, str) and method == "delta":
        half = z * float(_F["growth_factor_interval.delta"].function(gamma, sigma, k))
        centre = float(growth_factor(gamma, k))
        return Interval(centre * np.exp(-half), centre * np.exp(half))
    if not isinstance(method, str) or method != "fieller":
        hint = did_you_mean(method, ("fieller", "delta"))
        raise ValueError(f"method must be fieller or delta, got {shown(method)}{hint}")
    low = gamma - z * sigma  # U grows no faster than D, so that the factor is k at least
    high = min(gamma + z * sigma, max(gamma, 1.0))
    return Interval(float(growth_factor(high, k)), float(growth_factor(low, k)) if low > 0 else np.inf)


_RATES = "gamma = 1 - (2 - b)*beta: learning rates read as equalities for one corpus"
"""What the exponents of a band assume."""


@dataclass(frozen=True, repr=False)
class UncertainNumber:
    """One number of a band: estimate, interval, and what it is; `vacuous` where the estimate says nothing.

    `interval` is of all that is known of its error; `sampling` of the resamples alone, and the same interval where no
    more is known (`sampling_only`).
    """

    quantity: str
    end: str
    value: float | None
    interval: Interval | None
    label: str
    assumption: str = field(repr=False)
    vacuous: bool = False
    sampling: Interval | None = field(default=None, repr=False)
    sampling_only: bool = True

    __repr__ = brief_fields
    _repr_html_ = html_fields

    def to_json(self) -> dict[str, Any]:
        """A flat object for JSON; infinite ends are null."""
        (lower, upper), sampling = _finite_ends(self.interval), _finite_ends(self.sampling)
        return {
            "quantity": self.quantity, "end": self.end, "value": _finite(self.value), "value_lower": lower,
            "value_upper": upper, "sampling_lower": sampling[0], "sampling_upper": sampling[1],
            "sampling_only": self.sampling_only, "label": self.label, "vacuous": self.vacuous,
        }  # fmt: skip


@dataclass(frozen=True)
class FittedBand:
    """The band of a fitted law, each of its numbers with an interval; `assumption` is that of the band.

    `notes` say how far `n_tokens` lies from the fitted runs, and where ends contradict each other.
    """

    numbers: tuple[UncertainNumber, ...]
    confidence: float
    n_tokens: float | None
    assumption: str
    source: str
    notes: tuple[Note, ...] = ()

    def __repr__(self) -> str:
        lines = [
            f"{one.quantity}{' ' * bool(one.end)}{one.end} {brief(one.value)}, {brief(one.interval)}, {one.label}"
            for one in self.numbers
        ]
        return "FittedBand(" + ",\n           ".join(lines) + ")"

    def _repr_html_(self) -> str:
        rows = [(f"{one.quantity} {one.end}".strip(), one.value, one.interval, one.label) for one in self.numbers]
        at = "" if self.n_tokens is None else f" at {brief(self.n_tokens)} tokens"
        title = f"Band of a fitted law{at}, with {100 * self.confidence:g} % intervals"
        return html_table(title, rows, ("number", "value", "interval", "label"))

    def __getitem__(self, key: tuple[str, str]) -> UncertainNumber:
        """The number of a (quantity, end), such as ``band["exponent", "lower"]``."""
        found = self.number(*key)
        if found is None:
            raise KeyError(key)
        return found

    def number(self, quantity: str, end: str) -> UncertainNumber | None:
        """The same; None where the version of the paper gives none."""
        return next((one for one in self.numbers if (one.quantity, one.end) == (quantity, end)), None)


class UncertainLaw(Protocol):
    """A law that was fitted and knows how sure it is, such as `bounds.fitting.LossLawFit`."""

    @property
    def law(self) -> LossLaw:
        """With the constants that fit best."""

    @property
    def no_band(self) -> Note | None:
        """Why there is no band; None where there is."""

    def interval_of(self, quantity: Callable[[LossLaw], Any], confidence: float) -> Interval | None:
        """Interval of what `quantity` computes from a law."""


@dataclass(frozen=True)
class KeptLaw:
    """A law that was read from a file, as `fitted_band` takes it: intervals are percentiles over its draws."""

    file: LawFile

    @property
    def law(self) -> LossLaw:
        """With the constants that fit best."""
        return self.file.law

    @property
    def no_band(self) -> Note | None:
        """Why there is no band; None where there is."""
        if "data_exponent" in self.file.unidentified or not 0 < self.law.data_exponent < 1:
            return Note(FITTED, f"{law_called(self.law.key)} does not know its data exponent, and so implies no band")
        return None

    def interval_of(self, quantity: Callable[[LossLaw], Any], confidence: float) -> Interval:
        """Percentiles of what `quantity` computes of each draw; ValueError for a file without draws."""
        ends = [(1 - confidence) / 2, (1 + confidence) / 2]
        # Order statistics: values may be infinite, between which nothing can be interpolated.
        lower, upper = np.quantile(quantity(self.file.sampled_law), ends, axis=-1, method="closest_observation")
        return Interval(lower, upper)


def fitted_band(
    fit: UncertainLaw,
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
    """The band of a fitted law with an interval for each end, from the resamples of the fit and what they do not know.

    `n_tokens` is the corpus size at which U and N are bounded; without it, exponents and corpus factor alone.
    The other arguments are those of `bounds.bands`. Where an exponent is 0 or less in a resample, its corpus factor is
    infinite there. Exponents and factors hold for a ladder ten times longer too (`EXPONENT_LACK_OF_FIT`); U and N are
    of sampling only. A number has no interval where the runs do not identify, at this confidence, what it is computed
    from.
    """
    version = paper_version(source)
    at_least_as_many(skills)
    if fit.no_band:
        raise ValueError(fit.no_band.text)
    ends = tuple(band_exponents(fit.law.data_exponent, source))
    nu = params_of_a_sequence(params_per_sequence, bits_per_sequence, bits_per_param)

    def bounded(law: LossLaw) -> dict[str, Bound]:
        """The bounds on U and N at the corpus size asked for."""
        if n_tokens is None:
            return {}
        unique = unique_bounds(
            n_tokens, law=law, inversion=inversion, source=source, tokens_per_sequence=tokens_per_sequence,
            loss_range=loss_range, novelty_cost=novelty_cost, max_novelty_cost=max_novelty_cost,
            initial_excess=initial_excess,
        )  # fmt: skip
        return {"n_unique": unique, "n_params": stored(unique, law, nu)}

    def values(law: LossLaw) -> dict[tuple[str, str], Any]:
        exponents = band_exponents(law.data_exponent, source)
        factors = zip(ends, reversed(exponents.values()), strict=True)
        return {
            ("data_exponent", ""): law.data_exponent,
            **{("exponent", end): exponents[end] for end in ends},
            **{("corpus_factor", end): _factor(exponent, skills) for end, exponent in factors},
            **{(name, end): getattr(bound, end) for name, bound in bounded(law).items() for end in ends},
        }

    estimates = values(fit.law)
    found = fit.interval_of(lambda law: np.stack(np.broadcast_arrays(*values(law).values())), confidence)
    # At a confidence near 1 beta may have no interval, although it has one at usual levels.
    interval = Interval(*np.full((2, len(estimates)), np.nan)) if found is None else found
    at_best = bounded(fit.law)
    known = {(name, end): bound.ends[end] for name, bound in at_best.items() for end in ends}
    fitted = (EMPIRICAL, "the runs follow the law that is fitted to them")
    rests_on = {key: (one.label, one.assumption) for key, one in known.items()} | {("data_exponent", ""): fitted}
    sampled = {key: _interval(*both) for key, *both in zip(estimates, interval.lower, interval.upper, strict=True)}
    whole = sampled | _across_longer_ladders(fit.law, sampled["data_exponent", ""], ends, source, skills, confidence)
    numbers = tuple(
        UncertainNumber(
            *key, float(estimate), whole[key], *rests_on.get(key, (HEURISTIC, _RATES)),
            vacuous=key in known and bool(known[key].vacuous), sampling=sampled[key],
            sampling_only=whole[key] is sampled[key],
        )
        for key, estimate in estimates.items()
    )  # fmt: skip
    bound = at_best.get("n_unique")
    assumption, notes = (_RATES, ()) if bound is None else (bound.assumption, bound.notes)
    return FittedBand(numbers, confidence, n_tokens, assumption, version, notes)


def _across_longer_ladders(
    law: LossLaw, sampling: Interval | None, ends: tuple[str, ...], source: str, skills: float, confidence: float
) -> dict[tuple[str, str], Interval]:
    """Intervals of β and of what follows from it alone, that hold the β of a ladder ten times longer as well.

    Empty where β has no interval, or the runs are too few for a scatter.
    """
    if sampling is None or law.residual_deviation is None:
        return {}
    beta, half = law.data_exponent, float(ndtri((1 + confidence) / 2)) * EXPONENT_LACK_OF_FIT
    wide = Interval(beta - np.hypot(beta - sampling.lower, half), beta + np.hypot(sampling.upper - beta, half))
    # Exponents fall with β, linearly, and factors with the exponent.
    low, high = (band_exponents(end, source) for end in (wide.upper, wide.lower))
    gamma = {end: Interval(float(low[end]), float(high[end])) for end in ends}
    factor = {
        end: Interval(float(_factor(gamma[other].upper, skills)), float(_factor(gamma[other].lower, skills)))
        for end, other in zip(ends, reversed(ends), strict=True)
    }
    found = {("data_exponent", ""): wide} | {("exponent", end): one for end, one in gamma.items()}
    return found | {("corpus_factor", end): one for end, one in factor.items()}


def _factor(exponent: Any, skills: float) -> Any:
    positive = np.asarray(exponent) > 0
    return np.where(positive, growth_factor(np.where(positive, exponent, 1.0), skills), np.inf)[()]


def _interval(lower: float, upper: float) -> Interval | None:
    return None if np.isnan(lower) else Interval(float(lower), float(upper))


def _finite_ends(interval: Interval | None) -> tuple[float | None, float | None]:
    return (None, None) if interval is None else (_finite(interval.lower), _finite(interval.upper))


def _finite(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)
