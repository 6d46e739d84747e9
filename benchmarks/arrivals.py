"""Growth curves of the fast engines against named peers; run as ``python benchmarks/arrivals.py``.

Both sides of a comparison are run in turn, in one process on one thread, and the median of the ratios of their CPU
times is printed with their spread; times are seconds for one curve, and for one sweep with its fits in the last rows.
Answers are checked as well as clocks: the mean of either side is compared with its expectation, in standard errors.
The table is written as JSON to ``benchmarks/results/arrivals.json``; exits 1 where a ratio misses half of its target
or an answer is more than five standard errors off.
"""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numba
import numpy as np

import bounds
from bounds.base.keeping.targets import write_text
from bounds.base.quantities import log_spaced
from simulate import sweep
from simulate.drawing.stream import Stream
from simulate.engines.choice import Engine, build_engine
from simulate.studies.sweep.plan import DEFAULT_N_DRAWS, DEFAULT_SOURCES

RESULTS = Path(__file__).parent / "results" / "arrivals.json"
PY = "pitman-yor:0.58,concentration=10"
CURVES = 4096
Work = Callable[[int], np.ndarray]
"""Takes the number of a run, returns counts of shape (replicate, size); the last size is checked."""


@numba.njit
def seat_in_sequence(d, theta, n, rng):
    """Chinese restaurant, customer by customer: copy the table of a random earlier one, or found a table."""
    table = np.empty(n, np.int32)
    size = np.zeros(n, np.int32)
    table[0], size[0], k = 0, 1, 1
    for i in range(1, n):
        x = rng.random() * (i + theta)
        chosen = table[int(x)] if x < i else k
        # A table weighs d less than its customers; what they are short of founds a new one.
        if chosen < k and rng.random() * size[chosen] < d:
            chosen = k
        k += chosen == k
        table[i] = chosen
        size[chosen] += 1
    return k


@cache
def engine(name: str, source: str, grid: tuple[int, ...]) -> Engine:
    return build_engine(name, bounds.parse_source(source), np.array(grid, np.int64))


def sizes(last: int, points: int = 41) -> tuple[int, ...]:
    return log_spaced(min(1000, last), last, points)


def drawn(name: str, source: str, grid: tuple[int, ...], replicates: int = 1) -> Work:
    """Curves of an engine of this project; set-up is made once, before the clock starts."""

    def work(run: int) -> np.ndarray:
        return engine(name, source, grid).draw(Stream(run, name), replicates)[0]

    return work


def set_up(name: str, source: str, grid: tuple[int, ...]) -> Work:
    def work(run: int) -> np.ndarray:
        path = build_engine(name, bounds.parse_source(source), np.array(grid, np.int64))
        return path.draw(Stream(run, name), 1)[0]

    return work


def in_sequence(n: int) -> Work:
    def work(run: int) -> np.ndarray:
        return np.array([[seat_in_sequence(0.58, 10.0, n, np.random.default_rng(run))]])

    return work


def prefixes(exponent: float, grid: tuple[int, ...]) -> Work:
    """The usual way: draw every token, sort every prefix."""

    def work(run: int) -> np.ndarray:
        tokens = np.random.default_rng(run).zipf(exponent, grid[-1])
        return np.array([[len(np.unique(tokens[:n])) for n in grid]])

    return work


def swept(sources: tuple[str, ...], n_draws: str, replicates: int) -> Work:
    """A whole sweep: draws, expectations and fits. The counts of its first source are checked."""

    def work(run: int) -> np.ndarray:
        found = sweep(sources=sources, n_draws=n_draws, replicates=replicates, seed=run)
        return found.n_unique.isel(source=0).transpose("replicate", "n_draws").values

    return work


@dataclass(frozen=True)
class Comparison:
    name: str
    source: str
    ours: Work
    peer: Work
    n_draws: tuple[int, int]
    target: float
    """Least ratio of the peer's time to ours."""
    runs: int = 5
    curves: tuple[int, int] = (1, 1)
    """Drawn in one run, by ours and by the peer; times are those of one curve."""


LAST = 2**63 - 1
COMPARISONS = [
    Comparison("PY steps / sequential CRP", PY, drawn("gauss", PY, sizes(10**7)), in_sequence(10**7),
               (10**7, 10**7), 400, runs=3),
    Comparison("PY types / sequential CRP", PY, drawn("types", PY, sizes(10**7)), in_sequence(10**7),
               (10**7, 10**7), 20, runs=3),
    Comparison("PY steps, 2^63 / 1e7", PY, drawn("gauss", PY, sizes(LAST), 100), drawn("gauss", PY, sizes(10**7), 100),
               (LAST, 10**7), 1 / 1.3, curves=(100, 100)),
    Comparison("types / tokens, s=1.5, D=1e8", "zipf:1.5", drawn("types", "zipf:1.5", sizes(10**8)),
               drawn("tokens", "zipf:1.5", sizes(10**8)), (10**8, 10**8), 40, runs=3),
    Comparison("types / tokens, s=1.2, D=1e7", "zipf:1.2", drawn("types", "zipf:1.2", sizes(10**7)),
               drawn("tokens", "zipf:1.2", sizes(10**7)), (10**7, 10**7), 3),
    Comparison("types / np.unique, s=1.5, D=1e6", "zipf:1.5", drawn("types", "zipf:1.5", sizes(10**6, 60)),
               prefixes(1.5, sizes(10**6, 60)), (10**6, 10**6), 100),
    Comparison("gauss / types, s=1.5, D=1e8", "zipf:1.5", drawn("gauss", "zipf:1.5", sizes(10**8, 61)[20:], CURVES),
               drawn("types", "zipf:1.5", sizes(10**8)), (10**8, 10**8), 5000, curves=(CURVES, 1)),
    Comparison("gauss, 2^63 / 1e6", "zipf:1.5", drawn("gauss", "zipf:1.5", sizes(LAST)[8:], CURVES),
               drawn("gauss", "zipf:1.5", sizes(10**6, 49)[16:], CURVES), (LAST, 10**6), 1 / 1.3,
               curves=(CURVES, CURVES)),
    Comparison("gauss set-up, 2^63 / 1e6", "zipf:1.5", set_up("gauss", "zipf:1.5", sizes(LAST)[8:]),
               set_up("gauss", "zipf:1.5", sizes(10**6, 49)[16:]), (LAST, 10**6), 1 / 1.3),
]  # fmt: skip

ABSOLUTE = [
    ("types, s=1.5, D=1e9", "zipf:1.5", drawn("types", "zipf:1.5", sizes(10**9)), 10**9, 1, 0.6),
    ("gauss, 41 points, D=2^63", "zipf:1.2", drawn("gauss", "zipf:1.2", sizes(LAST), CURVES), LAST, CURVES, 1e-5),
    ("PY steps, D=2^63", PY, drawn("gauss", PY, sizes(LAST), 100), LAST, 100, 2e-3),
    (
        "sweep, 3 sources, 1e18, 1000 corpora",
        "zipf:1.5",
        swept(("zipf:1.5", "zipf:1.2", PY), "1e6:1e18:13", 1000),
        10**18,
        1,
        60,
    ),
    ("default sweep", DEFAULT_SOURCES[0], swept(DEFAULT_SOURCES, DEFAULT_N_DRAWS, 32), 10**6, 1, 60),
]
"""Name, source, work, size, curves of a run, most seconds of CPU time for one of them. Sweeps count all threads."""


def seconds(work: Work, run: int) -> tuple[float, np.ndarray]:
    begin = time.process_time()
    counts = work(run)
    return time.process_time() - begin, counts[:, -1]


def z(source: str, n_draws: int, counts: list[np.ndarray]) -> float:
    values = np.concatenate(counts)
    mean, variance = float(bounds.expected_unique(source, n_draws)), float(bounds.variance_unique(source, n_draws))
    return (float(values.mean()) - mean) / math.sqrt(variance / len(values))


def compare(one: Comparison) -> dict[str, Any]:
    for work in (one.ours, one.peer):
        work(10**6)  # compiles and sets up
    ratios, times = [], []
    counts: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for run in range(one.runs):
        (ours, mine), (peer, theirs) = seconds(one.ours, run), seconds(one.peer, run + 1000)
        ours, peer = ours / one.curves[0], peer / one.curves[1]
        ratios.append(peer / ours)
        times.append((ours, peer))
        counts[0].append(mine)
        counts[1].append(theirs)
    median = statistics.median(ratios)
    answers = [z(one.source, n, values) for n, values in zip(one.n_draws, counts, strict=True)]
    return {
        "name": one.name,
        "ours_s": statistics.median(ours for ours, _ in times),
        "peer_s": statistics.median(peer for _, peer in times),
        "ratio": median,
        "least": min(ratios),
        "most": max(ratios),
        "target": one.target,
        "z": answers,
        "ok": median >= one.target / 2 and max(map(abs, answers)) < 5,
    }


def clock(name: str, source: str, work: Work, n_draws: int, curves: int, most: float) -> dict[str, object]:
    work(10**6)
    taken = [seconds(work, run) for run in range(3)]
    each = statistics.median(t for t, _ in taken) / curves
    answer = z(source, n_draws, [counts for _, counts in taken])
    ok = each < 2 * most and abs(answer) < 5
    return {"name": name, "seconds_per_curve": each, "target": most, "z": answer, "ok": ok}


def main() -> None:
    heads = ("ours, s", "peer, s", "ratio", "least", "most", "target")
    print(f"{'ours / peer':36s}" + "".join(f"{head:>9s}" for head in heads) + "   z, z")
    rows = []
    for one in COMPARISONS:
        row = compare(one)
        rows.append(row)
        print(f"{row['name']:36s} {row['ours_s']:8.2g} {row['peer_s']:8.2g} {row['ratio']:8.3g} {row['least']:8.3g} "
              f"{row['most']:8.3g} {row['target']:8.2g}  {row['z'][0]:5.1f}{row['z'][1]:5.1f}"
              f"{'' if row['ok'] else '  MISSED'}", flush=True)  # fmt: skip
    for entry in ABSOLUTE:
        row = clock(*entry)
        rows.append(row)
        print(f"{row['name']:36s} {row['seconds_per_curve']:9.2g} s, target {row['target']:.2g}, "
              f"z {row['z']:.1f}{'' if row['ok'] else '  MISSED'}")  # fmt: skip
    made = {
        "schema_version": 1,
        "machine": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "load": os.getloadavg(),
        "versions": {"numpy": np.__version__, "numba": numba.__version__, "python": platform.python_version()},
        "rows": rows,
    }
    RESULTS.parent.mkdir(exist_ok=True)
    write_text(RESULTS, json.dumps(made, indent=1) + "\n")
    print(RESULTS)
    sys.exit(0 if all(row["ok"] for row in rows) else 1)


if __name__ == "__main__":
    main()
