"""Flags that several commands have, and checks of their values that load nothing heavy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from bounds.command import CountType, parse_or_fail


def load_config(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
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


def options_of(*options: Callable[..., Any]) -> Callable[..., Any]:
    """Several options as one decorator."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


config_flag = click.option(
    "--config", metavar="FILE.toml", is_eager=True, callback=load_config, expose_value=False,
    help="Take flags from this file; flags given here override it.",
)  # fmt: skip
output_flags = options_of(
    click.option("--out", metavar="FILE", help="Write the result: .nc, .zarr, or .csv for the counts alone."),
    click.option("--figure", metavar="FILE", help="Draw the figure: .png, .pdf or .svg."),
    click.option("--overwrite", is_flag=True, help="Replace files that exist."),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output, nothing else."),
)
law_flag = click.option(
    "--law", "laws", multiple=True, metavar="KEY", help="A loss law; may be repeated. [default: all]"
)
progress_flag = click.option(
    "--progress/--no-progress", default=None, help="Show progress on standard error. [default: on a terminal]"
)


def seed_flag(of_what: str = "all random numbers") -> Callable[..., Any]:
    """``--seed``."""
    return click.option(
        "--seed", type=CountType(low=0, high=2**64 - 1), default=0, show_default=True, metavar="N",
        help=f"Seed of {of_what}.",
    )  # fmt: skip


def device_flag(text: str) -> Callable[..., Any]:
    """``--device``."""
    devices = click.Choice(["auto", "cpu", "gpu"])
    return click.option("--device", type=devices, default="cpu", show_default=True, help=text)


def worker_flags(threads: str = "Threads", verb: str = "Draw") -> Callable[..., Any]:
    """``--threads`` and ``--cluster``."""
    return options_of(
        click.option(
            "--threads", type=CountType(high=4096), metavar="N",
            help=f"{threads}; changes no number. [default: all cores]",
        ),
        click.option(
            "--cluster", metavar="WHERE", help=f"{verb} on Dask workers: local, local:4 or tcp://host:port."
        ),
    )  # fmt: skip


def cell_flags(noun: str, forecast: str) -> Callable[..., Any]:
    """``--resume`` and ``--dry-run``."""
    resume = f"Go on with a {noun} that was killed; needs an --out that ends in .zarr."
    return options_of(
        click.option("--resume", is_flag=True, help=resume), click.option("--dry-run", is_flag=True, help=forecast)
    )


def explain_flag(text: str) -> Callable[..., Any]:
    """``--explain``."""
    return click.option("--explain", "explained", is_flag=True, help=text)


def check_sources(sources: tuple[str, ...]) -> None:
    """Refuse a source that is not understood before anything heavy is loaded."""
    from bounds.sources import parse_source

    for source in sources:
        if not source.strip().lower().startswith("corpus:"):
            parse_or_fail(parse_source, source)


def check_laws(laws: tuple[str, ...]) -> None:
    """Refuse a law that is not known."""
    from bounds.laws import get_law

    for law in laws:
        parse_or_fail(get_law, law)


def check_outputs(options: dict[str, Any]) -> None:
    """Refuse outputs that cannot be written before the work is done; until the command ends no other run writes them.

    Suffix, existence and lock need no heavy module.
    """
    from simulate.files import FIGURES, RESULTS, check_target, claimed

    overwrite, resume = options["overwrite"], options.get("resume", False)
    if resume and options.get("out") is None:
        raise click.UsageError("--resume goes on with the result that --out names; pass --out X.zarr")
    outputs = [
        (options.get("out"), {"overwrite": overwrite, "resume": resume, "formats": RESULTS}),
        # Who resumes a sweep has its figure drawn again.
        (options.get("figure"), {"overwrite": overwrite or resume, "formats": FIGURES}),
    ]
    hold = click.get_current_context().with_resource
    for path, how in outputs:
        if path is None:
            continue
        if options.get("dry_run"):
            parse_or_fail(check_target, path, **how)
        else:
            parse_or_fail(hold, claimed(path, **how))


def check_workers(options: dict[str, Any]) -> None:
    """Refuse a cluster that is not understood, or that this installation cannot use."""
    from simulate.cluster import check_cluster

    if options["cluster"] is not None:
        parse_or_fail(check_cluster, options["cluster"])
        if options["threads"] is not None:
            raise click.UsageError("--threads is for this process and --cluster for others; pass one of them")
