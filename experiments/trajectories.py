"""Xia et al. 2022 (arXiv:2212.09803): is perplexity, whatever the size, what decides how a model in training behaves?

The paper follows checkpoints of OPT. Its numbers are public as vector figures (`experiments.readers.opt_figures`):
perplexity on the validation set, accuracy on BIG-Bench, and shares of tokens by the trend of their perplexity. Of
single tokens and of the generated sequences nothing is in them, so that two of its three findings cannot be verified.
Whether perplexity predicts better than size or compute is asked of the runs of Pythia and of Gadre et al. as well
(`experiments.comparing`); what a learner that only stores does to the shares of trends is drawn by `simulate`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from bounds.base.notes import FITTED, INPUT, METHOD, Note
from bounds.cli.printing import fixed, number, written
from bounds.cli.report import Table
from experiments.claims import AT_LEAST, Claim, Outcome, Result, judge
from experiments.comparing.behaviour import gadre_behaviour, opt_behaviour, pythia_behaviour
from experiments.comparing.figures import draw_accuracy, draw_perplexity, draw_trends
from experiments.comparing.matching import ACCURACY, SizeEffect, matched_accuracy, size_effect
from experiments.comparing.predictors import compare_predictors, spearman
from experiments.comparing.trends import SOURCES, TRENDS, simulated_trends
from experiments.data import located
from experiments.readers.opt_figures import BIGBENCH, SIZES, VALIDATION, read_bigbench, read_trend, read_validation
from experiments.readers.opt_figures import TRENDS as TREND_FILES

__all__ = [
    "CLAIMS", "behaviour", "load_bigbench", "load_trends", "load_validation", "matched_accuracy", "predictors", "run",
    "simulated_trends", "size_effect",
]  # fmt: skip

PREDICTORS = {"perplexity": "-log_ppl", "compute": "log_flops", "size": "log_params"}
"""Of each, more means better: less of the loss, more of the others."""
MEASURES = {"spearman": "rank", "isotonic_r2": "the isotonic link", "exponential_r2": "the exponential link"}
"""By all of them a predictor must be the better one to be called so."""
STRONG, SIGNIFICANT = 0.9, 0.01

_REPOSITORY = "repository, ece0cb1"
_OURS = "the paper gives no number;"

CLAIMS = (
    Claim(
        "trajectories.similar-tokens", "Xia 2022", "abstract, 1",
        "At a given perplexity, whatever the size, a similar subset of tokens loses most of its loss",
        "similar", None, "",
    ),
    Claim(
        "trajectories.other-tokens", "Xia 2022", "abstract, 1",
        "The other tokens stagnate or show double descent: percent of those that do not fall which stagnate or rise",
        100.0, 0.0, "the sentence leaves no other class", should_hold=False, reading=AT_LEAST, unit="%",
    ),
    Claim(
        "trajectories.rising-tokens", "Xia 2022", f"{_REPOSITORY}: README, and a figure called After 10% Training",
        "9.4 % of the tokens rise after 10 % of the training of the 1.3b model, called double descent",
        9.4, 0.05, "rounding of the published number", should_hold=False, unit="%",
    ),
    Claim(
        "trajectories.stagnating-tokens", "Xia 2022", f"{_REPOSITORY}: a figure called After 10% Training",
        "8.5 % of the tokens stagnate after 10 % of the training of the 1.3b model",
        8.5, 0.05, "rounding of the published number", should_hold=False, unit="%",
    ),
    Claim(
        "trajectories.untrue-text-early", "Xia 2022", "abstract, 2",
        "Early on, models of all sizes come to like grammatical sequences that contain hallucinations",
        "all sizes", None, "",
    ),
    Claim(
        "trajectories.untrue-text-later", "Xia 2022", "abstract, 2",
        "Small models stay there; larger ones come to find such sequences less likely",
        "larger turn", None, "",
    ),
    Claim(
        "trajectories.strong-predictor", "Xia 2022", "abstract, 3",
        "Perplexity is a strong predictor of accuracy on the 74 tasks of BIG-Bench",
        "strong", None, f"{_OURS} strong is read as a rank correlation of {STRONG} or more, whichever size is left out",
    ),
    Claim(
        "trajectories.in-every-size", "Xia 2022", "abstract, 3",
        "This holds independently of size: within every size accuracy goes with perplexity",
        "all sizes", None, f"{_OURS} a rank correlation above 0 at the level of {SIGNIFICANT}", should_hold=False,
    ),
    Claim(
        "trajectories.same-accuracy", "Xia 2022", "abstract, 3",
        "This holds independently of size: at the same perplexity sizes have the same accuracy",
        "same", None, f"{_OURS} an F test of the offsets of sizes at the level of {SIGNIFICANT}", should_hold=False,
    ),
    Claim(
        "trajectories.size-adds-less", "Xia 2022", "abstract, 3",
        "This holds independently of size: beyond perplexity size explains less than perplexity does beyond size",
        "less", None, f"{_OURS} parts of the variance of accuracy are compared",
    ),
    Claim(
        "trajectories.more-than-size", "Xia 2022", "abstract, last sentence",
        "Perplexity predicts accuracy on the 74 tasks better than size does",
        "better", None, f"{_OURS} better by rank, by the isotonic and by the exponential link",
    ),
    Claim(
        "trajectories.more-than-compute", "Xia 2022", "abstract, last sentence",
        "Perplexity predicts accuracy on the 74 tasks better than compute does",
        "better", None, f"{_OURS} better by rank, by the isotonic and by the exponential link",
    ),
    Claim(
        "trajectories.unseen-sizes", "Xia 2022", "abstract, last sentence, tried on sizes left out",
        "Perplexity predicts the accuracy of a size from the others better than size and compute do",
        "better", None, f"{_OURS} a smaller error by the isotonic and by the exponential link", should_hold=False,
    ),
    Claim(
        "trajectories.linearity", "Xia 2022", "abstract, last sentence, tried on the linearity tasks",
        "Perplexity predicts their accuracy better than size and compute do",
        "better", None, f"{_OURS} better by rank, by the isotonic and by the exponential link",
    ),
    Claim(
        "trajectories.breakthroughness", "Xia 2022", "abstract, last sentence, tried on the breakthroughness tasks",
        "Perplexity predicts their accuracy better than size and compute do",
        "better", None, f"{_OURS} better by rank, by the isotonic and by the exponential link", should_hold=False,
    ),
    Claim(
        "trajectories.pythia", "Xia 2022", "abstract, last sentence, tried on Pythia",
        "Perplexity (of LAMBADA) predicts zero-shot accuracy on seven other tasks better than size and compute do",
        "better", None, f"{_OURS} better by rank, by the isotonic and by the exponential link",
    ),
    Claim(
        "trajectories.gadre", "Xia 2022", "abstract, last sentence, tried on the runs of Gadre et al.",
        "In each training set, perplexity (of C4) predicts accuracy on 17 tasks better than size and compute do",
        "better", None, f"{_OURS} better by rank, by the isotonic and by the exponential link",
    ),
)  # fmt: skip
"""Where a claim has no number in the paper, `reason` says by what it is read here."""


def load_validation(folder: str | Path | None = None) -> pd.DataFrame:
    """Validation perplexity by size and step (`read_validation`), from `folder` of the data sets."""
    return read_validation(located("opt", folder) / VALIDATION)


def load_bigbench(folder: str | Path | None = None, groups: Sequence[str] = tuple(BIGBENCH)) -> pd.DataFrame:
    """Accuracy by group of tasks, size and step (`read_bigbench`), with perplexity, size and FLOP."""
    root = located("opt", folder)
    if unknown := [group for group in groups if group not in BIGBENCH]:
        raise ValueError(f"task groups are {', '.join(BIGBENCH)}, got {unknown[0]!r}")
    return pd.concat([read_bigbench(root / BIGBENCH[group], group) for group in groups], ignore_index=True)


def load_trends(folder: str | Path | None = None) -> pd.DataFrame:
    """Percent of the tokens by trend, size and part of the training left out (`read_trend`)."""
    root = located("opt", folder)
    return pd.concat([read_trend(root / path) for path in TREND_FILES.values()], ignore_index=True)


def behaviour(folder: str | Path | None = None) -> pd.DataFrame:
    """Checkpoints of OPT and Pythia and the models of Gadre et al. in one form (`experiments.comparing.behaviour`)."""
    tables = [opt_behaviour(load_bigbench(folder)), pythia_behaviour(folder), gadre_behaviour(folder)]
    return pd.concat(tables, ignore_index=True)


def predictors(table: pd.DataFrame, data: str = "data") -> pd.DataFrame:
    """Perplexity, compute and size as predictors of accuracy in each data set of `table` (`compare_predictors`)."""
    parts = []
    for name, part in table.groupby(data, sort=False):
        found = compare_predictors(part, "accuracy_pct", PREDICTORS)
        found.insert(0, data, name)
        parts.append(found)
    return pd.concat(parts, ignore_index=True)


def run(folder: Path) -> Result:
    """What the data in `folder` say of the claims."""
    validation, bigbench, trends = load_validation(folder), load_bigbench(folder), load_trends(folder)
    table = behaviour(folder)
    found = predictors(table)
    tasks = {str(group): part for group, part in bigbench.groupby("task_group", sort=False)}
    effects = {group: size_effect(part) for group, part in tasks.items()}
    matched = {group: matched_accuracy(part) for group, part in tasks.items()}
    drawn = {source: simulated_trends(source) for source in SOURCES}
    outcomes = [
        *_of_tokens(trends, drawn), *_of_accuracy(tasks["all"], effects["all"]), *_of_predictors(found, table),
    ]  # fmt: skip
    simulated = {source: shares for source, (shares, _) in drawn.items()}
    return Result(
        sorted(outcomes, key=lambda one: [claim.key for claim in CLAIMS].index(one.claim.key)),
        answer=_answer(found, effects["all"]),
        tables=[
            _predictor_table(found), _matched_table(matched["all"], "all 74 tasks"),
            _trend_table(trends, simulated[SOURCES[0]], SOURCES[0]),
        ],
        notes=[
            Note(FITTED, "The perplexity of Pythia is that of a task, LAMBADA: none of a validation set is published."),
            Note(INPUT, "Figures show accuracy as marks and its moving average as a line; the marks are used here."),
            Note(METHOD, "Rising and falling tokens are those whose slope a test at 5 % finds; of flat ones chance "
                 "calls 2.5 % rising."),
        ],
        details=[
            _validation_table(validation), _effect_table(effects), _measure_table(found),
            *(_trend_table(trends, simulated[source], source) for source in SOURCES[1:]),
            *(_matched_table(matched[group], f"{group} tasks") for group in tasks if group != "all"),
            _overlap_table(drawn),
        ],
        method=[
            "Every number of OPT is read from the vector figures of the paper's repository, the axes undone; there are "
            "none of 350m, 2.7b and 66b, and of single tasks, single tokens and generated sequences no numbers.",
            "The learner of the last columns stores the sequences that it has seen most often, as many as it has room "
            "for; its sizes stand in the ratios of OPT's, the smallest having room for ten. A sequence has one of two "
            "losses, so that most of its trajectories are flat.",
        ],
        figures={
            "accuracy": partial(draw_accuracy, tasks["all"]), "perplexity": partial(draw_perplexity, validation),
            "trends": partial(draw_trends, trends, simulated),
        },
        data={
            "predictors": _records(found), "trends": _records(trends),
            "matched": _records(pd.concat([one.assign(task_group=group) for group, one in matched.items()])),
            "validation": _records(validation),
            "simulated_trends": _records(pd.concat([one.assign(source=source) for source, one in simulated.items()])),
        },
    )  # fmt: skip


def _claim(name: str) -> Claim:
    return next(claim for claim in CLAIMS if claim.name == name)


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain objects; what is not a number is null."""
    return [
        {str(key): None if isinstance(value, float) and np.isnan(value) else value for key, value in row.items()}
        for row in table.to_dict("records")
    ]


def _of_tokens(trends: pd.DataFrame, drawn: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]]) -> list[Outcome]:
    """The claims about tokens, of which shares by trend are all that is public, and those about sequences."""
    shares = trends.pivot(index=["size", "after_pct_of_training"], columns="trend", values="pct_of_tokens")
    classed = 100 * (shares.stagnates + shares.increases) / (100 - shares.decreases)
    at = {after: shares.loc["1.3b", after] for after in (10, 20)}
    alike = 100 * min(matched.overlap.min() for _, matched in drawn.values())
    untrue = "No perplexity of a generated sequence is in the figures"
    return [
        judge(
            _claim("similar-tokens"), None,
            "The figures hold shares of tokens and not which tokens; in the learner that only stores, sizes at the "
            f"same loss share {number(alike)} % of what they know, or more",
        ),
        judge(
            _claim("other-tokens"), round(float(classed.max()), 1),
            f"The most of any size and time, the least is {number(float(classed.min()))} %; the others are in no "
            "class, so that the published shares do not say that they stagnate or descend twice",
        ),
        judge(
            _claim("rising-tokens"), round(float(at[10].increases), 2),
            f"After 20 % it is {at[20].increases:.2f} %, which rounds to what is published: the figure shows 20 %, "
            "not 10. Rising is a slope above 0 by a test at 5 %, and no test of a double descent",
        ),
        judge(
            _claim("stagnating-tokens"), round(float(at[10].stagnates), 2),
            f"After 20 % it is {at[20].stagnates:.2f} %, which rounds to what is published",
        ),
        judge(_claim("untrue-text-early"), None, untrue),
        judge(_claim("untrue-text-later"), None, untrue),
    ]  # fmt: skip


def _of_accuracy(checkpoints: pd.DataFrame, effect: SizeEffect) -> list[Outcome]:
    """Accuracy on all tasks as perplexity and size have it."""
    x, y = -checkpoints.valid_ppl.to_numpy(), checkpoints[ACCURACY].to_numpy()
    sizes = checkpoints["size"].to_numpy()
    names = list(dict.fromkeys(sizes))
    without = [spearman(x[sizes != name], y[sizes != name]) for name in names]
    within = {name: spearman(x[sizes == name], y[sizes == name]) for name in names}
    # Of n pairs without relation the rank correlation is nearly normal with variance 1 / (n - 1).
    critical = special.ndtri(1 - SIGNIFICANT)
    seen = {name: bool(rho * np.sqrt((sizes == name).sum() - 1) > critical) for name, rho in within.items()}
    rest = [within[name] for name in names if seen[name]]
    worst = min(within, key=within.__getitem__)
    explained, offsets = effect.explained, effect.offsets
    beyond = {"size": explained["both"] - explained["perplexity"], "perplexity": explained["both"] - explained["size"]}
    low, high = min(offsets, key=offsets.__getitem__), max(offsets, key=offsets.__getitem__)
    most = max(size_effect(checkpoints, knots=knots).p for knots in range(2, 9))
    return [
        judge(
            _claim("strong-predictor"), f"{spearman(x, y):.3f} [{min(without):.3f}, {max(without):.3f}]",
            f"{len(y)} checkpoints of {len(names)} sizes; in brackets, the range without one of the sizes",
            holds=min(without) >= STRONG,
        ),
        judge(
            _claim("in-every-size"), f"{within[worst]:.2f} at {worst}",
            f"{len(rest)} of {len(names)} sizes show the relation, with {min(rest):.2f} to {max(rest):.2f}; accuracy "
            f"of {worst} has a standard deviation of {y[sizes == worst].std(ddof=1):.2f} points in all its training",
            holds=all(seen.values()),
        ),
        judge(
            _claim("same-accuracy"), f"F({effect.dof[0]}, {effect.dof[1]}) = {effect.f:.1f}",
            f"p = {number(effect.p, 1)}, and at most {number(most, 1)} with 2 to 8 knots: from {offsets[low]:+.2f} "
            f"points ({low}) to {offsets[high]:+.2f} ({high}) beside the common curve, a checkpoint scattering by "
            f"{effect.scatter:.2f}; the offsets do not go by size",
            holds=effect.p >= SIGNIFICANT,
        ),
        judge(
            _claim("size-adds-less"), f"{100 * beyond['size']:.1f} % < {100 * beyond['perplexity']:.1f} %",
            f"Perplexity explains {100 * explained['perplexity']:.1f} % of the variance, size "
            f"{100 * explained['size']:.1f} %, both {100 * explained['both']:.1f} %",
            holds=beyond["size"] < beyond["perplexity"],
        ),
    ]  # fmt: skip


def _of_predictors(found: pd.DataFrame, table: pd.DataFrame) -> list[Outcome]:
    """Which of perplexity, compute and size predicts better, by every measure."""
    names = list(dict.fromkeys(found.data))
    measured = {name: found[found.data == name].set_index("predictor") for name in names}
    errors = measured["OPT, all"][["isotonic_left_out", "exponential_left_out"]]

    def better(claim: str, data: Sequence[str], rivals: Sequence[str] = ("compute", "size")) -> Outcome:
        return _better(claim, {name: (measured[name], table[table.data == name]) for name in data}, rivals)

    return [
        better("more-than-size", ["OPT, all"], ["size"]), better("more-than-compute", ["OPT, all"], ["compute"]),
        judge(
            _claim("unseen-sizes"), " | ".join(f"{row.exponential_left_out:.2f}" for row in errors.itertuples()),
            "Errors in points of perplexity | compute | size by the exponential link; by the isotonic one "
            + " | ".join(f"{row.isotonic_left_out:.2f}" for row in errors.itertuples()),
            holds=bool((errors.idxmin() == "perplexity").all()),
        ),
        better("linearity", ["OPT, linearity"]), better("breakthroughness", ["OPT, breakthroughness"]),
        better("pythia", ["Pythia"]), better("gadre", [name for name in names if name.startswith("Gadre")]),
    ]  # fmt: skip


def _better(name: str, data: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]], rivals: Sequence[str]) -> Outcome:
    """Whether perplexity is better than all `rivals` by every measure, in all `data` (measures and models)."""
    lost = [
        f"by {said} {rival} leads with {measures[measure][rival]:.3f} to {measures[measure]['perplexity']:.3f}"
        for measures, _ in data.values() for measure, said in MEASURES.items() for rival in rivals
        if not measures[measure]["perplexity"] > measures[measure][rival]
    ]  # fmt: skip
    lead = min(_lead(models, rival) for _, models in data.values() for rival in rivals)
    closest = min(
        (measures.spearman for measures, _ in data.values()),
        key=lambda rho: rho["perplexity"] - max(rho[one] for one in rivals),
    )
    note = f"Rank correlations of {' | '.join(('perplexity', *rivals))}{', where closest' if len(data) > 1 else ''}"
    note += f"; with any one size left out perplexity leads by {lead:.3f} or more" if lead > 0 else ""
    note += f"; {', '.join(lost)}" if lost else ""
    return judge(
        _claim(name), " | ".join(f"{closest[one]:.3f}" for one in ("perplexity", *rivals)), note, holds=not lost
    )


def _lead(models: pd.DataFrame, rival: str) -> float:
    """How far perplexity is ahead of a rival in rank correlation, the least with one size left out."""
    return min(
        spearman(-rest.log_ppl.to_numpy(), rest.accuracy_pct.to_numpy())
        - spearman(rest[PREDICTORS[rival]].to_numpy(), rest.accuracy_pct.to_numpy())
        for size in models["size"].unique()
        for rest in [models[models["size"] != size]]
    )


def _answer(found: pd.DataFrame, effect: SizeEffect) -> str:
    rho = found[found.data == "OPT, all"].set_index("predictor").spearman
    reach = max(effect.offsets.values()) - min(effect.offsets.values())
    return (
        f"Over the checkpoints of OPT accuracy goes with perplexity (rank correlation {rho['perplexity']:.3f}) more "
        f"than with compute ({rho['compute']:.3f}) or size ({rho['size']:.3f}); at the same perplexity sizes differ "
        f"by up to {reach:.1f} points (p = {number(effect.p, 1)})."
    )


def _predictor_table(found: pd.DataFrame) -> Table:
    rows = []
    for name, part in found.groupby("data", sort=False):
        by = part.set_index("predictor")
        rows.append((
            str(name), *(fixed(by.spearman[one]) for one in PREDICTORS),
            *(f"{by.exponential_left_out[one]:.2f}" for one in PREDICTORS),
        ))  # fmt: skip
    return Table(
        ("data", "perplexity", "compute", "size", "by ppl", "compute", "size"), rows,
        title="What predicts accuracy: rank correlations, and errors on sizes left out, in points (exponential link)",
    )  # fmt: skip


def _measure_table(found: pd.DataFrame) -> Table:
    columns = ("spearman_low", "spearman_high", "isotonic_r2", "isotonic_left_out", "exponential_r2")
    rows = [(row["data"], row["predictor"], *(f"{row[name]:.3f}" for name in columns)) for _, row in found.iterrows()]
    return Table(
        ("data", "predictor", "ρ min", "ρ max", "iso R²", "error", "exp R²"), rows, left=2,
        title="Predictors by the other measures",
        below="ρ min, ρ max: rank correlation leaving a size out. iso, exp: isotonic and exponential link, with the "
        "part of the variance explained. error: of the isotonic link on sizes left out, in points.",
    )  # fmt: skip


def _matched_table(matched: pd.DataFrame, tasks: str) -> Table:
    rows = []
    for ppl, part in matched.groupby("valid_ppl"):
        cells = {
            row["size"]: f"{row.accuracy_pct:.1f}±{row.standard_error:.1f}" if row.standard_error == row.standard_error
            else f"{row.accuracy_pct:.1f}" for _, row in part.iterrows()
        }  # fmt: skip
        rows.append((number(float(ppl)), *(cells.get(size.name, "") for size in SIZES)))
    return Table(
        ("perplexity", *(size.name for size in SIZES)), rows,
        title=f"Accuracy at matched perplexity, %, {tasks}: mean and standard error",
    )  # fmt: skip


def _effect_table(effects: Mapping[str, SizeEffect]) -> Table:
    rows = [
        (group, *(f"{one.offsets[size.name]:+.2f}" for size in SIZES), number(one.p, 1))
        for group, one in effects.items()
    ]
    return Table(
        ("tasks", *(size.name for size in SIZES), "p"), rows,
        title="Offsets of sizes from one curve of accuracy in ln perplexity, in points, and the F test that all are 0",
        below="A checkpoint scatters about its curve by " + ", ".join(
            f"{one.scatter:.2f} ({group})" for group, one in effects.items()
        ) + ".",
    )  # fmt: skip


def _trend_table(trends: pd.DataFrame, simulated: pd.DataFrame, source: str) -> Table:
    index = ["after_pct_of_training", "size", "trend"]
    published, stored = (one.set_index(index).pct_of_tokens for one in (trends, simulated))
    rows = []
    for after in (10, 20, 70):
        for size in SIZES:
            pairs = [float(one[after, size.name, trend]) for trend in TRENDS for one in (published, stored)]
            rows.append((f"{after} %", size.name, *(f"{one:.1f}" for one in (*pairs, 100 - sum(pairs[::2])))))
    names = ("stagnate", "rise", "fall")
    return Table(
        ("after", "size", *(one for name in names for one in (name, "stored")), "none"), rows, left=2,
        title="Tokens by the trend of their perplexity after a part of the training, %",
        below=f"stored: the same of a learner that only stores, on corpora {source}. none: published, in no class.",
    )  # fmt: skip


def _validation_table(validation: pd.DataFrame) -> Table:
    """Perplexity at the checkpoint nearest to a number of tokens, no farther off than a twentieth."""
    rows = []
    for tokens in (4e9, 16e9, 40e9, 80e9, 120e9, 200e9, 286e9):
        cells = []
        for size in SIZES:
            own = validation[validation["size"] == size.name]
            nearest = own.iloc[int(np.abs(np.log(own.tokens_published / tokens)).to_numpy().argmin())]
            near = abs(np.log(nearest.tokens_published / tokens)) <= 0.05
            cells.append(f"{nearest.valid_ppl:.2f}" if near else "")
        rows.append((written(tokens), *cells))
    return Table(
        ("tokens", *(size.name for size in SIZES)), rows,
        title="Validation perplexity by size and tokens seen, in the rounded batches of the paper",
    )  # fmt: skip


def _overlap_table(drawn: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]]) -> Table:
    rows = [
        (source, number(row.loss, 4), row["size"], str(row.step), f"{row.overlap:.3f}")
        for source, (_, matched) in drawn.items() for _, row in matched.iterrows()
    ]  # fmt: skip
    return Table(
        ("corpus", "loss", "size", "step", "known alike"), rows,
        title="The learner that only stores: sizes at the same loss, and what they know in common",
        below="known alike: draws that this and the largest of the sizes know, over those that either does.",
    )  # fmt: skip
