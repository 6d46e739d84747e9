"""Headers of a table of runs: which column is which argument, and the unit that a header gives its cells.

``# Params (M)``, ``tokens_b``, ``Tokens / 1e9`` and ``loss (bits)`` are understood in any case of letters; a header
with a unit that is not understood is no column of ours.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from shlex import quote

from bounds.base.arguments import close_to, did_you_mean, printable
from bounds.base.one_number import shown
from bounds.cli.reading.csv_rows import listed
from bounds.fitting.runs.loss_units import LOSS_UNITS, loss_unit_named

NAMES = {
    "n_params": (
        "n_params", "params", "parameters", "model size", "n", "param count", "parameter count", "model parameters",
        "model params", "model size params",
    ),
    "n_tokens": (
        "n_tokens", "tokens", "training tokens", "d", "train tokens", "tokens seen", "token count", "tokens trained",
    ),
    "compute_flops": (
        "compute_flops", "flops", "training flop", "training flops", "compute", "c", "flop", "training compute",
        "train flop", "train flops", "total flop", "total flops", "total compute", "train compute",
    ),
    "loss": (
        "loss", "final loss", "val_loss", "l", "validation loss", "test loss", "eval loss", "train loss",
        "training loss", "final val loss", "final validation loss", "final train loss", "valid loss", "loss mean",
        "mean loss", "lm loss", "cross entropy", "cross entropy loss", "ce loss",
    ),
}  # fmt: skip
"""Column names that are understood without being told, in lower case."""

SCALES = {
    1e3: ("k", "thousand", "thousands"), 1e6: ("m", "million", "millions", "mn", "mio"),
    1e9: ("b", "bn", "g", "billion", "billions"), 1e12: ("t", "trillion", "trillions", "tn"),
}  # fmt: skip
"""What the words for powers of ten stand for, in headers and behind numbers."""

FLOP = {
    "flop": 1.0, "flops": 1.0, "tflop": 1e12, "tflops": 1e12, "pflop": 1e15, "pflops": 1e15, "eflop": 1e18,
    "eflops": 1e18, "zflop": 1e21, "zflops": 1e21, "pf-days": 8.64e19, "pf-day": 8.64e19, "pfdays": 8.64e19,
    "petaflop-days": 8.64e19, "petaflop/s-days": 8.64e19,
}  # fmt: skip
"""Units of compute, in FLOP."""

_SCALED = re.compile(r"(?:x|×|in|\*)?\s*(?:1e|10\^)\+?(\d+)")
_BRACKETED = re.compile(r"(.*?)\s*[(\[]\s*(?:in\s+)?(.*?)\s*[)\]]")
_DIVIDED = re.compile(r"(.+?)\s*/\s*(.+)")
_SUFFIXED = re.compile(r"(.+?)(?:\s*,\s*|[ _]+(?:in[ _]+)?)([^ _,]+(?:[ _]per[ _]byte)?)")
_COUNTS = re.compile(
    r"(active|total|non.?emb|embedding|dense|sparse).*param|param.*(active|total|emb)|^n[_ -](non.?emb|active|total)"
)
_LOGARITHM = re.compile(r"(?:log(?:10|_10|2|_2)?|ln|lg)(?:[ _]*[(\[]\s*(.+?)\s*[)\]]|[ _]+(.+))")
_SPREAD = re.compile(r"(.+?)\s*[(\[]?\s*(?:±|\+/-|\+-)\s*[\w. ]+[)\]]?")
_PLACES = "train|training|val|valid|validation|eval|evaluation|test|model|config|summary|metrics|data|final"
_LOGGED = re.compile(rf"(?:(?:{_PLACES})[/.])+([^/]+)")
_LOGGED_LOSS = re.compile(r"loss/(train|val|valid|validation|eval|test)")
_FLOP_WORDS = re.compile(r"(?:(.+?)[ _]+)?(pf|petaflop(?:s|/s)?)[ _\-]?(?:s[ _\-]?)?days?")
_PREFIX = re.compile(r"(?:#|(?:total )?number of |num(?:ber)? |no\. of |nr\.? of |count of )\s*")
_PERPLEXITY = re.compile(r"(.*[ _])?(ppl|perplexity)")
_NUMBER = re.compile(r"[+-]?(?:\d[\d.,_' ]*|[.,]\d+)(?:[eE][+-]?\d+)?\s*[KMBGTkmbgt]?", re.ASCII)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


@dataclass(frozen=True)
class Column:
    """A column of the file: its place and title, the unit of a loss, and what its cells are multiplied by."""

    place: int
    title: str
    unit: str = ""
    scale: float = 1.0


def chosen_columns(name: str, header: Sequence[str], told: dict[str, str]) -> dict[str, Column]:
    """The column of each argument by its header, or as `told`; `name` is the file's, for sentences.

    Raises ValueError for a column that is missing or there twice.
    """
    for key, title in told.items():
        match = _LOGARITHM.fullmatch(title.lower().strip()) if title in header else None
        if match is not None and (key != "loss" or match[1]):  # a log loss is a loss, and log(loss) is none
            raise ValueError(f"{name}: {_logarithm(title)}")
    found = {key: _place(name, header, key, told.get(key)) for key in NAMES}
    if found["n_tokens"] is not None:
        found["compute_flops"] = None
    missing = [key for key in ("n_params", "loss") if found[key] is None]
    if found["n_tokens"] is None and found["compute_flops"] is None:
        missing.append("n_tokens (or compute_flops)")
    if missing:
        raise ValueError(_missing(name, header, missing))
    return {key: column for key, column in found.items() if column is not None}


def is_header(cells: Sequence[str], told: dict[str, str]) -> bool:
    """Whether a row names columns for the parameters, the data and the loss of runs, or those that were `told`."""
    there = {
        key: told[key] in cells if key in told else any(_known(key, _unit(key, cell)[0]) for cell in cells)
        for key in NAMES
    }
    return there["n_params"] and there["loss"] and (there["n_tokens"] or there["compute_flops"])


def spare_compute(header: Sequence[str]) -> Column | None:
    """The one column of compute in a table that has tokens as well; None where there is none, or several."""
    parts = [(i, cell, _unit("compute_flops", cell)) for i, cell in enumerate(header)]
    named = [Column(i, cell, *part[1:]) for i, cell, part in parts if _known("compute_flops", part[0])]
    return named[0] if len(named) == 1 else None


def param_counts(header: Sequence[str]) -> list[str]:
    """The columns that count parameters of one kind, such as the active ones."""
    return [cell for cell in header if _COUNTS.search(cell.lower())]


def superscripts_spelled(text: str) -> str:
    """`text` with each run of superscript digits behind a caret: 10⁹ as 10^9."""
    return re.sub("[⁰¹²³⁴-⁹]+", lambda found: f"^{found[0].translate(_SUPERSCRIPTS)}", text)


def _missing(name: str, header: Sequence[str], missing: list[str]) -> str:
    counts = param_counts(header)
    if missing == ["n_params"] and counts:
        return (
            f"{name} counts parameters in {listed(tuple(counts))} and does not say which is N: choose with --column "
            f"n_params=NAME (of a mixture of experts, fit once with the active and once with the total ones)"
        )
    perplexities = [cell for cell in header if _PERPLEXITY.fullmatch(_plain(cell))]
    if missing == ["loss"] and perplexities:
        return (
            f"{name} has a perplexity in column {shown(perplexities[0])} and no loss; its natural logarithm is the "
            "loss in nats: add that column"
        )
    logs = [cell for cell in header if any(key != "loss" and _is_log_of(key, cell) for key in NAMES)]
    if logs and set(missing) & {"n_params", "n_tokens (or compute_flops)"}:
        return f"{name}: {_logarithm(logs[0])}"
    numbers = tuple(cell for cell in header if _NUMBER.fullmatch(cell.strip()))
    if 2 * len(numbers) >= len(header):
        what = f"its first line holds numbers, {listed(numbers)}"
        return f"{name} has no header: {what}; write a line of names above it, such as params,tokens,loss"
    strange = [cell for cell in header if _unknown_unit(cell)]
    why = f"; the unit of {shown(strange[0])} is not understood" if strange else ""
    keys = [one.partition(" ")[0] for one in missing]
    close = {key: close_to(key, header) for key in keys}
    near = [f"--column {key}={printable(quote(one))}" for key, one in close.items() if one and " or " not in one]
    advice = f"did you mean {' '.join(near)}?" if near else f"name one with --column {keys[0]}=NAME"
    return f"{name} has no column for {' and '.join(missing)}; its columns are {listed(tuple(header))}{why}: {advice}"


def _logarithm(title: str) -> str:
    return f"column {shown(title)} holds logarithms; write the numbers themselves, such as 1e9"


def _is_log_of(key: str, title: str) -> bool:
    match = _LOGARITHM.fullmatch(title.lower().strip())
    return match is not None and _known(key, match[1] or match[2])


def _unknown_unit(title: str) -> bool:
    match = _BRACKETED.fullmatch(title.lower())
    known = match is not None and any(_known(key, match[1]) for key in NAMES)
    return known and not any(_known(key, _unit(key, title)[0]) for key in NAMES)


def _place(name: str, header: Sequence[str], key: str, told: str | None) -> Column | None:
    if told is not None:
        named = [Column(i, cell, *_unit(key, cell)[1:]) for i, cell in enumerate(header) if cell == told]
    else:
        parts = [(i, cell, _unit(key, cell)) for i, cell in enumerate(header)]
        named = [Column(i, cell, *part[1:]) for i, cell, part in parts if _known(key, part[0])]
    if len(named) > 1:
        there = listed(tuple(column.title for column in named)).replace(", ", " and ")
        raise ValueError(f"{name} has more than one column for {key} ({there}): choose with --column {key}=NAME")
    if told is not None and not named:
        hint = did_you_mean(told, header)
        raise ValueError(f"{name} has no column {shown(told)}; its columns are {listed(tuple(header))}{hint}")
    return named[0] if named else None


def _plain(title: str) -> str:
    """A name without case, underscores and words such as "number of"."""
    words = " ".join(re.sub(r"[_\-]", " ", title.lower()).split())
    return _PREFIX.sub("", words, count=1) if _PREFIX.match(words) else words


def _known(key: str, name: str) -> bool:
    return _plain(name) in {_plain(one) for one in NAMES[key]}


def _unit(key: str, title: str) -> tuple[str, str, float]:
    """The name in a header without its unit, the unit of a loss, and the scale of a count, where it has one."""
    lower = superscripts_spelled(title.lower()).strip()
    if logged := _LOGGED.fullmatch(lower):  # as tools that log runs name their columns: train/loss, config.n_params
        lower = logged[1]
    if key == "loss":
        lower = "loss" if _LOGGED_LOSS.fullmatch(lower) else lower
        if (spread := _SPREAD.fullmatch(lower)) and _known(key, spread[1]):
            return spread[1], "", 1.0
    elif key == "compute_flops" and (days := _FLOP_WORDS.fullmatch(lower)):
        return days[1] or "compute", "", FLOP["pf-days"]
    if _known(key, lower):
        return lower, "", 1.0
    if key == "loss" and lower in LOSS_UNITS["bits-per-byte"]:
        return "loss", "bits-per-byte", 1.0
    for pattern in (_BRACKETED, _DIVIDED, _SUFFIXED):
        match = pattern.fullmatch(lower)
        if match is None:
            continue
        if pattern is _SUFFIXED and len(match[1]) < 2:
            continue  # d_k and n_b are more often widths and batches than counts
        name, unit = match[1], match[2].removesuffix(" tokens").removesuffix(" parameters").removesuffix(" params")
        if key == "loss":
            known = loss_unit_named(unit)
            if known:
                return name, known, 1.0
            continue
        scales = {text: scale for scale, texts in SCALES.items() for text in texts}
        scales |= FLOP if key == "compute_flops" else {}
        power = _SCALED.fullmatch(unit)
        if unit in scales:
            return name, "", scales[unit]
        if power is not None and int(power[1]) < 60:
            return name, "", 10.0 ** int(power[1])
    return lower, "", 1.0
