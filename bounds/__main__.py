"""``python -m bounds``: what the loss laws imply, each number with its label and its assumption."""

from __future__ import annotations

import json
from typing import Any

import click

from bounds import __version__
from bounds.command import SCHEMA_VERSION, CountType, command_group, run, with_version

main = command_group("What is true on paper: bounds on distinct sequences, parameters and corpus size.")


@main.command()
@click.argument("n_tokens", type=CountType())
@click.option("--law", "laws", multiple=True, metavar="KEY", help="A loss law; may be repeated. [default: all]")
@click.option(
    "--skills", type=float, default=2.0, show_default=True, help="Factor on the skills for the corpus factor."
)
@click.option(
    "--params-per-sequence", type=float, default=1.0, show_default=True, help="Parameters that store one sequence."
)
@click.option(
    "--inversion",
    "inversions",
    multiple=True,
    metavar="NAME",
    help="slow or laplace (lower end), fast or prequential (upper end). [default: slow and fast]",
)
@click.option(
    "--version-of-paper",
    "source",
    default="kausik2024v1",
    show_default=True,
    metavar="KEY",
    help="kausik2024v1, kausik2024v3 or kausik2024v6.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
@click.option("--explain", "explained", is_flag=True, help="Print the formulas behind the numbers as well.")
@with_version
def band(n_tokens: int, laws: tuple[str, ...], as_json: bool, explained: bool, **options: Any) -> None:
    """Lower, middle and upper U, N and corpus factor for a corpus of N_TOKENS tokens, one row a law.

    N_TOKENS is a whole number such as 3e11, 300B or 1.5T.
    """
    from bounds.band_table import print_bands
    from bounds.efficiency import bands
    from bounds.laws import LAWS

    rows = bands(
        n_tokens, laws=laws or tuple(LAWS), inversion=options["inversions"], source=options["source"],
        skills=options["skills"], params_per_sequence=options["params_per_sequence"],
    )  # fmt: skip
    if as_json:
        print(json.dumps(_as_json(n_tokens, rows, laws, options), indent=1))
        return
    print(f"A corpus of {n_tokens:.4g} tokens holds U distinct sequences; an efficient model needs N = νU parameters.")
    print_bands(rows, n_tokens, skills=options["skills"])
    if explained:
        _print_formulas(options["inversions"])


def _as_json(n_tokens: int, rows: list[Any], laws: tuple[str, ...], options: dict[str, Any]) -> dict[str, Any]:
    from bounds.band_table import band_notes

    warnings = [note[2:] for note in band_notes(rows, n_tokens) if note.startswith("!")]
    parameters = {"n_tokens": n_tokens, "laws": list(laws), **options}
    return {
        "schema_version": SCHEMA_VERSION, "rows": [], "bands": [row.to_json() for row in rows],
        "warnings": warnings, "verdict": None,
        "provenance": {"software": f"efficiency-bounds {__version__}", "parameters": parameters}, "path": None,
    }  # fmt: skip


def _print_formulas(inversions: tuple[str, ...]) -> None:
    from bounds.catalogue import explain
    from bounds.inversions import INVERSIONS

    chosen = [INVERSIONS[name].formula.name for name in inversions] or ["unique_lower_slow", "unique_upper_fast"]
    for name in ("exponent_lower", "exponent_upper", *chosen, "efficient_params", "growth_factor"):
        print(f"\n{explain(name)}")


if __name__ == "__main__":
    run(main, "python -m bounds")
