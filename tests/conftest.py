"""Data tests: run where the published data is, skip with a reason where it is not, and say how many did."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis.strategies import none

from tests import statistics

# A busy machine is no failure: what takes long is the business of the benchmarks. A property is tried on 30 examples
# unless it says otherwise. Continuous integration tries the same examples each time, so that what fails there can be
# seen again; everywhere else they are new ones.
settings.register_profile("patient", deadline=None, derandomize="CI" in os.environ, max_examples=30)
settings.load_profile("patient")

VARIABLE = "EFFICIENCY_BOUNDS_DATA"
REQUIRED = "EFFICIENCY_BOUNDS_REQUIRE_DATA"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is collected stays to the end: the collector of garbage neither looks at it while it grows nor later.

    Else it takes a quarter of the time of collecting thousands of tests, in each process. Hypothesis asks the collector
    once who holds the generators that it manages, which must be before their holders are frozen.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        settings(max_examples=1, database=None)(given(none())(lambda _: None))()
        gc.freeze()
        gc.enable()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test marked `data` needs the folder that the variable names."""
    if item.get_closest_marker("data") is None or os.environ.get(VARIABLE):
        return
    if os.environ.get(REQUIRED) == "1":
        pytest.fail(f"{REQUIRED}=1, but {VARIABLE} is not set")
    pytest.skip(f"{VARIABLE} is not set: no published data here")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """What each of several processes has checked counts against one budget."""
    statistics.checked.extend(node.workeroutput.get("checked", ()) if hasattr(node, "workeroutput") else ())


def pytest_sessionfinish(session: pytest.Session) -> None:
    """The statistical checks of all processes stay within the budget, or the run fails."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["checked"] = list(statistics.checked)
    elif len(statistics.checked) > statistics.N_CHECKS:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(autouse=True, scope="session")
def no_text_is_small() -> Iterator[None]:
    """In this process the texts of tests, small as they are, are counted by compiled loops, as those of users are.

    That small ones give the same without is `tests.test_small_texts`, and commands in processes of their own.
    """
    from simulate.text.small import size

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(size, "MOST_UNITS", 0)
        patch.setattr(size, "MOST_BYTES", 0)
        yield


@pytest.fixture
def data_folder() -> Path:
    """The local mirror of the published data."""
    return Path(os.environ[VARIABLE])


FIRST = "test_unique_sequences"
"""A module whose tests share what takes half a minute to make: at the head of a queue, from whose end others steal."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is dear comes first; the count of statistical checks is looked at when all of them have been made."""
    items.sort(key=lambda item: (item.name == "test_the_budget_covers_every_check", item.path.stem != FIRST))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many data tests ran and how many did not."""
    seen = {"ran": 0, "skipped": 0}
    for outcome in ("passed", "failed", "skipped"):
        for report in terminalreporter.getreports(outcome):
            if "data" in getattr(report, "keywords", {}) and (report.when == "call" or outcome == "skipped"):
                seen["skipped" if outcome == "skipped" else "ran"] += 1
    terminalreporter.write_line(f"statistical checks: {len(statistics.checked)} of at most {statistics.N_CHECKS}")
    terminalreporter.write_line(f"data tests: {seen['ran']} ran, {seen['skipped']} skipped")
