"""The claims of Biderman et al. held against the evaluations and, where these cannot tell, beside the simulation."""

from __future__ import annotations

import pandas as pd
from scipy.stats import binomtest

from bounds.cli.printing import number, signed
from experiments.claims import Outcome, judge
from experiments.readers.pythia import BATCH_TOKENS, SIZES
from experiments.training_dynamics.claims import CLAIMS, RESULTS, result_name
from experiments.training_dynamics.evaluations import best, curve, interval
from experiments.training_dynamics.simulated import TAUGHT
from experiments.training_dynamics.suite import DEDUPLICATED_TOKENS, LAST, SHAPES, params, tokens_seen
from simulate.studies.suite.plan import PYTHIA_STEPS

_CLAIM = {claim.name: claim for claim in CLAIMS}
_DATA = {True: "the Pile without duplicates", False: "the Pile"}


def _span(alike: pd.DataFrame, shots: int) -> str:
    steps = alike[alike.shots == shots].step
    return f"{steps.min():,} to {steps.max():,}" if len(steps) else "none"


def same_until(near: pd.DataFrame) -> int:
    """The last step at which more than half of the accuracies of 2.8B are those of its twin."""
    return int(near[(near["size"] == "2.8b") & (near.equal > 0.5)].step.max())


def answer(perplexity: pd.DataFrame, gains: pd.DataFrame, losses: pd.DataFrame) -> str:
    """What the evaluations say, in a sentence or two."""
    worst = best(perplexity[False]).ratio
    return (
        f"Perplexity on LAMBADA ends at {perplexity[False, '70m'].iloc[-1]:.0f} for 70M and "
        f"{perplexity[False, '12b'].iloc[-1]:.1f} for 12B parameters; that of 70M and 160M is then "
        f"{100 * (worst['70m'] - 1):.0f} and {100 * (worst['160m'] - 1):.0f} % above its least, which no simulated "
        f"store shows (at most {100 * (best(losses).ratio.max() - 1):.2f} %). Without duplicates LAMBADA gains "
        f"{_points(interval(gains.lambada_openai))} points, the mean of eight tasks {_points(interval(gains['mean']))}."
    )


def _points(values: tuple[float, float, float]) -> str:
    mean, low, high = values
    return f"{mean:.2f} [{low:.2f}, {high:.2f}]"


def outcomes(
    evaluations: pd.DataFrame, alike: pd.DataFrame, near: pd.DataFrame, gains: dict[int, pd.DataFrame],
    changes: pd.DataFrame | None, tests: pd.DataFrame, terms: dict[float, pd.DataFrame],
) -> list[Outcome]:  # fmt: skip
    """Every claim with its verdict, in the order of `CLAIMS`."""
    found = {
        "models": judge(_CLAIM["models"], float(len(evaluations.groupby(["size", "deduped"]))),
                        "Eight sizes, each on the Pile and on the Pile without duplicates"),
        "smallest": judge(_CLAIM["smallest"], float(params("70m", total=True)),
                          f"By its shape; {params('70m') / params('70m', total=True):.0%} of them are no embeddings"),
        "largest": judge(_CLAIM["largest"], float(params("12b", total=True)), "By its shape"),
        "public-data": judge(_CLAIM["public-data"], None, "The files are evaluations; the training data are not here"),
        "same-order": judge(_CLAIM["same-order"], None, _of_order(evaluations)),
        **_of_checkpoints(evaluations, alike, near),
        "dataloaders": judge(_CLAIM["dataloaders"], None, "The tools need the tokenised Pile, which is not here"),
        "memorisation": judge(_CLAIM["memorisation"], None, _of_positions(tests)),
        **_of_terms(terms),
        **_of_bias(changes),
        "insights": judge(_CLAIM["insights"], None, "A judgement, not a number"),
        "released": judge(_CLAIM["released"], None,
                          "The evaluations are there, at the commit of the manifest; the rest was not looked for"),
        **{f"params-{size}": judge(_CLAIM[f"params-{size}"], float(params(size)), _of_params(size)) for size in SIZES},
        "batch": judge(_CLAIM["batch"], float(BATCH_TOKENS), "1024 times 2048, which is not in the files: their "
                       "batch_size is that of the evaluation, and says nothing of the training"),
        "tokens": judge(_CLAIM["tokens"], float(tokens_seen(int(evaluations.step.max()))),
                        f"The last step in the files, {int(evaluations.step.max()):,}, times the tokens of a step"),
        "epochs": judge(_CLAIM["epochs"], tokens_seen(LAST) / DEDUPLICATED_TOKENS, "With one digit it is 1.4; 207B is "
                        "rounded, and 206.5B to 207.5B give 1.445 to 1.452"),
        **{result_name(*result[:4]): _of_result(evaluations, *result[:4]) for result in RESULTS},
        **_of_gains(evaluations, gains),
    }  # fmt: skip
    return [found[claim.name] for claim in CLAIMS]


def _of_order(evaluations: pd.DataFrame) -> str:
    first = evaluations[evaluations.step == 0]
    wide = first.pivot(index=["size", "task", "metric"], columns="deduped", values="value")
    same = (wide[False] == wide[True]).groupby(level="size").all()
    return (
        f"The order is not in the files. At step 0 {same.sum()} of {len(same)} sizes agree in every number with and "
        f"without duplicates, and so began alike; {', '.join(same[~same].index)} does not (upstream's is 1b-bf16)"
    )


def _of_checkpoints(evaluations: pd.DataFrame, alike: pd.DataFrame, near: pd.DataFrame) -> dict[str, Outcome]:
    steps = evaluations.groupby(["size", "deduped"]).step.agg(set)
    outside = set().union(*steps) - set(PYTHIA_STEPS)
    early = evaluations[evaluations.step.isin((0, 1))].pivot(
        index=["size", "deduped", "task", "metric"], columns="step", values="value")  # fmt: skip
    unmoved = (early[0] == early[1]).groupby(level=["size", "deduped"]).all()
    return {
        "checkpoints": judge(
            _CLAIM["checkpoints"], float(len(PYTHIA_STEPS)),
            f"Of the schedule: 0, ten powers of two to 512, and every 1000 steps to 143,000. Each model has "
            f"evaluations of {steps.map(len).min()} of them, and {len(outside)} at other steps"),
        "access": judge(
            _CLAIM["access"], None,
            f"Weights are not here. The {steps.map(len).min()} of each model that were evaluated were loaded by name. "
            f"Steps 0 and 1 agree in every number for {unmoved.sum()} of {len(unmoved)} models (issue 83 of the "
            "repository); its issues 195 and 205 say that many steps of 2.8b are another step's weights"),
        "own-checkpoints": judge(
            _CLAIM["own-checkpoints"], float(len(alike)),
            f"All of {_sizes(alike)}: steps {_span(alike, 0)} without examples and {_span(alike, 5)} with five. "
            + _of_twins(near)),
    }  # fmt: skip


def _of_twins(near: pd.DataFrame) -> str:
    """How near 2.8B is to its twin where their files are not wholly alike."""
    is_one = near["size"] == "2.8b"
    same = near[is_one & (near.equal > 0.5) & (near.step > 1000)]
    later = near[near.step > same_until(near)]
    ours, others = later[later["size"] == "2.8b"], later[later["size"] != "2.8b"]
    most = near[~is_one & (near.step > 1000)].equal.max()
    return (
        f"Up to step {same_until(near):,} {100 * same.equal.min():.0f} to {100 * same.equal.max():.0f} % of the "
        f"accuracies of 2.8b without examples are those of its twin, of other sizes at most {100 * most:.0f} %; after "
        f"that the median gap over eight tasks is {ours.gap.mean():.2f} points, of other sizes "
        f"{others.gap.mean():.2f}. One model was evaluated under both names, and then two as near as if a run had been "
        "parted. Issues 195 and 205 of the repository report wrong weights of 2.8b, at other steps as well"
    )


def _sizes(alike: pd.DataFrame) -> str:
    return ", ".join(size for size in SIZES if (alike["size"] == size).any()) or "none"


def _of_positions(tests: pd.DataFrame) -> str:
    few = tests[tests.tied_share < 0.1]
    any_one, first = few[few.exposure == "any"], few[few.exposure == "first"]
    tied = tests[(tests.exposure == "any") & (tests.tied_share >= 0.1)]
    return (
        "Positions of memorised sequences are not in the files. In simulated stores of the most frequent sequences the "
        "order of independent draws does not matter where a sequence is placed at any one of its exposures and ties "
        f"decide less than a tenth of the store: even positions are rejected in {any_one.rejected.sum()} of "
        f"{any_one.tested.sum()} tests. At its first exposure they are in {first.rejected.sum()} of "
        f"{first.tested.sum()}, and where ties decide more, in {tied.rejected.sum()} of {tied.tested.sum()}. That is a "
        "condition, not a derivation of what was seen in Pythia"
    )


def _of_terms(terms: dict[float, pd.DataFrame]) -> dict[str, Outcome]:
    sure, chancy = terms[1.0].loc[LAST], terms[TAUGHT].loc[LAST]
    early, late = terms[TAUGHT].loc[39_000], terms[TAUGHT].loc[91_000]
    moved = (late - early)[["2.8b", "6.9b", "12b"]].abs().max()
    return {
        "term-frequency": judge(
            _CLAIM["term-frequency"], None,
            "Counts of terms are not in the files; the repository has accuracies by term (evals/csv), without them. In "
            "the simulated suite knowing goes with exposures in every size that knows some and not all: "
            f"{sure['70m']:.2f} at 70m and {sure['2.8b']:.2f} at 2.8b where one exposure teaches, and 12b knows all; "
            f"{chancy['70m']:.2f} and {chancy['12b']:.2f} where it does with a chance of {TAUGHT:g}. Room alone does "
            "not take it from the small sizes"),
        "term-onset": judge(
            _CLAIM["term-onset"], None, "No such step follows in the simulation: from step 39,000 to 91,000 the "
            f"correlation moves by at most {moved:.3f} from 2.8b on with that chance, and where one exposure teaches "
            "it begins with a size when its store is full, the largest last"),
    }  # fmt: skip


def _of_bias(changes: pd.DataFrame | None) -> dict[str, Outcome]:
    names = ("gender-bias", "gender-bias-long", "bias-perplexity")
    if changes is None:
        why = "The evaluations of this study are not among the files of the data set"
        return {name: judge(_CLAIM[name], None, why) for name in names}
    short = changes[changes.variant == "intervention"].set_index("size")
    (_, long), *_ = changes[changes.variant == "intervention-long"].iterrows()
    logs = short.log_ppl[["1.4b", "6.9b"]]
    each = ", ".join(f"{size} {_points((row.change, row.lower, row.upper))}" for size, row in short.iterrows())
    lower = [size for size in short.index if short.change[size] < 0]
    return {
        "gender-bias": judge(
            _CLAIM["gender-bias"], f"lower in {len(lower)} of {len(short)} sizes",
            f"Points of English sentences on gender, 95 % over ten checkpoints: {each}; in no size is it lower by more "
            f"than {-short.lower.min():.2f} points. From a table made of evaluations that the files of the data set "
            "do not include; WinoBias, which the paper uses as well, is in neither, and its wording of CrowS-Pairs may "
            "have been another", holds=len(lower) == len(short)),
        "gender-bias-long": judge(
            _CLAIM["gender-bias-long"], f"{signed(long.change)} points at 1.4b",
            f"{_points((long.change, long.lower, long.upper))} points, from {long.baseline:.1f} to {long.changed:.1f} "
            "%; from the same table", holds=bool(long.change < 0)),
        "bias-perplexity": judge(
            _CLAIM["bias-perplexity"], float(logs.mean()), f"1.4b {signed(logs['1.4b'], 4)}, 6.9b "
            f"{signed(logs['6.9b'], 4)}; 70m {signed(short.log_ppl['70m'], 3)}, whose perplexity swings by more than "
            "that from one checkpoint to the next; 410m has no baseline"),
    }  # fmt: skip


def _of_params(size: str) -> str:
    layers, width, _ = SHAPES[size]
    return f"{layers} layers of width {width}: l (12 d² + 13 d) + 2 d"


def _of_result(evaluations: pd.DataFrame, size: str, task: str, metric: str, shots: int) -> Outcome:
    at = curve(evaluations, task, metric, shots=shots).loc[LAST] * (100 if metric == "acc" else 1)
    deduped = shots > 0
    note = (
        f"Ours is of the model trained on {_DATA[deduped]}, which the listing does not say; the other one has "
        f"{at[not deduped, size]:.2f}"
    )
    return judge(_CLAIM[result_name(size, task, metric, shots)], float(at[deduped, size]), note)


def _of_gains(evaluations: pd.DataFrame, gains: dict[int, pd.DataFrame]) -> dict[str, Outcome]:
    found = {}
    for name, shots, column in (
        ("deduplication", 0, "mean"), ("deduplication-5shot", 5, "mean"),
        ("deduplication-lambada", 0, "lambada_openai"),
    ):  # fmt: skip
        values = gains[shots][column]
        mean, low, high = interval(values)
        up, n = int((values > 0).sum()), len(values)
        note = (
            f"Higher without duplicates in {up} of {n} sizes (sign test, p = "
            f"{number(binomtest(up, n).pvalue, 2)}); without "
            f"2.8b, whose two models are hardly two, {_points(interval(values.drop('2.8b')))}. "
        )
        if column != "mean":
            right = curve(evaluations, column, "acc", shots=shots)
            course = 100 * (right[True] - right[False])
            note += (
                f"It moves from one checkpoint to the next: the mean of the last five is "
                f"{_points(interval(course.tail(5).mean()))}, that of all from step 13,000 on "
                f"{_points(interval(course.loc[13_000:].mean()))}. With five examples "
                f"{_points(interval(gains[5][column]))}. "
            )
        note += "Student's interval, over sizes as if they were independent, though they answer the same questions"
        found[name] = judge(_CLAIM[name], _points((mean, low, high)), note, holds=low <= 0 <= high)
    return found
