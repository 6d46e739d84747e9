"""The tables of the experiment as they are printed."""

from __future__ import annotations

import pandas as pd

from bounds.cli.printing import factor, fixed, number, signed, written
from bounds.cli.report import Table

NAMES = {
    "hoffmann2022": "Hoffmann 2022", "hoffmann2022-unrounded": "the same, more digits",
    "epoch2024": "Besiroglu 2024", "kaplan2020": "Kaplan 2020",
}  # fmt: skip


def _name(row: pd.Series) -> str:
    if row.law == "gadre2024":
        return f"Gadre 2024, D/N = {row.tokens_per_param:.0f}"
    return NAMES[row.law]


def plans_table(table: pd.DataFrame, flops: float, models: list[tuple[str, float, float]]) -> Table:
    """N and D by each law, and the models that were planned and trained."""
    rows = [
        (_name(row), written(row.n_params), written(row.n_tokens), number(row.tokens_per_param), fixed(row.loss),
         _beyond(row), _cost(row))
        for _, row in table.iterrows()
    ]  # fmt: skip
    rows += [(name, written(n), written(d), number(d / n), "", "", "") for name, n, d in models]
    return Table(
        ("law or model", "N", "D", "D/N", "loss", "beyond", "compute ×"), rows,
        title=f"What {number(flops)} model FLOP buy, C = 6 N D",
        below="Beyond: times that N or D, the farther one, lies beyond the runs of the law. Compute ×: for the same "
        "loss as the best D/N would give, by three training sets. Kaplan's N is without embeddings.",
    )  # fmt: skip


def _beyond(row: pd.Series) -> str:
    most = max(row.beyond_params, row.beyond_tokens)
    return f"{factor(most)}×" if most > 1 else "within"


def _cost(row: pd.Series) -> str:
    if row.way == "optimal":
        return ""
    return f"{fixed(row.compute_factor_lower, 2)}–{fixed(row.compute_factor_upper, 2)}"


def bands_table(table: pd.DataFrame, params: float) -> Table:
    """N_store beside N_train for the corpus of BLOOM."""
    rows = [
        (NAMES[row.law], written(row.n_store_lower), written(row.n_store_middle), written(row.n_store_upper),
         written(row.n_train), f"{factor(params / row.n_store_upper)}×")
        for row in table.itertuples()
    ]  # fmt: skip
    return Table(
        ("law", "N_store slow", "middle", "fast", "N_train", "BLOOM / fast"), rows,
        title=f"The efficient band of {written(float(table.n_tokens.iloc[0]))} distinct tokens",
        below="N_store: parameters that store each distinct sequence once, one each (heuristic). N_train: the size for "
        "which so many tokens are compute-optimal. No law was fitted on this corpus or its tokenizer.",
    )  # fmt: skip


def hours_table(rows: list[tuple[str, float, float, float]], peak: float) -> Table:
    """FLOP of the hardware and of the model, by name: hours, hardware and model FLOP."""
    cells = []
    for name, hours, hardware, model in rows:
        most = hours * 3600 * peak * 1e12
        cells.append((name, f"{hours:,.0f}", number(hardware), number(model),
                      f"{100 * hardware / most:.1f} %, {100 * model / most:.1f} %"))  # fmt: skip
    return Table(
        ("hours", "A100 h", "hardware", "model FLOP", "of the peak"), cells,
        title="Hours to FLOP of the hardware and of the model, and what they are of the peak, 312 TFLOP/s",
    )  # fmt: skip


def corpora_table(table: pd.DataFrame, step: float) -> Table:
    """Each corpus with its mean, and its difference from the first one."""
    rows = [
        (row.corpus, fixed(row.mean, 4), "" if row.difference != row.difference
         else f"{signed(row.difference, 4)} [{signed(row.lower, 3)}, {signed(row.upper, 3)}]",
         "" if row.won != row.won else f"{row.won:.0f} of {row.tasks:.0f}")
        for row in table.itertuples()
    ]  # fmt: skip
    return Table(
        ("corpus", "accuracy", "less OSCAR [95 % over tasks]", "tasks won"), rows,
        title="1.3B parameters on English corpora, the last five checkpoints (112B tokens)",
        below=f"One run each; the mean of a checkpoint has a noise of {step:.4f} (standard deviation). The run on "
        "The Pile has an embedding norm as well.",
    )  # fmt: skip


def languages_table(groups: pd.DataFrame) -> Table:
    """Languages in groups, and where BLOOM is better."""
    rows = [
        (row.group, f"{row.languages}", f"{row.lower} of {row.languages}", fixed(row.median, 2),
         f"{fixed(row.least, 2)}–{fixed(row.most, 2)}")
        for row in groups.itertuples()
    ]  # fmt: skip
    return Table(
        ("languages of Flores-101", "number", "BLOOM lower", "median ratio", "range"), rows,
        title="Byte perplexity of BLOOM 176B over that of OPT 175B",
    )  # fmt: skip


def worth_table(tables: list[tuple[str, pd.DataFrame]]) -> Table:
    """Loss and share of the compute of models by name."""
    rows = [
        (f"{model}, {NAMES[row.law]}", fixed(row.loss), f"{100 * row.share:.0f} %", f"{factor(row.times_best)}×",
         f"{factor(row.beyond_params)}×")
        for model, table in tables for row in table.itertuples()
    ]  # fmt: skip
    return Table(
        ("model and law", "loss", "compute needed", "N / best N", "N beyond"), rows,
        title="The share of its compute that the law needs for the same loss",
        below="Extrapolated far beyond the runs of the laws, and for another corpus and tokenizer.",
    )  # fmt: skip


def shapes_table(shapes: pd.DataFrame) -> Table:
    """Shapes of large models, with the parameters of their layers."""
    rows = [
        (row.origin, f"{row.size_b_params:.0f}B", written(row.layer_params), f"{row.n_layers:.0f}",
         f"{row.d_model:.0f}", fixed(row.d_model / row.n_layers, 1))
        for row in shapes.itertuples()
    ]  # fmt: skip
    return Table(
        ("model", "as named", "its layers", "layers", "width", "width / layers"), rows,
        title="Shapes above 100B parameters",
        below="Its layers: l (12 h² + 13 h), without the embedding. bs: the 104B trial of BigScience.",
    )  # fmt: skip


def speeds_table(table: pd.DataFrame) -> Table:
    """The fastest trial of each shape."""
    rows = [
        (f"{row.n_layers:.0f}", f"{row.d_model:.0f}", f"{row.n_heads:.0f}", f"{row.head:.0f}",
         f"{row.size_b_params:.0f}B", fixed(row.sec_per_iter, 2), fixed(row.hw_tflops_per_gpu, 2))
        for row in table.itertuples()
    ]  # fmt: skip
    return Table(
        ("layers", "width", "heads", "a head", "size", "s / iteration", "TFLOP/s"), rows,
        title="The last trials of speed, 384 A100: the fastest of each shape; hardware TFLOP/s a GPU", left=4,
    )  # fmt: skip


def coefficients_table(table: pd.DataFrame) -> Table:
    """Sections of the notes, and what a FLOP is there."""
    rows = [(row.section, f"{row.trials}", fixed(row.coefficient, 2)) for row in table.itertuples()]
    return Table(
        ("section of the notes", "trials", "FLOP / (N · token)"),
        rows,
        title="Hardware FLOP a parameter and token that the trials imply, median of a section",
    )
