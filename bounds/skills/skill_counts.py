"""How many skills a corpus of D draws holds, when skills differ in mass as ranks of a Zipf law do.

| letter | meaning                                                  | unit      | argument   |
|--------|----------------------------------------------------------|-----------|------------|
| D      | mean of a Poisson number of draws                        | draws     | `n_draws`  |
| J      | number of skills; unlimited where not given              | skills    | `n_skills` |
| s      | exponent: skill j has the part w_j ∝ j^-s of all draws   | 1         | `exponent` |
| m, a   | members of a skill, equally probable, and its quorum     | sequences | `members`, `quorum` |
| n      | sequences that the model stores                          | sequences | `n_stored` |
| v      | ln of the draws that one member expects, D w_j/m         | 1         |            |

S is a sum over j of a function g(v), a step from 0 to 1 of width σ in v. Skills far above the step count 1 each; the
others are added one by one until neighbours differ little, and from there the sum is an integral over ln j in panels,
with Euler–Maclaurin corrections at its ends, as in `bounds.counts.rank_tables`. The cost does not depend on D or J.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from bounds.base.pointwise import checked, nonnegative, pointwise, positive, single
from bounds.base.sources import Zipf
from bounds.counts import rank_mass
from bounds.counts.panels import FIRST_PANEL, STEPS_PER_SCALE, UPPER_END, leading_weights, panels
from bounds.counts.rank_tables import first_probability
from bounds.skills.binomial_tails import binomial_tails
from bounds.skills.emergence import members_and_quorum, representation

__all__ = ["expected_skills"]

_NONE, _CERTAIN = 42.0, 1e-20
"""-ln of the part of a sum that may be left out; probability that may be missing from 1."""


def expected_skills(
    n_draws: Any,
    *,
    exponent: float,
    n_skills: int | None = None,
    members: int,
    quorum: int,
    n_stored: Any = None,
) -> Any:
    """Expected number of skills S(D) in a corpus of `n_draws` draws, Σ_j I_{F_j}(a, m-a+1), F_j = 1 - e^(-Dw_j/m).

    Skill j of J has mass w_j ∝ j^-s, shared equally by its m members. Exact for a Poisson number of draws (equation
    D4), to about twelve digits, with any number of skills; unlimited ones need s > 1, and then S tends to
    (CD/m)^(1/s) E[X^(-1/s)] - 1/2, X the a-th smallest of m unit exponentials. So k times the skills take k^s times
    the corpus, γ = 1/s.

    With `n_stored`, a store filled in the order of mass holds ⌊n/m⌋ whole skills and only these count; the skill at
    its edge makes a difference of one at most. More capacity adds skills only where there are enough draws: a store
    smaller than the distinct sequences of the corpus is necessary for that, not sufficient (`bounds.can_scaling_help`).
    """
    law = _law(exponent, n_skills)
    m, a = members_and_quorum(single("members", members), single("quorum", quorum))
    step = _Step.of(m, a)
    draws = nonnegative("n_draws", n_draws)
    if n_stored is None:
        return pointwise(lambda D: [_at_most(law, step, size, law.n_types) for size in D], draws)

    def stored(D: Any, n: Any) -> Any:
        last = np.minimum(np.floor(n / m), law.n_types)
        return [_at_most(law, step, size, most) for size, most in zip(D, last, strict=True)]

    return pointwise(stored, draws, nonnegative("n_stored", n_stored))


@dataclass(frozen=True)
class _Step:
    """g(v) = P(at least a of m members are seen), e^v draws expected of each; its place, width and upper end."""

    m: float
    a: float
    place: float
    width: float
    certain: float

    @classmethod
    @functools.lru_cache(maxsize=256)
    def of(cls, m: float, a: float) -> _Step:
        low, high = special.ndtr(-1.0), special.ndtr(1.0)
        x, y = representation(m, a, [low, 0.5, high, 1.0], [high, 0.5, low, _CERTAIN])
        below, place, above, certain = np.log(np.where(x < y, -np.log1p(-np.minimum(x, 0.5)), -np.log(y)))
        return cls(m, a, float(place), float(above - below) / 2, float(certain))

    def __call__(self, v: Any) -> Any:
        y = np.exp(v)
        return binomial_tails(-np.expm1(-y), np.exp(-y), self.m, self.a)[0]

    def sharpness(self, v: float) -> float:
        """How fast g changes with v, for the sum of skills of at most this v: its slope in ln g where v is low."""
        return max(1 / self.width, min(self.a, 2 * (self.place - v) / self.width**2))

    def end(self, v: float, s: float) -> float:
        """The v below which skills no longer count; g is at most like e^(av) there, their number like e^(-v/s).

        With a quorum of 1 it is linear there instead, and its sum is that of the masses.
        """
        if self.a > max(1 / s, 1):
            return min(self.place - 12 * self.width, v) - _NONE / (self.a - 1 / s)
        return min(self.place, v) - _NONE if s > 1 else -math.inf


def _at_most(law: Zipf, step: _Step, D: float, last: float) -> float:
    """The sum, which rounding must not take past the number of skills."""
    return min(_count(law, step, D, last), last)


def _count(law: Zipf, step: _Step, D: float, last: float) -> float:
    """Σ_{j ≤ last} g(v_j)."""
    if not (D > 0 and last >= 1):
        return 0.0
    s = law.exponent
    first = math.log(D) + math.log(first_probability(law)) - math.log(step.m)

    def g(j: Any) -> Any:
        return step(first - s * np.log(j))

    # Ranks up to `sure` count 1, up to `begin` one by one; past `stop` they no longer count.
    sure = int(min(math.floor(math.exp(min((first - step.certain) / s, 700.0))), last))
    stop = math.exp(min((first - step.end(first, s)) / s, 700.0))
    sharpness = step.sharpness(first)
    begin = max(FIRST_PANEL, math.ceil(STEPS_PER_SCALE * s * sharpness), sure + 5)
    end = min(stop, last)
    if end <= begin + 8:
        count = max(math.floor(end) - sure, 0)
        total = sure + float(g(sure + np.arange(1.0, count + 1)).sum())
        return total + (D * _mass_between(law, sure + count, last) if stop < last and step.a == 1 else 0.0)
    weights = leading_weights(begin - sure + 4)
    u, du = panels(math.log(begin), math.log(end), min(2 * step.width / s, 2 / s, 4 / (s * sharpness), 3.0))
    total = sure + float(weights @ g(sure + np.arange(1.0, len(weights) + 1)))
    total += float(du @ (np.exp(u) * g(np.exp(u))))
    if stop >= last:
        return total + float(UPPER_END @ g(last + np.arange(-4.0, 5.0)))
    if step.a > 1:
        return total
    # ∫ D w dj from the end of the panels on.
    head = D * (first_probability(law) / (s - 1))
    return total + head * (end ** (1 - s) - (0.0 if math.isinf(last) else last ** (1 - s)))


def _mass_between(law: Zipf, low: float, high: float) -> float:
    """Σ w_j over low < j ≤ high."""
    ends = np.array([low, min(high, 1e300)])
    return float(-np.diff(rank_mass.tail_mass(law, ends))[0])


def _law(exponent: float, n_skills: int | None) -> Zipf:
    s = single("exponent", positive("exponent", exponent))
    if n_skills is None:
        if s <= 1:
            raise ValueError(f"exponent must exceed 1 when the number of skills is unlimited, got {s:g}; pass n_skills")
        return Zipf(s)
    allowed = "a whole number from 1 to 2^62"
    J = checked("n_skills", n_skills, lambda J: (J >= 1) & (J <= 2.0**62), allowed, whole=True)
    return Zipf(s, 0.0, int(single("n_skills", J)))
