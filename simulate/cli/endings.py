"""How a run is accompanied: progress, and one sentence where it ends early or cells fail."""

from __future__ import annotations

import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import xarray as xr

from bounds.cli.process import Stopped
from bounds.cli.shared import FULL, describe, show_warning
from bounds.cli.terminal.progress import asked
from simulate.running.keeping.files import part_of
from simulate.running.keeping.leftovers import is_store
from simulate.running.showing.progress import reporter

FAILED = 3
"""Exit code where some cells failed and the others were kept."""


@contextmanager
def explained(options: dict[str, Any], *, cells: bool = True) -> Iterator[Any]:
    """What to tell of progress; where the block ends early, one sentence says what is kept and how to go on.

    A run without `cells` has none to tell of.
    """
    progress, before = None, _store_of(options)
    with warnings.catch_warnings():
        warnings.showwarning = show_warning
        warnings.simplefilter("always", UserWarning)
        try:
            progress = reporter(asked() if cells else False)
            yield progress
        except (KeyboardInterrupt, Stopped) as stopped:
            kept = _kept(progress, options, before) or _not_kept(options)
            if not kept:
                raise
            raise Stopped(getattr(stopped, "signum", signal.SIGINT), kept) from None
        except RuntimeError as error:
            hint = how_to_resume(options) if _kept(progress, options, before) else ""
            kept = f"; the cells that are done are kept: {hint}" if hint else ""
            raise click.ClickException(" ".join(str(error).split()) + kept) from None
        except (OSError, MemoryError, ValueError, OverflowError) as error:
            kept = _kept(progress, options, before) if progress and progress.state else ""
            if not kept:
                raise
            full = isinstance(error, OSError) and error.errno in FULL
            what = "out of memory; pass fewer --threads" if isinstance(error, MemoryError) else describe(error)
            sentence = f"{what}; {kept}{', once there is room on the disk' if full else ''}"
            if isinstance(error, OSError | MemoryError):
                raise click.ClickException(sentence) from None
            raise click.UsageError(sentence) from None


def _kept(progress: Any, options: dict[str, Any], before: int | None) -> str:
    """How many cells this run has kept, and how to go on; empty where it has begun to keep none.

    `before` says which store was there when it began.
    """
    state = progress.state if progress else None
    hint = how_to_resume(options) if state or options.get("resume") or _store_of(options) != before else ""
    if not hint:
        return ""
    cells = f"{state.cells - state.failed_cells} of {state.all_cells} cells" if state else "its cells"
    return f"{cells} are kept: {hint}"


def _not_kept(options: dict[str, Any]) -> str:
    """Of a run that could have been kept cell by cell under another name, which one; empty for all others."""
    out = options.get("out")
    if not out or "resume" not in options or str(out).endswith(".zarr"):
        return ""
    return "nothing half-written was left behind; with an --out that ends in .zarr cells are kept, and --resume goes on"


def _store_of(options: dict[str, Any]) -> int | None:
    """The number of the folder in which cells are kept; None where there is none."""
    try:
        return part_of(Path(options["out"])).stat().st_ino if options["out"] else None
    except OSError:
        return None


def how_to_resume(options: dict[str, Any]) -> str:
    """What to do to go on, if there is something to go on with."""
    if not options["out"] or not is_store(part_of(Path(options["out"]))):
        return ""
    instead = " instead of --overwrite" if options.get("overwrite") else ""
    return f"run the same command with --resume{instead} to go on"


def say_device(device: tuple[str, str], options: dict[str, Any]) -> None:
    """Say which device was taken, and why, where that was left open."""
    if options.get("device") == "auto":
        name, reason = device
        print(f"device: {name} ({reason})", file=sys.stderr)


def say_failures(dataset: xr.Dataset, options: dict[str, Any]) -> int:
    """The exit code, after a sentence where cells failed."""
    failed = failed_cells(dataset)
    if not failed:
        return 0
    first = failed[0]
    last = first["first"] + first["replicates"] - 1
    whose = f"learner {first['learner']} on " if "learner" in first else ""
    hint = how_to_resume(options)
    print(
        f"error: {len(failed)} of the cells failed, such as {whose}corpora {first['first']} to {last} of "
        f"{first['source']} ({first['error']}); the others are kept" + (f": {hint}" if hint else ""),
        file=sys.stderr,
    )
    return FAILED


def failed_cells(dataset: xr.Dataset) -> list[dict[str, Any]]:
    """The cells of a result that failed, as its provenance names them."""
    # At the top it would load xarray with every --help.
    from simulate.running.dataset import made_by

    found: list[dict[str, Any]] = made_by(dataset).get("failed", [])
    return found
