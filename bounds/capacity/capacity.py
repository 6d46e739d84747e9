"""What a model of N parameters can store, and the loss of a store that has seen D draws.

A model that keeps the n most frequent sequences pays the novelty cost c for each sequence that it has no room
for, and for each that it has room for but never saw:

    L(n, D) = E + c [T(n) + Σ_{r≤n} p_r (1 - p_r)^D].

| letter | meaning                                             | unit              | argument              |
|--------|-----------------------------------------------------|-------------------|-----------------------|
| N      | parameters of the model                             | parameters        | `n_params`            |
| n      | sequences that it stores                            | sequences         | `n_stored`            |
| ν      | parameters per stored sequence                      | parameters        | `params_per_sequence` |
| κ      | what a parameter holds                              | bits              | `bits_per_param`      |
| b      | what a sequence takes                               | bits              | `bits_per_sequence`   |
| D      | independent draws, of sequences                     | draws             | `n_draws`             |
| T(n)   | probability of all but the n most probable sequences | 1                |                       |
| M0(D)  | probability that the next draw is new after D draws | 1                 |                       |
| E      | irreducible loss                                    | nats per sequence | `irreducible`         |
| c      | cost of a sequence that is not stored, or not seen  | nats per sequence | `novelty_cost`        |

Draws, stores and losses are counted in sequences here: for a sequence of ℓ tokens, a loss per token is ℓ times
smaller and a corpus in tokens ℓ times larger. What follows from the model in the limit, and what loss laws say of
it, is in `bounds.capacity.capacity_law`.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from bounds.base.formula import OWN
from bounds.base.intervals import RIGOROUS, Bound, End
from bounds.base.pointwise import checked, nonnegative, pointwise, positive, shown, within_floats
from bounds.base.sources import (
    MAX_TYPES,
    Geometric,
    GrowingUniform,
    Mixture,
    PitmanYor,
    SantaFe,
    Source,
    Uniform,
    Zipf,
    parse_source,
)
from bounds.capacity.formulas import FORMULAS, ORDERED
from bounds.counts import occupancy, rank_mass
from bounds.counts.rank_tables import make_table, type_table
from bounds.counts.unique import missing_mass

__all__ = [
    "FORMULAS",
    "capacity_loss",
    "capacity_loss_bounds",
    "params_to_store",
    "stored_sequences",
    "tail_mass",
]

BITS_PER_PARAM = 2.0
"""κ: knowledge that trained transformers were found to hold (Allen-Zhu and Li 2024, arXiv:2404.05405)."""


def stored_sequences(
    n_params: Any,
    *,
    params_per_sequence: Any = None,
    bits_per_sequence: Any = None,
    bits_per_param: Any = BITS_PER_PARAM,
) -> Any:
    """Whole number of sequences n that `n_params` parameters store, as a float: ⌊N/ν⌋, or ⌊κN/b⌋ by bits.

    One parameter per sequence, ν = 1, where nothing is said; `bits_per_sequence` b counts bits instead
    (heuristic, equation C1). A quotient that misses a whole number by rounding alone counts as that number.
    """
    rate = _params_per_sequence(params_per_sequence, bits_per_sequence, bits_per_param)

    def whole_quotient(N: Any, rate: Any) -> Any:
        quotient = within_floats("n_stored", "pass fewer n_params, or larger sequences", np.divide, N, rate)
        whole = np.round(quotient)
        return np.where(np.abs(quotient - whole) <= 4e-16 * quotient, whole, np.floor(quotient))

    return pointwise(whole_quotient, nonnegative("n_params", n_params), rate)


def params_to_store(
    n_stored: Any,
    *,
    params_per_sequence: Any = None,
    bits_per_sequence: Any = None,
    bits_per_param: Any = BITS_PER_PARAM,
) -> Any:
    """Parameters N that store `n_stored` sequences: νn, or bn/κ by bits; the inverse of `stored_sequences`.

    Heuristic (equation C1). Not rounded; the store may be any real number of sequences.
    """
    rate = _params_per_sequence(params_per_sequence, bits_per_sequence, bits_per_param)
    multiply = partial(within_floats, "n_params", "pass fewer n_stored, or smaller sequences", np.multiply)
    return pointwise(multiply, nonnegative("n_stored", n_stored), rate)


def tail_mass(source: Source | str, n_stored: Any) -> Any:
    """T(n): probability that a draw is none of the `n_stored` most probable sequences.

    Σ_{r>n} p_r = ζ(s, n+1+q)/ζ(s, 1+q) for a Zipf law, ρ^n for a geometric one, (V-n)/V for a uniform one (equation
    C1); these are continued to any real n ≥ 0. In a mixture, sequences of all domains are stored in the order of
    their probability, and n must be whole. Exact to about fourteen digits. Raises ValueError for sources without
    fixed probabilities.
    """
    law = _law(source)
    mixed = isinstance(law, Mixture)
    allowed = "a whole number of sequences from 0 to 2^62, as the source is a mixture" if mixed else _ANY_STORE
    store = checked("n_stored", n_stored, _storable if mixed else lambda n: n >= 0, allowed, whole=mixed)
    return pointwise(lambda n: rank_mass.tail_mass(law, n), store)


def capacity_loss(
    source: Source | str, n_stored: Any, n_draws: Any, *, novelty_cost: Any, irreducible: Any = 0.0
) -> Any:
    """Loss of a store of the `n_stored` most probable sequences after `n_draws` draws, in nats per sequence.

    L = E + c [T(n) + Σ_{r≤n} p_r (1 - p_r)^D] (equation C2), rigorous in the model: the store knows which sequences
    are frequent and holds those of them that occurred; each other draw costs `novelty_cost` more. Exact to
    about twelve digits, at the same cost for 1e3 and 1e18. Every argument but the source broadcasts; n and D are
    whole.

    The places of this store are reserved by rank, seen or not, so capacity helps even beyond n = E U(D): there the
    excess is still 5 % above that of an unlimited store (s = 1.724; 3.7 % for s = 1.5). A store of what was seen, in
    any order, gains nothing beyond n = U(D) (`bounds.can_scaling_help`).

    Such a store never forgets. One that keeps the n sequences with the largest counts so far does: in simulations
    (s = 1.5, n = 100), ranks well below n are learned steadily, ranks from 80 to 95 pause where U(D) = n and then go
    on, ranks just above n are stored for a while and then lost, later ones never. Beyond the edge the loss of a
    sequence can also fall, rise and fall again before it rises for good: rank 170 is stored with the chances 0.098,
    0.089, 0.101 and 0.088 at D = 700, 2000, 3500 and 5000 (empirical: 60,000 corpora, standard error 0.0012). That
    ripple, a hundredth of c, comes of whole counts, as the count at the edge of the store passes 1 and 2. The double
    descent of published models is another thing, and does not follow from capacity alone.
    """
    law, store, draws = _law(source), _store(n_stored), _draws(n_draws)
    cost, floor = nonnegative("novelty_cost", novelty_cost), nonnegative("irreducible", irreducible)

    def loss(n: Any, D: Any, c: Any, E: Any) -> Any:
        # T + Σ_{r≤n} p (1-p)^D is M0 plus what was seen but has no room, Σ_{r>n} p (1 - (1-p)^D).
        homeless = np.maximum(rank_mass.tail_mass(law, n) - _unseen_tail(law, n, D), 0.0)
        return E + c * (missing_mass(law, D) + homeless)

    return pointwise(loss, store, draws, cost, floor)


def capacity_loss_bounds(
    source: Source | str, n_stored: Any, n_draws: Any, *, novelty_cost: Any, irreducible: Any = 0.0
) -> Bound:
    """E + c max(T(n), E M0(D)) and E + c min(1, T(n) + E M0(D)): the loss of `capacity_loss` lies between them.

    The upper end is the sum of a term of n alone and one of D alone, as in fitted loss laws; it is at most twice
    as far above E as the lower end. At E + c it is flagged, as no store loses more. Rigorous in the model (equation
    C2).
    """
    law, store, draws = _law(source), _store(n_stored), _draws(n_draws)
    cost, floor = nonnegative("novelty_cost", novelty_cost), nonnegative("irreducible", irreducible)

    def share(of: Any) -> Any:
        def value(n: Any, D: Any) -> Any:
            return np.minimum(of(rank_mass.tail_mass(law, n), missing_mass(law, D)), 1.0)

        return pointwise(value, store, draws)

    def end(share: Any) -> Any:
        return pointwise(lambda share, c, E: E + c * share, share, cost, floor)

    least, most = share(np.maximum), share(np.add)
    low, high = (
        End(end(value), RIGOROUS, ORDERED, "C2", vacuous) for value, vacuous in ((least, least <= 0), (most, most >= 1))
    )
    return Bound("loss L of a frequency-ordered store", "nats per sequence", low, None, high, source=OWN)


# Helpers

_ANY_STORE = "a finite number of sequences of at least 0"


def _unseen_tail(law: Source, n: Any, D: Any) -> Any:
    """Σ_{r>n} p_r (1 - p_r)^D: the types after the n-th are a law of the same family, times their mass."""
    result = np.zeros(n.shape)
    for size in np.unique(n):
        here = np.flatnonzero(n == size)
        steps = np.ceil(np.log10(np.maximum(D[here], 1)) / 3)
        for mass, part in rank_mass.tail_parts(law, float(size)):
            for step in np.unique(steps):
                points = here[steps == step]
                table = type_table(part, 1000.0**step)
                scaled = make_table(mass * table.p, table.count, mass * table.dust)
                result[points] += occupancy.unseen_mass(scaled, D[points], False)
    return result


def _law(source: Source | str) -> Source:
    law = parse_source(source)
    if isinstance(law, PitmanYor):
        raise ValueError(
            f"source must have fixed probabilities, got {law}; pass zipf:{1 / law.discount:.6g} of its tail"
        )
    if isinstance(law, GrowingUniform):
        raise ValueError(
            f"source must be one law for every corpus size, got {law}; pass its law at one size, source.at(n_draws)"
        )
    if isinstance(law, SantaFe):
        raise ValueError(
            f"source must be a law of independent sequences, got {law}; pass that of its facts, {law.facts}"
        )
    if not isinstance(law, Uniform | Zipf | Geometric | Mixture):
        raise ValueError(f"source must be a uniform, zipf, geometric or mixture law, got {law}; its draws overlap")
    return law


def _storable(n: Any) -> Any:
    return (n >= 0) & (n <= MAX_TYPES)


def _store(value: Any) -> Any:
    return checked("n_stored", value, _storable, "a whole number of sequences from 0 to 2^62", whole=True)


def _draws(value: Any) -> Any:
    return checked("n_draws", value, lambda D: (D >= 0) & (D <= 2.0**63), "a whole number from 0 to 2^63", whole=True)


def _params_per_sequence(params: Any, bits: Any, bits_per_param: Any) -> Any:
    if params is not None and bits is not None:
        raise ValueError(
            f"params_per_sequence ({shown(params)}) and bits_per_sequence ({shown(bits)}) exclude each other; "
            "pass one of them"
        )
    if bits is None:
        return positive("params_per_sequence", 1.0 if params is None else params)
    bits = positive("bits_per_sequence", bits)
    with np.errstate(over="ignore"):
        rate = pointwise(np.divide, bits, positive("bits_per_param", bits_per_param))
    return positive("bits_per_sequence / bits_per_param", rate)
