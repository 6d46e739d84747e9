"""A page read as a browser reads it, and what must hold of every one: it loads nothing, and nobody is left out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

VOID = {"meta", "link", "br", "hr", "img", "input", "path", "use", "rect", "circle", "stop"}
LOADS = {"src", "href", "xlink:href", "srcset", "data", "action", "poster", "background", "formaction"}
"""Attributes by which an element may ask for another file."""
NEVER = {"script", "iframe", "object", "embed", "base", "form", "frame", "applet", "audio", "video"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    above: tuple[Element, ...] = field(repr=False)  # whoever is told of a failure gets no tree of trees
    text: str = ""
    inside: list[Element] = field(default_factory=list, repr=False)

    def within(self, tag: str) -> bool:
        return any(one.tag == tag for one in self.above)


class Page(HTMLParser):
    """All elements of a page, in their order, each with its text; `loose` are ends that close nothing."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.source, self.elements, self.loose = text, list[Element](), list[str]()
        self._open: list[Element] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        one = Element(tag, {name: value or "" for name, value in attrs}, tuple(self._open))
        for above in self._open:
            above.inside.append(one)
        self.elements.append(one)
        if tag not in VOID:
            self._open.append(one)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self._open or self._open[-1].tag != tag:
            self.loose.append(tag)
        else:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        for one in self._open:
            one.text += data

    def all(self, *tags: str) -> list[Element]:
        return [one for one in self.elements if one.tag in tags]

    @property
    def text(self) -> str:
        """What a reader reads, without the style, on one line."""
        return " ".join(self.all("body")[0].text.split())


def faults(text: str) -> list[str]:
    """What is wrong with the page `text`; nothing where a browser, a screen reader and a printer can do with it."""
    page = Page(text)
    return [*_form(page), *_loaded(page), *_headings(page), *_tables(page), *_named(page)]


def _form(page: Page) -> list[str]:
    found = [f"</{tag}> closes nothing" for tag in page.loose]
    if not page.source.startswith("<!DOCTYPE html>"):
        found.append("no doctype")
    if [one.attributes.get("lang") for one in page.all("html")] != ["en"]:
        found.append("no language")
    if [bool(one.text.strip()) for one in page.all("title") if not one.within("svg")] != [True]:
        found.append("no title")
    ids = [one.attributes["id"] for one in page.elements if "id" in one.attributes]
    found += [f"id {name} twice" for name in {name for name in ids if ids.count(name) > 1}]
    referred = [one.attributes.get(name, "") for one in page.elements for name in ("href", "xlink:href")]
    referred += [f"#{name}" for one in page.elements for name in one.attributes.get("aria-labelledby", "").split()]
    referred += [f"#{name}" for name in re.findall(r"url\(#([^)]+)\)", page.source)]
    found += [f"{name} leads nowhere" for name in set(referred) if name.startswith("#") and name[1:] not in ids]
    return found


def _loaded(page: Page) -> list[str]:
    found = [f"<{one.tag}>" for one in page.elements if one.tag in NEVER]
    for one in page.elements:
        for name, value in one.attributes.items():
            if name in LOADS and not value.startswith(("#", "data:")):
                found.append(f"{one.tag} {name}={value}")
            if name.startswith("on"):
                found.append(f"{one.tag} {name}")
    styles = [one.text for one in page.all("style")] + [one.attributes.get("style", "") for one in page.elements]
    for style in styles:
        found += [name for name in re.findall(r"url\(([^)]*)\)", style) if not name.strip("'\"").startswith("#")]
        found += re.findall(r"@import[^;]*", style)
    return found


def _headings(page: Page) -> list[str]:
    levels = [int(one.tag[1]) for one in page.all(*(f"h{i}" for i in range(1, 7)))]
    found = [] if levels[:1] == [1] and levels.count(1) == 1 else [f"headings {levels}"]
    return found + [f"h{low} is followed by h{high}" for low, high in pairwise(levels) if high > low + 1]


def _tables(page: Page) -> list[str]:
    found = []
    for table in page.all("table"):
        captions = [one.text.strip() for one in table.inside if one.tag == "caption"]
        if len(captions) != 1 or not captions[0]:
            found.append("a table without a caption")
        found += ["a head without a scope" for one in table.inside if one.tag == "th" and "scope" not in one.attributes]
        widths = {
            sum(cell.above[-1] is row for cell in row.inside if cell.tag in ("th", "td"))
            for row in table.inside if row.tag == "tr"
        }  # fmt: skip
        if len(widths) != 1:
            found.append(f"rows of {widths} cells")
    names = [one.text for one in page.all("caption")]
    return found + (["two captions alike"] if len(set(names)) < len(names) else [])


def _named(page: Page) -> list[str]:
    """What can be scrolled can be reached with a key and has a name; what is seen is said as well."""
    found = []
    for one in page.elements:
        said = one.attributes.get("aria-label") or one.attributes.get("aria-labelledby")
        if "scroll" in one.attributes.get("class", "").split() and not (
            one.attributes.get("tabindex") == "0" and one.attributes.get("role") == "region" and said
        ):
            found.append(f"a {one.tag} that scrolls out of reach")
        if one.tag == "svg":
            words = [
                each.text.strip() for each in one.inside if each.tag in ("title", "desc") and each.above[-1] is one
            ]
            if one.attributes.get("role") != "img" or len(words) != 2 or not all(words):
                found.append("a picture without words")
        if one.tag == "details" and not (one.inside and one.inside[0].tag == "summary" and one.inside[0].text.strip()):
            found.append("details without a summary")
    if "skip" not in [one.attributes.get("class") for one in page.all("a")][:1]:
        found.append("no way past the head")
    return found
