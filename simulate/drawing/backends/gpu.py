"""The backend for CUDA devices: the draws of `reference`, tens of thousands at a time, the same bits.

A kernel draws a chunk of tokens and counts them where they are drawn: no token is ever stored. Types with a cell of
their own have a table of counts, the most frequent of them in each multiprocessor's own memory; other types share a
hash table that doubles between chunks. Where the memory of the device is not enough for it, the corpus is drawn
again: half of the keys, chosen by their hash, are put off to a second pass (and half of those that remain to a
third, and so on), for which each token costs the time of its draw and nothing is stored.

`draw` hands the keys of a stretch to the host, for whoever must know which types were drawn and when.

Nothing depends on chunks, blocks or threads: counts are sums over tokens, and a token is a pure function of its
position. Without a device the backend runs in numba's CUDA simulator (``NUMBA_ENABLE_CUDASIM=1``), slowly, for tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from threading import Lock
from typing import Any, NamedTuple, Protocol
from weakref import WeakKeyDictionary

import numpy as np

from simulate.drawing.backends.growth import Growth
from simulate.drawing.stream import Stream
from simulate.drawing.tables import ALIAS, CELLS, OVERFLOW, URN, WINDOWS, Sampler, hash_base

CHUNK = 1 << 30
"""Tokens of a launch at most. A counter of 32 bits in a block's own memory must not overflow."""

KEYS = 1 << 24
"""Keys on the device at a time, at most, on their way to the host: 128 MiB."""

MAX_DENSE = 1 << 27
MAX_FIRST_SLOTS = 1 << 26
THREADS = 256
BLOCKS_PER_MULTIPROCESSOR = 4
USABLE = 0.8
"""Part of the free memory that is used: other programs, and the arrays that are not counted here, need some too."""

_BYTES_PER_SLOT = 16
_INSTALL = "pip install 'efficiency-bounds[gpu-cuda13]' (or [gpu-cuda12])"


def growth(
    sampler: Sampler,
    checkpoints: np.ndarray,
    stream: Stream,
    *,
    edges: np.ndarray,
    chunk: int = CHUNK,
    launch: tuple[int, int] | None = None,
    memory: int | None = None,
) -> Growth:
    """Draw ``checkpoints[-1]`` tokens and count distinct ones and multiplicities at each checkpoint.

    Without `edges` no multiplicities are counted, and a type that was seen costs no more than a look.

    `chunk` is the number of tokens of a launch at most, `launch` the number of blocks and of threads in each, and
    `memory` the bytes of the hash table at most (default: what the device has free). They change no count.

    Raises ValueError with one sentence where there is no device, or the source cannot be drawn in parallel.
    """
    check_sampler(sampler)
    grid = [int(n) for n in checkpoints]
    counter = _Counter(_open_device(), sampler, stream, grid[-1], edges, min(chunk, CHUNK), launch, memory)
    spectrum = np.zeros((len(grid), max(len(edges), 1)), np.int64)
    while counter.pending:
        part = counter.pending.pop()
        counter.begin(part)
        for j in range(part.start, len(grid)):
            counter.draw(grid[j], j)
            spectrum[j] += counter.spectrum()
    return Growth(spectrum.sum(axis=1), spectrum[:, : len(edges)])


def draw(
    sampler: Sampler,
    n_draws: int,
    stream: Stream,
    *,
    first: int = 0,
    chunk: int = KEYS,
    launch: tuple[int, int] | None = None,
) -> np.ndarray:
    """The keys, uint64, of `n_draws` tokens from `first` on, bit for bit those of `cpu.draw`.

    Tokens before `first` are not drawn. At most `chunk` keys are on the device at a time; `launch` is as in `growth`.
    Neither changes a key. Raises ValueError as `growth` does.
    """
    check_sampler(sampler)
    from simulate.drawing.backends import gpu_kernels

    found, chunk = np.empty(n_draws, np.uint64), max(1, min(chunk, n_draws))
    with _DRAWING:
        device = _open_device()
        tables, keys = _on_device(device, sampler, stream), device.zeros(chunk)
        write = gpu_kernels.KEYS[sampler.kind][launch or device.launch]
        seed, high, n_dense = np.uint64(stream.seed), np.uint64(stream.high), np.uint64(sampler.n_dense)
        for begin in range(0, n_draws, chunk):
            part = found[begin : begin + chunk]
            position = first + begin
            write(tables, seed, high, np.uint64(position), np.uint64(position + len(part)), n_dense, keys)
            keys[: len(part)].copy_to_host(part)
    return found


_DRAWING = Lock()
"""One stretch at a time: threads that count hardly wait for it, and the simulator bears no more."""

_HELD: WeakKeyDictionary[Sampler, tuple[Any, ...]] = WeakKeyDictionary()
"""Tables on the device, for as long as their sampler lives: to send a large one takes longer than to draw from it."""


def check_sampler(sampler: Sampler) -> None:
    """Raise ValueError, with one sentence, where there is no device or a GPU cannot draw from `sampler`."""
    require_device()
    if sampler.kind == URN:
        raise ValueError(
            "a Pitman-Yor corpus is drawn token after token, which a GPU cannot share out; use --device cpu"
        )


def _on_device(device: Device, sampler: Sampler, stream: Stream) -> tuple[Any, ...]:
    """The tables of `law` on `device`. Those of windows depend on the stream, and are sent each time."""
    if sampler.kind == WINDOWS:
        return tuple(map(device.upload, law(sampler, stream)))
    if sampler not in _HELD:
        _HELD[sampler] = tuple(map(device.upload, law(sampler, stream)))
    return _HELD[sampler]


def require_device() -> None:
    """Raise ValueError, with one sentence that names what is missing, unless kernels can run here."""
    try:
        from numba import cuda
    except ImportError:
        cuda = None
    if cuda is not None and cuda.config.ENABLE_CUDASIM:
        return
    missing = [name for module, name in (("numba_cuda", "numba-cuda"), ("cupy", "cupy")) if find_spec(module) is None]
    advice = [_INSTALL] if missing else []
    if cuda is not None and (problem := _driver_problem()):
        missing.append(problem)
        advice.append("run on a machine with a CUDA device and NVIDIA's driver")
    if missing:
        raise ValueError(f"the GPU backend lacks {', '.join(missing)}; {' and '.join(advice)}, or use --device cpu")


def _driver_problem() -> str:
    """What keeps numba from a device, in a few words; empty where nothing does."""
    from numba import cuda
    from numba.cuda.cudadrv.driver import driver

    if driver.is_available:
        return "" if len(cuda.gpus) else "a CUDA device"
    return "a CUDA device" if "NO_DEVICE" in str(driver.initialization_error) else "a working NVIDIA driver"


class Device(Protocol):
    """Memory of a device: the one place that knows whether it is a real one."""

    launch: tuple[int, int]
    """Blocks, and threads in each, that keep it busy."""

    def zeros(self, n: int) -> Any:
        """`n` zeros (uint64) on the device."""

    def upload(self, array: np.ndarray) -> Any:
        """A copy of `array` on the device."""

    def free(self) -> float:
        """Bytes that can be allocated."""


class _Simulated:
    """NumPy arrays in numba's CUDA simulator."""

    launch = 2, 8

    def zeros(self, n: int) -> Any:
        return self.upload(np.zeros(n, np.uint64))

    def upload(self, array: np.ndarray) -> Any:
        from numba import cuda

        return cuda.to_device(array)

    def free(self) -> float:
        return float(1 << 24)


class _Real:
    """CuPy arrays, as numba sees them, on the current device."""

    def __init__(self) -> None:
        import cupy
        from numba import cuda

        self._cupy, self._view = cupy, cuda.as_cuda_array
        self.launch = BLOCKS_PER_MULTIPROCESSOR * cuda.get_current_device().MULTIPROCESSOR_COUNT, THREADS

    def zeros(self, n: int) -> Any:
        return self._view(self._cupy.zeros(n, self._cupy.uint64))

    def upload(self, array: np.ndarray) -> Any:
        return self._view(self._cupy.asarray(array))

    def free(self) -> float:
        self._cupy.get_default_memory_pool().free_all_blocks()
        return float(self._cupy.cuda.runtime.memGetInfo()[0])


def _open_device() -> Device:
    from numba import cuda

    return _Simulated() if cuda.config.ENABLE_CUDASIM else _Real()


@dataclass(frozen=True)
class _Part:
    """The keys whose hash has `value` in its lowest `bits` class bits, not yet counted from checkpoint `start` on."""

    bits: int
    value: int
    start: int

    @property
    def chosen(self) -> np.uint64:
        return np.uint64((1 << self.bits) - 1)


class _Counter:
    """Counts of one corpus on one device, and the parts of it that are still to be counted."""

    def __init__(
        self,
        device: Device,
        sampler: Sampler,
        stream: Stream,
        n_draws: int,
        edges: np.ndarray,
        chunk: int,
        launch: tuple[int, int] | None,
        memory: int | None,
    ) -> None:
        from simulate.drawing.backends import gpu_kernels

        self._device, self._chunk = device, chunk
        self._launch = launch or device.launch
        self._kernels = gpu_kernels
        n_dense, self._hashes = plan(sampler, n_draws)
        self._count = gpu_kernels.COUNT[sampler.kind]
        self._law = _on_device(device, sampler, stream)
        self._key = np.uint64(stream.seed), np.uint64(stream.high)
        self._dense, self._n_dense = device.zeros(max(n_dense, 1)), np.uint64(n_dense)
        bins = edges if len(edges) else np.ones(1)
        self._edges, self._enough = device.upload(bins.astype(np.uint64)), np.uint64(bins[-1])
        self._max_slots = self._most_slots(memory) if self._hashes else 2
        self._slots = min(_power(4 * min(chunk, n_draws, MAX_FIRST_SLOTS // 4)), self._max_slots)
        self.pending = [_Part(0, 0, 0)]

    def _most_slots(self, memory: int | None) -> int:
        """The widest table of which there can be two at once, as there must be while it is moved."""
        usable = self._device.free() * USABLE if memory is None else memory
        return max(16, _power(int(usable) // (2 * _BYTES_PER_SLOT) + 1) // 2)

    def begin(self, part: _Part) -> None:
        """Start to draw the corpus from its first token, counting the keys of `part`."""
        self._part, self._all_keys = part, np.uint64(part.bits == 0)
        self._position = self._n_hashed = 0
        self._table = None  # the last part's table goes before the next one comes
        self._table = self._device.zeros(2 * self._slots)
        self._counted = self._device.zeros(2)

    def draw(self, stop: int, checkpoint: int) -> None:
        """Draw and count the tokens up to `stop`; keys for which there is no room are put off from `checkpoint` on."""
        while self._position < stop:
            end = min(self._position + self._room(checkpoint), stop)
            self._count[self._launch](
                self._law, *self._key, np.uint64(self._position), np.uint64(end), self._dense, self._n_dense,
                self._table, self._all_keys, self._part.chosen, np.uint64(self._part.value), self._enough,
                self._counted,
            )  # fmt: skip
            self._position = end
            if self._hashes:
                self._n_hashed = int(self._counted.copy_to_host()[0])

    def _room(self, checkpoint: int) -> int:
        """Tokens that can be drawn before the hash table might be more than half full."""
        if not self._hashes:
            return self._chunk
        while (room := self._slots // 2 - self._n_hashed) < min(self._chunk, self._slots // 8):
            if self._slots < self._max_slots:
                self._move(2 * self._slots)
            else:
                self._split(checkpoint)
        return min(room, self._chunk)

    def _split(self, checkpoint: int) -> None:
        """Put half of the keys off to a later pass."""
        bits, value = self._part.bits, self._part.value
        if bits == self._kernels.CLASS_BITS:
            raise ValueError("the GPU has too little free memory for this corpus; use --device cpu or fewer draws")
        self.pending.append(_Part(bits + 1, value | 1 << bits, checkpoint))
        self._part = _Part(bits + 1, value, self._part.start)
        self._move(self._slots)

    def _move(self, slots: int) -> None:
        """Move the keys that are still counted into a table of `slots` slots."""
        wider, kept = self._device.zeros(2 * slots), self._device.zeros(2)
        self._kernels.move[self._launch](self._table, wider, self._part.chosen, np.uint64(self._part.value), kept)
        n_fresh = self._counted.copy_to_host()[1]
        self._n_hashed = int(kept.copy_to_host()[0])
        self._counted = self._device.upload(np.array([self._n_hashed, n_fresh], np.uint64))
        self._table, self._slots = wider, slots
        self._device.free()

    def spectrum(self) -> np.ndarray:
        """Number of types in each bin of multiplicity among the tokens drawn."""
        spectrum = self._device.zeros(self._edges.size)
        tally = self._kernels.add_spectrum[self._launch]
        if self._all_keys:
            tally(self._dense, 0, 1, self._edges, spectrum)
        if self._hashes:
            tally(self._table, 1, 2, self._edges, spectrum)
        counts = spectrum.copy_to_host().astype(np.int64)
        counts[0] += int(self._counted.copy_to_host()[1])
        return counts


def _power(n: int) -> int:
    """The least power of two that is at least `n`."""
    return 1 << max(n - 1, 1).bit_length()


class Plan(NamedTuple):
    """Where the keys of a sampler are counted on a device: those below `n_dense` in an array, others hashed if any."""

    n_dense: int
    hashes: bool


def plan(sampler: Sampler, n_draws: int) -> Plan:
    """The plan for `n_draws` draws. A table of counts is worth its memory where most of it will be used."""
    if sampler.kind == CELLS:
        blocks = (sampler.cells.width > 0) & (sampler.cells.width < OVERFLOW)
        return Plan(sampler.n_dense, bool(np.any(blocks)))
    if sampler.kind == ALIAS:
        return Plan(sampler.n_keys, False)
    n_dense = sampler.n_keys if sampler.n_keys <= min(4 * n_draws, MAX_DENSE) else 0
    return Plan(n_dense, n_dense == 0)


def law(sampler: Sampler, stream: Stream) -> tuple[np.ndarray, ...]:
    """The tables that the kernels read, in the order of the functions that draw in `gpu_kernels`."""
    if sampler.kind == CELLS:
        # A guide of four bytes an entry finds more room in a cache.
        return tuple(sampler.cells._replace(guide=sampler.cells.guide.astype(np.int32)))
    if sampler.kind == ALIAS:
        return sampler.alias, np.array(sampler.parameter[:1], np.uint64)
    if sampler.kind == WINDOWS:
        alphabet, length = sampler.parameter
        exact = sampler.n_keys > 0
        base = alphabet if exact else int(hash_base(np.uint64(stream.seed), np.uint64(stream.high)))
        numbers = [alphabet, length, base, exact, sampler.letter_bits, sampler.repeat]
        alias = sampler.alias if len(sampler.alias) else np.zeros(1, np.uint64)
        return np.array(numbers, np.uint64), alias
    return (np.array(sampler.parameter[:1], np.uint64),)
