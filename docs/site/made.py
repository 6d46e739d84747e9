"""Pages of the site that are made when it is built: the API, every formula, every command, and two pages from above.

A hook of mkdocs. What a page says stands in the code that it is about, and nowhere else.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "bounds", "bounds.counts", "bounds.divergence", "bounds.laws", "bounds.efficiency", "bounds.capacity",
    "bounds.skills", "bounds.fitting", "bounds.planning", "bounds.testing", "simulate", "simulate.text", "experiments",
)  # fmt: skip
MODULES = {
    "bounds.testing": ("bounds.testing",),
    "experiments": ("experiments.registry", "experiments.claims", "experiments.data"),
}
"""Packages without a table of names, and the modules that are shown in its place."""


def api(package: str) -> str:
    """The public names of a package with their docstrings, in the order in which it lists them."""
    if package in MODULES:
        return f"# {package}\n" + "".join(f"\n::: {name}\n" for name in MODULES[package])
    module = import_module(package)
    head = f"# {package}\n\n{inspect.getdoc(module)}\n"
    homes = ((f"{home}.{name}", f"{package}.{name}") for home, names in module._HOMES.items() for name in names)
    return head + "".join(f"\n::: {home}\n" for home, _ in homes)


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

    items = [(head, text) for head, text in statement(formula)[1] if head.lower() != "latex"]
    rows = "".join(f"| {_cell(head)} | {_cell(text)} |\n" for head, text in items)
    return (
        f"\n### {formula.name} {{: #{_anchor(formula.name)} }}\n\n{_mathml(formula)}\n\n"
        f"`{in_python(formula)}`\n\n| | |\n|---|---|\n{rows}"
    )


def _mathml(formula: Any) -> str:
    from latex2mathml.converter import convert

    return f'<div class="formula">{convert(formula.latex, display="block")}</div>'


def _anchor(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower())


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
        parts.append(f"\n## python -m {package}\n\n{main.help}\n")
        for name, command in main.commands.items():
            parts += [f"\n### python -m {package} {name}\n", f"```text\n{_help(main, name, command, package)}\n```\n"]
    return "\n".join(parts)


def _help(main: Any, name: str, command: Any, package: str) -> str:
    import click

    above = click.Context(main, info_name=f"python -m {package}", terminal_width=96, max_content_width=96)
    with click.Context(command, info_name=name, parent=above, terminal_width=96, max_content_width=96) as context:
        return str(command.get_help(context))


def from_above(name: str) -> Callable[[], str]:
    """A page that stands at the top of the repository, with its links to docs/ as the site has them."""

    def text() -> str:
        return re.sub(r"\]\(docs/", "](../", (ROOT / name).read_text(encoding="utf-8"))

    return text


PAGES: dict[str, Callable[[], str]] = {
    "commands": commands, "formulas": formulas, "contributing": from_above("CONTRIBUTING.md"),
    "changes": from_above("CHANGELOG.md"),
    **{f"api-{package}": (lambda package=package: api(package)) for package in PACKAGES},
}  # fmt: skip
"""What makes each page, by its name."""

ABOVE = {"README.md": "index.md", "CONTRIBUTING.md": "made/contributing.md", "CHANGELOG.md": "made/changes.md"}
"""Where a link that leads out of docs/ ends on the site."""


def on_files(files: Any, config: Any) -> Any:
    """Add the pages that are made."""
    from mkdocs.structure.files import File

    for name, make in PAGES.items():
        files.append(File.generated(config, f"made/{name}.md", content=make()))
    style = (Path(__file__).parent / "site.css").read_text(encoding="utf-8")
    files.append(File.generated(config, "assets/site.css", content=style))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Turn links to pages above docs/ to where the site has them; links to code become names of code."""
    up = "../" * page.file.src_uri.count("/")
    for above, place in ABOVE.items():
        markdown = markdown.replace(f"](../{up}{above})", f"]({up}{place})")
    return re.sub(rf"\[([^\]]+)\]\(\.\./{up}((?:examples|benchmarks|tests)/[^)]*)\)", r"`\2`", markdown)


def linked(names: Iterable[str]) -> list[str]:
    """The pages of the site that are made, as its navigation names them."""
    return [f"made/{name}.md" for name in names]
