"""Intervals of a loss law where rows are not runs: copies and checkpoints, with the runs named and without.

    python -m tests.test_run_coverage

makes the table of docs/coverage.md, in about five minutes on one core. `pytest -m verification` asserts it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from bounds import fit_loss_law
from tests.law_runs import LAWS, ladder, losses
from tests.test_coverage import write
from tests.test_run_groups import checkpoints

DATASETS = 50
BOOTSTRAP = 200
LAW = LAWS["Hoffmann"]
CONSTANTS = {"E": "irreducible", "α": "param_exponent", "β": "data_exponent"}


def doubled(rng: np.random.Generator):
    """60 independent runs, every row twice."""
    n_params, n_tokens = ladder(rng, 60)
    rows = n_params, n_tokens, losses(rng, LAW, n_params, n_tokens, outliers=0)
    return tuple(np.tile(column, 2) for column in rows), np.tile(np.arange(60), 2)


DESIGNS: dict[str, Callable] = {
    "60 runs, every row twice": doubled,
    "12 runs of 16 checkpoints": lambda rng: checkpoints(rng, 12),
}


def measure(design: str, named: bool, datasets: int = DATASETS) -> dict[str, tuple[float, float, float]]:
    """Of each constant: share of data sets without an interval, coverage among the others, their mean width.

    And under "noted" the share of data sets whose notes name the runs as what is missing.
    """
    found: dict[str, list] = {letter: [] for letter in CONSTANTS}
    noted = 0
    for number in range(datasets):
        rows, labels = DESIGNS[design](np.random.default_rng([60, len(design), number]))
        fit = fit_loss_law(*rows, runs=labels if named else None, bootstrap=BOOTSTRAP, seed=number)
        noted += any("--run-column" in note.text for note in fit.notes)
        for letter, name in CONSTANTS.items():
            interval = fit.interval(name)
            if interval is not None:
                found[letter].append((getattr(LAW, name) in interval, interval.width))
    table = {}
    for letter, values in found.items():
        covered, width = np.mean(values, axis=0) if values else (np.nan, np.nan)
        table[letter] = (1 - len(values) / datasets, float(covered), float(width))
    return table | {"noted": (noted / datasets, np.nan, np.nan)}


@pytest.mark.verification
@pytest.mark.parametrize("design", DESIGNS)
def test_intervals_of_named_runs_cover(design):
    """At least .90 of 95 % intervals, less three standard errors of a share; without names it is said what is wrong."""
    found = measure(design, True, 50)
    for letter in CONSTANTS:
        silent, covered, _ = found[letter]
        assert silent == 1 or covered >= 0.90 - 3 * np.sqrt(0.09 / 50), (letter, found)
    assert found["noted"][0] == 0
    assert measure(design, False, 10)["noted"][0] == 1


def rows_of(design: str, named: bool, found: dict[str, tuple[float, float, float]]) -> list[str]:
    """Lines of the table."""
    lines, noted = [], found["noted"][0]
    for letter in CONSTANTS:
        silent, covered, width = found[letter]
        numbers = f"{silent:.3f} | {covered:.3f} | {width:.4f} | {noted:.3f}"
        lines.append(f"| {design} | {'yes' if named else 'no'} | {DATASETS} | {letter} | {numbers} |")
    return lines


def main() -> None:
    lines = [
        "| rows | runs named | data sets | constant | no interval | coverage of 95 % | mean width | told to name |",
        "|---" * 8 + "|",
    ]
    for design in DESIGNS:
        for named in (False, True):
            rows = rows_of(design, named, measure(design, named))
            lines += rows
            print(*rows, sep="\n", flush=True)
    write("runs of a loss law", "\n".join(lines))


if __name__ == "__main__":
    main()
