"""Two corpora read as one text with A first, so that equal windows of both have one number: `Pair`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

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

LETTERS = ("byte", "char")
"""Units of which lines end in one or two."""

_FEED, _RETURN = 10, 13

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


class Traits(NamedTuple):
    """What the units of a side say of whether it can be compared with another."""

    largest: int = 0
    """The largest token id."""
    returns: float = 0.0
    """Part of the line feeds that have a carriage return before them."""
    form: str = ""
    """The Unicode form of accents, NFC or NFD, where that is clear."""

    @classmethod
    def of(cls, side: Units, table: Words | None) -> Traits:
        """Those of a side whose words have their text in `table`."""
        if side.unit == TOKEN:
            return cls(largest=int(side.ids.max()))
        from simulate.text.comparison.forms import accents_of, texts_of

        returns = share(*line_ends(side.ids)) if side.unit in LETTERS else 0.0
        return cls(returns=returns, form=accents_of(texts_of(side.ids, side.unit, table)).form)


def read_pair(a: Any, b: Any, unit: str, options: ReadOptions, of_b: ReadOptions) -> Pair:
    """Both corpora, each one name or several, as `read_units` reads one; InputError where it would be raised there."""
    check_names(a, b)
    table = words_of(unit) if unit in WORDS else None
    of_a = read_units(a, unit, reading=options, documents=True, table=table)
    other = read_units(b, unit, reading=of_b, documents=True, table=table)
    check_size(of_a, other)
    with counted_exactly(f"{of_a.corpus} beside {other.corpus}"):
        require(of_a.ids.nbytes + other.ids.nbytes)
        ids = np.concatenate([of_a.ids, other.ids])
    middle = of_a.n_units
    sides = (replace(of_a, ids=ids[:middle]), replace(other, ids=ids[middle:]))
    return pair_of(ids, sides, options, [Traits.of(side, table) for side in sides])


def check_names(a: Any, b: Any) -> None:
    """InputError unless A and B can both be read."""
    if "-" in named_files(a).names and "-" in named_files(b).names:
        raise InputError("- (standard input) was given for A and for B, and it can be read only once")


def check_size(a: Units, b: Units) -> None:
    """InputError where A and B are more than can be counted."""
    total = int(a.starts[-1] + b.starts[-1])
    if total > MAX_UNITS:
        raise InputError(
            f"A and B have {counted(total, a.unit)} together, and at most {MAX_UNITS} can be counted exactly; compare "
            "parts of them"
        )


def pair_of(ids: Any, sides: tuple[Units, Units], options: ReadOptions, traits: Sequence[Traits]) -> Pair:
    """Both sides, whose units are `ids` together, with what their `traits` warn of; `options` are those of A."""
    a, b = sides
    assert a.documents is not None
    assert b.documents is not None
    layout = Layout(_behind(a.starts, b.starts), _behind(a.documents, b.documents), int(a.starts[-1]))
    corpora = _titles(a.corpus, b.corpus)
    warnings = [*_same_text(sides), *_other_tokens(a.unit, corpora, options, traits)]
    warnings += [*_other_ends(corpora, traits), *_other_form(corpora, traits)]
    return Pair(ids, layout, a.unit, corpora, sides, tuple(Note(INPUT, text) for text in warnings))


def _behind(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Places of A, and those of B behind them."""
    return np.concatenate([first[:-1], second + first[-1]])


def _titles(a: str, b: str) -> tuple[str, str]:
    return (a, b) if a != b else (f"{a} (A)", f"{b} (B)")


def _other_form(corpora: tuple[str, str], traits: Sequence[Traits]) -> list[str]:
    """Accents that one side writes into its letters and the other behind them, so that nothing with one is equal."""
    forms = [one.form for one in traits]
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


def _other_tokens(
    unit: str, corpora: tuple[str, str], options: ReadOptions, traits: Sequence[Traits]
) -> list[str]:  # fmt: skip
    """Ids are numbers: nothing in a file says by which tokenizer."""
    if unit != TOKEN or options.tokenizer is not None:
        return []
    largest = [one.largest for one in traits]
    text = "ids of A and B are taken to be of one tokenizer, which no file says; of two, no number here means anything"
    if max(largest) > 1.5 * min(largest) + 256:
        text = (
            f"the largest id of {corpora[A]} is {largest[A]} and of {corpora[B]} {largest[B]}: these may be of two "
            "tokenizers, and then no number here means anything"
        )
    return [text]


def _other_ends(corpora: tuple[str, str], traits: Sequence[Traits]) -> list[str]:
    """Lines that end in CR LF on one side alone, where bytes and characters are counted."""
    shares = [one.returns for one in traits]
    if min(shares) > 0.1 or max(shares) < 0.5:
        return []
    name = corpora[int(np.argmax(shares))]
    return [f"lines of {name} end in CR LF and those of the other do not, so that windows across lines differ"]


def line_ends(ids: np.ndarray) -> tuple[int, int]:
    """Line feeds behind the first unit, and those of them with a carriage return before them."""
    places = np.flatnonzero(ids[1:] == _FEED)
    return len(places), int(np.count_nonzero(ids[places] == _RETURN))


def share(n_ends: int, n_returns: int) -> float:
    """Part of the line feeds that have a carriage return before them; 0 where there is none."""
    return n_returns / n_ends if n_ends else 0.0
