"""What a fitted loss law looks like in a terminal: its constants and its band, every number with its interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from bounds.base.intervals import EMPIRICAL, Interval
from bounds.base.notes import Note
from bounds.cli.band_table import steep_note
from bounds.cli.fitted.answers import Asked
from bounds.cli.fitted.beside import beside_rows, beside_table
from bounds.cli.printing import estimated, factor, fixed, number, written
from bounds.cli.report import Report, Table
from bounds.fitting.loss_laws.loss_law import CONSTANTS, LossLawFit
from bounds.fitting.loss_laws.uncertainty import FittedBand, UncertainNumber
from bounds.fitting.runs.law_inputs import named
from bounds.laws.law_range import far

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
    notes = law_notes(fit, titles)
    if fit.no_band:
        notes.append(_sentence(fit.no_band))
    elif fit.law.data_exponent >= 0.5:
        notes.append(steep_note("the fitted law", fit.law.data_exponent))
    return notes + ([] if band is None else [_sentence(note) for note in band.notes])


def law_notes(fit: LossLawFit, titles: dict[str, str]) -> list[Note]:
    """What the runs do not decide and what is odd about them, without what that means for a band."""
    return [_sentence(named(note, titles)) for note in fit.notes]


def _sentence(note: Note) -> Note:
    """`note` with its full stop."""
    return note if note.text.endswith("?") else Note(note.kind, f"{note}.")


def fit_report(
    fit: LossLawFit, band: FittedBand | None, notes: Sequence[Note], *, confidence: float, skills: float,
    asked: Asked | None = None,
) -> Report:  # fmt: skip
    """The constants of a fit and its band: each end with the interval that the fit's error gives it.

    `notes` are those of the table that was read, and of the fit (`fit_notes`). U and N at a corpus size far from the
    runs stand in the details alone. Runs and budgets that were `asked` for come first, and leave constants and band to
    the details.
    """
    percent = f"{100 * confidence:g} % interval, sampling only"
    tables, details, method = [_constants(fit, confidence, percent)], [_constants_in_full(fit, confidence, percent)], []
    if band is not None:
        tables.append(_band_by_rate(fit, band, skills))
        at = "" if band.n_tokens is None else f" for a corpus of {written(band.n_tokens, 4)} tokens"
        details.append(Table(
            ("", "", "estimate", "interval"), _ends(band, skills), left=2,
            title=f"What it implies{at}: each end of a band is itself uncertain ({_of_a_band(band, confidence)})",
        ))  # fmt: skip
        resamples = len(fit.samples if fit.samples is not None else ())
        method = [f"Intervals: {resamples} resamples of the runs, {EMPIRICAL}.", *_assumptions(band)]
        method.append(f"Source: {band.source}.")
    stored = capacity(fit)
    if stored is not None:
        method.append(f"Capacity model: {stored}.")
    answer, asked = _answer(fit, band, percent, confidence), asked or Asked()
    if asked:
        # What was asked for is the answer: what the fit says besides has its place there only if it was asked for too.
        implied = band is not None and band.n_tokens is not None
        method = method if implied else [answer, *method]
        answer = f"{asked.sentences} {answer}" if implied else asked.sentences
        tables, details = asked.tables, [*asked.details, *tables, *details]
    # A sentence on what is missing that stands first need not stand again.
    told = [note for note in notes if note.text.rstrip(".").lower() in answer.lower()]
    row = fit.to_json(confidence) | {"consistency": stored}
    bands = [] if band is None else [one.to_json() for one in band.numbers]
    return Report(
        answer, tables, [note for note in notes if note not in told], [*details, beside_table(fit)], method,
        ("loss", "exponent_lower", "bernstein_exponent", "exponent_upper", "growth_factor"),
        data={"rows": [row], "bands": bands, **asked.to_json(), "beside": beside_rows(fit)}, asides=told,
    )  # fmt: skip


def _answer(fit: LossLawFit, band: FittedBand | None, percent: str, confidence: float) -> str:
    """β with its interval, and the exponents that it implies under the condition that they rest on."""
    runs, beta = _what(fit), fit.law.data_exponent
    if fit.no_band:
        return f"{str(fit.no_band)[0].upper()}{str(fit.no_band)[1:]}."
    if band is None:
        return f"{runs} give β = {fixed(beta)}, without intervals or a band, which need resamples (--bootstrap 1000)."
    interval = fit.interval("data_exponent", confidence)
    slow, fast = (_estimate(band["exponent", end], fixed) for end in ("lower", "upper"))
    between = f"between {slow} and {fast}" if band["exponent", "lower"].value else f"at most {fast}"
    between += "" if band["exponent", "upper"].sampling_only else " on a ladder up to ten times longer"
    found = f"{runs} give β = {_with(beta, interval, fixed)} ({percent})"
    rates = "if learning goes at a rate between slow, √(U/D), and fast, U/D"
    answer = f"{found}: distinct sequences grow as U ~ D^γ with γ {between}, {rates}"
    ends = [band["n_unique", end] for end in ("lower", "upper")] if _near(fit, band) else []
    if not ends or any(end.vacuous for end in ends):
        return f"{answer}."
    low, high = (written(end.value) for end in ends)
    return f"{answer}; {written(band.n_tokens)} tokens then hold {low} to {high} of them."


def _of_a_band(band: FittedBand, confidence: float) -> str:
    """What the intervals of a band are of."""
    level = f"{100 * confidence:g} % interval"
    if band["exponent", "upper"].sampling_only:
        return f"{level}, sampling only"
    counted = "" if band.n_tokens is None else "; U and N: sampling only"
    return f"{level}, for a ladder up to ten times longer{counted}"


def _what(fit: LossLawFit) -> str:
    return f"{fit.n_runs} runs" if fit.n_groups == fit.n_runs else f"{fit.n_runs} rows of {fit.n_groups} runs"


def _constants(fit: LossLawFit, confidence: float, percent: str) -> Table:
    """A row for each constant with its interval; in brackets where it has none, alone where none was asked for."""
    rows = []
    for name, title in _CONSTANTS.items():
        value, shown = getattr(fit.law, name), _rounded if name.endswith("coefficient") else fixed
        interval = None if fit.samples is None else fit.interval(name, confidence)
        rows.append((title, shown(value, 3) if fit.samples is None else _with(value, interval, shown)))
    dropped = f" ({fit.n_dropped} left out)" if fit.n_dropped else ""
    title = f"L(N, D) = E + A N^-α + B D^-β, {fit.loss_unit}, through {_what(fit)}{dropped}: {fit.law.note}"
    return Table(("constant", "estimate"), rows, title=title, below="" if fit.samples is None else f"[…]: {percent}.")


def _rounded(value: float | None, digits: int) -> str:
    """A coefficient, which may be of any size, with as many digits in all."""
    return "–" if value is None else f"{value:.0f}" if 10**digits <= abs(value) < 1e6 else number(value, digits)


def _with(value: float | None, interval: Interval | None, shown: Callable[..., str]) -> str:
    lower, upper = (None, None) if interval is None else (interval.lower, interval.upper)
    return estimated(value, lower, upper, shown=shown)


def _estimate(one: UncertainNumber, shown: Callable[..., str]) -> str:
    """An end of a band with its interval; nothing where it says nothing."""
    return "–" if one.vacuous else _with(one.value, one.interval, shown)


def _near(fit: LossLawFit, band: FittedBand) -> bool:
    """Whether U and N are asked for, and not far from the runs."""
    return band.n_tokens is not None and not far(fit.law.fitted_tokens, band.n_tokens)


_RATES = (("slow", "lower", "upper"), ("halfway", "middle", "middle"), ("fast", "upper", "lower"))
"""Rates of learning, each with the end of γ and of U and that of the corpus factor: small γ means a large factor."""


def _band_by_rate(fit: LossLawFit, band: FittedBand, skills: float) -> Table:
    """The ends of a band by the rate of learning behind them; a sequence is one parameter here, so that N is U."""
    title, below = f"What that implies: U ~ D^γ; corpus × for {skills:g}x skills", "Heuristic."
    columns, counted = ["rate", "γ", "corpus ×"], []
    of = _of_a_band(band, band.confidence)
    if _near(fit, band):
        counted = [_estimate(band["n_unique", end], written) for _, end, _ in _RATES]
        columns.append("U and N")
        title += f"; U sequences in {written(band.n_tokens)} tokens"
        below = f"U at the slow rate: {band['n_unique', 'lower'].label}; the others: heuristic."
    elif band.n_tokens is not None:
        below = f"Heuristic. U and N at {written(band.n_tokens)} tokens are too far from the runs to be shown."
    rows = [
        [name, _estimate(band["exponent", end], fixed), _estimate(band["corpus_factor", other], factor)]
        for name, end, other in _RATES
    ]
    if counted:
        rows = [[*row, cell] for row, cell in zip(rows, counted, strict=True)]
    return Table(columns, rows, title=title, below=f"{below} […]: {of}.")


def _assumptions(band: FittedBand) -> list[str]:
    """What the band rests on, and the label of each of its numbers."""
    if band.n_tokens is None:
        told = f"Assumption: {band.assumption}."
    else:
        told = " ".join(f"U {end}: {band['n_unique', end].assumption}." for end in ("lower", "upper"))
    labels: dict[str, list[str]] = {}
    for one in band.numbers:
        if one.quantity in _QUANTITIES:
            labels.setdefault(one.label, []).append(f"{one.quantity} {one.end}")
    return [told, "; ".join(f"{label}: {', '.join(names)}" for label, names in labels.items()) + "."]


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


def _constants_in_full(fit: LossLawFit, confidence: float, percent: str) -> Table:
    """A row for each constant; without resamples it has neither error nor interval."""
    if fit.samples is None:
        rows = [(title, number(getattr(fit.law, name), 5), "–", "–") for name, title in _CONSTANTS.items()]
    else:
        errors = fit.standard_errors
        rows = [
            (title, number(getattr(fit.law, name), 5), _error(errors[name]), _pair(fit.interval(name, confidence)))
            for name, title in _CONSTANTS.items()
        ]
    title = f"The constants with more digits ({percent})"
    return Table(("constant", "estimate", "standard error", "interval"), rows, title=title)


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
        lines.append((title, one.end, value, pair))
    return lines


def _pair(interval: Interval | None) -> str:
    return "–" if interval is None else f"{number(interval.lower)} – {number(interval.upper)}"


def _error(value: float) -> str:
    return "–" if np.isnan(value) else number(value)
