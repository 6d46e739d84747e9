"""Names that people give: shown as they are, on one line, in terminals and figures; near ones are suggested."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pytest
from matplotlib.figure import Figure

from bounds.base.arguments import printable, shown
from bounds.cli.shared import run
from simulate.cli.main import main
from simulate.running.showing.figures import save_drawn
from tests.public import public

NASTY = "a$b$_{x\x1b[31m\ny\u202ez^\\frac.txt"
TEXT = " ".join(f"w{i}" for i in np.minimum(np.random.default_rng(3).zipf(1.6, 3000), 500))


@pytest.fixture
def nasty(tmp_path):
    path = tmp_path / NASTY
    path.write_text(TEXT)
    return path


@pytest.fixture
def call(monkeypatch, capsys, tmp_path):
    """Runs a command in this process: exit code, standard output and error."""
    monkeypatch.chdir(tmp_path)

    def go(*arguments):
        monkeypatch.setattr(sys, "argv", ["simulate", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            run(main, "python -m simulate")
        return ended.value.code or 0, *capsys.readouterr()

    return go


def lines_are_plain(text: str) -> bool:
    return all(line.isprintable() for line in text.replace("\t", " ").split("\n"))


@pytest.mark.parametrize("more", [(), ("--sketch",)])
def test_a_name_is_no_formula_and_moves_no_cursor(call, nasty, more):
    code, out, err = call("corpus", nasty.name, "--figure", "f.svg", "--out", "r.nc", "--curves", *more)
    assert code == 0, err
    assert lines_are_plain(out)
    assert lines_are_plain(err)
    assert r"a$b$_{x\x1b[31m\ny\u202ez^\frac" in out
    assert "<svg" in (nasty.parent / "f.svg").read_text()


@pytest.mark.parametrize(
    "command",
    [
        ["sweep"],
        pytest.param(["sweep", "--learner", "store"], marks=pytest.mark.verification),
        pytest.param(["skills", "--members=3", "--n-skills=2", "--replicates=3"], marks=pytest.mark.verification),
        pytest.param(["suite", "--checkpoints=0,1,2,4,8", "--validation=100"], marks=pytest.mark.verification),
    ],
)
def test_a_dollar_in_a_source_is_drawn(call, tmp_path, command):
    name = tmp_path / "cost $5 to $6_{.txt"
    name.write_text(TEXT)
    code, _, err = call(*command, "--source", f"corpus:{name}", "--figure", "a.svg")
    assert code == 0, err
    assert (tmp_path / "a.svg").stat().st_size > 1000


def test_letters_that_the_font_lacks_are_written_as_codes():
    from bounds.cli.drawing.lettering import drawable

    assert drawable("中文 é\nβ") == "\\u4e2d\\u6587 é\nβ"


def test_a_source_that_no_table_can_hold_is_refused(call, nasty):
    code, out, err = call("sweep", "--source", f"corpus:{nasty.name}")
    assert (code, out) == (2, "")
    assert "must be printable" in err
    assert lines_are_plain(err)


@pytest.mark.parametrize(
    "arguments",
    [
        ("sweep", "--source", "\x1b[31m"), ("sweep", "--law", "a\nb"), ("sweep", "--out", "\x07.nc\x1b"),
        ("sweep", "--\x1b[31m"), ("\x1b[31m",), ("fit", "a\x1b[1m.nc"), ("corpus", "no\nfile"),
        ("suite", "--n-params", "\x1b"), ("skills", "--kind", "\r"), ("sweep", "--config", "\x1b.toml"),
        ("sweep", "--n-draws", "\u202e1"), ("corpus", "x", "y\x1b", "--unit", "\x9b"),
    ],
)  # fmt: skip
def test_refusals_quote_what_can_be_read(call, arguments):
    code, out, err = call(*arguments)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert lines_are_plain(err)


@pytest.mark.parametrize("long", ["x" * 100_000, "é\n" * 30_000, "'" * 5_000])
def test_long_words_are_cut(call, long):
    for arguments in (
        ("sweep", "--source", long), ("sweep", "--n-draws", long), (long,), ("sweep", f"--{long}"),
        ("sweep", "--engine", long), ("corpus", long), ("fit", long), ("sweep", "--law", long),
        ("sweep", "--learner", long), ("sweep", "--learner", "store", "--tolerance", long), ("suite", "--source", long),
        ("skills", "--exponent", long), ("sweep", "--out", long + ".nc"), ("sweep", "--cluster", long), ("sweep", long),
        ("corpus", "x", "--at", long), ("sweep", "--source", f"zipf:{long}"), ("sweep", "--config", long),
        ("sweep", "--source", f"corpus:a,unit={long}"), ("suite", "--match-loss", long),
    ):  # fmt: skip
        code, out, err = call(*arguments)
        assert (code, out) == (2, ""), arguments[:-1]
        assert err.count("\n") == 1
        assert len(err) < 800, (arguments[:-1], err[:200])


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (("sweep", "--source", "zpif:2"), "did you mean zipf?"),
        (("sweep", "--source", "zipf:2,shfit=3"), "did you mean shift=?"),
        (("sweep", "--source", "corpus:a.txt,untt=word"), "did you mean unit=?"),
        (("sweep", "--source", "corpus:a.txt,unit=wrod"), "did you mean word?"),
        (("sweep", "--source", "copus:a.txt"), "did you mean corpus?"),
        (("sweep", "--law", "hofmann2022"), "did you mean hoffmann2022"),
        (("sweep", "--law", "gadre2024-c4"), "is a law of over-training"),
        (("sweep", "--engine", "tokns"), "did you mean tokens?"),
        (("sweep", "--learner", "memorizer"), "did you mean memoriser?"),
        (("sweep", "--learner", "store:10,cots=1"), "did you mean cost?"),
        (("skills", "--kind", "mases"), "did you mean masses?"),
        (("corpus", "a.txt", "--unit", "wrd"), "did you mean word?"),
        (("sweeep",), "did you mean sweep?"),
        (("sweep", "--sorce", "x"), "--source"),
        (("fit", "r.nc", "--model", "ofset"), ""),
    ],
)  # fmt: skip
def test_a_name_that_is_near_is_suggested(call, given, meant):
    code, out, err = call(*given)
    assert (code, out) == (2, "")
    assert meant in err


@pytest.mark.parametrize(
    ("function", "given", "meant"),
    [
        ("get_law", ("epoch204",), "epoch2024"), ("get_overtraining_law", ("gadre2024c4",), "gadre2024-c4"),
        ("get_repeated_data_law", ("muenighoff2023",), "muennighoff2023"),
        ("explain", ("unique_bound",), "unique_bounds"),
        ("parse_source", ("mixtur:1*(zipf:2)",), "mixture"),
    ],
)  # fmt: skip
def test_python_suggests_too(function, given, meant):
    with pytest.raises(ValueError, match=f"did you mean .*{meant}"):
        public(function)(*given)


def test_lists_name_all_that_is_known(call):
    assert "corpus" in call("sweep", "--source", "quux:1")[2]
    assert "gadre2024-c4" in call("sweep", "--law", "quux")[2]


@pytest.mark.parametrize("stem", ["a  b", "tab\there", "new\nline", "a \n b", "caf\udce9", "esc\x1b[31m"])
def test_a_name_in_a_sentence_is_the_name(call, tmp_path, stem):
    """Spaces as many as there are, and what is no letter written out, in front of other words and behind them."""
    for name in (f"{stem}.csv", f"{stem}.zarr", f"./{stem}.nc"):
        (tmp_path / name).write_text("mine")
        for flags in (["--out", name], [f"--out={name}"]):
            code, _, err = call("sweep", "--n-draws", "10,100", "--replicates", "2", *flags)
            assert code == 2
            assert f"error: {printable(name.removeprefix('./'))} " in err, err
    code, _, err = call("corpus", f"{stem}.txt")
    assert f"error: {printable(stem)}.txt does not exist" in err
    assert printable(stem) in call("fit", f"{stem}.nc")[2]


def test_values_in_a_sentence():
    assert printable("a\x1b[1mb\n\u202e\ud800") == "a\\x1b[1mb\\n\\u202e\\ud800"
    assert printable("caf\udce9") == "caf\\xe9"
    loop: list = []
    loop.append(loop)
    for value in (
        "x" * 10**6,
        "\n" * 10**6,
        b"\0" * 10**6,
        [1] * 10**4,
        {"a": "b" * 10**4},
        10**5000,
        loop,
        np.ones(10**4),
    ):
        assert len(shown(value)) <= 80
        assert shown(value).isprintable()


def test_words_at_ticks_are_taken_literally(tmp_path):
    """Matplotlib keeps the labels of `set_yticks` in a function, and sets them anew when it draws."""
    figure = Figure()
    figure.subplots().set_yticks([0, 1, 2], ["ü日本", "$\\bad{$", "a"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in ("x.png", "x.svg", "x.pdf"):
            save_drawn(lambda: figure, tmp_path / name)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["ü\\u65e5\\u672c", "$\\bad{$", "a"]


def test_words_at_ticks_that_panels_share_are_kept(tmp_path):
    """The first panel hides its labels, which are empty, and has the formatter of all."""
    figure = Figure()
    upper, lower = figure.subplots(2, 1, sharex=True)
    upper.set_xticks([1, 2], ["five", "twenty"])
    save_drawn(lambda: figure, tmp_path / "x.png")
    assert [label.get_text() for label in lower.get_xticklabels()] == ["five", "twenty"]
