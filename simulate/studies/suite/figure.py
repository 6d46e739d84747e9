"""The figure of a suite: loss, tracked sequences, term accuracy, memorised positions, trajectories, matched loss."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure, FigureBase

from bounds.cli.drawing.labels import End, in_words, label_ends, label_on, tidy, without_yellow
from bounds.cli.drawing.style import COLOURS, style
from bounds.cli.printing import written
from simulate.running.dataset import plan_of
from simulate.running.showing.view import View
from simulate.studies.suite.learning.matching import reference_loss
from simulate.studies.suite.learning.positions import expected_dispersion
from simulate.studies.suite.learning.trajectories import CLASSES
from simulate.studies.suite.rows import matched_rows, trajectory_rows
from simulate.studies.sweep.report import short

_SIZES = 4
"""Sizes that have a panel of their own."""


def figure(dataset: xr.Dataset, view: View) -> Figure:
    """A row of small panels for each question: loss, what is stored, what is known, where, and how losses run."""
    del view
    drawn = Figure(figsize=(13, 16.5), layout="constrained")
    parameters = plan_of(dataset)
    drawn.suptitle(_heading(dataset, parameters), fontsize=11)
    grid = drawn.add_gridspec(5, 1, height_ratios=(1.5, 1, 1, 1, 1))
    rows = [drawn.add_subfigure(grid[i]) for i in range(5)]
    loss, matched = rows[0].subplots(1, 2)
    _loss(loss, dataset)
    _matched(matched, dataset, parameters["batch"])
    _tracked(rows[1], dataset)
    _terms(rows[2], dataset, parameters["learning_probability"])
    _positions(rows[3], dataset)
    _trajectories(rows[4], dataset)
    return drawn


def _heading(dataset: xr.Dataset, parameters: dict[str, Any]) -> str:
    def counted(n: int, one: str, many: str) -> str:
        return f"{n} {one if n == 1 else many}"

    stores = counted(dataset.sizes["n_params"], "store", "stores")
    corpora = counted(dataset.sizes["replicate"], "corpus", "corpora")
    return f"{stores} on {short(parameters['source'])}, batches of {parameters['batch']}, {corpora}"


def _loss(axes: Axes, dataset: xr.Dataset) -> None:
    name = "loss" if "loss" in dataset else "loss_validation"
    measured = np.isfinite(dataset[name].values).any()
    values = dataset[name].mean("replicate").values if measured else reference_loss(dataset)
    late = dataset.step.values > 0
    steps, ends = dataset.step.values[late], []
    for i in range(values.shape[1]):
        colour = _of_size(dataset, i)
        axes.plot(steps, values[late, i], "-", marker=_mark(steps), lw=1.2, color=colour)
        if i in _spread(values.shape[1], 7):
            ends.append(End(float(steps[-1]), float(values[-1, i]), _size(dataset, i), colour))
    title = "Loss of each size"
    if "loss_lower" in dataset:
        axes.plot(steps, dataset.loss_lower.values[late, -1], "k:", lw=1.5)
        title += ". Dotted: lower bound of the mean, largest model (rigorous)"
    axes.set(yscale="log" if (values[late] > 0).any() else "linear", xlabel="step (batches)")
    axes.set_ylabel({"loss": "expected loss", "loss_validation": "validation loss"}[name] + " (nats per sequence)")
    _in_steps(axes, steps)
    tidy(axes, title)
    if axes.get_yscale() == "log":
        in_words(axes, "y", axes.get_ylim())
    label_ends(axes, [end for end in ends if np.isfinite(end.y)])


def _matched(axes: Axes, dataset: xr.Dataset, batch: int) -> None:
    rows = [row for row in matched_rows(dataset) if row["matched_step"] > 0]
    tidy(axes, "Data of each size at matched loss, first corpus (alike: known draws shared)")
    if not rows:
        _nothing(axes, "no two sizes met a loss")
        return
    ends = []
    for k, target in enumerate(dict.fromkeys(row["matched_target"] for row in rows)):
        of_target = [row for row in rows if row["matched_target"] == target]
        alike = min((row["matched_overlap"] for row in of_target if row["matched_overlap"] is not None), default=None)
        text = f"loss {target:.3g}" + ("" if alike is None else f",\nalike ≥ {alike:.3f}")
        x, y = [row["n_params"] for row in of_target], [row["matched_step"] * batch for row in of_target]
        axes.plot(x, y, f"{style(k).marker}-", ms=4, lw=1, color=style(k).colour)
        ends.append(End(float(x[-1]), float(y[-1]), text, style(k).colour))
    axes.set(xlabel="parameters N", ylabel="sequences seen at that loss")
    in_words(axes, "x", [row["n_params"] for row in rows])
    in_words(axes, "y", [row["matched_step"] * batch for row in rows])
    label_ends(axes, ends)


def _tracked(row: FigureBase, dataset: xr.Dataset) -> None:
    """How a sequence of each of some ranks enters the store, a panel a size."""
    late, ranks = dataset.step.values > 0, dataset.tracked_rank.values
    steps = dataset.step.values[late]
    one = dataset.sizes["replicate"] == 1
    share = "stored (1) or not (0)" if one else "part of the corpora\nthat store it"
    panels = _panels(row, len(_few(dataset)), "What is stored: sequences by rank", share)
    for axes, i in zip(panels, _few(dataset), strict=True):
        ends = []
        for place, j in enumerate(_spread(len(ranks), 5)):
            known, colour = dataset.tracked_stored.values[late, i, j], style(place).colour
            axes.plot(steps, known, ls=style(place).dash, marker=_mark(steps), lw=1.1, color=colour)
            rises, text = np.flatnonzero(known >= 0.5)[:1], f"rank {written(int(ranks[j]))}"
            if axes is panels[-1] and len(rises):
                label_on(axes, float(steps[rises[0]]), 0.1 + 0.15 * place, text, colour)
            elif axes is panels[-1]:
                ends.append(End(float(steps[-1]), float(known[-1]), text, colour))
        axes.set(xlabel="step (batches)", ylim=(-0.03, 1.03))
        _in_steps(axes, steps)
        tidy(axes, f"{_size(dataset, i)} (n = {written(int(dataset.capacity[i]))})")
        label_ends(axes, ends)


def _terms(row: FigureBase, dataset: xr.Dataset, chance: float) -> None:
    """Which part of the sequences met so often is known, at the end and before, a panel a size."""
    counts, last = dataset.term_count.values, dataset.sizes["step"] - 1
    times = [*zip(_earlier(dataset), ("dotted", "dashdot", "dashed"), strict=False), (last, "solid")]
    steps = ", ".join(f"{style}: step {written(int(dataset.step[step]))}" for step, style in times)
    title = f"What is known, by how often it was met; {steps}"
    if chance < 1:
        title += f"; points: 1 - (1 - {chance:g})^exposures, without a limit (heuristic)"
    panels = _panels(row, len(_few(dataset)), title, "part of the\nsequences known")
    for axes, i in zip(panels, _few(dataset), strict=True):
        for step, dash in times:
            terms, colour = dataset.terms.values[step], COLOURS[0] if step == last else "0.35"
            share = np.where(terms > 0, dataset.terms_known.values[step, :, i] / np.maximum(terms, 1), np.nan)
            marker: dict[str, Any] = {"marker": ".", "ms": 4} if np.isfinite(share).sum() < 3 else {}
            axes.plot(counts, share, ls=dash, lw=1.3, color=colour, **marker)
        if chance < 1:
            axes.plot(counts, dataset.term_accuracy_expected, "o", ms=3, color=COLOURS[1])
        axes.set(xlabel="exposures", ylim=(-0.03, 1.03))
        _in_steps(axes, counts)
        tidy(axes, _size(dataset, i))


def _positions(row: FigureBase, dataset: xr.Dataset) -> None:
    """Where in the training memorised sequences stand, a panel for each exposure that places them."""
    size = dataset.sizes["n_params"] // 2
    title = f"Where memorised sequences stand, {_size(dataset, size)}, first corpus; grey: drawn evenly, ± 2 sd"
    panels = _panels(row, dataset.sizes["exposure"], title, "positions in a window\nover their mean (edge: none)")
    shown = dataset.position_windows.values[size]
    windows = int((shown[0] >= 0).sum())
    for axes, exposure, counts in zip(panels, dataset.exposure.values, shown, strict=True):
        tidy(axes, f"{exposure} exposure")
        if not windows:
            _nothing(axes, "too few memorised\nsequences to place")
            continue
        n_points, n_draws = int(shown[0, :windows].sum()), int(dataset.n_draws[-1])
        expected = n_points / windows
        floor = 0.3 / expected
        width = 2 * np.sqrt(expected_dispersion(n_points, n_draws) * (1 - 1 / windows) / expected)
        axes.axhspan(max(1 - width, floor), 1 + width, color="0.85", lw=0)
        heights = np.maximum(counts[:windows] / expected, floor)
        axes.step((np.arange(windows) + 0.5) / windows, heights, where="mid", color=COLOURS[0], lw=1.2)
        axes.set(xlabel="part of the training")
        in_words(axes, "y", (floor, max(1 + width, float(heights.max()))))


def _trajectories(row: FigureBase, dataset: xr.Dataset) -> None:
    """Which part of the validation draws has a trajectory of each class, a panel a class."""
    found = [one for one in trajectory_rows(dataset) if one["increases"] is not None]
    title = "Trajectories of loss (Xia et al. 2022). Solid: all of the training; dashed: without its first 10 %"
    for axes, name in zip(_panels(row, len(CLASSES), title, "% of the\nvalidation draws", False), CLASSES, strict=True):
        tidy(axes, name)
        if not found:
            _nothing(axes, "too few checkpoints,\nor no validation draws")
            continue
        for k, (percent, form) in enumerate(((0, "o-"), (10, "s--"))):
            of = [one for one in found if one["after_percent"] == percent]
            axes.plot([one["n_params"] for one in of], [one[name] for one in of], form, ms=3, lw=1.1, color=COLOURS[k])
        axes.set(xlabel="parameters N")
        axes.set_ylim(bottom=0)
        in_words(axes, "x", dataset.n_params.values)


def _panels(row: FigureBase, n: int, title: str, measured: str, shared: bool = True) -> list[Axes]:
    """The small panels of a row beside each other, under its `title`; what is `measured` stands at the first one."""
    row.suptitle(title, fontsize=10, x=0.01, ha="left")
    found = list(row.subplots(1, n, sharey=shared, squeeze=False)[0])
    found[0].set_ylabel(measured)
    return found


def _few(dataset: xr.Dataset) -> list[int]:
    """Sizes that have panels, from the least to the largest."""
    return _spread(dataset.sizes["n_params"], _SIZES)


def _spread(n: int, most: int) -> list[int]:
    """At most so many of n places, the first and the last among them."""
    return sorted({round(float(place)) for place in np.linspace(0, n - 1, min(n, most))})


def _size(dataset: xr.Dataset, i: int) -> str:
    return f"N = {written(int(dataset.n_params[i]))}"


def _in_steps(axes: Axes, steps: np.ndarray) -> None:
    """The axis of steps or exposures, in words; linear where there are none above 0."""
    if len(steps):
        in_words(axes, "x", steps)


def _earlier(dataset: xr.Dataset) -> list[int]:
    """Three checkpoints before the end: near a thousandth, a hundredth and a tenth of the steps."""
    steps = dataset.step.values
    found = {int(np.searchsorted(steps, steps[-1] / part)) for part in (1000, 100, 10)}
    return sorted(i for i in found if 0 < steps[i] < steps[-1])


def _norm(values: np.ndarray) -> LogNorm:
    return LogNorm(float(values.min()), max(float(values.max()), float(values.min()) * 1.01))


def _of_size(dataset: xr.Dataset, size: int) -> Any:
    values = dataset.n_params.values
    return without_yellow()(_norm(values)(values[size]))


def _mark(places: np.ndarray) -> str:
    """The marker of a curve: points where there are so few of them that a line alone would show little."""
    return "" if len(places) > 12 else "."


def _nothing(axes: Axes, why: str) -> None:
    """An empty panel that says why it is one."""
    axes.text(0.5, 0.5, why, ha="center", transform=axes.transAxes)
    axes.set(xticks=[], yticks=[])
