"""The figure of a suite: loss, tracked sequences, term accuracy, memorised positions, trajectories, matched loss."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from bounds.cli.drawing.style import COLOURS
from simulate.running.dataset import plan_of
from simulate.running.showing.view import View
from simulate.studies.suite.learning.matching import reference_loss
from simulate.studies.suite.learning.positions import expected_dispersion
from simulate.studies.suite.rows import matched_rows, trajectory_rows
from simulate.studies.sweep.report import short

_MARKS = {"increases": "^", "decreases": "v", "stagnates": "s", "other": "o"}


def figure(dataset: xr.Dataset, view: View) -> Figure:
    """Six panels, one question each."""
    del view
    drawn = Figure(figsize=(13, 14), layout="constrained")
    panels = drawn.subplots(3, 2)
    parameters = plan_of(dataset)
    drawn.suptitle(_heading(dataset, parameters))
    middle = dataset.sizes["n_params"] // 2
    _loss(drawn, panels[0, 0], dataset)
    _tracked(drawn, panels[0, 1], dataset, middle)
    _terms(panels[1, 0], dataset, middle, parameters["learning_probability"])
    _positions(panels[1, 1], dataset, middle)
    _trajectories(panels[2, 0], dataset)
    _matched(panels[2, 1], dataset, parameters["batch"])
    for axes in panels.flat:
        axes.grid(alpha=0.3)
        _plain_ticks(axes)
    return drawn


def _heading(dataset: xr.Dataset, parameters: dict[str, Any]) -> str:
    def counted(n: int, one: str, many: str) -> str:
        return f"{n} {one if n == 1 else many}"

    stores = counted(dataset.sizes["n_params"], "store", "stores")
    corpora = counted(dataset.sizes["replicate"], "corpus", "corpora")
    return f"{stores} on {short(parameters['source'])}, batches of {parameters['batch']}, {corpora}"


def _loss(figure: Figure, axes: Axes, dataset: xr.Dataset) -> None:
    name = "loss" if "loss" in dataset else "loss_validation"
    measured = np.isfinite(dataset[name].values).any()
    values = dataset[name].mean("replicate").values if measured else reference_loss(dataset)
    late = dataset.step.values > 0
    steps = dataset.step.values[late]
    for i in range(values.shape[1]):
        axes.plot(steps, values[late, i], _line(steps), lw=1.2, color=_of_size(dataset, i))
    if "loss_lower" in dataset:
        axes.plot(
            steps, dataset.loss_lower.values[late, -1], "k:", lw=1.5,
            label="lower bound of the mean, largest model [rigorous]",
        )  # fmt: skip
        axes.legend(fontsize=8, loc="lower left")
    axes.set(xscale="log", yscale="log" if (values[late] > 0).any() else "linear", xlabel="step (batches)")
    axes.set_ylabel({"loss": "expected loss", "loss_validation": "validation loss"}[name] + " (nats per sequence)")
    axes.set_title("Loss of each size")
    _scale(figure, axes, dataset.n_params.values, "viridis", "parameters N")


def _tracked(figure: Figure, axes: Axes, dataset: xr.Dataset, size: int) -> None:
    capacity = int(dataset.capacity[size])
    ratios = dataset.tracked_rank.values / capacity
    norm, colours, late = _norm(ratios), colormaps["plasma"], dataset.step.values > 0
    for j, ratio in enumerate(ratios):
        known = dataset.tracked_stored.values[late, size, j]
        axes.plot(steps := dataset.step.values[late], known, _line(steps), lw=1.2, color=colours(0.9 * norm(ratio)))
    one = dataset.sizes["replicate"] == 1
    axes.set(xscale="log", xlabel="step (batches)", ylim=(-0.03, 1.03))
    axes.set_ylabel("stored (1) or not (0)" if one else "part of the corpora that store it")
    axes.set_title(f"Tracked sequences, N = {int(dataset.n_params[size])} (n = {capacity})")
    _scale(figure, axes, ratios, "plasma", "rank / n", top=0.9)


def _terms(axes: Axes, dataset: xr.Dataset, size: int, chance: float) -> None:
    counts = dataset.term_count.values

    def accuracy(step: int, which: int) -> Any:
        terms = dataset.terms.values[step]
        return np.where(terms > 0, dataset.terms_known.values[step, :, which] / np.maximum(terms, 1), np.nan)

    for i in range(dataset.sizes["n_params"]):
        axes.plot(counts, accuracy(-1, i), _line(counts), lw=1.2, color=_of_size(dataset, i))
    for step, style in zip(_earlier(dataset), ("--", "-.", ":"), strict=False):
        label = f"N = {int(dataset.n_params[size])} at step {int(dataset.step[step])}"
        axes.plot(counts, accuracy(step, size), style, lw=1.6, color="black", label=label)
    if chance < 1:
        axes.plot(counts, dataset.term_accuracy_expected, "o", ms=4, color=COLOURS[1],
                  label=f"1 - (1 - {chance:g})^count, no limit [heuristic]")  # fmt: skip
    axes.set(xscale="log", xlabel="exposures (lower edge of a bin)", ylabel="part of the sequences known")
    axes.set_ylim(-0.03, 1.3)  # room for the legend above the curves
    axes.set_yticks(np.linspace(0, 1, 6))
    axes.set_title("Term accuracy at the end (colour: N, as above)")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=8, loc="upper center", ncols=2)


def _positions(axes: Axes, dataset: xr.Dataset, size: int) -> None:
    axes.set_title(f"Where memorised sequences stand, N = {int(dataset.n_params[size])}, corpus 0")
    shown = dataset.position_windows.values[size]
    windows = int((shown[0] >= 0).sum())
    if not windows:
        _nothing(axes, "too few memorised sequences to place")
        return
    n_points, n_draws = int(shown[0, :windows].sum()), int(dataset.n_draws[-1])
    expected = n_points / windows
    at = (np.arange(windows) + 0.5) / windows
    floor = 0.3 / expected
    width = 2 * np.sqrt(expected_dispersion(n_points, n_draws) * (1 - 1 / windows) / expected)
    axes.axhspan(max(1 - width, floor), 1 + width, color="0.85", label="drawn evenly, ± 2 standard deviations")
    for j, exposure in enumerate(dataset.exposure.values):
        heights = np.maximum(shown[j, :windows] / expected, floor)
        axes.step(at, heights, where="mid", color=COLOURS[j], lw=1.3, label=f"{exposure} exposure")
    axes.set(yscale="log", xlabel="part of the training", ylabel="positions in a window / mean (edge: none)")
    axes.legend(fontsize=8, loc="upper center")


def _trajectories(axes: Axes, dataset: xr.Dataset) -> None:
    found = [row for row in trajectory_rows(dataset) if row["increases"] is not None]
    axes.set_title("Classes of trajectories (Xia et al. 2022)")
    if not found:
        _nothing(axes, "too few checkpoints, or no validation draws")
        return
    for percent, style in ((0, "-"), (10, "--")):
        rows = [row for row in found if row["after_percent"] == percent]
        for k, (name, mark) in enumerate(_MARKS.items()):
            values = [row[name] for row in rows]
            axes.plot([row["n_params"] for row in rows], values, style, marker=mark, ms=4, color=COLOURS[k], lw=1,
                      label=f"{name}, after {percent} % of the training" if percent else name)  # fmt: skip
    axes.set(xscale="log", xlabel="parameters N", ylabel="% of the validation draws")
    axes.set_yscale("symlog", linthresh=0.1)
    axes.set_ylim(-0.01, 1e4)  # room for the legend above 100 %
    axes.set_yticks([0, 0.1, 1, 10, 100], ["0", "0.1", "1", "10", "100"])
    axes.legend(fontsize=7, ncols=2, loc="upper center")


def _matched(axes: Axes, dataset: xr.Dataset, batch: int) -> None:
    rows = [row for row in matched_rows(dataset) if row["matched_step"] > 0]
    for k, target in enumerate(dict.fromkeys(row["matched_target"] for row in rows)):
        of_target = [row for row in rows if row["matched_target"] == target]
        alike = min((row["matched_overlap"] for row in of_target if row["matched_overlap"] is not None), default=None)
        label = f"loss {target:.3g}" + ("" if alike is None else f", known alike ≥ {alike:.3f}")
        axes.plot([row["n_params"] for row in of_target], [row["matched_step"] * batch for row in of_target], "o-",
                  ms=4, lw=1, color=COLOURS[k % len(COLOURS)], label=label)  # fmt: skip
    axes.set_title("At matched loss, corpus 0")
    if not rows:
        _nothing(axes, "no two sizes met a loss")
        return
    axes.set(xscale="log", yscale="log", xlabel="parameters N", ylabel="sequences seen at that loss")
    axes.set_ylim(top=30 * axes.get_ylim()[1])  # room for the legend above the curves
    axes.legend(fontsize=8, loc="upper right")


def _earlier(dataset: xr.Dataset) -> list[int]:
    """Three checkpoints before the end: near a thousandth, a hundredth and a tenth of the steps."""
    steps = dataset.step.values
    found = {int(np.searchsorted(steps, steps[-1] / part)) for part in (1000, 100, 10)}
    return sorted(i for i in found if 0 < steps[i] < steps[-1])


def _norm(values: np.ndarray) -> LogNorm:
    return LogNorm(float(values.min()), max(float(values.max()), float(values.min()) * 1.01))


def _of_size(dataset: xr.Dataset, size: int) -> Any:
    values = dataset.n_params.values
    return colormaps["viridis"](0.95 * _norm(values)(values[size]))


def _line(places: np.ndarray) -> str:
    """The format of a curve: with points where there are so few of them that a line alone would show little."""
    return "-" if len(places) > 12 else ".-"


def _nothing(axes: Axes, why: str) -> None:
    """An empty panel that says why it is one."""
    axes.text(0.5, 0.5, why, ha="center", transform=axes.transAxes)
    axes.set(xticks=[], yticks=[])


def _plain_ticks(axes: Axes) -> None:
    """Numbers such as 2 and 300 on a logarithmic axis that is too short for two powers of ten."""
    for axis, scale, (low, high) in (
        (axes.xaxis, axes.get_xscale(), axes.get_xlim()), (axes.yaxis, axes.get_yscale(), axes.get_ylim())
    ):  # fmt: skip
        if scale == "log" and high < 30 * low:
            axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axis.set_minor_formatter(NullFormatter())


def _scale(figure: Figure, axes: Axes, values: np.ndarray, name: str, label: str, top: float = 0.95) -> None:
    if values.min() == values.max():
        return
    shades = ListedColormap(colormaps[name](np.linspace(0, top, 256)))
    bar = figure.colorbar(ScalarMappable(_norm(values), shades), ax=axes, label=label)
    if values.max() < 100 * values.min():
        bar.set_ticks(LogLocator(subs=(1, 2, 5)))
        bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        bar.minorticks_off()
