"""What predictors that only count lose on an infinite Zipf law: their excess per distinct sequence, a constant.

The outcome of a draw is a sequence seen before, or "new": the unseen are one event, whose parts no counting can tell
apart. With D draws of p_r = C r^-s without end (any shift of the ranks), U of them distinct, Pitman–Yor's predictor
gives (N - d)/(θ + D) to a sequence seen N times and (θ + dU)/(θ + D) to "new". In the limit of many draws the counts
are Poisson, those of all sequences together with the density α/Γ(1-α) λ^(-1-α) dλ for each distinct one, and

    D · E KL / E U  →  K(s, d) = α/Γ(1-α) Σ_{N≥1} Γ(N+1-α)/N! [ψ(N+1-α) - ln(N-d)] + α ln(α/d),   α = 1/s.

The least K is that at d = α: where its derivative is 0, Γ(N+1-α)/N! (N-α)^-1 sums to Γ(1-α)/α. This is also the limit
of the best natural estimator, which knows the law and spreads the mass of the sequences seen N times evenly (it gives
(N-α)/D to each in the limit), and of Good and Turing's, which estimates that from (N+1) f_{N+1}/f_N. θ is forgotten.

From ln x = ∫ (e^-t - e^-xt) dt/t follows what is evaluated here, a trapezoid sum in u, t = exp(u - e^-u):

    K = α ∫ [e^dt ((1-e^-t)^(α-1) - 1) + e^-t (1 - t^(α-1))] dt/t + α [Γ(α-1) - ψ(1-α) + ln(α/d)].

| letter | meaning                                        | unit              | argument   |
|--------|------------------------------------------------|-------------------|------------|
| s, α   | Zipf exponent, 1/s                             | 1                 | `exponent` |
| d, θ   | discount and concentration of the predictor    | 1                 | `discount` |
| D      | number of draws                                | draws             | `n_draws`  |
| U      | distinct sequences                             | sequences         |            |
| N      | how often a sequence was drawn; λ its mean     | draws             |            |
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from bounds.base.pointwise import checked, pointwise
from bounds.base.sources import SantaFe, Source, Zipf, parse_source
from bounds.counts.unique import expected_unique
from bounds.divergence.formulas import closed_form
from bounds.divergence.type_laws import whole_draws

_STEP = 1 / 16
_SERIES = (1 / 24, -1 / 2880, 1 / 181440, -1 / 9676800, 1 / 479001600, -691 / 15692092416000)
"""ln((1-e^-t)/t) = -t/2 + t²/24 - t⁴/2880 + …"""


def pattern_loss_constant(exponent: Any, *, discount: Any = None) -> Any:
    """K(s, d), the limit of D · E KL / E U for Pitman–Yor's predictor of discount d on an infinite Zipf law.

    Its least value, at d = 1/s (the default), is also that of Good–Turing and of the best natural estimator. The KL is
    of what the next draw is, a sequence seen before or "new". Own derivation (equation B6); exact to about 13 digits.
    Raises ValueError unless s > 1 and 0 < d < 1.
    """
    s = checked("exponent", exponent, lambda s: s > 1, "above 1, as the law has infinitely many types")
    if discount is None:
        return pointwise(lambda s: _constant(1 / s, 1 / s), s)
    d = checked("discount", discount, lambda d: (d > 0) & (d < 1), "strictly between 0 and 1")
    return pointwise(lambda s, d: _constant(1 / s, d), s, d)


def pattern_loss(source: Source | str, n_draws: Any, *, discount: Any = None) -> Any:
    """K(s, d) E U(D)/D nats per sequence: excess loss after `n_draws` draws of a predictor that counts; asymptotic.

    For unlimited Zipf laws and Santa Fe processes (their facts). `discount` and what the predictor may be are those of
    `pattern_loss_constant`. Raises ValueError for other laws, whose limit is another.
    """
    law = parse_source(source)
    law = law.facts if isinstance(law, SantaFe) else law
    if not isinstance(law, Zipf) or law.types is not None:
        raise ValueError(f"source must be a zipf law with unlimited types, such as zipf:1.724, got {law}")
    constant = pattern_loss_constant(law.exponent, discount=discount)
    return closed_form("pattern_loss", whole_draws(n_draws), expected_unique(law, n_draws), constant)


def _constant(alpha: Any, d: Any) -> Any:
    """K for flat arrays of one shape."""
    x = 1 - alpha
    # Γ(-x) - ψ(x), whose poles at x = 0 cancel
    poles = -np.expm1(special.gammaln(alpha)) / x - special.digamma(1 + x)
    return alpha * (_integral(alpha[:, None], d[:, None]) + poles + np.log(alpha / d))


def _integral(alpha: Any, d: Any) -> Any:
    """∫ [e^dt ((1-e^-t)^(α-1) - 1) + e^-t (1 - t^(α-1))] dt/t, of which t^α is taken out where t is small."""
    low, high = np.log(40 / np.min(alpha)), np.log(45 / np.min(1 - d))
    u = np.arange(-np.ceil(low / _STEP), np.ceil(high / _STEP) + 1) * _STEP
    log_t = u - np.exp(-u)
    t = np.exp(np.clip(log_t, -600, 0))
    series = -t / 2 + t * t * np.polynomial.polynomial.polyval(t * t, _SERIES)
    share = np.where(t < 0.5, series, np.log(-np.expm1(-t) / t))
    slope = (np.expm1(d * t + (alpha - 1) * share) - np.expm1(-t)) / t
    rest = (np.expm1(d * t) - np.expm1(-t)) / t
    near = np.exp(alpha * log_t) * slope - np.exp(log_t) * rest
    later = np.maximum(log_t, 0)
    t = np.exp(later)
    soon = np.minimum(t, 40)  # beyond it, 1 - e^-t is 1 to rounding
    ends = np.exp(d * soon) * np.expm1((alpha - 1) * np.log1p(-np.exp(-soon)))
    far = np.where(t > 40, (1 - alpha) * np.exp((d - 1) * t), ends) - np.exp(-t) * np.expm1((alpha - 1) * later)
    return _STEP * np.sum(np.where(log_t < 0, near, far) * (1 + np.exp(-u)), axis=1)
