"""What holds for every study, whatever it asks: how it is run, kept, resumed, foreseen, printed and shown again."""

from __future__ import annotations

import functools
import json
import os
import re
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path

import pytest
import xarray as xr
from click.testing import CliRunner, Result

import simulate
from bounds.cli.report import Report, print_report
from simulate.cli.main import main
from simulate.drawing import device
from simulate.running import cells, execution
from simulate.running.job import Choice
from simulate.studies.registry import get_study
from tests.running import done
from tests.sweep_runs import StopHereError, same
from tests.tables import other_style
from tests.test_unchanged import TEXT

COMMANDS = {
    "sweep": ("--source=zipf:1.724", "--source=zipf:1.2", "--n-draws=100:1e4:6", "--replicates=4", "--engine=tokens"),
    "learners": ("--learner=store:50", "--learner=memoriser", "--n-draws=100:1e4:4", "--replicates=4",
                 "--test-draws=500"),
    "skills": ("--n-skills=40", "--members=10", "--n-draws=100:1e5:6", "--replicates=8", "--engine=tokens"),
    "suite": ("--n-params=10,100,1000", "--checkpoints=0,10,100", "--batch=64", "--replicates=4"),
    "batch": ("10", "--checkpoints=0,100", "--batch=64", "--seed=3"),
    "corpus": ("{text}", "--length=1,2", "--unit=word"),
    "sketch": ("{text}", "--length=1,2", "--sketch", "--precision=10"),
    "loss": ("{text}", "--unit=byte", "--length=1,2,3"),
    "compare": ("{text}", "{other}", "--length=1,2"),
}  # fmt: skip
Kept = Callable[[str], tuple[Path, str, str]]
DRAWN = ("sweep", "learners", "skills", "suite")
"""Studies whose work is in cells."""

PLANS = {
    "sweep": lambda: simulate.Sweep(("zipf:1.724",), (100, 1000, 10_000), 4, 0, "tokens"),
    "learners": lambda: simulate.LearnerPlan(("store:50",), (), (100, 1000, 10_000), 4, test_draws=500),
    "skills": lambda: simulate.SkillPlan(n_skills=40, members=10, n_draws=(100, 10_000), replicates=4, engine="tokens"),
    "suite": lambda: simulate.SuitePlan(n_params=(10, 100), checkpoints=(0, 10, 100), batch=64, replicates=4),
}


def command(name: str, folder: Path, *more: str) -> list[str]:
    return ["corpus" if name == "sketch" else name, *with_texts(COMMANDS[name], folder), *more]


def with_texts(flags: Iterable[str], folder: Path) -> list[str]:
    """`flags` with the names of two texts in `folder`, the second of which begins as the first."""
    words = TEXT.split()
    (folder / "text.txt").write_text(TEXT, encoding="utf-8")
    if "{other}" in flags:
        other = [*words[: len(words) // 8], *(f"{word}s" if i % 3 else word for i, word in enumerate(words[::2]))]
        (folder / "other.txt").write_text(" ".join(other), encoding="utf-8")
    return [flag.format(text=folder / "text.txt", other=folder / "other.txt") for flag in flags]


def run(arguments: list[str], width: int = 80) -> Result:
    return CliRunner(env={"COLUMNS": str(width)}).invoke(main, arguments)


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Kept:
    """The result of a command, what it printed, and its JSON object."""
    folder = tmp_path_factory.mktemp("kept")

    @functools.cache
    def result_of(name: str) -> tuple[Path, str, str]:
        out = folder / f"{name}.nc"
        printed, as_json = run(command(name, folder, f"--out={out}")), run(command(name, folder, "--json"))
        assert printed.exit_code == as_json.exit_code == 0, printed.output + as_json.output
        return out, printed.stdout, as_json.stdout

    return result_of


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("threads", [0, -1, 2.5, 10**6, True, "two"])
def test_threads_that_there_cannot_be_are_refused_before_anything_is_done(name, threads, monkeypatch):
    monkeypatch.setattr(type(get_study(name)), "prepare", lambda *_: pytest.fail("made ready"))
    with pytest.raises(ValueError, match=r"threads must be .*, got "):
        done(PLANS[name](), threads=threads)


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--threads=0"], "threads must be"),
        (["--threads=1000000"], "threads must be"),
        (["--threads=2", "--cluster=local:2"], "pass one of them"),
        (["--memory=lots"], "memory must be a number of bytes such as 2GiB or 500MB, got 'lots'"),
        (["--resume"], "--resume goes on with the result that --out names"),
        (["--out=x.txt"], "out must name a file that ends in .nc, .zarr, .csv"),
        (["--seed=-1"], "seed must be"),
    ],
)
def test_bad_flags_are_one_sentence(name, flags, words, tmp_path):
    found = run(command(name, tmp_path, *flags))
    assert found.exit_code == 2, found.output
    assert isinstance(found.exception, SystemExit)
    assert words in found.output


@pytest.mark.parametrize("name", DRAWN)
def test_a_run_that_was_stopped_goes_on_and_ends_as_if_nothing_had_been(name, tmp_path, monkeypatch):
    monkeypatch.setattr(cells, "CELL_SECONDS", 1e-9)
    whole = done(PLANS[name]())
    told = []

    def stop(state) -> None:
        told.append(state)
        if state.cells == 2:
            raise StopHereError

    out = tmp_path / "x.zarr"
    with pytest.raises(StopHereError):
        done(PLANS[name](), out=out, threads=1, progress=stop)
    assert not out.exists()
    with pytest.raises(ValueError, match=r"holds an unfinished .*; pass --resume"):
        done(PLANS[name](), out=out)
    again = done(PLANS[name](), out=out, resume=True, progress=told.append)
    assert told[-1].kept_cells == 2 < told[-1].all_cells == told[-1].cells
    assert same(again, whole)
    assert same(out, whole)
    assert [path.name for path in tmp_path.iterdir()] == ["x.zarr"]


@pytest.mark.parametrize("name", DRAWN)
def test_a_forecast_draws_and_writes_nothing(name, tmp_path, monkeypatch):
    monkeypatch.setattr(type(get_study(name)), "assemble", lambda *_: pytest.fail("drawn"))
    found = run(command(name, tmp_path, "--dry-run", f"--out={tmp_path / 'x.zarr'}"))
    assert found.exit_code == 0, found.output
    first = " ".join(found.stdout.split("\n\n")[0].split())
    assert first.endswith("nothing was drawn.")
    assert " of memory " in first
    found = json.loads(run(command(name, tmp_path, "--dry-run", "--json")).stdout)
    assert found["verdict"] == first
    assert found["rows"]
    assert [path.name for path in tmp_path.iterdir()] == ["text.txt"]


@pytest.mark.parametrize("name", COMMANDS)
def test_json_is_one_object_and_its_verdict_is_printed_first(name, kept):
    _, printed, as_json = kept(name)
    found = json.loads(as_json)
    keys = list(found)
    assert keys[:2] == ["schema_version", "rows"]
    assert keys[-4:] == ["warnings", "verdict", "provenance", "path"]
    assert found["rows"]
    assert found["provenance"]["command"] == ("corpus" if name == "sketch" else name)
    assert " ".join(printed.split("\n\n")[0].split()) == found["verdict"]
    assert printed.count("\n! ") <= 3


@pytest.mark.parametrize("name", COMMANDS)
def test_a_kept_result_is_shown_as_the_run_printed_it(name, kept):
    path, printed, as_json = kept(name)
    shown = run(["show", str(path)])
    assert shown.exit_code == 0, shown.output
    assert f"{shown.stdout}written: {path}\n" == printed
    again = json.loads(run(["show", str(path), "--json"]).stdout)
    expected = json.loads(as_json)
    for made in (again, expected):
        made["provenance"].pop("kept_cells", None)
    assert again == expected


@pytest.mark.parametrize("name", COMMANDS)
def test_a_result_is_read_as_xarray_reads_it(name, kept):
    path, _, _ = kept(name)
    found = simulate.open_result(path)
    with xr.open_dataset(path, engine="h5netcdf", mask_and_scale=False) as opened:
        whole = opened.load()
    for checksum in ("checksum", "checksums"):
        del whole.attrs[checksum]
    xr.testing.assert_identical(found, whole)
    assert {key: one.dtype for key, one in found.variables.items()} == {
        key: one.dtype for key, one in whole.variables.items()
    }


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "batch"])
def test_explain_adds_all_that_is_left_out_and_a_figure_is_drawn(name, kept, tmp_path):
    path, printed, as_json = kept(name)
    figure = tmp_path / "x.png"
    found = run(["show", str(path), "--explain", f"--figure={figure}"])
    assert found.exit_code == 0, found.output
    assert len(found.stdout) > len(printed)
    collapsed = " ".join(found.stdout.replace("\n! ", "\n").split())
    assert all(" ".join(note.split()) in collapsed for note in json.loads(as_json)["warnings"])
    assert figure.stat().st_size > 10_000


ODD: dict[str, list[tuple[str, ...]]] = {
    "sweep": [("--source=zipf:1.2,types=1000", "--n-draws=100:1e6:4", "--replicates=3"),
              ("--source=windows:alphabet=3,length=2", "--n-draws=10:1e3:4", "--law=kaplan2020")],
    "learners": [("--learner=store", "--source=zipf:1.724", "--tolerance=0,10%,0.1", "--n-draws=100:1e4:5"),
                 ("--learner=good-turing", "--learner=store:20", "--source=zipf:1.2", "--source=zipf:2",
                  "--n-draws=100:1e4:3", "--replicates=1")],
    "skills": [("--n-draws=1e3:1e13:41", "--engine=arrivals", "--n-skills=50", "--replicates=6"),
               ("--source=zipf:1.724", "--kind=frequency", "--members=7", "--n-draws=10:1e4:9", "--replicates=6")],
    "suite": [("--n-params=10:1e5:40", "--checkpoints=0,50,100", "--params-per-sequence=2", "--replicates=3"),
              ("--source=corpus:{text}", "--n-params=2:500:17", "--checkpoints=0,1,2,4,8")],
    "batch": [("3", "--batch=1000"), ("0", "--source=corpus:{text}", "--checkpoints=0,1,2,4,8")],
    "corpus": [("{text}", "--length=1,2,3,4", "--unit=char"), ("{text}", "--order=shuffled-chunks")],
    "loss": [("{text}", "--unit=char", "--most=5e3", "--shuffles=5"), ("{text}", "--chunk=100", "--seed=4")],
    "compare": [("{text}", "{other}", "--length=1,2,3", "--unit=char"), ("{other}", "{text}", "--blocks=0")],
}  # fmt: skip
"""Plans unlike those of the pages, two a command."""
SCREEN = 30
"""Lines of a screen: all that a command prints where nobody asked for more."""
DEFAULT: dict[str, tuple[str, ...]] = {
    "suite": ("--checkpoints=0,10,100", "--replicates=4"), "skills": ("--replicates=8", "--n-draws=1e3:1e5:8"),
    "learners": ("--n-draws=1e3:1e4:4", "--replicates=8"), "sweep": ("--n-draws=1e3:1e5:9",),
}  # fmt: skip
"""What makes a study short while it prints as many lines as without a flag."""


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        *DEFAULT.items(),
        *COMMANDS.items(),
        *((name, each[0]) for name, each in ODD.items()),
        *(pytest.param(name, each[1], marks=pytest.mark.verification) for name, each in ODD.items()),
    ],
    ids=lambda part: part if isinstance(part, str) else " ".join(part),
)
def test_what_a_study_says_by_itself_is_one_screen(name, flags, kept, tmp_path):
    out = tmp_path / "x.nc"
    if flags == COMMANDS.get(name):
        out, printed, _ = kept(name)
    else:
        found = run([name, *with_texts(flags, tmp_path), f"--out={out}"])
        assert found.exit_code == 0, found.output
        printed = found.stdout
    lines = printed.partition("written: ")[0].splitlines()  # `show` prints the same, as another test says
    assert 3 < len(lines) <= SCREEN
    assert "" not in [line for line, after in pairwise(lines) if line == after], "two empty lines"
    if name != "batch":  # what is left out is counted, and comes where it is asked for
        more = re.search(r"--explain adds .*?(\d+) tables?\b", " ".join(lines[-2:]))
        whole = run(["show", str(out), "--explain"]).stdout
        assert len(re.findall(r"^─", whole, re.MULTILINE)) >= int(more[1]) + sum(line.startswith("─") for line in lines)


@pytest.mark.parametrize("name", COMMANDS)
def test_no_line_is_longer_than_it_may_be(name, kept, monkeypatch, capsys):
    """The command runs once; what it had to say is printed again at other widths."""
    said: list[Report] = []

    def heard(told: Report, *, explained: bool = False) -> None:
        said.append(told)
        print_report(told, explained=explained)

    path = kept(name)[0]  # which may be made here and now
    with monkeypatch.context() as patch:
        patch.setattr("simulate.cli.studies.print_report", heard)
        shown = run(["show", str(path)]).stdout
    (told,) = said
    for width in (60, 80, 120):
        monkeypatch.setenv("COLUMNS", str(width))
        for explained in (False, True) if name != "batch" else (False,):
            print_report(told, explained=explained)
            printed = capsys.readouterr().out
            assert printed == shown or explained or width != 80
            assert not [line for line in printed.splitlines() if len(line) > width and len(line.split()) > 2]
            if width >= 80:  # every table that answers stands in one piece
                assert re.search(r"^─+$", printed, re.MULTILINE)
    assert not other_style(printed)


@pytest.mark.parametrize("name", DRAWN)
def test_a_gpu_that_is_not_there_is_an_error_and_auto_says_what_it_took(name, tmp_path):
    if os.environ.get("NUMBA_ENABLE_CUDASIM") == "1":
        pytest.skip("the simulator is a GPU")
    found = run(command(name, tmp_path, "--device=gpu"))
    assert found.exit_code == 2 or isinstance(found.exception, ValueError)
    assert "device gpu cannot be used here" in found.output + str(found.exception)
    found = run(command(name, tmp_path, "--device=auto", "--dry-run"))
    assert "device: cpu (no GPU can be used here: " in found.output


@pytest.mark.parametrize("name", DRAWN)
def test_a_gpu_has_one_corpus_at_a_time(name, monkeypatch):
    asked = []

    def on_threads(threads: int):
        asked.append(threads)
        return original(threads)

    original = execution.on_threads
    monkeypatch.setattr(execution, "on_threads", on_threads)
    whole = done(PLANS[name](), threads=4)
    study, plan = get_study(name), PLANS[name]()
    prepare = type(study).prepare
    seen = device.choose_device("cpu")

    def on_device(self, plan, how):
        job = prepare(self, plan, how)
        monkeypatch.setattr(type(job), "device", property(lambda _: Choice("gpu", seen.reason)), raising=False)
        return job

    monkeypatch.setattr(type(study), "prepare", on_device)
    assert done(plan, threads=4).equals(whole)
    assert asked == [4, 1]


@pytest.mark.parametrize("name", ["skills", "suite", "batch", "compare", "loss"])
def test_what_has_no_growth_of_counts_is_not_fitted_and_is_named(name, kept):
    found = run(["fit", str(kept(name)[0])])
    assert isinstance(found.exception, ValueError)
    assert "which holds no growth of counts U(D) to fit" in str(found.exception)


@pytest.mark.parametrize("name", ["sweep", "learners", "corpus"])
def test_counts_are_fitted_again_with_the_same_numbers(name, kept, tmp_path):
    path, _, as_json = kept(name)
    found = json.loads(run(["fit", str(path), "--json"]).stdout)
    for key in ("rows", "verdict"):
        assert found[key] == json.loads(as_json)[key]
    found = run(
        ["fit", str(path), f"--window={'1071,2e4' if name == 'corpus' else '300,1e4'}", f"--out={tmp_path / 'x.nc'}"]
    )
    assert found.exit_code == 0, found.output
    assert run(["show", str(tmp_path / "x.nc")]).stdout in found.stdout


@pytest.mark.parametrize("old", ["sweep --learner=memoriser", "suite --batch-at=10"])
def test_old_words_are_forwarded_and_say_so(old, tmp_path):
    own = ["--n-draws=100:1e3:3", "--replicates=2"] if "learner" in old else ["--checkpoints=0,100", "--batch=8"]
    found = CliRunner().invoke(main, [*old.split(), *own, "--json"])
    assert found.exit_code == 0, found.output
    assert "is now `" in found.stderr
    new = ["learners", "--learner=memoriser"] if "learner" in old else ["batch", "10"]
    assert json.loads(CliRunner().invoke(main, [*new, *own, "--json"]).stdout) == json.loads(found.stdout)


@pytest.mark.parametrize("name", DRAWN)
def test_a_plan_is_what_a_configuration_holds(name, tmp_path):
    """Every field of a plan may stand in a TOML file under its own name, and means there what it means in Python."""
    plan = PLANS[name]()
    fields = {
        key: getattr(plan, key) for key in plan.__dataclass_fields__
        if plan.__dataclass_fields__[key].init and getattr(plan, key) not in ((), "", None)
    }  # fmt: skip
    lines = [
        f"{key} = {json.dumps(list(value) if isinstance(value, tuple) else value)}" for key, value in fields.items()
    ]
    (tmp_path / "plan.toml").write_text("\n".join(lines) + "\n")
    found = CliRunner().invoke(main, [name, f"--config={tmp_path / 'plan.toml'}", f"--out={tmp_path / 'x.nc'}"])
    assert found.exit_code == 0, found.output
    assert same(tmp_path / "x.nc", done(plan))


@pytest.mark.parametrize("name", ["sweep", "learners", "corpus"])
def test_what_was_fitted_again_says_so(name, kept, tmp_path):
    window = "1071,2e4" if name == "corpus" else "300,1e4"
    found = run(["fit", str(kept(name)[0]), f"--window={window}", f"--out={tmp_path / 'x.nc'}"])
    assert found.exit_code == 0, found.output
    answer = " ".join(found.stdout.split("\n\n")[0].split())
    assert answer.endswith(
        f"Fitted again on D from {'1071' if name == 'corpus' else '300'} to {'20K' if name == 'corpus' else '10K'}."
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["runs", "x.csv", "--source=zipf:2"], "--source is of a text or a corpus; leave it out"),
        (["text", "x.txt", "--law=epoch2024"], "--law is of runs; leave it out"),
        (["text", "x.csv"], "ends in .txt"),
        (["words", "x.txt"], "must be one of text, runs"),
    ],
)
def test_an_example_takes_what_is_of_its_kind(arguments, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = run(["example", *arguments])
    assert found.exit_code == 2
    assert sentence in found.output
    assert list(tmp_path.iterdir()) == []


def test_an_example_has_the_truth_that_it_says(tmp_path, monkeypatch):
    import bounds
    from simulate.studies.examples import example_runs, example_text

    monkeypatch.chdir(tmp_path)
    assert run(["example", "text", "t.txt", "--n-words=50000"]).exit_code == 0
    words = Path("t.txt").read_text().split()
    assert len(words) == 50_000
    drawn = simulate.sweep(sources=["zipf:1.724"], n_draws=[1000, 50_000], replicates=1, engine="tokens")
    assert len(set(words)) == int(drawn.n_unique[0, -1, 0])
    assert example_text(n_words=50_000).split() == words
    assert run(["example", "runs", "r.csv", "--noise=0"]).exit_code == 0
    table = [line.split(",") for line in Path("r.csv").read_text().splitlines()]
    law = bounds.get_law("epoch2024")
    assert all(abs(float(law.loss(float(n), float(d))) - float(loss)) < 1e-5 for n, d, loss in table[1:])
    with pytest.raises(ValueError, match="gives exponents only"):
        example_runs("kaplan2020")
    assert run(["example", "text", "t.txt"]).exit_code == 2
