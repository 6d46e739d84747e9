"""The command that makes a result again, in the words of its flags; no folder of the machine is in it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import click

from bounds.base.quantities import parse_grid

_OF_OUTPUT = {
    "out", "figure", "figures", "figure_format", "picture", "page", "overwrite", "as_json", "explained", "progress",
    "resume", "version", "config",
}  # fmt: skip
"""Parameters of a command that decide no number: what it writes, and where."""

_WIDE = 76
"""Characters on a line of a command."""


def typed(program: str, command: click.Command, words: Sequence[str]) -> str:
    """`words`, the arguments of a `command` as they were typed, without those that name what is written."""
    flags = {flag: param for param in command.params for flag in (*param.opts, *param.secondary_opts)}
    kept, rest = [], list(words)
    while rest:
        word = rest.pop(0)
        flag, has_value, value = word.partition("=") if word.startswith("--") else (word, "", "")
        param = flags.get(flag) if word.startswith("-") else None
        takes = isinstance(param, click.Option) and not param.is_flag and not has_value
        values = [rest.pop(0)] if takes and rest else []
        if param is not None and param.name in _OF_OUTPUT:
            continue
        kept.append(f"{flag}={nameless(value)}" if has_value else nameless(word))
        kept += map(nameless, values)
    return _on_lines([*program.split(), str(command.name), *kept])


def spelled_out(program: str, command: click.Command, values: Mapping[str, Any]) -> str:
    """The `command` with a flag for each of `values`, by the names of its parameters or of its flags.

    What is empty or None was not given.
    """
    words, arguments = list[str](), list[str]()
    for param in command.params:
        flag = param.opts[0]
        names = {str(param.name), flag.removeprefix("--").replace("-", "_")}
        if str(param.name) in _OF_OUTPUT or getattr(param, "hidden", False):
            continue
        value = next((values[name] for name in sorted(names) if name in values), None)
        if value is None or value is False or (isinstance(value, str | list | tuple) and not value):
            continue
        if not isinstance(param, click.Option):
            arguments += map(_word, value if isinstance(value, list | tuple) else [value])
        elif param.is_flag:
            words.append(flag)
        elif param.multiple:
            words += [f"{flag}={_word(one)}" for one in value]
        else:
            words.append(f"{flag}={_listed(value, grid=param.metavar == 'GRID')}")
    return _on_lines([*program.split(), str(command.name), *arguments, *words])


def nameless(word: str) -> str:
    """A word of a command line with the name of a file for its whole path: folders of a machine are nobody's business.

    A path below the folder where the command was typed stays as it is.
    """
    return os.path.basename(word.rstrip("/")) or word if os.path.isabs(word) or word.startswith("../") else word


def _on_lines(words: Sequence[str]) -> str:
    """`words` for a shell, on lines that end in a backslash where one is not enough."""
    lines = [""]
    for word in map(shlex.quote, words):
        if lines[-1] and len(lines[-1]) + len(word) > _WIDE:
            lines.append(f"  {word}")
        else:
            lines[-1] += f" {word}" if lines[-1] else word
    return " \\\n".join(lines)


def _listed(value: Any, *, grid: bool) -> str:
    """One value, or several with commas; log-spaced whole numbers as the grid that they are, where one is taken."""
    if not isinstance(value, list | tuple):
        return _word(value)
    if grid and len(value) > 3 and all(isinstance(one, int) for one in value):
        text = f"{_word(value[0])}:{_word(value[-1])}:{len(value)}"
        try:
            if list(parse_grid(text, name="grid")) == list(value):
                return text
        except ValueError:
            pass  # such as one that begins at 0, which is no grid
    return ",".join(map(_word, value))


def _word(value: Any) -> str:
    """A value as it is typed: 1000000 as 1e6, without losing a digit."""
    if isinstance(value, str):
        return nameless(value)
    if isinstance(value, int) and abs(value) >= 10_000:
        mantissa = str(value).rstrip("0")
        if len(mantissa) <= 2:
            power = len(str(value)) - len(mantissa)
            return f"{mantissa}e{power}"
    return repr(value) if isinstance(value, float) and not value.is_integer() else str(value).removesuffix(".0")
