"""What a memoriser of an infinite Zipf law gains per distinct sequence: the constant K_rev(s).

For p_r = C r^-s without end, or Zipf–Mandelbrot with any shift, D · E KL(p_D || P) / E U(D) tends to

    K_rev = α/Γ(1-α) ∫ h(λ) λ^(-1-α) dλ over λ > 0,    h(λ) = E N ln(N/λ),  N ~ Poisson(λ),  α = 1/s.

From ln N = ∫ (e^-t - e^-Nt) dt/t follows h(λ) = λ ∫ (e^-λt - e^(-t-λ(1-e^-t))) dt/t, in which the integral over λ is
elementary. What remains, with the pole at s = 1 and the limit at s = ∞ taken out, is

    K_rev = 1/(s-1) + 1/2 + α ∫ (1-e^-t)^(α-1) e^-t (coth(t/2)/2 - 1/t) dt
          = 1/(s-1) + 1/2 + 1/(12(1+s)) + 1/(24(1+2s)) + 19/(720(1+3s)) + …,

whose coefficients are Gregory's. The integral is a trapezoid sum in u, t = exp(u - e^-u).

| letter | meaning                              | unit      | argument   |
|--------|--------------------------------------|-----------|------------|
| s, α   | Zipf exponent, 1/s                   | 1         | `exponent` |
| D      | number of draws                      | draws     | `n_draws`  |
| ε      | H(P) minus the training loss         | nats per sequence | `excess` |
| U      | distinct sequences                   | sequences |            |
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bounds.base.pointwise import checked, pointwise, positive
from bounds.divergence.formulas import closed_form
from bounds.divergence.type_laws import whole_draws

_STEP = 1 / 16
_SERIES = (1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -691 / 1307674368000)


def reverse_kl_constant(exponent: Any) -> Any:
    """K_rev(s), the limit of D · E KL(p_D || P) / E U(D) for infinite Zipf laws: about 1/(s-1) + 1/2 + 1/(12(1+s)).

    Own derivation (equation B6): U(D) ≈ D ε / K_rev with ε how far the training loss of a memoriser is below H(P), and
    U the distinct sequences in the corpus. Exact to 1e-14; raises ValueError unless s > 1.
    """
    return pointwise(
        lambda s: 1 / (s - 1) + 0.5 + _remainder(s),
        checked("exponent", exponent, lambda s: s > 1, "above 1, as the law has infinitely many types"),
    )


def unique_from_reverse_kl(n_draws: Any, excess: Any, exponent: Any) -> Any:
    """U(D) = D ε / K_rev(s): distinct sequences in D draws from an infinite Zipf law, from a reverse KL.

    `excess` is how far the training loss of a perfect memoriser lies below H(P), in nats per sequence. Asymptotic
    (equation B6). U lies between 1 and D; at these ends the draws are too few for the limit, or the excess and s do not
    belong together.
    """
    constant = reverse_kl_constant(exponent)
    return closed_form("unique_from_reverse_kl", whole_draws(n_draws), positive("excess", excess), constant)


def _remainder(s: Any) -> Any:
    """α ∫ (1-e^-t)^(α-1) e^-t (coth(t/2)/2 - 1/t) dt, between 0 and 1/(2(1+s))."""
    u = np.arange(-4.5, 4.5, _STEP)
    t = np.exp(u - np.exp(-u))
    z = t * t
    near = t * np.polynomial.polynomial.polyval(np.minimum(z, 1), _SERIES)
    langevin = np.where(t < 0.3, near, 0.5 / np.tanh(t / 2) - 1 / t)
    weight = _STEP * t * (1 + np.exp(-u)) * np.exp(-t) * langevin
    alpha = 1 / s
    return alpha * np.sum(weight * np.exp((alpha[:, None] - 1) * np.log(-np.expm1(-t))), axis=1)
