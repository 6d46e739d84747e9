"""Small texts are counted without compiled loops: every number is theirs to the bit, and numba is not loaded."""

from __future__ import annotations

import dataclasses
import gzip
import json
import re
import subprocess
import sys
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulate.drawing.compiled import Loop
from simulate.text import blocks, counting
from simulate.text.comparison.compare import compare_corpora
from simulate.text.cutting import characters, scripts
from simulate.text.cutting.numbering import Words
from simulate.text.cutting.scripts import Tally
from simulate.text.cutting.sequences import Units
from simulate.text.cutting.tokenizing import WordTable
from simulate.text.cutting.units import WORDS
from simulate.text.growth import measure_corpus, measure_units
from simulate.text.small import size, stretches, words
from simulate.text.spilling.scratch import Scratch
from simulate.text.spilling.words.vocabulary import BoundedWords

PIECES = (
    "the", "The", "of", "x_1", "naïve", "cafe\u0301", "हिन्दी", "漢字かな", "ไทย", "עִבְרִית", "e\u200dx", ",", ".",
    "\u0301", "—", "🙂", "1.5", "\u00a0", "\u2028", "\x1c", "]", "^", "-", "\\", "İ",
)  # fmt: skip
SPACES = (" ", "\n", "\t", "\r\n", "", "  ")
texts = st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(SPACES)), max_size=120).map(
    lambda pairs: "".join(piece + space for piece, space in pairs)
)


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    """Texts are small here, as they are for whoever runs a command."""
    monkeypatch.setattr(size, "MOST_UNITS", 1 << 20)
    monkeypatch.setattr(size, "MOST_BYTES", 1 << 21)


def both(count, monkeypatch):
    """What `count` returns without compiled loops, and with them."""
    found = count()
    with monkeypatch.context() as patch:
        patch.setattr(size, "MOST_UNITS", 0)
        patch.setattr(size, "MOST_BYTES", 0)
        return found, count()


def same(one, other) -> bool:
    """Whether two results are the same to the bit."""
    if dataclasses.is_dataclass(one):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in dataclasses.fields(one))
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other or (one != one and other != other)


def written(folder, seed: int = 0, n: int = 6000):
    """Three files, of which one is compressed, with words of every kind that come again as those of texts do."""
    rng = np.random.default_rng(seed)
    known = [*PIECES, *(f"w{i}" for i in range(900))]
    for name, keep in (("a.txt", 1.0), ("b.txt", 0.7), ("c.txt.gz", 0.2)):
        ranks = np.minimum(rng.zipf(1.3, int(n * keep)) - 1, len(known) - 1)
        data = " ".join(known[(7 * rank) % len(known)] for rank in ranks).encode()
        (folder / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return folder


@pytest.mark.parametrize("order", ["file", "shuffled-chunks", "rarefaction"])
@pytest.mark.parametrize("unit", ["byte", "char", "word", "word-marks", "space"])
def test_a_corpus_is_the_same_to_the_bit(unit, order, tmp_path, monkeypatch):
    folder = str(written(tmp_path))
    found, expected = both(
        lambda: measure_corpus(folder, unit=unit, length=[3, 1, 2, 7], order=order, chunk=50), monkeypatch
    )
    assert same(found, expected)
    assert found[0].n_unique[-1] > 100


def test_a_difference_would_be_seen(tmp_path):
    """The comparison above is of every field, and to the bit."""
    growth = measure_corpus(str(written(tmp_path)))
    moved = dataclasses.replace(growth.blocks, without=np.nextafter(growth.blocks.without, 2.0**30))
    assert not same(growth, dataclasses.replace(growth, blocks=moved))
    assert not same(growth, dataclasses.replace(growth, n_unique=growth.n_unique.astype(np.int32)))


@pytest.mark.parametrize("seed", range(6))
def test_windows_of_any_ids_and_streams(seed, monkeypatch):
    rng = np.random.default_rng(seed)
    n, kinds = int(rng.integers(1500, 5000)), int(rng.choice([2, 30, 5000]))
    cuts = np.unique(np.concatenate([[0, n], rng.integers(0, n, seed)])).astype(np.int64)
    ids = (rng.zipf(1.4, n) % kinds).astype([np.uint8, np.uint32, np.int32][seed % 3])
    units = Units(ids, cuts, "token", "x", (("x", "y"),))
    found, expected = both(lambda: measure_units(units, [1, 2, 5, 11], blocks=[8, 16, 64][seed % 3]), monkeypatch)
    assert same(found, expected)


@given(st.lists(st.integers(0, 2**8 - 1), max_size=30), st.sampled_from([8, 11, 64]))
def test_gaps_between_blocks(masks, n_blocks):
    seen = np.array([mask * 0x0101010101010101 & (1 << n_blocks) - 1 for mask in masks], dtype=np.uint64)

    def of(count):
        into = [np.zeros(shape, np.int64) for shape in (n_blocks + 1, (n_blocks, n_blocks + 1), n_blocks)]
        return [count(seen, *into), *into]

    assert same(of(stretches.gaps_of), of(blocks.gaps_of))


@pytest.mark.parametrize("unit", WORDS)
@given(text=texts)
def test_words_are_those_of_the_table(unit, text):
    table = WordTable()
    expected = table.ids(text.encode(), characters.character_classes(unit))
    few = words.Vocabulary(unit)
    assert same(few.ids(text.encode()), expected)
    assert few.texts() == table.texts()


@pytest.mark.parametrize("unit", WORDS)
@given(pieces=st.lists(texts.map(lambda text: text + " "), max_size=6), most=st.integers(0, 400))
def test_words_keep_their_ids_where_a_text_turns_out_large(unit, pieces, most):
    expected, found = WordTable(), Words(unit, WordTable, 128 * most)
    for piece in pieces:
        ids = expected.ids(piece.encode(), characters.character_classes(unit))
        assert same(found.ids(piece.encode()), ids)
    assert found.texts() == expected.texts()


def test_a_table_of_bounded_memory_takes_over(tmp_path):
    """However little it may take: words that were met keep the ids that stand in the units already."""
    rng = np.random.default_rng(3)
    for most in (1 << 17, 1 << 20, 1 << 24):
        scratch = Scratch(tmp_path)
        found, expected = Words("word", lambda: BoundedWords(most, scratch), most), WordTable()  # noqa: B023
        for _ in range(12):
            block = b" ".join(b"w%d" % i for i in rng.integers(0, 20_000, 900)) + b" "
            ids = expected.ids(block, characters.character_classes())
            known = found.ids(block)
            assert np.array_equal(known[known >= 0], ids[known >= 0])
        scratch.close()


@given(st.lists(texts, max_size=4), st.integers(0, 3))
def test_scripts_are_told_alike(pieces, end):
    few, many = Tally(), Tally()
    many._left = 0
    for i, piece in enumerate(pieces):
        for tally in (few, many):
            tally.take(piece.encode())
            if i == end:
                tally.end_of_file()
        assert same(few._counts, many._counts)
        assert few.notes("word") == many.notes("word")


def test_kinds_of_characters_are_those_of_the_whole_table():
    """Of every code point that can be printed, and of all of the first blocks, some thousands at a time."""
    points = [point for point in range(0x110000) if point < 0x3000 or chr(point).isprintable()]
    whole = scripts._kinds()
    for first in range(0, len(points), 1 << 14):
        text = "".join(map(chr, points[first : first + (1 << 14)]))
        counts, expected = np.zeros(4, np.int64), np.zeros(4, np.int64)
        scripts._count_few(text, counts)
        scripts._count(np.frombuffer(text.encode(), np.uint8), whole, expected)
        assert counts.tolist() == expected.tolist()


def test_marks_are_found_without_asking_every_code_point():
    every = [chr(point) for point in range(0x110000)]
    slow = [ord(point) for point in every if unicodedata.category(point).startswith("M") or point in "\u200c\u200d"]
    assert characters.marks().tolist() == [point for point in slow if not re.match(r"\w", chr(point))]


@pytest.mark.parametrize(("documents", "duplicates"), [(1, "stretches"), (40, "stretches"), (40, "documents")])
def test_two_corpora_compare_alike(documents, duplicates, tmp_path, monkeypatch):
    """In blocks of whole documents and in others, with stretches and documents of A that stand in B as well."""
    rng = np.random.default_rng(documents)
    known = [*PIECES, *(f"w{i}" for i in range(400))]
    drawn = [[known[rank % len(known)] for rank in rng.zipf(1.3, 4000)] for _ in "ab"]
    drawn[1][500:1100], drawn[1][3000:3050] = drawn[0][100:700], drawn[0][3000:3050]
    for side, words_ in zip("ab", drawn, strict=True):
        size_ = len(words_) // documents
        lines = [json.dumps({"text": " ".join(words_[i : i + size_])}) for i in range(0, len(words_), size_)]
        (tmp_path / f"{side}.jsonl").write_text("\n".join(lines))
    found, expected = both(
        lambda: compare_corpora(
            str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl"), length=[1, 2, 3], duplicates=duplicates, blocks=16
        ),
        monkeypatch,
    )
    assert same(found, expected)
    assert duplicates == "documents" or found[0].distinct is not None


HEAVY = ("numba", "llvmlite", "sympy", "dask", "matplotlib", "h5netcdf", "zarr", "scipy.stats", "scipy.optimize")
LOADED = (
    "import sys, runpy\n"
    "for arguments in {commands!r}:\n"
    "    sys.argv = ['simulate', *arguments]\n"
    "    try:\n        runpy.run_module('simulate', run_name='__main__', alter_sys=True)\n"
    "    except SystemExit as ended:\n        assert not ended.code, ended.code\n"
    "    print('LOADED', *sorted(name for name in {heavy!r} if sys.modules.get(name)), file=sys.stderr)"
)


def loaded(*commands: tuple[str, ...]) -> tuple[str, list[list[str]]]:
    """What commands of one process print, and which of `HEAVY` are loaded when each of them has ended."""
    code = LOADED.format(commands=commands, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout, [line.split()[1:] for line in done.stderr.splitlines() if line.startswith("LOADED")]


def test_a_small_corpus_loads_nothing_heavy(tmp_path):
    """A folder of files and JSON lines, plain and compressed, counted, fitted and continued, as commands do it."""
    written(tmp_path)
    line = json.dumps({"text": "to be or not to be, that is the question: café " * 40})
    with gzip.open(tmp_path / "d.jsonl.gz", "wt") as file:
        file.write((line + "\n") * 20)
    a, b = str(tmp_path / "a.txt"), str(tmp_path / "b.txt")
    out, found = loaded(
        ("corpus", str(tmp_path), "--json", "--length", "1,2"), ("corpus", a, "--unit", "char", "--length", "3"),
        ("compare", a, b),
    )  # fmt: skip
    assert found == [[], [], []]
    rows = json.JSONDecoder().raw_decode(out)[0]["rows"]
    expected = measure_corpus(str(tmp_path), length=[1, 2])
    assert [row["n_unique"] for row in rows] == [n for growth in expected for n in growth.n_unique.tolist()]


def test_a_large_corpus_loads_numba(tmp_path):
    """The control: else the test above would hold for nothing."""
    (tmp_path / "x.txt").write_text("".join(f"w{i % 7001} {i} " for i in range(200_000)))
    assert "numba" in loaded(("corpus", str(tmp_path / "x.txt"), "--extrapolate", "none"))[1][0]


def test_a_loop_is_compiled_when_it_is_called():
    code = "import sys, simulate.text.growth, simulate.text.streaming, simulate.engines.pitman_yor as p\n"
    done = subprocess.run(
        [sys.executable, "-c", code + "print('numba' in sys.modules, type(p.compiled(len)).__name__)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == ["False", "Loop"]
    assert isinstance(counting._grow, Loop) or hasattr(counting._grow, "py_func")
