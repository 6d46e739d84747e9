"""Exponents from corpora drawn apart, one or several of each size: exact cases, what is refused, and the coverage.

    pytest -m verification tests/test_separate_corpora.py     asserts it
    python -m tests.test_separate_corpora ["other separate corpora"] [data sets]     writes a table of docs/coverage.md

The samplers below are this file's own, and share no code with `simulate`: ranks of a Zipf law by binomials, one after
the other, and its tail by rejection from a Pareto law, the tables of a Chinese restaurant, and a bit for each type.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from functools import lru_cache

import numba
import numpy as np
import pytest
from scipy.special import zeta

import bounds
import simulate
from bounds.fitting.exponents.apart.growing_supports import growing_exponents, occupied
from bounds.fitting.exponents.apart.separate_corpora import SEPARATE_MODELS
from bounds.fitting.exponents.apart.separate_pitman_yor import pitman_yor_mean, pitman_yor_moments
from bounds.fitting.exponents.exponent import fit_exponent
from tests.statistics import check
from tests.test_coverage import HEAD, Cell, grid, table, write

SEED = 20261129
SIZES = grid(1e3, 1e5, 6)


# ---------------------------------------------------------------- corpora


@numba.njit(cache=True)
def head_seen(rng, n_draws, probability, rest):
    """How many of the first ranks are seen, and how many draws fall beyond them."""
    left, seen = n_draws, 0
    for rank in range(len(probability)):
        if left == 0:
            break
        times = rng.binomial(left, min(1.0, probability[rank] / rest[rank]))
        seen += times > 0
        left -= times
    return seen, left


@lru_cache(maxsize=64)
def head_of(gamma, shift, n_draws):
    """The first ranks of p_r ∝ (r+shift)^(-1/γ): their probabilities, and those of each and all behind it."""
    s = 1 / gamma
    total = zeta(s, 1 + shift)
    head = np.arange(1.0, 300 + 5 * (n_draws / total) ** gamma)
    return head, (head + shift) ** -s / total, zeta(s, head + shift) / total


def zipf_unique(rng, gamma, shift, n_draws):
    """Distinct ranks among `n_draws` draws from p_r ∝ (r+shift)^(-1/γ)."""
    s = 1 / gamma
    head, probability, rest = head_of(gamma, shift, n_draws)
    seen, left = head_seen(rng, int(n_draws), probability, rest)
    ranks = [np.empty(0)]
    while left > 0:
        rank = np.floor((len(head) + shift + 0.5) * rng.random(2 * left + 50) ** (-1 / (s - 1)) - shift + 0.5)
        k = np.minimum(rank, 1e7) + shift
        cell = (k - 0.5) ** (1 - s) - (k + 0.5) ** (1 - s)
        ranks.append(rank[(rank >= 1e7) | (rng.random(len(rank)) * cell < (s - 1) * k**-s)][:left])
        left -= len(ranks[-1])
    return seen + len(np.unique(np.concatenate(ranks)))


@numba.njit(cache=True)
def restaurant_tables(rng, d, theta, n_draws):
    """Tables of a Chinese restaurant with `n_draws` customers."""
    tables = 1
    for n in range(1, n_draws):
        tables += rng.random() * (theta + n) < theta + d * tables
    return tables


@numba.njit(cache=True)
def occupancy(rng, n_types, n_draws):
    """Types seen among `n_draws` draws from equally likely ones."""
    seen, count = np.zeros(n_types, np.bool_), 0
    for _ in range(n_draws):
        place = int(rng.random() * n_types)
        count += not seen[place]
        seen[place] = True
        if count == n_types:
            break
    return count


@dataclass(frozen=True)
class Law:
    """A kind of corpus with its exponent; a growing support draws its own in [`exponent`, `exponent_to`)."""

    name: str
    exponent: float
    parameter: float = 0.0
    exponent_to: float = 0.0

    def draw(self, rng: np.random.Generator, sizes: np.ndarray, replicates: int) -> tuple[float, np.ndarray]:
        gamma = self.exponent
        if self.name.startswith("growing"):
            gamma, scale = rng.uniform(self.exponent, self.exponent_to), np.exp(rng.uniform(0, np.log(5)))
            types = np.ceil(scale * sizes**gamma).astype(int)
            return gamma, np.array(
                [[occupancy(rng, v, d) for v, d in zip(types, sizes, strict=True)] for _ in range(replicates)]
            )
        one = zipf_unique if self.name.startswith("Zipf") else restaurant_tables
        return gamma, np.array([[one(rng, gamma, self.parameter, int(d)) for d in sizes] for _ in range(replicates)])


LAWS = (
    Law("Zipf γ=0.58", 0.58),
    Law("Zipf γ=0.58 q=10", 0.58, 10.0),
    Law("Zipf γ=0.58 q=100", 0.58, 100.0),
    Law("PY d=0.58 θ=0", 0.58, 0.0),
    Law("PY d=0.58 θ=10", 0.58, 10.0),
    Law("PY d=0.58 θ=1000", 0.58, 1000.0),
    Law("growing γ .3 – .75, κ 1 – 5", 0.3, exponent_to=0.75),
    Law("growing γ .75 – 1, κ 1 – 5", 0.75, exponent_to=1.0),
)


# Others than the ones above, on which the fit was shaped: exponents, shifts, concentrations, ranges, numbers of sizes.
OTHER_LAWS = (
    Law("Zipf γ=0.35 q=30", 0.35, 30.0),
    Law("Zipf γ=0.8 q=30", 0.8, 30.0),
    Law("PY d=0.4 θ=50", 0.4, 50.0),
    Law("PY d=0.7 θ=300", 0.7, 300.0),
    Law("growing γ .4 – .7, κ 1 – 5", 0.4, exponent_to=0.7),
)
OTHER_DATASETS = 40
OTHER_SIZES = {
    "300 – 3e4, 5 sizes": np.rint(np.geomspace(300, 3e4, 5)).astype(int),
    "2e3 – 2e5, 8 sizes": np.rint(np.geomspace(2e3, 2e5, 8)).astype(int),
}


def measure(law: Law, replicates: int, datasets: int, sizes: np.ndarray = SIZES, grid_name: str = "") -> Cell:
    """Coverage of the intervals of `datasets` sets of `replicates` corpora of each size."""
    ends, gap = [], []
    for number in range(datasets):
        seed = [SEED, replicates, number, *map(ord, law.name + grid_name)]
        gamma, rows = law.draw(np.random.default_rng(seed), sizes, replicates)
        fit = fit_exponent(sizes, rows, nested=False)
        ends.append((np.nan, np.nan) if fit.interval is None else np.subtract(tuple(fit.interval), gamma))
        gap.append(fit.exponent - gamma)
    lower, upper = np.array(ends).T
    given, inside = ~np.isnan(lower), (lower <= 0) & (upper >= 0)
    return Cell(
        law.name, f"{replicates} of each size" + (f", {grid_name}" if grid_name else ""), datasets,
        float(1 - given.mean()), float(inside[given].mean()), float(inside.mean()),
        float((upper - lower)[given].mean()), float(np.mean(gap)), float(np.std(gap)),
    )  # fmt: skip


# ---------------------------------------------------------------- exact


@pytest.mark.parametrize(
    "law", ["pitman-yor:0.58", "pitman-yor:0.58,concentration=1000", "pitman-yor:0.9,concentration=-0.5"]
)
def test_moments_are_those_of_the_process(law):
    """Beside `bounds.expected_unique` and `variance_unique`, which go another way."""
    draws = np.array([10.0, 1e3, 1e5])
    source = bounds.parse_source(law)
    mean, variance = pitman_yor_moments(draws, source.discount, source.concentration)
    expected = bounds.expected_unique(law, draws)
    assert pitman_yor_mean(draws, source.discount, source.concentration) == pytest.approx(expected, rel=1e-9)
    assert mean - source.concentration / source.discount == pytest.approx(expected, rel=1e-9)
    assert variance == pytest.approx(bounds.variance_unique(law, draws), rel=1e-4)


def test_an_occupancy_has_its_mean_and_spread():
    types, draws = np.array([50.0, 300.0, 300.0]), np.array([1000.0, 400.0, 50.0])
    mean, variance, slope = occupied(types, draws)
    laws = [f"uniform:{v:g}" for v in types]
    assert mean == pytest.approx(
        [bounds.expected_unique(law, d) for law, d in zip(laws, draws, strict=True)], rel=1e-12
    )
    exact = [bounds.variance_unique(law, d) for law, d in zip(laws, draws, strict=True)]
    assert variance == pytest.approx(exact, rel=0.05)
    assert slope == pytest.approx((occupied(types + 0.01, draws)[0] - mean) / 0.01, rel=1e-3)


@pytest.mark.parametrize("gamma", [0.37, 0.44, 0.5, 0.56])
@pytest.mark.parametrize("scale", [1.0, 2.0])
@pytest.mark.parametrize("sizes", [grid(1e3, 1e6, 4), grid(1e3, 1e9, 1), grid(2e3, 1e5, 6)], ids=str)
def test_rounding_up_never_takes_the_planted_exponent_out(gamma, scale, sizes):
    """The support is seen to the last type: then what is left is rounding, and the interval holds γ for certain."""
    types = np.ceil(np.round(scale * sizes**gamma, 9))
    for replicates in (1, 8):
        fit = fit_exponent(sizes, np.tile(types, (replicates, 1)), nested=False, model="growing")
        assert fit.interval is not None
        assert fit.interval.lower - 1e-6 <= gamma <= fit.interval.upper + 1e-6
        assert fit.interval.width < 4 / (types[0] * np.log(sizes[-1] / sizes[0]))
        assert fit.exponent == pytest.approx(gamma, abs=fit.interval.width)


def test_exponents_of_many_growing_supports_are_those_of_each():
    sizes = grid(1e3, 1e6, 4).astype(float)
    rows = np.array([np.ceil(scale * sizes**gamma) for gamma, scale in ((0.44, 1), (0.6, 3), (0.8, 2))])
    rows[2] = np.rint(occupied(rows[2], sizes)[0])
    together = growing_exponents(sizes, rows)[1]
    assert together == pytest.approx([growing_exponents(sizes, row[None])[1][0] for row in rows], abs=1e-12)
    assert together == pytest.approx([0.44, 0.6, 0.8], abs=2e-3)


# ---------------------------------------------------------------- answers


def one_size_each(name, replicates, seed):
    return next(law for law in LAWS if law.name == name).draw(
        np.random.default_rng([SEED, *np.atleast_1d(seed)]), SIZES, replicates
    )[1]


def test_a_shift_no_longer_moves_the_exponent():
    """The fit without an offset was .022 too high with a width of .016, in every data set."""
    for replicates in (1, 8):
        fit = fit_exponent(SIZES, one_size_each("Zipf γ=0.58 q=100", replicates, 1), nested=False)
        assert 0.58 in fit.interval
        assert "fixed-law" in fit.method
        assert fit.offset == pytest.approx(100.5, abs=60)


def test_each_kind_of_law_is_told_from_the_others_by_its_spread():
    found = {name: fit_exponent(SIZES, one_size_each(name, 8, 2), nested=False).method
             for name in ("Zipf γ=0.58 q=10", "PY d=0.58 θ=10", "growing γ .3 – .75, κ 1 – 5")}  # fmt: skip
    assert list(found.values()) == ["independent: fixed-law", "independent: pitman-yor", "independent: growing"]


def test_of_kinds_that_fit_the_exponent_is_that_of_the_best():
    """Eight sizes without any noise are just smooth enough for Pitman–Yor (p = .006), whose d was .1 too low."""
    sizes = OTHER_SIZES["2e3 – 2e5, 8 sizes"]
    fit = fit_exponent(sizes, np.ceil(2.5 * sizes**0.6), nested=False)
    assert fit.exponent == pytest.approx(0.6, abs=2e-3)
    assert 0.6 in fit.interval


def test_counts_of_no_kind_are_refused_with_the_sentence():
    """A curve with a kink, without any spread."""
    sizes = grid(1e3, 1e9, 2)
    for replicates in (1, 5):
        fit = fit_exponent(sizes, np.tile(np.minimum(np.ceil(sizes**0.58), 5000), (replicates, 1)), nested=False)
        assert fit.interval is None
        assert "neither those of one fixed law, nor of Pitman-Yor processes, nor of growing supports" in fit.verdict


def test_a_support_that_does_not_grow_has_exponent_0():
    rng = np.random.default_rng(5)
    rows = np.array([[occupancy(rng, 20_000, int(d)) for d in SIZES] for _ in range(2)])
    assert 0 in fit_exponent(SIZES, rows, nested=False).interval


def test_the_head_of_a_law_has_no_interval():
    """θ = 3 D: supports that grow fitted as well, with .05 ± .01 for .58; θ = 100 D: one law gave 1.00 ± .00."""
    for theta, replicates, model in ((3e5, 8, "auto"), (1e7, 1, "fixed-law")):
        for seed in range(3):
            rng = np.random.default_rng([SEED, 41, seed])
            rows = np.array([[restaurant_tables(rng, 0.58, theta, int(d)) for d in SIZES] for _ in range(replicates)])
            fit = fit_exponent(SIZES, rows, nested=False, model=model)
            assert fit.interval is None, (theta, seed)
            assert "shows the head of a law alone" in fit.verdict


def test_counts_that_differ_like_none_of_them_are_fitted_with_their_own_spread():
    """A law of each corpus with a scale of its own, 20 % up and down: wider than one law, narrower than Pitman–Yor."""
    rng = np.random.default_rng(8)
    rows = np.rint(6 * SIZES**0.6 * rng.normal(1, 0.2, (8, len(SIZES))).clip(0.4))
    fit = fit_exponent(SIZES, rows, nested=False, model="measured")
    assert 0.6 in fit.interval
    assert fit_exponent(SIZES, rows, nested=False, model="fixed-law").rejected
    assert fit_exponent(SIZES, rows, nested=False).interval is not None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model": "offset"}, "leave model at 'auto'"),
        ({"model": "measured"}, "from several corpora of each size"),
        ({"n_draws": [10, 100, 1000], "n_unique": [8, 40, 150]}, "at least 4 points"),
        ({"n_draws": [10, 100], "n_unique": [8, 40], "model": "growing"}, "at least 3 points"),
    ],
)
def test_bad_input_gets_one_sentence(change, words):
    good = {"n_draws": [10, 100, 1000, 10**4], "n_unique": [8, 40, 150, 600], "nested": False}
    assert set(SEPARATE_MODELS) >= {"auto", "fixed-law", "growing"}
    with pytest.raises(ValueError, match=words):
        fit_exponent(**{**good, **change})


def test_a_sweep_says_the_local_slope_of_a_growing_source_or_nothing():
    """f1/U, which is 0 where every type was drawn many times, and unknown where the engine draws no spectrum."""
    options = {"sources": ["growing:0.44", "growing:0.95"], "n_draws": "1e3:1e5:9", "replicates": 2, "seed": 0}
    drawn = simulate.sweep(**options, engine="tokens")
    ones = drawn.spectrum.sel(multiplicity=1).sum("replicate") / drawn.n_unique.isel(n_draws=-1).sum("replicate")
    assert drawn.exponent_local.values == pytest.approx(ones.values)
    assert drawn.exponent_local[0] == 0
    assert drawn.exponent_local[1] > 0.05
    assert np.isnan(simulate.sweep(**options, engine="gauss").exponent_local.values).all()
    for name, planted in (("growing:0.44", 0.44), ("growing:0.95", 0.95)):
        assert planted in bounds.fit_exponent(drawn)[name].interval


# ---------------------------------------------------------------- statistical


def test_intervals_of_corpora_drawn_apart_cover():
    """24 data sets of a law with a shift: those of the fit without an offset missed all of them."""
    number, missed = 24, 0
    for seed in range(number):
        fit = fit_exponent(SIZES, one_size_each("Zipf γ=0.58 q=100", 2, [3, seed]), nested=False, model="fixed-law")
        missed += fit.interval is None or 0.58 not in fit.interval
    error = np.sqrt(number * 0.05 * 0.95)
    assert check("coverage of corpora drawn apart", (missed - 0.05 * number) / error)
    assert not check("coverage of a model that misses (control)", (number - 0.05 * number) / error)


@pytest.mark.verification
@pytest.mark.parametrize("replicates", [1, 8, 32])
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_intervals_cover(law, replicates):
    """At least 90 % of nominal 95 %, less what chance does to 60 data sets."""
    cell = measure(law, replicates, 60)
    assert cell.covered_all >= 0.85, cell
    assert cell.rejected <= 0.1, cell


@pytest.mark.verification
@pytest.mark.parametrize("grid_name", OTHER_SIZES)
@pytest.mark.parametrize("replicates", [1, 4, 16])
@pytest.mark.parametrize("law", OTHER_LAWS, ids=lambda law: law.name)
def test_intervals_of_other_laws_and_sizes_cover(law, replicates, grid_name):
    cell = measure(law, replicates, OTHER_DATASETS, OTHER_SIZES[grid_name], grid_name)
    assert cell.covered >= 0.825, cell


def main(section: str = "separate corpora", datasets: str = "") -> None:
    """Table `section`, with `datasets` data sets a row."""
    started = time.perf_counter()
    plans = {
        "separate corpora": [(law, number, SIZES, "") for law in LAWS for number in (1, 8, 32)],
        "other separate corpora": [
            (law, number, sizes, name) for law in OTHER_LAWS for name, sizes in OTHER_SIZES.items()
            for number in (1, 4, 16)
        ],
    }  # fmt: skip
    cells = []
    for law, number, sizes, name in plans[section]:
        cells.append(measure(law, number, int(datasets or OTHER_DATASETS), sizes, name))
        print(table(cells[-1:]).replace(HEAD, ""), flush=True)
    write(section, table(cells))
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main(*sys.argv[1:])
