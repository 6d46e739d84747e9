"""A corpus that was counted, as a plan takes it: how many tokens it is, and how its distinct windows grow.

| letter | meaning                                                   | unit   | field        |
|--------|-----------------------------------------------------------|--------|--------------|
| D      | windows counted                                           | windows | `n_draws`   |
| U      | distinct ones among them                                  | windows | `n_unique`  |
| γ      | exponent of U ~ D^γ in the text, with its interval        | 1      | `exponent`   |

CountedWindows of a text are not the sequences of a loss law: γ says how the corpus itself grows, and nothing
is made of it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from bounds.base.arguments import Number
from bounds.base.telling.html import html_fields

BYTES_PER_TOKEN = 4.0
"""Bytes of a token of English text in the vocabularies of today, where nothing else is said: a convention."""
TOKEN_UNITS = ("token",)
"""Units of a count that are tokens themselves."""


@dataclass(frozen=True)
class CountedWindows:
    """Windows of `length` units: how many, how many distinct, and the exponent with its interval where there is one."""

    length: int
    n_draws: int
    n_unique: int
    exponent: float | None = None
    exponent_lower: float | None = None
    exponent_upper: float | None = None

    _repr_html_ = html_fields


@dataclass(frozen=True)
class MeasuredCorpus:
    """What `simulate corpus` counted: up to `n_units` of `unit`, in files of `n_bytes` bytes, None where not known.

    `n_tokens` are its units where these are tokens; else bytes over `bytes_per_token`, which is `assumed` where nobody
    gave it. Raises ValueError where neither leads to tokens.
    """

    name: str
    unit: str
    n_units: int
    n_bytes: int | None
    windows: tuple[CountedWindows, ...] = ()
    bytes_per_token: float | None = None
    copies: tuple[str, ...] = ()
    """Files whose whole text another file before them holds: it was counted again, and is no new text."""

    _repr_html_ = html_fields

    def __post_init__(self) -> None:
        if self.bytes_per_token is not None:
            checked = Number("bytes_per_token", 0.0, text="positive and finite")(self.bytes_per_token)
            object.__setattr__(self, "bytes_per_token", checked)
        if self.unit not in TOKEN_UNITS and self.n_bytes is None:
            raise ValueError(
                f"{self.name} does not say how many bytes it has, and {self.unit}s are no tokens; count it again with "
                "this version, or give the tokens themselves"
            )

    @property
    def assumed(self) -> bool:
        """Whether the bytes of a token are those of a convention."""
        return self.unit not in TOKEN_UNITS and self.bytes_per_token is None

    @property
    def bytes_of_a_token(self) -> float:
        """What was given, or the convention."""
        return BYTES_PER_TOKEN if self.bytes_per_token is None else self.bytes_per_token

    @property
    def n_tokens(self) -> int:
        """Tokens of the corpus, all of them."""
        if self.unit in TOKEN_UNITS or self.n_bytes is None:
            return self.n_units
        return max(round(self.n_bytes / self.bytes_of_a_token), 1)

    def to_json(self) -> dict[str, Any]:
        """A nested object: the corpus, its tokens, and its windows by length."""
        return asdict(self) | {"n_tokens": self.n_tokens, "bytes_per_token_assumed": self.assumed}
