"""The published laws side by side: constants with units and citation, their optimum, and whether they contradict."""

from __future__ import annotations

from typing import Any

from bounds.base.arguments import unknown
from bounds.capacity.capacity_law import consistency
from bounds.cli.printing import number, print_table
from bounds.laws.kaplan import KaplanLaw
from bounds.laws.law_range import Range, beyond, range_text
from bounds.laws.overtraining import OVERTRAINING_LAWS, OvertrainingLaw
from bounds.laws.published import LAWS, LossLaw, get_law
from bounds.laws.repeated_data import REPEATED_DATA_LAWS


def law_rows(keys: tuple[str, ...], compute: float | None, tokens_per_param: float | None) -> list[dict[str, Any]]:
    """One flat object a law for JSON; with `compute`, its optimum or its point at `tokens_per_param`."""
    return [_row(law, compute, tokens_per_param) for law in map(_any_law, keys or (*LAWS, *OVERTRAINING_LAWS))]


def _any_law(key: str) -> LossLaw | OvertrainingLaw:
    if key in OVERTRAINING_LAWS:
        return OVERTRAINING_LAWS[key]
    if key not in LAWS:
        raise unknown("law", key, (*LAWS, *OVERTRAINING_LAWS))
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


def law_notes(rows: list[dict[str, Any]]) -> list[str]:
    """The sentences that belong to a table of laws: what is not comparable, not fitted, or in dispute."""
    notes = []
    if any(isinstance(LAWS.get(row["law"]), KaplanLaw) for row in rows):
        notes.append(
            "kaplan2020: L(N) = (8.8e13/N)^0.076 and L(D) = (5.4e13/D)^0.095, N non-embedding and no E: its loss is "
            "not comparable with the others', and its optimum is for batches far below the critical size."
        )
    notes += _spending_notes(rows) + _extrapolation_notes(rows)
    for row in rows:
        law = OVERTRAINING_LAWS.get(row["law"])
        if law is not None and "tokens_per_param" in row:
            low, high = law.fitted_ratio
            if not low <= row["tokens_per_param"] <= high:
                found = f"{row['tokens_per_param']:.3g}"
                notes.append(f"{law.key}: fitted at {low:g} to {high:g} tokens a parameter; {found} is outside.")
    sizes = [row["n_params"] for row in rows if "n_params" in row]
    if len(sizes) > 1:
        notes.append(f"The laws differ by a factor {max(sizes) / min(sizes):.2g} in N.")
    return notes


def _spending_notes(rows: list[dict[str, Any]]) -> list[str]:
    """Whose optimum does not spend the budget as 6ND."""
    notes = []
    for row in rows:
        work = 6 * row["n_params"] * row["n_tokens"] if "n_params" in row else 0.0
        if work and abs(work / row["compute_flops"] - 1) > 1e-3:
            notes.append(
                f"{row['law']}: 6ND = {work:.3g} FLOP, {work / row['compute_flops']:.2g} times the budget: it counts "
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
            times = f"{factor:.2g} times beyond" if factor > 1 else f"{1 / factor:.2g} times below"
            names = ", ".join(row["law"] for row in group)
            notes.append(
                f"{names}: fitted on {range_text(fitted, unit)}, so N, D and loss are an extrapolation at "
                f"{_span([row[what] for row in group])} {unit} (loss {_span([row['loss'] for row in group])} nats per "
                f"token): {letter} is up to {times}."
            )
    return notes


def _span(values: list[float]) -> str:
    low, high = (f"{end:.3g}" for end in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"


def print_laws(rows: list[dict[str, Any]], compute: float | None, ratio: float | None) -> None:
    """Print constants, the use of a budget where one is given, and what the exponents of each law say together."""
    print("L(N, D) = E + A N^-α + B D^-β, nats per token, as published; empirical")
    table = [
        (
            row["law"], number(row["irreducible"], 5), number(row["param_coefficient"], 5),
            number(row["param_exponent"], 5), number(row["data_coefficient"], 6), number(row["data_exponent"], 5),
            row["params_counted"], _range(row, "n_tokens"), _range(row, "n_params"),
            row["source"],
        )
        for row in rows
    ]  # fmt: skip
    print_table(["law", "E", "A", "α", "B", "β", "N counts", "tokens fitted", "N fitted", "source"], table)
    tested = [row for row in rows if "error_rate" in row]
    if tested:
        print("Err(L) = ε - k e^(-γL): top-1 error, average of 17 tasks, at loss L on C4; α = β = 2η; empirical")
        columns = ["law", "trained on", "ε", "k", "γ"]
        keys = ("error_ceiling", "error_size", "error_rate")
        print_table(columns, [(r["law"], r["training_set"], *(number(r[k], 4) for k in keys)) for r in tested], left=2)
    if compute is not None:
        how = "each law's optimum" if ratio is None else f"{ratio:g} tokens a parameter"
        print(f"{compute:.3g} FLOP, {how}: {_label(rows)}")
        columns = ["law", "N", "D", "D/N", "loss", "error"]
        spent = ("n_params", "n_tokens", "tokens_per_param", "loss")
        print_table(columns, [(r["law"], *(number(r[k], 4) for k in spent), number(r.get("error"), 3)) for r in rows])
    for row in rows:
        print(f"- {row['consistency']}.")
    for note in law_notes(rows):
        print(f"! {note}")
    for law in REPEATED_DATA_LAWS.values():
        print(
            f"Repeated tokens: {law.key}, R*_D = {law.token_decay:.4g} repetitions (D/U - 1) and R*_N = "
            f"{law.param_decay:.4g} times U_N in excess (N/U_N - 1), {law.citation}; see bounds.laws.effective_tokens."
        )


def _range(row: dict[str, Any], what: str) -> str:
    return f"{row[f'{what}_fitted_lower']:.1e} – {row[f'{what}_fitted_upper']:.1e}"


def _label(rows: list[dict[str, Any]]) -> str:
    """What the numbers of the table rest on: Kaplan's optimum was fitted, and not at C = 6ND."""
    fitted = {note.partition(":")[0] for note in _spending_notes(rows)}
    if fitted == {row["law"] for row in rows}:
        return "empirical; C is not 6ND"
    other = f"; {', '.join(sorted(fitted))}: empirical, C is not 6ND" if fitted else ""
    return f"rigorous given the law and C = 6ND{other}"
