"""Ladders of runs with a planted loss law: sizes, tokens and noise as in published fits."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

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


# Designs, as (parameters, tokens) of each run: what people have, from degenerate to plentiful.


def _crossed(sizes: ArrayLike, tokens: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    n_params, n_tokens = np.meshgrid(np.array(sizes, float), np.array(tokens, float), indexing="ij")
    return n_params.ravel(), n_tokens.ravel()


def grid(k: int, decades: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """`k` sizes times `k` corpora, each over `decades`."""
    return _crossed(np.geomspace(1e8, 1e8 * 10**decades, k), np.geomspace(5e9, 5e9 * 10**decades, k))


_FOUR = [2e9, 8e9, 3.2e10, 1.28e11]
_TEN: np.ndarray = np.array(
    [51342848, 112197120, 173015552, 305206272, 493489152, 761070592, 1210132480, 2020687872, 3110993920, 6900219904],
    float,
)  # fmt: skip


def _near_ratio(rng: np.random.Generator, runs: int = 24) -> tuple[np.ndarray, np.ndarray]:
    n_params = np.geomspace(5e7, 7e9, runs)
    return n_params, 20 * n_params * (1 + rng.uniform(-0.02, 0.02, runs))


def _one_budget(rng: np.random.Generator, runs: int = 20) -> tuple[np.ndarray, np.ndarray]:
    n_params = np.geomspace(2e8, 4e9, runs)
    return n_params, 1e20 / (6 * n_params) * np.exp(1e-3 * rng.normal(size=runs))


def _isoflop(budgets: int, models: int = 6) -> tuple[np.ndarray, np.ndarray]:
    flops = np.geomspace(6e18, 3e21, budgets)[:, None]
    n_params = np.sqrt(flops / 120) * np.geomspace(0.25, 4, models)
    return n_params.ravel(), (flops / (6 * n_params)).ravel()


DESIGNS = {
    "3 sizes, 2 of them apart by padding, 4 corpora": lambda rng: _crossed([124439808, 124475904, 354823168], _FOUR),
    "4 sizes 1 % apart, 4 corpora": lambda rng: _crossed([1e9, 1.01e9, 1.02e9, 1.03e9], _FOUR),
    "3 sizes, 2 of them 5 % apart, 4 corpora": lambda rng: _crossed([1.2e8, 1.26e8, 3.5e8], _FOUR),
    "3 sizes, 2 of them 20 % apart, 4 corpora": lambda rng: _crossed([1.2e8, 1.44e8, 3.5e8], _FOUR),
    "4 sizes, 3 corpora, 2 of them 5 % apart": lambda rng: _crossed([1e8, 2e8, 4e8, 8e8], [8e9, 8.4e9, 6.4e10]),
    "4 sizes, 3 corpora, 2 of them 20 % apart": lambda rng: _crossed([1e8, 2e8, 4e8, 8e8], [8e9, 9.6e9, 6.4e10]),
    "10 sizes at 20 tokens a parameter, batches of 0.5M": lambda rng: (
        _TEN.astype(float),
        np.round(20 * _TEN / 5e5) * 5e5,
    ),
    "24 sizes, D = 20 N ± 2 %": _near_ratio,
    "one budget of 20 runs, D/N jittered by 1e-3": _one_budget,
    "3 × 3 over a decade each": lambda rng: grid(3),
    "4 × 4 over a decade each": lambda rng: grid(4),
    "5 × 5 over a decade each": lambda rng: grid(5),
    "4 × 4 over two decades each": lambda rng: grid(4, 2.0),
    "9 IsoFLOP budgets of 6 models": lambda rng: _isoflop(9),
    "2 IsoFLOP budgets of 6 models": lambda rng: _isoflop(2),
    "245 runs like those of Hoffmann et al.": lambda rng: ladder(rng, 245),
}
