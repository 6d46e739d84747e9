"""What learners of a text look like to a reader: the sentence that answers, two tables, what must be said, and rows."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import xarray as xr

from bounds.base.notes import FITTED, INPUT, METHOD, REFUSED, Note
from bounds.base.one_number import number, written
from bounds.cli.printing import between, estimated, fixed, percent
from bounds.cli.report import Report, Table
from simulate.running.dataset import plan_of
from simulate.running.showing.view import View
from simulate.text.cutting.units import noun, said
from simulate.text.learning.shrinking import BENDS, SHRINKS

NAMES = {"kneser-ney": "Kneser-Ney", "ppm-d": "PPM-D"}

SHORT = {"power-law-all": "power law", "power-law-last": "of last 5"}
"""Rivals whose names are longer than their columns."""

FEW = 4
"""Cells below which no outcome tells two methods apart: 3 of 3 is still within chance."""

ON_SCREEN = 5
"""Parts of the text that a screen shows."""

NOT_CONVERTED = (
    "γ and β are not converted into each other: of eleven texts, fewer than half had a γ that theory makes of their "
    "β, at every k (docs/loss.md)."
)

METHOD_TEXT = (
    "L(D): mean of -ln p over units held out, by learners taught D units of the rest, whole documents or chunks of it "
    "in random order, and frozen. Kneser-Ney: interpolated, modified, of order 6 (Chen & Goodman 1999, eq. 24-26): "
    "p(w|h) = max(c(hw) - D_c, 0)/c(h·) + (D_1 N_1 + D_2 N_2 + D_3 N_3)/c(h·) p(w|h'), down to 1/V. PPM-D: order 5, "
    "escape method D with exclusion (Howard 1993): (2c - 1)/(2n) for what was seen, q/(2n) to escape.",
    "Intervals are 95 %, Student's with Satterthwaite's degrees of freedom, of two parts: how blocks of the test "
    "differ, and how orders of training differ (both in a table of standard errors). They are about other test text "
    "and other orders of this text, not about other corpora; where all the text is taught there is but one way to take "
    "it, and the second part is 0.",
    "The law L = E + B D^-β is fitted only where the last five gains shrink: their linear contrast is below 0 at "
    f"{percent(SHRINKS, 1)} (one-sided), one β fits (p above {BENDS:g}), and its interval is above 0. β is the slope "
    "of ln gain on doublings; its interval is from leaving out blocks and shuffles one by one. E is a constant of the "
    "curve's shape in this range, no entropy of the text. β local is log2 of a gain over the next.",
    "Where no documents are told apart, test and training are stretches of the same ones: one of which nobody has "
    "seen a part costs more.",
    "From counts (experimental): L(D) = Σ_j π_j(D) [l_j(D_0) + s_j ln(D/D_0)], with π_j the share of the test whose "
    "longest match in the counted text has j units, l_j its cost to the learner taught D_0, s_j learnt on five texts. "
    "Counts that were extrapolated are not taken. Its interval has three parts, whose squares add up: blocks of the "
    "test (bootstrap), orders of training, and lack of fit, the errors on other texts.",
    "Spectrum: states of the suffix automaton of the counted text contribute m KL(p_q ‖ p); what the K largest leave, "
    "R(K), makes L(N) = E + A R(K_0 (N/D_0)^b), through the losses of what was taught. After Song et al. 2026 "
    "(arXiv:2605.20196), whose abstract has the contributions and K(N), not this law.",
    "The kind of a curve is that of its last five gains: jumping where some is not above 0 or they leave the line "
    "through them by more than a quarter of their mean; flattening or steepening where the line falls or rises by more "
    "than a tenth of it a doubling; else straight. The better record is told apart where a method is nearer than the "
    "next in more than half of the cells by a Wilson interval.",
    "γ is that of `python -m simulate corpus`, of windows of so many units of the whole text within its documents.",
)


def report(dataset: xr.Dataset, view: View) -> Report:
    """What `dataset` says; with ``view.curves`` also the blocks."""
    data: dict[str, Any] = {"rows": rows(dataset), "fits": fits(dataset), "laws": laws(dataset)}
    data |= {key: value for key, value in about(dataset).items() if key not in ("notes", "records")}
    if "foretold" in dataset:
        data |= {"foretold": entries(dataset)}
    if view.curves:
        data |= {name: dataset[name].values.tolist() for name in ("block_units", "block_loss")}
    return Report(
        answer=answer(dataset),
        tables=[_curve(dataset), *([_foretold(dataset)] if "foretold" in dataset else []), _exponents(dataset)],
        notes=notes(dataset),
        asides=_asides(dataset),
        details=[
            _intervals(dataset),
            *([_reaches(dataset)] if "foretold_reach" in dataset else []),
            *_errors(dataset),
            _matches(dataset),
        ],
        method=[*METHOD_TEXT, *(f"length {one['length']}: {one['fit']}" for one in data["fits"])],
        data=data,
        question="How does the loss of cheap learners fall with more of this text?",
    )


def about(dataset: xr.Dataset) -> dict[str, Any]:
    """Corpus, unit, what was held out, and the notes."""
    found: dict[str, Any] = json.loads(dataset.attrs["text"])
    return found


def rows(dataset: xr.Dataset) -> list[dict[str, Any]]:
    """One flat object for each learner and part of the text."""
    told = about(dataset)
    keys = [
        f"{name}{end}" for name in ("held_out_loss", "gain") for end in ("", "_lower", "_upper", "_test", "_training")
    ]
    found = []
    for learner in dataset.learner.values.tolist():
        for n_train in dataset.n_train.values.tolist():
            at = dataset.sel(learner=learner, n_train=n_train)
            row = {"corpus": told["corpus"], "unit": told["unit"], "learner": learner, "n_train": n_train}
            row |= {key: _known(at[key]) for key in [*keys, "gain_local_exponent"]}
            found.append(row | {"bits_per_byte": _bits(told, _known(at.held_out_loss))})
    return found


def fits(dataset: xr.Dataset) -> list[dict[str, Any]]:
    """One object a length of window: γ and the slope at the end."""
    names = [f"{name}{end}" for name in ("exponent", "slope") for end in ("", "_lower", "_upper")] + ["fit_p_value"]
    return [
        {"length": int(dataset.length[i])} | {name: _known(dataset[name][i]) for name in names}
        | {"fit": str(dataset.fit.values[i])} for i in range(dataset.sizes["length"])
    ]  # fmt: skip


def laws(dataset: xr.Dataset) -> list[dict[str, Any]]:
    """One object a learner: what its gains say of β."""
    names = [f"{name}{end}" for name in ("loss_exponent", "irreducible_loss") for end in ("", "_lower", "_upper")]
    names += ["loss_scale", "p_shrinks", "p_bend"]
    found = []
    for i, learner in enumerate(dataset.learner.values.tolist()):
        one = {"learner": learner, "identified": bool(dataset.identified[i]), "why": str(dataset.why.values[i])}
        one |= {"from_units": int(dataset.law_from_units[i]), "to_units": int(dataset.n_train[-1])}
        found.append(one | {name: _known(dataset[name][i]) for name in names})
    return found


def entries(dataset: xr.Dataset) -> list[dict[str, Any]]:
    """One object for each learner and counted part."""
    found = []
    for learner in dataset.learner.values.tolist():
        for n in dataset.n_counted.values.tolist():
            at = dataset.sel(learner=learner, n_counted=n)
            said_ = dict(zip(at.method.values.tolist(), at.foretold.values.tolist(), strict=True))
            said_ = {name: _known(value) for name, value in said_.items()}
            ends = {f"from_counts_{end}": _known(at[f"foretold_{end}"]) for end in ("lower", "upper")}
            ends |= {str(name): _known(at[name]) for name in at.data_vars if str(name).startswith("foretold_drop")}
            own = [
                one for one in about(dataset).get("records", []) if (one["learner"], one["n_counted"]) == (learner, n)
            ]
            found.append({"learner": learner, "n_counted": n, **said_, **ends, **(own[0] if own else {})})
    return found


def answer(dataset: xr.Dataset) -> str:
    """What the text costs the first learner, what the last doubling took off, and whether a law holds."""
    told, unit = about(dataset), noun(about(dataset)["unit"], 1)
    last, before = dataset.isel(learner=0, n_train=-1), dataset.isel(learner=0, n_train=-2)
    loss = _interval(last, "held_out_loss")
    gain = _interval(before, "gain")
    bits = _bits(told, float(last.held_out_loss))
    each = "" if bits is None else f" ({'' if told['unit'] == 'byte' else 'about '}{bits:.2f} bits a byte)"
    return (
        f"Held-out text of {told['corpus']} costs Kneser-Ney {loss} nats a {unit}{each} after "
        f"{written(int(last.n_train))} {noun(told['unit'])}{said(told['unit'])}, and the last doubling took off {gain}"
        f"; {_finding(dataset)}."
    )


def _finding(dataset: xr.Dataset) -> str:
    one = laws(dataset)[0]
    if not one["identified"]:
        return f"β is not identified: {one['why']}"
    beta = _interval(dataset.isel(learner=0), "loss_exponent", 2)
    return f"the gains shrink, by 2^-β each with β = {beta}"


def notes(dataset: xr.Dataset) -> list[Note]:
    """What a reader must be told beside the numbers."""
    told = about(dataset)
    found = []
    second = laws(dataset)[1]
    if not second["identified"]:
        found.append(Note(REFUSED, f"{NAMES[second['learner']]}: β is not identified: {second['why']}"))
    rising = dataset.n_counted.values[dataset.foretold_drop[0].values < 0] if "foretold_drop" in dataset else []
    if len(rising):
        text = (
            f"from counts, {written(int(rising[0]))} {noun(told['unit'])} would cost more than what was taught: the "
            "slopes of other texts do not hold for this one; look at its rivals"
        )
        found.insert(0, Note(REFUSED, text))
    n_blocks = dataset.sizes["block"]
    alike = _neighbours(dataset)
    if alike > 2 / math.sqrt(n_blocks):
        text = f"neighbouring blocks of the test are alike (correlation {alike:.2f}): intervals are too narrow"
        found.append(Note(FITTED, text))
    inputs = [Note(INPUT, text) for text in told["notes"]]
    return [*inputs, *found] if told.get("copies") else [*found, *inputs]  # copies make every loss too small


def _asides(dataset: xr.Dataset) -> list[Note]:
    """Whose cost is not that of spelling them."""
    told = about(dataset)
    if not told["unseen"]:
        return []
    text = (
        f"{percent(told['unseen'], 1)} of the units of the test are in no text that may be taught; each costs an equal "
        f"share of what is left, of {told['vocabulary']} units in all, not its spelling: there are no bits a byte"
    )
    return [Note(METHOD, text)]


def _neighbours(dataset: xr.Dataset) -> float:
    from simulate.text.blocks import neighbour_correlation

    return neighbour_correlation(dataset.block_loss.isel(learner=0, n_train=-1).mean("shuffle").values)


def _curve(dataset: xr.Dataset) -> Table:
    """A row for each of the last parts."""
    told = about(dataset)
    cells = []
    for j in range(max(0, dataset.sizes["n_train"] - ON_SCREEN), dataset.sizes["n_train"]):
        at = dataset.isel(n_train=j)
        row = [written(int(at.n_train))]
        for name, learner in (("held_out_loss", 0), ("gain", 0)):
            one = at.isel(learner=learner)
            row.append(_interval(one, name))
        row += [fixed(float(at.isel(learner=1)[name])) for name in ("held_out_loss", "gain")]
        cells.append(row)
    unit = noun(told["unit"], 1)
    held, pieces = ("documents", "documents") if told["how"] == "documents" else ("stretches", "chunks")
    title = (
        f"{told['n_tested']} {held} held out, {plan_of(dataset)['shuffles']} orders of {told['n_pieces']} {pieces}: "
        f"loss in nats a {unit}"
    )
    columns = [noun(told["unit"]), "L [95 %]", "L(D) - L(2D) [95 %]", "PPM-D: L", "L(D) - L(2D)"]
    return Table(columns, cells, title=title)


def _foretold(dataset: xr.Dataset) -> Table:
    """A row a counted part: what Kneser-Ney would cost after it, by counts and by its rivals."""
    cells = []
    for k, n in enumerate(dataset.n_counted.values.tolist()):
        one = dataset.isel(learner=0, n_counted=k)
        values = one.foretold.values
        said_ = [f"{values[0]:.3f} {between(float(one.foretold_lower), float(one.foretold_upper))}"]
        cells.append([written(n), *said_, *(fixed(_known(value)) for value in values[1:])])
    rivals = [SHORT.get(name, name) for name in dataset.method.values.tolist()[1:]]
    columns = [noun(about(dataset)["unit"]), "from counts [95 %]", *rivals]
    below = f"Experimental. {_better(records(dataset, 'kneser-ney'))}"
    return Table(columns, cells, title="L of Kneser-Ney foretold for text that was counted, not taught", below=below)


def _reaches(dataset: xr.Dataset) -> Table:
    """What makes the intervals of what counts foretell so wide, of both learners."""
    cells = []
    for learner in dataset.learner.values.tolist():
        for n in dataset.n_counted.values.tolist():
            at = dataset.sel(learner=learner, n_counted=n)
            reach = [fixed(float(at.foretold_reach.sel(part=part))) for part in ("test", "training", "fit")]
            cells.append([NAMES[learner], written(n), *reach, _interval(at, "foretold_drop")])
    columns = ["learner", noun(about(dataset)["unit"]), "test", "training", "lack of fit", "drop [95 %]"]
    below = _better(records(dataset, "ppm-d"))
    return Table(
        columns, cells, title="From counts: half of the 95 % interval of L by each part, and the drop", below=below
    )


def records(dataset: xr.Dataset, learner: str) -> list[dict[str, Any]]:
    """The record behind what is foretold of a learner: one for each factor that there is a record of."""
    found = {
        one["record"]["times"]: one for one in about(dataset).get("records", []) if one["learner"] == learner
    }  # fmt: skip
    return list(found.values())


def _better(found: list[dict[str, Any]]) -> str:
    """Which method had the better record for the kind of curve at hand, and how much stands behind that."""
    if not found:
        return ""
    kind = found[0]["kind"]
    unknown = "The doublings so far are too few to say of which kind the curve is."
    first = unknown if kind is None else f"The curve so far is {kind}."
    return " ".join([first, *(_record(one["record"], kind) for one in found)])


def _record(record: dict[str, Any], kind: str | None) -> str:
    """The record of one factor in a sentence."""
    n, texts = record["cells"], record["texts"]
    of = "of this kind" if record["kind"] else "of all kinds" if kind is None else "of all kinds (no other was of this)"
    errors = {name: f"{name} {error:.2f}" for name, error in record["errors"].items()}
    best, after, *rest = errors.values()
    told = "" if record["told_apart"] else f", {'too few' if n < FEW else 'too even'} to tell them apart"
    return (
        f"At {record['times']} times the text, {best} had the smallest error in parts of the drop, over {n} "
        f"curve{'s' * (n > 1)} {of} of {texts} other text{'s' * (texts > 1)}, then {after} ({', '.join(rest)}): nearer "
        f"in {record['nearer']} of {n}{told}."
    )


def _exponents(dataset: xr.Dataset) -> Table:
    """γ of each length beside β of each learner, as columns."""
    lengths = [f"γ, k = {k}" if i == 0 else str(k) for i, k in enumerate(dataset.length.values.tolist())]
    columns = ["", *lengths, "β, KN", "β, PPM"]
    cells = []
    for label, gamma, beta in (
        ("fitted", dataset.exponent, dataset.loss_exponent),
        ("at the end", dataset.slope, dataset.gain_local_exponent[:, -3]),
    ):
        cells.append([label, *(fixed(_known(value), 2) for value in [*gamma, *beta])])
    return Table(columns, cells, title="Exponents of distinct windows of k units, and of the loss", below=NOT_CONVERTED)


def _intervals(dataset: xr.Dataset) -> Table:
    """The same with intervals, and what decided on β."""
    cells = []
    for i, length in enumerate(dataset.length.values.tolist()):
        one = dataset.isel(length=i)
        cells.append([f"γ, k = {length}", _interval(one, "exponent"), _interval(one, "slope"), ""])
    for i, learner in enumerate(dataset.learner.values.tolist()):
        one = dataset.isel(learner=i)
        ends = [_interval(one, name) for name in ("loss_exponent", "irreducible_loss")]
        cells.append([f"β, {NAMES[learner]}", *ends, number(_known(one.p_shrinks), 2)])
    columns = ["exponent", "fitted [95 %]", "slope at end, or E [95 %]", "p: shrink"]
    below = "p: of gains that do not shrink; E: what L nears under the law."
    return Table(columns, cells, title="Intervals of exponents", below=below)


def _errors(dataset: xr.Dataset) -> list[Table]:
    """All parts, with both parts of the errors, a table a learner."""
    found = []
    for i, learner in enumerate(dataset.learner.values.tolist()):
        one = dataset.isel(learner=i)
        cells = []
        for j in range(dataset.sizes["n_train"]):
            at = one.isel(n_train=j)
            row = [str(int(at.n_train))]
            row += [
                fixed(_known(at[f"{name}{part}"]), 4)
                for name in ("held_out_loss", "gain") for part in ("", "_test", "_training")
            ]  # fmt: skip
            cells.append([*row, fixed(_known(at.gain_local_exponent), 2)])
        columns = ["D", "L", "test", "training", "gain", "test", "training", "β local"]
        found.append(
            Table(
                columns, cells, title=f"{NAMES[learner]}: losses, gains L(D) - L(2D), and the standard errors of each"
            )
        )
    return found


def _matches(dataset: xr.Dataset) -> Table:
    """Shares of the units of the test by their match, and whose discounts were their own."""
    share, own = dataset.matched.mean("shuffle").values, dataset.own_discounts.values
    cells = []
    for j, n_train in enumerate(dataset.n_train.values.tolist()):
        lacking = [str(order) for order, one in zip(dataset.order.values, own[j], strict=True) if one < 1]
        cells.append([str(n_train), *(fixed(value, 2) for value in share[j]), ", ".join(lacking)])
    columns = ["D", *(f"{j}" for j in dataset.match.values), "discounts lent"]
    below = "Discounts are lent (0.5, 1, 1.5) to orders of Kneser-Ney whose counts give none: few n-grams, few letters."
    return Table(columns, cells, title="Share of the test by units of the longest match, 6 and more", below=below)


def _interval(at: xr.Dataset, name: str, digits: int = 3) -> str:
    """A number of `at` with its interval."""
    return estimated(_known(at[name]), _known(at[f"{name}_lower"]), _known(at[f"{name}_upper"]), digits)


def _bits(told: dict[str, Any], loss: float | None) -> float | None:
    each = 1.0 if told["unit"] == "byte" else None if told["unseen"] else told["bytes_per_unit"]
    return None if loss is None or each is None else loss / math.log(2) / each


def _known(value: xr.DataArray) -> float | None:
    """A number for JSON, which knows no NaN."""
    found = float(np.asarray(value))
    return None if math.isnan(found) else found
