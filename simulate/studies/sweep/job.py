"""A sweep made ready: corpora opened, sizes fixed, an engine chosen and set up for each source, work cut into cells.

Everything that can be refused is refused here, before the first draw.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from bounds.base.notes import METHOD, Note
from bounds.base.quantities import log_spaced, parse_grid
from bounds.base.sources import PitmanYor, Source, Windows
from bounds.base.spectrum import FrequencySpectrum
from bounds.cli.printing import number, written
from bounds.cli.report import Report, Table
from bounds.counts.unique import expected_unique
from simulate.drawing.device import choose_device
from simulate.engines.choice import choose_engine
from simulate.engines.tokens import Tokens
from simulate.running.cells import Cell, Layout, block_size, cut
from simulate.running.dataset import provenance
from simulate.running.job import Choice
from simulate.running.machine import size_of
from simulate.running.same_run import changed_parameter, changed_version
from simulate.running.showing.progress import clock
from simulate.studies.sweep.cost import FIT_SECONDS, corpus_cost
from simulate.studies.sweep.draw import CorpusDrawer, set_up
from simulate.studies.sweep.plan import DEFAULT_N_DRAWS, Sweep
from simulate.text.any_source import parse_any_source
from simulate.text.source import CorpusSource, OpenCorpus

MAX_TOKENS = 10**12
"""Draws of all replicates of all sources beyond which tokens are not drawn: some hours."""


@dataclass(frozen=True)
class SweepJob:
    """What `prepare` gives. `drawers` and `costs` (seconds and bytes of one corpus) go by the number of a source.

    `made` is the provenance of the result, as a JSON string.
    """

    plan: Sweep
    parsed: tuple[Source | CorpusSource, ...]
    corpora: Mapping[str, OpenCorpus]
    grid: tuple[int, ...]
    edges: np.ndarray
    choices: Mapping[str, Choice]
    drawers: Mapping[int, CorpusDrawer]
    costs: Mapping[int, tuple[float, int]]
    size: int
    device: Choice
    made: str

    @property
    def replicates(self) -> int:
        """Corpora of each source."""
        return self.plan.replicates

    @property
    def names(self) -> list[dict[str, str]]:
        """The source of each drawer."""
        return [{"source": source} for source in self.plan.sources]

    @property
    def n_draws(self) -> int:
        """Draws of one corpus."""
        return self.grid[-1]

    @property
    def layout(self) -> dict[str, Layout]:
        """What cells hold: counts, and spectra at the largest size."""
        n_sources, replicates = len(self.parsed), self.plan.replicates
        return {
            "n_unique": Layout(("source", "n_draws", "replicate"), (n_sources, len(self.grid), replicates), "int64"),
            "spectrum": Layout(
                ("source", "replicate", "multiplicity"), (n_sources, replicates, len(self.edges)), "int64", fill=0
            ),
        }

    def difference(self, begun: dict[str, Any]) -> str | None:
        """As `difference` of what was begun and this."""
        return difference(begun, json.loads(self.made))

    @property
    def cells(self) -> list[Cell]:
        """What there is to draw."""
        return self.cells_of(self.size)

    def cells_of(self, size: int) -> list[Cell]:
        """What there is to draw, in cells of at most `size` replicates."""
        return cut(list(self.drawers), self.plan.replicates, size)

    @property
    def smaller(self) -> str:
        """What to pass where there is too little memory for one corpus."""
        return "a smaller --n-draws or fewer --replicates"

    def memory(self, at_once: int) -> int:
        """Bytes at most: `at_once` corpora at work (none on a cluster elsewhere), tables and the result."""
        largest = max((n_bytes for _, n_bytes in self.costs.values()), default=0)
        one_corpus = 8 * (len(self.grid) + len(self.edges))
        result = 3 * len(self.plan.sources) * self.plan.replicates * one_corpus if self.drawers else 0
        return largest * min(at_once, len(self.cells)) + result

    def forecast(self, at_once: int, *, dearer: float = 1.0) -> Report:
        """What each source would take, and all of them together; `dearer` than to count it, by this factor."""
        rows = [self._row(i, source, dearer) for i, source in enumerate(self.plan.sources)]
        fits = FIT_SECONDS * self.plan.replicates * len(self.drawers)
        seconds = sum(row["seconds"] for row in rows) / max(at_once, 1) + fits
        who = f"{at_once} at a time" if at_once else "one core"
        answer = (
            f"{sum(row['cells'] for row in rows)} cells, {written(sum(row['draws'] for row in rows))} draws, about "
            f"{clock(max(seconds, 1))} on {who} and {size_of(self.memory(at_once))} of memory here; nothing was drawn."
        )
        cells = [
            [row["source"], row["engine"], str(row["cells"]), number(row["draws"]), size_of(row["n_bytes"]),
             clock(row["seconds"]) if row["seconds"] >= 1 else "under 1 s"] for row in rows
        ]  # fmt: skip
        columns = ["source", "engine", "cells", "draws", "memory", "one core"]
        alike = len({(row["engine"], row["reason"]) for row in rows}) == 1
        why = [
            f"{row['engine'] if alike else row['source']}: {row['reason']}." for row in (rows[:1] if alike else rows)
        ]
        table = Table(columns, cells, left=2, below="Memory: of one corpus at work. " + " ".join(why))
        read = "a text is read and counted besides, some seconds for ten megabytes"
        notes = [Note(METHOD, read)] if self.corpora else []
        return Report(answer, [table], notes, data={"rows": rows})

    def _row(self, i: int, source: str, dearer: float) -> dict[str, Any]:
        """What one source takes; a real corpus is one cell, which is counted and not drawn."""
        name, reason = self.choices[source]
        seconds, n_bytes = self.costs.get(i, (0.0, 0))
        return {
            "source": source, "engine": name, "reason": reason,
            "cells": sum(cell.source == i for cell in self.cells),
            "draws": self.grid[-1] * self.plan.replicates if i in self.drawers else 0,
            "seconds": dearer * seconds * self.plan.replicates, "n_bytes": n_bytes,
        }  # fmt: skip


def prepare(plan: Sweep, *, device: str = "cpu") -> SweepJob:
    """`plan` made ready; ValueError with one sentence where it cannot be done as asked."""
    chosen = choose_device(device)
    parsed = tuple(parse_any_source(source) for source in plan.sources)
    real = [source for source in parsed if isinstance(source, CorpusSource)]
    if real and plan.engine == "analytic":
        raise ValueError(f"the analytic engine knows no law of a real corpus, got {real[0]}")
    corpora = {str(source): source.open() for source in real}
    grid = _grid(plan, [corpus.n_windows for corpus in corpora.values()])
    choices = {str(source): _choose(plan, source, grid, device) for source in parsed}
    n_tokens = grid[-1] * plan.replicates * sum(choice.name == "tokens" for choice in choices.values())
    if n_tokens > MAX_TOKENS:
        raise ValueError(
            f"the tokens engine draws every token, {written(n_tokens, 2)} of them here, and stops at "
            f"{written(MAX_TOKENS)}; "
            "pass a smaller --n-draws or --replicates, or --engine auto, or --engine analytic for expectations"
        )
    edges = FrequencySpectrum.edges(min(grid[-1], 2**63 - 1))
    laws = {i: s for i, s in enumerate(parsed) if isinstance(s, Source) and choices[str(s)].name != "analytic"}
    drawers = {
        i: set_up(s, choices[str(s)].name, grid, edges, plan.seed, "cpu" if isinstance(s, PitmanYor) else chosen.name)
        for i, s in laws.items()
    }
    costs = {i: corpus_cost(s, choices[str(s)].name, drawers[i].engine, grid) for i, s in laws.items()}
    size = block_size(plan.replicates, max((seconds for seconds, _ in costs.values()), default=0.0))
    tables = {str(s): d.digest for i, s in laws.items() if isinstance(d := drawers[i].engine, Tokens)}
    made = provenance(
        asdict(plan) | {"sources": list(plan.sources), "n_draws": list(grid)},
        command="sweep",
        engines={source: choice._asdict() for source, choice in choices.items()},
        tables=tables,
        inputs={name: corpus.digests for name, corpus in corpora.items()},
        device=chosen.name,
    )
    return SweepJob(plan, parsed, corpora, grid, edges, choices, drawers, costs, size, chosen, made)


def _choose(plan: Sweep, source: Source | CorpusSource, grid: Sequence[int], device: str) -> Choice:
    """The engine that will draw `source`, and why."""
    if isinstance(source, CorpusSource):
        return Choice("corpus", "a real corpus is counted, not drawn")
    if plan.engine == "analytic":
        if isinstance(source, Windows):
            expected_unique(source, 1)  # refuses words that are too many to list
        return Choice("analytic", "asked for: expectations alone, nothing is drawn")
    if device == "gpu":
        if isinstance(source, PitmanYor):
            raise ValueError(
                f"{source} is drawn token after token, which no GPU can share out; pass --device cpu or auto"
            )
        if plan.engine not in ("auto", "tokens"):
            raise ValueError(f"engine {plan.engine} runs on the processor alone; pass --device cpu or --engine tokens")
        return Choice("tokens", "the engine that runs on a GPU")
    if plan.engine != "auto":
        return Choice(plan.engine, "asked for")
    return choose_engine(source, np.array(grid), plan.replicates, wants="growth")


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


def difference(begun: dict[str, Any], now: dict[str, Any]) -> str | None:
    """What distinguishes two provenances so that their counts may differ, in words; None where nothing does."""
    if "engines" not in begun or "refit" in begun:
        return "it was fitted again" if "refit" in begun else "it is no sweep of this version"
    if changed := changed_parameter(begun, now, ("sources", "n_draws", "replicates", "seed")):
        return changed
    for source, choice in now["engines"].items():
        old = begun["engines"][source]["name"]
        if old != choice["name"]:
            return f"the engine of {source} was {old} and is now {choice['name']}"
    for source, digests in now["inputs"].items():
        if begun["inputs"][source] != digests:
            return f"the text of {source} has changed"
    if versions := changed_version(begun, now):
        return versions
    for source, digest in now["tables"].items():
        if begun["tables"][source] != digest:
            return f"the tables of {source} come out otherwise on this machine"
    return None
