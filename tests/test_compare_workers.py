"""Two corpora compared as tasks: the numbers of one process, whatever the tasks are, their order, and what is lost."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import contextmanager
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulate.studies.compare.dataset import to_dataset
from simulate.text import InputError, ReadOptions, compare_corpora
from simulate.text.comparison.compare import compare_pair
from simulate.text.comparison.copies import joined, kept
from simulate.text.comparison.overlap import Tally, overlap
from simulate.text.comparison.scheme import Scheme
from simulate.text.comparison.sides import A, B, Layout
from simulate.text.counting import window_ids
from simulate.text.cutting.sequences import Units
from simulate.text.reading.room import counted_exactly
from simulate.text.shards import comparing, counting, pairs, reading
from simulate.text.shards.pairs import PairRoom
from simulate.text.shards.room import ClusterRoom, Sizes
from tests.commands import refused, run
from tests.shard_workers import Here, Weighed, forget_seams, three_workers
from tests.sweep_runs import finish, start, wait_for
from tests.sweep_runs import same as same_result
from tests.test_cluster import children, free_port
from tests.test_spilling import text_of

LITTLE = Sizes(together=2000, section=300, piece=101, part=300, words=2)
"""Pieces smaller than a long document: sections of JSON lines, which pieces are made of, end with one."""
LETTERS = Sizes(together=2000, section=300, piece=2500, part=1900, words=2)
NUMBERS = (1, 2, 3, 7)
UNITS = ("byte", "char", "word", "word-marks", "space", "token")
LENGTHS = {"byte": (1, 12), "char": (2, 9)}


def documents_of(seed: int, n: int) -> list[str]:
    words = text_of(n, seed).split()
    cuts = np.unique(np.concatenate([[0, n], np.random.default_rng(seed).integers(0, n, 12)])).tolist()
    return [" ".join(words[first:end]) for first, end in pairwise(cuts)]


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    """Shards of unequal sizes, of which some say where documents end; B has documents and stretches of A."""
    path = tmp_path_factory.mktemp("corpora")
    (path / "a").mkdir()
    (path / "b").mkdir()
    a, more, b = documents_of(1, 900), documents_of(2, 500), [*documents_of(3, 600), *documents_of(1, 900)[2:7]]
    lines(path / "a" / "0.jsonl", a)
    (path / "a" / "1.txt").write_text("two words", encoding="utf-8")
    (path / "a" / "2.txt").write_text(" ".join(more), encoding="utf-8")
    lines(path / "b" / "0.jsonl", [*b, b[0]])
    (path / "b" / "1.txt").write_text("two words", encoding="utf-8")
    (path / "b" / "2.txt").write_text(" ".join([text_of(200, 4), *more[3:9], text_of(90, 5)]), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def ids(tmp_path_factory):
    """The same in token ids; the id 0 ends a document."""
    path = tmp_path_factory.mktemp("ids")
    a, b = (np.minimum(np.random.default_rng(seed).zipf(1.4, n), 500) % 90 for seed, n in ((1, 1500), (2, 900)))
    a[[250, 350]] = 0
    b[300:700] = a[200:600]
    for side, some in (("a", a), ("b", b)):
        (path / side).mkdir()
        for i, part in enumerate(np.split(some, [40, 700])):
            np.save(path / side / f"{i}.npy", part.astype(np.uint16))
    return path


def lines(path, documents) -> None:
    path.write_text("".join(json.dumps({"text": one}) + "\n" for one in documents), encoding="utf-8")


def by(workers, a, b, lengths, unit="word", *, reading=None, sizes=None, segment=40, **how):
    """What `compare_corpora` finds, by these workers."""
    letters = unit in ("byte", "char")
    room = PairRoom(ClusterRoom(workers=workers, sizes=sizes or (LETTERS if letters else LITTLE)), segment)
    options = reading or ReadOptions()
    pair = room.read(a, b, unit, options, options)
    return compare_pair(pair, lengths, room=room, **how)


def told(found) -> str:
    """Everything that is kept of a comparison, as text."""
    dataset = to_dataset(found, {})
    return json.dumps([dataset.to_dict()["data_vars"], dataset.attrs["comparison"], str(found[0].notes)], default=str)


def equal(found, expected) -> bool:
    return told(found) == told(expected) and [one.sha256 for one in found] == [one.sha256 for one in expected]


def compared_with(n, corpora, ids, unit, duplicates, *, apart) -> bool:
    end = {"end_of_document": 0} if unit == "token" else {}
    folder, reading = (ids if unit == "token" else corpora), ReadOptions(within_documents=apart, **end)
    sides, lengths = (folder / "a", folder / "b"), list(LENGTHS.get(unit, (1, 2, 5)))
    expected = compare_corpora(*sides, unit=unit, length=lengths, reading=reading, duplicates=duplicates)
    workers = Here(n, memory=10**5 if n == 3 else 10**6, seed=n)
    assert expected[0].distinct is not None
    assert min(expected[0].given.measures.n_blocks) > 0, "there are intervals"
    return equal(by(workers, *sides, lengths, unit, reading=reading, duplicates=duplicates), expected)


CASES = list(product(UNITS, ("documents", "stretches"), (False, True)))
FEW = [case for case in CASES if case[0] not in ("word-marks", "space") or (case[1] == "documents") == case[2]]
"""Of units that are words cut otherwise, what fails in a way of its own."""


@pytest.mark.parametrize(("i", "unit", "duplicates", "apart"), [(i, *case) for i, case in enumerate(FEW)])
def test_tasks_find_what_one_process_finds(i, unit, duplicates, apart, corpora, ids):
    """Each unit, copies of each kind, documents apart or joined; how many workers there are goes round."""
    assert compared_with(NUMBERS[(i + i // 4) % 4], corpora, ids, unit, duplicates, apart=apart)


@pytest.mark.verification
@pytest.mark.parametrize(("unit", "duplicates", "apart"), CASES)
@pytest.mark.parametrize("n", NUMBERS)
def test_any_number_of_workers_finds_it(n, unit, duplicates, apart, corpora, ids):
    assert compared_with(n, corpora, ids, unit, duplicates, apart=apart)


def test_both_sides_may_be_read_otherwise_and_neither_blocks_nor_lost_tasks_matter(corpora, tmp_path):
    """A file of text whose documents a table tells, beside JSON lines of another field; no blocks, or few."""
    text = text_of(400, 8)
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    size = len(text.encode())
    rows = "".join(f"{first}\t{end}\t{i}\n" for i, (first, end) in enumerate(((0, size // 3), (size // 3, size))))
    (tmp_path / "a.tsv").write_text(f"byte_start\tbyte_end\tid\n{rows}")
    (tmp_path / "b.jsonl").write_text("".join(json.dumps({"x": one}) + "\n" for one in documents_of(9, 300)))
    sides, of_a, of_b = (tmp_path / "a.txt", tmp_path / "b.jsonl"), ReadOptions(documents=str(tmp_path / "a.tsv")), {
        "reading_b": ReadOptions(field="x")
    }  # fmt: skip
    for blocks in (0, 8):
        expected = compare_corpora(*sides, length=[1, 3], reading=of_a, **of_b, blocks=blocks)
        room = PairRoom(ClusterRoom(workers=Here(2, 10**6, 1, losses=0.02), sizes=LITTLE), 40)
        pair = room.read(*sides, "word", of_a, ReadOptions(field="x"))
        assert equal(compare_pair(pair, [1, 3], blocks=blocks, room=room), expected)


words = st.sampled_from(["a", "b", "cc", "über", ","])
some_texts = st.lists(st.lists(words, min_size=1, max_size=50), min_size=1, max_size=4)


@settings(max_examples=25, deadline=None)
@given(
    some_texts, some_texts, st.integers(1, 4), st.integers(1, 4), st.integers(0, 9), st.integers(1, 30),
    st.builds(
        Sizes, together=st.integers(1, 200), piece=st.integers(1, 50), part=st.integers(1, 9), words=st.integers(1, 3)
    ),
)  # fmt: skip
def test_grouping_and_order_never_matter(tmp_path_factory, a, b, k, n, seed, segment, sizes):
    """By Python's sets and a dictionary of documents, of files that are a document each."""
    where = tmp_path_factory.mktemp("texts")
    for side, texts in (("a", a), ("b", b)):
        (where / side).mkdir()
        for i, text in enumerate(texts):
            (where / side / f"{i}.jsonl").write_text(json.dumps({"text": " ".join(text)}))
    if not all(max(map(len, side)) >= k for side in (a, b)):
        return
    workers, sides = Here(n, 10**5, seed), (where / "a", where / "b")
    (found,) = by(workers, *sides, [k], sizes=sizes, segment=segment, blocks=0, duplicates="documents")
    of_a, of_b = ({tuple(text[i : i + k]) for text in side for i in range(len(text) - k + 1)} for side in (a, b))
    measures = found.given.measures
    assert measures.n_unique == (len(of_a), len(of_b))
    assert (measures.n_shared, measures.n_new) == (len(of_a & of_b), len(of_b - of_a))
    seen: set[tuple[str, ...]] = set()
    again = [0, 0]
    for place, texts in enumerate((a, b)):
        for text in map(tuple, texts):
            again[place] += len(text) * (text in seen)
            seen.add(text)
    assert found.copied_units == tuple(again)


# What is added up.


def windows_of_parts(seed: int, k: int = 2):
    """Windows of two sides in parts by their type: of each, types and numbers, and how many windows A has."""
    rng = np.random.default_rng(seed)
    ids = np.concatenate([rng.zipf(1.5, 700) % 60, 20 + rng.zipf(1.5, 500) % 60]).astype(np.uint32)
    starts, documents = np.array([0, 250, 700, 1200]), np.unique([0, *rng.integers(1, 1200, 20), 700, 1200])
    layout = Layout(starts.astype(np.int64), documents.astype(np.int64), 700)
    (windows,) = window_ids(Units(ids, layout.starts, "token", "x", ()), [k])
    where = np.concatenate([np.arange(a, b - k + 1) for a, b in pairwise(starts.tolist())])
    return windows, layout, windows.ids[where], np.arange(len(where), dtype=np.uint32)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("n_parts", [1, 3, 50])
def test_tallies_of_parts_add_up_in_any_order(seed, n_parts):
    """To the table of all windows at once, with windows that occur once counted apart."""
    windows, layout, types, numbers = windows_of_parts(seed)
    expected = overlap(windows.ids, windows.n_types, layout, 2, 8)
    scheme = Scheme.of(layout, 2, 8)
    once = np.bincount(types)[types] == 1
    total, middle = Tally(scheme), scheme.n_windows(A)
    for part in np.random.default_rng(seed).permutation(n_parts):
        here, one = types % n_parts == part, total.like()
        one.add_lonely(numbers[here & once])
        some = [here & ~once & (numbers < middle), here & ~once & (numbers >= middle)]
        slabs = [[(types[these], numbers[these])] for these in some]
        one.count(windows.n_types, slabs.__getitem__)
        total.add(one)
    found = total.overlap()
    n = len(expected.blocks[A].n_units)
    assert expected.stretch
    assert np.array_equal(found.table[:, : n + 1], expected.table[:, : n + 1])
    assert (found.n_unique, found.n_new) == (expected.n_unique, expected.n_new)
    for mine, others in zip(found.blocks, expected.blocks, strict=True):
        for name in ("n_windows", "n_known", "stretch_windows", "stretch_new", "stretch_total"):
            assert np.array_equal(getattr(mine, name), getattr(others, name)), name
    total.add(one)
    assert total.overlap().n_unique != expected.n_unique, "a part that is counted twice is seen"


def test_stretches_of_text_that_touch_are_one():
    taken = joined(np.array([2, 5, 9, 20]), np.array([6, 9, 11, 21]))
    assert taken.tolist() == [[2, 11], [20, 21]]
    assert np.flatnonzero(~kept(taken, 21)).tolist() == [*range(2, 11), 20]


# Negative controls: each of them is what a test above would see.


def differs(corpora, unit="word", lengths=(1, 2, 5), **how) -> bool:
    sides = corpora / "a", corpora / "b"
    expected = compare_corpora(*sides, unit=unit, length=list(lengths), **how)
    return not equal(by(Here(2), *sides, list(lengths), unit, **how), expected)


def test_a_seam_that_is_forgotten_is_noticed(corpora, monkeypatch):
    assert not differs(corpora)
    forget_seams(monkeypatch)
    assert differs(corpora, lengths=(2,), duplicates="none")


def test_a_part_that_is_counted_twice_is_noticed(corpora, monkeypatch):
    def first_part(windows, part):
        return windows.keys[min(part, 1)], windows.numbers[min(part, 1)]

    monkeypatch.setattr(counting, "part_of", first_part)
    assert differs(corpora, lengths=(1,), duplicates="none")


def test_sides_that_are_exchanged_are_noticed(corpora, monkeypatch):
    sides = corpora / "a", corpora / "b"
    expected = compare_corpora(*sides, length=[2], duplicates="none")
    assert not equal(by(Here(2), *sides[::-1], [2], duplicates="none"), expected)
    whole = Tally.add_lonely

    def from_behind(self, numbers):
        whole(self, sum(map(self.scheme.n_windows, (A, B))) - 1 - numbers[::-1].astype(np.int64))

    monkeypatch.setattr(Tally, "add_lonely", from_behind)
    assert not equal(by(Here(2), *sides, [2], duplicates="none"), expected)


@pytest.mark.parametrize("what", ["seams", "digests"])
def test_copies_that_are_lost_between_pieces_are_noticed(corpora, monkeypatch, what):
    if what == "seams":
        whole = comparing.runs
        monkeypatch.setattr(comparing, "runs", lambda length, places: whole(length - 1, places))
    else:
        monkeypatch.setattr(ClusterRoom, "behind", lambda self, pieces, i, n_units: [])
    assert differs(corpora, lengths=(1,), duplicates="stretches" if what == "seams" else "documents")


# What warns of two texts.


def test_what_warns_of_two_texts_is_found_by_workers(tmp_path):
    """Accents that one side writes behind letters, ends of lines, the same file on both sides, and tokens."""
    (tmp_path / "a.txt").write_bytes("caf\u00e9 bl\u00e9\r\n".encode() * 150)
    (tmp_path / "b.txt").write_bytes("cafe\u0301 ble\u0301 x\n".encode() * 150)
    (tmp_path / "again.txt").write_bytes((tmp_path / "a.txt").read_bytes())
    np.save(tmp_path / "a.npy", np.arange(900, dtype=np.uint16))
    np.save(tmp_path / "b.npy", np.arange(90, dtype=np.uint16))
    seen = []
    for a, b, unit in (("a.txt", "b.txt", "char"), ("a.txt", "b.txt", "word"), ("a.txt", "again.txt", "byte"),
                       ("a.npy", "b.npy", "token")):  # fmt: skip
        sides = tmp_path / a, tmp_path / b
        expected = compare_corpora(*sides, unit=unit, length=[1])
        assert equal(by(Here(2), *sides, [1], unit, sizes=LITTLE), expected), unit
        seen += [note.text for note in expected[0].notes]
    assert [any(text in note for note in seen) for text in
            ("in Unicode form NFC", "end in CR LF", "holds the same text", "may be of two")] == [True] * 4  # fmt: skip


# What goes wrong.


def test_what_workers_cannot_do_is_refused(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("a b c")
    a = str(tmp_path / "a.txt")
    assert "leave out --cluster, or name files" in refused("compare", a, "-", "--cluster", "local:1", input="a b")
    assert "cluster must be local, local:N" in refused("compare", a, a, "--cluster", "locl")
    monkeypatch.setattr("simulate.running.dask.CONNECT_SECONDS", 1)
    where = f"tcp://127.0.0.1:{free_port()}"
    told = refused("compare", a, a, "--cluster", where, "--out", str(tmp_path / "x.nc"))
    assert f"no Dask scheduler answers at {where}" in told
    assert not list(tmp_path.glob("x.nc*"))


def test_of_files_that_cannot_be_read_those_of_a_are_named_first(corpora, tmp_path):
    (tmp_path / "x.txt").write_bytes(b"caf\xe9 and more words than one")
    (tmp_path / "y.txt").write_bytes(b"\xe9\xe9 and more words than one")
    for a, b in (("x.txt", "y.txt"), (corpora / "a", "y.txt"), ("gone.txt", "y.txt"), ("x.txt", "gone.txt")):
        for seed in range(2):
            with pytest.raises(InputError) as alone:
                compare_corpora(tmp_path / a, tmp_path / b)
            with pytest.raises(InputError) as found:
                by(Here(2, seed=seed), tmp_path / a, tmp_path / b, [1])
            assert str(found.value) == str(alone.value)


@pytest.mark.parametrize("what", ["vanishes", "changes"])
@pytest.mark.parametrize("side", ["a", "b"])
def test_a_shard_that_vanishes_or_changes_while_tasks_are_done_again(tmp_path, what, side):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for i in range(2):
            (tmp_path / name / f"{i}.txt").write_text(text_of(300, seed=i))
    workers = Here(2)
    room = PairRoom(ClusterRoom(workers=workers, sizes=LITTLE))
    pair = room.read(tmp_path / "a", tmp_path / "b", "word", ReadOptions(), ReadOptions())
    for task in workers.tasks:
        task.forget()
    victim = tmp_path / side / "1.txt"
    if what == "vanishes":
        victim.unlink()
    else:
        victim.write_text(text_of(300, seed=9))
    said = "does not exist" if what == "vanishes" else "was changed while it was counted"
    with pytest.raises(InputError, match=rf"{side}/1\.txt {said}"):
        compare_pair(pair, [1, 2], room=room)


@pytest.mark.parametrize("where", ["reading", "counting"])
def test_a_worker_without_memory_is_told_as_one_process_tells_it(corpora, monkeypatch, where):
    @contextmanager
    def here(cluster, memory):
        yield Here(2)

    def full(*given):
        with counted_exactly("part of it"):
            raise MemoryError("nothing is free")

    def none(*given):
        raise MemoryError("nothing is free")

    monkeypatch.setattr(pairs, "workers_of", here)
    monkeypatch.setattr(*((reading, "read_into", full) if where == "reading" else (Tally, "count", none)))
    name = "part of it" if where == "reading" else "a beside b"
    with pytest.raises(InputError) as found:
        compare_corpora(corpora / "a", corpora / "b", cluster="local:1")
    said = f"{name} is too large to be compared exactly here: nothing is free; compare parts of A and B"
    assert str(found.value) == said


def test_lengths_that_no_window_has_and_a_side_that_is_all_copies(corpora, tmp_path):
    (tmp_path / "a.txt").write_text(text_of(100, 3))
    sides = tmp_path / "a.txt", tmp_path / "a.txt"
    expected = compare_corpora(*sides, length=[1])
    assert expected[0].distinct is None
    assert equal(by(Here(2), *sides, [1]), expected)
    with pytest.raises(InputError, match="length must be at most the"):
        by(Here(2), *sides, [1000])


def test_the_process_that_asks_holds_no_units(corpora):
    """Nothing that it is given grows with the text but where files, documents and copies end."""
    workers = Weighed(2)
    by(workers, corpora / "a", corpora / "b", [1, 2, 5], duplicates="stretches")
    assert 0 < workers.largest < 1000


# Dask.


@pytest.fixture(scope="module")
def scheduler():
    with three_workers() as address:
        yield address


def test_three_workers_of_dask_print_and_keep_the_same(corpora, scheduler, tmp_path):
    flags = ["compare", str(corpora / "a"), str(corpora / "b"), "--length", "1,3", "--json", "--out"]
    one, many = tmp_path / "one.nc", tmp_path / "many.nc"
    printed = [run(*flags, str(one)).stdout, run(*flags, str(many), "--cluster", scheduler).stdout]
    assert printed[1].replace("many.nc", "one.nc") == printed[0]
    assert same_result(one, many)


@pytest.mark.verification
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_processes_print_the_same(corpora, tmp_path, workers):
    flags = [str(corpora / "a"), str(corpora / "b"), "--length", "1,2,5", "--json"]
    done = finish(*flags, f"--cluster=local:{workers}", cwd=tmp_path, command="compare")
    assert done.stdout == run("compare", *flags).stdout


@pytest.mark.verification
def test_a_worker_that_is_killed_takes_nothing_with_it(tmp_path):
    for side in ("a", "b"):
        (tmp_path / side).mkdir()
        for i in range(3):
            (tmp_path / side / f"{i}.txt").write_text(text_of(400_000, seed=i + 2 * (side == "b")))
    flags = ["a", "b", "--length", "1,2", "--json"]
    process = start(*flags, "--cluster=local:2", "--progress", cwd=tmp_path, command="compare")
    wait_for(lambda: len(children(process.pid)) == 2, process)
    time.sleep(1.5)  # in the midst of it: so short a run says nothing of how far it is
    assert process.poll() is None
    os.kill(min(children(process.pid)), signal.SIGKILL)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert "Traceback" not in err
    assert out == finish(*flags, cwd=tmp_path, command="compare").stdout
