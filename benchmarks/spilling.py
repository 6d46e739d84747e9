"""Whole counts of large texts beside other programs; run as ``python benchmarks/spilling.py [--quick | --large]``.

Each side is a whole process on one thread, start included, clocked in its processor time and that of its children, and
both answers must be equal. Windows: 31 letters of a made genome of 100 MB with repeats, beside KMC (``kmc`` on the
PATH; -t1, no canonical form, all counts). Words: of drawn text, beside polars and DuckDB where this Python, or the one
in PEER_PYTHON, has them, and ``sort -u``: by bytes (LC_ALL=C), which is the fastest it can do, and in the order of a
language as shells of that language have it, where that is installed. Then, without a peer, what a word costs in 33 and
in 100 MB (beyond the first 3) and whether a count keeps to the memory it is given. With ``--quick`` all texts are a
tenth as large; with ``--large`` words of a gigabyte are counted and nothing else, and no file is written. Exits 1
where a ratio falls short of half its target, an answer is wrong, or memory is exceeded.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
from corpora import N_WORDS, children, text
from tokens import HEADER, RESULTS, Row, compare, save

WINDOW = 31
LIMIT = 600 << 20
ROUNDS = 3
ALONE = {"POLARS_MAX_THREADS": "1"}

POLARS = """
import sys, polars
with open(sys.argv[1], encoding="utf-8") as lines:
    words = polars.Series(list(lines)).str.strip_chars().str.split(" ").explode()
print(words.n_unique())
"""
DUCKDB = """
import sys, duckdb
connection = duckdb.connect(config={"threads": 1})
connection.execute("set enable_progress_bar = false")
lines = "read_csv(?, header=false, delim='\\0', quote='', escape='', columns={'line': 'VARCHAR'})"
words = f"select unnest(string_split(line, ' ')) as word from {lines}"
print(connection.execute(f"select count(distinct word) from ({words})", [sys.argv[1]]).fetchall()[0][0])
"""
LOCALE = "en_US.utf8"
SORT = "tr ' ' '\\n' < \"$1\" | LC_ALL=$2 sort -u --parallel=1 | wc -l"


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | ALONE)
    return done.stdout


def ours(path: Path, *flags: str) -> int:
    """Distinct windows, by the command."""
    told = run(sys.executable, "-m", "simulate", "corpus", str(path), "--at", "all", "--blocks", "0", "--json", *flags)
    return int(json.loads(told)["rows"][-1]["n_unique"])


def why(path: Path, fast: float, slow: float) -> str:
    """What part of our time is no counting."""
    empty = path.with_name("empty.txt")
    empty.write_text("a b c\n")
    begin = children()
    ours(empty)
    return f"starting the program, before anything is counted, takes {(children() - begin) / fast:.0%} of our time"


def genome(path: Path, n: int) -> None:
    """Random letters, a third of them in stretches that stand there twice."""
    rng = np.random.default_rng(31)
    letters = np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, n)]
    size = 30_000
    for _ in range(n // size // 3):
        into, start = rng.integers(0, n - size, 2)
        letters[into : into + size] = letters[start : start + size].copy()
    path.write_bytes(letters.tobytes())


def kmc(path: Path, folder: Path) -> int:
    """Distinct windows of one sequence, by KMC."""
    fasta = folder / "genome.fa"
    if not fasta.exists():
        fasta.write_bytes(b">1\n" + path.read_bytes() + b"\n")
    flags = ["-t1", f"-k{WINDOW}", "-ci1", "-b", "-fm", "-m4"]
    told = run("kmc", *flags, str(fasta), str(folder / "found"), str(folder))
    return int(re.findall(r"No\. of unique counted k-mers\s*:\s*(\d+)", told)[0])


def windows(folder: Path, size: int) -> list[Row]:
    if shutil.which("kmc") is None:
        print("windows: kmc is not on the PATH, and was not tried")
        return []
    path = folder / "genome.txt"
    genome(path, size)
    return [
        compare(
            f"distinct {WINDOW}-byte windows of {size / 1e6:.0f} MB", "kmc -t1", 3, size,
            lambda r: ours(path, "--unit", "byte", "--length", str(WINDOW)), lambda r: kmc(path, folder), int.__eq__,
            rounds=ROUNDS, why=partial(why, path),
            clock=children,
        )
    ]  # fmt: skip


def words(path: Path, n: int, large: bool) -> list[Row]:
    python = os.environ.get("PEER_PYTHON", sys.executable)
    peers = {
        "polars": (4, [python, "-c", POLARS, str(path)]),
        "duckdb": (4, [python, "-c", DUCKDB, str(path)]),
        "sort -u": (10, ["sh", "-c", SORT, "sh", str(path), "C"]),
        f"sort -u, {LOCALE}": (10, ["sh", "-c", SORT, "sh", str(path), LOCALE]),
    }
    rows = []
    for peer, (target, command) in peers.items():
        if command[-1] == LOCALE and LOCALE not in run("locale", "-a").split():
            print(f"words: {LOCALE} is not installed, and was not tried")
            continue
        if "import" in command[-2] and subprocess.run([python, "-c", f"import {peer}"], capture_output=True).returncode:
            print(f"words: {peer} is not installed, and was not tried")
            continue
        rows.append(
            compare(
                f"distinct words of {path.stat().st_size / 1e6:.0f} MB", peer, target, n,
                lambda r: ours(path, "--unit", "space"), partial(theirs, command), int.__eq__,
                rounds=1 if large and command[-1] == LOCALE else ROUNDS, why=partial(why, path), clock=children,
            )
        )  # fmt: skip
    return rows


def theirs(command: list[str], r: int) -> int:
    """The number that a peer prints."""
    return int(run(*command).split()[-1])


def flat(folder: Path, path: Path, n: int) -> Row:
    """What a word costs in all of a text and in its first third, each beyond the first three megabytes.

    What a process takes that counts as little is in both: its start, and loops that are loaded and used once.
    """
    size, texts = path.stat().st_size, dict[str, Path]()
    for name, end in (("least", 3_000_000), ("short", size // 3)):
        texts[name] = folder / f"{name}.txt"
        with path.open("rb") as file:
            texts[name].write_bytes(file.read(end).rpartition(b"\n")[0])
    least, few = (len(text.read_bytes().split()) for text in texts.values())

    def seconds(which: Path) -> float:
        begin = children()
        ours(which, "--unit", "space")
        return children() - begin

    rounds = [[seconds(one) for one in (texts["least"], texts["short"], path)] for _ in range(ROUNDS)]

    def ratio(some: list[list[float]]) -> float:
        start, short, whole = (median(each) for each in zip(*some, strict=True))
        return (short - start) / (few - least) / ((whole - start) / (n - least))

    # Two tenths of a second lie between the short texts, so that a round by itself says little.
    left_out = [ratio([*rounds[:i], *rounds[i + 1 :]]) for i in range(ROUNDS)]
    found, low, high = ratio(rounds), min(left_out), max(left_out)
    item, peer = f"a word of {size / 1e6:.0f} MB", "a word of its first third"
    print(f"{item:40s} {peer:30s} {found:7.2f} {low:7.2f} {high:7.2f} {1 / 1.3:7.2f}", flush=True)
    return Row(item, peer, found, low, high, 1 / 1.3, n, few, True, "")


def bounded(path: Path) -> bool:
    """Whether a count keeps to its memory, with the numbers that it has with more."""
    flags = ("--length", "1,2")
    found = ours(path, *flags, "--memory", str(LIMIT))
    peak = 1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    right = found == ours(path, *flags, "--memory", "12GiB")
    print(f"memory of {path.stat().st_size / 1e6:.0f} MB: {peak >> 20} MiB (limit {LIMIT >> 20}), equal: {right}")
    return right and peak <= LIMIT


def main() -> None:
    quick, large = 10 if "--quick" in sys.argv[1:] else 1, "--large" in sys.argv[1:]
    n = max((111 if large else 11) * N_WORDS // quick, N_WORDS)
    print(HEADER)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "words.txt"
        text(path, n)
        kept = large or bounded(path)
        rows = [] if large else windows(folder, 100_000_000 // quick)
        rows += [flat(folder, path, n), *words(path, n, large)]
    if not large:
        save(RESULTS.with_name("spilling.json"), ROUNDS, rows)
    sys.exit(not kept or any(not row.right or row.ratio < row.target / 2 for row in rows))


if __name__ == "__main__":
    main()
