"""What somebody meant who typed a flag that a command does not have: by its meaning, where no name is near.

Other programs have names for what ours do under others: ``-o`` and ``--output`` are ``--out`` here, or ``--report`` or
``--figure`` where a command keeps no result. Loads click alone.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import click

_MEANINGS = (
    ("o out output output-file outfile save write", "--out --report --figure --json"),
    ("html page web", "--report"),
    ("plot png pdf svg chart graph fig image", "--figure"),
    ("format", "--json --out"),
    ("v verbose debug details full long", "--explain"),
    ("q quiet silent", "--no-progress --json"),
    ("f force y yes replace clobber", "--overwrite"),
    ("j jobs n-jobs workers num-workers n-workers processes cores cpus", "--threads --cluster"),
    ("random-seed random-state rng", "--seed"),
    ("c conf settings toml yaml", "--config"),
    ("continue restart", "--resume"),
    ("n-gpus num-gpus devices cards accelerators nodes", "--gpus"),
    ("weeks hours time duration", "--days --gpu-hours"),
    ("price usd dollars", "--price-per-hour --cost"),
    ("budget", "--cost --flops"),
    ("compute flop", "--flops --compute"),
    ("serve served serving inference", "--inference-tokens"),
    ("d dataset data dataset-size corpus-tokens n-tokens data-tokens", "--tokens --corpus --n-draws --column"),
    ("n-params params n-tokens tokens model-size loss-column loss", "--column"),
    ("model models", "--law"),
    ("beta alpha exponent", "--law"),
    ("k n ngram ngrams n-gram n-grams window windows", "--length"),
    ("reps repeats trials samples corpora", "--replicates"),
    ("draws size sizes", "--n-draws"),
    ("sources distribution dist", "--source"),
    ("text-field text-column text-key key json-key", "--field"),
    ("times multiples scale extrapolation", "--extrapolate"),
    ("ci level conf-level", "--confidence"),
    ("help-all usage", "--help"),
)
"""Names that people try, without dashes, and the flags that do it, the likeliest first."""


def better(error: click.NoSuchOption, params: Sequence[click.Parameter], words: Sequence[str]) -> click.UsageError:
    """`error` with the flags that its name may mean, or with the argument that it names, of a command with `params`."""
    asked = error.option_name.lstrip("-").lower()
    flags = [
        flag for param in params if isinstance(param, click.Option) for flag in (*param.opts, *param.secondary_opts)
    ]
    for param in params:
        if isinstance(param, click.Argument) and asked.replace("-", "_") in _called(param):
            path = error.ctx.command_path if error.ctx else "it"
            value = next((word for word in _after(error.option_name, words) if not word.startswith("-")), param.name)
            said = f"{param.make_metavar(error.ctx) if error.ctx else param.name} stands without a flag"
            return click.UsageError(f"{error.message} {said}: {path} {value}", ctx=error.ctx)
    meant = [flag for names, does in _MEANINGS if asked in names.split() for flag in does.split() if flag in flags]
    near = difflib.get_close_matches(error.option_name, flags, cutoff=0.75)
    found = sorted(near or meant)
    if not found:
        return error
    each = ", ".join(map(repr, found))
    said = f"Did you mean {each}?" if len(found) == 1 else f"(Did you mean one of: {each}?)"
    return click.UsageError(f"{error.message} {said}", ctx=error.ctx)


def _called(param: click.Argument) -> tuple[str, ...]:
    """The name of an argument and its last word, as tokens of n_tokens."""
    name = (param.name or "").lower()
    return name, name.rpartition("_")[2]


def _after(flag: str, words: Sequence[str]) -> list[str]:
    """The words behind `flag`, its value first."""
    for i, word in enumerate(words):
        if word == flag or word.startswith(f"{flag}="):
            return [*filter(None, [word.partition("=")[2]]), *words[i + 1 :]]
    return []
