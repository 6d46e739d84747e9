"""A trained suite as a reader sees it: the sentence that answers, tables, and what must be said."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from scipy.special import bdtrc

from bounds.base.notes import FITTED, INPUT, METHOD, Note
from bounds.cli.printing import number, written
from bounds.cli.report import Report, Table
from simulate.running.dataset import made_by, plan_of
from simulate.running.showing.view import View
from simulate.stats import Z_LIMIT, share
from simulate.studies.suite import rows, tables
from simulate.studies.suite.rows import known_from, position_rows
from simulate.studies.suite.tables import LOSSES, loss_of, loss_words
from simulate.studies.sweep.report import short

FORMULAS = ("capacity_loss", "capacity_loss_bounds", "term_accuracy", "le_cam_bound")

SIZES = 7
"""Sizes of the table that leads, an odd number, so that the one in the middle is among them; ``--explain`` has all."""

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
    few = tables.some(len(sizes), SIZES)
    details = [
        *([] if len(few) == len(sizes) else [_sizes(dataset, sizes, range(len(sizes)))]), tables.course(dataset),
        tables.other_losses(sizes), tables.stores(sizes), *tables.trajectories(dataset), *tables.tracked(dataset),
        tables.terms(dataset), tables.matched(dataset), *tables.positions(dataset),
    ]  # fmt: skip
    return Report(
        answer=answer(dataset),
        tables=[_sizes(dataset, sizes, few)],
        notes=notes(dataset),
        details=details,
        method=[text for text in (position_words(dataset), *_method(dataset)) if text],
        formulas=FORMULAS,
        data=data | {"bands": [], "labels": labels},
        question="What does a model of each size learn, and forget, along its training?",
    )


def answer(dataset: xr.Dataset) -> str:
    """How loss falls with N after all of the training, how often what is known was met, and what is forgotten."""
    found = rows.size_rows(dataset)
    name = loss_of(found[0])
    least, most = found[-1], found[0]
    seen = f"After {written(least['n_draws'])} sequences the {LOSSES[name]}"
    if len(found) == 1:
        parts = [f"{seen} is {loss_words(least, name)} nats at N = {least['n_params']}"]
    else:
        parts = [
            f"{seen} falls from {loss_words(most, name)} nats at N = {most['n_params']} to {loss_words(least, name)} "
            f"at N = {least['n_params']}"
        ]
    room = dataset.capacity.values > dataset.stored.values[:, -1].max(axis=0)
    if room.any():
        parts.append(
            f"from N = {int(dataset.n_params[int(room.argmax())])} on all {written(least['stored'])} sequences that "
            "were learned have room, and N changes nothing"
        )
    return " ".join(["; ".join(parts) + ".", *_memory_words(dataset, found)])


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


def _sizes(dataset: xr.Dataset, found: Sequence[Row], shown: Sequence[int]) -> Table:
    """A row each of the sizes that are `shown`, at the last checkpoint."""
    parameters = plan_of(dataset)
    name, known = loss_of(found[0]), known_from(dataset)
    bound, per = "loss_lower" in found[0], parameters["params_per_sequence"]
    table = [
        [str(row["n_params"]), str(row["capacity"]) if per != 1 else "", written(row["stored"]), loss_words(row, name),
         number(row["loss_lower"]) if bound else "", "–" if count is None else str(count)]
        for row, count in ((found[i], known[i]) for i in shown)
    ]  # fmt: skip
    columns = ["N", "room n", "stored", f"{_SHORT[name]} [95 %]", "at least", "known"]
    n, last = dataset.sizes["replicate"], found[0]
    sizes, batches = f"{len(found)} size{'s' * (len(found) > 1)}", f"{last['step']} batch{'es' * (last['step'] > 1)}"
    some = f"{len(shown)} of " if len(shown) < len(found) else ""
    title = (
        f"{some}{sizes} on {short(parameters['source'])} after {batches} of {parameters['batch']}, "
        f"{written(last['n_unique'])} sequences distinct; {n} {'corpus' if n == 1 else 'corpora'}, seed "
        f"{parameters['seed']}"
    )
    below = (
        f"Loss in nats per sequence: {parameters['irreducible']:g}, and {parameters['novelty_cost']:g} more for one "
        "that is not stored. "
    )
    below += "at least: of any store of n seen sequences [rigorous]. " if bound else ""
    below += "known: from so many exposures on, half or more."
    return Table(columns, table, title=title, below=below)


_SHORT = {"loss": "loss", "loss_validation": "validation", "loss_prequential": "next batch"}


def _about_shares(replicates: int, steps: int) -> str:
    """How far the shares of so many corpora may be from chances, at worst."""
    if replicates == 1:
        return "One corpus: a share is 1 where it stores the sequence, and has no interval."
    _, low, high = share(np.array(replicates / 2), np.array(replicates))
    return (
        f"Shares of {replicates} corpora: Wilson's 95 % intervals reach at most {(high - low) / 2:.2f} to either side. "
        f"stored, most: the largest share of {steps} checkpoints, which chance makes somewhat too large."
    )
