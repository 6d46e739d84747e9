"""Some files of a text, read by a worker: their units, what is known of them, and words numbered alike everywhere."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from simulate.drawing.compiled import compiled
from simulate.drawing.stream import S32
from simulate.text.cutting.characters import character_classes
from simulate.text.cutting.opened import Told
from simulate.text.cutting.scripts import Tally
from simulate.text.cutting.sequences import read_into, tables_of
from simulate.text.cutting.tokenizing import WordTable
from simulate.text.reading.asked import ReadOptions
from simulate.text.reading.errors import InputError
from simulate.text.shards.files import absence_told, read_one_by_one
from simulate.text.spilling.keys import MOST_KINDS
from simulate.text.spilling.loops import mark_present


class Facts(NamedTuple):
    """What the process that runs the command has to know of some files."""

    ends: np.ndarray
    """int64, units up to the end of each stream, the first of the files beginning at 0."""
    told: tuple[Told, ...]
    tally: Tally | None
    largest: int
    """The largest id of a unit."""
    present: np.ndarray | None
    """Which ids there are, uint8 of shape (largest + 1,); None where these are too many, and of words."""
    of_files: np.ndarray
    """int64, units up to the end of each file."""

    @property
    def n_units(self) -> int:
        """Units of all files."""
        return int(self.ends[-1])


@dataclass(frozen=True, eq=False)
class Shard:
    """Files that one task has read."""

    ids: np.ndarray
    facts: Facts
    pool: np.ndarray
    """Bytes of the distinct words, those of each up to one of `pool_ends`; nothing where units are no words."""
    pool_ends: np.ndarray
    hashes: np.ndarray


_NO_WORDS = np.empty(0, np.uint8), np.empty(0, np.int64), np.empty(0, np.uint64)


def read(names: Sequence[str], unit: str, options: ReadOptions) -> Shard:
    """The units of the files called `names`; InputError for the first that cannot be read as asked."""
    words, tally = tables_of(unit, names)
    parts: list[np.ndarray] = []
    ends, of_files, told = array("q", [0]), array("q"), list[Told]()
    for file in read_one_by_one(names, unit, options):
        with absence_told():
            read_into(file, ends, words, tally, parts)
        told.append(file.told())
        of_files.append(ends[-1])
    ids = np.concatenate(parts) if len(parts) > 1 else parts[0]
    streams, by_file = np.unique(np.frombuffer(ends, np.int64))[1:], np.frombuffer(of_files, np.int64)
    if words is not None:
        packed = words.packed()
        return Shard(ids, Facts(streams, tuple(told), tally, len(packed[1]) - 1, None, by_file), *packed)
    largest = int(ids.max())
    present = None
    if largest < MOST_KINDS:
        present = np.zeros(largest + 1, np.uint8)
        mark_present(ids.astype(np.uint32, copy=False), present)
    return Shard(ids, Facts(streams, tuple(told), tally, largest, present, by_file), *_NO_WORDS)


def facts(shard: Shard) -> Facts:
    """What is known of it."""
    return shard.facts


def words_of(shard: Shard, part: int, n_parts: int) -> np.ndarray:
    """Its distinct words of one part, a space behind each; uint8."""
    places = _places(shard, part, n_parts)
    begins = np.concatenate([np.zeros(1, np.int64), shard.pool_ends])
    out = np.empty(int((begins[places + 1] - begins[places]).sum()) + len(places), np.uint8)
    _copy_words(np.array(shard.pool), begins, places, out)
    return out


class Named(NamedTuple):
    """Numbers of the words of one part, int32 from 0 on, for each shard; and how many distinct ones there are."""

    ids: list[np.ndarray]
    n_words: int


def named(unit: str, texts: Sequence[np.ndarray]) -> Named:
    """The words of one part, as `words_of` each shard gives them, numbered."""
    table, classes = WordTable(), character_classes(unit)
    ids = [table.ids(text.tobytes(), classes) for text in texts]
    return Named(ids, table.count)


def n_words(words: Named) -> int:
    """How many there are."""
    return words.n_words


def ids_for(words: Named, shard: int) -> np.ndarray:
    """Those of one shard."""
    return words.ids[shard]


def numbers(shard: Shard, ids: Sequence[np.ndarray], first: Sequence[int]) -> np.ndarray:
    """The number of each of its distinct words: `ids` of each part, which begin at `first`."""
    found = np.empty(len(shard.hashes), np.int32)
    for part, (some, begin) in enumerate(zip(ids, first, strict=True)):
        found[_places(shard, part, len(ids))] = some + np.int32(begin)
    return found


def piece(shard: Shard, first: int, last: int, words: np.ndarray | None, expected: Sequence[Told]) -> np.ndarray:
    """Its units from `first` to `last`, words by their numbers.

    InputError where the files are not what was `expected`: they are read once more where a worker died.
    """
    for one, before in zip(shard.facts.told, expected, strict=True):
        if one.sha256 != before.sha256:
            raise InputError(f"{before.name} was changed while it was counted: leave it as it is, and run this again")
    ids = shard.ids[first:last]
    return ids.copy() if words is None else words[ids]


def head(ids: np.ndarray, n_units: int) -> np.ndarray:
    """The first of the units of a piece, or of the ids of its windows."""
    return ids[:n_units].copy()


def stretch(ids: Sequence[np.ndarray], first: int, length: int) -> np.ndarray:
    """Some units from `first` on, of pieces that follow each other."""
    return np.concatenate(ids)[first : first + length]


def strided(ids: np.ndarray, first: int, step: int) -> np.ndarray:
    """Every so many units from `first` on."""
    return ids[first::step].copy()


def _places(shard: Shard, part: int, n_parts: int) -> np.ndarray:
    """Its words of one part, by hash."""
    return np.flatnonzero((shard.hashes >> S32) * np.uint64(n_parts) >> S32 == np.uint64(part))


@compiled
def _copy_words(pool: Any, begins: Any, places: Any, out: Any) -> None:
    at = 0
    for place in places:
        for i in range(begins[place], begins[place + 1]):
            out[at] = pool[i]
            at += 1
        out[at] = 32
        at += 1
