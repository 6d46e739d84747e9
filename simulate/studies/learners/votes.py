"""Majority votes in contexts with labels of random margin: their excess top-1 error given one corpus.

The margin h of a context comes from the stream ``margins`` at the number of the context, with P(h < t) = t^a; it is
made a threshold, a whole number of 2^-53, and decides labels as such: that of draw i is + if the first 53 bits of the
stream ``labels`` at i are below the threshold of its context. Test draws have the labels at the numbers after D.

| letter | meaning                                              | unit     |
|--------|------------------------------------------------------|----------|
| h      | margin: the label + has probability (1 + h)/2        | 1        |
| a      | margin exponent                                      | 1        |
| V      | contexts, equally likely                             | contexts |
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from simulate.corpora.order import DrawnOrder, batches
from simulate.drawing.backends.keys import fill
from simulate.drawing.compiled import compiled
from simulate.drawing.stream import Stream
from simulate.engines.variates import first_bits
from simulate.studies.learners.corpora import SeenCorpus

_HALF = 1 << 52
_CHUNK = 2048
"""Draws whose labels are made at a time."""

_U11 = np.uint64(11)


def vote_loss(corpus: SeenCorpus, margin_exponent: float) -> tuple[float, float]:
    """Σ h/V over the contexts that the vote gets wrong, half of it where it is tied; and the same on test draws.

    On test draws: errors of the vote less those of the better label, each counted, a tie as half an error.
    """
    order = corpus.order
    assert isinstance(order, DrawnOrder)
    assert order.law is not None
    n_contexts, labels = int(order.law.n_types), replace(order.stream, purpose="labels")
    thresholds = margin_thresholds(replace(order.stream, purpose="margins"), n_contexts, margin_exponent)
    votes = np.zeros(n_contexts, np.int64)
    for begin, keys in batches(order, 0, corpus.n_draws):
        _vote(keys, begin, thresholds, np.uint64(labels.seed), np.uint64(labels.high), votes)
    margins = thresholds / _HALF - 1  # as they are drawn: whole numbers of 2^-52
    wrong = np.where(votes < 0, 1.0, np.where(votes == 0, 0.5, 0.0))
    exact = math.fsum(margins * wrong) / n_contexts
    plus = drawn_labels(corpus.tests.keys, corpus.n_draws, thresholds, labels)
    said = np.sign(votes)[corpus.tests.keys.astype(np.int64)]
    error = np.where(said == 0, 0.5, (said > 0) != plus)
    return exact, float(np.mean(error - ~plus))


def margin_thresholds(stream: Stream, n_contexts: int, margin_exponent: float) -> np.ndarray:
    """(1 + h)/2 of each context in units of 2^-53, uint64: from one half on, and at most 1."""
    bits = first_bits(stream, n_contexts)
    uniform = ((bits >> np.uint64(12)).astype(float) + 0.5) / _HALF
    return (_HALF + np.rint(_HALF * np.exp(np.log(uniform) / margin_exponent))).astype(np.uint64)


def drawn_labels(keys: np.ndarray, begin: int, thresholds: np.ndarray, stream: Stream) -> np.ndarray:
    """Whether the label of each of the draws `keys`, numbered from `begin` on, is +."""
    found = np.empty(len(keys), np.bool_)
    _labels(keys, begin, thresholds, np.uint64(stream.seed), np.uint64(stream.high), found)
    return found


@compiled
def _labels(keys, begin, thresholds, seed, high, found):
    bits = np.empty(min(len(keys), _CHUNK), np.uint64)
    for start in range(0, len(keys), _CHUNK):
        part = keys[start : start + _CHUNK]
        fill(bits[: len(part)], seed, high, begin + start)
        for i in range(len(part)):
            found[start + i] = (bits[i] >> _U11) < thresholds[np.int64(part[i])]


@compiled
def _vote(keys, begin, thresholds, seed, high, votes):
    plus = np.empty(min(len(keys), _CHUNK), np.bool_)
    for start in range(0, len(keys), _CHUNK):
        part = keys[start : start + _CHUNK]
        _labels(part, begin + start, thresholds, seed, high, plus)
        for i in range(len(part)):
            votes[np.int64(part[i])] += 2 * np.int64(plus[i]) - 1  # no branch: a fair label would be guessed wrong
