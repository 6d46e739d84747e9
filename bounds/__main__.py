"""``python -m bounds``: what the loss laws imply, each number with its label and its assumption."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from bounds.base.arguments import Choice, Flop, in_any_case, printable
from bounds.cli.fitted.asked import RunPoint
from bounds.cli.fitted.runs_options import RUNS, reads_runs
from bounds.cli.json_text import json_text
from bounds.cli.pages.asked import OVERWRITE, REPORT, check_drawn, save_asked, write_page
from bounds.cli.process import end_silently, loading, runs_alone
from bounds.cli.shared import (
    AS_JSON,
    Checked,
    CountType,
    NumberType,
    command_group,
    provenance,
    run,
    typed,
    with_version,
)
from bounds.cli.terminal.completion import (
    all_law_keys,
    completing,
    explained_names,
    files,
    inversion_names,
    law_keys,
    paper_versions,
)
from bounds.cli.terminal.progress import PROGRESS
from bounds.planning.hardware import ACCELERATORS, PRECISIONS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bounds.cli.report import Report
    from bounds.planning.plans import Plan

POSITIVE = NumberType(low=0.0, text="positive and finite")
AMOUNT = NumberType(low=0.0, text="positive and finite", amount=True)
CONFIDENCE = NumberType(low=0.0, high=1.0, text="strictly between 0 and 1", percent=True)
MFU = NumberType(low=0.0, high=1.0, high_open=False, text="above 0 and at most 1", percent=True)
CONTEXT = CountType(high=10**8)
OBJECTIVE = Choice("objective", ("huber", "lad", "least-squares"))
GPU, PRECISION = Choice("gpu", tuple(ACCELERATORS)), Choice("precision", PRECISIONS)

FIGURE = click.option(
    "--figure", metavar="FILE", callback=check_drawn, help="Draw what it says: .png, .pdf or .svg."
)  # fmt: skip
EXPLAIN = click.option("--explain", "explained", is_flag=True, help="Print all notes, tables and formulas as well.")

PROGRAM = "python -m bounds"

main = command_group("What is true on paper: bounds on distinct sequences, parameters and corpus size.")


def _show(
    report: Report, parameters: dict[str, Any], as_json: bool, explained: bool, written: Sequence[str | None] = ()
) -> None:
    """Print a report and which files were `written`, or the object that it is in JSON."""
    from bounds.cli.report import print_report

    if as_json:
        print(json_text(report.to_json(provenance(parameters)), indent=1))
    else:
        print_report(report, explained=explained)
        print("".join(f"written: {printable(name)}\n" for name in written if name is not None), end="")


@main.command()
@click.argument("n_tokens", type=CountType())
@click.option(
    "--law",
    "laws",
    multiple=True,
    metavar="KEY",
    shell_complete=completing(law_keys, or_file=True),
    help="A loss law, or a file my.law.toml; may be repeated. [default: all]",
)
@click.option(
    "--skills", type=NumberType(), default=2.0, show_default=True, help="Factor on the skills for the corpus factor."
)
@click.option(
    "--params-per-sequence",
    type=AMOUNT,
    default=1.0,
    show_default=True,
    help="Parameters that store one sequence.",
)
@click.option("--bits-per-sequence", type=AMOUNT, help="Bits of one sequence, at 2 bits a parameter, instead.")
@click.option(
    "--tokens-per-sequence", type=AMOUNT, default=1.0, show_default=True, help="Tokens that make one sequence."
)
@click.option(
    "--inversion",
    "inversions",
    multiple=True,
    metavar="NAME",
    shell_complete=completing(inversion_names),
    help="slow, laplace or pattern (lower end), fast, minimax or prequential (upper end). [default: slow and fast]",
)
@click.option(
    "--version-of-paper",
    "source",
    default="kausik2024v1",
    show_default=True,
    metavar="KEY",
    shell_complete=completing(paper_versions),
    help="kausik2024v1, kausik2024v3 or kausik2024v6.",
)
@AS_JSON
@EXPLAIN
@with_version
def band(n_tokens: int, laws: tuple[str, ...], as_json: bool, explained: bool, **options: Any) -> None:
    """What the loss laws say of a corpus of N_TOKENS tokens.

    Lower, middle and upper U, N and corpus factor, one row a law. N_TOKENS is a whole number such as 3e11, 300B or
    1.5T. U and N are shown of the laws that were fitted within ten times of it; --explain and --json have all.
    """
    from bounds.base.formula import PAPER_VERSIONS
    from bounds.cli.band_table import band_report, kept_bands
    from bounds.efficiency.band import bands
    from bounds.efficiency.inversions import INVERSIONS
    from bounds.laws.published import LAWS

    options["inversions"] = tuple(in_any_case(name, INVERSIONS) or name for name in options["inversions"])
    options["source"] = in_any_case(options["source"], PAPER_VERSIONS) or options["source"]
    rows = bands(
        n_tokens, laws=laws or tuple(LAWS), inversion=options["inversions"], source=options["source"],
        skills=options["skills"], params_per_sequence=options["params_per_sequence"],
        bits_per_sequence=options["bits_per_sequence"], tokens_per_sequence=options["tokens_per_sequence"],
    )  # fmt: skip
    report = band_report(
        rows, n_tokens, skills=options["skills"], inversions=options["inversions"],
        sequence=options["tokens_per_sequence"], fitted=kept_bands(laws, options["skills"], options["source"]),
    )  # fmt: skip
    _show(report, {"n_tokens": n_tokens, "laws": list(laws), **options}, as_json, explained)


@main.command()
@click.argument("keys", nargs=-1, metavar="[LAW]...", shell_complete=completing(all_law_keys, or_file=True))
@click.option(
    "--law",
    "more",
    multiple=True,
    metavar="KEY",
    shell_complete=completing(all_law_keys, or_file=True),
    help="The same: a law, or a file my.law.toml; may be repeated.",
)
@click.option(
    "--compute", type=Checked(Flop(), "FLOP"), help="FLOP to spend, such as 5.76e23 or 10ZFLOP: adds N, D and loss."
)
@click.option("--tokens-per-param", type=AMOUNT, help="Spend them at D/N = M, not at each law's optimum.", metavar="M")
@AS_JSON
@EXPLAIN
@with_version
def laws(
    keys: tuple[str, ...],
    more: tuple[str, ...],
    compute: int | None,
    tokens_per_param: float | None,
    as_json: bool,
    explained: bool,
) -> None:
    """Published loss laws, and what a compute budget buys.

    Constants with units, runs and citation of each LAW, or of all; with --compute, N, D and loss. A LAW may be a file
    that `bounds fit --out` wrote.
    """
    from bounds.cli.law_table import law_report, law_rows

    if tokens_per_param is not None and compute is None:
        raise click.UsageError("--tokens-per-param says how to spend --compute, which is missing")
    budget, keys = None if compute is None else float(compute), (*keys, *more)
    parameters = {"laws": list(keys), "compute_flops": budget, "tokens_per_param": tokens_per_param}
    _show(
        law_report(law_rows(keys, budget, tokens_per_param), budget, tokens_per_param), parameters, as_json, explained
    )


@main.command()
@click.argument("runs", type=RUNS)
@reads_runs
@click.option("--at", "n_tokens", type=CountType(), help="Corpus size in tokens for the bounds on U and N.")
@click.option("--objective", type=Checked(OBJECTIVE), default="huber", show_default=True)
@click.option("--delta", type=NumberType(), default=1e-3, show_default=True, help="Huber's δ, a residual of ln loss.")
@click.option(
    "--bootstrap",
    type=CountType(0, 10**6),
    default=1000,
    show_default=True,
    help="Resamples of the runs; 0 gives constants without intervals, and no band.",
)
@click.option("--confidence", type=CONFIDENCE, default=0.95, show_default=True)
@click.option("--skills", type=NumberType(), default=2.0, show_default=True, help="Factor on the skills.")
@click.option("--seed", type=CountType(0, 2**63), default=0, show_default=True)
@click.option(
    "--predict", "predicted", type=Checked(RunPoint()), multiple=True, metavar="N=7B,D=140B",
    help="A run whose loss to predict, as N and D (tokens) or C (FLOP); may be repeated.",
)  # fmt: skip
@click.option(
    "--compute", "budgets", type=Checked(Flop(), "FLOP"), multiple=True,
    help="FLOP whose best use by the fitted law to show; may be repeated.",
)  # fmt: skip
@click.option(
    "--out", metavar="FILE", shell_complete=files,
    help="Keep the law with its covariance and draws, as my.law.toml for --law.",
)  # fmt: skip
@click.option(
    "--figure", metavar="FILE", shell_complete=files, help="Draw law, residuals and predictions: .png, .pdf or .svg."
)
@REPORT
@OVERWRITE
@PROGRESS
@AS_JSON
@EXPLAIN
@with_version
def fit(
    runs: str, columns: tuple[str, ...], n_tokens: int | None, as_json: bool, explained: bool, **options: Any
) -> None:
    """Fit a loss law to a table of RUNS: its constants and band.

    The law is L(N, D) = E + A N^-α + B D^-β. RUNS is a CSV file with a header (- for standard input), one run a line:
    parameters, training tokens (or FLOP, as C = 6ND) and final loss in nats per token. Rows that share a run, such as
    checkpoints, need --run-column. --predict and --compute say what the law makes of runs and budgets beyond them.
    """
    from bounds.cli.fitted.command import fitted

    report, parameters, draw = fitted(runs, columns, n_tokens, options)
    write_page(PROGRAM, [(report, [draw])], parameters, options, inputs=[runs])
    _show(report, parameters, as_json, explained, [options["out"], options["figure"], options["page"]])


@main.command()
@click.option("--gpu-hours", type=AMOUNT, help="Hours of one device, summed over devices: 1e6, 500K.", metavar="H")
@click.option("--gpus", "n_gpus", type=CountType(), help="How many devices share the hours: with --days instead.")
@click.option("--days", type=AMOUNT, help="Days that --gpus devices work, instead of --gpu-hours.", metavar="X")
@click.option("--flops", "compute_flops", type=Checked(Flop(), "FLOP"), help="Model FLOP, such as 4.5e23, instead.")
@click.option("--cost", type=AMOUNT, help="Money, in the unit of --price-per-hour, instead.", metavar="X")
@click.option("--target-loss", type=POSITIVE, help="A loss in nats per token: what reaches it?", metavar="L")
@click.option("--gpu", type=Checked(GPU), help="The device whose hours these are.")
@click.option("--precision", type=Checked(PRECISION), default="bf16", show_default=True, help="Of its products.")
@click.option("--mfu", type=MFU, help="Share of its peak that is model FLOP, such as 40%.", metavar="SHARE")
@click.option("--price-per-hour", type=AMOUNT, help="Price of an hour of one device.", metavar="X")
@click.option("--tokens", "n_tokens", type=CountType(), help="All distinct tokens there are; more come by repetition.")
@click.option("--inference-tokens", type=CountType(), help="Tokens to serve from the same budget as well.")
@click.option("--tokens-per-param", type=AMOUNT, help="Train at D/N = M, not at each law's optimum.", metavar="M")
@click.option(
    "--law",
    "laws",
    multiple=True,
    metavar="KEY",
    shell_complete=completing(all_law_keys, or_file=True),
    help="A loss law, or a file my.law.toml; may be repeated. [default: all]",
)
@click.option(
    "--corpus",
    metavar="RESULT",
    shell_complete=files,
    help="The corpus there is, as `simulate corpus --out` kept it, instead.",
)
@click.option("--bytes-per-token", type=POSITIVE, metavar="X", help="Bytes of a token of it. [default: 4]")
@click.option("--confidence", type=CONFIDENCE, default=0.95, show_default=True, help="Of the losses.")
@click.option(
    "--next-run",
    type=Checked(Flop(), "FLOP"),
    help="Which run of at most so many FLOP to train first, to know the loss of this plan best; needs a --law FILE.",
)
@click.option("--vocab", type=CountType(), default=50304, show_default=True, help="Vocabulary, as padded.")
@click.option("--context", "seq_len", type=CONTEXT, default=2048, show_default=True, help="Tokens of one sample.")
@click.option("--kv-heads", "n_kv_heads", type=CountType(), help="Heads of keys and values. [default: all]")
@click.option("--gated-mlp", "gated", is_flag=True, help="MLPs of three matrices and RMS norms, as in Llama.")
@FIGURE
@REPORT
@OVERWRITE
@PROGRESS
@AS_JSON
@EXPLAIN
@with_version
def plan(
    corpus: str | None,
    bytes_per_token: float | None,
    next_run: int | None,
    vocab: int,
    seq_len: int,
    n_kv_heads: int | None,
    gated: bool,
    as_json: bool,
    explained: bool,
    **options: Any,
) -> None:
    """What to train with a budget, and on how many tokens.

    The budget is --gpus and --days, or --gpu-hours, with --gpu and --mfu; or --flops; --cost with --price-per-hour; or
    a --target-loss the other way round. One row a law: parameters, tokens, epochs, the sizes that are nearly as good,
    and the loss with an interval; then shapes, and what an efficient model of the corpus would store.
    """
    from bounds.cli.plans.flags import check_flags, check_reached, distinct_laws

    outputs = {name: options.pop(name) for name in ("figure", "page", "overwrite")}
    asked = {"corpus": corpus, "bytes_per_token": bytes_per_token, "next_run": next_run}
    check_flags({**options, **asked}, typed())

    from bounds.laws.law_file import is_law_file
    from bounds.planning.planner import plan as planned

    options["laws"] = distinct_laws(options["laws"], is_law_file)
    if next_run is not None and (len(options["laws"]) != 1 or not is_law_file(options["laws"][0])):
        raise click.UsageError("--next-run needs one --law FILE, which python -m bounds fit RUNS.csv --out FILE keeps")
    counted = None
    if corpus is not None:
        with loading():
            from bounds.cli.reading.corpus_result import read_corpus

        counted = read_corpus(corpus, bytes_per_token)
    found = planned(**options, corpus=counted)
    check_reached(found)
    design = {"vocab": vocab, "n_kv_heads": n_kv_heads or 0, "gated": gated}
    report = _plan_said(found, options["laws"], design, seq_len, next_run)
    parameters = {**options, **asked, "laws": list(options["laws"]), **design, "seq_len": seq_len}
    draw = partial(_plan_figure, found)
    save_asked(draw, outputs["figure"], overwrite=outputs["overwrite"])
    inputs = [corpus, *filter(is_law_file, options["laws"])]
    write_page(PROGRAM, [(report, [draw])], parameters, outputs, inputs=inputs)
    _show(report, parameters, as_json, explained, [outputs["figure"], outputs["page"]])


def _plan_said(
    found: Plan, laws: Sequence[str], design: dict[str, Any], seq_len: int, next_run: int | None
) -> Report:  # fmt: skip
    """What to train with the budget, or which run to train before."""
    if next_run is not None:
        from bounds.cli.plans.next_run import next_run_report
        from bounds.laws.law_file import read_law_file

        return next_run_report(found, read_law_file(laws[0]), float(next_run))
    from bounds.cli.plans.report import plan_report
    from bounds.planning.shapes import shapes_near

    return plan_report(found, lambda size: shapes_near(size, **design), seq_len=seq_len)


def _plan_figure(found: Plan) -> Figure:
    from bounds.cli.drawing.plan_figure import draw  # loads matplotlib

    return draw(found)


@main.command()
@click.argument("name", required=False, shell_complete=completing(explained_names))
@AS_JSON
@EXPLAIN
@with_version
def explain(name: str | None, as_json: bool, explained: bool) -> None:
    """What a formula, letter, law, source or word means.

    Of a formula: statement, LaTeX, letters with units, label, assumption, source and a worked number. NAME is a
    formula, a public function of bounds, an equation (B7), a letter (gamma), a topic (skills) or a label (heuristic);
    or the key of a law (hoffmann2022), an inversion (slow), an accelerator (h100) or a source (zipf), or a word (MFU).
    Without it, all formulas by topic.
    """
    from bounds.cli.explained import explain_report

    _show(explain_report(name, sources=explained, rows=as_json), {"name": name}, as_json, explained)


if __name__ == "__main__":
    runs_alone()
    try:
        run(main, PROGRAM)
    finally:
        end_silently()
