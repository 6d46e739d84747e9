"""Readers of series of runs: what they keep and leave out, and one sentence for a file that is not theirs."""

from __future__ import annotations

import json

import numpy as np
import pytest

from experiments.data import is_here
from experiments.readers import runs
from experiments.readers.runs import (
    COLUMNS,
    READERS,
    SERIES,
    read_chinchilla,
    read_gadre,
    read_isoflops,
    read_loss_to_loss,
    read_porian,
    read_series,
)

SWEEP = """id,state,params,flops,data,iso_flop,tokens,val_loss
a,finished,2e7,1,fineweb-100b,2.4e17,2e9,3.5
b,finished,4e7,1,fineweb-100b,2.4e17,1e9,3.4
c,running,4e7,1,fineweb-100b,2.4e17,1e9,
d,finished,4e7,1,starcoder,2.4e17,1e9,1.4
"""
ISOFLOPS = """source,experiment,tokens,params,budget,loss,outlier
m,marin_202603__comma__llama_2,1e9,1e8,1e18,3.9,False
m,marin_202603__comma__llama_2,1e9,2e8,1e18,9.9,True
l,llama_3__raw_loss,1e10,1e9,6e19,0.9,False
l,llama_3__exp_loss,1e10,1e9,6e19,2.5,False
l,misfitting__fineweb_c4__transformer,1e10,1e9,6e19,,False
"""
PORIAN = """dataset,decay,param_count,val,flops,params,tokens,loss
rw,chinchilla,standard,val,1e17,1e7,1e9,4.1
rw,kaplan,standard,val,1e17,1e7,1e9,4.2
rw,chinchilla,attention,train,1e17,1e7,1e9,4.3
owt2,chinchilla,standard,val,1e17,2e7,5e8,4.0
rw,kaplan,kaplan,train,1e17,,,4.0
"""
CHINCHILLA = "x,Model Size,Training FLOP,loss\n" + "".join(f"0,1e8,{6e17 * k},{5 - k / 10}\n" for k in range(1, 9))
MADE = {
    "sweep.csv": (read_loss_to_loss, SWEEP), "isoflops.csv": (read_isoflops, ISOFLOPS),
    "isoflop_points.csv": (read_porian, PORIAN), "svg_extracted_data.csv": (read_chinchilla, CHINCHILLA),
}  # fmt: skip


def made(folder, name, text=None):
    path = folder / name
    path.write_text(MADE[name][1] if text is None else text, encoding="utf-8")
    return MADE[name][0], path


def counts(table):
    return dict(table.groupby("series", sort=False).size())


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("sweep.csv", {"l2l-fineweb": 2, "l2l-starcoder": 1}),
        ("isoflops.csv", {"marin-comma": 1, "llama3": 1}),
        ("isoflop_points.csv", {"porian-refinedweb": 1, "porian-openwebtext2": 1}),
        ("svg_extracted_data.csv", {"chinchilla": 3}),
    ],
)
def test_only_finished_runs_of_a_series_are_kept(tmp_path, name, kept):
    reader, path = made(tmp_path, name)
    table = reader(path)
    assert counts(table) == kept
    assert tuple(table) == COLUMNS
    assert (table.family == [SERIES[key].family for key in table.series]).all()
    assert np.isfinite(table[list(COLUMNS[3:])].to_numpy(float)).all()


def test_columns_are_what_they_are_said_to_be(tmp_path):
    reader, path = made(tmp_path, "sweep.csv")
    row = reader(path).iloc[1]
    assert (row.n_params, row.n_tokens, row.compute_flops, row.loss) == (4e7, 1e9, 2.4e17, 3.4)
    assert (row.corpus, row.family) == ("FineWeb", "loss-to-loss")
    reader, path = made(tmp_path, "isoflops.csv")
    assert list(reader(path).loss) == [3.9, 0.9]
    reader, path = made(tmp_path, "isoflop_points.csv")
    assert list(reader(path).loss) == [4.1, 4.0]
    reader, path = made(tmp_path, "svg_extracted_data.csv")
    assert list(reader(path).loss) == pytest.approx([4.4, 4.3, 4.2])  # strictly below the fifth largest, 4.5


@pytest.mark.parametrize("name", list(MADE))
@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda text: text.replace("loss", "lost"), "has no column"),
        (lambda text: text[: text.index("\n") + 1], "holds no run"),
        (lambda text: text.replace("1e9,", "1e9x,").replace("6e17,", "-6e17,").replace("1e8,6", "1e8x,6"),
         "must be a positive number"),
        (lambda text: "", "has no column"),
    ],
)  # fmt: skip
def test_a_broken_table_is_one_sentence_that_names_it(tmp_path, name, broken, said):
    text = broken(MADE[name][1])
    assert text != MADE[name][1]
    reader, path = made(tmp_path, name, text)
    with pytest.raises(ValueError, match=said) as error:
        reader(path)
    assert name in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["sweep.csv", "isoflops.csv", "isoflop_points.csv"])
def test_half_a_download_is_noticed(tmp_path, name):
    whole = MADE[name][1].rstrip("\n")
    reader, path = made(tmp_path, name, whole[: whole.rindex(",")])
    with pytest.raises(ValueError, match=r"line \d+: it must have \d+ cells"):
        reader(path)


def test_what_is_no_text_or_no_file_is_refused(tmp_path):
    for name, (reader, _) in MADE.items():
        with pytest.raises(ValueError, match="No such file"):
            reader(tmp_path / name)
        (tmp_path / name).write_bytes(b"\xff\xfe\x00")
        with pytest.raises(ValueError, match="UTF-8"):
            reader(tmp_path / name)


def test_series_come_in_their_order_whatever_the_order_of_the_folders(tmp_path):
    for key, inside in (("loss_to_loss", runs.SWEEP), ("isoflops", runs.ISOFLOPS), ("porian", runs.PORIAN)):
        file = tmp_path / key / inside
        file.parent.mkdir(parents=True)
        file.write_text(MADE[file.name][1])
    folders = {"runs/porian": tmp_path / "porian", "isoflops": tmp_path / "isoflops",
               "loss_to_loss": tmp_path / "loss_to_loss"}  # fmt: skip
    keys = list(read_series(folders).series.unique())
    assert keys == [key for key in SERIES if key in keys]
    assert len(keys) == 6


def test_gadres_runs_have_the_loss_of_their_own_domain(tmp_path, monkeypatch):
    import pandas as pd

    table = pd.DataFrame({
        "training_set": ["c4", "redpajama"], "n_params": [1e7, 2e7], "n_tokens": [1e9, 2e9],
        "compute_flops": [6e16, 2.4e17], "loss_c4_val": [3.0, 9.0], "loss_paloma_redpajama": [9.0, 2.0],
    })  # fmt: skip
    monkeypatch.setattr(runs, "read_runs", lambda path: table)
    assert list(read_gadre(tmp_path).loss) == [3.0, 2.0]


# ---------------------------------------------------------------- published data

RUNS = {
    "l2l-fineweb": 90, "l2l-fineweb-edu": 91, "l2l-proof-pile": 86, "l2l-slimpajama": 89, "l2l-smollm": 89,
    "l2l-starcoder": 84, "marin-comma": 80, "marin-dclm": 79, "marin-nemotron": 80, "llama3": 116, "gadre-c4": 34,
    "gadre-redpajama": 35, "gadre-refinedweb": 35, "chinchilla": 240, "porian-refinedweb": 88,
    "porian-openwebtext2": 88,
}  # fmt: skip


@pytest.mark.data
def test_the_published_series_are_whole(data_folder):
    assert is_here("runs/porian", data_folder)
    table = read_series({key: data_folder / key for key in READERS})
    assert counts(table) == RUNS
    assert set(RUNS) == set(SERIES)
    sweep = table[table.family == "loss-to-loss"]
    assert len(sweep) == 529
    assert np.allclose(6 * sweep.n_params * sweep.n_tokens, sweep.compute_flops, rtol=1e-9)
    assert sweep.compute_flops.min() == pytest.approx(2e17, rel=0.1)
    assert sweep.compute_flops.max() == pytest.approx(4.8e19, rel=0.02)
    marin = table[table.family == "Marin"]
    ratio = 6 * marin.n_params * marin.n_tokens / marin.compute_flops
    assert max(ratio.max(), 1 / ratio.min()) == pytest.approx(1.35, abs=0.01)
    spans = table.groupby("series").compute_flops.agg(lambda flops: flops.max() / flops.min())
    assert spans.min() >= 30
    assert table.loss[table.series == "llama3"].max() < 1  # the raw loss, not its exponential


@pytest.mark.data
def test_losses_of_gadre_are_those_of_the_files(data_folder):
    table = read_gadre(data_folder / "gadre")
    files = sorted((data_folder / "gadre/exp_data/models").glob("rpj-*.json"))
    told = []
    for file in files:
        results = json.loads(file.read_text())["results"]
        told += [one["loss"] for one in results if "paloma_redpajama" in one["val_data"][0]]
    assert sorted(told) == sorted(table.loss[table.series == "gadre-redpajama"])
