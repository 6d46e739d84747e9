"""Unique sequences: bands of series with a planted law, how series agree, claims typed again, and the page."""

from __future__ import annotations

import json
import os
import re
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from bounds.cli.report import print_report
from bounds.laws.loss_law import LossLaw
from experiments import unique_sequences
from experiments.claims import FAILS, HOLDS, OPEN
from experiments.present import report
from experiments.unique_sequences import CLAIMS, findings, fit, spread
from experiments.unique_sequences.claims import outcomes
from experiments.unique_sequences.series import named
from experiments.unique_sequences.simulated import Simulated, simulated

ROOT = Path(__file__).parent.parent


def series(key, beta, *, family="ours", runs=150, noise=0.002, seed=0):
    """Runs with a planted β, of 1e18 to 1e21 FLOP on both sides of 20 tokens per parameter."""
    rng = np.random.default_rng(seed)
    flops = 10 ** rng.uniform(18, 21, runs)
    n_params = np.sqrt(flops / 120) * np.exp(rng.normal(0, 0.8, runs))
    n_tokens = flops / (6 * n_params)
    one = LossLaw("planted", "", 0.34, beta, 1.69, 406.4, 0.13 * 2e10**beta)
    loss = one.loss(n_params, n_tokens) * np.exp(noise * rng.standard_normal(runs))
    return pd.DataFrame({"series": key, "family": family, "corpus": key, "n_params": n_params, "n_tokens": n_tokens,
                         "compute_flops": flops, "loss": loss})  # fmt: skip


@pytest.fixture(scope="module")
def planted():
    """Two series, with β = 0.28 and 0.45, and one of four runs."""
    runs = pd.concat([series("a", 0.28), series("b", 0.45, seed=1), series("c", 0.28, seed=2).head(4)])
    return runs, fit(runs, bootstrap=100).set_index("series")


# ---------------------------------------------------------------- made runs


def test_a_planted_exponent_is_found_and_another_one_is_not(planted):
    _, bands = planted
    for key, beta in (("a", 0.28), ("b", 0.45)):
        row = bands.loc[key]
        assert row.beta_lower <= beta <= row.beta_upper
        assert row.beta == pytest.approx(beta, abs=0.03)
        assert row.middle == pytest.approx(1 - 1.5 * row.beta)
        assert (row.lower, row.upper) == pytest.approx((1 - 2 * row.beta, 1 - row.beta))
        assert row.middle_lower == pytest.approx(1 - 1.5 * row.beta_upper)
        assert row.middle_upper == pytest.approx(1 - 1.5 * row.beta_lower)
        assert row.allocation_lower <= beta / 0.34 <= row.allocation_upper
        assert not row.rejected
        assert abs(row.beta_squares - row.beta) < 0.03
    assert spread(bands.reset_index()).holding == ("a",)


def test_a_series_that_cannot_be_fitted_is_in_the_table_with_the_reason(planted):
    row = planted[1].loc["c"]
    assert "at least 6" in row.refused or "six" in row.refused
    assert np.isnan([row.beta, row.middle, row.middle_lower]).all()
    assert row.runs == 4


def test_a_lower_end_that_says_nothing_is_zero():
    row = fit(series("steep", 0.62), bootstrap=0).iloc[0]
    assert row.lower == 0
    assert row.middle == pytest.approx(1 - 1.5 * row.beta)
    assert row.upper == pytest.approx(1 - row.beta)


def test_subsets_are_fitted_alone(planted):
    runs, bands = planted
    alone = fit(runs[runs.series == "b"], bootstrap=100)
    assert alone.beta[0] == bands.beta["b"]
    assert alone.beta_lower[0] == bands.beta_lower["b"]


def test_how_series_agree_is_what_it_is_said_to_be():
    betas = {"one": (0.30, 0.32), "two": (0.40, 0.44), "three": (0.28,)}
    rows: list[dict[str, Any]] = [
        {"series": f"{family}-{i}", "family": family, "beta": beta, "middle": 1 - 1.5 * beta, "refused": "",
         "beta_lower": beta - 0.01, "beta_upper": beta + 0.01, "middle_lower": 1 - 1.5 * (beta + 0.01),
         "middle_upper": 1 - 1.5 * (beta - 0.01), "beta_short": beta + 0.02 * i}
        for family, values in betas.items() for i, beta in enumerate(values)
    ]  # fmt: skip
    found = spread(pd.DataFrame(rows))
    assert found.n_series == 5
    assert found.holding == ("three-0",)
    means = [1 - 1.5 * np.mean(values) for values in betas.values()]
    assert list(found.families.values()) == pytest.approx(means)
    half = t.ppf(0.975, 2) * np.std(means, ddof=1) * np.sqrt(4 / 3)
    assert found.new_family == pytest.approx((np.mean(means) - half, np.mean(means) + half))
    values = np.concatenate(list(betas.values()))
    within = sum(np.sum((np.array(one) - np.mean(one)) ** 2) for one in betas.values())
    assert found.between == pytest.approx(1 - within / np.sum((values - values.mean()) ** 2))
    assert found.moved == pytest.approx(0.02 * np.sqrt(2 / 5))
    assert (found.held_short, found.n_short) == (3, 5)
    further = 1.5 * 1.959964 * found.moved
    reach = np.hypot(0.015, further)
    assert found.holding_wide == tuple(row["series"] for row in rows if abs(row["middle"] - 0.58) <= reach)
    assert found.holding_wide == ("one-0", "three-0")
    with pytest.raises(ValueError, match="no series with an interval"):
        spread(pd.DataFrame(rows).assign(refused="no"))


def test_families_explain_nothing_where_labels_are_shuffled():
    """The negative control of the share between families: near (k - 1)/(n - 1) for labels that mean nothing."""
    rng = np.random.default_rng(0)
    shares = []
    for _ in range(200):
        beta = rng.normal(0.4, 0.05, 16)
        rows = pd.DataFrame({"series": [str(i) for i in range(16)], "family": list("aaaaaabbbcddefff"), "beta": beta,
                             "beta_lower": beta, "beta_upper": beta, "beta_short": beta, "middle": 1 - 1.5 * beta,
                             "middle_lower": 0.0, "middle_upper": 1.0, "refused": ""})  # fmt: skip
        shares.append(spread(rows).between)
    assert np.mean(shares) == pytest.approx(5 / 15, abs=0.03)
    assert np.mean(np.array(shares) > 0.9) < 0.02


def test_names_of_series_are_family_and_corpus():
    assert named(["gadre-c4", "mine"]) == ["Gadre, C4", "mine"]


# ---------------------------------------------------------------- simulation


@pytest.fixture(scope="module")
def drawn():
    return simulated()


def test_learners_meet_the_band_and_stores_gain_skills_up_to_all_sequences(drawn):
    assert drawn.meet_the_band
    assert {one["learner"] for one in drawn.points} == {"margin:1", "margin:0.3333", "margin:0.01", "memoriser"}
    skills = drawn.skills
    assert skills.gains_below
    assert not skills.gains_above
    below = [n < skills.n_unique / 2 for n in skills.stored]
    assert all(x < skills.unlimited for x, few in zip(skills.skills, below, strict=True) if few)
    assert skills.skills[-1] == skills.unlimited
    assert list(skills.skills) == sorted(skills.skills)
    assert skills.idle_from < skills.idle_to < skills.n_unique
    assert skills.factor_lower < 2 ** (1 / skills.exponent) < skills.factor_upper
    exact = next(one for one in drawn.sizes if one["loss_tolerance"] == "0")
    assert exact["efficient_size"] == exact["n_unique"]


def test_a_learner_outside_the_band_would_be_noticed(drawn):
    for place in ("above", "below", None):
        moved = [*drawn.points[:-1], {**drawn.points[-1], "place": place}]
        assert not Simulated(moved, drawn.sizes, drawn.skills).meet_the_band


# ---------------------------------------------------------------- claims

PUBLISHED = {  # typed again: abstracts of arXiv 2402.14746 v1 (22 Feb 2024), v3 (7 Jan 2025), v6 (2 Jan 2026)
    "v1-skills": (3, 5), "v1-skills-refit": (3, 5), "v1-skills-series": (3, 5), "v1-skills-model": (3, 5),
    "v1-exponent": 0.58, "v1-exponent-refit": 0.58, "v1-exponent-series": 0.58, "v1-middle": 0.58,
    "v1-storage": 0.58, "v1-texts": 0.58, "v1-emergence-model": "gains skills", "v1-emergence": "gains skills",
    "v3-skills": 4, "v3-skills-refit": 4, "v3-skills-series": 4, "v3-exponent": 0.44, "v3-exponent-refit": 0.44,
    "v3-exponent-series": 0.44, "v6-band": (0.44, 0.72), "v6-band-refit": (0.44, 0.72),
    "v6-band-series": (0.44, 0.72), "v6-band-learners": "within", "v6-linear": 1,
}  # fmt: skip


def test_published_numbers_are_those_of_the_abstracts():
    assert {claim.name: claim.published for claim in CLAIMS} == PUBLISHED
    for claim in CLAIMS:
        version = claim.name[:2].upper() if claim.name[:2] != "v6" else "V4-V6"
        assert claim.paper.upper().endswith(version), claim.name
        assert claim.reason
        assert claim.where.startswith("abstract")
    by = [number for claim in CLAIMS for number in re.findall(r"\((\d)\)", claim.where)]
    assert {number: by.count(number) for number in "123"} == {"1": 7, "2": 9, "3": 2}


@pytest.fixture(scope="module")
def result(drawn):
    """All of it; what is drawn from the seed, once for the module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(findings, "simulated", lambda: drawn)
        return unique_sequences.run(Path(os.environ["EFFICIENCY_BOUNDS_DATA"]))


VERDICTS = {
    HOLDS: {"v1-skills", "v1-skills-model", "v1-exponent", "v1-storage", "v1-emergence-model", "v3-skills",
            "v3-skills-refit", "v3-skills-series", "v3-exponent", "v6-band", "v6-band-learners", "v6-linear"},
    FAILS: {"v1-skills-refit", "v1-skills-series", "v1-exponent-refit", "v1-exponent-series", "v1-middle",
            "v3-exponent-refit", "v3-exponent-series", "v6-band-refit", "v6-band-series"},
    OPEN: {"v1-texts", "v1-emergence"},
}  # fmt: skip


@pytest.mark.data
def test_verdicts(result):
    for verdict, names in VERDICTS.items():
        assert {one.claim.name for one in result.outcomes if one.verdict == verdict} == names
    assert not [one.claim.name for one in result.outcomes if one.surprising]
    ours = {one.claim.name: one.ours for one in result.outcomes}
    assert ours["v1-skills"] == pytest.approx((2 ** (1 / 0.72), 2 ** (1 / 0.44)))
    assert ours["v1-exponent-refit"] == pytest.approx(1 - 1.5 * 0.3658)
    assert ours["v6-band-refit"] == pytest.approx((1 - 2 * 0.3658, 1 - 0.3658))


@pytest.mark.data
def test_the_series_say_what_was_known_of_them(result):
    bands = pd.DataFrame(result.data["series"]).set_index("series")
    assert len(bands) == 16
    assert (bands.refused == "").all()
    assert (round(bands.beta.min(), 2), round(bands.beta.max(), 2)) == (0.26, 0.56)
    assert (round(bands.middle.max(), 2), round(bands.middle.min(), 2)) == (0.61, 0.16)
    sweep = bands.beta[bands.family == "loss-to-loss"]
    assert (round(sweep.min(), 2), round(sweep.max(), 2)) == (0.42, 0.45)
    assert bands.beta["chinchilla"] == pytest.approx(0.3672, abs=2e-4)
    assert result.data["spread"]["holding"] == ["gadre-c4", "gadre-redpajama", "gadre-refinedweb"]
    assert set(result.data["spread"]["holding"]) < set(result.data["spread"]["holding_wide"])
    json.dumps(result.data, allow_nan=False)


@pytest.mark.data
def test_no_number_of_a_corpus_far_from_the_runs_is_on_the_first_screen(result):
    table = next(one for one in result.tables if one.title.startswith("N = U"))
    assert {row[0] for row in table.rows} == {"1B", "10B", "100B", "1T"}
    assert all(row[3:5] == ("–", "–") for row in table.rows if row[0] == "1B")
    further = next(one for one in result.details if one.title.startswith("N beyond"))
    assert {row[-1] for row in further.rows} == {"5x below", "", "2x beyond", "20x beyond", "200x beyond"}
    assert next(row for row in further.rows if row[0] == "1B")[4] == "–"
    sizes = {row["n_tokens"] for row in result.data["corpora"]}
    assert sizes == {1e9, 1e10, 1e11, 1e12, 1e13, 1e14}


@pytest.mark.data
def test_what_is_not_there_is_said(data_folder, monkeypatch):
    """Without tables that have no public address there are fourteen series, no texts, and sentences that say so."""
    names = ("findings", "series", "tables")
    findings, series, tables = (import_module(f"experiments.unique_sequences.{name}") for name in names)
    monkeypatch.setattr(series, "is_here", lambda key, folder: False)
    monkeypatch.setattr(findings, "is_here", lambda key, folder: False)
    found = findings.Findings(data_folder, bootstrap=0)
    assert found.missing == ("porian-refinedweb", "porian-openwebtext2")
    assert found.texts is None
    table = fit(found.runs[found.runs.series == "gadre-c4"], bootstrap=60)
    vars(found)["series"] = table
    said = " ".join(note.text for note in tables.notes(found))
    assert "Porian, RefinedWeb; Porian, OpenWebText2" in said
    assert "real texts" in said


def test_words_stand_where_texts_are_missing():
    from experiments.unique_sequences.claims import _of_texts

    nothing: Any = SimpleNamespace(texts=None)
    assert _of_texts(nothing) == "There are no texts here"


# ---------------------------------------------------------------- what is printed


@pytest.fixture(scope="module")
def printed(result):
    import contextlib
    import io

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        print_report(report({"unique_sequences": result}), explained=True)
    return out.getvalue()


def tidied(text):
    return [" ".join(line.split()) for line in text.splitlines() if line.strip() and "───" not in line]


def numbers(text):
    return set(re.findall(r"(?<![\w.])\d+\.\d+(?![\w]*\.\d)", text))


@pytest.mark.data
def test_tables_are_in_one_piece(result, printed):
    assert max(map(len, printed.splitlines())) <= 80
    assert printed.count("───\n") >= len(result.tables) + len(result.details)
    for table in (*result.tables, *result.details):
        head = " ".join(table.columns)
        assert head in tidied(printed), f"{table.title} is in pieces"


@pytest.mark.data
def test_the_page_says_what_the_command_prints(printed):
    """Blocks of docs/unique-sequences.md are lines of the output, and decimals of its sentences stand there."""
    page = (ROOT / "docs" / "unique-sequences.md").read_text(encoding="utf-8")
    command, *blocks = re.findall(r"```\n(.*?)```", page, flags=re.DOTALL)
    assert command == "$ .venv/bin/python -m experiments run unique_sequences --explain --figure .\n"
    lines = tidied(printed)
    assert len(blocks) == 4
    for block in blocks:
        wanted = tidied(block)
        start = lines.index(wanted[0])
        assert lines[start : start + len(wanted)] == wanted
    said = numbers(re.sub(r"```.*?```", "", page, flags=re.DOTALL)) - {"2402.14746"}
    assert len(said) > 25
    assert said <= numbers(printed), said - numbers(printed)
    assert "7.43" not in numbers(printed)  # a number that is not printed would be noticed


@pytest.mark.data
def test_figures_can_be_drawn(result):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    assert set(result.figures) == {"series", "sizes", "learners", "texts"}
    for draw in result.figures.values():
        FigureCanvasAgg(draw()).draw()


def test_outcomes_are_of_every_claim_in_order(monkeypatch):
    """A claim without an outcome, or an outcome without a claim, cannot pass unseen."""
    from experiments.unique_sequences import claims

    parts = ("_published", "_refit", "_series", "_drawn", "_open")
    told = [SimpleNamespace(claim=claim) for claim in CLAIMS]
    for i, part in enumerate(parts):
        monkeypatch.setattr(claims, part, lambda found, i=i: told[i :: len(parts)])
    assert [one.claim.name for one in outcomes(None)] == [claim.name for claim in CLAIMS]
    monkeypatch.setattr(claims, "_open", lambda found: [])
    with pytest.raises(KeyError):
        outcomes(None)
