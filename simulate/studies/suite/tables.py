"""The tables of a suite that come with ``--explain``, and how a loss is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from bounds.cli.printing import between, fixed, number, signed, written
from bounds.cli.report import Table
from simulate.running.dataset import plan_of
from simulate.studies.suite import rows
from simulate.studies.suite.learning.trajectories import CLASSES
from simulate.studies.suite.rows import matched_rows, position_rows, term_rows, tracked_rows

SHOWN = 6
"""Sizes, and rows, of the tables that would have many."""

CHECKPOINTS, COLUMNS = 8, 5
"""Checkpoints and sizes of the table of losses over the training."""

LOSSES = {
    "loss": "expected loss", "loss_validation": "validation loss", "loss_prequential": "loss on the next batch",
}  # fmt: skip
"""Losses in the order in which one of them is told."""

Row = dict[str, Any]


def course(dataset: xr.Dataset) -> Table:
    """The mean loss of some sizes at some checkpoints."""
    name = loss_of(rows.size_rows(dataset)[0])
    late = np.flatnonzero(dataset.step.values > 0)
    wanted = np.geomspace(dataset.step.values[late[0]], dataset.step.values[-1], CHECKPOINTS)
    chosen = sorted({int(np.abs(np.log(dataset.step.values[late] / step)).argmin()) for step in wanted})
    sizes = some(dataset.sizes["n_params"], COLUMNS)
    values = dataset[name].mean("replicate").values
    table = [
        [str(int(dataset.step[late[t]])), written(int(dataset.n_draws[late[t]])),
         *[number(float(values[late[t], i])) for i in sizes]]
        for t in chosen
    ]  # fmt: skip
    columns = ["step", "sequences", *[f"N = {int(dataset.n_params[i])}" for i in sizes]]
    return Table(columns, table, title=f"The {LOSSES[name]} over the training, mean of the corpora")


def other_losses(found: Sequence[Row]) -> Table:
    """The other losses of each size at the last checkpoint, with theory."""
    columns = {
        "validation [95 %]": "loss_validation", "lower bound": "loss_lower", "true-order store": "loss_frequency_store",
        "z": "z_prequential",
    }  # fmt: skip
    chosen = {title: key for title, key in columns.items() if key in found[0]}
    table = [
        [str(row["n_params"]), *[
            loss_words(row, key) if key == "loss_validation" else
            signed(row[key]) if title == "z" else number(row[key], 4)
            for title, key in chosen.items()
        ]]
        for row in found
    ]  # fmt: skip
    below = "lower bound and true-order store: rigorous." if "loss_lower" in found[0] else ""
    return Table(["N", *chosen], table, title="Other losses at the last checkpoint", below=below)


def stores(found: Sequence[Row]) -> Table:
    """What each store holds at the last checkpoint, and since when."""
    keys = ("capacity", "stored", "entered", "forgotten", "memorised_since_median")
    table = [[str(row["n_params"]), *[number(row[key], 6) for key in keys]] for row in found]
    below = (
        "stored, entered, forgotten: means over the corpora, the last two since the checkpoint before. half since "
        "step: half of the store has been there since."
    )
    columns = ["N", "room n", "stored", "entered", "forgotten", "half since step"]
    return Table(columns, table, title="The stores at the last checkpoint", below=below)


def trajectories(dataset: xr.Dataset) -> list[Table]:
    """How perplexity moves along the training, in the three classes of Xia et al. 2022."""
    found = rows.trajectory_rows(dataset)
    if not found or found[0]["increases"] is None:
        return []
    measured = {row["after_percent"] for row in found if row["increases"] is not None}
    shown = [int(dataset.n_params[i]) for i in some(dataset.sizes["n_params"], 16)]
    about = {
        0: ("", ""),
        10: (", after the first 10 % of the training", (
            "±: 95 % interval over the corpora (Student's). other: in none of the three classes. A sequence that is "
            "never stored, or always, has a constant loss: it stagnates."
        )),
    }  # fmt: skip
    return [
        Table(
            ["N", *CLASSES],
            [
                [str(row["n_params"]), *[_percent(row[name], row[f"{name}_half_width"]) for name in CLASSES]]
                for row in found if row["after_percent"] == percent and row["n_params"] in shown
            ],
            title=f"Trajectories of perplexity as Xia et al. 2022 class them{about[percent][0]}: % of the validation "
            "draws",
            below=about[percent][1],
        )
        for percent in (0, 10) if percent in measured
    ]  # fmt: skip


def tracked(dataset: xr.Dataset) -> list[Table]:
    """What became of the sequences that were tracked, in the model of middle size."""
    middle = dataset.sizes["n_params"] // 2
    n_params, capacity = int(dataset.n_params[middle]), int(dataset.capacity[middle])
    found = [row for row in tracked_rows(dataset) if row["n_params"] == n_params]
    by = "count" if plan_of(dataset)["source"].startswith("corpus:") else "probability"
    where = f"in the model of N = {n_params} (n = {capacity})"
    stored = [
        [str(row["tracked_rank"]), fixed(row["tracked_rank"] / capacity, 2), fixed(row["stored_most"]),
         str(row["stored_most_step"]), fixed(row["stored_at_end"])]
        for row in found
    ]  # fmt: skip
    columns = ["rank", "rank/n", "stored, most", "at step", "stored, end"]
    title = f"Tracked sequences, ranked by {by}, {where}: part of the corpora that store them"
    tables = [Table(columns, stored, title=title)]
    if "tracked_class" in found[0]:
        classes = [
            [str(row["tracked_rank"]), row["tracked_class"], *[fixed(row[f"{name}_share"], 2) for name in CLASSES]]
            for row in found
        ]
        title = f"Classes of their trajectories {where}, and part of the corpora in which they have them"
        tables.append(Table(["rank", "of the mean loss", *CLASSES], classes, title=title))
    return tables


def terms(dataset: xr.Dataset) -> Table:
    """What part of the sequences met so often each size knows."""
    sizes = some(dataset.sizes["n_params"], COLUMNS)
    found = term_rows(dataset)
    table = []
    for count in dict.fromkeys(row["term_count"] for row in found):
        of_count = [row for row in found if row["term_count"] == count]
        top = 2 * count - 1
        cells = [str(count) if top == count else f"{count}–{top}", str(of_count[0]["terms"])]
        cells += [fixed(of_count[i]["term_accuracy"]) for i in sizes]
        table.append([*cells, fixed(of_count[0]["term_accuracy_expected"])])
    chance = plan_of(dataset)["learning_probability"]
    columns = ["exposures", "sequences", *[str(int(dataset.n_params[i])) for i in sizes], "no limit"]
    below = (
        f"no limit [heuristic]: 1 - (1 - {chance:g})^exposures, nothing being forgotten (term_accuracy). All corpora "
        "together; --json has Wilson's 95 % intervals, which take the sequences for independent."
    )
    title = "Term accuracy at the last checkpoint: part of the sequences with so many exposures that a model of N knows"
    return Table(columns, table, title=title, below=below)


def matched(dataset: xr.Dataset) -> Table:
    """What sizes know that have the same loss at different times."""
    batch, found = plan_of(dataset)["batch"], matched_rows(dataset)
    table = []
    for target in dict.fromkeys(row["matched_target"] for row in found):
        of_target = [row for row in found if row["matched_target"] == target]
        for i in some(len(of_target), SHOWN):
            row = of_target[i]
            table.append([
                number(target, 4), str(row["n_params"]), str(row["matched_step"]),
                number(row["matched_step"] * batch, 4), number(row["matched_loss"], 4), str(row["matched_stored"]),
                fixed(row["matched_overlap"]),
            ])  # fmt: skip
    columns = ["loss", "N", "step", "sequences seen", "its loss", "stored", "known alike"]
    below = (
        "known alike: validation draws that both know over those that either does, against the last N of the group. "
        "One corpus: no interval."
    )
    title = "At matched loss (corpus 0): what sizes know that have the same loss at different times"
    return Table(columns, table, left=2, title=title, below=below)


def positions(dataset: xr.Dataset) -> list[Table]:
    """Where in the order of training the stored sequences stand, and how that is tested."""
    found = position_rows(dataset)
    title = "Memorised positions in the order of training against even ones, drawn without replacement"
    if not found:
        return []
    sizes = list(dict.fromkeys(row["n_params"] for row in found))
    shown = [sizes[i] for i in some(len(sizes), SHOWN)]
    tests = [
        [str(row["n_params"]), row["exposure"], f"{number(row['dispersion'])} ({number(row['dispersion_expected'])})",
         _p(row["dispersion_p"]), fixed(row["position_ks"]), _p(row["position_ks_p"]),
         f"{row['rejected']} of {row['tested']}"]
        for row in found if row["n_params"] in shown
    ]  # fmt: skip
    firsts = [next(row for row in found if row["n_params"] == size) for size in shown]
    stores = [
        [str(row["n_params"]), fixed(row["tied_share"]), _distance(row["poisson_distance_bound"])] for row in firsts
    ]
    about = (
        "Medians of the corpora; dispersion: variance over mean of the counts in windows, in brackets that of as many "
        "positions drawn evenly without replacement, 1 less the part of all positions; KS: largest distance from even "
        "positions; rejected: at 0.01, by the smaller p doubled. Draws being independent, any exposure must fit; first "
        "and last must not, unless most are seen once."
    )
    bounds = (
        "tied: part of the store that only its first appearance preferred to others of the same count; where it is "
        "large, inclusion depends on the order, and any exposure is rejected too. Le Cam bound: distance from Poisson "
        "of the number of points in a window, at most (le_cam_bound); where it is small, even positions are nearly a "
        "Poisson process."
    )
    columns = ["N", "exposure", "dispersion", "p", "KS", "p of KS", "rejected"]
    return [
        Table(columns, tests, left=2, title=title, below=about),
        Table(["N", "tied", "Le Cam bound [rigorous]"], stores, title="The stores of these positions", below=bounds),
    ]


def loss_of(row: Row) -> str:
    """The loss that is told: the expected one, or one that was measured where no law gives it."""
    return next(name for name in LOSSES if row.get(name) is not None)


def loss_words(row: Row, name: str) -> str:
    """The loss `name` of a row with its interval."""
    value, half = row[name], row.get(f"{name}_half_width")
    if value is None:
        return "–"
    if half is None:
        return number(value)
    return f"{number(value)} {between(max(value - half, 0.0), value + half, shown=number)}"


def some(n: int, most: int) -> list[int]:
    """At most so many of 0 to n - 1, evenly spread, with both ends."""
    return sorted({int(x + 0.5) for x in np.linspace(0, n - 1, min(n, most))})


def _distance(bound: float | None) -> str:
    """Le Cam's bound; a distance is 1 at most."""
    return "–" if bound is None else "vacuous" if bound >= 1 else number(bound, 2)


def _p(value: float) -> str:
    return number(value, 2) if value >= 1e-9 else "<1e-9"


def _percent(mean: float | None, half: float | None) -> str:
    if mean is None:
        return "–"
    return f"{mean:.1f}" + ("" if half is None else f" ± {half:.1f}")
