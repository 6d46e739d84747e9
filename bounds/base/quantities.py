"""Numbers as people write them: whole ones such as 1e6, 300B or 1.5T, grids of them, shares such as 50%, and FLOP.

Loads nothing, so that a command line can refuse an argument at once.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

from bounds.base.one_number import number, shown

MAX_COUNT = 2**63
"""Largest corpus size that formulas take."""

LARGEST = 2**63 - 1
"""Largest corpus size that is drawn or counted: counts are 64-bit integers."""

MAX_POINTS = 10_000
"""Most points of a grid."""

MAX_FLOP = 10**40

_SUFFIXES = {"": 0, "K": 3, "M": 6, "B": 9, "G": 9, "T": 12}
_PREFIXES = {"": 0, "K": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18, "Z": 21, "Y": 24, "R": 27, "Q": 30}
_WRITTEN = re.compile(
    r"(?P<sign>[+-]?)(?P<whole>\d+(?:_\d+)*)?(?:\.(?P<part>\d+(?:_\d+)*)?)?(?:[eE](?P<power>[+-]?\d+))?"
    r"\s*(?P<unit>[^\W\d_].*)?"
)
_AMOUNT = re.compile(r"([+-]?(?:\d+(?:_\d+)*(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,3})?)\s*([kmbgt])", re.ASCII | re.IGNORECASE)
_DIGITS = 400
"""Digits beyond which a number is only called too large; none here may have that many."""


def parse_count(
    text: Any, *, name: str = "value", low: int = 1, high: int = MAX_COUNT,
    kind: str = "whole number such as 1e6, 300B or 1.5T",
) -> int:  # fmt: skip
    """The whole number that `text` means: 1000000, 1e6, 1_000_000, 300B (= 3e11), 1.5T.

    Raises ValueError with one sentence unless it is whole and between `low` and `high`; where it is no number the
    sentence says of which `kind` one must be.
    """
    wanted = f"{name} must be a {kind}"
    value = _whole(text, wanted, name)
    _must_be_between(value, low, high, name, text)
    return int(value)


def parse_flop(text: Any, *, name: str = "compute", low: int = 1, high: int = MAX_FLOP) -> int:
    """The FLOP that `text` means: 5.76e23, 10ZFLOP (= 1e22), 300 PF-days (of 8.64e19 each).

    Raises ValueError with one sentence unless they are a whole number between `low` and `high`.
    """
    wanted = f"{name} must be a whole number of FLOP such as 5.76e23, 10ZFLOP or 1000PF-days"
    value = _whole(text, wanted, name, _flop_of)
    _must_be_between(value, low, high, name, text)
    return int(value)


def parse_number(text: str, *, name: str, percent: bool = False, amount: bool = False) -> float:
    """The number that `text` means, which may be infinite or no number.

    With `percent`, 95% is 0.95; an `amount` may have a suffix as counts have, 500K, 1.5M.
    """
    written = text.strip()
    if percent and written.endswith("%") and not written.endswith("%%"):
        return parse_number(written[:-1], name=name) / 100
    if amount and (suffixed := _AMOUNT.fullmatch(written)):
        return float(Decimal(suffixed[1]).scaleb(_SUFFIXES[suffixed[2].upper()]))
    try:
        return float(written)
    except ValueError:
        such = " such as 0.5 or 50%" if percent else " such as 1234.5, 2e6, 500K or 3M" if amount else ""
        comma = "; write it without commas and with a point, as in 1234.5" if "," in written else ""
        raise ValueError(f"{name} must be a number{such}, got {shown(text)}{comma}") from None


def parse_grid(text: Any, *, name: str = "n_draws", low: int = 1, high: int = LARGEST) -> tuple[int, ...]:
    """The ascending whole numbers that `text` means; ``low:high:n`` is n of them, evenly spaced in the logarithm.

    ``1e3:1e9:25`` gives 25 (fewer where they would coincide), ``1e3,1e6`` or [1e3, 1e6] exactly these. Raises
    ValueError with one sentence where that is not understood or not between `low` and `high`.
    """
    if isinstance(text, str) and ":" in text:
        return parse_range(text.split(":"), text, name=name, low=low, high=high)
    return tuple(sorted(set(parse_list(text, name=name, low=low, high=high))))


def parse_range(parts: Sequence[str], text: Any, *, name: str, low: int = 1, high: int = LARGEST) -> tuple[int, ...]:
    """The numbers of ``low:high:n``, of which `parts` are the three; `text` is what was written."""
    if len(parts) != 3:
        raise ValueError(f"{name} must be written low:high:n such as 1e3:1e9:25, got {shown(text)}")
    first, last = (parse_count(part, name=name, low=max(low, 1), high=high) for part in parts[:2])
    return log_spaced(first, last, parse_count(parts[2], name=f"number of {name}", high=MAX_POINTS), name=name)


def parse_list(text: Any, *, name: str, low: int = 1, high: int = LARGEST) -> tuple[int, ...]:
    """The whole numbers of ``1e3,1e6`` or of a list, in their order."""
    entries = entries_of(text)
    if entries is None:
        raise ValueError(
            f"{name} must be whole numbers such as 1e3,1e6, or a grid such as 1e3:1e6:25, got {shown(text)}"
        )
    if isinstance(text, str) and any(re.fullmatch(r"\s*0\d\d\s*", entry) for entry in entries[1:]):
        raise ValueError(
            f"{name}: a comma parts two numbers of a list, got {shown(text)}; write a large number without commas, as "
            "in 1000000, 1_000_000 or 1e6"
        )
    if not entries:
        raise ValueError(f"{name} must name at least one number, such as 1e6, got {shown(text)}")
    return tuple(parse_count(entry, name=name, low=low, high=high) for entry in entries)


def entries_of(value: Any) -> list[Any] | None:
    """What a list, an array, one number or a text with commas holds; None where `value` is none of these."""
    if isinstance(value, str):
        return value.split(",")
    if isinstance(value, Real) and not isinstance(value, bool):
        return [value]
    array: Any = value if hasattr(value, "tolist") else getattr(value, "values", None)
    if hasattr(array, "tolist") and hasattr(array, "ndim"):  # an array of any library
        return list(array.tolist()) if array.ndim == 1 else [array.tolist()] if array.ndim == 0 else None
    return list(value) if isinstance(value, Iterable) and not isinstance(value, bytes | Mapping) else None


def log_spaced(low: int, high: int, n: int, *, name: str = "n_draws") -> tuple[int, ...]:
    """At most `n` different whole numbers from `low` to `high`, evenly spaced in the logarithm."""
    if low > high or (n == 1 and low < high):
        raise ValueError(f"{name} needs low <= high and two or more points, got {low}:{high}:{n}")
    if n > MAX_POINTS:
        raise ValueError(f"number of {name} must be at most {MAX_POINTS}, got {n}")
    steps = max(n - 1, 1)
    # Above 2^53 a float may round past the end beside it.
    inner = (max(low, min(high, round(low * (high / low) ** (i / steps)))) for i in range(1, n - 1))
    return tuple(sorted({low, high, *inner}))


def _whole(text: Any, wanted: str, name: str, times: Any = None) -> int | float:
    """The whole number that `text` is, or ±infinity where it has more digits than any that is taken."""
    number = text.item() if getattr(text, "ndim", None) == 0 else text
    if isinstance(number, Integral) and not isinstance(number, bool):
        return int(number)
    if isinstance(number, Real) and not isinstance(number, bool):
        if not math.isfinite(number) or number != math.floor(number):
            raise ValueError(f"{name} must be a whole number, got {shown(text)}")
        return int(math.floor(number))  # noqa: RUF046  (of a Real, whose floor need be no int)
    if not isinstance(number, str | Decimal):
        raise ValueError(f"{wanted}, got {shown(text)}")
    match = _WRITTEN.fullmatch(str(number).strip())
    power = (times or _suffix_of)(match["unit"] or "") if match else None
    if match is None or power is None or not (match["whole"] or match["part"]):
        comma = "; write it without commas, as in 1000000, 1_000_000 or 1e6" if "," in str(number) else ""
        raise ValueError(f"{wanted}, got {shown(text)}{comma}")
    value = _exact(match, *power)
    if value is None:
        raise ValueError(f"{name} must be a whole number, got {shown(text)}")
    return value


def _exact(match: re.Match[str], factor: int, power: int) -> int | float | None:
    """`factor` · 10^`power` times what is written; None where that is no whole number.

    The exponent is looked at before any integer is made of it: 1e999999999 would not fit into memory.
    """
    part = (match["part"] or "").replace("_", "")
    digits = ((match["whole"] or "").replace("_", "") + part).strip()
    digits = "".join(str(unicodedata.decimal(digit)) for digit in digits).lstrip("0")
    written = match["power"] or "0"
    exponent = int(written) if len(written) <= 10 else -(10**9) if written.startswith("-") else 10**9
    exponent += power - len(part)
    if not digits:
        return 0
    exponent += len(digits) - len(digits := digits.rstrip("0"))
    sign = -1 if match["sign"] == "-" else 1
    if len(digits) + exponent > _DIGITS:
        return sign * math.inf
    if exponent >= 0:
        return sign * int(digits) * factor * 10**exponent
    if exponent < -_DIGITS or len(digits) > 2 * _DIGITS:
        return None
    whole, rest = divmod(int(digits) * factor, 10**-exponent)
    return None if rest else sign * whole


def _suffix_of(unit: str) -> tuple[int, int] | None:
    return (1, _SUFFIXES[unit.upper()]) if unit.upper() in _SUFFIXES else None


def _flop_of(unit: str) -> tuple[int, int] | None:
    """Factor and power of ten of a unit such as ZFLOP or PF-days; of a bare suffix, those of a count."""
    match = re.fullmatch(r"([KMGTPEZYRQ]?)(?:FLOPS?|F)([ -]?DAYS?)?", unit.upper())
    if not match or (unit.upper() in ("F", *(f"{prefix}F" for prefix in _PREFIXES))):
        return _suffix_of(unit)
    return (86_400 if match[2] else 1), _PREFIXES[match[1]]


def _must_be_between(value: float, low: int, high: int, name: str, text: Any) -> None:
    if not low <= value <= high:
        limit = f"at most {_power(high)}" if value > high else f"at least {low}"
        raise ValueError(f"{name} must be {limit}, got {shown(text)}")


def _power(value: int) -> str:
    if value & (value - 1) == 0:
        return f"2^{value.bit_length() - 1}"
    if value & (value + 1) == 0 and value >= 10**7:
        return f"2^{value.bit_length()} - 1"
    return str(value) if value < 10**7 else number(value)
