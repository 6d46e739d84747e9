"""Inputs whose truth is known, to try the commands on: a text drawn from a source, and the runs of a loss law."""

from __future__ import annotations

import io
import math

import numpy as np

from bounds.base.arguments import Count, Number
from bounds.base.telling.steps import step
from bounds.laws.published import LossLaw, get_law
from simulate.corpora.order import open_order
from simulate.running.parameters import SEED

MAX_WORDS = 10_000_000
WORDS = Count("n-words", high=MAX_WORDS)
NOISE = Number("noise", 0, 1, low_open=False)

_LINE = 12
"""Words on a line."""
_TOLD = _LINE * 10_000
"""Words that are written between two steps that are told."""

_SIZES, _DATA = (3e7, 1e8, 3e8, 1e9, 3e9, 1e10), (5e9, 1.5e10, 5e10, 1.5e11, 5e11)
"""Parameters and tokens of the runs, each size with each corpus: within what published laws were fitted on."""


def example_text(source: str = "zipf:1.724", *, n_words: float = 200_000, seed: int = 0) -> str:
    """A text of `n_words` words, each the name of a sequence drawn from `source`: its exponent is that of the source.

    Names are given in the order in which sequences first come. Raises ValueError with one sentence for a source that
    cannot be drawn, and for more words than ten million.
    """
    words, _, _ = drawn_words(source, WORDS(n_words), seed)
    parts = []
    for i in range(0, len(words), _TOLD):
        step("writing", i, len(words), "words")
        parts.append(lines_of(words[i : i + _TOLD]))
    step("writing", len(words), len(words), "words")
    return "".join(parts)


def lines_of(words: np.ndarray) -> str:
    """`words` as lines of a dozen."""
    return "".join(" ".join(words[i : i + _LINE]) + "\n" for i in range(0, len(words), _LINE))


def drawn_words(source: str, n_words: int, seed: int) -> tuple[np.ndarray, np.ndarray, int]:
    """The words, their numbers in the order of first appearance, and how many there are."""
    order = open_order(source, n_words, seed=SEED(seed))
    _, first, types = np.unique(order.keys(0, n_words), return_index=True, return_inverse=True)
    numbers = np.argsort(np.argsort(first))[types]
    names = np.array([_name(i) for i in range(len(first))])
    return names[numbers], numbers, len(first)


def example_runs(law: str = "epoch2024", *, noise: float = 0.003, seed: int = 0) -> str:
    """The losses of thirty runs as a CSV table, as `law` has them, each off by a normal `noise` in ln L.

    Columns params, tokens and loss, in nats per token. Raises ValueError for a law that gives no loss of N and D.
    """
    found, spread = get_law(law), NOISE(noise)
    if not isinstance(found, LossLaw) or not found.comparable:
        raise ValueError(f"{law} gives exponents only; take a law of N and D such as epoch2024")
    sizes, data = (values.ravel() for values in np.meshgrid(_SIZES, _DATA, indexing="ij"))
    off = np.random.Generator(np.random.Philox(SEED(seed))).standard_normal(len(sizes)) * spread
    table = io.StringIO()
    table.write("params,tokens,loss\n")
    for n_params, n_tokens, error in zip(sizes, data, off, strict=True):
        loss = float(found.loss(n_params, n_tokens)) * math.exp(error)
        table.write(f"{n_params:.0f},{n_tokens:.0f},{loss:.5f}\n")
    return table.getvalue()


def _name(i: int) -> str:
    """The i-th of the words a, b, …, z, aa, ab, …"""
    letters = ""
    i += 1
    while i:
        i, letter = divmod(i - 1, 26)
        letters = chr(ord("a") + letter) + letters
    return letters
