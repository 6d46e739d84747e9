"""Pythia: the reader of its evaluations, what is made of them, and the claims as typed a second time."""

from __future__ import annotations

import functools
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments import training_dynamics as dynamics
from experiments.claims import FAILS, HOLDS, OPEN
from experiments.readers import pythia
from simulate.studies.suite.plan import PYTHIA_STEPS
from tests.test_pages import missing

ROOT = Path(__file__).parents[1]

# From arXiv:2304.01373 (abstract, table 1, section 2) and the list of its results at Papers with Code.
PUBLISHED = {
    "models": 16, "smallest": 70_000_000, "largest": 12_000_000_000, "public-data": "public",
    "same-order": "the same", "checkpoints": 154, "access": "public", "own-checkpoints": 0, "dataloaders": "rebuilt",
    "memorisation": "Poisson", "term-frequency": "correlated", "term-onset": 65000,
    "gender-bias": "lower in all sizes", "gender-bias-long": "lower", "bias-perplexity": 0, "insights": "new",
    "released": "released", "params-70m": 18915328, "params-160m": 85056000, "params-410m": 302311424,
    "params-1b": 805736448, "params-1.4b": 1208602624, "params-2.8b": 2517652480, "params-6.9b": 6444163072,
    "params-12b": 11327027200, "batch": 2097152, "tokens": 299892736000, "epochs": 1.5, "lambada-ppl-12b": 3.92,
    "lambada-ppl-6.9b": 4.45, "lambada-12b": 70.46, "lambada-6.9b": 67.28, "arc-challenge-12b": 31.8,
    "arc-easy-12b": 70.2, "piqa-12b": 76, "piqa-6.9b": 75.2, "winogrande-12b": 63.9, "winogrande-6.9b": 60.9,
    "winogrande-2.8b": 59.4, "arc-challenge-12b-5shot": 36.8, "arc-easy-12b-5shot": 71.5, "piqa-12b-5shot": 76.7,
    "winogrande-12b-5shot": 66.6, "deduplication": "none", "deduplication-5shot": "none",
    "deduplication-lambada": "none",
}  # fmt: skip
FAILED = {"own-checkpoints", "gender-bias", "gender-bias-long", "deduplication-lambada"}
UNKNOWN = {
    "public-data", "same-order", "access", "dataloaders", "memorisation", "term-frequency", "term-onset", "insights",
    "released",
}  # fmt: skip


def written(folder, size="70m", deduped=False, step=1000, shots=0, results=None, **more):
    """A file as lm-evaluation-harness writes it."""
    config = {
        "model_args": f"pretrained=EleutherAI/pythia-v1.1-{size}{'-deduped' * deduped},revision=step{step}",
        "num_fewshot": shots, "batch_size": 16,
    }  # fmt: skip
    if results is None:
        results = {"piqa": {"acc": 0.6, "acc_stderr": 0.01}, "lambada_openai": {"ppl": 100.0, "acc": 0.2}}
    path = folder / f"{size}{'-deduped' * deduped}-{shots}_step{step}.json"
    path.write_text(json.dumps({"results": results, "versions": {}, "config": config | more}))
    return path


# ---------------------------------------------------------------- the reader


def test_a_file_says_of_what_it_is(tmp_path):
    table = pythia.read_evaluation(written(tmp_path, "6.9b", True, 13_000, 5))
    assert list(table.columns) == list(pythia.COLUMNS)
    assert len(table) == 3
    first = table.iloc[0]
    assert (first["size"], first.deduped, first.step, first.shots, first.task) == ("6.9b", True, 13_000, 5, "piqa")
    assert first.tokens == 13_000 * 2_097_152
    assert (first.value, first.stderr) == (0.6, 0.01)
    assert table[table.metric == "ppl"].stderr.isna().all()


def test_shots_are_those_of_the_file_and_not_of_its_name(tmp_path):
    path = written(tmp_path)
    path = path.rename(tmp_path / "70m-5shot_step1000.json")
    assert set(pythia.read_evaluation(path).shots) == {0}


def test_any_part_of_the_files_is_read(tmp_path):
    for step in (512, 1000, 3000):
        written(tmp_path, step=step)
        written(tmp_path, "12b", step=step)
    table = pythia.read_evaluations(tmp_path)
    assert list(dict.fromkeys(table["size"])) == ["70m", "12b"]
    assert sorted(set(table.step)) == [512, 1000, 3000]


def _broken(folder, how):
    path = written(folder)
    found = json.loads(path.read_text())
    if how == "truncated":
        path.write_text(path.read_text()[:-20])
    elif how == "bytes":
        path.write_bytes(b"\xff\xfe{}")
    elif how == "a list":
        path.write_text("[1, 2]")
    elif how == "step":
        path.rename(folder / "70m_step2000.json")
    else:
        part, key, value = {
            "no results": ("", "results", None), "no config": ("", "config", None), "nothing": ("", "results", {}),
            "model": ("config", "model_args", "pretrained=gpt2,revision=step1000"),
            "size": ("config", "model_args", "pretrained=EleutherAI/pythia-v1.1-3b,revision=step1000"),
            "revision": ("config", "model_args", "pretrained=EleutherAI/pythia-v1.1-70m,revision=main"),
            "shots": ("config", "num_fewshot", "five"), "metrics": ("results", "piqa", 0.5),
            "text": ("results", "piqa", {"acc": "0.5"}), "truth": ("results", "piqa", {"acc": True}),
            "infinite": ("results", "piqa", {"acc": float("inf")}),
        }[how]  # fmt: skip
        where = found[part] if part else found
        if value is None:
            del where[key]
        else:
            where[key] = value
        path.write_text(json.dumps(found))


@pytest.mark.parametrize(
    ("how", "said"),
    [("truncated", "is not whole JSON"), ("bytes", "is not whole JSON"), ("a list", "has no results"),
     ("no results", "has no results"), ("no config", "has no config"), ("nothing", "holds no result"),
     ("model", "must name a model of Pythia"), ("size", "must name a model"), ("revision", "must name a model"),
     ("shots", "must be a whole number, got 'five'"), ("metrics", "must be an object of metrics"),
     ("text", "piqa, acc must be a number"), ("truth", "must be a number"), ("infinite", "must be a number"),
     ("step", "is called step 2000 and holds step 1000")],
)  # fmt: skip
def test_a_broken_file_is_one_sentence_that_names_it(tmp_path, how, said):
    _broken(tmp_path, how)
    with pytest.raises(ValueError, match=re.escape(said)) as caught:
        pythia.read_evaluations(tmp_path)
    assert "_step" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_folders_without_evaluations_and_models_twice_are_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no evaluation"):
        pythia.read_evaluations(tmp_path)
    written(tmp_path).rename(tmp_path / "again.json")
    written(tmp_path)
    with pytest.raises(ValueError, match="two evaluations of 70m at step 1000 with 0 examples"):
        pythia.read_evaluations(tmp_path)
    with pytest.raises(ValueError, match="No such file"):
        pythia.read_evaluation(tmp_path / "none.json")


def test_the_table_of_interventions_is_the_one_it_should_be_or_none(tmp_path):
    assert pythia.read_interventions(tmp_path) is None
    (tmp_path / pythia.TABLE).write_bytes(b"another")
    with pytest.raises(ValueError, match="sha256 is another"):
        pythia.read_interventions(tmp_path)


# ---------------------------------------------------------------- what is made of them


def made(gain=0.0, noise=0.0, seed=0, steps=(0, 1, 1000, 13_000, 143_000), sizes=pythia.SIZES):
    """Evaluations of a suite in which a model without duplicates gains `gain` points in every task."""
    rng = np.random.default_rng(seed)
    rows = []
    for i, size in enumerate(sizes):
        for deduped in (False, True):
            for step in steps:
                for task in (*dynamics.TASKS, "hendrycksTest-a", "hendrycksTest-b"):
                    late = step > 1
                    right = 0.3 + 0.02 * i * late + late * deduped * gain / 100 + late * noise * rng.normal()
                    rows.append((size, deduped, step, step * 2_097_152, 0, task, "acc", right, 0.01))
                ppl = (1e6 if step < 2 else 100 / (i + 1)) * (1 + late * noise * rng.normal())
                rows.append((size, deduped, step, step * 2_097_152, 0, "lambada_openai", "ppl", ppl, 1.0))
    return pd.DataFrame(rows, columns=list(pythia.COLUMNS))


def test_curves_have_sizes_in_ascending_order_and_say_what_is_not_there():
    curves = dynamics.curve(made())
    assert list(curves[True].columns) == list(pythia.SIZES)
    assert curves.index.is_monotonic_increasing
    with pytest.raises(ValueError, match="no acc of boolq with 0 examples"):
        dynamics.curve(made(), "boolq", "acc")
    few = dynamics.curve(made(sizes=("12b", "70m")))
    assert list(few.columns) == [(False, "70m"), (False, "12b"), (True, "70m"), (True, "12b")]


def test_the_core_tasks_end_with_the_mean_of_the_subjects():
    table = dynamics.core(made(noise=0.01))
    assert set(table.task) == {*dynamics.TASKS, "mmlu_mean57"}
    both = made(noise=0.01)
    one = both[both.task.str.startswith("hendrycks") & (both["size"] == "1b") & ~both.deduped & (both.step == 13_000)]
    ours = table[(table.task == "mmlu_mean57") & (table["size"] == "1b") & ~table.deduped & (table.step == 13_000)]
    assert ours.value.item() == pytest.approx(one.value.mean())


def test_a_gain_that_was_put_in_is_found_and_none_where_there_is_none():
    gains = dynamics.deduplication(made(gain=2, noise=0.005))
    assert gains["mean"].to_numpy() == pytest.approx(2, abs=1)
    _, low, _ = dynamics.interval(gains["mean"])
    assert low > 0
    hits = 0
    for seed in range(200):
        evaluations = made(noise=0.01, seed=seed, steps=(143_000,))
        _, low, high = dynamics.interval(dynamics.deduplication(evaluations, dynamics.TASKS[:2])["mean"])
        hits += low <= 0 <= high
    assert 180 <= hits <= 199  # 95 %, within four standard errors


@pytest.mark.parametrize("part", [lambda e: e[~e.deduped], lambda e: e[e.step < 143_000]])
def test_a_gain_needs_both_models_at_its_step(part):
    with pytest.raises(ValueError, match="no models with and without duplicates at step 143000"):
        dynamics.deduplication(part(made()))


def test_models_that_are_one_are_found_and_twins_before_the_first_step_are_not():
    alike = dynamics.repeated(made())
    assert len(alike) == 3 * 8  # without noise and gain all are, from step 1000 on
    assert set(alike.step) == {1000, 13_000, 143_000}
    different = made(noise=0.01)
    assert dynamics.repeated(different).empty
    assert dynamics.repeated(different[~different.deduped]).empty
    twin = different.copy()
    of_one = (twin["size"] == "410m") & (twin.step == 1000)
    twin.loc[of_one & twin.deduped, "value"] = twin.loc[of_one & ~twin.deduped, "value"].to_numpy()
    assert dynamics.repeated(twin).to_dict("records") == [{"size": "410m", "shots": 0, "step": 1000}]
    near = dynamics.closeness(twin).set_index(["size", "step"])
    assert near.equal["410m", 1000] == 1
    assert near.gap["410m", 1000] == 0
    assert near.equal["410m", 13_000] == 0
    assert near.gap["410m", 13_000] > 0


def test_order_counts_pairs_and_ties_are_out_of_order():
    curves = pd.DataFrame({"a": [3.0, 1.0, 1.0], "b": [2.0, 2.0, 1.0], "c": [1.0, 3.0, 1.0]}, index=[1, 2, 3])
    assert list(dynamics.in_order(curves)) == [1, 0, 0]
    table = dynamics.best(pd.DataFrame({"a": [3.0, 1.0, 1.5]}, index=[1, 2, 3]))
    assert table.loc["a"].to_dict() == {"least": 1, "at_step": 2, "last": 1.5, "ratio": 1.5}


def test_bias_is_compared_at_the_checkpoints_of_both():
    rows = []
    for variant, shift in (("baseline", 0.0), ("intervention", -0.05)):
        for step in (1000, 2000, 3000):
            if variant == "baseline" or step > 1000:
                rows.append((variant, "1.4b", step, "crows_pairs_english_gender", "pct_stereotype", 0.6 + shift, 0.03))
                rows.append((variant, "1.4b", step, "lambada_openai", "ppl", 6.0 * np.exp(-shift), 0.1))
    table = pd.DataFrame(rows, columns=["variant", "size", "step", "task", "metric", "value", "stderr"])
    (row,) = dynamics.bias(table).to_dict("records")
    assert (row["size"], row["variant"], row["checkpoints"]) == ("1.4b", "intervention", 2)
    assert (row["change"], row["stderr"], row["log_ppl"]) == pytest.approx((-5, 3, 0.05))
    assert row["lower"] == pytest.approx(row["upper"])  # the same change at both


def test_parameters_and_tokens_of_the_suite():
    assert {f"params-{size}": dynamics.params(size) for size in pythia.SIZES} == {
        name: value for name, value in PUBLISHED.items() if name.startswith("params-")
    }
    assert dynamics.params("70m", total=True) == 70_426_624
    assert dynamics.tokens_seen(143_000) == 299_892_736_000
    assert len(PYTHIA_STEPS) == 154


# ---------------------------------------------------------------- the simulated suite


@pytest.fixture(scope="module")
def suites():
    steps = (0, 1, 16, 256, 1000, 4000)
    return [dynamics.simulated(chance, corpora=4, checkpoints=steps, params_per_sequence=4e6) for chance in (1.0, 0.05)]


def test_simulated_losses_never_rise_with_size_and_are_those_of_the_suite(suites):
    losses = dynamics.simulated_loss(suites[0])
    assert list(losses.columns) == list(pythia.SIZES)
    assert (np.diff(losses.to_numpy(), axis=1) <= 1e-12).all()
    assert losses.loc[0].tolist() == [1] * 8


def test_knowing_goes_with_exposures_as_the_bins_say(suites):
    """Against the correlation over the sequences themselves, one by one, of what the bins hold."""
    for suite in suites:
        at, found = suite.sel(step=4000), dynamics.term_correlation(suite, (4000,)).loc[4000]
        for i, size in enumerate(pythia.SIZES):
            bins = zip(at.term_count.values, at.terms.values, at.terms_known.values[:, i], strict=True)
            pairs = [(np.log2(c), k) for c, n, known in bins for k in [1] * int(known) + [0] * int(n - known)]
            x, known = np.transpose(pairs)
            if known.min() == known.max():
                assert np.isnan(found[size])
            else:
                assert found[size] == pytest.approx(np.corrcoef(x, known)[0, 1])


def test_first_exposures_are_not_even_and_any_are_where_ties_decide_nothing(suites):
    table = dynamics.positions(suites[0])
    large = table[(table.stored > 50) & (table.tied_share < 0.02)]
    assert len(large)
    assert (large[large.exposure == "first"].rejected == large[large.exposure == "first"].tested).all()
    assert large[large.exposure == "any"].rejected.sum() <= 1


# ---------------------------------------------------------------- the claims


def test_published_numbers_typed_twice_agree():
    assert {claim.name: claim.published for claim in dynamics.CLAIMS} == PUBLISHED
    assert len({claim.key for claim in dynamics.CLAIMS}) == len(dynamics.CLAIMS)


def test_what_was_not_read_in_the_paper_says_so():
    where = {claim.name: claim.where for claim in dynamics.CLAIMS}
    assert "from memory" in where["term-onset"]
    for name in ("memorisation", "term-frequency", "gender-bias", "deduplication", "epochs"):
        assert "as summaries of the paper have it" in where[name]
    assert "Papers with Code" in where["lambada-12b"]


@pytest.mark.data
def test_the_reader_agrees_with_the_tidy_table(data_folder):
    table = dynamics.core(dynamics.load(data_folder))
    tidy = pd.read_csv(data_folder / "pythia" / "core_v1.csv").astype({"deduped": bool})
    keys = ["size", "deduped", "step", "shots", "task", "metric"]
    both = table.merge(tidy, on=keys, how="outer", suffixes=("", "_tidy"), indicator=True)
    assert (both._merge == "both").all()
    assert len(both) == len(tidy) == 10_752
    assert np.allclose(both.value, both.value_tidy, rtol=1e-12)
    assert (both.tokens == both.tokens_tidy).all()
    same = both.task != "mmlu_mean57"
    assert np.allclose(both.stderr[same], both.stderr_tidy[same], rtol=1e-12)


@pytest.mark.data
def test_shapes_and_checkpoints_agree_with_the_tidy_tables(data_folder):
    models = pd.read_csv(data_folder / "pythia" / "models.csv").set_index("size")
    for size in pythia.SIZES:
        row = models.loc[size]
        assert dynamics.SHAPES[size] == (row.n_layers, row.d_model, row.vocab_padded)
        assert dynamics.params(size) == row.params_non_embedding
        assert dynamics.params(size, total=True) == row.params_total
    steps = pd.read_csv(data_folder / "pythia" / "checkpoints.csv")
    assert tuple(steps.step) == PYTHIA_STEPS
    assert (steps.tokens == steps.step * 2_097_152).all()


@pytest.mark.data
def test_interventions_are_those_of_the_tidy_table(data_folder):
    ours = pythia.read_interventions(data_folder / "pythia")
    tidy = pd.read_csv(data_folder / "pythia" / "evals_all.csv.gz", low_memory=False)
    tidy = tidy[tidy.variant.isin(["baseline", "intervention", "intervention-long"])]
    assert len(ours) == len(tidy)
    assert np.array_equal(ours.value.to_numpy(), tidy.value.to_numpy(float))
    assert list(ours.variant) == list(tidy.variant)


@pytest.fixture(scope="module")
def looked_at() -> Iterator[None]:
    """What takes long is read and simulated once: the suites, and the evaluations, which all folders here share."""
    with pytest.MonkeyPatch.context() as patch:
        read = functools.cache(lambda folder: pythia.read_evaluations(folder))
        patch.setattr(dynamics, "read_evaluations", lambda root: read((root / "evals").resolve().parent))
        patch.setattr(dynamics, "simulated", functools.cache(dynamics.simulated))
        yield


@pytest.mark.data
def test_every_claim_has_the_verdict_that_is_known(data_folder, looked_at):
    result = dynamics.run(data_folder)
    found = {one.claim.name: one for one in result.outcomes}
    assert list(found) == list(PUBLISHED)
    assert {name for name, one in found.items() if one.verdict == FAILS} == FAILED
    assert {name for name, one in found.items() if one.verdict == OPEN} == UNKNOWN
    assert not any(one.surprising for one in result.outcomes)
    assert all(one.note for one in result.outcomes if one.verdict != HOLDS)
    assert found["own-checkpoints"].ours == 14
    assert found["epochs"].ours == pytest.approx(1.4488, abs=1e-4)
    json.dumps(result.data, allow_nan=False)
    for draw in result.figures.values():
        draw().canvas.draw()


@pytest.mark.data
def test_part_of_the_evaluations_gives_the_same_numbers(data_folder):
    everything = dynamics.load(data_folder)
    part = everything[everything["size"].isin(["70m", "2.8b"]) & (everything.shots == 0)]
    whole, some = dynamics.curve(everything), dynamics.curve(part)
    for model in some:
        assert (some[model] == whole[model]).all()
    assert set(dynamics.repeated(part).step) == {2, 4, 8, 16, 32, 64, 128, 256, 512, 1000}
    assert dynamics.repeated(part[part["size"] == "70m"]).empty


@pytest.mark.data
def test_without_the_table_of_interventions_their_claims_are_open(data_folder, tmp_path, looked_at):
    (tmp_path / "pythia").mkdir()
    (tmp_path / "pythia" / "evals").symlink_to(data_folder / "pythia" / "evals")
    found = {one.claim.name: one.verdict for one in dynamics.run(tmp_path).outcomes}
    names = {"gender-bias", "gender-bias-long", "bias-perplexity"}
    assert {name for name, verdict in found.items() if verdict == OPEN} == UNKNOWN | names


@pytest.mark.verification
@pytest.mark.data
def test_the_page_shows_what_the_command_prints(data_folder):
    """docs/training-dynamics.md: its blocks are lines of the output in their order, and its numbers stand there."""
    page = (ROOT / "docs" / "training-dynamics.md").read_text(encoding="utf-8")
    command, *blocks = re.findall(r"```\n(.*?)```", page, flags=re.DOTALL)
    done = subprocess.run(
        [sys.executable, *shlex.split(command.replace(" --figure .", ""))[2:]],
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(blocks) == 4
    for block in blocks:
        assert missing(block, done.stdout) is None
    prose = re.sub(r"```.*?```|\(arXiv [\d.]+\)", "", page, flags=re.DOTALL)
    numbers = set(re.findall(r"-?\d[\d,]*\.?\d*[KMB]?(?<![,.])", prose))
    assert {"0.94", "43,000", "1.43", "-0.52"} <= numbers
    plain = done.stdout.replace(",", "")
    assert sorted(one for one in numbers if one.replace(",", "") not in plain) == []
