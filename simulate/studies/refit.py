"""A kept result fitted again, whichever study counted it."""

from __future__ import annotations

from typing import Any

import xarray as xr

from simulate.running.dataset import made_by
from simulate.running.keeping.files import command_of, noun_of
from simulate.studies.sweep.fits import refit as refit_sweep


def refit(dataset: xr.Dataset, *, model: str = "auto", window: tuple[int, int] | Any = None) -> xr.Dataset:
    """The result `dataset` with its exponents fitted again, by another model or in another window of D.

    Takes results of sweep, learners and corpus. Raises ValueError with one sentence that names what the file holds
    where it holds no counts that can be fitted.
    """
    command = command_of(made_by(dataset))
    if command in ("sweep", "learners"):
        return refit_sweep(dataset, model=model, window=window)
    if command == "corpus":
        from simulate.studies.text.refit import refit as refit_text

        return refit_text(dataset, model=model, window=window)
    raise ValueError(
        f"this is the result of a {noun_of(command)}, which holds no growth of counts U(D) to fit; pass one of "
        "sweep, learners or corpus"
    )
