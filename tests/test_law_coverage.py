"""Do the intervals of `fit_loss_law` hold the planted truth as often as they say? Measured, and written to a page.

    python -m tests.test_law_coverage constants [data sets]
    python -m tests.test_law_coverage designs [data sets]

make the tables of docs/coverage.md. `pytest -m verification` asserts them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from bounds import LossLaw, fit_loss_law, unique_bounds
from tests.law_runs import DESIGNS, LAWS, ladder, losses
from tests.test_coverage import write

DATASETS = 400
BOOTSTRAP = 600
LEVELS = (0.90, 0.95)
SEED = 20_240_215

QUANTITIES: dict[str, Callable[[LossLaw], float]] = {
    "E": lambda law: law.irreducible,
    "ln A": lambda law: np.log(law.param_coefficient),
    "α": lambda law: law.param_exponent,
    "ln B": lambda law: np.log(law.data_coefficient),
    "β (and every exponent γ)": lambda law: law.data_exponent,
    "N of 5.76e23 FLOP": lambda law: np.log(law.optimal(5.76e23)[0]),
    "U at 1e12 tokens, lower": lambda law: np.log(unique_bounds(1e12, law=law).lower),
    "U at 1e12 tokens, upper": lambda law: np.log(unique_bounds(1e12, law=law).upper),
}
SETTINGS = {
    "240 runs, Student's t errors of .004, 5 outliers": {},
    "240 runs, the same without outliers": {"outliers": 0},
    "60 runs, 2 outliers": {"runs": 60, "outliers": 2},
}


def fits(law: LossLaw, setting: dict, datasets: int) -> Iterator:
    noise = {key: value for key, value in setting.items() if key != "runs"}
    for number in range(datasets):
        rng = np.random.default_rng([SEED, round(1e4 * law.data_exponent), len(noise), number])
        n_params, n_tokens = ladder(rng, setting.get("runs", 240))
        observed = losses(rng, law, n_params, n_tokens, **noise)
        yield fit_loss_law(n_params, n_tokens, observed, bootstrap=BOOTSTRAP, seed=number)


def measure(
    law: LossLaw, setting: dict, datasets: int = DATASETS
) -> dict[tuple[str, float], tuple[float, float, float]]:
    """Coverage and mean width of the intervals of each quantity at each level, and the bias of the estimate."""
    inside: dict[tuple[str, float], list] = {}
    for fit in fits(law, setting, datasets):
        for name, quantity in QUANTITIES.items():
            truth, estimate = quantity(law), quantity(fit.law)
            for level in LEVELS:
                low, high = fit.interval_of(quantity, level)
                inside.setdefault((name, level), []).append((low <= truth <= high, high - low, estimate - truth))
    return {key: tuple(np.mean(values, axis=0)) for key, values in inside.items()}


@pytest.mark.verification
@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_intervals_cover_within_monte_carlo_error(law):
    """No coverage below its nominal level by more than three standard errors of a share."""
    for (name, level), (covered, _, _) in measure(law, {}).items():
        assert covered >= level - 3 * np.sqrt(level * (1 - level) / DATASETS), (name, level, covered)


# Designs from degenerate to plentiful: what has an interval, and does it hold?

CONSTANTS = {"α": "param_exponent", "β": "data_exponent", "E": "irreducible"}
DESIGN_DATASETS, DESIGN_BOOTSTRAP, DESIGN_NOISE = 30, 200, 0.003
NOTHING = 0.05
"""Largest share of data sets in which a constant that a design cannot decide may be given an interval."""
UNIDENTIFIED = {
    "3 sizes, 2 of them apart by padding, 4 corpora": "αE",
    "4 sizes 1 % apart, 4 corpora": "αE",
    "10 sizes at 20 tokens a parameter, batches of 0.5M": "αβE",
    "24 sizes, D = 20 N ± 2 %": "αβE",
    "one budget of 20 runs, D/N jittered by 1e-3": "αβE",
}
IDENTIFIED = (
    "3 × 3 over a decade each", "4 × 4 over a decade each", "5 × 5 over a decade each", "4 × 4 over two decades each",
    "9 IsoFLOP budgets of 6 models", "245 runs like those of Hoffmann et al.",
)  # fmt: skip


def measure_design(
    name: str, law: LossLaw, datasets: int = DESIGN_DATASETS, noise: float = DESIGN_NOISE
) -> tuple[dict[str, tuple[float, float, float]], float]:
    """For each constant the share of data sets with an interval, coverage and median width; the share with notes."""
    found: dict[str, list] = {letter: [] for letter in CONSTANTS}
    notes = 0
    for number in range(datasets):
        rng = np.random.default_rng([SEED, number])
        n_params, n_tokens = DESIGNS[name](rng)
        observed = law.loss(n_params, n_tokens) * np.exp(noise * rng.normal(size=len(n_params)))
        fit = fit_loss_law(n_params, n_tokens, observed, bootstrap=DESIGN_BOOTSTRAP, seed=number)
        notes += bool(fit.notes)
        for letter, constant in CONSTANTS.items():
            interval = fit.interval(constant)
            if interval is not None:
                found[letter].append((getattr(law, constant) in interval, interval.width))
    shares = {
        letter: (len(pairs) / datasets, *(np.mean(pairs, 0)[0], np.median(pairs, 0)[1])) if pairs else (0.0, None, None)
        for letter, pairs in found.items()
    }
    return shares, notes / datasets


def design_row(law_name: str, name: str, datasets: int, shares: dict, notes: float) -> str:
    """A line of the table."""
    cells = [
        f"{given:.2f} | – | –" if covered is None else f"{given:.2f} | {covered:.2f} | {width:.3g}"
        for given, covered, width in shares.values()
    ]
    return f"| {law_name} | {name} | {datasets} | {' | '.join(cells)} | {notes:.2f} |"


@pytest.mark.verification
@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
@pytest.mark.parametrize("name", DESIGNS)
def test_what_is_not_identified_has_no_interval_and_what_is_has_one_that_holds(name, law):
    shares, _ = measure_design(name, law)
    for letter, (given, covered, _) in shares.items():
        if letter in UNIDENTIFIED.get(name, ""):
            assert given <= NOTHING, (letter, given)
        if name in IDENTIFIED:
            assert given >= 0.9, (letter, given)
        if given * DESIGN_DATASETS >= 10:
            assert covered >= 0.90 - 3 * np.sqrt(0.9 * 0.1 / (given * DESIGN_DATASETS)), (letter, covered)


def designs(datasets: int = DESIGN_DATASETS) -> None:
    """The table of designs."""
    head = " | ".join(f"{letter} given | coverage | width" for letter in CONSTANTS)
    lines = [f"| law | runs | data sets | {head} | with notes |", "|---" * 13 + "|"]
    for law_name, law in LAWS.items():
        for name in DESIGNS:
            lines.append(design_row(law_name, name, datasets, *measure_design(name, law, datasets)))
            print(lines[-1], flush=True)
    write("designs of loss laws", "\n".join(lines))


def rows_of(law_name: str, setting_name: str, datasets: int, found: dict) -> list[str]:
    """Lines of the table of constants."""
    lines = []
    for name in QUANTITIES:
        (low, _, _), (high, width, bias) = found[name, 0.90], found[name, 0.95]
        numbers = f"{low:.3f} | {high:.3f} | {width:.4f} | {bias:+.4f}"
        lines.append(f"| {law_name} | {setting_name} | {datasets} | {name} | {numbers} |")
    return lines


def constants(datasets: int = DATASETS) -> None:
    """The table of constants."""
    started = time.perf_counter()
    lines = [
        "| law | runs | data sets | quantity | coverage of 90 % | coverage of 95 % | mean width, 95 % | bias |",
        "|---" * 8 + "|",
    ]
    for law_name, law in LAWS.items():
        for setting_name, setting in SETTINGS.items():
            rows = rows_of(law_name, setting_name, datasets, measure(law, setting, datasets))
            lines += rows
            print(*rows, sep="\n", flush=True)
    write("loss laws", "\n".join(lines))
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    {"constants": constants, "designs": designs}[sys.argv[1]](*map(int, sys.argv[2:]))
