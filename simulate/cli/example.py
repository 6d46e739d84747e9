"""``python -m simulate example``; loads nothing heavy before it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from bounds.base.arguments import Choice, Count, File, Number
from bounds.cli.printing import print_text
from bounds.cli.shared import Checked, Command, parse_or_fail, with_version
from bounds.cli.terminal.completion import complete_source, completing, law_keys
from simulate.cli.options import seed_flag

WHAT = Choice("what", ("text", "runs"))


@click.command(cls=Command)
@click.argument("what", type=Checked(WHAT), metavar="{text|runs}")
@click.argument("file", type=Checked(File("file", (".txt", ".csv"))), metavar="FILE")
@click.option(
    "--source",
    default="zipf:1.724",
    show_default=True,
    metavar="SOURCE",
    shell_complete=complete_source,
    help="Of a text: its words.",
)
@click.option(
    "--n-words", type=Checked(Count("n-words", high=10_000_000)), default=200_000, show_default=True, metavar="N",
    help="Of a text: its length.",
)  # fmt: skip
@click.option(
    "--law",
    default="epoch2024",
    show_default=True,
    metavar="KEY",
    shell_complete=completing(law_keys),
    help="Of runs: their loss law.",
)
@click.option(
    "--noise", type=Checked(Number("noise", 0, 1, low_open=False)), default=0.003, show_default=True, metavar="X",
    help="Of runs: how far ln of a loss is off, one standard deviation.",
)  # fmt: skip
@seed_flag()
@click.option("--overwrite", is_flag=True, help="Replace a file that exists.")
@with_version
def example(what: str, file: str, **options: Any) -> None:
    """Write an input whose truth is known: a text for `corpus`, or a table of runs for `python -m bounds fit`.

    The words of a text are drawn from a source, so that its exponent is that of the source; the runs follow a
    published law.
    """
    from bounds.base.keeping.targets import write_text
    from simulate.running.keeping.files import claimed

    _check_flags(what, click.get_current_context())
    ending = {"text": ".txt", "runs": ".csv"}[what]
    # Held until the command ends.
    claim = claimed(file, overwrite=options["overwrite"], formats=(ending,))
    parse_or_fail(click.get_current_context().with_resource, claim)
    from simulate.studies.examples import example_runs, example_text

    if what == "text":
        text = example_text(options["source"], n_words=options["n_words"], seed=options["seed"])
        said = f"{options['n_words']} words drawn from {options['source']}"
        then = f"python -m simulate corpus {file}"
    else:
        text = example_runs(options["law"], noise=options["noise"], seed=options["seed"])
        said = f"{text.count(chr(10)) - 1} runs of {options['law']}, ln L off by {options['noise']:g}"
        then = f"python -m bounds fit {file}"
    write_text(Path(file), text)
    print_text(f"Written to {file}: {said}. Try `{then}`.")


def _check_flags(what: str, context: click.Context) -> None:
    """Refuse flags that say nothing of what is written."""
    other = {"text": ("law", "noise"), "runs": ("source", "n_words")}[what]
    for name in other:
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            kind = "runs" if what == "text" else "a text"
            raise click.UsageError(f"--{name.replace('_', '-')} is of {kind}; leave it out")
