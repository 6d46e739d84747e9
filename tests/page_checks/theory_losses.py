"""Parts B to D of docs/theory.md: each formula is read off the page and held against enumeration, or a derivation.

What is an inversion of a rate is put back into that rate; what is a limit is compared where it is close.
"""

from __future__ import annotations

import inspect
import math
import re
from functools import cache, partial
from typing import Any

import numpy as np
import pytest
import scipy.special as sc
from scipy import optimize, stats

import bounds
from bounds import capacity, divergence, efficiency, skills
from bounds.base.intervals import LABELS
from bounds.capacity.capacity import BITS_PER_PARAM
from bounds.laws.published import LAWS
from tests.enumeration import add_constant, empirical, enumerated, kl, samples
from tests.page_checks.theory_counts import DRAWS, SMALL
from tests.page_formulas import stated
from tests.page_numbers import Page, Sentence

KEY = "hoffmann2022"


def close_to(value: Any, rtol: float = 1e-9) -> Any:
    """Whether what a formula gives is what `value` gives when it is asked."""
    return lambda found: np.allclose(found, value() if callable(value) else value, rtol=rtol, atol=0)


def _mean(function: Any) -> float:
    return float(enumerated(tuple(SMALL), DRAWS, function))


@cache
def forward() -> dict[str, Any]:
    """Laplace's rule on three types after four draws, by every sample."""
    p, n, k = SMALL, DRAWS, 3
    first, counts = 0.3, np.array([0, 1, 3])
    inverse = _mean(lambda P, m: 1 / (1 + m[1]))
    return {
        "p": p, "n": n, "k": k, "N_i": counts, "E KL": _mean(lambda P, m: kl(P, add_constant(m, 1))),
        "-E ln(N + 1)": -_mean(lambda P, m: math.log(m[1] + 1)), "E 1/(N + 1)": inverse, "first": first,
    }  # fmt: skip


def one_type() -> dict[str, Any]:
    return forward() | {"p": SMALL[1]}


@cache
def code_length() -> float:
    """The most by which the code of Krichevsky and Trofimov is longer than n H(p_D), over all samples of 7 in 3."""
    n, k = 7, 3

    def length(m: Any) -> float:
        counts = np.array(m, dtype=float)
        code = sc.gammaln(n + k / 2) - sc.gammaln(k / 2) - np.sum(sc.gammaln(counts + 0.5) - sc.gammaln(0.5))
        return float(code + np.sum(sc.xlogy(counts, counts / n)))

    return max(length(m) for m in samples(k, n))


@cache
def reverse() -> dict[str, Any]:
    p, D, V, ε = SMALL, DRAWS, 3, 0.4
    exact = [float(x) for x in SMALL]
    drawn = [(np.array(m) / D, kl(empirical(m), exact)) for m in samples(V, D)]
    return {
        "p": p, "D": D, "V": V, "ε": ε, "C": lambda a, b: sc.binom(a, b), "M": 2.0,
        "E KL(p_D ‖ P)": _mean(lambda P, m: kl(empirical(m), P)),
        "P(KL ≥ ε)": _mean(lambda P, m: kl(empirical(m), P) >= ε),
        "KL": np.array([float(one) for _, one in drawn]),
        "χ": np.array([math.sqrt(np.sum((share - p) ** 2 / p)) for share, _ in drawn]),
        "E χ": math.sqrt(_mean(lambda P, m: sum((x / D - y) ** 2 / y for x, y in zip(m, P, strict=True)))),
        "E Σ|p_D - P|": _mean(lambda P, m: sum(abs(x / D - y) for x, y in zip(m, P, strict=True))),
    }  # fmt: skip


@cache
def distance() -> dict[str, Any]:
    """Many types, likely and rare ones, and the distance by the law of each count."""
    D, p = 200, (np.arange(1, 2001) + 2.0) ** -1.3
    p /= p.sum()
    m = np.arange(D + 1)[:, None]
    exact = float(np.sum(stats.binom.pmf(m, D, p) * abs(m / D - p)))
    Λ = float(np.sum(np.where(p >= 1 / D, np.sqrt(p / D), 2 * p)))
    return {"D": D, "p": p, "Λ": Λ, "exact": exact}


def _minimax(k: float, n: int) -> float:
    return float(divergence.forward_kl_minimax_lower(k, n).risk)


def _of_a_huge_support(k: float, n: int) -> float:
    """The minimax risk without the constant beside its logarithm, taken from a larger one."""
    return _minimax(k, n) + math.log(1e15 / 60) - _minimax(1e15, 60)


def rates() -> dict[str, Any]:
    return {"D": 1e6, "ε": 0.03, "M": 10.8, "e": math.e, "b": np.array([0, 0.5, 1]), "U": 1000.0, "β": 0.28}


@cache
def santa_fe() -> dict[str, Any]:
    """The best predictor of a Santa Fe process, whose excess is ln A of each new fact, with its sums."""
    process, D = bounds.SantaFe(2.0, 2), 400
    n = np.arange(D)
    missing = bounds.missing_mass(process.facts, n)
    excess = math.log(2) * missing
    β = 0.5
    B = float(np.max(excess[1:] * n[1:] ** β))
    return {
        "D": D, "n": n, "ε": lambda n: math.log(2) * bounds.missing_mass(process.facts, n), "c": math.log(2),
        "E U(D)": float(bounds.expected_unique(process.facts, D)), "c_max": math.log(2), "ε₀": excess[0],
        "B": B, "β": β,
    }  # fmt: skip


def _partitions(n: int) -> int:
    ways = [1] + [0] * n
    for part in range(1, n + 1):
        for total in range(part, n + 1):
            ways[total] += ways[total - part]
    return ways[n]


def _band(b: float, β: float = 0.28) -> float:
    """γ at which (U/D)^(1/(2 - b)) falls as D^-β."""
    return float(optimize.brentq(lambda γ: (γ - 1) / (2 - b) + β, 0, 1))


def _clipped(end: str) -> float:
    """What a bound on one token says at most, or at least."""
    bound = bounds.unique_bounds(1.0, law=KEY)
    return float(getattr(bound, end))


@cache
def store() -> dict[str, Any]:
    """A store of the two likeliest of three types after four draws, by every sample: what it misses costs c."""
    p, n, D, c, E = SMALL, 2, DRAWS, 1.7, 0.4

    def lost(P: Any, m: Any) -> Any:
        return sum(x for r, (x, seen) in enumerate(zip(P, m, strict=True)) if r >= n or not seen)

    return {
        "p_r": p, "r": np.arange(1, 4), "n": n, "D": D, "c": c, "E": E, "T": lambda n: p[n:].sum(),
        "T(n)": p[n:].sum(), "L": E + c * _mean(lost),
    }  # fmt: skip


def zipf_store() -> dict[str, Any]:
    """What a store lacks falls with its size, and what draws have not shown with their number."""
    unseen = bounds.missing_mass("zipf:2.5", np.array([1e13, 1e14]))
    return {"s": 2.5, "α": _slope_of_store(2.5), "β": float(-np.diff(np.log10(unseen))[0]), "γ": 1 / 2.5}


def _slope_of_store(s: float) -> float:
    """How fast what a store of n sequences lacks falls with n."""
    tail = sc.zeta(s, np.array([1e7, 1.1e7]))
    return float(-np.diff(np.log(tail))[0] / np.log(1.1))


@cache
def budget() -> dict[str, Any]:
    """The best size for a budget, found by search and not by its formula."""
    law, C = LAWS[KEY], 1e22
    best = optimize.minimize_scalar(lambda x: law.loss(math.exp(x), C / 6 / math.exp(x)), bounds=(15, 30),
                                    method="bounded", options={"xatol": 1e-10})  # fmt: skip
    N = math.exp(best.x)
    A, B, α, β = law.param_coefficient, law.data_coefficient, law.param_exponent, law.data_exponent
    return {
        "C": C, "N": N, "D": C / 6 / N, "N*": N, "D*": C / 6 / N, "A": A, "B": B, "α": α, "β": β,
        "G": (α * A / (β * B)) ** (1 / (α + β)),
    }  # fmt: skip


def quorum() -> dict[str, Any]:
    m, a, q, s = 50, 40, 0.8, 1.7
    return {"m": m, "a": a, "q": q, "s": s}


def _median(words: Any) -> bool:
    at = quorum()
    return bool(np.isclose(words, stats.beta.median(at["a"], at["m"] - at["a"] + 1), rtol=1e-3))


def _width_in_size() -> float:
    """One standard deviation of a share of quorum members, in ln n: the tail falls as n^(1 - s)."""
    at = quorum()
    return math.sqrt(at["q"] * (1 - at["q"]) / at["m"]) / ((at["s"] - 1) * (1 - at["q"]))


@cache
def _slow_tail() -> float:
    """The least exponent of a Zipf law, in tenths, on which the distance falls as fast as anywhere."""
    return next(s / 10 for s in range(11, 40) if divergence.l1_exponent(s / 10) == divergence.l1_exponent(9.0))


@cache
def _distance_slope(s: float) -> float:
    """How fast the exact distance of the empirical law falls on a Zipf law."""
    far = divergence.l1_empirical(bounds.Zipf(s), np.array([1e6, 1e7]))
    return float(np.diff(np.log10(far))[0])


@cache
def _range_of_bernstein() -> list[int]:
    """The exponents of Bernstein that are taken, and none beyond."""
    for outside in (-1e-9, 1 + 1e-9):
        with pytest.raises(ValueError, match="between 0"):
            efficiency.bernstein_exponent(0.28, outside)
    return [b for b in (-1, 0, 1, 2) if 0 <= b <= 1 and efficiency.bernstein_exponent(0.28, b)]


@cache
def _rate_of_votes() -> float:
    """How fast the error of a majority falls in examples of a context, where margins have P(h < t) = t^0.5."""
    return float(-np.diff(np.log10(efficiency.top1_excess(np.array([1e8, 1e9]), 0.5)))[0])


def _rate_of_counts() -> float:
    """How fast the log loss of counts with a constant falls on a law of three types."""
    return float(-np.diff(np.log10(divergence.forward_kl_add_constant(SMALL, np.array([1000, 10_000]))))[0])


@cache
def _second_of_beta() -> int:
    """What stands behind m - a in the incomplete beta function that is the chance of a of m."""
    at, F = quorum(), 0.75
    chance = stats.binom.sf(at["a"] - 1, at["m"], F)
    return next(j for j in range(4) if np.isclose(sc.betainc(at["a"], at["m"] - at["a"] + j, F), chance))


@cache
def _mass() -> float:
    """What the tail lacks at a threshold, and the median of the share that a quorum takes, together."""
    members, quorum = 50, 40
    tail = capacity.tail_mass("zipf:1.7", skills.stored_threshold("zipf:1.7", members=members, quorum=quorum))
    return float(tail) + float(stats.beta.median(quorum, members - quorum + 1))


@cache
def _skills_slope() -> float:
    """How the number of skills with masses j^-1.6 grows with the draws."""
    seen = bounds.expected_skills(np.array([1e9, 1e10]), exponent=1.6, members=10, quorum=8)
    return float(np.diff(np.log10(seen))[0])


def _halves(function: Any) -> float:
    """The power of m with which a width falls, at many members."""
    wide, narrow = (float(function(members=m, quorum=int(0.8 * m))) for m in (40_000, 160_000))
    return math.log(narrow / wide) / math.log(4)


def ways(page: Page) -> list[int]:
    """How many statements B7 has."""
    return [len(re.findall(r"^\*\*B7-[ivx]+\.\*\* ", page.text, flags=re.MULTILINE))]


CHECKS = {
    "docs/theory.md": (
        Sentence("Each statement has one of {} labels:", lambda page: (len(LABELS),)),
        Sentence("{} ways, each a theorem about a learner", ways),
        # B2
        stated("With Laplace's rule ⟦(N_i + 1)/(n + k)⟧ on a known", forward,
               close_to(lambda: [float(x) for x in add_constant((0, 1, 3), 1)])),
        stated("E KL ≤ ln((n + k)/(n + 1)) + Σ p ln(1 - (1 - p)^(n+1)) ≤ ln(1 + (k - 1)/(n + 1))", forward),
        stated("⟦-E ln(N + 1) ≤ ln E 1/(N + 1)⟧ by Jensen, and ⟦E 1/(N + 1) = (1 - (1 - p)^(n+1))/((n + 1) p)⟧ for",
               one_type),
        stated("with all ⟦p > 0⟧, ⟦E KL ~ (k - 1)/(2n)⟧ (asymptotic)",
               lambda: {"p": SMALL, "k": 3, "n": 20_000,
                        "E KL": float(divergence.forward_kl_add_constant(SMALL, 20_000))}),
        stated("exceeds n H(p_D) by at most ⟦((k - 1)/2) ln n + ln k⟧.", lambda: {"k": 3, "n": 7},
               lambda most: most / 2 < code_length() <= most),
        # B3
        stated("⟦0 ≤ E KL(p_D ‖ P) ≤ ln(1 + (V - 1)/D)⟧. *Proof.* ⟦KL ≤ ln(1 + χ²)⟧ by Jensen, and "
               "⟦E χ² = Σ p(1 - p)/(D p) = (V - 1)/D⟧;", reverse),
        stated("By counting types ⟦P(KL ≥ ε) ≤ C(D + V - 1, V - 1) e^(-Dε)⟧.", reverse),
        stated("For D well above every ⟦1/p⟧, ⟦E KL ~ (V - 1)/(2D)⟧",
               lambda: {"p": SMALL, "V": 3, "D": 20_000,
                        "E KL": float(divergence.reverse_kl_empirical(SMALL, 20_000))},
               lambda found: np.all(found < 20_000 / 100)),
        # B4
        stated("E Σ|p_D - P| ≤ Σ √(p(1 - p)/D) ≤ √((V - 1)/D)", reverse),
        stated("it lies between ⟦Λ/4 - 1/(4√D)⟧ and ⟦Λ = Σ_{p ≥ 1/D} √(p/D) + 2 Σ_{p < 1/D} p⟧ (Berend", distance,
               lambda low: low <= distance()["exact"] <= distance()["Λ"]),
        Sentence("On Zipf laws with s < {} it falls as D^({}/s - {}): for γ > {}/{} the rate",
                 lambda page: (_slow_tail(), 1, 1, 1, _slow_tail())),
        stated("it falls as D^(⟦1/s - 1⟧): for", lambda: {"s": 1.3}, close_to(lambda: _distance_slope(1.3), 1e-2)),
        # B5
        stated("it is about ⟦(k - 1)/(2n)⟧ for n ≫ k", lambda: {"k": 3, "n": 20_000},
               close_to(lambda: _minimax(3, 20_000), 1e-2)),
        stated("(Braess & Sauer 2004) and ⟦ln(k/n)⟧ for k ≫ n", lambda: {"k": 3e9, "n": 6},
               close_to(lambda: _of_a_huge_support(3e9, 6), 5e-2)),
        # B6
        Sentence("Poisson counts, from {} at γ = {} to {} at γ = {}.",
                 lambda page: [x for b in (0, 1) for x in (divergence.reverse_kl_constant(1 / _band(b)), _band(b))]),
        # B7
        Sentence("All are clipped to [{}, D], and", lambda page: (_clipped("lower"),)),
        stated("**B7-i.** U ≥ ⟦1 + (D + 1)(e^ε - 1)⟧.", rates,
               lambda U: np.isclose(divergence.forward_kl_laplace_upper(round(U), 1e6), 0.03, rtol=1e-4)),
        stated("**B7-ii.** U ≤ ⟦1 + 2 D ε⟧.", rates, lambda U: np.isclose((U - 1) / (2 * 1e6), 0.03)),
        stated("**B7-iii.** U ≥ ⟦1 + D (ε/M)²⟧.", rates, lambda U: np.isclose(10.8 * math.sqrt((U - 1) / 1e6), 0.03)),
        stated("losses in [⟦0⟧, M]: its mean excess is at most ⟦M E Σ|p_D - P| ≤ M √((V - 1)/D)⟧ by B4.", reverse, 0),
        stated("**B7-iv.** ⟦E U(D) ≤ (ε₀ + B D^(1-β)/(1 - β))/c⟧.", santa_fe),
        stated("**B7-v.** ⟦E U(D) ≥ (Σ_{n<D} ε(n) - π √(2D/3))/c_max⟧.", santa_fe),
        stated("partitions of D: fewer than ⟦e^(π √(2D/3))⟧.", lambda: {"D": np.array([1, 10, 100])},
               lambda most: all(_partitions(D) < one for D, one in zip((1, 10, 100), most, strict=True))),
        stated("hold and β < ⟦1/2⟧, γ = ⟦1 - β⟧ exactly, and the exponent ⟦1 - 2β⟧ of the slow rate", rates,
               lambda most: math.isclose(1 - most, most), close_to(partial(_band, 1)), close_to(partial(_band, 0))),
        # B8
        stated("With the rate ε ≈ (U/D)^(⟦1/(2-b)⟧) of a learner", rates, [1 / 2, 2 / 3, 1]),
        Sentence("(margin) exponent b in [{}, {}], U ~", lambda page: _range_of_bernstein()),
        stated("γ = ⟦1 - (2 - b) β⟧: ⟦1 - 2β⟧ at b = ⟦0⟧, ⟦1 - β⟧ at b = ⟦1⟧, and halfway at b = ⟦1/2⟧.", rates,
               close_to(lambda: [_band(b) for b in (0, 0.5, 1)]), close_to(partial(_band, 0)), 0,
               close_to(partial(_band, 1)), 1,
               lambda b: math.isclose(_band(b), (_band(0) + _band(1)) / 2)),
        Sentence("β = {} gives {}, {}, {}. If skills",
                 lambda page: (LAWS[KEY].data_exponent, *(_band(b) for b in (0, 0.5, 1)))),
        stated("k times the skills take k^(⟦1/γ⟧) times", lambda: {"γ": 0.58},
               close_to(lambda: math.log(bounds.growth_factor(0.58, k=2)) / math.log(2))),
        Sentence("{}, {}, {} for twice the skills.", lambda page: [2 ** (1 / _band(b)) for b in (0, 0.5, 1)]),
        Sentence("whose *top-{} error* has", lambda page: (1,)),
        stated("lose as n^(-⟦(1+a)/2⟧), so that on a support that grows as D^γ one has γ = ⟦1 - 2β/(1 + a)⟧",
               lambda: {"a": 0.5, "β": 0.28}, close_to(_rate_of_votes, 1e-3),
               lambda γ: np.isclose((1 - γ) * _rate_of_votes(), 0.28, rtol=1e-3)),
        stated("In log loss a memoriser has b = ⟦1⟧ whatever", dict,
               lambda b: math.isclose(1 / (2 - b), _rate_of_counts(), rel_tol=1e-2)),
        # B9
        stated("sd γ = ⟦(2 - b)⟧ sd β.", rates,
               close_to(lambda: [(_band(b, 0.27) - _band(b, 0.28)) / 0.01 for b in (0, 0.5, 1)])),
        # C
        Sentence("n = N/ν sequences at ν parameters each (ν = {} by default)",
                 lambda page: (inspect.signature(bounds.efficient_params).parameters["params_per_sequence"].default,)),
        Sentence("Allen-Zhu & Li 2024 measured κ near {}.", lambda page: (BITS_PER_PARAM,)),
        stated("L = E + c [T(n) + Σ_{r≤n} p_r (1 - p_r)^D]", store),
        stated("with ⟦α = s - 1⟧ and ⟦β = 1 - 1/s = α/(1 + α)⟧, and ⟦γ = 1 - β = 1/(1 + α) = β/α⟧: three", zipf_store,
               equal=1e-4),
        stated("under ⟦C = 6 N D⟧ gives N* = G", budget),
        stated("⟦N* = G (C/6)^(β/(α+β))⟧, ⟦D* = G^-1 (C/6)^(α/(α+β))⟧, ⟦G = (α A/(β B))^(1/(α+β))⟧ (Hoffmann", budget,
               equal=1e-5),
        Sentence("The {} is a convention", lambda page: (bounds.training_flops(1, 1),)),
        # D
        stated("function I_F(a, m - a + ⟦1⟧). The median of F at which it is ⟦1/2⟧ is near ⟦(a - 1/3)/(m + 1/3)⟧.",
               quorum, 1, 0.5, _median),
        Sentence("I_F(a, m - a + {}). The median", lambda page: (_second_of_beta(),)),
        Sentence("F(n) = {} - T(n): solve T(n*) = {} - median.", lambda page: (_mass(), _mass())),
        stated("The transition is ⟦√(q/(m (1 - q)))/(s - 1)⟧ wide", quorum, close_to(_width_in_size)),
        stated("F = ⟦1 - (1 - p)^D⟧.", lambda: {"p": 0.3, "D": 4}, close_to(lambda: 1 - _mean(lambda P, m: m[1] == 0))),
        stated("The width in ln D falls as m^(⟦-1/2⟧):", dict,
               lambda power: math.isclose(power, _halves(skills.draws_half_width), rel_tol=1e-3)),
        Sentence("I_{F_j}(a, m - a + {}), and S ~ D^({}/s) (asymptotic): twice the skills take {}^s",
                 lambda page: (_second_of_beta(), _skills_slope() * 1.6, 2 ** (1 / _skills_slope() / 1.6))),
        stated("is known with probability ⟦1 - (1 - λ)^c⟧.", lambda: {"λ": 0.1, "c": 7},
               close_to(lambda: float(skills.term_accuracy(7, 0.1)))),
    ),
}  # fmt: skip
