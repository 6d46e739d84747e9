"""The statements behind `bounds.fitting.extrapolation`: coverage, what each method expects, and what holds anyway."""

from __future__ import annotations

from bounds.base.formula import OWN, Formula, Letter
from bounds.base.intervals import ASYMPTOTIC, GIVEN, HEURISTIC, RIGOROUS

_T = Letter("t", "factor by which the draws grow: tD in all", "1")
_F1 = Letter("f1", "types seen once", "sequences", "f_1", ("nonnegative",))
_F2 = Letter("f2", "types seen twice", "sequences", "f_2", ("nonnegative",))
_TRIALS = Letter("n", "largest place at which the series may be cut off", "1", "n", ("positive", "integer"))
_CHANCE = Letter("p", "chance of the binomial place at which the series is cut off", "1")
_SLOPE = Letter("b", "slope of ln U in ln D at D", "1", "b", ("real",))
_BEND = Letter("c", "bend of ln U in ln D: half of its second derivative", "1", "c", ("real",))
_SERIES = "draws are independent; unbiased for draws in Poisson number up to t = 2, beyond it biased by the smoothing"
_PROCESS = "draws come from a Pitman-Yor process with this d and theta, of which U types among D draws are known"
_R = "Gamma(theta + {j}*d + t*D)*Gamma(theta + D)/(Gamma(theta + t*D)*Gamma(theta + {j}*d + D))"
_R1, _R2 = _R.format(j=1), _R.format(j=2)
_NEW, _LATER = r"\mathbb{E}\,N(t)", r"\mathbb{E}\,U(tD)"
_FAVARO = "Favaro, Lijoi, Mena & Prünster 2009, proposition 1"
_OF = "extrapolate_unique"

FORMULAS: tuple[Formula, ...] = (
    Formula(
        "good_turing_coverage.estimate", "C", "1 - f1/D", ("D", "f1"), ASYMPTOTIC,
        "draws are independent; the mean error is below 1/D", "Good 1953", "E2", "1", (262927, 6045),
        of="good_turing_coverage", own=(_F1,),
    ),
    Formula(
        "good_turing_coverage.deviation", r"\operatorname{sd}(C)", "sqrt(f1*(1 - f1/D) + 2*f2)/D", ("D", "f1", "f2"),
        ASYMPTOTIC, "draws are independent, and f_1 is large", "Esty 1983, theorem 1", "E2", "1", (262927, 6045, 1990),
        of="good_turing_coverage", own=(_F1, _F2),
    ),
    Formula(
        "good_toulmin_term", "h_k", "-(1 - t)**k*betainc_regularized(k, n - k + 1, 0, p)", ("k", "t", "n", "p"),
        ASYMPTOTIC, _SERIES,
        "Good & Toulmin 1956, equation 17; Efron & Thisted 1976, section 5; Orlitsky, Suresh & Wu 2016", "E2", "1",
        (3, 10, 12, 0.18), of=_OF,
        own=(Letter("k", "multiplicity: how often a type was seen", "1", "k", ("positive", "integer")), _T, _TRIALS,
             _CHANCE),
    ),
    Formula(
        "pitman_yor_new", _NEW, f"(U + theta/d)*({_R1} - 1)", ("D", "U", "d", "theta", "t"), RIGOROUS, _PROCESS,
        _FAVARO, "E2", "sequences", (12, 6, 0.5, 1, 2), of=_OF, own=(_T,),
    ),
    Formula(
        "pitman_yor_new_variance", r"\operatorname{Var} N(t)",
        f"(U + theta/d)*((U + theta/d + 1)*{_R2} - {_R1} - (U + theta/d)*({_R1})**2)", ("D", "U", "d", "theta", "t"),
        RIGOROUS, _PROCESS, f"{OWN}; {_FAVARO}", "E2", "sequences^2", (12, 6, 0.5, 1, 2), of=_OF, own=(_T,),
    ),
    Formula(
        "log_quadratic", "U(tD)", "U*t**(b + c*log(t))", ("U", "b", "c", "t"), HEURISTIC,
        "ln U goes on as a parabola in ln D; a straight line where c = 0", OWN, "E2", "sequences",
        (13331, 0.56, -0.02, 2), of=_OF, own=(_SLOPE, _BEND, _T),
    ),
    Formula(
        "burst_shift", r"\delta", "log(p_b/(1 - p_b)) - log(p_r/(1 - p_r))", ("p_b", "p_r"), HEURISTIC,
        "what one block of a text adds to the others tells how its bursts delay or hasten new types from then on", OWN,
        "E2", "1", (0.021, 0.026), of=_OF,
        own=(
            Letter("p_b", "part of the draws of a block of text that bring types of no other block", "1"),
            Letter("p_r", "the same for as many draws taken at random from all", "1"),
        ),
    ),
    Formula(
        "most_new", "U(tD)", "U + (t - 1)*D", ("D", "U", "t"), RIGOROUS, "none: a draw brings one type at most", OWN,
        "E2", "sequences", (262927, 13331, 2), of=_OF, own=(_T,), relation="<=",
    ),
    Formula(
        "most_new.stationary", _LATER, "t*U", ("U", "t"), GIVEN,
        "draws are stationary, U is their mean over corpora, and t is whole", OWN, "E2", "sequences", (13331, 2),
        of=_OF, own=(_T,), relation="<=",
    ),
    Formula(
        "most_new.exchangeable", _LATER, "U + (t - 1)*f1", ("U", "t", "f1"), GIVEN,
        "draws are exchangeable, as independent ones are, and U and f_1 are their means over corpora", OWN, "E2",
        "sequences", (13331, 2, 6045), of=_OF, own=(_T, _F1), relation="<=",
    ),
)  # fmt: skip
F = {formula.name: formula for formula in FORMULAS}
