"""The figures of experiments, one module an experiment: numbers in, a figure out; nothing is computed here."""
