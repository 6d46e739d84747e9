"""Public names of `bounds`, at its top and of each subject, and the classes that all packages give."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from bounds.catalogue import places

NAMES = tuple(places())
PACKAGES = (
    "bounds", "bounds.base", "bounds.counts", "bounds.divergence", "bounds.laws", "bounds.efficiency",
    "bounds.capacity", "bounds.skills", "bounds.fitting", "bounds.planning", "simulate", "simulate.text",
    "experiments.claims", "experiments.registry", "experiments.data",
)  # fmt: skip


def public(name: str) -> Any:
    """What is called `name`, such as ``l1_upper`` or ``OvertrainingLaw.loss``, found where it is said to be."""
    first, *rest = name.split(".")
    home, _, name = places()[first].rpartition(".")
    found = getattr(import_module(home), name)
    for part in rest:
        found = getattr(found, part)
    return found


def classes_given() -> dict[str, type]:
    """Classes of ours by name: public ones, what public functions return, and what methods and fields of those give."""
    waiting = [value for package in PACKAGES for value in _own(import_module(package))]
    found: dict[type, None] = {}
    while waiting:
        value = waiting.pop()
        if not isinstance(value, type):
            waiting += _named(inspect.get_annotations(value).get("return"), value.__module__)
        elif value not in found:
            found[value] = None
            waiting += _members(value)
    return {one.__name__: one for one in found}


def _own(package: Any) -> Iterator[Any]:
    """What a package offers; of a module what it defines itself."""
    if hasattr(package, "_HOMES"):
        values = [getattr(import_module(home), name) for home, names in package._HOMES.items() for name in names]
    else:
        values = [one for one in vars(package).values() if getattr(one, "__module__", "") == package.__name__]
    return (one for one in values if isinstance(one, type) or inspect.isfunction(one))


def _members(kind: type) -> Iterator[Any]:
    """Public methods and properties of a class, and the classes of its fields."""
    for name, value in vars(kind).items():
        method = value.fget if isinstance(value, property) else inspect.unwrap(getattr(value, "__func__", value))
        if inspect.isfunction(method) and not name.startswith("_"):
            yield method
    for annotation in inspect.get_annotations(kind).values():
        yield from _named(annotation, kind.__module__)


def _named(annotation: Any, module: str) -> Iterator[type]:
    """The classes of ours that an annotation names, those that are imported for it alone included."""
    for name in re.findall(r"[A-Za-z_]\w*", annotation if isinstance(annotation, str) else ""):
        value = vars(sys.modules[module]).get(name)
        if value is None and (found := re.search(rf"from ([\w.]+) import [^\n]*\b{name}\b", _source(module))):
            value = getattr(import_module(found[1]), name, None)
        if isinstance(value, type) and value.__module__.split(".")[0] in ("bounds", "simulate", "experiments"):
            yield value


def _source(module: str) -> str:
    return inspect.getsource(sys.modules[module])
