"""Words in a stream whose letters repeat the one before them with probability ρ, and are drawn anew otherwise.

Two things make these chains cheap. As long as no beginning of the word has been read, the last letter is not the first
of the word, and to repeat it begins nothing: what it is need not be known, and the automaton of `word_chains` has the
states 0 … l-1 alone. And whether a word occurs depends on no more than its probability and that of what follows each
of its periods, l - 1 among them if it begins and ends with the same letter (from the generating function of Régnier &
Szpankowski 1998 with P^k = ρ^k I + (1 - ρ^k) 1pᵀ). Where letters are equally likely, names do not matter: words are
listed up to them, 15 of four letters however large the alphabet.

| letter | meaning                                                      | argument |
|--------|--------------------------------------------------------------|----------|
| ρ      | probability that a letter repeats the one before             | `stay`   |
| p_r    | probability of letter r where it is drawn anew               |          |
| A, l   | letters of the alphabet, letters of a window                 | `alphabet`, `length` |
| D, T   | windows of the stream, T = D + l - 1 letters                 | `n_windows` |
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from bounds.base.sources import Windows, Zipf
from bounds.counts.rank_tables import first_probability
from bounds.counts.words import word_chains, word_kinds

MAX_WORDS = word_kinds.MAX_WORDS
MAX_WORK = 2**27
"""Most numbers in the transition matrices of all kinds of words, times their size."""

_BLOCK = 1 << 20
"""Numbers per temporary array."""


class Kinds(NamedTuple):
    """One word of each kind (word, letter), how many words it stands for, and p of the letters that words are of.

    `letters` are those that the words name: where all are equally likely, the first of them.
    """

    words: np.ndarray
    times: np.ndarray
    letters: np.ndarray


def seen(source: Windows, n_windows: Any) -> Any:
    """Expected number of distinct windows among `n_windows` ≥ 1 consecutive ones: a flat array like it."""
    return _sum(source, n_windows, 0)


def unseen(source: Windows, n_windows: Any) -> Any:
    """Probability that the window after `n_windows` ≥ 1 consecutive ones is new: a flat array like it."""
    return np.minimum(_sum(source, n_windows, 2), 1.0)


def entropy_rate(source: Windows, letter_entropy: float) -> float:
    """Entropy of a letter given the one before, in nats; `letter_entropy` is that of a letter drawn anew.

    Each letter b that is not the last one, a, has the probability (1 - ρ) p_b, and a has ρ + (1 - ρ) p_a.
    """
    p, times = letter_law(source)
    anew = 1 - source.stay
    again = source.stay + anew * p
    others = anew * (np.log(anew) - letter_entropy)
    own = _x_log_x(anew * p) - _x_log_x(again)
    return float((times * p * own).sum() - others)


def letter_law(source: Windows) -> tuple[np.ndarray, float]:
    """Probabilities of the letters that are drawn anew; one of them, and how many are like it, where all are equal."""
    law = source.letters
    if not isinstance(law, Zipf):
        return np.array([1 / source.alphabet]), float(source.alphabet)
    with np.errstate(under="ignore"):
        weights = np.exp(-law.exponent * np.log(np.arange(1.0, source.alphabet + 1)))
        return first_probability(law) * weights, 1.0


@functools.lru_cache(maxsize=8)
def kinds(source: Windows) -> Kinds:
    """The kinds of words of `source`; ValueError with one sentence where there are too many to list."""
    p, equal = letter_law(source)[0], not isinstance(source.letters, Zipf)
    if equal:
        words, times = _patterns(source)
        p = np.repeat(p, min(source.alphabet, source.length))
    else:
        _listable(source, source.n_types, "")
        words = word_kinds.all_words(source.alphabet, source.length)
        words = words[(p[words] > 0).all(-1)]
        times = np.ones(len(words))
    if source.length == 2 and not equal:  # a b and b a are one kind, and there is no other
        forward = words[:, 0] <= words[:, 1]
        words, times = words[forward], np.where(words[:, 0] < words[:, 1], 2.0, 1.0)[forward]
    elif source.length > 2:
        words, times = _merged(source, words, times, equal)
    if len(words) * source.length**3 > MAX_WORK:
        raise ValueError(
            f"exact windows of {source} need {len(words)} matrices of {source.length} x {source.length}, which takes "
            "too long; pass a shorter length or a smaller alphabet"
        )
    return Kinds(words, times, p)


# Helpers


def _sum(source: Windows, n_windows: Any, which: int) -> Any:
    """Sum over words of one of the probabilities that `word_chains.absorbed` gives."""
    words, times, p = kinds(source)
    n_tokens = n_windows.astype(np.uint64) + np.uint64(source.length - 1)
    absorbed = _one_letter if source.length == 1 else _many_letters
    few = max(1, _BLOCK // (source.length * max(source.length, len(n_tokens))))
    result = np.zeros(len(n_tokens))
    for i in range(0, len(words), few):
        result += times[i : i + few] @ absorbed(words[i : i + few], p, source.stay, n_tokens)[which]
    return result


def _one_letter(words: np.ndarray, p: np.ndarray, stay: float, n_tokens: np.ndarray) -> tuple[Any, Any, Any]:
    """`word_chains.absorbed` of single letters: absent with probability (1 - p)(1 - (1 - ρ) p)^(T-1)."""
    own = p[words]
    with np.errstate(divide="ignore", invalid="ignore"):
        log_absent = np.log1p(-own) + (n_tokens - 1.0) * np.log1p(-(1 - stay) * own)
    absent = np.where(own < 1, np.exp(log_absent), 0.0)
    return np.where(own < 1, -np.expm1(log_absent), 1.0), absent, absent * (1 - stay) * own


def _many_letters(words: np.ndarray, p: np.ndarray, stay: float, n_tokens: np.ndarray) -> tuple[Any, Any, Any]:
    return word_chains.absorbed(_chain(words, p, stay), n_tokens)


def _chain(words: np.ndarray, p: np.ndarray, stay: float) -> word_chains.Chain:
    """M, e, v and the probability that the first letter is the word, as in `word_chains`; state k: k letters read."""
    n, length = words.shape
    # A letter is called by the place where it first stands: only letters of the word itself matter.
    names = (words[:, :, None] == words[:, None, :]).argmax(-1)
    own = np.where(names == np.arange(length), p[words], 0.0)
    rest = np.maximum(0.0, 1 - own.sum(-1))
    after, row = word_chains.automaton(names, length), np.arange(n)
    moved, start = np.zeros((n, length, length + 1)), np.zeros((n, length + 1))
    for letter in range(length):
        start[row, after[:, 0, letter]] += own[:, letter]
        for read in range(length):
            moved[row, read, after[:, read, letter]] += (1 - stay) * own[:, letter]
    start[:, 0] += rest
    moved[:, :, 0] += (1 - stay) * rest[:, None]
    moved[:, 0, 0] += stay
    for read in range(1, length):
        moved[row, read, after[row, read, names[:, read - 1]]] += stay
    return moved[:, :, :length], moved[:, :, length], start[:, :length], start[:, length]


def _patterns(source: Windows) -> tuple[np.ndarray, np.ndarray]:
    """Words up to the names of their letters, and how many words each stands for."""
    _listable(source, 2.0 ** min(source.length - 1, 64) if source.alphabet > 1 else 1, " up to the names of letters")
    words, used = np.zeros((1, 1), int), np.ones(1, int)
    for _ in range(source.length - 1):
        choices = np.minimum(used + 1, source.alphabet)
        _listable(source, float(choices.sum()), " up to the names of letters")
        row = np.repeat(np.arange(len(words)), choices)
        letter = np.arange(len(row)) - np.repeat(np.cumsum(choices) - choices, choices)
        words = np.column_stack([words[row], letter])
        used = np.maximum(used[row], letter + 1)
    ways = np.cumprod(source.alphabet - np.arange(float(words.shape[1])).clip(max=source.alphabet))
    return words, ways[used - 1]


def _listable(source: Windows, n_words: float, how: str) -> None:
    if n_words > MAX_WORDS:
        raise ValueError(
            f"exact windows of {source} need all words{how} to be listed, of which there may be 2^20; pass a shorter "
            "length or a smaller alphabet (only equally likely letters with stay=0 take any)"
        )


def _merged(source: Windows, words: np.ndarray, times: np.ndarray, equal: bool) -> tuple[np.ndarray, np.ndarray]:
    """One word of each kind: a repeated letter and each letter drawn anew are factors of their own."""
    factors = np.zeros_like(words) if equal else words.copy()
    if source.stay > 0:
        again = words[:, 1:] == words[:, :-1]
        factors[:, 1:] += again * (1 if equal else source.alphabet)
    return word_kinds.merged(words, factors, np.zeros(len(words), int), times)


def _x_log_x(x: np.ndarray) -> np.ndarray:
    return x * np.log(np.where(x > 0, x, 1.0))
