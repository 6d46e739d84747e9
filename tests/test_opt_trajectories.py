"""Matched accuracy, predictors and trends on data that were made; the claims of Xia et al. 2022 on the published."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from bounds.cli.report import print_report
from experiments import trajectories
from experiments.claims import FAILS, HOLDS, OPEN, Result
from experiments.present import report
from experiments.readers.gadre import read_runs
from experiments.trajectories.behaviour import gadre_behaviour, opt_behaviour, pythia_behaviour, read_zero_shot
from experiments.trajectories.matching import matched_accuracy, size_effect
from experiments.trajectories.predictors import compare_predictors, fit_exponential, fit_isotonic, spearman
from experiments.trajectories.trends import SOURCES, TRENDS, simulated_trends
from tests.statistics import check

PAGE = Path(__file__).parent.parent / "docs" / "trajectories.md"
NUMBER = r"\d+(?:\.\d+)?"
OUTSIDE = "## Beyond the data of the command"


def checkpoints(offsets: dict[str, float], *, seed: int = 0, scatter: float = 0.4, n: int = 25) -> pd.DataFrame:
    """Sizes with overlapping perplexities on one bent curve, each shifted by its offset."""
    rng, tables = np.random.default_rng(seed), []
    for i, (size, offset) in enumerate(offsets.items()):
        ppl = np.exp(np.linspace(np.log(20 - 2 * i), np.log(9 - i / 2), n))
        curve = 35 + 40 * np.exp(-ppl / 5) + offset
        tables.append(pd.DataFrame({
            "size": size, "valid_ppl": ppl, "accuracy_measured_pct": curve + scatter * rng.standard_normal(n),
        }))  # fmt: skip
    return pd.concat(tables, ignore_index=True)


def true_accuracy(ppl: float) -> float:
    return 35 + 40 * float(np.exp(-ppl / 5))


class TestMatched:
    def test_means_are_those_of_the_curve_at_the_perplexity_itself(self):
        offsets = {"a": 0.0, "b": 1.0, "c": -0.5}
        found = matched_accuracy(checkpoints(offsets, scatter=0.0), [10, 12, 15])
        assert set(found.valid_ppl) == {10, 12, 15}
        for row in found.to_dict("records"):
            # What is left is the bend of the curve within the window.
            expected = true_accuracy(row["valid_ppl"]) + offsets[row["size"]]
            assert row["accuracy_pct"] == pytest.approx(expected, abs=0.03)

    def test_a_checkpoint_counts_once_and_only_within_the_window(self):
        table = checkpoints({"a": 0.0, "b": 0.0})
        found = matched_accuracy(table, [10, 10.5, 11], window=0.1)
        x = np.log(table.valid_ppl.to_numpy())[:, None]
        assert found.n_checkpoints.sum() == (np.abs(x - np.log([10, 10.5, 11])).min(axis=1) <= 0.1).sum()
        narrow = matched_accuracy(table, [10], window=0.02)
        assert narrow.n_checkpoints.sum() == (np.abs(x - np.log(10)) <= 0.02).sum()

    def test_standard_errors_have_the_spread_of_repeated_scatter(self):
        found = pd.concat([matched_accuracy(checkpoints({"a": 0.0, "b": 0.0}, seed=seed), [11]) for seed in range(400)])
        for (ppl, size), part in found.groupby(["valid_ppl", "size"]):
            z = (part.accuracy_pct - true_accuracy(ppl)) / np.sqrt((part.standard_error**2).mean())
            assert check(f"matched spread {ppl} {size}", (z.var() - 1) / np.sqrt(2 / len(z)))
            assert check(f"matched mean {ppl} {size}", z.mean() * np.sqrt(len(z)))

    def test_one_checkpoint_a_size_has_a_mean_and_no_error(self):
        table = pd.DataFrame({"size": ["a", "b"], "valid_ppl": [10.0, 10.1], "accuracy_measured_pct": [40.0, 41.0]})
        found = matched_accuracy(table, [10])
        assert found.accuracy_pct.tolist() == [40.0, 41.0]
        assert found.standard_error.isna().all()

    def test_each_group_of_tasks_stands_for_itself(self):
        one, other = checkpoints({"a": 0.0, "b": 1.0}, seed=1), checkpoints({"a": 5.0, "b": 0.0}, seed=2)
        together = pd.concat([one.assign(task_group="x"), other.assign(task_group="y")])
        found = matched_accuracy(together, 11)
        for group, table in (("x", one), ("y", other)):
            part = found[found.task_group == group].drop(columns="task_group").reset_index(drop=True)
            pd.testing.assert_frame_equal(part, matched_accuracy(table, [11]))

    def test_the_moving_average_is_used_where_there_is_nothing_else(self):
        table = checkpoints({"a": 0.0, "b": 1.0})
        renamed = table.rename(columns={"accuracy_measured_pct": "accuracy_pct"})
        pd.testing.assert_frame_equal(matched_accuracy(renamed), matched_accuracy(table))

    def test_no_checkpoint_near_is_an_empty_table(self):
        found = matched_accuracy(checkpoints({"a": 0.0}), [100])
        assert found.empty
        assert list(found.columns) == ["valid_ppl", "size", "n_checkpoints", "accuracy_pct", "standard_error"]

    @pytest.mark.parametrize(("change", "words"), [
        (lambda t: t.drop(columns="valid_ppl"), "no column 'valid_ppl'"),
        (lambda t: t.iloc[:0], "no checkpoint"),
        (lambda t: t.assign(valid_ppl=0.0), "must be above 0"),
    ])  # fmt: skip
    def test_tables_that_cannot_be_matched(self, change, words):
        with pytest.raises(ValueError, match=words):
            matched_accuracy(change(checkpoints({"a": 0.0, "b": 0.0})))

    @pytest.mark.parametrize("perplexities", [[], [0], [10, -1], [float("nan")]])
    def test_perplexities_that_are_none(self, perplexities):
        with pytest.raises(ValueError, match="perplexities must be"):
            matched_accuracy(checkpoints({"a": 0.0}), perplexities)

    def test_a_window_that_is_none(self):
        with pytest.raises(ValueError, match="window must be above 0"):
            matched_accuracy(checkpoints({"a": 0.0}), window=0)


class TestSizeEffect:
    def test_sizes_alike_are_rejected_as_often_as_chance_has_it(self):
        p = np.array([size_effect(checkpoints(dict.fromkeys("abc", 0.0), seed=seed)).p for seed in range(400)])
        assert check("size effect of none", ((p < 0.05).mean() - 0.05) / np.sqrt(0.05 * 0.95 / len(p)))
        assert check("size effect uniform", (p.mean() - 0.5) / np.sqrt(1 / 12 / len(p)))

    def test_sizes_that_differ_are_found_with_their_offsets(self):
        found = size_effect(checkpoints({"a": 0.0, "b": 1.0, "c": -0.5}, n=200))
        assert found.p < 1e-10
        assert found.offsets["b"] - found.offsets["a"] == pytest.approx(1.0, abs=0.2)
        assert found.offsets["c"] - found.offsets["a"] == pytest.approx(-0.5, abs=0.2)
        assert sum(found.offsets.values()) == pytest.approx(0, abs=1e-6)
        assert found.scatter == pytest.approx(0.4, abs=0.05)
        assert found.explained["both"] >= max(found.explained["perplexity"], found.explained["size"])

    def test_at_one_perplexity_it_is_the_analysis_of_variance(self):
        rng = np.random.default_rng(3)
        groups = {name: rng.normal(i / 3, 1, 12 + i) for i, name in enumerate("abc")}
        table = pd.concat([
            pd.DataFrame({"size": name, "valid_ppl": 10.0, "accuracy_measured_pct": y}) for name, y in groups.items()
        ])  # fmt: skip
        found, known = size_effect(table), stats.f_oneway(*groups.values())
        assert (found.f, found.p) == pytest.approx((known.statistic, known.pvalue), rel=1e-9)
        assert found.dof == (2, 36)

    def test_groups_of_tasks_are_not_mixed(self):
        table = checkpoints({"a": 0.0, "b": 0.0})
        with pytest.raises(ValueError, match="mixes several groups"):
            size_effect(table.assign(task_group=["x", "y"] * 25))

    def test_one_size_cannot_be_told_from_perplexity(self):
        with pytest.raises(ValueError, match="25 checkpoints of 1 sizes cannot tell"):
            size_effect(checkpoints({"a": 0.0}))


class TestPredictors:
    def test_rank_correlation_is_that_of_scipy_with_ties(self):
        rng = np.random.default_rng(0)
        x = rng.integers(0, 9, 60).astype(float)
        y = x + rng.normal(0, 2, 60).round()
        assert spearman(x, y) == pytest.approx(stats.spearmanr(x, y).statistic, rel=1e-12)
        assert np.isnan(spearman(np.ones(5), np.arange(5.0)))

    def test_the_isotonic_curve_rises_and_no_rising_curve_is_nearer(self):
        rng = np.random.default_rng(1)
        x, y = rng.integers(0, 12, 40).astype(float), rng.normal(0, 1, 40)
        curve = fit_isotonic(x, y)
        at = curve(np.linspace(-3, 15, 200))
        assert np.all(np.diff(at) >= -1e-12)
        assert (at[0], at[-1]) == (curve(np.array([x.min()]))[0], curve(np.array([x.max()]))[0])
        left = ((y - curve(x)) ** 2).sum()
        for slope in np.linspace(0, 0.3, 20):
            assert left <= ((y - y.mean() - slope * (x - x.mean())) ** 2).sum() + 1e-9

    @pytest.mark.parametrize("g", [-4.0, -0.5, 0.0, 1.0, 5.0])
    def test_the_exponential_link_comes_back(self, g):
        x = np.linspace(2, 7, 30)
        z = (x - 2) / 5
        y = 30 + 4 * (z if g == 0 else (1 - np.exp(-g * z)) / g)
        curve = fit_exponential(x, y)
        assert curve(x) == pytest.approx(y, abs=1e-3)

    def test_the_link_of_gadre_is_one_of_them(self):
        """Error = eps - k exp(-gamma L): accuracy rises with -L along such a curve."""
        loss = np.linspace(2.2, 4.5, 40)
        accuracy = 100 * (1 - (0.857 - 2.21 * np.exp(-0.715 * loss)))
        assert fit_exponential(-loss, accuracy)(-loss) == pytest.approx(accuracy, abs=1e-3)

    def test_falling_data_get_a_flat_link(self):
        x = np.arange(20.0)
        assert np.ptp(fit_exponential(x, -x)(x)) == pytest.approx(0)

    def test_the_predictor_that_decides_is_found_and_a_blind_one_is_not(self):
        rng = np.random.default_rng(2)
        table = checkpoints(dict.fromkeys("abcd", 0.0), scatter=0.1)
        table["log_ppl"], table["blind"] = np.log(table.valid_ppl), rng.normal(size=len(table))
        found = compare_predictors(
            table, "accuracy_measured_pct", {"perplexity": "-log_ppl", "blind": "blind"}
        ).set_index("predictor")
        assert found.spearman["perplexity"] > 0.95
        assert abs(found.spearman["blind"]) < 0.3
        for curve in ("isotonic", "exponential"):
            assert found[f"{curve}_r2"]["perplexity"] > 0.95
            assert found[f"{curve}_r2"]["blind"] < 0.3
            assert found[f"{curve}_left_out"]["perplexity"] < found[f"{curve}_left_out"]["blind"]
        assert found.spearman_low["perplexity"] <= found.spearman["perplexity"] <= 1

    def test_one_group_has_nothing_left_out(self):
        table = checkpoints({"a": 0.0})
        found = compare_predictors(table, "accuracy_measured_pct", {"perplexity": "-valid_ppl"})
        assert found.isotonic_left_out.isna().all()
        assert found.spearman_low.isna().all()

    def test_what_cannot_be_compared(self):
        table = checkpoints({"a": 0.0, "b": 0.0})
        with pytest.raises(ValueError, match="no column 'loss'"):
            compare_predictors(table, "accuracy_measured_pct", {"loss": "-loss"})
        with pytest.raises(ValueError, match="2 models"):
            compare_predictors(table[:2], "accuracy_measured_pct", {"perplexity": "-valid_ppl"})


def test_simulated_trends_have_the_form_of_the_published_and_are_drawn_from_the_seed():
    shares, matched = simulated_trends(replicates=2)
    again, _ = simulated_trends(replicates=2)
    pd.testing.assert_frame_equal(shares, again)
    assert set(shares.trend) == set(TRENDS)
    assert len(shares) == 3 * 6 * 7
    total = shares.groupby(["size", "after_pct_of_training"]).pct_of_tokens.sum()
    assert total.between(0, 100 + 1e-9).all()
    assert matched.overlap.between(0, 1).all()


@pytest.mark.parametrize(("text", "words"), [
    ("{", "cannot be read as JSON"),
    ("[]", "has no results"),
    ('{"results": {"piqa": {"acc": 0.5}}}', "lacks the result 'arc_challenge' of a task"),
])  # fmt: skip
def test_broken_evaluations_are_named(tmp_path, text, words):
    file = tmp_path / "evals" / "pythia-v1" / "pythia-70m" / "zero-shot" / "70m_step1000.json"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    with pytest.raises(ValueError, match=words) as error:
        read_zero_shot(tmp_path)
    assert "70m_step1000.json" in str(error.value)


def test_no_evaluation_is_said(tmp_path):
    with pytest.raises(ValueError, match="holds no evaluation"):
        read_zero_shot(tmp_path)


def test_published_numbers_typed_again():
    """From the README of the repository at ece0cb1 (9.4 % of the tokens), and the notes in two of its figures."""
    published = {claim.name: claim.published for claim in trajectories.CLAIMS if not isinstance(claim.published, str)}
    assert published == {"other-tokens": 100, "rising-tokens": 9.4, "stagnating-tokens": 8.5}
    assert len({claim.key for claim in trajectories.CLAIMS}) == len(trajectories.CLAIMS)
    abstract = [claim.where for claim in trajectories.CLAIMS if claim.where.startswith("abstract")]
    assert {where.split(", ")[1] for where in abstract} == {"1", "2", "3", "last sentence"}


@pytest.fixture(scope="module")
def result() -> Result:
    """What the published data say; asked for by tests marked `data` alone."""
    return trajectories.run(Path(os.environ["EFFICIENCY_BOUNDS_DATA"]))


@pytest.mark.data
class TestPublished:
    def test_verdicts(self, result):
        verdicts = {one.claim.name: one.verdict for one in result.outcomes}
        assert verdicts == {
            "similar-tokens": OPEN, "other-tokens": FAILS, "rising-tokens": FAILS, "stagnating-tokens": FAILS,
            "untrue-text-early": OPEN, "untrue-text-later": OPEN, "strong-predictor": HOLDS, "in-every-size": FAILS,
            "same-accuracy": FAILS, "size-adds-less": HOLDS, "more-than-size": HOLDS, "more-than-compute": HOLDS,
            "unseen-sizes": FAILS, "linearity": HOLDS, "breakthroughness": FAILS, "pythia": HOLDS, "gadre": HOLDS,
        }  # fmt: skip
        assert [one.claim.name for one in result.outcomes] == [claim.name for claim in trajectories.CLAIMS]
        assert not [one.claim.name for one in result.outcomes if one.surprising]

    def test_figures_are_drawn(self, result):
        assert set(result.figures) == {"accuracy", "perplexity", "trends"}
        for draw in result.figures.values():
            assert draw().axes

    def test_tables_fit_a_line(self, result):
        for table in (*result.tables, *result.details):
            columns = zip(table.columns, *table.rows, strict=True)
            assert sum(max(map(len, column)) + 3 for column in columns) - 1 <= 80, table.title

    def test_rank_correlations_are_those_of_scipy_on_the_tidy_tables(self, data_folder):
        """Pythia from the tidy table, by another way: 16 models, 16 checkpoints from step 1000 on."""
        tidy = pd.read_csv(data_folder / "pythia" / "core_v1.csv")
        tidy = tidy[(tidy.shots == 0) & (tidy.step >= 1000)]
        key = ["size", "deduped", "step"]
        ppl = tidy[tidy.metric == "ppl"].set_index(key).value
        seven = ["arc_challenge", "arc_easy", "logiqa", "piqa", "sciq", "winogrande", "wsc"]
        accuracy = tidy[(tidy.metric == "acc") & tidy.task.isin(seven)].groupby(key).value.mean()
        expected = stats.spearmanr(-ppl, accuracy[ppl.index]).statistic
        mine = pythia_behaviour(read_zero_shot(data_folder / "pythia"))
        assert len(mine) == len(ppl) == 256
        assert spearman(-mine.log_ppl.to_numpy(), mine.accuracy_pct.to_numpy()) == pytest.approx(expected, rel=1e-9)

    def test_compute_of_the_largest_runs_has_not_run_over(self, data_folder):
        """6 N D passes the largest whole number of 64 bits."""
        table = trajectories.load_models(data_folder)
        largest = np.exp(table.log_flops.groupby(table.data.str.split(",").str[0]).max())
        assert largest["Gadre"] == pytest.approx(6 * 1.4398e9 * 921.469e9, rel=1e-3)
        assert largest["Pythia"] == pytest.approx(6 * 12e9 * 299.9e9, rel=0.01)
        assert largest["OPT"] == pytest.approx(6 * 175e9 * 140_000 * 2e6, rel=0.03)

    def test_gadre_has_104_models_in_three_sets(self, data_folder):
        runs = read_runs(data_folder / "gadre")
        assert gadre_behaviour(runs).groupby("data").size().to_dict() == {
            "Gadre, C4": 34, "Gadre, RedPajama": 35, "Gadre, RefinedWeb": 35,
        }  # fmt: skip
        all_tasks, one = gadre_behaviour(runs, tasks=46), gadre_behaviour(runs, tasks="piqa", evaluation="openlm")
        assert all_tasks.accuracy_pct.mean() < gadre_behaviour(runs).accuracy_pct.mean()
        assert not np.allclose(one.log_ppl, all_tasks.log_ppl)

    def test_subsets_and_other_columns_go_through_the_public_functions(self):
        table = trajectories.load_bigbench(groups="all")
        large = table[table.params > 1e10]
        found = trajectories.matched_accuracy(large, [9.4], accuracy="accuracy_pct")
        assert set(found["size"]) == {"13b", "30b", "175b"}
        assert len(trajectories.measure_predictors(opt_behaviour(large))) == 3
        with pytest.raises(ValueError, match="unknown group of tasks"):
            trajectories.load_bigbench(groups=["hard"])

    def test_the_page_prints_what_the_command_prints(self, result, capsys):
        page = PAGE.read_text(encoding="utf-8")
        print_report(report({"trajectories": result}), explained=True)
        printed = capsys.readouterr().out
        block = [line.split() for line in page.split("```\n")[3].splitlines() if line.strip("─ ")]
        assert len(block) > 35
        lines = (line.split() for line in printed.splitlines())
        assert next((line for line in block if line not in lines), None) is None
        prose = "".join(page.split("```\n")[::2]).split(OUTSIDE)[0]
        everything = set(re.findall(NUMBER, printed)) | KNOWN
        assert {number for number in re.findall(NUMBER, prose) if number not in everything} == set()

    def test_the_page_names_every_claim_under_its_verdict(self, result):
        sections = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
        under = {FAILS: "What does not hold", HOLDS: "What holds", OPEN: "What could not be verified"}
        for one in result.outcomes:
            section = next(text for text in sections if text.startswith(under[one.verdict]))
            assert f"`{one.claim.name}`" in section, one.claim.name


KNOWN = {"2212.09803", "2022", "1e", "3e", "4.9"}
"""Numbers of the page that are names, or those of the README beside the data."""


def test_sources_are_those_that_the_table_names():
    assert all(source.startswith("zipf:") for source in SOURCES)
