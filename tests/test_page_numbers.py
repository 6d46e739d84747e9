"""Every number in the text of a page is held by what gives it."""

from __future__ import annotations

import re

import pytest

from tests.page_numbers import NUMBER, Page, Sentence, Table, checks, faults, numbers, same

CHECKS = checks()


@pytest.mark.parametrize("name", CHECKS)
def test_every_number_of_a_page_is_held(name):
    assert faults(Page.read(name), CHECKS[name]) == []


@pytest.mark.parametrize("name", CHECKS)
def test_another_number_in_its_place_is_found(name):
    """The last digit of each number of each sentence is another one, and it is no longer the value."""
    page = Page.read(name)
    for one in CHECKS[name]:
        if isinstance(one, Sentence) and not one.slow:
            values = tuple(one.values(page))
            for written in one.places(page)[0].groups():
                changed = re.sub(r"\d(?!.*\d)", lambda digit: str((int(digit[0]) + 3) % 10), written)
                if changed != written:
                    assert not any(same(changed, value) for value in values if same(written, value)), written


@pytest.mark.verification
@pytest.mark.parametrize("name", CHECKS)
def test_numbers_that_take_long_are_held(name):
    assert long_faults(name, data=False) == []


@pytest.mark.data
@pytest.mark.verification
@pytest.mark.parametrize("name", CHECKS)
def test_numbers_that_take_long_and_data_are_held(name):
    assert long_faults(name, data=True) == []


def long_faults(name: str, data: bool) -> list[str]:
    page = Page.read(name)
    slow = [one for one in CHECKS[name] if isinstance(one, Sentence) and one.slow and one.data is data]
    return [fault for one in slow for fault in one.faults(page, slow=True)]


TEXT = """# A page

1. Of Efron 1976, of 40 texts 38.5 % hold `7` (arXiv:1702.01284, theorem 1), three do not, and .05 is D^-0.44 of UTF-8.

    python -m tests 12

| text | n | n |
|---|---|---|
| one | 1 | 0.9 |
"""


def test_numbers_are_found_outside_code_names_and_years():
    assert [one[0] for one in numbers(TEXT)] == ["40", "38.5", ".05", "0.44", "1", "0.9"]


def test_a_number_that_nothing_holds_and_one_that_differs_are_found():
    page = Page("a page", TEXT)
    table = Table("| text | n", "test_page_numbers.test_a_number_that_nothing_holds_and_one_that_differs_are_found")
    first = Sentence("of {} texts {} % hold", lambda page: (40, 38.46))
    second = Sentence("{} do not, and {} is D^{} of", lambda page: (3, 0.05, -0.44))
    assert faults(page, [first, second, table]) == []
    assert faults(page, [first, second])[0].startswith("1 is held by nothing")
    assert ".05 is held by nothing" in faults(page, [first, table])[0]
    assert faults(page, [first, Sentence("{} do not, and {} is D^{} of", lambda page: (4, 0.05, 0.44)), table]) == [
        "three is 4; -0.44 is 0.44: three do not, and .05 is D^-0.44 of"
    ]
    assert faults(page, [first, second, table, Sentence("{} stars", lambda page: (1,))]) == [
        "no longer there: {} stars"
    ]
    assert faults(page, [first, second, Table("| text", "test_page_numbers.test_none")]) == [
        "no such test: test_page_numbers.test_none"
    ]
    assert page.table("| text") == [{"text": "one", "n": "1", "n 2": "0.9"}]


@pytest.mark.parametrize(
    ("written", "value", "found"),
    [
        ("0.58", 0.5849, True), ("0.58", 0.5851, False), (".875", 0.875, True), ("200,000", 200_000, True),
        ("200,000", 200_001, False), ("1e12", 1e12, True), ("nine", 9, True), ("Nine", 8, False), ("+2.5", 2.5, True),
        ("-.74", -0.74, True), ("hold", 1, False), ("16K", "16K", True), ("1.04", 1.04, True),
    ],
)  # fmt: skip
def test_a_number_is_one_rounded_to_what_is_written(written, value, found):
    assert same(written, value) is found


def test_numbers_have_their_digits():
    assert NUMBER.findall("2^60, 1e-7, 1.25 and f_1 of B7, 64 KiB, 4x, 1-2β") == [
        "2", "60", "1e-7", "1.25", "64", "4", "1", "2"
    ]  # fmt: skip
