"""Distinct windows of real texts: exponents with intervals, which are no exponents of a loss and are not made one."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import simulate
from bounds.base.telling.steps import stepped

TEXTS = (
    ("eng_shakespeare", "Shakespeare", "word"), ("eng_novels", "English novels", "word"),
    ("deu_laws", "German statutes", "word"), ("c_linux", "C of Linux", "word"),
    ("zho_tang", "Tang poems", "char"),
)  # fmt: skip
"""File, name, and the unit that suits its script."""
LENGTHS = (1, 2, 4)


def measure(folder: Path, *, lengths: tuple[int, ...] = LENGTHS) -> pd.DataFrame:
    """The exponent of distinct windows of each text in `folder` and length, with its interval, one row a pair.

    `rejected` says that no single power law holds over the text; `slope` is that of ln U at its end.
    """
    rows = []
    for name, title, unit in stepped(TEXTS, "texts", "texts"):
        for one in simulate.measure_corpus(folder / f"{name}.txt.zst", unit=unit, length=list(lengths)):
            found = one.fit_growth()
            low, high = (float("nan"),) * 2 if found.interval is None else found.interval
            rows.append({
                "text": title, "corpus": name, "unit": unit, "length": one.length, "n_draws": int(one.n_draws[-1]),
                "n_unique": int(one.n_unique[-1]), "exponent": float(found.exponent), "exponent_lower": float(low),
                "exponent_upper": float(high), "rejected": bool(found.rejected), "slope": float(found.slope),
            })  # fmt: skip
    return pd.DataFrame(rows)
