"""Shapes of transformers: layers, width and heads, the parameters they have, counted one by one, and FLOP of a token.

| letter | meaning                                         | unit       | field, argument |
|--------|-------------------------------------------------|------------|-----------------|
| l, h   | layers, width                                   | 1          | `n_layers`, `d_model` |
| a, g   | heads of queries, of keys and values            | 1          | `n_heads`, `n_kv_heads` |
| f      | width inside the MLP                            | 1          | `d_ff`          |
| V      | vocabulary as padded                            | tokens     | `vocab`         |
| s      | tokens of one sample                            | tokens     | `seq_len`       |

A layer has its projections of queries and outputs, 2 h², of keys and values, 2 h² g/a, an MLP of 2 h f, or 3 h f where
it is gated, biases where there are any, and two norms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from bounds.base.arguments import shown
from bounds.base.one_number import number_between, whole_number_from, written
from bounds.base.pointwise import flag
from bounds.base.telling.html import html_fields
from bounds.laws.checks import as_positive, positives


@dataclass(frozen=True)
class Shape:
    """A decoder by its sizes; what is left out is as in GPT: as many key heads as heads, an MLP of four widths.

    `gated` is an MLP of three matrices (SwiGLU), whose width is by default 8 h/3, rounded up to a multiple of 256.
    `biases` stand in every projection. Norms have a scale, and a shift unless `rms_norm`; `embedding_norm` is one more
    behind the embedding (BLOOM). `tied` has one matrix for embedding and logits. `n_positions` are learned positions; 0
    for rotary ones and ALiBi, which have no parameters. Raises ValueError for sizes that do not fit together.
    """

    n_layers: int
    d_model: int
    n_heads: int
    vocab: int
    n_kv_heads: int = 0
    d_ff: int = 0
    gated: bool = False
    biases: bool = True
    rms_norm: bool = False
    tied: bool = True
    embedding_norm: bool = False
    n_positions: int = 0

    _repr_html_ = html_fields

    def __post_init__(self) -> None:
        for name in ("n_layers", "d_model", "n_heads", "vocab"):
            object.__setattr__(self, name, whole_number_from(1, name, getattr(self, name)))
        for name in ("n_kv_heads", "d_ff", "n_positions"):
            object.__setattr__(self, name, whole_number_from(0, name, getattr(self, name)))
        for name in ("gated", "biases", "rms_norm", "tied", "embedding_norm"):
            flag(name, getattr(self, name))
        object.__setattr__(self, "n_kv_heads", self.n_kv_heads or self.n_heads)
        object.__setattr__(self, "d_ff", self.d_ff or (_gated_width(self.d_model) if self.gated else 4 * self.d_model))
        if self.d_model % self.n_heads:
            raise ValueError(f"d_model must be a multiple of n_heads, got {self.d_model} and {self.n_heads}")
        if self.n_heads % self.n_kv_heads:
            raise ValueError(f"n_heads must be a multiple of n_kv_heads, got {self.n_heads} and {self.n_kv_heads}")

    @property
    def layer_weights(self) -> int:
        """Entries of the matrices of one layer, without biases and norms."""
        keys = self.d_model // self.n_heads * self.n_kv_heads
        return 2 * self.d_model * (self.d_model + keys) + (3 if self.gated else 2) * self.d_model * self.d_ff

    @property
    def n_params_without_embeddings(self) -> int:
        """Parameters of the layers and of all norms: what no token has for itself."""
        keys = self.d_model // self.n_heads * self.n_kv_heads
        biases = 2 * (self.d_model + keys) + (2 if self.gated else 1) * self.d_ff + self.d_model
        norm = self.d_model * (1 if self.rms_norm else 2)
        layer = self.layer_weights + self.biases * biases + 2 * norm
        return self.n_layers * layer + norm * (1 + self.embedding_norm)

    @property
    def n_embedding_params(self) -> int:
        """Parameters of the embedding, of the logits where they have a matrix of their own, and of positions."""
        return self.d_model * (self.vocab * (1 if self.tied else 2) + self.n_positions)

    @property
    def n_params(self) -> int:
        """All parameters."""
        return self.n_params_without_embeddings + self.n_embedding_params

    def flops_per_token(self, seq_len: int, *, recomputed: bool = False) -> int:
        """FLOP that train one token of a sample of `seq_len`, attention and logits among them.

        Two for a weight and a token on the way there and four on the way back; attention is counted over the whole
        sample, as Megatron does, though a mask hides half of it. `recomputed` adds a forward pass of the layers.
        """
        s = whole_number_from(1, "seq_len", seq_len)
        layers = self.n_layers * 2 * (self.layer_weights + 2 * s * self.d_model)
        return (4 if flag("recomputed", recomputed) else 3) * layers + 6 * self.vocab * self.d_model


def _gated_width(d_model: int) -> int:
    return 256 * math.ceil(8 * d_model / (3 * 256))


def _pythia(n_layers: int, d_model: int, n_heads: int, vocab: int = 50304) -> Shape:
    return Shape(n_layers, d_model, n_heads, vocab, tied=False)


SHAPES: dict[str, Shape] = {
    "bloom": Shape(70, 14336, 112, 250880, embedding_norm=True),
    "pythia-14m": _pythia(6, 128, 4),
    "pythia-31m": _pythia(6, 256, 8),
    "pythia-70m": _pythia(6, 512, 8),
    "pythia-160m": _pythia(12, 768, 12),
    "pythia-410m": _pythia(24, 1024, 16),
    "pythia-1b": _pythia(16, 2048, 8),
    "pythia-1.4b": _pythia(24, 2048, 16),
    "pythia-2.8b": _pythia(32, 2560, 32),
    "pythia-6.9b": _pythia(32, 4096, 32, 50432),
    "pythia-12b": _pythia(36, 5120, 40, 50688),
}
"""Shapes of published models: BLOOM (BigScience 2022) and Pythia (Biderman et al. 2023, arXiv:2304.01373)."""

DEEP_TO_WIDE = ((40.0, 80.0), (80.0, 125.0), (125.0, 210.0))
"""Ranges of width over layers that published models have, for a deep, a middle and a wide shape. Loss depends little on
the shape within them (Kaplan et al. 2020, arXiv:2001.08361, section 3.1)."""
VOCAB = 50304
"""Vocabulary of GPT-2 and GPT-NeoX, padded to a multiple of 128."""


def shapes_near(
    n_params: float,
    *,
    vocab: int = VOCAB,
    n_kv_heads: int = 0,
    gated: bool = False,
    tied: bool = False,
    embeddings: bool = True,
) -> list[Shape]:
    """A deep, a middle and a wide shape with about `n_params` parameters, embeddings included unless told otherwise.

    Heads are 128 wide and even in number, or 64 wide below a width of 1024. `n_kv_heads` is grouped-query attention
    with so many heads of keys and values; `gated` comes with RMS norms and without biases, as in Llama. Each is the
    nearest to `n_params` of its range of width over layers; ranges without a shape within 10 % are left out.
    """
    target = number_between("n_params", n_params, low=1e5, high=1e15, text="between 1e5 and 1e15")
    best: dict[tuple[float, float], tuple[float, Shape]] = {}
    for width in _widths(target):
        one, two = (_shape(n, width, vocab, n_kv_heads, gated=gated, tied=tied) for n in (1, 2))
        if one is None or two is None:
            continue
        layer = two.n_params - one.n_params
        counted = one.n_params if embeddings else one.n_params_without_embeddings
        n_layers = max(round(1 + (target - counted) / layer), 1)
        off = abs(math.log((counted + (n_layers - 1) * layer) / target))
        for span in DEEP_TO_WIDE:
            within = span[0] <= width / n_layers < span[1]
            if within and off < math.log(1.1) and (span not in best or off < best[span][0]):
                best[span] = off, replace(one, n_layers=n_layers)
    found = [best[span][1] for span in DEEP_TO_WIDE if span in best]
    if not found:
        raise ValueError(
            f"no shape with heads of 64 or 128 and a vocabulary of {shown(vocab)} has about {written(target)} "
            f"parameters; "
            "take a smaller vocabulary, tied embeddings or fewer heads of keys and values"
        )
    return found


def _widths(target: float) -> list[int]:
    """Widths that may have `target` parameters: a layer has 8 h² and more, and h is at most so many times l."""
    most = (DEEP_TO_WIDE[-1][1] * target / 8) ** (1 / 3)
    return [*range(128, 1024, 64), *range(1024, max(int(1.1 * most), 1024) + 1, 256)]


def _shape(n_layers: int, width: int, vocab: int, n_kv_heads: int, *, gated: bool, tied: bool) -> Shape | None:
    heads = width // (128 if width >= 1024 else 64)
    if n_kv_heads and heads % n_kv_heads:
        return None
    return Shape(n_layers, width, heads, vocab, n_kv_heads, gated=gated, biases=not gated, rms_norm=gated, tied=tied)


def count_params(n_layers: Any, d_model: Any, vocab: Any) -> Any:
    """Parameters of a GPT with ALiBi, tied embeddings and a norm behind them: l (12 h² + 13 h) + V h + 4 h.

    13 h are the biases and norms of a layer, 4 h the norms behind the embedding and behind the last layer.
    """
    layers, width, words = positives(n_layers=n_layers, d_model=d_model, vocab=vocab)
    return layers * layer_params(width) + words * width + 4 * width


def layer_params(d_model: Any) -> Any:
    """Parameters of one layer, 12 h² + 13 h."""
    width = as_positive("d_model", d_model)
    return 12 * width * width + 13 * width


def flops_per_token(n_layers: Any, d_model: Any, vocab: Any, seq_len: Any, *, recomputed: bool = True) -> Any:
    """FLOP of one token, attention and logits among them, as Megatron counts them (Narayanan et al. 2021).

    96 l h² (1 + s/(6h) + V/(16 l h)) where activations are computed again, else 72 l h² (1 + s/(6h) + V/(12 l h)).
    """
    layers, h, V, s = positives(n_layers=n_layers, d_model=d_model, vocab=vocab, seq_len=seq_len)
    passes = 4 if recomputed else 3
    return passes * 24 * layers * h * h * (1 + s / (6 * h)) + 6 * V * h
