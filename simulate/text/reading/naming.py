"""The files that names stand for: folders, patterns such as ``part-*.jsonl``, URLs, and files themselves.

The files of a folder, those of its folders included, and of a pattern come in the order of their names. Hidden files
(those whose name, or that of a folder above them, begins with a dot) and files that belong to others, such as an index
of token ids, are left out; how many is said.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bounds.base.arguments import printable, shown
from simulate.text.reading.errors import InputError, label
from simulate.text.reading.opening import filesystem, is_url, one_sentence

MOST = 100_000
"""Files of a folder: one that holds more is hardly a corpus."""

_SIDE = (".ds.index", ".ds.metadata", ".ds.loss")
"""Files of datatrove that belong to the .ds file beside them."""


class Files(NamedTuple):
    """The files of a corpus."""

    names: list[str]
    corpus: str
    """What they are called together."""
    notes: tuple[str, ...]
    """What is left out of them, and in which order they come; one sentence each."""
    listed: frozenset[str] = frozenset()
    """Those that a folder or a pattern named, and not the user: they were there."""


def named_files(paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> Files:
    """The files that `paths`, one name or several, stand for, in the order of their names; ``-`` is standard input.

    In which order several are given plays no part: prefixes, blocks and all that is made of them would depend on it.

    Raises InputError where a folder or a pattern has no file, and for anything but names.
    """
    given = [paths] if isinstance(paths, str | os.PathLike) else paths
    if not isinstance(given, Iterable) or any(not isinstance(path, str | os.PathLike) for path in given):
        raise InputError(f"paths must be the name of a file, or a list of them, got {shown(paths)}")
    names, titles, notes, listed = [], [], [], set()
    several = sorted(map(os.fsdecode, given), key=_by_name)
    for path in several:
        with one_sentence(path):
            found = _of_folder(path) or _of_pattern(path)
        if found is None:
            names.append(path)
            titles.append(stem(path))
            continue
        files, title, note = found
        names += files
        listed.update(files)
        titles += [title] if title else [stem(name) for name in files]
        notes.append(note)
    if not names:
        raise InputError("no file was given: name at least one text file, or - for standard input")
    if names.count("-") > 1:
        raise InputError("- (standard input) was given more than once, and it can be read only once")
    if len(several) > 1:
        places = sorted(range(len(names)), key=lambda place: _by_name(names[place]))
        names = [names[place] for place in places]
        titles = [titles[place] for place in places] if len(titles) == len(names) else titles
        notes.append("files are counted in the order of their names, in whichever they are given")
    return Files(names, corpus_name(titles), tuple(notes), frozenset(listed.difference(several)))


def gone(name: str) -> str:
    """What is said of a file that was listed, and is not there any more."""
    return f"{label(name)} is gone: it was there when its folder was listed; count again when nobody changes the folder"


def _by_name(path: str) -> list[str]:
    return path.split("/")


def stem(path: str) -> str:
    """The name of the corpus in `path`: the file's name without what it is compressed by and its last suffix."""
    if path == "-":
        return "stdin"
    name = path.rpartition("/")[2] if is_url(path) else path
    return printable(Path(re.sub(r"\.(zst|gz)$", "", name)).stem)


def corpus_name(titles: Sequence[str]) -> str:
    """What the corpus is called whose files are called `titles`."""
    return "+".join(titles) if len(titles) <= 3 else f"{titles[0]}+{len(titles) - 1} files"


def _of_folder(path: str) -> tuple[list[str], str, str] | None:
    """The files of a folder, its name and a sentence; None where `path` is no folder."""
    if path == "-":
        return None
    if is_url(path):
        system, place = filesystem(path)
        # Of a server of web pages nothing can be listed.
        if system.protocol in ("http", "https", ("http", "https")) or not system.isdir(place):
            return None
        every = [system.unstrip_protocol(name) for name in system.find(place)]
        above = system.unstrip_protocol(place).rstrip("/")
    elif os.path.isdir(path):
        every, above = _walked(path), path
    else:
        return None
    kept, note = _kept(every, above)
    if not kept:
        raise InputError(f"{label(path)} is a folder without files to count{note}: name the files, or another folder")
    title = printable(above.rstrip("/").rpartition("/")[2] or os.path.basename(os.path.abspath(path)))
    return (
        kept,
        title if title not in ("", ".", "..") else printable(Path(path).resolve().name),
        _said(path, kept, note),
    )


def _of_pattern(path: str) -> tuple[list[str], str, str] | None:
    """The files that match a pattern and a sentence; None where `path` is none, or the name of a file as it stands."""
    if not glob.has_magic(path) or (not is_url(path) and os.path.lexists(path)):
        return None
    if is_url(path):
        system, place = filesystem(path)
        if system.protocol in ("http", "https", ("http", "https")):  # a question mark belongs to an address
            return None
        every = [system.unstrip_protocol(name) for name in system.glob(place) if not system.isdir(name)]
    else:
        every = [name for name in glob.glob(path, recursive=True, include_hidden=True) if not os.path.isdir(name)]
    if not every and not {"*", "?"} & set(path):  # brackets alone are as likely to belong to a name
        return None
    kept, note = _kept(every, os.path.dirname(path.partition("*")[0]))
    if not kept:
        raise InputError(f"{label(path)} matches no file{note}: check the pattern, or name the files")
    return kept, "", _said(path, kept, note)


def _said(path: str, kept: list[str], note: str) -> str:
    files = "1 file" if len(kept) == 1 else f"{len(kept)} files in the order of their names"
    return f"{label(path)} is {files}{note}"


def _walked(folder: str) -> list[str]:
    def refuse(error: OSError) -> None:
        with one_sentence(os.fsdecode(error.filename or folder)):  # which may be a folder inside
            raise error

    found: list[str] = []
    walk: Any = os.walk(folder, onerror=refuse)
    for above, _, names in walk:
        found += [os.path.join(above, name) for name in names]
        if len(found) > MOST:
            raise InputError(
                f"{label(folder)} holds more than {MOST} files: name the folders of the corpus, or a pattern"
            )
    return found


def _kept(every: list[str], above: str) -> tuple[list[str], str]:
    """Those of the files below `above` that are counted, sorted, and which are not, in words."""
    special = {name for name in every if _is_special(name)}
    known = set(every) - special
    hidden = {name for name in known if _is_hidden(name, above)}
    beside = {name for name in known - hidden if _is_beside(name, known)}
    told = [f"{len(hidden)} hidden left out"] if hidden else []
    told += [f"{len(beside)} that belong to them, such as indices, not counted"] if beside else []
    told += [f"{len(special)} left out that is no file, such as a pipe"] if special else []
    note = f" ({', '.join(told)})" if told else ""
    return sorted(known - hidden - beside, key=_by_name), note


def _is_hidden(name: str, above: str) -> bool:
    return any(part.startswith(".") for part in name.removeprefix(above).split("/") if part not in (".", ".."))


def _is_special(name: str) -> bool:
    """Whether it is neither a file nor a link to one, though it may be one to nothing."""
    return not (is_url(name) or os.path.isfile(name) or os.path.islink(name))


def _is_beside(name: str, known: set[str]) -> bool:
    """Whether a file belongs to another one of `known`."""
    for ending in _SIDE:
        if name.endswith(ending):
            return name.removesuffix(ending) + ".ds" in known
    return name.endswith(".idx") and name.removesuffix(".idx") + ".bin" in known
