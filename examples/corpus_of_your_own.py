"""A corpus of your own: how many distinct words it holds, how they grow, and whether more of it would bring any.

    python examples/corpus_of_your_own.py [FILE...]

Without a file it makes a small text whose exponent is known to be 0.58.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import simulate
from simulate.text.extrapolation import more_text


def main(files: list[str]) -> None:
    """Count, fit, look ahead."""
    with tempfile.TemporaryDirectory() as folder:
        if not files:
            files = [str(Path(folder) / "text.txt")]
            Path(files[0]).write_text(made_up_text(n_words=100_000), encoding="utf-8")
        growth = simulate.measure_corpus(files, unit="word", length=1)

    n_words, n_unique = int(growth.n_draws[-1]), int(growth.n_unique[-1])
    print(f"{growth.corpus} has {n_words:,} words, {n_unique:,} of them distinct; {int(growth.f1[-1]):,} occur once.")

    fit = None if growth.blocks is None else growth.fit_growth()
    if fit is None or fit.interval is None:
        print(f"There is no exponent: {'the text is too short for one.' if fit is None else fit.verdict}")
    else:
        print(f"Distinct words grow as D^{fit.exponent:.3f} [{fit.interval.lower:.3f}, {fit.interval.upper:.3f}].")

    twice = more_text(growth, [2])
    (more,), (at_end,) = twice.chosen, twice.chosen_at_end
    if more is None or more.interval is None or at_end is None:
        print(f"The text is too short to say what more of it would bring: at most {2 * n_words:,} distinct words.")
    else:
        ends = f"[{more.interval.lower:,.0f}, {more.interval.upper:,.0f}]"
        share = f"near its end {at_end.new_share:.1%} of words are new"
        print(f"Twice the text would hold {more.expected:,.0f} {ends}; {share}.")


def made_up_text(n_words: int) -> str:
    """Words drawn from a law whose exponent is 0.58."""
    from simulate.studies.examples import example_text

    return example_text("zipf:1.724", n_words=n_words, seed=0)


if __name__ == "__main__":
    main(sys.argv[1:])
