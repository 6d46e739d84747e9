"""Texts of many kinds, of those in the data folder and of what Python and Debian install: for docs/loss.md.

``python -m tests.loss_corpora FOLDER`` measures all of them that are there, keeps results in FOLDER, and writes the
tables of docs/loss.md.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import re
import sys
import sysconfig
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import xarray as xr
import zstandard
from scipy.special import stdtrit
from scipy.stats import spearmanr

import simulate
from bounds.base.keeping.targets import write_text
from simulate.running.dataset import open_result
from simulate.studies.loss.plan import LossPlan
from simulate.text.cutting.sequences import read_units
from simulate.text.learning import slopes as slopes_module
from simulate.text.learning.crossed import Crossed, crossed, weighted
from simulate.text.learning.curves import measure_loss
from simulate.text.learning.from_counts import METHODS, Classes, from_counts, learnt_slopes, rivals
from simulate.text.learning.scoring import LEARNERS
from simulate.text.reading.asked import ReadOptions

PAGE = Path(__file__).parents[1] / "docs" / "loss.md"
RECORD = Path(slopes_module.__file__)
SEEDS, COVERED, TESTED = 12, 64_000, 500_000
MOST_BYTES = 6_000_000
"""Of a text: documents are drawn until they hold as much."""


def _kept(name: str) -> Iterator[str]:
    """A text of the data folder, document by document."""
    data = Path(os.environ["EFFICIENCY_BOUNDS_DATA"]) / "corpora"
    raw = zstandard.ZstdDecompressor().stream_reader((data / f"{name}.txt.zst").open("rb")).read()
    table = zstandard.ZstdDecompressor().stream_reader((data / f"{name}.docs.tsv.zst").open("rb")).read().decode()
    head, *lines = table.splitlines()
    columns = head.split("\t")
    for line in lines:
        row = dict(zip(columns, line.split("\t"), strict=False))
        yield raw[int(row["byte_start"]) : int(row["byte_end"])].decode()


def _files(pattern: str, folder: str, without: str = "^$") -> Iterator[str]:
    for path in sorted(Path(folder).rglob(pattern)):
        if path.is_file() and not path.is_symlink() and not re.search(without, str(path)):
            raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            try:
                yield raw.decode()
            except UnicodeDecodeError:
                continue


STDLIB = sysconfig.get_paths()["stdlib"]
TEXTS: dict[str, Callable[[], Iterator[str]]] = {
    **{name: partial(_kept, name) for name in
       ("eng_novels", "eng_shakespeare", "c_linux", "deu_laws", "zho_tang")},
    "python": lambda: _files("*.py", STDLIB, "site-packages|/test|idlelib/Icons|lib2to3"),
    "sympy": lambda: _files("*.py", f"{sysconfig.get_paths()['purelib']}/sympy"),
    "perl": lambda: _files("*.p[lm]", "/usr/share/perl", "unicore"),
    "headers": lambda: _files("*.h", "/usr/include", "linux|asm"),
    "vim_help": lambda: _files("*.txt", "/usr/share/vim"),
    "man": lambda: (text for n in range(1, 9) for text in _files("*.gz", f"/usr/share/man/man{n}")),
}  # fmt: skip
"""Name and documents of each text."""


def written(name: str, folder: Path) -> Path | None:
    """The text as JSON lines in `folder`, at most `MOST_BYTES` of it drawn by a seed; None where it is not there."""
    path = folder / f"{name}.jsonl"
    if path.exists():
        return path
    documents = [text for text in TEXTS[name]() if text.strip()]
    order = list(range(len(documents)))
    random.Random(0).shuffle(order)
    chosen, size = set(), 0
    for i in order:
        n_bytes = len(documents[i].encode())
        if size + n_bytes <= MOST_BYTES:
            chosen.add(i)
            size += n_bytes
    if size < 1_000_000:
        return None
    with path.open("w", encoding="utf-8") as file:
        for i in sorted(chosen):
            file.write(json.dumps({"text": documents[i]}, ensure_ascii=False) + "\n")
    return path


def measured(name: str, folder: Path, unit: str, most: int | None = None) -> xr.Dataset | None:
    """The result of ``simulate loss`` on a text, made once; its windows are counted in all of it."""
    out = folder / f"{name}.{unit}.{most}.nc"
    if out.exists():
        return open_result(out)
    path = written(name, folder)
    if path is None:
        return None
    plan = LossPlan((str(path),), unit, most=most, reading=ReadOptions(format="jsonl"))
    print(name, unit, flush=True)
    return simulate.run_plan(plan, simulate.Execution(out=out))


def local_beta(dataset: xr.Dataset) -> np.ndarray:
    """(learner) the slope of ln gain over the last five doublings, over -ln 2: the fitted β, identified or not."""
    gains = dataset.gain.values[:, -6:-1]
    return np.asarray(-np.polyfit(np.arange(5), np.log(gains).T, 1)[0] / np.log(2))


def real_texts(results: dict[str, dict[str, xr.Dataset]]) -> list[str]:
    """Losses, gains and exponents of each text, and how γ of each length goes with β over the texts."""
    lines: list[str] = []
    for unit, found in results.items():
        lines += ["", f"By {unit}s, Kneser–Ney; the slope γ_k of distinct windows at the end of each text:", ""]
        lines += ["| text | D | L(D) | last gain | p: shrink | β | β, all the same | γ_1 … γ_6 |", "|---" * 8 + "|"]
        for name, one in found.items():
            last = one.isel(learner=0)
            beta = "not identified"
            if int(last.identified):
                ends = f"[{float(last.loss_exponent_lower):.2f}, {float(last.loss_exponent_upper):.2f}]"
                beta = f"{float(last.loss_exponent):.2f} {ends}"
            numbers = f"{float(last.held_out_loss[-1]):.3f} | {float(last.gain[-2]):.3f} | {float(last.p_shrinks):.3f}"
            gamma = " ".join(f"{value:.2f}" for value in one.slope.values)
            lines.append(
                f"| {name} | {int(one.n_train[-1])} | {numbers} | {beta} | {local_beta(one)[0]:.2f} | {gamma} |"
            )
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


def classes(dataset: xr.Dataset, learner: int) -> Classes:
    """Means over the shuffles of shares and of the costs of each class."""
    cost, share = dataset.matched_loss.values[learner], dataset.matched.values
    there = np.isfinite(cost) & (share > 0)
    sums = np.where(there, share * np.nan_to_num(cost), 0).sum(axis=0)
    weights = np.where(there, share, 0).sum(axis=0)
    mean = np.divide(sums, weights, out=np.full_like(sums, np.nan), where=weights > 0)
    return Classes(dataset.n_train.values, share.mean(axis=0), mean)


def predictions(results: dict[str, dict[str, xr.Dataset]]) -> tuple[dict[tuple[str, str], np.ndarray], list[dict]]:
    """The slopes learnt on `LEARNT_ON`, by unit and learner, and all predictions for the other texts."""
    slopes, found = {}, []
    for unit, texts in results.items():
        for i, learner in enumerate(LEARNERS):
            s = learnt_slopes([classes(texts[name], i) for name in LEARNT_ON])
            slopes[unit, learner] = s
            for name, one in texts.items():
                if name in LEARNT_ON:
                    continue
                n, share, cost = classes(one, i)
                losses = one.held_out_loss.values[i]
                for octaves in (2, 4):
                    at = len(n) - 1 - octaves
                    said = {"from-counts": from_counts(share[-1], cost[at], s, int(n[at]), int(n[-1]))}
                    said |= rivals(n[: at + 1], losses[: at + 1], float(n[-1]))
                    drop = losses[at] - losses[-1]
                    errors = {method: (value - losses[-1]) / drop for method, value in said.items()}
                    errors["orders"] = [(value - losses[-1]) / drop for value in by_order(one, i, at, s)]
                    found.append({"unit": unit, "learner": learner, "text": name, "factor": 2**octaves, **errors})
    return slopes, found


def by_order(one: xr.Dataset, learner: int, at: int, slopes: np.ndarray) -> list[float]:
    """What counts say when each order of training stands alone, taught and counted."""
    n, share, cost = one.n_train.values, one.matched.values, one.matched_loss.values[learner]
    return [
        from_counts(share[shuffle, -1], cost[shuffle, at], slopes, int(n[at]), int(n[-1]))
        for shuffle in range(len(share))
    ]


def held(cases: list[dict]) -> int:
    """In how many of these texts the interval of from-counts holds what was measured, by the record of the others."""
    n = 0
    for one in cases:
        record = rms([other for other in cases if other is not one], METHODS[0])
        orders = np.array(one["orders"])
        fit = float(stdtrit(len(cases) - 2, 0.975)) * record * abs(1 - one[METHODS[0]])
        order = float(stdtrit(len(orders) - 1, 0.975)) * orders.std(ddof=1) / np.sqrt(len(orders))
        n += abs(one[METHODS[0]]) <= np.hypot(fit, order)
    return n


def counted_texts(found: list[dict]) -> list[str]:
    """The record of each method, and every error."""
    lines = ["Root mean square error over six texts, in parts of the drop, and in how many it was the nearest:", ""]
    heads = f"{' | '.join(METHODS)} | one order alone | interval holds"
    lines += [f"| unit, learner | times | {heads} |", "|---" * (4 + len(METHODS)) + "|"]
    keys = list(dict.fromkeys((one["unit"], one["learner"], one["factor"]) for one in found))
    for unit, learner, factor in keys:
        cases = [one for one in found if (one["unit"], one["learner"], one["factor"]) == (unit, learner, factor)]
        nearest = [METHODS[int(np.argmin([abs(one[method]) for method in METHODS]))] for one in cases]
        cells = [f"{rms(cases, method):.2f} ({nearest.count(method)})" for method in METHODS]
        alone = np.sqrt(np.mean([np.square(one["orders"]) for one in cases]))
        cells += [f"{alone:.2f}", f"{held(cases)} of {len(cases)}"]
        lines.append(f"| {unit}, {learner} | {factor} | {' | '.join(cells)} |")
    lines += ["", "Each error, of Kneser–Ney:", "", f"| text | unit | times | {' | '.join(METHODS)} |"]
    lines.append("|---" * (3 + len(METHODS)) + "|")
    for one in found:
        if one["learner"] == LEARNERS[0]:
            errors = " | ".join(f"{one[method]:+.2f}" for method in METHODS)
            lines.append(f"| {one['text']} | {one['unit']} | {one['factor']} | {errors} |")
    return lines


def rms(cases: list[dict], method: str) -> float:
    return float(np.sqrt(np.mean([one[method] ** 2 for one in cases])))


def record_of(slopes: dict[tuple[str, str], np.ndarray], found: list[dict]) -> str:
    """The module that keeps the slopes and the record."""
    texts = len({one["text"] for one in found})
    lines = [RECORD.read_text(encoding="utf-8").partition("TEXTS =")[0] + f"TEXTS = {texts}", "SLOPES = {"]
    lines += [f"    {key!r}: {tuple(round(float(s), 5) for s in values)!r}," for key, values in slopes.items()]
    lines += ["}", "RECORD = {"]
    for unit, learner in slopes:
        records = []
        for factor in (4, 16):
            cases = [one for one in found if (one["unit"], one["learner"], one["factor"]) == (unit, learner, factor)]
            records.append(tuple(round(rms(cases, method), 3) for method in METHODS))
        lines.append(f"    {(unit, learner)!r}: {tuple(records)!r},")
    return "\n".join([*lines, "}", ""]).replace("'", '"')


def coverage(folder: Path) -> list[str]:
    """How often intervals hold the mean over all seeds, of other test documents and other orders of the same text."""
    lines = ["| text | unit | held out | L(D), all sizes | gains | L(D), test part alone |", "|---" * 6 + "|"]
    for unit in ("byte", "word"):
        for name in ("eng_novels", "c_linux", "zho_tang", "python"):
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
            lines.append(f"| {name} | {unit} | {curves[0].how} | {' | '.join(cells)} | {held_by(alone):.2f} |")
            print(lines[-1], flush=True)
    return lines


def held_by(measured: Sequence[Crossed]) -> float:
    """The share of intervals, over seeds and sizes, that hold the mean over the seeds."""
    truth = np.mean([one.value for one in measured], axis=0)
    return float(np.mean([(one.interval()[0] <= truth) & (truth <= one.interval()[1]) for one in measured]))


def put(name: str, lines: list[str]) -> None:
    """Lines between two comments of the page."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of the {name} -->"
    before, rest = PAGE.read_text(encoding="utf-8").split(begin)
    write_text(PAGE, before + begin + "\n".join(lines) + "\n" + end + rest.split(end)[1])


def main() -> None:
    folder = Path(sys.argv[1])
    results: dict[str, dict[str, xr.Dataset]] = {}
    for unit in ("byte", "word"):
        found = {name: measured(name, folder, unit) for name in TEXTS}
        results[unit] = {name: one for name, one in found.items() if one is not None}
    put("tables of real texts", real_texts(results))
    put("table of coverage on real texts", coverage(folder))
    slopes, cases = predictions(results)
    put("tables of loss from counts", counted_texts(cases))
    write_text(RECORD, record_of(slopes, cases))


LEARNT_ON = ("eng_novels", "eng_shakespeare", "c_linux", "deu_laws", "zho_tang")
if __name__ == "__main__":
    main()
