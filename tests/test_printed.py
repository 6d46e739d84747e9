"""What evaluates a formula without sympy gives, to the last digit, what sympy makes of its text."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from bounds.base.formula.printed import PRINTED
from bounds.base.formula.statement import lambdified
from bounds.catalogue import formulas

FORMULAS = {formula.text: formula for formula in formulas().values() if formula.text in PRINTED}

COMMANDS = [
    ("bounds", "band", "1.4T"),
    ("bounds", "laws", "--compute", "1e21"),
    ("simulate", "sweep", "--source=zipf:1.724", "--n-draws=1e3:1e4:5", "--replicates=2"),
]


def test_every_entry_is_the_text_of_a_formula():
    assert set(FORMULAS) == set(PRINTED)


@pytest.mark.parametrize("text", FORMULAS)
def test_same_bits_as_through_sympy(text):
    """Up to the order of terms, which sympy lets depend on what it printed before."""
    formula, rng = FORMULAS[text], np.random.default_rng(len(text))
    through = lambdified(text, formula.arguments, formula.own)
    given = 10 ** rng.uniform(-1.5, 1.5, (len(formula.arguments), 300))
    with np.errstate(all="ignore"):
        found, expected = formula.function(*given), through(*given)
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=4e-15, atol=0)
        for one in given.T[:20]:  # plain numbers, as commands pass them
            np.testing.assert_allclose(formula.function(*one), through(*one), rtol=4e-15, atol=0)


@pytest.mark.parametrize(
    ("text", "value"), [("Max(1/s - 1, -1/2)", [-1 / 6, -1 / 2]), ("Min(2, Max(1, s), s**2)", [1.2, 2.0])]
)
def test_the_largest_and_the_smallest_of_numbers_and_arrays(text, value):
    """The declared versions of sympy do not print these alike."""
    found = lambdified(text, ("s",), ())
    np.testing.assert_allclose(found(np.array([1.2, 4.0])), value, rtol=1e-15)
    assert [float(found(s)) for s in (1.2, 4.0)] == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: f"{command[0]} {command[1]}")
def test_commands_do_without_sympy_and_scipy_stats(command, tmp_path):
    """And without what they do not draw or write; loading these takes longer than many a command."""
    module, *arguments = command
    code = (
        f"import sys, runpy; sys.argv = [{module!r}, *{arguments!r}]\n"
        f"try:\n    runpy.run_module({module!r}, run_name='__main__')\n"
        "except SystemExit as ended:\n    assert not ended.code\n"
        "print('loaded:', *sorted({'sympy', 'scipy.stats', 'matplotlib', 'h5netcdf', 'zarr'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].split() == ["loaded:"]
