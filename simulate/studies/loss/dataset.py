"""Losses on held-out text as one Dataset; nothing that a report says is left out.

| dimension | runs along                                                                        |
|-----------|-----------------------------------------------------------------------------------|
| `learner` | kneser-ney, ppm-d                                                                 |
| `n_train` | parts of the text that were taught, in units, each about twice the one before     |
| `shuffle` | orders in which the text was taught                                               |
| `block`   | blocks of the text that was held out                                              |
| `match`   | units of the longest n-gram of the taught text that ends with a unit              |
| `order`   | units of an n-gram, 1 to 6                                                        |
| `n_counted`, `method` | larger parts that were counted and not taught, and who foretold their loss   |
| `part`, `rank` | of the interval of what counts foretell; of states of the suffix automaton           |
| `length`  | units in a window, whose number grows with exponent `exponent`                    |

`gain…` stands at the smaller of two parts, and is NaN at the largest. The attribute ``text`` holds, as JSON, the
name of the corpus, its unit, what was held out, and the notes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import xarray as xr

from bounds.base.intervals import Interval
from bounds.cli.json_text import json_text
from simulate.running.dataset import describe, provenance, stamp
from simulate.text.cutting.sequences import Units
from simulate.text.exponents import CorpusFit
from simulate.text.growth import CorpusGrowth
from simulate.text.learning.crossed import crossed, weighted
from simulate.text.learning.curves import LossCurves
from simulate.text.learning.foretelling.from_counts import Blocks, Reach, foretold
from simulate.text.learning.foretelling.kinds import kind_of
from simulate.text.learning.foretelling.record import METHODS, better
from simulate.text.learning.foretelling.rivals import rivals
from simulate.text.learning.scoring import LEARNERS
from simulate.text.learning.shrinking import GainFit, fit_gains, local_exponents
from simulate.text.source import why_too_short

Grown = tuple[CorpusGrowth, CorpusFit | None]

CURVE = ("learner", "n_train")

ABOUT: dict[str, tuple[str, str]] = {
    "n_train": ("units", "units of the text that were taught"),
    "learner": ("", "who learnt: Kneser-Ney of order 6, or PPM of order 5 with escape method D"),
    "held_out_loss": ("nats per unit", "mean cost of a unit of the held-out text"),
    "gain": ("nats per unit", "what twice as much text took off the loss"),
    "gain_local_exponent": ("1", "log2 of a gain over the next: the local beta, whatever the law"),
    "block_loss": ("nats per unit", "the loss on each block of the test, by the order of training"),
    "block_units": ("units", "units in each block of the test"),
    "match": ("units", "units of the longest n-gram of the taught text that ends with a unit of the test, 6 at most"),
    "matched": ("1", "share of the units of the test whose match has that length"),
    "matched_loss": ("nats per unit", "their mean cost; NaN where there are none"),
    "block_matched": ("units", "units of each block of the test whose match has that length"),
    "block_matched_cost": ("nats", "what these cost together"),
    "own_discounts": ("1", "share of the shuffles in which counts gave the discounts of Kneser-Ney of that order"),
    "n_counted": ("units", "units of the text that were counted, and not taught"),
    "method": ("", "who foretold the loss: counts (experimental), or losses alone"),
    "counted": ("1", "share of the units of the test whose match in a counted part has that length"),
    "foretold": ("nats per unit", "loss foretold of a learner taught the counted part"),
    "part": ("", "what alone would make the interval of what counts foretell so wide"),
    "foretold_reach": ("nats per unit", "half of the 95 % interval by that part alone"),
    "foretold_drop": ("nats per unit", "what counts say that the counted part takes off the loss of what was taught"),
    "rank": ("states", "states of the suffix automaton of the largest counted part that contribute most"),
    "residual_tail": ("1", "share of all contributions that these leave (predictive contribution spectrum)"),
    "order": ("units", "units of an n-gram"),
    "p_shrinks": ("1", "one-sided p-value of gains that do not shrink"),
    "p_bend": ("1", "two-sided p-value of one beta in all gains of the stretch"),
    "identified": ("1", "whether beta is identified"),
    "loss_exponent": ("1", "beta of L = E + B D^-beta; NaN where it is not identified"),
    "irreducible_loss": ("nats per unit", "E of that law, a constant of its shape in this range"),
    "loss_scale": ("nats per unit", "B of that law"),
    "law_from_units": ("units", "first D of the doublings that the law was asked of"),
    "why": ("", "the finding on beta in a clause"),
}
_ENDS = {"lower": "lower end of the 95 % interval of", "upper": "upper end of the 95 % interval of"}
_PARTS = {"test": "standard error, from blocks of the test, of", "training": "standard error, from shuffles, of"}


def to_dataset(
    curves: LossCurves, grown: Sequence[Grown], units: Units, repeats: Sequence[str], parameters: dict[str, Any]
) -> xr.Dataset:
    """One Dataset of losses, exponents of windows, and the `parameters` that they were made with.

    `repeats` say that much of the text stands in it again.
    """
    y = weighted(curves.losses, curves.block_units)
    # A dimension of shuffles and one of blocks come last: what `crossed` wants.
    losses = crossed(np.moveaxis(y, 1, 2))
    gains = crossed(np.moveaxis(y[:, :, :-1] - y[:, :, 1:], 1, 2))
    data: dict[str, Any] = _with_errors("held_out_loss", losses, 0) | _with_errors("gain", gains, 1)
    local = np.array([local_exponents(one) for one in gains.value])
    data["gain_local_exponent"] = (CURVE, _padded(local, 2))
    data |= {
        "block_loss": (("learner", "shuffle", "n_train", "block"), curves.losses),
        "block_units": ("block", curves.block_units),
        "matched": (("shuffle", "n_train", "match"), curves.matched.sum(axis=2) / curves.block_units.sum()),
        "matched_loss": (("learner", "shuffle", "n_train", "match"), curves.matched_loss),
        "block_matched": (("shuffle", "n_train", "block", "match"), curves.matched),
        "block_matched_cost": (("learner", "shuffle", "n_train", "block", "match"), curves.matched_cost),
        "own_discounts": (("n_train", "order"), curves.own_discounts.mean(axis=0)),
    }
    data |= _laws([fit_gains(curves.n_train, one) for one in y]) | _windows(grown)
    coordinates = {
        "learner": list(LEARNERS), "n_train": curves.n_train, "match": np.arange(curves.matched.shape[-1]),
        "order": 1 + np.arange(curves.own_discounts.shape[-1]), "length": [growth.length for growth, _ in grown],
    }  # fmt: skip
    if len(curves.n_counted):
        data |= _foretold(curves)
        assert curves.tail is not None
        coordinates |= {"n_counted": curves.n_counted, "method": list(METHODS), "part": list(Reach._fields)}
        coordinates |= {"rank": curves.tail.ranks}
    dataset = _described(describe(xr.Dataset(data, coords=coordinates)))
    dataset.attrs["text"] = _about(curves, units, repeats)
    engine = {"name": "loss", "reason": "learnt and tested"}
    made = provenance(parameters, command="loss", engine=engine, inputs=dict(units.sha256), device="cpu")
    return stamp(dataset, made)


def curve_of(dataset: xr.Dataset) -> xr.Dataset:
    """What a .csv has a line for: each learner and part."""
    names = [name for name, variable in dataset.data_vars.items() if set(variable.dims) == set(CURVE)]
    return dataset[names].drop_vars([name for name in dataset.coords if name not in CURVE], errors="ignore")


def _with_errors(name: str, measured: Any, missing: int) -> dict[str, Any]:
    lower, upper = measured.interval()
    parts = {"": measured.value, "_lower": lower, "_upper": upper, "_test": measured.test,
             "_training": measured.training}  # fmt: skip
    return {f"{name}{end}": (CURVE, _padded(values, missing)) for end, values in parts.items()}


def _padded(values: np.ndarray, missing: int) -> np.ndarray:
    """`values` with so many NaN at the end of each row."""
    return np.pad(values.astype(float), [(0, 0), (0, missing)], constant_values=math.nan)


def _laws(laws: Sequence[GainFit]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "identified": [int(law.identified) for law in laws],
        "loss_exponent": [law.exponent for law in laws],
        "irreducible_loss": [law.irreducible for law in laws],
        "loss_scale": [law.scale for law in laws],
        "p_shrinks": [law.p_shrinks for law in laws],
        "p_bend": [law.p_bend for law in laws],
        "law_from_units": [law.from_units for law in laws],
        "why": [law.why for law in laws],
    }
    for name, intervals in (
        ("loss_exponent", [law.interval for law in laws]),
        ("irreducible_loss", [law.irreducible_interval for law in laws]),
    ):
        found |= {f"{name}_{end}": [_end(one, place) for one in intervals] for place, end in enumerate(_ENDS)}
    return {name: ("learner", np.array(values)) for name, values in found.items()}


def _windows(grown: Sequence[Grown]) -> dict[str, Any]:
    """γ of each length, as `simulate corpus` gives it, and the slope at the end."""
    found: dict[str, list[Any]] = {
        "exponent": [math.nan if fit is None else fit.exponent for _, fit in grown],
        "fit_p_value": [math.nan if fit is None else fit.p_value for _, fit in grown],
        "slope": [math.nan if fit is None else fit.slope for _, fit in grown],
        "fit": [
            why_too_short(int(growth.n_draws[-1]), int(growth.n_unique[-1])) if fit is None else fit.verdict
            for growth, fit in grown
        ],
    }
    for place, end in enumerate(_ENDS):
        found[f"exponent_{end}"] = [_end(None if fit is None else fit.interval, place) for _, fit in grown]
        found[f"slope_{end}"] = [_end(None if fit is None else fit.slope_interval, place) for _, fit in grown]
    return {name: ("length", np.array(values)) for name, values in found.items()}


def _foretold(curves: LossCurves) -> dict[str, Any]:
    """What counts and losses say of the parts that were counted alone."""
    losses, at = mean_losses(curves), int(curves.n_train[-1])
    dims = ("learner", "n_counted")
    found = []
    for i, learner in enumerate(LEARNERS):
        row = []
        for k, n in enumerate(curves.n_counted.tolist()):
            blocks = Blocks(curves.matched[:, -1], curves.matched_cost[i, :, -1], curves.counted[:, k])
            others = rivals(curves.n_train, losses[i], float(n), curves.tail)
            row.append(foretold(blocks, float(losses[i, -1]), at, n, (curves.unit, learner), others))
        found.append(row)
    assert curves.tail is not None
    return {
        "counted": (("shuffle", "n_counted", "match"), curves.counted.sum(axis=2) / curves.block_units.sum()),
        "foretold": ((*dims, "method"), np.array([[list(one.losses.values()) for one in row] for row in found])),
        **{f"foretold_{end}": (dims, np.array([[getattr(one, end) for one in row] for row in found])) for end in _ENDS},
        **{
            name: (dims, np.array([[getattr(one, name.removeprefix("foretold_")) for one in row] for row in found]))
            for name in ("foretold_drop", "foretold_drop_lower", "foretold_drop_upper")
        },
        "foretold_reach": ((*dims, "part"), np.array([[one.reach for one in row] for row in found])),
        "residual_tail": ("rank", curves.tail.left),
    }


def mean_losses(curves: LossCurves) -> np.ndarray:
    """(learner, size) over units and shuffles."""
    return np.asarray(weighted(curves.losses, curves.block_units).mean(axis=(1, 3)))


def _records(curves: LossCurves) -> list[dict[str, Any]]:
    """For each learner and counted part: the kind of the curve, and which method had the better record for it."""
    found = []
    for learner, losses in zip(LEARNERS, mean_losses(curves), strict=True):
        kind = kind_of(losses)
        for n in curves.n_counted.tolist():
            record = asdict(better(kind, learner, n / int(curves.n_train[-1])))
            found.append({"learner": learner, "n_counted": n, "kind": kind, "record": record})
    return found


def _end(interval: Interval | None, place: int) -> float:
    return math.nan if interval is None else float(tuple(interval)[place])


def _described(dataset: xr.Dataset) -> xr.Dataset:
    """Units and long names of what this study alone has, and of the ends and parts of these."""
    for name, variable in dataset.variables.items():
        base, _, part = str(name).rpartition("_")
        if str(name) in ABOUT:
            units, text = ABOUT[str(name)]
        elif base in ABOUT and part in _ENDS | _PARTS:
            units, text = ABOUT[base][0], f"{(_ENDS | _PARTS)[part]} {base}"
        else:
            continue
        variable.attrs |= {"units": units, "long_name": text}
    return dataset


def _about(curves: LossCurves, units: Units, repeats: Sequence[str]) -> str:
    names = ("corpus", "unit", "vocabulary", "unseen", "pool", "how", "n_pieces", "n_tested", "bytes_per_unit")
    told = {name: getattr(curves, name) for name in names}
    told |= {"records": _records(curves)} if len(curves.n_counted) else {}
    copies = [f"{text}; of what is held out a copy may have been taught" for text in repeats]
    return json_text(told | {"notes": [*copies, *units.notes], "copies": bool(copies)})
