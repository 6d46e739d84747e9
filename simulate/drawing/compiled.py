"""Compilation of counting loops by numba, cached on disk where a folder can be written; reading memory in them.

numba refuses to decorate a function when neither the package's own ``__pycache__`` nor the user's cache folder
can be written (a read-only installation, a container without a home). The loops still run there; they are
compiled anew in each process. Files of the cache that are damaged or cannot be written are `compile_cache`'s.

numba's cache looks at the file of the decorated function alone. Who edits the scalar functions of
`simulate.drawing.stream` or `simulate.drawing.tables` must delete the ``__pycache__`` of ``simulate/backends`` as well.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

import numba
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.dispatcher import Dispatcher
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

from simulate.drawing.compile_cache import CheckedCache, no_cache


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` compiled by numba without the interpreter lock; cached on disk if that is possible."""
    return _kept(function, numba.njit(function, nogil=True, no_cfunc_wrapper=True))  # nothing calls it from C


def bare(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` compiled as by `compiled`, without counts of references: for loops that make no array.

    Where a loop calls a function with arrays, numba counts a reference to each of them at every call, and takes it
    back: atomic writes, which cost ten times as much as what most calls do.
    """
    return _kept(function, numba.njit(function, nogil=True, no_cfunc_wrapper=True, _nrt=False))


def _kept(function: Callable[..., Any], loop: Any) -> Any:
    """The compiled `loop` with its cache on disk."""
    if not isinstance(loop, Dispatcher):  # NUMBA_DISABLE_JIT: plain Python
        return loop
    try:
        loop._cache = CheckedCache(function)  # type: ignore[attr-defined]
    except RuntimeError as error:
        if "locator" not in str(error):
            raise
        no_cache(function)
    return loop


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` compiled into the loops that call it: a loop that calls anything is not vectorised.

    It makes no array. A copy under a name of its own: else the linker may take the function as it was compiled for
    other callers.
    """
    copy = FunctionType(function.__code__, function.__globals__, f"inlined_{function.__name__}")
    copy.__module__, copy.__qualname__ = function.__module__, f"inlined_{function.__qualname__}"
    return numba.njit(copy, forceinline=True, no_cfunc_wrapper=True, _nrt=False)  # see `bare`


@intrinsic
def eight_bytes(typing_context, text, index):
    """The uint64 in the bytes ``text[index : index + 8]``, `index` an int64 within bounds: aligned or not."""

    def generate(context, builder, signature, arguments):
        array = make_array(signature.args[0])(context, builder, arguments[0])
        word = ir.IntType(64)
        address = builder.bitcast(builder.gep(array.data, [arguments[1]]), word.as_pointer())
        return builder.load(address, align=1)

    return types.uint64(text, types.int64), generate


@intrinsic
def copy_eight(typing_context, text, index, into, at):
    """Copy ``text[index : index + 8]`` to ``into[at : at + 8]``, bytes both and within bounds."""

    def generate(context, builder, signature, arguments):
        word = ir.IntType(64).as_pointer()
        ends = []
        for kind, array, place in zip(signature.args[::2], arguments[::2], arguments[1::2], strict=True):
            data = make_array(kind)(context, builder, array).data
            ends.append(builder.bitcast(builder.gep(data, [place]), word))
        builder.store(builder.load(ends[0], align=1), ends[1], align=1)
        return context.get_dummy_value()

    return types.void(text, types.int64, into, types.int64), generate


@intrinsic
def leading_zeros(typing_context, value):
    """The number of zeros, a uint64, above the highest one of `value`, a uint64; 64 where there is no one."""

    def generate(context, builder, signature, arguments):
        return builder.ctlz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), generate


@intrinsic
def prefetch(typing_context, table, index):
    """Ask for the line of memory that holds ``table[index]``, `index` a uint64 within bounds, and wait for nothing.

    A processor looks a few hundred instructions ahead, and has no more reads under way than it finds there; a line
    that was asked for keeps no instruction waiting. It is asked for as one that is read once (locality 0), which
    leaves the caches to what is read often.
    """

    def generate(context, builder, signature, arguments):
        array = make_array(signature.args[0])(context, builder, arguments[0])
        shape, strides = (cgutils.unpack_tuple(builder, part, 1) for part in (array.shape, array.strides))
        entry = cgutils.get_item_pointer2(context, builder, array.data, shape, strides, "C", [arguments[1]])
        address, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [address, number, number, number])
        function = builder.module.declare_intrinsic("llvm.prefetch", (address,), kind)
        # The last three: to read, locality 0 of 3, data and not instructions.
        builder.call(function, [builder.bitcast(entry, address), number(0), number(0), number(1)])
        return context.get_dummy_value()

    return types.void(table, index), generate
