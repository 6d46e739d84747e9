"""Ladders of runs with a planted loss law: sizes, tokens and noise as in published fits."""

from __future__ import annotations

import numpy as np

from bounds import LossLaw

LAWS = {
    "Hoffmann": LossLaw("planted", "", 0.34, 0.28, 1.69, 406.4, 410.7),
    "Epoch": LossLaw("planted", "", 0.3478, 0.3658, 1.8172, 482.01, 2085.43),
}


def ladder(rng: np.random.Generator, runs: int = 240) -> tuple[np.ndarray, np.ndarray]:
    """Parameters and tokens of `runs` runs, on both sides of 20 tokens a parameter, from 1.6e18 to 6e21 FLOP."""
    flops = 10 ** rng.uniform(18.2, 21.8, runs)
    n_params = np.sqrt(flops / 120) * np.exp(rng.normal(0, 0.8, runs))
    return n_params, flops / (6 * n_params)


def losses(
    rng: np.random.Generator, law: LossLaw, n_params: np.ndarray, n_tokens: np.ndarray, *, scale: float = 0.004,
    outliers: int = 5,
) -> np.ndarray:  # fmt: skip
    """Losses with relative errors of Student's t (5 degrees of freedom), a few of them off by two to eight percent."""
    error = scale * rng.standard_t(5, len(n_params))
    off = rng.choice(len(n_params), outliers, replace=False)
    error[off] += rng.choice([-1, 1], outliers) * rng.uniform(0.02, 0.08, outliers)
    return law.loss(n_params, n_tokens) * np.exp(error)
