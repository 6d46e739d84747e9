"""Grid x replicates -> one Dataset: corpora drawn or read, counted, fitted, and laid beside what theory expects.

A `Sweep` says what is to be done; `run_sweep` does it. Corpora are drawn by a backend on as many threads as wished;
which thread draws what has no influence on any number.

The module is not called ``sweep``: importing it would then put the module where `simulate.sweep`, the function, is.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

import numpy as np
import xarray as xr

from bounds.quantities import log_spaced, parse_count, parse_grid
from bounds.sources import GrowingUniform, Source, parse_source
from bounds.spectrum import FrequencySpectrum
from bounds.unique import expected_unique, local_exponent, missing_mass, variance_unique
from simulate.backends import Growth, get_backend
from simulate.corpus.source import CorpusSource, parse_corpus
from simulate.dataset import NOT_MEASURED, describe, provenance, stamp
from simulate.fits import add_fits
from simulate.sampling import build_sampler
from simulate.stream import Stream

DEFAULT_SOURCES = (
    "zipf:2.2727",
    "zipf:1.724",
    "zipf:1.3889",
    "zipf:1.724,shift=100",
    "pitman-yor:0.58,concentration=10",
)
"""Zipf laws with limits D^0.44, D^0.58 and D^0.72, one whose head is flattened, and one drawn anew for each corpus."""

DEFAULT_N_DRAWS = "1e3:1e6:25"
DEFAULT_REPLICATES = 32
ENGINES = ("auto", "tokens", "analytic")
MAX_TOKENS = 10**12
MAX_REPLICATES = 1 << 24

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Sweep:
    """What is to be simulated. Every field has its part in the result; nothing else has."""

    sources: tuple[str, ...] = DEFAULT_SOURCES
    n_draws: tuple[int, ...] = ()
    replicates: int = DEFAULT_REPLICATES
    seed: int = 0
    engine: str = "auto"

    def __post_init__(self) -> None:
        given = [self.sources] if isinstance(self.sources, str) else self.sources
        sources = tuple(str(_parse(source)) for source in given)
        object.__setattr__(self, "sources", sources)
        object.__setattr__(self, "n_draws", parse_grid(self.n_draws) if self.n_draws else ())
        if not sources:
            raise ValueError("a sweep needs at least one source, such as zipf:1.724")
        doubled = {source for source in sources if sources.count(source) > 1}
        if doubled:
            raise ValueError(f"each source may be named once, got {doubled.pop()} twice")
        if self.engine not in ENGINES:
            raise ValueError(f"engine must be one of {', '.join(ENGINES)}, got {self.engine!r}")
        replicates = parse_count(self.replicates, name="replicates", high=MAX_REPLICATES)
        object.__setattr__(self, "replicates", replicates)
        object.__setattr__(self, "seed", parse_count(self.seed, name="seed", low=0, high=2**64 - 1))


def sweep(
    *,
    sources: Sequence[str | Source] = DEFAULT_SOURCES,
    n_draws: Sequence[float] | str = (),
    replicates: int = DEFAULT_REPLICATES,
    seed: int = 0,
    engine: str = "auto",
    threads: int | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Draw `replicates` corpora from each of `sources`, count distinct sequences at each of `n_draws`, and fit.

    `n_draws` is a list of corpus sizes or a grid such as ``"1e3:1e9:25"`` (the default is ``"1e3:1e6:25"``).
    Returns a Dataset with dimensions source, n_draws, replicate and multiplicity; counts are int64, in sequences;
    each variable has ``units`` and ``long_name``. The same seed gives the same numbers on any number of threads.

    Raises ValueError with one sentence where an argument is not understood or a source cannot be drawn.
    """
    named = (sources,) if isinstance(sources, str) else tuple(map(str, sources))
    grid = n_draws if isinstance(n_draws, str) else np.atleast_1d(np.asarray(n_draws)).tolist()
    plan = Sweep(named, grid, replicates, seed, engine)  # type: ignore[arg-type]
    return run_sweep(plan, threads=threads, progress=progress)


def run_sweep(plan: Sweep, *, threads: int | None = None, progress: Progress | None = None) -> xr.Dataset:
    """Do what `plan` says. `progress` is called with the number of draws made since it was called last."""
    parsed = [_parse(source) for source in plan.sources]
    real = [source for source in parsed if isinstance(source, CorpusSource)]
    if real and plan.engine == "analytic":
        raise ValueError(f"the analytic engine knows no law of a real corpus, got {real[0]}")
    corpora = {str(source): source.open() for source in real}
    grid = _grid(plan, [corpus.n_windows for corpus in corpora.values()])
    engine, reason = choose_engine(plan, grid)
    dataset = _theory(plan, parsed, grid)
    if engine == "tokens":
        counts, spectra, edges = _draw(plan, parsed, grid, threads, progress)
        for i, source in enumerate(plan.sources):
            if source in corpora:
                counts[i, :, 0], spectra[i, 0] = corpora[source].count(grid)
        dims = ("source", "n_draws", "replicate")
        dataset = dataset.assign(n_unique=(dims, counts), spectrum=(("source", "replicate", "multiplicity"), spectra))
        dataset = dataset.assign_coords(replicate=np.arange(plan.replicates), multiplicity=edges)
        dataset = add_fits(dataset, corpora)
    else:
        local = [float(local_exponent(source, grid[-1])) for source in parsed if isinstance(source, Source)]
        dataset = dataset.assign(exponent_local=("source", local))
    dataset["engine"] = ("source", ["corpus" if s in corpora else engine for s in plan.sources])
    parameters = asdict(plan) | {"sources": list(plan.sources), "n_draws": list(grid)}
    inputs = {name: corpus.digests for name, corpus in corpora.items()}
    made = provenance(parameters, engine={"name": engine, "reason": reason}, inputs=inputs, device="cpu")
    return stamp(describe(dataset), made)


def choose_engine(plan: Sweep, grid: Sequence[int]) -> tuple[str, str]:
    """The engine that will run, and why, in a sentence."""
    if plan.engine == "analytic":
        return "analytic", "asked for: expectations alone, nothing is drawn"
    total = grid[-1] * plan.replicates * len(plan.sources)
    if total > MAX_TOKENS:
        raise ValueError(
            f"the tokens engine draws every token, {total:.1e} of them here, and stops at {MAX_TOKENS:.0e}; "
            "pass a smaller --n-draws or --replicates, or --engine analytic for expectations"
        )
    reason = "asked for" if plan.engine == "tokens" else "replicates are measured, so tokens are drawn one by one"
    return "tokens", f"{reason}: exact for every source"


def _parse(source: str | Source) -> Source | CorpusSource:
    if isinstance(source, str) and source.strip().lower().startswith("corpus:"):
        return parse_corpus(source)
    return parse_source(source)


def _grid(plan: Sweep, lengths: list[int]) -> tuple[int, ...]:
    """The corpus sizes: those asked for, or the default; with real corpora, up to all of the shortest of them."""
    shortest = min(lengths, default=None)
    if not plan.n_draws:
        default = parse_grid(DEFAULT_N_DRAWS)
        return default if shortest is None else log_spaced(min(1000, max(1, shortest // 1000)), shortest, len(default))
    if shortest is not None and plan.n_draws[-1] > shortest:
        raise ValueError(
            f"n_draws asks for {plan.n_draws[-1]} draws, but the shortest corpus has {shortest} windows; "
            f"pass --n-draws up to {shortest}"
        )
    return plan.n_draws


def _theory(plan: Sweep, parsed: Iterable[Source | CorpusSource], grid: Sequence[int]) -> xr.Dataset:
    """Expectation, standard deviation and missing mass of each source at each size; NaN for a real corpus."""
    n_draws = np.array(grid, np.int64)
    columns, planted = [], []
    for source in parsed:
        if isinstance(source, CorpusSource):
            columns.append(np.full((3, len(grid)), np.nan))
            planted.append(np.nan)
            continue
        deviation = np.sqrt(variance_unique(source, n_draws))
        columns.append(np.array([expected_unique(source, n_draws), deviation, missing_mass(source, n_draws)]))
        planted.append(source.limit_exponent or np.nan)
    expected, deviations, mass = np.stack(columns, axis=1)
    dims = ("source", "n_draws")
    return xr.Dataset(
        {
            "n_unique_expected": (dims, expected),
            "n_unique_sd": (dims, deviations),
            "missing_mass": (dims, mass),
            "exponent_planted": ("source", np.array(planted)),
        },
        coords={"source": list(plan.sources), "n_draws": n_draws},
    )


def _draw(
    plan: Sweep,
    parsed: Sequence[Source | CorpusSource],
    grid: Sequence[int],
    threads: int | None,
    progress: Progress | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Counts (source, n_draws, replicate), spectra at the largest size (source, replicate, bin), and the bins."""
    edges = FrequencySpectrum.edges(grid[-1])
    counts = np.full((len(parsed), len(grid), plan.replicates), NOT_MEASURED, np.int64)
    spectra = np.zeros((len(parsed), plan.replicates, len(edges)), np.int64)
    tasks = [
        (i, replicate)
        for i, source in enumerate(parsed)
        if isinstance(source, Source)
        for replicate in range(plan.replicates)
    ]
    draws = {
        i: _corpus_drawer(source, plan.seed, grid, edges)
        for i, source in enumerate(parsed)
        if isinstance(source, Source)
    }

    def work(task: tuple[int, int]) -> None:
        i, replicate = task
        growth = draws[i](replicate)
        counts[i, :, replicate], spectra[i, replicate] = growth.n_unique, growth.spectrum[-1]

    n_threads = parse_count(threads, name="threads", high=4096) if threads is not None else os.cpu_count() or 1
    pool = ThreadPoolExecutor(n_threads)
    try:
        for _ in pool.map(work, tasks):
            if progress:
                progress(grid[-1])
    finally:
        # Without waiting: after an interrupt, a compiled loop would otherwise hold us until its corpus is drawn.
        pool.shutdown(wait=False, cancel_futures=True)
    return counts, spectra, edges


def _corpus_drawer(source: Source, seed: int, grid: Sequence[int], edges: np.ndarray) -> Callable[[int], Growth]:
    """A function that draws and counts the corpus of one replicate of `source`."""
    backend = get_backend("cpu")

    def nested(replicate: int) -> Growth:
        stream = Stream(seed, "tokens", _cell(str(source)), replicate)
        return backend.growth(sampler, np.array(grid), stream, edges=edges)

    def one_by_one(replicate: int) -> Growth:
        parts = []
        for n_draws in grid:
            stream = Stream(seed, "tokens", _cell(f"{source} {n_draws}"), replicate)
            parts.append(backend.growth(build_sampler(source, n_draws), np.array([n_draws]), stream, edges=edges))
        return Growth(
            np.concatenate([part.n_unique for part in parts]), np.concatenate([part.spectrum for part in parts])
        )

    if isinstance(source, GrowingUniform):
        return one_by_one
    sampler = build_sampler(source, grid[-1])
    return nested


def _cell(name: str) -> int:
    """The stream's cell of a source: from its name, so that other sources in the sweep change nothing."""
    return zlib.crc32(name.encode()) & 0xFFFFFF
