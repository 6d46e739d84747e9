"""``python -m simulate loss``; loads nothing heavy before it runs."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

from bounds.base.quantities import parse_list
from bounds.cli.process import loading
from bounds.cli.shared import Checked, Command, CountType, parse_or_fail, with_version
from simulate.cli.options import (
    READING,
    check_outputs,
    check_workers,
    cluster_flag,
    config_flag,
    curves_flag,
    explain_flag,
    output_flags,
    reading_flags,
    seed_flag,
)
from simulate.cli.texts.flags import asked_unit
from simulate.running.parameters import LENGTHS
from simulate.studies.loss.plan import HOLD_OUT, LossPlan
from simulate.text.cutting.units import UNIT


def _not_extrapolated(_: click.Context, __: click.Parameter, value: str | None) -> None:
    """UsageError where somebody asks for counts of text that is not there."""
    if value is not None:
        raise click.UsageError(
            f"--extrapolate {value}: a loss is foretold from text that is there and counted, never from counts that "
            "are extrapolated; leave it out, and pass --most N --from-counts with the larger text"
        )


@click.command(cls=Command)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--unit", type=Checked(UNIT), default="word", show_default=True, help="What a learner predicts, one by one."
)
@reading_flags
@click.option(
    "--hold-out", type=Checked(HOLD_OUT), default="auto", show_default=True,
    help="What is kept from learners to test them on: whole documents, or long blocks where there are few.",
)  # fmt: skip
@click.option(
    "--shuffles", type=CountType(low=4, high=64), default=4, show_default=True, metavar="N",
    help="Orders in which the rest is taught; four at least, with fewer intervals are too narrow.",
)  # fmt: skip
@click.option("--most", type=CountType(low=4000), metavar="N", help="Units taught at most. [default: all of the rest]")
@click.option(
    "--chunk", type=CountType(), default=2000, show_default=True, metavar="N",
    help="Units of a piece that is shuffled, where it is no document.",
)  # fmt: skip
@click.option(
    "--from-counts", is_flag=True,
    help="With --most: count the rest as well, and say what it would cost taught to them (experimental).",
)  # fmt: skip
@click.option("--extrapolate", hidden=True, expose_value=False, callback=_not_extrapolated)
@click.option(
    "--length", "lengths", type=Checked(LENGTHS), default="1,2,3,4,5,6", show_default=True, metavar="K[,K...]",
    help="Units in the windows whose growth stands beside the loss.",
)  # fmt: skip
@cluster_flag("Read, teach and count")
@seed_flag("what is held out, and of the orders")
@output_flags
@curves_flag
@explain_flag
@with_version
@config_flag
def loss(**options: Any) -> int:
    """Teach cheap learners growing parts of real text, and test them on what was held out.

    Kneser-Ney of order 6 and PPM: what each doubling of the text took off their loss, with intervals, whether
    E + B D^-β describes that, and how distinct windows of the same text grow. FILE is what `corpus` takes.
    """
    parse_or_fail(parse_list, options["lengths"], name="length")
    check_outputs(options)
    check_workers(options)
    return _execute(options)


def forwarded(options: dict[str, Any]) -> int:
    """The same, as ``corpus --loss`` asked for it; lengths that were not given are those of `loss`."""
    own: dict[str, Any] = {"hold_out": "auto", "shuffles": 4, "most": None, "from_counts": False}
    for name in ("at", "order", "blocks", "extrapolate", "sketch", "precision", "memory"):
        if _given(name):
            raise click.UsageError(
                f"--{name} is of counting, which --loss does not; leave it out, or count without --loss"
            )
    own["lengths"] = options["lengths"] if _given("lengths") else "1,2,3,4,5,6"
    own["chunk"] = options["chunk"] if _given("chunk") else 2000
    return _execute(options | own)


def _given(name: str) -> bool:
    return click.get_current_context().get_parameter_source(name) is not ParameterSource.DEFAULT


def _execute(options: dict[str, Any]) -> int:
    options["unit"] = asked_unit(click.get_current_context())
    with loading():
        from simulate.cli.studies import execute
        from simulate.text.reading.asked import ReadOptions

    names = ("files", "unit", "hold_out", "shuffles", "most", "chunk", "seed", "from_counts")

    def plan() -> LossPlan:
        reading = ReadOptions(**{name: options[name] for name in READING})
        lengths = tuple(parse_list(options["lengths"], name="length"))
        return LossPlan(lengths=lengths, reading=reading, **{name: options[name] for name in names})

    return execute("loss", plan, options)
