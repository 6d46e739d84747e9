"""What more of a sketched text would bring: from its sample what exact counts give, and as far off as it says."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounds.base.intervals import Interval
from bounds.fitting.extrapolation.bursts import burst_shift
from bounds.fitting.extrapolation.extrapolate import extrapolated
from simulate import measure_corpus, open_result, sketch_corpus
from simulate.text import ReadOptions
from simulate.text.extrapolation import more_text, sampled_text, seen_of
from simulate.text.growth import spectrum_edges
from simulate.text.held_back import DEFAULT
from simulate.text.sketch import HyperLogLog
from simulate.text.sketches.ahead import LEAST_TYPES, SampledText
from simulate.text.sketches.places import SampledTypes, Spans, blocks_of
from simulate.text.sketches.sample import WindowSample
from tests.commands import run
from tests.statistics import check, z_of_mean, z_of_variance

FACTORS = (2.0, 10.0)


def sampled(units: np.ndarray, capacity: int, length: int = 1, seed: int = 0, cuts=()) -> SampledTypes:
    """What a sample of the windows holds that were read in pieces, as files are."""
    sample, start = WindowSample(capacity, seed, "x"), 0
    for end in [*cuts, len(units)]:
        if end - max(0, start - length + 1) >= length:
            sample.add_windows(units[max(0, start - length + 1) : end].astype(np.uint64), length)
        start = end
    return sample.types()


def bursty(n: int, seed: int) -> np.ndarray:
    """Numbers of words of a text with topics: most of a stretch of 200 words are of a few that it has."""
    rng = np.random.default_rng(seed)
    words = rng.zipf(1.3, n) % 10**6
    for start in range(0, n, 200):
        own = words[start : start + 200]
        again = rng.random(len(own)) < 0.3
        own[again] = rng.choice(own[:20], again.sum())
    return words


# ---------------------------------------------------------------- where windows occur


def shift_of(n_windows: int) -> int:
    """By the definition: the least s from 4 on at which 64 blocks of 2^s windows hold the text."""
    return next(s for s in range(4, 64) if n_windows <= 64 << s)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 5000), st.integers(0, 9), st.integers(1, 3), st.lists(st.integers(0, 5000), max_size=4),
    st.sampled_from([16, 1 << 13]),
)  # fmt: skip
def test_blocks_of_a_window_are_those_it_occurs_in_however_the_text_was_chopped(n, seed, length, cuts, capacity):
    units = np.random.default_rng(seed).zipf(1.6, n) % 3000
    types = sampled(units, capacity, length, cuts=sorted(min(cut, n) for cut in cuts))
    windows = [tuple(units[i : i + length]) for i in range(n - length + 1)]
    shift = shift_of(len(windows))
    assert (types.n_windows, types.shift) == (len(windows), shift)
    places: dict[tuple, list[int]] = {}
    for place, window in enumerate(windows):
        places.setdefault(window, []).append(place >> shift)
    known = sorted((len(some), sum(1 << g for g in set(some))) for some in places.values())
    found = sorted(zip(types.counts.tolist(), types.masks.tolist(), strict=True))
    if types.share == 1:
        assert found == known
    else:
        assert not set(found) - set(known)
    if types.n_windows >= 512:
        blocks = blocks_of(types)
        assert 16 <= blocks.n_blocks <= 23
        assert types.n_windows - blocks.n_blocks * blocks.size < blocks.size
        fine = blocks.size >> shift
        for mask, fine_mask in zip(blocks.masks.tolist(), types.masks.tolist(), strict=True):
            there = {g // fine for g in range(64) if fine_mask >> g & 1}
            assert mask == sum(1 << g for g in there if g < blocks.n_blocks)


def equal(one: SampledTypes, other: SampledTypes) -> bool:
    """Bit for bit."""
    pairs = [(np.asarray(mine), np.asarray(theirs)) for mine, theirs in zip(one, other, strict=True)]
    return all(mine.dtype == theirs.dtype and np.array_equal(mine, theirs) for mine, theirs in pairs)


def of_parts(parts: list[np.ndarray], capacity: int, length: int) -> tuple[list[WindowSample], WindowSample]:
    """The sample of each part by itself, and that of all of them in a row; no window joins two."""
    apart, whole = [WindowSample(capacity, 0, "x") for _ in parts], WindowSample(capacity, 0, "x")
    for sample, part in zip(apart, parts, strict=True):
        sample.add_windows(part, length)
        whole.add_windows(part, length)
    return apart, whole


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from([0, 1, 2, 15, 16, 17, 100, 1023, 1500, 4000]), min_size=1, max_size=6), st.integers(0, 9),
    st.integers(1, 3), st.sampled_from([4, 16, 256, 1 << 13]), st.randoms(),
)  # fmt: skip
def test_parts_merged_in_any_grouping_know_the_blocks_of_the_whole(sizes, seed, length, capacity, random):
    """Where nobody that read one knew what was before it, or how many windows there are; bit for bit."""
    rng = np.random.default_rng(seed)
    apart, whole = of_parts([(rng.zipf(1.4, n) % 500).astype(np.uint64) for n in sizes], capacity, length)
    while len(apart) > 1:
        i = random.randrange(len(apart) - 1)
        apart[i : i + 2] = [apart[i].merge(apart[i + 1])]
    assert equal(apart[0].types(), whole.types())


@pytest.fixture
def unequal():
    """A small part and a large one, with windows that stand in several blocks of either."""
    rng = np.random.default_rng(3)
    parts = [(rng.zipf(1.4, n) % 500).astype(np.uint64) for n in (700, 3400)]
    (one, other), whole = of_parts(parts, 200, 2)
    assert whole.share < other.share < one.share, "thresholds that are lowered on the way"
    assert equal(one.merge(other).types(), whole.types())
    return one, other, whole


def test_a_span_within_another_one_does_not_end_it():
    """A short part, whose spans are short, behind one that ends with the same window: blocks begin between them."""
    parts = [np.arange(1, n + 1, dtype=np.uint64) for n in (4085, 30, 4000)]
    for part, places in zip(parts, ([4080], [5, 25], [3000]), strict=True):
        part[places] = 0
    (one, two, three), whole = of_parts(parts, 1 << 13, 1)
    assert two._state[3] == 1, "a past span"
    assert equal(one.merge(two).merge(three).types(), whole.types())


def test_parts_in_another_order_lie_elsewhere(unequal):
    one, other, whole = unequal
    found, known = other.merge(one).types(), whole.types()
    assert np.array_equal(found.hashes, known.hashes)
    assert np.array_equal(found.counts, known.counts)
    assert not np.array_equal(found.masks, known.masks)


def one_end(self, hashes, shift, masks=Spans.masks):
    return masks(self._replace(ends=self.ends[:, :1]), hashes, shift)


@pytest.mark.parametrize(("name", "wrong"), [
    ("moved", lambda self, windows: self),
    ("masks", one_end),
    ("fewer", lambda self, reach, fewer=Spans.fewer: fewer(self, 2 * reach)),
    ("and_those", lambda self, others: self),
], ids=["the shift forgotten", "one end alone", "spans over more than a block", "past spans lost"])  # fmt: skip
def test_places_that_are_merged_wrongly_are_noticed(unequal, monkeypatch, name, wrong):
    """The negative controls of the property above."""
    one, other, whole = unequal
    known = whole.types()
    monkeypatch.setattr(Spans, name, wrong)
    assert not equal(one.merge(other).types(), known)


def test_spans_stay_few_however_long_the_text():
    """Of each of 16 windows that are all over the text at most 129 are past, and the room for them does not grow."""
    sample, units = WindowSample(16, 0, "x"), np.random.default_rng(1).integers(0, 16, 1 << 16).astype(np.uint64)
    room = []
    for _ in range(16):
        sample.add_windows(units, 1)
        room.append(len(sample._past.hashes))
    assert max(room[1:]) <= 2 * 2 * 129 * 16
    assert max(room[8:]) == max(room[1:8])
    assert (sample.types().masks == np.uint64(2**64 - 1)).all()


# ---------------------------------------------------------------- all sampled: exact counts

N_WORDS = 40 << 9
"""Twenty blocks of 1024 words, and none left over."""


@cache
def exactly_counted(folder, left_over: int = 0):
    path = folder / f"{left_over}.txt"
    path.write_text(" ".join(f"w{i}" for i in bursty(N_WORDS + 1000, 3)[: N_WORDS + left_over]))
    growth = measure_corpus(path, blocks=20)
    return growth, sketch_corpus(path)


def compared(exact, text: SampledText) -> bool:
    """Whether a sample that holds all shows what was counted exactly."""
    seen, known = text.seen, seen_of(exact)
    from_a_block = known.curve_draws >= seen.curve_draws[0]
    return (
        seen.n_unique == known.n_unique
        and np.array_equal(seen.spectrum.count, known.spectrum.count)
        and np.array_equal(seen.curve_draws, known.curve_draws[from_a_block])
        and np.array_equal(seen.curve_unique, known.curve_unique[from_a_block])
        and np.array_equal(seen.curve_without, known.curve_without[:, from_a_block])
    )


def test_where_all_are_sampled_all_is_as_counted_exactly(tmp_path):
    exact, sketch = exactly_counted(tmp_path)
    assert sketch.types.share == 1
    assert np.array_equal(sketch.interval.lower, sketch.interval.upper)
    assert compared(exact, sampled_text(sketch))
    known, found = more_text(exact, FACTORS), more_text(sketch, FACTORS)
    assert (found.coverage, found.coverage_interval) == (known.coverage, known.coverage_interval)
    for each, theirs in zip(found.found, known.found, strict=True):
        for one, other in zip(each, theirs, strict=True):
            for name in ("expected", "new_share", "logit_error", "at_most", "at_least"):
                assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-12, nan_ok=True), name
            assert (one.method, one.why_not) == (other.method, other.why_not)
            if one.interval is not None:
                assert tuple(one.interval) == pytest.approx(tuple(other.interval), rel=1e-12)


def test_a_block_that_begins_elsewhere_or_was_not_merged_is_noticed(tmp_path):
    """The negative controls of the test above."""
    exact, sketch = exactly_counted(tmp_path)
    text = sampled_text(sketch)
    for masks in (text.types.masks << np.uint64(1), text.types.masks & np.uint64(0x5555555555555555)):
        wrong = SampledText(text.n_unique, text.unique, text.types._replace(masks=masks), text.edges)
        assert not compared(exact, wrong)


def test_what_is_left_over_is_no_part_of_the_bursts(tmp_path):
    """With a stretch at the end that lies in no block: the same as of those blocks alone, and not of block and rest."""
    _, sketch = exactly_counted(tmp_path, left_over=700)
    exact, _ = exactly_counted(tmp_path)
    seen = sampled_text(sketch).seen
    draws, unique = seen.in_blocks
    assert (draws, unique) == (N_WORDS, exact.n_unique[-1])
    assert burst_shift(seen)[0] == pytest.approx(burst_shift(seen_of(exact))[0], abs=0.01)
    assert burst_shift(replace(seen, in_blocks=None))[0] != pytest.approx(burst_shift(seen_of(exact))[0], abs=0.01)


# ---------------------------------------------------------------- how far a sample is off


@cache
def over_seeds(methods: tuple[str, ...], n_seeds: int, n_words: int = 6000, precision: int = 9):
    """λ of each method and factor over hash functions, the variance that is told, and the same of all types."""
    units = bursty(n_words, 1)
    edges = spectrum_edges(float(n_words))
    whole = text_of(sampled(units, 1 << 14), None, edges)
    logits, told, share = [], [], []
    for seed in range(n_seeds):
        types = sampled(units, 1 << precision, seed=seed)
        text = SampledText(whole.n_unique, whole.unique, types, edges)
        share.append(types.share)
        logits.append([[logit(extrapolated(text.seen, t, name)) for t in FACTORS] for name in methods])
        told.append([text.logit_errors(name, FACTORS) ** 2 for name in methods])
    known = [[logit(extrapolated(whole.seen, t, name)) for t in FACTORS] for name in methods]
    return np.array(logits), np.array(told), np.array(known), np.array(share)


def text_of(types: SampledTypes, sketch: HyperLogLog | None, edges: np.ndarray) -> SampledText:
    n = float(len(types.counts)) if sketch is None else round(sketch.estimate())
    return SampledText(n, Interval(n, n) if sketch is None else sketch.interval(), types, edges)


def logit(one) -> float:
    share = (one.expected - one.n_unique) / ((one.factor - 1) * one.n_draws)
    return float(np.log(share / (1 - share)))


def test_the_spread_over_hash_functions_is_what_is_told():
    """And not what would be told had the share or the number of groups been forgotten."""
    logits, told, known, share = over_seeds(("log-quadratic",), 450)
    assert set(share.tolist()) <= {0.25, 0.5}
    for j in range(len(FACTORS)):
        values, variance = logits[:, 0, j], float(told[:, 0, j].mean())
        assert check("a sketch looks ahead, mean", z_of_mean(values, known[0, j], float(np.sqrt(variance))))
        assert check("a sketch looks ahead, spread", z_of_variance(values, variance))
    values, variance = logits[:, 0, 0], told[:, 0, 0]
    assert not check("the share forgotten", z_of_variance(values, float((variance / (1 - share)).mean())))
    assert not check("the number of groups forgotten", z_of_variance(values, float(variance.mean()) / 7))


@pytest.mark.verification
def test_the_spread_of_every_method_is_what_is_told():
    logits, told, known, _ = over_seeds(DEFAULT[:4], 200, 20_000, 10)
    for i, name in enumerate(DEFAULT[:4]):
        for j, factor in enumerate(FACTORS):
            values, variance = logits[:, i, j], float(told[:, i, j].mean())
            assert 0.7 < values.var(ddof=1) / variance < 1.4, (name, factor)
            assert abs(values.mean() - known[i, j]) < 0.25 * values.std(), (name, factor)


@pytest.mark.verification
def test_the_spread_of_u_with_the_error_of_u_now_is_what_is_told():
    """T over hash functions: what its interval is made of without blocks and lack of fit, by the default."""
    units, precision = bursty(40_000, 2), 10
    edges = spectrum_edges(40_000.0)
    kinds = [text_of(sampled(units, 1 << 15), None, edges)]
    for seed in range(300):
        sketch = HyperLogLog(precision, seed, "x")
        sketch.add_windows(units.astype(np.uint64), 1)
        kinds.append(text_of(sampled(units, 1 << precision, seed=seed), sketch, edges))
    for factor in FACTORS:
        exact, *found = (extrapolated(text.seen, factor, "log-quadratic") for text in kinds)
        room = (factor - 1) * 40_000
        errors = np.array([float(text.logit_errors("log-quadratic", [factor])[0]) for text in kinds[1:]])
        share = (exact.expected - exact.n_unique) / room
        deviation = np.hypot(exact.expected * 1.04 / 2 ** (precision / 2), room * share * (1 - share) * errors)
        z = (np.array([one.expected for one in found]) - exact.expected) / deviation
        assert 0.5 < z.var() < 1.3, "of few windows HyperLogLog errs by less than it says"
        assert abs(z.mean()) < 0.25


# ---------------------------------------------------------------- what a user sees


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("ahead") / "a.txt"
    path.write_text(" ".join(f"w{i}" for i in bursty(60_000, 5)))
    return path


def test_a_sketch_looks_ahead_as_exact_counts_do(text, tmp_path):
    flags = ("corpus", str(text), "--sketch", "--length", "1,2", "--precision", "10")
    out = tmp_path / "s.nc"
    screen = run(*flags, "--out", str(out), "--figure", str(tmp_path / "x.svg")).stdout
    assert "What more would bring" in screen
    assert "Twice the text would hold about" in " ".join(screen.split())
    assert max(len(line) for line in screen.splitlines() if not line.startswith("written: ")) <= 80
    assert "bars: more text, 95 %" in " ".join((tmp_path / "x.svg").read_text().split())
    found = json.loads(run("show", str(out), "--json").stdout)
    assert found["extrapolation"] == json.loads(run(*flags, "--json").stdout)["extrapolation"]
    assert [(one["length"], one["factor"]) for one in found["extrapolation"]] == [(1, 2), (1, 10), (2, 2), (2, 10)]
    exact = json.loads(run("corpus", str(text), "--length", "1,2", "--json").stdout)["extrapolation"]
    rows = {row["length"]: row for row in found["rows"] if row["n_units"] == 60_000}
    for one, known in zip(found["extrapolation"], exact, strict=True):
        assert one.keys() == known.keys()
        row = rows[one["length"]]
        assert (one["n_unique_now"], one["at_least"]) == (row["n_unique"], row["n_unique_lower"])
        assert one["at_most"] == row["n_unique_upper"] + (one["factor"] - 1) * row["n_draws"]
        assert one["coverage_lower"] <= known["coverage"] <= one["coverage_upper"]
        for each, theirs in zip(one["methods"], known["methods"], strict=True):
            assert (each["method"], each["label"]) == (theirs["method"], theirs["label"])
            if each["why_not"] is None and theirs["why_not"] is None:
                assert row["n_unique"] < each["n_unique"]
                assert one["at_least"] <= each["n_unique_lower"] <= theirs["n_unique"] <= each["n_unique_upper"]
                assert each["n_unique_upper"] <= one["at_most"]
    kept = open_result(out)
    assert kept.more_unique.sizes == {"source": 2, "factor": 2, "method": len(DEFAULT)}
    assert run("show", str(out), "--explain").stdout.count("Of a sketch, all that the methods read") == 1
    run("corpus", str(text), "--sketch", "--out", str(tmp_path / "s.csv"))
    assert "more" not in (tmp_path / "s.csv").read_text()


def test_none_is_none_and_other_factors_are_what_was_asked_for(text):
    assert "What more" not in run("corpus", str(text), "--sketch", "--extrapolate", "none").stdout
    found = json.loads(run("corpus", str(text), "--sketch", "--extrapolate", "3x,31x", "--json").stdout)
    assert [one["method"] for one in found["extrapolation"]] == ["log-quadratic", None]
    assert any("no method was tried beyond 30 times" in said for said in found["warnings"])


def test_the_last_prefix_is_what_is_looked_ahead_from(text, tmp_path):
    part = tmp_path / "part.txt"
    part.write_text(" ".join(text.read_text().split()[:5000]))
    whole, alone = (sketch_corpus(path, at=at, precision=9) for path, at in ((text, "2000,5000"), (part, "all")))
    assert [tuple(one.interval) for one in more_text(whole, FACTORS).chosen] == [
        tuple(one.interval) for one in more_text(alone, FACTORS).chosen
    ]
    assert sketch_corpus(text, at="2000,5000,all", precision=9).types.n_windows == 60_000


def test_documents_apart_and_several_lengths(tmp_path):
    """Blocks are of the windows of all documents in a row, as exact counts have them."""
    words = [f"w{i}" for i in bursty(20 * 1024 + 500, 4)]
    lines = [json.dumps({"text": " ".join(words[i : i + 41])}) for i in range(0, 41 * 500, 41)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    reading = ReadOptions(within_documents=True)
    exact = measure_corpus(tmp_path / "a.jsonl", length=[1, 2], reading=reading, blocks=20)
    found = sketch_corpus(tmp_path / "a.jsonl", length=[1, 2], reading=reading, precision=15)
    assert exact[1].n_draws[-1] == found[1].types.n_windows == 40 * 500
    for one, known in zip(found, exact, strict=True):
        assert one.n_unique[-1] == known.n_unique[-1]
        (told,), (theirs,) = more_text(one, [2.0]).chosen, more_text(known, [2.0]).chosen
        assert told.expected == pytest.approx(theirs.expected, rel=0.02)


@pytest.mark.parametrize(("words", "precision", "reason"), [
    ([f"w{i}" for i in range(6000)], 9, "every draw was new"),
    (list("ab") * 2000, 14, "nothing new appears at the end"),
    (list("abcde") * 20, 14, "100 windows are too few"),
    ([f"w{i}" for i in bursty(5000, 1)], 8, f"is too small: at least {LEAST_TYPES} are needed"),
])  # fmt: skip
def test_where_no_method_applies_the_bounds_are_given(tmp_path, words, precision, reason):
    path = tmp_path / "a.txt"
    path.write_text(" ".join(words))
    flags = ("--sketch", "--precision", str(precision), "--json", "--extrapolate", "2x")
    found = json.loads(run("corpus", str(path), *flags).stdout)
    (one,) = found["extrapolation"]
    (row,) = (row for row in found["rows"] if row["n_units"] == len(words))
    assert one["method"] is None
    assert one["at_least"] == row["n_unique_lower"] <= one["at_most"] == row["n_unique_upper"] + row["n_draws"]
    assert any(reason in said and "U there is from" in said for said in found["warnings"])


@pytest.mark.verification
def test_processes_look_ahead_as_one_does(text, tmp_path):
    """From the end and from a prefix; files of 30 thousand words, of 6 thousand and of 24 thousand."""
    words, folder = text.read_text().split(), tmp_path / "shards"
    folder.mkdir()
    for name, part in zip("abc", np.split(np.array(words), [30_000, 36_000]), strict=True):
        (folder / f"{name}.txt").write_text(" ".join(part))
    for more in ((), ("--at", "1000,40000")):
        flags = ("corpus", str(folder), "--sketch", "--length", "1,2", "--precision", "10", *more, "--json")
        alone, apart = (json.loads(run(*flags, *cluster).stdout) for cluster in ((), ("--cluster", "local:2")))
        assert alone == apart
        assert [one["method"] for one in apart["extrapolation"]] == ["log-quadratic"] * 4
