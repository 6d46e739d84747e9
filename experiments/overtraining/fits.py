"""The law of over-training through any runs, with its chain to downstream error, and what it predicts of others.

| letter     | meaning                         | unit                      | argument, field                     |
|------------|---------------------------------|---------------------------|-------------------------------------|
| N, D       | parameters, training tokens     | parameters, tokens        | `n_params`, `n_tokens`              |
| M          | tokens per parameter, D/N       | tokens per parameter      | `tokens_per_param`                  |
| C          | training compute, 6 N D         | FLOP                      | `compute_flops`                     |
| L          | loss on one evaluation set      | nats per token            | `loss`                              |
| Err        | top-1 error averaged over tasks | 1                         | `error`                             |
| E, a, b, η | L = E + (a M^η + b M^-η) C^-η   | nats per token, 1         | `Fit.constants`                     |
| ε, k, γ    | Err = ε - k e^(-γL)             | 1, 1, 1/nat               | `Fit.error_constants`               |

Both are fitted by least squares with Levenberg and Marquardt's method, losses and errors as they are (section 3.3).
The paper begins from 128 points for the loss; here E, a and b (ε and k) are solved for exactly at each of many
exponents, and the descent begins from the best one, which finds the same minimum. Constants are not held positive:
the paper's are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import least_squares

from bounds.base.arguments import Choice, shown
from bounds.laws.overtraining import FORMULAS, GADRE, DownstreamErrorLaw, OvertrainingLaw
from experiments.readers.gadre import EVALUATIONS, average_error, tasks_of

Floats = NDArray[np.float64]
Tasks = int | str | Iterable[str] | None

_F = {formula.name: formula.function for formula in FORMULAS}
_EXPONENTS = np.geomspace(0.01, 2.0, 200)
"""Of N and of D, twice η, at which a fit looks for its start."""
_RATES = np.geomspace(0.02, 20.0, 200)
"""Of the error's decay, 1/nat, likewise."""
_COLLINEAR = 1e-9
"""Smallest singular value, as a share of the largest, of terms that runs tell apart."""
_CLOSE = 1e-14
_SMALL, _LARGE = 5e8, 2e9
"""Parameters: the ladder of four lies below the one, the 1.4B models between the two."""


class LossConstants(NamedTuple):
    """E, a, b and η of the law of over-training, in the order of its formula."""

    irreducible: float
    param_coefficient: float
    data_coefficient: float
    exponent: float


class ErrorConstants(NamedTuple):
    """ε, k and γ of the law of downstream error, in the order of its formula."""

    ceiling: float
    size: float
    rate: float


@dataclass(frozen=True)
class Fit:
    """Constants fitted to the runs named in `runs` (losses) and `error_runs` (errors; none without `tasks`).

    `residual` is the root mean square of fitted less measured losses in nats per token, `error_residual` of errors.
    """

    training_set: str
    evaluation: str
    tasks: tuple[str, ...]
    runs: tuple[str, ...]
    error_runs: tuple[str, ...]
    constants: LossConstants
    error_constants: ErrorConstants | None
    residual: float
    error_residual: float | None
    compute_flops: float
    error_compute_flops: float | None
    fitted_ratio: tuple[float, float]

    @property
    def law(self) -> OvertrainingLaw:
        """The same constants as a law of `bounds`; ValueError where they are none, such as an error above 1."""
        key = f"fitted-{self.training_set}"
        error = self.error_constants and DownstreamErrorLaw(
            key, GADRE, *self.error_constants, tasks=f"{len(self.tasks)} tasks", evaluation=self.evaluation
        )
        return OvertrainingLaw(
            key, GADRE, self.training_set, *self.constants, error_law=error, evaluation=self.evaluation,
            fitted_ratio=self.fitted_ratio, note=f"fitted to {len(self.runs)} runs",
        )  # fmt: skip

    def chained(self, error_runs: pd.DataFrame, tasks: int | str | Iterable[str] = 17) -> Fit:
        """The same law of the loss, with the error over other `tasks` fitted through `error_runs`."""
        if (found := _one_training_set(error_runs)) != self.training_set:
            raise ValueError(f"error_runs must be trained on {self.training_set} as runs are, got runs on {found}")
        named = tuple(tasks_of(error_runs, tasks))
        losses = error_runs[f"loss_{self.evaluation}"].to_numpy(float)
        constants, residual = _fit_error(losses, average_error(error_runs, named))
        return replace(
            self, tasks=named, error_runs=tuple(error_runs.run), error_constants=constants, error_residual=residual,
            error_compute_flops=float(error_runs.compute_flops.sum()),
        )  # fmt: skip

    @property
    def optimal_tokens_per_param(self) -> float:
        """(b/a)^(1/(2η)), the tokens per parameter of least loss at any compute (equation 10)."""
        _, a, b, eta = self.constants
        return float(_F["overtraining_optimum"](a, b, eta))

    def loss(self, compute_flops: Any, tokens_per_param: Any) -> Any:
        """Loss in nats per token after `compute_flops` FLOP at `tokens_per_param` (equation 4)."""
        C, M = np.asarray(compute_flops, float), np.asarray(tokens_per_param, float)
        return _F["overtraining_loss"](*self.constants, C, M)

    def error(self, loss: Any) -> Any:
        """Average top-1 error at a loss (equation 5); ValueError for a fit without tasks."""
        if self.error_constants is None:
            raise ValueError("this fit has no law of downstream error; pass tasks to fit")
        return _F["downstream_error"](*self.error_constants, np.asarray(loss, float))

    def predict(self, runs: pd.DataFrame) -> pd.DataFrame:
        """Measured and predicted loss and error of `runs`, one a row, and the relative errors of prediction.

        `loss_off` and `error_off` are predicted less measured as a share of measured, as the paper has them but with
        their signs; errors are predicted from predicted losses, and `error_at_loss_off` is how far off they are from
        measured ones. `fitted` and `error_fitted` say which runs were used.
        """
        told = runs[["run", "training_set", "n_params", "tokens_per_param", "n_tokens", "compute_flops"]].copy()
        told["fitted"] = told.run.isin(self.runs)
        told["loss"] = runs[f"loss_{self.evaluation}"]
        told["loss_predicted"] = self.loss(told.compute_flops, told.tokens_per_param)
        told["loss_off"] = told.loss_predicted / told.loss - 1
        if self.error_constants is not None:
            told["error_fitted"] = told.run.isin(self.error_runs)
            told["error"] = average_error(runs, self.tasks)
            told["error_predicted"] = self.error(told.loss_predicted)
            told["error_off"] = told.error_predicted / told.error - 1
            told["error_at_loss_off"] = self.error(told.loss) / told.error - 1
        return told


def fit(runs: pd.DataFrame, *, loss: str = "c4_val", tasks: Tasks = 17, error_runs: pd.DataFrame | None = None) -> Fit:
    """The laws of over-training and of downstream error through `runs`, all of them, of one training set.

    `runs` is `load()` or any part of it: at least four, of several sizes and of several tokens per parameter. `loss` is
    one of `experiments.readers.gadre.EVALUATIONS`; `tasks` 17, 46, or names of tasks, None for the loss alone.
    `error_runs` (default: `runs`, at least three) are those through which the errors go, with their measured losses.
    `paper_runs` chooses the ones that the paper takes. ValueError where the runs do not determine the constants.
    """
    Choice("loss", EVALUATIONS)(loss)
    training_set = _one_training_set(runs)
    constants, residual = _fit_loss(runs, loss)
    alone = Fit(
        training_set, loss, (), tuple(runs.run), (), constants, None, residual, None, float(runs.compute_flops.sum()),
        None, (float(runs.tokens_per_param.min()), float(runs.tokens_per_param.max())),
    )  # fmt: skip
    if tasks is None:
        if error_runs is not None:
            raise ValueError("error_runs need tasks: pass 17, 46 or names of tasks")
        return alone
    return alone.chained(runs if error_runs is None else error_runs, tasks)


def paper_runs(runs: pd.DataFrame, training_set: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The runs of table 1 of the paper on one training set: five for the loss, and these with a sixth for the error.

    Four sizes up to 0.411B at 20 tokens per parameter, the smallest at 320, and for the error 1.4B at 20.
    """
    chosen = of_set(runs, training_set)
    at_20, small = chosen.tokens_per_param == 20, chosen.n_params < _SMALL
    far = (chosen.tokens_per_param == 320) & (chosen.n_params == chosen.n_params.min())
    for_loss = chosen[(at_20 & small) | far]
    for_error = chosen[(at_20 & (chosen.n_params < _LARGE)) | far]
    if (len(for_loss), len(for_error)) != (5, 6):
        raise ValueError(
            f"the runs on {training_set} lack some of table 1 of the paper, {len(for_error)} of 6 are there; pass "
            "other runs to fit"
        )
    return for_loss, for_error


def of_set(runs: pd.DataFrame, training_set: str) -> pd.DataFrame:
    """The runs on one training set: c4, redpajama or refinedweb."""
    Choice("training_set", tuple(runs.training_set.unique()))(training_set)
    return runs[runs.training_set == training_set]


def targets(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs that the paper predicts: of 1.4B and 6.9B, but for 1.4B at 20, to which errors are fitted."""
    return runs[(runs.n_params > _LARGE) | ((runs.n_params > _SMALL) & (runs.tokens_per_param != 20))]


def small(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs of up to 0.411B parameters."""
    return runs[runs.n_params < _SMALL]


def _one_training_set(runs: pd.DataFrame) -> str:
    found = list(runs.training_set.unique())
    if len(found) != 1:
        raise ValueError(f"runs must be on one training set, got {', '.join(found) or 'no run'}")
    return str(found[0])


def _fit_loss(runs: pd.DataFrame, evaluation: str) -> tuple[LossConstants, float]:
    N, D = runs.n_params.to_numpy(float), runs.n_tokens.to_numpy(float)
    losses = runs[f"loss_{evaluation}"].to_numpy(float)
    if len(losses) < 4:
        raise ValueError(f"runs must be at least 4 for the four constants of the loss, got {len(losses)}")
    n, d = (np.exp(np.mean(np.log(x))) for x in (N, D))  # in these units all terms are of one size

    def terms(alpha: float) -> Floats:
        return np.stack([np.ones_like(N), (N / n) ** -alpha, (D / d) ** -alpha], axis=1)

    spread = np.linalg.svd(terms(0.3), compute_uv=False)
    if spread[-1] < _COLLINEAR * spread[0]:
        raise ValueError(
            "runs must be of several sizes and of several tokens per parameter for a and b to be told apart"
        )
    (E, A, B), alpha, residual = _least_squares(terms, losses, _EXPONENTS, f"exponent of the loss on {evaluation}")
    eta = alpha / 2
    a = _F["overtraining_from_params"](A * n**alpha, alpha)
    b = _F["overtraining_from_data"](B * d**alpha, alpha)
    return LossConstants(E, float(a), float(b), eta), residual


def _fit_error(losses: Floats, errors: pd.Series) -> tuple[ErrorConstants, float]:
    if len(losses) < 3:
        raise ValueError(f"runs must be at least 3 for the three constants of the error, got {len(losses)}")
    middle = float(np.mean(losses))

    def terms(gamma: float) -> Floats:
        return np.stack([np.ones_like(losses), -np.exp(-gamma * (losses - middle))], axis=1)

    found = _least_squares(terms, errors.to_numpy(float), _RATES, "rate of the error")
    (ceiling, size), rate, residual = found
    return ErrorConstants(ceiling, size * float(np.exp(rate * middle)), rate), residual


def _least_squares(
    terms: Callable[[float], Floats], values: Floats, grid: Floats, what: str
) -> tuple[tuple[float, ...], float, float]:
    """Coefficients of `terms` and their exponent, and the root mean square that they leave."""

    designs = np.stack([terms(x) for x in grid])
    solved = np.linalg.pinv(designs) @ values
    left = np.sum((np.einsum("gij,gj->gi", designs, solved) - values) ** 2, axis=1)
    start = int(np.argmin(left))
    if start in (0, len(grid) - 1):
        raise ValueError(
            f"these runs do not determine the {what}: it fits best at {grid[start]:g}, the end of what is tried"
        )
    first = np.array([*solved[start], grid[start]])
    found = least_squares(
        lambda theta: terms(theta[-1]) @ theta[:-1] - values, first, method="lm", x_scale=np.abs(first) + 1e-3,
        xtol=_CLOSE, ftol=_CLOSE, gtol=_CLOSE,
    )  # fmt: skip
    if not np.all(np.isfinite(found.x)):
        raise ValueError(f"these runs do not determine the {what}, got {shown(found.x)}")
    return tuple(float(x) for x in found.x[:-1]), float(found.x[-1]), float(np.sqrt(np.mean(found.fun**2)))
