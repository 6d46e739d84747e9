"""Sweeps: grid x replicates -> one Dataset. Where a cell is drawn, on which thread or worker, changes no number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from bounds.base.sources import Source
from simulate.running.execution import Execution
from simulate.running.gathered import Gathered
from simulate.running.run import run
from simulate.running.showing.view import View
from simulate.studies.sweep.dataset import to_dataset
from simulate.studies.sweep.job import SweepJob, prepare
from simulate.studies.sweep.plan import DEFAULT_REPLICATES, DEFAULT_SOURCES, Sweep

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bounds.cli.report import Report


class SweepStudy:
    """How distinct sequences grow in corpora of many sources. See `simulate.running.study.Study`."""

    name = "sweep"
    figures = ("growth", "local-exponent", "spectrum")

    def prepare(self, plan: Sweep, execution: Execution) -> SweepJob:
        """Corpora opened, sizes fixed, an engine chosen and set up for each source."""
        return prepare(plan, device=execution.device)

    def assemble(self, job: SweepJob, gathered: Gathered) -> xr.Dataset:
        """Counts, fits and theory."""
        return to_dataset(job, gathered)

    def table(self, dataset: xr.Dataset) -> xr.Dataset:
        """The counts, and what belongs to a source."""
        return dataset

    def report(self, dataset: xr.Dataset, view: View) -> Report:
        """The exponents, beside those that the laws of `view` imply."""
        from simulate.studies.sweep.report import report

        return report(dataset, view)

    def figure(self, dataset: xr.Dataset, view: View) -> Figure:
        """U(D) of each source, or its local exponents or spectrum."""
        from simulate.studies.sweep.figure import figure
        from simulate.studies.sweep.views import local_exponents, spectra

        drawn = dict(zip(self.figures, (figure, local_exponents, spectra), strict=True))
        return drawn[view.figure or self.figures[0]](dataset, view)


SWEEP = SweepStudy()


def sweep(
    *,
    sources: Sequence[str | Source] = DEFAULT_SOURCES,
    n_draws: Sequence[float] | str = (),
    replicates: int = DEFAULT_REPLICATES,
    seed: int = 0,
    engine: str = "auto",
    device: str = "cpu",
    threads: int | None = None,
    cluster: str | None = None,
    memory: int | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Callable[..., Any] | None = None,
) -> xr.Dataset:
    """Draw `replicates` corpora from each of `sources`, count distinct sequences at each of `n_draws`, and fit.

    `n_draws` is a list of corpus sizes or a grid such as ``"1e3:1e9:25"`` (the default is ``"1e3:1e6:25"``).
    Returns a Dataset with dimensions source, n_draws, replicate and multiplicity; counts are int64, in sequences;
    each variable has ``units`` and ``long_name``. The other arguments are those of `simulate.Execution`; the same seed
    gives the same numbers whatever they are. A cell that fails leaves its replicates at -1 and is named in the
    provenance under ``failed``.

    Raises ValueError with one sentence where an argument is not understood or a source cannot be drawn.
    """
    plan = Sweep(sources, n_draws, replicates, seed, engine)  # type: ignore[arg-type]
    return run(SWEEP, plan, Execution(device, threads, cluster, memory, out, resume, overwrite, progress))


def run_sweep(
    plan: Sweep,
    *,
    device: str = "cpu",
    threads: int | None = None,
    cluster: str | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Callable[..., Any] | None = None,
) -> xr.Dataset:
    """Do what `plan` says: what `simulate.run_plan` does of any plan, with the fields of `simulate.Execution`."""
    return run(SWEEP, plan, Execution(device, threads, cluster, None, out, resume, overwrite, progress))
