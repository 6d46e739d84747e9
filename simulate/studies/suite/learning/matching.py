"""Sizes at the same loss: whether a large model that was trained little knows what a small one trained long does."""

from __future__ import annotations

import numpy as np
import xarray as xr

NEAR = 0.15
"""A size has met a loss if it ever has so little, and a checkpoint of its own is within this part of it."""

_SAME = 0.01


def match_losses(dataset: xr.Dataset, validation: np.ndarray, targets: tuple[float, ...]) -> xr.Dataset:
    """`dataset` with the checkpoint of each size whose loss is nearest each of three losses, in corpus 0.

    The losses are those that sizes at a quarter, half and three quarters of the list end with, unless there are
    `targets`. `validation` are the levels of the validation draws, shape (step, draw). ``matched_overlap`` is the part
    of the draws known to this size or to the largest that met the loss which is known to both; NaN where the loss
    was not met.
    """
    loss = reference_loss(dataset)
    n_sizes = loss.shape[1]
    if not targets:
        targets = tuple(dict.fromkeys(float(loss[-1, i]) for i in (n_sizes // 4, n_sizes // 2, 3 * n_sizes // 4)))
    wanted = np.array([target for target in targets if np.isfinite(target)])
    away = np.abs(np.where(np.isfinite(loss), loss, np.inf)[None] - wanted[:, None, None])
    nearest = away.argmin(axis=1)
    sizes = np.arange(n_sizes)
    found = np.take_along_axis(loss, nearest, axis=0)
    reached = np.min(loss, axis=0, initial=np.inf, where=np.isfinite(loss)) <= (1 + _SAME) * wanted[:, None]
    met = reached & (np.abs(found - wanted[:, None]) <= NEAR * wanted[:, None])
    overlap = np.full(found.shape, np.nan)
    for i in range(len(wanted)):
        if not met[i].any() or not validation.size:
            continue
        largest = int(np.flatnonzero(met[i])[-1])
        theirs = validation[nearest[i, largest]] <= largest
        for size in sizes[met[i]]:
            ours = validation[nearest[i, size]] <= size
            overlap[i, size] = (ours & theirs).sum() / max((ours | theirs).sum(), 1)
    dims = ("matched_target", "n_params")
    steps, stored = dataset.step.values, dataset.stored.values[0]
    return dataset.assign_coords(matched_target=wanted).assign(
        matched_step=(dims, np.where(met, steps[nearest], -1)),
        matched_loss=(dims, np.where(met, found, np.nan)),
        matched_stored=(dims, np.where(met, stored[nearest, sizes], -1)),
        matched_overlap=(dims, overlap),
    )


def reference_loss(dataset: xr.Dataset) -> np.ndarray:
    """Loss of corpus 0, shape (step, size): expected under the law, else on validation, else on the next batch."""
    for name in ("loss", "loss_validation", "loss_prequential"):
        if name in dataset and np.isfinite(dataset[name].values[0]).any():
            return dataset[name].values[0]
    raise ValueError("the suite measured no loss: the text ends at the last checkpoint; pass earlier --checkpoints")
