"""Classes of trajectories on series that were made to have them, and the test of positions beside that of scipy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from simulate.studies.suite.learning.positions import distance_bound, evenness_test
from simulate.studies.suite.learning.trajectories import (
    CLASSES,
    DECREASES,
    INCREASES,
    OTHER,
    STAGNATES,
    classify_trajectories,
)
from tests.page_numbers import Page
from tests.statistics import check

STEPS = np.array([0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000, 2000])
WAVE = np.where(np.arange(13) % 2, 1.0, -1.0)


@pytest.mark.parametrize(("series", "expected"), [
    (np.full(13, 7.0), STAGNATES),
    (10 - np.log(np.maximum(STEPS, 1)), DECREASES),
    (10 + np.log(np.maximum(STEPS, 1)), INCREASES),
    (10 + 0.1 * np.log(np.maximum(STEPS, 1)) + 0.05 * WAVE, INCREASES),
    (10 + 0.2 * WAVE, STAGNATES),  # within 5 % of both ends, variance 0.04
    (10 + 4 * WAVE, OTHER),  # further from both ends
    (np.where(np.arange(13) == 6, 30.0, 10.0), OTHER),  # one peak in the middle
    (10 + np.where((np.arange(13) > 5) & (np.arange(13) < 8), 8.0, 0.0) * WAVE, OTHER),  # variance about 10
])  # fmt: skip
def test_planted_trajectories(series, expected):
    assert CLASSES[int(classify_trajectories(series, STEPS))] == CLASSES[expected]


@given(st.integers(0, 10_000), st.floats(-0.5, 0.5), st.floats(0.01, 3))
def test_classes_follow_the_definition(seed, slope, noise):
    """Word for word, with the slope and its p-value from scipy."""
    rng = np.random.default_rng(seed)
    x = np.log(STEPS[1:])
    y = 8 + slope * x + noise * rng.standard_normal(12)
    fit = stats.linregress(x, y)
    expected = OTHER
    if fit.pvalue < 0.05:
        expected = INCREASES if fit.slope > 0 else DECREASES
    elif all(abs(y.mean() - end) <= 0.05 * abs(end) for end in (y[0], y[-1])) and y.var() < y.mean():
        expected = STAGNATES
    assert classify_trajectories(np.append(99.0, y), STEPS) == expected  # what step 0 has does not matter


def test_many_are_classified_at_once_and_too_few_steps_refused():
    rng = np.random.default_rng(0)
    values = rng.random((13, 4, 5)) + 3
    found = classify_trajectories(values, STEPS)
    assert found.shape == (4, 5)
    assert all(found[i, j] == classify_trajectories(values[:, i, j], STEPS) for i in range(4) for j in range(5))
    with pytest.raises(ValueError, match="3 or more"):
        classify_trajectories(values[:3], STEPS[:3])
    with pytest.raises(ValueError, match="finite"):
        classify_trajectories(np.full(13, np.nan), STEPS)


def test_the_evenness_test_is_that_of_scipy():
    rng = np.random.default_rng(1)
    for n in (64, 300, 5000):
        positions = rng.integers(0, 640_000, n)
        found = evenness_test(positions, 640_000)
        ours = stats.kstest((positions + 0.5) / 640_000, "uniform")
        assert found.ks == pytest.approx(ours.statistic, abs=2e-6)
        assert found.ks_p == pytest.approx(ours.pvalue, rel=0.05)
        windows = len(found.counts)
        counts = np.histogram(positions, windows, (0, 640_000))[0]
        assert np.array_equal(counts, found.counts)
        assert found.dispersion == pytest.approx(stats.chisquare(counts).statistic / (windows - 1), rel=1e-3)
        assert found.dispersion_p > 1e-4


def test_points_that_crowd_or_keep_apart_are_not_even():
    rng = np.random.default_rng(2)
    crowded = evenness_test((640_000 * rng.random(1000) ** 1.3).astype(int), 640_000)
    assert crowded.dispersion_p < 1e-4
    assert crowded.ks_p < 1e-4
    apart = evenness_test(np.arange(0, 640_000, 640), 640_000)
    assert apart.dispersion < 0.1
    assert apart.dispersion_p < 1e-4
    assert np.isnan(evenness_test(np.arange(20), 640_000).ks)


def test_the_bound_on_the_distance_is_le_cam_s():
    assert distance_bound(1000, 10_000_000) == pytest.approx((10_000_000 // 64) * (1000 / 10_000_000) ** 2)
    assert distance_bound(10**6, 10**6) == 1
    assert np.isnan(distance_bound(5, 10**6))


def rejections(n: int, n_draws: int, corpora: int, placed, seed: int = 3) -> int:
    """How many of the corpora a test at 0.01 rejects, the two p-values combined as in the tables."""
    rng = np.random.default_rng(seed)
    tests = [evenness_test(placed(rng, n, n_draws), n_draws) for _ in range(corpora)]
    return sum(2 * min(test.dispersion_p, test.ks_p) < 0.01 for test in tests)


def any_exposures(rng, n, n_draws):
    """Positions of n exposures of an exchangeable corpus, at most one of each sequence: n different ones, evenly."""
    return rng.choice(n_draws, n, replace=False)


SHARES = ((64, 1_000_000), (300, 3000), (2000, 4000), (20_000, 32_000), (31_700, 32_000))


@pytest.mark.parametrize(("n", "n_draws"), SHARES)
def test_positions_without_replacement_are_rejected_at_the_nominal_rate(n, n_draws):
    """From 64 points of a million to nearly all: the marks are draws without replacement."""
    corpora = 1500
    rejected = rejections(n, n_draws, corpora, any_exposures)
    assert check(f"positions: {n} of {n_draws}", (rejected - 0.01 * corpora) / np.sqrt(corpora * 0.01 * 0.99))


@pytest.mark.parametrize(("n", "n_draws"), SHARES[2:])
def test_positions_with_replacement_are_rejected_where_the_marks_are_many(n, n_draws):
    """What a Poisson process would give: a dispersion of 1 where 1 - n/D is meant."""

    def with_replacement(rng, n, n_draws):
        return rng.integers(0, n_draws, n)

    assert rejections(n, n_draws, 20, with_replacement) >= 15


def test_positions_that_lean_to_the_beginning_are_rejected():
    def leaning(rng, n, n_draws):
        return rng.choice(n_draws, n, replace=False, p=weights)

    for n, n_draws in ((1000, 32_000), (16_000, 32_000)):
        weights = np.linspace(1.5, 0.5, n_draws)
        weights /= weights.sum()
        assert rejections(n, n_draws, 5, leaning) == 5


COLUMNS = ("positions marked", "of", "data sets", "rejected at .05", "at .01")


def rows() -> Iterator[dict[str, str]]:
    """How often a true null is rejected: the table of docs/suite.md."""
    rng = np.random.default_rng(11)
    for n, n_draws, corpora in [(*share, 20_000) for share in SHARES] + [(100_000, 200_000, 2000)]:
        tests = [evenness_test(any_exposures(rng, n, n_draws), n_draws) for _ in range(corpora)]
        p = np.array([2 * min(test.dispersion_p, test.ks_p) for test in tests])
        cells = (str(n), str(n_draws), str(corpora), f"{(p < 0.05).mean():.4f}", f"{(p < 0.01).mean():.4f}")
        yield dict(zip(COLUMNS, cells, strict=True))


@pytest.mark.verification
def test_the_page_has_what_was_measured():
    assert list(rows()) == Page.read("docs/suite.md").table("| positions marked |")


def main() -> None:
    """Print the table of docs/suite.md."""
    print(f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|")
    for row in rows():
        print(f"| {' | '.join(row.values())} |", flush=True)


if __name__ == "__main__":
    main()
