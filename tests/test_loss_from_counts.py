"""Loss from counts: exact where its own law holds, refused where it may not be used, beside its rivals."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.stats import t

from simulate.cli.main import main
from simulate.studies.loss.plan import LossPlan
from simulate.text.learning.curves import DEPTH, measure_loss
from simulate.text.learning.foretelling.from_counts import (
    Blocks,
    Classes,
    foretold,
    from_counts,
    learnt_slopes,
    over_blocks,
)
from simulate.text.learning.foretelling.kinds import KINDS, kind_of
from simulate.text.learning.foretelling.record import METHODS, Cell, better, cells, lack_of_fit, verdict
from simulate.text.learning.foretelling.rivals import power_law, rivals, straight_line
from simulate.text.learning.foretelling.slopes import SLOPES
from simulate.text.learning.scoring import LEARNERS
from tests.loss_corpora import PAGE, tables_of_the_record
from tests.loss_texts import LEARNT_ON
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
    assert (part.counted == whole.matched[:, -2:]).all()
    assert np.array_equal(part.losses, whole.losses[:, :, :-2])
    assert measure_loss(units, most=8000).n_counted.size == 0


def test_slopes_and_the_record_are_of_every_unit_and_learner():
    keys = {(unit, learner) for unit in ("byte", "word") for learner in LEARNERS}
    assert set(SLOPES) == {(one.unit, one.learner) for one in cells()} == keys
    assert all(len(slopes) == DEPTH + 1 for slopes in SLOPES.values())
    assert not {one.text for one in cells()} & set(LEARNT_ON)


KEY = ("word", "kneser-ney")


def blocks_of(share: np.ndarray, cost: np.ndarray, orders: np.ndarray, uneven: float, n_blocks: int = 12) -> Blocks:
    """Shares and mean costs (j) of a test in equal blocks; (shuffle, j) is added to shares, `uneven` to costs."""
    taught = np.tile(1000 * share, (len(orders), n_blocks, 1))
    wave = 1 + uneven * np.resize([1, -1], n_blocks)[None, :, None]
    return Blocks(taught, taught * cost * wave, 1000 * np.repeat((share + orders)[:, None], n_blocks, axis=1))


def test_each_part_of_the_interval_is_of_what_differs():
    text = made(4, np.array(SLOPES[KEY]))
    share, cost = text.share[-1], text.loss[-1]
    shift = 0.02 * np.array([[1], [-1], [1], [-1]]) * np.array([0, 0, 0, 1, 0, 0, -1])
    before = float(share @ cost) + 0.5
    for orders, uneven in ((0, 0), (1, 0), (0, 1), (1, 1)):
        blocks = blocks_of(share, cost, orders * shift, 0.2 * uneven)
        found = foretold(blocks, before, 8000, 32_000, KEY, {"log-linear": 3.0})
        said = found.losses["from-counts"]
        drift = from_counts(share, cost, np.array(SLOPES[KEY]), 8000, 32_000)
        assert said == pytest.approx(drift)
        assert (found.reach.training > 1e-9, found.reach.test > 1e-9) == (bool(orders), bool(uneven))
        n = sum(one.unit == "word" and one.learner == KEY[1] and one.times == 4 for one in cells())
        rms, n_texts = lack_of_fit(*KEY, 4)
        assert n_texts == n
        assert found.reach.fit == pytest.approx(t.ppf(0.975, n - 1) * rms * abs(before - said))
        assert (
            found.upper - said == pytest.approx(said - found.lower) == pytest.approx(np.hypot.reduce(found.reach[:3]))
        )
        assert found.drop == pytest.approx(before - said)
        reach = np.hypot.reduce(found.reach[1:])
        assert (found.drop_lower, found.drop_upper) == pytest.approx((found.drop - reach, found.drop + reach))
        assert list(found.losses) == ["from-counts", "log-linear"]
    with pytest.raises(KeyError):
        foretold(blocks, before, 8000, 32_000, ("char", "kneser-ney"), {})


def test_blocks_that_differ_are_worth_the_error_of_their_mean():
    """Where only costs differ over blocks, the bootstrap is the error of their mean; the drop has none of it."""
    share, cost = np.full(7, 1 / 7), np.full(7, 2.0)
    blocks = blocks_of(share, cost, np.zeros((4, 7)), 0.3, n_blocks=30)
    exact = 2 * 0.3 / np.sqrt(30)
    level, drop = over_blocks(blocks, np.zeros(7), 1000, 4000)
    assert level == pytest.approx(exact, rel=0.08)
    assert drop == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("gains", "kind"),
    [
        ([0.3] * 5, "straight"),
        ([9, 9, 0.31, 0.305, 0.3, 0.295, 0.29], "straight"),
        ([0.5, 0.4, 0.32, 0.256, 0.2], "flattening"),
        ([0.2, 0.256, 0.32, 0.4, 0.5], "steepening"),
        ([0.3, 0.3, 0.3, -0.01, 0.3], "jumping"),
        ([0.3, 0.1, 0.5, 0.1, 0.3], "jumping"),
        ([-0.1] * 5, "jumping"),
        ([0.3, 0.3, 0.3, 0.3], "straight"),
        ([0.3, 0.3, 0.3], None),
    ],
)
def test_kinds_of_curves(gains, kind):
    losses = 9 - np.concatenate([[0], np.cumsum(gains)])
    assert kind_of(losses) == kind
    assert kind_of(3 * losses) == kind  # nats or bits are the same curve


@pytest.mark.parametrize(("beta", "kind"), [(0.5, "flattening"), (0.2, "flattening"), (0.05, "straight")])
def test_a_power_law_flattens_by_its_exponent(beta, kind):
    assert kind_of(1 + 5 * SIZES.astype(float) ** -beta) == kind


def a_cell(errors: tuple[float, ...], text: str = "x", kind: str = "straight") -> Cell:
    return Cell(text, 2, "word", "kneser-ney", 4, kind, errors, 0.1, 0.1, 0.1, 0.1)


def test_the_better_record_is_told_apart_by_how_often_it_was_nearer():
    good, bad = (0.1, 0.5, 0.4, 0.9, 0.3), (0.3, 0.5, 0.4, 0.9, 0.01)
    found = verdict([a_cell(good, str(i)) for i in range(4)])
    assert (found.best, found.next, found.nearer, found.cells, found.texts, found.told_apart) == (
        "from-counts", "spectrum", 4, 4, 4, True,
    )  # fmt: skip
    assert list(found.errors) == ["from-counts", "spectrum", "power-law-last", "power-law-all", "log-linear"]
    few = verdict([a_cell(good)] * 3)
    assert not few.told_apart
    mixed = verdict([a_cell(good)] * 5 + [a_cell(bad)] * 3)
    assert (mixed.best, mixed.nearer, mixed.told_apart) == ("from-counts", 5, False)
    both = verdict([a_cell(good), a_cell(bad, kind="jumping")])
    assert (found.kind, both.kind) == ("straight", None)


def test_the_page_has_the_tables_that_the_record_makes():
    page = PAGE.read_text("utf-8")
    for name, lines in tables_of_the_record().items():
        assert "\n".join(lines) == page.split(f"<!-- {name} -->\n")[1].split(f"\n<!-- end of the {name} -->")[0]


def test_the_record_behind_an_answer_is_of_its_kind_learner_and_factor():
    for kind in KINDS:
        for learner in LEARNERS:
            for times, factor in ((2, 4), (4, 4), (8, 16), (16, 16)):
                every = [one for one in cells() if (one.learner, one.times) == (learner, factor)]
                own = [one for one in every if one.kind == kind]
                assert better(kind, learner, times) == verdict(own or every)
                assert better(None, learner, times) == verdict(every)


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
    assert all(
        one["record"]["texts"] >= 1 and one["foretold_drop_lower"] < one["foretold_drop_upper"] for one in entries
    )
    assert "had the smallest error in parts of the drop" in " ".join(found.stdout.split())
    short = CliRunner().invoke(main, [*arguments[:2], "--most=20000", "--from-counts"])
    assert "pass --most with at most half as many" in short.output + str(short.exception)


def test_a_text_that_its_slopes_do_not_hold_for_is_told(tmp_path):
    """One sentence again and again: nothing is left to learn, and the slopes of other texts make it dearer."""
    (tmp_path / "again.txt").write_text("the cat sat on the mat. " * 3000, "utf-8")
    arguments = ["loss", str(tmp_path / "again.txt"), "--unit=byte", "--most=16000", "--from-counts", "--length=1"]
    found = " ".join(CliRunner(env={"COLUMNS": "80"}).invoke(main, arguments).stdout.split())
    assert "32K bytes would cost more than what was taught: the slopes of other texts do not hold for this one" in found
