"""Real text: distinct windows counted, or estimated in one pass, in growing prefixes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import xarray as xr

from bounds.base.telling.steps import stepped
from bounds.cli.report import Report
from simulate.running.dataset import provenance
from simulate.running.execution import Execution
from simulate.running.gathered import Gathered
from simulate.running.job import Choice
from simulate.running.showing.view import View
from simulate.running.whole import WholeJob
from simulate.studies.text.dataset import counts_of, to_dataset
from simulate.studies.text.plan import TextPlan
from simulate.text.exponents import fit_corpus
from simulate.text.growth import measure_corpus
from simulate.text.streaming import sketch_corpus

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class TextJob(WholeJob):
    """A text to be counted; it is read while it is. What its memory allows is looked at then, too."""

    on_workers = True

    def __init__(self, plan: TextPlan, execution: Execution) -> None:
        super().__init__(provenance(plan.parameters, command="corpus"), Choice("cpu", "a text is read, not drawn"))
        self.plan = plan
        beside = execution.target
        self.cluster = execution.cluster
        self.room: dict[str, Any] = {
            "memory": execution.memory,
            "scratch": None if beside is None else beside.absolute().parent,
        }

    def forecast(self, at_once: int) -> Report:
        """A text is not looked at before it is read."""
        return Report(f"{len(self.plan.files)} files, some seconds for ten megabytes; nothing was read.")


class TextStudy:
    """How distinct windows of a text grow. See `simulate.running.study.Study`."""

    name = "corpus"
    figures = ("growth", "local-exponent", "spectrum")

    def prepare(self, plan: TextPlan, execution: Execution) -> TextJob:
        """Nothing is read yet."""
        return TextJob(plan, execution)

    def assemble(self, job: TextJob, gathered: Gathered) -> xr.Dataset:
        """The text read, counted or sketched, and fitted."""
        plan = job.plan
        chosen = {name: getattr(plan, name) for name in ("unit", "at", "seed", "reading")}
        pairs: list[Any]
        if plan.sketch:
            chosen |= {"precision": plan.precision, "cluster": job.cluster}
            sketched = sketch_corpus(plan.files, length=plan.lengths, **chosen)
            pairs = [(growth, None) for growth in sketched]
        else:
            chosen |= {name: getattr(plan, name) for name in ("order", "chunk", "blocks")}
            growths = measure_corpus(plan.files, length=plan.lengths, **chosen, **job.room, cluster=job.cluster)
            pairs = [
                (growth, None if growth.blocks is None else fit_corpus(growth))
                for growth in stepped(growths, "fitting", "lengths")
            ]
        return to_dataset(pairs, plan.parameters)

    def table(self, dataset: xr.Dataset) -> xr.Dataset:
        """The counts."""
        return counts_of(dataset)

    def report(self, dataset: xr.Dataset, view: View) -> Report:
        """The counts, and the exponent of each length."""
        from simulate.studies.text.report import report

        return report(dataset, view)

    def figure(self, dataset: xr.Dataset, view: View) -> Figure:
        """U(D) of each length, or its local exponents or spectrum."""
        from simulate.studies.text.figure import figure
        from simulate.studies.text.views import local_exponents, spectra

        drawn = dict(zip(self.figures, (figure, local_exponents, spectra), strict=True))
        return drawn[view.figure or self.figures[0]](dataset, view)


TEXT = TextStudy()
