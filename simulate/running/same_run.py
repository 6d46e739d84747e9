"""Whether what another run has begun or finished is the work of this one, by their provenances."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from simulate.running.keeping.files import command_of, noun_of

if TYPE_CHECKING:
    from simulate.running.job import Job


def other_work(job: Job, begun: dict[str, Any]) -> str | None:
    """What was begun, in words, if it is not the work of `job`; None where it is. `begun` is its provenance."""
    old, new = command_of(begun), command_of(json.loads(job.made))
    if old != new:
        return f"a {noun_of(old)}, not a {noun_of(new)}"
    differs = job.difference(begun)
    return f"another {noun_of(new)}: {differs}" if differs else None


def changed_version(begun: dict[str, Any], now: dict[str, Any]) -> str | None:
    """That another version of this program made what was begun, in words; None where it did not."""
    old, new = begun["software"]["version"], now["software"]["version"]
    return None if old == new else f"efficiency-bounds was {old} and is now {new}"


def difference_of_inputs(begun: dict[str, Any], now: dict[str, Any], ignored: Iterable[str] = ()) -> str | None:
    """What distinguishes two provenances, in words: parameters but those `ignored`, engines, texts, version."""
    if set(begun["parameters"]) != set(now["parameters"]):
        return "it is of another version"
    if changed := changed_parameter(begun, now, [name for name in now["parameters"] if name not in ignored]):
        return changed
    if _engine_names(begun) != _engine_names(now):
        return "the engine was another"
    if begun.get("inputs") != now.get("inputs"):
        return "the text has changed"
    return changed_version(begun, now)


def _engine_names(made: dict[str, Any]) -> dict[str, str]:
    """Which engine draws each source; why it does changes no number."""
    return {source: choice["name"] for source, choice in made.get("engines", {}).items()}


def changed_parameter(begun: dict[str, Any], now: dict[str, Any], names: Iterable[str]) -> str | None:
    """Which of the parameters `names` has another value now, in words; None where none has."""
    for name in names:
        old, new = begun["parameters"].get(name), now["parameters"].get(name)
        if old != new:
            return f"{name} was {_short(old)} and is now {_short(new)}"
    return None


def _short(value: Any) -> str:
    if not isinstance(value, list):
        return str(value)
    shown = [str(item) for item in value]
    return ", ".join(shown) if len(shown) <= 3 else f"{shown[0]}, …, {shown[-1]} ({len(shown)} of them)"
