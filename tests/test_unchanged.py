"""A result of every command, as it was when it was first kept: counts are the same bits for ever.

The record holds, of each integer variable, its shape, its sum and the first 64 bits of a SHA-256. Floating-point
variables follow from the counts and from formulas that have tests of their own, and may differ in their last digit from
one version of a library to the next. What the draws of a single type are is held by `test_gpu.GOLDEN`.

A record that differs says that every result that anybody kept with this seed is another one now. If that is meant, say
it in the changelog, and write the record anew: ``python -m tests.test_unchanged``.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import simulate

RECORD = Path(__file__).parent / "data" / "unchanged.json"

TEXT = "".join(f"w{i * i % 97} w{i % 13}{'.' if i % 7 else chr(10)} " for i in range(6000))
"""A text of 12000 words that needs no file of somebody else's."""

TABLES = "zipf:1.724 zipf:1.2,shift=10 zipf:0.9,types=1e4 uniform:1e5 geometric:0.99 growing:0.58 santa-fe:1.5"
OTHERS = "windows:alphabet=4,length=5 mixture:0.7*(zipf:2.0)+0.3*(zipf:1.5,shift=5)"
COMMANDS = {
    "tokens": ("sweep", *TABLES.split(), *OTHERS.split(), "--engine=tokens", "--n-draws=10:3e4:6", "--replicates=3"),
    "types": ("sweep", *TABLES.split(), "pitman-yor:0.58,concentration=10", "--engine=types", "--n-draws=10:1e5:5"),
    "gauss": ("sweep", "zipf:1.724", "pitman-yor:0.58,concentration=10", "--engine=gauss", "--n-draws=1e3:1e12:5"),
    "auto": ("sweep", "zipf:1.724", "uniform:1e6", "growing:0.44", "--n-draws=1e3:1e9:5", "--replicates=2"),
    "corpus source": ("sweep", "corpus:{text},unit=word,length=1", "--n-draws=100:1e4:5", "--replicates=2"),
    "learners": ("sweep", "--learner=all", "--n-draws=100:1e4:4", "--replicates=2", "--test-draws=512"),
    "skills": ("skills", "--n-skills=50", "--members=10", "--n-draws=100:1e5:5", "--replicates=3"),
    "skills, tokens": ("skills", "--kind=windows", "zipf:1.5", "--engine=tokens", "--n-draws=100:1e4:4"),
    "suite": ("suite", "--n-params=10,100,1000", "--checkpoints=0,10,100,500", "--batch=64", "--replicates=3"),
    "corpus": ("corpus", "{text}", "--length=1,2,4", "--at=100,1e3,all", "--unit=word"),
    "corpus, bytes": ("corpus", "{text}", "--length=1,3", "--at=100,1e3,all", "--unit=byte", "--order=shuffled-chunks"),
    "sketch": ("corpus", "{text}", "--sketch", "--length=1,2", "--at=100,1e3,all", "--precision=10"),
}  # fmt: skip


def flags(name: str, folder: Path) -> list[str]:
    """The command line of `name`: what has a colon and no dash is a source."""
    command, *rest = COMMANDS[name]
    if "corpus" in name or name == "sketch":
        (folder / "text.txt").write_text(TEXT, encoding="utf-8")
    rest = [one.format(text=folder / "text.txt") for one in rest]
    rest = [f"--source={one}" if ":" in one and not one.startswith("-") else one for one in rest]
    return [command, *rest, "--seed=11", f"--out={folder / 'result.nc'}"]


def record(name: str, folder: Path) -> dict[str, str]:
    """Shape, sum and hash of each integer variable of the result of `name`."""
    from simulate.cli.main import main

    done = CliRunner().invoke(main, flags(name, folder), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    dataset = simulate.open_result(folder / "result.nc")
    found = {}
    for key, variable in dataset.variables.items():
        if variable.dtype.kind in "iu":
            values = np.ascontiguousarray(variable.values.astype("<i8"))
            digest = hashlib.sha256(values.tobytes()).hexdigest()[:16]
            found[str(key)] = f"shape {values.shape}, sum {values.sum()}, {digest}"
    assert found
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_counts_are_what_they_were(name, tmp_path):
    found = record(name, tmp_path)
    kept = json.loads(RECORD.read_text())[name]
    assert {key: found.get(key) for key in kept} == kept


def test_another_seed_is_another_result(tmp_path, monkeypatch):
    """The record can tell results apart; of flags given twice the last one holds."""
    name = "skills"
    seeded = [*flags(name, tmp_path), "--seed=12"]
    monkeypatch.setitem(globals(), "flags", lambda *_: seeded)
    assert record(name, tmp_path)["n_unique"] != json.loads(RECORD.read_text())[name]["n_unique"]


if __name__ == "__main__":
    import tempfile

    made = {}
    for key in COMMANDS:
        with tempfile.TemporaryDirectory() as place:
            made[key] = record(key, Path(place))
    RECORD.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
