"""What a budget buys by one law: the size of least loss, the sizes that are nearly as good, and the corpus among it.

| letter | meaning                                              | unit           | argument, field    |
|--------|------------------------------------------------------|----------------|--------------------|
| C      | model FLOP of training and serving, 6 N D + 2 N T    | FLOP           | `compute_flops`    |
| N, D   | parameters, training tokens with repetitions         | –, tokens      | `n_params`, `n_tokens` |
| T      | tokens read and written when it serves               | tokens         | `served`           |
| U      | distinct tokens that there are                       | tokens         | `corpus`           |
| M      | tokens per parameter, D/N                            | tokens per parameter | `ratio`      |

Along C the loss of a law is convex in ln N, so that the sizes within a share of the least loss are one range, and
ends of it are found by search. Where the corpus is too small for that range, tokens come round again, and tokens and
parameters count as Muennighoff et al. 2023 found (`bounds.laws.RepeatedDataLaw`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from bounds.base.one_number import number, written
from bounds.laws.checks import must_exceed
from bounds.laws.loss_law import LossLaw
from bounds.laws.published import FLOP_PER_PARAM_TOKEN
from bounds.laws.repeated_data import RepeatedDataLaw
from bounds.planning.flops import FLOP_TO_SERVE

_POINTS = np.linspace(0, 1, 25)
_ROUNDS = 10
"""Each round leaves a twelfth of the range of ln N, or a twenty-fourth of it."""
_MOST_COMPUTE = 1e40


class Spent(NamedTuple):
    """Parameters and tokens, their loss, and the range of parameters within the share of it (NaN at a given D/N)."""

    n_params: float
    n_tokens: float
    loss: float
    n_params_lower: float
    n_params_upper: float
    repeats: bool


@dataclass(frozen=True)
class Spending:
    """How compute may be spent by `law`: on a `corpus` of distinct tokens if given, `served` tokens paid for as well.

    `repeated` is the law of repeated data that is made of it. `ratio` fixes D/N.
    """

    law: LossLaw
    repeated: RepeatedDataLaw
    corpus: float | None = None
    served: float = 0.0
    ratio: float | None = None

    def spend(self, compute_flops: float, share: float) -> Spent:
        """The size of least loss for `compute_flops`, and the range that costs at most `share` of the loss more.

        Raises ValueError where the compute does not even serve a model of one parameter.
        """
        C = compute_flops
        if FLOP_PER_PARAM_TOKEN + FLOP_TO_SERVE * self.served > C:
            raise ValueError(
                f"{number(C)} FLOP do not serve {written(self.served)} tokens with one parameter; ask for fewer"
            )
        if self.ratio is not None:
            N = float(self._size_at_ratio(C))
            D = N * self.ratio
            repeats = self.corpus is not None and self.corpus < D
            return Spent(N, D, float(self._loss(N, D)), np.nan, np.nan, repeats)
        own = Spending(self.law, self.repeated, None, self.served)
        spent = own._best(C, share)
        if self.corpus is None or self._tokens(C, spent.n_params_lower) <= self.corpus:
            return spent
        return self._best(C, share)._replace(repeats=True)

    def compute_for(self, loss: float) -> float:
        """The least FLOP that reach `loss`; raises ValueError where none do."""
        must_exceed(loss, self.law.irreducible, f"the irreducible loss of {self.law.key}", "no compute reaches it")
        if self.corpus is None and not self.served:
            return float(self.law.compute_for(loss, self.ratio))
        low = np.log(FLOP_PER_PARAM_TOKEN + FLOP_TO_SERVE * self.served)
        high = np.log(_MOST_COMPUTE)
        floor = float(self._least(np.array([np.exp(high)]))[0])
        must_exceed(loss, floor, f"what {self.law.key} gives on this corpus, whatever the compute", "add tokens")
        return float(np.exp(_crossing(lambda x: self._least(np.exp(x)), high, low, loss)))

    def loss(self, n_params: Any, n_tokens: Any, *, repeats: bool) -> Any:
        """Loss of `n_params` on `n_tokens`, by the law of repeated data where the corpus `repeats`."""
        return self._loss(n_params, n_tokens) if repeats else self.law.loss(n_params, n_tokens)

    def along(self, compute_flops: float, n_params: Any) -> Any:
        """Loss of each of `n_params` on the tokens that `compute_flops` leave, whatever D/N then is."""
        form = replace(self, ratio=None)
        if self.corpus is not None and not form.spend(compute_flops, 0.001).repeats:
            form = replace(form, corpus=None)
        return form._loss(n_params, form._tokens(compute_flops, n_params))

    def _best(self, C: float, share: float) -> Spent:
        N = float(self._size(np.array([C]))[0])
        D = float(self._tokens(C, N))
        loss = float(self._loss(N, D))

        def along(x: Any) -> Any:
            return self._loss(np.exp(x), self._tokens(C, np.exp(x)))

        level, ends = loss * (1 + share), (0.0, np.log(C / (FLOP_PER_PARAM_TOKEN + FLOP_TO_SERVE * self.served)))
        lower, upper = (float(np.exp(_crossing(along, np.log(N), end, level))) for end in ends)
        return Spent(N, D, loss, lower, upper, False)

    def _least(self, C: Any) -> Any:
        """The least loss at each of `C`."""
        if self.ratio is not None:
            N = self._size_at_ratio(C)
            return self._loss(N, N * self.ratio)
        N = self._size(C)
        return self._loss(N, self._tokens(C, N))

    def _size(self, C: Any) -> Any:
        """The size of least loss at each of `C`."""
        if not self.served:
            best = self.law.optimal(C) if self.corpus is None else self.repeated.optimal(C, self.corpus)
            return best.n_params
        most = np.log(C / (FLOP_PER_PARAM_TOKEN + FLOP_TO_SERVE * self.served))
        low, high = np.zeros_like(most), most
        for _ in range(_ROUNDS):
            x = low + (high - low) * _POINTS[:, None]
            at = np.argmin(self._loss(np.exp(x), self._tokens(C, np.exp(x))), axis=0)
            below, above = np.maximum(at - 1, 0), np.minimum(at + 1, len(_POINTS) - 1)
            columns = np.arange(len(most))
            low, high = x[below, columns], x[above, columns]
        return np.exp((low + high) / 2)

    def _size_at_ratio(self, C: Any) -> Any:
        """The root N of 6 M N² + 2 T N = C."""
        T, M = self.served, self.ratio or 1.0
        return C / (T + np.sqrt(T * T + 6 * M * C))

    def _tokens(self, C: Any, N: Any) -> Any:
        """(C - 2 N T)/(6 N), a token at least."""
        return np.maximum(C / (6 * N) - self.served / 3, 1.0)

    def _loss(self, N: Any, D: Any) -> Any:
        return self.law.loss(N, D) if self.corpus is None else self.repeated.loss(N, D, self.corpus)


def _crossing(function: Callable[[Any], Any], inside: float, outside: float, level: float) -> float:
    """Where `function` leaves what is at most `level` on the way from `inside`, where it is, to `outside`.

    It rises on that way; `outside` itself where it never passes the level.
    """
    for _ in range(_ROUNDS):
        x = inside + (outside - inside) * _POINTS
        past = np.asarray(function(x)) > level
        past[0] = False
        if not past.any():
            return outside
        first = int(np.argmax(past))
        inside, outside = float(x[first - 1]), float(x[first])
    return inside
