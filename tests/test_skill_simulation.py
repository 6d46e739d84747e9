"""Simulated skills against enumeration, against measurement by hand, and against the formulas; what must be caught."""

from __future__ import annotations

import pickle
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as laws

import bounds
import simulate
from bounds.counts.rank_mass import head_mass
from simulate.corpora.census import Census
from simulate.studies.skills import estimates, example
from simulate.studies.skills.drawing.arrivals import ArrivalDrawer, ShuffleDrawer
from simulate.studies.skills.drawing.groups import NEVER, Groups
from simulate.studies.skills.drawing.tokens import Corpus, TokenDrawer
from simulate.studies.skills.job import prepare
from simulate.studies.skills.plan import SkillPlan
from tests import skill_runs
from tests.skill_runs import groups_of, member_keys
from tests.statistics import LIMIT, check, z_of_mean

SIZES = (20, 100, 700, 3000)
KINDS: dict[str, dict[str, Any]] = {
    "masses": {"n_skills": 8, "members": 5, "quorum": 3, "exponent": 1.3},
    "windows": {"source": "zipf:1.2,types=300", "starts": (1, 9, 40, 130), "members": 6, "quorum": 4},
    "frequency": {"source": "zipf:1.2,types=300", "kind": "frequency", "n_skills": 5, "members": 6, "quorum": 4},
}


# One corpus, by hand


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    rng = np.random.default_rng(5)
    words = [f"w{i}" for i in np.minimum(rng.zipf(1.4, 900), 300)]
    path = tmp_path_factory.mktemp("text") / "text.txt"
    path.write_text(" ".join(words))
    return {"source": f"corpus:{path}", "starts": (1, 12, 30), "members": 8, "quorum": 5}


def corpus_and_hand(plan, replicate=3, **options):
    groups = groups_of(n_draws=(20, 100, 700), **plan)
    corpus = Corpus(groups, replicate)
    drawn = groups.order(replicate).keys(0, 700).tolist()
    return corpus, skill_runs.measured_by_hand(drawn, member_keys(groups, replicate), groups.plan, **options)


@pytest.mark.parametrize("exposures", [1, 3])
@pytest.mark.parametrize("kind", [*KINDS, "text"])
def test_a_corpus_is_measured_as_by_hand(kind, exposures, text):
    plan = (text if kind == "text" else KINDS[kind]) | {"exposures": exposures}
    corpus, hand = corpus_and_hand(plan)
    found = corpus.measured()
    for name, values in hand.items():
        assert found[name].tolist() == values, name
    by_rank = skill_runs.by_rank_by_hand(corpus.member_draws(), corpus.member_ranks(), corpus.plan)
    assert np.array_equal(found["skills_by_rank"], by_rank)


@pytest.mark.parametrize("kind", KINDS)
def test_a_store_that_peeks_and_a_quorum_off_by_one_are_seen(kind):
    corpus, peeking = corpus_and_hand(KINDS[kind], peek=True)
    found = corpus.measured()
    assert found["draws_threshold"].tolist() == peeking["draws_threshold"]
    assert found["skills_by_seen"].tolist() != peeking["skills_by_seen"]
    _, more = corpus_and_hand(KINDS[kind] | {"quorum": KINDS[kind]["quorum"] + 1})
    assert found["draws_threshold"].tolist() != more["draws_threshold"]


def test_a_quorum_of_one_is_first_appearance():
    groups = groups_of(**KINDS["windows"] | {"members": 1, "quorum": 1}, n_draws=(3000,))
    census = Census(groups.order(0)).advance(3000)
    first = dict(zip(census.keys.tolist(), census.first.tolist(), strict=True))
    assert Corpus(groups, 0).measured()["draws_threshold"].tolist() == [first[s - 1] + 1 for s in (1, 9, 40, 130)]


@pytest.mark.parametrize("kind", KINDS)
def test_thresholds_are_ordered(kind):
    """On the same corpora, a larger quorum and more exposures come later, and need a larger store."""
    plan = KINDS[kind] | {"n_draws": SIZES}
    m = plan["members"]
    found = [TokenDrawer(groups_of(**plan | {"quorum": a})).draw(0, 3) for a in range(1, m + 1)]
    for name in ("draws_threshold", "stored_threshold_seen", "stored_threshold_rank"):
        values = np.array([one[name] for one in found])
        assert np.all(values[:-1] <= values[1:])
    more = TokenDrawer(groups_of(**plan | {"exposures": 2})).draw(0, 3)["draws_threshold"]
    assert np.all(more >= found[plan["quorum"] - 1]["draws_threshold"])
    assert np.all(more > found[plan["quorum"] - 1]["draws_threshold"], where=np.isfinite(more))


def check_map(found, n_stored, *, rising=True):
    """What a map of S(N, D), shape (store, draws, replicate), must do."""
    for name in ("skills_by_rank", "skills_by_seen"):
        if name in found:
            assert np.all(np.diff(found[name], axis=0) >= 0)
            assert np.all(found[name] <= found["skills"][None])
    assert np.all(np.diff(found["skills_by_rank"], axis=1) >= 0)
    if "n_unique" in found:
        full = np.array(n_stored)[:, None, None] >= found["n_unique"][None]
        assert full.any()
        same = found["skills_by_seen"] == found["skills"][None]
        assert np.all(same | ~full)


@pytest.mark.parametrize("engine", [TokenDrawer, ArrivalDrawer])
@pytest.mark.parametrize("kind", KINDS)
def test_the_map_rises_and_is_flat_from_all_seen_on(kind, engine):
    groups = groups_of(n_draws=SIZES, **KINDS[kind], seed=2)
    check_map(engine(groups).draw(0, 4), groups.plan.n_stored)


@settings(deadline=None, max_examples=25)
@given(st.sampled_from([*KINDS]), st.integers(0, 2**64 - 1), st.integers(1, 5), st.integers(1, 3))
def test_whatever_the_seed(kind, seed, quorum, exposures):
    plan = KINDS[kind] | {"quorum": quorum, "exposures": exposures, "seed": seed, "n_draws": (30, 300)}
    plan["n_stored"] = (1, 2, 4, 30, 300)
    groups = groups_of(**plan)
    for drawer in (TokenDrawer(groups), ArrivalDrawer(groups)):
        found = drawer.draw(7, 2)
        check_map(found, plan["n_stored"])
        alone = pickle.loads(pickle.dumps(drawer)).draw(8, 1)
        for name, values in found.items():
            assert np.array_equal(values[..., 1:], alone[name])


# Every corpus that there is


TINY = {"n_skills": 2, "members": 2, "quorum": 2, "exponent": 1.0, "n_draws": (5,), "n_stored": (2, 3, 4)}


@cache
def tiny_corpora():
    groups = groups_of(**TINY)
    return groups, TokenDrawer(groups).draw(0, 3000)


def z_against(found, expected):
    """The largest |z| of the simulated means against `expected`."""
    largest = 0.0
    for name, values in expected.items():
        means = np.atleast_2d(found[name][..., 0, :] if name != "skills_by_seen" else found[name][:, 0, :])
        for row, mean in zip(means, np.atleast_1d(values), strict=True):
            largest = max(largest, abs(z_of_mean(row, mean, max(float(row.std()), 1e-3))))
    return largest


def test_all_corpora_of_five_draws():
    groups, found = tiny_corpora()
    p = groups.probabilities.repeat(2, axis=1).ravel().tolist()
    assert sum(p) == pytest.approx(1)
    members = member_keys(groups, 0)
    assert check("skills, five draws enumerated", z_against(found, skill_runs.enumerated(p, 5, members, groups.plan)))
    wrong = [
        skill_runs.enumerated(p, 5, members, replace(groups.plan, quorum=1)),
        skill_runs.enumerated(p, 5, members, groups.plan, peek=True),
        skill_runs.enumerated([0.3, 0.3, 0.2, 0.2], 5, members, groups.plan),
    ]
    assert all(z_against(found, expected) > LIMIT for expected in wrong)


# Formulas


def z_of_chance(there, chance):
    """Part of the replicates against a chance."""
    return (np.mean(there) - chance) / np.sqrt(chance * (1 - chance) / np.size(there))


LEVELS = (0.1587, 0.5, 0.8413)
ALIKE = {"n_skills": 400, "members": 20, "quorum": 15, "exponent": 1.724, "n_draws": (1000, 10**6, 10**9)}


@pytest.mark.parametrize("exposures", [1, 4])
def test_thresholds_of_members_alike(exposures):
    """D3: the chance at the formula's quantiles, over skills and replicates, which are independent."""
    groups = groups_of(**ALIKE, exposures=exposures)
    found = ArrivalDrawer(groups).draw(0, 50)["draws_threshold"]
    p = groups.probabilities[:, 0]
    for quorum, caught in ((15, False), (14, True), (16, True)):
        zs = []
        for level in LEVELS:
            at = bounds.draws_threshold(p, members=20, quorum=quorum, exposures=exposures, poisson=True, level=level)
            zs.append(z_of_chance(found <= at[:, None], level))
        if caught:
            assert max(map(abs, zs)) > LIMIT
        else:
            assert all(check(f"D3, {exposures} exposures, level {at}", z) for at, z in zip(LEVELS, zs, strict=True))
    width = bounds.skills.draws_half_width(members=20, quorum=15, exposures=exposures)
    scaled = np.log(np.quantile(found * p[:, None], LEVELS[::2]))
    assert (scaled[1] - scaled[0]) / 2 == pytest.approx(width, rel=0.03)


def test_members_that_differ_and_wrong_masses():
    """D3 for unequal members; members whose masses are wrong by a tenth are caught."""
    groups = groups_of(source="zipf:1.724", starts=(1, 40, 200), members=20, quorum=15, n_draws=(10**6,))
    found = ArrivalDrawer(groups).draw(0, 4000)["draws_threshold"]
    for j in range(3):
        at = [bounds.skills.draws_threshold_unequal(groups.probabilities[j] * f, quorum=15) for f in (1, 0.9)]
        assert check(f"D3 unequal, skill {j}", z_of_chance(found[j] <= at[0], 0.5))
        assert abs(z_of_chance(found[j] <= at[1], 0.5)) > LIMIT


def test_sizes_of_members_drawn_by_frequency():
    """D2: the chance that the store of each size has the skill; D3 in data, where M0 hardly varies."""
    groups = groups_of(
        source="zipf:1.724", kind="frequency", n_skills=1, members=20, quorum=18, n_draws=(10, 10**5), n_stored=(5,)
    )
    found = ArrivalDrawer(groups).draw(0, 3000)
    ranks = found["stored_threshold_rank"][0]
    for n in (4, 12, 40):
        chance, wrong = (
            float(bounds.emergence_probability(head_mass(groups.plan.law, np.float64(n)), members=20, quorum=a))
            for a in (18, 17)
        )
        assert check(f"D2, store of {n}", z_of_chance(ranks <= n, chance))
        assert abs(z_of_chance(ranks <= n, wrong)) > LIMIT
    at = float(bounds.skills.stored_threshold(groups.plan.law, members=20, quorum=18))
    assert abs(np.median(ranks) - at) < 2
    asymptotic = bounds.skills.draws_threshold_frequency("zipf:1.724", members=20, quorum=18)
    assert np.median(found["draws_threshold"]) == pytest.approx(asymptotic, rel=0.1)


@pytest.mark.parametrize("engine", [TokenDrawer, ArrivalDrawer])
def test_numbers_of_skills(engine):
    """D4, S(D) and S(N, D) in a store by rank, with sizes that cut a skill; exact for a Poisson number of draws."""
    plan: dict[str, Any] = {"n_skills": 60, "members": 10, "quorum": 7, "exponent": 1.3, "n_draws": (300, 1000, 5000)}
    groups = groups_of(**plan, n_stored=(50, 127, 128, 129, 300, 600), seed=4)
    R = 150 if engine is TokenDrawer else 1500
    found = engine(groups).draw(0, R)
    p = groups.probabilities
    for d, D in enumerate(plan["n_draws"]):
        chances = bounds.emergence_probability(-np.expm1(-D * p[:, 0]), members=10, quorum=7)
        expected = bounds.expected_skills(D, exponent=1.3, n_skills=60, members=10, quorum=7)
        spread = np.sqrt(np.sum(chances * (1 - chances)))
        assert check(f"D4 {engine.__name__} {D}", z_of_mean(found["skills"][d], expected, spread))
        wrong = bounds.expected_skills(D, exponent=1.3, n_skills=60, members=10, quorum=6)
        assert abs(z_of_mean(found["skills"][d], wrong, spread)) > LIMIT
        for s, n in enumerate(groups.plan.n_stored):
            held = np.clip(n - 10 * np.arange(60), 0, 10)
            exact = np.array([
                bounds.emergence_probability(-np.expm1(-D * p[j, 0]), members=h, quorum=7) if h >= 7 else 0.0
                for j, h in enumerate(held)
            ])  # fmt: skip
            values = found["skills_by_rank"][s, d]
            if engine is ArrivalDrawer and D == 1000:
                sd = max(float(np.sqrt(np.sum(exact * (1 - exact)))), 1e-3)
                assert check(f"S(N, D) by rank {n}", z_of_mean(values, exact.sum(), sd))
            whole = bounds.expected_skills(D, exponent=1.3, n_skills=60, members=10, quorum=7, n_stored=n)
            assert -1e-9 <= exact.sum() - whole <= 1


@pytest.mark.parametrize(
    "plan",
    [
        {"n_skills": 300, "members": 12, "quorum": 9, "exponent": 0.2},
        {"source": "zipf:1.3", "starts": (60, 300), "members": 12, "quorum": 9},
    ],
)
def test_the_engines_agree(plan):
    """Kolmogorov–Smirnov, for skills that take up little of the corpus; a quorum off by one is caught."""
    skills = slice(0, 2)
    tokens = groups_of(**plan, n_draws=(30000,))
    one = TokenDrawer(tokens).draw(0, 300)["draws_threshold"][skills]
    for quorum, same in ((9, True), (8, False)):
        other = ArrivalDrawer(groups_of(**plan | {"quorum": quorum}, n_draws=(30000,))).draw(0, 2000)
        for j, (a, b) in enumerate(zip(one, other["draws_threshold"][skills], strict=True)):
            b = np.where(b > 30000, np.inf, np.ceil(b))
            z = float(laws.norm.isf(max(laws.ks_2samp(a, b, method="asymp").pvalue / 2, 1e-15)))
            if same:
                assert check(f"engines, skill {j} of {plan}", z)
            else:
                assert z > LIMIT


# Text in random order


def test_random_orders_of_a_text(text):
    """A member with c of T windows is seen in the first x of them with chance 1 - (1-x)^c; k of them by a beta law."""
    for exposures in (1, 2):
        groups = groups_of(**text | {"members": 1, "quorum": 1, "exposures": exposures, "starts": (1, 12, 20)})
        found = ShuffleDrawer(groups).draw(0, 3000)["draws_threshold"] / groups.text.n_draws
        counts = groups.text_counts[[0, 11, 19]]
        for j, c in enumerate(counts):
            at = float(laws.beta.ppf(0.3, exposures, c - exposures + 1))
            assert check(f"random orders, {exposures} of {c}", z_of_chance(found[j] <= at, 0.3))
    never = groups_of(**text | {"exposures": int(groups.text_counts[0]) + 1})
    assert np.all(np.isinf(ShuffleDrawer(never).draw(0, 2)["draws_threshold"]))


def test_a_text_in_random_order_comes_neither_sooner_nor_later():
    """A text of independent words is one of its random orders, also where members are rare and many are alike."""
    sooner = []
    for seed in range(25):
        order: Any = TextOrderOf(np.minimum(np.random.default_rng(seed).zipf(1.4, 3000), 900))
        plan = SkillPlan(source="corpus:unread", starts=(1, 40, 200), members=10, quorum=8, n_draws=(3000,))
        groups = Groups(replace(plan, n_stored=(10,)), None, order)
        own = Corpus(groups, 0).measured()["draws_threshold"]
        sooner.append((ShuffleDrawer(groups).draw(0, 99)["draws_threshold"] < own[:, None]).mean(axis=1))
    for j, ranks in enumerate(np.array(sooner).T):
        assert check(f"a text in random order, skill {j}", z_of_mean(ranks, 0.5, np.sqrt(1 / 12)))


class TextOrderOf:
    """A text of these words."""

    source, random_access, law = "corpus:unread", True, None

    def __init__(self, words):
        self._keys, self.n_draws = words.astype(np.uint64), len(words)

    def keys(self, first, n):
        return self._keys[first : first + n]


# Estimates


def test_half_widths_hold_the_truth():
    values = np.exp(0.2 * np.random.default_rng(4).normal(size=(500, 100)))
    found = estimates.half_width(values)
    assert np.mean((found.lower <= 0.2) & (found.upper >= 0.2)) > 0.95
    assert np.mean(found.value) == pytest.approx(0.2, rel=0.02)
    assert np.isnan(estimates.half_width(np.full((1, 100), np.inf)).value[0])


def test_the_exponent_of_the_number_of_skills():
    """The interval holds what the same fit makes of the formula's numbers, which is 1/s."""
    sizes = np.array(bounds_sizes := [10**3, 10**4, 10**5, 10**6])
    held = []
    for seed in range(40):
        groups = groups_of(n_skills=1000, members=20, quorum=15, exponent=1.5, n_draws=tuple(bounds_sizes), seed=seed)
        skills = ArrivalDrawer(groups).draw(0, 20)["skills"]
        expected = bounds.expected_skills(sizes.astype(float), exponent=1.5, n_skills=1000, members=20, quorum=15)
        fit = estimates.growth_exponent(sizes.astype(float), skills, expected, 1000)
        assert fit.expected == pytest.approx(1 / 1.5, abs=0.003)
        held.append(fit.lower <= fit.expected <= fit.upper)
    assert check("exponent of S(D)", (np.mean(held) - 0.95) / np.sqrt(0.95 * 0.05 / 40))
    assert estimates.growth_exponent(sizes[:2], skills[:2], expected[:2], 1000) is None


# The example


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_is_true(kind):
    groups = groups_of(n_draws=SIZES, **KINDS[kind], seed=6)
    found = example.find_example(groups)
    corpus = Corpus(groups, 0)
    corpus.advance(SIZES[-1])
    smallest = corpus.smallest_stores()

    def there(n):
        return int(np.sum(smallest <= n))

    assert found.n_unique == corpus.census.n_unique
    assert found.skills == there(found.n_unique) == found.skills_beyond[0] == found.skills_beyond[1]
    assert all(n > found.n_unique for n in found.beyond)
    assert found.idle_from < found.idle_to < found.n_unique
    assert found.skills_idle == there(found.idle_from) == there(found.idle_to)
    assert found.gain_at < found.n_unique
    assert found.skills_gain == there(found.gain_at) > there(found.gain_at - 1)
    assert "necessary, not sufficient" in found.sentence
    few = Corpus(groups, 0)
    few.advance(1)
    assert example.of_corpus(few) is None
    assert np.all(few.smallest_stores() == NEVER)


# The whole


def test_a_result_has_units_and_theory_and_depends_on_nothing_else():
    plan = {"n_skills": 30, "members": 5, "quorum": 4, "n_draws": (100, 1000, 10000), "replicates": 8}
    one, other = (simulate.simulate_skills(threads=t, **plan) for t in (1, 2))
    for name in one.variables:
        assert np.array_equal(one[name], other[name]), name
        assert one[name].attrs["units"]
        assert one[name].attrs["long_name"] != name
    assert one.draws_threshold_formula.values == pytest.approx(
        bounds.draws_threshold(bounds_masses(30, 1.724) / 5, members=5, quorum=4), rel=1e-12
    )
    assert one.n_unique_formula.values == pytest.approx(
        [5 * np.sum(-np.expm1(-D * bounds_masses(30, 1.724) / 5)) for D in (100, 1000, 10000)], rel=1e-9
    )
    more = simulate.simulate_skills(**plan | {"replicates": 11})
    assert np.array_equal(one.draws_threshold, more.draws_threshold[:, :8])
    assert not np.array_equal(one.draws_threshold, simulate.simulate_skills(seed=1, **plan).draws_threshold)


def bounds_masses(J, s):
    w = np.arange(1.0, J + 1) ** -s
    return w / w.sum()


def test_auto_says_which_engine_and_why():
    small, large = (prepare(SkillPlan(n_draws=(1000, D), n_skills=20)) for D in (10**4, 10**9))
    assert small.choice.name == "tokens"
    assert large.choice.name == "arrivals"
    assert "draws" in small.choice.reason
    assert "Poisson" in large.choice.reason


@pytest.mark.parametrize(
    ("J", "m", "last", "types"),
    [(10, 50, 3000, 1e9), (5, 7, 3, 1e9), (3, 4, 100, 12), (1, 9, 50, 1e3), (4, 1, 1e15, 2e15)],
)
def test_default_windows_fit(J, m, last, types):
    from simulate.studies.skills.plan import check_windows, spread_starts

    starts = spread_starts(J, m, int(last), types)
    check_windows(starts, m, types, "a source")
    assert starts[0] == 1
    assert len(starts) == J
    if J > 1 and 2 * J * m < last < types - m:
        assert starts[-1] == pytest.approx(last, rel=0.01)
