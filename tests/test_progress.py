"""What takes long says how far it is: rate and time left where somebody watches or asks, nothing where nobody does."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

import experiments.data
import experiments.present  # which keeps the experiments that it finds when it is loaded
import experiments.registry
from bounds.base.telling.steps import heard, step, stepped
from bounds.cli.terminal import progress
from tests.commands import run

ROOT = Path(__file__).parent.parent
PLAIN = partial(re.sub, r"\x1b\[[\d;?]*[A-Za-z]", "")
"""What a terminal is sent, without what moves its cursor."""
TIMED = re.compile(r"\d[\d.]*[KM]? of [\d.]+[KM]? \w+, [\d.]+[KMB]? \w+/s, \d+:\d\d:\d\d left")


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(progress, "QUIET_SECONDS", -1.0)
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.0)


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text(" ".join(f"w{i * i % 997}" for i in range(300_000)))
    return str(path)


@pytest.mark.parametrize("flags", [[], ["--sketch"], ["--length", "1,2", "--extrapolate", "none"]])
def test_a_text_says_how_much_of_it_is_read(text, flags, at_once):
    asked = run("corpus", text, "--progress", *flags)
    reading = [line for line in asked.stderr.splitlines() if line.startswith("reading: ")]
    assert len(reading) >= 2
    assert any(TIMED.search(line) for line in reading), asked.stderr
    quiet = run("corpus", text, *flags)
    assert (quiet.stderr, quiet.stdout) == ("", asked.stdout), "nothing where nobody watches, and the same result"
    assert run("corpus", text, "--no-progress", *flags).stderr == ""


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("loss", "{text}", "--most", "4000"), "learning"),
        (("compare", "{text}", "{text}", "--length", "1,2", "--duplicates", "none"), "comparing windows"),
        (("example", "text", "new.txt", "--n-words", "250000"), "writing"),
        (("example", "corpus", "new", "--n-words", "2000"), "writing"),
    ],
)  # fmt: skip
def test_what_takes_long_beside_reading_has_a_rate(words, what, text, at_once, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = run(*(word.format(text=text) for word in words), "--progress")
    assert any(TIMED.search(line) for line in told.stderr.splitlines() if line.startswith(f"{what}: ")), told.stderr


def test_a_pipe_has_a_rate_and_no_end(text, at_once, capfd):
    lines = progress.Lines()
    lines("reading", 0, None, "bytes")
    lines("reading", 5e6, None, "bytes")
    said = capfd.readouterr().err
    assert "bytes/s" in said
    assert "left" not in said


def test_what_is_short_says_nothing(text):
    assert run("corpus", text, "--progress").stderr.count("\n") <= 3


def watched(program: str, *arguments: str, folder: Path, both: bool = False) -> tuple[str, str]:
    """What a terminal sees of a program, on standard error or on `both` streams, and its standard output."""
    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "100", "PYTHONPATH": str(ROOT)}
    done = subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdout=theirs if both else subprocess.PIPE, stderr=theirs,
        cwd=folder, env=environment, text=True,
    )  # fmt: skip
    os.close(theirs)
    seen = b""
    while chunk := _read(ours):
        seen += chunk
    out, _ = done.communicate(timeout=120)
    assert done.returncode == 0, seen
    return seen.decode(), out or ""


def program(body: str, quiet: float = 0.2) -> str:
    """A command of ours whose callback has `body`."""
    return (
        "import click, sys, time\n"
        "from bounds.base.telling.steps import step\n"
        "from bounds.cli import shared\n"
        "from bounds.cli.terminal import progress\n"
        f"progress.QUIET_SECONDS = {quiet}\n"
        "@click.command(cls=shared.Command)\n"
        "@progress.PROGRESS\n"
        f"def command():\n    {body}\n"
        "shared.run(command, 'program')\n"
    )


def test_work_that_says_nothing_is_seen_to_go_on(tmp_path):
    seen, out = watched(program("time.sleep(2); print('So it is.')"), folder=tmp_path)
    assert re.search(r"working .*0:00:0[12]", PLAIN(seen))
    assert out == "So it is.\n"
    seen, _ = watched(program("time.sleep(0.5); print('So it is.')", 5.0), folder=tmp_path)
    assert seen == "", "what is short shows nothing"
    seen, _ = watched(program("time.sleep(2); print('So it is.')"), "--no-progress", folder=tmp_path)
    assert seen == ""


def test_a_bar_does_not_wait_for_the_next_step(tmp_path):
    body = "step('halves', 0, 2, 'bits'); time.sleep(1); step('halves', 1, 2, 'bits'); time.sleep(2)"
    seen, _ = watched(program(body), folder=tmp_path)
    assert re.search(r"halves .* 0 of 2 bits", PLAIN(seen))
    assert re.search(r"halves .* 1 of 2 bits, [\d.]+ bits/s, 0:00:0\d left", PLAIN(seen))
    assert "working" not in seen


def test_bars_are_gone_before_anything_is_printed(tmp_path):
    body = "time.sleep(2); print('So it is.'); time.sleep(1); print('And so.')"
    seen, _ = watched(program(body), folder=tmp_path, both=True)
    bar, _, after = seen.partition("So it is.")
    assert "working" in bar
    assert bar.endswith("\x1b[2K"), "its line is empty again"
    assert PLAIN(after).split() == ["And", "so."]


def test_a_rate_is_of_what_was_done_here():
    assert progress.sentence(60, 100, "draws", 5, 50) == "60 of 100 draws, 2 draws/s, 0:00:20 left"
    assert progress.sentence(50, 100, "draws", 5, 50) == "50 of 100 draws"


@pytest.mark.parametrize(
    ("module", "arguments", "what"),
    [
        ("bounds", ("fit", "runs.csv"), "fitting resamples"),
        ("simulate", ("corpus", "runs.csv", "--sketch"), "reading"),
    ],
)  # fmt: skip
def test_whoever_watches_sees_a_bar_that_goes_away(module, arguments, what, tmp_path):
    rows = [(n * 1e8, d * 1e9) for n in (1, 2, 4, 8) for d in (1, 4, 16)]
    table = "".join(f"{n},{d},{1.7 + 400 / n**0.34 + 410 / d**0.28}\n" for n, d in rows)
    (tmp_path / "runs.csv").write_text("n_params,n_tokens,loss\n" + table)
    program = (
        "import runpy, sys\n"
        "from bounds.cli.terminal import progress\n"
        "progress.QUIET_SECONDS = -1.0\n"
        f"sys.argv = ['x', *{arguments!r}]\n"
        f"runpy.run_module({module!r}, run_name='__main__')\n"
    )
    seen, out = watched(program, folder=tmp_path)
    assert out
    assert what in seen
    assert "\x1b" not in out, "bars are of standard error alone"
    assert seen.rindex("\x1b[?25h") > seen.rindex(what), "the cursor is back once all is done"


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other end is closed
        return b""


def test_experiments_say_how_far_they_are(monkeypatch, at_once):
    def work(folder):
        return list(stepped(["a", "b"], "series", "series"))

    made = {name: SimpleNamespace(name=name, data=(), run=work) for name in ("one", "two")}
    monkeypatch.setattr(experiments.registry, "EXPERIMENTS", made)
    monkeypatch.setattr(experiments.present, "report", lambda results: _no_report(results))
    told = run("run", "one", "two", "--progress", module="experiments")
    assert TIMED.search(next(line for line in told.stderr.splitlines() if line.startswith("experiments: 1 of 2")))
    assert "series: 1 of 2 series" in told.stderr
    assert run("run", "one", "two", module="experiments").stderr == ""


def _no_report(results):
    from bounds.cli.report import Report

    return Report(f"{len(results)} done.")


def test_what_is_fetched_says_how_many_files_came(tmp_path, at_once, data_folder):
    told = run("fetch", "bloom", "--data", str(tmp_path / "new"), "--progress", module="experiments")
    assert any(TIMED.search(line) for line in told.stderr.splitlines() if line.startswith("fetching bloom: "))


def test_steps_are_told_to_who_listens_and_to_nobody_else():
    told = []
    step("work", 1, 2, "units")
    with heard(lambda *what: told.append(what)):
        assert list(stepped(iter("ab"), "work", "units", of=2)) == ["a", "b"]
    step("work", 2, 2, "units")
    assert told == [("work", 0, 2, "units"), ("work", 1, 2, "units"), ("work", 2, 2, "units")]
    assert list(stepped([], "work", "units")) == []


def test_a_sentence_has_rate_and_time_left():
    assert progress.sentence(25, 100, "files", 5) == "25 of 100 files, 5 files/s, 0:00:15 left"
    assert progress.sentence(0, 100, "files", 5) == "0 of 100 files"
    assert progress.sentence(2e6, None, "bytes", 2) == "2M bytes, 1M bytes/s"
