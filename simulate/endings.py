"""How a command that draws ends: progress while it runs, one sentence where it ends early, then what was asked for."""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import xarray as xr

from bounds.arguments import printable
from bounds.command import one_line
from bounds.json_text import json_text
from simulate.files import part_of
from simulate.progress import reporter

FAILED = 3
"""Exit code where some cells failed and the others were kept."""


@contextmanager
def explained(options: dict[str, Any]) -> Iterator[Any]:
    """What to tell of progress; where the block ends early, one sentence says what is kept and how to go on."""
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_, **__: print(f"! {one_line(str(message))}", file=sys.stderr)
        warnings.simplefilter("always", UserWarning)
        try:
            with reporter(options["progress"]) as progress:
                yield progress
        except KeyboardInterrupt:
            hint = how_to_resume(options)
            if not hint:
                raise
            kept = f"{progress.state.cells} of {progress.state.all_cells} cells" if progress.state else "its cells"
            print(f"error: interrupted; {kept} are kept: {hint}", file=sys.stderr, flush=True)
            # All is unwound by now but threads in compiled loops, which a normal exit would wait for.
            os._exit(130)
        except RuntimeError as error:
            hint = how_to_resume(options)
            kept = f"; the cells that are done are kept: {hint}" if hint else ""
            raise click.ClickException(" ".join(str(error).split()) + kept) from None


def how_to_resume(options: dict[str, Any]) -> str:
    """What to do to go on, if there is something to go on with."""
    if not options["out"] or not part_of(Path(options["out"])).exists():
        return ""
    instead = " instead of --overwrite" if options["overwrite"] else ""
    return f"run the same command with --resume{instead} to go on"


def say_device(device: tuple[str, str], options: dict[str, Any]) -> None:
    """Say which device was taken, and why, where that was left open."""
    if options["device"] == "auto":
        name, reason = device
        print(f"device: {name} ({reason})", file=sys.stderr)


def present(
    dataset: xr.Dataset,
    options: dict[str, Any],
    as_json: Callable[[str | None], dict[str, Any]],
    show: Callable[[], None],
    draw: Callable[[str, bool], object],
) -> None:
    """`draw` the figure, then print the object that `as_json` makes of the path of a result, or what `show` prints.

    Whoever reads what is printed may stop at the first lines, so that the figure comes first; where it fails, all else
    is printed all the same. `draw` takes its path, and whether to overwrite.
    """
    unfinished = _failed(dataset) and str(options["out"]).endswith(".zarr")
    path = None if unfinished else options["out"]
    try:
        if options["figure"]:
            # A notebook names a backend of its own in the environment, which this process may not have.
            os.environ["MPLBACKEND"] = "agg"
            # Who resumes a run has its figure drawn again.
            draw(options["figure"], options["overwrite"] or options.get("resume", False))
    finally:
        if options["as_json"]:
            print(json_text(as_json(path), indent=1))
        else:
            show()
    for written in (path, options["figure"]):
        if written and not options["as_json"]:
            print(f"written: {printable(str(written))}")


def say_failures(dataset: xr.Dataset, options: dict[str, Any]) -> int:
    """The exit code, after a sentence where cells failed."""
    failed = _failed(dataset)
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


def _failed(dataset: xr.Dataset) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(dataset.attrs["provenance"]).get("failed", [])
    return found
