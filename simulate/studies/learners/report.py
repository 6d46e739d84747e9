"""From a Dataset of learners to what a reader sees: points (γ, β), implied exponents, losses beside theory, sizes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import xarray as xr

from bounds.base.intervals import ASYMPTOTIC
from bounds.base.notes import FITTED, METHOD, REFUSED, Note
from bounds.cli.printing import between, estimated, fixed, number, signed, written
from bounds.cli.report import Report, Table
from bounds.laws.published import LossLaw, get_law
from simulate.running.dataset import plan_of, refit_words
from simulate.running.showing.view import View
from simulate.stats import Z_LIMIT
from simulate.studies.learners.rows import ABOVE, BELOW, UNDECIDED, curves, implied, rows, size_rows, why_not
from simulate.studies.sweep.report import implied_bands, short

DEFAULT_LAWS = ("hoffmann2022", "epoch2024")
"""Two fits of the same runs: β = 0.28 and 0.366."""

FORMULAS = {
    "memoriser": ("excess_loss",), "add-constant": ("forward_kl_add_constant",), "good-turing": ("pattern_loss",),
    "pitman-yor": ("pattern_loss", "pattern_loss_constant"), "store": ("capacity_loss", "capacity_loss_bounds"),
    "margin": ("top1_excess", "top1_growth_exponent"),
}  # fmt: skip
"""What stands behind the loss of each kind of learner."""

_WIDE = 0.1
"""An interval of β wider than this is told."""
_NARROW = 19
"""Characters of a name beside which γ and β fit on a line of 80."""


def report(dataset: xr.Dataset, view: View) -> Report:
    """What learners say: the exponents that they imply, their points (γ, β) in the band, and their losses."""
    laws, found, sizes = view.laws or DEFAULT_LAWS, rows(dataset), size_rows(dataset)
    data = {
        "rows": found, "implied": implied(dataset, laws), "efficient_sizes": sizes,
        "bands": [band.to_json() for band in implied_bands(dataset, laws, view.params_per_sequence)],
    }  # fmt: skip
    readings = _readings(data["implied"], laws)
    kinds = dict.fromkeys(str(name).partition(":")[0] for name in dataset.learner.values)
    cost = plan_of(dataset)["novelty_cost"]
    return Report(
        answer=verdict(dataset, laws) + refit_words(dataset),
        tables=[*_points(dataset, found), *_sizes(sizes, cost), *(readings if view.laws else [])],
        notes=[*notes(dataset), _open_question(data["implied"])],
        asides=_asides(data["implied"], laws),
        details=[*([] if view.laws else readings), *_losses(dataset, found), *_size_details(sizes)],
        method=_method(sizes, cost),
        formulas=[*(name for kind in kinds for name in FORMULAS[kind]), "exponent_lower", "exponent_upper"],
        data=data | ({"curves": curves(dataset)} if view.curves else {}),
        question="What does a loss curve say of the distinct sequences in a corpus, learner by learner?",
    )


def verdict(dataset: xr.Dataset, laws: Sequence[str | LossLaw]) -> str:
    """The sentence that answers where an exponent such as 0.58 comes from: read off the first law, and measured."""
    parts, read = [], dict[str, list[str]]()
    for row in implied(dataset, laws[:1]):
        ends = (row["exponent_lower"], row["exponent_upper"])
        power = f"D^{row['exponent']:.2f}" + ("" if ends[0] is None else f" {between(*ends, 2)}")
        read.setdefault(power, []).append(row["learner"].replace("margin, a", "margins with a"))
    if read:
        powers = _listed([f"{power} for {_listed(names)}" for power, names in read.items()])
        parts.append(
            "The exponent of N ~ D^γ comes from the learner that a loss curve is read with: at "
            f"β = {get_law(laws[0]).data_exponent:g} ({get_law(laws[0]).key}) {powers}"
        )
    placed = [row for row in rows(dataset) if row["place"]]
    inside = sum(row["place"] not in (ABOVE, BELOW, UNDECIDED) for row in placed)
    open_ = sum(row["place"] == UNDECIDED for row in placed)
    if placed:
        unsure = f", {open_} {'is' if open_ == 1 else 'are'} undecided" if open_ else ""
        parts.append(f"{inside} of {len(placed)} measured points (γ, β) meet the band 1 - 2β ≤ γ ≤ 1 - β{unsure}")
    out = [f"{row['learner']} on {short(row['source'])} lies {row['place']} it" for row in placed if _outside(row)]
    if out:
        parts.append(_listed(out))
    if not parts:
        return "These learners imply no exponent, and no point (γ, β) of theirs has a place in the band."
    return f"{'; '.join(parts)}."


def notes(dataset: xr.Dataset) -> list[Note]:
    """What a reader must be told beside the numbers."""
    found = rows(dataset)
    reasons: dict[tuple[str, str, str], list[str]] = {}
    for row in found:
        if why := why_not(row):
            kind = FITTED if row["place"] else REFUSED
            reasons.setdefault((kind, short(row["source"]), why), []).append(row["learner"])
    told = [Note(kind, f"{source}, {_listed(names)}: {why}.") for (kind, source, why), names in reasons.items()]
    for row in found:
        for key, against in (("z", "its expectation"), ("z_tested", "the mean over test draws")):
            if row[key] is not None and abs(row[key]) > Z_LIMIT:
                told.append(Note(FITTED, f"{_pair(row)}: the loss is {row[key]:+.1f} errors from {against}."))
    for row in found:
        low, high = row["loss_exponent_lower"], row["loss_exponent_upper"]
        if row["place"] and low is not None and high - low > _WIDE:
            width = f"the interval of β is {high - low:.2f} wide; where losses are rare and large such an interval is"
            told.append(Note(FITTED, f"{_pair(row)}: {width} still too narrow: pass more --replicates."))
    return told


def _open_question(read: Sequence[dict[str, Any]]) -> Note:
    """Why exponents read off a loss law are no more than heuristic."""
    unknown = "which learner a model is, a loss curve alone does not say."
    return Note(METHOD, f"γ read off β is heuristic: {unknown}" if read else f"W{unknown[1:]}")


def _asides(read: Sequence[dict[str, Any]], laws: Sequence[str | LossLaw]) -> list[Note]:
    """What is to be known of the exponents that are read off laws, beside their table."""
    bare = [law.key for law in map(get_law, laws) if "data_exponent" not in dict(law.standard_errors)]
    unsure = "no uncertainty of β was published, so that the implied γ has no interval."
    return [Note(METHOD, f"{', '.join(bare)}: {unsure}")] if bare and read else []


def _points(dataset: xr.Dataset, found: Sequence[dict[str, Any]]) -> list[Table]:
    """Points (γ, β): one table where learners or sources alone tell them apart; else one of pairs, one of sources."""
    first, last = (written(int(dataset.n_draws[i])) for i in (0, -1))
    title = f"Distinct sequences U ~ D^γ and excess losses ~ D^-β, D = {first} to {last} draws"
    below = ["Band: 1 - 2β ≤ γ ≤ 1 - β (heuristic), met by both intervals."] if any(r["place"] for r in found) else []
    if any("(" in _gamma(row) + _beta(row) for row in found):
        below.append("In brackets: a slope without an interval.")
    learners, sources = [row["learner"] for row in found], [short(row["source"]) for row in found]
    keys = (("learner", learners, "Source", sources), ("source", sources, "Learner", learners))
    for key, names, other, others in keys:
        if len(set(names)) == len(names) and max(map(len, names)) <= _NARROW:
            each = list(dict.fromkeys(others))
            where = f"{other}{'s, in this order' if len(each) > 1 else ''}: {', '.join(each)}."
            cells = [[name, _gamma(row), _beta(row), _place(row)] for name, row in zip(names, found, strict=True)]
            columns = [key, "γ [95 % interval]", "β [95 % interval]", "in the band"]
            return [Table(columns, cells, title=title, below="\n".join([where, " ".join(below)]).rstrip())]
    columns = ["source", "learner", "β [95 % interval]", "in the band"]
    cells = [[short(row["source"]), row["learner"], _beta(row), _place(row)] for row in found]
    gammas = {row["source"]: [short(row["source"]), _gamma(row)] for row in found}
    return [
        Table(columns, cells, left=2, title=title, below=" ".join(below)),
        Table(["source", "γ [95 % interval]"], list(gammas.values())),
    ]


def _readings(found: Sequence[dict[str, Any]], laws: Sequence[str | LossLaw]) -> list[Table]:
    """γ that each learner would read off the β of each law."""
    if not found:
        return []
    table: dict[str, list[str]] = {}
    for row in found:
        ends = (row["exponent_lower"], row["exponent_upper"])
        cell = fixed(row["exponent"]) if ends[0] is None else estimated(row["exponent"], *ends)
        table.setdefault(row["learner"], [row["learner"]]).append(cell)
    rules = {row["rule"] for row in found}
    margins = ["1 - 2β/(1 + a) for margins"] if len(rules - {"1 - β"}) else []
    others = [f"1 - β{' for the others' if margins else ''}"] if "1 - β" in rules else []
    below = f"γ = {', '.join(margins + others)}: heuristic, the law is that of no such learner."
    if any(row["exponent_lower"] is not None for row in found):
        below += " In brackets: ± 1.96 standard errors of β."
    betas = ", ".join(f"{law.data_exponent:g} ({law.key})" for law in map(get_law, laws))
    title = f"γ read off the β of a loss law: {betas}"
    return [Table(["learner", *(get_law(law).key for law in laws)], list(table.values()), title=title, below=below)]


def _sizes(found: Sequence[dict[str, Any]], cost: float | None) -> list[Table]:
    """Efficient sizes, where a tolerance was asked for."""
    if not found:
        return []
    where = f"D = {written(found[0]['n_draws'])} draws"
    columns = ["source", "tolerance", "size n", "n ~ D^ [95 % interval]"]
    cells = [
        [*_tolerance(row), number(row["efficient_size"], 6), _estimate(row, "efficient_exponent")] for row in found
    ]
    if len({row["source"] for row in found}) == 1:
        where, columns, cells = f"{where} of {cells[0][0]}", columns[1:], [line[1:] for line in cells]
    title = "Efficient size: the smallest store of the most frequent sequences whose loss in\ntraining is within"
    title += f" a tolerance, at {where}"
    below = f"A draw that is not stored costs c = {cost:.4g} nats; c M0 is the excess test loss. At 0 the size is U."
    return [Table(columns, cells, left=len(columns) - 2, title=title, below=below)]


def _losses(dataset: xr.Dataset, found: Sequence[dict[str, Any]]) -> list[Table]:
    """Slopes and losses beside what theory expects, and losses on test draws."""
    theory, given, expected, tested = [], [], [], []
    for row in found:
        pair, equal = [short(row["source"]), row["learner"]], row["expected_relation"] == "="
        label = row["expected_label"] or "–"
        slope = [fixed(row["loss_exponent"], 4), fixed(row["loss_exponent_expected"], 4)]
        theory.append([*pair, *slope, label if equal else "–"])
        loss = number(row["excess_loss"], 4)
        loss += f" ± {number(row['excess_loss_error'], 2)}" if row["excess_loss_error"] is not None else ""
        given.append([*pair, str(row["replicates"]), loss])
        sign = "≥ " if row["expected_relation"] == ">=" and row["excess_loss_expected"] is not None else ""
        expected.append([*pair, sign + number(row["excess_loss_expected"], 4), label, signed(row["z"])])
        tested.append([*pair, row["loss_unit"], number(row["excess_loss_tested"], 4), signed(row["z_tested"])])
    last = written(int(dataset.n_draws[-1]))
    keys = ["source", "learner"]
    return [
        Table([*keys, "β", "expected", "label"], theory, left=2, title="β beside the slope of the expected loss"),
        Table([*keys, "corpora", "loss ± error"], given, left=2, title=f"The excess loss at D = {last}"),
        Table([*keys, "expected", "label", "z"], expected, left=2, title="Its expectation"),
        Table(
            [*keys, "unit", "on tests", "z"],
            tested,
            left=2,
            title="The excess loss on test draws, and the unit of both",
        ),
    ]


def _size_details(found: Sequence[dict[str, Any]]) -> list[Table]:
    """What else there is to say of efficient sizes."""
    cells = []
    for row in found:
        limit = row["efficient_size_limit"]
        error, unique = number(row["efficient_size_error"], 2), number(row["n_unique"], 6)
        cells.append(
            [*_tolerance(row), str(row["replicates"]), error, unique, fixed(row["exponent"]), number(limit, 6)]
        )
    columns = ["source", "tolerance", "corpora", "± error", "U(D)", "γ of U", "limit of n"]
    title = f"Efficient sizes, distinct sequences and limits ({ASYMPTOTIC})"
    return [Table(columns, cells, left=2, title=title)] if cells else []


def _method(sizes: Sequence[dict[str, Any]], cost: float | None) -> list[str]:
    """What the columns are."""
    told = [
        "γ: from the counts, as in a sweep. β: slope of ln of the mean excess loss on ln D, with Student's interval "
        "over the corpora; expected: the same slope of the expected loss, with its label. In the band: where both "
        "intervals lie against 1 - 2β ≤ γ ≤ 1 - β (heuristic).",
        "Loss: given the corpora, mean over them, with its standard error. On tests: on draws of their own, which are "
        "never counted; its z: the difference in standard errors. z: loss against its exact mean; a bound (≥) and a "
        "limit have none.",
        "γ that each learner would read off the β of a loss law: asymptotic for such a learner, heuristic for a model, "
        "since the law is that of no such learner.",
    ]
    if sizes:
        told.append(
            f"A draw that is not stored costs c = {cost:.4g} nats. Size: mean over the corpora, with its standard "
            "error; its exponent with Student's interval. At tolerance 0 the size is U, corpus by corpus. A fixed "
            "tolerance in nats is met by a size that stops growing with D, where c T(n) is the tolerance; one relative "
            "to the excess test loss c M0 (in %; of a text c f1/D) keeps the exponent γ."
        )
    return told


def _tolerance(row: dict[str, Any]) -> list[str]:
    tolerance = row["loss_tolerance"]
    return [short(row["source"]), f"{tolerance} of c M0" if tolerance.endswith("%") else f"{tolerance} nats"]


def _gamma(row: dict[str, Any]) -> str:
    return _estimate(row, "exponent")


def _beta(row: dict[str, Any]) -> str:
    return _estimate(row, "loss_exponent")


def _estimate(row: dict[str, Any], name: str) -> str:
    return estimated(row[name], row[f"{name}_lower"], row[f"{name}_upper"])


def _place(row: dict[str, Any]) -> str:
    return (row["place"] or "–").removeprefix("at the ")


def _outside(row: dict[str, Any]) -> bool:
    return row["place"] in (ABOVE, BELOW)


def _pair(row: dict[str, Any]) -> str:
    return f"{short(row['source'])}, {row['learner']}"


def _listed(parts: Iterable[str]) -> str:
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last
