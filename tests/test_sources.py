"""Sources: strings that read back, laws that are refused, and whole numbers as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bounds
from bounds import testing
from bounds.base.arguments import Bytes
from bounds.base.quantities import log_spaced, parse_count, parse_grid
from bounds.base.sources import EXAMPLES, parse_source

exponents = st.floats(1.001, 50, allow_nan=False)
shifts = st.floats(0, 1e9, allow_nan=False)
types = st.integers(1, 2**62)
fractions = st.floats(1e-6, 1 - 1e-6)
simple = st.one_of(
    st.builds(bounds.Uniform, types),
    st.builds(bounds.Zipf, exponents, shifts),
    st.builds(bounds.Zipf, st.floats(0.01, 50), shifts, types),
    st.builds(bounds.Geometric, fractions),
)
alone = st.one_of(
    st.builds(bounds.GrowingUniform, st.floats(1e-3, 1), st.floats(1e-3, 1e6)),
    st.builds(lambda d, above: bounds.PitmanYor(d, above - d), fractions, st.floats(1e-3, 1e6)),
    st.builds(bounds.SantaFe, exponents, shifts, types),
    st.builds(bounds.SantaFe, st.floats(0.01, 50), shifts, types, types),
    st.builds(bounds.Windows, types, types),
    testing.repeating_window_sources(),
)


@st.composite
def mixtures(draw):
    parts = draw(st.lists(simple, min_size=1, max_size=4))
    weights = draw(st.lists(st.integers(1, 100), min_size=len(parts), max_size=len(parts)))
    return bounds.Mixture(tuple((w / sum(weights), part) for w, part in zip(weights, parts, strict=True)))


@given(st.one_of(simple, alone, mixtures()))
def test_sources_read_back_as_they_were_written(source):
    assert parse_source(str(source)) == source
    assert parse_source(source) is source
    assert hash(parse_source(str(source))) == hash(source)


@pytest.mark.parametrize("text", EXAMPLES)
def test_examples_are_understood(text):
    source = parse_source(text)
    assert parse_source(str(source)) == source
    assert parse_source(f"  {text.upper().replace('E', 'e')} ") == source


def test_arguments_come_in_any_order():
    assert parse_source("windows:length=3,alphabet=4") == bounds.Windows(4, 3)
    assert str(bounds.Windows(4, 3)) == "windows:alphabet=4,length=3"
    facts = parse_source("santa-fe:1.724,shift=100,labels=3,types=1e6")
    assert facts == parse_source("santa-fe:types=1e6,labels=3,exponent=1.724,shift=100")
    assert facts == bounds.SantaFe(1.724, 100, 3, 10**6)
    assert str(facts) == "santa-fe:1.724,labels=3,shift=100,types=1000000"
    assert isinstance(facts, bounds.SantaFe)
    assert facts.facts == bounds.Zipf(1.724, 100, 10**6)
    assert str(parse_source("santa-fe:1.724")) == "santa-fe:1.724,labels=2"


def test_supports():
    assert bounds.Windows(4, 3).n_types == 64
    assert bounds.Windows(2, 61).n_types == 2**61
    assert bounds.Windows(2, 900).n_types == 2.0**900
    assert bounds.Windows(50257, 10**9).n_types == float("inf")
    assert bounds.SantaFe(1.5).n_types == float("inf")
    assert bounds.SantaFe(0.5, types=7).n_types == 7


def test_limit_exponents():
    assert bounds.Zipf(1.724).limit_exponent == pytest.approx(0.58, abs=1e-4)
    assert bounds.Zipf(1.724, types=10).limit_exponent == 0
    assert bounds.PitmanYor(0.3).limit_exponent == 0.3
    assert bounds.SantaFe(1.25).limit_exponent == 0.8
    assert bounds.SantaFe(1.25, types=10).limit_exponent == 0
    assert bounds.Windows(4, 3).limit_exponent == 0
    assert bounds.parse_source("mixture:0.9*(zipf:2)+0.1*(zipf:1.25)").limit_exponent == 0.8
    assert bounds.parse_source("mixture:0.5*(uniform:7)+0.5*(geometric:0.5)").limit_exponent == 0
    assert bounds.parse_source("mixture:0.5*(uniform:7)+0.5*(uniform:5)").n_types == 12


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("zipf:0.8", "exponent must exceed 1 when types are unlimited, got 0.8; pass types="),
        ("zipf:1", "exponent must exceed 1"),
        ("zipf:nan", "exponent must be above 0"),
        ("zipf:1.5,shift=-1", "shift must be at least 0"),
        ("zipf:1.5,shift=inf", "shift must be at least 0"),
        ("zipf:1.5,types=0", r"types must be between 1 and 2\^62"),
        ("zipf:1.5,types=1e19", r"types must be between 1 and 2\^62"),
        ("zipf:1.5,types=2.5", "types must be a whole number"),
        ("zipf:1.5,2", "'2' is not understood"),
        ("zipf:1.5,shift=1,shift=2", "'shift=2' is not understood"),
        ("zipf:", "'' is not a number"),
        ("zipf:shift=3", "exponent is missing"),
        ("zipf", "unknown source 'zipf'"),
        ("zip:1.5", "unknown source 'zip:1.5'"),
        ("", "unknown source ''"),
        ("uniform:many", "'many' is not a number"),
        ("pitman-yor:1", "strictly between 0 and 1"),
        ("pitman-yor:0.5,concentration=-0.5", "above minus the discount"),
        ("pitman-yor:0.5,concentration=nan", "above minus the discount"),
        ("geometric:1", "strictly between 0 and 1"),
        ("growing:1.1", "at most 1"),
        ("mixture:0.5*(zipf:2)+0.4*(zipf:3)", "must sum to 1"),
        ("mixture:zipf:2", "a mixture is written"),
        ("mixture:0.5*(zipf:2)+", "a mixture is written"),
        ("mixture:0.5*(zipf:2)0.5*(zipf:2)", "a mixture is written"),
        ("santa-fe:0.9", "exponent must exceed 1 when types are unlimited"),
        ("santa-fe:1.5,labels=0", r"labels must be between 1 and 2\^62"),
        ("santa-fe:1.5,labels=2.5", "labels must be a whole number"),
        ("santa-fe:1.5,scale=2", "'scale=2' is not understood; santa-fe takes labels=..., shift=..., types=..."),
        ("santa-fe:labels=2", "exponent is missing"),
        ("windows:alphabet=4,length=2,stay=1", "stay must be between 0 and 0.999, got 1.0"),
        ("windows:alphabet=4,length=2,stay=-0.1", "stay must be between 0 and 0.999, got -0.1"),
        ("windows:alphabet=4,length=2,exponent=-1", "exponent must be at least 0 and at most 1000, got -1.0"),
        ("windows:alphabet=4,length=2,exponent=inf", "exponent must be at least 0 and at most 1000, got inf"),
        ("windows:4", "'4' is not understood; windows takes alphabet=..., length=..."),
        ("windows:", "'' is not understood; windows takes alphabet=..., length=..."),
        ("windows:alphabet=4", "length is missing"),
        ("windows:length=4", "alphabet is missing"),
        ("windows:alphabet=4,length=0", r"length must be between 1 and 2\^62"),
        ("windows:alphabet=nan,length=1", "alphabet must be a whole number"),
        ("mixture:1*(pitman-yor:0.5)", "no fixed probabilities"),
        ("mixture:1*(santa-fe:2)", "no fixed probabilities for single draws"),
        ("mixture:1*(windows:alphabet=4,length=3)", "no fixed probabilities for single draws"),
        ("mixture:-1*(zipf:2)+2*(zipf:3)", "must be positive"),
    ],
)
def test_bad_sources_are_refused_in_one_sentence(text, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        parse_source(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1000", 1000), ("1e6", 10**6), ("3e11", 3 * 10**11), ("300B", 3 * 10**11), ("1.5T", 15 * 10**11), ("2k", 2000),
     ("1_000", 1000), (" 7 ", 7), (1e18, 10**18), ("9223372036854775808", 2**63), (12, 12)],
)  # fmt: skip
def test_counts_as_people_write_them(text, value):
    assert parse_count(text) == value


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("0", "at least 1"), ("-5", "at least 1"), ("1.5", "must be a whole number"), ("1e19", r"at most 2\^63"),
     ("9223372036854775809", r"at most 2\^63"), ("nan", "must be a whole number"), ("inf", "must be a whole number"),
     ("ten", "such as 1e6"), ("", "such as 1e6"), ("5Q", "such as 1e6"), ("1.2345K", "must be a whole number")],
)  # fmt: skip
def test_bad_counts_are_refused(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        parse_count(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("2GiB", 2 << 30), ("500MB", 500_000_000), ("16G", 16 << 30), ("1000 B", 1000), ("300B", 300), ("1e9", 10**9)],
)
def test_bytes_as_people_write_them(text, value):
    assert Bytes("memory")(text) == value


@pytest.mark.parametrize("text", ["lots", "", "5Q", "1,000"])
def test_bad_numbers_of_bytes_are_told_what_one_looks_like(text):
    with pytest.raises(ValueError, match="memory must be a number of bytes such as 2GiB or 500MB, got"):
        Bytes("memory")(text)


def test_grids():
    assert parse_grid("1e3,1e6") == (1000, 10**6)
    assert parse_grid([1e6, 10, 10]) == (10, 10**6)
    assert parse_grid("1:1e3:4") == (1, 10, 100, 1000)
    assert parse_grid("5:5:3") == (5,)
    assert parse_grid("1:3:50") == (1, 2, 3)


@pytest.mark.parametrize("text", ["", "1:2", "1:2:3:4", "10:1:5", "1e3:1e6:0", "1e3:1e6:1", "a:b:c", "1,,2", []])
def test_bad_grids_are_refused(text):
    with pytest.raises(ValueError, match="n_draws"):
        parse_grid(text)


@given(st.integers(1, 2**62), st.integers(1, 2**62), st.integers(2, 60))
def test_log_spaced_points_ascend_from_end_to_end(a, b, n):
    points = log_spaced(min(a, b), max(a, b), n)
    assert points[0] == min(a, b)
    assert points[-1] == max(a, b)
    assert list(points) == sorted(set(points))
    assert len(points) <= n


HUGE = 10**400


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bounds.Zipf([1]), r"exponent must be a number, got \[1\]"),
        (lambda: bounds.Zipf("2"), "exponent must be a number, got '2'"),
        (lambda: bounds.Zipf(HUGE), "exponent must be above 0 and at most 1000, got inf"),
        (lambda: bounds.Zipf(-HUGE), "exponent must be above 0 and at most 1000, got -inf"),
        (lambda: bounds.Zipf(2, types=HUGE), "types must be a whole number, got inf"),
        (lambda: bounds.Uniform(None), "types must be a number, got None"),
        (lambda: bounds.PitmanYor(0.5, None), "concentration must be a number, got None"),
        (lambda: bounds.PitmanYor(0.5, HUGE), "concentration must be a finite number"),
        (lambda: bounds.GrowingUniform(0.5).at("x"), "n_draws must be a number, got 'x'"),
        (lambda: bounds.GrowingUniform(0.5).at(float("nan")), "n_draws must be at least 0, got nan"),
        (lambda: bounds.Mixture((bounds.Zipf(2.0),)), r"pairs \(weight, source\), got Zipf"),
        (lambda: bounds.Mixture(None), r"pairs \(weight, source\), got None"),
        (lambda: bounds.Mixture((("a", bounds.Zipf(2.0)),)), "weight of a component must be a number, got 'a'"),
        (lambda: parse_source(f"zipf:2,types={HUGE}"), "types must be a whole number, got inf"),
        (lambda: parse_source(bounds.Source()), r"source must be of one kind, .* got Source\(\)"),
    ],
)
def test_what_is_no_parameter_of_a_source_gets_one_sentence(call, message):
    with pytest.raises(ValueError, match=message):
        call()
