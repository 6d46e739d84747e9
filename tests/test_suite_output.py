"""What a suite says: before it is trained, where all is known, and of the positions of what it holds."""

from __future__ import annotations

import json

import numpy as np
import pytest

from simulate.cli.main import main
from simulate.studies.suite import report as tables
from simulate.studies.suite.plan import SuitePlan
from simulate.studies.suite.prepare import prepare
from simulate.studies.suite.study import run_suite
from tests.statistics import LIMIT, check


@pytest.mark.parametrize("arguments", ["", "--source uniform:50 --json", "--source corpus:TEXT --checkpoints 0,1,2"])
def test_a_dry_run_says_what_would_be_trained_and_trains_nothing(arguments, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("simulate.cli.studies.run_job", None)
    (tmp_path / "text.txt").write_text("one two three four " * 300)
    wanted = arguments.replace("TEXT", str(tmp_path / "text.txt")).split()
    main.main(["suite", "--dry-run", "--out", str(tmp_path / "s.nc"), *wanted], standalone_mode=False)
    out = capsys.readouterr().out
    assert "nothing was drawn" in out
    assert not (tmp_path / "s.nc").exists()
    if "--json" in arguments:
        assert json.loads(out)["rows"][0]["n_draws"] == 143_000 * 8


def test_what_a_suite_takes_grows_with_what_it_does():
    def seconds(**options):
        return prepare(SuitePlan("zipf:1.5", **options)).cost[0]

    few, many = {"checkpoints": (0, 1000)}, {"checkpoints": tuple(range(0, 1001, 10))}
    assert seconds(**few) < seconds(**few, batch=80) < seconds(**few, batch=8000)
    assert seconds(**few, n_params=(10,)) < seconds(**many, n_params=(10,))


def test_a_text_that_is_learned_to_its_end_leaves_one_sequence_to_test_on(tmp_path):
    (tmp_path / "text.txt").write_text("one two three four five six seven eight nine one two three")
    dataset = run_suite(f"corpus:{tmp_path / 'text.txt'},unit=word", checkpoints=(0, 1, 2, 4), validation=0)
    assert int(dataset.n_draws[-1]) == 8  # batches of 3 would take all 12
    assert np.isfinite(dataset.loss_prequential.values).all()
    assert "nats" in tables.answer(dataset)


def test_nothing_is_left_to_lose_where_all_is_stored():
    """Not what rounding leaves of 1."""
    dataset = run_suite("zipf:1.5,types=3", n_params=(3, 4), checkpoints=(0, 100), replicates=4)
    assert (dataset.loss.values[:, -1] == 0).all()
    assert (dataset.loss.values[:, 0] == 1).all()


def test_positions_are_told_in_words():
    """Draws that are independent look like a Poisson process at any exposure, never at their first."""
    said = tables.position_words(run_suite("zipf:1.5", n_params=(100,), checkpoints=(0, 1000, 10_000), replicates=6))
    assert "sequences look like a Poisson process with each at any one of its exposures" in said
    assert "and do not look like a Poisson process with each at its first one (rejected in 6 of 6" in said


@pytest.mark.parametrize("chance", [1.0, 0.4])
def test_where_most_of_the_corpus_is_distinct_positions_are_even_without_replacement(chance):
    """The share U/D of all positions is marked: the counts of windows vary by 1 - U/D of what Poisson ones do."""
    dataset = run_suite(
        "zipf:1.05", n_params=(100_000,), checkpoints=(0, 500, 1000), replicates=12, seed=7, learning_probability=chance
    )
    n_draws, stored = int(dataset.n_draws[-1]), dataset.stored.values[:, -1, 0]
    assert stored.mean() > 0.3 * n_draws
    np.testing.assert_allclose(dataset.dispersion_expected.values[:, 0], (n_draws - stored) / (n_draws - 1))
    measured = float((dataset.dispersion / dataset.dispersion_expected).sel(exposure="any").mean())
    assert check("suite: dispersion without replacement", (measured - 1) / np.sqrt(2 / 63 / 12))
    assert not check(
        "suite: dispersion of a Poisson process", (dataset.dispersion[..., 2].mean() - 1) * np.sqrt(6 * 63)
    )
    said = tables.position_words(dataset)
    assert "look like even ones drawn without replacement with each at any one of its exposures (rejected in 0" in said
    assert "Poisson" not in said


def test_a_few_rejections_are_chance_and_one_of_one_is_not():
    def as_chance(*pairs):
        return tables._as_chance_has_it([{"rejected": a, "tested": b} for a, b in pairs])

    assert as_chance((0, 1))
    assert not as_chance((1, 1))
    assert as_chance((2, 40))
    assert not as_chance((4, 40))
    assert as_chance((4, 200), (5, 200))
    assert not as_chance((1, 200), (9, 200))


def test_ties_that_a_large_store_would_show_are_not_left_out():
    """0.9 % of 100 sequences is none of them; 0.9 % of a million is seen."""
    row = {"tied_share": 0.009, "stored": 100.0}
    assert tables._order_free(row)
    assert not tables._order_free(row | {"stored": 1e6})
    assert not tables._order_free(row | {"tied_share": 0.02})


@pytest.mark.verification
def test_beyond_the_edge_of_a_store_the_loss_falls_rises_and_falls_again():
    """The chances that `bounds.capacity_loss` reports, and that the ripple is no accident of the draws."""
    n_draws, replicates = (700, 2000, 3500, 5000), 20_000
    dataset = run_suite(
        "zipf:1.5", n_params=(100,), checkpoints=n_draws, batch=1, track=(170,), replicates=replicates, validation=0
    )
    stored = dataset.tracked_stored.values[:, 0, 0]
    error = np.sqrt(0.1 * 0.9 / replicates)
    assert np.abs(stored - (0.098, 0.089, 0.101, 0.088)).max() < LIMIT * error
    assert (np.sign(np.diff(stored)) == (-1, 1, -1)).all()
    assert stored[2] - stored[1] > 2 * error
