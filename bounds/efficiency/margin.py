"""Top-1 error of majority votes whose examples carry labels of random margin: rates from 1/√n to 1/n in one family.

| letter | meaning                                                          | unit              | argument          |
|--------|------------------------------------------------------------------|-------------------|-------------------|
| n      | labelled examples of one context, their mean where it is Poisson | examples          | `n_examples`      |
| h      | margin of a context: its better label has probability (1 + h)/2  | 1                 |                   |
| a      | margin exponent: P(h < t) = t^a on [0, 1]                        | 1                 | `margin_exponent` |
| e      | excess top-1 error, above the error of the better label          | error probability |                   |
| ρ      | rate exponent: e falls as n^-ρ                                   | 1                 |                   |
| γ      | exponent of the contexts of a corpus, V ~ D^γ                    | 1                 |                   |
| b      | Bernstein exponent that has the same rate, ρ = 1/(2 - b)         | 1                 |                   |

Each context is answered by the majority of its own examples, ties by a fair coin; the excess is e = E[h · P(majority
wrong)]. This is a statement about top-1 error, not about log loss: a learner in log loss has rate 1 on the same
corpus, whatever the margins. All is exact in the model and derived here:

* K votes to the right less those to the wrong, after a Poisson time t: d E sign(K)/dt = h e^-t I_0(t √(1-h²)).
  Sonine's first integral averages that over h, and the integral over t > n is elementary in Bessel functions.
* Hence e(n) = a/(2(1+a)) · E exp(-2nu) with u from Beta((1+a)/2, (3+a)/2): a mixture of exponentials, so that the
  excess is completely monotone in n, and below its own asymptote at every n.
* With exactly n examples, exp(-2nu) is (1-2u)^n: a ratio of gamma functions, the same for 2m - 1 and 2m examples.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from bounds.base.formula import OWN, Formula, Letter
from bounds.base.intervals import ASYMPTOTIC, RIGOROUS
from bounds.base.numerics.gamma_ratios import log_product
from bounds.base.one_number import quoted
from bounds.base.pointwise import broadcast, labelled, real_array, shown

_A = Letter("a", "margin exponent, P(h < t) = t^a", "1")
_N = Letter("n", "labelled examples of each context", "examples")
_BETA = Letter("beta", "exponent with which the excess top-1 error falls with the corpus size", "1", r"\beta")
_MODEL = "top-1 error; contexts equally likely, binary labels, margins with P(h < t) = t^a, majority vote, fair ties"
_POISSON = f"{_MODEL}; the examples of a context are Poisson with mean n"
_GROWING = f"{_MODEL}; the corpus has V ~ D^gamma contexts, a law of its own at each D"

MAX_EXPONENT = 100.0
MAX_EXAMPLES = 2.0**63
_SERIES_TERMS = 26
_ASYMPTOTIC_TERMS = 16


def _formula(name: str, quantity: str, text: str, arguments: tuple[str, ...], **more: Any) -> Formula:
    given: dict[str, Any] = {"label": RIGOROUS, "assumption": _POISSON, "equation": "H"} | more
    return Formula(name, quantity, text, arguments, source=OWN, own=(_A, _N, _BETA), **given)


_EXCESS = r"e_{\mathrm{top-1}}(n)"
_LIMIT = "a/(2*(1 + a))*2**((1 + a)/2)*Gamma(1 + a/2)/sqrt(pi)*n**(-(1 + a)/2)"

FORMULAS = (
    _formula(
        "top1_excess", _EXCESS,
        "a/(2*(1 + a))*2**(a/2)*Gamma(1 + a/2)*n**(-a/2)*exp(-n)*(besseli(a/2, n) + besseli(1 + a/2, n))",
        ("a", "n"), call="bounds.efficiency.top1_excess(30, 1/3)",
    ),
    _formula(
        "top1_excess.fixed", _EXCESS,
        "a/(2*(1 + a))*Gamma(ceiling(n/2) + 1/2)*Gamma(1 + a/2)/(sqrt(pi)*Gamma(ceiling(n/2) + 1 + a/2))",
        ("a", "n"), assumption=f"{_MODEL}; exactly n examples of each context",
        call="bounds.efficiency.top1_excess(30, 1/3, poisson=False)",
    ),
    _formula("top1_excess.limit", _EXCESS, _LIMIT, ("a", "n"), label=ASYMPTOTIC, example=(1 / 3, 30.0)),
    _formula("top1_excess.upper", _EXCESS, _LIMIT, ("a", "n"), relation="<=", example=(1 / 3, 3.0)),
    _formula(
        "top1_local_rate", r"-\frac{d \ln e}{d \ln n}",
        "(1 + a)*besseli(1 + a/2, n)/(besseli(a/2, n) + besseli(1 + a/2, n))", ("a", "n"),
        call="bounds.efficiency.top1_local_rate(30, 1/3)",
    ),
    _formula("top1_rate", r"\rho", "(1 + a)/2", ("a",), label=ASYMPTOTIC, assumption=_MODEL, example=(1 / 3,)),
    _formula(
        "top1_growth_exponent", r"\gamma", "1 - 2*beta/(1 + a)", ("beta", "a"), label=ASYMPTOTIC, assumption=_GROWING,
        example=(0.28, 1 / 3),
    ),
    _formula(
        "top1_bernstein_exponent", "b", "2*a/(1 + a)", ("a",), label=ASYMPTOTIC,
        assumption=f"{_MODEL}; the b with 1/(2 - b) = (1 + a)/2, where margins alone guarantee a/(1 + a)",
        equation="H, B8", example=(1 / 3,),
    ),
)  # fmt: skip
_F = {formula.name: formula for formula in FORMULAS}


def top1_excess(n_examples: Any, margin_exponent: Any, *, poisson: bool = True) -> Any:
    """Excess top-1 error of a majority vote over `n_examples` examples of each context, a probability.

    a/(2(1+a)) · 2^(a/2) Γ(1+a/2) n^(-a/2) e^-n [I_{a/2}(n) + I_{1+a/2}(n)], where the examples of a context are
    Poisson with mean n, as when a corpus draws contexts at random; with `poisson=False` exactly n of them,
    a/(2(1+a)) · Γ(m+½) Γ(1+a/2) / (√π Γ(m+1+a/2)) with m = ⌈n/2⌉. It is a/(2(1+a)) without examples and falls as
    n^(-(1+a)/2). The arguments broadcast; n up to 2^63, a up to 100. Top-1 error, not log loss (equation H).
    """

    def excess(n_examples: Any, margin_exponent: Any) -> Any:
        n, a = broadcast(_examples(n_examples, whole=not poisson), _exponent(margin_exponent))
        share = _mixture(n, a) if poisson else _fixed(n, a)
        return (a / (2 * (1 + a)) * share)[()]

    return labelled(excess, n_examples, margin_exponent)


def top1_local_rate(n_examples: Any, margin_exponent: Any) -> Any:
    """-d ln e/d ln n of the excess top-1 error at a mean of `n_examples` examples a context.

    (1+a) I_{1+a/2}(n) / (I_{a/2}(n) + I_{1+a/2}(n)): 0 without examples, (1+a)/2 in the limit (equation H).
    """
    return labelled(_local_rate, n_examples, margin_exponent)


def _local_rate(n_examples: Any, margin_exponent: Any) -> Any:
    n, a = broadcast(_examples(n_examples, whole=False), _exponent(margin_exponent))
    result = np.empty(n.shape)
    small, large = _regions(n, a)
    between = ~(small | large)
    result[small] = _small_rate(n[small], a[small])
    low, high = special.ive(a[between] / 2, n[between]), special.ive(1 + a[between] / 2, n[between])
    result[between] = (1 + a[between]) * high / (low + high)
    value, slope = _asymptotic(n[large], a[large])
    result[large] = (1 + a[large]) / 2 + slope / value
    return result[()]


def top1_rate(margin_exponent: Any) -> Any:
    """ρ = (1+a)/2: the excess top-1 error falls as n^-ρ in the examples of a context (equation H)."""
    return labelled(lambda a: _F["top1_rate"].function(_exponent(a))[()], margin_exponent)


def top1_growth_exponent(beta: Any, margin_exponent: Any) -> Any:
    """γ = 1 - 2β/(1+a): growth of the contexts, V ~ D^γ, of a corpus whose excess top-1 error falls as D^-β.

    With n = D/V examples a context the excess is D^(-ρ(1-γ)). For β = 0.28 it is 0.44 at a → 0, 0.58 at a = 1/3 and
    0.72 at a = 1. A new law at each D, and top-1 error: on one fixed Zipf law contexts not yet seen dominate, and in
    log loss γ = 1 - β (equation H). Raises ValueError unless 0 < β < (1+a)/2, beyond which no support grows.
    """
    return labelled(_growth_exponent, beta, margin_exponent)


def _growth_exponent(beta: Any, margin_exponent: Any) -> Any:
    betas, a = broadcast(_numbers("beta", beta), _exponent(margin_exponent))
    rates = (1 + a) / 2
    bad = ~((betas > 0) & (betas < rates))
    if bad.any():
        raise ValueError(
            f"beta must lie strictly between 0 and the rate (1 + a)/2 = {rates[bad].flat[0]:g}, got "
            f"{betas[bad].flat[0]:g}; an excess that falls faster has no growing support"
        )
    return _F["top1_growth_exponent"].function(betas, a)[()]


def top1_bernstein_exponent(margin_exponent: Any) -> Any:
    """b = 2a/(1+a), the Bernstein exponent whose rate 1/(2-b) is that of the majority vote; 1 at a = 1, then above.

    It is an effective one: the margins alone imply the Bernstein condition with a/(1+a), hence the smaller rate
    (1+a)/(2+a) for any empirical risk minimiser; one vote a context does better (equations H, B8).
    """
    return labelled(lambda a: _F["top1_bernstein_exponent"].function(_exponent(a))[()], margin_exponent)


# E exp(-2nu) for u from Beta(p, p+1) with p = (1+a)/2, that is ₁F₁(p; 2p+1; -2n), in three regions of n


def _mixture(n: Any, a: Any) -> Any:
    result = np.empty(n.shape)
    small, large = _regions(n, a)
    between = ~(small | large)
    result[small] = _small(n[small], a[small])
    x, order = n[between], a[between] / 2
    bessels = special.ive(order, x) + special.ive(1 + order, x)
    result[between] = special.gamma(1 + order) * (x / 2) ** -order * bessels
    p = (1 + a[large]) / 2
    scale = (special.gamma(2 * p + 1) / special.gamma(p + 1)) ** (1 / p) / 2
    result[large] = (scale / n[large]) ** p * _asymptotic(n[large], a[large])[0]
    return result


def _regions(n: Any, a: Any) -> tuple[Any, Any]:
    """Where the power series takes few terms, and where the asymptotic one has converged to rounding."""
    return n <= 2 * np.sqrt(1 + a / 2), n >= 30 * (2 + a) ** 2


def _small(n: Any, a: Any) -> Any:
    """e^-n [₀F₁(1+a/2; n²/4) + n/(2+a) ₀F₁(2+a/2; n²/4)], all terms positive."""
    low, high = _hypergeometric(n, a)
    return np.exp(-n) * (low + n / (2 + a) * high)


def _small_rate(n: Any, a: Any) -> Any:
    low, high = _hypergeometric(n, a)
    second = n / (2 + a) * high
    return (1 + a) * second / (low + second)


def _hypergeometric(n: Any, a: Any) -> tuple[Any, Any]:
    """₀F₁(1+a/2; n²/4) and ₀F₁(2+a/2; n²/4), each nested from its last term."""
    x, order = n * n / 4, 1 + a / 2
    low = high = np.ones(n.shape)
    for k in range(_SERIES_TERMS, 0, -1):
        low = 1 + low * x / (k * (order + k - 1))
        high = 1 + high * x / (k * (order + k))
    return low, high


def _asymptotic(n: Any, a: Any) -> tuple[Any, Any]:
    """Σ (p)_s (-p)_s / s! (2n)^-s, the factor of the limit, and minus its derivative with respect to ln n."""
    p = (1 + a) / 2
    term, value, slope = np.ones(n.shape), np.ones(n.shape), np.zeros(n.shape)
    for s in range(1, _ASYMPTOTIC_TERMS):
        term = term * (p + s - 1) * (s - 1 - p) / (s * 2 * n)
        value, slope = value + term, slope + s * term
    return value, slope


def _fixed(n: Any, a: Any) -> Any:
    """(½)_m / (1 + a/2)_m with m = ⌈n/2⌉: whole steps of the second argument are quotients, the rest a product."""
    pairs = np.ceil(n / 2)
    result = np.empty(n.shape)
    for exponent in np.unique(a):
        here = a == exponent
        m = pairs[here]
        steps = int(exponent / 2 + 0.5)
        rest = exponent / 2 + 0.5 - steps
        whole = np.prod([(i + 0.5) / (i + 0.5 + m) for i in range(steps)], axis=0)
        result[here] = whole * np.exp(log_product(0.5 + steps + rest, -rest, m))
    return result


def _examples(value: Any, *, whole: bool) -> Any:
    n = _numbers("n_examples", value)
    bad = ~((n >= 0) & (n <= MAX_EXAMPLES))
    if whole:
        bad |= n != np.floor(n)
    if bad.any():
        kind = "whole numbers" if whole else "numbers"
        advice = "; for a mean number of examples leave out poisson=False" if whole else ""
        raise ValueError(f"n_examples must be {kind} between 0 and 2^63, got {quoted(n[bad].flat[0], 6)}{advice}")
    return n


def _exponent(value: Any) -> Any:
    a = _numbers("margin_exponent", value)
    bad = ~((a > 0) & (a <= MAX_EXPONENT))
    if bad.any():
        raise ValueError(
            f"margin_exponent must be above 0 and at most {MAX_EXPONENT:g}, got {a[bad].flat[0]:g}; "
            "1 means margins that are uniform on [0, 1]"
        )
    return a


def _numbers(name: str, value: Any) -> Any:
    try:
        return real_array(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} must be a number or an array of numbers, got {shown(value)}") from None
