"""What is reached under which name in Python: few names at the top, the rest by subject, old ones that warn."""

from __future__ import annotations

import doctest
import inspect
import pkgutil
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import bounds
import simulate
from bounds.base.lazy_names import UNTIL, lazy_names
from bounds.base.notes import KINDS
from bounds.catalogue import places
from tests.public import NAMES, public

ROOT = Path(__file__).parent.parent
PAGES = "\n".join(
    path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
)
MOVED = [(name, place) for place, names in bounds._MOVED.items() for name in names]


def test_the_page_names_every_kind_of_note():
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    named = re.search(r"each has a `kind` \(([^)]*)\)", page)[1]
    assert tuple(re.split(r",\s*|\s+or\s+", named)) == KINDS


def test_the_top_has_what_everybody_asks_for_first():
    assert len(bounds.__all__) <= 45
    assert set(bounds.__all__) | set(bounds.SUBJECTS) == set(dir(bounds))
    for name in bounds.__all__:
        assert re.search(rf"\bbounds\.{name}\b", PAGES) or name == "__version__", f"no page shows bounds.{name}"
    assert len(simulate.__all__) <= 15
    for name in simulate.__all__:
        assert re.search(rf"\bsimulate\.{name}\b", PAGES), f"no page shows simulate.{name}"


@pytest.mark.parametrize("room", bounds.SUBJECTS)
def test_a_subject_has_its_names(room):
    package = getattr(bounds, room)
    for name in package.__all__:
        value = getattr(package, name)
        assert isinstance(value, dict | float) or value.__doc__
        assert name not in bounds.__all__ or value is getattr(bounds, name)
    assert sorted(package.__all__) == dir(package)
    with pytest.raises(AttributeError, match=f"module 'bounds.{room}' has no attribute 'nothing'"):
        package.nothing  # noqa: B018


@pytest.mark.parametrize("room", bounds.SUBJECTS)
def test_no_name_is_that_of_a_module_beside_it(room):
    """Once loaded, the module would stand where the function was asked for."""
    package = getattr(bounds, room)
    modules = {one.name for one in pkgutil.iter_modules(package.__path__)}
    assert modules
    assert modules.isdisjoint(package.__all__)


def test_no_name_has_two_subjects():
    names = [name for room in bounds.SUBJECTS for name in getattr(bounds, room).__all__]
    assert len(names) == len(set(names))
    assert places()["l1_upper"] == "bounds.divergence.l1_upper"
    assert places()["unique_bounds"] == "bounds.unique_bounds"


@pytest.mark.parametrize(("name", "place"), MOVED)
def test_an_old_name_says_where_it_is_now(name, place):
    with pytest.warns(DeprecationWarning, match=rf"^bounds\.{name} is {place}\.{name} now; .* until {UNTIL}$") as told:
        found = getattr(bounds, name)
    assert found is getattr(import_module(place), name)
    assert told[0].filename == __file__, "the warning names the line that uses the old name"
    assert name not in bounds.__all__


def test_the_machinery_serves_any_package(monkeypatch):
    name = "tests.public"
    public, get, listed = lazy_names(
        name, {"math": ["sqrt", "pi"]}, moved={"cmath": ["phase"]}, here=("own",), rooms=("inner",)
    )
    assert public == ["own", "sqrt", "pi"]
    assert listed() == ["inner", "own", "pi", "sqrt"]
    monkeypatch.setattr(sys.modules[name], "sqrt", None, raising=False)
    assert get("sqrt")(4) == sys.modules[name].sqrt(4) == 2, "found once, it is an attribute"
    with pytest.warns(DeprecationWarning, match=r"tests\.public\.phase is cmath\.phase now"):
        assert get("phase")(1) == 0
    with pytest.raises(AttributeError, match=r"module 'tests.public' has no attribute 'other'"):
        get("other")


def test_importing_the_package_and_its_subjects_loads_next_to_nothing():
    rooms = "; ".join(f"bounds.{room}" for room in bounds.SUBJECTS)
    program = f"import sys, bounds; {rooms}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"numpy", "scipy", "sympy", "numba", "xarray"} & set(done.stdout.split())


def test_no_public_function_takes_options_it_does_not_name():
    vague = []
    for name in NAMES:
        found = public(name)
        members = inspect.getmembers(found, inspect.isfunction) if inspect.isclass(found) else [("", found)]
        for member, function in members:
            if inspect.isfunction(function) and not member.startswith("_"):
                kinds = [one.kind for one in inspect.signature(function).parameters.values()]
                vague += [f"{name}.{member}"] * (inspect.Parameter.VAR_KEYWORD in kinds)
    assert not vague


def test_the_page_on_python_shows_what_a_prompt_shows():
    found = doctest.testfile(str(ROOT / "docs" / "python.md"), module_relative=False)
    assert found.attempted >= 6
    assert not found.failed


def test_the_page_on_python_lists_every_subject_as_it_is():
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    for room in bounds.SUBJECTS:
        names = [name for name in getattr(bounds, room).__all__ if name not in bounds.__all__]
        assert f"| `bounds.{room}` | {', '.join(f'`{name}`' for name in names)} |" in page
