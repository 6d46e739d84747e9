"""`bounds plan --next-run`: candidates that can be paid, none dearer than the target, and no table without help."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from bounds.cli.plans.next_run import RATIOS, SHARES, candidates
from bounds.laws import read_law_file
from bounds.planning import plan
from tests.commands import run
from tests.test_next_run import fitted


@pytest.fixture(scope="module")
def law(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("law") / "my.law.toml")
    fitted(bootstrap=200).save(path)
    return path


def asked(law, *arguments):
    return run("plan", "--law", law, *arguments, module="bounds").stdout


def told(law, *arguments):
    return json.loads(asked(law, *arguments, "--json"))


def test_candidates_cost_no_more_than_the_target_and_take_no_more_than_there_is():
    n_params, n_tokens = candidates(1e21)
    assert len(n_params) == len(RATIOS) * len(SHARES)
    assert 6 * n_params * n_tokens == pytest.approx(np.repeat(1e21 * SHARES, len(RATIOS)))
    assert candidates(1e21, 3e20)[0] == pytest.approx(candidates(3e20)[0])
    assert candidates(1e19, 3e20)[0] == pytest.approx(candidates(1e19)[0])
    few = candidates(1e21, n_tokens=2e10)
    assert few[1].max() == 2e10
    assert (6 * few[0] * few[1]).max() <= 1e21
    pairs = np.stack(few, 1)
    assert len(np.unique(np.round(np.log(pairs), 9), axis=0)) == len(pairs), "each once"


def test_no_candidate_is_dearer_than_the_target(law):
    found = told(law, "--flops", "1e22", "--next-run", "1e24")
    target = 6 * found["target"]["n_params"] * found["target"]["n_tokens"]
    cost = [row["compute_flops"] for row in found["rows"]]
    assert max(cost) == pytest.approx(target) == pytest.approx(1e22)
    assert "the budget would train the target itself; no candidate costs more than it does." in found["warnings"]
    cheaper = told(law, "--flops", "1e22", "--next-run", "1e21")
    assert max(row["compute_flops"] for row in cheaper["rows"]) == pytest.approx(1e21)


@pytest.fixture(scope="module")
def sure(tmp_path_factory):
    """A law through so many runs that one more hardly counts."""
    path = str(tmp_path_factory.mktemp("law") / "sure.law.toml")
    fitted(runs=200, bootstrap=100).save(path)
    return path


@pytest.mark.parametrize("budget", ["1e19", "1e22"])
def test_within_the_fitted_runs_one_sentence_says_why_none_helps(sure, budget):
    """A target among the runs: noise is left, which no run takes away, and a table would hold zeros."""
    law = sure
    done = " ".join(asked(law, "--flops", "3e19", "--next-run", budget).split())
    assert f"no run of at most {budget} FLOP makes that surer by 1 % or more: it lies within the fitted runs" in done
    sd, noise = (
        float(one)
        for one in re.search(r"standard deviation, (\S+) % of the loss, (\S+) % are the noise", done).groups()
    )
    (row,) = plan(compute_flops=3e19, laws=law).rows
    now = read_law_file(law).law
    assert noise == pytest.approx(100 * now.residual_deviation, abs=0.006)
    assert noise <= sd < 1.2 * noise
    assert row.distance < 1
    assert "shorter" not in done
    assert "───" not in done
    assert "public series" not in done
    explained = asked(law, "--flops", "3e19", "--next-run", budget, "--explain")
    assert "All candidates" not in explained
    assert "Candidates: 5, 10, 20" in " ".join(explained.split())


def test_where_a_run_helps_there_is_a_table_without_rows_of_nothing_first(law):
    done = asked(law, "--flops", "1e22", "--next-run", "1e21")
    assert "the one that helps most first" in done
    found = told(law, "--flops", "1e22", "--next-run", "1e21")
    assert found["rows"][0]["shorter"] > 0.01


def test_repeated_tokens_are_worth_less_and_candidates_repeat_none(law):
    found = told(law, "--flops", "1e22", "--tokens", "40B", "--next-run", "1e22")
    (row,) = plan(compute_flops=1e22, n_tokens="40B", laws=law).rows
    assert row.epochs > 1
    assert found["target"]["n_tokens_effective"] == pytest.approx(row.n_tokens_effective)
    assert read_law_file(law).law.loss(
        found["target"]["n_params_effective"], found["target"]["n_tokens_effective"]
    ) == pytest.approx(row.loss, rel=1e-6)  # fmt: skip
    assert f"predicts {row.loss:.2f} ±" in found["verdict"]
    assert max(one["n_tokens"] for one in found["rows"]) <= 40e9
    assert any("no candidate repeats any" in one for one in found["warnings"])
