"""Comparing models along training: at the same perplexity, and by what predicts how they behave."""
