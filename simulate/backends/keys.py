"""Random numbers and keys of many tokens at a time: what `cpu` counts.

Each step is a loop of its own over a chunk, so that the compiler can vectorise what has no branches. In a block, the
polynomial of the acceptance probability is left out where the test already lies below the smallest value it can
have, and one token in some fifty goes the long way. Nothing depends on the size of a chunk.
"""

from __future__ import annotations

import numpy as np

from simulate.compiled import compiled, inlined
from simulate.sampling import (
    ALIAS,
    CELLS,
    FLAT,
    FRESH,
    Sampler,
    draw_alias,
    draw_flat,
    draw_from_block,
    draw_letter,
    find_cell,
    hash_base,
    last_anew,
    multiply_mod,
    roll_window,
)
from simulate.stream import M32, Stream, philox_block, random_bits

_FRESH = np.uint64(FRESH)
_U0, _U1, _U2, _U32, _U48, _U64 = (np.uint64(n) for n in (0, 1, 2, 32, 48, 64))
_SLACK = np.uint64(64)
"""Units of 2^-32 by which a polynomial in fixed point may miss being monotone: more than its roundings together."""

_block = inlined(philox_block)

Law = tuple[object, ...]
"""What the loops know of a sampler and a stream, in the order of `_keys`."""


def law(sampler: Sampler, stream: Stream) -> Law:
    """`sampler` and `stream` as the arguments of `make_keys`."""
    first, second = (np.uint64(max(p, 0)) for p in sampler.parameter)
    exact = sampler.n_keys > 0
    return (
        sampler.kind, first, second, exact, sampler.alias, sampler.cells, np.uint64(sampler.n_dense),
        np.uint64(stream.seed), np.uint64(stream.high), np.uint64(sampler.letter_bits), np.uint64(sampler.repeat),
    )  # fmt: skip


@compiled
def scratch(law, n):
    """Working memory of `make_keys` for chunks of at most `n` tokens."""
    n_letters = n + np.int64(law[2]) - 1 if law[0] > ALIAS else n
    letters, chances = np.empty(n_letters, np.uint64), np.empty(n_letters, np.uint64)
    return np.empty((3, n), np.int64), np.empty((2, n), np.uint64), letters, chances


@compiled
def make_keys(keys, law, scratch, first):
    """Write the keys of the tokens from `first` on."""
    kind, n_types, length, exact, alias, cells, limit, seed, high, letter_bits, repeat = law
    indices, values, letters, chances = scratch
    if kind == FLAT:
        _fill(keys, seed, high, first)
        for i in range(len(keys)):
            keys[i] = draw_flat(n_types, keys[i])
    elif kind == ALIAS:
        _fill(keys, seed, high, first)
        for i in range(len(keys)):
            keys[i] = draw_alias(alias, n_types, keys[i])
    elif kind == CELLS:
        _fill(keys, seed, high, first)
        _cell_keys(keys, cells, limit, seed, high, first, indices, values)
    else:
        n = len(keys) + np.int64(length) - 1
        _fill(letters[:n], seed, high, first)
        _letters(letters[:n], n_types, alias, letter_bits)
        if repeat > _U0:
            _repeat_letters(letters[:n], chances[:n], repeat, n_types, alias, letter_bits, seed, high, first)
        _window_keys(keys, letters[:n], n_types, length, exact, seed, high)


@compiled
def _fill(values, seed, high, first):
    """Random values of the tokens from `first` on."""
    odd = first & 1
    if odd and len(values) > 0:
        values[0] = random_bits(seed, high, np.uint64(first))
    _fill_pairs(values[odd:], seed, high, np.uint64((first + odd) >> 1))
    if (len(values) - odd) & 1 and len(values) > odd:
        values[-1] = random_bits(seed, high, np.uint64(first + len(values) - 1))


@compiled
def _fill_pairs(values, seed, high, block):
    """Both halves of the blocks from `block` on."""
    for i in range(len(values) >> 1):
        a, b = _block(seed, high, block + np.uint64(i))
        values[2 * i] = a
        values[2 * i + 1] = b


@compiled
def _cell_keys(keys, cells, limit, seed, high, first, indices, values):
    """Replace random values by keys."""
    narrow, wide, cell_of = indices
    first_key, width = cells.key, cells.width
    _find_cells(keys, cells.start, cells.guide, cell_of, narrow)
    n_narrow, n_wide = np.int64(0), np.int64(0)
    for i in range(len(keys)):
        cell = np.uint64(cell_of[i])
        key = first_key[cell]
        keys[i] = key
        narrow[n_narrow] = i
        n_narrow += np.int64((key >= limit) & (key < _FRESH))
    n_blocks, n_narrow = n_narrow, np.int64(0)
    for j in range(n_blocks):
        i = narrow[j]
        is_wide = np.int64(width[cell_of[i]] > _U32)
        narrow[n_narrow] = i
        wide[n_wide] = i
        n_narrow += 1 - is_wide
        n_wide += is_wide
    proposals, tests = values
    if n_narrow > 0:
        at = narrow[:n_narrow]
        _random_at(proposals, at, seed, high + _U1, first)
        _block_keys(keys, at, proposals, proposals, cell_of, cells, seed, high, first)
    if n_wide > 0:
        at = wide[:n_wide]
        _random_at(proposals, at, seed, high + _U1, first)
        _random_at(tests, at, seed, high + _U2, first)
        _block_keys(keys, at, proposals, tests, cell_of, cells, seed, high, first)


@compiled
def _find_cells(values, start, guide, cell_of, unsettled):
    """`find_cell` of each value. Most slots of the guide begin one cell at most, and need no branch."""
    n = np.int64(0)
    for i in range(len(values)):
        slot = values[i] >> _U48
        lower, upper = np.uint64(guide[slot]), np.uint64(guide[slot + _U1])
        beyond = start[lower + np.uint64(lower < upper)] <= values[i]
        cell = lower + np.uint64((lower < upper) & beyond)
        cell_of[i] = np.int64(cell)
        unsettled[n] = i
        n += np.int64(beyond & (cell < upper))
    for i in unsettled[:n]:
        cell_of[i] = find_cell(start, guide, values[i])


@compiled
def _least(power):
    """Tests below this pass wherever in the block the proposal is: the polynomial at its end, less its roundings."""
    accept = power[-1]
    for j in range(len(power) - 2, -1, -1):
        accept = power[j] - accept
    return accept - _SLACK if accept > _SLACK else _U0


@compiled
def _random_at(values, at, seed, high, first):
    for j in range(len(at)):
        position = np.uint64(first + at[j])
        a, b = _block(seed, high, position >> _U1)
        values[j] = b if position & _U1 else a


@compiled
def _block_keys(keys, at, proposals, tests, cell_of, cells, seed, high, first):
    """Keys of the tokens `at`, which lie in blocks: `draw_from_block` with its first values given."""
    first_key, width, component, last, power = cells.key, cells.width, cells.component, cells.last, cells.power
    part, least = -1, _U0
    for j in range(len(at)):
        i = at[j]
        cell = cell_of[i]
        if component[cell] != part:
            part = component[cell]
            least = _least(power[part])
        chosen = first_key[cell] + (proposals[j] >> (_U64 - width[cell]))
        if (tests[j] & M32) >= least or chosen > last[part]:
            position = np.uint64(first + i)
            chosen = draw_from_block(
                first_key[cell], width[cell], cells.ratio[cell], last[part], power[part], seed, high, position
            )
        keys[i] = chosen


@compiled
def _letters(letters, alphabet, alias, letter_bits):
    """Replace random values by letters."""
    if letter_bits > _U0:
        for i in range(len(letters)):
            letters[i] = draw_alias(alias, letter_bits, letters[i])
    else:
        for i in range(len(letters)):
            letters[i] = draw_flat(alphabet, letters[i])


@compiled
def _repeat_letters(letters, chances, repeat, alphabet, alias, letter_bits, seed, high, first):
    """Put the letter before in the place of those whose random value among `chances` is below `repeat`."""
    place = last_anew(repeat, seed, high, np.uint64(first))
    letters[0] = draw_letter(alphabet, alias, letter_bits, random_bits(seed, high, place))
    _fill(chances, seed, high + _U2, first)
    for i in range(1, len(letters)):
        if chances[i] < repeat:
            letters[i] = letters[i - 1]


@compiled
def _window_keys(keys, letters, alphabet, length, exact, seed, high):
    """Keys of the windows that the first of `letters` and the ones after it begin."""
    base = alphabet if exact else hash_base(seed, high)
    top, key, n = _U1, _U0, np.int64(length)
    for i in range(n):
        key = roll_window(key, _U0, letters[i], base, top, exact)
    for _ in range(n - 1):
        top = top * base if exact else multiply_mod(top, base)
    for i in range(len(keys)):
        keys[i] = key
        if i + n < len(letters):
            key = roll_window(key, letters[i], letters[i + n], base, top, exact)
