"""Two Dask workers beside one, on shards of very unequal sizes; run as
``python benchmarks/workers.py [--quick | --large]``.

Both sides are whole processes, start and workers included, by the clock on the wall, and print the same numbers. The
eight files hold 360 MB of drawn words, the largest of them a third and the smallest a hundredth. Processor time of all
processes is told as well: what two workers take beyond one is what they say to each other. With ``--quick`` files are
a tenth as large; with ``--large`` three times as large, and no file is written. Exits 1 where the ratio falls short of
half its target or an answer is wrong.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from corpora import N_WORDS, children, text
from tokens import HEADER, RESULTS, compare, save

PARTS = (14, 9, 7, 5, 3, 2, 1, 1)
"""Millions of words in each file."""

LENGTHS = "1,2,4"
ROUNDS = 3
TARGET = 1.6


def shards(folder: Path, n: int) -> None:
    """Write the files, of `n` words in all."""
    whole = folder / "words.txt"
    text(whole, n)
    lines, size = whole.stat().st_size, sum(PARTS)
    with whole.open("rb") as file:
        for i, part in enumerate(PARTS):
            (folder / f"part-{i}.txt").write_bytes(file.read(lines * part // size) + file.readline())
    whole.unlink()


def count(folder: Path, workers: int, used: dict[int, list[float]]) -> list[int]:
    """Distinct windows of each length, by the command; notes the processor time of all processes."""
    begin = children()
    flags = ("--length", LENGTHS, "--extrapolate", "none", "--json", f"--cluster=local:{workers}")
    command = [sys.executable, "-m", "simulate", "corpus", str(folder), *flags]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    used.setdefault(workers, []).append(children() - begin)
    return [row["n_unique"] for row in json.loads(done.stdout)["rows"]]


def main() -> None:
    times = 0.1 if "--quick" in sys.argv[1:] else 3 if "--large" in sys.argv[1:] else 1
    n = round(times * sum(PARTS)) * N_WORDS
    used: dict[int, list[float]] = {}
    print(HEADER)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shards(folder, n)
        size = sum(path.stat().st_size for path in folder.iterdir())

        def why(fast: float, slow: float) -> str:
            two, one = (sorted(used[workers])[len(used[workers]) // 2] for workers in (2, 1))
            return f"two workers take {two:.1f} s of processors, one {one:.1f} s; load {os.getloadavg()[0]:.1f}"

        row = compare(
            f"windows of {LENGTHS} words, {size / 1e6:.0f} MB in 8 files", "one worker (wall clock)", TARGET, n,
            lambda r: count(folder, 2, used), lambda r: count(folder, 1, used), list.__eq__, rounds=ROUNDS, why=why,
            clock=time.perf_counter,
        )  # fmt: skip
    seconds = {f"{workers} workers": some[1:] for workers, some in used.items()}
    print("processor time, s:", {name: [round(one, 1) for one in some] for name, some in seconds.items()})
    if times == 1:
        save(
            RESULTS.with_name("workers.json"), ROUNDS, [row], processor_seconds={k: max(v) for k, v in seconds.items()}
        )
    sys.exit(not row.right or row.ratio < row.target / 2)


if __name__ == "__main__":
    main()
