"""Xia et al. 2022 (arXiv:2212.09803): is perplexity, whatever the size, what decides how a model in training behaves?

The paper follows checkpoints of OPT. Its numbers are public as vector figures only (`experiments.readers.opt_figures`):
perplexity on the validation set, accuracy on BIG-Bench, and shares of tokens by the trend of their perplexity. Of single
tokens and of the generated sequences nothing is in them, so that two of its three findings cannot be verified. Whether
perplexity predicts better than size or compute is asked of the runs of Pythia and of Gadre et al. as well
(`experiments.comparing`); what a learner that only stores does to the shares of trends is drawn by `simulate`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bounds.base.notes import FITTED, INPUT, METHOD, Note
from bounds.cli.printing import fixed, number, written
from bounds.cli.report import Table
from experiments.claims import AT_LEAST, Claim, Outcome, Result, judge
from experiments.comparing.behaviour import gadre_behaviour, opt_behaviour, pythia_behaviour
from experiments.comparing.matching import ACCURACY, SizeEffect, matched_accuracy, size_effect
from experiments.comparing.predictors import compare_predictors, spearman
from experiments.comparing.trends import SOURCES, TRENDS, simulated_trends
from experiments.data import located
from experiments.readers.opt_figures import BIGBENCH, SIZES, VALIDATION, read_bigbench, read_trend, read_validation
from experiments.readers.opt_figures import TRENDS as TREND_FILES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "CLAIMS", "behaviour", "load_bigbench", "load_trends", "load_validation", "matched_accuracy", "predictors", "run",
    "simulated_trends", "size_effect",
]  # fmt: skip

PREDICTORS = {"perplexity": "-log_ppl", "compute": "log_flops", "size": "log_params"}
"""Of each, more means better: less of the loss, more of the others."""
MEASURES = ("spearman", "isotonic_r2", "exponential_r2")
"""By all of them a predictor must be the better one to be called so."""
STRONG, SIGNIFICANT = 0.9, 0.01
GADRE = "Gadre, each set"

_REPOSITORY = "repository, ece0cb1"
_OURS = "the paper gives no number;"

_CLAIMS = (
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
        "trajectories.hallucinations-early", "Xia 2022", "abstract, 2",
        "Early on, models of all sizes come to like grammatical sequences that contain hallucinations",
        "all sizes", None, "",
    ),
    Claim(
        "trajectories.hallucinations-later", "Xia 2022", "abstract, 2",
        "Small models stay there; larger ones come to find such sequences less likely",
        "larger ones turn", None, "",
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
CLAIMS = _CLAIMS


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
    found = predictors(behaviour(folder))
    tasks = {str(group): part for group, part in bigbench.groupby("task_group", sort=False)}
    effects = {group: size_effect(part) for group, part in tasks.items()}
    matched = {group: matched_accuracy(part) for group, part in tasks.items()}
    drawn = {source: simulated_trends(source) for source in SOURCES}
    outcomes = [
        *_of_tokens(trends, drawn), *_of_accuracy(tasks["all"], effects["all"]), *_of_predictors(found),
    ]  # fmt: skip
    simulated = {source: shares for source, (shares, _) in drawn.items()}
    return Result(
        sorted(outcomes, key=lambda one: [claim.key for claim in CLAIMS].index(one.claim.key)),
        answer=_answer(found, effects["all"]),
        tables=[_predictor_table(found), _matched_table(matched["all"], "all 74 tasks"), _trend_table(trends, simulated)],
        notes=[
            Note(FITTED, "the perplexity of Pythia is that of a task, LAMBADA: none of its validation set is published"),
            Note(INPUT, "figures show accuracy as marks, and a moving average as a line; the marks are used here"),
            Note(METHOD, "three kinds of token do not make up 100 %: what is left belongs to none"),
        ],
        details=[
            _validation_table(validation), _effect_table(effects), _measure_table(found),
            *(_matched_table(matched[group], f"{group} tasks") for group in tasks if group != "all"),
            _overlap_table(drawn),
        ],
        method=[
            "Every number of OPT is read from the vector figures of the paper's repository, the axes undone.",
            "The learner of the last columns stores the sequences that it has seen most often, as many as it has room "
            "for; its sizes stand in the ratios of OPT's, the smallest having room for ten. A sequence has one of two "
            "losses, so that most of its trajectories are flat.",
        ],
        figures={
            "accuracy": partial(_draw_accuracy, tasks["all"]), "perplexity": partial(_draw_perplexity, validation),
            "trends": partial(_draw_trends, trends, simulated),
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
    overlaps = [matched.overlap for _, matched in drawn.values()]
    chance = (
        "the label means a slope that differs from 0 at the level of 5 %, which chance gives 2.5 % of flat tokens; "
        "no double descent is tested by it"
    )
    return [
        judge(
            _claim("similar-tokens"), None,
            "the figures hold shares of tokens and not which tokens; in the learner that only stores, sizes at the same "
            f"loss share {number(100 * min(one.min() for one in overlaps))} % of what they know, or more",
        ),
        judge(
            _claim("other-tokens"), round(float(classed.max()), 1),
            f"between {number(float(classed.min()))} and {number(float(classed.max()))} % by size and time; the others are "
            "in no class, so that the published shares do not say that they stagnate or descend twice",
        ),
        judge(
            _claim("rising-tokens"), round(float(at[10].increases), 2),
            f"after 20 % it is {at[20].increases:.2f} %, which rounds to what is published: the figure shows 20 %, "
            f"not 10; {chance}",
        ),
        judge(
            _claim("stagnating-tokens"), round(float(at[10].stagnates), 2),
            f"after 20 % it is {at[20].stagnates:.2f} %, which rounds to what is published",
        ),
        judge(_claim("hallucinations-early"), None, "no perplexity of a generated sequence is in the figures"),
        judge(_claim("hallucinations-later"), None, "no perplexity of a generated sequence is in the figures"),
    ]  # fmt: skip


def _of_accuracy(checkpoints: pd.DataFrame, effect: SizeEffect) -> list[Outcome]:
    """Accuracy on all tasks as perplexity and size have it."""
    x, y = -checkpoints.valid_ppl.to_numpy(), checkpoints[ACCURACY].to_numpy()
    sizes = checkpoints["size"].to_numpy()
    names = list(dict.fromkeys(sizes))
    without = [spearman(x[sizes != name], y[sizes != name]) for name in names]
    within = {name: spearman(x[sizes == name], y[sizes == name]) for name in names}
    # Of n pairs without relation the rank correlation is nearly normal with variance 1 / (n - 1).
    critical = 2.326
    seen = {name: rho * np.sqrt((sizes == name).sum() - 1) > critical for name, rho in within.items()}
    rest = [within[name] for name in names if seen[name]]
    absent = ", ".join(f"{name} {within[name]:.2f}" for name in names if not seen[name])
    beyond = {
        "size": effect.explained["both"] - effect.explained["perplexity"],
        "perplexity": effect.explained["both"] - effect.explained["size"],
    }
    low, high = min(effect.offsets, key=effect.offsets.__getitem__), max(effect.offsets, key=effect.offsets.__getitem__)
    return [
        judge(
            _claim("strong-predictor"), f"{spearman(x, y):.3f} [{min(without):.3f}, {max(without):.3f}]",
            f"{len(y)} checkpoints of {len(names)} sizes; in brackets, the range without one of the sizes",
            holds=min(without) >= STRONG,
        ),
        judge(
            _claim("in-every-size"), f"{absent or 'none absent'}; others ≥ {min(rest):.2f}",
            f"{len(names) - len(rest)} of {len(names)} sizes shows no relation, where accuracy hardly leaves its scatter",
            holds=all(seen.values()),
        ),
        judge(
            _claim("same-accuracy"), f"F({effect.dof[0]}, {effect.dof[1]}) = {effect.f:.1f}",
            f"p = {number(effect.p, 1)}: from {effect.offsets[low]:+.2f} points ({low}) to {effect.offsets[high]:+.2f} "
            f"({high}) beside the common curve, a checkpoint scattering by {effect.scatter:.2f}; the offsets do not go by "
            "size, so that models differ rather than sizes",
            holds=effect.p >= SIGNIFICANT,
        ),
        judge(
            _claim("size-adds-less"), f"{100 * beyond['size']:.1f} % < {100 * beyond['perplexity']:.1f} %",
            f"perplexity explains {100 * effect.explained['perplexity']:.1f} % of the variance, size "
            f"{100 * effect.explained['size']:.1f} %, both {100 * effect.explained['both']:.1f} %",
            holds=beyond["size"] < beyond["perplexity"],
        ),
    ]  # fmt: skip


def _of_predictors(found: pd.DataFrame) -> list[Outcome]:
    """Which of perplexity, compute and size predicts better, by every measure."""
    tables = {str(name): part.set_index("predictor") for name, part in found.groupby("data", sort=False)}
    everything = tables["OPT, all"]
    left_out = [f"{curve}_left_out" for curve in ("isotonic", "exponential")]
    errors = everything[left_out]
    best = errors.idxmin()
    sets = [part for name, part in tables.items() if name.startswith("Gadre")]
    return [
        _better("more-than-size", [everything], ("size",)), _better("more-than-compute", [everything], ("compute",)),
        judge(
            _claim("unseen-sizes"), f"best: {best.iloc[0]}, {best.iloc[1]}",
            "errors in points, isotonic and exponential: " + "; ".join(
                f"{name} {row.iloc[0]:.2f} and {row.iloc[1]:.2f}" for name, row in errors.iterrows()
            ), holds=bool((best == "perplexity").all()),
        ),
        _better("linearity", [tables["OPT, linearity"]]),
        _better("breakthroughness", [tables["OPT, breakthroughness"]]),
        _better("pythia", [tables["Pythia"]]), _better("gadre", sets),
    ]  # fmt: skip


def _better(name: str, tables: Sequence[pd.DataFrame], rivals: Sequence[str] = ("compute", "size")) -> Outcome:
    """Whether perplexity is better than all `rivals`, by every measure and in every table."""
    lost = {
        f"{measure.replace('_', ' ').replace('r2', 'link')}: {rival} {table[measure][rival]:.3f}, perplexity "
        f"{table[measure]['perplexity']:.3f}"
        for table in tables for measure in MEASURES for rival in rivals
        if not table[measure]["perplexity"] > table[measure][rival]
    }  # fmt: skip
    closest = min(tables, key=lambda table: table.spearman["perplexity"] - max(table.spearman[one] for one in rivals))
    said = " | ".join(f"{closest.spearman[one]:.3f}" for one in ("perplexity", *rivals))
    columns = " | ".join(("perplexity", *rivals))
    note = f"rank correlations of {columns}{', where they are closest' if len(tables) > 1 else ''}"
    return judge(_claim(name), said, "; ".join([note, *sorted(lost)]), holds=not lost)


def _answer(found: pd.DataFrame, effect: SizeEffect) -> str:
    rho = found[found.data == "OPT, all"].set_index("predictor").spearman
    return (
        f"Over the checkpoints of OPT accuracy goes with perplexity (rank correlation {rho['perplexity']:.3f}) more than "
        f"with compute ({rho['compute']:.3f}) or size ({rho['size']:.3f}); at the same perplexity sizes still differ by "
        f"up to {max(effect.offsets.values()) - min(effect.offsets.values()):.1f} points (p = {number(effect.p, 1)})."
    )


def _predictor_table(found: pd.DataFrame) -> Table:
    rows = []
    for name, part in found.groupby("data", sort=False):
        by = part.set_index("predictor")
        cells = [fixed(by[column][one]) for column in ("spearman", "exponential_left_out") for one in PREDICTORS]
        rows.append((str(name), str(int(part.n.iloc[0])), *cells))
    return Table(
        ("data", "n", "ppl", "compute", "size", "ppl err.", "compute", "size"), rows,
        title="What predicts accuracy: rank correlation, and error in points on sizes left out (exponential link)",
    )  # fmt: skip


def _measure_table(found: pd.DataFrame) -> Table:
    columns = [name for name in found.columns if name not in ("data", "predictor", "n", "spearman")]
    rows = [
        (f"{row.data}: {row.predictor}", *(fixed(getattr(row, name)) for name in columns)) for row in found.itertuples()
    ]
    return Table(
        ("predictor", "ρ min", "ρ max", "iso. R²", "iso. err.", "exp. R²", "exp. err."), rows,
        title="Predictors by every measure: ρ leaving a size out, R² of curves, errors in points on sizes left out",
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
        (group, *(f"{one.offsets[size.name]:+.2f}" for size in SIZES), f"{one.scatter:.2f}", f"{one.f:.1f}",
         number(one.p, 1))
        for group, one in effects.items()
    ]  # fmt: skip
    return Table(
        ("tasks", *(size.name for size in SIZES), "scatter", "F", "p"), rows,
        title="Offsets of sizes from one curve of accuracy in ln perplexity, points; scatter of a checkpoint; F test",
    )  # fmt: skip


def _trend_table(trends: pd.DataFrame, simulated: Mapping[str, pd.DataFrame]) -> Table:
    rows = []
    sources = {"published": trends} | dict(simulated)
    tables = {
        name: one.set_index(["after_pct_of_training", "size", "trend"]).pct_of_tokens for name, one in sources.items()
    }
    for after in (10, 20, 70):
        for size in SIZES:
            cells = [f"{table[after, size.name, trend]:.1f}" for trend in TRENDS for table in tables.values()]
            rows.append((f"{after} %", size.name, *cells))
    names = ("stagnate", "rise", "fall")
    short = ("", *(source.removeprefix("zipf:") for source in simulated))
    return Table(
        ("after", "size", *(f"{name} {one}".strip() for name in names for one in short)), rows, left=2,
        title="Tokens by trend after a part of the training, %: published, and of a learner that only stores",
        below="Beside each: the learner on corpora zipf:" + " and zipf:".join(short[1:]) + ".",
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


def _axes(titles: Sequence[str], **options: Any) -> tuple[Figure, Sequence[Axes]]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.2 * len(titles), 3.8), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, len(titles), squeeze=False, **options)[0]
    for one, title in zip(axes, titles, strict=True):
        one.set_title(title, fontsize=10)
        one.grid(alpha=0.3)
    return figure, axes


def _colours() -> dict[str, str]:
    from simulate.running.figures import COLOURS

    return {size.name: colour for size, colour in zip(SIZES, COLOURS, strict=False)}


def _draw_accuracy(checkpoints: pd.DataFrame) -> Figure:
    figure, axes = _axes(("against perplexity", "against compute", "against size"), sharey=True)
    columns = ("valid_ppl", "flops_published", "params")
    labels = ("validation perplexity", "FLOP, 6 N D", "parameters N")
    for one, column, label in zip(axes, columns, labels, strict=True):
        for name, colour in _colours().items():
            own = checkpoints[checkpoints["size"] == name]
            one.plot(own[column], own[ACCURACY], "o", ms=4, alpha=0.7, color=colour, label=name)
        one.axhline(checkpoints.random_pct.iloc[0], ls=":", color="black", lw=1, label="chance")
        one.set_xscale("log")
        one.set_xlabel(label)
    _plain_perplexities(axes[0])
    axes[0].set_ylabel("accuracy on 74 tasks of BIG-Bench, %")
    axes[0].legend(fontsize=8)
    return figure


def _draw_perplexity(validation: pd.DataFrame) -> Figure:
    figure, axes = _axes(("by step", "by compute"), sharey=True)
    for one, column, label in zip(axes, ("step", "flops_published"), ("step", "FLOP, 6 N D"), strict=True):
        for name, colour in _colours().items():
            own = validation[validation["size"] == name]
            one.plot(own[column], own.valid_ppl, lw=1.4, color=colour, label=name)
        one.set_xscale("log")
        one.set_yscale("log")
        one.set_xlabel(label)
    ticks = (8, 10, 15, 20, 30, 50)
    axes[0].set_yticks(ticks, [str(tick) for tick in ticks])
    axes[0].minorticks_off()
    axes[0].set_ylabel("validation perplexity")
    axes[0].legend(fontsize=8)
    return figure


def _plain_perplexities(axes: Axes) -> None:
    """Ticks in plain numbers, better models to the right."""
    ticks = (8, 10, 15, 20, 30)
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    axes.invert_xaxis()


def _draw_trends(trends: pd.DataFrame, simulated: Mapping[str, pd.DataFrame]) -> Figure:
    figure, axes = _axes([f"perplexity {trend}" for trend in TRENDS])
    for one, trend in zip(axes, TRENDS, strict=True):
        for name, colour in _colours().items():
            for source, table in ({"published": trends} | dict(simulated)).items():
                own = table[(table["size"] == name) & (table.trend == trend)]
                style = {"published": "o-"}.get(source, "--" if source == SOURCES[0] else ":")
                one.plot(own.after_pct_of_training, own.pct_of_tokens, style, ms=4, lw=1.2, color=colour,
                         label=name if source == "published" else None)  # fmt: skip
        one.set_xlabel("after this part of the training, %")
    axes[1].axhline(2.5, color="black", lw=0.8, label="chance, of flat ones")
    axes[0].set_ylabel("tokens, %")
    axes[0].legend(fontsize=8, title="published; dashed and\ndotted: only stored")
    axes[1].legend(handles=axes[1].get_lines()[-1:], fontsize=8)
    return figure
