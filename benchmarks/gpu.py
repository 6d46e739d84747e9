"""Rates of the CUDA backend, beside CuPy's own sampler and unique; run as ``python benchmarks/gpu.py``.

Each row draws a corpus and counts its distinct types, without and with the spectrum of multiplicities; the peer is
``cupy.random.zipf`` (for a listed law: ``cupy.searchsorted`` in the cumulative masses) followed by ``cupy.unique``
with counts, at `--peer-draws` draws, since it holds every one of them. Times are medians of `RUNS` after a warm-up,
by the wall, everything from the upload of the tables to the counts on the host included.

Answers are checked as well as clocks: at a million draws the counts must be those of the `cpu` backend to the last
one, and at full size the number of distinct types lies within five standard deviations of its expectation. Exits 1
where one of these fails. `--tune` times blocks, threads and registers instead; `--save` writes JSON into
``benchmarks/results/``. Without a device it says so in one sentence.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

import bounds
from bounds.spectrum import FrequencySpectrum
from simulate.backends import cpu, gpu
from simulate.sampling import build_sampler
from simulate.stream import Stream

SOURCES = ["zipf:1.1,types=1e6", "zipf:1.05", "zipf:1.2", "zipf:1.5", "zipf:1.724"]
RUNS = 3
CHECKED = 1_000_000
MOST_DEVIATIONS = 5.0
STREAM = Stream(7, "tokens")
NO_EDGES = np.zeros(0, np.int64)
RESULTS = Path(__file__).parent / "results"


def main() -> None:
    arguments = _arguments()
    try:
        gpu.require_device()
    except ValueError as error:
        sys.exit(str(error))
    if arguments.tune:
        tune(arguments.draws)
        return
    print(f"{device_name()}: {arguments.draws:.3g} draws, peer {arguments.peer_draws:.3g}; rates in 1e9 draws a second")
    print(f"{'source':22s} {'distinct':>9s} {'spectrum':>9s} {'peer':>9s} {'ratio':>7s} {'z':>6s}  equal to cpu")
    rows = [measure(source, arguments.draws, arguments.peer_draws) for source in arguments.source or SOURCES]
    if arguments.save:
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"gpu-{time.strftime('%Y%m%d-%H%M%S')}.json"
        path.write_text(json.dumps({"schema_version": 1, "machine": machine(), "rows": rows}, indent=1) + "\n")
        print(path)
    sys.exit(0 if all(row["correct"] for row in rows) else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--draws", type=lambda text: int(float(text)), default=10**9, help="tokens of a corpus")
    parser.add_argument("--peer-draws", type=lambda text: int(float(text)), default=10**8, help="0: no peer")
    parser.add_argument("--source", action="append", help=f"default: {', '.join(SOURCES)}")
    parser.add_argument("--tune", action="store_true", help="time blocks, threads and registers")
    parser.add_argument("--save", action="store_true", help="write JSON into benchmarks/results/")
    return parser.parse_args()


def machine() -> dict[str, str]:
    """What the numbers were measured on."""
    known = {"python": platform.python_version()}
    for name in ("numba", "numba-cuda", "cupy-cuda12x", "cupy-cuda13x"):
        try:
            known[name] = version(name)
        except PackageNotFoundError:
            continue
    return {"device": device_name(), **known}


def device_name() -> str:
    from numba import cuda

    if cuda.config.ENABLE_CUDASIM:
        return "numba's CUDA simulator"
    name = cuda.get_current_device().name
    return name.decode() if isinstance(name, bytes) else str(name)


def seconds(work: Callable[[], object]) -> float:
    """Median of `RUNS` after one that compiles and allocates."""
    work()
    times = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def measure(source: str, n_draws: int, peer_draws: int) -> dict[str, object]:
    """One row of the table, printed and returned."""
    sampler = build_sampler(bounds.parse_source(source), n_draws)
    grid, edges = np.array([n_draws]), FrequencySpectrum.edges(n_draws)
    found = gpu.growth(sampler, grid, STREAM, edges=NO_EDGES).n_unique[0]
    deviation = math.sqrt(max(float(bounds.variance_unique(source, n_draws)), 1.0))
    row: dict[str, object] = {
        "source": source,
        "n_draws": n_draws,
        "n_unique": int(found),
        "z": (found - float(bounds.expected_unique(source, n_draws))) / deviation,
        "distinct_per_second": n_draws / seconds(lambda: gpu.growth(sampler, grid, STREAM, edges=NO_EDGES)),
        "spectrum_per_second": n_draws / seconds(lambda: gpu.growth(sampler, grid, STREAM, edges=edges)),
        "peer_per_second": peer_draws / seconds(lambda: peer(source, peer_draws)) if peer_draws else None,
        "equal": same_as_cpu(source, min(CHECKED, n_draws)),
    }
    row["correct"] = row["equal"] and abs(row["z"]) < MOST_DEVIATIONS
    rates = [row["distinct_per_second"], row["spectrum_per_second"], row["peer_per_second"] or math.nan]
    ratio = rates[1] / rates[2]
    print(
        f"{source:22s} {rates[0] / 1e9:9.3f} {rates[1] / 1e9:9.3f} {rates[2] / 1e9:9.3f} {ratio:6.1f}x "
        f"{row['z']:6.2f}  {'yes' if row['equal'] else 'NO'}"
    )
    return row


def peer(source: str, n_draws: int) -> int:
    """Distinct types of as many draws by CuPy alone; both its arrays are freed before the next run."""
    import cupy

    law = bounds.parse_source(source)
    if law.types is None:
        tokens = cupy.random.zipf(law.exponent, n_draws)
    else:
        cumulative = cupy.cumsum(cupy.arange(1, law.types + 1, dtype=cupy.float64) ** -law.exponent)
        tokens = cupy.searchsorted(cumulative, cupy.random.random(n_draws) * cumulative[-1])
    types, counts = cupy.unique(tokens, return_counts=True)
    n_unique = int(types.size)
    del tokens, types, counts
    cupy.get_default_memory_pool().free_all_blocks()
    return n_unique


def same_as_cpu(source: str, n_draws: int) -> bool:
    """Whether device and processor agree on every count, with room for the keys and without."""
    sampler = build_sampler(bounds.parse_source(source), n_draws)
    grid, edges = np.unique([1, n_draws // 3, n_draws]), FrequencySpectrum.edges(n_draws)
    expected = cpu.growth(sampler, grid, STREAM, edges=edges)
    return all(
        np.array_equal(found.n_unique, expected.n_unique) and np.array_equal(found.spectrum, expected.spectrum)
        for found in (gpu.growth(sampler, grid, STREAM, edges=edges, memory=m) for m in (None, n_draws * 8))
    )


def tune(n_draws: int) -> None:
    """Rates with a spectrum, in 1e9 draws a second, by registers of a thread, threads of a block, blocks at a time."""
    from numba import cuda

    from simulate.backends import gpu_kernels as kernels

    multiprocessors = getattr(cuda.get_current_device(), "MULTIPROCESSOR_COUNT", 1)
    grid, edges = np.array([n_draws]), FrequencySpectrum.edges(n_draws)
    for source in ("zipf:1.1,types=1e6", "zipf:1.05", "zipf:1.724"):
        sampler = build_sampler(bounds.parse_source(source), n_draws)
        for registers in (40, 64, 96, 128):
            kernels.COUNT[sampler.kind] = kernels.counting_kernel(kernels.DRAW[sampler.kind], registers)
            for threads, blocks in ((128, 8), (256, 2), (256, 4), (256, 8), (512, 2), (512, 4)):
                launch = (blocks * multiprocessors, threads)
                rate = n_draws / seconds(
                    lambda s=sampler, at=launch: gpu.growth(s, grid, STREAM, edges=edges, launch=at)
                )
                print(f"{source:22s} {registers:4d} registers {threads:4d} x {blocks} {rate / 1e9:9.3f}", flush=True)


if __name__ == "__main__":
    main()
