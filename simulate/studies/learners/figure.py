"""The figure of a sweep of learners: excess losses against D with theory, and the points (γ, β) with the band."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bounds.cli.drawing.style import COLOURS
from bounds.efficiency.band import bernstein_exponent
from bounds.laws.published import LossLaw, get_law
from simulate.running.showing.view import View
from simulate.studies.learners.report import DEFAULT_LAWS
from simulate.studies.learners.rows import pairs, rows
from simulate.studies.sweep.report import short

_MARKERS = "osD^vPX"


def figure(dataset: xr.Dataset, view: View) -> Figure:
    """Losses above, one colour and marker a pair of source and learner; below the plane of γ and β."""
    drawn = Figure(figsize=(8.5, 11), layout="constrained")
    losses, plane = drawn.subplots(2, 1, height_ratios=(1, 1.1))
    for i, (source, learner) in enumerate(pairs(dataset)):
        _one_loss(losses, dataset.sel(source=source, learner=learner), *_style(i), size=max(8 * 0.75**i, 3.0))
    losses.set(xscale="log", xlabel="corpus size D (draws)", ylabel="excess loss (unit in the legend)")
    least, most = _reach(losses)
    if most > 0:
        losses.set(yscale="log", ylim=(least / 2, 2 * most))
    texts = [source.startswith("corpus:") for source, _ in pairs(dataset)]
    points = "on the next windows" if all(texts) else "given the corpora (of a text: on its next windows)"
    points = points if any(texts) else "given the corpora"
    losses.set_title(f"Points: mean loss {points}. Lines: theory (dotted: a lower bound).", fontsize=10, loc="right")
    longest = max(len(label) for label in losses.get_legend_handles_labels()[1])
    ncols = 2 if longest < 60 else 1
    losses.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=ncols, frameon=False)
    losses.grid(alpha=0.3)
    _plane(plane, dataset, view.laws or DEFAULT_LAWS)
    return drawn


def _reach(losses: Axes) -> tuple[float, float]:
    """The smallest and the largest of the measured losses above 0; theory may fall far below them."""
    measured = np.concatenate(
        [np.asarray(line.get_ydata(), float) for line in losses.lines if line.get_marker() in _MARKERS]
    )
    positive = measured[measured > 0]
    return (float(positive.min()), float(positive.max())) if len(positive) else (0.0, 0.0)


def _style(i: int) -> tuple[str, str]:
    return COLOURS[i % len(COLOURS)], _MARKERS[i % len(_MARKERS)]


def _one_loss(axes: Axes, one: xr.Dataset, colour: str, marker: str, size: float) -> None:
    """Later ones are smaller, so that those with the same losses are all seen."""
    n_draws, name = one.n_draws.values.astype(float), f"{one.learner.item()}, {short(str(one.source.item()))}"
    values = one.excess_loss.transpose("n_draws", "replicate").values
    if not np.isfinite(values).any():
        values = one.excess_loss_tested.transpose("n_draws", "replicate").values
    drawn = np.isfinite(values).any(axis=1)
    mean = np.nanmean(values[drawn], axis=1)
    theory = f"; {label}" if (label := str(one.expected_label.item())) else ""
    axes.plot(n_draws[drawn], mean, marker, ms=size, color=colour, label=f"{name} ({one.loss_unit.item()}{theory})")
    style = ":" if one.expected_relation.item() == ">=" else "-"
    axes.plot(n_draws, one.excess_loss_expected, style, lw=1, color=colour)


def _plane(axes: Axes, dataset: xr.Dataset, laws: Sequence[str | LossLaw]) -> None:
    beta = np.linspace(0.005, 0.995, 199)
    lower, upper = (np.maximum(bernstein_exponent(beta, b), 0) for b in (0, 1))
    axes.fill_between(beta, lower, upper, color="0.5", alpha=0.2, lw=0)
    axes.plot(beta, upper, "-", color="0.4", lw=1, label="γ = 1 - β, heuristic")
    axes.plot(beta, lower, "--", color="0.4", lw=1, label="γ = 1 - 2β, heuristic")
    for law in map(get_law, laws):
        axes.axvline(law.data_exponent, color="0.6", lw=0.8, ls=":")
        axes.text(law.data_exponent, 0.99, f" {law.key}", rotation=90, va="top", fontsize=8, color="0.4")
    for i, row in enumerate(rows(dataset)):
        if row["loss_exponent"] is None or row["exponent"] is None:
            continue
        colour, marker = _style(i)
        name = f"{row['learner']}, {short(row['source'])}"
        axes.plot(row["loss_exponent"], row["exponent"], marker, ms=6, color=colour, label=name)
        for ends, line in (("loss_exponent", "exponent"), ("exponent", "loss_exponent")):
            pair = [row[f"{ends}_lower"], row[f"{ends}_upper"]]
            if None not in pair:
                other = [row[line]] * 2
                axes.plot(*((pair, other) if ends == "loss_exponent" else (other, pair)), "-", lw=1.5, color=colour)
    steepest = max((row["loss_exponent"] or 0.0 for row in rows(dataset)), default=0.0)
    axes.set(xlabel="β of the excess loss, D^-β", ylabel="γ of distinct sequences, D^γ")
    axes.set(xlim=(0, max(0.7, 1.05 * steepest)), ylim=(-0.02, 1))  # a γ of 0 is seen whole
    axes.set_title("Measured points with 95 % intervals. Grey: the band of learning rates.", fontsize=10, loc="right")
    axes.legend(fontsize=8, loc="lower left")
    axes.grid(alpha=0.3)
