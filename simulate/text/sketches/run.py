"""Sketches and samples of a text as it is read: a `Run`, which goes on from file to file."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from bounds.base.intervals import Interval
from bounds.base.quantities import MAX_COUNT
from simulate.text.cutting.hashing import unit_numbers
from simulate.text.cutting.opened import Opened, Told
from simulate.text.cutting.scripts import Tally
from simulate.text.cutting.units import counted, noun, said
from simulate.text.reading.errors import InputError
from simulate.text.sketch import HyperLogLog
from simulate.text.sketches.places import SampledTypes
from simulate.text.sketches.sample import WindowSample


class Noted(NamedTuple):
    """Windows of a prefix, how many are distinct, and how many of those sampled occur once, twice, …

    `types` are those sampled; None where nobody looks ahead from.
    """

    n_windows: int
    estimate: float
    interval: Interval
    seen: np.ndarray
    share: float
    types: SampledTypes | None = None


@dataclass
class Run:
    """What has been read so far."""

    lengths: list[int]
    sketches: list[HyperLogLog]
    samples: list[WindowSample]
    n_windows: list[int]
    read: list[Told] = field(default_factory=list)
    n_units: int = 0
    longest: int = 0
    ahead_from: int = 0
    """Units of the prefix from which is looked ahead, unless it is all of the text."""
    noted: dict[int, list[Noted]] = field(default_factory=dict)
    """For each prefix and length."""
    tally: Tally = field(default_factory=Tally)

    @classmethod
    def begin(cls, lengths: list[int], unit: str, precision: int, seed: int, ahead_from: int = 0) -> Run:
        """Nothing yet, of windows of these `lengths`."""
        kinds = [f"windows of {counted(k, unit)}{said(unit)}" for k in lengths]
        sketches = [HyperLogLog(precision, seed, kind) for kind in kinds]
        samples = [WindowSample(1 << precision, seed, kind) for kind in kinds]
        return cls(lengths, sketches, samples, [0] * len(kinds), ahead_from=ahead_from)

    @property
    def stream(self) -> str:
        """What windows do not join two of."""
        return "document" if any(file.apart for file in self.read) else "file"

    @property
    def hashes(self) -> tuple[tuple[str, str], ...]:
        """The files and their SHA-256."""
        return tuple((file.name, file.sha256) for file in self.read)

    def note(self, end: bool = False) -> None:
        """Note what is estimated for all that was read so far, which may be the `end`."""
        each = zip(self.n_windows, self.sketches, self.samples, strict=True)
        self.noted[self.n_units] = [_noted(*one, end or self.n_units == self.ahead_from) for one in each]


def _noted(n_windows: int, sketch: HyperLogLog, sample: WindowSample, last: bool) -> Noted:
    """What both estimate; where the sample holds all distinct windows, their number is known."""
    n_unique, interval = sketch.estimate(), sketch.interval()
    if sample.share == 1:
        n_unique, interval = float(sample.n_kept), Interval(sample.n_kept, sample.n_kept)
    return Noted(n_windows, n_unique, interval, sample.seen(), sample.share, sample.types() if last else None)


def read_on(run: Run, file: Opened, stops: Sequence[int], seed: int, until: int = MAX_COUNT) -> None:
    """Give the windows of one more file to the sketches, and note what they estimate where `stops` units were read.

    `stops` ascend, and the last of them lies beyond any text. It is not read on where `until` units were read.
    """
    before, longest = run.n_units, max(run.lengths)
    first, kept = before, None
    for numbers, ends in unit_numbers(file, seed, run.tally):
        rest = numbers
        while len(rest):
            stop = stops[bisect_right(stops, run.n_units)]
            new = rest[: stop - run.n_units]
            rest = rest[len(new) :]
            text = new if kept is None else np.concatenate([kept, new])
            for i, length in enumerate(run.lengths):
                part = text[max(0, len(text) - len(new) - length + 1) :]
                run.sketches[i].add_windows(part, length)
                run.samples[i].add_windows(part, length)
                run.n_windows[i] += max(0, len(part) - length + 1)
            kept = text[max(0, len(text) - longest + 1) :] if longest > 1 else None
            run.n_units += len(new)
            if run.n_units == stop:
                run.note()
            if run.n_units >= until:
                return
        if ends and file.apart:
            run.longest, first, kept = max(run.longest, run.n_units - first), run.n_units, None
    if run.n_units == before:
        raise InputError(f"{file.name} holds no {noun(file.unit, 1)}{file.why_empty()}")
    run.longest = max(run.longest, run.n_units - first)
