"""One small corpus in every format that is read, written by the formats' own layouts: `struct`, NumPy, pyarrow."""

from __future__ import annotations

import gzip
import json
import struct
from pathlib import Path

import numpy as np
import zstandard

DOCUMENTS = ("the cat sat on the mat\n", "a cat, a mat", "", "über der Matte\n", "the cat sat")
"""Texts with and without a new line at the end, one of them empty."""

TOKENS = ((5, 6, 7, 50256), (5, 6, 8, 9, 50256), (50256,), (300, 5, 6, 50256))
"""Token ids of documents, each with the id that ends it."""

END = 50256
FLAT = np.array([token for document in TOKENS for token in document])
ENDS = np.cumsum([len(document) for document in TOKENS])


def json_lines(documents=DOCUMENTS, field: str = "text") -> bytes:
    return "".join(json.dumps({"id": i, field: text}) + "\n" for i, text in enumerate(documents)).encode()


def offsets(documents=DOCUMENTS) -> bytes:
    ends = np.cumsum([len(text.encode()) for text in documents]).tolist()
    rows = zip([0, *ends[:-1]], ends, range(len(ends)), strict=True)
    return ("byte_start\tbyte_end\tid\n" + "".join(f"{a}\t{b}\td{i}\n" for a, b, i in rows)).encode()


def llmc(ids=FLAT, magic: int = 20240520, version: int = 1, count: int | None = None) -> bytes:
    header = np.zeros(256, dtype="<i4")
    header[:3] = magic, version, len(ids) if count is None else count
    return header.tobytes() + np.asarray(ids).astype("<u2" if magic == 20240520 else "<u4").tobytes()


def megatron_index(lengths, documents, code: int = 8, size: int = 2, version: int = 1) -> bytes:
    """The index of sequences of so many tokens; `documents` are the first sequences of each, and their number."""
    pointers = np.concatenate([[0], np.cumsum(lengths)])[:-1] * size
    head = b"MMIDIDX\0\0" + struct.pack("<QBQQ", version, code, len(lengths), len(documents))
    return head + np.array(lengths, "<i4").tobytes() + np.array(pointers, "<i8").tobytes() + np.array(
        documents, "<i8"
    ).tobytes()  # fmt: skip


def write_text(folder: Path) -> dict[str, tuple[Path, dict]]:
    """The texts in every format, with what has to be asked for to read them."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    lines = json_lines()
    parquet.write_table(
        pa.table({"n": list(range(len(DOCUMENTS))), "text": list(DOCUMENTS)}), folder / "x.parquet", row_group_size=2
    )
    nested = pa.table({"meta": [{"body": text, "n": 1} for text in DOCUMENTS]})
    parquet.write_table(nested, folder / "nested.parquet")
    files = {
        "x.jsonl": lines,
        "x.jsonl.gz": gzip.compress(lines[:50]) + gzip.compress(lines[50:]),
        "x.jsonl.zst": zstandard.compress(lines[:50]) + zstandard.compress(lines[50:]),
        "x.ndjson": b"\xef\xbb\xbf" + lines.replace(b"\n", b"\r\n\n").removesuffix(b"\r\n\n"),
        "lines.txt": lines,
        "deep.jsonl": "\n".join(json.dumps({"a": {"b": text}}) for text in DOCUMENTS).encode(),
        "dotted.jsonl": json_lines(field="a.b"),
        "whole.txt": "".join(DOCUMENTS).encode(),
        "whole.txt.gz": gzip.compress("".join(DOCUMENTS).encode()),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (folder / "offsets.tsv").write_bytes(offsets())
    (folder / "offsets.tsv.zst").write_bytes(zstandard.compress(offsets()))
    asked: dict[str, dict] = {name: {} for name in files} | {"x.parquet": {}, "nested.parquet": {"field": "meta.body"}}
    asked |= {"lines.txt": {"format": "jsonl"}, "deep.jsonl": {"field": "a.b"}, "dotted.jsonl": {"field": "a.b"}}
    asked["whole.txt"] = {"documents": str(folder / "offsets.tsv")}
    asked["whole.txt.gz"] = {"documents": str(folder / "offsets.tsv.zst")}
    return {name: (folder / name, options) for name, options in asked.items()}


def write_ids(folder: Path) -> dict[str, tuple[Path, dict]]:
    """The token ids in every format, with what has to be asked for to read them and their documents."""
    lengths = [len(document) for document in TOKENS]
    halves = [2, 2, 5, 1, 4]  # the first document in two sequences
    told = {"end_of_document": END}
    files: dict[str, tuple[bytes, dict]] = {
        "nano.bin": (FLAT.astype("<u2").tobytes(), {"dtype": "uint16", **told}),
        "nano.bin.gz": (gzip.compress(FLAT.astype("<u2").tobytes()), {"dtype": "uint16", **told}),
        "olmo.npy": (FLAT.astype("<u4").tobytes(), {"dtype": "uint32", **told}),
        "wide.bin": (FLAT.astype("<i8").tobytes(), {"dtype": "int64", **told}),
        "gpt2.bin": (llmc(), told),
        "llama.bin": (llmc(magic=20240801, version=7), told),
        "mega.bin": (FLAT.astype("<u2").tobytes(), {}),
        "mega.idx": (megatron_index(lengths, range(len(TOKENS) + 1)), {}),
        "long.bin": (FLAT.astype("<i4").tobytes(), {}),
        "long.idx": (megatron_index(halves, [0, 2, 3, 4, 5], code=4, size=4) + bytes(len(halves)), {}),
        "short.ds": (FLAT.astype("<u2").tobytes(), {}),
        "short.ds.index": (ENDS.astype("<u8").tobytes(), {}),
        "big.ds": (FLAT.astype("<u4").tobytes(), {}),
        "big.ds.index": (ENDS.astype("<u8").tobytes(), {}),
    }
    for name, (data, _) in files.items():
        (folder / name).write_bytes(data)
    np.save(folder / "true.npy", FLAT.astype(np.int32))
    np.save(folder / "rows.npy", FLAT.reshape(2, -1).astype(np.uint16))
    asked = {name: options for name, (_, options) in files.items() if not name.endswith((".idx", ".index"))}
    asked |= {"true.npy": told, "rows.npy": told}
    return {name: (folder / name, options) for name, options in asked.items()}
