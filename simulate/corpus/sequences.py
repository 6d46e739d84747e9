"""Text as integers: each byte, code point or word of a corpus becomes the id of its type.

| unit   | is                                                                                      |
|--------|-----------------------------------------------------------------------------------------|
| `byte` | every byte of the file                                                                    |
| `char` | every Unicode code point of the file read as UTF-8, newlines as they stand                |
| `word` | every match of ``re.findall(r"\\w+|[^\\w\\s]", text)``: case kept, nothing normalised       |

A *stream* is a stretch of units within which windows are taken: a file, or a chunk of a shuffled corpus.
Windows never join two streams. Which code points are ``\\w`` and ``\\s`` is asked of this Python's `re`, so a
newer Unicode may count a few new letters differently.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from bounds.arguments import shown
from bounds.quantities import LARGEST, parse_count

from .readers import InputError, file_list, label, read_blocks, stem

if TYPE_CHECKING:
    from .tokenizing import WordTable

UNITS = ("byte", "char", "word")
"""What a window can be made of."""

ORDERS = ("file", "shuffled-chunks")
"""In which order the units of a corpus are counted."""

MAX_UNITS = 2**32 - 2
"""Most units that can be counted: window ids are 32 bits wide."""

_SHUFFLE_COUNTER = (0, 0xC0 << 56, 0, 0)  # a Philox stream that no sampler uses


@dataclass(frozen=True, eq=False)
class Units:
    """The units of a corpus in the order of counting."""

    ids: np.ndarray
    """Type of each unit: uint8 for bytes, uint32 code points, dense int32 for words."""
    starts: np.ndarray
    """int64, first unit of each stream, and `n_units` at the end."""
    unit: str
    corpus: str
    sha256: tuple[tuple[str, str], ...]
    """(file, SHA-256 of its bytes after decompression), in the order read."""
    order: str = "file"
    words: tuple[str, ...] | None = None
    """Text of each word type, kept where `keep_words` asked for it."""

    @property
    def n_units(self) -> int:
        """Number of units in all streams."""
        return len(self.ids)

    def n_windows(self, length: int, n_units: Any = None) -> Any:
        """Windows of `length` units that lie in one stream and within the first `n_units` units (all)."""
        at = np.atleast_1d(np.asarray(self.n_units if n_units is None else n_units, dtype=np.int64))
        # Whole streams are summed once; only the stream that is cut depends on the prefix.
        whole = np.maximum(np.diff(self.starts) - (length - 1), 0)
        before = np.concatenate([[0], np.cumsum(whole)])
        cut = np.clip(np.searchsorted(self.starts, at, side="right") - 1, 0, len(whole) - 1)
        windows = before[cut] + np.clip(at - self.starts[cut] - (length - 1), 0, whole[cut])
        return int(windows[0]) if np.ndim(n_units) == 0 else windows


def read_units(
    paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    unit: str = "word",
    *,
    keep_words: bool = False,
) -> Units:
    """The units of the files at `paths`, in the order given; ``-`` is standard input.

    The files are read in blocks; what stays in memory is 1 byte a byte, 4 bytes a code point or word, and
    each distinct word once. Raises InputError (a ValueError) for a unit that is none of `UNITS`, for a file
    that cannot be read, is empty or, for chars and words, is not UTF-8.
    """
    check_unit(unit)
    names = file_list(paths)
    words = None
    if unit == "word":
        from .tokenizing import WordTable  # numba, which bytes and chars do without

        words = WordTable()
    parts: list[np.ndarray] = []
    lengths, hashes = [], []
    for name in names:
        digest = hashlib.sha256()
        pieces = _pieces(name, unit, digest, words)
        lengths.append(sum(map(len, pieces)))
        if not lengths[-1]:
            raise InputError(f"{label(name)} holds no {unit}: it is nothing but white space")
        parts += pieces
        hashes.append((label(name), digest.hexdigest()))
    starts = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    if starts[-1] > MAX_UNITS:
        raise InputError(
            f"the corpus has {starts[-1]} {unit}s, and at most {MAX_UNITS} can be counted exactly; count a part of it"
        )
    return Units(
        ids=parts[0] if len(parts) == 1 else np.concatenate(parts),
        starts=starts.astype(np.int64),
        unit=unit,
        corpus=corpus_name(names),
        sha256=tuple(hashes),
        words=words.texts() if words is not None and keep_words else None,
    )


def check_unit(unit: str) -> None:
    """Raise InputError unless `unit` is one of `UNITS`."""
    if unit not in UNITS:
        raise InputError(f"unit must be one of {', '.join(UNITS)}, got {shown(unit)}")


def check_seed(seed: int) -> int:
    """The seed, a whole number of 64 bits; InputError for anything else."""
    return _whole_number("seed", seed, 0, 2**64 - 1, "a whole number from 0 to 2^64 - 1")


def check_chunk(chunk: int) -> int:
    """The units of a shuffled chunk, at least 1; InputError for anything else."""
    return _whole_number("chunk", chunk, 1, LARGEST, "a whole number of units, at least 1")


def _whole_number(name: str, value: Any, low: int, high: int, allowed: str) -> int:
    try:
        return parse_count(value, low=low, high=high)
    except ValueError:
        raise InputError(f"{name} must be {allowed}, got {shown(value)}") from None


def corpus_name(names: Sequence[str]) -> str:
    """What the corpus in the files `names` is called."""
    return "+".join(map(stem, names)) if len(names) <= 3 else f"{stem(names[0])}+{len(names) - 1} files"


def shuffle_chunks(units: Units, chunk: int, seed: int) -> Units:
    """`units` cut into stretches of `chunk` units, laid out in an order drawn from `seed`.

    Each stretch is a stream of its own, so that no window is made that the text does not hold: with k-unit
    windows, k - 1 of them are lost at each cut. The last stretch of each file may be shorter.
    """
    chunk = check_chunk(chunk)
    bounds = [np.arange(a, b, chunk) for a, b in zip(units.starts[:-1], units.starts[1:], strict=True)]
    first = np.concatenate(bounds).astype(np.int64)
    sizes = np.diff(np.append(first, units.n_units))
    order = philox_order(len(first), seed)
    starts = np.concatenate([[0], np.cumsum(sizes[order])]).astype(np.int64)
    ids = np.empty_like(units.ids)
    for place, source in enumerate(order):
        ids[starts[place] : starts[place + 1]] = units.ids[first[source] : first[source] + sizes[source]]
    return replace(units, ids=ids, starts=starts, order="shuffled-chunks")


def philox_order(count: int, seed: int) -> np.ndarray:
    """A random order of `count` things that depends on `seed` alone, not on the version of NumPy."""
    bits = np.random.Philox(key=check_seed(seed), counter=_SHUFFLE_COUNTER)
    return np.argsort(bits.random_raw(count), kind="stable")


def hashed_blocks(path: str, digest: Any) -> Iterator[bytes]:
    """The blocks of `path`, each given to `digest` as well."""
    for block in read_blocks(path):
        digest.update(block)
        yield block


def _pieces(path: str, unit: str, digest: Any, words: WordTable | None) -> list[np.ndarray]:
    if unit == "byte":
        # bytearray.extend grows in place: no second copy of the text
        data = bytearray()
        for block in hashed_blocks(path, digest):
            data += block
        return [np.frombuffer(data, dtype=np.uint8)]
    checked = utf8_blocks(path, hashed_blocks(path, digest), at_space=unit == "word")
    if words is None:
        return [code_points(text) for _, text in checked]
    return [words.ids(block, character_classes()) for block, _ in checked]


def code_points(text: str) -> np.ndarray:
    """The code points of `text`, uint32."""
    return np.frombuffer(text.encode("utf-32-le"), dtype="<u4").astype(np.uint32)


def utf8_blocks(path: str, blocks: Iterator[bytes], *, at_space: bool) -> Iterator[tuple[bytes, str]]:
    """Blocks cut between code points (between words if `at_space`), with their text.

    An ASCII white space byte is never part of a longer code point and never part of a word, so it is a safe
    place to cut both.
    """
    kept: list[bytes] = []
    offset = 0
    for block in blocks:
        cut = _last_space(block) if at_space else _last_boundary(block)
        if cut == 0:  # a block without a place to cut: a very long word
            kept.append(block)
            continue
        whole = b"".join([*kept, block[:cut]])
        kept = [block[cut:]]
        yield whole, _decode(path, whole, offset)
        offset += len(whole)
    whole = b"".join(kept)
    if whole:
        yield whole, _decode(path, whole, offset)


def _last_space(block: bytes) -> int:
    return max(block.rfind(space) for space in (b"\n", b" ", b"\t", b"\r")) + 1


def _last_boundary(block: bytes) -> int:
    """Where the last code point of `block` starts: it may go on in the next block."""
    for back in range(1, min(4, len(block)) + 1):
        if block[-back] & 0xC0 != 0x80:
            return len(block) - back
    return 0


def _decode(path: str, block: bytes, offset: int) -> str:
    try:
        return block.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{label(path)} is not UTF-8 at byte {offset + error.start}: convert it, or count unit byte"
        ) from error


@lru_cache(maxsize=1)
def character_classes() -> np.ndarray:
    r"""Class of every code point: 0 white space (``\s``), 1 part of a word (``\w``), 2 a word by itself."""
    every = np.arange(0x110000, dtype="<u4").tobytes().decode("utf-32-le", "surrogatepass")
    classes = np.full(0x110000, 2, dtype=np.uint8)
    for pattern, value in ((r"\s+", 0), (r"\w+", 1)):
        for found in re.finditer(pattern, every):
            classes[found.start() : found.end()] = value
    return classes
