"""What a measured corpus looks like to a reader: Dataset, rows, tables and the sentence that answers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from bounds.cli.band_table import print_bands
from bounds.cli.printing import number, print_table
from bounds.efficiency.band import Band
from simulate.running.dataset import describe, provenance, stamp
from simulate.text.cutting.units import counted, noun, said
from simulate.text.exponents import REJECT, CorpusFit, WindowFit
from simulate.text.growth import CorpusGrowth
from simulate.text.source import why_too_short
from simulate.text.streaming import SketchedGrowth

Pair = tuple[CorpusGrowth, CorpusFit | None]


def name(growth: CorpusGrowth | SketchedGrowth) -> str:
    """The source string of a measured corpus."""
    return f"corpus:{growth.corpus},unit={growth.unit},length={growth.length}"


def to_dataset(pairs: Sequence[Pair], parameters: dict[str, Any]) -> xr.Dataset:
    """One Dataset: a source for each length, along the prefixes in units; counts are int64."""
    growths = [growth for growth, _ in pairs]
    dims = ("source", "n_units")
    counts = {key: np.array([getattr(g, key) for g in growths]) for key in ("n_draws", "n_unique", "f1", "f2")}
    data: dict[str, Any] = {key: (dims, values) for key, values in counts.items()}
    columns = [_numbers(fit) for _, fit in pairs]
    for key in columns[0]:
        data[key] = ("source", np.array([column[key] for column in columns]))
    data["fit"] = ("source", [fit.verdict if fit else _why_not(growth) for growth, fit in pairs])
    dataset = xr.Dataset(data, coords={"source": [name(g) for g in growths], "n_units": growths[0].n_units})
    dataset["length"] = ("source", np.array([g.length for g in growths]))
    inputs = dict(growths[0].sha256)
    made = provenance(parameters, engine={"name": "corpus", "reason": "counted exactly"}, inputs=inputs, device="cpu")
    return stamp(describe(dataset), made)


def _why_not(growth: CorpusGrowth) -> str:
    """Why there is no fit: none was asked for, or the text is too short for it."""
    if not any("too few" in note for note in growth.notes):
        return "No fit: no blocks were asked for."
    return why_too_short(int(growth.n_draws[-1]), int(growth.n_unique[-1]))


NUMBERS = (
    "exponent", "exponent_lower", "exponent_upper", "exponent_sampling", "exponent_misfit_below",
    "exponent_misfit_above", "exponent_local", "fit_p_value", "neighbour_correlation",
)  # fmt: skip
"""What a fit says of a length, in numbers; NaN in a Dataset, and null in JSON, where there is none."""


def _numbers(fit: CorpusFit | None) -> dict[str, float]:
    if fit is None:
        return dict.fromkeys(NUMBERS, math.nan)
    low, high = (math.nan, math.nan) if fit.interval is None else fit.interval
    found = (
        fit.exponent, low, high, fit.sampling, fit.misfit_below, fit.misfit_above, fit.local, fit.p_value,
        fit.neighbours,
    )  # fmt: skip
    return dict(zip(NUMBERS, found, strict=True))


def rows(pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    """One flat object for each length and prefix, with the names of the Dataset."""
    return [row for growth, _ in pairs for row in growth.rows()]


def fits(pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    """One object a length: the exponent, its interval, the test of fit, and how it moves with the window of D."""
    found = []
    for growth, fit in pairs:
        entry: dict[str, Any] = {"source": name(growth), "order": growth.order, "length": growth.length}
        entry |= _nulls(_numbers(fit))
        entry["rejected"] = fit.rejected if fit else None
        entry["fit"] = fit.verdict if fit else _why_not(growth)
        entry["windows"] = [_window(w) for w in fit.windows] if fit else []
        found.append(entry)
    return found


def _window(fit: WindowFit) -> dict[str, Any]:
    low, high = (math.nan, math.nan) if fit.interval is None else fit.interval
    numbers = {
        "from_draws": fit.from_draws, "to_draws": fit.to_draws, "exponent": fit.exponent, "exponent_lower": low,
        "exponent_upper": high, "exponent_sampling": fit.sampling, "exponent_misfit_below": fit.misfit_below,
        "exponent_misfit_above": fit.misfit_above, "p_value": fit.p_value,
    }  # fmt: skip
    return {**_nulls(numbers), "rejected": fit.rejected}


def _nulls(numbers: dict[str, Any]) -> dict[str, Any]:
    """`numbers` with None for NaN, which JSON does not know."""
    return {key: None if math.isnan(value) else value for key, value in numbers.items()}


def verdict(pairs: Sequence[Pair]) -> str:
    """One sentence: which exponent each length has here, or that it has none, and its slope."""
    fitted = [(growth, fit) for growth, fit in pairs if fit is not None]
    if not fitted:
        return f"Nothing is said about how distinct windows grow. {_why_not(pairs[0][0])}"
    parts = []
    for growth, fit in fitted:
        what = counted(growth.length, growth.unit)
        if fit.slope in (0.0, 1.0):
            parts.append(f"{'every' if fit.slope else 'no further'} window of {what} is new")
        elif fit.interval is None:
            parts.append(f"windows of {what} have no exponent (slope {fit.slope:.2f} at the end)")
        else:
            low, high = fit.interval
            law = ", and no single power law holds" if fit.p_value < REJECT else ""
            parts.append(
                f"windows of {what} grow as K D^γ - u₀ with γ = {fit.exponent:.2f} [{low:.2f}, {high:.2f}] from D = "
                f"{fit.window[0]:.2g} on (slope {fit.slope:.2f} at the end{law})"
            )
    return f"In {fitted[0][0].corpus}, {'; '.join(parts)}; each unit and length has an exponent of its own."


def print_corpus(pairs: Sequence[Pair], implied: Sequence[Band], *, curves: bool) -> None:
    """Print counts at the last prefix (at every prefix with `curves`), fits, what laws imply, and the verdict."""
    first = pairs[0][0]
    print(
        f"Distinct windows of {noun(first.unit)}{said(first.unit)} in {first.corpus}, "
        f"{counted(first.n_units[-1], first.unit)}, order: {first.order}"
    )
    shown = [row for growth, _ in pairs for row in (growth.rows() if curves else growth.rows()[-1:])]
    columns = ["length", noun(first.unit), "windows D", "distinct U", "seen once", "seen twice"]
    keys = ("length", "n_units", "n_draws", "n_unique", "f1", "f2")
    print_table(columns, [[str(row[key]) for key in keys] for row in shown], left=0)
    if any(fit for _, fit in pairs):
        _print_fits(pairs)
    for note in dict.fromkeys(note for growth, _ in pairs for note in growth.notes):
        print(f"! {note}")
    for growth, fit in pairs:
        print(f"length {growth.length}: {fit.verdict if fit else _why_not(growth)}")
    total, one = float(first.n_units[-1]), noun(first.unit, 1)
    print(f"\nWhat the loss laws imply for a corpus of D = {total:.4g} tokens, one token a {one}")
    print_bands(implied, total)
    print(f"\n{verdict(pairs)}")


def _print_fits(pairs: Sequence[Pair]) -> None:
    columns = [
        "length", "fitted from D", "to D", "γ", "95 % interval", "sampling", "misfit", "p of fit", "γ of prefixes",
        "local f1/U", "slope at end",
    ]  # fmt: skip
    table = []
    for growth, fit in pairs:
        if fit is None:
            continue
        for i, w in enumerate(fit.windows):
            ends = ["", ""] if i else [f"{fit.local:.3f}", f"{fit.slope:.3f}"]
            prefix = "–" if w.exponent_prefix is None else f"{w.exponent_prefix:.3f}"
            table.append(
                ["" if i else str(growth.length), f"{w.from_draws}", f"{w.to_draws}", *_fitted(w), prefix, *ends]
            )
    print_table(columns, table, left=0)
    print(
        "γ: of the mean curve over all stretches of D windows; γ of prefixes: of the curve as counted, in this order.\n"
        "The interval is γ ± sampling (from leaving out blocks of text), wider by the misfit: how far exponents of\n"
        "parts of the stretch lie below and above γ, less what their sampling explains. p of fit: that\n"
        "K D^γ - u₀ holds there; no other number depends on it."
    )


def _fitted(fit: WindowFit) -> list[str]:
    if fit.interval is None:
        return ["–", "none", "–", "–", "–"]
    low, high = fit.interval
    misfit = f"-{fit.misfit_below:.3f} +{fit.misfit_above:.3f}"
    return [f"{fit.exponent:.3f}", f"{low:.3f} – {high:.3f}", f"±{fit.sampling:.3f}", misfit, number(fit.p_value, 2)]
