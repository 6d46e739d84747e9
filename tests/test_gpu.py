"""The CUDA backend against the others: in numba's simulator, as machine code for sm_90, and on a device (`-m gpu`).

The simulator runs a Python thread for each thread of a kernel, so its corpora are tiny. It is chosen when numba is
imported: what needs it runs once, in a process of its own (``python -m tests.test_gpu``).
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Any

import numpy as np
import pytest

from bounds.base.sources import parse_source
from bounds.base.spectrum import FrequencySpectrum
from simulate.drawing.backends import Growth, cpu, get_backend, gpu, reference
from simulate.drawing.tables import Sampler, build_sampler
from tests.gpu_runs import DRAWN, SOURCES, STREAM, run_apart, switch_often

GRID = np.array([1, 2, 3, 10, 40])
EDGES = {"all": np.array([1, 2, 3, 4, 6, 9]), "none": np.zeros(0, np.int64), "from 1": np.array([1])}
SETTINGS: dict[str, dict[str, Any]] = {
    "plain": {"launch": (2, 4)},
    "small chunks": {"launch": (3, 1), "chunk": 7},
    "small memory": {"launch": (1, 3), "chunk": 32, "memory": 1024},
}
"""Blocks and threads, tokens of a launch, bytes for the hash table: the last counts in several passes."""

CASES = [
    *((source, list(SETTINGS)[i % 3], "all") for i, source in enumerate(SOURCES)),
    ("uniform:1e12", "plain", "all"),
    ("uniform:1e12", "small chunks", "all"),
    ("zipf:1.3,shift=1e5", "small memory", "none"),
    ("mixture:0.7*(zipf:2)+0.3*(zipf:1.5,shift=5)", "small memory", "from 1"),
]
# Counter, key and output of Random123's file of known answers; the counter's words are (low, high) of block and stream.
KNOWN = [
    ("0 0 0 0", "0 0", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]
WRONG = ("zipf:1.1,types=50", "plain", "all")


def grow(backend, source: str, edges: np.ndarray, grid: np.ndarray = GRID, **setting) -> Growth:
    return backend.growth(build_sampler(parse_source(source), int(grid[-1])), grid, STREAM, edges=edges, **setting)


def words64(text: str) -> list[int]:
    words = [int(word, 16) for word in text.split()]
    return [low | high << 32 for low, high in zip(words[::2], words[1::2], strict=True)]


def known_answers() -> list[list[int]]:
    """What the device function makes of the counters and keys of `KNOWN`."""
    from simulate.drawing.backends import gpu_kernels

    device, found = gpu._open_device(), []
    for counter, key, _ in KNOWN:
        (low, high), (seed,) = words64(counter), words64(key)
        words = device.zeros(2)
        gpu_kernels.random_words[128, 1](np.uint64(seed), np.uint64(high), np.uint64(low), words)
        found.append([int(word) for word in words.copy_to_host()])
    return found


def as_lists(found: Growth) -> list[list]:
    return [found.n_unique.tolist(), found.spectrum.tolist()]


# --- in the simulator -------------------------------------------------------------------------------------------------


def simulate_cases() -> dict:
    """Everything that the tests ask of the simulator; the last entry is a negative control."""
    from simulate.drawing import stream

    switch_often()
    found: dict[str, Any] = {"known": known_answers()}
    found["cases"] = [as_lists(grow(gpu, s, EDGES[edges], **SETTINGS[setting])) for s, setting, edges in CASES]
    stream._WEYL0 = np.uint64(0x9E3779B8)
    found["wrong"] = as_lists(grow(gpu, WRONG[0], EDGES[WRONG[2]], **SETTINGS[WRONG[1]]))
    return found


@pytest.fixture(scope="module")
def simulated():
    # The hash of a long window wraps around on purpose; numpy's scalars warn of it.
    return run_apart("tests.test_gpu", NUMBA_ENABLE_CUDASIM="1", PYTHONWARNINGS="error,ignore:overflow encountered")


@pytest.mark.parametrize("number", range(len(CASES)), ids=[" | ".join(case) for case in CASES])
def test_simulated_counts_are_those_of_the_reference(simulated, number):
    source, _, edges = CASES[number]
    n_unique, spectrum = simulated["cases"][number]
    expected = grow(reference, source, EDGES["all"])
    assert n_unique == expected.n_unique.tolist()
    assert edges != "all" or spectrum == expected.spectrum.tolist()
    assert [n_unique, spectrum] == as_lists(grow(cpu, source, EDGES[edges]))


def test_simulated_known_answers(simulated):
    assert simulated["known"] == [words64(output) for _, _, output in KNOWN]


def test_a_wrong_constant_is_noticed(simulated):
    source, _, edges = WRONG
    assert simulated["wrong"] != as_lists(grow(reference, source, EDGES[edges]))


# --- as machine code --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def assembly():
    compiled = run_apart("tests.gpu_runs", NUMBA_ENABLE_CUDASIM="0", PYTHONWARNINGS="ignore")
    if "lacking" in compiled:
        pytest.skip(f"NVIDIA's compiler library is not here (pip install nvidia-nvvm): {compiled['lacking']}")
    return compiled


KERNELS = ["move", "add_spectrum", "random_words", *DRAWN, *(f"keys of {source}" for source in DRAWN)]


@pytest.mark.parametrize("kernel", KERNELS)
def test_kernels_compile_for_a_device_and_never_round(assembly, kernel):
    assert ".target sm_90" in assembly[kernel]
    assert ".f64" not in assembly[kernel]
    assert ".f32" not in assembly[kernel]


def test_every_kernel_is_compiled(assembly):
    assert set(assembly) == {*KERNELS, "rounding"}


def test_rounding_would_be_noticed(assembly):
    assert ".f64" in assembly["rounding"]


@pytest.mark.parametrize("source", DRAWN)
def test_keys_are_stored_and_nothing_else(assembly, source):
    """Each thread writes its own, and waits for no other."""
    stores = [line.split()[0] for line in assembly[f"keys of {source}"].splitlines() if "st.global" in line]
    assert stores
    assert set(stores) == {"st.global.u64"}
    assert "atom." not in assembly[f"keys of {source}"]


@pytest.mark.parametrize("kernel", DRAWN)
def test_counting_is_atomic(assembly, kernel):
    assert "atom.global.cas.b64" in assembly[kernel]
    assert "atom.shared.add.u32" in assembly[kernel]
    assert "atom.global.add.u64" in assembly[kernel]


# --- what is refused --------------------------------------------------------------------------------------------------


def test_a_missing_device_is_one_sentence(monkeypatch):
    monkeypatch.setattr(gpu, "_driver_problem", lambda: "a working NVIDIA driver")
    monkeypatch.setattr(gpu, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="lacks numba-cuda, cupy, a working NVIDIA driver; pip install") as caught:
        get_backend("gpu")
    assert "use --device cpu" in str(caught.value)
    assert "\n" not in str(caught.value)
    monkeypatch.setattr(gpu, "find_spec", lambda name: name)
    with pytest.raises(ValueError, match="lacks a working NVIDIA driver; run on a machine"):
        grow(gpu, "uniform:9", EDGES["all"])


def test_what_is_missing_here_is_named_truly():
    problem = gpu._driver_problem()
    assert problem in ("", "a working NVIDIA driver", "a CUDA device")
    if problem:
        with pytest.raises(ValueError, match=problem):
            gpu.require_device()


def test_an_urn_is_refused(monkeypatch):
    monkeypatch.setattr(gpu, "require_device", lambda: None)
    with pytest.raises(ValueError, match=r"Pitman-Yor .* use --device cpu"):
        grow(gpu, "pitman-yor:0.5", EDGES["all"])


# --- the plan ---------------------------------------------------------------------------------------------------------


def test_many_types_are_hashed_and_few_are_not():
    def planned(source: str, n_draws: int) -> tuple[int, bool]:
        sampler = build_sampler(parse_source(source), n_draws)
        return gpu.plan(sampler, n_draws)

    assert planned("uniform:1000", 250) == (1000, False)
    assert planned("uniform:1000", 249) == (0, True)
    assert planned("zipf:1.1,types=1000", 1) == (1000, False)
    assert planned("zipf:1.5", 10**11) == (2**14 - 1, True)
    assert planned("geometric:0.5", 10**11)[1] is False
    assert planned("windows:alphabet=2,length=10", 10**6) == (1024, False)
    assert planned("windows:alphabet=10,length=40", 10**6) == (0, True)


def test_a_table_grows_to_what_memory_holds_twice():
    class Roomy:
        launch = 1, 1

        def zeros(self, n: int) -> np.ndarray:
            return np.zeros(min(n, 4), np.uint64)

        def upload(self, array: np.ndarray) -> np.ndarray:
            return array

        def free(self) -> float:
            return 139.0 * 2**30

    def counter(n_draws: int, memory: int | None) -> gpu._Counter:
        sampler = build_sampler(parse_source("uniform:1e12"), n_draws)
        return gpu._Counter(Roomy(), sampler, STREAM, n_draws, EDGES["all"], gpu.CHUNK, None, memory)

    large = counter(10**11, None)
    assert (large._slots, large._max_slots) == (2**26, 2**31)
    assert counter(100, None)._slots == 512
    assert counter(10**11, 2**20)._max_slots == 2**15
    assert counter(10**11, 1)._max_slots == 16


# --- golden hashes ----------------------------------------------------------------------------------------------------

GOLDEN_GRID = np.array([1, 999, 100_000, 200_001])
GOLDEN = {
    "uniform:1e6": "5f9f7c0e3d3fc30a",
    "uniform:1e9": "670a8d0f78adcddf",
    "zipf:1.05": "1b7dc72113272d85",
    "zipf:1.2": "c15992116a8a43f1",
    "zipf:1.724": "874a0a1447efad17",
    "zipf:1.724,shift=100": "1b4e275901c65a69",
    "zipf:0.9,types=1e6": "6f56df08850a0dcd",
    "zipf:0.5,types=1e9": "9b430a9ba9077765",
    "geometric:0.99": "a43052f72eedecff",
    "windows:alphabet=4,length=8": "8a407a4443dc0964",
    "mixture:0.7*(zipf:2)+0.3*(zipf:1.5,shift=5)": "d679f599ee0bd799",
}
"""The first 64 bits of a SHA-256 of the counts at `GOLDEN_GRID`: a change changes every published result."""


@cache
def sampler_of(source: str) -> Sampler:
    return build_sampler(parse_source(source), int(GOLDEN_GRID[-1]))


def golden_hash(backend, source: str, **setting) -> str:
    found = backend.growth(
        sampler_of(source), GOLDEN_GRID, STREAM, edges=FrequencySpectrum.edges(GOLDEN_GRID[-1]), **setting
    )
    return hashlib.sha256(found.n_unique.tobytes() + found.spectrum.tobytes()).hexdigest()[:16]


@pytest.mark.parametrize("source", GOLDEN)
def test_golden_hash(source):
    """The record that `test_device_replays_the_record` replays on a device."""
    assert golden_hash(cpu, source) == GOLDEN[source]


# --- on a device ------------------------------------------------------------------------------------------------------

DEVICE_SETTINGS: dict[str, dict[str, Any]] = {
    "plain": {},
    "one block": {"launch": (128, 32), "chunk": 4099},
    "small memory": {"memory": 1 << 20},
    "many blocks": {"launch": (2048, 512), "chunk": 1 << 16},
}


@pytest.mark.gpu
@pytest.mark.parametrize("setting", DEVICE_SETTINGS)
@pytest.mark.parametrize("source", GOLDEN)
def test_device_replays_the_record(source, setting):
    found = golden_hash(gpu, source, **DEVICE_SETTINGS[setting])
    assert found == golden_hash(cpu, source)
    assert found == GOLDEN[source], "the tables of this host, built in floating point, are not those on record"


@pytest.mark.gpu
@pytest.mark.parametrize("source", SOURCES)
def test_device_counts_are_those_of_the_reference(source):
    assert as_lists(grow(gpu, source, EDGES["all"])) == as_lists(grow(reference, source, EDGES["all"]))
    for edges in EDGES.values():
        assert as_lists(grow(gpu, source, edges)) == as_lists(grow(cpu, source, edges))


@pytest.mark.gpu
def test_device_known_answers():
    assert known_answers() == [words64(output) for _, _, output in KNOWN]


@pytest.mark.gpu
@pytest.mark.parametrize("source", ["uniform:1e12", "zipf:1.05", "zipf:1.2", "zipf:1.1,types=1e6"])
def test_device_counts_ten_million_draws_as_processors_do(source):
    grid = np.array([10**6, 10**7 + 1])
    edges = FrequencySpectrum.edges(10**7)
    expected = as_lists(grow(cpu, source, edges, grid))
    assert as_lists(grow(gpu, source, edges, grid)) == expected
    assert as_lists(grow(gpu, source, edges, grid, memory=1 << 27)) == expected


if __name__ == "__main__":
    print(json.dumps(simulate_cases()))
