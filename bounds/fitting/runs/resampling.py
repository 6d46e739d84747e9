"""Weights of runs, by which the constants of a loss law are refitted to see how far chance moves them.

A run counts w times, w exponential with mean 1: the Bayesian bootstrap (Rubin 1981), first-order equal to drawing runs
with replacement. Ladders are planned, and often have few runs: drawn with replacement one resample in thirteen of a
3 × 3 grid has two sizes only, and its constants are anything. With weights no run is ever left out, so that every
resample identifies what the runs identify.
"""

from __future__ import annotations

import numpy as np

from bounds.fitting.loss_laws.regression import Floats


def run_weights(n_runs: int, bootstrap: int, seed: int) -> Floats:
    """How much each run counts in each of `bootstrap` resamples, (bootstrap, n_runs)."""
    return np.random.default_rng(seed).exponential(size=(bootstrap, n_runs))
