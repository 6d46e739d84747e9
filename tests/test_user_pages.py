"""The pages that a new user reads: their commands run as printed, and print what stands there."""

from __future__ import annotations

import json
import re

import pytest

from bounds.catalogue.words import TERMS, WORDS
from tests.pages import LEFT_OUT, PAGES, ROOT, beginning, rewritten, shown

CODE = re.compile(r"```.*?```|`[^`]*`|\]\([^)]*\)", flags=re.DOTALL)
NUMBER = re.compile(r"(?<![\w^-])\d+(?:\.\d+)?")


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_what_its_commands_print(name):
    assert rewritten(page(name)) == page(name), "python -m tests.pages writes the pages anew"


@pytest.mark.parametrize("name", PAGES)
def test_a_number_in_the_text_is_one_that_a_command_printed(name):
    text = page(name)
    blocks = "".join(re.findall(r"```.*?```", text, flags=re.DOTALL))
    assert [one for one in NUMBER.findall(CODE.sub("", text)) if one not in blocks] == ["3.11"] * ("3.11" in text)


@pytest.mark.parametrize("name", PAGES[1:])
def test_a_page_begins_with_the_question_of_its_user(name):
    title, _, question, *_ = page(name).splitlines()
    assert title.startswith("# The ")
    assert re.fullmatch(r"\*\*.+\?\*\*", question)
    assert next(iter(shown(page(name)))).output is not None, "and answers it"


def test_commands_that_are_left_out_are_commands():
    from tests.commands import run

    left = [one for name in PAGES for block in shown(page(name)) for one in block.commands if LEFT_OUT.search(one)]
    assert len(left) >= 4
    for command in left:
        _, module, *arguments = command.split()
        run(*arguments, "--help", module=module)


def test_a_page_that_shows_something_else_is_found():
    text = "```\n.venv/bin/python -m bounds explain B8\n```\n\n```text\nnothing\n\nof that\n```\n"
    found = rewritten(text)
    assert found != text
    assert rewritten(found) == found
    assert found.count("\n\n") == 2, "as many paragraphs as there were"
    assert beginning("a\n\nb\n\nc\n", "x\n\ny") == "a\n\nb\n"


def test_the_glossary_has_the_words_of_explain():
    rows = dict(re.findall(r"^\| (.+?) \| (.+) \|$", page("docs/glossary.md"), flags=re.MULTILINE))
    del rows["word"]
    assert rows == TERMS | WORDS


def test_ratios_beside_other_tools_are_those_that_were_measured():
    row = r"^\| (.+?) \| (.+?) \| ([\d.e+]+) \| (.+?)–(.+?) \| `python benchmarks/(\w+)\.py` \|$"
    rows = re.findall(row, page("docs/comparison.md"), flags=re.MULTILINE)
    assert len(rows) >= 8
    for item, peer, *numbers, name in rows:
        results = json.loads(page(f"benchmarks/results/{name}.json"))["rows"]
        (one,) = (row for row in results if (row["item"], row["peer"]) == (item, peer))
        assert numbers == [f"{one[key]:.3g}" for key in ("ratio", "least", "largest")]
        assert one["right"]
