"""What random inputs look like: sources of each kind and corpus sizes of every magnitude."""

import numpy as np
from hypothesis import strategies as st

import bounds


def numbers(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False, allow_infinity=False)


def magnitudes(low: float, high: float) -> st.SearchStrategy[float]:
    """Positive numbers, equally likely to be of every order of magnitude."""
    return numbers(float(np.log(low)), float(np.log(high))).map(lambda x: float(np.exp(x)))


def counts(low: int = 1, high: int = 10**18) -> st.SearchStrategy[int]:
    """Whole numbers of every magnitude; small ones come first when a failure is simplified."""
    return st.one_of(
        st.integers(low, min(high, low + 20)),
        magnitudes(max(low, 1), high).map(lambda x: min(max(round(x), low), high)),
    )


def n_draws(high: int = 2**63) -> st.SearchStrategy[int]:
    return counts(1, high)


exponents = st.one_of(numbers(1.02, 1.3), numbers(1.3, 6.0))
shifts = st.one_of(st.just(0.0), magnitudes(1e-2, 1e4))

uniforms = st.builds(bounds.Uniform, counts(1, 10**15))
growing = st.builds(bounds.GrowingUniform, numbers(0.05, 1.0), magnitudes(0.1, 1e3))
zipfs = st.builds(bounds.Zipf, exponents, shifts)
finite_zipfs = st.builds(bounds.Zipf, numbers(0.05, 6.0), shifts, counts(1, 10**15))
geometrics = st.builds(bounds.Geometric, st.one_of(numbers(0.01, 0.99), magnitudes(1e-6, 1e-2).map(lambda x: 1 - x)))
pitman_yors = st.builds(
    lambda d, above: bounds.PitmanYor(d, above - d),
    numbers(0.01, 0.99),
    st.one_of(magnitudes(1e-4, 1e6), st.just(10.0)),
)


@st.composite
def mixtures(draw: st.DrawFn) -> bounds.Mixture:
    parts = draw(st.lists(st.one_of(uniforms, zipfs, finite_zipfs, geometrics), min_size=1, max_size=3))
    shares = [draw(numbers(0.01, 1.0)) for _ in parts]
    return bounds.Mixture(tuple((share / sum(shares), part) for share, part in zip(shares, parts, strict=True)))


fixed_laws = st.one_of(uniforms, zipfs, finite_zipfs, geometrics, mixtures())
"""Sources with probabilities that are neither random nor dependent on D."""

nested = st.one_of(fixed_laws, pitman_yors)
"""Sources whose corpora are prefixes of each other."""

sources = st.one_of(nested, growing)

santa_fes = st.builds(bounds.SantaFe, exponents, shifts, counts(1, 10**6))
windows = st.builds(bounds.Windows, counts(1, 10**6), st.one_of(st.integers(1, 12), counts(1, 10**6)))
"""Sources whose draws are the tokens of a stream: stated facts, and overlapping windows."""


@st.composite
def laws(draw: st.DrawFn) -> list[float]:
    """Probabilities of two to four letters, of any magnitude."""
    shares = draw(st.lists(magnitudes(1e-6, 1.0), min_size=2, max_size=4))
    return [share / sum(shares) for share in shares]


@st.composite
def chains(draw: st.DrawFn) -> list[list[float]]:
    """Transition matrices of two or three letters that all follow each other, some of them hardly ever."""
    size = draw(st.integers(2, 3))
    rows = [[draw(magnitudes(1e-4, 1.0)) for _ in range(size)] for _ in range(size)]
    return [[share / sum(row) for share in row] for row in rows]
