"""Which public function computes each `quantity` of the test vectors.

The parameters of a vector are exact decimal strings (``"1e12"``, ``"1/20"``) or whole numbers. Entry points
are `QUANTITIES[quantity](params)` for one value and `load()` for the vectors of the file.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import bounds
from bounds import divergence

VECTORS = Path(__file__).parent / "data" / "theory_vectors.json"

Params = dict[str, Any]


def load() -> list[dict[str, Any]]:
    return json.loads(VECTORS.read_text(encoding="utf-8"))["vectors"]


def number(params: Params, name: str, default: float | None = None) -> float:
    """The parameter as a float: each is correctly rounded from its decimal string."""
    if name not in params and default is not None:
        return default
    text = str(params[name])
    return float(Fraction(text)) if "/" in text else float(text)


def whole(params: Params, name: str) -> int:
    return int(Fraction(str(params[name])))


# Sections A1-A7 and E1: quantities of corpora. Kinds of source, then what is asked of them.


def _uniform(params: Params) -> bounds.Source:
    return bounds.Uniform(whole(params, "V"))


def _growing(params: Params) -> bounds.Source:
    return bounds.GrowingUniform(number(params, "gamma"), number(params, "scale", 1.0))


def _zipf_finite(params: Params) -> bounds.Source:
    return bounds.Zipf(number(params, "s"), number(params, "q", 0.0), whole(params, "V"))


def _zipf(params: Params) -> bounds.Source:
    return bounds.Zipf(number(params, "s"), number(params, "q", 0.0))


def _pitman_yor(params: Params) -> bounds.Source:
    return bounds.PitmanYor(number(params, "d"), number(params, "theta", 0.0))


def _geometric(params: Params) -> bounds.Source:
    return bounds.Geometric(number(params, "rho"))


def _mixture(params: Params) -> bounds.Source:
    """Components [weight, s, q], or [weight, s, q, V] with V types."""
    parts = []
    for weight, s, *rest in params["components"]:
        shift = float(Fraction(str(rest[0]))) if rest else 0.0
        types = int(Fraction(str(rest[1]))) if len(rest) > 1 else None
        parts.append((float(Fraction(str(weight))), bounds.Zipf(float(Fraction(str(s))), shift, types)))
    return bounds.Mixture(tuple(parts))


_SOURCES: dict[str, Callable[[Params], bounds.Source]] = {
    "uniform": _uniform,
    "growing": _growing,
    "zipf_finite": _zipf_finite,
    "zm": _zipf,
    "py": _pitman_yor,
    "geometric": _geometric,
    "mixture_disjoint_zm": _mixture,
}


def _at(function: Callable[..., Any], **options: Any) -> Callable[[bounds.Source, Params], float]:
    return lambda source, params: function(source, number(params, "n" if "n" in params else "D"), **options)


def _spectrum(**options: Any) -> Callable[[bounds.Source, Params], float]:
    def value(source: bounds.Source, params: Params) -> float:
        return _at(bounds.expected_spectrum, multiplicity=number(params, "k"), **options)(source, params)

    return value


def _covariance(source: bounds.Source, params: Params) -> float:
    return bounds.counts.covariance_unique(source, number(params, "D1"), number(params, "D2"))


_ASKED: dict[str, Callable[[bounds.Source, Params], float]] = {
    "EU": _at(bounds.expected_unique),
    "EK": _at(bounds.expected_unique),
    "VarU": _at(bounds.variance_unique),
    "VarK": _at(bounds.variance_unique),
    "Efk": _spectrum(),
    "EM0": _at(bounds.missing_mass),
    "slope": _at(bounds.local_exponent),
    "CovU": _covariance,
    "EU_poisson": _at(bounds.expected_unique, poisson=True),
    "VarU_poisson": _at(bounds.variance_unique, poisson=True),
    "Efk_poisson": _spectrum(poisson=True),
    "EM0_poisson": _at(bounds.missing_mass, poisson=True),
    "slope_poisson": _at(bounds.local_exponent, poisson=True),
    "H": lambda source, params: bounds.entropy(source),
    "EH": lambda source, params: bounds.entropy(source),
    "C": lambda source, params: bounds.counts.zipf_normaliser(source),
}


def _asked(kind: str, name: str) -> Callable[[Params], float]:
    return lambda params: float(_ASKED[name](_SOURCES[kind](params), params))


QUANTITIES: dict[str, Callable[[Params], float]] = {
    f"{kind}.{name}": _asked(kind, name) for kind in _SOURCES for name in _ASKED
}

# Sections B7, B8 and C4: the formulas of the loss laws and of the bounds, by the names of their letters.


def _formula(name: str, **letters: str) -> Callable[[Params], float]:
    """The formula called `name`, its letters taken from the parameters that `letters` names."""

    def value(params: Params) -> float:
        formula = bounds.formulas()[name]
        # Only the excess at the start may be left out: the vectors then take it as 0.
        given = {"eps0": 0.0}
        values = (number(params, letters[letter], given.get(letters[letter])) for letter in formula.arguments)
        return float(formula.function(*values))

    return value


_OPTIMAL = {"A": "A", "alpha": "alpha", "B": "B", "beta": "beta", "C": "C"}

QUANTITIES |= {
    "U_lower_laplace": _formula("unique_lower_laplace", D="D", epsilon="eps"),
    "U_lower_erm": _formula("unique_lower_slow", D="D", epsilon="eps", M="M"),
    "U_upper_minimax_asym": _formula("unique_upper_fast", D="D", epsilon="eps"),
    "U_upper_prequential": _formula("unique_upper_prequential", D="D", B="B", beta="beta", c="c_new", epsilon0="eps0"),
    "gamma_bernstein": _formula("bernstein_exponent", beta="beta", b="b"),
    "corpus_factor": _formula("growth_factor", gamma="gamma", k="k"),
    "compute_optimal_N": _formula("optimal_params", **_OPTIMAL),
    "compute_optimal_D": _formula("optimal_tokens", **_OPTIMAL),
}

# Sections A8 and A9: windows of token streams, and the Santa Fe process.


def _first(params: Params, *names: str) -> str:
    """The name among `names` that the parameters have."""
    return next(name for name in names if name in params)


def _windows(function: Callable[..., Any]) -> Callable[[Params], float]:
    """`function` of uniform windows, of which T letters hold T - ell + 1."""

    def value(params: Params) -> float:
        length = whole(params, _first(params, "ell", "l", "length"))
        windows = whole(params, _first(params, "T", "n")) - length + 1
        return float(function(bounds.Windows(whole(params, "A"), length), max(windows, 0)))

    return value


def _santa_fe(params: Params) -> bounds.Source:
    types = whole(params, "V") if "V" in params else None
    return bounds.SantaFe(number(params, "s"), number(params, "q", 0.0), whole(params, "A"), types)


def _facts(function: Callable[..., Any]) -> Callable[[Params], float]:
    return lambda params: float(_at(function)(_santa_fe(params), params))


QUANTITIES |= {
    "windows_iid_uniform.EU": _windows(bounds.expected_unique),
    "windows_iid_uniform.EM0": _windows(bounds.missing_mass),
    "santafe.EU": _facts(bounds.expected_unique),
    "santafe.EM0": _facts(bounds.missing_mass),
    "santafe.H": lambda params: bounds.entropy(_santa_fe(params)),
    "santafe.block_entropy": _facts(bounds.laws.block_entropy),
    "santafe.excess_loss": _facts(bounds.laws.excess_loss),
    "santafe.mutual_information": _facts(bounds.laws.mutual_information),
}

# Sections B1-B6: divergences.


def _law(params: Params) -> list[float]:
    return [number({"p": p}, "p") for p in params["p"]]


QUANTITIES |= {
    "kl_forward_addbeta": lambda params: float(
        divergence.forward_kl_add_constant(_law(params), number(params, "n"), added=number(params, "beta"))
    ),
    "kl_reverse_empirical": lambda params: float(divergence.reverse_kl_empirical(_law(params), number(params, "n"))),
    "l1_empirical": lambda params: float(divergence.l1_empirical(_law(params), number(params, "n"))),
    "l1_bound": _formula("l1_upper.cauchy_schwarz", V="U", D="D"),
    "bk_lambda": lambda params: float(divergence.l1_bounds(_law(params), number(params, "n")).upper),
    "laplace_kl_upper": lambda params: float(
        divergence.forward_kl_laplace_upper(number(params, "k"), number(params, "n"))
    ),
    "laplace_kl_upper_refined": lambda params: float(
        divergence.forward_kl_laplace_upper_refined(_law(params), number(params, "n"))
    ),
    "bayes_dirichlet_kl_risk": lambda params: float(
        divergence.forward_kl_bayes_risk(number(params, "k"), number(params, "n"), number(params, "a"))
    ),
    "zipf_kl_reverse_constant": lambda params: float(divergence.reverse_kl_constant(number(params, "s"))),
}

# Sections C1-C3: capacity.

QUANTITIES |= {
    "zm.tail": lambda params: float(bounds.capacity.tail_mass(_zipf(params), number(params, "n"))),
    "capacity_loss": lambda params: float(
        bounds.capacity_loss(
            _zipf(params),
            number(params, "n"),
            number(params, "D"),
            novelty_cost=number(params, "c_new"),
            irreducible=number(params, "E", 0.0),
        )
    ),
}

# Section D: skills.


def _skill(params: Params) -> dict[str, int]:
    return {"members": whole(params, "m"), "quorum": whole(params, "a")}


def _unshifted(name: str) -> Callable[[Params], float]:
    """A formula of s, q and the quorum as a fraction; no shift where none is given."""
    formula = _formula(name, s="s", q="q", phi="qfrac")
    return lambda params: formula({"q": "0", **params})


QUANTITIES |= {
    "emergence_probability": lambda params: float(bounds.emergence_probability(number(params, "F"), **_skill(params))),
    "beta_median": lambda params: float(bounds.skills.median_representation(whole(params, "m"), whole(params, "a"))),
    "n_star_zm_freqdrawn": lambda params: float(bounds.skills.stored_threshold(_zipf(params), **_skill(params))),
    "n_star_zm_approx": _unshifted("stored_threshold.zipf_limit"),
    "width_lnn_zm": _formula("stored_half_width.zipf_limit", m="m", phi="qfrac", s="s"),
    "D_star_equal": lambda params: float(bounds.draws_threshold(number(params, "p"), **_skill(params))),
    "D_star_zm_freqdrawn_asym": _unshifted("draws_threshold_frequency.zipf_limit"),
    "width_lnD_equal": _formula("draws_half_width.limit", m="m", phi="qfrac"),
    "skills_expected": lambda params: float(
        bounds.expected_skills(
            number(params, "D"), exponent=number(params, "s_skill"), n_skills=whole(params, "J"), **_skill(params)
        )
    ),
}
