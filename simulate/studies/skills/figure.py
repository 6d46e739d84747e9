"""The figure of skills: how they emerge with data and with size, their number, and the map of S(N, D)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from bounds.cli.drawing.labels import End, in_words, label_tops, tidy, without_yellow, wrapped
from bounds.cli.drawing.style import COLOURS, Style, style
from bounds.cli.printing import estimated, written
from bounds.counts.rank_mass import head_mass
from bounds.skills.emergence import emergence_probability
from simulate import stats
from simulate.corpora.order import rank_probability
from simulate.running.dataset import plan_of
from simulate.running.showing.view import View
from simulate.studies.skills.plan import SkillPlan
from simulate.studies.skills.rows import growth, reached_skills, size_rows, skill_rows
from simulate.studies.skills.theory import emergence
from simulate.studies.sweep.report import short

__all__ = ["figure"]

_CURVES = 6
_LETTERS = 82
"""Of a title on the width of a panel."""


def figure(dataset: xr.Dataset, view: View) -> Figure:
    """Chances against D and against n, S(D), and S(N, D) with the line n = U(D)."""
    del view
    drawn = Figure(figsize=(13, 9.5), layout="constrained")
    (data, size), (number, both) = drawn.subplots(2, 2)
    drawn.suptitle(_heading(plan_of(dataset)), fontsize=11, x=0.01, ha="left")
    plan = SkillPlan(**plan_of(dataset))
    _against_data(data, dataset, plan)
    _against_size(size, dataset, plan)
    _numbers(number, dataset)
    _map(drawn, both, dataset)
    return drawn


def _heading(plan: dict[str, Any]) -> str:
    own = f"masses ~ j^-{plan['exponent']:g}"
    what = own if plan["kind"] == "masses" else f"{plan['kind']}: {short(plan['source'])}"
    there = f"each there with {plan['quorum']} of its {plan['members']} members"
    return f"{plan['n_skills']} skills ({what}), {there}"


def _against_data(axes: Axes, dataset: xr.Dataset, plan: SkillPlan) -> None:
    """Some skills: points from the replicates at sizes spread over the transition, lines from formulas."""
    text, tops = "text_draws_threshold" in dataset, []
    for place, j in enumerate(_chosen(dataset)):
        how, times = style(place), dataset.draws_threshold.values[j]
        colour = how.colour
        reached = np.sort(times[np.isfinite(times)])
        if not len(reached):
            continue
        low, high = reached[0] / 2.5, reached[-1] * 2.5
        if len(reached) < len(times):
            high = min(high, float(dataset.n_draws[-1]))
        at = np.geomspace(max(reached[0] / 1.3, 0.5), min(reached[-1] * 1.3, high), 9)
        _points(axes, at, times[None, :] <= at[:, None], how)
        tops.append(End(float(at[-1]), 1.03, _name(dataset, j), colour))
        curve = np.geomspace(low, high, 160)
        if plan.kind == "frequency":
            curve = np.unique(np.maximum(np.round(curve), 1))  # a formula of whole draws
        exact = emergence(plan, _probabilities(dataset, plan, int(j)), curve)
        if exact is not None:
            axes.plot(curve, exact, "-", lw=1.2, color=colour)
        if text and np.isfinite(own := float(dataset.text_draws_threshold[j])):
            axes.axvline(own, color=colour, ls="--", lw=1)
    axes.set(xlabel="corpus size D (draws)", ylabel="chance that the skill is there", ylim=(-0.03, 1.03))
    in_words(axes, "x", dataset.n_draws.values)
    points = "random orders" if text else f"{dataset.sizes['replicate']} corpora"
    label = skill_rows(dataset, 1)[0]["label"]
    extra = " Dashed: the text." if text else ""
    _named(axes, tops, f"With data. Points: {points}, 95 %. Lines: formula ({label}).{extra}")


def _against_size(axes: Axes, dataset: xr.Dataset, plan: SkillPlan) -> None:
    """The same skills against the size of the store at the largest corpus; steps by rank, or the formula of D2."""
    prefix = "text_" if "text_skills" in dataset else ""
    seen = f"{prefix}stored_threshold_seen" in dataset
    drawn_anew = plan.kind == "frequency"
    name, tops = "stored_threshold_rank" if drawn_anew else f"{prefix}stored_threshold_seen", []
    for place, j in enumerate(_chosen(dataset)):
        how, formula = style(place), float(dataset.stored_threshold_formula[j])
        colour, where = how.colour, np.nan if drawn_anew else formula
        if drawn_anew or (seen and not prefix):
            values = dataset[name].values[j]
            finite = values[np.isfinite(values)]
            if len(finite):
                at = np.unique(np.round(np.geomspace(max(finite.min() * 0.8, 1), finite.max() * 1.25, 9)))
                _points(axes, at, values[None, :] <= at[:, None], how)
                where = float(at[-1])
        elif seen and np.isfinite(own := float(dataset[name][j])):
            axes.plot([own, own], [0, 1], "-", color=colour, lw=2)
            where = own
        if not drawn_anew:
            axes.plot([formula, formula], [0, 1], "--", color=colour, lw=1)
        if np.isfinite(where):
            tops.append(End(where, 1.03, _name(dataset, j), colour))
    if drawn_anew:
        assert plan.law is not None
        n = np.unique(np.round(np.geomspace(1, max(float(dataset.n_stored[-1]), 10), 300)))
        chances = emergence_probability(head_mass(plan.law, n), members=plan.members, quorum=plan.quorum)
        axes.step(n, chances, where="post", color="black", lw=1.2)
    axes.set(xlabel="store n (sequences)", ylabel="chance that the skill is there", ylim=(-0.03, 1.03))
    in_words(axes, "x", dataset.n_stored.values)
    _named(axes, tops, _size_title(drawn_anew, seen, bool(prefix), float(dataset.n_draws[-1])))


def _size_title(drawn_anew: bool, seen: bool, text: bool, n_draws: float) -> str:
    if drawn_anew:
        return "With size, store by rank. Points: members drawn anew, 95 %. Line: formula (rigorous)."
    if text:
        return f"With size. Solid: most frequent seen at D = {written(n_draws)}. Dashed: by rank (rigorous)."
    if seen:
        return f"With size. Points: most frequent seen at D = {written(n_draws)}, 95 %. Dashed: by rank (rigorous)."
    return "With size, store by rank (every corpus alike)."


def _numbers(axes: Axes, dataset: xr.Dataset) -> None:
    n_draws, found = dataset.n_draws.values.astype(float), stats.mean(dataset.skills.values)
    text = "text_skills" in dataset
    errors = np.nan_to_num([found.value - found.lower, found.upper - found.value])
    axes.errorbar(n_draws, found.value, np.maximum(errors, 0), fmt="o", ms=4, color=COLOURS[0])
    said = [f"Points: mean of {'random orders' if text else 'the corpora'}, 95 %."]
    if "skills_formula" in dataset:
        label = size_rows(dataset)[0]["label"]
        axes.plot(n_draws, dataset.skills_formula, "-", lw=1.2, color="black")
        said.append(f"Line: formula ({label}).")
    if text:
        axes.plot(n_draws, dataset.text_skills, "s", ms=5, mfc="none", color=COLOURS[1])
        said.append("Squares: the text as it stands.")
    fitted = growth(dataset)
    if fitted is not None:
        reach = n_draws[(n_draws >= fitted.first) & (n_draws <= fitted.last)]
        middle = len(reach) // 2
        centre = float(found.value[n_draws == reach[middle]][0]) + 0.5
        curve = centre * (reach / reach[middle]) ** fitted.exponent - 0.5
        axes.plot(reach, curve, "--", lw=2.5, alpha=0.6, color=COLOURS[1])
        said.append(f"Dashed: fit, S + 1/2 ∝ D^{estimated(fitted.exponent, fitted.lower, fitted.upper, 3)}.")
    axes.set(xlabel="corpus size D (draws)", ylabel="skills S(D)")
    in_words(axes, "x", n_draws)
    shown = np.append(found.value, dataset.text_skills.values if text else [])
    if shown.max() > 30:
        in_words(axes, "y", (1, shown.max()))
        axes.set_ylim(0.7, 1.5 * shown.max())
    tidy(axes, wrapped(f"Number of skills, unlimited store. {' '.join(said)}", _LETTERS))


def _map(figure: Figure, axes: Axes, dataset: xr.Dataset) -> None:
    """S(N, D) as a heat map, in a store of what was seen where that was measured, with n = U(D)."""
    prefix = "text_" if "text_skills" in dataset else ""
    seen = f"{prefix}skills_by_seen" in dataset
    found = dataset[f"{prefix}skills_by_{'seen' if seen else 'rank'}"]
    found = found if prefix else found.mean("replicate")
    values = found.transpose("n_stored", "n_draws").values.astype(float)
    n_draws, n_stored = (_edges(dataset[name].values.astype(float)) for name in ("n_draws", "n_stored"))
    most = float(values.max())
    scale: dict[str, Any] = {"norm": LogNorm(1.0, most)} if most > 30 else {"vmin": 0.0, "vmax": max(most, 1.0)}
    drawn = axes.pcolormesh(n_draws, n_stored, np.where(values > 0, values, np.nan), cmap=without_yellow(), **scale)
    bar = figure.colorbar(drawn, ax=axes, label="skills S(N, D)" + (", mean" if not prefix else ""))
    if most > 30:
        in_words(bar.ax, "y", (1.0, most))
    axes.set_facecolor("0.93")
    measured = f"{prefix}n_unique" in dataset
    unique = dataset[f"{prefix}n_unique"] if measured else dataset.n_unique_formula
    unique = unique.mean("replicate") if "replicate" in unique.dims else unique
    axes.plot(dataset.n_draws, unique, "-", lw=3.5, color="black")
    axes.plot(dataset.n_draws, unique, "-", lw=2, color="white")
    axes.set(xlabel="corpus size D (draws)", ylabel="store n (sequences)")
    in_words(axes, "x", n_draws)
    in_words(axes, "y", n_stored)
    axes.set(ylim=(n_stored[0], n_stored[-1]), xlim=(n_draws[0], n_draws[-1]))
    store = "most frequent seen (flat above U)" if seen else "most probable by rank"
    line = "n = U(D)" if measured else "n = E U(D) (rigorous)"
    tidy(axes, wrapped(f"Number of skills in a store of the {store}. White line: {line}. Grey: none.", _LETTERS))
    axes.grid(visible=False)


def _probabilities(dataset: xr.Dataset, plan: SkillPlan, j: int) -> np.ndarray:
    """Probabilities of the members of the skill with this index, as `emergence` wants them."""
    if plan.kind == "frequency":
        return np.empty(0)
    if plan.kind == "masses":
        return np.array([float(dataset.mass[j]) / plan.members])
    if "member_probability" in dataset:
        return dataset.member_probability.values[j]
    assert plan.law is not None
    return rank_probability(plan.law, float(dataset.first_rank[j]) + np.arange(plan.members))


def _points(axes: Axes, at: np.ndarray, there: np.ndarray, how: Style) -> None:
    found = stats.share(there.sum(axis=-1), there.shape[-1])
    errors = np.maximum([found.value - found.lower, found.upper - found.value], 0)
    axes.errorbar(at, found.value, errors, fmt=how.marker, ms=3.5, lw=1, color=how.colour)


def _chosen(dataset: xr.Dataset) -> np.ndarray:
    if plan_of(dataset)["kind"] == "frequency":
        return np.arange(1)  # all have one law
    return reached_skills(dataset, _CURVES, beyond=0)


def _name(dataset: xr.Dataset, j: int) -> str:
    plan = plan_of(dataset)
    if plan["kind"] == "windows":
        start = int(dataset.first_rank[j])
        return f"ranks {start}\nto {start + plan['members'] - 1}"
    return f"skill {j + 1}" if plan["kind"] == "masses" else "a skill drawn by frequency"


def _edges(values: np.ndarray) -> np.ndarray:
    """Edges of cells around log-spaced values."""
    logs = np.log(values)
    if len(logs) == 1:
        return np.exp([logs[0] - 0.5, logs[0] + 0.5])
    middle = (logs[1:] + logs[:-1]) / 2
    return np.exp(np.concatenate([[2 * logs[0] - middle[0]], middle, [2 * logs[-1] - middle[-1]]]))


def _named(axes: Axes, tops: Sequence[End], title: str) -> None:
    """The names of skills above their curves, and the title above the names."""
    tidy(axes)
    label_tops(axes, tops)
    two = any("\n" in top.text for top in tops)
    axes.set_title(wrapped(title, _LETTERS), fontsize=9.5, loc="left", pad=36 if two else 26)
