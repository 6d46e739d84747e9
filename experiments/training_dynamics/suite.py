"""The suite of Pythia on paper: shapes, parameters, tokens."""

from __future__ import annotations

from experiments.readers.pythia import BATCH_TOKENS

SHAPES = {
    "70m": (6, 512, 50304), "160m": (12, 768, 50304), "410m": (24, 1024, 50304), "1b": (16, 2048, 50304),
    "1.4b": (24, 2048, 50304), "2.8b": (32, 2560, 50304), "6.9b": (32, 4096, 50432), "12b": (36, 5120, 50688),
}  # fmt: skip
"""Layers, width and padded vocabulary of each size: ``models/*/*.yml`` of the repository, at the commit of the data."""


DEDUPLICATED_TOKENS = 207e9
"""Of the Pile without duplicates (README of the repository)."""
LAST = 143_000
"""The last step."""


def params(size: str, *, total: bool = False) -> int:
    """Parameters of a size from its shape: l (12 d² + 13 d) + 2 d, and 2 V d of the embeddings in the total."""
    layers, width, vocabulary = SHAPES[size]
    return layers * (12 * width**2 + 13 * width) + 2 * width + total * 2 * vocabulary * width


def tokens_seen(step: int) -> int:
    """Tokens that a model has seen at a step."""
    return step * BATCH_TOKENS
