"""Estimates that use only how often types were seen: Good–Turing, Pitman–Yor, and the best of all such estimators.

A natural (label-invariant) estimator gives equal probabilities to types that were drawn equally often. The best one
for a given sample knows the law and spreads the mass S_m of the types drawn m times evenly over these f_m types.

| letter  | meaning                                        | unit      | argument        |
|---------|------------------------------------------------|-----------|-----------------|
| P, p    | the law, and the probability of one type       | 1         | `probabilities` |
| m, f_m  | multiplicity, and types drawn m times          | draws, sequences | `counts`, `multiplicity` |
| S_m     | total probability of the types drawn m times   | 1         |                 |
| D, n    | number of draws                                | draws     | `n_draws`       |
| U       | distinct types drawn                           | sequences | `n_unique`      |
| d, θ    | Pitman–Yor discount and concentration          | 1         | `discount`, `concentration` |
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from bounds.base.numerics.logarithms import excess_of_log
from bounds.base.pointwise import pointwise, shown
from bounds.base.sources import PitmanYor
from bounds.counts.unique import MAX_DRAWS, expected_spectrum
from bounds.divergence.formulas import closed_form
from bounds.divergence.type_laws import at_each, complements, fixed_law, listed, log_absent, whole_draws


def forward_kl_natural(probabilities: Any, counts: Any) -> float:
    """Forward KL of the best natural estimator for one sample, nats: Σ p ln p - Σ_m S_m ln(S_m/f_m).

    Every label-invariant estimator loses at least this on this sample (equation B5; Orlitsky & Suresh 2015). `counts`
    says how often each type of `probabilities` was drawn, 0 included. Raises ValueError where the two do not fit.
    """
    p = listed(probabilities)
    number = np.asarray(whole_draws(counts, "counts", 0), float)
    if number.shape != p.shape:
        raise ValueError(
            f"counts must have one number for each of the {p.size} probabilities, got shape {number.shape}; "
            "a type that was not drawn has the count 0"
        )
    _, group, size = np.unique(number, return_inverse=True, return_counts=True)
    share = (np.bincount(group, weights=p) / size)[group]
    x = np.divide(share, p, out=np.ones(p.shape), where=p > 0)
    return math.fsum(np.where(p > 0, p * excess_of_log((share - p) / np.where(p > 0, p, 1), x), share))


def good_turing_missing_mass(n_singletons: Any, n_draws: Any) -> Any:
    """f_1/D: the probability that the next draw is new, as Good and Turing estimate it from D draws (equations A1, B5).

    Unbiased for the missing mass after D - 1 draws; `good_turing_bias` is the difference from that after D.
    """
    singles, n = whole_draws(n_singletons, "n_singletons", 0), whole_draws(n_draws)
    if np.any(np.asarray(singles) > np.asarray(n)):
        raise ValueError(
            f"n_singletons must be at most n_draws, got {shown(n_singletons)} among {shown(n_draws)} draws"
        )
    return closed_form("good_turing_missing_mass", singles, n)


def good_turing_bias(probabilities: Any, n_draws: Any) -> Any:
    """E f_1/D - E M0(D) = Σ p² (1-p)^(D-1) = 2 E f_2(D+1)/(D(D+1)), a probability between 0 and 1/D (equation A1)."""

    def value(n: float) -> float:
        law = fixed_law(probabilities, n)
        if isinstance(law, np.ndarray):
            p, count = np.unique(law, return_counts=True)
            return float(np.sum(count * p**2 * np.exp((n - 1) * log_absent(p, complements(p, count)))))
        pairs = expected_spectrum(law, min(n + 1, MAX_DRAWS), multiplicity=2)
        return float(2 * pairs / n / (n + 1))

    return at_each(value, whole_draws(n_draws))


def pitman_yor_predictive(
    multiplicity: Any, *, n_draws: Any, n_unique: Any, discount: float, concentration: float = 0.0
) -> Any:
    """Probability that the next draw is a given type drawn `multiplicity` times: (m - d)/(θ + n).

    At 0 that of all new types together, (θ + dU)/(θ + n), which a base law spreads over them. Exact for sequences
    from a Pitman–Yor process, an estimate for others (equation B5; Pitman 2006). Arrays broadcast.
    """
    law = PitmanYor(discount, concentration)
    m, n, unique = whole_draws(multiplicity, "multiplicity", 0), whole_draws(n_draws), whole_draws(n_unique, "n_unique")
    room = np.asarray(n, float) - np.asarray(unique, float)
    if np.any(room < 0) or np.any(np.asarray(m) > room + 1):
        raise ValueError(
            f"n_draws must be at least n_unique and leave room for multiplicity, got {shown(n_draws)} draws of "
            f"{shown(n_unique)} types, one of them drawn {shown(multiplicity)} times"
        )

    def value(m: Any, n: Any, unique: Any) -> Any:
        seen = closed_form("pitman_yor_predictive.seen", m, n, law.discount, law.concentration)
        new = closed_form("pitman_yor_predictive.new", n, unique, law.discount, law.concentration)
        return np.where(m > 0, seen, new)

    return pointwise(value, m, n, unique)
