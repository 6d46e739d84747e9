"""The loss that a fitted law predicts for a run nobody has trained, with an interval in three parts.

| letter | meaning                                                             | unit | field         |
|--------|---------------------------------------------------------------------|------|---------------|
| b      | sd of ln L(N, D) over the resamples of the fit                      | 1    | `sampling`    |
| s      | sd of the residuals, √(Σr²/(n - 5)): what equal runs differ by      | 1    | `noise`       |
| τ      | lack of fit for each e-fold of compute beyond the runs              | 1    | `LACK_OF_FIT` |
| C₀     | largest compute of the fitted runs, C = 6 N D                       | FLOP | –             |

ln L has a standard deviation of √(b² + s² + (τ max(0, ln(C/C₀)))²) about the fitted law, and intervals are those of the
normal law. A bootstrap knows how far chance moves the constants of a form, and nothing of what the form misses: of the
runs of other people at ten times the compute its intervals held a small part. τ was learnt from sixteen series of their
runs (docs/prediction.md), each family left out in turn.

An interval is of one run. Runs of one ladder share the law's lack of fit and err together, at ten times the compute in
two thirds of their squared error: ten of them inside their intervals count for little more than one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from bounds.base.arguments import Choice
from bounds.base.brief import brief
from bounds.base.intervals import Interval
from bounds.base.notes import FITTED, RANGE, Note
from bounds.base.one_number import checked_confidence
from bounds.base.pointwise import broadcast, labelled
from bounds.fitting.runs.identification import Identification
from bounds.fitting.runs.run_columns import N_CONSTANTS
from bounds.laws.checks import positives
from bounds.laws.published import FLOP_PER_PARAM_TOKEN, LossLaw

Floats = NDArray[np.float64]

LACK_OF_FIT = 0.008
"""τ: by so much of ln L an e-fold of compute beyond the fitted runs adds to the error of a law."""
EXPONENT_LACK_OF_FIT = 0.055
"""Standard deviation of β beyond the bootstrap: what a ladder ten times longer makes of it.

Learnt from sixteen public series of runs (docs/prediction.md): β fitted up to C₀, against β refitted up to 6.5 to 18
times C₀ within the same series, in sd² = b² + 0.055²: so 50/80/95 % intervals held 49/83/95 %. The interval score is
least at 0.045, and at 0.04 to 0.055 with a family left out. It is for ten times alone: as the ladder grows β moves by
about 0.025 for each e-fold of compute, less at twice and more at thirty times.
"""
REACH = 60
"""Times the largest fitted compute up to which predictions were held against runs."""
PARTS = ("sampling", "noise", "lack_of_fit")
_BLOCK = 1_000_000
"""Losses that are computed at once, over resamples and points."""


@dataclass(frozen=True, repr=False)
class Prediction:
    """A predicted loss, in nats per token, and how sure it is; arrays like the arguments.

    `sampling`, `noise` and `lack_of_fit` are standard deviations of ln L; the last two are None where the fit does not
    know its runs, and the interval is then of sampling only. `distance` is C/C₀, the compute of the predicted run in
    units of the largest that was fitted.
    """

    estimate: Any
    sampling: Any
    noise: float | None
    lack_of_fit: Any
    distance: Any
    confidence: float
    notes: tuple[Note, ...] = ()

    @property
    def lower(self) -> Any:
        """Lower end of the interval of a run's loss."""
        return self.interval().lower

    @property
    def upper(self) -> Any:
        """Upper end of the interval of a run's loss."""
        return self.interval().upper

    @property
    def sampling_only(self) -> bool:
        """Whether the interval is of the error of sampling alone, since the other parts are not known."""
        return self.noise is None or self.lack_of_fit is None

    def deviation(self, parts: Iterable[str] = PARTS) -> Any:
        """Standard deviation of ln L from the given `parts`; those that are not known are left out."""
        names = [Choice("parts", PARTS)(name) for name in parts]
        known = [one for one in (getattr(self, name) for name in dict.fromkeys(names)) if one is not None]
        return _plain(np.sqrt(sum((np.square(one) for one in known), start=0.0)))

    def interval(self, confidence: float | None = None, parts: Iterable[str] = PARTS) -> Interval:
        """Interval of the loss at `confidence` (that of the prediction) from the given `parts`.

        Without ``noise`` it is of the mean of many equal runs, with ``sampling`` alone what a bootstrap gives.
        """
        level = checked_confidence(self.confidence if confidence is None else confidence)
        times = np.exp(float(ndtri((1 + level) / 2)) * self.deviation(parts))
        return Interval(_plain(self.estimate / times), _plain(self.estimate * times))

    def __repr__(self) -> str:
        if self.sampling_only:
            told = "sampling only"
        else:
            told = (
                f"sd of ln loss: sampling {_short(self.sampling)}, noise {_short(self.noise)}, lack of fit "
                f"{_short(self.lack_of_fit)} at {_short(self.distance)} times the largest fitted compute"
            )
        ends = f"[{brief(self.lower)}, {brief(self.upper)}]"
        return f"Prediction({brief(self.estimate)}, {100 * self.confidence:g} % interval {ends}; {told})"


class PredictingFit(Protocol):
    """What a prediction needs of a fit, such as `bounds.fitting.LossLawFit`."""

    @property
    def law(self) -> LossLaw:
        """With the constants that fit best."""

    @property
    def residuals(self) -> Floats:
        """ln fitted - ln observed of each row."""

    @property
    def unidentified(self) -> tuple[str, ...]:
        """The constants that the runs do not identify."""

    @property
    def n_groups(self) -> int:
        """How many runs the rows are of."""

    @property
    def identification(self) -> Identification | None:
        """The fitted runs and what they decide; None where they are not known."""


def predicted(fit: PredictingFit, samples: Floats, n_params: Any, n_tokens: Any, confidence: float) -> Prediction:
    """The loss of runs of `n_params` and `n_tokens`; `samples` (resamples, 5) are of E, ln A, α, ln B, β."""
    checked_confidence(confidence)
    N, D = positives(n_params=n_params, n_tokens=n_tokens)
    sampling = labelled(lambda N, D: _log_loss_deviation(samples, N, D), N, D)
    estimate, known = fit.law.loss(N, D), fit.identification
    if known is None or fit.n_groups <= N_CONSTANTS:
        return Prediction(estimate, sampling, None, None, None, confidence)
    runs = known.runs
    log_compute = np.log(FLOP_PER_PARAM_TOKEN) + runs.x + runs.mean_x + runs.y + runs.mean_y
    largest = float(np.exp(log_compute.max()))
    # Rows of one run share its luck: what counts is how many runs there are.
    noise = float(np.sqrt(np.mean(np.square(fit.residuals)) * fit.n_groups / (fit.n_groups - N_CONSTANTS)))
    distance = _plain(FLOP_PER_PARAM_TOKEN * N * D / largest)
    lack = _plain(LACK_OF_FIT * np.log(np.maximum(distance, 1)))
    return Prediction(estimate, sampling, noise, lack, distance, confidence, tuple(_notes(fit, N, D, distance)))


def _log_loss_deviation(samples: Floats, n_params: Any, n_tokens: Any) -> Any:
    """Standard deviation over `samples` of ln L at each point."""
    N, D = broadcast(np.asarray(n_params, float), np.asarray(n_tokens, float))
    x, y, found = N.ravel(), D.ravel(), np.empty(N.size)
    for part in blocks(len(samples), len(x)):
        found[part] = np.std(drawn_log_losses(samples, x[part], y[part]), axis=0, ddof=1)
    return found.reshape(N.shape)[()]


def blocks(resamples: int, points: int) -> Iterator[slice]:
    """Slices of `points` whose losses over all `resamples` fit into little memory."""
    size = max(_BLOCK // resamples, 1)
    return (slice(first, first + size) for first in range(0, points, size))


def drawn_log_losses(samples: Floats, n_params: Floats, n_tokens: Floats) -> Floats:
    """ln L by each of `samples` (resamples, 5), of E, ln A, α, ln B, β, at each point: (resamples, points)."""
    x, y = np.log(n_params), np.log(n_tokens)
    with np.errstate(divide="ignore"):  # an irreducible loss of 0
        log_e = np.log(samples[:, :1])
    _, log_a, alpha, log_b, beta = (samples[:, [k]] for k in range(N_CONSTANTS))
    return np.logaddexp(log_e, np.logaddexp(log_a - alpha * x, log_b - beta * y))


def _notes(fit: PredictingFit, n_params: Any, n_tokens: Any, distance: Any) -> Iterable[Note]:
    if free := fit.unidentified:
        told = "away from their sizes a prediction may be farther off than its interval says"
        yield Note(FITTED, f"these runs do not identify {', '.join(free)}: {told}")
    far = float(np.max(np.asarray(distance), initial=0))
    if far > REACH:
        yield Note(RANGE, f"{far:.3g} times the largest fitted compute: predictions were tried up to {REACH} times")
    for name, values, fitted in (
        ("n_params", n_params, fit.law.fitted_params), ("n_tokens", n_tokens, fit.law.fitted_tokens),
    ):  # fmt: skip
        if fitted is not None and np.any(np.asarray((distance <= 1) & _outside(values, fitted))):
            told = "beyond the fitted runs in itself, where its compute is not: of that the interval knows nothing"
            yield Note(RANGE, f"{name} is {told}")


def _outside(values: Any, fitted: tuple[float, float]) -> Any:
    """Whether a size lies beyond the fitted ones by more than rounding."""
    return (values < fitted[0] * (1 - 1e-9)) | (values > fitted[1] * (1 + 1e-9))


def _short(value: Any) -> str:
    """A number in two digits, arrays as anywhere."""
    return f"{value:.2g}" if np.ndim(value) == 0 else brief(value)


def _plain(value: Any) -> Any:
    """A number of Python for one of NumPy's; arrays as they are."""
    return value.item() if isinstance(value, np.generic) or getattr(value, "shape", None) == () else value
