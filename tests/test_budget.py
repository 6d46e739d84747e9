"""A million GPU hours: arithmetic that adds up, comparisons that find what was planted, numbers of the paper twice.

Numbers are typed here a second time, from the blog, the notes and the card of BLOOM as `facts.csv` quotes them.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bounds
from bounds.laws.overtraining import OVERTRAINING_LAWS
from experiments import budget
from experiments.budget import findings
from experiments.budget.claims import CLAIMS
from experiments.budget.comparing import INDIC, ROOTS, coefficients
from experiments.claims import FAILS, HOLDS, OPEN
from experiments.data import located
from experiments.readers import bloom
from tests.commands import run
from tests.test_pages import missing

ROOT = Path(__file__).parent.parent
PRINTED = {
    "hours": 1000000, "pile-oscar": 0, "pile-c4": 0, "weeks": 1161261, "affordable": 6 * 392e9 * 165e9,
    "best-kaplan": 392000000000, "best-chinchilla": 392000000000, "best-refit": 392000000000,
    "upper-bound": 392000000000, "reach-400": 400000000000, "tokens-planned": (300000000000, 400000000000),
    "params": 176e9, "params-embedding": 3596615680, "params-layer": 2466437120, "tokens-seen": 366000000000,
    "coefficient": 8, "speed-genci": 156, "faster": 1,
}  # fmt: skip
VERDICTS = {
    "hours": HOLDS, "best-use": FAILS, "transfer": OPEN, "emergence": OPEN, "practices": OPEN, "corpora": HOLDS,
    "pile-oscar": HOLDS, "pile-c4": FAILS, "multilingual": OPEN, "own-fit": OPEN, "open": OPEN, "weeks": FAILS,
    "affordable": HOLDS, "best-kaplan": HOLDS, "best-chinchilla": FAILS, "best-refit": FAILS, "upper-bound": HOLDS,
    "reach-400": HOLDS, "tokens-planned": HOLDS, "params": HOLDS, "params-embedding": HOLDS, "params-layer": HOLDS,
    "tokens-seen": FAILS, "coefficient": HOLDS, "speed-genci": FAILS, "faster": HOLDS,
}  # fmt: skip
NEED_TABLES = {"corpora", "pile-oscar", "pile-c4", "multilingual", "faster"}
BUDGET = 1e6 * 3600 * 149.77e12 * 6 / 8


# ---------------------------------------------------------------- hours, FLOP, parameters


def test_published_numbers_are_typed_twice():
    ours = {claim.name: claim.published for claim in CLAIMS if not isinstance(claim.published, str)}
    assert ours == PRINTED
    assert [claim.experiment for claim in CLAIMS] == ["budget"] * len(VERDICTS)


def test_hardware_and_model_flop_are_kept_apart():
    assert budget.hardware_flops(1e6, 149.77) == pytest.approx(5.39172e23)
    assert budget.model_flops(1e6, 149.77) == pytest.approx(BUDGET)
    assert budget.model_flops(1e6, 149.77, coefficient=6) == budget.hardware_flops(1e6, 149.77)
    with pytest.raises(ValueError, match="gpu_hours"):
        budget.hardware_flops(-1, 149.77)


def test_the_shape_of_bloom_has_176_247_271_424_parameters():
    assert budget.count_params(70, 14336, 250880) == 176_247_271_424
    assert findings.PARAMS == 176_247_271_424


@pytest.mark.parametrize(("layers", "h", "vocab"), [(2, 16, 50), (70, 14336, 250880)])
def test_parameters_are_those_of_the_matrices(layers, h, vocab):
    norm = 2 * h
    attention = (h * 3 * h + 3 * h) + (h * h + h)
    mlp = (h * 4 * h + 4 * h) + (4 * h * h + h)
    assert budget.layer_params(h) == attention + mlp + 2 * norm
    assert budget.count_params(layers, h, vocab) == layers * (attention + mlp + 2 * norm) + vocab * h + 2 * norm


@pytest.mark.parametrize(("recomputed", "passes"), [(True, 4), (False, 3)])
def test_flop_of_a_token_are_those_of_the_products(recomputed, passes):
    layers, h, vocab, s = 3, 64, 1000, 128
    products = 2 * (3 * h * h + h * h + 8 * h * h) + 2 * 2 * s * h
    told = budget.flops_per_token(layers, h, vocab, s, recomputed=recomputed)
    assert told == pytest.approx(passes * layers * products + 3 * 2 * vocab * h)


def test_the_log_counts_eight_flop_and_not_six():
    assert findings.implied_coefficient() == pytest.approx(8, abs=0.004)
    tokens = 2048 * 2048
    without = 149.77e12 * 384 * 104.7 / (tokens * 176_247_271_424)
    assert without == pytest.approx(8.146, abs=1e-3)  # attention and logits are in it


# ---------------------------------------------------------------- laws


def test_every_plan_spends_the_budget():
    table = budget.allocations(BUDGET)
    assert set(table.law) == {*bounds.LAWS, "gadre2024"}
    np.testing.assert_allclose(6 * table.n_params * table.n_tokens, BUDGET, rtol=1e-9)
    np.testing.assert_allclose(table.tokens_per_param, table.n_tokens / table.n_params)
    assert list(table.tokens_per_param[table.way == "over-trained"]) == pytest.approx([20, 320])


@pytest.mark.parametrize("key", ["hoffmann2022", "hoffmann2022-unrounded", "epoch2024"])
def test_no_other_size_has_a_lower_loss(key):
    row = budget.allocations(BUDGET).set_index("law").loc[key]
    law = bounds.LAWS[key]
    assert law.loss(row.n_params, row.n_tokens) == pytest.approx(row.loss)
    for by in (0.8, 1.25):
        assert law.loss(row.n_params * by, row.n_tokens / by) > row.loss


def test_over_training_costs_what_the_laws_of_gadre_say():
    table = budget.allocations(BUDGET).query("way == 'over-trained'").set_index("tokens_per_param")
    laws = [OVERTRAINING_LAWS[f"gadre2024-{name}"] for name in ("c4", "redpajama", "refinedweb")]
    for ratio, row in table.iterrows():
        costs = [law.compute_for(2.2, ratio) / law.compute_for(2.2, law.optimal_tokens_per_param) for law in laws]
        assert (row.compute_factor_lower, row.compute_factor_upper) == pytest.approx((min(costs), max(costs)))


def test_kaplans_plan_is_the_one_of_its_table():
    C = 6 * 392e9 * 165e9
    N, D = budget.kaplan_optimal(C)
    assert pytest.approx(6 * N * D) == C
    days = (N / 1.3e9) ** (1 / 0.73)
    assert pytest.approx(2e10 * days**0.27) == D
    assert budget.kaplan_params_for(D) == pytest.approx(N)
    assert pytest.approx((392e9, 165e9), rel=2e-3) == (N, D)  # the pair of the blog
    for wrong in (budget.kaplan_optimal, budget.kaplan_params_for):
        with pytest.raises(ValueError, match="Kaplan's form"):
            wrong(1e23, "epoch2024")


def test_the_band_is_that_of_bounds_and_its_two_sizes_differ():
    table = budget.bands(341e9).set_index("law")
    assert list(table.index) == ["hoffmann2022", "hoffmann2022-unrounded", "epoch2024"]
    for key, row in table.iterrows():
        bound = bounds.efficient_params(341e9, law=key)
        assert (row.n_store_lower, row.n_store_middle, row.n_store_upper) == (bound.lower, bound.middle, bound.upper)
        assert row.n_train == pytest.approx(bounds.LAWS[key].optimal_params_for(341e9))
        assert row.beyond_tokens == 1
    assert (table.n_train < table.n_store_upper).all()


def test_the_best_plan_is_worth_all_of_its_compute():
    N, D = bounds.LAWS["epoch2024"].optimal(BUDGET)
    best, bad = (budget.worth(*pair, laws=["epoch2024"]).iloc[0] for pair in ((N, D), (4 * N, D / 4)))
    assert (best.share, best.times_best) == pytest.approx((1, 1))
    assert bad.share < 0.8
    assert bad.times_best == pytest.approx(4)


# ---------------------------------------------------------------- corpora, languages and shapes


def made(gaps: dict[str, float], *, tasks: int = 20, checkpoints: int = 12, noise: float = 0.0, seed: int = 0):
    """Checkpoints of corpora with planted gaps from one another, the same for every task, and noise of each value."""
    rng = np.random.default_rng(seed)
    rows = [
        {"corpus": corpus, "tokens": 1e10 * (step + 1), "task": f"task{task}", "metric": "em" if task == 0 else "acc",
         "value": 0.3 + 0.01 * task + gap + noise * rng.normal(), "stderr": 0.01, "run": corpus, "checkpoint": step}
        for corpus, gap in gaps.items() for step in range(checkpoints) for task in range(tasks)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_a_planted_gap_is_found_and_turned_round():
    points = made({"a": 0.02, "b": 0.0}, noise=0.01)
    found, back = budget.compare(points, "a", "b"), budget.compare(points, "b", "a")
    assert found["lower"] < 0.02 < found["upper"]
    assert found["lower"] > 0
    assert back["difference"] == -found["difference"]
    assert (found["tasks"], found["checkpoints"], found["tokens"]) == (20, 5, 12e10)


def test_without_a_gap_the_interval_holds_nothing_as_often_as_it_says():
    hits = 0
    for seed in range(200):
        found = budget.compare(made({"a": 0, "b": 0}, noise=0.01, checkpoints=5, seed=seed), "a", "b")
        hits += found["lower"] <= 0 <= found["upper"]
    assert 177 <= hits <= 199  # 95 % of 200, four standard errors


def test_tasks_are_told_apart_only_where_they_differ():
    points = made({"a": 0.0, "b": 0.0}, noise=0.005)
    assert budget.differing_tasks(points, "a", "b") == ([], 20)
    planted = (points.corpus == "a") & (points.task == "task3")
    points.loc[planted, "value"] += 0.2
    assert budget.differing_tasks(points, "a", "b") == (["task3"], 20)


def test_only_common_checkpoints_are_compared():
    points = made({"a": 0.0, "b": 0.0})
    late = (points.corpus == "a") & (points.tokens > 8e10)
    points.loc[late, "value"] += 0.5
    points = points[~((points.corpus == "b") & (points.tokens > 8e10))]
    assert budget.compare(points, "a", "b")["difference"] == pytest.approx(0)
    apart = points[(points.corpus == "a") == (points.tokens > 5e10)]
    with pytest.raises(ValueError, match="no checkpoint in common"):
        budget.compare(apart, "a", "b")
    with pytest.raises(ValueError, match="c is not among the corpora of these checkpoints, a, b"):
        budget.compare(points, "c", "b")


def test_a_task_has_one_metric_and_subsets_are_enough():
    points = made({"a": 0.0})
    twice = pd.concat([points, points[points.task == "task1"].assign(metric="em", value=0.9)])
    assert budget.scores(twice).loc[("a", 1e10), "task1"] == pytest.approx(0.31)
    few = twice[twice.task.isin(["task1", "task2"])]
    assert list(budget.averages(few, metrics=["em"]).to_numpy().ravel()) == pytest.approx([0.9] * 12)
    with pytest.raises(ValueError, match="metrics f1"):
        budget.scores(points, ["f1"])


def test_the_noise_of_checkpoints_is_the_planted_one():
    points = made(dict.fromkeys("abcdefgh", 0.0), noise=0.02, checkpoints=60)
    assert budget.noise(points) == pytest.approx(0.02 / np.sqrt(20), rel=0.15)


def evaluations() -> pd.DataFrame:
    rows = [
        ("flores_eng", "eng", "byte_perplexity", 1.8, 1.9), ("flores_hin", "hin", "byte_perplexity", 4.0, 2.0),
        ("flores_fin", "fin", "byte_perplexity", 3.0, 2.0), ("boolq", "eng", "acc", 0.6, 0.7),
        ("cb", "eng", "acc", 0.5, 0.4), ("rte", "eng", "acc", 0.5, 0.7), ("headqa", "esp", "acc", 0.9, 0.1),
        ("crows_pairs_english", "eng", "acc", 0.9, 0.1),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["task", "language", "metric", "bloom_176b", "opt_175b"])


def test_languages_are_grouped_by_the_corpus():
    table = budget.languages(evaluations())
    assert list(table.language) == ["eng", "fin", "hin"]
    assert list(table.in_corpus) == [True, False, True]
    groups = budget.language_groups(table).set_index("group")
    assert list(groups.lower) == [1, 0, 0]
    assert groups.loc["in the corpus, Indic", "median"] == 2
    assert INDIC < ROOTS
    assert budget.english(evaluations())["difference"] == pytest.approx((-0.1 + 0.1 - 0.2) / 3)
    assert budget.english(evaluations())["won"] == 1


def test_speeds_keep_the_fastest_of_a_shape():
    trials = pd.DataFrame({
        "n_layers": [70, 70, 82, np.nan], "d_model": [14336, 14336, 13312, 100], "n_heads": [112, 112, 64, 4],
        "hw_tflops_per_gpu": [140.0, 150.0, 145.0, 999.0], "size_b_params": [176, 176, 178, 1],
        "gbs_samples": [2048] * 4, "gpus": [384] * 4, "sec_per_iter": [112.0, 104.5, 110.0, 1.0],
    })  # fmt: skip
    assert list(budget.speeds(trials).hw_tflops_per_gpu) == [150, 145]
    assert list(budget.speeds(trials)["head"]) == [128, 208]
    assert coefficients(trials).iloc[1] == pytest.approx(150e12 * 384 * 104.5 / (176e9 * 2048 * 2048))
    with pytest.raises(ValueError, match="no trial has"):
        budget.speeds(trials.iloc[3:])


# ---------------------------------------------------------------- reading


LOG = "iteration,consumed_tokens,sec_per_iter,train_lm_loss,valid_lm_loss,hw_tflops_per_gpu,source_file\n"
LINE = "12695,20155564032,105.22,2.463556,,,chronicles.md\n"


def test_a_table_is_read_from_its_file_or_its_folder(tmp_path):
    (tmp_path / "training_log_points.csv").write_text(LOG + LINE)
    for path in (tmp_path, tmp_path / "training_log_points.csv"):
        row = bloom.read_log(path).iloc[0]
        assert row.iteration == 12695
        assert np.isnan(row.valid_lm_loss)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LOG.replace(",sec_per_iter", "") + LINE, "has no column sec_per_iter"),
        (LOG, "holds no row"),
        ("", "has no column iteration"),
        (LOG + LINE + "42780,146341199872,105\n", "line 3: the line ends before train_lm_loss"),
        (LOG + LINE.replace("105.22", "fast"), "line 2: sec_per_iter must be a positive number, got 'fast'"),
        (LOG + LINE.replace("105.22", "-1"), "line 2: sec_per_iter must be a positive number, got '-1'"),
        (LOG + LINE.replace("105.22", ""), "line 2: sec_per_iter must be a positive number, got ''"),
        (LOG + LINE.replace("2.463556", "nan"), "line 2: train_lm_loss must be a positive number, got 'nan'"),
    ],
)  # fmt: skip
def test_broken_tables_are_refused_in_a_sentence_that_names_the_file(tmp_path, text, said):
    file = tmp_path / "log.csv"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"log\.csv") as caught:
        bloom.read_log(file)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_other_files_are_no_tables(tmp_path):
    file = tmp_path / "facts.csv"
    with pytest.raises(ValueError, match=r"facts\.csv: No such file"):
        bloom.read_facts(file)
    file.write_bytes(b"\xff\xfe\x00key")
    with pytest.raises(ValueError, match=r"facts\.csv is not a text in UTF-8"):
        bloom.read_facts(tmp_path)


# ---------------------------------------------------------------- the experiment


def test_without_the_tables_the_arithmetic_is_still_there(tmp_path):
    result = budget.run(tmp_path)
    wanted = {name: OPEN if name in NEED_TABLES else verdict for name, verdict in VERDICTS.items()}
    assert {one.claim.name: one.verdict for one in result.outcomes} == wanted
    assert all("are not here" in one.note for one in result.outcomes if one.claim.name in NEED_TABLES)
    assert set(result.figures) == {"plans"}
    assert "are not here" in str(result.notes[0])
    assert "corpora" not in result.data


@pytest.fixture(scope="module")
def found():
    return budget.run(Path(os.environ["EFFICIENCY_BOUNDS_DATA"]))


@pytest.mark.data
def test_every_claim_has_its_verdict(found):
    assert {one.claim.name: one.verdict for one in found.outcomes} == VERDICTS
    assert [one.claim for one in found.outcomes] == list(CLAIMS)
    assert not [one.claim.name for one in found.outcomes if one.surprising]


@pytest.mark.data
def test_numbers_of_the_module_are_those_of_the_published_table(data_folder):
    facts = budget.load(data_folder)["facts"].value
    printed = budget.printed
    pairs = {
        "params_total": findings.PARAMS, "params_embedding": printed.VOCAB * printed.D_MODEL,
        "n_layers": printed.N_LAYERS, "d_model": printed.D_MODEL, "n_heads": printed.N_HEADS,
        "seq_len": printed.SEQ_LEN, "tokens_seen_final": printed.MODEL_CARD_TOKENS,
        "tokens_end_epoch1": printed.EPOCH_TOKENS, "iteration_end_epoch1": printed.EPOCH_ITERATION,
        "iteration_final": printed.LAST_ITERATION, "tokens_per_iteration_full": printed.TOKENS_PER_ITERATION,
        "n_gpus": printed.GPUS, "budget_weeks": printed.WEEKS, "budget_gpu_hours_blog": printed.BLOG_HOURS,
        "budget_gpu_hours_exact": findings.HOURS, "budget_gpu_hours_title": printed.BUDGET_HOURS,
        "gpu_hours_used": printed.USED_HOURS, "throughput_hw_tflops_per_gpu": printed.LOGGED_TFLOPS,
        "throughput_hw_tflops_per_gpu_genci": printed.GENCI_TFLOPS, "seconds_per_iteration": printed.LOGGED_SECONDS,
        "peak_bf16_tflops_a100": printed.PEAK_TFLOPS, "scaling_law_optimal_params_claimed": printed.CLAIMED_PARAMS,
        "scaling_law_optimal_tokens_claimed": printed.CLAIMED_TOKENS,
    }  # fmt: skip
    assert {key: facts[key] for key in pairs} == pairs


@pytest.mark.data
def test_the_log_agrees_with_itself(data_folder):
    log = budget.load(data_folder)["log"].set_index("iteration").consumed_tokens
    assert log[85376] - log[45000] == (85376 - 45000) * 2048 * 2048
    assert findings.TOKENS_SEEN == 325_001_773_056 + (95_000 - 85_376) * 2048 * 2048


@pytest.mark.data
def test_the_published_tables_are_read_whole(data_folder):
    tables = budget.load(data_folder)
    assert {name: len(table) for name, table in tables.items()} == {
        "facts": 31, "shapes": 6, "trials": 137, "log": 5, "checkpoints": 12096, "evaluations": 146,
    }  # fmt: skip
    points = tables["checkpoints"]
    assert points.groupby("corpus").tokens.nunique().to_dict() == {
        "oscar": 63, "c4": 34, "pile": 63, "oscar_filtered": 62, "oscar_filtered_dedup": 66,
    }  # fmt: skip
    assert points.task.nunique() == 28
    assert tables["trials"].n_layers.isna().sum() == 33


@pytest.mark.data
def test_subsets_of_the_published_tables_are_compared(data_folder):
    points = budget.load(data_folder)["checkpoints"]
    lambada = budget.compare(points[points.task.isin(["lambada", "hellaswag"])], "pile", "oscar")
    assert lambada["tasks"] == 2
    early = budget.compare(points[points.tokens < 3e10], "pile", "oscar")
    assert early["tokens"] < 3e10
    perplexity = budget.compare(points, "pile", "oscar", metrics=["ppl"])
    assert perplexity["tasks"] == 1


@pytest.mark.data
def test_another_file_is_refused(data_folder, tmp_path):
    shutil.copytree(data_folder / "bloom", tmp_path / "bloom")
    file = tmp_path / "bloom" / "facts.csv"
    file.chmod(0o644)
    file.write_text(file.read_text().replace("392000000000", "393000000000"))
    with pytest.raises(ValueError, match=r"facts\.csv is not the published file"):
        located("bloom", tmp_path)


@pytest.mark.data
def test_every_figure_can_be_drawn(found):
    assert set(found.figures) == {"plans", "corpora", "languages"}
    for draw in found.figures.values():
        assert draw().axes


@pytest.mark.data
def test_the_page_shows_what_the_command_prints(data_folder):
    """docs/budget.md: its blocks are lines of the output in their order, and its numbers stand there."""
    page = (ROOT / "docs" / "budget.md").read_text(encoding="utf-8")
    command, *blocks = re.findall(r"```\n(.*?)```", page, flags=re.DOTALL)
    done = run(*shlex.split(command.replace(" --figure .", ""))[4:], module="experiments")
    assert done.stderr == ""
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert len(blocks) == 4
    for block in blocks:
        assert missing(block, done.stdout) is None
    prose = re.sub(r"```.*?```|\(arXiv [\d.]+\)|`[^`]*`", "", page, flags=re.DOTALL)
    said = " ".join(done.stdout.split())
    numbers = set(re.findall(r"\d+(?:[.,]\d+)*[KMBT]?", prose))
    assert {"26.9B", "59B", "391B"} <= numbers
    assert sorted(one for one in numbers if one not in said) == []
