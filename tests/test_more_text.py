"""What more of a text would bring, from the files to the screen: f_k, the table, JSON, kept results, refusals."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.special import logit, stdtrit

from simulate import measure_corpus, open_result
from simulate.cli.main import main
from simulate.running.showing.view import View
from simulate.studies.text import more
from simulate.studies.text.plan import TextPlan
from simulate.studies.text.report import report
from simulate.text import extrapolation
from simulate.text.extrapolation import more_text
from simulate.text.held_back import DEFAULT, DEFAULT_AT_END, FACTORS, LACK_OF_FIT, LACK_OF_FIT_AT_END, N_CORPORA


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("more") / "a.txt"
    path.write_text(" ".join(f"w{i}" for i in np.random.default_rng(5).zipf(1.7, 30_000)))
    return path


@pytest.fixture(scope="module")
def kept(text, tmp_path_factory):
    path = tmp_path_factory.mktemp("kept") / "a.nc"
    return path, run("corpus", str(text), "--length", "1,2", "--out", str(path))


def run(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == code, done.output
    return done.output


def test_f_k_is_counted_one_by_one_to_a_hundred(text):
    words = text.read_text().split()
    for growth, k in zip(measure_corpus(text, length=[1, 2, 3]), (1, 2, 3), strict=True):
        windows = Counter(zip(*(words[i:] for i in range(k)), strict=False))
        times = Counter(windows.values())
        assert [growth.multiplicities.f(m) for m in range(1, 101)] == [times[m] for m in range(1, 101)]
        assert growth.multiplicities.n_unique == growth.n_unique[-1] == len(windows)
        assert growth.spectrum.sum(axis=1).tolist() == growth.n_unique.tolist()


def test_the_object_for_programs_has_f_and_every_method(text, kept):
    found = json.loads(run("show", str(kept[0]), "--json"))
    words = text.read_text().split()
    times = Counter(Counter(words).values())
    assert found["fits"][0]["f"] == [times[m] for m in range(1, 101)]
    assert [(one["length"], one["factor"]) for one in found["extrapolation"]] == [(1, 2), (1, 10), (2, 2), (2, 10)]
    for one in found["extrapolation"]:
        assert [each["method"] for each in one["methods"]] == list(DEFAULT)
        applies = [each for each in one["methods"] if each["why_not"] is None]
        assert one["method"] == applies[0]["method"]
        by_name = {each["method"]: each for each in applies}
        assert one["new_share_method"] == next(name for name in DEFAULT_AT_END if name in by_name)
        for key in ("new_share", "new_share_lower", "new_share_upper"):
            assert one[key] == by_name[one["new_share_method"]][key] != by_name[one["method"]][key]
        assert one["coverage_lower"] <= one["coverage"] <= one["coverage_upper"]
        for each in applies:
            assert one["at_least"] <= each["n_unique_lower"] <= each["n_unique"] <= each["n_unique_upper"]
            assert each["n_unique_upper"] <= one["at_most"]
            assert 0 < each["new_share_lower"] < each["new_share"] < each["new_share_upper"] < 1
            assert each["label"]
            assert each["assumption"]


def test_a_kept_result_says_the_same_and_nothing_else(kept):
    path, screen = kept
    assert "What more would bring" in screen
    assert "Twice the text would hold about" in " ".join(screen.split())
    shown = run("show", str(path))
    assert screen.startswith(shown.rstrip("\n"))
    explained = run("show", str(path), "--explain")
    assert all(name in explained for name in DEFAULT)
    assert max(map(len, screen.splitlines())) <= 80


def test_none_is_none(text):
    screen = run("corpus", str(text), "--extrapolate", "none")
    assert "What more" not in screen
    assert "Twice" not in screen
    assert TextPlan((str(text),), extrapolate="none").extrapolate == []
    assert TextPlan((str(text),), extrapolate=[10, 2.0, 2]).extrapolate == [2.0, 10.0]
    assert TextPlan((str(text),)).extrapolate == [2.0, 10.0]


@pytest.mark.parametrize("value", ["1x", "0", "x", "", "2x,,", "nan", "inf", "-3x", "1e9"])
def test_a_bad_factor_is_one_sentence(text, value):
    last = run("corpus", str(text), "--extrapolate", value, code=2).splitlines()[-1]
    assert last.startswith("Error: extrapolate must be factors above 1 and at most 1e6, such as 2x,10x, or none, got ")


@pytest.mark.parametrize(("words", "reason", "most"), [
    (list("ab") * 2000, "nothing new appears at the end", 4),
    ([f"w{i}" for i in range(4000)], "every draw was new", 8000),
    (list("abcde") * 20, "too few", 10),
])  # fmt: skip
def test_where_no_method_applies_the_bounds_are_given(tmp_path, words, reason, most):
    path = tmp_path / "a.txt"
    path.write_text(" ".join(words))
    found = json.loads(run("corpus", str(path), "--json", "--extrapolate", "2x"))
    (one,) = found["extrapolation"]
    assert one["method"] is None
    assert one["n_unique"] is None
    assert one["at_most_stationary"] == most
    assert one["at_most"] == one["n_unique_now"] + one["n_draws_now"]
    assert any(reason in text and "U there is from" in text for text in found["warnings"])


def test_beyond_what_was_tried_there_are_bounds_alone(text):
    found = json.loads(run("corpus", str(text), "--json", "--extrapolate", "2x,31x"))
    assert [one["method"] is None for one in found["extrapolation"]] == [False, True]
    assert any("no method was tried beyond 30 times" in text for text in found["warnings"])


def test_without_blocks_the_methods_of_f_k_still_speak(text):
    found = json.loads(run("corpus", str(text), "--json", "--blocks", "0"))
    assert {one["method"] for one in found["extrapolation"]} == {"pitman-yor"}


def bytes_of_a_law(path, exponent: float, n_bytes: int):
    """Independent bytes of 250 kinds, whose chances fall as a power of their rank."""
    p = np.arange(1, 251.0) ** -exponent
    kinds = np.random.default_rng(3).choice(250, n_bytes, p=p / p.sum()) + 1
    path.write_bytes(kinds.astype(np.uint8).tobytes())
    return str(path)


@pytest.mark.parametrize("flags", [(), ("--sketch",)])
def test_no_method_says_more_bytes_than_there_are(tmp_path, flags):
    """Methods that grow without end pass 256: they are refused, or their interval ends there."""
    path = bytes_of_a_law(tmp_path / "a.txt", 2.0, 5000)
    arguments = ("corpus", path, "--unit", "byte", "--json", "--extrapolate", "10x", "--length", "1,2")
    byte, pair = json.loads(run(*arguments, *flags))["extrapolation"]
    assert byte["at_most"] == 256
    assert pair["at_most"] <= 256**2
    known = [one for one in byte["methods"] if one["n_unique"] is not None]
    assert all(
        byte["n_unique_now"] <= one["n_unique_lower"] <= one["n_unique"] <= one["n_unique_upper"] <= 256
        for one in known
    )
    assert any(one["n_unique_upper"] == 256 for one in known)
    (first, *_) = byte["methods"]
    assert first["why_not"] == "it goes beyond the 256 that there can be"
    assert first["n_unique_lower"] is None
    assert first["new_share"] is None
    assert byte["method"] == "pitman-yor"


def test_nothing_says_less_of_more_text(text, monkeypatch):
    """Where the first method speaks of twice the text alone, the next one may not fall behind it."""
    growth = measure_corpus(text)
    first, second = DEFAULT[:2]
    honest = extrapolation._by

    def told(name, seen, factor, confidence):
        one = honest(name, seen, factor, confidence)
        if name == first and factor > 2:
            return one.refused("for once")
        return replace(one, expected=one.n_unique + 1.0) if name == second and factor == 10 else one

    monkeypatch.setattr(extrapolation, "_by", told)
    for factors in ([2, 10], [10, 2]):
        at_two, at_ten = sorted(more_text(growth, factors).found, key=lambda each: each[0].factor)
        assert not at_two[0].why_not
        assert at_ten[1].why_not == f"it says fewer than {first} does of 2 times the text"
        assert np.isnan(at_ten[1].expected)
        assert at_ten[1].new_share_interval is None
        assert all(one.why_not or one.expected > at_two[0].expected for one in at_ten)
    assert more_text(growth, [10]).found[0][1].expected == growth.n_unique[-1] + 1, "alone it is behind nothing"


def test_a_result_of_before_has_new_windows_without_an_interval(kept):
    dataset = open_result(kept[0])
    before = report(dataset.drop_vars(["more_new_share_lower", "more_new_share_upper"]), View())
    for now, then in zip(report(dataset, View()).data["extrapolation"], before.data["extrapolation"], strict=True):
        assert then["new_share_lower"] is None
        assert then["new_share"] == now["new_share"] > now["new_share_lower"]
    rows = more.table(dataset.drop_vars(["more_new_share_lower", "more_new_share_upper"])).rows
    assert [row[2] for row in rows] == ["U", "new", "U", "new"]
    for row in rows:
        assert ("[" in row[3]) == (row[2] == "U")
    assert all("[" in row[4] for row in more.table(dataset).rows)


def test_few_new_windows_are_told_to_scatter(text, tmp_path):
    path = bytes_of_a_law(tmp_path / "a.txt", 2.5, 20_000)
    few = json.loads(run("corpus", path, "--unit", "byte", "--json"))
    near, far = few["extrapolation"]
    assert 0 < near["n_unique"] - near["n_unique_now"] < far["n_unique"] - far["n_unique_now"] < 100
    (told,) = [one for one in few["warnings"] if "so few new windows" in one]
    assert told.startswith("length 1: ")
    assert " at 2x, " in told
    assert " at 10x)" in told
    assert "so few new windows" not in run("corpus", str(text), "--explain")


def test_widths_grow_with_the_factor_and_come_from_the_record(text):
    growth = measure_corpus(text)
    shown = more_text(growth, (2.0, 4.0, 10.0, 30.0)).chosen
    widths = [one.interval.width / one.expected for one in shown]
    assert widths == sorted(widths)
    for record in (LACK_OF_FIT, LACK_OF_FIT_AT_END):
        assert all(list(errors) == sorted(errors) and len(errors) == len(FACTORS) for errors in record.values())


def test_the_interval_of_new_windows_holds_sampling_and_their_own_lack_of_fit(text):
    growth = measure_corpus(text)
    more = more_text(growth, (2.0, 10.0))
    assert [one.method for one in more.chosen] == [DEFAULT[0]] * 2
    assert [one.method for one in more.chosen_at_end] == [DEFAULT_AT_END[0]] * 2
    for one in more.chosen_at_end:
        lack = LACK_OF_FIT_AT_END[one.method][FACTORS.index(one.factor)]
        sampling = stdtrit(len(growth.blocks.without) - 1, 0.975) * one.logit_error
        half = np.hypot(sampling, stdtrit(N_CORPORA - 1, 0.975) * lack)
        ends = logit(np.array(list(one.new_share_interval), float)) - logit(one.new_share)
        assert ends == pytest.approx([-half, half], rel=1e-9)


def test_no_power_law_is_told_with_the_slope_and_what_it_implies(tmp_path):
    """A law of 200 types more than it can be: growth bends, and the sentence has the slope with its interval."""
    path = tmp_path / "a.txt"
    rng = np.random.default_rng(2)
    p = np.arange(1, 2001.0) ** -1.2
    path.write_text(" ".join(f"w{i}" for i in rng.choice(2000, 60_000, p=p / p.sum())))
    screen = " ".join(run("corpus", str(path), "--explain").split())
    assert "no single power law holds: slope 0." in screen
    assert "would make twice the text hold 1." in screen
    fit = json.loads(run("corpus", str(path), "--json"))["fits"][0]
    assert fit["slope_lower"] <= fit["slope"] <= fit["slope_upper"]


def test_a_result_of_before_is_shown_and_fitted_again(kept, tmp_path):
    from bounds.cli.json_text import json_text
    from simulate.studies.text.refit import refit

    old = open_result(kept[0]).drop_dims(["multiplicity", "factor", "method"])
    old = old.drop_vars([name for name in ("coverage", "coverage_lower", "coverage_upper") if name in old])
    made = json.loads(old.attrs["provenance"])
    del made["parameters"]["extrapolate"]
    old.attrs["provenance"] = json_text(made)
    assert "extrapolation" not in report(old, View()).data
    assert report(refit(old), View()).data["rows"] == report(old, View()).data["rows"]


def test_fitting_again_keeps_what_more_would_bring(kept):
    from simulate.studies.text.refit import refit

    dataset = open_result(kept[0])
    assert report(refit(dataset), View()).data["extrapolation"] == report(dataset, View()).data["extrapolation"]


def test_what_was_asked_for_and_has_no_number_is_said_on_the_screen(text):
    why = "no method was tried beyond 30 times a text"
    assert why in " ".join(run("corpus", str(text), "--extrapolate", "1000x").split())
    assert why in " ".join(run("corpus", str(text), "--extrapolate", "2x,1000x").split())
    assert why not in " ".join(run("corpus", str(text)).split())


@pytest.mark.parametrize("flags", [(), ("--sketch", "--extrapolate", "none")])
def test_a_text_that_counts_twice_is_always_on_the_screen(text, tmp_path, flags):
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / name).write_text(text.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "d.txt").write_text("one two three", encoding="utf-8")
    screen = " ".join(run("corpus", str(tmp_path), *flags).split())
    for name in ("b.txt", "c.txt"):
        assert f"{name} holds the same text as {tmp_path}/a.txt: its windows are counted twice" in screen
    told = json.loads(run("corpus", str(tmp_path), "--json", *flags))["warnings"]
    assert sum("counted twice" in one for one in told) == 2


def test_a_prefix_that_ends_before_the_text_does_not_look_ahead(text):
    """Its U stood beside blocks of the whole text, with a warning of NumPy's, and with numbers that meant neither."""
    said = " ".join(run("corpus", str(text), "--at", "1000,2000", "--explain").split())
    assert "the last prefix ends before the text" in said
    assert "would hold" not in said
    with_end, default = (
        json.loads(run("corpus", str(text), "--json", *flags))["extrapolation"] for flags in (("--at", "1000,all"), ())
    )
    assert with_end == default
    assert [one["why_not"] for one in default] == [None, None]
