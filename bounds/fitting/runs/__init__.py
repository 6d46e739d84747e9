"""A table of runs: checked, grouped, weighed, and how well a law fits it."""
