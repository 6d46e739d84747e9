"""Formulas of a page are read as they are written, and a wrong one is found."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.page_formulas import holds, stated, value
from tests.page_numbers import Page

P = np.array([0.5, 0.3, 0.2])


@pytest.mark.parametrize(
    ("text", "letters", "worth"),
    [
        ("Σ [1 - (1 - p)^D]", {"p": P, "D": 4}, sum(1 - (1 - P) ** 4)),
        ("D p² e^(-Dp)/k!", {"p": 0.3, "D": 4, "k": 3}, 4 * 0.09 * math.exp(-1.2) / 6),
        ("Σ_{p ≥ 1/D} √(p/D) + 2 Σ_{p < 1/D} p", {"p": P, "D": 4}, math.sqrt(0.5 / 4) + math.sqrt(0.3 / 4) + 0.4),
        ("(θ/d) (θ + d)_n/(θ)_n", {"θ": 2.0, "d": 0.5, "rising": lambda x: x * (x + 1)}, 4 * 2.5 * 3.5 / 6),
        ("-e^{-x} + ln(2 x)", {"x": 1.5}, -math.exp(-1.5) + math.log(3)),
        ("1/(2D) - D^-1 f(D + 1, 2)", {"D": 4, "f": lambda a, b: a * b}, 1 / 8 - 10 / 4),
        ("((k - 1)/2) ln n + ln k", {"k": 3, "n": 7}, math.log(7) + math.log(3)),
    ],
)
def test_formulas_are_read_as_they_are_written(text, letters, worth):
    assert value(text, **letters) == pytest.approx(worth, rel=1e-14)


def test_letters_without_a_meaning_are_refused():
    with pytest.raises(ValueError, match="'y' in '1 \\+ y' has no meaning here"):
        value("1 + y", x=1)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("E U(D) = Σ [1 - (1 - p)^D]", "E U(D) = Σ [1 - (1 - p)^(D-1)]"),
        ("0 ≤ 1 - p ≤ e^(-p)", "0 ≤ 1 - p ≤ e^(-2p)"),
        ("1/2 ≈ 0.501 < 0.6", "1/2 ≈ 0.51 < 0.6"),
    ],
)
def test_each_side_stands_to_the_next_as_it_says(right, wrong):
    letters: dict[str, Any] = {"p": P, "D": 4, "E U(D)": float(np.sum(1 - (1 - P) ** 4))}
    assert holds(right, **letters)
    assert not holds(wrong, **letters)
    assert not holds("p", **letters)


def test_a_statement_gives_its_numbers_where_its_formulas_are_right():
    page = Page("a page", "So γ = 1 - 2β, and it is .44\nat β = .28.")
    good = stated("γ = ⟦1 - 2β⟧, and it is ⟦.44⟧ at ⟦β = .28⟧", lambda: {"β": 0.28}, 0.44, lambda found: found == 0.44)
    assert list(good.faults(page)) == []
    other = Page("a page", page.text.replace("2β", "3β"))
    assert list(good.faults(other)) == ["3 is 2: γ = 1 - 3β, and it is .44\nat β = .28"]
    for bad in ("γ = ⟦1 - 2β⟧, and it is", "⟦.44⟧ at ⟦β = .28⟧"):
        with pytest.raises(AssertionError):
            list(stated(bad, lambda: {"β": 0.281}, 0.44).faults(page))
