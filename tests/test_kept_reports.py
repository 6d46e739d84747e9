"""What skills and suites say is in the file that is kept: a report and a figure made of it are those of the run."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np
import pytest

import simulate
from bounds.cli.report import print_report
from simulate.running.showing.view import View
from simulate.studies.skills import figure as skill_figure
from simulate.studies.skills import report as skill_report
from simulate.studies.suite import figure as suite_figure
from simulate.studies.suite import report as suite_report
from simulate.studies.suite.rows import known_from, term_rows

FEW: dict[str, Any] = {"replicates": 12, "members": 10, "quorum": 8}
SKILLS: dict[str, dict[str, Any]] = {
    "masses": {"n_skills": 40, "n_draws": "100:1e5:9"},
    "windows": {"source": "zipf:1.5", "n_skills": 4, "n_draws": "100:1e5:6"},
    "frequency": {"kind": "frequency", "source": "zipf:1.5"},
    "arrivals": {"engine": "arrivals", "n_draws": "1e3:1e12:6", "exposures": 2},
    "text": {"n_skills": 4},
    "one corpus": {"replicates": 1, "n_skills": 5, "n_draws": "100:1e4:4"},
}
SUITES: dict[str, dict[str, Any]] = {
    "law": {
        "source": "zipf:1.5",
        "n_params": (10, 1000, 100_000),
        "replicates": 3,
        "checkpoints": (0, 1, 10, 100, 2000),
    },
    "chance": {"source": "uniform:50", "learning_probability": 0.3, "checkpoints": (0, 5, 50), "replicates": 2},
    "windows": {"source": "windows:alphabet=4,length=3", "checkpoints": (0, 1, 4), "replicates": 2},
    "text": {"checkpoints": (0, 1, 10, 50)},
    "one": {"source": "uniform:20", "checkpoints": (0, 1), "replicates": 1, "n_params": (1, 5)},
}


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "text.txt"
    path.write_text(" ".join(f"w{i}" for i in np.minimum(np.random.default_rng(5).zipf(1.4, 4000), 900)))
    return f"corpus:{path}"


@pytest.fixture(scope="module")
def kept(tmp_path_factory, text):
    """The result of each run, made once, with its file, and the reporter and drawer of its study."""
    folder = tmp_path_factory.mktemp("kept")

    @cache
    def result_of(name):
        out = folder / f"{NAMES.index(name)}.nc"
        return out, *made(name, text, out)

    return result_of


def made(name, text, out):
    """The result of a run, and the reporter and drawer of its study."""
    study, kind = name.split(": ")
    if study == "skills":
        more = {"source": text} if kind == "text" else {}
        dataset = simulate.simulate_skills(**(FEW | SKILLS[kind] | more), out=out)
        return dataset, skill_report.report, skill_figure.figure
    options = {"source": text, **SUITES[kind]}
    return simulate.run_suite(options.pop("source"), **options, out=out), suite_report.report, suite_figure.figure


NAMES = [*(f"skills: {kind}" for kind in SKILLS), *(f"suite: {kind}" for kind in SUITES)]


@pytest.mark.parametrize("name", NAMES)
def test_a_kept_result_says_the_same(name, kept):
    out, dataset, report, figure = kept(name)
    opened = simulate.open_result(out)
    for view in (View(), View(curves=True, most=3, params_per_sequence=20.0)):
        first, again = report(dataset, view), report(opened, view)
        assert again == first
        json.dumps(first.to_json({}), allow_nan=False)
    drawn = [[list(line.get_ydata()) for axes in figure(one, View()).axes for line in axes.lines]
             for one in (dataset, opened)]  # fmt: skip
    np.testing.assert_equal(drawn[0], drawn[1])


@pytest.mark.parametrize("name", NAMES)
def test_the_answer_comes_first_and_tables_fit_a_line(name, kept, capsys):
    _, dataset, report, _ = kept(name)
    for view in (View(), View(params_per_sequence=20.0)):
        told = report(dataset, view)
        print_report(told)
        out = capsys.readouterr().out
        assert " ".join(out.split()).startswith(told.answer)
        assert max(map(len, out.splitlines())) <= 80
        heads = sum("──" in line for line in out.splitlines())
        assert heads == len(told.tables)  # each in one piece
        assert "vacuous" not in out
        print_report(told, explained=True)
        more = capsys.readouterr().out
        assert all(table.title in " ".join(more.split()) for table in told.details)


def test_from_how_many_exposures_on_a_size_knows_half(kept):
    """By hand, from the table of term accuracy."""
    _, dataset, *_ = kept("suite: law")
    found = known_from(dataset)
    for i, n_params in enumerate(dataset.n_params.values):
        rows = [
            (row["term_count"], row["term_accuracy"])
            for row in term_rows(dataset) if row["n_params"] == n_params
        ]  # fmt: skip
        good = [count for k, (count, _) in enumerate(rows) if all(accuracy >= 0.5 for _, accuracy in rows[k:])]
        assert found[i] == min(good, default=None)
    assert found[-1] == 1
    assert found[0] > 1


def test_a_store_with_room_knows_all_and_says_so():
    dataset = simulate.run_suite("zipf:1.5,types=3", n_params=(3, 4), checkpoints=(0, 100), replicates=4)
    assert "from N = 4 on all 3 sequences that were learned have room, and N changes nothing" in suite_report.answer(
        dataset
    )


def test_the_factor_of_the_answer_is_that_of_json(kept):
    _, dataset, *_ = kept("skills: masses")
    told = skill_report.report(dataset, View())
    factor = told.data["growth"]["factor"]
    assert f"twice the skills take {factor:.2f} [" in told.answer
    inside = 3 <= factor <= 5
    assert ("inside the paper's" in told.answer) == inside
