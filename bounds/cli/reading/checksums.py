"""A checksum of every variable of a result and of what stands beside them: a chunk that is cut or gone is not always
noticed by who reads it, and a number that is another one never.

``checksums`` is a JSON object among the attributes: the CRC-32 of each variable, by its name, and under the empty name
that of the attributes of the Dataset. That of a variable begins with its dimensions, shape, type and attributes.

A .nc ends in a seal besides, 16 bytes that HDF5 does not read: what its library does with metadata that was written
over is anybody's guess, and a file whose seal does not fit is not given to it.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from bounds.cli.json_text import json_text

_OWN = ("checksum", "checksums")
_OF_A_FORMAT = ("_FillValue", "coordinates", "missing_value")
"""Attributes that a format keeps for itself, and shows to some readers."""

_SEAL = b"\neff-bounds\n"


def with_checksums(dataset: xr.Dataset) -> xr.Dataset:
    """`dataset` with the checksums of what it holds; ``checksum`` is that of the counts, for earlier versions."""
    return dataset.assign_attrs(checksum=_of_counts(dataset), checksums=json_text(_all(dataset)))


def check(dataset: xr.Dataset) -> str | None:
    """What of `dataset` is not as it was written, in words; None where all is. Takes the checksums out of it.

    A result of an earlier version has one of its counts alone.
    """
    counts, every = (dataset.attrs.pop(name, None) for name in _OWN)
    if every is None:
        return None if counts in (None, _of_counts(dataset)) else "its counts are not those that were written"
    try:
        written = dict(json.loads(every))
    except (ValueError, TypeError):
        return "its checksums cannot be read"
    found = _all(dataset)
    if missing := sorted(set(written) - set(found)):
        return f"it has no {missing[0]} any more"
    wrong = [name for name in found if found[name] != written.get(name)]
    if not wrong:
        return None
    if "n_unique" in wrong or "spectrum" in wrong:
        return "its counts are not those that were written"
    return f"its {wrong[0] or 'provenance'} is not what was written"


def sealed(content: bytes) -> bytes:
    """The bytes of a file, and at their end what `check_seal` looks at."""
    return content + _SEAL + struct.pack("<I", zlib.crc32(content))


def check_seal(path: Path) -> None:
    """ValueError where a file is not as it was sealed; one of an earlier version has no seal."""
    length = path.stat().st_size - len(_SEAL) - 4
    with path.open("rb") as file:
        file.seek(max(length, 0))
        seal = file.read()
        if length < 0 or not seal.startswith(_SEAL):
            return
        file.seek(0)
        found = 0
        while length > 0:
            part = file.read(min(length, 1 << 20))
            found = zlib.crc32(part, found)
            length -= len(part) or length
    if seal[len(_SEAL) :] != struct.pack("<I", found):
        raise ValueError("its bytes are not those that were written")


def _all(dataset: xr.Dataset) -> dict[str, int]:
    found = {str(name): _of_variable(variable) for name, variable in dataset.variables.items()}
    return {"": zlib.crc32(_words(dataset.attrs)), **found}


def _of_variable(variable: xr.Variable) -> int:
    values = np.asarray(variable.values)
    text = values.dtype.kind not in "biuf"
    kind = "text" if text else values.dtype.newbyteorder("<").str
    found = zlib.crc32(f"{variable.dims} {variable.shape} {kind} ".encode() + _words(variable.attrs))
    if text:
        content = json.dumps([str(value) for value in values.ravel()]).encode()
    else:
        content = np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tobytes()
    return zlib.crc32(content, found)


def _words(attributes: Mapping[Any, Any]) -> bytes:
    """Attributes in one order, and numbers as any format gives them back."""
    kept = {str(name): value for name, value in attributes.items() if name not in (*_OWN, *_OF_A_FORMAT)}
    return json.dumps(kept, sort_keys=True, default=_plain).encode()


def _plain(value: Any) -> Any:
    return np.asarray(value).tolist()


def _of_counts(dataset: xr.Dataset) -> int:
    found = 0
    for name in ("n_unique", "spectrum"):
        if name in dataset:
            found = zlib.crc32(dataset[name].values.tobytes(), found)
    return found
