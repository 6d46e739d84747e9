"""Counts by hashes alone, copies found in one pass, and words as keys: each against something slow and plain."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from simulate.text import repeats
from simulate.text.comparison import again
from simulate.text.cutting.characters import character_classes
from simulate.text.cutting.tokenizing import WordTable
from simulate.text.minimisers import NUMBERS, Runs
from simulate.text.spilling import distinct, spread
from simulate.text.spilling.distinct import distinct_keys
from simulate.text.spilling.frequencies import Parts, Room, count_frequencies
from simulate.text.spilling.keys import Packed, PlainRuns
from simulate.text.spilling.scratch import scratch_in
from simulate.text.spilling.sums import Often, Sums, nothing

EDGES = np.array([1, 2, 3, 5, 9])


class Given:
    """Numbers as keys."""

    runs = None

    def __init__(self, keys: np.ndarray) -> None:
        self.keys = keys

    def spread(self, parts: Parts, first: int, last: int) -> None:
        spread.spread(self.keys[first:last], *parts.into(last - first))


ROOMS = {
    "in memory": Room(512, 1e9, 1e9, 1 << 10),
    "in a file": Room(64, 0, 1e9, 64),
    "large parts by halves": Room(100, 3000, 400, 64),
    "streamed": Room(7, 1e9, 0, 128),
}


def check(sums: Sums, prefixes: Sequence[Sequence[object]], all_keys: Sequence[object]) -> None:
    """What is counted is what a Counter finds in each prefix, and in all."""
    for j, keys in enumerate(prefixes):
        often = Counter(keys)
        bins = np.bincount(np.searchsorted(EDGES, list(often.values()), side="right") - 1, minlength=len(EDGES))
        assert np.cumsum(sums.unique)[j] == len(often)
        assert np.cumsum(sums.spectrum, axis=0)[j].tolist() == bins.tolist()
    every = Counter(Counter(all_keys).values())
    assert dict(zip(sums.often.multiplicities.tolist(), sums.often.n_types.tolist(), strict=True)) == every


@pytest.mark.parametrize("kinds", [1, 40, 5000])
@pytest.mark.parametrize("room", ROOMS.values(), ids=ROOMS)
def test_numbers_of_each_prefix(room, kinds):
    rng = np.random.default_rng(kinds)
    keys = rng.integers(0, 1 << 63, kinds).astype(np.uint64)[rng.zipf(1.3, 6000) % kinds]
    stops = [1, 700, 701, 5000]
    sums = Sums(np.array(stops), EDGES, None, Often())
    with scratch_in(None) as scratch:
        count_frequencies(Given(keys), len(keys), stops, sums, room, scratch)
        assert scratch.used == (8 * len(keys) > room.kept)
    check(sums, [keys[:stop].tolist() for stop in stops], keys.tolist())


@pytest.mark.parametrize(
    ("n_kinds", "length", "room"),
    [
        (2, 31, "in memory"), (2, 64, "large parts by halves"), (3, 31, "in a file"), (4, 24, "streamed"),
        (4, 32, "large parts by halves"), (5, 21, "in memory"), (16, 16, "in a file"),
    ],
)  # fmt: skip
def test_windows_in_runs(room, n_kinds, length):
    """Runs of one window and of many, streams that are shorter than one, stretches that stand there again."""
    rng = np.random.default_rng(n_kinds * length)
    units = rng.integers(0, n_kinds, 2600).astype(np.uint8)
    units[700:900] = units[0]  # one minimiser for longer than a run
    units[1500:2100] = units[100:700]
    starts, stops = np.array([0, 300, 310, 1200, 2590, 2600]), [1, 305, 1000, 2000]
    windows = Packed.of(units, 512)
    keys, sums = windows.plain(starts, length, nothing(), 512), Sums(np.array(stops), EDGES, None, Often())
    assert isinstance(keys, PlainRuns)
    with scratch_in(None) as scratch:
        enough = ROOMS[room]._replace(slots=1 << 10)  # a run has up to 59 windows
        count_frequencies(keys, len(units), stops, sums, enough, scratch)
    streams = [range(begin, end - length + 1) for begin, end in pairwise(starts.tolist())]
    first = [place for stream in streams for place in stream]

    def of(stop: int) -> list[bytes]:
        return [units[place : place + length].tobytes() for place in first if place < stop]

    check(sums, [of(stop) for stop in stops], of(len(units)))


@pytest.mark.parametrize(("n_kinds", "length"), [(2, 60), (4, 31), (16, 16)])
def test_equal_windows_are_in_one_part_and_runs_are_long(n_kinds, length):
    units = np.random.default_rng(length).integers(0, n_kinds, 60_000).astype(np.uint16)
    keys = Packed.of(units, 1 << 16).plain(np.array([0, len(units)]), length, nothing(), 1)
    assert isinstance(keys, PlainRuns)
    part_of: dict[int, int] = {}
    with scratch_in(None) as scratch:
        parts = Parts(len(units), ROOMS["in memory"]._replace(chunk=1 << 16), scratch, keys.runs)
        keys.spread(parts, 0, len(units))
        parts.end_prefix()
        parts.finish()
        n_numbers = sum(len(block) for part in range(1 << parts.bits) for block in parts.blocks(part))
        for part in range(1 << parts.bits):
            for hashes in parts.hashes(part):
                for value in hashes.tolist():
                    assert part_of.setdefault(value, part) == part
    within = length - keys.runs.small + 1
    assert NUMBERS * len(units) / n_numbers == pytest.approx(min(keys.runs.most, (within + 1) / 2), rel=0.2)
    assert parts.n_windows.max() < 3 * parts.n_windows.mean()


def test_short_windows_are_in_no_runs():
    assert Runs.of(9, 7) is None
    assert Runs.of(20, 3) is not None


KEYS = {
    "none": [],
    "one": [5],
    "zero alone": [0, 0, 0],
    "far apart": (np.random.default_rng(1).integers(0, 20_000, 30_000) << 40).tolist(),
    "ends of the range": [0, 2**64 - 1, 0, 2**63, 2**64 - 1],
    "one is half of them": [0] * 9_000 + list(range(9_000)) + [2**64 - 1] * 3_000,
    "in order": list(range(40_000)),
}


@pytest.mark.parametrize("small", [False, True], ids=["large parts", "parts that are put apart again"])
@pytest.mark.parametrize("by", ["tables", "sorted", None])
@pytest.mark.parametrize("keys", KEYS.values(), ids=list(KEYS))
def test_distinct_keys(keys, by, small, monkeypatch):
    if small:
        monkeypatch.setattr(distinct, "_MOST_BITS", 2)
        monkeypatch.setattr(distinct, "_SLOTS", 64)
    given = np.array(keys, np.uint64)
    assert distinct_keys(given, by=by) == len(set(keys))
    assert distinct_keys(np.repeat(given, 2)[::2], by=by) == len(set(keys))  # numbers that do not lie side by side
    assert given.tolist() == keys


@pytest.mark.parametrize("length", [32, 200])
def test_copies_in_one_pass(length, monkeypatch):
    rng, answers = np.random.default_rng(length), set()
    for trial in range(24):
        n = int(rng.integers(2 * repeats.PROBES * length, 12_000))
        ids = rng.integers(0, [2, 4, 300][trial % 3], n).astype(np.int32)
        if trial % 2:
            size = int(rng.integers(length, n // 2))
            into, start = rng.integers(0, n - size, 2)
            ids[into : into + size] = ids[start : start + size].copy()
        places = np.linspace(0, n - length, repeats.PROBES).astype(np.int64).tolist()
        sample = np.sort(ids)
        slowly = [repeats.stands_in(ids, place, ids[place : place + length], sample) for place in places]
        monkeypatch.setattr(again, "_SLAB", [length, 1000, 1 << 18][trial % 3])
        assert again.stand_again(ids, places, length).tolist() == slowly
        answers |= set(slowly)
    assert answers == {True, False}


@pytest.mark.parametrize("unit", ["word", "space"])
def test_words_of_every_size(unit):
    """Around 8, 15 and 16 bytes, where a key changes its kind; with zero bytes, which words between spaces may hold."""
    rng = np.random.default_rng(1)
    letters = "ab" if unit == "word" else "a\0"
    sizes = rng.choice([1, 2, 6, 7, 8, 9, 14, 15, 16, 17, 23, 24, 40], 6000)
    words = ["".join(rng.choice(list(letters), size, p=[0.9, 0.1])) for size in sizes.tolist()]
    text = " ".join(words)
    pattern = r"\w+|[^\w\s]" if unit == "word" else r"\S+"
    known: dict[str, int] = {}
    expected = [known.setdefault(word, len(known)) for word in re.findall(pattern, text)]
    table = WordTable()
    assert table.ids(text.encode(), character_classes(unit)).tolist() == expected
    assert table.texts() == tuple(known)
