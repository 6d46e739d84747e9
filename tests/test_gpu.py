"""The CUDA backend against the others: in numba's simulator, as machine code for sm_90, and on a device (`-m gpu`).

The simulator runs a Python thread for each thread of a kernel, so its corpora are tiny. It is chosen when numba is
imported: what needs it runs once, in a process of its own (``python -m tests.test_gpu simulate``).
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from bounds.sources import parse_source
from bounds.spectrum import FrequencySpectrum
from simulate.backends import Growth, cpu, get_backend, gpu, reference
from simulate.sampling import Sampler, build_sampler
from simulate.stream import Stream

SOURCES = [
    "uniform:1",
    "uniform:7",
    "uniform:1e12",
    "uniform:4611686018427387904",
    "zipf:1.02",
    "zipf:1.724",
    "zipf:1.3,shift=1e5",
    "zipf:30,shift=1e4",
    "zipf:0.5,types=1e9",
    "zipf:1.1,types=50",
    "geometric:0.9",
    "growing:0.58,scale=3",
    "santa-fe:1.3,labels=2",
    "windows:alphabet=4,length=3",
    "windows:alphabet=4,length=20",
    "windows:alphabet=10,length=40",
    "windows:alphabet=5,length=3,stay=0.6",
    "windows:alphabet=3,length=2,stay=0.9,exponent=1",
    "windows:alphabet=26,length=20,stay=0.3,exponent=1.5",
    "windows:alphabet=1000,length=1,exponent=1",
    "mixture:0.7*(zipf:2)+0.3*(zipf:1.5,shift=5)",
    "mixture:0.5*(uniform:100000)+0.2*(zipf:1.05,shift=5000)+0.3*(geometric:0.99)",
]
GRID = np.array([1, 2, 3, 10, 40])
EDGES = {"all": np.array([1, 2, 3, 4, 6, 9]), "none": np.zeros(0, np.int64), "from 1": np.array([1])}
STREAM = Stream(2**63 + 11, "tokens", 3, 5)
SETTINGS = {
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
    from simulate.backends import gpu_kernels

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
    from simulate import stream

    found = {"known": known_answers()}
    found["cases"] = [as_lists(grow(gpu, s, EDGES[edges], **SETTINGS[setting])) for s, setting, edges in CASES]
    stream._WEYL0 = np.uint64(0x9E3779B8)
    found["wrong"] = as_lists(grow(gpu, WRONG[0], EDGES[WRONG[2]], **SETTINGS[WRONG[1]]))
    return found


@pytest.fixture(scope="module")
def simulated():
    # The hash of a long window wraps around on purpose; numpy's scalars warn of it.
    return run_apart("simulate", NUMBA_ENABLE_CUDASIM="1", PYTHONWARNINGS="error,ignore:overflow encountered")


def run_apart(task: str, **environment: str) -> dict:
    done = subprocess.run(
        [sys.executable, "-m", "tests.test_gpu", task],
        env=os.environ | environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


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


def lend_compiler() -> None:
    """Show numba the compiler of the wheel ``nvidia-nvvm``, which it looks for where toolkits put it."""
    if find_spec("numba_cuda") or {"CUDA_HOME", "CUDA_PATH"} & set(os.environ):
        return
    try:
        parts = {path.name: path.locate() for path in files("nvidia-nvvm") or ()}
    except PackageNotFoundError:
        return
    home = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, home)
    for name, path in parts.items():
        place = {"libnvvm": "lib64", "libdevice": "libdevice"}.get(name.split(".")[0])
        if place:
            (home / "nvvm" / place).mkdir(parents=True, exist_ok=True)
            (home / "nvvm" / place / name).symlink_to(path)
    os.environ["CUDA_HOME"] = str(home)


def compile_kernels() -> dict:
    """Assembly for sm_90 of every kernel, without a driver; the last one is a negative control."""
    lend_compiler()
    from numba import cuda, typeof
    from numba.cuda import compile_ptx, dispatcher

    from simulate.backends import gpu_kernels as kernels

    # Device functions ask the driver which device they are for.
    dispatcher.get_current_device = lambda: SimpleNamespace(compute_capability=(9, 0))
    n, words = np.uint64(1), np.zeros(2, np.uint64)
    jobs = {
        "move": (kernels.move, (words, words, n, n, words)),
        "add_spectrum": (kernels.add_spectrum, (words, 0, 1, words, words)),
        "random_words": (kernels.random_words, (n, n, n, words)),
    }
    for source in DRAWN:
        sampler = build_sampler(parse_source(source), 100)
        law = gpu.plan(sampler, STREAM, 100).law
        jobs[source] = (kernels.COUNT[sampler.kind], (law, n, n, n, n, words, n, words, n, n, n, n, words))

    @cuda.jit
    def rounding(n, words):
        words[0] = n / np.uint64(3)

    jobs["rounding"] = (rounding, (n, words))
    try:
        return {
            name: compile_ptx(kernel.py_func, tuple(map(typeof, args)), cc=(9, 0))[0]
            for name, (kernel, args) in jobs.items()
        }
    except Exception as error:
        if not any(name in str(error).lower() for name in ("nvvm", "nvrtc")):
            raise
        return {"lacking": str(error).strip().splitlines()[0]}


@pytest.fixture(scope="module")
def assembly():
    compiled = run_apart("compile", NUMBA_ENABLE_CUDASIM="0", PYTHONWARNINGS="ignore")
    if "lacking" in compiled:
        pytest.skip(f"NVIDIA's compiler library is not here (pip install nvidia-nvvm): {compiled['lacking']}")
    return compiled


DRAWN = ["uniform:9", "zipf:1.1,types=50", "zipf:1.5", "windows:alphabet=4,length=40"]
"""A source for each kernel that draws."""

KERNELS = ["move", "add_spectrum", "random_words", *DRAWN]


@pytest.mark.parametrize("kernel", KERNELS)
def test_kernels_compile_for_a_device_and_never_round(assembly, kernel):
    assert ".target sm_90" in assembly[kernel]
    assert ".f64" not in assembly[kernel]
    assert ".f32" not in assembly[kernel]


def test_every_kernel_is_compiled(assembly):
    assert set(assembly) == {*KERNELS, "rounding"}


def test_rounding_would_be_noticed(assembly):
    assert ".f64" in assembly["rounding"]


@pytest.mark.parametrize("kernel", DRAWN)
def test_counting_is_atomic(assembly, kernel):
    assert "atom.global.cas.b64" in assembly[kernel]
    assert "atom.shared.add.u32" in assembly[kernel]
    assert "atom.global.add.u64" in assembly[kernel]


# --- what is refused --------------------------------------------------------------------------------------------------


def test_a_missing_device_is_one_sentence(monkeypatch):
    monkeypatch.setattr(gpu, "_driver_problem", lambda: "a working NVIDIA driver")
    monkeypatch.setattr(gpu, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="lacks numba-cuda, cupy, a working NVIDIA driver here; pip install") as caught:
        get_backend("gpu")
    assert "use --device cpu" in str(caught.value)
    assert "\n" not in str(caught.value)
    monkeypatch.setattr(gpu, "find_spec", lambda name: name)
    with pytest.raises(ValueError, match="lacks a working NVIDIA driver here; run on a machine"):
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
        return gpu.plan(sampler, STREAM, n_draws)[1:]

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

DEVICE_SETTINGS = {
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
    print(json.dumps({"simulate": simulate_cases, "compile": compile_kernels}[sys.argv[1]]()))
