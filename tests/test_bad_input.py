"""Whatever stands in an argument: a number for what is one, else ONE sentence in a ValueError from this package.

Every argument of each call below is replaced by each of the things that people and programs pass by mistake.
"""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bounds
from tests.public import public

PACKAGE = str(Path(bounds.__file__).parent)
_RNG = np.random.default_rng(0)
_TOKENS = 10 ** _RNG.uniform(9, 12, 12)
_PARAMS = _TOKENS**0.5 * 1e3 * np.exp(_RNG.normal(0, 0.8, 12))
_LOSS = 1.69 + 406.4 / _PARAMS**0.34 + 410.7 / _TOKENS**0.28

NEVER = {
    "NaN": np.nan, "minus infinity": -np.inf, "-1": -1, "text": "abc", "number as text": "5", "bytes": b"5",
    "complex": 1j, "complex array": np.array([1 + 1j]), "dict": {"a": 1}, "object": object(), "function": len,
    "class": float, "ragged": [[1, 2], [3]], "set": {1, 2}, "date": np.datetime64("2020-01-01"),
    "bool array": np.array([True, False]), "text array": np.array(["1", "2"]), "NaN inside": [[1.0, np.nan]],
    "masked": np.ma.masked_array([1.0, 2.0], [True, False]), "10**5000": 10**5000,
}  # fmt: skip
"""None of these is a valid value of any argument below, but for what `TAKEN` names."""

CALLS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "exponent_band": ((0.28,), {}),
    "bernstein_exponent": ((0.28, 0.5), {}),
    "growth_factor": ((0.5, 2), {}),
    "unique_bounds": ((1e12,), {"law": "hoffmann2022", "inversion": "slow", "source": "kausik2024v1",
                                "tokens_per_sequence": 2.0, "loss_range": 10.0, "novelty_cost": 0.6}),
    "efficient_params": ((1e12,), {"law": "hoffmann2022", "params_per_sequence": 2.0, "bits_per_param": 2.0}),
    "bands": ((1e12,), {"laws": "hoffmann2022", "skills": 2, "source": "kausik2024v1", "bits_per_param": 2.0}),
    "exponent_deviation": ((0.01,), {"bernstein": 0.5}),
    "growth_factor_interval": ((0.5, 0.01, 2), {"confidence": 0.9, "method": "fieller"}),
    "log_unique_deviation": ((1e12, [[0.4, 0.02], [0.02, 0.001]]), {"end": "upper"}),
    "top1_excess": ((10, 0.5), {}),
    "top1_growth_exponent": ((0.28, 0.5), {}),
    "capacity_loss": (("zipf:1.7", 100, 1000), {"novelty_cost": 1.0, "irreducible": 0.5}),
    "expected_spectrum": (("zipf:1.7", 100), {"multiplicity": 2}),
    "covariance_unique": (("pitman-yor:0.5", 100, 200), {}),
    "expected_unique_windows": (([0.5, 0.5],), {"length": 3, "n_tokens": 20}),
    "absence_probability": (([0, 1, 1], [0.5, 0.5]), {"n_tokens": 20}),
    "mutual_information": (("santa-fe:1.7,labels=2", 100), {}),
    "forward_kl_add_constant": (([0.5, 0.5], 10), {"added": 1.0}),
    "l1_empirical": (([0.5, 0.5], 10), {}),
    "unique_from_reverse_kl": ((1e6, 0.1), {"exponent": 1.7}),
    "effective_tokens": ((1e9, 1e10), {}),
    "stored_threshold": (("zipf:1.7",), {"members": 10, "quorum": 5}),
    "expected_skills": ((1e4,), {"exponent": 1.7, "members": 10, "quorum": 5, "n_skills": 50}),
    "fit_exponent": (([1e2, 1e3, 1e4, 1e5], [60, 200, 700, 2500]), {"model": "auto", "confidence": 0.95,
                                                                     "window": (1, 1e9)}),
    "fit_loss_law": ((_PARAMS, _TOKENS, _LOSS), {"bootstrap": 0, "seed": 0, "objective": "huber", "delta": 1e-3,
                                                 "drop_highest": 0, "runs": list(range(12)),
                                                 "loss_unit": "bits-per-byte", "bytes_per_token": 4.0}),
    "Zipf": ((1.7, 0.0), {}),
    "PitmanYor": ((0.5, 1.0), {}),
    "Mixture": ((((1.0, bounds.Uniform(3)),),), {}),
    "FrequencySpectrum": (([1, 2], [1, 2], [5, 3]), {}),
    "get_law": (("hoffmann2022",), {}),
    "explain": (("unique_bounds",), {}),
}  # fmt: skip
TAKEN = {("fit_loss_law", "seed", "10**5000")}

SLOTS = [(name, slot) for name, (args, options) in CALLS.items() for slot in (*range(len(args)), *options)]

SETTINGS = {("expected_unique_windows", "length"), ("growth_factor_interval", "confidence")}
"""Arguments that are one number for the whole call."""


def replaced(name, slot, value):
    args, options = CALLS[name]
    if isinstance(slot, int):
        return (*args[:slot], value, *args[slot + 1 :]), options
    return args, options | {slot: value}


def takes_arrays(name, slot):
    args, options = CALLS[name]
    given = args[slot] if isinstance(slot, int) else options[slot]
    return isinstance(given, int | float) and not name.startswith("fit_") and (name, slot) not in SETTINGS


def numbers(result):
    if isinstance(result, bounds.Bound | bounds.Interval):
        return result.lower, result.upper
    if isinstance(result, list):
        return [value for band in result for value in numbers(band.n_unique)]
    return (result,) if isinstance(result, float) else (repr(result),)


@pytest.mark.parametrize(("name", "slot"), SLOTS)
def test_what_is_no_value_of_an_argument_is_one_sentence(name, slot):
    for kind, value in NEVER.items():
        if (name, slot, kind) in TAKEN:
            continue
        args, options = replaced(name, slot, value)
        with pytest.raises(ValueError) as caught:
            pytest.fail(f"{kind} was taken: {public(name)(*args, **options)}")
        told = str(caught.value)
        assert told.strip(), kind
        assert "\n" not in told, (kind, told)
        assert len(told) < 450, (kind, told)
        last = traceback.extract_tb(caught.value.__traceback__)[-1].filename
        assert last.startswith(PACKAGE), (kind, told, last)


BEYOND = [
    lambda: bounds.bands(1e12, bits_per_sequence=1e300),
    lambda: bounds.bands(1e12, params_per_sequence=1e305),
    lambda: bounds.efficient_params(1e12, law="hoffmann2022", bits_per_sequence=[1e300, 1]),
    lambda: bounds.bands(1e12, laws=np.array("hoffmann2022")),
    lambda: bounds.bands(1e12, laws=np.ma.masked),
    lambda: bounds.unique_bounds(1e12, law="hoffmann2022", inversion=np.array("slow")),
    lambda: bounds.unique_bounds([], law="hoffmann2022"),
    lambda: bounds.unique_bounds(np.longdouble("1e4000"), law="hoffmann2022"),
    lambda: bounds.stored_sequences(1e300, bits_per_sequence=1e-300),
    lambda: bounds.stored_sequences(0, bits_per_sequence=5e-324),
    lambda: bounds.params_to_store([1e10, 1e9], bits_per_sequence=1e300),
    lambda: bounds.params_to_store(1e10, bits_per_sequence=1e300, bits_per_param=1e-300),
    lambda: bounds.fit_exponent([1, 2, 3], [1, 2, 3], spectrum=True),
    lambda: bounds.fit_exponent([1, 2, 3], [1, 2, 3], spectrum=float),
    lambda: bounds.fit_exponent([1e2, 1e3, 1e4, 1e5], [60, 200, 700, 2500], confidence=1e-300),
    lambda: bounds.fit_exponent([1e2, 1e3, 1e4, 1e5], [60, 200, 700, 2500], confidence=1 - 1e-16),
    lambda: bounds.fitting.growth_factor_interval(0.5, 0.01, 2, confidence=5e-324),
]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("call", BEYOND)
def test_what_is_beyond_floats_or_holds_nothing_is_one_sentence_without_a_warning(call):
    with pytest.raises(ValueError) as caught:
        call()
    assert len(str(caught.value)) < 450
    assert traceback.extract_tb(caught.value.__traceback__)[-1].filename.startswith(PACKAGE)


@pytest.mark.filterwarnings("error")
def test_what_is_nearly_nothing_is_a_number():
    assert bounds.unique_bounds(1e12, law="hoffmann2022", loss_range=1e300).lower == 1
    assert bounds.draws_threshold(5e-324, members=5, quorum=3) == np.inf


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("n_draws", [2**63 - 1, 2.0**63, 2**62])
def test_edges_of_bins_rise_to_the_largest_corpus(n_draws):
    edges = bounds.FrequencySpectrum.edges(n_draws)
    assert np.all(np.diff(edges) > 0)
    assert edges[-1] > 2**61
    assert bounds.FrequencySpectrum.from_binned(edges, np.ones(len(edges), int)).n_unique == len(edges)


@pytest.mark.parametrize(("name", "slot"), [pair for pair in SLOTS if takes_arrays(*pair)])
def test_arrays_without_dimensions_and_read_only_ones_are_numbers_too(name, slot):
    args, options = CALLS[name]
    given = args[slot] if isinstance(slot, int) else options[slot]
    plain = public(name)(*args, **options)
    single = np.array(given)
    single.flags.writeable = False
    args, options = replaced(name, slot, single)
    found = public(name)(*args, **options)
    for one, other in zip(numbers(found), numbers(plain), strict=True):
        assert one == other
    assert single == given


def test_labels_of_arrays_decide_which_numbers_meet():
    """Two arrays of one length and different dimensions are a table, not pairs."""
    xarray = pytest.importorskip("xarray")
    one, other = xarray.DataArray([0.3, 0.4], dims="x"), xarray.DataArray([0.0, 1.0], dims="y")
    assert bounds.efficiency.bernstein_exponent(one, other).dims == ("x", "y")
    assert bounds.growth_factor(one, other + 1).dims == ("x", "y")
    assert bounds.fitting.exponent_deviation(one, bernstein=other).dims == ("x", "y")
    for function in (
        bounds.efficiency.top1_excess,
        bounds.efficiency.top1_local_rate,
        bounds.efficiency.top1_growth_exponent,
    ):
        table = function(one, other + 1)
        assert table.dims == ("x", "y")
        assert float(table[1, 0]) == function(0.4, 1.0)
