"""What a paper says, what we find, and whether the one is the other: claims and outcomes as values.

Nothing is tuned so that a claim passes. Its tolerance comes from the rounding of the paper or from its stated errors,
and `Claim.reason` says which; a claim that does not reproduce stays, with its verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bounds.base.arguments import Choice
from bounds.base.brief import brief
from bounds.base.notes import Note
from bounds.base.telling.html import html_fields, html_table, html_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bounds.cli.report import Table

HOLDS = "holds"
FAILS = "does not hold"
OPEN = "cannot be verified"
VERDICTS = (HOLDS, FAILS, OPEN)

EQUAL, AT_MOST, AT_LEAST = "equal", "at most", "at least"

Value = float | tuple[float, ...] | str | None
"""A number, the two ends of an interval, or words."""
NO_NUMBER = "no number is printed"
"""The reason of a claim in words, which needs no tolerance."""

_SLACK = 1e-9
"""Of a tolerance: what binary fractions may be off."""


@dataclass(frozen=True)
class Claim:
    """What a paper says, in our words: `published` with its place, and how far off a number may be, and why.

    `key` is the experiment and a name, ``lawfit.beta``. `published` is a number, an interval or words; `reading` says
    whether ours must be ``equal`` to it (within the interval), ``at most`` or ``at least`` it, each up to `tolerance`,
    which is in the unit of the number. `should_hold` is whether `check` counts on it: False where the data are known
    to say otherwise.
    """

    key: str
    paper: str
    where: str
    text: str
    published: Value
    tolerance: float | None
    reason: str
    should_hold: bool = True
    reading: str = EQUAL
    unit: str = ""

    _repr_html_ = html_fields

    def __post_init__(self) -> None:
        Choice("reading", (EQUAL, AT_MOST, AT_LEAST))(self.reading)
        if "." not in self.key:
            raise ValueError(f"key must be the experiment and a name, such as lawfit.beta, got {self.key!r}")

    @property
    def experiment(self) -> str:
        """The experiment that the claim belongs to."""
        return self.key.partition(".")[0]

    @property
    def name(self) -> str:
        """The name of the claim within its experiment."""
        return self.key.partition(".")[2]


@dataclass(frozen=True)
class Outcome:
    """A claim with what we find: `ours`, its `difference` from what is published, a verdict, and `note`, why."""

    claim: Claim
    ours: Value
    difference: float | None
    verdict: str
    note: str = ""

    _repr_html_ = html_fields

    def __post_init__(self) -> None:
        Choice("verdict", VERDICTS)(self.verdict)

    @property
    def surprising(self) -> bool:
        """Whether the verdict is not the one that was counted on."""
        return (self.verdict == FAILS and self.claim.should_hold) or (
            self.verdict == HOLDS and not self.claim.should_hold
        )

    def to_json(self) -> dict[str, Any]:
        """A flat object: the claim, what is published, ours, the difference, the tolerance with its reason, verdict."""
        claim = self.claim
        return {
            "experiment": claim.experiment, "claim": claim.name, "paper": claim.paper, "where": claim.where,
            "text": claim.text, "published": claim.published, "ours": self.ours, "unit": claim.unit,
            "difference": self.difference, "tolerance": claim.tolerance, "reading": claim.reading,
            "reason": claim.reason, "verdict": self.verdict, "should_hold": claim.should_hold, "note": self.note,
        }  # fmt: skip


@dataclass(frozen=True)
class Result:
    """What an experiment found: the outcomes of its claims, `answer` in a sentence, and what stands beside them.

    `tables` are printed with the claims, `details` and `method` (paragraphs) with ``--explain`` alone; `figures` draw,
    by a short name each; `data` are the numbers of tables and figures for ``--json``.
    """

    outcomes: Sequence[Outcome]
    answer: str = ""
    tables: Sequence[Table] = ()
    details: Sequence[Table] = ()
    notes: Sequence[Note] = ()
    method: Sequence[str] = ()
    figures: Mapping[str, Callable[[], Figure]] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)

    def _repr_html_(self) -> str:
        columns = ("claim", "published", "ours", "difference", "tolerance", "verdict")
        claims = [
            (
                one.claim.key, _said(one.claim.published), _said(one.ours), _said(one.difference),
                _said(one.claim.tolerance), one.verdict,
            )
            for one in self.outcomes
        ]  # fmt: skip
        tables = "".join(table._repr_html_() for table in self.tables)
        said = html_table("Claims", claims, columns) if claims else ""
        return html_text(*filter(None, [self.answer])) + said + tables + html_text(*map(str, self.notes))


def _said(value: Value) -> str:
    return "–" if value is None else value if isinstance(value, str) else brief(value)


def judge(claim: Claim, ours: Value, note: str = "", *, holds: bool | None = None) -> Outcome:
    """The outcome of `claim` when our number is `ours`; words need `holds`, and None cannot be verified.

    A number is compared with the published one by the claim's reading. An interval of ours is compared end by end with
    a published interval. The difference is ours less what is published, of an interval less its nearer end.
    """
    if ours is None:
        return Outcome(claim, None, None, OPEN, note)
    gap = _difference(claim.published, ours)
    if holds is None:
        if gap is None:
            raise ValueError(f"{claim.key} is said in words; pass holds=True or False")
        holds = _within(gap, claim)
    return Outcome(claim, ours, gap, HOLDS if holds else FAILS, note)


def _within(gap: float, claim: Claim) -> bool:
    allowed = (claim.tolerance or 0) * (1 + _SLACK)
    return {EQUAL: abs(gap) <= allowed, AT_MOST: gap <= allowed, AT_LEAST: gap >= -allowed}[claim.reading]


def _difference(published: Value, ours: Value) -> float | None:
    """How far `ours` lies above what is published; the larger gap of the ends of two intervals; None for words."""
    if published is None or ours is None or isinstance(published, str) or isinstance(ours, str):
        return None
    if isinstance(published, tuple) and isinstance(ours, tuple):
        return max((float(a) - float(b) for a, b in zip(ours, published, strict=True)), key=abs)
    if isinstance(ours, tuple):
        return None
    if isinstance(published, tuple):
        low, high = published
        return float(min(ours - low, 0) or max(ours - high, 0))
    return float(ours) - float(published)
