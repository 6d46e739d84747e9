"""Exact counts in little memory: the numbers of one table, whatever goes to files, and files that are deleted."""

from __future__ import annotations

import errno
import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from bounds.base.keeping.hidden import MARK, mark
from simulate import measure_corpus
from simulate.text import InputError, ReadOptions
from simulate.text.blocks import BlockCurves
from simulate.text.cutting import tokenizing
from simulate.text.cutting.characters import character_classes
from simulate.text.cutting.sequences import Units, read_units
from simulate.text.cutting.tokenizing import WordTable
from simulate.text.cutting.units import WORDS
from simulate.text.growth import CorpusGrowth, spectrum_edges
from simulate.text.reading.room import NoRoomError
from simulate.text.spilling import budget, parts, room, scratch
from simulate.text.spilling.keys import Packed
from simulate.text.spilling.parts import Sizes, counted_by_parts
from simulate.text.spilling.rarefying import rarefied
from simulate.text.spilling.scratch import OnDisk, Scratch, Shelf, scratch_in
from simulate.text.spilling.sums import Counting, Sums
from simulate.text.spilling.words import vocabulary
from tests.commands import run

MIB = 1 << 20


@pytest.fixture
def little(monkeypatch):
    """Every text is too large for one table, for memory, and for one part."""
    monkeypatch.setattr(room, "SMALL", 0)
    monkeypatch.setattr(room.Sizes, "of", lambda n_bytes: Sizes(chunk=500, slots=64, parts=3, kept=2000))
    before = vocabulary.UnitShelf.__init__
    monkeypatch.setattr(
        vocabulary.UnitShelf, "__init__", lambda self, where, most, words: before(self, where, 2000, 150_000)
    )


def text_of(n_words: int, seed: int = 0, exponent: float = 1.4) -> str:
    drawn = np.random.default_rng(seed).zipf(exponent, n_words)
    words = [f"w{k}" if k % 3 else f"é{k}," for k in np.minimum(drawn, 10**9).tolist()]
    return "".join(word + ("\n" if i % 50 == 49 else " ") for i, word in enumerate(words))


def same(one: CorpusGrowth, two: CorpusGrowth) -> bool:
    """Every number of both is the same, to the last bit."""
    for name in ("n_units", "n_draws", "n_unique", "spectrum", "edges"):
        assert np.array_equal(getattr(one, name), getattr(two, name)), name
    assert one.sha256 == two.sha256
    same_curves(one.blocks, two.blocks)
    return True


def same_curves(one: BlockCurves | None, two: BlockCurves | None) -> None:
    assert (one is None) == (two is None)
    if one is not None and two is not None:
        for field in fields(BlockCurves):
            assert np.array_equal(getattr(one, field.name), getattr(two, field.name)), field.name


def brute(units: Units, length: int, grid: np.ndarray, edges: np.ndarray) -> tuple[list[int], list[list[int]]]:
    """Distinct windows of each prefix and their spectrum, with a dictionary of tuples."""
    ids = np.asarray(units.ids).tolist()
    unique, spectra = [], []
    for end in grid.tolist():
        counts = Counter(
            tuple(ids[i : i + length])
            for first, last in zip(units.starts[:-1].tolist(), units.starts[1:].tolist(), strict=True)
            for i in range(first, min(last, end) - length + 1)
        )
        often = Counter(np.searchsorted(edges, list(counts.values()), side="right") - 1) if counts else {}
        unique.append(len(counts))
        spectra.append([often.get(i, 0) for i in range(len(edges))])
    return unique, spectra


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(0, 6), min_size=1, max_size=300), st.lists(st.integers(0, 300), max_size=4),
    st.sets(st.sampled_from([1, 2, 5, 20, 22, 33, 70]), min_size=1, max_size=3), st.sampled_from([0, 8]),
    st.builds(
        Sizes, chunk=st.integers(1, 400), slots=st.sampled_from([64, 128, 4096]),
        parts=st.sampled_from([None, 1, 2, 7]), kept=st.sampled_from([0, 700, 1e9]),
    ),
)  # fmt: skip
def test_parts_count_as_a_dictionary_and_as_one_table(letters, cuts, lengths, blocks, sizes):
    ids = np.array(letters * (3 if blocks else 1), dtype=np.uint8)
    starts = np.unique([0, len(ids), *(cut for cut in cuts if cut < len(ids))]).astype(np.int64)
    units = Units(ids, starts, "byte", "x", ())
    wanted = sorted({min(length, int(np.diff(starts).max())) for length in lengths})
    grid = np.unique(np.linspace(max(wanted), len(ids), 4).astype(np.int64))
    how = Counting(grid, spectrum_edges(float(grid[-1])), blocks, 32)
    with scratch_in(None) as files:
        found = {one[0]: one[1:] for one in counted_by_parts(units, wanted, how, sizes, files)}
        assert files.used or sizes.kept or not sizes.parts
    kept = {one[0]: one[1:] for one in room.Room().counted(units, wanted, how)}
    assert sorted(found) == wanted == sorted(kept)
    for length in wanted:
        counts, curves = found[length]
        unique, spectra = brute(units, length, grid, how.edges)
        assert counts.n_unique.tolist() == unique == kept[length][0].n_unique.tolist()
        assert counts.spectrum.tolist() == spectra == kept[length][0].spectrum.tolist()
        same_curves(curves, kept[length][1])


def pieces_by_hand(units: Units, length: int, n_blocks: int, size: int, parts: list[int]) -> np.ndarray:
    """(row, block) the mean number of distinct windows in the pieces of each block, and at last in the block itself."""
    ids = np.asarray(units.ids).tolist()
    windows = [
        tuple(ids[i : i + length])
        for first, last in pairwise(units.starts.tolist())
        for i in range(first, last - length + 1)
    ]
    return np.array(
        [
            [
                sum(
                    len(set(windows[first : first + size // n]))
                    for first in range(block * size, block * size + size // n * n, size // n)
                )
                / n
                for block in range(n_blocks)
            ]
            for n in [*parts, 1]
        ]
    )


@pytest.mark.parametrize("letters", [3, 40])
@pytest.mark.parametrize("n_blocks", [8, 11])
@pytest.mark.parametrize("sizes", [
    Sizes(), Sizes(chunk=700, slots=256, parts=5, kept=3000), Sizes(chunk=5000, slots=1 << 12, parts=2),
    Sizes(slots=1 << 9),
])  # fmt: skip
def test_pieces_of_blocks_are_counted_as_by_hand(letters, n_blocks, sizes):
    """Six rows of pieces, none of which fills its block, and windows behind the last block."""
    rng = np.random.default_rng(letters)
    text = rng.integers(0, letters, 17_003)
    text[4000:6000], text[9000:9400], text[9500:9900] = text[1000:3000], text[8000:8400], text[8000:8400]
    units = Units(text.astype(np.uint8), np.array([0, 5003, 5010, len(text)]), "byte", "x", ())
    how = Counting(np.array([60, len(text)]), spectrum_edges(17_003.0), n_blocks, 32)
    with scratch_in(None) as files:
        found = {one[0]: one[2] for one in counted_by_parts(units, [1, 4, 9, 30], how, sizes, files)}
    kept = {one[0]: one[2] for one in room.Room().counted(units, [1, 4, 9, 30], how)}
    for length, curves in found.items():
        parts = [2**k for k in range(int(np.log2(curves.block_draws / 32)), 0, -1)]
        assert len(parts) >= 5
        inside = pieces_by_hand(units, length, n_blocks, curves.block_draws, parts)
        assert curves.n_draws[: len(inside)].tolist() == [curves.block_draws // n for n in [*parts, 1]]
        np.testing.assert_allclose(curves.n_unique[: len(inside)], inside.mean(axis=1), rtol=1e-12)
        left = (inside.sum(axis=1, keepdims=True) - inside) / (n_blocks - 1)
        np.testing.assert_allclose(curves.without[:, : len(parts)], left[:-1].T, rtol=1e-12)
        same_curves(curves, kept[length])


@pytest.mark.parametrize("unit", ["byte", "char", "word", "word-marks", "space"])
def test_files_in_the_place_of_memory(tmp_path, little, monkeypatch, unit):
    """Units, keys, ids and words all go to files, and every number is what it is in memory."""
    paths = [tmp_path / "a.txt", tmp_path / "b.txt"]
    for seed, path in enumerate(paths):
        path.write_text(text_of(2500 if unit in WORDS else 500, seed, 1.1) + "x" * 500)
    spilled = measure_corpus(paths, unit=unit, length=[1, 2, 5, 12], scratch=tmp_path)
    assert any(f"temporary files in {tmp_path}, which are deleted" in note.text for note in spilled[0].notes)
    monkeypatch.undo()
    kept = measure_corpus(paths, unit=unit, length=[1, 2, 5, 12])
    for one, two in zip(spilled, kept, strict=True):
        assert same(one, two)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "b.txt"]


@pytest.mark.parametrize("order", ["shuffled-chunks", "shuffled-documents", "rarefaction"])
def test_orders_in_files(tmp_path, little, monkeypatch, order):
    (tmp_path / "x.jsonl").write_text("".join(json.dumps({"text": text_of(60, i)}) + "\n" for i in range(40)))
    chosen = {"length": [1, 3], "order": order, "chunk": 70, "seed": 3}
    spilled = measure_corpus(tmp_path / "x.jsonl", **chosen)
    monkeypatch.undo()
    for one, two in zip(spilled, measure_corpus(tmp_path / "x.jsonl", **chosen), strict=True):
        assert same(one, two)


def test_words_that_do_not_fit(tmp_path, little):
    """Ids of words are other ones, and equal where words are."""
    (tmp_path / "x.txt").write_text(text_of(20_000, 0, 1.15))
    with room.room_for_counting(None, tmp_path) as there:
        units = read_units(tmp_path / "x.txt", shelf=there.shelf)
        found = units.ids[:]
        assert there.scratch.used
    kept = read_units(tmp_path / "x.txt").ids
    pairs = set(zip(found.tolist(), kept.tolist(), strict=True))
    assert len(pairs) == len(set(kept.tolist())) == len(set(found.tolist()))
    assert len(pairs) > 3000


LETTERS = st.text(st.sampled_from("ab\0é中😀"), min_size=1, max_size=3)
SIZES = st.sampled_from([1, 2, 5, 7, 8, 9, 15, 16, 17, 23, 24, 31, 32, 254, 255, 256, 257, 700])


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.builds(lambda letters, n: (letters * n)[:n], LETTERS, SIZES), min_size=1, max_size=60),
    st.lists(st.integers(0, 59), min_size=1, max_size=300), st.integers(1, 40), st.sampled_from([8, 64, 4096]),
    st.sampled_from([80_000, 200_000, 1e9]), st.booleans(),
)  # fmt: skip
def test_words_that_are_put_apart_are_those_of_a_dictionary(known, drawn, per_block, slots, most, shelved):
    """Around every size where the text of a word takes one number more; alike but for a zero byte, or at the end."""
    said = [known[i % len(known)] for i in drawn]
    with pytest.MonkeyPatch.context() as patch, scratch_in(None) as files:
        patch.setattr(tokenizing, "_LEAST", slots)
        patch.setattr(vocabulary, "_SLOTS", slots)
        table, shelf = vocabulary.BoundedWords(most, files), Shelf(files, 0 if shelved else 1e9)
        for first in range(0, len(said), per_block):
            shelf.add(table.ids(" ".join(said[first : first + per_block]).encode(), character_classes("space")))
        ids = np.array(table.later(shelf.whole(), Shelf(files, 0 if shelved else 1e9))[:]).tolist()
    numbers: dict[str, int] = {}
    for word, found in zip(said, ids, strict=True):
        assert numbers.setdefault(word, found) == found
    assert sorted(numbers.values()) == list(range(len(numbers)))


@pytest.mark.parametrize("addresses", ["enough", "short"])
@pytest.mark.parametrize("most", [1e5, 4e5, np.inf], ids=["in a file at last", "in memory", "without a limit"])
def test_a_shelf_gives_back_what_was_put_there(most, addresses, monkeypatch):
    """Room is made for all that may be held at once, as soon as that is much, or by halves where it cannot be had."""
    monkeypatch.setattr(scratch, "_MUCH", 1 << 14)
    made, empty = [], np.empty

    def noted(size, dtype):
        if addresses == "short" and np.dtype(dtype).itemsize * size > 395_000:
            raise MemoryError
        made.append(np.dtype(dtype).itemsize * size)
        return empty(size, dtype)

    monkeypatch.setattr(scratch.np, "empty", noted)
    parts = [np.arange(first, first + 1_500, dtype=np.uint32) for first in range(0, 75_000, 1_500)]
    with scratch_in(None) as files:
        shelf = Shelf(files, most)
        for part in parts:
            shelf.add(part)
        found = shelf.whole()
        assert isinstance(found, OnDisk) == (most < 75_000 * 4)
        assert np.array_equal(found[:], np.concatenate(parts))
        assert shelf.n_units == 0
    if most == 4e5 and addresses == "enough":
        assert made.count(400_000) == 1


@pytest.mark.parametrize("unit", WORDS)
@pytest.mark.parametrize("most", [400_000, 1e9])
def test_words_of_any_unit_are_put_apart(unit, most, monkeypatch):
    """With and without room in memory: the words of `re.findall`, each with an id of its own."""
    monkeypatch.setattr(tokenizing, "_LEAST", 64)
    monkeypatch.setattr(vocabulary, "_SLOTS", 128)
    rng = np.random.default_rng(2)
    drawn = np.minimum(rng.zipf(1.2, 30_000), 10**17).tolist()
    text = " ".join(f"w{k:x}" if k % 3 else f"Привет{k}," for k in drawn) + " x" * 20 + " " + "y" * 100_000
    block = text.encode()
    half = block.index(b" ", len(block) // 20) + 1
    plain = WordTable()
    expected = [plain.ids(part, character_classes(unit)) for part in (block[:half], block[half:])]
    with scratch_in(None) as files:
        table = vocabulary.BoundedWords(most, files)
        shelf = Shelf(files, 1e9)
        for part in (block[:half], bytearray(block[half:])):
            shelf.add(table.ids(part, character_classes(unit)))
        cold = shelf.whole()
        assert np.mean(cold[:] < 0) > 0.1
        found = table.later(cold, shelf)[:]
        assert files.used == (most < 1e9)
    pairs = set(zip(np.concatenate(expected).tolist(), found.tolist(), strict=True))
    assert len(pairs) == plain.count == len(set(found.tolist())) == found.max() + 1
    assert len(re.findall(r"\S+", text)) == len(found) or unit != "space"


def test_a_part_of_words_that_has_no_room_is_told():
    words = b" ".join(b"%040d" % i for i in range(60_000))
    with scratch_in(None) as files:
        table = vocabulary.BoundedWords(20_000, files)
        ids = table.ids(words, character_classes("space"))
        with pytest.raises(NoRoomError, match="pass more --memory"):
            table.later(ids, Shelf(files, 1e9))[:]


def test_a_text_of_some_megabytes_in_the_least_memory(tmp_path):
    """Whole process: what it says that it takes is what it takes."""
    letters = np.random.default_rng(4).integers(97, 123, 6_000_000, dtype=np.uint8)
    letters[::7] = 32
    (tmp_path / "x.txt").write_bytes(letters.tobytes())
    program = """
import json, sys
from simulate import measure_corpus
from simulate.running.machine import used_memory
from simulate.text.small import size
from simulate.text.reading.room import NoRoomError
from simulate.text.spilling import budget, room
size.MOST_BYTES = 0
open(sys.argv[1] + ".small", "w").write("a b c")
room.SMALL = 0
measure_corpus(sys.argv[1] + ".small", length=[1, 2])  # compiles, which takes memory of its own
open("/proc/self/clear_refs", "w").write("5")
limit = used_memory() + budget.BESIDE + budget.LEAST + (1 << 20)
found = measure_corpus(sys.argv[1], length=[1, 2], memory=limit)
status = open("/proc/self/status").read().splitlines()
peak = next(1024 * int(line.split()[1]) for line in status if line.startswith("VmHWM"))
print(json.dumps([limit, peak, found[1].n_unique.tolist()[-1], [note.text for note in found[0].notes][-1]]))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "x.txt"], capture_output=True, text=True, check=True
    )
    limit, peak, unique, said = json.loads(done.stdout)
    assert peak <= limit
    assert "temporary files" in said
    words = (tmp_path / "x.txt").read_bytes().split()
    assert unique == len(set(pairwise(words)))


class TestMemory:
    def test_too_little(self, tmp_path):
        (tmp_path / "x.txt").write_text("a b c")
        message = r"x cannot be counted exactly here: memory must be at least .* [MG]iB here, got 1 MiB, and .*--sketch"
        with pytest.raises(InputError, match=message):
            measure_corpus(tmp_path / "x.txt", memory="1MiB")
        assert run("corpus", str(tmp_path / "x.txt"), "--memory", "1MiB", check=2).stderr.count("\n") == 1

    def test_half_of_what_is_there(self, monkeypatch):
        monkeypatch.setattr(budget, "machine_memory", lambda: (64 << 30, 60 << 30))
        assert budget.Budget().limit == 32 << 30
        monkeypatch.setattr(budget, "machine_memory", lambda: (700 * MIB, 690 * MIB))
        monkeypatch.setattr(budget, "used_memory", lambda: 300 * MIB)
        monkeypatch.setitem(sys.modules, "numba", sys)
        assert budget.Budget().limit == 300 * MIB + budget.BESIDE + budget.LEAST
        monkeypatch.delitem(sys.modules, "numba")  # it will be loaded
        assert budget.Budget().limit == 300 * MIB + budget.COMPILER + budget.BESIDE + budget.LEAST

    def test_of_a_sketch(self, tmp_path):
        (tmp_path / "x.txt").write_text("a b c")
        done = run("corpus", str(tmp_path / "x.txt"), "--sketch", "--memory", "1GiB", check=2)
        assert "--memory is of exact counts" in done.stderr


class TestTheFolder:
    def write(self, tmp_path: Path) -> Path:
        (tmp_path / "in").mkdir()
        path = tmp_path / "in" / "x.txt"
        path.write_text(text_of(3000))
        return path

    def test_beside_the_result_or_among_temporary_files(self, tmp_path, little, monkeypatch):
        path, out = self.write(tmp_path), tmp_path / "out" / "x.nc"
        out.parent.mkdir()
        monkeypatch.setattr(scratch.tempfile, "gettempdir", lambda: str(tmp_path))
        told = json.loads(run("corpus", str(path), "--out", str(out), "--json").stdout)["warnings"]
        assert any(f"temporary files in {out.parent}, which" in str(note) for note in told)
        told = json.loads(run("corpus", str(path), "--json").stdout)["warnings"]
        assert any(f"temporary files in {tmp_path}, which" in str(note) for note in told)
        assert [one.name for one in out.parent.iterdir()] == ["x.nc"]
        assert sorted(one.name for one in tmp_path.iterdir()) == ["in", "out"]

    @pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, MemoryError])
    def test_whatever_happens(self, tmp_path, little, monkeypatch, error):
        path = self.write(tmp_path)

        def fail(*_):
            assert list(tmp_path.glob(".efficiency-bounds-count.*.tmp"))
            raise error

        monkeypatch.setattr("simulate.text.spilling.parts.Windows._put_back", fail)
        with pytest.raises((error, InputError)):
            measure_corpus(path, length=9, scratch=tmp_path)
        assert [one.name for one in tmp_path.iterdir()] == ["in"]

    @pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
    @pytest.mark.parametrize("after", [0, 3000, 40_000])
    def test_a_full_disk(self, tmp_path, little, monkeypatch, code, after):
        """Wherever it is full: one sentence, exit code 1, nothing left and nothing written."""
        path, whole, left = self.write(tmp_path), os.pwrite, [after]

        def write(file, data, at):
            done = whole(file, bytes(data[: left[0]]), at) if left[0] else 0
            if not done:
                raise OSError(code, os.strerror(code))
            left[0] -= done
            return done

        monkeypatch.setattr(os, "pwrite", write)
        done = run("corpus", str(path), "--length", "1,9", "--out", str(tmp_path / "x.nc"), check=1)
        assert done.stdout == ""
        assert done.stderr.count("\n") == 1
        assert re.search(f"^error: .*{os.strerror(code)}.* room for temporary files than {tmp_path} has", done.stderr)
        assert "--memory" in done.stderr
        assert [one.name for one in tmp_path.iterdir()] == ["in"]

    def test_a_place_that_cannot_be_written_to(self, tmp_path, little):
        with pytest.raises(OSError, match=f"temporary files cannot be kept in {tmp_path}/nowhere: No such file"):
            measure_corpus(self.write(tmp_path), scratch=tmp_path / "nowhere")

    def test_a_killed_run_is_tidied_up_and_nothing_else(self, tmp_path):
        """Of folders that have its name, one is left by the dead, and the others are not."""
        program = """
import os, signal, sys
import numpy as np
from simulate.text.spilling.scratch import Scratch
scratch = Scratch(sys.argv[1])
scratch.file().append(np.arange(10))
if sys.argv[2] == "die":
    os.kill(os.getpid(), signal.SIGKILL)
print("alive", flush=True)
sys.stdin.read()
"""
        start = [sys.executable, "-c", program, str(tmp_path)]
        assert subprocess.run([*start, "die"]).returncode == -signal.SIGKILL
        (dead,) = tmp_path.iterdir()
        digits = (("1", "another file"), ("2", "unmarked"), ("3", "no lock"))
        others = {name: tmp_path / f".efficiency-bounds-count.{digit * 16}.tmp" for digit, name in digits}
        for name, folder in others.items():
            folder.mkdir()
            if name != "unmarked":
                mark(folder)
            (folder / "lock").touch()
            (folder / ("mine.txt" if name == "another file" else "0")).write_text("kept")
        (others["no lock"] / "lock").unlink()
        link = tmp_path / f".efficiency-bounds-count.{'f' * 16}.tmp"
        link.symlink_to(tmp_path / "elsewhere")
        (tmp_path / "elsewhere").mkdir()
        mark(tmp_path / "elsewhere")
        (tmp_path / "elsewhere" / "lock").touch()
        near = tmp_path / f"x.efficiency-bounds-count.{'e' * 16}.tmp"
        near.mkdir()
        with subprocess.Popen([*start, "live"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as living:
            assert living.stdout.readline() == "alive\n"
            assert not dead.exists()
            (alive,) = set(tmp_path.glob(".*.tmp")) - {*others.values(), link}
            with scratch_in(tmp_path) as files:
                files.file()
            assert alive.exists()
            living.stdin.close()
            living.wait()
        assert all(folder.exists() for folder in (*others.values(), link, near, tmp_path / "elsewhere" / MARK))

    @pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.verification)])
    def test_a_signal(self, tmp_path, number):
        """A process of its own that is stopped while it spills leaves nothing."""
        path = self.write(tmp_path)
        program = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell turns off for what runs behind it
from simulate.text.spilling import parts, room
room.SMALL = 0
parts.Sizes.of = classmethod(lambda cls, n: cls(chunk=500, slots=64, parts=3, kept=0))
whole = parts.Windows._put_back
def slow(*given):
    print("spilling", flush=True)
    time.sleep(60)
parts.Windows._put_back = slow
sys.argv = ["simulate", "corpus", sys.argv[1], "--length", "9", "--out", sys.argv[2]]
import runpy
runpy.run_module("simulate", run_name="__main__")
"""
        command = [sys.executable, "-c", program, str(path), str(tmp_path / "x.nc")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout.readline() == "spilling\n"
            assert list(tmp_path.glob(".efficiency-bounds-count.*.tmp"))
            time.sleep(0.1)
            process.send_signal(number)
            told = process.communicate(timeout=30)[1]
        assert process.returncode == 128 + number
        assert "Traceback" not in told
        assert [one.name for one in tmp_path.iterdir()] == ["in"]

    def test_not_needed_it_is_not_made(self, tmp_path, monkeypatch):
        path = self.write(tmp_path)
        monkeypatch.setattr(Scratch, "file", None)
        assert measure_corpus(path, scratch=tmp_path).n_units[-1] > 3000


class TestRarefaction:
    def test_against_binomials_and_another_package(self):
        rng = np.random.default_rng(5)
        for _ in range(4):
            often = np.unique(rng.integers(1, 300, 6))
            types = rng.integers(1, 50, len(often))
            total = int(often @ types)
            at = np.unique(rng.integers(1, total + 1, 5))
            at[-1] = total
            edges = np.array([1, 2, 3, 4, 10, 50, 101])
            unique, spectrum = rarefied(often, types, at, edges)
            for draws, found, bins in zip(at.tolist(), unique, spectrum, strict=True):
                share = [1 - math.comb(total - m, draws) / math.comb(total, draws) for m in often.tolist()]
                assert found == pytest.approx(float(types @ np.array(share)), rel=1e-12)
                tail = [[hypergeom.sf(e - 1, total, m, draws) for e in edges] for m in often]
                mean = types @ -np.diff(np.column_stack([tail, np.zeros(len(often))]), axis=1)
                np.testing.assert_allclose(bins, mean, atol=1e-9)

    def test_of_a_text(self, tmp_path):
        """It does not change where the words of a text are shuffled, and at its end it is the text's own spectrum."""
        words = text_of(3000).split()
        (tmp_path / "a.txt").write_text(" ".join(words))
        (tmp_path / "b.txt").write_text(" ".join(sorted(words)))
        one, two = (measure_corpus(tmp_path / f"{name}.txt", order="rarefaction", unit="space") for name in "ab")
        whole = measure_corpus(tmp_path / "a.txt", unit="space")
        assert one.n_unique.tolist() == two.n_unique.tolist()
        assert (one.spectrum == two.spectrum).all()
        assert (one.spectrum[-1] == whole.spectrum[-1]).all()
        assert one.order == "rarefaction"
        assert any("mean over all orders of the windows" in note.text for note in one.notes)


class TestOrders:
    def test_documents_are_shuffled_whole(self, tmp_path):
        documents = [text_of(30, i) for i in range(30)]
        (tmp_path / "x.jsonl").write_text("".join(json.dumps({"text": one}) + "\n" for one in documents))
        found = measure_corpus(tmp_path / "x.jsonl", order="shuffled-documents", length=2, unit="space", blocks=0)
        apart = measure_corpus(
            tmp_path / "x.jsonl", length=2, unit="space", blocks=0, reading=ReadOptions(within_documents=True)
        )
        assert found.n_draws[-1] == apart.n_draws[-1] == 30 * 29
        assert (found.spectrum[-1] == apart.spectrum[-1]).all()
        assert found.n_unique.tolist() != apart.n_unique.tolist()
        other = measure_corpus(tmp_path / "x.jsonl", order="shuffled-documents", length=2, unit="space", seed=1)
        assert other.n_unique.tolist() != found.n_unique.tolist()
        assert any(note.text.startswith("documents were shuffled") for note in found.notes)

    def test_one_document_cannot_be_shuffled(self, tmp_path):
        (tmp_path / "x.txt").write_text("a b c")
        with pytest.raises(InputError, match="order shuffled-documents needs more than one document, and x is one"):
            measure_corpus(tmp_path / "x.txt", order="shuffled-documents")

    def test_in_which_order_files_are_named(self, tmp_path):
        """It plays no part, in no order of the text, nor in what is said."""
        names = [str(tmp_path / f"{name}.txt") for name in "abc"]
        for seed, name in enumerate(names):
            Path(name).write_text(text_of(3000, seed))
        for extra in ([], ["--order", "shuffled-chunks"], ["--order", "shuffled-documents"], ["--sketch"]):
            quick = [] if "--sketch" in extra else ["--extrapolate", "none"]
            told = [
                json.loads(run("corpus", *given, "--json", *extra, *quick).stdout) for given in (names, names[::-1])
            ]
            for one in told:
                one.pop("provenance", None)
            assert told[0] == told[1]
        assert any("in the order of their names" in str(note) for note in told[0]["warnings"])


def test_a_scratch_is_one_folder(tmp_path):
    files = Scratch(tmp_path)
    one, two = files.file(), files.file()
    assert one.append(np.arange(5)) == 0
    assert one.append(np.arange(5, 9)) == 40
    two.append(np.zeros(0, np.uint32))
    assert one.read(np.empty(4, np.int64), 24).tolist() == [3, 4, 5, 6]
    with pytest.raises(OSError, match="shorter than what was written"):
        one.read(np.empty(4, np.int64), 64)
    assert len(list(tmp_path.iterdir())) == 1
    files.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("blocks", [0, 8])
@pytest.mark.parametrize("rarefied", [False, True])
@pytest.mark.parametrize("kind", [np.uint8, np.int32, np.uint32])
def test_units_that_are_numbers_need_no_parts(blocks, rarefied, kind, monkeypatch):
    """Against dictionaries and against parts, in memory and in a file; some numbers are of no unit."""
    rng = np.random.default_rng(blocks + rarefied)
    ids = (7 + 3 * (rng.zipf(1.2, 5000) % 80)).astype(kind)
    starts = np.array([0, 1, 2000, 2003, 5000])
    grid = np.array([1, 2, 999, 2001, 4500])
    how = Counting(grid, spectrum_edges(5000.0), blocks, 32, rarefied)
    calls = []

    def counted(*given):
        calls.append(1)
        direct(*given)

    direct = parts.count_numbers
    monkeypatch.setattr(parts, "count_numbers", counted)
    with scratch_in(None) as files:
        found = []
        written = files.file()
        written.append(ids)
        where: list[Any] = [ids, OnDisk(written, kind, 5000), ids]
        for units, kept in zip(where, (1e9, 1e9, 0), strict=True):
            sizes = Sizes(chunk=700, slots=1 << 12, kept=kept)
            given = Units(units, starts, "token", "x", ())
            found += list(counted_by_parts(given, [1], how, sizes, files))
    assert len(calls) == 2
    for _, counts, curves in found[:2]:
        assert counts.n_unique.tolist() == found[2][1].n_unique.tolist()
        assert counts.spectrum.tolist() == found[2][1].spectrum.tolist()
        same_curves(curves, found[2][2])
    if not rarefied:
        unique, spectra = brute(Units(ids, starts, "token", "x", ()), 1, grid, how.edges)
        assert found[0][1].n_unique.tolist() == unique
        assert found[0][1].spectrum.tolist() == spectra


@pytest.mark.parametrize("blocks", [0, 8])
def test_a_table_of_numbers_that_are_far_apart_is_not_made(blocks):
    """It would be larger than the text, or than the memory that there is."""
    ids = np.array([0, 1, 1, 10**9] * 300, np.uint32)
    units = Units(ids, np.array([0, 1200]), "token", "x", ())
    how = Counting(np.array([3, 1200]), spectrum_edges(1200.0), blocks, 32)
    with scratch_in(None) as files:
        ((_, counts, _),) = counted_by_parts(units, [1], how, Sizes(chunk=700, slots=64), files)
        assert counts.n_unique.tolist() == [2, 3]
        sums, dense = Sums.of(units, 1, how), Packed.of(np.arange(6, dtype=np.uint32), 700)
        assert parts.Windows(dense, units.starts, 1, how.grid, Sizes(), files)._numbers(sums)
        for windows, sizes in ((Packed.of(ids, 700), Sizes()), (dense, Sizes(kept=8 * 6 - 1))):
            assert parts.Windows(windows, units.starts, 1, how.grid, sizes, files)._numbers(sums) is None
