"""What a budget buys by one law: the size of least loss, the sizes that are nearly as good, and the corpus among it.

| letter | meaning                                              | unit           | argument, field    |
|--------|------------------------------------------------------|----------------|--------------------|
| C      | model FLOP of training and serving, 6 N D + 2 N T    | FLOP           | `compute_flops`    |
| N, D   | parameters, training tokens with repetitions         | –, tokens      | `n_params`, `n_tokens` |
| T      | tokens read and written when it serves               | tokens         | `served`           |
| U      | distinct tokens that there are                       | tokens         | `corpus`           |
| M      | tokens per parameter, D/N                            | tokens per parameter | `ratio`      |

Along C the loss of a law is convex in ln N, so that the sizes within a share of the least loss are one range, and
ends of it are found by search. Sizes that take more tokens than there are see them again, and tokens and parameters
count as Muennighoff et al. 2023 found (`bounds.laws.RepeatedDataLaw`). Sizes that take no more have the law's own loss,
whatever the corpus: its worth of excess parameters was fitted with another law, and lent only to what is repeated. So
that the loss does not jump where the second epoch begins, a run is never worse than its first epoch. Only the law that
the two scales were fitted with counts excess parameters in a single epoch as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from bounds.base.one_number import number, written
from bounds.base.telling.html import html_fields
from bounds.laws.checks import must_exceed
from bounds.laws.loss_law import Allocation, LossLaw
from bounds.laws.published import FLOP_PER_PARAM_TOKEN
from bounds.laws.repeated_data import RepeatedDataLaw
from bounds.planning.flops import FLOP_TO_SERVE

_POINTS = np.linspace(0, 1, 25)
_ROUNDS = 10
"""Each round leaves a twelfth of the range of ln N."""
_CROSSING_POINTS = np.linspace(0, 1, 241)
_CROSSING_ROUNDS = 6
"""Each round leaves a part in 240 of the range of ln N or ln C; many points at once cost little more than few."""
_MOST_COMPUTE = 1e40
_ROUNDING = 1e-13


class Spent(NamedTuple):
    """Parameters and tokens, their loss, and the range of parameters within the share of it (NaN at a given D/N)."""

    n_params: float
    n_tokens: float
    loss: float
    n_params_lower: float
    n_params_upper: float

    def _repr_html_(self) -> str:
        return html_fields(self)


@dataclass(frozen=True)
class Spending:
    """How compute may be spent by `law`: on a `corpus` of distinct tokens if given, `served` tokens paid for as well.

    `repeated` is the law of repeated data that is made of it; `counts_excess` says that it was fitted so, and holds in
    a single epoch too. `ratio` fixes D/N.
    """

    law: LossLaw
    repeated: RepeatedDataLaw
    corpus: float | None = None
    served: float = 0.0
    ratio: float | None = None
    counts_excess: bool = False

    _repr_html_ = html_fields

    def spend(self, compute_flops: float, share: float) -> Spent:
        """The size of least loss for `compute_flops`, and the range that costs at most `share` of the loss more.

        Raises ValueError where the compute does not even serve a model of one parameter.
        """
        C = compute_flops
        if FLOP_PER_PARAM_TOKEN > C:
            raise ValueError(f"{number(C)} FLOP do not train one parameter on one token; spend more")
        if self.least_compute > C:
            raise ValueError(
                f"{number(C)} FLOP do not serve {written(self.served)} tokens with one parameter; ask for fewer"
            )
        N, D = (float(one[0]) for one in self.sizes(np.array([C])))
        loss = float(self.loss(N, D))
        if self.ratio is not None:
            return Spent(N, D, loss, np.nan, np.nan)

        def along(x: Any) -> Any:
            return self.loss(np.exp(x), self._tokens(C, np.exp(x)))

        level, ends = loss * (1 + share), (0.0, float(self._most(C)))
        lower, upper = (float(np.exp(_crossing(along, np.log(N), end, level))) for end in ends)
        return Spent(N, D, loss, lower, upper)

    def worth(self, n_params: Any, n_tokens: Any) -> tuple[Any, Any]:
        """N' and D': parameters and new tokens of the law's own that serve as well as these on this corpus."""
        N, D = n_params, n_tokens
        if self.counts_excess:
            U = D if self.corpus is None else np.minimum(D, self.corpus)
            return self.repeated.effective_params(N, U), self.repeated.effective_tokens(D, U)
        if self.corpus is None:
            return N, D
        U = np.minimum(D, self.corpus)
        size, tokens = self.repeated.effective_params(N, U), self.repeated.effective_tokens(D, U)
        again = (D > U) & (self.law.loss(size, tokens) < self.law.loss(N, U))
        return np.where(again, size, N)[()], np.where(again, tokens, U)[()]

    def loss(self, n_params: Any, n_tokens: Any) -> Any:
        """Loss of `n_params` on `n_tokens` of this corpus."""
        return self.law.loss(*self.worth(n_params, n_tokens))

    def compute_for(self, loss: float) -> float:
        """The least FLOP that reach `loss`; raises ValueError where none do."""
        must_exceed(loss, self.law.irreducible, f"the irreducible loss of {self.law.key}", "no compute reaches it")
        if self.corpus is None and not self.served and not self.counts_excess:
            return float(self.law.compute_for(loss, self.ratio))
        low = np.log(self.least_compute)
        high = np.log(_MOST_COMPUTE)
        floor = self.floor()
        # A loss of this law where nothing is gained any more equals the least to rounding, and is reached.
        must_exceed(
            loss * (1 + _ROUNDING),
            floor,
            f"what {self.law.key} gives on this corpus, whatever the compute",
            "add tokens",
        )
        return float(np.exp(_crossing(lambda x: self._least(np.exp(x)), high, low, loss)))

    def floor(self) -> float:
        """The loss that no compute betters: of this corpus, or the law's own irreducible one."""
        if self.corpus is None:
            return float(self.law.irreducible or 0.0)
        return float(self._least(np.array([_MOST_COMPUTE]))[0])

    def along(self, compute_flops: float, n_params: Any) -> Any:
        """Loss of each of `n_params` on the tokens that `compute_flops` leave, whatever D/N then is."""
        return self.loss(n_params, self._tokens(compute_flops, n_params))

    @property
    def least_compute(self) -> float:
        """FLOP that serve a model of one parameter and train it on one token."""
        return FLOP_PER_PARAM_TOKEN + FLOP_TO_SERVE * self.served

    def sizes(self, compute_flops: Any) -> tuple[Any, Any]:
        """The parameters and tokens of least loss at each of `compute_flops`, an array."""
        C = compute_flops
        if self.ratio is not None:
            N = self._size_at_ratio(C)
            return N, N * self.ratio
        N = self._size(C)
        return N, self._tokens(C, N)

    def _least(self, C: Any) -> Any:
        """The least loss at each of `C`."""
        return self.loss(*self.sizes(C))

    def _size(self, C: Any) -> Any:
        """The size of least loss at each of `C`: of those that see a token once, and of those that see it again."""
        if self.corpus is None:
            return self._size_between(C, np.zeros_like(C), self._most(C), self.law.optimal)
        # The size that takes just one epoch of the corpus.
        whole = np.clip(np.log(C / (6 * self.corpus + 2 * self.served)), 0.0, self._most(C))
        once = self._size_between(C, whole, self._most(C), self.law.optimal)
        again = self._size_between(C, np.zeros_like(C), whole, lambda C: self.repeated.optimal(C, self.corpus))
        better = self.loss(again, self._tokens(C, again)) < self.loss(once, self._tokens(C, once)) * (1 - _ROUNDING)
        return np.where(better, again, once)

    def _size_between(self, C: Any, low: Any, high: Any, optimal: Callable[[Any], Allocation]) -> Any:
        """The size of least loss between e^low and e^high, along which the loss falls and then rises.

        `optimal` is the least without serving.
        """
        if not self.served:
            return np.clip(optimal(C).n_params, np.exp(low), np.exp(high))
        for _ in range(_ROUNDS):
            x = low + (high - low) * _POINTS[:, None]
            at = np.argmin(self.loss(np.exp(x), self._tokens(C, np.exp(x))), axis=0)
            below, above = np.maximum(at - 1, 0), np.minimum(at + 1, len(_POINTS) - 1)
            columns = np.arange(len(C))
            low, high = x[below, columns], x[above, columns]
        return np.exp((low + high) / 2)

    def _most(self, C: Any) -> Any:
        """ln of the largest size that `C` serves and trains on one token."""
        return np.log(C / self.least_compute)

    def _size_at_ratio(self, C: Any) -> Any:
        """The root N of 6 M N² + 2 T N = C."""
        T, M = self.served, self.ratio or 1.0
        return C / (T + np.sqrt(T * T + 6 * M * C))

    def _tokens(self, C: Any, N: Any) -> Any:
        """(C - 2 N T)/(6 N), a token at least."""
        return np.maximum(C / (6 * N) - self.served / 3, 1.0)


def _crossing(function: Callable[[Any], Any], inside: float, outside: float, level: float) -> float:
    """Where `function` leaves what is at most `level` on the way from `inside`, where it is, to `outside`.

    It rises on that way; `outside` itself where it never passes the level.
    """
    for _ in range(_CROSSING_ROUNDS):
        x = inside + (outside - inside) * _CROSSING_POINTS
        past = np.asarray(function(x)) > level
        past[0] = False
        if not past.any():
            return outside
        first = int(np.argmax(past))
        inside, outside = float(x[first - 1]), float(x[first])
    return inside
