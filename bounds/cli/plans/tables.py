"""The tables of a plan: what to train by law, what an efficient model would store, shapes, and what stands behind."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bounds.cli.printing import counted, factor, fixed, number, percent, times, written
from bounds.cli.report import Table
from bounds.laws.law_file import law_called
from bounds.planning.plans import LawPlan, Plan
from bounds.planning.shapes import Shape


def laws_table(plan: Plan, rows: Sequence[LawPlan]) -> Table:
    """A row a law: what to train, and the loss that it would end at."""
    at_optimum, reached = plan.tokens_per_param is None, plan.target_loss is not None
    cells = [
        (
            law_called(row.law), written(row.n_params), _ends(row), written(row.n_tokens),
            number(row.tokens_per_param) if plan.n_tokens is None and not reached and at_optimum else "",
            "" if row.epochs is None else times(row.epochs),
            *((number(row.compute_flops), "") if reached else ("", _loss(row))),
            fixed(row.error),
        )
        for row in rows
    ]  # fmt: skip
    columns = ("law", "N", "nearly as good", "D", "D/N", "epochs", "FLOP", "loss, nats", "error")
    return Table(columns, cells, title="N_train: parameters to train on D tokens, by law", below=_below(plan, rows))


def _loss(row: LawPlan) -> str:
    """The loss with half the width of its interval, where one is known."""
    known = row.loss_lower is not None
    return f"{fixed(row.loss, 2)} ± {fixed(half_width(row), 2)}" if known else fixed(row.loss, 2)


def half_width(row: LawPlan) -> float:
    """Half the width of the interval of a loss; NaN without one."""
    if row.loss_lower is None or row.loss_upper is None:
        return math.nan
    return (row.loss_upper - row.loss_lower) / 2


def interval_of_all(rows: Sequence[LawPlan]) -> tuple[float, float]:
    """From the least to the largest end of the intervals of the losses of `rows`, which all have one."""
    return min(row.loss_lower or 0.0 for row in rows), max(row.loss_upper or 0.0 for row in rows)


def _below(plan: Plan, rows: Sequence[LawPlan]) -> str:
    nearly = f"Nearly as good: at most {100 * plan.tolerance:g} % more loss. " if plan.tokens_per_param is None else ""
    if all(row.loss_lower is None for row in rows):
        return f"{nearly}How far off a law may be is not known."
    what = "The loss may be off" if plan.target_loss is not None else "±"
    return f"{nearly}{what} ({100 * plan.confidence:g} %): {parts_told(rows)}."


_LACK = "what a law misses beyond its runs"


def parts_told(rows: Sequence[LawPlan]) -> str:
    """What the intervals of the losses of `rows` are of, in words."""
    without = {row.loss_without for row in rows if row.loss_lower is not None}
    if without == {()}:
        return f"sampling, noise between equal runs, and lack of fit ({_LACK})"
    if without == {("sampling",)}:
        return f"noise and lack of fit ({_LACK}), not the error of the constants"
    return "what is known of the error of each law (--explain)"


def _ends(row: LawPlan) -> str:
    return f"{written(row.n_params_lower)}–{written(row.n_params_upper)}" if row.n_params_lower else ""


def stored_table(plan: Plan, rows: Sequence[LawPlan]) -> Table:
    """What an efficient model would store, law by law."""
    corpus = "D tokens" if plan.n_tokens is None else f"{written(plan.n_tokens)} tokens"
    return Table(
        ("law", "lower", "middle", "upper", "N_train / middle"),
        [
            (
                law_called(row.law),
                *(written(end) for end in (row.n_store_lower, row.n_store_middle, row.n_store_upper)),
                factor(row.n_params / row.n_store_middle) if row.n_store_middle else "",
            )
            for row in rows
        ],
        title=f"N_store: parameters that hold each distinct sequence of {corpus} once: heuristic",
        below=f"{compared(rows)[0].upper()}{compared(rows)[1:]}.",
    )  # fmt: skip


def compared(rows: Sequence[LawPlan]) -> str:
    """How N_train compares with N_store, in words."""
    inside = [
        (row.n_store_lower is None or row.n_store_lower <= row.n_params)
        and (row.n_store_upper is None or row.n_params <= row.n_store_upper)
        for row in rows
    ]
    if all(inside):
        return "N_train lies within it by every law"
    return "N_train lies outside it by every law" if not any(inside) else "N_train lies within it by some laws only"


def shapes_table(shapes: Sequence[Shape], seq_len: int, size: float) -> Table:
    """Shapes of about `size` parameters, which are counted, and their FLOP at samples of `seq_len` tokens."""
    first = shapes[0]
    design = f"vocabulary {first.vocab}{', gated MLP' if first.gated else ''}, samples of {counted(seq_len, 'token')}"
    grouped = any(one.n_kv_heads != one.n_heads for one in shapes)
    return Table(
        ("layers", "width", "heads", "kv", "parameters", "non-embedding", "FLOP/6N"),
        [
            (
                str(one.n_layers), str(one.d_model), str(one.n_heads), str(one.n_kv_heads) if grouped else "",
                f"{one.n_params:,}", f"{one.n_params_without_embeddings:,}",
                fixed(one.flops_per_token(seq_len) / (6 * one.n_params)),
            )
            for one in shapes
        ],
        title=f"Shapes near {written(size)}: {design}; FLOP/6N counts attention and logits too, which the budget "
        "does not",
    )  # fmt: skip


def sources_table(plan: Plan) -> Table:
    """What stands behind the rows: tokens by their worth, distance from the runs, hours."""
    return Table(
        ("law", "D'", "D/N", "N outside", "D' outside", "C/C₀", "h of a device"),
        [
            (
                law_called(row.law), number(row.n_tokens_effective, 4), number(row.tokens_per_param),
                number(row.beyond_params), number(row.beyond_tokens), number(row.distance, 2), number(row.gpu_hours, 4),
            )
            for row in plan.rows
        ],
        title="Tokens by their worth D', and how far outside the runs: above 1 beyond them, below 1 below",
        below="C/C₀: compute over the largest that the law was fitted to.",
    )  # fmt: skip


def constants_table(plan: Plan) -> Table:
    """The constants of each law."""
    rows = [
        (law_called(row.law), *(number(one, 4) for one in law.constants))
        for row, law in zip(plan.rows, plan.laws, strict=True)
    ]
    title = "The laws, L(N, D) = E + A N^-α + B D^-β, nats per token"
    return Table(("law", "E", "A", "α", "B", "β"), rows, title=title)


def runs_table(plan: Plan) -> Table:
    """The runs that each law was fitted to."""
    rows = [
        (
            law_called(row.law), _range(law.fitted_params), _range(law.fitted_tokens), number(law.largest_compute),
            percent(law.residual_deviation, 2),
        )
        for row, law in zip(plan.rows, plan.laws, strict=True)
    ]  # fmt: skip
    return Table(
        ("law", "N", "D", "largest C", "s"), rows, title="The runs that they were fitted to",
        below="s: standard deviation of a run's loss about the law.",
    )  # fmt: skip


def _range(fitted: tuple[float, float]) -> str:
    """From and to; nothing where it is not known."""
    low, high = fitted
    if math.isinf(high):
        return "not known"
    return f"{written(low)}–{written(high)}" if low else f"to {written(high)}"


def in_full_table(rows: Sequence[LawPlan]) -> Table:
    """What every law says, those far from their runs among them."""
    return Table(
        ("law", "C", "N", "D", "loss"),
        [
            (
                law_called(row.law),
                *(number(value, 4) for value in (row.compute_flops, row.n_params, row.n_tokens, row.loss)),
            )
            for row in rows
        ],
        title="All laws, those far from their runs among them",
    )
