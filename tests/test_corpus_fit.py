"""Exponents of made texts: independent words, words that come in topics, and texts without a power law.

How often the nominal 95 % interval covers is measured by ``python -m tests.test_corpus_fit``, which writes the table
of docs/corpora.md, and held by the verification tests below.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from simulate.cli import main
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


def mixed_text(seed: int, n_words: int, share: float) -> np.ndarray:
    """Word ids: independent draws from a Zipf law, but for a `share` of them from 3000 words that are equally likely."""
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
            monkeypatch.setattr("simulate.corpus.exponents.REJECT", level)
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
    PAGE.write_text(before + begin + "\n".join(lines) + end + rest.split(end)[1], encoding="utf-8")


if __name__ == "__main__":
    write_page()
