"""The numbers of docs/corpora.md."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from pathlib import Path

from scipy.special import stdtr, stdtrit

import bounds
from tests.page_numbers import Page, Sentence, Table, default, error_of_share, given


def _blocks() -> int:
    from simulate.text import measure_corpus

    return int(default(measure_corpus, "blocks"))


def _stretch(page: Page) -> tuple[int, int, int]:
    from simulate.text.growth import SMALLEST

    return SMALLEST, _blocks() - 1, _blocks()


def _levels(page: Page) -> tuple[float, float]:
    from simulate.text.exponents import DOUBTFUL, REJECT

    return REJECT, DOUBTFUL


def _made(page: Page) -> tuple[float, ...]:
    from simulate.text import fit_corpus
    from tests.test_corpus_fit import TEXTS, WORDS

    level = default(fit_corpus, "confidence")
    return WORDS, TEXTS, 100 * level, level, error_of_share(level, TEXTS)


def _laws(page: Page) -> tuple[float, ...]:
    """Shares, exponents and sizes of the laws of `tests.test_corpus_fit.KINDS`, as `bounds` reads them."""
    from tests.test_corpus_fit import KINDS

    two, one, three, finite = (bounds.parse_source(KINDS[name].law) for name in list(KINDS)[-4:])
    (most, first), (_, second) = two.components
    (_, law), (few, even) = one.components
    (many, _) = three.components[1]
    exponents = [round(source.limit_exponent, 3) for source in (first, second, law)]
    return round(10 * most), *exponents, 100 * few, 100 * many, even.types, finite.exponent, finite.types


def _other_half(page: Page) -> tuple[float, float]:
    """How often an interval of Student's with that many blocks holds an independent estimate of the same error."""
    level = 0.95
    free = _blocks() - 1
    return 100 * level, round(100 * (2 * stdtr(free, stdtrit(free, (1 + level) / 2) / math.sqrt(2)) - 1))


def _named_in_both(page: Page) -> tuple[int, ...]:
    from tests.test_corpus_halves import orders

    return 2, *orders()


def _ids(page: Page) -> tuple[int, int]:
    from simulate.text.reading.formats.ids import LARGEST

    return 2, LARGEST.bit_length() - 1


def _millions(name: str) -> Callable[[Page], tuple[int]]:
    def value(page: Page) -> tuple[int]:
        from simulate.text.cutting.local_tokenizer import LONGEST
        from simulate.text.shards.room import Sizes

        return (round({"document": LONGEST, "piece": Sizes().piece}[name] / 1e6),)

    return value


def _sections(page: Page) -> tuple[int, int]:
    from simulate.text.shards.files import A_WORKER
    from simulate.text.shards.large import LEAST

    return A_WORKER, LEAST >> 20


def _spans() -> tuple[float, float]:
    from bounds.fitting.extrapolation.growth_curves import SLOPE_SPAN, SPAN

    return SPAN, SLOPE_SPAN


def _held_back(page: Page) -> tuple[int, ...]:
    from tests.test_corpus_halves import CORPORA
    from tests.test_held_back import SHUFFLES, UNITS

    (_, words), (_, of_bytes) = UNITS
    return len(CORPORA), *words, *of_bytes, 1000, SHUFFLES


def _more(page: Page) -> tuple[int, int]:
    from simulate.text.extrapolation import LEAST_DRAWS
    from simulate.text.held_back import FACTORS

    return LEAST_DRAWS, int(FACTORS[-1])


def _copies(page: Page) -> tuple[int, int]:
    from simulate.text.repeats import stretch_length

    assert stretch_length("word") == stretch_length("token")
    assert stretch_length("byte") == stretch_length("char")
    return stretch_length("word"), stretch_length("byte")


def _comparison_blocks(page: Page) -> tuple[int, int]:
    from simulate.text import compare_corpora
    from simulate.text.comparison.sides import FEWEST_BLOCKS

    return default(compare_corpora, "blocks"), FEWEST_BLOCKS


def _made_pairs(page: Page) -> tuple[int, ...]:
    from tests.test_compare_coverage import OF_A, OF_B, TEXTS

    return OF_A, OF_B, TEXTS


def _orders(page: Page) -> tuple[int]:
    from tests.test_compare_coverage import SPLITS

    return (SPLITS,)


def _lowest(page: Page) -> tuple[float, ...]:
    """B : A of the table on real texts: in how many of its cases the worst row holds 1, and how many the middle "
    "one misses."""
    rows = page.table("| text | length | cases |")
    (cases,) = {int(row["cases"]) for row in rows}
    held = sorted(cases * float(row["B : A holds 1"]) for row in rows)
    return held[0], cases, cases - held[len(held) // 2]


def _most_missed(page: Page) -> tuple[float]:
    """Of the statutes, by the interval of another B or by that of more of A."""
    rows = [row for row in page.table("| text | length | cases |") if row["text"] == "deu_laws"]
    return (1 - min(float(row[name]) for row in rows for name in ("B holds C", "more of A holds B")),)


def _twenty(page: Page) -> tuple[float, float, float]:
    cases = int(page.table("| text | length | cases |")[0]["cases"])
    return 95, cases, error_of_share(0.95, cases)


def _hindi(page: Page) -> tuple[int, ...]:
    """Units and kinds of the words on the page, by `word`, and by `word-marks` and `space`."""
    from simulate.text import measure_corpus

    (words,) = page.found(r"\((\S+ \S+ \S+ \S+) is \d+ words of \d+ kinds")
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.txt"
        path.write_text(words, encoding="utf-8")
        for unit in ("word", "word-marks", "space"):
            growth = measure_corpus(path, unit=unit, at="all", blocks=0)
            found[unit] = int(growth.n_units[-1]), int(growth.n_unique[-1])
    assert found["word-marks"] == found["space"]
    return *found["word"], *found["space"]


def _lengths() -> tuple[int, ...]:
    from tests.test_corpus_halves import LENGTHS

    return LENGTHS


CHECKS = {
    "docs/corpora.md": (
        Sentence("a cut of the text into {} blocks", lambda page: (_blocks(),)),
        Sentence("from about D = {} to {} of the {} blocks", _stretch),
        Sentence("t is Student's with {} degrees of freedom", lambda page: (_blocks() - 1,)),
        Sentence("Below {} the sentence says that no single power law holds, below {} that", _levels),
        Sentence("so few that all from {} to {} fits", given(0, 1)),
        Sentence(
            "Made texts of {} words, {} of each kind, nominal {} %; the standard error of a coverage of {} is {}.",
            _made,
        ),
        Sentence(
            "{} in ten words of a law with γ = {} and the others of one with {}; a law with γ = {} where {} or {} of a "
            "hundred words are drawn evenly from {} others; a Zipf law with exponent {} that ends at {} types", _laws,
        ),
        Table("| text | no interval |", "test_corpus_fit.test_coverage", "05fd7f4003f2501c"),
        Sentence("Words in windows of {}, {} and {} (characters", lambda page: _lengths()),
        Sentence("an interval at {} % would hold the exponent of another half in about {} %.", _other_half),
        Table("| text | halves |", "test_corpus_halves.test_one_half_speaks_of_the_other", "bafb0ce842d181c4"),
        Sentence(
            "{} of the four texts in words, named in both orders, {} cases: {} of the fits differ.",
            _named_in_both, slow=True, data=True,
        ),
        Table("| file | holds |", "test_readers.test_the_page_names_every_format"),
        Sentence("of `--vocab` or above (of {}^{} where it is not given)", _ids),
        Sentence(
            "ids that have a {} in every second place, as where {} bits are read as twice {}, are",
            given(0, 32, 16),
        ),
        Sentence("one document of more than {} million characters", _millions("document")),
        Sentence("or of the ids as numbers of {} bits", given(32)),
        Sentence("on the mean curve from D/{} on | blocks", lambda page: (_spans()[0],)),
        Sentence("the slope of ln U from D/{} on | blocks", lambda page: (_spans()[1],)),
        Sentence("| Σ (-{})^(k+{}) x^k f_k, smoothed", given(1, 1)),
        Sentence("up to {} + ln D times |", given(1)),
        Sentence(
            "the {} corpora, windows of {}, {} and {} words and of {} and {} bytes, chunks of {} units shuffled and "
            "whole "
            "documents shuffled, {} shuffles each", _held_back,
        ),
        Sentence("that of logit p: {} is about a {} of the new", given(0.1, 0.1)),
        Sentence(
            "the parabola was tried from D/{}, D/{} and D/{} on, and a lack of fit below {} is taken as {}.",
            given(10, 30, 100, 0, 0),
        ),
        Table("| text | shuffled |", "test_held_back.test_the_record_is_that_of_the_plays_too", "81778665fe33b463"),
        Table("| times | method |", "test_held_back.test_the_record_is_that_of_the_plays_too", "bbc8f8b0f83eee61"),
        Table("| counts | times |", "test_held_back_sketches.test_the_table_is_what_comes_out", "9b8c1c970b6ea7c2"),
        Sentence("U + (t - {}) D (*rigorous*", given(1)),
        Sentence("also at most U + (t - {}) f_1", given(1)),
        Sentence("fewer than {} windows; more than {} times the text", _more),
        Sentence("new windows in {} of its units", given(1000)),
        Sentence("one block in {} or {}.", _comparison_blocks),
        Sentence("stretches of {} words or tokens ({} bytes or characters)", _copies),
        Sentence(
            "A of {} words and B of {} of the same law, as independent draws or in topics, {} texts each",
            _made_pairs,
        ),
        Sentence("the interval of new windows in {} words of B", given(1000)),
        Table("| text | rate held |", "test_compare_coverage.test_coverage_of_made_texts", "644c21003a73aafd"),
        Sentence("(chunks of {} words of the plays)", given(1000)),
        Sentence("equally long, {} orders. B is more of A, so that B : A is {} but", lambda page: (*_orders(page), 1)),
        Sentence("would hold its number in about {} % of the cases", lambda page: (_other_half(page)[1],)),
        Table(
            "| text | length | cases |",
            "test_compare_coverage.test_more_of_the_plays_is_no_clear_difference_from_more_of_the_plays",
            "4f75b3abdedf5512",
        ),
        Sentence("more of the same in {} of {} cases or more, mostly in all but {} of them", _lowest),
        Sentence("is missed in up to {} of the cases. There only", _most_missed),
        Sentence("(nominal {} %; the standard error of {} cases is {})", _twenty),
        Sentence("is {} words of {} kinds to it, and {} of {} kinds to", _hindi),
        Sentence("and {}^p registers of a byte for each", given(2)),
        Sentence("a sample of at most {}^p distinct windows", given(2)),
        Sentence("With the share p = {}^-j of distinct", given(2)),
        Sentence("standard error √(f_k ({} - p)/p)", given(1)),
        Sentence("holds all windows (p = {})", given(1)),
        Table("| precision p |", "test_sketch.test_the_page_has_the_coverage_that_was_measured", "1ba406bb789073d8"),
        Sentence("the k - {} windows at each cut", given(1)),
        Sentence("E U(D) = Σ_m f_m ({} - C(N - m, D)/C(N, D))", given(1)),
        Sentence("(exit code {})", given(1)),
        Table("| text | size | unit |", "test_room.test_the_page_has_what_a_count_takes", "1f49602e4fe96639"),
        Sentence("sections, about {} for each worker, none smaller than {} MiB", _sections),
        Sentence("of one size, at most {} million units", _millions("piece")),
        Sentence("arrays of {} or {} bits whose numbers", given(16, 32)),
    ),
}  # fmt: skip
