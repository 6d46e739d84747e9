"""Bounds, estimates and verdicts as values: each end with what it rests on, and what a prompt shows of them."""

from __future__ import annotations

import inspect
import re

import numpy as np
import pytest

import bounds
from bounds.base.brief import brief
from bounds.base.intervals import GIVEN, HEURISTIC, RIGOROUS
from bounds.base.notes import KINDS, Note
from bounds.efficiency.inversions import INVERSIONS
from bounds.laws.loss_law import Allocation
from tests.public import NAMES, public


@pytest.mark.parametrize(("below", "above"), [("slow", "fast"), ("laplace", "prequential"), ("pattern", "minimax")])
def test_each_end_carries_its_own_formula(below, above):
    bound = bounds.unique_bounds(1e11, law="epoch2024", inversion=[below, above])
    for end, name in (("lower", below), ("upper", above)):
        formula, found = INVERSIONS[name].formula, bound.ends[end]
        assert (found.label, found.assumption, found.equation) == (formula.label, formula.assumption, formula.equation)
        assert found.value == getattr(bound, end)
        assert formula.label in bound.label
        assert formula.assumption in bound.assumption
        assert formula.equation in bound.equation
    assert list(bound.ends) == ["lower", "middle", "upper"]
    assert bound.ends["middle"].label == HEURISTIC
    stored = bounds.efficient_params(1e11, law="epoch2024", inversion=[below, above])
    assert {end.label for end in stored.ends.values()} == {HEURISTIC}
    assert bound.lower_end.assumption in stored.lower_end.assumption
    assert "stores each distinct sequence once" in stored.lower_end.assumption


def test_a_band_says_of_its_bounds_what_json_has_always_said():
    (band,) = bounds.bands(1e12, laws="hoffmann2022")
    row = band.to_json()
    ends = f"lower: {GIVEN}; upper: {HEURISTIC}; middle: {HEURISTIC}"
    assert row["label"] == f"exponents: {HEURISTIC}; {ends}; N: {HEURISTIC}"
    assert row["assumption"].startswith("lower: slow rate: ")
    assert "; upper: fast rate: " in row["assumption"]
    assert row["source"].endswith("(N ~ D^0.58); loss law Hoffmann et al. 2022, arXiv:2203.15556")


def test_a_bound_without_a_middle_has_two_ends():
    bound = bounds.divergence.l1_bounds("zipf:1.7", [1, 100])
    assert list(bound.ends) == ["lower", "upper"]
    assert bound.middle is None
    assert bound.middle_vacuous.tolist() == [True, True]
    assert bound.label == RIGOROUS, "said once, as it is the label of both ends"


def test_notes_have_a_kind_that_decides():
    with pytest.raises(ValueError, match="a note is one of"):
        Note("loud", "text")
    bound = bounds.unique_bounds(1e30, law="hoffmann2022")
    assert all(isinstance(note, Note) and note.kind in KINDS for note in bound.notes)


SHOWN = {
    "interval": lambda: bounds.exponent_band(0.28),
    "bound": lambda: bounds.unique_bounds(1e12, law="hoffmann2022"),
    "array bound": lambda: bounds.efficient_params(np.geomspace(1e9, 1e13, 9).reshape(3, 3), law="hoffmann2022"),
    "band": lambda: bounds.bands(1e12)[0],
    "law": lambda: bounds.LAWS["hoffmann2022"],
    "allocation": lambda: bounds.LAWS["hoffmann2022"].optimal(1e23),
    "consistency": lambda: bounds.capacity.consistency("epoch2024"),
    "verdict": lambda: bounds.can_scaling_help(10, 100),
    "risk": lambda: bounds.divergence.forward_kl_minimax_lower(100, 100),
    "fit": lambda: bounds.fit_exponent([100, 1000, 10_000, 100_000], [60, 300, 1200, 4700]),
    "spectrum": lambda: bounds.FrequencySpectrum.from_counts([1, 1, 2, 5]),
    "law fit": lambda: _law_fit(),
    "law of a fit": lambda: _law_fit().law,
    "fitted band": lambda: _law_fit().band(1e12),
    "fitted number": lambda: _law_fit().band(1e12)["exponent", "middle"],
}  # fmt: skip

IN_LINES = ("interval", "bound", "array bound", "band", "fitted band")


def _law_fit():
    N, D = (axis.ravel() for axis in np.meshgrid(np.geomspace(1e8, 1e10, 4), np.geomspace(1e9, 1e11, 4)))
    noise = 1 + 1e-3 * np.random.default_rng(1).standard_normal(16)
    return bounds.fit_loss_law(N, D, bounds.LAWS["epoch2024"].loss(N, D) * noise, bootstrap=60)


@pytest.mark.parametrize("name", SHOWN)
def test_what_a_prompt_shows_is_for_people(name):
    shown = repr(SHOWN[name]())
    assert "np." not in shown
    assert "array(" not in shown
    if name in IN_LINES:
        assert max(map(len, shown.splitlines())) <= 110
        assert not re.search(r"\d\.\d{9}", shown)


def test_a_bound_is_shown_in_three_lines():
    lower, middle, upper = repr(bounds.unique_bounds(1e12, law="hoffmann2022")).splitlines()
    assert lower.startswith("Bound(lower 2.74284e+08 sequences, rigorous given the assumption: slow rate")
    assert middle.strip().startswith("middle 9.91695e+09 sequences, heuristic: ")
    assert upper.strip().startswith("upper 3.58554e+11 sequences, heuristic: fast rate")
    assert "vacuous: " in repr(bounds.unique_bounds(1e6, law="hoffmann2022"))


def test_intervals_are_shown_with_the_digits_that_tell_them_apart():
    assert repr(bounds.exponent_band(0.28)) == "Interval(0.44, 0.72)"
    assert repr(bounds.Interval(np.float64(1), 1 + 1e-12)) == "Interval(1.0, 1.000000000001)"
    assert repr(bounds.Interval([0.1, 0.2], np.array([1, 2]))) == "Interval([0.1, 0.2], [1, 2])"
    assert brief(np.arange(30.0).reshape(3, 10)) == "array (3, 10) from 0 to 29"
    assert brief((np.float64(0.5), None, "a", {1: np.int64(2)})) == "(0.5, None, 'a', {1: 2})"
    assert brief((1,)) == "(1,)"


@pytest.mark.parametrize("call", [
    "bounds.growth_factor(0.58)", "bounds.efficiency.bernstein_exponent(0.28, 0.5)",
    "bounds.exponent_band(0.28).geometric_mean",
    "bounds.expected_unique('zipf:1.7', 1e6)", "bounds.variance_unique('zipf:1.7', 1e6)",
    "bounds.expected_spectrum('zipf:1.7', 100, multiplicity=2)", "bounds.unique_bounds(1e12, law='epoch2024').lower",
    "bounds.unique_bounds(1e12, law='epoch2024').ends['upper'].vacuous", "bounds.params_to_store(1e9)",
    "bounds.emergence_probability(0.5, members=10, quorum=5)", "bounds.draws_threshold(1e-6, members=10, quorum=5)",
    "bounds.divergence.l1_upper(10, 100)", "bounds.laws.excess_loss('santa-fe:1.7,labels=2', 1e4)",
    "bounds.LAWS['kaplan2020'].optimal(1e23).n_tokens",
    "bounds.fitting.log_unique_deviation(1e12, [[0.4, 0.02], [0.02, 0.001]])",
])  # fmt: skip
def test_one_number_is_one_of_pythons(call):
    """A prompt shows 3.30, and not np.float64(3.30)."""
    assert type(eval(call)) in (float, bool)


def test_what_a_budget_buys_has_names():
    for law in bounds.LAWS.values():
        best = law.optimal(1e23)
        assert isinstance(best, Allocation)
        assert (best.n_params, best.n_tokens) == tuple(best)
        assert law.overtrained(1e23, 100).n_tokens == pytest.approx(100 * law.overtrained(1e23, 100).n_params)
    law = bounds.LAWS["hoffmann2022"]
    assert law.constants.data_exponent == law.data_exponent
    repeated = bounds.laws.REPEATED_DATA_LAWS["muennighoff2023"].optimal(1e23, 1e10)
    assert isinstance(repeated, Allocation)


def test_no_public_function_gives_a_bare_tuple():
    """What has several parts has names for them; checked by the annotations."""
    bare = []
    for name in NAMES:
        found = public(name)
        methods = inspect.getmembers(found, inspect.isfunction) if inspect.isclass(found) else [("", found)]
        for method, function in methods:
            told = getattr(function, "__annotations__", {}).get("return", "")
            if not method.startswith("_") and re.match(r"tuple\[(?!.*\.\.\.)", str(told)):
                bare.append(f"{name}.{method}")
    assert not bare
