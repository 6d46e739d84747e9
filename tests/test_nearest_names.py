"""A name that is not known, whatever it is of, is answered with the nearest one that is."""

from __future__ import annotations

from importlib import import_module

import pytest

import bounds
import simulate
from bounds.base.arguments import close_file, close_to
from tests.commands import MAIN, refused, run

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


@pytest.mark.parametrize(
    ("command", "meant"),
    [
        ("bounds plan --flops 1e22 --output x.html", "'--figure', '--json', '--report'"),
        ("bounds plan --flops 1e22 -o x.html", "'--figure', '--json', '--report'"),
        ("simulate sweep --output x.nc", "Did you mean '--out'?"),
        ("simulate sweep -o x.nc", "'--out'"),
        ("bounds plan --verbose", "Did you mean '--explain'?"),
        ("simulate sweep --n-jobs 2", "'--cluster', '--threads'"),
        ("simulate corpus x.txt --ngram 2", "Did you mean '--length'?"),
        ("bounds plan --weeks 3", "'--days', '--gpu-hours'"),
        ("bounds plan --flops 1e22 --serve 1T", "Did you mean '--inference-tokens'?"),
        ("bounds fit x.csv --n-params size", "Did you mean '--column'?"),
        ("bounds band --tokens 300B", "N_TOKENS stands without a flag: python -m bounds band 300B"),
        ("bounds band --n-tokens=300B", "N_TOKENS stands without a flag: python -m bounds band 300B"),
        ("bounds band", "Missing argument 'N_TOKENS'. python -m bounds band --help says what it takes"),
        ("bounds plan 1e22", "unexpected extra argument (1e22). python -m bounds plan --help says what it takes"),
        ("simulate sweep --xyzzy", "python -m simulate sweep --help lists them"),
        ("bounds explain x.law.toml", "python -m bounds laws x.law.toml shows it"),
        ("bounds explain 0.99", "0.99 is no exponent and no corpus factor of a published law"),
        ("experiments run kausik", "on that paper: unique_sequences (Kausik 2024)"),
        ("bounds fit runs.csv --out mine.toml", "did you mean mine.law.toml?"),
    ],
)
def test_flags_of_other_programs_are_told_by_what_they_mean(command, meant, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs.csv").write_text("n_params,n_tokens,loss\n1e9,1e10,3\n", encoding="utf-8")
    module, *arguments = command.split()
    assert meant in refused(*arguments, module=module)


@pytest.mark.parametrize(
    "command", ["simulate corpus ~/words.txt", "bounds fit ~/runs.csv", "bounds fit runs.csv --out ~/my2.law.toml"]
)
def test_a_home_that_no_shell_has_put_in_is_named(command, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    module, *arguments = command.split()
    assert f"did you mean {tmp_path}/{arguments[-1].removeprefix('~/')}?" in refused(*arguments, module=module)
    monkeypatch.setenv("HOME", str(tmp_path / "none"))
    assert "none" not in refused(*arguments, module=module)


def test_every_flag_that_may_be_meant_is_one_of_some_command():
    import click

    from bounds.cli.terminal.meant import _MEANINGS

    def flags(command: click.Command) -> set[str]:
        own = {flag for param in command.params for flag in (*param.opts, *param.secondary_opts)}
        under = command.commands.values() if isinstance(command, click.Group) else ()
        return own.union(*map(flags, under))

    every = {"--help"}.union(*(flags(import_module(name).main) for name in MAIN.values()))
    tried = [name for names, _ in _MEANINGS for name in names.split()]
    assert {flag for _, does in _MEANINGS for flag in does.split()} <= every
    assert all(f"-{name}" not in every for name in tried if len(name) == 1)


@pytest.mark.parametrize("typed", ["0.58", ".58", "0.580"])
def test_a_number_of_the_paper_is_traced_to_a_fit(typed):
    told = " ".join(run("explain", typed, module="bounds").stdout.split())
    assert told.startswith(f"{typed} comes of 1 published law; it is what a fit gives for β, and no number of nature.")
    assert "hoffmann2022 γ middle = (γ lower + γ upper)/2 = 1 - 3β/2, halfway: heuristic" in told
    assert "epoch2024" not in told  # whose middle is 0.451
    assert "0.58 at beta = 0.28" in run("explain", "middle", module="bounds").stdout
