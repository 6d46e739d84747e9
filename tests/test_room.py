"""Exact counts that do not fit into memory: refused in time, in one sentence that names the sketch.

``python -m tests.test_room FOLDER`` measures what counts of the texts in a folder take and writes the table of
docs/corpora.md.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import zstandard

from simulate import measure_corpus, sketch_corpus
from simulate.text import InputError
from simulate.text.cutting.sequences import read_units
from simulate.text.reading import room
from simulate.text.reading.frames import _parts, decompressed
from simulate.text.spilling import budget
from tests.page_numbers import Page

MIB = 1 << 20
PAGES = Path(__file__).parents[1] / "docs" / "corpora.md"

BEFORE = """
import gc, json, resource, sys
from simulate import measure_corpus, sketch_corpus
from simulate.text.source import parse_corpus
from simulate.running.machine import machine_memory
from simulate.text.small import size
size.MOST_UNITS = size.MOST_BYTES = 0  # what is counted first loads the loops, small as it is

def line(name):
    lines = open("/proc/self/status").read().splitlines()
    return next(1024 * int(one.split()[1]) for one in lines if one.startswith(name))

def limit(n_bytes):
    resource.setrlimit(resource.RLIMIT_AS, (line("VmSize") + n_bytes, resource.RLIM_INFINITY))

def peak(work):
    gc.collect()
    open("/proc/self/clear_refs", "w").write("5")
    before = line("VmRSS")
    work()
    return line("VmHWM") - before
"""


def apart(program: str, *arguments: object, **options) -> subprocess.CompletedProcess[str]:
    """Run `program` after the names above, its arguments in sys.argv[1:]."""
    command = [sys.executable, "-c", BEFORE + program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, **options)


def bomb(path: Path, size: int, byte: bytes = b"\0", *, known: bool) -> Path:
    """`size` times one byte, a few kilobytes long; its header says the size if `known`."""
    with (
        open(path, "wb") as file,
        zstandard.ZstdCompressor(level=1).stream_writer(file, size=size if known else -1) as writer,
    ):
        for start in range(0, size, MIB):
            writer.write(byte * min(MIB, size - start))
    return path


REFUSED = r"is too large to be counted exactly here: it takes at least .* more of memory, and .* are free; .*--sketch"


@pytest.mark.parametrize("known", [True, False])
def test_a_bomb(tmp_path, known):
    """A gigabyte of zeros in some thirty kilobytes, and 300 MB of address space that are left."""
    path = bomb(tmp_path / "x.zst", 1 << 30, known=known)
    assert path.stat().st_size < 100_000
    program = """
limit(300 << 20)
for unit in ("byte", "word"):
    try:
        parse_corpus(f"corpus:{sys.argv[1]},unit={unit}").open()
    except ValueError as error:
        print(error)
"""
    done = apart(program, path)
    assert done.stderr == ""
    as_bytes, as_words = done.stdout.splitlines()
    assert re.search(f"x.zst {REFUSED}", as_bytes)
    assert "NUL bytes among its first" in as_words


def test_a_word_that_does_not_end(tmp_path):
    """Nothing is counted before a word ends, and all of it is kept: looked at as it grows."""
    path = bomb(tmp_path / "x.zst", 1 << 30, b"x", known=False)
    done = apart("limit(200 << 20)\nmeasure_corpus(sys.argv[1])", path)
    assert re.search(f"TooLargeError: .*x.zst {REFUSED}", done.stderr)


def test_every_way_to_an_exact_count(tmp_path, monkeypatch):
    """What is free is asked for: a text of 2 MB where 66 MB are left, and 64 of them are not to be taken."""
    path = tmp_path / "x.txt"
    path.write_text("ab c d\n" * 300_000)
    monkeypatch.setattr(room, "machine_memory", lambda: (1 << 40, 66 * MIB))
    monkeypatch.setattr(budget, "machine_memory", lambda: (1 << 40, 66 * MIB))
    from simulate.text.source import parse_corpus

    for unit in ("byte", "char", "word"):
        with pytest.raises(InputError, match=REFUSED):
            parse_corpus(f"corpus:{path},unit={unit}").open()
        with pytest.raises(InputError, match=r"x cannot be counted exactly here: .* needed, and .* free; .*--sketch"):
            measure_corpus(path, unit=unit, length=4)
    assert sketch_corpus(path).n_units[-1] == 900_000  # a sketch needs no more than before


def test_what_is_free_is_looked_at_again_before_each_table(tmp_path, monkeypatch):
    """Reading fits and the windows do not: said before the table that is too large is made."""
    drawn = np.random.default_rng(1).integers(0, 1 << 14, 400_000)
    path = tmp_path / "x.txt"
    path.write_text(" ".join(map(str, drawn)))
    asked: list[int] = []

    def memory():
        return 1 << 40, free

    free = 1 << 40
    monkeypatch.setattr(room, "machine_memory", memory)
    whole = room.require

    def noted(n):
        asked.append(n)
        return whole(n)

    for module in ("counting", "blocks", "cutting.sequences", "source", "cutting.tokenizing"):
        monkeypatch.setattr(f"simulate.text.{module}.require", noted)
    (one, two) = measure_corpus(path, length=[1, 2])
    assert two.n_unique[-1] > 300_000
    assert max(asked) >= 16 * 2 * two.n_unique[-1]
    free = room.RESERVE + max(asked) - 1
    with pytest.raises(InputError, match=f"^x {REFUSED}"):
        measure_corpus(path, length=2)
    free += 1
    assert measure_corpus(path, length=2).n_unique[-1] == two.n_unique[-1]
    assert one.n_unique[-1] == 1 << 14


def test_memory_that_runs_out_all_the_same(tmp_path, monkeypatch):
    (tmp_path / "x.txt").write_text("a b c " * 50)

    def refuse(*_):
        raise MemoryError("Unable to allocate 1.0 TiB for an array")

    monkeypatch.setattr("simulate.text.counting._unit_ids", refuse)
    with pytest.raises(InputError, match=r"x is too large to be counted exactly here: Unable to allocate .*--sketch"):
        measure_corpus(tmp_path / "x.txt")


def test_the_size_of_a_text(tmp_path):
    (tmp_path / "x.txt").write_bytes(b"abc")
    (tmp_path / "bad.zst").write_bytes(b"abc")
    known, unknown = (bomb(tmp_path / f"{known}.zst", 5000, known=known) for known in (True, False))
    sizes = [room.expected_size(str(path)) for path in (tmp_path / "x.txt", known, unknown, tmp_path / "bad.zst")]
    assert sizes == [3, 5000, None, None]
    assert room.expected_size("-") is None
    assert room.expected_size(str(tmp_path / "nowhere")) is None
    assert room.expected_size("/dev/zero") is None


class TestFrames:
    """A few blocks at a time, whatever the frames: the same text, and the same complaints."""

    def frames(self) -> bytes:
        text = np.random.default_rng(2).bytes(400_000) + bytes(9 * MIB)
        found = b"\x5e\x2a\x4d\x18\x03\0\0\0abc"
        for options in ({}, {"write_checksum": True}, {"write_content_size": False, "level": 19}):
            found += zstandard.ZstdCompressor(**options).compress(text)
        return found + zstandard.compress(b"")

    @pytest.mark.parametrize("cut", [1, 7, 4096, 1 << 20])
    def test_bounded_and_whole(self, cut):
        data = self.frames()
        raw = (data[i : i + cut] for i in range(0, len(data), cut)) if cut > 5 else iter([data[:1], data[1:]])
        blocks = list(decompressed("x.zst", raw))
        assert max(map(len, blocks)) <= 4 * MIB
        expected = np.random.default_rng(2).bytes(400_000) + bytes(9 * MIB)
        assert b"".join(blocks) == expected * 3

    def test_parts_lose_nothing(self):
        data = self.frames()
        for end in (*range(0, 60), 1000, len(data) - 1, len(data)):
            assert b"".join(_parts(iter([data[:end]]))) == data[:end]
        damaged = data[:300] + b"\xff" * 50 + data[350:]
        assert b"".join(_parts(iter([damaged]))) == damaged

    def test_a_window_for_which_there_is_no_room(self, tmp_path):
        parameters = zstandard.ZstdCompressionParameters.from_level(1, window_log=30, enable_ldm=True)
        with open(tmp_path / "x.zst", "wb") as file:
            compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
            file.write(compressor.compress(b"a b c " * 300_000) + compressor.flush())
        done = apart("limit(400 << 20)\nsketch_corpus(sys.argv[1])", tmp_path / "x.zst")
        assert "x.zst was compressed with a window that takes more memory than is free" in done.stderr.splitlines()[-1]


LONG = """
path, unit = sys.argv[1:]
for small in ("a b c",):
    open(path + ".small", "w").write(small)
    (measure_corpus if unit != "sketch" else sketch_corpus)(path + ".small")
print(peak(lambda: measure_corpus(path, blocks=0) if unit == "word" else sketch_corpus(path)))
"""


_LENGTHS = (20_000_000, pytest.param(50_000_000, marks=pytest.mark.verification))


@pytest.mark.parametrize("size", _LENGTHS)
@pytest.mark.parametrize(("letter", "work"), [("月", "word"), ("x", "sketch")])
def test_a_long_word(tmp_path, letter, work, size):
    """A word is held twice, as it came in and among the words, and nothing beside it but blocks; a sketch holds none.

    An eighth is what a `bytearray` that grows may keep in reserve.
    """
    path = tmp_path / "x.txt"
    path.write_text(f"one {letter * (size // len(letter.encode()))} two")
    used = int(apart(LONG, path, work, check=True).stdout)
    assert used < (2 * size + size // 8 + 4 * MIB if work == "word" else 8 * MIB)


def test_an_estimate_is_no_more_than_what_is_taken(tmp_path):
    """What a count is refused for, it would have taken: measured, of a text of one unit a byte and few words."""
    size = 6_000_000
    path = tmp_path / "x.txt"
    path.write_text("a, " * (size // 3))
    (tmp_path / "x.txt.small").write_text("a," * 100)
    program = """
from simulate.text.cutting.sequences import read_units
from simulate.text.growth import measure_units
from simulate.text.reading import room
whole = room.require
for unit in ("byte", "word"):
    def work(path):
        measure_units(read_units(path, unit), [2], blocks=0)
    work(sys.argv[1] + ".small")
    asked = []
    room.require = lambda n: (asked.append(n), whole(n))
    print(json.dumps([peak(lambda: work(sys.argv[1])), max(asked)]))
"""
    done = apart(program, path, check=True)
    for least, line in zip((4.5, 4.2), done.stdout.splitlines(), strict=True):
        used, asked = json.loads(line)
        assert least * size <= asked < used + MIB


def test_units_are_what_they_were(tmp_path, monkeypatch):
    """Blocks of many short words, in parts put aside: the same ids."""
    monkeypatch.setattr("simulate.text.cutting.tokenizing._PART", 100)
    text = "".join(np.random.default_rng(3).choice(list("ab ,é月"), 30_000))
    (tmp_path / "x.txt").write_text(text)
    known: dict[str, int] = {}
    expected = [known.setdefault(word, len(known)) for word in re.findall(r"\w+|[^\w\s]", text)]
    assert read_units(tmp_path / "x.txt").ids.tolist() == expected


TAKEN = """
path, unit, length = sys.argv[1], sys.argv[2], int(sys.argv[3])
open(path + ".small", "w").write("a b c. d e a b c, d e " * 400)
measure_corpus(path + ".small", unit=unit, length=length)
used = peak(lambda: print(json.dumps(measure_corpus(path, unit=unit, length=length).rows()[-1])))
print(used)
"""


def taken(path: Path, unit: str, length: int) -> tuple[str, str, float]:
    """Of a text: megabytes, the part of its windows that is distinct, and bytes that its count takes for each byte."""
    row, used = apart(TAKEN, path, unit, length, check=True).stdout.splitlines()
    found, size = json.loads(row), os.stat(path).st_size
    return f"{size / 1e6:.0f} MB", f"{found['n_unique'] / found['n_draws']:.2f}", int(used) / size


@pytest.mark.data
@pytest.mark.verification
@pytest.mark.parametrize(("unit", "length"), [("byte", 4), ("char", 2), ("word", 4)])
def test_the_page_has_what_a_count_takes(unit, length, tmp_path, data_folder):
    """Memory to a quarter: it depends on how the system gives it."""
    path = tmp_path / "zho_tang.txt"
    with open(data_folder / "corpora" / "zho_tang.txt.zst", "rb") as file, open(path, "wb") as out:
        zstandard.ZstdDecompressor().copy_stream(file, out)
    rows = Page.read("docs/corpora.md").table("| text | size | unit |")
    (row,) = (row for row in rows if (row["text"], row["unit"], row["length"]) == ("zho_tang", unit, str(length)))
    size, distinct, peak = taken(path, unit, length)
    assert (row["size"], row["distinct windows"]) == (size, distinct)
    assert float(row["peak, bytes a byte of text"]) == pytest.approx(peak, rel=0.25)


def main(folder: str) -> None:
    """Measure, and write the table."""
    rows = []
    for path in sorted(Path(folder).glob("*.txt")):
        for unit in ("byte", "char", "word"):
            for length in (1, 2, 4):
                size, distinct, peak = taken(path, unit, length)
                rows.append(f"| {path.stem} | {size} | {unit} | {length} | {distinct} | {peak:.1f} |")
    head = "| text | size | unit | length | distinct windows | peak, bytes a byte of text |\n|---|---|---|---|---|---|"
    begin, end = "<!-- table of memory -->", "<!-- end of the table of memory -->"
    page = PAGES.read_text(encoding="utf-8")
    before, after = page.split(begin)[0], page.split(end)[1]
    PAGES.write_text(f"{before}{begin}\n{head}\n" + "\n".join(rows) + f"\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
