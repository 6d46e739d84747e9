"""The scripts in examples/ run as they stand, say something that a person understands, and what they say is right."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

import pytest

from tests.commands import run

EXAMPLES = Path(__file__).parent.parent / "examples"


def printed(script: str, capsys, monkeypatch, *arguments: str) -> list[str]:
    """The lines that a script prints."""
    monkeypatch.setattr(sys, "argv", [script, *arguments])
    runpy.run_path(str(EXAMPLES / script), run_name="__main__")
    out, err = capsys.readouterr()
    assert err == ""
    return out.splitlines()


def numbers(line: str) -> list[float]:
    return [float(one.replace(",", "")) for one in re.findall(r"-?\d[\d,]*(?:\.\d+)?", line)]


def test_every_example_is_tried_here():
    assert {path.name for path in EXAMPLES.iterdir() if not path.name.startswith("_")} == {
        "law_of_your_own.py", "corpus_of_your_own.py", "sweep_of_your_own.py", "sweep.toml",
    }  # fmt: skip


def test_a_law_of_your_own(capsys, monkeypatch):
    falls, stores, predicts, kept = printed("law_of_your_own.py", capsys, monkeypatch)
    _, beta, level, low, high = numbers(falls) if falls.startswith("0") else [0, *numbers(falls)]
    assert level == 95
    assert low < -beta < high
    lower, upper, middle = numbers(stores)
    assert lower == pytest.approx(1 + 2 * beta, abs=0.011), "1 - 2β, as printed"
    assert upper == pytest.approx(1 + beta, abs=0.011), "1 - β"
    assert lower < middle < upper
    *_, loss, below, above = numbers(predicts)
    assert below < loss < above
    assert kept.startswith("Read back from mine.law.toml")


def test_a_corpus_of_your_own(capsys, monkeypatch, tmp_path):
    holds, grows, more = printed("corpus_of_your_own.py", capsys, monkeypatch)
    words, distinct, once = numbers(holds)[-3:]
    assert words == 100_000
    assert once < distinct < words
    _, low, high = numbers(grows)
    assert low < 0.58 < high, "the exponent of the law that the words come from"
    assert numbers(more)[0] > distinct
    (tmp_path / "mine.txt").write_text("the cat saw the dog " * 60)
    short = printed("corpus_of_your_own.py", capsys, monkeypatch, str(tmp_path / "mine.txt"))
    assert "300 words, 4 of them distinct; 0 occur once" in short[0]
    assert len(short) == 3


def test_a_sweep_of_your_own(capsys, monkeypatch):
    head, *sources, inside = printed("sweep_of_your_own.py", capsys, monkeypatch)
    assert head.startswith("16 corpora of each source")
    assert [line.split(":")[0].strip() for line in sources] == ["zipf", "zipf", "pitman-yor"]
    for line in sources:
        exponent, low, high, planted = numbers(line)[-4:]
        assert low < exponent < high
        assert ("holds" in line) is (low <= planted <= high)
    assert inside.startswith("3 of 3 lie in [0.44, 0.72]")


def test_the_sweep_that_is_shipped_is_one_that_the_command_takes():
    done = run("sweep", "--config", str(EXAMPLES / "sweep.toml"))
    assert done.stdout.startswith("Distinct sequences")
    assert all(source in done.stdout for source in ("zipf:1.724", "shift=100", "pitman-yor:0.58"))
    assert "epoch2024" in done.stdout
    assert "kaplan2020" not in done.stdout, "laws that the file does not name"
    more = run("sweep", "--config", str(EXAMPLES / "sweep.toml"), "--replicates", "2", "--json")
    assert '"replicates": 2' in more.stdout, "flags override the file"
