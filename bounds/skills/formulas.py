"""The statements behind `bounds.skills.emergence`, `bounds.skills.skill_thresholds` and `bounds.skills.skill_counts`.

A skill is m sequences and has emerged when a of them, the quorum, are represented; φ = a/m.
"""

from __future__ import annotations

from typing import Any

from bounds.base.formula import OWN, Formula, Letter
from bounds.base.intervals import ASYMPTOTIC, HEURISTIC, RIGOROUS

_M = Letter("m", "number of sequences that make up a skill", "sequences", "m", ("positive", "integer"))
_A = Letter("a", "quorum: how many of them the skill needs", "sequences", "a", ("positive", "integer"))
_PHI = Letter("phi", "quorum as a part of the members, a/m", "1", r"\varphi")
_F = Letter("F", "probability that one member is represented", "1")
_N = Letter("n", "number of sequences that the model stores", "sequences", assumptions=("nonnegative",))
_P = Letter("p", "probability of one member in one draw", "1")
_P_LARGEST = Letter("p", "largest probability of a member in one draw", "1")
_P_SMALLEST = Letter("p", "smallest probability of a member in one draw", "1")
_P_TERM = Letter("p", "probability of the term in one draw", "1")
_THRESHOLD = Letter("n", "threshold: sequences stored at which the skill is there with probability 1/2", "sequences")
_D = Letter("D", "draws; their mean where the number is Poisson", "draws")
_S = Letter("s", "Zipf exponent of the sequences", "1")
_S_SKILLS = Letter("s", "Zipf exponent of the masses of the skills", "1")
_K = Letter("k", "factor on the number of skills", "1")
_J = Letter("J", "number of skills", "skills", "J", ("positive", "integer"))
_RATE = Letter("lamda", "chance that one exposure teaches a term", "1", r"\lambda")
_COUNT = Letter("c", "how often a term was seen", "1", "c", ("nonnegative",))
_W = Letter("w", "number of positions in the window", "1", "w", ("positive", "integer"))
_X = Letter("x", "median chance of representation", "1", "x_{1/2}")
_OWN = (_M, _A, _PHI, _F, _N, _P, _D, _S, _K, _J, _RATE, _COUNT, _W)
_OF_SKILLS = (*_OWN, _S_SKILLS)

_APART = "members are represented independently of each other"
_POISSON = "the number of draws is Poisson, so members are seen independently"
_DRAWN = "members are drawn independently from the law of the sequences, and the store holds its n most probable"
_MANY = "many members and phi strictly between 0 and 1"
_ELEMENTARY = "elementary (binomial law)"

_BINOMIAL = "binomial(m, i)*{F}**i*(1 - {F})**(m - i)"


def _formula(name: str, quantity: str, text: str, arguments: tuple[str, ...], equation: str, **more: Any) -> Formula:
    given: dict[str, Any] = {"label": RIGOROUS, "assumption": _APART, "source": OWN, "own": _OWN}
    return Formula(name=name, quantity=quantity, text=text, arguments=arguments, equation=equation, **given | more)


def _at_least(F: str) -> str:
    return f"Sum({_BINOMIAL.format(F=F)}, (i, a, m))"


_QUORUMS = (
    _formula(
        "quorum_count", "a", "ceiling(phi*m)", ("phi", "m"), "D1", unit="sequences", source=_ELEMENTARY,
        assumption="the skill needs the part phi of its members", example=(0.75, 50),
    ),
    _formula(
        "emergence_probability", "P", _at_least("F"), ("F", "m", "a"), "D1", source=_ELEMENTARY,
        call="bounds.emergence_probability(0.78, members=50, quorum=40)",
    ),
    _formula(
        "emergence_probability_unequal", r"\mathbb{E}\,z^K",
        "Product(exp(-D*P(i)) + (1 - exp(-D*P(i)))*z, (i, 1, m))", ("D", "m", "z"), "D3",
        assumption=f"{_POISSON}; P(i) is the probability of member i in one draw, K the number of members seen",
        source="Poisson-binomial law", own=(*_OWN, Letter("z", "variable of the generating polynomial of K", "1")),
        call="bounds.skills.emergence_probability_unequal(1e6, [1e-6, 2e-6, 4e-6], quorum=2)",
    ),
    _formula(
        "median_representation", r"I_{x_{1/2}}(a, m - a + 1)", "1/2", (), "D1", source=_ELEMENTARY,
        call="bounds.skills.median_representation(50, 40)",
    ),
    _formula(
        "median_representation.approximation", "x_{1/2}", "(a - 1/3)/(m + 1/3)", ("m", "a"), "D1", label=ASYMPTOTIC,
        assumption="a and m - a + 1 are large; the relative error is of order 1/m^2",
        source="median of a beta law (Kerman 2011, arXiv:1111.0433)", example=(50, 40),
    ),
)  # fmt: skip

_STORES = (
    _formula(
        "stored_threshold", "1 - x_{1/2}(m, a)", "Zeta(s, n + 1 + q)/Zeta(s, 1 + q)", ("s", "q", "n"), "D2",
        assumption=f"{_DRAWN}; n is the threshold",
        call="bounds.skills.stored_threshold('zipf:1.724', members=50, quorum=40)",
    ),
    _formula(
        "stored_threshold.zipf_limit", "n^*",
        "((s - 1)*(1 - phi)*Zeta(s, 1 + q))**(-1/(s - 1)) - q - 1/2", ("s", "q", "phi"), "D2", unit="sequences",
        label=ASYMPTOTIC, assumption=f"{_DRAWN}; x_1/2 is replaced by phi, and n + q is large",
        example=(1.724, 0.0, 0.8),
    ),
    _formula(
        "params_threshold", "N^*", "nu*n", ("nu", "n"), "C1, D2", unit="parameters", label=HEURISTIC,
        assumption="the model stores each sequence once, in nu parameters",
        own=(*_OWN, _THRESHOLD), call="bounds.params_threshold('zipf:1.724', members=50, quorum=40)",
    ),
    _formula(
        "stored_half_width.zipf_limit", r"\Delta \ln n", "sqrt(phi/(m*(1 - phi)))/(s - 1)", ("m", "phi", "s"), "D2",
        unit="nats of n", label=ASYMPTOTIC, assumption=f"{_DRAWN}; {_MANY}, and n + q is large",
        example=(50, 0.8, 1.724),
    ),
)  # fmt: skip

_DRAWS = (
    _formula(
        "draws_threshold", r"x_{1/2}(m, a)", "-expm1(D*log1p(-p))", ("p", "D"), "D3",
        assumption=f"{_APART}, each with the same probability; D is the threshold",
        call="bounds.draws_threshold(1e-6, members=50, quorum=40)",
    ),
    _formula(
        "draws_threshold.exposures", r"x_{1/2}(m, a)", "1 - Sum((D*p)**i*exp(-D*p)/Gamma(i + 1), (i, 0, k - 1))",
        ("p", "D", "k"), "D3", assumption=f"{_POISSON}; a member is represented after k exposures, D is the threshold",
        own=(*_OWN, Letter("k", "exposures after which a member is represented", "1", "k", ("positive", "integer"))),
        call="bounds.draws_threshold(1e-6, members=50, quorum=40, exposures=3, poisson=True)",
    ),
    _formula(
        "draws_threshold.gumbel_limit", "D^*", "(log(m) - log(log(2)))/p", ("m", "p"), "D3", unit="draws",
        label=ASYMPTOTIC, assumption="all members are needed (phi = 1), p is small and m large; ln D varies by 1/ln m",
        source="Gumbel law of the last member", example=(50, 1e-6),
    ),
    _formula(
        "draws_half_width.limit", r"\Delta \ln D", "-sqrt(phi/(m*(1 - phi)))/log1p(-phi)", ("m", "phi"), "D3",
        unit="nats of D", label=ASYMPTOTIC, assumption=f"{_APART}, each with the same small probability; {_MANY}",
        example=(50, 0.8),
    ),
    _formula(
        "draws_threshold_unequal.lower", "D^*", "-log1p(-x)/p", ("x", "p"), "D3", relation=">=", unit="draws",
        assumption=f"{_POISSON}; p is the largest probability of a member", own=(*_OWN, _X, _P_LARGEST),
        call="bounds.draws_threshold(4e-6, members=3, quorum=2, poisson=True)",
    ),
    _formula(
        "draws_threshold_unequal.upper", "D^*", "-log1p(-x)/p", ("x", "p"), "D3", relation="<=", unit="draws",
        assumption=f"{_POISSON}; p is the smallest probability of a member", own=(*_OWN, _X, _P_SMALLEST),
        call="bounds.draws_threshold(1e-6, members=3, quorum=2, poisson=True)",
    ),
    _formula(
        "draws_threshold_frequency", "1 - x_{1/2}(m, a)",
        "Sum((r + q)**-s/Zeta(s, 1 + q)*(1 - (r + q)**-s/Zeta(s, 1 + q))**D, (r, 1, oo))", ("s", "q", "D"), "D3",
        unit="1", label=ASYMPTOTIC, assumption="members are drawn independently from the law of the sequences; the "
        "missing mass is replaced by its mean; D is the threshold",
        call="bounds.skills.draws_threshold_frequency('zipf:1.724', members=50, quorum=40)",
    ),
    _formula(
        "draws_threshold_frequency.zipf_limit", "D^*",
        "(Gamma(1 - 1/s)/s*Zeta(s, 1 + q)**(-1/s)/(1 - phi))**(s/(s - 1))", ("s", "q", "phi"), "D3", unit="draws",
        label=ASYMPTOTIC, assumption="members are drawn independently from the law of the sequences; x_1/2 is replaced "
        "by phi; valid only if D* is much larger than 1000",
        example=(1.724, 0.0, 0.8),
    ),
)  # fmt: skip

_WEIGHT = "(i**-s/Sum(j**-s, (j, 1, J)))"

_COUNTS = (
    _formula(
        "expected_skills", "S(D)",
        f"Sum(Sum(binomial(m, l)*(-expm1(-D*{_WEIGHT}/m))**l*exp(-D*{_WEIGHT}/m*(m - l)), (l, a, m)), (i, 1, J))",
        ("D", "s", "J", "m", "a"), "D4", unit="skills",
        assumption=f"{_POISSON}; skill i has mass proportional to i^-s, shared equally by m members",
        own=_OF_SKILLS, call="bounds.expected_skills(1e5, exponent=1.724, n_skills=500, members=20, quorum=16)",
    ),
    _formula(
        "expected_skills.limit", "S(D)",
        "(D/(m*Zeta(s, 1)))**(1/s)*Integral(x**(a - 1)*(1 - x)**(m - a)*(-log(1 - x))**(-1/s), (x, 0, 1))"
        "/Beta(a, m - a + 1) - 1/2",
        ("D", "s", "m", "a"), "D4", unit="skills", label=ASYMPTOTIC,
        assumption=f"{_POISSON}; unlimited skills, s > 1, of which many are certain; the integral over the Beta "
        "function is the mean of X^(-1/s), X the a-th smallest of m unit exponentials",
        own=_OF_SKILLS, call="bounds.expected_skills(1e12, exponent=1.724, members=20, quorum=16)",
    ),
    _formula(
        "expected_skills.growth", "D_2/D", "k**s", ("k", "s"), "D4", of="growth_factor", label=ASYMPTOTIC,
        assumption="k times the skills, whose masses fall as j^-s: gamma = 1/s; doubling takes 2^s times the corpus",
        example=(2.0, 1.724), own=_OF_SKILLS,
    ),
    _formula(
        "can_scaling_help", r"\Delta S", "Min(U - n, floor(U/a))", ("U", "n", "a"), "D5", relation="<=", unit="skills",
        assumption="the store holds sequences that were seen, U >= n of them are there, and skills share none; "
        "with n >= U more parameters change nothing",
        own=_OWN, example=(1e6, 4e5, 40),
    ),
)  # fmt: skip

_TERMS = (
    _formula(
        "term_accuracy", "A(c)", "-expm1(c*log1p(-lamda))", ("c", "lamda"), "D6", label=HEURISTIC,
        assumption="each exposure teaches the term with chance lambda, independently, and nothing is forgotten",
        example=(10, 0.05),
    ),
    _formula(
        "expected_term_accuracy", r"\mathbb{E}\,A", "-expm1(-lamda*D*p)", ("D", "p", "lamda"), "D6", label=HEURISTIC,
        assumption="each exposure teaches the term with chance lambda, independently; counts are Poisson, of mean Dp",
        example=(1e6, 1e-5, 0.05), own=(*_OWN, _P_TERM),
    ),
    _formula(
        "le_cam_bound", r"d_{TV}", "Sum(P(i)**2, (i, 1, w))", ("w",), "D6", relation="<=",
        assumption="the w positions of a window are memorised independently, position i with chance P(i); the process "
        "in training order is near a homogeneous Poisson process only if P(i) is small and does not depend on it",
        source="Le Cam 1960", call="bounds.skills.le_cam_bound(numpy.full(100, 0.01))",
    ),
)  # fmt: skip

FORMULAS: tuple[Formula, ...] = (*_QUORUMS, *_STORES, *_DRAWS, *_COUNTS, *_TERMS)
