"""The house: which way imports run, what a backend may know, what is declared, and that the README tells the truth."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
import tomllib
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.commands import run

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {"bounds": set(), "simulate": {"bounds"}, "experiments": {"bounds", "simulate"}}
BACKENDS_KNOW = {
    "__future__", "bisect", "collections", "concurrent", "cupy", "dataclasses", "importlib", "numba", "numpy",
    "simulate", "threading", "typing", "weakref",
}  # fmt: skip
README = (ROOT / "README.md").read_text(encoding="utf-8")


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_run_one_way(room):
    paths = list((ROOT / room).rglob("*.py"))
    assert paths
    for path in paths:
        rooms = {name.partition(".")[0] for name in imported(path)} & set(MAY_IMPORT)
        assert rooms <= MAY_IMPORT[room] | {room}, f"{path} imports {rooms}"


ROOMS = ("base", "counts", "divergence", "laws", "capacity", "skills", "efficiency", "fitting", "planning", "cli")
"""Rooms of `bounds`: none of them knows a later one."""


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_of_bounds_know_none_that_comes_after_them(room):
    """Nor what stands beside the rooms and sees all of them; imports inside functions and lazy names included."""
    may = {f"bounds.{earlier}" for earlier in ROOMS[: ROOMS.index(room) + 1]} | ({"bounds"} if room == "cli" else set())
    if room == "cli":
        may |= {"bounds.catalogue"}
    for path in (ROOT / "bounds" / room).rglob("*.py"):
        homes = {text for text in constants(path) if re.fullmatch(r"bounds(\.\w+)+", text)}
        for name in {name for name in imported(path) if name.partition(".")[0] == "bounds"} | homes:
            assert ".".join(name.split(".")[:2]) in may, f"{path} knows {name}"


def constants(path: Path) -> set[str]:
    """Texts in a module, among them the homes of names that are imported when they are asked for."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_backends_know_tables_and_streams_and_nothing_else():
    paths = list((ROOT / "simulate" / "drawing" / "backends").glob("*.py"))
    assert len(paths) > 5
    for path in paths:
        names = imported(path)
        assert {name.partition(".")[0] for name in names} <= BACKENDS_KNOW
        ours = {name for name in names if name.startswith("simulate")}
        assert ours <= {
            "simulate.drawing.backends",
            "simulate.drawing.backends.growth",
            "simulate.drawing.tables",
            "simulate.drawing.stream",
            "simulate.drawing.compiled",
        }


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_docstrings_name_what_is_there(room):
    """A module or a name in backquotes that begins with a package of ours can be imported."""
    for path in (ROOT / room).rglob("*.py"):
        for name in set(re.findall(r"`((?:bounds|simulate)(?:\.\w+)+)", path.read_text(encoding="utf-8"))):
            module, found = name.split("."), None
            for end in range(len(module), 0, -1):
                if find_spec_of(".".join(module[:end])):
                    found = import_module(".".join(module[:end]))
                    break
            for part in module[end:]:
                found = getattr(found, part)


def find_spec_of(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def test_declared_dependencies_are_installed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    missing = []
    for requirement in needed:
        name = re.match(r"[\w-]+", requirement)[0]
        try:
            version(name)
        except PackageNotFoundError:
            missing.append(name)
    assert missing == []


def test_every_public_name_is_where_it_is_said_to_be():
    import bounds
    import simulate

    for package in (bounds, simulate):
        for name in package.__all__:
            value = getattr(package, name)
            assert name.startswith("__") or isinstance(value, dict) or value.__doc__
        assert set(package.__all__) <= set(dir(package))
        with pytest.raises(AttributeError, match="no attribute"):
            package.nothing  # noqa: B018


def test_functions_are_not_hidden_by_modules_of_the_same_name():
    program = "import simulate; simulate.run_plan; import simulate.cli.main; assert callable(simulate.sweep)"
    subprocess.run([sys.executable, "-c", program], check=True)
    for package in ("bounds", "simulate"):
        modules = {path.stem for path in (ROOT / package).glob("*.py")}
        assert not modules & set(__import__(package).__all__)


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_readme_prints_what_the_main_command_prints():
    """Word for word, down to the last digit; counts are the same on every machine, fits to the digits shown."""
    shown = next(block for block in blocks("") if block.startswith("Distinct sequences, and so"))
    done = run("sweep")
    printed = [line.rstrip() for line in done.stdout.splitlines()]
    expected = [line.rstrip() for line in shown.splitlines()]
    assert printed[: len(expected)] == expected
    assert sum(line.startswith("! ") for line in printed[len(expected) :]) == 2, "and two notes"


def test_the_readme_example_in_python_gives_the_numbers_beside_it():
    import bounds

    (example,) = blocks("python")
    assert "exponent_band(0.28)" in example
    names: dict[str, object] = {}
    exec(compile(example, "README.md", "exec"), names)  # runs the text that the reader sees
    low, high = bounds.exponent_band(0.28)
    assert (round(low, 2), round(high, 2)) == (0.44, 0.72)
    assert f"{bounds.growth_factor(0.58, k=2):.2f}" == "3.30"
    assert f"{bounds.expected_unique('zipf:1.724', 1e15):.2e}" == "7.07e+08"
    assert 0.58 in bounds.fit_exponent(names["ds"])["zipf:1.724"].interval


def test_the_readme_names_commands_that_exist():
    from bounds.__main__ import main as bounds_main
    from simulate.cli.main import main as simulate_main

    assert README.count("\n") < 120
    found = re.findall(r"-m (bounds|simulate) (\w+)([^\n`]*)", README)
    assert found
    for module, command, rest in found:
        group = bounds_main if module == "bounds" else simulate_main
        flags = {flag for parameter in group.commands[command].params for flag in parameter.opts}
        used = {word for word in shlex.split(rest) if word.startswith("--")}
        assert used <= flags, f"{module} {command}: {used - flags}"


def test_names_that_have_moved_work_and_say_where_they_are():
    import simulate

    assert len(simulate.__all__) <= 15
    for name in ("run_sweep", "refit", "classify_trajectories", "HyperLogLog"):
        with pytest.warns(DeprecationWarning, match=rf"simulate\.{name} is simulate\..*\.{name} now; .* until 0.3"):
            assert callable(getattr(simulate, name))


def test_no_public_function_takes_options_that_it_does_not_name():
    import inspect

    import bounds
    import simulate

    subjects = [import_module(f"bounds.{room}") for room in bounds.SUBJECTS]
    found = [getattr(package, name) for package in (bounds, simulate, *subjects) for name in package.__all__]
    functions = [value for value in found if inspect.isfunction(value)]
    assert len(functions) > 100
    loose = [
        f"{function.__module__}.{function.__name__}" for function in functions
        if any(one.kind is one.VAR_KEYWORD for one in inspect.signature(function).parameters.values())
    ]  # fmt: skip
    assert loose == []
