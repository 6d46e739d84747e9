"""One room a kind of simulated or measured question: its plan, draw, dataset, report, figure and its own science."""
