"""Counts by hashes alone, copies found in one pass, and words as keys: each against something slow and plain."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest

from simulate.text import repeats
from simulate.text.comparison import again
from simulate.text.cutting.characters import character_classes
from simulate.text.cutting.tokenizing import WordTable
from simulate.text.spilling import spread
from simulate.text.spilling.frequencies import Parts, Room, count_frequencies, distinct_keys
from simulate.text.spilling.scratch import scratch_in
from simulate.text.spilling.sums import Often, Sums

EDGES = np.array([1, 2, 3, 5, 9])


class Given:
    """Numbers as keys."""

    def __init__(self, keys: np.ndarray) -> None:
        self.keys = keys

    def spread(self, parts: Parts, first: int, last: int) -> None:
        spread.spread(self.keys[first:last], *parts.into(last - first))


@pytest.mark.parametrize("kinds", [1, 40, 5000])
@pytest.mark.parametrize(
    "room",
    [
        Room(512, 1e9, 1e9, 1 << 10), Room(64, 0, 1e9, 64), Room(100, 3000, 400, 64), Room(7, 1e9, 0, 128),
    ],
    ids=["in memory", "in a file", "large parts by halves", "streamed"],
)  # fmt: skip
def test_numbers_of_each_prefix(room, kinds):
    rng = np.random.default_rng(kinds)
    keys = rng.integers(0, 1 << 63, kinds).astype(np.uint64)[rng.zipf(1.3, 6000) % kinds]
    stops = [1, 700, 701, 5000]
    sums = Sums(np.array(stops), EDGES, None, Often())
    with scratch_in(None) as scratch:
        count_frequencies(Given(keys), len(keys), stops, sums, room, scratch)
        assert scratch.used == (8 * len(keys) > room.kept)
    for j, stop in enumerate(stops):
        often = Counter(keys[:stop].tolist())
        bins = np.bincount(np.searchsorted(EDGES, list(often.values()), side="right") - 1, minlength=len(EDGES))
        assert np.cumsum(sums.unique)[j] == len(often)
        assert np.cumsum(sums.spectrum, axis=0)[j].tolist() == bins.tolist()
    every = Counter(Counter(keys.tolist()).values())
    assert dict(zip(sums.often.multiplicities.tolist(), sums.often.n_types.tolist(), strict=True)) == every


@pytest.mark.parametrize("by", ["sort", "parts"])
@pytest.mark.parametrize("n", [0, 1, 2, 30_000])
def test_distinct_keys(by, n):
    keys = np.random.default_rng(n).integers(0, 20_000, n).astype(np.uint64) << np.uint64(40)
    assert distinct_keys(keys, by=by) == len(set(keys.tolist()))


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
