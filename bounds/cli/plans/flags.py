"""What flags of `python -m bounds plan` contradict or need each other: one sentence that names them as they are typed.

Python has its own sentences for its arguments (`bounds.planning.plan`). Loads nothing heavy before a plan is made.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from bounds.planning.plans import Plan

_BUDGETS = {
    "gpu_hours": "--gpu-hours", "compute_flops": "--flops", "cost": "--cost", "target_loss": "--target-loss",
}  # fmt: skip
_OF_A_DEVICE = {
    "days": "--days", "n_gpus": "--gpus", "gpu_hours": "--gpu-hours", "cost": "--cost",
    "gpu": "--gpu", "mfu": "--mfu", "price_per_hour": "--price-per-hour",
    "precision": "--precision",
}  # fmt: skip
_OF_SHAPES = {"vocab": "--vocab", "seq_len": "--context", "n_kv_heads": "--kv-heads", "gated": "--gated-mlp"}


def check_flags(options: Mapping[str, Any], given: Iterable[str]) -> None:
    """UsageError where `options` name no budget or several, or where one of those `given` would have no effect."""
    typed = set(given)
    budgets = [flag for name, flag in {"days": "--days", **_BUDGETS}.items() if options[name] is not None]
    if len(budgets) != 1:
        got = " and ".join(budgets) or "none of them"
        days = "" if "--days" in budgets else "; --gpus 64 --days 21 is one as well"
        raise click.UsageError(f"a plan needs one budget of {', '.join(_BUDGETS.values())}, got {got}{days}")
    if options["days"] is not None and options["n_gpus"] is None:
        raise click.UsageError("--days needs --gpus, how many devices work for so long, as in --gpus 64 --days 21")
    if options["cost"] is not None and options["price_per_hour"] is None:
        raise click.UsageError("--cost needs --price-per-hour, what an hour of one device costs")
    _check_device(options, typed)
    if options["corpus"] is not None and options["n_tokens"] is not None:
        raise click.UsageError("--corpus says how many tokens there are, and so does --tokens: pass one, not both")
    if options["bytes_per_token"] is not None and options["corpus"] is None:
        raise click.UsageError("--bytes-per-token is for --corpus; --tokens counts tokens already")
    idle = [flag for name, flag in _OF_SHAPES.items() if name in typed]
    if options["next_run"] is not None and idle:
        raise click.UsageError(f"{idle[0]} is for shapes, which --next-run does not print: leave it out")


def _check_device(options: Mapping[str, Any], typed: set[str]) -> None:
    """UsageError where hours cannot become FLOP, or FLOP hours that were asked for."""
    asked = [flag for name, flag in _OF_A_DEVICE.items() if name in typed and options[name] is not None]
    missing = [_OF_A_DEVICE[name] for name in ("gpu", "mfu") if options[name] is None]
    if not asked or not missing:
        return
    such = {"--gpu": "--gpu h100", "--mfu": "--mfu 40%"}
    told = " and ".join(missing)
    raise click.UsageError(
        f"{asked[0]} needs {told} too, as in {' '.join(such[flag] for flag in missing)}: hours of a device become FLOP "
        "by its peak and the share of it that is used"
    )


def check_reached(plan: Plan) -> None:
    """UsageError for a loss that some law says nothing reaches, and that no law plans for near its runs."""
    if plan.target_loss is None or plan.near or not plan.refused:
        return
    from bounds.cli.plans.reach import losses_within_reach
    from bounds.laws.law_file import law_called

    far = ", ".join(law_called(row.law) for row in plan.rows)
    never = "".join(f"; {law_called(law)}: {why}" for law, why in plan.refused)
    reached = losses_within_reach(plan)
    raise click.UsageError(
        f"no law says what reaches --target-loss {plan.target_loss:g}: it lies more than ten times outside the runs of "
        f"{far}{reached and f', which plan for {reached}'}{never}"
    )


def distinct_laws(laws: Iterable[str], is_file: Any) -> tuple[str, ...]:
    """`laws`, each once: a file under one path or another, a key in any case of letters."""
    found: dict[str, str] = {}
    for law in laws:
        found.setdefault(os.path.realpath(law) if is_file(law) else law.strip().lower(), law)
    return tuple(found.values())
