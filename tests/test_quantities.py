"""Numbers as people write them, against exact fractions; and what each entry point makes of things that are none."""

from __future__ import annotations

import random
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bounds
import simulate
from bounds.base.quantities import MAX_COUNT, log_spaced, parse_count, parse_flop, parse_grid, parse_number
from bounds.cli.json_text import json_text
from simulate.studies.refit import refit

SUFFIXES = {"": 0, "k": 3, "K": 3, "M": 6, "B": 9, "g": 9, "T": 12}


def test_counts_are_exact_whatever_way_they_are_written():
    """A thousand ways to write a number, each against the fraction that it is."""
    rng = random.Random(4)
    for _ in range(1000):
        digits = "".join(rng.choices("0123456789", k=rng.randint(1, 25)))
        part = "." + "".join(rng.choices("0123456789", k=rng.randint(0, 25))) if rng.random() < 0.5 else ""
        power = rng.randint(-30, 30)
        exponent = f"{rng.choice('eE')}{power:+d}" if rng.random() < 0.5 else ""
        suffix = rng.choice(list(SUFFIXES))
        text = digits + part + exponent + suffix
        exact = Fraction(digits + (part if part != "." else "")) * Fraction(10) ** SUFFIXES[suffix]
        exact *= Fraction(10) ** power if exponent else 1
        if exact.denominator == 1 and 1 <= exact <= MAX_COUNT:
            assert parse_count(text) == exact
        else:
            with pytest.raises(ValueError, match="must be") as caught:
                parse_count(text)
            whole = "whole" in str(caught.value)
            assert whole == (exact.denominator != 1), text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1e999999", r"at most 2\^63"), ("1e9999999", r"at most 2\^63"), ("1e" + "9" * 400, r"at most 2\^63"),
        ("-1e999999999", "at least 1"), ("1e-999999999", "whole number"), ("9" * 10_000, r"at most 2\^63"),
        ("0." + "0" * 10_000 + "1", "whole number"), ("1" + "0" * 10_000 + "e-10000", None),
        (10**5000, r"at most 2\^63"),
        ("1,000,000", "without commas"), ("1__0", "whole number"), ("_1", "whole number"), ("1_", "whole number"),
        ("0x10", "whole number"), ("", "whole number"), (" ", "whole number"), ("nan", "whole number"),
        ("inf", "whole number"), (float("nan"), "whole number"), (float("inf"), "whole number"), (2.5, "whole number"),
        (True, "whole number"), (None, "whole number"), ([1], "whole number"), (b"1", "whole number"), ("½", "whole"),
        ("5P", "whole number"), ("1e5.5", "whole number"), ("--1", "whole number"), (".", "whole number"),
        ("e5", "whole"),
    ],
    ids=lambda value: str(value)[:20] if not isinstance(value, int) else type(value).__name__,
)  # fmt: skip
def test_what_is_no_count_is_one_short_sentence(text, sentence):
    if sentence is None:
        assert parse_count(text) == 1
        return
    with pytest.raises(ValueError, match=sentence) as caught:
        parse_count(text, name="n")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 250


def test_numbers_of_other_kinds_are_counts_too():
    for same in ("1000", " 1e3 ", "1_000", "1K", "1 K", "１０００", "0.001M", 1000, 1e3, np.int64(1000),
                 np.float32(1000), np.array(1000), Fraction(1000)):  # fmt: skip
        assert parse_count(same) == 1000


def test_flop_as_people_write_them():
    assert parse_flop("5.76e23") == 576 * 10**21
    assert parse_flop("10ZFLOP") == parse_flop("10 zflops") == parse_flop("1e4EFLOP") == 10**22
    assert parse_flop("1 PF-day") == parse_flop("1PFLOP-days") == 86_400 * 10**15
    assert parse_flop("3MFLOP") == 3_000_000
    for wrong in ("10Z", "1PF", "1FLOP/s", "ten FLOP", "10ZFLOPPY", "1e99FLOP", "0FLOP", "1,5ZFLOP"):
        with pytest.raises(ValueError, match="compute must be"):
            parse_flop(wrong)


def test_shares_as_people_write_them():
    assert parse_number("50%", name="x", percent=True) == parse_number(" 0.5 ", name="x") == 0.5
    for wrong in ("50%", "1,5", "", "0x1", "a"):
        with pytest.raises(ValueError, match="x must be a number"):
            parse_number(wrong, name="x")


@pytest.mark.parametrize(
    ("grid", "sentence"),
    [
        ("1,000,000", "a comma parts two numbers"), ("10,000", "a comma parts"), ("1:10:1e12", "at most 10000"),
        ("1:1e999999:5", "at most"), ("1:10", "low:high:n"), ("1:10:3:4", "low:high:n"), ("10:1:3", "low <= high"),
        ("", "whole number"), (",", "whole number"), ([], "at least one number"), ([[1]], "whole number"),
        (None, "whole numbers such as"), ({"a": 1}, "whole numbers such as"), (b"1,2", "whole numbers such as"),
        (np.ones((2, 2)), "whole numbers such as"), ([True], "whole number"), ([1.5], "whole number"),
        ("-5", "at least 1"), (f"{2**63}", r"2\^63 - 1"), ([2**63], r"2\^63 - 1"), (True, "whole numbers such as"),
    ],
)  # fmt: skip
def test_what_is_no_grid_is_one_sentence(grid, sentence):
    with pytest.raises(ValueError, match=sentence):
        parse_grid(grid)


def test_grids_of_all_kinds_are_the_same():
    for same in ("1e3,10", [10, 1000], (1000, 10), np.array([10, 1e3]), {10, 1000}, "10:1000:2", ["10", "1K"]):
        assert parse_grid(same) == (10, 1000)
    assert parse_grid(7) == parse_grid(np.int64(7)) == (7,)
    with pytest.raises(ValueError, match="at most 10000"):
        log_spaced(1, 10, 10**12)


def test_json_has_no_number_that_is_none():
    found = json_text(
        {"a": [float("nan"), -np.inf, np.float64(1.5), np.int64(2), np.array([np.nan, 1.0])], "b": (None, "NaN")}
    )
    assert found == '{"a": [null, null, 1.5, 2, [null, 1.0]], "b": [null, "NaN"]}'


def test_objects_are_written_and_numbers_read_in_one_place():
    """No JSON that may hold NaN, no flag whose value click would take for a float or a word of its own."""
    root = Path(bounds.__file__).parent.parent
    for path in (path for room in ("bounds", "simulate") for path in (root / room).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        # What is hashed at once is no document.
        written = [line for line in text.splitlines() if "json.dump" in line and ".encode()" not in line]
        assert not written or path.name == "json_text.py", path
        assert not re.search(r"click\.Choice\(|type=(float|int)\b,", text), path


NEVER = [2.5, "abc", True, [1], {"a": 1}, object(), b"1", -1, float("nan"), 10**5000]
"""Values that no argument below takes; None leaves some of them open."""

PYTHON: dict[str, dict[str, Any]] = {
    "sweep": {"sources": ["uniform:3"], "n_draws": [10, 20], "replicates": 1, "seed": 0, "engine": "auto",
              "device": "cpu", "threads": 1, "cluster": "local", "out": "x.nc", "resume": False,
              "overwrite": False, "progress": None},
    "measure_learners": {"learners": ["memoriser"], "sources": [], "n_draws": [10], "replicates": 1, "seed": 0,
                         "tolerances": [], "test_draws": 5, "device": "cpu", "threads": 1, "out": "x.nc",
                         "resume": False},
    "simulate_skills": {"kind": "masses", "source": "", "n_skills": 2, "members": 2, "quorum": 1, "exposures": 1,
                        "exponent": 1.5, "starts": (), "n_draws": [10], "n_stored": [1], "replicates": 1, "seed": 0,
                        "engine": "auto", "device": "cpu", "threads": 1, "cluster": "local", "out": "x.nc",
                        "resume": False, "overwrite": False, "progress": None},
    "run_suite": {"source": "uniform:3", "n_params": [1], "checkpoints": [1], "batch": 1, "replicates": 1, "seed": 0,
                  "params_per_sequence": 1, "novelty_cost": 1, "irreducible": 0, "learning_probability": 1,
                  "track": [1], "validation": 0, "match_loss": [0.1], "device": "cpu", "threads": 1, "out": "x.nc",
                  "resume": False, "overwrite": False, "progress": None},
    "open_result": {"path": "x.nc"},
    "save_result": {"path": "x.nc", "overwrite": False},
    "Execution": {"device": "cpu", "threads": 1, "memory": 1, "out": "x.nc", "resume": False, "overwrite": False},
    "measure_corpus": {"paths": "t.txt", "unit": "word", "length": 1, "at": "all", "order": "file", "chunk": 10,
                       "blocks": 0, "seed": 0},
    "sketch_corpus": {"paths": "t.txt", "unit": "word", "length": 1, "at": "all", "precision": 5, "seed": 0},
}  # fmt: skip
_LIST = (
    "n_draws",
    "n_params",
    "checkpoints",
    "track",
    "starts",
    "n_stored",
    "at",
    "length",
    "tolerances",
    "match_loss",
)
_REAL = ("exponent", "params_per_sequence", "novelty_cost", "irreducible", "match_loss", "tolerances")
ANSWERED: dict[str, list[object]] = {name: [[1]] for name in _LIST}
ANSWERED |= {name: [*ANSWERED.get(name, []), 2.5] for name in _REAL} | {"resume": [True], "overwrite": [True]}
"""What some arguments do take of these."""


@pytest.mark.parametrize("function", PYTHON)
def test_every_argument_in_python_is_checked(function, tmp_path, monkeypatch):
    """Each argument with each of `NEVER`: a ValueError of one sentence before anything is drawn."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.txt").write_text("a b c")
    dataset = simulate.sweep(sources=["uniform:3"], n_draws=[10, 20, 40, 80], replicates=2, threads=1)
    for name, value in ((name, value) for name in PYTHON[function] for value in NEVER):
        if value in ANSWERED.get(name, []):
            continue
        given = {k: v for k, v in PYTHON[function].items() if k not in ("cluster", "out", "progress")}
        given |= {name: value}
        first = [dataset] if function == "save_result" else []
        first += [given.pop(key) for key in ("paths", "path") if key in given]
        with pytest.raises(ValueError) as caught:
            pytest.fail(f"{name}={value!r:.50} was taken: {getattr(simulate, function)(*first, **given)}")
        assert str(caught.value).isprintable(), name
        assert len(str(caught.value)) < 600, name


@pytest.mark.parametrize("name", ["model", "window"])
def test_arguments_of_a_refit_are_checked(name):
    dataset = simulate.sweep(sources=["uniform:3"], n_draws=[10, 20, 40, 80], replicates=2, threads=1)
    for value in NEVER:
        arguments: dict[str, Any] = {"model": "auto", "window": (10, 80)} | {name: value}
        with pytest.raises(ValueError) as caught:
            refit(dataset, **arguments)
        assert str(caught.value).isprintable(), value


def test_sources_at_the_ends_of_their_ranges_count_without_a_warning():
    for text in ("zipf:1000", "zipf:1000,shift=4e18", "zipf:300,shift=1e15", "pitman-yor:1e-300", "zipf:999,types=10"):
        mean = float(bounds.expected_unique(text, 1e6))
        assert 1 <= mean <= 1e6
        assert float(bounds.variance_unique(text, 1e6)) >= 0
        found = simulate.sweep(sources=[text], n_draws=[10, 1000], replicates=2, threads=1)
        assert int(found.n_unique.min()) >= 1
    for text in (
        "zipf:1e19",
        "zipf:2,shift=1e300",
        "windows:alphabet=2,length=2,exponent=1e19",
        "santa-fe:1e19,labels=2",
    ):
        with pytest.raises(ValueError, match=r"must be .* at most"):
            bounds.parse_source(text)


def test_units_of_a_corpus_are_those_of_the_flag():
    from simulate.running.parameters import ORDER
    from simulate.text.cutting.sequences import ORDERS
    from simulate.text.cutting.units import UNIT, UNITS

    assert UNIT.allowed == UNITS
    assert ORDER.allowed == ORDERS
