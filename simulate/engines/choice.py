"""Growth curves whose cost does not depend on D, and which engine draws them.

| engine     | law of the curve                                      | cost of one curve         | multiplicities |
|------------|-------------------------------------------------------|---------------------------|----------------|
| `tokens`   | exact, token after token                              | O(D), 10-40 ns a token    | yes            |
| `types`    | exact, new types alone                                | O(U(D)), 40-200 ns a type | yes            |
| `gauss`    | exact mean and covariance, normal to about 1/σ        | microseconds at any D     | no             |
| `analytic` | no curve: expectations                                | -                         | expected       |

Pitman–Yor sources are drawn by `simulate.engines.pitman_yor`: `types` from new type to new type, `gauss` in steps,
normal given what came before, from the 2000th type on. Every other source is drawn by `simulate.engines.types` or
`simulate.engines.gauss`. Real corpora and sliding windows of text depend on the order of their tokens; only `tokens`
can serve them.

The same seed gives the same curves on any number of threads, whichever replicates are drawn together.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from bounds import PitmanYor, SantaFe, Source, Windows, expected_unique, parse_source
from bounds.base.arguments import did_you_mean, shown
from bounds.base.one_number import written
from bounds.base.quantities import parse_count, parse_grid
from bounds.base.spectrum import FrequencySpectrum
from simulate.drawing.stream import Stream, cell_of
from simulate.drawing.tables import check_drawable
from simulate.engines.gauss import LEAST_VARIANCE, gaussian_path, sizes_not_normal
from simulate.engines.pitman_yor import MAX_SEATED, restaurant
from simulate.engines.tokens import token_engine
from simulate.engines.types import MAX_ARRIVALS, arrivals
from simulate.running.job import Choice

ENGINES = ("auto", "tokens", "types", "gauss")
WANTS = ("expectation", "growth", "spectrum", "tokens")
"""What is wanted of corpora: means alone, curves, curves with multiplicities at the end, or the tokens in order."""

FEW_TOKENS = 2e8
"""Draws of all replicates that are made one by one: some seconds, for counts that are equal on every backend."""

FEW_ARRIVALS = 2e8
"""New types of all replicates that are drawn one by one: under a minute, for a law that is exact."""

MAX_TOTAL_ARRIVALS = 1e11
"""New types of all replicates beyond which nothing exact is begun: some hours."""

MAX_TOKENS = 1e12
"""Draws of all replicates beyond which tokens are not drawn: some hours."""

CORPORA_PER_VARIANCE = 2.0
"""A normal law is exact enough for up to this many corpora times the variance of U: its distribution function is off
by less than 0.1/σ, and that of R corpora is known to about 1/√R."""

MAX_DRAWS = 2**63 - 1
MAX_REPLICATES = 1 << 24


class Engine(Protocol):
    """What is set up once for a source and its sizes, and draws corpora."""

    def draw(self, stream: Stream, replicates: int) -> tuple[np.ndarray, np.ndarray]:
        """U of shape (replicate, size), and spectra at the last size, shape (replicate, bin), from `stream` on."""


@dataclass(frozen=True)
class Curves:
    """Growth curves of independent corpora.

    `n_unique` has shape (replicate, size). `spectrum` has shape (replicate, bin): the number of types whose
    multiplicity at the last size is at least ``edges[i]`` and below ``edges[i + 1]``; None where not asked for.
    """

    n_draws: np.ndarray
    n_unique: np.ndarray
    spectrum: np.ndarray | None
    edges: np.ndarray | None
    engine: str
    reason: str


def growth(
    source: Source | str,
    n_draws: Sequence[float] | np.ndarray | str,
    replicates: int = 1,
    *,
    engine: str = "auto",
    seed: int = 0,
    first: int = 0,
    spectrum: bool = False,
    threads: int = 1,
) -> Curves:
    """Growth curves of `replicates` corpora of `source` at the sizes `n_draws`, as int64 counts of distinct types.

    `n_draws` is a list or a grid such as ``"1e3:1e18:41"``, up to 2^63 - 1; `first` is the number of the first
    replicate, `spectrum` asks for multiplicities at the largest size as well.

    Raises ValueError with one sentence where an argument is not understood, or the engine cannot draw the source.
    """
    law, sizes = parse_source(source), _sizes(n_draws)
    replicates = parse_count(replicates, name="replicates", high=MAX_REPLICATES)
    first = parse_count(first, name="first", low=0, high=MAX_REPLICATES - replicates)
    threads = parse_count(threads, name="threads", high=4096)
    edges = FrequencySpectrum.edges(sizes[-1]) if spectrum else None
    if engine not in ENGINES:
        hint = did_you_mean(engine, ENGINES)
        raise ValueError(f"engine must be one of {', '.join(ENGINES)}, got {shown(engine)}{hint}")
    if engine == "auto":
        choice = choose_engine(law, sizes, replicates, wants="spectrum" if spectrum else "growth")
    else:
        choice = Choice(engine, "asked for")
    drawn = build_engine(choice.name, law, sizes, edges=edges)
    seed = parse_count(seed, name="seed", low=0, high=2**64 - 1)
    stream = Stream(seed, choice.name, cell_of(str(law)), first)
    n_unique, spectra = _draw(drawn, stream, replicates, threads)
    return Curves(sizes, n_unique, spectra if spectrum else None, edges, *choice)


def choose_engine(
    source: Source | str, n_draws: Sequence[float] | np.ndarray | str, replicates: int, *, wants: str = "growth"
) -> Choice:
    """The cheapest engine whose law is exact enough for what is wanted of `replicates` corpora, one of `WANTS`.

    Corpora that cost little are drawn token by token or type by type; beyond `FEW_TOKENS` and `FEW_ARRIVALS` a
    Gaussian path replaces them, where U is normal more closely than `replicates` corpora can tell. Where the tables
    of the tokens engine cannot hold the source, the next engine takes it, and the reason says so.

    Raises ValueError with one sentence where no engine can draw what is wanted.
    """
    law, sizes = parse_source(source), _sizes(n_draws)
    replicates = parse_count(replicates, name="replicates", high=MAX_REPLICATES)
    if wants not in WANTS:
        raise ValueError(f"wants must be one of {', '.join(WANTS)}, got {shown(wants)}{did_you_mean(wants, WANTS)}")
    if wants == "expectation":
        return Choice("analytic", "expectations alone are wanted, so nothing is drawn")
    n_tokens = float(sizes[-1]) * replicates
    ordered = wants == "tokens" or isinstance(law, Windows)
    if ordered and n_tokens > MAX_TOKENS:
        raise ValueError(
            f"the tokens engine draws every token, {written(n_tokens, 2)} of them here, and stops at "
            f"{written(MAX_TOKENS)}; pass smaller n_draws or fewer replicates"
        )
    if ordered:
        check_drawable(law, int(sizes[-1]))
        return Choice("tokens", "what is wanted depends on each token, so tokens are drawn one by one")
    refused = ""
    if n_tokens <= FEW_TOKENS and not isinstance(law, SantaFe):
        refused = _why_no_tokens(law, int(sizes[-1]))
        if not refused:
            return Choice("tokens", f"{written(n_tokens, 2)} draws are few: drawn one by one, equal on every backend")
        refused = f"; {refused}"
    n_new = float(np.max(expected_unique(law, sizes))) * replicates
    if n_new <= FEW_ARRIVALS:
        few = f"{written(n_new, 2)} new types are few: exact first arrivals, however many the draws{refused}"
        return Choice("types", few)
    if wants == "growth" and _normal_enough(law, sizes, replicates):
        what = "steps of exact mean and variance" if isinstance(law, PitmanYor) else "a path of exact covariance"
        many = f"{written(n_new, 2)} new types are many, and U is normal to within what is measured: {what}"
        return Choice("gauss", many)
    most = MAX_SEATED if wants == "spectrum" and isinstance(law, PitmanYor) else MAX_ARRIVALS
    if n_new <= MAX_TOTAL_ARRIVALS and n_new / replicates <= most:
        why = "multiplicities are wanted" if wants == "spectrum" else "U is not normal at every size"
        return Choice("types", f"{why}, so each of {written(n_new, 2)} new types is drawn: exact")
    raise ValueError(
        f"no engine draws {replicates} corpora of {law} with {written(n_new, 2)} new types"
        + (" and their multiplicities; pass smaller n_draws or ask for curves alone" if wants == "spectrum" else
           ", whose number is not normal at every size; pass smaller n_draws or fewer replicates, or take expectations")
    )  # fmt: skip


def build_engine(
    name: str, source: Source, n_draws: np.ndarray, *, edges: np.ndarray | None = None, device: str = "cpu"
) -> Engine:
    """The engine `name` (tokens, types or gauss), set up for `source` at the ascending sizes `n_draws`.

    `device` is where tokens are drawn; the other engines run on the processor.

    Raises ValueError with one sentence where it cannot draw the source, or not with multiplicities in bins `edges`.
    """
    if name == "tokens":
        return token_engine(source, n_draws, edges=edges, device=device)
    if name not in ("types", "gauss"):
        raise ValueError(f"engine must be tokens, types or gauss, got {name!r}")
    if name == "gauss" and edges is not None:
        raise ValueError("the gauss engine draws no multiplicities; use the types or the tokens engine")
    if isinstance(source, PitmanYor):
        return restaurant(source, n_draws, step=name == "gauss", edges=edges)
    return gaussian_path(source, n_draws) if name == "gauss" else arrivals(source, n_draws, edges=edges)


def _sizes(n_draws: Sequence[float] | np.ndarray | str) -> np.ndarray:
    grid = parse_grid(n_draws, high=MAX_DRAWS)
    return np.array(grid, np.int64)


def _why_no_tokens(law: Source, n_draws: int) -> str:
    """Why the tokens of `law` cannot be drawn, without the advice; nothing where they can."""
    try:
        check_drawable(law, n_draws)
    except ValueError as error:
        return str(error).partition(";")[0]
    return ""


def _normal_enough(law: Source, sizes: np.ndarray, replicates: int) -> bool:
    if isinstance(law, PitmanYor):
        return True
    try:
        sizes_not_normal(law, sizes, max(LEAST_VARIANCE, replicates / CORPORA_PER_VARIANCE))
    except ValueError:
        return False
    return True


def _draw(engine: Engine, stream: Stream, replicates: int, threads: int) -> tuple[np.ndarray, np.ndarray]:
    """All replicates, a chunk of them to a thread; compiled loops release the interpreter lock."""
    size = -(-replicates // threads) if threads > 1 else replicates
    chunks = [(first, min(size, replicates - first)) for first in range(0, replicates, size)]

    def work(chunk: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        return engine.draw(replace(stream, replicate=stream.replicate + chunk[0]), chunk[1])

    if len(chunks) == 1:
        return work(chunks[0])
    with ThreadPoolExecutor(threads) as pool:
        drawn = list(pool.map(work, chunks))
    return np.concatenate([counts for counts, _ in drawn]), np.concatenate([spectra for _, spectra in drawn])
