"""A result: names, units and provenance; written whole or not at all, and opened again.

NetCDF attributes hold neither None nor dictionaries, so the provenance is one JSON string. It names no host and
no user.
"""

from __future__ import annotations

import json
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import xarray as xr

from bounds import __version__
from bounds.base.keeping.targets import written_whole
from bounds.cli.json_text import json_text
from bounds.cli.printing import written
from bounds.cli.process import undisturbed
from bounds.cli.reading import checksums
from bounds.cli.reading.result_file import read_result
from bounds.cli.shared import SCHEMA_VERSION
from simulate.running.cells import NOT_MEASURED
from simulate.running.keeping.files import RESULTS, begun_by, claimed, noun_of, part_of
from simulate.running.parameters import OPENED, OUT, OVERWRITE

DESCRIPTIONS: dict[str, tuple[str, str]] = {
    "n_draws": ("draws", "corpus size D: number of sequences drawn"),
    "replicate": ("1", "independent corpus"),
    "multiplicity": ("1", "lower edge of a bin of multiplicities"),
    "n_unique": ("sequences", f"distinct sequences U(D); {NOT_MEASURED} where not measured"),
    "n_unique_lower": ("sequences", "lower end of the 95 % interval of an estimated n_unique"),
    "n_unique_upper": ("sequences", "upper end of the 95 % interval of an estimated n_unique"),
    "n_unique_expected": ("sequences", "expected distinct sequences E U(D)"),
    "n_unique_sd": ("sequences", "standard deviation of U(D) between corpora; NaN where not known, as for windows"),
    "missing_mass": ("1", "expected probability of all sequences unseen after D draws"),
    "spectrum": ("sequences", "types whose multiplicity at the largest D lies in the bin"),
    "exponent": ("1", "fitted exponent of U(D) ~ D^gamma, one corpus"),
    "exponent_pooled": ("1", "fitted exponent, all corpora together"),
    "exponent_lower": ("1", "lower end of the 95 % interval of the pooled exponent"),
    "exponent_upper": ("1", "upper end of the 95 % interval of the pooled exponent"),
    "exponent_planted": ("1", "exponent of the source as D grows without limit"),
    "exponent_local": ("1", "local slope d ln U / d ln D at the largest D; of windows, between the last two D"),
    # Suites
    "draw": ("1", "number of a draw, from 0"),
    "key": ("1", "name of its sequence: equal keys are equal sequences"),
    "n_params": ("parameters", "parameters N of a model"),
    "capacity": ("sequences", "sequences n that a model can store"),
    "step": ("batches", "checkpoint: batches learned from"),
    "since_step": ("batches", "checkpoint since which a sequence has been stored without a break"),
    "tracked_rank": ("1", "rank of a tracked sequence by probability; in a text by its count"),
    "term_count": ("exposures", "lower edge of a bin of exposures; the next edge is twice as high"),
    "after_percent": ("%", "part of the training that is left out at its beginning"),
    "trajectory": ("", "class of a trajectory of perplexity"),
    "exposure": ("", "exposure that gives a memorised sequence its position"),
    "stored": ("sequences", "sequences in the store"),
    "entered": ("sequences", "sequences stored that were not at the checkpoint before"),
    "forgotten": ("sequences", "sequences not stored that were at the checkpoint before"),
    "memorised_since": ("sequences", "sequences in the store at the end, by since when; mean of the corpora"),
    "loss": ("nats per sequence", "loss expected under the law for the store as it is"),
    "loss_prequential": ("nats per sequence", "loss on the next batch, before it is learned"),
    "loss_validation": ("nats per sequence", "loss on the draws after the last checkpoint"),
    "loss_frequency_store": ("nats per sequence", "expected loss of a store that knows the n most probable sequences"),
    "loss_lower": ("nats per sequence", "least expected loss of a store of n seen sequences"),
    "z_prequential": ("1", "prequential loss against expected loss, all checkpoints and corpora, in standard errors"),
    "terms": ("sequences", "sequences with so many exposures, in all corpora"),
    "terms_known": ("sequences", "of these, sequences in the store, in all corpora"),
    "term_accuracy_expected": ("1", "mean of 1 - (1 - a)^exposures at the last checkpoint"),
    "term_accuracy_sd": ("1", "standard deviation of the accuracy around it without a limit of capacity"),
    "tracked_stored": ("1", "part of the corpora in which a tracked sequence is stored"),
    "tracked_loss": ("nats per sequence", "loss of a tracked sequence, mean of the corpora"),
    "tracked_class": ("", "class of the trajectory of exp(mean loss)"),
    "tracked_class_share": ("1", "part of the corpora in which the trajectory has the class"),
    "trajectory_percent": ("%", "part of the validation draws whose trajectory has the class"),
    "dispersion": ("1", "dispersion index of memorised positions in equal windows of training"),
    "dispersion_expected": ("1", "dispersion index of as many positions drawn evenly without replacement"),
    "dispersion_p": ("1", "two-sided p-value of the dispersion index"),
    "position_ks": ("1", "Kolmogorov-Smirnov distance of memorised positions from uniform ones"),
    "position_ks_p": ("1", "p-value of the Kolmogorov-Smirnov distance"),
    "poisson_distance_bound": ("1", "bound on the distance in total variation of the points in a window from Poisson"),
    "tied_share": ("1", "part of the store that came before others of the same count by its first appearance alone"),
    "position_windows": (
        "sequences",
        "memorised positions in each window of training, first corpus; -1 beyond them",
    ),
    "matched_target": ("nats per sequence", "loss at which sizes are compared"),
    "matched_step": (
        "batches",
        "checkpoint with the loss nearest the target, first corpus; -1 where none within 15 %",
    ),
    "matched_loss": ("nats per sequence", "loss at that checkpoint"),
    "matched_stored": ("sequences", "sequences stored at that checkpoint; -1 where there is none"),
    "matched_overlap": ("1", "validation draws known to both over those known to this size or the largest that met it"),
    "f1": ("sequences", "sequences seen once"),
    "f2": ("sequences", "sequences seen twice"),
    "factor": ("1", "how many times as much text"),
    "method": ("", "how U is extrapolated, the method with the best record first"),
    "coverage": ("1", "Good-Turing coverage: probability of the windows seen, were they drawn independently"),
    "coverage_lower": ("1", "lower end of its 95 % interval"),
    "coverage_upper": ("1", "upper end of its 95 % interval"),
    "more_unique": ("sequences", "distinct windows expected of so many times the text; NaN where there is no number"),
    "more_unique_lower": ("sequences", "lower end of the 95 % interval of more_unique"),
    "more_unique_upper": ("sequences", "upper end of the 95 % interval of more_unique"),
    "more_new_share": ("1", "part of the windows there that are new"),
    "more_new_share_lower": ("1", "lower end of its 95 % interval"),
    "more_new_share_upper": ("1", "upper end of its 95 % interval"),
    "more_at_most": ("sequences", "no text of that length that begins so has more"),
    "more_at_most_stationary": ("sequences", "the mean of texts whose windows are stationary is no more"),
    "more_why_not": ("", "why a method says nothing; empty where it does"),
    "n_units": ("units", "units of text in the prefix"),
    "length": ("units", "units in a window"),
    "fit_offset": ("sequences", "offset u0 of the fitted curve K D^gamma - u0"),
    "fit_scale": ("sequences", "scale K of the fitted curve K D^gamma - u0"),
    "fit_p_value": ("1", "p-value of the test of fit"),
    "exponent_sampling": ("1", "half-width of the interval of exponent that sampling alone gives, of a text"),
    "exponent_misfit_below": (
        "1",
        "how far exponents of parts of the stretch lie below exponent, less what sampling explains",
    ),
    "exponent_misfit_above": (
        "1",
        "how far exponents of parts of the stretch lie above exponent, less what sampling explains",
    ),
    "n_blocks": ("1", "blocks of text that intervals come from; 0 where there are none"),
    "slope": ("1", "slope of ln U over the end of the mean curve of a text, whatever its law"),
    "slope_lower": ("1", "lower end of the 95 % interval of slope"),
    "slope_upper": ("1", "upper end of the 95 % interval of slope"),
    "stretch_from_draws": ("draws", f"first D of a stretch that an exponent was fitted to; {NOT_MEASURED} beyond them"),
    "stretch_to_draws": ("draws", f"last D of a stretch that an exponent was fitted to; {NOT_MEASURED} beyond them"),
    "stretch_exponent": ("1", "exponent gamma of K D^gamma - u0 on the stretch"),
    "stretch_exponent_lower": ("1", "lower end of the 95 % interval of stretch_exponent"),
    "stretch_exponent_upper": ("1", "upper end of the 95 % interval of stretch_exponent"),
    "stretch_exponent_sampling": ("1", "half-width of that interval from sampling alone"),
    "stretch_exponent_misfit_below": ("1", "exponent_misfit_below on the stretch"),
    "stretch_exponent_misfit_above": ("1", "exponent_misfit_above on the stretch"),
    "stretch_p_value": ("1", "p-value of one power law on the stretch"),
    "stretch_exponent_prefix": ("1", "exponent of the curve as counted, prefix by prefix, on the stretch"),
    "mean_draws": ("draws", f"windows in a stretch of text; {NOT_MEASURED} beyond the points"),
    "mean_unique_without": ("sequences", "the same for the text without a block"),
    "local": ("1", "f1/U of all blocks"),
    "local_without": ("1", "the same without a block"),
    "block_draws": ("draws", f"windows in a block; {NOT_MEASURED} where there are none"),
    "mean_unique": ("sequences", "mean distinct windows in a stretch of text"),
    "neighbour_correlation": ("1", "correlation of neighbouring blocks of a text; near 0 where they are unrelated"),
    "learner": ("", "who learns from the corpus"),
    "loss_tolerance": ("", "training loss allowed: nats per sequence, or a share (%) of the excess loss on tests"),
    "excess_loss": ("loss_unit", "excess loss given the corpus, exact; NaN where not measured"),
    "excess_loss_tested": ("loss_unit", "excess loss on test draws; of a text the loss on its next windows"),
    "excess_loss_expected": ("loss_unit", "mean excess loss, or its lower bound, by theory"),
    "expected_label": ("", "label of the expected loss"),
    "expected_relation": ("", "whether the mean is the expected loss (=) or at least that (>=)"),
    "loss_unit": ("", "unit of the excess loss of a learner"),
    "loss_exponent": ("1", "fitted exponent beta of the mean excess loss ~ D^-beta"),
    "loss_exponent_lower": ("1", "lower end of the 95 % interval of loss_exponent, between replicates"),
    "loss_exponent_upper": ("1", "upper end of the 95 % interval of loss_exponent, between replicates"),
    "loss_exponent_expected": ("1", "the same slope of the expected loss"),
    "efficient_size": ("sequences", f"smallest store within the tolerance; {NOT_MEASURED} where not measured"),
    "efficient_size_limit": ("sequences", "efficient size at a fixed tolerance as D grows; NaN where it has no limit"),
    "efficient_exponent": ("1", "fitted exponent of the mean efficient size ~ D^exponent"),
    "efficient_exponent_lower": ("1", "lower end of the 95 % interval of efficient_exponent"),
    "efficient_exponent_upper": ("1", "upper end of the 95 % interval of efficient_exponent"),
    "z": (
        "1",
        "mean U at the largest D against its expectation, in standard errors; where n_unique_sd is NaN, these are "
        "measured between the corpora, and z is the normal quantile of Student's t",
    ),
    "skill": ("1", "number of a skill, from 1"),
    "n_stored": ("sequences", "size n of the store"),
    "mass": ("1", "probability of a draw of any member of the skill"),
    "member_probability": ("1", "probability of each member of a skill in one draw, from the most probable on"),
    "first_rank": ("1", "rank of the most probable member of the skill"),
    "draws_threshold": ("draws", "D*: draw that completes the quorum of the skill; infinite where none did"),
    "stored_threshold_seen": ("sequences", "N*: smallest store of the most frequent seen that has the skill"),
    "stored_threshold_rank": ("sequences", "N*: smallest store of the most probable by rank that has the skill"),
    "skills": ("skills", "number of skills S(D)"),
    "skills_by_seen": ("skills", "number of skills S(N, D), store of the most frequent seen"),
    "skills_by_rank": ("skills", "number of skills S(N, D), store of the most probable by rank"),
    "draws_threshold_formula": ("draws", "D* at which the skill is there half the time, by formula"),
    "draws_half_width_formula": ("1", "half-width of the transition in ln D, by formula"),
    "stored_threshold_formula": ("sequences", "N* by rank, by formula"),
    "skills_formula": ("skills", "expected number of skills S(D)"),
    "skills_variance_formula": ("skills^2", "variance of S(D) where skills are independent"),
    "skills_by_rank_formula": ("skills", "expected number of skills S(N, D), store by rank, to one skill"),
    "n_unique_formula": ("sequences", "expected distinct sequences E U(D)"),
    # Two corpora
    "side": ("", "the corpus A, or B, which is added to it"),
    "n_units_of": ("units", f"units of a side; {NOT_MEASURED} where there is no such text"),
    "n_draws_of": ("draws", "windows of a side"),
    "n_unique_of": ("sequences", "distinct windows of a side"),
    "n_blocks_of": ("1", "blocks of a side that intervals come from; 0 where there are none"),
    "n_shared": ("sequences", "distinct windows of both sides"),
    "n_new": ("sequences", "distinct windows of B that are not in A"),
    "n_union": ("sequences", "distinct windows of both together"),
    "new_rate": ("sequences per 1000 units", "new windows of B in a thousand of its units"),
    "more_rate": ("sequences per 1000 units", "new windows in a thousand, if A were longer by as many units as B has"),
    "more_ratio": ("1", "new windows of B over those that A would have more if it were so much longer"),
    "more_factor": ("1", "how many times A that would be"),
    "more_method": ("", "how U of A is extrapolated; empty where no method applies"),
    "known": ("1", "part of the windows of a side that the other has, each as often as it occurs"),
    "contained": ("1", "part of the distinct windows of a side that the other has"),
    "jaccard": ("1", "distinct windows of both sides over those of either"),
    "stretch": ("draws", "windows of the stretches of A and B that are compared; 0 where there are none"),
    "stretch_rate": ("sequences per 1000 units", "new windows in a thousand units of a stretch, to the rest of A"),
    "stretch_ratio": ("1", "new windows of a stretch of B over those of one of A"),
    "engine": ("", "how the corpora were drawn"),
    "fit": ("", "what the fit says of itself"),
}


def describe(dataset: xr.Dataset) -> xr.Dataset:
    """`dataset` with ``units`` and ``long_name`` on each of its variables."""
    for name, variable in dataset.variables.items():
        # What was measured on a text as it stands has the name of what simulated corpora give.
        units, long_name = _description(str(name).removeprefix("text_"))
        variable.attrs |= {"units": units, "long_name": long_name}
    return dataset


def _description(name: str) -> tuple[str, str]:
    """Units and name of a variable; the ends of an interval need no entry of their own."""
    if name in DESCRIPTIONS:
        return DESCRIPTIONS[name]
    of, _, end = name.rpartition("_")
    if end in ("lower", "upper") and of in DESCRIPTIONS:
        return DESCRIPTIONS[of][0], f"{end} end of the 95 % interval of {of}"
    return "", name


def provenance(parameters: dict[str, Any], **more: Any) -> str:
    """What made a result, as a JSON string: software, parameters and environment."""
    packages = ("numpy", "scipy", "numba", "xarray")
    return json_text(
        {
            "schema_version": SCHEMA_VERSION,
            "software": {"name": "efficiency-bounds", "version": __version__},
            "parameters": parameters,
            "environment": {
                "python": platform.python_version(),
                "machine": platform.machine(),
                **{package: version(package) for package in packages},
            },
            **more,
        }
    )


def made_by(dataset: xr.Dataset) -> dict[str, Any]:
    """The provenance of a result."""
    found: dict[str, Any] = json.loads(dataset.attrs["provenance"])
    return found


def plan_of(dataset: xr.Dataset) -> dict[str, Any]:
    """The parameters of the plan that a result was made of."""
    found: dict[str, Any] = made_by(dataset)["parameters"]
    return found


def refit_words(dataset: xr.Dataset) -> str:
    """A sentence on how a result was fitted again, to follow another; empty where it was not."""
    again = made_by(dataset).get("refit")
    if not again:
        return ""
    model, window = again.get("model"), again.get("window")
    by = f" by model {model}" if model not in (None, "auto") else ""
    on = f" on D from {written(window[0])} to {written(window[1])}" if window else ""
    return f" Fitted again{by}{on}." if by or on else ""


def stamp(dataset: xr.Dataset, made: str) -> xr.Dataset:
    """`dataset` with its provenance and the flat attributes that say when and by what it was made."""
    dataset.attrs |= {
        "provenance": made,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "creation_library": "efficiency-bounds",
        "creation_library_version": __version__,
    }
    return dataset


def save_result(
    dataset: xr.Dataset, path: str | Path, *, overwrite: bool = False, replicates_per_cell: int | None = None
) -> Path:
    """Write a result as NetCDF-4 (.nc), Zarr (.zarr) or comma-separated text (.csv: the counts alone).

    With `replicates_per_cell` a Zarr has one chunk for so many replicates of each source.

    Raises ValueError where the file exists, unless `overwrite`, where the folder cannot be written to, and where
    another run is writing it.
    """
    # A finished result takes the place of the cells beside it.
    own_cells = replicates_per_cell is not None
    with claimed(OUT(path), overwrite=OVERWRITE(overwrite), own_cells=own_cells, formats=RESULTS) as target:
        dataset = checksums.with_checksums(dataset.drop_encoding())  # how another file held it is no business of this
        with written_whole(target) as part:
            if target.suffix == ".zarr":
                _write_zarr(dataset, part, replicates_per_cell)
            else:
                {".nc": _write_netcdf, ".csv": _write_csv}[target.suffix](dataset, part)
    return target


def open_result(path: str | Path) -> xr.Dataset:
    """The result that `save_result` wrote as .nc or .zarr, in memory.

    Raises ValueError with one sentence where there is none, or where another program wrote it.
    """
    return read_result(Path(OPENED(path)), _begun)


def _begun(source: Path) -> str:
    part = part_of(source)
    if not part.exists():
        return ""
    command = begun_by(part)
    return f", but {part} holds an unfinished {noun_of(command)}: run the same {command} with --resume to go on"


def _write_netcdf(dataset: xr.Dataset, path: Path) -> None:
    encoding = {
        str(name): {"zlib": True, "complevel": 4} for name, values in dataset.data_vars.items() if values.ndim > 2
    }
    # Through memory: HDF5 brings the process down where the disk is full when it closes a file.
    path.write_bytes(checksums.sealed(bytes(dataset.to_netcdf(engine="h5netcdf", encoding=encoding))))


def _write_zarr(dataset: xr.Dataset, path: Path, replicates: int | None) -> None:
    encoding = {}
    if replicates:
        cell = {"source": 1, "replicate": replicates}
        names = [str(name) for name in ("n_unique", "spectrum") if name in dataset]
        encoding = {n: {"chunks": tuple(cell.get(str(d), dataset.sizes[d]) for d in dataset[n].dims)} for n in names}
    # Format 2: strings have no settled form in format 3 yet.
    with undisturbed():  # zarr writes on threads of its own
        dataset.to_zarr(path, zarr_format=2, consolidated=True, encoding=encoding, write_empty_chunks=True)


def _write_csv(dataset: xr.Dataset, path: Path) -> None:
    """One line for each source, size and corpus; what belongs to a source is repeated on each of its lines."""
    table = dataset.drop_dims("multiplicity", errors="ignore").to_dataframe().reset_index()
    if "n_unique" in table:
        table = table[table["n_unique"] != NOT_MEASURED]
    table.to_csv(path, index=False)
