"""docs/unique-sequences.md: what its sentences say stands in a claim, in a block of the page or in a run on data."""

from __future__ import annotations

import re
from typing import NamedTuple

from bounds.laws.published import LAWS
from experiments.unique_sequences.findings import SIZES as CORPORA
from tests.page_checks.derivation import exponents
from tests.page_checks.followed import measured
from tests.page_checks.papers import Values, answered, cell, claims, named, shown, together, told
from tests.page_numbers import Page, Sentence


def _of_kausik(name: str, *patterns: str) -> Values:
    return told(f"unique_sequences.{name}", *patterns)


def _numbers(name: str) -> Values:
    """What is published, as numbers, that the page may write out."""
    return lambda page: [float(one) for one in cell(f"unique_sequences.{name}", "published")(page)]


class Series(NamedTuple):
    """A line of the table of series."""

    name: str
    middle: str


def _series(page: Page) -> list[Series]:
    rows = re.findall(r"^(\S.*?) {3,}\d+ +[\d.]+ +([\d.]+) \[[\d., ]+\] +[\d.]+–[\d.]+ +(?:no|yes)$", page.text, re.M)
    return [Series(*row) for row in rows]


def _by_chance(page: Page) -> list[float]:
    """The part of a variance that would lie between families of series if they did not matter, in percent."""
    names = [one.name.split(",")[0].split()[0] for one in _series(page)]
    return [100 * (len(set(names)) - 1) / (len(names) - 1)]


def _versions(page: Page) -> list[str]:
    """The versions whose abstracts were compared, by the claims."""
    found = re.findall(r"\| Kausik 2024 v(\d)(?:-v(\d))?, abstract", "".join(claims("unique_sequences").values()))
    return sorted({last or first for first, last in found})


UNIQUE = (
    Sentence("Kausik 2024 (arXiv {},", named("unique_sequences")),
    Sentence(
        "in the abstract of version {} that ({}) twice the skills take {} to {} times the corpus, ({}) an "
        "efficient model has N ~ D^{} parameters, and ({}) a model",
        together(
            _of_kausik("v1-skills", r"v(\d), abstract, \((\d)\)"),
            _numbers("v1-skills"),
            _of_kausik("v1-exponent", r"abstract, \((\d)\)"),
            cell("unique_sequences.v1-exponent", "published"),
            _of_kausik("v1-emergence", r"abstract, \((\d)\)"),
        ),
    ),
    Sentence(
        "Version {} has more than {} times and D^{}, versions {} to {} an exponent from {} to {}.",
        together(
            _of_kausik("v3-skills", r"v(\d), abstract"),
            _numbers("v3-skills"),
            cell("unique_sequences.v3-exponent", "published"),
            _of_kausik("v6-band", r"v(\d)-v(\d), abstract"),
            cell("unique_sequences.v6-band", "published"),
        ),
    ),
    # The three claims
    Sentence("| claim | at β = {} |", lambda page: (LAWS["hoffmann2022"].data_exponent,)),
    Sentence(
        "| ({}) {} to {} times the corpus | holds: {} to {} times, {} at the middle | fails: {} to {} by the "
        "replication, {} to {} at the middle of the series |",
        together(
            _of_kausik("v1-skills", r"abstract, \((\d)\)"),
            _numbers("v1-skills"),
            cell("unique_sequences.v1-skills", "ours"),
            _of_kausik("v1-skills", r"([\d.]+) at the middle"),
            cell("unique_sequences.v1-skills-refit", "ours"),
            cell("unique_sequences.v1-skills-series", "ours"),
        ),
    ),
    Sentence(
        "| ({}) N ~ D^{} | holds, as arithmetic | fails: {} by the replication, {} to {} on the series |",
        together(
            _of_kausik("v1-exponent", r"abstract, \((\d)\)"),
            cell("unique_sequences.v1-exponent", "published"),
            cell("unique_sequences.v1-exponent-refit", "ours"),
            cell("unique_sequences.v1-exponent-series", "ours"),
        ),
    ),
    Sentence("| ({}) growing can uncover", _of_kausik("v1-emergence", r"abstract, \((\d)\)")),
    # What does not hold
    Sentence(
        "* **{} is not a number of nature.** {} public series",
        together(cell("unique_sequences.v1-exponent", "published"), lambda page: [len(_series(page))]),
    ),
    Sentence("read: {}% of the variance of β lies between families, where", answered(r"(\d+)% of the variance")),
    Sentence("chance alone would leave {}%.", _by_chance),
    Sentence(
        "RefinedWeb has {} in one family and {} in another",
        lambda page: [one.middle for one in _series(page) if "RefinedWeb" in one.name],
    ),
    Sentence(
        "is expected from {} to {}, which excludes",
        _of_kausik("v1-exponent-series", r"from ([\d.]+) to ([\d.]+), which"),
    ),
    Sentence(
        "residuals of {} of {} have a pattern",
        measured("unique_sequences", r"residuals of (\d+) of (\d+) fits"),
        slow=True,
        data=True,
    ),
    Sentence("β moves by {} (root mean square)", _of_kausik("v1-exponent-series", r"move by ([\d.]+), as")),
    Sentence(
        "and lies in {} of {} intervals only",
        measured("unique_sequences", r"and lies in (\d+) of (\d+) intervals of β"),
        slow=True,
        data=True,
    ),
    Sentence(
        "With that as one more standard deviation {} intervals hold {}, which",
        together(
            _of_kausik("v1-exponent-series", r"and (\d+) once β"), cell("unique_sequences.v1-exponent", "published")
        ),
    ),
    Sentence(
        "* **{} and the range {} to {}** fail likewise: {} of {} intervals hold {}, and {} of {} middles lie in",
        together(
            cell("unique_sequences.v3-exponent", "published"),
            cell("unique_sequences.v6-band", "published"),
            _of_kausik("v3-exponent-series", r"(\d+) of (\d+) intervals hold ([\d.]+)\. "),
            _of_kausik("v6-band-series", r"(\d+) of (\d+) middles"),
        ),
    ),
    Sentence(
        "learners with β = {} in theory have γ from {} to {}.",
        together(_of_kausik("v1-middle", r"With β = ([\d.]+) in theory"), cell("unique_sequences.v1-middle", "ours")),
    ),
    Sentence(
        "With constant {}, D^{} is {}M for a trillion tokens; with the constants of the law the middle is {}B",
        together(
            lambda page: [
                (1e12 ** exponents()[1]) / float(shown(("1T     hoffmann2022", r"\s([\d.]+)M\s+\d+x"))(page)[0]) / 1e6
            ],
            cell("unique_sequences.v1-exponent", "published"),
            shown(("1T     hoffmann2022", r"\s([\d.]+)M\s+\d+x"), ("1T     hoffmann2022", r"M\s+([\d.]+)B")),
        ),
    ),
    Sentence("For {}T and {}T tokens the laws", lambda page: [D / 1e12 for D in CORPORA if D > 1e12]),
    Sentence(
        "is any number from {} to {} by choice", _of_kausik("v1-texts", r"any number from ([\d.]+) to ([\d.]+) by")
    ),
    Sentence("the abstracts of versions {}, {} and {} were compared", _versions),
    # What holds
    Sentence(
        "follow from β = {}, which is the rounded fit of Hoffmann et al.: {}, {}, {}, {} to {}, more than {}.",
        together(
            lambda page: [LAWS["hoffmann2022"].data_exponent, exponents()[1], exponents()[0], exponents()[2]],
            _numbers("v1-skills"),
            _numbers("v3-skills"),
        ),
    ),
    Sentence(
        "*More than {} times* (version {}) holds wherever β > {}/{}: by the replication {} times, on the series at "
        "least {}, though",
        together(
            _numbers("v3-skills"),
            _of_kausik("v3-skills-series", r"v(\d), abstract"),
            _of_kausik("v3-skills-series", r"β > (\d)/(\d)"),
            cell("unique_sequences.v3-skills-refit", "ours"),
            cell("unique_sequences.v3-skills-series", "ours"),
        ),
    ),
    Sentence(
        "β/α is {} [{}, {}]. It runs from {} to {} over",
        together(cell("unique_sequences.v6-linear", "ours"), _of_kausik("v6-linear", r"from ([\d.]+) to ([\d.]+)\.")),
    ),
    Sentence(
        "grows as U does, {}; skills that grow as D^{} take {} times the corpus",
        together(
            cell("unique_sequences.v1-storage", "ours"),
            _of_kausik("v1-skills-model", r"as D\^([\d.]+) take"),
            cell("unique_sequences.v1-skills-model", "ours"),
        ),
    ),
    Sentence(
        "where from {} to {} sequences one corpus", _of_kausik("v1-emergence-model", r"from (\d+) to (\d+) sequences")
    ),
    Sentence("its β is known to [{}, {}] only", _of_kausik("v6-band-learners", r"β has \[([\d.]+), ([\d.]+)\]")),
)

CHECKS = {"docs/unique-sequences.md": UNIQUE}
