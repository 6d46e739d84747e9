"""What a suite is to train: a source, sizes, checkpoints and batch. Nothing else decides its numbers.

| letter | meaning                                                    | unit              | argument               |
|--------|------------------------------------------------------------|-------------------|------------------------|
| N      | parameters of a model                                      | parameters        | `n_params`             |
| ν      | parameters per stored sequence                             | parameters        | `params_per_sequence`  |
| n      | sequences that it can store, ⌊N/ν⌋                         | sequences         |                        |
| B      | sequences in a batch; a checkpoint at step t has seen tB   | sequences         | `batch`                |
| c      | cost of a sequence that is not stored                      | nats per sequence | `novelty_cost`         |
| E      | irreducible loss                                           | nats per sequence | `irreducible`          |
| λ      | chance that one exposure teaches a sequence                | 1                 | `learning_probability` |

Loads nothing heavy, so that a command line can refuse an argument at once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from bounds.quantities import log_spaced, parse_count
from bounds.sources import GrowingUniform, PitmanYor, parse_source

PYTHIA_STEPS = (0, *(1 << i for i in range(10)), *range(1000, 143_001, 1000))
"""The 154 checkpoints of Pythia (Biderman et al. 2023, arXiv:2304.01373, section 2)."""

DEFAULT_SOURCE = "zipf:1.5"
DEFAULT_BATCH = 8
DEFAULT_REPLICATES = 32
DEFAULT_VALIDATION = 1000
MAX_SIZES = 250
"""A size is numbered in one byte."""

MAX_TRACKED_RANK = 1_000_000


@dataclass(frozen=True)
class Suite:
    """What is to be trained. Empty sizes, ranks and losses, and a batch of None, are chosen later."""

    source: str = DEFAULT_SOURCE
    n_params: tuple[int, ...] = ()
    checkpoints: tuple[int, ...] = PYTHIA_STEPS
    batch: int | None = None
    replicates: int = DEFAULT_REPLICATES
    seed: int = 0
    params_per_sequence: float = 1.0
    novelty_cost: float = 1.0
    irreducible: float = 0.0
    learning_probability: float = 1.0
    track: tuple[int, ...] = ()
    validation: int = DEFAULT_VALIDATION
    match_loss: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        self._set("source", _checked_source(str(self.source)))
        self._set("n_params", ascending(self.n_params, name="n_params") if self.n_params else ())
        if len(self.n_params) > MAX_SIZES:
            raise ValueError(f"n_params must be at most {MAX_SIZES} sizes, got {len(self.n_params)}; leave some out")
        self._set("checkpoints", ascending(self.checkpoints, name="checkpoints", low=0))
        if self.checkpoints[-1] == 0:
            raise ValueError("checkpoints must end after step 0, got only 0; pass --checkpoints 0,1,2,4")
        if self.batch is not None:
            self._set("batch", parse_count(self.batch, name="batch", high=2**40))
        self._set("track", ascending(self.track, name="track", high=MAX_TRACKED_RANK) if self.track else ())
        for name, low, high in (("replicates", 1, 1 << 24), ("seed", 0, 2**64 - 1), ("validation", 0, 1_000_000)):
            self._set(name, parse_count(getattr(self, name), name=name, low=low, high=high))
        self._check_reals()
        self._set("match_loss", tuple(float(loss) for loss in self.match_loss))
        if not all(0 < loss < math.inf for loss in self.match_loss):
            raise ValueError(f"match_loss must be losses above 0 nats, got {', '.join(map(str, self.match_loss))}")
        if self.source.startswith("corpus:") and self.replicates > 1:
            self._set("replicates", 1)

    def _check_reals(self) -> None:
        ranges = {
            "params_per_sequence": (lambda x: 0 < x <= 1e15, "above 0 and at most 1e15"),
            "novelty_cost": (lambda x: 0 < x <= 100, "above 0 and at most 100 nats"),
            "irreducible": (lambda x: 0 <= x <= 100, "from 0 to 100 nats"),
            "learning_probability": (lambda x: 0 < x <= 1, "above 0 and at most 1"),
        }
        for name, (holds, allowed) in ranges.items():
            value = float(getattr(self, name))
            if not (math.isfinite(value) and holds(value)):
                raise ValueError(f"{name} must be {allowed}, got {value:g}")
            self._set(name, value)

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    @property
    def text(self) -> bool:
        """Whether the corpus is a text, of which there is one."""
        return self.source.startswith("corpus:")


def ascending(entries: str | Sequence[float], *, name: str, low: int = 1, high: int = 2**62) -> tuple[int, ...]:
    """The whole numbers of a list or of ``low:high:n``, each larger than the one before; ValueError otherwise."""
    if isinstance(entries, str) and ":" in entries:
        parts = entries.split(":")
        if len(parts) != 3:
            raise ValueError(f"{name} must be written low:high:n such as 10:1e5:16, got {entries!r}")
        first, last = (parse_count(part, name=name, low=max(low, 1), high=high) for part in parts[:2])
        return log_spaced(first, last, parse_count(parts[2], name=f"number of {name}", high=10_000), name=name)
    listed = entries.split(",") if isinstance(entries, str) else list(entries)
    values = tuple(parse_count(entry, name=name, low=low, high=high) for entry in listed)
    for before, after in pairwise(values):
        if after <= before:
            raise ValueError(f"{name} must be in ascending order, each once, got {after} after {before}")
    if not values:
        raise ValueError(f"{name} must hold at least one number")
    return values


def _checked_source(source: str) -> str:
    if source.strip().lower().startswith("corpus:"):
        from simulate.corpus.source import parse_corpus

        return str(parse_corpus(source))
    parsed = parse_source(source)
    if isinstance(parsed, PitmanYor):
        raise ValueError(
            f"{parsed} looks back at every draw before, so that no batch can be made by itself; "
            f"take zipf:{1 / parsed.discount:.6g} of the same tail" if parsed.discount > 0 else
            f"{parsed} looks back at every draw before, so that no batch can be made by itself; take a zipf source"
        )  # fmt: skip
    if isinstance(parsed, GrowingUniform):
        raise ValueError(
            f"{parsed} is another law at every corpus size, and a suite has many; take uniform:K of one size"
        )
    return str(parsed)
