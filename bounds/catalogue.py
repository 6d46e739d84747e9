"""Every public formula by name, and the sentence-by-sentence account of each: what ``explain`` prints."""

from __future__ import annotations

import difflib
import functools
import re
from importlib import import_module
from typing import Any

import bounds
from bounds.base.formula import Formula
from bounds.base.one_number import shown

_MODULES = (
    "bounds.counts.unique",
    "bounds.counts.windows",
    "bounds.laws.santa_fe",
    "bounds.divergence.kl",
    "bounds.laws.published",
    "bounds.laws.overtraining",
    "bounds.laws.repeated_data",
    "bounds.efficiency.band",
    "bounds.fitting.runs.loss_law",
    "bounds.fitting.runs.uncertainty",
    "bounds.capacity.capacity",
    "bounds.skills.emergence",
    "bounds.fitting.exponents.exponent",
    "bounds.efficiency.margin",
)
"""Modules with a table ``FORMULAS``, in the order of the theory."""
_PLACE = rf"^(bounds\.)?(({'|'.join(bounds.SUBJECTS)})\.)?"
"""What may stand before a name: where it is."""


@functools.cache
def formulas() -> dict[str, Formula]:
    """Every public formula by name, in the order of the theory."""
    table: dict[str, Formula] = {}
    for module in _MODULES:
        for formula in import_module(module).FORMULAS:
            if formula.name in table:
                raise RuntimeError(f"two formulas are called {formula.name}")
            table[formula.name] = formula
    return table


@functools.cache
def places() -> dict[str, str]:
    """Where each public name is: ``bounds.unique_bounds``, ``bounds.divergence.l1_upper``."""
    found: dict[str, str] = {}
    for room in bounds.SUBJECTS:
        found |= {name: f"bounds.{room}.{name}" for name in import_module(f"bounds.{room}").__all__}
    return found | {name: f"bounds.{name}" for name in bounds.__all__}


def in_python(formula: Formula) -> str:
    """The function that evaluates `formula`, as it is called: ``bounds.laws.OvertrainingLaw.loss``."""
    name, dot, method = formula.public_name.partition(".")
    return f"{places()[name]}{dot}{method}"


def find(name: str) -> list[Formula]:
    """The formula called `name`, or all those that the public function of that name evaluates or that bear that label.

    A label is the short name of an equation, such as B7-iii; B7 stands for all whose label begins so.

    Raises ValueError, with the nearest names, where there is none.
    """
    table = formulas()
    name = re.sub(_PLACE, "", str(name))
    if name in table:
        return [table[name]]
    found = [formula for formula in table.values() if formula.public_name == name or _labelled(formula, name)]
    if found:
        return found
    if name in places():
        place = places()[name]
        raise ValueError(f"{place} has no formula of its own; help({place}) says what it does")
    names = list(dict.fromkeys([*table, *(formula.public_name for formula in table.values())]))
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
    hint = f"did you mean {' or '.join(close)}? " if close else ""
    raise ValueError(f"no formula is called {shown(name)}: {hint}`python -m bounds explain` lists them all")


def _labelled(formula: Formula, label: str) -> bool:
    """Whether one of the formula's equations is `label`, or a part of it: B7 has the parts B7-i to B7-v."""
    ours = [part for part in re.split("[,;] ", formula.equation) if re.match("[A-H][0-9]?", part)]
    return any(part == label or part.startswith((f"{label}-", f"{label}(")) for part in ours)


def explain(name: str | None = None) -> str:
    """A formula as text: statement, LaTeX, letters with units, label, assumption, source and a worked number.

    `name` is a formula, a public function or the label of an equation, such as B7, whose formulas all follow each
    other; without it, one line for each formula there is.
    """
    if name is None:
        return "\n".join(f"{f.name}: {f.label}; {f.source} ({f.equation})" for f in formulas().values())
    return "\n\n".join(_told(formula) for formula in find(name))


def to_json(formula: Formula) -> dict[str, Any]:
    """What `explain` says of a formula, as an object for JSON."""
    worked = formula.worked()
    return {
        "name": formula.name,
        "function": formula.public_name,
        "in_python": in_python(formula),
        "text": formula.plain,
        "latex": formula.latex,
        "unit": formula.unit,
        "meaning": formula.meaning,
        "label": formula.label,
        "assumption": formula.assumption,
        "source": formula.source,
        "equation": formula.equation,
        "letters": {letter.name: {"meaning": letter.meaning, "unit": letter.unit} for letter in formula.letters},
        "indices": formula.indices,
        "example": None if worked is None else worked._asdict(),
    }


def _told(formula: Formula) -> str:
    rows = [
        f"{formula.name}: {formula.plain}   [{formula.unit}]",
        f"LaTeX:      {formula.latex}",
        f"label:      {formula.label}",
        f"assumption: {formula.assumption}",
        f"source:     {formula.source}",
        f"equation:   {formula.equation}",
        f"in Python:  {in_python(formula)}",
        f"left side:  {formula.meaning}",
        *(f"  {letter.name:8s} {letter.meaning} [{letter.unit}]" for letter in formula.letters),
        *(f"  {name:8s} {meaning}, in a sum, product or integral" for name, meaning in formula.indices.items()),
    ]
    worked = formula.worked()
    if worked is not None:
        rows.append(f"example:    {worked.given} gives {worked.value:.6g}")
    return "\n".join(rows)
