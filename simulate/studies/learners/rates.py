"""Where a learner's point (γ, β) lies in the band 1 - 2β ≤ γ ≤ 1 - β.

| letter  | meaning                                              | unit |
|---------|------------------------------------------------------|------|
| D       | corpus size                                          | draws |
| γ       | exponent of distinct sequences, U ~ D^γ              | 1    |
| β       | exponent of the excess loss, ε ~ D^-β                | 1    |
"""

from __future__ import annotations

import math

from simulate.stats import Estimate

INSIDE, UPPER_END, LOWER_END, ABOVE, BELOW = "inside", "at the upper end", "at the lower end", "above", "below"
UNDECIDED = "undecided"


def place(gamma: Estimate, beta: Estimate) -> str:
    """Where the rectangle of both intervals lies against the band 1 - 2β ≤ γ ≤ 1 - β; empty without both.

    ``at the upper end`` where it meets the line γ = 1 - β, ``at the lower end`` where it meets γ = 1 - 2β;
    ``undecided`` where it meets both, so that the intervals are too wide to say.
    """
    g_low, g_high, b_low, b_high = gamma.lower, gamma.upper, beta.lower, beta.upper
    if not all(map(math.isfinite, (g_low, g_high, b_low, b_high))):
        return ""
    if g_low > 1 - b_low:
        return ABOVE
    if g_high < 1 - 2 * b_high:
        return BELOW
    upper, lower = g_high >= 1 - b_high, g_low <= 1 - 2 * b_low
    if upper and lower:
        return UNDECIDED
    return UPPER_END if upper else LOWER_END if lower else INSIDE
