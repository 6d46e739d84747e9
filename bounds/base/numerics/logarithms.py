"""What is left of a logarithm when its first terms are taken away, to full relative accuracy."""

from __future__ import annotations

from typing import Any

import numpy as np

_ATANH = [1 / (2 * j + 3) for j in range(12)][::-1]


def excess_of_log(u: Any, x: Any) -> Any:
    """φ = u - ln x = x - 1 - ln x, for x = 1 + u > 0 with both given; relative error a few 1e-16."""
    s = u / (2 + u)
    z = s * s
    series = np.full(np.shape(z), _ATANH[0])
    for coefficient in _ATANH[1:]:
        series = series * z + coefficient
    return np.where(np.abs(u) < 0.3, s * (u - 2 * z * series), u - np.log(x))
