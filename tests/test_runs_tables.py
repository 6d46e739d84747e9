"""More tables of runs as people keep them: of spreadsheets, trackers, papers and scripts; and units that round-trip.

Each gives the right values and says how it was read, or one sentence that says what to do, or a warning.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounds import fit_loss_law
from bounds.cli.runs_csv import read_runs
from bounds.fitting.runs.loss_units import nats_per_token
from tests.law_runs import LAWS, ladder

# Three runs: N, D and loss in nats per token.
N, D, LOSS = [70e6, 410e6, 6795.6e6], [5.5e9, 20e9, 1234.5e9], [3.5, 2.75, 2.125]
PLAIN = [("70e6", "5.5e9", "3.5"), ("410e6", "20e9", "2.75"), ("6795.6e6", "1234.5e9", "2.125")]
BY_UNIT = [("70", "5.5", "3.5"), ("410", "20", "2.75"), ("6795.6", "1234.5", "2.125")]
FLOP = [6 * n * d for n, d in zip(N, D, strict=True)]


def table(header, rows=PLAIN, separator=",", *, before=(), after=(), end="\n"):
    lines = [*before, header, *(separator.join(row) for row in rows), *after]
    return end.join(lines) + end


def with_first(cells, rows=PLAIN):
    return [(cell, *row) for cell, row in zip(cells, rows, strict=True)]


def before_loss(cells):
    return [(*row[:2], cell, row[2]) for cell, row in zip(cells, PLAIN, strict=True)]


def with_flop(unit, rows=PLAIN):
    return [(row[0], repr(flop / unit), row[2]) for row, flop in zip(rows, FLOP, strict=True)]


NAMES = ["a", "b", "c"]
UNDERSTOOD = {
    "Windows line ends and tabs": (table("params\ttokens\tloss", separator="\t", end="\r\n"), "separated by tabs"),
    "old Mac line ends": (table("params,tokens,loss", end="\r"), ""),
    "a header of two lines with the unit": (table('"Params\n(M)","Tokens\n(B)",loss', BY_UNIT), "times 1e6"),
    "units in square brackets": (table("Params [M],Tokens [B],Loss", BY_UNIT), "column 'Tokens [B]' times 1e9"),
    "units behind underscores": (table("Params_M,tokens_in_billions,loss", BY_UNIT), "'tokens_in_billions' times"),
    "units in words": (table("params (millions),tokens (billions),loss", BY_UNIT), "times 1e6"),
    "units without a space": (table("N(M),D(B),L", BY_UNIT), "column 'N(M)' times 1e6"),
    "typographic apostrophes": (
        table("params,tokens,loss", [("70’000’000", *PLAIN[0][1:]), *PLAIN[1:]]), "is 70000000"),
    "decimal commas before exponents": (
        table("params;tokens;loss", [("7,0e7", "5,5e9", "3,5"), ("4,1e8", "2e10", "2,75"),
                                     ("6,7956e9", "1,2345e12", "2,125")], ";"), "the comma is the decimal sign"),
    "decimals behind thousands with points": (
        table("params;tokens;loss", [("70.000.000,0", "5.500.000.000", "3,5"), ("410e6", "20e9", "2,75"),
                                     ("6795600000", "1234500000000", "2,125")], ";"), "the comma is the decimal sign"),
    "letters after a blank": (
        table("params,tokens,loss", [("70 M", "5.5 B", "3.5"), ("0.41 B", "20 B", "2.75"),
                                     ("6.7956 B", "1.2345 T", "2.125")]), ""),
    "all cells in quotation marks": (
        table('"params","tokens","loss"', [tuple(f'"{cell}"' for cell in row) for row in PLAIN]), ""),
    "FLOP with a power in the header": (table("params,train FLOPs (1e18),loss", with_flop(1e18)), "times 1e18"),
    "FLOP with a power behind an underscore": (table("params,FLOPs_1e18,loss", with_flop(1e18)), "times 1e18"),
    "EFLOP": (table("params,compute (EFLOPs),loss", with_flop(1e18)), "times 1e18"),
    "PF-days as a name": (table("params,PF-days,loss", with_flop(8.64e19)), "times 8.64e19"),
    "PF-days behind underscores": (table("params,compute_pf_days,loss", with_flop(8.64e19)), "times 8.64e19"),
    "petaflop/s-days": (table("N,Compute (petaflop/s-days),L", with_flop(8.64e19)), "times 8.64e19"),
    "a spread behind each loss": (
        table("params,tokens,val loss ± std", [(n, d, f"{x} ± 0.01") for n, d, x in PLAIN]),
        "what stands behind ± is left out ('3.5 ± 0.01' in line 2)"),
    "a spread in signs": (
        table("params,tokens,loss", [(n, d, f"{x}+/-.01") for n, d, x in PLAIN]), "what stands behind ± is left out"),
    "a spread in a column": (table("params,tokens,loss_mean,loss_std", [(*row, "0.01") for row in PLAIN]), ""),
    "an index column": (table(",params,tokens,loss", with_first("012")), ""),
    "a named index column": (table("Unnamed: 0,params,tokens,loss", with_first("012")), ""),
    "comments": (
        table("params,tokens,loss", before=["# runs of 2024, of two people"], after=["# the end"]),
        "the header is in line 2; line 6 is a comment"),
    "a header behind a #": (table("# params,tokens,loss"), ""),
    "names with #": (table("run,params,tokens,loss", with_first(["#1", "#2", "#3"])), ""),
    "a title above": (table("params,tokens,loss", before=["Scaling runs 2024", ""]), "the header is in line 3"),
    "a title among separators": (
        table("params;tokens;loss", separator=";", before=["Table 3;;", "see the appendix;;"]),
        "the header is in line 3; cells are separated by semicolons"),
    "the header again": (
        table("params,tokens,loss", [PLAIN[0], ("params", "tokens", "loss"), *PLAIN[1:]]),
        "line 3 is the header again"),
    "Markdown": (
        table("| params | tokens | loss |", [("| 70e6", " 5.5e9 ", " 3.5 |"), ("| 410e6", " 20e9 ", " 2.75 |"),
                                             ("| 6795.6e6", " 1234.5e9", " 2.125 |")], "|").replace(
            "loss |\n", "loss |\n|---|---:|:--|\n"), "cells are separated by bars"),
    "an empty last column": (table("params,tokens,loss,", [(*row, "") for row in PLAIN]), ""),
    "a tracker's export": (
        table('"Name","State","config.n_params","train/tokens","eval/loss"',
              [(f'"{name}"', '"finished"', *row) for name, row in zip(NAMES, PLAIN, strict=True)]), ""),
    "loss by split": (table("params,tokens,loss/val"), ""),
    "a perplexity beside the loss": (
        table("params,tokens,val_ppl,loss", [(*row[:2], "30", row[2]) for row in PLAIN]), ""),
    "FLOP that agree": (
        table("params,tokens,flops,loss", before_loss([repr(1.3 * flop) for flop in FLOP])), ""),
    "two counts of parameters": (
        table("n_params,n_params_non_embed,tokens,loss", [(row[0], "1e6", *row[1:]) for row in PLAIN]),
        "n_params_non_embed counts parameters too"),
    "a spare column that nobody can read": (
        table("params,tokens,flops,loss", before_loss(["?", "x", '"1,5"'])), ""),
}  # fmt: skip


def read(text, **more):
    return read_runs(text if isinstance(text, bytes) else text.encode(), "runs.csv", more.pop("columns", {}), **more)


@pytest.mark.parametrize("kind", UNDERSTOOD)
def test_a_table_is_understood_and_said(kind):
    text, said = UNDERSTOOD[kind]
    found = read(text)
    columns = dict(found.columns)
    if "compute_flops" in columns:
        columns["n_tokens"] = [c / (6 * n) for c, n in zip(columns["compute_flops"], columns["n_params"], strict=True)]
    for key, values in (("n_params", N), ("n_tokens", D), ("loss", LOSS)):
        assert columns[key] == pytest.approx(values, rel=1e-9), key
    assert said in " ".join(found.notes)
    assert bool(found.notes) == bool(said)
    assert all(note.isprintable() for note in found.notes)


LOGS = [(repr(math.log10(float(n))), repr(math.log10(float(d))), x) for n, d, x in PLAIN]
REFUSED = {
    "UTF-16, as spreadsheets save Unicode text": (
        table("params\ttokens\tloss", separator="\t").encode("utf-16"), "is text in UTF-16, not a CSV file; write it"),
    "another encoding": (table("Paramètres,tokens,loss").encode("latin-1"), "save it as UTF-8"),
    "logarithms": (table("log10(N),log10(D),loss", LOGS), "column 'log10(N)' holds logarithms; write the numbers"),
    "logarithms behind underscores": (table("log10_params,log_tokens,loss", LOGS), "'log10_params' holds logarithms"),
    "natural logarithms": (table("ln N,ln D,loss", LOGS), "column 'ln N' holds logarithms"),
    "a perplexity of a text": (table("params,tokens,WikiText PPL"), "its natural logarithm is the loss in nats"),
    "losses in percent": (
        table("params,tokens,loss", [(n, d, f"{x}%") for n, d, x in PLAIN]), "'3.5%' in column 'loss'"),
    "a column in percent": (table("params,tokens,loss (%)"), "the unit of 'loss (%)' is not understood"),
    "tokens in percent": (table("params,tokens,loss", [("70e6", "50%", "3.5")]), "'50%' in column 'tokens'"),
    "another noun": (table("params,tokens,loss", [("70M", "5.5B toks", "3.5")]), "'5.5B toks' in column 'tokens'"),
    "more or less": (table("params,tokens,loss", [("~70M", "5.5B", "3.5")]), "'~70M' in column 'params'"),
    "a row of totals": (
        table("name,params,tokens,loss", with_first(NAMES), after=["Total,7275.6e6,1260e9,8.375"]),
        "line 5: 'Total' seems to sum up the other rows and to be no run; take it out"),
    "rows of statistics": (
        table("name,params,tokens,loss", with_first(NAMES), after=["mean,1e9,1e9,3", "std,1e9,1e9,3"]),
        "lines 5 and 6: 'mean' seems to sum up"),
    "a mean above": (
        table("name,params,tokens,loss", with_first(NAMES), before=[]).replace("a,", "Average (n=3):,1e9,1e9,3\na,", 1),
        "line 2: 'Average (n=3):' seems to sum up"),
    "runs in columns": (
        "params,70e6,410e6\ntokens,5.5e9,20e9\nloss,3.5,2.75\n", "exchange rows and columns"),
    "units below the header": (table("params,tokens,loss", [("(M)", "(B)", "(nats)"), *BY_UNIT]), "line 2 holds units"),
    "units in words below": (
        table("params,tokens,loss", [("millions", "billions", ""), *BY_UNIT]), "line 2 holds units"),
    "two columns of parameters": (
        table("params,params,tokens,loss", with_first("123")), "more than one column for n_params"),
    "two losses": (table("params,tokens,loss,loss", [(*row, "1") for row in PLAIN]), "more than one column for loss"),
    "losses of two splits": (
        table("params,tokens,train/loss,val/loss", [(*row, "1") for row in PLAIN]), "choose with --column loss=NAME"),
    "parameters without embeddings alone": (table("n_nonemb,tokens,loss"), "does not say which is N"),
    "a size and a size": (
        table("params (non-embedding),params (total),tokens,loss", with_first("123")), "does not say which is N"),
    "row names without a header": (table("params,tokens,loss", with_first("123")), "4 cells under 3 columns"),
    "a comment that may be a run": (
        table("name,params,tokens,loss", with_first(["a", "#b", "c"])), "line 3: is it a comment or a run that begins"),
    "a script of LaTeX": (table("params & tokens & loss", separator=" & "), "must be separated by commas"),
    "names for sizes": (table("model,tokens,loss", [("pythia-70m", "5e9", "3")]), "no column for n_params"),
    "steps for tokens": (table("params,steps,loss"), "no column for n_tokens (or compute_flops)"),
    "tokens per parameter": (table("params,tokens/param,loss"), "no column for n_tokens (or compute_flops)"),
    "tokens per second": (table("params,train/tokens_per_sec,loss"), "no column for n_tokens (or compute_flops)"),
    "an unknown scale": (table("params (M),tokens (GT),loss", BY_UNIT), "the unit of 'tokens (GT)' is not understood"),
    "a log-likelihood": (
        table("params,tokens,loss", [("70e6", "5e9", "-3.5")]), "must be positive and finite, got -3.5"),
    "text behind =": (table("params,tokens,loss", [('="70e6"', "5e9", "3.5")]), "is not a number such as 1e9"),
    "groups of two digits": (
        table("params,tokens,loss", [('"7,00,00,000"', "5e9", "3.5")]), "not groups of three digits"),
    "digits of another script": (table("params,tokens,loss", [("７0e6", "5e9", "3.5")]), "is not a number such as 1e9"),
    "a word for a loss": (table("params,tokens,loss", [("70e6", "5e9", "diverged")]), "'diverged' in column 'loss'"),
    "no loss": (table("params,tokens,lr"), "name one with --column loss=NAME"),
    "more rows than runs": (
        table("params,tokens,loss", [PLAIN[0]] * 100_001), "at most 100000: keep the last row of each"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_a_table_is_refused_in_a_sentence(kind):
    text, said = REFUSED[kind]
    with pytest.raises(ValueError) as caught:
        read(text)
    assert said in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


WARNED = {
    "FLOP that contradict the tokens": (
        table("params,tokens,flops,loss", before_loss([repr(10 * flop) for flop in FLOP])),
        "column 'flops' is 10 times 6 N D in the middle run; D is column 'tokens'"),
    "a run that crashed": (
        table('"Name","State","params","tokens","loss"', [(name, state, *row) for name, state, row in
              zip(NAMES, ("finished", "crashed", "running"), PLAIN, strict=True)]),
        "column 'State' says 'crashed' in lines 3 and 4: is that a final loss?"),
    "sums without a name": (
        table("params,tokens,loss", [*PLAIN, (repr(sum(N)), repr(sum(D)), "8.375")]),
        "the last row, line 5, holds the sums of the rows above: is it a run?"),
    "means without a name": (
        table("params,tokens,loss", [*PLAIN, (repr(sum(N) / 3), repr(sum(D) / 3), repr(sum(LOSS) / 3))]),
        "holds the means of the rows above"),
    "logarithms under other names": (table("params,tokens,loss", LOGS), "or a logarithm?"),
    "a perplexity called loss": (
        table("params,tokens,loss", [(*row[:2], repr(math.exp(float(row[2])))) for row in PLAIN]),
        "can it be a perplexity"),
}  # fmt: skip


@pytest.mark.parametrize("kind", WARNED)
def test_a_table_is_read_with_a_warning(kind):
    text, said = WARNED[kind]
    found = read(text)
    assert said in " ".join([*found.notes, *found.odd()])


def test_plain_tables_are_read_without_one():
    more = [("1e9", "1e10", "3"), ("2e9", "1e10", "2.9"), ("1e9", "1e10", "2.8")]
    for rows in (PLAIN, [*PLAIN, *more], [PLAIN[0]] * 4):
        found = read(table("params,tokens,loss", rows))
        assert (found.notes, found.odd()) == ((), [])
    assert read(table("pooling,params,tokens,loss", with_first(["mean", "max", "mean"]))).notes == ()
    assert read(table("flops,params,tokens,loss", with_first(["", "nan", "-"]))).notes == ()


@pytest.mark.parametrize(
    "cell",
    ["NaN", "nan", "-nan", "NA", "N/A", "#N/A", "<NA>", "NaT", "n.a.", "NULL", "(null)", "None", "\\N", "", " ", "-",
     "--", "—", "...", "…", "?", "#DIV/0!", "#VALUE!", "#REF!", "#NUM!", "1.#QNAN", "nan(ind)"],
)  # fmt: skip
def test_no_number_is_no_number_however_it_is_written(cell):
    text = table("params,tokens,loss", [PLAIN[0], (*PLAIN[1][:2], cell), PLAIN[2]])
    with pytest.raises(ValueError, match="line 3 has no number in loss: complete them"):
        read(text)
    found = read(text, skip_incomplete=True)
    assert (found.columns["loss"], found.skipped) == ([3.5, 2.125], (3,))


@pytest.mark.parametrize("title", ["log10(N)", "log params", "ln(loss)"])
def test_a_logarithm_is_none_of_the_columns_even_if_it_is_named(title):
    key = "loss" if "loss" in title else "n_params"
    with pytest.raises(ValueError, match="holds logarithms"):
        read(table(f"{title},params,tokens,loss", with_first("123")), columns={key: title})


def test_a_log_loss_is_a_loss():
    assert read(table("params,tokens,log loss"), columns={"loss": "log loss"}).columns["loss"] == LOSS


def test_a_named_column_finds_its_header_below_a_title():
    found = read(table("size,tokens,loss", before=["of us,,"]), columns={"n_params": "size"})
    assert found.columns["n_params"] == N
    assert found.lines == (3, 4, 5)


# Units round-trip

SCALES = {"": 1.0, " (K)": 1e3, " (M)": 1e6, " [B]": 1e9, " (billions)": 1e9, " in T": 1e12, " (1e6)": 1e6, "_m": 1e6}
LOSSES = {
    "loss": ("nats", None),
    "loss (nats)": ("nats", None),
    "loss_bits": ("bits", None),
    "bpb": ("bits-per-byte", 4.2),
}
SEPARATORS = [",", ";", "\t", "|"]
SIZES = st.floats(1e4, 1e13, allow_nan=False)


@given(
    rows=st.lists(st.tuples(SIZES, SIZES, st.floats(0.6, 9.0)), min_size=1, max_size=6),
    params=st.sampled_from(list(SCALES)), tokens=st.sampled_from(list(SCALES)), loss=st.sampled_from(list(LOSSES)),
    separator=st.sampled_from(SEPARATORS), comma=st.booleans(), end=st.sampled_from(["\n", "\r\n"]),
)  # fmt: skip
def test_what_is_written_in_a_unit_is_read_in_it(rows, params, tokens, loss, separator, comma, end):
    unit, bytes_per_token = LOSSES[loss]
    nats = nats_per_token(unit, bytes_per_token)
    cells = [(f"{n / SCALES[params]:.17e}", f"{d / SCALES[tokens]:.17e}", f"{x / nats:.17e}") for n, d, x in rows]
    if comma and separator != ",":
        cells = [(n.replace(".", ","), d.replace(".", ","), x.replace(".", ",")) for n, d, x in cells]
    found = read(table(f"params{params}{separator}tokens{tokens}{separator}{loss}", cells, separator, end=end))
    for key, place in (("n_params", 0), ("n_tokens", 1)):
        assert found.columns[key] == pytest.approx([row[place] for row in rows], rel=1e-12)
    assert np.array(found.columns["loss"]) * nats_per_token(found.agreed_unit(None), bytes_per_token) == pytest.approx(
        [x for *_, x in rows], rel=1e-12
    )


def test_the_constants_do_not_depend_on_how_a_table_is_written():
    rng = np.random.default_rng(5)
    n, d = ladder(rng, 40)
    loss = LAWS["Hoffmann"].loss(n, d) * np.exp(0.004 * rng.normal(size=40))
    flop = 6 * n * d
    ways = {
        "params,tokens,loss": (n, d, loss),
        "params (M),tokens (B),loss_bits": (n / 1e6, d / 1e9, loss / math.log(2)),
        "params [B],compute (PF-days),bpb": (n / 1e9, flop / 8.64e19, loss / math.log(2) / 4.2),
        "N_k,train FLOPs (1e18),loss (nats)": (n / 1e3, flop / 1e18, loss),
    }
    fits = []
    for header, columns in ways.items():
        found = read(
            table(header.replace("N_k", "params_k"), [tuple(map(repr, row)) for row in np.stack(columns, 1).tolist()])
        )
        unit = found.agreed_unit(None)
        bytes_per_token = 4.2 if unit == "bits-per-byte" else None
        fits.append(fit_loss_law(**found.columns, loss_unit=unit, bytes_per_token=bytes_per_token, bootstrap=0))
    for other in fits[1:]:
        assert np.array(other.law.constants) == pytest.approx(np.array(fits[0].law.constants), rel=1e-5)
