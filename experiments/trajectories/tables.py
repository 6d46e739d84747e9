"""The tables of the trajectories, in one piece of 80 columns each."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from bounds.cli.printing import fixed, number, written
from bounds.cli.report import Table
from experiments.readers.opt_figures import SIZES
from experiments.trajectories.matching import SizeEffect
from experiments.trajectories.predictors import PREDICTORS
from experiments.trajectories.trends import TRENDS, Drawn


def predictor_table(found: pd.DataFrame) -> Table:
    """Rank correlations and errors on sizes left out, a data set a row."""
    rows = []
    for name, part in found.groupby("data", sort=False):
        by = part.set_index("predictor")
        rows.append((
            str(name), *(fixed(by.spearman[one]) for one in PREDICTORS),
            *(f"{by.exponential_left_out[one]:.2f}" for one in PREDICTORS),
        ))  # fmt: skip
    return Table(
        ("data", "perplexity", "compute", "size", "by ppl", "compute", "size"), rows,
        title="What predicts accuracy: rank correlations, and errors on sizes left out, in points (exponential link)",
    )  # fmt: skip


def measure_table(found: pd.DataFrame) -> Table:
    """The other measures, a data set and predictor a row."""
    columns = ("spearman_low", "spearman_high", "isotonic_r2", "isotonic_left_out", "exponential_r2")
    rows = [(row["data"], row["predictor"], *(f"{row[name]:.3f}" for name in columns)) for _, row in found.iterrows()]
    return Table(
        ("data", "predictor", "ρ min", "ρ max", "iso R²", "error", "exp R²"), rows, left=2,
        title="Predictors by the other measures",
        below="ρ min, ρ max: rank correlation leaving a size out. iso, exp: isotonic and exponential link, with the "
        "part of the variance explained. error: of the isotonic link on sizes left out, in points.",
    )  # fmt: skip


def matched_table(matched: pd.DataFrame, tasks: str) -> Table:
    """Accuracy of each size at each perplexity."""
    rows = []
    for ppl, part in matched.groupby("valid_ppl"):
        cells = {
            row["size"]: f"{row.accuracy_pct:.1f}±{row.standard_error:.1f}" if row.standard_error == row.standard_error
            else f"{row.accuracy_pct:.1f}" for _, row in part.iterrows()
        }  # fmt: skip
        rows.append((number(float(ppl)), *(cells.get(size.name, "") for size in SIZES)))
    return Table(
        ("perplexity", *(size.name for size in SIZES)), rows,
        title=f"Accuracy at matched perplexity, %, {tasks}: mean and standard error",
    )  # fmt: skip


def effect_table(effects: Mapping[str, SizeEffect]) -> Table:
    """How far sizes stand from the common curve, a group of tasks a row."""
    rows = [
        (group, *(f"{one.offsets[size.name]:+.2f}" for size in SIZES), number(one.p, 1))
        for group, one in effects.items()
    ]
    return Table(
        ("tasks", *(size.name for size in SIZES), "p"), rows,
        title="Offsets of sizes from one curve of accuracy in ln perplexity, in points, and the F test that all are 0",
        below="A checkpoint scatters about its curve by " + ", ".join(
            f"{one.scatter:.2f} ({group})" for group, one in effects.items()
        ) + ".",
    )  # fmt: skip


def trend_table(trends: pd.DataFrame, simulated: pd.DataFrame, source: str) -> Table:
    """Published shares of tokens beside those of the learner."""
    index = ["after_pct_of_training", "size", "trend"]
    published, stored = (one.set_index(index).pct_of_tokens for one in (trends, simulated))
    rows = []
    for after in (10, 20, 70):
        for size in SIZES:
            pairs = [float(one[after, size.name, trend]) for trend in TRENDS for one in (published, stored)]
            rows.append((f"{after} %", size.name, *(f"{one:.1f}" for one in (*pairs, 100 - sum(pairs[::2])))))
    names = ("stagnate", "rise", "fall")
    return Table(
        ("after", "size", *(one for name in names for one in (name, "stored")), "none"), rows, left=2,
        title="Tokens by the trend of their perplexity after a part of the training, %",
        below=f"stored: the same of a learner that only stores, on corpora {source}. none: published, in no class.",
    )  # fmt: skip


def validation_table(validation: pd.DataFrame) -> Table:
    """Perplexity at the checkpoint nearest to a number of tokens, no farther off than a twentieth."""
    rows = []
    for tokens in (4e9, 16e9, 40e9, 80e9, 120e9, 200e9, 286e9):
        cells = []
        for size in SIZES:
            own = validation[validation["size"] == size.name]
            nearest = own.iloc[int(np.abs(np.log(own.tokens_published / tokens)).to_numpy().argmin())]
            near = abs(np.log(nearest.tokens_published / tokens)) <= 0.05
            cells.append(f"{nearest.valid_ppl:.2f}" if near else "")
        rows.append((written(tokens), *cells))
    return Table(
        ("tokens", *(size.name for size in SIZES)), rows,
        title="Validation perplexity by size and tokens seen, in the rounded batches of the paper",
    )  # fmt: skip


def overlap_table(drawn: Mapping[str, Drawn]) -> Table:
    """What sizes of the learner know in common at the same loss."""
    rows = [
        (source, number(row.loss, 4), row["size"], str(row.step), f"{row.overlap:.3f}")
        for source, (_, matched) in drawn.items() for _, row in matched.iterrows()
    ]  # fmt: skip
    return Table(
        ("corpus", "loss", "size", "step", "known alike"), rows,
        title="The learner that only stores: sizes at the same loss, and what they know in common",
        below="known alike: draws that this and the largest of the sizes know, over those that either does.",
    )  # fmt: skip
