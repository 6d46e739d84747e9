"""Do the intervals of `fit_exponent` cover? Laws with a known exponent, one corpus of a million draws each time.

    pytest -m verification tests/test_coverage.py          asserts it, about ten minutes on one core
    python -m tests.test_coverage [main|spectrum|others [data sets [laws]]]   writes the tables of docs/coverage.md

The samplers below are this file's own, and share no code with `simulate`: Zipf–Mandelbrot by rejection from a
Pareto law, Pitman–Yor as a restaurant in which each token follows a uniformly chosen earlier one.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numba
import numpy as np
import pytest

from bounds.base.keeping.targets import write_text
from bounds.fitting.exponents.exponent import FrequencySpectrum, fit_exponent

SEED = 20240614
DATASETS = 200
PAGE = Path(__file__).parents[1] / "docs" / "coverage.md"


# ---------------------------------------------------------------- corpora


def zipf_mandelbrot(rng: np.random.Generator, gamma: float, shift: float, n_draws: int) -> np.ndarray:
    """Ranks of draws from p_r ∝ (r+shift)^(-1/γ); beyond rank 1e6 the Pareto law is taken as it is."""
    s, parts, missing = 1 / gamma, [], n_draws
    while missing > 0:
        pareto = (shift + 0.5) * rng.random(int(1.3 * missing) + 100) ** (-1 / (s - 1))
        rank = np.floor(pareto - shift + 0.5)
        near = np.minimum(rank, 1e6) + shift
        cell = (near - 0.5) ** (1 - s) - (near + 0.5) ** (1 - s)
        keep = (rank >= 1e6) | (rng.random(len(rank)) * cell < (s - 1) * near**-s)
        parts.append(rank[keep][:missing])
        missing -= len(parts[-1])
    return np.concatenate(parts)


@numba.njit(cache=True)
def pitman_yor(rng: np.random.Generator, d: float, theta: float, n_draws: int) -> np.ndarray:
    """Types of the customers of a Pitman–Yor restaurant, in order.

    A customer follows a uniformly chosen earlier one; the follower of a founder starts a new table with chance d.
    For θ < 0 the chance of a new table is used directly.
    """
    types = np.empty(n_draws, np.int32)
    founder = np.zeros(n_draws, np.bool_)
    known = 0
    for i in range(n_draws):
        new, j = True, 0
        x = rng.random() * (i + theta)
        if i > 0 and theta >= 0:
            j = int(x)
            new = x >= i or (founder[j] and x - j < d)
        elif i > 0:
            new = x < theta + d * known
            j = int(rng.random() * i)
            while not new and founder[j] and rng.random() < d:
                j = int(rng.random() * i)
        founder[i] = new
        types[i] = known if new else types[j]
        known += new
    return types


def finite(rng: np.random.Generator, probabilities: np.ndarray, n_draws: int) -> np.ndarray:
    """Draws from finitely many types."""
    sums = np.cumsum(probabilities)
    return np.searchsorted(sums / sums[-1], rng.random(n_draws), side="right")


def mixture(rng: np.random.Generator, weight: float, gammas: tuple[float, float], n_draws: int) -> np.ndarray:
    """Two Zipf laws on disjoint types, the first with `weight`."""
    first = rng.random(n_draws) < weight
    types = np.empty(n_draws)
    types[first] = zipf_mandelbrot(rng, gammas[0], 0, int(first.sum()))
    types[~first] = -zipf_mandelbrot(rng, gammas[1], 0, int((~first).sum()))
    return types


@dataclass(frozen=True)
class Law:
    """A law to draw corpora from, and its exponent."""

    name: str
    exponent: float
    draw: Callable[[np.random.Generator, int], np.ndarray]
    n_draws: int = 10**6

    @property
    def label(self) -> str:
        """The name with D where that is not a million."""
        return self.name + ("" if self.n_draws == 10**6 else f", D={self.n_draws:.0e}".replace("e+0", "e"))


def zipf(gamma: float, shift: float = 0, n_draws: int = 10**6) -> Law:
    name = f"Zipf γ={gamma:g}" + (f" q={shift:g}" if shift else "")
    return Law(name, gamma, lambda rng, n: zipf_mandelbrot(rng, gamma, shift, n), n_draws)


def py(d: float, theta: float, n_draws: int = 10**6) -> Law:
    return Law(f"PY d={d:g} θ={theta:g}", d, lambda rng, n: pitman_yor(rng, d, theta, n), n_draws)


def ranks(n_types: int, s: float) -> np.ndarray:
    return np.arange(1.0, n_types + 1) ** -s


MAIN = (zipf(0.44), zipf(0.58), zipf(0.72), zipf(0.58, 100), py(0.58, 0), py(0.58, 10), py(0.58, 1000))
OTHERS = (
    zipf(0.3),
    zipf(0.9),
    zipf(0.58, 10),
    zipf(0.58, 1000),
    py(0.58, -0.3),
    py(0.58, 100),
    py(0.3, 10),
    py(0.9, 10),
    zipf(0.58, n_draws=10**5),
    zipf(0.58, 100, n_draws=10**5),
    py(0.58, 0, n_draws=10**5),
    py(0.58, 1000, n_draws=10**5),
    zipf(0.58, n_draws=10**7),
    py(0.58, 10, n_draws=10**7),
    py(0.58, 1000, n_draws=10**7),
    Law("geometric ρ=0.99", 0.0, lambda rng, n: rng.geometric(0.01, n)),
    Law("uniform on 1e5", 0.0, lambda rng, n: rng.integers(0, 10**5, n)),
    Law("uniform on 1e6", 0.0, lambda rng, n: rng.integers(0, 10**6, n)),
    Law("Zipf s=1, 1e5 types", 0.0, lambda rng, n: finite(rng, ranks(10**5, 1.0), n)),
    Law("Zipf s=1/0.58, 1e4 types", 0.0, lambda rng, n: finite(rng, ranks(10**4, 1 / 0.58), n)),
    Law("Zipf s=1/0.58, 1e6 types", 0.0, lambda rng, n: finite(rng, ranks(10**6, 1 / 0.58), n)),
    Law("0.9 Zipf γ=.44 + 0.1 γ=.72", 0.72, lambda rng, n: mixture(rng, 0.9, (0.44, 0.72), n)),
    Law("0.999 Zipf γ=.44 + 0.001 γ=.72", 0.72, lambda rng, n: mixture(rng, 0.999, (0.44, 0.72), n)),
    # Used up by neither, or hardly: a tenth of a draw a type; the rarest type a third of a time, and .02 times.
    Law("uniform on 1e6", 0.0, lambda rng, n: rng.integers(0, 10**6, n), 10**5),
    Law("Zipf s=1.2, 1e4 types", 0.0, lambda rng, n: finite(rng, ranks(10**4, 1.2), n), 10**5),
    Law("Zipf s=1.2, 1e5 types", 0.0, lambda rng, n: finite(rng, ranks(10**5, 1.2), n), 10**5),
)


def grid(first: float, last: float, per_decade: int) -> np.ndarray:
    """Log-spaced whole numbers."""
    points = round(per_decade * np.log10(last / first)) + 1
    return np.unique(np.rint(np.geomspace(first, last, points)).astype(np.int64))


def seen(types: np.ndarray) -> tuple[np.ndarray, FrequencySpectrum]:
    """Where each type is seen first, in order, and the spectrum of all tokens in standard bins."""
    _, first, counts = np.unique(types, return_index=True, return_counts=True)
    return np.sort(first), FrequencySpectrum.from_counts(counts).standard(len(types))


# ---------------------------------------------------------------- what is measured

SETTINGS: dict[str, dict] = {
    "curve, 8 points a decade from 1e3": {},
    "curve, 8 points a decade from 1e3, 90 %": {"confidence": 0.9},
    "curve, 4 points a decade from 1e3": {"per_decade": 4},
    "curve, 8 points a decade from 1e2": {"first": 100},
    "curve and spectrum": {"spectrum": True},
    "curve and spectrum, 90 %": {"spectrum": True, "confidence": 0.9},
}
ALONE: dict[str, dict] = {
    "spectrum alone": {"spectrum": True, "alone": True},
    "spectrum alone, 90 %": {"spectrum": True, "alone": True, "confidence": 0.9},
}
FEWER = ("curve, 8 points a decade from 1e3", "curve and spectrum")


@dataclass(frozen=True)
class Cell:
    """Coverage of one law in one setting; a rejected fit counts as no interval, and not as covered in `all`."""

    law: str
    setting: str
    datasets: int
    rejected: float
    covered: float
    covered_all: float
    width: float
    bias: float
    deviation: float


def fits_of(law: Law, settings: tuple[str, ...], datasets: int) -> Iterator[dict[str, tuple[float, float, float]]]:
    """(exponent, lower, upper) of each setting, corpus after corpus; NaN where there is no interval."""
    known = SETTINGS | ALONE
    fine = {name: {"first": 1000, "per_decade": 8, "confidence": 0.95, **known[name]} for name in settings}
    for number in range(datasets):
        rng = np.random.default_rng([SEED, sum(map(ord, law.name)), law.n_draws, number])
        first, spectrum = seen(law.draw(rng, law.n_draws))
        result = {}
        for name, how in fine.items():
            draws = grid(how["first"], law.n_draws, how["per_decade"])
            alone = how.get("alone")
            fit = fit_exponent(
                law.n_draws if alone else draws,
                None if alone else np.searchsorted(first, draws),
                spectrum=spectrum if how.get("spectrum") else None,
                confidence=how["confidence"],
            )
            ends = (np.nan, np.nan) if fit.interval is None else tuple(fit.interval)
            result[name] = (fit.exponent, *ends)
        yield result


def measure(law: Law, settings: tuple[str, ...], datasets: int) -> list[Cell]:
    """Coverage, width, bias and rejections of `law` in each setting."""
    found = list(fits_of(law, settings, datasets))
    cells = []
    for name in settings:
        exponent, lower, upper = np.array([one[name] for one in found]).T
        given = ~np.isnan(lower)
        inside = (lower <= law.exponent) & (law.exponent <= upper)
        cells.append(
            Cell(
                law.label,
                name,
                datasets,
                float(1 - given.mean()),
                float(inside[given].mean()) if given.any() else np.nan,
                float(inside.mean()),
                float((upper - lower)[given].mean()) if given.any() else np.nan,
                float(np.nanmean(exponent) - law.exponent),
                float(np.nanstd(exponent)),
            )
        )
    return cells


LEAST = {0.95: 0.90, 0.9: 0.85}
"""Coverage that is held, by the nominal one."""


@pytest.mark.verification
@pytest.mark.parametrize("law", MAIN, ids=lambda law: law.name)
def test_intervals_cover(law):
    """Rejections count as misses."""
    for cell in measure(law, tuple(SETTINGS), DATASETS):
        assert cell.covered_all >= LEAST[0.9 if "90 %" in cell.setting else 0.95], cell
        assert cell.rejected <= 0.05, cell


# ---------------------------------------------------------------- the page

HEAD = "| law | data | data sets | no interval | coverage | with rejections as misses | mean width | bias | sd |"


def table(cells: list[Cell]) -> str:
    rows = [HEAD, "|---" * 9 + "|"]
    rows += [
        f"| {c.law} | {c.setting} | {c.datasets} | {c.rejected:.3f} | {c.covered:.3f} | {c.covered_all:.3f} "
        f"| {c.width:.4f} | {c.bias:+.4f} | {c.deviation:.4f} |"
        for c in cells
    ]
    return "\n".join(rows).replace(" nan ", " – ")


def write(section: str, text: str) -> None:
    """Replace what stands between the two comments of `section` in the page."""
    begin, end = f"<!-- {section} -->\n", f"\n<!-- end of {section} -->"
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(begin)
    write_text(PAGE, before + begin + text + end + rest.split(end)[1])


def rows_of(section: str) -> list[str]:
    """The lines that stand in the page's table of `section`, without its head."""
    return PAGE.read_text(encoding="utf-8").split(f"<!-- {section} -->\n")[1].split("\n<!-- end")[0].splitlines()[2:]


def main(section: str = "main", datasets: str = "", *names: str) -> None:
    """Table `section`; with `names` of laws their rows alone are measured anew, and the others stay."""
    started = time.perf_counter()
    laws, settings, usual = {
        "main": (MAIN, tuple(SETTINGS), DATASETS),
        "spectrum": (MAIN, tuple(ALONE), 5 * DATASETS),
        "others": (OTHERS, FEWER, DATASETS // 5),
    }[section]
    known, rows = rows_of(section), []
    for place, law in enumerate(laws):
        if names and law.label not in names:
            rows += known[len(settings) * place :][: len(settings)]
            continue
        number = int(datasets or (10 if law.n_draws > 10**6 else usual))
        rows += table(measure(law, settings, number)).splitlines()[2:]
        print(*rows[-len(settings) :], sep="\n", flush=True)
    write(section, "\n".join([*table([]).splitlines(), *rows]))
    print(f"{PAGE}: {section}, {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main(*sys.argv[1:])
