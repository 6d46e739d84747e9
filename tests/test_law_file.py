"""A law of one's own in a file: kept whole or not at all, read back to the bit, and refused in a sentence if bad."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import bounds
from bounds.base.keeping.hidden import hidden_folder
from bounds.base.keeping.locks import locked
from bounds.laws import LawFile, read_law_file, write_law_file
from bounds.laws.law_file import check_law_target
from simulate.running.keeping.files import check_target
from tests.commands import refused, run
from tests.law_runs import LAWS, ladder


@pytest.fixture(scope="module")
def fit():
    rng = np.random.default_rng(8)
    n_params, n_tokens = ladder(rng, 40)
    loss = LAWS["Hoffmann"].loss(n_params, n_tokens) * np.exp(0.003 * rng.normal(size=40))
    return bounds.fit_loss_law(n_params, n_tokens, loss, bootstrap=60)


@pytest.fixture
def path(tmp_path, fit):
    target = str(tmp_path / "my.law.toml")
    fit.save(target)
    return target


def test_a_kept_law_comes_back_to_the_bit(path, fit):
    law, kept = bounds.get_law(path), read_law_file(path)
    assert law.constants == fit.law.constants
    for name in ("fitted_tokens", "fitted_params", "note", "citation", "params_counted"):
        assert getattr(law, name) == getattr(fit.law, name)
    assert law.key == path
    assert bounds.get_law(Path(path)) == law
    np.testing.assert_array_equal(kept.samples, fit.samples)
    np.testing.assert_array_equal(kept.covariance, fit.covariance)
    errors = dict(law.standard_errors)
    assert errors["data_exponent"] == pytest.approx(fit.standard_errors["data_exponent"], rel=1e-9)
    np.testing.assert_array_equal(kept.sampled_law.loss(1e9, 2e10), fit.sampled_law.loss(1e9, 2e10))
    assert "samples" in repr(kept)


def test_a_kept_law_is_a_law_of_a_band(path, fit):
    (own,) = bounds.bands(3e11, laws=path)
    (same,) = bounds.bands(3e11, laws=fit.law)
    assert own.exponent == same.exponent
    assert own.n_unique.upper == same.n_unique.upper


def test_the_commands_take_it(tmp_path, path, fit):
    band = run("band", "300B", "--law", path, "--law", "epoch2024", "--json", module="bounds").stdout
    one, _ = json.loads(band)["bands"]
    assert one["law"] == path
    (row,) = json.loads(run("laws", "--law", path, "--json", module="bounds").stdout)["rows"]
    assert row["data_exponent"] == fit.law.data_exponent
    assert "my.law.toml" in run("laws", path, "--compute", "1e21", module="bounds").stdout


def test_fit_keeps_it(tmp_path):
    rng = np.random.default_rng(3)
    N, D = ladder(rng, 20)
    rows = np.stack([N, D, LAWS["Hoffmann"].loss(N, D)], 1).tolist()
    text = "n,d,loss\n" + "".join(f"{n!r},{d!r},{x!r}\n" for n, d, x in rows)
    out = str(tmp_path / "a.law.toml")
    flags = ("fit", "-", "--bootstrap", "0", "--out", out)
    made = json.loads(run(*flags, "--json", module="bounds", input=text).stdout)
    assert made["law_file"] == out
    assert bounds.get_law(out).data_exponent == made["rows"][0]["data_exponent"]
    assert os.listdir(tmp_path) == ["a.law.toml"]
    with pytest.raises(ValueError, match="holds no draws"):
        read_law_file(out).sampled_law  # noqa: B018
    assert "exists already; pass --overwrite" in refused(*flags, module="bounds")
    assert "ends in .law.toml" in refused("fit", "-", "--out", "a.csv", module="bounds")


def test_it_is_written_whole_or_not_at_all(tmp_path, fit, monkeypatch):
    target = str(tmp_path / "my.law.toml")
    fit.save(target)
    before = Path(target).read_bytes()

    def fails(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="No space"):
        write_law_file(target, LawFile(LAWS["Hoffmann"]), overwrite=True)
    assert Path(target).read_bytes() == before
    assert os.listdir(tmp_path) == ["my.law.toml"]


def test_a_file_that_changed_is_read_again(path, fit):
    first = bounds.get_law(path)
    text = Path(path).read_text(encoding="utf-8")
    Path(path).write_text(text.replace(f"data_exponent = {fit.law.data_exponent!r}", "data_exponent = 0.25"))
    assert first.data_exponent == fit.law.data_exponent
    assert bounds.get_law(path).data_exponent == 0.25


@pytest.mark.parametrize("key", ["irreducible", "param_coefficient", "param_exponent", "data_exponent"])
def test_constants_changed_by_hand_do_not_keep_the_intervals_of_the_fit(path, fit, key, tmp_path):
    text = Path(path).read_text(encoding="utf-8")
    changed = text.replace(f"\n{key} = {getattr(fit.law, key)!r}\n", f"\n{key} = 0.3\n", 1)
    assert changed != text
    Path(path).write_text(changed, encoding="utf-8")
    with pytest.raises(ValueError, match=rf"{key} is 0\.3, and the fit .* found .*; leave out \[fit\]"):
        bounds.get_law(path)
    Path(path).write_text(changed[: changed.index("[fit]")], encoding="utf-8")
    assert getattr(bounds.get_law(path), key) == 0.3
    assert read_law_file(path).covariance is None
    assert bounds.get_law(path).standard_errors == ()


def test_a_law_by_hand_is_told_what_it_takes(tmp_path):
    target = tmp_path / "hand.law.toml"
    target.write_text("E = 1.7\nbeta = 0.33\n", encoding="utf-8")
    with pytest.raises(
        ValueError, match=r"by hand is a line format = 1, a line .law., and irreducible, param_coefficient"
    ):
        bounds.get_law(target)
    target.write_text("[law]\nE = 1.7\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"does not say its format, .* first line is format = 1"):
        bounds.get_law(target)
    target.write_text("format = 1\n[law]\nE = 1.7\n", encoding="utf-8")
    with pytest.raises(ValueError, match="a law has no 'E'; it is called irreducible here"):
        bounds.get_law(target)
    least = "irreducible = 1.7\nparam_coefficient = 400\nparam_exponent = 0.34\n"
    target.write_text(f"format = 1\n[law]\n{least}data_coefficient = 400\ndata_exponent = 0.33\n", encoding="utf-8")
    assert bounds.exponent_band(bounds.get_law(target).data_exponent).upper == pytest.approx(0.67)
    assert run("band", "300B", "--law", str(target), module="bounds").returncode == 0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[law]", "[low]", "holds no table [law]"), ("format = 1", "format = 2", "has format 2, and 1 is read here"),
        ("data_exponent = ", "data_exponent = 'x' #", "data_exponent must be a finite number, got 'x'"),
        ("irreducible = ", "irreducible = -", "irreducible"), ("irreducible = ", "other = ", "a law has no 'other'"),
        ("note = ", "note = 3 #", "note must be a text, got 3"), ("fitted_tokens = [", "fitted_tokens = [-1, ", "pair"),
        ("samples = [", "samples = [[1.0],", "samples must be rows of 5 numbers"),
        ("samples = [", "samples = [[nan, 1.0, 1.0, 1.0, 1.0],", "samples must be finite"),
        ("covariance = [", "covariance = [[1.0, 1.0, 1.0, 1.0, 1.0],", "covariance must have 5 rows, got 6"),
        ("unidentified = [", "unidentified = [3, ", "unidentified must be names"), ("[fit]", "[[fit]]", "fit must be"),
        ("[law]", "[law", "is no TOML file"), ("[law]", "\x00", "is no TOML file"),
    ],
)  # fmt: skip
def test_a_bad_file_is_one_sentence(path, old, new, said):
    text = Path(path).read_text(encoding="utf-8")
    assert old in text
    Path(path).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError) as caught:
        bounds.get_law(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400 + len(path)


def test_files_that_are_none(tmp_path):
    with pytest.raises(ValueError, match="No such file"):
        bounds.get_law(str(tmp_path / "no.law.toml"))
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(ValueError, match="Is a directory"):
        bounds.get_law(str(tmp_path / "folder.toml"))
    assert "No such file" in refused("band", "1e9", "--law", str(tmp_path / "no.law.toml"), module="bounds")
    for name, said in (("a/b.law.toml", "is not a folder"), (".law.toml", "ends in .law.toml"), ("x.toml", "ends in")):
        with pytest.raises(ValueError, match=said):
            write_law_file(str(tmp_path / name), LawFile(LAWS["Hoffmann"]))
    os.symlink(tmp_path / "elsewhere", tmp_path / "link.law.toml")
    with pytest.raises(ValueError, match="is a link to"):
        write_law_file(str(tmp_path / "link.law.toml"), LawFile(LAWS["Hoffmann"]), overwrite=True)


def test_what_a_killed_writer_left_is_tidied_and_two_writers_are_kept_apart(tmp_path, fit):
    target = tmp_path / "my.law.toml"
    left = hidden_folder(target)
    (left / target.name).write_text("half of a law")
    others = tmp_path / ".my.law.toml.0123456789abcdef.tmp"
    others.mkdir()
    (others / "letter.txt").write_text("somebody else's")
    with locked(target), ThreadPoolExecutor(1) as pool:
        other = pool.submit(fit.save, str(target))
        with pytest.raises(ValueError, match=r"my\.law\.toml is being written by another run"):
            other.result()
    fit.save(str(target))
    assert sorted(os.listdir(tmp_path)) == [others.name, "my.law.toml"]
    assert os.listdir(others) == ["letter.txt"]


@pytest.mark.parametrize("kind", ["a law", "a result"])
def test_the_same_names_are_refused_with_the_same_words(kind, tmp_path):
    """Of a law as of a result: one place knows what may be written to."""
    end = ".law.toml" if kind == "a law" else ".nc"

    check = check_law_target if kind == "a law" else partial(check_target, formats=(".nc",))

    def refuse(name):
        with pytest.raises(ValueError) as caught:
            check(str(tmp_path / name))
        return str(caught.value)

    (tmp_path / f"old{end}").write_text("")
    (tmp_path / f"folder{end}").mkdir()
    os.mkfifo(tmp_path / f"pipe{end}")
    (tmp_path / f"link{end}").symlink_to(tmp_path / "nowhere")
    assert f"the name of {kind} ends in {end}" in refuse("x.txt")
    assert "a name has at most 200 bytes" in refuse("x" * 200 + end)
    assert "is not a folder; make it first" in refuse(f"no/x{end}")
    assert "is a link to" in refuse(f"link{end}")
    assert "it is not replaced, choose another name" in refuse(f"folder{end}")
    assert "is no ordinary file" in refuse(f"pipe{end}")
    assert "exists already; pass --overwrite" in refuse(f"old{end}")
