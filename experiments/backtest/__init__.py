"""How laws fitted to the cheaper runs of sixteen public series predict the dearer ones, and which interval holds.

    predictions, refused = backtest.backtest(backtest.load())
    backtest.scores(predictions)

The frozen list of series is `experiments.readers.runs.SERIES`, the protocol stands in `experiments.backtest.protocol`,
the recipes in `experiments.backtest.recipes`; docs/prediction.md says what was found.
"""

from __future__ import annotations

from experiments.backtest.protocol import BINS, backtest, load, splits
from experiments.backtest.recipes import RECIPES, Recipe, by_series, coverage, errors, learn_tau, scores, weights

__all__ = [
    "BINS", "RECIPES", "Recipe", "backtest", "by_series", "coverage", "errors", "learn_tau", "load", "scores", "splits",
    "weights",
]  # fmt: skip
