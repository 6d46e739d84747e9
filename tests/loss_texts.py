"""Texts of many kinds, of those in the data folder and of what Python, Node and Debian install, and their losses."""

from __future__ import annotations

import gzip
import json
import os
import random
import re
import sysconfig
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import xarray as xr
import zstandard

import simulate
from bounds.base.keeping.targets import write_text, written_whole
from simulate.running.dataset import open_result
from simulate.studies.loss.plan import LossPlan
from simulate.text.cutting.sequences import read_units
from simulate.text.learning.curves import laid_out, numbered
from simulate.text.learning.foretelling.contributions import Tail, tail_of
from simulate.text.learning.held_out import split
from simulate.text.reading.asked import ReadOptions

LEARNT_ON = ("eng_novels", "eng_shakespeare", "c_linux", "deu_laws", "zho_tang")
"""Texts of the data folder, which the slopes are learnt on."""

LEAST_BYTES = 1_000_000


def _kept(name: str) -> Iterator[str]:
    """A text of the data folder, document by document."""
    data = Path(os.environ["EFFICIENCY_BOUNDS_DATA"]) / "corpora"
    raw, table = (_whole(data / f"{name}.{kind}.zst") for kind in ("txt", "docs.tsv"))
    head, *lines = table.decode().splitlines()
    columns = head.split("\t")
    for line in lines:
        row = dict(zip(columns, line.split("\t"), strict=False))
        yield raw[int(row["byte_start"]) : int(row["byte_end"])].decode()


def _whole(path: Path) -> bytes:
    with zstandard.open(path, "rb") as file:
        return bytes(file.read())


def _files(pattern: str, folder: str, without: str = "^$") -> Iterator[str]:
    for path in sorted(Path(folder).rglob(pattern)):
        if path.is_file() and not path.is_symlink() and not re.search(without, str(path)):
            raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            try:
                yield raw.decode()
            except UnicodeDecodeError:
                continue


STDLIB = sysconfig.get_paths()["stdlib"]
FIRST: dict[str, Callable[[], Iterator[str]]] = {
    **{name: partial(_kept, name) for name in LEARNT_ON},
    "python": lambda: _files("*.py", STDLIB, "site-packages|/test|idlelib/Icons|lib2to3"),
    "sympy": lambda: _files("*.py", f"{sysconfig.get_paths()['purelib']}/sympy"),
    "perl": lambda: _files("*.p[lm]", "/usr/share/perl", "unicore"),
    "headers": lambda: _files("*.h", "/usr/include", "linux|asm"),
    "vim_help": lambda: _files("*.txt", "/usr/share/vim"),
    "man": lambda: (text for n in range(1, 9) for text in _files("*.gz", f"/usr/share/man/man{n}")),
}  # fmt: skip
"""Name and documents of each text of the first protocol of docs/loss.md."""

SECOND: dict[str, Callable[[], Iterator[str]]] = {
    "fish": lambda: _files("*.fish", "/usr/share/fish"),
    "zsh": lambda: _files("_*", "/usr/share/zsh"),
    "cmake": lambda: _files("*.cmake", "/usr/share/cmake-3.25"),
    "cmake_help": lambda: _files("*.rst", "/usr/share/cmake-3.25"),
    "changelogs": lambda: _files("changelog*.gz", "/usr/share/doc"),
    "licences": lambda: _files("copyright", "/usr/share/doc"),
    "html": lambda: _files("*.html", "/usr/share/doc"),
    "scipy": lambda: _files("*.py", f"{sysconfig.get_paths()['purelib']}/scipy"),
    "cplusplus": lambda: _files("*", "/usr/include/c++"),
    "vim_scripts": lambda: _files("*.vim", "/usr/share/vim"),
    "locales": lambda: _files("*", "/usr/share/i18n/locales"),
    "man_de": lambda: _files("*.gz", "/usr/share/man/de"),
    "man_fr": lambda: _files("*.gz", "/usr/share/man/fr"),
    "javascript": lambda: _files("*.js", "/usr/lib/node_modules"),
    "node_help": lambda: (
        text for one in ("/usr/share/doc/nodejs", "/usr/lib/node_modules") for text in _files("*.md", one)
    ),
}
"""The same of the second."""

PROTOCOLS = {1: FIRST, 2: SECOND}
MOST_BYTES = {1: 6_000_000, 2: 3_000_000}
"""Of a text: documents are drawn until they hold as much."""


def protocol_of(name: str) -> int:
    """By which protocol the text was chosen."""
    return next(number for number, texts in PROTOCOLS.items() if name in texts)


def written(name: str, folder: Path) -> Path | None:
    """The text as JSON lines in `folder`, at most `MOST_BYTES` of it drawn by a seed; None where it is not there."""
    protocol = protocol_of(name)
    path = folder / f"{name}.jsonl"
    if path.exists():
        return path
    documents = [text for text in PROTOCOLS[protocol][name]() if text.strip()]
    order = list(range(len(documents)))
    random.Random(0).shuffle(order)
    chosen, size = set(), 0
    for i in order:
        n_bytes = len(documents[i].encode())
        if size + n_bytes <= MOST_BYTES[protocol]:
            chosen.add(i)
            size += n_bytes
    if size < LEAST_BYTES:
        return None
    lines = (json.dumps({"text": documents[i]}, ensure_ascii=False) + "\n" for i in sorted(chosen))
    write_text(path, "".join(lines))  # whole or not at all: a later run takes it as it is
    return path


def measured(name: str, folder: Path, unit: str, most: int | None = None) -> xr.Dataset | None:
    """The result of ``simulate loss`` on a text, made once; its windows are counted in all of it."""
    out = folder / f"{name}.{unit}.{most}.nc"
    if out.exists():
        return open_result(out)
    path = written(name, folder)
    if path is None:
        return None
    lengths = (1, 2, 3, 4, 5, 6) if name in FIRST else (1,)
    plan = LossPlan((str(path),), unit, lengths, most=most, reading=ReadOptions(format="jsonl"))
    print(name, unit, flush=True)
    return simulate.run_plan(plan, simulate.Execution(out=out))


def tail(name: str, folder: Path, unit: str, n_train: int) -> Tail:
    """R of the automaton of the `n_train` units that were taught last in the first order, made once."""
    kept = folder / f"{name}.{unit}.tail.npz"
    if not kept.exists():
        units = read_units(
            str(folder / f"{name}.jsonl"), unit, reading=ReadOptions(format="jsonl", within_documents=True)
        )
        found = tail_of(*laid_out(numbered(units.ids, units.unit).ids, split(units).order(0), n_train))
        with written_whole(kept) as part, part.open("wb") as file:
            np.savez(file, ranks=found.ranks, left=found.left)
    with np.load(kept) as stored:
        return Tail(stored["ranks"], stored["left"])
