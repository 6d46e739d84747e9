"""Where a result comes from, for a reader: versions, seed, engines, and the hashes of what it was made of."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from bounds.cli.json_text import json_text
from bounds.cli.pages.command_lines import nameless

Facts = list[tuple[str, str]]


def facts(made: Mapping[str, Any]) -> Facts:
    """Heads and texts of a provenance `made`, as a result keeps it or ``--json`` prints it; only what is there."""
    found: Facts = []
    if software := made.get("software"):
        name = software if isinstance(software, str) else f"{software['name']} {software['version']}"
        found.append(("software", name))
    if "created_at" in made:
        found.append(("made", str(made["created_at"])))
    parameters = made.get("parameters", {})
    if parameters.get("seed") is not None:
        found.append(("seed", str(parameters["seed"])))
    found += _engines(made)
    if "device" in made:
        found.append(("device", str(made["device"])))
    environment = made.get("environment", {})
    if environment:
        found.append(("environment", ", ".join(f"{name} {version}" for name, version in environment.items())))
    inputs = made.get("inputs") or {}
    found += [(f"sha256 of {nameless(name)}", str(digest)) for name, digest in inputs.items()]
    found += [(f"data {name}", _data(entry)) for name, entry in made.get("data", {}).items()]
    return found


def whole(made: Mapping[str, Any]) -> str:
    """All of a provenance as JSON, files by their names without folders."""
    lines = json_text(_without_folders(json.loads(json_text(made))), indent=1, ensure_ascii=False)
    return re.sub(r"\[[^\[\]{}\"]*\]", lambda found: " ".join(found[0].split()), lines)  # numbers on one line


def _without_folders(value: Any) -> Any:
    if isinstance(value, dict):
        return {nameless(key): _without_folders(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_without_folders(one) for one in value]
    return nameless(value) if isinstance(value, str) else value


def _engines(made: Mapping[str, Any]) -> Facts:
    """Each engine with its reason, and the sources that it drew where there are several."""
    one = made.get("engine")
    if isinstance(one, dict):
        return [("engine", f"{one['name']}: {one['reason']}")]
    by: dict[str, list[str]] = {}
    for source, engine in made.get("engines", {}).items():
        by.setdefault(f"{engine['name']}: {engine['reason']}", []).append(source)
    return [("engine", text if len(by) == 1 else f"{text} ({', '.join(sources)})") for text, sources in by.items()]


def _data(entry: Mapping[str, Any]) -> str:
    """A data set as its manifest tells of it."""
    parts = (entry.get("repository"), entry.get("commit") and f"commit {entry['commit']}", entry.get("licence"))
    return ", ".join(str(part) for part in parts if part)
