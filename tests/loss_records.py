"""What methods foretell of texts whose whole loss is known: the cells of the record, and the tables made of them."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr
from scipy.special import stdtrit

from simulate import stats
from simulate.text.learning.foretelling.from_counts import (
    Blocks,
    Classes,
    by_order,
    from_counts,
    learnt_slopes,
    over_blocks,
)
from simulate.text.learning.foretelling.kinds import KINDS, kind_of
from simulate.text.learning.foretelling.record import (
    COLUMNS,
    METHODS,
    TIMES,
    Cell,
    root_mean_square,
    verdict,
    wins,
)
from simulate.text.learning.foretelling.rivals import rivals
from simulate.text.learning.scoring import LEARNERS
from tests.loss_texts import LEARNT_ON, protocol_of, tail

Results = dict[str, dict[str, xr.Dataset]]
"""By unit and text."""


def classes(dataset: xr.Dataset, learner: int) -> Classes:
    """Means over the shuffles of shares and of the costs of each class."""
    cost, share = dataset.matched_loss.values[learner], dataset.matched.values
    there = np.isfinite(cost) & (share > 0)
    sums = np.where(there, share * np.nan_to_num(cost), 0).sum(axis=0)
    weights = np.where(there, share, 0).sum(axis=0)
    mean = np.divide(sums, weights, out=np.full_like(sums, np.nan), where=weights > 0)
    return Classes(dataset.n_train.values, share.mean(axis=0), mean)


def slopes_of(results: Results) -> dict[tuple[str, str], np.ndarray]:
    """s_j by unit and learner, of the texts that they are learnt on."""
    return {
        (unit, learner): learnt_slopes([classes(texts[name], i) for name in LEARNT_ON])
        for unit, texts in results.items() for i, learner in enumerate(LEARNERS)
    }  # fmt: skip


def predicted(results: Results, slopes: dict[tuple[str, str], np.ndarray], folder: Path) -> list[Cell]:
    """What each method says of the whole of each text that is not learnt on, from a quarter and a sixteenth of it."""
    found = []
    for unit, texts in results.items():
        for i, learner in enumerate(LEARNERS):
            for name, one in texts.items():
                if name not in LEARNT_ON:
                    found += [_cell(one, name, unit, i, slopes[unit, learner], times, folder) for times in TIMES]
    return found


def _cell(one: xr.Dataset, name: str, unit: str, i: int, s: np.ndarray, times: int, folder: Path) -> Cell:
    n, share, cost = classes(one, i)
    losses, at = one.held_out_loss.values[i], len(n) - 1 - int(math.log2(times))
    taught, counted, drop = int(n[at]), int(n[-1]), losses[at] - losses[-1]
    said = {METHODS[0]: from_counts(share[-1], cost[at], s, taught, counted)}
    said |= rivals(n[: at + 1], losses[: at + 1], float(counted), tail(name, folder, unit, counted))
    units, block_cost = one.block_matched.values, one.block_matched_cost.values[i]
    blocks = Blocks(units[:, at], block_cost[:, at], units[:, -1])
    each = by_order(blocks, s, taught, counted)
    one_order = float(np.sqrt(np.mean(((each - losses[-1]) / drop) ** 2)))
    test, of_drop = float(stdtrit(units.shape[2] - 1, 0.975)) * np.array(over_blocks(blocks, s, taught, counted))
    return Cell(
        name, protocol_of(name), unit, LEARNERS[i], times, kind_of(losses[: at + 1]),
        tuple(float((said[method] - losses[-1]) / drop) for method in METHODS), float(test / drop),
        float(stats.margin_of_error(each)) / drop, float(of_drop / drop), one_order,
    )  # fmt: skip


def as_csv(cells: Sequence[Cell]) -> str:
    """What ``cells.csv`` holds."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for one in cells:
        own = [one.text, one.protocol, one.unit, one.learner, one.times, one.kind or ""]
        rows.writerow(
            [
                *own,
                *(f"{value:.4f}" for value in (*one.errors, one.test, one.training, one.test_of_drop, one.one_order)),
            ]
        )
    return text.getvalue()


def reaches(cells: Sequence[Cell], cell: Cell) -> tuple[float, ...]:
    """Half of intervals: of the test alone, with orders of training, and with lack of fit; in parts of the drop.

    Of the loss three, and of the drop the first and the last.

    Lack of fit is that of the other texts, which may be of the other protocol.
    """
    others = [one for one in cells if alike(one, cell) and one.text != cell.text]
    fit = float(stdtrit(len(others) - 1, 0.975)) * root_mean_square(others, METHODS[0]) * abs(1 - cell.errors[0])
    loss = cell.test, math.hypot(cell.test, cell.training), math.hypot(cell.test, cell.training, fit)
    return *loss, cell.test_of_drop, math.hypot(cell.test_of_drop, cell.training, fit)


def alike(one: Cell, other: Cell) -> bool:
    return (one.unit, one.learner, one.times) == (other.unit, other.learner, other.times)


def groups(cells: Sequence[Cell]) -> list[list[Cell]]:
    """Cells of one unit, learner and factor."""
    found: dict[tuple[str, str, int], list[Cell]] = {}
    for one in cells:
        found.setdefault((one.unit, one.learner, one.times), []).append(one)
    return list(found.values())


def tables(cells: Sequence[Cell], protocol: int) -> list[str]:
    """The errors of each method, how often intervals hold, and who is nearer, over the texts of one protocol."""
    own = [one for one in cells if one.protocol == protocol]
    n = len({one.text for one in own})
    lines = [f"Root mean square error over {n} texts, in parts of the drop, and in how many it was the nearest:", ""]
    lines += [f"| unit, learner | times | {' | '.join(METHODS)} | one order alone |", "|---" * (3 + len(METHODS)) + "|"]
    for group in groups(own):
        cells_ = [f"{root_mean_square(group, method):.2f} ({nearest(group).count(method)})" for method in METHODS]
        alone = math.sqrt(np.mean([one.one_order**2 for one in group]))
        lines.append(f"| {head(group)} | {' | '.join(cells_)} | {alone:.2f} |")
    lines += [
        "",
        "In how many from-counts was nearer than each rival, with Wilson's interval of that share, and in how many its",
    ]
    lines += [
        "intervals held what was measured (a: test documents alone; b: and orders of training; c: and lack of fit),",
        "with the median of their halves in parts of the drop:",
        "",
    ]
    lines += [
        f"| unit, learner | times | {' | '.join(METHODS[1:])} | a | b | c | drop, a | drop, c |",
        "|---" * (7 + len(METHODS[1:])) + "|",
    ]
    for group in groups(own):
        won = [_won(wins(group, METHODS[0], method), len(group)) for method in METHODS[1:]]
        reach = np.array([reaches(cells, one) for one in group])
        held = (np.abs([one.errors[0] for one in group])[:, None] <= reach).sum(axis=0)
        half = np.median(reach, axis=0)
        won += [f"{n} ({width:.2f})" for n, width in zip(held.tolist(), half.tolist(), strict=True)]
        lines.append(f"| {head(group)} | {' | '.join(won)} |")
    lines += ["", "Each error, of Kneser–Ney:", "", f"| text | unit | times | kind | {' | '.join(METHODS)} |"]
    lines.append("|---" * (4 + len(METHODS)) + "|")
    for one in own:
        if one.learner == LEARNERS[0]:
            errors = " | ".join("–" if math.isnan(value) else f"{value:+.2f}" for value in one.errors)
            lines.append(f"| {one.text} | {one.unit} | {one.times} | {one.kind or '–'} | {errors} |")
    return lines


def by_kind(cells: Sequence[Cell]) -> list[str]:
    """Which method had the better record for each kind of curve, over both protocols."""
    names = " | ".join(METHODS)
    lines = [f"| kind, learner | times | cells (texts) | {names} | better | nearer than the next | told apart |"]
    lines.append("|---" * (6 + len(METHODS)) + "|")
    for kind in KINDS:
        for learner in LEARNERS:
            for times in TIMES:
                own = [one for one in cells if (one.kind, one.learner, one.times) == (kind, learner, times)]
                if not own:
                    lines.append(f"| {kind}, {learner} | {times} | 0 |{' – |' * (3 + len(METHODS))}")
                    continue
                found = verdict(own)
                errors = " | ".join(f"{found.errors[method]:.2f}" for method in METHODS)
                told = "yes" if found.told_apart else "no"
                lines.append(
                    f"| {kind}, {learner} | {times} | {found.cells} ({found.texts}) | {errors} | {found.best} | "
                    f"{found.next}: {found.nearer} of {found.cells} | {told} |"
                )
    return lines


def nearest(group: Sequence[Cell]) -> list[str]:
    return [METHODS[int(np.nanargmin(np.abs(one.errors)))] for one in group]


def head(group: Sequence[Cell]) -> str:
    return f"{group[0].unit}, {group[0].learner} | {group[0].times}"


def _won(successes: int, trials: int) -> str:
    share = stats.share(successes, trials)
    return f"{successes} of {trials} [{share.lower:.2f}, {share.upper:.2f}]"
