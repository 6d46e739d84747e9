"""The laws that the sequences of a corpus are drawn from.

A source emits types (distinct sequences) r = 1, 2, … with probabilities p_r, one per draw.

| letter | meaning                                   | argument        |
|--------|-------------------------------------------|-----------------|
| V      | number of types; infinite where not given | `types`         |
| s      | Zipf exponent                             | `exponent`      |
| q      | Mandelbrot's shift                        | `shift`         |
| d, θ   | Pitman–Yor discount and concentration     | `discount`, `concentration` |
| ρ      | ratio of a geometric law                  | `ratio`         |
| A, l   | labels of a fact or letters of an alphabet, letters of a window | `labels`, `alphabet`, `length` |
| ρ_w    | probability that a letter of a stream repeats the one before it | `stay`     |
| γ      | exponent of U(D) ~ D^γ                    | `limit_exponent` |

A source is a value: it holds parameters, checks them and writes itself back as the string it came from.
`bounds.base.sources` reads the strings; what follows from a law (counts, variances) is in `bounds.counts.unique`; how
to draw from it is in `simulate.drawing.tables`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from bounds.base.one_number import number_between, real_number, shortest, shown, whole_number

MAX_TYPES = 2**62
"""Largest number of types: ranks must stay exact in 64-bit integers with room for a flag."""

MAX_EXPONENT = 1000
"""Largest Zipf exponent: beyond it 2^-s is below every float, and no second type is ever drawn."""

MAX_SHIFT = 2.0**62
"""Largest shift: beyond the largest rank the law is flat."""

MAX_STAY = 0.999
"""Largest probability that a letter repeats: a draw looks back to the last letter that did not."""


@dataclass(frozen=True)
class Source:
    """A law of sequences. Compare, hash and print it like a number; `str` gives the string that made it."""

    kind: ClassVar[str] = ""

    @property
    def limit_exponent(self) -> float | None:
        """γ with U(D) ~ D^γ as D → ∞; 0 where U saturates or grows like log D."""
        raise TypeError(f"{type(self).__name__} states no limit exponent")  # pragma: no cover

    @property
    def n_types(self) -> float:
        """Number of types in the support; ``math.inf`` where unlimited."""
        return math.inf


@dataclass(frozen=True)
class Uniform(Source):
    """`types` equally likely types."""

    types: int
    kind: ClassVar[str] = "uniform"

    def __post_init__(self) -> None:
        object.__setattr__(self, "types", _count("types", self.types))

    def __str__(self) -> str:
        return f"uniform:{self.types}"

    @property
    def limit_exponent(self) -> float:
        """0: every type is seen in the end."""
        return 0.0

    @property
    def n_types(self) -> float:
        """`types`."""
        return self.types


@dataclass(frozen=True)
class GrowingUniform(Source):
    """Uniform on ⌈scale · D^exponent⌉ types for a corpus of D draws.

    A triangular array: each corpus size has its own law, so its corpora are not prefixes of each other.
    """

    exponent: float
    scale: float = 1.0
    kind: ClassVar[str] = "growing"

    def __post_init__(self) -> None:
        _real(self, "exponent", low=0, high=1, text="above 0 and at most 1", high_open=False)
        _real(self, "scale", low=0)

    def __str__(self) -> str:
        return f"growing:{shortest(self.exponent)}" + _option("scale", self.scale, 1.0)

    @property
    def limit_exponent(self) -> float | None:
        """`exponent`."""
        return self.exponent

    def at(self, n_draws: float) -> Uniform:
        """The law of a corpus of `n_draws` draws."""
        size = self.scale * number_between("n_draws", n_draws, low=0, low_open=False) ** self.exponent
        whole = round(size)
        # A power that misses a whole number by rounding alone counts as that number.
        return Uniform(max(1, whole if abs(size - whole) <= 4e-15 * size else math.ceil(size)))


@dataclass(frozen=True)
class Zipf(Source):
    """Zipf–Mandelbrot: p_r ∝ (r + shift)^-exponent for r = 1 … `types` (unlimited where None)."""

    exponent: float
    shift: float = 0.0
    types: int | None = None
    kind: ClassVar[str] = "zipf"

    def __post_init__(self) -> None:
        _real(self, "exponent", low=0, high=MAX_EXPONENT, text=f"above 0 and at most {MAX_EXPONENT}", high_open=False)
        _real(self, "shift", low=0, high=MAX_SHIFT, text="at least 0 and at most 2^62", low_open=False, high_open=False)
        if self.types is not None:
            object.__setattr__(self, "types", _count("types", self.types))
        elif self.exponent <= 1:
            raise ValueError(
                f"exponent must exceed 1 when types are unlimited, got {self.exponent:g}; "
                "pass types=... for a finite source"
            )

    def __str__(self) -> str:
        types = "" if self.types is None else f",types={self.types}"
        return f"zipf:{shortest(self.exponent)}" + _option("shift", self.shift, 0.0) + types

    def after(self, n: float) -> Zipf:
        """The law of the types after the `n` most probable ones, `n` whole and at most 2^62.

        Its shift may be twice the largest that a source is given: it is computed with, never drawn.
        """
        rest = object.__new__(Zipf)
        types = None if self.types is None else self.types - int(n)
        for name, value in (("exponent", self.exponent), ("shift", self.shift + n), ("types", types)):
            object.__setattr__(rest, name, value)
        return rest

    @property
    def limit_exponent(self) -> float:
        """1/s with unlimited types, 0 with finitely many."""
        return 0.0 if self.types is not None else 1 / self.exponent

    @property
    def n_types(self) -> float:
        """`types`, or infinity."""
        return math.inf if self.types is None else self.types


@dataclass(frozen=True)
class PitmanYor(Source):
    """Pitman–Yor process PY(d, θ): each corpus draws its own random law, then its tokens from that law."""

    discount: float
    concentration: float = 0.0
    kind: ClassVar[str] = "pitman-yor"

    def __post_init__(self) -> None:
        _real(self, "discount", low=0, high=1, text="strictly between 0 and 1")
        concentration = real_number("concentration", self.concentration)
        if not (math.isfinite(concentration) and concentration > -self.discount):
            raise ValueError(
                f"concentration must be a finite number above minus the discount "
                f"(-{self.discount:g}), got {shown(self.concentration)}"
            )
        object.__setattr__(self, "concentration", concentration)

    def __str__(self) -> str:
        return f"pitman-yor:{shortest(self.discount)}" + _option("concentration", self.concentration, 0.0)

    @property
    def limit_exponent(self) -> float:
        """The discount, in every realisation."""
        return self.discount


@dataclass(frozen=True)
class Geometric(Source):
    """p_r = (1 - ρ) ρ^(r-1): the number of types seen grows like log D."""

    ratio: float
    kind: ClassVar[str] = "geometric"

    def __post_init__(self) -> None:
        _real(self, "ratio", low=0, high=1, text="strictly between 0 and 1")

    def __str__(self) -> str:
        return f"geometric:{shortest(self.ratio)}"

    @property
    def limit_exponent(self) -> float:
        """0."""
        return 0.0


@dataclass(frozen=True)
class SantaFe(Source):
    """Dębowski's Santa Fe process: token t states fact K_t, Zipf–Mandelbrot, and its label Z_K, fixed for ever.

    Each fact has one of `labels` equally likely labels. Its types are the facts, so that U(D) is that of their
    Zipf law; what the labels add to entropy and loss is in `bounds.laws.santa_fe`.
    """

    exponent: float
    shift: float = 0.0
    labels: int = 2
    types: int | None = None
    kind: ClassVar[str] = "santa-fe"

    def __post_init__(self) -> None:
        for name in ("exponent", "shift", "types"):
            object.__setattr__(self, name, getattr(self.facts, name))
        object.__setattr__(self, "labels", _count("labels", self.labels))

    def __str__(self) -> str:
        types = "" if self.types is None else f",types={self.types}"
        shift = _option("shift", self.shift, 0.0)
        return f"santa-fe:{shortest(self.exponent)},labels={self.labels}{shift}{types}"

    @property
    def facts(self) -> Zipf:
        """The law of K, the facts that are stated."""
        return Zipf(self.exponent, self.shift, self.types)

    @property
    def limit_exponent(self) -> float:
        """1/s with unlimited facts, 0 with finitely many."""
        return self.facts.limit_exponent

    @property
    def n_types(self) -> float:
        """Number of facts, or infinity."""
        return self.facts.n_types


@dataclass(frozen=True)
class Windows(Source):
    """Sliding windows of `length` letters over a stream of letters from an alphabet.

    With probability `stay` a letter repeats the one before it, otherwise it is drawn anew, letter r = 1 … `alphabet`
    with probability p_r ∝ r^-`exponent`: a stationary Markov chain with transition matrix stay·I + (1 - stay)·1pᵀ. By
    default letters are independent and equally likely.

    D draws are the D windows of D + length - 1 letters: neighbours overlap, so that draws are not independent.
    """

    alphabet: int
    length: int
    stay: float = 0.0
    exponent: float = 0.0
    kind: ClassVar[str] = "windows"

    def __post_init__(self) -> None:
        object.__setattr__(self, "alphabet", _count("alphabet", self.alphabet))
        object.__setattr__(self, "length", _count("length", self.length))
        _real(self, "stay", low=0, high=MAX_STAY, text=f"between 0 and {MAX_STAY}", low_open=False, high_open=False)
        text = f"at least 0 and at most {MAX_EXPONENT}"
        _real(self, "exponent", low=0, high=MAX_EXPONENT, text=text, low_open=False, high_open=False)

    def __str__(self) -> str:
        stay, exponent = _option("stay", self.stay, 0.0), _option("exponent", self.exponent, 0.0)
        return f"windows:alphabet={self.alphabet},length={self.length}{stay}{exponent}"

    @property
    def letters(self) -> Source:
        """The law of a letter that is drawn anew, and so of any single letter."""
        if self.exponent == 0 or self.alphabet == 1:
            return Uniform(self.alphabet)
        return Zipf(self.exponent, types=self.alphabet)

    @property
    def limit_exponent(self) -> float:
        """0: every word is seen in the end."""
        return 0.0

    @property
    def n_types(self) -> float:
        """A^l words; infinity where that is no floating-point number."""
        bits = self.length * math.log2(self.alphabet)
        if bits < 62:
            return self.alphabet**self.length
        return float(self.alphabet) ** self.length if bits < 1023 else math.inf


@dataclass(frozen=True)
class Mixture(Source):
    """Disjoint domains: with probability w_j a draw comes from component j; no type is in two domains."""

    components: tuple[tuple[float, Source], ...]
    kind: ClassVar[str] = "mixture"

    def __post_init__(self) -> None:
        components = tuple(map(_component, self.components)) if isinstance(self.components, tuple | list) else ()
        if not components:
            raise ValueError(f"a mixture needs one or more pairs (weight, source), got {shown(self.components)}")
        for weight, part in components:
            if not isinstance(part, Uniform | Zipf | Geometric):
                raise ValueError(
                    f"a mixture takes uniform, zipf and geometric components, got {part}; "
                    "others have no fixed probabilities for single draws"
                )
            if not weight > 0:
                raise ValueError(f"the weights of a mixture must be positive, got {shown(weight)}")
        total = math.fsum(weight for weight, _ in components)
        if abs(total - 1) > 1e-9:
            raise ValueError(f"the weights of a mixture must sum to 1, got {total!r}")
        object.__setattr__(self, "components", components)

    def __str__(self) -> str:
        return "mixture:" + "+".join(f"{shortest(weight)}*({part})" for weight, part in self.components)

    @property
    def limit_exponent(self) -> float | None:
        """The largest of the components' exponents; it is approached slowly (equation A7)."""
        return max(part.limit_exponent or 0.0 for _, part in self.components)

    @property
    def n_types(self) -> float:
        """Sum over the components."""
        return sum(part.n_types for _, part in self.components)


def _component(pair: Any) -> tuple[float, Source]:
    if not (isinstance(pair, tuple | list) and len(pair) == 2):
        raise ValueError(f"a mixture needs one or more pairs (weight, source), got {shown(pair)} among them")
    return real_number("the weight of a component", pair[0]), pair[1]


def _count(name: str, value: float) -> int:
    return whole_number(name, value, MAX_TYPES, "2^62")


def _real(source: Source, name: str, **limits: Any) -> None:
    object.__setattr__(source, name, number_between(name, getattr(source, name), **limits))


def _option(name: str, value: float, default: float) -> str:
    return "" if value == default else f",{name}={shortest(value)}"
