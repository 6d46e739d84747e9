"""``python -m simulate example``; loads nothing heavy before it runs."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from bounds.base.arguments import Choice, Count, File, Number
from bounds.cli.printing import print_terms, print_text
from bounds.cli.shared import Checked, Command, parse_or_fail, with_version
from bounds.cli.terminal.completion import complete_source, completing, law_keys
from simulate.cli.options import progress_flag, seed_flag

WHAT = Choice("what", ("text", "runs", "corpus"))
_ENDINGS = {"text": ".txt", "runs": ".csv"}
_FLAGS = {"text": ("source", "n_words"), "runs": ("law", "noise"), "corpus": ("source", "n_words", "documents")}
_NOUNS = {"text": "a text", "runs": "runs", "corpus": "a corpus"}


@click.command(cls=Command)
@click.argument("what", type=Checked(WHAT), metavar="{text|runs|corpus}")
@click.argument("file", type=Checked(File("file")), metavar="FILE")
@click.option(
    "--source", default="zipf:1.724", show_default=True, metavar="SOURCE", shell_complete=complete_source,
    help="Of a text or a corpus: its words.",
)  # fmt: skip
@click.option(
    "--n-words", type=Checked(Count("n-words", high=10_000_000)), default=200_000, show_default=True, metavar="N",
    help="Of a text or a corpus: its length.",
)  # fmt: skip
@click.option(
    "--documents", type=Checked(Count("documents", high=100_000)), default=50, show_default=True, metavar="N",
    help="Of a corpus: how many it has.",
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
@progress_flag
@with_version
def example(what: str, file: str, **options: Any) -> None:
    """Write an input whose truth is known: a text or a corpus to count, or a table of runs for `bounds fit`.

    The words of a text are drawn from a source, so that its exponent is that of the source; the runs follow a
    published law. A corpus is a new folder FILE with the same documents in every format that `simulate corpus` reads.
    """
    _check_flags(what, click.get_current_context())
    if what == "corpus":
        _write_corpus(file, options)
        return
    from bounds.base.keeping.targets import write_text
    from simulate.running.keeping.files import claimed

    # Held until the command ends.
    claim = claimed(file, overwrite=options["overwrite"], formats=(_ENDINGS[what],))
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


def _write_corpus(folder: str, options: dict[str, Any]) -> None:
    """The documents in every format, in a folder that is there whole or not at all."""
    from bounds.base.keeping.targets import check_folder, named, written_whole

    target = parse_or_fail(named, folder, ("",), "a folder")
    if options["overwrite"]:
        raise click.UsageError("--overwrite replaces a file, and no folder; choose a new one")
    if os.path.lexists(target):
        raise click.UsageError(f"{target} exists already, and no folder is replaced; choose a new one")
    parse_or_fail(check_folder, target.parent)
    from simulate.studies.example_corpus import example_corpus, example_documents

    names = ("source", "n_words", "documents", "seed")
    documents = parse_or_fail(lambda: example_documents(**{name: options[name] for name in names}))
    files, formats = example_corpus(documents, shlex.quote(folder))
    with written_whole(target) as part:
        for name, content in files.items():
            (part / name).parent.mkdir(parents=True, exist_ok=True)
            (part / name).write_bytes(content)
    n, kinds = len(documents.ids), int(documents.ids.max()) + 1
    print_text(
        f"Written to {folder}: {n} words, {kinds} distinct, in {len(documents.ends)} documents and {len(formats)} "
        "formats. Try `python -m simulate corpus` with any of"
    )
    print_terms([(f"  {arguments}", title) for title, arguments in formats])


def _check_flags(what: str, context: click.Context) -> None:
    """Refuse flags that say nothing of what is written."""
    for name in sorted({one for flags in _FLAGS.values() for one in flags} - set(_FLAGS[what])):
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            kinds = " or ".join(_NOUNS[kind] for kind, flags in _FLAGS.items() if name in flags)
            raise click.UsageError(f"--{name.replace('_', '-')} is of {kinds}; leave it out")
