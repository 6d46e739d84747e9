"""What numbers of runs cannot well be: the signs of a wrong column or a wrong unit, each a sentence.

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

Floats = NDArray[np.float64]

IMPOSSIBLE = "which no language model has"
"""In a sentence on the ratio of two columns one of which must be wrong: such runs give no band."""
_FEWEST_PER_PARAM, _MOST_PER_PARAM = 1e-3, 1e6
"""Tokens per parameter: published runs of language models lie between .03 and some ten thousand."""
_LARGEST_LOSS, _SMALLEST_LOSS = 7.5, 0.5


def input_notes(n_params: Floats, n_tokens: Floats, loss: Floats, *, from_flops: bool = False) -> Iterable[str]:
    """What is odd about the numbers of these runs, a sentence each; `from_flops` says that D was computed from C."""
    ratio = float(np.median(n_tokens / n_params))
    tokens = "compute_flops/(6 n_params)" if from_flops else "n_tokens"
    wrong = "compute_flops" if from_flops else "n_tokens"
    if ratio > _MOST_PER_PARAM:
        guess = "a unit be missing" if from_flops else "it be FLOP, or n_params be in millions or billions"
        yield f"{tokens} is {ratio:.2g} times n_params in the middle run, {IMPOSSIBLE}: can {guess}?"
    elif ratio < _FEWEST_PER_PARAM:
        yield (
            f"{tokens} is {ratio:.2g} times n_params in the middle run, {IMPOSSIBLE}: can {wrong} be in "
            "millions or billions, or the two columns be exchanged?"
        )
    elif ratio < 1:
        yield f"{tokens} is {ratio:.2g} times n_params in the middle run: can the two columns be exchanged?"
    middle = float(np.median(loss))
    if middle > _LARGEST_LOSS:
        yield (
            f"loss is {middle:.3g} nats in the middle run, worse than the frequencies of tokens alone: can it be "
            "a perplexity, whose logarithm is the loss, or a sum over tokens?"
        )
    elif middle < _SMALLEST_LOSS:
        yield (
            f"loss is {middle:.3g} nats in the middle run, less than text leaves to any model: can it be in another "
            "unit (--loss-unit, loss_unit=), or an excess over something?"
        )


def named(note: str, titles: dict[str, str]) -> str:
    """`note` with the columns of a file beside the arguments that it names."""
    for key, title in titles.items():
        if key != title and key in note:
            note = note.replace(key, f"{key} (column '{title}')", 1)
    return note
