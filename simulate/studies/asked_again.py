"""What to ask a command for to have a result again: its provenance, in the parameters of the command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulate.running.keeping.files import command_of


def asked_again(made: dict[str, Any], laws: Sequence[str] = ()) -> dict[str, Any]:
    """Values by the names of parameters, of the result with the provenance `made`, shown beside `laws`.

    What a plan fills in by itself from the rest is left out where it would otherwise mean more than it did.
    """
    values = dict(made["parameters"])
    values["laws"] = list(laws) or [entry["law"] for entry in made.get("laws", ())]
    if values.get("extrapolate") == []:
        values["extrapolate"] = "none"
    if command_of(made) == "compare":
        values["corpora"] = [_as_one("A", values["a"]), _as_one("B", values["b"])]
    return _of_learners(values) if "pairs" in values else values


def _as_one(name: str, files: Sequence[str]) -> str:
    """A corpus as one word: several files, which Python takes, are a folder to whoever types."""
    return files[0] if len(files) == 1 else name


def _of_learners(values: dict[str, Any]) -> dict[str, Any]:
    """Sources and learners so that they make the same pairs: a learner alone brings a source that suits it."""
    for left_out in (("sources", "learners"), ("sources",), ("learners",)):
        if (
            _pairs({name: tuple(values[name]) for name in ("sources", "learners") if name not in left_out})
            == values["pairs"]
        ):
            return {name: value for name, value in values.items() if name not in left_out}
    return values


def _pairs(given: dict[str, tuple[str, ...]]) -> list[list[str]]:
    """The pairs of a plan in which nothing else is `given`; none where two of them do not go together."""
    from simulate.studies.learners.job import LearnerPlan

    try:
        return [list(pair) for pair in LearnerPlan(**given).pairs]  # type: ignore[arg-type]
    except ValueError:
        return []
