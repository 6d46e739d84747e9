"""Files in which nothing is to be counted: left out by --skip-missing wherever texts are read, and refused without."""

from __future__ import annotations

import gzip
import re

import numpy as np
import pytest

from simulate import measure_corpus, run_plan, sketch_corpus
from simulate.studies.loss.plan import LossPlan
from simulate.text import InputError, ReadOptions, compare_corpora
from simulate.text.cutting.units import WORDS
from tests.commands import refused, run
from tests.shard_workers import Here
from tests.test_compare_workers import by as compared_by
from tests.test_compare_workers import equal as same_comparison
from tests.test_loss_workers import by as learnt_by
from tests.test_shards import equal, on, sketched_by
from tests.test_spilling import text_of

SKIP = ReadOptions(skip_missing=True)
HOLLOW = {
    "b.txt": b"\n", "c.txt": " \u3000\u00a0\r\n".encode() * 9, "d.txt.gz": gzip.compress(b" \t "), "e.jsonl": b"\n\n",
    "f.jsonl": b'{"other": 1}\n', "g.jsonl": b'{"text": ""}\n{"text": " "}\n', "h.txt": b"", "i.txt": b"\xef\xbb\xbf\n",
}  # fmt: skip
"""Files without a word, beside `a.txt` and `z.jsonl`, which hold some."""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "mixed").mkdir()
    files = {"a.txt": text_of(900, seed=1).encode(), "z.jsonl": b'\n{"no": 1}\n{"text": "the end of it"}\n'}
    for name, data in (files | HOLLOW).items():
        (tmp_path / "mixed" / name).write_bytes(data)
        if name in files:
            (tmp_path / "full" / name).write_bytes(data)
    return tmp_path


def numbers(found) -> list:
    return [found.n_units.tolist(), found.n_draws.tolist(), found.n_unique.tolist(), found.sha256]


def without(found, expected) -> bool:
    """Whether `found` has the numbers of `expected`, which are of the full files alone, and says what it left out."""
    notes = " ".join(map(str, found.notes))
    assert f"b.txt and {len(HOLLOW) - 1} more hold nothing to count, and are left out" in notes
    ours, theirs = numbers(found), numbers(expected)
    return ours[:3] == theirs[:3] and [hashed for _, hashed in ours[3]] == [hashed for _, hashed in theirs[3]]


@pytest.mark.parametrize("unit", WORDS)
def test_counts_are_those_of_the_other_files(folder, unit):
    for function in (measure_corpus, sketch_corpus):
        expected, found = (function(folder / name, unit=unit, length=2, reading=SKIP) for name in ("full", "mixed"))
        assert without(found, expected)


def test_workers_leave_out_the_same(folder):
    mixed = folder / "mixed"
    assert equal(on(Here(2), mixed, reading=SKIP), measure_corpus(mixed, length=[1, 2, 5], reading=SKIP))
    found, expected = sketched_by(Here(2), mixed, reading=SKIP), sketch_corpus(mixed, reading=SKIP)
    assert numbers(found) == numbers(expected)
    assert found.notes == expected.notes


def test_both_sides_of_a_comparison(folder):
    sides, how = (folder / "full", folder / "mixed"), {"reading": SKIP}
    expected = compare_corpora(*sides, length=[1, 2], **how)
    assert "hold nothing to count" in " ".join(map(str, expected[0].notes))
    assert same_comparison(compared_by(Here(2), *sides, [1, 2], "word", **how), expected)


def test_what_learners_are_taught(folder):
    for name in ("full", "mixed"):
        (folder / name / "a.txt").write_text(text_of(5000, seed=1), encoding="utf-8")
    plans = [LossPlan(files=(str(folder / name),), lengths=(1, 2), reading=SKIP) for name in ("full", "mixed")]
    full, mixed = map(run_plan, plans)
    for name, values in full.data_vars.items():
        if values.dtype.kind == "f":
            np.testing.assert_array_equal(mixed[name], values)
    assert learnt_by(Here(2), plans[1]).equals(mixed)


def test_of_letters_white_space_is_something(tmp_path):
    for name, data in (("a.txt", b"ab"), ("b.txt", b"\n"), ("c.txt", b"")):
        (tmp_path / name).write_bytes(data)
    for unit in ("byte", "char"):
        found = measure_corpus(tmp_path, unit=unit, blocks=0, at="all", reading=SKIP)
        assert found.n_units[-1] == 3
        assert equal(on(Here(2), tmp_path, unit, (1,), reading=SKIP, blocks=0, at="all"), [found])


@pytest.mark.parametrize("name", HOLLOW)
def test_without_the_flag_they_are_refused_and_the_flag_is_named(folder, name):
    full = folder / "full"
    (full / name).write_bytes(HOLLOW[name])
    (full / "z.jsonl").write_bytes(b'{"text": "the end"}\n')
    said = rf"{name}.*--skip-missing (does|to leave out what has none|leaves out such)"
    for count in (lambda: measure_corpus(full), lambda: sketch_corpus(full), lambda: on(Here(2), full)):
        with pytest.raises(InputError, match=said):
            count()
    assert run("corpus", str(full), "--skip-missing").stdout


def test_where_nothing_is_left(tmp_path):
    for name, data in HOLLOW.items():
        (tmp_path / name).write_bytes(data)
    for count in (measure_corpus, sketch_corpus, lambda path, reading: on(Here(2), path, reading=reading)):
        with pytest.raises(InputError, match=r"b\.txt holds no word, and no other file does: there is nothing"):
            count(tmp_path, reading=SKIP)
        with pytest.raises(InputError, match=r"c\.txt holds no word: it is nothing but white space$"):
            count(tmp_path / "c.txt", reading=SKIP)
        with pytest.raises(InputError, match=r"h\.txt is empty: there is no text to count$"):
            count(tmp_path / "h.txt", reading=SKIP)


def test_a_file_that_cannot_be_read_is_not_left_out(folder):
    (folder / "mixed" / "c.txt").write_bytes(b"caf\xe9 and more words than one in a line of text")
    assert re.search(r"c\.txt is not UTF-8 at byte 3", refused("corpus", str(folder / "mixed"), "--skip-missing"))
