"""The numbers of docs/coverage.md on the constants of loss laws."""

from __future__ import annotations

import re
from functools import cache

from scipy.stats import binom

from tests.page_numbers import Page, Sentence, Table, default, error_of_share, given

# ---------------------------------------------------------------- loss laws

_LOSS, _DESIGNS, _RUNS = (
    "| law | runs | data sets | quantity |",
    "| law | runs | data sets | α given |",
    "| rows | runs named |",
)


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
    return BOOTSTRAP, n, 0.95, error_of_share(0.95, n), 0.9, error_of_share(0.9, n)


def _lowest(page: Page) -> tuple[float, ...]:
    rows = [row for row in page.table(_LOSS) if row["law"] == "Hoffmann"]
    at_90, at_95 = (min(float(row[f"coverage of {level} %"]) for row in rows) for level in (90, 95))
    return at_90, 90, at_95, 95


def _older(page: Page) -> tuple[float, ...]:
    (n,) = {int(row["data sets"]) for row in page.table(_LOSS) if row["law"] == "Epoch"}
    return n, error_of_share(0.95, n), error_of_share(0.9, n)


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

    return (
        5,
        10 * float(five["β given"]),
        float(five["width 2"]),
        LAWS["Hoffmann"].data_exponent,
        20,
        float(twenty["width 2"]),
    )


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

    return DATASETS, BOOTSTRAP, 0.95, error_of_share(0.95, DATASETS)


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
        Sentence(
            "errors of Student's t with {} degrees of freedom (scale {} of the loss)",
            lambda page: _errors_of_runs(),
        ),
        Sentence(
            "percentiles of {} weighted resamples and the interval of the profile: {} data sets each, so that the "
            "standard "
            "error of a coverage of {} is {}, of {} it is {}.", _present,
        ),
        Sentence("The lowest of their coverages are {} of {} % and {} of {} %.", _lowest),
        Sentence("with {} data sets and standard errors of {} and {}.", _older),
        Sentence("data sets that it is given ({}):", _by_default),
        Table(_LOSS, "test_page_tables.test_rows_of_loss_laws_are_what_is_measured", "d4baa797ce557feb"),
        Sentence("normal errors of {} % of the loss, {} resamples", _designs),
        Sentence("the table for {} laws and {} data sets a design", _of_designs),
        Sentence(
            "Where two of three sizes are {} % apart the runs decide α in a {} of the data sets, at {} % in all; "
            "these intervals "
            "are {} and {} times as wide as those of a {} × {} grid.", _sizes_apart,
        ),
        Sentence(
            "Two of three corpora {} % apart still decide β in {} of ten, but not well: the median interval is {} "
            "wide, for a "
            "β of {}, where corpora {} % apart give {}.", _corpora_apart,
        ),
        Sentence(
            "The lowest coverage is {}, of α, in {} × {} runs and in {} IsoFLOP budgets: {} of {}. So few come of "
            "{} with a "
            "chance of one in {}, and so many of {} with one of one in {}:", _lowest_design,
        ),
        Sentence(
            "{} sizes with {} values of D each, every run off by an amount of its own (normal, {} of the loss) and "
            "every "
            "checkpoint by {} more", _checkpoints,
        ),
        Sentence("{} data sets each, {} resamples: the standard error of a coverage of {} is {}.", _named),
        Sentence(
            "hold all three constants in {} of the intervals and more; not named, copies hold them in {} to {} and "
            "checkpoints "
            "hold E and α in {} and {}.", _runs,
        ),
        Sentence("*coverage* that of {} % intervals among", given(95)),
        Sentence("An interval of E that begins at {} counts", given(0)),
        Sentence(
            "the standard error of a coverage of {} is {}/√n: {} for {} of them, so that these rows tell {} from {} "
            "and not "
            "from {}.", lambda page: (0.95, error_of_share(0.95, 1), error_of_share(0.95, 25), 25, 0.95, 0.8, 0.9),
        ),
        Table(_DESIGNS, "test_page_tables.test_rows_of_designs_are_what_is_measured", "27358d3b5181b3cb"),
        Sentence("Every {} × {} grid carries a note", given(5, 5)),
        Table(_RUNS, "test_page_tables.test_rows_of_runs_are_what_is_measured", "b5402c272d57a7a3"),
    ),
}  # fmt: skip
