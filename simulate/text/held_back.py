"""How far each method of extrapolation was off on real texts whose rest was held back.

Written by ``python -m tests.test_held_back``; docs/corpora.md says how. The error is that of the logit of the part of the
further windows that is new, beyond what sampling explains: root mean square over corpora.
"""

from __future__ import annotations

from collections.abc import Mapping

N_CORPORA = 5
"""Corpora that the errors are from."""

FACTORS = (2.0, 4.0, 10.0, 30.0)
"""How many times the text that was seen the whole was."""

LACK_OF_FIT: Mapping[str, tuple[float, ...]] = {
    "pitman-yor": (0.2, 0.2, 0.3, 0.4),
    "log-quadratic": (0.2, 0.2, 0.3, 0.4),
    "zipf-mandelbrot": (0.2, 0.2, 0.3, 0.4),
    "good-toulmin": (0.2, 0.2, 0.3, 0.4),
    "local-slope": (0.2, 0.2, 0.3, 0.4),
}
"""The error of each method at each of `FACTORS`."""

DEFAULT = tuple(LACK_OF_FIT)
"""The methods, that with the best record first."""
