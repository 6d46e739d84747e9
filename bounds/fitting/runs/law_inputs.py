"""What numbers of runs cannot well be: the signs of a wrong column or a wrong unit, each a note.

| letter | meaning                       | unit           | argument   |
|--------|-------------------------------|----------------|------------|
| N      | parameters of each run        | parameters     | `n_params` |
| D      | training tokens of each run   | tokens         | `n_tokens` |
| L      | final loss of each run        | nats per token | `loss`     |

Constants are fitted all the same, for a toy may have any size. The frequencies of single tokens give a loss of some 7.5
nats on text, which any trained model betters, and below half a nat there is no language model of a natural text.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from bounds.base.notes import SUSPECT, Note
from bounds.base.one_number import number

Floats = NDArray[np.float64]

_FEWEST_PER_PARAM, _MOST_PER_PARAM = 1e-3, 1e6
"""Tokens per parameter: published runs of language models lie between .03 and some ten thousand."""
_LARGEST_LOSS, _SMALLEST_LOSS = 7.5, 0.5


def impossible_ratio(n_params: Floats, n_tokens: Floats, *, from_flops: bool = False) -> str:
    """What no language model has of these columns, so that one of them must be wrong and there is no band; or ""."""
    possible = _FEWEST_PER_PARAM <= _per_param(n_params, n_tokens) <= _MOST_PER_PARAM
    return "" if possible else f"{_ratio_text(n_params, n_tokens, from_flops)}, which no language model has"


def input_notes(n_params: Floats, n_tokens: Floats, loss: Floats, *, from_flops: bool = False) -> Iterable[Note]:
    """What is odd about the numbers of these runs; `from_flops` says that D was computed from C."""
    ratio, wrong = _per_param(n_params, n_tokens), impossible_ratio(n_params, n_tokens, from_flops=from_flops)
    if ratio > _MOST_PER_PARAM:
        guess = "a unit be missing" if from_flops else "it be FLOP, or n_params be in millions or billions"
        yield Note(SUSPECT, f"{wrong}: can {guess}?")
    elif ratio < _FEWEST_PER_PARAM:
        what = "compute_flops" if from_flops else "n_tokens"
        yield Note(SUSPECT, f"{wrong}: can {what} be in millions or billions, or the two columns be exchanged?")
    elif ratio < 1:
        yield Note(SUSPECT, f"{_ratio_text(n_params, n_tokens, from_flops)}: can the two columns be exchanged?")
    middle = float(np.median(loss))
    if middle > _LARGEST_LOSS:
        yield Note(
            SUSPECT,
            f"loss is {number(middle)} nats in the middle run, worse than the frequencies of tokens alone: can it be "
            "a perplexity, whose logarithm is the loss, or a sum over tokens?",
        )
    elif middle < _SMALLEST_LOSS:
        yield Note(
            SUSPECT,
            f"loss is {number(middle)} nats in the middle run, less than text leaves to any model: can it be in "
            f"another "
            "unit (--loss-unit, loss_unit=), or an excess over something?",
        )


def _per_param(n_params: Floats, n_tokens: Floats) -> float:
    return float(np.median(n_tokens / n_params))


def _ratio_text(n_params: Floats, n_tokens: Floats, from_flops: bool) -> str:
    tokens = "compute_flops/(6 n_params)" if from_flops else "n_tokens"
    return f"{tokens} is {number(_per_param(n_params, n_tokens), 2)} times n_params in the middle run"


def named(note: Note, titles: dict[str, str]) -> Note:
    """`note` with the columns of a file beside the arguments that its sentence names."""
    text = note.text
    for key, title in titles.items():
        if key != title:
            text = text.replace(key, f"{key} (column '{title}')", 1)
    return Note(note.kind, text)
