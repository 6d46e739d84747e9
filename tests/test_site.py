"""The pages as a site: every page is offered, every link leads somewhere, and all public names are told."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.browser import CHROMIUM, NONE, seen

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
SITE = DOCS / "site"
PAGES = sorted(DOCS.rglob("*.md"))
_LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]*)(?:#([^)\s]+))?\)")


@pytest.fixture(scope="module")
def site():
    sys.path.insert(0, str(SITE))
    yield {name: import_module(name) for name in ("build", "made")}
    sys.path.remove(str(SITE))


def anchors(page: Path) -> set[str]:
    """What headings of a page are called in links."""
    heads = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def dead_links(text: str, page: Path) -> list[str]:
    """Links of a page to files that are not there, or to headings that they do not have."""
    found = []
    for place, anchor in _LINK.findall(re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)):
        if place.startswith(("http:", "https:", "mailto:")):
            continue
        target = (page.parent / place).resolve() if place else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            found.append(f"{place}#{anchor}" if anchor else place)
    return found


@pytest.mark.parametrize("page", [*PAGES, *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"))],
                         ids=lambda page: page.name)  # fmt: skip
def test_every_link_leads_somewhere(page):
    assert dead_links(page.read_text(encoding="utf-8"), page) == []


def test_a_link_that_leads_nowhere_is_found():
    text = "[a](nowhere.md) [b](theory.md#no-such-heading) [c](theory.md) `[d](code.md)` [e](#here)"
    assert dead_links(text, DOCS / "index.md") == ["nowhere.md", "theory.md#no-such-heading", "#here"]


def test_every_page_is_offered_once(site):
    offered = [page for pages in site["build"].PARTS.values() for page in pages]
    assert len(set(offered)) == len(offered)
    written = {str(page.relative_to(DOCS).with_suffix("")) for page in PAGES}
    made = {f"made/{name}" for name in site["made"].PAGES if not name.startswith("api-")}
    assert set(offered) | {"index"} == written | made


def test_links_out_of_docs_end_on_the_site(site):
    rewritten = site["build"].rewritten
    assert rewritten("[a](../README.md)", 0) == "[a](index.md)"
    assert rewritten("[a](../../CONTRIBUTING.md)", 1) == "[a](../made/contributing.md)"
    assert rewritten("[a law](../examples/law_of_your_own.py)", 0) == "`examples/law_of_your_own.py`"
    assert rewritten("[a](theory.md)", 0) == "[a](theory.md)"


def test_every_public_name_is_told_with_its_docstring(site):
    for name in site["made"].PACKAGES:
        text, module = site["made"].api(name), import_module(name)
        names = [one for names in module._HOMES.values() for one in names]
        assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == names
        for one in names:
            value = getattr(module, one)
            if callable(value) and value.__doc__ and not value.__doc__.startswith(f"{one}("):
                assert value.__doc__.strip().splitlines()[0].replace("<", "") in text.replace("<", "").replace("\\", "")


def test_a_signature_is_shown_as_it_is_written(site):
    def function(self, name: str = "=", of: Iterable[int] | None = None, *, unit: str = "") -> Path: ...

    class Kind:
        """D*p = x*y, `a*b`, and p<q."""

        def __init__(self, exponent: float = 1.0) -> None: ...

    made = site["made"]
    assert made._arguments(function) == "(name: str = '=', of: Iterable[int] | None = None, *, unit: str = '') -> Path"
    assert made._arguments(Kind) == "(exponent: float = 1.0)"
    assert made._told(Kind) == r"D\*p = x\*y, `a*b`, and p\<q."


def test_what_scrolls_is_reached_by_a_key_and_what_is_named_has_a_name(site):
    page = (
        '<p class="caption" role="heading">x</p><aside class="toc-drawer"></aside><pre>y</pre><pre class="z">y</pre>'
        '<div class="table-wrapper docutils container"><table></table></div>'
    )
    better = site["build"].reachable(page)
    assert better.count('tabindex="0"') == 2
    assert 'role="heading" aria-level="2"' in better
    assert 'aria-label="On this page"' in better
    assert site["build"].reachable(better) == better, "a page that is built twice is the same"


def test_every_command_is_told_with_its_flags(site):
    text = site["made"].commands()
    for command in ("bounds plan", "simulate corpus", "experiments backtest"):
        assert f"### python -m {command}\n" in text
    assert all(flag in text for flag in ("--gpu-hours", "--extrapolate", "--rivals", "--completion"))


@pytest.mark.skipif(find_spec("latex2mathml") is None, reason="latex2mathml, of the extra docs, is not installed")
def test_every_formula_of_explain_is_told(site):
    from bounds.catalogue import formulas

    text = site["made"].formulas()
    assert sorted(re.findall(r"^### (\S+)\s*$", text, flags=re.MULTILINE)) == sorted(formulas())
    assert text.count("<math") == len(formulas())


@pytest.mark.verification
@pytest.mark.skipif(
    find_spec("sphinx") is None or find_spec("furo") is None, reason="the extra docs is not installed: no site is built"
)
def test_the_site_is_built_without_a_warning_and_asks_nothing_of_the_network(tmp_path):
    command = [sys.executable, str(SITE / "build.py"), str(tmp_path / "site")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=600)
    assert (done.returncode, done.stderr) == (0, "")
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > len(PAGES)
    loaded = re.compile(r"""(?:<script|<img|<iframe|<link)[^>]*(?:src|href)=["'](?:https?:)?//""")
    texts = {page.name: page.read_text(encoding="utf-8") for page in pages}
    assert [name for name, text in texts.items() if loaded.search(text)] == []
    assert [name for name, text in texts.items() if "<pre>" in text or 'role="heading">' in text] == []
    if CHROMIUM is None:
        pytest.skip(NONE)
    for page in ("index", "users/planner", "comparison", "theory", "made/formulas", "made/commands", "made/api-bounds"):
        told = seen(tmp_path / "site" / f"{page}.html", tmp_path)
        assert told["wide"] <= 360, page
        assert [name for name in told["asked"] if not name.startswith(("file:", "data:"))] == [], page
        assert told["console"] == [], page
