"""Parts A and E of docs/theory.md: each formula is read off the page and held against sums of its own.

Small laws are enumerated, sample by sample; limits are sums over ranks; processes are urns step by step.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache, partial
from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.special as sc
from scipy import integrate, stats

import bounds
from bounds.base.formula import LETTERS
from bounds.fitting.extrapolation.extrapolate import good_turing_coverage
from bounds.laws.santa_fe import santa_fe_law
from tests.enumeration import enumerated
from tests.page_formulas import stated
from tests.page_numbers import Sentence

SMALL = np.array([0.5, 0.3, 0.2])
DRAWS = 4


def _mean(function: Any, n: int = DRAWS, p: Any = SMALL) -> float:
    return float(enumerated(tuple(p), n, function))


def _distinct(P: Any, counts: Any) -> int:
    return sum(m > 0 for m in counts)


def _seen(k: int, P: Any, counts: Any) -> int:
    return sum(m == k for m in counts)


def _missing(P: Any, counts: Any) -> Any:
    return sum((x for x, m in zip(P, counts, strict=True) if not m), 0)


@cache
def small() -> dict[str, Any]:
    """Three types in four draws, by every sample of them."""
    p, D, k = SMALL, DRAWS, 2
    q = np.array([_mean(lambda P, counts, i=i: counts[i] == 0) for i in range(3)])
    mean = _mean(_distinct)
    index, wide = np.arange(3), {"p": p, "q": q}
    return {
        **wide, "D": D, "k": k, "C": sc.binom,
        **{f"{name}_i": x[:, None] for name, x in wide.items()}, **{f"{name}_j": x[None] for name, x in wide.items()},
        "i": index[:, None], "j": index[None], "E U": mean, "E U(D)": mean, "E U(D+1)": _mean(_distinct, D + 1),
        "Var U": _mean(lambda P, counts: _distinct(P, counts) ** 2) - mean**2,
        "E f_k(D)": _mean(partial(_seen, k)), "E f₁(D+1)": _mean(partial(_seen, 1), D + 1), "E M₀(D)": _mean(_missing),
    }  # fmt: skip


@cache
def poisson() -> dict[str, Any]:
    """The same in Poisson number: independent counts of types, by their law."""
    p, D, k = SMALL, DRAWS, 2
    absent = stats.poisson.pmf(0, D * p)

    def seen(k: int, D: float) -> float:
        return float(stats.poisson.pmf(k, D * p).sum())

    return small() | {
        "q": absent, "k": k, "Φ(D)": float((1 - absent).sum()), "Φ": lambda D: float(stats.poisson.sf(0, D * p).sum()),
        "Φ_k(D)": seen(k, D), "Φ₁": partial(seen, 1), "Φ₂": partial(seen, 2),
    }  # fmt: skip


def uniform() -> dict[str, Any]:
    return {"V": 3, "D": DRAWS, "E U": _mean(_distinct, p=(1 / 3,) * 3)}


RANKS = np.arange(1, 300_001)


@cache
def zipf(s: float = 2.5, q: float = 3.0, D: float = 1e6) -> dict[str, Any]:
    """A law on all ranks, whose tail beyond the first three hundred thousand is an integral."""
    C = 1 / float(mpmath.zeta(s, q + 1))
    p = C * (RANKS + q) ** -s
    tail = D * C * (RANKS[-1] + q + 0.5) ** (1 - s) / (s - 1)
    seen = [float(np.sum(stats.poisson.pmf(k, D * p))) + (tail if k == 1 else 0) for k in (1, 2)]
    phi = float(-np.expm1(-D * p).sum()) + tail
    varied = float(np.sum(np.exp(-D * p) * -np.expm1(-D * p))) + tail
    return {
        "C": C, "D": D, "s": s, "q": q, "α": 1 / s, "Φ(D)": phi, "U": phi, "E f_k": seen[1], "k": 2, "f₁": seen[0],
        "Var U": varied, "E U": phi, "p_r": p, "r": RANKS, "γ": 1 / s, "x": RANKS.astype(float),
    }  # fmt: skip


def finite() -> dict[str, Any]:
    s, q, V = 1.2, 3.0, 200
    terms = mpmath.zeta(s, q + 1) - mpmath.zeta(s, q + V + 1)
    return {"C": float(1 / terms), "r": np.arange(1, 2 * V), "s": s, "q": q, "V": V}


def _area(start: float) -> float:
    """The integral of 1 - exp(-C D x^-s) from `start` on."""
    law = zipf()

    def missing(x: float) -> float:
        return float(-np.expm1(-law["C"] * law["D"] * x ** -law["s"]))

    steps = pairwise([start, 10.0, 100.0, 1e3, 1e4, np.inf])
    return sum(integrate.quad(missing, *step, limit=200)[0] for step in steps)


def large() -> dict[str, Any]:
    """The same law where it is close to its limits."""
    return zipf(2.5, 0.0, 1e11)


@cache
def _edge() -> int:
    """How many times q + 1 the rank r* is at least, in whole numbers, where the limit of A4 is good to a thousandth."""

    def off(times: int, s: float, q: float) -> float:
        reach = times * (q + 1)
        limit = float(sc.gamma(1 - 1 / s)) * reach - q - 0.5
        tail = reach**s * (RANKS[-1] + q + 0.5) ** (1 - s) / (s - 1)
        return abs(limit / (float(-np.expm1(-((reach / (RANKS + q)) ** s)).sum()) + tail) - 1)

    laws = [(s, q) for s in (1.4, 2.0, 3.0) for q in (0.0, 10.0, 50.0)]
    return next(times for times in range(1, 10) if all(off(times, *law) < 1e-3 for law in laws))


def _divergent() -> float:
    """The least exponent of a law on all ranks: there the sum of (r + q)^-s begins to diverge."""
    with pytest.raises(ValueError, match="exponent must exceed 1"):
        bounds.Zipf(1.0)
    return 1.0 if bounds.Zipf(1.0001).types is None else float("nan")


@cache
def _coverage() -> tuple[float, float]:
    """What is seen of four draws with two types once and one twice, and its deviation, from the interval."""
    told = good_turing_coverage(DRAWS, 2, 1, confidence=0.01)
    return told.value, (told.interval.upper - told.interval.lower) / 2 / float(stats.norm.ppf(0.505))


def urn() -> dict[str, Any]:
    """A Pitman–Yor urn: the mean of K and of X (X + 1) after n draws, by the law of K, draw by draw."""
    d, θ, n = 0.3, 1.7, 12
    K: dict[int, float] = {0: 1.0}
    for drawn in range(n):
        after: dict[int, float] = defaultdict(float)
        for k, chance in K.items():
            new = (θ + d * k) / (θ + drawn)
            after[k + 1] += chance * new
            after[k] += chance * (1 - new)
        K = after
    X = {k + θ / d: chance for k, chance in K.items() if chance}
    return {
        "d": d, "θ": θ, "n": n, "rising": lambda x: sc.poch(x, n), "E X": sum(x * chance for x, chance in X.items()),
        "E X (X + 1)": sum(x * (x + 1) * chance for x, chance in X.items()), "X": 5.0,
    }  # fmt: skip


def _grows(power: int) -> float:
    """By what X, or X (X + 1), grows in one draw on average."""
    at, x = urn(), 5.0
    new = at["d"] * x / (at["θ"] + at["n"])
    return 1 + new / x if power == 1 else (new * (x + 1) * (x + 2) + (1 - new) * x * (x + 1)) / (x * (x + 1))


@cache
def further() -> dict[str, Any]:
    """What six further draws bring to a Pitman–Yor urn of 9 draws with 5 types: mean and variance, draw by draw."""
    d, θ, D, U, more = 0.4, 2.0, 9, 5, 6
    K: dict[int, float] = {U: 1.0}
    for i in range(more):
        after: dict[int, float] = defaultdict(float)
        for k, chance in K.items():
            new = (θ + d * k) / (θ + D + i)
            after[k + 1] += chance * new
            after[k] += chance * (1 - new)
        K = after
    mean = sum((k - U) * chance for k, chance in K.items())
    square = sum((k - U) ** 2 * chance for k, chance in K.items())
    once, twice = (float(np.prod(1 + j * d / (θ + D + np.arange(more)))) for j in (1, 2))
    return {
        "E N(t)": mean, "Var N(t)": square - mean**2, "U": U, "c": θ / d, "R₁": once, "R₂": twice,
        "j": 1, "d": d, "θ": θ, "D": D, "i": np.arange(more),
    }  # fmt: skip


def _steps(j: int, K: float = 5.0) -> float:
    """By what K + c, or (K + c)(K + c + 1), grows in one draw on average: the urn of `further` at its first."""
    d, θ, n = 0.4, 2.0, 9
    X, new = K + θ / d, (θ + d * K) / (θ + n)
    return (X + new) / X if j == 1 else (new * (X + 1) * (X + 2) + (1 - new) * X * (X + 1)) / (X * (X + 1))


def more() -> dict[str, Any]:
    """Types of the small law that D draws lack and tD have, on average, with bounds on them."""
    t = 3
    f = {k: _mean(partial(_seen, k)) for k in (1, 2)}
    brought = _mean(_distinct, t * DRAWS) - _mean(_distinct)
    return {
        "t": t, "D": DRAWS, "N(t)": brought, "E N(t)": brought, "E U(tD)": _mean(_distinct, t * DRAWS),
        "E U(D)": _mean(_distinct), "E f₁(D)": f[1], "f₁": 2.0, "f₂": 1.0,
    }  # fmt: skip


def toulmin() -> dict[str, Any]:
    """Types that are new between D and tD draws in Poisson number, t below 2, and an exponential series."""
    t, D, k = 1.6, DRAWS, np.arange(1, 80)
    rate = D * SMALL[:, None]
    return {
        "t": t, "k": k, "E f_k": stats.poisson.pmf(k, rate).sum(axis=0), "x": 1.3,
        "E N(t)": float(np.sum(np.exp(-D * SMALL) - np.exp(-t * D * SMALL))),
    }  # fmt: skip


def groups() -> dict[str, Any]:
    """A mean over types in groups of one size, of which a share was sampled: its variance from the means of groups."""
    means, p = np.array([0.31, 0.18, 0.27, 0.24, 0.3]), 0.25
    R = len(means)
    without = (means.sum() - means) / (R - 1)
    variance = (1 - p) * means.var(ddof=1) / R
    return {"p": p, "R": R, "r": np.arange(R), "λ_r": without, "m": without.mean(), "Var λ": variance}


def _explodes(t: float) -> bool:
    """Whether the terms of a power law's series fall up to t and grow beyond."""
    k = np.arange(200, 400)
    seen = sc.gammaln(k - 0.5) - sc.gammaln(k + 1)
    below, beyond = (k * np.log(x - 1) + seen for x in (t - 0.05, t + 0.05))
    return bool(np.all(np.diff(below) < 0) and np.all(np.diff(beyond) > 0))


def _near(name: str, letters: Any, close: float = 1e-9) -> Any:
    """Whether what is found is a letter of these, when they are asked for."""
    return lambda found: np.allclose(found, letters()[name], rtol=close, atol=0)


def _unit(letter: str) -> Any:
    return lambda page: (LETTERS[letter].unit,)


def _elementary() -> dict[str, Any]:
    return {"p": np.linspace(0.001, 0.9, 40), "D": 7.0, "x": np.linspace(0.1, 10, 3)}


def _excess_variance() -> float:
    """What a Poisson number of draws adds to the variance, on a thousand even types."""
    V, D = 1000, 800
    rate = np.exp(-D / V)
    return V * rate * (1 - rate) - float(bounds.variance_unique(bounds.Uniform(V), D))


def geometric() -> dict[str, Any]:
    ρ, D = 0.9, 1e9
    p = (1 - ρ) * ρ ** np.arange(600.0)
    return {"ρ": ρ, "D": D, "r": np.arange(1, 601), "p_r": p, "E U": float(-np.expm1(D * np.log1p(-p)).sum())}


def santa_fe() -> dict[str, Any]:
    law = bounds.SantaFe(2.5, 2)
    return {"s": 2.5, "γ": 1 / law.exponent, "β": santa_fe_law(law).data_exponent}


CHECKS = {
    "docs/theory.md": (
        stated("probability of the r-th type in one draw, r = ⟦1⟧, ⟦2⟧, … |", dict, RANKS[0], RANKS[1]),
        Sentence("type in one draw, r = 1, 2, … | {} |", _unit("p")),
        Sentence("| M₀(D) | probability that the next draw is new | {} |", _unit("p")),
        Sentence("| γ | exponent, U ~ D^γ | {} |", _unit("gamma")),
        stated("its tail index is ⟦1/s⟧ |", zipf, _near("α", zipf)),
        Sentence("its tail index is 1/s | {} |", _unit("s")),
        # A1
        stated("is absent from D draws with probability ⟦(1 - p)^D⟧.", small, _near("q", small)),
        stated("E U(D) = Σ [1 - (1 - p)^D]", small),
        stated("E f_k(D) = C(D, k) Σ p^k (1 - p)^(D-k)", small),
        stated("E M₀(D) = Σ p (1 - p)^D", small),
        stated("The last sum is both ⟦E U(D+1) - E U(D)⟧ and ⟦E f₁(D+1)/(D+1)⟧:", small,
               _near("E M₀(D)", small), _near("E M₀(D)", small)),
        stated("(Good–Turing), with a bias of at most ⟦1/D⟧.", small,
               lambda most: 0 < _mean(partial(_seen, 1)) / DRAWS - _mean(_missing) <= most == 1 / DRAWS),
        stated("⟦Var U = Σ q(1 - q) + Σ_{i≠j} [(1 - p_i - p_j)^D - q_i q_j]⟧ with q = ⟦(1 - p)^D⟧;", small,
               _near("q", small)),
        stated("since ⟦1 - p_i - p_j ≤ (1 - p_i)(1 - p_j)⟧, so that ⟦Var U ≤ Σ q(1 - q) ≤ E U⟧.", small),
        stated("⟦Φ(D) = Σ (1 - e^(-Dp))⟧ takes the place of E U", poisson),
        stated("the variance is ⟦Φ(2D) - Φ(D)⟧.", poisson,
               lambda found: np.isclose(found, sum(poisson()["q"] * (1 - poisson()["q"])))),
        stated("Φ_k(D) = Σ (Dp)^k e^(-Dp)/k!", poisson),
        stated("⟦0 ≤ E U(D) - Φ(D) ≤ min(1/e, 2 Φ₂(D)/D)⟧.", poisson),
        stated("⟦1 + p ≤ e^p⟧ gives ⟦1 - p ≥ e^(-p) (1 - p²)⟧, hence ⟦(1 - p)^D ≥ e^(-Dp) (1 - D p²)⟧", _elementary),
        stated("their sum is ⟦2 Φ₂/D⟧, and", lambda: poisson() | {"Φ₂": poisson()["Φ₂"](DRAWS)},
               lambda found: np.isclose(found, np.sum(DRAWS * SMALL**2 * np.exp(-DRAWS * SMALL)))),
        stated("and ⟦D p e^(-Dp) ≤ 1/e⟧ leaves", _elementary),
        stated("that of a fixed number of draws is smaller by ⟦Φ₁(D)²/D⟧ and terms of lower order",
               lambda: {"Φ₁": lambda D: D * np.exp(-D / 1000), "D": 800},
               lambda found: np.isclose(found, _excess_variance(), rtol=0.01)),
        # A2
        stated("On V types ⟦E U = V (1 - (1 - 1/V)^D)⟧.", uniform),
        stated("The local slope of ln U is ⟦x e^(-x)/(1 - e^(-x))⟧ at x = D/V: it falls", lambda: {"x": 0.5},
               lambda found: np.isclose(found, bounds.local_exponent("uniform:1e9", 0.5e9), rtol=1e-6)),
        Sentence("at x = D/V: it falls from {} to {} within a decade on either side of D = V and is {} at D = V.",
                 lambda page: [bounds.local_exponent("uniform:1e9", 1e9 * x) for x in (0.01, 10, 1)]),
        Sentence("One slope near {} is therefore", lambda page: (bounds.local_exponent("uniform:1e9", 1e9),)),
        # A3
        stated("C^(-1) = Σ_{r≤V} (r + q)^(-s)", finite),
        # A4
        stated("of the rank* r\\* = ⟦(CD)^(1/s)⟧.", zipf,
               lambda rank: np.isclose(zipf()["D"] * zipf()["C"] * rank ** -zipf()["s"], 1)),
        stated("For s > 1 and ⟦α = 1/s⟧", zipf),
        Sentence("For s > {} and α", lambda page: (_divergent(),)),
        stated("⟦Φ(D) = Γ(1 - α) (C D)^α - q - 1/2⟧,    so that ⟦γ = 1/s⟧.", zipf),
        stated("g(x) = ⟦1 - exp(-C D x^(-s))⟧, differs", zipf,
               lambda g: np.allclose(g, stats.poisson.sf(0, zipf()["D"] * zipf()["C"] * zipf()["x"] ** -zipf()["s"]))),
        stated("differs from the integral of g from ⟦q + 1/2⟧ on by the", zipf,
               lambda start: np.isclose(_area(start), zipf()["Φ(D)"], rtol=1e-6)),
        Sentence("where g is {} with all its derivatives {} beyond every power.", lambda page: (1, 0)),
        stated("integral from ⟦0⟧ is ⟦Γ(1 - α) (CD)^α⟧, by parts", zipf, 0,
               lambda area: np.isclose(area, _area(0), rtol=1e-6)),
        stated("and g = ⟦1⟧ on [⟦0⟧, ⟦q + 1/2⟧].", zipf, 1, 0, lambda end: end == 3.5),
        stated("⟦E f_k → α Γ(k - α)/k! · (CD)^α⟧, ⟦f₁/U → α⟧, ⟦Var U/E U → 2^α - 1⟧ in Poisson form", large),
        Sentence("Below r* of about {} (q + {}): near", lambda page: (_edge(), 1)),
        # A5
        stated("So X = K + θ/d grows by the factor ⟦1 + d/(θ + n)⟧ on average, and X (X + ⟦1⟧) by "
               "⟦1 + 2 d/(θ + n)⟧:", urn,
               lambda found: np.isclose(found, _grows(1)), 1, lambda found: np.isclose(found, _grows(2))),
        stated("⟦E X = (θ/d) (θ + d)_n/(θ)_n⟧, ⟦E X (X + 1) = (θ/d)(θ/d + 1) (θ + 2d)_n/(θ)_n⟧ with rising", urn),
        # A6
        stated("For ⟦p_r = (1 - ρ) ρ^(r-1)⟧, ⟦E U = [ln(D (1 - ρ)) + 0.5772…]/ln(1/ρ) + 1/2⟧ up", geometric,
               equal=1e-3),
        Sentence("periodic term (asymptotic). The exponent is {}.",
                 lambda page: (bounds.local_exponent("geometric:0.5", 1e18),)),
        # A9
        stated("γ = ⟦1/s⟧ = ⟦1 - β⟧ exactly", santa_fe, _near("γ", santa_fe), _near("γ", santa_fe)),
        # E
        stated("On A4 it is ⟦γ (1 + (q + 1/2)/U)⟧, so that", zipf,
               lambda found: np.isclose(found, zipf()["f₁"] / zipf()["U"], rtol=1e-6)),
        stated("the shape to fit, with u₀ = ⟦q + 1/2⟧.", zipf, lambda found: found == 3.5),
        stated("⟦0 ≤ N(t) ≤ (t - 1)D⟧.", more),
        stated("⟦E N(t) ≤ (t - 1) E f₁(D)⟧: the last", more),
        stated("The coverage of D independent draws is ⟦1 - f₁/D⟧ with standard deviation "
               "⟦√(f₁(1 - f₁/D) + 2f₂)/D⟧", more,
               lambda found: np.isclose(found, _coverage()[0]), lambda found: np.isclose(found, _coverage()[1])),
        stated("⟦E N(t) = Σ_k (-1)^{k+1} (t-1)^k E f_k⟧ for draws", toulmin),
        stated("since ⟦1 - e^{-x} = -Σ (-x)^k/k!⟧.", toulmin),
        Sentence("Beyond t = {} the terms explode", lambda page: [t for t in (1.5, 2, 2.5) if _explodes(t)]),
        stated("K_n + c grows by the factor ⟦1 + d/(θ+n)⟧ in the mean, and (K_n + c)(K_n + c + ⟦1⟧) "
               "by ⟦1 + 2d/(θ+n)⟧, given",
               lambda: {"d": 0.4, "θ": 2.0, "n": 9}, lambda found: np.isclose(found, _steps(1)), 1,
               lambda found: np.isclose(found, _steps(2))),
        stated("With R_j the product of ⟦1 + jd/(θ+D+i)⟧ over the further draws, ⟦E N(t) = (U + c)(R₁ - 1)⟧ and "
               "⟦Var N(t) = (U + c)(U + c + 1)R₂ - (U + c)R₁ - (U + c)²R₁²⟧.", further,
               lambda found: np.isclose(np.prod(found), further()["R₁"])),
        stated("Var λ ≈ ⟦(1 - p) (R - 1)/R Σ_r (λ_r - m)²⟧, m being", groups,
               lambda found: np.isclose(found, groups()["Var λ"])),
        Sentence("the midpoint {}; skills in proportion to U", lambda page: (bounds.exponent_band(0.28).midpoint,)),
    ),
}  # fmt: skip
