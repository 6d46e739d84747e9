"""Tables of runs as people have them, one fault each: the right values and how they were read, or a refusal."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bounds import fit_loss_law
from bounds.cli.runs_csv import read_runs
from bounds.fitting.runs.leverage import heavy_runs
from tests.commands import refused, run
from tests.law_runs import LAWS, ladder

# Three runs: N, D and loss in nats per token.
RUNS = {"n_params": [70e6, 410e6, 6795.6e6], "n_tokens": [5.5e9, 20e9, 1234.5e9], "loss": [3.5, 2.75, 2.125]}


def lines(*rows, end="\n"):
    return end.join(rows) + end


PLAIN = lines("params,tokens,loss", "70e6,5.5e9,3.5", "410e6,20e9,2.75", "6795.6e6,1234.5e9,2.125")
BY_UNIT = ("70,5.5,3.5", "410,20,2.75", "6795.6,1234.5,2.125")
GERMAN = [row.replace(",", ";").replace(".", ",") for row in BY_UNIT]

UNDERSTOOD = {
    "plain": (PLAIN, ""),
    "semicolons": (PLAIN.replace(",", ";"), "cells are separated by semicolons"),
    "tabs": (PLAIN.replace(",", "\t"), "cells are separated by tabs"),
    "bars": (PLAIN.replace(",", "|"), "cells are separated by bars"),
    "the sign said above the header": (
        "sep=;\n" + PLAIN.replace(",", ";"), "cells are separated by semicolons"),
    "byte-order mark": ("\ufeff" + PLAIN, "a byte-order mark is passed over"),
    "lines of Windows": (PLAIN.replace("\n", "\r\n"), ""),
    "capitals": (PLAIN.replace("params,tokens,loss", "PARAMS,Training Tokens,Val_Loss"), ""),
    "units in brackets": (
        lines("# Params (M),Tokens (B),Loss", *BY_UNIT),
        "N is column '# Params (M)' times 1e6; D is column 'Tokens (B)' times 1e9"),
    "units as suffixes": (lines("num_params_m,tokens_b,loss", *BY_UNIT), "N is column 'num_params_m' times 1e6"),
    "units as quotients": (lines("Params / 10⁶,Tokens / 1e9,loss", *BY_UNIT), "D is column 'Tokens / 1e9' times 1e9"),
    "decimal commas": (
        lines("Params (M);Tokens (B);loss", *GERMAN), "the comma is the decimal sign ('6795,6' in line 4)"),
    "decimal commas in quotation marks": (
        lines("params (M),tokens (B),loss", '70,"5,5","3,5"', '410,20,"2,75"', '"6795,6","1234,5","2,125"'),
        "the comma is the decimal sign"),
    "thousands with commas": (
        lines("params,tokens,loss", '"70,000,000","5,500,000,000",3.5', '"410,000,000",20e9,2.75',
              '"6,795,600,000","1,234,500,000,000",2.125'), "'70,000,000' is 70000000"),
    "thousands with points": (
        lines("params;tokens;loss", "70.000.000;5.500.000.000;3,5", "410e6;20e9;2,75",
              "6.795.600.000;1.234.500.000.000;2,125"), "'70.000.000' is 70000000"),
    "thousands with spaces": (
        lines("params,tokens,loss", "70 000 000,5\u202f500\u202f000\u202f000,3.5", "410e6,20e9,2.75",
              "6 795 600 000,1234.5e9,2.125"), "'70 000 000' is 70000000"),
    "thousands with apostrophes": (PLAIN.replace("70e6", "70'000'000"), "\"70'000'000\" is 70000000"),
    "letters behind numbers": (
        lines("params,tokens,loss", "70M,5.5B,3.5", "0.41B,20 bn,2.75", "6795.6M,1.2345T,2.125"), ""),
    "nouns behind numbers": (
        lines("params,tokens,loss", "70M params,5.5B tokens,3.5", "410 million,20 billion,2.75",
              "6795.6M,1234.5B tokens,2.125"), ""),
    "powers of ten": (
        lines("params,tokens,loss", "7 × 10^7,5.5x10^9,3.5", "4.1*10**8,2·10¹⁰,2.75", "6.7956E9,1.2345E+12,2.125"), ""),
    "blank lines": (PLAIN.replace("\n", "\n\n"), ""),
    "other columns": (
        lines("id,notes,params,tokens,loss,lr", 'a,"x, y",70e6,5.5e9,3.5,nan', "b,,410e6,20e9,2.75,",
              "c,,6795.6e6,1234.5e9,2.125,1e-3"), ""),
}  # fmt: skip


@pytest.mark.parametrize("fault", UNDERSTOOD)
def test_a_messy_table_is_understood_and_said(fault):
    text, said = UNDERSTOOD[fault]
    table = read_runs(text.encode(), "runs.csv", {})
    for key, values in RUNS.items():
        assert table.columns[key] == pytest.approx(values, rel=1e-12), key
    (note,) = table.notes or ("",)
    assert said in note
    assert bool(note) == bool(said)
    assert len(table.lines) == 3


REFUSED = {
    "two decimal signs": (
        lines("params;tokens;loss", "70e6;5,5e9;3.5"), "'3.5' in line 2 and '5,5e9' in line 2 have different decimal"),
    "an open comma": (
        lines("params;tokens;loss", "1,234;5e9;3"), "line 2: '1,234' in column 'params' can be 1234 or 1.234"),
    "thousands that are none": (
        lines("params;tokens;loss", '70,00,000;5e9;3.5'), "its thousands are not groups of three digits"),
    "commas in cells of commas": (
        lines("params,tokens,loss", "70,000,000,5e9,3.5"), "line 2: 5 cells under 3 columns"),
    "a missing loss": (
        lines("params,tokens,loss", "70e6,5e9,3.5", "70e6,6e9,", "1e8,6e9,NaN", "1e8,7e9,n/a"),
        "lines 3, 4 and 5 have no number in loss: complete them, or leave such rows out with --skip-incomplete"),
    "a blank row": (PLAIN + ",,\n", "line 5 has no number in params, tokens, loss"),
    "a short row": (PLAIN + "1e9,2e10\n", "line 5 has no number in loss"),
    "a diverged run": (PLAIN + "1e9,2e10,inf\n", "line 5: loss must be positive and finite, got inf"),
    "an unknown unit": (PLAIN.replace("tokens", "tokens (GB)"), "the unit of 'tokens (GB)' is not understood"),
    "a perplexity": (PLAIN.replace("loss", "Perplexity"), "its natural logarithm is the loss in nats"),
    "two losses": (PLAIN.replace("tokens", "tokens,train loss").replace("e9,", "e9,3,"), "than one column for loss"),
    "a unit twice": (lines("params (M),tokens,loss", "70M,5e9,3"), "has a unit of its own, and so has its column"),
    "spaces between": (PLAIN.replace(",", " "), "is separated by spaces"),
    "two lines of header": (lines("params,tokens,loss", "(M),(B),nats", "70,5,3"), "line 2 holds units and no run"),
    "words": (PLAIN.replace("70e6", "small"), "line 2: 'small' in column 'params' is not a number such as"),
}  # fmt: skip


@pytest.mark.parametrize("fault", REFUSED)
def test_a_messy_table_is_refused_in_a_sentence(fault):
    text, said = REFUSED[fault]
    with pytest.raises(ValueError) as caught:
        read_runs(text.encode(), "runs.csv", {})
    assert said in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


def test_incomplete_rows_are_left_out_and_counted():
    text = PLAIN.replace("410e6", "nan,20e9,2.75\n410e6") + ",,\n"
    table = read_runs(text.encode(), "runs.csv", {}, skip_incomplete=True)
    assert table.columns["n_params"] == RUNS["n_params"]
    assert (table.lines, table.skipped) == ((2, 4, 5), (3, 6))
    assert table.notes == ("2 rows are left out as incomplete: lines 3 and 6",)
    assert table.reading["skipped_lines"] == [3, 6]
    with pytest.raises(ValueError, match="has no row with all of params, tokens, loss"):
        read_runs(b"params,tokens,loss\n1,2,\n", "runs.csv", {}, skip_incomplete=True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (lines("params,tokens,loss", *BY_UNIT), "n_params is 70 at least and below 10000 in all rows"),
        (PLAIN.replace("5.5e9", "2e18"), "n_tokens is 2e18 at most and above 1e15 in line 2"),
        (PLAIN.replace("3.5\n", "33\n"), "loss is 33 at most and above 13.8, ln of any vocabulary, in line 2"),
        (PLAIN.replace("3.5\n", "21\n").replace("loss", "loss (bits)"), "above 19.9, log2 of any vocabulary"),
    ],
)
def test_rows_that_no_model_has_are_named(text, said):
    assert said in " ".join(read_runs(text.encode(), "runs.csv", {}).odd())


def test_plain_rows_are_not_odd():
    assert read_runs(PLAIN.encode(), "runs.csv", {}).odd() == []


@pytest.fixture(scope="module")
def planted():
    rng = np.random.default_rng(5)
    n_params, n_tokens = ladder(rng, 60)
    return n_params, n_tokens, LAWS["Hoffmann"].loss(n_params, n_tokens) * np.exp(0.002 * rng.normal(size=60))


def test_a_table_in_commas_and_bits_gives_the_constants_of_the_plain_one(tmp_path, planted):
    N, D, L = planted
    plain = tmp_path / "plain.csv"
    plain.write_text(
        "params,tokens,loss\n" + "".join(f"{n!r},{d!r},{x!r}\n" for n, d, x in np.stack(planted, 1).tolist())
    )
    messy = tmp_path / "messy.csv"
    rows = np.stack([N / 1e6, D / 1e9, L / np.log(2)], 1).tolist()
    text = "# Params (M);Tokens (B);loss (bits)\n" + "".join(
        f"{n!r};{d!r};{x!r}\n".replace(".", ",") for n, d, x in rows
    )
    messy.write_text(f"\ufeff{text};;\n", encoding="utf-8")
    assert "line 62 has no number" in refused("fit", str(messy), module="bounds")
    found = [
        json.loads(run("fit", str(path), "--bootstrap", "0", "--json", "--skip-incomplete", module="bounds").stdout)
        for path in (plain, messy)
    ]
    for name in ("irreducible", "param_exponent", "data_exponent", "data_coefficient"):
        assert found[1]["rows"][0][name] == pytest.approx(found[0]["rows"][0][name], rel=1e-5)
    read = found[1]["read"]
    assert (read["separator"], read["decimal"], read["loss_unit"], read["skipped_lines"]) == (";", ",", "bits", [62])
    assert read["columns"]["n_params"] == {"title": "# Params (M)", "scale": 1e6}
    assert any("read as: N is column '# Params (M)' times 1e6" in note for note in found[1]["warnings"])
    assert any("1 row is left out as incomplete: line 62" in note for note in found[1]["warnings"])


def test_runs_that_carry_the_exponent_are_named(planted):
    N, D, L = (np.array(column) for column in planted)
    assert heavy_runs(fit_loss_law(N, D, L, bootstrap=0), N, D, L) is None
    far = int(np.argmin(D))
    L[far] *= 1.3
    fit = fit_loss_law(N, D, L, bootstrap=0, objective="least-squares")
    heavy = heavy_runs(fit, N, D, L)
    assert heavy is not None
    assert heavy.rows[0] == far
    assert abs(heavy.without - LAWS["Hoffmann"].data_exponent) < abs(heavy.beta - LAWS["Hoffmann"].data_exponent)
    keep = np.delete(np.arange(60), heavy.rows)
    again = fit_loss_law(N[keep], D[keep], L[keep], bootstrap=0, objective="least-squares")
    assert again.law.data_exponent == pytest.approx(heavy.without, rel=1e-3)
    # beta has no unit, and so have the runs that carry it.
    assert heavy_runs(fit, N, D, L / np.log(2)).rows == heavy.rows
