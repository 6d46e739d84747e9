"""A result that `simulate` kept, read again: whole and as it was written, or refused with one sentence.

Who keeps results is `simulate`; reading one needs nothing of it, so that `python -m bounds` can take what was measured.
"""

from __future__ import annotations

import functools
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bounds.base.arguments import close_file
from bounds.base.one_number import cut, printable
from bounds.cli.reading import checksums
from bounds.cli.reading.held import RESULT, held
from bounds.cli.shared import SCHEMA_VERSION

if TYPE_CHECKING:
    import xarray as xr


def read_result(source: Path, unfinished: Callable[[Path], str] = lambda source: "") -> xr.Dataset:
    """The result in the .nc or .zarr `source`, in memory.

    Raises ValueError with one sentence where there is none, where another program wrote it, and where it is not as it
    was written; `unfinished` may say more of one that does not exist.
    """
    if not source.exists():
        raise ValueError(f"{source} does not exist{unfinished(source) or close_file(source)}")
    if source.is_dir() and source.suffix != ".zarr":
        raise ValueError(f"{source} is a folder; name the result in it, which ends in .nc or .zarr")
    try:
        dataset = _read(source)
        damage = checksums.check(dataset) if "provenance" in dataset.attrs else None
    except Exception as error:  # noqa: BLE001  (whatever the readers of two formats raise where bytes are others)
        raise ValueError(f"{source} cannot be read as a result{_what_instead(source, error)}") from None
    if "provenance" not in dataset.attrs:
        raise ValueError(f"{source} is not a result of this program: it has no provenance")
    if damage:
        raise ValueError(f"{source} is damaged: {damage}; make it again")
    try:
        found = json.loads(dataset.attrs["provenance"])["schema_version"]
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{source} is not a result of this program: its provenance is not understood") from None
    if found != SCHEMA_VERSION:
        raise ValueError(f"{source} has schema version {found}; this version reads {SCHEMA_VERSION}")
    return dataset


def _what_instead(source: Path, error: Exception) -> str:
    """What a file holds that is no result, or why a reader of results gave up on it."""
    holds = held(source)
    if holds and holds != RESULT:
        return f": it holds {holds}"
    return f" ({_why(error)}); results end in .nc or .zarr, and a run with --out writes them"


def _why(error: Exception) -> str:
    """The beginning of what a reader says, which may quote any bytes of a file."""
    return cut(printable(" ".join(str(error).split()))) or type(error).__name__


def _read(source: Path) -> xr.Dataset:
    """What stands in a file or folder, in memory."""
    import xarray as xr  # a run that is not written to a file does without, and without h5py

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about what is foreign or damaged, which is refused with a sentence
        if source.suffix == ".zarr":
            consolidated = (source / ".zmetadata").exists()  # a copy of all metadata, which a copy of a folder may lack
            return xr.open_zarr(source, chunks=None, mask_and_scale=False, consolidated=consolidated).load()
        checksums.check_seal(source)
        return _read_netcdf(source)


def _read_netcdf(source: Path) -> xr.Dataset:
    """As `xr.open_dataset` does, which asks for chunks and filters of each variable too.

    Each object of the file is looked up once, where h5netcdf does so some fifty times. Together a third of the time.
    """
    import h5netcdf
    import h5py
    import xarray as xr

    class Remembering(h5py.File):
        @functools.cache  # noqa: B019  (the file is closed below)
        def __getitem__(self, name: Any) -> Any:
            return super().__getitem__(name)

    with Remembering(source, "r") as objects, h5netcdf.File(objects, "r", decode_vlen_strings=True) as file:
        found = {
            name: xr.Variable(one.dimensions, _values(one), dict(one.attrs)) for name, one in file.variables.items()
        }
        whole = xr.Dataset(found, attrs=dict(file.attrs))
    return xr.decode_cf(whole, mask_and_scale=False)


def _values(variable: Any) -> np.ndarray:
    """Values of a variable of h5netcdf; words are objects to HDF5, and words to NumPy."""
    values = np.asarray(variable[...])
    return values.astype(str) if values.dtype == object else values
