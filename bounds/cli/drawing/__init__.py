"""Figures: their colours and letters, how one is written, and that of a fitted loss law."""
