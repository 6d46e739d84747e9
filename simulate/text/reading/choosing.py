"""Which format a file has: by what was asked, its name, an index beside it, its first bytes; never by its ids.

| a file                                        | is                                                    |
|-----------------------------------------------|-------------------------------------------------------|
| ``.jsonl``, ``.ndjson``                       | JSON lines                                            |
| ``.parquet``                                  | a Parquet table                                       |
| ``.bin`` with an ``.idx`` beside it           | token ids of Megatron                                 |
| ``.ds`` with a ``.ds.index`` beside it        | token ids of datatrove                                |
| one that begins as llm.c's and NumPy's do     | token ids of these                                    |
| any other, where tokens are counted           | token ids without a header, whose type has to be told |
| any other                                     | text                                                  |

All may be compressed, with ``.gz`` or ``.zst`` behind the name. Wherever text is made into tokens by a tokenizer, it is
read as text.
"""

from __future__ import annotations

import os
import re

from simulate.text.cutting.units import TOKEN
from simulate.text.reading.asked import DTYPES, ReadOptions
from simulate.text.reading.errors import InputError, label
from simulate.text.reading.formats.datatrove import Datatrove
from simulate.text.reading.formats.headerless import Headerless
from simulate.text.reading.formats.ids import IdChecks
from simulate.text.reading.formats.json_lines import JsonLines
from simulate.text.reading.formats.llmc import MAGICS, LlmC
from simulate.text.reading.formats.megatron import Megatron
from simulate.text.reading.formats.npy import MAGIC as NPY
from simulate.text.reading.formats.npy import Npy
from simulate.text.reading.formats.parquet import Parquet
from simulate.text.reading.formats.plain import Plain, WithOffsets
from simulate.text.reading.formats.reader import Reader
from simulate.text.reading.opening import filesystem, is_url, one_sentence, opened, unpacked
from simulate.text.reading.recognising import HEAD, looks_like_text

_RECORDS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
_TEXTS = {"text": "plain text", "jsonl": "JSON lines", "parquet": "a Parquet table"}


def reader_of(path: str, unit: str, options: ReadOptions) -> Reader:
    """The reader of `path`, whose `unit` is counted; InputError where its format cannot be known or is not wanted."""
    ending = ending_of(path)
    kind = _RECORDS.get(ending, "auto") if options.format == "auto" else options.format
    ids = unit == TOKEN and options.tokenizer is None
    if ids and kind not in ("auto", "ids"):
        raise InputError(
            f"{label(path)} is {_TEXTS[kind]}, which holds no token ids: pass --tokenizer tokenizer.json to make "
            "tokens of its text, or another --unit"
        )
    if kind in ("jsonl", "parquet") and options.documents is not None:
        raise InputError(
            f"{label(path)} is {_TEXTS[kind]}, which says itself where documents end: leave out --documents"
        )
    if kind == "jsonl":
        return JsonLines(path, options.field, options.skip_missing)
    if kind == "parquet":
        return Parquet(path, options.field, options.skip_missing)
    if ids:
        return _ids(path, ending, options)
    if kind != "text" and (index := _index_of(path, ending)):
        raise InputError(
            f"{label(path)} holds token ids, as the index {label(index)} beside it says: count them by --unit {TOKEN}"
        )
    if options.documents is None:
        return Plain(path)
    return WithOffsets(path, options.documents, characters=unit != "byte" or options.changes_text)


def ending_of(path: str) -> str:
    """The last suffix of a name, without those of compression; of a URL that of its path."""
    name = re.split("[?#]", path)[0] if is_url(path) else path
    return os.path.splitext(re.sub(r"\.(gz|zst)$", "", name))[1].lower()


def _ids(path: str, ending: str, options: ReadOptions) -> Reader:
    checks = IdChecks(options.vocab, options.end_of_document, options.dtype)
    if options.documents is not None:
        raise InputError("--documents gives offsets in bytes of a text; token ids have --end-of-document instead")
    if ending in (".idx", ".index", ".metadata"):
        raise InputError(f"{label(path)} belongs to a file of token ids: name that one, without {ending}")
    if index := _index_of(path, ending):
        return Megatron(path, index, checks) if ending == ".bin" else Datatrove(path, index, options.dtype, checks)
    head = b"" if path == "-" else _head(path)
    if head.startswith(NPY):
        return Npy(path, checks)
    if head[:4] in MAGICS:
        return LlmC(path, checks)
    if options.dtype is None and looks_like_text(head, least=1):
        raise InputError(
            f"{label(path)} holds text, not token ids: count it by another --unit, or give a --tokenizer to make "
            "tokens of it"
        )
    if options.dtype is None:
        also = " (an .idx of Megatron or a .ds.index of datatrove beside it would)" if ending in (".bin", ".ds") else ""
        raise InputError(
            f"{label(path)} does not say what its token ids are stored as{also}: pass --dtype, one of "
            f"{', '.join(DTYPES)}"
        )
    return Headerless(path, options.dtype, checks)


def _index_of(path: str, ending: str) -> str | None:
    """The index beside a file of token ids."""
    if path == "-" or ending not in (".bin", ".ds"):
        return None
    index = path.removesuffix(".bin") + ".idx" if path.endswith(".bin") else f"{path}.index"
    if not path.endswith((".bin", ".ds")) or not _is_there(index):
        return None
    return index


def _is_there(path: str) -> bool:
    if not is_url(path):
        return os.path.isfile(path)
    system, place = filesystem(path)
    with one_sentence(path):
        return bool(system.exists(place))


def _head(path: str) -> bytes:
    """The first bytes of a file, decompressed."""
    if path.endswith((".gz", ".zst")):
        return next(unpacked(path), b"")[:HEAD]
    with one_sentence(path), opened(path) as file:
        return file.read(HEAD)
