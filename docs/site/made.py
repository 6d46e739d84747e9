"""Pages of the site that are made when it is built: the API, every formula, every command, and two pages from above.

What a page says stands in the code that it is about, and nowhere else.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "bounds", "bounds.counts", "bounds.divergence", "bounds.laws", "bounds.efficiency", "bounds.capacity",
    "bounds.skills", "bounds.fitting", "bounds.planning", "simulate", "simulate.text",
)  # fmt: skip
"""Packages with a table of their public names."""
MODULES = ("bounds.testing", "experiments.registry", "experiments.claims", "experiments.data")
"""Modules whose public functions and classes are their own."""


def api(name: str) -> str:
    """The public names of a package or a module with their docstrings, in the order in which it has them."""
    module = import_module(name)
    if name in MODULES:
        homes = [(one, name) for one, value in vars(module).items() if _is_own(value, name) and not one.startswith("_")]
    else:
        homes = [(one, home) for home, names in module._HOMES.items() for one in names]
    return f"# {name}\n\n{_told(module)}\n" + "".join(_entry(one, home, name) for one, home in homes)


def _is_own(value: Any, module: str) -> bool:
    return getattr(value, "__module__", None) == module and (inspect.isclass(value) or inspect.isfunction(value))


def _entry(name: str, home: str, package: str) -> str:
    """What there is to say of one public name."""
    value = getattr(import_module(home), name)
    head = f"\n## {name}\n\n"
    if inspect.isclass(value):
        return head + _signature(f"{package}.{name}", value) + f"{_told(value)}\n\n" + "".join(_members(value))
    if callable(value):
        return head + _signature(f"{package}.{name}", value) + f"{_told(value)}\n"
    keys = f"Keys: {', '.join(f'`{key}`' for key in value)}." if isinstance(value, dict) else ""
    return head + f"`{package}.{name}`: {_below(home, name)}\n\n{keys}\n"


def _members(kind: type) -> Iterator[str]:
    """The public methods and properties that a class defines itself."""
    for name, value in vars(kind).items():
        if name.startswith("_") or not (inspect.isfunction(value) or isinstance(value, property)):
            continue
        if isinstance(value, property):
            yield f"- **`.{name}`** – {_told(value)}\n"
        else:
            yield f"- **`.{name}{_arguments(value)}`** – {_told(value)}\n"


def _signature(name: str, value: Any) -> str:
    whole = f"{name}{_arguments(value)}"
    if len(whole) > 100:
        whole = re.sub(r", (?=[\w*]+(?::|,|\)|=))", ",\n    ", whole)
    return f"```python\n{whole}\n```\n\n"


def _arguments(value: Any) -> str:
    """The signature, annotations without quotes; of a class without what it returns, of a method without self."""
    try:
        signature = inspect.signature(value)
    except ValueError:  # made by C
        return "(...)"
    taken = [
        one.replace(annotation=_bare(one.annotation)) for name, one in signature.parameters.items() if name != "self"
    ]
    returned = inspect.Signature.empty if inspect.isclass(value) else _bare(signature.return_annotation)
    return str(signature.replace(parameters=taken, return_annotation=returned))


def _bare(annotation: Any) -> Any:
    return _Bare(annotation) if isinstance(annotation, str) else annotation


class _Bare:
    """An annotation that is shown as it is written."""

    def __init__(self, text: str) -> None:
        self._text = text.replace("'", "")

    def __repr__(self) -> str:
        return self._text


def _told(value: Any) -> str:
    """A docstring as Markdown, which it nearly is: what would start HTML or emphasis is escaped."""
    text = value.__dict__.get("__doc__") if inspect.isclass(value) else inspect.getdoc(value)
    if inspect.isclass(value) and (text is None or text.startswith(f"{value.__name__}(")):
        return ""  # what a dataclass without a docstring is given
    parts = re.split(r"(`[^`]*`)", inspect.cleandoc(text or ""))
    return "".join(part if part.startswith("`") else re.sub(r"<(?=[A-Za-z/!])|\*", r"\\\g<0>", part) for part in parts)


def _below(home: str, name: str) -> str:
    """The text under the assignment of a constant."""
    body = ast.parse(Path(str(import_module(home).__file__)).read_text(encoding="utf-8")).body
    for one, after in pairwise(body):
        targets = one.targets if isinstance(one, ast.Assign) else [one.target] if isinstance(one, ast.AnnAssign) else []
        named = any(isinstance(target, ast.Name) and target.id == name for target in targets)
        if named and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            return str(after.value.value)
    return ""


def all_names() -> str:
    """Where each package and module of the API has its page."""
    pages = "\n".join(f"api-{name}" for name in (*PACKAGES, *MODULES))
    about = "[In Python](../python.md) says which are asked for first."
    return f"# The public names\n\n{about}\n\n```{{toctree}}\n{pages}\n```\n"


def formulas() -> str:
    """Every formula of `explain`: statement, label, assumption, source, letters and a worked number."""
    from bounds.catalogue import TOPICS, formulas, topic

    listed, parts = set(), ["# Every formula\n", _ABOUT_FORMULAS]
    for name, about in TOPICS.items():
        parts.append(f"\n## {name}\n\n{about[0].upper()}{about[1:]}.\n")
        for formula in topic(name):
            listed.add(formula.name)
            parts.append(_formula(formula))
    missing = set(formulas()) - listed
    if missing:
        raise RuntimeError(f"formulas without a topic: {', '.join(sorted(missing))}")
    return "\n".join(parts)


_ABOUT_FORMULAS = (
    "Each is what `.venv/bin/python -m bounds explain NAME` prints, and is evaluated by the function that is named. "
    "The proofs, or where to find them, are in [the theory](../theory.md) under the letter and number.\n"
)


def _formula(formula: Any) -> str:
    from bounds.catalogue import in_python, statement

    items = [(head, text) for head, text in statement(formula)[1] if head not in ("LaTeX:", "in Python:")]
    rows = "".join(f"| {_cell(head.strip(' :'))} | {_cell(text)} |\n" for head, text in items)
    head = "| letter or part | what it is |\n|---|---|"
    return f"\n### {formula.name} \n\n{_mathml(formula)}\n\n`{in_python(formula)}`\n\n{head}\n{rows}"


def _mathml(formula: Any) -> str:
    from latex2mathml.converter import convert

    return f'<div class="formula">{convert(formula.latex, display="block")}</div>'


def _cell(text: str) -> str:
    """A text in a cell of a table of Markdown, as it stands."""
    return re.sub(r"([\\`*_\[\]<>|{}])", r"\\\1", " ".join(text.split()))


def commands() -> str:
    """Every command with all of its flags, as its --help has them."""
    parts = ["# All commands\n", "What `--help` prints, command by command.\n"]
    mains = {
        "bounds": "bounds.__main__", "simulate": "simulate.cli.main", "experiments": "experiments.__main__",
    }  # fmt: skip
    for package, home in mains.items():
        main = import_module(home).main
        parts += [f"\n## python -m {package}\n", f"```text\n{_help(None, f'python -m {package}', main)}\n```\n"]
        for name, command in main.commands.items():
            parts += [f"\n### python -m {package} {name}\n", f"```text\n{_help(package, name, command)}\n```\n"]
    return "\n".join(parts)


def _help(package: str | None, name: str, command: Any) -> str:
    import click

    wide: dict[str, Any] = {"terminal_width": 92, "max_content_width": 92}
    above = click.Context(click.Group(), info_name=f"python -m {package}", **wide) if package else None
    with click.Context(command, info_name=name, parent=above, **wide) as context:
        return str(command.get_help(context))


def from_above(name: str) -> Callable[[], str]:
    """A page that stands at the top of the repository, with its links to docs/ as the site has them."""

    def text() -> str:
        return re.sub(r"\]\(docs/", "](../", (ROOT / name).read_text(encoding="utf-8"))

    return text


PAGES: dict[str, Callable[[], str]] = {
    "commands": commands, "formulas": formulas, "contributing": from_above("CONTRIBUTING.md"),
    "changes": from_above("CHANGELOG.md"), "api": all_names,
    **{f"api-{name}": (lambda name=name: api(name)) for name in (*PACKAGES, *MODULES)},
}  # fmt: skip
"""What makes each page, by its name."""
