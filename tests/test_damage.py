"""Files that were changed, cut or lost: the right result or one sentence, every time."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import simulate
from bounds.cli.reading import checksums
from simulate.running import cells as sweep_cells
from simulate.studies.learners import measure_learners
from simulate.studies.suite.plan import SuitePlan
from tests.running import done
from tests.sweep_runs import StopHereError, same, stop_after

TINY = {"sources": ["zipf:1.7", "growing:0.5"], "n_draws": [10, 100, 1000], "replicates": 3}
MAKERS = {
    "sweep": lambda: simulate.sweep(**TINY),
    "learners": lambda: measure_learners(
        learners=["memoriser", "store"], n_draws=[100, 1000], replicates=2, tolerances=["0"]
    ),
    "skills": lambda: simulate.simulate_skills(n_skills=20, replicates=3, n_draws="100:1e4:4"),
    "suite": lambda: done(SuitePlan("zipf:1.5", checkpoints=(0, 1, 2, 4, 8), batch=20, replicates=2, n_params=(5, 50))),
}


@cache
def made_by(command: str) -> xr.Dataset:
    return MAKERS[command]()


@pytest.fixture(autouse=True)
def _small_cells(monkeypatch):
    """One corpus to a cell in this process."""
    monkeypatch.setattr(sweep_cells, "CELL_SECONDS", 1e-9)


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Path:
    """A sweep as .nc and as .zarr."""
    folder = tmp_path_factory.mktemp("saved")
    dataset = simulate.sweep(**TINY)
    for name in ("x.nc", "x.zarr"):
        simulate.save_result(dataset, folder / name)
    return folder


def right_or_one_sentence(path: Path, whole) -> bool:
    """Whether `path` is refused; what is not refused must be right, and neither says anything else."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = result_or_sentence(lambda: simulate.open_result(path))
    if isinstance(found, str):
        assert str(path) in found
        return True
    assert same(found, whole)
    return False


def result_or_sentence(make: Callable[[], xr.Dataset]) -> xr.Dataset | str:
    try:
        return make()
    except ValueError as error:
        sentence = str(error)
    assert sentence.isprintable()
    return sentence


def harmed(content: bytes, rng: np.random.Generator) -> bytes:
    """A bit flipped, a byte or a few written over, an end or a middle lost, bytes between."""
    at = int(rng.integers(len(content)))
    changed = bytearray(content)
    match int(rng.integers(6)):
        case 0 | 1:
            changed[at] ^= 1 << int(rng.integers(8))
        case 2:
            changed[at : at + int(rng.integers(1, 9))] = rng.bytes(int(rng.integers(1, 9)))
        case 3:
            del changed[at:]
        case 4:
            del changed[at : at + int(rng.integers(1, 9))]
        case _:
            changed[at:at] = rng.bytes(int(rng.integers(1, 9)))
    return bytes(changed)


def files(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())


@pytest.mark.parametrize(("command", "suffix"), [
    ("sweep", ".nc"), ("suite", ".zarr"), ("skills", ".zarr"), ("learners", ".nc"),
    *(pytest.param(command, suffix, marks=pytest.mark.verification) for command, suffix in
      (("sweep", ".zarr"), ("suite", ".nc"), ("skills", ".nc"), ("learners", ".zarr"))),
])  # fmt: skip
def test_every_variable_of_every_command_has_a_checksum_that_holds(tmp_path, command, suffix):
    dataset = made_by(command)
    path = simulate.save_result(dataset, tmp_path / f"x{suffix}")
    found = simulate.open_result(path)
    assert same(found, dataset)
    assert not {"checksum", "checksums"} & set(found.attrs)
    simulate.save_result(found, path, overwrite=True)  # what was read is written again, and read
    assert same(path, dataset)
    sums = json.loads(checksums.with_checksums(dataset).attrs["checksums"])
    assert set(sums) == {"", *map(str, dataset.variables)}
    for name, variable in dataset.variables.items():
        values: np.ndarray = np.array(variable.values)
        if values.dtype.kind in "biuf":
            values.reshape(-1).view(np.uint8)[0] ^= 1
        else:
            values = np.array([f"{value}x" for value in values.ravel()], dtype=object).reshape(values.shape)
        other = dataset.drop_vars(str(name)).assign({name: (dataset[name].dims, values, dataset[name].attrs)})
        assert checksums.check(other.assign_attrs(checksums=json.dumps(sums))), name


def test_whatever_file_of_a_zarr_is_changed_cut_or_lost(tmp_path, saved):
    whole, rng = simulate.open_result(saved / "x.zarr"), np.random.default_rng(1)
    path, refused = tmp_path / "x.zarr", []
    shutil.copytree(saved / "x.zarr", path)
    for file in files(path):
        content = file.read_bytes()
        for harm in (harmed(content, rng), None):
            if harm is None:
                file.unlink()
            else:
                file.write_bytes(harm)
            if right_or_one_sentence(path, whole):
                refused.append(file.relative_to(path))
            file.write_bytes(content)
    assert not right_or_one_sentence(path, whole)
    assert {file.parts[0] for file in refused} >= {str(name) for name in whole.variables}


def test_names_that_are_no_text_any_more_are_one_sentence(tmp_path, saved):
    """They are read late: what holds them is an index, which looks at no letter before somebody asks."""
    path, rng, refused = tmp_path / "x.zarr", np.random.default_rng(5), []
    whole = simulate.open_result(saved / "x.zarr")
    shutil.copytree(saved / "x.zarr", path)
    (chunk,) = (p for p in (path / "source").iterdir() if not p.name.startswith("."))
    content = chunk.read_bytes()
    for harm in (content[: len(content) // 2], *(rng.bytes(len(content)) for _ in range(5)), *(
        content[:at] + bytes([0xFF]) + content[at + 1 :] for at in range(0, len(content), 3)
    )):  # fmt: skip
        chunk.write_bytes(harm)
        refused.append(right_or_one_sentence(path, whole))
    assert sum(refused) > len(refused) / 2


def test_without_its_consolidated_metadata_a_zarr_is_what_it_was(tmp_path, saved):
    path = tmp_path / "x.zarr"
    shutil.copytree(saved / "x.zarr", path)
    (path / ".zmetadata").unlink()
    assert not right_or_one_sentence(path, simulate.open_result(saved / "x.zarr"))
    shutil.rmtree(path / "source")
    with pytest.raises(ValueError, match=r"x\.zarr is damaged: it has no source any more; make it again"):
        simulate.open_result(path)


def test_a_netcdf_that_is_changed_or_cut(tmp_path, saved):
    whole, rng = simulate.open_result(saved / "x.nc"), np.random.default_rng(2)
    content, path = (saved / "x.nc").read_bytes(), tmp_path / "x.nc"
    refused = 0
    for _ in range(40):
        path.write_bytes(harmed(content, rng))
        refused += right_or_one_sentence(path, whole)
    assert refused > 20


@pytest.mark.verification
@pytest.mark.parametrize("name", ["x.nc", "x.zarr"])
@pytest.mark.parametrize("command", MAKERS)
def test_hundreds_of_damages_are_found(tmp_path, command, name):
    whole, rng = made_by(command), np.random.default_rng(3)
    path = simulate.save_result(whole, tmp_path / name)
    every = files(path)
    for _ in range(400):
        file = every[int(rng.integers(len(every)))]
        content = file.read_bytes()
        file.write_bytes(harmed(content, rng))
        right_or_one_sentence(path, whole)
        file.write_bytes(content)


@pytest.mark.parametrize("name", ["x.nc", "x.zarr"])
def test_a_result_of_the_version_before_opens(tmp_path, monkeypatch, name):
    """It has a checksum of its counts alone."""

    def with_one(dataset):
        return dataset.assign_attrs(checksum=checksums._of_counts(dataset))

    dataset = simulate.sweep(**TINY)
    monkeypatch.setattr(checksums, "with_checksums", with_one)
    simulate.save_result(dataset, tmp_path / name)
    assert same(tmp_path / name, dataset)
    monkeypatch.setattr(checksums, "with_checksums", lambda dataset: dataset.assign_attrs(checksum=1))
    simulate.save_result(dataset, tmp_path / name, overwrite=True)
    with pytest.raises(ValueError, match="is damaged: its counts are not those that were written"):
        simulate.open_result(tmp_path / name)


@pytest.mark.parametrize("made", ["", "{", "[]", "{}", '{"schema_version": 99}', '"x"'])
def test_a_provenance_that_is_none_is_one_sentence(tmp_path, made):
    dataset = simulate.sweep(**TINY).assign_attrs(provenance=made)
    path = simulate.save_result(dataset, tmp_path / "x.nc")
    with pytest.raises(ValueError, match=r"x\.nc (is not a result of this program: its prov|has schema version 99)"):
        simulate.open_result(path)


@pytest.mark.parametrize("made", ["{}", '{"command": "sweep"}', '{"command": "sweep", "engines": 1}', "[]"])
def test_a_result_of_which_no_work_is_known_is_not_taken_for_it(tmp_path, made):
    dataset = simulate.sweep(**TINY)
    strange = json.loads(made)
    strange = strange if isinstance(strange, list) else strange | {
        "schema_version": 1, "software": {"name": "efficiency-bounds"},
    }  # fmt: skip
    simulate.save_result(dataset.assign_attrs(provenance=json.dumps(strange)), tmp_path / "x.zarr")
    with pytest.raises(ValueError, match=r"x\.zarr (holds|is not|is a folder that no result)") as caught:
        simulate.sweep(**TINY, out=tmp_path / "x.zarr", resume=True)
    assert "\n" not in str(caught.value)


def in_the_middle(path: Path) -> None:
    with pytest.raises(StopHereError):
        simulate.sweep(**TINY, out=path, threads=1, progress=stop_after(4))


def goes_on_or_one_sentence(path: Path, whole) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "[0-9]+ cells of .* are damaged, such as corpora", UserWarning)
        found = result_or_sentence(lambda: simulate.sweep(**TINY, out=path, resume=True))
    assert isinstance(found, str) or same(found, whole)


@pytest.mark.parametrize(
    ("seed", "times"), [(4, 1), *(pytest.param(s, 12, marks=pytest.mark.verification) for s in range(5, 9))]
)
def test_whatever_file_of_cells_is_changed_cut_or_lost(tmp_path, seed, times):
    """A run goes on with what is whole, and draws the rest again; or says that it cannot."""
    whole, rng = simulate.sweep(**TINY), np.random.default_rng(seed)
    in_the_middle(tmp_path / "begun.zarr")
    part = tmp_path / "begun.zarr.part"
    for file in [file for file in files(part) if rng.random() < (1 if times > 1 else 0.3)]:
        for _ in range(times):
            into = tmp_path / "x.zarr.part"
            shutil.copytree(part, into)
            target = into / file.relative_to(part)
            if rng.random() < 0.2:
                target.unlink()
            else:
                target.write_bytes(harmed(target.read_bytes(), rng))
            goes_on_or_one_sentence(tmp_path / "x.zarr", whole)
            for left in (into, tmp_path / "x.zarr"):
                shutil.rmtree(left, ignore_errors=True)
