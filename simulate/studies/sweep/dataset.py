"""Counts of a sweep, drawn or read -> one Dataset: fitted, and laid beside what theory expects."""

from __future__ import annotations

import numpy as np
import xarray as xr

from bounds.base.sources import Source, Windows
from bounds.counts.unique import expected_unique, local_exponent, missing_mass, variance_unique
from simulate.running.dataset import describe, stamp
from simulate.running.gathered import Gathered, made_of
from simulate.studies.sweep.fits import add_fits
from simulate.studies.sweep.job import SweepJob
from simulate.text.source import CorpusSource


def to_dataset(job: SweepJob, gathered: Gathered) -> xr.Dataset:
    """What was drawn or read as one Dataset: counts, fits and theory, with units and provenance."""
    dataset = theory(job)
    n_unique, spectrum = (gathered.found[name] for name in ("n_unique", "spectrum"))
    if job.drawers or job.corpora:
        for i, source in enumerate(job.plan.sources):
            if source in job.corpora:
                n_unique[i, :, 0], spectrum[i, 0] = job.corpora[source].count(job.grid)
        dims = ("source", "n_draws", "replicate")
        dataset = dataset.assign(
            n_unique=(dims, n_unique), spectrum=(("source", "replicate", "multiplicity"), spectrum)
        )
        dataset = dataset.assign_coords(replicate=np.arange(job.plan.replicates), multiplicity=job.edges)
        dataset = add_fits(dataset, job.corpora)
    else:
        local = [float(local_exponent(source, job.grid[-1])) for source in job.parsed if isinstance(source, Source)]
        dataset = dataset.assign(exponent_local=("source", local))
    dataset["engine"] = ("source", [job.choices[source].name for source in job.plan.sources])
    return stamp(describe(dataset), made_of(job, gathered))


def theory(job: SweepJob) -> xr.Dataset:
    """Expectation, standard deviation and missing mass of each source at each size; NaN where they are not known."""
    n_draws = np.array(job.grid, np.int64)
    columns, planted = [], []
    for source in job.parsed:
        if isinstance(source, CorpusSource):
            columns.append(np.full((3, len(n_draws)), np.nan))
            planted.append(np.nan)
            continue
        columns.append(_moments(source, n_draws, job.choices[str(source)].name))
        planted.append(source.limit_exponent or np.nan)
    expected, deviations, mass = np.stack(columns, axis=1)
    dims = ("source", "n_draws")
    return xr.Dataset(
        {
            "n_unique_expected": (dims, expected),
            "n_unique_sd": (dims, deviations),
            "missing_mass": (dims, mass),
            "exponent_planted": ("source", np.array(planted)),
        },
        coords={"source": list(job.plan.sources), "n_draws": n_draws},
    )


def _moments(source: Source, n_draws: np.ndarray, engine: str) -> np.ndarray:
    """E U, its standard deviation and E M0, a row each.

    The variance of windows is not known. Words too many to list leave the rest unknown too, which a sweep that draws
    can do without, and its table says so.
    """
    unknown = np.full(len(n_draws), np.nan)
    if not isinstance(source, Windows):
        deviation = np.sqrt(variance_unique(source, n_draws))
        return np.array([expected_unique(source, n_draws), deviation, missing_mass(source, n_draws)])
    try:
        return np.array([expected_unique(source, n_draws), unknown, missing_mass(source, n_draws)])
    except ValueError:
        if engine == "analytic":
            raise
        return np.array([unknown, unknown, unknown])
