"""What docs print is what their commands print: the pages on learners, skills and suites.

The main command of the README is held to its output in `test_layout`, the fits of loss laws in `test_law_fitting`.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = ("docs/learners.md", "docs/skills.md", "docs/suite.md")
_BLOCKS = re.compile(r"```\n(.*?)```", flags=re.DOTALL)
_COMMAND = re.compile(r"\.venv/bin/python -m simulate (learners|skills|suite)\b.*\n")


def shown(page: str) -> list[tuple[str, str]]:
    """Commands of one line in `page`, each with the block after it, which shows its output or part of it."""
    blocks = _BLOCKS.findall((ROOT / page).read_text(encoding="utf-8"))
    return [(a.strip(), b) for a, b in pairwise(blocks) if _COMMAND.fullmatch(a)]


def missing(output: str, printed: str) -> str | None:
    """The first line of `output` that does not follow the ones before it in what was `printed`."""
    lines = iter(line.rstrip() for line in printed.splitlines())
    return next((line for line in output.splitlines() if line.strip() and line.rstrip() not in lines), None)


CASES = [(page, *pair) for page in PAGES for pair in shown(page)]


def test_there_is_something_to_compare():
    assert [(page, command.split()[3]) for page, command, _ in CASES] == [
        ("docs/learners.md", "learners"), ("docs/skills.md", "skills"), ("docs/suite.md", "suite"),
        ("docs/suite.md", "suite"),
    ]  # fmt: skip


def test_a_line_that_is_not_printed_or_not_in_its_place_is_found():
    assert missing("b\n\nc\n", "a\nb  \nx\nc\n") is None
    assert missing("b\nd\n", "a\nb\nc\n") == "d"
    assert missing("c\nb\n", "a\nb\nc\n") == "b"


@pytest.mark.verification
@pytest.mark.parametrize(("page", "command", "output"), CASES, ids=[f"{p} {c.split()[3]}" for p, c, _ in CASES])
def test_the_page_shows_what_the_command_prints(page, command, output, tmp_path):
    arguments = shlex.split(command)[1:]
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert missing(output, done.stdout) is None
