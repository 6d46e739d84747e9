"""The sentences around the tables of a plan."""

from __future__ import annotations

from collections.abc import Sequence

from bounds.base.arguments import printable
from bounds.base.notes import FITTED, INPUT, METHOD, RANGE, REFUSED, SUSPECT, Note
from bounds.cli.printing import counted, estimated, number, percent, span, times, written
from bounds.fitting.loss_laws.prediction import LACK_OF_FIT, REACH
from bounds.laws.law_file import law_called
from bounds.laws.published import FLOP_PER_PARAM_TOKEN
from bounds.laws.repeated_data import REPEATED_DATA_LAWS
from bounds.planning.corpus import BYTES_PER_TOKEN, TOKEN_UNITS
from bounds.planning.hardware import get_accelerator
from bounds.planning.plans import Plan
from bounds.planning.shapes import Shape

_REPEATED = REPEATED_DATA_LAWS["muennighoff2023"]
_FEW = 4
"""Epochs that Muennighoff et al. 2023 call nearly as good as new text."""


def plan_notes(plan: Plan) -> list[Note]:
    """What has to be said of a plan: refusals, extrapolation, repetition, what the hours are."""
    notes = [Note(REFUSED, f"{why}.") for _, why in plan.refused]
    outside = [row for row in plan.near if row.beyond_params != 1 or row.beyond_tokens != 1]
    if outside:
        away = max(max(one, 1 / one) for row in outside for one in (row.beyond_params, row.beyond_tokens))
        names = ", ".join(law_called(row.law) for row in outside)
        if len(outside) == len(plan.near) > 1:
            names = "all laws"
        reach = max((row.distance or 0.0 for row in outside), default=0.0)
        tried = f", and {number(reach, 2)} in compute (intervals were tried up to {REACH})" if reach > 1 else ""
        notes.append(
            Note(RANGE, f"{names}: an extrapolation, up to {number(away, 2)} times outside the fitted runs{tried}.")
        )
    unseen = [law_called(row.law) for row in plan.rows if row.is_far]
    if unseen and plan.near:
        notes.append(Note(RANGE, f"{', '.join(unseen)}: fitted more than ten times away, so not shown."))
    if (corpus := plan.n_tokens) is not None and plan.near:
        most = max(plan.near, key=lambda row: row.n_tokens)
        if most.n_tokens > corpus:
            value = float(_REPEATED.token_value(most.n_tokens, corpus))
            few = float(_REPEATED.effective_tokens(_FEW * corpus, corpus)) / corpus
            notes.append(Note(FITTED,
                f"{_FEW} epochs (passes) are worth {few:.2g} of new text; {written(most.n_tokens)} tokens in "
                f"{times(most.epochs or 0)} are worth {written(most.n_tokens_effective)} new ones, one more "
                f"{value:.2g} of one, beyond {1 + _REPEATED.token_decay:.3g} epochs under 1/e, all at most "
                f"{written(corpus * (1 + _REPEATED.token_decay))} ({_REPEATED.key})."
            ))  # fmt: skip
        else:
            notes.append(
                Note(METHOD, f"no law needs more than the {counted(corpus, 'token')} there are: nothing repeats.")
            )
    notes += [*_sampled(plan), *_counted(plan)]
    if plan.corpus is not None and plan.corpus.copies:
        notes.append(_copied(plan.corpus.copies))
    if (told := _hours(plan)) is not None:
        notes.append(told)
    return notes


_MUCH = 1.1
"""From so many times 6 N D on, what attention and logits take is a part of the budget that has to be planned."""


def beyond_budget(shapes: Sequence[Shape], seq_len: int) -> list[Note]:
    """That a budget of 6 N D does not pay for attention and logits, where these are many FLOP."""
    most = max(one.flops_per_token(seq_len) / (FLOP_PER_PARAM_TOKEN * one.n_params) for one in shapes)
    if most < _MUCH:
        return []
    return [Note(RANGE,
        f"with attention over samples of {written(seq_len)} tokens and logits a shape takes up to {number(most, 3)} "
        f"times 6ND, of which laws know nothing: the budget pays for 6ND, and with the rest for "
        f"{percent(1 / most)} of the tokens."
    )]  # fmt: skip


def _sampled(plan: Plan) -> list[Note]:
    """How sure a law of one's own is of its best size."""
    return [
        Note(FITTED,
            f"{law_called(row.law)}: the error of its constants alone puts the best size between "
            f"{written(row.n_params_sampling_lower)} and {written(row.n_params_sampling_upper)} "
            f"({100 * plan.confidence:g} %, sampling only)."
        )
        for row in plan.near if row.n_params_sampling_lower is not None
    ]  # fmt: skip


def _counted(plan: Plan) -> list[Note]:
    """The corpus that was counted: its bytes and tokens, and how its own windows grow."""
    if (corpus := plan.corpus) is None:
        return []
    size = "" if corpus.n_bytes is None else f", {written(corpus.n_bytes)} bytes"
    if corpus.unit in TOKEN_UNITS:
        tokens = "which are its tokens"
    elif corpus.assumed:
        tokens = f"taken for {written(corpus.n_tokens)} tokens of {BYTES_PER_TOKEN:g} bytes (--bytes-per-token)"
    else:
        tokens = f"{written(corpus.n_tokens)} tokens of {corpus.bytes_per_token:g} bytes"
    notes = [Note(INPUT, f"{corpus.name}: counted on {written(corpus.n_units)} {corpus.unit}s{size}, {tokens}.")]
    grown = [
        f"of {one.length}: γ = {estimated(one.exponent, one.exponent_lower, one.exponent_upper, 2)}"
        for one in corpus.windows if one.exponent is not None
    ]  # fmt: skip
    if grown:
        notes.append(Note(METHOD,
            f"its own distinct windows grow as D^γ, {'; '.join(grown)}: windows of a text are not what a loss law "
            "calls sequences, and no plan follows from γ."
        ))  # fmt: skip
    return notes


def _copied(copies: Sequence[str]) -> Note:
    """That some tokens of a corpus were counted twice, and are not distinct as a plan takes them to be."""
    more = f" and {len(copies) - 1} more of its files hold" if len(copies) > 1 else " holds"
    return Note(SUSPECT,
        f"{printable(copies[0])}{more} a text that was counted before, so that the corpus has fewer distinct tokens "
        "than this plan takes: count each text once, or give --tokens."
    )  # fmt: skip


def _hours(plan: Plan) -> Note | None:
    """Model and hardware FLOP, and the hours that they take."""
    if plan.gpu is None or plan.peak_flops is None or plan.mfu is None:
        return None
    device = f"{get_accelerator(plan.gpu).name}, {plan.precision}"
    speed = f"{number(plan.peak_flops / 1e12, 5)} TFLOP/s x {plan.mfu:g}"
    if plan.compute_flops is None:
        return Note(METHOD, f"an hour is 3600 s x {speed} of model FLOP, 6ND ({device}).")
    hours = plan.rows[0].gpu_hours or 0.0
    return Note(METHOD,
        f"{written(hours)} h x 3600 s x {speed} ({device}) = {number(plan.compute_flops)} model FLOP (6ND); of the "
        f"hardware {number(plan.compute_flops * 8 / 6)} with recomputation (8ND), at most "
        f"{number(3600 * plan.peak_flops * hours)}."
    )  # fmt: skip


def plan_asides(plan: Plan) -> list[Note]:
    """What comes with --explain."""
    return [
        Note(METHOD,
            "kaplan2020 plans nothing: it has no irreducible loss, its N leaves out embeddings and its C is that of "
            "small batches; `laws kaplan2020 --compute` has its optimum."
        ),
        Note(METHOD,
            "A token is not the same in two tokenizers: D is in those of the law's runs, and the corpus is taken to be "
            f"counted in such{_bytes(plan)}. Nor are losses of laws that were fitted on different texts."
        ),
    ]  # fmt: skip


def _bytes(plan: Plan) -> str:
    """The tokens of a plan beside the bytes that they are."""
    size = BYTES_PER_TOKEN if plan.corpus is None else plan.corpus.bytes_of_a_token
    tokens = [row.n_tokens for row in plan.near or plan.rows] if plan.n_tokens is None else [plan.n_tokens]
    return f"; at {size:g} bytes a token {span(tokens)} tokens are {span([one * size for one in tokens])} bytes"


def plan_method(plan: Plan) -> list[str]:
    """How the numbers are made, and who says so."""
    told = [
        "Words: an epoch is one pass over the corpus; D' are effective tokens, new ones that would serve as well; "
        "N_store is what an efficient model would store, each distinct sequence once, where N_train is what to train; "
        "FLOP/6N is what a token costs in a shape, attention and logits counted, over 6 for each parameter.",
        "Each law is L(N, D) = E + A N^-α + B D^-β, as published or fitted; the least loss is sought along "
        f"6 N D{' + 2 N T' if plan.inference_tokens else ''} = C, in closed form where there is one, and the sizes "
        f"that cost at most {100 * plan.tolerance:g} % more loss are found from it by search.",
        f"Losses: in ln L, sd² = b² + s² + (τ max(0, ln(C/C₀)))²: b over the draws of a law of your own, s of the "
        f"residuals of the runs of a law, τ = {LACK_OF_FIT:g} and C₀ the largest fitted compute (docs/prediction.md). "
        "Of published laws b is not known, of some neither s nor C₀: these have no interval. How sure the worth of "
        "repeated tokens is, is not included.",
    ]
    if plan.n_tokens is not None:
        told.append(
            "Repeated data: tokens count as D' = U + U R (1 - e^(-(D/U - 1)/R)) with R = "
            f"{_REPEATED.token_decay:.4g}, parameters beyond what U tokens are optimal for likewise with "
            f"{_REPEATED.param_decay:.3g} ({_REPEATED.citation}). The two scales were fitted with the law "
            f"{_REPEATED.key}; other laws borrow them where tokens repeat, and a run is never worse than its first "
            "epoch, whose loss is the law's own."
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
