"""The test vectors of the theory, computed by the public functions."""

import pytest

from tests.vectors import QUANTITIES, load

VECTORS = load()
COVERED = {
    "A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "B2", "B3", "B4", "B5", "B6", "B7", "B8",
    "C1", "C2", "C4", "D1", "D2", "D3", "D4", "E1",
}  # fmt: skip
"""Sections of which every vector must be computable; the others as far as QUANTITIES knows them."""


def test_every_vector_of_the_covered_sections_has_a_function():
    unknown = {v["quantity"] for v in VECTORS if v["eq"] in COVERED and v["quantity"] not in QUANTITIES}
    assert not unknown


@pytest.mark.parametrize(
    "vector",
    [vector for vector in VECTORS if vector["quantity"] in QUANTITIES],
    ids=lambda vector: f"{vector['id']}-{vector['quantity']}",
)
def test_vector(vector):
    value = QUANTITIES[vector["quantity"]](vector["params"])
    assert value == pytest.approx(float(vector["value"]), rel=vector["rtol_fp64"], abs=0)
