"""Large files read in sections by several tasks: as by one process, wherever they are cut and whatever is wrong."""

from __future__ import annotations

import json
import re
import unicodedata
from contextlib import contextmanager
from itertools import chain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulate import Execution, measure_corpus, run_plan
from simulate.studies.text.plan import TextPlan
from simulate.text import InputError, ReadOptions
from simulate.text.cutting.opened import Opened
from simulate.text.cutting.sequences import read_units
from simulate.text.growth import measure_units
from simulate.text.reading import sections
from simulate.text.reading.choosing import reader_of
from simulate.text.shards import reading, room
from simulate.text.shards.room import ClusterRoom, Sizes
from simulate.text.shards.workers import DaskWorkers
from tests.commands import run
from tests.corpus_files import FLAT, llmc, megatron_index, write_ids, write_text
from tests.shard_workers import Here
from tests.sweep_runs import same as same_result
from tests.test_shards import equal, on
from tests.test_spilling import text_of

SMALL = Sizes(together=1, section=1, piece=5, part=3, words=2)
"""As many sections as four times the workers, of a byte or a few."""

TEXT = (
    "Cafe\u0301 l’été\r\n don't \ufeff x_1\t\u0301a\u0301\u0327 ΟΔΟΣ ΟΔΟΣ' Σ\n\n\u00a0日本語 "
    "\U0001f469\u200d\U0001f467 각 ᄀ\u1161 \ufb01n\x0b\uff8a\uff9f  Σ\u0301Σ e\u0301 and the last, as the first"
)
"""Marks behind letters and behind spaces, apostrophes, two bytes of one new line, a mark of byte order inside, signs of
four bytes joined by one of none, and letters whose lower case asks what is beside them."""

PATTERNS = {"word": r"\w+|[^\w\s]", "space": r"\S+", "char": "(?s:.)"}


def changed(text: str, options: ReadOptions) -> str:
    text = text.lower() if options.lowercase else text
    return unicodedata.normalize(options.normalise.upper(), text) if options.normalise else text


def in_sections(path, unit: str, options: ReadOptions, places) -> list[list]:
    """The units of each section, found by Python in the text that it is said to hold."""
    found = []
    for first, last in zip([0, *places], [*places, None], strict=True):
        file = Opened(reader_of(str(path), unit, options), unit, options).section(first, last)[0]
        data = b"".join(piece.data for piece in file.text())
        found.append(list(data) if unit == "byte" else re.findall(PATTERNS[unit], data.decode()))
    return found


def everywhere(tmp_path, unit: str, options: ReadOptions) -> bool:
    """Whether a text cut at any of its bytes, and at any two that are near, has the units that it has."""
    path = tmp_path / "x.txt"
    path.write_bytes(data := TEXT.encode())
    text = changed(TEXT, options)
    expected = list(text.encode()) if unit == "byte" else re.findall(PATTERNS[unit], text)
    n = len(data)
    places = [(at,) for at in range(1, n + 2)] + [(at, at + more) for at in range(1, n) for more in (1, 3)]
    return all([*chain(*in_sections(path, unit, options, some))] == expected for some in places)


CHANGES = [
    ReadOptions(), ReadOptions(lowercase=True), ReadOptions(normalise="nfc"),
    ReadOptions(lowercase=True, normalise="nfkc"),
]  # fmt: skip


@pytest.mark.parametrize("options", CHANGES, ids=["as it is", "lower", "nfc", "lower nfkc"])
@pytest.mark.parametrize("unit", ["byte", "char", "word", "space"])
def test_a_text_may_be_cut_at_every_byte(tmp_path, unit, options):
    assert everywhere(tmp_path, unit, options)


@pytest.mark.parametrize(
    ("unit", "options", "rule"),
    [
        ("char", ReadOptions(), None), ("word", ReadOptions(), sections._NOT_WITHIN_A_CODE_POINT),
        ("space", ReadOptions(), sections._NOT_WITHIN_A_CODE_POINT),
        ("char", ReadOptions(normalise="nfc"), sections._NOT_WITHIN_A_CODE_POINT),
        ("char", ReadOptions(lowercase=True), sections._NOT_WITHIN_A_CODE_POINT),
    ],
    ids=["in a code point", "in a word", "in what stands between spaces", "before a mark", "before a final sigma"],
)  # fmt: skip
def test_cuts_at_other_places_are_noticed(tmp_path, monkeypatch, unit, options, rule):
    """The negative control."""
    monkeypatch.setattr(sections, "_rule", lambda unit, options: rule)
    try:
        assert not everywhere(tmp_path, unit, options)
    except UnicodeDecodeError:
        assert rule is None


@pytest.mark.parametrize("unit", ["byte", "char"])
def test_a_mark_of_byte_order_is_one_at_the_beginning_of_a_file_alone(tmp_path, unit):
    path = tmp_path / "x.txt"
    path.write_text("\ufeff" + TEXT, encoding="utf-8", newline="")
    expected = read_units(path, unit).ids.tolist()
    for at in range(1, path.stat().st_size):
        parts = [reading.section(str(path), unit, ReadOptions(), *ends).ids for ends in ((0, at), (at, None))]
        assert np.concatenate(parts).tolist() == expected


def found_of(workers, path, unit, lengths, options, **how):
    before = len(workers.submitted)
    found = on(workers, path, unit, lengths, SMALL, options, **how)
    assert [what for what, _ in workers.submitted[before:]].count("section") > 1
    return found


@pytest.mark.parametrize("unit", ["byte", "char", "word", "word-marks", "space"])
@pytest.mark.parametrize("options", [ReadOptions(), ReadOptions(lowercase=True, normalise="nfc")], ids=["", "changed"])
def test_counts_notes_and_hashes_of_a_text(tmp_path, unit, options):
    """With the sentences on marks behind letters and on scripts without spaces."""
    path = tmp_path / "x.txt"
    path.write_text("\ufeff" + TEXT + text_of(30) + TEXT, encoding="utf-8", newline="")
    expected = measure_corpus(path, unit=unit, length=[1, 3], reading=options)
    for n in (1, 2, 3, 7):
        assert equal(found_of(Here(n, seed=n), path, unit, (1, 3), options), expected)
    if unit == "word" and not options.changes_text:
        assert "combining marks follow letters" in " ".join(note.text for note in expected[0].notes)


CUT = ("nano.bin", "olmo.npy", "wide.bin", "gpt2.bin", "llama.bin", "mega.bin", "long.bin", "short.ds", "big.ds",
       "true.npy", "rows.npy", "whole.txt", "x.jsonl", "lines.txt", "deep.jsonl", "x.parquet")  # fmt: skip
TEXTS = CUT[CUT.index("whole.txt") :]
ORDERS = [("file", 2), ("shuffled-documents", 3), ("shuffled-chunks", 1), ("rarefaction", 7)]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("formats")
    return write_text(folder) | write_ids(folder)


@pytest.mark.parametrize("within", [False, True])
@pytest.mark.parametrize("name", CUT)
def test_every_format_that_can_be_cut(files, name, within):
    path, asked = files[name]
    options, unit = ReadOptions(within_documents=within, **asked), "word" if name in TEXTS else "token"
    order, n = ORDERS[CUT.index(name) % 4] if within else ("file", 7)
    how = {"order": order, "chunk": 3, "seed": 5}
    expected = measure_corpus(path, unit=unit, length=[1, 2], reading=options, **how)
    assert equal(found_of(Here(n, seed=3, losses=0.05), path, unit, (1, 2), options, **how), expected)


@pytest.mark.verification
@pytest.mark.parametrize("order", [order for order, _ in ORDERS])
@pytest.mark.parametrize("name", CUT)
def test_every_format_in_every_order_by_any_workers(files, name, order):
    path, asked = files[name]
    units = ("byte", "char", "word", "space") if name in TEXTS else ("token",)
    how = {"order": order, "chunk": 3, "seed": 5, "at": "3,5,all"}
    for unit in units:
        for within in (False, True):
            options = ReadOptions(within_documents=within or order == "shuffled-documents", **asked)
            expected = measure_corpus(path, unit=unit, length=[1, 2, 3], reading=options, **how)
            for n in (1, 2, 3, 7):
                assert equal(found_of(Here(n, seed=n), path, unit, (1, 2, 3), options, **how), expected)


@pytest.mark.parametrize("name", ["whole.txt.gz", "nano.bin.gz", "x.jsonl.gz", "x.jsonl.zst"])
def test_what_cannot_be_cut_is_one_task(files, name):
    path, asked = files[name]
    workers, unit = Here(2), "token" if name == "nano.bin.gz" else "word"
    found = on(workers, path, unit, (1, 2), SMALL, ReadOptions(**asked))
    assert equal(found, measure_corpus(path, unit=unit, length=[1, 2], reading=ReadOptions(**asked)))
    assert "section" not in [what for what, _ in workers.submitted]


texts = st.text(st.sampled_from("ab \n\tΣé\u0301月👩'"), min_size=1, max_size=40)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(texts, st.sampled_from(["", " ", "--"])), min_size=1, max_size=6), st.integers(1, 7),
    st.sampled_from(["byte", "char", "word", "space"]), st.booleans(), st.booleans(), st.integers(0, 9),
)  # fmt: skip
def test_any_documents_and_what_lies_between_them(tmp_path_factory, many, n, unit, within, lower, seed):
    where, at, data, rows = tmp_path_factory.mktemp("any"), 0, b"", "byte_start\tbyte_end\n"
    for text, between in many:
        rows += f"{at}\t{at + len(text.encode())}\n"
        data += (text + between).encode()
        at = len(data)
    (where / "x.txt").write_bytes(data)
    (where / "x.tsv").write_text(rows)
    options = ReadOptions(documents=str(where / "x.tsv"), within_documents=within, lowercase=lower)
    try:
        units = read_units(where / "x.txt", unit, reading=options)
    except InputError as error:  # nothing but white space
        with pytest.raises(InputError, match=re.escape(str(error))):
            on(Here(n, seed=seed), where / "x.txt", unit, (1,), SMALL, options)
        return
    lengths = [1, 2] if max(np.diff(units.starts)) > 1 else [1]
    expected = measure_corpus(where / "x.txt", unit=unit, length=lengths, reading=options)
    found = on(Here(n, 10**6, seed, losses=0.02), where / "x.txt", unit, lengths, SMALL, options)
    assert equal(found, [expected] if len(lengths) == 1 and not isinstance(expected, list) else expected)


def test_a_junction_that_ends_a_stream_is_noticed(tmp_path, monkeypatch):
    """The negative control of all equal counts above."""
    (tmp_path / "x.txt").write_text(text_of(400))
    expected = measure_corpus(tmp_path / "x.txt", length=[1, 2])
    streams = reading._streams
    monkeypatch.setattr(reading, "_streams", lambda ends: np.union1d([0], streams(ends)))
    one, two = on(Here(2), tmp_path / "x.txt", lengths=(1, 2), sizes=SMALL)
    assert equal([one], expected[:1])
    assert two.n_draws[-1] < expected[1].n_draws[-1]


def test_one_long_word_leaves_sections_without_any(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("a" * 3000 + " b" + "c" * 3000 + "  \n")
    workers = Here(3)
    assert equal(found_of(workers, path, "word", (1, 2), None), measure_corpus(path, length=[1, 2]))


def test_files_of_all_sizes_together(tmp_path):
    for i, n in enumerate((3, 900, 1, 2, 400, 1)):
        (tmp_path / f"{i}.txt").write_text(text_of(n, seed=i))
    for sizes in (SMALL, Sizes(together=2000, section=100, piece=50, part=20)):
        workers = Here(2, seed=1)
        found = on(workers, tmp_path, lengths=(1,), sizes=sizes, order="shuffled-documents")
        options = ReadOptions(within_documents=True)
        assert equal(found, [measure_corpus(tmp_path, order="shuffled-documents", reading=options)])
        done = [what for what, _ in workers.submitted]
        assert done.count("whole") == 2
        assert done.count("read") in (2, 3, 4)


# What is printed and kept.


@contextmanager
def by(workers, sizes=SMALL):
    """Commands and plans on any cluster are done by these workers."""
    with pytest.MonkeyPatch.context() as patch:

        @contextmanager
        def here(cluster, memory):
            yield ClusterRoom(workers=workers, sizes=sizes)

        patch.setattr(room, "room_on_cluster", here)
        yield


def test_what_is_printed_and_kept_is_what_one_process_prints_and_keeps(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("\ufeff" + TEXT + text_of(700), encoding="utf-8", newline="")
    flags = ["corpus", str(path), "--length", "1,2,4", "--at", "50,200,all", "--json"]
    expected = run(*flags).stdout
    plan = TextPlan(files=(str(path),), lengths=(1, 2), order="shuffled-chunks", chunk=50)
    with by(Here(3, seed=2)):
        found = run(*flags, "--cluster", "local:3").stdout
        kept = run_plan(plan, Execution(cluster="local:3"))
    assert json.loads(found) == json.loads(expected)
    assert same_result(kept, run_plan(plan))


def test_dask_reads_sections(tmp_path):
    from distributed import LocalCluster

    path = tmp_path / "x.txt"
    path.write_text("\ufeff" + TEXT + text_of(3000), encoding="utf-8", newline="")
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None,
        scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
    ) as cluster, cluster.get_client() as client:  # fmt: skip
        workers = DaskWorkers(client, 1 << 28, far=True)
        sizes = Sizes(together=1, section=3000, piece=800, part=300)
        assert equal(on(workers, path, lengths=(1, 2, 5), sizes=sizes), measure_corpus(path, length=[1, 2, 5]))


# What goes wrong.


def same_refusal(path, unit="word", n=3, **asked) -> str:
    """What is said by one process, and by workers, of a file that is cut."""
    options, said = ReadOptions(**asked), []
    with pytest.raises(InputError) as alone:
        measure_corpus(path, unit=unit, reading=options)
    for seed in range(2):
        workers = Here(n, seed=seed)
        with pytest.raises(InputError) as found:
            on(workers, path, unit, (1,), SMALL, options)
        assert "section" in [what for what, _ in workers.submitted]
        said.append(str(found.value))
    assert said == [str(alone.value)] * 2
    return said[0]


@pytest.mark.parametrize("unit", ["char", "word"])
@pytest.mark.parametrize("wrong", [b"\xff", b"\xc3 ", b"\xe2\x80", b"\x80"])
def test_bytes_that_are_no_utf8_are_named_with_their_place(tmp_path, unit, wrong):
    data = "\ufeffabc é\n👩 it's\n\n".encode()
    whole = data.rstrip() + b" and more\nof it"
    starts = [i for i in range(3, len(data)) if data[i] & 0xC0 != 0x80]
    for at in starts[:: 1 if unit == "char" else 4]:
        (tmp_path / "x.txt").write_bytes(whole[:at] + wrong + whole[at:])
        assert "is not UTF-8 at byte" in same_refusal(tmp_path / "x.txt", unit)


def test_what_is_refused_of_texts(tmp_path):
    path = tmp_path / "x.txt"
    for data, said in (
        (b" \n" * 50, "nothing but white space"),
        (b'{"text": "a b c"}\n' * 9, "is JSON lines, not text"),
        ("some text here and there".encode("utf-16"), "is UTF-16"),
        (b"%PDF-1.7 and so on and on", "is a PDF document"),
    ):
        path.write_bytes(data)
        assert said in same_refusal(path)
    path.write_bytes(b"a few words of text")
    (tmp_path / "x.tsv").write_text("byte_start\tbyte_end\n0\t5\n7\t40\n")
    assert "ends at byte 40" in same_refusal(path, documents=str(tmp_path / "x.tsv"))
    (tmp_path / "x.tsv").write_text("byte_start\tbyte_end\n0\t5\n3\t4\n")
    assert "share no byte" in same_refusal(path, documents=str(tmp_path / "x.tsv"))


def test_what_is_refused_of_token_ids(tmp_path):
    path = tmp_path / "x.bin"
    for ids, dtype, asked, said in (
        (FLAT, "<u2", {"dtype": "uint16", "vocab": 1000}, "in place 3"),
        ([1, 2, -3, 4] * 5, "<i4", {"dtype": "int32"}, "ids are not negative"),
        (np.arange(1, 40), "<u4", {"dtype": "uint16"}, "a 0 in every second place"),
        (np.arange(1, 40), "u1", {"dtype": "uint16"}, "ends in 1 of the 2 bytes"),
    ):
        path.write_bytes(np.asarray(ids).astype(dtype).tobytes())
        assert said in same_refusal(path, "token", **asked)
    path.write_bytes(llmc(count=99))
    assert "its header says 99" in same_refusal(path, "token")
    path.write_bytes(llmc(version=9))
    assert "version 9" in same_refusal(path, "token")
    path.write_bytes(FLAT.astype("<u2").tobytes())
    (tmp_path / "x.idx").write_bytes(megatron_index([4, 5, 1, 9], range(5)))
    assert "its index says 19" in same_refusal(path, "token")
    (tmp_path / "x.idx").write_bytes(megatron_index([4, 5], range(3)))
    assert "more than the 9 token ids" in same_refusal(path, "token")


def test_the_first_file_that_cannot_be_read_is_named(tmp_path):
    for i in range(4):
        (tmp_path / f"{i}.txt").write_text(text_of(100, seed=i))
    (tmp_path / "1.txt").write_text(" \n" * 300)
    (tmp_path / "2.txt").write_bytes(b"words and \xff" * 30)
    assert "1.txt holds no word: it is nothing but white space" in same_refusal(tmp_path)


class Meddling(Here):
    """Something happens to a file once a first task was done that has to read it."""

    def __init__(self, happens, **how):
        super().__init__(2, **how)
        self._happens = happens

    def of(self, task):
        found = super().of(task)
        if self._happens is not None:
            self._happens()
            self._happens = None
        return found


@pytest.mark.parametrize("seed", range(3))
def test_a_file_that_changes_between_two_of_its_tasks(tmp_path, seed):
    path = tmp_path / "x.txt"
    path.write_text(text_of(300))

    def change():
        path.write_text(text_of(300).replace("é", "è"))

    with pytest.raises(InputError, match=r"x\.txt was changed while it was read"):
        on(Meddling(change, seed=seed), path, sizes=SMALL)


def test_an_index_that_changes_between_two_tasks(tmp_path):
    """Noticed, or all that was read before is as the new one has it."""
    path, said = tmp_path / "x.bin", []
    path.write_bytes(FLAT.astype("<u2").tobytes())
    options = ReadOptions(within_documents=True)

    def write(lengths):
        (tmp_path / "x.idx").write_bytes(megatron_index(lengths, range(len(lengths) + 1)))

    write(new := [3, 6, 3, 2])
    expected = measure_corpus(path, unit="token", length=[1, 2], reading=options)
    for seed in range(5):
        write([4, 5, 1, 4])
        try:
            assert equal(on(Meddling(lambda: write(new), seed=seed), path, "token", (1, 2), SMALL, options), expected)
        except InputError as error:
            said.append(str(error))
    assert said
    assert all("x.bin was changed while it was read" in one for one in said)


@pytest.mark.parametrize(
    ("what", "said"), [("changes", "was changed while it was counted"), ("goes", "does not exist")]
)
def test_a_file_that_changes_before_a_section_is_read_again(tmp_path, what, said):
    path, workers = tmp_path / "x.txt", Here(2)
    path.write_text(text_of(300))
    counted = ClusterRoom(workers=workers, sizes=SMALL)
    units = counted.read(path, "word", ReadOptions())
    for task in workers.tasks:
        task.forget()
    if what == "changes":
        path.write_text(text_of(300).replace("é", "è"))
    else:
        path.unlink()
    with pytest.raises(InputError, match=rf"x\.txt {said}"):
        measure_units(units, [1], room=counted)
