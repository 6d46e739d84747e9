"""What ``python -m bounds explain`` says: all formulas by topic, or the account of one name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bounds import catalogue
from bounds.base.formula import Formula
from bounds.cli.report import Listing, Report


def explain_report(name: str | None, *, sources: bool = False, rows: bool = False) -> Report:
    """The account of `name`, or without it of every formula in a line, with its source where `sources` are asked for.

    `rows` adds all that is known of each formula, for JSON. Raises ValueError, with the nearest names, where there is
    no such name.
    """
    if name is None:
        found = tuple(catalogue.formulas().values())
        answer, lists = _everything(found, sources)
    else:
        told = catalogue.account(name)
        answer, found, lists = told.answer, told.formulas, [Listing(terms, title) for title, terms in told.lists]
        if not answer:
            answer, lists[0] = lists[0].title, Listing(lists[0].terms)
    data = {
        "rows": [catalogue.to_json(formula) for formula in found] if rows else [],
        "terms": [{"title": one.title, "name": head, "text": text} for one in lists for head, text in one.terms],
    }
    return Report(answer, data=data, lists=lists)


def _everything(found: Sequence[Formula], sources: bool) -> tuple[str, list[Listing]]:
    labels = Counter(formula.label for formula in found)
    topics = {name: catalogue.topic(name) for name in catalogue.TOPICS}
    return (
        f"{len(found)} formulas. `explain NAME` takes a formula, function, equation (B7), letter (gamma), topic "
        "(skills) or label (heuristic); a law (hoffmann2022), inversion (slow), accelerator (h100), source (zipf) or "
        "word (MFU).",
        [
            Listing([(f"{name:10s} {len(topics[name]):3d} ", text) for name, text in catalogue.TOPICS.items()]),
            Listing([(f"{label:29s} {labels[label]:3d} ", text) for label, text in catalogue.MEANINGS.items()]),
            *(Listing([_line(formula, sources) for formula in of], name) for name, of in topics.items()),
        ],
    )


def _line(formula: Formula, source: bool) -> tuple[str, str]:
    return formula.name, f"{formula.label}{f'; {formula.source}' if source else ''} ({formula.equation})"
