"""Lines, marks and texts of a figure that matplotlib saved as PDF: one page, one compressed stream of operators.

No more of PDF is read than such a figure has: the stream that its page names, inflated, and the operators that move,
colour, draw and write in it (ISO 32000-1, annex A). Coordinates are points of the page.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

Colour = tuple[float, ...]
Point = tuple[float, float]
Matrix = tuple[float, ...]


@dataclass(frozen=True)
class Frame:
    """The rectangle of a panel, to which what is drawn in it is clipped."""

    left: float
    bottom: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its other side."""
        return self.left + self.width


@dataclass(frozen=True)
class Drawn:
    """Points of one line, or the places of one marker, in the order of drawing; outside of all panels no `frame`."""

    points: tuple[Point, ...]
    colour: Colour
    frame: Frame | None


@dataclass(frozen=True)
class Text:
    """What is written from `start` on, in pieces of (size of the font, characters); a smaller piece is an exponent."""

    start: Point
    pieces: tuple[tuple[float, str], ...]
    upright: bool

    @property
    def characters(self) -> str:
        """All of it, whatever the size."""
        return "".join(piece for _, piece in self.pieces)


@dataclass(frozen=True)
class VectorFigure:
    """All that stands on the page, each kind in the order of drawing."""

    path: Path
    lines: list[Drawn] = field(default_factory=list)
    marks: list[Drawn] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)

    @property
    def frames(self) -> list[Frame]:
        """Panels, from the left."""
        found = {one.frame for one in (*self.lines, *self.marks) if one.frame is not None}
        return sorted(found, key=lambda frame: frame.left)


def read_figure(path: str | Path) -> VectorFigure:
    """Everything that is drawn on the one page of `path`.

    Raises ValueError, naming the file, where it cannot be read, is no such figure, or is cut short.
    """
    path = Path(path)
    figure, drawing = VectorFigure(path), _content(path)
    try:
        _Page(figure).draw(drawing)
    except (IndexError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: an operator of the drawing lacks its operands; fetch the file again") from error
    return figure


def _content(path: Path) -> str:
    """The drawing operators of the page."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror}); fetch it again") from error
    if not data.startswith(b"%PDF-"):
        raise ValueError(f"{path}: is not a PDF, it begins with {data[:8]!r}; fetch it again")
    page = re.search(rb"/Contents (\d+) 0 R", data)
    packed = page and re.search(rb"(?<!\d)%b 0 obj\s*<<[^>]*/FlateDecode[^>]*>>\s*stream\r?\n" % page[1], data)
    if not packed:
        raise ValueError(f"{path}: no page with one compressed drawing; pass a PDF that matplotlib saved")
    unpacking = zlib.decompressobj()
    try:
        drawing = unpacking.decompress(data[packed.end() :])
    except zlib.error as error:
        raise ValueError(f"{path}: its drawing does not unpack ({error}); fetch the file again") from error
    if not unpacking.eof:
        raise ValueError(f"{path}: ends in the middle of its drawing; fetch the file again")
    return drawing.decode("latin-1")


_TOKEN = re.compile(r"\((?:\\.|[^\\()])*\)|/[^\s/()\[\]<>]+|[^\s/()\[\]<>]+")
_NUMBER = re.compile(r"[+-]?\d*\.?\d*")


def _operations(drawing: str) -> Iterator[tuple[str, list[str]]]:
    """Each operator with the operands before it; brackets of arrays are left out."""
    operands: list[str] = []
    for token in _TOKEN.findall(drawing):
        if token[0] in "(/" or _NUMBER.fullmatch(token):
            operands.append(token)
        else:
            yield token, operands
            operands = []


@dataclass(frozen=True)
class _State:
    """What `q` keeps and `Q` brings back."""

    matrix: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    stroke: Colour = (0.0,)
    fill: Colour = (0.0,)
    frame: Frame | None = None


class _Page:
    """Carries the operators out, keeping what they draw."""

    def __init__(self, figure: VectorFigure) -> None:
        self.figure = figure
        self.state = _State()
        self.kept: list[_State] = []
        self.points: list[Point] = []
        self.straight = True
        self.rectangle: Frame | None = None
        self.marker: tuple[str, _State, list[Point]] | None = None
        self.font = 0.0
        self.at: Point = (0.0, 0.0)
        self.pieces: list[tuple[float, str]] = []
        self.start: Point | None = None

    def draw(self, drawing: str) -> None:
        for operator, operands in _operations(drawing):
            self._paint(operator, operands)
            self._write(operator, operands)

    def _paint(self, operator: str, operands: list[str]) -> None:
        """Lines, markers, colours and panels."""
        if operator == "q":
            self.kept.append(self.state)
        elif operator == "Q":
            self._end_marker()
            self.state = self.kept.pop()
        elif operator == "cm":
            self.state = replace(self.state, matrix=_product(_numbers(operands), self.state.matrix))
        elif operator in ("RG", "G"):
            self.state = replace(self.state, stroke=_numbers(operands))
        elif operator in ("rg", "g"):
            self.state = replace(self.state, fill=_numbers(operands))
        elif operator in ("m", "l"):
            self.points.append(_moved(_numbers(operands), self.state.matrix))
        elif operator in ("c", "v", "y", "h"):
            self.straight = False
        elif operator == "re":
            self.rectangle = Frame(*_numbers(operands))
        elif operator == "W" and self.rectangle is not None:
            self.state = replace(self.state, frame=self.rectangle)
        elif operator == "Do":
            self._mark(operands[-1])
        elif operator in ("S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "n"):
            if operator == "S" and self.straight and self.points:
                self.figure.lines.append(Drawn(tuple(self.points), self.state.stroke, self.state.frame))
            self.points, self.straight, self.rectangle = [], True, None

    def _mark(self, name: str) -> None:
        """A marker stands where the coordinates have been moved to."""
        if self.marker is None or self.marker[0] != name:
            self._end_marker()
            self.marker = (name, self.state, [])
        self.marker[2].append((self.state.matrix[4], self.state.matrix[5]))

    def _end_marker(self) -> None:
        if self.marker is not None:
            _, state, points = self.marker
            self.figure.marks.append(Drawn(tuple(points), state.fill, state.frame))
            self.marker = None

    def _write(self, operator: str, operands: list[str]) -> None:
        """Texts."""
        if operator == "BT":
            self.at, self.pieces, self.start = (0.0, 0.0), [], None
        elif operator == "Td":
            right, up = _numbers(operands)
            self.at = (self.at[0] + right, self.at[1] + up)
        elif operator == "Tf":
            self.font = float(operands[-1])
        elif operator in ("Tj", "TJ"):
            self.start = self.start or _moved(self.at, self.state.matrix)
            self.pieces.append((self.font, "".join(_written(one) for one in operands if one[0] == "(")))
        elif operator == "ET" and self.start is not None:
            self.figure.texts.append(Text(self.start, tuple(self.pieces), self.state.matrix[1] == 0))


def _numbers(operands: list[str]) -> tuple[float, ...]:
    return tuple(float(one) for one in operands if one[0] not in "(/")


def _written(token: str) -> str:
    """Characters of a string in brackets; a bar before a bracket or a bar says that it is one."""
    return re.sub(r"\\([()\\])", r"\1", token[1:-1])


def _product(first: Matrix, then: Matrix) -> Matrix:
    """The matrix that does `first`, and `then`."""
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)


def _moved(point: tuple[float, ...], matrix: Matrix) -> Point:
    (x, y), (a, b, c, d, e, f) = point, matrix
    return a * x + c * y + e, b * x + d * y + f
