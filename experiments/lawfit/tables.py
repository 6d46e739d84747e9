"""What the refit shows beside its claims, as tables and in words."""

from __future__ import annotations

import pandas as pd

from bounds.cli.printing import estimated, fixed, number, percent, signed, written
from bounds.cli.report import Table
from bounds.fitting.loss_laws.loss_law import LossLawFit
from experiments.lawfit.fits import BOOTSTRAP, REDRAWN, constants_table
from experiments.readers.chinchilla import LEFT_OUT

METHOD = (
    "A refit minimises the sum over runs of Huber's function of ln fitted loss - ln loss with δ = 1e-3, unless "
    f"another objective is named, over all five constants. Intervals of tables are of {BOOTSTRAP:,} sets of "
    f"weights (bounds.fit_loss_law); standard errors and intervals of a are of {REDRAWN:,} resamples with "
    "replacement, as Besiroglu et al. have them.",
    "Hoffmann's constants with eight digits are those in the source of the paper, as the notebook of Besiroglu et "
    "al. quotes them. The text of Hoffmann et al. and the table and abstract of Besiroglu et al. were read in "
    "transcriptions, sections of the latter in summaries, and their notebook itself.",
)


def leverage_table(table: pd.DataFrame) -> Table:
    """What is fitted when the highest losses are left out."""
    rows = [
        (f"{row.left_out:.0f}", f"{row.runs:.0f}", fixed(row.E),
         estimated(row.beta, row.beta_lower, row.beta_upper), estimated(row.gamma, row.gamma_lower, row.gamma_upper, 2),
         written(row.gopher_params))
        for row in table.itertuples()
    ]  # fmt: skip
    return Table(
        ("left out", "runs", "E", "β [95 %]", "middle γ [95 %]", "best N"), rows,
        title="The highest losses left out",
        below="Intervals are of sampling alone. Best N: parameters for the FLOP of Gopher, 5.76e23.",
    )  # fmt: skip


def objective_table(table: pd.DataFrame) -> Table:
    """The constants by each objective."""
    rows = []
    for (objective, delta), part in table.groupby(["objective", "delta"], sort=False, dropna=False):
        by = part.set_index("left_out")
        name = f"Huber, δ = {delta:g}" if objective == "huber" else {"lad": "least absolute deviations"}.get(
            objective, "least squares")  # fmt: skip
        five = by.loc[LEFT_OUT]
        rows.append((name, fixed(five.E, 4), fixed(five.alpha, 4), fixed(five.beta, 4), written(five.gopher_params),
                     fixed(by.loc[0].beta, 4)))  # fmt: skip
    return Table(
        ("objective", "E", "α", "β", "best N", "β of all"), rows,
        title="Objectives: the refit without five runs, and β of all",
    )  # fmt: skip


def refit_table(found: LossLawFit, drawn: pd.DataFrame) -> Table:
    """The constants of the refit with two kinds of standard errors."""
    table = constants_table(found)
    rows = [
        (letter, number(row.estimate, 5), number(row.standard_error), number(float(drawn[letter].std(ddof=1))),
         f"{number(row.lower)} – {number(row.upper)}")
        for letter, row in table.iterrows()
    ]  # fmt: skip
    return Table(
        ("constant", "estimate", "s.e., weights", "s.e., drawn", "95 %, sampling only"), rows,
        title=f"The refit of {found.n_runs} runs: Huber, δ = 1e-3",
    )  # fmt: skip


def scatter_table(table: pd.DataFrame, n_runs: int) -> Table:
    """How far the runs lie from the laws as printed."""
    rows = [(row.law, percent(row.residual_deviation, 2), number(row.largest_compute, 5)) for row in table.itertuples()]
    return Table(
        ("law", "s", "dearest run, FLOP"), rows, title=f"The {n_runs} runs about the laws as printed",
        below="s: √(Σr²/(n - 5)) of r, ln of the law's loss less ln of the observed one; plans take both from here.",
    )  # fmt: skip


def strongest(moved: pd.DataFrame, n: int = 12) -> pd.DataFrame:
    """The runs that move β most when one alone is left out."""
    order = moved.beta_moves.abs().sort_values(ascending=False).index[:n]
    ranks = moved.loss.rank(ascending=False).astype(int)
    return moved.loc[order].assign(loss_rank=ranks[order])


def influence_table(moved: pd.DataFrame) -> Table:
    """The runs that move β most."""
    rows = [
        (f"{row.loss_rank}", written(row.n_params), written(row.n_tokens), number(row.tokens_per_param),
         fixed(row.loss), signed(row.residual, 3), signed(row.beta_moves, 4))
        for row in strongest(moved).itertuples()
    ]  # fmt: skip
    return Table(
        ("loss rank", "N", "D", "D/N", "loss", "residual", "β moves by"), rows,
        title="The runs that move β most, one left out at a time",
        below="Rank 1 has the highest loss. Residual: ln fitted - ln observed loss, of the fit to all runs.",
    )  # fmt: skip
