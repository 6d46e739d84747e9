"""How much sooner or later new types come in a text than in independent draws with its frequency spectrum.

Words come in bursts: a name that fills one chapter is no singleton, and still as unknown before it. So the number of
types that one of G blocks has alone is compared with the number that as many draws at random would: p_b and p_r are
the parts of the last block's draws that are new, measured and expected, and the shift is logit p_b - logit p_r. Added
to the logit of what a method of independent draws expects, it makes it right for one more block, and is taken to stay
the same beyond.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from bounds.base.spectrum import FrequencySpectrum, rarefied
from bounds.fitting.extrapolation.estimates import Seen
from bounds.fitting.extrapolation.formulas import F


@lru_cache(maxsize=16)  # asked for by each method at each factor
def burst_shift(seen: Seen) -> tuple[float, float]:
    """The shift and its standard error over blocks; 0 and 0 where there are no blocks, or nothing to compare."""
    if seen.curve_without is None or seen.curve_draws is None or seen.spectrum is None:
        return 0.0, 0.0
    draws, unique = seen.in_blocks or (seen.n_draws, seen.n_unique)
    block = draws - float(seen.curve_draws[-1])
    alone = (unique - seen.curve_without[:, -1]) / block
    at_random = unique if seen.in_blocks is None else _at_random(seen, seen.spectrum, draws)
    measured, expected = float(alone.mean()), (at_random - _at_random(seen, seen.spectrum, draws - block)) / block
    if not (0 < measured < 1 and 0 < expected < 1):
        return 0.0, 0.0
    error = float(alone.std(ddof=1)) / math.sqrt(len(alone)) / (measured * (1 - measured))
    return float(F["burst_shift"].function(measured, expected)), error


def _at_random(seen: Seen, spectrum: FrequencySpectrum, draws: float) -> float:
    """Mean number of types in so many of the draws, taken at random."""
    return float(rarefied(spectrum, np.array([1 - (seen.n_draws - draws) / seen.n_draws]), seen.n_draws)[0][0])
