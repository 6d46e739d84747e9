"""Whole numbers as people write them: 1e6, 300B, 1.5T, and grids of them.

Loads nothing, so that a command line can refuse an argument at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

MAX_COUNT = 2**63
"""Largest corpus size: counts are 64-bit integers."""

_SUFFIXES = {"": 0, "K": 3, "M": 6, "B": 9, "G": 9, "T": 12}


def parse_count(text: str | float, *, name: str = "value", low: int = 1, high: int = MAX_COUNT) -> int:
    """The whole number that `text` means: 1000000, 1e6, 1_000_000, 300B (= 3e11), 1.5T.

    Raises ValueError with one sentence unless it is whole and between `low` and `high`.
    """
    written = str(text).strip().replace("_", "")
    suffix = written[-1:].upper() if written[-1:].isalpha() else ""
    try:
        value = Decimal(written[: len(written) - len(suffix)]).scaleb(_SUFFIXES[suffix])
        whole = value.is_finite() and value == int(value)
    except (InvalidOperation, KeyError):
        raise ValueError(f"{name} must be a whole number such as 1e6, 300B or 1.5T, got {text!r}") from None
    if not whole:
        raise ValueError(f"{name} must be a whole number, got {text!r}")
    if not low <= value <= high:
        limit = f"at most {_power(high)}" if value > high else f"at least {low}"
        raise ValueError(f"{name} must be {limit}, got {text!r}")
    return int(value)


def parse_grid(text: str | Sequence[float], *, name: str = "n_draws") -> tuple[int, ...]:
    """The ascending whole numbers that `text` means; ``low:high:n`` is n of them, evenly spaced in the logarithm.

    ``1e3:1e9:25`` gives 25 (fewer where they would coincide), ``1e3,1e6`` or [1e3, 1e6] exactly these.
    """
    if isinstance(text, str) and ":" in text:
        parts = text.split(":")
        if len(parts) != 3:
            raise ValueError(f"{name} must be written low:high:n such as 1e3:1e9:25, got {text!r}")
        low, high = (parse_count(part, name=name) for part in parts[:2])
        return log_spaced(low, high, parse_count(parts[2], name=f"number of {name}", high=10_000), name=name)
    entries = text.split(",") if isinstance(text, str) else list(text)
    values = sorted({parse_count(entry, name=name) for entry in entries})
    if not values:
        raise ValueError(f"{name} must name at least one corpus size, got {text!r}")
    return tuple(values)


def log_spaced(low: int, high: int, n: int, *, name: str = "n_draws") -> tuple[int, ...]:
    """At most `n` different whole numbers from `low` to `high`, evenly spaced in the logarithm."""
    if low > high or (n == 1 and low < high):
        raise ValueError(f"{name} needs low <= high and two or more points, got {low}:{high}:{n}")
    steps = max(n - 1, 1)
    # Above 2^53 a float may round past the end beside it.
    inner = (max(low, min(high, round(low * (high / low) ** (i / steps)))) for i in range(1, n - 1))
    return tuple(sorted({low, high, *inner}))


def _power(value: int) -> str:
    if value & (value - 1) == 0:
        return f"2^{value.bit_length() - 1}"
    if value & (value + 1) == 0 and value >= 10**7:
        return f"2^{value.bit_length()} - 1"
    return str(value) if value < 10**7 else f"{Decimal(value):.3g}"
