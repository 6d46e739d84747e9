"""What a shell completes: commands, flags, names and files, without loading what a shell would wait for."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bounds.cli.terminal.completion import ASKED, SHELLS
from simulate.studies.learners.names import EXAMPLES, parse_learner
from tests.commands import refused, run
from tests.test_cli import HEAVY

HERE = Path(__file__).parent.parent


def answers(line: str, monkeypatch) -> list[str]:
    """What is answered to a shell that asks about `line`, without the kinds of answers."""
    monkeypatch.setenv(ASKED, "1")
    monkeypatch.setenv("COMP_LINE", line)
    done = run(module=line.split()[2])
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "found", "absent"),
    [
        ("python -m bounds ", {"band", "laws", "fit", "plan", "explain"}, {"sweep"}),
        ("python -m simulate s", {"sweep", "skills", "suite", "show"}, {"corpus"}),
        ("python -m experiments run ", {"lawfit", "overtraining", "all"}, {"chinchilla"}),
        ("python -m experiments run overtraining la", {"lawfit"}, {"overtraining"}),
        ("python -m experiments fetch ch", {"chinchilla"}, {"lawfit"}),
        ("python -m experiments check b", {"budget"}, {"lawfit"}),
        ("python -m bounds plan --gpu", {"--gpu", "--gpu-hours"}, {"--flops"}),
        ("python -m bounds plan --gpu h", {"h100", "h200"}, {"a100"}),
        ("python -m bounds plan --gpu=h1", {"h100"}, {"h200"}),
        ("python -m bounds plan --law e", {"epoch2024"}, {"hoffmann2022"}),
        ("python -m bounds band 1e12 --law=hof", {"hoffmann2022", "hoffmann2022-unrounded"}, {"epoch2024"}),
        ("python -m bounds band 1e12 --inversion mi", {"minimax"}, {"slow"}),
        ("python -m bounds band 1e12 --version-of-paper k", {"kausik2024v1", "kausik2024v6"}, set()),
        ("python -m bounds laws ga", {"gadre2024-c4"}, {"epoch2024"}),
        ("python -m bounds explain expected_u", {"expected_unique"}, {"missing_mass"}),
        ("python -m bounds explain h", {"hoffmann2022", "h100"}, set()),
        ("python -m bounds fit runs.csv --column n_", {"n_params=", "n_tokens="}, {"loss="}),
        ("python -m simulate sweep --source ", {"zipf:1.724", "uniform:1e6", "corpus:"}, set()),
        ("python -m simulate sweep --source zipf:1.5,", {"zipf:1.5,shift=", "zipf:1.5,types="}, set()),
        ("python -m simulate sweep --source zipf:2,shift=3,", {"zipf:2,shift=3,types="}, {"zipf:2,shift=3,shift="}),
        ("python -m simulate sweep --engine t", {"tokens", "types"}, {"gauss"}),
        ("python -m simulate corpus a.txt --unit word", {"word", "word-marks"}, {"byte"}),
        ("python -m simulate learners --learner m", {"memoriser", "margin:0.3333"}, {"store:1000"}),
        ("python -m simulate example ", {"text", "runs"}, set()),
    ],
)  # fmt: skip
def test_what_may_follow_comes_out(line, found, absent, monkeypatch):
    values = {answer.partition(",")[2] for answer in answers(line, monkeypatch)}
    assert found <= values
    assert not absent & values


@pytest.mark.parametrize(
    "line",
    ["bounds fit ", "bounds plan --law my", "simulate corpus ", "simulate show x", "simulate sweep --config s",
     "simulate sweep --out x", "experiments backtest --runs r"],
)  # fmt: skip
def test_where_a_file_is_asked_for_files_are_completed(line, monkeypatch):
    assert any(answer.startswith("file,") for answer in answers(f"python -m {line}", monkeypatch))


def test_every_learner_that_is_completed_is_one():
    assert [str(parse_learner(name)) for name in EXAMPLES if name != "all"]


@pytest.mark.parametrize("line", ["bounds explain ", "simulate sweep --law ", "experiments run "])
def test_a_shell_waits_for_nothing_heavy(line):
    program = (
        "import runpy, sys\n"
        f"sys.argv = ['x']\n"
        "try:\n"
        f"    runpy.run_module({line.split()[0]!r}, run_name='__main__')\n"
        "except SystemExit:\n"
        "    pass\n"
        "names = {name.partition('.')[0] for name, one in sys.modules.items() if one}\n"
        "print('LOADED', *sorted(names), file=sys.stderr)"
    )
    environment = os.environ | {ASKED: "1", "COMP_LINE": f"python -m {line}"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, timeout=60)
    assert done.stdout.count("\n") > 3
    assert not HEAVY & set(done.stderr.splitlines()[-1].split())


def test_a_script_is_printed_for_each_shell_and_for_no_other():
    for module in ("bounds", "simulate", "experiments"):
        printed = {shell: run("--completion", shell, module=module).stdout for shell in SHELLS}
        assert all(ASKED in script for script in printed.values())
    assert "did you mean bash?" in refused("--completion", "bsh", module="bounds")


ASK_BASH = """
source <("$PYTHON" -m bounds --completion bash)
COMP_LINE="python $LINE"; COMP_POINT=${#COMP_LINE}
_efficiency_bounds "$PYTHON"
printf '%s\\n' "${COMPREPLY[@]}"
"""

ASK_FISH = """
$PYTHON -m bounds --completion fish | source
complete -c $PYTHON --wraps python
complete -C "$PYTHON $LINE"
"""


def test_zsh_completes_what_is_typed(tmp_path):
    """With a key, in a terminal: its functions of completion work nowhere else."""
    if shutil.which("zsh") is None:
        pytest.skip("zsh is not installed")
    (tmp_path / "words.txt").write_text("")
    lines = {
        "-m bou": "nds X", "-m bounds plan --law=epo": "ch2024 X", "-m simulate corpus wor": "ds.txt X",
        "-m simulate sweep --source zipf:1.5,sh": "ift=X",
    }  # fmt: skip
    environment = os.environ | {"PYTHONPATH": str(HERE), "HOME": str(tmp_path), "TERM": "dumb"}
    environment["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    process, terminal = pty.fork()
    if not process:
        os.chdir(tmp_path)
        os.execvpe("zsh", ["zsh", "-f"], environment)
    try:
        os.write(terminal, b"source <(python -m bounds --completion zsh); print READY-$((1 + 1))\n")
        seen_until(terminal, "READY-2")
        for line, rest in lines.items():
            os.write(terminal, f"python {line}\t".encode())
            seen = seen_until(terminal, line + rest[:-2])
            os.write(terminal, b"X")
            assert (seen + seen_until(terminal, "X")).endswith(rest)
            os.write(terminal, b"\x15")  # what is typed is forgotten
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(terminal)


def seen_until(terminal: int, wanted: str) -> str:
    """What a terminal shows until it shows `wanted`, without what moves its cursor."""
    seen = ""
    while wanted not in seen:
        assert select.select([terminal], [], [], 60)[0], seen
        seen += re.sub(r"\x1b\[[\d;?]*[A-Za-z]|[\r\x07\x08]", "", os.read(terminal, 65536).decode(errors="replace"))
    return seen


@pytest.mark.parametrize(("shell", "script"), [("bash", ASK_BASH), ("fish", ASK_FISH)])
@pytest.mark.parametrize(
    ("line", "completed"),
    [
        ("-m bounds pl", ["plan"]), ("-m bounds plan --law=epo", ["epoch2024"]), ("-m bou", ["bounds"]),
        ("-m simulate corpus wor", ["words.txt"]),
        ("-m simulate sweep --source uniform:", {"bash": ["1e6"], "fish": ["uniform:1e6"]}),
        ("wor", ["words.txt"]),
    ],
)  # fmt: skip
def test_a_shell_completes(shell, script, line, completed, tmp_path):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    (tmp_path / "words.txt").write_text("")
    environment = os.environ | {"PYTHON": sys.executable, "PYTHONPATH": str(HERE), "HOME": str(tmp_path), "LINE": line}
    done = subprocess.run(
        [shell, "-c", script], capture_output=True, text=True, env=environment, cwd=tmp_path, timeout=60
    )
    wanted = completed if isinstance(completed, list) else completed[shell]
    found = [one.partition("\t")[0].removeprefix("--law=") for one in done.stdout.splitlines()]
    assert found == wanted, done.stderr
