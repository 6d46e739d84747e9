"""Compiled loops kept on disk, and what happens where that fails: they are compiled again, and one sentence says so.

numba trusts its files: a cut one ends a program with whatever a pickle raises, one flipped bit runs as it is, and a
full disk ends a run that needed no disk. Here each file begins with the SHA-256 of the rest. A file that is damaged is
written again; one that cannot be read or written is left alone, and the loop runs without it.
"""

from __future__ import annotations

import hashlib
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import numba
from numba.core.caching import FunctionCache, IndexDataCacheFile
from numba.core.runtime import rtsys

from bounds.base.telling.steps import step

_DIGEST = hashlib.sha256().digest_size

COMPILING = "compiling loops, which are kept"
"""What progress calls it: the first run with a loop waits for its compilation, a second or two."""

_said: set[str] = set()
"""Kinds of trouble that were said in this process: they come with one loop after the other."""


class DamagedError(Exception):
    """A kept file is not what was written."""


class CheckedCache(FunctionCache):
    """numba's cache of one function, whose trouble is no trouble of who calls the function.

    What was kept holds as long as its file is the same, and `made_of`, what else is compiled into it.
    """

    def __init__(self, function: Callable[..., Any], made_of: tuple[Any, ...]) -> None:
        super().__init__(function)
        stamp = self._impl.locator.get_source_stamp(), made_of
        self._cache_file: _CheckedFile = _CheckedFile(self.cache_path, self._impl.filename_base, stamp)

    def load_overload(self, signature: Any, target: Any) -> Any:
        """The compiled function, or None where it has to be compiled."""
        found = self._kept(signature, target)
        if found is None:
            step(COMPILING, 0, None, "loops")
        return found

    def _kept(self, signature: Any, target: Any) -> Any:
        try:
            rtsys.initialize(target)
            return self._load_overload(signature, target)
        except OSError as error:
            self.disable()  # what cannot be read is not ours to write over
            say(
                "read",
                f"compiled code in {error.filename or self.cache_path} cannot be read ({_reason(error)}); {_ANEW}",
            )
        except Exception as error:  # noqa: BLE001  (what a pickle of another version raises has no bounds)
            say("damage", f"compiled code in {self._cache_file.last} is damaged ({_reason(error)}); {_AGAIN}")
        return None

    def save_overload(self, signature: Any, data: Any) -> None:
        """Keep the compiled function, if that is possible."""
        step(COMPILING, 1, 1, "loops")
        try:
            super().save_overload(signature, data)
        except (OSError, pickle.PickleError) as error:
            self.disable()
            say("write", f"compiled code cannot be kept in {self.cache_path} ({_reason(error)}); {_ANEW}")


class _CheckedFile(IndexDataCacheFile):
    """The two files of a function, with the digest of what is in them."""

    last = ""
    """The file that was read last."""

    def __init__(self, cache_path: str, filename_base: str, source_stamp: Any) -> None:
        super().__init__(cache_path=cache_path, filename_base=filename_base, source_stamp=source_stamp)
        # What numba alone wrote counts as of another version.
        self._version: str = f"{numba.__version__}, with digests"

    def save(self, key: Any, data: Any) -> None:
        """Keep `data`; an index that is damaged is begun anew."""
        try:
            self._load_index()
        except DamagedError:
            self._save_index({})
        super().save(key, data)

    def _dump(self, obj: Any) -> bytes:
        data: bytes = super()._dump(obj)
        return hashlib.sha256(data).digest() + data

    def _load_index(self) -> dict[Any, str]:
        self.last = self._index_path
        try:
            with open(self._index_path, "rb") as file:
                version, data = _version(file), file.read()
        except FileNotFoundError:
            return {}
        if version != self._version:
            return {}
        stamp, overloads = _checked(data)
        return overloads if stamp == self._source_stamp else {}

    def _load_data(self, name: str) -> Any:
        self.last = self._data_path(name)
        with open(self.last, "rb") as file:
            return _checked(file.read())

    def load(self, key: Any) -> Any:
        """What was kept under `key`, or None."""
        name = self._load_index().get(key)
        try:
            return None if name is None else self._load_data(name)
        except FileNotFoundError:
            return None  # removed while the index still names it


_ANEW = "it is compiled anew in each process; set NUMBA_CACHE_DIR to a folder that can be written"
_AGAIN = "it is compiled again and written anew"


def say(kind: str, sentence: str) -> None:
    """Warn, the first time that there is trouble of this `kind`."""
    if kind not in _said:
        _said.add(kind)
        warnings.warn(sentence, stacklevel=2)


def no_cache(function: Callable[..., Any]) -> None:
    """Say that no folder can be written that could keep `function`."""
    say("write", f"compiled code of {function.__module__} can be kept in no folder; {_ANEW}")


def _version(file: Any) -> Any:
    """The version that an index begins with: a short string, or else the file is damaged."""
    try:
        found = pickle.load(file)
    except Exception as error:
        raise DamagedError(f"{type(error).__name__}: {error}") from error
    if not isinstance(found, str):
        raise DamagedError("it does not begin with a version")
    return found


def _checked(data: bytes) -> Any:
    if hashlib.sha256(data[_DIGEST:]).digest() != data[:_DIGEST]:
        raise DamagedError("its digest is another")
    return pickle.loads(data[_DIGEST:])


def _reason(error: Exception) -> str:
    words = (error.strerror if isinstance(error, OSError) else None) or " ".join(str(error).split())
    return words[:80] or type(error).__name__
