"""Suites: what stores hold against dictionaries and sorting, batches by themselves, losses against theory, refusals."""

from __future__ import annotations

import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import pairwise

import click
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import simulate
from bounds import missing_mass, parse_source
from bounds.cli.report import print_report
from simulate.cli.main import main
from simulate.corpora.census import Census
from simulate.drawing.stream import Stream, random_bits
from simulate.engines.choice import cell_of
from simulate.running.showing.view import View
from simulate.studies.suite import report as tables
from simulate.studies.suite import rows
from simulate.studies.suite.learning.training import Trainer
from simulate.studies.suite.plan import PYTHIA_STEPS, SuitePlan
from simulate.studies.suite.prepare import prepare
from tests.running import job_done
from tests.statistics import check

LAWS = ("zipf:1.5", "zipf:0.9,types=60", "uniform:40", "geometric:0.9", "mixture:0.6*(zipf:1.5)+0.4*(uniform:30)",
        "santa-fe:1.4,labels=3", "windows:alphabet=3,length=2")  # fmt: skip


def trained(source: str, **options):
    job = prepare(SuitePlan(source, **options))
    return job, job.trainer.train(0, job.plan.replicates)


# Brute force


def bits_of(stream: Stream, position: int, attempt: int) -> int:
    return int(random_bits(np.uint64(stream.seed), np.uint64(stream.high + attempt), np.uint64(position)))


class Slow:
    """One suite with dictionaries and sorting, one draw at a time."""

    def __init__(self, trainer: Trainer, replicate: int) -> None:
        self.trainer, self.order = trainer, trainer.order_of(replicate)
        self.keys = [int(key) for key in self.order.keys(0, self.order.n_draws)]
        self.stream = Stream(trainer.seed, "exposures", cell_of(trainer.source), replicate)

    def stores(self, n_draws: int) -> list[set[int]]:
        """The store of each size after `n_draws`."""
        taught = dict.fromkeys(self.keys[:n_draws], 0)
        limit = self.trainer.learning_probability * 2.0**64
        for draw, key in enumerate(self.keys[:n_draws]):
            taught[key] += bits_of(self.stream, draw, 0) < limit
        ranked = sorted(
            (key for key in taught if taught[key]), key=lambda key: -taught[key]
        )  # stable: first seen first
        return [set(ranked[:n]) for n in self.trainer.capacities]

    def missed(self, n_draws: int, first: int, n: int) -> list[int]:
        return [sum(key not in store for key in self.keys[first : first + n]) for store in self.stores(n_draws)]


def check_against_slow(trainer: Trainer, block, replicate: int) -> None:
    slow, each = Slow(trainer, replicate), {name: values[replicate] for name, values in block.each.items()}
    n_sizes = len(trainer.capacities)
    before: list[set[int]] = [set() for _ in trainer.capacities]
    since: list[dict[int, int]] = [{} for _ in trainer.capacities]
    end = int(trainer.steps[-1]) * trainer.batch
    for t, step in enumerate(trainer.steps):
        n = int(step) * trainer.batch
        stores = slow.stores(n)
        assert each["n_unique"][t] == len(set(slow.keys[:n]))
        assert each["stored"][t].tolist() == [len(store) for store in stores]
        assert each["entered"][t].tolist() == [len(new - old) for new, old in zip(stores, before, strict=True)]
        assert each["forgotten"][t].tolist() == [len(old - new) for new, old in zip(stores, before, strict=True)]
        following = slow.keys[n : n + trainer.batch]
        assert each["n_next"][t] == len(following)
        assert each["missed_next"][t].tolist() == [sum(key not in store for key in following) for store in stores]
        assert each["missed_validation"][t].tolist() == slow.missed(n, end, trainer.validation)
        if slow.order.law is not None:
            masses = [slow.order.probabilities(np.array(sorted(store), np.uint64)).sum() for store in stores]
            np.testing.assert_allclose(each["unknown"][t], 1 - np.array(masses), atol=1e-12)
        for i in range(n_sizes):
            since[i] = {key: since[i].get(key, t) for key in stores[i]}
        before = stores
    if replicate == 0 and len(block.each["stored"]) == 1:
        held = np.array([np.bincount(list(found.values()), minlength=len(trainer.steps)) for found in since])
        assert np.array_equal(block.pooled["since"], held)
        known = block.pooled["known"][-1].cumsum(axis=1)[:, :-1]
        counts = {key: slow.keys[:end].count(key) for key in set(slow.keys[:end])}
        for i, store in enumerate(before):
            bins = np.bincount([counts[key].bit_length() - 1 for key in store], minlength=len(known))
            assert known[:, i].tolist() == bins.tolist()
        tracked = [[int(key) in store for key in trainer.tracked] for store in before]
        assert block.pooled["tracked"][-1].astype(bool).tolist() == tracked


steps_of = st.lists(st.integers(0, 40), min_size=2, max_size=6, unique=True).map(sorted)
sizes_of = st.lists(st.integers(1, 70), min_size=1, max_size=5, unique=True).map(sorted)


@given(
    st.sampled_from(LAWS), steps_of, st.integers(1, 9), sizes_of, st.sampled_from([1.0, 0.3]), st.integers(0, 2**64 - 1)
)  # fmt: skip
def test_small_suites_are_those_of_dictionaries_and_sorting(source, steps, batch, sizes, chance, seed):
    job, block = trained(
        source, checkpoints=steps, batch=batch, n_params=sizes, replicates=1, learning_probability=chance,
        seed=seed, validation=20, track=(1, 2, 5),
    )  # fmt: skip
    check_against_slow(job.trainer, block, 0)


def test_larger_counts_are_sorted_too():
    """Counts on both sides of the limit below which they are sorted by counting, in two corpora."""
    job, block = trained(
        "zipf:2.5", checkpoints=(0, 1, 3, 9), batch=900, n_params=(1, 2, 3, 5, 8, 200), replicates=2, validation=50
    )
    for replicate in (0, 1):
        check_against_slow(job.trainer, block, replicate)


def test_a_text_is_taken_in_its_order(tmp_path):
    words = "the cat sat on the mat and the dog sat on the cat the end of the cat and the dog".split()  # noqa: SIM905
    path = tmp_path / "text.txt"
    path.write_text(" ".join(words))
    job, block = trained(
        f"corpus:{path},unit=word,length=2", checkpoints=(0, 1, 2, 4), batch=4, n_params=(1, 3, 9), validation=3
    )
    check_against_slow(job.trainer, block, 0)
    pairs = list(pairwise(words))[:16]
    assert block.each["n_unique"][0, -1] == len(set(pairs))
    assert np.isnan(block.each["unknown"]).all()
    assert job.plan.replicates == 1
    ranked = sorted(set(pairs), key=lambda pair: (-pairs.count(pair), pairs.index(pair)))
    number = {pair: int(key) for pair, key in zip(pairs, job.trainer.order.keys(0, 16), strict=True)}
    assert [number[pair] for pair in ranked[:3]] == prepare(replace(job.plan, track=(1, 2, 3))).trainer.tracked.tolist()


def test_a_store_that_peeks_at_probabilities_is_caught():
    """It keeps the most probable of what was seen: what is stored, and its loss, differ from those by counts."""
    job, block = trained("zipf:1.2", checkpoints=(0, 4), batch=50, n_params=(10,), replicates=1)
    order = job.trainer.order_of(0)
    seen = np.unique(order.keys(0, 200))
    p = order.probabilities(seen)
    peeked = set(seen[np.argsort(-p)[:10]].tolist())
    (honest,) = Slow(job.trainer, 0).stores(200)
    assert peeked != honest
    assert 1 - np.sort(p)[::-1][:10].sum() < block.each["unknown"][0, -1, 0] - 1e-6
    held = order.probabilities(np.array(sorted(honest), np.uint64)).sum()
    assert held == pytest.approx(1 - block.each["unknown"][0, -1, 0])


def test_positions_are_those_of_first_last_and_preferred_exposures():
    from simulate.studies.suite.learning.exposures import Exposures

    job = prepare(SuitePlan("zipf:1.5", checkpoints=(0, 5), batch=30, n_params=(9,), replicates=1))
    slow, census = Slow(job.trainer, 0), Census(job.trainer.order)
    exposures = Exposures(slow.stream, 1.0)
    for begin in range(0, 150, 37):
        keys = job.trainer.order.keys(begin, min(37, 150 - begin))
        exposures.note(census.count(keys, begin), begin, census.n_unique)
    first, last, chosen = exposures.positions(census.first)
    for number, key in enumerate(census.keys.tolist()):
        draws = [draw for draw, other in enumerate(slow.keys[:150]) if other == key]
        assert (first[number], last[number]) == (draws[0], draws[-1])
        assert chosen[number] == max(draws, key=lambda draw: bits_of(slow.stream, draw, 1))


# Batches by themselves


def batches_that_differ(make, order, steps, batch: int) -> int:
    """How many of the batches that `make` gives are not those of the order that was drawn from its start."""
    whole = order.keys(0, order.n_draws)
    return sum(not np.array_equal(make(step), whole[step * batch : (step + 1) * batch]) for step in steps)


@given(
    st.sampled_from(LAWS), st.lists(st.integers(0, 40), min_size=1, max_size=5), st.integers(0, 3), st.integers(1, 9)
)
def test_a_batch_by_itself_is_that_of_the_full_run(source, steps, replicate, batch):
    arguments = {"batch": batch, "checkpoints": (0, 40), "seed": 7}
    order = prepare(SuitePlan(source, **arguments)).trainer.order_of(replicate)

    def alone(step):
        draws, keys = simulate.regenerate_batch(source, step, replicate=replicate, **arguments)
        assert draws.tolist() == list(range(step * batch, (step + 1) * batch))
        return keys

    assert batches_that_differ(alone, order, steps, batch) == 0


def test_a_batch_generator_that_is_off_by_one_is_caught():
    for source in LAWS:
        order = prepare(SuitePlan(source, batch=64, checkpoints=(0, 40))).trainer.order_of(0)
        for off in (-1, 1):
            shifted = partial(_shifted, order, off)
            assert batches_that_differ(shifted, order, range(1, 40), 64) == 39


def _shifted(order, off, step):
    return order.keys(step * 64 + off, 64)


def test_the_last_batch_of_pythia_is_there_and_none_after_it():
    draws, keys = simulate.regenerate_batch("zipf:1.2", 143_000, batch=2098)
    assert draws[0] == 143_000 * 2098
    assert len(keys) == 2098
    assert len(PYTHIA_STEPS) == 154
    with pytest.raises(ValueError, match="step must be at most 143000"):
        simulate.regenerate_batch("zipf:1.2", 143_001, batch=2098)


# What must always hold


@given(st.sampled_from(LAWS), st.integers(0, 2**32), st.sampled_from([1.0, 0.5]))
def test_loss_falls_with_size_and_stands_still_beyond_all_that_was_seen(source, seed, chance):
    _, block = trained(
        source, checkpoints=(0, 1, 2, 8, 20), batch=10, n_params=(1, 2, 5, 20, 200, 1000), replicates=2, seed=seed,
        learning_probability=chance, validation=30,
    )  # fmt: skip
    for name in ("unknown", "missed_next", "missed_validation"):
        assert (np.diff(block.each[name], axis=2) <= 1e-12).all()
        assert np.array_equal(block.each[name][..., -1], block.each[name][..., -2])
    assert (block.each["forgotten"][..., -1] == 0).all()
    assert (np.diff(block.each["unknown"][..., -1], axis=1) <= 1e-12).all()


def test_no_store_of_seen_sequences_is_better_than_the_bounds_say():
    """T(n) in every corpus, and the missing mass in the mean; a store with room for all has exactly that."""
    dataset = simulate.run_suite(
        "zipf:1.5", checkpoints=(0, 1, 10, 100, 1000), batch=5, n_params=(3, 30, 10_000), replicates=400, seed=1
    )
    loss = dataset.loss.values
    tail = 1 - dataset.loss_frequency_store.values[0]  # nothing is known before the first draw
    assert (tail == 0).all()
    for t in range(1, 5):
        error = loss[:, t, -1].std(ddof=1) / np.sqrt(400)
        mean, expected = loss[:, t, -1].mean(), dataset.loss_lower.values[t, -1]
        assert check("suite: loss without a limit", float((mean - expected) / error))
        if t == 1:
            earlier = float(missing_mass("zipf:1.5", int(dataset.n_draws[t]) - 1))
            assert not check("suite: one draw fewer", float((mean - earlier) / error))
    assert (loss.mean(axis=0) >= dataset.loss_lower.values - 5 * loss.std(axis=0) / 20 - 1e-12).all()


def test_the_next_batch_costs_what_the_law_expects_and_a_learned_one_less():
    options = {
        "checkpoints": tuple(range(0, 400)),
        "batch": 20,
        "n_params": (10, 300, 5000),
        "replicates": 8,
        "seed": 2,
    }
    job, block = trained("zipf:1.5", **options)
    dataset = job_done("suite", job)
    for z in dataset.z_prequential.values:
        assert check("suite: next batch", float(z))
    # A learner that counts its test draws: the batch that it is tested on is the last one it has seen.
    trainer = job.trainer
    seen = [Slow(trainer, 0).missed(step * 20, (step - 1) * 20, 20) for step in range(1, 100, 7)]
    chance = block.each["unknown"][0, 1:100:7]
    z = (np.array(seen) - 20 * chance).sum(axis=0) / np.sqrt((20 * chance * (1 - chance)).sum(axis=0))
    assert not check("suite: a batch that was learned", float(z[-1]))


def test_term_accuracy_without_a_limit_is_that_of_independent_exposures():
    _, block = trained(
        "zipf:1.5", checkpoints=(0, 100), batch=200, n_params=(10**6,), replicates=4, learning_probability=0.3, seed=3
    )
    known = block.pooled["known"][-1][:, 0]
    expected, variance = (block.each[name].sum(axis=0) for name in ("expected", "variance"))
    for b in range(4):
        assert check("suite: term accuracy", float((known[b] - expected[b]) / np.sqrt(variance[b])))
    terms = block.pooled["known"][-1].sum(axis=1)
    wrong = 1 - 0.7 ** (1 + 1)  # as if each had been seen once more
    assert not check("suite: one exposure too many", float((known[0] - wrong * terms[0]) / np.sqrt(variance[0])))


def test_memorised_sequences_stand_evenly_only_where_the_order_does_not_matter():
    _, block = trained("zipf:1.5", checkpoints=(0, 2000), batch=10, n_params=(100, 10**6), replicates=128, seed=4)
    p = block.each["positions"][..., [1, 3]]
    assert (p[:, :, :2] < 1e-6).all()  # first and last exposures
    for which in (0, 1):
        rejected = int((p[:, 1, 2, which] < 0.05).sum())
        assert check("suite: any exposure", (rejected - 0.05 * 128) / np.sqrt(128 * 0.05 * 0.95))


def test_sizes_at_a_given_loss_are_those_at_their_nearest_checkpoint():
    dataset = simulate.run_suite(
        "zipf:1.5", checkpoints=(0, 1, 2, 4, 8, 16, 32), batch=60, n_params=(5, 50, 5000), replicates=1,
        match_loss=(0.15, 0.4),
    )  # fmt: skip
    loss = dataset.loss.values[0]
    for i, target in enumerate((0.15, 0.4)):
        for j in range(3):
            nearest = int(np.abs(loss[:, j] - target).argmin())
            met = loss[:, j].min() <= 1.01 * target and abs(loss[nearest, j] - target) <= 0.15 * target
            assert dataset.matched_step.values[i, j] == (dataset.step.values[nearest] if met else -1)
    assert dataset.matched_step.values[0].tolist()[0] == -1  # five sequences never have so little
    assert dataset.matched_overlap.values[0, 2] == 1  # the largest against itself


# Nothing else decides


def test_threads_processes_and_parts_of_the_work_change_nothing():
    plan = SuitePlan("zipf:1.3", checkpoints=(0, 1, 4, 50), batch=20, replicates=5, seed=9, learning_probability=0.5)
    job = prepare(plan)
    one, two = (job_done("suite", job, threads=threads) for threads in (1, 2))
    assert one.drop_attrs().identical(two.drop_attrs())
    elsewhere = pickle.loads(pickle.dumps(job.trainer))
    whole, parts = job.trainer.train(0, 5), [elsewhere.train(0, 2), elsewhere.train(2, 3)]
    for name, values in whole.each.items():
        np.testing.assert_array_equal(values, np.concatenate([part.each[name] for part in parts]))
    for name, values in whole.pooled.items():
        assert np.array_equal(values, parts[0].pooled[name] + parts[1].pooled[name])


def test_a_result_has_units_labels_and_opens_again(tmp_path):
    dataset = simulate.run_suite("zipf:1.5", checkpoints=(0, 1, 2, 4, 8, 16), batch=50, replicates=3)
    for name, values in dataset.variables.items():
        assert {"units", "long_name"} <= set(values.attrs), name
        assert values.attrs["long_name"] != name, name
    for name in ("loss_lower", "loss_frequency_store", "term_accuracy_expected", "poisson_distance_bound"):
        assert dataset[name].attrs["label"].startswith(("rigorous", "heuristic"))
    for suffix in ("nc", "zarr"):
        opened = simulate.open_result(simulate.save_result(dataset, tmp_path / f"x.{suffix}"))
        assert opened.equals(dataset)
    found = rows.details(dataset)
    assert {row["n_params"] for row in found["term_accuracy"]} == set(dataset.n_params.values.tolist())
    json.dumps([rows.size_rows(dataset), rows.curve_rows(dataset), found], allow_nan=False)


def test_the_figure_and_the_tables_are_drawn(tmp_path, capsys):
    arguments = ["suite", "--checkpoints", "0,1,2,4,8,16,32", "--batch", "40", "--replicates", "2", "--no-progress"]
    files = ["--figure", str(tmp_path / "s.png"), "--out", str(tmp_path / "s.csv")]
    main.main([*arguments, *files, "--explain"], standalone_mode=False)
    printed = " ".join(capsys.readouterr().out.split())
    for words in ("[rigorous]", "[heuristic]", "double descent", "Xia et al. 2022", "At matched loss", "Poisson"):
        assert words in printed
    assert "…" not in printed
    assert (tmp_path / "s.png").stat().st_size > 50_000
    assert len((tmp_path / "s.csv").read_text().splitlines()) == 1 + 2 * 7 * 16
    main.main([*arguments, "--json"], standalone_mode=False)
    found = json.loads(capsys.readouterr().out)
    assert next(iter(found)) == "schema_version"
    assert len(found["rows"]) == 16
    assert found["verdict"].startswith("After 1280 sequences the expected loss falls from ")


def test_a_batch_is_printed_and_saved(tmp_path, capsys):
    arguments = ["suite", "--source", "zipf:1.7", "--batch-at", "500", "--batch", "6", "--seed", "3"]
    main.main([*arguments, "--json", "--out", str(tmp_path / "b.nc")], standalone_mode=False)
    found = json.loads(capsys.readouterr().out)
    _, keys = simulate.regenerate_batch("zipf:1.7", 500, batch=6, seed=3)
    assert [row["key"] for row in found["rows"]] == keys.tolist()
    assert np.array_equal(simulate.open_result(tmp_path / "b.nc").key.values, keys)


@pytest.mark.parametrize(("arguments", "sentence"), [
    ("--checkpoints 0,4,2", "checkpoints must be in ascending order, each once, got 2 after 4"),
    ("--checkpoints 0,4,4", "got 4 after 4"),
    ("--checkpoints 0", "must end after step 0"),
    ("--checkpoints -1,4", "checkpoints must be at least 0"),
    ("--n-params 0,10", "n-params must be at least 1, got '0'"),
    ("--n-params 100,10", "n-params must be in ascending order"),
    ("--n-params 3 --params-per-sequence 10", "stores no sequence at 10 parameters"),
    ("--batch 0", "batch must be at least 1"),
    ("--source uniform:100 --track 5,200", "track must be at most rank 100, got 200"),
    ("--source pitman-yor:0.5,concentration=1", "no batch can be made by itself"),
    ("--source growing:0.58", "another law at every corpus size"),
    ("--learning-probability 0", "above 0 and at most 1"),
    ("--novelty-cost nan", "novelty-cost must be above 0"),
    ("--match-loss x", "match-loss must be losses such as 0.05,0.02"),
    ("--match-loss 0.1,0", "match-loss must be losses above 0 nats"),
    ("--replicate 3", "--replicate 3 is of a batch; pass --replicates for many corpora"),
    ("--match-loss=", "match-loss must be losses such as"),
    ("--checkpoints=", "checkpoints must be a whole number"),
    ("--source corpus:TEXT --checkpoints 0,2,4 --batch 3", "leaves nothing to test on"),
    ("--resume --out x.nc", "only a result that ends in .zarr"),
    ("--resume", "pass --out X.zarr"),
    ("--resume --out x.zarr --batch-at 3", "nothing to foresee or resume"),
    ("--batch-at 3 --dry-run", "leave --dry-run out"),
    ("--batch-at 143001", "step must be at most 143000"),
    ("--source corpus:TEXT --checkpoints 0,10 --batch 5", "checkpoint 10 has seen 50 sequences"),
    ("--source corpus:TEXT", "too few for 143000 steps"),
    ("--source corpus:TEXT --replicates 2", "a text is one corpus"),
    ("--source corpus:TEXT --cluster local --checkpoints 0,1", "a text is one"),
    ("--source corpus:TEXT --checkpoints 0,2 --batch 5 --track 99", "track must be at most rank 9"),
    ("--source corpus:nowhere.txt", "does not exist"),
])  # fmt: skip
def test_bad_input_is_one_sentence(arguments, sentence, tmp_path):
    (tmp_path / "text.txt").write_text("one two three four five six seven eight nine one two three")
    wanted = [part.replace("TEXT", str(tmp_path / "text.txt")) for part in arguments.split()]
    with pytest.raises((click.UsageError, ValueError)) as refused:
        main.main(["suite", *wanted], standalone_mode=False)
    message = refused.value.message if isinstance(refused.value, click.UsageError) else str(refused.value)
    assert sentence in message
    assert "\n" not in message


def test_every_law_can_be_a_suite():
    for source in LAWS[1:]:
        dataset = simulate.run_suite(source, checkpoints=(0, 1, 4), batch=30, replicates=2)
        print_report(tables.report(dataset, View()), explained=True)
        assert parse_source(source).n_types == np.inf or dataset.n_params[-1] >= dataset.n_unique.max()


@pytest.mark.verification
def test_courses_of_sequences_around_the_edge_of_a_store():
    """THEORY D7: s = 1.5, n = 100. Steady far below n, a pause near it, stored and lost above, never far beyond."""
    steps = (0, *range(100, 1000, 50), *range(1000, 20_001, 500))
    dataset = simulate.run_suite(
        "zipf:1.5", checkpoints=steps, batch=1, n_params=(100,), replicates=4000, track=(20, 85, 90, 130, 200, 2000),
        validation=0,
    )  # fmt: skip
    stored = dict(zip(dataset.tracked_rank.values.tolist(), dataset.tracked_stored.values[:, 0].T, strict=True))
    assert stored[20][-1] > 0.999
    assert stored[90][-1] > stored[90].max() - 0.03 > 0.5
    for rank in (130, 200):
        assert 0.05 < stored[rank].max() < 0.45
        assert stored[rank][-1] < stored[rank].max() - 0.05
    assert stored[2000].max() < 0.02


@pytest.mark.verification
def test_the_edge_of_a_store_has_a_ripple_of_whole_counts():
    """Rank 170 for n = 100: the loss falls until U(D) = n, rises, falls until the edge has count 3, and rises again.

    Smaller than the error of 0.0055 within which THEORY D7 saw no dip: differences within corpora resolve it.
    """
    steps = (0, 700, 2000, 3500, 5000)
    job = prepare(
        SuitePlan("zipf:1.5", checkpoints=steps, batch=1, n_params=(100,), seed=78, track=(170,), validation=0)
    )
    with ThreadPoolExecutor() as pool:
        drawn = pool.map(lambda number: job.trainer.train(number, 1).pooled["tracked"][1:, 0, 0], range(20_000))
        stored = np.array(list(drawn))
    change = np.diff(stored, axis=1)
    z = change.mean(axis=0) / (change.std(axis=0, ddof=1) / np.sqrt(20_000))
    assert z[0] < -4
    assert z[1] > 6
    assert z[2] < -6
    assert (np.abs(change.mean(axis=0)) < 0.02).all()
