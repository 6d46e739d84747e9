"""Every figure of a result: its names, words and numbers; local exponents and spectra against counts by hand."""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from scipy.special import gamma as gamma_function
from scipy.stats import t as student

import simulate
from bounds.cli.drawing.labels import End, label_ends, label_tops
from bounds.cli.drawing.panels import panels
from bounds.counts.unique import expected_spectrum, local_exponent
from simulate.cli.main import main
from simulate.running.showing.local_slopes import slopes
from simulate.running.showing.spectra import implied
from simulate.running.showing.view import View
from simulate.studies.registry import run_plan, study_of
from simulate.studies.text.plan import TextPlan
from simulate.studies.text.views import random_order
from tests.drawn_figures import faults, legends, values_of
from tests.test_studies import TEXT

LONG = "mixture:0.7*(zipf:2.0)+0.2*(zipf:1.5,shift=5)+0.1*(zipf:1.3,types=1e6)"
MANY = [f"zipf:{1.1 + 0.1 * i:.1f}" for i in range(12)]
GRID = {"n_draws": "1e2:1e4:5", "replicates": 3}
NAMES = ["growth", "local-exponent", "spectrum"]


@pytest.fixture(scope="module")
def texts(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("texts")
    (folder / "text.txt").write_text(TEXT, encoding="utf-8")
    few = " ".join(f"w{i * i % 701}" for i in range(3000))
    (folder / f"{'a_long_name_' * 5}.txt").write_text(few, encoding="utf-8")
    (folder / "new.txt").write_text(" ".join(f"w{i}" for i in range(2000)), encoding="utf-8")
    return folder


RESULTS = {
    "a sweep": lambda folder: simulate.sweep(sources=["zipf:1.724", "growing:0.58,scale=1", "uniform:50"], **GRID),
    "one size": lambda folder: simulate.sweep(sources=["zipf:1.724"], n_draws=[3000], replicates=2),
    "one corpus": lambda folder: simulate.sweep(sources=["zipf:1.724"], n_draws="1e2:1e4:5", replicates=1),
    "a long name": lambda folder: simulate.sweep(sources=[LONG], **GRID),
    "twelve": lambda folder: simulate.sweep(sources=MANY, n_draws="1e2:1e4:3", replicates=2),
    "no fit": lambda folder: simulate.sweep(sources=["uniform:1e12"], n_draws="10:1e3:4", replicates=2),
    "nothing drawn": lambda folder: simulate.sweep(
        sources=["zipf:1.724", "uniform:1e6", "geometric:0.9", "santa-fe:1.724,labels=2"], n_draws="1e3:1e9:4",
        engine="analytic",
    ),
    "a text": lambda folder: _text(folder / "text.txt", lengths=[1, 2]),
    "a long name of a text": lambda folder: _text(next(folder.glob("a_long*")), lengths=[1]),
    "all new": lambda folder: _text(folder / "new.txt", lengths=[1]),
    "a sketch": lambda folder: _text(folder / "text.txt", lengths=[1, 2], sketch=True, precision=8),
}  # fmt: skip


def _text(path: Path, **asked):
    return run_plan(TextPlan((str(path),), unit="word", **asked))


@pytest.fixture(scope="module")
def result(texts):
    return functools.cache(lambda name: RESULTS[name](texts))


def drawn(dataset, name: str) -> Figure:
    return study_of(dataset).figure(dataset, View(figure=name))


@pytest.fixture(scope="module")
def figure_of(result):
    """The figure of a result, drawn once."""
    return functools.cache(lambda name, view: drawn(result(name), view))


MORE = ("one size", "one corpus", "a long name of a text", "twelve", "no fit", "nothing drawn")


@pytest.mark.parametrize("view", NAMES)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.verification if name in MORE else ()) for name in RESULTS]
)
def test_words_of_every_figure_are_read_and_its_axes_named(name, view, figure_of):
    figure = figure_of(name, view)
    assert faults(figure) == []
    assert legends(figure) == 0


def test_the_check_of_figures_finds_what_is_wrong():
    figure = Figure(figsize=(4, 3), layout="constrained")
    axes = figure.subplots()
    axes.plot([1, 2], [1, 2])
    axes.set(xlabel="corpus size D (draws)", ylabel="distinct sequences")
    assert faults(figure) == []
    axes.text(0.5, 0.5, "one", transform=axes.transAxes)
    axes.text(0.51, 0.5, "other", transform=axes.transAxes)
    assert any("covers" in fault for fault in faults(figure))
    axes.set_ylabel("")
    assert any("no name of the y" in fault for fault in faults(figure))
    figure.text(0.99, 0.01, "beyond the edge")
    assert any("cut off" in fault for fault in faults(figure))
    axes.plot([1, 2], [2, 1], label="x")
    axes.legend()
    assert legends(figure) == 1


def half_bars(figure: Figure) -> np.ndarray:
    """Half of the length of each error bar of the first panel."""
    bars = next(one for one in figure.axes[0].collections if isinstance(one, LineCollection))
    return np.array([(segment[1, 1] - segment[0, 1]) / 2 for segment in bars.get_segments()])


def test_slopes_between_sizes_are_those_of_the_counts_and_of_theory(result, figure_of):
    dataset, figure = result("a sweep"), figure_of("a sweep", "local-exponent")
    counts = dataset.n_unique.values[0].T.astype(float)  # of zipf:1.724, a row a corpus
    n_draws = dataset.n_draws.values.astype(float)
    each = [[np.log(row[i + 1] / row[i]) / np.log(n_draws[i + 1] / n_draws[i]) for i in range(4)] for row in counts]
    at, values = values_of(figure, 0, "o")
    assert at == pytest.approx(np.sqrt(n_draws[1:] * n_draws[:-1]))
    assert values == pytest.approx(np.mean(each, axis=0))
    reach = student.ppf(0.975, 2) * np.std(each, axis=0, ddof=1) / np.sqrt(3)
    assert half_bars(figure) == pytest.approx(reach)
    _, theory = values_of(figure, 0, "-")
    for (a, b), found in zip(itertools.pairwise(n_draws), theory, strict=True):
        # A slope between sizes is the mean of the local exponent between them.
        at = np.unique(np.geomspace(a, b, 81).round())
        between = np.trapezoid(local_exponent("zipf:1.724", at), np.log(at)) / np.log(b / a)
        assert found == pytest.approx(between, abs=0.2 / a), "which is of whole draws"
    _, growing = values_of(figure, 1, "-")
    assert growing[-1] == pytest.approx(0.58, abs=0.01), "of the array of corpora, not of the law of one size"


def test_the_slope_of_what_was_fitted_is_the_derivative_of_its_curve(figure_of):
    figure = figure_of("a sweep", "local-exponent")
    at, found = values_of(figure, 0, "--")
    growth = figure_of("a sweep", "growth")
    (curve,) = [line for line in growth.axes[0].lines if line.get_linestyle() == "--" and line.get_color() == "#005A9C"]
    x, y = np.asarray(curve.get_xdata(), float), np.asarray(curve.get_ydata(), float)
    middle = np.sqrt(x[1:] * x[:-1])
    assert np.interp(np.log(middle), np.log(at), found)[:60] == pytest.approx(slopes(x, y)[:60], abs=2e-3)


def test_the_spectrum_of_a_sweep_is_counted_and_expected(result, figure_of):
    dataset, figure = result("a sweep"), figure_of("a sweep", "spectrum")
    k, seen = values_of(figure, 0, "o")
    mean = dataset.spectrum.values[0].mean(axis=0)
    assert seen[:5] == pytest.approx(mean[:5])
    assert k[:5] == pytest.approx([1, 2, 3, 4, 5])
    _, theory = values_of(figure, 0, "-")
    assert theory[:8] == pytest.approx(expected_spectrum("zipf:1.724", 1e4, multiplicity=np.arange(1, 9)))
    _, fitted = values_of(figure, 0, "--")
    assert fitted.sum() == pytest.approx(mean[dataset.multiplicity.values <= 91].sum(), rel=0.02)


def test_a_spectrum_without_rare_types_is_not_drawn(texts):
    (texts / "two.txt").write_text("one two " * 500, encoding="utf-8")
    with pytest.raises(ValueError, match="no windows were seen from once to 100 times"):
        drawn(_text(texts / "two.txt", lengths=[1]), "spectrum")


def test_what_an_exponent_implies_of_the_spectrum():
    """γ Γ(k-γ)/(Γ(1-γ) k!), as the formula has it, for as many types as were seen."""
    k = np.arange(1, 101)
    shares = 0.58 * gamma_function(k - 0.58) / gamma_function(1 - 0.58) / gamma_function(k + 1)
    assert implied(0.58, 1000.0) == pytest.approx(1000 * shares / shares.sum())
    assert np.isnan([*implied(np.nan, 1000.0), *implied(0.0, 1000.0)]).all()
    assert implied(1.0, 1000.0)[:2].tolist() == [1000, 0]


def test_a_text_in_random_order_is_the_mean_over_orders(result, texts):
    """Against windows that are shuffled, and its spectrum against a count by hand."""
    ranks = np.random.default_rng(0).zipf(1.8, 3000)
    words = [f"w{rank}" for rank in np.sort(ranks % 997)]  # in no random order
    (texts / "sorted.txt").write_text(" ".join(words), encoding="utf-8")
    dataset = _text(texts / "sorted.txt", lengths=[1])
    assert len(words) == int(dataset.n_draws[0, -1])
    sizes = np.array([50.0, 400.0, 1500.0])
    generator = np.random.default_rng(1)
    shuffled = [generator.permutation(words) for _ in range(200)]
    means = [np.mean([len(set(order[: int(n)])) for order in shuffled]) for n in sizes]
    assert random_order(dataset.isel(source=0), sizes) == pytest.approx(means, rel=0.01)
    prefixes = [len(set(words[: int(n)])) for n in sizes]
    assert prefixes != pytest.approx(means, rel=0.2), "the text is not in random order"
    _, seen = values_of(drawn(dataset, "spectrum"), 0, "o")
    assert seen[0] == Counter(Counter(words).values())[1]


def test_the_interval_of_a_slope_of_a_text_is_that_of_its_blocks(result):
    dataset = result("a text").isel(source=[0])
    figure = drawn(dataset, "local-exponent")
    points = dataset.mean_draws.values[0] > 0
    draws, without = (
        dataset.mean_draws.values[0][points].astype(float),
        dataset.mean_unique_without.values[0][:, points],
    )
    each = slopes(draws, without)
    plain = np.sqrt((len(each) - 1) / len(each) * ((each - each.mean(axis=0)) ** 2).sum(axis=0))
    half = half_bars(figure)
    assert np.all(half >= student.ppf(0.975, len(each) - 1) * plain * (1 - 1e-9)), "the jackknife's, or wider"
    assert np.all(half < 3 * student.ppf(0.975, len(each) - 1) * plain + 1e-12)


@pytest.mark.parametrize("name", ["a sweep", "a text", "a sketch"])
def test_every_line_of_theory_has_its_label(name, figure_of):
    for view in NAMES:
        figure = figure_of(name, view)
        said = " ".join([figure.get_suptitle(), *(axes.get_title(loc="left") for axes in figure.axes)])
        dashes = {line.get_linestyle() for axes in figure.axes for line in axes.lines}
        if "Solid" in said or "expectation" in said:
            assert "rigorous" in said
        if "--" in dashes:
            assert "Dashed" in said or "dashed" in said
            assert any(label in said for label in ("asymptotic", "empirical", "fit"))


@pytest.mark.verification
def test_twelve_curves_have_twelve_marks_and_names(result):
    axes = drawn(result("twelve"), "growth").axes[0]
    marks = {(line.get_color(), line.get_marker()) for line in axes.lines if line.get_marker() not in ("None", "")}
    assert len(marks) == 12
    assert {text.get_text() for text in axes.texts} >= set(MANY[:9])


@pytest.mark.parametrize("n", [1, 4, 5])
def test_every_column_of_panels_has_ticks_below(n):
    figure, grid = panels(n, "a heading " * 20)
    assert len(grid) == n
    figure.draw_without_rendering()
    bottom = {round(axes.get_position().x0, 3): axes for axes in grid}  # the last of each column
    assert all(any(label.get_visible() for label in axes.get_xticklabels()) for axes in bottom.values())


@pytest.mark.parametrize("put", [label_ends, label_tops])
def test_names_stay_within_the_axes_as_long_as_there_is_room(put):
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="corpus size", ylabel="loss")
    put(axes, [End(0.99, 0.99, f"name {i}\nof two", "black") for i in range(6)])
    assert faults(figure) == []
    along = 1 if put is label_ends else 0
    assert all(0 <= text.xyann[along] <= 1 for text in axes.texts if isinstance(text, Annotation))


def call(*words: str):
    return CliRunner().invoke(main, list(words))


@pytest.fixture(scope="module")
def kept(result, tmp_path_factory):
    folder = tmp_path_factory.mktemp("kept")
    for name, file in (("one size", "sweep"), ("a sketch", "sketch")):
        simulate.save_result(result(name), folder / f"{file}.nc")
    return folder


@pytest.mark.parametrize(("suffix", "first"), [("svg", b"<?xml"), ("pdf", b"%PDF"), ("png", b"\x89PNG")])
def test_a_view_is_drawn_as_vectors_and_as_pixels(suffix, first, kept, tmp_path):
    path = tmp_path / f"x.{suffix}"
    found = call("show", str(kept / "sweep.nc"), f"--figure={path}", "--view=spectrum")
    assert found.exit_code == 0, found.output
    assert path.read_bytes().startswith(first)
    again = call("show", str(kept / "sweep.nc"), f"--figure={path}")
    assert again.exit_code == 2
    assert "exists already; pass --overwrite" in again.output


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--figure=x.svg", "--view=spectra"], "must be one of growth, local-exponent, spectrum, got 'spectra'; did"),
        (["--view=spectrum"], "pass --figure FILE too"),
        (["--figure=x.jpg"], "must name a file that ends in .png, .pdf, .svg"),
    ],
)  # fmt: skip
def test_a_figure_that_there_is_not_is_refused(words, sentence, kept, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = call("show", str(kept / "sweep.nc"), *words)
    assert found.exit_code == 2
    assert sentence in " ".join(found.output.split())
    assert list(tmp_path.iterdir()) == []


def test_a_result_with_one_figure_says_so(tmp_path):
    dataset = simulate.simulate_skills(kind="masses", n_skills=5, members=4, n_draws=[10, 100], replicates=2)
    simulate.save_result(dataset, tmp_path / "x.nc")
    found = call("show", str(tmp_path / "x.nc"), f"--figure={tmp_path / 'x.svg'}", "--view=spectrum")
    assert found.exit_code == 2
    assert "which has one figure and no spectrum; leave --view out" in found.output
    assert not (tmp_path / "x.svg").exists()


def test_a_figure_that_fails_midway_leaves_what_was_there(kept, tmp_path, monkeypatch):
    (tmp_path / "x.svg").write_text("mine")

    def fails(*_, **__):
        raise OSError("No space left on device")

    monkeypatch.setattr("simulate.running.showing.figures.drawn_as", fails)
    call("show", str(kept / "sweep.nc"), f"--figure={tmp_path / 'x.svg'}", "--overwrite")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"x.svg": "mine"}
