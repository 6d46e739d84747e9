"""Names of a package that are loaded when they are first used, and names that have moved.

A package's ``__init__`` says

    __all__, __getattr__, __dir__ = lazy_names(__name__, {"package.module": ["name", ...], ...})

so that importing it costs next to nothing. A name that has moved still works, with a `DeprecationWarning` that says
where it is now.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any

UNTIL = "0.3"
"""The version without the names that have moved."""


def lazy_names(
    package: str,
    homes: Mapping[str, Iterable[str]],
    moved: Mapping[str, Iterable[str]] = {},
    here: Iterable[str] = (),
    rooms: Iterable[str] = (),
) -> tuple[list[str], Callable[[str], Any], Callable[[], list[str]]]:
    """``__all__``, ``__getattr__`` and ``__dir__`` of `package`.

    `homes` has the names of each module that they are taken from, `moved` those that were the package's own once and
    are now found in another place, `here` the names that the package defines itself, and `rooms` the packages in it
    that need no import of their own.
    """
    home_of = {name: module for module, names in homes.items() for name in names}
    place_of = {name: place for place, names in moved.items() for name in names}
    public, inside = [*here, *home_of], frozenset(rooms)

    def get(name: str) -> Any:
        if name in home_of:
            value = getattr(import_module(home_of[name]), name)
            setattr(sys.modules[package], name, value)
            return value
        if name in inside:
            return import_module(f"{package}.{name}")
        if name in place_of:
            told = f"{package}.{name} is {place_of[name]}.{name} now; the old name works until {UNTIL}"
            warnings.warn(told, DeprecationWarning, stacklevel=2)
            return getattr(import_module(place_of[name]), name)
        from bounds.base.arguments import did_you_mean  # importing a package shall load nothing

        hint = "" if name.startswith("_") else did_you_mean(name, public)
        raise AttributeError(f"module {package!r} has no attribute {name!r}{hint}")

    return public, get, lambda: sorted({*public, *inside})
