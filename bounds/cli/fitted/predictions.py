"""Losses that a fitted law predicts for runs that were asked for: a row each, with the three parts of its error."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from bounds.base.notes import Note
from bounds.cli.fitted.asked import AskedRun
from bounds.cli.printing import estimated, fixed, times, written
from bounds.cli.report import Table
from bounds.fitting.loss_laws.loss_law import LossLawFit
from bounds.fitting.loss_laws.prediction import REACH, Prediction
from bounds.laws.law_range import grouped
from bounds.laws.published import training_flops


class Predicted(NamedTuple):
    """A run that was asked for, and what the law says of its loss."""

    run: AskedRun
    told: Prediction

    @property
    def name(self) -> str:
        """Such as "N = 7B, D = 140B"."""
        return f"N = {written(self.run.n_params)}, D = {written(self.run.n_tokens)}"


def predictions(fit: LossLawFit, runs: Iterable[AskedRun], confidence: float) -> tuple[Predicted, ...]:
    """The loss of each run by `fit`, with an interval at `confidence`."""
    return tuple(Predicted(run, fit.predict(run.n_params, run.n_tokens, confidence)) for run in runs)


def prediction_table(found: Sequence[Predicted]) -> Table:
    """A row for each run: N, D, distance, loss with its interval, and its parts as standard deviations."""
    cells = [
        (
            written(one.run.n_params), written(one.run.n_tokens), distance(one.told), loss(one.told),
            *(_percent(part) for part in (one.told.sampling, one.told.noise, one.told.lack_of_fit)),
        )
        for one in found
    ]  # fmt: skip
    columns = ("N", "D", "C/C₀", f"loss [{interval_words(found[0].told)}]", "sampling", "noise", "lack of fit")
    return Table(
        columns, cells, left=2,
        title="Predicted loss of one run, nats per token, and what its error is made of",
        below="C/C₀: compute over the largest that was fitted. In percent of the loss, one standard deviation: "
        "sampling, of the constants; noise, between equal runs; lack of fit, of the law beyond its runs.",
    )  # fmt: skip


def prediction_sentence(found: Sequence[Predicted]) -> str:
    """What is predicted, in a sentence; of several runs from where to where."""
    if len(found) > 1:
        least, most = (pick(found, key=lambda one: one.told.estimate).told for pick in (min, max))
        away = [one.told.distance for one in found if one.told.distance is not None]
        where = f", at up to {times(max(away))} times the largest fitted compute{_untried(max(away))}" if away else ""
        return (
            f"{len(found)} predicted losses lie between {loss(least)} and {loss(most)} nats per token "
            f"({interval_words(least)} of one run{where})."
        )
    (one,) = found
    far = distance(one.told)
    untried = _untried(one.told.distance or 0.0)
    where = "" if far == "–" else f", at {far} times the largest fitted compute{untried}"
    return (
        f"{written(one.run.n_params)} parameters on {written(one.run.n_tokens)} tokens are predicted to end at a loss "
        f"of {loss(one.told)} nats per token ({interval_words(one.told)} of one run{where})."
    )


def prediction_notes(found: Sequence[Predicted]) -> list[Note]:
    """What must be said of the predictions; of several runs with the names of those that it is of."""
    told = grouped((one.name, note) for one in found for note in one.told.notes)
    if len(found) == 1:
        return [Note(note.kind, f"{note}.") for _, note in told]
    return [Note(note.kind, f"{names}: {note}.") for names, note in told]


def prediction_rows(found: Iterable[Predicted]) -> list[dict[str, Any]]:
    """A flat object for each run, for JSON; parts are standard deviations of ln loss, null where not known."""
    return [
        {
            "n_params": one.run.n_params, "n_tokens": one.run.n_tokens,
            "compute_flops": training_flops(one.run.n_params, one.run.n_tokens), "distance": one.told.distance,
            "loss": one.told.estimate, "loss_lower": one.told.lower, "loss_upper": one.told.upper,
            "confidence": one.told.confidence, "sampling": one.told.sampling, "noise": one.told.noise,
            "lack_of_fit": one.told.lack_of_fit, "missing": list(one.told.missing),
            "sampling_only": one.told.sampling_only, "notes": [note.text for note in one.told.notes],
        }
        for one in found
    ]  # fmt: skip


def _untried(distance: float) -> str:
    return f", and tried up to {REACH}" if distance > REACH else ""


def loss(told: Prediction) -> str:
    """A predicted loss with its interval."""
    return estimated(told.estimate, told.lower, told.upper)


def interval_words(told: Prediction) -> str:
    """Such as "95 % interval", with what it is without."""
    missing = ", sampling only" if told.sampling_only else ""
    if told.missing and not missing:
        missing = f", without {' and '.join(name.replace('_', ' ') for name in told.missing)}"
    return f"{100 * told.confidence:g} % interval{missing}"


def distance(told: Prediction) -> str:
    """How many times the largest fitted compute; a dash where that is not known."""
    if told.distance is None:
        return "–"
    return times(told.distance)


def _percent(deviation: float | None) -> str:
    return fixed(None if deviation is None else 100 * deviation, 2)
