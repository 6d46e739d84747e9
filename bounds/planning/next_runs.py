"""Which run to train next: the one after which the loss of a larger run is best predicted.

| letter | meaning                                                                    | unit | field              |
|--------|----------------------------------------------------------------------------|------|--------------------|
| t, x   | ln L of the target and of a candidate, by each resample of the fit         | 1    | –                  |
| b, b'  | standard deviation of t before and after the candidate is trained          | 1    | `sampling_after`   |
| s      | standard deviation of equal runs, from the residuals                       | 1    | –                  |
| τ      | lack of fit for each e-fold of compute beyond the runs                     | 1    | `LACK_OF_FIT`      |
| C₀, C  | largest fitted compute, compute of the candidate                           | FLOP | `compute_flops`    |

The resamples stand for what is not known of the law. A candidate would be seen with noise s, and to first order moves
them as one more normal observation does: b'² = b² - cov(t, x)²/(var x + s²), whatever its loss will be. The lack of fit
counts from the largest fitted compute, and would count from max(C₀, C). The interval of a run at the target then has
sd² = b'² + s² + lack², as `bounds.fitting.predict_loss` would say it after the refit. This is heuristic: resamples are
no posterior, a run that pulls hard at the fit leaves up to a quarter more of b than b', one run far from the others is
taken to carry the law to its compute, and its own lack of fit is not in its noise. On public series the interval became
as short as was said and held less often than it should, and the error was no smaller than after the dearest run near
twenty tokens a parameter (docs/prediction.md): where least is known of the law it is also wrong.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bounds.base.brief import brief
from bounds.base.intervals import HEURISTIC
from bounds.base.pointwise import shown
from bounds.base.telling.html import html_fields, html_table
from bounds.fitting.loss_laws.prediction import (
    LACK_OF_FIT,
    Prediction,
    SureLaw,
    blocks,
    drawn_log_losses,
    falling,
    predict_loss,
)
from bounds.laws.checks import positives
from bounds.laws.published import FLOP_PER_PARAM_TOKEN

Floats = NDArray[np.float64]

ASSUMPTION = (
    "the resamples of the fit stand for what is not known of the law, the new run is seen with the noise of the "
    "residuals, and the lack of fit counts from the largest compute, the new run's included"
)


TRIED = (
    "on public series of runs the intervals became as short as was said, but then held less often than they promise, "
    "and errors were no smaller than with the dearest run near 20 tokens a parameter"
)


@dataclass(frozen=True)
class NextRun:
    """A run that could be trained next, and the standard deviation of ln L at the target before and after it.

    `deviation_after` has three parts, of which noise stays: `sampling_after` and `lack_of_fit_after` are the others.
    """

    n_params: float
    n_tokens: float
    compute_flops: float
    deviation_before: float
    deviation_after: float
    sampling_after: float
    lack_of_fit_after: float

    _repr_html_ = html_fields

    @property
    def shorter(self) -> float:
        """By which share of itself the interval at the target becomes shorter, to first order."""
        return 1 - self.deviation_after / self.deviation_before

    def to_json(self) -> dict[str, float]:
        """A flat object."""
        return asdict(self) | {"shorter": self.shorter}


@dataclass(frozen=True, repr=False)
class NextRuns:
    """Candidates, the one that shortens the interval at the target most first; of equal ones the cheaper first.

    `now` is the prediction of the target before any of them. `label` says what kind of statement this is, `assumption`
    what it rests on, and `tried` how it did.
    """

    target: tuple[float, float]
    now: Prediction
    rows: tuple[NextRun, ...]
    label: str = HEURISTIC
    assumption: str = ASSUMPTION
    tried: str = TRIED

    @property
    def best(self) -> NextRun:
        """The first of the rows."""
        return self.rows[0]

    def __repr__(self) -> str:
        N, D = self.target
        best = self.best
        return (
            f"NextRuns({len(self.rows)} candidates for {brief(N)} parameters on {brief(D)} tokens; best "
            f"{brief(best.n_params)} on {brief(best.n_tokens)}, sd of ln loss {best.deviation_before:.2g} to "
            f"{best.deviation_after:.2g})"
        )

    def _repr_html_(self) -> str:
        N, D = self.target
        rows = [
            (brief(one.n_params), brief(one.n_tokens), f"{one.deviation_before:.2g}", f"{one.deviation_after:.2g}")
            for one in self.rows
        ]
        title = f"{len(self.rows)} candidates for {brief(N)} parameters on {brief(D)} tokens, the best first"
        return html_table(title, rows, ("parameters", "tokens", "sd of ln loss before", "after"))

    def to_json(self) -> list[dict[str, float]]:
        """The rows as flat objects."""
        return [row.to_json() for row in self.rows]


def next_run(
    fit: SureLaw,
    n_params: ArrayLike,
    n_tokens: ArrayLike,
    target: tuple[float, float],
    *,
    max_flops: float | None = None,
) -> NextRuns:
    """Of candidates of `n_params` parameters on `n_tokens` tokens, which shortens the interval at `target` most.

    `target` is (parameters, tokens) of the run whose loss is wanted; candidates of more than `max_flops`, 6 N D, are
    left out. `fit` is a fit, or a file that keeps one (`bounds.laws.read_law_file`). Heuristic: `ASSUMPTION`. Raises
    ValueError for a fit without a bootstrap or whose runs are not known, and where no candidate is affordable.
    """
    N, D = _candidates(n_params, n_tokens, max_flops)
    goal = _target(target)
    now = predict_loss(fit, *goal)
    if fit.samples is None:
        raise ValueError("the law was fitted without a bootstrap, so nothing says what a run would add; fit it again")
    if now.sampling is None or now.noise is None or now.distance is None:
        raise ValueError("the law does not know its runs, so nothing says what another would add; fit it again")
    flops = FLOP_PER_PARAM_TOKEN * N * D
    variance = now.sampling**2 - _explained(falling(fit.law, fit.samples), N, D, goal, now.noise)
    sampling = np.sqrt(np.maximum(variance, 0))
    target_flops = FLOP_PER_PARAM_TOKEN * goal[0] * goal[1]
    largest = np.maximum(target_flops / now.distance, flops)
    lack = LACK_OF_FIT * np.log(np.maximum(target_flops / largest, 1))
    after = np.sqrt(sampling**2 + now.noise**2 + lack**2)
    before = float(now.deviation())
    rows = [
        NextRun(*(float(one) for one in (N[k], D[k], flops[k], before, after[k], sampling[k], lack[k])))
        for k in np.lexsort((flops, after))
    ]
    return NextRuns(goal, now, tuple(rows))


def _explained(samples: Floats, N: Floats, D: Floats, target: tuple[float, float], noise: float) -> Floats:
    """cov(t, x)²/(var x + s²) of each candidate: the part of var t that seeing it removes."""
    t = drawn_log_losses(samples, *(np.array([one]) for one in target))
    t, found, free = t - t.mean(0), np.empty(len(N)), len(samples) - 1
    for part in blocks(len(samples), len(N)):
        x = drawn_log_losses(samples, N[part], D[part])
        x = x - x.mean(0)
        together, own = (t * x).sum(0) / free, (x * x).sum(0) / free
        spread = own + noise**2
        found[part] = np.divide(together**2, spread, out=np.zeros(len(own)), where=spread > 0)
    return found


def _candidates(n_params: ArrayLike, n_tokens: ArrayLike, max_flops: float | None) -> tuple[Floats, Floats]:
    """The affordable candidates, flat."""
    N, D = (np.ravel(one) for one in np.broadcast_arrays(*positives(n_params=n_params, n_tokens=n_tokens)))
    if not len(N):
        raise ValueError("n_params and n_tokens hold no candidate; give the sizes and tokens of runs you could train")
    if max_flops is None:
        return N, D
    (limit,) = positives(max_flops=max_flops)
    flops = FLOP_PER_PARAM_TOKEN * N * D
    kept = flops <= limit
    if not kept.any():
        raise ValueError(f"max_flops must reach the cheapest candidate, {flops.min():.3g} FLOP, got {shown(max_flops)}")
    return N[kept], D[kept]


def _target(target: tuple[float, float]) -> tuple[float, float]:
    if np.shape(target) != (2,):
        raise ValueError(f"target must be one pair (n_params, n_tokens), got {shown(target)}")
    N, D = positives(n_params=target[0], n_tokens=target[1])
    return float(N), float(D)
