"""Losses of predictors given one corpus: the memoriser, added constants, Good–Turing and Pitman–Yor.

Each function gives two numbers, in nats: the excess loss given the corpus, exact as the law is known, and its average
over test draws, where the learner is asked for a probability draw by draw and knows nothing of the law. For a text the
first is NaN and the second is the loss itself.

| letter | meaning                                             | unit  |
|--------|-----------------------------------------------------|-------|
| p, q   | probability of a type: of the law, of the predictor | 1     |
| N      | how often a type was drawn                          | draws |
| n, D   | draws of the corpus                                 | draws |
| f_t    | types drawn t times                                 | types |
| M0     | probability of all types that were not seen         | 1     |
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from scipy.special import xlogy

from bounds.base.sources import SantaFe, Source
from bounds.counts.unique import entropy
from bounds.divergence.natural_estimators import pitman_yor_predictive
from simulate.corpora.order import DrawnOrder
from simulate.drawing.compiled import compiled
from simulate.drawing.stream import multiply_high, random_bits
from simulate.studies.learners.corpora import SeenCorpus

TEXT_LABELS = 2
"""Labels of a window of text: it is taken for a fact with one fair bit."""


def memoriser_loss(corpus: SeenCorpus) -> tuple[float, float]:
    """ln A · M0, and the loss of the labels of test draws: those of known facts are predicted, the others guessed."""
    if not isinstance(corpus.source, SantaFe):
        new = corpus.tested < 0
        return math.nan, math.log(TEXT_LABELS) * float(np.mean(new)) if len(new) else math.nan
    n_labels = corpus.source.labels
    remembered = fact_labels(corpus, corpus.census.keys)
    # A fact's label is told again with each test draw: a memory that holds another one loses without bound.
    told, known = fact_labels(corpus, corpus.tests.keys), corpus.tested >= 0
    right = remembered[corpus.tested[known]] == told[known]
    loss = np.full(len(told), math.log(n_labels))
    loss[known] = np.where(right, 0.0, math.inf)
    return math.log(n_labels) * corpus.missing_mass, float(np.mean(loss))


def fact_labels(corpus: SeenCorpus, keys: np.ndarray) -> np.ndarray:
    """The label of each fact, 0 to A - 1: fixed for ever in a replicate, whenever the fact is stated."""
    assert isinstance(corpus.order, DrawnOrder)
    assert isinstance(corpus.source, SantaFe)
    stream = replace(corpus.order.stream, purpose="labels")
    found = np.empty(len(keys), np.int64)
    _label(keys, np.uint64(stream.seed), np.uint64(stream.high), np.uint64(corpus.source.labels), found)
    return found


def add_constant_loss(corpus: SeenCorpus, added: float) -> tuple[float, float]:
    """KL(P ‖ (N + β)/(D + Vβ)) given the counts, and the mean of ln p/q over test draws."""
    law = corpus.order.law
    assert isinstance(law, Source)
    total = corpus.n_draws + law.n_types * added
    p, q, unseen = corpus.known, (corpus.counts + added) / total, added / total
    exact = float(np.sum(p * np.log(p / q) + (q - p)))
    n_unseen = law.n_types - corpus.n_unique
    if n_unseen:
        inside = float(entropy(law)) + float(np.sum(p * np.log(p)))  # Σ -p ln p over the types not seen
        exact += n_unseen * unseen - corpus.missing_mass * (1 + math.log(unseen)) - inside
    told = np.append(q, unseen)[corpus.tested]
    assert corpus.tests.probabilities is not None
    return exact, float(np.mean(np.log(corpus.tests.probabilities / told)))


def good_turing_weights(counts: np.ndarray) -> tuple[np.ndarray, float]:
    """Probability of each type seen, and of a new one, by Good and Turing's rule made usable.

    A type drawn t times weighs t where t > f_{t+1}, else (f_{t+1} + 1)(t + 1)/f_t; all that is new weighs f_1 + 1;
    divided by the sum (the simple variant of Orlitsky & Suresh 2015, arXiv:1503.07940).
    """
    times, which, number = np.unique(counts, return_inverse=True, return_counts=True)
    spectrum = dict(zip(times.tolist(), number.tolist(), strict=True))
    following = np.array([spectrum.get(t + 1, 0) for t in times.tolist()])
    weight = np.where(times > following, times, (following + 1) * (times + 1) / number)
    new = spectrum.get(1, 0) + 1
    total = float(np.sum(number * weight)) + new
    return (weight / total)[which], new / total


def pitman_yor_weights(corpus: SeenCorpus, discount: float, concentration: float) -> tuple[np.ndarray, float]:
    """Probability of each type seen, (N - d)/(θ + n), and of a new one, (θ + dU)/(θ + n)."""
    times, which = np.unique(corpus.counts, return_inverse=True)
    law = {"discount": discount, "concentration": concentration}
    found = pitman_yor_predictive(np.append(times, 0), n_draws=corpus.n_draws, n_unique=corpus.n_unique, **law)
    return found[:-1][which], float(found[-1])


def pattern_loss_of(corpus: SeenCorpus, seen: np.ndarray, new: float) -> tuple[float, float]:
    """KL of what the next draw is, a type seen before or a new one, and its mean over test draws.

    `seen` is the probability that the predictor gives to each type seen, `new` that of all others together. Of a text
    the second number is the mean of -ln q, from which no entropy is taken.
    """
    told = np.append(seen, new)[corpus.tested]
    if corpus.probabilities is None:
        return math.nan, float(-np.mean(np.log(told))) if len(told) else math.nan
    p, mass = corpus.known, corpus.missing_mass
    exact = float(np.sum(xlogy(p, p / seen) + (seen - p), where=p > 0, initial=0.0)) + new - mass
    exact += float(np.sum(seen, where=p == 0, initial=0.0))
    exact += mass * math.log(mass / new) if mass > 0 else 0.0
    truth = np.append(p, mass)[corpus.tested]
    return exact, float(np.mean(np.log(truth / told)))


@compiled
def _label(keys, seed, high, n_labels, found):
    for i in range(len(keys)):
        found[i] = np.int64(multiply_high(random_bits(seed, high, keys[i]), n_labels))
