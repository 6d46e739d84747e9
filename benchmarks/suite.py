"""The suite at its full size; run as ``python benchmarks/suite.py [--quick]``.

16 sizes and the 154 checkpoints of Pythia on 3e8 draws, each source in a process of its own: wall clock, with processor
time and the load of the machine beside it, and the largest memory of the process. Then one batch of the last checkpoint
by itself, after start-up. Answers are checked as well: distinct sequences and the loss of the largest store against
`bounds`, prequential against expected loss, and the batch against the end of the order. The table is written as JSON to
``benchmarks/results/suite.json``; the command ends with 1 where a target is missed or an answer is wrong. ``--quick``
takes a hundredth of the draws.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from bounds import expected_unique, missing_mass, variance_unique
from bounds.base.keeping.targets import write_text
from simulate import regenerate_batch, run_suite
from simulate.studies.suite.plan import PYTHIA_STEPS, SuitePlan
from simulate.studies.suite.prepare import open_suite_order

RESULTS = Path(__file__).parent / "results" / "suite.json"
SOURCES = ("zipf:1.5", "zipf:1.2")
BATCH = 2098
"""143,000 batches of it are 3.0e8 draws."""

MAX_SECONDS, MAX_GIB, MAX_BATCH_SECONDS = 300.0, 4.0, 0.05


def train(source: str, batch: int) -> None:
    """One suite in this process, as a line of JSON."""
    import resource

    run_suite(source, batch=100, checkpoints=(0, 1, 2, 4), replicates=1)  # compiles
    begin, begun = time.perf_counter(), time.process_time()
    dataset = run_suite(source, batch=batch, replicates=1)
    seconds, cpu_seconds = time.perf_counter() - begin, time.process_time() - begun
    n_draws = PYTHIA_STEPS[-1] * batch
    n_unique, loss = int(dataset.n_unique[0, -1]), float(dataset.loss[0, -1, -1])
    z = (n_unique - float(expected_unique(source, n_draws))) / float(variance_unique(source, n_draws)) ** 0.5
    unseen = loss / float(missing_mass(source, n_draws)) - 1
    right = abs(z) < 5 and abs(unseen) < 0.02 and bool((np.abs(dataset.z_prequential) < 5).all())
    row = {
        "source": source, "n_draws": n_draws, "n_unique": n_unique, "z_unique": z, "loss_over_missing_mass": 1 + unseen,
        "z_prequential": float(np.abs(dataset.z_prequential).max()), "seconds": seconds,
        "cpu_seconds": cpu_seconds, "load": os.getloadavg()[0],
        "gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, "right": right,
    }  # fmt: skip
    print(json.dumps(row))


def last_batch(source: str, batch: int) -> dict[str, Any]:
    """One batch of the last checkpoint by itself: the median of seven, the corpus being opened each time."""
    seconds = []
    for _ in range(8):
        begin = time.perf_counter()
        draws, keys = regenerate_batch(source, PYTHIA_STEPS[-1], batch=batch)
        seconds.append(time.perf_counter() - begin)
    order, size = open_suite_order(SuitePlan(source, batch=batch))
    longer = order.keys(int(draws[0]) - 5 * size, 6 * size)  # drawn together with what comes before
    right = size == batch and np.array_equal(longer[5 * size :], keys)
    return {"source": source, "batch": batch, "seconds": sorted(seconds[1:])[3], "right": bool(right)}


def main() -> None:
    if sys.argv[1:2] == ["train"]:
        train(sys.argv[2], int(sys.argv[3]))
        return
    batch = BATCH // 100 if "--quick" in sys.argv else BATCH
    rows, batches = [], []
    print(
        f"{'source':10s} {'draws':>10s} {'distinct':>10s} {'z':>6s} {'seconds':>8s} {'of':>5s} {'cpu':>7s} {'load':>5s}"
        f" {'GiB':>6s} {'of':>3s}"
    )
    for source in SOURCES:
        done = subprocess.run([sys.executable, __file__, "train", source, str(batch)], capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stderr)
        row = json.loads(done.stdout)
        rows.append(row)
        print(
            f"{source:10s} {row['n_draws']:10.3g} {row['n_unique']:10d} {row['z_unique']:6.2f} {row['seconds']:8.1f} "
            f"{MAX_SECONDS:5.0f} {row['cpu_seconds']:7.1f} {row['load']:5.1f} {row['gib']:6.2f} {MAX_GIB:3.0f} "
            f"{'' if row['right'] else 'WRONG ANSWER'}", flush=True,
        )  # fmt: skip
    for source in SOURCES:
        batches.append(last_batch(source, batch))
        print(f"batch {PYTHIA_STEPS[-1]} of {source}: {1000 * batches[-1]['seconds']:.1f} ms of 50"
              f"{'' if batches[-1]['right'] else ' WRONG ANSWER'}")  # fmt: skip
    found = {"machine": platform.machine(), "cores": os.cpu_count(), "suites": rows, "batches": batches}
    if batch == BATCH:
        RESULTS.parent.mkdir(exist_ok=True)
        write_text(RESULTS, json.dumps(found, indent=1) + "\n")
    missed = [row for row in rows if not row["right"] or row["seconds"] > MAX_SECONDS or row["gib"] > MAX_GIB]
    missed += [row for row in batches if not row["right"] or row["seconds"] > MAX_BATCH_SECONDS]
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
