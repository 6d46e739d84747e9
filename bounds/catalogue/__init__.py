"""Every public formula by name, topic, label and letter, and the account of each: what ``explain`` prints."""

from __future__ import annotations

import difflib
import functools
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import bounds
from bounds.base.formula import LETTERS, Formula
from bounds.base.intervals import ASYMPTOTIC, EMPIRICAL, GIVEN, HEURISTIC, RIGOROUS
from bounds.base.one_number import number, shown
from bounds.catalogue.named import keys, named
from bounds.catalogue.words import TERMS, WORDS, meaning_of
from bounds.laws.law_names import called

_MODULES = (
    "bounds.counts.unique",
    "bounds.counts.windows",
    "bounds.laws.santa_fe",
    "bounds.divergence.kl",
    "bounds.laws.published",
    "bounds.laws.overtraining",
    "bounds.laws.repeated_data",
    "bounds.efficiency.band",
    "bounds.fitting.loss_laws.loss_law",
    "bounds.fitting.loss_laws.uncertainty",
    "bounds.capacity.capacity",
    "bounds.skills.emergence",
    "bounds.fitting.exponents.exponent",
    "bounds.fitting.extrapolation.extrapolate",
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


TOPICS = {
    "counts": "distinct sequences of a source: mean, variance, windows",
    "divergence": "what a loss says about a count: KL both ways, L1, minimax risk",
    "laws": "loss laws: optimum, over-training, repeated data, Santa Fe",
    "capacity": "what a model of N parameters stores, and the loss it leaves",
    "skills": "when a skill is there: thresholds in parameters and in data",
    "efficiency": "from a loss law to U(D), N and the corpus for more skills",
    "fitting": "exponents from counts, laws from runs, and how sure they are",
}
"""The rooms of `bounds` that have formulas, and what these are about."""


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


MEANINGS = {
    RIGOROUS: "a theorem about the process that is named",
    GIVEN: "a theorem once its assumption is granted, of a learner or a corpus: nobody can prove it of yours",
    ASYMPTOTIC: "right in a limit, with an error that is said or measured",
    HEURISTIC: "a choice of modelling, which could have been made otherwise",
    EMPIRICAL: "constants that somebody fitted",
}
"""What each label of a formula means."""

Items = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Account:
    """What there is to say of a name: a sentence, and lists under titles, each of heads with a text."""

    answer: str
    lists: tuple[tuple[str, Items], ...]
    formulas: tuple[Formula, ...]

    def __str__(self) -> str:
        parts = [self.answer] if self.answer else []
        for title, items in self.lists:
            # Letters are set in, and a long one does not move the other heads.
            wide = max((len(head) for head, _ in items if not head.startswith(" ")), default=0)
            lines = [f"{head:{wide}s} {text}".rstrip() for head, text in items]
            parts.append("\n".join([title, *lines] if title else lines))
        return "\n\n".join(parts)


def account(name: str) -> Account:
    """What there is to say of `name`: a formula, a public function, an equation, a topic, a label or a letter.

    Or of the key of a law, an inversion, an accelerator or a source, or of a word of tables and notes. An equation is
    named by its short name, such as B7-iii; B7 stands for all whose label begins so. A letter may be Greek. Raises
    ValueError, with the nearest names, where there is none.
    """
    asked = str(name).strip()
    name = re.sub(_PLACE, "", asked)
    letter = _letter(name)
    if found := _named(name):
        # H is an equation, and a letter too.
        more = _account_of_letter(letter).lists if letter and letter not in formulas() else ()
        answer = f"{name} has {len(found)} formulas: {', '.join(f.name for f in found)}." if len(found) > 1 else ""
        return Account(answer, (*map(statement, found), *more), tuple(found))
    if name in TOPICS:
        found = topic(name)
        return _listed(f"{name}: {_formulas(len(found))} on {TOPICS[name]}.", found)
    if label := _label(name):
        having = [formula for formula in formulas().values() if formula.label == label]
        return _listed(f"{label}: {MEANINGS[label]}; {_formulas(len(having))} of this label.", having)
    if letter:
        return _account_of_letter(letter)
    if key := named(asked):
        using = [formula for formula in formulas().values() if key.uses(formula.name, formula.public_name)]
        lists = [("", key.items), *([("", (("used by", _names(using)),))] if using else [])]
        return Account(key.answer, tuple(lists), tuple(using))
    word, meaning = meaning_of(asked)
    if word:
        return Account(f"{word}: {meaning}.", (), ())
    if name in places():
        place = places()[name]
        raise ValueError(f"{place} has no formula of its own; help({place}) says what it does")
    raise ValueError(f"nothing is called {shown(asked)}: {_nearest(name)}`python -m bounds explain` lists them all")


def find(name: str) -> list[Formula]:
    """The formulas that `account` tells of: one, or all of a function, an equation, a topic, a label or a letter."""
    return list(account(name).formulas)


def topic(name: str) -> list[Formula]:
    """The formulas of a room of `bounds`, in the order of the theory."""
    names = [module for module in _MODULES if module.split(".")[1] == name]
    return [formula for module in names for formula in import_module(module).FORMULAS]


def _named(name: str) -> list[Formula]:
    """The formula of that name, or those of a public function or of an equation."""
    table = formulas()
    if name in table:
        return [table[name]]
    return [formula for formula in table.values() if formula.public_name == name or _labelled(formula, name)]


def _labelled(formula: Formula, label: str) -> bool:
    """Whether one of the formula's equations is `label`, or a part of it: B7 has the parts B7-i to B7-v."""
    ours = [part for part in re.split("[,;] ", formula.equation) if re.match("[A-H][0-9]?", part)]
    return any(part == label or part.startswith((f"{label}-", f"{label}(")) for part in ours)


def _label(name: str) -> str:
    """The label of that name, where there is one; `given` is short for the one with an assumption."""
    words = name.replace("-", " ").lower()
    return words if words in MEANINGS else GIVEN if words == "given" else ""


@functools.cache
def _letters() -> dict[str, dict[tuple[str, str], list[Formula]]]:
    """Each letter of the statements: its meanings with their units, and the formulas that read it so."""
    table: dict[str, dict[tuple[str, str], list[Formula]]] = {}
    for formula in formulas().values():
        for letter in formula.letters:
            table.setdefault(letter.name, {}).setdefault((letter.meaning, letter.unit), []).append(formula)
    return table


def _letter(name: str) -> str:
    """The letter that is written so, with its Greek letter or in words; empty where there is none."""
    spelled = unicodedata.name(name, "") if len(name) == 1 else ""
    if spelled.startswith("GREEK "):
        word = spelled.split()[-1]
        name = word.capitalize() if name.isupper() else word.lower()
    name = {"lambda": "lamda", "Lamda": "Lambda"}.get(name, name)
    return name if name in _letter_names() and name in _letters() else ""


@functools.cache
def _letter_names() -> frozenset[str]:
    """Letters that statements may use; unlike `_letters` this reads no statement."""
    return frozenset(LETTERS) | {letter.name for formula in formulas().values() for letter in formula.own}


def _on_the_left(formula: Formula) -> str:
    """The letter that a statement is about: U of E U(D)."""
    words = re.sub(r"\(.*", "", formula.left).split()
    return words[-1].replace("varepsilon", "epsilon") if words else ""


def _account_of_letter(name: str) -> Account:
    """The meanings of a letter, the common one first, with the formulas that use it and those that compute it."""
    common = LETTERS[name].meaning if name in LETTERS else ""
    meanings = sorted(_letters()[name].items(), key=lambda item: (item[0][0] != common, -len(item[1])))
    computed: dict[str, list[Formula]] = {}
    for formula in formulas().values():
        if _on_the_left(formula) == name:
            computed.setdefault(formula.meaning, []).append(formula)
    using = [formula for _, users in meanings for formula in users]
    found = dict.fromkeys([*using, *(formula for group in computed.values() for formula in group)])
    (meaning, unit), first = meanings[0]
    more = f"; it means something else in {len(using) - len(first)} more" if len(meanings) > 1 else ""
    answer = f"{name}{_greek(name)} is the {meaning} [{unit}] in {_formulas(len(first))}{more}."
    lists = [
        *((f"{name}: {text} [{unit}]", (("used by", _names(users)),)) for (text, unit), users in meanings),
        *((f"Computed: {text}", (("by", _names(group)),)) for text, group in computed.items()),
    ]
    return Account(answer, tuple(lists), tuple(found))


def _greek(name: str) -> str:
    """The Greek letter behind its name, such as " (γ)"; empty for a Latin one."""
    size = "CAPITAL" if name[0].isupper() else "SMALL"
    try:
        return f" ({unicodedata.lookup(f'GREEK {size} LETTER {name.upper()}')})"
    except KeyError:
        return ""


def _names(found: Iterable[Formula]) -> str:
    """Names of formulas, the variants of one behind each other once: expected_unique stands for all its sources."""
    return ", ".join(dict.fromkeys(formula.name.partition(".")[0] for formula in found))


def _formulas(count: int) -> str:
    return "1 formula" if count == 1 else f"{count} formulas"


def _listed(answer: str, found: list[Formula]) -> Account:
    """A sentence, and formulas in a line or two each: name, what stands on the left, label and equation."""
    items = tuple((f.name, f"{f.meaning}; {f.label} ({f.equation})") for f in found)
    return Account(answer, (("", items),), tuple(found))


def _nearest(name: str) -> str:
    """What may have been meant, as the beginning of a sentence."""
    table = formulas()
    functions = (formula.public_name for formula in table.values())
    names = list(
        dict.fromkeys([
            *TOPICS, *MEANINGS, *keys(), *WORDS, *TERMS, *table, *functions, *(f.equation for f in table.values()),
            *sorted(n for n in _letter_names() if len(n) > 2),
        ])
    )  # fmt: skip
    holding = [one for one in names if len(name) > 2 and name.lower() in one.lower()]
    close = [*called(name), *difflib.get_close_matches(name, names, n=3, cutoff=0.6), *holding]
    close = list(dict.fromkeys(close))[:3]
    return f"did you mean {' or '.join(close)}? " if close else ""


def explain(name: str | None = None) -> str:
    """A formula as text: statement, LaTeX, letters with units, label, assumption, source and a worked number.

    `name` is a formula, a public function or the label of an equation, such as B7, whose formulas all follow each
    other; or a topic (skills), a label (heuristic) or a letter (gamma), which list theirs. Without it, one line for
    each formula there is.
    """
    if name is None:
        return "\n".join(f"{f.name}: {f.label}; {f.source} ({f.equation})" for f in formulas().values())
    return str(account(name))


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


def statement(formula: Formula) -> tuple[str, Items]:
    """A formula in one line, and beneath it all that there is to say of it."""
    rows = [
        ("LaTeX:", formula.latex),
        ("label:", formula.label),
        ("assumption:", formula.assumption),
        ("source:", formula.source),
        ("equation:", formula.equation),
        ("in Python:", in_python(formula)),
        ("left side:", formula.meaning),
        *((f"  {letter.name}", f"{letter.meaning} [{letter.unit}]") for letter in formula.letters),
        *((f"  {name}", f"{meaning}, in a sum, product or integral") for name, meaning in formula.indices.items()),
    ]
    worked = formula.worked()
    if worked is not None:
        rows.append(("example:", f"{worked.given} gives {number(worked.value, 6)}"))
    return f"{formula.name}: {formula.plain}   [{formula.unit}]", tuple(rows)
