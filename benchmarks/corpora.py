"""Distinct counts beside what a reader would write; run as ``python benchmarks/corpora.py [--large]``.

Numbers of 64 bits, counted and estimated; 31-byte windows of a text, and words of a text. Ours and the peer run in
turn in one process on one thread, as in ``benchmarks/tokens.py``, and both counts must be equal, or both estimates
within 5 % of the truth. Polars, DuckDB and datasketches are peers where they are installed. The text is drawn: words
of a Zipf law with exponent 1.1. With ``--large`` whole processes count the words of a gigabyte as well (two minutes a
round), with start and compilation. Below a row that is short of its target stands why, measured. Exits 1 where a
ratio falls short of half its target or a count is wrong.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from tokens import HEADER, RESULTS, Row, compare, median_seconds, save, stream

from bounds import parse_source
from simulate.drawing.backends import cpu
from simulate.drawing.tables import Sampler, build_sampler
from simulate.text import HyperLogLog, measure_corpus
from simulate.text.cutting.sequences import read_units
from simulate.text.spilling.distinct import distinct_keys

N_NUMBERS = 4_000_000
N_SKETCHED = 10_000_000
N_WORDS = 1_000_000
N_LARGE = 110_000_000
WINDOW = 31
ROUNDS = 5
NO_EDGES = np.empty(0, np.int64)


def polars_unique(values: np.ndarray) -> int:
    import polars

    return int(polars.Series(values).n_unique())


def duckdb_unique(values: np.ndarray) -> int:
    import duckdb

    connection = duckdb.connect(config={"threads": 1})
    connection.register("numbers", {"value": values})
    return int(connection.execute("select count(distinct value) from numbers").fetchall()[0][0])


def sorted_unique(values: np.ndarray) -> int:
    ordered = np.sort(values)
    return 1 + int(np.count_nonzero(ordered[1:] != ordered[:-1]))


PEERS: dict[str, tuple[Callable[[np.ndarray], int], float]] = {
    "np.unique": (lambda values: len(np.unique(values)), 2),
    "np.sort and differences": (sorted_unique, 1),
    "polars n_unique": (polars_unique, 2),
    "duckdb count(distinct)": (duckdb_unique, 6),
}


def numbers() -> list[Row]:
    """Half of the numbers are distinct, or nearly all. Ours draws and counts in one, and drawing is taken off."""
    rows = []
    for source in ("zipf:1.05", "uniform:1e15"):
        sampler = build_sampler(parse_source(source), N_NUMBERS)
        known = {r: cpu.draw(sampler, N_NUMBERS, stream(r)) for r in range(ROUNDS + 1)}
        for r, keys in known.items():
            # Ranks that are too large for an integer have one key, and are new whenever they are drawn.
            fresh = keys >= 2**63
            known[r] = np.where(fresh, keys + np.cumsum(fresh, dtype=np.uint64), keys)

        def ours(r: int, sampler: Sampler = sampler) -> int:
            return int(cpu.growth(sampler, np.array([N_NUMBERS]), stream(r), edges=NO_EDGES).n_unique[0])

        def draw(r: int, sampler: Sampler = sampler) -> object:
            return cpu.draw(sampler, N_NUMBERS, stream(r))

        def why(fast: float, slow: float, draw: Callable[[int], object] = draw) -> str:
            return f"drawing, which is taken off, takes {median_seconds(draw) / fast:.0%} as long as counting"

        for peer, (unique, target) in PEERS.items():
            if peer.split()[0] in ("polars", "duckdb") and find_spec(peer.split()[0]) is None:
                print(f"distinct numbers, {source}: {peer.split()[0]} is not installed")
                continue

            def theirs(
                r: int, unique: Callable[[np.ndarray], int] = unique, known: dict[int, np.ndarray] = known
            ) -> int:
                return unique(known[r])

            item = f"count numbers, {source}"
            rows.append(
                compare(
                    item, peer, target, N_NUMBERS, ours, theirs, int.__eq__, rounds=ROUNDS, why=why, besides=draw
                )
            )  # fmt: skip
        rows += given(source, known)
    return rows


def given(source: str, known: dict[int, np.ndarray]) -> list[Row]:
    """The same numbers, given to both sides and not drawn: distinct ones alone."""
    rows = []
    for peer, target in {"np.sort and differences": 1.2, "polars n_unique": 2.0, "duckdb count(distinct)": 4.0}.items():
        if peer.split()[0] in ("polars", "duckdb") and find_spec(peer.split()[0]) is None:
            continue

        def why(fast: float, slow: float) -> str:
            sorting = median_seconds(lambda r: np.sort(known[r]))
            return f"sorting them, without a look at differences, takes {sorting / fast:.0%} of our time"

        def theirs(r: int, unique: Callable[[np.ndarray], int] = PEERS[peer][0]) -> int:
            return unique(known[r])

        rows.append(
            compare(
                f"given numbers, {source}", peer, target, N_NUMBERS, lambda r: distinct_keys(known[r]), theirs,
                int.__eq__, rounds=ROUNDS, why=why,
            )
        )  # fmt: skip
    return rows


def duckdb_estimate(values: np.ndarray) -> float:
    import duckdb

    connection = duckdb.connect(config={"threads": 1})
    connection.register("numbers", {"value": values})
    return float(connection.execute("select approx_count_distinct(value) from numbers").fetchall()[0][0])


def datasketches_estimate(values: np.ndarray) -> float:
    import datasketches

    sketch = datasketches.hll_sketch(14)
    for value in values:
        sketch.update(value)
    return float(sketch.get_estimate())


def sketches() -> list[Row]:
    """Estimates of how many of ten million numbers are distinct: nearly all of them."""
    rng, rows = np.random.default_rng(1), []
    known = [rng.integers(0, 1 << 63, N_SKETCHED, dtype=np.uint64) for _ in range(ROUNDS + 1)]

    def ours(r: int) -> float:
        sketch = HyperLogLog(14)
        sketch.add(known[r])
        return sketch.estimate()

    def on_known(estimate: Callable[[np.ndarray], float]) -> Callable[[int], float]:
        return lambda r: estimate(known[r])

    def near(mine: object, other: object) -> bool:
        return all(abs(float(str(found)) / N_SKETCHED - 1) < 0.05 for found in (mine, other))

    def why(fast: float, slow: float, package: str) -> str:
        if package != "datasketches":
            reading = median_seconds(lambda r: known[r].max())
            return f"reading the numbers, without hashing any, takes {reading / fast:.0%} of our time"
        listed = known[0].tolist()
        loop = median_seconds(lambda r: [None for value in listed if value < 0])
        return f"the loop takes {slow / N_SKETCHED * 1e9:.0f} ns a number, of which {loop / slow:.0%} goes to looping"

    peers = {
        "duckdb": ("approx_count_distinct", duckdb_estimate, 2),
        "datasketches": ("loop", datasketches_estimate, 100),
    }
    for package, (what, estimate, target) in peers.items():
        if find_spec(package) is None:
            print(f"distinct numbers, estimated: {package} is not installed")
            continue
        rows.append(
            compare(
                "estimate distinct numbers, 2^14 registers",
                f"{package} {what}",
                target,
                N_SKETCHED,
                ours,
                on_known(estimate),
                near,
                rounds=ROUNDS,
                why=partial(why, package=package),
            )
        )
    return rows


def text(path: Path, n_words: int) -> None:
    sampler = build_sampler(parse_source("zipf:1.1"), n_words)
    with path.open("w", encoding="utf-8") as file:
        for replicate in range(n_words // N_WORDS):
            keys = cpu.draw(sampler, N_WORDS, stream(99 + replicate)).tolist()
            lines = (" ".join(map("w{:x}".format, keys[i : i + 20])) for i in range(0, N_WORDS, 20))
            file.write("\n".join(lines) + "\n")


def windows(path: Path) -> list[Row]:
    """Distinct windows of bytes, and words of a file, against a set of Python that holds them."""
    letters = path.read_bytes()[: 1 << 21]
    short = path.with_suffix(".short")
    short.write_bytes(letters)

    def distinct(file: Path, unit: str, length: int, n: int) -> int:
        return int(measure_corpus(file, unit=unit, length=length, at=[n], blocks=0).n_unique[-1])

    def set_of_words(r: int) -> int:
        found: set[str] = set()
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                found.update(line.split())
        return len(found)

    def why(fast: float, slow: float, unit: str) -> str:
        file = short if unit == "byte" else path
        reading = median_seconds(lambda r: read_units(file, unit))
        return f"reading the text into numbers of {unit}s takes {reading / fast:.0%} of our time, counting the rest"

    n_bytes = len(letters)
    return [
        compare(
            f"distinct {WINDOW}-byte windows of 2 MiB",
            "a set of slices",
            3,
            n_bytes,
            lambda r: distinct(short, "byte", WINDOW, n_bytes),
            lambda r: len({letters[i : i + WINDOW] for i in range(n_bytes - WINDOW + 1)}),
            int.__eq__,
            rounds=ROUNDS,
            why=lambda fast, slow: why(fast, slow, "byte"),
        ),
        compare(
            f"distinct words of {path.stat().st_size / 1e6:.0f} MB",
            "a set of str.split",
            4,
            N_WORDS,
            lambda r: distinct(path, "word", 1, N_WORDS),
            set_of_words,
            int.__eq__,
            rounds=ROUNDS,
            why=lambda fast, slow: why(fast, slow, "word"),
        ),
    ]


SET_OF_WORDS = """
import sys
found = set()
with open(sys.argv[1], encoding="utf-8") as lines:
    for line in lines:
        found.update(line.split())
print(len(found))
"""


def children() -> float:
    """Processor time of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def large(path: Path) -> Row:
    """Whole processes that say how many distinct words a file of a gigabyte has."""

    def run(*command: str) -> str:
        return subprocess.run([sys.executable, *command], capture_output=True, text=True, check=True).stdout

    def ours(r: int) -> int:
        told = run("-m", "simulate", "corpus", str(path), "--at", "all", "--blocks", "0", "--json")
        return int(json.loads(told)["rows"][-1]["n_unique"])

    def why(fast: float, slow: float) -> str:
        found = ours(0)
        return f"{found / N_LARGE:.0%} of the words are new, and each has a place of its own in memory"

    return compare(
        f"distinct words of {path.stat().st_size / 1e9:.1f} GB, whole process",
        "a set of str.split",
        4,
        N_LARGE,
        ours,
        lambda r: int(run("-c", SET_OF_WORDS, str(path))),
        int.__eq__,
        rounds=3,
        why=why,
        clock=children,
    )


def main() -> None:
    print(HEADER)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "words.txt"
        text(path, N_WORDS)
        rows = [*numbers(), *sketches(), *windows(path)]
        if "--large" in sys.argv[1:]:
            text(path, N_LARGE)
            rows.append(large(path))
    save(RESULTS.with_name("corpora.json"), ROUNDS, rows)
    sys.exit(any(not row.right or row.ratio < row.target / 2 for row in rows))


if __name__ == "__main__":
    main()
