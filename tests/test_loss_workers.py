"""Learners taught by workers: the losses of one process, bit for bit, whoever teaches which order."""

from __future__ import annotations

import json
from contextlib import contextmanager

import numpy as np
import pytest

from simulate import Execution, run_plan
from simulate.studies.loss.plan import LossPlan
from simulate.text import InputError, ReadOptions
from simulate.text.learning.curves import measure_loss
from simulate.text.shards import room as rooms
from simulate.text.shards import teaching
from simulate.text.shards.room import ClusterRoom, Sizes
from tests.commands import refused, run
from tests.shard_workers import Here, read_and_lost, three_workers
from tests.sweep_runs import finish
from tests.sweep_runs import same as same_result
from tests.test_spilling import text_of

LITTLE = Sizes(together=9000, section=2000, piece=1711, part=2000, words=2)
UNITS = ("byte", "char", "word", "word-marks", "space", "token")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Shards of unequal sizes, of which some say where documents end; and token ids, of which 0 ends a document."""
    path = tmp_path_factory.mktemp("loss")
    (path / "texts").mkdir()
    (path / "ids").mkdir()
    documents = [text_of(40 + 7 * i, seed=i) for i in range(40)]
    (path / "texts" / "0.jsonl").write_text("".join(json.dumps({"text": one}) + "\n" for one in documents))
    (path / "texts" / "1.txt").write_text(text_of(1500, 91) + text_of(30, 5), encoding="utf-8")
    (path / "texts" / "2.txt").write_text("two words", encoding="utf-8")
    some = np.minimum(np.random.default_rng(1).zipf(1.4, 9000), 500) % 90
    for i, part in enumerate(np.split(some, [200, 6000])):
        np.save(path / "ids" / f"{i}.npy", part.astype(np.uint16))
    return path


def plan_of(folder, unit, *, apart, **how) -> LossPlan:
    end = {"end_of_document": 0} if unit == "token" else {}
    files = (str(folder / ("ids" if unit == "token" else "texts")),)
    reading = ReadOptions(within_documents=apart, **end)
    return LossPlan(files=files, unit=unit, lengths=(1, 3), reading=reading, chunk=150, **how)


def by(workers, plan):
    """The result of a plan, by these workers."""
    with pytest.MonkeyPatch.context() as patch:

        @contextmanager
        def here(cluster, memory):
            yield ClusterRoom(workers=workers, sizes=LITTLE)

        patch.setattr(rooms, "room_on_cluster", here)
        return run_plan(plan, Execution(cluster="local:1"))


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize(("n", "unit"), list(zip((1, 2, 3, 7, 2, 3), UNITS, strict=True)))
def test_workers_teach_what_one_process_teaches(n, unit, apart, folder):
    """Losses, matches, exponents of windows, notes and, where larger parts are counted, what these foretell."""
    plan = plan_of(folder, unit, apart=apart, most=4000, from_counts=unit in ("byte", "word"))
    assert same_result(by(Here(n, 10**6, seed=n), plan), run_plan(plan))


@pytest.mark.verification
@pytest.mark.parametrize("n", [1, 2, 3, 7])
@pytest.mark.parametrize("unit", UNITS)
def test_any_number_of_workers_teaches_it(n, unit, folder):
    for apart in (False, True):
        plan = plan_of(folder, unit, apart=apart, most=4000, from_counts=unit in ("byte", "word"))
        assert same_result(by(Here(n, 10**6, seed=n, losses=0.01), plan), run_plan(plan))


def test_orders_that_are_exchanged_or_taught_twice_and_pieces_out_of_order_are_noticed(folder, monkeypatch):
    """The negative control of all tests above."""
    plan = plan_of(folder, "word", apart=False, most=4000, from_counts=True)
    expected = run_plan(plan)
    taught = teaching.lesson
    monkeypatch.setattr(teaching, "lesson", lambda text, course, shuffle: taught(text, course, (0, 1, 3, 2)[shuffle]))
    assert not same_result(by(Here(2), plan), expected)
    monkeypatch.setattr(teaching, "lesson", lambda text, course, shuffle: taught(text, course, min(shuffle, 2)))
    assert not same_result(by(Here(2), plan), expected)
    monkeypatch.undo()
    whole = teaching.whole
    monkeypatch.setattr(teaching, "whole", lambda unit, pieces: whole(unit, pieces[::-1]))
    assert not same_result(by(Here(2), plan), expected)


def test_words_are_numbered_in_the_order_in_which_they_appear():
    ids = np.array([3, 0, 3, 4, 1, 0, 2], np.int32)
    assert teaching.whole("word", [ids[:3], ids[3:]]).ids.tolist() == [0, 1, 0, 2, 3, 1, 4]


@pytest.mark.parametrize("what", ["vanishes", "changes"])
def test_a_shard_that_vanishes_or_changes_while_tasks_are_done_again(folder, tmp_path, what):
    texts = [text_of(2500, seed=i) for i in range(3)]
    room, units, said = read_and_lost(tmp_path, texts, LITTLE, what, text_of(2500, seed=9))
    with pytest.raises(InputError, match=said):
        measure_loss(units, school=teaching.school_of(room))


def test_what_workers_cannot_do_is_refused(tmp_path):
    assert "leave out --cluster, or name files" in refused("loss", "-", "--cluster", "local:1", input="a b c")
    assert "cluster must be local, local:N" in refused("loss", "x.txt", "--cluster", "locl")
    (tmp_path / "x.txt").write_text(text_of(300))
    with pytest.raises(InputError) as alone:
        run_plan(LossPlan(files=(str(tmp_path / "x.txt"),)))
    with pytest.raises(InputError) as found:
        by(Here(2), LossPlan(files=(str(tmp_path / "x.txt"),)))
    assert str(found.value) == str(alone.value)


@pytest.fixture(scope="module")
def scheduler():
    with three_workers() as address:
        yield address


def test_three_workers_of_dask_print_and_keep_the_same(folder, scheduler, tmp_path):
    flags = ["loss", str(folder / "texts"), "--length", "1", "--most", "4000", "--json", "--out"]
    one, many = tmp_path / "one.nc", tmp_path / "many.nc"
    printed = [run(*flags, str(one)).stdout, run(*flags, str(many), "--cluster", scheduler).stdout]
    assert printed[1].replace("many.nc", "one.nc") == printed[0]
    assert same_result(one, many)


@pytest.mark.verification
@pytest.mark.parametrize("workers", [1, 3])
def test_processes_print_the_same(folder, tmp_path, workers):
    flags = [str(folder / "texts"), "--length", "1,2", "--json"]
    done = finish(*flags, f"--cluster=local:{workers}", cwd=tmp_path, command="loss")
    assert done.stdout == run("loss", *flags).stdout
    assert finish("--loss", *flags, "--cluster=local:1", cwd=tmp_path, command="corpus").stdout == done.stdout
