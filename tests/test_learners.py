"""What learners lose given one corpus: brute force, theory in the mean, what always holds, and what must be caught."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from itertools import islice
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import bounds
from simulate.drawing.stream import random_bits
from simulate.studies.learners import predictors, stores, votes
from simulate.studies.learners.corpora import seen_corpora
from simulate.studies.learners.names import fit_pairs, parse_learner, parse_tolerances
from tests.statistics import LIMIT, check, z_of_chi_square

NAMES = (
    "memoriser", "add-constant:0.5", "good-turing", "pitman-yor:0.72", "pitman-yor:0.5,concentration=10", "store",
    "store:1000", "store:1000,by=rank", "store:20,cost=1", "store:by=count", "margin:1", "margin:0.3333",
)  # fmt: skip


def corpora(source, sizes, *, seed=0, replicate=0, n_tests=500):
    """The corpora of one replicate; each must be used before the next."""
    return seen_corpora(bounds.parse_source(source), np.array(sizes), seed=seed, replicate=replicate, n_tests=n_tests)


def one(source, size, **options):
    """The first of two sizes, so that corpora of many sizes share the tables of one source."""
    return next(corpora(source, [size, 10**6], **options))


def losses(learner, source, size, replicates, *, n_tests=500, measure=None):
    """Exact and tested losses of so many corpora, shape (2, replicate)."""
    measure = measure or parse_learner(learner).measure
    found = [measure(one(source, size, seed=11, replicate=r, n_tests=n_tests)) for r in range(replicates)]
    return np.array(found).T


def z(values, expected=0.0):
    return float((values.mean() - expected) / (values.std(ddof=1) / math.sqrt(len(values))))


# Names


@pytest.mark.parametrize("name", NAMES)
def test_names_are_read_and_written_back(name):
    learner = parse_learner(name)
    assert parse_learner(str(learner)) == learner
    if name != "store:by=count":
        assert str(learner) == name


@pytest.mark.parametrize(("name", "message"), [
    ("nobody", "unknown learner 'nobody': known are memoriser"), ("margin", "needs a number, such as margin:1"),
    ("margin:0", "margin exponent must be above 0"), ("margin:x", "'x' is no number"),
    ("store:0", "places of a store must be between 1"), ("store:2.5", "places of a store must be a whole number"),
    ("store:9,by=luck", "by must be count or rank"), ("store:by=rank", "needs its number of places"),
    ("store:9,size=3", "its options are by, cost"), ("memoriser:3", "it has no options"),
    ("pitman-yor:1.2", "discount must be strictly between 0 and 1"), ("add-constant:-1", "must be above 0"),
    ("store:9,by=rank,by=count", "is not understood"),
])  # fmt: skip
def test_a_name_that_is_not_understood_is_one_sentence(name, message):
    with pytest.raises(ValueError, match=message) as caught:
        parse_learner(name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("learner", "source"), [
    ("memoriser", "zipf:1.5"), ("add-constant:1", "zipf:1.5"), ("add-constant:1", "pitman-yor:0.5"),
    ("good-turing", "pitman-yor:0.5"), ("store", "windows:alphabet=4,length=3"), ("margin:1", "zipf:1.5"),
    ("store:3,by=rank", "mixture:0.5*(zipf:2.0)+0.5*(zipf:1.5)"), ("good-turing", "santa-fe:1.5,labels=2"),
])  # fmt: skip
def test_a_learner_that_does_not_fit_a_source_is_refused(learner, source):
    with pytest.raises(ValueError, match=f"learner {learner.partition(':')[0]}.* does not fit source .*: ") as caught:
        fit_pairs([learner], [bounds.parse_source(source)])
    assert "\n" not in str(caught.value)


def test_every_learner_fits_the_source_that_it_brings():
    assert [str(source) for _, source in fit_pairs(["all"], [])] == [
        "growing:0.72", "growing:0.58", "growing:0.44", "santa-fe:1.3889,labels=2",
    ]  # fmt: skip
    assert len(fit_pairs(NAMES, [])) == len({str(parse_learner(name)) for name in NAMES})


def test_tolerances_are_read():
    assert parse_tolerances("0,0.010, 10%") == ("0", "0.01", "10%")
    for bad in ("", "x", "-1", "0,0.0", "nan", "inf"):
        with pytest.raises(ValueError, match="tolerance must"):
            parse_tolerances(bad)


# Predictors


@pytest.mark.parametrize("source", ["uniform:40", "zipf:1.1,types=60", "mixture:0.5*(uniform:7)+0.5*(zipf:1,types=9)"])
@pytest.mark.parametrize("size", [1, 30, 2000])
def test_added_constants_lose_what_the_sum_over_all_types_says(source, size):
    """Every type there is, with a corpus long enough to show all of them naming the types."""
    corpus = one(source, size, seed=3)
    everything = next(corpora(source, [10**6], seed=3))
    number = Counter(dict(zip(corpus.census.keys.tolist(), corpus.counts.tolist(), strict=True)))
    n_types = bounds.parse_source(source).n_types
    assert everything.n_unique == n_types
    p = everything.known
    q = np.array([number[key] + 0.5 for key in everything.census.keys.tolist()]) / (size + 0.5 * n_types)
    exact, tested = predictors.add_constant_loss(corpus, 0.5)
    assert exact == pytest.approx(float(np.sum(p * np.log(p / q))), rel=1e-9, abs=1e-12)
    assert math.isfinite(tested)


def test_good_turing_by_hand():
    counts = np.array([1, 1, 1, 2, 2, 5])
    seen, new = predictors.good_turing_weights(counts)
    # f_1 = 3, f_2 = 2, f_5 = 1: once is no more than f_2 = 2, so (2+1) 2/3 each; twice exceeds f_3 = 0; new 3 + 1
    weights = np.array([2, 2, 2, 2, 2, 5, 4]) / 19
    assert np.allclose(np.append(seen, new), weights)


def test_a_sequence_of_probability_zero_costs_what_is_given_to_it():
    """A draw beyond rank 2^62 has none that can be told from 0; what the predictor gives it is lost."""
    corpus: Any = SimpleNamespace(
        probabilities=0, known=np.array([0.75, 0.0]), missing_mass=0.25, tested=np.array([0]), counts=np.array([3, 1])
    )
    exact, _ = predictors.pattern_loss_of(corpus, np.array([0.5, 0.2]), 0.3)
    assert exact == pytest.approx(0.75 * math.log(0.75 / 0.5) + 0.25 * math.log(0.25 / 0.3))


@given(st.integers(0, 10**6), st.integers(1, 3000), st.sampled_from(["zipf:1.3889", "zipf:2.2", "uniform:50"]))
def test_no_predictor_that_counts_beats_the_best_of_them(seed, size, source):
    corpus = one(source, size, replicate=seed)
    p = np.append(corpus.known, corpus.missing_mass)
    best = bounds.divergence.forward_kl_natural(p, np.append(corpus.counts, 0))
    for seen, new in (
        predictors.good_turing_weights(corpus.counts), predictors.pitman_yor_weights(corpus, 0.6, 2.0)
    ):  # fmt: skip
        assert seen.sum() + new == pytest.approx(1)
        exact, _ = predictors.pattern_loss_of(corpus, seen, new)
        assert exact >= best - 1e-12
        whole = np.sum(corpus.known * np.log(corpus.known / seen))
        whole += corpus.missing_mass * math.log(corpus.missing_mass / new) if corpus.missing_mass else 0
        assert exact == pytest.approx(whole, abs=1e-12)


@pytest.mark.parametrize(("learner", "within"), [
    ("pitman-yor:0.72", 0.02), ("pitman-yor:0.5", 0.02), ("good-turing", 0.1),
])  # fmt: skip
def test_predictors_lose_their_constant_per_sequence(learner, within):
    source = "zipf:1.3889"
    exact, _ = losses(learner, source, 200_000, 4)
    expected = parse_learner(learner).expected(bounds.parse_source(source), [200_000])
    assert expected.label == "asymptotic"
    assert exact.mean() == pytest.approx(float(expected.values[0]), rel=within)


# Santa Fe


def test_the_memoriser_loses_what_theory_says_and_pays_once_for_each_fact():
    """Excess = ln A E M0 at each size; and all of it, before each draw, adds up to ln A E U."""
    source, size, replicates = "santa-fe:1.3889,labels=3", 40, 200
    total, last = np.empty(replicates), np.empty((2, replicates))
    for r in range(replicates):
        found = [
            parse_learner("memoriser").measure(corpus)
            for corpus in corpora(source, range(1, size), seed=2, replicate=r, n_tests=64)
        ]
        total[r] = math.log(3) + sum(loss.exact for loss in found)  # the first draw is new
        last[:, r] = found[-1]
    assert check("santa fe total", z(total, math.log(3) * float(bounds.expected_unique("zipf:1.3889", size))))
    assert check("santa fe excess", z(last[0], float(bounds.laws.excess_loss(source, size - 1))))
    assert check("santa fe tests", z(last[1] - last[0]))


def test_labels_are_even_and_fixed():
    corpus = one("santa-fe:1.2,labels=5", 20_000)
    labels = predictors.fact_labels(corpus, corpus.census.keys)
    observed = np.bincount(labels, minlength=5)
    statistic = float(np.sum((observed - observed.mean()) ** 2 / observed.mean()))
    assert check("labels of facts", z_of_chi_square(statistic, 4))
    assert np.array_equal(predictors.fact_labels(corpus, corpus.census.keys[::-1]), labels[::-1])
    other = one("santa-fe:1.2,labels=5", 10, replicate=1)
    assert not np.array_equal(predictors.fact_labels(other, corpus.census.keys), labels)


def test_a_memory_that_is_off_by_one_is_caught():
    corpus = one("santa-fe:1.3889,labels=3", 2000)
    shifted = replace(corpus)
    shifted.__dict__["tested"] = np.where(corpus.tested > 0, corpus.tested - 1, corpus.tested)
    assert math.isfinite(predictors.memoriser_loss(corpus)[1])
    assert math.isinf(predictors.memoriser_loss(shifted)[1])


def test_a_learner_that_counts_its_test_draws_is_caught():
    """Negative control: it knows each fact that an earlier test draw told."""

    def cheat(corpus):
        new = corpus.tested < 0
        first = np.zeros(len(new), bool)
        first[np.unique(corpus.tests.keys, return_index=True)[1]] = True
        return math.log(2) * corpus.missing_mass, math.log(2) * float(np.mean(new & first))

    source = "santa-fe:1.3889,labels=2"
    honest = losses("memoriser", source, 1000, 60, n_tests=5000)
    cheating = losses("", source, 1000, 60, n_tests=5000, measure=cheat)
    assert check("honest tests", z(honest[1] - honest[0]))
    assert abs(z(cheating[1] - cheating[0])) > LIMIT


@pytest.mark.parametrize(
    "name", ["memoriser", "add-constant:1", "good-turing", "pitman-yor:0.5", "store:9", "margin:1"]
)
def test_nothing_is_learnt_from_test_draws(name):
    """Neither the corpus nor the exact loss depends on them; they are not draws of the corpus."""
    learner = parse_learner(name)
    few, many = (one(learner.default_source, 3000, n_tests=n) for n in (10, 4000))
    before = few.counts.copy(), few.census.keys.copy()
    exact = [learner.measure(corpus).exact for corpus in (few, many)]
    assert exact[0] == exact[1]
    assert np.array_equal(few.counts, before[0])
    assert np.array_equal(few.census.keys, before[1])
    assert not np.array_equal(many.order.keys(0, 10), few.tests.keys)


# Stores

STORES = st.tuples(
    st.sampled_from(["zipf:1.5", "zipf:1.1,types=300", "uniform:80", "geometric:0.9", "santa-fe:1.7,labels=2"]),
    st.integers(1, 400), st.integers(0, 10**6), st.sampled_from(["count", "rank"]),
)  # fmt: skip


@given(STORES, st.integers(1, 150))
def test_a_store_loses_what_it_cannot_hold_and_what_it_has_not_seen(drawn, n_stored):
    """The sandwich of C2: its lower end for every store and corpus, its upper end where places go by rank."""
    source, size, seed, by = drawn
    law = bounds.parse_source(source)
    law = law.facts if isinstance(law, bounds.SantaFe) else law
    corpus = one(source, size, replicate=seed, n_tests=1)
    loss, _ = stores.store_loss(corpus, n_stored, by, 2.0)
    tail = float(bounds.capacity.tail_mass(law, n_stored))
    assert loss / 2 >= max(tail, corpus.missing_mass) - 1e-12
    if by == "rank":
        assert loss / 2 <= tail + corpus.missing_mass + 1e-12
    more, _ = stores.store_loss(corpus, n_stored + 1, by, 2.0)
    assert more <= loss + 1e-12
    assert stores.store_loss(corpus, None, "count", 2.0)[0] == 2.0 * corpus.missing_mass
    assert stores.store_loss(corpus, corpus.n_unique, "count", 2.0)[0] == 2.0 * corpus.missing_mass


@given(STORES, st.integers(1, 150))
def test_more_data_never_hurt_a_store_that_does_not_forget(drawn, n_stored):
    source, size, seed, _ = drawn
    found = [
        [stores.store_loss(corpus, places, by, 1.0)[0] for places, by in ((n_stored, "rank"), (None, "count"))]
        for corpus in islice(corpora(source, [size, size + 7, 3 * size + 50, 10**6], replicate=seed, n_tests=1), 3)
    ]
    assert np.all(np.diff(found, axis=0) <= 1e-12)


@pytest.mark.parametrize(("source", "n_stored", "size"), [("zipf:1.5", 30, 300), ("geometric:0.97", 60, 200)])
def test_a_store_by_rank_loses_c2_exactly(source, n_stored, size):
    exact, tested = losses(f"store:{n_stored},by=rank,cost=1", source, size, 300)
    expected = float(bounds.capacity_loss(source, n_stored, size, novelty_cost=1))
    assert check(f"C2 of {source}", z(exact, expected))
    assert check(f"C2 of {source} on tests", z(tested - exact))
    assert abs(z(exact, 1.05 * expected)) > LIMIT


def test_a_store_by_count_lies_in_the_sandwich_in_the_mean():
    exact, tested = losses("store:30,cost=1", "zipf:1.5", 300, 300)
    bound = bounds.capacity.capacity_loss_bounds("zipf:1.5", 30, 300, novelty_cost=1)
    assert bound.lower < exact.mean() < bound.upper
    assert exact.mean() > float(bounds.capacity_loss("zipf:1.5", 30, 300, novelty_cost=1)) * 0.99
    assert check("store by count on tests", z(tested - exact))


def looks_at_counts_alone(stored) -> bool:
    """Whether a store keeps the same types when their probabilities are exchanged."""
    corpus = one("zipf:1.3", 3000, n_tests=1)
    turned = replace(corpus, probabilities=corpus.known[::-1])
    return np.array_equal(stored(corpus), stored(turned))


def test_a_store_that_peeks_at_probabilities_is_caught():
    def peeking(corpus):
        kept = np.zeros(corpus.n_unique, bool)
        kept[np.argsort(-corpus.known)[:100]] = True
        return kept

    assert looks_at_counts_alone(lambda corpus: stores.stored_by_count(corpus.counts, 100))
    assert not looks_at_counts_alone(peeking)
    # and it shows in what it loses
    gain = []
    for r in range(30):
        corpus = one("zipf:1.3", 3000, replicate=r, n_tests=1)
        honest = corpus.known[stores.stored_by_count(corpus.counts, 100)].sum()
        gain.append(corpus.known[peeking(corpus)].sum() - honest)
    assert min(gain) >= 0
    assert z(np.array(gain)) > LIMIT


def test_of_equals_those_seen_first_are_stored():
    assert stores.stored_by_count(np.array([1, 2, 1, 2, 1]), 3).tolist() == [True, True, False, True, False]
    assert stores.stored_by_count(np.array([1, 1]), 5).tolist() == [True, True]


# Efficient size


def with_counts(counts, novelty=0.1):
    return SimpleNamespace(counts=np.array(counts), n_draws=sum(counts), novelty=novelty)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=30), st.floats(0, 1.2), st.floats(0, 3))
def test_the_efficient_size_is_the_smallest_that_will_do(counts, tolerance, share):
    corpus = with_counts(counts)
    ordered, total = sorted(counts, reverse=True), sum(counts)
    assert stores.efficient_size(corpus, "0", 0.7) == len(counts)
    assert stores.efficient_size(corpus, "0%", 0.7) == len(counts)
    for text, allowed in (
        (f"{tolerance:g}", float(f"{tolerance:g}")),
        (f"{share:g}%", float(f"{share:g}") / 100 * 0.07),
    ):
        n = stores.efficient_size(corpus, text, 0.7)
        left_out = [0.7 * (total - sum(ordered[:k])) / total for k in range(len(counts) + 1)]
        assert left_out[n] <= allowed * (1 + 1e-12) + 1e-15
        assert n == 0 or left_out[n - 1] > allowed * (1 - 1e-12)


@pytest.mark.parametrize("source", ["zipf:1.3889", "uniform:90", "growing:0.58"])
def test_at_tolerance_zero_it_is_the_number_of_sequences(source):
    for corpus in corpora(source, [10, 300, 5000], n_tests=1):
        assert stores.efficient_size(corpus, "0", 0.7) == corpus.n_unique


def test_a_fixed_tolerance_is_met_by_a_size_that_stops_growing():
    law = bounds.parse_source("zipf:1.724")
    limit = stores.efficient_size_limit(law, "0.05", 0.7)
    assert bounds.capacity.tail_mass(law, limit) <= 0.05 / 0.7 < bounds.capacity.tail_mass(law, limit - 1)
    sizes = [stores.efficient_size(corpus, "0.05", 0.7) for corpus in corpora("zipf:1.724", [10**5, 10**6], n_tests=1)]
    assert sizes[-1] == pytest.approx(limit, rel=0.05)
    assert math.isnan(stores.efficient_size_limit(law, "0", 0.7))
    assert math.isnan(stores.efficient_size_limit(law, "5%", 0.7))
    assert math.isnan(stores.efficient_size_limit(bounds.parse_source("growing:0.5"), "0.1", 0.7))


# Votes


def test_votes_are_those_of_a_loop():
    """Labels, votes and errors again, in plain Python with the whole numbers of the stream."""
    corpus = one("uniform:30", 200, seed=9, replicate=4, n_tests=50)
    stream = corpus.order.stream
    seed, label, margin = (np.uint64(x) for x in (
        stream.seed, replace(stream, purpose="labels").high, replace(stream, purpose="margins").high
    ))  # fmt: skip
    margins = [((int(random_bits(seed, margin, np.uint64(i))) >> 12) + 0.5) / 2**52 for i in range(30)]

    def says_plus(draw, context):
        return (int(random_bits(seed, label, np.uint64(draw))) >> 11) / 2**53 < (1 + margins[context]) / 2

    votes_for: Counter[int] = Counter()
    for draw, key in enumerate(corpus.order.keys(0, 200).tolist()):
        votes_for[key] += 1 if says_plus(draw, key) else -1
    wrong = {context: 1.0 if votes_for[context] < 0 else 0.5 * (votes_for[context] == 0) for context in range(30)}
    exact, tested = votes.vote_loss(corpus, 1.0)
    assert exact == pytest.approx(sum(margins[c] * wrong[c] for c in range(30)) / 30, rel=1e-12)
    differences = []
    for i, key in enumerate(corpus.tests.keys.tolist()):
        plus = says_plus(200 + i, key)
        differences.append((0.5 if wrong[key] == 0.5 else plus == (wrong[key] == 1)) - (not plus))
    assert tested == pytest.approx(np.mean(differences))


@pytest.mark.parametrize("a", [0.3333, 1.0, 2.0])
def test_margins_have_their_law(a):
    thresholds = votes.margin_thresholds(one("uniform:9", 10).order.stream, 4000, a)
    margins = thresholds / 2.0**52 - 1
    assert margins.min() >= 0
    assert margins.max() <= 1
    distance = stats.kstest(margins**a, "uniform")
    assert distance.pvalue > 1e-7
    assert stats.kstest(margins ** (1.2 * a), "uniform").pvalue < 1e-7


@pytest.mark.parametrize(("a", "types", "size"), [(1.0, 50, 200), (0.3333, 40, 1000), (0.05, 40, 300), (3.0, 60, 600)])
def test_votes_err_as_theory_says(a, types, size):
    exact, tested = losses(f"margin:{a}", f"uniform:{types}", size, 400)
    expected = float(bounds.efficiency.top1_excess(size / types, a))
    assert check(f"votes a={a}", z(exact, expected))
    assert check(f"votes a={a} on tests", z(tested - exact))


def most_less(a: float, size: int) -> float:
    """c(c + 1)/(2D), c = (1 + a)/2 being the exponent of the loss; of more than a few draws in all.

    The variance of a binomial count is less by λ²/D, times half the second derivative of λ^-c, as a part of λ^-c.
    """
    return (1 + a) * (3 + a) / (8 * size)


@pytest.mark.parametrize(("types", "size"), [(145, 1000), (20, 300), (2, 300), (1.05, 1000), (3, 10)])
def test_counts_of_a_fixed_corpus_change_the_mean_by_about_one_draw(types, size):
    """Binomial counts instead of Poisson ones, summed: less by a share below (1 + a)(3 + a)/(8 D), and hardly less."""
    n = np.arange(size + 1)
    for a in (0.01, 0.3333, 1.0, 3.0, 10.0):
        fixed = float(stats.binom.pmf(n, size, 1 / types) @ bounds.efficiency.top1_excess(n, a, poisson=False))
        share = 1 - fixed / float(bounds.efficiency.top1_excess(size / types, a))
        assert 0 < share < most_less(a, size)
        assert types != 1.05 or share > 0.98 * most_less(a, size)


def test_a_vote_that_counts_its_test_draws_is_caught():
    def cheat(corpus):
        longer = replace(corpus, order=corpus.order)
        exact, _ = votes.vote_loss(corpus, 1.0)
        stream = replace(corpus.order.stream, purpose="labels")
        contexts = int(corpus.order.law.n_types)
        thresholds = votes.margin_thresholds(replace(stream, purpose="margins"), contexts, 1.0)
        total = np.zeros(contexts)
        for begin, keys in ((0, corpus.order.keys(0, corpus.n_draws)), (corpus.n_draws, longer.tests.keys)):
            plus = votes.drawn_labels(keys, begin, thresholds, stream)
            np.add.at(total, keys.astype(int), np.where(plus, 1, -1))
        said = np.sign(total)[corpus.tests.keys.astype(int)]
        return exact, float(np.mean(np.where(said == 0, 0.5, (said > 0) != plus) - ~plus))

    cheating = losses("", "uniform:50", 200, 100, measure=cheat)
    assert abs(z(cheating[1] - cheating[0])) > LIMIT
