"""The tokens engine beside its peers; run as ``python benchmarks/tokens.py [--quick]``.

Ours and the peer run in turn in one process, a few times; the table shows the median of the ratios with the least and
the largest. One thread: processor time. Two threads: the clock on the wall. Every answer is checked as well: counts
against `bounds`, or equal to the last one where both saw the same tokens. Below a row that is short of its target
stands why, in numbers that are measured there and then. The table is written as JSON to
``benchmarks/results/tokens.json``; the command ends with 1 where a ratio falls short of half its target or an answer
is wrong.
"""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numba
import numpy as np
from scipy.special import zeta

from bounds import expected_unique, parse_source, variance_unique
from bounds.base.keeping.targets import write_text
from simulate.drawing.backends import cpu
from simulate.drawing.stream import Stream
from simulate.drawing.tables import OPEN, Sampler, build_sampler

RESULTS = Path(__file__).parent / "results" / "tokens.json"
NO_EDGES = np.empty(0, np.int64)
N_DRAWS = 4_000_000
MEMORY_LIMIT = 1 << 30
HEADER = f"{'item':40s} {'peer':30s} {'median':>7s} {'least':>7s} {'most':>7s} {'target':>7s} {'M/s, ours':>9s}"


@dataclass(frozen=True)
class Row:
    """One comparison: how many times as fast as the peer we are."""

    item: str
    peer: str
    ratio: float
    least: float
    largest: float
    target: float
    ours_per_second: float
    peer_per_second: float
    right: bool
    why_short: str


def compare(
    item: str,
    peer: str,
    target: float,
    n: int,
    ours: Callable[[int], Any],
    theirs: Callable[[int], Any],
    check: Callable[[Any, Any], bool],
    *,
    rounds: int,
    why: Callable[[float, float], str],
    clock: Callable[[], float] = time.process_time,
    besides: Callable[[int], object] | None = None,
) -> Row:
    """Run `ours` and `theirs` in turn, with the number of the round; `n` tokens each.

    `why` takes the seconds of both, medians, and says what keeps a row from its target. `besides` is what ours does and
    theirs need not: it is run by itself, and its time taken off ours.
    """
    ours(0), theirs(0)  # compiles, and touches the memory
    seconds, right = [], True
    for round_ in range(1, rounds + 1):
        begin = clock()
        mine = ours(round_)
        middle = clock()
        other = theirs(round_)
        end = clock()
        more = 0.0
        if besides is not None:
            besides(round_)
            more = clock() - end
        seconds.append((middle - begin - more, end - middle))
        right &= bool(check(mine, other))
    ratios = [slow / fast for fast, slow in seconds]
    median, (fast, slow) = statistics.median(ratios), map(statistics.median, zip(*seconds, strict=True))
    short = why(fast, slow) if median < target else ""
    row = Row(item, peer, median, min(ratios), max(ratios), target, n / fast, n / slow, right, short)
    print(
        f"{row.item:40s} {row.peer:30s} {row.ratio:7.2f} {row.least:7.2f} {row.largest:7.2f} {row.target:7.2f} "
        f"{row.ours_per_second / 1e6:9.1f}  {'' if right else 'WRONG ANSWER'}",
        flush=True,
    )
    if short:
        print(f"    short: {short}", flush=True)
    return row


def median_seconds(work: Callable[[int], object]) -> float:
    """Processor time of `work`, the median of five after one that compiles."""
    work(0)
    times = []
    for round_ in range(1, 6):
        begin = time.process_time()
        work(round_)
        times.append(time.process_time() - begin)
    return statistics.median(times)


def random_integers(n: int) -> float:
    """Seconds for `n` random values and nothing else to speak of: a flat law of 2^62 types."""
    flat = build_sampler(parse_source("uniform:4611686018427387904"), n)
    return median_seconds(lambda r: cpu.draw(flat, n, stream(r)))


def stream(replicate: int) -> Stream:
    return Stream(20261120, "tokens", 1, replicate)


def sampling(rounds: int) -> list[Row]:
    """Ranks alone, as an array."""
    rows, n = [], 1_000_000
    rng = np.random.default_rng(1)
    cases = [("zipf:1.2,types=1e6", 1.2, 10), ("zipf:1.05", 1.05, 6), ("zipf:1.2", 1.2, 12), ("zipf:1.5", 1.5, 20)]
    for source, s, target in cases:
        law = parse_source(source)
        sampler = build_sampler(law, n)
        share = 1 / (zeta(s, 1) - (zeta(s, 1 + law.types) if law.types else 0))

        # numpy draws anew where a rank has more than 63 bits. At s = 1.05 that is one draw in eight, and its share of
        # rank 1 (0.0527) is that of neither the law (0.0486) nor the law cut at 2^63 (0.0546): ours alone is checked.
        clipped = 1 / (zeta(s, 1) - zeta(s, 2.0**63)) if s > 1.1 else None

        def ours(r: int, sampler: Sampler = sampler) -> np.ndarray:
            return cpu.draw(sampler, n, stream(r))

        def theirs(r: int, s: float = s) -> np.ndarray:
            return rng.zipf(s, n)

        def right(mine: object, other: object, share: float = share, clipped: float | None = clipped) -> bool:
            """The share of rank 1 in both, to six standard errors."""
            return all(
                abs(np.mean(found == first) - p) < 6 * math.sqrt(p / n)
                for found, first, p in ((mine, 0, share), (other, 1, clipped))
                if p is not None
            )

        rows.append(
            compare(
                f"ranks, {source}",
                f"Generator.zipf({s})",
                target,
                n,
                ours,
                theirs,
                right,
                rounds=rounds,
                why=lambda fast, slow: f"{share_of_integers(n, fast)}; Generator.zipf makes {n / slow / 1e6:.1f} M/s",
            )
        )
    return rows


def share_of_integers(n: int, fast: float) -> str:
    alone = random_integers(n)
    return f"random integers alone make {n / alone / 1e6:.0f} M/s, {alone / fast:.0%} of our time"


def probabilities(s: float, types: int) -> np.ndarray:
    p = np.arange(1, types + 1) ** -s
    return p / p.sum()


def counting(rounds: int) -> list[Row]:
    """Draw a corpus of a finite law and count its types."""
    rows, n, types = [], N_DRAWS, 1_000_000
    rng = np.random.default_rng(2)
    for s, target in ((0.9, 16), (1.2, 16), (1.5, 8)):
        law = parse_source(f"zipf:{s},types={types}")
        sampler, p = build_sampler(law, n), probabilities(s, types)
        mean, deviation = float(expected_unique(law, n)), float(variance_unique(law, n)) ** 0.5

        def ours(r: int, sampler: Sampler = sampler) -> int:
            return int(cpu.growth(sampler, np.array([n]), stream(r), edges=NO_EDGES).n_unique[0])

        def theirs(r: int, p: np.ndarray = p) -> int:
            return len(np.unique(rng.choice(types, n, p=p)))

        def right(mine: int, other: int, mean: float = mean, deviation: float = deviation) -> bool:
            return all(abs(count - mean) < 6 * deviation for count in (mine, other))

        rows.append(
            compare(
                f"sample and count, {law}",
                "Generator.choice(p), np.unique",
                target,
                n,
                ours,
                theirs,
                right,
                rounds=rounds,
                why=lambda fast, slow: f"{share_of_integers(n, fast)}; the peer makes {n / slow / 1e6:.1f} M/s",
            )
        )
    return rows


def curves(rounds: int) -> list[Row]:
    """Sixty points of one corpus of known tokens, for the peer; ours draws them as well."""
    n = 2_000_000
    sampler = build_sampler(parse_source("zipf:1.2,types=1e6"), n)
    rows = []
    grids = {"even": np.linspace(n / 60, n, 60), "log": np.geomspace(1000, n, 60)}
    for spacing, points in grids.items():
        grid = np.unique(points.astype(np.int64))
        tokens = {r: cpu.draw(sampler, n, stream(r)).astype(np.int64) for r in range(rounds + 1)}

        def per_prefix(r: int, grid: np.ndarray = grid, tokens: dict[int, np.ndarray] = tokens) -> np.ndarray:
            return np.array([len(np.unique(tokens[r][:size])) for size in grid])

        def at_points(r: int, grid: np.ndarray = grid) -> np.ndarray:
            return cpu.growth(sampler, grid, stream(r), edges=NO_EDGES).n_unique

        def at_all(r: int, grid: np.ndarray = grid) -> np.ndarray:
            return np.searchsorted(cpu.first_draws(sampler, n, stream(r)), grid)

        def why(fast: float, slow: float, grid: np.ndarray = grid) -> str:
            keys = median_seconds(lambda replicate: cpu.draw(sampler, n, stream(replicate)))
            read = grid.sum() / n
            return (
                f"the peer reads {read:.1f} corpora for its {len(grid)} prefixes, a ratio of {slow / fast / read:.1f} "
                f"each; to draw the tokens and count nothing would be {slow / keys:.0f} times as fast as the peer"
            )

        for which, ours in (("60", at_points), ("all", at_all)):
            item, few = f"{which} points ({spacing})", min(rounds, 3)
            peer = "np.unique per prefix"
            rows.append(compare(item, peer, 120, n, ours, per_prefix, np.array_equal, rounds=few, why=why))
    return rows


@numba.njit
def gather(table: np.ndarray, n: int, seed: int) -> np.uint64:
    """Nothing but random reads: the sum of `n` entries."""
    state, total, size = np.uint64(seed), np.uint64(0), np.uint64(len(table))
    for _ in range(n):
        state = state * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
        total += table[((state >> np.uint64(32)) * size) >> np.uint64(32)]
    return total


def machine(rounds: int) -> list[Row]:
    """What the machine could do: random reads."""
    n, types = 4 * N_DRAWS, 10_000_000
    table = np.arange(types, dtype=np.uint64)
    law = parse_source(f"zipf:0.9,types={types}")
    sampler = build_sampler(law, n)
    mean, deviation = float(expected_unique(law, n)), float(variance_unique(law, n)) ** 0.5

    def grow(r: int, threads: int = 1) -> int:
        return cpu.growth(sampler, np.array([n]), stream(r), edges=NO_EDGES, threads=threads).n_unique[0]

    def right(mine: int, other: object) -> bool:
        return abs(mine - mean) < 6 * deviation

    def parts(fast: float, slow: float) -> str:
        reads, integers = (
            s / fast for s in (median_seconds(lambda r: gather(sampler.alias, n, r)), random_integers(n))
        )
        return (
            f"random reads of our table ({sampler.alias.nbytes / 1e6:.0f} MB) alone take {reads:.0%} of our time, "
            f"random integers {integers:.0%}, the bits of the types what is left"
        )

    return [
        compare(
            "draw and count, 1e7 types",
            "random reads of 80 MB",
            0.75,
            n,
            grow,
            lambda r: gather(table, n, r + 1),
            right,
            rounds=rounds,
            why=parts,
        )
    ]


def threads(rounds: int) -> list[Row]:
    """Twice the threads.

    On a machine that others use, the wall clock says little of threads; a ratio of processor times above 0.65 says that
    two free cores would be 1.3 times as fast as one.
    """
    rows, n = [], 4 * N_DRAWS
    for source in ("zipf:0.9,types=1e7", "zipf:1.05"):
        tables = build_sampler(parse_source(source), n)
        grid = np.array([n])

        def count(r: int, threads: int, tables: Sampler = tables, grid: np.ndarray = grid) -> int:
            return cpu.growth(tables, grid, stream(r), edges=NO_EDGES, threads=threads).n_unique[0]

        def processors(fast: float, slow: float, count: Callable[..., int] = count) -> str:
            wall, work = time.perf_counter(), time.process_time()
            count(1, 2)
            share = (time.process_time() - work) / (time.perf_counter() - wall)
            return f"two threads were given {share:.2f} processors, at a load of {os.getloadavg()[0]:.1f}"

        for how, target, clock in (("wall clock", 1.3, time.perf_counter), ("processor time", 0.65, time.process_time)):
            rows.append(
                compare(
                    f"two threads, {source}",
                    f"one thread ({how})",
                    target,
                    n,
                    partial(count, threads=2),
                    partial(count, threads=1),
                    lambda mine, other: mine == other,
                    rounds=rounds,
                    why=processors,
                    clock=clock,
                )
            )
    return rows


def limits() -> dict[str, float]:
    """What bounds the rows above on this machine, each by itself."""
    n = 1_000_000
    found = {"random integers alone, M/s": n / random_integers(n) / 1e6}
    for megabytes in (40, 80, 134):
        table = np.arange(megabytes * 125_000, dtype=np.uint64)
        reads = median_seconds(partial(gather, table, N_DRAWS))
        found[f"a random read of {megabytes} MB, ns"] = reads / N_DRAWS * 1e9
    for source in ("zipf:1.05", "zipf:1.2", "zipf:1.5"):
        found[f"share of draws that one look settles, {source}"] = np.mean(
            build_sampler(parse_source(source), n).settled != OPEN
        )
    n_draws = 2_000_000
    for spacing, points in (("even", np.linspace(n_draws / 60, n_draws, 60)), ("log", np.geomspace(1000, n_draws, 60))):
        found[f"corpora that the peer reads for 60 points ({spacing})"] = float(points.sum()) / n_draws
    for name, value in found.items():
        print(f"{name}: {value:.4g}", flush=True)
    return {name: float(value) for name, value in found.items()}


MEMORY = """
import sys
import numpy as np
from bounds import parse_source
from simulate.drawing.backends import cpu
from simulate.drawing.tables import build_sampler
from simulate.drawing.stream import Stream
source, n = sys.argv[1], int(float(sys.argv[2]))
grid = np.unique(np.geomspace(1000, n, 60).astype(np.int64))
cpu.growth(build_sampler(parse_source(source), n), grid, Stream(1, "tokens"), edges=np.empty(0, np.int64))
# Not getrusage: a child begins with the peak of its parent.
print(next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def memory(n_draws: float) -> dict[str, int]:
    """Largest resident memory of a process that draws a curve of 60 points, imports included, in bytes."""
    peaks = {}
    for source in ("zipf:1.5", "zipf:1.2,types=1e7"):
        command = [sys.executable, "-c", MEMORY, source, str(n_draws)]
        peaks[source] = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        print(f"memory of a curve, {source}, {n_draws:.0e} draws: {peaks[source] / 2**20:.0f} MiB (limit 1024)")
    return peaks


def save(path: Path, rounds: int, rows: list[Row], **more: dict[str, float] | dict[str, int]) -> None:
    """Write the rows and what they were measured on."""
    made = {
        "machine": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "load": os.getloadavg(),
        "versions": {"numpy": np.__version__, "numba": numba.__version__, "python": platform.python_version()},
        "rounds": rounds,
        "rows": [asdict(row) for row in rows],
        **more,
    }
    path.parent.mkdir(exist_ok=True)
    write_text(path, json.dumps(made, indent=1) + "\n")
    print(path)


def main() -> None:
    quick = "--quick" in sys.argv[1:]
    rounds = 3 if quick else 7
    print(HEADER)
    rows = [row for part in (sampling, counting, curves, machine, threads) for row in part(rounds)]
    peaks = memory(1e7 if quick else 1e9)
    bounded_by = limits()
    save(RESULTS, rounds, rows, limits=bounded_by, memory=peaks)
    fails = [row for row in rows if not row.right or row.ratio < row.target / 2]
    sys.exit(bool(fails) or max(peaks.values()) > MEMORY_LIMIT)


if __name__ == "__main__":
    main()
