"""Words in streams of independent or Markov letters: streams listed, high precision, formulas, what always holds."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import bounds
from bounds import counts, testing
from bounds.counts import windows
from bounds.counts.words import autocorrelation, word_chains, word_kinds
from tests.test_windows import streams, windows_of

THOROUGH = settings(max_examples=30, deadline=None)
FAIR = [0.5, 0.5]
BIASED = [0.7, 0.2, 0.1]
CHAIN = [[0.9, 0.1, 0.0], [0.2, 0.3, 0.5], [0.6, 0.0, 0.4]]

# Exact


@pytest.mark.parametrize("length", [1, 2, 3, 5])
@pytest.mark.parametrize("n", [1, 2, 4, 7])
@pytest.mark.parametrize("kind", ["independent", "stationary", "started"])
def test_any_windows_by_enumeration(kind, length, n):
    letters = BIASED if kind == "independent" else CHAIN
    initial = [0.0, 0.25, 0.75] if kind == "started" else None
    q = [BIASED] * 3 if kind == "independent" else CHAIN
    first = initial or (BIASED if kind == "independent" else stationary(CHAIN))
    seen, occurs = 0.0, Counter[tuple[int, ...]]()
    for stream, chance in streams(first, q, n):
        found = set(windows_of(stream, length))
        seen += chance * len(found)
        for word in found:
            occurs[word] += chance
    value = counts.expected_unique_windows(letters, length=length, n_tokens=n, initial=initial)
    assert value == pytest.approx(seen, rel=1e-13, abs=0)
    for word in itertools.islice(itertools.product(range(3), repeat=length), 0, None, 7):
        chance = counts.occurrence_probability(word, letters, n_tokens=n, initial=initial)
        assert chance == pytest.approx(occurs[word], rel=1e-13, abs=1e-300)
        absent = counts.absence_probability(word, letters, n_tokens=n, initial=initial)
        assert absent == pytest.approx(1 - occurs[word], abs=1e-14)


def stationary(q):
    values, vectors = np.linalg.eig(np.array(q).T)
    law = vectors[:, np.argmax(values.real)].real
    return list(law / law.sum())


def absent_at_high_precision(word, letters, n_tokens):
    """P(absent) by powers of the automaton's matrix with 400 digits."""
    with mpmath.workdps(400):
        p = [mpmath.mpf(x) for x in letters]
        p[letters.index(max(letters))] += 1 - sum(p)
        steps = mpmath.zeros(len(word))
        for state, (letter, chance) in itertools.product(range(len(word)), enumerate(p)):
            end = (*word[:state], letter)
            reached = next(k for k in range(len(end), -1, -1) if end[len(end) - k :] == tuple(word[:k]))
            if reached < len(word):
                steps[state, reached] += chance
        power = steps**n_tokens
        return sum(power[0, k] for k in range(len(word)))


@pytest.mark.parametrize("word", [(0,), (1, 1, 1, 1), (0, 1, 0, 1, 0), (1, 0, 0, 1, 0, 0, 1), (0, 0, 0, 0, 0, 1)])
@pytest.mark.parametrize("letters", [FAIR, [0.999, 0.001], [1e-9, 1 - 1e-9]])
@pytest.mark.parametrize("n_tokens", [7, 100, 10**6, 10**18])
def test_rare_and_common_words_keep_their_digits(word, letters, n_tokens):
    absent = absent_at_high_precision(word, letters, n_tokens)
    for function, exact in (
        (counts.absence_probability, absent),
        (counts.occurrence_probability, 1 - absent),
    ):
        value = function(word, letters, n_tokens=n_tokens)
        if exact < 1e-290:
            assert value < 1e-280
            continue
        # A logarithm of -700 is known to 700 times the rounding.
        assert value == pytest.approx(float(exact), rel=4e-15 * max(1, -float(mpmath.log(exact))), abs=0)


# The formulas


def test_a_word_without_borders_against_its_formula_at_fifty_digits():
    formula = bounds.formulas()["absence_probability.unbordered"]
    for word, letters, n in (((0, 1, 1), FAIR, 20), ((1, 0, 0, 0, 0), [0.25, 0.75], 200), ((2, 0), BIASED, 33)):
        p = math.prod(Fraction(letters[a]).limit_denominator(100) for a in word)
        values = {"p": sympy.Rational(p.numerator, p.denominator), "l": len(word), "T": n}
        exact = formula.expression.subs({formula.symbols[k]: v for k, v in values.items()}).doit()
        assert counts.absence_probability(word, letters, n_tokens=n) == pytest.approx(float(exact), rel=1e-13)


@pytest.mark.parametrize("word", [(0,), (0, 1, 0), (1, 1, 1), (0, 2, 0, 2)])
def test_the_generating_function_is_the_sum_of_its_series(word):
    formula, z = bounds.formulas()["absence_probability.generating_function"], 0.8
    periods = [j for j in range(len(word)) if word[j:] == word[: len(word) - j]]
    c = sum(z**j * math.prod(BIASED[a] for a in word[len(word) - j :]) for j in periods)
    sizes = np.arange(300)
    series = counts.absence_probability(word, BIASED, n_tokens=sizes) @ z**sizes
    value = formula.function(math.prod(BIASED[a] for a in word), len(word), z, c)
    assert series == pytest.approx(value, rel=1e-13)


@pytest.mark.parametrize("letters", [FAIR, [0.3, 0.7], [[0.2, 0.8], [0.6, 0.4]]])
@pytest.mark.parametrize("word", [(0, 1) * 8, (0,) * 16, (0, 0, 1) * 5, (0,) * 9 + (1,) * 7])
def test_rare_words_come_in_clumps(word, letters):
    """The compound-Poisson approximation, and, as a control, the Poisson one that forgets overlaps."""
    sizes = np.array([1e3, 1e5, 1e6])
    exact = counts.occurrence_probability(word, letters, n_tokens=sizes)
    close = counts.occurrence_probability(word, letters, n_tokens=sizes, approximate=True)
    np.testing.assert_allclose(close, exact, rtol=0.02)
    absent = counts.absence_probability(word, letters, n_tokens=sizes, approximate=True)
    np.testing.assert_allclose(absent, 1 - close, atol=1e-15)
    forgetful = bounds.formulas()["occurrence_probability.compound_poisson"].function
    if word[0] == word[-1] and letters is FAIR:
        assert forgetful(1e3, 16, 2.0**-16, 0.0) > 1.4 * exact[0]


def test_all_rare_words_together():
    for letters, length in ((BIASED, 9), (CHAIN, 9), ([0.25] * 4, 8)):
        exact = counts.expected_unique_windows(letters, length=length, n_tokens=3000)
        close = counts.expected_unique_windows(letters, length=length, n_tokens=3000, approximate=True)
        assert close == pytest.approx(exact, rel=0.01)


# Properties


@THOROUGH
@given(testing.chains(), st.integers(1, 4), testing.counts(1, 10**15))
def test_windows_of_any_stream(chain, length, n):
    seen = counts.expected_unique_windows(chain, length=length, n_tokens=[n, n + 1, 2 * n])
    assert (np.diff(seen) >= -1e-13 * seen[1:]).all()
    assert 0 <= seen[0] <= min(max(n - length + 1, 0), len(chain) ** length) * (1 + 1e-14)
    words = itertools.product(range(len(chain)), repeat=length)
    one_by_one = math.fsum(counts.occurrence_probability(word, chain, n_tokens=n) for word in words)
    assert seen[0] == pytest.approx(one_by_one, rel=1e-13)


@THOROUGH
@given(testing.probabilities(max_types=4), st.integers(1, 5), testing.counts(1, 10**18))
def test_independent_letters_are_a_chain_that_forgets(law, length, n):
    alone = counts.expected_unique_windows(law, length=length, n_tokens=n)
    chain = counts.expected_unique_windows([law] * len(law), length=length, n_tokens=n)
    assert chain == pytest.approx(alone, rel=1e-13)
    started = counts.expected_unique_windows([law] * len(law), length=length, n_tokens=n, initial=law)
    assert started == pytest.approx(alone, rel=1e-13)


@THOROUGH
@given(st.integers(2, 5), st.integers(1, 6), testing.counts(1, 10**18))
def test_uniform_letters_have_two_ways(alphabet, length, n):
    """Classes of words against one automaton for each."""
    q = np.full((1, alphabet), 1 / alphabet)
    words, times = word_kinds.one_of_each_kind(length, q)
    present, _ = word_chains.occurrence(words, q[0], q, np.array([float(n)]))
    value = counts.expected_unique_windows(q[0], length=length, n_tokens=n)
    assert value == pytest.approx(float(times @ present[:, 0]), rel=1e-13)


# Special streams


def test_streams_that_do_not_mix():
    """Letters in turn, a letter that stays, letters that never come, and a nearly decomposable chain."""
    turn = [[0.0, 1.0], [1.0, 0.0]]
    assert counts.expected_unique_windows(turn, length=3, n_tokens=[2, 3, 4, 1e18]) == pytest.approx([0, 1, 2, 2])
    stay = [[0.5, 0.5], [0.0, 1.0]]
    assert counts.expected_unique_windows(stay, length=4, n_tokens=100) == 1
    assert counts.expected_unique_windows(stay, length=2, n_tokens=100, initial=[1, 0]) == pytest.approx(2.5)
    padded = counts.expected_unique_windows([0.5, 0.0, 0.5], length=40, n_tokens=10**12)
    assert padded == counts.expected_unique_windows(FAIR, length=40, n_tokens=10**12)
    sticky = [[1 - 1e-9, 1e-9], [1e-9, 1 - 1e-9]]
    rare = counts.occurrence_probability([0, 1], sticky, n_tokens=[2, 10**3, 10**12])
    # Changes of letter come at rate 1e-9; the pattern needs the first from 0 to 1.
    assert rare[0] == pytest.approx(5e-10, rel=1e-14)
    assert rare[1] == pytest.approx(999 * 5e-10, rel=1e-6)
    assert rare[2] == pytest.approx(1, rel=1e-12)


# Interface


def test_shapes_follow_the_input():
    sizes = np.array([[0, 1, 10], [100, 10**4, 10**6]])
    functions = (
        lambda n: bounds.expected_unique("windows:alphabet=3,length=2", n),
        lambda n: counts.expected_unique_windows(BIASED, length=2, n_tokens=n),
        lambda n: counts.expected_unique_windows(CHAIN, length=2, n_tokens=n, approximate=True),
        lambda n: counts.absence_probability([0, 1], FAIR, n_tokens=n),
    )
    for function in functions:
        result = function(sizes)
        assert result.shape == sizes.shape
        assert isinstance(function(10), float)
        assert function(10) == pytest.approx(result[0, 2], rel=1e-15)
        labelled = function(xr.DataArray(sizes, dims=("cell", "n_tokens"), coords={"cell": ["a", "b"]}))
        assert isinstance(labelled, xr.DataArray)
        np.testing.assert_array_equal(labelled.values, result)
    assert counts.absence_probability([0, 1], FAIR, n_tokens=[0, 1]).tolist() == [1, 1]


def test_many_sizes_at_once(monkeypatch):
    sizes = np.arange(1, 400)
    whole = counts.expected_unique_windows(BIASED, length=3, n_tokens=sizes)
    uniform = bounds.expected_unique("windows:alphabet=2,length=9", sizes)
    monkeypatch.setattr(windows, "_BLOCK", 100)
    monkeypatch.setattr(word_chains, "_BLOCK", 100)
    monkeypatch.setattr(autocorrelation, "_BLOCK", 100)
    np.testing.assert_allclose(counts.expected_unique_windows(BIASED, length=3, n_tokens=sizes), whole, rtol=1e-15)
    np.testing.assert_array_equal(bounds.expected_unique("windows:alphabet=2,length=9", sizes), uniform)


@pytest.mark.parametrize(
    ("letters", "options", "sentence"),
    [
        ([0.5, 0.4], {}, "letters must sum to 1"),
        ([0.5, math.nan], {}, "letters must be probabilities of at least 0, got nan"),
        ([1.5, -0.5], {}, "letters must be probabilities of at least 0, got -0.5"),
        ([math.inf, 1], {}, "letters must sum to 1"),
        ([], {}, "letters must be a sequence of probabilities"),
        (0.5, {}, "letters must be a sequence of probabilities"),
        ("half", {}, "letters must be probabilities, got 'half'"),
        ([[0.5, 0.5]], {}, r"A x A transition matrix, got an array of shape \(1, 2\)"),
        ([[0.5, 0.4], [0.5, 0.5]], {}, "letters must sum to 1"),
        ([[1, 0], [0, 1]], {}, "more than one stationary law; pass one"),
        (CHAIN, {"initial": [0.5, 0.5]}, "initial must be 3 probabilities"),
        (CHAIN, {"initial": [0.5, 0.5, 0.5]}, "initial must sum to 1"),
        (CHAIN, {"initial": [1, 0, 0], "approximate": True}, "initial must be left out"),
        (FAIR, {"initial": FAIR}, "initial is for a transition matrix"),
        (FAIR, {"n_tokens": -1}, "n_tokens must be a whole number"),
        (FAIR, {"n_tokens": math.nan}, "n_tokens must be a whole number"),
        (FAIR, {"n_tokens": 2.5}, "n_tokens must be a whole number"),
    ],
)
def test_bad_streams_are_refused_in_one_sentence(letters, options, sentence):
    options = {"n_tokens": 10} | options
    for function in (
        lambda: counts.expected_unique_windows(letters, length=2, **options),
        lambda: counts.occurrence_probability([0, 1], letters, **options),
        lambda: counts.absence_probability([0, 1], letters, **options),
    ):
        with pytest.raises(ValueError, match=sentence) as caught:
            function()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("length", [0, -1, 1.5, math.nan, math.inf, True, "3", None])
def test_bad_lengths_are_refused(length):
    with pytest.raises(ValueError, match=r"^length must be a whole number of at least 1, got"):
        counts.expected_unique_windows(FAIR, length=length, n_tokens=10)


@pytest.mark.parametrize("word", [[], [0, 2], [-1], [0.5], 3, [[0, 1]], "01", [True, False]])
def test_bad_words_are_refused(word):
    with pytest.raises(ValueError, match=r"^word must "):
        counts.occurrence_probability(word, FAIR, n_tokens=10)


def test_what_would_take_too_long_is_refused():
    with pytest.raises(ValueError, match=r"at most 2\^20 words to list, got 21 with 2 letters"):
        counts.expected_unique_windows([0.3, 0.7], length=21, n_tokens=10)
    with pytest.raises(ValueError, match="takes too long; pass a shorter length or approximate=True"):
        counts.occurrence_probability([0, 1] * 1000, FAIR, n_tokens=10)
    chain = np.random.default_rng(0).dirichlet(np.ones(100), 100)
    with pytest.raises(ValueError, match="takes too long"):
        counts.expected_unique_windows(chain, length=2, n_tokens=10)
    assert counts.expected_unique_windows(chain, length=2, n_tokens=10, approximate=True) == pytest.approx(9, rel=0.01)


def test_every_formula_explains_itself():
    for formula in windows.FORMULAS:
        assert formula.name in bounds.explain(formula.name)
        given, value = formula.worked()
        assert given
        assert math.isfinite(value)
