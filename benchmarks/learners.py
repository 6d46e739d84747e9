"""What learners cost, beside the same learner by numpy; run as ``python benchmarks/learners.py [--quick] [--save]``.

One corpus, drawn and measured at logarithmic sizes: ours goes on from one size to the next, the peer counts each prefix
with `np.unique` (votes: `np.bincount`), as one would write it with numpy alone. A growing source has a corpus for each
size, which both draw. Processor time of one thread, both in turn, medians of the ratios. Answers are checked as well as
clocks: on our draws the peer must find our losses at every size, and over the corpora that were timed the mean losses
of both must agree within five standard errors. Then all learners as ``learners`` has them, seconds of a
corpus, and their losses against theory where it is exact.

Prints a table; `--save` writes it as JSON to ``benchmarks/results/learners.json``. Exits 1 where a ratio is below half
of its target or an answer is wrong. ``--quick`` takes a tenth of the draws, and saves nothing.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numba
import numpy as np
from scipy.special import zeta

import bounds
from bounds.base.keeping.targets import write_text
from simulate.studies.learners import measure_learners
from simulate.studies.learners.corpora import SeenCorpus, seen_corpora
from simulate.studies.learners.names import parse_learner
from simulate.studies.learners.votes import drawn_labels, margin_thresholds

RESULTS = Path(__file__).parent / "results" / "learners.json"
S, N_LABELS, N_STORED, N_CONTEXTS = 1.3889, 2, 1000, 10_000
SIZES, ROUNDS, N_TESTS, SEED = 13, 7, 1 << 14, 20261125
MOST_DEVIATIONS = 5.0


class Drawn(NamedTuple):
    """A corpus as the peers take it: ranks from 1 (contexts from 0), ranks of test draws, labels and better labels."""

    tokens: np.ndarray
    tests: np.ndarray
    plus: np.ndarray
    chance: np.ndarray


class Case(NamedTuple):
    """A learner, its source, the peer, how the peer draws its corpus and how ours is handed to it."""

    learner: str
    source: str
    peer: str
    target: float
    draw: Callable[[np.random.Generator, int], Drawn]
    hand_over: Callable[[SeenCorpus], Drawn]
    losses: Callable[[Drawn, list[int]], list[float]]
    short: str = ""
    """What keeps the row from its target, if it is below."""

    @property
    def grows(self) -> bool:
        """Whether each size has a corpus of its own."""
        return self.source.startswith("growing")

    def of_peer(self, rng: np.random.Generator, sizes: list[int]) -> list[float]:
        """The losses of the peer at each size, on corpora that it draws."""
        if self.grows:
            return [self.losses(self.draw(rng, n), [n])[0] for n in sizes]
        return self.losses(self.draw(rng, sizes[-1]), sizes)


# Peers: a prefix at a time, with numpy alone


def zipf_by_numpy(rng: np.random.Generator, n_draws: int) -> Drawn:
    """Ranks of `Generator.zipf`."""
    return Drawn(rng.zipf(S, n_draws), rng.zipf(S, N_TESTS), np.empty(0), np.empty(0))


def ranks_of(corpus: SeenCorpus) -> Drawn:
    """Ranks of our draws; infinite where only their number is known."""
    tokens, tests = (
        np.nan_to_num(corpus.order.ranks(keys), nan=np.inf)  # type: ignore[attr-defined]
        for keys in (corpus.order.keys(0, corpus.n_draws), corpus.tests.keys)
    )
    return Drawn(tokens, tests, np.empty(0), np.empty(0))


def mass(ranks: np.ndarray) -> np.ndarray:
    """Probability of each rank."""
    return ranks.astype(float) ** -S / zeta(S, 1)


def good_turing(drawn: Drawn, sizes: list[int]) -> list[float]:
    """KL of "seen before, and which, or new" by the rule of Orlitsky and Suresh, and its mean on the test draws."""
    found = []
    for n in sizes:
        ranks, counts = np.unique(drawn.tokens[:n], return_counts=True)
        spectrum = np.bincount(counts, minlength=int(counts.max()) + 2)
        following = spectrum[counts + 1]
        weight = np.where(counts > following, counts, (following + 1) * (counts + 1) / spectrum[counts])
        new = float(spectrum[1] + 1)
        total = weight.sum() + new
        p, q, new = mass(ranks), weight / total, new / total
        unseen = 1 - p.sum()
        loss = np.sum(p * np.log(p / q), where=p > 0) + unseen * math.log(unseen / new)
        at = np.minimum(np.searchsorted(ranks, drawn.tests), len(ranks) - 1)
        known = ranks[at] == drawn.tests
        np.mean(np.log(np.where(known, p[at] / q[at], unseen / new)))
        found.append(float(loss))
    return found


def store(drawn: Drawn, sizes: list[int]) -> list[float]:
    """ln 2 times the probability of all but the ranks that were drawn most often, of equals the first."""
    found = []
    for n in sizes:
        ranks, first, counts = np.unique(drawn.tokens[:n], return_index=True, return_counts=True)
        kept = ranks[np.lexsort((first, -counts))[:N_STORED]]
        np.mean(~np.isin(drawn.tests, kept))
        found.append(math.log(2) * (1 - float(mass(kept).sum())))
    return found


def memoriser(drawn: Drawn, sizes: list[int]) -> list[float]:
    """ln A times the probability of facts that were not seen."""
    found = []
    for n in sizes:
        ranks = np.unique(drawn.tokens[:n])
        np.mean(~np.isin(drawn.tests, ranks))
        found.append(math.log(N_LABELS) * (1 - float(mass(ranks).sum())))
    return found


def votes_by_numpy(rng: np.random.Generator, n_draws: int, n_contexts: int = N_CONTEXTS) -> Drawn:
    """Contexts, and labels by margins that are uniform on [0, 1]."""
    chance = (1 + rng.random(n_contexts)) / 2
    contexts, tests = rng.integers(n_contexts, size=n_draws), rng.integers(n_contexts, size=N_TESTS)
    return Drawn(contexts, tests, rng.random(n_draws) < chance[contexts], chance)


def growing_votes_by_numpy(rng: np.random.Generator, n_draws: int) -> Drawn:
    """The same with D^0.72 contexts."""
    return votes_by_numpy(rng, n_draws, math.ceil(n_draws**0.72))


def votes_of(corpus: SeenCorpus) -> Drawn:
    """Our contexts, labels and margins."""
    stream, keys = corpus.order.stream, corpus.order.keys(0, corpus.n_draws)  # type: ignore[attr-defined]
    n_contexts = int(corpus.order.law.n_types)  # type: ignore[union-attr]
    thresholds = margin_thresholds(replace(stream, purpose="margins"), n_contexts, 1.0)
    plus = drawn_labels(keys, 0, thresholds, replace(stream, purpose="labels"))
    return Drawn(keys.astype(np.int64), corpus.tests.keys.astype(np.int64), plus, thresholds / 2.0**53)


def vote(drawn: Drawn, sizes: list[int]) -> list[float]:
    """Margins of the contexts whose votes go wrong, half of them where they are tied, over all contexts."""
    found = []
    for n in sizes:
        signs = np.where(drawn.plus[:n], 1.0, -1.0)
        lead = np.bincount(drawn.tokens[:n], weights=signs, minlength=len(drawn.chance))
        np.count_nonzero(np.bincount(drawn.tokens[:n]))  # U, which a corpus of ours knows as well
        margins = 2 * drawn.chance - 1
        np.mean(lead[drawn.tests] < 0)
        found.append(float(np.mean(margins * ((lead < 0) + 0.5 * (lead == 0)))))
    return found


ZIPF, UNIQUE = f"zipf:{S}", "Generator.zipf, np.unique"
CASES = [
    Case("good-turing", ZIPF, UNIQUE, 4, zipf_by_numpy, ranks_of, good_turing),
    Case(f"store:{N_STORED}", ZIPF, UNIQUE, 4, zipf_by_numpy, ranks_of, store),
    Case("memoriser", f"santa-fe:{S},labels={N_LABELS}", UNIQUE, 4, zipf_by_numpy, ranks_of, memoriser),
    Case(
        "margin:1", "growing:0.72", "Generator, np.bincount", 1, growing_votes_by_numpy, votes_of, vote,
        "half of the time goes into a census, which numbers sequences in their order as votes need not; draws are made "
        "twice, for it and for the votes",
    ),
    Case(
        "margin:1", f"uniform:{N_CONTEXTS}", "Generator, np.bincount", 1, votes_by_numpy, votes_of, vote,
        "at each size all votes are counted anew and their labels drawn anew; the peer keeps its draws, 17 bytes each",
    ),
]  # fmt: skip


# Ours beside them


def ours(case: Case, sizes: list[int], replicate: int) -> tuple[list[float], SeenCorpus]:
    """Our losses at each size, given the corpus, and the corpus at the last."""
    learner, found = parse_learner(case.learner), []
    law = bounds.parse_source(case.source)
    for corpus in seen_corpora(law, np.array(sizes), seed=SEED, replicate=replicate, n_tests=N_TESTS):
        found.append(learner.measure(corpus).exact)
    return found, corpus


def compare(case: Case, sizes: list[int]) -> dict[str, Any]:
    """One row: both in turn on corpora of their own, then the peer on ours."""
    rng = np.random.default_rng(SEED)
    mine, corpus = ours(case, sizes, ROUNDS)  # compiles
    common = sizes[-1:] if case.grows else sizes
    theirs = case.losses(case.hand_over(corpus), common)
    same = bool(np.allclose(theirs, mine[-len(common) :], rtol=1e-9, atol=1e-12))
    seconds, last = [], []
    for replicate in range(ROUNDS):
        begin = time.process_time()
        found, _ = ours(case, sizes, replicate)
        middle = time.process_time()
        other = case.of_peer(rng, sizes)
        seconds.append((middle - begin, time.process_time() - middle))
        last.append((found[-1], other[-1]))
    ratios, (a, b) = [theirs / mine for mine, theirs in seconds], np.array(last).T
    z = float((a.mean() - b.mean()) / math.sqrt((a.var(ddof=1) + b.var(ddof=1)) / ROUNDS))
    return {
        "learner": case.learner, "source": case.source, "peer": case.peer, "n_draws": sizes[-1], "sizes": len(sizes),
        "ratio": statistics.median(ratios), "least": min(ratios), "most": max(ratios), "target": case.target,
        "ours_s": statistics.median(s for s, _ in seconds), "peer_s": statistics.median(s for _, s in seconds),
        "same_losses": same, "z": z, "right": same and abs(z) < MOST_DEVIATIONS,
        "short": case.short if statistics.median(ratios) < case.target else "",
    }  # fmt: skip


def all_learners(n_draws: int) -> dict[str, Any]:
    """Every learner on its own source: processor seconds of a corpus of each, and the largest |z| against theory."""
    grid = {"n_draws": f"1e3:{n_draws}:{SIZES}", "threads": 1, "seed": SEED}
    measure_learners(replicates=1, **grid)  # compiles
    begin, replicates = time.process_time(), 8
    dataset = measure_learners(replicates=replicates, **grid)
    seconds = (time.process_time() - begin) / replicates
    exact = (dataset.expected_label == "rigorous") & (dataset.expected_relation == "=")
    loss = dataset.excess_loss.isel(n_draws=-1)
    error = loss.std("replicate", ddof=1) / math.sqrt(replicates)
    z = ((loss.mean("replicate") - dataset.excess_loss_expected.isel(n_draws=-1)) / error).where(exact)
    t = float(np.abs(z).max())
    return {
        "learners": dataset.sizes["learner"], "sources": dataset.sizes["source"], "n_draws": n_draws, "sizes": SIZES,
        "seconds_a_corpus_of_each": seconds, "checked": int(np.isfinite(z).sum()), "largest_t": t, "right": t < 8,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the draws; nothing is saved")
    parser.add_argument("--save", action="store_true", help=f"write benchmarks/results/{RESULTS.name}")
    arguments = parser.parse_args()
    n_draws = 10**5 if arguments.quick else 10**6
    sizes = list(bounds.base.quantities.log_spaced(1000, n_draws, SIZES))
    print(f"{'learner':12s} {'source':24s} {'peer':26s} {'median':>7s} {'least':>7s} {'most':>7s} {'target':>7s} "
          f"{'ours, s':>8s} {'z':>6s}")  # fmt: skip
    rows = []
    for case in CASES:
        row = compare(case, sizes)
        rows.append(row)
        print(
            f"{row['learner']:12s} {row['source']:24s} {row['peer']:26s} {row['ratio']:7.2f} {row['least']:7.2f} "
            f"{row['most']:7.2f} {row['target']:7.2f} {row['ours_s']:8.3f} {row['z']:6.2f}"
            f"{'' if row['right'] else '  WRONG ANSWER'}", flush=True,
        )  # fmt: skip
        if row["short"]:
            print(f"    short: {row['short']}")
    every = all_learners(n_draws)
    print(
        f"all learners, {every['learners']} on {every['sources']} sources: {every['seconds_a_corpus_of_each']:.2f} s "
        f"of processor time for a corpus of each; largest t of {every['checked']} losses {every['largest_t']:.1f}"
        f"{'' if every['right'] else '  WRONG ANSWER'}"
    )
    if arguments.save and not arguments.quick:
        machine = {"machine": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()}
        machine |= {"numpy": np.__version__, "numba": numba.__version__}
        found = {"schema_version": 1, **machine, "rows": rows, "all": every}
        write_text(RESULTS, json.dumps(found, indent=1) + "\n")
        print(RESULTS)
    missed = [row for row in rows if not row["right"] or row["ratio"] < row["target"] / 2]
    sys.exit(1 if missed or not every["right"] else 0)


if __name__ == "__main__":
    main()
