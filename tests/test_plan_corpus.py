"""A corpus in a plan: it changes nothing where it does not bind, is never worth more than new text, and is spent."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bounds import LAWS, plan
from bounds.__main__ import main
from bounds.laws.law_range import are_far, far
from bounds.laws.overtraining import OVERTRAINING_LAWS
from bounds.laws.repeated_data import REPEATED_DATA_LAWS, RepeatedDataLaw
from bounds.planning.reach import SPENT

COMPUTE = st.floats(19, 25).map(lambda x: 10**x)
CORPUS = st.floats(8, 13).map(lambda x: float(round(10**x)))
SERVED = st.none() | st.floats(8, 13).map(lambda x: float(round(10**x)))
RATIO = st.none() | st.floats(0.3, 1000)
BORROWING = ["hoffmann2022", "hoffmann2022-unrounded", "epoch2024", "gadre2024-c4"]
OWN = REPEATED_DATA_LAWS["muennighoff2023"]


def rows(compute, **asked):
    return plan(compute_flops=f"{compute:.6e}", **asked).rows


@settings(max_examples=6, deadline=None)
@example(1e21, 30e9, None, 1.0)
@given(COMPUTE, CORPUS, SERVED, RATIO)
def test_every_loss_lies_within_its_interval(compute, corpus, served, ratio):
    for row in rows(compute, n_tokens=corpus, inference_tokens=served, tokens_per_param=ratio):
        if row.loss_lower is not None:
            assert row.loss_lower <= row.loss <= row.loss_upper


@settings(max_examples=12, deadline=None)
@example("epoch2024", 1e22, 1.0, None, 2.0)
@example("epoch2024", 6.23e23, 2 / 1.38, None, None)
@example("hoffmann2022", 1e19, 1.0, 1e8, None)
@given(st.sampled_from([*BORROWING, OWN.key]), COMPUTE, st.floats(1, 1000), SERVED, RATIO)
def test_a_corpus_of_all_tokens_of_a_run_moves_nothing(law, compute, more, served, ratio):
    asked = {"laws": law, "inference_tokens": served, "tokens_per_param": ratio}
    (row,) = rows(compute, **asked)
    (held,) = rows(compute, n_tokens=max(1, int(row.n_tokens * more) + 1), **asked)
    # A search ends where the loss is the least to rounding, and so the size to its root.
    near = {"rel": 1e-6} if served else {"rel": 0, "abs": 0}
    for name in ("n_params", "n_tokens", "n_params_upper", "loss", "loss_lower", "loss_upper"):
        if getattr(row, name) is None:
            assert getattr(held, name) is None, name
        else:
            within = near if name.startswith("n_") or served else {"rel": 1e-13}
            assert getattr(held, name) == pytest.approx(getattr(row, name), **within), name
    # The smaller sizes that are nearly as good may need more text than there is.
    if row.n_params_lower is not None and held.n_params_lower != pytest.approx(row.n_params_lower, rel=1e-6):
        assert held.n_params_lower > row.n_params_lower
        assert row.n_tokens * row.n_params / row.n_params_lower > row.n_tokens * more


@settings(max_examples=20, deadline=None)
@given(st.sampled_from([*BORROWING, OWN.key]), COMPUTE, CORPUS, SERVED)
def test_no_size_on_a_corpus_is_better(law, compute, corpus, served):
    (row,) = rows(compute, laws=law, n_tokens=corpus, inference_tokens=served)
    T = served or 0.0
    N = row.n_params * np.exp(np.linspace(-3, 3, 61))
    N = N[row.compute_flops > (2 * T + 6) * N]
    D = (row.compute_flops / N - 2 * T) / 6
    if law == OWN.key:
        losses = OWN.loss(N, D, corpus)
    else:
        known = LAWS[law] if law in LAWS else OVERTRAINING_LAWS[law].loss_law
        lent = RepeatedDataLaw("lent", "none", known, OWN.token_decay, OWN.param_decay)
        once = known.loss(N, np.minimum(D, corpus))
        losses = np.where(corpus >= D, once, np.minimum(once, lent.loss(N, D, corpus)))
    assert row.loss <= losses.min() * (1 + 1e-9)


def test_the_law_that_the_scales_were_fitted_with_devalues_excess_in_one_epoch_too():
    (own,) = rows(1e22, laws=OWN.key, tokens_per_param=2)
    assert own.loss == pytest.approx(float(OWN.loss(own.n_params, own.n_tokens, own.n_tokens)), rel=1e-12)
    assert own.loss > float(OWN.law.loss(own.n_params, own.n_tokens)) * 1.001
    (borrowed,) = rows(1e22, laws="epoch2024", tokens_per_param=2, n_tokens=10**15)
    assert borrowed.loss == float(LAWS["epoch2024"].loss(borrowed.n_params, borrowed.n_tokens))


@settings(max_examples=3, deadline=None)
@given(st.sampled_from(BORROWING[:3]), CORPUS, SERVED, st.floats(1.001, 1e4))
def test_a_spent_corpus_says_how_much_is_enough(law, corpus, served, more):
    asked = {"laws": law, "n_tokens": corpus, "inference_tokens": served}
    (most,) = rows(1e38, **asked)
    enough = most.enough_flops
    (there,) = rows(enough, **asked)
    assert there.loss == pytest.approx(most.loss * (1 + SPENT), rel=1e-5)
    assert (there.n_params, there.n_tokens) == pytest.approx((most.enough_params, most.enough_tokens), rel=1e-4)
    (after,), (before,) = rows(enough * more, **asked), rows(enough / more, **asked)
    assert after.enough_flops == enough
    assert before.enough_flops is None
    assert plan(compute_flops=1e38, n_tokens=corpus, laws=law).is_spent is False  # far from every run


def test_the_loss_of_a_spent_corpus_leads_back_to_a_budget():
    """Its loss is the least that there is, to rounding: reached, and by no more compute than made it."""
    (row,) = rows(1e26, laws="hoffmann2022", n_tokens=10**9)
    (back,) = plan(target_loss=row.loss, laws="hoffmann2022", n_tokens=10**9).rows
    assert back.loss == pytest.approx(row.loss, rel=1e-12)
    assert back.compute_flops <= row.compute_flops * (1 + 1e-9)


def shown(*arguments):
    done = CliRunner().invoke(main, ["plan", *arguments])
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


def test_a_spent_corpus_is_no_reason_for_a_hundred_epochs():
    out = shown("--flops", "1.71e24", "--tokens", "30B", "--inference-tokens", "5T")
    first = out.split("N_train:")[0]
    assert "the corpus is spent by 1.09e23 to 1.84e23 FLOP" in first
    assert "train between 6.33B and 11.4B parameters on 1.03T to 1.2T tokens (34 to 40 epochs) with that" in first
    assert "4 epochs (passes) are worth 3.7 of new text" in out
    assert "spent" not in shown("--flops", "1e23", "--tokens", "300B").split("N_train:")[0]


@pytest.mark.parametrize(
    "asked", [["--tokens", "10T"], ["--inference-tokens", "5T"], ["--tokens-per-param", "200"], []]
)
def test_a_budget_beyond_every_law_hears_of_the_largest_that_is_answered(asked):
    out = shown("--flops", "1e27", *asked)
    told = out.split("the largest budget with an answer is ")[1].split(" FLOP")[0]
    assert "can say what to train" not in shown("--flops", told, *asked)
    above = f"{float(told) + 10 ** (int(np.log10(float(told))) - 1):.3g}"
    assert "can say what to train" in shown("--flops", above, *asked)


def test_each_law_has_a_row_with_a_corpus_and_without():
    free, held = ([row.law for row in rows(1e23, n_tokens=corpus)] for corpus in (None, 10**13))
    assert free == held
    assert OWN.key in free


@given(st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=5), st.floats(0, 1e3), st.floats(1, 1e3))
def test_far_asks_the_same_of_one_and_of_many(values, low, wide):
    fitted = (low, low * wide + 1)
    assert far(fitted, values) == bool(np.any(are_far(fitted, values)))
    assert [far(fitted, one) for one in values] == list(are_far(fitted, values))
    assert far(fitted, np.nan)
    assert far((1.0, 2.0), 0.0)
