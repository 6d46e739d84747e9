"""Two corpora side by side: what the second, B, adds to the first, A, and what they share.

`sides` reads both with one numbering of units, `copies` finds what stands in them twice, `overlap` counts windows by
where they occur, `measures` makes rates, shares and intervals of the counts, and `compare` joins these.
"""
