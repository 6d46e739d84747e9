"""The pages of budget and over-training: what their sentences say stands in a claim or in a block of the page.

Claims stand in docs/papers.md. Both are held to what the command prints by tests of each experiment.
"""

from __future__ import annotations

import math
import re

from experiments.budget.claims import UNIQUE_TOKENS
from experiments.overtraining.printed import FIGURES, RATIOS, SIZES, TABLE_7, TABLE_7_TASKS
from experiments.overtraining.tables import METHOD
from experiments.readers.gadre import EVALUATIONS, TASKS_17
from tests.page_checks.papers import Values, answered, cell, named, shown, together, told
from tests.page_numbers import WORDS, Page, Sentence


def _times(page: Page) -> list[float]:
    """By what the fit as printed and its replication differ, of the size for a million hours."""
    refit, own = (float(shown((label, r"^\s+([\d.]+)B"))(page)[0]) for label in ("Besiroglu 2024", "Hoffmann 2022"))
    return [refit / own]


def _apart(page: Page) -> list[int]:
    """The power of ten that the largest and the least of the laws' best sizes differ by more than."""
    least, largest = (float(shown((label, r"^\s+([\d.]+)B"))(page)[0]) for label in ("Hoffmann 2022", "Kaplan 2020"))
    return [10 ** math.floor(math.log10(largest / least))]


BUDGET = (
    Sentence("Le Scao et al. 2022 (arXiv {})", named("budget")),
    Sentence("is the answer: in {} a law", told("budget.hours", r"Le Scao (\d+), title")),
    Sentence(
        "with {} A100 hours, and BLOOM came of it: {}B parameters.",
        together(told("budget.hours", r"the budget is ([\d,]+) A100"), answered(r"BLOOM has (\d+)B")),
    ),
    Sentence("the corpora that were tried at {}B parameters", told("budget.multilingual", r"model of ([\d.]+)B")),
    Sentence(
        "BLOOM is {} to {} times the best size for its own compute",
        told("budget.best-use", r"\| ([\d.]+) to ([\d.]+) times \|"),
    ),
    Sentence("the two fits differ by {}. By", told("budget.best-use", r"The two fits differ by ([\d.]+)\. ")),
    Sentence("the two fits differ by {}. By", _times),
    Sentence(
        "**{}B parameters on {}B tokens as the best model**",
        told("budget.affordable", r"trains (\d+)B parameters on (\d+)B tokens"),
    ),
    Sentence(
        "for the same compute Hoffmann's law has {}B and its replication {}B.",
        together(cell("budget.best-chinchilla", "ours"), cell("budget.best-refit", "ours")),
    ),
    Sentence(
        "which has {}B beside {}B tokens, so",
        together(cell("budget.best-kaplan", "ours"), told("budget.best-kaplan", r"beside (\d+)B tokens")),
    ),
    Sentence("the means over {} tasks are alike", told("budget.pile-c4", r"Mean over (\d+) tasks")),
    Sentence(
        "{} weeks on {} GPUs are {} hours; the blog",
        together(told("budget.weeks", r": (\d+) weeks on (\d+) A100"), cell("budget.weeks", "ours")),
    ),
    Sentence(
        "At iteration {} the log has {}B tokens, the model card {}B. GENCI's {} TFLOP/s are {} in the log.",
        together(
            told("budget.tokens-seen", r"at iteration ([\d,]+) "),
            cell("budget.tokens-seen", "ours"),
            cell("budget.tokens-seen", "published"),
            cell("budget.speed-genci", "published"),
            told("budget.affordable", r"at the ([\d.]+) TFLOP/s"),
        ),
    ),
    Sentence("Multilingual against English at {}B parameters", told("budget.multilingual", r"model of ([\d.]+)B")),
    Sentence(
        "BLOOM {}B less OPT {}B is {} [{}, {}] over {} English tasks",
        told(
            "budget.multilingual",
            r"BLOOM (\d+)B less OPT (\d+)B is (-[\d.]+) \[(-[\d.]+), (\+[\d.]+)\]",
            r"over (\d+) English tasks",
        ),
    ),
    Sentence("hardware computes, {} FLOP a parameter", cell("budget.coefficient", "published")),
    Sentence("the model needs {}. Without", told("budget.coefficient", r", not (\d) \|")),
    Sentence("the log's speed is {} indeed", cell("budget.coefficient", "ours")),
    Sentence("by a factor of more than {} in N", _apart),
    Sentence("Kaplan's at {} times its largest model", shown(("Kaplan 2020", r"(\d+)×"))),
    Sentence("each distinct sequence of {}B tokens once", lambda page: (UNIQUE_TOKENS / 1e9,)),
    Sentence(
        "In the {} languages of its corpus outside Indic scripts", shown(("in the corpus, not Indic", r"^\s+(\d+) "))
    ),
    Sentence(
        "in the {} Indic ones never, and by {} to {} times",
        lambda page: [float(one) for one in shown(("in the corpus, Indic", r"^\s+(\d+) .* ([\d.]+)–([\d.]+)$"))(page)],
    ),
)


def _cell(row: str, column: int) -> Values:
    """The n-th number of a line of the page's tables, with its sign."""
    return shown((row, rf"(?:\s+\S+){{{column - 1}}}\s+([-+]?[\d.]+)"))


def _sizes(page: Page) -> list[str]:
    """Billions of parameters of the small runs, the least and the largest, as the paper names them."""
    named = re.findall(r"(0\.\d+)B", METHOD[0])
    return [min(named), max(named)]


def _lacking(claim: str) -> Values:
    return told(f"overtraining.{claim}", r"hours of table \d come to (\d+)")


def _worst_over_tasks(page: Page) -> list[float]:
    """The bound of figure 8 and by how much it is missed, in percent."""
    published, off = (float(cell("overtraining.thresholds", column)(page)[0]) for column in ("published", "off by"))
    return [published + off]


def _better_than_the_law(page: Page) -> list[float]:
    """Sizes of large runs whose error at their measured loss is above that of the law, in billions."""
    rows = re.findall(
        r"^(?:C4|RedPajama|RefinedWeb) +([\d.]+)B +\d+ +\S+ +\S+ +\S+ +\S+ +(\S+?)\*? +\S+$", page.text, re.M
    )
    assert len(rows) == 9
    return [float(size) for size, off in rows if float(off) < 0]


def _code(page: Page) -> list[str]:
    """The farthest that a large run is off on code."""
    rows = re.findall(r"^ +100 code languages(.*)$", page.text, re.M)
    return [max((row.split()[4] for row in rows), key=float)]


def _worse_with_all(page: Page) -> list[float]:
    """The size whose prediction on C4 all small runs together miss by more than the five, in billions."""
    five, every = (
        float(_cell(row, column)(page)[0])
        for row, column in (("C4           M = 20 and", 6), ("C4           all with M", 6))
    )
    assert abs(every) > abs(five)
    return [SIZES[5] / 1e9]


def _other_manuscript(page: Page) -> list[str]:
    (said,) = (text for text in METHOD if "Another manuscript" in text)
    place, *optima = re.search(r"in table (\d), and ([\d.]+), ([\d.]+) and ([\d.]+) for the optima", said).groups()
    return [*optima, place, *re.search(r"and (\d)η", said).groups()]


def _small_runs(page: Page) -> tuple[int, int]:
    """How many small runs are at 20 tokens per parameter, and how many there are."""
    at_20 = re.search(r"for the loss (.*?) parameters at 20", METHOD[0])
    assert at_20
    n = len(re.findall(r"[\d.]+B", at_20[1]))
    return n, n + 1


def _freedom(page: Page) -> list[int]:
    """Runs, the constants of equation 4 that they fix, and what is left."""
    constants = told("overtraining.constants-c4", r"Ours: (.*?), ε")(page)[0].count(",") + 1
    runs = _small_runs(page)[1]
    return [runs, constants, runs - constants]


OVERTRAINING = (
    Sentence("of the loss to {} small runs", lambda page: _small_runs(page)[1:]),
    Sentence("and {} runs leave {} constants {} degree of freedom", _freedom),
    Sentence("{} of the {} runs are at", _small_runs),
    Sentence("Gadre et al. 2024 (arXiv {})", named("overtraining")),
    Sentence("of {}B to {}B parameters, and", _sizes),
    Sentence(
        "predict a run of {}B at {} tokens per parameter and one of {}B at {}; a second",
        lambda page: (SIZES[4] / 1e9, RATIOS[-1], SIZES[5] / 1e9, RATIOS[1]),
    ),
    Sentence("Their {} runs are public", cell("overtraining.testbed", "ours")),
    Sentence(
        "**{} times less compute** holds for the {}B run, {} times.",
        together(
            cell("overtraining.times-loss-1.4b", "published"),
            told("overtraining.times-loss-1.4b", r"the loss of ([\d.]+)B", r"are ([\d.]+) times"),
        ),
    ),
    Sentence(
        "The {}B run took {} times the compute of the {} runs, and {} times that of the largest",
        together(
            told("overtraining.times-loss-6.9b", r"the loss of ([\d.]+)B", r"are ([\d.]+) times"),
            lambda page: [WORDS[one] for one in told("overtraining.flop-loss", r"the (\w+) runs")(page)],
            told("overtraining.times-loss-6.9b", r"and (\d+) times those of the largest"),
        ),
    ),
    Sentence(
        "**Less than {} % off below a threshold of {} points** (figure {}): on RedPajama the {} tasks that are {} "
        "points above guessing are {} % off already",
        together(
            cell("overtraining.thresholds", "published"),
            told("overtraining.thresholds", r"up to (\d+) points", r"figure (\d+)", r"the (\d+) tasks that are (\d+)"),
            _worst_over_tasks,
        ),
    ),
    Sentence(
        "Down to {} tasks it is at most {} %.",
        told("overtraining.thresholds", r"over (\d+) and more tasks it is at most ([\d.]+) %"),
    ),
    Sentence(
        "A100 hours, {} and {}: the",
        together(*(cell(f"overtraining.hours-{x}", "published") for x in ("loss", "error"))),
    ),
    Sentence("come to {} and {}.", together(_lacking("hours-loss"), _lacking("hours-error"))),
    Sentence("(figures {} to {}): which", told("overtraining.trade-off", r"figures (\d+) to (\d+)")),
    Sentence("last printed digit: {} constants on each", cell("overtraining.constants-c4", "ours")),
    Sentence(
        "all cells of figures {}, {}, {}, {} and {}, {} errors",
        together(lambda page: [figure.number for figure in FIGURES], cell("overtraining.single-tasks", "ours")),
    ),
    Sentence("The error of {}B is met so closely", told("overtraining.error-6.9b", r"error of ([\d.]+)B")),
    Sentence(
        "it would be {} % off on RedPajama and {} % on C4.",
        together(_cell("RedPajama    6.9B    20", 5), _cell("C4           6.9B    20", 5)),
    ),
    Sentence("but for {}B on RedPajama. The law", _better_than_the_law),
    Sentence(
        "At {} tokens per parameter it is off on every set, by {} % on",
        told("overtraining.under-training", r"At (\d) tokens", r"M = 5: (-[\d.]+) % on C4"),
    ),
    Sentence("than C4 eval, by up to {} %. German", _cell("RedPajama, Paloma (own)", 4)),
    Sentence(
        "where the paper looked ({} %), not after RedPajama ({} %). Code is off by up to {} % at {}B.",
        together(
            lambda page: ["+" + told("overtraining.german", r"\| ([\d.]+) \|")(page)[0]],
            told("overtraining.german", r"is (\+[\d.]+) % on RedPajama"),
            _code,
            lambda page: [SIZES[5] / 1e9],
        ),
    ),
    Sentence("the five runs are at {} tokens per parameter", lambda page: (RATIOS[1],)),
    Sentence(
        "that ratio, so {}B is not touched by the fifth. The prediction of {}B is: another",
        lambda page: (SIZES[5] / 1e9, SIZES[4] / 1e9),
    ),
    Sentence("together do worse for {}B on C4", lambda page: _worse_with_all(page)),
    Sentence(
        "without it {}B on RedPajama is {} % off instead of {} %.",
        together(
            told("overtraining.five-runs-rpj", r"error of ([\d.]+)B"),
            cell("overtraining.five-runs-rpj", "ours"),
            cell("overtraining.error-6.9b", "published"),
        ),
    ),
    Sentence(
        "the error of {}B is {} % off, and the fitted ceiling of LAMBADA is an error of {}.",
        together(
            lambda page: [SIZES[5] / 1e9, -TABLE_7["c4", True][TABLE_7_TASKS.index("hellaswag_zeroshot")]],
            told("overtraining.single-tasks", r"an error of ([\d.]+)\."),
        ),
    ),
    Sentence(
        "The optima, {}, {} and {} tokens",
        together(*(cell(f"overtraining.optimum-{x}", "ours") for x in ("c4", "rpj", "rw"))),
    ),
    Sentence("lie beside M = {}, where", told("overtraining.optimum-c4", r"beside M = (\d), where")),
    Sentence("manuscript of the paper has {}, {} and {}: its table {} prints A and {}η in", _other_manuscript),
    Sentence(
        "any of the {} losses, {} or {} tasks",
        lambda page: (len(EVALUATIONS), len(TASKS_17), *told("overtraining.all-tasks", r"all (\d+) tasks")(page)),
    ),
)

CHECKS = {"docs/budget.md": BUDGET, "docs/overtraining.md": OVERTRAINING}  # fmt: skip
