"""How long help and argument errors take beyond a bare interpreter; run as ``python benchmarks/startup.py``.

Each command and the bare interpreter are run in turn, so that a drift of the machine's speed touches both; the
median of the differences is printed with their spread. Exits 1 where a median exceeds 0.3 s.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

LIMIT = 0.3
RUNS = 9
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


def seconds(arguments: list[str], code: int) -> float:
    begin = time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], capture_output=True)
    elapsed = time.perf_counter() - begin
    if done.returncode != code:
        sys.exit(f"{arguments} ended with {done.returncode}, not {code}: {done.stderr.decode()}")
    return elapsed


def main() -> None:
    slow = False
    print(f"{'command':36s} {'median':>8s} {'min':>8s} {'max':>8s}   seconds beyond a bare interpreter, {RUNS} runs")
    for name, (arguments, code) in COMMANDS.items():
        seconds(arguments, code)  # fills the byte code cache
        beyond = sorted(seconds(arguments, code) - seconds(["-c", ""], 0) for _ in range(RUNS))
        median = statistics.median(beyond)
        slow |= median > LIMIT
        print(f"{name:36s} {median:8.3f} {beyond[0]:8.3f} {beyond[-1]:8.3f}")
    sys.exit(1 if slow else 0)


if __name__ == "__main__":
    main()
