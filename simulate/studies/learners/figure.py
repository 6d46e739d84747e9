"""The figure of a sweep of learners: excess losses against D with theory, and the points (γ, β) with the band."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bounds.cli.drawing.labels import End, in_words, label_ends, shorten, tidy
from bounds.cli.drawing.style import COLOURS
from bounds.efficiency.band import bernstein_exponent
from bounds.laws.published import LossLaw, get_law
from simulate.running.showing.view import View
from simulate.studies.learners.report import DEFAULT_LAWS
from simulate.studies.learners.rows import pairs, rows
from simulate.studies.sweep.report import short

_MARKERS = "osD^vPX"
Style = tuple[str, str]
"""Colour and marker of a pair."""


def figure(dataset: xr.Dataset, view: View) -> Figure:
    """Losses above, a panel for each unit and a colour and marker for each pair; below the plane of γ and β."""
    styles = {pair: _style(i) for i, pair in enumerate(pairs(dataset))}
    units = dict.fromkeys(_unit(dataset, *pair) for pair in styles)
    drawn = Figure(figsize=(9, 3.6 * len(units) + 5), layout="constrained")
    panels = drawn.subplots(len(units) + 1, 1, height_ratios=(*(3.6 for _ in units), 5))
    for axes, unit in zip(panels, units, strict=False):
        _losses(axes, dataset, unit, {pair: how for pair, how in styles.items() if _unit(dataset, *pair) == unit})
    _plane(panels[-1], dataset, view.laws or DEFAULT_LAWS, styles)
    return drawn


def _unit(dataset: xr.Dataset, source: str, learner: str) -> str:
    return str(dataset.sel(source=source, learner=learner).loss_unit.item())


def _losses(axes: Axes, dataset: xr.Dataset, unit: str, styles: dict[tuple[str, str], Style]) -> None:
    """The losses of one unit: points, theory and names."""
    ends = [
        _one_loss(axes, dataset.sel(source=source, learner=learner), how, size=max(7 * 0.8**i, 3.0))
        for i, ((source, learner), how) in enumerate(styles.items())
    ]
    least, most = _reach(axes)
    if most > 0:
        in_words(axes, "y", (least, most))
        axes.set_ylim(least / 2, 2 * most)
    axes.set(xlabel="corpus size D (draws)", ylabel=f"excess loss ({unit})")
    in_words(axes, "x", dataset.n_draws.values.astype(float))
    texts = [source.startswith("corpus:") for source, _ in styles]
    points = "on the next windows" if all(texts) else "given the corpora (of a text: on its next windows)"
    points = points if any(texts) else "given the corpora"
    tidy(axes, f"Points: mean loss {points}. Lines: theory (dotted: a lower bound)")
    label_ends(axes, ends)


def _reach(losses: Axes) -> tuple[float, float]:
    """The smallest and the largest of the measured losses above 0; theory may fall far below them."""
    measured = np.concatenate(
        [np.asarray(line.get_ydata(), float) for line in losses.lines if line.get_marker() in _MARKERS]
    )
    positive = measured[measured > 0]
    return (float(positive.min()), float(positive.max())) if len(positive) else (0.0, 0.0)


def _style(i: int) -> Style:
    return COLOURS[i % len(COLOURS)], _MARKERS[i % len(_MARKERS)]


def _name(source: str, learner: str) -> str:
    return f"{shorten(learner, 26)} on\n{shorten(short(source), 30)}"


def _one_loss(axes: Axes, one: xr.Dataset, how: Style, size: float) -> End:
    """Draw one pair; where it ends. Later ones are smaller, so that those with the same losses are all seen."""
    n_draws, (colour, marker) = one.n_draws.values.astype(float), how
    values = one.excess_loss.transpose("n_draws", "replicate").values
    if not np.isfinite(values).any():
        values = one.excess_loss_tested.transpose("n_draws", "replicate").values
    drawn = np.isfinite(values).any(axis=1)
    mean = np.nanmean(values[drawn], axis=1)
    axes.plot(n_draws[drawn], mean, marker, ms=size, color=colour)
    style = ":" if one.expected_relation.item() == ">=" else "-"
    axes.plot(n_draws, one.excess_loss_expected, style, lw=1, color=colour)
    theory = f" ({label})" if (label := str(one.expected_label.item())) else ""
    last = float(mean[-1]) if len(mean) else 0.0
    return End(float(n_draws[-1]), last, _name(str(one.source.item()), str(one.learner.item())) + theory, colour)


def _plane(
    axes: Axes, dataset: xr.Dataset, laws: Sequence[str | LossLaw], styles: dict[tuple[str, str], Style]
) -> None:
    """The band of learning rates with the name of each of its edges, and the measured points with theirs."""
    beta = np.linspace(0.005, 0.995, 199)
    lower, upper = (np.maximum(bernstein_exponent(beta, b), 0) for b in (0, 1))
    axes.fill_between(beta, lower, upper, color="0.5", alpha=0.2, lw=0)
    axes.plot(beta, upper, "-", color="0.4", lw=1)
    axes.plot(beta, lower, "--", color="0.4", lw=1)
    along: dict[str, Any] = {
        "rotation_mode": "anchor", "transform_rotates_text": True, "fontsize": 8, "color": "0.25",
    }  # fmt: skip
    axes.text(0.045, 0.965, "γ = 1 - β (heuristic)", rotation=-45, va="bottom", **along)
    axes.text(0.06, 0.86, "γ = 1 - 2β (heuristic)", rotation=np.degrees(np.arctan(-2)), va="top", **along)
    for law in map(get_law, laws):
        axes.axvline(law.data_exponent, color="0.6", lw=0.8, ls=":")
        text = f" {shorten(law.key, 22)}"
        axes.text(law.data_exponent, 0.99, text, rotation=90, va="top", fontsize=8, color="0.35")
    ends = []
    for row in rows(dataset):
        if row["loss_exponent"] is None or row["exponent"] is None:
            continue
        colour, marker = styles[row["source"], row["learner"]]
        axes.plot(row["loss_exponent"], row["exponent"], marker, ms=6, color=colour)
        ends.append(End(row["loss_exponent"], row["exponent"], _name(row["source"], row["learner"]), colour))
        for at, line in (("loss_exponent", "exponent"), ("exponent", "loss_exponent")):
            pair = [row[f"{at}_lower"], row[f"{at}_upper"]]
            if None not in pair:
                other = [row[line]] * 2
                axes.plot(*((pair, other) if at == "loss_exponent" else (other, pair)), "-", lw=1.5, color=colour)
    steepest = max((row["loss_exponent"] or 0.0 for row in rows(dataset)), default=0.0)
    axes.set(xlabel="β of the excess loss, D^-β", ylabel="γ of distinct sequences, D^γ")
    axes.set(xlim=(0, max(0.7, 1.05 * steepest)), ylim=(-0.02, 1))  # a γ of 0 is seen whole
    tidy(axes, "Measured points with 95 % intervals. Grey: the band of learning rates")
    label_ends(axes, ends)
