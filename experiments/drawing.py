"""The figures of experiments as files: one a figure, ``NAME-FIGURE.png``, written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from bounds.base.arguments import Choice, printable
from bounds.cli.drawing.formats import FIGURES
from bounds.cli.shared import Checked
from bounds.cli.terminal.completion import completing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMAT = Choice("figure-format", tuple(suffix.removeprefix(".") for suffix in FIGURES))
_NOTED = "experiments.figure_format"


def drawn_by(module: str, name: str, *arguments: Any) -> Callable[[], Figure]:
    """What draws a figure by the function `name` of `module`, which is loaded, and matplotlib with it, when it does."""

    def draw() -> Figure:
        found: Figure = getattr(import_module(module), name)(*arguments)
        return found

    return draw


@dataclass(frozen=True)
class Drawings:
    """The folder that figures are drawn into, and the format of their files: png, pdf or svg."""

    folder: Path
    format: str = "png"

    def check(self, names: Iterable[str], overwrite: bool) -> None:
        """Refuse a folder that is none, cannot be written to, or holds figures of these experiments."""
        from simulate.running.keeping.files import check_target

        if not self.folder.is_dir():
            raise ValueError(f"{printable(str(self.folder))} is not a folder; make it first or choose another --figure")
        for name in names:
            check_target(self.folder / f"{name}.{self.format}", overwrite=True, formats=(f".{self.format}",))
            for path in sorted(self.folder.glob(f"{name}-*.{self.format}")) if not overwrite else ():
                raise ValueError(f"{printable(str(path))} exists already; pass --overwrite to replace it")

    def save(self, figures: Mapping[str, Mapping[str, Callable[[], Figure]]], overwrite: bool) -> Iterator[Path]:
        """Draw all figures of each experiment into the folder; the files, one after the other."""
        from simulate.running.showing.figures import save_drawn

        for name, drawn in figures.items():
            for figure, draw in drawn.items():
                yield save_drawn(draw, self.folder / f"{name}-{figure}.{self.format}", overwrite=overwrite)


def figure_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--figure`` and ``--figure-format``, together one value of a command: `Drawings`, or None."""
    command = click.option(
        "--figure-format", type=Checked(FORMAT), default="png", show_default=True, metavar="NAME", is_eager=True,
        expose_value=False, callback=_noted, shell_complete=completing(lambda: FORMAT.allowed),
        help="What figures are written as: png, pdf or svg.",
    )(command)  # fmt: skip
    return click.option(
        "--figure",
        "figures",
        type=click.Path(),
        metavar="DIR",
        callback=_into,
        help="Draw the figures into this folder.",
    )(command)


def _noted(ctx: click.Context, param: click.Parameter, value: str) -> None:
    del param
    ctx.meta[_NOTED] = value


def _into(ctx: click.Context, param: click.Parameter, value: str | None) -> Drawings | None:
    del param
    if value is not None:
        return Drawings(Path(value), ctx.meta[_NOTED])
    if ctx.get_parameter_source("figure_format") is ParameterSource.COMMANDLINE:
        raise click.UsageError("--figure-format says how figures are written; pass --figure DIR too")
    return None
