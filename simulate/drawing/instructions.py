"""Instructions that NumPy has no name for: reading and copying eight bytes, counting zeros, comparing many bytes,
and asking for memory ahead."""

from __future__ import annotations

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic
from numba.np.arrayobj import make_array


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
def trailing_zeros(typing_context, value):
    """The number of zeros, a uint64, below the lowest one of `value`, a uint64; 64 where there is no one."""

    def generate(context, builder, signature, arguments):
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), generate


@intrinsic
def between(typing_context, text, index, low, high, ignored):
    """Which of the bytes ``text[index : index + 64]``, within bounds, are from `low` to `high`: a bit of a uint64 each.

    Bits that are `ignored` are set in each byte before it is looked at. All of the last three are constants, uint8.
    """

    def generate(context, builder, signature, arguments):
        data = make_array(signature.args[0])(context, builder, arguments[0]).data
        kind = ir.VectorType(ir.IntType(8), 64)
        address = builder.bitcast(builder.gep(data, [arguments[1]]), kind.as_pointer())
        first, last, bits = (_spread(builder, kind, value) for value in arguments[2:])
        letters = builder.or_(builder.load(address, align=1), bits)
        # One comparison without a sign: what is below `first` is far above it.
        found = builder.icmp_unsigned("<=", builder.sub(letters, first), builder.sub(last, first))
        return builder.bitcast(found, ir.IntType(64))

    return types.uint64(text, types.int64, types.uint8, types.uint8, types.uint8), generate


def _spread(builder, kind, value):
    """A vector of `kind`, in which each number is `value`."""
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    places = ir.Constant(ir.VectorType(ir.IntType(32), kind.count), [0] * kind.count)
    return builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), places)


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
