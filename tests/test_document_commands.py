"""Every command that a document shows, in a block or in a sentence, is one that the command lines take today.

What they print is held page by page; here nothing runs, so that no page is left out for what it costs.
"""

from __future__ import annotations

import re
import shlex
from importlib import import_module
from pathlib import Path

import click
import pytest

from bounds.base.arguments import File
from bounds.cli.shared import Checked

ROOT = Path(__file__).parent.parent
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md"), *(ROOT / "benchmarks").glob("*.md")])
MAINS = {
    "bounds": "bounds.__main__", "simulate": "simulate.cli.main", "experiments": "experiments.__main__",
}  # fmt: skip
_BLOCK = re.compile(r"^```\w*\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
_OURS = r"((?:bounds|simulate|experiments) "
_LINE = re.compile(rf"-m {_OURS}.+?)(?= (?:&&|\||>|;|#|&)|$)", flags=re.MULTILINE)
_INLINE = re.compile(rf"`(?:\S*python3? -m )?{_OURS}[a-z][^`|]*)`")
_PLACES = re.compile(r"\b(?:[A-Z]{1,}(?:\.\w+)?|NAME|FILE)\b|…|\.\.\.")
"""What stands for something of the reader's own."""


def commands(text: str) -> list[str]:
    """The commands of a page without ``python -m``; one that goes on in the next line is whole."""
    text = text.replace("\\\n", " ")
    found = [one for block in _BLOCK.findall(text) for one in _LINE.findall(block)]
    prose = re.sub(r"\s*\n\s*", " ", _BLOCK.sub("", text))
    return [*found, *(one.rstrip(" …") for one in _INLINE.findall(prose))]


def wrong(command: str) -> str:
    """What a command line says of `command` before anything runs; empty where it takes it."""
    package, *words = shlex.split(command)
    main = import_module(MAINS[package]).main
    context = click.Context(main, info_name=package)
    try:
        words = main.make_parser(context).parse_args(list(words))[1]
        if not words:
            return ""
        name, found, rest = main.resolve_command(context, words)
        below = click.Context(found, info_name=name, parent=context)
        given, _, _ = found.make_parser(below).parse_args(list(rest))
        for parameter in found.params:
            refused(parameter, given.get(parameter.name), below)
    except click.BadOptionUsage as error:  # a flag that a sentence names has no value there
        return "" if command.endswith(f" {error.option_name}") else error.format_message()
    except click.UsageError as error:
        return error.format_message()
    return ""


def refused(parameter: click.Parameter, value: object, context: click.Context) -> None:
    """Fail as the type of a flag does, where that is of words and numbers; files are the reader's."""
    kind = parameter.type
    words = isinstance(kind, Checked) and not isinstance(kind.check, File)
    for one in value if isinstance(value, list) else [value]:
        if words and isinstance(one, str) and not _PLACES.search(one):
            kind.convert(one, parameter, context)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_of_a_page_is_one_that_is_taken(page):
    found = commands(page.read_text(encoding="utf-8"))
    assert {command: told for command in found if (told := wrong(command))} == {}


def test_there_are_commands_on_the_pages():
    found = {str(page.relative_to(ROOT)): len(commands(page.read_text(encoding="utf-8"))) for page in PAGES}
    assert sum(found.values()) > 150
    assert found["docs/reports.md"] >= 6
    assert found["README.md"] >= 10


OTHERS = {
    "--quiet", "--quick", "--save", "--large", "--check", "--dist", "--durations", "--port", "--nworkers",
    "--output", "--verbose", "--n-jobs", "--texts",
}  # fmt: skip
"""Flags of pip, pytest, ruff, dask and the benchmarks, and those of other programs that are named as such."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_flag_of_a_page_is_one_of_a_command(page):
    mains = [import_module(home).main for home in MAINS.values()]
    all_commands = [*mains, *(command for main in mains for command in main.commands.values())]
    known = {name for command in all_commands for one in command.params for name in (*one.opts, *one.secondary_opts)}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*[a-z]", page.read_text(encoding="utf-8")))
    assert named - known - {"--help"} - OTHERS == set()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("```\n.venv/bin/python -m bounds plan --flop 1e23\n```\n", "--flop"),
        ("Pass `python -m simulate swep --out x.nc` then.", "did you mean sweep?"),
        ("```\n$ .venv/bin/python -m simulate corpus a.txt --unit wrod\n```\n", "did you mean word?"),
        ("```\n.venv/bin/python -m bounds band 1e12 \\\n    --skills none\n```\n", "skills"),
    ],
)  # fmt: skip
def test_a_command_that_is_not_taken_is_found(text, told):
    (command,) = commands(text)
    assert told in wrong(command)
