"""The tokens engine behind the verb of the other engines: every token is drawn, on the processor or a GPU."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from bounds.base.sources import GrowingUniform, Source
from simulate.drawing.backends import get_backend
from simulate.drawing.stream import Stream, cell_of
from simulate.drawing.tables import Sampler, build_sampler


@dataclass(frozen=True)
class Tokens:
    """One part for all sizes, or one for each of a growing source: its cell of the stream, its tables, its sizes."""

    parts: tuple[tuple[int, Sampler, np.ndarray], ...]
    edges: np.ndarray
    device: str

    def draw(self, stream: Stream, replicates: int) -> tuple[np.ndarray, np.ndarray]:
        """U of shape (replicate, size), and the spectra at the last size, shape (replicate, bin)."""
        backend, n_unique = get_backend(self.device), []
        for cell, sampler, sizes in self.parts:
            streams = [replace(stream, cell=cell, replicate=stream.replicate + i) for i in range(replicates)]
            grown = [backend.growth(sampler, sizes, own, edges=self.edges) for own in streams]
            n_unique.append(np.array([one.n_unique for one in grown]))
        return np.concatenate(n_unique, axis=1), np.array([one.spectrum[-1] for one in grown])

    @property
    def digest(self) -> str:
        """SHA-256 of all tables: equal digests give equal draws."""
        return hashlib.sha256("".join(sampler.digest for _, sampler, _ in self.parts).encode()).hexdigest()


def token_engine(source: Source, sizes: np.ndarray, *, edges: np.ndarray | None = None, device: str = "cpu") -> Tokens:
    """`source` set up at the ascending `sizes`, its tables built; spectra have bins `edges`, or no bins without.

    Raises ValueError with one sentence where the tokens of `source` cannot be drawn.
    """
    bins = np.empty(0, np.int64) if edges is None else edges
    if isinstance(source, GrowingUniform):
        parts = tuple((cell_of(f"{source} {n}"), build_sampler(source, n), np.array([n])) for n in sizes.tolist())
    else:
        parts = ((cell_of(str(source)), build_sampler(source, int(sizes[-1])), sizes),)
    return Tokens(parts, bins, device)
