"""The published laws side by side: constants with units and citation, their optimum, and whether they contradict."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bounds.base.notes import METHOD, RANGE, Note
from bounds.capacity.capacity_law import consistency
from bounds.cli.printing import fixed, number, span, written
from bounds.cli.report import Report, Table
from bounds.laws.kaplan import KaplanLaw
from bounds.laws.law_file import is_law_file, law_called
from bounds.laws.law_names import law_key, unknown_law
from bounds.laws.law_range import Range, beyond, far, range_text
from bounds.laws.overtraining import OVERTRAINING_LAWS, OvertrainingLaw
from bounds.laws.published import LAWS, LossLaw, get_law
from bounds.laws.repeated_data import REPEATED_DATA_LAWS

_CONSTANTS = {
    "irreducible": "E", "param_coefficient": "A", "param_exponent": "α", "data_coefficient": "B", "data_exponent": "β",
}  # fmt: skip
"""The letters of the constants of a law."""


def law_rows(keys: tuple[str, ...], compute: float | None, tokens_per_param: float | None) -> list[dict[str, Any]]:
    """One flat object a law for JSON; with `compute`, its optimum or its point at `tokens_per_param`."""
    return [_row(law, compute, tokens_per_param) for law in map(_any_law, keys or (*LAWS, *OVERTRAINING_LAWS))]


def _any_law(key: str) -> LossLaw | OvertrainingLaw:
    key = law_key(key, (*LAWS, *OVERTRAINING_LAWS))
    if key in OVERTRAINING_LAWS:
        return OVERTRAINING_LAWS[key]
    if key not in LAWS and not is_law_file(key):
        raise unknown_law(key, (*LAWS, *OVERTRAINING_LAWS))
    return get_law(key)


def _row(law: LossLaw | OvertrainingLaw, compute: float | None, tokens_per_param: float | None) -> dict[str, Any]:
    curve = law.loss_law if isinstance(law, OvertrainingLaw) else law
    row: dict[str, Any] = {
        "law": law.key, "irreducible": curve.irreducible, "param_coefficient": curve.param_coefficient,
        "param_exponent": curve.param_exponent, "data_coefficient": curve.data_coefficient,
        "data_exponent": curve.data_exponent, "params_counted": curve.params_counted,
        "n_tokens_fitted_lower": curve.fitted_tokens[0], "n_tokens_fitted_upper": curve.fitted_tokens[1],
        "n_params_fitted_lower": curve.fitted_params[0], "n_params_fitted_upper": curve.fitted_params[1],
        "note": curve.note, "source": law.citation, "consistency": consistency(curve).verdict,
    }  # fmt: skip
    if isinstance(law, OvertrainingLaw) and law.error_law is not None:
        row |= {"error_ceiling": law.error_law.ceiling, "error_size": law.error_law.size}
        row |= {"error_rate": law.error_law.rate, "training_set": law.training_set}
    if compute is not None:
        row |= _spent(law, curve, compute, tokens_per_param)
    return row


def _spent(law: LossLaw | OvertrainingLaw, curve: LossLaw, compute: float, ratio: float | None) -> dict[str, Any]:
    """Where `compute` FLOP go: the law's optimum, or `ratio` tokens a parameter."""
    N, D = (float(x) for x in (curve.optimal(compute) if ratio is None else curve.overtrained(compute, ratio)))
    # Kaplan's optimum spends less than 6ND says, for small batches: its loss is that of the optimum.
    loss = curve.optimal_loss(compute) if ratio is None else curve.loss(N, D)
    spent = {"compute_flops": compute, "n_params": N, "n_tokens": D, "tokens_per_param": D / N, "loss": float(loss)}
    if isinstance(law, OvertrainingLaw) and law.error_law is not None:
        spent["error"] = float(law.error_law.error(loss))
    return spent


def law_report(rows: list[dict[str, Any]], compute: float | None, ratio: float | None) -> Report:
    """What the laws of `rows` say: their constants, or what `compute` FLOP buy, at `ratio` tokens a parameter if given.

    A law that was fitted too far from there has no numbers in the table; the details have them.
    """
    sources: dict[str, list[str]] = {}
    for row in rows:
        sources.setdefault(row["source"], []).append(row["law"])
    told = [f"{', '.join(names)}: {source}" for source, names in sources.items()]
    method = [f"Sources: {'; '.join(told)}."]
    if compute is not None or len(rows) > 1:  # else it stands beneath the table
        method += [f"{row['consistency']}." for row in rows]
    method += [
        f"Repeated tokens: {law.key}, R*_D = {law.token_decay:.4g} repetitions (D/U - 1) and R*_N = "
        f"{law.param_decay:.4g} times U_N in excess (N/U_N - 1), {law.citation}; see bounds.laws.effective_tokens."
        for law in REPEATED_DATA_LAWS.values()
    ]
    data, details = {"rows": rows}, _details(rows)
    if compute is None:
        return Report(_constants_answer(rows), [_constants(rows)], _notes(rows), details, method, data=data)
    how = "each law's optimum" if ratio is None else f"{ratio:g} tokens a parameter"
    near, distant = ([row for row in rows if _far(row) is away] for away in (False, True))
    asides = _notes(distant)
    sizes = [row["n_params"] for row in rows]
    if len(sizes) > 1:
        asides.append(Note(METHOD, f"The laws differ by a factor {number(max(sizes) / min(sizes), 2)} in N."))
    title = f"{number(compute)} FLOP at {how}: "
    tables = [_spending(near, f"{title}{_label(near)}")] if near else []
    every = _spending_in_full(rows, f"{title}{_label(rows)}")
    return Report(
        _spending_answer(rows, near, f"{number(compute)} FLOP", how), tables, _notes(near),
        [every, _constants(rows), *details], method, data=data, asides=asides,
    )  # fmt: skip


def _constants_answer(rows: list[dict[str, Any]]) -> str:
    if len(rows) == 1:
        (row,) = rows
        law = f"{row['law']}: {_equation(row)}, fitted on {_fitted(row, 'n_tokens')} tokens"
        return f"{law} and {_fitted(row, 'n_params')} {row['params_counted']} parameters."
    low, high = (end(rows, key=lambda row: row["data_exponent"]) for end in (min, max))
    return (
        f"{len(rows)} published laws disagree on how fast loss falls with data: as D^-β, β from "
        f"{fixed(low['data_exponent'])} ({low['law']}) to {fixed(high['data_exponent'])} ({high['law']})."
    )


def _equation(row: dict[str, Any]) -> str:
    E, A, alpha, B, beta = (number(row[name], 6) for name in _CONSTANTS)
    if row["irreducible"] is None:
        return f"the loss falls as N^-{alpha} and as D^-{beta}, without an irreducible loss"
    return f"L(N, D) = {E} + {A} N^-{alpha} + {B} D^-{beta} nats per token"


def _spending_answer(rows: list[dict[str, Any]], near: list[dict[str, Any]], budget: str, how: str) -> str:
    if not near:
        low, high = min(row["n_tokens_fitted_lower"] for row in rows), max(row["n_tokens_fitted_upper"] for row in rows)
        where = f"(trained on {written(low)} to {written(high)} tokens)"
        return f"{budget} lie too far from the runs of every law asked {where} to say what they buy at {how}."
    params, tokens = (span([row[key] for row in near], written) for key in ("n_params", "n_tokens"))
    loss = span([row["loss"] for row in near], lambda value: fixed(value, 2))
    times = max(map(_outside, near))
    place = "inside" if times == 1 else f"{'' if len(near) == 1 else 'up to '}{number(times, 2)} times outside"
    whose = f"{near[0]['law']}, {place} its runs" if len(near) == 1 else f"{len(near)} laws, {place} their runs"
    left = len(rows) - len(near)
    rest = f"; {left} more {'was' if left == 1 else 'were'} fitted too far from there" if left else ""
    return f"{budget} buy {params} parameters on {tokens} tokens at {how}, with a loss of {loss}, by {whose}{rest}."


def _notes(rows: list[dict[str, Any]]) -> list[Note]:
    """What must be said beside a table of laws: what is not comparable, not fitted, or in dispute."""
    notes = []
    if any(isinstance(LAWS.get(row["law"]), KaplanLaw) for row in rows):
        notes.append(Note(METHOD,
            "kaplan2020: L(N) = (8.8e13/N)^0.076 and L(D) = (5.4e13/D)^0.095, N non-embedding and no E: its loss is "
            "not comparable with the others', and its optimum is for batches far below the critical size."
        ))  # fmt: skip
    notes += [Note(METHOD, text) for text in _spending_notes(rows)]
    notes += [Note(RANGE, text) for text in _extrapolation_notes(rows)]
    for row in rows:
        law = OVERTRAINING_LAWS.get(row["law"])
        if law is not None and "tokens_per_param" in row:
            low, high = law.fitted_ratio
            if not low <= row["tokens_per_param"] <= high:
                found = number(row["tokens_per_param"])
                outside = (
                    f"{law.key}: fitted at {number(low)} to {number(high)} tokens a parameter; {found} is outside."
                )
                notes.append(Note(RANGE, outside))
    return notes


def _spending_notes(rows: list[dict[str, Any]]) -> list[str]:
    """Whose optimum does not spend the budget as 6ND."""
    notes = []
    for row in rows:
        work = 6 * row["n_params"] * row["n_tokens"] if "n_params" in row else 0.0
        if work and abs(work / row["compute_flops"] - 1) > 1e-3:
            notes.append(
                f"{row['law']}: 6ND = {number(work)} FLOP, {number(work / row['compute_flops'], 2)} times the "
                f"budget: it counts "
                "compute at small batches, but the tokens of training at the critical batch size, which takes about "
                "twice as much."
            )
    return notes


def _extrapolation_notes(rows: list[dict[str, Any]]) -> list[str]:
    """Which laws were fitted to fewer or more tokens or parameters than the budget buys, those of one range together.

    Kaplan's N leaves out embeddings, as its range does, so that each law is held against its own count.
    """
    notes = []
    for what, unit, letter in (("n_tokens", "tokens", "D"), ("n_params", "parameters", "N")):
        outside: dict[Range, list[dict[str, Any]]] = {}
        for row in rows:
            fitted = (row[f"{what}_fitted_lower"], row[f"{what}_fitted_upper"])
            if what in row and beyond(fitted, row[what]) != 1:
                outside.setdefault(fitted, []).append(row)
        for fitted, group in outside.items():
            factor = beyond(fitted, [row[what] for row in group])
            times = f"{number(factor, 2)} times beyond" if factor > 1 else f"{number(1 / factor, 2)} times below"
            names = ", ".join(row["law"] for row in group)
            used, losses = (span([row[key] for row in group], number) for key in (what, "loss"))
            notes.append(
                f"{names}: fitted on {range_text(fitted, unit)}, so N, D and loss are an extrapolation at "
                f"{used} {unit} (loss {losses} nats per token): {letter} is up to {times}."
            )
    return notes


def _ranges(row: dict[str, Any]) -> list[tuple[Range, float]]:
    """What a budget buys, and beside it what the law was fitted on."""
    return [
        ((row[f"{what}_fitted_lower"], row[f"{what}_fitted_upper"]), row[what]) for what in ("n_tokens", "n_params")
    ]


def _far(row: dict[str, Any]) -> bool:
    return any(far(*pair) for pair in _ranges(row))


def _outside(row: dict[str, Any]) -> float:
    """The factor by which a law is used outside its runs, 1 inside."""
    return max(max(factor, 1 / factor) for factor in (beyond(*pair) for pair in _ranges(row)))


def _fitted(row: dict[str, Any], what: str) -> str:
    return f"{written(row[f'{what}_fitted_lower'])}–{written(row[f'{what}_fitted_upper'])}"


def _constants(rows: list[dict[str, Any]]) -> Table:
    return Table(
        ("law", "E", "α", "β", "fitted on D", "source"),
        [
            (
                law_called(row["law"]),
                fixed(row["irreducible"], 2), fixed(row["param_exponent"]), fixed(row["data_exponent"]),
                _fitted(row, "n_tokens"), _short(row["source"]),
            )
            for row in rows
        ],
        title=f"L(N, D) = E + A N^-α + B D^-β, nats per token, {_whose(rows)}; empirical",
        below=f"{rows[0]['consistency']}." if len(rows) == 1 else "",
    )  # fmt: skip


def _whose(rows: Sequence[dict[str, Any]]) -> str:
    """Whether laws were published, or stand in files of one's own."""
    own = [is_law_file(row["law"]) for row in rows]
    return "of one's own" if all(own) else "as published or of one's own" if any(own) else "as published"


def _short(citation: str) -> str:
    """The first author and the year of a citation."""
    year = re.search(r"\d{4}", citation)
    return f"{citation.split()[0]} {year[0]}" if year else citation


def _spending(rows: list[dict[str, Any]], title: str) -> Table:
    return Table(
        ("law", "N", "D", "D/N", "loss", "error"),
        [
            (
                law_called(row["law"]),
                written(row["n_params"]), written(row["n_tokens"]), number(row["tokens_per_param"]),
                fixed(row["loss"], 2), fixed(row.get("error")),
            )
            for row in rows
        ],
        title=title,
    )  # fmt: skip


def _spending_in_full(rows: list[dict[str, Any]], title: str) -> Table:
    spent = ("n_params", "n_tokens", "tokens_per_param", "loss")
    cells = [(law_called(r["law"]), *(number(r[k], 4) for k in spent), number(r.get("error"), 3)) for r in rows]
    return Table(("law", "N", "D", "D/N", "loss", "error"), cells, title=title)


def _details(rows: list[dict[str, Any]]) -> list[Table]:
    """Every constant as published, the runs of each law, and errors of downstream tasks."""
    constants = [(law_called(row["law"]), *(number(row[name], 6) for name in _CONSTANTS)) for row in rows]
    runs = [
        (law_called(row["law"]), row["params_counted"], _range(row, "n_tokens"), _range(row, "n_params"))
        for row in rows
    ]
    tested = [row for row in rows if "error_rate" in row]
    keys = ("error_ceiling", "error_size", "error_rate")
    errors = Table(
        ("law", "trained on", "ε", "k", "γ"),
        [(r["law"], r["training_set"], *(number(r[k], 4) for k in keys)) for r in tested],
        left=2,
        title="Err(L) = ε - k e^(-γL): top-1 error, average of 17 tasks, at loss L on C4; α = β = 2η; empirical",
    )
    return [
        Table(("law", *_CONSTANTS.values()), constants, title="Constants as published"),
        Table(("law", "N counts", "tokens fitted", "N fitted"), runs),
        *([errors] if tested else []),
    ]


def _range(row: dict[str, Any], what: str) -> str:
    return f"{written(row[f'{what}_fitted_lower'])} – {written(row[f'{what}_fitted_upper'])}"


def _label(rows: list[dict[str, Any]]) -> str:
    """What the numbers of the table rest on: Kaplan's optimum was fitted, and not at C = 6ND."""
    fitted = {note.partition(":")[0] for note in _spending_notes(rows)}
    if fitted == {row["law"] for row in rows}:
        return "empirical; C is not 6ND"
    other = f"; {', '.join(sorted(fitted))}: empirical, C is not 6ND" if fitted else ""
    return f"rigorous given the law and C = 6ND{other}"
