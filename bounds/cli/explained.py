"""What ``python -m bounds explain`` says: all formulas by topic, or the account of one name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bounds import catalogue
from bounds.base.formula import Formula
from bounds.cli.report import Listing, Report
from bounds.efficiency.exponents import exponent_band
from bounds.laws.law_file import is_law_file
from bounds.laws.published import LAWS


def explain_report(name: str | None, *, sources: bool = False, rows: bool = False) -> Report:
    """The account of `name`, or without it of every formula in a line, with its source where `sources` are asked for.

    `rows` adds all that is known of each formula, for JSON. Raises ValueError, with the nearest names, where there is
    no such name.
    """
    if name is None:
        found = tuple(catalogue.formulas().values())
        answer, lists = _everything(found, sources)
    elif is_law_file(name):
        raise ValueError(f"{name} is a law in a file: python -m bounds laws {name} shows it")
    elif (number := _as_number(name)) is not None:
        return _of_number(name.strip(), number)
    else:
        told = catalogue.account(name)
        answer, found, lists = told.answer, told.formulas, [Listing(terms, title) for title, terms in told.lists]
        if not answer:
            answer, lists[0] = lists[0].title, Listing(lists[0].terms)
    data = {
        "rows": [catalogue.to_json(formula) for formula in found] if rows else [],
        "terms": [{"title": one.title, "name": head, "text": text} for one in lists for head, text in one.terms],
    }
    return Report(answer, data=data, lists=lists)


def _as_number(name: str) -> float | None:
    try:
        return float(name)
    except ValueError:
        return None


def _of_number(typed: str, number: float) -> Report:
    """Which exponent, slope or corpus factor of a published law is `number`, to the digits that were typed."""
    digits = len(typed.partition(".")[2]) if "e" not in typed.lower() else 6
    terms = []
    for law in LAWS.values():
        beta = law.data_exponent
        low, high = exponent_band(beta)
        factors = [(f"{of}, 2^(1/γ) at γ = {end:.3g}", 2 ** (1 / end)) for of, end in (
            ("corpus × for 2x skills, slow rate", low), ("corpus × for 2x skills, halfway", (low + high) / 2),
            ("corpus × for 2x skills, fast rate", high),
        ) if end > 0]  # fmt: skip
        told = [
            ("β, exponent of the data term as published: empirical", beta),
            ("γ lower = 1 - 2β, slow rate: heuristic (explain exponent_lower)", low),
            ("γ middle = (γ lower + γ upper)/2 = 1 - 3β/2, halfway: heuristic (explain middle)", (low + high) / 2),
            ("γ upper = 1 - β, fast rate: heuristic (explain exponent_upper)", high),
            *factors,
        ]
        terms += [(law.key, f"{text}, at β = {beta:g}: {value:.4g}") for text, value in told
                  if round(value, digits) == round(number, digits)]  # fmt: skip
    if not terms:
        raise ValueError(
            f"{typed} is no exponent and no corpus factor of a published law; python -m bounds laws has the laws, "
            "python -m bounds band 300B what follows of them"
        )
    told_of = (
        "1 published law" if len({key for key, _ in terms}) == 1 else f"{len({key for key, _ in terms})} published laws"
    )
    answer = f"{typed} comes of {told_of}; it is what a fit gives for β, and no number of nature."
    return Report(answer, data={"rows": [], "terms": [{"title": "", "name": k, "text": t} for k, t in terms]},
                  lists=[Listing(terms)])  # fmt: skip


def _everything(found: Sequence[Formula], sources: bool) -> tuple[str, list[Listing]]:
    labels = Counter(formula.label for formula in found)
    topics = {name: catalogue.topic(name) for name in catalogue.TOPICS}
    return (
        f"{len(found)} formulas. `explain NAME` takes a formula, function, equation (B7), letter (gamma), topic "
        "(skills) or label (heuristic); a law (hoffmann2022), inversion (slow), accelerator (h100), source (zipf) or "
        "word (MFU).",
        [
            Listing([(f"{name:10s} {len(topics[name]):3d} ", text) for name, text in catalogue.TOPICS.items()]),
            Listing([(f"{label:29s} {labels[label]:3d} ", text) for label, text in catalogue.MEANINGS.items()]),
            *(Listing([_line(formula, sources) for formula in of], name) for name, of in topics.items()),
        ],
    )


def _line(formula: Formula, source: bool) -> tuple[str, str]:
    return formula.name, f"{formula.label}{f'; {formula.source}' if source else ''} ({formula.equation})"
