"""Whether an exact count fits into memory: asked before it is begun, as a text is read, and before every large array.

An exact count keeps each unit, and each distinct window of a length beside it. Nothing of that is known before a text
was read, and what runs out of memory is killed without a word. So what is about to be taken is compared with what is
free (`simulate.running.machine`), and the sentence that refuses names the sketch, which takes no more for a longer
text.

While a text is read, the comparison is with what the rest of the work takes at least: the units that are still to come,
as many to a byte as before where the size of the file is known, and a second copy of all of them. Tables of distinct
windows come on top, and each is asked for when it is made. docs/corpora.md has what whole counts were measured to take.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from simulate.running.machine import machine_memory
from simulate.text.reading.errors import InputError
from simulate.text.reading.opening import is_url

RESERVE = 64 << 20
"""Bytes that are left free: loops that are compiled, small arrays, other processes."""

ADVICE = "estimate it with --sketch (simulate.sketch_corpus), which takes no more for a longer text, or count a part"

ID_BYTES = {"byte": 1}
"""Bytes that a unit is kept in; 4 for all others."""

_TINY = 1 << 20
_BETWEEN = 1 << 25
"""Bytes of text between two looks at what is free."""


class TooLargeError(InputError):
    """The text called `name` is too large to be counted exactly here, for this `reason`."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} is too large to be counted exactly here: {reason}; {ADVICE}")
        self.name, self.reason = name, reason

    def __reduce__(self) -> tuple[type[TooLargeError], tuple[str, str]]:
        return TooLargeError, (self.name, self.reason)  # an error of a worker is made again here


class NoRoomError(MemoryError):
    """What is about to be taken is more than is free."""


@contextmanager
def counted_exactly(name: str) -> Iterator[None]:
    """Turn a lack of memory into an InputError of one sentence on the text called `name`."""
    try:
        yield
    except MemoryError as error:
        reason = str(error) or "memory ran out"
        raise TooLargeError(name, reason) from None


def require(n_bytes: float) -> None:
    """NoRoomError where `n_bytes` more are not free."""
    if n_bytes < _TINY:
        return
    free = machine_memory()[1]
    if n_bytes + RESERVE > free:
        raise NoRoomError(f"it takes at least {_size(n_bytes)} more of memory, and {_size(free)} are free")


def _size(n_bytes: float) -> str:
    return f"{n_bytes / 2**30:.1f} GiB" if n_bytes >= 2**30 / 10 else f"{n_bytes / 2**20:.0f} MiB"


_SURE = 0.95
"""Of an estimate: what is read comes in parts, which are given back one by one as they are joined."""


class Reading:
    """What the rest of the work takes at least, as a text of `size` bytes (None where not known) is read."""

    def __init__(self, size: int | None, unit: str) -> None:
        self._size = size
        self._kept = ID_BYTES.get(unit, 4)
        self._looked = 0

    def check(self, n_bytes: int, n_units: int) -> None:
        """NoRoomError where what follows `n_bytes` of text, `n_units` units, is more than is free."""
        if n_bytes < self._looked + _BETWEEN and self._looked:
            return
        self._looked = n_bytes
        share = max(1.0, (self._size or 0) / max(n_bytes, 1))
        # All that there will be and its copy in 4 bytes, but for what is there already.
        require(_SURE * n_units * (share * (self._kept + 4) - self._kept))


def expected_size(path: str) -> int | None:
    """Bytes of text in a file, where that can be known before it is read; of a ``.zst`` those of its first frame."""
    if path == "-" or is_url(path) or path.endswith(".gz"):
        return None
    try:
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            return None
        if not path.endswith(".zst"):
            return found.st_size
        with open(path, "rb") as file:
            head = file.read(32)
    except OSError:
        return None  # whoever reads it says what is wrong
    import zstandard

    try:
        size: int = zstandard.get_frame_parameters(head).content_size
    except zstandard.ZstdError:
        return None
    return size if 0 < size < 1 << 62 else None
