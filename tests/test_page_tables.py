"""Rows of the tables of docs/coverage.md are measured again: some of each, since all of them take hours.

A table whose numbers are changed by hand is found without: `tests.page_numbers` has the seals.
"""

from __future__ import annotations

import pytest

from tests import test_law_coverage as laws
from tests import test_run_coverage as runs
from tests import test_separate_corpora as apart
from tests.page_numbers import Page
from tests.test_coverage import ALONE, DATASETS, FEWER, MAIN, OTHERS, SETTINGS, measure, table

pytestmark = pytest.mark.verification
LINES = Page.read("docs/coverage.md").text.splitlines()
BY_NAME = {law.label: law for law in (*MAIN, *OTHERS)}


@pytest.mark.parametrize(("name", "settings", "datasets"), [
    ("PY d=0.58 θ=1000", tuple(SETTINGS), DATASETS), ("PY d=0.58 θ=1000", tuple(ALONE), 5 * DATASETS),
    ("uniform on 1e6, D=1e5", FEWER, DATASETS // 5), ("PY d=0.58 θ=1000, D=1e5", FEWER, DATASETS // 5),
    ("Zipf γ=0.58 q=100, D=1e5", FEWER, DATASETS // 5), ("Zipf s=1.2, 1e4 types, D=1e5", FEWER, DATASETS // 5),
])  # fmt: skip
def test_rows_of_laws_are_what_is_measured(name, settings, datasets):
    rows = table(measure(BY_NAME[name], settings, datasets)).splitlines()[2:]
    assert [row for row in rows if row not in LINES] == []


@pytest.mark.parametrize(("law", "replicates", "datasets", "grid_name"), [
    (apart.LAWS[0], 1, 40, ""), (apart.LAWS[6], 8, 30, ""), (apart.OTHER_LAWS[1], 4, 40, "300 – 3e4, 5 sizes"),
])  # fmt: skip
def test_rows_of_corpora_drawn_apart_are_what_is_measured(law, replicates, datasets, grid_name):
    sizes = apart.OTHER_SIZES[grid_name] if grid_name else apart.SIZES
    (row,) = table([apart.measure(law, replicates, datasets, sizes, grid_name)]).splitlines()[2:]
    assert row in LINES


def test_rows_of_loss_laws_are_what_is_measured():
    setting = "60 runs, 2 outliers"
    found = laws.measure(laws.LAWS["Hoffmann"], laws.SETTINGS[setting], 100)
    assert [row for row in laws.rows_of("Hoffmann", setting, 100, found) if row not in LINES] == []


@pytest.mark.parametrize("name", ["10 sizes at 20 tokens a parameter, batches of 0.5M", "3 × 3 over a decade each"])
def test_rows_of_designs_are_what_is_measured(name):
    found = laws.measure_design(name, laws.LAWS["Hoffmann"])
    assert laws.design_row("Hoffmann", name, laws.DESIGN_DATASETS, *found) in LINES


def test_rows_of_runs_are_what_is_measured():
    design = "12 runs of 16 checkpoints"
    assert [row for row in runs.rows_of(design, True, runs.measure(design, True)) if row not in LINES] == []
