"""Words that are neither formulas nor letters: units, abbreviations, and the words of docs/architecture.md."""

from __future__ import annotations

import math

from bounds.fitting.loss_laws.prediction import LACK_OF_FIT
from bounds.laws.kaplan import PF_DAY

WORDS = {
    "cell": "one source and a block of replicates: the unit of work and of keeping",
    "plan": "what is to be done; every field has its part in the result",
    "execution": "how it is done; changes no number",
    "job": "a plan made ready: nothing is left open, and nothing drawn yet",
    "study": "one kind of question: makes a job of a plan, a Dataset of cells, report and figure of a Dataset",
    "report": "what a reader is told: the answer, tables, notes; the rest behind `--explain`",
    "block": "of a text: left out by the jackknife",
    "interval": "a confidence interval",
    "table": "integer probabilities of a source",
    "window": "k consecutive units of a text",
    "law": "of loss",
    "source": "of sequences",
    "section": "of a large file: what one worker reads",
    "stretch": "a range of D that a fit uses",
    "census": "the distinct sequences of one corpus, numbered as they appear",
    "spectrum": "how many types were seen once, twice, …",
    "store": "the sequences that a model of a given size holds; also the cells of an unfinished run on disk",
}
"""The glossary of docs/architecture.md, in its order and words."""

TERMS = {
    "FLOP": "one addition or multiplication of floating-point numbers, with prefixes KFLOP to ZFLOP; a dense model of "
    "N parameters takes about 6 N D of them to train on D tokens, 2 a parameter and token to answer",
    "FLOP/s": "FLOP in a second; an accelerator's peak is what it computes at most, dense and at one precision",
    "PF-day": f"a petaflop/s for a day, {PF_DAY / 1e19:.2f}e19 FLOP (Kaplan et al. 2020)",
    "MFU": "model FLOP utilisation: the share of an accelerator's peak that is model FLOP, 6 N D over hours x 3600 s "
    "x peak; what recomputing activations costs is not in it (Chowdhery et al. 2022, arXiv:2204.02311)",
    "GPU-hour": "one device for one hour, summed over devices",
    "nat": f"unit of loss: -ln of a probability; one nat is {1 / math.log(2):.4f} bits",
    "bit": f"unit of loss: -log2 of a probability; one bit is {math.log(2):.4f} nats",
    "token": "unit of a corpus as a model reads it; not the same in two tokenizers, so that losses per token are not "
    "compared across them",
    "parameter": "a number that training sets: N counts all of them, or those without embeddings, as each law says",
    "draw": "one sequence taken from a source; D of them are a corpus",
    "sequence": "what is counted once however often it occurs: of a loss law what a learner must know, of a "
    "simulation a type of the source, of a text a window of k units; the three are not compared",
    "epoch": "one pass over the corpus: D training tokens from U distinct ones are D/U epochs; how little a repeated "
    "token is worth says `explain effective_tokens`",
    "N_train": "parameters of the model to train: what a loss law finds best for a budget (`python -m bounds plan`)",
    "N_store": "parameters of a model that stores each distinct sequence of its corpus once, N = nu U(D); what "
    "`python -m bounds plan` lays beside N_train, from the efficient band",
    "effective tokens": "new tokens that would serve as well as those of all epochs: `explain effective_tokens`",
    "lack of fit": "what any law of a few constants misses beyond the runs that it was fitted to: it grows with the "
    "distance in compute and was measured on other people's series of runs (`explain tau`, docs/prediction.md)",
    "leverage": "how far one run pulls a fit: a few runs of a table may decide the exponent of its law",
    "recomputation": "of activations on the way back, to save memory: the hardware computes 8 N D instead of 6 N D",
    "tau": f"lack of fit, τ = {LACK_OF_FIT:g}: predictions at C beyond C₀, the largest fitted compute, have the "
    "variance b² + s² + (τ ln(C/C₀))² of ln L, with b from the bootstrap and s from the residuals (docs/prediction.md)",
    "corpus factor": "how many times the corpus that twice the skills take, 2^(1/gamma): `explain growth_factor`",
    "band": "the exponents from 1 - 2 beta to 1 - beta that a loss law allows U(D), or N: `python -m bounds band D`",
    "middle": "halfway between the lower and the upper exponent of a band, (1 - 2 beta + 1 - beta)/2, 0.58 at beta = "
    "0.28; of U and N the geometric mean of both ends: heuristic, and nothing singles it out "
    "(docs/from-loss-to-exponent.md)",
    "halfway": "the middle of a band: `explain middle`",
    "chunk": "consecutive units of a text that a shuffle keeps together: --order shuffled-chunks, --chunk",
    "unit": "what a text is cut into before windows are counted: byte, char, word, word-marks or space",
    "engine": "how a growth curve is drawn: tokens (one by one), types (first arrivals), gauss (exact covariance) or "
    "analytic (expectations, nothing drawn)",
    "learner": "a rule that predicts from a corpus, whose loss is known: memoriser, store, margin, good-turing and "
    "others (`python -m simulate learners`)",
    "skill": "a group of sequences, there when a quorum of its members was drawn and is stored",
    "quorum": "how many members of a skill must have been seen, a of m",
    "checkpoint": "a step of training at which the models of a suite are looked at",
    "replicate": "one of several corpora drawn from the same source, with streams of their own",
    "z": "a difference from what is expected, in standard errors",
    "vacuous": "of a bound: it holds, and says nothing",
}
"""Units, abbreviations and words of tables and notes."""


def meaning_of(name: str) -> tuple[str, str]:
    """A word as it is written here and what it means; its plural and any case do too. Empty where there is none."""
    known = {word.lower(): word for word in (*WORDS, *TERMS)}
    for word in (name.lower(), name.lower().removesuffix("s")):
        if word in known:
            word = known[word]
            return word, WORDS.get(word) or TERMS[word]
    return "", ""
