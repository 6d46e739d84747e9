"""Public names of `bounds`, wherever they are: those of the top and those of each subject."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from bounds.catalogue import places

NAMES = tuple(places())


def public(name: str) -> Any:
    """What is called `name`, such as ``l1_upper`` or ``OvertrainingLaw.loss``, found where it is said to be."""
    first, *rest = name.split(".")
    home, _, name = places()[first].rpartition(".")
    found = getattr(import_module(home), name)
    for part in rest:
        found = getattr(found, part)
    return found
