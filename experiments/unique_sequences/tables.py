"""What is printed beside the claims: bands of the series, N of corpora, learners, texts."""

from __future__ import annotations

import math

import pandas as pd

from bounds.base.notes import FITTED, INPUT, RANGE, Note
from bounds.base.notes import METHOD as HOW
from bounds.cli.printing import estimated, factor, fixed, number, written
from bounds.cli.report import Table
from bounds.efficiency.band import growth_factor
from bounds.laws.law_range import FAR
from bounds.laws.published import LAWS
from experiments.unique_sequences.findings import PAPER_LAW, REPLICATION, Corpus, Findings
from experiments.unique_sequences.series import BOOTSTRAP, PAPER_GAMMA, named

_SHORT = {"loss-to-loss": "L2L"}
_LAW = {PAPER_LAW: "Hoffmann, β = 0.28", REPLICATION: "replication, β = 0.3658"}

METHOD = [
    "Exponents: a loss that falls as D^-β leaves 1 - 2β (slow rate) to 1 - β (fast rate) for γ of U ~ D^γ, and "
    "1 - 1.5β halfway (heuristic); a model with one parameter a sequence has N = U. Twice the skills take 2^(1/γ) "
    "times the corpus if skills grow with U (heuristic).",
    "Series: L = E + A N^-α + B D^-β through the runs of each, by Huber's objective on ln loss, δ = 1e-3, and "
    f"{BOOTSTRAP} sets of weights; intervals are at 95 % and of sampling alone. Of Chinchilla the five highest losses "
    "are left out. Runs count as independent: they are finished ones, each with a schedule of its own.",
    "A new family: the mean over families of their mean middle, ± Student's t times their standard deviation times "
    "√(1 + 1/n). It takes families as draws from one normal law, which six of them cannot show.",
    "Simulation: simulate.measure_learners with its default learners and sources, and with a store on zipf:1.724, 32 "
    "corpora of 1000 to 100,000 draws; simulate.simulate_skills with 300 skills of 50 members, a quorum of 40, and "
    "masses that fall as j^-1.724, 32 corpora. Seed 0.",
    "Texts: simulate.measure_corpus, windows of words (characters of Tang poems) in file order, intervals of sampling "
    "and misfit together. Their γ is of windows and is never made into a β.",
]


def answer(found: Findings) -> str:
    """The sentence that answers."""
    over = found.spread
    return (
        f"0.58 is what β = 0.28 gives, and no number of nature: on {over.n_series} public series of runs the middle of "
        f"the band lies between {over.low:.2f} and {over.high:.2f}, {len(over.holding)} of their 95 % intervals hold "
        f"0.58 ({len(over.holding_wide)} if β may move as it does between all runs and the small ones), and "
        f"{over.between:.0%} of the variance of β lies between families of runs."
    )


def tables(found: Findings) -> list[Table]:
    """The tables of the first screen."""
    return [_series(found), _corpora(found)]


def details(found: Findings) -> list[Table]:
    """Tables for ``--explain``: the fits of each series, what follows from them, and what the laws and texts say."""
    made = [
        _fits(found), _consequences(found), _families(found), _extrapolated(found), _laws(found), _learners(found),
        _stores(found),
    ]  # fmt: skip
    return [*made, *([] if found.texts is None else [_texts(found.texts)])]


def _series(found: Findings) -> Table:
    rows = []
    for row in found.series.itertuples():
        held = "yes" if row.middle_lower <= PAPER_GAMMA <= row.middle_upper else "no"
        middle = estimated(row.middle, row.middle_lower, row.middle_upper, 2)
        rows.append((
            _named(row), str(row.runs), fixed(row.beta), middle, _ends(row.lower, row.upper),
            "–" if row.refused else held,
        ))  # fmt: skip
    refused = [f"{_named(row)}: {row.refused}." for row in found.series.itertuples() if row.refused]
    n_rejected = int(found.series.rejected.sum())
    return Table(
        ("series", "runs", "β", "middle γ [95 %]", "band of γ", "0.58"), rows,
        title="The band on every public series of runs",
        below=" ".join((
            "Band: 1 - 2β to 1 - β; from 0 where β > 1/2, and the lower end says nothing. 0.58: whether the interval "
            "of the middle holds it. Intervals are of sampling alone; the residuals of "
            f"{n_rejected} of {len(rows)} fits have a pattern.", *refused,
        )),
    )  # fmt: skip


def _named(row: object) -> str:
    family, corpus = row.family, row.corpus  # type: ignore[attr-defined]
    return f"{_SHORT.get(family, family)}, {corpus}"


def _ends(low: float, high: float) -> str:
    return "–" if math.isnan(low) else f"{low:.2f}–{high:.2f}"


def _corpora(found: Findings) -> Table:
    rows = [_corpus_row(one) for one in found.corpora if _near(one)]
    far = [written(one.n_tokens) for one in found.corpora if one.law == PAPER_LAW and not _near(one)]
    low, high = LAWS[PAPER_LAW].fitted_tokens
    return Table(
        ("D", "law", "N lower", "middle", "upper", "D^γ alone", "outside"), rows, left=2,
        title="N = U of an efficient model, one parameter a sequence (heuristic)",
        below="Lower: rigorous given the assumption; middle, upper: heuristic, empty where they say nothing. D^γ "
        "alone: the power at the middle γ with constant 1. Outside: of the runs, "
        f"{written(low)} to {written(high)} tokens; {' and '.join(far)} lie more than {FAR:g} times beyond, so that no "
        "number stands here (--explain).",
    )  # fmt: skip


def _near(one: Corpus) -> bool:
    return 1 / FAR <= one.times_outside <= FAR


def _corpus_row(one: Corpus) -> tuple[str, ...]:
    bound = one.band.n_params
    cells = ["–"] * 3 if bound is None else [
        "–" if end.vacuous or end.value is None else written(float(end.value)) for end in bound.ends.values()
    ]  # fmt: skip
    times = one.times_outside
    outside = "" if times == 1 else f"{number(times)}x beyond" if times > 1 else f"{number(1 / times)}x below"
    return (written(one.n_tokens), one.law, *cells, written(one.band.bare_power[1]), outside)


def _extrapolated(found: Findings) -> Table:
    rows = []
    for one in found.corpora:
        size, _, *bound, _, outside = _corpus_row(one)
        if one.law == REPLICATION:
            rows.append((size, *bound, _middle(found, one.n_tokens), outside))
        elif not _near(one):
            rows.append((f"{size}, β = 0.28", *bound, "", outside))
    return Table(
        ("D", "N lower", "middle", "upper", "middle of our refit", "outside"), rows,
        title="N beyond the runs, and how sure the middle of the replication is",
        below="Rows without a β are of the replication; of our refit of its runs, the 95 % interval. Beyond the runs "
        "these are extrapolations.",
    )  # fmt: skip


def _middle(found: Findings, n_tokens: float) -> str:
    """The interval of the middle N by the refit, where it says something."""
    one = found.refit_middle(n_tokens)
    return "–" if one.vacuous or one.interval is None else " – ".join(map(written, one.interval))


def _laws(found: Findings) -> Table:
    rows = []
    for key, one in found.laws.items():
        factors = [factor(value) for value in one.corpus_factor]
        rows.append((key, fixed(one.beta, 4), *map(fixed, one.exponent), f"{factors[1]} ({factors[0]}–{factors[2]})"))
    ours = [found.refit_band[key] for key in (
        ("data_exponent", ""), ("exponent", "lower"), ("exponent", "middle"), ("exponent", "upper"),
        ("corpus_factor", "middle"),
    )]  # fmt: skip
    rows.append(("our refit", fixed(ours[0].value, 4), *(fixed(one.value) for one in ours[1:4]), factor(ours[4].value)))
    for name, end in (("its 95 %, from", 0), ("to", 1)):
        ends = [math.nan if one.interval is None else tuple(one.interval)[end] for one in ours]
        rows.append((name, fixed(ends[0], 4), *map(fixed, ends[1:4]), factor(ends[4])))
    return Table(
        ("law", "β", "lower γ", "middle", "upper", "corpus, 2x skills"), rows,
        title="Exponents of published laws, and of our refit of the replication's runs",
    )  # fmt: skip


def _fits(found: Findings) -> Table:
    rows = [
        (_named(row), fixed(row.irreducible), fixed(row.alpha),
         estimated(row.beta, row.beta_lower, row.beta_upper, 2), fixed(row.beta_squares), fixed(row.beta_short))
        for row in found.series.itertuples()
    ]  # fmt: skip
    return Table(
        ("series", "E", "α", "β [95 %]", "squares", "short"), rows, title="The fits",
        below="Squares: β by least squares. Short: β of the runs below a tenth of the largest compute. E of Llama 3 is "
        "in a unit of its own.",
    )  # fmt: skip


def _consequences(found: Findings) -> Table:
    rows = [
        (_named(row), estimated(row.allocation, row.allocation_lower, row.allocation_upper, 2),
         *(factor(float(growth_factor(gamma))) if gamma > 0 else "∞" for gamma in (row.upper, row.middle, row.lower)))
        for row in found.series.itertuples() if not row.refused
    ]  # fmt: skip
    return Table(
        ("series", "β/α [95 %]", "2x, upper γ", "middle", "lower"), rows, title="What follows from the fits",
        below="β/α: power of D by which the size of least loss for a budget grows. 2x: how many times the corpus for "
        "twice the skills.",
    )  # fmt: skip


def _families(found: Findings) -> Table:
    over, known = found.spread, found.known()
    rows = []
    for family, middle in over.families.items():
        part = known[known.family == family]
        rows.append((family, str(len(part)), fixed(middle), _ends(part.beta.min(), part.beta.max())))
    chance = (len(rows) - 1) / max(over.n_series - 1, 1)
    return Table(
        ("family", "series", "mean middle γ", "β"), rows, title="Families of runs",
        below=f"Mean over families {over.mean:.3f}; a new family is expected from {over.new_family[0]:.2f} to "
        f"{over.new_family[1]:.2f}. {over.between:.0%} of the variance of β lies between families, where chance alone "
        f"would leave {chance:.0%}. β of the runs below a tenth of the largest compute differs by {over.moved:.3f} "
        f"(root mean square), and lies in {over.held_short} of {over.n_short} intervals of β; with that as one more "
        f"standard deviation of β, {len(over.holding_wide)} intervals of the middle hold 0.58.",
    )  # fmt: skip


def _learners(found: Findings) -> Table:
    points = found.simulated.points
    rows = [
        (one["learner"], estimated(one["exponent"], one["exponent_lower"], one["exponent_upper"]),
         estimated(one["loss_exponent"], one["loss_exponent_lower"], one["loss_exponent_upper"], 2),
         one["place"] or "–")
        for one in points
    ]  # fmt: skip
    return Table(
        ("learner", "γ [95 %]", "β [95 %]", "in the band"), rows,
        title="Simulated learners; in theory all have β = 0.28",
        below=f"Sources, in this order: {', '.join(one['source'] for one in points)}.",
    )  # fmt: skip


def _stores(found: Findings) -> Table:
    skills = found.simulated.skills
    chosen = range(0, len(skills.stored), 3)
    rows = [(str(skills.stored[i]), fixed(skills.stored[i] / skills.n_unique, 2), fixed(skills.skills[i], 1))
            for i in chosen]  # fmt: skip
    return Table(
        ("sequences stored", "of U(D)", "skills"), rows,
        title=f"Skills in stores, corpora of {written(skills.n_draws)} draws with U(D) = {skills.n_unique:.0f}",
        below=f"Without a limit: {skills.unlimited:.1f} skills.",
    )  # fmt: skip


def _texts(texts: pd.DataFrame) -> Table:
    rows = []
    for title, part in texts.groupby("text", sort=False):
        cells = [
            estimated(row.exponent, row.exponent_lower, row.exponent_upper, 2) + ("*" if row.rejected else "")
            for row in part.itertuples()
        ]  # fmt: skip
        rows.append((str(title), *cells))
    return Table(
        ("text", *(f"windows of {one}" for one in texts.length.unique())), rows,
        title="γ of distinct windows of real texts, in words (Tang poems in characters), with 95 % intervals",
        below="*: no single power law holds. No runs on these texts were published: no β stands beside these γ, and "
        "none is made of them.",
    )  # fmt: skip


def notes(found: Findings) -> list[Note]:
    """What a reader must know."""
    over = found.spread
    said = [
        Note(FITTED, f"β moves by {over.moved:.2f} (root mean square) when only runs below a tenth of the largest "
             f"compute are fitted, and then lies outside {over.n_short - over.held_short} of {over.n_short} intervals: "
             "they are too narrow, since the law bends."),
        Note(HOW, "how the paper comes from a loss to an exponent is our reading; it gives each of its numbers, and "
             "was not confirmed line by line."),
    ]  # fmt: skip
    if found.missing:
        said.append(Note(INPUT, f"left out, since their data are not here: {'; '.join(named(found.missing))}."))
    if found.texts is None:
        said.append(Note(INPUT, "left out, since they are not here: real texts."))
    inside = [one for one in found.corpora if one.times_outside == 1]
    sizes = " and ".join(dict.fromkeys(written(one.n_tokens) for one in inside))
    said.append(Note(RANGE, f"of the corpora asked for only {sizes} tokens lie inside the runs of the laws; the others "
                     "are extrapolations."))  # fmt: skip
    return said
