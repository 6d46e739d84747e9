"""The columns of a table of runs, checked: parameters, tokens (or FLOP) and final loss of each run.

Every check raises ValueError with one sentence that names the argument, what it got and what is allowed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bounds.base.one_number import quoted
from bounds.base.pointwise import real_array, shown
from bounds.fitting.loss_laws.regression import Floats
from bounds.laws.published import FLOP_PER_PARAM_TOKEN

N_CONSTANTS = 5
"""Constants of a law of loss: E, A, α, B and β."""

_FEWEST = 50
"""Fewest resamples from which an interval is read."""
_MOST = 10**6
"""Most resamples, which take gigabytes."""
_FEWEST_RUNS = 8
"""Fewest runs that are resampled: six or seven for five constants say too little of their own error."""


def checked_runs(n_params: Any, n_tokens: Any, loss: Any, compute_flops: Any) -> tuple[Floats, Floats, Floats]:
    """N, D and L of each run as floats; one sentence where they are not positive numbers, one of each a run."""
    if loss is None:
        raise ValueError("loss is missing: pass the final loss of each run in nats per token")
    if (n_tokens is None) == (compute_flops is None):
        raise ValueError("pass one of n_tokens and compute_flops for the size of each run's data")
    N, L = _column("n_params", n_params), _column("loss", loss)
    if n_tokens is not None:
        D = _column("n_tokens", n_tokens)
    else:
        C = _column("compute_flops", compute_flops)
        if len(C) != len(N):
            raise ValueError(f"every run needs n_params and compute_flops, got {len(N)} and {len(C)}")
        D = C / (FLOP_PER_PARAM_TOKEN * N)
    if not len(N) == len(D) == len(L):
        raise ValueError(f"every run needs n_params, n_tokens and loss, got {len(N)}, {len(D)} and {len(L)}")
    return N, D, L


def _column(name: str, values: Any) -> Floats:
    try:
        column = real_array(values)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} must be an array of numbers, one a run, got {shown(values)}") from None
    if column.ndim != 1:
        raise ValueError(f"{name} must be one number a run, got an array of shape {column.shape}")
    bad = ~(np.isfinite(column) & (column > 0))
    if bad.any():
        place = int(np.flatnonzero(bad)[0])
        raise ValueError(
            f"{name} must be positive and finite, got {quoted(column[place], 6)} in run {place}; leave that run out"
        )
    return column


def below_highest(loss: Floats, drop: int) -> NDArray[np.bool_]:
    """Which runs have a loss strictly below the `drop`-th largest; all of them where it is 0."""
    return np.sort(loss)[-drop] > loss if 0 < drop <= len(loss) else np.full(len(loss), drop == 0)


def must_identify(N: Floats, D: Floats, L: Floats) -> None:
    """One sentence where these runs leave some of the five constants free, whatever their losses."""
    if len(L) <= N_CONSTANTS:
        runs = "1 run" if len(L) == 1 else f"{len(L)} runs"
        raise ValueError(f"{runs} cannot fix five constants and their error; pass at least 6, better 50")
    for name, values, letters in (
        ("n_params", N, "param_coefficient and param_exponent"), ("n_tokens", D, "data_coefficient and data_exponent"),
    ):  # fmt: skip
        different = _different(values)
        if different < 3:
            sizes = "one value" if different == 1 else "two values only"
            raise ValueError(
                f"{name} takes {sizes} in these runs, so {letters} cannot be told from irreducible; "
                f"pass runs with at least three different {name}"
            )
    spread = np.stack([np.log(N), np.log(D)])
    if np.linalg.matrix_rank(spread - spread.mean(1, keepdims=True), tol=1e-6 * np.sqrt(len(L))) < 2:
        raise ValueError(
            "n_tokens is the same power of n_params in all runs, so param_exponent and data_exponent cannot be told "
            "apart; pass runs with different tokens at equal size"
        )


def _different(values: Floats) -> int:
    """How many values differ by more than rounding."""
    return 1 + int(np.sum(np.diff(np.sort(np.log(values))) > 1e-9))


def must_resample(bootstrap: int, n_runs: int, n_rows: int) -> None:
    """One sentence where no interval can be read from so few resamples, or of so few runs."""
    if bootstrap < _FEWEST:
        raise ValueError(f"bootstrap must be 0 or at least {_FEWEST} to give an interval, got {bootstrap}")
    if bootstrap > _MOST:
        raise ValueError(f"bootstrap must be at most {_MOST:g}, got {shown(bootstrap)}; 1000 are plenty")
    if n_runs < _FEWEST_RUNS:
        rows = "" if n_rows == n_runs else f" of {n_rows} rows"
        raise ValueError(
            f"intervals need at least {_FEWEST_RUNS} runs, got {n_runs}{rows}; for constants without intervals take "
            "bootstrap=0 (--bootstrap 0)"
        )
