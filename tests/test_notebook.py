"""What a notebook shows of a result: the content of its ``repr`` in small tables, with every text escaped."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pytest

import bounds
import simulate
from bounds.base.notes import INPUT, Note
from bounds.base.telling.html import html_table
from bounds.cli.report import Listing, Report, Table
from bounds.efficiency.band import bands
from bounds.fitting.exponents.dataset_fits import ExponentFits

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
    }  # fmt: skip


NAMES = (
    "interval", "bound", "bounds", "law", "band", "fit", "fitted band", "prediction", "plan", "row", "exponent",
    "exponents", "growth", "text", "sketch", "spectrum", "overtraining", "repeated",
)  # fmt: skip
PRINTED = tuple(name for name in NAMES if name not in ("growth", "sketch", "text", "row"))
"""Those whose repr is their own; arrays of the others are told by rows."""


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


def test_all_public_results_have_a_display():
    public = {name: getattr(bounds, name) for name in bounds.__all__}
    results = [one for one in public.values() if isinstance(one, type) and is_dataclass(one)]
    sources = bounds.Source.__subclasses__()
    without = [
        one.__name__ for one in results
        if not hasattr(one, "_repr_html_") and one is not bounds.Source and one not in sources
    ]  # fmt: skip
    assert without == []


def test_texts_are_escaped(shown):
    law = replace(bounds.LAWS["epoch2024"], note=EVIL)
    listing, table = Listing([(EVIL, EVIL)], EVIL), Table((EVIL,), [(EVIL,)], title=EVIL)
    report = Report(EVIL, [table], [Note(INPUT, EVIL)], lists=[listing])
    evil = [
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
