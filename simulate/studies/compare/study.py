"""Two corpora side by side: what the second adds to the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import xarray as xr

from bounds.cli.report import Report
from simulate.running.dataset import provenance
from simulate.running.execution import Execution
from simulate.running.gathered import Gathered
from simulate.running.job import Choice
from simulate.running.showing.view import View
from simulate.running.whole import WholeJob
from simulate.studies.compare.dataset import table_of, to_dataset
from simulate.studies.compare.plan import ComparePlan
from simulate.text.comparison.compare import compare_corpora
from simulate.text.reading.naming import named_files

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class CompareJob(WholeJob):
    """Two corpora to be counted; they are read while they are. What memory allows is looked at then, too."""

    on_workers = True

    def __init__(self, plan: ComparePlan, execution: Execution) -> None:
        super().__init__(provenance(plan.parameters, command="compare"), Choice("cpu", "texts are read, not drawn"))
        self.plan, self.cluster = plan, execution.cluster

    def forecast(self, at_once: int) -> Report:
        """Which files there are; none is looked at before it is read."""
        sides = {"A": self.plan.a, "B": self.plan.b}
        files = {side: named_files(names).names for side, names in sides.items()}
        told = " and ".join(f"{len(names)} file{'s' * (len(names) > 1)} of {side}" for side, names in files.items())
        rows = [{"side": side, "file": name} for side, names in files.items() for name in names]
        return Report(f"{told}, some seconds for ten megabytes; nothing was read.", data={"rows": rows})


class CompareStudy:
    """What a corpus adds to another. See `simulate.running.study.Study`."""

    name = "compare"
    figures = ("novelty",)

    def prepare(self, plan: ComparePlan, execution: Execution) -> CompareJob:
        """Nothing is read yet."""
        return CompareJob(plan, execution)

    def assemble(self, job: CompareJob, gathered: Gathered) -> xr.Dataset:
        """Both corpora read, counted and laid side by side."""
        plan = job.plan
        names = ("unit", "blocks", "duplicates", "reading", "reading_b")
        chosen = {name: getattr(plan, name) for name in names}
        found = compare_corpora(plan.a, plan.b, length=plan.lengths, **chosen, cluster=job.cluster)
        return to_dataset(found, plan.parameters)

    def table(self, dataset: xr.Dataset) -> xr.Dataset:
        """A line for each length, as given and without copies."""
        return table_of(dataset)

    def report(self, dataset: xr.Dataset, view: View) -> Report:
        """What B adds, beside what more of A would bring, and what both share."""
        from simulate.studies.compare.report import report

        return report(dataset, view)

    def figure(self, dataset: xr.Dataset, view: View) -> Figure:
        """New windows of B beside those of more of A, and what they share, at each length."""
        from simulate.studies.compare.figure import figure

        return figure(dataset, view)


COMPARE = CompareStudy()
