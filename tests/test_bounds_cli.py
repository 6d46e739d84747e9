"""`python -m bounds`: explain, laws and fit; what they print, as JSON too, and what they refuse."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import sys

import numpy as np
import pytest
from click.testing import CliRunner

import bounds
from bounds import catalogue
from bounds.__main__ import main
from bounds.base.formula import PAPER_VERSIONS
from bounds.base.intervals import LABELS
from bounds.cli import printing as command
from bounds.cli.band_table import exponent_table
from bounds.cli.report import Report, print_report
from tests.commands import refused, run, run_apart
from tests.law_runs import LAWS, ladder, losses
from tests.test_run_groups import checkpoints


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    rng = np.random.default_rng(0)
    n_params, n_tokens = ladder(rng)
    loss = losses(rng, LAWS["Hoffmann"], n_params, n_tokens)
    path = tmp_path_factory.mktemp("runs") / "runs.csv"
    lines = [f"{a!r},{b!r},{c!r}" for a, b, c in zip(*(x.tolist() for x in (n_params, n_tokens, loss)), strict=True)]
    path.write_text("n_params,tokens,Loss\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def flat(text: str) -> str:
    """A text with its lines joined: sentences are broken where a line ends."""
    return " ".join(text.split())


def printed(*arguments: str, columns: int | None = None) -> str:
    """What a command of bounds prints in this process, where `columns` says how wide a line is."""
    done = CliRunner().invoke(
        main, arguments, env={"COLUMNS": str(columns) if columns else None}, catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    return done.stdout


def said(*arguments: str) -> str:
    """What a command of bounds prints, its lines joined."""
    return flat(printed(*arguments))


def test_explain_lists_every_formula_with_label_and_source():
    out, told = printed("explain"), said("explain", "--explain")
    for name, formula in bounds.formulas().items():
        assert [line for line in out.splitlines() if line.split()[:1] == [name] and formula.label in line]
        assert f"{name} {formula.label} ({formula.equation})" in flat(out)
        assert f"{name} {formula.label}; {formula.source} ({formula.equation})" in told
    assert f"{len(bounds.formulas())} formulas" in out


def test_the_first_lines_of_explain_name_the_topics_and_what_it_takes():
    head = printed("explain").splitlines()[:12]
    assert all(any(line.startswith(topic) for line in head) for topic in catalogue.TOPICS)
    assert "letter (gamma)" in flat("\n".join(head))


def test_every_formula_belongs_to_one_topic():
    found = [formula.name for topic in catalogue.TOPICS for formula in catalogue.topic(topic)]
    assert sorted(found) == sorted(bounds.formulas())


def test_explain_finds_letters_however_they_are_written():
    for name in ("gamma", "γ"):
        told = said("explain", name)
        assert told.startswith("gamma (γ) is the exponent of distinct sequences, U ~ D^gamma [1] in 6 formulas;")
        assert "rate of the decay of the error [1/nat] used by downstream_error, downstream_loss" in told
        assert "exponent_lower, exponent_upper, exponent_exact, bernstein_exponent" in told
    assert said("explain", "U").startswith("U is the number of distinct sequences in the corpus [sequences] in 13")
    assert "excess loss L - E" in said("explain", "ε")
    assert said("explain", "lambda") == said("explain", "λ")
    rows = json.loads(printed("explain", "nu", "--json"))["rows"]
    assert all("nu" in row["letters"] or row["text"].startswith("nu ") for row in rows)
    assert {row["name"] for row in rows} == {
        name for name, formula in bounds.formulas().items()
        if "nu" in {letter.name for letter in formula.letters} or formula.left == "nu"
    }  # fmt: skip


def test_a_letter_that_names_an_equation_too_is_told_of_as_both():
    told = said("explain", "H")
    assert "top1_rate: " in told
    assert "H: entropy of the fact that a token states" in told


def test_explain_finds_topics_and_labels():
    told = said("explain", "skills")
    assert told.startswith("skills: 24 formulas on when a skill is there")
    assert "draws_threshold" in told
    for label in LABELS:
        told = said("explain", label)
        having = [name for name, formula in bounds.formulas().items() if formula.label == label]
        assert told.startswith(f"{label}: {catalogue.MEANINGS[label]}; {len(having)} formulas of this label.")
        assert all(name in told for name in having)
    assert said("explain", "given") == said("explain", "rigorous given the assumption")


def test_explain_tells_all_about_one():
    out = said("explain", "growth_factor")
    for text in ("k**(1/gamma)", "k^{\\frac{1}{\\gamma}}", "heuristic", "B8", "gives 3.30383", "bounds.growth_factor"):
        assert text in out
    (row,) = json.loads(printed("explain", "growth_factor", "--json"))["rows"]
    assert row["example"]["value"] == pytest.approx(2 ** (1 / 0.58))
    assert set(row["letters"]) == {"gamma", "k"}
    rows = json.loads(printed("explain", "--json"))["rows"]
    assert len(rows) == len(bounds.formulas())


def test_a_terminal_without_greek_reads_its_names():
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    environment.pop("COLUMNS", None)
    out = run_apart("band", "1T", "--explain", "--law", "epoch2024", module="bounds", env=environment).stdout
    for text in ("beta of the data term", "exponent gamma, U ~ D^gamma", "corpus x for 2x skills", "N = nuU"):
        assert text in out
    assert "?" not in out
    tables = [lines for part in out.split("\n\n") if (lines := [line for line in part.splitlines() if "|" in line])]
    assert len(tables) == 3
    for lines in tables:
        assert len({len(line) for line in lines}) == 1, "columns stay aligned"


def test_band_answers_first_under_which_conditions_a_corpus_holds_how_many_sequences():
    told = said("band", "1.4T")
    assert told.startswith(
        "A corpus of 1.4T tokens holds 67.5M to 457B distinct sequences if one of 3 laws holds 2.8 times beyond its "
        "runs and learning goes at a rate between slow, √(U/D), and fast, U/D; an efficient model needs as many "
        "parameters, and 2x the skills take 2.62 to 13.2 times the corpus."
    )
    assert told.startswith(json.loads(printed("band", "1.4T", "--json"))["verdict"])
    one = said("band", "300B", "--law", "hoffmann2022", "--params-per-sequence", "16")
    (row,) = json.loads(printed("band", "300B", "--law", "hoffmann2022", "--params-per-sequence", "16", "--json"))[
        "bands"
    ]
    ends = [command.written(row[f"n_unique_{end}"]) for end in ("lower", "middle", "upper")]
    assert f"300B tokens holds {ends[0]} to {ends[2]} distinct sequences if hoffmann2022 holds and" in one
    needs = f"{command.written(row['n_params_lower'])} to {command.written(row['n_params_upper'])}"
    assert f"an efficient model needs {needs} parameters" in one
    assert f"hoffmann2022 {' '.join(ends)} {needs}" in one
    other = said("band", "100B", "--inversion", "pattern")
    assert "if one of 3 laws holds and the pattern inversion may be made;" in other
    assert "distinct sequences of 8 tokens if" in said("band", "300B", "--tokens-per-sequence", "8")


@pytest.mark.parametrize(
    ("tokens", "shown"), [("50M", False), ("500M", True), ("300B", True), ("5T", True), ("6T", False)]
)
def test_a_band_far_from_the_runs_of_its_law_has_exponents_and_no_number_of_sequences(tokens, shown):
    arguments = ("band", tokens, "--law", "epoch2024")
    (row,) = json.loads(printed(*arguments, "--json"))["bands"]
    told, everything = said(*arguments), said(*arguments, "--explain")
    for end in ("lower", "middle", "upper"):
        if not row.get(f"n_unique_{end}_vacuous", False) and row[f"n_unique_{end}"] is not None:
            assert (command.written(row[f"n_unique_{end}"]) in told) is shown
            assert command.number(row[f"n_unique_{end}"]) in everything
    assert "epoch2024 0.366 0.268 0.451 0.634 4.65 (2.98–13.2)" in told
    silent = "No law asked was fitted within a factor 10 of"
    assert told.startswith(silent) is not shown
    assert ("(their runs have 5B to 500B)" in told) is not shown
    assert not [line for line in printed(*arguments).splitlines() if line.startswith(" ") and "vacuous" in line]


def test_a_law_of_exponents_alone_says_nothing_of_sequences():
    told = said("band", "1T", "--law", "kaplan2020")
    assert told.startswith("kaplan2020 gives exponents only, so nothing says how many distinct sequences such a corpus")
    assert "U lower" not in told


def test_ends_that_say_nothing_are_no_cells_of_the_default_screen():
    arguments = ("band", "300B", "--tokens-per-sequence", "8")
    told = said(*arguments)
    assert "holds at least 5.58M distinct sequences" in told
    assert " law U lower ──" in told
    assert "the upper bound is vacuous at 300B tokens" in told
    assert "sequences U(D) 2.02e7 vacuous vacuous" in said(*arguments, "--explain")


@pytest.mark.parametrize("skills", [2, 1000])
@pytest.mark.parametrize("source", PAPER_VERSIONS)
def test_exponents_of_all_laws_fit_a_line_and_say_nothing_of_a_corpus_size(monkeypatch, capsys, skills, source):
    monkeypatch.setattr(command, "line_width", lambda: 80)
    table = exponent_table(bounds.bands(1e6, skills=skills, source=source), skills=skills)
    assert table == exponent_table(bounds.bands(1e12, skills=skills, source=source), skills=skills)
    print_report(Report("The answer.", [table]))
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert out.count("kaplan2020") == out.count("\nlaw ") == 1
    assert "U(D)" not in out


def test_a_row_of_exponents_has_the_factor_of_the_middle_before_its_range():
    table = exponent_table(bounds.bands(1e12, laws="hoffmann2022"))
    assert table.rows == [("hoffmann2022", "0.280", "0.440", "0.580", "0.720", "3.30 (2.62–4.83)")]
    assert "corpus × for 2x skills" in table.title
    steep = dataclasses.replace(bounds.LAWS["epoch2024"], key="steep", data_exponent=0.6)
    (row,) = exponent_table(bounds.bands(1e12, laws=[steep])).rows
    assert (row[2], row[5][-3:]) == ("–", "–∞)")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_characters_are_spelled_once_and_never_lost(monkeypatch, encoding):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    assert command.spelled("U ≥ D^γ, Γ(1-α) – ∞ … \N{SNOWMAN}") == "U >= D^gamma, Gamma(1-alpha) - inf ... ?"
    assert command.spelled("é") == ("e" if encoding == "ascii" else "é")


def test_a_wide_table_is_printed_in_pieces_with_its_first_columns(monkeypatch, capsys):
    columns, rows = (
        ["law", "", "a" * 30, "b" * 30, "c" * 30],
        [["x", "lower", "1", "2", "3"], ["y", "upper", "4", "5", "6"]],
    )
    for width, pieces in ((300, 1), (90, 2), (60, 3), (10, 3)):
        monkeypatch.setattr(command, "line_width", lambda width=width: width)
        command.print_table(columns, rows, left=2)
        out = capsys.readouterr().out
        assert out.count("lower") == out.count("law") == pieces
        assert all(out.count(letter * 30) == 1 for letter in "abc")
        assert width < 60 or max(map(len, out.splitlines())) <= width


@pytest.mark.parametrize("width", range(40, 60))
def test_no_piece_of_a_table_is_wider_than_the_terminal(monkeypatch, capsys, width):
    """Wherever the pieces part, to the character; a terminal that is wide enough shows the table whole."""
    monkeypatch.setattr(command, "line_width", lambda: width)
    command.print_table(["law", *"abcdef"], [["x", *(n * "1" for n in (5, 6, 7, 6, 5, 6))]])
    lines = capsys.readouterr().out.rstrip("\n").splitlines()
    assert max(map(len, lines)) <= width
    assert sum("law" in line for line in lines) == (1 if width >= 58 else 2)


def test_sentences_are_broken_where_the_terminal_ends(monkeypatch, capsys):
    sentence = "! " + "a word and " * 20 + "end"
    for width in (30, 50, 80):
        monkeypatch.setattr(command, "line_width", lambda width=width: width)
        command.print_text(f"{sentence}\nshort")
        out = capsys.readouterr().out.splitlines()
        assert max(map(len, out)) <= width
        assert out[-1] == "short"
        assert " ".join(" ".join(out).split()) == f"{sentence} short"


def test_explain_refuses_what_there_is_not():
    assert "did you mean growth_factor" in refused("explain", "growth_facto", module="bounds")
    assert "did you mean skill or skills" in refused("explain", "skil", module="bounds")
    assert "did you mean heuristic" in refused("explain", "heuristik", module="bounds")


def test_fit_prints_constants_and_band_with_intervals(runs):
    arguments = ("fit", str(runs), "--at", "1T", "--bootstrap", "100")
    out = said(*arguments, "--explain")
    for text in ("through 240 runs: Huber", "exponent γ", "sequences U(D)", "100 resamples", "95 % interval"):
        assert text in out
    found = json.loads(printed(*arguments, "--json"))
    (row,) = found["rows"]
    assert row["data_exponent_lower"] < 0.28 < row["data_exponent_upper"]
    ends = {(band["quantity"], band["end"]): band for band in found["bands"]}
    assert ends["n_unique", "lower"]["label"] == "rigorous given the assumption"
    assert ends["n_params", "lower"]["label"] == ends["n_unique", "upper"]["label"] == "heuristic"
    upper = ends["exponent", "upper"]
    assert upper["value_lower"] < upper["value"] < upper["value_upper"]
    assert found["provenance"]["parameters"]["seed"] == 0


def test_fit_answers_first_with_beta_and_the_exponents_that_it_implies(runs):
    found = json.loads(printed("fit", str(runs), "--bootstrap", "100", "--json"))
    beta, low, high = (found["rows"][0][f"data_exponent{end}"] for end in ("", "_lower", "_upper"))
    ends = {(band["quantity"], band["end"]): band for band in found["bands"]}
    slow, fast = (ends["exponent", end]["value"] for end in ("lower", "upper"))
    out = said("fit", str(runs), "--bootstrap", "100")
    assert out.startswith(f"240 runs give β = {beta:.3f} [{low:.3f}, {high:.3f}] (95 % interval, sampling only): ")
    assert f"γ between {slow:.3f} [" in out
    assert f"and {fast:.3f} [" in out
    assert "on a ladder up to ten times longer" in out
    assert "if learning goes at a rate between slow, √(U/D), and fast, U/D." in out
    assert "U and N" not in out
    assert found["verdict"] in out
    bare = said("fit", str(runs), "--bootstrap", "0")
    assert bare.startswith(f"240 runs give β = {beta:.3f}, without intervals or a band")


@pytest.mark.parametrize(("tokens", "shown"), [("1T", True), ("1000T", False)])
def test_what_a_fit_says_of_a_corpus_far_from_its_runs_is_not_shown_unasked(runs, tokens, shown):
    arguments = ("fit", str(runs), "--at", tokens, "--bootstrap", "50")
    found = json.loads(printed(*arguments, "--json"))
    upper = next(one for one in found["bands"] if (one["quantity"], one["end"]) == ("n_unique", "upper"))
    out = said(*arguments)
    assert (f" {command.written(upper['value'])} [" in out) is shown
    assert ("of them." in out) is shown
    assert ("too far from the runs to be shown" in out) is not shown
    assert command.number(upper["value"]) in said(*arguments, "--explain")


def test_fit_reads_standard_input_other_headers_and_flops(runs):
    text = runs.read_text(encoding="utf-8").splitlines()
    rows = [line.split(",") for line in text[1:]]
    flops = "\n".join(f"{n},{6 * float(n) * float(d)!r},{loss}" for n, d, loss in rows)
    arguments = ("fit", "-", "--column", "compute_flops=work", "--bootstrap", "50", "--json")
    other = run(*arguments, module="bounds", input=f"N,work,L\n{flops}\n\n").stdout
    same = run("fit", str(runs), "--bootstrap", "50", "--json", module="bounds").stdout
    beta = [json.loads(out)["rows"][0]["data_exponent"] for out in (other, same)]
    assert beta[0] == pytest.approx(beta[1], rel=1e-9)


@pytest.mark.parametrize(
    ("text", "options", "sentence"),
    [
        ("", (), "it is empty"),
        ("a,b\n1,2\n", (), "has no column for n_params and loss and n_tokens (or compute_flops); its columns are a, b"),
        ("n,d,loss\n1,2,x\n", (), "line 2: 'x' in column 'loss' is not a number"),
        (
            "n,d,loss\n1,2\n",
            (),
            "line 2 has no number in loss: complete them, or leave such rows out with --skip-incomplete",
        ),
        ("n,params,d,loss\n1,1,1,1\n", (), "more than one column for n_params (n and params)"),
        ("n,d,loss\n1,2,3\n", (), "1 run cannot fix five constants"),
        ("n,d,loss\n", ("--column", "loss=final"), "has no column 'final'; its columns are n, d, loss"),
        ("n,d,loss\n", ("--column", "size=n"), "--column takes n_params, n_tokens, compute_flops, loss as KEY=NAME"),
        ("n,d,loss\n" + "1e9,1e9,2\n" * 9, (), "n_params takes one value in these runs"),
        ("n,d,loss\n" + "1e9,1e9,-2\n" * 9, (), "line 2: loss must be positive and finite, got -2"),
        ("n;d;loss\n1;2;3\n", (), "1 run cannot fix five constants"),
        ("n\td\tloss\n1\t2\t3\n", (), "1 run cannot fix five constants"),
        ("n,d,loss\n1,2,3,4\n", (), "line 2: 4 cells under 3 columns"),
        ("n,d,loss\n1e9,1e9,nan\n", (), "line 2 has no number in loss: complete them"),
        ("n,d,loss\n", ("--at", "0"), "at must be at least 1"),
        ("n,d,loss\n", ("--confidence", "95"), "got 95; write 95%"),
        ("n,d,loss\n", ("--bootstrap", "10"), "bootstrap must be 0 or at least 50"),
        ("n,d,loss\n", ("--objective", "squares"), "objective must be one of huber, lad, least-squares, got 'squares'"),
    ],
)
def test_bad_tables_are_one_sentence(tmp_path, text, options, sentence):
    path = tmp_path / "runs.csv"
    path.write_text(text, encoding="utf-8")
    assert sentence in refused("fit", str(path), *options, module="bounds")


def test_files_that_are_not_tables_are_one_sentence(tmp_path):
    assert "does not exist" in refused("fit", str(tmp_path / "none.csv"), module="bounds")
    path = tmp_path / "binary.csv"
    path.write_bytes(b"\xff\xfe\x00n")
    assert str(path) in refused("fit", str(path), module="bounds")


def test_laws_are_printed_side_by_side_and_their_disagreement_said():
    out = said("laws", "--compute", "5.76e23", "--explain")
    for text in (
        "2085.43",
        "arXiv:2403.08540",
        "3.219e10",
        "4.7 standard errors above alpha/(1+alpha), p = 2.4e-6",
        "differ by a factor",
        "R*_D",
    ):
        assert text in out
    found = json.loads(printed("laws", "hoffmann2022", "gadre2024-c4", "--compute", "5.76e23", "--json"))
    hoffmann, gadre = found["rows"]
    assert hoffmann["n_params"] == pytest.approx(32189859151.36819)
    assert gadre["error"] == pytest.approx(0.85 - 2.08 * np.exp(-0.756 * gadre["loss"]))
    assert any("outside" in note for note in found["warnings"])
    asked = ("laws", "epoch2024", "--compute", "1e24", "--tokens-per-param", "200")
    (row,) = json.loads(printed(*asked, "--json"))["rows"]
    assert row["tokens_per_param"] == pytest.approx(200)
    assert 6 * row["n_params"] * row["n_tokens"] == pytest.approx(1e24)


def test_laws_say_what_is_an_extrapolation_and_what_is_not_6nd():
    out = said("laws", "--compute", "1e24", "--explain")
    assert "rigorous given the law and C = 6ND; kaplan2020: empirical, C is not 6ND" in out
    assert "kaplan2020: 6ND = 1.81e24 FLOP, 1.8 times the budget" in out
    assert "hoffmann2022, hoffmann2022-unrounded, epoch2024: fitted on 5B to 500B tokens" in out
    assert "gadre2024-c4 cannot be tested against the capacity model" in out
    assert "5.31 times U_N in excess" in out
    warned = json.loads(printed("laws", "hoffmann2022", "--compute", "1", "--json"))["warnings"]
    assert any("extrapolation at 0.278 tokens (loss 1070 nats per token)" in note for note in warned)
    many = said("laws", "kaplan2020", "epoch2024", "--compute", "1e30", "--explain")
    assert "kaplan2020: fitted on 22M to 23B tokens, so N, D and loss are an extrapolation" in many
    assert "epoch2024: fitted on 70M to 16B parameters" in many
    within = json.loads(printed("laws", "epoch2024", "--compute", "1e22", "--json"))["warnings"]
    assert within == []


def test_laws_answer_first_what_a_budget_buys_or_how_they_differ():
    assert said("laws").startswith(
        "7 published laws disagree on how fast loss falls with data: as D^-β, β from 0.095 (kaplan2020) to 0.366 "
        "(epoch2024)."
    )
    assert said("laws", "epoch2024").startswith(
        "epoch2024: L(N, D) = 1.8172 + 482.01 N^-0.3478 + 2085.43 D^-0.3658 nats per token, fitted on 5B–500B tokens"
    )
    assert said("laws", "--compute", "5.76e23").startswith(
        "5.76e23 FLOP buy 32.2B to 72.2B parameters on 1.33T to 2.98T tokens at each law's optimum, with a loss of "
        "1.92 to 1.97, by 3 laws, up to 6 times outside their runs; 4 more were fitted too far from there."
    )
    one = said("laws", "hoffmann2022", "--compute", "1e21", "--tokens-per-param", "20")
    assert "2.89B parameters on 57.7B tokens at 20 tokens a parameter" in one
    assert "by hoffmann2022, inside its runs." in one


def test_no_table_of_laws_shows_what_a_law_says_far_from_its_runs_unless_asked():
    arguments = ("laws", "--compute", "5.76e23")
    for name, n_params in (("kaplan2020", "8.043e11"), ("gadre2024-c4", "1.673e11")):
        assert name not in said(*arguments)
        assert f"{name} {n_params}" in said(*arguments, "--explain")
    far = said("laws", "--compute", "1e30")
    assert "too far from the runs of every law asked (trained on 22M to 500B tokens)" in far
    assert "e+15" not in far
    found = json.loads(printed("laws", "--compute", "1e30", "--json"))
    assert found["rows"][0]["n_tokens"] == pytest.approx(7.88e15, rel=1e-3)
    assert any("D is up to 16000 times beyond" in note for note in found["warnings"])


@pytest.mark.parametrize("arguments", [(), ("epoch2024",), ("--compute", "5.76e23")])
def test_at_most_three_notes_are_printed_of_laws_and_all_of_them_where_asked(arguments):
    def notes(text):
        return sum(line.startswith("! ") for line in text.splitlines())

    assert notes(printed("laws", *arguments)) <= 3
    told = json.loads(printed("laws", *arguments, "--json"))
    assert notes(printed("laws", *arguments, "--explain")) == len(told["warnings"])
    assert said("laws", *arguments).startswith(told["verdict"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["newton"], "unknown law 'newton': known are hoffmann2022"),
        (["--compute", "-1"], "compute must be"),
        (["--compute", "many"], "compute must be a whole number"),
        (["--tokens-per-param", "20"], "--compute, which is missing"),
        (["--compute", "1e23", "--tokens-per-param", "0"], "tokens-per-param must be positive"),
        (["--compute", "1e23", "--tokens-per-param", "nan"], "tokens-per-param must be positive"),
    ],
)
def test_bad_arguments_of_laws_are_one_sentence(arguments, sentence):
    assert sentence in refused("laws", *arguments, module="bounds")


def test_runs_that_say_nothing_give_constants_but_no_band(tmp_path):
    """Losses that rise with data, and losses that do not move."""
    rng = np.random.default_rng(1)
    n_params, n_tokens = ladder(rng)
    for loss, sentence in ((1 + n_params**0.02 + n_tokens**0.02, "give no band"), (0 * n_params + 2.5, "give no band")):
        path = tmp_path / "runs.csv"
        rows = zip(n_params.tolist(), n_tokens.tolist(), loss.tolist(), strict=True)
        path.write_text("n,d,loss\n" + "".join(f"{a!r},{b!r},{c!r}\n" for a, b, c in rows), encoding="utf-8")
        out = said("fit", str(path), "--at", "1T", "--bootstrap", "50")
        assert out.startswith("These runs give no band: ")
        assert sentence in out
        assert "γ" not in out
        found = json.loads(printed("fit", str(path), "--bootstrap", "50", "--json"))
        assert found["bands"] == []
        assert any(sentence in note for note in found["warnings"])


def test_names_of_functions_are_understood_as_they_are_listed():
    assert "growth_factor: " in run("explain", "bounds.growth_factor", module="bounds").stdout
    assert "has no formula of its own" in refused("explain", "parse_source", module="bounds")
    assert "bernstein_exponent: " in printed("band", "1T", "--explain")
    assert "skills must be positive" in refused("band", "1T", "--skills", "0", module="bounds")


@pytest.mark.parametrize(
    ("tokens", "told"),
    [
        ("1M", "so U and N at 1M, 5000 times below,"),
        ("1T", "so U and N at 1T, 2 times beyond,"),
        ("1000000T", "so U and N at 1e18, 2e6 times beyond,"),
        ("300B", None),
        ("5B", None),
        ("500B", None),
    ],
)
def test_a_band_says_how_far_it_lies_from_the_runs_on_either_side(tokens, told):
    warned = json.loads(printed("band", tokens, "--json"))["warnings"]
    names = "hoffmann2022, hoffmann2022-unrounded, epoch2024: fitted on 5B to 500B tokens, "
    found = [note for note in warned if "fitted on" in note]
    assert found == [] if told is None else [note[: len(names + told)] for note in found] == [names + told]


def test_advice_is_what_a_command_line_can_follow():
    for arguments in (("band", "1T", "--law", "newton"), ("laws", "newton")):
        told = refused(*arguments, module="bounds")
        assert "known are hoffmann2022" in told
        assert "LossLaw" not in told


def test_runs_of_checkpoints_are_drawn_whole_where_a_column_names_them(tmp_path):
    rows, labels = checkpoints(np.random.default_rng(5))
    path = tmp_path / "runs.csv"
    cells = zip(labels.tolist(), *(column.tolist() for column in rows), strict=True)
    lines = ["job,params,tokens,loss", *(f"job {job},{n!r},{d!r},{loss!r}" for job, n, d, loss in cells)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    blind = said("fit", str(path), "--bootstrap", "60", "--explain")
    assert "192 rows are 12 n_params (column 'params') with a ladder each of n_tokens" in blind
    assert "the law does not fit these rows (p at most 0.001): residuals of neighbouring rows go together" in blind
    named = said("fit", str(path), "--run-column", "job", "--bootstrap", "60", "--explain")
    assert "through 192 rows of 12 runs" in named
    assert "with a ladder each" not in named
    assert "the law does not fit" not in named
    assert "Capacity model: fitted has the exponents" in named
    assert "has no column 'model'" in refused("fit", str(path), "--run-column", "model", module="bounds")


def test_the_exponents_of_a_fit_are_tested_with_their_covariance(runs):
    (row,) = json.loads(printed("fit", str(runs), "--bootstrap", "100", "--json"))["rows"]
    assert "standard errors" in row["consistency"]
    assert "p = " in row["consistency"]
    assert "independent" not in row["consistency"]
    (row,) = json.loads(printed("fit", str(runs), "--bootstrap", "0", "--json"))["rows"]
    assert row["consistency"] is None
    assert row["data_exponent_lower"] is None
