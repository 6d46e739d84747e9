"""Do the intervals of `fit_loss_law` hold the planted truth as often as they say? Measured, and written to a page.

    python -m tests.test_law_coverage

makes the table of docs/coverage.md, in fifteen minutes on one core. `pytest -m verification` asserts it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from bounds import LossLaw, fit_loss_law, unique_bounds
from tests.law_runs import LAWS, ladder, losses
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


def main() -> None:
    started = time.perf_counter()
    lines = [
        "| law | runs | quantity | coverage of 90 % | coverage of 95 % | mean width, 95 % | bias |",
        "|---" * 7 + "|",
    ]
    for law_name, law in LAWS.items():
        for setting_name, setting in SETTINGS.items():
            found = measure(law, setting)
            for name in QUANTITIES:
                (low, _, _), (high, width, bias) = found[name, 0.90], found[name, 0.95]
                lines.append(
                    f"| {law_name} | {setting_name} | {name} | {low:.3f} | {high:.3f} | {width:.4f} | {bias:+.4f} |"
                )
                print(lines[-1], flush=True)
    write("loss laws", "\n".join(lines))
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
