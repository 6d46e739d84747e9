"""Random integers: the published known answers, the packing of the counter, and Python against compiled code."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulate.drawing.backends.reference import bits, philox
from simulate.drawing.stream import PURPOSES, Stream, multiply_high, pack_stream, philox_block, random_bits

# Random123's kat_vectors for philox4x32-10: counter, key, result, 32-bit words, least significant first.
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]
words = st.integers(0, 2**64 - 1)


def join(low: int, high: int) -> np.uint64:
    return np.uint64(low | high << 32)


@pytest.mark.parametrize(("counter", "key", "result"), KNOWN)
@pytest.mark.parametrize("block", [philox_block, numba.njit(philox_block)], ids=["python", "compiled"])
def test_known_answers(block, counter, key, result):
    first, second = block(join(*key), join(*counter[2:]), join(*counter[:2]))
    assert (int(first), int(second)) == (join(*result[:2]), join(*result[2:]))
    assert philox(counter, key) == result


def test_packing_is_that_of_the_design():
    assert pack_stream(1, 2, 3, 4) == 1 << 56 | 2 << 32 | 3 << 8 | 4
    assert pack_stream(255, 2**24 - 1, 2**24 - 1, 255) == 2**64 - 1
    assert Stream(0, "tokens", 5, 6).high == PURPOSES["tokens"] << 56 | 5 << 32 | 6 << 8


@pytest.mark.parametrize("fields", [(256, 0, 0, 0), (0, 1 << 24, 0, 0), (0, 0, -1, 0), (0, 0, 0, 256)])
def test_packing_refuses_what_does_not_fit(fields):
    with pytest.raises(ValueError, match="must be from 0 to"):
        pack_stream(*fields)


@pytest.mark.parametrize(("seed", "purpose"), [(-1, "tokens"), (2**64, "tokens"), (0, "nothing")])
def test_a_stream_refuses_bad_fields(seed, purpose):
    with pytest.raises(ValueError, match=r"seed must|purpose must"):
        Stream(seed, purpose)


@given(words, words, st.integers(0, 2**63))
def test_token_uses_half_of_its_block(seed, high, position):
    first, second = philox_block(np.uint64(seed), np.uint64(high), np.uint64(position >> 1))
    assert random_bits(np.uint64(seed), np.uint64(high), np.uint64(position)) == (second if position & 1 else first)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**24 - 1), st.integers(0, 2**62), st.integers(0, 255))
def test_two_transcriptions_of_the_stream_agree(seed, cell, position, attempt):
    stream = Stream(seed, "tokens", cell, 7)
    high = np.uint64(stream.high + attempt)
    assert bits(stream, position, attempt) == random_bits(np.uint64(seed), high, np.uint64(position))


compiled_multiply_high = numba.njit(multiply_high)


@given(words, words)
def test_multiply_high_is_exact(a, b):
    expected = a * b >> 64
    assert int(multiply_high(np.uint64(a), np.uint64(b))) == expected
    assert int(compiled_multiply_high(np.uint64(a), np.uint64(b))) == expected
