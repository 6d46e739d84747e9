"""Windows of uniform letters: small streams listed, long ones in whole numbers, classes of words, what always holds."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bounds
from bounds import testing
from bounds.counts.words import autocorrelation, word_kinds

THOROUGH = settings(max_examples=30, deadline=None)

# Exact: streams listed


def streams(first, q, n):
    """Every stream of n letters with its probability."""
    for stream in itertools.product(range(len(first)), repeat=n):
        yield stream, math.prod([first[stream[0]], *(q[a][b] for a, b in itertools.pairwise(stream))])


def windows_of(stream, length):
    return [stream[i : i + length] for i in range(len(stream) - length + 1)]


@pytest.mark.parametrize(
    ("alphabet", "length", "n"), [(2, 1, 5), (2, 2, 9), (2, 3, 10), (2, 5, 9), (3, 2, 6), (3, 4, 7)]
)
def test_uniform_windows_by_enumeration(alphabet, length, n):
    source = bounds.Windows(alphabet, length)
    q = [[1 / alphabet] * alphabet] * alphabet
    seen = new = 0.0
    for stream, chance in streams(q[0], q, n + 1):
        *past, last = windows_of(stream, length)
        seen += chance * len(set(past))
        new += chance * (last not in past)
    n_windows = n - length + 1
    assert bounds.expected_unique(source, n_windows) == pytest.approx(seen, rel=1e-13)
    assert bounds.missing_mass(source, n_windows) == pytest.approx(new, rel=1e-13)
    assert bounds.local_exponent(source, n_windows) == pytest.approx(n_windows * new / seen, rel=1e-13)
    assert bounds.counts.expected_unique_windows(q[0], length=length, n_tokens=n) == pytest.approx(seen, rel=1e-13)


# Exact: integers and high precision


def strings_without(word, alphabet, lengths):
    """How many strings of each length do not hold the word: whole numbers, by the longest matching end."""

    def after(state, letter):
        end = (*word[:state], letter)
        return next(k for k in range(len(end), -1, -1) if end[len(end) - k :] == word[:k])

    step = {(k, a): after(k, a) for k in range(len(word)) for a in range(alphabet)}
    counts, found = Counter({0: 1}), []
    for n in range(max(lengths) + 1):
        if n in lengths:
            found.append(sum(counts.values()))
        grown: Counter[int] = Counter()
        for state, times in counts.items():
            for letter in range(alphabet):
                if step[state, letter] < len(word):
                    grown[step[state, letter]] += times
        counts = grown
    return found


@pytest.mark.parametrize(("alphabet", "length"), [(2, 1), (2, 2), (2, 3), (2, 4), (2, 7), (3, 2), (3, 4), (5, 2)])
def test_uniform_windows_in_whole_numbers(alphabet, length):
    """Words counted one by one, on both sides of the step from recurrence to root, and far into saturation."""
    sizes = [length, length + 1, length + 40, length + 94, length + 95, length + 96, length + 97, 300, 301, 700, 701]
    absent = np.zeros(len(sizes), object)
    for word in itertools.product(range(alphabet), repeat=length):
        absent += [Fraction(n, alphabet**t) for n, t in zip(strings_without(word, alphabet, sizes), sizes, strict=True)]
    n_windows = np.array(sizes) - length + 1
    seen = [float(alphabet**length - x) for x in absent]
    np.testing.assert_allclose(autocorrelation.seen(alphabet, length, n_windows.astype(float)), seen, rtol=2e-15)
    for i in (0, 3, 4, 5, 7, 9):
        new = float(absent[i] - absent[i + 1])
        assert bounds.missing_mass(bounds.Windows(alphabet, length), int(n_windows[i])) == pytest.approx(new, rel=1e-13)


@pytest.mark.parametrize("alphabet", [2, 3])
@pytest.mark.parametrize("length", [1, 2, 3, 6, 9])
def test_classes_of_words_by_enumeration(alphabet, length):
    found: Counter[int] = Counter()
    for word in itertools.product(range(alphabet), repeat=length):
        found[sum(1 << b for b in range(1, length) if word[:b] == word[length - b :])] += 1
    assert autocorrelation.classes(alphabet, length) == found
    words, times = word_kinds.one_of_each_kind(length, np.full((1, alphabet), 1 / alphabet))
    assert sorted(times) == sorted(found.values())
    assert len(words) == len(found)


def test_numbers_of_classes():
    """The numbers of autocorrelations that Guibas and Odlyzko list, from length 1 on."""
    listed = [1, 2, 3, 4, 6, 8, 10, 13, 17, 21, 27, 30, 37, 47, 57, 62, 75, 87, 102, 116]
    assert [len(autocorrelation.classes(2, n)) for n in range(1, 21)] == listed
    assert [len(autocorrelation.classes(7, n)) for n in range(1, 21)] == listed


@pytest.mark.parametrize("size", [3.0, 1e3, 1e9, 1e15, 1e18])
@pytest.mark.parametrize(("alphabet", "length"), [(2, 62), (3, 39), (1000, 7)])
def test_overlaps_no_longer_matter_where_they_are_left_out(alphabet, length, size, monkeypatch):
    short = [f(alphabet, length, np.array([size]))[0] for f in (autocorrelation.seen, autocorrelation.unseen)]
    monkeypatch.setattr(autocorrelation, "_BITS", 1000.0)
    autocorrelation._classes.cache_clear()
    full = [f(alphabet, length, np.array([size]))[0] for f in (autocorrelation.seen, autocorrelation.unseen)]
    autocorrelation._classes.cache_clear()
    np.testing.assert_allclose(short, full, rtol=3e-15)


def test_windows_are_not_independent_draws():
    """The worked case of the theory: 34.022 windows of 3 in 50 letters, where 48 independent draws hold 33.947."""
    assert bounds.expected_unique("windows:alphabet=4,length=3", 48) == pytest.approx(34.022, abs=5e-4)
    assert bounds.expected_unique("uniform:64", 48) == pytest.approx(33.947, abs=5e-4)


# Properties


@THOROUGH
@given(st.integers(2, 60), st.integers(1, 40))
def test_the_classes_share_all_words(alphabet, length):
    table = autocorrelation.classes(alphabet, length)
    assert sum(table.values()) == alphabet**length
    assert min(table.values()) > 0
    assert table[0] >= alphabet**length * (alphabet - 2) // (alphabet - 1)


@THOROUGH
@given(testing.window_sources(), testing.counts(1, 10**18))
def test_windows_grow_and_saturate(source, n):
    seen, later = bounds.expected_unique(source, [n, 2 * n])
    new, new_later = bounds.missing_mass(source, [n, 2 * n])
    assert 1 <= seen <= min(n, source.n_types)
    assert seen <= later * (1 + 1e-14)
    assert later <= 2 * seen * (1 + 1e-14)
    assert 0 <= new_later <= new * (1 + 1e-13)
    assert new <= 1
    assert 0 <= bounds.local_exponent(source, n) <= 1 + 1e-14


@THOROUGH
@given(testing.window_sources(), st.integers(1, 300))
def test_the_next_window_adds_what_is_missing(source, n):
    seen = bounds.expected_unique(source, [n, n + 1])
    assert seen[1] - seen[0] == pytest.approx(bounds.missing_mass(source, n), abs=1e-12 * n)


@THOROUGH
@given(testing.counts(1, 2**62), testing.n_draws())
def test_windows_of_one_letter_are_independent_draws(types, n):
    source, draws = bounds.Windows(types, 1), bounds.Uniform(types)
    assert bounds.expected_unique(source, n) == pytest.approx(bounds.expected_unique(draws, n), rel=1e-13)
    missing = bounds.missing_mass(draws, n)
    # A logarithm of -700 is known to 700 times the rounding.
    assert bounds.missing_mass(source, n) == pytest.approx(missing, rel=1e-12, abs=1e-290)


def test_long_windows_cost_no_more():
    for source in ("windows:alphabet=50257,length=8", "windows:alphabet=2,length=1e9", "windows:alphabet=2,length=64"):
        law = bounds.parse_source(source)
        assert bounds.expected_unique(law, 1000) == pytest.approx(1000, rel=1e-13)
        assert 0 < bounds.expected_unique(law, 2**63) <= min(2**63, law.n_types)
    assert bounds.expected_unique("windows:alphabet=1,length=1e12", [1, 10**9]).tolist() == [1, 1]
    assert bounds.missing_mass("windows:alphabet=1,length=1e12", [0, 1]).tolist() == [1, 0]


# Interface


def test_what_overlapping_windows_do_not_have_is_refused():
    source = "windows:alphabet=4,length=3"
    for function in (
        lambda: bounds.variance_unique(source, 10),
        lambda: bounds.counts.covariance_unique(source, 10, 20),
        lambda: bounds.expected_spectrum(source, 10, multiplicity=1),
        lambda: bounds.expected_unique(source, 10, poisson=True),
        lambda: bounds.missing_mass(source, 10, poisson=True),
        lambda: bounds.local_exponent(source, 10, poisson=True),
    ):
        with pytest.raises(ValueError, match="needs independent draws, and windows:alphabet=4,length=3 overlap"):
            function()
    assert bounds.entropy(source) == pytest.approx(3 * math.log(4))


def test_wrong_kinds_of_arguments_get_one_sentence():
    with pytest.raises(ValueError, match="approximate must be True or False, got 'no'"):
        bounds.counts.absence_probability([0, 1], [0.5, 0.5], n_tokens=9, approximate="no")
    with pytest.raises(ValueError, match="letters must be probabilities"):
        bounds.counts.absence_probability([0, 1], np.array([0.5 + 1j, 0.5]), n_tokens=9)
    with pytest.raises(ValueError, match="word must be a sequence"):
        bounds.counts.absence_probability([0, [1]], [0.5, 0.5], n_tokens=9)
