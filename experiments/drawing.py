"""The figures of experiments as files: one PNG a figure, ``NAME-FIGURE.png``, written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bounds.base.arguments import printable
from experiments.claims import Result
from simulate.running.keeping.files import check_target

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def drawn_by(module: str, name: str, *arguments: Any) -> Callable[[], Figure]:
    """What draws a figure by the function `name` of `module`, which is loaded, and matplotlib with it, when it does."""

    def draw() -> Figure:
        found: Figure = getattr(import_module(module), name)(*arguments)
        return found

    return draw


def check_figures(folder: Path, names: Iterable[str], overwrite: bool) -> None:
    """Refuse a folder that is none, cannot be written to, or holds figures of these experiments."""
    if not folder.is_dir():
        raise ValueError(f"{printable(str(folder))} is not a folder; make it first or choose another --figure")
    for name in names:
        check_target(folder / f"{name}.png", overwrite=True, formats=(".png",))
        for path in sorted(folder.glob(f"{name}-*.png")) if not overwrite else ():
            raise ValueError(f"{printable(str(path))} exists already; pass --overwrite to replace it")


def save_figures(folder: Path, results: Mapping[str, Result], overwrite: bool) -> Iterator[Path]:
    """Draw all figures into `folder`; the files, one after the other."""
    from simulate.running.showing.figures import save_drawn

    for name, result in results.items():
        for figure, draw in result.figures.items():
            yield save_drawn(draw, folder / f"{name}-{figure}.png", overwrite=overwrite)
