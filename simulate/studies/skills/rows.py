"""From a Dataset of skills to flat rows: one a skill, one a corpus size, one a size of the store."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from simulate import stats
from simulate.running.dataset import made_by, plan_of
from simulate.stats import Estimate
from simulate.studies.skills.estimates import Growth, growth_exponent, half_width
from simulate.studies.skills.theory import label_of, shown_skills, threshold_formula

__all__ = ["compared", "engine_of", "growth", "reached_skills", "size_rows", "skill_rows", "store_rows"]

SLACK = 1.0
"""Draws by which a threshold that is counted in whole draws may be above the real number of the formula."""


def engine_of(dataset: xr.Dataset) -> dict[str, str]:
    """Name of the engine, and why it was chosen."""
    (found,) = made_by(dataset)["engines"].values()
    return dict(found)


def skill_rows(dataset: xr.Dataset, most: int | None = None, params_per_sequence: float = 1.0) -> list[dict[str, Any]]:
    """One row for each of at most `most` skills: thresholds and widths, measured and by formula, with labels.

    In a text, `draws_threshold` is that of random orders of its windows and ``text_…`` that of the text as it stands.
    """
    chosen = np.arange(dataset.sizes["skill"]) if most is None else reached_skills(dataset, most)
    return rows_of(dataset, chosen, params_per_sequence)


def rows_of(dataset: xr.Dataset, chosen: np.ndarray, params_per_sequence: float = 1.0) -> list[dict[str, Any]]:
    """`skill_rows` of the skills with these indices."""
    plan = plan_of(dataset)
    measured = dataset.draws_threshold.values[chosen]
    centre, width = stats.median(measured), half_width(measured)
    formula, by_formula = (
        dataset[name].values[chosen] for name in ("draws_threshold_formula", "draws_half_width_formula")
    )
    inside = _inside(centre, formula)
    text = "text_draws_threshold" in dataset
    name = threshold_formula(plan["kind"])
    columns: dict[str, Any] = {
        "skill": chosen + 1,
        **_own(dataset, chosen),
        "draws_threshold": centre.value, "draws_threshold_lower": centre.lower, "draws_threshold_upper": centre.upper,
        "draws_threshold_formula": formula, "ratio": _ratio(centre.value, formula),
        "formula_in_interval": np.where(np.isnan(centre.lower) | np.isnan(formula), None, inside),
        "half_width": width.value, "half_width_lower": width.lower, "half_width_upper": width.upper,
        "half_width_formula": by_formula,
        **_stores(dataset, chosen, params_per_sequence),
    }  # fmt: skip
    if text:
        own = dataset.text_draws_threshold.values[chosen]
        with np.errstate(divide="ignore", invalid="ignore"):
            columns |= {"text_draws_threshold": own, "text_shift": np.log(own / centre.value) / width.value}
        columns["text_rank"] = (measured < own[:, None]).mean(axis=1)
    rows = [{key: _plain(values[i]) for key, values in columns.items()} for i in range(len(chosen))]
    label = "heuristic" if text else label_of(name)
    return [row | {"formula": name, "label": label} for row in rows]


def _ratio(value: np.ndarray, formula: np.ndarray) -> np.ndarray:
    """`value` in units of `formula`; NaN where that is 0, as of a skill that every draw teaches, or infinite."""
    there = (formula > 0) & np.isfinite(formula)
    return np.divide(value, formula, out=np.full(value.shape, np.nan), where=there)


def reached_skills(dataset: xr.Dataset, most: int, beyond: int = 1) -> np.ndarray:
    """Indices of at most `most` skills, evenly spaced in the logarithm up to `beyond` past the last with a median."""
    reached = np.flatnonzero(np.isfinite(stats.median(dataset.draws_threshold.values).value))
    last = int(reached[-1]) if len(reached) else 0
    return shown_skills(min(last + 1 + beyond, dataset.sizes["skill"]), most)


def _own(dataset: xr.Dataset, chosen: np.ndarray) -> dict[str, Any]:
    """Mass and first rank of the skills, where they are the same in every corpus."""
    return {name: dataset[name].values[chosen] for name in ("mass", "first_rank") if name in dataset}


def _stores(dataset: xr.Dataset, chosen: np.ndarray, params: float) -> dict[str, Any]:
    """Thresholds in size: of what was seen at the largest corpus, and by rank beside the formula."""
    found: dict[str, Any] = {}
    for name in ("stored_threshold_seen", "stored_threshold_rank"):
        if f"text_{name}" in dataset:
            if name.endswith("seen"):
                found[name] = dataset[f"text_{name}"].values[chosen]
        elif name in dataset and (name.endswith("seen") or plan_of(dataset)["kind"] == "frequency"):
            centre = stats.median(dataset[name].values[chosen])
            found |= {name: centre.value, f"{name}_lower": centre.lower, f"{name}_upper": centre.upper}
    formula = dataset.stored_threshold_formula.values[chosen]
    return found | {"stored_threshold_formula": formula, "params_threshold_formula": params * formula}


def compared(
    dataset: xr.Dataset, measured: str = "draws_threshold", by: str = "draws_threshold"
) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the skills whose threshold has an interval that the corpora reach; whether it holds the formula."""
    centre = stats.median(dataset[measured].values)
    formula = dataset[f"{by}_formula"].values
    there = np.isfinite(centre.lower) & ~np.isnan(centre.upper) & np.isfinite(formula)
    if measured == "draws_threshold" and engine_of(dataset)["name"] == "tokens":
        # By the formula: to take those that came in time would be to take those that came early.
        reach = formula * np.exp(2 * dataset.draws_half_width_formula.values)
        there &= reach <= float(dataset.n_draws[-1])
    found = np.flatnonzero(there)
    return found, _inside(centre, formula)[found]


def _inside(centre: Estimate, formula: np.ndarray) -> Any:
    return (centre.lower - SLACK <= formula) & (formula <= centre.upper)


def size_rows(dataset: xr.Dataset) -> list[dict[str, Any]]:
    """One row for each corpus size: number of skills, with interval, formula and z, and distinct sequences."""
    measured = dataset.skills.values
    found = stats.mean(measured)
    columns: dict[str, Any] = {
        "n_draws": dataset.n_draws.values, "skills": found.value, "skills_lower": found.lower,
        "skills_upper": found.upper,
    }  # fmt: skip
    if "skills_formula" in dataset:
        columns |= {"skills_formula": dataset.skills_formula.values, "z": _z(dataset)}
    if "n_unique_formula" in dataset:
        columns["n_unique_formula"] = dataset.n_unique_formula.values
    if "n_unique" in dataset:
        columns["n_unique"] = dataset.n_unique.values.mean(axis=-1)
    for name in ("text_skills", "text_n_unique"):
        if name in dataset:
            columns[name] = dataset[name].values
    label = "heuristic" if "text_skills" in dataset else label_of(count_formula(plan_of(dataset)["kind"]))
    rows = [{key: _plain(values[i]) for key, values in columns.items()} for i in range(dataset.sizes["n_draws"])]
    return [row | {"label": label} for row in rows]


def count_formula(kind: str) -> str:
    """The formula that gives the expected number of skills of this kind."""
    of = {"masses": "expected_skills", "windows": "emergence_probability_unequal"}
    return of.get(kind, "draws_threshold_frequency")


def _z(dataset: xr.Dataset) -> np.ndarray:
    """Mean number of skills against the formula, in standard errors: the larger of the sample's and the formula's.

    Near none or all of the skills every replicate may show the same number, though the mean is not quite that.
    """
    measured = dataset.skills.values
    n = measured.shape[-1]
    variance = measured.var(axis=-1, ddof=1) if n > 1 else np.zeros(len(measured))
    deviation = np.sqrt(np.maximum(variance, dataset.skills_variance_formula.values) / n)
    gap = measured.mean(axis=-1) - dataset.skills_formula.values
    return np.divide(gap, deviation, out=np.zeros(len(gap)), where=deviation > 0)


def store_rows(dataset: xr.Dataset, most: int = 8, params_per_sequence: float = 1.0) -> list[dict[str, Any]]:
    """One row for each of `most` sizes of the store at the largest corpus: skills by store, with intervals."""
    prefix = "text_" if "text_skills" in dataset else ""
    sizes = dataset.n_stored.values
    chosen = np.unique(np.round(np.linspace(0, len(sizes) - 1, min(most, len(sizes)))).astype(int))
    columns: dict[str, Any] = {"n_stored": sizes[chosen], "n_params": sizes[chosen] * params_per_sequence}
    for name in ("skills_by_seen", "skills_by_rank"):
        if prefix + name not in dataset:
            continue
        values = dataset[prefix + name].isel(n_draws=-1).values[chosen]
        if prefix:
            columns[name] = values
            continue
        found = stats.mean(values)
        columns |= {name: found.value, f"{name}_lower": found.lower, f"{name}_upper": found.upper}
    if "skills_by_rank_formula" in dataset:
        columns["skills_by_rank_formula"] = dataset.skills_by_rank_formula.isel(n_draws=-1).values[chosen]
    return [{key: _plain(values[i]) for key, values in columns.items()} for i in range(len(chosen))]


def growth(dataset: xr.Dataset) -> Growth | None:
    """The exponent of S(D), for skills with masses of their own."""
    if plan_of(dataset)["kind"] != "masses" or "skills_formula" not in dataset:
        return None
    n_draws = dataset.n_draws.values.astype(float)
    return growth_exponent(n_draws, dataset.skills.values, dataset.skills_formula.values, dataset.sizes["skill"])


def _plain(value: Any) -> Any:
    """A value as JSON has it: None for what is not there, and for what is infinite."""
    if value is None or isinstance(value, bool):
        return value
    plain = value.item() if hasattr(value, "item") else value
    return plain if isinstance(plain, int | bool) or np.isfinite(plain) else None
