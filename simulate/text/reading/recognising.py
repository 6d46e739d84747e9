"""What a file is that is no text, by its first bytes: compressed, an archive, a table, token ids, JSON lines.

Counted as they stand, such files give numbers that look like those of a text and say something about a format. So what
is recognised is refused, with what to do instead. The rule, the same for files, pipes and what comes out of a ``.zst``:

* A format in the tables below, JSON lines, and arrays of token ids are refused for every unit.
* Bytes that are none of these are counted by unit ``byte``, whatever they are: programs, sound, genomes.
* Units of text (all others) need UTF-8. A byte-order mark of UTF-8 is no part of the text; UTF-16, UTF-32 and what
  holds more than one NUL in a hundred bytes are refused.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

HEAD = 1 << 16
"""Bytes at the start of a file that are looked at."""

BOM = b"\xef\xbb\xbf"
"""The byte-order mark of UTF-8."""

_UNPACK = "zstd -dc --long=31"

_COMPRESSED = {
    b"\x28\xb5\x2f\xfd": ("zstd", _UNPACK),
    b"\x1f\x8b\x08": ("gzip", "gzip -dc"),
    b"\xfd7zXZ\x00": ("xz", "xz -dc"),
    b"\x04\x22\x4d\x18": ("lz4", "lz4 -dc"),
    b"\x1f\x9d": ("compress", "gzip -dc"),
    b"LZIP\x01": ("lzip", "lzip -dc"),
    b"]\x00\x00\x80\x00\xff\xff\xff\xff\xff\xff\xff\xff": ("lzma", "xz -dc"),
    b"\xff\x06\x00\x00sNaPpY": ("snappy", "snzip -dc"),
}
_BZIP2 = re.compile(rb"BZh[1-9](1AY&SY|\x17\x72\x45\x38\x50\x90)")
_SKIPPABLE = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18", re.DOTALL)  # what a zstd file may begin with

_ARCHIVES = {  # by commands that read no pipe
    b"PK\x03\x04": ("a zip archive", "unzip -p"),
    b"PK\x05\x06": ("an empty zip archive", "unzip -p"),
    b"7z\xbc\xaf\x27\x1c": ("a 7z archive", "7z x -so"),
    b"Rar!\x1a\x07": ("a rar archive", "unrar p -inul"),
}

NUMPY = b"\x93NUMPY"
_TABLES = {
    b"ARROW1\x00\x00": "an Arrow table",
    b"\x89HDF\r\n\x1a\n": "an HDF5 file, as kept results (.nc) are",
    NUMPY: "a NumPy array",
    b"SQLite format 3\x00": "an SQLite database",
    b"Obj\x01": "an Avro table",
    b"CDF\x01": "a netCDF file",
    b"CDF\x02": "a netCDF file",
}
_MAYBE_TABLES = {b"PAR1": "a Parquet table", b"FEA1": "a Feather table", b"ORC": "an ORC table"}
"""Letters that a text may begin with as well: taken for what they are where NUL bytes follow."""

_DOCUMENTS = {
    b"%PDF-": "a PDF document", b"\x89PNG\r\n\x1a\n": "a PNG image", b"\xff\xd8\xff": "a JPEG image",
    b"GIF89a": "a GIF image", b"{\\rtf1": "an RTF document", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an Office document",
}  # fmt: skip

_INDICES = {b"MMIDIDX\x00\x00": "Megatron", b"TNTIDX\x00\x00": "fairseq"}
_LLM_C = {(20240520).to_bytes(4, "little"): 2, (20240801).to_bytes(4, "little"): 4}
"""Bytes of an id by the first number of a file of llm.c, whose ids follow 1024 bytes."""

_WIDE = {
    b"\xff\xfe\x00\x00": "UTF-32", b"\x00\x00\xfe\xff": "UTF-32", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16",
}  # fmt: skip

_FIELDS = frozenset((
    "text", "content", "contents", "body", "raw_content", "document", "doc", "passage", "paragraph", "sentence",
    "prompt", "response", "completion", "messages", "conversation", "conversations", "instruction", "question",
    "answer", "article", "abstract", "summary", "story", "code", "review", "transcript", "markdown", "html",
))  # fmt: skip
"""Usual names of fields that hold text."""

_FIRST_KEY = re.compile(rb'\s*(?P<list>\[\s*)?\{\s*"(?P<key>(?:[^"\\]|\\.){1,200})"\s*:')
_VOCABULARY = 1 << 18
"""More than the token ids of any published tokenizer."""


class Target(NamedTuple):
    """What a command that a sentence advises is given."""

    name: str
    """The file, as a shell is told it; nothing for a pipe."""
    packed: bool = False
    """Whether the bytes came out of a ``.zst``: then the command is given what comes out of it as well."""

    def through(self, command: str) -> str:
        """`command`, which reads the file that it is given or else a pipe, with what it reads."""
        if self.packed:
            return f"{_UNPACK} {self.name} | {command}"
        return f"{command} {self.name}" if self.name else command

    @property
    def is_file(self) -> bool:
        """Whether a command can open the bytes by a name."""
        return bool(self.name) and not self.packed


def why_not_text(target: Target, head: bytes, *, whole: bool) -> str | None:
    """What is said of a file that begins with `head` and is not counted, whatever the unit; None for all others.

    `target` is what commands are given that the sentence advises; `whole` says that `head` is all.
    """
    return _compressed(head, target) or _binary(head, target) or _json(head, whole, target) or _token_ids(head, target)


def why_not_lines(target: Target, head: bytes) -> str | None:
    """What is said of a file that begins with `head` and can be neither text nor lines of JSON; None for all others."""
    return _compressed(head, target) or _binary(head, target)


def why_not_utf8(target: Target, head: bytes) -> str | None:
    """What is said of a file that begins with `head` and is wanted as text of UTF-8; None where it may be that."""
    for mark, encoding in _WIDE.items():
        if head.startswith(mark):
            return (
                f"is {encoding}, as its byte-order mark says, and text is read as UTF-8: {_convert(encoding, target)}"
            )
    n_zeros = head.count(0)
    if n_zeros <= max(3, len(head) // 100):
        return None
    for values, encoding in (*_numbers(head, 4), *_numbers(head, 2)):
        if _is_wide_ascii(values):
            return f"looks like {encoding}, and text is read as UTF-8: {_convert(encoding, target)}"
    return (
        f"has {n_zeros} NUL bytes among its first {len(head)}: it is no text; convert it, take unit byte if bytes are "
        "meant, or --unit token and its --dtype if they are token ids"
    )


def looks_like_text(head: bytes, least: int = 64) -> bool:
    """Whether bytes that are to be numbers are letters: `least` bytes or more of UTF-8, almost without controls."""
    if len(head) < least or is_binary(head[:HEAD]) or (least < 64 and 0 in head):
        return False
    try:
        head[:HEAD].decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(head[:HEAD]) - 4
    return True


_CONTROLS = bytes(i for i in range(32) if i not in b"\t\n\v\f\r\x1b")


def is_binary(head: bytes) -> bool:
    """Whether more than one byte in a hundred is a control that no text has; of random bytes it is one in ten."""
    return len(head) - len(head.translate(None, _CONTROLS)) > max(3, len(head) // 100)


def _compressed(head: bytes, target: Target) -> str | None:
    found = next((known for magic, known in _COMPRESSED.items() if head.startswith(magic)), None)
    if found is None and _BZIP2.match(head):
        found = ("bzip2", "bzip2 -dc")
    if found is None and _SKIPPABLE.match(head):
        found = _COMPRESSED[b"\x28\xb5\x2f\xfd"]
    if found is None and _is_zlib(head):
        found = ("zlib", "zlib-flate -uncompress <" if target.is_file else "zlib-flate -uncompress")
    if found is None:
        return None
    kind, command = found
    if kind == "zstd" and target.is_file:
        return "is compressed by zstd, not text: give it a name ending in .zst"
    also = ", or give it a name ending in .gz" if kind == "gzip" and target.is_file else ""
    return f"is compressed by {kind}, not text: {_pipe(target.through(command))}{also}"


def _binary(head: bytes, target: Target) -> str | None:
    for magic, (what, command) in _ARCHIVES.items():
        if head.startswith(magic):
            first, name = ("", target.name) if target.is_file else ("write it to a FILE and ", "FILE")
            return f"is {what}, not text: {first}{_pipe(f'{command} {name}')}"
    if head[257:262] == b"ustar":
        return f"is a tar archive, not text: {_pipe(target.through('tar -xOf' if target.is_file else 'tar -xOf -'))}"
    for magic, what in _TABLES.items():
        if head.startswith(magic):
            ids = magic == NUMPY and target.is_file
            return f"is {what}, not text: " + ("if it holds token ids, pass --unit token" if ids else _WRITE)
    for magic, what in _MAYBE_TABLES.items():
        if head.startswith(magic) and b"\0" in head[:256]:
            table = magic == b"PAR1" and target.is_file
            return f"is {what}, not text: " + ("pass --format parquet" if table else _WRITE)
    for magic, what in _DOCUMENTS.items():
        if head.startswith(magic):
            return f"is {what}, not text: {_WRITE}"
    for magic, maker in _INDICES.items():
        if head.startswith(magic):
            return f"is an index of token ids ({maker}), not text: the ids are in the .bin file beside it, so give that"
    if size := _LLM_C.get(head[:4]):
        command = f"{target.through('tail -c +1025')} | od -An -v -t u{size}"
        advice = "count it with --unit token" if target.is_file else f"count the ids, {_counted(command)}"
        return f"is a file of token ids (llm.c), not text: {advice}"
    return None


_WRITE = "write the text that is in it to a file, and count that"


def _pipe(command: str) -> str:
    return f"pipe it, `{command} | python -m simulate corpus -`"


def _counted(command: str) -> str:
    return f"`{command} | python -m simulate corpus - --unit space`"


def _is_zlib(head: bytes) -> bool:
    """Whether a zlib stream begins here: its header is two bytes with a check of five bits, so a part is tried."""
    if len(head) < 16 or head[0] != 0x78 or int.from_bytes(head[:2], "big") % 31 or head[1] not in (0x01, 0x9C, 0xDA):
        return False
    try:
        return bool(zlib.decompressobj().decompress(head, 64))
    except zlib.error:
        return False


def _json(head: bytes, whole: bool, target: Target) -> str | None:
    """JSON lines, or a JSON list, of objects with a field that holds text."""
    start = head.removeprefix(BOM)
    match = _FIRST_KEY.match(start)
    if not match:
        return None
    if match["list"]:
        key = match["key"].decode("utf-8", "replace")
        return _json_sentence("a JSON list", key, f"jq -r '.[].{key}'", target) if key in _FIELDS else None
    lines = [line for line in start.split(b"\n") if line.strip()]
    complete = lines if whole else lines[:-1]
    if not complete:  # a first line longer than the head
        key = match["key"].decode("utf-8", "replace")
        found = key if key in _FIELDS or len(lines[0]) >= HEAD - len(BOM) else None
        return _json_sentence("JSON lines", found, f"jq -r .{found}", target) if found else None
    fields = [_text_field(line) for line in complete[:2]]
    if None in fields:
        return None
    return _json_sentence("JSON lines", fields[0], f"jq -r .{fields[0]}", target)


def _text_field(line: bytes) -> str | None:
    """Where a JSON object on `line` holds text, as jq calls it: a usual name, or the longest with a space."""
    try:
        found = json.loads(line)
        places = dict(_places(found)) if isinstance(found, dict) else {}
    except (ValueError, RecursionError):
        return None
    usual = [place for place in places if place.rpartition(".")[2] in _FIELDS]
    prose = [place for place, value in places.items() if isinstance(value, str) and " " in value.strip()]
    return next(iter(usual), None) or max(prose, key=lambda place: len(places[place]), default=None)


def _places(found: dict[str, Any], above: str = "") -> Iterator[tuple[str, str | list[Any]]]:
    """Strings and lists in an object, and in the objects in it and in its lists; those of the object itself first."""
    yield from ((above + key, value) for key, value in found.items() if isinstance(value, str | list))
    for key, value in found.items():
        if isinstance(value, dict):
            yield from _places(value, f"{above}{key}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield from _places(value[0], f"{above}{key}[].")


def _json_sentence(what: str, key: str | None, command: str, target: Target) -> str:
    plain = re.fullmatch(r"\w{1,40}(\.\w{1,40}){0,3}", str(key))
    if what == "JSON lines" and plain:
        other = "" if key == "text" else f" --field {key}"
        return f"is {what}, not text: names of fields would be counted with what is in them; pass --format jsonl{other}"
    if not plain and not re.fullmatch(r"\w{1,40}((\[\])?\.\w{1,40}){0,3}", str(key)):
        command = "jq -r .FIELD"
    elif "[" in str(key):
        command = f"jq -r '.{key}'"
    return (
        f"is {what}, not text: names of fields would be counted with what is in them; {_pipe(target.through(command))}"
    )


def _token_ids(head: bytes, target: Target) -> str | None:
    """Arrays of 32 or 16 bits without a header. No text and no compressed file has numbers as small as these."""
    if head.startswith(tuple(_WIDE)):
        return None
    for values, encoding in _numbers(head, 4):
        small = len(values) >= 16 and 0 < values.max() < _VOCABULARY and np.count_nonzero(values) > len(values) // 4
        if small and not _is_wide_ascii(values):
            return _array(4, target, " --endian=big" if encoding.endswith("BE") else "")
    pairs, _ = _numbers(head, 2)[0]
    if len(pairs) < 64 or pairs.max() > 65_000 or _is_wide_ascii(pairs):
        return None
    high, low = (int(np.count_nonzero(part == 0)) for part in (pairs >> 8, pairs & 0xFF))
    if high < 0.02 * len(pairs) or high < 4 * (low + 1):
        return None
    return _array(2, target)


def _array(size: int, target: Target, order: str = "") -> str:
    """Ids with the lowest byte first have a reader; others go through a command."""
    found = f"looks like an array of whole numbers of {8 * size} bits, such as token ids, not text: "
    if not order:
        return f"{found}to count them pass --unit token and --dtype, such as uint{8 * size}"
    command = target.through(f"od{order} -An -v -t u{size}")
    return f"{found}count the numbers, {_counted(command)}, or with -t u1 the bytes"


def _numbers(head: bytes, size: int) -> list[tuple[np.ndarray, str]]:
    """`head` as numbers of `size` bytes, lowest byte first and last, with the encodings that have such numbers."""
    whole = head[: len(head) // size * size]
    ends = {"<": "LE", ">": "BE"}
    return [(np.frombuffer(whole, dtype=f"{end}u{size}"), f"UTF-{8 * size}{name}") for end, name in ends.items()]


def _is_wide_ascii(values: np.ndarray) -> bool:
    """Whether numbers are letters: UTF-16 or UTF-32 without a byte-order mark."""
    if not len(values):
        return False
    return bool(np.mean((values >= 9) & (values < 0x250)) > 0.9 and np.mean(values == 32) > 0.05)


def _convert(name: str, target: Target) -> str:
    return f"convert it, `{target.through(f'iconv -f {name} -t UTF-8')}`"
