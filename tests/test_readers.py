"""Files as people have them: one corpus in every format has the counts of a brute force; broken ones, one sentence."""

from __future__ import annotations

import errno
import gzip
import json
import os
import re
import sys
import zlib
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from simulate import measure_corpus, sketch_corpus
from simulate.cli.main import main
from simulate.text import InputError, ReadOptions
from simulate.text.reading.asked import DTYPES
from simulate.text.reading.choosing import ending_of, reader_of
from simulate.text.reading.formats.datatrove import Datatrove
from simulate.text.reading.formats.headerless import Headerless
from simulate.text.reading.formats.json_lines import JsonLines
from simulate.text.reading.formats.llmc import LlmC
from simulate.text.reading.formats.megatron import Megatron
from simulate.text.reading.formats.npy import Npy
from simulate.text.reading.formats.parquet import Parquet
from simulate.text.reading.formats.plain import Plain, WithOffsets
from simulate.text.reading.formats.reader import Seen
from simulate.text.reading.gzipped import unzipped
from simulate.text.reading.naming import named_files
from simulate.text.shards.room import Sizes
from simulate.text.source import parse_corpus
from tests.commands import refused
from tests.corpus_files import (
    DOCUMENTS,
    END,
    ENDS,
    FLAT,
    TOKENS,
    json_lines,
    llmc,
    megatron_index,
    write_ids,
    write_text,
)
from tests.shard_workers import Here
from tests.test_shards import on

pytest.importorskip("pyarrow")
WORD = r"\w+|[^\w\s]"
TEXTS = (
    "x.jsonl", "x.jsonl.gz", "x.jsonl.zst", "x.ndjson", "lines.txt", "deep.jsonl", "dotted.jsonl", "whole.txt",
    "whole.txt.gz", "x.parquet", "nested.parquet",
)  # fmt: skip
IDS = (
    "nano.bin", "nano.bin.gz", "olmo.npy", "wide.bin", "gpt2.bin", "llama.bin", "mega.bin", "long.bin", "short.ds",
    "big.ds", "true.npy", "rows.npy",
)  # fmt: skip


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    return write_text(tmp_path_factory.mktemp("texts"))


@pytest.fixture(scope="module")
def ids(tmp_path_factory):
    return write_ids(tmp_path_factory.mktemp("ids"))


def units_of(text: str, unit: str) -> list:
    if unit == "byte":
        return list(text.encode())
    return list(text) if unit == "char" else re.findall(WORD if unit == "word" else r"\S+", text)


def slow(documents: list[list], length: int, within: bool) -> tuple[int, int, int]:
    """Units, windows and distinct ones."""
    streams = documents if within else [[unit for document in documents for unit in document]]
    windows = [tuple(s[i : i + length]) for s in streams for i in range(len(s) - length + 1)]
    return sum(map(len, documents)), len(windows), len(set(windows))


def fast(function, path, **options) -> tuple[int, int, int]:
    found = function(path, at="all", **({"blocks": 0} if function is measure_corpus else {}), **options)
    return found.n_units[-1], found.n_draws[-1], found.n_unique[-1]


@pytest.mark.parametrize("within", [False, True])
@pytest.mark.parametrize("name", TEXTS)
def test_a_text_in_every_format(texts, name, within):
    path, asked = texts[name]
    reading = ReadOptions(within_documents=within, **asked)
    for unit in ("byte", "char", "word", "space"):
        expected = slow([units_of(text, unit) for text in DOCUMENTS], 2, within)
        for function in (measure_corpus, sketch_corpus):
            assert fast(function, path, unit=unit, length=2, reading=reading) == expected, (unit, function)


@pytest.mark.parametrize("within", [False, True])
@pytest.mark.parametrize("name", IDS)
def test_token_ids_in_every_format(ids, name, within):
    path, asked = ids[name]
    reading = ReadOptions(within_documents=within, **asked)
    expected = slow([list(document) for document in TOKENS], 2, within)
    for function in (measure_corpus, sketch_corpus):
        found = fast(function, path, unit="token", length=2, reading=reading)
        assert found == expected


def test_formats_of_one_corpus_are_noticed_to_be_the_same(texts, ids):
    files = [texts[name][0] for name in ("x.jsonl", "x.jsonl.gz", "x.parquet")]
    notes = " ".join(map(str, measure_corpus(files, blocks=0).notes))
    assert notes.count("holds the same text as") == 2
    stored = [ids[name][0] for name in ("mega.bin", "big.ds", "true.npy")]
    notes = " ".join(map(str, sketch_corpus(stored, unit="token").notes))
    assert notes.count("holds the same text as") == 2


def test_a_result_says_how_documents_were_taken(texts, ids):
    path = texts["x.jsonl"][0]
    joined, apart = (
        " ".join(map(str, measure_corpus(path, length=2, blocks=0, reading=ReadOptions(within_documents=w)).notes))
        for w in (False, True)
    )
    assert "windows run across the 5 documents of a file" in joined
    assert "windows would join two of the 5 documents and are not counted" in apart
    plain = measure_corpus(texts["whole.txt"][0], blocks=0, reading=ReadOptions(within_documents=True))
    assert "does not say where documents end" in " ".join(map(str, plain.notes))
    files = [texts["whole.txt"][0].with_name(name) for name in ("a.txt", "b.txt")]
    for n, file in enumerate(files):
        file.write_text(f"another text, the {n}th", "utf-8")
    several = measure_corpus(files, blocks=0, reading=ReadOptions(within_documents=True))
    assert "a.txt and 1 more file do not say where documents end, and each is taken for one" in " ".join(
        map(str, several.notes)
    )
    assert measure_corpus(path, blocks=0).n_bytes == sum(len(text.encode()) for text in DOCUMENTS)
    assert measure_corpus(ids["true.npy"][0], unit="token", blocks=0).n_bytes is None


@given(
    documents=st.lists(st.text(st.sampled_from("ab \n,éİΣ\u0301月"), max_size=12), min_size=1, max_size=8),
    unit=st.sampled_from(["byte", "char", "word"]),
    within=st.booleans(),
)
def test_any_documents(tmp_path_factory, documents, unit, within):
    cut = [units_of(text, unit) for text in documents]
    if not any(cut):
        return
    path = tmp_path_factory.mktemp("any") / "x.jsonl"
    path.write_bytes(json_lines(documents))
    found = fast(measure_corpus, path, unit=unit, length=1, reading=ReadOptions(within_documents=within))
    assert found == slow(cut, 1, within)
    if len([part for part in cut if len(part) >= 2]):
        found = fast(sketch_corpus, path, unit=unit, length=2, reading=ReadOptions(within_documents=within))
        assert found[:2] == slow(cut, 2, within)[:2]


@pytest.mark.parametrize("size", [1, 3, 7])
def test_documents_cut_by_blocks(texts, ids, monkeypatch, size):
    monkeypatch.setattr("simulate.text.reading.opening.BLOCK", size)
    monkeypatch.setattr("simulate.text.reading.opening._PACKED_BLOCK", size)
    monkeypatch.setattr("simulate.text.cutting.hashing.PIECE", size)
    expected = slow([units_of(text, "word") for text in DOCUMENTS], 2, True)
    for name in ("x.jsonl", "x.jsonl.gz", "whole.txt"):
        path, asked = texts[name]
        for function in (measure_corpus, sketch_corpus):
            assert fast(function, path, length=2, reading=ReadOptions(within_documents=True, **asked)) == expected
    for name in ("nano.bin", "mega.bin", "true.npy", "gpt2.bin"):
        path, asked = ids[name]
        found = fast(sketch_corpus, path, unit="token", length=2, reading=ReadOptions(within_documents=True, **asked))
        assert found == slow([list(document) for document in TOKENS], 2, True)


class TestNames:
    def test_folders_and_patterns(self, tmp_path):
        for name in (
            "b/2.txt",
            "b/10.txt",
            "a.txt",
            ".hidden.txt",
            ".git/x.txt",
            "t.bin",
            "t.idx",
            "s.ds",
            "s.ds.index",
        ):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(name)
        files = named_files(tmp_path)
        assert [name.removeprefix(f"{tmp_path}/") for name in files.names] == [
            "a.txt", "b/10.txt", "b/2.txt", "s.ds", "t.bin"
        ]  # fmt: skip
        assert files.corpus == tmp_path.name
        assert "5 files in the order of their names (2 hidden left out, 2 that belong to them" in files.notes[0]
        found = named_files(str(tmp_path / "*.txt"))
        assert found.names == [str(tmp_path / "a.txt")]
        assert "1 file (1 hidden left out)" in found.notes[0]
        assert named_files(str(tmp_path / "**" / "*.txt")).corpus == "a+10+2"
        (tmp_path / "odd[1].txt").write_text("a b")
        assert named_files(str(tmp_path / "odd[1].txt")).notes == ()

    def test_the_notes_reach_the_result(self, tmp_path):
        (tmp_path / "a.txt").write_text("a b c")
        (tmp_path / ".b.txt").write_text("a b c")
        for found in (measure_corpus(tmp_path, blocks=0), sketch_corpus(tmp_path)):
            assert found.corpus == tmp_path.name
            assert "is 1 file (1 hidden left out)" in " ".join(map(str, found.notes))

    def test_what_is_no_file_and_too_many_of_them(self, tmp_path, monkeypatch):
        (tmp_path / "a.txt").write_text("a b c")
        os.mkfifo(tmp_path / "pipe")
        assert "1 file (1 left out that is no file, such as a pipe)" in named_files(tmp_path).notes[0]
        monkeypatch.setattr("simulate.text.reading.naming.MOST", 1)
        check("holds more than 1 files: name the folders", tmp_path)

    def test_nothing_there(self, tmp_path):
        (tmp_path / "empty").mkdir()
        check("is a folder without files to count", tmp_path / "empty")
        check("matches no file: check the pattern", tmp_path / "*.jsonl")
        check("does not exist", tmp_path / "x.jsonl")
        (tmp_path / "link.txt").symlink_to("gone")
        check("link.txt is a link to a file that does not exist: mend the link", tmp_path / "link.txt")

    def test_a_folder_inside_that_cannot_be_read_is_the_one_named(self, tmp_path, monkeypatch):
        (tmp_path / "closed").mkdir()
        scan = os.scandir

        def scanned(folder):
            if str(folder).endswith("closed"):
                raise PermissionError(errno.EACCES, "Permission denied", str(folder))
            return scan(folder)

        monkeypatch.setattr(os, "scandir", scanned)
        with pytest.raises(InputError, match=r"closed cannot be read: permission denied$"):
            named_files(tmp_path)
        check("is empty", write(tmp_path / "x.jsonl", b""))


def write(path, data: bytes):
    path.write_bytes(data)
    return path


def check(message: str, path, unit: str = "word", **asked) -> None:
    """Both kinds of count refuse with one sentence that says `message`."""
    for function in (measure_corpus, sketch_corpus):
        with pytest.raises(InputError) as caught:
            function(path, unit=unit, reading=ReadOptions(**asked))
        said = str(caught.value)
        assert message in said
        assert "\n" not in said
        assert len(said.replace(str(path), "")) < 300


class TestJsonLines:
    def test_broken_lines(self, tmp_path):
        good = json_lines()
        for line, message in (
            (b'{"text": "cut', "line 6 of"), (b'{"text": "cut', "is not JSON (Unterminated string"),
            (b"[1]", "is no JSON object but [1]"), (b'{"text": 7}', "in line 6 of"),
            (b'{"text": 7}', "holds a number, not text"), (b'{"text": ["a"]}', "holds a list"),
            (b'{"texts": "a"}', "in line 6 (there is 'texts'): did you mean 'texts'?"),
            (b'{"text": null}', "has no text in field 'text' in line 6, where it is null: pass --field"),
            (b'{"id": 1, "text": 7}', "holds a number, not text: pass another --field"),
            (b'{"id": 1, "text": 7, "b": ""}', "not text: pass another --field, such as b"),
            (b'{"text": "\xff"}', "is not UTF-8 in line 6"), (b'{"text": "\\ud800"}', "half of a surrogate pair"),
            (b'{"text": ' + b"[" * 100_000, "line 6 of"), (b'{"a": ' + b"9" * 5000 + b"}", "line 6 of"),
        ):  # fmt: skip
            check(message, write(tmp_path / "x.jsonl", good + line + b"\n"))

    def test_records_without_text(self, tmp_path):
        path = write(tmp_path / "x.jsonl", json_lines() + b'{"other": 1}\n{"text": null}\n')
        check("--skip-missing to leave out what has none", path)
        for function in (measure_corpus, sketch_corpus):
            found = function(path, reading=ReadOptions(skip_missing=True))
            assert "2 records have no text in text, and were left out" in " ".join(map(str, found.notes))
        check("it has no document", write(tmp_path / "y.jsonl", b'{"a": 1}\n'), skip_missing=True)
        check("nothing but white space", write(tmp_path / "z.jsonl", b'{"text": " "}\n'))

    def test_under_another_name(self, tmp_path):
        check("is JSON lines, not text", write(tmp_path / "x.txt", json_lines()))
        check("pass --format jsonl --field body", write(tmp_path / "y.txt", json_lines(field="body")))
        check("is compressed by gzip", write(tmp_path / "z.jsonl", gzip.compress(json_lines())))
        check("says itself where documents end", write(tmp_path / "x.jsonl", json_lines()), documents="x.tsv")


class TestParquet:
    def test_broken_tables(self, tmp_path, texts):
        import pyarrow as pa
        import pyarrow.parquet as parquet

        data = texts["x.parquet"][0].read_bytes()
        check("has no text in column 'body'", texts["x.parquet"][0], field="body")
        check("holds 'int64', not text", texts["x.parquet"][0], field="n")
        check("damaged or cut", write(tmp_path / "x.parquet", data[: len(data) // 2]))
        check("damaged or cut", write(tmp_path / "y.parquet", b"no table at all"))
        check("pass --format parquet", write(tmp_path / "x.txt", data))
        parquet.write_table(pa.table({"text": ["a b", None, "b a"]}), tmp_path / "null.parquet")
        check("has no text in column 'text' of row 2", tmp_path / "null.parquet")
        assert fast(measure_corpus, tmp_path / "null.parquet", reading=ReadOptions(skip_missing=True)) == (4, 4, 2)
        parquet.write_table(pa.table({"text": pa.array([], pa.string())}), tmp_path / "empty.parquet")
        check("is empty", tmp_path / "empty.parquet")
        parquet.write_table(pa.table({"text": pa.array(["a b", "a"]).dictionary_encode()}), tmp_path / "d.parquet")
        assert fast(measure_corpus, tmp_path / "d.parquet") == (3, 3, 2)

    def test_what_a_column_may_hold(self, tmp_path):
        import pyarrow as pa
        import pyarrow.parquet as parquet

        parquet.write_table(pa.table({"text": pa.array(["a b", "a"], pa.string_view())}), tmp_path / "v.parquet")
        assert fast(measure_corpus, tmp_path / "v.parquet") == (3, 3, 2)
        table = {"id": [1], "text": [b"a b"]}
        parquet.write_table(pa.table(table), tmp_path / "b.parquet")
        check("holds 'binary', not text: no column of it does", tmp_path / "b.parquet")
        parquet.write_table(pa.table(table | {"body": ["a"]}), tmp_path / "c.parquet")
        check("holds 'binary', not text: pass another --field, such as body", tmp_path / "c.parquet")

    @pytest.mark.parametrize(("library", "path", "asked"), [
        ("pyarrow", "x.parquet", ""), ("fsspec.core", "memory://x.txt", ""), ("tokenizers", "x.jsonl", "x.json"),
    ])  # fmt: skip
    def test_what_is_not_installed(self, texts, monkeypatch, library, path, asked):
        monkeypatch.setitem(sys.modules, library, None)
        name = path if "//" in path else texts[path][0]
        options = {"tokenizer": asked} if asked else {}
        check("install it with python -m pip install 'efficiency-bounds[corpus]'", name,
              unit="token" if asked else "word", **options)  # fmt: skip


class TestMixedFolders:
    """One folder, as crawls leave it: formats that call their text differently, and shards without any."""

    DOCUMENTS = ("one two three", "two three four", "five five")

    @pytest.fixture
    def folder(self, tmp_path):
        import pyarrow as pa
        from pyarrow import parquet

        lines, column, plain = self.DOCUMENTS
        write(tmp_path / "a.jsonl", json.dumps({"id": 1, "meta": {"lang": "en", "body": lines}}).encode())
        parquet.write_table(pa.table({"id": [1], "content": [column]}), tmp_path / "b.parquet")
        write(tmp_path / "c.txt", plain.encode())
        return tmp_path

    def test_the_first_field_that_is_there(self, folder):
        whole = " ".join(self.DOCUMENTS).split()
        for field in ("meta.body,content", "content, meta.body", "content,meta.body,text"):
            found = measure_corpus(folder, reading=ReadOptions(field=field))
            assert (found.n_draws[-1], found.n_unique[-1]) == (len(whole), len(set(whole)))

    def test_a_name_with_a_comma_is_a_name(self, tmp_path):
        line = {"a,b": "one two", "a": "three", "b": "four"}
        write(tmp_path / "x.jsonl", json.dumps(line).encode())
        found = measure_corpus(tmp_path / "x.jsonl", reading=ReadOptions(field="a,b"))
        assert found.n_draws[-1] == 2

    def test_what_is_missing_is_named_where_it_lies(self, folder):
        check(r"no text in field 'text' in line 1 (there is 'meta.lang', 'meta.body', 'id')", folder)
        check("holds an object, not text: pass another --field, such as meta.lang", folder, field="meta")
        check("--field NAME,NAME where files have different ones", folder, field="meta.body")

    def test_empty_shards_are_left_out_where_asked(self, folder, tmp_path):
        before = measure_corpus(folder, reading=ReadOptions(field="meta.body,content"))
        write(folder / "b0.txt", b"")
        write(folder / "d.txt.gz", gzip.compress(b""))
        write(folder / "e.jsonl.zst", zstandard.compress(b""))
        check(
            "b0.txt is empty: there is no text to count; --skip-missing leaves out", folder, field="meta.body,content"
        )
        for count in (measure_corpus, sketch_corpus):
            found = count(folder, reading=ReadOptions(field="meta.body,content", skip_missing=True))
            assert found.n_draws[-1] == before.n_draws[-1]
            assert any("b0.txt and 2 more hold nothing to count, and are left out" in str(note) for note in found.notes)
        nothing = tmp_path / "nothing"
        nothing.mkdir()
        for name in ("a.txt", "b.txt"):
            write(nothing / name, b"")
        check("a.txt holds no word, and no other file does", nothing, skip_missing=True)

    def test_a_list_in_pieces_is_refused(self, folder):
        for flag, value in (("--field", "content"), ("--length", "2"), ("--extrapolate", "3x"), ("--at", "3")):
            error = refused("corpus", str(folder), flag, value, flag, value)
            assert f"{flag} was given 2 times; it takes a list" in error


class TestGzip:
    def test_members_and_their_ends(self, tmp_path):
        data = b"the cat sat\n" * 9
        packed = gzip.compress(data)
        for name, whole in (("one", packed), ("padded", packed + bytes(99)), ("two", packed + packed)):
            path = write(tmp_path / f"{name}.txt.gz", whole)
            assert fast(measure_corpus, path)[0] == 27 * (1 + (name == "two"))
        check("is truncated: its last gzip member does not end", write(tmp_path / "x.txt.gz", packed[:-9]))
        check("is damaged: gzip gave up", write(tmp_path / "x.txt.gz", packed[:-8] + bytes(8)))
        check("bytes that are not gzip after its last member", write(tmp_path / "x.txt.gz", packed + b"more"))
        check("is named .gz but is not a gzip file", write(tmp_path / "x.txt.gz", data))
        check("is empty", write(tmp_path / "x.txt.gz", gzip.compress(b"")))

    @given(parts=st.lists(st.binary(max_size=300), max_size=4), size=st.integers(1, 60))
    def test_any_members_in_any_blocks(self, parts, size):
        packed = b"".join(map(gzip.compress, parts))
        blocks = (packed[i : i + size] for i in range(0, len(packed), size))
        assert b"".join(unzipped("x.gz", blocks)) == b"".join(parts)

    def test_a_run_of_zeros_comes_in_pieces(self):
        packer = zlib.compressobj(wbits=31)
        packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(64)) + packer.flush()
        sizes = [len(block) for block in unzipped("x.gz", iter([packed]))]
        assert sum(sizes) == 64 << 20
        assert max(sizes) <= 1 << 22


class TestOffsets:
    def test_tables(self, tmp_path):
        text = write(tmp_path / "x.txt", b"a b c d e f")
        for table, message in (
            (b"0\t3\n", "must begin with the names of its columns"), (b"", "is empty"),
            (b"byte_start\tbyte_end\n", "names no document"), (b"byte_start\tbyte_end\n0\n", "in line 2"),
            (b"byte_start\tbyte_end\n0\tx\n", "whole numbers of bytes in line 2"),
            (b"byte_start\tbyte_end\n4\t2\n", "it ends before it begins"),
            (b"byte_start\tbyte_end\n0\t4\n2\t6\n", "the document before it ends at 4"),
            (b"byte_start\tbyte_end\n0\t40\n", "ends at byte 40: these are not its offsets"),
            (b"byte_start\xff", "is not UTF-8"),
        ):  # fmt: skip
            check(message, text, documents=str(write(tmp_path / "x.tsv", table)))
        check("does not exist", text, documents=str(tmp_path / "none.tsv"))
        write(tmp_path / "x.tsv", b"id\tbyte_start\tbyte_end\nq\t2\t5\nr\t8\t9\n")
        reading = ReadOptions(documents=str(tmp_path / "x.tsv"), within_documents=True)
        found = measure_corpus(text, blocks=0, at="all", reading=reading)
        assert (found.n_units[-1], found.n_draws[-1]) == (3, 3)
        assert "7 bytes of" in " ".join(map(str, found.notes))
        check("offsets of one text, and there are 2 files", [text, text], documents=str(tmp_path / "x.tsv"))

    @pytest.mark.parametrize("within", [False, True])
    @pytest.mark.parametrize(("first", "last", "byte"), [(0, 4, 4), (4, 9, 4), (0, 7, 7), (9, 10, None), (0, 5, None)])
    def test_offsets_of_characters(self, tmp_path, within, first, last, byte):
        path = write(tmp_path / "x.txt", "ab é ü cd".encode())
        table = write(tmp_path / "x.tsv", f"byte_start\tbyte_end\n{first}\t{last}\n".encode())
        asked = {"documents": str(table), "within_documents": within}
        if byte is None:
            assert measure_corpus(path, blocks=0, at="all", reading=ReadOptions(**asked)).n_units[-1] > 0
            return
        for unit in ("word", "char"):
            check(f"at byte {byte} of {path}, inside of a character: offsets count bytes", path, unit, **asked)
        found = measure_corpus(path, unit="byte", at="all", blocks=0, reading=ReadOptions(**asked))
        assert found.n_units[-1] == last - first

    @pytest.mark.parametrize("size", [1, 2, 3, 4, 7])
    def test_offsets_of_characters_in_any_blocks(self, monkeypatch, tmp_path, size):
        data = "ab é ü cd".encode()
        blocks = [data[at : at + size] for at in range(0, len(data), size)]
        monkeypatch.setattr("simulate.text.reading.formats.plain.read_blocks", lambda path: iter(blocks))
        for byte in range(len(data) + 1):
            write(tmp_path / "x.tsv", f"byte_start\tbyte_end\n0\t{byte}\n".encode())
            reader = WithOffsets("x.txt", str(tmp_path / "x.tsv"), characters=True)
            cut = byte in (4, 7)
            with pytest.raises(InputError, match=f"at byte {byte} of") if cut else nullcontext():
                assert b"".join(piece.data for piece in reader.pieces(Seen())) == data[:byte]

    @given(sizes=st.lists(st.integers(0, 5), min_size=1, max_size=9), gaps=st.lists(st.integers(0, 2), min_size=9))
    def test_any_documents(self, tmp_path_factory, sizes, gaps):
        folder = tmp_path_factory.mktemp("offsets")
        rows, at = [], 0
        for size, gap in zip(sizes, gaps, strict=False):
            rows.append((at + gap, at + gap + size))
            at += gap + size
        data = bytes(97 + i % 26 for i in range(at + 3))
        write(folder / "x.txt", data)
        lines = "".join(f"{a}\t{b}\n" for a, b in rows)
        write(folder / "x.tsv", b"byte_start\tbyte_end\n" + lines.encode())
        seen, documents, kept = Seen(), [], b""
        for piece in WithOffsets(str(folder / "x.txt"), str(folder / "x.tsv")).pieces(seen):
            kept += piece.data
            if piece.ends:
                documents.append(kept)
                kept = b""
        assert documents == [data[a:b] for a, b in rows]
        assert seen.n_documents == len(rows)
        assert seen.outside == len(data) - sum(sizes)


class TestTokenIds:
    def test_what_has_to_be_told(self, tmp_path):
        path = write(tmp_path / "x.bin", FLAT.astype("<u2").tobytes())
        check("pass --dtype, one of uint16, uint32, int32, int64", path, "token")
        check("is of unit token, got unit word", path, dtype="uint16")
        check("read as uint32, and no vocabulary has as many", path, "token", dtype="uint32")
        check("has a 0 in every second place", write(tmp_path / "y.bin", np.arange(1, 99, dtype="<u4").tobytes()),
              "token", dtype="uint16")  # fmt: skip
        check(
            "ends in 1 of the 2 bytes of a token id", write(tmp_path / "z.bin", b"\1\0\2\0\3"), "token", dtype="uint16"
        )
        check("has token id 50256 in place 3", path, "token", dtype="uint16", vocab=50256)
        check(
            "ids are not negative",
            write(tmp_path / "n.bin", np.array([5, -1], "<i4").tobytes()),
            "token",
            dtype="int32",
        )
        text = write(tmp_path / "x.txt", b"the cat sat on the mat. " * 9)
        check("holds text, not token ids", text, "token")
        check("holds text, not token ids", text, "token", dtype="uint16")
        check("which holds no token ids: pass --tokenizer", write(tmp_path / "x.jsonl", json_lines()), "token")

    def test_headers(self, tmp_path):
        def llm(data):
            return write(tmp_path / "x.bin", data)

        check("is truncated: it ends within the 1024 bytes", llm(llmc()[:500]), "token")
        check("has 14 token ids, and its header says 20", llm(llmc(count=20)), "token")
        check("has llm.c's version 9 of 20240520", llm(llmc(version=9)), "token")
        check("questions for an evaluation", llm(llmc(magic=20240522)), "token")
        check("count it with --unit token", llm(llmc()))
        np.save(tmp_path / "f.npy", np.array([0.5, 1]))
        check("holds an array of 'float64'", tmp_path / "f.npy", "token")
        np.save(tmp_path / "c.npy", np.asfortranarray(FLAT[:4].reshape(2, 2)))
        check("holds its array column by column (Fortran order)", tmp_path / "c.npy", "token")
        np.save(tmp_path / "t.npy", FLAT)
        whole = (tmp_path / "t.npy").read_bytes()
        check("and its header says 14", write(tmp_path / "t.npy", whole[:-8]), "token")
        check("its header of NumPy", write(tmp_path / "t.npy", whole[:40]), "token")
        np.save(tmp_path / "o.npy", np.array([{}], dtype=object))
        check("holds an array of 'object'", tmp_path / "o.npy", "token")

    def test_indices(self, tmp_path):
        path, index = tmp_path / "x.bin", tmp_path / "x.idx"
        write(path, FLAT.astype("<u2").tobytes())
        lengths, documents = [len(document) for document in TOKENS], list(range(len(TOKENS) + 1))
        good = megatron_index(lengths, documents)
        for data, message in (
            (b"no index", "does not begin with MMIDIDX"), (good[:20], "ends within the header"),
            (good[:-9], "is truncated: 4 sequences and 5 entries"),
            (megatron_index(lengths, documents, version=2), "has version 2"),
            (megatron_index(lengths, documents, code=6), "says that ids are of type 6"),
            (megatron_index(lengths, documents, size=4), "do not follow each other without gaps"),
            (megatron_index(lengths, documents[:-1]), "do not run from sequence 0 to 4"),
            (megatron_index([*lengths[:-1], 9], documents), "has 14 token ids, and its index says 19"),
            (megatron_index(lengths[:-1], documents[:-1]), "more than the 10 token ids of its index"),
            (b"", "is empty"),
        ):  # fmt: skip
            write(index, data)
            check(message, path, "token")
        check("holds token ids, as the index", path, "byte")
        check("belongs to a file of token ids", index, "token")
        ds = write(tmp_path / "x.ds", FLAT.astype("<u2").tobytes())
        for data, message in (
            (ENDS.astype("<u8").tobytes()[:-3], "no multiple of the 8"),
            (ENDS[::-1].astype("<u8").tobytes(), "do not ascend"),
            ((ENDS + 1).astype("<u8").tobytes(), "take neither 2 bytes each nor 4"),
        ):  # fmt: skip
            write(tmp_path / "x.ds.index", data)
            check(message, ds, "token")

    @pytest.mark.parametrize(
        ("name", "stored", "where"),
        [("true.npy", "int32", "header"), ("rows.npy", "uint16", "header"), ("gpt2.bin", "uint16", "header"),
         ("llama.bin", "uint32", "header"), ("mega.bin", "uint16", "index"), ("long.bin", "int32", "index")],
    )  # fmt: skip
    def test_what_a_file_says_itself_is_not_told_otherwise(self, ids, name, stored, where):
        """Nor passed over: ids would be those of the file, and the flag would seem to hold."""
        path, asked = ids[name]
        expected = slow([list(document) for document in TOKENS], 1, False)
        for dtype in DTYPES:
            if dtype == stored:
                reading = ReadOptions(dtype=dtype, **asked)
                assert fast(measure_corpus, path, unit="token", reading=reading) == expected
                continue
            said = f"{name} holds token ids of {stored}, as its {where} says, got dtype {dtype}: leave out --dtype"
            check(said, path, "token", dtype=dtype, **asked)
            with pytest.raises(InputError, match=re.escape(said)):
                on(Here(2), path, unit="token", reading=ReadOptions(dtype=dtype), sizes=Sizes(section=4))

    @pytest.mark.parametrize(("name", "stored"), [("short.ds", "uint16"), ("big.ds", "uint32")])
    def test_a_size_that_leaves_no_choice(self, ids, name, stored):
        """Of datatrove's ids the index knows how many they are, and with the size of the file how wide."""
        other = {"uint16": "uint32", "uint32": "uint16"}[stored]
        check("another --dtype" if other == "uint16" else "pass the --dtype", ids[name][0], "token", dtype=other)

    def test_an_empty_shard_and_one_that_vanishes(self, tmp_path):
        write(tmp_path / "a.bin", FLAT.astype("<u2").tobytes())
        write(tmp_path / "b.bin", b"")
        check("b.bin is empty", tmp_path, "token", dtype="uint16")
        (tmp_path / "b.bin").unlink()
        (tmp_path / "c.bin").symlink_to(tmp_path / "gone")
        check("does not exist", tmp_path, "token", dtype="uint16")


class TestChangedText:
    @given(text=st.text(st.sampled_from("abAÉé\u0301ΣΟς ﬁİ\n\tﾊﾟ각ᄀ"), min_size=1, max_size=60), cut=st.integers(1, 9),
           form=st.sampled_from([None, "nfc", "nfkc"]), lower=st.booleans())  # fmt: skip
    def test_as_of_the_whole_text(self, tmp_path_factory, text, cut, form, lower):
        import unicodedata

        from simulate.text.cutting.opened import Opened
        from simulate.text.reading.formats.plain import Plain

        path = write(tmp_path_factory.mktemp("form") / "x.txt", text.encode())
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("simulate.text.reading.opening.BLOCK", cut)
            opened = Opened(Plain(str(path)), "char", ReadOptions(lowercase=lower, normalise=form))
            found = b"".join(piece.data for piece in opened.text()).decode()
        expected = text.lower() if lower else text
        assert found == (unicodedata.normalize(form.upper(), expected) if form else expected)

    def test_counts(self, tmp_path):
        path = write(tmp_path / "x.txt", "Café cafe\u0301 CAFÉ".encode())
        assert fast(measure_corpus, path)[2] == 4
        for function in (measure_corpus, sketch_corpus):
            assert fast(function, path, reading=ReadOptions(lowercase=True, normalise="nfc")) == (3, 3, 1)
        found = measure_corpus(path, blocks=0, reading=ReadOptions(lowercase=True, normalise="nfc"))
        assert "text is counted in lower case and in Unicode form NFC" in " ".join(map(str, found.notes))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    tokenizers = pytest.importorskip("tokenizers")
    made = tokenizers.Tokenizer(tokenizers.models.BPE())
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=300, initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    made.train_from_iterator([*DOCUMENTS] * 9, trainer)
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    made.save(str(path))
    return made, path


class TestTokenizer:
    def test_tokens_of_documents(self, trained, texts):
        made, path = trained
        expected = [made.encode(text).ids for text in DOCUMENTS]
        for within in (False, True):
            for name in ("x.jsonl", "x.parquet"):
                reading = ReadOptions(tokenizer=str(path), within_documents=within)
                for function in (measure_corpus, sketch_corpus):
                    found = fast(function, texts[name][0], unit="token", length=2, reading=reading)
                    assert found == slow(expected, 2, within)

    def test_a_long_document_is_cut_behind_lines(self, trained, tmp_path, monkeypatch):
        made, path = trained
        text = "the cat sat\n\n on the mat\nand so on, \n" * 50
        write(tmp_path / "x.txt", text.encode())
        monkeypatch.setattr("simulate.text.cutting.local_tokenizer.LONGEST", 100)
        monkeypatch.setattr("simulate.text.reading.opening.BLOCK", 64)
        found = measure_corpus(tmp_path / "x.txt", unit="token", blocks=0, reading=ReadOptions(tokenizer=str(path)))
        assert found.n_units[-1] == len(made.encode(text).ids)
        assert found.n_bytes == len(text)
        notes = " ".join(map(str, found.notes))
        assert "in parts, each to the end of a line" in notes
        assert "tokenizer.json (SHA-256 " in notes

    def test_refused(self, trained, texts, tmp_path):
        path = texts["x.jsonl"][0]
        check("is no tokenizer.json", path, "token", tokenizer=str(write(tmp_path / "t.json", b"{}")))
        check("does not exist", path, "token", tokenizer=str(tmp_path / "none.json"))
        check("takes a local tokenizer.json", path, "token", tokenizer="https://example.org/tokenizer.json")
        check("tokenizer is of unit token, got unit word", path, tokenizer=str(trained[1]))


class TestUrls:
    def test_memory(self, texts, ids):
        fsspec = pytest.importorskip("fsspec")
        system = fsspec.filesystem("memory")
        for name, (path, _) in {**texts, **ids}.items():
            system.pipe(f"/corpus/{name}", path.read_bytes())
        system.pipe("/corpus/mega.idx", (ids["mega.bin"][0].parent / "mega.idx").read_bytes())
        expected = slow([units_of(text, "word") for text in DOCUMENTS], 2, True)
        for name in ("x.jsonl", "x.jsonl.gz", "x.parquet"):
            reading = ReadOptions(within_documents=True)
            for function in (measure_corpus, sketch_corpus):
                assert fast(function, f"memory://corpus/{name}", length=2, reading=reading) == expected
        found = fast(measure_corpus, "memory://corpus/mega.bin", unit="token", length=2)
        assert found[0] == len(FLAT)
        assert named_files("memory://corpus/x.jsonl*").names == [
            f"memory:///corpus/{name}" for name in ("x.jsonl", "x.jsonl.gz", "x.jsonl.zst")
        ]
        assert named_files("memory://corpus").corpus == "corpus"
        check("does not exist", "memory://corpus/none.txt")
        check("cannot be read: Protocol not known: nosuch", "nosuch://corpus/none.txt")


def test_the_page_names_every_format(texts, ids, tmp_path):
    """A row of its table for each reader, with what has to be told."""
    page = (Path(__file__).parents[1] / "docs" / "corpora.md").read_text(encoding="utf-8")
    table = page.split("<!-- table of formats -->")[1].split("<!-- end")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().split("\n")[2:]]
    examples = {
        "text in UTF-8": ("whole.txt", Plain), "JSON lines": ("x.jsonl", JsonLines),
        "a Parquet table": ("x.parquet", Parquet),
        "token ids of Megatron": ("mega.bin", Megatron), "token ids of datatrove": ("big.ds", Datatrove),
        "token ids of llm.c": ("gpt2.bin", LlmC), "token ids in an array": ("true.npy", Npy),
        "token ids without a header": ("olmo.npy", Headerless),
    }  # fmt: skip
    assert [row[1] for row in rows] == list(examples)
    for row in rows:
        name, kind = examples[row[1]]
        path, asked = (texts | ids)[name]
        options = ReadOptions(dtype=asked.get("dtype"), end_of_document=asked.get("end_of_document"))
        found = reader_of(str(path), "token" if "token" in row[1] else "word", options)
        assert isinstance(found, kind)
        assert ending_of(name) in row[0] or row[1] == "text in UTF-8"
        assert ("--dtype" in row[3]) == (kind is Headerless)
        assert ("--unit token" in row[3] or "--dtype" in row[3]) == (found.holds == "ids")
        assert ("--end-of-document" in row[2]) == (kind in (LlmC, Npy, Headerless))
    of_reading, of_two = (
        page.split("## What is a word")[0].split("## Which files")[1].split("## What another corpus adds")
    )
    for command, part in (("corpus", of_reading), ("compare", of_two)):
        named = (command, "example")  # which writes what is read
        flags = {flag for one in named for parameter in main.commands[one].params for flag in parameter.opts}
        assert set(re.findall(r"--[a-z][a-z-]+", part)) <= flags


def test_options_are_checked():
    for options, message in (
        ({"dtype": "float32"}, "dtype must be one of"), ({"format": "csv"}, "format must be one of"),
        ({"normalise": "nfd"}, "normalise must be one of nfc, nfkc"), ({"vocab": 0}, "vocab must be"),
        ({"lowercase": 1}, "lowercase must be true or false"), ({"field": 7}, "field must be a text"),
        ({"field": ""}, "field must name"), ({"documents": 7}, "documents must be the name of a file"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            ReadOptions(**options)
    assert ReadOptions(dtype="uint16").given == {"dtype": "uint16"}


def test_the_command_and_its_provenance(ids, texts, tmp_path, capsys):
    """TOML entries are flags, and what was asked for is kept with the result."""
    config = write(
        tmp_path / "c.toml", b'dtype = "uint16"\nend_of_document = 50256\nwithin_documents = true\nlength = "2"\n'
    )
    found = say(capsys, "corpus", str(ids["nano.bin"][0]), "--config", str(config))
    assert found["provenance"]["parameters"] | {"files": 0} == {
        "files": 0, "length": [2], "unit": "token", "at": None, "order": "file", "chunk": 1000, "blocks": 16, "seed": 0,
        "extrapolate": [2.0, 10.0], "dtype": "uint16", "end_of_document": END, "within_documents": True,
    }  # fmt: skip
    assert (found["rows"][-1]["unit"], found["rows"][-1]["n_draws"]) == ("token", 10)
    nested = say(capsys, "corpus", str(texts["deep.jsonl"][0]), "--field", "a.b", "--sketch")
    assert nested["provenance"]["parameters"]["field"] == "a.b"


def test_sources_are_read_as_asked(ids, texts):
    source = parse_corpus(f"corpus:{ids['nano.bin'][0]},unit=token,length=2,dtype=uint16,end_of_document=50256")
    assert parse_corpus(str(source)) == source
    assert source.open().n_windows == len(FLAT) - 1
    source = parse_corpus(f"corpus:{texts['deep.jsonl'][0]},field=a.b,within_documents=true")
    assert parse_corpus(str(source)) == source
    expected = slow([units_of(text, "word") for text in DOCUMENTS], 1, True)
    assert source.open().count([expected[1]])[0].tolist() == [expected[2]]
    with pytest.raises(ValueError, match=r"source .corpus:x,dtype=float.: dtype must be one of"):
        parse_corpus("corpus:x,dtype=float")
    with pytest.raises(ValueError, match=r"did you mean field=\?"):
        parse_corpus("corpus:x,fields=a")


def say(capsys, *arguments: str) -> dict:
    main([*arguments, "--json"], standalone_mode=False)
    return json.loads(capsys.readouterr().out)


def test_a_truncated_frame(tmp_path):
    packed = zstandard.compress(json_lines())
    check("is truncated: its last zstd frame", write(tmp_path / "x.jsonl.zst", packed[:-5]))
