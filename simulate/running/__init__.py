"""What every study shares while it runs: cells, threads and workers, memory, names and units, figures."""
