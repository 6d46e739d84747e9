"""The numbers of docs/coverage.md: of its tables, and of the tests that measure them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

import bounds
from tests.page_numbers import Page, Sentence, Table, error_of_share, given

_LAW, _SPECTRUM, _OTHERS, _APART, _APART_OTHERS = range(5)
"""Which of the tables of laws."""
_CURVE, _BOTH = "curve, 8 points a decade from 1e3", "curve and spectrum"


def _rows(page: Page, nth: int, **cells: str) -> list[dict[str, str]]:
    """Rows of a table of laws, whose cells begin so."""
    rows = page.table("| law | data | data sets |", nth)
    return [row for row in rows if all(row[name.replace("_", " ")].startswith(cell) for name, cell in cells.items())]


def _together(rows: Iterable[dict[str, str]], column: str = "with rejections as misses") -> float:
    rows = list(rows)
    return sum(float(row[column]) * int(row["data sets"]) for row in rows) / sum(int(row["data sets"]) for row in rows)


# ---------------------------------------------------------------- curves and spectra


def _asserted(page: Page) -> tuple[float, ...]:
    """What `tests.test_coverage.test_intervals_cover` asserts of each nominal level, in per cent."""
    from tests.test_coverage import LEAST

    return 100 * LEAST[0.95], 95, 100 * LEAST[0.9], 90


def _usual(page: Page) -> tuple[float, ...]:
    from tests.test_coverage import DATASETS

    return DATASETS, 0.95, error_of_share(0.95, DATASETS)


def _varies(page: Page) -> tuple[float, float]:
    """a and b of √(a^γ - b), by which the spread of a fixed law is that of the Poisson process; exact as D grows."""
    gamma, n_draws = 0.58, 1e12
    law = f"zipf:{1 / gamma!r}"
    ratio = float(bounds.variance_unique(law, n_draws) / bounds.expected_unique(law, n_draws))
    assert abs(ratio / (2**gamma - 1) - 1) < 1e-3
    return 2, 1


def _first_pitman_yor(page: Page) -> tuple[float, float]:
    """The least coverage of 90 % from curve and spectrum in the first table that two hundred cannot tell from .90."""
    rows = _rows(page, _LAW, law="PY", data=f"{_BOTH}, 90 %")
    return sorted(float(row["coverage"]) for row in rows)[1], 0.9


def _thousand(page: Page) -> tuple[float, ...]:
    (n,) = {int(row["data sets"]) for row in _rows(page, _SPECTRUM)}
    return 0.9, error_of_share(0.9, n), 0.95, error_of_share(0.95, n)


def _pitman_yor(page: Page) -> tuple[float, ...]:
    at_90 = _rows(page, _SPECTRUM, law="PY", data="spectrum alone, 90 %")
    at_95 = [row for row in _rows(page, _SPECTRUM, law="PY") if row["data"] == "spectrum alone"]
    n = sum(int(row["data sets"]) for row in at_90)
    return _together(at_90), 90, _together(at_95), 95, n, error_of_share(0.9, n), error_of_share(0.95, n)


def _limits(page: Page) -> tuple[float, ...]:
    from tests.test_coverage import OTHERS

    without = OTHERS[-_without_exponent(page)[0] :]
    return 0, *{law.exponent for law in without if law.exponent}


def _without_exponent(page: Page) -> tuple[int]:
    """Laws of the table from the geometric one on."""
    names = list(dict.fromkeys(row["law"] for row in _rows(page, _OTHERS)))
    return (len(names) - names.index("geometric ρ=0.99"),)


def _tenth(page: Page) -> tuple[int]:
    (n,) = {int(row["data sets"]) for row in _rows(page, _OTHERS) if row["law"].endswith("D=1e7")}
    return (n,)


def _saturated(page: Page) -> tuple[float, float]:
    for law in ("uniform on 1e5", "uniform on 1e6", "Zipf s=1, 1e5 types"):
        assert {row["no interval"] for row in _rows(page, _OTHERS) if row["law"] == law} == {"1.000"}
    return 1, 1e5


def _not_used_up(page: Page) -> tuple[float, ...]:
    """Draws from a million equally likely types, of which none has an interval."""
    rows = _rows(page, _OTHERS, law="uniform on 1e6, D=1e5")
    assert {row["no interval"] for row in rows} == {"1.000"}
    return (1e5,)


def _short(page: Page) -> tuple[float, ...]:
    """The finite Zipf law of 1e5 draws: refused from nearly every curve, and on more types mostly accepted."""
    few, many = (
        float(_rows(page, _OTHERS, law=f"Zipf s=1.2, {types} types, D=1e5", data=_CURVE)[0]["no interval"])
        for types in ("1e4", "1e5")
    )
    assert few > 0.8
    assert many < 0.5
    return 1.2, 1e4, 1e5, 1e5


def _theta_limit(page: Page) -> tuple[float]:
    from bounds.fitting.exponents.growth_models import concentration_limit

    return (concentration_limit(1),)


def _far_shift(page: Page) -> tuple[Any, ...]:
    """Fits of Zipf corpora whose shift is a tenth of D: number, D, γ, q, θ/D and γ as fitted, and γ, which none "
    "holds."""
    from bounds.fitting.exponents.exponent import fit_exponent
    from tests.test_coverage import SEED, grid, seen, zipf

    n, n_draws, shift = 12, 10**5, 10**4
    law, fits = zipf(0.58, shift, n_draws), []
    for number in range(n):
        first, _ = seen(law.draw(np.random.default_rng([SEED, number]), n_draws))
        draws = grid(1e3, n_draws, 8)
        fits.append(fit_exponent(draws, np.searchsorted(first, draws)))
    accepted = [fit for fit in fits if fit.interval is not None]
    assert len(accepted) == n
    held = sum(law.exponent in fit.interval for fit in accepted)
    return n, n_draws, law.exponent, shift, float(np.mean([fit.exponent for fit in accepted])), held, law.exponent


def _zero(page: Page) -> tuple[float, float]:
    rows = _rows(page, _OTHERS, law="geometric")
    assert {row["coverage"] for row in rows} == {"1.000"}
    return round(float(rows[0]["bias"]), 1), 0


def _head_of_a_law(page: Page) -> tuple[float, ...]:
    """Exponents given to finite Zipf laws, from bias alone, since their own is 0."""
    (many,) = (row for row in _rows(page, _OTHERS, law="Zipf s=1/0.58, 1e6") if row["data"] == _CURVE)
    few = {row["data"]: float(row["bias"]) for row in _rows(page, _OTHERS, law="Zipf s=1/0.58, 1e4")}
    return 1, 0.58, 1e6, 1e6, float(many["bias"]), 1e4, few[_CURVE], few[_BOTH]


# ---------------------------------------------------------------- corpora drawn apart


def _sizes(page: Page) -> tuple[float, ...]:
    from tests.test_separate_corpora import SIZES

    replicates = sorted({int(row["data"].split()[0]) for row in _rows(page, _APART)})
    per_decade = (len(SIZES) - 1) / math.log10(SIZES[-1] / SIZES[0])
    return float(SIZES[0]), float(SIZES[-1]), per_decade, *replicates


def _apart_errors(page: Page) -> tuple[float, ...]:
    n = {int(row["data sets"]) for row in _rows(page, _APART)}
    assert {40, 24} < n
    return 40, 0.95, error_of_share(0.95, 40), 24, error_of_share(0.95, 24)


def _one_more(page: Page) -> tuple[float, ...]:
    from tests.test_separate_corpora import OTHER_DATASETS, OTHER_LAWS

    shown = {row["law"] for row in _rows(page, _APART_OTHERS)}
    (more,) = (law for law in OTHER_LAWS if law.name not in shown)
    return OTHER_DATASETS, 1, more.exponent, more.parameter


def _few(page: Page) -> tuple[float, float]:
    n = min(int(row["data sets"]) for row in _rows(page, _APART_OTHERS))
    return n, error_of_share(0.95, n)


def _less_often(page: Page) -> tuple[float, ...]:
    many = [row for row in _rows(page, _APART_OTHERS, law="PY d=0.4") if int(row["data"].split()[0]) >= 4]
    (one,) = _rows(page, _APART, law="PY d=0.58 θ=1000", data="8 of each size")
    n, few = sum(int(row["data sets"]) for row in many), int(one["data sets"])
    first = _together(many), n, 0.4, 4, 0.95, error_of_share(0.95, n)
    return *first, float(one["coverage"]), few, 1000, 8, error_of_share(0.95, few)


def _spread(page: Page) -> tuple[float, float]:
    law, n_draws = "pitman-yor:0.58", 1e5
    return 0, 100 * math.sqrt(bounds.variance_unique(law, n_draws)) / float(bounds.expected_unique(law, n_draws))


def _head_left_out(page: Page) -> tuple[str]:
    """Times the head that U is at least, as the module that chooses stretches has it."""
    from bounds.fitting.exponents import stretches

    (times,) = set(re.findall(r"U ≥ (\d+) u₀", Path(stretches.__file__).read_text(encoding="utf-8")))
    return (times,)


CHECKS = {
    "docs/coverage.md": (
        Sentence(
            "A nominal {} % interval for the exponent γ of U(D) ~ D^γ should hold γ in {} of {} corpora",
            given(95, 95, 100),
        ),
        Sentence("at least {} % of the {} % intervals and {} % of the {} % intervals hold γ", _asserted),
        Sentence("With {} data sets the standard error of a coverage of {} is {}.", _usual),
        Table(
            "| law | data | data sets |", "test_page_tables.test_rows_of_laws_are_what_is_measured",
            "f0be711116e45bc9",
        ),
        Sentence("about √({}^γ-{}) times as much", _varies),
        Sentence("cannot tell {} from {}. Here", _first_pitman_yor),
        Sentence("The standard error of a coverage of {} is {}, of {} it is {}. The command", _thousand),
        Sentence(
            "hold γ in {} of the {} % intervals and in {} of the {} % intervals ({} data sets; standard errors {} "
            "and {})",
            _pitman_yor,
        ),
        Sentence("table shows of them at {} %, {} points below", given(90, 2)),
        Sentence("The last {} have no exponent", _without_exponent),
        Sentence("as D → ∞ ({} for finite supports and the geometric law, {} for the mixtures)", _limits),
        Sentence("At D = 1e7 there are {} data sets a law", _tenth),
        Sentence("At D = {} there are", given(1e7)),
        Sentence("(uniform; Zipf s = {} on {} types) are rejected", _saturated),
        Sentence("of corpora of {} draws from a million", _not_used_up),
        Sentence("where θ is sought to {} D, and", _theta_limit),
        Sentence(
            "Zipf with s = {} on {} types is refused from nearly every curve of {} draws, by",
            lambda page: _short(page)[:3],
        ),
        Sentence("end of the curve; on {} types growth", lambda page: _short(page)[3:]),
        Sentence(
            "of {} corpora of {} draws of Zipf γ = {} with q = {}, all were accepted as Pitman–Yor with γ near {}, "
            "and {} of "
            "the intervals held {}.", _far_shift, slow=True,
        ),
        Sentence("gets an exponent of about {}, with an interval that holds {}.", _zero),
        Sentence(
            "Zipf with s = {}/{} on {} types, of which a corpus of {} draws sees a few thousand, is accepted with γ "
            "≈ {}; on "
            "{} types it is accepted with γ ≈ {} ({} from the spectrum)", _head_of_a_law,
        ),
        Sentence("below the limit of {}.", lambda page: _limits(page)[1:]),
        Sentence(
            "of uniform supports of {} types and of D = {}, of Zipf s = {}/{} on {} types and of Zipf s = {} are",
            given(1e5, 1e5, 1, 0.58, 1e4, 1.2),
        ),
        Sentence("sizes from {} to {}, {} to a decade, each with {}, {} or {} corpora", _sizes),
        Sentence("With {} data sets the standard error of a coverage of {} is {}, with {} it is {};", _apart_errors),
        Sentence(
            "The command gives {} data sets to each row, and has {} more law (Pitman–Yor d = {}, θ = {})",
            _one_more,
        ),
        Sentence("Rows with {} data sets say little (standard error {}).", _few),
        Sentence(
            "{} of the {} data sets with d = {} and R ≥ {} (standard error of {}: {}), and {} of {} with θ = {} and "
            "R = {} ({}).",
            _less_often,
        ),
        Sentence("U ≥ {} u₀", _head_left_out),
        Sentence("U(D) ≥ {} u₀ at its start", _head_left_out),
        Sentence("(exponents near {}) one corpus", given(1)),
        Sentence("θ = {} and one corpus of each size: counts vary by {} %", _spread),
        Sentence("without thinning (τ = {})", given(0)),
    ),
}  # fmt: skip
