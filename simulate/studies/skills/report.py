"""From a Dataset of skills to what a reader sees: tables, the example, and the sentence that answers the question."""

from __future__ import annotations

import json
from typing import Any

import xarray as xr

from bounds.cli.printing import number, print_table, print_text
from bounds.cli.shared import SCHEMA_VERSION
from bounds.efficiency.band import growth_factor
from simulate.stats import Z_LIMIT
from simulate.studies.skills.estimates import LEAST_SKILLS
from simulate.studies.skills.rows import (
    count_formula,
    engine_of,
    growth,
    held,
    plan_of,
    size_rows,
    skill_rows,
    store_rows,
)
from simulate.studies.sweep.report import short

__all__ = ["as_json", "print_summary", "verdict", "warnings"]

PAPER = (3.0, 5.0)
"""Corpus factor for twice the skills, as Kausik 2024 states it."""


def as_json(dataset: xr.Dataset, *, most: int | None, params: float, path: str | None) -> dict[str, Any]:
    """The object that ``--json`` prints. Null stands for infinite and for what was not measured."""
    found = growth(dataset)
    return {
        "schema_version": SCHEMA_VERSION,
        "rows": skill_rows(dataset, most, params),
        "sizes": size_rows(dataset),
        "stores": store_rows(dataset, dataset.sizes["n_stored"], params),
        "growth": found and found._asdict() | factor_of(found.exponent, found.lower, found.upper),
        "example": json.loads(dataset.attrs["example"]),
        "bands": [],
        "warnings": warnings(dataset),
        "verdict": verdict(dataset),
        "provenance": json.loads(dataset.attrs["provenance"]),
        "path": path,
    }


def factor_of(exponent: float, lower: float, upper: float) -> dict[str, float]:
    """Corpus factor for twice the skills, with the interval of the exponent."""
    names = ("factor", "factor_lower", "factor_upper")
    positive = (max(value, 1e-9) for value in (exponent, upper, lower))
    return dict(zip(names, (float(growth_factor(value, k=2)) for value in positive), strict=True))


def print_summary(dataset: xr.Dataset, *, most: int, params: float) -> None:
    """Print all tables, the example, what must be said, and the verdict."""
    plan, text = plan_of(dataset), "text_skills" in dataset
    print(_heading(dataset))
    (_print_text_skills if text else _print_skills)(skill_rows(dataset, most, params), plan, params)
    print(f"\nSkills S(D) in {'the text' if text else 'corpora of D draws'}, an unlimited store")
    (_print_text_sizes if text else _print_sizes)(size_rows(dataset), plan)
    _print_growth(dataset)
    print(f"\nSkills S(N, D) at D = {number(float(dataset.n_draws[-1]), 4)} draws, in a store of n sequences")
    _print_stores(store_rows(dataset, 8, params), params)
    _print_example(dataset)
    for note in warnings(dataset):
        print_text(f"! {note}")
    print_text(f"\n{verdict(dataset)}")


def _heading(dataset: xr.Dataset) -> str:
    plan = plan_of(dataset)
    m, a, J = (plan[key] for key in ("members", "quorum", "n_skills"))
    of = {
        "masses": f"with masses w_j ~ j^-{plan['exponent']:g} and members of their own, all alike",
        "windows": f"of consecutive ranks of {short(plan['source'])}",
        "frequency": f"whose members are drawn from {plan['source']}, for each corpus anew",
    }[plan["kind"]]
    seen = "" if plan["exposures"] == 1 else f", each drawn {plan['exposures']} times"
    kind = "random orders of the text" if "text_skills" in dataset else "corpora"
    return (
        f"When skills emerge: {J} skill{'s' * (J > 1)} {of}; {m} members, a skill is there with {a} of them{seen}.\n"
        f"{dataset.sizes['replicate']} {kind}, engine {engine_of(dataset)['name']}"
    )


def _print_skills(rows: list[dict[str, Any]], plan: dict[str, Any], params: float) -> None:
    windows, seen = plan["kind"] == "windows", "stored_threshold_seen" in rows[0]
    columns = ["skill", *(["first rank"] if windows else []), *(["mass"] if plan["kind"] != "frequency" else [])]
    left = len(columns)
    label = rows[0]["label"]
    columns += ["D* median", "95 % interval", f"D* ({label})", "ratio", "half-width", "95 % interval",
                f"formula ({label})"]  # fmt: skip
    columns += ["N* of seen"] if seen else []
    drawn = "stored_threshold_rank" in rows[0]
    columns += ["N* drawn", "95 % interval", "N* (rigorous)"] if drawn else ["N* by rank (rigorous)"]
    columns += ["νN* (heuristic)"] if params != 1 else []
    cells = [_skill_cells(row, windows, seen, params) for row in rows]
    print_table(columns, cells, left=min(left, 1))
    print_text(
        "D*: the draw that completes the quorum, the median of the corpora; its interval are two of their order "
        f"statistics, which assume no law; formula: {rows[0]['formula']}. Half-width of the transition: half of ln of "
        f"the 84th over the 16th percentile of D*; formula beside it. {_which_stores(seen, drawn)}",
    )


def _which_stores(seen: bool, drawn: bool) -> str:
    """What N* is, in the columns that there are."""
    if drawn:
        return (
            "N*: the smallest store by rank, of the most probable sequences, that holds a quorum of the members drawn, "
            "with such an interval; formula: stored_threshold."
        )
    by_rank = "of the most probable by rank, which knows the law"
    if not seen:
        return f"N*: the smallest store that has the skill, {by_rank}."
    return (
        "N*: the smallest store that has the skill, of the most frequent seen in the largest corpus (median), and "
        f"{by_rank}."
    )


def _skill_cells(row: dict[str, Any], windows: bool, seen: bool, params: float) -> list[str]:
    cells = [str(row["skill"]), *([str(row["first_rank"])] if windows else [])]
    cells += [number(row["mass"])] if "mass" in row else []
    cells += [
        _threshold(row["draws_threshold"]), _interval(row, "draws_threshold"),
        number(row["draws_threshold_formula"], 4), _fixed(row["ratio"]), _fixed(row["half_width"]),
        _interval(row, "half_width", 2), _fixed(row["half_width_formula"]),
    ]  # fmt: skip
    cells += [_threshold(row["stored_threshold_seen"])] if seen else []
    if "stored_threshold_rank" in row:
        cells += [_threshold(row["stored_threshold_rank"]), _interval(row, "stored_threshold_rank")]
    cells += [number(row["stored_threshold_formula"], 4)]
    return cells + ([number(row["params_threshold_formula"], 4)] if params != 1 else [])


def _print_text_skills(rows: list[dict[str, Any]], plan: dict[str, Any], params: float) -> None:
    label = rows[0]["label"]
    columns = ["skill", "first rank", "mass", "D* in the text", "in random order", "95 % interval",
               f"D* ({label})", "half-width", f"formula ({label})", "text later by", "part sooner",
               "N* of seen", "N* by rank"]  # fmt: skip
    cells = [
        [str(row["skill"]), str(row["first_rank"]), number(row["mass"]), _threshold(row["text_draws_threshold"]),
         _threshold(row["draws_threshold"]), _interval(row, "draws_threshold"),
         number(row["draws_threshold_formula"], 4), _fixed(row["half_width"]), _fixed(row["half_width_formula"]),
         _signed(row["text_shift"]),
         _fixed(row["text_rank"]), _threshold(row["stored_threshold_seen"]), number(row["stored_threshold_formula"], 4)]
        for row in rows
    ]  # fmt: skip
    print_table(columns, cells)
    print_text(
        "D*: the draw that completes the quorum, in the text as it stands (one order: no interval) and the median of "
        "random orders of its windows, with two of their order statistics as its interval; formula: "
        f"{rows[0]['formula']}, independent draws with the text's frequencies: it knows no end of the text, by which "
        "all is seen, and is late for rare members in random order too. Half-width of the transition: half of ln of "
        "the 84th over the 16th percentile in random order; formula beside it. Text later by: ln of text over random "
        "order, in half-widths. Part sooner: of the random orders. N*: the smallest store that has the skill, of the "
        "most frequent seen in the whole text, and by rank.",
    )
    if params != 1:
        print(f"N* is in sequences, of {params:g} parameters each (heuristic).")


def _print_sizes(rows: list[dict[str, Any]], plan: dict[str, Any]) -> None:
    formula, drawn = "skills_formula" in rows[0], "n_unique" in rows[0]
    columns = ["D", *(["U(D)"] if drawn else []), "E U(D) (rigorous)", "S(D) mean", "95 % interval"]
    columns += [f"S(D) ({rows[0]['label']})", "z"] if formula else []
    cells = [
        [number(row["n_draws"], 4), *([number(row["n_unique"], 5)] if drawn else []),
         number(row["n_unique_formula"], 5), number(row["skills"], 4),
         _interval(row, "skills"), *([number(row["skills_formula"], 4), _signed(row["z"])] if formula else [])]
        for row in rows
    ]  # fmt: skip
    print_table(columns, cells)
    told = "Intervals are Student's, over the corpora."
    if formula:
        of = "with the missing mass at its mean" if plan["kind"] == "frequency" else "of a Poisson number of draws"
        told += f" Formula: {count_formula(plan['kind'])}, {of}. z: mean against formula, in standard errors."
    print_text(told)


def _print_text_sizes(rows: list[dict[str, Any]], plan: dict[str, Any]) -> None:
    columns = ["D", "U(D)", "S(D) in the text", "in random order", "95 % interval", f"S(D) ({rows[0]['label']})"]
    formula = "skills_formula" in rows[0]
    cells = [
        [number(row["n_draws"], 4), number(row["text_n_unique"], 6), str(row["text_skills"]), number(row["skills"], 4),
         _interval(row, "skills"), number(row["skills_formula"], 4) if formula else "–"] for row in rows
    ]  # fmt: skip
    print_table(columns, cells)
    print("The text is one order and has no interval; those of random orders are Student's.")


def _print_growth(dataset: xr.Dataset) -> None:
    found = growth(dataset)
    if found is None:
        if plan_of(dataset)["kind"] == "masses":
            print_text(
                f"No exponent of S(D): it takes two corpora, and three sizes of corpus at which {LEAST_SKILLS:g} "
                "skills or more and half of them at most are expected.",
            )
        return
    s, factor = plan_of(dataset)["exponent"], factor_of(found.exponent, found.lower, found.upper)
    print_text(
        f"S(D) + 1/2 grows as D^{found.exponent:.4f} [{found.lower:.4f}, {found.upper:.4f}] (Student's 95 % interval "
        f"over the corpora) from D = {number(found.first, 4)} to {number(found.last, 4)}; the formula's numbers as "
        f"D^{found.expected:.4f} there, and their limit is 1/s = {1 / s:.4f} (asymptotic). Twice the skills take "
        f"{factor['factor']:.3f} [{factor['factor_lower']:.3f}, {factor['factor_upper']:.3f}] times the corpus; "
        f"2^s = {2**s:.3f} (asymptotic).",
    )


def _print_stores(rows: list[dict[str, Any]], params: float) -> None:
    seen, rank = "skills_by_seen" in rows[0], "skills_by_rank" in rows[0]
    formula = "skills_by_rank_formula" in rows[0]
    bounded = "skills_by_rank_lower" in rows[0]
    columns = ["n", *(["N = νn (heuristic)"] if params != 1 else [])]
    columns += ["most frequent seen", *(["95 % interval"] if bounded else [])] if seen else []
    columns += ["most probable by rank", *(["95 % interval"] if bounded else [])] if rank else []
    columns += ["by rank (rigorous, ±1)"] if formula else []
    cells = []
    for row in rows:
        line = [number(row["n_stored"], 6), *([number(row["n_params"], 4)] if params != 1 else [])]
        for name in ("skills_by_seen", "skills_by_rank"):
            if name in row:
                line += [number(row[name], 4), *([_interval(row, name)] if bounded else [])]
        cells.append(line + ([number(row["skills_by_rank_formula"], 4)] if formula else []))
    print_table(columns, cells)
    if bounded:
        print("Means over the corpora; the intervals are Student's. Formula: expected_skills." if formula else
              "Means over the corpora; the intervals are Student's.")  # fmt: skip


def _print_example(dataset: xr.Dataset) -> None:
    found = json.loads(dataset.attrs["example"])
    if found is None:
        print("No example of scaling N: no skill is there in a corpus of up to a million draws.")
        return
    U = found["n_unique"]
    print(f"\nScaling N at fixed D, in one corpus of {number(found['n_draws'], 4)} draws with U(D) = {U} sequences:")
    print(
        f"  flat from U(D) on      n = {U}: {found['skills']} skills; n = {found['beyond'][0]}: "
        f"{found['skills_beyond'][0]}; n = {found['beyond'][1]}: {found['skills_beyond'][1]}."
    )
    print(
        f"  N < U not sufficient   n = {found['idle_from']} to {found['idle_to']}: {found['skills_idle']} skills all "
        f"the way; {found['idle_to'] - found['idle_from']} more sequences complete no quorum."
    )
    if found["gain_at"] is not None:
        print(
            f"  N < U can help         n = {found['gain_at']}: with this place there are {found['skills_gain']} skills."
        )
    print_text(f"{found['sentence'][0].upper()}{found['sentence'][1:]} (rigorous).")


def warnings(dataset: xr.Dataset) -> list[str]:
    """What a reader must be told beside the numbers."""
    told = []
    plan, engine = plan_of(dataset), engine_of(dataset)["name"]
    far = [row for row in size_rows(dataset) if row.get("z") is not None and abs(row["z"]) > Z_LIMIT]
    if "text_skills" not in dataset and far:
        worst = max(far, key=lambda row: abs(row["z"]))
        told.append(
            f"at D = {number(worst['n_draws'], 4)} the mean number of skills is {worst['z']:+.1f} standard errors from "
            f"the formula ({worst['label']}){_why_far(plan['kind'], engine)}"
        )
    if engine == "arrivals":
        told.append("engine arrivals keeps no count of other sequences: the store is filled by rank; --engine tokens "
                    "has the store of what was seen")  # fmt: skip
    elif plan["kind"] == "masses" and "mass" in dataset and float(dataset.mass[0]) > 0.1:
        told.append("the first skill takes up much of the corpus, where exactly D draws differ a little from the "
                    "formulas' Poisson number")  # fmt: skip
    return told


def _why_far(kind: str, engine: str) -> str:
    if kind == "frequency":
        return ", which takes the missing mass at its mean: a small corpus varies around it"
    return ", which is that of a Poisson number of draws, where exactly D were drawn" if engine == "tokens" else ""


def verdict(dataset: xr.Dataset) -> str:
    """The one sentence that says whether skills emerge where the formulas have them, and what growing N does."""
    if "text_skills" in dataset:
        return _text_verdict(dataset)
    inside, of = held(dataset)
    name = skill_rows(dataset, 1)[0]["formula"]
    none = "there is no interval of D* beside a formula, for which it takes 6 replicates and corpora that reach it"
    parts = [f"{inside} of {of} 95 % intervals of D* hold {name} (95 % would be {0.95 * of:.4g})" if of else none]
    if "stored_threshold_rank" in dataset and plan_of(dataset)["kind"] == "frequency":
        inside, of = held(dataset, "stored_threshold_rank", "stored_threshold")
        parts += [f"{inside} of {of} 95 % intervals of N* hold stored_threshold"] if of else []
    found = growth(dataset)
    if found is not None:
        s = plan_of(dataset)["exponent"]
        factor = factor_of(found.exponent, found.lower, found.upper)
        agree = "holds" if found.lower <= found.expected <= found.upper else "misses"
        within = PAPER[0] <= factor["factor"] <= PAPER[1]
        parts.append(
            f"S(D) grows as D^{found.exponent:.3f} [{found.lower:.3f}, {found.upper:.3f}], which {agree} the formula's "
            f"{found.expected:.3f} (limit 1/s = {1 / s:.3f}), so that twice the skills take {factor['factor']:.2f} "
            f"times the corpus, {'inside' if within else 'outside'} the paper's three to five"
        )
    said = "; ".join(parts)
    return said[0].upper() + said[1:] + "." + _example_words(dataset)


def _text_verdict(dataset: xr.Dataset) -> str:
    rows = [row for row in skill_rows(dataset) if row["text_shift"] is not None]
    if not rows:
        return "No skill of the text completes its quorum."
    late = sum(row["text_rank"] > 0.84 for row in rows)
    early = sum(row["text_rank"] < 0.16 for row in rows)
    return (
        f"In the order of the text {late} of {len(rows)} skills come later than in 84 % of random orders and {early} "
        f"sooner than in 84 %; were the order random, it would be about {0.16 * len(rows):.1f} each."
        + _example_words(dataset)
    )


def _example_words(dataset: xr.Dataset) -> str:
    if json.loads(dataset.attrs["example"]) is None:
        return ""
    return " More parameters than U(D) change nothing; fewer is necessary for new skills by growing N, not sufficient."


def _interval(row: dict[str, Any], name: str, digits: int = 4) -> str:
    low, high = row[f"{name}_lower"], row[f"{name}_upper"]
    if low is None:
        return "none"
    return f"{number(low, digits)} – {'∞' if high is None else number(high, digits)}"


def _threshold(value: float | None) -> str:
    return "not there" if value is None else number(value, 4)


def _fixed(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.2f}"
