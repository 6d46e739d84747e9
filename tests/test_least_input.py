"""Commands with one of everything, and with whatever people type: tables, or one sentence; no warning of a library.

Warnings are errors here, as in all tests, so that a division by zero on the way to a table ends the test.
"""

from __future__ import annotations

import json
import random
import re
import sys

import click
import pytest

from bounds.__main__ import main as bounds_main
from bounds.cli.shared import run
from simulate.cli.main import main as simulate_main

MAINS = {"bounds": bounds_main, "simulate": simulate_main}

ONE = [
    "sweep --replicates 1 --n-draws 1 --source uniform:1",
    "sweep --replicates 1 --n-draws 1 --source zipf:1000 --source geometric:0.5 --source pitman-yor:1e-300",
    "sweep --replicates 1 --n-draws 1 --engine analytic --source windows:alphabet=1,length=1",
    "sweep --replicates 2 --n-draws 1,2,3,4,5 --source zipf:1000 --engine types",
    "sweep --replicates 1 --n-draws 1 --learner all --test-draws 1",
    "sweep --replicates 1 --n-draws 1 --learner store --tolerance 0 --test-draws 1",
    "sweep --source corpus:one.txt",
    "corpus one.txt --blocks 0",
    "corpus one.txt --sketch",
    "skills --n-skills 1 --members 1 --replicates 1 --n-draws 1 --n-stored 1",
    "skills --n-skills 1 --members 1 --replicates 1 --n-draws 1 --engine arrivals",
    "skills --kind windows --source uniform:1 --n-skills 1 --members 1 --replicates 1 --n-draws 1",
    "skills --kind frequency --source zipf:2 --n-skills 1 --members 1 --replicates 1 --n-draws 1",
    "skills --n-skills 3 --members 1 --replicates 2 --n-draws 1,10 --exponent 600",
    "suite --replicates 1 --n-params 1 --checkpoints 1 --batch 1 --validation 0",
    "suite --replicates 1 --n-params 1 --checkpoints 0,1 --batch 1 --validation 1 --source uniform:1",
]


@pytest.fixture
def call(monkeypatch, capsys, tmp_path):
    """Runs a command in this process: exit code, standard output and error."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.txt").write_text("one")
    (tmp_path / "some.txt").write_text("a b c a b d e f g a\n" * 3)
    (tmp_path / "runs.csv").write_text("n,d,loss\n1e8,1e9,3\n1e8,4e9,2.8\n4e8,1e9,2.9\n4e8,4e9,2.6\n1e9,4e10,2.3\n")

    def go(module, *arguments):
        monkeypatch.setattr(sys, "argv", [module, *arguments])
        with pytest.raises(SystemExit) as ended:
            run(MAINS[module], f"python -m {module}")
        return ended.value.code or 0, *capsys.readouterr()

    return go


@pytest.mark.parametrize("arguments", ONE)
def test_one_of_everything_is_enough(call, arguments):
    for more in ([], ["--json"]):
        code, out, err = call("simulate", *arguments.split(), "--threads", "1", *more) if (
            "corpus one" not in arguments
        ) else call("simulate", *arguments.split(), *more)  # fmt: skip
        assert code == 0, err
        assert not re.search(r"\b(nan|inf)\b", out.lower()), out
    assert json.loads(out, parse_constant=pytest.fail)["schema_version"] == 1


WORDS = [
    "", " ", "0", "1", "-1", "2", "5", "1e3", "1e999999", "1e-999999", "-3e11", "1e9999999999999999999", "9" *
    50, "9" * 5000, "1,000,000", "1_000", "1__0", "0x10", "１２", "½", "1.5", "50%", "150%", "300B", "10ZFLOP",
    "1PF-day", "2^63", str(2**63), str(2**64), "nan", "inf", "-inf", "1:10:3", "1:10:1e12", "10:1:3",
    "1:all:1e12", "all", "1,2,3", "3,2,1", "1,,2", ",", ":", "::", "true", "None", "[1]", "{}", "a", "a=b",
    "=", "abc:def", "$x$", "\x1b[31m", "a\nb", "\u202e", "x" * 500, "zipf:1.5", "zpif:2", "zipf:",
    "zipf:1e19", "zipf:2,shift=1e300", "uniform:1e999999", "uniform:3", "corpus:some.txt", "corpus:",
    "corpus:nowhere.txt,unit=wrd", "mixture:1*(zipf:2)", "pitman-yor:0.5", "growing:0.5", "hoffmann2022",
    "hofmann2022", "gadre2024-c4", "tokens", "types", "gauss", "analytic", "auto", "masses", "windows",
    "frequency", "word", "byte", "store", "store:10,by=rank", "margin:1", "local:2", "tcp://nowhere:1",
    "slow", "fast", "B7", "unique_bounds", "r.nc", "r.zarr", "f.png", "/nowhere/r.nc", "--", "-", "-h",
]  # fmt: skip
SMALL = {
    "sweep": ["--dry-run", "--threads=1"], "suite": ["--dry-run", "--threads=1", "--checkpoints=0,1,2"],
    "skills": ["--dry-run", "--threads=1", "--n-skills=2", "--members=3"], "corpus": ["some.txt"],
    "compare": ["some.txt", "one.txt", "--dry-run"], "loss": ["some.txt"], "report": [],
    "learners": ["--dry-run", "--threads=1", "--n-draws=10,20"], "batch": ["0", "--checkpoints=0,1,2"], "show": [],
    "fit": [], "band": [], "laws": [], "explain": [], "example": [],
}  # fmt: skip


def fuzzed(rng: random.Random) -> tuple[str, list[str]]:
    """A command with flags of its own and words that may or may not be what they take."""
    module = rng.choice(["bounds", "simulate", "simulate"])
    name, command = rng.choice(sorted(MAINS[module].commands.items()))
    arguments = [name, *(SMALL[name] if module == "simulate" else [])]
    for _ in range(rng.randint(0, 4)):
        flag = rng.choice([param for param in command.params if param.name not in ("help", "version", "cluster")])
        word = rng.choice(WORDS)
        if flag.param_type_name == "argument":
            arguments.append(word)
        elif isinstance(flag, click.Option) and flag.is_flag:
            arguments.append(rng.choice(flag.opts + flag.secondary_opts))
        else:
            arguments += rng.choice([[f"{flag.opts[0]}={word}"], [flag.opts[0], word]])
    return module, arguments


def answers_in_one_sentence(call, rng, times):
    for _ in range(times):
        module, arguments = fuzzed(rng)
        if "--out" in " ".join(arguments) and "--dry-run" not in arguments:
            continue
        told = f"{module} {[word[:60] for word in arguments]}"
        try:
            code, out, err = call(module, *arguments)
        except Exception as error:
            raise AssertionError(f"{told}: {type(error).__name__}: {error}"[:500]) from error
        errors = [line for line in err.splitlines() if not line.startswith(("! ", "device: "))]
        assert code in (0, 1, 2), told
        assert all(line.isprintable() for line in (out + err).replace("\t", " ").split("\n")), told
        assert not errors if code == 0 else (len(errors) == 1 and errors[0].startswith("error: ")), (told, err)
        assert len(err) < 3000, (told, len(err))


def test_whatever_is_typed_gets_an_answer(call):
    answers_in_one_sentence(call, random.Random(1), 120)


def test_streams_are_prepared_once_however_many_commands_a_process_runs(call):
    call("bounds", "list")
    before = sys.stdout, sys.stderr
    call("bounds", "band", "x")
    assert (sys.stdout, sys.stderr) == before


@pytest.mark.verification
@pytest.mark.parametrize("seed", range(2, 12))
def test_whatever_is_typed_gets_an_answer_for_long(call, seed):
    answers_in_one_sentence(call, random.Random(seed), 1000)
