"""Text into the tokens of a local ``tokenizer.json``, by the library of that name; nothing is fetched."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from simulate.text.cutting.utf8 import utf8_blocks
from simulate.text.reading.errors import InputError, label
from simulate.text.reading.formats.reader import Piece, Seen
from simulate.text.reading.opening import EXTRA, is_url, one_sentence

LONGEST = 1 << 22
"""Characters of a document that are encoded together."""

_BATCH = 1 << 20
"""Characters of small documents that are encoded at a time."""


class LocalTokenizer:
    """A tokenizer from a file. Raises InputError where the file is none, or the library is not installed."""

    def __init__(self, path: str) -> None:
        if is_url(path):
            raise InputError(f"--tokenizer takes a local tokenizer.json, got {label(path)}: save it first")
        try:
            import tokenizers
        except ImportError:
            raise InputError(f"--tokenizer needs the library tokenizers: install it with {EXTRA}") from None
        with one_sentence(path), open(path, "rb") as file:
            data = file.read()
        try:
            self._tokenizer: Any = tokenizers.Tokenizer.from_buffer(data)
        except ValueError as error:
            reason = " ".join(str(error).split())[:100]
            raise InputError(f"{label(path)} is no tokenizer.json ({reason}): name one that tokenizers saved") from None
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        digest = hashlib.sha256(data).hexdigest()
        self.note = (
            f"tokens are those of {label(path)} (SHA-256 {digest[:16]}…), document by document, without special tokens"
        )

    def encode(self, texts: list[str]) -> list[np.ndarray]:
        """The ids, uint32, of each of `texts`."""
        found = self._tokenizer.encode_batch(texts, add_special_tokens=False)
        return [np.array(one.ids, dtype=np.uint32) for one in found]


def tokens(path: str, pieces: Iterator[Piece], tokenizer: LocalTokenizer, seen: Seen) -> Iterator[Piece]:
    """Ids of the tokens of each document. One longer than `LONGEST` is cut, and that is noted, behind a line's end."""
    texts: list[str] = []
    ends: list[bool] = []
    kept, size, cut_some = "", 0, False
    for _, text, ended in utf8_blocks(path, pieces, at_space=False):
        kept += text
        cut = len(kept) if ended else _after_a_line(kept) if len(kept) > LONGEST else 0
        if not (cut or ended):
            continue
        cut_some |= not ended
        texts.append(kept[:cut])
        ends.append(ended)
        size += cut
        kept = kept[cut:]
        if size >= _BATCH:
            yield from map(Piece, tokenizer.encode(texts), ends)
            texts, ends, size = [], [], 0
    if kept:
        texts.append(kept)
        ends.append(False)
    if texts:
        yield from map(Piece, tokenizer.encode(texts), ends)
    if cut_some:
        seen.notes.append(
            f"documents of {label(path)} longer than {LONGEST} characters were made into tokens in parts, each to the "
            "end of a line"
        )


def _after_a_line(text: str) -> int:
    """Behind the last new line that stands between two characters that are no white space; 0 where there is none."""
    at = text.rfind("\n", 1, len(text) - 1)
    while at > 0 and (text[at - 1].isspace() or text[at + 1].isspace()):
        at = text.rfind("\n", 1, at)
    return at + 1 if at > 0 else 0
