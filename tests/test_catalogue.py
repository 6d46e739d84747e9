"""Every public formula: where it stands, what it says of itself, and that its worked number is what its text gives."""

from __future__ import annotations

import inspect
import json
import math
import re
from functools import cache
from pathlib import Path

import pytest
import sympy
from sympy.codegen import cfunctions
from sympy.core.function import AppliedUndef

import bounds
from bounds import catalogue
from bounds.base.formula import LETTERS, Formula
from bounds.base.intervals import LABELS
from bounds.base.sources import EXAMPLES
from bounds.catalogue.words import WORDS
from bounds.efficiency.inversions import INVERSIONS
from bounds.laws.law_range import range_text
from bounds.laws.overtraining import OVERTRAINING_LAWS
from bounds.laws.published import LAWS
from bounds.laws.repeated_data import REPEATED_DATA_LAWS
from bounds.planning.hardware import ACCELERATORS
from tests.public import NAMES, public

FORMULAS = bounds.formulas()
FUNCTIONS = {formula.public_name: catalogue.in_python(formula) for formula in FORMULAS.values()}
explained = cache(bounds.explain)
SUMMED = (sympy.Sum, sympy.Integral, sympy.Product)


def at_fifty_digits(formula, values):
    """The expression at exact values; expm1 and log1p written out, so that their argument may be any size."""
    expression = formula.expression.replace(cfunctions.expm1, lambda x: sympy.exp(x) - 1)
    expression = expression.replace(cfunctions.log1p, lambda x: sympy.log(1 + x))
    exact = {
        formula.symbols[name]: sympy.Float(value, 60) for name, value in zip(formula.arguments, values, strict=True)
    }
    return float(expression.subs(exact).evalf(50, maxn=2000))


elementary = [f for f in FORMULAS.values() if f.example and not f.expression.has(*SUMMED)]


@pytest.mark.parametrize("formula", elementary, ids=lambda formula: formula.name)
def test_functions_are_their_expressions_at_fifty_digits(formula):
    assert float(formula.function(*formula.example)) == pytest.approx(
        at_fifty_digits(formula, formula.example), rel=1e-11
    )


@pytest.mark.parametrize("formula", FORMULAS.values(), ids=FORMULAS)
def test_every_formula_says_what_it_is(formula):
    assert formula.label in LABELS
    for text in (formula.assumption, formula.source, formula.equation, formula.unit, formula.quantity):
        assert text.strip()
    worked = formula.worked()
    assert worked is not None, "a reader wants a number"
    assert math.isfinite(worked[1])
    told = explained(formula.name)
    for text in (formula.label, formula.assumption, formula.source, formula.latex, "example:"):
        assert text in told
    free = {str(symbol) for symbol in formula.expression.free_symbols}
    assert free == {letter.name for letter in formula.letters}
    assert not formula.arguments or free <= set(formula.arguments)
    json.dumps(catalogue.to_json(formula))


def test_every_formula_belongs_to_a_public_function():
    for name, formula in FORMULAS.items():
        assert public(formula.public_name).__doc__, name
        assert eval(catalogue.in_python(formula), {"bounds": bounds}) == public(formula.public_name), name
        assert f"in Python:  {catalogue.in_python(formula)}" in explained(name), name


@pytest.mark.parametrize(("name", "in_python"), FUNCTIONS.items())
def test_a_function_is_found_by_either_of_its_names(name, in_python):
    found = catalogue.find(in_python)
    assert found == catalogue.find(name)
    assert name in {formula.public_name for formula in found}


def test_every_public_function_that_computes_has_a_formula_or_says_why_not():
    """Functions that read, list, fit or step have none, nor has the arithmetic of hours and shapes, which is counting.

    The set is written down so that a new one is noticed.
    """
    with_formula = {formula.public_name.partition(".")[0] for formula in FORMULAS.values()}
    functions = {name for name in NAMES if inspect.isfunction(public(name))}
    without = functions - with_formula
    assert {name for name in without if not name.startswith("get_")} <= {
        "bands", "explain", "fit_exponent", "formulas", "growing_types", "next_run", "parse_source", "plan",
        "predict_loss", "read_law_file", "write_law_file", "count_params", "flops_per_token", "hardware_flops",
        "layer_params", "model_flops", "shapes_near",
    }  # fmt: skip


WORD = re.compile(r"[A-Za-z]+(?:_[A-Za-z0-9]+(?:/[0-9])?)?'?")


def unexplained(formula) -> set[str]:
    """Letters of a statement that nothing beside it explains."""
    told = {letter.name for letter in formula.letters} | set(formula.indices)
    left = set(WORD.findall(formula.left)) - told - set(WORD.findall(formula.meaning))
    functions = {str(call.func) + "(" for call in formula.expression.atoms(AppliedUndef)}
    return left | {name for name in functions if name not in formula.assumption}


@pytest.mark.parametrize("formula", FORMULAS.values(), ids=FORMULAS)
def test_every_letter_of_a_statement_is_explained(formula):
    """On the left, on the right, and what sums run over."""
    assert not unexplained(formula)
    told = explained(formula.name)
    assert formula.meaning in told
    for name, meaning in formula.indices.items():
        assert re.search(rf"^  {name} +{re.escape(meaning)}", told, re.MULTILINE)
    assert not {letter.name for letter in formula.letters} & set(formula.indices)


def test_a_letter_that_nobody_explains_is_found():
    """The words of one statement do not do for another."""

    class Other(Formula):
        meaning = FORMULAS["le_cam_bound"].meaning

    told = FORMULAS["le_cam_bound"]
    fields = {name: getattr(told, name) for name in told.__dataclass_fields__}
    assert not unexplained(Other(**fields))
    assert unexplained(Other(**fields | {"quantity": r"\mathbb{E}\,f_k"})) == {"E", "f_k"}
    assert unexplained(Other(**fields | {"assumption": "positions are independent"})) == {"P("}


@pytest.mark.parametrize(("name", "letter", "meaning"), [
    ("pitman_yor_step", "k", "factor by which the corpus grows"),
    ("spectrum_share", "k", "how often a type was seen"),
    ("growth_factor_interval.delta", "k", "factor on the number of skills"),
    ("growth_factor", "k", "factor on the number of skills"),
    ("expected_skills.growth", "k", "factor on the number of skills"),
    ("expected_unique.growing", "K", "scale of the support"),
    ("draws_threshold_frequency", "s", "Zipf exponent of the sequences"),
    ("expected_skills", "s", "Zipf exponent of the masses of the skills"),
    ("draws_threshold", "p", "probability of one member in one draw"),
    ("expected_term_accuracy", "p", "probability of the term in one draw"),
    ("draws_threshold_unequal.lower", "p", "largest probability"),
    ("params_threshold", "n", "threshold"),
])  # fmt: skip
def test_letters_mean_what_they_mean_in_that_formula(name, letter, meaning):
    found = {one.name: one.meaning for one in FORMULAS[name].letters}
    assert meaning in found[letter]
    assert " or " not in found[letter]


def test_own_letters_differ_from_the_common_ones():
    for formula in FORMULAS.values():
        for letter in formula.own:
            assert LETTERS.get(letter.name) != letter, f"{formula.name}: {letter.name} is a common letter"
            assert letter.meaning


def test_a_function_explains_all_its_formulas():
    told = bounds.explain("unique_bounds")
    for name in ("unique_lower_slow", "unique_upper_fast", "unique_upper_prequential", "unique_lower_pattern"):
        assert f"{name}: U " in told
    everything = bounds.explain()
    assert everything.count("\n") + 1 == len(FORMULAS)


@pytest.mark.parametrize(("label", "least"), [("B7", 5), ("B7-iii", 1), ("A8", 4), ("A8(b)", 2), ("H", 4)])
def test_a_label_explains_its_equations(label, least):
    """The labels that docstrings name can be looked up where the documents of the theory are not at hand."""
    found = catalogue.find(label)
    assert len(found) >= least
    assert all(label in formula.equation for formula in found)
    assert "unique_lower_slow" not in {formula.name for formula in catalogue.find("B7-ii")}


def test_docstrings_name_only_equations_that_can_be_explained():
    """Of public functions, classes and their methods."""
    for name in NAMES:
        one = public(name)
        parts = [one, *vars(one).values()] if inspect.isclass(one) else [one]
        for text in filter(None, (inspect.getdoc(part) for part in parts if callable(part))):
            assert "THEORY" not in text, name
            for label in re.findall(r"equations? ([A-H][0-9]?(?:-[iv]+)?)\b", text):
                assert catalogue.find(label), (name, label)


def test_plain_statements_hold_no_latex():
    for name, formula in FORMULAS.items():
        assert not re.search(r"\\|[_^]\{|\{|\}", formula.plain), (name, formula.plain)


def test_an_unknown_name_is_one_sentence_with_the_nearest():
    with pytest.raises(ValueError, match="did you mean unique_bounds") as caught:
        bounds.explain("unique_bond")
    assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match="lists them all"):
        bounds.explain("zzzzzzzz")


_KEYS = {
    **{key: (law.citation, f"{law.data_exponent:g}") for key, law in LAWS.items()},
    **{key: (law.citation, f"{law.irreducible:g}", f"{law.exponent:g}") for key, law in OVERTRAINING_LAWS.items()},
    **{key: (law.citation, f"{law.token_decay:.8g}") for key, law in REPEATED_DATA_LAWS.items()},
    **{name: (one.formula.source, one.formula.label, f"{one.end} end") for name, one in INVERSIONS.items()},
    **{key: (device.name, device.source, f"{device.peak() / 1e12:g} TFLOP/s") for key, device in ACCELERATORS.items()},
    **{example.partition(":")[0]: ("source of sequences",) for example in EXAMPLES},
    **dict.fromkeys(EXAMPLES, ("source of sequences", "in the limit")),
}
"""What commands take by a key, with what must be said of it."""


@pytest.mark.parametrize("key", _KEYS)
def test_every_key_of_a_command_is_explained(key):
    told = bounds.explain(key)
    for text in _KEYS[key]:
        assert text in told
    found = catalogue.account(key)
    assert found.answer.startswith(f"{key} is a")
    assert found.formulas, "a reader wants the formulas that use it"


@pytest.mark.parametrize("key", [key for key, law in LAWS.items() if law.comparable])
def test_a_law_is_explained_with_all_its_constants_and_the_range_of_its_runs(key):
    law, told = LAWS[key], bounds.explain(key)
    for value in law.constants:
        assert f"{value:.8g}" in told
    assert "nats per token" in told
    assert range_text(law.fitted_tokens, "tokens") in told
    for _, error in law.standard_errors:
        assert f"± {error:.6g}" in told


@pytest.mark.parametrize("word", ["N_train", "N_store", "MFU", "FLOP", "epoch", "tau", "nats", "chunk", "stretches of"])
def test_a_word_is_explained_whatever_its_case_and_number(word):
    if word == "stretches of":
        with pytest.raises(ValueError, match="nothing is called 'stretches of'"):
            catalogue.account(word)
    else:
        assert len(catalogue.account(word).answer) > 30
        assert catalogue.account(word.upper()).answer == catalogue.account(f"{word.removesuffix('s')}s").answer


def test_the_glossary_of_the_page_is_what_explain_says():
    page = (Path(__file__).parent.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([\w ]+) \| (.*) \|$", page.partition("## Words")[2], re.MULTILINE)
    assert dict(rows[1:]) == WORDS
    for word, meaning in WORDS.items():
        told = catalogue.account(word)
        assert told.formulas or told.answer == f"{word}: {meaning}."


@pytest.mark.parametrize(("typed", "meant"), [
    ("hofmann2022", "hoffmann2022"), ("muenighoff2023", "muennighoff2023"), ("gadre2024c4", "gadre2024-c4"),
    ("laplas", "laplace"), ("mi300", "mi300x"), ("tpuv4", "tpu-v4"), ("pitman-yoor", "pitman-yor"), ("zpif", "zipf"),
    ("N_stor", "N_store"), ("epohc", "epoch"), ("unique_bond", "unique_bounds"), ("heuristc", "heuristic"),
    ("chinchilla", "hoffmann2022"), ("chinchila", "epoch2024"),
])  # fmt: skip
def test_a_typing_error_finds_what_was_meant(typed, meant):
    with pytest.raises(ValueError, match=f"did you mean .*{meant}"):
        catalogue.account(typed)


def test_what_is_like_no_name_is_answered_with_none():
    with pytest.raises(ValueError, match=r"^nothing is called 'qqqqqq': `python -m bounds explain` lists them all$"):
        catalogue.account("qqqqqq")
