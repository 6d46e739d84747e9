"""The documents as a site: ``python docs/site/build.py [OUT]``, in build/site unless something else is asked for.

It opens from there without a server and asks nothing of the network. A link that leads nowhere ends the build.
Needs the extra docs: pip install '.[docs]'.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
DOCS, ROOT = HERE.parent, HERE.parents[1]

PARTS: dict[str, tuple[str, ...]] = {
    "For you": ("users/planner", "users/curator", "users/researcher", "users/student"),
    "Commands": (
        "made/commands", "planning", "loss-laws", "prediction", "corpora", "loss", "sweeps", "learners", "skills",
        "suite", "reports",
    ),
    "Theory": ("from-loss-to-exponent", "theory", "made/formulas", "unknown", "coverage", "glossary"),
    "Papers": (
        "papers", "unique-sequences", "lawfit", "overtraining", "training-dynamics", "trajectories", "budget",
    ),
    "Python": ("python", "made/api"),
    "The project": ("comparison", "architecture", "made/contributing", "made/changes"),
}  # fmt: skip
"""The pages, part by part, in the order in which they are offered; index.md comes first."""

TITLES = {
    "corpora": "Counting a text", "loss-laws": "Fitting a loss law", "learners": "What learners lose",
    "coverage": "Do the intervals cover?",
}  # fmt: skip
"""What a page is called beside all pages, where its own title is a sentence or says less than one looks for."""

ABOVE = {"README.md": "index.md", "CONTRIBUTING.md": "made/contributing.md", "CHANGELOG.md": "made/changes.md"}
"""Where a link that leads out of docs/ ends on the site."""


def contents() -> str:
    """Tables of contents in MyST, one a part, which are seen beside every page alone."""
    head = "```{toctree}\n:hidden:\n:caption:"
    lines = {
        title: [f"{TITLES[page]} <{page}>" if page in TITLES else page for page in pages]
        for title, pages in PARTS.items()
    }
    return "\n" + "\n".join(f"{head} {title}\n\n" + "\n".join(pages) + "\n```\n" for title, pages in lines.items())


def rewritten(text: str, depth: int) -> str:
    """Links to pages above docs/ lead to where the site has them; those to code become names of code."""
    up = "../" * depth
    for above, place in ABOVE.items():
        text = text.replace(f"](../{up}{above})", f"]({up}{place})")
    return re.sub(rf"\[([^\]]+)\]\(\.\./{up}((?:examples|benchmarks|tests)/[^)]*)\)", r"`\2`", text)


def gather(source: Path) -> None:
    """Lay all that the site is made of into the folder `source`."""
    from made import PAGES  # beside this file

    for path in sorted(DOCS.rglob("*.md")):
        name = path.relative_to(DOCS)
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        text = rewritten(path.read_text(encoding="utf-8"), len(name.parts) - 1)
        (source / name).write_text(text + contents() * (str(name) == "index.md"), encoding="utf-8")
    (source / "made").mkdir()
    for page, make in PAGES.items():
        (source / "made" / f"{page}.md").write_text(make(), encoding="utf-8")
    (source / "assets").mkdir()
    shutil.copy(HERE / "site.css", source / "assets")
    shutil.copy(HERE / "conf.py", source)


ADDED = {
    "<pre>": '<pre tabindex="0">',
    '<div class="table-wrapper': '<div tabindex="0" class="table-wrapper',
    '<div class="formula">': '<div tabindex="0" class="formula">',
    '<aside class="sidebar-drawer">': '<aside aria-label="Pages" class="sidebar-drawer">',
    '<aside class="toc-drawer">': '<aside aria-label="On this page" class="toc-drawer">',
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<div id="search-results">': '<h1>Search</h1>\n<div id="search-results">',
}
"""What the theme lacks for a keyboard, which must reach whatever scrolls, and a reader of screens, who seeks titles."""


def reachable(page: str) -> str:
    """A page of the theme with what is `ADDED`."""
    for told, better in ADDED.items():
        page = page.replace(told, better)
    return page


def main(out: str = "") -> int:
    """Build the site; 1 where anything is amiss."""
    from sphinx.cmd.build import build_main

    target = Path(out) if out else ROOT / "build" / "site"
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source"
        source.mkdir()
        gather(source)
        # Every warning is an error: a page in no table of contents, a link or an anchor that leads nowhere.
        failed = build_main(["-q", "-W", "--keep-going", "-E", "-d", f"{folder}/trees", str(source), str(target)])
    for page in () if failed else target.rglob("*.html"):
        page.write_text(reachable(page.read_text(encoding="utf-8")), encoding="utf-8")
    print("" if failed else f"written: {target / 'index.html'}")
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
