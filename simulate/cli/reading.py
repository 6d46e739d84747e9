"""Flags that say how the files of a corpus are read; loads nothing heavy."""

from __future__ import annotations

import click

from bounds.cli.shared import Checked
from simulate.cli.options import options_of
from simulate.text.reading.asked import DTYPE, END, FIELD, FORMAT, NORMALISE, VOCAB

reading_flags = options_of(
    click.option(
        "--format", type=Checked(FORMAT), default="auto", show_default=True,
        help="What files hold, whatever their names: text, jsonl, parquet, or ids of tokens.",
    ),
    click.option(
        "--field", type=Checked(FIELD), default="text", show_default=True, metavar="NAME",
        help="Field of JSON lines, or column of Parquet, that holds the text; meta.body is body in meta.",
    ),
    click.option("--skip-missing", is_flag=True, help="Leave out, and count, records without that field."),
    click.option(
        "--within-documents", is_flag=True,
        help="No window joins two documents; without it those of one file are joined.",
    ),
    click.option(
        "--documents", metavar="OFFSETS.tsv",
        help="Where the documents of one text lie: columns byte_start and byte_end, of its bytes decompressed.",
    ),
    click.option(
        "--tokenizer", metavar="FILE.json", help="Count the tokens that this local tokenizer.json makes of the text."
    ),
    click.option("--lowercase", is_flag=True, help="Count the text in lower case."),
    click.option("--normalise", type=Checked(NORMALISE), metavar="FORM", help="Count it in Unicode form nfc or nfkc."),
    click.option(
        "--dtype", type=Checked(DTYPE), metavar="TYPE",
        help="What token ids are stored as, where files do not say: uint16, uint32, int32 or int64.",
    ),
    click.option("--vocab", type=Checked(VOCAB), metavar="N", help="Token ids are below it; others are refused."),
    click.option(
        "--end-of-document", type=Checked(END), metavar="ID", help="The token id with which a document ends."
    ),
)  # fmt: skip
"""How files are read; the names of `ReadOptions`."""

READING = (
    "format", "field", "skip_missing", "within_documents", "documents", "tokenizer", "lowercase", "normalise", "dtype",
    "vocab", "end_of_document",
)  # fmt: skip
