"""Every key of a TOML file with every type that TOML has: understood, or one sentence that names the key."""

from __future__ import annotations

import sys

import click
import pytest

from bounds.cli.shared import run
from simulate.cli.main import main

BASE = {
    "sweep": {"source": '"uniform:3"', "n-draws": '"10,20"', "replicates": "2", "dry-run": "true", "threads": "1"},
    "suite": {"source": '"uniform:3"', "n-params": '"1,2"', "checkpoints": '"0,1,2"', "replicates": "2",
              "dry-run": "true", "threads": "1"},
    "skills": {"n-skills": "2", "members": "3", "n-draws": '"10,20"', "replicates": "2", "dry-run": "true",
               "threads": "1"},
}  # fmt: skip
"""A small plan of each command that can be asked what it would do."""

VALUES = {
    "text": '"abc"', "empty": '""', "blank": '" "', "escape": '"\\u001b[31mred\\nnext"', "number as text": '"5"',
    "zero": "0", "one": "1", "negative": "-5", "huge": "9" * 30, "digits": "9" * 5000, "float": "2.5",
    "tiny": "1e-300", "large": "1e300", "nan": "nan", "inf": "-inf", "true": "true", "date": "2020-01-01",
    "time": "07:32:00", "list": "[1, 2]", "texts": '["a", "b"]', "no list": "[]", "truths": "[true]",
    "nested": "[[1]]", "tables": "[{a = 1}]", "table": "{a = 1}",
}  # fmt: skip


def keys(command: str) -> list[str]:
    names = [param.opts[0].removeprefix("--") for param in main.commands[command].params]
    return [name for name in names if name not in ("config", "version")]


@pytest.fixture
def answer(monkeypatch, capsys, tmp_path):
    """Runs a command with a TOML file in this process: exit code, standard output and error."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "plan.toml"

    def call(command, text, *arguments):
        path.write_text(text, encoding="utf-8")
        monkeypatch.setattr(sys, "argv", ["simulate", command, "--config", "plan.toml", *arguments])
        with pytest.raises(SystemExit) as ended:
            run(main, "python -m simulate")
        return ended.value.code or 0, *capsys.readouterr()

    return call


def is_one_sentence(err: str) -> bool:
    return err.startswith("error: ") and err.endswith("\n") and err[:-1].isprintable() and len(err) < 600


@pytest.mark.parametrize("command", BASE)
@pytest.mark.parametrize("kind", VALUES)
def test_every_key_takes_its_type_alone(answer, command, kind):
    for key in keys(command):
        entries = BASE[command] | {key: VALUES[kind]}
        code, out, err = answer(command, "".join(f"{name} = {value}\n" for name, value in entries.items()))
        if code:
            assert code == 2, (key, err)
            assert out == "", (key, out)
            assert is_one_sentence(err), (key, err)
            assert kind == "digits" or key in err or key.replace("-", "_") in err, err


@pytest.mark.parametrize("kind", VALUES)
def test_every_key_of_a_count_of_text_too(tmp_path, kind):
    """Without counting: what the flags become."""
    command, path = main.commands["corpus"], tmp_path / "plan.toml"
    for key in keys("corpus"):
        path.write_text(f"{key} = {VALUES[kind]}\n")
        found, told = {}, ""
        try:
            with command.make_context("corpus", ["a.txt", "--config", str(path)]) as context:
                found = context.params
        except click.UsageError as error:
            told = error.format_message()
        assert all(isinstance(value, bool | int | str | tuple | None) for value in found.values()), (key, found)
        if told:
            assert is_one_sentence(f"error: {told}\n"), key
            assert kind == "digits" or key in told


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[sweep]\nseed = 1\n", "[sweep] is a table, and entries stand outside of tables"),
        ("sede = 1\n", "'sede' is not known here; did you mean seed? known are"),
        ("n-draws = '10'\nn_draws = '20'\n", "n-draws is there twice"),
        ("progress = 1\n", "progress must be true or false, got 1"),
        ("curves = [true]\n", "curves must be true or false, got [True]"),
        ("source = [1]\n", "source must be a text such as a word in quotes, got 1"),
        ("engine = 'tokns'\n", "engine must be one of auto, tokens, types, gauss, analytic, got 'tokns'; did you mean"),
        ("x = " + "[" * 5000, "nested too deeply"),
        ("a = 'unclosed\n", "plan.toml: "),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_entry_is_said(answer, text, sentence):
    code, out, err = answer("sweep", text)
    assert (code, out) == (2, "")
    assert is_one_sentence(err), err
    assert sentence in err


def test_a_byte_order_mark_is_not_of_the_text(answer):
    code, out, _ = answer("sweep", "\ufeff" + "".join(f"{k} = {v}\n" for k, v in BASE["sweep"].items()))
    assert code == 0
    assert "uniform:3" in out


def test_flags_lists_and_texts_mean_the_same(answer):
    """A grid as a text and as a list, one source with and without brackets."""
    base = BASE["sweep"] | {"n-draws": "[10, 20]", "source": '["uniform:3"]'}
    listed = answer("sweep", "".join(f"{k} = {v}\n" for k, v in base.items()))
    assert listed == answer("sweep", "".join(f"{k} = {v}\n" for k, v in BASE["sweep"].items()))
