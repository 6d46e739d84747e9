"""From a loss law to U(D), N and the corpus factor: bands, inversions, the margin family."""
