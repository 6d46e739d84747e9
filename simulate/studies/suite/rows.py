"""A trained suite as rows: numbers, and None where there is none, for tables, figures and JSON."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import xarray as xr

from simulate.stats import ROUNDING, margin_of_error, share
from simulate.studies.suite.learning.course import AFTER
from simulate.studies.suite.learning.trajectories import CLASSES


def size_rows(dataset: xr.Dataset) -> list[dict[str, Any]]:
    """One flat object for each size, at the last checkpoint, with the names of the Dataset."""
    return [_row(dataset, i, -1) for i in range(dataset.sizes["n_params"])]


def curve_rows(dataset: xr.Dataset) -> list[dict[str, Any]]:
    """One flat object for each checkpoint and size."""
    return [_row(dataset, i, t) for t in range(dataset.sizes["step"]) for i in range(dataset.sizes["n_params"])]


def _row(dataset: xr.Dataset, size: int, step: int) -> dict[str, Any]:
    at = partial(_at, dataset, n_params=size, step=step)
    row: dict[str, Any] = {name: int(at(name)) for name in ("n_params", "capacity", "step", "n_draws")}
    for name in ("stored", "n_unique", "entered", "forgotten"):
        row[name] = float(at(name).mean())
    for name in ("loss", "loss_prequential", "loss_validation"):
        if name in dataset:
            mean, half = _mean_and_half(at(name))
            row |= {name: _known(float(mean)), f"{name}_half_width": _known(float(half))}
    for name in ("loss_frequency_store", "loss_lower", "z_prequential", "tied_share", "poisson_distance_bound"):
        if name in dataset:
            row[name] = _known(float(at(name)))
    if step == -1:
        row["memorised_since_median"] = _median_since(dataset, size)
    return row


def _at(dataset: xr.Dataset, name: str, **places: int) -> np.ndarray:
    """Values of a variable at some places: xarray's own way takes milliseconds a cell, and tables have thousands."""
    variable = dataset.variables[name]
    return np.asarray(variable.values[tuple(places.get(str(dim), slice(None)) for dim in variable.dims)])


def _median_since(dataset: xr.Dataset, size: int) -> int | None:
    """Step since which half of the sequences in the store at the end have been there."""
    count = _at(dataset, "memorised_since")[size].cumsum()
    return int(_at(dataset, "since_step")[np.searchsorted(count, count[-1] / 2)]) if count[-1] else None


def details(dataset: xr.Dataset) -> dict[str, list[dict[str, Any]]]:
    """The other tables as flat objects."""
    return {
        "trajectories": trajectory_rows(dataset), "tracked": tracked_rows(dataset), "term_accuracy": term_rows(dataset),
        "matched_loss": matched_rows(dataset), "positions": position_rows(dataset),
    }  # fmt: skip


def trajectory_rows(dataset: xr.Dataset) -> list[dict[str, Any]]:
    """Percent of the validation draws in each class, by size and by what is left out of the training."""
    if "trajectory_percent" not in dataset:
        return []
    mean, half = _mean_and_half(dataset.trajectory_percent.values)
    found = []
    for i, n_params in enumerate(dataset.n_params.values):
        for j, percent in enumerate(AFTER):
            row: dict[str, Any] = {"n_params": int(n_params), "after_percent": percent}
            for k, name in enumerate(CLASSES):
                row |= {name: _known(mean[i, j, k]), f"{name}_half_width": _known(half[i, j, k])}
            found.append(row)
    return found


def tracked_rows(dataset: xr.Dataset) -> list[dict[str, Any]]:
    """Course of each tracked sequence, in each size."""
    found = []
    for i, n_params in enumerate(dataset.n_params.values):
        for j, rank in enumerate(dataset.tracked_rank.values):
            stored = _at(dataset, "tracked_stored")[:, i, j]
            peak = int(stored.argmax())
            row: dict[str, Any] = {
                "n_params": int(n_params), "tracked_rank": int(rank), "stored_most": float(stored[peak]),
                "stored_most_step": int(_at(dataset, "step")[peak]), "stored_at_end": float(stored[-1]),
            }  # fmt: skip
            if "tracked_class" in dataset:
                row["tracked_class"] = str(_at(dataset, "tracked_class")[i, j])
                share = _at(dataset, "tracked_class_share")[i, j]
                row |= {f"{name}_share": float(share[k]) for k, name in enumerate(CLASSES)}
            found.append(row)
    return found


def term_rows(dataset: xr.Dataset) -> list[dict[str, Any]]:
    """Accuracy in each bin of exposures at the last checkpoint, all corpora together, with Wilson's interval."""
    terms, known = dataset.terms.values[-1], dataset.terms_known.values[-1]
    found = []
    for i, n_params in enumerate(dataset.n_params.values):
        _, low, high = share(known[:, i], terms)
        for b, count in enumerate(dataset.term_count.values):
            if not terms[b]:
                continue
            found.append({
                "n_params": int(n_params), "term_count": int(count), "terms": int(terms[b]),
                "term_accuracy": float(known[b, i] / terms[b]), "lower": float(low[b]), "upper": float(high[b]),
                "term_accuracy_expected": float(dataset.term_accuracy_expected[b]),
            })  # fmt: skip
    return found


def matched_rows(dataset: xr.Dataset) -> list[dict[str, Any]]:
    """Sizes that met each loss, with what they know of the validation draws."""
    found = []
    for i, target in enumerate(dataset.matched_target.values):
        for j, n_params in enumerate(dataset.n_params.values):
            if _at(dataset, "matched_step")[i, j] < 0:
                continue
            row: dict[str, Any] = {"matched_target": float(target), "n_params": int(n_params)}
            row |= {name: int(_at(dataset, name)[i, j]) for name in ("matched_step", "matched_stored")}
            row |= {name: _known(float(_at(dataset, name)[i, j])) for name in ("matched_loss", "matched_overlap")}
            found.append(row)
    return found


def position_rows(dataset: xr.Dataset) -> list[dict[str, Any]]:
    """Tests against even positions: the median over corpora of each statistic, and how many reject them at 0.01."""
    found = []
    for i, n_params in enumerate(dataset.n_params.values):
        for j, exposure in enumerate(dataset.exposure.values):
            at = partial(_at, dataset, n_params=i, exposure=j)
            p_values = np.minimum(2 * np.fmin(at("dispersion_p"), at("position_ks_p")), 1)  # Bonferroni
            measured = p_values[np.isfinite(p_values)]
            if not measured.size:
                continue
            row: dict[str, Any] = {"n_params": int(n_params), "exposure": str(exposure)}
            for name in ("dispersion", "dispersion_p", "position_ks", "position_ks_p"):
                row[name] = float(np.median(at(name)[np.isfinite(p_values)]))
            row["dispersion_expected"] = float(np.median(at("dispersion_expected")[np.isfinite(p_values)]))
            row["stored"] = float(at("stored")[:, -1].mean())
            row |= {"rejected": int((measured < 0.01).sum()), "tested": int(measured.size)}
            row |= {name: _known(float(at(name))) for name in ("poisson_distance_bound", "tied_share")}
            found.append(row)
    return found


def known_from(dataset: xr.Dataset) -> list[int | None]:
    """For each size the exposures from which on it knows half of the sequences or more; None where it never does.

    The lower edge of a bin, at the last checkpoint.
    """
    terms, known = dataset.terms.values[-1], dataset.terms_known.values[-1]
    found: list[int | None] = []
    for i in range(dataset.sizes["n_params"]):
        less = np.flatnonzero((terms > 0) & (2 * known[:, i] < terms))
        rest = np.flatnonzero(terms > 0)
        rest = rest[rest > less[-1]] if len(less) else rest
        found.append(int(dataset.term_count[rest[0]]) if len(rest) else None)
    return found


def _mean_and_half(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean over the first axis and half-width of its 95 % interval (Student's t); NaN for one replicate."""
    if len(values) < 2:
        return values[0], np.full(values.shape[1:], np.nan)
    mean, half = values.mean(axis=0), margin_of_error(values, 0)
    return mean, np.where(half > ROUNDING * np.abs(mean), half, 0.0)  # of equal values rounding alone is left


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
