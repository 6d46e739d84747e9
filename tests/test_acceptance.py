"""The engines accepted as a whole: their main numbers within four standard errors of theory, each from 1000 corpora.

``python -m tests.test_acceptance`` prints the table: what is checked, z, and z of a wrong engine or a wrong formula,
which must lie far outside. Other tests look at each of these more closely, over more sources.

Equations, by the labels that ``python -m bounds explain`` knows: A1 (mean, variance, spectrum), A4 (exponent), A5
(Pitman-Yor), A9 (Santa Fe), C2 (a store of limited size).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import bounds
from simulate.corpora.order import DrawnOrder, open_order
from simulate.drawing.backends import cpu
from simulate.drawing.stream import Stream
from simulate.drawing.tables import build_sampler
from simulate.engines.choice import growth
from simulate.studies.learners import stores
from simulate.studies.learners.names import parse_learner
from tests import statistics as stats
from tests.test_learners import corpora, losses
from tests.test_simulation import z_of_spectrum

REPLICATES = 1000
ACCEPTED = 4.0
SEED = 20261126
ZIPF, D = "zipf:1.2", 10_000
PY = "pitman-yor:0.58,concentration=10"
KS = range(1, 6)

Pair = tuple[float, ...]
"""z of what is checked, and z of the control."""


@cache
def counted(poisson: bool) -> np.ndarray:
    """U of corpora of exactly D draws, or of a Poisson number of them, then f_1 … f_5; shape (replicate, 6)."""
    sizes = np.random.default_rng(SEED).poisson(D, REPLICATES) if poisson else np.full(REPLICATES, D)
    sampler, edges = build_sampler(bounds.parse_source(ZIPF), D), np.arange(1, 7)
    grown = [
        cpu.growth(sampler, np.array([n]), Stream(SEED, "tokens", 31 + poisson, r), edges=edges)
        for r, n in enumerate(sizes.tolist())
    ]
    return np.array([[one.n_unique[0], *one.spectrum[0, :5]] for one in grown], float)


def poissonised(multiplicity: int) -> float:
    return float(bounds.expected_spectrum(ZIPF, D, multiplicity=multiplicity, poisson=True))


def mean_of_fixed() -> Pair:
    """E U = Φ + Φ_2/D; the control is a source whose exponent is a hundredth higher."""
    u, phi, ones = counted(False)[:, 0], float(bounds.expected_unique(ZIPF, D, poisson=True)), poissonised(1)
    spread = math.sqrt(float(bounds.variance_unique(ZIPF, D, poisson=True)) - ones**2 / D)
    wrong = float(bounds.expected_unique("zipf:1.21", D, poisson=True))
    return tuple(stats.z_of_mean(u, mean, spread) for mean in (phi + poissonised(2) / D, wrong))


def variance_of_fixed() -> Pair:
    """Var U = Φ(2D) - Φ(D) - Φ_1²/D; the control forgets the last term."""
    poisson = float(bounds.expected_unique(ZIPF, 2 * D, poisson=True) - bounds.expected_unique(ZIPF, D, poisson=True))
    u = counted(False)[:, 0]
    return tuple(stats.z_of_variance(u, variance) for variance in (poisson - poissonised(1) ** 2 / D, poisson))


def variance_of_poisson() -> Pair:
    """Var U = Φ(2D) - Φ(D) where the number of draws is Poisson; the control is the variance of a fixed number."""
    poisson = float(bounds.expected_unique(ZIPF, 2 * D, poisson=True) - bounds.expected_unique(ZIPF, D, poisson=True))
    u = counted(True)[:, 0]
    return tuple(stats.z_of_variance(u, variance) for variance in (poisson, poisson - poissonised(1) ** 2 / D))


def mean_of_poisson() -> Pair:
    """E U = Φ; the control is a source whose exponent is a hundredth higher."""
    u = counted(True)[:, 0]
    means = (float(bounds.expected_unique(source, D, poisson=True)) for source in (ZIPF, "zipf:1.21"))
    return tuple(stats.z_of_mean(u, mean, u.std(ddof=1)) for mean in means)


def spectrum() -> Pair:
    """f_1 … f_5 against Φ_1 … Φ_5 together; the control takes each for the next."""
    expected = np.array([poissonised(k) for k in range(1, 7)])
    return tuple(z_of_spectrum(counted(False)[:, 1:], part) for part in (expected[:5], expected[1:]))


def share_seen_once() -> Pair:
    """f_1/U → 1/s; the control is 1 % beside it."""
    drawn = growth("zipf:1.724", [10**6], REPLICATES, engine="types", seed=SEED, spectrum=True)
    share = drawn.spectrum[:, 0] / drawn.n_unique[:, 0]
    return tuple(stats.z_of_mean(share, limit / 1.724, share.std(ddof=1)) for limit in (1, 1.01))


@cache
def memorised(n_draws: int = 400) -> np.ndarray:
    """The excess loss of who remembers every fact of a Santa Fe process, before each draw: (replicate, draw)."""
    found, first = [], open_order("santa-fe:1.3889,labels=3", n_draws, seed=SEED)
    assert isinstance(first, DrawnOrder)
    for replicate in range(REPLICATES):
        order = replace(first, stream=replace(first.stream, replicate=replicate))
        keys = order.keys(0, n_draws)
        new = np.zeros(n_draws)
        new[np.unique(keys, return_index=True)[1]] = 1
        seen = np.cumsum(new * order.probabilities(keys))
        found.append(math.log(3) * (1 - np.append(0, seen[:-1])))
    return np.array(found)


def excess_at_the_end() -> Pair:
    """ln A · E M0(D) before draw D + 1; the control has twenty draws fewer."""
    last, n = memorised()[:, -1], memorised().shape[1] - 1
    expected = (math.log(3) * float(bounds.missing_mass("zipf:1.3889", size)) for size in (n, n - 20))
    return tuple(stats.z_of_mean(last, mean, last.std(ddof=1)) for mean in expected)


def excess_in_all() -> Pair:
    """Its sum is ln A · E U; the control is U of twenty draws fewer."""
    total, n = memorised().sum(axis=1), memorised().shape[1]
    expected = (math.log(3) * float(bounds.expected_unique("zipf:1.3889", size)) for size in (n, n - 20))
    return tuple(stats.z_of_mean(total, mean, total.std(ddof=1)) for mean in expected)


def spread_of_restaurants() -> Pair:
    """The coefficient of variation of K_n, squared; the control takes half of each corpus from the one before it."""
    n = 10_000
    tables = growth(PY, [n], REPLICATES, engine="types", seed=SEED).n_unique[:, 0] / float(
        bounds.expected_unique(PY, n)
    )
    squared = float(bounds.variance_unique(PY, n) / bounds.expected_unique(PY, n) ** 2)
    halved = (tables + np.roll(tables, 1)) / 2
    return stats.z_of_variance(tables, squared), stats.z_of_variance(halved, squared)


def loss_of_a_store() -> Pair:
    """C2 for a store by rank; the control is that of two places fewer."""
    exact, _ = losses("store:30,by=rank,cost=1", "zipf:1.5", 300, REPLICATES, n_tests=1)
    expected = (float(bounds.capacity_loss("zipf:1.5", n, 300, novelty_cost=1)) for n in (30, 28))
    return tuple(stats.z_of_mean(exact, mean, exact.std(ddof=1)) for mean in expected)


CHECKS: dict[str, Callable[[], Pair]] = {
    "mean of U, D fixed": mean_of_fixed,
    "variance of U, D fixed": variance_of_fixed,
    "mean of U, D Poisson": mean_of_poisson,
    "variance of U, D Poisson": variance_of_poisson,
    "f_1 … f_5": spectrum,
    "f_1/U": share_seen_once,
    "excess of the memoriser": excess_at_the_end,
    "sum of its excess": excess_in_all,
    "spread of K_n": spread_of_restaurants,
    "loss of a store": loss_of_a_store,
}


@pytest.mark.verification
@pytest.mark.parametrize("name", CHECKS)
def test_numbers_are_those_of_theory_and_wrong_ones_are_not(name):
    z, control = CHECKS[name]()
    assert stats.check(f"accepted: {name}", z)
    assert abs(z) < ACCEPTED
    assert abs(control) > stats.LIMIT


@pytest.mark.parametrize("source", ["zipf:1.5", "geometric:0.97", "uniform:300"])
def test_room_beyond_all_that_was_seen_changes_no_loss(source):
    learner = parse_learner("store:30,cost=1")
    for corpus in corpora(source, [50, 1000], n_tests=50):
        seen = corpus.n_unique
        found = {stores.store_loss(corpus, n, "count", 1.0) for n in (seen, seen + 1, 2 * seen, 100 * seen, None)}
        assert len(found) == 1
        assert found.pop()[0] == corpus.missing_mass < learner.measure(corpus).exact or seen <= 30


if __name__ == "__main__":
    for name, check in CHECKS.items():
        z, control = check()
        print(f"{name:28s} z {z:+6.2f}   wrong {control:+8.1f}")
