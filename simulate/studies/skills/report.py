"""From a Dataset of skills to what a reader sees: the sentence that answers, tables, and the example."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from bounds.base.notes import FITTED, METHOD, REFUSED, Note
from bounds.cli.printing import estimated, number, signed, written
from bounds.cli.report import Report, Table
from bounds.efficiency.band import growth_factor
from simulate.running.dataset import plan_of
from simulate.running.showing.view import View
from simulate.stats import Z_LIMIT
from simulate.studies.skills import tables
from simulate.studies.skills.estimates import LEAST_SKILLS, Growth
from simulate.studies.skills.rows import (
    compared,
    count_formula,
    engine_of,
    growth,
    rows_of,
    size_rows,
    skill_rows,
    store_rows,
)
from simulate.studies.sweep.report import short

__all__ = ["report"]

PAPER = (3.0, 5.0)
"""Corpus factor for twice the skills, as Kausik 2024 states it."""

FORMULAS = {
    "masses": ("draws_threshold", "draws_half_width.limit", "expected_skills", "expected_skills.limit"),
    "windows": ("draws_threshold_unequal.lower", "emergence_probability_unequal"),
    "frequency": ("stored_threshold", "stored_half_width.zipf_limit", "draws_threshold_frequency"),
}
"""Those that a simulation of each kind is compared with."""

NO_INTERVAL = "there is no interval of D* beside a formula, for which it takes 6 replicates and corpora that reach it"

SHOWN = 5
"""Skills of a table where no number of them is asked for."""

STORES = 8
"""Sizes of store in their table; ``--json`` has all of them."""

Row = dict[str, Any]


def report(dataset: xr.Dataset, view: View) -> Report:
    """What `dataset` says; `view` has the number of skills to show and the parameters that a sequence takes."""
    params, text = view.params_per_sequence, "text_skills" in dataset
    shown, sizes = skill_rows(dataset, view.most or SHOWN, params), size_rows(dataset)
    details = [
        tables.text_sizes(sizes) if text else tables.every_size(sizes), tables.transitions(shown),
        tables.stores(store_rows(dataset, STORES, params), dataset, params),
    ]  # fmt: skip
    found = growth(dataset)
    kind = plan_of(dataset)["kind"]
    return Report(
        answer=answer(dataset),
        tables=[_text_skills(shown, dataset) if text else _skills(shown, dataset, params)],
        notes=notes(dataset),
        asides=_asides(dataset),
        details=details,
        method=_method(dataset, shown),
        formulas=(*FORMULAS[kind], "median_representation", "can_scaling_help"),
        data={
            "rows": skill_rows(dataset, view.most, params), "sizes": sizes,
            "stores": store_rows(dataset, dataset.sizes["n_stored"], params),
            "growth": found and found._asdict() | factor_of(found), "example": _example_of(dataset), "bands": [],
        },
        question="When does a skill emerge, with data and with size?",
    )  # fmt: skip


def factor_of(found: Growth) -> dict[str, float]:
    """Corpus factor for twice the skills, with the interval of the exponent."""
    names = ("factor", "factor_lower", "factor_upper")
    positive = (max(value, 1e-9) for value in (found.exponent, found.upper, found.lower))
    return dict(zip(names, (float(growth_factor(value, k=2)) for value in positive), strict=True))


def answer(dataset: xr.Dataset) -> str:
    """When skills emerge, measured and by formula, and how their number grows with the corpus."""
    if "text_skills" in dataset:
        return _text_answer(dataset)
    parts = [_when(dataset, "draws_threshold", "draws_threshold", "emerges at D* =", "draws")]
    if "stored_threshold_rank" in dataset and plan_of(dataset)["kind"] == "frequency":
        told = _when(dataset, "stored_threshold_rank", "stored_threshold", "is in a store of N* =", "sequences")
        parts += [told] if told else []
    if not parts[0]:
        parts[0] = NO_INTERVAL
    found = growth(dataset)
    if found is not None:
        parts.append(_growth_words(found))
    said = "; ".join(parts)
    return f"{said[0].upper()}{said[1:]}."


def _when(dataset: xr.Dataset, measured: str, by: str, verb: str, unit: str) -> str:
    """The threshold of the median skill of those that have an interval, and how many intervals hold the formula."""
    there, inside = compared(dataset, measured, by)
    if not len(there):
        return ""
    middle = int(there[(len(there) - 1) // 2])
    (row,) = rows_of(dataset, np.array([middle]))
    name = row["formula"] if by == "draws_threshold" else by
    return (
        f"skill {middle + 1}, the median of {len(there)}, {verb} {_threshold(row, measured)} {unit}, where {name} has "
        f"{written(row[f'{by}_formula'])} ({inside.sum()} of {len(there)} intervals at 95 % hold theirs)"
        if len(there) > 1 else
        f"skill {middle + 1} {verb} {_threshold(row, measured)} {unit}, where {name} has "
        f"{written(row[f'{by}_formula'])}"
    )  # fmt: skip


def _growth_words(found: Growth) -> str:
    factor = factor_of(found)
    within = PAPER[0] <= factor["factor"] <= PAPER[1]
    return (
        f"S(D) grows as D^γ with γ = {estimated(found.exponent, found.lower, found.upper)} (formula: "
        f"{found.expected:.3f}), so that twice the skills take {_factor(factor)} times the corpus, "
        f"{'inside' if within else 'outside'} the paper's three to five"
    )


def _factor(factor: dict[str, float]) -> str:
    return estimated(factor["factor"], factor["factor_lower"], factor["factor_upper"], 2)


def _text_answer(dataset: xr.Dataset) -> str:
    rows = [row for row in skill_rows(dataset) if row["text_shift"] is not None]
    if not rows:
        return "No skill of the text completes its quorum."
    late = sum(row["text_rank"] > 0.84 for row in rows)
    early = sum(row["text_rank"] < 0.16 for row in rows)
    return (
        f"In the order of the text {late} of {len(rows)} skills come later than in 84 % of random orders and {early} "
        f"sooner than in 84 %; were the order random, it would be about {0.16 * len(rows):.1f} each."
    )


def notes(dataset: xr.Dataset) -> list[Note]:
    """What a reader must be told beside the numbers."""
    plan, engine = plan_of(dataset), engine_of(dataset)["name"]
    told = []
    far = [row for row in size_rows(dataset) if row.get("z") is not None and abs(row["z"]) > Z_LIMIT]
    if "text_skills" not in dataset and far:
        worst = max(far, key=lambda row: abs(row["z"]))
        told.append(Note(FITTED, (
            f"at D = {number(worst['n_draws'], 4)} the mean number of skills is {worst['z']:+.1f} standard errors from "
            f"the formula ({worst['label']}){_why_far(plan['kind'], engine)}"
        )))  # fmt: skip
    if plan["kind"] == "masses" and growth(dataset) is None:
        told.append(Note(REFUSED, (
            f"no exponent of S(D): it takes two corpora, and three sizes of corpus at which {LEAST_SKILLS:g} skills or "
            "more and half of them at most are expected"
        )))  # fmt: skip
    told += _scaling(dataset)
    if engine == "arrivals":
        text = "engine arrivals keeps no count of other sequences: the store is filled by rank; --engine tokens has the store of what was seen"  # noqa: E501
        told.append(Note(METHOD, text))
    return told


def _asides(dataset: xr.Dataset) -> list[Note]:
    """What is to be known of the numbers of skills, beside their table."""
    if engine_of(dataset)["name"] == "arrivals" or plan_of(dataset)["kind"] != "masses" or "mass" not in dataset:
        return []
    large = "the first skill takes up much of the corpus, where exactly D draws differ a little from the formulas' Poisson number"  # noqa: E501
    return [Note(METHOD, large)] if float(dataset.mass[0]) > 0.1 else []


def _why_far(kind: str, engine: str) -> str:
    if kind == "frequency":
        return ", which takes the missing mass at its mean: a small corpus varies around it"
    return ", which is that of a Poisson number of draws, where exactly D were drawn" if engine == "tokens" else ""


def _scaling(dataset: xr.Dataset) -> list[Note]:
    """What growing N at fixed D does, in one corpus."""
    found = _example_of(dataset)
    if found is None:
        return [Note(REFUSED, "no example of scaling N: no skill is there in a corpus of up to a million draws")]
    U = found["n_unique"]
    return [Note(METHOD, (
        f"growing N at fixed D: in one corpus of {written(found['n_draws'])} draws, stores of n = U(D) = {U} and of "
        f"{found['beyond'][1]} sequences have the same {found['skills_beyond'][1]} skills, and from n = "
        f"{found['idle_from']} to {found['idle_to']} none is gained: N < U(D) is necessary for more, not sufficient"
    ))]  # fmt: skip


def _example_of(dataset: xr.Dataset) -> dict[str, Any] | None:
    found: dict[str, Any] | None = json.loads(dataset.attrs["example"])
    return found


def _title(dataset: xr.Dataset) -> str:
    plan = plan_of(dataset)
    m, a, J = (plan[key] for key in ("members", "quorum", "n_skills"))
    of = {
        "masses": f"with masses w_j ~ j^-{plan['exponent']:g}",
        "windows": f"of consecutive ranks of {short(plan['source'])}",
        "frequency": f"with members drawn from {plan['source']} for each corpus",
    }[plan["kind"]]
    seen = "" if plan["exposures"] == 1 else f", each drawn {plan['exposures']} times"
    n, text = dataset.sizes["replicate"], "text_skills" in dataset
    kind = ("random order", "random orders") if text else ("corpus", "corpora")
    return (
        f"{J} skill{'s' * (J > 1)} {of}, there with {a} of {m} members{seen}; {n} {kind[n > 1]}, engine "
        f"{engine_of(dataset)['name']}"
    )


def _skills(rows: Sequence[Row], dataset: xr.Dataset, params: float) -> Table:
    label = rows[0]["label"]
    drawn = "stored_threshold_rank" in rows[0]
    columns = ["skill", "rank", "D* [95 %]", f"D* ({label})", "N* seen", "N* drawn"]
    columns.append("N* rank" if params == 1 else "νN* rank")
    cells = []
    for row in rows:
        line = [str(row["skill"]), str(row["first_rank"]) if _by_rank(dataset) else ""]
        line += [_threshold(row, "draws_threshold"), written(row["draws_threshold_formula"])]
        line += [_there(row["stored_threshold_seen"]) if "stored_threshold_seen" in row else ""]
        line += [_threshold(row, "stored_threshold_rank") if drawn else "", written(row["params_threshold_formula"])]
        cells.append(line)
    seen = "stored_threshold_seen" in rows[0]
    stores = "of the most frequent seen (seen) and of the most probable (rank)" if seen else "of the most probable"
    below = f"D*: the draw that completes the quorum; ({label}): {rows[0]['formula']}. N*: the smallest store that has the skill, "  # noqa: E501
    below += "of the most probable, for the members drawn and by stored_threshold (rank)" if drawn else stores
    below += f". νN*: in parameters, {params:g} a sequence (heuristic)." if params != 1 else "."
    return Table(columns, cells, title=_title(dataset), below=below)


def _by_rank(dataset: xr.Dataset) -> bool:
    return plan_of(dataset)["kind"] == "windows"


def _text_skills(rows: Sequence[Row], dataset: xr.Dataset) -> Table:
    columns = ["skill", "rank", "D* in the text", "in random order", "later by", "N* seen"]
    cells = [
        [str(row["skill"]), str(row["first_rank"]), _there(row["text_draws_threshold"]),
         _threshold(row, "draws_threshold"), signed(row["text_shift"]), _there(row["stored_threshold_seen"])]
        for row in rows
    ]  # fmt: skip
    below = (
        "D*: the draw that completes the quorum, in the text as it stands (one order: no interval) and in random "
        "orders of its windows; later by: in half-widths of the transition. N*: the smallest store that has the "
        "skill, of the most frequent seen."
    )
    return Table(columns, cells, title=_title(dataset), below=below)


def _threshold(row: Row, name: str) -> str:
    """A median with its interval, for people."""
    if row[name] is None:
        return "not there"
    return estimated(row[name], row[f"{name}_lower"], row[f"{name}_upper"], shown=lambda value, _: written(value))


def _there(value: float | None) -> str:
    return "not there" if value is None else written(value)


def _method(dataset: xr.Dataset, shown: Sequence[Row]) -> list[str]:
    """How the numbers are made, in paragraphs."""
    plan, engine = plan_of(dataset), engine_of(dataset)
    told = [f"engine: {engine['name']} ({engine['reason']})", _about_thresholds(dataset, shown[0])]
    if "text_skills" not in dataset:
        sizes = "Intervals of S(D) are Student's, over the corpora."
        if "skills_formula" in dataset:
            of = "with the missing mass at its mean" if plan["kind"] == "frequency" else "of a Poisson number of draws"
            sizes += f" Formula: {count_formula(plan['kind'])}, {of}."
        told.append(sizes)
    found = growth(dataset)
    if found is not None:
        s = plan["exponent"]
        factor = factor_of(found)
        told.append(
            f"S(D) + 1/2 grows as D^{found.exponent:.4f} [{found.lower:.4f}, {found.upper:.4f}] (Student's 95 % "
            f"interval over the corpora) from D = {number(found.first, 4)} to {number(found.last, 4)}; the formula's "
            f"numbers as D^{found.expected:.4f} there, and their limit is 1/s = {1 / s:.4f} (asymptotic). Twice the "
            f"skills take {factor['factor']:.3f} [{factor['factor_lower']:.3f}, {factor['factor_upper']:.3f}] times "
            f"the corpus; 2^s = {2**s:.3f} (asymptotic)."
        )
    return [*told, *_example(dataset)]


def _about_thresholds(dataset: xr.Dataset, row: Row) -> str:
    formula = row["formula"]
    if "text_skills" in dataset:
        return (
            f"D* in random order is the median, with two of the order statistics as its interval; formula: {formula}, "
            "independent draws with the text's frequencies: it knows no end of the text, by which all is seen, and is "
            "late for rare members in random order too. Half-widths are those of random orders."
        )
    told = (
        "D* is the median of the corpora; its interval are two of their order statistics, which assume no law; "
        f"formula: {formula}. "
    )
    if "stored_threshold_rank" in row:
        return told + (
            "N* drawn: the smallest store of the most probable sequences that holds a quorum of the members drawn, "
            "with such an interval; formula: stored_threshold."
        )
    return told + "N* of the most frequent seen is the median, at the largest corpus; that by rank knows the law."


def _example(dataset: xr.Dataset) -> list[str]:
    """Stores of one corpus, one line each."""
    found = _example_of(dataset)
    if found is None:
        return []
    U = found["n_unique"]
    lines = [
        f"Scaling N at fixed D, in one corpus of {number(found['n_draws'], 4)} draws with U(D) = {U} sequences:",
        f"flat from U(D) on: n = {U}: {found['skills']} skills; n = {found['beyond'][0]}: {found['skills_beyond'][0]}; "
        f"n = {found['beyond'][1]}: {found['skills_beyond'][1]}.",
        f"N < U not sufficient: n = {found['idle_from']} to {found['idle_to']}: {found['skills_idle']} skills all the "
        f"way; {found['idle_to'] - found['idle_from']} more sequences complete no quorum.",
    ]
    if found["gain_at"] is not None:
        lines.append(f"N < U can help: n = {found['gain_at']}: with it there are {found['skills_gain']} skills.")
    lines.append(f"{found['sentence'][0].upper()}{found['sentence'][1:]} (rigorous).")
    return ["\n".join(lines)]
