"""What more of a text buys two cheap learners, beside how its distinct windows grow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import xarray as xr

from bounds.cli.report import Report
from simulate.running.dataset import provenance
from simulate.running.execution import Execution
from simulate.running.gathered import Gathered
from simulate.running.job import Choice
from simulate.running.showing.view import View
from simulate.running.whole import WholeJob
from simulate.studies.loss.dataset import curve_of, to_dataset
from simulate.studies.loss.plan import LossPlan
from simulate.text.exponents import fit_corpus
from simulate.text.growth import measure_units
from simulate.text.learning.curves import School, in_turn, measure_loss
from simulate.text.spilling.room import Room

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class LossJob(WholeJob):
    """A text to be learnt; it is read while it is."""

    smaller = "--most with fewer units"
    on_workers = True

    def __init__(self, plan: LossPlan, execution: Execution) -> None:
        super().__init__(provenance(plan.parameters, command="loss"), Choice("cpu", "a text is read, not drawn"))
        self.plan, self.cluster = plan, execution.cluster

    def forecast(self, at_once: int) -> Report:
        """A text is not looked at before it is read."""
        return Report(f"{len(self.plan.files)} files, half a minute for ten megabytes; nothing was read.")


@contextmanager
def _room(cluster: str | None) -> Iterator[tuple[Room, School]]:
    """Where the text is read and counted, and who is taught it."""
    if cluster is None:
        yield Room(), in_turn
        return
    from simulate.text.shards.room import room_on_cluster  # what needs no cluster loads none
    from simulate.text.shards.teaching import school_of

    with room_on_cluster(cluster, None) as room:
        yield room, school_of(room)


class LossStudy:
    """How the loss of learners falls with the text they are taught. See `simulate.running.study.Study`."""

    name = "loss"
    figures = ("losses",)

    def prepare(self, plan: LossPlan, execution: Execution) -> LossJob:
        """Nothing is read yet."""
        return LossJob(plan, execution)

    def assemble(self, job: LossJob, gathered: Gathered) -> xr.Dataset:
        """The text read, learnt part by part in several orders, tested, and its windows counted."""
        plan = job.plan
        chosen = {name: getattr(plan, name) for name in ("hold_out", "shuffles", "most", "chunk", "seed")}
        with _room(job.cluster) as (room, school):
            units = room.read(plan.files, plan.unit, plan.reading)
            curves = measure_loss(units, **chosen, count_on=plan.from_counts, school=school)
            growths = measure_units(units, plan.lengths, seed=plan.seed, room=room)
            repeats = room.repeats(units)
        fits = [None if growth.blocks is None else fit_corpus(growth) for growth in growths]
        return to_dataset(curves, list(zip(growths, fits, strict=True)), units, repeats, plan.parameters)

    def table(self, dataset: xr.Dataset) -> xr.Dataset:
        """The loss of each learner after each part."""
        return curve_of(dataset)

    def report(self, dataset: xr.Dataset, view: View) -> Report:
        """Losses, gains of doublings, and exponents of windows beside them."""
        from simulate.studies.loss.report import report

        return report(dataset, view)

    def figure(self, dataset: xr.Dataset, view: View) -> Figure:
        """L(D), and the gains below it."""
        from simulate.studies.loss.figure import figure

        return figure(dataset, view)


LOSS = LossStudy()
