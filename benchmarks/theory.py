"""What the theory costs: a point of E U(D), and a loss law with a thousand bootstrap refits.

    python benchmarks/theory.py

Each is run beside a named peer, in turn, and the answers are compared: E U against the plain sum over ranks that
numpy users write (1e6 ranks, one point), the fit against one direct minimisation of the same objective by scipy's
Nelder-Mead a resample. Prints medians of ratios of CPU time; exits 1 where a target is missed.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import minimize

import bounds

POINTS = 100_000
RESAMPLES = 1000
RUNS = 5


def cpu(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of CPU time of `work`, and what it returned."""
    begin = time.process_time()
    result = work()
    return time.process_time() - begin, result


def mean_of_unique() -> bool:
    """Microseconds a point at D = 1e3 and at 1e18, and the ratio to the plain sum at 1e3."""
    small = np.linspace(500, 2000, POINTS).round()
    large = np.linspace(5e17, 2e18, POINTS).round()
    ranks = np.arange(1.0, 1e6 + 1)
    p = bounds.counts.zipf_normaliser("zipf:1.724") * ranks**-1.724

    def plain() -> float:
        return float(np.sum(-np.expm1(1000 * np.log1p(-p))))

    bounds.expected_unique("zipf:1.724", small[:10])
    assert abs(plain() / bounds.expected_unique("zipf:1.724", 1000) - 1) < 1e-3  # the plain sum stops at rank 1e6
    times: dict[str, list[float]] = {name: [] for name in ("1e3", "1e18", "plain")}
    for _ in range(RUNS):
        times["1e3"].append(cpu(lambda: bounds.expected_unique("zipf:1.724", small))[0] / POINTS)
        times["1e18"].append(cpu(lambda: bounds.expected_unique("zipf:1.724", large))[0] / POINTS)
        times["plain"].append(cpu(plain)[0])
    good = True
    for name in ("1e3", "1e18"):
        micro = [1e6 * t for t in times[name]]
        ratio = statistics.median(a / b for a, b in zip(times["plain"], times[name], strict=True))
        print(
            f"E U at D = {name:4s}: {statistics.median(micro):6.2f} µs a point (target 10), {ratio:9.0f} x a plain sum"
        )
        good &= statistics.median(micro) <= 10
    return good


def loss_law() -> bool:
    """Seconds for a fit of 240 runs with 1000 refits, and the ratio to as many direct minimisations."""
    rng = np.random.default_rng(0)
    flops = 10 ** rng.uniform(18.2, 21.8, 240)
    n_params = np.sqrt(flops / 120) * np.exp(rng.normal(0, 0.8, 240))
    n_tokens = flops / (6 * n_params)
    loss = bounds.LAWS["epoch2024"].loss(n_params, n_tokens) * np.exp(0.004 * rng.standard_t(5, 240))
    x, y, target = np.log(n_params / 1e9), np.log(n_tokens / 1e10), np.log(loss)

    def objective(v: np.ndarray) -> float:
        r = np.abs(np.log(np.exp(v[0]) + np.exp(v[1] - v[2] * x) + np.exp(v[3] - v[4] * y)) - target)
        return float(np.sum(np.where(r < 1e-3, r * r / 2e-3, r - 5e-4)))

    start = np.array([0.6, -1.0, 0.35, -0.9, 0.35])
    options = {"maxiter": 5000, "maxfev": 5000, "xatol": 1e-7, "fatol": 1e-11}
    ours, ratios = [], []
    for _ in range(RUNS):
        seconds, found = cpu(lambda: bounds.fit_loss_law(n_params, n_tokens, loss, bootstrap=RESAMPLES))
        once, direct = cpu(lambda: minimize(objective, start, method="Nelder-Mead", options=options))
        assert found.value <= direct.fun * (1 + 1e-8)
        ours.append(seconds)
        ratios.append((RESAMPLES + 1) * once / seconds)
    print(f"loss law, 240 runs, {RESAMPLES} refits: {statistics.median(ours):6.2f} s (target 60), "
          f"{statistics.median(ratios):9.0f} x Nelder-Mead ({min(ratios):.0f} - {max(ratios):.0f})")  # fmt: skip
    return statistics.median(ours) < 60


if __name__ == "__main__":
    sys.exit(0 if mean_of_unique() & loss_law() else 1)
