"""Names and places of results: what is refused before the first draw, what is deleted, and what is never touched."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

import simulate
from bounds.base.keeping.hidden import MARK
from bounds.base.keeping.targets import check_folder, written_whole
from bounds.cli.shared import run as run_command
from simulate.cli.main import main
from simulate.running import cells as sweep_cells
from simulate.running.keeping.files import RESULTS, claimed
from simulate.running.keeping.leftovers import is_result, is_store
from simulate.studies.sweep.draw import CorpusDrawer
from tests.sweep_runs import StopHereError, same, stop_after

TINY = {"sources": ["zipf:1.7"], "n_draws": [10, 100, 1000], "replicates": 6}
FLAGS = ["sweep", "--source=zipf:1.7", "--n-draws=10,100,1000", "--replicates=6"]


@pytest.fixture(autouse=True)
def _small_cells(monkeypatch):
    """One corpus to a cell in this process."""
    monkeypatch.setattr(sweep_cells, "CELL_SECONDS", 1e-9)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "whole.zarr"
    simulate.sweep(**TINY, out=path)
    return path


def begun(path: Path, **changes) -> None:
    with pytest.raises(StopHereError):
        simulate.sweep(**(TINY | changes), out=path, threads=1, progress=stop_after(2))


def ends(monkeypatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["simulate", *FLAGS, *arguments])
    with pytest.raises(SystemExit) as ended:
        run_command(main, "simulate")
    return int(ended.value.code or 0)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# ---------------------------------------------------------------- refused before the first draw


def dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def link_to_file(path: Path) -> None:
    path.with_name("file").write_text("mine")
    path.symlink_to("file")


def link_to_folder(path: Path) -> None:
    path.with_name("folder").mkdir()
    path.symlink_to("folder")


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize(("lay", "name", "what"), [
    *((lay, name, "is a link to ") for lay in (dangling, link_to_file, link_to_folder)
      for name in ("x.zarr", "x.nc", "x.csv", "x.png")),
    (Path.touch, "x.zarr", "is a file, and a result that ends in .zarr is a folder"),
    (Path.mkdir, "x.nc", "is a folder"), (Path.mkdir, "x.csv", "is a folder"), (Path.mkdir, "x.svg", "is a folder"),
    (Path.mkdir, "x.zarr", "is a folder that no result stands in"),
    (os.mkfifo, "x.nc", "is no ordinary file"),
    (lambda path: path.with_name("x.zarr.part").touch(), "x.zarr", "x.zarr.part is in the way"),
    (lambda path: path.with_name("x.zarr.part").mkdir(), "x.zarr", "x.zarr.part is in the way"),
    (lambda path: path.with_name("x.zarr.part").symlink_to("nowhere"), "x.zarr", "x.zarr.part is in the way"),
    (lambda path: None, "file/x.nc", "is not a folder"), (lambda path: None, "gone/x.zarr", "is not a folder"),
    (lambda path: None, "n" * 240 + ".nc", "a name has at most 200 bytes"),
])  # fmt: skip
def test_what_cannot_be_written_is_refused_before_the_first_draw(
    tmp_path, monkeypatch, capsys, lay, name, what, overwrite
):
    (tmp_path / "file").touch()
    path = tmp_path / name
    lay(path)
    before = {p: (p.lstat().st_mode, os.readlink(p) if p.is_symlink() else "") for p in tmp_path.iterdir()}
    monkeypatch.setattr(CorpusDrawer, "draw", lambda *_: pytest.fail("drawn"))
    flag = "--figure" if path.suffix in (".png", ".svg") else "--out"
    assert ends(monkeypatch, f"{flag}={path}", *["--overwrite"][:overwrite]) == 2
    out, err = capsys.readouterr()
    assert what in err
    assert (out, err.count("\n")) == ("", 1)
    assert {p: (p.lstat().st_mode, os.readlink(p) if p.is_symlink() else "") for p in tmp_path.iterdir()} == before
    if flag == "--out":
        with pytest.raises(ValueError, match=what.replace(".", r"\.")):
            simulate.sweep(**TINY, out=path, overwrite=overwrite)


def test_a_dry_run_refuses_the_same_and_writes_nothing(tmp_path, monkeypatch):
    (tmp_path / "x.nc").symlink_to("nowhere")
    assert ends(monkeypatch, f"--out={tmp_path / 'x.nc'}", "--dry-run") == 2
    assert ends(monkeypatch, f"--out={tmp_path / 'y.nc'}", "--dry-run") == 0
    assert names(tmp_path) == ["x.nc"]


# ---------------------------------------------------------------- what is not ours


def test_folders_with_names_like_ours_are_not_deleted(tmp_path):
    """Those of users, of other results, of other names that a pattern of this one would match."""
    kept = [
        ".x.zarr.backup", ".x.zarr.original", ".x.zarr.old_copy", ".x.zarr.0123456789abcdef", ".x.zarr.tmp",
        ".xyzarr.0123456789abcdef.tmp", ".x.zarr.0123456789abcdef.tmp", ".x.zarr.part.backup", "x.zarr.parts",
        ".x.zarr.0123456789ABCDEF.tmp", ".x.zarr.0123456789abcdef.tmp.tmp",
    ]  # fmt: skip
    for name in kept:
        (tmp_path / name).mkdir()
        (tmp_path / name / "precious").write_text("mine")
    simulate.sweep(**TINY, out=tmp_path / "x.zarr")
    simulate.sweep(**TINY, out=tmp_path / "x.zarr", overwrite=True)
    simulate.sweep(**TINY, out=tmp_path / "x.zarr", resume=True)
    assert names(tmp_path) == sorted([*kept, "x.zarr"])
    assert all((tmp_path / name / "precious").read_text() == "mine" for name in kept)


@pytest.mark.parametrize("name", ["?.zarr", "[ab].zarr", "a ä$x$.zarr"])
def test_names_that_are_patterns_touch_no_other_result(tmp_path, name):
    left = left_while_writing(tmp_path / "a.zarr", "half")  # of another result, which may be at work
    begun(tmp_path / name)
    simulate.sweep(**TINY, out=tmp_path / name, resume=True)
    assert names(tmp_path) == sorted([left.name, name])


def test_a_part_that_is_not_ours_is_never_deleted(tmp_path, monkeypatch, capsys):
    part = tmp_path / "x.zarr.part"
    part.mkdir()
    (part / "precious").write_text("mine")
    for content in (None, "{}", '{"attributes": {"provenance": "{}"}, "zarr_format": 3}'):
        if content is not None:
            (part / "zarr.json").write_text(content)
        for flag in ("--overwrite", "--resume", "--threads=1"):
            assert ends(monkeypatch, f"--out={tmp_path / 'x.zarr'}", flag) == 2
            assert "x.zarr.part is in the way" in capsys.readouterr().err
    assert (part / "precious").read_text() == "mine"


def test_a_folder_is_replaced_only_where_a_result_and_nothing_else_stands_in_it(tmp_path, whole):
    import xarray as xr

    path = tmp_path / "x.zarr"
    for lay in (
        lambda: xr.Dataset({"a": ("b", [1, 2])}).to_zarr(path, zarr_format=2),
        lambda: xr.Dataset({"a": ("b", [1, 2])}).to_zarr(path, zarr_format=3, consolidated=False),
        lambda: (shutil.copytree(whole, path), (path / "notes.txt").write_text("mine")),
        lambda: (shutil.copytree(whole, path), (path / "mine").mkdir()),
        lambda: (shutil.copytree(whole, path), (path / "source" / "0.bak").write_text("mine")),
    ):
        lay()
        assert not is_result(path)
        before = sorted(path.rglob("*"))
        with pytest.raises(ValueError, match="is a folder that no result stands in, or more than a result"):
            simulate.sweep(**TINY, out=path, overwrite=True)
        assert sorted(path.rglob("*")) == before
        shutil.rmtree(path)
    for harm in (".zattrs", ".zmetadata", "n_unique/.zarray"):
        shutil.copytree(whole, path, dirs_exist_ok=True)
        (path / harm).unlink()
        simulate.sweep(**TINY, out=path, overwrite=True)  # a damaged result of ours is replaced
        assert same(path, whole)


# ---------------------------------------------------------------- what killed runs leave


def left_while_writing(target: Path, content: Path | str, *, replaced: bool = False) -> Path:
    """The hidden folder of a run that was killed while it wrote `target`, or between its two renames."""
    try:
        with written_whole(target) as part:
            if isinstance(content, Path):
                shutil.copytree(content, part)
            else:
                part.write_text(content)
            folder = part.parent
            shutil.copytree(folder, target.with_name("copy"))
            raise StopHereError
    except StopHereError:
        left: Path = folder.with_name(f".{target.name}.0123456789abcdef.tmp")
        target.with_name("copy").rename(left)
        if replaced:
            target.rename(left / "replaced")
        return left


@pytest.mark.parametrize("begun_mark", [0, 1, 20])
def test_a_folder_that_was_killed_while_it_was_marked_is_deleted(tmp_path, begun_mark):
    """The mark is made before its words are written; a file of that name with other words is somebody else's."""
    left, other = (tmp_path / f".x.nc.{digits}.tmp" for digits in ("0123456789abcdef", "fedcba9876543210"))
    with written_whole(tmp_path / "y.nc") as part:
        words = (part.parent / MARK).read_text()
        part.write_text("whole")
    for folder, text in ((left, words[:begun_mark]), (other, "mine")):
        folder.mkdir()
        (folder / MARK).write_text(text)
    simulate.sweep(**TINY, out=tmp_path / "x.nc")
    assert names(tmp_path) == sorted([other.name, "x.nc", "y.nc"])


def test_a_full_disk_is_told_with_the_file_that_found_no_room(tmp_path, monkeypatch):
    with pytest.raises(OSError, match="No space") as caught, written_whole(tmp_path / "y.nc"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.filename == str(tmp_path / "y.nc")
    assert not list(tmp_path.iterdir())

    def full(**where):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(OSError, match="No space") as caught:
        check_folder(tmp_path)
    assert caught.value.filename == str(tmp_path)


@pytest.mark.parametrize("name", ["x.nc", "x.csv", "x.zarr"])
def test_a_later_run_of_a_name_deletes_what_a_killed_one_left(tmp_path, whole, name):
    left = left_while_writing(tmp_path / name, "half")
    empty = tmp_path / f".{name}.fedcba9876543210.tmp"
    empty.mkdir()  # killed before it was marked
    other = left_while_writing(tmp_path / f"y{name}", "half")
    assert left.is_dir()
    simulate.sweep(**TINY, out=tmp_path / name)
    assert names(tmp_path) == sorted([name, other.name])


def test_a_result_that_was_on_its_way_out_comes_back(tmp_path, whole):
    """Killed between the two renames: the old result is whole, and in the hidden folder, and nothing has its name."""
    path = tmp_path / "x.zarr"
    simulate.sweep(**(TINY | {"seed": 3}), out=path)
    old = simulate.open_result(path)
    left_while_writing(path, whole, replaced=True)
    assert not path.exists()
    with pytest.raises(ValueError, match="exists already"):
        simulate.sweep(**TINY, out=path)
    assert same(path, old)
    assert names(tmp_path) == ["x.zarr"]


def test_an_exception_between_the_two_renames_loses_nothing(tmp_path, whole, monkeypatch):
    path = tmp_path / "x.zarr"
    shutil.copytree(whole, path)
    real = os.replace
    moved: list[object] = []

    def once(source, target):
        if Path(target) == path and not moved:
            moved.append(source)
            raise StopHereError
        real(source, target)

    monkeypatch.setattr(os, "replace", once)
    with pytest.raises(StopHereError):
        simulate.save_result(simulate.open_result(whole), path, overwrite=True)
    assert moved
    assert same(path, whole)
    assert names(tmp_path) == ["x.zarr"]


@pytest.mark.parametrize("how", ["resume", "overwrite"])
def test_cells_beside_a_finished_result_are_tidied(tmp_path, whole, how):
    """Killed between the last rename and the removal of the cells."""
    path = tmp_path / "x.zarr"
    begun(path)
    shutil.copytree(whole, path)
    assert is_store(tmp_path / "x.zarr.part")
    assert same(simulate.sweep(**TINY, out=path, **{how: True}), whole)
    assert names(tmp_path) == ["x.zarr"]


def test_a_damaged_result_with_its_cells_is_made_again_of_them(tmp_path, whole):
    path = tmp_path / "x.zarr"
    begun(path)
    shutil.copytree(whole, path)
    (path / "n_unique" / "0.0.0").unlink()
    with pytest.warns(UserWarning, match=r"x\.zarr is damaged: its counts are not those .*; its cells are still there"):
        found = simulate.sweep(**TINY, out=path, resume=True)
    assert json.loads(found.attrs["provenance"])["kept_cells"] == 2
    assert same(path, whole)
    assert names(tmp_path) == ["x.zarr"]


def test_cells_of_other_work_beside_a_result_stay(tmp_path, whole):
    path = tmp_path / "x.zarr"
    begun(path, seed=8)
    shutil.copytree(whole, path)
    assert same(simulate.sweep(**TINY, out=path, resume=True), whole)
    assert names(tmp_path) == ["x.zarr", "x.zarr.part"]
    found = simulate.sweep(**(TINY | {"seed": 8}), out=path, resume=True)
    assert json.loads(found.attrs["provenance"])["kept_cells"] == 2
    assert names(tmp_path) == ["x.zarr"]


def test_a_removal_that_was_killed_half_way_is_gone_on_with(tmp_path, monkeypatch):
    path = tmp_path / "x.zarr"
    real = shutil.rmtree

    def half(folder, *rest, **more):
        if (Path(folder) / "zarr.json").exists():
            (Path(folder) / "zarr.json").unlink()
            os.kill(os.getpid(), 0)
            raise KeyboardInterrupt
        real(folder, *rest, **more)

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", half)
        with pytest.raises(KeyboardInterrupt):
            simulate.sweep(**TINY, out=path)
    assert names(tmp_path) != ["x.zarr"]
    simulate.sweep(**TINY, out=path, resume=True)
    assert names(tmp_path) == ["x.zarr"]


def test_a_store_begun_is_replaced_by_a_result_without_cells(tmp_path):
    path = tmp_path / "x.zarr"
    begun(path)
    simulate.sweep(**TINY, engine="analytic", out=path, overwrite=True)
    assert names(tmp_path) == ["x.zarr"]


def test_a_claim_lasts_as_long_as_a_command(tmp_path):
    with claimed(tmp_path / "x.nc", formats=RESULTS) as target:
        assert names(tmp_path) == [".x.nc-lock"]
        target.write_text("")
    assert names(tmp_path) == ["x.nc"]
