"""A run that is asked for in one text: ``N=7B,D=140B``, or ``N=7B,C=6e21`` with its compute. Loads nothing heavy."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from bounds.base.arguments import Count, Flop, shown, unknown

_WAYS = {
    "N": ("n", "n_params", "params", "parameters"),
    "D": ("d", "n_tokens", "tokens"),
    "C": ("c", "compute_flops", "compute", "flops", "flop"),
}
"""The letters of a run, each with the ways in which it may be written, in lower case."""
_LETTERS = {way: letter for letter, ways in _WAYS.items() for way in ways}
_READ: dict[str, Callable[..., int]] = {"N": Count("N"), "D": Count("D"), "C": Flop("C")}
_KEY = re.compile(r"([^\s=,;]+)\s*=")
_SUCH = "such as N=7B,D=140B or N=7B,C=6e21"


class AskedRun(NamedTuple):
    """Parameters and training tokens of a run that nobody has trained."""

    n_params: float
    n_tokens: float


@dataclass(frozen=True)
class RunPoint:
    """A run as N and D, or as N and C = 6 N D; spaces, suffixes and the case of letters are free."""

    name: str = "predict"

    def __call__(self, value: Any, name: str = "") -> AskedRun:
        """The run; ValueError with one sentence where it is not understood."""
        what = name or self.name
        given = _entries(what, value)
        if "N" not in given:
            raise ValueError(f"{what} must have N, the parameters, {_SUCH}, got {shown(value)}")
        if len(given) != 2:
            got = "both" if len(given) == 3 else "neither"
            raise ValueError(
                f"{what} takes N and one of D (tokens) and C = 6 N D (FLOP), {_SUCH}; {shown(value)} has {got}"
            )
        numbers = {letter: float(_READ[letter](text, f"{letter} of {what}")) for letter, text in given.items()}
        tokens = numbers["D"] if "D" in numbers else _tokens(numbers["C"], numbers["N"])
        if tokens < 1:
            raise ValueError(f"{what}: C of {shown(value)} trains N on less than one token, C/(6 N); take more")
        return AskedRun(numbers["N"], tokens)


def _tokens(compute_flops: float, n_params: float) -> float:
    from bounds.laws.published import FLOP_PER_PARAM_TOKEN

    return compute_flops / (FLOP_PER_PARAM_TOKEN * n_params)


def _entries(what: str, value: Any) -> dict[str, str]:
    """What stands behind each letter in ``N=7B,D=140B``."""
    keys = list(_KEY.finditer(value)) if isinstance(value, str) else []
    if not keys or value[: keys[0].start()].strip():
        raise ValueError(f"{what} must be a run {_SUCH}, got {shown(value)}")
    ends = [*(key.start() for key in keys[1:]), len(value)]
    found: dict[str, str] = {}
    for key, end in zip(keys, ends, strict=True):
        letter = _LETTERS.get(key[1].lower())
        if letter is None:
            raise unknown(f"key of {what}", key[1], (*_WAYS, *(ways[1] for ways in _WAYS.values())))
        if letter in found:
            raise ValueError(f"{what} has {letter} twice, got {shown(value)}")
        found[letter] = value[key.end() : end].strip().rstrip(",;").strip()
    return found
