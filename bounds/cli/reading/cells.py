"""The numbers in the cells of a table: which sign is the decimal one, thousands, powers of ten and letters behind them.

A cell such as ``3,5`` or ``6,795,600,349`` says which sign is the decimal one, and ``1,234`` does not. A table has one
decimal sign: it is read from all of its numbers, and where they do not say, or contradict each other, they are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bounds.base.one_number import shown
from bounds.cli.reading.headers import FLOP, SCALES, Column, superscripts_spelled

_MISSING = {
    "", "nan", "na", "n/a", "#n/a", "#na", "null", "none", "nil", "-", "--", "---", "–", "—", "?", ".", "...", "…",
    "missing", "tbd", "n.a.", "n.a", "<na>", "nat", "-nan", "+nan", "nan(ind)", "-nan(ind)", "1.#qnan", "1.#ind",
    "-1.#ind", "(null)", "\\n", "#div/0!", "#value!", "#ref!", "#num!", "#null!", "#name?", "#error!",
}  # fmt: skip
"""How programs and people write that there is no number."""
_SPREAD = re.compile(r"(.*?\d)\s*(?:±|\+/-|\+-)\s*[\d.,]+(?:[eE]-?\d+)?")
_CELL = re.compile(
    r"([+-]?(?:\d[\d.,_'\u2019 ]*|[.,]\d+))(?:[eE]([+-]?\d{1,9}))?[ ]*([A-Za-z][A-Za-z/-]{0,15}(?: [A-Za-z]{1,12})?)?",
    re.ASCII,
)
_POWER = re.compile(r"(?:(.*?\d)\s*[x×*·]\s*)?10\s*(?:\^|\*\*)\s*\+?(\d{1,3})", re.ASCII)
_SPACES = re.compile("[\u00a0\u2009\u202f ]+")
_ONE_GROUP = r"[+-]?[1-9]\d{0,2}[%s]\d{3}"
_LETTERS = {text: scale for scale, texts in SCALES.items() for text in texts}
_NOUNS = {"n_params": ("params", "parameters"), "n_tokens": ("tokens",), "compute_flops": (), "loss": ()}
_SIGNS = {".": "point", ",": "comma"}


@dataclass(frozen=True)
class Cell:
    """One number as it is written: its digits with their signs, a power of ten, and a letter or a unit behind it."""

    line: int
    key: str
    column: Column
    text: str
    digits: str
    power: str
    unit: str


def is_missing(text: str) -> bool:
    """Whether a cell holds no number and says so: blank, NaN, n/a, a dash."""
    return text.strip().lower() in _MISSING


def cell_of(name: str, line: int, key: str, column: Column, text: str) -> Cell:
    """The cell of `column` in a line; ValueError where it is no number."""
    plain = superscripts_spelled(_SPACES.sub(" ", text.strip()).replace("\u2212", "-"))
    power = _POWER.fullmatch(plain)
    if power is not None and key != "loss":
        plain = f"{power[1] or 1}e{power[2]}"
    if key == "loss" and (spread := _SPREAD.fullmatch(plain)):
        plain = spread[1]
    match = _CELL.fullmatch(plain)
    if match is None or (key == "loss" and (match[3] or re.search("[ '\u2019]", match[1]))):
        number = re.fullmatch(r"[+-]?(inf|infinity)", plain, re.IGNORECASE)
        if number is None:
            raise ValueError(_wrong(name, line, key, column, text))
        return Cell(line, key, column, text.strip(), plain, "", "")
    return Cell(line, key, column, text.strip(), match[1].strip(), match[2] or "", (match[3] or "").lower())


def has_spread(cell: Cell) -> bool:
    """Whether a cell of a loss says how sure it is, as in 3.50 ± 0.01."""
    return cell.key == "loss" and _SPREAD.fullmatch(cell.text) is not None


def decimal_sign(name: str, cells: Iterable[Cell]) -> tuple[str, Cell | None]:
    """The decimal sign of a table, "." or ",", and the first cell that shows it; ValueError where it stays open."""
    shows: dict[str, Cell] = {}
    for cell in cells:
        shows.setdefault(_evidence(cell), cell)
    if "." in shows and "," in shows:
        one, other = sorted((shows["."], shows[","]), key=lambda cell: cell.line)
        raise ValueError(
            f"{name}: {shown(one.text)} in line {one.line} and {shown(other.text)} in line {other.line} have different "
            "decimal signs; write all numbers one way"
        )
    if "," in shows:
        return ",", shows[","]
    if "open comma" in shows and "." not in shows:
        cell = shows["open comma"]
        digits = cell.digits
        raise ValueError(
            f"{name}, line {cell.line}: {shown(cell.text)} in column {shown(cell.column.title)} can be "
            f"{digits.replace(',', '')} or {digits.replace(',', '.')}; write it without commas, with a point before "
            "its decimals"
        )
    return ".", shows.get(".")


def _evidence(cell: Cell) -> str:
    """The decimal sign that a cell shows; "open" with the sign where it shows none, empty where there is no sign."""
    digits, signs = cell.digits, (cell.digits.count(","), cell.digits.count("."))
    if signs == (0, 0):
        return ""
    if all(signs):
        return "," if digits.rfind(",") > digits.rfind(".") else "."
    sign, other = (",", ".") if signs[0] else (".", ",")
    if max(signs) > 1:
        return other
    if re.fullmatch(_ONE_GROUP % sign, digits) and not cell.power and cell.key != "loss":
        return f"open {_SIGNS[sign]}"
    return sign


def is_grouped(cell: Cell, decimal: str) -> bool:
    """Whether a cell has signs between its thousands."""
    return bool(re.search(f"[ '\u2019{'.' if decimal == ',' else ','}]", cell.digits))


def value_of(name: str, cell: Cell, decimal: str) -> float:
    """The number of a cell in the units of the table, not of its column; ValueError where it is none."""
    digits, column = cell.digits, cell.column
    wrong = _wrong(name, cell.line, cell.key, column, cell.text)
    whole, sign, rest = digits.partition(decimal)
    if is_grouped(cell, decimal):
        marks = "." if decimal == "," else ","
        groups = re.fullmatch(rf"[+-]?\d{{1,3}}(?P<mark>[ '\u2019{marks}])\d{{3}}(?:(?P=mark)\d{{3}})*", whole)
        if groups is None or not re.fullmatch(r"\d*", rest) or cell.key == "loss":
            raise ValueError(f"{wrong}: its thousands are not groups of three digits after one sign")
        whole = whole.replace(groups["mark"], "")
    try:
        value = float(f"{whole}{'.' if sign else ''}{rest}{f'e{cell.power}' if cell.power else ''}")
    except ValueError:
        raise ValueError(wrong) from None
    if not cell.unit:
        return value
    scale = _scale(cell)
    if scale is None or not value * scale >= 1:
        raise ValueError(wrong)
    if column.scale != 1 and scale != 1:
        raise ValueError(
            f"{name}, line {cell.line}: {shown(cell.text)} has a unit of its own, and so has its column "
            f"{shown(column.title)}"
        )
    return value * scale


def _scale(cell: Cell) -> float | None:
    """What the letters behind a number multiply it by."""
    unit = cell.unit
    for noun in _NOUNS[cell.key]:
        if unit == noun:
            return 1.0
        unit = unit.removesuffix(f" {noun}")
    if cell.key == "compute_flops" and unit in FLOP:
        return FLOP[unit]
    return _LETTERS.get(unit)


def _wrong(name: str, line: int, key: str, column: Column, text: str) -> str:
    such = "" if key == "loss" else " such as 1e9, 300M or 1.5B"
    return f"{name}, line {line}: {shown(text.strip())} in column {shown(column.title)} is not a number{such}"
