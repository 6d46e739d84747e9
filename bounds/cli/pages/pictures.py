"""A figure inside a page: vectors without a name that two figures share, and in words what is to be seen of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bounds.base.arguments import printable
from bounds.cli.drawing.style import drawn_as

_PANELS = 3
"""Panels that a caption names; the description names all."""


@dataclass(frozen=True)
class Picture:
    """A figure as it stands in a page: `svg`, trusted, and `caption`, which is not."""

    svg: str
    caption: str


def picture(figure: Figure, name: str) -> Picture:
    """`figure` as elements of a page; `name` stands before each of its ids, and is a letter and digits."""
    caption, text = _caption(figure), description(figure)
    figure.patch.set_visible(False)  # the page has a white card for it
    # With a salt of their own the ids of one figure are the same whenever it is drawn.
    with matplotlib.rc_context({"svg.hashsalt": name, "svg.fonttype": "path"}):
        drawn = drawn_as(figure, ".svg").decode("utf-8")
    return Picture(_inline(drawn, name, caption, text), caption)


def description(figure: Figure) -> str:
    """Panel by panel: its title, its axes and what is named in it."""
    panels = [_panel(axes) for axes in _panels(figure)]
    heading = figure.get_suptitle()
    return " ".join(
        [
            *([_sentence(heading)] if heading else []),
            *([_sentence(shared)] if (shared := _against(figure.get_supxlabel(), figure.get_supylabel())) else []),
            *(f"Panel {i}: {text}" if len(panels) > 1 else text for i, text in enumerate(panels, 1)),
            "The numbers are in the tables.",
        ]
    )


def _panels(figure: Figure) -> Iterable[Axes]:
    """The axes of `figure` but the bars that explain colours."""
    return [axes for axes in figure.axes if axes.get_label() != "<colorbar>" and axes.get_visible()]


def _panel(axes: Axes) -> str:
    titles = [axes.get_title(loc) for loc in ("left", "center", "right")]
    said = [f"{_sentence(title)}" for title in titles if title]
    if (x := axes.get_xlabel()) and (y := axes.get_ylabel()):
        said.append(f"{_sentence(f'{y} against {x}')}")
    elif x or axes.get_ylabel():
        said.append(_sentence(x or axes.get_ylabel()))
    labels = [label for label in axes.get_legend_handles_labels()[1] if label]
    labels += [text.get_text() for text in axes.texts if text.get_text()]
    if labels:
        said.append(_sentence(f"Shown: {'; '.join(' '.join(label.split()) for label in dict.fromkeys(labels))}"))
    return " ".join(said)


def _against(x: str, y: str) -> str:
    """What is drawn against what."""
    return f"{y} against {x}" if x and y else x or y


def _sentence(text: str) -> str:
    text = " ".join(printable(line) for line in text.split("\n")).strip()
    return text if text.endswith((".", "?")) else f"{text}."


def _caption(figure: Figure) -> str:
    """What is drawn against what, of the first panels."""
    named = []
    panels = [(axes.get_xlabel(), axes.get_ylabel(), axes.get_title()) for axes in _panels(figure)]
    for x, y, title in [(figure.get_supxlabel(), figure.get_supylabel(), ""), *panels]:
        if text := _against(x, y) or title:
            named.append(" ".join(printable(line) for line in text.split("\n")))
    named = list(dict.fromkeys(named))
    more = len(named) - _PANELS
    said = "; ".join(named[:_PANELS]) + (f"; and {more} more" if more > 0 else "")
    return f"{said[:1].upper()}{said[1:]}." if said else "Without axes."


def _inline(svg: str, name: str, title: str, text: str) -> str:
    """The element ``svg`` of a file, as wide as there is room, with a title and a description for who cannot see it."""
    svg = svg[svg.index("<svg ") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(\bid=")', rf"\g<1>{name}-", svg)
    svg = re.sub(r'((?:xlink:)?href="|url\()#', rf"\g<1>#{name}-", svg)
    head, rest = svg.split(">", 1)
    (width,) = re.findall(r' width="([\d.]+)pt"', head)
    head = re.sub(r' (?:width|height|version)="[^"]*"', "", head)
    labels = f'role="img" aria-labelledby="{name}-title {name}-text" style="--width: {float(width):.0f}pt"'
    words = f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-text">{escape(text)}</desc>'
    return f"{head} {labels}>{words}{rest}"
