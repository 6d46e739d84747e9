"""The pages of trajectories and training dynamics: what their sentences say stands in a claim, in a block of the page,
in the code, or in a run on the published data."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import bounds
from experiments.data import get_manifest
from experiments.readers.opt_figures import PPL_ERROR, SIZES, STEP_ERROR
from experiments.readers.pythia import SIZES as PYTHIA_SIZES
from experiments.training_dynamics.evaluations import TASKS
from experiments.training_dynamics.simulated import BATCH, PARAMS_PER_SEQUENCE
from tests.commands import run
from tests.page_checks.papers import Values, answered, cell, claims, named, together, told
from tests.page_numbers import WORDS, Page, Sentence


@cache
def printed(experiment: str) -> str:
    """What a run on the published data says, all of it."""
    return run("run", experiment, "--explain", module="experiments").stdout


def measured(experiment: str, pattern: str) -> Values:
    """The groups of a pattern in what a run says."""

    def values(page: Page) -> Sequence[Any]:
        found = re.search(pattern, printed(experiment), flags=re.MULTILINE)
        assert found, pattern
        return list(found.groups())

    return values


def _of_trajectories(name: str, *patterns: str) -> Values:
    return told(f"trajectories.{name}", *patterns)


def _unclassed(page: Page) -> list[float]:
    """Least and most of the tokens that are in no class after a tenth of the training."""
    none = [float(one) for one in re.findall(r"^10 %  .* ([\d.]+)$", page.text, flags=re.MULTILINE)]
    assert len(none) == len(SIZES)
    return [10, min(none), max(none)]


def _offsets(page: Page) -> list[str]:
    """The least and the largest offset of a size on the linearity tasks, as a run prints them."""
    (row,) = re.findall(r"^linearity((?: +[-+][\d.]+){6}) ", printed("trajectories"), flags=re.MULTILINE)
    offsets = sorted(row.split(), key=float)
    return [offsets[0], offsets[-1]]


def _more_by_powers_of_two(page: Page) -> list[float]:
    """By how much batches that are powers of two are larger than the rounded ones, in percent."""
    (more,) = {size.batch_tokens / size.batch_published for size in SIZES}
    return [100 * (more - 1)]


def _flat(page: Page) -> list[int]:
    """What part of the trajectories of a learner that only stores is flat at the least, in tens of percent."""
    rows = re.findall(r"^[127]0 % +\S+ +[\d.]+ +([\d.]+) ", page.text, flags=re.MULTILINE)
    assert len(rows) == 3 * len(SIZES)
    return [math.floor(min(map(float, rows)) / 10), 10]


TRAJECTORIES = (
    Sentence("that more than {} in {} trajectories are flat", _flat),
    Sentence("from {}M to {}B parameters", lambda page: (SIZES[0].n_params / 1e6, SIZES[-1].n_params / 1e9)),
    Sentence("On the {} tasks their offsets", _of_trajectories("strong-predictor", r"on the (\d+) tasks")),
    Sentence(
        "from one curve reach from {} points ({}b) to {} ({}b), where a checkpoint scatters by {}; F({}, {}) = {}, "
        "p = {}.",
        together(
            _of_trajectories(
                "same-accuracy",
                r"from (-[\d.]+) points \((\d+)b\) to (\+[\d.]+) \((\d+)b\)",
                r"scattering by ([\d.]+);",
                r"F\((\d+), (\d+)\) = ([\d.]+)",
                r"p = ([\d.]+),",
            )
        ),
    ),
    Sentence(
        "perplexity explains ({} % of the variance; size adds {} %)",
        _of_trajectories("size-adds-less", r"explains ([\d.]+) % of", r"\| ([\d.]+) % <"),
    ),
    Sentence("it is more: {} to {} points.", _offsets, slow=True, data=True),
    Sentence(
        "In {}m accuracy does not go with perplexity at all ({},",
        _of_trajectories("in-every-size", r"\| -[\d.]+ at (\d+)m", r"\| (-[\d.]+) at"),
    ),
    Sentence(
        "rank correlation ({} to {}) and", _of_trajectories("breakthroughness", r"leads with ([\d.]+) to ([\d.]+), by")
    ),
    Sentence(
        "by compute ({} points) as by perplexity ({}):",
        _of_trajectories("unseen-sizes", r"\| [\d.]+ \\\| ([\d.]+) ", r"\| ([\d.]+) \\\|"),
    ),
    Sentence(
        "between {} and {} % do; after {} % of the training {} to {} % of",
        together(_of_trajectories("other-tokens", r"least is ([\d.]+) %", r"\| ([\d.]+) \| -"), _unclassed),
    ),
    Sentence(
        "called After {}% Training show {} %.*",
        _of_trajectories("rising-tokens", r"called After (\d+)% Training", r"figure shows (\d+) %"),
    ),
    Sentence(
        "They say that {} % of the tokens rise in the {}b model and {} % stagnate",
        together(
            _of_trajectories("rising-tokens", r"\*\*: ([\d.]+) % of the tokens rise", r"of the ([\d.]+)b model"),
            _of_trajectories("stagnating-tokens", r"\*\*: ([\d.]+) % of the tokens"),
        ),
    ),
    Sentence(
        "are {} and {} % after {} %, and {} and {} % after {} %",
        together(
            cell("trajectories.rising-tokens", "ours"),
            cell("trajectories.stagnating-tokens", "ours"),
            _of_trajectories("stagnating-tokens", r"after (\d+) % of the"),
            _of_trajectories("rising-tokens", r"it is ([\d.]+) %"),
            _of_trajectories("stagnating-tokens", r"it is ([\d.]+) %", r"After (\d+) % it"),
        ),
    ),
    Sentence("On the {} tasks perplexity", _of_trajectories("strong-predictor", r"on the (\d+) tasks")),
    Sentence(
        "a rank correlation of {}, and {} or more", _of_trajectories("strong-predictor", r"\| ([\d.]+) \[([\d.]+),")
    ),
    Sentence("better than size ({}, `more", _of_trajectories("more-than-size", r"\\\| ([\d.]+) \|")),
    Sentence("than compute ({}, `more", _of_trajectories("more-than-compute", r"\\\| ([\d.]+) \|")),
    Sentence("which it leads by {} or more", _of_trajectories("more-than-compute", r"leads by ([\d.]+) or more")),
    Sentence("share {} % of what they know", _of_trajectories("similar-tokens", r"share ([\d.]+) % of what")),
    Sentence(
        "if a test at {} % finds a slope above {}, which",
        _of_trajectories("rising-tokens", r"slope above (?:\d+) by a test at (\d+) %", r"slope above (\d+) by"),
    ),
    Sentence(
        "chance finds in {} % of flat tokens",
        lambda page: [float(_of_trajectories("rising-tokens", r"a test at (\d+) %")(page)[0]) / 2],
    ),
    Sentence("lie within {} (relatively) of such a step and {} of", lambda page: (STEP_ERROR, PPL_ERROR)),
    Sentence("FLOP are {} N D with", lambda page: (bounds.training_flops(1, 1),)),
    Sentence("make them {} % more", _more_by_powers_of_two),
    Sentence("the one that the {}b model ends with", _of_trajectories("rising-tokens", r"of the ([\d.]+)b model")),
)


def _of_pythia(name: str, *patterns: str) -> Values:
    return told(f"training_dynamics.{name}", *patterns)


def _of_one(text: str) -> str:
    """A mean with its interval, as three groups."""
    return text + r" (-?[\d.]+) \[(-?[\d.]+), (-?[\d.]+)\]"


def _listed_results(page: Page) -> list[int]:
    """How many results of Papers with Code hold."""
    listed = [line for line in claims("training_dynamics").values() if "as Papers with Code lists them" in line]
    assert all("| holds |" in line for line in listed)
    return [len(listed)]


def _above_the_least(page: Page) -> list[float]:
    """By how much the perplexity of the two smallest ends above its least, in percent."""
    ends = page.found(r"^70m +[\d.]+ +\d+ +(\d\.\d{3}) ") + page.found(r"^160m +[\d.]+ +\d+ +(\d\.\d{3}) ")
    return [100 * (float(end) - 1) for end in ends]


def _at_the_start(page: Page) -> list[str]:
    """Perplexity of the smallest and of the largest size after a few steps, as a run prints them."""
    said = printed("training_dynamics")
    head, step = (
        re.search(rf"^{row}$", said, flags=re.MULTILINE).groups()
        for row in (r"step +tokens +(\d+)m +\S+ +\S+ +(\d+)b .*", r"(512) +[\d.]+B +(\d+)K +\S+ +\S+ +(\d+)K .*")
    )
    return [step[0], step[1], head[0], step[2], head[1]]


TRAINING = (
    Sentence("trained {} sizes, each on", lambda page: (len(PYTHIA_SIZES),)),
    Sentence(
        "**{} models** (`own", lambda page: [float(one) for one in cell("training_dynamics.models", "published")(page)]
    ),
    Sentence("their median gap over {} tasks is", lambda page: (len(TASKS),)),
    Sentence("Over {} tasks there is none", lambda page: (len(TASKS),)),
    Sentence("Parameters of all {} sizes by their shapes", lambda page: (len(PYTHIA_SIZES),)),
    Sentence("Biderman et al. 2023 (arXiv {})", named("training_dynamics")),
    Sentence("and kept {} checkpoints.", cell("training_dynamics.checkpoints", "ours")),
    Sentence("Their repository has {} evaluations", lambda page: (len(get_manifest("pythia").files),)),
    Sentence(
        "The two models of {}B are one up to step {}: {} pairs of files agree",
        together(
            _of_pythia("own-checkpoints", r"All of ([\d.]+)b", r"Up to step ([\d,]+) "),
            lambda page: [float(cell("training_dynamics.own-checkpoints", "ours")(page)[0])],
        ),
    ),
    Sentence(
        "examples {} to {} % of all accuracies are equal in the others; of no other size more than {} % are.",
        _of_pythia("own-checkpoints", r" (\d+) to (\d+) % of the accuracies", r"at most (\d+) %"),
    ),
    Sentence(
        "tasks is {} points where other sizes have {}.",
        _of_pythia("own-checkpoints", r"tasks is ([\d.]+) points, of other sizes ([\d.]+)\."),
    ),
    Sentence("duplicates leaves {}B out", _of_pythia("own-checkpoints", r"All of ([\d.]+)b")),
    Sentence(
        "duplicates in {} of {} sizes at the last step, by {} [{}, {}] points.",
        _of_pythia("deduplication-lambada", r"in (\d) of (\d) sizes", _of_one(r"\|")),
    ),
    Sentence(
        "last {} checkpoints is {} [{}, {}], of all from step {} on {} [{}, {}]. Over",
        together(
            lambda page: [WORDS[one] for one in _of_pythia("deduplication-lambada", r"the last (\w+) is")(page)],
            _of_pythia(
                "deduplication-lambada", _of_one("the last five is"), r"from step ([\d,]+) on", _of_one("000 on")
            ),
        ),
    ),
    Sentence(
        "that can be told from {}, with", _of_pythia("deduplication", r"interval over the sizes that holds (\d)\.")
    ),
    Sentence("After the last {} % of the training the part", _of_pythia("gender-bias", r"the last (\d+) %")),
    Sentence(
        "preferred is lower in {} of {} sizes, and nowhere by more than {} points; at {}M it is higher by {} [{}, {}]",
        _of_pythia(
            "gender-bias",
            r"lower in (\d) of (\d) sizes \|",
            r"by more than ([\d.]+) points",
            r"checkpoints: (\d+)m",
            _of_one("70m"),
        ),
    ),
    Sentence(
        "at {}B after the last {} %, by {} [{}, {}].",
        _of_pythia("gender-bias-long", r"points at ([\d.]+)b", r"the last (\d+) %", _of_one("of both.")),
    ),
    Sentence("in large models only, from step {} on", _of_pythia("term-onset", r"at step ([\d,]+), ")),
    Sentence(
        "the schedule of {} checkpoints ({} of each model",
        together(
            cell("training_dynamics.checkpoints", "ours"), _of_pythia("checkpoints", r"evaluations of (\d+) of them")
        ),
    ),
    Sentence("and {} listed results to", _listed_results),
    Sentence("but {} sequences a step and {}K parameters", lambda page: (BATCH, PARAMS_PER_SEQUENCE / 1000)),
    Sentence("at step {} perplexity is {}K for {}M parameters and {}K for {}B;", _at_the_start, slow=True, data=True),
    Sentence(
        "Perplexity of {}M ends {} % above its least, {}M {} %",
        together(
            answered(r"that of (\d+)M"),
            answered(r"is then (\d+) and"),
            answered(r"M and (\d+)M is"),
            answered(r"and (\d+) % above"),
        ),
    ),
    Sentence("ends {} % above its least, 160M {} %", _above_the_least),
    Sentence("its loss ends at most {} % above its least", answered(r"store shows \(at most ([\d.]+) %\)")),
)

CHECKS = {"docs/trajectories.md": TRAJECTORIES, "docs/training-dynamics.md": TRAINING}
