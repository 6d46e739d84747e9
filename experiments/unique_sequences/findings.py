"""All that is found, computed once: bands of laws and of series, the refit of Chinchilla, simulation and texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from bounds.efficiency.band import Band, bands
from bounds.fitting.loss_laws.loss_law import LossLawFit
from bounds.fitting.loss_laws.uncertainty import FittedBand, UncertainNumber
from bounds.laws.law_range import beyond
from bounds.laws.published import LAWS
from experiments.data import is_here, located
from experiments.readers.runs import SERIES
from experiments.unique_sequences import texts
from experiments.unique_sequences.series import BOOTSTRAP, PAPER_BETA, PAPER_GAMMA, Spread, fit, law, load, spread
from experiments.unique_sequences.simulated import Simulated, simulated

SIZES = tuple(10.0**power for power in range(9, 15))
"""Tokens of the corpora that are asked for."""
PAPER_LAW, REPLICATION = "hoffmann2022", "epoch2024"
OTHERS = ("hoffmann2022-unrounded", "kaplan2020")


@dataclass(frozen=True)
class Corpus:
    """What one law says of a corpus of `n_tokens`: the band, and by what factor it lies outside the runs of the law."""

    law: str
    n_tokens: float
    band: Band
    times_outside: float


@dataclass(frozen=True)
class Findings:
    """All of it from the data sets in `folder`."""

    folder: Path
    bootstrap: int = BOOTSTRAP

    @cached_property
    def runs(self) -> pd.DataFrame:
        """The runs of all series."""
        return load(self.folder)

    @cached_property
    def series(self) -> pd.DataFrame:
        """The band of each series."""
        return fit(self.runs, bootstrap=self.bootstrap)

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """Series whose data are not in the folder."""
        there = set(self.runs.series)
        return tuple(key for key in SERIES if key not in there)

    @cached_property
    def spread(self) -> Spread:
        """How the series agree."""
        return spread(self.series)

    @cached_property
    def refit(self) -> LossLawFit:
        """The law through the 240 runs of the replication, with resamples."""
        return law(self.runs[self.runs.series == "chinchilla"], bootstrap=self.bootstrap)

    @cached_property
    def refit_band(self) -> FittedBand:
        """Its band, each end with an interval."""
        return self.refit.band()

    def refit_middle(self, n_tokens: float) -> UncertainNumber:
        """The middle N at a corpus size by the refit, with its interval."""
        return self.refit.band(n_tokens)["n_params", "middle"]

    @cached_property
    def laws(self) -> Mapping[str, Band]:
        """The published laws' bands, for their exponents."""
        return {one.law: one for one in bands(1e12, laws=(PAPER_LAW, REPLICATION, *OTHERS))}

    @cached_property
    def corpora(self) -> list[Corpus]:
        """N and U at each of `SIZES`, by the paper's law and by the replication."""
        return [
            Corpus(one.law, size, one, beyond(LAWS[one.law].fitted_tokens, size))
            for size in SIZES
            for one in bands(size, laws=(PAPER_LAW, REPLICATION))
        ]

    @cached_property
    def simulated(self) -> Simulated:
        """Learners, stores and skills."""
        return simulated()

    @cached_property
    def texts(self) -> pd.DataFrame | None:
        """Exponents of windows of real texts; None where there are no texts."""
        return texts.measure(located("corpora", self.folder)) if is_here("corpora", self.folder) else None

    def known(self) -> pd.DataFrame:
        """The series that have an interval."""
        return self.series[self.series.refused == ""]


def data(found: Findings) -> dict[str, Any]:
    """The numbers of tables and figures, for ``--json``."""
    known = found.spread
    return {
        "series": _records(found.series),
        "spread": {
            "n_series": known.n_series, "middle_low": known.low, "middle_high": known.high,
            "holding": list(known.holding), "holding_wide": list(known.holding_wide),
            "value": PAPER_GAMMA, "families": dict(known.families),
            "mean_of_families": known.mean, "new_family_lower": known.new_family[0],
            "new_family_upper": known.new_family[1], "between_families": known.between,
            "beta_moved_rms": known.moved, "held_short": known.held_short, "n_short": known.n_short,
        },
        "laws": [one.to_json() for one in found.laws.values()],
        "corpora": [
            {"n_tokens": one.n_tokens, "times_outside": one.times_outside, **one.band.to_json()}
            for one in found.corpora
        ],
        "refit": [one.to_json() for one in found.refit_band.numbers],
        "learners": found.simulated.points, "sizes": found.simulated.sizes, "skills": vars(found.simulated.skills),
        "texts": [] if found.texts is None else _records(found.texts), "beta_of_the_paper": PAPER_BETA,
    }  # fmt: skip


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{k: None if v != v else v for k, v in row.items()} for row in table.to_dict("records")]
