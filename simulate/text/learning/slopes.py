"""What ln D adds to the cost of a unit by the length of its match, learnt on five texts, and its record on six others.

Written by ``python -m tests.loss_corpora``; docs/loss.md has the protocol, the texts and every error. `SLOPES` has s_j
of matches of 0 … 6 units, by unit and learner; `RECORD` the root mean square error over the other texts, in parts of
the drop, of `from_counts.METHODS` at 4 and at 16 times the text taught.
"""

from __future__ import annotations

TEXTS = 6
SLOPES = {
    ("byte", "kneser-ney"): (0.84649, -0.35772, 0.30381, 0.39675, 0.28211, 0.26242, 0.05502),
    ("byte", "ppm-d"): (1.07094, -0.45421, 0.22089, 0.3297, 0.24347, 0.26877, 0.04274),
    ("word", "kneser-ney"): (0.10512, 0.43709, 0.37168, 0.21258, 0.11044, 0.1174, 0.04921),
    ("word", "ppm-d"): (0.04625, 0.50391, 0.45957, 0.29929, 0.17648, 0.12902, 0.03692),
}
RECORD = {
    ("byte", "kneser-ney"): ((0.207, 0.68, 0.628, 1.234), (0.122, 0.372, 0.295, 0.89)),
    ("byte", "ppm-d"): ((0.16, 0.654, 0.583, 1.115), (0.11, 0.386, 0.268, 0.835)),
    ("word", "kneser-ney"): ((0.047, 0.577, 0.416, 0.438), (0.038, 0.428, 0.53, 0.448)),
    ("word", "ppm-d"): ((0.039, 0.599, 0.413, 0.432), (0.018, 0.448, 0.526, 0.434)),
}
