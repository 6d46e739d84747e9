"""The numbers of docs/coverage.md: of its tables, and of the tests that measure them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import binom

import bounds
from tests.page_numbers import Page, Sentence, Table, default

_LAW, _SPECTRUM, _OTHERS, _APART, _APART_OTHERS = range(5)
"""Which of the tables of laws."""
_CURVE, _BOTH = "curve, 8 points a decade from 1e3", "curve and spectrum"


def _given(*values: Any) -> Callable[[Page], Sequence[Any]]:
    """Numbers of a formula or of a definition, said here a second time."""
    return lambda page: values


def _rows(page: Page, nth: int, **cells: str) -> list[dict[str, str]]:
    """Rows of a table of laws, whose cells begin so."""
    rows = page.table("| law | data | data sets |", nth)
    return [row for row in rows if all(row[name.replace("_", " ")].startswith(cell) for name, cell in cells.items())]


def _error(share: float, n: float) -> float:
    """Standard error of a coverage among n data sets."""
    return math.sqrt(share * (1 - share) / n)


def _together(rows: Iterable[dict[str, str]], column: str = "with rejections as misses") -> float:
    rows = list(rows)
    return sum(float(row[column]) * int(row["data sets"]) for row in rows) / sum(int(row["data sets"]) for row in rows)


# ---------------------------------------------------------------- curves and spectra


def _asserted(page: Page) -> tuple[int, ...]:
    """What `tests.test_coverage.test_intervals_cover` asserts of each nominal level, in per cent."""
    from tests.test_coverage import LEAST

    return 100 * LEAST[0.95], 95, 100 * LEAST[0.9], 90


def _usual(page: Page) -> tuple[float, ...]:
    from tests.test_coverage import DATASETS

    return DATASETS, 0.95, _error(0.95, DATASETS)


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
    return 0.9, _error(0.9, n), 0.95, _error(0.95, n)


def _pitman_yor(page: Page) -> tuple[float, ...]:
    at_90 = _rows(page, _SPECTRUM, law="PY", data="spectrum alone, 90 %")
    at_95 = [row for row in _rows(page, _SPECTRUM, law="PY") if row["data"] == "spectrum alone"]
    n = sum(int(row["data sets"]) for row in at_90)
    return _together(at_90), 90, _together(at_95), 95, n, _error(0.9, n), _error(0.95, n)


def _limits(page: Page) -> tuple[float, float]:
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
        next(float(row["no interval"]) for row in _rows(page, _OTHERS, law=f"Zipf s=1.2, {types} types, D=1e5", data="curve, 8"))
        for types in ("1e4", "1e5")
    )  # fmt: skip
    assert few > 0.8
    assert many < 0.5
    return 1.2, 1e4, 1e5, 1e5


def _theta_limit(page: Page) -> tuple[float]:
    from bounds.fitting.exponents.growth_models import concentration_limit

    return (concentration_limit(1),)


def _far_shift(page: Page) -> tuple[Any, ...]:
    """Fits of Zipf corpora whose shift is a tenth of D: number, D, γ, q, θ/D and γ as fitted, and γ, which none holds."""
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
    return 40, 0.95, _error(0.95, 40), 24, _error(0.95, 24)


def _one_more(page: Page) -> tuple[float, ...]:
    from tests.test_separate_corpora import OTHER_DATASETS, OTHER_LAWS

    shown = {row["law"] for row in _rows(page, _APART_OTHERS)}
    (more,) = (law for law in OTHER_LAWS if law.name not in shown)
    return OTHER_DATASETS, 1, more.exponent, more.parameter


def _few(page: Page) -> tuple[float, float]:
    n = min(int(row["data sets"]) for row in _rows(page, _APART_OTHERS))
    return n, _error(0.95, n)


def _less_often(page: Page) -> tuple[float, ...]:
    many = [row for row in _rows(page, _APART_OTHERS, law="PY d=0.4") if int(row["data"].split()[0]) >= 4]
    (one,) = _rows(page, _APART, law="PY d=0.58 θ=1000", data="8 of each size")
    n, few = sum(int(row["data sets"]) for row in many), int(one["data sets"])
    return (
        _together(many), n, 0.4, 4, 0.95, _error(0.95, n), float(one["coverage"]), few, 1000, 8, _error(0.95, few),
    )  # fmt: skip


def _spread(page: Page) -> tuple[float, float]:
    law, n_draws = "pitman-yor:0.58", 1e5
    return 0, 100 * math.sqrt(bounds.variance_unique(law, n_draws)) / float(bounds.expected_unique(law, n_draws))


def _head_left_out(page: Page) -> tuple[str]:
    """Times the head that U is at least, as the module that chooses stretches has it."""
    from bounds.fitting.exponents import stretches

    (times,) = set(re.findall(r"U ≥ (\d+) u₀", Path(stretches.__file__).read_text(encoding="utf-8")))
    return (times,)


# ---------------------------------------------------------------- loss laws

_LOSS, _DESIGNS, _RUNS = "| law | runs | data sets | quantity |", "| law | runs | data sets | α given |", "| rows | runs named |"


@cache
def _errors_of_runs() -> tuple[str, ...]:
    """Degrees of freedom and scale of the errors of `tests.law_runs.losses`."""
    from tests import law_runs

    (freedom,) = re.findall(r"\((\d+) degrees of freedom\)", law_runs.losses.__doc__ or "")
    return freedom, default(law_runs.losses, "scale")


def _present(page: Page) -> tuple[float, ...]:
    from tests.test_law_coverage import BOOTSTRAP

    rows = [row for row in page.table(_LOSS) if row["law"] == "Hoffmann"]
    (n,) = {int(row["data sets"]) for row in rows}
    return BOOTSTRAP, n, 0.95, _error(0.95, n), 0.9, _error(0.9, n)


def _lowest(page: Page) -> tuple[float, ...]:
    rows = [row for row in page.table(_LOSS) if row["law"] == "Hoffmann"]
    at_90, at_95 = (min(float(row[f"coverage of {level} %"]) for row in rows) for level in (90, 95))
    return at_90, 90, at_95, 95


def _older(page: Page) -> tuple[float, ...]:
    (n,) = {int(row["data sets"]) for row in page.table(_LOSS) if row["law"] == "Epoch"}
    return n, _error(0.95, n), _error(0.9, n)


def _by_default(page: Page) -> tuple[int]:
    from tests.test_law_coverage import DATASETS

    return (DATASETS,)


def _designs(page: Page) -> tuple[float, ...]:
    from tests.test_law_coverage import DESIGN_BOOTSTRAP, DESIGN_NOISE

    return 100 * DESIGN_NOISE, DESIGN_BOOTSTRAP


def _of_designs(page: Page) -> tuple[float, ...]:
    from tests.test_law_coverage import DESIGN_DATASETS, LAWS

    return len(LAWS), DESIGN_DATASETS


def _design(page: Page, name: str) -> dict[str, str]:
    (row,) = (row for row in page.table(_DESIGNS) if row["runs"].startswith(name))
    return row


def _sizes_apart(page: Page) -> tuple[float, ...]:
    five, twenty = (_design(page, f"3 sizes, 2 of them {apart} % apart") for apart in (5, 20))
    width = float(_design(page, "5 × 5")["width"])
    assert float(twenty["α given"]) == 1
    return 5, float(five["α given"]), 20, *(round(float(row["width"]) / width) for row in (five, twenty)), 5, 5


def _corpora_apart(page: Page) -> tuple[float, ...]:
    five, twenty = (_design(page, f"4 sizes, 3 corpora, 2 of them {apart} % apart") for apart in (5, 20))
    from tests.law_runs import LAWS

    return 5, 10 * float(five["β given"]), float(five["width 2"]), LAWS["Hoffmann"].data_exponent, 20, float(twenty["width 2"])


def _lowest_design(page: Page) -> tuple[float, ...]:
    """The lowest coverage of the designs, how many of the data sets that is, and the chance of that or less of .95."""
    rows, columns = page.table(_DESIGNS), ("coverage", "coverage 2", "coverage 3")
    low = min(float(row[name]) for row in rows for name in columns if row[name] != "–")
    worst = [row["runs"] for row in rows if row["coverage"] == f"{low:.2f}"]
    assert worst == ["3 × 3 over a decade each", "9 IsoFLOP budgets of 6 models"]
    n = int(rows[0]["data sets"])
    held = round(low * n)
    few, many = binom.cdf(held, n, 0.95), binom.sf(held - 1, n, 0.85)
    return low, 3, 3, 9, held, n, 0.95, round(1 / few), 0.85, round(1 / many)


def _checkpoints(page: Page) -> tuple[float, ...]:
    from tests.test_run_groups import checkpoints

    return tuple(default(checkpoints, name) for name in ("runs", "rows", "spread", "noise"))


def _named(page: Page) -> tuple[float, ...]:
    from tests.test_run_coverage import BOOTSTRAP, DATASETS

    return DATASETS, BOOTSTRAP, 0.95, _error(0.95, DATASETS)


def _runs(page: Page) -> tuple[float, ...]:
    def coverage(named: str, rows: str, constants: str) -> list[float]:
        return [
            float(row["coverage of 95 %"]) for row in page.table(_RUNS)
            if row["runs named"] == named and row["rows"].endswith(rows) and row["constant"] in constants
        ]  # fmt: skip

    copies = coverage("no", "every row twice", "Eαβ")
    return min(coverage("yes", "", "Eαβ")), min(copies), max(copies), *coverage("no", "checkpoints", "Eα")


CHECKS = {
    "docs/coverage.md": (
        Sentence("A nominal {} % interval for the exponent γ of U(D) ~ D^γ should hold γ in {} of {} corpora", _given(95, 95, 100)),
        Sentence("at least {} % of the {} % intervals and {} % of the {} % intervals hold γ", _asserted),
        Sentence("With {} data sets the standard error of a coverage of {} is {}.", _usual),
        Table("| law | data | data sets |", "test_page_tables.test_rows_of_laws_are_what_is_measured", "f0be711116e45bc9"),
        Sentence("about √({}^γ-{}) times as much", _varies),
        Sentence("cannot tell {} from {}. Here", _first_pitman_yor),
        Sentence("The standard error of a coverage of {} is {}, of {} it is {}. The command", _thousand),
        Sentence(
            "hold γ in {} of the {} % intervals and in {} of the {} % intervals ({} data sets; standard errors {} and {})",
            _pitman_yor,
        ),
        Sentence("table shows of them at {} %, {} points below", _given(90, 2)),
        Sentence("The last {} have no exponent", _without_exponent),
        Sentence("as D → ∞ ({} for finite supports and the geometric law, {} for the mixtures)", _limits),
        Sentence("At D = 1e7 there are {} data sets a law", _tenth),
        Sentence("At D = {} there are", _given(1e7)),
        Sentence("(uniform; Zipf s = {} on {} types) are rejected", _saturated),
        Sentence("of corpora of {} draws from a million", _not_used_up),
        Sentence("where θ is sought to {} D, and", _theta_limit),
        Sentence("Zipf with s = {} on {} types is refused from nearly every curve of {} draws, by", lambda page: _short(page)[:3]),
        Sentence("end of the curve; on {} types growth", lambda page: _short(page)[3:]),
        Sentence(
            "of {} corpora of {} draws of Zipf γ = {} with q = {}, all were accepted as Pitman–Yor with γ near {}, and {} of "
            "the intervals held {}.", _far_shift, slow=True,
        ),
        Sentence("gets an exponent of about {}, with an interval that holds {}.", _zero),
        Sentence(
            "Zipf with s = {}/{} on {} types, of which a corpus of {} draws sees a few thousand, is accepted with γ ≈ {}; on "
            "{} types it is accepted with γ ≈ {} ({} from the spectrum)", _head_of_a_law,
        ),
        Sentence("below the limit of {}.", lambda page: _limits(page)[1:]),
        Sentence(
            "of uniform supports of {} types and of D = {}, of Zipf s = {}/{} on {} types and of Zipf s = {} are",
            _given(1e5, 1e5, 1, 0.58, 1e4, 1.2),
        ),
        Sentence("sizes from {} to {}, {} to a decade, each with {}, {} or {} corpora", _sizes),
        Sentence("With {} data sets the standard error of a coverage of {} is {}, with {} it is {};", _apart_errors),
        Sentence("The command gives {} data sets to each row, and has {} more law (Pitman–Yor d = {}, θ = {})", _one_more),
        Sentence("Rows with {} data sets say little (standard error {}).", _few),
        Sentence(
            "{} of the {} data sets with d = {} and R ≥ {} (standard error of {}: {}), and {} of {} with θ = {} and R = {} ({}).",
            _less_often,
        ),
        Sentence("U ≥ {} u₀", _head_left_out),
        Sentence("U(D) ≥ {} u₀ at its start", _head_left_out),
        Sentence("(exponents near {}) one corpus", _given(1)),
        Sentence("θ = {} and one corpus of each size: counts vary by {} %", _spread),
        Sentence("without thinning (τ = {})", _given(0)),
        Sentence("errors of Student's t with {} degrees of freedom (scale {} of the loss)", lambda page: _errors_of_runs()),
        Sentence(
            "percentiles of {} weighted resamples and the interval of the profile: {} data sets each, so that the standard "
            "error of a coverage of {} is {}, of {} it is {}.", _present,
        ),
        Sentence("The lowest of their coverages are {} of {} % and {} of {} %.", _lowest),
        Sentence("with {} data sets and standard errors of {} and {}.", _older),
        Sentence("data sets that it is given ({}):", _by_default),
        Table(_LOSS, "test_page_tables.test_rows_of_loss_laws_are_what_is_measured", "d4baa797ce557feb"),
        Sentence("normal errors of {} % of the loss, {} resamples", _designs),
        Sentence("*coverage* that of {} % intervals among", _given(95)),
        Sentence("An interval of E that begins at {} counts", _given(0)),
        Sentence(
            "the standard error of a coverage of {} is {}/√n: {} for {} of them, so that these rows tell {} from {} and not "
            "from {}.", lambda page: (0.95, _error(0.95, 1), _error(0.95, 25), 25, 0.95, 0.8, 0.9),
        ),
        Sentence("the table for {} laws and {} data sets a design", _of_designs),
        Table(_DESIGNS, "test_page_tables.test_rows_of_designs_are_what_is_measured", "27358d3b5181b3cb"),
        Sentence(
            "Where two of three sizes are {} % apart the runs decide α in a {} of the data sets, at {} % in all; these intervals "
            "are {} and {} times as wide as those of a {} × {} grid.", _sizes_apart,
        ),
        Sentence(
            "Two of three corpora {} % apart still decide β in {} of ten, but not well: the median interval is {} wide, for a "
            "β of {}, where corpora {} % apart give {}.", _corpora_apart,
        ),
        Sentence(
            "The lowest coverage is {}, of α, in {} × {} runs and in {} IsoFLOP budgets: {} of {}. So few come of {} with a "
            "chance of one in {}, and so many of {} with one of one in {}:", _lowest_design,
        ),
        Sentence("Every {} × {} grid carries a note", _given(5, 5)),
        Sentence(
            "{} sizes with {} values of D each, every run off by an amount of its own (normal, {} of the loss) and every "
            "checkpoint by {} more", _checkpoints,
        ),
        Sentence("{} data sets each, {} resamples: the standard error of a coverage of {} is {}.", _named),
        Table(_RUNS, "test_page_tables.test_rows_of_runs_are_what_is_measured", "b5402c272d57a7a3"),
        Sentence(
            "hold all three constants in {} of the intervals and more; not named, copies hold them in {} to {} and checkpoints "
            "hold E and α in {} and {}.", _runs,
        ),
    ),
}  # fmt: skip
