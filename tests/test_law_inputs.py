"""Runs with a wrong column or unit, and the small designs people have: an answer or a sentence, never silence."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from bounds import fit_loss_law
from bounds.base.notes import INPUT, RANGE, REFUSED, SUSPECT, Note
from bounds.fitting.runs.law_inputs import input_notes, named
from tests.commands import run
from tests.law_runs import DESIGNS, LAWS, ladder

LAW = LAWS["Hoffmann"]


def planted(seed=0, runs=40):
    rng = np.random.default_rng(seed)
    n_params, n_tokens = ladder(rng, runs)
    return n_params, n_tokens, LAW.loss(n_params, n_tokens) * np.exp(0.003 * rng.normal(size=runs))


def notes(N, D, L, **options):
    return list(input_notes(N, D, L, **options))


# Wrong columns and wrong units


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda N, D, L: (N, D / 1e9, L), "can n_tokens be in millions or billions"),
        (lambda N, D, L: (N, D / 1e6, L), "can n_tokens be in millions or billions"),
        (lambda N, D, L: (N, 6 * N * D, L), "can it be FLOP, or n_params be in millions or billions?"),
        (lambda N, D, L: (N / 1e9, D, L), "can it be FLOP, or n_params be in millions or billions?"),
        (lambda N, D, L: (D, N, L), "can the two columns be exchanged?"),
        (lambda N, D, L: (N, D, np.exp(L)), "can it be a perplexity"),
        (lambda N, D, L: (N, D, 0.15 * L), "can it be in another unit"),
    ],
)
def test_a_wrong_column_or_unit_is_asked_about(change, sentence):
    N, D, L = planted()
    assert notes(N, D, L) == []
    (note,) = notes(*change(N, D, L))
    assert sentence in note.text
    assert note.kind == SUSPECT


def test_compute_in_another_unit_is_asked_about():
    N, D, L = planted()
    (note,) = notes(N, D * 1e15, L, from_flops=True)
    assert note.text.startswith("compute_flops/(6 n_params) is")
    assert "can a unit be missing?" in note.text


@pytest.mark.parametrize("change", [lambda N, D: (N, D / 1e9), lambda N, D: (N, 6 * N * D)])
def test_runs_no_language_model_has_give_constants_and_no_band(change):
    N, D, L = planted()
    fit = fit_loss_law(*change(N, D), L, bootstrap=50)
    assert "times n_params in the middle run, which no language model has" in fit.no_band.text
    assert fit.no_band.kind == REFUSED
    with pytest.raises(ValueError, match="these runs give no band: n_tokens is"):
        fit.band(1e12)


def test_a_band_far_beyond_the_runs_says_so_on_either_side():
    fit = fit_loss_law(*planted(), bootstrap=50)
    low, high = fit.law.fitted_tokens
    assert fit.band(math.sqrt(low * high)).notes == fit.band().notes == ()
    for n_tokens, side in ((10 * high, "10 times beyond"), (low / 10, "10 times below")):
        (note,) = fit.band(n_tokens).notes
        assert side in note.text
        assert note.kind == RANGE


def test_losses_that_rise_with_parameters_have_no_band():
    N, D, _ = planted()
    fit = fit_loss_law(N, D, 1.7 + 0.05 * (N / 1e9) ** 0.1 + 400 * D**-0.28, bootstrap=50)
    assert fit.law.param_exponent < 0
    assert "does not fall with parameters" in fit.no_band.text
    assert any("param_exponent is below 0" in note.text for note in fit.notes)


def test_notes_name_the_column_of_the_file():
    note = Note(INPUT, "n_tokens is small")
    assert named(note, {"n_tokens": "T"}) == Note(INPUT, "n_tokens (column 'T') is small")
    assert named(note, {"n_tokens": "n_tokens"}) == note
    rows = np.stack(planted(), 1) / [1, 1e9, 1]
    text = "size,T,nll\n" + "".join(",".join(map(repr, row)) + "\n" for row in rows.tolist())
    flags = [flag for key, name in zip(("n_params", "n_tokens", "loss"), ("size", "T", "nll"), strict=True)
             for flag in ("--column", f"{key}={name}")]  # fmt: skip
    out = run("fit", "-", *flags, "--at", "1T", "--bootstrap", "50", "--json", module="bounds", input=text).stdout
    found = json.loads(out)
    assert any("n_tokens (column 'T') is" in note and "n_params (column 'size')" in note for note in found["warnings"])
    assert any("give no band" in note for note in found["warnings"])
    assert found["bands"] == []


# Small designs


def fitted(n_params, n_tokens, seed=1):
    errors = 0.003 * np.random.default_rng(seed).normal(size=len(n_params))
    return fit_loss_law(n_params, n_tokens, LAW.loss(n_params, n_tokens) * np.exp(errors), bootstrap=60)


def test_one_exact_budget_is_refused_in_a_sentence():
    sizes = np.geomspace(2e8, 4e9, 9)
    with pytest.raises(ValueError, match="n_tokens is the same power of n_params in all runs"):
        fitted(sizes, 1e20 / (6 * sizes))


def test_one_budget_with_jitter_identifies_no_exponent():
    fit = fitted(*DESIGNS["one budget of 20 runs, D/N jittered by 1e-3"](np.random.default_rng(0)))
    assert fit.interval("data_exponent") is None
    assert any("data_exponent are not identified" in note.text for note in fit.notes)
    assert fit.no_band


@pytest.mark.parametrize("design", ["2 IsoFLOP budgets of 6 models", "9 IsoFLOP budgets of 6 models"])
def test_two_budgets_and_more_are_answered(design):
    fit = fitted(*DESIGNS[design](np.random.default_rng(0)))
    assert LAW.data_exponent in fit.interval("data_exponent")
    assert fit.band().numbers


def test_three_by_three_is_answered_or_said():
    fit = fitted(*DESIGNS["3 × 3 over a decade each"](np.random.default_rng(0)))
    interval = fit.interval("data_exponent")
    assert fit.notes if interval is None else LAW.data_exponent in interval
