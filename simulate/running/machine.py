"""What this process may use: processors and bytes of memory. Limits of a container, of `taskset` and of `ulimit` count.

Loads nothing heavy. Where the system does not say (no Linux, no /proc), what is known already stands.
"""

from __future__ import annotations

import math
import os
import resource
from collections.abc import Iterator
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")
_MEMORY, _STATUS = Path("/proc/meminfo"), Path("/proc/self/status")

_LIMITS = ((resource.RLIMIT_AS, "VmSize"), (resource.RLIMIT_DATA, "VmData"))
"""Limits of `ulimit -v` and `ulimit -d`, with the line of the status that says how much of it is in use."""


def usable_cores() -> int:
    """Processors that threads of this process can run on at the same time, at least 1."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    for folder in _groups("cpu"):
        quota, period = _numbers(folder, "cpu.max", 2) or (
            *(_numbers(folder, "cpu.cfs_quota_us", 1) or (0,)), *(_numbers(folder, "cpu.cfs_period_us", 1) or (0,)),
        )  # fmt: skip
        if quota > 0 and period > 0:
            cores = min(cores, math.ceil(quota / period))
    return max(1, cores)


def machine_memory() -> tuple[int, int]:
    """Bytes of memory that this process can have at most, and that are free now.

    Free is the least of what the machine has available, what is left of the limit of each container around this
    process (files that were read and can be dropped do not count), and what is left of ``ulimit -v`` and ``-d``.
    """
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    free = min(total, _line(_MEMORY, "MemAvailable", total))
    for folder in _groups("memory"):
        limit = _numbers(folder, "memory.max", 1) or _numbers(folder, "memory.limit_in_bytes", 1)
        used = _numbers(folder, "memory.current", 1) or _numbers(folder, "memory.usage_in_bytes", 1)
        if limit and used:
            total = min(total, limit[0])
            free = min(free, limit[0] - max(0, used[0] - _droppable(folder)))
    for kind, name in _LIMITS:
        soft = resource.getrlimit(kind)[0]
        if soft != resource.RLIM_INFINITY:
            left = soft - _line(_STATUS, name, 0)
            total, free = min(total, left), min(free, left)
    return max(0, total), max(0, min(free, total))


def used_memory() -> int:
    """Bytes of memory that this process holds now; 0 where the system does not say."""
    return _line(_STATUS, "VmRSS", 0)


def _groups(controller: str) -> Iterator[Path]:
    """Folders of the control groups of this process, innermost first: version 2, and the `controller` of version 1.

    A container sees its own group at the root, under whatever name it has outside.
    """
    try:
        lines = _MEMBERSHIP.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        lines = []
    places = {_CGROUPS: "/", _CGROUPS / controller: "/"}
    for line in lines:
        _, _, rest = line.partition(":")
        names, _, path = rest.partition(":")
        if not names or controller in names.split(","):
            places[_CGROUPS / controller if names else _CGROUPS] = path
    for root, path in places.items():
        inside = root / path.lstrip("/")
        yield from (folder for folder in (inside, *inside.parents) if folder.is_relative_to(root))


def _numbers(folder: Path, name: str, count: int) -> tuple[int, ...] | None:
    """The first `count` whole numbers in a file of a control group; None where it has none, or says max."""
    try:
        words = (folder / name).read_text(encoding="ascii").split()[:count]
        return tuple(map(int, words)) if len(words) == count else None
    except (OSError, ValueError):
        return None


def _droppable(folder: Path) -> int:
    """Bytes of files in the cache of a control group that were not used lately."""
    try:
        pairs = dict(line.split() for line in (folder / "memory.stat").read_text(encoding="ascii").splitlines())
        return int(pairs.get("total_inactive_file", pairs.get("inactive_file", 0)))
    except (OSError, ValueError):
        return 0


def _line(path: Path, name: str, otherwise: int) -> int:
    """The number of kB in the line `name` of `path`, in bytes."""
    try:
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
    except (OSError, ValueError, StopIteration):
        return otherwise


def size_of(n_bytes: float) -> str:
    """A number of bytes as people say it, such as 12 MiB."""
    for unit in ("B", "KiB", "MiB"):
        if n_bytes < 1024:
            return f"{n_bytes:.0f} {unit}"
        n_bytes /= 1024
    return f"{n_bytes:.1f} GiB"
