"""Which run to train before the one that is planned: of those one can afford, the one that makes its loss surest."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from bounds.base.notes import FITTED, METHOD, RANGE, Note
from bounds.cli.printing import fixed, number, percent, written
from bounds.cli.report import Report, Table
from bounds.fitting.loss_laws.prediction import SureLaw
from bounds.laws.law_file import law_called
from bounds.laws.published import FLOP_PER_PARAM_TOKEN
from bounds.laws.repeated_data import REPEATED_DATA_LAWS
from bounds.planning.next_runs import NextRun, NextRuns, next_run
from bounds.planning.plans import LawPlan, Plan

RATIOS = np.array([5, 10, 20, 40, 80, 160, 320])
"""Tokens per parameter of the candidates."""
SHARES = np.array([1, 1 / 2, 1 / 4])
"""Parts of what can be afforded that they cost."""
_WORTH = 0.01
"""Share of the interval below which no run is worth its cost."""
_SHOWN = 7
"""Candidates on the screen."""


def candidates(
    max_flops: float, target_flops: float = math.inf, n_tokens: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Parameters and tokens of the candidates of a budget: its whole, its half and its quarter, at each of `RATIOS`.

    None costs more than the target, `target_flops`, or takes more than the `n_tokens` that there are.
    """
    flops = min(max_flops, target_flops) * SHARES[:, None]
    n_params = np.sqrt(flops / (FLOP_PER_PARAM_TOKEN * RATIOS))
    tokens = np.minimum(n_params * RATIOS, math.inf if n_tokens is None else n_tokens)
    pairs = zip(n_params.ravel().tolist(), tokens.ravel().tolist(), strict=True)
    different = np.array(list({(f"{N:.9g}", f"{D:.9g}"): (N, D) for N, D in pairs}.values()))
    return different[:, 0], different[:, 1]


def next_run_report(plan: Plan, law: SureLaw, max_flops: float) -> Report:
    """Of candidates of at most `max_flops`, which shortens the interval of the loss of what `plan` trains most.

    Tokens that are repeated count as the new ones that they are worth. Where no candidate helps there is no table.
    """
    (row,) = plan.rows
    goal = f"{written(row.n_params)} parameters on {written(row.n_tokens)} tokens"
    target = _worth(row, law, plan.n_tokens)
    cost = FLOP_PER_PARAM_TOKEN * row.n_params * row.n_tokens
    found = next_run(law, *candidates(max_flops, cost, plan.n_tokens), target)
    helps = found.best.shorter >= _WORTH
    tables, details = _tables(found, goal, max_flops) if helps else ([], [])
    method = [
        f"Assumption: {found.assumption} ({found.label}).",
        f"Candidates: {', '.join(f'{ratio:g}' for ratio in RATIOS)} tokens a parameter, at the whole, the half and the "
        "quarter of the budget, or of the target's compute where that is less, on no more tokens than there are; "
        "`bounds.planning.next_run` takes any. How the rule did on public series of runs against chance and a fixed "
        "D/N stands in docs/prediction.md.",
    ]
    return Report(
        _answer(found, goal, max_flops, plan.confidence, law_called(row.law)), tables,
        _notes(found, max_flops >= cost, helps=helps, epochs=row.epochs), details, method, ("loss",),
        data={
            "rows": found.to_json(),
            "target": {"n_params": row.n_params, "n_tokens": row.n_tokens, "n_params_effective": target[0],
                       "n_tokens_effective": target[1]},
            "label": found.label, "assumption": found.assumption, "tried": found.tried, "max_flops": max_flops,
            "deviation_now": float(found.now.deviation()),
        },
    )  # fmt: skip


def _worth(row: LawPlan, law: SureLaw, n_tokens: float | None) -> tuple[float, float]:
    """Parameters and new tokens that would serve as well as those of `row`, which may see its tokens several times."""
    if n_tokens is None or row.epochs is None or row.epochs <= 1:
        return row.n_params, row.n_tokens
    repeated = replace(REPEATED_DATA_LAWS["muennighoff2023"], law=law.law)
    return float(repeated.effective_params(row.n_params, n_tokens)), row.n_tokens_effective


def _tables(found: NextRuns, goal: str, max_flops: float) -> tuple[list[Table], list[Table]]:
    """The best candidates, and all of them where these are more."""
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
    best = Table(
        columns, cells[:_SHOWN], title=f"Runs of at most {number(max_flops)} FLOP, the one that helps most first",
        below=f"Standard deviations of ln loss at {goal}; now "
        f"{percent(found.best.deviation_before, 2)} (sampling {percent(now.sampling, 2)}, noise "
        f"{percent(now.noise, 2)}, lack of fit {percent(now.lack_of_fit, 2)}). Shorter: by so much the interval is.",
    )  # fmt: skip
    return [best], [Table(columns, cells, title="All candidates")] if len(cells) > _SHOWN else []


def _answer(found: NextRuns, goal: str, max_flops: float, confidence: float, name: str) -> str:
    lower, upper = found.now.interval(confidence)
    half = (upper - lower) / 2
    now = f"{name} predicts {fixed(found.now.estimate, 2)} ± {fixed(half, 2)} for {goal}"
    if found.best.shorter < _WORTH:
        none = f"no run of at most {number(max_flops)} FLOP makes that surer by {100 * _WORTH:g} % or more"
        return f"{now}, and {none}{_why_none(found, max_flops)}."
    one = _named(found)
    return (
        f"{now}; of runs of at most {number(max_flops)} FLOP, {written(one.n_params)} parameters on "
        f"{written(one.n_tokens)} tokens make that surest, ± {fixed(half * (1 - one.shorter), 2)}, "
        f"{percent(one.shorter)} less."
    )


def _why_none(found: NextRuns, max_flops: float) -> str:
    """Why none of the runs helps: the target or they lie within the fitted ones, or there is little but noise."""
    N, D = found.target
    distance = found.now.distance or 1.0
    largest = FLOP_PER_PARAM_TOKEN * N * D / distance
    noise = (
        f"of its standard deviation, {percent(found.best.deviation_before, 2)} of the loss, "
        f"{percent(found.now.noise, 2)} are the noise between equal runs, which stays"
    )
    if distance <= 1:
        return f": it lies within the fitted runs, of up to {number(largest)} FLOP, and {noise}"
    beyond = f"; one beyond the largest fitted run, {number(largest)} FLOP, may" if max_flops <= largest else ""
    return beyond or f": {noise}"


def _close(found: NextRuns) -> list[NextRun]:
    """The candidates that shorten the interval nearly as much as the best one, that one among them."""
    return [one for one in found.rows if one.shorter > 0.9 * found.best.shorter or one is found.best]


def _named(found: NextRuns) -> NextRun:
    """Of these the one nearest to twenty tokens a parameter, where on public series errors became smallest."""
    return min(_close(found), key=lambda one: abs(np.log(one.n_tokens / one.n_params / 20)))


def _notes(found: NextRuns, trains_target: bool, *, helps: bool, epochs: float | None) -> list[Note]:
    notes = [Note(RANGE, f"{note.text}.") for note in found.now.notes]
    if helps:
        tried = f"{found.tried[0].upper()}{found.tried[1:].rstrip('.')}"
        notes.append(Note(FITTED, f"{tried}."))
    close = _close(found)
    if helps and len(close) > 1:
        notes.append(Note(METHOD,
            f"{len(close) - 1} others do nearly as well; named is the one nearest to 20 tokens a parameter, and the "
            f"cheapest takes {number(min(one.compute_flops for one in close))} FLOP."
        ))  # fmt: skip
    if trains_target:
        notes.append(Note(METHOD, "the budget would train the target itself; no candidate costs more than it does."))
    if epochs is not None and epochs > 1:
        notes.append(Note(METHOD, f"the target sees its tokens {number(epochs, 2)} times; they count as the new ones "
                                  "that they are worth, and no candidate repeats any."))  # fmt: skip
    return notes
