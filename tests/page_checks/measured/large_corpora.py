"""The numbers of docs/corpora.md on sketches, on what does not fit into memory, and on many files."""

from __future__ import annotations

import inspect
import math
import re

import numpy as np

from tests.page_numbers import Page, Sentence, default, error_of_share


def _sketch(page: Page) -> tuple[int, int]:
    from simulate.text.sketch import PRECISION, HyperLogLog

    return PRECISION, HyperLogLog(PRECISION).registers.nbytes // 1024


def _samples(page: Page) -> tuple[float, ...]:
    from tests.test_sample import N_DISTINCT, N_KEPT, N_SAMPLES, shares_held

    held = shares_held()
    return N_SAMPLES, N_KEPT, N_DISTINCT, 100 * min(held), 100 * max(held)


def _decade(page: Page) -> tuple[int, int]:
    from simulate.text.streaming import PER_DECADE

    return 10, PER_DECADE


def _sketch_error(page: Page) -> tuple[float, ...]:
    """c, a and b of c/a^(p/b), from two precisions, and the level of the interval."""
    from simulate.text.sketch import HyperLogLog

    one, other = HyperLogLog(4).relative_error, HyperLogLog(8).relative_error
    halvings = math.log2(one / other) / 4
    return (
        one * 2 ** (4 * halvings),
        2,
        round(1 / halvings, 9),
        round(100 * default(HyperLogLog.interval, "confidence")),
    )


def _hash_bits() -> tuple[int, int]:
    """Bytes of a word that are a digit of its polynomial, and the power of two below its modulus."""
    from simulate.drawing.tables import HASH_PRIME

    power = HASH_PRIME.bit_length() - 1
    return power // 8, power


def _collisions(page: Page) -> tuple[int, int]:
    """Bytes of a word, and what a billion windows of four of them lose at most, rounded up."""
    taken, power = _hash_bits()
    length = 14
    return length, math.ceil(1e18 / 2 * (4 + length / taken) / 2**power)


def _seeds(page: Page) -> tuple[int, float]:
    seeds = 1000
    assert all(
        float(row["covers"]) * seeds == round(float(row["covers"]) * seeds, 6) for row in page.table("| precision p |")
    )
    return seeds, error_of_share(0.95, seeds)


def _bias(page: Page) -> tuple[float, int, int, int]:
    """Bias of four bits and a million windows times 2^4; from which precision on none is seen in the table."""
    rows = {
        (row["precision p"], row["distinct n"]): float(row["bias"].rstrip("%")) for row in page.table("| precision p |")
    }
    seen = [int(p) for (p, _), bias in rows.items() if abs(bias) > 1]
    assert set(seen) == {4}
    return round(rows["4", "1000000"] / 100 * 2**4), 2, 2, min(int(p) for p, _ in rows if int(p) > 4)


def _keys(page: Page) -> tuple[int, ...]:
    """Bits of a key, and units of the longest window in one: of 4 letters, of 100 bytes, of a million words."""
    from simulate.text.spilling.keys import Packed

    kinds = (4, 100, 10**6)
    bits = 8 * np.dtype(np.uint64).itemsize
    return bits, *(Packed.of(np.arange(n, dtype=np.uint32), 1 << 20).longest for n in kinds)


def _spilled(page: Page) -> tuple[int, int]:
    """Bytes of a key and of its place, and of a key alone."""
    key, place = np.dtype(np.uint64).itemsize, np.dtype(np.uint32).itemsize
    return key + place, key


def _exchanged(page: Page) -> tuple[int, int]:
    return _spilled(page)[0], np.dtype(np.uint32).itemsize


def _least_memory(page: Page) -> tuple[int]:
    from simulate.text.spilling.budget import BESIDE, LEAST

    return ((BESIDE + LEAST) >> 20,)


def _worker(page: Page) -> tuple[int]:
    from simulate.text.shards.workers import LEAST

    return (LEAST >> 20,)


def _in_memory(page: Page) -> tuple[str, ...]:
    """Bytes of an id, of its copy, and of a distinct window, as the module that counts says it."""
    from simulate.text import counting

    pattern = r"Memory: (\d+) bytes a unit for ids, (\d+) to (\d+) for each"
    ((unit, low, high),) = re.findall(pattern, counting.__doc__ or "")
    return unit, unit, low, high


def _for_blocks(page: Page) -> tuple[str]:
    """Bytes that are asked for, for each distinct window, before blocks are counted."""
    from simulate.text import blocks

    (asked,) = re.findall(r"require\((\d+) \* windows\.n_types\)", inspect.getsource(blocks))
    return (asked,)


def _head(page: Page) -> tuple[int]:
    from simulate.text.reading.recognising import HEAD

    return (HEAD >> 10,)


CHECKS = {
    "docs/corpora.md": (
        Sentence("(`--precision`, {} by default: {} KiB)", _sketch),
        Sentence(
            "Intervals of {} samples of {} from {} distinct windows held f_1, f_2 and f_3 in {} to {} % of them",
            _samples,
        ),
        Sentence("are {}^(j/{}) units, rounded: the same", _decade),
        Sentence("rounded: the same {} to a factor of {}", lambda page: _decade(page)[::-1]),
        Sentence(
            "The relative standard error is {}/{}^(p/{}) (*asymptotic*, Flajolet et al. 2007, theorem 1), and the "
            "{} % interval",
            _sketch_error,
        ),
        Sentence("probability below (k + b/{})/{}^{} (*rigorous*", lambda page: (_hash_bits()[0], 2, _hash_bits()[1])),
        Sentence("longest word; k/{}^{} for bytes", lambda page: (2, _hash_bits()[1])),
        Sentence("four words of up to {} bytes is a loss of less than {} on average", _collisions),
        Sentence("over {} seeds, with a standard error of a coverage of {}:", _seeds),
        Sentence("too large by about {}/{}^p and its error is skewed; with {}^{} and more", _bias),
        Sentence(
            "a key of {} bits: its units as they stand where they fit ({} letters of DNA, {} bytes of English, {} "
            "words of a "
            "million)", _keys,
        ),
        Sentence("keys ({} bytes a window; {} with `--blocks 0`", _spilled),
        Sentence("by itself and {} MiB; less is", _least_memory),
        Sentence(
            "each unit is kept in {} bytes (a byte in one) and counted in a copy of {}; each distinct window takes "
            "{} to {} bytes",
            _in_memory,
        ),
        Sentence("and {} for the blocks", _for_blocks),
        Sentence("of its part once, as {} bytes, and comes back as {} where", _exchanged),
        Sentence("each worker may take, at least {} MiB", _worker),
        Sentence("by its first {} KiB", _head),
    ),
}  # fmt: skip
