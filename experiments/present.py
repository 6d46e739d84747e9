"""What a run says: how many claims hold, a table for each paper, and the same as rows and as a page."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from bounds.base.notes import FITTED, Note
from bounds.cli.printing import number, written
from bounds.cli.report import Listing, Report, Table
from experiments.claims import AT_LEAST, AT_MOST, EQUAL, FAILS, HOLDS, OPEN, Outcome, Result, Value
from experiments.registry import EXPERIMENTS

COLUMNS = ("claim", "published", "ours", "off by", "allowed", "verdict")
_WIDTH = 81
"""Of a table whose columns are counted with what parts them."""
_LARGE = 1e5
"""From here on counts are written as 599K."""
_SHORT = {HOLDS: "holds", FAILS: "fails", OPEN: "unknown"}
_SIGNS = {EQUAL: "", AT_MOST: "≤ ", AT_LEAST: "≥ "}
_NAMED = 8
"""Claims that a first sentence calls by name."""


def report(results: Mapping[str, Result], *, expected: bool = False, whole: bool = False) -> Report:
    """The report of experiments by name: their claims; what one alone has beside them are its details.

    With `expected`, the answer says whether the claims that should hold do. With `whole`, for a page, tables and all
    reasons stand with the claims; without, what was noticed first of those that do not hold.
    """
    outcomes = [one for result in results.values() for one in result.outcomes]
    alone = next(iter(results.values())) if len(results) == 1 else None
    unmet = [one for one in outcomes if one.verdict != HOLDS]
    further = [table for result in results.values() for table in (*result.tables, *result.details)]
    beside = list(alone.tables) if alone is not None and whole else []
    why = reasons(unmet) if whole else _in_short(unmet)
    return Report(
        answer=_answer(outcomes, expected) + (f" {alone.answer}" if alone is not None and alone.answer else ""),
        tables=[*claim_tables(outcomes), *beside],
        lists=[Listing(why, "What does not hold or cannot be verified")] if alone is not None and why else [],
        notes=[*_surprises(outcomes), *(note for result in results.values() for note in result.notes)],
        details=further[len(beside) :],
        method=[
            *(text for result in results.values() for text in result.method),
            *(": ".join(pair) for pair in reasons(outcomes)),
        ],
        data={
            "rows": [one.to_json() for one in outcomes],
            "experiments": {name: dict(result.data) for name, result in results.items()},
        },
        question=EXPERIMENTS[next(iter(results))].question if alone else "",
    )


def _in_short(outcomes: Sequence[Outcome]) -> list[tuple[str, str]]:
    """What was noticed first of each claim."""
    return [(one.claim.name, _first_sentence(one.note)) for one in outcomes if one.note]


def _first_sentence(text: str) -> str:
    return _sentence(re.split(r"(?<=[a-z0-9)][.?]) (?=[A-Z])", text, maxsplit=1)[0])


def _answer(outcomes: Sequence[Outcome], expected: bool, named: int = _NAMED) -> str:
    by = {verdict: [one for one in outcomes if one.verdict == verdict] for verdict in (HOLDS, FAILS, OPEN)}
    said = [f"{len(by[HOLDS])} of {len(outcomes)} claims hold"]
    if by[FAILS]:
        said.append(f"{_listed(by[FAILS], outcomes, named)} {'does' if len(by[FAILS]) == 1 else 'do'} not")
    if by[OPEN]:
        said.append(f"{_listed(by[OPEN], outcomes, named)} cannot be verified")
    if expected:
        broken = [one for one in by[FAILS] if one.claim.should_hold]
        said.insert(0, f"{_listed(broken, outcomes, named)} should hold and {'does' if len(broken) == 1 else 'do'} not"
                    if broken else "all claims that should hold do")  # fmt: skip
    return "; ".join(said) + "."


def _listed(chosen: Sequence[Outcome], among: Sequence[Outcome], named: int) -> str:
    """Names of claims, with their experiment where there are several; where there are many, how many of each."""
    several = _several(among)
    names = [one.claim.key if several else one.claim.name for one in chosen]
    if len(names) > named and several:
        counts = Counter(one.claim.experiment for one in chosen)
        return f"{len(names)} ({', '.join(f'{n} of {name}' for name, n in counts.items())})"
    if len(names) > named:
        return f"{len(names)} ({', '.join(names[:named])} and others)" if named else str(len(names))
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + f" and {names[-1]}"


def _surprises(outcomes: Sequence[Outcome]) -> list[Note]:
    return [
        Note(FITTED, f"{one.claim.key} should hold and does not." if one.verdict == FAILS
             else f"{one.claim.key} holds, which was not counted on.")
        for one in outcomes if one.surprising
    ]  # fmt: skip


def claim_tables(outcomes: Sequence[Outcome]) -> list[Table]:
    """One table a paper, in one piece of 80 columns; what has no room stands with the reasons."""
    tables, several = [], _several(outcomes)
    for experiment, paper in dict.fromkeys((one.claim.experiment, one.claim.paper) for one in outcomes):
        chosen = [one for one in outcomes if (one.claim.experiment, one.claim.paper) == (experiment, paper)]
        rows = [cells(one) for one in chosen]
        left_out = next((n for n in (0, 1, 2) if _width(_without(n, rows)) <= _WIDTH), 2)
        columns, *body = _without(left_out, rows)
        title = f"{experiment}: {paper}" if several else paper
        tables.append(Table(columns, body, title=title))
    return tables


def _several(outcomes: Sequence[Outcome]) -> bool:
    """Whether they are of several experiments, so that names need theirs."""
    return len({one.claim.experiment for one in outcomes}) > 1


def _without(n: int, rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Titles and rows without the first `n` of tolerance and difference, which the reasons have too."""
    dropped = ("allowed", "off by")[:n]
    return [
        [cell for cell, column in zip(row, COLUMNS, strict=True) if column not in dropped] for row in (COLUMNS, *rows)
    ]


def _width(rows: Sequence[Sequence[str]]) -> int:
    return sum(max(map(len, column)) + 3 for column in zip(*rows, strict=True))


def cells(outcome: Outcome) -> tuple[str, ...]:
    """A claim as a row under `COLUMNS`."""
    claim = outcome.claim
    ours, decimals = (
        shown(outcome.ours, 3 if isinstance(outcome.ours, tuple) else 4),
        _decimals(claim.published, outcome.ours, outcome.verdict == FAILS),
    )
    if decimals is not None:
        ours = f"{outcome.ours:.{decimals}f}"
    published = _SIGNS[claim.reading] + shown(claim.published, 7)
    if outcome.verdict == FAILS and ours == shown(claim.published, 7):
        published, ours = _told_apart(claim.published, outcome.ours, published, ours)
    tolerance = "" if claim.tolerance is None else shown(claim.tolerance)
    difference = "" if outcome.difference is None else f"{'+' * (outcome.difference > 0)}{shown(outcome.difference, 3)}"
    return (
        claim.name, published, ours, difference,
        tolerance,
        _SHORT[outcome.verdict],
    )  # fmt: skip


def _told_apart(published: Value, ours: Value, *alike: str) -> tuple[str, str]:
    """Two numbers that fail to be equal with all their digits, where with fewer they look `alike`."""
    if not isinstance(published, float | int) or not isinstance(ours, float | int):
        return alike[0], alike[1]
    return f"{published:,.10g}", f"{ours:,.10g}"


def _decimals(published: Value, ours: Value, fails: bool) -> int | None:
    """Digits behind the point of both numbers: those published, three of ours, one more where they would look alike.

    None where one is no number, where ours is a count, or too small or too large for it.
    """
    if not isinstance(published, float | int) or not isinstance(ours, float) or not 1e-3 <= abs(ours) < _LARGE:
        return None
    _, _, behind = f"{published:.10g}".partition(".")
    digits = max(len(behind), 2 - math.floor(math.log10(abs(ours))), 0)
    return digits + (fails and published != ours and f"{published:.{digits}f}" == f"{ours:.{digits}f}")


def shown(value: Value, digits: int = 4) -> str:
    """A value of a claim for a reader: 0.3658, 70B, 0.454–0.455, or its words."""
    if value is None or isinstance(value, str):
        return value or "–"
    if isinstance(value, tuple):
        return "–".join(shown(one, digits) for one in value)
    return written(value) if _LARGE <= abs(value) < math.inf else number(value, digits)


def reasons(outcomes: Sequence[Outcome]) -> list[tuple[str, str]]:
    """Each claim with its place, its words, the reason of its tolerance, and what was noticed."""
    several = _several(outcomes)
    return [
        (one.claim.key if several else one.claim.name, " ".join(filter(None, (
            f"{_sentence(one.claim.text)} ({one.claim.paper}, {one.claim.where})",
            f"Tolerance{'' if one.claim.tolerance is None else f' {shown(one.claim.tolerance)}'}: "
            f"{_sentence(one.claim.reason)}" if one.claim.reason else "",
            _sentence(one.note),
        ))))
        for one in outcomes
    ]  # fmt: skip


def _sentence(text: str) -> str:
    return text if not text or text.endswith((".", "?")) else f"{text}."


def page(results: Mapping[str, Result]) -> str:
    """All claims as the page docs/papers.md: an experiment a section, a claim a row."""
    outcomes = [one for result in results.values() for one in result.outcomes]
    lines = [
        "# The papers, claim by claim", "",
        "`python -m experiments run all --table` prints this page. " + _answer(outcomes, expected=False, named=0), "",
    ]  # fmt: skip
    for name, result in results.items():
        said = _answer(result.outcomes, expected=False, named=len(result.outcomes))
        lines += [f"## {name}", "", f"{said} {result.answer}".rstrip(), ""]
        lines += [_row(("claim", "where", *COLUMNS[1:], "why")), "|" + "---|" * (len(COLUMNS) + 2)]
        lines += [_page_row(one) for one in result.outcomes] + [""]
    return "\n".join(lines)


def _page_row(one: Outcome) -> str:
    claim = one.claim
    name, published, ours, difference, tolerance, _ = cells(one)
    why = " ".join(_sentence(text) for text in (claim.reason, one.note) if text)
    return _row((f"**{name}**: {claim.text}", f"{claim.paper}, {claim.where}", published, ours, difference, tolerance,
                 one.verdict, why))  # fmt: skip


def _row(texts: Iterable[str]) -> str:
    return "| " + " | ".join(text.replace("|", "\\|").replace("\n", " ") for text in texts) + " |"
