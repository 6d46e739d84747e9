"""A name that is not known, whatever it is of, is answered with the nearest one that is."""

from __future__ import annotations

import pytest

import bounds
import simulate
from bounds.base.arguments import close_file, close_to
from tests.commands import refused

RUNS = "n_params,n_tokens,loss\n" + "".join(
    f"{n}e8,{d}e9,{2 + 1 / n + 1 / d:.4f}\n" for n in range(1, 5) for d in (2, 9)
)


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    (tmp_path / "runs.csv").write_text(RUNS)
    (tmp_path / "odd.csv").write_text(RUNS.replace("n_params", "n_parms").replace("loss", "los", 1))
    (tmp_path / "words.txt").write_text("a b c d e f " * 100)
    (tmp_path / "my.law.toml").write_text("")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("command", "meant"),
    [
        ("bounds fit runs.csv --column n_parms=N", "did you mean n_params?"),
        ("bounds fit runs.csv --column loss=los", "did you mean loss?"),
        ("bounds fit runs.csv --run-column n_token", "did you mean n_tokens?"),
        ("bounds fit odd.csv", "did you mean --column n_params=n_parms --column loss=los?"),
        ("bounds fit run.csv", "did you mean runs.csv?"),
        ("bounds fit runs.csv --figure x.pgn", "did you mean .png?"),
        ("bounds fit runs.csv --out x.law.tml", "did you mean .law.toml?"),
        ("bounds fit runs.csv --figre x.png", "--figure"),
        ("bounds plan --flops 1e23 --law my.law.tmol", "did you mean my.law.toml?"),
        ("bounds plan --flops 1e23 --corpus word.txt", "did you mean words.txt?"),
        ("bounds laws my.law.toml2", "did you mean my.law.toml?"),
        ("bounds band 1e12 --law my.law.tmol", "did you mean my.law.toml?"),
        ("bounds explain B77", "did you mean B7"),
        ("bounds -hlep", "bounds --help lists them"),
        ("simulate skills --xyz", "simulate skills --help lists them"),
        ("simulate sweep --cluster locl", "did you mean local?"),
        ("simulate sweep --out x.zar", "did you mean .zarr?"),
        ("bounds band 1e12 --law chinchila", "did you mean hoffmann2022 or"),
        ("simulate sweep --figure x.pgn", "did you mean .png?"),
        ("simulate corpus words.txt --order shufle", "did you mean shuffled-documents or shuffled-chunks?"),
        ("simulate corpus words.tx", "did you mean words.txt?"),
        ("simulate corpus words.txt --tokenizer my.law.tom", "did you mean my.law.toml?"),
        ("simulate learners --learner store:10,by=rnk", "did you mean rank?"),
        ("simulate show words.tx", "did you mean words.txt?"),
        ("simulate sweep --config my.law.tol", "did you mean my.law.toml?"),
        ("simulate example tex a.txt", "what must be one of text, runs, corpus, got 'tex'; did you mean text?"),
        ("simulate corpus words.txt --normalise nkfc", "did you mean nfkc"),
        ("experiments backtest --runs runs.csv --column n_parms=N", "did you mean n_params?"),
        ("experiments backtest --runs runs.cvs", "did you mean runs.csv?"),
        ("experiments run overtrain", "did you mean overtraining?"),
        ("experiments fetch chinchila", "did you mean chinchilla?"),
    ],
)
def test_a_command_line_names_the_nearest(command, meant):
    module, *arguments = command.split()
    assert meant in refused(*arguments, module=module)


@pytest.mark.parametrize(
    ("ask", "meant"),
    [
        (lambda: bounds.LAWS["hofmann2022"], "did you mean hoffmann2022"),
        (lambda: bounds.laws.OVERTRAINING_LAWS["gadre2024c4"], "did you mean gadre2024-c4"),
        (lambda: bounds.planning.ACCELERATORS["h10"], "did you mean h100"),
        (lambda: bounds.expcted_unique, "did you mean expected_unique"),
        (lambda: simulate.swep, "did you mean sweep"),
        (lambda: bounds.fitting.growth_factor_interval(0.5, 0.1, method="filler"), "did you mean fieller"),
        (lambda: bounds.fitting.log_unique_deviation(1e9, [[1, 0], [0, 1]], end="uper"), "did you mean upper"),
        (lambda: simulate.measure_corpus("words.txt", order="suffled-chunks"), "did you mean shuffled-chunks"),
        (lambda: simulate.measure_corpus("words.txt", unit="wrod"), "did you mean word"),
    ],
)
def test_python_names_the_nearest(ask, meant):
    with pytest.raises((ValueError, KeyError, AttributeError)) as caught:
        ask()
    assert meant in str(caught.value)


def test_a_source_that_a_fit_does_not_hold_is_a_key_error_with_the_nearest():
    dataset = simulate.sweep(sources=["zipf:1.724", "zipf:2"], n_draws=[100, 1000, 10_000], replicates=4, seed=0)
    fits = bounds.fit_exponent(dataset)
    assert fits.get("zipf:3") is None
    assert "zipf:3" not in fits
    with pytest.raises(KeyError, match=r"did you mean zipf:1\.724"):
        fits["zipf:1.742"]


def test_the_nearest_is_what_was_begun_or_mistyped_and_never_just_anything():
    kinds = ("file", "shuffled-chunks")
    assert close_to("shufle", kinds) == close_to("shuffled", kinds) == "shuffled-chunks"
    assert close_to("fiel", kinds) == "file"
    assert close_to("xyz", kinds) == close_to("", kinds) == ""
    assert close_to("HOFMANN2022", ["hoffmann2022"]) == "hoffmann2022"
    assert close_to("nkfc", ["nfc", "nfkc"]).startswith("nfkc"), "two letters changed places"


def test_the_nearest_file_is_one_that_is_there(tmp_path):
    assert close_file("rusn.csv") == "; did you mean runs.csv?"
    assert close_file(str(tmp_path / "rusn.csv")) == f"; did you mean {tmp_path / 'runs.csv'}?"
    assert (
        close_file("nothing-of-that-kind")
        == close_file("nowhere/runs.csv")
        == close_file("")
        == close_file("a\0b")
        == ""
    )
