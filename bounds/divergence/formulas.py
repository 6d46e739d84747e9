"""The statements behind the divergences: `bounds.divergence.kl`, `total_variation`, `dirichlet_risk` and their kin.

Sums over the types of an arbitrary law are stated as the part of one type of probability p (names that end in
``.type``): the quantity is the sum of the parts of all types. Names say forward or reverse wherever that differs.
"""

from __future__ import annotations

from typing import Any

from bounds.base.formula import IID, OWN, PITMAN, Formula, Letter
from bounds.base.intervals import ASYMPTOTIC, HEURISTIC, RIGOROUS
from bounds.base.pointwise import pointwise

_PARTS = f"{IID}; the parts of all types of P add up"
_ANY = f"{IID}, any law on V types"
_OCCUPANCY = "elementary (binomial counts)"
_BEREND = "Berend & Kontorovich 2013, Statist. Probab. Lett. 83, doi:10.1016/j.spl.2013.01.023"

_ADDED = Letter("beta", "constant added to every count", "draws", r"\beta")
_CONCENTRATION = Letter("a", "parameter of the symmetric Dirichlet law of P", "1")
_DIVERGENCE = Letter("epsilon", "a value of the divergence", "nats per sequence", r"\varepsilon", ("nonnegative",))
_GAIN = Letter("epsilon", "H(P) minus the training loss of a perfect memoriser", "nats per sequence", r"\varepsilon")
_LAMBDA = Letter("Lambda", "sum over types of sqrt(p/D) where p >= 1/D and of 2p elsewhere", "1", r"\Lambda")
_KREV = Letter("K_rev", "limit of D E KL(p_D || P) / E U(D)", "1", r"K_{\mathrm{rev}}")
_KPAT = Letter("K", "limit of D E KL / E U(D) of the predictor", "1")
_SINGLETONS = Letter("f1", "types drawn exactly once", "sequences", "f_1", ("nonnegative",))
_TOGETHER = (
    Letter("f", "number of types drawn as often as this one", "sequences"),
    Letter("S", "total probability of the types drawn as often as this one", "1"),
)
_MULTIPLICITY = Letter("m", "how often the type was drawn", "draws")

_FORWARD = r"\mathbb{E}\,\mathrm{KL}(P\,||\,\hat p_\beta)"
_LAPLACE = r"\mathbb{E}\,\mathrm{KL}(P\,||\,\hat p_1)"
_REVERSE = r"\mathbb{E}\,\mathrm{KL}(p_D\,||\,P)"
_L1 = r"\mathbb{E}\,|p_D - P|_1"
_MINIMAX = r"\min_{\hat p}\max_P \mathbb{E}\,\mathrm{KL}(P\,||\,\hat p)"
_PART = r"\mathrm{part\ of\ one\ type\ in\ }"

_BINOMIAL = "binomial(D, m)*@p**m*(1 - @p)**(D - m)"
_NATS = "nats per sequence"


def _formula(name: str, quantity: str, text: str, arguments: tuple[str, ...], equation: str, **more: Any) -> Formula:
    given = {"label": RIGOROUS, "assumption": IID, "source": OWN, "unit": _NATS} | more
    return Formula(name=name, quantity=quantity, text=text, arguments=arguments, equation=equation, **given)


def _over_counts(value: str, p: str = "p") -> str:
    """The expectation of `value`, a function of m and of the probability @p, over the binomial count m."""
    return f"Sum({_BINOMIAL}*{value}, (m, 0, D))".replace("@p", p)


_ADD_CONSTANT = "@p*log(@p*(D + V*beta)) - @p*" + _over_counts("log(m + beta)", "@p")
# At m = 0 the summand is 0, though m ln m is not defined there.
_PLUG_IN = "Sum(" + _BINOMIAL + "*(m/D)*log(m/(D*@p)), (m, 1, D))"

_FORWARDS = (
    _formula(
        "forward_kl_add_constant.type", _PART + _FORWARD, _ADD_CONSTANT.replace("@p", "p"), ("p", "D", "V", "beta"),
        "B2", assumption=_PARTS, source=_OCCUPANCY, own=(_ADDED,),
        call="bounds.divergence.forward_kl_add_constant([0.5, 0.3, 0.15, 0.05], 100, added=0.5)",
    ),
    _formula(
        "forward_kl_add_constant.uniform", _FORWARD, "V*(" + _ADD_CONSTANT.replace("@p", "(1/V)") + ")",
        ("V", "D", "beta"), "B2", source=_OCCUPANCY, own=(_ADDED,),
        call="bounds.divergence.forward_kl_add_constant('uniform:20', 10)",
    ),
    _formula(
        "forward_kl_laplace_upper", _LAPLACE, "log1p((V - 1)/(D + 1))", ("V", "D"), "B2", relation="<=",
        assumption=_ANY, source=OWN + " (Jensen and E 1/(N+1))", example=(1e6, 1e9),
    ),
    _formula(
        "forward_kl_laplace_upper.linear", _LAPLACE, "(V - 1)/(D + 1)", ("V", "D"), "B2", relation="<=",
        assumption=_ANY, source=OWN, example=(1e6, 1e9),
    ),
    _formula(
        "forward_kl_laplace_upper_refined.type", _PART + _LAPLACE,
        "p*(log((D + V)/(D + 1)) + log(-expm1((D + 1)*log1p(-p))))", ("p", "D", "V"), "B2", relation="<=",
        assumption=_PARTS, source=OWN + " (Jensen and E 1/(N+1))",
        call="bounds.divergence.forward_kl_laplace_upper_refined([0.5, 0.3, 0.15, 0.05], 10)",
    ),
    _formula(
        "forward_kl_total_kt_upper", r"-\ln P_{\mathrm{KT}}(x^D) - D\,H(p_D)", "(V - 1)/2*log(D) + log(V)", ("V", "D"),
        "B2", relation="<=", assumption="every sequence of D draws from V types; the worst repeats one type",
        source="Krichevsky & Trofimov 1981; the constant ln V for all D and V: own derivation", unit="nats",
        example=(100, 1e6),
    ),
)  # fmt: skip

_REVERSES = (
    _formula(
        "reverse_kl_empirical.type", _PART + _REVERSE, _PLUG_IN.replace("@p", "p"), ("p", "D"), "B3",
        assumption=_PARTS, source=_OCCUPANCY,
        call="bounds.divergence.reverse_kl_empirical([0.5, 0.3, 0.15, 0.05], 100)",
    ),
    _formula(
        "reverse_kl_empirical.uniform", _REVERSE, "V*" + _PLUG_IN.replace("@p", "(1/V)"), ("V", "D"), "B3",
        source=_OCCUPANCY, call="bounds.divergence.reverse_kl_empirical('uniform:1e6', 1e6)",
    ),
    _formula(
        "reverse_kl_upper", _REVERSE, "log1p((V - 1)/D)", ("V", "D"), "B3", relation="<=", assumption=_ANY,
        source="Paninski 2003, Neural Computation 15, Prop. 1 (KL <= ln(1 + chi^2))", example=(1e6, 1e9),
    ),
    _formula(
        "reverse_kl_wilks", _REVERSE, "(V - 1)/(2*D)", ("V", "D"), "B3", label=ASYMPTOTIC,
        assumption="every type is drawn many times: D is far above one over the smallest probability",
        source="Wilks 1938", example=(1e6, 1e12),
    ),
    _formula(
        "reverse_kl_tail_upper", r"P(\mathrm{KL}(p_D\,||\,P) \ge \varepsilon)",
        "binomial(D + V - 1, V - 1)*exp(-D*epsilon)", ("V", "D", "epsilon"), "B3", relation="<=", assumption=_ANY,
        source="method of types (Cover & Thomas, Elements of Information Theory, Theorem 11.2.1)", unit="1",
        own=(_DIVERGENCE,), call="bounds.divergence.reverse_kl_tail_upper(4, 100, 0.2)",
    ),
    _formula(
        "reverse_kl_constant", r"K_{\mathrm{rev}}(s) = \lim D\,\mathbb{E}\,\mathrm{KL}(p_D\,||\,P)/\mathbb{E}\,U(D)",
        "1/(s - 1) + 1/2 + Integral((1 - exp(-x))**(1/s - 1)*exp(-x)*(coth(x/2)/2 - 1/x), (x, 0, oo))/s",
        ("s",), "B6", label=ASYMPTOTIC, unit="1",
        assumption=f"{IID}, infinite Zipf-Mandelbrot with s > 1; the limit of many draws",
        call="bounds.divergence.reverse_kl_constant(1.724)",
    ),
    _formula(
        "unique_from_reverse_kl", "U", "Max(1, Min(D, D*epsilon/K_rev))", ("D", "epsilon", "K_rev"), "B6",
        assumption="a perfect memoriser of many independent draws from an infinite Zipf-Mandelbrot law; at U = 1 or D "
        "the draws are too few for the limit, or the excess does not fit the law", label=ASYMPTOTIC,
        unit="sequences", own=(_GAIN, _KREV), example=(1e9, 1e-3, 1.9346939919161613),
    ),
)  # fmt: skip

_DISTANCES = (
    _formula(
        "l1_empirical.type", _PART + _L1,
        "2*p*(1 - p)*binomial(D - 1, floor(D*p))*p**floor(D*p)*(1 - p)**(D - 1 - floor(D*p))", ("p", "D"), "B4",
        assumption=f"{_PARTS}; p < 1", source="De Moivre 1730; Diaconis & Zabell 1991", unit="1",
        call="bounds.divergence.l1_empirical([0.5, 0.3, 0.15, 0.05], 100)",
    ),
    _formula(
        "l1_upper", _L1, "Min(2, sqrt((V - 1)/D))", ("V", "D"), "B4", relation="<=", assumption=_ANY,
        source="elementary (Cauchy-Schwarz; the distance is at most 2)", unit="1", example=(1e6, 1e9),
    ),
    _formula(
        "l1_upper.cauchy_schwarz", _L1, "sqrt((V - 1)/D)", ("V", "D"), "B4", relation="<=", assumption=_ANY,
        source="elementary (Cauchy-Schwarz)", unit="1", example=(1e6, 1e9),
    ),
    _formula(
        "l1_bounds.type", r"\mathrm{part\ of\ one\ type\ in\ }\Lambda", "Piecewise((sqrt(p/D), p >= 1/D), (2*p, True))",
        ("p", "D"), "B4", assumption=_PARTS, source=_BEREND, unit="1",
        call="bounds.divergence.l1_bounds([0.5, 0.3, 0.15, 0.05], 10).upper",
    ),
    _formula(
        "l1_bounds.upper", _L1, "Lambda", ("Lambda",), "B4", relation="<=", source=_BEREND, unit="1",
        call="bounds.divergence.l1_bounds('zipf:1.724', 1e12).upper", own=(_LAMBDA,),
    ),
    _formula(
        "l1_bounds.lower", _L1, "Lambda/4 - 1/(4*sqrt(D))", ("Lambda", "D"), "B4", relation=">=",
        assumption=f"{IID}; at least two draws", source=_BEREND, unit="1",
        call="bounds.divergence.l1_bounds('zipf:1.724', 1e12).lower", own=(_LAMBDA,),
    ),
    _formula(
        "l1_pinsker_upper", r"|p_D - P|_1", "Min(2, sqrt(2*epsilon))", ("epsilon",), "B4", relation="<=",
        assumption="epsilon = KL(p_D || P), sample by sample, or the mean of both", source="Pinsker 1964; Csiszar 1967",
        unit="1", own=(_DIVERGENCE,), example=(0.01,),
    ),
    _formula(
        "l1_exponent", r"\lim \ln " + _L1 + r" / \ln D", "Max(1/s - 1, -1/2)", ("s",), "B4", label=ASYMPTOTIC,
        assumption=f"{IID}, infinite Zipf-Mandelbrot with s > 1", source=OWN, unit="1", example=(1.724,),
    ),
)  # fmt: skip

_RISK = (
    "digamma(a + 1) - digamma(V*a + 1) - V*Sum(binomial(D, m)*Beta(m + a, D - m + (V - 1)*a)/Beta(a, (V - 1)*a)"
    "*(m + a)/(D + V*a)*log((m + a)/(D + V*a)), (m, 0, D))"
)

_RISKS = (
    _formula(
        "forward_kl_bayes_risk", r"\min_{\hat p}\mathbb{E}_P\,\mathbb{E}\,\mathrm{KL}(P\,||\,\hat p)", _RISK,
        ("V", "D", "a"), "B5", assumption="P is drawn from the symmetric Dirichlet law; draws are then independent",
        source="elementary (risk of the posterior mean)", own=(_CONCENTRATION,),
        call="bounds.divergence.forward_kl_bayes_risk(100, 1000, 0.5)",
    ),
    _formula(
        "forward_kl_minimax_lower", _MINIMAX, _RISK, ("V", "D", "a"), "B5", relation=">=",
        assumption=f"{IID}; holds for every a > 0, and the function takes the best; for the worst law, not for one "
        "given corpus", source="Bayes risk below minimax risk (Wald 1950)", own=(_CONCENTRATION,),
        call="bounds.divergence.forward_kl_minimax_lower(100, 100).risk",
    ),
    _formula(
        "forward_kl_minimax_asymptote.dense", _MINIMAX, "(V - 1)/(2*D)", ("V", "D"), "B5", label=ASYMPTOTIC,
        assumption="D is far above V", source="Braess & Sauer 2004, J. Approx. Theory 128", example=(100, 1e6),
    ),
    _formula(
        "forward_kl_minimax_asymptote.sparse", _MINIMAX, "log(V/D)", ("V", "D"), "B5", label=ASYMPTOTIC,
        assumption="V is far above D", source="Paninski 2004, NIPS 17", example=(1e9, 100),
    ),
    _formula(
        "support_upper_minimax", r"\varepsilon", _RISK, ("V", "D", "a"), "B7-ii", label=HEURISTIC, relation=">=",
        assumption="the learner does no better on this corpus than the minimax over all laws on V types; holds for "
        "every a > 0, and the function gives the largest V that meets all", source=OWN, own=(_CONCENTRATION,),
        call="bounds.divergence.support_upper_minimax(1e12, 0.18)",
    ),
)  # fmt: skip

_NATURAL = (
    _formula(
        "forward_kl_natural.type", _PART + r"\mathrm{KL}(P\,||\,\hat p_{\mathrm{natural}})", "p*log(p*f/S)",
        ("p", "f", "S"), "B5", assumption="the best estimator for this sample that gives equal probabilities to types "
        "drawn equally often; the parts of all types add up",
        source="Orlitsky & Suresh 2015, Competitive distribution estimation, arXiv:1503.07940", own=_TOGETHER,
        call="bounds.divergence.forward_kl_natural([0.5, 0.3, 0.15, 0.05], [4, 4, 2, 0])",
    ),
    _formula(
        "good_turing_missing_mass", r"\hat M_0(D)", "f1/D", ("f1", "D"), "A1, B5",
        assumption=f"{IID}; unbiased for the missing mass after D - 1 draws", source="Good 1953", unit="1",
        own=(_SINGLETONS,), example=(120, 1000),
    ),
    _formula(
        "good_turing_bias.type", _PART + r"\mathbb{E}\,f_1/D - \mathbb{E}\,M_0(D)", "p**2*exp((D - 1)*log1p(-p))",
        ("p", "D"), "A1", assumption=_PARTS, source="Good 1953", unit="1",
        call="bounds.divergence.good_turing_bias('zipf:1.724', 1e6)",
    ),
    _formula(
        "pitman_yor_predictive.seen", r"P(\mathrm{next\ is\ a\ type\ drawn\ } m \mathrm{\ times})",
        "(m - d)/(theta + D)", ("m", "D", "d", "theta"), "B5",
        assumption="draws follow a Pitman-Yor process", source=PITMAN, unit="1",
        own=(_MULTIPLICITY,), example=(3, 100, 0.58, 10),
    ),
    _formula(
        "pitman_yor_predictive.new", r"P(\mathrm{next\ is\ new})", "(theta + d*U)/(theta + D)",
        ("D", "U", "d", "theta"), "B5",
        assumption="draws follow a Pitman-Yor process", source=PITMAN, unit="1", example=(100, 40, 0.58, 10),
    ),
    _formula(
        "pattern_loss_constant", r"K(s, d) = \lim D\,\mathbb{E}\,\mathrm{KL}/\mathbb{E}\,U(D)",
        "Sum(Gamma(m + 1 - 1/s)/factorial(m)*(digamma(m + 1 - 1/s) - log(m - d)), (m, 1, oo))/(s*Gamma(1 - 1/s))"
        " - log(s*d)/s", ("s", "d"), "B5, B6", label=ASYMPTOTIC, unit="1",
        assumption=f"{IID}, infinite Zipf-Mandelbrot with s > 1; the KL of what the next draw is, a type seen before "
        "or new, from a Pitman-Yor predictor of discount d; d = 1/s also for Good-Turing and the best natural one",
        call="bounds.divergence.pattern_loss_constant(1.724, discount=0.5)",
    ),
    _formula(
        "pattern_loss", r"\mathbb{E}\,\mathrm{KL}(P\,||\,\hat p)\mathrm{\ of\ seen\ types\ and\ new}", "K*U/D",
        ("D", "U", "K"), "B5, B6", label=ASYMPTOTIC, own=(_KPAT,),
        assumption="many independent draws from an infinite Zipf-Mandelbrot law, U of them distinct; a predictor that "
        "counts: Pitman-Yor, Good-Turing or the best natural estimator", example=(1e9, 1.2e6, 0.4001),
    ),
)  # fmt: skip

FORMULAS: tuple[Formula, ...] = (*_FORWARDS, *_REVERSES, *_DISTANCES, *_RISKS, *_NATURAL)

_BY_NAME = {formula.name: formula for formula in FORMULAS}


def closed_form(name: str, *values: Any) -> Any:
    """The formula `name` evaluated at the broadcast `values`, in the order of its arguments."""
    return pointwise(_BY_NAME[name].function, *values)
