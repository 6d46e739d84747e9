"""What ln D adds to the cost of a unit by the length of its match, learnt on five texts: s_j of matches of 0 … 6 units.

Written by ``python -m tests.loss_corpora``; docs/loss.md has the protocol and the texts.
"""

from __future__ import annotations

SLOPES = {
    ("byte", "kneser-ney"): (0.84649, -0.35772, 0.30381, 0.39675, 0.28211, 0.26242, 0.05502),
    ("byte", "ppm-d"): (1.07094, -0.45421, 0.22089, 0.3297, 0.24347, 0.26877, 0.04274),
    ("word", "kneser-ney"): (0.10512, 0.43709, 0.37168, 0.21258, 0.11044, 0.1174, 0.04921),
    ("word", "ppm-d"): (0.04625, 0.50391, 0.45957, 0.29929, 0.17648, 0.12902, 0.03692),
}
