"""What each argument of the simulations may be, declared once: flags, TOML entries and plans in Python ask here.

Loads nothing heavy, so that a command line can refuse an argument at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bounds.base.arguments import Bytes, Choice, Count, Entries, File, Flag, Number, Text, shown
from bounds.base.quantities import entries_of
from bounds.base.sources import Source
from bounds.cli.drawing.formats import FIGURES
from bounds.cli.pages.formats import PAGES
from simulate.running.keeping.files import RESULTS

MAX_REPLICATES = 1 << 24

REPLICATES = Count("replicates", high=MAX_REPLICATES)
REPLICATE = Count("replicate", low=0, high=MAX_REPLICATES - 1)
SEED = Count("seed", low=0, high=2**64 - 1)
ENGINE = Choice("engine", ("auto", "tokens", "types", "gauss", "analytic"))
DEVICE = Choice("device", ("auto", "cpu", "gpu"))
THREADS = Count("threads", high=4096)
MEMORY = Bytes("memory")
CLUSTER = Text("cluster", "local, local:4 or tcp://host:port")
OUT, FIGURE, PAGE = File("out", RESULTS), File("figure", FIGURES), File("report", PAGES)
VIEW = Choice("view", ("growth", "local-exponent", "spectrum"))
"""Figures of growth; what else is drawn has one figure."""
OPENED = File("path")
RESUME, OVERWRITE = Flag("resume"), Flag("overwrite")

TEST_DRAWS = Count("test_draws", high=10**9)
TOLERANCES = Entries("tolerance", "0,0.01,10%")

ORDER = Choice("order", ("file", "shuffled-documents", "shuffled-chunks", "rarefaction"))
DUPLICATES = Choice("duplicates", ("auto", "documents", "stretches", "none"))
LENGTHS = Entries("length", "1,2,3")
AT = Entries("at", "1000,1e5,all or 1e3:1e6:25")
PREFIX = Entries("sizes", "1e3,1e6 or 1e3:1e6:25")
LOSSES = Entries("match_loss", "0.05,0.02")

BATCH = Count("batch", high=2**40)
VALIDATION = Count("validation", low=0, high=1_000_000)
PARAMS_PER_SEQUENCE = Number("params_per_sequence", 0, 1e15, high_open=False, text="above 0 and at most 1e15")
NOVELTY_COST = Number("novelty_cost", 0, 100, high_open=False, text="above 0 and at most 100 nats")
IRREDUCIBLE = Number("irreducible", 0, 100, low_open=False, high_open=False, text="from 0 to 100 nats")
LEARNING_PROBABILITY = Number(
    "learning_probability", 0, 1, high_open=False, text="above 0 and at most 1", percent=True
)  # fmt: skip

KIND = Choice("kind", ("masses", "windows", "frequency"))
SKILL_ENGINE = Choice("engine", ("auto", "tokens", "arrivals"))
MAX_MEMBERS_IN_ALL = 1 << 24
"""Members of all skills: some hundred megabytes at work."""
MEMBERS = Count("members", high=MAX_MEMBERS_IN_ALL)
QUORUM = Count("quorum")
FRACTION = Number(
    "fraction", 0, 1, high_open=False, text="above 0 and at most 1, a part of the members", percent=True
)  # fmt: skip
EXPOSURES = Count("exposures", high=10**9)
EXPONENT = Number("exponent", 0)


def extrapolated_factors(value: Any) -> list[float]:
    """The factors of 2x,10x or of a list of numbers, ascending and each once; none are no factor.

    Raises ValueError with one sentence for what is no number, and unless each is above 1 and at most 1e6.
    """
    if value is None or (isinstance(value, str) and value.strip().lower() == "none"):
        return []
    entries = entries_of(value)
    if not entries and not isinstance(value, list | tuple):
        raise ValueError(f"extrapolate must be factors such as 2x,10x, or none, got {shown(value)}")
    found = []
    for entry in entries or ():
        text = str(entry).strip().lower().removesuffix("x")
        try:
            factor = float(text)
        except ValueError:
            factor = float("nan")
        if isinstance(entry, bool) or not 1 < factor <= 1e6:
            raise ValueError(
                f"extrapolate must be factors above 1 and at most 1e6, such as 2x,10x, or none, got {shown(entry)}"
            )
        found.append(factor)
    return sorted(set(found))


def texts(value: Any, name: str, example: str, *kinds: type) -> tuple[Any, ...]:
    """One text, one value of `kinds`, or a list of these as a tuple; ValueError with one sentence otherwise."""
    if isinstance(value, (str, *kinds)):
        return (value,)
    entries = value.tolist() if hasattr(value, "tolist") and getattr(value, "ndim", 0) == 1 else value
    if not isinstance(entries, list | tuple | set | frozenset):
        raise ValueError(f"{name} must be a text such as {example}, or a list of them, got {shown(value)}")
    wrong = [entry for entry in entries if not isinstance(entry, (str, *kinds))]
    if wrong:
        raise ValueError(f"{name} must be texts such as {example}, got {shown(wrong[0])} among them")
    return tuple(entries)


def sources_of(value: Any) -> tuple[str | Source, ...]:
    """The sources that were given: one or a list of them, strings or laws."""
    return texts(value, "sources", "zipf:1.724", Source)


def given(value: Any) -> bool:
    """Whether there is anything: not None, an empty list or an empty text."""
    return value is not None and not (hasattr(value, "__len__") and getattr(value, "ndim", True) and len(value) == 0)


def check_progress(progress: Any) -> Callable[..., Any] | None:
    """Whom to tell of progress, a function or None."""
    if progress is not None and not callable(progress):
        raise ValueError(f"progress must be a function that is told the state, or None, got {shown(progress)}")
    return progress
