"""`Formula`: an expression that carries its label, assumption and source.

Every public formula of `bounds` has one `Formula`, kept as text beside the code that evaluates it, in the
module's table ``FORMULAS``; `bounds.catalogue` lists and explains them. Elementary closed forms are evaluated from
that text (`Formula.function`); sums and special functions are evaluated by hand-written code and compared with the
text at fifty digits in the tests. sympy is loaded when an expression is first looked at, not before; what commands
evaluate stands in `bounds.base.formula.printed` as sympy prints it, and needs none.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from bounds.base.formula.left_sides import BY_LEFT_SIDE, BY_NAME, INDICES, INDICES_BY_NAME
from bounds.base.formula.letters import LETTERS, Letter, names, symbols
from bounds.base.formula.printed import compiled
from bounds.base.intervals import LABELS
from bounds.base.one_number import number
from bounds.base.telling.html import html_fields

PAPER_VERSIONS = {
    "kausik2024v1": "Kausik 2024, arXiv:2402.14746v1 (N ~ D^0.58)",
    "kausik2024v3": "Kausik 2024, arXiv:2402.14746v3 (N ~ D^0.44, the low end alone)",
    "kausik2024v6": "Kausik 2024, arXiv:2402.14746v4-v6 (exponent between 0.44 and 0.72)",
}
"""The paper's versions claim different exponents, so that an exponent without its version is an error."""

OWN = "own derivation"
"""Source of a statement that this project derives itself; docs/theory.md has the proof."""
PITMAN = "Pitman 2006, Combinatorial Stochastic Processes, ch. 3"
IID = "draws are independent and follow one fixed law"


_PLAIN = (
    (r"\\(?:mathbb|mathrm|operatorname|text)\{([^{}]*)\}", r"\1"),
    (r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"(\1)/(\2)"),
    (r"\\(?:ge|geq)\b", ">="),
    (r"\\(?:le|leq)\b", "<="),
    (r"\\\|", "||"),
    (r"\\[,;:! ]", " "),
    (r"\\([A-Za-z]+)", r"\1"),
    (r"([_^])\{([^{} ]*)\}", r"\1\2"),
    (r"([_^])\{([^{}]*)\}(?=[A-Za-z])", r"\1(\2) "),
    (r"([_^])\{([^{}]*)\}", r"\1(\2)"),
    (r" {2,}", " "),
)
"""What LaTeX becomes where there is no LaTeX, in this order."""


class Worked(NamedTuple):
    """The worked number of a formula: what to type, or the values of the letters, and what comes out."""

    given: str
    value: float

    def _repr_html_(self) -> str:
        return html_fields(self)


@dataclass(frozen=True)
class Formula:
    """One statement of the theory: ``quantity = expression``, and how far it may be trusted.

    `text` is the right-hand side in sympy's syntax over the names of `LETTERS` and of `own`, the letters that this
    formula alone uses or reads otherwise; `arguments` are the letters that `function` takes, in that order. `label`
    is one of `bounds.base.intervals.LABELS`. `relation` is "=" or, for a bound, "<=" or ">=". `of` names the public
    function that evaluates the formula; where it is empty, the name up to the first dot does. The worked number of
    `explain` is the value of `call`, a Python expression over `bounds` and `numpy`, or of `function` at `example`.
    """

    name: str
    quantity: str
    text: str
    arguments: tuple[str, ...]
    label: str
    assumption: str
    source: str
    equation: str
    unit: str = "1"
    example: tuple[float, ...] = ()
    of: str = ""
    call: str = ""
    own: tuple[Letter, ...] = ()
    relation: str = "="

    _repr_html_ = html_fields

    def __post_init__(self) -> None:
        if self.label not in LABELS:
            raise ValueError(f"label of formula {self.name} must be one of {LABELS}, got {self.label!r}")

    @property
    def public_name(self) -> str:
        """The function of `bounds` that evaluates this formula."""
        return self.of or self.name.partition(".")[0]

    @property
    def symbols(self) -> dict[str, Any]:
        """The sympy symbols of the letters as this formula reads them, by name."""
        return symbols(self.own)

    @property
    def expression(self) -> Any:
        """The right-hand side as a sympy expression."""
        return parsed(self.text, self.own)

    @property
    def letters(self) -> tuple[Letter, ...]:
        """The letters that occur in the expression, in alphabetical order; indices of sums are none."""
        table = LETTERS | {letter.name: letter for letter in self.own}
        return tuple(table[name] for name in sorted(map(str, self.expression.free_symbols)))

    @property
    def left(self) -> str:
        """The left-hand side in plain text."""
        quantity = self.quantity
        for pattern, plain in _PLAIN:
            quantity = re.sub(pattern, plain, quantity)
        return quantity

    @property
    def meaning(self) -> str:
        """What the left-hand side is, in words that name each letter of it that `letters` do not."""
        return BY_NAME.get(self.name) or BY_LEFT_SIDE[self.left]

    @property
    def indices(self) -> dict[str, str]:
        """What the sums, products and integrals of the expression run over."""
        import sympy

        own = INDICES_BY_NAME.get(self.name, {})
        bound = {
            str(index)
            for one in self.expression.atoms(sympy.Sum, sympy.Product, sympy.Integral)
            for index in one.variables
        }
        return {name: own.get(name) or INDICES[name] for name in sorted(bound)}

    @property
    def latex(self) -> str:
        """The statement in LaTeX, e^x - 1 and ln(1 + x) written out."""
        relation = {"=": "=", "<=": r"\le", ">=": r"\ge"}[self.relation]
        return f"{self.quantity} {relation} {_in_latex(self.text, self.own)}"

    @property
    def plain(self) -> str:
        """The statement in one line of plain text, in sympy's syntax."""
        return f"{self.left} {self.relation} {self.text}"

    @property
    def function(self) -> Callable[..., Any]:
        """The expression as a function of `arguments`, in order; arrays broadcast."""
        return compiled(self.text, self.arguments) or lambdified(self.text, self.arguments, self.own)

    def worked(self) -> Worked | None:
        """What to type, or the values of the letters, and the number that comes out; None without an example."""
        if self.call:
            import numpy

            # The calls are constants of the package that this module is part of, written beside the formulas as a
            # reader types them and checked by the tests; what they call, this room does not know.
            package = __name__.partition(".")[0]
            return Worked(self.call, float(eval(self.call, {package: sys.modules[package], "numpy": numpy})))
        if self.example:
            given = ", ".join(f"{k} = {number(v, 6)}" for k, v in zip(self.arguments, self.example, strict=True))
            return Worked(given, float(self.function(*self.example)))
        return None


@functools.cache
def parsed(text: str, own: tuple[Letter, ...]) -> Any:
    """What sympy makes of `text`, for as long as the process runs: a statement is asked for all that is in it."""
    import sympy

    return sympy.sympify(text, locals=names(own))


@functools.cache
def _in_latex(text: str, own: tuple[Letter, ...]) -> str:
    import sympy
    from sympy.codegen import cfunctions

    table = LETTERS | {letter.name: letter for letter in own}
    written = parsed(text, own).replace(cfunctions.expm1, lambda x: sympy.exp(x) - 1)
    written = written.replace(cfunctions.log1p, lambda x: sympy.log(1 + x))
    # sympy prints the arguments of its own beta function as plain text.
    written = written.replace(sympy.beta, sympy.Function("B"))
    return str(
        sympy.latex(written, symbol_names={symbol: table[name].latex or name for name, symbol in symbols(own).items()})
    )


@functools.cache
def lambdified(text: str, arguments: tuple[str, ...], own: tuple[Letter, ...]) -> Callable[..., Any]:
    """The function of `arguments` that sympy makes of `text`."""
    import sympy

    # Letters such as gamma are also the names of functions in the generated code: stand-ins keep the two apart.
    stand_ins = {symbols(own)[name]: sympy.Dummy(name) for name in arguments}
    expression = parsed(text, own).xreplace(stand_ins)
    # Some versions print these as the largest and smallest of one array, which numbers and arrays do not make.
    expression = expression.replace(sympy.Max, sympy.Function("largest")).replace(sympy.Min, sympy.Function("smallest"))
    pairwise = {"largest": _of_all("maximum"), "smallest": _of_all("minimum")}
    return sympy.lambdify(list(stand_ins.values()), expression, modules=[pairwise, "scipy", "numpy"])


def _of_all(name: str) -> Callable[..., Any]:
    """The function of NumPy of two numbers called `name`, of several."""
    import numpy as np

    return lambda *values: functools.reduce(getattr(np, name), values)
