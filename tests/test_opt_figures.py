"""Reading vector figures: drawn here with known numbers, damaged, and as published against the tidy tables."""

from __future__ import annotations

import re
import zlib

import numpy as np
import pandas as pd
import pytest

from experiments.readers.opt_figures import (
    BIGBENCH,
    SIZES,
    TRENDS,
    VALIDATION,
    read_bigbench,
    read_trend,
    read_validation,
)  # fmt: skip
from experiments.readers.vector_figures import read_figure
from tests.opt_drawings import courses, draw_bigbench, draw_trend, draw_validation, shares, smooth


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return tmp_path_factory.mktemp("drawn")


def test_perplexity_and_steps_come_back_from_a_figure(drawn):
    table = courses()
    found = read_validation(draw_validation(table, drawn / "validation.pdf"))
    assert found["size"].tolist() == table["size"].tolist()
    assert found.step.tolist() == table.step.tolist()
    assert found.valid_ppl.tolist() == table.valid_ppl.tolist()
    first = found.iloc[0]
    assert (first.tokens, first.tokens_published) == (first.step * 524_288, first.step * 500_000)
    assert first.flops_published == 6 * 125e6 * first.tokens_published


def test_accuracy_comes_back_as_marks_and_as_the_line(drawn):
    table = courses(1)
    found = read_bigbench(draw_bigbench(table, drawn / "bigbench.pdf"), "all")
    assert found.step.tolist() == table.step.tolist()
    assert found.valid_ppl.tolist() == table.valid_ppl.tolist()
    assert found.accuracy_measured_pct.tolist() == pytest.approx(table.accuracy.tolist(), abs=1.01e-4)
    for size in SIZES:
        own = found[found["size"] == size.name]
        line = smooth(table[table["size"] == size.name].accuracy.to_numpy())
        assert own.accuracy_pct.tolist() == pytest.approx(line.tolist(), abs=1.01e-4)
    assert set(found.task_group) == {"all"}
    assert set(found.random_pct) == {31.78}


@pytest.mark.parametrize("trend", TRENDS)
def test_shares_come_back_with_the_trend_of_the_title(drawn, trend):
    table = shares()[lambda all_: all_.trend == trend]
    found = read_trend(draw_trend(table, drawn / f"{trend}.pdf"))
    assert (
        found[["trend", "size", "after_pct_of_training"]].to_numpy().tolist()
        == table[["trend", "size", "after_pct_of_training"]].to_numpy().tolist()
    )
    assert found.pct_of_tokens.tolist() == pytest.approx(table.pct_of_tokens.tolist(), abs=1.01e-4)


def test_steps_that_are_not_whole_are_refused(drawn):
    table = courses()
    table["step"] = table.step + 0.37
    with pytest.raises(ValueError, match=r"crooked.pdf: steps lie .* from whole numbers"):
        read_validation(draw_validation(table, drawn / "crooked.pdf"))


def test_perplexities_of_more_decimals_are_refused(drawn):
    table = courses()
    table["valid_ppl"] += 0.0013
    with pytest.raises(ValueError, match=r"perplexities lie up to .* from two decimals"):
        read_validation(draw_validation(table, drawn / "fine.pdf"))


def test_a_size_that_is_missing_is_named(drawn):
    path = draw_validation(courses(), drawn / "five.pdf", sizes=SIZES[:-1])
    with pytest.raises(ValueError, match=r"five.pdf: has 0 curves in the colour of 175b"):
        read_validation(path)


def test_the_wrong_figure_is_refused(drawn):
    validation = draw_validation(courses(), drawn / "a.pdf")
    with pytest.raises(ValueError, match=r"a.pdf: has no panel"):
        read_bigbench(validation, "all")
    with pytest.raises(ValueError, match=r"a.pdf: its title names no trend"):
        read_trend(validation)
    with pytest.raises(ValueError, match=r"b.pdf: has 4 panels"):
        read_validation(draw_bigbench(courses(1), drawn / "b.pdf"))


def test_broken_files_are_refused_in_one_sentence_with_their_name(drawn):
    whole = draw_validation(courses(), drawn / "whole.pdf").read_bytes()
    start = whole.index(b"stream") + 7
    broken = {
        "no.pdf": (b"hello", "is not a PDF"),
        "empty.pdf": (b"", "is not a PDF"),
        "cut.pdf": (whole[: start + 200], "ends in the middle"),
        "head.pdf": (whole[:80], "no page with one compressed drawing"),
        "changed.pdf": (whole[: start + 50] + bytes(40) + whole[start + 90 :], "does not unpack"),
    }
    for name, (data, words) in broken.items():
        (drawn / name).write_bytes(data)
        with pytest.raises(ValueError, match=words) as error:
            read_validation(drawn / name)
        assert name in str(error.value)
        assert "\n" not in str(error.value)
    with pytest.raises(ValueError, match=r"gone.pdf: cannot be read"):
        read_validation(drawn / "gone.pdf")


def _page(drawing: bytes) -> bytes:
    head = (
        b"%PDF-1.4\n1 0 obj\n<< /Type /Page /Contents 2 0 R >>\nendobj\n2 0 obj\n<< /Filter /FlateDecode >>\nstream\n"
    )
    return head + zlib.compress(drawing) + b"\nendstream\nendobj\n"


def test_operators_of_drawing(tmp_path):
    """Matrices multiply, states come back, brackets in strings are kept, and a curve is no line."""
    path = tmp_path / "page.pdf"
    path.write_bytes(_page(
        b"q 2 0 0 3 10 20 cm 1 0 0 RG 0 0 m 1 1 l S Q\n"
        b"0.5 G 0 0 m 1 1 l S 0 0 m 1 1 2 2 3 3 c S\n"
        b"q 0 1 -1 0 5 6 cm BT /F1 12 Tf 1 2 Td [ (a\\(b) -20 (\\)c) ] TJ ET Q\n"
        b"q 1 2 3 4 re W n 0 1 0 rg 1 0 0 1 7 8 cm /M0 Do 1 0 0 1 1 -1 cm /M0 Do Q\n"
    ))  # fmt: skip
    figure = read_figure(path)
    assert [(one.points, one.colour) for one in figure.lines] == [
        (((10, 20), (12, 23)), (1, 0, 0)), (((0, 0), (1, 1)), (0.5,)),
    ]  # fmt: skip
    text = figure.texts[0]
    assert (text.characters, text.start, text.upright) == ("a(b)c", (3, 7), False)
    assert [(one.points, one.colour) for one in figure.marks] == [(((7, 8), (8, 7)), (0, 1, 0))]
    assert figure.frames[0].right == 4


def test_an_operator_without_operands_is_refused(tmp_path):
    path = tmp_path / "page.pdf"
    path.write_bytes(_page(b"1 m S"))
    with pytest.raises(ValueError, match=r"page.pdf: an operator of the drawing lacks its operands"):
        read_figure(path)


def _table_or_error(read, path):
    try:
        return read(path)
    except ValueError as error:
        return str(error)


@pytest.mark.data
class TestPublished:
    """The figures as published give the tidy tables; typed here from the README beside them."""

    @pytest.fixture
    def folder(self, data_folder):
        return data_folder / "opt"

    def test_validation(self, folder):
        found, tidy = read_validation(folder / VALIDATION), pd.read_csv(folder / "validation_ppl.csv")
        assert len(found) == 864
        assert (found["size"] == "175b").sum() == 33
        pd.testing.assert_frame_equal(found, tidy)

    def test_bigbench(self, folder):
        found = pd.concat([read_bigbench(folder / path, group) for group, path in BIGBENCH.items()], ignore_index=True)
        tidy = pd.read_csv(folder / "bigbench_accuracy.csv")
        assert len(found) == 441 == 3 * 147
        pd.testing.assert_frame_equal(found[tidy.columns], tidy, rtol=0, atol=1.01e-4)
        assert found.groupby("task_group").random_pct.first().to_dict() == {
            "all": 31.78, "linearity": 26.57, "breakthroughness": 33.31,
        }  # fmt: skip

    def test_shared_checkpoints_have_the_perplexity_of_both_figures(self, folder):
        validation = read_validation(folder / VALIDATION).set_index(["size", "step"]).valid_ppl
        bigbench = pd.concat([read_bigbench(folder / path, group) for group, path in BIGBENCH.items()])
        at = bigbench.set_index(["size", "step"]).valid_ppl
        shared = at.index.intersection(validation.index)
        assert at.index.isin(validation.index).sum() == 297
        assert (at.groupby(level=[0, 1]).first()[shared] == validation[shared]).all()

    def test_the_line_is_a_moving_average_of_the_marks(self, folder):
        """The tidy table has the line: its accuracy is not that of single checkpoints."""
        found = read_bigbench(folder / BIGBENCH["all"], "all")
        for _, own in found.groupby("size"):
            line = smooth(own.accuracy_measured_pct.to_numpy())
            assert np.abs(line - own.accuracy_pct).max() < 2e-4
            assert np.abs(own.accuracy_measured_pct - own.accuracy_pct).max() > 0.1

    def test_sizes_are_those_of_the_table_of_models(self, folder):
        models = pd.read_csv(folder / "models.csv").set_index("size")
        assert [size.name for size in SIZES] == models.index[models.in_trajectory_data == 1].tolist()
        for size in SIZES:
            assert (size.n_params, size.batch_tokens) == tuple(
                models.loc[size.name, ["params_nominal", "batch_tokens"]]
            )
            assert size.batch_published == round(size.batch_tokens / 2**20, 1) * 1_000_000

    @pytest.mark.parametrize("path", [VALIDATION, BIGBENCH["linearity"], TRENDS["decreases"]])
    def test_a_file_cut_anywhere_is_refused_or_whole(self, folder, tmp_path, path):
        read = {VALIDATION: read_validation, TRENDS["decreases"]: read_trend}.get(path, lambda p: read_bigbench(p, "x"))
        data, found = (folder / path).read_bytes(), []
        for part in np.linspace(0, 1, 15)[:-1]:
            (tmp_path / "cut.pdf").write_bytes(data[: int(part * len(data))])
            found.append(_table_or_error(read, tmp_path / "cut.pdf"))
        words = [one for one in found if isinstance(one, str)]
        assert len(words) > 1
        assert all("cut.pdf" in one for one in words)
        for table in found[len(words) :]:  # the drawing ends before the fonts
            pd.testing.assert_frame_equal(table, read(folder / path))

    def test_trends(self, folder):
        found = pd.concat([read_trend(folder / path) for path in TRENDS.values()], ignore_index=True)
        tidy = pd.read_csv(folder / "token_trends.csv")
        assert len(found) == 126
        pd.testing.assert_frame_equal(found, tidy, rtol=0, atol=1.01e-4)

    def test_a_label_moved_is_noticed(self, folder, tmp_path):
        """Negative control: with one label of the axis a point away, no width makes all steps whole."""
        data = (folder / VALIDATION).read_bytes()
        start = re.search(rb"\n9 0 obj.*?stream\r?\n", data, re.DOTALL).end()
        drawing = zlib.decompressobj().decompress(data[start:])
        assert b"57.7923229979 24.575 cm" in drawing
        (tmp_path / "moved.pdf").write_bytes(_page(drawing.replace(b"57.7923229979 24.575", b"56.7923229979 24.575")))
        with pytest.raises(ValueError, match=r"moved.pdf: steps lie"):
            read_validation(tmp_path / "moved.pdf")
        (tmp_path / "same.pdf").write_bytes(_page(drawing))
        assert len(read_validation(tmp_path / "same.pdf")) == 864
