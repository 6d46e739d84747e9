"""Loss from counts: exact where its own law holds, refused where it may not be used, beside its rivals."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

from simulate.cli.main import main
from simulate.studies.loss.plan import LossPlan
from simulate.text.learning.curves import DEPTH, measure_loss
from simulate.text.learning.from_counts import (
    METHODS,
    Classes,
    foretold,
    from_counts,
    learnt_slopes,
    power_law,
    rivals,
    straight_line,
)
from simulate.text.learning.scoring import LEARNERS
from simulate.text.learning.slopes import RECORD, SLOPES
from tests.test_loss_curves import units_of

SIZES = 1000 * 2 ** np.arange(8)


def made(seed: int, slopes: np.ndarray) -> Classes:
    """A text whose classes cost what the law says, with levels of its own, and shares that move to long matches."""
    random = np.random.default_rng(seed)
    share = random.random((8, 7)) + np.linspace(0, 2, 8)[:, None] * np.arange(7)
    share /= share.sum(axis=1, keepdims=True)
    level = random.normal(6 - np.arange(7), 0.3)
    return Classes(SIZES, share, level + slopes * np.log(SIZES / 1000)[:, None])


def test_slopes_are_found_and_what_follows_is_exact():
    slopes = np.linspace(0.5, -0.1, 7)
    texts = [made(seed, slopes) for seed in range(3)]
    texts[1].loss[-2, 0] = np.nan
    found = learnt_slopes(texts)
    assert found == pytest.approx(slopes)
    one = made(9, slopes)
    for at in (3, 5):
        exact = float(one.share[-1] @ one.loss[-1])
        assert from_counts(one.share[-1], one.loss[at], found, SIZES[at], SIZES[-1]) == pytest.approx(exact)
    assert learnt_slopes([made(0, slopes)._replace(share=np.zeros((8, 7)))]).tolist() == [0.0] * 7


def test_a_class_that_cost_nothing_yet_costs_what_its_neighbour_does():
    share, cost = np.full(4, 0.25), np.array([np.nan, 5.0, np.nan, 1.0])
    assert from_counts(share, cost, np.zeros(4), 10, 40) == pytest.approx((5 + 5 + 5 + 1) / 4)


@pytest.mark.parametrize("share", [[0.5, 0.2], [1.2, -0.2], [np.nan, 1.0]])
def test_shares_that_nobody_counted_are_refused(share):
    with pytest.raises(ValueError, match="shares must be counted"):
        from_counts(np.array(share), np.ones(2), np.zeros(2), 10, 20)


def test_less_text_than_was_taught_is_refused():
    with pytest.raises(ValueError, match="must hold that taught"):
        from_counts(np.array([0.5, 0.5]), np.ones(2), np.zeros(2), 20, 10)


@pytest.mark.parametrize(("floor", "beta"), [(1.0, 0.3), (0.0, 0.1), (2.0, 1.2)])
def test_rivals_are_exact_where_their_law_holds(floor, beta):
    losses = floor + 5.0 * SIZES.astype(float) ** -beta
    at = 16.0 * SIZES[-1]
    assert power_law(SIZES, losses, at) == pytest.approx(floor + 5.0 * at**-beta, abs=2e-4)
    line = 9 - 0.5 * np.log(SIZES)
    assert straight_line(SIZES, line, at) == pytest.approx(9 - 0.5 * np.log(at))
    assert list(rivals(SIZES, losses, at)) == list(METHODS[1:])


def test_what_is_only_counted_is_what_a_learner_taught_it_matches():
    units = units_of([300] * 200, letters=6)
    whole = measure_loss(units, most=32_000)
    part = measure_loss(units, most=8000, count_on=True)
    assert part.n_counted.tolist() == [16_000, 32_000]
    assert (part.counted == whole.matched[:, -2:].sum(axis=2)).all()
    assert np.array_equal(part.losses, whole.losses[:, :, :-2])
    assert measure_loss(units, most=8000).n_counted.size == 0


def test_the_record_is_of_every_unit_and_learner_that_has_slopes():
    assert set(SLOPES) == set(RECORD) == {(unit, learner) for unit in ("byte", "word") for learner in LEARNERS}
    assert all(len(slopes) == DEPTH + 1 for slopes in SLOPES.values())
    assert all(len(one) == len(METHODS) for records in RECORD.values() for one in records)


def test_the_interval_has_room_for_the_record_and_for_orders():
    slopes = np.array(SLOPES["word", "kneser-ney"])
    texts = [made(4, slopes)] * 4
    losses = (texts[0].share * texts[0].loss).sum(axis=1)
    counted = np.tile(texts[0].share[-1], (4, 1))
    same = foretold(texts, losses, counted, 4 * SIZES[-1], ("word", "kneser-ney"))
    assert same.lower < same.losses["from-counts"] < same.upper
    differ = counted + np.array([[0.02], [-0.02], [0.02], [-0.02]]) * np.array([0, 0, 0, 1, 0, 0, -1])
    wider = foretold(texts, losses, differ, 4 * SIZES[-1], ("word", "kneser-ney"))
    assert wider.upper - wider.lower > same.upper - same.lower
    with pytest.raises(KeyError):
        foretold(texts, losses, counted, 4 * SIZES[-1], ("char", "kneser-ney"))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"unit": "byte"}, "pass most"),
        ({"unit": "char", "most": 5000}, "from_counts was learnt for units byte and word alone, got unit char"),
    ],
)
def test_what_cannot_be_foretold_is_refused_before_anything_is_read(fields, words):
    with pytest.raises(ValueError, match=words):
        LossPlan(("gone.txt",), from_counts=True, **fields)


def test_the_command_says_that_it_is_experimental_and_lays_rivals_beside_it(tmp_path):
    random = np.random.default_rng(2)
    words = [" ".join(f"w{n}" for n in random.zipf(1.6, 200) % 300) for _ in range(120)]
    path = tmp_path / "x.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in words), "utf-8")
    arguments = ["loss", str(path), "--most=5000", "--from-counts", "--length=1"]
    found = CliRunner(env={"COLUMNS": "80"}).invoke(main, [*arguments, f"--out={tmp_path / 'x.nc'}"])
    assert found.exit_code == 0, found.output
    assert "Experimental." in found.stdout
    assert all(name in found.stdout for name in METHODS)
    shown = CliRunner(env={"COLUMNS": "80"}).invoke(main, ["show", str(tmp_path / "x.nc"), "--json"])
    entries = json.loads(shown.stdout)["foretold"]
    assert [one["n_counted"] for one in entries] == [10_000, 20_000] * 2
    for one in entries:
        assert one["from_counts_lower"] < one["from-counts"] < one["from_counts_upper"]
    short = CliRunner().invoke(main, [*arguments[:2], "--most=20000", "--from-counts"])
    assert "pass --most with at most half as many" in short.output + str(short.exception)
