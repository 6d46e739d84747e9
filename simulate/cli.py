"""Flags -> work -> table, file, figure. Heavy packages are loaded inside the commands that need them.

Help and argument errors are answered before any of them is loaded; results go to standard output and to files,
progress to standard error.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from bounds.command import SCHEMA_VERSION, CountType, GridType, command_group, parse_or_fail, with_version
from bounds.quantities import parse_count


def _load_config(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Take a TOML file's entries as the defaults of the flags of the same names."""
    if value is None:
        return None
    import tomllib

    try:
        entries = tomllib.loads(Path(value).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise click.UsageError(f"--config {value}: {reason}") from None
    entries = {name.replace("-", "_"): entry for name, entry in entries.items()}
    parameters = [p for p in ctx.command.params if p.name not in ("config", "version")]
    known = {p.opts[0].removeprefix("--").replace("-", "_"): str(p.name) for p in parameters}
    several = {p.name for p in parameters if isinstance(p, click.Option) and p.multiple}
    unknown = sorted(set(entries) - set(known))
    if unknown:
        allowed = ", ".join(sorted(known))
        raise click.UsageError(f"--config {value}: {unknown[0]!r} is not known here; known are {allowed}")
    given = {known[name]: _flat(entry) for name, entry in entries.items()}
    # One source or law may stand there without its brackets.
    ctx.default_map = {n: [e] if n in several and not isinstance(e, list) else e for n, e in given.items()}
    return value


def _flat(entry: Any) -> Any:
    """A TOML value as a flag would give it; lists of numbers become the grid they are."""
    if isinstance(entry, list) and all(isinstance(item, int | float) for item in entry):
        return ",".join(map(str, entry))
    return entry


def _options(*options: Callable[..., Any]) -> Callable[..., Any]:
    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


_config = click.option(
    "--config", metavar="FILE.toml", is_eager=True, callback=_load_config, expose_value=False,
    help="Take flags from this file; flags given here override it.",
)  # fmt: skip
_output = _options(
    click.option("--out", metavar="FILE", help="Write the result: .nc, .zarr, or .csv for the counts alone."),
    click.option("--figure", metavar="FILE", help="Draw the figure: .png, .pdf or .svg."),
    click.option("--overwrite", is_flag=True, help="Replace files that exist."),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output, nothing else."),
)
_law = click.option("--law", "laws", multiple=True, metavar="KEY", help="A loss law; may be repeated. [default: all]")


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
    type=CountType(high=1 << 24),
    default=32,
    show_default=True,
    metavar="N",
    help="Corpora of each source.",
)
@click.option(
    "--seed",
    type=CountType(low=0, high=2**64 - 1),
    default=0,
    show_default=True,
    metavar="N",
    help="Seed of all random numbers.",
)
@click.option(
    "--engine",
    type=click.Choice(["auto", "tokens", "analytic"]),
    default="auto",
    show_default=True,
    help="How corpora are drawn; analytic gives expectations alone.",
)
@click.option(
    "--threads", type=CountType(high=4096), metavar="N", help="Threads; changes no number. [default: all cores]"
)
@_law
@_output
@click.option("--curves", is_flag=True, help="With --json: also the counts at every corpus size.")
@click.option("--explain", "explained", is_flag=True, help="Also say which engine ran, why, and the formulas.")
@click.option(
    "--progress/--no-progress", default=None, help="Show progress on standard error. [default: on a terminal]"
)
@with_version
@_config
def sweep(**options: Any) -> None:
    """Draw corpora, count distinct sequences, fit the exponent, and lay it beside the loss laws.

    Without a flag: five sources with known exponents, 32 corpora each, up to a million draws.
    """
    _check_sources(options["sources"])
    _check_laws(options["laws"])
    _check_outputs(options)
    from simulate.sweeps import DEFAULT_SOURCES, Sweep, choose_engine, run_sweep

    plan = Sweep(
        options["sources"] or DEFAULT_SOURCES, options["n_draws"] or (), options["replicates"], options["seed"],
        options["engine"],
    )  # fmt: skip
    if plan.n_draws:
        choose_engine(plan, plan.n_draws)
    with _progress(options["progress"], plan) as advance:
        dataset = run_sweep(plan, threads=options["threads"], progress=advance)
    _present(dataset, options)


@main.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--unit", type=click.Choice(["byte", "char", "word"]), default="word", show_default=True, help="What is counted."
)
@click.option(
    "--length",
    "lengths",
    default="1",
    show_default=True,
    metavar="K[,K...]",
    help="Units in a window; several lengths are measured one by one.",
)
@click.option("--at", metavar="GRID", help="Prefixes in units: 1000,1e5,all or 1e3:1e6:25. [default: 25, log-spaced]")
@click.option(
    "--order",
    type=click.Choice(["file", "shuffled-chunks"]),
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
@click.option(
    "--seed",
    type=CountType(low=0, high=2**64 - 1),
    default=0,
    show_default=True,
    metavar="N",
    help="Seed of the shuffle.",
)
@_law
@_output
@click.option("--curves", is_flag=True, help="Print the counts at every prefix.")
@with_version
@_config
def corpus(files: tuple[str, ...], lengths: str, **options: Any) -> None:
    """Count distinct windows of real text exactly, and fit how they grow.

    FILE is plain text or .zst, or - for standard input. Several files are counted together; no window joins two.
    """
    wanted = [parse_or_fail(parse_count, part, name="length") for part in lengths.split(",")]
    _check_outputs(options)
    _check_laws(options["laws"])
    from simulate.corpus import fit_corpus, measure_corpus

    chosen = {key: options[key] for key in ("unit", "at", "order", "chunk", "blocks", "seed")}
    growths = measure_corpus(files, length=wanted, **chosen)
    pairs = [(growth, None if growth.blocks is None else fit_corpus(growth)) for growth in growths]
    _present_corpus(pairs, {"files": list(files), "length": wanted, **chosen}, options)


def _present_corpus(pairs: Any, parameters: dict[str, Any], options: dict[str, Any]) -> None:
    from bounds.efficiency import bands
    from bounds.laws import LAWS
    from simulate.corpus import results
    from simulate.dataset import save_result

    dataset = results.to_dataset(pairs, parameters)
    implied = bands(float(dataset.n_units[-1]), laws=options["laws"] or tuple(LAWS))
    path = options["out"] and str(save_result(dataset, options["out"], overwrite=options["overwrite"]))
    if options["as_json"]:
        notes = dict.fromkeys(note for growth, _ in pairs for note in growth.notes)
        found = {
            "schema_version": SCHEMA_VERSION, "rows": results.rows(pairs), "fits": results.fits(pairs),
            "bands": [band.to_json() for band in implied], "warnings": list(notes),
            "verdict": results.verdict(pairs), "provenance": json.loads(dataset.attrs["provenance"]), "path": path,
        }  # fmt: skip
        print(json.dumps(found, indent=1))
    else:
        results.print_corpus(pairs, implied, curves=options["curves"])
    _draw("save_corpus_figure", (pairs,), options)
    _say_written(path, options)


@main.command()
@click.argument("result", metavar="RESULT")
@click.option(
    "--model", default="auto", show_default=True, metavar="NAME", help="auto, offset, pitman-yor or spectrum."
)
@click.option("--window", type=GridType(), metavar="LOW,HIGH", help="Fit only corpus sizes from LOW to HIGH.")
@_law
@_output
@click.option("--curves", is_flag=True, help="With --json: also the counts at every corpus size.")
@click.option("--explain", "explained", is_flag=True, help="Also print the formulas.")
@with_version
def fit(result: str, model: str, window: tuple[int, ...] | None, **options: Any) -> None:
    """Fit the exponents of RESULT (a .nc or .zarr that sweep wrote) again and print its tables."""
    if window is not None and len(window) != 2:
        raise click.UsageError(f"--window takes two different corpus sizes, such as 1e4,1e6, got {len(window)}")
    _check_outputs(options)
    _check_laws(options["laws"])
    from simulate.dataset import open_result
    from simulate.fits import refit

    _present(refit(open_result(result), model=model, window=window), options)


@contextmanager
def _progress(wanted: bool | None, plan: Any) -> Iterator[Callable[[int], None] | None]:
    """A bar on standard error that counts corpora and draws per second, where somebody watches."""
    if wanted is False or (wanted is None and not sys.stderr.isatty()) or plan.engine == "analytic":
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("corpora"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
    total = plan.replicates * sum(not source.startswith("corpus:") for source in plan.sources)
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total, rate="")
        drawn = 0

        def advance(n_draws: int) -> None:
            nonlocal drawn
            drawn += n_draws
            elapsed = bar.tasks[0].elapsed or 0
            bar.update(task, advance=1, rate=f"{drawn / elapsed:.1e} draws/s" if elapsed else "")

        yield advance


def _check_sources(sources: tuple[str, ...]) -> None:
    """Refuse a source that is not understood before anything heavy is loaded."""
    from bounds.sources import parse_source

    for source in sources:
        if not source.strip().lower().startswith("corpus:"):
            parse_or_fail(parse_source, source)


def _check_laws(laws: tuple[str, ...]) -> None:
    from bounds.laws import get_law

    for law in laws:
        parse_or_fail(get_law, law)


def _check_outputs(options: dict[str, Any]) -> None:
    """Refuse outputs that cannot be written before the work is done. Suffix and existence need no heavy module."""
    from simulate.files import FIGURES, RESULTS, check_target

    for flag, formats in (("out", RESULTS), ("figure", FIGURES)):
        if options.get(flag) is not None:
            parse_or_fail(check_target, options[flag], overwrite=options["overwrite"], formats=formats)


def _present(dataset: Any, options: dict[str, Any]) -> None:
    """Write what was asked for, then print."""
    from bounds.laws import LAWS
    from simulate.dataset import save_result
    from simulate.summary import as_json, implied_bands, print_summary

    implied = implied_bands(dataset, options["laws"] or tuple(LAWS))
    path = options["out"] and str(save_result(dataset, options["out"], overwrite=options["overwrite"]))
    if options["as_json"]:
        print(json.dumps(as_json(dataset, implied, path=path, with_curves=options["curves"]), indent=1))
    else:
        print_summary(dataset, implied)
        if options["explained"]:
            _explain(dataset)
    _draw("save_figure", (dataset, implied), options)
    _say_written(path, options)


def _draw(which: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> None:
    """Draw the figure that was asked for: last, so that nothing else is lost if it fails."""
    if options["figure"]:
        # A notebook names a backend of its own in the environment, which this process may not have.
        os.environ["MPLBACKEND"] = "agg"
        from simulate import figures

        getattr(figures, which)(*arguments, options["figure"], overwrite=options["overwrite"])


def _say_written(path: str | None, options: dict[str, Any]) -> None:
    for written in (path, options["figure"]):
        if written and not options["as_json"]:
            print(f"written: {written}")


def _explain(dataset: Any) -> None:
    from bounds.catalogue import explain

    engine = json.loads(dataset.attrs["provenance"])["engine"]
    print(f"\nengine: {engine['name']} ({engine['reason']})")
    for name in ("exponent_lower", "exponent_upper", "unique_lower_slow", "unique_upper_fast", "growth_factor"):
        print(f"\n{explain(name)}")
