"""Some files of a text, read by a worker: their units, what is known of them, and words numbered alike everywhere."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from simulate.drawing.compiled import compiled
from simulate.drawing.stream import S32
from simulate.text.cutting.characters import character_classes
from simulate.text.cutting.numbering import Words
from simulate.text.cutting.opened import Told
from simulate.text.cutting.scripts import Tally
from simulate.text.cutting.sequences import read_into, section_into, tables_of
from simulate.text.cutting.tokenizing import WordTable
from simulate.text.reading.asked import ReadOptions
from simulate.text.reading.errors import InputError
from simulate.text.reading.sections import Seal
from simulate.text.shards.files import absence_told, read_one_by_one
from simulate.text.spilling.keys import MOST_KINDS, mark_present


class Facts(NamedTuple):
    """What the process that runs the command has to know of some files, or of a section of one."""

    n_units: int
    ends: np.ndarray
    """int64, units up to the end of each stream that ends there; what a section ends with may go on in the next one."""
    told: tuple[Told, ...]
    """What is known of each file that was read to its end; of a section nothing."""
    seals: tuple[tuple[str, str], ...]
    """Of each file its name, and the SHA-256 of what was read of it."""
    tally: Tally | None
    largest: int
    """The largest id of a unit."""
    present: np.ndarray | None
    """Which ids there are, uint8 of shape (largest + 1,); None where these are too many, and of words."""
    of_files: np.ndarray
    """int64, units up to the end of each file that ends there."""


@dataclass(frozen=True, eq=False)
class Shard:
    """Files, or a section of one, that one task has read."""

    ids: np.ndarray
    facts: Facts
    pool: np.ndarray
    """Bytes of the distinct words, those of each up to one of `pool_ends`; nothing where units are no words."""
    pool_ends: np.ndarray
    hashes: np.ndarray

    def __sizeof__(self) -> int:
        """Bytes of its arrays: what Dask goes by where it keeps within the memory of a worker."""
        return self.ids.nbytes + self.pool.nbytes + self.pool_ends.nbytes + self.hashes.nbytes


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
    seals = tuple((one.name, one.sha256) for one in told)
    by_file = np.frombuffer(of_files, np.int64)
    known = Facts(ends[-1], _streams(ends), tuple(told), seals, tally, -1, None, by_file)
    return _shard(parts, known, words)


def section(name: str, unit: str, options: ReadOptions, first: int, last: int | None) -> Shard:
    """The units between two places of a large file (`simulate.text.reading.sections`); InputError as `read`.

    What is refused of a file as a whole is refused by `whole`, and said by `again`.
    """
    words, tally = tables_of(unit, [name])
    parts: list[np.ndarray] = []
    ends = array("q", [0])
    with absence_told():
        (whole_file,) = read_one_by_one([name], unit, options)
        file, seal = whole_file.section(first, last)
        n_units = section_into(file, ends, words, tally, parts)
    if last is None:
        ends.append(n_units)
    sealed = (file.name, seal.hexdigest())
    by_file = np.array([n_units][: last is None], np.int64)
    return _shard(parts, Facts(n_units, _streams(ends), (), (sealed,), tally, -1, None, by_file), words)


def _streams(ends: array[int]) -> np.ndarray:
    """The ends among `ends`, which begin with the first unit; documents without a unit are none."""
    return np.unique(np.frombuffer(ends, np.int64)[1:])


def _shard(parts: Sequence[np.ndarray], known: Facts, words: Words | None) -> Shard:
    ids = parts[0] if len(parts) == 1 else np.concatenate(parts or [np.empty(0, np.uint8)])
    if words is not None:
        packed = words.packed()
        return Shard(ids, known._replace(largest=len(packed[1]) - 1), *packed)
    largest = int(ids.max(initial=0))
    present = None
    if largest < MOST_KINDS:
        present = np.zeros(largest + 1, np.uint8)
        mark_present(ids.astype(np.uint32, copy=False), present)
    return Shard(ids, known._replace(largest=largest, present=present), *_NO_WORDS)


class Whole(NamedTuple):
    """What is known of a large file, and the seal of each of its sections."""

    told: Told
    seals: tuple[str, ...]


def whole(name: str, unit: str, options: ReadOptions, places: Sequence[int]) -> Whole:
    """A file whose sections end at about `places`, gone through; InputError where its bytes, or its ids, are wrong."""
    seals = [Seal() for _ in range(len(places) + 1)]
    with absence_told():
        (file,) = read_one_by_one([name], unit, options)
        for number, piece in file.in_sections(places):
            seals[number].take(piece)
    return Whole(file.told(), tuple(one.hexdigest() for one in seals))


def again(name: str, unit: str, options: ReadOptions) -> None:
    """A file read as by one process, and nothing of it kept: for the InputError that it ends with."""
    words, tally = tables_of(unit, [name])
    with absence_told():
        (file,) = read_one_by_one([name], unit, options)
        nowhere: Any = SimpleNamespace(add=len)  # where units go that nobody wants
        read_into(file, array("q", [0]), words, tally, nowhere)


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


def piece(
    shard: Shard, first: int, last: int, words: np.ndarray | None, expected: Sequence[tuple[str, str]]
) -> np.ndarray:
    """Its units from `first` to `last`, words by their numbers.

    InputError where they do not have the `expected` seals: files are read once more where a worker died.
    """
    for (_, sha256), (name, before) in zip(shard.facts.seals, expected, strict=True):
        if sha256 != before:
            raise InputError(f"{name} was changed while it was counted: leave it as it is, and run this again")
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
