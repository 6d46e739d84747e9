"""A trained suite as a reader sees it: tables and the sentence that answers."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import xarray as xr
from scipy.special import bdtrc

from bounds.base.arguments import printable
from bounds.cli.printing import number, print_table, print_text
from simulate.studies.suite.dataset import wilson_interval
from simulate.studies.suite.learning.trajectories import CLASSES
from simulate.studies.suite.rows import matched_rows, position_rows, size_rows, term_rows, tracked_rows, trajectory_rows

SHOWN = 6
"""Sizes, and rows, of the tables that would have many."""

NO_DOUBLE_DESCENT = (
    "Not in this class of models: double descent in N. Stores are nested, so that loss never rises with N (rigorous). "
    "Over training, the mean loss of a sequence just beyond the edge of a store can fall, rise and fall again by a "
    "hundredth of the novelty cost, as the count at the edge passes 1, 2 and 3 (empirical: s = 1.5, n = 100): a ripple "
    "of whole counts, not the double descent of published models."
)


_Z_LIMIT = 4.0


def verdict(dataset: xr.Dataset) -> str:
    """One sentence: loss over sizes, forgetting, and where memorised sequences stand."""
    found = size_rows(dataset)
    name = next(name for name in ("loss", "loss_validation", "loss_prequential") if found[0].get(name) is not None)
    least, most = found[-1], found[0]
    falls = f"falls from {most[name]:.3g} nats at N = {most['n_params']} to {least[name]:.3g}"
    parts = [
        f"After {least['n_draws']:.3g} sequences the loss {falls if len(found) > 1 else f'is {least[name]:.3g} nats'} "
        f"at N = {least['n_params']}"
    ]
    room = dataset.capacity.values > dataset.stored.values[:, -1].max(axis=0)
    if room.any():
        parts.append(
            f"from N = {int(dataset.n_params[int(room.argmax())])} on there is room for all that was learned "
            f"({least['stored']:.6g} sequences), and N changes nothing"
        )
    return "; ".join(parts) + "." + _position_words(dataset)


def _position_words(dataset: xr.Dataset) -> str:
    """What the tests of positions come to, in the stores that ties do not decide."""
    decided = [row for row in position_rows(dataset) if _order_free(row)]
    dense = [row for row in decided if row["poisson_distance_bound"] >= 1]
    sparse = [row for row in decided if row not in dense]
    where = "In stores where ties decide less than 1 %, the positions of memorised sequences"
    if dense and sparse:
        others = "Where a store holds so much of the corpus that Le Cam's bound is vacuous, the positions"
    else:
        others = where
    told = _compared(where, "like a Poisson process", sparse) + _compared(others, _EVEN, dense)
    return told


_EVEN = "like even ones drawn without replacement"


def _compared(where: str, null: str, rows: list[dict[str, Any]]) -> str:
    """Whether the positions of the stores of `rows` look like what is meant, at any exposure and at the first."""
    if not rows:
        return ""
    found = []
    for kind, exposure in (("any", "any one of its exposures"), ("first", "its first one")):
        of_kind = [row for row in rows if row["exposure"] == kind]
        rejected, tested = (sum(row[name] for row in of_kind) for name in ("rejected", "tested"))
        verb = "look" if _as_chance_has_it(of_kind) else "do not look"
        found.append(f"{verb} {null} with each at {exposure} (rejected in {rejected} of {tested} tests)")
    return f" {where} {found[0]}, and {found[1]}."


def _order_free(row: dict[str, Any]) -> bool:
    """Whether ties decide so little of a store that a test of its positions cannot show it.

    Less than 1 %, and less than a tenth of what n positions stray by chance, √n.
    """
    tied = row["tied_share"]
    return tied is not None and tied < min(0.01, 0.1 / math.sqrt(max(row["stored"], 1)))


def _as_chance_has_it(rows: list[dict[str, Any]]) -> bool:
    """Whether no size has more corpora rejected at 0.01 than chance gives (at 0.01; sizes share their draws)."""
    chances = [float(bdtrc(row["rejected"] - 1, row["tested"], 0.01)) for row in rows if row["rejected"]]
    return all(chance > (1 + 1e-9) * 0.01 / len(rows) for chance in chances)


def warnings(dataset: xr.Dataset) -> list[str]:
    """What a reader must be told beside the numbers."""
    told = list(json.loads(dataset.attrs["provenance"])["notes"])
    for row in size_rows(dataset):
        if abs(row.get("z_prequential") or 0.0) > _Z_LIMIT:
            told.append(
                f"N = {row['n_params']}: the loss of the next batches is {row['z_prequential']:+.1f} standard errors "
                "from the expected one."
            )
    return [*told, NO_DOUBLE_DESCENT]


def print_suite(dataset: xr.Dataset) -> None:
    """Print all tables and the verdict."""
    parameters = json.loads(dataset.attrs["provenance"])["parameters"]
    replicates, last = dataset.sizes["replicate"], dataset.isel(step=-1)
    source = printable(parameters["source"])
    print(
        f"{dataset.sizes['n_params']} model sizes, {dataset.sizes['step']} checkpoints on {source}: "
        f"{int(last.step)} batches of {parameters['batch']} sequences, {replicates} "
        f"{'corpus' if replicates == 1 else 'corpora'}, seed {parameters['seed']}"
    )
    print(f"losses in nats per sequence: {parameters['irreducible']:g}, and {parameters['novelty_cost']:g} more for a "
          "sequence that is not stored")  # fmt: skip
    _print_sizes(dataset)
    _print_trajectories(dataset)
    _print_tracked(dataset, parameters)
    _print_terms(dataset, parameters)
    _print_matched(dataset, parameters)
    _print_positions(dataset)
    for note in warnings(dataset):
        print_text(f"! {note}")
    print_text(f"\n{verdict(dataset)}")


def _print_sizes(dataset: xr.Dataset) -> None:
    found = size_rows(dataset)
    columns = {"N": "n_params", "room n": "capacity", "stored": "stored"}
    losses = {"loss, expected": "loss", "validation": "loss_validation"}
    if "loss" not in found[0]:
        losses = {"loss, next batch": "loss_prequential", "validation": "loss_validation"}
    theory = {
        "lower bound [rigorous]": "loss_lower", "true-order store [rigorous]": "loss_frequency_store",
        "z": "z_prequential",
    }  # fmt: skip
    rest = {"entered": "entered", "forgotten": "forgotten", "half since step": "memorised_since_median"}
    table = []
    chosen = {**columns, **losses, **theory, **rest}
    chosen = {title: key for title, key in chosen.items() if key in found[0]}
    for row in found:
        cells = []
        for key in chosen.values():
            half = row.get(f"{key}_half_width")
            digits = 6 if key in ("stored", "entered", "forgotten") else 4 if "loss" in key else 3
            cells.append(number(row[key], digits) + ("" if half is None else f" ± {number(half, 2)}"))
        table.append(cells)
    print(f"\nAt the last checkpoint, D = {found[0]['n_draws']:.4g} sequences, {found[0]['n_unique']:.6g} distinct")
    print_table(list(chosen), table, left=1)
    if "loss" in found[0]:
        print_text(
            "±: 95 % interval over the corpora (Student's). z: loss of the next batch against the expected loss, over "
            "all checkpoints and corpora, in standard errors; sizes share their draws, so that their z go together. "
            "Lower bound: of any store of n seen sequences, in expectation (capacity_loss_bounds). True-order store: "
            "keeps places for the n most probable sequences, seen or not (capacity_loss); those here go by counts.",
        )
    print_text(
        "stored, entered, forgotten: means over the corpora, the last two since the checkpoint before. half since "
        "step: half of the store has been there since.",
    )


def _print_trajectories(dataset: xr.Dataset) -> None:
    found = trajectory_rows(dataset)
    if not found or found[0]["increases"] is None:
        return
    after = [row["after_percent"] for row in found if row["n_params"] == found[0]["n_params"]]
    measured = {row["after_percent"] for row in found if row["increases"] is not None}
    shown = [percent for percent in after if percent in {0, 10} & measured]
    table = []
    for i in _some(dataset.sizes["n_params"], 16):
        n_params = int(dataset.n_params[i])
        cells = [str(n_params)]
        for percent in shown:
            row = next(r for r in found if r["n_params"] == n_params and r["after_percent"] == percent)
            cells += [_percent(row[name], row[f"{name}_half_width"]) for name in CLASSES]
        table.append(cells)
    print("\nTrajectories of perplexity as Xia et al. 2022 class them: % of the validation draws")
    print_table(["N", *[f"{name}{', late' * (percent > 0)}" for percent in shown for name in CLASSES]], table, left=1)
    print_text(
        "late: after the first 10 % of the training. ±: 95 % interval over the corpora (Student's). other: in none of "
        "the three classes. A sequence that is never stored, or always, has a constant loss: it stagnates.",
    )


def _print_tracked(dataset: xr.Dataset, parameters: dict[str, Any]) -> None:
    middle = dataset.sizes["n_params"] // 2
    n_params, capacity = int(dataset.n_params[middle]), int(dataset.capacity[middle])
    found = [row for row in tracked_rows(dataset) if row["n_params"] == n_params]
    rank = "rank by count" if parameters["source"].startswith("corpus:") else "rank by probability"
    table = []
    for row in found:
        cells = [str(row["tracked_rank"]), f"{row['tracked_rank'] / capacity:.2f}", f"{row['stored_most']:.3f}",
                 str(row["stored_most_step"]), f"{row['stored_at_end']:.3f}"]  # fmt: skip
        if "tracked_class" in row:
            cells += [row["tracked_class"], *[f"{row[f'{name}_share']:.2f}" for name in CLASSES]]
        table.append(cells)
    columns = [rank, "rank/n", "stored, most", "at step", "stored, end"]
    if "tracked_class" in found[0]:
        columns += ["class of the mean loss", *CLASSES]
    print(f"\nTracked sequences in the model of N = {n_params} (n = {capacity}): part of the corpora that store them, "
          "and classes")  # fmt: skip
    print_table(columns, table, left=1)
    print_text(_about_shares(dataset.sizes["replicate"], dataset.sizes["step"]))


def _print_terms(dataset: xr.Dataset, parameters: dict[str, Any]) -> None:
    sizes = _some(dataset.sizes["n_params"], SHOWN)
    found = term_rows(dataset)
    table = []
    for count in dict.fromkeys(row["term_count"] for row in found):
        of_count = [row for row in found if row["term_count"] == count]
        top = 2 * count - 1
        cells = [str(count) if top == count else f"{count}–{top}", str(of_count[0]["terms"])]
        cells += [f"{of_count[i]['term_accuracy']:.4f}" for i in sizes]
        table.append([*cells, f"{of_count[0]['term_accuracy_expected']:.4f}"])
    chance = parameters["learning_probability"]
    print("\nTerm accuracy at the last checkpoint: part of the sequences with so many exposures that a model knows")
    columns = ["exposures", "sequences", *[f"N = {int(dataset.n_params[i])}" for i in sizes]]
    print_table([*columns, "without a limit [heuristic]"], table, left=1)
    print_text(
        f"Without a limit: 1 - (1 - {chance:g})^exposures, nothing being forgotten (term_accuracy). All corpora "
        "together; --json has Wilson's 95 % intervals, which take the sequences for independent.",
    )


def _print_matched(dataset: xr.Dataset, parameters: dict[str, Any]) -> None:
    found = matched_rows(dataset)
    table = []
    for target in dict.fromkeys(row["matched_target"] for row in found):
        of_target = [row for row in found if row["matched_target"] == target]
        for k, i in enumerate(_some(len(of_target), SHOWN)):
            row = of_target[i]
            draws = row["matched_step"] * parameters["batch"]
            table.append([
                number(target, 4) if k == 0 else "", str(row["n_params"]), str(row["matched_step"]), number(draws, 4),
                number(row["matched_loss"], 4), str(row["matched_stored"]),
                "–" if row["matched_overlap"] is None else f"{row['matched_overlap']:.3f}",
            ])  # fmt: skip
    print("\nAt matched loss (corpus 0): what sizes know that have the same loss at different times")
    columns = ["loss", "N", "step", "sequences seen", "its loss", "stored", "known alike"]
    print_table(columns, table, left=2)
    print_text(
        "known alike: validation draws that both know over those that either does, against the last N of the group. "
        "One corpus: no interval.",
    )


def _print_positions(dataset: xr.Dataset) -> None:
    found = position_rows(dataset)
    if not found:
        print("\nMemorised positions: too few sequences are stored, or positions left, for a test.")
        return
    sizes = list(dict.fromkeys(row["n_params"] for row in found))
    table = []
    for i in _some(len(sizes), SHOWN):
        of_size = [row for row in found if row["n_params"] == sizes[i]]
        for k, row in enumerate(of_size):
            bound = row["poisson_distance_bound"]
            cells = [str(sizes[i]), f"{row['tied_share']:.3f}", _distance(bound)]
            cells = cells if k == 0 else ["", "", ""]
            cells += [row["exposure"], number(row["dispersion"]), number(row["dispersion_expected"])]
            table.append([*cells, f"{row['dispersion_p']:.2g}", f"{row['position_ks']:.3f}",
                          f"{row['position_ks_p']:.2g}", f"{row['rejected']} of {row['tested']}"])  # fmt: skip
    print("\nMemorised positions in the order of training against even ones, drawn without replacement")
    columns = [
        "N", "tied", "Le Cam bound [rigorous]", "exposure", "dispersion", "even", "p", "KS", "p of KS", "rejected",
    ]  # fmt: skip
    print_table(columns, table, left=1)
    print_text(
        "Medians of the corpora; dispersion: variance over mean of the counts in windows; even: of as many positions "
        "drawn evenly without replacement, 1 less the part of all positions; KS: largest distance from even "
        "positions; rejected: at 0.01, by the smaller p doubled. Draws being independent, any exposure must fit; first "
        "and last must not, unless most are seen once. tied: part of the store that only its first appearance "
        "preferred to others of the same count; where it is large, inclusion depends on the order, and any exposure "
        "is rejected too. Le Cam bound: distance from Poisson of the number of points in a window, at most "
        "(le_cam_bound); where it is small, even positions are nearly a Poisson process.",
    )


def _about_shares(replicates: int, steps: int) -> str:
    """How far the shares of so many corpora may be from chances, at worst."""
    if replicates == 1:
        return "One corpus: a share is 1 where it stores the sequence, and has no interval."
    low, high = wilson_interval(np.array(replicates / 2), np.array(replicates))
    return (
        f"Shares of {replicates} corpora: Wilson's 95 % intervals reach at most {(high - low) / 2:.2f} to either side. "
        f"stored, most: the largest share of {steps} checkpoints, which chance makes somewhat too large."
    )


def _distance(bound: float | None) -> str:
    """Le Cam's bound; a distance is 1 at most."""
    return "–" if bound is None else "vacuous" if bound >= 1 else f"{bound:.2g}"


def _some(n: int, most: int) -> list[int]:
    """At most so many of 0 to n - 1, evenly spread, with both ends."""
    return sorted({round(x) for x in np.linspace(0, n - 1, min(n, most))})


def _percent(mean: float | None, half: float | None) -> str:
    if mean is None:
        return "–"
    return f"{mean:.1f}" + ("" if half is None else f" ± {half:.1f}")
