"""What a law is called by: its key in any case of letters, what people say instead, and what is no key but a file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Any

from bounds.base.arguments import close_file, close_to, in_any_case, shown, unknown

_CALLED = {
    "chinchilla": ("hoffmann2022", "hoffmann2022-unrounded", "epoch2024"), "besiroglu": ("epoch2024",),
    "replication": ("epoch2024",), "data-constrained": ("muennighoff2023",), "datablations": ("muennighoff2023",),
    "openai": ("kaplan2020",), "overtraining": ("gadre2024-c4", "gadre2024-redpajama", "gadre2024-refinedweb"),
    "over-training": ("gadre2024-c4", "gadre2024-redpajama", "gadre2024-refinedweb"),
}  # fmt: skip
"""Names that laws have in talk, each with the keys that it may mean."""
_ENDING = re.compile(r"\.[A-Za-z]\w*$")
OF_ONES_OWN = "a law of your own is a file *.law.toml, which python -m bounds fit RUNS.csv --out my.law.toml writes"


def law_key(law: Any, known: Iterable[str]) -> Any:
    """The key among `known` that the text `law` is, in any case of letters; `law` itself where it is none."""
    return law if not isinstance(law, str) else in_any_case(law, known) or law


def unknown_law(law: Any, known: Iterable[str], advice: str = "", *, what: str = "law") -> ValueError:
    """The error for what is none of the `known` laws: the keys that are meant, how several are named, or which file."""
    keys = list(known)
    given = law.strip() if isinstance(law, str) else law
    if isinstance(given, str) and len(several := [law_key(one, keys) for one in given.split(",")]) > 1:
        if strange := [one for one in several if one not in keys and not one.strip().endswith(".toml")]:
            return unknown_law(strange[0].strip(), keys, advice, what=what)
        flags = " ".join(f"--law {one.strip()}" for one in several)
        return ValueError(f"{what} {shown(law)} names several: give each its own, {flags}")
    if isinstance(given, str) and (os.sep in given or _ENDING.search(given)):
        known_keys = f"known by key are {', '.join(keys)}{close_file(given)}"
        return ValueError(f"{what} {shown(law)} is no law: {OF_ONES_OWN}; {known_keys}")
    meant = [key for key in called(given) if key in keys]
    if not meant:
        return unknown(what, law, keys, advice)
    hint = f"did you mean {' or '.join(meant)}?"
    others = [key for key in keys if key not in meant]
    also = f" also known are {', '.join(others)}" if others else ""
    return ValueError(f"unknown {what} {shown(law)}: {hint}{also}{advice and f'; {advice}'}")


def called(given: Any) -> tuple[str, ...]:
    """The keys that a name of `_CALLED` may mean, which may stand within a longer one, or be mistyped."""
    if not isinstance(given, str):
        return ()
    word = given.lower().replace("_", "-").replace(" ", "-")
    mistyped = close_to(word, _CALLED).split(" or ") if len(word) > 3 else []
    return next((keys for name, keys in _CALLED.items() if name in word or name in mistyped), ())
