"""Units for scripts with marks and without spaces, the sentence where a unit is wrong, and texts given twice."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from itertools import pairwise

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from simulate.cli.main import main
from simulate.text import HyperLogLog, measure_corpus, sketch_corpus
from simulate.text.cutting.characters import character_classes
from simulate.text.cutting.hashing import WordNumbers
from simulate.text.cutting.scripts import Tally
from simulate.text.cutting.sequences import read_units
from simulate.text.cutting.tokenizing import WordTable
from simulate.text.cutting.units import TEXT_UNITS, WORDS
from simulate.text.repeats import PROBES, repeated_part
from simulate.text.source import parse_corpus
from tests.test_corpus import write
from tests.test_streaming import word_number

MARKS = "".join(chr(i) for i in range(0x110000) if unicodedata.category(chr(i)) in ("Mn", "Mc", "Me")) + "\u200c\u200d"
PATTERNS = {
    "word": re.compile(r"\w+|[^\w\s]"),
    "word-marks": re.compile(rf"\w[\w{MARKS}]*|[^\w\s][{MARKS}]*"),
    "space": re.compile(r"\S+"),
}
HINDI = "आधुनिक मानक हिन्दी आधुनिक"
THAI = "ภาษาไทยเป็นภาษาที่มีระดับเสียงของคำแน่นอนหรือวรรณยุกต์เช่นเดียวกับภาษาจีน"
CHINESE = "现代汉语是中国的语言，普通话以北京语音为标准音。"
EVERY = (
    f"{HINDI}; e\u0301te\u0301, \u0301x .\u0301\u0302y ❤\ufe0f\u200d👩 می\u200cخواهم {THAI} a_1\u0301b\u00a0{CHINESE}\n"
)

texts = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from(" \n\tab_1é月.!"),
        st.sampled_from("\u0301\u0302\u093f\u094d\u200d\u200c\ufe0f\u20dd"),
    )
)


def in_pieces(text: str, places: list[int]) -> list[bytes]:
    ends = [0, *sorted(places), len(text)]
    return [text[a:b].encode() for a, b in pairwise(ends)]


class TestUnits:
    @pytest.mark.parametrize(
        ("unit", "n_units", "n_unique"), [("word", 19, 12), ("word-marks", 4, 3), ("space", 4, 3), ("char", 25, 13)]
    )
    def test_four_words_of_hindi(self, tmp_path, unit, n_units, n_unique):
        paths = write(tmp_path, HINDI)
        for found in (measure_corpus(paths, unit=unit), sketch_corpus(paths, unit=unit)):
            assert (found.n_units[-1], found.n_unique[-1]) == (n_units, n_unique)

    @given(text=texts)
    @pytest.mark.parametrize("unit", WORDS)
    def test_words_of_any_text(self, unit, text):
        table = WordTable()
        known: dict[str, int] = {}
        ids = table.ids(text.encode(), character_classes(unit)).tolist()
        assert ids == [known.setdefault(word, len(known)) for word in PATTERNS[unit].findall(text)]
        assert table.texts() == tuple(known)

    @given(seed=st.integers(0, 2**32), often=st.sampled_from([0, 0.01, 0.3]), size=st.integers(0, 700))
    @pytest.mark.parametrize("unit", WORDS)
    def test_words_of_long_texts(self, unit, seed, often, size):
        """Of 64 bytes at a time: all of ASCII, words of any length, and now and then what is not ASCII."""
        rng = np.random.default_rng(seed)
        letters = [
            chr(i) for i in rng.choice([*range(128), *b"    \n" * 5, *b"etaoin_7" * int(rng.integers(40))], size)
        ]
        for i in np.flatnonzero(rng.random(size) < often):
            letters[i] = str(rng.choice(list("é月\u0301\u200d\u00a0\u2028½😀")))
        text = "".join(letters)
        expected = PATTERNS[unit].findall(text)
        table = WordTable()
        ids = table.ids(text.encode(), character_classes(unit)).tolist()
        assert [table.texts()[i] for i in ids] == expected

    def test_a_unit_is_not_another(self):
        """The same letters, read by the classes of another unit, are other words: the comparison above would see it."""
        text = "it's 7 o'clock; é! " * 9
        for unit, other in (("word", "space"), ("space", "word")):
            assert len(WordTable().ids(text.encode(), character_classes(unit))) != len(PATTERNS[other].findall(text))

    @pytest.mark.parametrize("unit", WORDS)
    def test_every_byte_of_ascii_at_every_place(self, unit):
        for point in range(128):
            text = "".join("ab"[j % 2] * j + chr(point) * (j % 3 + 1) for j in range(16))
            table = WordTable()
            ids = table.ids(text.encode(), character_classes(unit)).tolist()
            assert [table.texts()[i] for i in ids] == PATTERNS[unit].findall(text)

    @given(text=texts, data=st.data())
    @pytest.mark.parametrize("unit", WORDS)
    def test_numbers_of_any_text_cut_anywhere(self, unit, text, data):
        places = data.draw(st.lists(st.integers(0, len(text)), max_size=5))
        words = WordNumbers(0, unit)
        numbers = np.concatenate([*(words.feed(piece) for piece in in_pieces(text, places)), words.last()]).tolist()
        assert numbers == [word_number(word, 0) for word in PATTERNS[unit].findall(text)]

    @pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 64])
    @pytest.mark.parametrize("unit", WORDS)
    def test_blocks_cut_anywhere(self, tmp_path, monkeypatch, unit, size):
        """Whole and streamed reading, whatever the blocks: a mark that begins one belongs to what ended the last."""
        paths = write(tmp_path, EVERY * 5, EVERY[::-1])
        units = [word for text in (EVERY * 5, EVERY[::-1]) for word in PATTERNS[unit].findall(text)]
        whole = sketch_corpus(paths, unit=unit, precision=12)
        monkeypatch.setattr("simulate.text.reading.opening.BLOCK", size)
        monkeypatch.setattr("simulate.text.cutting.hashing.PIECE", size)
        read = read_units(paths, unit, keep_words=True)
        assert [read.words[i] for i in read.ids] == units
        cut = sketch_corpus(paths, unit=unit, precision=12)
        assert np.array_equal(cut.sketch.registers, whole.sketch.registers)
        slow = HyperLogLog(12, 0)
        slow.add(np.array([word_number(word, 0) for word in units], dtype=np.uint64))
        assert np.array_equal(cut.sketch.registers, slow.registers)
        assert cut.n_draws[-1] == len(units)
        assert cut.notes == whole.notes
        assert set(read.notes) <= set(map(str, cut.notes))

    def test_everywhere_the_same_units(self, tmp_path):
        (path,) = write(tmp_path, HINDI)
        for unit in TEXT_UNITS:
            known = measure_corpus(path, unit=unit).n_draws[-1]
            assert parse_corpus(f"corpus:{path},unit={unit}").open().n_windows == known
            assert json.loads(say("corpus", path, "--unit", unit, "--json"))["rows"][-1]["n_draws"] == known


def slow_tally(text: str) -> tuple[int, int]:
    """Marks that are cut off from a letter, and characters of four scripts without spaces, by their Unicode names."""
    cut = spaceless = 0
    inside = False
    for character in text:
        name = unicodedata.name(character, "")
        alone = name.startswith(("THAI ", "LAO ", "CJK UNIFIED", "KHMER ", "HIRAGANA "))
        mark, letter = character in MARKS, bool(re.match(r"\w", character))
        spaceless += alone and (mark or letter)
        cut += mark and inside and not alone
        inside = inside if mark else letter
    return cut, spaceless


class TestSentences:
    alphabet = st.sampled_from(" .\nab1é_\u0301\u093f\u094d\u200dकनमไทยี่ກມកស្月汉のé\ufe0f❤")

    @given(text=st.text(alphabet, max_size=60), data=st.data())
    def test_tally_of_any_text_cut_anywhere(self, text, data):
        tally = Tally()
        for piece in in_pieces(text, data.draw(st.lists(st.integers(0, len(text)), max_size=4))):
            tally.take(piece)
        cut, spaceless = slow_tally(text)
        notes = " ".join(tally.notes("word"))
        assert (f"{cut} combining mark" in notes) == (cut > 0)
        assert ("without spaces" in notes) == (spaceless >= 0.01 * max(len(text), 1))
        assert "combining" not in " ".join(tally.notes("space") + tally.notes("word-marks"))

    def test_files_do_not_join(self, tmp_path):
        """A mark at the start of a file follows nothing."""
        paths = write(tmp_path, "abc", "\u0301abc")
        for found in (measure_corpus(paths), sketch_corpus(paths)):
            assert "combining" not in " ".join(map(str, found.notes))

    @pytest.mark.parametrize(
        ("text", "unit", "words"),
        [
            (HINDI, "word", "8 combining marks follow letters (32 % of the characters)"),
            ("caf" + "e\u0301" + " au lait", "word", "1 combining mark follows a letter"),
            (HINDI, "word-marks", ""),
            (HINDI, "space", ""),
            (HINDI, "char", ""),
            (THAI, "word", "100 % of the characters are of scripts written without spaces"),
            (THAI, "word-marks", "unit word-marks takes all between two other signs for one word"),
            (CHINESE, "space", "unit space takes all between two other signs for one token"),
            (CHINESE, "char", ""),
            ("plain words, café and ß " * 9, "word", ""),
            ("中 in a long line of plain words that are not Chinese, " * 9, "word", "1.9 % of the characters"),
        ],
        ids=range(11),
    )
    def test_said_everywhere(self, tmp_path, text, unit, words):
        (path,) = write(tmp_path, text)
        for flags in ((), ("--sketch",)):
            told = [say("corpus", path, "--unit", unit, *flags, *more) for more in ((), ("--json",))]
            for output in (" ".join(told[0].split()), " ".join(json.loads(told[1])["warnings"])):
                assert words in output
                assert ("combining" in output or "without spaces" in output) == bool(words)

    def test_said_by_a_sweep(self, tmp_path):
        (path,) = write(tmp_path, f"{HINDI} " * 500)
        told = " ".join(say("sweep", "--source", f"corpus:{path}", "--no-progress", "--explain").split())
        assert "combining marks follow letters" in told
        assert "more than once" in told


class TestCopies:
    def text(self, seed: int = 1) -> str:
        return " ".join(f"w{value}" for value in np.random.default_rng(seed).zipf(1.3, 3000) % 10**6)

    def test_the_same_file_under_any_name(self, tmp_path):
        one, two = write(tmp_path, self.text(), self.text())
        link, other = tmp_path / "link.txt", write(tmp_path / "..", self.text(2))[0]
        os.symlink(one, link)
        for paths in ([one, one], [one, two], [one, other, str(link)]):
            for found in (measure_corpus(paths, unit="char"), measure_corpus(paths), sketch_corpus(paths)):
                first = min(str(path) for path in paths if path != other)  # they are read in the order of their names
                said = "was given twice" if paths[1] == one else f"holds the same text as {first}"
                assert [said in note.text for note in found.notes].count(True) == 1
                assert "more than once" not in " ".join(map(str, found.notes))

    @pytest.mark.parametrize("unit", TEXT_UNITS)
    def test_a_text_joined_with_itself(self, tmp_path, unit):
        text = self.text()
        once, twice, apart, other = (tmp_path / f"{name}.txt" for name in ("once", "twice", "apart", "other"))
        once.write_text(text)
        twice.write_text(text + "\n" + text)
        apart.write_text(text + "\n" + self.text(2) + text)
        other.write_text(text + "\n" + self.text(2))
        for path, said in ((once, False), (twice, True), (apart, True), (other, False)):
            notes = " ".join(map(str, measure_corpus(path, unit=unit).notes))
            assert ("more than once, word for word" in notes) == said
        copies = measure_corpus([twice, other], unit=unit).notes
        assert "more than once, word for word" in " ".join(map(str, copies))

    @given(
        values=st.lists(st.integers(0, 2), min_size=1, max_size=40), copies=st.integers(1, 60), tail=st.integers(0, 500)
    )
    def test_part_that_stands_again_against_slices(self, values, copies, tail):
        ids = np.array([*values * copies, *range(3, 3 + tail)], dtype=np.int32)
        part = repeated_part(ids, "word")
        if len(ids) < 2 * PROBES * 32:
            assert np.isnan(part)
            return
        stretches = [tuple(ids[at : at + 32]) for at in range(len(ids) - 31)]
        again = [stretches.count(stretches[int(place)]) > 1 for place in np.linspace(0, len(ids) - 32, PROBES)]
        assert part == sum(again) / PROBES


def say(*arguments: str) -> str:
    done = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.parametrize("options", [{"length": 2}, {"at": 3}])
def test_one_word_is_no_words(tmp_path, options):
    (tmp_path / "one.txt").write_text("word")
    for count in (measure_corpus, sketch_corpus):
        try:
            told = " ".join(map(str, count(tmp_path / "one.txt", **options).notes))
        except ValueError as error:
            told = str(error)
        assert "1 word " in told or "1 word:" in told, told
