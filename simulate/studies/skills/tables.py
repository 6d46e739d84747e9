"""The tables of a simulation of skills that come with ``--explain``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import xarray as xr

from bounds.cli.printing import estimated, fixed, number, signed, written
from bounds.cli.report import Table

Row = dict[str, Any]


def text_sizes(rows: Sequence[Row]) -> Table:
    """Skills of a text as it stands, beside those of random orders."""
    columns = ["D", "U(D)", "S(D) in the text", "in random order", f"S(D) ({rows[0]['label']})"]
    cells = [
        [written(row["n_draws"]), written(row["text_n_unique"]), str(row["text_skills"]), _skill_count(row),
         _by_formula(row)] for row in rows
    ]  # fmt: skip
    below = "The text is one order and has no interval; those of random orders are Student's."
    return Table(columns, cells, title="Skills S(D) in the text, an unlimited store", below=below)


def transitions(rows: Sequence[Row]) -> Table:
    """How fast each skill comes, and what else is known of it."""
    label, text = rows[0]["label"], "text_rank" in rows[0]
    columns = ["skill", "mass", f"D* ({label})", "ratio", "half-width [95 %]", f"({label})", "sooner"]
    columns += ["N* by rank (rigorous)"] if text else []
    cells = [
        [str(row["skill"]), number(row.get("mass")), written(row["draws_threshold_formula"]), fixed(row["ratio"]),
         estimated(row["half_width"], row["half_width_lower"], row["half_width_upper"]),
         fixed(row["half_width_formula"]), fixed(row["text_rank"], 2) if text else "",
         *([written(row["stored_threshold_formula"])] if text else [])]
        for row in rows
    ]  # fmt: skip
    below = (
        "ratio: D* over the formula. half-width of the transition: half of ln of the 84th over the 16th percentile of "
        "D*; formula beside it."
    )
    below += " sooner: part of the random orders in which it comes before that of the text." if text else ""
    return Table(columns, cells, title="Width of the transitions", below=below)


def every_size(rows: Sequence[Row]) -> Table:
    """Skills and distinct sequences at every size of corpus."""
    label = rows[0]["label"]
    cells = [
        [number(row["n_draws"], 6), number(row.get("n_unique"), 5), number(row["n_unique_formula"], 5),
         _skill_count(row), _by_formula(row), signed(row.get("z"))]
        for row in rows
    ]  # fmt: skip
    columns = ["D", "U(D)", "E U(D)", "S(D) [95 %]", f"S(D) ({label})", "z"]
    below = "S, U: means over the corpora, in an unlimited store; E U: rigorous."
    below += " z: mean S against its formula, in standard errors." if "skills_formula" in rows[0] else ""
    return Table(columns, cells, title="Skills S(D) in corpora of D draws", below=below)


def stores(rows: Sequence[Row], dataset: xr.Dataset, params: float) -> Table:
    """Skills in stores of every size, at the largest corpus."""
    columns = ["n", "N = νn (heuristic)", "most frequent seen", "most probable by rank", "by rank (rigorous, ±1)"]
    cells = []
    for row in rows:
        line = [number(row["n_stored"], 6), number(row["n_params"], 4) if params != 1 else ""]
        line += [_skill_count(row, name) if name in row else "" for name in ("skills_by_seen", "skills_by_rank")]
        formula = "skills_by_rank_formula" in row
        cells.append([*line, _few(row["skills_by_rank_formula"]) if formula else ""])
    title = f"Skills S(N, D) at D = {number(float(dataset.n_draws[-1]), 4)} draws, in a store of n sequences"
    text = "skills_by_seen_lower" not in rows[0] and "skills_by_rank_lower" not in rows[0]
    below = "" if text else "Means over the corpora, with Student's 95 % intervals."
    below += " Formula: expected_skills." if "skills_by_rank_formula" in rows[0] else ""
    return Table(columns, cells, title=title, below=below)


def _skill_count(row: Row, name: str = "skills") -> str:
    """A mean number of skills with its interval, or the number of a single text."""
    if f"{name}_lower" not in row:
        return _few(row[name])
    return estimated(row[name], row[f"{name}_lower"], row[f"{name}_upper"], shown=lambda value, _: _few(value))


def _by_formula(row: Row) -> str:
    return _few(row["skills_formula"]) if "skills_formula" in row else ""


def _few(value: float | None) -> str:
    """A mean number of skills: none is 0, whatever a formula leaves of them."""
    if value is None:
        return "–"
    return number(value, 4 if value >= 10 else 3) if value == 0 or abs(value) >= 1e-3 else "0.000"
