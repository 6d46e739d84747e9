"""Two corpora side by side: counts against Python's sets, laws of sets, copies, symmetry, refusals, and the screen."""

from __future__ import annotations

import json
import math
import shlex
import unicodedata
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import simulate
from simulate.cli.main import main
from simulate.running.showing.view import View
from simulate.studies.compare.plan import ComparePlan
from simulate.studies.compare.report import answer, report
from simulate.studies.refit import refit
from simulate.text import InputError, ReadOptions, compare_corpora
from simulate.text.comparison.compare import compare_pair
from simulate.text.comparison.copies import copies_of
from simulate.text.comparison.measures import freedom, spread
from simulate.text.comparison.overlap import overlap
from simulate.text.comparison.sides import Layout, Pair
from simulate.text.counting import window_ids
from simulate.text.cutting.sequences import Units
from tests.commands import refused
from tests.test_pages import missing

Documents = list[list[int]]


def units_of(documents: Documents, unit: str = "word") -> Units:
    ids = np.array([word for document in documents for word in document], dtype=np.int32)
    return Units(ids, np.array([0, len(ids)], dtype=np.int64), unit, "x", (), documents_told=True)


def pair_of(a: Documents, b: Documents, *, apart: bool = False, told: bool = True) -> Pair:
    """A pair of texts of which every document is a list of words; `apart` says that no window joins two."""
    sides = (units_of(a), units_of(b))
    ids = np.concatenate([side.ids for side in sides])
    borders = np.unique(np.cumsum([0, *(len(document) for document in [*a, *b])])).astype(np.int64)
    middle = sides[0].n_units
    starts = borders if apart else np.unique([0, middle, len(ids)]).astype(np.int64)
    if not told:
        sides = (replace(sides[0], documents_told=False), replace(sides[1], documents_told=False))
    return Pair(ids, Layout(starts, borders, middle), "word", ("a", "b"), sides, ())


def windows_of(documents: Documents, k: int, *, apart: bool = False) -> list[tuple[int, ...]]:
    """All windows of a side in their order, by slices of lists."""
    streams = documents if apart else [[word for document in documents for word in document]]
    return [tuple(words[i : i + k]) for words in streams for i in range(len(words) - k + 1)]


def measured(pair: Pair, k: int, blocks: int = 0):
    return compare_pair(pair, [k], blocks=blocks, duplicates="none")[0].given.measures


def zipf(seed: int, n: int, exponent: float = 1.6, start: int = 0) -> list[int]:
    return (start + np.minimum(np.random.default_rng(seed).zipf(exponent, n), 10**6)).tolist()


texts = st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=12), min_size=1, max_size=6)


@given(texts, texts, st.integers(1, 3), st.booleans())
def test_counts_are_those_of_sets(a, b, k, apart):
    """Every count by Python's sets and counters; inclusion and exclusion; what is new is what A lacks."""
    of_a, of_b = windows_of(a, k, apart=apart), windows_of(b, k, apart=apart)
    if not of_a or not of_b:
        return
    found = measured(pair_of(a, b, apart=apart), k)
    A, B = set(of_a), set(of_b)
    assert found.n_draws == (len(of_a), len(of_b))
    assert found.n_unique == (len(A), len(B))
    assert found.n_shared == len(A & B)
    assert found.n_new == len(B - A)
    assert found.n_union == len(A | B) == sum(found.n_unique) - found.n_shared == found.n_unique[0] + found.n_new
    assert found.jaccard.value == pytest.approx(len(A & B) / len(A | B))
    assert [one.value for one in found.contained] == pytest.approx([len(A & B) / len(A), len(A & B) / len(B)])
    known = (sum(w in B for w in of_a) / len(of_a), sum(w in A for w in of_b) / len(of_b))
    assert [one.value for one in found.known] == pytest.approx(known)
    assert found.new_rate.value == pytest.approx(1000 * len(B - A) / sum(map(len, b)))


@given(texts, texts, st.integers(1, 3))
def test_a_and_b_exchanged(a, b, k):
    """What both share and how alike they are knows no order; what each has alone changes places."""
    if min(sum(map(len, a)), sum(map(len, b))) < k:
        return
    there, back = measured(pair_of(a, b), k), measured(pair_of(b, a), k)
    assert (there.n_shared, there.n_union, there.jaccard) == (back.n_shared, back.n_union, back.jaccard)
    assert there.n_unique == back.n_unique[::-1]
    assert there.known == back.known[::-1]
    assert there.contained == back.contained[::-1]
    assert there.n_new == back.n_unique[0] - back.n_shared


def test_intervals_of_what_both_share_know_no_order_either():
    a, b = [zipf(1, 3000)], [zipf(2, 2000, 1.8)]
    there, back = measured(pair_of(a, b), 2, 16), measured(pair_of(b, a), 2, 16)
    for one, other in ((there.jaccard, back.jaccard), (there.known[0], back.known[1]),
                       (there.contained[1], back.contained[0])):  # fmt: skip
        assert (one.value, one.lower, one.upper) == pytest.approx((other.value, other.lower, other.upper))
        assert one.lower < one.value < one.upper


@given(texts, st.integers(1, 2))
def test_a_text_adds_nothing_to_itself(a, k):
    if sum(map(len, a)) < k:
        return
    (found,) = compare_pair(pair_of(a, a), [k], blocks=0)
    assert found.given.measures.n_new == 0
    assert found.given.measures.jaccard.value == found.given.measures.contained[1].value == 1
    assert found.distinct is None
    assert found.copied_units[1] == sum(map(len, a))


@given(texts, texts)
def test_documents_that_came_before_are_taken_out(a, b):
    """By a set of tuples; what is left is counted as if it stood there alone, and nothing is joined over a gap."""
    found = copies_of(pair_of(a, b), "auto")
    seen: set[tuple[int, ...]] = set()
    left: list[list[list[list[int]]]] = []
    for side in (a, b):
        runs: list[list[list[int]]] = [[]]
        for document in side:
            if tuple(document) in seen:
                runs.append([])
            else:
                runs[-1].append(document)
            seen.add(tuple(document))
        left.append([run for run in runs if run])
    sizes = [sum(len(document) for run in runs for document in run) for runs in left]
    assert found.n_units == (sum(map(len, a)) - sizes[0], sum(map(len, b)) - sizes[1])
    assert found.layout.middle == sizes[0]
    assert found.layout.starts[-1] == sum(sizes)
    streams = [[[word for document in run for word in document] for run in runs] for runs in left]
    assert np.diff(found.layout.starts).tolist() == [len(s) for side in streams for s in side]
    for k in (1, 2, 3):
        windows = [windows_of(side, k, apart=True) for side in streams]
        if not all(windows):
            continue
        (one,) = compare_pair(pair_of(a, b), [k], blocks=0)
        if one.distinct is None:
            assert not any(found.n_units)
            continue
        measures = one.distinct.measures
        assert measures.n_unique == (len(set(windows[0])), len(set(windows[1])))
        assert measures.n_new == len(set(windows[1]) - set(windows[0]))
        assert measures.n_draws == (len(windows[0]), len(windows[1]))


def test_no_window_is_lost_with_the_copies_of_documents_that_are_apart():
    """What a copy holds stands in the first one: B brings as many new windows in fewer units."""
    rng = np.random.default_rng(3)
    documents = [rng.integers(0, 300, 40).tolist() for _ in range(30)]
    a, b = documents[:15], [*documents[10:], *documents[20:24]]
    (found,) = compare_pair(pair_of(a, b, apart=True), [2], blocks=0)
    given_, distinct = found.given.measures, found.distinct.measures
    assert found.copied_documents == (0, 9)
    assert found.copied_units == (0, 360)
    assert distinct.n_new == given_.n_new
    assert distinct.new_rate.value == pytest.approx(given_.new_rate.value * 24 / 15)
    assert distinct.known[1].value < given_.known[1].value


def marked_by_hand(words: list[int], streams: list[int], length: int) -> list[bool]:
    """Whether each unit is in a stretch that began at least `length` units before, by comparing all pairs."""
    keep, first = [True] * len(words), {}
    for begin, end in pairwise(streams):
        for i in range(begin, end - length + 1):
            key = tuple(words[i : i + length])
            if key not in first:
                first[key] = i
            elif i - first[key] >= length:
                keep[i : i + length] = [False] * length
    return keep


@pytest.mark.parametrize("seed", range(6))
def test_stretches_that_came_before_are_taken_out(seed):
    rng = np.random.default_rng(seed)
    piece = rng.integers(0, 50, 60).tolist()
    a = [[*rng.integers(0, 50, 100).tolist(), *piece, *rng.integers(0, 50, 30).tolist()]]
    b = [[*rng.integers(0, 50, 40).tolist(), *piece[10:50], *rng.integers(0, 50, 35).tolist(), *piece[20:45],
          *[7] * 90]]  # fmt: skip
    pair = pair_of(a, b, told=False)
    found = copies_of(pair, "auto")
    expected = marked_by_hand(pair.ids.tolist(), pair.layout.starts.tolist(), 32)
    assert found.keep.tolist() == expected
    assert found.n_units[0] == 0
    assert found.n_units[1] >= 40 + 90 - 2 * 32, "25 words of the piece are no stretch; a repeated word keeps one of it"
    (one,) = compare_pair(pair, [2], blocks=0)
    kept = [(w, k) for w, k in zip(pair.ids.tolist()[190:], expected[190:], strict=True)]
    runs, now = [], []
    for word, stays in kept:
        if stays:
            now.append(word)
        elif now:
            runs.append(now)
            now = []
    runs = [*runs, now] if now else runs
    windows = set(windows_of(runs, 2, apart=True))
    assert one.distinct.measures.n_unique[1] == len(windows)


def test_stretches_are_found_across_the_border_of_no_document_that_is_apart():
    """A window of 32 words that joins two documents is none where they are apart."""
    words = list(range(40))
    a, b = [words], [words[:20], words[20:]]
    assert copies_of(pair_of(a, b, apart=False, told=False), "stretches").n_units == (0, 40)
    assert copies_of(pair_of(a, b, apart=True, told=False), "stretches").n_units == (0, 0)


# ---------------------------------------------------------------- intervals


def blocks_by_hand(documents: Documents, cuts: np.ndarray, first: int, k: int) -> list[list[tuple[int, ...]]]:
    """Windows of one stream by the block that they begin in; `first` is the place of its first word."""
    windows = windows_of(documents, k)
    places = np.searchsorted(cuts, first + np.arange(len(windows)), side="right") - 1
    return [[w for w, place in zip(windows, places, strict=True) if place == g] for g in range(len(cuts) - 1)]


@pytest.mark.parametrize("documents", [1, 30])
def test_what_stretches_bring_is_that_of_sets(documents):
    """Each stretch of A to A without its block; each of B to the same, on average over the stretches of A.

    Where blocks are no whole documents, the two beside a block are left out with it.
    """
    words, k = zipf(3, 900), 2
    a, b = [words[i : i + 900 // documents] for i in range(0, 900, 900 // documents)], [zipf(4, 700, 1.9)]
    pair = pair_of(a, b)
    reach = int(documents == 1)
    (windows,) = window_ids(Units(pair.ids, pair.layout.starts, "word", "x", ()), [k])
    found = overlap(windows.ids, windows.n_types, pair.layout, k, 8)
    cuts = [pair.layout.cuts(side, 8)[0] for side in (0, 1)]
    of_a, of_b = blocks_by_hand(a, cuts[0], 0, k), blocks_by_hand(b, cuts[1], 900, k)
    of_all_b = [w for block in of_b for w in block]
    size = len(of_all_b) // math.ceil(len(of_all_b) / min(map(len, of_a)))
    assert found.stretch == size
    stretches_a = [[block[i : i + size] for i in range(0, len(block) - size + 1, size)] for block in of_a]
    stretches_b = [range(i, i + size) for i in range(0, len(of_all_b) - size + 1, size)]
    assert len(stretches_b) * size + size > len(of_all_b)
    rest = [set().union(*(set(block) for h, block in enumerate(of_a) if abs(h - g) > reach)) for g in range(len(of_a))]
    assert found.blocks[0].whole_documents == (not reach)
    expected = [sum(len(set(s) - rest[g]) for s in block) for g, block in enumerate(stretches_a)]
    counts = [len(block) for block in stretches_a]

    def new(places) -> float:
        """New windows of B at `places`, on average over the stretches of A whose block is left out."""
        windows = {of_all_b[i] for i in places}
        return sum(n * len(windows - rest[g]) for g, n in enumerate(counts)) / sum(counts)

    block_of = np.repeat(np.arange(len(of_b)), list(map(len, of_b)))
    alone = [
        sum(new(part) - new([i for i in part if block_of[i] != h]) for part in stretches_b) for h in range(len(of_b))
    ]
    assert found.blocks[0].stretch_new.tolist() == expected
    assert found.blocks[0].stretch_total == sum(expected)
    assert found.blocks[1].stretch_total == pytest.approx(sum(map(new, stretches_b)))
    assert found.blocks[1].stretch_new == pytest.approx(alone)
    assert found.blocks[0].stretch_windows.tolist() == [size * n for n in counts]
    assert found.blocks[1].stretch_windows.sum() == size * len(stretches_b)
    unknown = set().union(*map(set, of_b)) - set().union(*map(set, of_a))
    own = [
        len({w for w in block if w in unknown} - set().union(*(set(o) for o in of_b if o is not block)))
        for block in of_b
    ]
    assert found.alone(1, shared=False).tolist() == own


def test_the_standard_error_is_that_of_leaving_out_blocks():
    """Of a mean over unequal blocks it is the delete-one jackknife of the ratio; alike neighbours widen it."""
    widened = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        sizes, counts = rng.integers(50, 300, 12), rng.integers(5, 40, 12).astype(float)
        ratios = np.array([(counts.sum() - c) / (sizes.sum() - s) for c, s in zip(counts, sizes, strict=True)])
        expected = math.sqrt(11 / 12 * ((ratios - counts.sum() / sizes.sum()) ** 2).sum())
        widened.append(spread(counts, sizes) / sizes.sum() / expected)
    assert min(widened) == pytest.approx(1)
    assert max(widened) < 2
    assert freedom(np.full(16, 7)) == pytest.approx(15)
    assert freedom(np.array([1000, 1, 1])) == 1


def test_blocks_are_of_whole_documents_where_there_are_enough():
    documents = [zipf(i, 100 + 37 * (i % 5)) for i in range(40)]
    layout = pair_of(documents, [zipf(50, 5000)]).layout
    cuts, whole = layout.cuts(0, 16)
    assert whole
    assert set(cuts.tolist()) <= set(layout.documents.tolist())
    assert np.diff(cuts).min() >= layout.middle / 32
    cuts, whole = layout.cuts(1, 16)
    assert not whole
    assert len(cuts) == 17


def test_a_document_that_is_most_of_a_text_leaves_no_short_block():
    layout = pair_of([zipf(0, 30), zipf(1, 5000), zipf(2, 900), zipf(3, 1000), zipf(4, 20)], [zipf(5, 100)]).layout
    cuts, whole = layout.cuts(0, 16)
    assert whole == (len(cuts) > 3)
    assert np.diff(cuts).min() >= 6950 / 32
    assert cuts[0] == 0
    assert cuts[-1] == 6950


@pytest.mark.parametrize(
    ("other", "verdict"),
    [(0, ": no clear difference from more of"), (5000, ": more than more of"), (None, ": less than more of")],
)
def test_the_verdict_is_that_of_the_laws(tmp_path, other, verdict):
    """The same law again may bring as much; a law with words of its own brings more, one of few words less."""
    b = zipf(2, 20_000, 1.9) if other is None else zipf(2, 20_000, 1.6, other)
    for name, words in (("a.txt", zipf(1, 60_000)), ("b.txt", b)):
        (tmp_path / name).write_text(" ".join(f"w{word}" for word in words))
    dataset = simulate.run_plan(ComparePlan(tmp_path / "a.txt", tmp_path / "b.txt"))
    assert verdict in answer(dataset)


# ---------------------------------------------------------------- files and commands


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("compared")
    rng = np.random.default_rng(8)
    documents = [" ".join(f"w{w}" for w in rng.zipf(1.7, rng.integers(80, 160))) + "\n" for _ in range(120)]
    for name, some in (("a", documents[:80]), ("b", documents[60:])):
        (path / f"{name}.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in some))
        (path / f"{name}.txt").write_text("".join(some))
    (path / "b_body.jsonl").write_text("".join(json.dumps({"body": text}) + "\n" for text in documents[60:]))
    return path


def run(*arguments: object, code: int = 0) -> str:
    done = CliRunner(env={"COLUMNS": "80"}).invoke(main, ["compare", *map(str, arguments)])
    assert done.exit_code == code, done.output
    return done.output if code else done.stdout


def said(*arguments: object, code: int = 0) -> str:
    return " ".join(run(*arguments, code=code).split())


def test_files_are_counted_as_sets_of_their_words(folder):
    words = [(folder / f"{name}.txt").read_text().split() for name in "ab"]
    found = json.loads(run(folder / "a.txt", folder / "b.txt", "--length", "1,3", "--json"))
    for row in found["rows"][:1] + found["rows"][2:3]:
        a, b = (Counter(zip(*(side[i:] for i in range(row["length"])), strict=False)) for side in words)
        assert row["text"] == "as given"
        assert (row["n_unique_of_a"], row["n_unique_of_b"]) == (len(a), len(b))
        assert (row["n_shared"], row["n_new"], row["n_union"]) == (len(a & b), len(set(b) - set(a)), len(a | b))
        assert row["known_b"] == pytest.approx(sum(n for w, n in b.items() if w in a) / b.total())
        assert row["new_rate_lower"] < row["new_rate"] < row["new_rate_upper"]
        assert row["more_rate_lower"] < row["more_rate"] < row["more_rate_upper"]


def test_documents_that_both_hold_are_taken_out_where_files_say_where_they_end(folder):
    rows = json.loads(run(folder / "a.jsonl", folder / "b.jsonl", "--within-documents", "--json"))["rows"]
    assert [row["text"] for row in rows] == ["as given", "without copies"]
    assert rows[0]["n_new"] == rows[1]["n_new"]
    assert rows[0]["n_units_of_b"] > rows[1]["n_units_of_b"]
    twenty = len(
        "".join(json.loads(line)["text"] for line in (folder / "b.jsonl").read_text().splitlines()[:20]).split()
    )
    assert rows[0]["n_units_of_b"] - rows[1]["n_units_of_b"] == twenty
    screen = said(folder / "a.jsonl", folder / "b.jsonl", "--within-documents")
    assert (
        f"copies are documents that came before, unit for unit, A first: 0 of the {rows[0]['n_units_of_a']}" in screen
    )
    assert f"{twenty} of the {rows[0]['n_units_of_b']} words of b" in screen


def test_one_text_is_one_whatever_its_format_and_its_joining(folder):
    """JSON lines are the text that they were cut from, so that counts are those of the text, documents joined."""
    there = compare_corpora(folder / "a.txt", folder / "b.txt", length=[1, 2], duplicates="none")
    back = compare_corpora(folder / "a.jsonl", folder / "b.txt", length=[1, 2], duplicates="none")
    for one, other in zip(there, back, strict=True):
        assert one.given.measures.n_unique == other.given.measures.n_unique
        assert one.given.measures.n_new == other.given.measures.n_new
    found = compare_corpora(folder / "a.txt", folder / "b_body.jsonl", reading_b=ReadOptions(field="body"))
    assert found.given.measures.n_new == there[0].given.measures.n_new
    assert said(folder / "a.txt", folder / "b_body.jsonl", "--field-b", "body").startswith("b_body adds ")


def test_a_folder_and_a_pattern_are_one_corpus(folder, tmp_path):
    for i in range(3):
        (tmp_path / f"part{i}.txt").write_text((folder / "b.txt").read_text()[2000 * i : 2000 * (i + 1)])
    of_folder, of_pattern = (
        compare_corpora(folder / "a.txt", name).given.measures for name in (tmp_path, tmp_path / "part*.txt")
    )
    assert of_folder.n_new == of_pattern.n_new
    assert of_folder.n_units == of_pattern.n_units
    assert "quotes" in run(folder / "a.txt", *sorted(tmp_path.iterdir()), code=2)


def test_almost_all_is_not_said_to_be_all(folder, tmp_path):
    """B is A and one word more: 100.0 % of its windows would be in A."""
    (tmp_path / "one.txt").write_text((folder / "a.txt").read_text() + " unheardof")
    screen = said(folder / "a.txt", tmp_path / "one.txt")
    assert screen.startswith("one adds 1 new window of 1 word to the ")
    assert "Of all windows of one more than 99.9 % are in a" in screen


def test_one_text_under_two_names_is_noticed(folder, tmp_path):
    (tmp_path / "other.txt").write_bytes((folder / "a.txt").read_bytes())
    screen = said(folder / "a.txt", tmp_path / "other.txt")
    assert screen.startswith("other adds no new windows of 1 word to a: all ")
    assert "other.txt of B holds the same text as" in screen
    assert "nothing of other is left without copies" in screen
    assert "is on both sides" in said(folder / "a.txt", folder / "a.txt")


def test_what_cannot_be_compared_is_one_sentence(folder, tmp_path):
    (tmp_path / "empty.txt").write_text(" \n")
    (tmp_path / "latin.txt").write_bytes("für".encode("latin-1"))
    (tmp_path / "wide.txt").write_bytes("a b c d".encode("utf-16"))
    a = folder / "a.txt"
    for arguments, words in (
        ((a, tmp_path / "empty.txt"), "holds no word"),
        ((tmp_path / "empty.txt", a), "holds no word"),
        ((a, tmp_path / "missing.txt"), "missing.txt"),
        ((a, tmp_path / "latin.txt"), "UTF-8"),
        ((a, tmp_path / "wide.txt"), "UTF-16"),
        ((a,), "two corpora, A and B, got 1"),
        ((a, "-", "--length", "0"), "length must be at least 1"),
        (("-", "-"), "it can be read only once"),
        ((a, folder / "b.txt", "--unit", "wrd"), "did you mean word?"),
        ((a, folder / "b.txt", "--unit", "token"), "holds text, not token ids"),
        ((a, folder / "b.txt", "--blocks", "5"), "blocks must be 0 (none)"),
        ((a, folder / "b.txt", "--duplicates", "lines"), "duplicates must be"),
        ((a, folder / "b.txt", "--length", "100000"), "length must be at most the"),
        ((a, folder / "b.txt", "--field-b", "x", "--out", "x.txt"), "out must name a file"),
    ):
        assert words in refused("compare", *map(str, arguments))
    with pytest.raises(InputError, match="lowercase must be the same for A and B"):
        compare_corpora(a, a, reading_b=ReadOptions(lowercase=True))
    with pytest.raises(ValueError, match="a must be the name of a file"):
        ComparePlan(3, "b")
    with pytest.raises(ValueError, match=r"reading must be simulate\.text\.ReadOptions"):
        ComparePlan("a", "b", reading=None)


def test_what_does_not_fit_into_memory_is_refused_without_a_sketch_that_there_is_not(tmp_path, monkeypatch):
    for name, words in (("a.txt", 10), ("b.txt", 500_000)):
        (tmp_path / name).write_text("ab " * words)
    monkeypatch.setattr("simulate.text.reading.room.machine_memory", lambda: (1 << 30, 1 << 20))
    message = refused("compare", str(tmp_path / "a.txt"), str(tmp_path / "b.txt"), "--unit", "char")
    assert "b.txt is too large to be compared exactly here: it takes at least" in message
    assert "sketch" not in message


def test_token_ids_of_what_may_be_two_tokenizers_are_warned_of(tmp_path):
    rng = np.random.default_rng(1)
    for name, most in (("a.npy", 50_000), ("b.npy", 45_000), ("c.npy", 150_000)):
        np.save(tmp_path / name, rng.integers(0, most, 20_000).astype(np.uint32))
    assert "taken to be of one tokenizer, which no file says" in said(
        tmp_path / "a.npy", tmp_path / "b.npy", "--unit", "token"
    )
    assert "these may be of two tokenizers" in said(tmp_path / "a.npy", tmp_path / "c.npy", "--unit", "token")


FRENCH = "L'école d'été préfère déjà les élèves âgés où la fenêtre était fermée. "
KOREAN = "모든 사람은 태어날 때부터 자유롭고 그 존엄과 권리에 있어 동등하다. "
HINDI = "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है। क़ लड़का "
BENGALI = "সমস্ত মানুষ স্বাধীনভাবে সমান মর্যাদা এবং অধিকার নিয়ে জন্মগ্রহণ করে। কোনো কৌশল "


@pytest.mark.parametrize("text", [FRENCH, KOREAN])
@pytest.mark.parametrize("unit", ["word", "word-marks", "space", "char", "byte"])
def test_accents_written_in_two_ways_are_noticed(tmp_path, text, unit):
    for form in ("NFC", "NFD"):
        (tmp_path / f"{form}.txt").write_text(unicodedata.normalize(form, text * 40), encoding="utf-8")
    nfc, nfd = tmp_path / "NFC.txt", tmp_path / "NFD.txt"
    told = "is in Unicode form NFC and NFD in NFD, so that words with an accent"
    assert told in said(nfc, nfd, "--unit", unit, "--explain")
    back = "NFD is in Unicode form NFD and NFC in NFC"
    assert back in said(nfd, nfc, "--unit", unit, "--explain")
    for same in ([nfc, nfc], [nfd, nfd], [nfc, nfd, "--normalise", "nfc"]):
        assert "Unicode form NFC and" not in said(*same, "--unit", unit, "--explain")


@pytest.mark.parametrize("text", [HINDI, BENGALI, "plain letters and nothing else " * 3])
def test_marks_that_no_form_joins_are_no_other_form(tmp_path, text):
    """Vowel signs and dots of Brahmic scripts stand behind their letters in NFC too."""
    (tmp_path / "a.txt").write_text(unicodedata.normalize("NFC", text * 40), encoding="utf-8")
    (tmp_path / "b.txt").write_text(unicodedata.normalize("NFC", FRENCH * 40), encoding="utf-8")
    for unit in ("word", "char"):
        assert "Unicode form" not in said(tmp_path / "b.txt", tmp_path / "a.txt", "--unit", unit, "--explain")


def test_line_ends_of_two_kinds_are_noticed_where_they_count(folder, tmp_path):
    (tmp_path / "dos.txt").write_bytes((folder / "b.txt").read_bytes().replace(b"\n", b"\r\n"))
    assert "lines of dos end in CR LF" in said(folder / "a.txt", tmp_path / "dos.txt", "--unit", "char")
    assert "CR LF" not in said(folder / "a.txt", tmp_path / "dos.txt")


def test_b_that_is_too_long_for_an_extrapolation_still_has_an_answer(folder, tmp_path):
    (tmp_path / "short.txt").write_text(" ".join((folder / "a.txt").read_text().split()[:300]))
    screen = said(tmp_path / "short.txt", folder / "b.txt", "--explain")
    assert "as much more of" not in screen.split("New windows in")[0]
    assert "nothing is said of as much more of A: " in screen
    row = json.loads(run(tmp_path / "short.txt", folder / "b.txt", "--json"))["rows"][0]
    assert row["more_rate"] is None
    assert row["more_method"] is None
    assert row["new_rate_lower"] < row["new_rate"]


def test_without_blocks_there_are_counts_alone(folder):
    row = json.loads(run(folder / "a.txt", folder / "b.txt", "--blocks", "0", "--json"))["rows"][0]
    assert row["new_rate"] > 0
    assert row["new_rate_lower"] is row["stretch_ratio"] is row["jaccard_lower"] is None


def test_everything_that_is_printed_is_kept(folder, tmp_path):
    out = tmp_path / "x.csv"
    run(folder / "a.jsonl", folder / "b.jsonl", "--length", "1,2", "--out", out)
    lines = out.read_text().splitlines()
    assert len(lines) == 5
    assert {"length", "text", "n_new", "new_rate", "n_units_of_a", "known_b_lower"} <= set(lines[0].split(","))
    dataset = simulate.run_plan(ComparePlan(folder / "a.jsonl", folder / "b.jsonl", lengths=(1, 2)))
    assert all(variable.attrs["long_name"] != name for name, variable in dataset.data_vars.items())
    for path in (tmp_path / "x.nc", tmp_path / "x.zarr"):
        simulate.save_result(dataset, path)
        assert report(simulate.open_result(path), View()) == report(dataset, View())
    assert "--overwrite" in run(folder / "a.txt", folder / "b.txt", "--out", out, code=2)
    with pytest.raises(ValueError, match="comparison of two corpora, which holds no growth"):
        refit(dataset)


def test_the_page_shows_what_its_commands_print(tmp_path, monkeypatch):
    page = (Path(__file__).parent.parent / "docs" / "corpora.md").read_text(encoding="utf-8")
    part = page.partition("## What another corpus adds")[2]
    shown = part.partition("```\n")[2].partition("```")[0]
    commands = [line.strip() for line in part.splitlines() if line.startswith("    ")][:4]
    assert [command.split()[0] for command in commands] == ["python", "head", "tail", "python"]
    monkeypatch.chdir(tmp_path)
    simulated = [shlex.split(command)[3:] for command in commands if command.startswith("python -m simulate")]
    runner = CliRunner(env={"COLUMNS": "80"})
    assert runner.invoke(main, simulated[0]).exit_code == 0
    lines = (tmp_path / "text.txt").read_text().splitlines(keepends=True)
    cut = int(commands[1].split()[2])
    assert commands[2].split()[2] == f"+{cut + 1}"
    (tmp_path / "a.txt").write_text("".join(lines[:cut]))
    (tmp_path / "b.txt").write_text("".join(lines[cut:]))
    printed = runner.invoke(main, simulated[1]).stdout
    assert missing(shown, printed) is None
    assert (tmp_path / "compare.png").stat().st_size > 10_000


def test_a_forecast_names_the_files_and_reads_none(folder):
    found = said(folder, folder / "missing.txt", "--dry-run")
    assert found == "5 files of A and 1 file of B, some seconds for ten megabytes; nothing was read."
