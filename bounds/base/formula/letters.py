"""Letters with units: what stands in a formula, and what sympy may assume of it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from bounds.base.telling.html import html_fields


@dataclass(frozen=True)
class Letter:
    """One symbol: what it means, its unit, and what sympy may assume of it."""

    name: str
    meaning: str
    unit: str
    latex: str = ""
    assumptions: tuple[str, ...] = ("positive",)

    _repr_html_ = html_fields


_LETTERS = (
    Letter("D", "corpus size: number of draws, of sequences or of tokens, as said", "draws", "D", ("positive",)),
    Letter("D2", "a later size of the same corpus", "draws", "D_2"),
    Letter("U", "number of distinct sequences in the corpus", "sequences"),
    Letter("N", "parameters of the model", "parameters"),
    Letter("V", "number of types in the support", "sequences", "V", ("positive", "integer")),
    Letter("p", "probability of one type in one draw", "1"),
    Letter("r", "rank of a type", "1", "r", ("positive", "integer")),
    Letter("k", "multiplicity: how often a type was seen", "1", "k", ("positive",)),
    Letter("s", "Zipf exponent", "1"),
    Letter("q", "Mandelbrot's shift of the ranks", "1", "q", ("nonnegative",)),
    Letter("d", "Pitman-Yor discount", "1"),
    Letter("theta", "Pitman-Yor concentration", "1", r"\theta", ("real",)),
    Letter("rho", "ratio of a geometric law", "1", r"\rho"),
    Letter("w", "weight of one domain in a mixture", "1"),
    Letter("E", "irreducible loss", "nats per token"),
    Letter("A", "coefficient of the parameter term of a loss law", "nats per token", "A"),
    Letter("B", "coefficient of the data term of a loss law", "nats per token", "B"),
    Letter("alpha", "exponent of the parameter term of a loss law", "1", r"\alpha"),
    Letter("beta", "exponent of the data term of a loss law", "1", r"\beta"),
    Letter("epsilon", "excess loss L - E", "nats per token", r"\varepsilon"),
    Letter("gamma", "exponent of distinct sequences, U ~ D^gamma", "1", r"\gamma"),
    Letter("M", "largest loss of one prediction", "nats per token"),
    Letter("c", "loss that a new sequence costs at least", "nats per sequence"),
    Letter("nu", "parameters per stored sequence", "parameters per sequence", r"\nu"),
    Letter("b", "Bernstein (margin) exponent of the learner", "1", "b", ("nonnegative",)),
    Letter("K", "scale of a growth curve U = K D^gamma - u0", "sequences"),
    Letter("u0", "offset of a growth curve", "sequences", "u_0", ("real",)),
    Letter("C", "compute of a training run", "FLOP"),
)
LETTERS = {letter.name: letter for letter in _LETTERS}


@functools.cache
def symbols(own: tuple[Letter, ...] = ()) -> dict[str, Any]:
    """The letters as sympy symbols with their assumptions; those of `own` take the place of others of their name."""
    import sympy

    table = LETTERS | {letter.name: letter for letter in own}
    return {name: sympy.Symbol(name, **dict.fromkeys(letter.assumptions, True)) for name, letter in table.items()}


@functools.cache
def names(own: tuple[Letter, ...]) -> dict[str, Any]:
    """What a formula's text may name: the letters, and the functions whose usual names are letters here."""
    import sympy
    from sympy.codegen import cfunctions

    return {
        **symbols(own),
        "Gamma": sympy.gamma,
        "Beta": sympy.beta,
        "Zeta": sympy.zeta,
        "expm1": cfunctions.expm1,
        "log1p": cfunctions.log1p,
    }
