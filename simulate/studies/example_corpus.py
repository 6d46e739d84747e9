"""One corpus whose truth is known, in every format that is read: the same documents as texts and as token ids.

Words are drawn from a source; word i of the corpus, counted in the order of first appearance, has the token id i. So
the distinct windows of words of a text, and of token ids, are as many in each file; of the folder, whose files no
window joins, in its documents up to eight. Layouts: see `simulate.text.reading.formats`, which reads them.
"""

from __future__ import annotations

import gzip
import io
import json
import struct
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from bounds.base.arguments import Count
from bounds.base.telling.steps import stepped
from bounds.cli.process import reveal
from simulate.studies.examples import WORDS, drawn_words, lines_of

DOCUMENTS = Count("documents", high=100_000)
MOST_TYPES = 1 << 16
"""Distinct words of a corpus at most: ids take 16 bits."""


class Format(NamedTuple):
    """A file, or a file and its index, and how `python -m simulate corpus` is told to read it."""

    title: str
    name: str
    flags: str
    write: Callable[[Documents], dict[str, bytes]]


class Documents(NamedTuple):
    """The words of a corpus, their token ids, and the number of words up to the end of each document."""

    words: np.ndarray
    ids: np.ndarray
    ends: np.ndarray

    @property
    def texts(self) -> list[str]:
        """A text for each document, of lines of a dozen words."""
        return [lines_of(words) for words in np.split(self.words, self.ends[:-1])]


def example_documents(source: str = "zipf:1.724", *, n_words: float, documents: float, seed: int = 0) -> Documents:
    """`documents` documents of about as many words each, `n_words` in all, drawn from `source`.

    Raises ValueError with one sentence where there are more documents than words, or more distinct words than 16 bits
    tell apart.
    """
    n, parts = WORDS(n_words), DOCUMENTS(documents)
    if parts > n:
        raise ValueError(f"documents must be at most the {n} words, got {parts}")
    words, ids, n_types = drawn_words(source, n, seed)
    if n_types > MOST_TYPES:
        raise ValueError(
            f"{n} words of {source} have {n_types} distinct ones, and token ids of 16 bits tell {MOST_TYPES} apart; "
            "take fewer words"
        )
    return Documents(words, ids, np.arange(1, parts + 1) * n // parts)


def _text(documents: Documents) -> bytes:
    return "".join(documents.texts).encode()


def _lines(documents: Documents) -> bytes:
    return "".join(json.dumps({"id": i, "text": text}) + "\n" for i, text in enumerate(documents.texts)).encode()


def _offsets(documents: Documents) -> bytes:
    ends = np.cumsum([len(text.encode()) for text in documents.texts]).tolist()
    rows = zip([0, *ends[:-1]], ends, range(len(ends)), strict=True)
    return ("byte_start\tbyte_end\tid\n" + "".join(f"{a}\t{b}\t{i}\n" for a, b, i in rows)).encode()


def _zipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def _zstandard(data: bytes) -> bytes:
    import zstandard

    return zstandard.compress(data)


def _parquet(documents: Documents) -> bytes:
    reveal("pyarrow")
    import pyarrow as pa
    import pyarrow.parquet

    file = io.BytesIO()
    pyarrow.parquet.write_table(pa.table({"id": range(len(documents.ends)), "text": documents.texts}), file)
    return file.getvalue()


def _uint16(documents: Documents) -> bytes:
    return documents.ids.astype("<u2").tobytes()


def _llmc(documents: Documents) -> bytes:
    header = np.zeros(256, "<i4")
    header[:3] = 20240520, 1, len(documents.ids)
    return header.tobytes() + _uint16(documents)


def _numpy(documents: Documents) -> bytes:
    file = io.BytesIO()
    np.save(file, documents.ids.astype("<u2"))
    return file.getvalue()


def _megatron(documents: Documents) -> dict[str, bytes]:
    starts, n = np.concatenate([[0], documents.ends[:-1]]), len(documents.ends)
    index = [
        b"MMIDIDX\0\0" + struct.pack("<QBQQ", 1, 8, n, n + 1),
        (documents.ends - starts).astype("<i4").tobytes(),
        (2 * starts).astype("<i8").tobytes(),
        np.arange(n + 1).astype("<i8").tobytes(),
    ]
    return {"megatron.bin": _uint16(documents), "megatron.idx": b"".join(index)}


def _datatrove(documents: Documents) -> dict[str, bytes]:
    return {"datatrove.ds": _uint16(documents), "datatrove.ds.index": documents.ends.astype("<u8").tobytes()}


def _alone(title: str, name: str, flags: str, content: Callable[[Documents], bytes]) -> Format:
    return Format(title, name, flags, lambda documents: {name: content(documents)})


def _folder_of_parts(documents: Documents) -> dict[str, bytes]:
    """As many files as documents up to eight, in a folder."""
    parts = np.array_split(np.array(documents.texts, dtype=object), min(8, len(documents.ends)))
    return {f"parts/{i:02d}.txt": "".join(part).encode() for i, part in enumerate(parts)}


FORMATS: Sequence[Format] = (
    Format(
        "text, and where its documents lie", "text.txt", "--documents {folder}/offsets.tsv",
        lambda documents: {"text.txt": _text(documents), "offsets.tsv": _offsets(documents)},
    ),
    _alone("text, gzip", "text.txt.gz", "", lambda documents: _zipped(_text(documents))),
    _alone("text, zstandard", "text.txt.zst", "", lambda documents: _zstandard(_text(documents))),
    Format("folder of texts, no window joins two", "parts", "", _folder_of_parts),
    _alone("JSON lines", "lines.jsonl", "", _lines),
    _alone("JSON lines, gzip", "lines.jsonl.gz", "", lambda documents: _zipped(_lines(documents))),
    _alone("JSON lines, zstandard", "lines.jsonl.zst", "", lambda documents: _zstandard(_lines(documents))),
    _alone("Parquet", "table.parquet", "", _parquet),
    _alone("token ids, nanoGPT", "nanogpt.bin", "--dtype uint16", _uint16),
    _alone("token ids, llm.c", "llmc.bin", "--unit token", _llmc),
    Format("token ids, Megatron", "megatron.bin", "--unit token", _megatron),
    _alone("token ids, OLMo", "olmo.npy", "--dtype uint16", _uint16),
    Format("token ids, datatrove", "datatrove.ds", "--unit token", _datatrove),
    _alone("token ids, NumPy", "numpy.npy", "--unit token", _numpy),
)  # fmt: skip


def example_corpus(documents: Documents, folder: str) -> tuple[dict[str, bytes], list[tuple[str, str]]]:
    """Every file by its name below `folder`, and for each format a title and the arguments of `simulate corpus`.

    Parquet is left out where pyarrow is missing.
    """
    files: dict[str, bytes] = {}
    told = []
    for one in stepped(FORMATS, "writing", "formats"):
        try:
            files |= one.write(documents)
        except ModuleNotFoundError:
            continue
        told.append((one.title, f"{folder}/{one.name} {one.flags.format(folder=folder)}".strip()))
    return files, told
