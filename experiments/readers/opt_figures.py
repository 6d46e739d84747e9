"""Training trajectories of OPT, read from the vector figures of Xia et al. 2022 (arXiv:2212.09803).

The repository xiamengzhou/training_trajectory_analysis has figures and no numbers. Here the axes are undone:

| axis                      | scale from                | origin from                                               |
|---------------------------|---------------------------|-----------------------------------------------------------|
| up                        | the grid lines            | the grid lines                                            |
| FLOP, steps (logarithms)  | labels of the same length | the width of a label, a whole number of points, that      |
|                           |                           | makes every step a whole number                           |
| perplexity (logarithm)    | labels of the same length | the width of a label, in 64ths of a point, that makes     |
|                           |                           | every perplexity a number of two decimals                 |

That steps and perplexities are such numbers is known of the source; how far what is read lies from them is the error of
reading, and too much of it is refused. FLOP on the axes are 6 N D, with N in round numbers and D in the rounded batches
of the paper (0.5, 1, 2 and 4 million tokens); batches really are powers of two, so that D is 4.9 % larger.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from experiments.readers.vector_figures import Colour, Drawn, Frame, Text, VectorFigure, read_figure

VALIDATION = "images/validation_ppl.pdf"
BIGBENCH = {group: f"images/section3/bigbench_{group}_tasks.pdf" for group in ("all", "linearity", "breakthroughness")}
TRENDS = {
    trend: f"images/section1/{trend.capitalize()}-percentage-gutenberg_pg-19.pdf"
    for trend in ("stagnates", "increases", "decreases")
}

STEP_ERROR = 1e-7
"""Most that a step may lie from a whole number, relatively: coordinates have six decimals, 43 points to a decade."""
PPL_ERROR = 3e-6
"""Most that a perplexity may lie from a number of two decimals."""


@dataclass(frozen=True)
class Size:
    """A model of OPT (Zhang et al. 2022, arXiv:2205.01068, table 1), and the colour of its curves."""

    name: str
    n_params: int
    batch_tokens: int
    batch_published: int
    colour: Colour


_SIZES = (
    ("125m", 125_000_000, 1, "1f77b4"), ("1.3b", 1_300_000_000, 2, "ff7f0e"), ("6.7b", 6_700_000_000, 4, "2ca02c"),
    ("13b", 13_000_000_000, 8, "d62728"), ("30b", 30_000_000_000, 8, "9467bd"), ("175b", 175_000_000_000, 4, "8c564b"),
)  # fmt: skip
SIZES = tuple(
    Size(name, n_params, halves << 19, halves * 500_000, tuple(byte / 255 for byte in bytes.fromhex(colour)))
    for name, n_params, halves, colour in _SIZES
)
"""The sizes of which there are trajectories, from the smallest."""

_GRID: Colour = (0.8,)
_BASELINE: Colour = tuple(byte / 255 for byte in bytes.fromhex("708cb2"))
_NEAR = 4.0
"""Points that the middle of a label may lie from its mark: its width is about known, and labels are 42 apart."""
_ADVANCE = {"%": 0.889, ".": 0.278}
"""Widths of characters in the font of the figures; a figure is 0.556 wide."""


def read_validation(path: str | Path) -> pd.DataFrame:
    """Validation perplexity of each size at each step: size, params, step, tokens (as published, and in full), FLOP.

    A step that is drawn twice in a row is one. Raises ValueError where the file is not that figure.
    """
    figure = read_figure(path)
    frame = _only_frame(figure)
    up, across = _grid(figure, frame), _Logarithms(figure, frame)
    curves = _of_sizes(figure, [line for line in figure.lines if line.frame == frame and len(line.points) > 2])
    logs = [
        across.from_left([x for x, _ in curve.points]) - np.log10(6.0 * size.n_params * size.batch_published)
        for size, curve in zip(SIZES, curves, strict=True)
    ]
    steps = np.split(across.whole(np.concatenate(logs)), np.cumsum([len(one) for one in logs])[:-1])
    tables = [
        _table(size, step, valid_ppl=_two_decimals(figure, up([y for _, y in curve.points])))
        for size, step, curve in zip(SIZES, steps, curves, strict=True)
    ]
    return pd.concat(tables, ignore_index=True).drop_duplicates(ignore_index=True)


def read_bigbench(path: str | Path, task_group: str) -> pd.DataFrame:
    """Accuracy of each size at each checkpoint on one group of tasks, with the perplexity on the validation set.

    `accuracy_measured_pct` is where the marks stand. `accuracy_pct` is the line through the figure, a moving average
    (each checkpoint counts a half, what came before the other half): no measurement of that checkpoint alone.
    `random_pct`, the same in all rows, is the line of chance. Raises ValueError where the file is not that figure.
    """
    figure = read_figure(path)
    panels = {_title(figure, frame): frame for frame in figure.frames}
    if missing := {"Validation PPL", "FLOPs", "Tokens", "Steps"} - set(panels):
        raise ValueError(f"{figure.path}: has no panel {sorted(missing)[0]!r}; pass a figure of BIG-Bench accuracies")
    marks = {name: _of_sizes(figure, [one for one in figure.marks if one.frame == at]) for name, at in panels.items()}
    lines = _of_sizes(figure, [line for line in figure.lines if line.frame == panels["Steps"] and len(line.points) > 2])
    ppl, steps, smooth = (_together(drawn) for drawn in (marks["Validation PPL"], marks["Steps"], lines))
    if not len(ppl) == len(steps) == len(smooth) or np.abs(smooth[:, 0] - steps[:, 0]).max() > 1e-3:
        raise ValueError(f"{figure.path}: marks, lines and panels show other checkpoints each; fetch it again")
    across = _Logarithms(figure, panels["Steps"])
    step = across.whole(across.from_left(steps[:, 0]))
    up = _grid(figure, panels["Steps"])
    each = np.cumsum([len(one.points) for one in marks["Steps"]])[:-1]
    columns = {
        "accuracy_pct": np.round(up(smooth[:, 1]), 4), "accuracy_measured_pct": np.round(up(steps[:, 1]), 4),
        "valid_ppl": _perplexities(figure, panels["Validation PPL"], ppl[:, 0]),
    }  # fmt: skip
    split = {name: np.split(values, each) for name, values in columns.items()}
    tables = [
        _table(size, one, **{name: values[i] for name, values in split.items()})
        for i, (size, one) in enumerate(zip(SIZES, np.split(step, each), strict=True))
    ]
    table = pd.concat(tables, ignore_index=True)
    table.insert(0, "task_group", task_group)
    return table.assign(random_pct=_chance(figure, panels["Steps"], up))


def read_trend(path: str | Path) -> pd.DataFrame:
    """Percent of the tokens whose perplexity follows one trend, by size and by the part of the training left out.

    The title says which trend. Raises ValueError where the file is not that figure.
    """
    figure = read_figure(path)
    frame = _only_frame(figure)
    title = next((re.fullmatch(r"Tokens that PPL (\w+)", text.characters) for text in figure.texts[::-1]
                  if text.characters.startswith("Tokens that")), None)  # fmt: skip
    if not title:
        raise ValueError(f"{figure.path}: its title names no trend; pass a figure of the tokens that follow one")
    up = _grid(figure, frame)
    labels = sorted((_centre(text), _value(text)) for text in _labels_below(figure, frame))
    tables = []
    for size, marks in zip(SIZES, _of_sizes(figure, figure.marks), strict=True):
        points = np.array(marks.points)
        if len(points) != len(labels) or np.abs(points[:, 0] - [x for x, _ in labels]).max() > _NEAR:
            raise ValueError(f"{figure.path}: marks of {size.name} do not stand above the labels; fetch the file again")
        tables.append(
            pd.DataFrame({
                "trend": title[1].lower(), "size": size.name, "params": size.n_params,
                "after_pct_of_training": [int(value) for _, value in labels],
                "pct_of_tokens": np.round(up(points[:, 1]), 4),
            })
        )  # fmt: skip
    return pd.concat(tables, ignore_index=True)


def _table(size: Size, step: np.ndarray, **columns: np.ndarray) -> pd.DataFrame:
    """Columns that every table of checkpoints has, and its own."""
    published = step * size.batch_published
    return pd.DataFrame({
        "size": size.name, "params": size.n_params, "step": step, "tokens_published": published,
        "tokens": step * size.batch_tokens, "flops_published": 6.0 * size.n_params * published, **columns,
    })  # fmt: skip


def _only_frame(figure: VectorFigure) -> Frame:
    if len(figure.frames) != 1:
        raise ValueError(f"{figure.path}: has {len(figure.frames)} panels where one is expected; pass the right figure")
    return figure.frames[0]


def _of_sizes(figure: VectorFigure, drawn: list[Drawn]) -> list[Drawn]:
    """The one of each size, by colour."""
    found = []
    for size in SIZES:
        own = [one for one in drawn if np.allclose(_rgb(one.colour), size.colour, atol=1e-6)]
        if len(own) != 1:
            raise ValueError(f"{figure.path}: has {len(own)} curves in the colour of {size.name}; pass a figure of OPT")
        found.append(own[0])
    return found


def _rgb(colour: Colour) -> Colour:
    return colour * 3 if len(colour) == 1 else colour


def _together(marks: list[Drawn]) -> np.ndarray:
    return np.array([point for one in marks for point in one.points])


def _number(text: Text) -> float | None:
    """The number that a label says, None where it says none; of a power of ten its logarithm."""
    (_, first), *rest = text.pieces
    if rest and text.characters.isdigit():
        return float("".join(piece for size, piece in text.pieces if size < text.pieces[0][0]) or "nan")
    said = re.fullmatch(r"([\d.]+)%?", first)
    return float(said[1]) if said else None


def _value(text: Text) -> float:
    value = _number(text)
    assert value is not None
    return value


def _labels_below(figure: VectorFigure, frame: Frame) -> list[Text]:
    """Numbers under a panel."""
    near = 20.0
    return [
        text for text in figure.texts
        if text.upright and text.start[1] < frame.bottom and frame.left - near < text.start[0] < frame.right
        and _number(text) is not None
    ]  # fmt: skip


def _title(figure: VectorFigure, frame: Frame) -> str:
    """What the axis under a panel shows."""
    below = [
        text.characters for text in figure.texts
        if text.upright and text.start[1] < frame.bottom and frame.left < text.start[0] < frame.right
        and _number(text) is None
    ]  # fmt: skip
    return below[0] if below else ""


def _grid(figure: VectorFigure, frame: Frame) -> Callable[[object], np.ndarray]:
    """What a height in a panel means, from its grid lines and the labels beside them."""
    heights = [
        line.points[0][1] for line in figure.lines
        if line.frame == frame and len(line.points) == 2 and np.allclose(line.colour, _GRID)
    ]  # fmt: skip
    margin = 45.0
    labels = [
        text for text in figure.texts
        if text.upright and text.start[1] > frame.bottom - 10 and frame.left - margin < text.start[0] < frame.left
        and _number(text) is not None
    ]  # fmt: skip
    if len(heights) < 2 or len(labels) != len(heights):
        raise ValueError(f"{figure.path}: {len(heights)} grid lines have {len(labels)} labels; fetch the file again")
    values = sorted(_value(text) for text in labels)
    slope, origin = np.polyfit(sorted(heights), values, 1)
    return lambda height: slope * np.asarray(height, float) + origin


def _chance(figure: VectorFigure, frame: Frame, up: Callable[[object], np.ndarray]) -> float:
    """Accuracy of the line of chance."""
    drawn = [line for line in figure.lines if line.frame == frame and np.allclose(_rgb(line.colour), _BASELINE)]
    if not drawn:
        raise ValueError(f"{figure.path}: has no line of chance; pass a figure of BIG-Bench accuracies")
    return float(np.round(up(drawn[0].points[0][1]), 2))


def _width(text: Text) -> float:
    """About how wide a label is, in points."""
    return sum(size * sum(_ADVANCE.get(one, 0.556) for one in piece) for size, piece in text.pieces)


def _centre(text: Text) -> float:
    return text.start[0] + _width(text) / 2


class _Scale:
    """An axis whose labels start where they start; half their width further on is what they name."""

    def __init__(self, figure: VectorFigure, frame: Frame, value: Callable[[Text], float]) -> None:
        labels = _labels_below(figure, frame)
        length = max((len(text.characters) for text in labels), default=0)
        equal = [text for text in labels if len(text.characters) == length]
        if len(equal) < 2:
            raise ValueError(f"{figure.path}: an axis has {len(equal)} labels of one length, and needs two")
        self.figure, self.label = figure, equal[0]
        self.slope, self.origin = np.polyfit([text.start[0] for text in equal], [value(text) for text in equal], 1)

    def from_left(self, x: object) -> np.ndarray:
        """Values at `x`, as if labels stood to the right of what they name."""
        return self.slope * np.asarray(x, float) + self.origin

    def shifts(self, grain: float, reach: float) -> np.ndarray:
        """What is taken off if a label is so wide, for widths that are multiples of `grain` and near the likely one."""
        likely = _width(self.label)
        widths = np.arange(np.floor((likely - reach) / grain), np.ceil((likely + reach) / grain) + 1) * grain
        return self.slope * widths / 2


class _Logarithms(_Scale):
    """An axis of powers of ten. matplotlib sets a formula in a box of whole points and centres the box."""

    def __init__(self, figure: VectorFigure, frame: Frame) -> None:
        super().__init__(figure, frame, _value)

    def whole(self, logs: np.ndarray) -> np.ndarray:
        """The whole numbers whose logarithms these are, once the width of a label is taken off.

        Raises ValueError unless one width, and no other, makes them all whole.
        """
        values = 10 ** (logs - self.shifts(1.0, 6.0)[:, None])
        away = np.abs(values / np.maximum(np.round(values), 1) - 1).max(axis=1)
        best = int(away.argmin())
        if (away < STEP_ERROR).sum() != 1:
            raise ValueError(
                f"{self.figure.path}: steps lie {away[best]:.1e} from whole numbers, more than {STEP_ERROR:.0e}, "
                "or more than one reading of the axis fits; pass the figure as published"
            )
        return np.round(values[best]).astype(np.int64)


def _two_decimals(figure: VectorFigure, values: np.ndarray) -> np.ndarray:
    """Perplexities as they were rounded at the source."""
    rounded = np.round(values, 2)
    if (away := np.abs(values - rounded).max()) > PPL_ERROR:
        raise ValueError(
            f"{figure.path}: perplexities lie up to {away:.1e} from two decimals, more than {PPL_ERROR:.0e}; "
            "pass the figure as published"
        )
    return rounded


def _perplexities(figure: VectorFigure, frame: Frame, x: np.ndarray) -> np.ndarray:
    """Perplexities at `x` on a logarithmic axis with plain labels."""
    scale = _Scale(figure, frame, lambda text: float(np.log10(_value(text))))
    values = 10 ** (scale.from_left(x) - scale.shifts(1 / 64, 4.0)[:, None])
    away = np.abs(values - np.round(values, 2)).max(axis=1)
    return _two_decimals(figure, values[int(away.argmin())])
