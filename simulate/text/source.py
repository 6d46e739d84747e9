"""``corpus:PATH,unit=word,length=2``: a real corpus as a source of a sweep."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from bounds.base.arguments import close_to, shown
from bounds.base.quantities import parse_count
from simulate.text.cutting.sequences import Units, read_units
from simulate.text.cutting.units import counted
from simulate.text.reading.asked import ReadOptions
from simulate.text.reading.errors import InputError, label
from simulate.text.reading.room import counted_exactly, require
from simulate.text.repeats import note_of_repeats

if TYPE_CHECKING:
    from simulate.text.exponents import CorpusFit
    from simulate.text.growth import CorpusGrowth


def why_too_short(n_draws: int, n_unique: int) -> str:
    """Why a text that cannot be cut into blocks has no exponent."""
    reason = "all windows are the same" if n_unique == 1 else "the text is too short to be cut into blocks"
    return f"No exponent: {reason} (D = {n_draws})."


_READING = tuple(one.name for one in fields(ReadOptions))
_WRITTEN = {"true": True, "false": False}

_FORM = re.compile(r'corpus:(?:"(?P<quoted>[^"]*)"|(?P<plain>[^,"]*))(?P<rest>(?:,[^,]*)*)\s*')


@dataclass(frozen=True)
class CorpusSource:
    """A text whose windows of `length` units are the sequences; a corpus is its own single replicate."""

    path: str
    unit: str = "word"
    length: int = 1
    reading: ReadOptions = field(default_factory=ReadOptions)

    def __str__(self) -> str:
        path = f'"{self.path}"' if "," in self.path else self.path
        given = self.reading.given.items()
        asked = "".join(f",{name}={'true' if value is True else value}" for name, value in given)
        return f"corpus:{path},unit={self.unit},length={self.length}{asked}"

    def open(self) -> OpenCorpus:
        """The corpus, read; InputError where the file cannot be read as asked or is shorter than a window."""
        piped = self.path == "-"
        units = _piped(self) if piped else read_units(self.path, self.unit, reading=self.reading)
        if units.n_units < self.length:
            raise InputError(
                f"{label(self.path)}: length must be at most its {counted(units.n_units, self.unit)}, got {self.length}"
            )
        return OpenCorpus(self, units)


_pipe: tuple[object, ReadOptions, Units] | None = None
"""The standard input that was read last, how, and its units: some commands open their text several times."""


def _piped(source: CorpusSource) -> Units:
    """The units of standard input, which can be read once; InputError where it was read as other units before."""
    global _pipe
    stream = getattr(sys.stdin, "buffer", None)
    if _pipe is None or _pipe[0] is not stream:
        _pipe = (stream, source.reading, read_units("-", source.unit, reading=source.reading))
    _, reading, units = _pipe
    if units.unit != source.unit or reading != source.reading:
        raise InputError(
            f"standard input was read by unit {units.unit} already, and is wanted by unit {source.unit}"
            f"{'' if units.unit != source.unit else ' in another way'}: write it to a file, and name that"
        )
    return units


class OpenCorpus:
    """A corpus that was read. Only as much of it as a sweep asks for is counted and fitted."""

    def __init__(self, source: CorpusSource, units: Units) -> None:
        self._length, self._units = source.length, units
        self._growth: CorpusGrowth | None = None

    @property
    def n_windows(self) -> int:
        """Windows in the file."""
        return self._units.n_windows(self._length)

    @property
    def digests(self) -> dict[str, str]:
        """SHA-256 of the file's bytes after decompression."""
        return dict(self._units.sha256)

    @property
    def notes(self) -> list[str]:
        """What a reader of any count of this text has to know, one sentence each."""
        return [*self._units.notes, *note_of_repeats(self._units.ids, self._units.unit)]

    def count(self, n_draws: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Distinct windows among the first `n_draws` windows, ascending, and the spectrum of the last.

        Its bins are `bounds.FrequencySpectrum.edges` of the last.
        """
        from bounds.base.spectrum import FrequencySpectrum
        from simulate.text.growth import measure_units

        at = [n + self._length - 1 for n in n_draws]
        starts = np.minimum(self._units.starts, at[-1])
        part = replace(self._units, ids=self._units.ids[: at[-1]], starts=starts)
        (self._growth,) = measure_units(part, [self._length], at=at)
        standard = FrequencySpectrum.edges(min(n_draws[-1], 2**63 - 1))
        bins = np.searchsorted(standard, self._growth.edges, side="right") - 1
        counts = np.zeros(len(standard), dtype=np.int64)
        np.add.at(counts, bins, self._growth.spectrum[-1])
        return self._growth.n_unique, counts

    def window_ids(self) -> np.ndarray:
        """Number, uint32, of each window among the distinct ones, in the order of the text; shape (window,)."""
        from simulate.text.counting import window_ids

        with counted_exactly(self._units.corpus):
            (found,) = window_ids(self._units, [self._length])
            require(found.ids.nbytes)
            streams = zip(self._units.starts[:-1].tolist(), self._units.starts[1:].tolist(), strict=True)
            return np.concatenate([found.ids[a : max(a, b - self._length + 1)] for a, b in streams])

    def fit(self) -> CorpusFit | None:
        """The exponent of what was counted, with an interval from blocks of the text; None where it is too short."""
        from simulate.text.exponents import fit_corpus

        if self._growth is None or self._growth.blocks is None:
            return None
        return fit_corpus(self._growth)


def parse_corpus(text: str) -> CorpusSource:
    """The corpus that a string such as ``corpus:novels.txt.zst,unit=word,length=2`` names; ValueError otherwise."""
    match = _FORM.fullmatch(text.strip())
    path = match and (match["quoted"] or match["plain"])
    if not match or not path:
        raise ValueError(
            f"source {shown(text)}: a corpus is written corpus:FILE,unit=word,length=1; quote a name that holds a comma"
        )
    if not path.isprintable():
        raise ValueError(
            f"source {shown(text)}: the name of a text must be printable, to stand in tables and results; link it "
            "under another name"
        )
    arguments: dict[str, Any] = {}
    names = ("unit", "length", *_READING)
    for part in match["rest"].split(",")[1:]:
        name, _, value = (piece.strip() for piece in part.partition("="))
        if name not in names or name in arguments:
            close = close_to(name, names)
            hint = f"did you mean {close}=? " if close and name not in arguments else ""
            raise ValueError(
                f"source {shown(text)}: {shown(part)} is not understood; {hint}corpus takes unit=... and length=..., "
                f"and to read the file {', '.join(_READING)}"
            )
        arguments[name] = parse_count(value, name="length", high=1 << 20) if name == "length" else value
    asked = {name: _WRITTEN.get(arguments[name], arguments[name]) for name in _READING if name in arguments}
    unit = arguments.get("unit", "word")
    try:
        reading = ReadOptions(**asked)
        reading.check_unit(unit)
    except ValueError as error:
        raise ValueError(f"source {shown(text)}: {error}") from None
    return CorpusSource(path, unit, arguments.get("length", 1), reading)
