"""How far each method of extrapolation was off on real texts whose rest was held back.

Written by ``python -m tests.test_held_back``; docs/corpora.md says how. The error is that of the logit of the part of
the further windows that is new, beyond what sampling explains: root mean square over corpora.
"""

from __future__ import annotations

from collections.abc import Mapping

N_CORPORA = 5
"""Corpora that the errors are from."""

FACTORS = (2.0, 4.0, 10.0, 30.0)
"""How many times the text that was seen the whole was."""

LACK_OF_FIT: Mapping[str, tuple[float, ...]] = {
    "log-quadratic": (0.167, 0.205, 0.205, 0.252),
    "pitman-yor": (0.188, 0.188, 0.247, 0.372),
    "local-slope": (0.203, 0.252, 0.406, 0.602),
    "zipf-mandelbrot": (0.158, 0.164, 0.263, 0.443),
    "good-toulmin": (0.199, 0.393, 1.653, 1.653),
}
"""The error of each method at each of `FACTORS`."""

LACK_OF_FIT_AT_END: Mapping[str, tuple[float, ...]] = {
    "pitman-yor": (0.214, 0.242, 0.370, 0.562),
    "log-quadratic": (0.232, 0.756, 0.756, 0.756),
    "local-slope": (0.249, 0.365, 0.605, 0.921),
    "zipf-mandelbrot": (0.194, 0.252, 0.402, 0.683),
    "good-toulmin": (0.516, 0.771, 2.316, 2.316),
}
"""The same, of the part of the windows near the end of the whole that is new."""

DEFAULT = tuple(LACK_OF_FIT)
"""The methods of U, that with the best record first."""

DEFAULT_AT_END = tuple(LACK_OF_FIT_AT_END)
"""The methods of the part that is new, likewise."""
