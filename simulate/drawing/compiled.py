"""Compilation of counting loops by numba, when they are first called; cached on disk where a folder can be written.

Whoever calls no loop does not wait for numba: a decorated function is a `Loop`, which is compiled once it is called, or
called by one that is. What it calls is put in the place of the `Loop` of that name then, in the module that names it.

numba refuses to decorate a function when neither the package's own ``__pycache__`` nor the user's cache folder
can be written (a read-only installation, a container without a home). The loops still run there; they are
compiled anew in each process. Files of the cache that are damaged or cannot be written are `compile_cache`'s.

numba's cache looks at the file of the decorated function alone. What else is compiled into it is `made_of`: code that
was kept counts for nothing once a function that it calls, or a constant, is another.
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from bounds.cli.process import loading

_LOCK = threading.RLock()
_JITABLE: list[Callable[..., Any]] = []
"""Functions that numba was not told of yet."""
_INSTRUCTIONS = str(Path(__file__).with_name("instructions.py"))


class Loop:
    """A function that `make` compiles when it is first called, or when a loop that calls it is compiled."""

    def __init__(self, function: Callable[..., Any], make: Callable[[Callable[..., Any]], Any]) -> None:
        functools.update_wrapper(self, function)
        self.function, self._make = function, make
        self._made: Any = None
        self._ready = False

    def __call__(self, *arguments: Any) -> Any:
        """As the function itself, but for the time that it takes."""
        return self.made(*arguments)

    @property
    def made(self) -> Any:
        """What numba makes of it."""
        if not self._ready:
            with _LOCK:
                if self._made is None:  # else it is called by what it calls
                    tell_numba()
                    self._made = self._make(self.function)
                    _settle(self.function)
                    self._ready = True
        return self._made


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` compiled by numba without the interpreter lock; cached on disk if that is possible."""
    return Loop(function, _cached)


def bare(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` compiled as by `compiled`, without counts of references: for loops that make no array.

    Where a loop calls a function with arrays, numba counts a reference to each of them at every call, and takes it
    back: atomic writes, which cost ten times as much as what most calls do.
    """
    return Loop(function, _uncounted)


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` compiled into the loops that call it: a loop that calls anything is not vectorised.

    It makes no array. A copy under a name of its own: else the linker may take the function as it was compiled for
    other callers. By the compiler: numba's own way of inlining has the types of all found anew in each caller, which
    takes twice as long, and what it makes is slower.
    """
    return Loop(function, _forced_in)


def jitable(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` as it stands, which loops and kernels may call as well."""
    _JITABLE.append(function)
    return function


def tell_numba() -> None:
    """Tell numba of all that is `jitable`, before anything that may call it is compiled."""
    with loading():
        from numba.extending import register_jitable

    with _LOCK:
        while _JITABLE:
            function = _JITABLE.pop()
            register_jitable(function)
            _settle(function)


def _cached(function: Callable[..., Any]) -> Any:
    import numba

    return _kept(function, numba.njit(function, nogil=True, no_cfunc_wrapper=True))  # nothing calls a loop from C


def _uncounted(function: Callable[..., Any]) -> Any:
    import numba

    return _kept(function, numba.njit(function, nogil=True, no_cfunc_wrapper=True, _nrt=False))


def _kept(function: Callable[..., Any], loop: Any) -> Any:
    """The compiled `loop` with its cache on disk."""
    from numba.core.dispatcher import Dispatcher

    from simulate.drawing.compile_cache import CheckedCache, no_cache

    if not isinstance(loop, Dispatcher):  # NUMBA_DISABLE_JIT: plain Python
        return loop
    try:
        loop._cache = CheckedCache(function, made_of(function))  # type: ignore[attr-defined]
    except RuntimeError as error:
        if "locator" not in str(error):
            raise
        no_cache(function)
    return loop


def _forced_in(function: Callable[..., Any]) -> Any:
    import numba

    copy = FunctionType(function.__code__, function.__globals__, f"inlined_{function.__name__}")
    copy.__module__, copy.__qualname__ = function.__module__, f"inlined_{function.__qualname__}"
    return numba.njit(copy, forceinline=True, no_cfunc_wrapper=True, _nrt=False)  # see `bare`


def _settle(function: Callable[..., Any]) -> None:
    """Put what was made of them in the place of the loops that `function` names: numba knows no others."""
    if isinstance(function, FunctionType):
        for space, name in _named_in(function):
            if isinstance(found := space[name], Loop):
                space[name] = found.made


def made_of(function: Callable[..., Any]) -> tuple[Any, ...]:
    """What is compiled into a loop beside its own code: files of functions, with times and sizes, and constants."""
    left: list[Any] = [function]
    files, constants, known = {_INSTRUCTIONS}, dict[str, Any](), {function}
    while left:
        one = left.pop()
        files.add(one.__code__.co_filename)
        for space, name in _named_in(one):
            value, known_as = space[name], f"{space.get('__name__')}.{name}"
            called = getattr(value, "function", getattr(value, "py_func", value))
            if isinstance(called, FunctionType) and called not in known:
                known.add(called)
                left.append(called)
            elif isinstance(value, np.ndarray):
                constants[known_as] = value.dtype.str, value.shape, value.tobytes()
            elif isinstance(value, bool | int | float | str | tuple | np.generic):
                constants[known_as] = type(value).__name__, repr(value)
    files.discard(__file__)  # of instructions, which may be made already or not
    return tuple(sorted(map(_stamp, files))), tuple(sorted(constants.items()))


def _named_in(function: FunctionType) -> Iterator[tuple[dict[str, Any], str]]:
    """Where the globals of a function stand that its code names, and what it names in modules among them."""
    names, known = set(_names(function.__code__)), function.__globals__
    modules = [found for name in sorted(names & known.keys()) if isinstance(found := known[name], ModuleType)]
    for space in (known, *(vars(one) for one in modules if one.__name__.partition(".")[0] not in ("numpy", "math"))):
        yield from ((space, name) for name in sorted(names & space.keys()))


def _stamp(file: str) -> tuple[str, float, int]:
    try:
        about = os.stat(file)
    except OSError:  # in an archive, or made up: it is what it is
        return file, 0.0, 0
    return file, about.st_mtime, about.st_size


def _names(code: CodeType) -> Iterator[str]:
    """Names of globals and attributes in `code`, and those of what is defined in it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _intrinsic(name: str) -> Callable[..., Any]:
    """The instruction of `simulate.drawing.instructions` called `name`, which stands in loops alone."""

    def make(_: Callable[..., Any]) -> Any:
        from simulate.drawing import instructions

        return getattr(instructions, name)

    return Loop(make, make)


eight_bytes, copy_eight, leading_zeros, trailing_zeros, between, prefetch = map(
    _intrinsic, ("eight_bytes", "copy_eight", "leading_zeros", "trailing_zeros", "between", "prefetch")
)
