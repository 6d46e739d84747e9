"""What a fitted loss law looks like in a terminal: its constants and its band, every number with its interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bounds.base.intervals import EMPIRICAL, Interval
from bounds.base.notes import Note
from bounds.cli.band_table import steep_note
from bounds.cli.printing import number, print_table
from bounds.fitting.runs.law_inputs import named
from bounds.fitting.runs.loss_law import CONSTANTS, LossLawFit
from bounds.fitting.runs.uncertainty import FittedBand

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


def fit_notes(fit: LossLawFit, band: FittedBand | None, titles: dict[str, str]) -> list[Note]:
    """What belongs to a fit: what the runs do not decide, and what that means for the band.

    `titles` are the columns of the file by argument, which the sentences name.
    """
    notes = [_sentence(named(note, titles)) for note in fit.notes]
    if fit.no_band:
        notes.append(_sentence(fit.no_band))
    elif fit.law.data_exponent >= 0.5:
        notes.append(steep_note("the fitted law", fit.law.data_exponent))
    return notes + ([] if band is None else [_sentence(note) for note in band.notes])


def _sentence(note: Note) -> Note:
    """`note` with its full stop."""
    return note if note.text.endswith("?") else Note(note.kind, f"{note}.")


def print_fit(
    fit: LossLawFit, band: FittedBand | None, notes: Sequence[Note], *, confidence: float, skills: float
) -> None:
    """Print the constants of a fit, then its band: each end with the interval that the fit's error gives it."""
    percent = f"{100 * confidence:g} % interval{', sampling only' if fit.sampling_only else ''}"
    dropped = f" ({fit.n_dropped} left out)" if fit.n_dropped else ""
    what = f"{fit.n_runs} runs" if fit.n_groups == fit.n_runs else f"{fit.n_runs} rows of {fit.n_groups} runs"
    print(f"L(N, D) = E + A N^-α + B D^-β, {fit.loss_unit}, through {what}{dropped}: {fit.law.note}")
    print_table(["constant", "estimate", "standard error", percent], _constants(fit, confidence))
    for note in notes:
        print(f"! {note}")
    if band is None:
        print_capacity(fit)
        return
    at = "" if band.n_tokens is None else f" for a corpus of {band.n_tokens:.4g} tokens"
    print(f"What it implies{at}: each end of a band is itself uncertain")
    print_table(["", "", "estimate", percent, "label"], _ends(band, skills), left=2)
    print(f"Intervals: {len(fit.samples if fit.samples is not None else ())} resamples of the runs, {EMPIRICAL}.")
    if band.n_tokens is None:
        print(f"Assumption: {band.assumption}.")
    else:
        print(" ".join(f"U {end}: {band['n_unique', end].assumption}." for end in ("lower", "upper")))
    print(f"Source: {band.source}.")
    print_capacity(fit)


def capacity(fit: LossLawFit) -> str | None:
    """What the exponents of the fit say of a frequency-ordered store, tested with their covariance; None without."""
    from bounds.capacity.capacity_law import consistency

    alpha, beta = fit.law.param_exponent, fit.law.data_exponent
    if fit.covariance is None or not (alpha > 0 and beta > 0):
        return None
    places = [CONSTANTS.index("param_exponent"), CONSTANTS.index("data_exponent")]
    error = fit.covariance[np.ix_(places, places)]
    if not np.all(np.isfinite(error)):
        return None
    return consistency(fit.law, covariance=error, freedom=fit.n_groups - len(CONSTANTS)).verdict


def print_capacity(fit: LossLawFit) -> None:
    """Print `capacity` where there is something to say."""
    told = capacity(fit)
    if told is not None:
        print(f"Capacity model: {told}.")


def _constants(fit: LossLawFit, confidence: float) -> list[tuple[str, ...]]:
    """A row for each constant; without resamples it has neither error nor interval."""
    if fit.samples is None:
        return [(title, number(getattr(fit.law, name), 5), "–", "–") for name, title in _CONSTANTS.items()]
    errors = fit.standard_errors
    return [
        (title, number(getattr(fit.law, name), 5), _error(errors[name]), _pair(fit.interval(name, confidence)))
        for name, title in _CONSTANTS.items()
    ]


def _ends(band: FittedBand, skills: float) -> list[tuple[str, ...]]:
    lines: list[tuple[str, ...]] = []
    seen = ""
    for one in band.numbers:
        if one.quantity not in _QUANTITIES:
            continue
        title = "" if one.quantity == seen else _QUANTITIES[one.quantity].format(skills=skills)
        seen = one.quantity
        value = "vacuous" if one.vacuous else number(one.value)
        pair = "–" if one.vacuous or one.interval is None else _pair(one.interval)
        lines.append((title, one.end, value, pair, one.label))
    return lines


def _pair(interval: Interval | None) -> str:
    return "–" if interval is None else f"{number(interval.lower)} – {number(interval.upper)}"


def _error(value: float) -> str:
    return "–" if np.isnan(value) else number(value)
