"""A file on its way to be cut into units, read once: its documents, its fingerprint, what is changed in its text."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from bounds.base.telling.steps import stepped
from simulate.text.cutting.local_tokenizer import LocalTokenizer, tokens
from simulate.text.cutting.units import TOKEN, WORDS, counted, noun
from simulate.text.cutting.utf8 import utf8_blocks
from simulate.text.reading.asked import ReadOptions
from simulate.text.reading.choosing import reader_of
from simulate.text.reading.errors import InputError, label
from simulate.text.reading.formats.reader import IDS, Divisible, Piece, Reader, Recorded, Seen
from simulate.text.reading.naming import Files, gone
from simulate.text.reading.opening import is_empty
from simulate.text.reading.sections import Seal, Section, cut, places_of

_TOGETHER = 1 << 18
"""Bytes, or token ids, of small documents that are handed on together where windows may join them."""

_SPACES = (b"\n", b" ", b"\t", b"\r")


class Fingerprint:
    """SHA-256 and number of the bytes of the text of a file, or of its token ids as numbers of 32 bits."""

    def __init__(self) -> None:
        self._sha256, self.n_bytes = hashlib.sha256(), 0

    def update(self, block: bytes) -> None:
        """Take the next bytes."""
        self._sha256.update(block)
        self.n_bytes += len(block)

    def hexdigest(self) -> str:
        """The SHA-256 of what was taken."""
        return self._sha256.hexdigest()


@dataclass(frozen=True)
class Told:
    """What is known of a file once it was read; unlike the file itself, another process can have it."""

    name: str
    path: str
    sha256: str
    n_bytes: int | None
    """Bytes of its text; token ids have none."""
    seen: Seen
    field: str
    has_documents: bool
    """Whether it says where its documents end."""
    apart: bool
    """Whether they are told apart."""
    holds: str
    about_tokenizer: str | None


@dataclass
class Opened:
    """A file of a corpus; `text` or `ids` are asked for once, and `seen` and `digest` are whole afterwards."""

    reader: Reader
    unit: str
    options: ReadOptions
    tokenizer: LocalTokenizer | None = None
    listed: bool = False
    """Whether a folder or a pattern named it: see `Files`."""
    inside: bool = False
    """Whether it is read from another place than its beginning."""
    seen: Seen = field(default_factory=Seen)
    digest: Fingerprint = field(default_factory=Fingerprint)

    @property
    def name(self) -> str:
        """What messages call it."""
        return label(self.reader.path)

    @property
    def apart(self) -> bool:
        """Whether its documents are told apart."""
        return self.options.within_documents and self.reader.has_documents

    @property
    def n_bytes(self) -> int | None:
        """Bytes of its text; token ids have none."""
        return None if self.reader.holds == IDS else self.digest.n_bytes

    def told(self) -> Told:
        """What is known of it now that it was read."""
        about = None if self.tokenizer is None else self.tokenizer.note
        reader, digest = self.reader, self.digest.hexdigest()
        return Told(
            self.name, reader.path, digest, self.n_bytes, self.seen, self.options.field, reader.has_documents,
            self.apart, reader.holds, about,
        )  # fmt: skip

    def why_empty(self) -> str:
        """Why a file that was read, and is not empty, has no unit."""
        if self.reader.has_documents and not self.seen.n_documents:
            reason = "it has no document"
        else:
            reason = "it is nothing but white space" if self.unit in WORDS else "there is nothing in it"
        return f": {reason}" if self.options.skip_missing else f": {reason}; leave it out, as --skip-missing does"

    def text(self) -> Iterator[Piece]:
        """Pieces of its text. Where documents are not told apart, small ones come together; no word joins two."""
        pieces = self._text()
        if self.apart or not self.reader.has_documents:
            return pieces
        return _joined(pieces, b"\n" if self.unit in WORDS else b"")

    def ids(self) -> Iterator[Piece]:
        """Pieces of its token ids, uint32."""
        if self.reader.holds == IDS:
            pieces = self._stored()
        else:
            assert self.tokenizer is not None
            pieces = tokens(self.reader.path, self._text(), self.tokenizer, self.seen)
        return pieces if self.apart else _joined_ids(pieces)

    def stored(self) -> Iterator[Piece]:
        """Pieces of its text or of its token ids as they are stored."""
        return self._stored() if self.reader.holds == IDS else self._hashed()

    def section(self, first: int, last: int | None) -> tuple[Opened, Seal]:
        """What lies from about its byte `first` to about `last`; its reader is `Divisible` or `Recorded`."""
        assert isinstance(self.reader, Divisible | Recorded)
        section = Section(self.reader, self.unit, self.options, first, last)
        return Opened(section, self.unit, self.options, inside=section.inside()), section.seal

    def in_sections(self, places: Sequence[int]) -> Iterator[tuple[int, Piece]]:
        """As `stored`, each piece with the number of the section that it is in: these are cut at about `places`."""
        if isinstance(self.reader, Divisible):
            yield from cut(self.stored(), places_of(self.reader, places), self.unit, self.options)
            return
        assert isinstance(self.reader, Recorded)
        for place, piece in self.reader.records(self.seen, 0, None):
            self.digest.update(piece.data)
            yield bisect_right(places, place), piece

    def _stored(self) -> Iterator[Piece]:
        with _gone_told(self.reader.path, self.listed):
            for piece in self.reader.pieces(self.seen):
                self.digest.update(piece.data.astype("<u4").tobytes())
                yield piece

    def _text(self) -> Iterator[Piece]:
        pieces = self._hashed()
        if not self.options.changes_text:
            return pieces
        return _changed(self.reader.path, pieces, self.options, self.inside)

    def _hashed(self) -> Iterator[Piece]:
        with _gone_told(self.reader.path, self.listed):
            for piece in self.reader.pieces(self.seen):
                self.digest.update(piece.data)
                yield piece


def opened(files: Files, unit: str, options: ReadOptions) -> Iterator[Opened]:
    """The files one after the other; InputError where one of them has no reader."""
    check_options(unit, options)
    check_files(files, options)
    tokenizer = LocalTokenizer(options.tokenizer) if options.tokenizer is not None else None
    names = with_units(files, unit, options) if options.skip_missing else files.names
    if unit == TOKEN and tokenizer is None:
        for name in names:
            with _gone_told(name, name in files.listed):
                reader_of(name, unit, options)  # one that does not say what its ids are is found before any is read
    for name in stepped(names, "files", "files"):
        if len(names) > 1 and os.path.isfile(name) and not os.path.getsize(name):
            raise InputError(f"{label(name)} is empty: there is no text to count; --skip-missing leaves out such files")
        with _gone_told(name, name in files.listed):
            reader = reader_of(name, unit, options)
        yield Opened(reader, unit, options, tokenizer, name in files.listed)


@contextmanager
def _gone_told(name: str, listed: bool) -> Iterator[None]:
    """Say of a file that was `listed` that it is gone: no other name was meant."""
    try:
        yield
    except InputError as error:
        if listed and isinstance(error.__cause__, FileNotFoundError) and not os.path.lexists(name):
            raise InputError(gone(name)) from error.__cause__
        raise


def check_files(files: Files, options: ReadOptions) -> None:
    """InputError where `options` are of one file, and there are several."""
    if options.documents is not None and len(files.names) > 1:
        raise InputError(f"--documents gives the offsets of one text, and there are {len(files.names)} files")


def with_units(files: Files, unit: str, options: ReadOptions) -> list[str]:
    """Those of the files that hold a unit, each read up to its first one; InputError where none does.

    One that is all there is stays, unless it has no byte: whoever reads it says why there is no unit.
    """
    kept, several = [], len(files.names) > 1
    for name in files.names:
        with _gone_told(name, name in files.listed):
            if not is_empty(name) and not (several and not _has_unit(name, unit, options)):
                kept.append(name)
    if not kept and several:
        raise InputError(
            f"{label(files.names[0])} holds no {noun(unit, 1)}, and no other file does: there is nothing to count"
        )
    if not kept:
        raise InputError(f"{label(files.names[0])} is empty: there is no text to count")
    return kept


def _has_unit(name: str, unit: str, options: ReadOptions) -> bool:
    """Whether a file holds a unit; not asked of standard input, which can be read only once."""
    if name == "-":
        return True
    reader = reader_of(name, unit, options)
    pieces = reader.pieces(Seen())
    if reader.holds == IDS or unit == "byte":
        return any(len(data) for data, _ in pieces)
    texts = (text for _, text, _ in utf8_blocks(name, pieces, at_space=False))
    return any(text and not (unit in WORDS and text.isspace()) for text in texts)


def check_options(unit: str, options: ReadOptions) -> None:
    """Raise InputError unless `unit` is known, and can be had with `options`."""
    try:
        options.check_unit(unit)
    except ValueError as error:
        raise InputError(str(error)) from None


def bytes_of(read: Sequence[Told]) -> int | None:
    """Bytes of the text of all files; None where one holds none."""
    sizes = [one.n_bytes for one in read]
    return None if None in sizes else sum(size for size in sizes if size is not None)


def notes_of(files: Files, read: Sequence[Told], options: ReadOptions) -> list[str]:
    """What a reader of any count of these files has to know of how they were read; `options` are those asked for."""
    notes = list(files.notes)
    held = {one.path for one in read}
    if empty := [label(name) for name in files.names if name not in held]:
        hold, are = (f" and {len(empty) - 1} more hold", "are") if len(empty) > 1 else (" holds", "is")
        notes.append(f"{empty[0]}{hold} nothing to count, and {are} left out")
    for one in read:
        if left := one.seen.left_out:
            records = "record has" if left == 1 else "records have"
            notes.append(f"{left} {records} no text in {one.field}, and were left out: {one.name}")
        if one.seen.outside:
            notes.append(f"{one.seen.outside} bytes of {one.name} are in no document, and were left out")
        notes += one.seen.notes
    n_documents = sum(one.seen.n_documents for one in read)
    whole = [one for one in read if not one.has_documents]
    if not options.within_documents and n_documents > len(read):
        text = f"windows run across the {n_documents} documents of a file; --within-documents keeps them apart"
        if len(read) > 1:
            text = (
                f"windows run across the documents of a file, {n_documents} in all; --within-documents keeps them apart"
            )
        notes.append(text)
    if options.within_documents and whole:
        hint = "--end-of-document" if whole[0].holds == IDS else "--documents"
        who, end = f"{whole[0].name} does not say", "is taken for one"
        if len(whole) > 1:
            who, end = f"{whole[0].name} and {counted(len(whole) - 1, 'more file')} do not say", "each is taken for one"
        notes.append(f"{who} where documents end, and {end}: pass {hint}")
    if options.changes_text:
        forms = ["in lower case"] if options.lowercase else []
        forms += [f"in Unicode form {options.normalise.upper()}"] if options.normalise else []
        notes.append(f"text is counted {' and '.join(forms)}")
    if read[0].about_tokenizer is not None:
        notes.append(read[0].about_tokenizer)
    return notes


def _joined(pieces: Iterator[Piece], between: bytes) -> Iterator[Piece]:
    """Documents in pieces of some size, without their ends; `between` them where no white space is."""
    kept = bytearray()
    for data, ends in pieces:
        kept += data
        if ends and between and kept and not kept.endswith(_SPACES):
            kept += between
        if len(kept) >= _TOGETHER:
            yield Piece(bytes(kept))
            kept = bytearray()
    if kept:
        yield Piece(bytes(kept))


def _joined_ids(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Token ids in pieces of some size, without ends of documents."""
    kept: list[np.ndarray] = []
    size = 0
    for data, _ in pieces:
        kept.append(data)
        size += len(data)
        if size >= _TOGETHER:
            yield Piece(np.concatenate(kept) if len(kept) > 1 else data)
            kept, size = [], 0
    if size:
        yield Piece(np.concatenate(kept))


def _changed(path: str, pieces: Iterator[Piece], options: ReadOptions, inside: bool) -> Iterator[Piece]:
    """Text in lower case, or in a Unicode form, or both, in this order.

    Cut before white space of ASCII: no form joins it with what is before it, and no letter's lower case asks what is
    behind it.
    """
    kept = ""
    for _, text, ends in utf8_blocks(path, pieces, at_space=False, inside=inside):
        kept += text
        cut = len(kept) if ends else max(kept.rfind(space.decode()) for space in _SPACES)
        if cut > 0 or ends:
            yield Piece(_form(kept[:cut], options), ends)
            kept = kept[cut:]
    if kept:
        yield Piece(_form(kept, options))


def _form(text: str, options: ReadOptions) -> bytes:
    text = text.lower() if options.lowercase else text
    form = options.normalise
    if form is not None:
        text = unicodedata.normalize("NFC" if form == "nfc" else "NFKC", text)
    return text.encode()
