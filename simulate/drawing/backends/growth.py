"""What every backend answers with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Growth:
    """Counts at each checkpoint of one corpus.

    `n_unique` has shape (checkpoint,); ``spectrum[i, j]`` is the number of types seen at least ``edges[j]`` and
    fewer than ``edges[j + 1]`` times (no upper limit in the last bin) in the first ``checkpoints[i]`` tokens.
    """

    n_unique: np.ndarray
    spectrum: np.ndarray
