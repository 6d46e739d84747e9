"""What a fitted loss law leaves open: terms that fit to nothing, and why it implies no band."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from bounds.base.notes import FITTED, REFUSED, Note
from bounds.fitting.loss_laws.identification import BETA, Identification
from bounds.laws.published import LossLaw

Floats = NDArray[np.float64]

_FAINT = 1e-6
"""A term below this share of every fitted loss has vanished: its constants are not identified."""


def vanished_terms(shares: Floats) -> tuple[str, ...]:
    """Which of the terms, ``param`` and ``data``, fit to 0."""
    return tuple(name for name, share in zip(("param", "data"), shares[1:], strict=True) if share.max() < _FAINT)


def term_notes(vanished: tuple[str, ...], samples: Floats | None) -> Iterable[Note]:
    """What the runs did not decide."""
    for name in vanished:
        told = f"{name}_coefficient and {name}_exponent: this term fits to 0, so these runs do not identify it"
        yield Note(FITTED, told)
    if samples is not None:
        outside = float(np.mean((samples[:, 4] <= 0) | (samples[:, 4] >= 1)))
        if outside > 0.01:
            told = f"data_exponent lies outside (0, 1) in {outside:.0%} of the resamples, which say nothing of the band"
            yield Note(FITTED, told)


def why_no_band(law: LossLaw, wrong: str, vanished: tuple[str, ...], known: Identification) -> Note | None:
    """Why a fit implies no band; None where it does. `wrong` says what no language model has of the runs."""
    beta, alpha = law.data_exponent, law.param_exponent
    if wrong:
        why = wrong
    elif not 0 < beta < 1:
        why = (
            f"the data exponent fits to {beta:.3g}, outside (0, 1), so their loss does not fall with data as the "
            "bounds assume"
        )
    elif "data" in vanished:
        why = "the data term fits to 0, so they do not say how the loss falls with data"
    elif not known.identified(BETA):
        why = "they do not identify data_exponent, so they do not say how fast loss falls"
    elif alpha <= 0:
        why = f"the model exponent fits to {alpha:.3g}, so their loss does not fall with parameters as the law assumes"
    else:
        return None
    return Note(REFUSED, f"these runs give no band: {why}")
