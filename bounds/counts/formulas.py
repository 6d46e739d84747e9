"""The statements behind `bounds.counts.unique`, one `Formula` per function and kind of source.

p_r is the probability of the type of rank r; draws are independent. The names end in the kind of source, and
say so where an expression is a limit (``_limit``) or the Poissonised quantity (``_poisson``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bounds.base.formula import IID, OWN, PITMAN, Formula, Letter
from bounds.base.intervals import ASYMPTOTIC, RIGOROUS

_NOT_ONE = "s is not 1, where the difference of zetas is that of digammas at 1 + q + V and 1 + q"
_IID_NOT_ONE = f"{IID}; {_NOT_ONE}"
_GROWING = "for each D the draws are independent and uniform on a support of its own"
_PY = "each corpus draws its own law from the Pitman-Yor process; the moment is over corpora"
_FLAT = "D is so large that D p_1 and (D/Zeta)^(1/s) exceed about 40; the error is below all powers of D"
_POISSON = "draws are independent and their number is Poisson with mean D"

_OCCUPANCY = "elementary (occupancy of independent draws)"
_KARLIN = "Karlin 1967; offset and multinomial form: own derivation (Euler-Maclaurin)"

_P = "(r + q)**-s/Zeta(s, 1 + q)"
_P_FINITE = "(r + q)**-s/(Zeta(s, 1 + q) - Zeta(s, 1 + q + V))"
_P_GEOMETRIC = "(1 - rho)*rho**(r - 1)"
_SIZE = "ceiling(K*D**gamma)"
_SUPPORT = (
    Letter("K", "scale of the support, V(D) = ceiling(K D^gamma)", "sequences"),
    Letter("gamma", "exponent of the support, V ~ D^gamma", "1", r"\gamma"),
)

_ZIPF = ("s", "q", "D")
_FINITE = ("s", "q", "V", "D")
_PARTITION = ("d", "theta", "D")
_RISING = "Gamma(theta + d + D)*Gamma(theta + 1)/(Gamma(theta + D)*Gamma(theta + d))"


def _over_ranks(term: str, law: str = _P, last: str = "oo") -> str:
    """The sum over ranks of `term` with `p` standing for the law."""
    return f"Sum({term.replace('@p', f'({law})')}, (r, 1, {last}))"


def _seen(kind: str, text: str, arguments: tuple[str, ...], equation: str, **more: Any) -> Formula:
    return _formula("expected_unique", kind, r"\mathbb{E}\,U(D)", text, arguments, equation, "sequences", **more)


def _variance(kind: str, text: str, arguments: tuple[str, ...], equation: str, **more: Any) -> Formula:
    name = r"\operatorname{Var} U(D)"
    return _formula("variance_unique", kind, name, text, arguments, equation, "sequences^2", **more)


def _unseen(kind: str, text: str, arguments: tuple[str, ...], equation: str, **more: Any) -> Formula:
    return _formula("missing_mass", kind, r"\mathbb{E}\,M_0(D)", text, arguments, equation, "1", **more)


def _times(kind: str, text: str, arguments: tuple[str, ...], equation: str, **more: Any) -> Formula:
    arguments = (*arguments, "k")
    return _formula("expected_spectrum", kind, r"\mathbb{E}\,f_k(D)", text, arguments, equation, "sequences", **more)


def _slope(kind: str, text: str, arguments: tuple[str, ...], equation: str, **more: Any) -> Formula:
    return _formula("local_exponent", kind, r"\gamma(D)", text, arguments, equation, "1", **more)


def _entropy(
    kind: str, text: str, arguments: tuple[str, ...], equation: str, quantity: str = "H(P)", **more: Any
) -> Formula:
    return _formula("entropy", kind, quantity, text, arguments, equation, "nats", **more)


def _formula(
    function: str,
    kind: str,
    quantity: str,
    text: str,
    arguments: tuple[str, ...],
    equation: str,
    unit: str,
    label: str = RIGOROUS,
    assumption: str = IID,
    source: str = _OCCUPANCY,
    example: tuple[float, ...] = (),
    own: tuple[Letter, ...] = (),
) -> Formula:
    name = f"{function}.{kind}"
    return Formula(name, quantity, text, arguments, label, assumption, source, equation, unit, example, own=own)


_MEANS = (
    _seen("uniform", "-V*expm1(D*log1p(-1/V))", ("V", "D"), "A2", example=(1000, 1500)),
    _seen(
        "growing",
        f"-{_SIZE}*expm1(D*log1p(-1/{_SIZE}))",
        ("K", "gamma", "D"),
        "A2",
        assumption=_GROWING,
        example=(1.0, 0.58, 1e6),
        own=_SUPPORT,
    ),
    _seen("zipf_finite", _over_ranks("1 - (1 - @p)**D", _P_FINITE, "V"), _FINITE, "A3", assumption=_IID_NOT_ONE),
    _seen("zipf", _over_ranks("1 - (1 - @p)**D"), _ZIPF, "A4"),
    _seen(
        "zipf_limit",
        "Gamma(1 - 1/s)*Zeta(s, 1 + q)**(-1/s)*Gamma(D + 1)/Gamma(D + 1 - 1/s) - q - 1/2",
        _ZIPF,
        "A4",
        label=ASYMPTOTIC,
        assumption=_FLAT,
        source=_KARLIN,
    ),
    _seen("zipf_poisson", _over_ranks("1 - exp(-D*@p)"), _ZIPF, "A1", assumption=_POISSON),
    _seen(
        "zipf_poisson_limit",
        "Gamma(1 - 1/s)*(D/Zeta(s, 1 + q))**(1/s) - q - 1/2",
        _ZIPF,
        "A4",
        label=ASYMPTOTIC,
        assumption=_FLAT,
        source=_KARLIN,
        example=(1.724, 0, 1e18),
    ),
    _seen(
        "pitman_yor",
        f"{_RISING}/d - theta/d",
        _PARTITION,
        "A5",
        assumption=_PY,
        source=PITMAN,
        example=(0.58, 10, 100),
    ),
    _seen("geometric", _over_ranks("1 - (1 - @p)**D", _P_GEOMETRIC), ("rho", "D"), "A6"),
    _seen(
        "geometric_limit",
        "(log(D*(1 - rho)) + EulerGamma)/log(1/rho) + 1/2",
        ("rho", "D"),
        "A6",
        label=ASYMPTOTIC,
        assumption="D (1 - rho) is large; a small term periodic in log D is left out; the gamma of the LaTeX is "
        "Euler's constant 0.5772",
        source=OWN,
        example=(0.9, 1e6),
    ),
    _formula(
        "expected_unique",
        "mixture",
        r"\mathbb{E}\,U_j(D)",
        _over_ranks(f"1 - (1 - w*({_P}))**D"),
        ("w", *_ZIPF),
        "A7",
        "sequences",
        assumption="one Zipf domain of weight w; no type is in two domains, and the domains' parts add up",
    ),
)

_VARIANCES = (
    _variance(
        "uniform",
        "V*(V - 1)*(1 - 2/V)**D + V*(1 - 1/V)**D - V**2*(1 - 1/V)**(2*D)",
        ("V", "D"),
        "A2",
        example=(1000, 1500),
    ),
    _variance(
        "zipf",
        _over_ranks("(1 - @p)**D - (1 - 2*@p)**D")
        + " + Sum((-1)**k*binomial(D, k)*"
        + _over_ranks("@p**k*(1 - @p)**(D - k)")
        + "**2, (k, 1, D))",
        _ZIPF,
        "A1",
        source=OWN + ": binomial series of the sum over pairs of types",
    ),
    _variance(
        "zipf_limit",
        _over_ranks("exp(-D*@p) - exp(-2*D*@p)") + " - " + _over_ranks("D*@p*exp(-D*@p)") + "**2/D",
        _ZIPF,
        "A1",
        label=ASYMPTOTIC,
        assumption="D is large",
        source=OWN,
    ),
    _variance("zipf_poisson", _over_ranks("exp(-D*@p) - exp(-2*D*@p)"), _ZIPF, "A1", assumption=_POISSON),
    _variance(
        "pitman_yor",
        "(theta + d)/d**2*Gamma(theta + 2*d + D)*Gamma(theta + 1)/(Gamma(theta + D)*Gamma(theta + 2*d))"
        f" - {_RISING}/d - ({_RISING}/d)**2",
        _PARTITION,
        "A5",
        assumption=_PY,
        source=PITMAN,
        example=(0.58, 10, 50),
    ),
    _variance(
        "geometric_poisson",
        _over_ranks("exp(-D*@p) - exp(-2*D*@p)", _P_GEOMETRIC),
        ("rho", "D"),
        "A6",
        assumption=_POISSON,
    ),
    _formula(
        "covariance_unique",
        "zipf_limit",
        r"\operatorname{Cov}(U(D), U(D_2))",
        _over_ranks("exp(-D2*@p) - exp(-(D + D2)*@p)")
        + " - "
        + _over_ranks("D*@p*exp(-D*@p)")
        + "*"
        + _over_ranks("@p*exp(-D2*@p)"),
        ("s", "q", "D", "D2"),
        "E1",
        "sequences^2",
        label=ASYMPTOTIC,
        assumption="D <= D2 are sizes of one growing corpus of independent draws, and D is large",
        source=OWN,
    ),
)

_UNSEEN = (
    _unseen("uniform", "exp(D*log1p(-1/V))", ("V", "D"), "A2", example=(1000, 1500)),
    _unseen("zipf_finite", _over_ranks("@p*(1 - @p)**D", _P_FINITE, "V"), _FINITE, "A3", assumption=_IID_NOT_ONE),
    _unseen("zipf", _over_ranks("@p*(1 - @p)**D"), _ZIPF, "A4"),
    _unseen(
        "zipf_limit",
        "Gamma(1 - 1/s)/s*Zeta(s, 1 + q)**(-1/s)*Gamma(D + 1)/Gamma(D + 2 - 1/s)",
        _ZIPF,
        "A4",
        label=ASYMPTOTIC,
        assumption=_FLAT,
        source=_KARLIN,
    ),
    _unseen(
        "pitman_yor",
        f"{_RISING}/(theta + D)",
        _PARTITION,
        "A5",
        assumption=_PY,
        source=PITMAN,
        example=(0.58, 10, 100),
    ),
    _unseen("geometric", _over_ranks("@p*(1 - @p)**D", _P_GEOMETRIC), ("rho", "D"), "A6"),
)

_SPECTRA = (
    _times("uniform", "binomial(D, k)*V**(1 - k)*(1 - 1/V)**(D - k)", ("V", "D"), "A2", example=(1000, 100, 2)),
    _times("zipf", "binomial(D, k)*" + _over_ranks("@p**k*(1 - @p)**(D - k)"), _ZIPF, "A1"),
    _times(
        "zipf_poisson",
        _over_ranks("(D*@p)**k*exp(-D*@p)/Gamma(k + 1)"),
        _ZIPF,
        "A1",
        assumption=_POISSON,
    ),
    _times(
        "pitman_yor",
        "binomial(D, k)*Gamma(k - d)*Gamma(theta + d + D - k)*Gamma(theta + 1)"
        "/(Gamma(theta + D)*Gamma(1 - d)*Gamma(theta + d))",
        _PARTITION,
        "A5",
        assumption=_PY,
        source=PITMAN,
        example=(0.58, 10, 100, 2),
    ),
    _times(
        "geometric",
        "binomial(D, k)*" + _over_ranks("@p**k*(1 - @p)**(D - k)", _P_GEOMETRIC),
        ("rho", "D"),
        "A1",
    ),
)

_SLOPES = (
    _slope(
        "uniform",
        "-(D/V)*exp(D*log1p(-1/V))/expm1(D*log1p(-1/V))",
        ("V", "D"),
        "E1",
        example=(1000, 1500),
    ),
    _slope(
        "zipf",
        "D*" + _over_ranks("@p*(1 - @p)**D") + "/" + _over_ranks("1 - (1 - @p)**D"),
        _ZIPF,
        "E1",
        source=OWN,
    ),
    _slope(
        "zipf_limit",
        "D/(D + 1 - 1/s)*(1 + (q + 1/2)/U)/s",
        ("s", "q", "D", "U"),
        "E1",
        label=ASYMPTOTIC,
        assumption=f"{_FLAT}; U is the expected number",
        source=OWN,
        example=(1.724, 0, 1e3, 76.93179294414071),
    ),
    _slope(
        "zipf_poisson_limit",
        "(1 + (q + 1/2)/U)/s",
        ("s", "q", "U"),
        "E1",
        label=ASYMPTOTIC,
        assumption=f"{_FLAT}; {_POISSON}, of which U is the expected number",
        source=OWN,
        example=(1.724, 100, 9537.05167824944),
    ),
    _slope(
        "pitman_yor",
        f"(D/(theta + D))*({_RISING})/({_RISING}/d - theta/d)",
        _PARTITION,
        "E1",
        assumption=_PY,
        source=PITMAN,
        example=(0.58, 10, 100),
    ),
)

_LAWS = (
    _formula(
        "growing_types",
        "growing",
        "V(D)",
        _SIZE,
        ("K", "gamma", "D"),
        "A2",
        "sequences",
        source="elementary",
        assumption="the definition of a growing source",
        example=(1.0, 0.58, 1e4),
        own=_SUPPORT,
    ),
    _formula("zipf_normaliser", "zipf", "C", "1/Zeta(s, 1 + q)", ("s", "q"), "A4", "1", example=(1.724, 0)),
    _formula(
        "zipf_normaliser",
        "zipf_finite",
        "C",
        "1/(Zeta(s, 1 + q) - Zeta(s, 1 + q + V))",
        ("s", "q", "V"),
        "A3",
        "1",
        assumption=_NOT_ONE,
    ),
    _entropy("uniform", "log(V)", ("V",), "A2", example=(1000,)),
    _entropy("zipf", "log(Zeta(s, 1 + q)) + s*" + _over_ranks("@p*log(r + q)"), ("s", "q"), "A9", source=_OCCUPANCY),
    _entropy("geometric", "-log(1 - rho) - rho*log(rho)/(1 - rho)", ("rho",), "A6", example=(0.9,)),
    _entropy(
        "pitman_yor",
        "digamma(theta + 1) - digamma(1 - d)",
        ("d", "theta"),
        "A5",
        quantity=r"\mathbb{E}\,H(P)",
        assumption=_PY,
        source=PITMAN,
        example=(0.58, 10),
    ),
)

_CALLS = {
    "expected_unique.zipf_finite": "bounds.expected_unique('zipf:1.1,types=50000', 1e6)",
    "expected_unique.zipf": "bounds.expected_unique('zipf:1.724', 1e4)",
    "expected_unique.zipf_limit": "bounds.expected_unique('zipf:1.724', 1e15)",
    "expected_unique.zipf_poisson": "bounds.expected_unique('zipf:1.724', 1e4, poisson=True)",
    "expected_unique.geometric": "bounds.expected_unique('geometric:0.9', 1e6)",
    "expected_unique.mixture": "bounds.expected_unique('mixture:0.7*(zipf:2)+0.3*(zipf:1.5,shift=5)', 1e6)",
    "variance_unique.zipf": "bounds.variance_unique('zipf:1.724', 1e4)",
    "variance_unique.zipf_limit": "bounds.variance_unique('zipf:1.724', 1e12)",
    "variance_unique.zipf_poisson": "bounds.variance_unique('zipf:1.724', 1e9, poisson=True)",
    "variance_unique.geometric_poisson": "bounds.variance_unique('geometric:0.5', 1e9, poisson=True)",
    "covariance_unique.zipf_limit": "bounds.counts.covariance_unique('zipf:1.724', 1e9, 1e12)",
    "missing_mass.zipf_finite": "bounds.missing_mass('zipf:1.1,types=50000', 1e6)",
    "missing_mass.zipf": "bounds.missing_mass('zipf:1.724', 1e3)",
    "missing_mass.zipf_limit": "bounds.missing_mass('zipf:1.724', 1e12)",
    "missing_mass.geometric": "bounds.missing_mass('geometric:0.9', 1e4)",
    "expected_spectrum.zipf": "bounds.expected_spectrum('zipf:1.724', 1e6, multiplicity=2)",
    "expected_spectrum.zipf_poisson": "bounds.expected_spectrum('zipf:1.724', 1e6, multiplicity=2, poisson=True)",
    "expected_spectrum.geometric": "bounds.expected_spectrum('geometric:0.9', 1e4, multiplicity=5)",
    "local_exponent.zipf": "bounds.local_exponent('zipf:1.724,shift=100', 1e5)",
    "zipf_normaliser.zipf_finite": "bounds.counts.zipf_normaliser('zipf:1.2,shift=2.7,types=1e8')",
    "entropy.zipf": "bounds.entropy('zipf:1.724')",
}
"""What to type for the worked number of a sum, whose expression would be evaluated rank by rank."""

FORMULAS: tuple[Formula, ...] = tuple(
    replace(formula, call=_CALLS.get(formula.name, ""))
    for formula in (*_MEANS, *_VARIANCES, *_UNSEEN, *_SPECTRA, *_SLOPES, *_LAWS)
)
