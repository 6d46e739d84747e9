"""Texts of many kinds, of those in the data folder and of what Python and Debian install: for docs/loss.md.

``python -m tests.loss_corpora FOLDER`` measures all of them that are there, keeps results in FOLDER, and writes the
tables of docs/loss.md.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import re
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path

import xarray as xr
import zstandard

import simulate
from simulate.running.dataset import open_result
from simulate.studies.loss.plan import LossPlan
from simulate.text.reading.asked import ReadOptions

PAGE = Path(__file__).parents[1] / "docs" / "loss.md"
MOST_BYTES = 6_000_000
"""Of a text: documents are drawn until they hold as much."""


def _kept(name: str) -> Iterator[str]:
    """A text of the data folder, document by document."""
    data = Path(os.environ["EFFICIENCY_BOUNDS_DATA"]) / "corpora"
    raw = zstandard.ZstdDecompressor().stream_reader((data / f"{name}.txt.zst").open("rb")).read()
    table = zstandard.ZstdDecompressor().stream_reader((data / f"{name}.docs.tsv.zst").open("rb")).read().decode()
    head, *lines = table.splitlines()
    columns = head.split("\t")
    for line in lines:
        row = dict(zip(columns, line.split("\t"), strict=False))
        yield raw[int(row["byte_start"]) : int(row["byte_end"])].decode()


def _files(pattern: str, folder: str, without: str = "^$") -> Iterator[str]:
    for path in sorted(Path(folder).rglob(pattern)):
        if path.is_file() and not path.is_symlink() and not re.search(without, str(path)):
            raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            try:
                yield raw.decode()
            except UnicodeDecodeError:
                continue


STDLIB = sysconfig.get_paths()["stdlib"]
TEXTS: dict[str, Callable[[], Iterator[str]]] = {
    **{name: lambda name=name: _kept(name) for name in
       ("eng_novels", "eng_shakespeare", "c_linux", "deu_laws", "zho_tang")},
    "python": lambda: _files("*.py", STDLIB, "site-packages|/test|idlelib/Icons|lib2to3"),
    "sympy": lambda: _files("*.py", f"{sysconfig.get_paths()['purelib']}/sympy"),
    "perl": lambda: _files("*.p[lm]", "/usr/share/perl", "unicore"),
    "headers": lambda: _files("*.h", "/usr/include", "linux|asm"),
    "vim_help": lambda: _files("*.txt", "/usr/share/vim"),
    "man": lambda: (text for n in range(1, 9) for text in _files("*.gz", f"/usr/share/man/man{n}")),
}  # fmt: skip
"""Name and documents of each text."""


def written(name: str, folder: Path) -> Path | None:
    """The text as JSON lines in `folder`, at most `MOST_BYTES` of it drawn by a seed; None where it is not there."""
    path = folder / f"{name}.jsonl"
    if path.exists():
        return path
    documents = [text for text in TEXTS[name]() if text.strip()]
    order = list(range(len(documents)))
    random.Random(0).shuffle(order)
    chosen, size = set(), 0
    for i in order:
        n_bytes = len(documents[i].encode())
        if size + n_bytes <= MOST_BYTES:
            chosen.add(i)
            size += n_bytes
    if size < 1_000_000:
        return None
    with path.open("w", encoding="utf-8") as file:
        for i in sorted(chosen):
            file.write(json.dumps({"text": documents[i]}, ensure_ascii=False) + "\n")
    return path


def measured(name: str, folder: Path, unit: str, most: int | None = None) -> xr.Dataset | None:
    """The result of ``simulate loss`` on a text, made once; its windows are counted in all of it."""
    out = folder / f"{name}.{unit}.{most}.nc"
    if out.exists():
        return open_result(out)
    path = written(name, folder)
    if path is None:
        return None
    plan = LossPlan((str(path),), unit, most=most, reading=ReadOptions(format="jsonl"))
    print(name, unit, flush=True)
    return simulate.run_plan(plan, simulate.Execution(out=out))
