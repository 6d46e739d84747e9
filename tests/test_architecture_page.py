"""docs/architecture.md and CONTRIBUTING.md name rooms and files that exist, and every room is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
TREE = PAGE.partition("```\n")[2].partition("```")[0]


def rooms(package: str) -> set[str]:
    return {path.name for path in (ROOT / package).iterdir() if (path / "__init__.py").is_file()}


@pytest.mark.parametrize("package", ["bounds", "simulate"])
def test_the_tree_has_every_room(package):
    part = TREE.partition(f"{package}/ ")[2].partition("\nsimulate/" if package == "bounds" else "\nexperiments/")[0]
    named = set(re.findall(r"(?m)^  (\w+)/", part)) | set(re.findall(r"(?m)^  \w+/  (\w+)/", part))
    assert named == rooms(package)


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_paths_exist(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    paths = re.findall(r"`((?:bounds|simulate|tests|docs)/[\w./]+)`", text)
    assert paths
    for path in paths:
        assert (ROOT / path).exists(), path
