"""Skill thresholds by simulation: the target, and arrival times against draw by draw; ``python benchmarks/skills.py``.

The target is 10^4 skills x 100 sizes of the store x 1000 replicates in 60 s of wall time on two threads, formulas and
all. Answers are checked as well as clocks: how often thresholds lie below the formula's median, which is one half, and
the mean number of skills against its expectation, both in standard errors. Engines are compared in CPU seconds of one
corpus, in turn. Prints a table and one line of JSON, which `--save` also writes to ``benchmarks/results/skills.json``;
exits 1 where a time misses twice its target, a ratio half of it, or an answer is more than five standard errors off.
Wall time says little on a busy machine: processor time and the load stand beside it.
"""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numba
import numpy as np
import xarray as xr

import simulate
from bounds.base.keeping.targets import write_text
from simulate.studies.skills.job import prepare
from simulate.studies.skills.plan import SkillPlan

RESULTS = Path(__file__).parent / "results" / "skills.json"
COMMON: dict[str, Any] = {"members": 50, "quorum": 40, "engine": "arrivals", "n_stored": "40:600000:100"}
LARGE: list[tuple[str, dict[str, Any], float]] = [
    ("masses, 1e4 x 100 x 1000", {"n_skills": 10**4, "n_draws": "1e3:1e12:13", "replicates": 1000}, 60),
    (
        "masses, 1e4 x 100 x 1000, 3 exposures",
        {"n_skills": 10**4, "n_draws": "1e3:1e12:13", "replicates": 1000, "exposures": 3},
        120,
    ),
    (
        "windows, 1e4 x 100 x 100",
        {"source": "zipf:1.724", "n_skills": 10**4, "n_draws": "1e3:1e12:13", "replicates": 100},
        60,
    ),
    (
        "by frequency, 1e3 x 100 x 100",
        {"source": "zipf:1.724", "kind": "frequency", "n_skills": 10**3, "n_draws": "1:1e4:13", "replicates": 100},
        60,
    ),
]
"""Name, plan, most seconds of wall time on two threads."""

SKILLS: dict[str, Any] = {"n_skills": 1000, "members": 50, "quorum": 40}


def z_of_medians(dataset: xr.Dataset) -> float:
    """Thresholds below the formula's median, which is that of each skill, in standard errors."""
    formula = dataset.draws_threshold_formula.values
    known = np.isfinite(formula)
    below = (dataset.draws_threshold.values[known] <= formula[known, None]).mean(axis=0)
    if dataset.sizes["skill"] > 1 and float(below.std()) > 0:
        return float((below.mean() - 0.5) / (below.std(ddof=1) / math.sqrt(len(below))))
    return float((below.mean() - 0.5) / (0.5 / math.sqrt(len(below))))


def z_of_numbers(dataset: xr.Dataset) -> float:
    """The largest |z| of the mean number of skills over corpus sizes."""
    if "skills_formula" not in dataset:
        return 0.0
    values = dataset.skills.values
    variance = np.maximum(values.var(axis=1, ddof=1), dataset.skills_variance_formula.values)
    error = np.sqrt(variance / values.shape[1])
    gap = values.mean(axis=1) - dataset.skills_formula.values
    return float(np.max(np.abs(np.divide(gap, error, out=np.zeros(len(gap)), where=error > 1e-9))))


def large(name: str, plan: dict[str, Any], most: float) -> dict[str, Any]:
    how = simulate.Execution(threads=2)
    simulate.run_plan(SkillPlan(**COMMON | plan | {"n_skills": 4, "replicates": 2}), how)  # compiles
    begin, begun = time.perf_counter(), time.process_time()
    dataset = simulate.run_plan(SkillPlan(**COMMON | plan), how)
    wall, cpu = time.perf_counter() - begin, time.process_time() - begun
    row: dict[str, Any] = {"name": name, "wall_s": wall, "cpu_s": cpu, "load": os.getloadavg()[0], "target_s": most}
    if plan.get("kind") != "frequency":  # whose formula in data is asymptotic
        row |= {"z_medians": z_of_medians(dataset), "z_numbers": z_of_numbers(dataset)}
    return row | {"ok": wall < 2 * most and max(abs(row.get(key, 0)) for key in ("z_medians", "z_numbers")) < 5}


def cpu_seconds(engine: str, n_draws: int, replicates: int, seed: int) -> tuple[float, np.ndarray]:
    plan = SkillPlan(**SKILLS, n_draws=(n_draws // 10, n_draws), engine=engine, replicates=replicates, seed=seed)
    drawer = prepare(plan).drawer
    begin = time.process_time()
    found = drawer.draw(0, replicates)
    return (time.process_time() - begin) / replicates, found["skills"][-1]


def compare(name: str, ours: tuple[str, int], peer: tuple[str, int], target: float) -> dict[str, Any]:
    counts = {"tokens": 5, "arrivals": 200}
    ratios: list[float] = []
    times: list[tuple[float, float]] = []
    answers: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for run in range(5):
        (mine, a), (theirs, b) = (cpu_seconds(*side, counts[side[0]], run) for side in (ours, peer))
        ratios.append(theirs / mine)
        times.append((mine, theirs))
        answers[0].append(a)
        answers[1].append(b)
    ours_s, peer_s = (statistics.median(t[i] for t in times) for i in (0, 1))
    row: dict[str, Any] = {
        "name": name, "ours_s": ours_s, "peer_s": peer_s,
        "ratio": statistics.median(ratios), "least": min(ratios), "most": max(ratios), "target": target,
    }  # fmt: skip
    z = 0.0
    if ours[1] == peer[1]:
        a, b = map(np.concatenate, answers)
        z = float((a.mean() - b.mean()) / math.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)))
    return row | {"z": z, "ok": row["ratio"] >= target / 2 and abs(z) < 5}


def main() -> None:
    rows = []
    for entry in LARGE:
        row = large(*entry)
        rows.append(row)
        checked = "z_medians" in row
        answers = f"z of medians {row['z_medians']:+.1f}, of numbers {row['z_numbers']:.1f}" if checked else ""
        print(f"{row['name']:40s} {row['wall_s']:7.1f} s ({row['cpu_s']:.1f} s of processors, load "
              f"{row['load']:.1f}), target {row['target_s']:g}  {answers}"
              f"{'' if row['ok'] else '  MISSED'}", flush=True)  # fmt: skip
    for name, ours, peer, target in (
        ("arrivals / tokens, D=1e6", ("arrivals", 10**6), ("tokens", 10**6), 100),
        ("arrivals, 1e18 / 1e6", ("arrivals", 10**18), ("arrivals", 10**6), 1 / 1.3),
    ):
        row = compare(name, ours, peer, target)
        rows.append(row)
        print(f"{name:40s} {row['ours_s']:.2g} s, {row['peer_s']:.2g} s a corpus, ratio {row['ratio']:.3g} "
              f"({row['least']:.3g} to {row['most']:.3g}), target {target:.2g}, z {row['z']:.1f}"
              f"{'' if row['ok'] else '  MISSED'}")  # fmt: skip
    machine = {"machine": platform.machine(), "python": platform.python_version(), "numba": numba.__version__}
    found = {"schema_version": 1, "rows": rows, **machine}
    print(json.dumps(found))
    if "--save" in sys.argv[1:]:
        write_text(RESULTS, json.dumps(found, indent=1) + "\n")
        print(RESULTS)
    sys.exit(0 if all(row["ok"] for row in rows) else 1)


if __name__ == "__main__":
    main()
