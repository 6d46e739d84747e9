"""What the screens of plan and fit say first, what they never leave out, and how long they are."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from bounds import LAWS
from bounds.base.notes import FITTED, INPUT, KINDS, METHOD, REFUSED, SUSPECT, Note
from bounds.cli.printing import counted, fixed, number, span, written
from bounds.cli.report import MOST_NOTES, Report, print_report
from bounds.planning import plan
from tests.commands import refused, run

BUDGET = "--gpu-hours 1e6 --gpu a100 --mfu 40% --tokens 300B"
SEED = 5


def screen(*arguments: str, width: int = 80) -> list[str]:
    """The lines that a command of `bounds` prints on a screen of so many columns."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(width))
        return run(*arguments, module="bounds").stdout.splitlines()


def said(*arguments: str) -> str:
    return " ".join(" ".join(screen(*arguments)).split())


def first(*arguments: str) -> str:
    """The first paragraph."""
    lines = screen(*arguments)
    return " ".join(lines[: lines.index("")] if "" in lines else lines)


def answer(*arguments: str) -> dict:
    found: dict = json.loads(run("plan", *arguments, "--json", module="bounds").stdout)
    return found


# ---------------------------------------------------------------- a plan


@pytest.mark.parametrize(
    ("arguments", "longest"),
    [
        (BUDGET, 38), ("--flops 4.5e23", 34), ("--target-loss 2 --gpu h100 --mfu 40% --price-per-hour 2", 36),
        ("--flops 1e22 --tokens 1T", 36), ("--flops 1e24 --inference-tokens 1e13 --tokens 15T", 38),
    ],
)  # fmt: skip
def test_a_plan_is_one_screen(arguments, longest):
    for width, more in ((80, 0), (120, 0)):
        lines = screen("plan", *arguments.split(), width=width)
        assert len(lines) <= longest + more
        assert max(map(len, lines)) <= width
    assert max(map(len, screen("plan", *arguments.split(), width=60))) <= 60


def test_the_first_sentence_has_the_loss_with_its_interval_and_the_middle_size():
    for arguments in ("--flops 4.5e23", "--flops 1e22 --tokens 50B", "--flops 3e22 --confidence 80%"):
        told, found = first("plan", *arguments.split()), answer(*arguments.split())
        rows = [row for row in found["rows"] if not row["is_far"]]
        low, high = (pick(row["n_params"] for row in rows) for pick in (min, max))
        assert f"train between {written(low)} and {written(high)} parameters on " in told
        assert f", {written((low * high) ** 0.5)} in the middle" in told
        losses = span([row["loss"] for row in rows], lambda x: fixed(x, 2))
        halves = [(r["loss_upper"] - r["loss_lower"]) / 2 for r in rows if r["loss_lower"] is not None]
        assert f", for a loss of {losses}, ± {span(halves, lambda x: fixed(x, 2))} (" in told
        assert ("where that is known" in told) == (len(halves) < len(rows))
        for shape in found["shapes"]:
            assert shape["n_params"] == pytest.approx((low * high) ** 0.5, rel=0.1)
    (row,) = answer("--flops", "1e22", "--law", "epoch2024")["rows"]
    ends = f"{row['loss']:.2f} [{row['loss_lower']:.2f}, {row['loss_upper']:.2f}]"
    assert f", for a loss of {ends}" in first("plan", "--flops", "1e22", "--law", "epoch2024")
    (row,) = answer("--flops", "1e21", "--law", "muennighoff2023")["rows"]
    assert f", for a loss of {row['loss']:.2f}, " in first("plan", "--flops", "1e21", "--law", "muennighoff2023")


def test_a_loss_that_is_asked_for_has_its_price_first():
    asked = ("--target-loss", "2.1", "--gpu", "h100", "--mfu", "40%", "--price-per-hour", "2.5")
    told, rows = first("plan", *asked), [row for row in answer(*asked)["rows"] if not row["is_far"]]
    hours = [row["gpu_hours"] for row in rows]
    assert (
        f"for {span([row['compute_flops'] for row in rows], number)} FLOP, {span(hours)} h of NVIDIA H100 SXM" in told
    )
    assert f" at a cost of {span([2.5 * one for one in hours])}" in told
    known = [row for row in rows if row["loss_lower"] is not None]
    ends = min(row["loss_lower"] for row in known), max(row["loss_upper"] for row in known)
    assert f"which may end anywhere from {ends[0]:.2f} to {ends[1]:.2f} (95 %)" in told
    assert "at a cost" not in first("plan", *asked[:-2])
    assert " h of " not in first("plan", *asked[:2])


def test_what_a_budget_of_flop_or_money_takes_in_hours_is_said():
    by_flop = first("plan", "--flops", "4.49e23", "--gpu", "a100", "--mfu", "40%")
    assert by_flop.startswith("With 4.49e23 FLOP, 999K h of NVIDIA A100: train between")
    by_cost = first("plan", "--cost", "2M", "--price-per-hour", "2", "--gpu", "a100", "--mfu", "40%")
    assert by_cost.startswith("With 4.49e23 FLOP, 1M h of NVIDIA A100 at a cost of 2M: train between")


def test_words_that_a_newcomer_does_not_know_have_a_clause():
    out, all_of_it = said("plan", *BUDGET.split()), said("plan", *BUDGET.split(), "--explain")
    for text in (
        "lack of fit (what a law misses beyond its runs)",
        "epochs (passes)",
        "would hold each distinct sequence",
    ):
        assert text in out
    assert "an epoch is one pass over the corpus; D' are effective tokens" in all_of_it
    for word in ("lack of fit", "epochs", "N_store", "effective tokens", "recomputation", "leverage"):
        assert run("explain", word, module="bounds").stdout


def test_what_the_budget_does_not_pay_for_is_said_where_it_is_much():
    out = said("plan", "--flops", "1e22", "--context", "32K")
    most = max(
        one["flops_per_token"] / 6 / one["n_params"] for one in answer("--flops", "1e22", "--context", "32K")["shapes"]
    )
    assert f"takes up to {number(most, 3)} times 6ND" in out
    assert f"with the rest for {100 / most:.0f} % of the tokens" in out
    assert "times 6ND" not in said("plan", "--flops", "1e22")


# ---------------------------------------------------------------- no plan


def test_a_corpus_that_is_too_small_hears_how_much_it_takes():
    told = first("plan", "--flops", "1e19", "--tokens", "10M", "--law", "epoch2024")
    needed = LAWS["epoch2024"].fitted_tokens[0] / 10
    assert f"10M tokens are too few: the laws were fitted on {written(10 * needed)} and more" in told
    assert f"{written(needed)} tokens or {written(4 * needed)} bytes at 4 a token" in told
    assert "With 1e19 FLOP and 1 token, the answer" in first(
        "plan", "--flops", "1e19", "--tokens", "1", "--law", "epoch2024"
    )


def test_a_budget_that_is_too_large_hears_what_is_planned_for():
    for budget, which in (("1e30", "largest"), ("1e9", "least")):
        told = first("plan", "--flops", budget)
        end = float(re.search(rf"the {which} budget with an answer is (\S+) FLOP", told)[1])
        outside = end * 1.1 if which == "largest" else end / 1.1
        for C, near in ((end, True), (outside, False)):
            assert bool(plan(compute_flops=f"{C:.4g}").near) == near


def test_losses_that_nobody_reaches_end_in_one_way():
    for loss in ("1.5", "1.695", "1.75", "1.85"):
        assert "no compute reaches it" in refused("plan", "--target-loss", loss, module="bounds")
    assert "which plan for 1.88 to" in refused("plan", "--target-loss", "1.75", module="bounds")
    # Where no law says that it is out of reach it is as far as any budget that is far.
    told = first("plan", "--target-loss", "9", "--law", "epoch2024", "--law", "hoffmann2022")
    low, high = (float(end) for end in re.search(r"They plan for (\S+) to ([\d.]+\d)", told).groups())
    laws = ("epoch2024", "hoffmann2022")
    assert plan(target_loss=low + 0.01, laws=laws).near
    assert plan(target_loss=high - 0.05, laws=laws).near
    assert not plan(target_loss=high + 0.05, laws=laws).near


# ---------------------------------------------------------------- notes


def test_what_decides_comes_first_and_is_never_hidden(capsys):
    kinds = [METHOD, INPUT, *[FITTED] * 4, *[SUSPECT] * 3, REFUSED, SUSPECT, REFUSED]
    print_report(Report("Yes.", notes=[Note(kind, f"{kind} {i}.") for i, kind in enumerate(kinds)]))
    told = [line.split()[1] for line in capsys.readouterr().out.splitlines() if line.startswith("!")]
    assert told == [REFUSED] * 2 + [SUSPECT] * 4
    print_report(Report("Yes.", notes=[Note(kind, f"{kind} {i}.") for i, kind in enumerate(kinds[:7])]))
    told = [line.split()[1] for line in capsys.readouterr().out.splitlines() if line.startswith("!")]
    assert told == [SUSPECT, FITTED, FITTED]
    assert len(told) == MOST_NOTES
    assert KINDS.index(REFUSED) < KINDS.index(SUSPECT) < KINDS.index(FITTED) < KINDS.index(INPUT)


def table(path: Path, *, copies: int = 0, states: str = "") -> str:
    """Runs in millions and billions of a published law, `copies` of them twice."""
    rng = np.random.default_rng(SEED)
    N, D = np.exp(rng.uniform(np.log(3e7), np.log(3e9), 24)), np.exp(rng.uniform(np.log(1e9), np.log(6e10), 24))
    L = LAWS["epoch2024"].loss(N, D) * np.exp(rng.normal(0, 0.003, 24))
    rows = [f"{n / 1e6:.5g};{d / 1e9:.5g};{loss:.4f}" for n, d, loss in zip(N, D, L, strict=True)]
    rows += rows[:copies]
    head = "Params (M);Tokens (B);loss"
    if states:
        head, rows = f"{head};state", [f"{row};{states if i == 3 else 'finished'}" for i, row in enumerate(rows)]
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return str(path)


def test_copies_and_unfinished_runs_are_told_before_how_a_table_was_read(tmp_path):
    for name, options, told in (
        ("copies.csv", {"copies": 3}, "3 rows repeat others exactly"),
        ("states.csv", {"states": "crashed"}, "says 'crashed' in line 5: is that a final loss?"),
    ):
        path = table(tmp_path / name, **options)
        for more in ((), ("--predict", "N=70B,D=1e9", "--predict", "N=7B,D=9T")):
            notes = said("fit", path, "--bootstrap", "50", *more).split(" ! ")[1:]
            assert told in notes[0]
        assert "read as" in " ".join(notes) or "more note" in notes[-1]


# ---------------------------------------------------------------- a fit


def test_a_fit_answers_what_was_asked_and_that_alone(tmp_path):
    path = table(tmp_path / "runs.csv")
    one = first("fit", path, "--bootstrap", "50", "--predict", "N=7B,D=140B")
    assert one.startswith("7B parameters on 140B tokens are predicted to end at a loss of ")
    several = first("fit", path, "--bootstrap", "50", "--predict", "N=7B,D=140B", "--predict", "N=70B,D=1.4T")
    found = json.loads(
        run(
            "fit",
            path,
            "--bootstrap",
            "50",
            "--predict",
            "N=7B,D=140B",
            "--predict",
            "N=70B,D=1.4T",
            "--json",
            module="bounds",
        ).stdout
    )
    losses = sorted(found["predictions"], key=lambda one: one["loss"])
    ends = [f"{row['loss']:.3f} [{row['loss_lower']:.3f}, {row['loss_upper']:.3f}]" for row in losses]
    assert several.startswith(f"2 predicted losses lie between {ends[0]} and {ends[1]} nats per token (95 % interval")
    budgets = first("fit", path, "--bootstrap", "50", "--compute", "1e20", "--compute", "1e21")
    assert budgets.startswith("1e20 and 1e21 FLOP are spent best on ")
    far = first("fit", path, "--bootstrap", "50", "--compute", "1e28")
    assert far == "What 1e28 FLOP would be spent on best the fitted law does not say."
    for told in (one, several, budgets, far):
        assert "γ" not in told
    assert "γ between" in said("fit", path, "--bootstrap", "50", "--predict", "N=7B,D=140B", "--explain")
    both = first("fit", path, "--bootstrap", "50", "--predict", "N=7B,D=140B", "--at", "100B")
    assert both.startswith("7B parameters on")
    assert "γ between" in both


def test_a_budget_without_an_optimum_is_the_answer(tmp_path):
    path = tmp_path / "flat.csv"
    rng = np.random.default_rng(SEED)
    N, D = np.exp(rng.uniform(np.log(3e7), np.log(3e9), 24)), np.exp(rng.uniform(np.log(1e9), np.log(6e10), 24))
    L = 1.8 + 480 * N**-0.35 + 0 * D
    path.write_text("n,d,loss\n" + "".join(f"{a:.6g},{b:.6g},{c:.6f}\n" for a, b, c in zip(N, D, L, strict=True)))
    told = first("fit", str(path), "--bootstrap", "50", "--compute", "1e21")
    assert told.startswith(
        ("No compute budget has an optimum by the fitted law", "What 1e21 FLOP", "1e21 FLOP are spent")
    )
    assert "distinct sequences" not in told


def test_every_file_that_is_written_is_named(tmp_path):
    path, law, figure = table(tmp_path / "runs.csv"), tmp_path / "my.law.toml", tmp_path / "it.png"
    lines = screen("fit", path, "--bootstrap", "50", "--out", str(law), "--figure", str(figure))
    assert lines[-2:] == [f"written: {law}", f"written: {figure}"]
    assert figure.read_bytes().startswith(b"\x89PNG")
    again = screen("fit", path, "--bootstrap", "50", "--out", str(law), "--overwrite")
    assert again[-1] == f"written: {law}"
    assert (
        "written"
        not in run("fit", path, "--bootstrap", "50", "--out", str(law), "--overwrite", "--json", module="bounds").stdout
    )
    for flag, name in (("--figure", "it.png"), ("--out", "my.law.toml")):
        error = refused("fit", path, flag, str(tmp_path / "none" / name), module="bounds")
        assert f"{tmp_path / 'none'} is not a folder" in error
        assert error.endswith(f"choose another {flag}\n")


@pytest.mark.parametrize(
    "text", ["1e8,1e9,3\n2e8,1e9,2.9\n", "a,1e8,1e9,3\nb,2e8,1e9,2.9\n", "100M,2B,3.1\n", "1e8;1e9;3,5\n"]
)
def test_a_table_without_a_header_is_called_that(text, tmp_path):
    path = tmp_path / "runs.csv"
    path.write_text(text, encoding="utf-8")
    assert "has no header: its first line holds numbers, " in refused("fit", str(path), module="bounds")


def test_names_are_no_missing_header(tmp_path):
    path = tmp_path / "runs.csv"
    path.write_text("1e9,params,what,loss\n1,2,3,4\n", encoding="utf-8")
    assert "no header" not in refused("fit", str(path), module="bounds")


def test_the_figure_tells_runs_at_the_ratio_of_its_line_from_others():
    from bounds import fit_loss_law
    from bounds.cli.drawing.fit_figure import FittedRuns, draw

    N = np.repeat([1e8, 2e8, 4e8, 8e8], 4)
    D = N * np.tile([5, 20, 30, 200], 4)
    fit = fit_loss_law(N, D, LAWS["epoch2024"].loss(N, D) * np.exp(0.003 * np.random.default_rng(SEED).normal(size=16)))
    runs = FittedRuns.of(
        {"n_params": list(N), "n_tokens": list(D), "loss": list(LAWS["epoch2024"].loss(N, D))}, "nats", None, 0
    )
    axes = draw(fit, runs).get_axes()[1]
    title = " ".join(axes.get_title(loc="left").split())
    assert title.startswith("Predicted loss of one run at D/N = 25, 95 % intervals.")
    assert title.endswith("Full: runs within 2 times that D/N; hollow: at others")
    full, hollow = (
        [
            line.get_xdata()
            for line in axes.get_lines()
            if line.get_marker() == "o" and line.get_markerfacecolor() == face
        ]
        for face in ("0.4", "none")
    )
    assert [np.size(one) for one in full] == [np.size(one) for one in hollow] == [8]
    assert axes.get_legend() is None
    words = [" ".join(text.get_text().split()) for text in axes.texts]
    assert sorted(words) == ["and lack of fit", "and noise", "sampling", "the law (empirical)"]


def test_one_is_not_several():
    assert (counted(1, "token"), counted(2, "token"), counted(3e11, "token")) == ("1 token", "2 tokens", "300B tokens")
    assert (counted(1.0, "row"), counted(0, "row")) == ("1 row", "0 rows")
