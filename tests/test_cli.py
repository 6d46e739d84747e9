"""The command lines: tables, JSON, files, exit codes, and what happens when a reader goes away or interrupts."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import simulate
from bounds import fit_exponent
from tests.commands import refused, run, run_apart
from tests.sweep_runs import hear_interrupts

SMALL = [
    "--source",
    "zipf:1.724",
    "--source",
    "pitman-yor:0.58,concentration=10",
    "--n-draws",
    "100:1e4:12",
    "--replicates",
    "9",
]
HEAVY = {"numba", "xarray", "scipy", "sympy", "matplotlib", "rich", "zarr", "h5netcdf", "pandas", "zstandard",
         "dask", "distributed"}  # fmt: skip


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "sweep.nc"
    run("sweep", *SMALL, "--out", str(path))
    return path


def test_sweep_prints_measurement_theory_and_laws():
    out = run("sweep", *SMALL, "--explain").stdout
    for text in (
        "zipf:1.724",
        "95 % interval",
        "E U(D)",
        "hoffmann2022",
        "epoch2024",
        "0.58",
        "heuristic",
        "engine: tokens",
    ):
        assert text in out


def test_sweep_json_is_one_object_with_the_promised_keys(tmp_path):
    done = run(
        "sweep", *SMALL, "--json", "--curves", "--out", str(tmp_path / "a.zarr"), "--figure", str(tmp_path / "a.png")
    )
    found = json.loads(done.stdout)
    assert next(iter(found)) == "schema_version"
    assert {"rows", "bands", "warnings", "verdict", "provenance", "path", "curves"} <= set(found)
    row = found["rows"][0]
    promised = {"source", "engine", "n_draws", "replicates", "n_unique", "n_unique_expected", "z", "exponent",
                "exponent_lower", "exponent_upper", "exponent_planted", "exponent_local"}  # fmt: skip
    assert promised <= set(row)
    assert row["n_draws"] == 10_000
    assert abs(row["z"]) < 5
    assert row["exponent_lower"] < row["exponent_planted"] < row["exponent_upper"]
    assert found["path"] == str(tmp_path / "a.zarr")
    assert len(found["curves"]) == 24
    assert (tmp_path / "a.png").stat().st_size > 10_000
    assert simulate.open_result(tmp_path / "a.zarr").n_unique.dtype == np.int64


def test_results_do_not_depend_on_threads_and_follow_the_seed(saved):
    from bounds.base.quantities import parse_grid

    sources = [SMALL[1], SMALL[3]]
    options = {"sources": sources, "n_draws": parse_grid("100:1e4:12"), "replicates": 9}
    opened = simulate.open_result(saved)
    for threads in (1, 2, 7):
        again = simulate.sweep(**options, threads=threads)
        assert again.n_unique.equals(opened.n_unique)
        assert again.exponent_pooled.equals(opened.exponent_pooled)
    other = simulate.sweep(**options, seed=1)
    assert not other.n_unique.equals(opened.n_unique)
    alone = simulate.sweep(**(options | {"sources": sources[1:]}))
    assert np.array_equal(alone.n_unique[0], opened.n_unique[1])


def test_a_result_opens_again_with_units_and_provenance(saved):
    opened = simulate.open_result(saved)
    assert opened.n_unique.dims == ("source", "n_draws", "replicate")
    assert opened.n_unique.dtype == np.int64
    assert all("units" in variable.attrs and "long_name" in variable.attrs for variable in opened.variables.values())
    made = json.loads(opened.attrs["provenance"])
    assert made["parameters"]["seed"] == 0
    assert made["parameters"]["sources"] == list(opened.source.values)
    assert os.uname().nodename not in opened.attrs["provenance"]


def test_a_result_is_fitted_again(saved, tmp_path):
    first = json.loads(run("fit", str(saved), "--json").stdout)["rows"]
    narrow = run(
        "fit", str(saved), "--window", "1e3,1e4", "--model", "offset", "--json", "--out", str(tmp_path / "b.nc")
    )
    second = json.loads(narrow.stdout)["rows"]
    assert first[0]["exponent"] != second[0]["exponent"]
    assert first[0]["n_unique"] == second[0]["n_unique"]
    assert simulate.open_result(tmp_path / "b.nc").exponent_pooled[0] == pytest.approx(second[0]["exponent"])
    before_the_end = json.loads(run("fit", str(saved), "--window", "100,5e3", "--json").stdout)
    assert before_the_end["rows"][0]["exponent"] != first[0]["exponent"]
    assert before_the_end["provenance"]["refit"] == {"model": "auto", "window": [100, 5000]}
    direct = fit_exponent(simulate.open_result(saved))
    assert direct["zipf:1.724"].exponent == pytest.approx(first[0]["exponent"])


def test_a_window_below_the_largest_size_is_fitted_by_the_curve(tmp_path):
    path = tmp_path / "a.nc"
    run("sweep", "--source", "zipf:1.7", "--source", "growing:0.58", "--n-draws", "100:1e4:12", "--out", str(path))
    found = json.loads(run("fit", str(path), "--window", "100,5e3", "--json").stdout)["rows"]
    direct = fit_exponent(simulate.open_result(path), window=(100, 5000))
    for row in found:
        assert row["exponent"] == pytest.approx(direct[row["source"]].exponent)
    assert "independent" in direct["growing:0.58"].verdict


def test_csv_has_a_line_for_each_count(tmp_path):
    path = tmp_path / "a.csv"
    run("sweep", *SMALL, "--out", str(path))
    with path.open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 2 * 12 * 9
    assert {"source", "n_draws", "replicate", "n_unique", "n_unique_expected", "exponent"} <= set(lines[0])
    assert lines[-1]["source"] == SMALL[3]
    assert int(lines[-1]["n_draws"]) == 10_000
    assert 0 < int(lines[-1]["n_unique"]) < 10_000


def test_analytic_engine_gives_expectations_at_any_size(tmp_path):
    found = json.loads(
        run("sweep", "--engine", "analytic", "--n-draws", "1e6,1e18", "--json", "--out", str(tmp_path / "x.csv")).stdout
    )
    assert all(row["n_unique"] is None and row["n_unique_expected"] > 1e6 for row in found["rows"])
    assert all(row["exponent_lower"] is None for row in found["rows"])


def test_config_file_gives_flags_and_flags_override(tmp_path):
    config = tmp_path / "sweep.toml"
    config.write_text('source = ["uniform:100", "zipf:2"]\nn-draws = [10, 100, 1000, 2000]\nreplicates = 3\nseed = 5\n')
    found = json.loads(run("sweep", "--config", str(config), "--replicates", "2", "--json").stdout)
    assert found["provenance"]["parameters"]["sources"] == ["uniform:100", "zipf:2"]
    assert found["provenance"]["parameters"]["n_draws"] == [10, 100, 1000, 2000]
    assert found["provenance"]["parameters"]["replicates"] == 2
    assert found["provenance"]["parameters"]["seed"] == 5
    config.write_text("sauces = 1\n")
    assert "'sauces' is not known here; did you mean source" in refused("sweep", "--config", str(config))
    config.write_text("seed = \n")
    assert "sweep.toml" in refused("sweep", "--config", str(config))
    config.write_text('source = "uniform:100"\nn-draws = "10,20"\nreplicates = 1\n')
    assert json.loads(run("sweep", "--config", str(config), "--json").stdout)["rows"][0]["source"] == "uniform:100"
    assert "No such file" in refused("sweep", "--config", str(tmp_path / "none.toml"))


def test_corpus_counts_real_text(tmp_path):
    text = tmp_path / "a.txt"
    text.write_text("the cat sat on the mat and the cat ran\n" * 400)
    found = json.loads(run("corpus", str(text), "--unit", "word", "--length", "1,2", "--at", "10,all", "--json").stdout)
    rows = {(row["length"], row["n_units"]): row for row in found["rows"]}
    assert rows[1, 10]["n_unique"] == 7
    assert rows[1, 10]["f1"] == 5
    assert rows[2, 4000]["n_draws"] == 3999
    assert {"corpus", "unit", "length", "order", "n_units", "n_draws", "n_unique", "f1", "f2"} <= set(found["rows"][0])
    assert "words" in run("corpus", str(text), "--order", "shuffled-chunks", "--out", str(tmp_path / "c.nc")).stdout
    drawn = tmp_path / "c.svg"
    assert f"written: {drawn}" in run("corpus", str(text), "--length", "1,2", "--figure", str(drawn)).stdout
    assert "<svg" in drawn.read_text()
    piped = run_apart("corpus", "-", "--at", "10", "--json", input=text.read_text())
    assert json.loads(piped.stdout)["rows"][0]["n_unique"] == 7


def test_a_corpus_is_a_source_of_a_sweep(tmp_path):
    text = tmp_path / "a, b.txt"
    rng = np.random.default_rng(1)
    text.write_text(" ".join(f"w{i}" for i in rng.zipf(1.7, 20_000)))
    out = run(
        "sweep",
        "--source",
        f'corpus:"{text}",unit=word,length=2',
        "--source",
        "zipf:1.7",
        "--replicates",
        "3",
        "--json",
    )
    found = json.loads(out.stdout)
    row = found["rows"][0]
    assert (row["engine"], row["replicates"], row["z"], row["exponent_planted"]) == ("corpus", 1, None, None)
    assert row["n_draws"] == 19_999
    few = " ".join(run("sweep", "--source", f'corpus:"{text}"', "--n-draws", "10,20,30").stdout.split())
    assert "! corpus:a, b.txt,unit=word,length=1: No exponent: the text is too short" in few
    assert few.startswith("No power law is confirmed here; at D = 30 ")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["sweep", "--source", "zipf:0.9"], "exponent must exceed 1 when types are unlimited"),
        (["sweep", "--source", "zebra:1"], "unknown source 'zebra:1'"),
        (["sweep", "--n-draws", "-5"], "n-draws must be at least 1"),
        (["sweep", "--n-draws", "10.5"], "must be a whole number"),
        (["sweep", "--n-draws", "1e19"], r"at most 2^63"),
        (["sweep", "--n-draws", "1e18", "--engine", "tokens"], "--engine analytic"),
        (["sweep", "--resume"], "pass --out X.zarr"),
        (["sweep", "--resume", "--out", "x.nc"], "only a result that ends in .zarr"),
        (["sweep", "--resume", "--overwrite", "--out", "x.zarr"], "pass one of them"),
        (["sweep", "--cluster", "moon"], "local, local:N or tcp://host:port"),
        (["sweep", "--cluster", "local:0"], "workers of a local cluster must be at least 1"),
        (["sweep", "--cluster", "local", "--threads", "2"], "pass one of them"),
        (["sweep", "--law", "newton"], "unknown law 'newton'"),
        (["sweep", "--replicates", "0"], "replicates must be at least 1"),
        (["sweep", "--engine", "steam"], "engine must be one of auto, tokens, types, gauss, analytic, got 'steam'"),
        (["sweep", "--source", "zipf:2", "--source", "zipf:2.0"], "twice"),
        (["sweep", "--out", ""], "ends in .nc, .zarr, .csv"),
        (["sweep", "--out", "result.txt"], "ends in .nc, .zarr, .csv"),
        (["sweep", "--out", "/nowhere/at/all/x.nc"], "is not a folder"),
        (["sweep", "--out", "/proc/x.nc"], "cannot be written to"),
        (["sweep", "--figure", "x.gif"], "ends in .png"),
        (["sweep", "--source", "corpus:missing.txt"], "missing.txt"),
        (["sweep", "--source", "corpus:a.txt,unit=letter"], "unit must be one of"),
        (["sweep", "--source", "corpus:a.txt,colour=red"], "not understood"),
        (["sweep", "--nonsense"], "No such option"),
        (["fit", "missing.nc"], "missing.nc does not exist"),
        (["corpus", "missing.txt"], "missing.txt"),
        (["corpus", "*.none"], "*.none matches no file"),
        (["corpus", "README.md", "--length", "0"], "length must be at least 1"),
        (
            ["corpus", "README.md", "--unit", "line"],
            "unit must be one of byte, char, word, word-marks, space",
        ),
        (["corpus", "README.md", "--at", "1e12"], "at must not exceed"),
    ],
)
def test_bad_arguments_are_one_sentence(arguments, sentence):
    assert sentence in refused(*arguments)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["band", "1.5"], "must be a whole number"),
        (["band", "--", "-3"], "at least 1"),
        (["band", "1e20"], r"at most 2^63"),
        (["band", "1T", "--law", "newton"], "unknown law"),
        (["band", "1T", "--inversion", "sideways"], "unknown inversion"),
        (["band", "1T", "--version-of-paper", "v9"], "unknown version"),
        (["band"], "Missing argument"),
    ],
)
def test_bad_arguments_of_bounds_are_one_sentence(arguments, sentence):
    assert sentence in refused(*arguments, module="bounds")


def test_damaged_text_is_refused(tmp_path):
    import zstandard

    whole = zstandard.compress(os.urandom(100_000))
    for name, content, sentence in (
        ("cut.txt.zst", whole[:-100], "cut.txt.zst"),
        ("empty.txt", b"", "empty"),
        ("latin.txt", "caf\xe9 noir".encode("latin-1"), "UTF-8"),
    ):
        (tmp_path / name).write_bytes(content)
        assert sentence in refused("corpus", str(tmp_path / name))
    assert run("corpus", str(tmp_path / "latin.txt"), "--unit", "byte", "--at", "all").stdout


def test_existing_files_are_kept(saved, tmp_path):
    before = saved.read_bytes()
    assert "pass --overwrite" in refused("sweep", *SMALL, "--out", str(saved))
    assert saved.read_bytes() == before
    (tmp_path / "alien.nc").write_text("not a result")
    assert "alien.nc" in refused("fit", str(tmp_path / "alien.nc"))
    for suffix in (".zarr", ".csv"):
        target = tmp_path / f"again{suffix}"
        for _ in range(2):
            run(
                "sweep",
                *SMALL[:2],
                "--n-draws",
                "10,20,40,80",
                "--replicates",
                "2",
                "--out",
                str(target),
                "--overwrite",
            )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.csv", "again.zarr", "alien.nc"]


def test_bands_of_a_corpus_size():
    out = run("band", "1.4T", "--explain", module="bounds").stdout
    assert "rigorous given the assumption" in out
    assert "LaTeX" in out
    found = json.loads(run("band", "1.4T", "--json", "--law", "epoch2024", module="bounds").stdout)
    assert [band["law"] for band in found["bands"]] == ["epoch2024"]
    assert found["bands"][0]["n_params_lower"] < found["bands"][0]["n_params_upper"]


@pytest.mark.parametrize(("module", "arguments"), [
    ("bounds", ["--help"]), ("bounds", ["band", "--help"]), ("bounds", ["band", "ten"]), ("bounds", ["--version"]),
    ("simulate", ["--help"]), ("simulate", ["sweep", "--help"]), ("simulate", ["corpus", "--help"]),
    ("simulate", ["compare", "--help"]), ("simulate", ["compare", "a", "b", "c"]),
    ("simulate", ["fit", "--help"]), ("simulate", ["sweep", "--n-draws", "-1"]),
    ("simulate", ["suite", "--help"]), ("simulate", ["suite", "--checkpoints", "0,4,2"]),
    ("simulate", ["sweep", "--source", "x"]), ("simulate", ["corpus", "x", "--sketch", "--blocks", "8"]),
    ("simulate", ["sweep", "--cluster", "moon"]), ("simulate", ["sweep", "--resume"]),
    ("simulate", ["sweep", "--law", "newton"]), ("simulate", ["--version"]), ("simulate", ["sweep", "--out", "x.txt"]),
])  # fmt: skip
def test_help_and_argument_errors_load_nothing_heavy(module, arguments):
    program = (
        "import runpy, sys\n"
        f"sys.argv = ['x', *{arguments!r}]\n"
        "try:\n"
        f"    runpy.run_module({module!r}, run_name='__main__')\n"
        "except SystemExit:\n"
        "    pass\n"
        "names = {name.partition('.')[0] for name, one in sys.modules.items() if one}\n"
        "print('LOADED', *sorted(names), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    loaded = done.stderr.splitlines()[-1].split()
    assert loaded[0] == "LOADED"
    assert not HEAVY & set(loaded)


def test_what_is_only_looked_at_is_not_loaded(tmp_path):
    """Parts of numpy that scipy looks at, and Dask and pyarrow that xarray and pandas look for: a third of a start.

    Who asks for them has them.
    """
    (tmp_path / "x.txt").write_text("to be or not to be, that is the question " * 40)
    kept, page = str(tmp_path / "x.nc"), str(tmp_path / "x.html")
    commands = [
        ("simulate", ["corpus", str(tmp_path / "x.txt"), "--out", kept]), ("simulate", ["show", kept]),
        ("simulate", ["report", kept, "--out", page]), ("bounds", ["plan", "--flops", "1e21", "--corpus", kept]),
        ("simulate", ["sweep", "--source", "zipf:2", "--n-draws", "100", "--replicates", "2"]),
        ("experiments", ["list"]),
    ]  # fmt: skip
    program = (
        "import runpy, sys\n"
        f"for module, arguments in {commands!r}:\n"
        "    sys.argv = ['x', *arguments]\n"
        "    try:\n"
        "        runpy.run_module(module, run_name='__main__')\n"
        "    except SystemExit as end:\n"
        "        assert not end.code, (module, arguments)\n"
        "names = {name for name, one in sys.modules.items() if one}\n"
        "print('scipy.special' in names, 'xarray' in names, *sorted(names.intersection(LOOKED_AT)), file=sys.stderr)\n"
        "import numpy, numpy.f2py\n"
        "numpy.testing.assert_array_equal(numpy.ones(2), 1)\n"
        "print(callable(numpy.f2py.get_include), 'numpy.testing._private' in sys.modules, file=sys.stderr)"
    ).replace("LOOKED_AT", repr(LOOKED_AT))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stderr.splitlines()[-2:] == ["True True", "True True"], done.stderr


LOOKED_AT = ["dask", "pyarrow", "numpy.f2py.crackfortran", "numpy.testing._private"]


def test_what_is_taken_for_missing_is_so_from_the_beginning():
    """xarray, which asked whether there is a Dask, loaded it where that was said to be missing from then on."""
    program = (
        "from bounds.cli.process import loading, reveal, runs_alone\n"
        "runs_alone()\n"
        "import xarray\n"
        "with loading():\n"
        "    import pandas\n"
        "data = xarray.Dataset({'a': ('x', [1.0, 2.0])}, coords={'x': [1, 2]})\n"
        "reveal('dask')\n"
        "import dask.base\n"
        "print(float(data.a.sum()), xarray.Dataset({'a': ('x', [1.0])}).sizes['x'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["3.0", "1"], done.stderr


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="threads of a process are not told here")
@pytest.mark.parametrize(("module", "arguments"), [
    ("simulate", ["corpus", "x.txt"]), ("bounds", ["band", "1e12"]), ("experiments", ["list"]),
])  # fmt: skip
def test_a_command_starts_no_threads_of_blas_but_those_that_were_asked_for(module, arguments, tmp_path):
    (tmp_path / "x.txt").write_text("to be or not to be, that is the question " * 40)
    program = (
        "import os, runpy, sys\n"
        f"sys.argv = ['x', *{arguments!r}]\n"
        "try:\n"
        f"    runpy.run_module({module!r}, run_name='__main__')\n"
        "except SystemExit as end:\n"
        "    assert not end.code\n"
        "import scipy.linalg\n"
        "print(len(os.listdir('/proc/self/task')), file=sys.stderr)"
    )
    asked = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    asked["PYTHONPATH"] = str(Path(__file__).parents[1])
    each = [(asked, False)]
    if len(os.sched_getaffinity(0)) > 1:
        each.append((asked | {"OPENBLAS_NUM_THREADS": "2"}, True))
    for environment, more in each:
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=60
        )
        assert (int(done.stderr.splitlines()[-1]) > 1) == more, done.stderr


def test_import_bounds_is_light():
    program = "import bounds, sys; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not (HEAVY | {"numpy"}) & set(loaded)
    program = "import bounds, sys; bounds.expected_unique('zipf:1.7', 1e6); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numba", "xarray", "matplotlib", "sympy"} & set(loaded)


def test_a_folder_is_never_replaced(tmp_path):
    for name, command in (("x.nc", "--out"), ("x.zarr", "--out"), ("x.png", "--figure")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "precious").write_text("mine")
        assert "folder" in refused("sweep", *SMALL, command, str(tmp_path / name), "--overwrite")
        assert (tmp_path / name / "precious").read_text() == "mine"
    assert "is a folder" in refused("fit", str(tmp_path / "x.nc"))


def test_closed_streams_and_plain_terminals_are_no_crash(tmp_path):
    text = tmp_path / "a.txt"
    text.write_text("a b c " * 100)
    for command in (
        "bounds band 1T >&-", "simulate corpus - <&-", "bounds fit - <&-", "bounds band 1T > /dev/full",
        f"simulate corpus {text} --json > /dev/full",
    ):  # fmt: skip
        done = subprocess.run(
            ["bash", "-c", f"{sys.executable} -m {command}"], capture_output=True, text=True, timeout=60
        )
        assert "Traceback" not in done.stderr
        assert done.stderr.count("error:") == (0 if ">&-" in command else 1)
        assert "fault of the program" not in done.stderr
        if "/dev/full" in command:
            assert done.stderr == "error: standard output: No space left on device\n"
    ascii_only = os.environ | {"PYTHONIOENCODING": "ascii"}
    assert "hoffmann2022" in run_apart("band", "1T", module="bounds", env=ascii_only).stdout


def test_a_figure_needs_no_backend_of_a_notebook(tmp_path):
    environment = os.environ | {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
    few = ["--source", "zipf:2", "--n-draws", "10,100,1000", "--replicates", "2"]
    run_apart("sweep", *few, "--figure", str(tmp_path / "a.png"), env=environment)
    assert (tmp_path / "a.png").stat().st_size > 10_000


def test_a_fine_grid_is_fitted_at_a_hundred_sizes():
    arguments = ["--source", "zipf:1.7", "--n-draws", "100:1e5:3000", "--replicates", "2"]
    assert json.loads(run("sweep", *arguments, "--json").stdout)["rows"][0]["exponent_lower"] is not None


def test_a_closed_pipe_is_silent():
    command = f"{sys.executable} -m bounds band 1T | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "0"


def test_interrupt_leaves_nothing_behind(tmp_path):
    """One corpus would take many minutes: an interrupt does not wait for it."""
    arguments = ["sweep", "--source", "uniform:1000", "--n-draws", "1e6,1e11", "--replicates", "2", "--out", "x.nc"]
    arguments += ["--engine", "tokens", "--progress"]
    process = subprocess.Popen(
        [sys.executable, "-m", "simulate", *arguments], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env=os.environ | {"PYTHONPATH": os.getcwd()}, preexec_fn=hear_interrupts,
    )  # fmt: skip
    begun = process.stderr.readline()  # sooner, the interrupt would find it loading modules
    assert begun.startswith("0 of 2 cells")
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert out == ""
    assert list(tmp_path.iterdir()) == []


def test_runs_where_no_cache_can_be_written(tmp_path):
    """A read-only installation: neither the package's folder nor any cache folder takes a file."""
    environment = os.environ | {"NUMBA_CACHE_DIR": "/proc/nowhere", "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/proc"}
    environment |= {"XDG_CACHE_HOME": "/proc/nowhere", "MPLCONFIGDIR": "/proc/nowhere"}
    found = run_apart(
        "sweep", "--source", "zipf:2", "--n-draws", "10,100,1e3,1e4", "--replicates", "2", "--json", env=environment
    )
    assert json.loads(found.stdout)["rows"][0]["n_unique"] > 10
