"""The tables of the report, and how its numbers are made."""

from __future__ import annotations

import pandas as pd
import xarray as xr

from bounds.cli.printing import estimated, fixed, number, signed, written
from bounds.cli.report import Table
from experiments.readers.pythia import SIZES
from experiments.training_dynamics.evaluations import TASKS, best, in_order
from experiments.training_dynamics.simulated import BATCH, CORPORA, PARAMS_PER_SEQUENCE, TAUGHT, TERM_STEPS, known
from experiments.training_dynamics.suite import LAST, params, tokens_seen

SHOWN_STEPS = (0, 128, 512, 1000, 3000, 13_000, 33_000, 63_000, 103_000, 143_000)


METHOD = [
    f"Of the 672 evaluations, accuracy is the plain mean of acc over eight tasks: {', '.join(TASKS)}. A model without "
    "duplicates saw about one and a half epochs of 207B tokens, a standard one less than one epoch, both 300B tokens.",
    "Shapes are those of models/*/*.yml in the repository at the commit of the data; numbers of the paper in the "
    "tables of its appendix were compared by way of the list of Papers with Code. What the paper says in words was "
    "read in summaries of it, and where that is not so either, the claim says so.",
    f"The simulated suite draws from zipf:1.5, {BATCH} sequences a step, {CORPORA} corpora; a store keeps the n "
    f"sequences it has seen most often, n being the non-embedding parameters over {PARAMS_PER_SEQUENCE:,}. A "
    "correlation of term frequency is that of knowing a sequence (0 or 1) with log2 of its exposures, in bins of "
    "powers of two, over all sequences seen.",
]


def _perplexity(value: float) -> str:
    return written(value) if value >= 1e4 else f"{value:.0f}" if value >= 100 else fixed(value, 2)


def end_table(perplexity: pd.DataFrame, right: pd.DataFrame, gains: pd.DataFrame) -> Table:
    """Perplexity, accuracy and what leaving out duplicates gains, at the last step."""
    last, at = perplexity.loc[LAST], right.loc[LAST] * 100
    rows = [
        (size, written(params(size, total=True)), _perplexity(last[False, size]), _perplexity(last[True, size]),
         fixed(at[False, size], 1), fixed(at[True, size], 1), signed(gains["mean"][size]),
         signed(gains.lambada_openai[size]))
        for size in SIZES
    ]  # fmt: skip
    return Table(
        ("size", "N", "ppl", "ppl, no dup.", "acc", "acc, no dup.", "gain", "LAMBADA"), rows,
        title="After 143,000 steps (300B tokens), no examples in the prompt",
        below="N: total. ppl: perplexity of LAMBADA's last words. acc: % right, mean of eight tasks; gain: what "
              "leaving out duplicates gains, in points; LAMBADA: the same of that task.",
    )  # fmt: skip


def best_table(perplexity: pd.DataFrame, losses: pd.DataFrame) -> Table:
    """When perplexity was least, and how far above that it ends."""
    real = [best(perplexity[deduped]) for deduped in (False, True)]
    drawn = best(losses)
    rows = [
        (size, *(cell for one in real for cell in (
            _perplexity(one.least[size]), str(one.at_step[size]), fixed(one.ratio[size], 3))),
         str(drawn.at_step[size]), fixed(drawn.ratio[size], 4))
        for size in SIZES
    ]  # fmt: skip
    return Table(
        ("size", "least", "at step", "end", "no dup.", "at step", "end", "sim. at", "end"), rows,
        title="The least perplexity on LAMBADA, and what the end is over it",
        below="no dup.: without duplicates. end: last value over the least one. sim.: expected loss of the simulated "
        "suite.",
    )  # fmt: skip


def course_table(perplexity: pd.DataFrame, losses: pd.DataFrame) -> Table:
    """Perplexity along the training, and whether larger sizes have the lower one."""
    orders = [in_order(perplexity[False]), in_order(perplexity[True]), in_order(losses)]
    rows = [
        (str(step), written(tokens_seen(step)),
         *(_perplexity(perplexity[False, size][step]) for size in ("70m", "410m", "2.8b", "12b")),
         *(fixed(order[step], 2) for order in orders))
        for step in SHOWN_STEPS
    ]  # fmt: skip
    return Table(
        ("step", "tokens", "70m", "410m", "2.8b", "12b", "in order", "no dup.", "sim."), rows,
        title="Perplexity on LAMBADA along the training on the Pile",
        below="in order: part of the 28 pairs of sizes in which the larger one has the lower perplexity, also without "
        "duplicates, and of the simulated losses, where stores that still have room are equal.",
    )  # fmt: skip


def accuracy_table(right: pd.DataFrame) -> Table:
    """The mean accuracy along the training, with and without duplicates."""
    shown = ("70m", "410m", "2.8b", "12b")
    rows = [
        (str(step), *(fixed(100 * right[deduped, size][step], 1) for deduped in (False, True) for size in shown))
        for step in SHOWN_STEPS
    ]
    return Table(
        ("step", *shown, *(f"{size}, no" for size in shown)),
        rows,
        title="Accuracy along the training, no examples: % right, mean of eight tasks",
        below="no: without duplicates.",
    )


def simulated_table(losses: pd.DataFrame) -> Table:
    """The simulated losses, at the same steps."""
    rows = [(str(step), *(number(losses[size][step]) for size in SIZES)) for step in SHOWN_STEPS]
    return Table(
        ("step", *SIZES), rows, title="Expected loss of the simulated suite, nats per sequence",
        below=f"n = N / {PARAMS_PER_SEQUENCE:,}, N non-embedding: room for " + ", ".join(
            f"{params(size) // PARAMS_PER_SEQUENCE:,}" for size in SIZES) + " sequences.",
    )  # fmt: skip


def position_table(sure: pd.DataFrame, chancy: pd.DataFrame) -> Table:
    """Whether memorised positions are even, in simulated stores."""
    rows = []
    for size in dict.fromkeys(sure["size"]):
        one, other = (table[table["size"] == size].set_index("exposure") for table in (sure, chancy))
        cells = [f"{table.rejected[at]} of {table.tested[at]}" for table in (one, other) for at in ("first", "any")]
        bound = one.poisson_distance_bound["any"]
        tied = [fixed(table.tied_share["any"], 3) for table in (one, other)]
        rows.append((size, written(one.stored["any"]), *cells[:2], tied[0],
                     "vacuous" if bound >= 1 else number(bound, 2), cells[3], tied[1]))  # fmt: skip
    return Table(
        ("size", "stored", "first", "any", "tied", "Le Cam", "any, λ", "tied, λ"), rows,
        title="Simulated: corpora in which memorised positions are not even",
        below=f"At 0.01, each sequence at its first, or at any one, of its exposures. λ: an exposure teaches with a "
        f"chance of {TAUGHT:g}. tied: part of the store that only ties decide. Le Cam [rigorous]: distance from "
        "Poisson, at most.",
    )  # fmt: skip


def term_table(terms: dict[float, pd.DataFrame]) -> Table:
    """How far knowing goes with exposures, in simulated stores."""
    shown = ("70m", "1b", "2.8b", "12b")
    rows = [(str(step), *(fixed(table[size][step], 2) for table in terms.values() for size in shown))
            for step in TERM_STEPS]  # fmt: skip
    return Table(
        ("step", *shown, *(f"{size}, λ" for size in shown)),
        rows,
        title="Simulated: correlation of knowing a sequence with log exposures",
        below=f"A dash: all is known. λ: an exposure teaches with a chance of {TAUGHT:g}.",
    )


def known_table(sure: xr.Dataset, chancy: xr.Dataset) -> Table:
    """What is known of sequences by their exposures, in simulated stores."""
    shown, tables = ("70m", "1b", "2.8b", "12b"), [known(sure), known(chancy)]
    rows = [
        (str(count) if count == 1 else f"{count}–{2 * count - 1}",
         *(fixed(table[size][count], 3) for table in tables for size in shown))
        for count in tables[0].index if count <= 4096
    ]  # fmt: skip
    return Table(
        ("exposures", *shown, *(f"{size}, λ" for size in shown)),
        rows,
        title="Simulated: part of the sequences known at the end",
        below=f"λ: an exposure teaches with a chance of {TAUGHT:g}.",
    )


_SHORT = ("ARC-c", "ARC-e", "LAMB.", "LogiQA", "PIQA", "SciQ", "Wino.", "WSC", "mean")


def gain_table(gains: pd.DataFrame, how: str) -> Table:
    """What leaving out duplicates gains, by size and task."""
    rows = [(size, *(signed(value, 1) for value in gains.loc[size])) for size in SIZES]
    rows.append(("mean", *(signed(value, 1) for value in gains.mean())))
    return Table(("size", *_SHORT), rows, title=f"What leaving out duplicates gains in points, {how}",
                 below="WSC has 104 questions, so that one is a point.")  # fmt: skip


def closeness_table(near: pd.DataFrame) -> Table:
    """How near 2.8B is to its twin without duplicates, and how near the nearest other size is."""
    rows = []
    for step, at in near[near.step >= 1000].groupby("step"):
        ours, others = at[at["size"] == "2.8b"].iloc[0], at[at["size"] != "2.8b"]
        rows.append((str(step), fixed(ours.equal, 2), fixed(others.equal.max(), 2), fixed(ours.gap, 2),
                     fixed(others.gap.min(), 2)))  # fmt: skip
    return Table(
        ("step", "equal, 2.8b", "others, most", "gap, 2.8b", "others, least"),
        rows,
        title="A size and its twin without duplicates, no examples",
        below="equal: part of all accuracies that are the same to the last digit. gap: median of the eight tasks, "
        "points.",
    )


def bias_table(changes: pd.DataFrame) -> Table:
    """What swapped pronouns do to a test of gender bias."""
    rows = [
        (row.size_, "21 %" if row.variant.endswith("long") else "7 %", fixed(row.baseline, 1),
         fixed(row.changed, 1), estimated(row.change, row.lower, row.upper, 2), fixed(row.stderr, 1),
         signed(row.log_ppl, 4))
        for row in changes.rename(columns={"size": "size_"}).itertuples()
    ]  # fmt: skip
    return Table(
        ("size", "last", "before", "after", "change [95 %]", "s.e.", "ln ppl"),
        rows,
        title="CrowS-Pairs, English, gender: % of stereotypes preferred",
        below="Means of the last ten checkpoints; 95 %: over them, as if they were independent. s.e.: of one value, "
        "over its pairs of sentences. ln ppl: change on LAMBADA.",
    )
