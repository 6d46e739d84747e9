"""The flags that commands on real texts share; loads nothing heavy."""

from __future__ import annotations

import click
from click.core import ParameterSource

from bounds.cli.shared import Checked, CountType
from simulate.cli.options import options_of, reading_flags
from simulate.running.parameters import LENGTHS
from simulate.text.cutting.units import TOKEN, UNIT

text_flags = options_of(
    click.option(
        "--unit", type=Checked(UNIT), default="word", show_default=True,
        help="What is counted: word cuts at combining marks, word-marks does not, space cuts at white space alone; "
        "token is a token id.",
    ),
    reading_flags,
    click.option(
        "--length", "lengths", type=Checked(LENGTHS), default="1", show_default=True, metavar="K[,K...]",
        help="Units in a window; several lengths are measured one by one.",
    ),
)  # fmt: skip
"""What is counted of texts, by every command that counts them."""

blocks_flag = click.option(
    "--blocks", type=CountType(low=0, high=64), default=16, show_default=True, metavar="N",
    help="Blocks of text behind the interval; 0 for none.",
)  # fmt: skip


def asked_unit(context: click.Context) -> str:
    """The unit that the flags ask for: token, where nothing is said but what is of token ids alone."""
    options = context.params
    of_tokens = options["dtype"] or options["tokenizer"] or options["format"] == "ids"
    told = context.get_parameter_source("unit") is not ParameterSource.DEFAULT
    return TOKEN if of_tokens and not told else str(options["unit"])
