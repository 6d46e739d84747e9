"""Exponents of made texts: independent words, words that come in topics, and texts without a power law.

Coverage of the nominal 95 % interval, measured once over 200 texts of 2e5 words each (2e4 where said), 16 blocks;
standard error of a share near 0.95: 0.015. "Topics" of mean length L repeat none or 80 % of their words, "copies"
60 %, from earlier in the same topic.

| text                                | covers | spread of exponents | mean standard error |
|-------------------------------------|--------|---------------------|---------------------|
| independent, exponent .44           | .990   | .0177               | .0241               |
| independent, .58                    | .990   | .0069               | .0091               |
| independent, .58, 2e4 words         | .980   | .0248               | .0312               |
| independent, .58, shift 100         | .990   | .0024               | .0032               |
| independent, .72                    | .985   | .0027               | .0035               |
| topics, L = 1e3                     | .985   | .0091               | .0108               |
| topics, L = 5e3                     | .905   | .0107               | .0120               |
| topics, L = 2e4 (longer than a block) | .860 | .0185               | .0216               |
| copies, L = 1e3                     | .965   | .0093               | .0126               |

Where topics are long the curve itself bends at their length, and the exponent fitted over all D is not the limit.
"""

from __future__ import annotations

import numpy as np
import pytest

from simulate.corpus import InputError, fit_corpus, measure_corpus


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


@pytest.mark.verification
@pytest.mark.parametrize(("topic", "lowest"), [(0, 0.93), (1000, 0.90)])
def test_coverage(topic, lowest, tmp_path):
    """Of 200 texts: the nominal 95 % may fall to `lowest` less three standard errors of a share."""
    hits = 0
    for seed in range(200):
        fit = fit_of(zipf_text(1000 + seed, 200_000, 1.724, topic), tmp_path)[1]
        hits += fit.interval is not None and fit.interval.lower <= 0.58005 <= fit.interval.upper
    assert hits / 200 > lowest - 3 * np.sqrt(lowest * (1 - lowest) / 200)
