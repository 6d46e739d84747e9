"""What a budget and a corpus buy: the answer over all laws, one row a law, what an efficient model stores, shapes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bounds.base.notes import FITTED, METHOD, RANGE, REFUSED, Note
from bounds.cli.printing import factor, fixed, number, written
from bounds.cli.report import Report, Table
from bounds.laws.repeated_data import REPEATED_DATA_LAWS
from bounds.planning.hardware import get_accelerator
from bounds.planning.planner import LawPlan, Plan
from bounds.planning.shapes import Shape

_REPEATED = REPEATED_DATA_LAWS["muennighoff2023"]


def plan_report(plan: Plan, shapes_near: Callable[[float], Sequence[Shape]], *, seq_len: int = 2048) -> Report:
    """What `plan` says, with the `shapes_near` the middle of its sizes, whose FLOP are counted at `seq_len`."""
    near, notes = plan.near, _notes(plan)
    shapes: Sequence[Shape] = ()
    if plan.n_params is not None:
        try:
            shapes = shapes_near(math.sqrt(math.prod(plan.n_params)))
        except ValueError as error:
            notes.append(Note(REFUSED, f"{error}."))
    rows = [_sources(plan), *([_in_full(plan.rows)] if len(near) < len(plan.rows) else [])]
    data: dict[str, Any] = {
        "rows": [row.to_json() for row in plan.rows], "bands": [band.to_json() for band in plan.bands],
        "shapes": [_shape_json(shape, seq_len) for shape in shapes], **_budget_json(plan),
        "n_params": plan.n_params, "n_params_agreed": plan.agreed, "refused": [list(pair) for pair in plan.refused],
    }  # fmt: skip
    tables = [_laws(plan, near)] if near else []
    stored = [row for row in near if row.n_store_upper is not None or row.n_store_lower is not None]
    tables += [_stored(plan, stored)] if stored else []
    tables += [_shapes(shapes, seq_len)] if shapes and near else []
    formulas = ["repeated_data_loss", "effective_tokens"] if plan.n_tokens is not None else ["loss", "optimal_params"]
    return Report(
        _answer(plan), tables, notes, rows, _method(plan), formulas if near else [], data, asides=_asides(plan),
    )  # fmt: skip


def _budget_json(plan: Plan) -> dict[str, Any]:
    names = (
        "compute_flops", "target_loss", "gpu_hours", "gpu", "precision", "peak_flops", "mfu", "price_per_hour",
        "n_tokens", "inference_tokens", "tokens_per_param", "tolerance",
    )  # fmt: skip
    return {name: getattr(plan, name) for name in names}


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
        (names, what) = ("every law asked", "say what to train") if len(plan.rows) > 1 else (plan.rows[0].law, "say it")
        return f"{given}, the answer lies more than ten times outside the runs of {names}: none can {what}."
    sizes, tokens = [row.n_params for row in near], _span([row.n_tokens for row in near])
    epochs = "" if plan.n_tokens is None else f" ({_span([row.epochs or 0 for row in near], _times)} epochs)"
    spent = "" if plan.target_loss is None else f", for {_span([r.compute_flops for r in near], number)} FLOP"
    times = f"the laws disagree by a factor {number(max(sizes) / min(sizes), 2)}"
    if len(near) == 1 or min(sizes) == max(sizes):
        size = f"train {written(sizes[0])} parameters"
        law = f" by {near[0].law} alone" if len(near) == 1 else f", by {len(near)} laws"
        return f"{given}: {size} on {tokens} tokens{epochs}{law}{spent}{_flat(plan)}."
    size = f"train between {written(min(sizes))} and {written(max(sizes))} parameters"
    return f"{given}: {size} on {tokens} tokens{epochs}{spent}; {times}{_flat(plan)}."


def _given(plan: Plan) -> str:
    if plan.compute_flops is not None:
        given = f"With {number(plan.compute_flops)} FLOP"
    else:
        given = f"For a loss of {number(plan.target_loss, 4)}"
    corpus = (
        "" if plan.n_tokens is None else f" {'and' if plan.compute_flops else 'from'} {written(plan.n_tokens)} tokens"
    )
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
    return f", and within each law sizes that differ by a factor {_span(widths, lambda x: number(x, 2))} cost {share}"


def _laws(plan: Plan, rows: Sequence[LawPlan]) -> Table:
    cells = [
        (
            row.law, written(row.n_params), _ends(row), written(row.n_tokens),
            number(row.tokens_per_param) if plan.n_tokens is plan.target_loss is None else "",
            "" if row.epochs is None else _times(row.epochs),
            *((number(row.compute_flops), "") if plan.target_loss is not None else ("", fixed(row.loss, 2))),
            fixed(row.error),
        )
        for row in rows
    ]  # fmt: skip
    columns = ("law", "N", "nearly as good", "D", "D/N", "epochs", "FLOP", "loss", "error")
    return Table(columns, cells, title="N parameters to train on D tokens, by law", below=_below(plan))


def _below(plan: Plan) -> str:
    nearly = f"Nearly as good: at most {100 * plan.tolerance:g} % more loss. " if plan.tokens_per_param is None else ""
    return f"{nearly}Loss: nats per token; a law's own uncertainty is not included."


def _ends(row: LawPlan) -> str:
    return f"{written(row.n_params_lower)}–{written(row.n_params_upper)}" if row.n_params_lower else ""


def _stored(plan: Plan, rows: Sequence[LawPlan]) -> Table:
    corpus = "D tokens" if plan.n_tokens is None else f"{written(plan.n_tokens)} tokens"
    return Table(
        ("law", "lower", "middle", "upper", "N / middle"),
        [
            (
                row.law, written(row.n_store_lower), written(row.n_store_middle), written(row.n_store_upper),
                factor(row.n_params / row.n_store_middle) if row.n_store_middle else "",
            )
            for row in rows
        ],
        title=f"N_store, parameters that hold each distinct sequence of {corpus} once: heuristic",
        below=f"Not what to train but what an efficient model would store: {_compared(rows)}.",
    )  # fmt: skip


def _compared(rows: Sequence[LawPlan]) -> str:
    inside = [
        (row.n_store_lower is None or row.n_store_lower <= row.n_params)
        and (row.n_store_upper is None or row.n_params <= row.n_store_upper)
        for row in rows
    ]
    if all(inside):
        return "N lies within that band by every law"
    return "N lies outside that band by every law" if not any(inside) else "N lies within that band by some laws only"


def _shapes(shapes: Sequence[Shape], seq_len: int) -> Table:
    first = shapes[0]
    design = f"vocabulary {first.vocab}{', gated MLP' if first.gated else ''}, samples of {seq_len} tokens"
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
        title=f"Shapes near the middle of these sizes: {design}",
        below="FLOP/6N: of a token, attention and logits counted, over 6 for each parameter.",
    )  # fmt: skip


def _notes(plan: Plan) -> list[Note]:
    notes = [Note(REFUSED, f"{why}.") for _, why in plan.refused]
    outside = [row for row in plan.near if row.beyond_params != 1 or row.beyond_tokens != 1]
    if outside:
        times = max(max(one, 1 / one) for row in outside for one in (row.beyond_params, row.beyond_tokens))
        names = ", ".join(row.law for row in outside)
        notes.append(Note(RANGE, f"{names}: an extrapolation, up to {number(times, 2)} times outside the fitted runs."))
    away = [row.law for row in plan.rows if row.is_far]
    if away and plan.near:
        notes.append(Note(RANGE, f"{', '.join(away)}: fitted more than ten times away, so not shown."))
    if (corpus := plan.n_tokens) is not None and plan.near:
        most = max(plan.near, key=lambda row: row.n_tokens)
        if most.n_tokens > corpus:
            value = float(_REPEATED.token_value(most.n_tokens, corpus))
            notes.append(Note(FITTED,
                f"{written(most.n_tokens)} tokens in {_times(most.epochs or 0)} epochs are worth "
                f"{written(most.n_tokens_effective)} new ones, and one more is worth {value:.2g} of a new one; from "
                f"{1 + _REPEATED.token_decay:.3g} epochs on it is worth less than 1/e, and all epochs together never "
                f"more than {written(corpus * (1 + _REPEATED.token_decay))} ({_REPEATED.citation})."
            ))  # fmt: skip
        else:
            notes.append(
                Note(METHOD, f"no law needs more than the {written(corpus)} tokens there are: nothing repeats.")
            )
    if (told := _hours(plan)) is not None:
        notes.append(told)
    return notes


def _hours(plan: Plan) -> Note | None:
    """Model and hardware FLOP, and the hours that they take."""
    if plan.gpu is None or plan.peak_flops is None or plan.mfu is None:
        return None
    device = f"{get_accelerator(plan.gpu).name}, {plan.precision}"
    hours = _span([row.gpu_hours or 0 for row in plan.near or plan.rows])
    if plan.compute_flops is None:
        return Note(METHOD, f"{hours} h of {device}, at {100 * plan.mfu:g} % of it{_price(plan)}.")
    peak = 3600 * plan.peak_flops * (plan.rows[0].gpu_hours or 0)
    return Note(METHOD,
        f"{hours} h x 3600 s x {number(plan.peak_flops / 1e12, 5)} TFLOP/s x {plan.mfu:g} = "
        f"{number(plan.compute_flops)} model FLOP, 6 a parameter and token ({device}); the hardware computes as many, "
        f"{number(plan.compute_flops * 8 / 6)} if activations are recomputed (8), and could {number(peak)}"
        f"{_price(plan)}."
    )  # fmt: skip


def _price(plan: Plan) -> str:
    if plan.price_per_hour is None:
        return ""
    costs = [plan.price_per_hour * (row.gpu_hours or 0) for row in plan.near or plan.rows]
    return f", at a cost of {_span(costs)}"


def _asides(plan: Plan) -> list[Note]:
    return [
        Note(METHOD,
            "kaplan2020 plans nothing: it has no irreducible loss, its N leaves out embeddings and its C is that of "
            "small batches; `laws kaplan2020 --compute` has its optimum."
        ),
        Note(METHOD,
            "A token is not the same in two tokenizers: D is in those of the law's runs, some four bytes each, and the "
            "corpus is taken to be counted in such. Nor are losses of laws that were fitted on different texts."
        ),
    ]  # fmt: skip


def _method(plan: Plan) -> list[str]:
    told = [
        "Each law is L(N, D) = E + A N^-α + B D^-β with constants as published; the least loss is sought along "
        f"6 N D{' + 2 N T' if plan.inference_tokens else ''} = C, in closed form where there is one, and the sizes "
        f"that cost at most {100 * plan.tolerance:g} % more loss are found from it by search. Nothing here is an "
        "interval: how sure a law's constants are, and how well its form holds beyond its runs, is not included.",
    ]
    if plan.n_tokens is not None:
        told.append(
            "Repeated data: tokens count as D' = U + U R (1 - e^(-(D/U - 1)/R)) with R = "
            f"{_REPEATED.token_decay:.4g}, parameters beyond what U tokens are optimal for likewise with "
            f"{_REPEATED.param_decay:.3g} ({_REPEATED.citation}). The two scales were fitted with the law "
            f"{_REPEATED.key}; with other laws they are borrowed."
        )
    if plan.inference_tokens is not None:
        told.append(
            "Serving: 2 FLOP a parameter for each of the T tokens read or written, paid from the same budget, so that "
            "less is left for training and a smaller model trained longer is best."
        )
    if plan.gpu is not None:
        device = get_accelerator(plan.gpu)
        told.append(
            f"Peak of {device.name}: {number(plan.peak_flops, 4)} FLOP/s, dense, {plan.precision}; {device.source}."
        )
    told.append(f"Sources: {'; '.join(dict.fromkeys(f'{row.law}: {row.source}' for row in plan.rows))}.")
    return told


def _sources(plan: Plan) -> Table:
    return Table(
        ("law", "D'", "D/N", "N outside", "D' outside", "h of a device"),
        [
            (
                row.law, number(row.n_tokens_effective, 4), number(row.tokens_per_param), number(row.beyond_params),
                number(row.beyond_tokens), number(row.gpu_hours, 4),
            )
            for row in plan.rows
        ],
        title="Tokens by their worth D', and how far outside the runs: above 1 beyond them, below 1 below",
    )  # fmt: skip


def _in_full(rows: Sequence[LawPlan]) -> Table:
    return Table(
        ("law", "C", "N", "D", "loss"),
        [
            (row.law, *(number(value, 4) for value in (row.compute_flops, row.n_params, row.n_tokens, row.loss)))
            for row in rows
        ],
        title="All laws, those far from their runs among them",
    )


def _span(values: Iterable[float], shown: Callable[[float], str] = written) -> str:
    several = list(values)
    low, high = shown(min(several)), shown(max(several))
    return low if low == high else f"{low} to {high}"


def _times(value: float) -> str:
    return f"{value:.2g}" if value < 100 else f"{value:.0f}"
