"""What more of a text would bring, as variables of a Dataset and as a report shows them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import xarray as xr

from bounds.base.notes import FITTED, REFUSED, Note
from bounds.base.telling.steps import stepped
from bounds.cli.printing import number
from bounds.cli.report import Table
from bounds.fitting.extrapolation.extrapolate import METHODS
from simulate.text.counting import EXACT_TO
from simulate.text.cutting.units import counted
from simulate.text.extrapolation import more_text
from simulate.text.growth import CorpusGrowth
from simulate.text.held_back import DEFAULT, DEFAULT_AT_END
from simulate.text.streaming import SketchedGrowth

METHOD = (
    "What more text would bring: good-toulmin is the smoothed series in f_k, pitman-yor the predictive mean of the "
    "process that makes f_k most likely, zipf-mandelbrot the law with this U and f_1, log-quadratic ln U as a parabola "
    "in ln D, local-slope its slope at the end kept. The first three are of independent draws, and are moved by what "
    "the blocks of the text show of its bursts. Intervals hold sampling, and what each method was off by on real texts "
    "whose rest was held back (docs/corpora.md). Coverage is that of Good and Turing, and its interval, for "
    "independent windows, is too narrow for text."
)
SKETCHED = (
    "Of a sketch, all that the methods read is counted among the sampled windows and scaled to U; intervals hold that "
    "these are a sample, and the interval of U. Blocks are 16 to 23, and the last windows, fewer than one has, are in "
    "none."
)


def more(
    growths: Sequence[CorpusGrowth | SketchedGrowth], factors: Sequence[float], coordinates: dict[str, Any]
) -> dict[str, Any]:  # fmt: skip
    """Variables for `factors` times the text, whose coordinates are added; none where no factor was asked for."""
    if not len(factors):
        return {}
    coordinates |= {"factor": np.array(factors, float), "method": list(DEFAULT)}
    found = [more_text(growth, factors) for growth in stepped(growths, "looking ahead", "lengths")]
    dims = ("source", "factor", "method")

    def of(read: Any) -> Any:
        return np.array([[[read(one) for one in each] for each in text.found] for text in found])

    def ends(read: Any) -> Any:
        return of(lambda one: tuple(map(float, read(one) or (math.nan, math.nan))))

    unique, share = ends(lambda one: one.interval), ends(lambda one: one.new_share_interval)
    return {
        "coverage": ("source", np.array([text.coverage for text in found])),
        "coverage_lower": ("source", np.array([text.coverage_interval.lower for text in found])),
        "coverage_upper": ("source", np.array([text.coverage_interval.upper for text in found])),
        "more_unique": (dims, of(lambda one: one.expected)),
        "more_unique_lower": (dims, unique[..., 0]), "more_unique_upper": (dims, unique[..., 1]),
        "more_new_share": (dims, of(lambda one: one.new_share)),
        "more_new_share_lower": (dims, share[..., 0]), "more_new_share_upper": (dims, share[..., 1]),
        "more_why_not": (dims, of(lambda one: one.why_not)),
        "more_at_most": (dims[:2], np.array([text.at_most for text in found])),
        "more_at_most_stationary": (dims[:2], np.array([text.at_most_stationary for text in found])),
    }  # fmt: skip


def has_more(dataset: xr.Dataset) -> bool:
    """Whether a result looks ahead."""
    return "more_unique" in dataset


def any_applies(dataset: xr.Dataset) -> bool:
    """Whether there is a number for any length and factor, and not the bounds alone."""
    return bool(np.isfinite(dataset.more_unique.values).any())


def chosen(at: xr.Dataset) -> int | None:
    """The place of the first method that applies, of one length and factor; None where none does."""
    there = np.flatnonzero(np.isfinite(at.more_unique.values))
    return int(there[0]) if len(there) else None


def chosen_at_end(at: xr.Dataset) -> int | None:
    """The place of the method of the part that is new there, likewise."""
    by_place = {str(name): i for i, name in enumerate(at.method.values)}
    places = [by_place[name] for name in DEFAULT_AT_END]
    return next((place for place in places if np.isfinite(at.more_new_share.values[place])), None)


def entries(dataset: xr.Dataset) -> list[dict[str, Any]]:
    """One object for each length and factor: the numbers of the method that was chosen, and of all."""
    found = []
    for one, at in _each(dataset):
        place = chosen(at)
        entry: dict[str, Any] = {
            "length": int(one.length), "factor": float(at.factor), "n_draws_now": int(one.n_draws[-1]),
            "n_unique_now": int(one.n_unique[-1]), "coverage": float(one.coverage),
            "coverage_lower": float(one.coverage_lower), "coverage_upper": float(one.coverage_upper),
            "at_least": _at_least(one), "at_most": float(at.more_at_most),
            "at_most_stationary": float(at.more_at_most_stationary),
        }  # fmt: skip
        methods = [_of_method(at.isel(method=i)) for i in range(at.sizes["method"])]
        first = {"method": None} | dict.fromkeys(list(methods[0])[1:]) if place is None else methods[place]
        at_end = chosen_at_end(at)
        new = {key: None if at_end is None else methods[at_end][key] for key in _NEW}
        new["new_share_method"] = None if at_end is None else methods[at_end]["method"]
        found.append(entry | first | new | {"methods": methods})
    return found


_NEW = ("new_share", "new_share_lower", "new_share_upper")


def _at_least(one: xr.Dataset) -> int:
    """U now, or the lower end of its interval where it is estimated."""
    return int((one.n_unique_lower if "n_unique_lower" in one else one.n_unique)[-1])


def _each(dataset: xr.Dataset) -> list[tuple[xr.Dataset, xr.Dataset]]:
    lengths = [dataset.isel(source=i) for i in range(dataset.sizes["source"])]
    return [(one, one.isel(factor=j)) for one in lengths for j in range(one.sizes["factor"])]


def _of_method(at: xr.Dataset) -> dict[str, Any]:
    name = str(at.method.item())
    values = {
        "n_unique": at.more_unique, "n_unique_lower": at.more_unique_lower, "n_unique_upper": at.more_unique_upper,
        "new_share": at.more_new_share, "new_share_lower": at.get("more_new_share_lower", math.nan),
        "new_share_upper": at.get("more_new_share_upper", math.nan),
    }  # fmt: skip
    known = {key: None if math.isnan(float(value)) else float(value) for key, value in values.items()}
    how = METHODS[name]
    return {"method": name, **known, "label": how.label, "assumption": how.assumption,
            "why_not": str(at.more_why_not.item()) or None}  # fmt: skip


def spectrum(one: xr.Dataset, name: str = "spectrum") -> list[int]:
    """f_1 … f_100 of one length, or ends of their intervals."""
    exact = one.multiplicity.values <= EXACT_TO
    return [int(count) for count in one[name].values[exact]]


def table(dataset: xr.Dataset) -> Table:
    """Two rows a length: what is seen now and U at each factor, bounds where none applies; and new windows there."""
    cells = []
    for i in range(dataset.sizes["source"]):
        one = dataset.isel(source=i)
        at = [one.isel(factor=j) for j in range(one.sizes["factor"])]
        unique = [_bounds(one, each) if (place := chosen(each)) is None else _unique(each, place) for each in at]
        cells.append([str(int(one.length)), f"{float(one.coverage):.3f}", "U", *unique])
        new = ["–" if (place := chosen_at_end(each)) is None else _new(each, place) for each in at]
        if set(new) != {"–"}:
            cells.append(["", "", "new", *new])
    columns = ["length", "seen", "", *(f"at {many(dataset.isel(factor=j))} [95 %]" for j in range(len(dataset.factor)))]
    return Table(columns, cells, title="What more would bring", below=_methods(dataset))


def _bounds(one: xr.Dataset, at: xr.Dataset) -> str:
    return f"{_at_least(one)} to {number(float(at.more_at_most), 6)}"


def _methods(dataset: xr.Dataset) -> str:
    """What the rows are, and which methods the numbers are of."""
    told = ["seen: part of the next windows", "U" + _by(dataset, chosen)]
    if new := _by(dataset, chosen_at_end):
        told.append(f"new: in the next 1,000{new}")
    if any(chosen(at) is None for _, at in _each(dataset)):
        told.append("no brackets: bounds")
    return "; ".join(told) + "."


def _by(dataset: xr.Dataset, which: Callable[[xr.Dataset], int | None]) -> str:
    """The methods, that of most numbers first and the others with what they are of; empty where there are none."""
    used: dict[str, list[str]] = {}
    for one, at in _each(dataset):
        if (place := which(at)) is not None:
            used.setdefault(str(at.method.values[place]), []).append(f"length {int(one.length)} at {many(at)}")
    by_use = sorted(used, key=lambda name: -len(used[name]))
    others = "".join(f", {' and '.join(used[name])} by {name}" for name in by_use[1:])
    return f" by {by_use[0]}{others}" if by_use else ""


def many(at: xr.Dataset) -> str:
    """The factor of one column, as it is typed: 2x."""
    return f"{float(at.factor):g}x"


def _unique(at: xr.Dataset, place: int) -> str:
    return _with_ends(at, "more_unique", place, 1)


def _new(at: xr.Dataset, place: int) -> str:
    return _with_ends(at, "more_new_share", place, 1000)


def _with_ends(at: xr.Dataset, name: str, place: int, times: float) -> str:
    there = [name + end for end in ("", "_lower", "_upper") if name + end in at]
    middle, *ends = (number(times * float(at[one][place]), 3) for one in there)
    return f"{middle} [{', '.join(ends)}]" if ends else middle  # a result of before has none of new windows


def all_methods(dataset: xr.Dataset) -> Table:
    """A row for each length and method, with U at each factor."""
    factors = [f"{f:g}x" for f in dataset.factor.values.tolist()]
    cells = []
    for i in range(dataset.sizes["source"]):
        for m, name in enumerate(dataset.method.values):
            one = dataset.isel(source=i)
            at = [one.isel(factor=j) for j in range(one.sizes["factor"])]
            cells.append([str(int(one.length)), str(name),
                          *(_unique(a, m) if np.isfinite(a.more_unique.values[m]) else "–" for a in at)])  # fmt: skip
    columns = ["length", "method", *(f"U at {f} [95 %]" for f in factors)]
    return Table(columns, cells, left=2, title="What more would bring, by every method")


def sentence(dataset: xr.Dataset, unit: str) -> str:
    """What the first factor brings at the first length, as a sentence of its own; empty where there is none."""
    one, at = _each(dataset)[0]
    place = chosen(at)
    if place is None:
        return ""
    how_much = "Twice the text" if float(at.factor) == 2 else f"{float(at.factor):g} times the text"
    return f" {how_much} would hold about {_unique(at, place)} distinct windows of {counted(int(one.length), unit)}."


BY_DEFAULT = (2.0, 10.0)
"""How far ahead nobody asked to look: that no method reaches there is no news."""


def refusals(dataset: xr.Dataset) -> list[Note]:
    """Where no method applies: why the first does not, and what holds all the same."""
    found = []
    for one, at in _each(dataset):
        if chosen(at) is None:
            low, high, mean = _at_least(one), float(at.more_at_most), float(at.more_at_most_stationary)
            bound = f"U there is from {low} to {number(high, 6)}"
            if mean < high:
                bound += f", and on average at most {number(mean, 6)} where the text goes on as it is (stationary)"
            text = f"length {int(one.length)}, {many(at)}: {at.more_why_not.values[0]}; {bound}"
            found.append(Note(REFUSED, text))
    return found


FEW = 100
"""New windows below which their number scatters by more than a tenth around its mean by chance alone."""


def few(dataset: xr.Dataset) -> list[Note]:
    """Where so few new windows are expected that an interval of their mean is too narrow for their number."""
    found = dict[int, list[str]]()
    for one, at in _each(dataset):
        place = chosen(at)
        if place is not None and (new := float(at.more_unique[place]) - int(one.n_unique[-1])) < FEW:
            found.setdefault(int(one.length), []).append(f"{number(new, 2)} at {many(at)}")
    return [
        Note(
            FITTED,
            f"length {length}: so few new windows ({', '.join(told)}) may miss the interval of their mean",
        )
        for length, told in found.items()
    ]
