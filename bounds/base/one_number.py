"""One real number, checked and written for people without loading numpy: what the parameters of a source are."""

from __future__ import annotations

import math
import re
from numbers import Real
from typing import Any

MAX_QUOTED = 80
"""Characters that a sentence quotes of a value, a name or a file."""


def printable(text: str) -> str:
    """`text` on one line, with what would move a terminal's cursor or change its colours written out, as in \\x1b.

    Bytes of a name that is not UTF-8 are written as such, in \\xe9, and not as what stands for them in a string.
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    if "\udc80" <= character <= "\udcff":  # what os.fsdecode makes of a byte
        return f"\\x{ord(character) - 0xDC00:02x}"
    return repr(character)[1:-1]


def cut(text: str) -> str:
    """`text`, with its end left out where a sentence would not be read to its end."""
    return text if len(text) <= MAX_QUOTED else f"{text[: MAX_QUOTED - 3]}..."


def shown(value: Any) -> str:
    """`value` in a sentence: on one line, and cut where it is long."""
    if isinstance(value, str | bytes) and len(value) > MAX_QUOTED:
        return f"{repr(value[:MAX_QUOTED])[: MAX_QUOTED - 3]}..."
    try:
        text = " ".join(repr(value).split())
    except ValueError:  # whole numbers of thousands of digits
        return f"a {type(value).__name__} that is too long to write"
    except RecursionError:
        return f"a {type(value).__name__} that holds itself"
    return cut(printable(text))


def items_of(value: Any) -> list[Any] | None:
    """What `value` holds, one after the other; None for what holds nothing, as an array without dimensions."""
    try:
        return list(value)
    except TypeError:
        return None


def real_number(name: str, value: Any) -> float:
    """`value` as a float, which may be infinite or not a number; raises ValueError where it is no real number."""
    number = value.item() if getattr(value, "ndim", None) == 0 else value
    if isinstance(number, bool) or not isinstance(number, Real):
        raise ValueError(f"{name} must be a number, got {shown(value)}")
    try:
        return float(number)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def whole_number(name: str, value: Any, most: int, most_text: str) -> int:
    """`value` as an int from 1 to `most`, which errors call `most_text`."""
    number = real_number(name, value)
    if not (math.isfinite(number) and number == math.floor(number)):
        got = f"{number:g}" if math.isinf(number) else shown(value)
        raise ValueError(f"{name} must be a whole number, got {got}")
    if not 1 <= value <= most:
        raise ValueError(f"{name} must be between 1 and {most_text}, got {number:g}")
    return int(value)


def whole_number_from(low: int, name: str, value: Any) -> int:
    """`value` as an int of at least `low`."""
    real = isinstance(value, Real) and not isinstance(value, bool)
    if not (real and low <= value < math.inf and value == math.floor(value)):
        raise ValueError(f"{name} must be a whole number of at least {low}, got {shown(value)}")
    return int(value)


def number_between(
    name: str,
    value: Any,
    *,
    low: float,
    high: float = math.inf,
    low_open: bool = True,
    high_open: bool = True,
    text: str = "",
    given: Any = None,
    advice: str = "",
) -> float:
    """`value` as a finite float between `low` and `high`, which errors call `text` where that is not enough.

    They quote `given` where that is a text, and end in `advice`.
    """
    number = real_number(name, value)
    inside = (number > low or (number == low and not low_open)) and (
        number < high or (number == high and not high_open)
    )
    if not (math.isfinite(number) and inside):
        text = text or (f"above {low:g}" if low_open else f"at least {low:g}")
        got = cut(printable(given.strip())) if isinstance(given, str) else repr(number)
        raise ValueError(f"{name} must be {text}, got {got}{advice and f'; {advice}'}")
    return number


_NEAREST = 1e-9
"""How near to 0 and 1 a confidence may come: closer by, its quantiles have no digits left."""


def checked_confidence(confidence: Any) -> float:
    """`confidence`, or one sentence where it is not a probability that intervals can have."""
    if not (isinstance(confidence, int | float) and 0 < confidence < 1):
        raise ValueError(f"confidence must lie strictly between 0 and 1, got {shown(confidence)}; write 0.95 for 95 %")
    if not _NEAREST <= confidence <= 1 - _NEAREST:
        raise ValueError(f"confidence must be at least {_NEAREST:g} away from 0 and from 1, got {shown(confidence)}")
    return float(confidence)


def shortest(value: float) -> str:
    """The shortest string that reads back as `value`: 100 rather than 100.0."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def number(value: float | None, digits: int = 3) -> str:
    """A number as a reader likes it: 1234, 0.580, 1070, 1.23e9, ∞; a dash where there is none."""
    if value is None or value != value:
        return "–"
    if abs(value) == float("inf"):
        return "∞" if value > 0 else "-∞"
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    text = f"{value:.{digits}g}"
    if "e+" in text and abs(value) < 1e6:
        return str(round(float(text)))
    return re.sub(r"e\+?(-?)0*", r"e\1", text)


def quoted(value: float, digits: int = 6) -> str:
    """A number that somebody gave, as errors quote it: like `number`, but nan and inf by these names."""
    return number(value, digits) if math.isfinite(value) else f"{value:g}"


def written(value: float | None, digits: int = 3) -> str:
    """A large count as people say it: 950, 12.3K, 1.5M, 300B, 1.4T, 5.8e23."""
    if value is None or value != value or abs(value) == float("inf"):
        return number(value)
    for size, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e4, "K")):
        if size <= abs(value) < 1e16:
            return f"{number(value / (1e3 if letter == 'K' else size), digits)}{letter}"
    return number(round(value) if 1e3 <= abs(value) < 1e4 else value, digits)
