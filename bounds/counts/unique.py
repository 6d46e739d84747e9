"""Distinct sequences in D draws: mean, variance, covariance, spectrum, unseen mass and local exponent.

    U(D)   number of distinct types among D draws           sequences
    f_k    number of types drawn exactly k times            sequences
    M0     total probability of the types not drawn         1
    γ      local exponent, d ln E U / d ln D                1

Every function takes a source (or its string) and corpus sizes D from 0 to 2^63, and costs the same at D = 1e3
and 1e18. Draws are multinomial and the values exact to about twelve digits; `poisson=True` gives the
Poissonised quantities Φ, Φ_k that analyses use. For Pitman–Yor sources the moments are annealed: over corpora
that each draw their own law. For growing sources each D has its own support. The draws of a windows source are
its D overlapping windows; those of a Santa Fe source count as the facts they state.

The formulas stand in `FORMULAS` (`bounds.counts.formulas`). Nearly all are sums over types or products of D
factors, so their numerics are written by hand, in `rank_tables` (sums over ranks), `occupancy`
(what is summed), `pitman_yor`, and `autocorrelation` and `repeating_letters` (windows);
neither sympy nor xarray is ever loaded. The tests compare them with the expressions, and with independent sums, at
fifty digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from bounds.base.numerics.gamma_ratios import power_ratio
from bounds.base.one_number import number, quoted
from bounds.base.pointwise import flag
from bounds.base.sources import (
    Geometric,
    GrowingUniform,
    Mixture,
    PitmanYor,
    SantaFe,
    Source,
    Uniform,
    Windows,
    Zipf,
    parse_source,
)
from bounds.counts import occupancy, pitman_yor
from bounds.counts.draw_counts import at_draws
from bounds.counts.formulas import FORMULAS
from bounds.counts.rank_tables import TypeTable, first_probability, zipf_entropy, zipf_normaliser
from bounds.counts.table_sums import by_table, supports
from bounds.counts.words import autocorrelation, repeating_letters

__all__ = [
    "FORMULAS",
    "covariance_unique",
    "entropy",
    "expected_spectrum",
    "expected_unique",
    "growing_types",
    "local_exponent",
    "missing_mass",
    "variance_unique",
    "zipf_normaliser",
]

MAX_DRAWS = 2.0**63
MAX_MULTIPLICITY = 1e8
MAX_LETTERS = 1 << 24
"""Letters of unequal probability over which an entropy is summed."""


def expected_unique(source: Source | str, n_draws: Any, *, poisson: bool = False) -> Any:
    """Expected number of distinct types in `n_draws` independent draws, in sequences.

    E U(D) = Σ_r 1 - (1 - p_r)^D; with `poisson`, Φ(D) = Σ_r 1 - e^(-D p_r), which is smaller by at most 1/e.
    Exact for independent draws (equations A1-A7) and for sliding windows, of which D are those of D + length - 1
    letters (A8). Pitman–Yor: E K_n over corpora (A5). Santa Fe: distinct facts (A9). Windows of letters that are not
    independent and equally likely need their words to be listed: ValueError where there are too many.
    """
    law = _law(source, poisson)

    def values(n: Any) -> Any:
        if isinstance(law, PitmanYor):
            mean = pitman_yor.mean(law, n)
        elif isinstance(law, Windows):
            mean = autocorrelation.seen(law.alphabet, law.length, n) if _plain(law) else repeating_letters.seen(law, n)
        elif isinstance(law, Zipf):
            mean = _by_closed_form(law, n, poisson, _closed_mean, occupancy.seen)
        else:
            mean = by_table(law, (n,), lambda table, n: occupancy.seen(table, n, poisson))
        # Rounding must not take it past what is possible.
        return np.clip(mean, 0.0 if poisson else 1.0, np.minimum(n, law.n_types))

    return at_draws(values, n_draws, at_zero=0.0)


def missing_mass(source: Source | str, n_draws: Any, *, poisson: bool = False) -> Any:
    """Expected probability that the next draw is a type not seen in `n_draws` draws.

    E M0(D) = Σ_r p_r (1 - p_r)^D = E U(D+1) - E U(D); with `poisson`, Φ'(D). A probability (equation A1).
    For a growing source, the chance that the next draw from the law of that D is new; for windows, that the next
    window is.
    """
    law = _law(source, poisson)

    def values(n: Any) -> Any:
        if isinstance(law, PitmanYor):
            return pitman_yor.missing_mass(law, n)
        if isinstance(law, Windows):
            plain = _plain(law)
            return autocorrelation.unseen(law.alphabet, law.length, n) if plain else repeating_letters.unseen(law, n)
        if isinstance(law, Zipf):
            return _by_closed_form(law, n, poisson, _closed_missing_mass, occupancy.unseen_mass)
        return by_table(law, (n,), lambda table, n: occupancy.unseen_mass(table, n, poisson))

    return at_draws(values, n_draws, at_zero=1.0)


def local_exponent(source: Source | str, n_draws: Any, *, poisson: bool = False) -> Any:
    """Local slope of the growth curve on logarithmic axes, a pure number between 0 and 1.

    γ(D) = D · E M0(D) / E U(D), which is exactly D Φ'/Φ = Φ_1/Φ when Poissonised (equation E1). A slope at one D
    says nothing of the limit: a uniform law passes 0.58 at D = V. For a growing source, the slope of the law
    of that D, not that of its array of corpora.
    """
    law = _law(source, poisson)

    def values(n: Any) -> Any:
        mass = missing_mass(law, n, poisson=poisson)
        return n * mass / expected_unique(law, n, poisson=poisson)

    return at_draws(values, n_draws, at_zero=1.0)


def variance_unique(source: Source | str, n_draws: Any, *, poisson: bool = False) -> Any:
    """Variance of the number of distinct types in `n_draws` draws, in sequences².

    Exact for a fixed number of independent draws: Σ q(1-q) plus the covariances of all pairs of types,
    q = (1-p)^D (equation A1), where Φ(2D) - Φ(D) - Φ_1(D)²/D is its leading term. With `poisson`, Φ(2D) - Φ(D).
    Pitman–Yor: Var K_n over corpora that each draw their own law (A5).
    """
    law = _independent("variance_unique", _law(source, poisson))

    def values(n: Any) -> Any:
        if isinstance(law, PitmanYor):
            return pitman_yor.variance(law, n)
        if poisson:
            return by_table(law, (n,), occupancy.poisson_variance)
        return by_table(law, (n, n), occupancy.covariance, times=4)

    return at_draws(lambda n: np.maximum(values(n), 0.0), n_draws, at_zero=0.0)


def covariance_unique(source: Source | str, n_draws_1: Any, n_draws_2: Any) -> Any:
    """Covariance of U at two sizes of one growing corpus, in sequences²; the sizes broadcast.

    Exact for independent draws: the sum over pairs of types, whose leading terms for D1 ≤ D2 are
    Φ(D1+D2) - Φ(D2) - Φ_1(D1) Φ_1(D2)/D2 (equation E1). Pitman–Yor: Var K_D1 times E X_D2 / E X_D1 with
    X = K + θ/d, over corpora. The corpora of a growing source are not prefixes of each other.
    """
    law = _independent("covariance_unique", _law(source, False))

    def values(a: Any, b: Any) -> Any:
        low, high = np.minimum(a, b), np.maximum(a, b)
        if isinstance(law, GrowingUniform) and (low != high).any():
            raise ValueError(
                f"covariance_unique needs one corpus, and the corpora of {law} are not prefixes of each other; "
                "pass equal sizes or a source with a fixed law"
            )
        if isinstance(law, PitmanYor):
            return pitman_yor.covariance(law, low, high)
        return by_table(law, (low, high), occupancy.covariance, times=4)

    return at_draws(values, n_draws_1, n_draws_2, at_zero=0.0)


def expected_spectrum(source: Source | str, n_draws: Any, *, multiplicity: Any, poisson: bool = False) -> Any:
    """Expected number of types drawn exactly `multiplicity` times, in sequences; the two arguments broadcast.

    E f_k(D) = C(D,k) Σ_r p_r^k (1-p_r)^(D-k), 0 for k > D; with `poisson`, Φ_k(D) = Σ_r (D p_r)^k e^(-D p_r)/k!
    (equation A1). Pitman–Yor: C(n,k) B(k-d, θ+d+n-k) / B(1-d, θ+d) (A5).
    """
    law = _independent("expected_spectrum", _law(source, poisson))
    if multiplicity is None:
        raise ValueError("multiplicity must be a whole number or an array of them, got None")

    def values(n: Any, k: Any) -> Any:
        result = np.zeros(n.shape)
        there = np.ones(n.shape, bool) if poisson else k <= n
        if (k[there] > MAX_MULTIPLICITY).any():
            raise ValueError(
                f"multiplicity must be at most {number(MAX_MULTIPLICITY)}, got {quoted(k[there].max(), 6)}"
            )
        if isinstance(law, PitmanYor):
            result[there] = pitman_yor.spectrum(law, n[there], k[there])
            return result
        sharpness = 4.0 ** np.ceil(np.log2(k) / 2)
        for times in np.unique(sharpness[there]):
            part = there & (sharpness == times)
            result[part] = by_table(
                law,
                (k[part], n[part]),
                lambda table, k, n: occupancy.spectrum(table, n, k, poisson),
                times=int(times),
            )
        return result

    return at_draws(values, n_draws, multiplicity=multiplicity, at_zero=0.0)


def entropy(source: Source | str) -> float:
    """Shannon entropy of one draw, H = -Σ p ln p, in nats.

    Zipf–Mandelbrot: -ln C + s C Σ (r+q)^-s ln(r+q). Pitman–Yor: its expectation over laws,
    ψ(θ+1) - ψ(1-d) (equation A5). Santa Fe: of the fact that is stated, H(K), which is all of H once the labels of
    the facts are known (A9). Windows: of one window, H_1 + (length - 1) h, with H_1 the entropy of a letter and h that
    of a letter given the one before.
    """
    law = _law(source, False)
    if isinstance(law, Windows):
        return _window_entropy(law)
    if isinstance(law, GrowingUniform):
        raise ValueError(f"the law of {law} depends on the corpus size; its entropy is ln growing_types(...)")
    if isinstance(law, PitmanYor):
        return pitman_yor.entropy(law)
    if isinstance(law, Mixture):
        return math.fsum(weight * (entropy(part) - math.log(weight)) for weight, part in law.components)
    if isinstance(law, Geometric):
        return -math.log1p(-law.ratio) - law.ratio / (1 - law.ratio) * math.log(law.ratio)
    if isinstance(law, Uniform):
        return math.log(law.types)
    assert isinstance(law, Zipf)
    return zipf_entropy(law)


def growing_types(source: GrowingUniform | str, n_draws: Any) -> Any:
    """Number of types V = ⌈scale · D^exponent⌉ of a growing source at each of `n_draws`, as floats; 1 at least.

    Raises ValueError for other sources, whose types do not depend on the number of draws.
    """
    law = parse_source(source)
    if not isinstance(law, GrowingUniform):
        raise ValueError(
            f"source must be a growing source such as growing:0.58, got {law}; n_types is fixed for others"
        )
    return at_draws(lambda n: supports(law, n), n_draws, at_zero=1.0)


# Helpers


def _plain(law: Windows) -> bool:
    """Whether letters are independent and equally likely, so that no words need to be listed."""
    return law.alphabet == 1 or (law.stay == 0 and law.exponent == 0)


def _window_entropy(law: Windows) -> float:
    one = entropy(law.letters)
    if law.stay == 0 or law.alphabet == 1:
        return law.length * one
    if law.exponent > 0 and law.alphabet > MAX_LETTERS:
        raise ValueError(
            f"the entropy of {law} is a sum over its letters, of which there may be 2^24; pass a smaller alphabet, "
            "stay=0 or exponent=0"
        )
    return one + (law.length - 1) * repeating_letters.entropy_rate(law, one)


def _law(source: Source | str, poisson: bool) -> Source:
    law = parse_source(source)
    poisson = flag("poisson", poisson)
    if isinstance(law, SantaFe):
        return law.facts
    if poisson and isinstance(law, Windows):
        raise ValueError(f"poisson=True needs independent draws, and {law} overlap; their values are exact as they are")
    if poisson and isinstance(law, PitmanYor):
        raise ValueError(f"poisson=True needs a law with fixed probabilities, got {law}; its values are exact as is")
    return law


def _independent(asked: str, law: Source) -> Source:
    if isinstance(law, Windows):
        raise ValueError(
            f"{asked} needs independent draws, and {law} overlap; "
            "expected_unique, missing_mass and local_exponent are exact for them"
        )
    return law


def _by_closed_form(
    law: Zipf,
    n: Any,
    poisson: bool,
    closed: Callable[[Zipf, Any, bool], Any],
    summed: Callable[[TypeTable, Any, bool], Any],
) -> Any:
    """The closed form for an infinite law where it is exact to rounding, the sum over the table elsewhere."""
    result = np.empty(n.shape)
    exact = _closed_form_holds(law, n)
    if exact.any():
        result[exact] = closed(law, n[exact], poisson)
    if not exact.all():
        result[~exact] = by_table(law, (n[~exact],), lambda table, n: summed(table, n, poisson))
    return result


def _closed_form_holds(law: Zipf, n: Any) -> Any:
    """Where replacing the sum over ranks by an integral from 0 errs by less than e^-42.

    Two errors: e^-Dp_1 at the lower end, and the first Fourier coefficient of exp(-(r*/x)^s), by its saddle
    point; r* = (CD)^(1/s).
    """
    if law.types is not None:
        return np.zeros(n.shape, bool)
    s = law.exponent
    log_first = np.log(n * first_probability(law)) / s  # of r*/(1+q)
    log_scale = log_first + math.log1p(law.shift)
    constant = 2 * math.pi * (1 + 1 / s) * (s / (2 * math.pi)) ** (1 / (s + 1)) * math.sin(math.pi / (2 * (s + 1)))
    fourier = log_scale * s / (s + 1) > math.log(42 / constant)
    return (log_first > math.log(42) / s) & fourier & (n > 2000)


def _closed_mean(law: Zipf, n: Any, poisson: bool) -> Any:
    """Γ(1-α) C^α Γ(D+1)/Γ(D+1-α) - q - 1/2; the ratio is D^α when Poissonised (equation A4)."""
    a = 1 / law.exponent
    power = n**a if poisson else power_ratio(n + 1 - a, a)
    return math.gamma((law.exponent - 1) / law.exponent) * _scale(law) * power - law.shift - 0.5


def _scale(law: Zipf) -> float:
    """C^α = p_1^α (1 + q), which does not overflow where C does."""
    return first_probability(law) ** (1 / law.exponent) * (1 + law.shift)


def _closed_missing_mass(law: Zipf, n: Any, poisson: bool) -> Any:
    """α Γ(1-α) C^α Γ(D+1)/Γ(D+2-α); the ratio is D^(α-1) when Poissonised (equation A4)."""
    a = 1 / law.exponent
    power = n ** (a - 1) if poisson else power_ratio(n + 2 - a, a - 1)
    return a * math.gamma((law.exponent - 1) / law.exponent) * _scale(law) * power
