"""Flags -> work -> table, file, figure. Heavy packages are loaded inside the commands that need them.

Help and argument errors are answered before any of them is loaded; results go to standard output and to files,
progress to standard error.
"""

from __future__ import annotations

import json
from typing import Any

import click

from bounds.base.quantities import parse_list
from bounds.cli.shared import Checked, CountType, GridType, command_group, parse_or_fail, with_version
from simulate.cli.options import (
    cell_flags,
    check_laws,
    check_outputs,
    check_sources,
    check_workers,
    config_flag,
    device_flag,
    explain_flag,
    law_flag,
    output_flags,
    progress_flag,
    seed_flag,
    worker_flags,
)
from simulate.cli.skills_flags import skill_flags
from simulate.cli.suite_flags import suite_flags
from simulate.running.parameters import AT, ENGINE, LENGTHS, ORDER, REPLICATES, TEST_DRAWS, TOLERANCES
from simulate.text.cutting.units import UNIT

main = command_group("What happens when you draw: simulated and real corpora, measured beside the bounds.")


@main.command()
@click.option(
    "--source",
    "sources",
    multiple=True,
    metavar="SOURCE",
    help="A source such as zipf:1.724 or corpus:FILE,unit=word; may be repeated. [default: five]",
)
@click.option(
    "--n-draws",
    type=GridType(),
    metavar="GRID",
    help="Corpus sizes: 1e3:1e6:25 (log-spaced) or 1e3,1e6. [default: 1e3:1e6:25]",
)
@click.option(
    "--replicates",
    type=Checked(REPLICATES),
    default=32,
    show_default=True,
    metavar="N",
    help="Corpora of each source.",
)
@seed_flag()
@click.option(
    "--engine",
    type=Checked(ENGINE),
    default="auto",
    show_default=True,
    help="How corpora are drawn: token by token, new types alone, as Gaussian paths; analytic: expectations alone.",
)
@device_flag("Where tokens are drawn; changes no number.")
@worker_flags()
@click.option(
    "--learner",
    "learners",
    multiple=True,
    metavar="NAME",
    help="Measure what a learner loses: memoriser, add-constant:1, good-turing, pitman-yor:0.72, store:1000, "
    "margin:0.3333 or all; may be repeated. Each brings its own source.",
)
@click.option(
    "--tolerance",
    type=Checked(TOLERANCES),
    metavar="T[,T...]",
    help="With --learner store: its efficient size, at 0,0.01 nats or 10%.",
)
@click.option("--test-draws", type=Checked(TEST_DRAWS), metavar="N", help="Draws that learners are tested on. [16384]")
@cell_flags("sweep", "Say what would be drawn, how, and what it would take; draw nothing.")
@law_flag
@output_flags
@click.option("--curves", is_flag=True, help="With --json: also the counts at every corpus size.")
@explain_flag("Also say which engine ran, why, and the formulas.")
@progress_flag
@with_version
@config_flag
def sweep(**options: Any) -> int:
    """Draw corpora, count distinct sequences, fit the exponent, and lay it beside the loss laws.

    Without a flag: five sources with known exponents, 32 corpora each, up to a million draws.
    """
    check_sources(options["sources"])
    check_laws(options["laws"])
    check_outputs(options)
    check_workers(options)
    from simulate.cli.learners import check_learners, measure_and_print

    check_learners(options)
    if options["learners"]:
        return measure_and_print(options)
    from simulate.cli.sweep import run

    return run(options)


@main.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--unit",
    type=Checked(UNIT),
    default="word",
    show_default=True,
    help="What is counted: word cuts at combining marks, word-marks does not, space cuts at white space alone.",
)
@click.option(
    "--length",
    "lengths",
    type=Checked(LENGTHS),
    default="1",
    show_default=True,
    metavar="K[,K...]",
    help="Units in a window; several lengths are measured one by one.",
)
@click.option(
    "--at",
    type=Checked(AT),
    metavar="GRID",
    help="Prefixes in units: 1000,1e5,all or 1e3:1e6:25. [default: 25, log-spaced]",
)
@click.option(
    "--order",
    type=Checked(ORDER),
    default="file",
    show_default=True,
    help="Order of the text.",
)
@click.option(
    "--chunk", type=CountType(), default=1000, show_default=True, metavar="N", help="Units in a shuffled chunk."
)
@click.option(
    "--blocks",
    type=CountType(low=0, high=64),
    default=16,
    show_default=True,
    metavar="N",
    help="Blocks of text behind the interval; 0 for none.",
)
@click.option("--sketch", is_flag=True, help="Estimate the counts in one pass and in memory that no text fills.")
@click.option(
    "--precision", type=CountType(low=4, high=18), default=14, show_default=True, metavar="P",
    help="With --sketch: 2^P registers, standard error 1.04/2^(P/2).",
)  # fmt: skip
@seed_flag("the shuffle, or of the hash functions of a sketch")
@law_flag
@output_flags
@click.option("--curves", is_flag=True, help="Print the counts at every prefix.")
@explain_flag("Also print what is counted, how exponents are fitted, and all notes.")
@with_version
@config_flag
def corpus(files: tuple[str, ...], lengths: str, **options: Any) -> None:
    """Count distinct windows of real text exactly, and fit how they grow; or estimate the counts (--sketch).

    FILE is plain text or .zst, or - for standard input. Several files are counted together; no window joins two.
    """
    wanted = list(parse_or_fail(parse_list, lengths, name="length"))
    check_outputs(options)
    check_laws(options["laws"])
    from simulate.cli.sketch import check_flags

    check_flags(click.get_current_context())
    from simulate.text import fit_corpus, measure_corpus, sketch_corpus

    if options["sketch"]:
        chosen = {key: options[key] for key in ("unit", "at", "precision", "seed")}
        sketched = sketch_corpus(files, length=wanted, **chosen)
        pairs: Any = [(growth, None) for growth in sketched]
        chosen["sketch"] = True
    else:
        chosen = {key: options[key] for key in ("unit", "at", "order", "chunk", "blocks", "seed")}
        growths = measure_corpus(files, length=wanted, **chosen)
        pairs = [(growth, None if growth.blocks is None else fit_corpus(growth)) for growth in growths]
    _present_corpus(pairs, {"files": list(files), "length": wanted, **chosen}, options)


def _present_corpus(pairs: Any, parameters: dict[str, Any], options: dict[str, Any]) -> None:
    from bounds.cli.report import print_report
    from simulate.cli.present import present
    from simulate.running.dataset import save_result
    from simulate.running.view import View
    from simulate.studies.text.dataset import counts_of, to_dataset
    from simulate.studies.text.report import report

    dataset, view = to_dataset(pairs, parameters), View(curves=options["curves"])
    if options["out"]:
        kept = counts_of(dataset) if options["out"].endswith(".csv") else dataset
        save_result(kept, options["out"], overwrite=options["overwrite"])
    made = report(dataset, view)

    def draw(path: str, overwrite: bool) -> None:
        from simulate.running.figures import save_drawn
        from simulate.studies.text.figure import figure

        save_drawn(lambda: figure(dataset, view), path, overwrite=overwrite)

    def as_json(path: str | None) -> dict[str, Any]:
        return made.to_json(json.loads(dataset.attrs["provenance"]), path)

    present(dataset, options, as_json, lambda: print_report(made, explained=options["explained"]), draw)


@main.command()
@suite_flags
def suite(**options: Any) -> int:
    """Train models of many sizes on one corpus in one order, and look at them at every checkpoint.

    A model is a store of the sequences seen most often so far. Without a flag: 16 sizes, the 154 checkpoints of Pythia.
    """
    from simulate.cli.suite_options import read_plan

    plan = read_plan(options)
    if options["batch_at"] is not None:
        from simulate.cli.suite import show_batch

        show_batch(plan, options)
        return 0
    from simulate.cli.suite import train

    return train(plan, options)


@main.command()
@click.argument("result", metavar="RESULT")
@click.option(
    "--model", default="auto", show_default=True, metavar="NAME", help="auto, offset, pitman-yor or spectrum."
)
@click.option("--window", type=GridType(), metavar="LOW,HIGH", help="Fit only corpus sizes from LOW to HIGH.")
@law_flag
@output_flags
@click.option("--curves", is_flag=True, help="With --json: also the counts at every corpus size.")
@explain_flag("Also print the formulas.")
@with_version
def fit(result: str, model: str, window: tuple[int, ...] | None, **options: Any) -> None:
    """Fit the exponents of RESULT (a .nc or .zarr that sweep wrote) again and print its tables."""
    if window is not None and len(window) != 2:
        raise click.UsageError(f"--window takes two different corpus sizes, such as 1e4,1e6, got {len(window)}")
    check_outputs(options)
    check_laws(options["laws"])
    from simulate.cli.sweep import present_sweep
    from simulate.running.dataset import open_result, save_result
    from simulate.studies.sweep.fits import refit

    dataset = refit(open_result(result), model=model, window=window)
    if options["out"]:
        save_result(dataset, options["out"], overwrite=options["overwrite"])
    present_sweep(dataset, options)


@main.command()
@skill_flags
def skills(**options: Any) -> int:
    """Simulate when skills emerge in data and in size, and lay thresholds and numbers beside the formulas.

    A skill is a group of sequences, there when a quorum of them was seen. Without a flag: a thousand skills whose
    masses fall as j^-1.724, with 50 members of which it takes 40.
    """
    check_outputs(options)
    check_workers(options)
    from simulate.studies.skills.plan import plan_of_flags

    plan = parse_or_fail(plan_of_flags, options)
    from simulate.cli.skills import run

    return run(plan, options)
