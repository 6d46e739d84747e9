"""What a sweep says: the answer, two tables, three notes at most, and the rest where it is asked for."""

from __future__ import annotations

import pytest

import simulate
from bounds.cli.report import print_report
from simulate.running.dataset import open_result
from simulate.running.showing.view import View
from simulate.studies.sweep.figure import figure
from simulate.studies.sweep.report import report, rows

SOURCES = ["zipf:2.2727", "zipf:1.3889", "zipf:1.724,shift=100", "pitman-yor:0.58,concentration=10"]


@pytest.fixture(scope="module")
def dataset():
    return simulate.sweep(sources=SOURCES, n_draws="1e3:1e5:9", replicates=9)


def screen(found, capsys, **options) -> str:
    print_report(found, **options)
    return capsys.readouterr().out


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_screen_fits_and_the_answer_comes_first(dataset, width, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(width))
    printed = screen(report(dataset, View()), capsys)
    assert printed.startswith("Distinct sequences, and so")
    assert max(map(len, printed.splitlines())) <= width
    assert printed.count("\nsource ") == (1 if width > 60 else 3)  # in one piece
    assert 1 <= sum(line.startswith("! ") for line in printed.splitlines()) <= 3
    assert "vacuous" not in printed
    assert "U(D)" not in printed  # of a law: 50,000 times below what it was fitted on


def test_the_answer_has_number_interval_and_condition(dataset):
    answer = report(dataset, View(laws=("hoffmann2022", "epoch2024", "kaplan2020"))).answer
    held = sum(row["exponent_lower"] <= row["exponent_planted"] <= row["exponent_upper"] for row in rows(dataset))
    assert "grow as D^0.43 to D^0.72 on these sources (D = 1000 to 100K draws): " in answer
    assert f"{held} of 4 intervals hold the planted exponent, " in answer
    assert "4 of 4 meet the band [0.44, 0.72] of hoffmann2022, 3 that of epoch2024, none that of kaplan2020." in answer


def test_one_source_answers_with_its_interval(dataset):
    answer = report(dataset.isel(source=[1]), View(laws=("hoffmann2022",))).answer
    (row,) = rows(dataset.isel(source=[1]))
    ends = f"{row['exponent']:.4f} [{row['exponent_lower']:.4f}, {row['exponent_upper']:.4f}]"
    assert f"grow as D^γ, γ = {ends}, on zipf:1.3889 (D = 1000 to 100K draws): its interval holds" in answer
    assert answer.endswith("meets the band [0.44, 0.72] of hoffmann2022.")


def test_sources_without_a_power_law_are_told_apart(capsys):
    found = report(simulate.sweep(sources=["uniform:300", "zipf:1.724"], n_draws="1e2:1e4:5", replicates=4), View())
    assert ", on zipf:1.724 (" in found.answer
    assert found.answer.endswith("; the other follows no power law that the data confirm.")
    assert found.notes[0].text.startswith("uniform:300: No interval: ")
    assert found.notes[0].kind == "refused"
    printed = screen(found, capsys)
    assert "In brackets: a fit that the data reject." in printed
    nothing = report(simulate.sweep(sources=["uniform:300"], n_draws="1e2:1e4:5", replicates=4), View())
    assert nothing.answer.startswith("No power law is confirmed here; at D = 10K distinct sequences grow locally as D^")


def test_an_exponent_short_of_its_limit_is_told_from_one_that_chance_missed():
    mixed = "mixture:0.7*(zipf:2)+0.3*(zipf:1.5,shift=5)"
    found = report(simulate.sweep(sources=[mixed], n_draws=[1e3, 1e4, 1e5, 1e6], replicates=32), View())
    ((row,), first) = found.data["rows"], found.notes[0]
    assert not row["exponent_lower"] <= row["exponent_planted"] <= row["exponent_upper"]
    # f1/U of the corpora that were drawn is what the expectation says it is
    assert row["exponent_local"] == pytest.approx(0.6537, abs=0.003)
    assert (
        "0.6667 is its limit as D grows; at D = 1M E U grows locally as D^0.6537, which the interval holds"
        in first.text
    )
    dataset = simulate.sweep(sources=["zipf:1.724"], n_draws="1e3:1e5:9", replicates=32).copy(deep=True)
    for off in (-0.004, 0.004):  # an estimator that is wrong: of this source the limit is reached
        end = float(dataset.exponent_planted[0]) + off
        dataset["exponent_lower"][:], dataset["exponent_upper"][:] = end - 0.002, end + 0.002
        assert not any("is its limit" in note.text for note in report(dataset, View()).notes)


def test_expectations_alone_are_no_measurement(capsys):
    found = report(simulate.sweep(sources=SOURCES, n_draws="1e3:1e5:9", engine="analytic"), View())
    assert found.answer.startswith("Nothing was drawn; in expectation distinct sequences grow locally as D^0.44 to D^")
    assert "corpora" not in screen(found, capsys)


def test_what_leaves_the_screen_is_explained_and_in_json(dataset, capsys):
    found = report(dataset, View(curves=True))
    printed = " ".join(screen(found, capsys, explained=True).split())
    for text in ("E U(D)", "γ local", "corpora", "engine: ", "U lower: slow rate", "vacuous", "growth_factor: "):
        assert text in printed
    for row in rows(dataset):
        assert row["fit"] in printed
    made = found.to_json(provenance={}, path="x.nc")
    assert len(made["curves"]) == dataset.sizes["source"] * dataset.sizes["n_draws"]
    assert made["bands"][0]["n_unique_upper_vacuous"] is True
    assert made["bands"][0]["n_unique_upper"] == 1e5
    assert made["verdict"] == found.answer
    assert made["warnings"] == [note.text for note in found.notes]
    assert made["rows"][0]["n_unique"] == pytest.approx(dataset.n_unique[0, -1].values.mean(), rel=1e-15)


def test_a_range_that_no_law_was_fitted_on_is_named_and_one_inside_is_not(dataset):
    notes = [note.text for note in report(dataset, View(laws=("epoch2024",))).notes]
    assert any("5B to 500B tokens" in note and "bounds band 300B" in note for note in notes)
    large = dataset.assign_coords(n_draws=dataset.n_draws * 10**6)
    assert not any("extrapolation" in note.text for note in report(large, View(laws=("epoch2024",))).notes)


def test_corpora_that_differ_in_number_are_counted(dataset):
    counts = dataset.n_unique.values.copy()
    counts[0, :, 5:] = -1  # cells that failed
    found = report(dataset.assign(n_unique=(dataset.n_unique.dims, counts)), View())
    assert "5 to 9 corpora of each" in found.tables[0].title
    assert [line[1] for line in found.details[0].rows] == ["5", "9", "9", "9"]


def test_a_kept_result_says_what_the_run_said(dataset, tmp_path):
    simulate.save_result(dataset, tmp_path / "x.nc")
    view = View(curves=True, laws=("kaplan2020",))
    assert report(open_result(tmp_path / "x.nc"), view) == report(dataset, view)


def test_the_figure_has_a_row_for_each_source_and_each_law(dataset):
    growth, exponents, closer = figure(dataset, View(laws=("hoffmann2022", "epoch2024"))).axes
    labels = [label.get_text() for label in exponents.get_yticklabels()]
    assert labels == [*SOURCES, "hoffmann2022 (β = 0.28)", "epoch2024 (β = 0.3658)"]
    assert [text.get_text() for text in growth.texts if text.get_text() in SOURCES] == list(SOURCES)
    beside = [text.get_text() for text in closer.texts]
    assert beside == [row[2] for row in report(dataset, View()).tables[0].rows]
    assert exponents.get_xlim()[0] < 0  # an exponent of 0 is seen whole
    assert "Marks: fitted" in exponents.get_title(loc="left")
    drawn = figure(dataset.drop_vars(["n_unique", "exponent_pooled"]), View())
    assert "Points" not in drawn.axes[0].get_title(loc="left")
