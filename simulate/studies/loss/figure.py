"""The figure of learners of a text: L(D) of both with intervals, and what each doubling took off below."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bounds.cli.drawing.labels import End, in_words, label_ends, shorten, tidy, wrapped
from bounds.cli.drawing.style import COLOURS, Style, style
from simulate.running.showing.view import View
from simulate.studies.loss.report import NAMES, about
from simulate.text.cutting.units import noun


def figure(dataset: xr.Dataset, view: View) -> Figure:
    """Losses above gains on one axis of D; the law dashed where it is identified."""
    del view
    told = about(dataset)
    unit = noun(told["unit"], 1)
    drawn = Figure(figsize=(8.5, 7), layout="constrained")
    above, below = drawn.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    ends = []
    for i, learner in enumerate(dataset.learner.values.tolist()):
        one = dataset.isel(learner=i)
        ends.append(_points(above, one, "held_out_loss", style(i), NAMES[learner], shift=1.02 ** (2 * i - 1)))
        _points(below, one.isel(n_train=slice(-1)), "gain", style(i), "", shift=1.02 ** (2 * i - 1))
        if int(one.identified):
            _law(above, below, one, COLOURS[i])
    above.set(ylabel=f"L(D), nats per {unit}")
    below.set(xlabel=f"{noun(told['unit'])} taught, D", ylabel=f"L(D) - L(2D), nats per {unit}")
    in_words(below, "x", dataset.n_train.values)
    below.set_ylim(bottom=min(0.0, below.get_ylim()[0]))
    held = "documents" if told["how"] == "documents" else "blocks"
    title = f"{shorten(told['corpus'])}: loss on {told['n_tested']} {held} held out, with 95 % intervals."
    if bool(dataset.identified.any()):
        title += " Dashed: E + B D^-β, fitted where the gains shrink (empirical)."
    tidy(above, wrapped(title, 85))
    tidy(below, "What the next doubling takes off")
    label_ends(above, ends)
    return drawn


def _points(axes: Axes, one: xr.Dataset, name: str, how: Style, label: str, shift: float) -> End:
    """What was measured with its intervals, a little beside the other learner's; where it ends."""
    value = one[name].values
    ends = np.stack([value - one[f"{name}_lower"].values, one[f"{name}_upper"].values - value])
    at = one.n_train.values * shift
    axes.errorbar(at, value, ends, fmt=f"{how.marker}-", ms=4, lw=1, capsize=2, color=how.colour)
    return End(float(at[-1]), float(value[-1]), label, how.colour) if len(at) else End(1.0, 1.0, label, how.colour)


def _law(above: Axes, below: Axes, one: xr.Dataset, colour: str) -> None:
    beta, scale, floor = (float(one[name]) for name in ("loss_exponent", "loss_scale", "irreducible_loss"))
    n = np.geomspace(float(one.law_from_units), float(one.n_train[-1]), 50)
    above.plot(n, floor + scale * n**-beta, "--", lw=1.2, color=colour)
    below.plot(n[n <= n[-1] / 2], scale * (1 - 2**-beta) * n[n <= n[-1] / 2] ** -beta, "--", lw=1.2, color=colour)
