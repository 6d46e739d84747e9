"""The figure of a fitted loss law: runs and law, residuals, and what the law predicts beyond its runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure, FigureBase
from matplotlib.ticker import NullLocator
from numpy.typing import NDArray

from bounds.cli.drawing.labels import End, in_words, label_ends, tidy, without_yellow, wrapped
from bounds.cli.drawing.style import COLOURS, GREY
from bounds.cli.fitted.asked import AskedRun
from bounds.cli.printing import written
from bounds.fitting.loss_laws.loss_law import LossLawFit
from bounds.fitting.loss_laws.prediction import PARTS, Prediction, predict_loss
from bounds.fitting.runs.loss_units import nats_per_token
from bounds.fitting.runs.run_columns import below_highest, checked_runs
from bounds.laws.published import training_flops

Floats = NDArray[np.float64]

_SHADES = ("#4292c6", "#9ecae1", "#deebf7")
"""Of one hue, from the innermost interval outwards, told apart in grey too."""
_WORDS = {"sampling": "sampling", "noise": "noise", "lack_of_fit": "lack of fit"}
_REACH = 30
"""How many times the largest fitted compute predictions are drawn up to."""
_NEAR = 2.0
"""Times the D/N of the line: runs within that are drawn as its own."""
_LOWEST = 0.8
"""Of the last predicted loss: how far an interval may open the axis."""
_ISOLINES = 6
_TICKS_APART = 0.06
"""Of the height of a bar: names of sizes that are closer would cover each other."""
_SAME_SIZE = 0.02
"""Sizes that differ by less in the logarithm, as by the padding of a vocabulary, have one isoline."""


class FittedRuns(NamedTuple):
    """N, D and loss in nats of the runs that a law was fitted to."""

    n_params: Floats
    n_tokens: Floats
    loss: Floats

    @classmethod
    def of(
        cls, columns: dict[str, list[float]], loss_unit: str, bytes_per_token: float | None, drop_highest: int
    ) -> FittedRuns:
        """The runs of a table's `columns`, as `bounds.fit_loss_law` takes them, but for the highest losses."""
        N, D, L = checked_runs(*(columns.get(name) for name in ("n_params", "n_tokens", "loss", "compute_flops")))
        kept = below_highest(L, drop_highest)
        return cls(N[kept], D[kept], L[kept] * nats_per_token(loss_unit, bytes_per_token))

    @property
    def compute(self) -> Floats:
        """6 N D of each run."""
        return np.asarray(training_flops(self.n_params, self.n_tokens))


def draw(fit: LossLawFit, runs: FittedRuns, asked: Sequence[AskedRun] = (), confidence: float = 0.95) -> Figure:
    """Above the runs with the law by size and its predictions along compute, below the residuals against N, D, D/N."""
    drawn = Figure(figsize=(10.5, 7.6), layout="constrained")
    grid = drawn.add_gridspec(2, 1, height_ratios=(3, 2))
    upper, lower = (drawn.add_subfigure(grid[i]) for i in (0, 1))
    left, right = upper.subplots(1, 2)
    _law(upper, left, fit, runs)
    _fan(right, fit, runs, asked, confidence)
    below = lower.subplots(1, 3, sharey=True)
    sizes = (runs.n_params, runs.n_tokens, runs.n_tokens / runs.n_params)
    for axes, size, title in zip(below, sizes, ("N, parameters", "D, tokens", "D/N"), strict=True):
        _residuals(axes, fit, size, title)
    below[0].set(ylabel="measured over fitted loss, %")
    note = f" ± 1.96 sd of the noise ({100 * fit.law.residual_deviation:.2g} %)" if fit.law.residual_deviation else ""
    below[0].set_title(f"Residuals{note and f'; shaded:{note}'}", fontsize=9, loc="left")
    return drawn


def _law(figure: FigureBase, axes: Axes, fit: LossLawFit, runs: FittedRuns) -> None:
    """Loss against tokens, a line a size."""
    sizes, (least, most) = _isolines(runs.n_params), (float(runs.n_params.min()), float(runs.n_params.max()))
    norm, shades = LogNorm(least, max(most, 1.001 * least)), without_yellow()
    tokens = np.geomspace(runs.n_tokens.min(), runs.n_tokens.max(), 200)
    for size in sizes:
        axes.plot(tokens, fit.law.loss(size, tokens), "-", lw=1.2, color=shades(norm(size)))
    axes.scatter(
        runs.n_tokens, runs.loss, c=runs.n_params, cmap=shades, norm=norm, s=_area(len(runs.loss)), alpha=0.8, lw=0
    )
    axes.set(xlabel="D, tokens", ylabel="loss, nats per token", ylim=_room(runs.loss))
    in_words(axes, "x", tokens)
    tidy(axes, "Runs and fitted law (empirical), a line for a size")
    bar = figure.colorbar(ScalarMappable(norm, shades), ax=axes, label="N, parameters", pad=0.01)
    marked = [float(sizes[0])]
    for size in sizes[1:]:
        if norm(size) - norm(marked[-1]) > _TICKS_APART:
            marked.append(float(size))
    bar.ax.yaxis.set_minor_locator(NullLocator())
    bar.ax.set_yticks(marked, [written(size) for size in marked], fontsize=8)


def _isolines(n_params: Floats) -> Floats:
    """The sizes of the runs where they are few, else some between the least and the largest."""
    ordered = np.unique(n_params)
    apart = ordered[np.concatenate([[True], np.diff(np.log(ordered)) > _SAME_SIZE])]
    return apart if len(apart) <= _ISOLINES + 1 else np.geomspace(ordered[0], ordered[-1], _ISOLINES)


def _fan(axes: Axes, fit: LossLawFit, runs: FittedRuns, asked: Sequence[AskedRun], confidence: float) -> None:
    """Loss along compute at the middle D/N of the runs, with nested intervals, and the runs that were asked for."""
    points = [(run, predict_loss(fit, run.n_params, run.n_tokens, confidence)) for run in asked]
    spent = [float(training_flops(run.n_params, run.n_tokens)) for run in asked]
    largest, ratio = float(runs.compute.max()), float(np.median(runs.n_tokens / runs.n_params))
    compute = np.geomspace(min(runs.compute.min(), *spent, largest), max(_REACH * largest, *spent, largest), 200)
    told = predict_loss(fit, *fit.law.overtrained(compute, ratio), confidence)
    names = _shade(axes, compute, told)
    axes.plot(compute, told.estimate, "-", lw=1.4, color=COLOURS[6])
    names.append(End(float(compute[-1]), float(told.estimate[-1]), "the law\n(empirical)", COLOURS[6]))
    _runs(axes, runs, ratio)
    axes.axvline(largest, color="0.5", lw=0.9, ls=":")
    for x, (run, one) in zip(spent, points, strict=True):
        ends = [[one.estimate - one.lower], [one.upper - one.estimate]] if len(one.missing) < len(PARTS) else None
        axes.errorbar([x], [one.estimate], ends, fmt="D", ms=5, capsize=3, color=COLOURS[1])
        text = f" {written(run.n_params)} on {written(run.n_tokens)} "
        # The law falls, so that there is room above it and to the right, but at the edge.
        side = "left" if x < compute[len(compute) * 2 // 3] else "right"
        axes.annotate(text, (x, one.upper if ends else one.estimate), xytext=(0, 4), textcoords="offset points",
                      ha=side, va="bottom", fontsize=8, color=COLOURS[1],
                      bbox={"fc": "white", "ec": "none", "alpha": 0.8, "pad": 0.5})  # fmt: skip
    known = [one.interval() if len(one.missing) < len(PARTS) else (one.estimate,) for _, one in points]
    axes.set(xscale="log", xlabel="compute, FLOP; dotted: the largest run", ylabel="loss, nats per token")
    seen = [*runs.loss, *told.estimate, *(end for ends in known for end in ends)]
    if len(told.missing) < len(PARTS):
        seen.append(max(float(told.lower[-1]), _LOWEST * float(told.estimate[-1])))
    axes.set(ylim=_room(np.array(seen, float)))
    runs_told = f"Full: runs within {_NEAR:g} times that D/N; hollow: at others"
    title = f"Predicted loss of one run at D/N = {ratio:.3g}, {100 * confidence:g} % intervals. {runs_told}"
    tidy(axes, wrapped(title, 62))
    label_ends(axes, names)


def _runs(axes: Axes, runs: FittedRuns, ratio: float) -> None:
    """The runs: full near the D/N of the line, hollow at others, whose losses lie above it by what the law says."""
    near = np.abs(np.log(runs.n_tokens / runs.n_params / ratio)) <= np.log(_NEAR)
    size = np.sqrt(_area(len(runs.loss)))
    for chosen, face in ((near, "0.4"), (~near, "none")):
        if chosen.any():
            axes.plot(runs.compute[chosen], runs.loss[chosen], "o", ms=size, mfc=face, mec="0.4", mew=0.7, alpha=0.7)


def _shade(axes: Axes, compute: Floats, told: Prediction) -> list[End]:
    """The intervals of sampling, of noise too, and of lack of fit too, each inside the next; where each ends."""
    ends = []
    known = [name for name in PARTS if name not in told.missing]
    for last in range(len(known), 0, -1):
        lower, upper = told.interval(parts=known[:last])
        shade = _SHADES[PARTS.index(known[last - 1])]
        axes.fill_between(compute, lower, upper, color=shade, lw=0)
        name = f"{'and ' if last > 1 else ''}{_WORDS[known[last - 1]]}"
        ends.append(End(float(compute[-1]), float(upper[-1]), name, GREY))
    return ends


def _residuals(axes: Axes, fit: LossLawFit, size: Floats, title: str) -> None:
    """Measured over fitted losses in percent."""
    if fit.law.residual_deviation:
        half = 196 * fit.law.residual_deviation
        axes.axhspan(-half, half, color=_SHADES[2], lw=0)
    axes.axhline(0, color="0.3", lw=0.9)
    axes.plot(
        size, 100 * np.expm1(-fit.residuals), "o", ms=np.sqrt(_area(len(size))), color=COLOURS[0], alpha=0.6, mew=0
    )
    axes.set(xlabel=title)
    in_words(axes, "x", size)
    tidy(axes)


def _room(values: Floats) -> tuple[float, float]:
    """Ends of an axis around `values`."""
    low, high = float(np.min(values)), float(np.max(values))
    margin = 0.06 * (high - low) or 0.05 * high
    return max(low - margin, 0.0), high + margin


def _area(n: int) -> float:
    """The area of a point among `n` of them."""
    return float(np.clip(1500 / n, 6, 30))
