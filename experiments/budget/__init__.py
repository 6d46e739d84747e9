"""What a million GPU hours should have bought: BLOOM (Le Scao et al. 2022, arXiv:2210.15424) beside each law.

From A100 hours to FLOP of the hardware and of the model, from these to parameters and tokens by Kaplan's law, the
claim of BigScience, Chinchilla, its replication and over-training, and to the efficient band of the corpus. Beside it
the English corpora at 1.3B parameters, BLOOM against OPT by language, and the shapes that were tried for speed.

`planning` has the arithmetic, `comparing` the corpora, languages and trials, each on any subset of the tables that
`experiments.readers.bloom` reads. Without those tables (they have no public address) the arithmetic is all there is.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from bounds.base.notes import INPUT, RANGE, Note
from bounds.cli.printing import number, written
from bounds.planning.flops import hardware_flops, model_flops
from bounds.planning.shapes import count_params, flops_per_token, layer_params
from experiments.budget import claims as printed
from experiments.budget import tables as shown
from experiments.budget.claims import CLAIMS
from experiments.budget.comparing import (
    INDIC,
    averages,
    compare,
    corpora,
    english,
    languages,
    noise,
    scores,
    speeds,
)  # fmt: skip
from experiments.budget.findings import (
    CLAIMED_FLOP,
    HOURS,
    NOT_HERE,
    PARAMS,
    TOKENS_SEEN,
    Tables,
    differing_tasks,
    last_section,
    outcomes,
    trial_coefficients,
)  # fmt: skip
from experiments.budget.planning import allocations, bands, kaplan_optimal, kaplan_params_for, worth
from experiments.claims import Result
from experiments.data import is_here, located
from experiments.readers.bloom import (
    read_checkpoints,
    read_evaluations,
    read_facts,
    read_log,
    read_shapes,
    read_trials,
)  # fmt: skip

__all__ = [
    "CLAIMS", "allocations", "averages", "bands", "compare", "corpora", "count_params", "differing_tasks", "english",
    "flops_per_token", "hardware_flops", "kaplan_optimal", "kaplan_params_for", "language_groups", "languages",
    "layer_params", "load", "model_flops", "noise", "run", "scores", "speeds", "trial_coefficients", "with_params",
    "worth",
]  # fmt: skip


def load(folder: str | Path | None = None) -> dict[str, pd.DataFrame]:
    """The tables of BLOOM by name, from the `folder` of the data sets: facts, shapes, trials, log and two more.

    `checkpoints` are those of the 1.3B runs, `evaluations` BLOOM 176B beside OPT 175B.
    """
    here = located("bloom", folder)
    return {
        "facts": read_facts(here), "shapes": read_shapes(here), "trials": read_trials(here), "log": read_log(here),
        "checkpoints": read_checkpoints(here), "evaluations": read_evaluations(here),
    }  # fmt: skip


def run(folder: Path) -> Result:
    """What the laws, and the tables in `folder` where they are there, say of the claims."""
    tables: Tables = load(folder) if is_here("bloom", folder) else {}
    flops = float(model_flops(printed.BUDGET_HOURS, printed.LOGGED_TFLOPS))
    plans, band = allocations(flops), bands(printed.UNIQUE_TOKENS)
    models = [
        ("BigScience's best", printed.CLAIMED_PARAMS, printed.CLAIMED_TOKENS),
        ("BLOOM as trained", PARAMS, TOKENS_SEEN),
        ("BLOOM's size", PARAMS, flops / (6 * PARAMS)),
    ]
    by = plans.set_index("law").n_params
    return Result(
        outcomes(tables),
        answer=(
            f"A million A100 hours are {number(flops)} model FLOP: {written(by.kaplan2020)} parameters are best by "
            f"Kaplan's law, {written(by.epoch2024)} by the replication of Chinchilla, {written(by.hoffmann2022)} by "
            f"Chinchilla as printed; BLOOM has {written(PARAMS)}."
        ),
        tables=[
            shown.plans_table(plans, flops, models), shown.bands_table(band, PARAMS), *_compared(tables),
        ],
        details=[_hours_table(flops), _worth_table(), *_details(tables)],
        notes=_notes(plans, tables),
        method=_method(),
        figures=_figures(flops, band, tables),
        data=_data(flops, plans, band, tables),
    )  # fmt: skip


def language_groups(table: pd.DataFrame) -> pd.DataFrame:
    """Languages (`languages`) by group: of the corpus, in Indic scripts or not, and the others."""
    indic = table.language.isin(INDIC)
    groups = {
        "in the corpus, not Indic": table.in_corpus & ~indic, "in the corpus, Indic": table.in_corpus & indic,
        "not in the corpus": ~table.in_corpus,
    }  # fmt: skip
    return pd.DataFrame(
        {"group": name, "languages": int(chosen.sum()), "lower": int((table.ratio[chosen] < 1).sum()),
         "median": table.ratio[chosen].median(), "least": table.ratio[chosen].min(), "most": table.ratio[chosen].max()}
        for name, chosen in groups.items() if chosen.any()
    )  # fmt: skip


def with_params(shapes: pd.DataFrame) -> pd.DataFrame:
    """Shapes with the parameters of their layers, `layer_params`, which leave the embedding out."""
    return shapes.assign(layer_params=shapes.n_layers * layer_params(shapes.d_model))


def _compared(tables: Tables) -> list[Any]:
    if not tables:
        return []
    points = tables["checkpoints"]
    return [
        shown.corpora_table(corpora(points), noise(points)),
        shown.languages_table(language_groups(languages(tables["evaluations"]))),
        shown.shapes_table(with_params(tables["shapes"])),
    ]


def _hours_table(flops: float) -> Any:
    used = 6 * PARAMS * TOKENS_SEEN
    rows = [
        ("a million, as logged", printed.BUDGET_HOURS,
         float(hardware_flops(printed.BUDGET_HOURS, printed.LOGGED_TFLOPS)), flops),
        ("18 weeks, as logged", HOURS, float(hardware_flops(HOURS, printed.LOGGED_TFLOPS)),
         float(model_flops(HOURS, printed.LOGGED_TFLOPS))),
        ("BLOOM as trained", float(printed.USED_HOURS), used * 8 / 6, used),
    ]  # fmt: skip
    return shown.hours_table(rows, printed.PEAK_TFLOPS)


def _worth_table() -> Any:
    return shown.worth_table([
        ("BLOOM", worth(PARAMS, TOKENS_SEEN)), ("392B", worth(printed.CLAIMED_PARAMS, printed.CLAIMED_TOKENS)),
    ])  # fmt: skip


def _details(tables: Tables) -> list[Any]:
    if not tables:
        return []
    return [
        shown.speeds_table(speeds(last_section(tables["trials"]))),
        shown.coefficients_table(trial_coefficients(tables["trials"])),
    ]  # fmt: skip


def _notes(plans: pd.DataFrame, tables: Tables) -> list[Note]:
    kaplan = plans.set_index("law").loc["kaplan2020"]
    notes = [
        Note(RANGE, f"every law is asked beyond its runs: Kaplan's at {kaplan.beyond_params:.0f} times its largest "
             "model, the others at 2 to 5 times theirs; the over-training laws, of runs up to 0.4B parameters, say "
             "only what D/N costs."),
    ]  # fmt: skip
    if not tables:
        return [Note(INPUT, f"{NOT_HERE}, so corpora, languages and shapes are left out."), *notes]
    groups = language_groups(languages(tables["evaluations"])).set_index("group")
    indic, others = groups.loc["in the corpus, Indic"], groups.loc["in the corpus, not Indic"]
    notes.append(Note(
        INPUT, f"in all {indic.languages:.0f} Indic languages of the corpus BLOOM's byte perplexity is "
        f"{indic.least:.1f} to {indic.most:.1f} times OPT's, in {others.lower:.0f} of its {others.languages:.0f} "
        "others it is lower: that looks like another unit in the published table, not like a model.",
    ))  # fmt: skip
    return notes


def _method() -> list[str]:
    return [
        f"Model FLOP are hours × 3600 × {printed.LOGGED_TFLOPS} TFLOP/s × 6/8: the speed of the log counts 8 FLOP a "
        "parameter and token, because activations are computed twice, and attention and logits beside them, 1.8 % at "
        "this shape. 6 N D counts neither.",
        "Kaplan's law is in C_min, the compute at small batches. Here N and D are those of its table 6 with 6 N D = C; "
        "taken at C_min = C it asks for "
        + "{} parameters and a training of {:.1f} C.".format(*_at_small_batches()),
        "The laws of Gadre et al. have a best D/N of 3 to 8, below the 20 of their runs, and fail at 5: BLOOM's 2.1 is "
        "not asked of them.",
        "The best use of a budget is judged by size alone. Losses of laws are of other corpora and tokenizers than "
        "BLOOM's, and are not compared with its log.",
        "Corpora: accuracy, or exact match, of 28 tasks without examples, mean over tasks; differences at checkpoints "
        "that both runs have.",
        "Languages of the corpus are those that the notes of BLOOM list; Chinese counts in both scripts. The abstract "
        "was read in public copies of it; of the body of the paper nothing was, and what is said of it is marked so.",
    ]  # fmt: skip


def _at_small_batches() -> tuple[str, float]:
    from bounds.laws.published import LAWS

    C = float(model_flops(printed.BUDGET_HOURS, printed.LOGGED_TFLOPS))
    N, D = LAWS["kaplan2020"].optimal(C)
    return written(N), 6 * N * D / C


def _figures(flops: float, band: pd.DataFrame, tables: Tables) -> dict[str, Callable[[], Any]]:
    def draw_plans() -> Any:
        from experiments.budget import figures

        return figures.draw_plans(flops, band, {
            "BLOOM": (PARAMS, TOKENS_SEEN),
            "BigScience's best": (printed.CLAIMED_PARAMS, printed.CLAIMED_TOKENS),
        })  # fmt: skip

    def draw_corpora() -> Any:
        from experiments.budget import figures

        return figures.draw_corpora(averages(tables["checkpoints"]))

    def draw_languages() -> Any:
        from experiments.budget import figures

        return figures.draw_languages(languages(tables["evaluations"]), INDIC)

    drawn = {"plans": draw_plans}
    return drawn | {"corpora": draw_corpora, "languages": draw_languages} if tables else drawn


def _data(flops: float, plans: pd.DataFrame, band: pd.DataFrame, tables: Tables) -> dict[str, Any]:
    data: dict[str, Any] = {
        "model_flops": flops, "hardware_flops": float(hardware_flops(printed.BUDGET_HOURS, printed.LOGGED_TFLOPS)),
        "claimed_flops": CLAIMED_FLOP, "params": PARAMS, "tokens_seen": TOKENS_SEEN,
        "plans": plans.to_dict("records"), "bands": band.to_dict("records"),
        "worth": [
            *worth(PARAMS, TOKENS_SEEN).to_dict("records"),
            *worth(printed.CLAIMED_PARAMS, printed.CLAIMED_TOKENS).to_dict("records"),
        ],
    }  # fmt: skip
    if tables:
        found = languages(tables["evaluations"])
        data |= {
            "corpora": corpora(tables["checkpoints"]).to_dict("records"), "languages": found.to_dict("records"),
            "language_groups": language_groups(found).to_dict("records"), "english": english(tables["evaluations"]),
            "shapes": with_params(tables["shapes"]).to_dict("records"),
            "speeds": speeds(last_section(tables["trials"])).to_dict("records"),
        }  # fmt: skip
    return data
