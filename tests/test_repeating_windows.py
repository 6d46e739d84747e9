"""Windows of letters that repeat the one before or are not equally likely: exact counts, draws, sweeps, fits.

Statistical checks here: six z of a mean, six chi-squares (letters that follow each other, first letters, short words).
"""

from __future__ import annotations

import json
import math
from functools import cache
from itertools import islice, pairwise, product
from typing import cast

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings

import bounds
import simulate
from bounds import testing
from bounds.counts.words import repeating_letters, word_kinds
from bounds.fitting.exponents.exponent import fit_exponent
from simulate.cli.main import main
from simulate.drawing.backends import cpu, reference
from simulate.drawing.stream import Stream
from simulate.drawing.tables import Sampler, build_sampler
from simulate.studies.sweep.fits import refit
from tests import statistics as stats
from tests.test_windows import streams, windows_of

SEED = 20261125
NO_EDGES = np.empty(0, np.int64)
SMALL = [(2, 3, 0.3, 0.0), (3, 2, 0.3, 1.0), (2, 4, 0.8, 0.5), (4, 2, 0.5, 0.0), (3, 3, 0.0, 1.3), (3, 1, 0.4, 2.0)]


def matrix(source: bounds.Windows) -> tuple[np.ndarray, np.ndarray]:
    """The law of a letter and the transition matrix, as the docstring of the source has them."""
    p = np.arange(1.0, source.alphabet + 1) ** -source.exponent
    p /= p.sum()
    return p, source.stay * np.eye(len(p)) + (1 - source.stay) * p


def word_chances(source: bounds.Windows) -> np.ndarray:
    """Probabilities of all words in order."""
    p, q = matrix(source)
    words = product(range(source.alphabet), repeat=source.length)
    return np.array([p[word[0]] * math.prod(q[a, b] for a, b in pairwise(word)) for word in words])


# Exact values


@pytest.mark.parametrize("parameters", SMALL, ids=str)
def test_every_stream_listed(parameters):
    source = bounds.Windows(*parameters)
    p, q = matrix(source)
    n, length = {2: 9, 3: 6, 4: 5}[source.alphabet], source.length
    seen = new = 0.0
    for stream, chance in streams(p, q, n + 1):
        *past, last = windows_of(stream, length)
        seen += chance * len(set(past))
        new += chance * (last not in past)
    n_windows = n - length + 1
    assert bounds.expected_unique(source, n_windows) == pytest.approx(seen, rel=1e-12)
    assert bounds.missing_mass(source, n_windows) == pytest.approx(new, rel=1e-12)
    assert bounds.local_exponent(source, n_windows) == pytest.approx(n_windows * new / seen, rel=1e-12)
    surprise = -math.fsum(x * math.log(x) for x in word_chances(source))
    assert bounds.entropy(source) == pytest.approx(surprise, rel=1e-13)


WORDS = [(2, 9, 0.6, 0.0), (2, 9, 0.6, 1.0), (3, 6, 0.2, 0.0), (5, 4, 0.9, 0.7), (4, 5, 0.0, 2.0), (7, 3, 0.4, 1.5)]


@pytest.mark.parametrize("parameters", WORDS, ids=str)
@pytest.mark.parametrize("n_windows", [1, 30, 1e4, 1e12])
def test_any_chain_of_letters_gives_the_same(parameters, n_windows):
    """The automaton of any transition matrix, which knows the last letter, and finer kinds of words."""
    source = bounds.Windows(*parameters)
    p, q = matrix(source)
    letters = q if source.stay else p
    other = bounds.counts.expected_unique_windows(letters, length=source.length, n_tokens=n_windows + source.length - 1)
    assert bounds.expected_unique(source, n_windows) == pytest.approx(other, rel=1e-12)


def test_how_a_word_overlaps_itself_matters(monkeypatch):
    """A control: kinds of words that forget it give another number."""
    source = bounds.Windows(3, 4, 0.7, 1.0)
    right = bounds.expected_unique(source, 100)
    monkeypatch.setattr(word_kinds, "has_period", lambda words, j: np.zeros(len(words), bool))
    repeating_letters.kinds.cache_clear()
    wrong = bounds.expected_unique(source, 100)
    repeating_letters.kinds.cache_clear()
    assert abs(wrong / right - 1) > 1e-6


@given(testing.repeating_window_sources(), testing.counts(1, 10**15))
@settings(max_examples=30, deadline=None)
def test_counts_are_possible(source, n):
    seen, following, later = bounds.expected_unique(source, [n, n + 1, 2 * n])
    new = bounds.missing_mass(source, n)
    assert 1 <= seen <= min(n, source.n_types)
    assert seen * (1 - 1e-13) <= following <= later * (1 + 1e-13)
    assert later <= 2 * seen * (1 + 1e-13)
    assert 0 <= new <= 1
    assert following - seen == pytest.approx(new, abs=1e-11 * seen)
    assert 0 <= bounds.local_exponent(source, n) <= 1 + 1e-12
    kinds = repeating_letters.kinds(source)
    assert kinds.times.sum() == pytest.approx(source.n_types, rel=1e-12)
    # Dependence and unequal letters make a window less surprising.
    assert bounds.entropy(source) <= source.length * math.log(source.alphabet) * (1 + 1e-12)


def test_names_of_equally_likely_letters_do_not_matter():
    listed = [len(repeating_letters._patterns(bounds.Windows(9, n))[0]) for n in range(1, 8)]
    assert listed == [1, 2, 5, 15, 52, 203, 877]  # Bell numbers
    words, times = repeating_letters._patterns(bounds.Windows(3, 5))
    assert len({tuple(word) for word in words.tolist()}) == len(words) == 41
    assert times.sum() == 3**5
    assert bounds.expected_unique("windows:alphabet=50257,length=8,stay=0.2", 1000) == pytest.approx(1000, rel=1e-3)


@pytest.mark.parametrize(
    "source",
    ["windows:alphabet=2,length=22,stay=0.1", "windows:alphabet=1e6,length=12,stay=0.1",
     "windows:alphabet=1025,length=2,exponent=1", "windows:alphabet=2,length=1e15,exponent=1"],
)  # fmt: skip
def test_too_many_words_are_refused_in_a_sentence(source):
    for function in (bounds.expected_unique, bounds.missing_mass, bounds.local_exponent):
        with pytest.raises(ValueError, match=r"to be listed, of which there may be 2\^20; pass a shorter") as caught:
            function(source, 10)
        assert "\n" not in str(caught.value)


def test_defaults_are_the_source_of_old():
    source = bounds.parse_source("windows:alphabet=4,length=3,stay=0,exponent=0")
    assert source == bounds.Windows(4, 3)
    assert str(source) == "windows:alphabet=4,length=3"
    assert str(bounds.Windows(4, 3, 0.25, 1.5)) == "windows:alphabet=4,length=3,stay=0.25,exponent=1.5"
    assert bounds.expected_unique("windows:alphabet=1,length=1e12,stay=0.5", [1, 10**9]).tolist() == [1, 1]
    # Recorded before there were other letters: tables and counts of seed 1, cell 2, replicate 3 at 1e3 and 1e5 draws.
    sampler = build_sampler(bounds.parse_source("windows:alphabet=4,length=8"), 10)
    assert sampler.digest.startswith("54e8537cf498dea6")
    found = cpu.growth(sampler, np.array([1000, 100_000]), Stream(1, "tokens", 2, 3), edges=np.array([1, 2]))
    assert found.spectrum.tolist() == [[984, 8], [21984, 29407]]
    assert len({build_sampler(bounds.Windows(4, 8, stay, s), 1).digest for stay in (0, 0.5) for s in (0, 1)}) == 4


# Draws


def letters_of(sampler: Sampler, n: int, replicate: int = 0) -> np.ndarray:
    """The first `n` letters of the stream behind windows of one letter."""
    return cpu.draw(sampler, n, Stream(SEED, "tokens", 9, replicate)).astype(np.int64)


def z_of_pairs(letters: np.ndarray, q: np.ndarray) -> float:
    """z of the chi-square of letters that follow each other, given how often each is followed (Billingsley 1961)."""
    found = np.zeros_like(q)
    np.add.at(found, (letters[:-1], letters[1:]), 1)
    expected = found.sum(1, keepdims=True) * q
    statistic = float(((found - expected) ** 2 / np.maximum(expected, 1e-9)).sum())
    return stats.z_of_chi_square(statistic, q.size - len(q))


CHAINS = [(4, 1, 0.3, 0.0), (4, 1, 0.3, 1.0), (26, 1, 0.9, 0.5), (3, 1, 0.0, 2.0)]


@pytest.mark.parametrize("parameters", CHAINS, ids=str)
def test_letters_follow_each_other_by_the_matrix(parameters):
    source = bounds.Windows(*parameters)
    _, q = matrix(source)
    sampler = build_sampler(source, 1)
    assert stats.check(f"pairs {source}", z_of_pairs(letters_of(sampler, 400_000), q))
    if source.stay:  # a chain that repeats where it should not, and the other way round
        wrong = Sampler(sampler.kind, sampler.parameter, alias=sampler.alias, repeat=2**64 - sampler.repeat)
        assert abs(z_of_pairs(letters_of(wrong, 400_000), q)) > stats.LIMIT


def test_the_first_letter_is_drawn_anew():
    """Its law over streams, and, as a control, that of the second letter after letter 0."""
    p, _ = matrix(source := bounds.Windows(4, 1, 0.9, 1.0))
    sampler = build_sampler(source, 1)
    first = np.array([letters_of(sampler, 1, replicate)[0] for replicate in range(4000)])
    expected = 4000 * p

    def z(found: np.ndarray) -> float:
        statistic = float(((np.bincount(found, minlength=4) - expected) ** 2 / expected).sum())
        return stats.z_of_chi_square(statistic, 3)

    assert stats.check("first letters", z(first))
    held = np.array([letters_of(sampler, 2, replicate)[1] for replicate in np.flatnonzero(first == 0).tolist()])
    assert abs(z(np.resize(held, 4000))) > stats.LIMIT


def test_letters_that_share_bits_with_what_repeats_them_are_noticed(monkeypatch):
    """A wrong sampler: whether a letter repeats, and which it is, from the same random bits."""
    source = bounds.Windows(4, 1, 0.3)
    sampler, stream, bits = build_sampler(source, 1), Stream(SEED, "tokens", 9), reference.bits

    def pairs() -> float:
        words = islice(reference.draws(sampler, stream), 20_000)
        drawn = [cast("tuple[int, ...]", word)[0] for word in words]
        return z_of_pairs(np.array(drawn), matrix(source)[1])

    assert abs(pairs()) < stats.LIMIT
    monkeypatch.setattr(reference, "bits", lambda stream, position, attempt: bits(stream, position, 0))
    assert abs(pairs()) > stats.LIMIT


MEANS = [(2, 3, 0.3, 0.0, 12), (4, 5, 0.5, 1.0, 300), (26, 4, 0.2, 0.0, 3000), (26, 3, 0.8, 1.2, 2000),
         (5, 6, 0.0, 0.7, 1000), (100_000, 1, 0.4, 1.3, 5000)]  # fmt: skip


@pytest.mark.parametrize("case", MEANS, ids=str)
def test_means_are_those_expected(case):
    *parameters, n_draws = case
    source = bounds.Windows(*parameters)
    sampler = build_sampler(source, n_draws)
    streams_ = [Stream(SEED, "tokens", 11, r) for r in range(1500)]
    found = np.array([cpu.growth(sampler, np.array([n_draws]), s, edges=NO_EDGES).n_unique[0] for s in streams_])
    deviation = found.std(ddof=1)
    assert stats.check(f"mean {source}", stats.z_of_mean(found, bounds.expected_unique(source, n_draws), deviation))
    # A control: independent or equally likely letters instead.
    plain = bounds.Windows(*parameters[:2], 0.0, source.exponent if source.stay else 0.0)
    assert abs(stats.z_of_mean(found, bounds.expected_unique(plain, n_draws), deviation)) > stats.LIMIT


def test_every_tiny_stream_turns_up_as_often_as_it_should():
    """All windows of two letters at once: a stream of four letters of three, 81 of them."""
    source = bounds.Windows(3, 4, 0.5, 1.0)
    keys = [int(cpu.draw(build_sampler(source, 1), 1, Stream(SEED, "tokens", 12, r))[0]) for r in range(20_000)]
    expected = 20_000 * word_chances(source)
    statistic = float(((np.bincount(keys, minlength=81) - expected) ** 2 / expected).sum())
    assert stats.check("tiny streams", stats.z_of_chi_square(statistic, 80))


def test_letters_that_cannot_be_drawn_are_refused():
    with pytest.raises(ValueError, match=r"at most 2\^24 unequal letters, got 100000000; pass a smaller alphabet"):
        build_sampler(bounds.Windows(10**8, 2, 0.0, 1.0), 1)
    certain = build_sampler(bounds.Windows(3, 2, 0.5, 1e3), 1)
    assert set(cpu.draw(certain, 50, Stream(1, "tokens")).tolist()) == {0}


# Sweeps


def sweep(*flags: str) -> dict:
    result = CliRunner().invoke(main, ["sweep", "--json", "--no-progress", *flags], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_sweep_of_windows():
    found = sweep(
        "--source=windows:alphabet=26,length=4,stay=0.2", "--source=windows:alphabet=26,length=8,exponent=1",
        "--n-draws=100:3e4:9", "--replicates=16",
    )  # fmt: skip
    known, unknown = found["rows"]
    assert abs(known["z"]) < 4
    assert known["n_unique_expected"] == pytest.approx(bounds.expected_unique(known["source"], 30_000))
    assert known["engine"] == "tokens"
    assert unknown["n_unique_expected"] is unknown["z"] is None
    assert unknown["n_unique"] > 0
    assert f"{unknown['source']}: its words are too many to list, so that E U and z are not known" in found["warnings"]


def test_few_windows_have_no_z_and_no_interval():
    dataset = simulate.sweep(sources=["windows:alphabet=3,length=9"], n_draws="10:3000:9", replicates=7)
    assert np.isnan(dataset.z.item())
    assert np.isnan(dataset.n_unique_sd.values).all()
    assert np.isnan(dataset.exponent_lower.item())
    assert "an interval takes 16 corpora, got 7" in dataset.fit.item()
    assert "NaN where not known" in dataset.n_unique_sd.attrs["long_name"]
    mean = dataset.n_unique.mean("replicate").values[0]
    assert "(offset," in refit(dataset, model="spectrum").fit.item()  # a model for independent draws is not taken
    slope = math.log(mean[-1] / mean[-2]) / math.log(dataset.n_draws.values[-1] / dataset.n_draws.values[-2])
    assert dataset.exponent_local.item() == pytest.approx(slope)


def test_analytic_windows_need_their_words():
    few, many = "windows:alphabet=4,length=3,stay=0.5", "windows:alphabet=26,length=9,exponent=1"
    row = sweep(f"--source={few}", "--engine=analytic", "--n-draws=10,100")["rows"][0]
    assert row["n_unique_expected"] == pytest.approx(bounds.expected_unique(few, 100))
    with pytest.raises(ValueError, match="pass a shorter length"):
        simulate.sweep(sources=[many], engine="analytic")


# Fits


@cache
def long_tail(stay: float) -> Sampler:
    """So many letters that a corpus does not notice that there is a last one."""
    return build_sampler(bounds.Windows(1 << 24, 1, stay, 1.724), 1)


def corpora(stay: float, count: int, first: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Growth curves of letters with a planted exponent 1/1.724, each of which comes in runs."""
    grid = np.unique(np.round(np.logspace(3, 5, 17)).astype(np.int64))
    sampler = long_tail(stay)
    streams_ = [Stream(SEED, "tokens", 13, r) for r in range(first, first + count)]
    return grid, np.array([cpu.growth(sampler, grid, stream, edges=NO_EDGES).n_unique for stream in streams_])


def test_dependent_draws_are_fitted_with_what_corpora_differ_by():
    grid, rows = corpora(0.5, 32)
    fit = fit_exponent(grid, rows, dependent=True)
    assert fit.interval.lower < 1 / 1.724 < fit.interval.upper
    few = fit_exponent(grid, rows[:15], dependent=True)
    assert few.interval is None
    assert "takes 16 corpora, got 15" in few.verdict
    saturated = np.minimum(rows, 700)
    assert "at too few sizes" in fit_exponent(grid, saturated, dependent=True).verdict
    doubled = np.round(rows * (1 + 0.3 * (grid > 10_000))).astype(int)
    assert "does not fit the growth curve" in fit_exponent(grid, doubled, dependent=True).verdict
    for more in ({"model": "spectrum"}, {"nested": False}, {"covariance": np.eye(len(grid))}):
        with pytest.raises(ValueError, match="dependent=True goes with n_unique alone"):
            fit_exponent(grid, rows[0], dependent=True, **more)


@pytest.mark.verification
@pytest.mark.parametrize("count", [16, 32])
def test_intervals_of_dependent_draws_cover(count):
    """100 sets of corpora: at least 90 of their 95 % intervals hold the exponent that was planted."""
    held = 0
    for k in range(100):
        grid, rows = corpora(0.5, count, k * count)
        interval = fit_exponent(grid, rows, dependent=True).interval
        held += interval is not None and interval.lower <= 1 / 1.724 <= interval.upper
    assert held >= 88
