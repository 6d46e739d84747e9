"""What Xia et al. 2022 claim, by name, and what the data say to each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import special

from bounds.cli.printing import number
from experiments.claims import AT_LEAST, Claim, Outcome, judge
from experiments.trajectories.matching import ACCURACY, SizeEffect, size_effect
from experiments.trajectories.predictors import PREDICTORS, spearman
from experiments.trajectories.trends import Drawn

MEASURES = {"spearman": "rank", "isotonic_r2": "the isotonic link", "exponential_r2": "the exponential link"}
"""By all of them a predictor must be the better one to be called so."""
STRONG, SIGNIFICANT = 0.9, 0.01

_REPOSITORY = "repository, ece0cb1"
_READ = "read as"
_BETTER = f"{_READ} better by rank, by the isotonic and by the exponential link"

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
        "strong", None, f"{_READ} a rank correlation of {STRONG} or more, whichever size is left out",
    ),
    Claim(
        "trajectories.in-every-size", "Xia 2022", "abstract, 3",
        "This holds independently of size: within every size accuracy goes with perplexity",
        "all sizes", None, f"{_READ} a rank correlation above 0 at the level of {SIGNIFICANT}", should_hold=False,
    ),
    Claim(
        "trajectories.same-accuracy", "Xia 2022", "abstract, 3",
        "This holds independently of size: at the same perplexity sizes have the same accuracy",
        "same", None, f"{_READ} an F test of the offsets of sizes at the level of {SIGNIFICANT}", should_hold=False,
    ),
    Claim(
        "trajectories.size-adds-less", "Xia 2022", "abstract, 3",
        "This holds independently of size: beyond perplexity size explains less than perplexity does beyond size",
        "less", None, f"{_READ} parts of the variance of accuracy",
    ),
    Claim(
        "trajectories.more-than-size", "Xia 2022", "abstract, last sentence",
        "Perplexity predicts accuracy on the 74 tasks better than size does",
        "better", None, _BETTER,
    ),
    Claim(
        "trajectories.more-than-compute", "Xia 2022", "abstract, last sentence",
        "Perplexity predicts accuracy on the 74 tasks better than compute does",
        "better", None, _BETTER,
    ),
    Claim(
        "trajectories.unseen-sizes", "Xia 2022", "abstract, last sentence, tried on sizes left out",
        "Perplexity predicts the accuracy of a size from the others better than size and compute do",
        "better", None, f"{_READ} a smaller error by the isotonic and by the exponential link", should_hold=False,
    ),
    Claim(
        "trajectories.linearity", "Xia 2022", "abstract, last sentence, tried on the linearity tasks",
        "Perplexity predicts their accuracy better than size and compute do",
        "better", None, _BETTER,
    ),
    Claim(
        "trajectories.breakthroughness", "Xia 2022", "abstract, last sentence, tried on the breakthroughness tasks",
        "Perplexity predicts their accuracy better than size and compute do",
        "better", None, _BETTER, should_hold=False,
    ),
    Claim(
        "trajectories.pythia", "Xia 2022", "abstract, last sentence, tried on Pythia",
        "Perplexity (of LAMBADA) predicts zero-shot accuracy on seven other tasks better than size and compute do",
        "better", None, _BETTER,
    ),
    Claim(
        "trajectories.gadre", "Xia 2022", "abstract, last sentence, tried on the runs of Gadre et al.",
        "In each training set, perplexity (of C4) predicts accuracy on 17 tasks better than size and compute do",
        "better", None, _BETTER,
    ),
)  # fmt: skip
"""Where a claim has no number in the paper, `reason` says by what it is read here."""


def outcomes(
    trends: pd.DataFrame,
    drawn: Mapping[str, Drawn],
    checkpoints: pd.DataFrame,
    effect: SizeEffect,
    table: pd.DataFrame,
    found: pd.DataFrame,
) -> list[Outcome]:
    """The outcome of every claim, in the order of `CLAIMS`.

    `trends` are the published shares and `drawn` those of the learner by corpus; `checkpoints` are OPT on all tasks
    with their `effect` of size; `table` are the models of all data, and `found` their predictors measured.
    """
    known = [*_of_tokens(trends, drawn), *_of_accuracy(checkpoints, effect), *_of_predictors(found, table)]
    order = [claim.key for claim in CLAIMS]
    return sorted(known, key=lambda one: order.index(one.claim.key))


def _claim(name: str) -> Claim:
    return next(claim for claim in CLAIMS if claim.name == name)


def _of_tokens(trends: pd.DataFrame, drawn: Mapping[str, Drawn]) -> list[Outcome]:
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
