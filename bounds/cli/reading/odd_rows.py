"""Rows of a table that no run of a language model has, named by their lines: sizes and losses in a wrong unit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

_SMALLEST_MODEL = 1e4
"""Parameters: a model of one layer with a vocabulary of bytes has more."""
_MOST_TOKENS = 1e15
"""Tokens: more than all text that there is."""
_LARGEST_VOCABULARY = 1e6
_WORST_LOSS = {
    "nats": math.log(_LARGEST_VOCABULARY), "bits": math.log2(_LARGEST_VOCABULARY), "bits-per-byte": 8.0,
}  # fmt: skip
"""What a model loses that knows nothing, by the unit of the loss."""
_MOST_LINES = 6
_FEWEST_SUMMED = 3
_ROUNDED = 1e-3


def lines_text(lines: Sequence[int]) -> str:
    """Numbers of lines in a sentence: line 3, lines 3 and 5, lines 3, 5, 8 and 12 more."""
    if len(lines) == 1:
        return f"line {lines[0]}"
    shown = [str(line) for line in lines[:_MOST_LINES]]
    if len(lines) > _MOST_LINES:
        return f"lines {', '.join(shown)} and {len(lines) - _MOST_LINES} more"
    return f"lines {', '.join(shown[:-1])} and {shown[-1]}"


def odd_rows(columns: dict[str, list[float]], lines: Sequence[int], unit: str) -> Iterable[str]:
    """What is odd about rows of `columns` (by argument) that stand at `lines`; the losses are in `unit`."""
    small = [line for line, n in zip(lines, columns["n_params"], strict=True) if n < _SMALLEST_MODEL]
    if small:
        least = min(columns["n_params"])
        yield (
            f"n_params is {least:g} at least and below {_SMALLEST_MODEL:g} in {_rows(small, lines)}: no language model "
            "is that small; can it be in millions or billions, or a logarithm?"
        )
    large = [line for line, d in zip(lines, columns.get("n_tokens", ()), strict=False) if d > _MOST_TOKENS]
    if large:
        yield (
            f"n_tokens is {max(columns['n_tokens']):.3g} at most and above {_MOST_TOKENS:g} in {_rows(large, lines)}: "
            "there are not so many; can it be FLOP (--column compute_flops=NAME)?"
        )
    if summed := _summed(columns):
        yield f"the last row, line {lines[-1]}, holds {summed} of the rows above: is it a run?"
    worst = _WORST_LOSS[unit]
    high = [line for line, loss in zip(lines, columns["loss"], strict=True) if loss > worst]
    if high:
        what = "that of bytes drawn evenly" if unit == "bits-per-byte" else "ln of any vocabulary"
        what = "log2 of any vocabulary" if unit == "bits" else what
        yield (
            f"loss is {max(columns['loss']):.3g} at most and above {worst:.3g}, {what}, in {_rows(high, lines)}: can "
            "it be a perplexity, or a sum over tokens?"
        )


def _summed(columns: dict[str, list[float]]) -> str:
    """What the last row of each column is of the rows above: their sums or their means; empty where it is neither."""
    above = {key: values[:-1] for key, values in columns.items()}
    if len(above["n_params"]) < _FEWEST_SUMMED:
        return ""
    sizes = [key for key in columns if key != "loss"]
    if all(math.isclose(columns[key][-1], sum(above[key]), rel_tol=_ROUNDED) for key in sizes):
        return "the sums"
    means = {key: sum(values) / len(values) for key, values in above.items()}
    same = all(math.isclose(columns[key][-1], mean, rel_tol=_ROUNDED) for key, mean in means.items())
    return "the means" if same and len(set(above["n_params"])) > 1 else ""


def _rows(odd: Sequence[int], lines: Sequence[int]) -> str:
    return "all rows" if len(odd) == len(lines) and len(odd) > 1 else lines_text(odd)
