"""Pages to send: what stands on them, that they load nothing, and that no text of others is taken for HTML."""

from __future__ import annotations

import functools
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import matplotlib.figure
import pytest
from click.testing import CliRunner

from bounds.__main__ import main as bounds_main
from bounds.base.notes import INPUT, METHOD, Note
from bounds.cli.json_text import json_text
from bounds.cli.pages.command_lines import nameless
from bounds.cli.pages.page import Section, page
from bounds.cli.report import Listing, Report, Table
from simulate.cli.main import main
from simulate.cli.studies import commands_of
from simulate.running.dataset import open_result
from simulate.running.showing.view import View
from simulate.studies.registry import study_of
from tests.browser import CHROMIUM, NONE, seen
from tests.commands import run as run_command
from tests.html_pages import Page, faults
from tests.sweep_runs import StopHereError
from tests.test_studies import COMMANDS, DEFAULT, ODD, TEXT, run

EVIL = "<script>alert(1)</script>"
SMALL = {
    "sweep": ("--source=zipf:1.724", "--source=zipf:1.2", "--n-draws=100:1e3:4", "--replicates=2", "--engine=tokens"),
    "learners": ("--learner=store:50", "--n-draws=100:1e3:3", "--replicates=2", "--test-draws=100"),
    "skills": ("--n-skills=20", "--members=10", "--n-draws=100:1e4:4", "--replicates=4", "--engine=tokens"),
    "suite": ("--n-params=10,100", "--checkpoints=0,10", "--batch=16", "--replicates=2"),
    "batch": ("10", "--checkpoints=0,100", "--batch=64", "--seed=3"),
    "corpus": ("{text}", "--length=1,2", "--unit=word"),
    "sketch": ("{text}", "--length=1", "--sketch", "--precision=8"),
    "compare": ("{text}", "{other}", "--length=1", "--blocks=8"),
}  # fmt: skip
"""A result of each study, as small as it can be with something of everything on its page."""
MORE = [*COMMANDS.items(), *DEFAULT.items(), *((name, flags) for name, each in ODD.items() for flags in each)]
Kept = Callable[[str], Path]


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Kept:
    folder = tmp_path_factory.mktemp("pages")
    write_texts(folder)

    @functools.cache
    def result_of(name: str) -> Path:
        flags = [flag.format(text=folder / "text.txt", other=folder / "other.txt") for flag in SMALL[name]]
        found = run([STUDY.get(name, name), *flags, f"--out={folder / name}.nc"])
        assert found.exit_code == 0, found.output
        return folder / f"{name}.nc"

    return result_of


STUDY = {"sketch": "corpus"}


def write_texts(folder: Path) -> None:
    """The files that commands name."""
    (folder / "text.txt").write_text(TEXT, encoding="utf-8")
    (folder / "other.txt").write_text(TEXT[: len(TEXT) // 2], encoding="utf-8")


@functools.cache
def page_at(path: Path) -> str:
    out = path.with_suffix(".html")
    found = run(["report", str(path), f"--out={out}"])
    assert found.exit_code == 0, found.output
    return out.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SMALL)
def test_every_study_has_a_page_with_all_that_it_says(name, kept):
    dataset = open_result(kept(name))
    text, told = page_at(kept(name)), study_of(dataset).report(dataset, View())
    assert faults(text) == []
    read = Page(text)
    for said in (told.answer, *(note.text for note in told.all_notes)):
        assert " ".join(said.replace("`", "").split()) in read.text
    assert len(read.all("table")) == len([*told.tables, *told.details])
    # Each figure is drawn, or the page says why not.
    assert len(read.all("svg")) + read.text.count("No figure: ") == max(len(study_of(dataset).figures), 1)
    assert len(read.all("figcaption")) == len({one.text.partition(".")[2] for one in read.all("figcaption")})
    missing = {"batch": "one batch has no figure", "sketch": "there is no spectrum to draw"}.get(name, "")
    assert re.findall(r"No figure: (?:[^.]*, so that )?([^.]*)", read.text) == [missing][: bool(missing)]
    (heading,) = read.all("h1")
    assert heading.text.strip().endswith("?"), "the question stands first"
    for digest in json.loads(dataset.attrs["provenance"]).get("inputs", {}).values():
        assert digest in read.text
    assert str(kept(name).parent) not in text


def again(made_by: str) -> list[str]:
    """The words behind ``python -m simulate`` of the command that a page has for a provenance."""
    with click.Context(main):
        (line,) = commands_of(json.loads(made_by), {})
    assert max(map(len, line.splitlines())) <= 80 or "," in line
    words = shlex.split(line.replace("\\\n", " "))
    assert words[:3] == ["python", "-m", "simulate"]
    return words[3:]


@pytest.mark.parametrize(("name", "flags"), SMALL.items(), ids=SMALL)
def test_the_command_on_a_page_asks_for_the_same(name, flags, tmp_path, monkeypatch):
    asks_for_the_same(name, flags, tmp_path, monkeypatch)


@pytest.mark.verification
@pytest.mark.parametrize(("name", "flags"), MORE, ids=lambda part: part if isinstance(part, str) else " ".join(part))
def test_the_command_on_a_page_asks_for_the_same_whatever_was_asked(name, flags, tmp_path, monkeypatch):
    asks_for_the_same(name, flags, tmp_path, monkeypatch)


def asks_for_the_same(name: str, flags: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plan for plan, without drawing: what the command would keep of what it was asked for."""
    monkeypatch.chdir(tmp_path)
    write_texts(tmp_path)
    asked = [STUDY.get(name, name), *(flag.format(text="text.txt", other="other.txt") for flag in flags)]
    made = prepared(asked, monkeypatch)
    assert json.loads(prepared(again(made), monkeypatch)) == json.loads(made)


def test_a_corpus_of_several_files_is_one_word():
    from simulate.studies.compare.plan import ComparePlan

    made = {"command": "compare", "parameters": ComparePlan(["a.txt", "b.txt"], "c.txt").parameters}
    assert again(json.dumps(made))[:3] == ["compare", "A", "c.txt"]


def prepared(words: list[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """The provenance of the job that a command prepares."""
    found = []

    def heard(study, job, execution):
        found.append(job.made)
        raise StopHereError

    monkeypatch.setattr("simulate.cli.studies.run_job", heard)
    assert isinstance(run(words).exception, StopHereError)
    (made,) = found
    return made


@pytest.mark.parametrize("name", ["learners", "corpus"])
def test_the_command_on_a_page_makes_the_result_again(name, kept, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_text(TEXT, encoding="utf-8")
    (pre, *_) = Page(page_at(kept(name))).all("pre")
    words = shlex.split(pre.text.replace("\\\n", " "))
    found = run([*words[3:], "--json"])
    assert found.exit_code == 0, found.output
    dataset = open_result(kept(name))
    rows = study_of(dataset).report(dataset, View()).data["rows"]
    assert json.loads(found.stdout)["rows"] == json.loads(json_text(rows))


def test_what_was_fitted_again_has_both_commands(kept, tmp_path):
    out = tmp_path / "again.nc"
    run(["fit", str(kept("sweep")), "--window=100,1e3", f"--out={out}"])
    run(["report", str(out), f"--out={tmp_path / 'x.html'}"])
    first, second, _ = (one.text for one in Page((tmp_path / "x.html").read_text(encoding="utf-8")).all("pre"))
    assert first.startswith("python -m simulate sweep ")
    assert second == "python -m simulate fit again.nc --model=auto --window=100,1000"


def test_several_results_have_a_list_of_contents(kept, tmp_path):
    names = ("corpus", "batch", "corpus")
    found = run(["report", *(str(kept(name)) for name in names), f"--out={tmp_path / 'x.html'}", "--json"])
    told = json.loads(found.stdout)
    assert [row["result"] for row in told["rows"]] == [f"{name}.nc" for name in names]
    assert told["path"] == str(tmp_path / "x.html")
    text = (tmp_path / "x.html").read_text(encoding="utf-8")
    assert faults(text) == []
    links = [one.attributes["href"] for one in Page(text).all("a") if one.within("nav")]
    assert links == ["#s1", "#s2", "#s3"]


def test_texts_of_others_are_no_elements(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = "<img src=x onerror=alert(1)>&amp;\"'.txt"
    Path(name).write_text(TEXT, encoding="utf-8")
    assert (found := run(["corpus", name, "--length=1", "--report=x.html"])).exit_code == 0, found.output
    text = Path("x.html").read_text(encoding="utf-8")
    assert faults(text) == []
    assert Page(text).all("img") == []
    assert name in Page(text).text
    assert Page(text).text.count("<img src=x onerror=alert(1)>") >= 4, "question, answer, command, hash"


def test_headers_of_a_table_are_no_elements(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(["example", "runs", "r.csv"])
    lines = Path("r.csv").read_text().splitlines()
    Path("r.csv").write_text("\n".join([f"{EVIL},n_tokens,loss", *lines[1:]]) + "\n")
    asked = ["fit", "r.csv", f"--column=n_params={EVIL}", "--bootstrap=50", "--report=x.html"]
    found = CliRunner().invoke(bounds_main, asked)
    assert found.exit_code == 0, found.output
    text = Path("x.html").read_text(encoding="utf-8")
    assert faults(text) == []
    assert EVIL in Page(text).text
    assert EVIL not in text


def test_every_text_of_a_report_is_escaped():
    """One that holds markup in each of its places; ends of comments and of styles, and turned writing, are texts."""
    evil = [f"{EVIL}{i}</style>--></title></svg>" for i in range(40)]
    told = iter(evil)
    report = Report(
        next(told), [Table([next(told), next(told)], [[next(told), next(told)]], title=next(told), below=next(told))],
        [Note(INPUT, next(told)), Note(METHOD, next(told))],
        [Table([next(told)], [[next(told)]], title=next(told))], [next(told)],
        lists=[Listing([(next(told), next(told))], next(told))], asides=[Note(INPUT, next(told))], question=next(told),
    )  # fmt: skip

    def figure() -> matplotlib.figure.Figure:
        drawn = matplotlib.figure.Figure()
        axes = drawn.subplots()
        axes.plot([1, 2], label=next(told))
        axes.set(xlabel=next(told), ylabel=next(told), title=next(told))
        axes.legend()
        drawn.suptitle(next(told))
        return drawn

    def none() -> matplotlib.figure.Figure:
        raise ValueError(next(told))

    facts = {"software": next(told), "parameters": {"seed": next(told)}, "inputs": {next(told): next(told)}}
    section = Section(next(told), report, commands=[next(told)], made=facts, figures=[figure, none])
    text = page([section])
    used = evil[: evil.index(next(told))]
    assert len(used) > 25
    assert faults(text) == []
    assert [one for one in used if one not in Page(text).text] == []
    told = iter(evil)
    assert faults(page([section, Section("plain", Report("yes"))])) == []


def test_what_would_turn_or_break_a_line_is_written_out():
    told = Report("name \u202egpj.exe\x1b[31m \udce9", [Table(["\x00"], [["\u2066x"]])])
    text = page([Section("k", told)])
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", text)
    assert "\\u202egpj.exe\\x1b[31m \\xe9" in text
    text.encode("utf-8")


FAULTS: dict[str, tuple[str | re.Pattern[str], str]] = {
    "a script": ("<main", "<script>1</script><main"),
    "a request": ('<link rel="icon" href="data:,">', '<link rel="stylesheet" href="https://example.org/x.css">'),
    "a style that asks": ("</style>", "p { background: url(x.png) }</style>"),
    "a heading left out": ("<h2", "<h4"),
    "an id twice": ('id="main"', 'id="s1"'),
    "no language": ('lang="en"', ""),
    "no caption": (re.compile("<caption.*?</caption>", re.DOTALL), ""),
    "no scope": (' scope="col"', ""),
    "out of reach": (' tabindex="0"', ""),
    "no words": (re.compile("<desc.*?</desc>", re.DOTALL), ""),
    "a link to nothing": ('href="#main"', 'href="#there"'),
    "an event": ("<main", '<main onclick="x"'),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_the_check_of_pages_finds_what_is_wrong(fault, kept):
    text = page_at(kept("sweep"))
    wrong, right = FAULTS[fault]
    spoilt = wrong.sub(right, text, count=1) if isinstance(wrong, re.Pattern) else text.replace(wrong, right, 1)
    assert spoilt != text
    assert faults(spoilt)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["report", "{kept}", "--out=x.txt"], "must name a file that ends in .html"),
        (["report", "{kept}"], "Missing option '--out'"),
        (["report", "--out=y.html"], "Missing argument"),
        (["report", "{kept}", "none.nc", "--out=y.html"], "none.nc"),
        (["report", "{kept}", "text.txt", "--out=y.html"], "text.txt"),
        (["report", "{kept}", "--out=there.html"], "exists already; pass --overwrite"),
        (["report", "{kept}", "--out=no/y.html"], "is not a folder"),
        (["report", "{kept}", "--out=y.html", "--law=hofmann2022"], "did you mean hoffmann2022"),
        (["sweep", "--report=there.html"], "exists already; pass --overwrite"),
        (["sweep", "--report=y.htm"], "ends in .html"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_written(arguments, sentence, kept, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_text(TEXT, encoding="utf-8")
    Path("there.html").write_text("mine")
    found = run([word.format(kept=kept("sweep")) for word in arguments])
    assert found.exit_code == 2 or isinstance(found.exception, ValueError | OSError)
    assert sentence in found.output + str(found.exception)
    assert {path.name for path in tmp_path.iterdir()} == {"text.txt", "there.html"}
    assert Path("there.html").read_text() == "mine"


@pytest.mark.parametrize("program", ["bounds", "experiments"])
def test_a_page_that_is_there_is_kept_and_refused_before_the_work(program, tmp_path):
    from experiments.__main__ import main as experiments_main

    there = tmp_path / "x.html"
    there.write_text("mine")
    group, words = (
        (bounds_main, ["plan", "--flops=1e21"]) if program == "bounds" else (experiments_main, ["run", "budget"])
    )
    found = CliRunner().invoke(group, [*words, f"--report={there}"])
    assert found.exit_code == 2
    assert "exists already; pass --overwrite to replace it" in found.output
    assert there.read_text() == "mine"


def test_plans_and_fits_have_pages(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(["example", "runs", "r.csv"])
    words = [
        "fit",
        str(tmp_path / "r.csv"),
        "--bootstrap=50",
        "--predict",
        "N=7B,D=140B",
        "--seed=3",
        "--out=a.law.toml",
    ]
    for asked in (
        words,
        ["plan", "--flops=1e21", "--law", "a.law.toml"],
        ["plan", "--gpu-hours", "1e6", "--gpu=a100", "--mfu=40%"],
        ["plan", "--flops=1e24", "--next-run=1e20", "--law=a.law.toml"],
    ):
        found = CliRunner().invoke(bounds_main, [*asked, "--report", "x.html", "--overwrite"])
        assert found.exit_code == 0, found.output
        text = Path("x.html").read_text(encoding="utf-8")
        assert faults(text) == []
        assert str(tmp_path) not in text, "no folder of the machine"
        answer = " ".join(found.output.split("\n\n")[0].split())
        assert answer in Page(text).text
        typed = shlex.split(Page(text).all("pre")[0].text.replace("\\\n", " "))
        assert typed == ["python", "-m", "bounds", *(nameless(word) for word in asked if not word.startswith("--out"))]
        assert ("sha256 of" in Page(text).text) == any("r.csv" in word or "law" in word for word in asked)


def test_an_experiment_has_a_page_with_the_data_that_it_rests_on(tmp_path, monkeypatch):
    import experiments.registry
    from experiments.__main__ import main as experiments_main
    from experiments.claims import Claim, Result, judge

    claim = Claim("budget.size", "Le Scao 2022", "table 1", "the <b>size</b>", 70.0, 1.0, "rounding")
    other = Claim("lawfit.beta", "Hoffmann 2022", "eq. 10", "beta", 0.28, 0.01, "rounding")
    monkeypatch.setattr("experiments.data.located", lambda *_: tmp_path)
    for name, one in (("budget", claim), ("lawfit", other)):
        result = Result([judge(one, 70.2)], "Well.", figures={"empty": matplotlib.figure.Figure})
        monkeypatch.setattr(type(experiments.registry.EXPERIMENTS[name]), "run", lambda self, _, r=result: r)
    asked = ["run", "budget", "lawfit", "--data", str(tmp_path), "--report", str(tmp_path / "x.html")]
    found = CliRunner().invoke(experiments_main, asked)
    assert found.exit_code == 0, found.output
    text = (tmp_path / "x.html").read_text(encoding="utf-8")
    assert faults(text) == []
    read = Page(text)
    assert [one.tag for one in read.all("h1", "h2")][:3] == ["h1", "h2", "h2"]
    assert read.all("h2")[0].text.strip() == experiments.registry.EXPERIMENTS["budget"].question
    assert len(read.all("svg")) == 2
    assert read.all("b")[0].text != "size"
    assert "commit" in read.text
    assert str(tmp_path) not in text


def test_help_and_bad_names_load_no_template_engine():
    program = (
        "import sys\nfrom simulate.cli.main import main\n"
        "try:\n    main(sys.argv[1:])\n"
        "finally:\n    print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    for words in (["report", "--help"], ["report", "x.nc", "--out=x.txt"], ["sweep", "--help"]):
        done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True)
        loaded = set(done.stderr.splitlines()[-1].split())
        assert not loaded & {"jinja2", "matplotlib", "xarray", "numba"}


@pytest.mark.skipif(CHROMIUM is None, reason=NONE)
def test_a_browser_shows_the_page_without_a_request_and_within_a_phone(kept, tmp_path):
    text = page_at(kept("skills"))
    (tmp_path / "x.html").write_text(text, encoding="utf-8")
    told = seen(tmp_path / "x.html", tmp_path)
    assert told["wide"] <= 360
    assert [name for name in told["asked"] if not name.startswith("data:")] == []
    assert told["tables"] == len(Page(text).all("table")) > 0
    assert told["figures"] == 1
    assert told["reached"]
    assert not told["hidden"]
    assert told["console"] == []


def test_a_note_of_any_kind_stands_on_a_page(tmp_path):
    from bounds.base.notes import KINDS
    from bounds.cli.pages.page import _KINDS

    assert set(_KINDS) == set(KINDS)
    assert len(set(_KINDS.values())) == len(KINDS)
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("one two three two one " * 20, encoding="utf-8")
    out = tmp_path / "page.html"
    run_command("corpus", str(tmp_path / "a.txt"), str(tmp_path / "b.txt"), "--report", str(out))
    assert "holds the same text as" in out.read_text(encoding="utf-8")
    assert "Doubtful" in out.read_text(encoding="utf-8")
