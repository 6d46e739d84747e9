"""Sources of both kinds: laws, which are drawn, and real corpora, which are read."""

from __future__ import annotations

from bounds.base.sources import Source, parse_source
from simulate.text.source import CorpusSource, parse_corpus


def parse_any_source(source: str | Source) -> Source | CorpusSource:
    """A law or a real corpus from its string; ValueError with one sentence otherwise."""
    if isinstance(source, str) and source.strip().lower().startswith("corpus:"):
        return parse_corpus(source)
    return parse_source(source)
