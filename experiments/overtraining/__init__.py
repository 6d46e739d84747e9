"""Over-training and downstream error, Gadre et al. 2024 (arXiv 2403.08540), on its 104 runs.

`load` reads the runs, `paper_runs` chooses those that the paper fits, `fit` goes through any of them, on any of the
eight losses and any average of tasks, and `Fit.predict` says of any run how far off the prediction is:

    runs = overtraining.load()
    five, six = overtraining.paper_runs(runs, "redpajama")
    overtraining.fit(five, error_runs=six, loss="c4_val", tasks=17).predict(runs)
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from experiments.claims import Result
from experiments.data import located
from experiments.overtraining.claims import CLAIMS, outcomes
from experiments.overtraining.figures import figures
from experiments.overtraining.findings import Findings
from experiments.overtraining.fits import Fit, fit, of_set, paper_runs, targets
from experiments.overtraining.tables import METHOD, answer, data, details, notes, tables
from experiments.readers.gadre import average_error, read_baselines, read_runs

__all__ = ["CLAIMS", "Fit", "average_error", "fit", "load", "of_set", "paper_runs", "run", "targets"]


def load(folder: str | Path | None = None) -> pd.DataFrame:
    """The 104 runs, one a row (`experiments.readers.gadre.read_runs`), from `folder` of the data sets."""
    return read_runs(located("gadre", folder))


def run(folder: Path) -> Result:
    """What the runs in `folder` say of the claims."""
    here = located("gadre", folder)
    found = Findings(read_runs(here), read_baselines(here))
    return Result(
        outcomes(found), answer(found), tables(found), details(found), list(notes(found)), METHOD, figures(found),
        data(found),
    )  # fmt: skip
