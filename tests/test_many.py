"""Exponents of many corpora at once are those of each corpus alone, whatever the corpora do to the search."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from bounds.base.spectrum import in_common_bins
from bounds.fitting.exponents.exponent import FrequencySpectrum, fit_exponent
from bounds.fitting.exponents.growth_models import EXPONENTS, Curve, fit_offset, fit_pitman_yor_curve
from bounds.fitting.exponents.many import exponents, offset_fits, pitman_yor_fits, tempered_exponents
from bounds.fitting.exponents.maxima import highest_of_each
from bounds.fitting.exponents.spectrum_models import first_bins, fit_tempered
from simulate.engines.choice import growth

TOLERANCE = 1e-6
"""A search ends within 1e-7 of its end in another order of sums; flat likelihoods let it wander a little more."""

PITMAN_YOR = "pitman-yor:0.58,concentration=10"
CURVES = [
    # All past their heads; heads to be left out; all new; none new at the end; no power law at all; heads alone.
    ("zipf:1.5", "1e6:1e18:13"),
    (PITMAN_YOR, "1e6:1e18:13"),
    ("zipf:1.724,shift=100", "1e1:1e6:21"),
    ("uniform:1e15", "1e3:1e5:9"),
    ("uniform:300", "1e1:1e4:9"),
    ("geometric:0.9", "1e1:1e5:12"),
    ("uniform:1e6", "1e3:1e5:9"),
]
SPECTRA = [("zipf:1.5", "1e3:1e6:13"), ("zipf:1.724,shift=100", "1e3:1e5:7"), (PITMAN_YOR, "1e3:1e5:7"),
           ("geometric:0.9", "1e3:1e6:7"), ("zipf:1.2", "1e1:1e2:5")]  # fmt: skip


def corpora(source, sizes, replicates=4, spectrum=False):
    drawn = growth(source, sizes, replicates, spectrum=spectrum, seed=20261125)
    spectra = [FrequencySpectrum.from_binned(drawn.edges, row) for row in drawn.spectrum] if spectrum else None
    return drawn.n_draws, drawn.n_unique, spectra


def one_by_one(draws, counts, spectra, model, window=None):
    options = {"model": model, "window": window}
    if spectra is None:
        return [fit_exponent(draws, row, **options).exponent for row in counts]
    return [fit_exponent(draws, row, spectrum=s, **options).exponent for row, s in zip(counts, spectra, strict=True)]


@pytest.mark.parametrize(("source", "sizes"), CURVES)
def test_curves_have_the_exponents_that_they_have_alone(source, sizes):
    draws, counts, _ = corpora(source, sizes)
    assert exponents(draws, counts) == pytest.approx(one_by_one(draws, counts, None, "auto"), abs=TOLERANCE)


@pytest.mark.parametrize("model", ["offset", "pitman-yor", "fixed-law"])
def test_models_and_windows_are_those_asked_for(model):
    draws, counts, _ = corpora("zipf:1.724,shift=100", "1e1:1e6:21")
    for window in (None, (draws[8], draws[-1])):
        alone = one_by_one(draws, counts, None, model, window)
        assert exponents(draws, counts, model=model, window=window) == pytest.approx(alone, abs=TOLERANCE)


@pytest.mark.parametrize(("source", "sizes"), SPECTRA)
def test_spectra_have_the_exponents_that_they_have_alone(source, sizes):
    draws, counts, spectra = corpora(source, sizes, spectrum=True)
    alone = one_by_one(draws, counts, spectra, "spectrum")
    assert exponents(draws, counts, spectra=spectra) == pytest.approx(alone, abs=TOLERANCE, nan_ok=True)


def test_a_partition_has_the_exponent_that_it_has_alone():
    draws, counts, spectra = corpora(PITMAN_YOR, "1e3:1e5:7", 2, spectrum=True)
    alone = one_by_one(draws, counts, spectra, "pitman-yor")
    assert exponents(draws, counts, spectra=spectra, model="pitman-yor") == pytest.approx(alone, abs=TOLERANCE)


@pytest.mark.parametrize(("source", "seed"), [("zipf:3,types=5", 1), ("zipf:1.1,types=40", 0)])
def test_a_cut_leaves_types_of_a_saturated_source_to_fit(source, seed):
    """Every type was drawn many times: an octave below the bins whose fit is accepted there may be none at all."""
    drawn = growth(source, "1e2:1e4:5", 32, spectrum=True, seed=seed)
    spectra = [FrequencySpectrum.from_binned(drawn.edges, row) for row in drawn.spectrum]
    together = exponents(drawn.n_draws, drawn.n_unique, spectra=spectra)
    alone = one_by_one(drawn.n_draws, drawn.n_unique, spectra, "spectrum")
    assert together == pytest.approx(alone, abs=TOLERANCE, nan_ok=True)
    assert fit_exponent(drawn.n_draws, drawn.n_unique, spectrum=spectra).exponent < 0.01


def test_corpora_of_several_kinds_do_not_disturb_each_other():
    """All new, past its head, in its head, and at an end of growth, in one call."""
    kinds = ("uniform:1e15", "zipf:1.5", "zipf:1.724,shift=100", "uniform:300")
    rows = np.concatenate([corpora(source, "1e2:1e6:17", 1)[1] for source in kinds])
    draws = corpora(kinds[0], "1e2:1e6:17", 1)[0]
    together = exponents(draws, rows)
    assert together == pytest.approx([exponents(draws, row[None])[0] for row in rows], abs=TOLERANCE)
    assert len(np.unique(np.round(together, 3))) == 4


def test_groups_are_left_out_as_if_they_had_never_been_there():
    """What the jackknife takes: sums of many corpora, with spectra, for each model."""
    draws, counts, spectra = corpora("zipf:1.5", "1e3:1e5:9", 6, spectrum=True)
    sums, sizes = np.stack([counts[:4].sum(axis=0), counts.sum(axis=0)]).astype(float), np.array([4, 6])
    rows = Curve(draws.astype(float), sums, sizes)
    alone = [Curve(rows.n_draws, row, int(size)) for row, size in zip(sums, sizes, strict=True)]
    for many, one in ((offset_fits, fit_offset), (pitman_yor_fits, fit_pitman_yor_curve)):
        fits = [one(curve, None) for curve in alone]
        assert many(rows).exponent == pytest.approx([fit.exponent for fit in fits], abs=TOLERANCE)
        assert many(rows).p_value == pytest.approx([fit.p_value for fit in fits], rel=1e-3)
    bins, table = in_common_bins(spectra, 1e5)
    cut = [first_bins(FrequencySpectrum(bins.multiplicity, bins.upper, row), 40) for row in table]
    tempered = [fit_tempered(one, 1e5, None).exponent for one in cut]
    assert tempered_exponents(bins, table, 40) == pytest.approx(tempered, abs=TOLERANCE)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"model": "line"}, "model must be one of auto, offset"),
        ({"model": "spectrum"}, "needs spectrum"),
        ({"window": (100, 1000)}, "at least 4 points"),
        ({"window": (7, 5)}, "lower < upper"),
    ],
)
def test_what_one_fit_refuses_is_refused_for_many(options, words):
    draws = np.array([10, 100, 1000, 10_000])
    counts = np.array([[9, 50, 200, 800], [8, 45, 210, 790]])
    for fit in (lambda: exponents(draws, counts, **options), lambda: fit_exponent(draws, counts[0], **options)):
        with pytest.raises(ValueError, match=words):
            fit()


def test_searches_in_step_end_where_each_ends_alone():
    """Smooth tops, a kink, tops at either end, and a flat function; the steps are those of scipy's, to the bit."""
    rng = np.random.default_rng(3)
    tops, kinds = rng.uniform(-2.5, 1.5, 40), np.arange(40) % 5
    tops[kinds == 2], tops[kinds == 3] = -9.0, 9.0

    def value(kind, top, x):
        return np.where(kind == 0, -np.cosh(x - top), np.where(kind == 1, -abs(x - top), np.where(
            kind == 4, 0.0, -((x - top) ** 2))))  # fmt: skip

    found, height = highest_of_each(lambda rows, x: value(kinds[rows], tops[rows], x), *EXPONENTS, 40, 1e-7)
    for kind, top, x, y in zip(kinds, tops, found, height, strict=True):
        alone = minimize_scalar(
            lambda x, kind=kind, top=top: -value(kind, top, x), bounds=EXPONENTS, method="bounded",
            options={"xatol": 1e-7},
        )  # fmt: skip
        assert (x, y) == (alone.x, -alone.fun)
