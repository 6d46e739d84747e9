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

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from bounds.base.arguments import shown
from bounds.base.one_number import number_between
from bounds.base.quantities import entries_of, parse_list, parse_number, parse_range
from bounds.base.sources import GrowingUniform, PitmanYor, Source, parse_source
from bounds.base.telling.html import html_fields
from simulate.running.parameters import (
    BATCH,
    IRREDUCIBLE,
    LEARNING_PROBABILITY,
    NOVELTY_COST,
    PARAMS_PER_SEQUENCE,
    REPLICATES,
    SEED,
    VALIDATION,
    given,
)

PYTHIA_STEPS = (0, *(1 << i for i in range(10)), *range(1000, 143_001, 1000))
"""The 154 checkpoints of Pythia (Biderman et al. 2023, arXiv:2304.01373, section 2)."""

DEFAULT_SOURCE = "zipf:1.5"
DEFAULT_BATCH = 8
DEFAULT_REPLICATES = 32
DEFAULT_VALIDATION = 1000
MAX_SIZES = 250
"""A size is numbered in one byte."""

MAX_TRACKED_RANK = 1_000_000


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "replicates": REPLICATES, "seed": SEED, "validation": VALIDATION, "params_per_sequence": PARAMS_PER_SEQUENCE,
    "novelty_cost": NOVELTY_COST, "irreducible": IRREDUCIBLE, "learning_probability": LEARNING_PROBABILITY,
}  # fmt: skip


@dataclass(frozen=True)
class SuitePlan:
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

    _repr_html_ = html_fields

    def __post_init__(self) -> None:
        self._set("source", _checked_source(self.source))
        self._set("n_params", ascending(self.n_params, name="n_params") if given(self.n_params) else ())
        if len(self.n_params) > MAX_SIZES:
            raise ValueError(f"n_params must be at most {MAX_SIZES} sizes, got {len(self.n_params)}; leave some out")
        self._set("checkpoints", ascending(self.checkpoints, name="checkpoints", low=0))
        if self.checkpoints[-1] == 0:
            raise ValueError("checkpoints must end after step 0, got only 0; pass --checkpoints 0,1,2,4")
        if self.batch is not None:
            self._set("batch", BATCH(self.batch))
        self._set("track", ascending(self.track, name="track", high=MAX_TRACKED_RANK) if given(self.track) else ())
        for name, check in _CHECKS.items():
            self._set(name, check(getattr(self, name)))
        self._set("match_loss", _losses(self.match_loss) if given(self.match_loss) else ())
        if self.source.startswith("corpus:") and self.replicates > 1:
            self._set("replicates", 1)

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    @property
    def text(self) -> bool:
        """Whether the corpus is a text, of which there is one."""
        return self.source.startswith("corpus:")


def ascending(entries: str | Sequence[float], *, name: str, low: int = 1, high: int = 2**62) -> tuple[int, ...]:
    """The whole numbers of a list or of ``low:high:n``, each larger than the one before; ValueError otherwise."""
    if isinstance(entries, str) and ":" in entries:
        return parse_range(entries.split(":"), entries, name=name, low=low, high=high)
    values = parse_list(entries, name=name, low=low, high=high)
    for before, after in pairwise(values):
        if after <= before:
            raise ValueError(f"{name} must be in ascending order, each once, got {after} after {before}")
    return values


def _losses(entries: Any) -> tuple[float, ...]:
    """Losses from a list, or from a text such as ``0.05,0.02``."""
    losses = entries_of(entries)
    try:
        read = [parse_number(loss, name="") if isinstance(loss, str) else loss for loss in losses or ()]
    except ValueError:
        read = []
    if not read:
        raise ValueError(f"match_loss must be losses such as 0.05,0.02, got {shown(entries)}")
    wanted = "losses above 0 nats, such as 0.05,0.02"
    return tuple(number_between("match_loss", loss, low=0, text=wanted) for loss in read)


def _checked_source(source: str | Source) -> str:
    if isinstance(source, str) and source.strip().lower().startswith("corpus:"):
        from simulate.text.source import parse_corpus

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
