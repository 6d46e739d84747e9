"""Exponents of made texts: independent words, words that come in topics, and texts without a power law.

How often the nominal 95 % interval covers is measured by ``python -m tests.test_corpus_fit``, which writes the table
of docs/corpora.md, and held by the verification tests below.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.optimize import minimize_scalar

import bounds
import simulate
from bounds import expected_unique
from bounds.base.keeping.targets import write_text
from simulate.cli.main import main
from simulate.studies.text.dataset import to_dataset
from simulate.text import fit_corpus, measure_corpus


def zipf_text(seed: int, n_words: int, exponent: float, topic: int = 0) -> np.ndarray:
    """Word ids, as many as there are words: those of `zipf_words`."""
    return np.unique(zipf_words(seed, n_words, exponent, topic), return_inverse=True)[1]


def zipf_words(seed: int, n_words: int, exponent: float, topic: int = 0) -> np.ndarray:
    """Ranks of words: independent draws, or topics of `topic` words some of which repeat most of their words."""
    rng = np.random.default_rng(seed)
    words = np.minimum(rng.zipf(exponent, n_words), 2**40)
    for start in range(0, n_words, topic) if topic else ():
        part = words[start : start + topic]
        repeats = np.flatnonzero(rng.random(len(part)) < rng.choice([0.0, 0.9]))
        part[repeats] = part[(rng.random(len(repeats)) * np.maximum(repeats, 1)).astype(int)]
    return words


def mixed_text(seed: int, n_words: int, share: float) -> np.ndarray:
    """Word ids: independent draws of a Zipf law, but for a `share` of them, from 3000 words that are equally likely."""
    rng = np.random.default_rng(seed)
    words, few, other = rng.zipf(1.724, n_words), rng.integers(3000, size=n_words), rng.random(n_words)
    return np.unique(np.where(other < share, few, np.minimum(words, 2**40) + 3000), return_inverse=True)[1]


def fit_of(values: np.ndarray, folder) -> tuple:
    path = folder / "words.txt"
    path.write_text(" ".join(f"w{value}" for value in values))
    growth = measure_corpus(path)
    return growth, fit_corpus(growth)


def json_of(*arguments: str) -> Any:
    """What a command prints with --json, where NaN and Infinity are no numbers."""
    done = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    return json.loads(done.stdout, parse_constant=refuse)


class TestFit:
    """Coverage over many texts is measured by a verification; here, one text of each kind."""

    def test_independent_draws(self, tmp_path):
        growth, fit = fit_of(zipf_text(11, 200_000, 1.724), tmp_path)
        assert not fit.rejected
        assert fit.interval.lower < 0.58 < fit.interval.upper
        assert fit.interval.width < 0.06
        assert fit.local == pytest.approx(growth.f1[-1] / growth.n_unique[-1], abs=0.01)
        assert fit.slope_interval.lower < 0.58 < fit.slope_interval.upper
        assert [window.from_draws >= 1000 for window in fit.windows] == [True] * len(fit.windows)
        assert "16 blocks of 12500 windows" in fit.verdict

    def test_topics_make_the_interval_wider(self, tmp_path):
        errors = np.array(
            [
                [fit_of(zipf_text(seed, 100_000, 1.724, topic), tmp_path)[1].standard_error for topic in (0, 2000)]
                for seed in range(20, 26)
            ]
        )
        assert errors[:, 1].mean() > 1.1 * errors[:, 0].mean()

    def test_without_a_power_law_the_interval_holds_the_exponents_of_shorter_stretches(self, tmp_path):
        """A support that is used up beside one without an end: no single exponent, and still an interval."""
        values = mixed_text(13, 200_000, 0.03)
        fit = fit_of(values, tmp_path)[1]
        assert fit.rejected
        assert "no single power law holds" in fit.verdict
        assert fit.interval.width == pytest.approx(2 * fit.sampling + fit.misfit_below + fit.misfit_above)
        assert fit.misfit_below > 0
        assert fit.misfit_above > 0
        for window in fit.windows:
            assert fit.interval.lower <= window.exponent <= fit.interval.upper
            assert window.interval is not None

    def test_no_number_turns_on_the_p_value(self, tmp_path, monkeypatch):
        """Where the levels of the test lie changes words alone."""
        path = tmp_path / "words.txt"
        path.write_text(" ".join(f"w{value}" for value in zipf_text(5, 60_000, 1.724, 3000)))
        growth = measure_corpus(path)
        fits = []
        for level in (0.0, 1.0):
            monkeypatch.setattr("simulate.text.exponents.REJECT", level)
            fits.append(fit_corpus(growth))
        strict, loose = (replace(fit, verdict="", rejected=False, windows=()) for fit in fits)
        assert strict == loose
        assert [fit.rejected for fit in fits] == [False, True]

    def test_the_interval_widens_smoothly_as_a_law_fits_worse(self, tmp_path):
        """The second support is let in bit by bit: no step, though the test goes from one side to the other."""
        fits = [fit_of(mixed_text(3, 60_000, share), tmp_path)[1] for share in np.linspace(0.015, 0.035, 11)]
        assert {fit.p_value < 0.01 for fit in fits} == {True, False}
        ends = np.array([(fit.interval.lower, fit.exponent, fit.interval.upper) for fit in fits])
        assert abs(np.diff(ends, axis=0)).max() < 0.06

    def test_the_order_of_files_keeps_the_form_of_the_answer(self, tmp_path):
        paths = [tmp_path / "a.txt", tmp_path / "b.txt"]
        for path, exponent, seed in zip(paths, (1.6, 2.1), (1, 2), strict=True):
            path.write_text(" ".join(f"{path.stem}{value}" for value in zipf_text(seed, 60_000, exponent, 2000)))
        there, back = (fit_corpus(measure_corpus(order)) for order in (paths, paths[::-1]))
        assert there.interval is not None
        assert back.interval is not None
        assert there.exponent == pytest.approx(back.exponent, abs=0.01)
        assert tuple(there.interval) == pytest.approx(tuple(back.interval), abs=0.05)

    def test_all_new_and_nothing_new(self, tmp_path):
        for values, why in (
            (np.arange(20_000), "every window was new"),
            (np.arange(20_000) % 10, "no new window appeared"),
            (np.arange(20_000) % 2500, "growth has ended"),
            (np.zeros(20_000, dtype=int), "all windows are the same"),
            (np.where(np.arange(20_000) < 19_999, 0, 1), "all from 0 to 1 fits"),
        ):
            fit = fit_of(values, tmp_path)[1]
            assert np.isnan(fit.exponent)
            assert np.isnan(fit.p_value)
            assert fit.interval is None
            assert fit.verdict.startswith(f"No exponent: {why}") or why in fit.verdict

    @pytest.mark.parametrize(
        ("text", "flags"),
        [
            ("word " * 20_000, ()),
            ("word " * 50, ()),
            ("x" * 100_000, ()),
            ("x" * 100_000, ("--unit", "byte")),
            ("ab" * 50_000 + "\n", ("--unit", "char", "--length", "2")),
            ("a b c d e f g " * 2000, ("--length", "1,3")),
            (" ".join(map(str, range(20_000))), ()),
        ],
    )
    def test_a_text_without_an_exponent_has_null_in_json(self, tmp_path, text, flags):
        path = tmp_path / "text.txt"
        path.write_text(text)
        found = json_of("corpus", str(path), *flags, "--json")
        for fit in found["fits"]:
            assert fit["exponent"] is fit["exponent_lower"] is fit["exponent_upper"] is fit["fit_p_value"] is None
            assert fit["fit"].startswith("No exponent: ")
            assert all(window["exponent"] is window["p_value"] is None for window in fit["windows"])
        assert "γ = " not in found["verdict"]
        swept = json_of("sweep", "--source", f"corpus:{path}", "--json", "--no-progress")
        assert swept["rows"][0]["exponent"] is None or not flags

    def test_bad_confidence(self, tmp_path):
        path = tmp_path / "words.txt"
        path.write_text("a b " * 5000)
        growth = measure_corpus(path)
        with pytest.raises(ValueError, match="confidence must lie strictly between 0 and 1"):
            fit_corpus(growth, confidence=95)


@dataclass(frozen=True)
class Kind:
    """A kind of made text: its planted exponent, or the law of independent words without one."""

    words: Callable[[int], np.ndarray]
    exponent: float | None = None
    law: str = ""
    """As `bounds.parse_source` reads it; without it no expectation is known."""
    least: float = 0.93
    """Coverage that is held."""


def _zipf_kind(exponent: float, topic: int = 0, least: float = 0.93) -> Kind:
    law = "" if topic else f"zipf:{1 / exponent!r}"
    return Kind(lambda seed: zipf_text(seed, WORDS, 1 / exponent, topic), exponent, law, least)


def _two_laws(seed: int) -> np.ndarray:
    """Nine words of ten from a Zipf law with exponent .44, the others from one with .72."""
    rng = np.random.default_rng(seed)
    one, other = (np.minimum(rng.zipf(1 / gamma, WORDS), 2**40) for gamma in (0.44, 0.72))
    return np.unique(np.where(rng.random(WORDS) < 0.9, one, other + 2**41), return_inverse=True)[1]


def _finite(seed: int) -> np.ndarray:
    """Independent words of a Zipf law with 20,000 types."""
    mass = np.arange(1, 20_001) ** -1.2
    return np.searchsorted(np.cumsum(mass / mass.sum()), np.random.default_rng(seed).random(WORDS))


TEXTS, WORDS = 200, 200_000
ZIPF = "zipf:1.724"
KINDS = {
    "independent words, γ = .44": _zipf_kind(0.44),
    "independent words, γ = .58": _zipf_kind(0.58),
    "independent words, γ = .72": _zipf_kind(0.72),
    "topics of 1000 words": _zipf_kind(0.58, 1000),
    "topics of 5000 words": _zipf_kind(0.58, 5000),
    "topics of 20000 words": _zipf_kind(0.58, 20_000, 0.85),
    "no power law: γ = .44 and .72": Kind(_two_laws, law="mixture:0.9*(zipf:2.272727)+0.1*(zipf:1.388889)", least=0.85),
    "no power law: 1 % of 3000 words": Kind(
        lambda seed: mixed_text(seed, WORDS, 0.01), law=f"mixture:0.99*({ZIPF})+0.01*(uniform:3000)"
    ),
    "no power law: 3 % of 3000 words": Kind(
        lambda seed: mixed_text(seed, WORDS, 0.03), law=f"mixture:0.97*({ZIPF})+0.03*(uniform:3000)"
    ),
    "no power law: 20,000 types": Kind(_finite, law="zipf:1.2,types=20000"),
}
PAGE = Path(__file__).parent.parent / "docs" / "corpora.md"
COLUMNS = (
    "text", "no interval", "p < .01", "holds γ", "holds γ of its parts", "slope at end holds", "mean width",
    "of it misfit", "bias", "sd", "mean standard error",
)  # fmt: skip


def parts_of(law: str, n_draws: np.ndarray, starts: list[int]) -> tuple[np.ndarray, float]:
    """Exponents of the halves and of the shorter stretches of the expected curve, and its slope over `n_draws` / 4."""
    expected = np.asarray(expected_unique(law, n_draws.astype(float)))
    middle = int(np.argmin(abs(np.log(n_draws) - np.log(n_draws[[0, -1]]).mean())))
    parts = [slice(0, middle + 1), slice(middle, None), *(slice(start, None) for start in starts)]
    quarter = int(np.searchsorted(n_draws, n_draws[-1] / 4, side="right")) - 1
    slope = np.log(expected[-1] / expected[quarter]) / np.log(n_draws[-1] / n_draws[quarter])
    return np.array([local_exponent(n_draws[part], expected[part]) for part in parts]), float(slope)


def local_exponent(n_draws: np.ndarray, expected: np.ndarray) -> float:
    """γ of the curve K D^γ - u₀ nearest to `expected`, by least squares of the new types, relative to their number."""
    new = np.diff(expected)

    def misfit(gamma: float) -> float:
        share = np.diff(n_draws.astype(float) ** gamma) if abs(gamma) > 1e-9 else np.diff(np.log(n_draws))
        share = abs(share) / abs(share).sum() * new.sum()
        return float((new * np.log(new / share)).sum())

    return float(minimize_scalar(misfit, bounds=(-3, 2), method="bounded", options={"xatol": 1e-7}).x)


def measure(kind: str, folder: Path, texts: int = TEXTS) -> dict[str, float]:
    """Shares of `texts` texts, spread and mean standard error; nan where there is nothing to compare with."""
    about = KINDS[kind]
    pairs = [fit_of(about.words(1000 + seed), folder) for seed in range(texts)]
    given = [(growth, fit) for growth, fit in pairs if fit.interval is not None]
    held, parts, slopes = [], [], []
    for growth, fit in given:
        low, high = fit.interval
        held += [low <= about.exponent <= high] if about.exponent else []
        if about.law:
            draws = growth.blocks.n_draws
            starts = [int(np.searchsorted(draws, window.from_draws)) for window in fit.windows]
            exponents, slope = parts_of(about.law, draws, starts)
            inside = np.clip(exponents, 0, 1)
            parts.append(bool(np.all((low <= inside) & (inside <= high))))
            slopes.append(fit.slope_interval.lower <= slope <= fit.slope_interval.upper)
    exponents = np.array([fit.exponent for _, fit in given])
    return {
        "none": 1 - len(given) / texts,
        "rejected": float(np.mean([fit.p_value < 0.01 for _, fit in given])),
        "covered": float(np.mean(held)) if held else np.nan,
        "parts": float(np.mean(parts)) if parts else np.nan,
        "slopes": float(np.mean(slopes)) if slopes else np.nan,
        "width": float(np.mean([fit.interval.width for _, fit in given])),
        "misfit": float(np.mean([fit.misfit_below + fit.misfit_above for _, fit in given])),
        "bias": float(exponents.mean() - about.exponent) if about.exponent else np.nan,
        "sd": float(exponents.std(ddof=1)),
        "se": float(np.mean([fit.standard_error for _, fit in given])),
    }


@pytest.mark.verification
@pytest.mark.parametrize("kind", KINDS)
def test_coverage(kind, tmp_path):
    """The nominal 95 % may fall to the least coverage held, less three standard errors of a share."""
    least, found = KINDS[kind].least, measure(kind, tmp_path)
    assert row_of(kind, found) in PAGE.read_text(encoding="utf-8").splitlines()
    lowest = least - 3 * np.sqrt(least * (1 - least) / TEXTS)
    assert found["none"] == 0
    for name in ("covered", "parts", "slopes"):
        assert not found[name] < lowest, name


def row_of(kind: str, m: dict[str, float]) -> str:
    """A line of the table of the page."""
    shares = [f"{m[name]:.3f}" for name in ("none", "rejected", "covered", "parts", "slopes")]
    rest = [f"{m['width']:.4f}", f"{m['misfit']:.4f}", f"{m['bias']:+.4f}", f"{m['sd']:.4f}", f"{m['se']:.4f}"]
    cells = ["–" if "nan" in cell else cell for cell in (*shares, *rest)]
    return f"| {kind} | {' | '.join(cells)} |"


def write_page() -> None:
    """Measure every kind of text and put the table between the two comments of the page."""
    lines = [f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|"]
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            lines.append(row_of(kind, measure(kind, Path(folder))))
            print(lines[-1], flush=True)
    begin, end = "<!-- table -->\n", "\n<!-- end of table -->"
    before, rest_of_page = PAGE.read_text(encoding="utf-8").split(begin)
    write_text(PAGE, before + begin + "\n".join(lines) + end + rest_of_page.split(end)[1])


if __name__ == "__main__":
    write_page()


def test_fit_exponent_takes_what_was_measured_from_a_text(tmp_path):
    """Its windows are no independent draws: the fit is the text's own, from its blocks, and no model from outside."""
    path = tmp_path / "text.txt"
    path.write_text(" ".join(map(str, np.random.default_rng(3).zipf(1.8, 40_000))))
    growth = measure_corpus(path)
    fit, own = bounds.fit_exponent(growth), fit_corpus(growth)
    assert (fit.exponent, fit.interval, fit.verdict) == (own.exponent, own.interval, own.verdict)
    narrow = bounds.fit_exponent(growth, confidence=0.5).interval
    assert narrow.width < fit.interval.width
    with pytest.raises(ValueError, match="its own blocks: leave out model and window"):
        bounds.fit_exponent(growth, model="offset", window=(1e3, 1e4))
    with pytest.raises(ValueError, match="leave out n_unique"):
        bounds.fit_exponent(growth, growth.n_unique)
    with pytest.raises(ValueError, match="no blocks to take an interval from"):
        bounds.fit_exponent(measure_corpus(path, blocks=0))
    with pytest.raises(ValueError, match="confidence must"):
        bounds.fit_exponent(growth, confidence=2)

    dataset = to_dataset([(growth, own)], {})
    (kept,) = bounds.fit_exponent(dataset).values()
    assert (kept.exponent, tuple(kept.interval), kept.local) == (own.exponent, tuple(own.interval), own.local)
    assert kept.verdict == own.verdict
    with pytest.raises(ValueError, match="keeps the fit that was made when it was counted: leave out model"):
        bounds.fit_exponent(dataset, model="offset")
    with pytest.raises(ValueError, match=r"has confidence 0\.95, got 0\.9"):
        bounds.fit_exponent(dataset, confidence=0.9)

    sources = [f"corpus:{path},unit=word,length=1", "zipf:1.8"]
    mixed = simulate.sweep(sources=sources, n_draws="1e2:2e4:12", replicates=4, seed=1)
    text, drawn = bounds.fit_exponent(mixed).values()
    assert text.exponent == mixed.exponent_pooled.values[0]
    assert text.verdict in str(mixed.fit.values[0])
    assert drawn.interval is not None
