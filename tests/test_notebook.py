"""What a notebook shows of a result: the content of its ``repr`` in small tables, with every text escaped."""

from __future__ import annotations

import re
import sys
from code import InteractiveInterpreter
from dataclasses import fields, replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bounds
import simulate
import simulate.text
from bounds.base.arguments import Known
from bounds.base.notes import INPUT, Note
from bounds.base.telling.html import html_table
from bounds.cli.report import Listing, Report, Table
from bounds.efficiency.band import bands
from bounds.fitting.exponents.dataset_fits import ExponentFits
from experiments.claims import Claim, Result, judge
from experiments.registry import EXPERIMENTS
from simulate.text.extrapolation import more_text
from tests.public import classes_given

ROOT = Path(__file__).parent.parent
EVIL = "<script>alert('1')</script> & \"x\""


@pytest.fixture(scope="module")
def fit():
    rng = np.random.default_rng(0)
    n, d = 10 ** rng.uniform(8, 10, 24), 10 ** rng.uniform(9.5, 11.5, 24)
    loss = bounds.LAWS["epoch2024"].loss(n, d) * np.exp(rng.normal(0, 0.003, 24))
    return bounds.fit_loss_law(n, d, loss, bootstrap=50)


@pytest.fixture(scope="module")
def shown(fit, tmp_path_factory):
    draws = np.geomspace(1e2, 1e6, 12).astype(int)
    exponent = bounds.fit_exponent(draws, np.rint(bounds.expected_unique("zipf:1.724", draws)).astype(int))
    path = tmp_path_factory.mktemp("text") / "words.txt"
    path.write_text(" ".join(f"w{i * i % 97}" for i in range(3000)))
    growth = simulate.measure_corpus(path, at="100,all")
    plan = bounds.plan(compute_flops=1e22, n_tokens=1e11)
    return {
        "interval": bounds.exponent_band(0.28), "bound": bounds.unique_bounds(1e12, law="hoffmann2022"),
        "bounds": bounds.efficient_params([1e11, 1e12], law="hoffmann2022"), "law": bounds.LAWS["epoch2024"],
        "band": bands(1e12, laws=["epoch2024"])[0], "fit": fit, "fitted band": fit.band(1e12),
        "prediction": fit.predict(7e9, 1.4e11), "plan": plan, "row": plan.rows[0], "exponent": exponent,
        "exponents": ExponentFits({"zipf:1.724": exponent}), "growth": growth, "text": growth.fit_growth(),
        "sketch": simulate.sketch_corpus(path, at="100,all"), "spectrum": growth.multiplicities,
        "overtraining": bounds.laws.OVERTRAINING_LAWS["gadre2024-c4"],
        "repeated": bounds.laws.REPEATED_DATA_LAWS["muennighoff2023"],
        "more": more_text(growth, [2, 10]), "comparison": simulate.text.compare_corpora(path, path, duplicates="none"),
        "allocation": bounds.LAWS["epoch2024"].optimal(1e21), "laws": bounds.LAWS,
        "accelerators": bounds.planning.ACCELERATORS, "sweep": simulate.Sweep(), "result": RESULT,
        "experiment": EXPERIMENTS["budget"], "outcome": RESULT.outcomes[0], "how": simulate.Execution(),
    }  # fmt: skip


NAMES = (
    "interval", "bound", "bounds", "law", "band", "fit", "fitted band", "prediction", "plan", "row", "exponent",
    "exponents", "growth", "text", "sketch", "spectrum", "overtraining", "repeated", "more", "comparison", "allocation",
    "laws", "accelerators", "sweep", "result", "experiment", "outcome", "how",
)  # fmt: skip
TOLD_OTHERWISE = (
    "growth", "sketch", "text", "row", "more", "comparison", "result", "experiment", "how", "laws", "accelerators",
    "allocation", "outcome",
)  # fmt: skip
"""Those without numbers, and those whose repr has all digits, or arrays that are told by rows."""
PRINTED = tuple(name for name in NAMES if name not in TOLD_OTHERWISE)
CLAIM = Claim("budget.size", "Nobody 2022", "table 1", "a size", 176.0, 1.0, "rounded")
RESULT = Result([judge(CLAIM, 175.5)], answer="So it is.", tables=[Table(("a", "b"), [("x", "1.5")], title="T")])


class Closing(HTMLParser):
    """Which elements are open; fails at one that is closed out of turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.seen.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def checked(html: str) -> str:
    """The text of a display, once it is seen to be well formed."""
    parser = Closing()
    parser.feed(html)
    assert not parser.open
    assert parser.seen <= {"table", "caption", "thead", "tbody", "tr", "th", "td", "p"}
    return unescape(re.sub(r"<[^>]+>", " ", html))


@pytest.mark.parametrize("name", NAMES)
def test_a_result_is_a_table(shown, name):
    html = shown[name]._repr_html_()
    assert "<table>" in html
    assert len(checked(html).split()) > 2
    assert len(html) < 20_000


@pytest.mark.parametrize("name", PRINTED)
def test_it_says_what_the_repr_says(shown, name):
    text = " ".join(checked(shown[name]._repr_html_()).split())
    numbers = re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?:e[+-]\d+)?(?![\w.])", repr(shown[name]))
    assert numbers
    assert [one for one in numbers if one not in text] == []


def test_all_that_the_public_names_give_has_a_display():
    """Classes, and what their functions, methods and fields give; a source is shown as the text that made it."""
    given = classes_given()
    assert {"Interval", "Comparison", "Result", "Allocation", "NextRun", "LearnerPlan"} <= set(given)
    results = {name: one for name, one in given.items() if not issubclass(one, bounds.Source | Exception)}
    assert [name for name, one in results.items() if not hasattr(one, "_repr_html_")] == []


def test_a_repr_is_no_page_of_numbers(shown):
    assert {name: len(repr(shown[name])) for name in ("growth", "sketch") if len(repr(shown[name])) > 1500} == {}


def test_texts_are_escaped(shown):
    law = replace(bounds.LAWS["epoch2024"], note=EVIL)
    listing, table = Listing([(EVIL, EVIL)], EVIL), Table((EVIL,), [(EVIL,)], title=EVIL)
    report = Report(EVIL, [table], [Note(INPUT, EVIL)], lists=[listing])
    claim = replace(CLAIM, key=f"budget.{EVIL}", text=EVIL)
    none = replace(shown["more"].found[0][0], why_not=EVIL)
    evil = [
        replace(RESULT, answer=EVIL, outcomes=[judge(claim, 175.5, note=EVIL)]), judge(claim, 175.5), claim, table,
        replace(shown["comparison"], corpora=(EVIL, "b")), replace(shown["more"], factors=(2,), found=((none,),)),
        Note(INPUT, EVIL), Known(EVIL, {EVIL: shown["law"]}), Known("texts", {"a": EVIL}),
        law, report, replace(shown["growth"], corpus=EVIL), ExponentFits({EVIL: shown["exponent"]}),
        replace(shown["bound"], quantity=EVIL, lower_end=replace(shown["bound"].lower_end, assumption=EVIL)),
    ]  # fmt: skip
    for one in evil:
        html = one._repr_html_()
        assert "<script" not in html
        assert EVIL in checked(html) or repr(EVIL)[1:-1] in checked(html)
    assert "&lt;script&gt;" in html_table(EVIL, [(EVIL, EVIL)], (EVIL,))


def test_a_report_shows_answer_tables_and_notes():
    report = Report("So it is.", [Table(("a", "b"), [("x", "1.5")], title="T", below="")], [Note(INPUT, "Beware")])
    text = checked(report._repr_html_())
    assert [word in text for word in ("So it is.", "T", "x", "1.5", "Beware")] == [True] * 5
    assert len(fields(report)) > 2


def test_what_is_typed_in_a_notebook_shows_itself(monkeypatch):
    """The lines of the README that give a value, one by one as in a cell, each shown by what a notebook asks it for."""
    block = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)[1]
    lines = [line for line in block.splitlines() if line.startswith(("import ", "bounds.")) and "(ds)" not in line]
    shown_values: list[Any] = []
    monkeypatch.setattr(sys, "displayhook", shown_values.append)
    session = InteractiveInterpreter()
    assert [session.runsource(line) for line in lines] == [False] * len(lines)
    assert len(shown_values) == len(lines) - 1 >= 5
    displays = [checked(one._repr_html_()) for one in shown_values if not isinstance(one, float)]
    assert len(displays) >= 3
    assert "0.72" in displays[0]
