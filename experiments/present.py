"""What a run says: how many claims hold, a table for each paper, and the same as rows and as a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bounds.base.notes import FITTED, Note
from bounds.cli.printing import number, written
from bounds.cli.report import Listing, Report, Table
from experiments.claims import AT_LEAST, AT_MOST, EQUAL, FAILS, HOLDS, OPEN, Outcome, Result, Value

COLUMNS = ("claim", "published", "ours", "difference", "tolerance", "verdict")
_WIDTH = 80
_SHORT = {HOLDS: "holds", FAILS: "fails", OPEN: "unverified"}
_SIGNS = {EQUAL: "", AT_MOST: "≤ ", AT_LEAST: "≥ "}
_NAMED = 6
"""Claims that a first sentence calls by name."""


def report(results: Mapping[str, Result], *, expected: bool = False) -> Report:
    """The report of experiments by name: one alone with its own tables and reasons, several with their claims.

    With `expected`, the answer says whether the claims that should hold do.
    """
    outcomes = [one for result in results.values() for one in result.outcomes]
    alone = next(iter(results.values())) if len(results) == 1 else None
    tables, lists, method = claim_tables(outcomes), [], []
    if alone is None:
        method = [f"{name}: {text}" for name, result in results.items() for text in result.method]
        method += [": ".join(pair) for pair in reasons(outcomes)]
    else:
        lists, method = [Listing(reasons(outcomes), "Where each stands, why its tolerance, and what was found")], []
        method = list(alone.method)
    return Report(
        answer=_answer(outcomes, expected) + (f" {alone.answer}" if alone is not None and alone.answer else ""),
        tables=[*tables, *(alone.tables if alone is not None else ())],
        lists=lists,
        notes=[*_surprises(outcomes), *(note for result in results.values() for note in result.notes)],
        details=[table for result in results.values() for table in _further(result, alone)],
        method=method,
        data={
            "rows": [one.to_json() for one in outcomes],
            "experiments": {name: dict(result.data) for name, result in results.items()},
        },
    )


def _further(result: Result, alone: Result | None) -> Iterable[Table]:
    return result.details if result is alone else [*result.tables, *result.details]


def _answer(outcomes: Sequence[Outcome], expected: bool) -> str:
    by = {verdict: [one for one in outcomes if one.verdict == verdict] for verdict in (HOLDS, FAILS, OPEN)}
    said = [f"{len(by[HOLDS])} of {len(outcomes)} claims hold"]
    if by[FAILS]:
        said.append(f"{_listed(by[FAILS], outcomes)} {'does' if len(by[FAILS]) == 1 else 'do'} not")
    if by[OPEN]:
        said.append(f"{_listed(by[OPEN], outcomes)} cannot be verified")
    if expected:
        broken = [one for one in by[FAILS] if one.claim.should_hold]
        said.insert(0, f"{_listed(broken, outcomes)} should hold and {'does' if len(broken) == 1 else 'do'} not"
                    if broken else "all claims that should hold do")  # fmt: skip
    return "; ".join(said) + "."


def _listed(chosen: Sequence[Outcome], among: Sequence[Outcome]) -> str:
    """Names of claims, with their experiment where there are several; the first ones where there are many."""
    alone = len({one.claim.experiment for one in among}) == 1
    names = [one.claim.name if alone else one.claim.key for one in chosen]
    if len(names) > _NAMED:
        return f"{len(names)} (" + ", ".join(names[:_NAMED]) + " and others)"
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + f" and {names[-1]}"


def _surprises(outcomes: Sequence[Outcome]) -> list[Note]:
    return [
        Note(FITTED, f"{one.claim.key} should hold and does not." if one.verdict == FAILS
             else f"{one.claim.key} holds, which was not counted on.")
        for one in outcomes if one.surprising
    ]  # fmt: skip


def claim_tables(outcomes: Sequence[Outcome]) -> list[Table]:
    """One table a paper, in one piece of 80 columns; what has no room stands with the reasons."""
    tables = []
    for paper in dict.fromkeys(one.claim.paper for one in outcomes):
        rows = [cells(one) for one in outcomes if one.claim.paper == paper]
        left_out = next((n for n in (0, 1, 2) if _width(_without(n, rows)) <= _WIDTH), 2)
        columns, *body = _without(left_out, rows)
        tables.append(Table(columns, body, title=paper))
    return tables


def _without(n: int, rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Titles and rows without the last `n` of tolerance and difference."""
    dropped = ("tolerance", "difference")[:n]
    return [
        [cell for cell, column in zip(row, COLUMNS, strict=True) if column not in dropped] for row in (COLUMNS, *rows)
    ]


def _width(rows: Sequence[Sequence[str]]) -> int:
    return sum(max(map(len, column)) + 3 for column in zip(*rows, strict=True)) - 1


def cells(outcome: Outcome) -> tuple[str, ...]:
    """A claim as a row under `COLUMNS`."""
    claim = outcome.claim
    tolerance = "" if claim.tolerance is None else shown(claim.tolerance)
    difference = "" if outcome.difference is None else f"{'+' * (outcome.difference > 0)}{shown(outcome.difference, 3)}"
    return (
        claim.name, _SIGNS[claim.reading] + shown(claim.published), shown(outcome.ours), difference, tolerance,
        _SHORT[outcome.verdict],
    )  # fmt: skip


def shown(value: Value, digits: int = 4) -> str:
    """A value of a claim for a reader: 0.3658, 70B, [0.454, 0.455], or its words."""
    if value is None or isinstance(value, str):
        return value or "–"
    if isinstance(value, tuple):
        return f"[{', '.join(shown(one, digits) for one in value)}]"
    return written(value) if 1e6 <= abs(value) < float("inf") else number(value, digits)


def reasons(outcomes: Sequence[Outcome]) -> list[tuple[str, str]]:
    """Each claim with its place, its words, the reason of its tolerance, and what was noticed."""
    return [
        (one.claim.name, " ".join(filter(None, (
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
        "`python -m experiments run all --table` prints this page. " + _answer(outcomes, expected=False), "",
    ]  # fmt: skip
    for name, result in results.items():
        lines += [f"## {name}", ""]
        lines += [result.answer, ""] if result.answer else []
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
