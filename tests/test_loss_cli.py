"""``python -m simulate loss``: what it says of texts whose loss is known, and what it refuses."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from simulate.cli.main import main
from simulate.running.dataset import open_result
from tests.tables import other_style

WORDS = ("the", "a", "of", "river", "runs", "slow", "and", "old", "stone", "bridge", "by", "moon", "light", "we", "saw")


def run(*arguments: object) -> Result:
    return CliRunner(env={"COLUMNS": "80"}).invoke(main, [str(one) for one in arguments])


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A text of independent words, as documents and as one text."""
    folder = tmp_path_factory.mktemp("texts")
    random = np.random.default_rng(1)
    weights = 1.0 / np.arange(1, len(WORDS) + 1)
    documents = [" ".join(random.choice(WORDS, 150, p=weights / weights.sum())) + "\n" for _ in range(60)]
    (folder / "documents.jsonl").write_text("".join(json.dumps({"text": d}) + "\n" for d in documents), "utf-8")
    (folder / "one.txt").write_text("".join(documents), "utf-8")
    return folder


ENTROPY = -sum(p * math.log(p) for p in (1 / n / sum(1 / m for m in range(1, 16)) for n in range(1, 16)))


@pytest.fixture(scope="module")
def result(folder) -> tuple[Path, dict]:
    out = folder / "loss.nc"
    found = run("loss", folder / "documents.jsonl", "--length=1,2", "--json", f"--out={out}")
    assert found.exit_code == 0, found.output
    return out, json.loads(found.stdout)


def test_independent_words_cost_their_entropy(result):
    """No learner can do better; Kneser-Ney guesses of chance pairs, and nears it from above."""
    _, found = result
    last = [row for row in found["rows"] if row["n_train"] == found["rows"][-1]["n_train"]]
    assert [row["learner"] for row in last] == ["kneser-ney", "ppm-d"]
    for row in last:
        assert row["held_out_loss_upper"] > ENTROPY
        assert row["held_out_loss"] < ENTROPY + 0.6
        assert row["gain"] is None
    assert found["how"] == "documents"
    assert found["unseen"] == 0
    assert found["vocabulary"] == 2 * len(WORDS)
    assert {law["learner"] for law in found["laws"]} == {"kneser-ney", "ppm-d"}
    assert [fit["length"] for fit in found["fits"]] == [1, 2]


def test_gains_are_differences_and_bits_are_of_the_whole_text(result):
    _, found = result
    rows = [row for row in found["rows"] if row["learner"] == "kneser-ney"]
    for before, after in pairwise(rows):
        assert before["gain"] == pytest.approx(before["held_out_loss"] - after["held_out_loss"])
        assert after["n_train"] // 2 == before["n_train"]
    lines = (result[0].parent / "documents.jsonl").read_text("utf-8").splitlines()
    text = sum(len(json.loads(line)["text"]) for line in lines)
    bytes_per_word = text / (60 * 150)
    assert rows[-1]["bits_per_byte"] == pytest.approx(rows[-1]["held_out_loss"] / math.log(2) / bytes_per_word)


def test_the_exponents_beside_it_are_those_of_corpus(result, folder):
    counted = run("corpus", folder / "documents.jsonl", "--within-documents", "--length=1,2", "--json")
    same = json.loads(counted.stdout)["fits"]
    for mine, theirs in zip(result[1]["fits"], same, strict=True):
        for name in ("exponent", "exponent_lower", "slope", "slope_upper", "fit_p_value", "fit"):
            assert mine[name] == theirs[name]


def test_everything_in_the_file_is_described(result):
    dataset = open_result(result[0])
    for name, variable in dataset.variables.items():
        assert variable.attrs.get("long_name", name) != name, name
    assert dataset.matched.sum("match").values == pytest.approx(1)
    saved = result[0].with_suffix(".csv")
    assert run("show", result[0], f"--figure={result[0].with_suffix('.svg')}").exit_code == 0
    plain = run("loss", result[0].parent / "one.txt", "--unit=byte", "--length=1", "--most=4e3", f"--out={saved}")
    assert plain.exit_code == 0, plain.output
    _, *lines = saved.read_text("utf-8").splitlines()
    assert len([line for line in lines if line and not line.startswith("#")]) == 2 * 3
    assert "held_out_loss_training" in saved.read_text("utf-8")


def test_corpus_with_loss_is_the_same(folder):
    flags = ("--unit=char", "--seed=3", "--json")
    found = [
        json.loads(run(*command, folder / "one.txt", *flags).stdout) for command in (("loss",), ("corpus", "--loss"))
    ]
    assert found[0] == found[1]
    assert found[0]["provenance"]["command"] == "loss"
    assert found[0]["how"] == "blocks"
    assert found[0]["provenance"]["parameters"]["length"] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("loss", "one.txt", "--shuffles=3"), "shuffles must be"),
        (("loss", "one.txt", "--most=100"), "most must be"),
        (("loss", "one.txt", "--hold-out=words"), "hold-out must be one of auto, documents, blocks"),
        (("loss", "one.txt", "--hold-out=documents"), "has 1 document, and at least 32 are needed"),
        (("loss", "one.txt", "--length=0"), "length must be"),
        (("loss", "gone.txt"), "does not exist"),
        (("loss", "small.txt"), "4000 at least make three sizes that double"),
        (("loss", "one.txt", "--out=x.txt"), "out must name a file that ends in"),
        (
            ("loss", "one.txt", "--most=4000", "--from-counts", "--extrapolate=10x"),
            "never from counts that are extrapo",
        ),
        (("loss", "one.txt", "--extrapolate=2x"), "--extrapolate 2x: a loss is foretold from text that is there"),
        (("loss",), "Missing argument"),
        (("corpus", "one.txt", "--loss", "--sketch"), "--sketch is of counting, which --loss does not"),
        (("corpus", "one.txt", "--loss", "--at=1000"), "--at is of counting"),
        (("corpus", "one.txt", "--loss", "--extrapolate=3x"), "--extrapolate is of counting"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(arguments, words, folder, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "small.txt").write_text("to be or not to be " * 100, "utf-8")
    found = run(*arguments)
    assert found.exit_code == 2 or isinstance(found.exception, ValueError)
    assert words in found.output + str(found.exception)
    assert not (folder / "x.txt").exists()


def test_what_is_printed_names_the_finding_and_why_nothing_is_converted(result):
    found = run("show", result[0], "--explain")
    text = " ".join(found.stdout.split())
    assert "γ and β are not converted into each other" in text
    assert "Chen & Goodman 1999" in text
    assert ("β is not identified" in text) is (not all(law["identified"] for law in result[1]["laws"]))
    assert "standard errors of each" in text
    assert not other_style(found.stdout)


def test_text_that_stands_twice_is_noticed(folder):
    (folder / "twice.txt").write_text((folder / "one.txt").read_text("utf-8") * 2, "utf-8")
    found = json.loads(run("loss", folder / "twice.txt", "--unit=byte", "--length=1", "--json").stdout)
    assert "of what is held out a copy may have been taught" in found["warnings"][0]
    assert found["copies"] is True
