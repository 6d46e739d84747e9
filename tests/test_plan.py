"""Plans: what a budget and a corpus buy is the best there is, never worse with more of anything, and found again."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from bounds import LAWS as PUBLISHED
from bounds import fit_loss_law
from bounds.__main__ import main
from bounds.cli.plans.next_run import candidates
from bounds.cli.reading.corpus_result import read_corpus
from bounds.fitting import predict_loss
from bounds.laws import REPEATED_DATA_LAWS
from bounds.planning import MeasuredCorpus, Plan, next_run, plan
from simulate import measure_corpus, open_result, save_result, sweep
from simulate.studies.text.dataset import to_dataset
from simulate.studies.text.plan import TextPlan
from simulate.text.exponents import fit_corpus
from tests.commands import refused

COMPUTE = st.floats(20, 25).map(lambda x: 10**x)
TOKENS = st.none() | st.floats(9, 13).map(lambda x: float(round(10**x)))
SERVED = st.none() | st.floats(8, 13).map(lambda x: float(round(10**x)))
LAW = st.sampled_from(["hoffmann2022", "epoch2024", "muennighoff2023", "gadre2024-c4"])
RATIO = st.none() | st.floats(2, 1000)


def one(law: str, compute: float, corpus=None, served=None, ratio=None):
    asked = {"n_tokens": corpus, "inference_tokens": served, "tokens_per_param": ratio}
    (row,) = plan(compute_flops=f"{compute:.6e}", laws=law, **asked).rows
    return row


def test_a_million_hours_give_the_rounded_law_its_known_optimum():
    found = plan(gpu_hours=1e6, gpu="a100", mfu=0.4)
    assert found.compute_flops == pytest.approx(4.49e23, rel=1e-3)
    assert isinstance(found, Plan)
    row = found.rows[0]
    assert row.law == "hoffmann2022"
    assert (row.n_params, row.n_tokens) == pytest.approx((28.8e9, 2.60e12), rel=1e-3)
    assert row.gpu_hours == pytest.approx(1e6)


@settings(max_examples=25, deadline=None)
@given(LAW, COMPUTE, TOKENS, SERVED)
def test_no_other_size_is_better_and_the_range_costs_a_thousandth(law, compute, corpus, served):
    row, T = one(law, compute, corpus, served), served or 0.0
    spent = 6 * row.n_params * row.n_tokens + 2 * row.n_params * T
    assert spent == pytest.approx(row.compute_flops)
    repeated = REPEATED_DATA_LAWS["muennighoff2023"]
    assert row.n_params_lower < row.n_params < row.n_params_upper
    if law != "muennighoff2023":
        return

    def loss(N):
        D = (row.compute_flops / N - 2 * T) / 6
        return repeated.law.loss(N, D) if corpus is None or D <= 0 else repeated.loss(N, D, corpus)

    sizes = row.n_params * np.exp(np.linspace(-2, 2, 41))
    for size in sizes[sizes * (2 * T + 6) < row.compute_flops]:
        assert loss(size) >= row.loss * (1 - 1e-9)
    if corpus is not None and row.n_tokens > corpus:
        for end in (row.n_params_lower, row.n_params_upper):
            assert loss(end) == pytest.approx(row.loss * 1.001, rel=1e-6)


@settings(max_examples=25, deadline=None)
@given(LAW, COMPUTE, TOKENS, SERVED, RATIO, st.floats(1.01, 30))
def test_more_of_anything_is_never_worse(law, compute, corpus, served, ratio, more):
    row = one(law, compute, corpus, served, ratio)
    assert one(law, compute * more, corpus, served, ratio).loss <= row.loss * (1 + 1e-9)
    if corpus is not None:
        assert one(law, compute, float(round(corpus * more)), served, ratio).loss <= row.loss * (1 + 1e-9)
        assert one(law, compute, None, served, ratio).loss <= row.loss * (1 + 1e-9)


@settings(max_examples=20, deadline=None)
@example("hoffmann2022", 1e23, 1e9, None, None)
@given(LAW, COMPUTE, TOKENS, SERVED, RATIO)
def test_a_loss_leads_back_to_its_budget(law, compute, corpus, served, ratio):
    row = one(law, compute, corpus, served, ratio)
    asked = {"n_tokens": corpus, "inference_tokens": served, "tokens_per_param": ratio}
    # Where four times the compute buys nothing the loss is, to rounding, the least that the corpus allows.
    assume(one(law, 4 * compute, corpus, served, ratio).loss < row.loss * (1 - 1e-9))
    (back,) = plan(target_loss=row.loss, laws=law, **asked).rows
    # Where a corpus is seen far too often the loss hardly falls with compute, and hardly fixes it.
    assert back.loss == pytest.approx(row.loss, rel=1e-9)
    if row.epochs is None or row.epochs < 10:
        assert back.compute_flops == pytest.approx(row.compute_flops, rel=1e-5)


def test_hours_money_and_flop_are_one_budget():
    by_hours = plan(gpu_hours=1000, gpu="h100", mfu=0.5, precision="fp8")
    by_cost = plan(cost=2500, price_per_hour=2.5, gpu="h100", mfu=0.5, precision="fp8")
    assert by_hours.compute_flops == by_cost.compute_flops == pytest.approx(1000 * 3600 * 1978.9e12 * 0.5)
    assert [row.n_params for row in by_hours.rows] == [row.n_params for row in by_cost.rows]
    loss = by_hours.rows[0].loss
    back = plan(target_loss=loss, gpu="h100", mfu=0.5, precision="fp8", laws="hoffmann2022")
    assert back.rows[0].gpu_hours == pytest.approx(1000)


def test_serving_makes_the_model_smaller_and_a_corpus_brings_epochs():
    free, busy = (one("epoch2024", 4.5e23, None, served) for served in (None, 1e13))
    assert busy.n_params < free.n_params
    assert busy.tokens_per_param > free.tokens_per_param
    small = one("epoch2024", 4.5e23, 3e11)
    assert small.epochs == small.n_tokens / 3e11 > 4
    assert 3e11 < small.n_tokens_effective < small.n_tokens
    assert one("epoch2024", 4.5e23, 1e15).n_params == free.n_params


def test_laws_far_from_their_runs_are_apart_and_what_no_compute_reaches_is_said():
    found = plan(compute_flops=4.5e23, tokens_per_param=20)
    assert {row.law for row in found.rows if row.is_far} == {
        f"gadre2024-{x}" for x in ("c4", "redpajama", "refinedweb")
    }
    assert found.n_params == pytest.approx((math.sqrt(4.5e23 / 120),) * 2)
    assert found.agreed is None
    refused = plan(target_loss=1.8, n_tokens=10**13).refused
    assert [key for key, _ in refused] == ["epoch2024", "muennighoff2023"]
    with pytest.raises(ValueError, match=r"irreducible loss of hoffmann2022, got 1.6; no compute reaches it"):
        plan(target_loss=1.6)
    with pytest.raises(ValueError, match="whatever the compute"):
        plan(target_loss=2.0, n_tokens=10**9, laws="epoch2024")


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({}, "a plan needs one budget of .*, got none of them"),
        ({"gpu_hours": 1, "cost": 2}, "got gpu_hours and cost"),
        ({"gpu_hours": 1, "gpu": "a100"}, "hours need gpu and mfu to become FLOP; mfu is missing"),
        ({"gpu_hours": 1, "mfu": 0.4}, "gpu is missing"),
        ({"cost": 1, "gpu": "a100", "mfu": 0.4}, "cost needs price_per_hour"),
        ({"gpu_hours": 1, "gpu": "a100", "mfu": 40}, "mfu must be above 0 and at most 1, got 40"),
        ({"gpu_hours": 1, "gpu": "a1000", "mfu": 0.4}, "did you mean a100"),
        ({"compute_flops": 1e23, "laws": "kaplan2020"}, "kaplan2020 has no irreducible loss"),
        ({"compute_flops": 1e23, "laws": "epoch"}, "unknown law 'epoch'"),
        ({"compute_flops": 1e15, "inference_tokens": 1e15}, "do not serve"),
        ({"compute_flops": 1e23, "n_tokens": 0}, "n_tokens must be at least 1"),
    ],
)
def test_what_is_no_plan_is_refused(asked, sentence):
    with pytest.raises(ValueError, match=sentence):
        plan(**asked)


def test_a_plan_is_readable_and_becomes_a_dataset():
    found = plan(compute_flops=1e22, n_tokens="100B")
    assert repr(found).startswith("Plan(1e22 FLOP, 100B distinct tokens,\n     hoffmann2022: ")
    table = found.to_dataset()
    assert list(table.law.values) == [row.law for row in found.rows]
    assert all(variable.attrs["units"] and variable.attrs["long_name"] for variable in table.data_vars.values())
    assert list(table.n_params.values) == [row.n_params for row in found.rows]
    assert np.isnan(table.error.values).all()


# ---------------------------------------------------------------- how sure


@pytest.fixture(scope="module")
def own():
    rng = np.random.default_rng(3)
    n_params, n_tokens = (np.exp(rng.uniform(np.log(low), np.log(high), 40)) for low, high in ((1e8, 5e9), (2e9, 1e11)))
    loss = PUBLISHED["epoch2024"].loss(n_params, n_tokens) * np.exp(rng.normal(0, 0.003, 40))
    return fit_loss_law(n_params, n_tokens, loss, bootstrap=100)


def test_losses_have_the_interval_of_what_is_known_of_their_law(own):
    found = plan(compute_flops=1e22, laws=["epoch2024", own, "muennighoff2023"], confidence=0.8)
    published, fitted, unknown = found.rows
    told = predict_loss(PUBLISHED["epoch2024"], published.n_params, published.n_tokens, 0.8)
    assert (published.loss_lower, published.loss_upper) == pytest.approx(tuple(told.interval()), rel=1e-12)
    assert published.loss_without == ("sampling",)
    told = own.predict(fitted.n_params, fitted.n_tokens, 0.8)
    assert (fitted.loss_lower, fitted.loss_upper) == pytest.approx((told.lower, told.upper), rel=1e-12)
    assert fitted.loss_without == ()
    assert fitted.distance == pytest.approx(1e22 / own.law.largest_compute)
    assert (unknown.loss_lower, unknown.distance) == (None, None)
    assert plan(compute_flops=1e22, laws="epoch2024").rows[0].loss_lower < published.loss_lower


def test_where_tokens_come_round_the_interval_is_of_what_they_are_worth(own):
    (row,) = plan(compute_flops=1e22, n_tokens=1e10, laws=own).rows
    assert row.epochs > 5
    assert row.loss_lower < row.loss < row.loss_upper
    new = own.predict(row.n_params, row.n_tokens_effective)
    assert math.log(row.loss_upper / row.loss) > math.log(new.upper / new.estimate)  # lack of fit of all that is spent
    assert row.distance == pytest.approx(1e22 / own.law.largest_compute)


def test_the_best_size_is_as_sure_as_the_constants_are(own):
    (row,) = plan(compute_flops=1e22, laws=own).rows
    sizes = own.sampled_law.optimal(1e22).n_params
    assert row.n_params_sampling_lower == pytest.approx(np.quantile(sizes, 0.025))
    assert row.n_params_sampling_upper == pytest.approx(np.quantile(sizes, 0.975))
    assert row.n_params_sampling_lower < row.n_params < row.n_params_sampling_upper
    assert plan(compute_flops=1e22, laws="epoch2024").rows[0].n_params_sampling_lower is None


def test_a_law_in_a_file_plans_as_its_fit_does(own, tmp_path):
    path = tmp_path / "my.law.toml"
    own.save(str(path))
    (kept,), (fitted,) = plan(compute_flops=1e22, laws=path).rows, plan(compute_flops=1e22, laws=own).rows
    assert kept.law == str(path)
    assert replace(kept, law="fitted", source=fitted.source) == fitted
    out = shown("--flops", "1e22", "--law", str(path), "--law", "epoch2024")
    assert "my.law.toml" in out
    assert "puts the best size between" in out
    assert "(95 %, sampling only)" in out
    assert "No such file" in shown("--flops", "1e22", "--law", str(tmp_path / "no.law.toml"), code=2)


def test_the_next_run_is_asked_of_a_law_in_a_file(own, tmp_path):
    path = tmp_path / "my.law.toml"
    own.save(str(path))
    asked = ("--flops", "1e23", "--law", str(path), "--next-run")
    out = shown(*asked, "5e22")
    assert re.match(r"my.law.toml predicts 2.0\d ± 0.\d\d for .* parameters on .* tokens; of runs of at most 5e22", out)
    done = json.loads(CliRunner().invoke(main, ["plan", *asked, "5e22", "--json"]).output)
    (row,) = plan(compute_flops=1e23, laws=path).rows
    told = next_run(own, *candidates(5e22), (row.n_params, row.n_tokens))
    assert done["rows"] == [pytest.approx(one) for one in told.to_json()]
    assert len(done["rows"]) == 21
    assert max(one["compute_flops"] for one in done["rows"]) == pytest.approx(5e22)
    assert done["deviation_now"] == pytest.approx(own.predict(row.n_params, row.n_tokens).deviation())
    assert done["tried"] == told.tried
    assert "held less often than they promise" in out
    assert "named is the one nearest to 20 tokens a parameter" in out
    small = shown(*asked, "1e19")
    assert "no run of at most 1e19 FLOP makes that surer by 1 % or more; one beyond the largest fitted run" in small
    for arguments in (("--law", "epoch2024"), (), ("--law", str(path), "--law", "epoch2024")):
        assert "--next-run needs one --law FILE" in shown("--flops", "1e23", *arguments, "--next-run", "1e22", code=2)
    bare = tmp_path / "bare.law.toml"
    replace(own, samples=None, covariance=None).save(str(bare))
    assert "fitted without a bootstrap" in shown("--flops", "1e23", "--law", str(bare), "--next-run", "1e22", code=2)


# ---------------------------------------------------------------- a corpus that was counted


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    text = folder / "a.txt"
    rng = np.random.default_rng(1)
    text.write_text(" ".join(f"w{rank}" for rank in rng.zipf(1.7, 30_000)), encoding="ascii")
    growths = measure_corpus([text], unit="word", length=[1, 2], blocks=16)
    save_result(
        to_dataset([(one, fit_corpus(one)) for one in growths], TextPlan((str(text),)).parameters), folder / "c.nc"
    )
    return text, folder / "c.nc", growths


def test_a_counted_corpus_says_its_tokens_and_how_it_grows(counted):
    text, path, growths = counted
    found = read_corpus(str(path))
    assert (found.name, found.unit, found.n_units) == ("a", "word", 30_000)
    assert found.n_bytes == text.stat().st_size
    assert found.assumed
    assert found.n_tokens == round(found.n_bytes / 4)
    given = read_corpus(str(path), 2.5)
    assert (given.n_tokens, given.assumed) == (round(found.n_bytes / 2.5), False)
    assert [one.length for one in found.windows] == [1, 2]
    assert found.windows[0].n_unique == growths[0].n_unique[-1]
    assert found.windows[0].exponent_lower < found.windows[0].exponent < found.windows[0].exponent_upper
    planned = plan(compute_flops=1e15, corpus=found)
    assert planned.n_tokens == found.n_tokens
    assert planned.rows == plan(compute_flops=1e15, n_tokens=found.n_tokens).rows
    out = shown("--flops", "1e15", "--corpus", str(path), "--explain")
    assert out.startswith(f"With 1e15 FLOP and {found.n_tokens / 1e3:.1f}K tokens (a: 95.2K bytes at 4 a token)")
    assert "tokens of 4 bytes (--bytes-per-token)" in out
    assert "windows of a text are not what a loss law calls sequences" in out
    answer = json.loads(CliRunner().invoke(main, ["plan", "--flops", "1e15", "--corpus", str(path), "--json"]).output)
    assert answer["corpus"]["n_tokens"] == found.n_tokens


def test_what_is_no_counted_corpus_is_refused(counted, tmp_path):
    text, path, _ = counted
    refused = {
        ("--corpus", str(text)): "cannot be read as a result",
        ("--corpus", str(tmp_path / "none.nc")): "does not exist",
        ("--corpus", str(path), "--tokens", "1B"): "not both",
        ("--tokens", "1B", "--bytes-per-token", "4"): "is for --corpus",
        ("--corpus", str(path), "--bytes-per-token", "0"): "bytes-per-token must be positive",
    }
    for arguments, sentence in refused.items():
        assert sentence in shown("--flops", "1e15", *arguments, code=2)
    other = tmp_path / "sweep.nc"
    save_result(sweep(sources=["zipf:2"], n_draws=[100, 1000], replicates=2), other)
    assert "holds a result of sweep" in shown("--flops", "1e15", "--corpus", str(other), code=2)
    old = json.loads(open_result(path).attrs["text"])
    with pytest.raises(ValueError, match="does not say how many bytes it has"):
        MeasuredCorpus(old["corpus"], "word", 30_000, None)
    assert MeasuredCorpus("ids", "token", 30_000, None).n_tokens == 30_000


def test_thousands_of_epochs_are_no_plan():
    (row,) = plan(compute_flops=1e22, n_tokens=1e6, laws="epoch2024").rows
    assert row.epochs > 5000
    assert row.is_far


# ---------------------------------------------------------------- the command


def shown(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(main, ["plan", *arguments])
    assert done.exit_code == code or (code == 2 and isinstance(done.exception, ValueError)), done.output
    return " ".join(f"{done.output} {done.exception if code else ''}".split())


def test_the_answer_comes_first():
    out = shown("--gpu-hours", "1e6", "--gpu", "a100", "--mfu", "40%", "--tokens", "300B")
    assert out.startswith(
        "With 4.49e23 FLOP and 300B tokens: train between 24.2B and 52.3B parameters on 1.43T to 3.1T tokens (4.8 to "
        "10 epochs), 35.5B in the middle, for a loss of 1.94 to 2.04, ± 0.11 to 0.13 (95 % where that is known); the "
        "laws fitted near there disagree by a factor 2.2, and within each law"
    )
    for text in ("N_store is another question", "1.99 ± 0.11", "are worth 2.4T new ones", "1.12e24"):
        assert text in out
    assert "Shapes near 35.5B" in out
    assert "noise and lack of fit (what a law misses beyond its runs), not the error of the constants" in out
    assert "any size from 41.2B to 43.2B costs less than 0.1 % of the loss." in shown("--flops", "4.5e23")


def test_far_from_every_law_there_is_no_number():
    out = shown("--flops", "1e30")
    assert "more than ten times outside the runs of every law asked" in out
    assert "parameters on" not in out
    assert "All laws" in shown("--flops", "1e30", "--explain")


def test_json_holds_everything():
    done = CliRunner().invoke(main, ["plan", "--flops", "4.5e23", "--tokens", "300B", "--kv-heads", "8", "--json"])
    found = json.loads(done.output)
    assert next(iter(found)) == "schema_version"
    assert [row["law"] for row in found["rows"]] == [
        "hoffmann2022", "hoffmann2022-unrounded", "epoch2024", "muennighoff2023",
    ]  # fmt: skip
    assert len(found["bands"]) == 4
    middle = math.sqrt(math.prod(found["n_params"]))
    for shape in found["shapes"]:
        assert shape["n_kv_heads"] == 8
        assert shape["n_params"] == pytest.approx(middle, rel=0.1)
    assert found["verdict"].startswith("With 4.5e23 FLOP")


@pytest.mark.parametrize(
    "arguments",
    [
        "--gpu-hours 1e6 --gpu a100 --mfu 40% --tokens 300B --explain",
        "--flops 1e20 --tokens-per-param 50 --explain",
        "--target-loss 2.0 --gpu h100 --mfu 0.4 --price-per-hour 2 --tokens 300B --gated-mlp --kv-heads 8",
        "--flops 1e18 --law epoch2024 --vocab 1e6",
        "--flops 1e24 --inference-tokens 1e13 --tokens 15T",
    ],
)
def test_every_screen_fits_eighty_columns(arguments, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    done = CliRunner().invoke(main, ["plan", *arguments.split()])
    assert done.exit_code == 0, done.output
    assert max(map(len, done.output.splitlines())) <= 80


def test_bad_input_is_one_sentence():
    for arguments in (["--flops", "1e23", "--gpu-hours", "3"], ["--gpu", "a100"], ["--flops", "x"], ["--gpu", "h10"]):
        refused("plan", *arguments, module="bounds")


PAGE = (Path(__file__).parent.parent / "docs" / "planning.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"```\n\$ python -m bounds plan (.*?)\n(.*?)```", PAGE.replace("\\\n", ""), flags=re.DOTALL)


@pytest.mark.parametrize(("arguments", "output"), SHOWN, ids=[arguments for arguments, _ in SHOWN])
def test_the_page_shows_what_is_printed(arguments, output, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    done = CliRunner().invoke(main, ["plan", *arguments.split()])
    printed = [line.rstrip() for line in done.output.splitlines()]
    expected = [line.rstrip() for line in output.splitlines()]
    assert printed[: len(expected)] == expected


def test_the_page_shows_commands():
    assert len(SHOWN) >= 2
