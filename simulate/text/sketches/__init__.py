"""Estimates of how often windows occur, made in one pass and in memory that no text fills."""
