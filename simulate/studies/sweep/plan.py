"""What a sweep is to simulate: sources, corpus sizes, replicates, seed and engine. Nothing else decides its numbers."""

from __future__ import annotations

from dataclasses import dataclass

from bounds.base.quantities import parse_grid
from bounds.base.telling.html import html_fields
from simulate.running.parameters import ENGINE, REPLICATES, SEED, given, sources_of
from simulate.text.any_source import parse_any_source

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


@dataclass(frozen=True)
class Sweep:
    """What is to be simulated. Every field has its part in the result; nothing else has."""

    sources: tuple[str, ...] = DEFAULT_SOURCES
    n_draws: tuple[int, ...] = ()
    replicates: int = DEFAULT_REPLICATES
    seed: int = 0
    engine: str = "auto"

    _repr_html_ = html_fields

    def __post_init__(self) -> None:
        sources = tuple(str(parse_any_source(source)) for source in sources_of(self.sources))
        object.__setattr__(self, "sources", sources)
        object.__setattr__(self, "n_draws", parse_grid(self.n_draws) if given(self.n_draws) else ())
        if not sources:
            raise ValueError("a sweep needs at least one source, such as zipf:1.724")
        doubled = {source for source in sources if sources.count(source) > 1}
        if doubled:
            raise ValueError(f"each source may be named once, got {doubled.pop()} twice")
        for name, check in (("engine", ENGINE), ("replicates", REPLICATES), ("seed", SEED)):
            object.__setattr__(self, name, check(getattr(self, name)))
