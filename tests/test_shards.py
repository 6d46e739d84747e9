"""Corpora counted as tasks: the numbers of one process, whatever the tasks, their order, and what is done again."""

from __future__ import annotations

import json
import os
import signal
from contextlib import contextmanager
from dataclasses import fields, replace
from functools import partial, reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulate import Execution, measure_corpus, run_plan, sketch_corpus
from simulate.running.run import run as run_study
from simulate.studies.example_corpus import FORMATS, example_corpus, example_documents
from simulate.studies.suite.batch import BATCH, BatchPlan
from simulate.studies.suite.plan import SuitePlan
from simulate.studies.text.plan import TextPlan
from simulate.text import InputError, ReadOptions
from simulate.text.cutting.characters import character_classes
from simulate.text.cutting.sequences import read_units
from simulate.text.cutting.tokenizing import WordTable
from simulate.text.growth import measure_units, spectrum_edges
from simulate.text.reading import naming
from simulate.text.shards import placing, reading, sketching
from simulate.text.shards.files import AbsentError, together
from simulate.text.shards.room import ClusterRoom, Sizes
from simulate.text.shards.workers import Workers
from simulate.text.sketches.run import Run
from simulate.text.spilling.sums import Sums
from tests.commands import refused, run
from tests.shard_workers import Here, Weighed, forget_seams, read_and_lost, three_workers
from tests.sweep_runs import Hearing, finish, start, wait_for
from tests.sweep_runs import same as same_result
from tests.test_cluster import children
from tests.test_spilling import brute, same, text_of

LITTLE = Sizes(together=3000, section=500, piece=411, part=200, words=2)
"""Several files to a task, a word or two of a hundred in the next piece, and several parts."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Shards of very unequal sizes; one of them holds two words."""
    path = tmp_path_factory.mktemp("shards")
    for i, n in enumerate((1200, 40, 5000, 2, 300, 290)):
        (path / f"part-{i}.txt").write_text(text_of(n, seed=i) + " the end", encoding="utf-8")
    return path


def on(workers: Workers, paths, unit="word", lengths=(1, 2, 5), sizes=LITTLE, reading=None, **how):
    """What `measure_corpus` finds, by these workers."""
    room, options = ClusterRoom(workers=workers, sizes=sizes), reading or ReadOptions()
    if how.get("order") == "shuffled-documents":
        options = replace(options, within_documents=True)
    return measure_units(room.read(paths, unit, options), list(lengths), room=room, **how)


def equal(found, expected) -> bool:
    for one, two in zip(found, expected, strict=True):
        assert same(one, two)
        for name in ("corpus", "unit", "length", "order", "seed", "notes", "n_bytes"):
            assert getattr(one, name) == getattr(two, name), name
    return True


@pytest.mark.parametrize("order", ["file", "shuffled-documents", "shuffled-chunks", "rarefaction"])
@pytest.mark.parametrize(("unit", "lengths"), [("word", (1, 2, 5)), ("byte", (1, 12, 31))])
def test_tasks_count_what_one_process_counts(folder, order, unit, lengths):
    how = {"order": order, "chunk": 130, "seed": 7}
    expected = measure_corpus(folder, unit=unit, length=lengths, **how)
    sizes = replace(LITTLE, piece=2500) if unit == "byte" else LITTLE
    assert equal(on(Here(2, memory=10**6), folder, unit, lengths, sizes, **how), expected)


@pytest.mark.parametrize("n", [1, 2, 3, 7])
def test_neither_how_many_workers_nor_their_memory_matter(folder, n):
    expected = measure_corpus(folder, length=[1, 3])
    for memory in (20_000, 1 << 30):
        assert equal(on(Here(n, memory, seed=n), folder, lengths=(1, 3)), expected)


words = st.sampled_from(["a", "b", "cc", "über", "x_1", ",", "\n"])
texts = st.lists(st.lists(words, min_size=1, max_size=60), min_size=1, max_size=5)


@settings(max_examples=25, deadline=None)
@given(
    texts, st.sets(st.sampled_from([1, 2, 3, 7]), min_size=1, max_size=3), st.integers(1, 4),
    st.builds(
        Sizes, together=st.integers(1, 300), piece=st.integers(1, 50), part=st.integers(1, 9), words=st.integers(1, 3)
    ),
    st.sampled_from(["byte", "char", "word"]), st.integers(0, 9), st.sampled_from([0.0, 0.02]),
)  # fmt: skip
def test_order_grouping_and_lost_tasks_never_matter(tmp_path_factory, many, lengths, n, sizes, unit, seed, losses):
    where = tmp_path_factory.mktemp("texts")
    for i, some in enumerate(many):
        (where / f"{i}.txt").write_text(" ".join(["w", *some]), encoding="utf-8")
    units = read_units(str(where), unit)
    lengths = sorted(k for k in lengths if k <= max(np.diff(units.starts)))
    if not lengths:
        return
    found = on(Here(n, 10**5, seed, losses), where, unit, lengths, sizes, at="1:all:6" if lengths == [1] else None)
    edges = spectrum_edges(float(found[0].n_units[-1]))
    for one in found:
        unique, spectra = brute(units, one.length, one.n_units, edges)
        assert one.n_unique.tolist() == unique
        assert one.spectrum.tolist() == spectra


def test_a_merge_that_forgets_what_runs_across_pieces_is_noticed(folder, monkeypatch):
    """The negative control of all tests above: windows at the seams are lost, or made of what is not there."""
    expected = measure_corpus(folder, length=[1, 2, 5])
    assert equal(on(Here(), folder), expected)
    forget_seams(monkeypatch)
    one, two, five = on(Here(), folder)
    assert same(one, expected[0])
    assert two.n_unique[-1] < expected[1].n_unique[-1]
    assert five.n_unique[-1] < expected[2].n_unique[-1]


def test_a_merge_that_forgets_where_pieces_stand_is_noticed(folder, monkeypatch):
    expected = measure_corpus(folder, length=2)
    monkeypatch.setattr(placing.Stretches, "before", lambda self, length: np.zeros(len(self.starts) - 1, np.int64))
    (found,) = on(Here(), folder, lengths=(2,))
    assert found.n_unique[-1] == expected.n_unique[-1]
    assert np.any(found.n_unique != expected.n_unique)


numbers = st.lists(st.integers(0, 9), min_size=4, max_size=4)


@settings(max_examples=30, deadline=None)
@given(st.lists(numbers, min_size=1, max_size=6), st.randoms())
def test_sums_of_parts_add_up_in_any_order_and_grouping(many, rng):
    empty = Sums(np.array([3, 9]), np.array([1, 2]), None)

    def of(values):
        sums = empty.like()
        sums.once, sums.n_types = values[:2]
        sums.unique[:], sums.spectrum[:] = values[2], values[3]
        return sums

    def told(sums):
        return [sums.once, sums.n_types, sums.unique.tolist(), sums.spectrum.tolist()]

    def added(some):
        total = empty.like()
        for one in some:
            total.add(one)
        return total

    expected = told(added(map(of, many)))
    mixed = rng.sample(many, len(many))
    cut = rng.randint(0, len(mixed))
    assert told(added([added(map(of, mixed[:cut])), added(map(of, mixed[cut:]))])) == expected


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    path = tmp_path_factory.mktemp("examples") / "corpus"
    documents = example_documents("zipf:1.5,types=50", n_words=600, documents=7, seed=3)
    for name, data in example_corpus(documents, str(path))[0].items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


@pytest.mark.parametrize("one", FORMATS, ids=lambda one: one.name)
def test_every_format(one, examples):
    words = one.flags.format(folder=examples).split()
    flags = dict(zip(words[::2], words[1::2], strict=False))
    asked = {name: flags[f"--{name}"] for name in ("dtype", "documents") if f"--{name}" in flags}
    unit = "token" if one.title.startswith("token") else "word"
    sizes = replace(LITTLE, piece=101, part=40)
    for apart in (False, True):
        reading, path = ReadOptions(**asked, within_documents=apart), examples / one.name
        expected = measure_corpus(path, unit=unit, length=[1, 2, 6], reading=reading)
        assert equal(on(Here(2), path, unit, (1, 2, 6), sizes, reading), expected)


def test_the_largest_shards_come_first_and_small_ones_together(folder):
    workers = Here(1)
    on(workers, folder, lengths=(1,), sizes=Sizes(together=10**6))
    sizes = [first for what, first in workers.submitted if what == "read"]
    assert max(sizes) == (folder / "part-2.txt").stat().st_size
    assert sum(sizes) == sum(path.stat().st_size for path in folder.iterdir())
    assert len(sizes) < 6


def test_grouping_of_files_keeps_them_all_in_their_order(tmp_path):
    names = [str(tmp_path / f"{i:02}") for i in range(12)]
    for i, name in enumerate(names[:-1]):
        with open(name, "wb") as file:
            file.write(b"x" * (1 + 1000 * (i == 4)))
    groups = together(names, 50, 4)
    assert [name for some, _ in groups for name in some] == names
    assert [names[4]] in [some for some, _ in groups]  # the large one alone
    assert all(size <= 50 or len(some) == 1 for some, size in groups)


def test_words_apart_from_their_table_are_the_same_whatever_came_first():
    """Their bytes in a row, and hashes that are of the word alone: workers number words by both."""
    words = ["a", "über", "x" * 15, "y" * 16, "z" * 40, "日本語の長い言葉です", *("k" * i for i in range(1, 60))]
    words += [f"w{i}" for i in range(3000)]
    known = []
    for order in (words, words[::-1]):
        table = WordTable()
        table.ids(" ".join(order).encode(), character_classes("space"))
        text, ends, hashes = table.packed()
        found = [bytes(part).decode() for part in np.split(text, ends[:-1])]
        assert tuple(found) == table.texts()
        known.append(dict(zip(found, hashes.tolist(), strict=True)))
    assert known[0] == known[1]
    assert len(set(known[0].values())) == len(known[0])


def test_a_copy_is_noticed_though_it_lies_in_other_pieces(tmp_path):
    """In any order: shuffled, both would be cut within the stretches that are looked for."""
    text = text_of(1500)
    (tmp_path / "x.txt").write_text(text + "\nbetween\n" + text)
    for order in ("file", "shuffled-chunks"):
        expected = measure_corpus(tmp_path / "x.txt", order=order, chunk=20)
        assert "much of this text stands in it more than once" in " ".join(note.text for note in expected.notes)
        assert equal(on(Here(2), tmp_path / "x.txt", lengths=(1,), order=order, chunk=20), [expected])


# What goes wrong.


@pytest.fixture
def broken(tmp_path):
    """Shards two of which cannot be read."""
    for i in range(5):
        (tmp_path / f"{i}.txt").write_text(text_of(300, seed=i))
    (tmp_path / "1.txt").write_bytes(b"caf\xe9 and more words than one in a line of text")
    (tmp_path / "3.txt").write_bytes(b"")
    return tmp_path


@pytest.mark.parametrize("seed", range(4))
def test_of_several_shards_that_cannot_be_read_the_first_is_named_whichever_fails_first(broken, seed):
    with pytest.raises(InputError) as alone:
        measure_corpus(broken)
    with pytest.raises(InputError) as found:
        on(Here(2, seed=seed), broken, sizes=replace(LITTLE, together=1))
    assert str(found.value) == str(alone.value)
    assert f"{broken}/1.txt is not UTF-8" in str(found.value)


def test_empty_shards_are_left_out_where_they_may_be(tmp_path):
    for i in range(4):
        (tmp_path / f"{i}.txt").write_text(text_of(200 * (i % 2), seed=i))
    reading = ReadOptions(skip_missing=True)
    expected = measure_corpus(tmp_path, length=[1, 2], reading=reading)
    notes = " ".join(note.text for note in expected[0].notes)
    assert "0.txt and 1 more hold nothing to count, and are left out" in notes
    assert equal(on(Here(2), tmp_path, lengths=(1, 2), reading=reading), expected)


def test_a_shard_that_vanishes_is_named(tmp_path):
    for i in range(3):
        (tmp_path / f"{i}.txt").write_text(text_of(300, seed=i))
    (tmp_path / "1.txt").unlink()
    paths = [tmp_path / f"{i}.txt" for i in range(3)]
    with pytest.raises(InputError, match=r"1\.txt does not exist"):
        on(Here(2), paths)


@pytest.mark.parametrize("skip", [False, True])
def test_a_shard_that_vanishes_after_its_folder_was_listed(tmp_path, monkeypatch, skip):
    """No other name was meant: the user gave none."""
    for i in range(3):
        (tmp_path / f"part-{i}.txt").write_text(text_of(300, seed=i))
    of_folder = naming._of_folder

    def listed_before(path):
        found = of_folder(path)
        (tmp_path / "part-1.txt").unlink(missing_ok=True)
        return found

    monkeypatch.setattr(naming, "_of_folder", listed_before)
    reading = ReadOptions(skip_missing=skip)
    for count in (measure_corpus, sketch_corpus, partial(on, Here(2)), partial(sketched_by, Here(2))):
        (tmp_path / "part-1.txt").write_text(text_of(300, seed=1))
        with pytest.raises(InputError, match=r"part-1\.txt is gone: it was there when its folder was listed; count"):
            count(tmp_path, reading=reading)
    with pytest.raises(InputError, match=r"part-1\.txt does not exist: .*did you mean"):
        measure_corpus(tmp_path / "part-1.txt")


@pytest.mark.parametrize("what", ["vanishes", "changes"])
def test_a_shard_that_vanishes_or_changes_while_tasks_are_done_again(tmp_path, what):
    """As where a worker dies that held what was read: no mixture of two texts is counted."""
    texts = [text_of(300, seed=i) for i in range(3)]
    room, units, said = read_and_lost(tmp_path, texts, LITTLE, what, text_of(300, seed=9))
    with pytest.raises(InputError, match=said):
        measure_units(units, [1, 2], room=room)


def test_what_workers_cannot_read_is_refused():
    assert "leave out --cluster" in refused("corpus", "-", "--cluster", "local:1", input="a b c")
    told = refused("corpus", "x.txt", "--cluster", "local:1", "--memory", "1MiB")
    assert "memory must be at least 400 MiB for each worker, got 1 MiB" in told


def test_what_one_process_does_takes_no_cluster_in_silence():
    with pytest.raises(ValueError, match="is done by one process, got cluster local:2; leave out cluster"):
        run_study(BATCH, BatchPlan(SuitePlan("zipf:1.7"), step=0), Execution(cluster="local:2"))


# Sketches.


def sketched_by(workers, paths, **how):
    """What `sketch_corpus` finds, by these workers."""
    with pytest.MonkeyPatch.context() as patch:

        @contextmanager
        def here(cluster, memory):
            yield workers

        patch.setattr(sketching, "workers_of", here)
        return sketch_corpus(paths, cluster="local:1", **how)


def same_sketch(one, two) -> bool:
    for field in fields(one):
        a, b = getattr(one, field.name), getattr(two, field.name)
        if field.name == "sketch":
            assert np.array_equal(a.registers, b.registers)
        elif field.name == "sample":
            assert (a.kept, a.share) == (b.kept, b.share)
        elif field.name == "types":
            assert all(np.array_equal(mine, theirs) for mine, theirs in zip(a, b, strict=True))
        else:
            assert np.array_equal(a, b) if isinstance(a, np.ndarray) else str(a) == str(b), field.name
    return True


@pytest.mark.parametrize("at", [None, "all", "20,1000,5000", "50:all:3", "100,1e7"])
@pytest.mark.parametrize("unit", ["word", "byte"])
def test_sketches_of_tasks_are_those_of_one_process(folder, at, unit):
    how = {"at": at, "unit": unit, "length": [1, 3], "precision": 8, "seed": 4}
    found = sketched_by(Here(3, seed=1, losses=0.1), folder, **how)
    for one, two in zip(found, sketch_corpus(folder, **how), strict=True):
        assert same_sketch(one, two)
    assert found[0].sample.share < 1 or unit == "byte"


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    """JSON lines of very unequal sizes, with documents of one word and of many."""
    path, rng = tmp_path_factory.mktemp("documents"), np.random.default_rng(5)
    for i, n in enumerate((30, 1, 9, 60, 2)):
        words = [[f"w{k}" for k in rng.zipf(1.4, size)] for size in rng.choice([1, 2, 40, 150], n)]
        lines = [json.dumps({"text": " ".join(["w", *some])}) for some in words]
        (path / f"{i}.jsonl").write_text("\n".join(lines))
    return path


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 9), st.permutations(range(5)), st.integers(1, 5), st.sampled_from(["word", "byte", "char"]),
    st.booleans(), st.sampled_from(["all", "7,900", "200:all:3"]), st.sampled_from([4, 7, 10]),
    st.sampled_from([0.0, 0.1]),
)  # fmt: skip
def test_sketches_know_the_blocks_of_the_text_whoever_read_what(
    documents, n, order, some, unit, apart, at, precision, losses
):  # fmt: skip
    """Any workers and any grouping of any files in any order, with documents apart or not."""
    paths, reading = [documents / f"{i}.jsonl" for i in order[:some]], ReadOptions(within_documents=apart)
    how = {"at": at, "unit": unit, "length": [1, 2], "precision": precision, "reading": reading}
    found = sketched_by(Here(n, seed=n, losses=losses), paths, **how)
    for one, two in zip(found, sketch_corpus(paths, **how), strict=True):
        assert same_sketch(one, two)


@pytest.mark.parametrize("wrong", [
    lambda one, other, joined=sketching.joined: joined(other, one),
    lambda one, other, joined=sketching.joined: replace(joined(one, other), ahead_from=0),
], ids=["groups swapped", "the prefix forgotten"])  # fmt: skip
def test_groups_that_are_merged_wrongly_are_noticed(folder, monkeypatch, wrong):
    """The negative controls of the property above; those of what is merged stand beside `Spans`' own."""
    how = {"at": "20,5000", "precision": 7}
    expected = sketch_corpus(folder, **how)
    assert same_sketch(sketched_by(Here(3), folder, **how), expected)
    monkeypatch.setattr(sketching, "joined", wrong)
    with pytest.raises(AssertionError):
        same_sketch(sketched_by(Here(3), folder, **how), expected)


@settings(max_examples=15, deadline=None)
@given(texts, st.permutations(range(5)), st.integers(1, 4))
def test_the_sketch_of_a_union_is_the_union_of_sketches(tmp_path_factory, many, order, cut):
    where = tmp_path_factory.mktemp("union")
    paths = [where / f"{i}.txt" for i in range(len(many))]
    for path, some in zip(paths, many, strict=True):
        path.write_text(" ".join(["w", *some]), encoding="utf-8")
    empty = Run.begin([1], "word", 4, 3)
    runs = [sketching.sketch([str(path)], "word", ReadOptions(), empty, 3) for path in paths]
    whole = sketch_corpus([str(path) for path in paths], precision=4, seed=3)
    mixed = [runs[i] for i in order if i < len(runs)]
    grouped = [reduce(sketching.joined, some, empty) for some in (mixed[:cut], mixed[cut:])]
    for merged in (reduce(sketching.joined, mixed), sketching.joined(*grouped)):
        assert np.array_equal(merged.sketches[0].registers, whole.sketch.registers)
        assert merged.samples[0].kept == whole.sample.kept
        assert (merged.n_units, merged.n_windows[0]) == (whole.n_units[-1], whole.n_draws[-1])


def test_shards_without_prefixes_are_read_once(folder):
    workers = Here(2)
    sketched_by(workers, folder, at="20,all", precision=6)
    assert [what for what, _ in workers.submitted].count("continued") == 1


# Dask.


@pytest.fixture(scope="module")
def scheduler():
    with three_workers() as address:
        yield address


PLANS = [
    {"lengths": (1, 2, 5), "order": "file"}, {"lengths": (2,), "order": "shuffled-chunks", "chunk": 100, "seed": 2},
    {"lengths": (1, 3), "sketch": True, "precision": 8},
]  # fmt: skip


@pytest.mark.parametrize("plan", PLANS, ids=["exact", "shuffled", "sketch"])
def test_three_workers_of_dask_make_the_same_dataset(folder, scheduler, plan):
    asked = TextPlan(files=(str(folder),), **plan)
    assert same_result(run_plan(asked, Execution(cluster=scheduler)), run_plan(asked))


def test_a_shard_that_fails_on_dask_is_one_sentence_and_nothing_is_written(broken, scheduler):
    told = refused("corpus", str(broken), "--cluster", scheduler, "--out", str(broken / "x.nc"))
    assert f"{broken}/1.txt is not UTF-8" in told
    assert not list(broken.glob("x.nc*"))


def test_files_that_are_only_here_are_said_to_be(folder, monkeypatch):
    """What a worker on another machine says of a name that is none there."""

    def elsewhere(names, unit, options):
        yield from ()
        raise AbsentError(f"{names[0]} does not exist: check the name")

    monkeypatch.chdir(folder)
    monkeypatch.setattr(reading, "read_one_by_one", elsewhere)
    workers = Here(2)
    workers.far = True
    with pytest.raises(InputError, match=r"^part-4\.txt is here, but not where a worker is: give workers"):
        on(workers, "part-4.txt")


def test_relative_names_are_told_as_they_were_given(folder, scheduler, monkeypatch):
    monkeypatch.chdir(folder)
    found = measure_corpus(["part-0.txt", "part-1.txt"], cluster=scheduler)
    assert found.sha256 == measure_corpus(["part-0.txt", "part-1.txt"]).sha256
    with pytest.raises(InputError, match=r"^part-9\.txt does not exist"):
        measure_corpus(["part-0.txt", "part-9.txt"], cluster=scheduler)


@pytest.mark.verification
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_processes_print_the_same(folder, tmp_path, workers):
    flags = [str(folder), "--length", "1,2,5", "--json"]
    done = finish(*flags, f"--cluster=local:{workers}", cwd=tmp_path, command="corpus")
    assert json.loads(done.stdout) == json.loads(run("corpus", *flags).stdout)


@pytest.mark.verification
def test_a_worker_that_is_killed_takes_nothing_with_it(tmp_path):
    for i in range(6):
        (tmp_path / f"{i}.txt").write_text(text_of(400_000, seed=i))
    flags = [*(f"{i}.txt" for i in range(6)), "--length", "1,2,5", "--json"]
    process = start(*flags, "--cluster=local:2", "--progress", cwd=tmp_path, command="corpus")
    wait_for(lambda: len(children(process.pid)) == 2, process)
    hearing = Hearing(process)
    wait_for(lambda: hearing.of("counting"), process, seconds=200)
    os.kill(min(children(process.pid)), signal.SIGKILL)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert "Traceback" not in err
    expected = finish(*flags, cwd=tmp_path, command="corpus")
    assert json.loads(out) == json.loads(expected.stdout)


def test_the_process_that_asks_holds_no_units(folder):
    """Nothing that it is given grows with the text but where files end."""
    workers = Weighed(2)
    on(workers, folder, lengths=(1, 2, 5))
    assert 0 < workers.largest < 1000
