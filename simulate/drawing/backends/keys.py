"""Random numbers and keys of many tokens at a time: what `cpu` counts.

Each step is a loop of its own over a chunk, so that the compiler can vectorise what has no branches. A large alias
table is read ahead: what limits it is how many random reads are under way, and hardly its size. Of the cells, most
tokens of a steep law need a single look at `Sampler.settled`, and only the others are sought. In a block, the
polynomial of the acceptance probability is left out where the test already lies below the smallest value it can
have, and one token in some fifty goes the long way. Nothing depends on the size of a chunk.
"""

from __future__ import annotations

import numpy as np

from simulate.drawing.backends import counting
from simulate.drawing.compiled import bare, compiled, inlined, prefetch
from simulate.drawing.stream import M32, Stream, philox_block, random_bits
from simulate.drawing.tables import (
    ALIAS,
    CELLS,
    FLAT,
    OPEN,
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

_OPEN = np.uint64(OPEN)
_U0, _U1, _U2, _U6, _U32, _U48, _U63, _U64 = (np.uint64(n) for n in (0, 1, 2, 6, 32, 48, 63, 64))
_SLACK = np.uint64(64)
"""Units of 2^-32 by which a polynomial in fixed point may miss being monotone: more than its roundings together."""

_AHEAD = 64
"""Tokens between asking for an entry of an alias table and reading it."""

_LARGE = 1 << 15
"""Entries of an alias table from which on they are asked for: 256 KiB."""

_block = inlined(philox_block)

Law = tuple[object, ...]
"""What the loops know of a sampler and a stream, in the order of `_keys`."""


def law(sampler: Sampler, stream: Stream) -> Law:
    """`sampler` and `stream` as the arguments of `make_keys`."""
    first, second = (np.uint64(max(p, 0)) for p in sampler.parameter)
    exact = sampler.n_keys > 0
    return (
        sampler.kind, first, second, exact, sampler.alias, sampler.cells, sampler.settled,
        np.uint64(sampler.n_dense), np.uint64(stream.seed), np.uint64(stream.high), np.uint64(sampler.letter_bits),
        np.uint64(sampler.repeat),
    )  # fmt: skip


@compiled
def scratch(law, n):
    """Working memory of `make_keys` for chunks of at most `n` tokens.

    Arrays of their own: numba takes the rows of one array for strided ones, and vectorises no loop over them.
    """
    indices = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    n_letters = n + np.int64(law[2]) - 1 if law[0] > ALIAS else n
    letters, chances = np.empty(n_letters, np.uint64), np.empty(n_letters, np.uint64)
    return indices, (np.empty(n, np.uint64), np.empty(n, np.uint64)), letters, chances


@bare
def make_keys(keys, law, scratch, first):
    """Write the keys of the tokens from `first` on."""
    kind, n_types, length, exact, alias, _, _, _, seed, high, letter_bits, repeat = law
    indices, values, letters, chances = scratch
    if kind == FLAT:
        fill(keys, seed, high, first)
        for i in range(len(keys)):
            keys[i] = draw_flat(n_types, keys[i])
    elif kind == ALIAS:
        fill(keys, seed, high, first)
        _alias_keys(keys, alias, n_types)
    elif kind == CELLS:
        fill(keys, seed, high, first)
        _cell_keys(keys, law, first, indices, values)
    else:
        n = len(keys) + np.int64(length) - 1
        fill(letters[:n], seed, high, first)
        _letters(letters[:n], n_types, alias, letter_bits)
        if repeat > _U0:
            _repeat_letters(letters[:n], chances[:n], repeat, n_types, alias, letter_bits, seed, high, first)
        _window_keys(keys, letters[:n], n_types, length, exact, seed, high)


@bare
def mark_keys(seen, keys, law, scratch, first, stop):
    """Set the bits of the keys of the tokens from `first` to `stop`, as many at a time as `keys` holds."""
    kind, table_bits, _, _, alias, _, _, _, seed, high, _, _ = law
    for position in range(first, stop, len(keys)):
        part = keys[: min(len(keys), stop - position)]
        if kind == ALIAS and len(alias) >= _LARGE:
            fill(part, seed, high, position)
            _mark_alias(part, seen, alias, table_bits)
        else:
            make_keys(part, law, scratch, position)
            counting.mark(part, seen)


@bare
def fill(values, seed, high, first):
    """Random values of the tokens from `first` on: `random_bits` of each, at the cost of half a block."""
    odd = first & 1
    if odd and len(values) > 0:
        values[0] = random_bits(seed, high, np.uint64(first))
    _fill_pairs(values[odd:], seed, high, np.uint64((first + odd) >> 1))
    if (len(values) - odd) & 1 and len(values) > odd:
        values[-1] = random_bits(seed, high, np.uint64(first + len(values) - 1))


@bare
def _fill_pairs(values, seed, high, block):
    """Both halves of the blocks from `block` on."""
    for i in range(len(values) >> 1):
        a, b = _block(seed, high, block + np.uint64(i))
        values[2 * i] = a
        values[2 * i + 1] = b


@bare
def _alias_keys(keys, alias, table_bits):
    """Replace random values by keys. Entries of a large table are asked for before they are needed."""
    if len(alias) < _LARGE:
        for i in range(len(keys)):
            keys[i] = draw_alias(alias, table_bits, keys[i])
        return
    shift, last = _U64 - table_bits, len(keys) - 1
    for i in range(min(_AHEAD, len(keys))):
        prefetch(alias, keys[i] >> shift)
    for i in range(len(keys)):
        prefetch(alias, keys[min(i + _AHEAD, last)] >> shift)
        keys[i] = draw_alias(alias, table_bits, keys[i])


@bare
def _mark_alias(values, seen, alias, table_bits):
    """Set the bits of the keys of random values: `_alias_keys` and `counting.mark` in one loop for a large table.

    The bits are fetched in the time in which the processor waits for entries.
    """
    shift, last = _U64 - table_bits, len(values) - 1
    for i in range(min(_AHEAD, len(values))):
        prefetch(alias, values[i] >> shift)
    for i in range(len(values)):
        prefetch(alias, values[min(i + _AHEAD, last)] >> shift)
        key = draw_alias(alias, table_bits, values[i])
        seen[key >> _U6] |= _U1 << (key & _U63)


@bare
def _cell_keys(keys, law, first, indices, values):
    """Replace random values by keys: most by one look at `Sampler.settled`, the others by their cells."""
    cells, settled, seed, high = law[5], law[6], law[8], law[9]
    at, cell_of, narrow, wide = indices
    n = _settle(keys, settled, at)
    _find_cells(keys, at[:n], cells.start, cells.guide, cell_of, narrow)
    n_narrow, n_wide = _sort_cells(keys, at[:n], cell_of, cells.key, cells.width, narrow, wide)
    proposals, tests = values
    if n_narrow > 0:
        tokens = at, cell_of, narrow[:n_narrow]
        _random_at(proposals, at, narrow[:n_narrow], seed, high + _U1, first)
        _block_keys(keys, tokens, proposals, proposals, cells, seed, high, first)
    if n_wide > 0:
        tokens = at, cell_of, wide[:n_wide]
        _random_at(proposals, at, wide[:n_wide], seed, high + _U1, first)
        _random_at(tests, at, wide[:n_wide], seed, high + _U2, first)
        _block_keys(keys, tokens, proposals, tests, cells, seed, high, first)


@bare
def _settle(keys, settled, at):
    """Replace random values by keys where the first bits decide; list the others in `at`, and return their number."""
    n = np.int64(0)
    for i in range(len(keys)):
        value = keys[i]
        key = settled[value >> _U48]
        is_open = key == _OPEN
        keys[i] = value if is_open else key
        at[n] = i
        n += np.int64(is_open)
    return n


@bare
def _find_cells(values, at, start, guide, cell_of, unsettled):
    """`find_cell` of the values `at`. Most slots of the guide begin one cell at most, and need no branch."""
    n = np.int64(0)
    for j in range(len(at)):
        value = values[at[j]]
        slot = value >> _U48
        lower, upper = np.uint64(guide[slot]), np.uint64(guide[slot + _U1])
        beyond = start[lower + np.uint64(lower < upper)] <= value
        cell = lower + np.uint64((lower < upper) & beyond)
        cell_of[j] = np.int64(cell)
        unsettled[n] = j
        n += np.int64(beyond & (cell < upper))
    for j in unsettled[:n]:
        cell_of[j] = find_cell(start, guide, values[at[j]])


@bare
def _sort_cells(keys, at, cell_of, first_key, width, narrow, wide):
    """Write the first keys of cells; list the tokens in blocks of up to 2^32 keys, and in wider ones."""
    n_narrow, n_wide = np.int64(0), np.int64(0)
    for j in range(len(at)):
        cell = np.uint64(cell_of[j])
        bits = width[cell]
        keys[at[j]] = first_key[cell]
        narrow[n_narrow] = wide[n_wide] = j
        n_narrow += np.int64((bits > _U0) & (bits <= _U32))
        n_wide += np.int64((bits > _U32) & (bits < _U64))
    return n_narrow, n_wide


@bare
def _least(power):
    """Tests below this pass wherever in the block the proposal is: the polynomial at its end, less its roundings."""
    accept = power[-1]
    for j in range(len(power) - 2, -1, -1):
        accept = power[j] - accept
    return accept - _SLACK if accept > _SLACK else _U0


@bare
def _random_at(values, at, chosen, seed, high, first):
    """Random values of the tokens `chosen` of the list `at`."""
    for k in range(len(chosen)):
        values[k] = np.uint64(first + at[chosen[k]])
    _random_in_place(values[: len(chosen)], seed, high)


@bare
def _random_in_place(positions, seed, high):
    """Replace positions of tokens by their random values."""
    for k in range(len(positions)):
        a, b = _block(seed, high, positions[k] >> _U1)
        positions[k] = b if positions[k] & _U1 else a


@bare
def _block_keys(keys, tokens, proposals, tests, cells, seed, high, first):
    """Keys of tokens in blocks: `draw_from_block` with its first values given."""
    first_key, width, component, last, power = cells.key, cells.width, cells.component, cells.last, cells.power
    at, cell_of, chosen = tokens
    part, least = -1, _U0
    for k in range(len(chosen)):
        i, cell = at[chosen[k]], cell_of[chosen[k]]
        if component[cell] != part:
            part = component[cell]
            least = _least(power[part])
        key = first_key[cell] + (proposals[k] >> (_U64 - width[cell]))
        if (tests[k] & M32) >= least or key > last[part]:
            position = np.uint64(first + i)
            key = draw_from_block(
                first_key[cell], width[cell], cells.ratio[cell], last[part], power[part], seed, high, position
            )
        keys[i] = key


@bare
def _letters(letters, alphabet, alias, letter_bits):
    """Replace random values by letters."""
    if letter_bits > _U0:
        for i in range(len(letters)):
            letters[i] = draw_alias(alias, letter_bits, letters[i])
    else:
        for i in range(len(letters)):
            letters[i] = draw_flat(alphabet, letters[i])


@bare
def _repeat_letters(letters, chances, repeat, alphabet, alias, letter_bits, seed, high, first):
    """Put the letter before in the place of those whose random value among `chances` is below `repeat`."""
    place = last_anew(repeat, seed, high, np.uint64(first))
    letters[0] = draw_letter(alphabet, alias, letter_bits, random_bits(seed, high, place))
    fill(chances, seed, high + _U2, first)
    for i in range(1, len(letters)):
        if chances[i] < repeat:
            letters[i] = letters[i - 1]


@bare
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
