"""The loss laws that a result is shown beside: those that were asked for, and what a result keeps of them.

A published law has a key, and one of one's own a file, which may be gone when the result is shown again. So whenever a
file is among the laws that were asked for, the result keeps all of them in its provenance: of a file what it holds but
for the draws, by its name without its folders.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import xarray as xr

from bounds.cli.json_text import json_text
from bounds.efficiency.exponents import exponent_band
from bounds.laws.law_file import is_law_file, law_called, law_from_text, law_text, read_law_file
from bounds.laws.published import LossLaw, get_law

Entry = dict[str, str]
"""A law in a provenance: ``law``, its key, and ``file``, the text of the file, where it came from one."""


def asked_laws(names: Sequence[str]) -> tuple[Entry, ...]:
    """What a result keeps of the laws called `names`; ValueError with one sentence where one gives no band."""
    return tuple(_entry(name) for name in names)


def _entry(name: str) -> Entry:
    law = get_law(name)
    try:
        exponent_band(law.data_exponent)
    except ValueError as error:
        raise ValueError(f"{name} gives no band: {error}") from None
    if not is_law_file(name):
        return {"law": law.key}
    kept = replace(read_law_file(name), samples=None)
    return {"law": law_called(name), "file": law_text(kept)}


def keep_laws(dataset: xr.Dataset, entries: Sequence[Entry]) -> xr.Dataset:
    """`dataset` with the laws that it was asked to be shown beside, where one of them came from a file."""
    if any("file" in entry for entry in entries):
        made = json.loads(dataset.attrs["provenance"])
        dataset.attrs["provenance"] = json_text(made | {"laws": list(entries)})
    return dataset


def laws_of(entries: Sequence[Entry]) -> tuple[LossLaw, ...]:
    """The laws of `entries`, those from files under their names without folders."""
    return tuple(
        get_law(entry["law"]) if "file" not in entry else law_from_text(entry["file"].encode(), entry["law"]).law
        for entry in entries
    )


def shown_laws(names: Sequence[str], made: dict[str, Any]) -> tuple[LossLaw, ...]:
    """The laws called `names`, or those that the result with the provenance `made` keeps, if any.

    A file that is not there is looked for in the result, by its name without its folders.
    """
    kept: dict[str, Entry] = {entry["law"]: entry for entry in made.get("laws", ())}
    if not names:
        return laws_of(tuple(kept.values()))
    return laws_of([_found(name, kept) for name in names])


def _found(name: str, kept: dict[str, Entry]) -> Entry:
    if is_law_file(name) and not os.path.lexists(name) and law_called(name) in kept:
        return kept[law_called(name)]
    return _entry(name)
