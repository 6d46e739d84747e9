"""Runs and budgets asked of a fitted law on the command line: predicted losses, optima, the published constants."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import bounds
from bounds.__main__ import main
from bounds.cli.fitted.answers import Asked
from bounds.cli.fitted.asked import AskedRun, RunPoint
from bounds.cli.fitted.spent import why_no_optimum
from tests.commands import refused, run
from tests.law_runs import DESIGNS, LAWS, ladder
from tests.tables import fits

ASKED = RunPoint()
SEED = 11


def planted(runs: int = 60, noise: float = 0.004):
    rng = np.random.default_rng(SEED)
    n_params, n_tokens = ladder(rng, runs)
    return n_params, n_tokens, LAWS["Hoffmann"].loss(n_params, n_tokens) * np.exp(noise * rng.normal(size=runs))


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("asked") / "runs.csv"
    rows = np.stack(planted(), 1).tolist()
    path.write_text("n,d,loss\n" + "".join(",".join(map(repr, row)) + "\n" for row in rows), encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def fit():
    return bounds.fit_loss_law(*planted(), bootstrap=100)


def said(*arguments: str) -> str:
    """What the command prints, in this process."""
    done = CliRunner().invoke(main, ["fit", *arguments], catch_exceptions=False, env={"COLUMNS": "80"})
    assert done.exit_code == 0, done.output
    return str(done.output)


# How a run is written


@pytest.mark.parametrize(
    "text",
    [
        "N=7B,D=140B", "n=7b,d=140b", " N = 7 B , D = 140 B ", "D=140B,N=7B", "N=7e9;D=1.4e11", "N=7B D=140B",
        "N=7_000_000_000,D=0.14T", "n_params=7B,n_tokens=140B", "params=7G,tokens=140G", "N=7B,C=5.88e21",
        "N=7B,C=5.88ZFLOP", "compute=5.88e21, N=7B", "N=7B,D=140B,",
    ],
)  # fmt: skip
def test_a_run_is_read_however_it_is_written(text):
    assert ASKED(text) == pytest.approx(AskedRun(7e9, 1.4e11), rel=1e-12)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("D=140B", "must have N, the parameters"), ("D=140B,C=1e21", "must have N, the parameters"),
        ("N=7B", "takes N and one of D (tokens) and C = 6 N D (FLOP)"), ("N=7B,D=1B,C=1e20", "has both"),
        ("N=7B,n_token=3B", "unknown key of predict 'n_token': did you mean n_tokens"),
        ("N=7B,M=20", "unknown key of predict 'M': known are N, D, C"), ("N=7B,D/N=20", "unknown key"),
        ("N=0,D=1B", "N of predict must be at least 1, got '0'"), ("N=7B,D=0", "D of predict must be at least 1"),
        ("N=-7B,D=1B", "must be at least 1"), ("N=7B,D=", "D of predict must be a whole number"),
        ("N=7B,D=many", "got 'many'"), ("N=7,000,000,000,D=1B", "write it without commas"),
        ("N=1e999999,D=1", "at most"),
        ("7B", "must be a run such as N=7B,D=140B or N=7B,C=6e21, got '7B'"), ("", "must be a run"),
        ("at N=7B,D=1B", "must be a run"), ("N=7B,N=8B", "has N twice"), ("N=7B,C=1e9", "less than one token"),
        ("N=nan,D=1B", "must be a whole number"), ("N=7B,D=1e400", "at most"), ("N==7B,D=1B", "whole number"),
    ],
)  # fmt: skip
def test_a_run_that_is_not_understood_is_one_sentence(text, told):
    with pytest.raises(ValueError) as caught:
        ASKED(text)
    assert told in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize("flag", [("--predict", "N=7B,D=140B"), ("--compute", "1e22")])
def test_what_cannot_be_answered_is_refused_before_the_fit(flag, table):
    assert f"{flag[0]} takes intervals from resamples" in refused(
        "fit", table, "--bootstrap", "0", *flag, module="bounds"
    )


def test_the_command_names_the_flag():
    assert "did you mean n_params" in refused("fit", "-", "--predict", "n_param=3", module="bounds")


# What is predicted


def test_a_prediction_is_the_answer_and_that_of_python(table, fit):
    arguments = (table, "--bootstrap", "100", "--predict", "N=7B,D=140B", "--confidence", "80%")
    told = json.loads(said(*arguments, "--json"))
    expected = fit.predict(7e9, 1.4e11, confidence=0.8)
    (row,) = told["predictions"]
    assert (row["n_params"], row["n_tokens"], row["compute_flops"]) == (7e9, 1.4e11, 6 * 7e9 * 1.4e11)
    for name in ("lower", "upper"):
        assert row[f"loss_{name}"] == pytest.approx(getattr(expected, name), rel=1e-12)
    assert (row["sampling"], row["noise"], row["lack_of_fit"]) == (
        pytest.approx(expected.sampling), expected.noise, expected.lack_of_fit,
    )  # fmt: skip
    assert row["distance"] == pytest.approx(5.88e21 / fit.law.largest_compute)
    assert row["loss"] == expected.estimate
    assert told["verdict"].startswith(
        f"7B parameters on 140B tokens are predicted to end at a loss of {row['loss']:.3f}"
    )
    lines = said(*arguments).splitlines()
    assert lines[0].startswith("7B parameters on 140B tokens are predicted to end at a loss of")
    assert len(lines) <= 24
    shown = " ".join(lines)
    assert f"{row['loss']:.3f} [{row['loss_lower']:.3f}, {row['loss_upper']:.3f}]" in shown
    assert "80 % interval" in shown
    for name in ("sampling", "noise", "lack_of_fit"):
        assert f"{100 * row[name]:.2f}" in shown
    # What gives way to it is one flag away.
    assert "E, irreducible loss" in said(*arguments, "--explain")


def test_several_predictions_stand_below_each_other_with_their_notes(table):
    out = said(
        table,
        "--bootstrap",
        "60",
        "--predict",
        "N=7B,D=140B",
        "--predict",
        "n=100B, c=3e25",
        "--predict",
        "N=1e12,D=1e8",
    )
    assert out.startswith("3 predicted losses lie between")
    assert "N = 100B, D = 50T: " in " ".join(out.split())
    assert "predictions were tried up to 60 times" in " ".join(out.split())
    assert "N = 1T, D = 100M: n_params is beyond the fitted runs" in " ".join(out.split())


def test_tables_fit_a_line(fit):
    asked = Asked.of(fit, [AskedRun(7e9, 1.4e11), AskedRun(1e12, 2.34e13)], [1e21, 1.234e22], 0.95)
    for one in asked.tables:
        assert fits(one), one.title


def test_what_is_not_known_of_a_prediction_is_said(fit):
    from dataclasses import replace

    from bounds.cli.fitted.predictions import Predicted, prediction_sentence, prediction_table

    bare = replace(fit.predict(7e9, 1.4e11), noise=None, lack_of_fit=None, distance=None)
    found = [Predicted(AskedRun(7e9, 1.4e11), bare)]
    assert "95 % interval, sampling only" in prediction_sentence(found)
    assert any("sampling only" in column for column in prediction_table(found).columns)
    unsure = [Predicted(AskedRun(7e9, 1.4e11), replace(bare, noise=0.01))]
    assert "95 % interval, without lack of fit" in prediction_sentence(unsure)


# How a budget is spent


def test_an_optimum_is_the_least_of_the_law(table, fit):
    budget = 1e21
    told = json.loads(said(table, "--bootstrap", "100", "--compute", "1e21", "--json"))
    (row,) = told["optima"]
    sizes = np.geomspace(1e7, 1e11, 400_001)
    losses = fit.law.loss(sizes, budget / (6 * sizes))
    least = int(np.argmin(losses))
    near = sizes[losses <= 1.001 * losses[least]]
    assert row["n_params"] == pytest.approx(sizes[least], rel=1e-3)
    assert row["n_params"] * row["n_tokens"] * 6 == pytest.approx(budget)
    assert (row["n_params_near_lower"], row["n_params_near_upper"]) == pytest.approx((near[0], near[-1]), rel=1e-3)
    assert row["n_params_lower"] < row["n_params"] < row["n_params_upper"]
    drawn = np.sort(fit.sampled_law.optimal(budget).n_params)
    assert row["n_params_lower"] <= drawn[3]
    assert row["n_params_upper"] >= drawn[-4]
    at = fit.predict(row["n_params"], row["n_tokens"])
    assert (row["loss"], row["loss_lower"]) == pytest.approx((at.estimate, at.lower))
    assert "1e21 FLOP are spent best on" in told["verdict"]
    assert not any("extrapolation" in note for note in told["warnings"])


def test_an_optimum_beyond_the_runs_is_an_extrapolation_and_far_ones_are_not_shown(table):
    out = " ".join(said(table, "--bootstrap", "60", "--compute", "3e22", "--compute", "1e27").split())
    assert "3e22 FLOP: an extrapolation, " in out
    assert "times the largest fitted compute" in out
    assert "1e27 FLOP: the optimum lies more than 10 times outside" in out
    assert "1e27 FLOP ─" not in out
    assert "1e27 FLOP" in said(table, "--bootstrap", "60", "--compute", "1e27", "--explain")
    assert len(json.loads(said(table, "--bootstrap", "60", "--compute", "1e27", "--json"))["optima"]) == 1


def test_what_the_runs_do_not_identify_has_no_interval_at_the_optimum():
    rng = np.random.default_rng(SEED)
    N, D = DESIGNS["3 sizes, 2 of them apart by padding, 4 corpora"](rng)
    fit = bounds.fit_loss_law(
        N, D, LAWS["Hoffmann"].loss(N, D) * np.exp(0.003 * rng.normal(size=len(N))), bootstrap=100
    )
    assert "param_exponent" in fit.unidentified
    asked = Asked.of(fit, [], [1e20], 0.95)
    if asked.optima:
        assert asked.optima[0].intervals["n_params"] is None
        assert any("has no interval" in note.text for note in asked.notes)
    else:
        assert any("has an optimum" in note.text for note in asked.notes)


def test_a_law_that_does_not_fall_has_no_optimum(fit):
    from dataclasses import replace

    flat = replace(fit, law=replace(fit.law, data_exponent=-0.1))
    assert "data_exponent is -0.1, and an optimum needs both terms to fall" in str(why_no_optimum(flat))
    asked = Asked.of(flat, [], [1e21], 0.95)
    assert asked.optima == ()
    assert [note.kind for note in asked.notes] == ["refused"]
    assert why_no_optimum(fit) is None


# Beside the published laws


def test_the_published_constants_stand_beside(table):
    out = said(table, "--bootstrap", "0", "--explain")
    part = out[out.index("The fitted constants beside the published ones") :]
    for key in bounds.LAWS:
        assert key in part
    words = " ".join(part.split())
    assert "E, A and B of laws on other data and with other tokenizers are not comparable." in words
    assert "beside the published ones" not in said(table, "--bootstrap", "0")
    rows = json.loads(said(table, "--bootstrap", "0", "--json"))["beside"]
    assert [row["law"] for row in rows] == ["fitted", *bounds.LAWS]
    assert rows[1]["exponent_middle"] == pytest.approx(0.58)
    assert rows[-1]["irreducible"] is None


# The figure


def test_a_figure_is_drawn_of_what_was_asked(table, tmp_path):
    for suffix, magic in ((".png", b"\x89PNG"), (".pdf", b"%PDF"), (".svg", b"<?xml")):
        path = tmp_path / f"a{suffix}"
        # What is drawn does not depend on how it is written: it is drawn in full once.
        asked = ["--bootstrap", "60", "--predict", "N=7B,D=140B"] if suffix == ".png" else ["--bootstrap", "0"]
        out = said(table, *asked, "--figure", str(path), *(["--json"] if suffix == ".svg" else []))
        assert path.read_bytes().startswith(magic)
        assert json.loads(out)["figure"] if suffix == ".svg" else f"written: {path}" in out.replace("\n", "")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.pdf", "a.png", "a.svg"]
    before = (tmp_path / "a.png").read_bytes()
    with pytest.raises(ValueError, match="exists already; pass --overwrite"):
        said(table, "--bootstrap", "0", "--figure", str(tmp_path / "a.png"))
    assert (tmp_path / "a.png").read_bytes() == before
    said(table, "--bootstrap", "0", "--figure", str(tmp_path / "a.png"), "--overwrite")
    assert (tmp_path / "a.png").read_bytes() != before


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("a.gif", "ends in .png, .pdf, .svg"), (".png", "ends in"), ("none/a.png", "is not a folder"),
        (f"{'x' * 220}.png", "at most 200 bytes"), ("a.PNG", "ends in"), ("a", "ends in"),
    ],
)  # fmt: skip
def test_a_bad_name_of_a_figure_is_refused_before_anything_is_read(name, told, tmp_path):
    # The table is none: the name comes first.
    bad = tmp_path / "bad.csv"
    bad.write_text("x", encoding="utf-8")
    with pytest.raises(ValueError, match=told):
        said(str(bad), "--figure", str(tmp_path / name))
    assert [one.name for one in tmp_path.iterdir()] == ["bad.csv"]


def test_a_figure_that_fails_leaves_nothing(table, tmp_path, monkeypatch):
    from bounds.cli.drawing import fit_figure

    def fails(*_):
        raise RuntimeError("no room")

    monkeypatch.setattr(fit_figure, "_fan", fails)
    with pytest.raises(RuntimeError):
        said(table, "--bootstrap", "0", "--figure", str(tmp_path / "a.png"), "--out", str(tmp_path / "a.law.toml"))
    assert list(tmp_path.iterdir()) == []


ODD = {
    "six runs": (lambda rng: ladder(rng, 6), 0), "150 runs": (lambda rng: ladder(rng, 150), 0),
    "one budget": (DESIGNS["one budget of 20 runs, D/N jittered by 1e-3"], 60),
    "three sizes": (DESIGNS["3 sizes, 2 of them apart by padding, 4 corpora"], 60),
}  # fmt: skip


@pytest.mark.parametrize("kind", ODD)
def test_odd_runs_have_a_figure_too(kind):
    from bounds.cli.drawing.fit_figure import FittedRuns, draw
    from bounds.cli.drawing.style import drawn_as

    rng = np.random.default_rng(SEED)
    design, bootstrap = ODD[kind]
    N, D = design(rng)
    L = LAWS["Hoffmann"].loss(N, D) * np.exp(0.004 * rng.normal(size=len(N)))
    fit = bounds.fit_loss_law(N, D, L, bootstrap=bootstrap)
    columns = {"n_params": list(N), "n_tokens": list(D), "loss": list(L / np.log(2))}
    runs = FittedRuns.of(columns, "bits", None, 0)
    assert runs.loss == pytest.approx(L)
    drawn = draw(fit, runs, [AskedRun(1e9, 1e12)])
    *_, first, second, third = drawn.get_axes()
    assert first.get_ylim() == second.get_ylim() == third.get_ylim()
    assert len(drawn_as(drawn, ".png", dpi=40)) > 5000


def test_one_huge_model_and_left_out_runs():
    from bounds.cli.drawing.fit_figure import FittedRuns, draw
    from bounds.cli.drawing.style import drawn_as

    N, D, L = (np.array(column) for column in planted(20))
    N[0] = 1e15
    fit = bounds.fit_loss_law(N, D, L, bootstrap=0, drop_highest=3)
    runs = FittedRuns.of({"n_params": list(N), "n_tokens": list(D), "loss": list(L)}, "nats", None, 3)
    assert len(runs.loss) == fit.n_runs == 17
    assert np.log(fit.law.loss(runs.n_params, runs.n_tokens)) - np.log(runs.loss) == pytest.approx(fit.residuals)
    assert drawn_as(draw(fit, runs), ".svg").startswith(b"<?xml")


def test_a_fit_without_a_figure_does_not_load_matplotlib(table):
    import subprocess
    import sys

    program = (
        "import sys; from bounds.__main__ import main; "
        f"main(['fit', {table!r}, '--bootstrap', '50', '--predict', 'N=7B,D=140B'], standalone_mode=False); "
        "assert not {'matplotlib', 'xarray', 'numba'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


def test_the_whole_way_from_a_shell(table, tmp_path):
    path = Path(tmp_path) / "it.png"
    out = run("fit", table, "--bootstrap", "60", "--predict", "N=7B,C=5.88e21", "--figure", str(path), module="bounds")
    assert out.stderr == ""
    assert out.stdout.startswith("7B parameters on 140B tokens are predicted")
    assert path.stat().st_size > 10_000
