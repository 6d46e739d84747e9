"""From a Dataset of learners to what a reader sees: points (γ, β), losses beside theory, implied exponents, sizes."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import xarray as xr

from bounds.base.intervals import ASYMPTOTIC
from bounds.cli.printing import number, print_table, print_text
from bounds.cli.shared import SCHEMA_VERSION
from bounds.efficiency.band import bernstein_exponent
from bounds.laws.published import get_law
from simulate.running.dataset import NOT_MEASURED
from simulate.stats import Z_LIMIT, Estimate, exact_mean, standard_error, z
from simulate.studies.learners.kinds import Learner, Margin, Store
from simulate.studies.learners.names import parse_learner
from simulate.studies.learners.rates import ABOVE, BELOW, place
from simulate.studies.sweep.report import implied_bands, short
from simulate.text.any_source import parse_any_source

DEFAULT_LAWS = ("hoffmann2022", "epoch2024")
"""Two fits of the same runs: β = 0.28 and 0.366."""


def pairs(dataset: xr.Dataset) -> list[tuple[str, str]]:
    """The (source, learner) that were measured."""
    return [tuple(pair) for pair in json.loads(dataset.attrs["provenance"])["parameters"]["pairs"]]


def rows(dataset: xr.Dataset) -> list[dict[str, Any]]:
    """One flat object for each source and learner; losses at the largest D where there is one; None for no value."""
    return [_row(dataset.sel(source=source, learner=learner)) for source, learner in pairs(dataset)]


def _row(one: xr.Dataset) -> dict[str, Any]:
    exact, tested = (
        one[name].transpose("n_draws", "replicate").values for name in ("excess_loss", "excess_loss_tested")
    )
    drawn = np.isfinite(exact) | np.isfinite(tested)
    last = int(np.flatnonzero(drawn.any(axis=1))[-1]) if drawn.any() else -1
    exact, tested = exact[last, drawn[last]], tested[last, drawn[last]]
    expected, relation = float(one.excess_loss_expected[last]), str(one.expected_relation.item())
    rigorous = relation == "=" and str(one.expected_label.item()) == "rigorous"
    gamma, beta = _slope(one, "exponent", "exponent_pooled"), _slope(one, "loss_exponent")
    text = str(one.source.item()).startswith("corpus:")
    return {
        "source": str(one.source.item()),
        "learner": str(one.learner.item()),
        "loss_unit": str(one.loss_unit.item()),
        "n_draws": int(one.n_draws[last]),
        "replicates": int(drawn[last].sum()),
        **_named("exponent", gamma),
        "exponent_planted": _finite(float(one.exponent_planted)),
        **_named("loss_exponent", beta),
        "loss_exponent_expected": _finite(float(one.loss_exponent_expected)),
        "place": None if text or _has_floor(parse_learner(str(one.learner.item()))) else place(gamma, beta) or None,
        "excess_loss": _finite(exact_mean(exact)),
        "excess_loss_error": _finite(standard_error(exact)),
        "excess_loss_tested": _finite(exact_mean(tested)),
        "z_tested": _finite(z(tested - exact, 0.0)),
        "excess_loss_expected": _finite(expected),
        "expected_label": str(one.expected_label.item()) or None,
        "expected_relation": relation or None,
        "z": _finite(z(exact, expected)) if rigorous else None,
    }


def implied(dataset: xr.Dataset, laws: Sequence[str]) -> list[dict[str, Any]]:
    """γ that each learner would read off the β of each law, with an interval where the law has a standard error of β.

    γ is linear in β alone, so that no covariance enters: ± 1.96 standard errors. Where there is a margin learner with
    a below 0.1, so is its limit a → 0. A store of limited size has a floor, and reads off nothing.
    """
    named = dict.fromkeys(learner for _, learner in pairs(dataset))
    learners = [one for one in map(parse_learner, named) if not _has_floor(one)]
    readings = [
        (str(one), "1 - 2β/(1 + a)" if isinstance(one, Margin) else "1 - β", one.implied_exponent) for one in learners
    ]
    if any(isinstance(one, Margin) and one.exponent < 0.1 for one in learners):
        readings.append(("margin, a → 0", "1 - 2β", lambda beta: bernstein_exponent(beta, 0)))
    return [_reading(name, rule, gamma, key) for name, rule, gamma in readings for key in laws]


def _reading(name: str, rule: str, gamma: Callable[[float], Any], key: str) -> dict[str, Any]:
    law = get_law(key)
    error = dict(law.standard_errors).get("data_exponent")
    ends = [float(gamma(law.data_exponent + sign * 1.96 * error)) for sign in (1, -1)] if error else [None, None]
    return {
        "learner": name, "rule": rule, "law": key, "beta": law.data_exponent,
        "exponent": float(gamma(law.data_exponent)), "exponent_lower": ends[0], "exponent_upper": ends[1],
        "label": ASYMPTOTIC,
    }  # fmt: skip


def size_rows(dataset: xr.Dataset) -> list[dict[str, Any]]:
    """One flat object for each source and tolerance: the efficient size at the largest D, and its exponent."""
    if "efficient_size" not in dataset:
        return []
    found = []
    for source in dataset.source.values:
        for tolerance in dataset.loss_tolerance.values:
            one = dataset.sel(source=source, loss_tolerance=tolerance)
            sizes = one.efficient_size.isel(n_draws=-1).values
            unique = one.n_unique.isel(n_draws=-1).values
            drawn = sizes != NOT_MEASURED
            found.append({
                "source": str(source), "loss_tolerance": str(tolerance), "n_draws": int(one.n_draws[-1]),
                "replicates": int(drawn.sum()), "efficient_size": _finite(exact_mean(sizes[drawn])),
                "efficient_size_error": _finite(standard_error(sizes[drawn])),
                "n_unique": _finite(exact_mean(unique[drawn])),
                "efficient_size_limit": _finite(float(one.efficient_size_limit)),
                **_named("efficient_exponent", _slope(one, "efficient_exponent")),
                **_named("exponent", _slope(one, "exponent", "exponent_pooled")),
            })  # fmt: skip
    return found


def curves(dataset: xr.Dataset) -> list[dict[str, Any]]:
    """One object for each source, learner and corpus size: mean losses and the expected one."""
    found = []
    for source, learner in pairs(dataset):
        for n_draws in dataset.n_draws.values:
            one = dataset.sel(source=source, learner=learner, n_draws=n_draws)
            found.append(
                {"source": source, "learner": learner, "n_draws": int(n_draws)}
                | {name: _finite(exact_mean(one[name].values)) for name in ("excess_loss", "excess_loss_tested")}
                | {"excess_loss_expected": _finite(float(one.excess_loss_expected))}
            )
    return found


def _has_floor(learner: Learner) -> bool:
    return isinstance(learner, Store) and learner.n_stored is not None


def why_not(row: dict[str, Any]) -> str:
    """Why the point of a row lies outside the band, or has no place there; empty where it lies inside."""
    if row["place"] not in (ABOVE, BELOW, None):
        return ""
    learner, source = parse_learner(row["learner"]), parse_any_source(row["source"])
    if not hasattr(source, "limit_exponent"):
        return (
            "on a text the tests are its next windows, and its law is unknown: of good-turing and pitman-yor that is "
            "all of their loss, of the others what is new or not stored; no point (γ, β) is claimed"
        )
    if _has_floor(learner):
        return (
            "its places leave out for ever what they cannot hold: the loss has a floor, and the slope β no limit but 0"
        )
    if isinstance(learner, Margin) and learner.exponent > 1:
        return "margins with a > 1 are learnt faster than 1/n: β = (1 + a)/2 · (1 - γ) exceeds 1 - γ"
    if not source.limit_exponent:
        return "U stops growing as a power of D on this source while the loss goes on falling"
    if row["exponent"] is None:
        return "no γ was fitted to these counts"
    if row["place"] is None and row.get("loss_exponent") is not None:
        return "a place in the band takes the intervals of γ and β, and one of them is not there"
    if row["place"] is None:
        return "no slope: the loss is 0 somewhere, or there is a single size"
    return "these sizes are too small for the limits of both exponents"


def notes(dataset: xr.Dataset, laws: Sequence[str]) -> list[str]:
    """What a reader must be told beside the numbers."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for row in rows(dataset):
        if why := why_not(row):
            reasons.setdefault((short(row["source"]), why), []).append(row["learner"])
    told = [f"{source}, {_listed(names)}: {why}." for (source, why), names in reasons.items()]
    for row in rows(dataset):
        for key, against in (("z", "its expectation"), ("z_tested", "the mean over test draws")):
            if row[key] is not None and abs(row[key]) > Z_LIMIT:
                told.append(
                    f"{short(row['source'])}, {row['learner']}: the loss is {row[key]:+.1f} errors from {against}."
                )
    for row in rows(dataset):
        width = _width(row)
        if row["place"] and width is not None and width > 0.1:
            told.append(
                f"{short(row['source'])}, {row['learner']}: the interval of β is {width:.2f} wide; where losses are "
                "rare and large such an interval is still too narrow: pass more --replicates."
            )
    bare = [key for key in laws if "data_exponent" not in dict(get_law(key).standard_errors)]
    if bare:
        told.append(f"{', '.join(bare)}: no uncertainty of β was published, so that the implied γ has no interval.")
    return told


def _width(row: dict[str, Any]) -> float | None:
    low, high = row["loss_exponent_lower"], row["loss_exponent_upper"]
    return None if low is None else high - low


def verdict(dataset: xr.Dataset, laws: Sequence[str]) -> str:
    """The sentence that answers where an exponent such as 0.58 comes from."""
    parts = []
    for key in laws:
        read: dict[str, list[str]] = {}
        for row in implied(dataset, laws):
            if row["law"] == key:
                read.setdefault(f"D^{row['exponent']:.2f}", []).append(row["learner"])
        if read:
            powers = _listed([f"{power} ({'; '.join(names)})" for power, names in read.items()])
            parts.append(f"at β = {get_law(key).data_exponent:g} ({key}) {powers}")
    placed = [row for row in rows(dataset) if row["place"]]
    inside = sum(row["place"] not in (ABOVE, BELOW) for row in placed)
    where = f"{inside} of {len(placed)} measured points (γ, β) meet the band 1 - 2β ≤ γ ≤ 1 - β"
    out = [
        f"{row['learner']} on {short(row['source'])} lies {row['place']} it"
        for row in placed if row["place"] in (ABOVE, BELOW)
    ]  # fmt: skip
    where += f"; {_listed(out)}." if out else "."
    told = [f"The same loss curve implies, by the learner that it is read with, {'; '.join(parts)}."] if parts else []
    told += [where] if placed else []
    return " ".join([*told, "Which learner a model is, a loss curve alone does not say."])


def as_json(dataset: xr.Dataset, laws: Sequence[str], *, path: str | None, with_curves: bool) -> dict[str, Any]:
    """The object that ``--json`` prints."""
    found = {
        "schema_version": SCHEMA_VERSION,
        "rows": rows(dataset),
        "implied": implied(dataset, laws),
        "efficient_sizes": size_rows(dataset),
        "bands": [band.to_json() for band in implied_bands(dataset, laws)],
        "warnings": notes(dataset, laws),
        "verdict": verdict(dataset, laws),
        "provenance": json.loads(dataset.attrs["provenance"]),
        "path": path,
    }
    return found | ({"curves": curves(dataset)} if with_curves else {})


def print_learners(dataset: xr.Dataset, laws: Sequence[str]) -> None:
    """Print points, losses, implied exponents and efficient sizes, what must be said, and the verdict."""
    found = rows(dataset)
    low, high = int(dataset.n_draws[0]), int(dataset.n_draws[-1])
    print(f"How distinct sequences grow, U ~ D^γ, and how excess losses fall, D^-β, from D = {low:.4g} to {high:.4g}")
    columns = ["source", "learner", "corpora", "γ", "95 % interval", "β", "95 % interval", "β expected"]
    print_table([*columns, "label", "in the band"], [_point_cells(row) for row in found], left=2)
    print_text(
        "γ: from the counts, as in a sweep. β: slope of ln of the mean excess loss on ln D, with Student's interval "
        "over the corpora; expected: the same slope of the expected loss, with its label. In the band: where both "
        "intervals lie against 1 - 2β ≤ γ ≤ 1 - β (heuristic).",
    )
    print("\nThe excess loss at the largest D")
    columns = ["source", "learner", "unit", "loss", "± error", "on tests", "z of tests", "expected", "label", "z"]
    print_table(columns, [_loss_cells(row) for row in found], left=3)
    print_text(
        "Loss: given the corpora, mean over them, with its standard error. On tests: on draws of their own, which are "
        "never counted; z of tests: the difference in standard errors. z: loss against its exact mean; a bound (≥) and "
        "a limit have none.",
    )
    print("\nγ that each learner would read off the β of a loss law (heuristic: the law is that of no such learner)")
    _print_implied(implied(dataset, laws), laws)
    if "efficient_size" in dataset:
        _print_sizes(size_rows(dataset), json.loads(dataset.attrs["provenance"])["parameters"]["novelty_cost"])
    for note in notes(dataset, laws):
        print_text(f"! {note}")
    print_text(f"\n{verdict(dataset, laws)}")


def _print_implied(found: Sequence[dict[str, Any]], laws: Sequence[str]) -> None:
    columns = ["learner", "γ(β)", *(f"{key}, β = {get_law(key).data_exponent:g}" for key in laws), "label"]
    table: dict[str, list[str]] = {}
    for row in found:
        cells = table.setdefault(row["learner"], [row["learner"], row["rule"], row["label"]])
        low, high = row["exponent_lower"], row["exponent_upper"]
        interval = "" if low is None else f" ({low:.3f} – {high:.3f})"
        cells.insert(-1, f"{row['exponent']:.3f}{interval}")
    print_table(columns, list(table.values()), left=2)
    print("In brackets: ± 1.96 standard errors of β, where they were published.")


def _print_sizes(found: Sequence[dict[str, Any]], cost: float) -> None:
    print(
        "\nEfficient size: the smallest store of the most frequent sequences whose training loss is within a tolerance"
    )
    columns = ["source", "tolerance", "corpora", "size n", "± error", "U(D)", "n ~ D^", "95 % interval", "γ of U"]
    print_table([*columns, "limit of n", "label"], [_size_cells(row) for row in found], left=2)
    print_text(
        f"A draw that is not stored costs c = {cost:.4g} nats. Size: mean over the corpora, with its standard error; "
        "its exponent with Student's interval. At tolerance 0 the size is U, corpus by corpus. A fixed tolerance in "
        "nats is met by a size that stops growing with D, where c T(n) is the tolerance; one relative to the excess "
        "test loss c M0 (in %; of a text c f1/D) keeps the exponent γ.",
    )


def _size_cells(row: dict[str, Any]) -> list[str]:
    limit, tolerance = row["efficient_size_limit"], row["loss_tolerance"]
    return [
        short(row["source"]), f"{tolerance} of c M0" if tolerance.endswith("%") else f"{tolerance} nats",
        str(row["replicates"]), number(row["efficient_size"], 6), number(row["efficient_size_error"], 2),
        number(row["n_unique"], 6), _fixed(row["efficient_exponent"]), _interval(row, "efficient_exponent"),
        _fixed(row["exponent"]), number(limit, 6), "–" if limit is None else ASYMPTOTIC,
    ]  # fmt: skip


def _point_cells(row: dict[str, Any]) -> list[str]:
    relation = row["expected_relation"] == "="
    return [
        short(row["source"]), row["learner"], str(row["replicates"]), _fixed(row["exponent"]),
        _interval(row, "exponent"), _fixed(row["loss_exponent"]), _interval(row, "loss_exponent"),
        _fixed(row["loss_exponent_expected"]), row["expected_label"] if relation else "–", row["place"] or "–",
    ]  # fmt: skip


def _loss_cells(row: dict[str, Any]) -> list[str]:
    sign = "≥ " if row["expected_relation"] == ">=" else ""
    expected = "–" if row["excess_loss_expected"] is None else sign + number(row["excess_loss_expected"], 4)
    return [
        short(row["source"]), row["learner"], row["loss_unit"], number(row["excess_loss"], 4),
        number(row["excess_loss_error"], 2), number(row["excess_loss_tested"], 4), _signed(row["z_tested"]), expected,
        row["expected_label"] or "–", _signed(row["z"]),
    ]  # fmt: skip


def _slope(one: xr.Dataset, name: str, value: str = "") -> Estimate:
    return Estimate(float(one[value or name]), float(one[f"{name}_lower"]), float(one[f"{name}_upper"]))


def _named(name: str, slope: Estimate) -> dict[str, float | None]:
    return {name: _finite(slope.value), f"{name}_lower": _finite(slope.lower), f"{name}_upper": _finite(slope.upper)}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _fixed(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.2f}"


def _interval(row: dict[str, Any], name: str) -> str:
    low, high = row[f"{name}_lower"], row[f"{name}_upper"]
    return "none" if low is None else f"{low:.4f} – {high:.4f}"


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
