"""Compiled loops that are kept on disk: whatever becomes of their files, the loop runs, and one sentence says so."""

from __future__ import annotations

import importlib.util
import itertools
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from simulate.drawing import compile_cache

LOOP = "from simulate.drawing.compiled import compiled\n\n\n@compiled\ndef tripled(x):\n    return 3 * x\n"
_names = itertools.count()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A module with a loop, and its cache, filled."""
    monkeypatch.setattr(compile_cache, "_said", set())
    (tmp_path / "loop.py").write_text(LOOP)
    assert called(tmp_path) == []
    return tmp_path


def called(folder: Path) -> list[str]:
    """Load the module anew, call its loop, and return what was said."""
    spec = importlib.util.spec_from_file_location(f"loop{next(_names)}", folder / "loop.py")
    loaded = importlib.util.module_from_spec(spec)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        spec.loader.exec_module(loaded)
        assert loaded.tripled(14) == 42
    return [str(one.message) for one in caught]


def files(folder: Path, suffix: str) -> list[Path]:
    return sorted((folder / "__pycache__").glob(f"*{suffix}"))


def hits(folder: Path) -> int:
    """How many loops were read from the cache by a module that is loaded now."""
    spec = importlib.util.spec_from_file_location(f"loop{next(_names)}", folder / "loop.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    loaded.tripled(14)
    return sum(loaded.tripled.made.stats.cache_hits.values())


DAMAGES = {
    "empty": lambda data: b"",
    "cut": lambda data: data[: len(data) // 2],
    "last byte": lambda data: data[:-1],
    "longer": lambda data: data + b"\0",
    "other": lambda data: b"not a pickle at all",
    "a bit": lambda data: (
        data[: len(data) * 3 // 4] + bytes([data[len(data) * 3 // 4] ^ 4]) + data[len(data) * 3 // 4 + 1 :]
    ),
    "zeros": lambda data: bytes(len(data)),
    "missing module": lambda data: b"\x80\x04cno_such_module\nname\n.",
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
def test_a_damaged_file_is_said_once_and_mended(folder, suffix, damage):
    assert hits(folder) == 1
    (path,) = files(folder, suffix)
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    (said,) = called(folder)
    assert str(path) in said
    assert "\n" not in said
    assert hits(folder) == 1
    assert called(folder) == []


def test_one_sentence_for_many_files(folder):
    for path in [*files(folder, ".nbi"), *files(folder, ".nbc")]:
        path.write_bytes(b"")
    assert len(called(folder)) == 1
    files(folder, ".nbc")[0].write_bytes(b"")
    assert called(folder) == []


def test_what_numba_alone_wrote_is_old_and_not_damaged(folder):
    import numba

    (folder / "plain.py").write_text(
        LOOP.replace("from simulate.drawing.compiled import compiled", "import numba").replace(
            "@compiled", "@numba.njit(cache=True, nogil=True)"
        )
    )
    spec = importlib.util.spec_from_file_location("plain", folder / "plain.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    assert loaded.tripled(14) == 42
    assert numba.__version__
    plain = {path.name.removeprefix("plain"): path for path in (folder / "__pycache__").glob("plain.tripled*")}
    for name, path in plain.items():
        path.rename(folder / "__pycache__" / f"loop{name}")
    assert called(folder) == []
    assert hits(folder) == 1


def refuse(*_args, **_options):
    raise OSError(28, "No space left on device")


def test_a_full_disk(folder, monkeypatch):
    for path in [*files(folder, ".nbi"), *files(folder, ".nbc")]:
        path.unlink()
    monkeypatch.setattr("numba.core.caching.os.replace", refuse)
    (said,) = called(folder)
    assert str(folder / "__pycache__") in said
    assert "No space left on device" in said
    assert "NUMBA_CACHE_DIR" in said
    assert files(folder, "") == [] or not files(folder, ".nbc")


def test_files_that_cannot_be_read_are_left_alone(folder):
    (path,) = files(folder, ".nbi")
    path.unlink()
    path.mkdir()
    (path / "mine").write_text("mine")
    (said,) = called(folder)
    assert str(path) in said
    assert (path / "mine").read_text() == "mine"


def test_a_folder_that_cannot_be_written(folder):
    """The package's own folder and every other one refuse: said once, with what to set."""
    environment = os.environ | {"NUMBA_CACHE_DIR": "/proc/nowhere", "HOME": "/proc", "XDG_CACHE_HOME": "/proc/nowhere"}
    program = (
        "import tempfile, simulate.drawing.compiled\n"
        "def refuse(*a, **o): raise OSError(30, 'Read-only file system')\n"
        "tempfile.TemporaryFile = refuse\n"
        "import loop\nprint(loop.tripled(14))\nimport simulate.text.counting"
    )
    environment["PYTHONPATH"] = f"{folder}:{os.getcwd()}"
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "42\n"
    assert done.stderr.count("NUMBA_CACHE_DIR") == 1


@pytest.mark.parametrize(
    "error",
    ["EOFError('Ran out of input')", "KeyError('x')", "pickle.UnpicklingError('cut')", "zlib.error('bad\\nblock')"],
)
def test_no_exception_is_an_interrupt_or_a_traceback(error):
    """What a command does not expect is said in a sentence, as a failure while running."""
    program = (
        "import pickle, zlib, click\nfrom bounds.cli.shared import run\n"
        f"@click.command()\ndef fail():\n    raise {error}\nrun(fail, 'fail')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 1
    (sentence,) = done.stderr.strip().splitlines()
    assert sentence.startswith("error: ")
    assert error.partition("(")[0].rpartition(".")[2] in sentence
    assert "interrupted" not in sentence


def test_a_command_with_a_damaged_cache(folder):
    """What was reported as an interrupt, for ever: one sentence, the number, and the next run says nothing."""
    environment = os.environ | {"PYTHONPATH": f"{folder}:{os.getcwd()}"}
    program = (
        "import click, loop\nfrom bounds.cli.shared import run\n"
        "@click.command()\ndef triple():\n    print(loop.tripled(14))\nrun(triple, 'triple')"
    )
    (path,) = files(folder, ".nbc")
    path.write_bytes(b"")
    for sentences in (1, 0):
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)
        assert (done.returncode, done.stdout) == (0, "42\n")
        assert len(done.stderr.splitlines()) == sentences
        assert all(line.startswith(f"! compiled code in {path} is damaged") for line in done.stderr.splitlines())


def test_what_is_compiled_is_told(folder):
    """Who waits for loops to be compiled hears of it; who finds them kept does not."""
    from bounds.base.telling.steps import heard

    told = []
    with heard(lambda what, done, of, unit: told.append((what, done, of))):
        assert called(folder) == []
        assert told == []
        for path in [*files(folder, ".nbi"), *files(folder, ".nbc")]:
            path.unlink()
        assert called(folder) == []
    assert told == [(compile_cache.COMPILING, 0, None), (compile_cache.COMPILING, 1, 1)]


def test_what_numba_compiles_with_is_loaded_where_something_is_compiled(folder):
    """A quarter of a second in each process that reads all its loops from the cache; arrays of a loop need none of it.

    What is compiled after that is compiled as ever.
    """
    made = "@compiled\ndef made(n):\n    x = np.arange(n)\n    return x[::-1] + x.sum()\n"
    (folder / "arrays.py").write_text(f"import numpy as np\n{LOOP}\n\n{made}")
    code = (
        "import sys, arrays\n"
        "def ready(): return 'numba.cpython.listobj' in sys.modules\n"
        "print(arrays.made(3).tolist(), ready(), arrays.tripled(14), ready(), arrays.tripled(float(sys.argv[1])),"
        "ready(), arrays.made(4).tolist())"
    )

    def told(number):
        command = [sys.executable, "-W", "error", "-c", code, number]
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder).stdout.strip()

    assert told("nan") == "[5, 4, 3] True 42 True nan True [9, 8, 7, 6]"
    assert told("1.5") == "[5, 4, 3] False 42 False 4.5 False [9, 8, 7, 6]"
    (folder / "arrays.py").write_text((folder / "arrays.py").read_text().replace("3 * x", "x * 3"))
    assert told("1.5") == "[5, 4, 3] True 42 True 4.5 True [9, 8, 7, 6]"  # of another file nothing is kept
    for path in files(folder, ".nbi"):
        if "tripled" in path.name:
            path.unlink()
    assert told("1.5") == "[5, 4, 3] False 42 True 4.5 True [9, 8, 7, 6]"


@pytest.mark.parametrize(("file", "before", "after", "expected"), [
    ("inner_loops.py", "2 * x", "7 * x", "45"), ("inner_loops.py", "x + 1", "x + 3", "19"),
    ("inner_loops.py", "return one_more(x)", "return -x", "-7"), ("inner_values.py", "STEP = 1", "STEP = 9", "23"),
    ("inner_values.py", "[1.0, 2.0]", "[1.0, 4.0]", "17"), ("outer_loops.py", "+ STEP", "+ 6", "20"),
])  # fmt: skip
def test_what_was_kept_counts_for_nothing_once_what_it_calls_is_another(tmp_path, file, before, after, expected):
    """Its own file is as it was: numba looks at nothing else, and ran code of a layout that was no more."""
    (tmp_path / "inner_values.py").write_text("import numpy as np\nSTEP = 1\nTABLE = np.array([1.0, 2.0])\n")
    (tmp_path / "inner_loops.py").write_text(
        "from simulate.drawing.compiled import bare, inlined, jitable\n\n\n"
        "@bare\ndef one_more(x):\n    return x + 1\n\n\n"
        "@jitable\ndef plainly(x):\n    return one_more(x)\n\n\n"
        "@inlined\ndef twice(x):\n    return 2 * x\n"
    )
    (tmp_path / "outer_loops.py").write_text(
        "from inner_values import STEP, TABLE\nfrom inner_loops import plainly, twice\n"
        "from simulate.drawing.compiled import compiled\n\n\n"
        "@compiled\ndef outer(x):\n    return twice(plainly(x)) + int(TABLE[1]) + STEP\n"
    )
    program = (
        "import outer_loops as o, sys\nprint(o.outer(5), sum(o.outer.made.stats.cache_hits.values()), end=' ')\n"
        "import inner_loops\nprint(inner_loops.one_more(1) > 0)"
    )

    def told() -> list[str]:
        environment = os.environ | {"PYTHONPATH": f"{tmp_path}:{os.getcwd()}"}
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
        )
        return done.stdout.split()

    assert told() == ["15", "0", "True"]
    assert told() == ["15", "1", "True"]
    text = (tmp_path / file).read_text()
    assert before in text
    (tmp_path / file).write_text(text.replace(before, after, 1))
    assert told() == [expected, "0", "True"]
    assert told() == [expected, "1", "True"]


def test_a_loop_finds_the_loops_that_it_names(tmp_path):
    """By name, as an attribute of a module, and through plain functions that loops may call."""
    (tmp_path / "inner_loops.py").write_text(
        "from simulate.drawing.compiled import compiled, inlined, jitable\n\n\n"
        "@compiled\ndef one_more(x):\n    return x + 1\n\n\n"
        "@jitable\ndef plainly(x):\n    return one_more(x)\n\n\n"
        "@inlined\ndef twice(x):\n    return 2 * x\n"
    )
    (tmp_path / "outer_loops.py").write_text(
        "import inner_loops\nfrom inner_loops import plainly, twice\n"
        "from simulate.drawing.compiled import compiled\n\n\n"
        "@compiled\ndef outer(x):\n    return twice(plainly(x)) + inner_loops.one_more(x)\n"
    )
    program = "import sys, outer_loops as o\nassert 'numba' not in sys.modules\nprint(o.outer(5), o.plainly(1))"
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}:{os.getcwd()}"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "18 2\n", done.stderr
