"""The loss that a fitted law predicts for a run nobody has trained, with an interval in three parts.

| letter | meaning                                                             | unit | field         |
|--------|---------------------------------------------------------------------|------|---------------|
| b      | sd of ln L(N, D) over the resamples whose loss falls with both      | 1    | `sampling`    |
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
from bounds.base.one_number import checked_confidence, number
from bounds.base.pointwise import broadcast, labelled
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
_FEWEST_DRAWS = 20
"""Draws from which a standard deviation is still taken."""
_BLOCK = 1_000_000
"""Losses that are computed at once, over resamples and points."""


@dataclass(frozen=True, repr=False)
class Prediction:
    """A predicted loss, in nats per token, and how sure it is; arrays like the arguments.

    `sampling`, `noise` and `lack_of_fit` are standard deviations of ln L, each None where it is not known: sampling of
    a published law, which has no draws, the others of a law that does not know its runs. The interval is of those that
    are (`missing` names the others). `distance` is C/C₀, the compute of the predicted run in units of the largest that
    was fitted.
    """

    estimate: Any
    sampling: Any | None
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
    def missing(self) -> tuple[str, ...]:
        """The parts that are not known, and that the interval is without."""
        return tuple(name for name in PARTS if getattr(self, name) is None)

    @property
    def sampling_only(self) -> bool:
        """Whether the interval is of the error of sampling alone, since neither other part is known."""
        return self.missing == PARTS[1:]

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
        if len(self.missing) == len(PARTS):
            raise ValueError("nothing is known of the error of this law: no draws, no scatter of its runs, no compute")
        times = np.exp(float(ndtri((1 + level) / 2)) * self.deviation(parts))
        return Interval(_plain(self.estimate / times), _plain(self.estimate * times))

    def __repr__(self) -> str:
        if len(self.missing) == len(PARTS):
            return f"Prediction({brief(self.estimate)}; no interval is known)"
        known = [(name.replace("_", " "), getattr(self, name)) for name in PARTS if name not in self.missing]
        far = "" if self.distance is None else f" at {_short(self.distance)} times the largest fitted compute"
        told = f"sd of ln loss: {', '.join(f'{name} {_short(value)}' for name, value in known)}{far}"
        ends = f"[{brief(self.lower)}, {brief(self.upper)}]"
        told = "sampling only" if self.sampling_only else told
        return f"Prediction({brief(self.estimate)}, {100 * self.confidence:g} % interval {ends}; {told})"


class SureLaw(Protocol):
    """A law and how sure it is, such as `bounds.fitting.LossLawFit` or a `bounds.laws.LawFile`."""

    @property
    def law(self) -> LossLaw:
        """With the constants that fit best."""

    @property
    def samples(self) -> Floats | None:
        """Draws (n, 5) of E, ln A, α, ln B, β; None where there are none."""

    @property
    def unidentified(self) -> tuple[str, ...]:
        """The constants that the runs do not identify."""


def predict_loss(law: LossLaw | SureLaw, n_params: Any, n_tokens: Any, confidence: float = 0.95) -> Prediction:
    """The loss that runs of `n_params` parameters on `n_tokens` tokens would end at, with an interval.

    `law` is a fit, a law that was read from a file, or a published one, which has no draws, so that the part of
    sampling is not known. The other two are where the law has a `residual_deviation` and a `largest_compute`.
    """
    if isinstance(law, LossLaw):
        return predicted(law, None, (), n_params, n_tokens, confidence)
    return predicted(law.law, law.samples, law.unidentified, n_params, n_tokens, confidence)


def predicted(
    law: LossLaw, samples: Floats | None, free: tuple[str, ...], n_params: Any, n_tokens: Any, confidence: float
) -> Prediction:
    """`predict_loss` of `law`, its `samples` (n, 5) of E, ln A, α, ln B, β, and the constants that are `free`."""
    checked_confidence(confidence)
    N, D = positives(n_params=n_params, n_tokens=n_tokens)
    draws = None if samples is None else falling(law, samples)
    sampling = None if draws is None else labelled(lambda N, D: _log_loss_deviation(draws, N, D), N, D)
    estimate, noise, largest = law.loss(N, D), law.residual_deviation, law.largest_compute
    about_law = (*_rising(law), *_unknown(free))
    if largest is None:
        return Prediction(estimate, sampling, noise, None, None, confidence, about_law)
    distance = _plain(FLOP_PER_PARAM_TOKEN * N * D / largest)
    lack = _plain(LACK_OF_FIT * np.log(np.maximum(distance, 1)))
    notes = (*about_law, *_outlying(law, N, D, distance))
    return Prediction(estimate, sampling, noise, lack, distance, confidence, notes)


def falling(law: LossLaw, samples: Floats) -> Floats:
    """The `samples` (n, 5) of E, ln A, α, ln B, β whose loss does not rise with size or data, as `law` does not.

    A few runs, one of them far off, give some resamples a negative exponent. No ladder of models has one, and beyond
    the runs its term outgrows all else, so that a handful would set the deviation. All are kept where the law itself
    rises, or where fewer than `_FEWEST_DRAWS` do not.
    """
    kept = samples[(samples[:, 2] >= 0) & (samples[:, 4] >= 0)]
    return samples if _rises(law) or len(kept) < _FEWEST_DRAWS else kept


def _rises(law: LossLaw) -> list[str]:
    """The sizes with which the loss of a law grows."""
    return [name for name, exponent in (("n_params", law.param_exponent), ("n_tokens", law.data_exponent))
            if exponent < 0]  # fmt: skip


def _rising(law: LossLaw) -> Iterable[Note]:
    if names := _rises(law):
        told = "which no ladder of models does, so that what it predicts beyond the runs means nothing"
        yield Note(FITTED, f"the fitted loss rises with {' and '.join(names)}, {told}")


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


def _unknown(free: tuple[str, ...]) -> Iterable[Note]:
    if free:
        told = "away from their sizes a prediction may be farther off than its interval says"
        yield Note(FITTED, f"these runs do not identify {', '.join(free)}: {told}")


def _outlying(law: LossLaw, n_params: Any, n_tokens: Any, distance: Any) -> Iterable[Note]:
    far = float(np.max(np.asarray(distance), initial=0))
    if far > REACH:
        yield Note(RANGE, f"{number(far)} times the largest fitted compute: predictions were tried up to {REACH} times")
    for name, values, fitted in (
        ("n_params", n_params, law.fitted_params), ("n_tokens", n_tokens, law.fitted_tokens),
    ):  # fmt: skip
        if np.any(np.asarray((distance <= 1) & _outside(values, fitted))):
            told = "beyond the fitted runs in itself, where its compute is not: of that the interval knows nothing"
            yield Note(RANGE, f"{name} is {told}")


def _outside(values: Any, fitted: tuple[float, float]) -> Any:
    """Whether a size lies beyond the fitted ones by more than rounding."""
    return (values < fitted[0] * (1 - 1e-9)) | (values > fitted[1] * (1 + 1e-9))


def _short(value: Any) -> str:
    """A number in two digits, arrays as anywhere."""
    return number(value, 2) if np.ndim(value) == 0 else brief(value)


def _plain(value: Any) -> Any:
    """A number of Python for one of NumPy's; arrays as they are."""
    return value.item() if isinstance(value, np.generic) or getattr(value, "shape", None) == () else value
