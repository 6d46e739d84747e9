"""What Gadre et al. 2024 printed: cells of figures and tables, as they stand in the second version (June 2024).

Grids have a row a size, 0.011B to 6.9B, and a column a number of tokens per parameter; cells are relative errors of
prediction without their sign, in percent to a tenth, and a dot is an empty square. The printed constants of table 6
are the laws of `bounds.laws.overtraining`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SIZES = (10_569_312, 78_914_048, 153_677_376, 411_616_256, 1_439_795_200, 6_889_410_560)
"""Parameters of the rows, printed as 0.011B, 0.079B, 0.154B, 0.411B, 1.4B and 6.9B."""
RATIOS = (10, 20, 40, 80, 160, 320, 640)
"""Tokens per parameter of the columns."""

Grid = Mapping[tuple[int, int], float]


@dataclass(frozen=True)
class Figure:
    """The grids of one figure: of each, the training set, what was evaluated (a loss set or 17 or 46 tasks), cells."""

    number: int
    grids: Mapping[tuple[str, str | int], Grid]

    @property
    def n_cells(self) -> int:
        """How many cells hold a number."""
        return sum(len(grid) for grid in self.grids.values())


def _grid(text: str) -> Grid:
    rows = [row.split() for row in text.strip().splitlines()]
    return {
        (n, m): float(cell)
        for n, row in zip(SIZES, rows, strict=True)
        for m, cell in zip(RATIOS, row, strict=True)
        if cell != "."
    }


FIGURES = (
    Figure(5, {
        ("c4", "c4_val"): _grid("""
            1.1 0.0 0.2 0.7 0.9 0.0 0.6
            2.6 0.3 0.2 0.4 0.1 0.7 0.8
            1.5 0.5 1.1 1.1 3.3 2.8 0.6
            0.5 0.2 0.0 2.8 0.2 2.0 .
            .   0.8 .   1.5 .   .   .
            .   4.3 .   .   .   .   .
        """),
        ("redpajama", "c4_val"): _grid("""
            0.3 0.0 0.3 1.7 1.1 0.0 1.0
            2.2 0.3 0.2 0.7 1.4 2.1 2.3
            0.8 0.5 0.6 0.0 0.4 0.4 0.3
            0.4 0.2 0.1 0.3 0.3 1.4 1.1
            .   0.1 .   .   .   .   0.7
            .   0.7 .   .   .   .   .
        """),
        ("refinedweb", "c4_val"): _grid("""
            0.9 0.0 0.9 1.9 1.0 0.0 1.1
            2.4 0.1 0.0 0.5 1.2 2.0 0.9
            0.9 0.2 0.6 2.8 2.2 0.8 0.9
            0.2 0.1 0.5 0.8 0.9 0.9 0.3
            .   0.6 .   .   .   0.0 .
            .   1.6 .   .   .   .   .
        """),
    }),
    Figure(7, {
        ("c4", "paloma_c4_en"): _grid("""
            1.1 0.0 0.1 0.7 0.9 0.0 0.6
            2.6 0.3 0.2 0.8 0.2 0.3 1.4
            2.0 0.5 1.3 1.0 3.9 3.5 1.3
            0.2 0.2 0.2 3.5 0.5 2.7 .
            .   0.4 .   2.3 .   .   .
            .   3.6 .   .   .   .   .
        """),
        ("redpajama", "paloma_redpajama"): _grid("""
            4.6 0.0 0.3 2.8 1.5 0.0 0.8
            0.5 0.0 1.1 2.2 3.0 3.5 3.3
            0.2 0.0 0.5 1.3 1.4 1.0 0.5
            0.1 0.0 0.2 0.3 0.7 10.0 10.3
            .   3.0 .   .   .   .   15.4
            .   10.3 .  .   .   .   .
        """),
        ("refinedweb", "paloma_falcon-refinedweb"): _grid("""
            1.1 0.0 0.9 1.6 0.8 0.0 1.1
            2.3 0.1 0.4 1.0 2.0 3.2 2.3
            1.1 0.2 0.1 1.5 0.8 2.0 2.4
            0.7 0.1 1.6 2.3 2.0 2.3 4.3
            .   1.4 .   .   .   6.0 .
            .   5.6 .   .   .   .   .
        """),
    }),
    Figure(10, {
        ("c4", "paloma_dolma_100_programing_languages"): _grid("""
            15.2 0.0 8.4 2.9 0.2 0.0 0.2
            2.1 0.3 1.7 0.2 1.8 3.0 9.7
            3.3 0.6 0.7 1.6 6.4 4.3 2.8
            0.5 0.3 0.4 9.5 4.1 22.4 .
            .   2.5 .   4.3 .   .   .
            .   3.3 .   .   .   .   .
        """),
        ("c4", "paloma_ptb"): _grid("""
            5.7 0.0 3.6 1.1 1.4 0.0 3.5
            0.0 0.4 1.6 2.1 3.0 5.1 24.3
            0.9 0.7 0.7 1.6 1.3 4.7 2.0
            0.7 0.3 0.1 0.5 0.7 3.9 .
            .   9.9 .   10.0 .  .   .
            .   9.8 .   .   .   .   .
        """),
        ("c4", "val_de-en_100"): _grid("""
            4.1 0.0 2.1 0.6 1.5 0.0 1.2
            1.5 0.1 0.5 0.2 0.2 1.1 1.7
            2.3 0.1 0.6 0.0 2.2 2.2 0.7
            0.5 0.0 0.0 2.8 0.2 3.1 .
            .   0.9 .   7.6 .   .   .
            .   3.4 .   .   .   .   .
        """),
    }),
    Figure(11, {
        ("c4", 46): _grid("""
            0.3 0.2 0.6 0.9 0.2 0.3 1.3
            1.2 0.4 1.0 0.1 0.3 0.3 0.0
            0.2 0.7 0.5 1.2 1.7 1.0 0.4
            0.6 0.2 0.0 1.6 0.0 0.4 .
            .   0.3 .   3.1 .   .   .
            .   0.1 .   .   .   .   .
        """),
        ("redpajama", 46): _grid("""
            0.1 0.4 1.1 1.3 0.2 0.6 0.4
            0.1 0.0 0.3 0.8 1.0 0.6 1.3
            0.2 0.2 0.0 0.6 0.9 0.9 0.3
            1.3 0.8 1.3 1.5 1.0 1.0 1.0
            .   0.3 .   .   .   .   3.4
            .   2.1 .   .   .   .   .
        """),
        ("refinedweb", 46): _grid("""
            1.2 0.1 0.1 0.7 0.3 0.8 0.6
            0.5 1.4 0.4 0.9 0.8 1.0 1.2
            0.8 0.1 0.6 0.3 1.1 0.7 0.9
            0.5 1.1 1.1 1.7 1.6 0.6 0.9
            .   0.3 .   .   .   4.3 .
            .   2.8 .   .   .   .   .
        """),
    }),
    Figure(12, {
        ("c4", 17): _grid("""
            1.2 0.7 1.2 2.3 1.1 1.1 3.1
            3.9 1.2 2.5 1.0 0.5 0.6 0.4
            1.3 2.9 1.1 2.2 3.9 1.4 0.2
            2.3 1.3 1.7 2.8 2.2 1.8 .
            .   0.7 .   9.6 .   .   .
            .   0.1 .   .   .   .   .
        """),
        ("redpajama", 17): _grid("""
            0.6 0.4 2.1 2.5 0.6 0.8 0.8
            0.8 0.7 0.2 1.3 0.8 0.5 1.3
            0.9 1.7 0.2 0.1 0.2 0.7 0.0
            2.6 2.0 1.0 2.6 1.9 3.4 3.4
            .   0.7 .   .   .   .   3.6
            .   0.0 .   .   .   .   .
        """),
        ("refinedweb", 17): _grid("""
            2.5 0.4 0.7 1.5 1.3 1.7 0.9
            1.0 2.7 0.4 0.4 0.9 0.3 2.3
            1.5 0.1 0.0 1.3 2.1 0.6 0.6
            0.8 2.2 2.0 3.6 3.4 1.2 1.6
            .   0.4 .   .   .   5.6 .
            .   2.9 .   .   .   .   .
        """),
    }),
)  # fmt: skip
"""Figures 5 (C4 eval), 7 (own domain), 10 (other domains), 11 and 12 (errors over 46 and over 17 tasks)."""

TABLE_7_TASKS: tuple[str | int, ...] = ("arc_easy", "lambada_openai", "openbook_qa", "hellaswag_zeroshot", 17)
"""The columns of tables 2 and 7; HellaSwag is without shots there ("individual zero-shot evaluations")."""
TABLE_7 = {
    ("c4", True): (28.96, 15.01, 16.80, 79.58, 0.14),
    ("c4", False): (0.92, 2.04, 96.16, 61.79, 0.42),
    ("redpajama", True): (5.21, 14.39, 8.44, 25.73, 0.05),
    ("redpajama", False): (8.13, 11.07, 7.56, 30.98, 10.64),
    ("refinedweb", True): (26.06, 16.55, 1.92, 81.96, 2.94),
    ("refinedweb", False): (15.39, 6.26, 6.79, 6.52, 15.79),
}
"""Relative errors in percent for 6.9B parameters on 138B tokens, with the 1.4B run in the fit of the error and without;
the rows with it are table 2."""

OPTIMA = {"c4": 3.36, "redpajama": 7.42, "refinedweb": 5.85}
"""Tokens per parameter of least loss by the fits (appendix F)."""

GPU_HOURS = {SIZES[0]: 0.3, SIZES[1]: 5, SIZES[2]: 12, SIZES[3]: 75, SIZES[4]: 690}
"""A100 hours of a run at 20 tokens per parameter (table 3)."""
