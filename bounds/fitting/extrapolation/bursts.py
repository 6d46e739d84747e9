"""How much sooner or later new types come in a text than in independent draws with its frequency spectrum.

Words come in bursts: a name that fills one chapter is no singleton, and still as unknown before it. So the number of
types that one of G blocks has alone is compared with the number that as many draws at random would: p_b and p_r are
the parts of the last block's draws that are new, measured and expected, and the shift is logit p_b - logit p_r. Added
to the logit of what a method of independent draws expects, it makes it right for one more block, and is taken to stay
the same beyond.
"""

from __future__ import annotations

import math

import numpy as np

from bounds.base.spectrum import rarefied
from bounds.fitting.extrapolation.estimates import Seen
from bounds.fitting.extrapolation.formulas import F


def burst_shift(seen: Seen) -> tuple[float, float]:
    """The shift and its standard error over blocks; 0 and 0 where there are no blocks, or nothing to compare."""
    if seen.curve_without is None or seen.curve_draws is None or seen.spectrum is None:
        return 0.0, 0.0
    block = seen.n_draws - float(seen.curve_draws[-1])
    alone = (seen.n_unique - seen.curve_without[:, -1]) / block
    left = float(rarefied(seen.spectrum, np.array([1 - block / seen.n_draws]), seen.n_draws)[0][0])
    measured, expected = float(alone.mean()), (seen.n_unique - left) / block
    if not (0 < measured < 1 and 0 < expected < 1):
        return 0.0, 0.0
    error = float(alone.std(ddof=1)) / math.sqrt(len(alone)) / (measured * (1 - measured))
    return float(F["burst_shift"].function(measured, expected)), error
