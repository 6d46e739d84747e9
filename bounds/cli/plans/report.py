"""What a budget and a corpus buy: the answer over all laws, one row a law, what an efficient model stores, shapes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bounds.base.notes import REFUSED, Note
from bounds.cli.plans.enough import enough_told, middle_size
from bounds.cli.plans.notes import plan_asides, plan_method, plan_notes
from bounds.cli.plans.tables import (
    compared,
    constants_table,
    in_full_table,
    laws_table,
    runs_table,
    shapes_table,
    sources_table,
    stored_table,
)
from bounds.cli.printing import estimated, number, span, times, written
from bounds.cli.report import Listing, Report
from bounds.laws.law_file import law_called
from bounds.planning.corpus import TOKEN_UNITS
from bounds.planning.plans import LawPlan, Plan
from bounds.planning.shapes import Shape


def plan_report(plan: Plan, shapes_near: Callable[[float], Sequence[Shape]], *, seq_len: int = 2048) -> Report:
    """What `plan` says, with the `shapes_near` the middle of its sizes, whose FLOP are counted at `seq_len`."""
    near, notes = plan.near, plan_notes(plan)
    shapes: Sequence[Shape] = ()
    if plan.n_params is not None:
        try:
            shapes = shapes_near(middle_size(plan))
        except ValueError as error:
            notes.append(Note(REFUSED, f"{error}."))
    details = [
        sources_table(plan),
        constants_table(plan),
        runs_table(plan),
        *([in_full_table(plan.rows)] if len(near) < len(plan.rows) else []),
    ]
    data: dict[str, Any] = {
        "rows": [row.to_json() for row in plan.rows], "bands": [band.to_json() for band in plan.bands],
        "shapes": [_shape_json(shape, seq_len) for shape in shapes], **_budget_json(plan),
        "n_params": plan.n_params, "n_params_agreed": plan.agreed, "refused": [list(pair) for pair in plan.refused],
    }  # fmt: skip
    tables = [laws_table(plan, near)] if near else []
    tables += [shapes_table(shapes, seq_len)] if shapes and near else []
    stored = [row for row in near if row.n_store_upper is not None or row.n_store_lower is not None]
    if stored:
        details.insert(0, stored_table(plan, stored))
    formulas = ["repeated_data_loss", "effective_tokens"] if plan.n_tokens is not None else ["loss", "optimal_params"]
    return Report(
        _answer(plan), tables, notes, details, plan_method(plan), formulas if near else [], data,
        lists=[Listing([("N_store", _stored(plan, stored))])] if stored else [], asides=plan_asides(plan),
    )  # fmt: skip


def _stored(plan: Plan, rows: Sequence[LawPlan]) -> str:
    """The efficient band as what it is, and how N compares with it."""
    corpus = "D tokens" if plan.n_tokens is None else f"{written(plan.n_tokens)} tokens"
    ends = [end for row in rows for end in (row.n_store_lower, row.n_store_upper) if end is not None]
    middles = [row.n_store_middle for row in rows if row.n_store_middle is not None]
    between = f", halfway {span(middles)}" if middles else ""
    return (
        f"is another question: {span(ends)} parameters{between}, would hold each distinct sequence of {corpus} once "
        f"(heuristic, `bounds band`). That is not what to train but what an efficient model would store: "
        f"{compared(rows)}."
    )


def _budget_json(plan: Plan) -> dict[str, Any]:
    names = (
        "compute_flops", "target_loss", "gpu_hours", "gpu", "precision", "peak_flops", "mfu", "price_per_hour",
        "n_tokens", "inference_tokens", "tokens_per_param", "tolerance", "confidence",
    )  # fmt: skip
    corpus = None if plan.corpus is None else plan.corpus.to_json()
    return {name: getattr(plan, name) for name in names} | {"corpus": corpus}


def _shape_json(shape: Shape, seq_len: int) -> dict[str, Any]:
    return {
        "n_layers": shape.n_layers, "d_model": shape.d_model, "n_heads": shape.n_heads,
        "n_kv_heads": shape.n_kv_heads, "d_ff": shape.d_ff, "gated": shape.gated, "vocab": shape.vocab,
        "n_params": shape.n_params, "n_params_without_embeddings": shape.n_params_without_embeddings,
        "seq_len": seq_len, "flops_per_token": shape.flops_per_token(seq_len),
        "flops_per_token_recomputed": shape.flops_per_token(seq_len, recomputed=True),
    }  # fmt: skip


def _answer(plan: Plan) -> str:
    given = _given(plan)
    near = plan.near
    if not near:
        alone = len(plan.rows) == 1
        names, what = (law_called(plan.rows[0].law), "say it") if alone else ("every law asked", "say what to train")
        return (
            f"{given}, the answer lies more than ten times outside the runs of {names}: none can {what}{_reach(plan)}."
        )
    if plan.is_spent:
        return f"{given}: {enough_told(plan)}."
    sizes, tokens = [row.n_params for row in near], span([row.n_tokens for row in near])
    epochs = "" if plan.n_tokens is None else f" ({span([row.epochs or 0 for row in near], times)} epochs)"
    spent = "" if plan.target_loss is None else f", for {span([r.compute_flops for r in near], number)} FLOP"
    apart = f"the laws fitted near there disagree by a factor {number(max(sizes) / min(sizes), 2)}"
    if len(near) == 1 or min(sizes) == max(sizes):
        size = f"train {written(sizes[0])} parameters"
        law = f" by {law_called(near[0].law)} alone" if len(near) == 1 else ", by every law near there"
        return f"{given}: {size} on {tokens} tokens{epochs}{law}{spent}{_ending(plan)}{_flat(plan)}."
    size = f"train between {written(min(sizes))} and {written(max(sizes))} parameters"
    return f"{given}: {size} on {tokens} tokens{epochs}{spent}; {apart}{_flat(plan)}."


def _reach(plan: Plan) -> str:
    """The nearest budget that a law answers."""
    if plan.answered_compute is None or plan.compute_flops is None:
        return ""
    least, most = plan.answered_compute
    which, nearest = ("largest", most) if plan.compute_flops > most else ("least", least)
    return f"; the {which} budget with an answer is {number(nearest, 2)} FLOP"


def _ending(plan: Plan) -> str:
    """The loss that one law alone predicts, where it is not what was asked for."""
    row = plan.near[0]
    if len(plan.near) > 1 or plan.target_loss is not None or row.loss_lower is None:
        return ""
    return f", for a loss of {estimated(row.loss, row.loss_lower, row.loss_upper, 2)}"


def _given(plan: Plan) -> str:
    if plan.compute_flops is not None:
        given = f"With {number(plan.compute_flops)} FLOP"
    else:
        given = f"For a loss of {number(plan.target_loss, 4)}"
    corpus = (
        "" if plan.n_tokens is None else f" {'and' if plan.compute_flops else 'from'} {written(plan.n_tokens)} tokens"
    )
    if plan.corpus is not None and plan.corpus.unit not in TOKEN_UNITS:
        size = f"{written(plan.corpus.n_bytes)} bytes at {plan.corpus.bytes_of_a_token:g} a token"
        corpus += f" ({plan.corpus.name}: {size})"
    served = "" if plan.inference_tokens is None else f", {written(plan.inference_tokens)} more served"
    return f"{given}{corpus}{served}"


def _flat(plan: Plan) -> str:
    """Which sizes are nearly as good, in words; nothing at a given D/N."""
    near = [row for row in plan.near if row.n_params_lower and row.n_params_upper]
    if not near:
        return "" if plan.tokens_per_param is None else f", at {plan.tokens_per_param:g} tokens a parameter"
    share = f"less than {100 * plan.tolerance:g} % of the loss"
    if plan.agreed is not None:
        low, high = map(written, plan.agreed)
        return f", and within {'each law' if len(near) > 1 else 'it'} any size from {low} to {high} costs {share}"
    widths = [(row.n_params_upper or 1) / (row.n_params_lower or 1) for row in near]
    return f", and within each law sizes that differ by a factor {span(widths, lambda x: number(x, 2))} cost {share}"
