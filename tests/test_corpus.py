"""Distinct windows of small texts against brute force with `re`, `set` and `Counter`, and every bad input."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections import Counter
from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounds.base.spectrum import FrequencySpectrum
from simulate.text import InputError, fit_corpus, measure_corpus
from simulate.text.blocks import block_curves, neighbour_correlation
from simulate.text.counting import growth, window_ids
from simulate.text.cutting.characters import character_classes
from simulate.text.cutting.sequences import Units, philox_order, read_units, shuffle_chunks
from simulate.text.cutting.tokenizing import WordTable
from simulate.text.reading.readers import read_blocks

WORD = r"\w+|[^\w\s]"
ODD = "Ünï_cödé 𝔘𝔫𝔦, ‘x’—٣٤\u00a0a\u2003b\x1cc\x85d e\u0301 \ufeffz 李白\n月光!!\r\nß ﬁ"


def units_of(text: str, unit: str) -> list:
    if unit == "byte":
        return list(text.encode())
    return list(text) if unit == "char" else re.findall(WORD, text)


def windows_of(streams: list[list], length: int, n_units: int) -> list[tuple]:
    """All windows within streams and within the first `n_units` units, the slow way."""
    found, left = [], n_units
    for stream in streams:
        part = stream[:left]
        found += [tuple(part[i : i + length]) for i in range(len(part) - length + 1)]
        left -= len(part)
    return found


def spectrum_of(windows: list[tuple], edges: np.ndarray) -> list[int]:
    counts = list(Counter(windows).values())
    return np.bincount(np.searchsorted(edges, counts, side="right") - 1, minlength=len(edges)).tolist()


def write(folder, *texts: str) -> list[str]:
    paths = []
    for number, text in enumerate(texts):
        path = folder / f"part{number}.txt"
        path.write_bytes(text.encode())
        paths.append(str(path))
    return paths


def as_units(values, starts=None) -> Units:
    ids = np.asarray(values, dtype=np.int32)
    ends = [0, len(ids)] if starts is None else starts
    return Units(ids, np.asarray(ends, dtype=np.int64), "word", "made", ())


class TestUnits:
    @pytest.mark.parametrize("unit", ["byte", "char", "word"])
    def test_same_units_as_python(self, tmp_path, unit):
        text = ODD * 40
        units = read_units(write(tmp_path, text), unit, keep_words=True)
        expected = units_of(text, unit)
        if unit == "word":
            assert [units.words[i] for i in units.ids] == expected
        else:
            assert units.ids.tolist() == [ord(c) if unit == "char" else c for c in expected]

    @given(text=st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(" \n\tab_1é月"))))
    def test_words_of_any_text(self, text):
        table = WordTable()
        known: dict[str, int] = {}
        ids = table.ids(text.encode(), character_classes()).tolist()
        assert ids == [known.setdefault(word, len(known)) for word in re.findall(WORD, text)]
        assert table.texts() == tuple(known)

    def test_short_words_are_told_apart_by_their_hash(self):
        # Every word of one and two bytes, control characters among them, and 60,000 of three to nine bytes.
        single = [chr(i) for i in range(128) if not chr(i).isspace()]
        letters = [c for c in single if re.match(r"\w", c)]
        pairs = [a + b for a in letters for b in letters]
        digits = np.random.default_rng(5).integers(len(letters), size=(60_000, 9))
        longer = ["".join(letters[d] for d in row[: 3 + i % 7]) for i, row in enumerate(digits)]
        words = [*single, *pairs, *longer] * 2
        known: dict[str, int] = {}
        ids = WordTable().ids(" ".join(words).encode(), character_classes()).tolist()
        assert ids == [known.setdefault(word, len(known)) for word in words]

    def test_table_grows(self):
        words = [f"w{i}é" for i in range(20_000)] + ["x" * 100_000]
        table = WordTable()
        for _ in range(2):
            assert table.ids(" ".join(words).encode(), character_classes()).tolist() == list(range(len(words)))
        assert table.texts() == tuple(words)

    @pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
    @pytest.mark.parametrize("unit", ["char", "word"])
    def test_blocks_cut_anywhere(self, tmp_path, monkeypatch, size, unit):
        monkeypatch.setattr("simulate.text.reading.opening.BLOCK", size)
        paths = write(tmp_path, ODD * 3 + "a" * 200 + "é" * 50)
        small = read_units(paths, unit, keep_words=True)
        monkeypatch.setattr("simulate.text.reading.opening.BLOCK", 1 << 20)
        assert small.ids.tolist() == read_units(paths, unit).ids.tolist()

    def test_compressed_in_several_frames(self, tmp_path):
        zstandard = pytest.importorskip("zstandard")
        frames = [zstandard.ZstdCompressor().compress(part.encode()) for part in (ODD, "", ODD * 500)]
        skippable = b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc"
        path = tmp_path / "x.txt.zst"
        path.write_bytes(skippable + b"".join(frames))
        plain = write(tmp_path, ODD * 501)
        packed = read_units(path, "char")
        assert packed.ids.tolist() == read_units(plain, "char").ids.tolist()
        assert packed.sha256[0][1] == read_units(plain, "byte").sha256[0][1]
        assert packed.corpus == "x"

    def test_large_zstd_window(self, tmp_path):
        zstandard = pytest.importorskip("zstandard")
        options = zstandard.ZstdCompressionParameters(window_log=28, enable_ldm=True)
        writer = zstandard.ZstdCompressor(compression_params=options).compressobj()  # no size in the header
        path = tmp_path / "x.zst"
        path.write_bytes(writer.compress(b"abc " * 1000) + writer.flush())
        assert read_units(path, "word").n_units == 1000

    def test_standard_input(self, tmp_path):
        code = "from simulate.text.cutting.sequences import read_units as r; u = r('-'); print(u.n_units, u.corpus)"
        done = subprocess.run([sys.executable, "-c", code], input=b"a b a\n", capture_output=True, check=True)
        assert done.stdout.split() == [b"3", b"stdin"]

    def test_standard_input_replaced(self, monkeypatch):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a b a\n")))
        assert read_units("-").n_units == 3


class TestCounts:
    @pytest.mark.parametrize("unit", ["byte", "char", "word"])
    def test_two_files_against_sets(self, tmp_path, unit):
        texts = ["to be or not to be: " + ODD, "be!", "or not to be, to be " * 30 + ODD]
        paths = write(tmp_path, *texts)
        streams = [units_of(text, unit) for text in texts]
        lengths = [3, 1, 2, 5, 17]
        at = [20, 21, 25, 60, 111, "all"]
        for k, result in zip(lengths, measure_corpus(paths, unit=unit, length=lengths, at=at), strict=True):
            assert (result.length, result.unit, result.corpus) == (k, unit, "part0+part1+part2")
            assert result.n_units.tolist() == [*at[:-1], sum(map(len, streams))]
            for row, spectrum in zip(result.rows(), result.spectrum, strict=True):
                windows = windows_of(streams, k, row["n_units"])
                counts = Counter(windows)
                assert row["n_draws"] == len(windows)
                assert row["n_unique"] == len(counts)
                assert row["f1"] == sum(c == 1 for c in counts.values())
                assert row["f2"] == sum(c == 2 for c in counts.values())
                assert spectrum.tolist() == spectrum_of(windows, result.edges)
        assert any("files" in note.text for note in result.notes)

    @given(
        values=st.lists(st.integers(0, 4), min_size=1, max_size=120),
        length=st.integers(1, 40),
        cut=st.integers(0, 120),
        data=st.data(),
    )
    def test_any_ids(self, values, length, cut, data):
        cut = min(cut, len(values))
        units = as_units(values, [0, cut, len(values)])
        at = sorted(data.draw(st.sets(st.integers(1, len(values)), min_size=1, max_size=5)))
        streams = [values[:cut], values[cut:]]
        edges = FrequencySpectrum.edges(len(values))
        (windows,) = window_ids(units, [length])
        found = growth(windows, units.starts, np.array(at), edges)
        for j, n_units in enumerate(at):
            slow = windows_of(streams, length, n_units)
            assert units.n_windows(length, np.array(at))[j] == len(slow)
            assert found.n_unique[j] == len(set(slow))
            assert found.spectrum[j].tolist() == spectrum_of(slow, edges)
        unique, draws = found.n_unique, units.n_windows(length, np.array(at))
        assert np.all(np.diff(unique) >= 0)
        assert np.all(unique <= draws)
        assert np.all(found.spectrum[:, 0] <= unique)

    @pytest.mark.parametrize("length", [1, 2, 3, 31, 64, 100])
    def test_tables_that_grow(self, length):
        values = np.random.default_rng(0).integers(0, 30, 30_000)
        values[15_000:] = values[:15_000]
        units = as_units(values, [0, 12_345, 30_000])
        (windows,) = window_ids(units, [length])
        slow = windows_of([values[:12_345].tolist(), values[12_345:].tolist()], length, 30_000)
        assert windows.n_types == len(set(slow))
        edges = FrequencySpectrum.edges(30_000)
        found = growth(windows, units.starts, np.array([30_000]), edges)
        assert found.spectrum[0].tolist() == spectrum_of(slow, edges)

    def test_lengths_do_not_depend_on_each_other(self):
        units = as_units(np.random.default_rng(1).integers(0, 3, 500))
        together = {w.length: w.n_types for w in window_ids(units, [1, 2, 3, 5, 8, 13])}
        alone = {k: next(iter(window_ids(units, [k]))).n_types for k in together}
        assert together == alone

    def test_large_multiplicities_keep_their_bins(self):
        values = [0] * 70_000 + [1] * 3000 + [2]
        units = as_units(values)
        (windows,) = window_ids(units, [1])
        edges = FrequencySpectrum.edges(len(values))
        found = growth(windows, units.starts, np.array([50_000, len(values)]), edges)
        assert found.spectrum[1].tolist() == spectrum_of([(v,) for v in values], edges)

    def test_grids(self, tmp_path):
        paths = write(tmp_path, "a b c d " * 1000)
        assert measure_corpus(paths, at="10:1000:3", blocks=0).n_units.tolist() == [10, 100, 1000]
        assert measure_corpus(paths, at="10,1e2,all", blocks=0).n_units.tolist() == [10, 100, 4000]
        assert measure_corpus(paths, at=7.0, blocks=0).n_units.tolist() == [7]
        default = measure_corpus(paths, blocks=0).n_units
        assert (default[0], default[-1]) == (400, 4000)
        assert measure_corpus(write(tmp_path, "a"), blocks=0).n_units.tolist() == [1]

    def test_inputs_are_recorded(self, tmp_path):
        paths = write(tmp_path, "abc\n")
        result = measure_corpus(paths[0], unit="byte", blocks=0)
        assert result.sha256 == ((paths[0], "edeaaff3f1774ad2888673770c6d64097e391bc362d7d6fb34982ddf0efd18cb"),)
        assert "no sample" in result.notes[0].text


class TestShuffledChunks:
    def test_same_units_no_joins_and_a_seed(self, tmp_path):
        texts = ["".join(map(chr, range(97, 123))) * 8, "0123456789" * 5]
        units = read_units(write(tmp_path, *texts), "char")
        first, again, other = (shuffle_chunks(units, 7, seed) for seed in (1, 1, 2))
        assert first.ids.tolist() == again.ids.tolist() != other.ids.tolist()
        assert sorted(first.ids) == sorted(units.ids)
        chunks = {"".join(map(chr, first.ids[a:b])) for a, b in zip(first.starts, first.starts[1:], strict=False)}
        assert chunks == {text[i : i + 7] for text in texts for i in range(0, len(text), 7)}

    def test_windows_stay_in_chunks_and_the_loss_is_stated(self, tmp_path):
        paths = write(tmp_path, "ab" * 50)
        result = measure_corpus(paths, unit="char", length=2, order="shuffled-chunks", chunk=10, at="all", blocks=0)
        assert result.n_unique.tolist() == [2]
        assert result.n_draws.tolist() == [90]
        assert "9 of 99 windows" in result.notes[0].text
        assert "not about other texts" in result.notes[1].text
        assert result.order == "shuffled-chunks"

    def test_shuffle_is_frozen(self):
        assert philox_order(8, 0).tolist() == [6, 5, 2, 1, 3, 7, 4, 0]


class TestBlocks:
    @pytest.mark.parametrize("length", [1, 2])
    def test_stretches_against_sets(self, length):
        values = np.minimum(np.random.default_rng(3).zipf(1.5, 1700), 10_000)
        units = as_units(values, [0, 600, 601, 1700])
        (windows,) = window_ids(units, [length])
        total, n_blocks = units.n_windows(length), 8
        curves = block_curves(windows, units.starts, total, n_blocks, 40)
        size = total // n_blocks
        streams = [values[a:b].tolist() for a, b in zip(units.starts, units.starts[1:], strict=False)]
        every = windows_of(streams, length, len(values))
        blocks = [every[g * size : (g + 1) * size] for g in range(n_blocks)]
        assert curves.n_draws[-1] == (n_blocks - 1) * size
        for left_out in (None, *range(n_blocks)):
            kept = [block for g, block in enumerate(blocks) if g != left_out]
            unique = curves.n_unique if left_out is None else curves.without[left_out]
            local = curves.local if left_out is None else curves.local_without[left_out]
            assert unique == pytest.approx([mean_unique(kept, int(draws), size) for draws in curves.n_draws])
            counts = Counter(chain.from_iterable(kept))
            assert local == pytest.approx(sum(c == 1 for c in counts.values()) / len(counts))

    def test_error_is_never_narrowed(self):
        units = as_units(np.random.default_rng(4).integers(0, 50, 4000))
        (windows,) = window_ids(units, [1])
        curves = block_curves(windows, units.starts, 4000, 16, 100)
        for statistic in (np.tile([1.0, -1.0], 8), np.repeat([1.0, -1.0], 8), curves.without[:, -1]):
            plain = float(np.sqrt(curves.covariance(statistic)[0, 0]))
            assert curves.standard_error(statistic) >= plain * (1 - 1e-12)
        assert curves.standard_error(np.repeat([1.0, -1.0], 8)) > 1.5 * np.sqrt(15.0)
        assert neighbour_correlation(np.repeat([1.0, -1.0], 8)) > 0.8
        assert curves.standard_error(np.ones(16)) == 0.0

    def test_too_short(self, tmp_path):
        result = measure_corpus(write(tmp_path, "a b c d e f g h"))
        assert result.blocks is None
        assert "too few" in result.notes[-1].text
        with pytest.raises(InputError, match="blocks"):
            fit_corpus(result)


def mean_unique(blocks: list[list], draws: int, size: int) -> float:
    if draws < size:
        parts = 2 ** round(np.log2(size / draws))
        step = size // parts
        return float(np.mean([len(set(b[i * step : (i + 1) * step])) for b in blocks for i in range(parts)]))
    count, many = draws // size, len(blocks)
    runs = [[blocks[(first + i) % many] for i in range(count)] for first in range(many)]
    return float(np.mean([len(set(chain.from_iterable(run))) for run in runs]))


class TestBadInput:
    """One sentence that names what is wrong, as InputError and so as ValueError."""

    def check(self, message: str, *args, **options):
        with pytest.raises(InputError, match=message) as caught:
            measure_corpus(*args, **options)
        assert isinstance(caught.value, ValueError)
        assert "\n" not in str(caught.value)

    def test_files(self, tmp_path, monkeypatch):
        self.check("nowhere.txt does not exist", str(tmp_path / "nowhere.txt"))
        self.check("is a folder", tmp_path)
        self.check("cannot be read", tmp_path / write(tmp_path, "a")[0] / "b")
        self.check("is empty", write(tmp_path, ""))
        self.check("nothing but white space", write(tmp_path, " \n\t"))
        self.check("no file was given", [])
        self.check("more than once", ["-", "-"])

        def refuse(*_):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("simulate.text.reading.opening.open", refuse, raising=False)
        self.check("part0.txt cannot be read: permission denied", write(tmp_path, "a"))

    def test_compressed(self, tmp_path):
        zstandard = pytest.importorskip("zstandard")
        good = zstandard.ZstdCompressor(write_checksum=True).compress(ODD.encode() * 2000)
        path = tmp_path / "x.zst"
        for data, message in {
            good[:-1]: "truncated",
            good[:2]: "truncated",
            good + good[:9]: "truncated",
            b"plain text": "not a zstd file",
            good + b"plain text": "not zstd after its last frame",
            good[:60] + bytes(8) + good[68:]: "damaged",
            b"": "is empty",
        }.items():
            path.write_bytes(data)
            self.check(message, path, unit="byte")
        (tmp_path / "x.txt").write_bytes(good)
        self.check("compressed by zstd, not text", tmp_path / "x.txt", unit="byte")

    @pytest.mark.parametrize("block", [3, 1 << 20])
    @pytest.mark.parametrize("unit", ["char", "word"])
    def test_not_utf8(self, tmp_path, monkeypatch, unit, block):
        monkeypatch.setattr("simulate.text.reading.opening.BLOCK", block)
        path = tmp_path / "latin.txt"
        for data, byte in ((b"caf\xe9 au lait", 3), ("é £".encode() * 9 + b"\xff a", 45), (b"ab \xe2\x82", 3)):
            path.write_bytes(data)
            self.check(f"latin.txt is not UTF-8 at byte {byte}", path, unit=unit)

    def test_arguments(self, tmp_path):
        paths = write(tmp_path, "a b c d e", "f g")
        for options, message in (
            ({"unit": "line"}, "unit must be one of byte, char, word, word-marks, space, token, got 'line'"),
            ({"length": 0}, "length must be a whole number of units, at least 1, got 0"),
            ({"length": 1.5}, "length must be"),
            ({"length": True}, "length must be"),
            ({"length": []}, "length names no window"),
            ({"length": [1, 6]}, "length must be at most the 5 words of the longest file"),
            ({"order": "random"}, "order must be one of file, shuffled-documents, shuffled-chunks, rarefaction"),
            ({"blocks": 3}, "blocks must be 0"),
            ({"blocks": 65}, "blocks must be 0"),
            ({"seed": -1}, "seed must be"),
            ({"order": "shuffled-chunks", "chunk": 0}, "chunk must be"),
            ({"at": 8}, "at must not exceed the 7 words"),
            ({"at": 1, "length": 2}, "at must be at least the length of a window, 2 words, got 1"),
            ({"at": "0"}, "at must be at least 1"),
            ({"at": "1.5"}, "at must be a whole number"),
            ({"at": "some"}, "at must be a whole number"),
            ({"at": "1:3"}, "at must be LOW:HIGH:COUNT"),
            ({"at": "5:2:3"}, "low <= high"),
            ({"at": []}, "at names no prefix"),
        ):
            self.check(message, paths, **options)

    def test_checked_before_reading(self):
        self.check("order must be", "/nowhere", order="up")

    def test_light_import(self):
        heavy = "('numba', 'scipy', 'xarray')"
        code = f"import sys, simulate.text.cutting.sequences; print([m for m in {heavy} if m in sys.modules])"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
        assert done.stdout.strip() == "[]"

    def test_blocks_of_bytes(self, tmp_path):
        assert b"".join(read_blocks(write(tmp_path, "abc")[0])) == b"abc"
