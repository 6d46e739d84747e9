"""What Biderman et al. 2023 say, claim by claim, and where."""

from __future__ import annotations

from typing import Any

from experiments.claims import Claim, Value

_COUNT, _LISTED = "a count", "half a unit of its last digit"
_LOWER = "lower is a mean below that of the baseline, over the last ten checkpoints of both"
_NONE = "none is a 95 % interval over the sizes that holds 0"
_TOLD = "as summaries of the paper have it"

_TABLE_1 = {
    "70m": 18_915_328, "160m": 85_056_000, "410m": 302_311_424, "1b": 805_736_448, "1.4b": 1_208_602_624,
    "2.8b": 2_517_652_480, "6.9b": 6_444_163_072, "12b": 11_327_027_200,
}  # fmt: skip

RESULTS = (
    ("12b", "lambada_openai", "ppl", 0, 3.92, 0.005), ("6.9b", "lambada_openai", "ppl", 0, 4.45, 0.005),
    ("12b", "lambada_openai", "acc", 0, 70.46, 0.005), ("6.9b", "lambada_openai", "acc", 0, 67.28, 0.005),
    ("12b", "arc_challenge", "acc", 0, 31.8, 0.05), ("12b", "arc_easy", "acc", 0, 70.2, 0.05),
    ("12b", "piqa", "acc", 0, 76.0, 0.05), ("6.9b", "piqa", "acc", 0, 75.2, 0.05),
    ("12b", "winogrande", "acc", 0, 63.9, 0.05), ("6.9b", "winogrande", "acc", 0, 60.9, 0.05),
    ("2.8b", "winogrande", "acc", 0, 59.4, 0.05),
    ("12b", "arc_challenge", "acc", 5, 36.8, 0.05), ("12b", "arc_easy", "acc", 5, 71.5, 0.05),
    ("12b", "piqa", "acc", 5, 76.7, 0.05), ("12b", "winogrande", "acc", 5, 66.6, 0.05),
)  # fmt: skip
"""Size, task, metric, examples, and what is listed with half a unit of its last digit; accuracies in %."""


def result_name(size: str, task: str, metric: str, shots: int) -> str:
    """The name of the claim on a result: arc-easy-12b-5shot."""
    task = task.removesuffix("_openai").replace("_", "-") + "-ppl" * (metric == "ppl")
    return f"{task}-{size}" + (f"-{shots}shot" if shots else "")


def _said(
    name: str,
    where: str,
    text: str,
    published: Value,
    tolerance: float | None = None,
    reason: str = "said in words",
    **more: Any,
) -> Claim:
    return Claim(f"training_dynamics.{name}", "Biderman 2023", where, text, published, tolerance, reason, **more)


CLAIMS = (
    _said("models", "abstract", "the suite has 16 models", 16.0, 0.0, _COUNT),
    _said("smallest", "abstract", "the smallest has 70M parameters (total)", 70e6, 5e6, _LISTED, unit="parameters"),
    _said("largest", "abstract", "the largest has 12B parameters (total)", 12e9, 0.5e9, _LISTED, unit="parameters"),
    _said("public-data", "abstract", "all are trained on public data", "public"),
    _said("same-order", "abstract", "all saw the data in the exact same order", "the same"),
    _said("checkpoints", "abstract", "each model has 154 checkpoints", 154.0, 0.0, _COUNT),
    _said("access", "abstract", "all of these checkpoints are public", "public"),
    _said(
        "own-checkpoints", "abstract, implied",
        "each of the 16 models has checkpoints of its own: pairs of files that are alike after step 1",
        0.0, 0.0, _COUNT, should_hold=False, unit="pairs",
    ),
    _said("dataloaders", "abstract", "tools rebuild the exact order of the training data", "rebuilt"),
    _said(
        "memorisation", f"abstract; section on training order, {_TOLD}",
        "where a sequence stands in the order of training hardly matters for whether it is memorised: memorised ones "
        "are a Poisson process", "Poisson",
    ),
    _said(
        "term-frequency", f"abstract; section on term frequencies, {_TOLD}",
        "few-shot accuracy goes with how often the terms of a task were seen, in large models and not in small ones",
        "correlated",
    ),
    _said(
        "term-onset", "section on term frequencies, typed from memory of the paper, not checked here",
        "that begins at step 65,000, 45 % of the training, for 2.8B parameters and more", 65_000.0,
        reason="nothing to compare it with", unit="steps",
    ),
    _said(
        "gender-bias", f"abstract; section on gender bias, {_TOLD}",
        "female pronouns in the last 7 % of the training lower the gender bias, in points of CrowS-Pairs",
        "lower in all sizes", None, _LOWER, should_hold=False,
    ),
    _said(
        "gender-bias-long", f"section on gender bias, {_TOLD}", "so do they in the last 21 %", "lower", None, _LOWER,
        should_hold=False,
    ),
    _said(
        "bias-perplexity", f"section on gender bias, {_TOLD}",
        "they hardly change the perplexity: mean change of ln perplexity on LAMBADA, 1.4B and 6.9B", 0.0, 0.02,
        "hardly is within 2 %, about the standard error of one perplexity",
    ),
    _said("insights", "abstract", "the controlled setting gives new insights", "new"),
    _said("released", "abstract", "models, analysis, training code and data are in a public repository", "released"),
    *(
        _said(f"params-{size}", "table 1", f"non-embedding parameters of {size}", float(n), 0.0, _COUNT,
              unit="parameters")
        for size, n in _TABLE_1.items()
    ),
    _said("batch", "section 2", "a step is 1024 sequences of 2048 tokens, 2M", 2_097_152.0, 0.0, _COUNT, unit="tokens"),
    _said("tokens", "section 2", "each model is trained on 299,892,736,000 tokens", 299_892_736_000.0, 0.0, _COUNT,
          unit="tokens"),
    _said("epochs", f"section 2, {_TOLD}", "that is about 1.5 epochs of the Pile without duplicates, 207B tokens",
          1.5, 0.1, "about: a unit of its last digit", unit="epochs"),
    *(
        _said(result_name(size, task, metric, shots), "results, as Papers with Code lists them",
              f"{task} of {size} at the end with {shots or 'no'} examples, "
              + ("perplexity" if metric == "ppl" else "% right"),
              listed, half, _LISTED, unit="" if metric == "ppl" else "%")
        for size, task, metric, shots, listed, half in RESULTS
    ),
    _said("deduplication", f"introduction, {_TOLD}",
          "leaving out duplicates has no clear benefit: mean gain in points over eight tasks, no examples", "none",
          None, _NONE),
    _said("deduplication-5shot", f"introduction, {_TOLD}", "nor has it with five examples", "none", None, _NONE),
    _said("deduplication-lambada", f"introduction, {_TOLD}",
          "nor has it in language modelling: gain in points of LAMBADA, no examples", "none", None, _NONE,
          should_hold=False),
)  # fmt: skip
