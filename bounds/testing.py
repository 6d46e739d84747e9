"""Hypothesis strategies for sources, corpus sizes, loss laws and the rest, to property-test code that uses `bounds`.

    from hypothesis import given
    import bounds
    from bounds import testing

    @given(testing.sources(), testing.n_draws())
    def test_counts_are_possible(source, n):
        assert 1 <= bounds.expected_unique(source, n) <= min(n, source.n_types)

Numbers span their whole documented range, every order of magnitude alike, and small whole numbers come first when a
failure is simplified. Needs Hypothesis, which is not a dependency of `bounds` itself: ``pip install hypothesis``.
"""

from __future__ import annotations

import math

try:
    from hypothesis import strategies as st
except ModuleNotFoundError as error:  # pragma: no cover
    raise ModuleNotFoundError("bounds.testing needs Hypothesis: pip install hypothesis", name=error.name) from None

import bounds

Strategy = st.SearchStrategy

__all__ = [
    "chains",
    "counts",
    "finite_zipf_sources",
    "fixed_sources",
    "geometric_sources",
    "growing_sources",
    "loss_curves",
    "loss_laws",
    "magnitudes",
    "mixtures",
    "n_draws",
    "n_params",
    "n_tokens",
    "nested_sources",
    "numbers",
    "pitman_yor_sources",
    "probabilities",
    "quorums",
    "repeating_window_sources",
    "santa_fe_sources",
    "sources",
    "spectra",
    "uniform_sources",
    "window_sources",
    "zipf_sources",
]

# Numbers


def numbers(low: float, high: float) -> Strategy[float]:
    """Finite numbers from `low` to `high`."""
    return st.floats(low, high, allow_nan=False, allow_infinity=False)


def magnitudes(low: float, high: float) -> Strategy[float]:
    """Positive numbers from `low` to `high`, equally likely to be of every order of magnitude."""
    return numbers(math.log(low), math.log(high)).map(lambda x: min(max(math.exp(x), low), high))


def counts(low: int = 1, high: int = 10**18) -> Strategy[int]:
    """Whole numbers of every magnitude from `low` to `high`."""
    return st.one_of(
        st.integers(low, min(high, low + 20)),
        magnitudes(max(low, 1), high).map(lambda x: min(max(round(x), low), high)),
    )


def n_draws(high: int = 2**63) -> Strategy[int]:
    """Corpus sizes D in draws, from 1."""
    return counts(1, high)


def n_tokens(low: float = 1e6, high: float = 1e16) -> Strategy[float]:
    """Training tokens of models, past and to come."""
    return magnitudes(low, high)


def n_params(low: float = 1e5, high: float = 1e14) -> Strategy[float]:
    """Parameters of models, past and to come."""
    return magnitudes(low, high)


# Laws that sequences are drawn from


def zipf_sources() -> Strategy[bounds.Zipf]:
    """Zipf-Mandelbrot laws without a last type: exponents from 1.02 to 6, shifts from 0 to 1e4."""
    return st.builds(bounds.Zipf, st.one_of(numbers(1.02, 1.3), numbers(1.3, 6.0)), _shifts())


def finite_zipf_sources() -> Strategy[bounds.Zipf]:
    """Zipf-Mandelbrot laws on up to 1e15 types: exponents from 0.05 to 6."""
    return st.builds(bounds.Zipf, numbers(0.05, 6.0), _shifts(), counts(1, 10**15))


def uniform_sources() -> Strategy[bounds.Uniform]:
    """Up to 1e15 equally likely types."""
    return st.builds(bounds.Uniform, counts(1, 10**15))


def growing_sources() -> Strategy[bounds.GrowingUniform]:
    """Uniform laws whose support grows with the corpus."""
    return st.builds(bounds.GrowingUniform, numbers(0.05, 1.0), magnitudes(0.1, 1e3))


def geometric_sources() -> Strategy[bounds.Geometric]:
    """Geometric laws, ratios up to 1 - 1e-6."""
    return st.builds(bounds.Geometric, st.one_of(numbers(0.01, 0.99), magnitudes(1e-6, 1e-2).map(lambda x: 1 - x)))


def pitman_yor_sources() -> Strategy[bounds.PitmanYor]:
    """Pitman-Yor processes, concentrations from just above minus the discount to 1e6."""
    above = st.one_of(magnitudes(1e-4, 1e6), st.just(10.0))
    return st.builds(lambda d, above: bounds.PitmanYor(d, above - d), numbers(0.01, 0.99), above)


@st.composite
def mixtures(draw: st.DrawFn) -> bounds.Mixture:
    """Up to three disjoint domains."""
    kinds = st.one_of(uniform_sources(), zipf_sources(), finite_zipf_sources(), geometric_sources())
    parts = draw(st.lists(kinds, min_size=1, max_size=3))
    shares = [draw(numbers(0.01, 1.0)) for _ in parts]
    return bounds.Mixture(tuple((share / sum(shares), part) for share, part in zip(shares, parts, strict=True)))


def santa_fe_sources() -> Strategy[bounds.SantaFe]:
    """Santa Fe processes with up to a million labels."""
    exponents = st.one_of(numbers(1.02, 1.3), numbers(1.3, 6.0))
    return st.builds(bounds.SantaFe, exponents, _shifts(), counts(1, 10**6))


def window_sources() -> Strategy[bounds.Windows]:
    """Sliding windows of a stream of independent and equally likely letters."""
    return st.builds(bounds.Windows, counts(1, 10**6), st.one_of(st.integers(1, 12), counts(1, 10**6)))


def repeating_window_sources() -> Strategy[bounds.Windows]:
    """Sliding windows of letters that repeat each other, or are not equally likely: of up to 2000 words or so."""
    equal = st.builds(bounds.Windows, counts(2, 10**6), st.integers(1, 6), magnitudes(1e-6, 0.999))
    few = st.sampled_from([(2, 10), (3, 6), (7, 3), (40, 2), (1000, 1)])
    stay = st.one_of(st.just(0.0), magnitudes(1e-6, 0.999))
    unequal = st.builds(lambda size, *more: bounds.Windows(*size, *more), few, stay, magnitudes(1e-3, 10.0))
    return st.one_of(equal, unequal)


def fixed_sources() -> Strategy[bounds.Source]:
    """Independent draws with probabilities that are neither random nor dependent on D."""
    return st.one_of(uniform_sources(), zipf_sources(), finite_zipf_sources(), geometric_sources(), mixtures())


def nested_sources() -> Strategy[bounds.Source]:
    """Independent or exchangeable draws whose corpora are prefixes of each other."""
    return st.one_of(fixed_sources(), pitman_yor_sources())


def sources() -> Strategy[bounds.Source]:
    """Every source of which all counts are known: the nested ones, and those that grow with the corpus."""
    return st.one_of(nested_sources(), growing_sources())


def _shifts() -> Strategy[float]:
    return st.one_of(st.just(0.0), magnitudes(1e-2, 1e4))


@st.composite
def probabilities(draw: st.DrawFn, min_types: int = 2, max_types: int = 6, least: float = 1e-6) -> list[float]:
    """Probabilities of a few types that sum to one to rounding; before that, each is `least` at least."""
    shares = draw(st.lists(magnitudes(least, 1.0), min_size=min_types, max_size=max_types))
    return [share / math.fsum(shares) for share in shares]


@st.composite
def chains(draw: st.DrawFn, max_letters: int = 3, least: float = 1e-4) -> list[list[float]]:
    """Transition matrices of two letters and more that all follow each other, some of them hardly ever."""
    size = draw(st.integers(2, max_letters))
    return [draw(probabilities(size, size, least)) for _ in range(size)]


# Counts and laws


@st.composite
def spectra(draw: st.DrawFn, max_types: int = 200) -> bounds.FrequencySpectrum:
    """Frequency spectra of small corpora: how many types were seen once, twice and so on."""
    seen = draw(st.lists(counts(1, 10**6), min_size=1, max_size=max_types))
    return bounds.FrequencySpectrum.from_counts(seen)


@st.composite
def loss_laws(draw: st.DrawFn) -> bounds.LossLaw:
    """Laws E + A N^-α + B D^-β whose terms at N = 1e9 and D = 2e10 are between 0.01 and 3 nats per token."""
    alpha, beta = draw(numbers(0.05, 0.95)), draw(numbers(0.05, 0.95))
    A, B = draw(magnitudes(0.01, 3.0)) * 1e9**alpha, draw(magnitudes(0.01, 3.0)) * 2e10**beta
    return bounds.LossLaw("drawn", "drawn at random", alpha, beta, draw(numbers(0.1, 5.0)), A, B)


@st.composite
def loss_curves(draw: st.DrawFn) -> tuple[float, float]:
    """(B, β) of an excess loss B D^-β in nats per token, between 1e-6 and 3 at D = 2e10."""
    beta = draw(numbers(0.01, 0.99))
    return draw(magnitudes(1e-6, 3.0)) * 2e10**beta, beta


@st.composite
def quorums(draw: st.DrawFn, max_members: int = 1000) -> tuple[int, int]:
    """(members, quorum) of a skill: how many sequences it has, and how many of them it needs."""
    members = draw(counts(1, max_members))
    return members, draw(st.integers(1, members))
