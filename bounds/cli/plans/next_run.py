"""Which run to train before the one that is planned: of those one can afford, the one that makes its loss surest."""

from __future__ import annotations

import numpy as np

from bounds.base.notes import FITTED, METHOD, RANGE, Note
from bounds.cli.printing import fixed, number, percent, written
from bounds.cli.report import Report, Table
from bounds.fitting.loss_laws.prediction import SureLaw
from bounds.laws.law_file import law_called
from bounds.planning.next_runs import NextRun, NextRuns, next_run
from bounds.planning.plans import Plan

RATIOS = np.array([5, 10, 20, 40, 80, 160, 320])
"""Tokens per parameter of the candidates."""
SHARES = np.array([1, 1 / 2, 1 / 4])
"""Parts of what can be afforded that they cost."""


def candidates(max_flops: float) -> tuple[np.ndarray, np.ndarray]:
    """Parameters and tokens of the candidates of a budget: its whole, its half and its quarter, at each of `RATIOS`."""
    flops = max_flops * SHARES[:, None]
    n_params = np.sqrt(flops / (6 * RATIOS))
    return n_params.ravel(), (n_params * RATIOS).ravel()


def next_run_report(plan: Plan, law: SureLaw, max_flops: float) -> Report:
    """Of candidates of at most `max_flops`, which shortens the interval of the loss of what `plan` trains most."""
    (row,) = plan.rows
    found = next_run(law, *candidates(max_flops), (row.n_params, row.n_tokens))
    cells = [
        (
            written(one.n_params), written(one.n_tokens), number(one.n_tokens / one.n_params),
            number(one.compute_flops),
            *(percent(sd, 2) for sd in (one.deviation_after, one.sampling_after, one.lack_of_fit_after)),
            percent(one.shorter),
        )
        for one in found.rows
    ]  # fmt: skip
    columns = ("N", "D", "D/N", "FLOP", "sd after", "sampling", "lack of fit", "shorter")
    now = found.now
    tables = [Table(
        columns, cells[:7], title=f"Runs of at most {number(max_flops)} FLOP, the one that helps most first",
        below=f"Standard deviations of ln loss at {written(row.n_params)} parameters on {written(row.n_tokens)} "
        f"tokens; now {percent(found.best.deviation_before, 2)} (sampling {percent(now.sampling, 2)}, noise "
        f"{percent(now.noise, 2)}, lack of fit {percent(now.lack_of_fit, 2)}). Shorter: by so much the interval is.",
    )]  # fmt: skip
    method = [
        f"Assumption: {found.assumption} ({found.label}).",
        f"Candidates: {', '.join(f'{ratio:g}' for ratio in RATIOS)} tokens a parameter, at the whole, the half and the "
        "quarter of the budget; `bounds.planning.next_run` takes any. How the rule did on public series of runs "
        "against chance and a fixed D/N stands in docs/prediction.md.",
    ]
    return Report(
        _answer(found, max_flops, plan.confidence, law_called(row.law)), tables, _notes(found, max_flops),
        [Table(columns, cells, title="All candidates")] if len(cells) > 7 else [], method, ("loss",),
        data={
            "rows": found.to_json(), "target": {"n_params": row.n_params, "n_tokens": row.n_tokens},
            "label": found.label, "assumption": found.assumption, "tried": found.tried, "max_flops": max_flops,
            "deviation_now": float(now.deviation()),
        },
        question="Which run to train first, to know the loss of the plan best?",
    )  # fmt: skip


def _answer(found: NextRuns, max_flops: float, confidence: float, name: str) -> str:
    N, D = found.target
    lower, upper = found.now.interval(confidence)
    half = (upper - lower) / 2
    goal = f"{written(N)} parameters on {written(D)} tokens"
    now = f"{name} predicts {fixed(found.now.estimate, 2)} ± {fixed(half, 2)} for {goal}"
    if found.best.shorter < _WORTH:
        largest = 6 * N * D / (found.now.distance or 1.0)
        beyond = f"; one beyond the largest fitted run, {number(largest)} FLOP, may" if max_flops <= largest else ""
        none = f"no run of at most {number(max_flops)} FLOP makes that surer by {100 * _WORTH:g} % or more"
        return f"{now}, and {none}{beyond}."
    one = _named(found)
    return (
        f"{now}; of runs of at most {number(max_flops)} FLOP, {written(one.n_params)} parameters on "
        f"{written(one.n_tokens)} tokens make that surest, ± {fixed(half * (1 - one.shorter), 2)}, "
        f"{percent(one.shorter)} less."
    )


def _close(found: NextRuns) -> list[NextRun]:
    """The candidates that shorten the interval nearly as much as the best one, that one among them."""
    return [one for one in found.rows if one.shorter > 0.9 * found.best.shorter or one is found.best]


def _named(found: NextRuns) -> NextRun:
    """Of these the one nearest to twenty tokens a parameter, where on public series errors became smallest."""
    return min(_close(found), key=lambda one: abs(np.log(one.n_tokens / one.n_params / 20)))


_WORTH = 0.01
"""Share of the interval below which no run is worth its cost."""


def _notes(found: NextRuns, max_flops: float) -> list[Note]:
    tried = f"{found.tried[0].upper()}{found.tried[1:].rstrip('.')}"
    notes = [*(Note(RANGE, f"{note.text}.") for note in found.now.notes), Note(FITTED, f"{tried}.")]
    close = _close(found)
    if len(close) > 1 and found.best.shorter >= _WORTH:
        notes.append(Note(METHOD,
            f"{len(close) - 1} others do nearly as well; named is the one nearest to 20 tokens a parameter, and the "
            f"cheapest takes {number(min(one.compute_flops for one in close))} FLOP."
        ))  # fmt: skip
    target = 6 * found.target[0] * found.target[1]
    if max_flops >= target:
        notes.append(Note(METHOD, "the budget would train the target itself."))
    return notes
