"""What is printed beside the claims: bands of the series, N of corpora, learners, texts."""

from __future__ import annotations

import math

from bounds.base.notes import FITTED, INPUT, RANGE, Note
from bounds.base.notes import METHOD as HOW
from bounds.cli.printing import between, estimated, factor, fixed, written
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
    "1 - 1.5β halfway (heuristic); a model with one parameter a sequence has N = U. Twice the skills take 2^(1/γ) times the "
    "corpus if skills grow with U (heuristic).",
    "Series: L = E + A N^-α + B D^-β through the runs of each, by Huber's objective on ln loss, δ = 1e-3, and "
    f"{BOOTSTRAP} sets of weights; intervals are at 95 % and of sampling alone. Of Chinchilla the five highest losses are left out. "
    "Runs count as independent: they are finished ones, each with a schedule of its own.",
    "A new family: the mean over families of their mean middle, ± Student's t times their standard deviation times "
    "√(1 + 1/n). It takes families as draws from one normal law, which six of them cannot show.",
    "Simulation: simulate.measure_learners with its default learners and sources, and with a store on zipf:1.724, 32 "
    "corpora of 1000 to 100,000 draws; simulate.simulate_skills with 300 skills of 50 members, a quorum of 40, and "
    "masses that fall as j^-1.724, 32 corpora. Seed 0.",
    "Texts: simulate.measure_corpus, windows of words (characters of Tang poems) in file order, intervals of sampling "
    "and misfit together. Their γ is of windows and is never made into a β.",
]  # fmt: skip


def answer(found: Findings) -> str:
    """The sentence that answers."""
    over = found.spread
    return (
        f"0.58 is what β = 0.28 gives, and no number of nature: on {over.n_series} public series of runs the middle of "
        f"the band lies between {over.low:.2f} and {over.high:.2f}, {len(over.holding)} of their 95 % intervals hold "
        f"0.58, and {over.between:.0%} of the variance of β lies between families of runs."
    )


def tables(found: Findings) -> list[Table]:
    """The tables of the first screen."""
    return [_series(found), _corpora(found)]


def details(found: Findings) -> list[Table]:
    """Tables with ``--explain``."""
    made = [
        _fits(found), _consequences(found), _families(found), _extrapolated(found), _laws(found), _learners(found),
        _stores(found),
    ]  # fmt: skip
    return [*made, *([] if found.texts is None else [_texts(found)])]


def _series(found: Findings) -> Table:
    rows = [
        (_named(row), str(row.runs), fixed(row.beta), estimated(row.middle, row.middle_lower, row.middle_upper, 2), _ends(row.lower, row.upper),
         "yes" if row.middle_lower <= PAPER_GAMMA <= row.middle_upper else "no" if not row.refused else "–")
        for row in found.series.itertuples()
    ]  # fmt: skip
    refused = [f"{_named(row)}: {row.refused}." for row in found.series.itertuples() if row.refused]
    n_rejected = int(found.series.rejected.sum())
    return Table(
        ("series", "runs", "β", "middle γ [95 %]", "lower–upper γ", "0.58"), rows,
        title="The band on every public series of runs",
        below=" ".join((
            f"Lower–upper: 1 - 2β to 1 - β; from 0 where β > 1/2, which says nothing. 0.58: whether the interval of the middle holds it. Intervals are of sampling alone; the residuals of "
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
        below="Lower: rigorous given the assumption; middle, upper: heuristic, empty where they say nothing. "
        f"D^γ alone: the power at the middle γ with constant 1. Outside: of the runs, {written(low)} to {written(high)} tokens; "
        f"{' and '.join(far)} lie more than {FAR:g} times beyond, so that no number stands here (--explain).",
    )  # fmt: skip


def _near(one: Corpus) -> bool:
    return 1 / FAR <= one.times_outside <= FAR


def _corpus_row(one: Corpus) -> tuple[str, ...]:
    bound = one.band.n_params
    cells = ["–"] * 3 if bound is None else [
        "–" if end.vacuous or end.value is None else written(float(end.value)) for end in bound.ends.values()
    ]  # fmt: skip
    times = one.times_outside
    outside = "" if times == 1 else f"{times:.3g}x beyond" if times > 1 else f"{1 / times:.3g}x below"
    return (written(one.n_tokens), one.law, *cells, written(one.band.bare_power[1]), outside)


def _extrapolated(found: Findings) -> Table:
    rows = []
    for one in found.corpora:
        if one.law == REPLICATION and (interval := found.refit_middle(one.n_tokens)) is not None:
            cells = _corpus_row(one)
            rows.append((cells[0], *cells[2:5], f"{written(interval.lower)} – {written(interval.upper)}", cells[6]))
        elif one.law == PAPER_LAW and not _near(one):
            cells = _corpus_row(one)
            rows.append((f"{cells[0]}, β = 0.28", *cells[2:5], "", cells[6]))
    return Table(
        ("D", "N lower", "middle", "upper", "middle, 95 % of our refit", "outside"), rows,
        title="N beyond the runs, and how sure the middle of the replication is",
        below="Rows without a β are of the replication. Beyond the runs these are extrapolations.",
    )  # fmt: skip


def _laws(found: Findings) -> Table:
    rows = []
    for key, one in found.laws.items():
        low, middle, high = one.exponent
        factors = [factor(value) for value in one.corpus_factor]
        rows.append((key, fixed(one.beta, 4), fixed(low), fixed(middle), fixed(high),
                     f"{factors[1]} ({factors[0]}–{factors[2]})"))  # fmt: skip
    ours = found.refit_band
    ends = [ours["exponent", end] for end in ("lower", "middle", "upper")]
    rows.append(("our refit, 95 %", _interval(ours["data_exponent", ""]), *(_interval(one) for one in ends),
                 _interval(ours["corpus_factor", "middle"])))  # fmt: skip
    return Table(
        ("law", "β", "lower γ", "middle", "upper", "corpus for 2x skills"), rows, title="Exponents of published laws"
    )


def _interval(one: object) -> str:
    interval = one.interval  # type: ignore[attr-defined]
    return "none" if interval is None else between(interval.lower, interval.upper, 2)


def _fits(found: Findings) -> Table:
    rows = [
        (_named(row), fixed(row.irreducible), fixed(row.alpha),
         estimated(row.beta, row.beta_lower, row.beta_upper), fixed(row.beta_squares), fixed(row.beta_short))
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
        ("series", "β/α [95 %]", "2x skills, upper γ", "middle", "lower"), rows, title="What follows from the fits",
        below="β/α: power of D by which the size of least loss for a budget grows. 2x skills: how many times the corpus.",
    )  # fmt: skip


def _families(found: Findings) -> Table:
    over = found.spread
    known = found.known()
    rows = []
    for family, middle in over.families.items():
        part = known[known.family == family]
        rows.append((family, str(len(part)), fixed(middle), _ends(part.beta.min(), part.beta.max())))
    return Table(
        ("family", "series", "mean middle γ", "β"), rows, title="Families of runs",
        below=f"Mean over families {over.mean:.3f}; a new family is expected from {over.new_family[0]:.2f} to "
        f"{over.new_family[1]:.2f}. {over.between:.0%} of the variance of β lies between families, where chance alone "
        f"would leave {(len(rows) - 1) / max(over.n_series - 1, 1):.0%}. β of the runs below a tenth of the largest "
        f"compute differs by {over.moved:.3f} (root mean square), and lies in {over.held_short} of {over.n_short} intervals of β.",
    )  # fmt: skip


def _learners(found: Findings) -> Table:
    rows = [
        (one["learner"], one["source"],
         estimated(one["exponent"], one["exponent_lower"], one["exponent_upper"], 2),
         estimated(one["loss_exponent"], one["loss_exponent_lower"], one["loss_exponent_upper"], 2),
         one["place"] or "–")
        for one in found.simulated.points
    ]  # fmt: skip
    return Table(
        ("learner", "source", "γ [95 %]", "β [95 %]", "in the band"),
        rows,
        left=2,
        title="Simulated learners; in theory all have β = 0.28",
    )


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


def _texts(found: Findings) -> Table:
    texts = found.texts
    assert texts is not None
    rows = []
    for title, part in texts.groupby("text", sort=False):
        by = part.set_index("length")
        cells = [
            estimated(row.exponent, row.exponent_lower, row.exponent_upper, 2) + ("*" if row.rejected else "")
            for row in by.itertuples()
        ]  # fmt: skip
        rows.append((f"{title}, {part.unit.iloc[0]}s", written(float(part.n_draws.max())), *cells))
    lengths = [str(one) for one in texts.length.unique()]
    return Table(
        ("text", "windows", *(f"γ, windows of {one}" for one in lengths)), rows,
        title="Distinct windows of real texts",
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
