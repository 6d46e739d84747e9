"""What a process may use: the affinity of its threads, and every limit of memory, is seen."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from simulate.running import machine
from simulate.running.machine import machine_memory, usable_cores

GIB = 2**30


@pytest.fixture
def groups(tmp_path, monkeypatch):
    """A machine of 64 GiB of which 40 are free, and control groups that a test writes."""
    (tmp_path / "meminfo").write_text(f"MemTotal: {64 << 20} kB\nMemAvailable: {40 << 20} kB\n")
    for name, path in {"_CGROUPS": "groups", "_MEMBERSHIP": "member", "_MEMORY": "meminfo"}.items():
        monkeypatch.setattr(machine, name, tmp_path / path)
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 64 * GIB // 4096}.get)
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(24)))

    def write(member: str, **files: str) -> None:
        (tmp_path / "member").write_text(member)
        for name, text in files.items():
            path = tmp_path / "groups" / name.replace("__", "/").replace("_DOT_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    return write


def test_no_limits(groups):
    assert machine_memory() == (64 * GIB, 40 * GIB)
    assert usable_cores() == 24


def test_version_2_and_the_groups_around_it(groups):
    groups(
        "0::/a/b\n",
        a__b__memory_DOT_max="max\n", a__b__memory_DOT_current="1000\n", a__b__cpu_DOT_max="max 100000\n",
        a__memory_DOT_max=f"{8 * GIB}\n", a__memory_DOT_current=f"{6 * GIB}\n", a__cpu_DOT_max="250000 100000\n",
        a__memory_DOT_stat=f"anon 5\nfile {3 * GIB}\ninactive_file {GIB}\n",
    )  # fmt: skip
    assert machine_memory() == (8 * GIB, 3 * GIB)
    assert usable_cores() == 3


def test_a_container_sees_its_group_at_the_root(groups):
    groups("0::/\n", memory_DOT_max=f"{2 * GIB}\n", memory_DOT_current=f"{GIB}\n", cpu_DOT_max="50000 100000\n")
    assert machine_memory() == (2 * GIB, GIB)
    assert usable_cores() == 1


def test_version_1(groups):
    groups(
        "5:cpu,cpuacct:/docker/x\n4:memory:/docker/x\n",
        memory__memory_DOT_limit_in_bytes=f"{4 * GIB}\n", memory__memory_DOT_usage_in_bytes=f"{GIB}\n",
        cpu__cpu_DOT_cfs_quota_us="400000\n", cpu__cpu_DOT_cfs_period_us="100000\n",
    )  # fmt: skip
    assert machine_memory() == (4 * GIB, 3 * GIB)
    assert usable_cores() == 4
    groups("4:memory:/docker/x\n", cpu__cpu_DOT_cfs_quota_us="-1\n")
    assert usable_cores() == 24


def apart(program: str, before: str) -> str:
    command = f'{before}; exec "{sys.executable}" -c "{program}"'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_ulimit_and_taskset():
    program = "from simulate.running.machine import *; print(*machine_memory(), usable_cores(), sep=chr(10))"
    total, free, _ = map(int, apart(program, "ulimit -v 1000000").split())
    assert 0 < free <= total < 1024 * 1_000_000
    one = min(os.sched_getaffinity(0))
    assert apart(program, f"taskset -cp {one} $$ >&2").split()[2] == "1"


def test_everything_that_takes_all_cores_asks_here(monkeypatch):
    from simulate.running.execution import Execution

    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3})
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert Execution().at_once() == Execution(cluster="local").at_once() == 1
    assert Execution(threads=5).at_once() == 5
    assert Execution(threads=5).at_once("gpu") == 1


def test_nothing_else_counts_processors():
    root = Path(__file__).parents[1]
    for package in ("bounds", "simulate", "experiments"):
        for path in (root / package).rglob("*.py"):
            assert path.name == "machine.py" or not re.search(r"cpu_count|SC_PHYS_PAGES", path.read_text()), path
