"""Two corpora read as one text with A first, so that equal windows of both have one number: `Pair`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bounds.base.notes import INPUT, Note
from simulate.text.cutting.numbering import Words
from simulate.text.cutting.sequences import MAX_UNITS, Units, read_units, words_of
from simulate.text.cutting.units import TOKEN, WORDS, counted
from simulate.text.reading.asked import ReadOptions
from simulate.text.reading.errors import InputError
from simulate.text.reading.naming import named_files
from simulate.text.reading.room import counted_exactly, require

A, B = 0, 1
"""The two sides, in this order wherever there is a value for each."""

FEWEST_BLOCKS = 3
"""Blocks of whole documents that an interval can be made of."""


@dataclass(frozen=True, eq=False)
class Layout:
    """Where the units of both sides lie: int64 places in one text, A before `middle` and B from there on."""

    starts: np.ndarray
    """First unit of each stream, within which windows are taken, and the end; `middle` is among them."""
    documents: np.ndarray
    """First unit of each document, and the end."""
    middle: int

    def streams(self, side: int) -> np.ndarray:
        """The starts of one side, and its end."""
        place = int(np.searchsorted(self.starts, self.middle))
        return self.starts[: place + 1] if side == A else self.starts[place:]

    def n_units(self, side: int) -> int:
        """Units of one side."""
        return self.middle if side == A else int(self.starts[-1]) - self.middle

    def n_windows(self, side: int, length: int) -> int:
        """Windows of `length` units of one side."""
        return int(np.maximum(np.diff(self.streams(side)) - (length - 1), 0).sum())

    def n_documents(self, side: int) -> int:
        """Documents of one side that hold a unit."""
        before = int(np.searchsorted(self.documents, self.middle))
        return before if side == A else len(self.documents) - 1 - before

    def cuts(self, side: int, n_blocks: int) -> tuple[np.ndarray, bool]:
        """Where one side is cut into about `n_blocks` blocks, ends included, and whether each is of whole documents.

        Blocks are as long as each other, but for the next border of a document, and then at least half as long; where
        that leaves fewer than `FEWEST_BLOCKS` of them, they are cut wherever that is.
        """
        first, end = (0, self.middle) if side == A else (self.middle, int(self.starts[-1]))
        even = np.linspace(first, end, n_blocks + 1).astype(np.int64)
        borders = self.documents[(self.documents >= first) & (self.documents <= end)]
        after = np.clip(np.searchsorted(borders, even), 1, len(borders) - 1)
        before = borders[after - 1]
        moved = np.unique(np.where(even - before <= borders[after] - even, before, borders[after]))
        whole = _not_short(moved, (end - first) / (2 * n_blocks))
        return (whole, True) if len(whole) > FEWEST_BLOCKS else (np.unique(even), False)


def _not_short(cuts: np.ndarray, least: float) -> np.ndarray:
    """Cuts, without those that leave less than `least` between two of them; the ends stay."""
    kept = [int(cuts[0])]
    for cut in cuts[1:].tolist():
        if cut - kept[-1] >= least:
            kept.append(cut)
    if kept[-1] != cuts[-1]:
        kept = [*kept[:-1], int(cuts[-1])] if len(kept) > 1 else [kept[0], int(cuts[-1])]
    return np.array(kept, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Pair:
    """Both corpora: the units of A and then those of B, numbered alike."""

    ids: np.ndarray
    layout: Layout
    unit: str
    corpora: tuple[str, str]
    sides: tuple[Units, Units]
    """Each by itself; their ids are parts of `ids`."""
    warnings: tuple[Note, ...]
    """Why they may be no two texts, or not to be compared."""

    @property
    def notes(self) -> list[Note]:
        """What a reader of any count of either side has to know."""
        return [Note(INPUT, text) for text in dict.fromkeys(text for side in self.sides for text in side.notes)]

    @property
    def documents_told(self) -> bool:
        """Whether every file of both says where its documents end."""
        return all(side.documents_told for side in self.sides)

    @property
    def sha256(self) -> dict[str, str]:
        """SHA-256 of the text of every file of both."""
        return dict(self.sides[A].sha256) | dict(self.sides[B].sha256)


def read_pair(a: Any, b: Any, unit: str, options: ReadOptions, of_b: ReadOptions) -> Pair:
    """Both corpora, each one name or several, as `read_units` reads one; InputError where it would be raised there."""
    if "-" in named_files(a).names and "-" in named_files(b).names:
        raise InputError("- (standard input) was given for A and for B, and it can be read only once")
    table = words_of(unit) if unit in WORDS else None
    of_a = read_units(a, unit, reading=options, documents=True, table=table)
    other = read_units(b, unit, reading=of_b, documents=True, table=table)
    total, middle = of_a.n_units + other.n_units, of_a.n_units
    if total > MAX_UNITS:
        raise InputError(
            f"A and B have {counted(total, unit)} together, and at most {MAX_UNITS} can be counted exactly; compare "
            "parts of them"
        )
    with counted_exactly(f"{of_a.corpus} beside {other.corpus}"):
        require(of_a.ids.nbytes + other.ids.nbytes)
        ids = np.concatenate([of_a.ids, other.ids])
    assert of_a.documents is not None
    assert other.documents is not None
    layout = Layout(_behind(of_a.starts, other.starts), _behind(of_a.documents, other.documents), middle)
    sides = (replace(of_a, ids=ids[:middle]), replace(other, ids=ids[middle:]))
    corpora = _titles(of_a.corpus, other.corpus)
    warnings = [*_warnings(sides, corpora, options), *_other_form(sides, corpora, table)]
    return Pair(ids, layout, unit, corpora, sides, tuple(Note(INPUT, text) for text in warnings))


def _behind(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Places of A, and those of B behind them."""
    return np.concatenate([first[:-1], second + first[-1]])


def _titles(a: str, b: str) -> tuple[str, str]:
    return (a, b) if a != b else (f"{a} (A)", f"{b} (B)")


def _warnings(sides: tuple[Units, Units], corpora: tuple[str, str], options: ReadOptions) -> list[str]:
    return [*_same_text(sides), *_other_tokens(sides, corpora, options), *_other_ends(sides, corpora)]


def _other_form(sides: tuple[Units, Units], corpora: tuple[str, str], table: Words | None) -> list[str]:
    """Accents that one side writes into its letters and the other behind them, so that nothing with one is equal."""
    if sides[A].unit == TOKEN:
        return []
    from simulate.text.comparison.forms import accents_of

    forms = [accents_of(side.ids, side.unit, table).form for side in sides]
    if "" in forms or forms[A] == forms[B]:
        return []
    return [
        f"{corpora[A]} is in Unicode form {forms[A]} and {corpora[B]} in {forms[B]}, so that words with an accent are "
        "written alike and differ in every window: pass --normalise nfc"
    ]


def _same_text(sides: tuple[Units, Units]) -> list[str]:
    """Files of B whose text is that of a file of A."""
    first = {digest: name for name, digest in sides[A].sha256}
    found = [(name, first[digest]) for name, digest in sides[B].sha256 if digest in first]
    if not found:
        return []
    name, other = found[0]
    what = f"{name} is on both sides" if name == other else f"{name} of B holds the same text as {other} of A"
    others = len(found) - 1
    more = f", and so {'does' if others == 1 else 'do'} {counted(others, 'more file')}" if others else ""
    return [f"{what}{more}: nothing in it is new to A"]


def _other_tokens(sides: tuple[Units, Units], corpora: tuple[str, str], options: ReadOptions) -> list[str]:
    """Ids are numbers: nothing in a file says by which tokenizer."""
    if sides[A].unit != TOKEN or options.tokenizer is not None:
        return []
    largest = [int(side.ids.max()) for side in sides]
    text = "ids of A and B are taken to be of one tokenizer, which no file says; of two, no number here means anything"
    if max(largest) > 1.5 * min(largest) + 256:
        text = (
            f"the largest id of {corpora[A]} is {largest[A]} and of {corpora[B]} {largest[B]}: these may be of two "
            "tokenizers, and then no number here means anything"
        )
    return [text]


def _other_ends(sides: tuple[Units, Units], corpora: tuple[str, str]) -> list[str]:
    """Lines that end in CR LF on one side alone, where bytes and characters are counted."""
    if sides[A].unit not in ("byte", "char"):
        return []
    shares = [_of_carriage_returns(side.ids) for side in sides]
    if min(shares) > 0.1 or max(shares) < 0.5:
        return []
    name = corpora[int(np.argmax(shares))]
    return [f"lines of {name} end in CR LF and those of the other do not, so that windows across lines differ"]


def _of_carriage_returns(ids: np.ndarray) -> float:
    """Part of the line feeds that have a carriage return before them; 0 where there is none."""
    places = np.flatnonzero(ids == 10)
    places = places[places > 0]
    return float(np.mean(ids[places - 1] == 13)) if len(places) else 0.0
