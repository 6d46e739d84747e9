"""Whether a word occurs in a stream of independent or Markov letters, exactly, at any length of the stream.

A word is followed by its automaton: state k means that the last k letters are its first k, and that no longer end
of the stream is a beginning of the word. Reading a letter is one step of a Markov chain on these states (and, where
letters depend on each other, on the last letter), which ends when the whole word has been read. So

    P(absent) = v M^(T-1) 1,   P(occurs) = 1 - P(absent),

with v the states after the first letter and M the steps that do not end. Powers of M are taken by squaring,

    M_2k = M_k M_k,   e_2k = e_k + M_k e_k,

with e_k the probability to end within k steps. Nothing is subtracted, so that rare and common words keep their
digits alike; but errors would double with each squaring, to T times the rounding. As each row of M_k adds up to
1 - e_k, it is scaled to do so, which leaves errors that grow with the number of squarings instead (the device of
Grassmann, Taksar & Heyman 1985, by which stationary laws are computed below as well).

| letter | meaning                                                  |
|--------|----------------------------------------------------------|
| A, l   | letters of the alphabet, letters of a word               |
| T      | letters of the stream                                    |
| Q      | probability of each letter (column) after each (row); one row where they are independent |
"""

from __future__ import annotations

from typing import Any

import numpy as np

_BLOCK = 1 << 20
"""Numbers per temporary array."""

Chain = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""M, e and v of each word, and the probability that the first letter is already the word."""


def occurrence(words: np.ndarray, first: np.ndarray, q: np.ndarray, n_tokens: np.ndarray) -> tuple[Any, Any]:
    """P(occurs) and P(absent) of each word (row) in streams of each length ≥ 1 (column).

    `words` holds letters 0 … A-1, all words equally long; `first` is the law of the first letter.
    """
    size = states(words.shape[1], q)
    step = max(1, _BLOCK // (size * max(size, len(n_tokens))))
    parts = [absorbed(_chain(words[i : i + step], first, q), n_tokens)[:2] for i in range(0, len(words), step)]
    present, absent = (np.concatenate(pair) for pair in zip(*parts, strict=True))
    return present, absent


def states(length: int, q: np.ndarray) -> int:
    """How many states the chain of a word of `length` letters has."""
    return length - 1 + len(q)


def absorbed(chain: Chain, n_tokens: np.ndarray) -> tuple[Any, Any, Any]:
    """P(occurs), P(absent) and P(occurs first at the next letter), each a word (row) at each length (column)."""
    step, end, start, present = chain
    present = np.repeat(present[:, None], len(n_tokens), axis=1)
    at = np.repeat(start[:, None, :], len(n_tokens), axis=1)
    left = n_tokens.astype(np.uint64) - np.uint64(1)
    last = end
    # What underflows is too small to be told from 0.
    with np.errstate(under="ignore"):
        while True:
            odd = np.flatnonzero(left & np.uint64(1))
            if len(odd):
                present[:, odd] += (at[:, odd] * end[:, None, :]).sum(-1)
                at[:, odd] = at[:, odd] @ step
            left = left >> np.uint64(1)
            if not left.any():
                following = np.minimum((at * last[:, None, :]).sum(-1), 1.0)
                return np.minimum(present, 1.0), np.minimum(at.sum(-1), 1.0), following
            step, end = _doubled(step, end)


def _doubled(step: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Steps and ends of twice as many letters."""
    twice = step @ step
    ended = end + (step @ end[:, :, None])[:, :, 0]
    rest = twice.sum(-1)
    # Where more than half has ended, 1 - ended is no better than the sum itself.
    scale = np.divide(1 - ended, rest, out=np.ones_like(rest), where=(ended < 0.5) & (rest > 0))
    return twice * scale[:, :, None], np.minimum(ended, 1.0)


def _chain(words: np.ndarray, first: np.ndarray, q: np.ndarray) -> Chain:
    """M, e, v of each word, and the probability that the first letter is already the word.

    States 0 … l-2 are 1 … l-1 letters read; the others are none read, after each letter where that matters.
    """
    n, length = words.shape
    size, letters = states(length, q), q.shape[1]
    after = automaton(words, letters)
    row = np.arange(n)[:, None]
    step, end, start = np.zeros((n, size, size)), np.zeros((n, size)), np.zeros((n, size + 1))
    none = length - 1 + (np.arange(letters) if len(q) > 1 else np.zeros(letters, int))

    def targets(read: int) -> np.ndarray:
        """The state after each next letter; `size` is the end."""
        then = after[:, read]
        return np.where(then == length, size, np.where(then == 0, none, then - 1))

    for state in range(size):
        read = state + 1 if state < length - 1 else 0
        last = words[:, state] if read else np.full(n, state - (length - 1))
        moved = np.zeros((n, size + 1))
        np.add.at(moved, (row, targets(read)), q[last] if len(q) > 1 else np.repeat(q, n, axis=0))
        step[:, state], end[:, state] = moved[:, :size], moved[:, size]
    np.add.at(start, (row, targets(0)), np.repeat(first[None, :], n, axis=0))
    return step, end, start[:, :size], start[:, size]


def automaton(words: np.ndarray, letters: int) -> np.ndarray:
    """How many letters are read after each number of letters read and each next letter (Knuth, Morris & Pratt)."""
    n, length = words.shape
    row = np.arange(n)
    after = np.zeros((n, length, letters), int)
    after[row, 0, words[:, 0]] = 1
    fallback = np.zeros(n, int)
    for read in range(1, length):
        after[:, read] = after[row, fallback]
        after[row, read, words[:, read]] = read + 1
        fallback = after[row, fallback, words[:, read]]
    return after


def closed_letters(q: np.ndarray) -> np.ndarray | None:
    """The letters among which a chain ends up and which it keeps visiting; None if there are several such sets."""
    reach = (q > 0) | np.eye(len(q), dtype=bool)
    for _ in range(len(q).bit_length()):
        reach = reach @ reach
    lasting = np.flatnonzero((~reach | reach.T).all(-1))
    return lasting if (reach[lasting] == reach[lasting[0]]).all() else None


def stationary(q: np.ndarray) -> np.ndarray:
    """The stationary law of an irreducible chain, by elimination without subtraction."""
    work = q.copy()
    size = len(work)
    for last in range(size - 1, 0, -1):
        work[:last, last] /= work[last, :last].sum()
        work[:last, :last] += np.outer(work[:last, last], work[last, :last])
    law = np.ones(size)
    for state in range(1, size):
        law[state] = law[:state] @ work[:state, state]
    return law / law.sum()
