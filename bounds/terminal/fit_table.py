"""What a fitted loss law looks like in a terminal: its constants and its band, every number with its interval."""

from __future__ import annotations

import numpy as np

from bounds.command import number, print_table
from bounds.intervals import EMPIRICAL, Interval
from bounds.law_fitting import LossLawFit
from bounds.terminal.band_table import steep_note
from bounds.uncertainty import FittedBand

_CONSTANTS = {
    "irreducible": "E, irreducible loss",
    "param_coefficient": "A",
    "param_exponent": "α",
    "data_coefficient": "B",
    "data_exponent": "β",
}
_QUANTITIES = {
    "exponent": "exponent γ, U ~ D^γ",
    "corpus_factor": "corpus × for {skills:g}x skills",
    "n_unique": "sequences U(D)",
    "n_params": "parameters N = νU",
}


def fit_notes(fit: LossLawFit) -> list[str]:
    """The sentences that belong to a fit: what the runs do not decide, and what that means for the band."""
    notes = [f"{note}." for note in fit.notes]
    if fit.no_band:
        notes.append(f"{fit.no_band}.")
    elif fit.law.data_exponent >= 0.5:
        notes.append(steep_note("the fitted law", fit.law.data_exponent).removeprefix("! "))
    return notes


def print_fit(fit: LossLawFit, band: FittedBand | None, *, confidence: float, skills: float) -> None:
    """Print the constants of a fit, then its band: each end with the interval that the fit's error gives it."""
    percent = f"{100 * confidence:g} % interval"
    dropped = f" ({fit.n_dropped} left out)" if fit.n_dropped else ""
    print(f"L(N, D) = E + A N^-α + B D^-β, nats per token, through {fit.n_runs} runs{dropped}: {fit.law.note}")
    errors = fit.standard_errors
    rows = [
        (title, number(getattr(fit.law, name), 5), _error(errors[name]), _pair(fit.interval(name, confidence)))
        for name, title in _CONSTANTS.items()
    ]
    print_table(["constant", "estimate", "standard error", percent], rows)
    for note in fit_notes(fit):
        print(f"! {note}")
    if band is None:
        return
    at = "" if band.n_tokens is None else f" for a corpus of {band.n_tokens:.4g} tokens"
    print(f"What it implies{at}: each end of a band is itself uncertain")
    lines, seen = [], ""
    for one in band.numbers:
        if one.quantity not in _QUANTITIES:
            continue
        title = "" if one.quantity == seen else _QUANTITIES[one.quantity].format(skills=skills)
        seen = one.quantity
        value = "vacuous" if one.vacuous else number(one.value)
        pair = "–" if one.vacuous or one.interval is None else _pair(one.interval)
        lines.append((title, one.end, value, pair, one.label))
    print_table(["", "", "estimate", percent, "label"], lines, left=2)
    print(f"Intervals: {len(fit.samples if fit.samples is not None else ())} resamples of the runs, {EMPIRICAL}.")
    subject = "Assumption:" if band.n_tokens is None else "U"
    print(f"{subject} {band.assumption.replace('; upper: ', '. U upper: ')}.")
    print(f"Source: {band.source}.")


def _pair(interval: Interval | None) -> str:
    return "–" if interval is None else f"{number(interval.lower)} – {number(interval.upper)}"


def _error(value: float) -> str:
    return "–" if np.isnan(value) else number(value)
