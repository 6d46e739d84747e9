"""Rates of the CUDA backend, beside CuPy's own sampler and unique; run as ``python benchmarks/gpu.py``.

Each row draws a corpus and counts its distinct types, without and with the spectrum of multiplicities; the peer is
``cupy.random.zipf`` (for a listed law: ``cupy.searchsorted`` in the cumulative masses) followed by ``cupy.unique``
with counts, at `--peer-draws` draws, since it holds every one of them. Times are medians of `RUNS` after a warm-up,
by the wall, everything from the upload of the tables to the counts on the host included.

Then the keys of a stretch, from the device to the host, beside `cpu.draw` on one thread: what can be had at most are 8
bytes a key over the bus. And a suite of 16 models, which draws on the device and counts on the processor, beside the
same on the processor alone.

Answers are checked as well as clocks: at a million draws the counts must be those of the `cpu` backend to the last
one, at full size the number of distinct types lies within five standard deviations of its expectation, and keys and
suites must be the same to the last bit. Exits 1 where one of these fails. `--tune` times blocks, threads and registers
instead; `--save` writes JSON into ``benchmarks/results/``. Without a device it says so in one sentence.
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
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

import bounds
from bounds.base.keeping.targets import write_text
from bounds.base.spectrum import FrequencySpectrum
from simulate import run_suite
from simulate.drawing.backends import cpu, gpu
from simulate.drawing.stream import Stream
from simulate.drawing.tables import build_sampler
from simulate.studies.suite.plan import PYTHIA_STEPS

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
    sources = arguments.source or SOURCES
    rows = [measure(source, arguments.draws, arguments.peer_draws) for source in sources]
    if arguments.stretch:
        print(f"{'keys of ' + str(arguments.stretch):22s} {'device':>9s} {'cpu':>9s} {'ratio':>7s}  equal to cpu")
        rows += [measure_keys(source, arguments.stretch) for source in sources]
    if arguments.suite_draws:
        rows.append(measure_suite(arguments.suite_draws))
    if arguments.save:
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"gpu-{time.strftime('%Y%m%d-%H%M%S')}.json"
        write_text(path, json.dumps({"schema_version": 1, "machine": machine(), "rows": rows}, indent=1) + "\n")
        print(path)
    sys.exit(0 if all(row["correct"] for row in rows) else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for flag, default, text in (
        ("--draws", 10**9, "tokens of a corpus"),
        ("--peer-draws", 10**8, "0: no peer"),
        ("--stretch", 10**8, "keys of a stretch; 0: none"),
        ("--suite-draws", 3 * 10**7, "draws of a suite, at least 143,000; 0: none"),
    ):
        parser.add_argument(flag, type=whole, default=default, help=text)
    parser.add_argument("--source", action="append", help=f"default: {', '.join(SOURCES)}")
    parser.add_argument("--tune", action="store_true", help="time blocks, threads and registers")
    parser.add_argument("--save", action="store_true", help="write JSON into benchmarks/results/")
    arguments = parser.parse_args()
    if not arguments.draws:
        parser.error("--draws must be at least 1, got 0")
    return arguments


def whole(text: str) -> int:
    """A whole number that may be written as 1e9."""
    value = int(float(text))
    if value < 0 or value != float(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 on, such as 1e9")
    return value


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


def measure(source: str, n_draws: int, peer_draws: int) -> dict[str, Any]:
    """One row of the table, printed and returned."""
    sampler = build_sampler(bounds.parse_source(source), n_draws)
    grid, edges = np.array([n_draws]), FrequencySpectrum.edges(n_draws)
    found = gpu.growth(sampler, grid, STREAM, edges=NO_EDGES).n_unique[0]
    deviation = math.sqrt(max(float(bounds.variance_unique(source, n_draws)), 1.0))
    row: dict[str, Any] = {
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


def measure_keys(source: str, n_draws: int) -> dict[str, object]:
    """One row: keys of a stretch that begins at an odd draw far from the start, on the host."""
    sampler, first = build_sampler(bounds.parse_source(source), n_draws), 2**40 + 1
    device, processor = (
        n_draws / seconds(partial(backend.draw, sampler, n_draws, STREAM, first=first)) for backend in (gpu, cpu)
    )
    n = min(CHECKED, n_draws)
    equal = np.array_equal(*(backend.draw(sampler, n, STREAM, first=first) for backend in (gpu, cpu)))
    ratio, said = device / processor, "yes" if equal else "NO"
    print(f"{source:22s} {device / 1e9:9.3f} {processor / 1e9:9.3f} {ratio:6.1f}x  {said}")
    return {
        "source": source, "stretch": n_draws, "keys_per_second": device, "cpu_keys_per_second": processor,
        "correct": equal,
    }  # fmt: skip


def measure_suite(n_draws: int) -> dict[str, object]:
    """One row: a suite of one corpus of `zipf:1.5` at the checkpoints of Pythia, on each device."""
    plan = {"batch": max(1, n_draws // PYTHIA_STEPS[-1]), "replicates": 1}
    found = {device: run_suite("zipf:1.5", device=device, **plan) for device in ("gpu", "cpu")}
    equal = found["gpu"].equals(found["cpu"])
    took = {device: seconds(partial(run_suite, "zipf:1.5", device=device, **plan)) for device in found}
    print(
        f"suite, {plan['batch'] * PYTHIA_STEPS[-1]:.3g} draws: {took['gpu']:.2f} s, on the processor alone "
        f"{took['cpu']:.2f} s; {'equal' if equal else 'NOT EQUAL'}"
    )
    return {"suite": "zipf:1.5", **plan, "seconds": took["gpu"], "cpu_seconds": took["cpu"], "correct": equal}


def tune(n_draws: int) -> None:
    """Rates with a spectrum, in 1e9 draws a second, by registers of a thread, threads of a block, blocks at a time."""
    from numba import cuda

    from simulate.drawing.backends import gpu_kernels as kernels

    multiprocessors = getattr(cuda.get_current_device(), "MULTIPROCESSOR_COUNT", 1)
    grid, edges = np.array([n_draws]), FrequencySpectrum.edges(n_draws)
    for source in ("zipf:1.1,types=1e6", "zipf:1.05", "zipf:1.724"):
        sampler = build_sampler(bounds.parse_source(source), n_draws)
        for registers in (40, 64, 96, 128):
            kernels.COUNT[sampler.kind] = kernels.counting_kernel(kernels.DRAW[sampler.kind], registers)
            for threads, blocks in ((128, 8), (256, 2), (256, 4), (256, 8), (512, 2), (512, 4)):
                launch = (blocks * multiprocessors, threads)
                rate = n_draws / seconds(partial(gpu.growth, sampler, grid, STREAM, edges=edges, launch=launch))
                print(f"{source:22s} {registers:4d} registers {threads:4d} x {blocks} {rate / 1e9:9.3f}", flush=True)


if __name__ == "__main__":
    main()
