"""The figure of a plan: loss against size along the budget, by each law, with the sizes that are nearly as good."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bounds.cli.drawing.labels import End, in_words, label_ends, shorten, tidy
from bounds.cli.drawing.style import COLOURS
from bounds.cli.printing import estimated, number, written
from bounds.laws.law_file import law_called
from bounds.planning.plans import LawPlan, Plan
from bounds.planning.spending import Spending

_REACH = 12.0
"""How many times the best sizes are drawn below and above."""
_STYLES = ("-", "--", "-.", ":")


def draw(plan: Plan) -> Figure:
    """A curve a law, each named at its end; ValueError where no law is near enough to its runs to be drawn."""
    pairs = [(row, how) for row, how in zip(plan.rows, plan.spendings, strict=True) if not row.is_far]
    if not pairs:
        raise ValueError("every law of this plan is too far from its runs to be drawn")
    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.subplots()
    sizes = [row.n_params for row, _ in pairs]
    N = np.geomspace(min(sizes) / _REACH, max(sizes) * _REACH, 400)
    curves = [how.along(row.compute_flops, N) for row, how in pairs]
    for i, ((row, how), curve) in enumerate(zip(pairs, curves, strict=True)):
        colour = COLOURS[i % len(COLOURS)]
        axes.plot(N, curve, _STYLES[i % len(_STYLES)], lw=1.5, color=colour)
        _flat(axes, row, how, colour)
    if plan.agreed is not None and len(pairs) > 1:
        axes.axvspan(*plan.agreed, color="0.5", alpha=0.18, lw=0)
        text = f"{written(plan.agreed[0])} to {written(plan.agreed[1])}:\nnearly as good by each law"
        place = (np.sqrt(plan.agreed[0] * plan.agreed[1]), 0.98)
        axes.annotate(text, place, xycoords=("data", "axes fraction"), ha="center", va="top", fontsize=8)
    least, most = min(curve.min() for curve in curves), max(float(curve[[0, -1]].max()) for curve in curves)
    room = 0.08 * (most - least)
    axes.set(ylim=(least - room, most + room), xlim=(N[0], N[-1]), ylabel="loss by the law, nats per token")
    axes.set_xlabel("parameters N; tokens are what the budget leaves")
    in_words(axes, "x", N)
    label_ends(axes, [
        End(float(N[-1]), float(curve[-1]), _named(row), COLOURS[i % len(COLOURS)])
        for i, ((row, _), curve) in enumerate(zip(pairs, curves, strict=True))
    ])  # fmt: skip
    flat = f"; thick: at most {100 * plan.tolerance:g} % more loss" if plan.tokens_per_param is None else ""
    dot = "the size trained" if plan.tokens_per_param else "least loss"
    tidy(axes, f"{_budget(plan)}. Curves: each law (empirical). Dot: {dot}{flat}")
    return figure


def _flat(axes: Axes, row: LawPlan, how: Spending, colour: str) -> None:
    """The size of the plan as a dot, and the sizes that are nearly as good as the thick part of the curve."""
    if row.n_params_lower is not None and row.n_params_upper is not None:
        near = np.geomspace(row.n_params_lower, row.n_params_upper, 60)
        axes.plot(near, how.along(row.compute_flops, near), "-", lw=7, alpha=0.35, color=colour, solid_capstyle="butt")
    axes.plot(row.n_params, row.loss, "o", ms=7, color=colour, mec="white")


def _named(row: LawPlan) -> str:
    """The law with what it makes of the budget, on two lines."""
    loss = estimated(row.loss, row.loss_lower, row.loss_upper, 2) if row.loss_lower is not None else f"{row.loss:.3g}"
    return f"{shorten(law_called(row.law), 26)}\n{written(row.n_params)} on {written(row.n_tokens)}, loss {loss}"


def _budget(plan: Plan) -> str:
    if plan.compute_flops is None:
        return f"At the FLOP that reach a loss of {number(plan.target_loss, 4)}"
    return f"{number(plan.compute_flops)} FLOP" + (
        "" if plan.n_tokens is None else f", {written(plan.n_tokens)} tokens"
    )
