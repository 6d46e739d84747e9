"""Tables of docs/loss.md beside what is measured anew: of the texts of the data folder, and of made curves.

Texts that systems install differ from one to the next; what the page says of them has a seal (`tests.page_numbers`).
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from tests.loss_corpora import row_of_coverage, row_of_text
from tests.loss_texts import measured
from tests.page_numbers import Page
from tests.test_loss_curves import CURVES, DESIGNS, row_of

PAGE = Page.read("docs/loss.md")
LINES = PAGE.text.splitlines()


@pytest.mark.verification
def test_the_page_has_what_was_said_of_made_curves():
    rows = [row_of(name, *design) for design in DESIGNS for name in CURVES]
    assert [row for row in rows if row not in LINES] == []


@pytest.mark.data
@pytest.mark.verification
@pytest.mark.parametrize("unit", ["byte", "word"])
def test_intervals_of_the_novels_hold_as_often_as_the_page_says(unit, tmp_path):
    assert row_of_coverage("eng_novels", unit, tmp_path) in LINES


@pytest.mark.data
@pytest.mark.verification
@pytest.mark.parametrize("unit", ["byte", "word"])
def test_a_text_has_the_row_that_it_has_on_the_page(unit, tmp_path):
    found = measured("eng_shakespeare", tmp_path, unit)
    assert found is not None
    assert row_of_text("eng_shakespeare", found) in LINES


def test_correlations_are_those_of_the_tables():
    """Of Kneser–Ney, up to what rounding to two digits does to ranks and to ends."""
    found = PAGE.table("| unit, learner | of | k = 1 |")
    for nth, unit in enumerate(("byte", "word")):
        rows = PAGE.table("| text | D | L(D) |", nth)
        beta = np.array([float(row["β, all the same"]) for row in rows])
        slopes = np.array([[float(slope) for slope in row["γ_1 … γ_6"].split()] for row in rows])
        at = next(i for i, row in enumerate(found) if row["unit, learner"] == f"{unit}, Kneser–Ney")
        (_, _, *ranks), (_, within, *held) = (list(row.values()) for row in found[at : at + 2])
        assert within == f"within, of {len(rows)}"
        exact = [spearmanr(column, beta).statistic for column in slopes.T]
        assert np.array(ranks, float) == pytest.approx(exact, abs=0.15)
        inside = (1 - 2 * beta[:, None] <= slopes) & (slopes <= 1 - beta[:, None])
        assert np.array(held, int) == pytest.approx(inside.sum(axis=0), abs=1)
