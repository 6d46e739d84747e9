"""The published strategies give what they say, over the whole of what they say."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

import bounds
from bounds import testing

patient = settings(suppress_health_check=list(HealthCheck), deadline=None)


@given(testing.sources(), testing.n_draws())
def test_the_example_of_the_docstring(source, n):
    assert 1 <= bounds.expected_unique(source, n) <= min(n, source.n_types)


@given(st.one_of(testing.sources(), testing.santa_fe_sources(), testing.window_sources()))
def test_sources_read_back(source):
    assert bounds.parse_source(str(source)) == source


@given(testing.probabilities(), testing.chains(), testing.quorums(), testing.loss_curves())
def test_small_things_are_valid(probabilities, chain, quorum, curve):
    assert math.fsum(probabilities) == pytest.approx(1)
    assert min(probabilities) > 0
    assert all(math.fsum(row) == pytest.approx(1) and len(row) == len(chain) for row in chain)
    members, needed = quorum
    assert 1 <= needed <= members
    B, beta = curve
    assert 0 < B * 2e10**-beta <= 3.0001


@given(testing.loss_laws(), testing.n_params(), testing.n_tokens())
def test_laws_give_losses(law, n_params, n_tokens):
    assert law.loss(n_params, n_tokens) > law.irreducible


@given(testing.spectra())
def test_spectra_are_spectra(spectrum):
    assert spectrum.n_unique >= 1


@pytest.mark.parametrize("name", [name for name in testing.__all__ if name.endswith("_sources")])
def test_every_kind_of_source_is_drawn(name):
    assert isinstance(find(getattr(testing, name)(), lambda source: True, settings=patient), bounds.Source)


def test_every_magnitude_is_drawn():
    thorough = settings(patient, max_examples=500)
    for low, high in ((1, 10), (10**9, 10**10), (10**17, 10**18)):
        assert low <= find(testing.counts(), range(low, high).__contains__, settings=thorough) < high
    assert find(testing.counts(), lambda n: True) == 1, "small numbers come first"


def test_bounds_itself_does_not_need_hypothesis():
    program = "import sys; sys.modules['hypothesis'] = None; import bounds; bounds.expected_unique('zipf:2', 9)"
    subprocess.run([sys.executable, "-c", program], check=True)
    program = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "try: import bounds.testing\nexcept ModuleNotFoundError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert "pip install hypothesis" in done.stdout
