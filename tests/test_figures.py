"""Figures: names beside curves, colours that all eyes see, and the figure of a plan against its numbers."""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from matplotlib.figure import Figure
from matplotlib.text import Annotation

import bounds.cli.pages.page
from bounds.__main__ import main
from bounds.cli.drawing.labels import End, label_ends, shorten, without_yellow
from bounds.cli.drawing.plan_figure import draw
from bounds.cli.drawing.style import COLOURS, GREY, MARKERS, style
from bounds.planning import plan
from simulate.running.showing.local_slopes import DARK

EYES = {
    "all cones": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}  # fmt: skip
"""What linear RGB looks like to each, at the full severity (Machado, Oliveira and Fernandes 2009)."""
TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
                   [0.0193339, 0.1191920, 0.9503041]])  # fmt: skip


def linear(colour: str) -> np.ndarray:
    values = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    part = TO_XYZ @ np.clip(rgb, 0, 1) / np.array([0.95047, 1, 1.08883])
    f = np.where(part > 216 / 24389, np.cbrt(part), (24389 / 27 * part + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(colour: str) -> float:
    """With white, as WCAG 2 has it."""
    return float(1.05 / ((TO_XYZ @ linear(colour))[1] + 0.05))


def apart(colours: tuple[str, ...], eye: str) -> float:
    seen = [lab(np.asarray(EYES[eye]) @ linear(colour)) for colour in colours]
    return min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2))


@pytest.mark.parametrize("eye", EYES)
def test_colours_are_told_apart_and_seen_on_white(eye):
    assert apart(COLOURS, eye) > 12
    assert min(map(contrast, COLOURS)) >= 3
    assert apart(("#d62728", "#2ca02c"), "deutan") < apart(("#d62728", "#2ca02c"), "all cones") / 2, "the measure works"
    assert contrast("#E69F00") < 3, "and yellow would not pass"


def test_no_two_curves_are_told_apart_by_their_colour_alone():
    several = [style(i) for i in range(len(COLOURS) * len(MARKERS))]
    assert len({(one.colour, one.marker) for one in several}) == len(several)
    assert all(a.marker != b.marker and a.dash != b.dash for a, b in itertools.pairwise(several))
    assert len({one.marker for one in several[: len(MARKERS)]}) == len(MARKERS)


def test_letters_in_colours_are_as_dark_as_letters_have_to_be():
    assert contrast(GREY) >= 4.5
    assert contrast(DARK) >= 4.5
    assert contrast("#9a9a9a") < 4.5, "and a paler grey would not pass"


def test_figures_have_a_white_card_on_dark_pages_which_they_need():
    """On the dark ground itself some of the colours cannot be seen."""
    css = (Path(bounds.cli.pages.page.__file__).parent / "page.css").read_text(encoding="utf-8")
    card = css[css.index("div.picture {") : css.index("table {")]
    assert "--under: #ffffff" in card
    assert "background-color: var(--under)" in card
    (dark,) = re.findall(r"prefers-color-scheme: dark\) \{\s*:root \{ --paper: (#[0-9a-f]{6})", css)
    ground = (TO_XYZ @ linear(dark))[1] + 0.05
    assert min(((TO_XYZ @ linear(colour))[1] + 0.05) / ground for colour in COLOURS) < 3
    assert "prefers-color-scheme" not in card


def test_the_map_of_sizes_has_no_yellow():
    ends = ["#" + "".join(f"{round(255 * part):02x}" for part in without_yellow()(x)[:3]) for x in (0.0, 0.5, 1.0)]
    assert min(map(contrast, ends)) > 1.5


@pytest.mark.parametrize("ys", [[1, 1, 1, 1], [1, 2, 3], [5, 1, 1.001, 9], [1e-3, 1e3], [0.5]])
def test_names_do_not_cover_each_other_and_keep_their_order(ys):
    drawn = Figure(figsize=(6, 3))
    axes = drawn.subplots()
    for y in ys:
        axes.plot([1, 10], [1, y])
    axes.set(xscale="log", yscale="log")
    label_ends(axes, [End(10, y, f"name {i}", COLOURS[0]) for i, y in enumerate(ys)])
    names = [text for text in axes.texts if isinstance(text, Annotation)]
    places = [float(axes.transAxes.transform(text.xyann)[1]) for text in names]  # in pixels
    assert len(places) == len(ys)
    for one, other in itertools.combinations(places, 2):
        assert abs(one - other) >= float(names[0].get_fontsize()) * drawn.dpi / 72
    for (y, place), (z, other) in itertools.combinations(zip(ys, places, strict=True), 2):
        assert y == z or (y < z) == (place < other)


def test_long_names_keep_both_ends():
    assert shorten("zipf:1.724") == "zipf:1.724"
    found = shorten("mixture:0.7*(zipf:2.0)+0.3*(zipf:1.5,shift=5)", 20)
    assert len(found) == 20
    assert found.startswith("mixture:0.")
    assert found.endswith("shift=5)")


@pytest.mark.parametrize(
    "asked",
    [{"compute_flops": 1e23}, {"compute_flops": 1e22, "n_tokens": 1e11}, {"target_loss": 2.2},
     {"compute_flops": 1e22, "tokens_per_param": 100}, {"compute_flops": 1e23, "inference_tokens": 1e12}],
    ids=str,
)  # fmt: skip
def test_the_figure_of_a_plan_has_its_numbers(asked):
    """Each curve has its least value where the plan has its size, and costs at its ends what `tolerance` says."""
    found = plan(**asked)
    (axes,) = draw(found).axes
    curves = [line for line in axes.lines if np.size(line.get_xdata()) == 400]
    assert len(curves) == len(found.near)
    near = [(row, how) for row, how in zip(found.rows, found.spendings, strict=True) if not row.is_far]
    for (row, how), line in zip(near, curves, strict=True):
        sizes, losses = (np.asarray(values, float) for values in (line.get_xdata(), line.get_ydata()))
        if row.n_params_lower is not None:
            assert math.log(sizes[losses.argmin()] / row.n_params) == pytest.approx(0, abs=0.05)
            ends = how.along(row.compute_flops, np.array([row.n_params_lower, row.n_params_upper]))
            assert ends == pytest.approx(row.loss * (1 + found.tolerance), rel=1e-6)
        assert float(how.along(row.compute_flops, row.n_params)) == pytest.approx(row.loss, rel=1e-9)
    for row in found.near:
        assert any(row.law.split(".")[0][:20] in text.get_text() for text in axes.texts)


def test_a_plan_that_no_law_reaches_has_no_figure(tmp_path):
    path = tmp_path / "x.svg"
    found = CliRunner().invoke(main, ["plan", "--flops", "1e30", "--figure", str(path)])
    assert "too far from its runs to be drawn" in str(found.exception)
    assert not path.exists()
    assert CliRunner().invoke(main, ["plan", "--flops", "1e23", "--figure", str(path)]).exit_code == 0
    assert path.read_text().count("<svg ") == 1
    found = CliRunner().invoke(main, ["plan", "--flops", "1e23", "--figure", str(path)])
    assert found.exit_code == 2
    assert "exists already; pass --overwrite" in found.output
