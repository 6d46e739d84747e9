"""Which engine is chosen and why, and one sentence where none is, or where an argument is not understood."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bounds
from bounds.base.one_number import written
from bounds.base.spectrum import FrequencySpectrum
from simulate.drawing import tables as sampling
from simulate.drawing.tables import build_sampler, check_drawable
from simulate.engines.choice import (
    CORPORA_PER_VARIANCE,
    FEW_ARRIVALS,
    FEW_TOKENS,
    MAX_TOKENS,
    WANTS,
    build_engine,
    choose_engine,
    growth,
)
from simulate.engines.gauss import gaussian_path, sizes_not_normal
from simulate.engines.pitman_yor import restaurant
from simulate.engines.types import MAX_ARRIVALS, arrivals
from tests.strategies import n_draws, sources

BIG = "1e3:1e18:41"
CHOICES = [
    ("zipf:1.5", "1e3:1e6:25", 32, "growth", "tokens", "few"),
    ("zipf:1.5", "1e3:1e9:25", 32, "growth", "types", "exact"),
    ("zipf:1.5", "1e3:1e9:25", 32, "spectrum", "types", "exact"),
    ("zipf:1.5", BIG, 32, "growth", "gauss", "normal"),
    ("zipf:1.5", BIG, 32, "expectation", "analytic", "nothing is drawn"),
    ("zipf:1.5", "1e3:1e9:25", 32, "tokens", "tokens", "each token"),
    ("geometric:0.9", BIG, 32, "growth", "types", "few"),
    ("uniform:1e6", BIG, 32, "spectrum", "types", "few"),
    ("pitman-yor:0.58,concentration=10", BIG, 32, "growth", "gauss", "exact mean and variance"),
    ("pitman-yor:0.58,concentration=10", "1e3:1e9:9", 32, "spectrum", "types", "few"),
    ("santa-fe:1.724,labels=2", "1e3:1e6:25", 32, "growth", "types", "exact"),
    ("windows:alphabet=4,length=3", "1e3:1e6:25", 32, "growth", "tokens", "each token"),
    # The last size has a variance of about 300: normal, but not to within what 10^6 corpora tell.
    ("uniform:1e9", [10**9, 15 * 10**9], 1, "growth", "gauss", "normal"),
    ("uniform:1e9", [10**9, 15 * 10**9], 90, "growth", "gauss", "normal"),
    ("uniform:1e9", [10**9, 15 * 10**9], 99_000, "growth", None, "not normal"),
]


@pytest.mark.parametrize(("source", "grid", "replicates", "wants", "name", "words"), CHOICES)
def test_the_cheapest_engine_that_is_exact_enough(source, grid, replicates, wants, name, words):
    if name is None:
        with pytest.raises(ValueError, match=words):
            choose_engine(source, grid, replicates, wants=wants)
        return
    choice = choose_engine(source, grid, replicates, wants=wants)
    assert choice.name == name
    assert words in choice.reason
    assert "\n" not in choice.reason


def test_thresholds_are_where_they_are_said_to_be():
    assert choose_engine("zipf:1.5", [int(FEW_TOKENS)], 1).name == "tokens"
    assert choose_engine("zipf:1.5", [int(FEW_TOKENS) + 1], 1).name == "types"
    many = int(FEW_ARRIVALS)
    assert choose_engine("uniform:1e15", [many], 1).name == "tokens"
    assert choose_engine(f"uniform:{many}", [10**18], 1).name == "types"
    assert choose_engine("zipf:1.05", [10**10], 1).name == "gauss"
    assert choose_engine("zipf:1.05", [10**10], 1, wants="spectrum").name == "types"
    variance = float(bounds.variance_unique("zipf:1.05", 10**10))
    assert choose_engine("zipf:1.05", [10**10], min(int(CORPORA_PER_VARIANCE * variance), 2**24)).name == "gauss"


@given(sources, n_draws(2**63 - 1), st.integers(1, 10_000), st.sampled_from(WANTS))
@settings(deadline=None, max_examples=30)
def test_a_choice_is_made_or_refused_in_a_sentence(law, n, replicates, wants):
    try:
        name, reason = choose_engine(law, [n], replicates, wants=wants)
    except ValueError as error:
        name, reason = "", str(error)
        assert wants != "expectation"
    assert reason
    assert "\n" not in reason
    assert (name == "analytic") == (wants == "expectation")
    assert not (name == "gauss" and wants == "spectrum")


@given(sources, n_draws(10**6))
@settings(deadline=None, max_examples=25)
def test_what_is_chosen_can_be_set_up(law, n):
    for wants in ("growth", "spectrum"):
        name, _ = choose_engine(law, [n], 10_000, wants=wants)
        edges = FrequencySpectrum.edges(n) if wants == "spectrum" else None
        assert build_engine(name, law, np.array([n]), edges=edges)


MANY_PARTS = "mixture:" + "+".join(["0.0625*(zipf:2.0)"] * 15 + ["0.03125*(zipf:1.5)"] * 2)
NOT_BY_TOKENS = [
    ("geometric:0.9999999", "geometric ratios up to 0.999997"),
    ("zipf:40,shift=1e6", "shifted exponents up to 32"),
    ("mixture:0.5*(geometric:0.9999999)+0.5*(zipf:2)", "geometric ratios up to 0.999997"),
    ("pitman-yor:0.5,concentration=1e10", r"concentrations below 2\^29"),
    (MANY_PARTS, "at most 16 components"),
]


@pytest.mark.parametrize(("source", "words"), NOT_BY_TOKENS)
def test_what_the_tables_cannot_hold_goes_to_the_next_engine(source, words):
    choice = choose_engine(source, [1000, 10_000], 10)
    assert choice.name == "types"
    assert re.search(
        f"few: exact first arrivals, however many the draws; the tokens engine takes .*{words}", choice.reason
    )
    with pytest.raises(ValueError, match=words):
        build_engine("tokens", bounds.parse_source(source), np.array([10_000]))
    drawn = growth(source, [1000, 10_000], 10)
    deviation = float(bounds.variance_unique(source, 10_000)) ** 0.5
    assert drawn.n_unique[:, -1].mean() == pytest.approx(
        float(bounds.expected_unique(source, 10_000)), abs=2 * deviation
    )
    with pytest.raises(ValueError, match=words):
        choose_engine(source, [1000], 10, wants="tokens")


@given(sources, n_draws(10**6))
@settings(deadline=None, max_examples=30)
def test_the_sampler_says_beforehand_what_it_refuses(law, n):
    refusals = []
    for ask in (check_drawable, build_sampler):
        try:
            ask(law, n)
            refusals.append("")
        except ValueError as error:
            refusals.append(str(error))
    assert refusals[0] == refusals[1]


def test_no_table_is_built_to_choose(monkeypatch):
    """Those of 2^24 cells or types take seconds."""
    for name in ("build_cells", "alias_table"):
        monkeypatch.setattr(sampling, name, None)
    for source in ("geometric:0.99999", "zipf:0.5,types=1.6e7", "zipf:1.5"):
        assert choose_engine(source, [1000], 1).name == "tokens"
        with pytest.raises(TypeError):
            build_engine("tokens", bounds.parse_source(source), np.array([1000]))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("zipf:1.5", [10], 0), "replicates must be at least 1, got 0"),
        (("zipf:1.5", [10], 2**24 + 1), "replicates must be at most"),
        (("zipf:1.5", [], 1), "n_draws must name at least one"),
        (("zipf:1.5", [float("nan")], 1), "n_draws must be a whole number"),
        (("zipf:1.5", [1.5], 1), "n_draws must be a whole number"),
        (("zipf:1.5", [0], 1), "n_draws must be at least 1"),
        (("zipf:1.5", [2**63], 1), r"n_draws must be at most 2\^63 - 1"),
        (("zeta:1.5", [10], 1), "unknown source"),
    ],
)
def test_bad_arguments_are_refused_in_a_sentence(arguments, words):
    for function in (growth, choose_engine):
        with pytest.raises(ValueError, match=words):
            function(*arguments)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"engine": "analytic"}, "engine must be one of auto, tokens, types, gauss, got 'analytic'"),
        ({"engine": "gauss", "spectrum": True}, "draws no multiplicities"),
        ({"seed": -1}, "seed must be"),
        ({"seed": 2**64}, r"seed must be at most 2\^64 - 1, got"),
        ({"first": 2**24}, "first must be"),
        ({"threads": 0}, "threads must be"),
    ],
)
def test_bad_options_are_refused_in_a_sentence(options, words):
    with pytest.raises(ValueError, match=words):
        growth("zipf:1.5", [10], 1, **options)


def test_wants_are_named():
    with pytest.raises(ValueError, match="wants must be one of expectation, growth, spectrum, tokens, got 'f1'"):
        choose_engine("zipf:1.5", [10], 1, wants="f1")
    with pytest.raises(ValueError, match="engine must be tokens, types or gauss, got 'auto'"):
        build_engine("auto", bounds.Zipf(1.5), np.array([10]))


@pytest.mark.parametrize("source", ["geometric:0.9", "uniform:1e15"])
def test_a_path_that_is_not_normal_is_refused(source):
    """Few types left to see, or few repeats: the variance is small although D is large."""
    law = bounds.parse_source(source)
    with pytest.raises(ValueError, match="needs a variance of U of at least 100, got"):
        gaussian_path(law, np.array([10**7, 10**8 if source[0] == "g" else 3 * 10**7, 10**9]))


def test_sizes_at_which_a_law_is_normal():
    assert sizes_not_normal(bounds.Zipf(1.5), np.array([10, 100, 10**6])) == 2
    assert sizes_not_normal(bounds.Zipf(1.5), np.array([1, 10**6])) == 0  # one draw is one type for certain
    assert sizes_not_normal(bounds.Uniform(1000), np.array([100, 10**9])) == 1
    assert sizes_not_normal(bounds.GrowingUniform(0.58), np.array([10**12, 10**18])) == 0
    assert sizes_not_normal(bounds.Uniform(10**6), np.array([10**6, 10**9])) == 0


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: arrivals(bounds.PitmanYor(0.5), np.array([10])), "fixed probabilities"),
        (lambda: arrivals(bounds.Windows(4, 3), np.array([10])), "fixed probabilities.*; use the tokens engine"),
        (lambda: arrivals(bounds.Zipf(1.05), np.array([10**18])), f"stops at {written(MAX_ARRIVALS)}"),
        (lambda: gaussian_path(bounds.PitmanYor(0.5), np.array([10])), "fixed probabilities"),
        (lambda: gaussian_path(bounds.Zipf(1.5), np.arange(1, 2002)), "at most 2000 sizes"),
        (lambda: restaurant(bounds.PitmanYor(0.9), np.array([10**18]), step=False), "stops at"),
        (lambda: restaurant(bounds.PitmanYor(0.9), np.array([10]), edges=np.array([1])), "step=False"),
        (lambda: choose_engine("zipf:1.5", [2 * int(MAX_TOKENS)], 1, wants="tokens"), "stops at 1T"),
        (lambda: choose_engine("zipf:1.05", [10**18], 1, wants="spectrum"), "curves alone"),
        (lambda: choose_engine("windows:alphabet=4,length=9999999", [10], 1), "at most 2.20 letters"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(make, words):
    with pytest.raises(ValueError, match=words) as caught:
        make()
    assert "\n" not in str(caught.value)
