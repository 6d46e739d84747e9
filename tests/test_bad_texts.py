"""Files that are no text, through every door: refused in one sentence that says what to do, never counted.

Doors: counts and sketches, in Python and on the command line, plain, from a pipe and out of a .zst, and texts as
sources. What one of them says of a file, all of them say.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import re
import shutil
import sqlite3
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
import zstandard

from simulate import measure_corpus, open_result, sketch_corpus
from simulate.cli.main import main
from simulate.text import InputError, ReadOptions
from simulate.text.source import parse_corpus

WORDS = b"the quick brown fox jumps over the lazy dog and the quick cat\n" * 40
DRAWN = np.random.default_rng(8)
GPT = np.where(DRAWN.random(5000) < 0.15, DRAWN.integers(10, 256, 5000), DRAWN.integers(256, 50257, 5000))


def _zip() -> bytes:
    with zipfile.ZipFile(found := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", WORDS)
    return found.getvalue()


def _tar() -> bytes:
    with tarfile.open(fileobj=(found := io.BytesIO()), mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.txt"), io.BytesIO(b""))
    return found.getvalue()


def _npy() -> bytes:
    np.save(found := io.BytesIO(), GPT.astype(np.uint16))
    return found.getvalue()


def _sqlite(folder) -> bytes:
    with sqlite3.connect(folder / "a.db") as connection:
        connection.execute("create table t (a text)")
    return (folder / "a.db").read_bytes()


def _lines(*objects) -> bytes:
    return "\n".join(json.dumps(one) for one in objects).encode()


FORMATS = {
    "gzip": (gzip.compress(WORDS), "compressed by gzip, not text: pipe it, `gzip -dc"),
    "bzip2": (bz2.compress(WORDS), "compressed by bzip2"),
    "empty bzip2": (bz2.compress(b""), "compressed by bzip2"),
    "xz": (lzma.compress(WORDS), "compressed by xz"),
    "lzma": (lzma.compress(WORDS, format=lzma.FORMAT_ALONE), "compressed by lzma"),
    "zlib": (zlib.compress(WORDS), "compressed by zlib"),
    "zstd": (zstandard.compress(WORDS), "compressed by zstd, not text"),
    "zstd after a skippable frame": (b"\x53\x2a\x4d\x18\1\0\0\0x" + zstandard.compress(WORDS), "compressed by zstd"),
    "lz4": (b"\x04\x22\x4d\x18" + DRAWN.bytes(99), "compressed by lz4"),
    "zip": (_zip(), "is a zip archive"),
    "tar": (_tar(), "is a tar archive, not text: pipe it, `tar -xOf"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + DRAWN.bytes(99), "is a 7z archive"),
    "Parquet": (b"PAR1\x15\x04\x15\x00" + DRAWN.bytes(99) + b"PAR1", "is a Parquet table"),
    "Arrow": (b"ARROW1\0\0" + DRAWN.bytes(99), "is an Arrow table"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + DRAWN.bytes(99), "is an HDF5 file"),
    "NumPy": (_npy(), "is a NumPy array"),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "is a PDF document"),
    "PNG": (b"\x89PNG\r\n\x1a\n" + DRAWN.bytes(99), "is a PNG image"),
    "Megatron": (b"MMIDIDX\0\0" + struct.pack("<Q", 1) + bytes(40), "is an index of token ids"),
    "llm.c": (struct.pack("<3i", 20240520, 1, 5000) + bytes(1012) + GPT.astype("<u2").tobytes(), "file of token ids"),
    "uint16": (GPT.astype("<u2").tobytes(), "array of whole numbers of 16 bits, such as token ids"),
    "uint32": (GPT.astype("<u4").tobytes(), "array of whole numbers of 32 bits, such as token ids"),
    "int32, few": (GPT[:20].astype(">i4").tobytes(), "array of whole numbers of 32 bits"),
    "JSON lines": (_lines({"text": "a b"}, {"text": "a c"}), "is JSON lines, not text"),
    "JSON lines of prose": (_lines({"id": 7, "was sagt": "a b c"}, {"id": 8, "was sagt": "a b"}), "is JSON lines"),
    "JSON lines with a mark": (b"\xef\xbb\xbf\n" + _lines({"body": "a b"}), "is JSON lines"),
    "JSON lines with text deeper down": (
        _lines({"d": {"n": 1, "text": "a"}}, {"d": {"text": "b"}}),
        "pass --format jsonl --field d.text",
    ),
    "JSON lines of turns": (_lines(*[{"id": 1, "turns": [{"said": "a b c"}]}] * 2), "jq -r '.turns[].said'"),
    "a JSON line without an end": (b'{"text": "' + b"word " * 40_000, "is JSON lines"),
    "a JSON list": (b'[\n {"text": "a b"},\n {"text": "a c"}]', "is a JSON list"),
}
"""What is refused for every unit."""

NO_UTF8 = {
    "UTF-16": ("naïve words, twice: naïve words".encode("utf-16"), "is UTF-16, as its byte-order mark says"),
    "UTF-16BE": (b"\xfe\xff" + "a b c d".encode("utf-16-be"), "is UTF-16, as its byte-order mark says"),
    "UTF-32": ("naïve words, twice".encode("utf-32"), "is UTF-32, as its byte-order mark says"),
    "UTF-16 without a mark": (WORDS.decode().encode("utf-16-le"), "looks like UTF-16LE"),
    "UTF-16BE without a mark": (WORDS.decode().encode("utf-16-be"), "looks like UTF-16BE"),
    "UTF-32 without a mark": (WORDS.decode().encode("utf-32-le"), "looks like UTF-32LE"),
    "zeros": (bytes(70_000), "has 65536 NUL bytes among its first 65536"),
    "a program": (b"\x7fELF\2\1\1" + bytes(9) + b"abc \0" * 99, "NUL bytes among its first"),
    "Latin-1": (
        b"a line\nand caf\xe9 \x07" + b"au lait " * 99,
        r"is not UTF-8 at byte 14, in line 2 (and caf\xe9 \x07au",
    ),
}
"""What is refused for units of text alone."""

TEXT_UNITS = ("char", "word")


class Pipe:
    """Standard input that holds `data`."""

    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


def command(*arguments: str) -> None:
    try:
        main(list(arguments), standalone_mode=False)
    except click.UsageError as error:
        raise InputError(error.format_message()) from None


DOORS = {
    "count": lambda path, unit: measure_corpus(path, unit=unit),
    "sketch": lambda path, unit: sketch_corpus(path, unit=unit),
    "source": lambda path, unit: parse_corpus(f"corpus:{path},unit={unit}").open(),
    "corpus": lambda path, unit: command("corpus", path, "--unit", unit),
    "corpus --sketch": lambda path, unit: command("corpus", path, "--unit", unit, "--sketch"),
    "sweep": lambda path, unit: command("sweep", "--source", f"corpus:{path},unit={unit}", "--n-draws", "10,20"),
    "learners": lambda path, unit: command(
        "sweep", "--learner", "memoriser", "--source", f"corpus:{path},unit={unit}", "--n-draws", "10,20"
    ),
    "suite": lambda path, unit: command("suite", "--source", f"corpus:{path},unit={unit}", "--n-params", "10"),
    "skills": lambda path, unit: command("skills", "--source", f"corpus:{path},unit={unit}"),
}  # fmt: skip


def sentence(door: str, path: str, unit: str) -> str:
    with pytest.raises(ValueError) as caught:
        DOORS[door](path, unit)
    said = str(caught.value)
    assert "\n" not in said
    assert said.isprintable()
    return said


@pytest.mark.parametrize("name", FORMATS)
def test_formats_for_every_unit(tmp_path, monkeypatch, name):
    data, reason = FORMATS[name]
    path = tmp_path / "x y.txt"
    path.write_bytes(data)
    for unit in ("byte", *TEXT_UNITS):
        for door in ("count", "sketch"):
            said = sentence(door, str(path), unit)
            assert said.startswith(str(path))
            assert reason in said
            assert "unit byte" not in said
            assert len(said) - said.count(str(path)) * len(str(path)) < 250
            monkeypatch.setattr("sys.stdin", Pipe(data))
            piped = sentence(door, "-", unit)
            assert piped.startswith("standard input ")
            assert reason.partition(":")[0] in piped
            assert str(path) not in piped
    if not name.startswith("zstd"):
        packed = tmp_path / "x.zst"
        packed.write_bytes(zstandard.compress(data))
        assert reason.partition(":")[0] in sentence("sketch", str(packed), "byte")


ADVISED = (
    "gzip", "bzip2", "xz", "lzma", "zlib", "zstd", "zip", "tar", "llm.c", "uint16", "uint32", "int32, few",
    "JSON lines", "JSON lines of prose", "JSON lines of turns", "a JSON list", "UTF-16", "UTF-16BE without a mark",
    "UTF-32 without a mark",
)  # fmt: skip
"""What a command is advised for that can be tried."""


def followed(said: str, data: bytes, unit: str) -> tuple[int, int]:
    """Units, and distinct ones, of what the command in a sentence gives; the file or the pipe holds `data`."""
    advised = re.search("`(.*)`", said)
    assert advised is not None, said
    given, counted, options = advised[1].partition(" | python -m simulate corpus -")
    assert options == (" --unit space" if counted and " od " in f" {given}" else "")
    if missing := [tool for tool in re.findall(r"(?:^|\| )(\S+)", given) if not shutil.which(tool)]:
        pytest.skip(f"{', '.join(missing)} is not here")
    text = subprocess.run(["bash", "-c", given], input=data, capture_output=True, check=True).stdout
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", Pipe(text))
        found = measure_corpus("-", unit=unit, blocks=0)
    return int(found.n_units[-1]), int(found.n_unique[-1])


@pytest.mark.parametrize("door", ["file", "pipe", "zst"])
@pytest.mark.parametrize("name", ADVISED)
def test_what_a_sentence_advises_can_be_done(tmp_path, monkeypatch, name, door):
    data, _ = (FORMATS | NO_UTF8)[name]
    path = tmp_path / ("x y.zst" if door == "zst" else "x y.txt")
    path.write_bytes(zstandard.compress(data) if door == "zst" else data)
    monkeypatch.setattr("sys.stdin", Pipe(data))
    said = sentence("count", "-" if door == "pipe" else str(path), "word")
    if "`" not in said:
        monkeypatch.setattr("sys.stdin", Pipe(data))
        assert follow_flags(said, tmp_path, path, name, door)
        return
    if " FILE " in said:
        (tmp_path / "FILE").write_bytes(data)
        monkeypatch.chdir(tmp_path)
    if name in {"llm.c", "uint16", "uint32", "int32, few"}:
        ids = GPT[:20] if "few" in name else GPT
        assert followed(said, data, "space") == (len(ids), len(set(ids)))
    elif name in {"gzip", "bzip2", "xz", "lzma", "zlib", "zstd", "zip"}:
        assert followed(said, data, "word") == (13 * 40, 10)
    elif name != "tar":  # in which there is an empty file
        assert followed(said, data, "word")[0] >= 2
    if name in {"uint16", "uint32"}:
        as_bytes = re.sub("(?<=-t )u[24]", "u1", said)
        assert "-t u1 the bytes" in said
        assert followed(as_bytes, data, "space") == (len(data), len(set(data)))


def follow_flags(said: str, folder: Path, path: Path, name: str, door: str) -> bool:
    """Do what a sentence without a command advises: another name, or flags; whether that gives the right counts."""
    source: Any = "-" if door == "pipe" else path
    if name == "zstd":
        source = path.rename(folder / "x.zst")
        return door == "file" and said.endswith("give it a name ending in .zst") and units_of(source, "word") == 520
    if name == "JSON lines":
        field = re.search(r"pass --format jsonl(?: --field (\S+))?$", said)
        assert field is not None
        return units_of(source, "word", format="jsonl", field=field[1] or "text") > 1
    ids = GPT[:20] if "few" in name else GPT
    if name == "llm.c":
        return said.endswith("count it with --unit token") and units_of(source, "token") == len(ids)
    dtype = re.search(r"pass --unit token and --dtype, such as (uint\d+)$", said)
    assert dtype is not None
    return units_of(source, "token", dtype=dtype[1]) == len(ids)


def units_of(source: Any, unit: str, **options: Any) -> int:
    return int(measure_corpus(source, unit=unit, blocks=0, reading=ReadOptions(**options)).n_units[-1])


@pytest.mark.parametrize("name", NO_UTF8)
def test_what_is_not_utf8(tmp_path, monkeypatch, name):
    data, reason = NO_UTF8[name]
    path = tmp_path / "x.txt"
    path.write_bytes(data)
    for unit in TEXT_UNITS:
        said = sentence("count", str(path), unit)
        assert reason in said
        assert sentence("sketch", str(path), unit) == said
        monkeypatch.setattr("sys.stdin", Pipe(data))
        assert reason in sentence("sketch", "-", unit)
    assert measure_corpus(path, unit="byte", blocks=0).n_units[-1] == len(data)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("kind", ["gzip", "JSON lines", "uint32", "UTF-16", "Latin-1", "zeros"])
def test_every_door_says_the_same(tmp_path, door, kind):
    path = tmp_path / "x.txt"
    path.write_bytes((FORMATS | NO_UTF8)[kind][0])
    assert sentence(door, str(path), "word") == sentence("count", str(path), "word")


TEXTS = {
    "source code": b'{\n  "text": 1,\n  "more": [2, 3]\n}\n' * 9,
    "braces": b'{"text" is a word in quotes, and so is "that": here}\n' * 9,
    "numbers": b'{"a": 1, "b": 2}\n{"a": 2, "b": 3}\n',
    "numbers deeper down": b'{"a": {"b": 1}, "c": [{"d": 2}]}\n' * 9,
    "PAR1 and ORC": b"PAR1 and ORC are names of formats, and %PDF is one\n",
    "one NUL": b"a b c \0 d e f " * 3,
    "short": b"a",
    "x": b"x\x9c" * 0 + b"x marks the spot",
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("unit", ["byte", "char", "word"])
def test_text_is_not_taken_for_something_else(tmp_path, name, unit):
    (tmp_path / "x.txt").write_bytes(TEXTS[name])
    assert measure_corpus(tmp_path / "x.txt", unit=unit, blocks=0).n_unique[-1] > 0


@pytest.mark.parametrize("kind", ["random", "sound", "floats", "zeros", "genome"])
def test_bytes_that_are_no_text_are_counted_as_bytes(tmp_path, kind):
    wave = np.sin(np.arange(9000) / 30) * 3000 * DRAWN.random(9000)
    data = {
        "random": DRAWN.bytes(70_000), "sound": wave.astype("<i2").tobytes(), "floats": wave.tobytes(),
        "zeros": bytes(5000), "genome": DRAWN.integers(0, 4, 70_000).astype(np.uint8).tobytes(),
    }[kind]  # fmt: skip
    (tmp_path / "x.bin").write_bytes(data)
    found = measure_corpus(tmp_path / "x.bin", unit="byte", blocks=0)
    assert (found.n_units[-1], found.n_unique[-1]) == (len(data), len(set(data)))


@pytest.mark.parametrize("compressed", [False, True])
def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path, compressed):
    plain = b"one two one\nthree one two\n"
    name = "x.txt.zst" if compressed else "x.txt"
    for number, data in enumerate((plain, b"\xef\xbb\xbf" + plain)):
        path = tmp_path / str(number) / name
        path.parent.mkdir()
        path.write_bytes(zstandard.compress(data) if compressed else data)
        for unit, total, distinct in (("word", 6, 3), ("char", 26, 9)):
            found = measure_corpus(path, unit=unit, blocks=0)
            assert (found.n_units[-1], found.n_unique[-1]) == (total, distinct)
            assert sketch_corpus(path, unit=unit).n_draws[-1] == total
        assert measure_corpus(path, unit="byte", blocks=0).n_units[-1] == len(data)
    # In every file, and in the place of an error.
    (tmp_path / "bad.txt").write_bytes(b"\xef\xbb\xbfab\ncaf\xe9")
    both = measure_corpus([tmp_path / "1" / name] * 2, blocks=0)
    assert (both.n_units[-1], both.n_unique[-1]) == (12, 3)
    with pytest.raises(InputError, match="byte 9, in line 2"):
        measure_corpus(tmp_path / "bad.txt")


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_a_mark_cut_by_blocks(tmp_path, monkeypatch, size):
    monkeypatch.setattr("simulate.text.reading.opening.BLOCK", size)
    (tmp_path / "x.txt").write_bytes(b"\xef\xbb\xbfa b \xef\xbb\xbfa")
    assert measure_corpus(tmp_path / "x.txt", unit="char", blocks=0).n_units[-1] == 6


def test_a_line_of_an_error_far_into_a_text(tmp_path):
    data = WORDS * 3000 + b"x" * 3_000_000 + b"\xff here " + WORDS
    (tmp_path / "x.txt").write_bytes(data)
    with pytest.raises(InputError) as caught:
        measure_corpus(tmp_path / "x.txt")
    assert f"at byte {data.index(0xFF)}, in line {120_001} (" in str(caught.value)
    assert len(str(caught.value)) < 300


def test_names_are_printed_on_one_line(tmp_path):
    folder = os.fsencode(tmp_path)
    name = folder + b"/caf\xe9\n\x1b[31m.txt"
    with open(name, "wb") as file:
        file.write(gzip.compress(WORDS))
    said = sentence("count", os.fsdecode(name), "word")
    assert r"caf\xe9\n\x1b[31m.txt is compressed by gzip" in said


@pytest.mark.parametrize("more", [(), ("--sketch",)])
def test_a_name_that_is_not_utf8_stands_in_every_result(tmp_path, more, monkeypatch, capfd):
    """What failed after the work: files, figures and JSON of a text whose name holds the byte e9.

    Each file and each figure is written of exact counts; sketches differ in what is in them, and are tried in one.
    """
    folder = os.fsencode(tmp_path)
    path = os.fsdecode(folder + b"/caf\xe9.txt")
    with open(path, "wb") as file:
        file.write(b" ".join(b"w%d" % n for n in np.minimum(DRAWN.zipf(1.6, 3000), 500)))
    for suffix, drawn in ((".nc", ".svg"), (".zarr", ".pdf"), (".csv", ".png"))[: 1 if more else 3]:
        out, figure = (os.fsdecode(folder + b"/out\xe9") + end for end in (suffix, drawn))
        command("corpus", path, *more, "--out", out, "--figure", figure, "--json")
        found = json.loads(capfd.readouterr().out)
        assert found["rows"][0]["corpus"] == r"caf\xe9"
        assert os.path.exists(found["path"])
        assert os.path.exists(figure)
        if suffix != ".csv":
            assert list(open_result(out).source.values) == [r"corpus:caf\xe9,unit=word,length=1"]


def test_a_name_that_is_not_utf8_is_printed(tmp_path):
    program = "import click, sys\nfrom bounds.cli.shared import run\n"
    program += "@click.command()\n@click.argument('x')\ndef show(x):\n    print('written:', x)\nrun(show, 'show')"
    done = subprocess.run(
        [sys.executable.encode(), b"-c", program.encode(), b"caf\xe9"], capture_output=True, check=True
    )
    assert done.stdout == b"written: caf\\xe9\n"


def test_standard_input_as_a_source_is_read_once(monkeypatch, capfd):
    """Learners and skills open their text several times: what was piped in is still there."""
    data = b" ".join(b"w%d" % n for n in np.minimum(DRAWN.zipf(1.6, 3000), 500))
    for arguments in (
        ("sweep", "--learner", "memoriser", "--source", "corpus:-", "--n-draws", "10,100", "--replicates", "2"),
        ("skills", "--source", "corpus:-", "--replicates", "2", "--members", "3", "--n-skills", "2"),
        ("sweep", "--source", "corpus:-", "--source", "corpus:-,length=2", "--n-draws", "10,100"),
    ):
        monkeypatch.setattr("sys.stdin", Pipe(data))
        command(*arguments, "--json")
        assert json.loads(capfd.readouterr().out)["rows"]
    monkeypatch.setattr("sys.stdin", Pipe(data))
    with pytest.raises(ValueError, match="standard input was read by unit word already, and is wanted by unit byte"):
        command("sweep", "--source", "corpus:-", "--source", "corpus:-,unit=byte", "--n-draws", "10,100")
