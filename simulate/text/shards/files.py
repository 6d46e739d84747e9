"""The files of a text as workers are asked for them, and what becomes of one that cannot be read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from bounds.base.telling.steps import step
from simulate.text.cutting.opened import Told, check_files, check_options, opened, with_units
from simulate.text.reading.asked import ReadOptions
from simulate.text.reading.errors import InputError, label
from simulate.text.reading.naming import Files, gone
from simulate.text.reading.opening import is_url
from simulate.text.reading.room import TooLargeError
from simulate.text.shards.workers import Workers

TOGETHER = 1 << 25
"""Bytes of small files that are read by one task."""

A_WORKER = 4
"""Tasks that read, for each worker."""


class AbsentError(InputError):
    """A file that is not there, where the worker is."""


@dataclass(frozen=True)
class Asked:
    """Files in groups that a task reads each, and how they are read."""

    unit: str
    options: ReadOptions
    groups: Sequence[tuple[list[str], int]]
    """Names, and bytes of all of them."""
    given: Mapping[str, str]
    """The names that files were given by, where workers are asked for others."""
    listed: frozenset[str]
    """See `Files`; by the names that they were given by."""

    @classmethod
    def of(cls, files: Files, unit: str, options: ReadOptions, workers: Workers, most: int = TOGETHER) -> Asked:
        """The groups of `files`; InputError where workers cannot read them as asked."""
        check_options(unit, options)
        check_files(files, options)
        if "-" in files.names:
            raise InputError("standard input is read where it is, by one process: leave out --cluster, or name files")
        given: dict[str, str] = {}
        names = with_units(files, unit, options) if options.skip_missing else files.names
        if workers.far:  # whose folder is another one
            named = [*names, *(one for one in (options.documents, options.tokenizer) if one is not None)]
            given = {_absolute(one): one for one in named}
            names = [_absolute(one) for one in names]
            documents, tokenizer = (one and _absolute(one) for one in (options.documents, options.tokenizer))
            options = replace(options, documents=documents, tokenizer=tokenizer)
        return cls(unit, options, together(names, most, A_WORKER * workers.n), given, files.listed)

    @property
    def names(self) -> list[str]:
        """All files in their order, as workers are asked for them."""
        return [name for names, _ in self.groups for name in names]

    def read(self, workers: Workers, what: Callable[..., Any], *more: Any) -> list[Any]:
        """A task for each group: `what` of its names, the unit, the options and `more`; the largest comes first."""
        each = (self.unit, self.options, *more)
        return [workers.do(what, names, *each, first=float(size)) for names, size in self.groups]

    def facts(self, workers: Workers, shards: Sequence[Any], what: Callable[[Any], Any]) -> list[Any]:
        """`what` is known of each of `shards`, with what was ``told`` of its files.

        Where files cannot be read, raises the error of the first one, whichever fails first.
        """
        shares = [Share(group, shard, workers.do(what, shard)) for group, shard in enumerate(shards)]
        found, failed = gathered(workers, shares)
        if failed:
            raise self.error(failed[min(failed)])
        return found

    def as_given(self, told: Sequence[Told]) -> list[Told]:
        """What was told of all files, by the names that they were given by."""
        return [self._known(one, self.given.get(name, name)) for name, one in zip(self.names, told, strict=True)]

    def _known(self, one: Told, name: str) -> Told:
        seen = replace(one.seen, notes=[self._said(note) for note in one.seen.notes])
        return replace(one, name=label(name), path=name, about_tokenizer=self._said(one.about_tokenizer), seen=seen)

    def error(self, error: ValueError) -> ValueError:
        """The error of a worker, of files by the names that they were given by."""
        if isinstance(error, TooLargeError):
            return TooLargeError(self._said(error.name), error.reason)
        text = self._said(str(error))
        if isinstance(error, AbsentError):
            absent = [name for name in self.names if f"{label(name)} does not" in str(error)]
            near = self.given.get(absent[0], absent[0]) if absent else ""
            if absent and os.path.exists(absent[0]):
                text = (
                    f"{label(near)} is here, but not where a worker is: give workers the same files as "
                    f"{label(absent[0])}, or name URLs"
                )
            elif near in self.listed:
                text = gone(near)
        return InputError(text)

    def _said(self, text: Any) -> Any:
        for far, near in self.given.items():
            text = text and text.replace(label(far), label(near))
        return text


def read_one_by_one(names: Sequence[str], unit: str, options: ReadOptions) -> Iterator[Any]:
    """The files called `names`, opened, for a worker to read; `AbsentError` for one that is not there."""
    with absence_told():
        yield from opened(Files(list(names), "", ()), unit, options)


class Share(NamedTuple):
    """What a task has to read, and the one that tells what it was."""

    group: int
    """The place of its files, or of its file, among the groups of all files."""
    shard: Any
    """The task; None where nobody asks for what it gives."""
    told: Any


def gathered(workers: Workers, shares: Sequence[Share]) -> tuple[list[Any], dict[int, ValueError]]:
    """What the task of each of `shares` told, which stand in the order of their groups, or the errors of some groups.

    The error of the first group that cannot be read is among them, whichever fails first, and what those before it
    told; None of the others.
    """
    found: list[Any] = [None] * len(shares)
    failed: dict[int, ValueError] = {}
    step("reading", 0, len(shares), "tasks")
    for done, place in enumerate(workers.ended([one.told for one in shares]), 1):
        step("reading", done, len(shares), "tasks")
        one = shares[place]
        if failed and one.group >= min(failed):
            continue  # it was given up
        try:
            found[place] = workers.of(one.told)
        except ValueError as error:
            failed[one.group] = error
            behind = [task for other in shares if other.group > one.group for task in (other.shard, other.told)]
            workers.drop([task for task in behind if task is not None])
    return found, failed


@contextmanager
def absence_told() -> Iterator[None]:
    """`AbsentError` for a file that is not there."""
    try:
        yield
    except InputError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise AbsentError(str(error)) from None
        raise


def together(names: Sequence[str], most: int, n_tasks: int) -> list[tuple[list[str], int]]:
    """Files that one task reads, with their bytes: small ones that follow each other, up to `most` bytes in all, and to
    as many as leave about `n_tasks`."""
    groups: list[tuple[list[str], int]] = []
    sizes = [_size(name, most) for name in names]
    most = min(most, sum(sizes) // n_tasks)
    for name, size in zip(names, sizes, strict=True):
        if groups and groups[-1][1] + size <= most:
            groups[-1] = ([*groups[-1][0], name], groups[-1][1] + size)
        else:
            groups.append(([name], size))
    return groups


def _size(name: str, unknown: int) -> int:
    try:
        return os.stat(name).st_size
    except OSError:  # a URL, or gone: whoever reads it says so
        return unknown


def _absolute(name: str) -> str:
    return name if is_url(name) else os.path.abspath(name)
