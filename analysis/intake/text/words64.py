"""Eight bytes at once: what numba has no word for, said to LLVM directly.

`load` reads eight bytes of an array as one little-endian word, wherever they begin; `first` is the
number of the lowest byte that is marked; `fetch` asks the processor to bring a place of an array
into its cache. None of them checks bounds: callers do.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

_I64 = ir.IntType(64)


def _place(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    return builder.gep(data, [index])


@intrinsic
def load(typingctx: Any, array: Any, index: Any) -> Any:
    """The eight bytes of a uint8 array from `index` on, as a uint64."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = _place(context, builder, signature.args[0], args[0], args[1])
        return builder.load(builder.bitcast(place, _I64.as_pointer()), align=1)

    return types.uint64(array, types.int64), codegen


@intrinsic
def first(typingctx: Any, word: Any) -> Any:
    """Number of the lowest byte of a word that isn't 0, from 0; 8 when there is none."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        zeros = builder.cttz(args[0], cgutils.false_bit)
        return builder.lshr(zeros, ir.Constant(_I64, 3))

    return types.int64(types.uint64), codegen


@intrinsic
def fetch(typingctx: Any, array: Any, index: Any) -> Any:
    """Asks for the place `index` of a one-dimensional array of uint64."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = _place(context, builder, signature.args[0], args[0], args[1])
        byte = builder.bitcast(place, ir.IntType(8).as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [ir.IntType(8).as_pointer(), *[ir.IntType(32)] * 3])
        call = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")  # type: ignore[no-untyped-call]
        numbers = [ir.Constant(ir.IntType(32), k) for k in (0, 3, 1)]
        builder.call(call, [byte, *numbers])
        return context.get_dummy_value()

    return types.void(array, types.int64), codegen


def repeated(byte: int) -> np.uint64:
    """A word of eight times the same byte."""
    return np.uint64(byte * 0x0101010101010101)
