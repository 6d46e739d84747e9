"""Compilation of counting loops by numba, cached on disk where a folder can be written.

numba refuses to decorate a function when neither the package's own ``__pycache__`` nor the user's cache folder
can be written (a read-only installation, a container without a home). The loops still run there; they are
compiled anew in each process.

numba's cache looks at the file of the decorated function alone. Who edits the scalar functions of
`simulate.stream` or `simulate.sampling` must delete the ``__pycache__`` of ``simulate/backends`` as well.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

import numba


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` compiled by numba without the interpreter lock; cached on disk if that is possible."""
    try:
        return numba.njit(function, nogil=True, cache=True)
    except RuntimeError as error:
        if "locator" not in str(error):
            raise
        return numba.njit(function, nogil=True)


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` compiled into the loops that call it: a loop that calls anything is not vectorised.

    A copy under a name of its own: else the linker may take the function as it was compiled for other callers.
    """
    copy = FunctionType(function.__code__, function.__globals__, f"inlined_{function.__name__}")
    copy.__module__, copy.__qualname__ = function.__module__, f"inlined_{function.__qualname__}"
    return numba.njit(copy, forceinline=True)
