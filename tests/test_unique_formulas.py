"""Hand-written numerics against the expressions of `bounds.counts.formulas`, at fifty digits."""

from itertools import pairwise

import mpmath
import pytest
import sympy
from sympy.codegen import cfunctions

import bounds
from bounds.catalogue import explain
from bounds.counts import unique
from tests.public import public


def rank_sum(term, last):
    """Σ term(r) from r = 1: the first ranks, an integral over ln r, Euler–Maclaurin at its ends.

    To more than twenty digits, whatever is compared with it having sixteen; the integral alone takes long, and has
    thirty.
    """
    start = 80
    if last != sympy.oo and last <= 400:
        return mpmath.fsum(term(mpmath.mpf(r)) for r in range(1, int(last) + 1))
    total = mpmath.fsum(term(mpmath.mpf(r)) for r in range(1, start))
    low, high = mpmath.log(start), mpmath.mpf(200) if last == sympy.oo else mpmath.log(int(last))
    pieces = mpmath.linspace(low, high, int((high - low) / 2.5) + 2)
    before = mpmath.inf
    for piece in pairwise(pieces):
        with mpmath.workdps(min(mpmath.mp.dps, 30)):
            part = mpmath.quad(lambda u: term(r := mpmath.exp(u)) * r, list(piece), maxdegree=5)
        total += part
        # Terms have one hump: once they fall and are this small, those that follow reach no digit that is compared.
        if abs(part) < min(before, mpmath.mpf(10) ** -25 * abs(total)):
            break
        before = abs(part)
    total += end_of_sum(term, mpmath.mpf(start), 1)
    return total if last == sympy.oo else total + end_of_sum(term, mpmath.mpf(int(last)), -1)


def end_of_sum(term, x, sign):
    derivatives = [mpmath.diff(term, x, order, h=mpmath.mpf(10) ** -5) for order in (1, 3, 5, 7, 9)]
    corrections = [mpmath.bernoulli(2 * m) / mpmath.factorial(2 * m) for m in range(1, 6)]
    return term(x) / 2 - sign * mpmath.fdot(corrections, derivatives)


def exactly(name, **values):
    """The expression of the formula `name`, evaluated at fifty digits."""
    formula = next(f for f in unique.FORMULAS if f.name == name)
    given_values = {formula.symbols[letter]: sympy.Float(value, 60) for letter, value in values.items()}
    expression = formula.expression
    expression = expression.replace(cfunctions.expm1, lambda x: sympy.exp(x) - 1)
    expression = expression.replace(cfunctions.log1p, lambda x: sympy.log(1 + x))
    with mpmath.workdps(50):
        expression = expression.subs(given_values).replace(sympy.zeta, lambda s, a: sympy.N(sympy.zeta(s, a), 60))
        return float(value_of(expression))


def value_of(expression):
    if isinstance(expression, sympy.Sum):
        body, (index, _, last) = expression.args
        if body.has(sympy.Sum):
            terms = [value_of(body.subs(index, i)) for i in range(1, int(last) + 1)]
            return mpmath.fsum(terms)
        return rank_sum(sympy.lambdify([index], body, "mpmath"), last)
    sums = [part for part in sympy.preorder_traversal(expression) if isinstance(part, sympy.Sum)]
    outer = [part for part in sums if not any(part in other.args[0].atoms(sympy.Sum) for other in sums)]
    numbers = {part: sympy.Float(value_of(part), 60) for part in outer}
    return mpmath.mpf(sympy.N(expression.xreplace(numbers), 50, maxn=5000))


ZIPF = {"s": 1.75, "q": 2.5}
PARTITION = {"d": 0.58, "theta": 10.0}

CASES = [
    ("expected_unique", "uniform", "uniform:1e6", {"V": 10**6, "D": 10**9}, {}),
    ("expected_unique", "uniform", "uniform:1e15", {"V": 10**15, "D": 10**6}, {}),
    ("expected_unique", "growing", "growing:0.58", {"K": 1, "gamma": 0.58, "D": 10**8}, {}),
    ("expected_unique", "zipf_finite", "zipf:0.8,types=1e7", {"s": 0.8, "q": 0, "V": 10**7, "D": 10**6}, {}),
    ("expected_unique", "zipf", "zipf:1.75,shift=2.5", {**ZIPF, "D": 30}, {}),
    ("expected_unique", "zipf", "zipf:1.75,shift=2.5", {**ZIPF, "D": 10**4}, {}),
    ("expected_unique", "zipf_limit", "zipf:1.75,shift=2.5", {**ZIPF, "D": 10**18}, {}),
    ("expected_unique", "zipf_poisson", "zipf:1.75,shift=2.5", {**ZIPF, "D": 10**3}, {"poisson": True}),
    ("expected_unique", "zipf_poisson_limit", "zipf:1.75,shift=2.5", {**ZIPF, "D": 10**12}, {"poisson": True}),
    ("expected_unique", "pitman_yor", "pitman-yor:0.58,concentration=10", {**PARTITION, "D": 10**18}, {}),
    ("expected_unique", "geometric", "geometric:0.9", {"rho": 0.9, "D": 10**6}, {}),
    ("expected_unique", "mixture", None, {"w": 0.25, **ZIPF, "D": 10**4}, {}),
    ("variance_unique", "uniform", "uniform:1e9", {"V": 10**9, "D": 10**4}, {}),
    ("variance_unique", "uniform", "uniform:1e6", {"V": 10**6, "D": 10**7}, {}),
    ("variance_unique", "zipf", "zipf:2.5,shift=2.5", {"s": 2.5, "q": 2.5, "D": 6}, {}),
    ("variance_unique", "zipf_poisson", "zipf:1.75,shift=2.5", {**ZIPF, "D": 10**4}, {"poisson": True}),
    ("variance_unique", "pitman_yor", "pitman-yor:0.58,concentration=10", {**PARTITION, "D": 50}, {}),
    ("variance_unique", "pitman_yor", "pitman-yor:0.58,concentration=10", {**PARTITION, "D": 10**12}, {}),
    ("variance_unique", "geometric_poisson", "geometric:0.9", {"rho": 0.9, "D": 10**6}, {"poisson": True}),
    ("missing_mass", "uniform", "uniform:1e6", {"V": 10**6, "D": 10**7}, {}),
    ("missing_mass", "zipf_finite", "zipf:0.8,types=1e7", {"s": 0.8, "q": 0, "V": 10**7, "D": 10**6}, {}),
    ("missing_mass", "zipf", "zipf:1.75,shift=2.5", {**ZIPF, "D": 100}, {}),
    ("missing_mass", "zipf_limit", "zipf:1.75,shift=2.5", {**ZIPF, "D": 10**15}, {}),
    ("missing_mass", "pitman_yor", "pitman-yor:0.58,concentration=10", {**PARTITION, "D": 10**9}, {}),
    ("missing_mass", "geometric", "geometric:0.9", {"rho": 0.9, "D": 10**4}, {}),
    ("expected_spectrum", "uniform", "uniform:1e6", {"V": 10**6, "D": 10**7, "k": 12}, {}),
    ("expected_spectrum", "zipf", "zipf:1.75,shift=2.5", {**ZIPF, "D": 10**4, "k": 7}, {}),
    ("expected_spectrum", "zipf_poisson", "zipf:1.75,shift=2.5", {**ZIPF, "D": 10**4, "k": 3}, {"poisson": True}),
    ("expected_spectrum", "pitman_yor", "pitman-yor:0.58,concentration=10", {**PARTITION, "D": 10**9, "k": 30}, {}),
    ("expected_spectrum", "geometric", "geometric:0.9", {"rho": 0.9, "D": 10**4, "k": 5}, {}),
    ("local_exponent", "uniform", "uniform:1e6", {"V": 10**6, "D": 10**6}, {}),
    ("local_exponent", "zipf", "zipf:1.75,shift=2.5", {**ZIPF, "D": 1000}, {}),
    ("local_exponent", "pitman_yor", "pitman-yor:0.58,concentration=10", {**PARTITION, "D": 10**6}, {}),
    ("zipf_normaliser", "zipf", bounds.Zipf(1.75, 2.5), ZIPF, {}),
    ("zipf_normaliser", "zipf_finite", bounds.Zipf(0.8, 2.5, 10**7), {"s": 0.8, "q": 2.5, "V": 10**7}, {}),
    ("entropy", "uniform", "uniform:1e6", {"V": 10**6}, {}),
    ("entropy", "zipf", "zipf:1.75,shift=2.5", ZIPF, {}),
    ("entropy", "geometric", "geometric:0.9", {"rho": 0.9}, {}),
    ("entropy", "pitman_yor", "pitman-yor:0.58,concentration=10", PARTITION, {}),
]


@pytest.mark.parametrize(
    ("function", "kind", "source", "values", "options"), CASES, ids=[f"{c[0]}.{c[1]}-{i}" for i, c in enumerate(CASES)]
)
def test_numerics_equal_the_expression_at_fifty_digits(function, kind, source, values, options):
    if kind == "mixture":  # the formula is one domain's part; the other domain is one type
        source = "mixture:0.25*(zipf:1.75,shift=2.5)+0.75*(uniform:1)"
    if "k" in values:
        options = {**options, "multiplicity": values["k"]}
    arguments = (values["D"],) if "D" in values else ()
    measured = public(function)(source, *arguments, **options) - (kind == "mixture")
    assert measured == pytest.approx(exactly(f"{function}.{kind}", **values), rel=2e-13)


def test_every_formula_explains_itself_and_its_example_is_the_function():
    for formula in unique.FORMULAS:
        assert formula.name in explain(formula.name)
    kinds = {
        "uniform": lambda v: bounds.Uniform(v["V"]),
        "growing": lambda v: bounds.GrowingUniform(v["gamma"], v["K"]),
        "zipf": lambda v: bounds.Zipf(v["s"], v["q"]),
        "pitman_yor": lambda v: bounds.PitmanYor(v["d"], v["theta"]),
        "geometric": lambda v: bounds.Geometric(v["rho"]),
    }
    for formula in unique.FORMULAS:
        function, kind = formula.name.split(".")
        if not formula.example or kind not in kinds:
            continue
        values = dict(zip(formula.arguments, formula.example, strict=True))
        arguments = (values["D"],) if "D" in values else ()
        options = {"multiplicity": values["k"]} if "k" in values else {}
        measured = public(function)(kinds[kind](values), *arguments, **options)
        assert measured == pytest.approx(float(formula.function(*formula.example)), rel=1e-9), formula.name
