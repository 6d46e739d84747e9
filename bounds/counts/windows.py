"""Distinct windows of a stream of letters that are independent or form a Markov chain, and when a word occurs.

| letter | meaning                                                                | unit    | argument   |
|--------|------------------------------------------------------------------------|---------|------------|
| A      | letters of the alphabet                                                | 1       |            |
| l      | letters of a window                                                    | letters | `length`   |
| T      | letters of the stream, of which T - l + 1 are the first of a window    | letters | `n_tokens` |
| π_w    | probability of the word w at a given place                             | 1       |            |
| a_w    | probability that an occurrence of w is followed by one that overlaps it | 1      |            |

By linearity E U = Σ_w P(w occurs), whatever depends on what. Where all letters are equally likely, words are sorted
by how they overlap themselves (`autocorrelation`), and windows of any length in streams of any length cost
nothing; elsewhere words are listed, one of each kind that occurs with the same probability (`word_kinds`), and
followed by their automata (`word_chains`). `approximate=True` gives the compound-Poisson approximation:
occurrences come in clumps of overlapping ones, and the clumps of a rare word are nearly a Poisson process.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bounds.base.formula import Formula, Letter
from bounds.base.intervals import ASYMPTOTIC, RIGOROUS
from bounds.base.one_number import whole_number_from
from bounds.base.pointwise import flag, real_array, shown
from bounds.base.quantities import MAX_COUNT
from bounds.counts.draw_counts import at_draws
from bounds.counts.words import autocorrelation, word_chains, word_kinds

__all__ = ["FORMULAS", "absence_probability", "expected_unique_windows", "occurrence_probability"]

MAX_WORK = 2**30
"""Most numbers in the transition matrices of one call, times their size."""
_BLOCK = 1 << 22
"""Probabilities that are held at a time."""

_STREAM = Letter("T", "letters of the stream", "letters", "T", ("positive", "integer"))
_LENGTH = Letter("l", "letters of a window", "letters", r"\ell", ("positive", "integer"))
_ALPHABET = Letter("A", "letters of the alphabet", "1", "A", ("positive", "integer"))
_WORD = Letter("p", "probability of the word at a given place", "1", r"\pi_w")
_OVERLAP = Letter("a", "probability that an occurrence is followed by one that overlaps it", "1", "a_w")
_OWN = (
    _STREAM, _LENGTH, _ALPHABET, _WORD, _OVERLAP,
    Letter("z", "variable of the generating function", "1", "z", ("complex",)),
    Letter("rho", "probability that a letter repeats the one before", "1", r"\rho", ("nonnegative",)),
    Letter("H1", "entropy of a letter", "nats", "H_1", ("nonnegative",)),
    Letter("h", "entropy of a letter given the one before", "nats", "h", ("nonnegative",)),
    Letter("c", "autocorrelation polynomial: sum over the periods j < l of the word of z^j times the probability of "
           "its last j letters", "1", "c_w(z)", ("complex",)),
)  # fmt: skip

_ODLYZKO = "Guibas & Odlyzko 1981, J. Comb. Theory A 30:183"
_BIASED = f"{_ODLYZKO} (uniform letters); Regnier & Szpankowski 1998, Algorithmica 22:631"
_SCHBATH = "Reinert & Schbath 1998, J. Comput. Biol. 5:223"
_LINEAR = "linearity of expectation"
_RARE = "letters are independent or a stationary Markov chain, and the word is rare"
_FAIR = [0.5, 0.5]
_REPEATING = "a letter repeats the one before with probability rho, else it is drawn anew, p_r ~ r**-s (windows source)"

FORMULAS = (
    Formula(
        name="expected_unique.windows", quantity=r"\mathbb{E}\,U(D)", text="Sum(1 - P(w), (w, 1, A**l))",
        arguments=("A", "l"), label=RIGOROUS, source=f"{_LINEAR}; P(w): {_ODLYZKO}", equation="A8", unit="sequences",
        assumption="letters are independent and uniform; P(w) is the probability that word w is absent from "
        "T = D + l - 1 letters", call="bounds.expected_unique('windows:alphabet=4,length=3', 48)", own=_OWN,
    ),
    Formula(
        name="missing_mass.windows", quantity=r"\mathbb{E}\,M_0(D)", text="Sum(P(w, T) - P(w, T + 1), (w, 1, A**l))",
        arguments=("A", "l", "T"), label=RIGOROUS, source=f"{_LINEAR}; P(w, T): {_ODLYZKO}", equation="A8",
        assumption="letters are independent and uniform; P(w, T) is the probability that word w is absent from "
        "T = D + l - 1 letters", call="bounds.missing_mass('windows:alphabet=4,length=3', 48)", own=_OWN,
    ),
    Formula(
        name="entropy.windows", quantity="H(P)", text="l*log(A)", arguments=("A", "l"), label=RIGOROUS,
        assumption="letters are independent and uniform; the entropy of one window", source="elementary",
        equation="A8", unit="nats", example=(4, 3), own=_OWN,
    ),
    Formula(
        name="expected_unique.repeating_windows", quantity=r"\mathbb{E}\,U(D)", text="Sum(1 - P(w), (w, 1, A**l))",
        arguments=("A", "l"), label=RIGOROUS, source=_LINEAR, equation="A8", unit="sequences",
        assumption=f"{_REPEATING}; P(w) is the probability that word w is absent from T = D + l - 1 letters",
        call="bounds.expected_unique('windows:alphabet=26,length=4,stay=0.2', 1e6)", own=_OWN,
    ),
    Formula(
        name="missing_mass.repeating_windows", quantity=r"\mathbb{E}\,M_0(D)",
        text="Sum(P(w, T) - P(w, T + 1), (w, 1, A**l))", arguments=("A", "l", "T"), label=RIGOROUS, source=_LINEAR,
        equation="A8", call="bounds.missing_mass('windows:alphabet=26,length=4,stay=0.2', 1e6)", own=_OWN,
        assumption=f"{_REPEATING}; P(w, T) is the probability that word w is absent from T = D + l - 1 letters",
    ),
    Formula(
        name="entropy.repeating_windows", quantity="H(P)", text="H1 + (l - 1)*h", arguments=("l", "H1", "h"),
        label=RIGOROUS, source="chain rule of entropy", equation="A8", unit="nats", example=(4, 3.2, 2.5), own=_OWN,
        assumption=f"{_REPEATING}; the entropy of one window",
    ),
    Formula(
        name="entropy.repeating_letters", quantity="h",
        text="-Sum(P(a)*((rho + (1 - rho)*P(a))*log(rho + (1 - rho)*P(a)) - (1 - rho)*P(a)*log((1 - rho)*P(a))), "
        "(a, 1, A)) - (1 - rho)*(log(1 - rho) - H1)", arguments=("A", "rho", "H1"), label=RIGOROUS,
        source="elementary", equation="A8", unit="nats", own=_OWN,
        assumption=f"{_REPEATING}; P(a) is the probability of letter a, h the entropy of a letter given the one before",
        call="bounds.entropy('windows:alphabet=4,length=2,stay=0.3') - bounds.entropy('uniform:4')",
    ),
    Formula(
        name="expected_unique_windows", quantity=r"\mathbb{E}\,U", text="Sum(1 - P(w), (w, 1, A**l))",
        arguments=("A", "l"), label=RIGOROUS, source=_LINEAR, equation="A8", unit="sequences",
        assumption="any law of the letters; P(w) is the probability that word w is absent from the T letters",
        call="bounds.counts.expected_unique_windows([0.9, 0.1], length=3, n_tokens=50)", own=_OWN,
    ),
    Formula(
        name="absence_probability.generating_function", quantity=r"\sum_T P(w\ \mathrm{absent})\,z^T",
        text="c/(p*z**l + (1 - z)*c)", arguments=("p", "l", "z", "c"), label=RIGOROUS,
        assumption="letters are independent", source=_BIASED, equation="A8",
        call=f"bounds.counts.absence_probability([0, 1, 0], {_FAIR}, n_tokens=20)", own=_OWN,
    ),
    Formula(
        name="absence_probability.unbordered", quantity=r"P(w\ \mathrm{absent})",
        text="Sum((-1)**k*binomial(T - (l - 1)*k, k)*p**k, (k, 0, floor(T/l)))", arguments=("p", "l", "T"),
        label=RIGOROUS, assumption="letters are independent, and no beginning of the word is its end",
        source=_BIASED, equation="A8", own=_OWN,
        call=f"bounds.counts.absence_probability([0, 1, 1], {_FAIR}, n_tokens=20)",
    ),
    Formula(
        name="absence_probability.compound_poisson", quantity=r"P(w\ \mathrm{absent})",
        text="exp(-(T - l + 1)*p*(1 - a))", arguments=("T", "l", "p", "a"), label=ASYMPTOTIC, assumption=_RARE,
        source=_SCHBATH, equation="A8(b)", example=(1000, 10, 2.0**-10, 0.25), own=_OWN,
    ),
    Formula(
        name="occurrence_probability.compound_poisson", quantity=r"P(w\ \mathrm{occurs})",
        text="-expm1(-(T - l + 1)*p*(1 - a))", arguments=("T", "l", "p", "a"), label=ASYMPTOTIC, assumption=_RARE,
        source=_SCHBATH, equation="A8(b)", example=(1000, 10, 2.0**-10, 0.25), own=_OWN,
    ),
)  # fmt: skip
_F = {formula.name: formula for formula in FORMULAS}


def expected_unique_windows(
    letters: Any, *, length: int, n_tokens: Any, initial: Any = None, approximate: bool = False
) -> Any:
    """Expected number of distinct windows of `length` letters in a stream of `n_tokens` letters, in sequences.

    `letters` are the probabilities of independent letters, shape (A,), or the transition matrix of a Markov chain,
    shape (A, A), whose first letter follows `initial`, by default the stationary law. E U = Σ_w P(w occurs), exact
    to about twelve digits at any `n_tokens` from 0 to 2^63 (equation A8); with `approximate`, each P is that of
    `occurrence_probability`. Uniform letters take windows of any length; others all words to be listed, of which
    there may be 2^20. Raises ValueError where there are more.
    """
    approximate = flag("approximate", approximate)
    first, q = _law(letters, initial, approximate)
    length = whole_number_from(1, "length", length)
    if length > MAX_COUNT:
        raise ValueError(f"length must be at most 2^63, the longest stream there is, got {shown(length)}")
    if len(q) == 1:  # letters that never come
        first, q = first[first > 0], q[:, first > 0]

    def uniform(tokens: Any) -> Any:
        windows = tokens - length + 1
        some = windows > 0
        result = np.zeros(tokens.shape)
        result[some] = autocorrelation.seen(q.shape[1], length, windows[some])
        return result

    if len(q) == 1 and np.ptp(q) <= 1e-15 * q[0, 0] and not approximate:
        return at_draws(uniform, n_tokens, at_zero=0.0, name="n_tokens")
    words, times = word_kinds.one_of_each_kind(length, q)
    if not approximate:
        _affordable(len(words), word_chains.states(length, q))

    def listed(tokens: Any) -> Any:
        few = max(64, _BLOCK // len(words))
        parts = np.split(tokens, range(few, len(tokens), few))
        present = [_occurrence(words, first, q, part, approximate)[0] for part in parts]
        return np.concatenate([np.ascontiguousarray(p.T * times).sum(-1) for p in present])

    return at_draws(listed, n_tokens, at_zero=0.0, name="n_tokens")


def occurrence_probability(
    word: Any, letters: Any, *, n_tokens: Any, initial: Any = None, approximate: bool = False
) -> Any:
    """Probability that `word`, a sequence of letters 0 … A-1, occurs in a stream of `n_tokens` letters.

    Exact to about twelve digits, however rare the word (equation A8); with `approximate`, 1 - exp(-(T-l+1) π_w (1-a_w))
    for a stationary stream (A8b). `letters` and `initial` are those of `expected_unique_windows`.
    """
    return _one_word(word, letters, n_tokens, initial, approximate, 0)


def absence_probability(
    word: Any, letters: Any, *, n_tokens: Any, initial: Any = None, approximate: bool = False
) -> Any:
    """Probability that `word` does not occur: one minus `occurrence_probability`, with all its digits where tiny."""
    return _one_word(word, letters, n_tokens, initial, approximate, 1)


# Helpers


def _one_word(word: Any, letters: Any, n_tokens: Any, initial: Any, approximate: bool, which: int) -> Any:
    approximate = flag("approximate", approximate)
    first, q = _law(letters, initial, approximate)
    checked = _word(word, q.shape[1])
    if not approximate:
        _affordable(1, word_chains.states(checked.shape[1], q))

    def value(tokens: Any) -> Any:
        return _occurrence(checked, first, q, tokens, approximate)[which][0]

    return at_draws(value, n_tokens, at_zero=float(which), name="n_tokens")


def _occurrence(words: np.ndarray, first: np.ndarray, q: np.ndarray, tokens: Any, approximate: bool) -> tuple[Any, Any]:
    """P(occurs) and P(absent) of each word (row) at each number of tokens (column)."""
    if not approximate:
        return word_chains.occurrence(words, first, q, tokens)
    probability, overlap = _rates(words, first, q)
    long = np.maximum(tokens, words.shape[1] - 1)
    arguments = (long, words.shape[1], probability[:, None], overlap[:, None])
    names = ("occurrence_probability.compound_poisson", "absence_probability.compound_poisson")
    present, absent = (_F[name].function(*arguments) for name in names)
    return present, absent


def _rates(words: np.ndarray, first: np.ndarray, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """π_w and a_w of each word.

    a_w sums, over the periods that are no multiples of the shortest one, the probability of the letters that
    follow: of two overlapping occurrences nearest to each other, the distance is such a period.
    """
    length = words.shape[1]
    step = q[words[:, :-1], words[:, 1:]] if len(q) > 1 else q[0][words[:, 1:]]
    overlap, shortest = np.zeros(len(words)), np.zeros(len(words), int)
    following = np.ones(len(words))
    for j in range(1, length):
        following = following * step[:, -j]
        period = word_kinds.has_period(words, j)
        shortest[period & (shortest == 0)] = j
        own = period & ((shortest == j) | (j % np.maximum(shortest, 1) != 0))
        overlap[own] += following[own]
    return first[words[:, 0]] * step.prod(-1), overlap


def _affordable(n_words: int, states: int) -> None:
    if n_words * states**3 > MAX_WORK:
        raise ValueError(
            f"exact windows of these letters need {n_words} matrices of {states} x {states}, which takes too long; "
            "pass a shorter length or approximate=True"
        )


def _law(letters: Any, initial: Any, approximate: bool) -> tuple[np.ndarray, np.ndarray]:
    """The law of the first letter and the rows of the next: one row where letters are independent."""
    q = _probabilities("letters", letters)
    if q.ndim == 1:
        if initial is not None:
            raise ValueError(f"initial is for a transition matrix, and letters has shape {q.shape}; leave it out")
        return q, q[None, :]
    if q.ndim != 2 or q.shape[0] != q.shape[1]:
        raise ValueError(
            f"letters must be A probabilities or an A x A transition matrix, got an array of shape {q.shape}"
        )
    if initial is None:
        closed = word_chains.closed_letters(q)
        if closed is None:
            raise ValueError("initial is missing: this transition matrix has more than one stationary law; pass one")
        first = np.zeros(len(q))
        first[closed] = word_chains.stationary(q[np.ix_(closed, closed)])
        return first, q
    if approximate:
        raise ValueError("approximate=True needs a stationary stream, so that initial must be left out")
    first = _probabilities("initial", initial)
    if first.shape != q.shape[:1]:
        raise ValueError(f"initial must be {len(q)} probabilities, one for each letter, got shape {first.shape}")
    return first, q


def _probabilities(name: str, value: Any) -> np.ndarray:
    """`value` as an array whose rows add up to 1."""
    try:
        array = real_array(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} must be probabilities, got {shown(value)}") from None
    if array.ndim == 0 or array.size == 0:
        raise ValueError(f"{name} must be a sequence of probabilities, got {shown(value)}")
    if not np.all(array >= 0):
        raise ValueError(f"{name} must be probabilities of at least 0, got {array[~(array >= 0)].flat[0]}")
    total = array.sum(-1, keepdims=True)
    if not np.all(np.abs(total - 1) <= 1e-9):
        wrong = total[~(np.abs(total - 1) <= 1e-9)].flat[0]
        raise ValueError(f"{name} must sum to 1 (each row of a transition matrix), got {wrong}")
    return array / total


def _word(word: Any, alphabet: int) -> np.ndarray:
    try:
        array = np.asarray(word)
    except ValueError:
        raise ValueError(f"word must be a sequence of one or more whole numbers, got {shown(word)}") from None
    if array.ndim != 1 or array.size == 0 or array.dtype.kind not in "iu":
        raise ValueError(f"word must be a sequence of one or more whole numbers, got {shown(word)}")
    if not np.all((array >= 0) & (array < alphabet)):
        wrong = array[~((array >= 0) & (array < alphabet))][0]
        raise ValueError(f"word must hold letters 0 to {alphabet - 1}, got {wrong}")
    return array[None, :].astype(int)
