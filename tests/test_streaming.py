"""A text that goes by once: the same registers however it is cut, exact counts within the error, bounded memory."""

from __future__ import annotations

import csv
import functools
import io
import json
import math
import pickle
import re
import sys
import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from simulate import measure_corpus, open_result, sketch_corpus
from simulate.cli.main import main
from simulate.drawing.stream import PURPOSES, pack_stream
from simulate.drawing.tables import HASH_PRIME, hash_base
from simulate.text import HyperLogLog, InputError
from simulate.text.cutting.hashing import WordNumbers
from tests.commands import refused
from tests.test_corpus import ODD, WORD, units_of, write

EVERY = [("byte", 1), ("byte", 7), ("char", 1), ("char", 3), ("word", 1), ("word", 4)]


def word_number(word: str, seed: int) -> int:
    """A polynomial of the bytes, seven at a time, with whole numbers of Python."""
    base = int(hash_base(np.uint64(seed), np.uint64(pack_stream(PURPOSES["hashes"], 1, 0))))
    data, total = word.encode(), 0
    for i in range(0, len(data), 7):
        total = (total * base + int.from_bytes(data[i : i + 7], "little")) % HASH_PRIME
    return total


def numbers_of(text: bytes, cuts: list[int], seed: int = 0) -> list[int]:
    words = WordNumbers(seed)
    ends = [0, *cuts, len(text)]
    found = [words.feed(text[a:b]) for a, b in pairwise(ends)]
    return np.concatenate([*found, words.last()]).tolist()


def long_text(n_words: int, seed: int = 1) -> str:
    drawn = np.minimum(np.random.default_rng(seed).zipf(1.5, n_words), 10**9)
    return " ".join(f"wörd{value:x}" for value in drawn)


class TestWords:
    @given(
        text=st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(" \n\tab_1é月"))),
        data=st.data(),
    )
    def test_any_text_cut_anywhere_between_code_points(self, text, data):
        places = data.draw(st.lists(st.integers(0, len(text)), max_size=4))
        cuts = sorted(len(text[:place].encode()) for place in places)
        assert numbers_of(text.encode(), cuts) == [word_number(word, 0) for word in re.findall(WORD, text)]

    def test_one_word_longer_than_any_piece(self):
        word = "abcdefg" * 1000 + "é"
        text = word.encode()
        whole = [word_number(word, 5)]
        assert numbers_of(text, [], 5) == numbers_of(text, list(range(3, 7000, 101)), 5) == whole

    def test_short_words_have_numbers_of_their_own(self):
        letters = [chr(i) for i in range(256) if re.match(r"\w", chr(i))]
        digits = np.random.default_rng(5).integers(len(letters), size=(30_000, 6))
        words = {"".join(letters[d] for d in row[: 1 + i % 6]) for i, row in enumerate(digits)}
        short = [*(word for word in sorted(words) if len(word.encode()) <= 7), "\0", "\1"]
        assert len(set(numbers_of(" ".join(short).encode(), []))) == len(short) > 10_000


class TestRegisters:
    @pytest.mark.parametrize(("unit", "length"), EVERY)
    def test_from_the_definition(self, tmp_path, unit, length):
        text = ODD * 5
        units = units_of(text, unit)
        ways: dict[str, Callable[[Any], int]] = {"byte": int, "char": ord, "word": lambda word: word_number(word, 9)}
        numbers = ways[unit]
        slow = HyperLogLog(12, 9)
        slow.add_windows(np.array([numbers(one) for one in units], dtype=np.uint64), length)
        found = sketch_corpus(write(tmp_path, text), unit=unit, length=length, precision=12, seed=9)
        assert np.array_equal(found.sketch.registers, slow.registers)

    @pytest.mark.parametrize("piece", [3, 17, 1000])
    @pytest.mark.parametrize(("unit", "length"), EVERY)
    def test_whatever_the_blocks(self, tmp_path, monkeypatch, unit, length, piece):
        paths = write(tmp_path, ODD * 30 + "a" * 60, ODD * 2)
        at = [10, 11, 500, "all"]
        whole = sketch_corpus(paths, unit=unit, length=length, at=at)
        monkeypatch.setattr("simulate.text.cutting.hashing.PIECE", piece)
        cut = sketch_corpus(paths, unit=unit, length=length, at=at)
        assert np.array_equal(whole.sketch.registers, cut.sketch.registers)
        assert whole.rows() == cut.rows()

    @pytest.mark.parametrize(("unit", "length"), EVERY)
    def test_parts_merge_into_the_whole(self, tmp_path, unit, length):
        texts = [long_text(300, seed) for seed in range(4)]
        paths = write(tmp_path, *texts)
        parts = [sketch_corpus(part, unit=unit, length=length, seed=4) for part in (paths[:2], paths[2:])]
        whole = sketch_corpus(paths, unit=unit, length=length, seed=4)
        merged = functools.reduce(HyperLogLog.merge, (pickle.loads(pickle.dumps(part.sketch)) for part in parts))
        assert np.array_equal(merged.registers, whole.sketch.registers)
        assert whole.n_draws[-1] == sum(part.n_draws[-1] for part in parts)
        if length > 1:  # a window that joined two files would show
            joined = sketch_corpus(write(tmp_path, "".join(texts)), unit=unit, length=length, seed=4)
            assert not np.array_equal(joined.sketch.registers, whole.sketch.registers)

    def test_seeds_are_different_functions_and_kinds_do_not_merge(self, tmp_path):
        paths = write(tmp_path, long_text(500))
        one, other = (sketch_corpus(paths, seed=seed).sketch for seed in (1, 2))
        assert not np.array_equal(one.registers, other.registers)
        with pytest.raises(InputError, match="kind must be equal"):
            one.merge(sketch_corpus(paths, length=2, seed=1).sketch)


class TestAgainstExactCounts:
    @pytest.mark.parametrize("unit", ["byte", "char", "word"])
    def test_made_texts(self, tmp_path, unit):
        paths = write(tmp_path, long_text(40_000), "a short one", long_text(3000, 2))
        sketched = sketch_corpus(paths, unit=unit, length=[5, 1, 2], at="10,100,1e3:1e4:5,all")
        at = sketched[0].n_units.tolist()
        exact = measure_corpus(paths, unit=unit, length=[5, 1, 2], at=at, blocks=0)
        for found, known in zip(sketched, exact, strict=True):
            assert (found.corpus, found.length, found.sha256) == (known.corpus, known.length, known.sha256)
            assert found.n_units.tolist() == known.n_units.tolist()
            assert found.n_draws.tolist() == known.n_draws.tolist()
            assert np.all(abs(found.n_unique / known.n_unique - 1) < 4 * found.sketch.relative_error)
            assert np.all(found.interval.lower <= found.n_unique)
            assert np.all(found.n_unique <= found.interval.upper)
            assert np.all(found.interval.upper <= found.n_draws)
        assert any("would join two of the 3 files" in note.text for note in sketched[0].notes)

    def test_every_window_new(self, tmp_path):
        growths = sketch_corpus(write(tmp_path, " ".join(map(str, range(20_000)))), length=2)
        assert np.all(growths.n_unique <= growths.n_draws)
        assert growths.interval.upper[-1] == 19_999


class TestPrefixes:
    def found(self, tmp_path, n_words: int, at=None, **options):
        return sketch_corpus(write(tmp_path, "a b " * (n_words // 2)), at=at, **options)

    def test_chosen_as_the_text_goes_by(self, tmp_path):
        growth = self.found(tmp_path, 20_000)
        assert growth.n_units.tolist() == [1000, 1334, 1778, 2371, 3162, 4217, 5623, 7499, 10000, 13335, 17783, 20000]
        assert "points between them, and at the end" in growth.notes[0].text
        assert self.found(tmp_path, 20).n_units.tolist() == [2, 3, 4, 6, 7, 10, 13, 18, 20]
        assert self.found(tmp_path, 20, length=5).n_units.tolist() == [6, 7, 10, 13, 18, 20]

    def test_asked_for(self, tmp_path):
        assert self.found(tmp_path, 2000, "10:1000:3,77").n_units.tolist() == [10, 77, 100, 1000]
        assert self.found(tmp_path, 2000, [5, "all"]).n_units.tolist() == [5, 2000]
        assert self.found(tmp_path, 2000, 7.0).n_units.tolist() == [7]
        open_ended = self.found(tmp_path, 2000, "900:all:25")
        assert open_ended.n_units.tolist() == [900, 1000, 1334, 1778, 2000]
        assert "points between them, and at the end" in open_ended.notes[0].text

    def test_the_end_stands_for_what_lies_beyond_it(self, tmp_path):
        growth = self.found(tmp_path, 200, "10,1000,1e4")
        assert growth.n_units.tolist() == [10, 200]
        assert str(growth.notes[0]) == "the text has 200 words: its end stands in the place of 1000 and 1 more"


class Endless(io.RawIOBase):
    """A pipe that gives `size` bytes of ever new words of seven letters, none of which is kept."""

    def __init__(self, size: int) -> None:
        self.left, self.random = size, np.random.default_rng(0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        count = min(len(buffer), self.left)
        letters = self.random.integers(97, 123, count, dtype=np.uint8)
        letters[::8] = 32
        buffer[:count] = letters.tobytes()
        self.left -= count
        return count


@pytest.mark.parametrize("unit", ["byte", "char", "word"])
def test_memory_does_not_grow_with_the_text(monkeypatch, unit):
    monkeypatch.setattr("simulate.text.reading.opening.BLOCK", 1 << 17)

    def peak(size: int) -> tuple[int, int]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Endless(size))))
        tracemalloc.start()
        try:
            growths = sketch_corpus("-", unit=unit, length=[1, 2, 30])
            return tracemalloc.get_traced_memory()[1], int(growths[0].n_units[-1])
        finally:
            tracemalloc.stop()

    peak(1 << 10)  # compiles
    (small, few), (large, many) = peak(1 << 19), peak(1 << 21)
    assert many > 3 * few
    assert large < 1.1 * small + (1 << 16)


class TestBadInput:
    def check(self, message: str, *args, **options):
        with pytest.raises(InputError, match=message) as caught:
            sketch_corpus(*args, **options)
        assert "\n" not in str(caught.value)

    def test_arguments(self, tmp_path):
        paths = write(tmp_path, "a b c d e", "f g")
        for options, message in (
            ({"unit": "line"}, "unit must be one of byte, char, word, word-marks, space, token, got 'line'"),
            ({"length": 0}, "length must be a whole number of units, at least 1, got 0"),
            ({"length": [1, 6]}, "length must be at most the 5 words of the longest file of part0"),
            ({"precision": 3}, "precision must be a whole number from 4 to 18, got 3"),
            ({"precision": 19}, "precision must be a whole number from 4 to 18, got 19"),
            ({"seed": -1}, "seed must be"),
            ({"at": 1, "length": 2}, "at must be at least the length of a window, 2 words, got 1"),
            ({"at": "0"}, "at must be at least 1"),
            ({"at": "some"}, "at must be a whole number"),
            ({"at": "1:3"}, "at must be LOW:HIGH:COUNT"),
            ({"at": "5:all:no"}, "at must be a whole number"),
            ({"at": []}, "at names no prefix"),
        ):
            self.check(message, paths, **options)

    def test_files(self, tmp_path):
        self.check("nowhere.txt does not exist", str(tmp_path / "nowhere.txt"))
        self.check("holds no word: it is nothing but white space; leave it out", write(tmp_path, " \n\t"))
        self.check("more than once", ["-", "-"])
        (tmp_path / "latin.txt").write_bytes(b"caf\xe9 au lait")
        self.check("latin.txt is not UTF-8 at byte 3", tmp_path / "latin.txt")


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "a.txt"
    path.write_text(long_text(20_000), encoding="utf-8")
    return path


def run(*arguments: str, **options) -> str:
    done = CliRunner().invoke(main, arguments, catch_exceptions=False, **options)
    assert done.exit_code == 0, done.output
    return done.stdout


class TestCommand:
    def test_json_and_files(self, text, tmp_path):
        out, drawn = tmp_path / "s.nc", tmp_path / "s.svg"
        flags = ["corpus", str(text), "--sketch", "--length", "1,2", "--precision", "9", "--seed", "1"]
        found = json.loads(run(*flags, "--json", "--out", str(out), "--figure", str(drawn)))
        (known,) = measure_corpus(text, length=2, at="all", blocks=0).rows()
        row = found["rows"][-1]
        ends = {f"{name}_{end}" for name in ("n_unique", "f1", "f2") for end in ("lower", "upper")}
        assert set(row) - ends == set(known)
        assert (row["n_units"], row["n_draws"]) == (20_000, 19_999)
        for name in ("f1", "f2"):
            assert row[f"{name}_lower"] <= known[name] <= row[f"{name}_upper"]
        assert found["fits"][1]["f"][0] == row["f1"]
        assert found["fits"][1]["f_lower"][1] == row["f2_lower"]
        assert abs(row["n_unique"] / known["n_unique"] - 1) < 4 * 1.04 / 512**0.5
        assert found["sketch"]["relative_error"] == pytest.approx(1.04 / 512**0.5)
        assert found["provenance"]["engine"]["reason"].startswith("estimated, by HyperLogLog with 2^9 registers")
        assert [fit["exponent"] for fit in found["fits"]] == [None, None]
        assert "leave out --sketch to count exactly" in found["fits"][0]["fit"]
        assert "<svg" in drawn.read_text()
        kept = open_result(out)
        assert kept.n_unique.values[1, -1] == row["n_unique"]
        assert kept.n_unique_upper.values[1, -1] == row["n_unique_upper"]
        assert "estimated" in kept.n_unique.attrs["long_name"]
        assert kept.f1.values[1, -1] == kept.spectrum.values[1, 0] == row["f1"]
        assert kept.spectrum_upper.values[1, 1] == row["f2_upper"]
        assert math.isnan(kept.exponent[0])

    def test_what_the_sample_holds_all_of_is_said_to_be_counted(self, text):
        flags = ("corpus", str(text), "--sketch", "--length", "1,2", "--precision")
        whole, part = (" ".join(run(*flags, n).split()) for n in ("14", "10"))
        assert "U is counted exactly: a sample of 16384 windows at most holds all distinct ones." in whole
        assert "estimated" not in whole
        assert "U without an interval is counted." in part

    def test_a_pipe(self, text, tmp_path):
        out = tmp_path / "s.csv"
        told = run("corpus", "-", "--sketch", "--precision", "9", "--out", str(out), input=text.read_bytes())
        told = " ".join(told.split())
        assert "distinct U, estimated" in told
        assert "No exponent" in told
        assert "relative standard error of 4.60%" in told
        rows = list(csv.DictReader(out.read_text().splitlines()))
        assert rows[-1]["n_units"] == "20000"
        assert int(rows[-1]["f1_lower"]) <= int(rows[-1]["f1"]) <= int(rows[-1]["f1_upper"])
        assert int(rows[-1]["n_unique_lower"]) <= int(rows[-1]["n_unique"]) <= int(rows[-1]["n_unique_upper"])

    @pytest.mark.parametrize(
        ("flags", "sentence"),
        [
            (["--sketch", "--precision", "3"], "precision must be at least 4, got '3'"),
            (["--sketch", "--precision", "19"], "precision must be at most 18, got '19'"),
            (["--precision", "12"], "--precision is of a sketch"),
            (["--sketch", "--blocks", "16"], "--blocks 16 is for the interval of an exponent"),
            (["--sketch", "--order", "shuffled-chunks"], "in file order, got --order shuffled-chunks"),
            (["--sketch", "--chunk", "10"], "--chunk is of shuffled chunks"),
            (["--sketch", "--figure", "x.gif"], "ends in .png"),
        ],
    )
    def test_flags_that_do_not_go_together(self, flags, sentence):
        assert sentence in refused("corpus", "README.md", *flags)
