"""The refit of Chinchilla: its reader, its numbers, and the claims of both papers as typed a second time."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from bounds import LAWS as LAWS_PRINTED
from bounds import fit_loss_law
from experiments import lawfit
from experiments.claims import FAILS, HOLDS, OPEN
from experiments.readers.chinchilla import read_points
from tests.law_runs import LAWS, ladder, losses
from tests.test_pages import missing

ROOT = Path(__file__).parents[1]
HEAD = "x,y,Model Size,Training FLOP,loss\n"

# From the text and tables of arXiv:2203.15556 and arXiv:2404.10102 and the outputs of data_analysis.ipynb.
HOFFMANN = {
    "equal-scaling": 0.5, "a": 0.46, "a-interval": (0.454, 0.455), "a-own": (0.454, 0.455), "E": 1.69, "A": 406.4,
    "alpha": 0.34, "B": 410.7, "beta": 0.28, "gopher-figure": 4e10, "gopher-rounded": 4e10,
    "gopher-range": (4e10, 7e10), "residuals": 1, "small-delta": 0, "large-delta": 1, "runs": 400, "sizes": 7e7,
    "tokens": 5e9,
}  # fmt: skip
BESIROGLU = {
    "outliers": 240, "refit-E": 1.8172, "refit-A": 482.01, "refit-alpha": 0.3478, "refit-B": 2085.43,
    "refit-beta": 0.3658, "lad-E": 1.8172, "lad-A": 482.01, "lad-alpha": 0.3478, "lad-B": 2085.43, "lad-beta": 0.3658,
    "se-E": 0.03, "se-A": 124.58, "se-alpha": 0.02, "se-B": 1293.23, "se-beta": 0.02, "refit-a": 0.513,
    "compatible": "holds both", "likelihood": 879.77, "likelihood-own": 837.78, "likelihood-ratio": 84.0,
    "rejected": 238.4, "runs-needed": 6e5, "ratio-20": 20, "ratio-70": 70, "stopped-early": "stops early",
    "fewer-runs": 500,
}  # fmt: skip


def points(law="Epoch", seed=0, runs=240, **noise):
    rng = np.random.default_rng(seed)
    n_params, n_tokens = ladder(rng, runs)
    loss = losses(rng, LAWS[law], n_params, n_tokens, **noise)
    return pd.DataFrame(
        {"n_params": n_params, "n_tokens": n_tokens, "compute_flops": 6 * n_params * n_tokens, "loss": loss}
    )


# ---------------------------------------------------------------- what the papers say


def test_published_numbers_typed_twice_agree():
    for paper, table in (("Hoffmann 2022", HOFFMANN), ("Besiroglu 2024", BESIROGLU)):
        assert {claim.name: claim.published for claim in lawfit.CLAIMS if claim.paper == paper} == table


def test_constants_with_eight_digits_round_to_those_that_were_printed():
    theirs = lawfit.THEIRS
    assert [theirs.irreducible, theirs.param_coefficient, theirs.data_coefficient] == pytest.approx(
        [np.exp(0.5267228), np.exp(6.0073404), np.exp(6.0179186)]
    )
    assert (round(theirs.irreducible, 2), round(theirs.param_coefficient, 1)) == (1.69, 406.4)
    assert (round(theirs.data_coefficient, 1), round(theirs.param_exponent, 2)) == (410.7, 0.34)
    assert round(theirs.data_exponent, 2) == 0.28


# ---------------------------------------------------------------- the reader


def test_tokens_come_from_flop(tmp_path):
    (tmp_path / "runs.csv").write_text(HEAD + "1,2,1e9,6e19,3.1\n1,2,2e9,2.4e20,2.9\n", encoding="utf-8")
    table = read_points(tmp_path / "runs.csv")
    assert list(table.columns) == ["n_params", "n_tokens", "compute_flops", "loss"]
    assert table.n_tokens.tolist() == pytest.approx([1e10, 2e10])
    (tmp_path / "data").mkdir()
    (tmp_path / "runs.csv").rename(tmp_path / "data" / "svg_extracted_data.csv")
    assert read_points(tmp_path).equals(table)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no column Model Size, Training FLOP, loss"),
        ("Model Size,loss\n1e9,3\n", "has no column Training FLOP; it is not the table of Besiroglu et al."),
        (HEAD, "holds no run"),
        (HEAD + "1,2,1e9,6e19,3.1\n1,2,1e9,6e", "line 3: Training FLOP must be a positive number, got '6e'"),
        (HEAD + "1,2,1e9,6e19\n", "line 2: loss must be a positive number, got ''"),
        (HEAD + "1,2,-1e9,6e19,3\n", "line 2: Model Size must be a positive number, got '-1e9'"),
        (HEAD + "1,2,1e9,6e19,nan\n", "line 2: loss must be a positive number, got 'nan'"),
    ],
)
def test_broken_tables_are_named_with_their_line(tmp_path, text, said):
    path = tmp_path / "runs.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=re.escape(said)) as caught:
        read_points(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_what_is_no_text_or_not_there(tmp_path):
    (tmp_path / "runs.csv").write_bytes(b"\x89PNG\r\n\xff\xfe")
    with pytest.raises(ValueError, match="is not a text in UTF-8"):
        read_points(tmp_path / "runs.csv")
    with pytest.raises(ValueError, match="No such file"):
        read_points(tmp_path / "none.csv")


# ---------------------------------------------------------------- fits of any runs


def test_a_planted_law_comes_back_as_a_table():
    table = lawfit.fit(points(scale=0, outliers=0))
    assert table.index.tolist() == ["E", "A", "alpha", "B", "beta"]
    assert table.estimate.tolist() == pytest.approx([1.8172, 482.01, 0.3478, 2085.43, 0.3658], rel=1e-5)
    assert list(table.columns) == ["estimate"]


def test_any_subset_is_fitted_as_the_public_fit_does():
    some = points(seed=3).sample(80, random_state=1)
    table = lawfit.fit(some, objective="lad", bootstrap=100)
    same = fit_loss_law(some.n_params, some.n_tokens, some.loss, objective="lad", bootstrap=100)
    assert table.estimate["beta"] == same.law.data_exponent
    assert table.standard_error["beta"] == same.standard_errors["data_exponent"]
    assert (table.lower["E"], table.upper["E"]) == tuple(same.interval("irreducible"))
    with pytest.raises(ValueError, match="points must have the columns n_params, n_tokens and loss; loss is missing"):
        lawfit.fit(some.drop(columns="loss"))


def test_runs_left_out_are_those_of_the_highest_losses():
    some = points()
    assert len(lawfit.without_highest(some, 5)) == 235
    assert lawfit.without_highest(some, 5).loss.max() < np.sort(some.loss)[-5]
    assert lawfit.without_highest(some, 0) is some
    table = lawfit.leverage(some, (0, 5), bootstrap=0)
    assert table.runs.tolist() == [240, 235]
    assert table.beta[1] == lawfit.fit(lawfit.without_highest(some)).estimate["beta"]


def test_one_bad_run_is_found_by_its_influence():
    """A run of few tokens whose loss is a third too high moves β more than all others; without it none stands out."""
    good = points(runs=120, outliers=0, scale=0.002)
    few = int((good.n_tokens / good.n_params).idxmin())
    bad = good.assign(loss=good.loss.where(good.index != few, 1.3 * good.loss))
    moved = lawfit.influence(bad, delta=1.0).beta_moves.abs()  # δ beyond all residuals: least squares
    assert moved.idxmax() == few
    assert moved.max() > 2 * moved.drop(few).max()
    assert lawfit.influence(good, delta=1.0).beta_moves.abs().max() < 0.5 * moved.max()


def test_influence_is_the_refit_without_the_run():
    some = points(seed=2, runs=60)
    moved = lawfit.influence(some)
    beta = lawfit.fit(some).estimate["beta"]
    for place in (0, 17, int(moved.beta_moves.abs().idxmax())):
        refit = lawfit.fit(some.drop(index=place)).estimate["beta"]
        assert moved.beta_moves[place] == pytest.approx(refit - beta, abs=2e-5)


def test_resamples_agree_with_the_weights_of_the_public_bootstrap():
    some = points(seed=4, outliers=0)
    drawn, weighed = lawfit.redrawn(some, 400), lawfit.fit(some, bootstrap=400)
    for letter in ("E", "alpha", "beta"):
        assert drawn[letter].std() == pytest.approx(weighed.standard_error[letter], rel=0.25)
    fewer = lawfit.redrawn(some, 400, share=0.8, replace=False)
    assert fewer.beta.std() == pytest.approx(0.5 * drawn.beta.std(), rel=0.25)  # √(0.2/0.8)
    few = lawfit.redrawn(some, 20)
    assert lawfit.redrawn(some, 20).equals(few)
    assert not lawfit.redrawn(some, 20, seed=1).equals(few)


def test_the_likelihood_is_that_of_the_density():
    """Against the density of the notebook, written out and normalised by hand, over a grid of scales."""
    some, law, delta = points(runs=30), LAWS["Hoffmann"], 1e-3
    r = np.abs(lawfit.residuals(law, some))
    scales = np.exp(np.linspace(-20, 0, 20001))
    z = r[:, None] / scales
    rho = np.where(z <= delta, z**2 / 2, delta * (z - delta / 2))
    area = np.sqrt(2 * np.pi) * (1 - 2 * norm.sf(delta)) + 2 * np.exp(-(delta**2) / 2) / delta
    by_hand = (-rho - np.log(area) - np.log(scales)).sum(0).max()
    assert lawfit.log_likelihood(law, some) == pytest.approx(by_hand, abs=1e-4)
    better = lawfit.law(some, objective="lad").law
    assert lawfit.log_likelihood(better, some) > by_hand + 10


# ---------------------------------------------------------------- the runs of Chinchilla


@pytest.fixture(scope="module")
def runs():
    return lawfit.load()


@pytest.mark.data
def test_the_file_is_read_as_its_readme_says(runs):
    assert len(runs) == 245
    assert not runs.isna().any().any()
    assert runs.loss.agg(["min", "max"]).tolist() == pytest.approx([2.0774, 5.0056], abs=5e-5)
    assert runs.n_params.agg(["min", "max"]).tolist() == pytest.approx([5.73e7, 1.62e10], rel=2e-3)
    assert runs.compute_flops.agg(["min", "max"]).tolist() == pytest.approx([1.397e18, 1.296e22], rel=1e-3)
    left_out = runs.drop(lawfit.without_highest(runs).index)
    assert len(left_out) == 5
    assert (left_out.n_tokens / left_out.n_params).max() < 0.41
    assert left_out.loss.min() >= 3.4469


@pytest.mark.data
def test_log_likelihoods_are_those_of_the_notebook(runs):
    """Cells 48 and 51: 562.25, 837.78 and 879.77 without the five runs, 531.89, 714.43 and 757.80 with them."""
    kept = lawfit.without_highest(runs)
    best = lawfit.law(kept, objective="lad").law
    laws = (LAWS_PRINTED["hoffmann2022"], lawfit.THEIRS, best)
    assert [lawfit.log_likelihood(one, kept) for one in laws] == pytest.approx([562.25, 837.78, 879.77], abs=0.006)
    assert [lawfit.log_likelihood(one, runs) for one in laws] == pytest.approx([531.89, 714.43, 757.80], abs=0.006)


@pytest.mark.data
def test_the_refit_is_what_docs_loss_laws_shows(runs):
    fits = {drop: lawfit.fit(runs, drop_highest=drop).estimate for drop in (0, 5)}
    assert fits[5].tolist() == pytest.approx([1.8172, 477.83, 0.34731, 2143.4, 0.36717], rel=2e-5)
    assert fits[0].tolist() == pytest.approx([1.8913, 495.73, 0.34931, 12846, 0.45305], rel=1e-4)


VERDICTS = {
    HOLDS: {
        "equal-scaling", "A", "alpha", "B", "gopher-figure", "gopher-range", "residuals", "small-delta", "large-delta",
        "outliers", "refit-E", "lad-alpha", "lad-beta", "se-E", "se-alpha", "se-B", "se-beta", "refit-a", "compatible",
        "likelihood", "likelihood-own", "likelihood-ratio", "rejected", "runs-needed", "ratio-20", "stopped-early",
    },
    OPEN: {"runs", "fewer-runs"},
}  # fmt: skip


@pytest.mark.verification
@pytest.mark.data
def test_every_verdict(data_folder):
    result = lawfit.run(data_folder)
    assert [one.claim for one in result.outcomes] == list(lawfit.CLAIMS)
    found = {one.claim.name: one.verdict for one in result.outcomes}
    for verdict, names in VERDICTS.items():
        assert {name for name, one in found.items() if one == verdict} == names
    assert not any(one.surprising for one in result.outcomes)
    assert {one.claim.name for one in result.outcomes if not one.claim.should_hold} == {
        name for name, one in found.items() if one == FAILS
    }
    assert result.answer.startswith("Five of 245 runs move β from 0.367 to 0.453")
    for draw in result.figures.values():
        draw().canvas.draw()
    ours = {one.claim.name: one.ours for one in result.outcomes}
    assert ours["ratio-70"] == pytest.approx(59.04, abs=0.01)
    assert ours["gopher-figure"] == pytest.approx(40.36e9, rel=1e-3)
    assert ours["rejected"] == pytest.approx(238.4, rel=0.06)


@pytest.mark.verification
@pytest.mark.data
def test_the_page_shows_what_the_command_prints(data_folder):
    """docs/lawfit.md: its blocks are lines of the output in their order, and its numbers stand there."""
    page = (ROOT / "docs" / "lawfit.md").read_text(encoding="utf-8")
    command, *blocks = re.findall(r"```\n(.*?)```", page, flags=re.DOTALL)
    done = subprocess.run(
        [sys.executable, *shlex.split(command.replace(" --figure .", ""))[2:]],
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(blocks) == 3
    for block in blocks:
        assert missing(block, done.stdout) is None
    prose = re.sub(r"```.*?```|\(arXiv [\d.]+\)", "", page, flags=re.DOTALL)
    numbers = set(re.findall(r"\d+\.\d+[KMB]?|\d+[KMB]", prose))
    assert {"0.3672", "59.0", "172K"} <= numbers
    assert sorted(one for one in numbers if one not in done.stdout) == []
