"""Words that are put apart by parts: counted without their ids, and with the same numbers."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from simulate import measure_corpus
from simulate.text import repeats
from simulate.text.cutting import tokenizing
from simulate.text.cutting.characters import character_classes
from simulate.text.cutting.sequences import read_units
from simulate.text.cutting.tokenizing import WordTable
from simulate.text.small import size
from simulate.text.spilling import room
from simulate.text.spilling.scratch import Shelf, scratch_in
from simulate.text.spilling.words import apart, counts, later, vocabulary


@pytest.fixture
def few_places(monkeypatch):
    """A table of eight places, so that nearly all words are put apart."""
    for module, name in ((tokenizing, "_LEAST"), (vocabulary, "_SLOTS")):
        monkeypatch.setattr(module, name, 8)
    monkeypatch.setattr(size, "MOST_BYTES", 0)


def drawn(n: int, seed: int = 0) -> list[str]:
    """Words of one to sixty bytes, of which many occur once and some often."""
    ranks = np.minimum(np.random.default_rng(seed).zipf(1.3, n), 10**12).tolist()
    return [f"{'é' * (rank % 7)}{rank:x}" + "z" * (60 if rank % 97 == 5 else 0) for rank in ranks]


def brute(words: list[str], edges: np.ndarray) -> tuple[int, list[int]]:
    """Distinct words, and how many of them occur how often."""
    often = Counter(words)
    bins = np.searchsorted(edges, list(often.values()), side="right") - 1
    return len(often), np.bincount(bins, minlength=len(edges)).tolist()


@pytest.mark.parametrize("pool", [1 << 16, 1 << 26])
@pytest.mark.parametrize("shelf", [0, 1e9])
def test_words_are_counted_without_their_ids(tmp_path, few_places, monkeypatch, pool, shelf):
    """At prefixes too; with several pools, and with units, words and ids in files."""
    asked = []

    def count_words(*given: Any) -> None:
        asked.append(1)
        counts.count_words(*given)

    monkeypatch.setattr(room, "count_words", count_words)
    monkeypatch.setattr(apart, "_POOL", pool)
    before = vocabulary.UnitShelf.__init__
    monkeypatch.setattr(vocabulary.UnitShelf, "__init__", lambda self, where, most, words: before(
        self, where, min(most, shelf), min(words, 1e6) if shelf == 0 else words
    ))  # fmt: skip
    words = drawn(40_000)
    (tmp_path / "x.txt").write_text(" ".join(words), encoding="utf-8")
    found = measure_corpus(tmp_path / "x.txt", unit="space", at="3,700,20001,all", blocks=0, scratch=tmp_path)
    assert asked == [1]
    for i, n in enumerate((3, 700, 20_001, len(words))):
        assert (found.n_unique[i], found.spectrum[i].tolist()) == brute(words[:n], found.edges)


def test_words_in_any_order_are_counted_without_their_ids(tmp_path, few_places, monkeypatch):
    words = drawn(20_000, 1)
    (tmp_path / "x.txt").write_text(" ".join(words), encoding="utf-8")
    chosen = {"unit": "space", "at": "900,all", "blocks": 0, "order": "rarefaction"}
    found = measure_corpus(tmp_path / "x.txt", **chosen)
    assert (found.n_unique[-1], found.spectrum[-1].tolist()) == brute(words, found.edges)
    monkeypatch.setattr(room, "can_count", lambda *given: False)
    expected = measure_corpus(tmp_path / "x.txt", **chosen)
    assert np.array_equal(found.n_unique, expected.n_unique)
    assert np.array_equal(found.spectrum, expected.spectrum)


def test_ids_can_be_asked_for_after_counts(few_places):
    words = drawn(5000, 2)
    with scratch_in(None) as files:
        table, shelf = vocabulary.BoundedWords(1e9, files), Shelf(files, 1e9)
        shelf.add(table.ids(" ".join(words).encode(), character_classes("space")))
        ids = table.later(shelf.whole(), shelf)
        assert isinstance(ids, later.LaterIds)
        assert len(ids) == len(words)
        n_apart = sum(count for _, count in ids.numbered())
        first = ids[:100].tolist()
        assert not counts.can_count(ids, 1)  # the parts are no longer there
        assert ids[:].tolist()[:100] == first
        assert n_apart + table.count == len(set(words))
    assert len(set(zip(ids[:].tolist(), words, strict=True))) == len(set(words)) == ids[:].max() + 1


def in_the_same_parts(words: list[str]) -> list[str]:
    """Other words, each in the part of the one that it stands for."""
    known = WordTable()
    known.ids(" ".join(f"v{i}" for i in range(60_000)).encode(), character_classes("space"))
    others = dict(zip((known.packed()[2] >> np.uint64(64 - apart.BITS)).tolist(), known.texts(), strict=True))
    asked = WordTable()
    ids = asked.ids(" ".join(words).encode(), character_classes("space"))
    parts = (asked.packed()[2] >> np.uint64(64 - apart.BITS))[ids].tolist()
    return [others[part] for part in parts]


@pytest.mark.parametrize("large", [0, 1 << 21])
@pytest.mark.parametrize("copied", [True, False])
def test_a_copy_is_one_by_its_words_and_not_by_their_parts(tmp_path, few_places, monkeypatch, copied, large):
    """Looked for by the loop for long texts, and without."""
    monkeypatch.setattr(repeats, "_LARGE", large)
    words = [f"w{i}" for i in range(3000)]
    again = words if copied else in_the_same_parts(words)
    (tmp_path / "x.txt").write_text(" ".join(["a b c d e f g h", *words, "between", *again]))
    found = measure_corpus(tmp_path / "x.txt", unit="space", at="all", blocks=0)
    assert copied == any("much of this text stands in it more than once" in note.text for note in found.notes)
    with room.room_for_counting(None, tmp_path) as there:
        ids: Any = read_units(tmp_path / "x.txt", "space", shelf=there.shelf).ids
        half = np.array(ids.met[8:3008])
        assert np.array_equal(half, np.array(ids.met[3009:]))
        assert (half < 0).all()
