"""Hours, hardware and shapes: what is counted adds up, to the last parameter of models that others published."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounds.planning import ACCELERATORS, SHAPES, Shape, flops_per_token, get_accelerator, hardware_flops, shapes_near

PYTHIA = {
    "14m": (14_067_712, 1_189_888), "31m": (30_494_720, 4_739_072), "70m": (70_426_624, 18_915_328),
    "160m": (162_322_944, 85_056_000), "410m": (405_334_016, 302_311_424), "1b": (1_011_781_632, 805_736_448),
    "1.4b": (1_414_647_808, 1_208_602_624), "2.8b": (2_775_208_960, 2_517_652_480),
    "6.9b": (6_857_302_016, 6_444_163_072), "12b": (11_846_072_320, 11_327_027_200),
}  # fmt: skip
"""Total and non-embedding parameters as the authors print them."""


def test_a_million_hours_of_an_a100():
    peak = get_accelerator("A100").peak()
    assert peak == 312e12
    assert hardware_flops(1e6, peak * 0.4 / 1e12) == pytest.approx(4.49e23, rel=1e-3)


def test_every_peak_has_a_source_and_halves_with_the_bits():
    assert set(ACCELERATORS) == {"a100", "h100", "h200", "b200", "mi300x", "tpu-v4", "tpu-v5p"}
    for key, one in ACCELERATORS.items():
        assert one.key == key
        assert one.source
        peaks = dict(one.peaks)
        assert 1e14 < peaks["bf16"] < 1e16
        assert peaks.get("fp8", 2 * peaks["bf16"]) == pytest.approx(2 * peaks["bf16"], rel=1e-3)
    with pytest.raises(ValueError, match=r"unknown precision of NVIDIA A100 'fp8'.*known are bf16"):
        get_accelerator("a100").peak("fp8")
    with pytest.raises(ValueError, match=r"unknown accelerator 'h10'.*did you mean h100"):
        get_accelerator("h10")


def test_bloom_has_176_247_271_424_parameters():
    assert SHAPES["bloom"].n_params == 176_247_271_424
    assert SHAPES["bloom"].n_embedding_params == 3_596_615_680


@pytest.mark.parametrize("size", PYTHIA)
def test_pythia_is_counted_exactly(size):
    shape = SHAPES[f"pythia-{size}"]
    assert (shape.n_params, shape.n_params_without_embeddings) == PYTHIA[size]


@pytest.mark.parametrize(
    ("shape", "n_params"),
    [
        (Shape(12, 768, 12, 50257, n_positions=1024), 124_439_808),  # GPT-2
        (Shape(32, 4096, 32, 32000, gated=True, biases=False, rms_norm=True, tied=False), 6_738_415_616),  # Llama 2
        (Shape(80, 8192, 64, 32000, 8, 28672, gated=True, biases=False, rms_norm=True, tied=False), 68_976_648_192),
        (Shape(32, 4096, 32, 128256, 8, 14336, gated=True, biases=False, rms_norm=True, tied=False), 8_030_261_248),
    ],
)
def test_other_designs_are_counted_exactly(shape, n_params):
    assert shape.n_params == n_params


@given(st.integers(1, 60), st.integers(1, 64), st.integers(1, 10**5), st.integers(1, 10**5), st.booleans())
def test_flop_of_a_token_are_those_of_megatron(n_layers, n_heads, vocab, seq_len, recomputed):
    width = 16 * n_heads
    ours = Shape(n_layers, width, n_heads, vocab).flops_per_token(seq_len, recomputed=recomputed)
    assert ours == pytest.approx(flops_per_token(n_layers, width, vocab, seq_len, recomputed=recomputed))


@given(st.floats(1e9, 1e13), st.sampled_from([0, 4, 8]), st.booleans(), st.booleans())
def test_shapes_are_near_what_was_asked(n_params, n_kv_heads, gated, embeddings):
    shapes = shapes_near(n_params, n_kv_heads=n_kv_heads, gated=gated, embeddings=embeddings)
    assert shapes
    for shape in shapes:
        counted = shape.n_params if embeddings else shape.n_params_without_embeddings
        assert 0.9 < counted / n_params < 1.1
        assert shape.n_kv_heads == (n_kv_heads or shape.n_heads)
        assert shape.gated == gated
    ratios = [shape.d_model / shape.n_layers for shape in shapes]
    assert ratios == sorted(ratios)


@pytest.mark.parametrize(
    ("sizes", "sentence"),
    [
        ((2, 100, 3, 10), "d_model must be a multiple of n_heads, got 100 and 3"),
        ((2, 96, 4, 10, 3), "n_heads must be a multiple of n_kv_heads, got 4 and 3"),
        ((0, 96, 4, 10), "n_layers must be a whole number of at least 1, got 0"),
        ((2, 96, 4, 10.5), "vocab must be a whole number of at least 1, got 10.5"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(sizes, sentence):
    with pytest.raises(ValueError, match=sentence):
        Shape(*sizes)
    with pytest.raises(ValueError, match="n_params must be between 1e5 and 1e15"):
        shapes_near(10)
