"""All benchmarks in turn, then one table of their ratios; run as ``python -m benchmarks [NAME ...] [--quick]``.

Each runs in a process of its own and prints its own table. The table at the end has the rows that are saved under
``benchmarks/results``: how many times as fast as the peer, the median over rounds, the least and the largest, the
target, and what is short of it. ``gpu``, ``spilling`` and ``workers`` run where they are named: one needs a device, two
take long.
Exits 1 where a benchmark did.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
APART = ("gpu", "spilling", "workers")
"""What runs where it is named."""

NAMES = ("tokens", "corpora", "arrivals", "theory", "learners", "skills", "suite", "startup")
QUICK = ("tokens", "learners", "suite", "spilling", "workers")
"""What can be run with ``--quick``; it saves nothing there, but for `tokens`."""
SAVING = ("learners", "skills", "startup")
"""What saves its rows where it is asked to."""


def run(name: str, quick: bool) -> int:
    """The exit status of the benchmark `name`, which prints as it goes."""
    print(f"\n== {name}", flush=True)
    flags = ["--quick"] if quick and name in QUICK else ["--save"] if name in SAVING else []
    return subprocess.run([sys.executable, str(HERE / f"{name}.py"), *flags]).returncode


def ratios(name: str, since: float) -> list[dict[str, Any]]:
    """The rows that the benchmark `name` has saved since then."""
    path = HERE / "results" / f"{name}.json"
    if not path.exists() or path.stat().st_mtime < since:
        return []
    return [row for row in json.loads(path.read_text(encoding="utf-8")).get("rows", []) if "ratio" in row]


def line(row: dict[str, Any]) -> str:
    """A row of the last table."""
    item = row.get("item") or row.get("name") or f"{row['learner']}, {row['source']}"
    item = f"{item} / {row['peer']}" if "peer" in row else item
    least, most = row["least"], row["largest" if "largest" in row else "most"]
    short = "" if row["ratio"] >= row["target"] else f"  short: {row.get('why_short') or 'see above'}"
    return f"{item:72s} {row['ratio']:9.4g} {least:9.4g} {most:9.4g} {row['target']:9.3g}{short}"


def main() -> None:
    """Run what is named, or all; exit 2 where a name is unknown."""
    quick = "--quick" in sys.argv[1:]
    named = [argument for argument in sys.argv[1:] if argument != "--quick"]
    unknown = [name for name in named if name not in (*NAMES, *APART)]
    if unknown:
        print(
            f"there is no benchmark {unknown[0]!r}: name some of {', '.join((*NAMES, *APART))}",
            file=sys.stderr,
        )
        sys.exit(2)
    begun = time.time()
    status = {name: run(name, quick) for name in named or NAMES}
    print(f"\n{'ours / peer':72s} {'median':>9s} {'least':>9s} {'most':>9s} {'target':>9s}")
    for name in status:
        for row in ratios(name, begun):
            print(line(row))
    failed = [name for name, code in status.items() if code]
    print(f"failed: {', '.join(failed)}" if failed else "all gates passed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
