"""How long commands take to start, and whole commands; ``python benchmarks/startup.py [--texts] [--save]``.

Help and argument errors are clocked beyond a bare interpreter, the two in turn, so that a drift of the machine's speed
touches both; the median of the differences is printed with their spread.

The default sweep is clocked as a whole process, with compiled loops kept on disk by a run before, beside two peers in
turn: the import of the packages that no sweep can do without, and the same command as a commit before had it, from a
worktree of its own (``--against COMMIT``; the row is left out where git does not know the commit). Processor time of
all threads and the clock on the wall are ratios of their own, as the clock says little on a busy machine. Every number
of the two results must be the same to the bit.

A megabyte of words is counted, fitted and continued as a whole process as well: with compiled loops kept on disk, and
with an empty folder for them, as on the first day; both beside the imports it needs and beside the commit before small
texts did without numba. Its numbers must be those of `re` and a set, at every prefix.

Prints two tables; ``--save`` writes the ratios to ``benchmarks/results/startup.json`` as well, and ``--texts`` leaves
out all but the megabyte. Exits 1 where a median of the first table exceeds 0.3 s, a ratio is below half of its target,
or a number is another.
"""

from __future__ import annotations

import json
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).parent / "results" / "startup.json"
BEFORE = "9b6e165"
"""The commit before sweeps were made lighter: it loads scipy.stats and sympy, and fits models that decide nothing."""

BEFORE_TEXTS = "c550412"
"""The commit before small texts were counted without numba."""

LIMIT = 0.3
RUNS = 9
SWEEPS = 3
COMMANDS = {
    "bounds --help": (["-m", "bounds", "--help"], 0),
    "simulate --help": (["-m", "simulate", "--help"], 0),
    "simulate sweep --help": (["-m", "simulate", "sweep", "--help"], 0),
    "simulate corpus --help": (["-m", "simulate", "corpus", "--help"], 0),
    "simulate suite --help": (["-m", "simulate", "suite", "--help"], 0),
    "simulate sweep --source zipf:0.5": (["-m", "simulate", "sweep", "--source", "zipf:0.5"], 2),
    "simulate sweep --law newton": (["-m", "simulate", "sweep", "--law", "newton"], 2),
    "bounds band 1.5": (["-m", "bounds", "band", "1.5"], 2),
}
SWEEP = ["-m", "simulate", "sweep"]
PACKAGES = "numpy, scipy.special, scipy.optimize, xarray, numba"
TEXT_PACKAGES = "numpy, scipy.special, scipy.optimize, xarray"
N_WORDS = 190_000
"""Words of a text of a megabyte."""


class Spent(NamedTuple):
    """What a process took: seconds on the wall, and of processors with its threads."""

    wall: float
    cpu: float


def spent(arguments: list[str], code: int = 0, tree: Path = ROOT, **environ: str) -> Spent:
    """Python with `arguments`, on the packages of `tree`; ends the benchmark where its exit code is another."""
    environment = os.environ | {"PYTHONPATH": str(tree)} | environ
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], capture_output=True, cwd=tree, env=environment)
    wall, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != code:
        sys.exit(f"{arguments} ended with {done.returncode}, not {code}: {done.stderr.decode()}")
    return Spent(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def starts() -> bool:
    """Clock and print help and argument errors; whether one is too slow."""
    slow = False
    print(f"{'command':36s} {'median':>8s} {'min':>8s} {'max':>8s}   seconds beyond a bare interpreter, {RUNS} runs")
    for name, (arguments, code) in COMMANDS.items():
        spent(arguments, code)  # fills the byte code cache
        beyond = sorted(spent(arguments, code).wall - spent(["-c", ""]).wall for _ in range(RUNS))
        median = statistics.median(beyond)
        slow |= median > LIMIT
        print(f"{name:36s} {median:8.3f} {beyond[0]:8.3f} {beyond[-1]:8.3f}", flush=True)
    return slow


@contextmanager
def worktree(commit: str) -> Iterator[Path | None]:
    """A checkout of `commit` beside this one while it is looked at; None where there is no such commit."""
    with tempfile.TemporaryDirectory() as folder:
        tree, git = Path(folder) / "before", ["git", "-C", str(ROOT), "worktree"]
        added = subprocess.run([*git, "add", "--detach", str(tree), commit], capture_output=True)
        try:
            yield None if added.returncode else tree
        finally:
            if not added.returncode:
                subprocess.run([*git, "remove", "--force", str(tree)], check=True, capture_output=True)


def kept(tree: Path, path: Path) -> dict[str, bytes]:
    """Every number of the default sweep of `tree`, as bytes by the name of its variable; fills its caches."""
    import simulate

    spent([*SWEEP, "--out", str(path)], tree=tree)
    numbers = {str(name): values.values for name, values in simulate.open_result(path).variables.items()}
    return {name: values.tobytes() for name, values in numbers.items() if values.dtype.kind in "iuf"}


def differing(tree: Path) -> list[str]:
    """The variables that the sweep of `tree` and ours do not have alike."""
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = kept(ROOT, Path(folder) / "ours.nc"), kept(tree, Path(folder) / "theirs.nc")
    return sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))


def row(item: str, peer: str, ours: list[float], theirs: list[float], target: float) -> dict[str, Any]:
    """How many times as fast as the peer `item` is: the median over the runs, the least and the largest."""
    ratios = [b / a for a, b in zip(ours, theirs, strict=True)]
    return {
        "item": item, "peer": peer, "ours_s": statistics.median(ours), "peer_s": statistics.median(theirs),
        "ratio": statistics.median(ratios), "least": min(ratios), "most": max(ratios), "target": target,
        "ok": statistics.median(ratios) >= target / 2,
    }  # fmt: skip


def sweeps(commit: str) -> list[dict[str, Any]]:
    """The default sweep beside its imports and beside `commit`, all in turn."""
    rows = []
    with worktree(commit) as tree:
        other = [] if tree is None else differing(tree)
        ways: dict[str, Callable[[], Spent]] = {
            "ours": lambda: spent(SWEEP),
            "imports": lambda: spent(["-c", f"import {PACKAGES}"]),
        }
        if tree is not None:
            ways["before"] = lambda: spent(SWEEP, tree=tree)
        for way in ways.values():
            way()
        found: dict[str, list[Spent]] = {name: [] for name in ways}
        for _ in range(SWEEPS):
            for name, way in ways.items():
                found[name].append(way())
    cpu = {name: [one.cpu for one in times] for name, times in found.items()}
    wall = {name: [one.wall for one in times] for name, times in found.items()}
    rows.append(row("default sweep, processor time", f"import {PACKAGES}", cpu["ours"], cpu["imports"], 0.25))
    if tree is None:
        print(f"git knows no commit {commit} here, so that there is nothing to lay the sweep beside")
    else:
        for item, seconds in (("default sweep, processor time", cpu), ("default sweep, wall clock", wall)):
            one = row(item, commit, seconds["ours"], seconds["before"], 2.0)
            rows.append(one | {"other_numbers": other, "ok": one["ok"] and not other})
    return rows


def megabyte(path: Path) -> list[str]:
    """Write a text of a megabyte, and return its words: a few often, many once, as in texts."""
    rng = random.Random(7)
    words = [f"w{int(rng.paretovariate(0.6)):x}"[:12] for _ in range(N_WORDS)]
    path.write_text(" ".join(words), encoding="utf-8")
    return words


def wrong_counts(path: Path, words: list[str]) -> list[str]:
    """The prefixes at which the command tells another number of distinct words, or of those that occur once."""
    command = [sys.executable, "-m", "simulate", "corpus", str(path), "--json"]
    done = subprocess.run(
        command, capture_output=True, check=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    wrong = []
    for found in json.loads(done.stdout)["rows"]:
        often = Counter(words[: found["n_units"]])
        if (found["n_unique"], found["f1"]) != (len(often), sum(1 for n in often.values() if n == 1)):
            wrong.append(str(found["n_units"]))
    return wrong


def texts() -> list[dict[str, Any]]:
    """A megabyte of words beside the imports that counting it needs and beside `BEFORE_TEXTS`, all in turn."""
    with tempfile.TemporaryDirectory() as folder, worktree(BEFORE_TEXTS) as tree:
        path = Path(folder) / "megabyte.txt"
        wrong = wrong_counts(path, megabyte(path))
        command = ["-m", "simulate", "corpus", str(path)]

        def first_day(tree: Path) -> Spent:
            with tempfile.TemporaryDirectory(dir=folder) as empty:
                return spent(command, tree=tree, NUMBA_CACHE_DIR=empty)

        ways: dict[str, Callable[[], Spent]] = {
            "imports": lambda: spent(["-c", f"import {TEXT_PACKAGES}"]),
            "ours": lambda: spent(command),
            "ours, first day": lambda: first_day(ROOT),
        }
        if tree is not None:
            ways |= {"before": lambda: spent(command, tree=tree), "before, first day": lambda: first_day(tree)}
        for way in ways.values():
            way()
        found: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(SWEEPS):
            for name, way in ways.items():
                found[name].append(way().cpu)
    item, cold = "1 MB of words, processor time", "1 MB of words, no loop kept"
    rows = [row(name, f"import {TEXT_PACKAGES}", found[ours], found["imports"], 0.5)
            for name, ours in ((item, "ours"), (cold, "ours, first day"))]  # fmt: skip
    if tree is not None:
        rows.append(row(item, BEFORE_TEXTS, found["ours"], found["before"], 1.5))
        rows.append(row(cold, BEFORE_TEXTS, found["ours, first day"], found["before, first day"], 3.0))
    return [one | {"other_numbers": wrong, "ok": one["ok"] and not wrong} for one in rows]


def main() -> None:
    commit = sys.argv[sys.argv.index("--against") + 1] if "--against" in sys.argv[1:-1] else BEFORE
    only_texts = "--texts" in sys.argv[1:]
    slow = False if only_texts else starts()
    heads = "".join(f" {head:>7s}" for head in ("ours, s", "peer, s", "ratio", "least", "most", "target"))
    print(f"\n{'item':32s} {'peer':58s}{heads}")
    rows = [*([] if only_texts else sweeps(commit)), *texts()]
    for one in rows:
        values = "".join(f" {one[key]:7.2f}" for key in ("ours_s", "peer_s", "ratio", "least", "most", "target"))
        other = f"  other numbers: {', '.join(one['other_numbers'])}" if one.get("other_numbers") else ""
        print(f"{one['item']:32s} {one['peer']:58s}{values}{'' if one['ok'] else '  MISSED'}{other}")
    made = {
        "schema_version": 1,
        "machine": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "load": os.getloadavg(),
        "python": platform.python_version(),
        "rows": rows,
    }
    if "--save" in sys.argv[1:]:
        from bounds.base.keeping.targets import write_text

        write_text(RESULTS, json.dumps(made, indent=1) + "\n")
        print(RESULTS)
    sys.exit(0 if all(one["ok"] for one in rows) and not slow else 1)


if __name__ == "__main__":
    main()
