"""How the number of distinct windows grows in a text of any size, from a pipe, in bounded memory: `sketch_corpus`.

The units of `hashing` go by once; each length of window has a `HyperLogLog`, whose estimate is noted at the prefixes
asked for, and a `WindowSample`, which says how many windows occur once, twice, … there. Memory is one piece of text,
the longest window, the registers and the sample. What they do not know: how long the text is before it ends. Prefixes
that would depend on that stand at 10^(j/8), whole numbers, eight to a factor of ten, whatever the text turns out to be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, overload

import numpy as np

from bounds.base.brief import brief_fields
from bounds.base.intervals import Interval
from bounds.base.notes import INPUT, METHOD, SUSPECT, Note
from bounds.base.quantities import MAX_COUNT
from bounds.base.telling.html import html_table
from simulate.text.counting import EXACT_TO
from simulate.text.cutting.opened import bytes_of, check_options, notes_of, opened
from simulate.text.cutting.sequences import same_files
from simulate.text.cutting.units import counted
from simulate.text.growth import (
    FILE_ORDER,
    NO_PREFIX,
    SMALLEST,
    Paths,
    at_items,
    not_joined,
    read_points,
    window_lengths,
)
from simulate.text.reading.asked import ReadOptions
from simulate.text.reading.errors import InputError
from simulate.text.reading.naming import Files, named_files
from simulate.text.sketch import PRECISION, HyperLogLog
from simulate.text.sketches.places import SampledTypes
from simulate.text.sketches.run import Noted, Run, read_on
from simulate.text.sketches.sample import WindowSample, scaled

PER_DECADE = 8
_OPEN = tuple(sorted({round(10 ** (j / PER_DECADE)) for j in range(19 * PER_DECADE)}))


@dataclass(frozen=True, eq=False)
class SketchedGrowth:
    """Estimated numbers of distinct windows of `length` units in growing prefixes; arrays run along the prefixes.

    Errors of prefixes come from the same registers: neighbours are wrong in the same direction by nearly the same.
    """

    corpus: str
    unit: str
    length: int
    n_units: np.ndarray
    n_draws: np.ndarray
    n_unique: np.ndarray
    """Estimates rounded to int64, at most `n_draws`; exact where the sample holds all distinct windows."""
    interval: Interval
    """95 % intervals of `n_unique`, normal, from the nominal error; at most `n_draws`. A point if exact."""
    sketch: HyperLogLog
    """Of all windows of the text, whatever the last prefix is: merge those of parts of a corpus."""
    sha256: tuple[tuple[str, str], ...]
    """(file, SHA-256 of its bytes after decompression)."""
    notes: tuple[Note, ...]
    """What a reader of the estimates has to know, one sentence each."""
    sample: WindowSample
    """A sample of the distinct windows with their counts, of the whole text; those of parts merge as well."""
    spectrum: np.ndarray
    """(prefix, k - 1) estimates of how many windows occur k times, int64, to k = 100; the last column is all above."""
    spectrum_interval: Interval
    """95 % intervals of `spectrum`, each by itself, from sampling (`simulate.text.sketches.sample.scaled`)."""
    types: SampledTypes = field(repr=False)
    """Those sampled in the last prefix, with the blocks that they occur in: what looking ahead rests on."""
    order: str = "file"
    n_bytes: int | None = None
    """Bytes of all files after decompression; None where a result does not say."""

    @property
    def f1(self) -> np.ndarray:
        """Estimated number of windows that occur once in the prefix."""
        return self.spectrum[:, 0]

    @property
    def f2(self) -> np.ndarray:
        """Estimated number of windows that occur twice in the prefix."""
        return self.spectrum[:, 1]

    @property
    def edges(self) -> np.ndarray:
        """Lower edges of the bins of `spectrum`: 1 to 101."""
        return np.arange(1, EXACT_TO + 2)

    __repr__ = brief_fields

    def _repr_html_(self) -> str:
        names = ("n_units", "n_draws", "n_unique", "n_unique_lower", "n_unique_upper")
        title = f"Distinct windows of {counted(self.length, self.unit)} in {self.corpus}"
        return html_table(title, [[str(row[name]) for name in names] for row in self.rows()], names)

    def rows(self) -> list[dict[str, Any]]:
        """One flat object a prefix, with the names of the Dataset."""
        same = {name: getattr(self, name) for name in ("corpus", "unit", "length", "order")}
        columns = {"n_units": self.n_units, "n_draws": self.n_draws, "n_unique": self.n_unique, **self.ends()}
        columns |= {"f1": self.f1, "f2": self.f2}
        table = zip(*(column.tolist() for column in columns.values()), strict=True)
        return [{**same, **dict(zip(columns, row, strict=True))} for row in table]

    def ends(self) -> dict[str, np.ndarray]:
        """The ends of the intervals of U, f1 and f2, by their names in the Dataset."""
        lower, upper = self.spectrum_interval
        return {
            "n_unique_lower": self.interval.lower, "n_unique_upper": self.interval.upper,
            "f1_lower": lower[:, 0], "f1_upper": upper[:, 0], "f2_lower": lower[:, 1], "f2_upper": upper[:, 1],
        }  # fmt: skip


@overload
def sketch_corpus(
    paths: Paths,
    *,
    unit: str = ...,
    length: int = ...,
    at: Any = ...,
    precision: int = ...,
    seed: int = ...,
    reading: ReadOptions | None = ...,
    cluster: str | None = ...,
) -> SketchedGrowth: ...


@overload
def sketch_corpus(
    paths: Paths,
    *,
    unit: str = ...,
    length: Sequence[int],
    at: Any = ...,
    precision: int = ...,
    seed: int = ...,
    reading: ReadOptions | None = ...,
    cluster: str | None = ...,
) -> list[SketchedGrowth]: ...


def sketch_corpus(
    paths: Paths,
    *,
    unit: str = "word",
    length: int | Sequence[int] = 1,
    at: Any = None,
    precision: int = PRECISION,
    seed: int = 0,
    reading: ReadOptions | None = None,
    cluster: str | None = None,
) -> SketchedGrowth | list[SketchedGrowth]:
    """Estimated counts of distinct windows of `length` units in growing prefixes of the text in `paths`.

    As `measure_corpus`, in one pass and with memory that does not grow with the text. `at` takes the same grids, but
    where they depend on the length of the text (None, or LOW:all:COUNT) prefixes stand at 10^(j/8). `precision` p
    from 4 to 18 gives 2^p registers of a byte to each length and a relative standard error of 1.04/2^(p/2); `seed`
    chooses the hash functions.

    `cluster` names Dask workers that read in place of this process (``local:4`` or ``tcp://host:port``); they change no
    number, and read what is before the last prefix twice.

    Sketches of files, made apart with one `precision` and `seed`, merge into that of all of them, since no window
    joins two files: ``functools.reduce(HyperLogLog.merge, (part.sketch for part in parts))``.

    Returns a `SketchedGrowth`; a list of them, in the order given, if `length` is a sequence. Raises InputError (a
    ValueError) with one sentence for a file that cannot be read as asked and for an argument out of range.
    """
    options = reading or ReadOptions()
    check_options(unit, options)
    files, lengths = named_files(paths), window_lengths(length)
    grid = _grid(at, max(lengths), unit)
    run = Run.begin(lengths, unit, precision, seed, ahead_from=max(grid.given, default=0))
    if cluster is None:
        for file in opened(files, unit, options):
            read_on(run, file, grid.stops, seed)
            run.read.append(file.told())
    else:
        from simulate.text.shards.sketching import sketched_on_cluster  # what needs no cluster loads none

        run = sketched_on_cluster(cluster, run, files, unit, options, seed, partial(_points, grid, at))
    if max(lengths) > run.longest:
        raise InputError(
            f"length must be at most the {counted(run.longest, unit)} of the longest {run.stream} of {files.corpus}, "
            f"got {max(lengths)}"
        )
    found = _growths(run, grid, at, unit, files, options)
    return found[0] if np.ndim(length) == 0 else found


@dataclass(frozen=True)
class _Grid:
    """Prefixes to note: some given, and those of the open grid from `low` on, if it is not None."""

    given: tuple[int, ...]
    low: int | None
    end: bool

    @property
    def stops(self) -> list[int]:
        opened = [n for n in _OPEN if n >= self.low] if self.low is not None else []
        return [*sorted({*self.given, *opened}), MAX_COUNT]


def _grid(at: Any, length: int, unit: str) -> _Grid:
    """What `at` asks for, as far as it can be known before the text is read."""
    if at is None:
        return _Grid((), length, True)
    given: set[int] = set()
    low, end = None, False
    for item in at_items(at):
        parts = [part.strip().lower() for part in str(item).split(":")]
        if parts == ["all"]:
            end = True
        elif len(parts) == 3 and parts[1] == "all" != parts[0]:
            (first,) = read_points(parts[:1], MAX_COUNT)
            read_points([f"1:1:{parts[2]}"], MAX_COUNT)  # a bad COUNT is refused, though it is not used
            given.add(first)
            low, end = min(first, low or first), True
        else:
            given |= read_points([item], MAX_COUNT)
    if not (given or end):
        raise InputError(NO_PREFIX)
    if given and min(given) < length:
        raise InputError(f"at must be at least the length of a window, {counted(length, unit)}, got {min(given)}")
    return _Grid(tuple(sorted(given)), low, end)


def _points(grid: _Grid, at: Any, total: int) -> list[int]:
    """The prefixes that belong to the result for a text of `total` units."""
    chosen = {n for n in grid.given if n <= total}
    if grid.low is not None:
        low = max(min(SMALLEST, total // 10), grid.low) if at is None else grid.low
        chosen |= {n for n in grid.stops if low <= n <= total and n in _OPEN}
    if grid.end or any(n > total for n in grid.given):
        chosen.add(total)
    return sorted(chosen)


def _growths(
    run: Run, grid: _Grid, at: Any, unit: str, files: Files, options: ReadOptions
) -> list[SketchedGrowth]:  # fmt: skip
    """What was noted at the prefixes that belong to the result."""
    run.note(end=True)
    beyond, points = [n for n in grid.given if n > run.n_units], _points(grid, at, run.n_units)
    found = []
    for i, (length, sketch) in enumerate(zip(run.lengths, run.sketches, strict=True)):
        noted = [run.noted[n][i] for n in points]
        n_draws = np.array([at.n_windows for at in noted], dtype=np.int64)
        estimates = np.array([at.estimate for at in noted])
        ends = np.array([tuple(at.interval) for at in noted])
        # No text has more distinct windows than windows.
        lower, upper = np.minimum(ends, n_draws[:, None]).astype(np.int64).T
        n_unique = np.minimum(np.rint(estimates), n_draws).astype(np.int64)
        spectrum, spectrum_interval = _spectrum(noted, n_draws)
        notes = _notes(run, grid, beyond, unit, length, i, files, options)
        types = noted[-1].types
        assert types is not None, "the last prefix is the end, or the one that is looked ahead from"
        found.append(
            SketchedGrowth(
                files.corpus,
                unit,
                length,
                np.array(points),
                n_draws,
                n_unique,
                Interval(lower, upper),
                sketch,
                run.hashes,
                notes,
                run.samples[i],
                spectrum,
                spectrum_interval,
                types,
                n_bytes=bytes_of(run.read),
            )
        )
    return found


def _spectrum(noted: Sequence[Noted], n_draws: np.ndarray) -> tuple[np.ndarray, Interval]:
    """Estimates of f_k at each prefix, and their intervals: k f_k windows are no more than there are."""
    most = n_draws[:, None] // np.arange(1, EXACT_TO + 2)
    each = [scaled(at.seen, at.share) for at in noted]
    found = np.minimum([middle for middle, _ in each], most)
    lower, upper = (np.minimum([getattr(ends, end) for _, ends in each], most) for end in ("lower", "upper"))
    return found, Interval(lower, upper)


def _notes(
    run: Run, grid: _Grid, beyond: list[int], unit: str, length: int, i: int, files: Files, options: ReadOptions
) -> tuple[Note, ...]:  # fmt: skip
    twice = same_files(run.hashes)
    texts = (*run.tally.notes(unit), *notes_of(files, run.read, options))
    notes = [*(Note(SUSPECT, text) for text in twice), *(Note(INPUT, text) for text in texts)]
    joined = max(run.n_units - length + 1, 0)
    if lost := joined - run.n_windows[i]:
        count = len(run.read) if run.stream == "file" else sum(file.seen.n_documents for file in run.read)
        notes.append(not_joined(lost, joined, count, run.stream))
    if grid.low is not None:
        where = f"prefixes stand at powers of ten, at {PER_DECADE - 1} points between them, and at the end"
        notes.append(Note(METHOD, where))
    if beyond:
        more = f" and {len(beyond) - 1} more" if len(beyond) > 1 else ""
        end = f"the text has {counted(run.n_units, unit)}: its end stands in the place of {beyond[0]}{more}"
        notes.append(Note(INPUT, end))
    return (*notes, FILE_ORDER)
