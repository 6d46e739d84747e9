"""Flags of plan and fit as people type them: amounts, cases, names of laws, and refusals that name what was typed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import bounds
from bounds.base.arguments import Choice, Number, in_any_case
from bounds.base.quantities import parse_number
from bounds.laws import get_overtraining_law, get_repeated_data_law
from bounds.laws.law_names import unknown_law
from bounds.planning import plan
from tests.commands import refused, run

BUDGET = ("--gpu-hours", "1e6", "--gpu", "a100", "--mfu", "40%")


def said(*arguments: str) -> str:
    return " ".join(run(*arguments, module="bounds").stdout.split())


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Path:
    """A law of one's own, in a file."""
    from bounds.laws.law_file import LawFile, write_law_file

    path = tmp_path_factory.mktemp("laws") / "my.law.toml"
    write_law_file(str(path), LawFile(bounds.LAWS["epoch2024"]))
    return path


# ---------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("500k", 5e5), ("500 K", 5e5), ("3M", 3e6), ("1.1M", 1.1e6), ("2b", 2e9), ("2G", 2e9), (".5T", 5e11),
        ("1e3K", 1e6), ("1_000K", 1e6), ("1234.5", 1234.5), ("2e6", 2e6),
    ],
)  # fmt: skip
def test_an_amount_has_the_suffixes_of_a_count(text, value):
    assert parse_number(text, name="cost", amount=True) == value


@pytest.mark.parametrize("text", ["3MM", "3 million", "$3M", "K", "3M%", "1,5M", "3Mi", "e3K", ""])
def test_what_is_no_amount_is_refused_with_examples(text):
    with pytest.raises(ValueError, match=r"cost must be a number such as 1234.5, 2e6, 500K or 3M, got"):
        parse_number(text, name="cost", amount=True)
    with pytest.raises(ValueError, match="must be a number"):
        parse_number("500K", name="delta")


def test_a_share_that_was_meant_in_percent_is_named():
    for arguments in (("--mfu", "35"), ("--mfu", "35.5"), ("--confidence", "95"), ("--confidence", "1.5")):
        error = refused("plan", *BUDGET[:4], "--mfu", "40%", *arguments, module="bounds")
        assert error.endswith(f"got {arguments[1]}; write {arguments[1]}%\n")
    assert "write" not in refused("plan", *BUDGET[:4], "--mfu", "350", module="bounds")
    assert "write" not in refused("plan", *BUDGET[:4], "--mfu", "-0.5", module="bounds")
    with pytest.raises(ValueError, match=r"at most 1, got 40.0; write 0.4"):
        plan(gpu_hours=1, gpu="a100", mfu=40)
    assert Number("x", 0.0, 1.0, percent=True)("40%") == 0.4


@pytest.mark.parametrize(
    ("arguments", "same"),
    [
        ("--gpu-hours 1M --gpu A100 --mfu 0.4", "--gpu-hours 1e6 --gpu a100 --mfu 40%"),
        ("--cost 3M --price-per-hour 2 --gpu TPU-v4 --mfu 40%", "--cost 3e6 --price-per-hour 2 --gpu tpu-v4 --mfu .4"),
        ("--flops 1e22 --gpu H100 --mfu 40% --precision FP8", "--flops 1e22 --gpu h100 --mfu 40% --precision fp8"),
        ("--flops 1e22 --law Epoch2024 --law epoch2024", "--flops 1e22 --law epoch2024"),
        ("--flops 1e22 --tokens-per-param 0.1K", "--flops 1e22 --tokens-per-param 100"),
    ],
)
def test_what_people_type_is_what_it_means(arguments, same):
    assert said("plan", *arguments.split()) == said("plan", *same.split())


def test_keys_are_known_in_any_case():
    assert bounds.get_law("Hoffmann2022") is bounds.LAWS["hoffmann2022"]
    assert get_overtraining_law("Gadre2024-C4").key == "gadre2024-c4"
    assert get_repeated_data_law("Muennighoff2023").key == "muennighoff2023"
    assert plan(compute_flops=1e22, laws=["EPOCH2024"]).rows[0].law == "epoch2024"
    assert said("laws", "GADRE2024-C4") == said("laws", "gadre2024-c4")
    assert said("explain", "Hoffmann2022") == said("explain", "hoffmann2022")
    assert said("band", "300B", "--inversion", "Laplace") == said("band", "300B", "--inversion", "laplace")
    assert said("band", "1B", "--version-of-paper", "Kausik2024v1") == said("band", "1B")
    assert in_any_case("a", ["A", "a"]) == "a"
    assert in_any_case(" b ", ["A", "B"]) == "B"
    assert in_any_case("c", ["C", "c ", "C2"]) == "C"
    assert in_any_case("x", ["X", "x"][:0]) is None
    # In Python a word that is none is one, whatever command line reads it in any case.
    with pytest.raises(ValueError, match="must be one of"):
        Choice("engine", ("auto",))("AUTO")


# ---------------------------------------------------------------- laws


@pytest.mark.parametrize(
    ("law", "told"),
    [
        ("chinchilla", "did you mean hoffmann2022 or hoffmann2022-unrounded or epoch2024?"),
        ("Chinchilla-2022", "did you mean hoffmann2022 or"), ("besiroglu", "did you mean epoch2024?"),
        ("data_constrained", "did you mean muennighoff2023?"), ("hoffman2022", "did you mean hoffmann2022"),
        ("hoffmann2022,epoch2024", "give each its own, --law hoffmann2022 --law epoch2024"),
        ("hoffmann2022, Epoch2024", "give each its own, --law hoffmann2022 --law epoch2024"),
        ("hoffmann2022,nope", "unknown law 'nope'"), ("x.png", "a law of your own is a file *.law.toml"),
        ("runs/x", "a law of your own is a file *.law.toml"), ("", "known are hoffmann2022"),
    ],
)  # fmt: skip
def test_what_is_no_law_says_what_may_be_meant(law, told):
    error = refused("plan", "--flops", "1e22", "--law", law, module="bounds")
    assert told in error
    if "data" not in law:  # laws of repeated data have no band
        assert told in refused("band", "300B", "--law", law, module="bounds")


def test_names_of_talk_are_named_only_where_they_are_known():
    assert "did you mean" not in str(unknown_law("chinchilla", ["gadre2024-c4"]))
    assert str(unknown_law(3, ["a"])) == "unknown law 3: known are a"


def test_a_picture_called_a_law_is_called_none(tmp_path):
    for content, told in ((b"\x89PNG\r\n\x1a\n\x00", "it is no text, as a law is"), (b"<svg>", "is no TOML file")):
        path = tmp_path / "x.law.toml"
        path.write_bytes(content)
        error = refused("plan", "--flops", "1e22", "--law", str(path), module="bounds")
        assert told in error
        assert "codec" not in error
        assert "python -m bounds fit RUNS.csv --out my.law.toml writes one" in error


def test_one_file_under_two_paths_is_one_law(kept):
    twice = (str(kept), str(kept.parent / ".." / kept.parent.name / kept.name))
    out = said("plan", "--flops", "1e22", *(part for path in twice for part in ("--law", path)))
    assert out == said("plan", "--flops", "1e22", "--law", str(kept))


# ---------------------------------------------------------------- flags that need each other


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("", "one budget of --gpu-hours, --flops, --cost, --target-loss, got none of them"),
        ("--flops 1e22 --cost 3", "got --flops and --cost"),
        ("--cost 3 --gpu a100 --mfu 40%", "--cost needs --price-per-hour"),
        ("--gpu-hours 3", "--gpu-hours needs --gpu and --mfu too, as in --gpu h100 --mfu 40%"),
        ("--gpu-hours 3 --gpu a100", "--gpu-hours needs --mfu too, as in --mfu 40%"),
        ("--flops 1e22 --mfu 40%", "--mfu needs --gpu too"),
        ("--flops 1e22 --gpu a100", "--gpu needs --mfu too"),
        ("--flops 1e22 --precision fp8", "--precision needs --gpu and --mfu too"),
        ("--flops 1e22 --precision bf16", "--precision needs --gpu and --mfu too"),
        ("--target-loss 2 --price-per-hour 3", "--price-per-hour needs --gpu and --mfu too"),
        ("--flops 1e22 --tokens 1B --corpus x.nc", "pass one, not both"),
        ("--flops 1e22 --bytes-per-token 4", "--bytes-per-token is for --corpus"),
        ("--flops 1e22 --kv-heads 0", "kv-heads must be at least 1"),
        ("--flops 1e22 --context 1e18", "context must be at most 1e8"),
        ("--flops 1e22 --gpu-hours 0 --gpu a100 --mfu 1", "gpu-hours must be positive and finite, got 0"),
        ("--flops 1e22 --tokens-per-param -1", "tokens-per-param must be positive and finite"),
    ],
)
def test_flags_that_do_nothing_or_contradict_are_refused_by_their_names(arguments, told):
    assert told in refused("plan", *arguments.split(), module="bounds")


def test_shapes_are_not_asked_of_a_next_run(kept):
    asked = ("--flops", "1e22", "--law", str(kept), "--next-run", "1e21", "--vocab", "1000")
    assert "--vocab is for shapes, which --next-run does not print" in refused("plan", *asked, module="bounds")


PYTHON = re.compile(r"\b(?!n_params|n_tokens|compute_flops)[a-z]+_[a-z_]+\b")
"""A name of Python; the three are words of --column and --predict."""


def test_no_refusal_names_an_argument_of_python(kept, tmp_path):
    runs = tmp_path / "runs.csv"
    runs.write_text("params,tokens,loss\n1e8,1e9,3\n", encoding="ascii")
    lines = [
        "plan", "plan --gpu-hours 1", "plan --cost 1", "plan --flops 1 --inference-tokens 1e15", "plan --gpu-hours x",
        "plan --flops 1e22 --tokens 0", "plan --target-loss 0", "plan --flops 1e22 --tokens 1B --bytes-per-token 3",
        f"plan --flops 1e22 --law {kept} --next-run 1e20", "plan --flops 1e22 --bytes-per-token 0 --corpus x",
        "plan --flops 1e22 --confidence 2", "plan --flops 1e22 --gpu a --mfu 2",
        "plan --flops 1e22 --tokens-per-param 0",
        f"fit {runs}", f"fit {runs} --bootstrap 3", f"fit {runs} --delta 0", f"fit {runs} --confidence 0",
        f"fit {runs} --bytes-per-token 0", f"fit {runs} --skills 0", f"fit {runs} --loss-unit x",
        f"fit {runs} --run-column x", "band 1B --bits-per-sequence 0", "band 1B --params-per-sequence 0",
        "band 1B --tokens-per-sequence 0", "laws --tokens-per-param 3", "laws --compute 0",
    ]  # fmt: skip
    for line in lines:
        error = refused(*line.split(), module="bounds")
        assert not PYTHON.search(error.replace(str(tmp_path), "").replace(str(kept), "")), (line, error)


# ---------------------------------------------------------------- devices and days


def test_devices_and_days_are_hours():
    device = ("--gpu", "h100", "--mfu", "40%")
    days = run("plan", "--gpus", "64", "--days", "21", *device, "--json", module="bounds").stdout
    hours = run("plan", "--gpu-hours", str(64 * 21 * 24), *device, "--json", module="bounds").stdout
    assert json.loads(days)["rows"] == json.loads(hours)["rows"]
    assert "32.3K h of NVIDIA H100 SXM (21 days on 64): train" in said("plan", "--gpus", "64", "--days", "21", *device)
    assert bounds.plan(n_gpus=2, days=0.5, gpu="h100", mfu=0.4).gpu_hours == 24


def test_devices_alone_say_in_how_many_days():
    asked = ("plan", "--target-loss", "2", "--gpu", "h100", "--mfu", "40%")
    rows = json.loads(run(*asked, "--json", module="bounds").stdout)["rows"]
    days = sorted(row["gpu_hours"] / 24 / 64 for row in rows if not row["is_far"])
    assert f"({days[0]:.3g} to {days[-1]:.3g} days on 64)" in said(*asked, "--gpus", "64")
    assert "(1 day on 24)" in said("plan", "--cost", "576", "--price-per-hour", "1", *asked[3:], "--gpus", "24")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--days", "21", "--gpu", "h100", "--mfu", "40%"), "--days needs --gpus, "),
        (("--gpus", "64", "--flops", "1e23"), "--gpus needs --gpu and --mfu too"),
        (("--gpus", "8", "--days", "1", "--flops", "1e23", "--gpu", "h100", "--mfu", "40%"), "got --days and --flops"),
        (("--gpus", "0", "--days", "1", "--gpu", "h100", "--mfu", "40%"), "gpus must be"),
        (("--gpus", "8", "--days", "0", "--gpu", "h100", "--mfu", "40%"), "days must be"),
    ],
)
def test_devices_and_days_that_are_no_budget(arguments, told):
    assert told in refused("plan", *arguments, module="bounds")


def test_laws_that_agree_are_not_said_to_disagree_by_a_factor_of_one():
    sentence = said("plan", "--flops", "4.6e22", "--tokens", "300B", "--inference-tokens", "100T")
    assert "by a factor 1, " not in sentence
    assert re.search(r"the laws fitted near there agree within \d\.\d %, and within each law", sentence)


def test_a_corpus_that_holds_a_text_twice_is_not_all_distinct(tmp_path):
    text = " ".join(f"w{i * i % 977}" for i in range(3000))
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(text, encoding="utf-8")
    for files, twice in ((["a.txt"], False), (["a.txt", "b.txt"], True)):
        out = tmp_path / f"{len(files)}.nc"
        run("corpus", *(str(tmp_path / name) for name in files), "--out", str(out))
        told = said("plan", "--flops", "1e19", "--corpus", str(out))
        assert ("b.txt holds a text that was counted before, so that the corpus has fewer" in told) == twice
