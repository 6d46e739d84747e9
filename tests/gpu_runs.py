"""What the tests of the CUDA backend share: sources, processes of their own, and kernels as machine code.

``python -m tests.gpu_runs`` compiles every kernel for sm_90 and prints the assembly as JSON.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, files
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from bounds.base.sources import parse_source
from simulate.drawing.backends import gpu
from simulate.drawing.stream import Stream
from simulate.drawing.tables import build_sampler

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
STREAM = Stream(2**63 + 11, "tokens", 3, 5)
DRAWN = ["uniform:9", "zipf:1.1,types=50", "zipf:1.5", "windows:alphabet=4,length=40"]
"""A source for each kernel that draws."""


def switch_often() -> None:
    """For a process that simulates: numba waits for the threads of a kernel in a loop that leaves them no time."""
    sys.setswitchinterval(1e-4)


def run_apart(module: str, **environment: str) -> dict:
    """What `module` prints when it runs in a process of its own, read as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", module],
        env=os.environ | environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


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

    from simulate.drawing.backends import gpu_kernels as kernels

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
        law = gpu.law(sampler, STREAM)
        jobs[source] = (kernels.COUNT[sampler.kind], (law, n, n, n, n, words, n, words, n, n, n, n, words))
        jobs[f"keys of {source}"] = (kernels.KEYS[sampler.kind], (law, n, n, n, n, n, words))

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


if __name__ == "__main__":
    print(json.dumps(compile_kernels()))
