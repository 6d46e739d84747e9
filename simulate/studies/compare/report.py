"""What a comparison looks like to a reader: the sentence that answers, what B adds, what both share, and rows."""

from __future__ import annotations

import json
import math
from typing import Any

import xarray as xr

from bounds.base.notes import METHOD, REFUSED, Note
from bounds.cli.printing import estimated, number, percent, written
from bounds.cli.report import Report, Table
from simulate.running.showing.view import View
from simulate.studies.compare.dataset import COUNTS, COUNTS_OF_SIDES, ENDS, ESTIMATES, ESTIMATES_OF_SIDES, GIVEN
from simulate.text.cutting.units import counted, noun, said

METHOD_OF_RATES = (
    "New: distinct windows of B that are not in A. Intervals are over blocks of B, left out one by one, and take A as "
    "given; they speak of more text of the kind of B. As much more of A: U of A continued by as many units as B has, "
    "by the method that has the best record on held-back text (see `corpus --extrapolate`), whose interval holds what "
    "it was off by there. B : A rests on no such law: every stretch of A is laid beside A without the block that it is "
    "from, every stretch of B beside the same, and what is new in them is compared, with an interval over the blocks "
    "of both. Stretches are as long as the shortest block."
)
METHOD_OF_SHARES = (
    "Of B in A: part of the windows of B that occur in A, each as often as it occurs; distinct: part of its distinct "
    "windows (containment); Jaccard: distinct windows of both over those of either. The last two depend on how much "
    "text there is. What both hold without copies depends on which corpus is A, where copies stay."
)


def report(dataset: xr.Dataset, view: View) -> Report:
    """The answer, what B adds beside more of A, and what both share; sizes and intervals behind ``--explain``."""
    del view
    return Report(
        answer=answer(dataset),
        tables=[_rates(dataset), _shares(dataset.sel(text=GIVEN))],
        notes=notes(dataset),
        asides=_no_more(dataset),
        details=[_sizes(dataset), _stretches(dataset), _intervals(dataset)],
        method=[METHOD_OF_RATES, METHOD_OF_SHARES],
        data={"rows": rows(dataset)},
        question="What does corpus B add to corpus A, and what do they share?",
    )


def about(dataset: xr.Dataset) -> dict[str, Any]:
    """Names of the corpora, unit, what copies are, and notes."""
    found: dict[str, Any] = json.loads(dataset.attrs["comparison"])
    return found


def rows(dataset: xr.Dataset) -> list[dict[str, Any]]:
    """One flat object for each length and text, with the names of the Dataset; of the sides ``…_a`` and ``…_b``."""
    told, found = about(dataset), []
    for one in _lines(dataset):
        row: dict[str, Any] = {"a": told["corpora"][0], "b": told["corpora"][1], "unit": told["unit"]}
        row |= {"length": int(one.length), "text": str(one.text.item())}
        for i, side in enumerate(("a", "b")):
            row |= {f"{name}_{side}": int(one[name][i]) for name in COUNTS_OF_SIDES}
        row |= {name: int(one[name]) for name in COUNTS}
        for name in ESTIMATES:
            row |= {name + end: _known(one[name + end]) for end in ENDS}
        for name in ESTIMATES_OF_SIDES:
            for i, side in enumerate(("a", "b")):
                row |= {f"{name}_{side}{end}": _known(one[name + end][i]) for end in ENDS}
        row |= {"more_factor": float(one.more_factor), "more_method": str(one.more_method.item()) or None,
                "more_why_not": str(one.more_why_not.item()) or None}  # fmt: skip
        found.append(row)
    return found


def _lines(dataset: xr.Dataset) -> list[xr.Dataset]:
    """Each length and text for which there are counts."""
    sizes = dataset.sizes
    every = [dataset.isel(length=i, text=j) for i in range(sizes["length"]) for j in range(sizes["text"])]
    return [one for one in every if int(one.n_new) >= 0]


def answer(dataset: xr.Dataset) -> str:
    """What B adds, by the first length: how much, beside what more of A would bring, and how much of B is in A."""
    told, one = about(dataset), dataset.isel(length=0).sel(text=GIVEN)
    (a, b), unit, k = told["corpora"], told["unit"], int(one.length)
    of_a, of_b = (int(n) for n in one.n_unique_of)
    n_new, of_length = int(one.n_new), f"of {counted(k, unit)}"
    if not n_new:
        known = f"all {written(of_b)} that it has are among the {written(of_a)} there"
        return f"{b} adds no new windows {of_length} to {a}: {known}."
    parts = [
        f"{b} adds {written(n_new)} new window{'' if n_new == 1 else 's'} {of_length} to the {written(of_a)} of {a}: "
        f"{_estimate(one, 'new_rate')} per 1,000 {noun(unit)}"
    ]
    if math.isfinite(float(one.more_rate)):
        parts[0] += f", against {_estimate(one, 'more_rate')} that as much more of {a} would bring"
    share, contained = float(one.known[1]), float(one.contained[1])
    of_windows = f"Of all windows of {b} {_not_all(share)} are in {a}, of its distinct ones {_not_all(contained)}"
    return ". ".join([*parts, *_verdict(one, a, b), of_windows]) + "."


def _not_all(share: float) -> str:
    """A share in percent that rounding makes neither all nor none where it is not."""
    told = percent(share, 1)
    if share < 1 and told == percent(1, 1):
        return f"more than {percent(0.999, 1)}"
    return f"less than {percent(0.001, 1)}" if share > 0 and told == percent(0, 1) else told


_WORDS = {1: "more than", -1: "less than", 0: "no clear difference from"}


def _verdict(one: xr.Dataset, a: str, b: str) -> list[str]:
    """Whether B brings more than more of A does: stretch by stretch, and all of it, where that says something else."""
    side, whole = _side_of_one(one, "stretch_ratio"), _side_of_one(one, "more_ratio")
    if side is None:
        return []
    told = (
        f"In stretches of {written(int(one.stretch))} windows, {b} brings {_estimate(one, 'stretch_ratio')} times what "
        f"{a} brings to the rest of itself: {_WORDS[side]} more of {a}"
    )
    one_stretch = int(one.n_draws_of[1]) < 2 * int(one.stretch)
    if one_stretch or whole is None or whole == side:
        return [told]
    verdict = "no clear difference" if whole == 0 else _WORDS[whole].removesuffix(" than")
    return [f"{told} at first; all of {b} brings {_estimate(one, 'more_ratio')} times as much: {verdict}"]


def _side_of_one(one: xr.Dataset, name: str) -> int | None:
    """1 where the interval of a ratio is above 1, -1 where it is below, else 0; None where there is no interval."""
    low, high = float(one[f"{name}_lower"]), float(one[f"{name}_upper"])
    return None if math.isnan(low) or math.isnan(high) else (low > 1) - (high < 1)


def _estimate(one: xr.Dataset, name: str, side: int | None = None) -> str:
    ends = [one[name + end] for end in ENDS]
    value, low, high = (_known(end if side is None else end[side]) for end in ends)
    # A count is a result without an interval too.
    return number(value, 3) if low is None and value is not None else estimated(value, low, high, shown=number)


def notes(dataset: xr.Dataset) -> list[Note]:
    """What a reader must be told beside the numbers."""
    told = [Note(note["kind"], note["text"]) for note in about(dataset)["notes"]]
    if (dataset.stretch.sel(text=GIVEN) == 0).all():
        text = "texts are too short, or were not cut into blocks: stretches of A and B are not compared"
        told.append(Note(REFUSED, text))
    return told


def _no_more(dataset: xr.Dataset) -> list[Note]:
    """Why nothing is said of more of A."""
    found = []
    for one in _lines(dataset):
        if why := str(one.more_why_not.item()):
            text = f"length {int(one.length)}, {one.text.item()}: nothing is said of as much more of A: {why}"
            found.append(Note(METHOD, text))
    return found


def _copied(dataset: xr.Dataset) -> bool:
    return dataset.sizes["text"] > 1


def _keys(dataset: xr.Dataset, one: xr.Dataset) -> list[str]:
    """Length, and whether copies are in."""
    copies = ("in" if str(one.text.item()) == GIVEN else "out") if _copied(dataset) else ""
    return [str(int(one.length)), copies]


def _rates(dataset: xr.Dataset) -> Table:
    told = about(dataset)
    unit = told["unit"]
    cells = [
        [*_keys(dataset, one), *(_estimate(one, name) for name in ("new_rate", "more_rate", "stretch_ratio"))]
        for one in _lines(dataset)
    ]
    columns = ["length", "copies", "B [95 %]", "more of A [95 %]", "B : A [95 %]"]
    a, b = told["corpora"]
    title = f"New windows in 1,000 {noun(unit)}{said(unit)} that are added to A ({a}): of B ({b}), and of more of A"
    below = "B : A: what is new in stretches of B over what is new in stretches of A, both to the rest of A."
    return Table(columns, cells, left=2 if _copied(dataset) else 1, title=title, below=below)


def _shares(one_text: xr.Dataset) -> Table:
    cells = []
    for i in range(one_text.sizes["length"]):
        one = one_text.isel(length=i)
        shared = int(one.n_shared)
        only_a = int(one.n_unique_of[0]) - shared
        cells.append([
            str(int(one.length)), written(only_a), written(shared), written(int(one.n_new)),
            percent(float(one.known[1]), 1), percent(float(one.contained[1]), 1), number(float(one.jaccard), 3),
        ])  # fmt: skip
    columns = ["length", "only in A", "in both", "new in B", "of B in A", "distinct", "Jaccard"]
    return Table(columns, cells, title="Distinct windows, and part of the windows of B that are in A")


def _sizes(dataset: xr.Dataset) -> Table:
    cells = []
    for one in _lines(dataset):
        for i, side in enumerate("AB"):
            cells.append([*_keys(dataset, one), side, *(str(int(one[name][i])) for name in COUNTS_OF_SIDES)])
    unit = about(dataset)["unit"]
    columns = ["length", "copies", "side", noun(unit), "windows", "distinct", "blocks"]
    return Table(columns, cells, left=3, title="What was counted")


def _stretches(dataset: xr.Dataset) -> Table:
    cells = [
        [*_keys(dataset, one), str(int(one.stretch)), *(_estimate(one, "stretch_rate", side) for side in (0, 1))]
        for one in _lines(dataset) if int(one.stretch)
    ]  # fmt: skip
    unit = noun(about(dataset)["unit"])
    columns = ["length", "copies", "windows", "of A [95 %]", "of B [95 %]"]
    return Table(columns, cells, left=2, title=f"New windows in 1,000 {unit} of a stretch, to the rest of A")


def _intervals(dataset: xr.Dataset) -> Table:
    cells = []
    for one in _lines(dataset):
        found = [_estimate(one, name, side) for side in (1, 0) for name in ("known", "contained")]
        cells.append([*_keys(dataset, one), *found, _estimate(one, "jaccard")])
    columns = ["length", "copies", "of B in A", "distinct of B", "of A in B", "distinct of A", "Jaccard"]
    return Table(columns, cells, left=2, title="Shares of windows, with 95 % intervals")


def _known(value: Any) -> float | None:
    """A number for JSON, which knows neither NaN nor infinity."""
    found = float(value)
    return found if math.isfinite(found) else None
