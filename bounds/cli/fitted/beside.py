"""The constants of a fit beside those that were published."""

from __future__ import annotations

from typing import Any

from bounds.cli.printing import fixed, number
from bounds.cli.report import Table
from bounds.efficiency.exponents import bernstein_exponent
from bounds.fitting.loss_laws.loss_law import LossLawFit
from bounds.laws.published import LAWS, LossLaw

_HALFWAY = 0.5
"""The Bernstein exponent halfway between the slow and the fast rate."""


def beside_table(fit: LossLawFit) -> Table:
    """A row for the fit and for each published law."""
    rows = [
        (
            row["law"], fixed(row["irreducible"]), number(row["param_coefficient"], 4), fixed(row["param_exponent"]),
            number(row["data_coefficient"], 4), fixed(row["data_exponent"]), fixed(row["exponent_middle"]),
        )
        for row in beside_rows(fit)
    ]  # fmt: skip
    return Table(
        ("law", "E", "A", "α", "B", "β", "middle γ"), rows, title="The fitted constants beside the published ones",
        below="γ of U ~ D^γ halfway between the rates, 1 - 3β/2. E, A and B of laws on other data and with other "
        "tokenizers are not comparable.",
    )  # fmt: skip


def beside_rows(fit: LossLawFit) -> list[dict[str, Any]]:
    """Five constants and the middle exponent of the fit and of each published law, for JSON."""
    return [_row(law) for law in (fit.law, *LAWS.values())]


def _row(law: LossLaw) -> dict[str, Any]:
    beta = law.data_exponent
    return {
        "law": law.key, "irreducible": law.irreducible, "param_coefficient": law.param_coefficient,
        "param_exponent": law.param_exponent, "data_coefficient": law.data_coefficient, "data_exponent": beta,
        "exponent_middle": float(bernstein_exponent(beta, _HALFWAY)) if 0 < beta < 1 else None,
    }  # fmt: skip
