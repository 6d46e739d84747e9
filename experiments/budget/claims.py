"""What Le Scao et al. 2022 and the notes around BLOOM say, claim by claim, each number as it is printed.

The abstract was read in public copies of arXiv:2210.15424, the blog and the notes in stored copies of them. What is
marked as typed from memory was read nowhere here: it is what the body of the paper is remembered to say.
"""

from __future__ import annotations

from experiments.claims import AT_LEAST, AT_MOST, Claim

MODEL_CARD_PARAMS, MODEL_CARD_TOKENS = 176e9, 366e9
CLAIMED_PARAMS, CLAIMED_TOKENS = 392e9, 165e9
"""The best model by the scaling laws of BigScience: the blog."""
BUDGET_HOURS, BLOG_HOURS, USED_HOURS = 1e6, 1_161_261, 1_082_990
"""A100 hours: of the abstract, of the blog, and those of the training (GENCI)."""
WEEKS, GPUS = 18, 384
LOGGED_TFLOPS, GENCI_TFLOPS, PEAK_TFLOPS = 149.77, 156.0, 312.0
"""TFLOP/s of one A100, of the hardware: in the log at iteration 85,376, by GENCI, and the most in bfloat16."""
LOGGED_SECONDS = 104.7
TOKENS_PER_ITERATION = 2048 * 2048
EPOCH_ITERATION, EPOCH_TOKENS, LAST_ITERATION = 85_376, 325_001_773_056, 95_000
N_LAYERS, D_MODEL, N_HEADS, SEQ_LEN, VOCAB = 70, 14_336, 112, 2048, 250_880
"""The shape of BLOOM; 250,680 words of the vocabulary are padded to 250,880."""
UNIQUE_TOKENS = 341e9
"""Distinct tokens of the corpus, by the model card and the aim of the notes; another line of the notes says 350B."""

_LE, _BS = "Le Scao 2022", "BigScience 2022"
_MEMORY = "typed from memory of the paper, not checked here"
_COUNT = "a count"
_WORDS = "no number is claimed"
_HALF = "half a unit of its last digit"
_BLOG, _NOTES, _CARD = "blog", "notes of the 176B run", "model card of BLOOM"

CLAIMS = (
    Claim("budget.hours", _LE, "title, abstract", "the budget is 1,000,000 A100 hours", BUDGET_HOURS, 0.5e6,
          "half a unit of its one digit", unit="A100 hours"),
    Claim("budget.best-use", _LE, "abstract", "architecture and training make the best use of the budget", "best use",
          None, "the best size is known to the factor by which two fits of Chinchilla's runs differ",
          should_hold=False),
    Claim("budget.transfer", _LE, "abstract", "variations of the architecture transfer across tasks and scale",
          "transfer", None, _WORDS),
    Claim("budget.emergence", _LE, "abstract", "emergent capabilities come mainly of scale alone", "scale", None,
          _WORDS),
    Claim("budget.practices", _LE, "abstract", "modelling practices compared at a billion parameters have an impact on "
          "zero-shot results", "impact", None, _WORDS),
    Claim("budget.corpora", _LE, "abstract", "the corpus has an impact on zero-shot results", "impact", None,
          "a task differs by more standard errors than the most of 28 tasks would by chance, 5 % over all of them"),
    Claim("budget.pile-oscar", _LE, f"corpora; {_MEMORY}", "The Pile gives better zero-shot results than OSCAR", 0.0,
          None, "better is a difference above twice the noise of checkpoints", reading=AT_LEAST,
          unit="mean accuracy"),
    Claim("budget.pile-c4", _LE, f"corpora; {_MEMORY}", "The Pile gives better zero-shot results than C4", 0.0, None,
          "better is a difference above twice the noise of checkpoints", should_hold=False, reading=AT_LEAST,
          unit="mean accuracy"),
    Claim("budget.multilingual", _LE, f"abstract, and {_MEMORY}", "a multilingual model of 1.3B parameters is worse in "
          "English than an English one", "worse", None, _WORDS),
    Claim("budget.own-fit", _LE, "abstract", "the scaling behaviour of their own runs chose size, shape and set-up",
          "a power law", None, _WORDS),
    Claim("budget.open", _LE, "abstract", "all models and code are open", "open", None, _WORDS),
    Claim("budget.weeks", _BS, _BLOG, "18 weeks on 384 A100 are 1,161,261 hours", float(BLOG_HOURS), 0.0, _COUNT,
          should_hold=False, unit="A100 hours"),
    Claim("budget.affordable", _BS, _BLOG, "the compute trains 392B parameters on 165B tokens",
          6 * CLAIMED_PARAMS * CLAIMED_TOKENS, 1.7e21, "half a unit of the last digits of 392B and of 165B",
          reading=AT_LEAST, unit="model FLOP"),
    Claim("budget.best-kaplan", _BS, _BLOG, "beside 165B tokens the best size is 392B parameters: by Kaplan's law",
          CLAIMED_PARAMS, 3.7e9, "half a unit of the last digits of 392B and of 165B", unit="parameters"),
    Claim("budget.best-chinchilla", _BS, _BLOG, "for that compute the best size is 392B parameters: by Hoffmann's law",
          CLAIMED_PARAMS, 0.5e9, _HALF, should_hold=False, unit="parameters"),
    Claim("budget.best-refit", _BS, _BLOG, "for that compute the best size is 392B parameters: by its replication",
          CLAIMED_PARAMS, 0.5e9, _HALF, should_hold=False, unit="parameters"),
    Claim("budget.upper-bound", _BS, _BLOG, "392B parameters are an upper bound on the best size for that compute",
          CLAIMED_PARAMS, 0.5e9, _HALF, reading=AT_MOST, unit="parameters"),
    Claim("budget.reach-400", _BS, _BLOG, "the budget may take a model of 175B parameters beyond 400B tokens", 400e9,
          None, "beyond is more", reading=AT_LEAST, unit="tokens"),
    Claim("budget.tokens-planned", _BS, _BLOG, "it should see at least 300B to 400B tokens", (300e9, 400e9), 0.5e9,
          _HALF, unit="tokens"),
    Claim("budget.params", _BS, _NOTES, "the model has 176B parameters", MODEL_CARD_PARAMS, 0.5e9, _HALF,
          unit="parameters"),
    Claim("budget.params-embedding", _BS, _NOTES, "its embedding has 3,596,615,680 parameters", 3_596_615_680.0, 0.0,
          _COUNT, unit="parameters"),
    Claim("budget.params-layer", _BS, _NOTES, "each layer has 2,466,437,120 parameters", 2_466_437_120.0, 0.0, _COUNT,
          unit="parameters"),
    Claim("budget.tokens-seen", _BS, _CARD, "at iteration 95,000 it has seen 366B tokens", MODEL_CARD_TOKENS, 0.5e9,
          _HALF, should_hold=False, unit="tokens"),
    Claim("budget.coefficient", _BS, _NOTES, "the hardware computes 8 FLOP a parameter and token (4 · 2), not 6", 8.0,
          0.004, "half a unit of the last digit of 104.7 seconds", unit="FLOP"),
    Claim("budget.speed-genci", _BS, "GENCI", "each A100 sustains 156 TFLOP/s", GENCI_TFLOPS, 0.5, _HALF,
          should_hold=False, unit="TFLOP/s"),
    Claim("budget.faster", _BS, _BLOG, "the shape chosen is faster than the second of the last three", 1.0, None,
          "faster is a ratio above 1", reading=AT_LEAST, unit="ratio of speeds"),
)  # fmt: skip
"""The claims in the order of their papers."""

CLAIM = {claim.name: claim for claim in CLAIMS}
