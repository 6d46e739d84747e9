"""All words of a length, one of each kind: words of a kind occur in a stream with the same probability.

Whether a word occurs depends on its probability and on that of the letters that follow it after each of its
periods, both of which are products of the same factors in some order; in a Markov chain also on its first and its
last letter. Of the 2^20 binary words of length 20 there are about 2,000 kinds.
"""

from __future__ import annotations

import math

import numpy as np

MAX_WORDS = 2**20
"""Most words that are listed."""


def one_of_each_kind(length: int, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One word of each kind as a row of letters, and how many words are of its kind; impossible words are left out.

    `q` holds the probability of each letter (column) after each (row), one row where letters are independent.
    """
    alphabet = q.shape[1]
    if length * math.log2(alphabet) > math.log2(MAX_WORDS):
        raise ValueError(
            f"length must leave at most 2^20 words to list, got {length} with {alphabet} letters; pass a shorter "
            "length (only the exact value of equally likely letters takes any)"
        )
    words = all_words(alphabet, length)
    values, kind = np.unique(q, return_inverse=True)
    kind = kind.reshape(q.shape)
    factors = kind[words[:, :-1], words[:, 1:]] if len(q) > 1 else kind[0][words]
    possible = (values[factors] > 0).all(-1)
    words, factors = words[possible], factors[possible]
    key = words[:, 0] * alphabet + words[:, -1] if len(q) > 1 else np.zeros(len(words), int)
    return merged(words, factors, key, np.ones(len(words)))


def merged(words: np.ndarray, factors: np.ndarray, key: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One word of each kind, and how many words it stands for; `times` says that of the `words` given.

    Words are of one kind if they share `key`, periods, and the numbers of each of the `factors` (small whole numbers,
    one column a letter) that follow after each period, and in all.
    """
    length = words.shape[1]
    for digits in _digits(int(factors.max(initial=0)) + 1, length):
        code = np.zeros(len(words), int)
        for j in range(1, length + 1):
            if j <= factors.shape[1]:
                code += digits[factors[:, -j]]
            key = _merged(key, code if j == length else np.where(has_period(words, j), code, -1))
    _, which, kind = np.unique(key, return_index=True, return_inverse=True)
    return words[which], np.bincount(kind, weights=times, minlength=len(which))


def has_period(words: np.ndarray, j: int) -> np.ndarray:
    """Whether each word repeats itself after `j` letters."""
    return (words[:, j:] == words[:, : words.shape[1] - j]).all(-1)


def all_words(alphabet: int, length: int) -> np.ndarray:
    """All words as rows of letters, in order."""
    number = np.arange(alphabet**length)
    return np.stack([number // alphabet**place % alphabet for place in range(length - 1, -1, -1)], axis=1)


def _digits(kinds: int, length: int) -> list[np.ndarray]:
    """Whole numbers for each kind of factor, whose sums over up to `length` factors say how many are of each kind.

    Where one number has no room for all kinds, several do, each for some of them.
    """
    room = max(1, int(62 / math.log2(length + 1)))
    tables = []
    for start in range(0, kinds, room):
        table = np.zeros(kinds, int)
        table[start : start + room] = (length + 1) ** np.arange(len(table[start : start + room]))
        tables.append(table)
    return tables


def _merged(key: np.ndarray, code: np.ndarray) -> np.ndarray:
    """A key that two words share if they share both, as small whole numbers."""
    names, code = np.unique(code, return_inverse=True)
    return key if len(names) == 1 else np.unique(key * len(names) + code, return_inverse=True)[1]
