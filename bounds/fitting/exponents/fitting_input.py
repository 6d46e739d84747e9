"""What `bounds.fitting.exponents.exponent` is given, checked: growth curves, spectra, a covariance and a window."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bounds.base.one_number import items_of, number, quoted
from bounds.base.pointwise import real_array, shown, single
from bounds.base.spectrum import FrequencySpectrum, in_common_bins, pooled
from bounds.fitting.exponents.growth_models import Curve

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Data:
    """Checked input: `n_unique` has one row per corpus."""

    n_draws: Floats
    n_unique: Floats
    spectra: tuple[FrequencySpectrum, ...]

    @property
    def curve(self) -> Curve:
        """The sum of the corpora's growth curves."""
        return Curve(self.n_draws, self.n_unique.sum(axis=0), len(self.n_unique))

    @property
    def spectrum(self) -> FrequencySpectrum:
        """The sum of the corpora's spectra, in standard bins."""
        return pooled(self.spectra, self.n_draws[-1])

    def curves_without(self, groups: Sequence[NDArray[np.int64]]) -> Curve:
        """The sum of all growth curves but those of one of the `groups` of corpora, one row a group."""
        left = self.n_unique.sum(axis=0) - np.stack([self.n_unique[rows].sum(axis=0) for rows in groups])
        return Curve(self.n_draws, left, len(self.n_unique) - np.array([len(rows) for rows in groups]))

    def counts_without(self, groups: Sequence[NDArray[np.int64]]) -> tuple[FrequencySpectrum, NDArray[np.int64]]:
        """As `curves_without`, of the spectra: their standard bins, and counts of shape (group, bin)."""
        bins, counts = in_common_bins(self.spectra, self.n_draws[-1])
        return bins, counts.sum(axis=0) - np.stack([counts[rows].sum(axis=0) for rows in groups])

    def only(self, rows: NDArray[np.int64]) -> Data:
        """The corpora `rows` alone."""
        spectra = tuple(self.spectra[row] for row in rows) if self.spectra else ()
        return Data(self.n_draws, self.n_unique[rows], spectra)


def checked(
    n_draws: ArrayLike,
    n_unique: ArrayLike | None,
    spectrum: FrequencySpectrum | Sequence[FrequencySpectrum] | None,
    nested: bool,
) -> Data:
    """Rows of counts and spectra that belong together; ValueError with one sentence where they do not."""
    spectra = () if spectrum is None else _spectra(spectrum)
    draws = _whole("n_draws", np.atleast_1d(np.asarray(n_draws)))
    if draws.ndim != 1 or len(draws) == 0 or draws[0] < 1 or np.any(np.diff(draws) <= 0):
        raise ValueError("n_draws must be one ascending row of numbers of at least 1, without repeats; sort it")
    if n_unique is None:
        if not spectra:
            raise ValueError("n_unique or spectrum must be given; pass the growth curve or the largest spectrum")
        if len(draws) > 1:
            raise ValueError(f"n_draws must be one number where only a spectrum is given, got {len(draws)}")
        n_unique = np.array([[one.n_unique] for one in spectra])
    given = np.asarray(n_unique)
    rows = _whole("n_unique", given.reshape(1, -1) if given.ndim <= 1 else given)
    if rows.ndim != 2 or rows.shape[1] != len(draws) or len(rows) == 0:
        raise ValueError(
            f"n_unique must have one number per n_draws ({len(draws)}), in one row or one row per replicate, "
            f"got shape {given.shape}"
        )
    _possible(draws, rows, nested)
    if spectra and len(spectra) != len(rows):
        raise ValueError(f"spectrum must have one entry per replicate ({len(rows)}), got {len(spectra)}")
    for one, end in zip(spectra, rows[:, -1], strict=False):
        if one.n_unique != end:
            raise ValueError(
                f"spectrum holds {one.n_unique} types but n_unique ends at {number(end, 6)}; "
                "pass the spectrum of the largest corpus"
            )
        _draws_of(one, draws[-1])
    return Data(draws, rows, spectra)


def _draws_of(spectrum: FrequencySpectrum, n_draws: float) -> None:
    """ValueError unless the types of `spectrum`, k draws of each that was seen k times, can be `n_draws` draws."""
    counts = spectrum.count.tolist()
    least = sum(map(operator.mul, spectrum.multiplicity.tolist(), counts))
    most = sum(map(operator.mul, spectrum.upper.tolist(), counts))
    rounding = n_draws * 2.0**-52 if n_draws > 2.0**53 else 0.0
    if not least - rounding <= n_draws <= most + rounding:
        held = number(least, 17) if least == most else f"{number(least, 17)} to {number(most, 17)}"
        raise ValueError(
            f"spectrum holds the types of {held} draws (the sum of k f_k) but n_draws ends at "
            f"{number(n_draws, 17)}; pass "
            "the spectrum of all types of the largest corpus, in bins that hold their multiplicities"
        )


def _possible(draws: Floats, rows: Floats, nested: bool) -> None:
    """ValueError unless each row can be the growth curve of a corpus."""
    if np.any(rows > draws):
        raise ValueError("n_unique must not exceed n_draws: D draws show at most D types; check the order")
    if nested and np.any(np.diff(rows, axis=1) < 0):
        raise ValueError(
            "n_unique must not decrease along one corpus; pass nested=False if each size is its own corpus"
        )
    if nested and np.any(np.diff(rows, axis=1) > np.diff(draws)):
        raise ValueError(
            "n_unique must not grow by more than n_draws does; pass nested=False if each size is its own corpus"
        )
    if np.any(rows < 1):
        raise ValueError("n_unique must be at least 1 wherever n_draws is; leave out points without data")


def _spectra(spectrum: FrequencySpectrum | Sequence[FrequencySpectrum]) -> tuple[FrequencySpectrum, ...]:
    spectra = (spectrum,) if isinstance(spectrum, FrequencySpectrum) else tuple(items_of(spectrum) or ())
    if not spectra or not all(isinstance(one, FrequencySpectrum) for one in spectra):
        raise ValueError("spectrum must be a FrequencySpectrum or a sequence of them, one per replicate")
    return spectra


def _whole(name: str, values: NDArray[np.generic]) -> Floats:
    if values.dtype.kind not in "iuf":
        raise ValueError(f"{name} must be numbers, got {values.dtype}")
    numbers = values.astype(float)
    wrong = ~np.isfinite(numbers) | (numbers < 0) | (numbers != np.floor(numbers))
    if np.any(wrong):
        raise ValueError(f"{name} must be whole numbers of at least 0, got {quoted(numbers[wrong][0], 6)}")
    return numbers


def checked_covariance(covariance: ArrayLike | None, dof: float | None, data: Data) -> Floats | None:
    """The covariance as a positive definite matrix of the size of the curve, or None."""
    if covariance is None:
        if dof is not None:
            raise ValueError("covariance_dof goes with covariance; pass both or neither")
        return None
    try:
        matrix = real_array(covariance)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"covariance must be a matrix of numbers, got {shown(covariance)}") from None
    size = len(data.n_draws)
    if len(data.n_unique) != 1:
        raise ValueError("a covariance goes with one curve, not with replicates; leave one of them out")
    if matrix.shape != (size, size) or not np.all(np.isfinite(matrix)):
        raise ValueError(f"covariance must be a finite {size} by {size} matrix, got shape {matrix.shape}")
    if not np.allclose(matrix, matrix.T, rtol=1e-6, atol=1e-9 * np.abs(matrix).max()):
        raise ValueError("covariance must be symmetric; check how it was computed")
    if np.linalg.eigvalsh(matrix)[0] <= 0:
        raise ValueError("covariance must be positive definite; use fewer points or more blocks")
    if dof is not None and not single("covariance_dof", dof) >= 4:
        raise ValueError(f"covariance_dof must be at least 4, got {shown(dof)}; use more blocks")
    return matrix


def cut(data: Data, window: tuple[float, float] | None, matrix: Floats | None) -> tuple[Data, Floats | None]:
    """`data` and its covariance inside the window of D."""
    if window is None:
        return data, matrix
    wrong = f"window must be (lower, upper) with lower < upper, got {shown(window)}"
    try:
        ends = real_array(window)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(wrong) from None
    if ends.shape != (2,) or not 0 <= ends[0] < ends[1]:
        raise ValueError(wrong)
    low, high = ends
    keep = (data.n_draws >= low) & (data.n_draws <= high)
    if not keep.any():
        raise ValueError(f"window {shown(window)} holds none of the n_draws; widen it")
    if data.spectra and not keep[-1]:
        raise ValueError("window must hold the largest n_draws where a spectrum is given, since it belongs to that")
    inside = Data(data.n_draws[keep], data.n_unique[:, keep], data.spectra)
    return inside, None if matrix is None else matrix[np.ix_(keep, keep)]


def enough_points(draws: Floats, least: int, constants: str) -> None:
    """ValueError where fewer than `least` points are given for these constants."""
    if len(draws) < least:
        raise ValueError(f"n_draws must have at least {least} points ({constants}), got {len(draws)}; measure more")
