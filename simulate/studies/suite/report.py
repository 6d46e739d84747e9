"""A trained suite as a reader sees it: the sentence that answers, tables, and what must be said."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from scipy.special import bdtrc

from bounds.base.notes import FITTED, INPUT, METHOD, Note
from bounds.cli.printing import between, fixed, number, signed, written
from bounds.cli.report import Report, Table
from simulate.running.dataset import made_by, plan_of
from simulate.running.showing.view import View
from simulate.stats import Z_LIMIT, share
from simulate.studies.suite import rows
from simulate.studies.suite.learning.trajectories import CLASSES
from simulate.studies.suite.rows import known_from, matched_rows, position_rows, term_rows, tracked_rows
from simulate.studies.sweep.report import short

FORMULAS = ("capacity_loss", "capacity_loss_bounds", "term_accuracy", "le_cam_bound")

SHOWN = 6
"""Sizes, and rows, of the tables that would have many."""

CHECKPOINTS, COLUMNS = 8, 5
"""Checkpoints and sizes of the table of losses over the training."""

NO_DOUBLE_DESCENT = Note(
    METHOD,
    "no double descent in N in this class of models: stores are nested, so that loss never rises with N (rigorous)",
)
RIPPLE = (
    "Over training, the mean loss of a sequence just beyond the edge of a store can fall, rise and fall again by a "
    "hundredth of the novelty cost, as the count at the edge passes 1, 2 and 3 (empirical: s = 1.5, n = 100): a ripple "
    "of whole counts, not the double descent of published models."
)

Row = dict[str, Any]


def report(dataset: xr.Dataset, view: View) -> Report:
    """What `dataset` says; with ``view.curves`` JSON also has each checkpoint."""
    sizes = rows.size_rows(dataset)
    data: dict[str, Any] = {"rows": sizes, **rows.details(dataset)}
    if view.curves:
        data["curves"] = rows.curve_rows(dataset)
    labels = {name: values.attrs["label"] for name, values in dataset.data_vars.items() if "label" in values.attrs}
    details = [
        _losses(sizes), _stores(sizes), *_trajectories(dataset), *_tracked(dataset), _terms(dataset), _matched(dataset),
        *_positions(dataset),
    ]  # fmt: skip
    return Report(
        answer=answer(dataset),
        tables=[_sizes(dataset, sizes), _course(dataset)],
        notes=notes(dataset),
        details=details,
        method=[text for text in (position_words(dataset), *_method(dataset)) if text],
        formulas=FORMULAS,
        data=data | {"bands": [], "labels": labels},
    )


def answer(dataset: xr.Dataset) -> str:
    """How loss falls with N after all of the training, how often what is known was met, and what is forgotten."""
    found = rows.size_rows(dataset)
    name = _loss_of(found[0])
    least, most = found[-1], found[0]
    seen = f"After {written(least['n_draws'])} sequences the {_LOSSES[name]}"
    if len(found) == 1:
        parts = [f"{seen} is {_loss(least, name)} nats at N = {least['n_params']}"]
    else:
        parts = [
            f"{seen} falls from {_loss(most, name)} nats at N = {most['n_params']} to {_loss(least, name)} at N = "
            f"{least['n_params']}"
        ]
    room = dataset.capacity.values > dataset.stored.values[:, -1].max(axis=0)
    if room.any():
        parts.append(
            f"from N = {int(dataset.n_params[int(room.argmax())])} on all {written(least['stored'])} sequences that "
            "were learned have room, and N changes nothing"
        )
    return " ".join(["; ".join(parts) + ".", *_memory_words(dataset, found)])


_LOSSES = {
    "loss": "expected loss", "loss_validation": "validation loss", "loss_prequential": "loss on the next batch",
}  # fmt: skip


def _loss_of(row: Row) -> str:
    """The loss that is told: the expected one, or one that was measured where no law gives it."""
    return next(name for name in _LOSSES if row.get(name) is not None)


def _loss(row: Row, name: str) -> str:
    value, half = row[name], row.get(f"{name}_half_width")
    if value is None:
        return "–"
    if half is None:
        return number(value)
    return f"{number(value)} {between(max(value - half, 0.0), value + half, shown=number)}"


def _memory_words(dataset: xr.Dataset, found: Sequence[Row]) -> list[str]:
    """From how many exposures on the sizes at both ends know a sequence, and what the one in the middle forgets."""
    known = [(row["n_params"], count) for row, count in zip(found, known_from(dataset), strict=True) if count]
    parts = []
    if known:
        n_params, count = known[0]
        parts.append(f"N = {n_params} knows most sequences from {_exposures(count)} on")
    if len(known) > 1:
        n_params, count = known[-1]
        parts[0] += f", N = {n_params} from {_exposures(count)} on"
    middle = found[len(found) // 2]
    if dataset.sizes["step"] > 1 and middle["forgotten"] > 0:
        last = int(dataset.step[-1] - dataset.step[-2])
        forgets = f"N = {middle['n_params']} forgets {number(middle['forgotten'])} of its {written(middle['stored'])}"
        parts.append(f"{forgets} in the last {last} batches")
    return [f"{'; '.join(parts)}."] if parts else []


def _exposures(count: int) -> str:
    return "one exposure" if count == 1 else f"{count} exposures"


def notes(dataset: xr.Dataset) -> list[Note]:
    """What a reader must be told beside the numbers."""
    told = [Note(INPUT, text) for text in made_by(dataset)["notes"]]
    for row in rows.size_rows(dataset):
        if abs(row.get("z_prequential") or 0.0) > Z_LIMIT:
            told.append(Note(FITTED, (
                f"N = {row['n_params']}: the loss of the next batches is {row['z_prequential']:+.1f} standard errors "
                "from the expected one."
            )))  # fmt: skip
    return [*told, NO_DOUBLE_DESCENT]


def position_words(dataset: xr.Dataset) -> str:
    """What the tests of positions come to, in the stores that ties do not decide; empty where there are none."""
    decided = [row for row in position_rows(dataset) if _order_free(row)]
    dense = [row for row in decided if row["poisson_distance_bound"] >= 1]
    sparse = [row for row in decided if row not in dense]
    where = "In stores where ties decide less than 1 %, the positions of memorised sequences"
    if dense and sparse:
        others = "Where a store holds so much of the corpus that Le Cam's bound is vacuous, the positions"
    else:
        others = where
    told = _compared(where, "like a Poisson process", sparse) + _compared(others, _EVEN, dense)
    return told.strip()


_EVEN = "like even ones drawn without replacement"


def _compared(where: str, null: str, found: Sequence[Row]) -> str:
    """Whether the positions of the stores of `found` look like what is meant, at any exposure and at the first."""
    if not found:
        return ""
    told = []
    for kind, exposure in (("any", "any one of its exposures"), ("first", "its first one")):
        of_kind = [row for row in found if row["exposure"] == kind]
        rejected, tested = (sum(row[name] for row in of_kind) for name in ("rejected", "tested"))
        verb = "look" if _as_chance_has_it(of_kind) else "do not look"
        told.append(f"{verb} {null} with each at {exposure} (rejected in {rejected} of {tested} tests)")
    return f" {where} {told[0]}, and {told[1]}."


def _order_free(row: Row) -> bool:
    """Whether ties decide so little of a store that a test of its positions cannot show it.

    Less than 1 %, and less than a tenth of what n positions stray by chance, √n.
    """
    tied = row["tied_share"]
    return tied is not None and tied < min(0.01, 0.1 / math.sqrt(max(row["stored"], 1)))


def _as_chance_has_it(found: Sequence[Row]) -> bool:
    """Whether no size has more corpora rejected at 0.01 than chance gives (at 0.01; sizes share their draws)."""
    chances = [float(bdtrc(row["rejected"] - 1, row["tested"], 0.01)) for row in found if row["rejected"]]
    return all(chance > (1 + 1e-9) * 0.01 / len(found) for chance in chances)


def _method(dataset: xr.Dataset) -> list[str]:
    """How the numbers are made, in paragraphs."""
    told = [_about_shares(dataset.sizes["replicate"], dataset.sizes["step"]), RIPPLE]
    if "loss" in dataset:
        told.insert(0, (
            "Intervals of losses are Student's, over the corpora. z: loss of the next batch against the expected loss, "
            "over all checkpoints and corpora, in standard errors; sizes share their draws, so that their z go "
            "together. Lower bound: of any store of n seen sequences, in expectation (capacity_loss_bounds). "
            "True-order store: keeps places for the n most probable sequences, seen or not (capacity_loss); those here "
            "go by counts."
        ))  # fmt: skip
    return told


def _sizes(dataset: xr.Dataset, found: Sequence[Row]) -> Table:
    """A row a size, at the last checkpoint."""
    parameters = plan_of(dataset)
    name, known = _loss_of(found[0]), known_from(dataset)
    bound, per = "loss_lower" in found[0], parameters["params_per_sequence"]
    table = [
        [str(row["n_params"]), str(row["capacity"]) if per != 1 else "", written(row["stored"]), _loss(row, name),
         number(row["loss_lower"]) if bound else "", number(row["forgotten"]),
         "–" if count is None else str(count)]
        for row, count in zip(found, known, strict=True)
    ]  # fmt: skip
    columns = ["N", "room n", "stored", f"{_SHORT[name]} [95 %]", "at least", "forgotten", "known"]
    n, last = dataset.sizes["replicate"], found[0]
    sizes, batches = f"{len(found)} size{'s' * (len(found) > 1)}", f"{last['step']} batch{'es' * (last['step'] > 1)}"
    title = (
        f"{sizes} on {short(parameters['source'])} after {batches} of {parameters['batch']}, "
        f"{written(last['n_unique'])} sequences distinct; {n} {'corpus' if n == 1 else 'corpora'}, seed "
        f"{parameters['seed']}"
    )
    below = (
        f"Loss in nats per sequence: {parameters['irreducible']:g}, and {parameters['novelty_cost']:g} more for one "
        "that is not stored. "
    )
    below += "at least: of any store of n seen sequences [rigorous]. " if bound else ""
    below += "forgotten: since the checkpoint before. known: from so many exposures on, half or more."
    return Table(columns, table, title=title, below=below)


_SHORT = {"loss": "loss", "loss_validation": "validation", "loss_prequential": "next batch"}


def _course(dataset: xr.Dataset) -> Table:
    """The mean loss of some sizes at some checkpoints."""
    name = _loss_of(rows.size_rows(dataset)[0])
    late = np.flatnonzero(dataset.step.values > 0)
    wanted = np.geomspace(dataset.step.values[late[0]], dataset.step.values[-1], CHECKPOINTS)
    chosen = sorted({int(np.abs(np.log(dataset.step.values[late] / step)).argmin()) for step in wanted})
    sizes = _some(dataset.sizes["n_params"], COLUMNS)
    values = dataset[name].mean("replicate").values
    table = [
        [str(int(dataset.step[late[t]])), written(int(dataset.n_draws[late[t]])),
         *[number(float(values[late[t], i])) for i in sizes]]
        for t in chosen
    ]  # fmt: skip
    columns = ["step", "sequences", *[f"N = {int(dataset.n_params[i])}" for i in sizes]]
    return Table(columns, table, title=f"The {_LOSSES[name]} over the training, mean of the corpora")


def _losses(found: Sequence[Row]) -> Table:
    """The other losses of each size at the last checkpoint, with theory."""
    columns = {
        "validation [95 %]": "loss_validation", "lower bound": "loss_lower", "true-order store": "loss_frequency_store",
        "z": "z_prequential",
    }  # fmt: skip
    chosen = {title: key for title, key in columns.items() if key in found[0]}
    table = [
        [str(row["n_params"]), *[
            _loss(row, key) if key == "loss_validation" else signed(row[key]) if title == "z" else number(row[key], 4)
            for title, key in chosen.items()
        ]]
        for row in found
    ]  # fmt: skip
    below = "lower bound and true-order store: rigorous." if "loss_lower" in found[0] else ""
    return Table(["N", *chosen], table, title="Other losses at the last checkpoint", below=below)


def _stores(found: Sequence[Row]) -> Table:
    """What each store holds at the last checkpoint, and since when."""
    keys = ("capacity", "stored", "entered", "forgotten", "memorised_since_median")
    table = [[str(row["n_params"]), *[number(row[key], 6) for key in keys]] for row in found]
    below = (
        "stored, entered, forgotten: means over the corpora, the last two since the checkpoint before. half since "
        "step: half of the store has been there since."
    )
    columns = ["N", "room n", "stored", "entered", "forgotten", "half since step"]
    return Table(columns, table, title="The stores at the last checkpoint", below=below)


def _trajectories(dataset: xr.Dataset) -> list[Table]:
    found = rows.trajectory_rows(dataset)
    if not found or found[0]["increases"] is None:
        return []
    measured = {row["after_percent"] for row in found if row["increases"] is not None}
    shown = [int(dataset.n_params[i]) for i in _some(dataset.sizes["n_params"], 16)]
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


def _tracked(dataset: xr.Dataset) -> list[Table]:
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


def _terms(dataset: xr.Dataset) -> Table:
    sizes = _some(dataset.sizes["n_params"], COLUMNS)
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


def _matched(dataset: xr.Dataset) -> Table:
    batch, found = plan_of(dataset)["batch"], matched_rows(dataset)
    table = []
    for target in dict.fromkeys(row["matched_target"] for row in found):
        of_target = [row for row in found if row["matched_target"] == target]
        for i in _some(len(of_target), SHOWN):
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


def _positions(dataset: xr.Dataset) -> list[Table]:
    found = position_rows(dataset)
    title = "Memorised positions in the order of training against even ones, drawn without replacement"
    if not found:
        return []
    sizes = list(dict.fromkeys(row["n_params"] for row in found))
    shown = [sizes[i] for i in _some(len(sizes), SHOWN)]
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


def _about_shares(replicates: int, steps: int) -> str:
    """How far the shares of so many corpora may be from chances, at worst."""
    if replicates == 1:
        return "One corpus: a share is 1 where it stores the sequence, and has no interval."
    _, low, high = share(np.array(replicates / 2), np.array(replicates))
    return (
        f"Shares of {replicates} corpora: Wilson's 95 % intervals reach at most {(high - low) / 2:.2f} to either side. "
        f"stored, most: the largest share of {steps} checkpoints, which chance makes somewhat too large."
    )


def _distance(bound: float | None) -> str:
    """Le Cam's bound; a distance is 1 at most."""
    return "–" if bound is None else "vacuous" if bound >= 1 else f"{bound:.2g}"


def _p(value: float) -> str:
    return f"{value:.2g}" if value >= 1e-9 else "<1e-9"


def _some(n: int, most: int) -> list[int]:
    """At most so many of 0 to n - 1, evenly spread, with both ends."""
    return sorted({round(x) for x in np.linspace(0, n - 1, min(n, most))})


def _percent(mean: float | None, half: float | None) -> str:
    if mean is None:
        return "–"
    return f"{mean:.1f}" + ("" if half is None else f" ± {half:.1f}")
