"""Large numbers are written in one way wherever a reader meets them: 5B and 4.49e23, never 5e+09."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from bounds.base.one_number import number, written
from experiments.__main__ import main as experiments_main
from experiments.backtest import protocol
from tests import test_widths as widths
from tests.tables import other_style

MORE = [
    ("bounds", "laws --compute 1"),
    ("bounds", "band 1000000T --explain"),
    ("bounds", "band 1M --law kaplan2020 --params-per-sequence 1e7 --explain"),
    ("bounds", "plan --flops 1e30 --tokens 1e15 --explain"),
    ("bounds", "plan --target-loss 1.9 --law epoch2024 --explain"),
    ("bounds", "explain growing_types.growing"),
    ("bounds", "explain unique_upper_fast"),
    ("simulate", "sweep --dry-run --n-draws 1e6:1e12:5"),
    ("simulate", "sweep --source zipf:1.5 --n-draws 1e6:1e12:3 --replicates 2 --explain"),
    ("simulate", "skills --dry-run --n-draws 1e3:1e15:13 --engine arrivals"),
    ("simulate", "suite --dry-run"),
]
"""Commands whose answers are large, beside those of `tests.test_widths` and `tests.test_studies`."""
LOAD = protocol.load


@pytest.mark.parametrize(
    ("value", "text"),
    [(950, "950"), (1234.5, "1230"), (1e6, "1e6"), (5e9, "5e9"), (4.49e23, "4.49e23"), (1.5e-7, "1.5e-7"),
     (0.58, "0.58"), (999_999.0, "999999"), (123_456.7, "123000"), (-2e7, "-2e7"), (math.inf, "∞"), (None, "–")],
)  # fmt: skip
def test_a_number_has_no_plus_in_its_exponent(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(950, "950"), (1234.5, "1234"), (12_345, "12.3K"), (5e9, "5B"), (2.2e7, "22M"), (1e12, "1T"), (1e15, "1000T"),
     (9.9951e14, "1000T"), (5.8e23, "5.8e23")],
)  # fmt: skip
def test_a_count_has_a_letter(value, text):
    assert written(value) == text


def test_the_other_style_is_found():
    assert other_style("fitted on 5e+09 tokens") == ["fitted on 5e+09 tokens"]
    assert other_style("5B\np = 1e-07") == ["p = 1e-07"]
    assert not other_style("Zipf-e+beta; 4.49e23, 1e-7, x = e+1")


@pytest.mark.parametrize(("module", "command"), MORE)
def test_no_command_prints_the_other_style(module, command):
    assert not other_style(widths.output(module, command, 500))


SOME = ("marin-dclm", "llama3")
"""Series of two families, which take the backtest a tenth of the time of all sixteen."""


@pytest.mark.data
@pytest.mark.parametrize(
    ("arguments", "series"),
    [
        ("run budget --explain", ()),
        pytest.param("backtest --explain", SOME, marks=pytest.mark.verification),
        pytest.param("backtest --explain", (), marks=pytest.mark.verification),
    ],
)
def test_no_experiment_prints_the_other_style(arguments, series, monkeypatch):
    """What the backtest prints of all sixteen series stands in docs/prediction.md, which is looked at below."""
    if series:
        monkeypatch.setattr(protocol, "load", lambda folder: (runs := LOAD(folder))[runs.series.isin(series)])
    found = CliRunner(env={"COLUMNS": "500"}).invoke(experiments_main, arguments.split())
    assert found.exit_code in (0, 4), found.output
    assert all(one in found.stdout for one in series)
    assert not other_style(found.stdout)


@pytest.mark.parametrize("page", sorted(Path(__file__).parent.parent.glob("docs/*.md")), ids=lambda page: page.name)
def test_no_page_shows_the_other_style(page):
    """But for what Python itself prints."""
    blocks = re.sub(r"```python\n.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert not other_style(blocks)
