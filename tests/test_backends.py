"""The compiled backend against the one that defines the answer, and the tables against the probabilities."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounds.base.sources import GrowingUniform, parse_source
from bounds.base.spectrum import FrequencySpectrum
from simulate.drawing.backends import cpu, get_backend, reference
from simulate.drawing.stream import Stream
from simulate.drawing.tables import OVERFLOW, Cells, build_sampler

SOURCES = [
    "uniform:1",
    "geometric:0.1",
    "zipf:4",
    "uniform:1000",
    "uniform:1e12",
    "uniform:4611686018427387904",
    "zipf:1.02",
    "zipf:1.724",
    "zipf:1.724,shift=100",
    "zipf:1.3,shift=1e5",
    "zipf:3.5,shift=2.5",
    "zipf:30,shift=1e4",
    "zipf:0.5,types=1e9",
    "zipf:1,types=20000",
    "zipf:1.1,types=5",
    "geometric:0.5",
    "geometric:0.999",
    "growing:0.58,scale=3",
    "pitman-yor:0.58,concentration=10",
    "pitman-yor:0.58",
    "pitman-yor:0.3,concentration=-0.2",
    "pitman-yor:0.9,concentration=1000",
    "mixture:0.7*(zipf:2)+0.3*(zipf:1.5,shift=5)",
    "mixture:0.5*(uniform:100000)+0.2*(zipf:1.05,shift=5000)+0.3*(geometric:0.99)",
]
GRID = np.array([1, 2, 3, 10, 99, 512, 513, 1500])
EDGES = FrequencySpectrum.edges(1500)


@pytest.mark.parametrize("source", SOURCES)
def test_same_counts_whatever_the_chunk(source):
    sampler, stream = build_sampler(parse_source(source), 1500), Stream(11, "tokens", 3, 5)
    expected = reference.growth(sampler, GRID, stream, edges=EDGES)
    for chunk in (1, 7, 512, 4096):
        found = cpu.growth(sampler, GRID, stream, edges=EDGES, chunk=chunk)
        np.testing.assert_array_equal(found.n_unique, expected.n_unique)
        np.testing.assert_array_equal(found.spectrum, expected.spectrum)


@pytest.mark.parametrize("source", [name for name in SOURCES if name.startswith("pitman-yor")])
def test_an_urn_goes_on_from_chunk_to_chunk_of_its_values(source):
    grid = np.array([2047, 2048, 2049, 4096, 4500])
    sampler, stream = build_sampler(parse_source(source), 4500), Stream(12, "tokens", 3, 5)
    found = cpu.growth(sampler, grid, stream, edges=FrequencySpectrum.edges(4500))
    expected = reference.growth(sampler, grid, stream, edges=FrequencySpectrum.edges(4500))
    np.testing.assert_array_equal(found.n_unique, expected.n_unique)
    np.testing.assert_array_equal(found.spectrum, expected.spectrum)


@given(st.sampled_from(SOURCES), st.integers(0, 2**64 - 1), st.sets(st.integers(1, 300), min_size=1, max_size=6))
@settings(max_examples=30, deadline=None)
def test_counts_are_those_of_any_grid_and_seed(source, seed, grid):
    sampler, stream = build_sampler(parse_source(source), 300), Stream(seed, "tokens", 1, 2)
    points = np.array(sorted(grid))
    found = cpu.growth(sampler, points, stream, edges=EDGES)
    expected = reference.growth(sampler, points, stream, edges=EDGES)
    np.testing.assert_array_equal(found.n_unique, expected.n_unique)
    np.testing.assert_array_equal(found.spectrum.sum(axis=1), found.n_unique)
    assert np.all(np.diff(found.n_unique) >= 0)
    assert np.all(found.n_unique <= points)


# U at 1000 and at 100000 draws, then f1 and f2 at the latter: seed 1, purpose tokens, cell 2, replicate 3.
RECORDED = {
    "uniform:1e6": (1000, 95112, 90372, 4594),
    "zipf:1.05": (821, 66256, 63138, 1486),
    "zipf:1.724": (81, 1122, 654, 138),
    "zipf:1.724,shift=100": (571, 9529, 5616, 1112),
    "zipf:0.9,types=1e6": (831, 52790, 44170, 4776),
    "geometric:0.99": (283, 750, 99, 57),
    "santa-fe:1.724,labels=2": (81, 1122, 654, 138),
    "windows:alphabet=4,length=9": (998, 83123, 68299, 12957),
    "pitman-yor:0.58,concentration=10": (260, 4011, 2320, 480),
    "pitman-yor:0.4,concentration=-0.2": (4, 24, 10, 3),
    "mixture:0.7*(zipf:2)+0.3*(zipf:1.5,shift=5)": (161, 3230, 2090, 371),
}


@pytest.mark.parametrize("source", RECORDED)
def test_counts_are_those_on_record(source):
    """A change of these numbers changes every published result: it needs a reason and an entry in the changelog."""
    sampler = build_sampler(parse_source(source), 100_000)
    found = cpu.growth(
        sampler, np.array([1000, 100_000]), Stream(1, "tokens", 2, 3), edges=FrequencySpectrum.edges(1e5)
    )
    assert (*found.n_unique, *found.spectrum[1, :2]) == RECORDED[source]


def test_a_prefix_is_a_prefix():
    """A nested grid is cut from one stream: what a short corpus shows does not depend on how long it becomes."""
    sampler, stream = build_sampler(parse_source("zipf:1.5"), 1), Stream(0, "tokens")
    long = cpu.growth(sampler, np.array([100, 5000]), stream, edges=EDGES).n_unique[0]
    assert long == cpu.growth(sampler, np.array([100]), stream, edges=EDGES).n_unique[0]


@pytest.mark.parametrize("field", [{"seed": 2}, {"cell": 2}, {"replicate": 2}])
def test_another_stream_gives_other_counts(field):
    sampler = build_sampler(parse_source("zipf:1.2"), 1)
    one = cpu.growth(sampler, np.array([20000]), Stream(1, "tokens"), edges=EDGES)
    other = cpu.growth(sampler, np.array([20000]), Stream(**{"seed": 1, "purpose": "tokens"} | field), edges=EDGES)
    assert one.n_unique[0] != other.n_unique[0]


def cell_masses(cells: Cells) -> np.ndarray:
    return np.diff(np.append(cells.start.astype(object), 2**64)).astype(float) / 2.0**64


@pytest.mark.parametrize(("s", "q"), [(1.05, 0.0), (1.724, 0.0), (1.724, 100.0), (2.5, 7.5), (6.0, 1e5)])
def test_cells_hold_the_mass_of_their_ranks(s, q):
    """Against the Hurwitz zeta function: every single rank, every block, and the ranks too large for an integer."""
    from mpmath import mp, zeta

    mp.dps = 30
    cells = build_sampler(parse_source(f"zipf:{s},shift={q}"), 1).cells
    mass, total = cell_masses(cells), zeta(s, 1 + q)
    first = np.where(cells.key < 2**62, cells.key + np.uint64(1), cells.key - np.uint64(2**62)).astype(object)
    picked = [0, 1, 2, 100, 5000, 16382, 16383, 16384, 17000, len(mass) - 2]
    for j in (j for j in picked if j < len(mass) and cells.width[j] < OVERFLOW):
        ranks = 2 ** int(cells.width[j])
        exact = (zeta(s, int(first[j]) + q) - zeta(s, int(first[j]) + ranks + q)) / total
        assert mass[j] == pytest.approx(float(exact), rel=1e-9, abs=2.0**-62)
    if cells.width[-1] == OVERFLOW:
        assert mass[-1] == pytest.approx(float(zeta(s, 2**62 + q) / total), rel=1e-6, abs=2.0**-62)


def test_acceptance_is_the_power_of_the_ratio():
    """The fixed-point polynomial in a block against ((a + q)/(r + q))^s, to a few units of 2^-32."""
    for s, q in ((1.05, 0.0), (1.724, 100.0), (12.0, 3e4), (31.0, 1e4)):
        cells = build_sampler(parse_source(f"zipf:{s},shift={q}"), 1).cells
        power = [int(c) for c in cells.power[0]]
        for j in np.flatnonzero(cells.ratio)[[0, 10, 63]]:
            first, width = int(cells.key[j]) - 2**62, int(cells.width[j])
            for offset in (0, 1, 2**width // 3, 2**width - 1):
                x, accept = (offset << 32 - width) * int(cells.ratio[j]) >> 32, 0
                for coefficient in reversed(power):
                    accept = coefficient - (x * accept >> 32)
                exact = ((first + q) / (first + offset + q)) ** s
                assert accept / 2**32 == pytest.approx(exact, abs=2e-8)


def test_digest_names_the_tables():
    one, same, other = (build_sampler(parse_source(s), 1) for s in ("zipf:1.5", "zipf:1.5", "zipf:1.5000001"))
    assert one.digest == same.digest != other.digest


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("geometric:0.9999999", "geometric ratios up to"),
        ("zipf:40,shift=1e6", "shifted exponents up to 32"),
        ("pitman-yor:0.5,concentration=1e9", r"concentrations below 2\^29"),
        ("mixture:" + "+".join(["0.05*(zipf:2)"] * 20), "at most 16 components"),
    ],
)
def test_sources_that_cannot_be_drawn_are_refused(source, sentence):
    with pytest.raises(ValueError, match=sentence):
        build_sampler(parse_source(source), 10)


def test_too_long_an_urn_is_refused():
    with pytest.raises(ValueError, match=r"up to 2\^31 - 1"):
        build_sampler(parse_source("pitman-yor:0.5"), 2**31)


def test_unknown_backend():
    with pytest.raises(ValueError, match="backend must be"):
        get_backend("abacus")


def test_growing_uniform_has_the_law_of_its_size():
    law = parse_source("growing:0.2,scale=1")
    assert isinstance(law, GrowingUniform)
    assert law.at(10**5).types == 10  # 1e5**0.2 is 10.000000000000002 in floating point
    assert law.at(10**5 + 1).types == 11
    assert law.at(1).types == 1
    assert build_sampler(law, 32).parameter[0] == math.ceil(32**0.2)
