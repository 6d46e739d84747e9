"""Formulas as a page writes them, read and evaluated: ``Σ [1 - (1 - p)^D]``, ``γ = 1 - (2 - b) β``.

Letters stand for what the caller says, numbers, arrays (over types, ranks or draws) or functions. Two of them side by
side are multiplied, Σ sums the product that follows it, over those elements that its index allows, (x)_n is a rising
factorial, and a line of several sides is true if each stands to the next as it says.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import scipy.special as sc

from tests.page_numbers import NUMBER, Sentence

KNOWN: dict[str, Any] = {
    "e": math.e, "π": math.pi, "ln": np.log, "exp": np.exp, "√": np.sqrt, "Γ": sc.gamma, "min": np.minimum,
    "max": np.maximum,
}  # fmt: skip
_RELATIONS: dict[str, Callable[[Any, Any, float], Any]] = {
    "=": lambda a, b, close: np.isclose(a, b, rtol=close, atol=1e-12),
    "≈": lambda a, b, close: np.isclose(a, b, rtol=close, atol=0),
    "→": lambda a, b, close: np.isclose(a, b, rtol=close, atol=0),
    "~": lambda a, b, close: np.isclose(a, b, rtol=close, atol=0),
    "≤": lambda a, b, close: a <= b * (1 + 1e-12) + 1e-15, "≥": lambda a, b, close: a >= b * (1 - 1e-12) - 1e-15,
    "<": lambda a, b, close: a < b, ">": lambda a, b, close: a > b,
    "≠": lambda a, b, close: a != b,
}  # fmt: skip
_MARKED = re.compile(r"⟦(.*?)⟧", flags=re.DOTALL)


def stated(
    words: str, letters: Callable[[], Mapping[str, Any]], *gives: Any, close: float = 1e-2, equal: float = 1e-9
) -> Sentence:
    """A check that a page has these words, in which the formulas are right for these letters.

    Formulas stand between ⟦ and ⟧; without these all of it is one. A formula without a relation has the next of
    `gives` as its value, which is also what tests it where it is a function.
    """

    @cache
    def numbers() -> tuple[str, ...]:
        rest = iter(gives)
        for formula in _MARKED.findall(words) or [words]:
            if len(_sides(formula)) > 1:
                assert holds(formula, close=close, equal=equal, **letters()), formula
                continue
            found, given = value(formula, **letters()), next(rest)
            right = given(found) if callable(given) else np.allclose(found, given, rtol=1e-9, atol=1e-12)
            assert np.all(right), (formula, found)
        assert next(rest, None) is None, words
        return tuple(NUMBER.findall(plain))

    plain = words.replace("⟦", "").replace("⟧", "")
    return Sentence(NUMBER.sub("{}", plain), lambda page: numbers())


def holds(formula: str, *, close: float = 1e-2, equal: float = 1e-9, **letters: Any) -> bool:
    """Whether each side of a formula stands to the next as it says: to `equal` for =, to `close` for ≈, ~ and →."""
    sides = _sides(formula)
    values = [value(side, **letters) for side, _ in sides]
    return len(sides) > 1 and all(
        bool(np.all(_RELATIONS[sign](a, b, equal if sign == "=" else close)))
        for (a, b), (_, sign) in zip(pairwise(values), sides, strict=False)
    )


def value(text: str, **letters: Any) -> Any:
    """What an expression is worth."""
    names = KNOWN | letters
    return eval(_python(text, names), {"__builtins__": {}}, {f"_{i}": one for i, one in enumerate(names.values())} | {
        "_sum": _sum, "_factorial": sc.factorial, "_relations": _RELATIONS,
    })  # fmt: skip


def _sides(formula: str) -> list[tuple[str, str]]:
    """The sides of a formula, each with the sign behind it, which the last lacks."""
    depth, parts, start = 0, [], 0
    for i, char in enumerate(formula):
        depth += (char in "([{") - (char in ")]}")
        if depth == 0 and char in _RELATIONS:
            parts.append((formula[start:i], char))
            start = i + 1
    return [*parts, (formula[start:], "")]


def _sum(terms: Any, chosen: Any = True) -> Any:
    return np.sum(np.where(chosen, terms, 0.0))


def _tokens(text: str, names: Mapping[str, Any]) -> list[str]:
    text = text.replace("²", "^2").replace("…", "")
    text = re.sub(r"(\([^()]*\))_n", r"rising\1", re.sub(r"\^\{(.*?)\}", r"^(\1)", text))
    words = "|".join(re.escape(word) for word in sorted(names, key=len, reverse=True))
    found = re.findall(rf"\s+|\d+(?:\.\d+)?|\.\d+|Σ(?:_\{{[^}}]*\}}|_[a-z])?|{words}|.", text)
    return [one for one in found if one.strip()]


def _python(text: str, names: Mapping[str, Any]) -> str:
    """The expression in Python: letters by their number, products written out, sums and factorials called."""
    order = {name: f"_{i}" for i, name in enumerate(names)}
    tokens = _tokens(text, names)
    out: list[str] = []
    closes: list[int] = []
    depth, i = 0, 0
    operand = False
    while i < len(tokens):
        one = tokens[i]
        starts = one in order or one in "([" or one[0] in "Σ.0123456789"
        if operand and starts and not (one in "([" and out and out[-1].endswith("#")):
            out.append("*")
        if one[0] == "Σ":
            index = re.search(r"\{(.*)\}", one)
            sides = _sides(index[1]) if index else []
            chosen = "True"
            if len(sides) == 2:
                (a, sign), (b, _) = sides
                chosen = f"_relations[{sign!r}]({_python(a, names)}, {_python(b, names)}, 0)"
            out.append(f"_sum(chosen={chosen}, terms=")
            closes.append(depth)
            operand = False
        elif one in order:
            function = callable(names[one])
            if function and i + 1 < len(tokens) and tokens[i + 1] not in "([":
                out.append(f"{order[one]}({order.get(tokens[i + 1], tokens[i + 1])})")
                i += 1
            else:
                out.append(order[one] + "#" * function)
            operand = True
        elif one in "([":
            depth, operand = depth + 1, False
            out.append("(")
        elif one in ")],+-":
            leaves = one in ")]"
            unary = one in "+-" and not operand
            while closes and not unary and closes[-1] == depth:
                closes.pop()
                out.append(")")
            depth -= leaves
            operand = leaves
            out.append(")" if leaves else one)
        elif one == "!":
            out.append(f"_factorial({out.pop()})")
        elif one in "^/·":
            operand = False
            out.append({"^": "**", "/": "/", "·": "*"}[one])
        elif one[0].isdigit() or one[0] == ".":
            operand = True
            out.append(one)
        else:
            raise ValueError(f"{one!r} in {text!r} has no meaning here")
        i += 1
    return "".join(out).replace("#", "") + ")" * len(closes)
