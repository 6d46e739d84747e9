"""Claims and outcomes: what holds, what does not, and how that is said, in a terminal, in JSON and as a page."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import experiments
from bounds.base.notes import METHOD, Note
from bounds.cli.report import Report, Table, print_report
from experiments.claims import AT_LEAST, AT_MOST, FAILS, HOLDS, OPEN, Claim, Outcome, Result, judge
from experiments.present import claim_tables, page, report
from experiments.registry import EXPERIMENTS

REASON = "half a unit of its last digit"


def claim(published=0.28, tolerance=0.005, name="beta", **more):
    return Claim(f"lawfit.{name}", "Hoffmann 2022", "table 2", "exponent of data", published, tolerance, REASON, **more)


# ---------------------------------------------------------------- verdicts


@pytest.mark.parametrize(
    ("ours", "verdict"), [(0.28, HOLDS), (0.285, HOLDS), (0.275, HOLDS), (0.2851, FAILS), (0.366, FAILS), (None, OPEN)]
)
def test_a_number_holds_within_its_tolerance_and_no_farther(ours, verdict):
    outcome = judge(claim(), ours)
    assert outcome.verdict == verdict
    assert outcome.difference == (None if ours is None else pytest.approx(ours - 0.28, abs=1e-15))


@pytest.mark.parametrize(
    ("reading", "ours", "verdict"),
    [(AT_MOST, 0.1, HOLDS), (AT_MOST, 0.3, FAILS), (AT_LEAST, 0.3, HOLDS), (AT_LEAST, 0.1, FAILS)],
)
def test_a_limit_is_one_sided(reading, ours, verdict):
    assert judge(claim(reading=reading), ours).verdict == verdict


@pytest.mark.parametrize(
    ("ours", "verdict", "gap"),
    [(0.5, HOLDS, 0), (0.439, HOLDS, -0.001), (0.43, FAILS, -0.01), (0.75, FAILS, 0.03), ((0.441, 0.723), HOLDS, 0.003),
     ((0.44, 0.9), FAILS, 0.18)],
)  # fmt: skip
def test_an_interval_holds_a_number_within_it_and_an_interval_with_the_same_ends(ours, verdict, gap):
    outcome = judge(claim((0.44, 0.72)), ours)
    assert outcome.verdict == verdict
    assert outcome.difference == pytest.approx(gap, abs=1e-12)


def test_words_are_judged_by_whoever_compares_them():
    said = claim("three to five fold", None)
    assert judge(said, "4.83", holds=True).verdict == HOLDS
    assert judge(said, "2.62", holds=False).verdict == FAILS
    with pytest.raises(ValueError, match=r"lawfit\.beta is said in words; pass holds"):
        judge(said, "4.83")


@given(st.floats(-1e6, 1e6), st.floats(0, 1e3), st.floats(-1e4, 1e4))
def test_a_claim_holds_where_the_gap_is_at_most_the_tolerance(published, tolerance, shift):
    outcome = judge(claim(published, tolerance), published + shift)
    if abs(outcome.difference) <= tolerance:
        assert outcome.verdict == HOLDS
    if abs(outcome.difference) > tolerance * (1 + 1e-6):
        assert outcome.verdict == FAILS
    wider = judge(claim(published, tolerance + abs(shift)), published + shift)
    assert wider.verdict == HOLDS or abs(wider.difference) > tolerance + abs(shift)


def test_what_is_no_claim_is_refused():
    with pytest.raises(ValueError, match="key must be the experiment and a name"):
        Claim("beta", "", "", "", 1, 0, "")
    with pytest.raises(ValueError, match="reading must be one of equal, at most, at least, got 'about'"):
        claim(reading="about")
    with pytest.raises(ValueError, match="verdict must be one of holds"):
        Outcome(claim(), 1, 0, "true")


# ---------------------------------------------------------------- what is said


def results():
    first = Result(
        [judge(claim(), 0.2812), judge(claim(name="steep", should_hold=False), 0.366, "five runs decide it"),
         judge(claim(name="hidden"), None, "not published")],
        answer="Five runs decide.", tables=[Table(("a", "b"), [("1", "2")])], notes=[Note(METHOD, "a note.")],
        method=["by fitting."], data={"rows_of": [1, 2]},
    )  # fmt: skip
    broken = Claim("other.broken", "Gadre 2024", "abstract", "loss of the largest model", 1.0, 0.1, REASON)
    second = Result([judge(broken, 2.0)])
    return {"lawfit": first, "other": second}


def test_the_answer_counts_and_names_what_does_not_hold(capsys):
    one = report({"lawfit": results()["lawfit"]})
    said = "1 of 3 claims hold; steep does not; hidden cannot be verified."
    assert one.answer == f"{said} Five runs decide."
    print_report(one)
    printed = capsys.readouterr().out
    assert printed.startswith(said)
    assert "five runs decide it" in printed
    assert "not published" in printed
    assert "0.281" in printed  # no rounding to what was published


def test_many_claims_of_several_experiments_are_counted():
    many = [judge(claim(name=f"steep-{i}"), 0.9) for i in range(20)]
    two = {"lawfit": Result(many), "other": results()["other"]}
    assert report(two).answer == "0 of 21 claims hold; 21 (20 of lawfit, 1 of other) do not."
    alone = report({"lawfit": Result(many)}).answer
    assert alone.startswith("0 of 20 claims hold; 20 (steep-0, steep-1,")
    assert alone.endswith("steep-7 and others) do not.")


def test_a_check_says_first_what_should_hold_and_does_not():
    assert report(results(), expected=True).answer.startswith("other.broken should hold and does not; 1 of 4")
    assert report({"lawfit": results()["lawfit"]}, expected=True).answer.startswith("all claims that should hold do;")


def test_what_was_not_counted_on_is_noted():
    notes = [note.text for note in report(results()).notes]
    assert "other.broken should hold and does not." in notes
    surprising = Result([judge(claim(should_hold=False), 0.28)])
    assert report({"lawfit": surprising}).notes[0].text == "lawfit.beta holds, which was not counted on."


def test_json_has_an_object_for_each_claim():
    told = report(results()).to_json({"software": "here"})
    assert next(iter(told)) == "schema_version"
    assert told["verdict"].startswith("1 of 4 claims hold")
    assert [row["claim"] for row in told["rows"]] == ["beta", "steep", "hidden", "broken"]
    row = told["rows"][1]
    assert row == {
        "experiment": "lawfit", "claim": "steep", "paper": "Hoffmann 2022", "where": "table 2",
        "text": "exponent of data", "published": 0.28, "ours": 0.366, "unit": "",
        "difference": pytest.approx(0.086), "tolerance": 0.005, "reading": "equal", "reason": REASON,
        "verdict": "does not hold", "should_hold": False, "note": "five runs decide it",
    }  # fmt: skip
    assert told["experiments"]["lawfit"] == {"rows_of": [1, 2]}
    json.dumps(told)


def test_two_numbers_that_differ_look_different():
    """482.01 and 481.9989, or 0.3658 and 0.36584, must not both be printed as one number where the claim fails."""
    for published, ours, tolerance in ((482.01, 481.9989, 0.01), (1.8172, 1.8169, 1e-4), (0.28, 0.2849, 0.004)):
        (table,) = claim_tables([judge(claim(published, tolerance), ours)])
        row = dict(zip(table.columns, table.rows[0], strict=True))
        assert row["verdict"] == "fails"
        assert row["published"] != row["ours"]


def test_tables_keep_to_a_line(monkeypatch, capsys):
    monkeypatch.delenv("COLUMNS", raising=False)
    wide = [judge(claim((0.454, 0.455), 5e-4, name="likelihood-ratio-of-all"), (0.4922, 0.5417)),
            judge(claim(1.23456e11, 1e9), 7.654321e13),
            judge(claim("three to five fold", None), "4.83", holds=True)]  # fmt: skip
    (table,) = claim_tables(wide)
    print_report(Report("answer.", [table]))
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= 80
    assert printed.count("likelihood-ratio-of-all  ") == 1, "in one piece"
    assert "off by" not in table.columns or "allowed" not in table.columns
    (narrow,) = claim_tables([judge(claim(), 0.28)])
    assert narrow.columns == ["claim", "published", "ours", "off by", "allowed", "verdict"]


def test_the_page_has_every_claim_once():
    text = page(results())
    for name in ("beta", "steep", "hidden", "broken"):
        assert text.count(f"**{name}**") == 1
    assert text.count("\n## ") == 2
    rows = [line for line in text.splitlines() if line.startswith("| **")]
    assert all(line.count("|") == 9 for line in rows)
    assert "does not hold" in text
    assert "cannot be verified" in text


# ---------------------------------------------------------------- the claims that there are


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_claims_are_well_made(name):
    claims = EXPERIMENTS[name].module.CLAIMS
    assert claims
    keys = [one.key for one in claims]
    assert len(set(keys)) == len(keys)
    for one in claims:
        assert one.experiment == name
        assert one.paper
        assert all((one.where, one.text, one.reason)), one.key
        assert len(one.name) <= 24, f"{one.name} is too long for a table"
        assert one.tolerance is None or one.tolerance >= 0


def test_the_package_gives_its_modules_and_names():
    assert experiments.judge is judge
    for name in EXPERIMENTS:
        assert getattr(experiments, name).__name__ == f"experiments.{name}"
    assert {"judge", "data", *EXPERIMENTS} <= set(dir(experiments))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        experiments.nothing  # noqa: B018
