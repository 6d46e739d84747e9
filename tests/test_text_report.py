"""What `corpus` says of a text: the answer first, one table, and the same again from a kept result."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from click.testing import CliRunner

from bounds.base.notes import KINDS
from simulate import open_result, save_result
from simulate.cli.main import main
from simulate.running.showing.view import View
from simulate.studies.text.dataset import counts_of, to_dataset
from simulate.studies.text.figure import figure
from simulate.studies.text.report import report
from simulate.text import fit_corpus, measure_corpus, sketch_corpus

LENGTHS = [1, 2]


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "a.txt"
    path.write_text(" ".join(f"w{i}" for i in np.random.default_rng(5).zipf(1.7, 30_000)))
    return path


@pytest.fixture(scope="module")
def counted(text):
    growths = measure_corpus(text, length=LENGTHS)
    pairs = [(growth, fit_corpus(growth)) for growth in growths]
    return pairs, to_dataset(pairs, {"files": [str(text)], "blocks": 16})


@pytest.fixture(scope="module")
def sketched(text):
    growths = sketch_corpus(text, length=LENGTHS, precision=12)
    return growths, to_dataset([(growth, None) for growth in growths], {"files": [str(text)], "sketch": True})


def said(*arguments: str) -> str:
    done = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("suffix", ["nc", "zarr"])
@pytest.mark.parametrize("which", ["counted", "sketched"])
def test_a_kept_result_says_the_same(which, suffix, request, tmp_path):
    _, dataset = request.getfixturevalue(which)
    opened = open_result(save_result(dataset, tmp_path / f"x.{suffix}"))
    for view in (View(), View(curves=True)):
        assert report(opened, view) == report(dataset, view)
    axes = [figure(found, View()).axes[0] for found in (opened, dataset)]
    assert axes[0].get_title(loc="left") == axes[1].get_title(loc="left") != ""
    curves = [[np.asarray(line.get_ydata()).tolist() for line in one.lines] for one in axes]
    assert curves[0] == curves[1]


def test_rows_and_fits_are_those_of_what_was_counted(counted):
    pairs, dataset = counted
    found = report(dataset, View()).data
    assert found["rows"] == [row for growth, _ in pairs for row in growth.rows()]
    for entry, (growth, fit) in zip(found["fits"], pairs, strict=True):
        assert entry["exponent"] == fit.exponent
        assert (entry["exponent_lower"], entry["exponent_upper"]) == tuple(fit.interval)
        assert (entry["length"], entry["rejected"], entry["fit"]) == (growth.length, fit.rejected, fit.verdict)
        stretches = [(w.from_draws, w.to_draws, w.exponent, w.p_value, w.rejected) for w in fit.windows]
        keys = ("from_draws", "to_draws", "exponent", "p_value", "rejected")
        assert [tuple(w[key] for key in keys) for w in entry["windows"]] == stretches
    json.dumps(found, allow_nan=False)


def test_rows_of_a_sketch_are_those_that_were_estimated(sketched):
    growths, dataset = sketched
    found = report(dataset, View()).data
    assert found["rows"] == [row for growth in growths for row in growth.rows()]
    assert found["sketch"]["precision"] == 12
    assert found["bands"] == []
    assert all(fit["rejected"] is None and not fit["windows"] for fit in found["fits"])


def test_the_answer_has_the_count_and_the_exponent_of_each_length(counted, sketched):
    pairs, dataset = counted
    answer = report(dataset, View()).answer
    for growth, fit in pairs:
        low, high = fit.interval
        assert f"{growth.n_unique[-1]} of {growth.n_draws[-1]} windows of {growth.length} word" in answer
        assert f"grow with exponent {fit.exponent:.2f} [{low:.2f}, {high:.2f}] from D = {fit.window[0]} on" in answer
    growths, estimated = sketched
    answer = report(estimated, View()).answer
    for growth in growths:
        low, high = growth.interval.lower[-1], growth.interval.upper[-1]
        told = f"about {growth.n_unique[-1]} [{low}, {high}]" if low < high else f"{growth.n_unique[-1]}"
        assert f" {told} of {growth.n_draws[-1]} windows" in answer


def test_what_grows_as_no_power_law_is_said_to(tmp_path):
    path = tmp_path / "x.txt"
    drawn = np.random.default_rng(1).zipf(1.2, 40_000)
    path.write_text(" ".join(f"w{i}" for i in np.where(drawn > 3000, drawn % 3000, drawn)))
    out = flat(said("corpus", str(path), "--explain"))
    assert "though no single power law holds" in out
    assert "as the exponent moves" in out


@pytest.mark.parametrize(
    ("words", "flags", "told", "note"),
    [
        ("a b c d e f g h", [], "8 of 8 windows", "too short to be cut into blocks"),
        ("one " * 500, [], "1 of 500 windows", "No exponent: all windows are the same"),
        (" ".join(map(str, range(3000))), [], "every one is new", "every window was new"),
        ("a b " * 1500, [], "no further one appears at the end", "growth has ended"),
        ("a b " * 1500, ["--blocks", "0"], "2 of 3000 windows", "No fit: no blocks were asked for."),
    ],
)
def test_a_text_without_an_exponent_says_why(words, flags, told, note, tmp_path):
    path = tmp_path / "x.txt"
    path.write_text(words)
    out = said("corpus", str(path), *flags)
    assert told in flat(out)
    assert note in flat(out)
    assert "γ [95 %]" not in out
    found = json.loads(said("corpus", str(path), *flags, "--json"))
    assert any(note in warning for warning in found["warnings"])
    assert found["fits"][0]["exponent"] is None


@pytest.mark.parametrize("flags", [[], ["--sketch"], ["--curves"], ["--sketch", "--curves"]])
def test_no_count_is_laid_beside_a_law(text, flags):
    out = said("corpus", str(text), "--length", "1,2,4", *flags)
    assert "not the sequences of a loss law" in flat(out)
    assert "rigorous" not in out
    assert "hoffmann" not in out
    assert max(map(len, out.splitlines())) <= 80
    heads = sum(line.startswith("length ") for line in out.splitlines())
    assert heads == 1 + ("--curves" in flags) + 1  # each table in one piece
    assert json.loads(said("corpus", str(text), *flags, "--json"))["bands"] == []


def test_a_table_of_counts_has_no_stretches(counted, tmp_path):
    pairs, dataset = counted
    path = save_result(counts_of(dataset), tmp_path / "x.csv")
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert len(rows) == len(pairs) * dataset.sizes["n_units"]
    assert not any(key.startswith("stretch") for key in rows[0])


def test_notes_have_kinds(counted, sketched):
    for _, dataset in (counted, sketched):
        assert {note.kind for note in report(dataset, View()).notes} <= set(KINDS)
    first = report(sketched[1], View()).notes[0]
    assert first.kind == "refused"
    assert "leave out --sketch to count exactly" in first.text
