"""What a budget and a corpus buy: the answer over all laws, one row a law, what an efficient model stores, shapes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bounds.base.notes import REFUSED, Note
from bounds.cli.plans.enough import enough_told, middle_size
from bounds.cli.plans.notes import beyond_budget, plan_asides, plan_method, plan_notes
from bounds.cli.plans.reach import within_reach
from bounds.cli.plans.tables import (
    compared,
    constants_table,
    half_width,
    in_full_table,
    interval_of_all,
    laws_table,
    runs_table,
    shapes_table,
    sources_table,
    stored_table,
)
from bounds.cli.printing import counted, estimated, fixed, number, span, times, written
from bounds.cli.report import Listing, Report
from bounds.laws.law_file import law_called
from bounds.planning.corpus import TOKEN_UNITS
from bounds.planning.hardware import get_accelerator
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
    if shapes and near:
        tables.append(shapes_table(shapes, seq_len, middle_size(plan)))
        notes += beyond_budget(shapes, seq_len)
    stored = [row for row in near if row.n_store_upper is not None or row.n_store_lower is not None]
    if stored:
        details.insert(0, stored_table(plan, stored))
    formulas = ["repeated_data_loss", "effective_tokens"] if plan.n_tokens is not None else ["loss", "optimal_params"]
    return Report(
        _answer(plan), tables, notes, details, plan_method(plan), formulas if near else [], data,
        lists=[Listing([("N_store", _stored(stored))])] if stored else [], asides=plan_asides(plan),
        question="How many parameters to train, and on how many tokens?",
    )  # fmt: skip


def _stored(rows: Sequence[LawPlan]) -> str:
    """The efficient band as what it is, and how N compares with it."""
    ends = [end for row in rows for end in (row.n_store_lower, row.n_store_upper) if end is not None]
    return (
        f"is another question: {span(ends)} parameters would hold each distinct sequence of them once (heuristic); "
        f"{compared(rows)}."
    )


def _budget_json(plan: Plan) -> dict[str, Any]:
    names = (
        "compute_flops", "target_loss", "gpu_hours", "n_gpus", "gpu", "precision", "peak_flops", "mfu",
        "price_per_hour", "n_tokens", "inference_tokens", "tokens_per_param", "tolerance", "confidence",
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
        names, none = "every law asked", ": none can say what to train"
        if len(plan.rows) == 1:
            names, none = law_called(plan.rows[0].law), ", which cannot say it"
        return f"{given}, the answer lies more than ten times outside the runs of {names}{none}{within_reach(plan)}."
    if plan.is_spent:
        return f"{given}: {enough_told(plan)}."
    sizes, tokens = [row.n_params for row in near], span([row.n_tokens for row in near])
    epochs = "" if plan.n_tokens is None else f" ({span([row.epochs or 0 for row in near], times)} epochs)"
    factor = number(max(sizes) / min(sizes), 2)
    apart = f"the laws fitted near there disagree by a factor {factor}"
    if factor == "1":
        apart = f"the laws fitted near there agree within {number(100 * (max(sizes) / min(sizes) - 1), 2)} %"
    if len(near) == 1 or min(sizes) == max(sizes):
        size = f"train {written(sizes[0])} parameters"
        law = f" by {law_called(near[0].law)} alone" if len(near) == 1 else ", by every law near there"
        return f"{given}: {size} on {tokens} tokens{epochs}{law}{_ending(plan)}{_flat(plan)}."
    size = f"train between {written(min(sizes))} and {written(max(sizes))} parameters"
    middle = f", {written(middle_size(plan))} in the middle"
    return f"{given}: {size} on {tokens} tokens{epochs}{middle}{_ending(plan)}; {apart}{_flat(plan)}."


def _ending(plan: Plan) -> str:
    """The loss that is predicted with its interval; where a loss is the goal what it takes, and where it may end."""
    near, share = plan.near, f"{100 * plan.confidence:g} %"
    known = [row for row in near if row.loss_lower is not None]
    if plan.target_loss is not None:
        spent = f", for {span([row.compute_flops for row in near], number)} FLOP{_hours(plan)}"
        if not known:
            return spent
        low, high = (f"{end:.2f}" for end in interval_of_all(known))
        return f"{spent}, which may end anywhere from {low} to {high} ({share})"
    losses = span([row.loss for row in near], lambda loss: fixed(loss, 2))
    if len(near) == 1 and known:
        return f", for a loss of {estimated(near[0].loss, near[0].loss_lower, near[0].loss_upper, 2)}"
    if not known:
        return f", for a loss of {losses}"
    halves = span([half_width(row) for row in known], lambda half: fixed(half, 2))
    where = "" if len(known) == len(near) else " where that is known"
    return f", for a loss of {losses}, ± {halves} ({share}{where})"


def _hours(plan: Plan) -> str:
    """The hours of a device, and their cost, where these are known and not what was given; empty without."""
    hours = [row.gpu_hours for row in plan.near if row.gpu_hours is not None]
    if plan.gpu is None or not hours:
        return ""
    device = f"{span(hours)} h of {get_accelerator(plan.gpu).name}"
    if plan.n_gpus is not None:
        days = [one / 24 / plan.n_gpus for one in hours]
        device = f"{device} ({counted_days(days)} on {plan.n_gpus})"
    if plan.price_per_hour is None:
        return f", {device}"
    return f", {device} at a cost of {span([plan.price_per_hour * one for one in hours])}"


def counted_days(days: Sequence[float]) -> str:
    """The days from the least to the most of `days`."""
    told = span(days, lambda one: number(one, 3))
    return f"{told} {'day' if told == '1' else 'days'}"


def _given(plan: Plan) -> str:
    if plan.compute_flops is not None:
        asked = plan.gpu_hours is not None and plan.price_per_hour is None and plan.n_gpus is None
        hours = "" if asked else _hours(plan)
        given = f"With {number(plan.compute_flops)} FLOP{hours}"
    else:
        given = f"For a loss of {number(plan.target_loss, 4)}"
    corpus = (
        "" if plan.n_tokens is None else f" {'and' if plan.compute_flops else 'from'} {counted(plan.n_tokens, 'token')}"
    )
    if plan.corpus is not None and plan.corpus.unit not in TOKEN_UNITS:
        size = f"{written(plan.corpus.n_bytes)} bytes at {plan.corpus.bytes_of_a_token:g} a token"
        corpus += f" ({plan.corpus.name}: {size})"
    if plan.inference_tokens is None:
        return f"{given}{corpus}"
    served = f", {written(plan.inference_tokens)} more" if corpus else f" and {counted(plan.inference_tokens, 'token')}"
    return f"{given}{corpus}{served} served"


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
