"""What a Pitman–Yor process says of further draws, given those that were seen.

With K types in D draws, c = θ/d and m = (t - 1) D further ones, K_m + c is a martingale over Π (1 + d/(θ + D + i)), and
(K_m + c)(K_m + c + 1) one over Π (1 + 2d/(θ + D + i)), i from 0 to m - 1. So

    E N(t) = (K + c)(R_1 - 1),   Var N(t) = (K + c)(K + c + 1) R_2 - (K + c) R_1 - (K + c)² R_1²,

R_j being the product with j d (the mean is that of Favaro, Lijoi, Mena & Prünster 2009, proposition 1).
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from bounds.base.numerics.gamma_ratios import log_product, log_product_defect
from bounds.fitting.exponents.growth_models import Estimate
from bounds.fitting.exponents.spectrum_models import fit_partition
from bounds.fitting.extrapolation.estimates import Estimated, Seen, possible, spectrum_of


def predictive(n_unique: float, n_draws: float, discount: float, concentration: float, further: float) -> Estimated:
    """Mean, rate and standard deviation of the new types among `further` draws under the process itself."""
    start = concentration + n_draws
    have = n_unique + concentration / discount
    growth = float(log_product(start, discount, further))
    defect = float(log_product_defect(start, discount, further))
    new = have * math.expm1(growth)
    rate = discount * (have + new) / (start + further)
    # The variance with R_2 = R_1² e^defect, the defect being small and negative.
    grown = have * math.exp(growth)
    variance = grown * (grown * math.expm1(defect) + math.expm1(growth + defect))
    return Estimated(new, rate, math.sqrt(max(variance, 0.0)))


def pitman_yor(seen: Seen, factor: float) -> Estimated:
    """The predictive mean with the discount and concentration that make the spectrum most likely."""
    fit = fit_process(seen)
    assert fit.concentration is not None
    further = round((factor - 1) * seen.n_draws)
    return possible(predictive(seen.n_unique, seen.n_draws, fit.exponent, fit.concentration, further), seen, factor)


@lru_cache(maxsize=16)  # asked for at each factor
def fit_process(seen: Seen) -> Estimate:
    """The process whose discount and concentration make the spectrum most likely; DoesNotApply where there is none."""
    return fit_partition(spectrum_of(seen), np.array([seen.n_unique]), seen.n_draws, None)
