"""JSON lines and Parquet tables read in sections by several tasks: as by one process, wherever they are cut."""

from __future__ import annotations

import json
from array import array
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulate import measure_corpus
from simulate.text import InputError, ReadOptions
from simulate.text.cutting.sequences import read_units
from simulate.text.reading.formats import json_lines, parquet
from simulate.text.reading.sections import can_be_cut
from simulate.text.shards import reading
from tests.shard_workers import Here
from tests.test_sections import SMALL, on, same_refusal
from tests.test_shards import equal

DOCUMENTS = ["\ufeffCafe\u0301 l’été", "it's  ", "", "日本語 x", " ΟΔΟΣ", "Σ e\u0301", "and the last one", "e"]
LINES = ("\r\n \n".join(json.dumps({"n": i, "text": text}) for i, text in enumerate(DOCUMENTS)) + "\n\n").encode()


def table(path, texts, size=2):
    pq.write_table(
        pa.table({"n": list(range(len(texts))), "text": pa.array(texts, pa.string())}), path, row_group_size=size
    )
    return path


@pytest.fixture
def jsonl(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + LINES)
    return path


def cut_at(path, unit, options, places) -> tuple[list, list[int]]:
    """Units, as texts where they are words, and ends of documents, as sections have them that are cut at `places`."""
    found, ends = list[object](), array("q", [0])
    for first, last in pairwise([0, *places, None]):
        one = reading.section(str(path), unit, options, first, last)
        ends.extend((one.facts.ends + len(found)).tolist())
        begins = [0, *one.pool_ends.tolist()]
        words = [one.pool[a:b].tobytes() for a, b in pairwise(begins)]
        found += [words[i] for i in one.ids] if words else one.ids.tolist()
    return found, np.unique(ends).tolist()


def whole(path, unit, options) -> tuple[list, list[int]]:
    units = read_units(path, unit, reading=options, keep_words=True)
    found = units.ids.tolist() if units.words is None else [units.words[i].encode() for i in units.ids]
    return found, units.starts.tolist()


def everywhere(path, unit, options, places) -> bool:
    expected = whole(path, unit, options)
    seals = [(at, reading.whole(str(path), unit, options, at).seals) for at in places[::7]]
    apart = [
        [reading.section(str(path), unit, options, *ends).facts.seals[0][1] for ends in pairwise([0, *at, None])]
        for at, _ in seals
    ]
    same_seals = apart == [list(one) for _, one in seals]
    return same_seals and all(cut_at(path, unit, options, at) == expected for at in places)


OPTIONS = [
    ReadOptions(),
    ReadOptions(within_documents=True),
    ReadOptions(within_documents=True, lowercase=True, normalise="nfc"),
]


@pytest.mark.parametrize("options", OPTIONS, ids=["joined", "apart", "changed"])
@pytest.mark.parametrize("unit", ["byte", "char", "word"])
def test_records_may_be_cut_everywhere(jsonl, tmp_path, unit, options):
    n = len(LINES) + 3
    assert everywhere(jsonl, unit, options, [(at,) for at in range(1, n + 2)] + [(at, at + 9) for at in range(1, n, 5)])
    path = table(tmp_path / "x.parquet", DOCUMENTS, 1)
    n = path.stat().st_size
    assert everywhere(
        path, unit, options, [(at,) for at in range(1, n, 11)] + [(at, at + 90) for at in range(1, n, 70)]
    )


@pytest.mark.parametrize("wrong", ["a line twice", "a line lost", "a group twice", "inside"])
def test_cuts_that_lose_or_repeat_records_are_noticed(jsonl, tmp_path, monkeypatch, wrong):
    """The negative control."""
    path, lines, groups = jsonl, json_lines._lines, parquet._groups
    if wrong == "a line twice":  # the one that was begun before is read again
        monkeypatch.setattr(json_lines, "_lines", lambda path, first: lines(path, max(0, first - 30)))
    elif wrong == "a line lost":
        monkeypatch.setattr(json_lines, "_lines", lambda path, first: lines(path, first + 1 if first else 0))
    elif wrong == "a group twice":
        path = table(tmp_path / "x.parquet", DOCUMENTS, 1)
        monkeypatch.setattr(parquet, "_groups", lambda data, first, last: groups(data, max(0, first - 200), last))
    else:  # what is before a section is not looked at: the mark of byte order is a letter of the first document
        path.write_bytes(b"\n" * 50 + LINES)
        assert everywhere(path, "char", ReadOptions(), [(9,)])
        monkeypatch.setattr("simulate.text.reading.sections.Section.inside", lambda self: self.first > 0)
    assert not everywhere(path, "char", ReadOptions(), [(at,) for at in range(1, 200)])


def found_of(workers, path, unit, options, lengths=(1, 2)):
    found = on(workers, path, unit, lengths, SMALL, options)
    assert [what for what, _ in workers.submitted].count("section") > 1
    return found


def result_of(counted):
    """What is counted, or what is said of what cannot be."""
    try:
        return counted()
    except InputError as error:
        return str(error)


texts = st.text(st.sampled_from("ab \n\tΣé\u0301月👩'\ufeff"), max_size=12)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(texts | st.none(), min_size=2, max_size=9), st.integers(1, 7), st.sampled_from(["byte", "char", "word"]),
    st.booleans(), st.booleans(), st.integers(1, 3), st.sampled_from(["\n", "\r\n", "\n\n"]), st.integers(0, 9),
)  # fmt: skip
def test_any_records(tmp_path_factory, many, n, unit, within, lower, rows, between, seed):
    where = tmp_path_factory.mktemp("any")
    (where / "x.jsonl").write_bytes(between.join(json.dumps({"text": one}) for one in many).encode())
    table(where / "x.parquet", many, rows)
    for path in (where / "x.jsonl", where / "x.parquet"):
        for skip in (True, False):
            options = ReadOptions(within_documents=within, lowercase=lower, skip_missing=skip)
            alone = result_of(lambda: [measure_corpus(path, unit=unit, reading=options)])  # noqa: B023
            workers = Here(n, 10**6, seed, losses=0.0 if isinstance(alone, str) else 0.02)
            found = result_of(lambda: on(workers, path, unit, (1,), SMALL, options))  # noqa: B023
            assert found == alone if isinstance(alone, str) else equal(found, alone)


def test_counts_notes_and_hashes_of_records(jsonl, tmp_path):
    for path in (jsonl, table(tmp_path / "x.parquet", [*DOCUMENTS, None] * 9, 3)):
        for within in (False, True):
            options = ReadOptions(within_documents=within, skip_missing=True)
            expected = measure_corpus(path, length=[1, 2], reading=options)
            for n in (1, 3):
                assert equal(found_of(Here(n, seed=n), path, "word", options), expected)


def test_a_table_of_one_group_is_one_task(tmp_path):
    path = table(tmp_path / "x.parquet", DOCUMENTS, 100)
    assert not can_be_cut(str(path), "word", ReadOptions())
    assert can_be_cut(str(table(path, DOCUMENTS)), "word", ReadOptions())


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"text": "cut', "line 7 of"), (b'{"text": "\xff"}', "in line 7, at its byte"), (b'["text"]', "line 7 of"),
        (b'{"body": "x"}', "in line 7"), (b'{"text": 3}', "in line 7"), (b'{"text": "\\ud800"}', "line 7 of"),
    ],
    ids=["JSON", "UTF-8", "object", "missing", "number", "surrogate"],
)  # fmt: skip
def test_the_line_that_is_wrong_is_named(tmp_path, line, said):
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"\n".join([b'{"text": "a b"}'] * 6 + [line] + [b'{"text": "c"}'] * 5 + [line]))
    assert said in same_refusal(path)


def test_what_is_refused_of_tables(tmp_path):
    path = tmp_path / "x.parquet"
    assert "of row 5" in same_refusal(table(path, ["a", "b", "c", "d", None, "e", None]))
    assert "no text in column 'body' of its table" in same_refusal(table(path, list("abcdef")), field="body")
    assert "holds 'int64', not text" in same_refusal(path, field="n")
    assert "it has no document" in same_refusal(table(path, [None] * 6), skip_missing=True)
