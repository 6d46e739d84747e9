"""Unique sequences and efficient models, Kausik 2024 (arXiv 2402.14746), on public series of runs.

`load` reads the runs of sixteen series, `fit` gives the band of exponents of any of them, `spread` says how they agree:

    runs = unique_sequences.load()
    unique_sequences.spread(unique_sequences.fit(runs))
"""

from __future__ import annotations

from pathlib import Path

from experiments.claims import Result
from experiments.unique_sequences.claims import CLAIMS, outcomes
from experiments.unique_sequences.figures import figures
from experiments.unique_sequences.findings import Findings, data
from experiments.unique_sequences.series import Spread, fit, law, load, spread
from experiments.unique_sequences.tables import METHOD, answer, details, notes, tables

__all__ = ["CLAIMS", "Findings", "Spread", "fit", "law", "load", "run", "spread"]


def run(folder: Path) -> Result:
    """What the data in `folder` say of the claims."""
    found = Findings(folder)
    return Result(
        outcomes(found), answer(found), tables(found), details(found), notes(found), METHOD, figures(found), data(found)
    )
