"""Every exact count of the corpora's ``expected_counts.json``; set EFFICIENCY_BOUNDS_DATA to run it."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulate.text import ReadOptions, fit_corpus, measure_corpus, sketch_corpus
from simulate.text.counting import growth, window_ids
from simulate.text.cutting.sequences import read_units
from simulate.text.reading.readers import read_blocks

pytestmark = pytest.mark.data

CORPORA = ("eng_novels", "c_linux", "deu_laws", "zho_tang", "eng_shakespeare")
UNITS = [(name, unit) for name in CORPORA for unit in ("byte", "word")] + [("zho_tang", "char")]
LARGE = ("eng_novels", "c_linux")


def later(*kept: tuple[str, str]) -> list[Any]:
    """`UNITS`, those in `kept` with `pytest -m verification`: the dearest of a question that others are asked too."""
    return [pytest.param(*pair, marks=pytest.mark.verification) if pair in kept else pair for pair in UNITS]


BY_BYTES = later(*((name, "byte") for name in LARGE))
"""The two largest texts byte by byte take as long as all others together: by default they are counted by words."""

EDGES = np.array([1, 2, 3], dtype=np.int64)


@pytest.fixture(scope="module")
def corpora() -> Path:
    mirror = os.environ.get("EFFICIENCY_BOUNDS_DATA")
    if not mirror:
        pytest.skip("EFFICIENCY_BOUNDS_DATA is not set: it names the folder that holds corpora/")
    folder = Path(mirror) / "corpora"
    if not (folder / "expected_counts.json").is_file():
        pytest.skip(f"{folder} holds no expected_counts.json")
    return folder


@pytest.fixture(scope="module")
def expected(corpora) -> dict:
    table: dict = defaultdict(lambda: defaultdict(dict))
    for row in json.loads((corpora / "expected_counts.json").read_text())["counts"]:
        key = row["corpus"], row["unit"], row["within_documents"]
        table[key][row["k"]][row["D"]] = (row["windows"], row["U"], row["f1"], row["f2"])
    return table


@pytest.mark.parametrize(("name", "unit"), BY_BYTES)
def test_exact_counts(corpora, expected, name, unit):
    wanted = expected[name, unit, False]
    assert wanted
    at = sorted({size for rows in wanted.values() for size in rows})
    path = corpora / f"{name}.txt.zst"
    for result in measure_corpus(path, unit=unit, length=sorted(wanted), at=at, blocks=0):
        rows = {row["n_units"]: row for row in result.rows()}
        for size, row in wanted[result.length].items():
            got = tuple(rows[size][key] for key in ("n_draws", "n_unique", "f1", "f2"))
            assert got == row, (result.length, size)


@pytest.mark.parametrize(("name", "unit"), later(("eng_novels", "byte"), ("c_linux", "byte"), ("c_linux", "word")))
def test_counts_within_documents(corpora, expected, name, unit):
    """Documents as streams: the same code that keeps windows from joining two files."""
    wanted = expected[name, unit, True]
    assert wanted
    units = read_units(corpora / f"{name}.txt.zst", unit)
    units = replace(units, starts=document_starts(corpora, name, unit, units.n_units))
    for windows in window_ids(units, sorted(wanted)):
        at = np.array(sorted(wanted[windows.length]), dtype=np.int64)
        found = growth(windows, units.starts, at, EDGES)
        draws = units.n_windows(windows.length, at)
        got = zip(draws, found.n_unique, found.spectrum[:, 0], found.spectrum[:, 1], strict=True)
        expected_rows = [wanted[windows.length][size] for size in at.tolist()]
        assert [tuple(map(int, row)) for row in got] == expected_rows


@pytest.mark.parametrize(("name", "unit"), BY_BYTES)
def test_documents_by_their_offsets(corpora, expected, name, unit):
    """Documents of a text as a table of offsets names them, kept apart."""
    wanted = expected[name, unit, True]
    at = sorted({size for rows in wanted.values() for size in rows})
    reading = ReadOptions(documents=str(corpora / f"{name}.docs.tsv.zst"), within_documents=True)
    for result in measure_corpus(
        corpora / f"{name}.txt.zst", unit=unit, length=sorted(wanted), at=at, blocks=0, reading=reading
    ):
        rows = {row["n_units"]: row for row in result.rows()}
        for size, row in wanted[result.length].items():
            assert tuple(rows[size][key] for key in ("n_draws", "n_unique", "f1", "f2")) == row, (result.length, size)


@pytest.mark.parametrize(
    ("name", "unit", "within"),
    [
        ("eng_novels", "word", False), ("eng_novels", "word", True), ("zho_tang", "char", True),
        ("deu_laws", "byte", True),
    ],
)  # fmt: skip
def test_documents_as_lines_of_json(corpora, expected, tmp_path, name, unit, within):
    """Each document a record: joined, which is tried of one unit, they are the text that they were cut from."""
    table = read_table(corpora, name)
    raw = b"".join(read_blocks(str(corpora / f"{name}.txt.zst")))
    with open(tmp_path / "x.jsonl", "w", encoding="utf-8") as file:
        for start, end in table:
            file.write(json.dumps({"id": start, "text": raw[start:end].decode()}) + "\n")
    wanted = expected[name, unit, within]
    at = sorted({size for rows in wanted.values() for size in rows})
    reading = ReadOptions(within_documents=within)
    for result in measure_corpus(
        tmp_path / "x.jsonl", unit=unit, length=sorted(wanted), at=at, blocks=0, reading=reading
    ):
        rows = {row["n_units"]: row for row in result.rows()}
        for size, row in wanted[result.length].items():
            assert tuple(rows[size][key] for key in ("n_draws", "n_unique", "f1", "f2")) == row, (result.length, size)


def read_table(corpora: Path, name: str) -> list[tuple[int, int]]:
    text = b"".join(read_blocks(str(corpora / f"{name}.docs.tsv.zst"))).decode()
    table = csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)
    return [(int(row["byte_start"]), int(row["byte_end"])) for row in table]


@pytest.mark.parametrize(
    ("name", "unit"), later(*((name, "byte") for name in (*LARGE, "deu_laws")), ("c_linux", "word"))
)
def test_sketches_are_near_the_exact_counts(corpora, expected, name, unit):
    wanted = expected[name, unit, False]
    at = sorted({size for rows in wanted.values() for size in rows})
    for result in sketch_corpus(corpora / f"{name}.txt.zst", unit=unit, length=sorted(wanted), at=at):
        rows = {row["n_units"]: row for row in result.rows()}
        for size, (windows, unique, *_) in wanted[result.length].items():
            assert rows[size]["n_draws"] == windows
            assert abs(rows[size]["n_unique"] / unique - 1) < 4 * result.sketch.relative_error, (result.length, size)


def document_starts(corpora: Path, name: str, unit: str, n_units: int) -> np.ndarray:
    """First unit of each document; every document ends in a newline, so no word joins two."""
    bytes_ = [start for start, _ in read_table(corpora, name)]
    if unit == "byte":
        return np.array([*bytes_, n_units], dtype=np.int64)
    raw = b"".join(read_blocks(str(corpora / f"{name}.txt.zst")))
    parts = (raw[a:b].decode() for a, b in zip(bytes_, [*bytes_[1:], len(raw)], strict=True))
    sizes = [len(part) if unit == "char" else len(re.findall(r"\w+|[^\w\s]", part)) for part in parts]
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    assert starts[-1] == n_units
    return starts


@pytest.mark.parametrize("name", CORPORA)
def test_hashes(corpora, name):
    manifest = json.loads((corpora / "expected_counts.json").read_text())["files"][name]
    units = read_units(corpora / f"{name}.txt.zst", "byte")
    assert units.sha256[0][1] == manifest["sha256_raw"]
    assert units.n_units == manifest["raw_bytes"]


def test_exponents_of_the_novels(corpora):
    """Equation E1: .490 fitted to prefixes from D = 1e3, f1/U = .357; no single power law, but an interval."""
    result = measure_corpus(corpora / "eng_novels.txt.zst")
    fit = fit_corpus(result)
    assert fit.local == pytest.approx(0.357, abs=0.001)
    assert fit.windows[0].exponent_prefix == pytest.approx(0.490, abs=0.006)
    assert fit.rejected
    assert "no single power law holds" in fit.verdict
    assert fit.interval.lower < min(window.exponent for window in fit.windows)
    assert max(window.exponent for window in fit.windows) < fit.interval.upper
    assert fit.interval.lower < fit.slope < fit.interval.upper
