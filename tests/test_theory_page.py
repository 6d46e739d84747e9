"""docs/theory.md has what the code cites: every label of a formula or a docstring stands there as a statement."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import numpy as np
import pytest

import bounds

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "theory.md").read_text(encoding="utf-8")
LABEL = re.compile(r"(?<![\w-])[A-E][1-9](?:-[ivx]+)?(?![\w*^])")
STATED = set(re.findall(r"^### ([A-E]\d)\. ", PAGE, re.M)) | set(
    re.findall(r"^\*\*([A-E]\d-[ivx]+)\.\*\* ", PAGE, re.M)
)


def cited(path: Path) -> set[str]:
    """Labels in the docstrings of a module; comments and code have letters of other meanings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    words = [ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, kinds)]
    return set(LABEL.findall(" ".join(words)))


@pytest.mark.parametrize("room", ["bounds", "simulate"])
def test_labels_that_docstrings_cite_are_stated(room):
    for path in (ROOT / room).rglob("*.py"):
        assert cited(path) <= STATED, path


def test_labels_that_formulas_cite_are_stated():
    labels = {label for formula in bounds.formulas().values() for label in LABEL.findall(formula.equation)}
    assert len(labels) > 30
    assert labels <= STATED


def test_a_label_that_is_not_stated_is_noticed():
    assert "B7-vi" not in STATED
    assert LABEL.findall("by B7-vi and A4, not BA4 or A4x") == ["B7-vi", "A4"]


@pytest.mark.parametrize("page", ["theory.md", "from-loss-to-exponent.md"])
def test_pages_name_labels_and_files_that_exist(page):
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert set(LABEL.findall(text)) <= STATED
    for name in re.findall(r"\]\(([\w.-]+\.md)\)", text):
        assert (ROOT / "docs" / name).is_file(), name


def test_numbers_of_the_pages():
    """Worked numbers of both pages, to the digits that they print."""
    text = " ".join((PAGE + (ROOT / "docs" / "from-loss-to-exponent.md").read_text(encoding="utf-8")).split())
    at, epoch = bounds.unique_bounds(1e12, law="hoffmann2022"), bounds.exponent_band(0.3658)
    factors = [bounds.growth_factor(exponent, k=2) for exponent in (0.44, 0.58, 0.72)]
    printed = {
        "is about 3·10⁸": (at.lower, 3e8, 0.5e8),
        "about 4·10¹¹": (at.upper, 4e11, 0.5e11),
        "below 2.6·10¹⁰ tokens": ((2 * 410.7) ** (1 / 0.28), 2.6e10, 0.05e10),
        "ln 50257 = 10.8 nats": (float(np.log(50257)), 10.8, 0.05),
        "twice the skills 4.83, 3.30 or 2.62 times": (factors, [4.83, 3.30, 2.62], 0.005),
        "the exponents are .27, .45 and .63": ([epoch.lower, epoch.midpoint, epoch.upper], [0.27, 0.45, 0.63], 0.005),
        "from 1.33 at γ = .44": (bounds.divergence.reverse_kl_constant(1 / 0.44), 1.33, 0.005),
        "to 3.13 at γ = .72": (bounds.divergence.reverse_kl_constant(1 / 0.72), 3.13, 0.005),
        "is .582 at D = V": (bounds.local_exponent("uniform:1e9", 1e9), 0.582, 0.0005),
    }
    for words, (value, shown, half_digit) in printed.items():
        assert words in text
        assert value == pytest.approx(shown, abs=half_digit), words
