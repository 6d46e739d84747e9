"""The tables of docs/loss.md and what `loss --from-counts` knows of other texts.

``python -m tests.loss_corpora FOLDER`` measures all texts of `loss_texts` that are there, keeps results in FOLDER, and
writes both.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import xarray as xr
from scipy.stats import spearmanr

from bounds.base.keeping.targets import write_text
from simulate.text.cutting.sequences import read_units
from simulate.text.learning.crossed import Crossed, crossed, weighted
from simulate.text.learning.curves import measure_loss
from simulate.text.learning.foretelling import slopes as slopes_module
from simulate.text.learning.foretelling.record import CELLS, cells
from simulate.text.reading.asked import ReadOptions
from tests.loss_records import Results, as_csv, by_kind, predicted, slopes_of, tables
from tests.loss_texts import FIRST, SECOND, measured, written

PAGE = Path(__file__).parents[1] / "docs" / "loss.md"
SLOPES = Path(slopes_module.__file__)
SEEDS, COVERED, TESTED = 12, 64_000, 500_000


def local_beta(dataset: xr.Dataset) -> np.ndarray:
    """(learner) the slope of ln gain over the last five doublings, over -ln 2: the fitted β, identified or not."""
    gains = dataset.gain.values[:, -6:-1]
    return np.asarray(-np.polyfit(np.arange(5), np.log(gains).T, 1)[0] / np.log(2))


def row_of_text(name: str, one: xr.Dataset) -> str:
    """A line of the table of losses."""
    last = one.isel(learner=0)
    beta = "not identified"
    if int(last.identified):
        ends = f"[{float(last.loss_exponent_lower):.2f}, {float(last.loss_exponent_upper):.2f}]"
        beta = f"{float(last.loss_exponent):.2f} {ends}"
    numbers = f"{float(last.held_out_loss[-1]):.3f} | {float(last.gain[-2]):.3f} | {float(last.p_shrinks):.3f}"
    gamma = " ".join(f"{value:.2f}" for value in one.slope.values)
    return f"| {name} | {int(one.n_train[-1])} | {numbers} | {beta} | {local_beta(one)[0]:.2f} | {gamma} |"


def real_texts(results: dict[str, dict[str, xr.Dataset]]) -> list[str]:
    """Losses, gains and exponents of each text, and how γ of each length goes with β over the texts."""
    lines: list[str] = []
    for unit, found in results.items():
        lines += ["", f"By {unit}s, Kneser–Ney; the slope γ_k of distinct windows at the end of each text:", ""]
        lines += ["| text | D | L(D) | last gain | p: shrink | β | β, all the same | γ_1 … γ_6 |", "|---" * 8 + "|"]
        lines += [row_of_text(name, one) for name, one in found.items()]
    lines += [
        "",
        "Over the texts, γ_k beside that β, identified or not: Spearman's rank correlation, and in how many of",
    ]
    lines += ["them γ_k lies between 1 - 2β and 1 - β:", "", "| unit, learner | of | k = 1 | 2 | 3 | 4 | 5 | 6 |"]
    lines.append("|---" * 8 + "|")
    for unit, found in results.items():
        slopes = np.array([one.slope.values for one in found.values()])
        betas = np.array([local_beta(one) for one in found.values()])
        for i, learner in enumerate(("Kneser–Ney", "PPM")):
            each = betas[:, i, None]
            ranks = [f"{float(spearmanr(column, betas[:, i]).statistic):+.2f}" for column in slopes.T]
            held = ((1 - 2 * each <= slopes) & (slopes <= 1 - each)).sum(axis=0)
            lines.append(f"| {unit}, {learner} | correlation | {' | '.join(ranks)} |")
            lines.append(f"| | within, of {len(found)} | {' | '.join(map(str, held))} |")
    return lines[1:]


def slopes_text(slopes: dict[tuple[str, str], np.ndarray]) -> str:
    """The module that keeps the slopes."""
    lines = [SLOPES.read_text(encoding="utf-8").partition("SLOPES = {")[0] + "SLOPES = {"]
    lines += [f"    {key!r}: {tuple(round(float(s), 5) for s in values)!r}," for key, values in slopes.items()]
    return "\n".join([*lines, "}", ""]).replace("'", '"')


def coverage(folder: Path) -> list[str]:
    """How often intervals hold the mean over all seeds, of other test documents and other orders of the same text."""
    lines = ["| text | unit | held out | L(D), all sizes | gains | L(D), test part alone |", "|---" * 6 + "|"]
    for unit in ("byte", "word"):
        for name in ("eng_novels", "c_linux", "zho_tang", "python"):
            lines.append(row_of_coverage(name, unit, folder))
            print(lines[-1], flush=True)
    return lines


def row_of_coverage(name: str, unit: str, folder: Path) -> str:
    """A line of the table of coverage on real texts."""
    path = written(name, folder)
    assert path is not None
    units = read_units(str(path), unit, reading=ReadOptions(format="jsonl", within_documents=True))
    end = max(units.starts[units.starts <= TESTED].max(), min(TESTED, units.starts[1]))
    starts = np.unique(np.minimum(units.starts, end))
    units = replace(units, ids=units.ids[:end], starts=starts)
    curves = [measure_loss(units, most=COVERED, seed=100 + seed) for seed in range(SEEDS)]
    parts = []
    for one in curves:
        y = np.moveaxis(weighted(one.losses[0], one.block_units), 1, 0)
        parts.append((crossed(y), crossed(y[:-1] - y[1:])))
    cells = [f"{held_by(column):.2f}" for column in zip(*parts, strict=True)]
    alone = [replace(level, training=np.zeros_like(level.test)) for level, _ in parts]
    return f"| {name} | {unit} | {curves[0].how} | {' | '.join(cells)} | {held_by(alone):.2f} |"


def held_by(measured: Sequence[Crossed]) -> float:
    """The share of intervals, over seeds and sizes, that hold the mean over the seeds."""
    truth = np.mean([one.value for one in measured], axis=0)
    return float(np.mean([(one.interval()[0] <= truth) & (truth <= one.interval()[1]) for one in measured]))


def put(name: str, lines: list[str]) -> None:
    """Lines between two comments of the page."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of the {name} -->"
    before, rest = PAGE.read_text(encoding="utf-8").split(begin)
    write_text(PAGE, before + begin + "\n".join(lines) + "\n" + end + rest.split(end)[1])


def tables_of_the_record() -> dict[str, list[str]]:
    """What the page says of the record, from the cells that are kept."""
    return {
        "tables of loss from counts": tables(cells(), 1),
        "tables of loss from counts on other texts": tables(cells(), 2),
        "table of records by kind": by_kind(cells()),
    }


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    results: Results = {}
    for unit in ("byte", "word"):
        found = {name: measured(name, folder, unit) for name in FIRST | SECOND}
        results[unit] = {name: one for name, one in found.items() if one is not None}
    first = {unit: {name: one for name, one in found.items() if name in FIRST} for unit, found in results.items()}
    put("tables of real texts", real_texts(first))
    slopes = slopes_of(results)
    write_text(SLOPES, slopes_text(slopes))
    write_text(CELLS, as_csv(predicted(results, slopes, folder)))
    for name, lines in tables_of_the_record().items():
        put(name, lines)
    put("table of coverage on real texts", coverage(folder))


if __name__ == "__main__":
    main()
