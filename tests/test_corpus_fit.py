"""Exponents of made texts: independent words, words that come in topics, and texts without a power law.

How often the nominal 95 % interval covers is measured by ``python -m tests.test_corpus_fit``, which writes the table
of docs/corpora.md, and held by the verification tests below.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest

from simulate.corpus import InputError, fit_corpus, measure_corpus
from simulate.files import write_text


def zipf_text(seed: int, n_words: int, exponent: float, topic: int = 0) -> np.ndarray:
    """Word ids: independent draws, or topics of `topic` words some of which repeat most of their words."""
    rng = np.random.default_rng(seed)
    words = np.minimum(rng.zipf(exponent, n_words), 2**40)
    for start in range(0, n_words, topic) if topic else ():
        part = words[start : start + topic]
        repeats = np.flatnonzero(rng.random(len(part)) < rng.choice([0.0, 0.9]))
        part[repeats] = part[(rng.random(len(repeats)) * np.maximum(repeats, 1)).astype(int)]
    return np.unique(words, return_inverse=True)[1]


def fit_of(values: np.ndarray, folder) -> tuple:
    path = folder / "words.txt"
    path.write_text(" ".join(f"w{value}" for value in values))
    growth = measure_corpus(path)
    return growth, fit_corpus(growth)


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

    def test_no_power_law_no_interval(self, tmp_path):
        values = np.random.default_rng(13).geometric(0.01, 200_000)
        fit = fit_of(values, tmp_path)[1]
        bent = fit_of(np.where(np.arange(200_000) % 4000 < 3000, values, np.arange(200_000) + 10**4), tmp_path)[1]
        for one in (fit, bent):
            assert (one.interval is None) == one.rejected == one.verdict.startswith("No interval")
        assert fit.exponent < 0.1 or fit.rejected

    def test_all_new_and_nothing_new(self, tmp_path):
        every = fit_of(np.arange(20_000), tmp_path)[1]
        assert every.exponent == pytest.approx(1)
        assert every.local == 1
        assert every.interval is None
        assert "every window was new" in every.verdict
        none = fit_of(np.arange(20_000) % 10, tmp_path)[1]
        assert none.exponent == 0
        assert none.slope == 0
        assert none.interval is None
        assert "no new window appeared" in none.verdict

    def test_bad_confidence(self, tmp_path):
        path = tmp_path / "words.txt"
        path.write_text("a b " * 5000)
        growth = measure_corpus(path)
        with pytest.raises(InputError, match="confidence"):
            fit_corpus(growth, confidence=95)


# Kind of text: Zipf exponent, mean length of topics (0: independent words), and the least coverage that is held.
KINDS = {
    "independent words, γ = .44": (1 / 0.44, 0, 0.93),
    "independent words, γ = .58": (1 / 0.58, 0, 0.93),
    "independent words, γ = .72": (1 / 0.72, 0, 0.93),
    "topics of 1000 words": (1 / 0.58, 1000, 0.90),
    "topics of 5000 words": (1 / 0.58, 5000, 0.80),
    "topics of 20000 words": (1 / 0.58, 20000, 0.70),
}
TEXTS, WORDS = 200, 200_000
PAGE = Path(__file__).parent.parent / "docs" / "corpora.md"


def measure(kind: str, folder: Path) -> dict[str, float]:
    """Shares of `TEXTS` texts without an interval and with one that covers; spread and mean standard error."""
    exponent, topic, _ = KINDS[kind]
    fits = [fit_of(zipf_text(1000 + seed, WORDS, exponent, topic), folder)[1] for seed in range(TEXTS)]
    given = [fit for fit in fits if fit.interval is not None]
    covered = sum(fit.interval.lower <= 1 / exponent <= fit.interval.upper for fit in given)
    return {
        "none": 1 - len(given) / TEXTS,
        "covered": covered / max(len(given), 1),
        "width": float(np.mean([fit.interval.width for fit in given])),
        "bias": float(np.mean([fit.exponent for fit in given]) - 1 / exponent),
        "sd": float(np.std([fit.exponent for fit in given], ddof=1)),
        "se": float(np.mean([fit.standard_error for fit in given])),
    }


@pytest.mark.verification
@pytest.mark.parametrize("kind", KINDS)
def test_coverage(kind, tmp_path):
    """The nominal 95 % may fall to the least coverage held, less three standard errors of a share."""
    lowest = KINDS[kind][2]
    assert measure(kind, tmp_path)["covered"] > lowest - 3 * np.sqrt(lowest * (1 - lowest) / TEXTS)


def write_page() -> None:
    """Measure every kind of text and put the table between the two comments of the page."""
    lines = [
        "| text | no interval | covers, of the intervals given | mean width | bias | sd | mean standard error |",
        "|---" * 7 + "|",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            m = measure(kind, Path(folder))
            shares, rest = f"{m['none']:.3f} | {m['covered']:.3f}", f"{m['sd']:.4f} | {m['se']:.4f}"
            lines.append(f"| {kind} | {shares} | {m['width']:.4f} | {m['bias']:+.4f} | {rest} |")
            print(lines[-1], flush=True)
    begin, end = "<!-- table -->\n", "\n<!-- end of table -->"
    before, rest = PAGE.read_text(encoding="utf-8").split(begin)
    write_text(PAGE, before + begin + "\n".join(lines) + end + rest.split(end)[1])


if __name__ == "__main__":
    write_page()
