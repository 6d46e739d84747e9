"""Pages whose commands run as printed: read, run, compared and written anew.

A command stands in a block of its own, ```` ``` ````, what it prints in the next one, ```` ```text ````: as many of its
first paragraphs as stand there. ``python -m tests.pages`` runs all commands and writes what they print into the pages.
"""

from __future__ import annotations

import os
import re
import runpy
import shlex
import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from tests.commands import run

ROOT = Path(__file__).parent.parent
PAGES = ("docs/index.md", *(f"docs/users/{name}.md" for name in ("planner", "curator", "researcher", "student")))
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
_PYTHON = ".venv/bin/python "
LEFT_OUT = re.compile(r"-m experiments|-m simulate learners$")
"""Commands that need published data or are held to their output by another page."""


class Shown(NamedTuple):
    """Commands, and the block with what the last of them prints, None where there is none."""

    commands: tuple[str, ...]
    output: re.Match[str] | None


def shown(text: str) -> Iterator[Shown]:
    """The blocks of commands of a page, in their order."""
    blocks = list(_BLOCK.finditer(text))
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        if block[1] == "":
            lines = tuple(line.removeprefix(_PYTHON) for line in block[2].splitlines())
            assert all(line.startswith(_PYTHON) for line in block[2].splitlines()), block[0]
            yield Shown(lines, after if after is not None and after[1] == "text" else None)


def printed(command: str) -> str:
    """What a command prints, in this folder; it must end well."""
    words = shlex.split(command)
    if words[0] == "-m":
        return run(*words[2:], module=words[1]).stdout
    out = StringIO()
    with redirect_stdout(out), patch.object(sys, "argv", words):
        runpy.run_path(words[0], run_name="__main__")
    return out.getvalue()


def beginning(output: str, like: str) -> str:
    """As many paragraphs of an output, from its first, as `like` has; at least one."""
    paragraphs = [part.rstrip() for part in re.split(r"\n\s*\n", output.strip("\n"))]
    wanted = max(1, len([part for part in re.split(r"\n\s*\n", like.strip("\n")) if part.strip()]))
    return "\n\n".join(paragraphs[:wanted]) + "\n"


def rewritten(text: str) -> str:
    """A page with what its commands print now; they run in a folder of their own that holds examples/."""
    found: dict[tuple[int, int], str] = {}
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        os.symlink(ROOT / "examples", "examples")
        for block in shown(text):
            if any(LEFT_OUT.search(command) for command in block.commands):
                continue
            outputs = [printed(command) for command in block.commands]
            if block.output is not None:
                found[block.output.span(2)] = beginning(outputs[-1], block.output[2])
    for (start, end), output in sorted(found.items(), reverse=True):
        text = text[:start] + output + text[end:]
    return text


def glossary() -> str:
    """docs/glossary.md with the words that `explain` knows."""
    from bounds.catalogue.words import TERMS, WORDS

    path = ROOT / "docs" / "glossary.md"
    parts = re.split(r"(?<=\|---\|---\|\n)(?:\|.*\n)*", path.read_text(encoding="utf-8"))
    tables = [
        "".join(f"| {word} | {one[word]} |\n" for word in sorted(one, key=str.lower)) for one in (TERMS, WORDS)
    ]  # fmt: skip
    return "".join(part + table for part, table in zip(parts, [*tables, ""], strict=True))


def main() -> None:
    """Write the pages, and the glossary."""
    (ROOT / "docs" / "glossary.md").write_text(glossary(), encoding="utf-8")
    for name in PAGES:
        path = ROOT / name
        path.write_text(rewritten(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
