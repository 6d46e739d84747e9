"""Blocks of text into units: bytes, characters, words of several kinds, as numbers."""
