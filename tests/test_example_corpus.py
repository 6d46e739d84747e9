"""The corpus of known truth: every format holds the same windows, and its documents are the same."""

from __future__ import annotations

import shlex
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from click.testing import CliRunner

from simulate.cli.main import main
from simulate.studies.example_corpus import FORMATS, example_corpus, example_documents
from simulate.text import ReadOptions, measure_corpus

APART = {"text.txt.gz", "text.txt.zst", "nanogpt.bin", "olmo.npy", "llmc.bin", "numpy.npy"}
"""Formats that do not say where the documents are."""


@cache
def documents():
    """Drawn when the first test asks: kernels compile here, and every process imports this module."""
    return example_documents("zipf:1.5,types=50", n_words=600, documents=7, seed=3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("examples") / "corpus"
    files, _ = example_corpus(documents(), str(path))
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def asked(one, folder, **more):
    words = shlex.split(one.flags.format(folder=folder))
    flags = dict(zip(words[::2], words[1::2], strict=True))
    options = {name: flags[f"--{name}"] for name in ("dtype", "documents") if f"--{name}" in flags}
    unit = "token" if one.title.startswith("token") else "word"
    return measure_corpus([folder / one.name], unit=unit, length=[1, 2], reading=ReadOptions(**options, **more))


@pytest.mark.parametrize("one", [one for one in FORMATS if one.name != "parts"], ids=lambda one: one.name)
def test_each_format_holds_the_same_windows(one, folder):
    ids = documents().ids.tolist()
    single, double = asked(one, folder)
    assert (single.n_draws[-1], double.n_draws[-1]) == (len(ids), len(ids) - 1)
    assert single.n_unique[-1] == len(set(ids))
    assert double.n_unique[-1] == len(set(pairwise(ids)))


@pytest.mark.parametrize("one", [one for one in FORMATS if one.name not in APART], ids=lambda one: one.name)
def test_documents_are_the_same(one, folder):
    parts = [part.tolist() for part in np.split(documents().ids, documents().ends[:-1])]
    assert len(parts) == 7
    _, double = asked(one, folder, within_documents=True)
    assert double.n_draws[-1] == sum(len(part) - 1 for part in parts)
    assert double.n_unique[-1] == len({pair for part in parts for pair in pairwise(part)})


def run(*arguments, code=0):
    done = CliRunner().invoke(main, ["example", *map(str, arguments)])
    assert done.exit_code == code or (code == 2 and isinstance(done.exception, ValueError)), done.output
    return " ".join(f"{done.output} {done.exception if code else ''}".split())


def test_the_command_writes_a_new_folder_whole_or_not_at_all(tmp_path):
    target = tmp_path / "my corpus"
    out = run("corpus", target, "--n-words", "500", "--documents", "3", "--seed", "1")
    assert "500 words" in out
    assert "in 3 documents and 14 formats" in out
    assert f"'{target}'/lines.jsonl.gz JSON lines, gzip" in out
    before = {path: path.read_bytes() for path in target.rglob("*") if path.is_file()}
    assert len(before) == 14 + 3 + 2  # an index or offsets of three, and three parts
    assert "no folder is replaced" in run("corpus", target, code=2)
    assert "--overwrite replaces a file" in run("corpus", tmp_path / "new", "--overwrite", code=2)
    assert {path: path.read_bytes() for path in target.rglob("*") if path.is_file()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["my corpus"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["corpus", "c", "--law", "epoch2024"], "--law is of runs"),
        (["text", "t.txt", "--documents", "3"], "--documents is of a corpus"),
        (["runs", "r.csv", "--n-words", "5"], "--n-words is of a text or a corpus"),
        (["corpus", "c", "--n-words", "5", "--documents", "6"], "at most the 5 words, got 6"),
        (["corpus", "c", "--source", "zipf:1.1", "--n-words", "1000000"], "token ids of 16 bits tell 65536 apart"),
        (["corpus", "none/c"], "is not a folder"),
        (["corpus", "c", "--source", "zipff:2"], "zipf"),
    ],
)
def test_what_cannot_be_written_is_one_sentence(arguments, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert sentence in run(*arguments, code=2)
    assert list(tmp_path.iterdir()) == []
