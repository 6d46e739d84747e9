"""Names of learners and tolerances, read before anything heavy is loaded."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, cast

from bounds.base.arguments import close_to, shown, unknown
from bounds.base.sources import parse_source, read_number
from simulate.studies.learners.kinds import (
    AddConstant,
    AnySource,
    GoodTuring,
    Learner,
    Margin,
    Memoriser,
    PitmanYorPredictor,
    Store,
)

PRESET = ("margin:1", "margin:0.3333", "margin:0.01", "memoriser")
"""The learners of ``--learner all``: at β = 0.28 they imply D^0.72, D^0.58, D^0.44 (as a → 0) and D^0.72."""

# kind -> (class, field of the number after the colon, how it is read, options with how they are read)
_KINDS: dict[str, tuple[type, str, dict[str, Callable[[str], Any]]]] = {
    "memoriser": (Memoriser, "", {}),
    "add-constant": (AddConstant, "added", {"added": read_number}),
    "good-turing": (GoodTuring, "", {}),
    "pitman-yor": (PitmanYorPredictor, "discount", {"discount": read_number, "concentration": read_number}),
    "store": (Store, "n_stored", {"n_stored": read_number, "by": str, "cost": read_number}),
    "margin": (Margin, "exponent", {"exponent": read_number}),
}
LEARNERS = tuple(make for make, *_ in _KINDS.values())
EXAMPLES = ("memoriser", "add-constant:1", "good-turing", "pitman-yor:0.72", "store:1000", "margin:0.3333", "all")
"""One name of each kind, and the word for the preset ones."""
_REQUIRED = {"add-constant": "1", "pitman-yor": "0.72", "margin": "1"}


def parse_learner(text: str | Learner) -> Learner:
    """The learner that `text` names, such as ``margin:0.3333`` or ``store:1000,by=rank``.

    Raises ValueError with one sentence that says what is not understood and what is allowed.
    """
    if isinstance(text, LEARNERS):
        return cast(Learner, text)
    if not isinstance(text, str):
        raise ValueError(f"a learner must be a text such as margin:0.3333, or a learner, got {shown(text)}")
    kind, _, body = text.strip().partition(":")
    kind = kind.strip().lower()
    if kind not in _KINDS:
        raise unknown("learner", text, (*_KINDS, "all"), "write for example margin:0.3333", word=kind)
    make, main, readers = _KINDS[kind]
    given: dict[str, Any] = {}
    for i, part in enumerate(filter(None, (part.strip() for part in body.split(",")))):
        name, equals, value = (word.strip() for word in part.partition("="))
        if not equals and i == 0 and main:
            name, value = main, name
        options = [option for option in readers if option != main]
        if name not in readers or (equals and name == main) or name in given:
            allowed = f"its options are {', '.join(options)}" if options else "it has no options"
            close = close_to(name, options)
            hint = f"did you mean {close}? " if close else ""
            raise ValueError(f"learner {shown(text)}: {shown(part)} is not understood; {hint}{allowed}")
        try:
            given[name] = readers[name](value)
        except ValueError:
            raise ValueError(f"learner {shown(text)}: {shown(value)} is no number") from None
    if kind in _REQUIRED and main not in given:
        raise ValueError(f"learner {shown(text)} needs a number, such as {kind}:{_REQUIRED[kind]}")
    return make(**given)


def fit_pairs(names: Sequence[str], sources: Sequence[AnySource]) -> list[tuple[Learner, AnySource]]:
    """Each learner with each of `sources`, or with its own source where there are none; ``all`` is `PRESET`.

    Raises ValueError with one sentence where a learner does not fit a source.
    """
    if not names:
        raise ValueError("a learner must be named, such as memoriser or margin:0.3333; all names four of them")
    wanted = [name for given in names for name in (PRESET if str(given) == "all" else (given,))]
    learners = list({str(learner): learner for learner in map(parse_learner, wanted)}.values())
    pairs = [(one, source) for one in learners for source in (sources or (parse_source(one.default_source),))]
    for learner, source in pairs:
        why = learner.refusal(source)
        if why:
            raise ValueError(f"learner {learner} does not fit source {source}: {why}")
    return pairs


def parse_tolerances(text: str) -> tuple[str, ...]:
    """``0,0.01,10%`` as ("0", "0.01", "10%"): nats per sequence, or a share of the excess loss on tests."""
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        try:
            value = float(part.removesuffix("%"))
        except ValueError:
            value = math.nan
        if not 0 <= value < math.inf:
            raise ValueError(f"tolerance must be numbers of at least 0 such as 0,0.01,10%, got {shown(part)}")
        found.append(f"{value:g}" + "%" * part.endswith("%"))
    if not found or len(set(found)) < len(found):
        raise ValueError(f"tolerance must name different numbers such as 0,0.01,10%, got {shown(text)}")
    return tuple(found)
