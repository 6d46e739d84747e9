"""Tables of runs as people have them: units, separators, quotes and blank lines, understood and said or refused."""

from __future__ import annotations

import gzip
import io
import json
import zipfile

import numpy as np
import pytest

from bounds.base.one_number import number
from bounds.cli.runs_csv import NAMES, read_runs
from bounds.fitting.runs.loss_units import LOSS_UNITS
from tests.commands import refused, run
from tests.law_runs import LAWS, ladder

HEAD = "params,tokens,loss\n"


def read(text, columns=None, run_column=None):
    data = text if isinstance(text, bytes) else text.encode()
    return read_runs(data, "runs.csv", columns or {}, run_column)


def refusal(text, *arguments):
    with pytest.raises(ValueError) as caught:
        read(text, *arguments)
    told = str(caught.value)
    assert "\n" not in told
    assert len(told) < 400, told
    return told


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1.5B", 1.5e9), ("300M", 3e8), ("1e9", 1e9), ("1_000", 1e3), ("7k", 7e3), ("2T", 2e12), ("1.5b", 1.5e9),
        ("1_000_000K", 1e9), (" 3e8 ", 3e8), ("124475904", 124475904), ("6795600349.289497", 6795600349.289497),
    ],
)  # fmt: skip
def test_a_number_in_a_flag_is_one_in_a_cell(cell, value):
    assert read(f"{HEAD}{cell},{cell},3.5\n").columns == {"n_params": [value], "n_tokens": [value], "loss": [3.5]}


@pytest.mark.parametrize("cell", ["1.5X", "many", "3B", "0x10", "1 000", "--2", "1e", "²"])
def test_a_loss_is_a_plain_number(cell):
    assert f"{cell!r} in column 'loss' is not a number" in refusal(f'{HEAD}1e9,1e9,"{cell}"\n')


def test_cells_that_are_no_numbers_are_told_with_what_is_one():
    assert "line 2: '1.5X' in column 'params' is not a number such as 1e9, 300M or 1.5B" in refusal(f"{HEAD}1.5X,1,1\n")
    assert "'1,000' in column 'params' can be 1000 or 1.000; write it without commas, with a point" in refusal(
        f'{HEAD}"1,000",1e9,3\n'
    )
    assert "params must be positive and finite, got -5" in refusal(f"{HEAD}-5,1e9,3\n")
    assert "is a comma too many, or a decimal or thousands comma" in refusal(f"{HEAD}1,000,1e9,3\n")


# Lines, as an editor counts them


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_errors_name_the_line_of_an_editor(end):
    lines = [
        "",
        " , ,",
        'params,tokens,loss,"remark',
        'of two lines"',
        '1e9,1e9,3,"three',
        "more",
        'lines"',
        "",
        "1e9,1e9,x,",
    ]
    text = end.join(lines) + end
    assert "line 9: 'x' in column 'loss'" in refusal(text)
    assert read(text.replace("x", "3")).columns["loss"] == [3, 3]


def test_blank_lines_above_the_header_are_passed_over():
    assert read(f"\n\n{HEAD}1e9,2e9,3\n").columns["n_tokens"] == [2e9]
    assert read("﻿\n" + HEAD + "1e9,2e9,3\n").columns["n_params"] == [1e9]
    for text in ("", "\n\n", " ,\n"):
        assert "is empty; it needs a header line" in refusal(text)


@pytest.mark.parametrize("rest", ['1e9,1e9,"3\n', '1e9,1e9,"3\n' + "2e9,1e9,3\n" * 30_000, '1e9,"1e9,3\n1e9,"1e9",3\n'])
def test_a_quotation_mark_that_is_not_closed_is_one_short_sentence(rest):
    told = refusal(f"{HEAD}5e8,1e9,3\n{rest}")
    assert told.startswith("runs.csv, line 3: a quotation mark")
    assert "not closed" in told
    assert len(told) < 250


def test_no_sentence_quotes_more_than_eighty_characters_of_a_file():
    long = "x" * 5000
    for text in (
        f"{long},b\n1,2\n", f"{HEAD}{long},1,1\n", f"{HEAD}1,1,{long}\n", f"{HEAD}1,1,-{'9' * 300}\n",

        ",".join([long] * 99), f'{HEAD}"{long}\n', f'{{"{long}": 1}}\n', f"params,n,tokens,loss,{long}\n",
    ):  # fmt: skip
        told = refusal(text)
        assert "x" * 81 not in told
        assert "9" * 81 not in told
        assert len(told) < 330


def test_what_a_terminal_would_obey_is_written_out():
    for text in (
        "a\x1b[31m,b\n1,2\n",
        f"{HEAD}\x1b[2J,1,1\n",
        'params,tokens,"loss (\x07)"\n1,1,1\n',
        f"{HEAD}1,1,-1\x9b\n",
    ):
        told = refusal(text)
        assert told.isprintable(), told


@pytest.mark.parametrize("cell", ["1e999999", "1e9999999B", "9" * 400, "1e999B", "0B", "1e-5K", "nan", "inf"])
def test_no_number_in_a_cell_hangs_or_ends_in_a_traceback(cell):
    assert "line 2" in refusal(f"{HEAD}{cell},1e9,3\n")


# Files that are no CSV


def workbook():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/workbook.xml", "x")
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (gzip.compress(HEAD.encode(), mtime=0), "compressed by gzip"),
        (workbook(), "a zip archive, as workbooks (.xlsx) are"),
        (b"PAR1\x15\x04", "a Parquet file"), (b"\x28\xb5\x2f\xfd\x04", "compressed by zstd"),
        (b"BZh91AY", "compressed by bzip2"), (b"\xfd7zXZ\x00\x00", "compressed by xz"), (b"\x93NUMPY\x01", "a NumPy"),
        (b"\x89HDF\r\n", "an HDF5 file"), (HEAD.encode("utf-16"), "text in UTF-16"), (b"ARROW1\x00", "an Arrow file"),
        (HEAD.encode("utf-16-le"), "NUL characters"),
        ("params,tökens,loss\n".encode("latin-1"),
        "not a CSV file in UTF-8"),
        (b'{"params": 1, "loss": 2}\n', "looks like JSON"), (b"[1, 2]\n", "looks like JSON"),
        (b"params tokens loss\n1 2 3\n", "separated by spaces"),
    ],
)  # fmt: skip
def test_what_is_no_csv_file_is_named(data, what):
    assert what in refusal(data)


# Units in a header


@pytest.mark.parametrize(
    ("header", "scale"),
    [
        ("tokens (B)", 1e9), ("tokens [M]", 1e6), ("tokens_b", 1e9), ("Tokens (billions)", 1e9),
        ("tokens (in billions)", 1e9),
        ("tokens, B", 1e9), ("training tokens (T)", 1e12), ("tokens (1e9)", 1e9), ("tokens (10^9)", 1e9), ("d (B)",
        1e9),
        ("tokens (billion tokens)", 1e9), ("tokens", 1.0), ("training tokens", 1.0),
    ],
)  # fmt: skip
def test_a_unit_of_tokens_in_the_header_is_understood_and_said(header, scale):
    table = read(f'params,"{header}",loss\n1e9,20,3\n')
    assert table.columns["n_tokens"] == [20 * scale]
    assert table.notes == (() if scale == 1 else (f"read as: D is column {header!r} times {number(scale)}",))


def test_units_of_parameters_and_compute():
    assert read("params (M),tokens,loss\n70,1e9,3\n").columns["n_params"] == [70e6]
    assert read("params,compute (PF-days),loss\n1e9,1,3\n").columns["compute_flops"] == [8.64e19]
    assert read("params,zflop,training flop,loss\n1e9,1,6e18,3\n").columns["compute_flops"] == [6e18]
    assert read("params,compute (zflop),loss\n1e9,2,3\n").columns["compute_flops"] == [2e21]
    assert read("x,tokens,loss\n2,1e9,3\n", {"n_params": "x"}).columns["n_params"] == [2]
    assert read("x (B),tokens,loss\n2,1e9,3\n", {"n_params": "x (B)"}).columns["n_params"] == [2e9]


def test_a_unit_that_is_not_understood_is_not_passed_over():
    assert "no column for n_tokens" in refusal("params,tokens (bogus),loss\n1,2,3\n")
    assert "'2B' has a unit of its own, and so has its column 'tokens (B)'" in refusal(
        "params,tokens (B),loss\n1,2B,3\n"
    )
    assert "more than one column for n_tokens" in refusal("params,tokens,tokens (B),loss\n1,2,3,4\n")
    # The width of a key is no number of tokens in thousands.
    assert read("params,d_k,tokens,loss\n1e9,64,1e9,3\n").columns["n_tokens"] == [1e9]


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("loss", None), ("loss_bits", "bits"), ("loss (bits)", "bits"), ("bpb", "bits-per-byte"), ("val_loss (nats)",
        "nats"),
        ("loss (bits/byte)", "bits-per-byte"), ("bits_per_byte", "bits-per-byte"), ("Loss [nats/token]", "nats"),
        ("loss_bpb", "bits-per-byte"), ("final loss (bits per byte)", "bits-per-byte"),
    ],
)  # fmt: skip
def test_the_unit_of_a_loss_in_the_header_is_noticed(header, unit):
    table = read(f"params,tokens,{header}\n1e9,1e9,1.1\n")
    assert table.loss_unit == unit
    assert table.agreed_unit(None) == (unit or "nats")
    for told in LOSS_UNITS:
        if unit in (None, told):
            assert table.agreed_unit(told) == told
        else:
            with pytest.raises(ValueError, match=f"--loss-unit is {told}, but column '{header[:3]}"):
                table.agreed_unit(told)


# Which column


def test_mixtures_of_experts_are_asked_which_parameters_count():
    moe = "active_params,total_params,tokens,loss\n1e9,8e9,1e10,3\n"
    told = refusal(moe)
    assert "counts parameters in active_params, total_params and does not say which is N" in told
    assert "--column n_params=NAME" in told
    assert read(moe, {"n_params": "total_params"}).columns["n_params"] == [8e9]
    (note,) = read("params,active_params,tokens,loss\n8e9,1e9,1e10,3\n").notes
    assert "N is column 'params'; active_params counts parameters too" in note


def test_runs_are_labels():
    table = read("run,params,tokens,loss\na,1e9,1e9,3\na,1e9,2e9,2.9\nb,2e9,1e9,2.8\n", run_column="run")
    assert table.runs == ["a", "a", "b"]
    assert "has no column 'job'" in refusal("run,params,tokens,loss\n", {}, "job")
    assert "line 3: column 'run' does not say which run this is" in refusal(
        "run,params,tokens,loss\na,1e9,1e9,3\n,1e9,1e9,3\n", {}, "run"
    )


def test_every_name_is_of_one_argument():
    names = [name for known in NAMES.values() for name in known]
    assert len(names) == len(set(names))


# The whole way


@pytest.fixture(scope="module")
def planted():
    rng = np.random.default_rng(3)
    n_params, n_tokens = ladder(rng, 60)
    return n_params, n_tokens, LAWS["Hoffmann"].loss(n_params, n_tokens) * np.exp(0.004 * rng.normal(size=60))


def table(header, *columns):
    return header + "\n" + "".join(",".join(map(repr, row)) + "\n" for row in np.stack(columns, 1).tolist())


def test_losses_in_bits_and_bits_per_byte_give_constants_in_nats(planted):
    N, D, L = planted
    rows = {}
    for name, header, factor, flags in (
        ("nats", "n,d,loss", 1, ()),
        ("bits", "n,d,loss_bits", np.log(2), ()),
        ("told", "n,d,loss", np.log(2), ("--loss-unit", "bits")),
        ("bpb", "n,d,bpb", 4.2 * np.log(2), ("--bytes-per-token", "4.2")),
    ):
        arguments = ("fit", "-", "--bootstrap", "0", "--json", *flags)
        out = run(*arguments, module="bounds", input=table(header, N, D, L / factor)).stdout
        (rows[name],) = json.loads(out)["rows"]
    for name in ("bits", "told", "bpb"):
        for key in ("irreducible", "param_coefficient", "data_exponent"):
            assert rows[name][key] == pytest.approx(rows["nats"][key], rel=1e-6)
    assert rows["bits"]["loss_read_in"] == "nats per token (losses read in bits per token)"
    assert rows["bpb"]["loss_read_in"] == "nats per token (losses read in bits per byte, 4.2 bytes a token)"


def test_bits_per_byte_need_the_bytes_of_a_token(tmp_path, planted):
    path = tmp_path / "runs.csv"
    path.write_text(table("n,d,bpb", *planted), encoding="utf-8")
    assert "in bits per byte need --bytes-per-token" in refused("fit", str(path), module="bounds")
    assert "must be positive" in refused("fit", str(path), "--bytes-per-token", "-1", module="bounds")
    path.write_text(table("n,d,loss", *planted), encoding="utf-8")
    assert "leave it out" in refused("fit", str(path), "--bytes-per-token", "4", module="bounds")


def test_a_file_whose_name_is_not_utf8_is_fitted_and_named(tmp_path, planted):
    path = str(tmp_path).encode() + b"/runs\xff.csv"
    with open(path, "wb") as file:
        file.write(table("n,d,loss", *planted).encode())
    arguments = ("fit", path.decode("utf-8", "surrogateescape"), "--bootstrap", "0")
    assert "through 60 runs" in run(*arguments, module="bounds").stdout
    assert json.loads(run(*arguments, "--json", module="bounds").stdout)["rows"]
    with open(path, "wb") as file:
        file.write(b"a,b\n")
    assert "has no column for" in refused(*arguments, module="bounds")
