"""A law of one's own in a file, ``my.law.toml``: constants, their covariance and the joint draws of a fit.

`bounds.get_law` reads the law of such a file, `read_law_file` all of it; ``python -m bounds fit --out`` writes one. A
law in a file is called by the path that it was read from.
"""

from __future__ import annotations

import math
import os
import re
import tomllib
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bounds.base.brief import brief_fields
from bounds.base.keeping.files import check_file, write_file
from bounds.base.one_number import shown
from bounds.base.pointwise import real_array
from bounds.base.telling.html import html_fields
from bounds.laws.loss_law import LossLaw

SUFFIX = ".law.toml"
"""How the name of such a file ends."""
_WRITTEN_BY = f"python -m bounds fit RUNS.csv --out my{SUFFIX} writes one"

CONSTANTS = ("irreducible", "log_param_coefficient", "param_exponent", "log_data_coefficient", "data_exponent")
"""Order of the rows of the covariance and of the columns of the draws: E, ln A, α, ln B, β."""

_FORMAT = 1
_LARGEST = 64 * 2**20
_NUMBERS = ("irreducible", "param_coefficient", "param_exponent", "data_coefficient", "data_exponent")
_TEXTS = ("citation", "params_counted", "note")
_RANGES = ("fitted_tokens", "fitted_params")
_KNOWN = ("largest_compute", "residual_deviation")
_LETTERS = dict(zip(("E", "A", "alpha", "B", "beta"), _NUMBERS, strict=True))
"""What papers call the constants, for who writes a law by hand."""
_LEAST = f"one by hand is a line format = {_FORMAT}, a line [law], and {', '.join(_NUMBERS)} with their numbers"


@dataclass(frozen=True, repr=False)
class LawFile:
    """A law with how sure it is: `covariance` (5, 5) and `samples` (draws, 5) of E, ln A, α, ln B, β (`CONSTANTS`).

    Both are None where the fit had no resamples; rows and columns of the covariance are NaN for constants that are
    `unidentified`. `sampling_only` says that the runs reject the law, so that the draws hold for sampling alone.
    """

    law: LossLaw
    covariance: NDArray[np.float64] | None = None
    samples: NDArray[np.float64] | None = None
    unidentified: tuple[str, ...] = ()
    sampling_only: bool = False

    __repr__ = brief_fields
    _repr_html_ = html_fields

    @property
    def sampled_law(self) -> LossLaw:
        """The law with an array for each constant, one entry a draw; ValueError for a file without draws."""
        if self.samples is None:
            raise ValueError(f"{self.law.key} holds no draws; fit again with resamples (--bootstrap 1000)")
        return drawn_law(self.law, self.samples)


def drawn_law(law: LossLaw, samples: NDArray[np.float64]) -> LossLaw:
    """`law` with an array for each constant, one entry a row of `samples` (n, 5) of E, ln A, α, ln B, β."""
    E, log_a, alpha, log_b, beta = samples.T
    with np.errstate(over="ignore"):
        A, B = np.exp(log_a), np.exp(log_b)
    return replace(
        law, irreducible=E, param_coefficient=A, param_exponent=alpha, data_coefficient=B, data_exponent=beta
    )


def is_law_file(law: Any) -> bool:
    """Whether `law` names a file rather than a published law."""
    return isinstance(law, os.PathLike) or (isinstance(law, str) and law.endswith(".toml"))


def law_called(key: str) -> str:
    """What a table calls the law `key`: of a file the name without its folders."""
    return os.path.basename(key) if is_law_file(key) else key


def read_law_file(path: str | os.PathLike[str]) -> LawFile:
    """The law in the file `path` with covariance and draws; ValueError with one sentence where it holds none."""
    name = os.fspath(path)
    try:
        found = os.stat(name)
        return _read(name, found.st_mtime_ns, found.st_size)
    except OSError as error:
        raise ValueError(f"{name}: {error.strerror or error}; a law of one's own is a file *{SUFFIX}") from None


@lru_cache(maxsize=32)
def _read(name: str, changed: int, size: int) -> LawFile:
    del changed  # of the key alone: a file that was written again is read again
    if size > _LARGEST:
        raise ValueError(f"{name} has {size} bytes, and a law at most {_LARGEST}; is it another file?")
    with open(name, "rb") as file:
        data = file.read()
    return law_from_text(data, name)


def law_from_text(data: bytes, name: str) -> LawFile:
    """What `law_text` wrote, as UTF-8; ValueError with one sentence, which calls it `name`, where that holds no law."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{name} holds no law: it is no text, as a law is; {_WRITTEN_BY}") from None
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ValueError(f"{name} is no TOML file ({' '.join(str(error).split())[:120]}); {_WRITTEN_BY}") from None
    table = content.get("law")
    if not isinstance(table, dict):
        raise ValueError(f"{name} holds no table [law]; {_WRITTEN_BY}, and {_LEAST}")
    if content.get("format") != _FORMAT:
        said = f"has format {shown(content['format'])}" if "format" in content else "does not say its format"
        raise ValueError(f"{name} {said}, and {_FORMAT} is read here: its first line is format = {_FORMAT}")
    law = _law(name, table)
    fit = content.get("fit", {})
    if not isinstance(fit, dict):
        raise ValueError(f"{name}: fit must be a table, got {shown(fit)}")
    _check_fitted(name, table, fit)
    covariance, samples = (_matrix(name, fit, key) for key in ("covariance", "samples"))
    if covariance is not None and len(covariance) != len(CONSTANTS):
        raise ValueError(f"{name}: covariance must have {len(CONSTANTS)} rows, got {len(covariance)}")
    if samples is not None and not np.all(np.isfinite(samples)):
        raise ValueError(f"{name}: samples must be finite numbers")
    if covariance is not None:
        law = replace(law, standard_errors=_errors(covariance))
    free, only = fit.get("unidentified", []), fit.get("sampling_only", False)
    if not isinstance(free, list) or not all(one in _NUMBERS for one in free) or not isinstance(only, bool):
        raise ValueError(f"{name}: unidentified must be names of constants, and sampling_only true or false")
    return LawFile(law, covariance, samples, tuple(free), only)


def _law(name: str, table: dict[str, Any]) -> LossLaw:
    unknown = [key for key in table if key not in (*_NUMBERS, *_TEXTS, *_RANGES, *_KNOWN)]
    if unknown:
        called = f"; it is called {_LETTERS[unknown[0]]} here" if unknown[0] in _LETTERS else f"; {_LEAST}"
        raise ValueError(f"{name}: a law has no {shown(unknown[0])}{called}")
    for key in _NUMBERS:
        value = table.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ValueError(f"{name}: {key} must be a finite number, got {'none' if value is None else shown(value)}")
    for key in _TEXTS:
        if not isinstance(table.get(key, ""), str):
            raise ValueError(f"{name}: {key} must be a text, got {shown(table[key])}")
    given: dict[str, Any] = {key: table[key] for key in (*_TEXTS, *_RANGES, *_KNOWN) if key in table}
    given |= {key: tuple(given[key]) for key in _RANGES if isinstance(given.get(key), list)}
    given |= {key: float(table[key]) for key in _NUMBERS}
    given.setdefault("citation", f"a law in {os.path.basename(name)}")
    try:
        return LossLaw(key=name, **given)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _check_fitted(name: str, table: dict[str, Any], fit: dict[str, Any]) -> None:
    """ValueError where a constant was changed since: covariance and draws are those of a fit that had another."""
    of = fit.get("constants", {})
    if not isinstance(of, dict):
        raise ValueError(f"{name}: constants must be a table of numbers, got {shown(of)}")
    for key, found in of.items():
        if key in _NUMBERS and table.get(key) != found and ("covariance" in fit or "samples" in fit):
            raise ValueError(
                f"{name}: {key} is {shown(table.get(key))}, and the fit whose covariance and draws stand under [fit] "
                f"found {shown(found)}; leave out [fit] and all below it: a law of other constants has no intervals"
            )


def _errors(covariance: NDArray[np.float64]) -> tuple[tuple[str, float], ...]:
    """Standard errors of E, α and β, of those that are identified."""
    of = zip(CONSTANTS, np.diag(covariance), strict=True)
    return tuple((key, math.sqrt(value)) for key, value in of if key in _NUMBERS and value > 0)


def _matrix(name: str, fit: dict[str, Any], key: str) -> NDArray[np.float64] | None:
    if key not in fit:
        return None
    try:
        matrix = np.asarray(real_array(fit[key]), float)
    except (TypeError, ValueError, OverflowError):
        matrix = np.empty(0)
    if matrix.ndim != 2 or matrix.shape[1] != len(CONSTANTS):
        raise ValueError(f"{name}: {key} must be rows of {len(CONSTANTS)} numbers ({', '.join(CONSTANTS)})")
    matrix.setflags(write=False)
    return matrix


def check_law_target(path: str, *, overwrite: bool = False) -> None:
    """One sentence (ValueError) where no law can be written at `path`; called before the work starts."""
    check_file(path, (SUFFIX,), "a law", f"my{SUFFIX}", overwrite=overwrite)


def write_law_file(path: str, kept: LawFile, *, overwrite: bool = False) -> None:
    """Write `kept` at `path`, whole or not at all; raises ValueError where something stands there already.

    Also where another writes there at the same time. What a killed one left hidden beside it is deleted.
    """
    write_file(path, law_text(kept).encode(), (SUFFIX,), "a law", f"my{SUFFIX}", overwrite=overwrite)


def law_text(kept: LawFile) -> str:
    """`kept` as the file holds it; numbers have all their digits."""
    law = kept.law
    lines = [
        "# A law fitted by python -m bounds fit: L(N, D) = E + A N^-alpha + B D^-beta, nats per token.",
        f"format = {_FORMAT}", "", "[law]",
        *(f"{key} = {_toml(float(getattr(law, key)))}" for key in _NUMBERS),
        *(f"{key} = {_toml(getattr(law, key))}" for key in _TEXTS),
        *(f"{key} = {_toml([float(end) for end in getattr(law, key)])}" for key in _RANGES),
        *(f"{key} = {_toml(getattr(law, key))}" for key in _KNOWN if getattr(law, key) is not None),
        "", "[fit]",
        f"constants = {{ {', '.join(f'{key} = {_toml(float(getattr(law, key)))}' for key in _NUMBERS)} }}",
        f"# Columns: {', '.join(CONSTANTS)}.",
        f"unidentified = {_toml(list(kept.unidentified))}",
        f"sampling_only = {_toml(kept.sampling_only)}",
    ]  # fmt: skip
    for key, matrix in (("covariance", kept.covariance), ("samples", kept.samples)):
        if matrix is not None:
            lines += [f"{key} = [", *(f"    {_toml(row)}," for row in matrix.tolist()), "]"]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)  # inf and nan are numbers of TOML too
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\u{ord(found[0]):04x}", escaped) + '"'
    return f"[{', '.join(map(_toml, value))}]"
