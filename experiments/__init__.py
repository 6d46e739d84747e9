"""What published papers reported, claim by claim, held against `bounds` and `simulate` on the data they published.

``python -m experiments run NAME`` prints each claim with its verdict. In Python each paper is a module:
``experiments.lawfit.fit(...)`` and its neighbours take any subset of the data. A module is loaded when it is first
used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["EXPERIMENTS", "Claim", "Experiment", "Outcome", "Result", "judge"]

_HOME_OF = {"EXPERIMENTS": "registry", "Experiment": "registry"} | dict.fromkeys(
    ("Claim", "Outcome", "Result", "judge"), "claims"
)
_MODULES = ("claims", "data", "present", "readers", "registry")


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        value = getattr(import_module(f"experiments.{_HOME_OF[name]}"), name)
        globals()[name] = value
        return value
    if not name.startswith("_") and (name in _MODULES or name in import_module("experiments.registry").EXPERIMENTS):
        return import_module(f"experiments.{name}")
    raise AttributeError(f"module 'experiments' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *_MODULES, *import_module("experiments.registry").EXPERIMENTS])
