"""What tasks of a count on workers hold at a time: what they were given and what they make, within their memory."""

from __future__ import annotations

import os
import sys
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from simulate import measure_corpus
from simulate.text import ReadOptions
from simulate.text.shards import reading, room
from simulate.text.shards.room import Sizes
from tests.shard_workers import Here, Task
from tests.test_cluster import children
from tests.test_shards import equal, on

MEMORY = 2_000_000
SIZES = Sizes(together=1 << 30, section=1 << 30, piece=1 << 16, part=1000)
COUNTS = ("keyed", "part_of", "between", "counted", "counted_on", "ended", "found_for", "looked_up", "numbered",
          "words_of", "named", "ids_for", "numbers")  # fmt: skip


class Measured(Here):
    """Workers that note the bytes of what each kind of task was given and made at most, those of compiled loops not."""

    def __init__(self, memory: int) -> None:
        super().__init__(2, memory)
        self.most = dict.fromkeys(COUNTS, 0)

    def do(self, what, *given, first=0.0):
        def measured(*found):
            tracemalloc.start()
            made = what(*found)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            self.most[what.__name__] = max(self.most[what.__name__], peak + sum(map(n_bytes, found)))
            return made

        task = super().do(what, *given, first=first)
        if what.__name__ in COUNTS:
            task = self.tasks[-1] = Task(measured, given)
        return task


def n_bytes(one) -> int:
    if isinstance(one, np.ndarray):
        return one.nbytes
    if isinstance(one, list | tuple):
        return sum(map(n_bytes, one))
    return sys.getsizeof(one)


@pytest.fixture(scope="module")
def uneven(tmp_path_factory):
    """A text of which half is one letter, and a quarter that letter in a row."""
    rng = np.random.default_rng(3)
    letters = rng.integers(97, 123, 400_000).astype(np.uint8)
    letters[rng.random(len(letters)) < 0.3] = 97
    letters[150_000:250_000] = 97
    path = tmp_path_factory.mktemp("uneven") / "x.txt"
    path.write_bytes(letters.tobytes())
    return path


def measured(path, **how) -> Measured:
    workers = Measured(MEMORY)
    expected = measure_corpus(path, unit="byte", length=[1, 3, 14, 20], **how)
    for one in (Here(2, MEMORY), workers):  # loops are loaded in the first round, which takes memory of its own
        assert equal(on(one, path, "byte", (1, 3, 14, 20), SIZES, **how), expected)
    return workers


@pytest.mark.parametrize("how", [{}, {"order": "shuffled-chunks", "chunk": 1000}], ids=["file", "shuffled"])
def test_a_task_of_a_count_stays_within_its_memory(uneven, how):
    """Though some windows are there so often that no parts by hash are of one size; longer ones have ids."""
    workers = measured(uneven, **how)
    assert min(workers.most[name] for name in ("counted", "counted_on", "ended", "looked_up")) > 0
    assert max(workers.most.values()) <= 1.1 * MEMORY, workers.most


def test_parts_that_are_counted_at_once_however_large_they_are_are_noticed(uneven, monkeypatch):
    """The negative control."""
    monkeypatch.setattr(room, "_UNEVEN", 1 << 30)
    workers = measured(uneven)
    assert workers.most["counted_on"] == 0
    assert max(workers.most.values()) > 2 * MEMORY


def test_words_are_numbered_within_the_memory_of_a_task(tmp_path):
    """Of which each file has others."""
    for i in range(12):
        (tmp_path / f"{i:02}.txt").write_text(" ".join(f"w{i}x{j}" for j in range(8000)))
    how = {"sizes": Sizes(together=1, piece=1 << 14, words=1), "lengths": (1, 2)}
    expected = measure_corpus(tmp_path, length=[1, 2])
    for workers in (Here(1, MEMORY), few := Measured(MEMORY), many := Measured(100 * MEMORY)):
        assert equal(on(workers, tmp_path, **how), expected)
    assert few.most["named"] <= 1.1 * MEMORY, few.most
    assert many.most["named"] > 1.1 * MEMORY  # and there is something to cut


def test_workers_know_what_they_hold(uneven):
    """Dask asks what tasks gave how large it is, and puts it into files beyond a part of its memory."""
    pytest.importorskip("distributed")
    from dask.sizeof import sizeof

    shard = reading.read([str(uneven)], "byte", ReadOptions())
    assert sizeof(shard) >= shard.ids.nbytes == 400_000


@pytest.mark.verification
@pytest.mark.parametrize(("unit", "lengths"), [("word", [1, 2]), ("byte", [1, 2, 24]), ("char", [3])])
def test_processes_stay_within_the_memory_that_they_are_given(tmp_path, unit, lengths):
    """As the kernel says, of a text of which workers cannot hold the windows."""
    rng = np.random.default_rng(7)
    words = np.array([f"{'ab'[i % 2]}{i:x}" for i in range(400_000)])
    with open(tmp_path / "x.txt", "w") as file:
        for _ in range(20):
            file.write(" ".join(words[np.minimum(rng.zipf(1.2, 500_000), len(words)) - 1]) + "\n")
    before, most, over = set(children(os.getpid())), dict[int, int](), threading.Event()

    def look():
        while not over.wait(0.2):
            for one in set(children(os.getpid())) - before:
                most[one] = max(most.get(one, 0), peak_of(one))

    watch = threading.Thread(target=look)
    watch.start()
    try:
        found = measure_corpus(tmp_path / "x.txt", unit=unit, length=lengths, cluster="local:2", memory="600MiB")
    finally:
        over.set()
        watch.join()
    assert len(most) >= 2
    assert max(most.values()) <= 600 << 20, {one: n >> 20 for one, n in most.items()}
    expected = measure_corpus(tmp_path / "x.txt", unit=unit, length=lengths)
    assert all(np.array_equal(one.n_unique, two.n_unique) for one, two in zip(found, expected, strict=True))


def peak_of(process: int) -> int:
    """Bytes of memory that a process has had at most."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM")), 0)
