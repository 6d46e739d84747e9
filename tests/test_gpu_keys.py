"""Keys of stretches on a device, and what draws its tokens there: learners, skills and suites.

In numba's simulator (``python -m tests.test_gpu_keys``, a process of its own) and on a device (`-m gpu`). The answer is
that of `cpu.draw`, which other tests hold against the backend that defines it.
"""

from __future__ import annotations

import hashlib
import json
import weakref
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click
import numpy as np
import pytest
import xarray as xr

from bounds.base.quantities import parse_grid
from bounds.base.sources import parse_source
from simulate import regenerate_batch, run_suite, simulate_skills
from simulate.cli.main import main
from simulate.corpora.order import DrawnOrder, open_order
from simulate.drawing.backends import cpu, gpu
from simulate.drawing.device import device_for_tokens
from simulate.drawing.tables import build_sampler
from simulate.studies.learners import measure_learners
from simulate.studies.skills.drawing.groups import MassOrder
from simulate.studies.skills.job import prepare as prepare_skills
from simulate.studies.skills.plan import SkillPlan
from simulate.studies.suite.plan import SuitePlan
from simulate.studies.suite.prepare import prepare as prepare_suite
from tests.gpu_runs import DRAWN, SOURCES, STREAM, run_apart, switch_often

CHUNKS = {1: 10, 7: 60, 128: 200, 1024: 200}
"""Keys of a launch, and draws: some ten launches, or as many as it takes to have two, or one."""

URN = "pitman-yor:0.5"
RUNS = {
    "learners": (
        measure_learners, {"learners": ("memoriser", "store", "margin:1"), "n_draws": [20, 60], "test_draws": 30},
    ),
    "a growing learner": (measure_learners, {"learners": ("margin:0.5",), "n_draws": [30, 90], "test_draws": 20}),
    "skills": (simulate_skills, {"n_skills": 3, "members": 4, "quorum": 2, "n_draws": "50:200:2"}),
    "skills by frequency": (
        simulate_skills,
        {"source": "zipf:1.5", "kind": "frequency", "n_skills": 3, "members": 4, "quorum": 2, "n_draws": "50:200:2"},
    ),
    "a suite": (run_suite, {"source": "zipf:1.5", "checkpoints": (0, 1, 2, 4), "batch": 8, "validation": 20}),
    "a suite of windows": (
        run_suite, {"source": "windows:alphabet=4,length=3", "checkpoints": (0, 3, 4), "batch": 8, "validation": 20},
    ),
}  # fmt: skip
WRONG = ("zipf:1.1,types=50", "skills", "a suite")


def stretches(source: str, n: int = 20) -> list[dict]:
    """Six stretches that start anywhere, in chunks and on blocks and threads of any number."""
    chance = np.random.default_rng(list(source.encode()))
    return [
        {
            "first": int(first), "n_draws": int(chance.integers(1, n)), "chunk": int(chance.choice(list(CHUNKS))),
            "launch": (int(chance.integers(1, 4)), int(chance.integers(1, 4))),
        } for first in (0, 1, *chance.integers(2, 5000, 2), 2**40 + 1, 2**61)
    ]  # fmt: skip


def keys(backend, source: str, *, first: int, n_draws: int, **setting) -> np.ndarray:
    return backend.draw(build_sampler(parse_source(source), 100), n_draws, STREAM, first=first, **setting)


def digest(*arrays: np.ndarray) -> str:
    joined = b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)
    return hashlib.sha256(joined).hexdigest()[:16]


def dataset_digest(dataset: xr.Dataset) -> str:
    numbers = [
        dataset[name].values for name in sorted(map(str, dataset.data_vars)) if dataset[name].dtype.kind in "biuf"
    ]
    assert len(numbers) > 5
    return digest(*numbers)


def run_on(device: str, name: str) -> str:
    run, arguments = RUNS[name]
    dataset = run(replicates=2, seed=4, device=device, **arguments)
    assert json.loads(dataset.attrs["provenance"])["device"] == device
    return dataset_digest(dataset)


# --- in the simulator -------------------------------------------------------------------------------------------------


def simulate_cases() -> dict:
    """Everything that the tests ask of the simulator; the last entry is a negative control."""
    from simulate.drawing import stream

    switch_often()
    found = {
        "stretches": {s: [keys(gpu, s, **where).tolist() for where in stretches(s)] for s in SOURCES},
        "chunks": {
            s: [digest(keys(gpu, s, first=3, n_draws=n, chunk=chunk)) for chunk, n in CHUNKS.items()] for s in DRAWN
        },
        "none": keys(gpu, "zipf:1.5", first=5, n_draws=0).tolist(),
        "runs": {name: run_on("gpu", name) for name in RUNS},
        "batch": regenerate_batch("zipf:1.2", 3, batch=50, device="gpu")[1].tolist(),
    }
    stream._WEYL0 = np.uint64(0x9E3779B8)
    source, *runs = WRONG
    found["wrong"] = [digest(keys(gpu, source, first=3, n_draws=200)), *(run_on("gpu", name) for name in runs)]
    return found


@pytest.fixture(scope="module")
def simulated():
    # The hash of a long window wraps around on purpose; numpy's scalars warn of it.
    return run_apart(
        "tests.test_gpu_keys", NUMBA_ENABLE_CUDASIM="1", PYTHONWARNINGS="error,ignore:overflow encountered"
    )


@pytest.mark.parametrize("source", SOURCES)
def test_simulated_keys_are_those_of_the_processor_wherever_a_stretch_begins(simulated, source):
    for found, where in zip(simulated["stretches"][source], stretches(source), strict=True):
        assert found == keys(cpu, source, first=where["first"], n_draws=where["n_draws"]).tolist()


@pytest.mark.parametrize("source", DRAWN)
def test_simulated_keys_are_the_same_in_every_chunk(simulated, source):
    expected = [digest(keys(cpu, source, first=3, n_draws=n)) for n in CHUNKS.values()]
    assert simulated["chunks"][source] == expected


def test_a_simulated_stretch_may_be_empty(simulated):
    assert simulated["none"] == []


@pytest.mark.parametrize("name", RUNS)
def test_simulated_runs_have_the_numbers_of_the_processor(simulated, name):
    assert simulated["runs"][name] == run_on("cpu", name)


def test_a_simulated_batch_is_the_batch(simulated):
    assert simulated["batch"] == regenerate_batch("zipf:1.2", 3, batch=50)[1].tolist()


def test_a_wrong_constant_on_the_device_is_noticed(simulated):
    """Otherwise nothing here would show that it was the device that drew."""
    source, *runs = WRONG
    right = [digest(keys(cpu, source, first=3, n_draws=200)), *(run_on("cpu", name) for name in runs)]
    assert all(found != expected for found, expected in zip(simulated["wrong"], right, strict=True))


# --- where tokens are drawn -------------------------------------------------------------------------------------------


class Sent:
    """A device that counts what it is sent."""

    def __init__(self) -> None:
        self.arrays = 0

    def upload(self, array: np.ndarray) -> np.ndarray:
        self.arrays += 1
        return array


def test_tables_are_sent_once_and_go_with_their_sampler():
    device: Any = Sent()
    sampler = build_sampler(parse_source("zipf:1.1,types=50"), 1)
    first, again = (gpu._on_device(device, sampler, STREAM) for _ in range(2))
    assert first is again
    assert device.arrays == len(first) == 2
    gpu._on_device(device, build_sampler(parse_source("zipf:1.1,types=50"), 1), STREAM)
    assert device.arrays == 4
    gone = weakref.ref(sampler)
    del sampler
    assert gone() is None
    assert len(gpu._HELD) == 0


@pytest.fixture
def no_device(monkeypatch):
    monkeypatch.setattr(gpu, "_driver_problem", lambda: "a CUDA device")


@pytest.fixture
def some_device(monkeypatch):
    """A machine on which a device is found; nothing is drawn there."""
    monkeypatch.setattr(gpu, "require_device", lambda: None)


def test_an_order_without_its_device_is_one_sentence(no_device):
    with pytest.raises(ValueError, match=r"the GPU backend lacks .*a CUDA device"):
        open_order("zipf:1.5", 10, device="gpu")


def test_an_urn_has_no_order_on_a_device(some_device):
    with pytest.raises(ValueError, match=r"Pitman-Yor .* use --device cpu"):
        open_order(URN, 10, device="gpu")


COMMANDS = [
    "skills --n-skills 3 --members 4 --n-draws 50,200 --replicates 2",
    "suite --checkpoints 0,1,2 --replicates 2",
    "batch 1 --checkpoints 0,1,2",
    "learners --learner store --source zipf:1.5 --n-draws 20,60 --replicates 2",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_missing_device_is_refused_and_auto_goes_on_without(command, no_device, capsys):
    with pytest.raises((click.UsageError, ValueError), match="device gpu cannot be used here: the GPU backend lacks"):
        main.main([*command.split(), "--device", "gpu"], standalone_mode=False)
    main.main([*command.split(), "--device", "auto"], standalone_mode=False)
    automatic = capsys.readouterr()
    assert automatic.err.startswith("device: cpu (no GPU can be used here: the GPU backend lacks")
    main.main([*command.split(), "--device", "cpu"], standalone_mode=False)
    printed = capsys.readouterr()
    assert printed.out == automatic.out != ""
    assert "device" not in printed.err


def test_what_a_device_cannot_draw_is_refused_and_auto_takes_the_processor(some_device, tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("a rose is a rose is a rose", encoding="utf-8")
    text = f"corpus:{path},unit=word"
    suite = SuitePlan(text, checkpoints=(0, 1, 2), batch=2, validation=2)
    skills = SkillPlan(source=text, n_skills=1, members=2)
    times = SkillPlan(engine="arrivals", n_skills=3, members=4)
    asked: tuple[tuple[Callable[..., Any], Any, str], ...] = (
        (prepare_suite, suite, "is read, not drawn"),
        (prepare_skills, skills, "is read, not drawn"),
        (prepare_skills, times, "engine arrivals runs on the processor alone"),
    )
    for prepare, plan, reason in asked:
        with pytest.raises(ValueError, match=f"{reason}; pass --device cpu or auto"):
            prepare(plan, device="gpu")
        job = prepare(plan, device="auto")
        assert job.device.name == "cpu"
        assert reason in job.device.reason
    assert device_for_tokens("cpu", "never").reason == "asked for"


def test_a_device_draws_the_tokens_of_all_replicates(some_device):
    plan = SkillPlan(n_skills=3, members=4, n_draws=parse_grid("1e6:1e9:3"))
    skills = prepare_skills(plan, device="gpu")
    assert skills.choice == ("tokens", "the engine that runs on a GPU")
    order = skills.groups.order(7)
    assert isinstance(order, MassOrder)
    assert order.skills.device == order.choice.device == "gpu"
    assert (
        prepare_skills(SkillPlan(n_skills=3, members=4, n_draws=parse_grid("1e6:1e9:3")), device="auto").device.name
        == "cpu"
    )
    suite = prepare_suite(SuitePlan("zipf:1.5", checkpoints=(0, 1)), device="auto")
    own = suite.trainer.order_of(3)
    assert isinstance(own, DrawnOrder)
    assert suite.device.name == own.device == "gpu"


def test_what_was_begun_on_one_device_goes_on_on_another(some_device):
    plan = SkillPlan(n_skills=3, members=4, n_draws=parse_grid("1e3:1e6:3"))
    jobs = [prepare_skills(plan, device=device) for device in ("gpu", "cpu")]
    assert jobs[0].choice.reason != jobs[1].choice.reason
    assert jobs[1].difference(json.loads(jobs[0].made)) is None
    times = prepare_skills(replace(plan, engine="arrivals"))
    assert times.difference(json.loads(jobs[0].made)) == "the engine was another"


def test_a_text_among_the_sources_of_learners_is_read(some_device, monkeypatch, tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("a rose is a rose is a rose", encoding="utf-8")
    drawn, on_processor = [], cpu.draw

    def counted(*args, **more):
        drawn.append(args)
        return on_processor(*args, **more)

    monkeypatch.setattr(gpu, "draw", counted)
    asked = {"learners": ["good-turing"], "n_draws": [3, 5], "test_draws": 9, "replicates": 1, "device": "gpu"}
    measure_learners(sources=[f"corpus:{path},unit=word"], **asked)
    assert not drawn
    measure_learners(sources=["zipf:1.7"], **asked)
    assert drawn


# --- golden hashes, and on a device -----------------------------------------------------------------------------------

GOLDEN = {
    "uniform:1e6": "f92194afffb77442",
    "uniform:1e9": "74847845d5e722bd",
    "zipf:1.05": "d80188d9fd02d568",
    "zipf:1.2": "848e24e08a2595fc",
    "zipf:1.724": "3375bf3a83e149fb",
    "zipf:1.724,shift=100": "d9a69d3e3b7ef293",
    "zipf:0.9,types=1e6": "ecbfbb2265c4dfca",
    "zipf:0.5,types=1e9": "6239b3e33542d100",
    "geometric:0.99": "6bbaf15559f76f96",
    "windows:alphabet=4,length=8": "87f01eb8b2146902",
    "windows:alphabet=26,length=20,stay=0.3,exponent=1.5": "7289d20f2da7a593",
    "mixture:0.7*(zipf:2)+0.3*(zipf:1.5,shift=5)": "ba3894ca3a3a7fb4",
}
"""The first 64 bits of a SHA-256 of the keys of draws 12,345 to 212,344: a change changes every published result."""

AT = {"first": 12_345, "n_draws": 200_000}


@pytest.mark.parametrize("source", GOLDEN)
def test_golden_keys(source):
    """The record that `test_device_replays_the_keys` replays on a device."""
    assert digest(keys(cpu, source, **AT)) == GOLDEN[source]


@pytest.mark.gpu
@pytest.mark.parametrize(
    "setting", [{}, {"chunk": 4099}, {"launch": (1, 32)}, {"launch": (2048, 512), "chunk": 99_999}]
)
@pytest.mark.parametrize("source", GOLDEN)
def test_device_replays_the_keys(source, setting):
    found = digest(keys(gpu, source, **AT, **setting))
    assert found == digest(keys(cpu, source, **AT))
    assert found == GOLDEN[source], "the tables of this host, built in floating point, are not those on record"


@pytest.mark.gpu
@pytest.mark.parametrize("source", SOURCES)
def test_device_keys_are_those_of_the_processor_wherever_a_stretch_begins(source):
    for where in stretches(source, 3000):
        expected = keys(cpu, source, first=where["first"], n_draws=where["n_draws"])
        np.testing.assert_array_equal(keys(gpu, source, **where), expected)


@pytest.mark.gpu
@pytest.mark.parametrize("name", RUNS)
def test_device_runs_have_the_numbers_of_the_processor(name):
    assert run_on("gpu", name) == run_on("cpu", name)


if __name__ == "__main__":
    print(json.dumps(simulate_cases()))
