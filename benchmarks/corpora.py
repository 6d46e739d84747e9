"""Exact distinct counts beside what a reader would write; run as ``python benchmarks/corpora.py``.

Numbers of 64 bits, 31-byte windows of a text, and words of a text. Ours and the peer run in turn in one process on one
thread, as in ``benchmarks/tokens.py``, and both counts must be equal. Polars and DuckDB are peers where they are
installed. The text is drawn: words of a Zipf law with exponent 1.1. Below a row that is short of its target stands
why, measured. Exits 1 where a ratio falls short of half its target or a count is wrong.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from tokens import HEADER, Row, compare, median_seconds, stream

from bounds import parse_source
from simulate.backends import cpu
from simulate.corpus import measure_corpus
from simulate.corpus.sequences import read_units
from simulate.sampling import build_sampler

N_NUMBERS = 4_000_000
N_WORDS = 1_000_000
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
    return int(connection.sql("select count(distinct value) from numbers").fetchone()[0])


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
    """Half of the numbers are distinct, or nearly all. Ours draws them as well; a peer is given them."""
    rows = []
    for source in ("zipf:1.05", "uniform:1e15"):
        sampler = build_sampler(parse_source(source), N_NUMBERS)
        known = {r: cpu.draw(sampler, N_NUMBERS, stream(r)) for r in range(ROUNDS + 1)}
        for r, keys in known.items():
            # Ranks that are too large for an integer have one key, and are new whenever they are drawn.
            fresh = keys >= 2**63
            known[r] = np.where(fresh, keys + np.cumsum(fresh, dtype=np.uint64), keys)

        def ours(r: int, sampler: object = sampler) -> int:
            return int(cpu.growth(sampler, np.array([N_NUMBERS]), stream(r), edges=NO_EDGES).n_unique[0])

        def why(fast: float, slow: float, sampler: object = sampler) -> str:
            drawing = median_seconds(lambda replicate: cpu.draw(sampler, N_NUMBERS, stream(replicate)))
            return f"drawing the numbers takes {drawing / fast:.0%} of our time, and the peer is given them"

        for peer, (unique, target) in PEERS.items():
            if peer.split()[0] in ("polars", "duckdb") and find_spec(peer.split()[0]) is None:
                print(f"distinct numbers, {source}: {peer.split()[0]} is not installed")
                continue

            def theirs(
                r: int, unique: Callable[[np.ndarray], int] = unique, known: dict[int, np.ndarray] = known
            ) -> int:
                return unique(known[r])

            item = f"draw and count numbers, {source}"
            rows.append(
                compare(item, peer, target, N_NUMBERS, ours, theirs, int.__eq__, rounds=ROUNDS, why=why)
            )  # fmt: skip
    return rows


def text(path: Path) -> None:
    keys = cpu.draw(build_sampler(parse_source("zipf:1.1"), N_WORDS), N_WORDS, stream(99))
    lines = (" ".join(map("w{:x}".format, keys[i : i + 20].tolist())) for i in range(0, N_WORDS, 20))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


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


def main() -> None:
    print(HEADER)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "words.txt"
        text(path)
        rows = [*numbers(), *windows(path)]
    sys.exit(any(not row.right or row.ratio < row.target / 2 for row in rows))


if __name__ == "__main__":
    main()
